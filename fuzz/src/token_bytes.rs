//! Raw octets as a token.
//!
//! Takes the octets as they come. The reference verifier answers under four policies, always in the same way, by both of
//! its readings, and what it accepts is what the forge would have signed and `serde_json` reads alike. No linked crate, shown
//! them under the policy that their `alg` belongs to, panics or accepts what must be refused; where one does, that is a
//! finding.

use std::sync::{Arc, LazyLock};

use sha2::Digest as _;
use token_assay::attacks::scene::{Scene, Setting};
use token_assay::forge::{Forge, Hash, NOW, base64url, sign};
use token_assay::model::report::TargetInfo;
use token_assay::model::{
    Algorithm, Capability, Case, CaseId, Claims, Control, Expectation, Feature, Finding, Fingerprint, Input, Level,
    Observation, Oracle, Outcome, Profile, Reason, Request, Severity, Verdict,
};
use token_assay::oracles::{self, Judgement};
use token_assay::reference::{self, Ruling};
use token_assay::targets::{Linked, Verifier, linked};

use crate::dictionary::Dictionary;
use crate::{Target, ask, ledger, seeds};

/// The target.
pub const TARGET: Target = Target {
    name: "token_bytes",
    run,
    longest: seeds::LONGEST_TOKEN,
    seeds: seeds::tokens,
    dictionary: Dictionary::of_tokens,
};

/// Shows one input.
pub fn run(data: &[u8]) {
    let input = Input::from_octets(data.to_vec());
    let rulings: Vec<Ruling> = STAGES.iter().map(|stage| stage.rule(&input)).collect();
    let home = home(data);
    for suspect in SUSPECTS.iter() {
        if let Some(finding) = STAGES[home].judge(suspect, &input, &rulings[home]) {
            ledger::tell(&finding);
        }
    }
}

/// The stage whose key the token says it was signed with; where it says nothing, one after the other.
fn home(data: &[u8]) -> usize {
    let header = data.split(|octet| *octet == b'.').next().and_then(base64url::decode);
    let header: Option<serde_json::Value> = header.and_then(|octets| serde_json::from_slice(&octets).ok());
    let algorithm = header.and_then(|header| header.get("alg")?.as_str()?.parse::<Algorithm>().ok());
    let kind =
        |algorithm: Algorithm| [algorithm.is_hmac(), algorithm.is_rsa(), algorithm.is_ecdsa(), algorithm.is_eddsa()];
    let at_home = |algorithm| STAGES.iter().position(|stage| kind(stage.scene.algorithm()) == kind(algorithm));
    algorithm.and_then(at_home).unwrap_or(data.len() % STAGES.len())
}

/// Where an input is shown.
struct Stage {
    scene: Scene<'static>,
    control: Arc<Control>,
    needs: Vec<Capability>,
}

impl Stage {
    fn new(setting: Setting) -> Self {
        let scene = Scene::new(&FORGE, setting);
        Self { control: scene.control().into(), needs: scene.policy.needs(), scene }
    }

    /// What the standard says, once what must hold of the reference verifier does.
    fn rule(&self, input: &Input) -> Ruling {
        let request = Request { input, policy: &self.scene.policy };
        let ruling = reference::rule(request);
        assert_eq!(ruling, reference::rule(request), "two rulings of one token");
        let verdict = reference::verdict(request, &[]);
        assert!(agree(&ruling, &verdict), "{ruling:?} is ruled and {verdict:?} answered");
        if let Ruling::Accept(claims) | Ruling::RejectOrLast(claims) = &ruling {
            let [header, payload, signature] = segments(input.octets());
            let octets = base64url::decode(payload).expect("what was read is base64url");
            let read = Claims::parse(&octets).expect("what was read is JSON");
            assert!(claims.same_as(&read), "{claims:?} and {read:?}");
            if self.scene.algorithm() == Algorithm::Hs256 {
                let secret = self.scene.key.octets().expect("HS256 has a secret");
                let mac = sign::mac(Hash::Sha256, secret, &[header, b".", payload].concat());
                assert_eq!(base64url::encode(mac).as_bytes(), signature, "another signature than the forge's");
            }
        }
        ruling
    }

    /// What a crate does wrong with this input, where it can obey the policy.
    fn judge(&self, suspect: &Suspect, input: &Input, ruling: &Ruling) -> Option<Finding> {
        if !suspect.is_shown(input, self) {
            return None;
        }
        let case = self.case(input, ruling);
        let observation = ask(suspect.verifier, case.request());
        let judgement = oracles::robustness::judge(&case, &observation)
            .or_else(|| oracles::soundness::judge(&case, &observation).filter(|_| suspect.can_know(ruling)))?;
        Some(finding(suspect.name, &case, &observation, judgement))
    }

    fn case(&self, input: &Input, ruling: &Ruling) -> Case {
        let (class, expectation) = match ruling {
            Ruling::Accept(claims) => ("accept".to_owned(), Expectation::Accept { claims: claims.clone() }),
            Ruling::Reject(reason) => (reason.to_string(), Expectation::Reject { reason: *reason }),
            Ruling::RejectOrLast(claims) => {
                ("reject-or-last".to_owned(), Expectation::RejectOrLast { claims: claims.clone() })
            }
            Ruling::Bounded => ("bounded".to_owned(), Expectation::Bounded { milliseconds: BUDGET }),
            Ruling::Either(because) => ("either".to_owned(), Expectation::Either { because: (*because).to_owned() }),
        };
        Case {
            id: CaseId::new("fuzz", &format!("octets-{class}"), &self.scene.setting.to_string()),
            input: input.clone(),
            policy: Arc::clone(&self.scene.policy),
            profile: self.scene.setting.profile,
            expectation,
            level: Level::Must,
            severity: self.scene.setting.profile.weigh(Severity::High),
            needs: Vec::new(),
            control: Arc::clone(&self.control),
        }
    }
}

