//! Plain tokens, changed behind their signature.
//!
//! Takes a token. The number in its `jti`, `policy-<number>`, says under which policy it is shown; any other token is shown
//! under the first. [`mutate`] decodes a token, changes members or JSON text, signs anew as before or as a forger would, and
//! encodes, so that a corpus is tokens and nothing else. Who signed a token is remembered, and found out by trial where it is
//! not.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use token_assay::attacks::scene;
use token_assay::forge::Forge;
use token_assay::generate::recipe::{Operation, Part, Recipe, Secret, Signer, Value};
use token_assay::generate::sketch::{Content, Side};
use token_assay::generate::{Chance, Seeded, Sketch, Stage, Template, terms::TERMS};
use token_assay::model::{Input, Request};
use token_assay::reference::{self, Rule};

use crate::dictionary::Dictionary;
use crate::judge::{self, Exhibit, GENERATOR};
use crate::{Target, seeds};

/// The target.
pub const TARGET: Target = Target {
    name: "token_structured",
    run,
    longest: seeds::LONGEST_TOKEN,
    seeds: seeds::policies,
    dictionary: Some(Dictionary::of_json),
};

/// Shows one input.
pub fn run(data: &[u8]) {
    judge::show(&exhibit(data), TARGET.name);
}

/// The engine's own mutation of `data[..size]` to at most so many octets; the new size.
pub type Engine = fn(&mut [u8], usize, usize) -> usize;

/// Changes the token in `data[..size]` to another of at most `longest` octets; the new size.
pub fn mutate(data: &mut [u8], size: usize, longest: usize, seed: u32, engine: Engine) -> usize {
    let mut chance = Seeded::new(u64::from(seed), 0);
    // What the engine does to the token itself breaks its signature, and reaches what reads before it.
    if chance.one_in(32) {
        return engine(data, size, longest);
    }
    let (token, signer) = changed(&data[..size], &mut chance, engine);
    if token.len() > longest {
        return engine(data, size, longest);
    }
    data[..token.len()].copy_from_slice(&token);
    remember(&token, signer);
    token.len()
}

/// A token where it is shown, with its signer where that is remembered.
pub(crate) fn exhibit(data: &[u8]) -> Exhibit<'static> {
    let mut sketch = Sketch::read(data);
    sketch.signer = remembered(data).unwrap_or(Signer::Kept);
    Exhibit::of_octets(home(&sketch), data, sketch)
}

/// The valid token under the policy of this number.
pub(crate) fn valid(number: usize) -> Vec<u8> {
    let template = template(number);
    let stage = GENERATOR.stage(template);
    let mut sketch = Sketch { signer: Signer::Trusted, ..stage.twin.clone() };
    sketch.apply(&named(number), stage, GENERATOR.forge());
    sketch.token(stage, GENERATOR.forge())
}

/// How many policies there are: each setting under each of the terms.
pub(crate) fn policies() -> usize {
    scene::settings().count() * TERMS.len()
}

/// The policy that a setting has under these terms.
pub(crate) fn policy(setting: usize, terms: usize) -> usize {
    setting * TERMS.len() + terms
}

fn changed(token: &[u8], chance: &mut Seeded, engine: Engine) -> (Vec<u8>, Signer) {
    let mut sketch = Sketch::read(token);
    let stage = GENERATOR.stage(home(&sketch));
    if sketch.whole.is_some() {
        // What is no token of three parts has nothing to be signed; the next one starts from the valid token.
        sketch = stage.twin.clone();
        sketch.signer = Signer::Trusted;
    } else {
        sketch.signer = remembered(token).unwrap_or_else(|| found_out(token, &sketch, stage));
    }
    let recipe = Recipe::draw(chance, GENERATOR.stock());
    match chance.below(16) {
        0..=5 => respell(&mut sketch, chance, engine),
        6 => {
            let number = policy(usize::from(*chance.pick(&GENERATOR.stock().settings)), chance.below(TERMS.len()));
            sketch.apply(&named(number), stage, GENERATOR.forge());
        }
        7 => sketch.wire.clone_from(&recipe.wire),
        _ => {
            recipe.operations.iter().for_each(|operation| sketch.apply(operation, stage, GENERATOR.forge()));
            sketch.text.clone_from(&recipe.text);
        }
    }
    // Under the policy that the changed token asks for.
    let stage = GENERATOR.stage(home(&sketch));
    sketch.signer = next_signer(&sketch.signer, recipe.signer, stage, chance);
    (sketch.token(stage, GENERATOR.forge()), sketch.signer)
}

