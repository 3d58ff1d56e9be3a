//! An encrypted token that nobody wrote a row for, before one verifier that decrypts.
//!
//! Takes a recipe and what a target did with its token, gives a finding where that is not what the sound verifier of encrypted
//! tokens rules: the rule that is broken is the clause, what is left of the recipe names the class. A worker shows who
//! decrypts an encrypted token at every fourth number.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use sha2::Digest as _;
use token_assay_model::report::ClassInfo;
use token_assay_model::{
    Answer, Case, CaseId, Feature, Finding, Input, Level, Observation, Oracle, Outcome, Reference, Request, Severity,
    Verdict,
};

use super::shared::Shared;
use super::target::Health;
use super::worker::Worker;
use super::{FAMILY, Progress, cookies, grade};
use crate::attacks::encrypted::EncryptedScene;
use crate::collect;
use crate::generate::{EncryptedRecipe, EncryptedStage, Generator, Seeded, Stage};
use crate::oracles::{self, Judgement};
use crate::reference::Ruling;
use crate::reference::jwe::{self, Rule};

/// What a token is to be judged as.
pub fn case(stage: &Stage, input: &Input, ruling: Ruling) -> Case {
    super::case(stage, input, ruling)
}

/// A recipe's token, where it is shown, and what is right.
pub struct Exhibit<'g> {
    recipe: EncryptedRecipe,
    place: EncryptedStage<'g>,
    input: Input,
    ruling: Ruling,
    rule: Option<Rule>,
}

impl<'g> Exhibit<'g> {
    /// A recipe's token for the recipient of this place.
    pub fn new(recipe: EncryptedRecipe, place: EncryptedStage<'g>) -> Self {
        let input = Input::from_octets(recipe.token(place.scene));
        let (ruling, rule) = jwe::explain(Request { input: &input, policy: &place.stage.policy });
        Self { recipe, place, input, ruling, rule }
    }

    /// What a target is shown of it.
    pub fn request(&self) -> Request<'_> {
        Request { input: &self.input, policy: &self.place.stage.policy }
    }

    /// What is wrong with an answer, where something is.
    pub fn look(&self, target: &str, seen: &Observation) -> Option<Finding> {
        Some(self.finding(target, seen, &self.judge(seen)?, None))
    }

    fn judge(&self, seen: &Observation) -> Option<Judgement> {
        if !super::is_suspect(&self.ruling, seen) {
            return None;
        }
        oracles::judge(&case(self.place.stage, &self.input, self.ruling.clone()), seen)
    }

    /// What failures of one bug have in common before they are made small.
    fn looks(&self, judgement: &Judgement) -> u64 {
        let mut hasher = DefaultHasher::new();
        (judgement.oracle, self.rule, self.recipe.words()).hash(&mut hasher);
        hasher.finish()
    }

    fn finding(&self, target: &str, seen: &Observation, judgement: &Judgement, health: Option<Health>) -> Finding {
        let stage = self.place.stage;
        let class = class(judgement.oracle, &seen.answer, self.rule, &self.recipe.words());
        let id = CaseId::new(FAMILY, &class, &self.variant());
        let (level, severity) = weight(judgement.oracle, self.rule, &self.recipe.words());
        let own = title(judgement.oracle, &seen.answer, self.rule);
        let title = format!("{own} ({})", self.recipe.words().replace('-', " "));
        Finding {
            fingerprint: collect::fingerprint(judgement.oracle, &format!("{FAMILY}/{class}"), target, stage.profile),
            oracle: judgement.oracle,
            target: target.to_owned(),
            case: id.clone(),
            title,
            severity,
            level,
            profile: stage.profile,
            outcome: Outcome::Fail,
            known: None,
            without_control: health == Some(Health::Refuses),
            expected: self.ruling.clone().expectation(),
            observed: seen.answer.clone(),
            microseconds: seen.elapsed.as_micros().try_into().unwrap_or(u64::MAX),
            input: self.input.clone(),
            policy: Arc::clone(&stage.policy),
            before: Vec::new(),
            twin: stage.control.valid.clone(),
            others: Vec::new(),
            cases: vec![id],
            recipe: serde_json::to_value(&self.recipe).ok(),
        }
    }

    /// Profile, algorithms, and four octets of the token's hash.
    fn variant(&self) -> String {
        let scene = &self.place.scene;
        let hash: [u8; 32] = sha2::Sha256::digest(self.input.octets()).into();
        let short: String = hash[..4].iter().map(|octet| format!("{octet:02x}")).collect();
        let name = format!("{}-{}-{}-{short}", self.place.stage.profile, scene.alg, scene.enc);
        name.replace(['+', '_'], "-").to_ascii_lowercase()
    }
}

