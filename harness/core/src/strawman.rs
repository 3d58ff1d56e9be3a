//! Verifiers of our own: the sound one, and those that are wrong on purpose.
//!
//! A [`Strawman`] is the sound verifier with a rule bent. Every case class names one that falls for it: a check that
//! nothing can fail is a defect. Families define theirs beside the classes; here are those that several share, and in
//! [`cves`] those that were made after public advisories.

pub mod cves;

use std::sync::atomic::{AtomicU64, Ordering};

use token_assay_model::report::TargetInfo;
use token_assay_model::{
    Algorithm, Capability, ContentEncryption, Feature, Input, KeyManagement, Reason, Request, Scheme, Verdict,
};

use crate::reference::cookie::Reader;
use crate::reference::jwe;
use crate::reference::key::{Material, PublicKey, mac};
use crate::reference::protected::{Opener, SOUND_OPENER};
use crate::reference::{self, Reading, Rule, Step, rules};
use crate::targets::Verifier;

/// The reference verifier as a target: where the standard leaves a choice it accepts, where a name stands twice it refuses.
pub struct Sound;

impl Verifier for Sound {
    fn info(&self) -> TargetInfo {
        let TargetInfo { mut supports, .. } = info("sound");
        supports.extend(reader_info("sound").supports);
        supports.extend(opener_info("sound").supports);
        supports.extend(encryption());
        TargetInfo { supports, ..info("sound") }
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        match (request.input, &request.policy.cookie) {
            (Input::Cookie(header), Some(policy)) if policy.scheme.is_some() => {
                SOUND_OPENER.verdict(header, policy, request.policy.now)
            }
            (Input::Cookie(header), _) => reference::cookie::SOUND.verdict(header),
            _ => reference::verdict(request, &[]),
        }
    }
}

/// A verifier that is wrong on purpose, of whatever kind.
pub trait Wrong: Verifier + std::fmt::Debug {
    /// Its name as a target, after `strawman-`; what is wrong with it, as the end of "a verifier that"; and the usual mend, as
    /// an instruction to the maintainer.
    fn words(&self) -> [&'static str; 3];

    /// Its name.
    fn name(&self) -> &'static str {
        self.words()[0]
    }

    /// Its flaw.
    fn flaw(&self) -> &'static str {
        self.words()[1]
    }

    /// The mend.
    fn mend(&self) -> &'static str {
        self.words()[2]
    }
}

/// A verifier of tokens with one flaw.
#[derive(Debug)]
pub struct Strawman {
    /// Its name as a target, after `strawman-`.
    pub name: &'static str,
    /// What is wrong with it, as the end of "a verifier that".
    pub flaw: &'static str,
    /// The usual mend, as an instruction to the maintainer.
    pub mend: &'static str,
    /// The rules that it breaks.
    pub bends: &'static [(Rule, Step)],
}

impl Verifier for Strawman {
    fn info(&self) -> TargetInfo {
        info(&format!("strawman-{}", self.name))
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        reference::verdict(request, self.bends)
    }
}

impl Wrong for Strawman {
    fn words(&self) -> [&'static str; 3] {
        [self.name, self.flaw, self.mend]
    }
}

/// A reader of Cookie headers with one flaw.
#[derive(Debug)]
pub struct Misreader {
    /// Its name as a target, after `strawman-`.
    pub name: &'static str,
    /// What is wrong with it, as the end of "a reader that".
    pub flaw: &'static str,
    /// The usual mend, as an instruction to the maintainer.
    pub mend: &'static str,
    /// The sound reader, a step bent.
    pub reader: Reader,
}

impl Verifier for Misreader {
    fn info(&self) -> TargetInfo {
        reader_info(&format!("strawman-{}", self.name))
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        match (request.input, request.policy.cookie.as_ref().and_then(|cookie| cookie.scheme)) {
            (Input::Cookie(_), Some(scheme)) => Verdict::unsupported(scheme),
            (Input::Cookie(header), None) => self.reader.verdict(header),
            _ => Verdict::unsupported(Feature::Token),
        }
    }
}

impl Wrong for Misreader {
    fn words(&self) -> [&'static str; 3] {
        [self.name, self.flaw, self.mend]
    }
}

