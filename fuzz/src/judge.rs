//! What the targets share: the forge, the stages, the invariants of the reference verifier, and linked crates that wait.
//!
//! Takes made tokens, holds the reference verifier to what must be true of it, shows them to the crates that
//! `ASSAY_FUZZ_TARGETS` names (all, where it names none) and tells what is wrong. A crate that obeys no clock is shown the same
//! token dated from the real one.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant, SystemTime};

use token_assay::campaign::{Guest, Options};
use token_assay::forge::{Forge, Hash, Keyring, NOW, TestKey, base64url, sign};
use token_assay::generate::recipe::Signer;
use token_assay::generate::{Generator, Made, Recipe, Sketch, Stage, Stock, Template};
use token_assay::model::{
    Algorithm, Capability, Claims, Feature, Input, Observation, Policy, Reason, Request, Verdict,
};
use token_assay::reference::{self, Rule, Ruling, json::Json};
use token_assay::run::Subject;
use token_assay::targets::{InProcess, Linked, linked};

use crate::{Calm, ledger, trial};

/// A token on its way to the crates, and how it is made again for another clock.
pub(crate) struct Exhibit<'r> {
    /// Where it is shown.
    pub(crate) template: Template,
    /// The token.
    pub(crate) input: Input,
    /// What it is made of.
    pub(crate) sketch: Sketch,
    /// What it was made by, where that is known.
    pub(crate) recipe: Option<&'r Recipe>,
}

impl Exhibit<'_> {
    /// Octets that come from nowhere, and what was read of them.
    pub(crate) fn of_octets(template: Template, octets: &[u8], sketch: Sketch) -> Self {
        Self { template, input: Input::from_octets(octets.to_vec()), sketch, recipe: None }
    }

    fn made(&self) -> Made<'static> {
        Made { stage: GENERATOR.stage(self.template), sketch: self.sketch.clone(), input: self.input.clone() }
    }

    /// The same from another clock; octets that nobody signed stay as they are.
    fn made_again<'g>(&self, generator: &'g Generator<'_>) -> Made<'g> {
        if let Some(recipe) = self.recipe {
            return generator.make(recipe);
        }
        let stage = generator.stage(self.template);
        let mut sketch = self.sketch.clone();
        let input = if matches!(sketch.signer, Signer::Kept) || sketch.whole.is_some() {
            self.input.clone()
        } else {
            sketch.dated(NOW, generator.forge().now() - NOW);
            Input::from_octets(sketch.token(stage, generator.forge()))
        };
        Made { stage, sketch, input }
    }
}

/// Shows a token to the crates, once what must hold of the reference verifier does; what each of them did.
pub(crate) fn show(exhibit: &Exhibit<'_>, engine: &'static str) -> Vec<Option<Observation>> {
    let made = exhibit.made();
    if trial::is_wanted() {
        trial::show(&made, engine);
        return Vec::new();
    }
    let (ruling, rule) =
        if is_held(&made.input) { hold(made.stage, &made.input) } else { reference::explain(made.request()) };
    CRATES.with_borrow_mut(|crates| {
        let mut seen = shown(&mut crates.clocked, &GENERATOR, made, ruling, rule);
        if let Some(real) = crates.real() {
            let made = exhibit.made_again(&real.generator);
            let (ruling, rule) = reference::explain(made.request());
            seen.extend(shown(&mut real.clockless, &real.generator, made, ruling, rule));
        }
        seen
    })
}

fn shown<'g>(
    guest: &mut Guest<'_>,
    generator: &'g Generator<'_>,
    made: Made<'g>,
    ruling: Ruling,
    rule: Option<Rule>,
) -> Vec<Option<Observation>> {
    if !ledger::is_kept() {
        return guest.look(&made);
    }
    let shown = guest.show(generator, made, ruling, rule);
    shown.findings.iter().for_each(ledger::tell);
    shown.seen
}

/// One token in eight, always the same: the reference verifier is under test too, but half of the time should go to the crates.
fn is_held(input: &Input) -> bool {
    let mut hasher = DefaultHasher::new();
    input.octets().hash(&mut hasher);
    hasher.finish().is_multiple_of(8)
}