/// The class: what was broken, and what is left of the recipe.
fn class(oracle: Oracle, answer: &Answer, rule: Option<Rule>, words: &str) -> String {
    match (oracle, answer, rule) {
        (_, Answer::Fault(fault), _) => {
            let said = grade::slug(fault.detail());
            format!("{PREFIX}{}-{}", fault.as_str(), if said.is_empty() { words } else { &said })
        }
        (Oracle::Robustness, ..) => format!("{PREFIX}slow-{words}"),
        (Oracle::Soundness, _, Some(rule)) => format!("{PREFIX}{}-{words}", name(rule)),
        (Oracle::Soundness, _, None) => format!("{PREFIX}claims-{words}"),
        _ => format!("{PREFIX}refused-{words}"),
    }
}

fn title(oracle: Oracle, answer: &Answer, rule: Option<Rule>) -> String {
    match (oracle, answer, rule) {
        (_, Answer::Fault(fault), _) => {
            format!("An encrypted token ended in a {} instead of an answer.", fault.as_str())
        }
        (Oracle::Robustness, ..) => "An encrypted token kept the verifier busy for more than a second.".to_owned(),
        (Oracle::Soundness, _, Some(rule)) => {
            format!("An encrypted token was accepted that breaks a rule: {}.", rule.says().0)
        }
        (Oracle::Soundness, _, None) => "Other claims than were encrypted are handed on.".to_owned(),
        _ => "A valid encrypted token was refused.".to_owned(),
    }
}

/// How firmly the rule speaks, and how bad it is to break it: who can make such a token needs at most the public key.
fn weight(oracle: Oracle, rule: Option<Rule>, words: &str) -> (Level, Severity) {
    match (oracle, rule) {
        (Oracle::Robustness, _) => (Level::Must, Severity::High),
        (Oracle::Completeness, _) => (Level::Should, Severity::Medium),
        (_, Some(Rule::Parameters)) if words == "p2s-short" => (Level::Should, Severity::Low),
        // Unused bits and padding are another text of the same token (RFC 4648 §3.5).
        (_, Some(Rule::Encoding)) => (Level::Should, Severity::Low),
        (_, Some(Rule::Content)) if words == "padding-other" => (Level::Should, Severity::Medium),
        (_, Some(Rule::Segments | Rule::Header | Rule::Algorithms | Rule::Parameters)) => {
            (Level::Must, Severity::Medium)
        }
        (_, Some(Rule::Allowed | Rule::KeyChoice | Rule::KeyFitness)) => (Level::Must, Severity::Medium),
        (_, Some(Rule::Compression)) => (Level::Must, Severity::Low),
        (_, Some(Rule::Critical | Rule::KeyManagement | Rule::Content)) => (Level::Must, Severity::High),
        (_, Some(Rule::Inside)) if ["none", "attacker", "signature", "unsigned"].iter().any(|w| words.contains(w)) => {
            (Level::Must, Severity::Critical)
        }
        (_, Some(Rule::Inside) | None) => (Level::Must, Severity::High),
    }
}

/// The rule in a class.
const fn name(rule: Rule) -> &'static str {
    match rule {
        Rule::Segments => "segments",
        Rule::Encoding => "encoding",
        Rule::Header => "header",
        Rule::Algorithms => "algorithms",
        Rule::Allowed => "allowed",
        Rule::Critical => "critical",
        Rule::KeyChoice => "key-choice",
        Rule::KeyFitness => "key-fitness",
        Rule::Parameters => "parameters",
        Rule::KeyManagement => "key-management",
        Rule::Content => "content",
        Rule::Compression => "compression",
        Rule::Inside => "inside",
    }
}