/// An opener of protected cookies with flaws that go together.
#[derive(Debug)]
pub struct Misopener {
    /// Its name as a target, after `strawman-`.
    pub name: &'static str,
    /// What is wrong with it, as the end of "an opener that".
    pub flaw: &'static str,
    /// The usual mend, as an instruction to the maintainer.
    pub mend: &'static str,
    /// The sound opener, with these.
    pub opener: Opener,
}

impl Verifier for Misopener {
    fn info(&self) -> TargetInfo {
        opener_info(&format!("strawman-{}", self.name))
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        match (request.input, &request.policy.cookie) {
            (Input::Cookie(header), Some(policy)) if policy.scheme.is_some() => {
                self.opener.verdict(header, policy, request.policy.now)
            }
            (Input::Cookie(_), _) => Verdict::unsupported(Feature::Cookie),
            _ => Verdict::unsupported(Feature::Token),
        }
    }
}

impl Wrong for Misopener {
    fn words(&self) -> [&'static str; 3] {
        [self.name, self.flaw, self.mend]
    }
}

/// A verifier of encrypted tokens with one flaw.
#[derive(Debug)]
pub struct Misdecrypter {
    /// Its name as a target, after `strawman-`.
    pub name: &'static str,
    /// What is wrong with it, as the end of "a verifier that".
    pub flaw: &'static str,
    /// The usual mend, as an instruction to the maintainer.
    pub mend: &'static str,
    /// The rules that it breaks.
    pub bends: &'static [(jwe::Rule, jwe::Step)],
}

impl Verifier for Misdecrypter {
    fn info(&self) -> TargetInfo {
        let TargetInfo { mut supports, .. } = info(self.name);
        supports.extend(encryption());
        TargetInfo { supports, ..info(&format!("strawman-{}", self.name)) }
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        match (request.input, &request.policy.encryption) {
            (Input::Cookie(_), _) => Verdict::unsupported(Feature::Cookie),
            (_, Some(_)) => jwe::verdict(request, self.bends),
            _ => reference::verdict(request, &[]),
        }
    }
}

impl Wrong for Misdecrypter {
    fn words(&self) -> [&'static str; 3] {
        [self.name, self.flaw, self.mend]
    }
}

/// What the reference verifier says of itself besides, where it is encrypted tokens that it is shown.
fn encryption() -> impl Iterator<Item = Capability> {
    let alg = KeyManagement::ALL.iter().copied().map(Capability::from);
    let enc = ContentEncryption::ALL.iter().copied().map(Capability::from);
    std::iter::once(Feature::Jwe.into()).chain(alg).chain(enc)
}

/// What an opener of protected cookies says of itself.
fn opener_info(name: &str) -> TargetInfo {
    let features = [Feature::CookieLines, Feature::Rotation, Feature::MaxAge, Feature::Clock];
    let schemes = Scheme::ALL.iter().copied().map(Capability::from);
    let supports = schemes.chain(features.map(Capability::from)).collect();
    TargetInfo { supports, ..TargetInfo::new(name, env!("CARGO_PKG_VERSION"), &[]) }
}

/// What a reader of headers says of itself.
fn reader_info(name: &str) -> TargetInfo {
    let supports = vec![Feature::Cookie.into(), Feature::CookieLines.into()];
    TargetInfo { supports, ..TargetInfo::new(name, env!("CARGO_PKG_VERSION"), &[]) }
}

/// The rule that is left out.
pub fn skip(_: &mut Reading<'_>) -> Result<(), Reason> {
    Ok(())
}

/// Those that belong to no family.
pub static SHARED: [&Strawman; 7] =
    [&REFUSES_ALL, &PANICS, &SLOW, &SKIPS_SIGNATURE, &REMEMBERS, &READS_IN_ORDER, &COMPARES_UNTIL_DIFFERENT];

/// Its verdicts are right; the time of its refusals is not.
static COMPARES_UNTIL_DIFFERENT: Strawman = Strawman {
    name: "compares-until-different",
    flaw: "compares a MAC octet by octet, at a cost that can be seen, and stops at the first that differs",
    mend: "Compare MACs with a function whose time does not hang on where they differ.",
    bends: &[(Rule::Signature, |reading| {
        let secret = reading.keys.iter().find_map(|key| match &key.material {
            Material::Oct(octets) => Some(octets.clone()),
            _ => None,
        });
        let right = secret.and_then(|secret| mac(reading.algorithm, &secret, &reading.signing_input()));
        let same = right.iter().flatten().zip(&reading.decoded[2]).take_while(|(right, given)| right == given);
        let cost: usize = same.map(|_| (0..100).map(std::hint::black_box).sum::<usize>()).sum();
        std::hint::black_box(cost);
        rules::signature(reading)
    })],
};

