//! What strategies draw is what their names promise, shrunk or not, and ready properties find who breaks them.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use token_assay::forge::{Keyring, NOW, TestKey, base64url, jwe};
use token_assay::model::report::TargetInfo;
use token_assay::model::{
    Algorithm, Claims, ContentEncryption as Enc, Expectation, KeyManagement, Policy, Reason, Request, Verdict,
};
use token_assay::properties;
use token_assay::reference::{self, Ruling};
use token_assay::run::verifier;
use token_assay::strategies::{self, Sample};
use token_assay::strawman::Sound;
use token_assay::suite::FixedPolicy;
use token_assay::targets::Verifier;

/// What a strategy's name promises.
type Promise = fn(&Ruling) -> bool;

/// How a policy stops asking for something.
type Relax = fn(&mut Policy);

#[test]
fn every_draw_is_ruled_as_its_strategy_promises_and_stays_so_while_it_shrinks() {
    for (name, policy) in policies() {
        for (strategy, samples, promised) in all(&policy) {
            let mut runner = TestRunner::deterministic();
            for _ in 0..12 {
                let mut tree = samples.new_tree(&mut runner).unwrap();
                keeps(&tree.current(), promised, name, strategy);
                for step in 0..30 {
                    // Some steps are taken back, as where the smaller token does not fail.
                    let went_on = if step % 3 == 2 { tree.complicate() } else { tree.simplify() };
                    keeps(&tree.current(), promised, name, strategy);
                    if !went_on {
                        break;
                    }
                }
            }
        }
    }
}

#[test]
fn draws_differ_and_meet_the_edges() {
    let policy = names();
    let valid = drawn(strategies::valid_token(&policy), 400);
    let members: BTreeSet<String> =
        valid.iter().flat_map(|sample| claims(sample).into_iter().map(|(name, _)| name)).collect();
    assert!(members.len() > 100, "{members:?}");
    let subjects: BTreeSet<String> =
        valid.iter().filter_map(|s| Some(claims(s).get("sub")?.as_str()?.to_owned())).collect();
    assert!(subjects.len() > 50, "{subjects:?}");
    assert!(
        valid.iter().any(|sample| claims(sample)["aud"].is_array())
            && valid.iter().any(|s| claims(s)["aud"].is_string())
    );
    let exps =
        |samples: &[Sample]| -> BTreeSet<i64> { samples.iter().filter_map(|s| claims(s)["exp"].as_i64()).collect() };
    assert_eq!(exps(&valid).first(), Some(&(NOW + 1)), "the last second of a valid token");
    let expired = drawn(strategies::expired_token(&policy), 400);
    assert_eq!(exps(&expired).last(), Some(&NOW), "the first second of an expired one");
    assert!(expired.iter().any(|sample| claims(sample)["exp"].is_f64()));
    let lenient = names().leeway(30);
    assert_eq!(exps(&drawn(strategies::valid_token(&lenient), 400)).first(), Some(&(NOW - 29)));
    assert_eq!(exps(&drawn(strategies::expired_token(&lenient), 400)).last(), Some(&(NOW - 31)));
    let nbfs = |samples: &[Sample]| -> BTreeSet<i64> {
        samples.iter().filter_map(|s| claims(s).get("nbf")?.as_i64()).collect()
    };
    assert_eq!(nbfs(&drawn(strategies::not_yet_valid_token(&policy), 400)).first(), Some(&(NOW + 1)));
    assert_eq!(nbfs(&valid).last(), Some(&NOW));
}

#[test]
fn what_fails_shrinks_to_the_token_that_says_least() {
    let policy = names();
    let mut runner = TestRunner::deterministic();
    for _ in 0..5 {
        let mut tree = strategies::valid_token(&policy).new_tree(&mut runner).unwrap();
        while tree.simplify() {}
        let smallest = claims(&tree.current());
        let members: Vec<&str> = smallest.keys().map(String::as_str).collect();
        assert_eq!(members.iter().collect::<BTreeSet<_>>(), BTreeSet::from([&"aud", &"exp", &"iss"]));
        assert_eq!(smallest["aud"], "orders-api");
    }
}