/// A linked crate, and who it is.
struct Suspect {
    name: &'static str,
    verifier: &'static dyn Verifier,
    info: TargetInfo,
}

impl Suspect {
    fn new(linked: &Linked) -> Self {
        Self { name: linked.name, verifier: linked.verifier, info: linked.verifier.info() }
    }

    fn can(&self, feature: Feature) -> bool {
        self.info.supports.contains(&feature.into())
    }

    fn is_shown(&self, input: &Input, stage: &Stage) -> bool {
        (input.text().is_some() || self.can(Feature::Bytes))
            && stage.needs.iter().all(|need| self.info.supports.contains(need))
    }

    /// A crate without a clock of the policy's, or that leaves the dates to others, is not wrong about dates.
    fn can_know(&self, ruling: &Ruling) -> bool {
        let dated = matches!(ruling, Ruling::Reject(Reason::Expired | Reason::NotYetValid));
        !dated || [Feature::Clock, Feature::Exp, Feature::Nbf].into_iter().all(|feature| self.can(feature))
    }
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

fn segments(octets: &[u8]) -> [&[u8]; 3] {
    let segments: Vec<&[u8]> = octets.split(|octet| *octet == b'.').collect();
    segments.try_into().expect("what was read has three segments")
}

fn finding(target: &str, case: &Case, observation: &Observation, judgement: Judgement) -> Finding {
    Finding {
        fingerprint: fingerprint(judgement.oracle, case, target),
        oracle: judgement.oracle,
        target: target.to_owned(),
        case: case.id.clone(),
        title: judgement.because.unwrap_or_else(|| TITLE.to_owned()),
        severity: case.severity,
        level: case.level,
        profile: case.profile,
        outcome: Outcome::Fail,
        known: None,
        without_control: false,
        expected: case.expectation.clone(),
        observed: observation.answer.clone(),
        microseconds: observation.elapsed.as_micros().try_into().unwrap_or(u64::MAX),
        input: case.input.clone(),
        policy: Arc::clone(&case.policy),
        twin: case.control.valid.clone(),
        others: Vec::new(),
        cases: vec![case.id.clone()],
    }
}

fn fingerprint(oracle: Oracle, case: &Case, target: &str) -> Fingerprint {
    let class = format!("{}/{}", case.id.family(), case.id.class());
    let text = format!("{oracle}\0{class}\0{target}\0{}", case.profile.group());
    let hash = sha2::Sha256::digest(text.as_bytes());
    Fingerprint(hash[..4].iter().map(|octet| format!("{octet:02x}")).collect())
}

static FORGE: LazyLock<Forge> = LazyLock::new(|| Forge::new(NOW));

/// One algorithm of each key type, each configured in another way.
static STAGES: LazyLock<Vec<Stage>> = LazyLock::new(|| {
    let settings = [
        (Profile::Pinned, Algorithm::Hs256),
        (Profile::MixedList, Algorithm::Rs256),
        (Profile::KeySet, Algorithm::Es256),
        (Profile::LibraryDefault, Algorithm::EdDsa),
    ];
    settings.into_iter().map(|(profile, algorithm)| Stage::new(Setting { profile, algorithm })).collect()
});

static SUSPECTS: LazyLock<Vec<Suspect>> = LazyLock::new(|| linked().iter().map(Suspect::new).collect());

/// What is said of an acceptance that nothing else is known of.
const TITLE: &str = "Octets that must be refused were accepted.";

/// Longer than any honest answer takes, instrumented as everything is, in milliseconds.
const BUDGET: u64 = 10_000;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use token_assay::strawman;

    use super::*;

    fn suspect(strawman: &'static strawman::Strawman) -> Suspect {
        Suspect { name: strawman.name, verifier: strawman, info: strawman.info() }
    }

    #[test]
    fn valid_tokens_are_accepted_where_they_belong() {
        for stage in STAGES.iter() {
            assert!(matches!(stage.rule(&stage.control.valid), Ruling::Accept(_)), "{}", stage.scene.setting);
            assert!(matches!(stage.rule(&stage.control.tampered), Ruling::Reject(Reason::Signature)));
        }
    }

    #[test]
    fn a_token_is_at_home_where_its_algorithm_is_expected() {
        for (index, stage) in STAGES.iter().enumerate() {
            assert_eq!(home(stage.control.valid.octets()), index);
        }
        let homes: BTreeSet<usize> = (0..8).map(|length| home(&vec![b'.'; length])).collect();
        assert_eq!(homes.len(), STAGES.len());
    }

    #[test]
    fn a_verifier_that_skips_the_signature_is_found_out_and_the_sound_one_is_not() {
        let stage = &STAGES[0];
        let tampered = &stage.control.tampered;
        let ruling = stage.rule(tampered);
        let finding = stage.judge(&suspect(&strawman::SKIPS_SIGNATURE), tampered, &ruling).expect("it is wrong");
        assert_eq!((finding.oracle, finding.title.as_str()), (Oracle::Soundness, TITLE));
        assert_eq!(finding.case.as_str(), "fuzz/octets-signature/pinned-hs256");
        let sound = Suspect { name: "sound", verifier: &strawman::Sound, info: strawman::Sound.info() };
        assert_eq!(stage.judge(&sound, tampered, &ruling), None);
    }

    #[test]
    fn a_panic_of_a_verifier_is_a_finding_and_not_the_end() {
        let stage = &STAGES[0];
        let ruling = stage.rule(&stage.control.valid);
        let finding = stage.judge(&suspect(&strawman::PANICS), &stage.control.valid, &ruling);
        assert_eq!(finding.expect("it panics").oracle, Oracle::Robustness);
    }
}