const fn mend(rule: Option<Rule>) -> &'static str {
    match rule {
        None => {
            "Accept what the configuration admits, hand on the claims as they were encrypted, and bound every cost."
        }
        Some(Rule::Segments | Rule::Encoding) => "Take a token apart by four periods, and decode each part strictly.",
        Some(Rule::Header) => "Refuse a header that is no JSON object.",
        Some(Rule::Algorithms | Rule::Allowed | Rule::KeyFitness) => {
            "Compare alg and enc with what is configured, and alg with that of the key, before using the key."
        }
        Some(Rule::Critical) => "Refuse a token whose crit names what is not understood.",
        Some(Rule::KeyChoice) => "Use the configured keys alone.",
        Some(Rule::Parameters) => "Refuse parameters of the key management that are missing or of another form.",
        Some(Rule::KeyManagement) => "Refuse an encrypted key that does not open, and a point that is on no curve.",
        Some(Rule::Content) => "Compare the whole tag, over the header's octets as they were received.",
        Some(Rule::Compression) => "Refuse a zip that you do not decompress by, and bound what comes out.",
        Some(Rule::Inside) => "Verify what is inside as if it had come bare.",
    }
}

/// What reports say of one of these classes; none where it is not one.
pub fn info(class: &str) -> Option<ClassInfo> {
    let rest = class.strip_prefix(PREFIX)?;
    let begins = |word: &str| rest.strip_prefix(word).and_then(|rest| rest.strip_prefix('-'));
    let rule = Rule::ALL.iter().copied().find(|rule| begins(name(*rule)).is_some());
    let (oracle, own, words) = match rule {
        Some(rule) => {
            let words = begins(name(rule)).unwrap_or_default();
            let own = format!("An encrypted token was accepted that breaks a rule: {}.", rule.says().0);
            (Oracle::Soundness, own, words)
        }
        None => {
            let (what, words) = rest.split_once('-').unwrap_or((rest, ""));
            match what {
                "claims" => (Oracle::Soundness, "Other claims than were encrypted are handed on.".to_owned(), words),
                "refused" => (Oracle::Completeness, "A valid encrypted token was refused.".to_owned(), words),
                _ => (
                    Oracle::Robustness,
                    "An encrypted token was not answered in time, or not at all.".to_owned(),
                    words,
                ),
            }
        }
    };
    let (level, severity) = weight(oracle, rule, words);
    let clauses: &[&str] = match (rule, oracle) {
        (Some(rule), _) => rule.says().1,
        (None, Oracle::Robustness) => &["CWE-400", "CWE-248"],
        (None, _) => &["RFC 7516 §5.2", "RFC 7519 §7.2"],
    };
    Some(ClassInfo {
        id: format!("{FAMILY}/{class}"),
        title: own,
        construction: "an encrypted token made by a campaign and reduced".to_owned(),
        level,
        severity,
        references: clauses.iter().map(|clause| Reference((*clause).to_owned())).collect(),
        cwe: rule.map(|rule| match rule {
            Rule::Content | Rule::KeyManagement | Rule::Inside => 347,
            Rule::Allowed | Rule::KeyFitness | Rule::KeyChoice => 757,
            _ => 20,
        }),
        mend: mend(rule).to_owned(),
    })
}

impl Worker {
    /// Shows those who decrypt the encrypted tokens of these numbers, each number to one of the recipients that the target's
    /// capabilities suit.
    pub(super) fn show_encrypted(
        &mut self,
        [fixed, real]: [&Generator<'_>; 2],
        numbers: &[u64],
        shared: &Shared<'_>,
        counted: &mut Progress,
        counts: &mut Vec<(String, Outcome, u64)>,
    ) {
        let numbers: Vec<u64> = numbers.iter().copied().filter(|number| number.is_multiple_of(EVERY)).collect();
        for index in 0..self.targets.len() {
            let target = &self.targets[index];
            if !target.is_alive() || !target.decrypts() {
                continue;
            }
            let generator = if target.clocked { fixed } else { real };
            let suits =
                |scene: &EncryptedScene<'_>| scene.policy.needs().iter().all(|need| target.supports.contains(need));
            let scenes = generator.recipients().iter().enumerate();
            let places: Vec<usize> = scenes.filter(|(_, scene)| suits(scene)).map(|(nth, _)| nth).collect();
            if places.is_empty() {
                continue;
            }
            let exhibit = |number: &u64| {
                let place = places[usize::try_from(number / EVERY % places.len() as u64).expect("below their number")];
                let recipe = EncryptedRecipe::choose(&mut Seeded::new(shared.options.seed, *number));
                Exhibit::new(recipe, generator.encrypted_at(place))
            };
            let exhibits: Vec<Exhibit<'_>> = numbers.iter().map(exhibit).collect();
            let failed = self.targets[index].show_controls(exhibits.iter().map(|exhibit| exhibit.place.stage));
            for (stage, observation) in failed {
                self.control_failed(index, stage, &observation, shared);
            }
            let is_shown = |exhibit: &&Exhibit<'_>| {
                let is_text = matches!(exhibit.input, Input::Token(_));
                let takes_it = is_text || self.targets[index].supports.contains(&Feature::Bytes.into());
                let bears_it = !(exhibit.recipe.is_costly() && self.targets[index].is_slow);
                let health = self.health(index, exhibit.place.stage);
                takes_it && bears_it && matches!(health, Some(Health::Sound | Health::Refuses))
            };
            let shown: Vec<&Exhibit<'_>> = exhibits.iter().filter(is_shown).collect();
            let requests: Vec<Request<'_>> = shown.iter().map(|exhibit| exhibit.request()).collect();
            let seen = self.targets[index].show(&requests);
            counted.requests += seen.len() as u64;
            let mut failed = 0;
            for (exhibit, observation) in shown.iter().zip(&seen) {
                let refuses = self.health(index, exhibit.place.stage) == Some(Health::Refuses);
                let is_refusal = matches!(observation.answer, Answer::Verdict(Verdict::Reject { .. }));
                // Where the valid token is refused too, a refusal proves nothing.
                let judgement = if refuses && is_refusal { None } else { exhibit.judge(observation) };
                if let Some(judgement) = judgement {
                    failed += 1;
                    self.look_into_encrypted(index, exhibit, &judgement, observation, shared);
                }
            }
            let name = self.targets[index].name.clone();
            counts.push((name.clone(), Outcome::Pass, seen.len() as u64 - failed));
            counts.push((name, Outcome::Fail, failed));
        }
    }