/// What the standard says of a token. The reference verifier says it twice in the same way, by both of its readings; it reads
/// the JSON that `serde_json` reads, and alike; what it accepts as HMAC the forge signs so.
pub(crate) fn hold(stage: &Stage, input: &Input) -> (Ruling, Option<Rule>) {
    let request = Request { input, policy: &stage.policy };
    let (ruling, rule) = reference::explain(request);
    assert_eq!(ruling, reference::rule(request), "two rulings of one token");
    let verdict = reference::verdict(request, &[]);
    assert!(agree(&ruling, &verdict), "{ruling:?} is ruled and {verdict:?} answered");
    let segments: Vec<&[u8]> = input.octets().split(|octet| *octet == b'.').collect();
    let parts: Vec<Option<Vec<u8>>> = segments.iter().take(2).map(base64url::decode).collect();
    for octets in parts.iter().flatten() {
        let read = Json::parse(octets);
        let other = serde_json::from_slice::<serde_json::Value>(octets);
        assert!(read.is_ok() || other.is_err(), "serde_json reads what the reference verifier does not: {octets:?}");
    }
    if let Ruling::Accept(claims) | Ruling::RejectOrLast(claims) = &ruling {
        let [header, payload, signature] = segments[..] else { panic!("what was accepted has three segments") };
        let octets = parts[1].as_deref().expect("what was accepted is base64url");
        if let Some(read) = Claims::parse(octets) {
            assert!(claims.same_as(&read), "{claims:?} and {read:?}");
        }
        if let Some(key) = stage.trusted.as_deref() {
            hold_mac(key, &stage.policy, &parts, [header, payload, signature]);
        }
    }
    (ruling, rule)
}

/// It is the forge's MAC, or that of whoever knows what was configured by mistake: a key's text in place of the secret.
fn hold_mac(key: &TestKey, policy: &Policy, parts: &[Option<Vec<u8>>], [header, payload, signature]: [&[u8]; 3]) {
    let Some(secret) = key.octets() else { return };
    let read = parts[0].as_deref().and_then(|octets| Json::parse(octets).ok()).expect("an accepted header is JSON");
    let hash = match read.member("alg").and_then(Json::as_str).and_then(|name| name.parse().ok()) {
        Some(Algorithm::Hs256) => Hash::Sha256,
        Some(Algorithm::Hs384) => Hash::Sha384,
        Some(Algorithm::Hs512) => Hash::Sha512,
        other => panic!("{other:?} was accepted with a shared secret"),
    };
    let configured = policy.keys.iter().filter_map(|key| key.secret.as_deref());
    let is_mac = |secret: &[u8]| {
        let mac = sign::mac(hash, secret, &[header, b".", payload].concat());
        base64url::encode(mac).as_bytes() == signature
    };
    assert!(std::iter::once(secret).chain(configured).any(is_mac), "another signature than the forge's");
}

fn agree(ruling: &Ruling, verdict: &Verdict) -> bool {
    match (ruling, verdict) {
        (Ruling::Bounded, _) | (Ruling::Either(_), Verdict::Accept { .. }) => true,
        (Ruling::Accept(ruled), Verdict::Accept { claims, .. }) => ruled == claims,
        (Ruling::Reject(ruled), Verdict::Reject { reason, .. }) => Some(*ruled) == *reason,
        (Ruling::RejectOrLast(_), Verdict::Reject { reason, .. }) => *reason == Some(Reason::Malformed),
        _ => false,
    }
}

/// The crates, as far as they are asked.
struct Crates {
    clocked: Guest<'static>,
    real: Option<Real>,
}

/// Crates that look at the real clock, with stages dated from it.
struct Real {
    since: Instant,
    generator: Generator<'static>,
    clockless: Guest<'static>,
}

impl Crates {
    fn new() -> Self {
        Self { clocked: Guest::new(subjects(true), &OPTIONS), real: Real::new() }
    }

    /// Tokens are dated anew now and then: their margin is an hour.
    fn real(&mut self) -> Option<&mut Real> {
        if self.real.as_ref().is_some_and(|real| real.since.elapsed() > FRESH) {
            self.real = Real::new();
        }
        self.real.as_mut()
    }
}

impl Real {
    fn new() -> Option<Self> {
        let subjects = subjects(false);
        if subjects.is_empty() {
            return None;
        }
        // One in ten minutes is left behind, less than a megabyte: stages borrow their forge.
        let forge: &'static Forge = Box::leak(Box::new(Forge::new(real_now())));
        let generator = Generator::new(forge, Stock::everything().clone());
        Some(Self { since: Instant::now(), generator, clockless: Guest::new(subjects, &OPTIONS) })
    }
}

/// Does something with stages that are dated from the real clock, where a crate that is asked obeys no other.
pub(crate) fn dated_now<T>(work: impl FnOnce(&Generator<'_>) -> T) -> Option<T> {
    CRATES.with_borrow_mut(|crates| crates.real().map(|real| work(&real.generator)))
}

fn subjects(clocked: bool) -> Vec<Subject> {
    let obeys = |target: &&Linked| target.verifier.info().supports.contains(&Feature::Clock.into()) == clocked;
    let verifies =
        |target: &&Linked| target.verifier.info().supports.iter().any(|one| matches!(one, Capability::Algorithm(_)));
    let subject = |target: &Linked| Subject {
        name: target.name.to_owned(),
        driver: Box::new(InProcess(Calm(target.verifier), HANG)),
    };
    wanted().filter(verifies).filter(obeys).map(subject).collect()
}

/// The linked crates that are asked.
pub(crate) fn wanted() -> impl Iterator<Item = &'static Linked> {
    linked().iter().filter(|target| WANTED.as_ref().is_none_or(|names| names.iter().any(|name| name == target.name)))
}