/// Checks the signature as it should, and if that fails with each of these octet strings as a shared secret.
pub fn verify_also_with(reading: &mut Reading<'_>, secrets: impl IntoIterator<Item = Vec<u8>>) -> Result<(), Reason> {
    let key = |octets| PublicKey { material: Material::Oct(octets), alg: None, usage: None, operations: None };
    rules::signature(reading).or_else(|_| {
        reading.keys = secrets.into_iter().map(key).collect();
        rules::signature(reading)
    })
}

/// What the verifier was configured for: the first algorithm of its list, or one for the type of its keys.
pub fn configured(reading: &Reading<'_>) -> Algorithm {
    if let Some([first, ..]) = reading.policy.algorithms.as_deref() {
        return *first;
    }
    let keys: Vec<PublicKey> = reading.policy.keys.iter().filter_map(PublicKey::read).collect();
    let fits = |algorithm: &&Algorithm| keys.iter().any(|key| key.has_type_of(**algorithm));
    Algorithm::ALL.iter().find(fits).copied().unwrap_or(Algorithm::None)
}

/// Refuses whatever it is shown.
pub static REFUSES_ALL: Strawman = Strawman {
    name: "refuses-all",
    flaw: "refuses valid tokens of this kind",
    mend: "Accept it: the clause makes this form part of what a conforming verifier reads.",
    bends: &[(Rule::Text, |_| Err(Reason::Other))],
};

/// Falls over on whatever it is shown: for classes where the standard admits every answer.
pub static PANICS: Strawman = Strawman {
    name: "panics",
    flaw: "panics instead of answering",
    mend: "Return the documented error type for every input; the input is an attacker's.",
    bends: &[(Rule::Text, |_| panic!("as a strawman does"))],
};

/// Takes longer than any budget.
pub static SLOW: Strawman = Strawman {
    name: "slow",
    flaw: "takes time out of proportion to the input",
    mend: "Bound the size of what is read before reading it, and keep the work linear.",
    bends: &[(Rule::Text, |reading| {
        std::thread::sleep(std::time::Duration::from_millis(1500));
        rules::text(reading)
    })],
};

/// Never checks a signature.
pub static SKIPS_SIGNATURE: Strawman = Strawman {
    name: "skips-signature",
    flaw: "does not check the signature",
    mend: "Verify the signature over the received octets of the first two segments before anything else is believed.",
    bends: &[(Rule::Signature, skip)],
};

/// Answers the same token differently after a while.
pub static REMEMBERS: Strawman = Strawman {
    name: "remembers",
    flaw: "keeps state between calls, and answers by it",
    mend: "Make verification a function of token, policy and clock; nothing of one call may reach the next.",
    bends: &[(Rule::Subject, |reading| {
        static CALLS: AtomicU64 = AtomicU64::new(0);
        let early = CALLS.fetch_add(1, Ordering::Relaxed) < 40;
        rules::check(early, Reason::Other)?;
        rules::subject(reading)
    })],
};

/// Wants the members of the payload in the order in which it writes them itself.
pub static READS_IN_ORDER: Strawman = Strawman {
    name: "reads-in-order",
    flaw: "depends on the order of members",
    mend: "Read members by name; an object has no order.",
    bends: &[(Rule::Payload, |reading| {
        rules::payload(reading)?;
        let first_is_issuer = reading.decoded[1].starts_with(br#"{"iss""#);
        rules::check(first_is_issuer, Reason::Malformed)
    })],
};

/// What the reference verifier does, under this name.
fn info(name: &str) -> TargetInfo {
    let algorithms = Algorithm::ALL.iter().filter(|a| **a != Algorithm::None).copied().map(Capability::from);
    let lacks = [
        Feature::JsonSerialization,
        Feature::B64,
        Feature::Jwe,
        Feature::Cookie,
        Feature::CookieLines,
        Feature::Rotation,
        Feature::Token,
    ];
    let features = Feature::ALL.iter().filter(|feature| !lacks.contains(feature)).copied();
    let supports = algorithms.chain(features.map(Capability::from)).collect();
    TargetInfo { supports, ..TargetInfo::new(name, env!("CARGO_PKG_VERSION"), &[]) }
}