#[test]
fn a_sample_prints_as_what_a_person_wants_to_read() {
    let sample = &drawn(strategies::expired_token(&names()), 1)[0];
    let text = format!("{sample:?}");
    for part in
        ["expected  reject (expired)", r#"header    {"alg":"HS256""#, "payload   {", "token     eyJ", "policy    HS256"]
    {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains("a secret of the tests"), "a key is shown");
}

#[test]
fn a_strategy_for_what_the_policy_does_not_ask_says_so() {
    let text = panic_of(|| drop(strategies::wrong_audience(&secret().now(NOW))));
    assert!(text.contains("names no audience"), "{text}");
    let text = panic_of(|| drop(strategies::foreign_signature(&wrapped())));
    assert!(text.contains("not signed"), "{text}");
    let text = panic_of(|| drop(strategies::valid_token(&FixedPolicy::with_secret(Algorithm::Hs256, b"short"))));
    assert!(text.contains("no token is valid"), "{text}");
}

#[test]
fn every_property_holds_of_the_sound_verifier() {
    for (_, policy) in signed_policies().into_iter().step_by(3).chain(recipients()) {
        properties::answers_as_the_standard_says(&Sound, &policy);
        properties::never_accepts_what_must_be_refused(&Sound, &policy);
        properties::accepts_what_must_be_accepted(&Sound, &policy);
        properties::claims_are_those_signed(&Sound, &policy);
        properties::refuses_every_change_of_a_signed_octet(&Sound, &policy);
        properties::answers_the_same_twice(&Sound, &policy);
    }
}

#[test]
fn each_property_fells_who_breaks_it_with_the_smallest_token() {
    let strawman = |name: &str| verifier(name).expect("a strawman");
    let policy = names();
    let text = panic_of(|| properties::never_accepts_what_must_be_refused(strawman("strawman-allows-none"), &policy));
    assert!(text.starts_with("a token that must be refused was accepted\n"), "{text}");
    assert!(text.contains(r#""alg":"none""#) && text.contains("expected  reject (algorithm)"), "{text}");
    assert!(!text.contains(r#""jti""#), "it has not shrunk:\n{text}");

    let text =
        panic_of(|| properties::refuses_every_change_of_a_signed_octet(strawman("strawman-skips-signature"), &policy));
    assert!(text.contains("expected  reject"), "{text}");

    let text = panic_of(|| properties::accepts_what_must_be_accepted(strawman("strawman-reads-in-order"), &policy));
    assert!(text.contains("expected  accept") && text.contains("observed  reject"), "{text}");

    let drops_the_subject = Bent(|_, mut verdict| {
        if let Verdict::Accept { claims, .. } = &mut verdict {
            claims.0.remove("sub");
        }
        verdict
    });
    let text = panic_of(|| properties::claims_are_those_signed(drops_the_subject, &policy));
    assert!(text.contains("they differ in sub"), "{text}");

    let counts = Bent(|_, verdict| {
        static CALLS: AtomicU64 = AtomicU64::new(0);
        let is_seventh = CALLS.fetch_add(1, Ordering::Relaxed) % 7 == 6;
        if is_seventh { Verdict::reject(Reason::Other, "tired") } else { verdict }
    });
    let text = panic_of(|| properties::answers_the_same_twice(counts, &policy));
    assert!(text.starts_with("a token was answered differently the second time\nfirst "), "{text}");

    let panics_instead = Bent(|_, verdict| {
        assert!(matches!(verdict, Verdict::Accept { .. }), "no good");
        verdict
    });
    let text = panic_of(|| properties::never_accepts_what_must_be_refused(panics_instead, &policy));
    assert!(text.contains("it was no answer: panic: no good"), "{text}");
}

#[test]
fn a_verifier_that_decrypts_wrongly_falls_before_and_behind_the_tag() {
    let strawman = |name: &str| verifier(name).expect("a strawman");
    let text = panic_of(|| {
        properties::never_accepts_what_must_be_refused(strawman("strawman-tag-as-long-as-given"), &wrapped());
    });
    assert!(text.contains("expected  reject") && text.contains("observed  accept"), "{text}");
    let text = panic_of(|| {
        properties::answers_as_the_standard_says(strawman("strawman-zip-ignored"), &wrapped());
    });
    assert!(text.contains("zip"), "it has not shrunk to what matters:\n{text}");
    // It decrypts well, and takes the token inside as it comes.
    let believes_what_is_inside = Bent(|request, verdict| {
        let content = reference::jwe::plaintext(request, &[]).unwrap_or_default();
        let payload = content.split(|octet| *octet == b'.').nth(1).and_then(base64url::decode).unwrap_or_default();
        match (&verdict, Claims::parse(&payload)) {
            (Verdict::Reject { reason: Some(Reason::Signature), .. }, Some(claims)) => Verdict::accept(claims.0),
            _ => verdict,
        }
    });
    let text = panic_of(|| properties::never_accepts_what_must_be_refused(believes_what_is_inside, &nested()));
    assert!(text.contains("expected  reject (signature)"), "{text}");
}

#[test]
fn each_kind_of_refused_token_finds_the_verifier_that_does_not_look() {
    let relaxed: [(&str, Relax, Reason); 4] = [
        ("expiry", |policy| policy.now = Some(0), Reason::Expired),
        ("not before", |policy| policy.leeway = Some(u64::from(u32::MAX)), Reason::NotYetValid),
        ("audience", |policy| policy.audience.clear(), Reason::Audience),
        ("issuer", |policy| policy.issuer.clear(), Reason::Issuer),
    ];
    let policy = names();
    for (name, relax, reason) in relaxed {
        let found = drawn(strategies::refused_token(&policy), 400).into_iter().any(|sample| {
            let mut policy = (*sample.policy).clone();
            relax(&mut policy);
            let verdict = Sound.verify(Request { input: &sample.input, policy: &policy });
            matches!(sample.expectation, Expectation::Reject { reason: r } if r == reason)
                && matches!(verdict, Verdict::Accept { .. })
        });
        assert!(found, "{name}");
    }
}

#[test]
fn a_property_proves_nothing_of_a_verifier_that_refuses_the_valid_token_or_is_shown_none() {
    let policy = names();
    let refuses_all = verifier("strawman-refuses-all").expect("a strawman");
    let text = panic_of(|| properties::never_accepts_what_must_be_refused(refuses_all, &policy));
    assert!(text.starts_with("strawman-refuses-all does not accept a valid token"), "{text}");
    let shows_only_the_control = Bent(|request, verdict| {
        let is_control = *request.input == names().scene().control().valid;
        if is_control { verdict } else { Verdict::unsupported("anything else") }
    });
    let text = panic_of(|| properties::accepts_what_must_be_accepted(shows_only_the_control, &policy));
    assert!(text.starts_with("nothing was tried"), "{text}");
}

fn all(policy: &FixedPolicy) -> Vec<(&'static str, BoxedStrategy<Sample>, Promise)> {
    let refused: Promise = |ruling| matches!(ruling, Ruling::Reject(_));
    let mut all: Vec<(&str, BoxedStrategy<Sample>, Promise)> = vec![
        ("valid", strategies::valid_token(policy).boxed(), |ruling| matches!(ruling, Ruling::Accept(_))),
        ("tampered", strategies::tampered_token(policy).boxed(), refused),
        ("changed", strategies::changed_octet(policy).boxed(), refused),
        ("expired", strategies::expired_token(policy).boxed(), |ruling| *ruling == Ruling::Reject(Reason::Expired)),
        ("early", strategies::not_yet_valid_token(policy).boxed(), |r| *r == Ruling::Reject(Reason::NotYetValid)),
        ("algorithm", strategies::wrong_algorithm(policy).boxed(), refused),
        ("unsigned", strategies::unsigned_token(policy).boxed(), refused),
        ("refused", strategies::refused_token(policy).boxed(), refused),
    ];
    let own = policy.policy();
    if own.algorithms.is_some() {
        let promised: Promise = |ruling| *ruling == Ruling::Reject(Reason::Signature);
        all.push(("foreign", strategies::foreign_signature(policy).boxed(), promised));
    }
    if !own.audience.is_empty() {
        let promised: Promise = |ruling| *ruling == Ruling::Reject(Reason::Audience);
        all.push(("audience", strategies::wrong_audience(policy).boxed(), promised));
    }
    if !own.issuer.is_empty() {
        all.push(("issuer", strategies::wrong_issuer(policy).boxed(), |r| *r == Ruling::Reject(Reason::Issuer)));
    }
    all
}

fn keeps(sample: &Sample, promised: Promise, policy: &str, strategy: &str) {
    let ruling = reference::rule(sample.request());
    assert!(promised(&ruling), "{strategy} under {policy}: {ruling:?}{sample:?}");
    assert!(ruling.agrees_with(&sample.expectation), "{strategy} under {policy}");
}

#[test]
fn any_token_is_of_every_kind_and_its_ruling_holds() {
    for (name, policy) in policies() {
        let samples = drawn(strategies::any_token_with_expectation(&policy), 300);
        let count = |wanted: fn(&Expectation) -> bool| samples.iter().filter(|s| wanted(&s.expectation)).count();
        assert!(count(|e| matches!(e, Expectation::Accept { .. } | Expectation::Either { .. })) > 10, "{name}");
        assert!(count(|e| matches!(e, Expectation::Reject { .. })) > 60, "{name}");
        assert!(samples.iter().all(|sample| reference::rule(sample.request()).agrees_with(&sample.expectation)));
    }
}

#[test]
fn every_kind_of_token_together_finds_what_one_property_may_miss() {
    properties::answers_as_the_standard_says(Sound, &names());
    properties::answers_as_the_standard_says(Sound, &names_by_the_real_clock());
    let strawman = verifier("strawman-aud-substring").expect("a strawman");
    // Some hundred tokens hold one that shows it four times of five; so many times over none would be no chance.
    let all_draws = || (0..30).for_each(|_| properties::answers_as_the_standard_says(strawman, &names()));
    let told = panic_of(all_draws);
    assert!(told.contains("a token was not answered as the standard says"), "{told}");
}

fn policies() -> Vec<(&'static str, FixedPolicy)> {
    let mut all = signed_policies();
    all.extend(recipients());
    all
}

/// Recipients of encrypted tokens, with claims inside and with signed tokens.
fn recipients() -> Vec<(&'static str, FixedPolicy)> {
    let oct = |width: usize| TestKey::from_secret("shared", &[0x3d; 64][..width]);
    let rsa = Keyring::corpus().key("rsa").clone();
    let of = FixedPolicy::decrypting;
    vec![
        ("dir", of(KeyManagement::Dir, Enc::A128CbcHs256, oct(32)).issuer("login").audience("orders-api").now(NOW)),
        ("X25519", of(KeyManagement::EcdhEs, Enc::A256Gcm, jwe::x25519_recipient()).leeway(30).now(NOW)),
        ("RSA and the real clock", of(KeyManagement::RsaOaep256, Enc::A256Gcm, rsa).audience("orders-api")),
        ("signed inside", nested()),
    ]
}

fn nested() -> FixedPolicy {
    names().encrypted_for(KeyManagement::A256Kw, Enc::A256Gcm, TestKey::from_secret("shared", &[0x3d; 32]))
}

fn wrapped() -> FixedPolicy {
    let shared = TestKey::from_secret("shared", &[0x3d; 32]);
    FixedPolicy::decrypting(KeyManagement::A256Kw, Enc::A256CbcHs512, shared).audience("orders-api").now(NOW)
}

fn signed_policies() -> Vec<(&'static str, FixedPolicy)> {
    vec![
        ("names", names()),
        ("nothing but a secret", secret().now(NOW)),
        ("leeway", names().leeway(30)),
        ("real clock", names_by_the_real_clock()),
        ("real clock and leeway", secret().leeway(90).max_age(120)),
        ("key pair", FixedPolicy::with_test_key(Algorithm::Rs256, "rsa").audience("a").audience("b").now(NOW)),
        ("curve", FixedPolicy::with_test_key(Algorithm::Es384, "p384").issuer("a").issuer("b").now(NOW)),
        ("Ed25519 and a set", FixedPolicy::with_test_key(Algorithm::EdDsa, "ed25519").kid("first").now(NOW)),
        ("age, type and subject", secret().max_age(600).typ("at+jwt").subject("alice").leeway(5).now(NOW)),
        ("required", secret().required_claim("sub").required_claim("tenant").required_claim("nbf").now(NOW)),
    ]
}

fn secret() -> FixedPolicy {
    FixedPolicy::with_secret(Algorithm::Hs256, b"a secret of the tests, 32 octets")
}

fn names_by_the_real_clock() -> FixedPolicy {
    secret().issuer("https://login.example.com").audience("orders-api")
}

fn names() -> FixedPolicy {
    names_by_the_real_clock().now(NOW)
}

fn drawn(strategy: impl Strategy<Value = Sample>, count: usize) -> Vec<Sample> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// The claims of a token, read without looking at its signature.
fn claims(sample: &Sample) -> serde_json::Map<String, serde_json::Value> {
    let payload = sample.token().split('.').nth(1).expect("a payload");
    let octets = base64url::decode(payload).expect("base64url");
    serde_json::from_slice(&octets).expect("an object")
}

fn panic_of(test: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(test)).expect_err("it should have failed");
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned())).expect("a panic with a text")
}

/// The sound verifier, whose verdict is bent like this.
struct Bent(fn(Request<'_>, Verdict) -> Verdict);

impl Verifier for Bent {
    fn info(&self) -> TargetInfo {
        Sound.info()
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        (self.0)(request, Sound.verify(request))
    }
}