pub(crate) fn real_now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is later than 1970");
    since.as_secs().try_into().expect("seconds fit for aeons")
}

static FORGE: LazyLock<Forge> = LazyLock::new(|| Forge::new(NOW));

/// Stages whose clock stands still.
pub(crate) static GENERATOR: LazyLock<Generator<'static>> =
    LazyLock::new(|| Generator::new(&FORGE, Stock { catalogue_share: 0, ..Stock::everything().clone() }));

static WANTED: LazyLock<Option<Vec<String>>> = LazyLock::new(|| {
    let names = std::env::var("ASSAY_FUZZ_TARGETS").ok()?;
    let names: Vec<String> = names.split(',').map(str::to_owned).collect();
    let unknown = names.iter().find(|name| linked().iter().all(|target| target.name != **name));
    assert!(unknown.is_none(), "ASSAY_FUZZ_TARGETS names {unknown:?}, which is not linked");
    Some(names)
});

static OPTIONS: LazyLock<Options<'static>> = LazyLock::new(|| Options {
    keyring: Keyring::corpus(),
    now: NOW,
    clock: &real_now,
    started: String::new(),
    seed: 0,
    first: 0,
    shard: (1, 1),
    stock: Stock::everything().clone(),
    jobs: 1,
    max_time: None,
    max_cases: None,
    max_findings: None,
    known: &[],
    earlier: Vec::new(),
    stop: &NEVER,
    endpoint: None,
});

static NEVER: AtomicBool = AtomicBool::new(false);

thread_local! {
    static CRATES: RefCell<Crates> = RefCell::new(Crates::new());
}

/// An answer that takes longer is a fault: longer than any honest one takes, instrumented as everything is.
const HANG: Duration = Duration::from_secs(5);

const FRESH: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_tokens_are_accepted_and_their_tampered_copies_refused() {
        for (setting, _) in (0..).zip(token_assay::attacks::scene::settings()) {
            let stage = GENERATOR.stage(Template::Valid { setting, terms: 0 });
            assert!(matches!(hold(stage, &stage.control.valid).0, Ruling::Accept(_)), "{}", stage.profile);
            assert!(matches!(hold(stage, &stage.control.tampered).0, Ruling::Reject(Reason::Signature)));
        }
    }

    #[test]
    fn a_verdict_that_is_not_the_ruling_is_found_out() {
        let claims = Claims::parse(br#"{"sub":"a"}"#).expect("an object");
        let accept = Verdict::accept(claims.0.clone());
        let refuse = Verdict::reject(Reason::Signature, "");
        assert!(agree(&Ruling::Accept(claims.clone()), &accept));
        assert!(!agree(&Ruling::Accept(claims.clone()), &refuse));
        assert!(!agree(&Ruling::Accept(Claims::default()), &accept));
        assert!(!agree(&Ruling::Reject(Reason::Expired), &refuse));
        assert!(!agree(&Ruling::RejectOrLast(claims), &accept));
        assert!(!agree(&Ruling::Either("it does"), &refuse));
    }

    #[test]
    fn a_signature_that_the_forge_would_not_make_is_found_out() {
        let stage = GENERATOR.stage(Template::Valid { setting: 0, terms: 0 });
        let key = stage.trusted.as_deref().expect("HS256 has a key");
        let segments: Vec<&[u8]> = stage.control.valid.octets().split(|octet| *octet == b'.').collect();
        let parts: Vec<_> = segments.iter().map(base64url::decode).collect();
        hold_mac(key, &stage.policy, &parts, [segments[0], segments[1], segments[2]]);
        let other =
            std::panic::catch_unwind(|| hold_mac(key, &stage.policy, &parts, [segments[0], segments[1], b"AAAA"]));
        assert!(other.is_err());
    }

    #[test]
    fn a_token_for_the_real_clock_says_the_same_and_is_signed_anew() {
        let template = Template::Valid { setting: 0, terms: 0 };
        let real = Forge::new(NOW + 100_000_000);
        let generator = Generator::new(&real, Stock::everything().clone());
        let valid = &GENERATOR.stage(template).control.valid;
        let read = Sketch::read(valid.octets());
        for exhibit in [
            Exhibit::of_octets(template, valid.octets(), Sketch { signer: Signer::Trusted, ..read.clone() }),
            Exhibit {
                recipe: Some(&Recipe::plain(0, 0)),
                ..Exhibit::of_octets(template, valid.octets(), read.clone())
            },
        ] {
            let made = exhibit.made_again(&generator);
            assert_ne!(&made.input, valid);
            assert!(matches!(reference::rule(made.request()), Ruling::Accept(_)));
        }
        let octets = Exhibit::of_octets(template, valid.octets(), read);
        assert_eq!(&octets.made_again(&generator).input, valid);
    }
}