    /// Makes a recipe small, names what is left and files it, unless it looks like what was looked into before.
    fn look_into_encrypted(
        &mut self,
        index: usize,
        exhibit: &Exhibit<'_>,
        judgement: &Judgement,
        observation: &Observation,
        shared: &Shared<'_>,
    ) {
        let (looks, about) = (exhibit.looks(judgement), (judgement.oracle, None));
        self.targets[index].is_slow |= judgement.oracle == Oracle::Robustness && exhibit.recipe.is_costly();
        if let Err(known) = self.targets[index].patience.is_worth(looks, about) {
            shared.seen_again(known);
            return;
        }
        let name = self.targets[index].name.clone();
        let health = self.health(index, exhibit.place.stage);
        let mut smallest = exhibit.finding(&name, observation, judgement, health);
        let mut recipe = exhibit.recipe.clone();
        let mut tried = BTreeSet::new();
        while let Some((smaller, finding)) = recipe.smaller().into_iter().find_map(|smaller| {
            let again = Exhibit::new(smaller.clone(), exhibit.place);
            // The same token need not be shown twice.
            if again.rule != exhibit.rule || !tried.insert(again.input.octets().to_vec()) {
                return None;
            }
            let seen = self.targets[index].show(&[again.request()]).pop()?;
            let verdict = again.judge(&seen).filter(|verdict| verdict.oracle == judgement.oracle)?;
            Some((smaller, again.finding(&name, &seen, &verdict, health)))
        }) {
            (recipe, smallest) = (smaller, finding);
        }
        let info = info(smallest.case.class()).expect("it is a class of encrypted tokens");
        let fingerprint = smallest.fingerprint.clone();
        let new = !shared.has_found(&fingerprint);
        cookies::file(smallest, info, shared);
        self.targets[index].patience.learn(looks, about, fingerprint, new);
    }
}

/// After how many numbers an encrypted token has its turn: opening one costs as much as a hundred MACs.
pub const EVERY: u64 = 4;

/// How classes of encrypted tokens begin.
const PREFIX: &str = "jwe-";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_says_again_what_its_finding_said() {
        for rule in Rule::ALL.iter().copied().map(Some).chain([None]) {
            let accept: Answer = Verdict::accept(serde_json::Map::new()).into();
            for (oracle, words) in [(Oracle::Soundness, "tag-cut"), (Oracle::Soundness, "inside-alg-none")] {
                let class = class(oracle, &accept, rule, words);
                let info = info(&class).unwrap_or_else(|| panic!("{class}"));
                assert_eq!((info.level, info.severity), weight(oracle, rule, words), "{class}");
                assert_eq!(info.title, title(oracle, &accept, rule), "{class}");
                assert!(!info.references.is_empty() && !info.mend.is_empty(), "{class}");
            }
        }
        assert!(info("cookie-forged-signed-jar").is_none() && info("expiry-exp-text").is_none());
    }
}
