//! Properties that hold of every sound verifier, on the reference verifier and on the crates that are linked in.
//!
//! A failure shrinks, and the smallest case is written as a file that `assay replay` sends again.

use std::time::{SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use token_assay::attacks::scene::{Scene, Setting};
use token_assay::forge::{Forge, Jws, NOW, Object, json};
use token_assay::model::{
    Algorithm, Answer, Claims, Expectation, Feature, Finding, Fingerprint, Input, Level, Oracle, Outcome, Policy,
    Profile, Reason, Request, Severity, Verdict,
};
use token_assay::run::verifier;
use token_assay::targets::Verifier;

#[test]
fn what_is_signed_is_accepted_with_the_claims_that_were_signed() {
    each(&(algorithm(), extra_claims()), |subject, (algorithm, extra)| {
        let Some(scene) = subject.scene(algorithm) else { return Ok(()) };
        let claims = with_extra(scene.claims(), &extra);
        let token = scene.sign_claims(&claims);
        let signed = Claims::parse(claims.text().as_bytes()).expect("an object");
        subject.expect(&scene.policy, &token, Expectation::Accept { claims: signed })
    });
}

#[test]
fn any_flipped_bit_is_refused() {
    each(&(algorithm(), any::<proptest::sample::Index>(), 0..7_u8), |subject, (algorithm, place, bit)| {
        let Some(scene) = subject.scene(algorithm) else { return Ok(()) };
        let mut octets = scene.token().compact().into_bytes();
        let place = place.index(octets.len());
        octets[place] ^= 1 << bit;
        let input = Input::from_octets(octets);
        subject.expect_input(&scene.policy, input, Expectation::Reject { reason: Reason::Signature })
    });
}

#[test]
fn the_verdict_is_monotone_in_time() {
    let times = (-9_000..9_000_i64, -9_000..9_000_i64, prop::array::uniform3(-20_000..20_000_i64));
    each(&times, |subject, (nbf, exp, mut moments)| {
        let Some(scene) = subject.scene(Algorithm::Hs256).filter(|_| subject.obeys(Feature::Clock)) else {
            return Ok(());
        };
        moments.sort_unstable();
        let claims = scene.claims().set("nbf", (NOW + nbf).to_string()).set("exp", (NOW + exp).to_string());
        let token = scene.sign_claims(&claims);
        let accepted =
            |moment: i64| subject.accepts(&scene.with(|policy| policy.now = Some(NOW + moment)).policy, &token);
        // Between two moments at which a token is accepted there is none at which it is not.
        let holds = !(accepted(moments[0]) && accepted(moments[2])) || accepted(moments[1]);
        let at = scene.with(|policy| policy.now = Some(NOW + moments[1]));
        subject.check(holds, &at.policy, &token)
    });
}

#[test]
fn the_verdict_is_monotone_in_leeway() {
    each(&(-300..300_i64, 0..300_u64, 0..300_u64), |subject, (past, leeway, more)| {
        let able = subject.obeys(Feature::Clock) && subject.obeys(Feature::Leeway);
        let Some(scene) = subject.scene(Algorithm::Hs256).filter(|_| able) else { return Ok(()) };
        let token = scene.sign_claims(&scene.claims().set("exp", (NOW - past).to_string()));
        let with = |leeway: u64| scene.with(|policy| policy.leeway = Some(leeway)).policy;
        let holds = !subject.accepts(&with(leeway), &token) || subject.accepts(&with(leeway + more), &token);
        subject.check(holds, &with(leeway + more), &token)
    });
}

#[test]
fn an_unknown_claim_and_the_order_of_members_change_nothing() {
    each(&(algorithm(), extra_claims(), any::<bool>()), |subject, (algorithm, extra, expired)| {
        let Some(scene) = subject.scene(algorithm) else { return Ok(()) };
        let claims = if expired { scene.claims().set("exp", (scene.now() - 7200).to_string()) } else { scene.claims() };
        let first = subject.accepts(&scene.policy, &scene.sign_claims(&claims));
        for changed in [with_extra(claims.clone(), &extra), claims.reversed()] {
            let token = scene.sign_claims(&changed);
            subject.check(subject.accepts(&scene.policy, &token) == first, &scene.policy, &token)?;
        }
        Ok(())
    });
}

#[test]
fn verification_is_repeatable() {
    each(&(algorithm(), any::<bool>()), |subject, (algorithm, tampered)| {
        let Some(scene) = subject.scene(algorithm) else { return Ok(()) };
        let token = scene.token();
        let token = if tampered { token.with_payload(scene.forged_claims().text()) } else { token };
        let answers = [(); 3].map(|()| subject.accepts(&scene.policy, &token));
        subject.check(answers == [!tampered; 3], &scene.policy, &token)
    });
}

/// Shows the property to every subject.
fn each<S: Strategy>(strategy: &S, property: impl Fn(&Subject, S::Value) -> Result<(), TestCaseError>) {
    let mut subjects = 0;
    for name in SUBJECTS {
        let Some(verifier) = verifier(name) else {
            println!("SKIPPED: {name} is not linked in; build with --features targets");
            continue;
        };
        subjects += 1;
        let subject = Subject::new(name, verifier);
        let config = Config { cases: 96, failure_persistence: None, ..Config::default() };
        if let Err(error) = TestRunner::new(config).run(strategy, |value| property(&subject, value)) {
            panic!("{name}: {error}");
        }
    }
    assert!(subjects > 0);
}

struct Subject {
    name: &'static str,
    verifier: &'static dyn Verifier,
    supports: Vec<token_assay::model::Capability>,
    forge: Forge,
}

impl Subject {
    fn new(name: &'static str, verifier: &'static dyn Verifier) -> Self {
        let supports = verifier.info().supports;
        let clocked = supports.contains(&Feature::Clock.into());
        let real = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970").as_secs();
        let forge = Forge::new(if clocked { NOW } else { real.try_into().expect("it is not that late") });
        Self { name, verifier, supports, forge }
    }

    fn obeys(&self, feature: Feature) -> bool {
        self.supports.contains(&feature.into())
    }

    /// The pinned scene, where the subject can play on it.
    fn scene(&self, algorithm: Algorithm) -> Option<Scene<'_>> {
        let scene = Scene::new(&self.forge, Setting { profile: Profile::Pinned, algorithm });
        scene.policy.needs().iter().all(|need| self.supports.contains(need)).then_some(scene)
    }

    fn accepts(&self, policy: &Policy, token: &Jws) -> bool {
        let input = Input::Token(token.compact());
        matches!(self.verifier.verify(Request { input: &input, policy }), Verdict::Accept { .. })
    }

    fn expect(&self, policy: &Policy, token: &Jws, expected: Expectation) -> Result<(), TestCaseError> {
        self.expect_input(policy, Input::Token(token.compact()), expected)
    }

    fn expect_input(&self, policy: &Policy, input: Input, expected: Expectation) -> Result<(), TestCaseError> {
        if matches!(input, Input::Bytes(_)) && !self.obeys(Feature::Bytes) {
            return Ok(());
        }
        let verdict = self.verifier.verify(Request { input: &input, policy });
        if expected.admits(&verdict) { Ok(()) } else { Err(self.failure(policy, input, expected, &verdict)) }
    }

    fn check(&self, holds: bool, policy: &Policy, token: &Jws) -> Result<(), TestCaseError> {
        if holds {
            return Ok(());
        }
        let input = Input::Token(token.compact());
        let verdict = self.verifier.verify(Request { input: &input, policy });
        let expected = Expectation::Either { because: "another answer contradicts this one".to_owned() };
        Err(self.failure(policy, input, expected, &verdict))
    }

    /// A file that `assay replay` takes.
    fn failure(&self, policy: &Policy, input: Input, expected: Expectation, verdict: &Verdict) -> TestCaseError {
        let relation = matches!(expected, Expectation::Either { .. });
        let finding = Finding {
            fingerprint: Fingerprint("00000000".to_owned()),
            oracle: if relation { Oracle::Relation } else { Oracle::Soundness },
            target: self.name.to_owned(),
            case: token_assay::model::CaseId::new("property", "failure", self.name),
            title: "A property does not hold.".to_owned(),
            severity: Severity::High,
            level: Level::Must,
            profile: Profile::Pinned,
            outcome: Outcome::Fail,
            known: None,
            without_control: false,
            expected,
            observed: Answer::Verdict(verdict.clone()),
            microseconds: 0,
            twin: input.clone(),
            input,
            policy: policy.clone().into(),
            before: Vec::new(),
            others: Vec::new(),
            cases: Vec::new(),
            recipe: None,
        };
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("property-{}.json", self.name));
        let text = serde_json::to_string_pretty(&finding).expect("a finding is JSON");
        std::fs::write(&path, text).expect("cargo's own folder is writable");
        TestCaseError::fail(format!("{verdict}; replay with: assay replay {}", path.display()))
    }
}

fn algorithm() -> impl Strategy<Value = Algorithm> {
    prop::sample::select(vec![
        Algorithm::Hs256,
        Algorithm::Hs512,
        Algorithm::Rs256,
        Algorithm::Ps256,
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::EdDsa,
    ])
}

/// Members whose names no registry holds, with values of every kind.
fn extra_claims() -> impl Strategy<Value = Vec<(String, serde_json::Value)>> {
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z]{1,6}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    prop::collection::vec(("x_[a-z]{1,8}", value), 0..4)
}

fn with_extra(claims: Object, extra: &[(String, serde_json::Value)]) -> Object {
    extra.iter().fold(claims, |claims, (name, value)| claims.set(name, value.to_string()))
}

/// `json` is what the forge writes; a name with a quote in it must come out quoted.
#[test]
fn every_text_is_quoted_so_that_it_reads_back() {
    proptest!(|(text in ".*")| {
        prop_assert_eq!(serde_json::from_str::<String>(&json::quote(&text)).unwrap(), text.clone());
        prop_assert_eq!(serde_json::from_str::<String>(&json::quote_escaped(&text)).unwrap(), text);
    });
}

const SUBJECTS: [&str; 4] = ["sound", "jsonwebtoken", "jwt-simple", "jwt-compact"];