/// Hands the JSON text of a part to the engine.
fn respell(sketch: &mut Sketch, chance: &mut Seeded, engine: Engine) {
    let part = if chance.one_in(3) { Part::Header } else { Part::Payload };
    let mut text = sketch.side(part).octets();
    let size = text.len();
    text.resize(size * 2 + 64, 0);
    let longest = text.len();
    let size = engine(&mut text, size, longest);
    text.truncate(size);
    *sketch.side_mut(part) = Side { content: Content::Octets(text), as_was: None };
}

/// Mostly the one who signed before, so that what is found behind a signature stays there. RSA takes a thousand times as long
/// as HMAC to sign with, and is seldom worth it.
fn next_signer(before: &Signer, drawn: Signer, stage: &Stage, chance: &mut Seeded) -> Signer {
    let dear = stage.algorithm.is_rsa() && !chance.one_in(16);
    match before {
        _ if chance.one_in(8) && !(dear && matches!(drawn, Signer::Trusted | Signer::AsNamed | Signer::Attacker)) => {
            drawn
        }
        Signer::Trusted | Signer::AsNamed | Signer::Attacker if dear => Signer::Nobody,
        Signer::Kept if dear => Signer::Kept,
        Signer::Kept if chance.one_in(8) => Signer::Kept,
        Signer::Kept => Signer::Trusted,
        before => before.clone(),
    }
}

/// Where a token is shown: the number in its `jti`, whatever surrounds it.
fn home(sketch: &Sketch) -> Template {
    let payload = sketch.payload.octets();
    let after = payload.windows(MARK.len()).position(|window| window == MARK).map(|at| &payload[at + MARK.len()..]);
    let digits = after.unwrap_or_default().iter().map_while(|octet| char::from(*octet).to_digit(10)).take(6);
    template(digits.fold(0, |number, digit| number * 10 + digit as usize))
}

fn template(number: usize) -> Template {
    let number = number % policies();
    let short = |number: usize| u16::try_from(number).expect("there are some hundred policies");
    Template::Valid { setting: short(number / TERMS.len()), terms: short(number % TERMS.len()) }
}

fn named(number: usize) -> Operation {
    Operation::Set(Part::Payload, "jti".into(), Value::Text(format!("policy-{number}").into()))
}

/// Who signed a token of which nothing is remembered.
fn found_out(token: &[u8], sketch: &Sketch, stage: &Stage) -> Signer {
    let input = Input::from_octets(token.to_vec());
    let rule = reference::explain(Request { input: &input, policy: &stage.policy }).1;
    if rule.is_none_or(|rule| rule > Rule::Signature) {
        return Signer::Trusted;
    }
    if sketch.kept.is_empty() {
        return Signer::Nobody;
    }
    let forge: &Forge = GENERATOR.forge();
    let signed = |signer: &Signer| Sketch { signer: signer.clone(), ..sketch.clone() }.token(stage, forge) == token;
    let macs = SECRETS.into_iter().map(Signer::Mac);
    macs.chain(stage.algorithm.is_hmac().then_some(Signer::AsNamed)).find(signed).unwrap_or(Signer::Kept)
}

fn remember(token: &[u8], signer: Signer) {
    SIGNERS.with_borrow_mut(|signers| {
        if signers.len() >= MOST {
            signers.clear();
        }
        signers.insert(name(token), signer);
    });
}

fn remembered(token: &[u8]) -> Option<Signer> {
    SIGNERS.with_borrow(|signers| signers.get(&name(token)).cloned())
}

fn name(token: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    token.hash(&mut hasher);
    hasher.finish()
}

thread_local! {
    static SIGNERS: RefCell<HashMap<u64, Signer>> = RefCell::default();
}

/// How many signers are remembered.
const MOST: usize = 1 << 16;

const MARK: &[u8] = br#""jti":"policy-"#;

/// What forgers key HMAC with first.
const SECRETS: [Secret; 5] = [Secret::Empty, Secret::Pem, Secret::PemTrimmed, Secret::Jwk, Secret::Der];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use token_assay::forge::base64url;

    use super::*;

    /// Stands in for libFuzzer's mutation: turns a bit.
    fn turn(data: &mut [u8], size: usize, longest: usize) -> usize {
        let size = size.min(longest);
        if let Some(octet) = data[..size].last_mut() {
            *octet ^= 1;
        }
        size
    }

    fn rule(token: &[u8]) -> Option<Rule> {
        let exhibit = exhibit(token);
        reference::explain(Request { input: &exhibit.input, policy: &GENERATOR.stage(exhibit.template).policy }).1
    }

    #[test]
    fn a_valid_token_is_not_refused_under_the_policy_that_it_names() {
        for number in (0..policies()).step_by(7) {
            let token = valid(number);
            assert_eq!(home(&Sketch::read(&token)), template(number));
            assert_eq!(rule(&token), None, "{number}");
        }
    }

    #[test]
    fn mutants_stay_signed_and_reach_every_rule_behind_the_signature() {
        let mut rules = BTreeSet::new();
        let mut accepted = 0;
        let mut octets = vec![0; seeds::LONGEST_TOKEN];
        let seeds = seeds::policies();
        for seed in 0..4000_u32 {
            let start = &seeds[seed as usize % 30].octets;
            octets[..start.len()].copy_from_slice(start);
            let mut size = start.len();
            for step in 0..3 {
                size = mutate(&mut octets, size, seeds::LONGEST_TOKEN, seed * 3 + step, turn);
            }
            match rule(&octets[..size]) {
                None => accepted += 1,
                Some(rule) => drop(rules.insert(rule)),
            }
        }
        let behind = Rule::ALL.iter().filter(|rule| **rule > Rule::Signature).copied().collect::<BTreeSet<_>>();
        let missed: Vec<_> = behind.difference(&rules).collect();
        assert!(missed.is_empty(), "{missed:?}");
        assert!(accepted > 200, "{accepted} of 4000");
    }

    #[test]
    fn who_signed_is_remembered_and_else_found_out() {
        let stage = GENERATOR.stage(template(0));
        for signer in [Signer::Trusted, Signer::Nobody, Signer::Mac(Secret::Empty)] {
            let mut sketch = Sketch { signer: signer.clone(), ..stage.twin.clone() };
            sketch.apply(&named(0), stage, GENERATOR.forge());
            let token = sketch.token(stage, GENERATOR.forge());
            assert_eq!(remembered(&token), None);
            assert_eq!(found_out(&token, &Sketch::read(&token), stage), signer);
            remember(&token, Signer::Attacker);
            assert_eq!(remembered(&token), Some(Signer::Attacker));
        }
    }

    #[test]
    fn a_mutant_is_never_longer_than_it_may_be() {
        let token = valid(0);
        for seed in 0..300 {
            let mut octets = token.clone();
            let size = mutate(&mut octets, token.len(), token.len(), seed, turn);
            assert!(size <= token.len());
        }
    }

    #[test]
    fn a_policy_is_found_in_text_that_is_no_json() {
        let broken = br#"{"jti":"policy-7x","#;
        let token = format!("e30.{}.", base64url::encode(broken));
        assert_eq!(home(&Sketch::read(token.as_bytes())), template(7));
        assert_eq!(home(&Sketch::read(b"no token")), template(0));
    }
}
