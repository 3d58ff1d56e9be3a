//! Ready properties: what holds of every sound verifier, for any token.
//!
//! Each takes a verifier and its [`FixedPolicy`], draws some hundred tokens from [`strategies`](crate::strategies), and
//! panics with the smallest one that shows the contrary. `PROPTEST_CASES` says how many are drawn. A verifier that does not
//! accept the valid token proves nothing and fails at once; tokens that it cannot be shown are counted aloud.
//!
//! ```
//! use token_assay::model::Algorithm;
//! use token_assay::properties;
//! use token_assay::strawman::Sound;
//! use token_assay::suite::FixedPolicy;
//!
//! let policy = FixedPolicy::with_secret(Algorithm::Hs256, b"a secret of the tests, 32 octets").issuer("login").now(1_700_000_000);
//! properties::never_accepts_what_must_be_refused(&Sound, &policy);
//! properties::claims_are_those_signed(&Sound, &policy);
//! ```

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use token_assay_model::{Answer, Expectation, Observation, Verdict};

use crate::attacks::fixed::FixedPolicy;
use crate::failure;
use crate::oracles::relation::{self, Relation};
use crate::strategies::{Sample, any_token_with_expectation, changed_octet, refused_token, valid_token};
use crate::suite;
use crate::targets::{self, Verifier};

/// No token that the standard says to refuse is accepted: changed, expired, not valid yet, for somebody else, from somebody
/// else, under another algorithm, unsigned.
///
/// # Panics
///
/// Where it does not hold, with the token.
#[track_caller]
pub fn never_accepts_what_must_be_refused(verifier: impl Verifier, policy: &FixedPolicy) {
    let name = "a token that must be refused was accepted";
    holds(name, &verifier, policy, refused_token(policy), |sample, answer| match (&sample.expectation, answer) {
        (Expectation::Reject { .. }, Answer::Verdict(Verdict::Accept { .. })) => Err("it was accepted".to_owned()),
        _ => Ok(()),
    });
}

/// Every token of a campaign's making is answered as the standard says: refused, or accepted with the claims that were signed.
///
/// # Panics
///
/// Where it does not hold, with the token.
///
/// ```
/// use token_assay::model::Algorithm;
/// use token_assay::strawman::Sound;
/// use token_assay::suite::FixedPolicy;
///
/// let policy = FixedPolicy::with_secret(Algorithm::Hs256, b"a secret of the tests, 32 octets").now(1_700_000_000);
/// token_assay::properties::answers_as_the_standard_says(Sound, &policy);
/// ```
#[track_caller]
pub fn answers_as_the_standard_says(verifier: impl Verifier, policy: &FixedPolicy) {
    let name = "a token was not answered as the standard says";
    holds(name, &verifier, policy, any_token_with_expectation(policy), |sample, answer| match answer {
        Answer::Verdict(verdict) if !sample.expectation.admits(verdict) => {
            Err(format!("it was answered with {verdict}"))
        }
        _ => Ok(()),
    });
}

/// No valid token is refused, up to the last second of its dates and whatever members it has beside.
///
/// # Panics
///
/// Where it does not hold, with the token.
///
/// ```
/// use token_assay::model::Algorithm;
/// use token_assay::strawman::Sound;
/// use token_assay::suite::FixedPolicy;
///
/// let policy = FixedPolicy::with_secret(Algorithm::Hs256, b"a secret of the tests, 32 octets").now(1_700_000_000);
/// token_assay::properties::accepts_what_must_be_accepted(Sound, &policy);
/// ```
#[track_caller]
pub fn accepts_what_must_be_accepted(verifier: impl Verifier, policy: &FixedPolicy) {
    let name = "a token that must be accepted was refused";
    holds(name, &verifier, policy, valid_token(policy), |_, answer| match answer {
        Answer::Verdict(Verdict::Reject { .. }) => Err("it was refused".to_owned()),
        _ => Ok(()),
    });
}

/// What the application is handed is what was signed: every member, by value.
///
/// # Panics
///
/// Where it does not hold, with the token.
#[track_caller]
pub fn claims_are_those_signed(verifier: impl Verifier, policy: &FixedPolicy) {
    let name = "the claims handed to the application are not the signed ones";
    holds(name, &verifier, policy, valid_token(policy), |sample, answer| match (&sample.expectation, answer) {
        (Expectation::Accept { claims: signed }, Answer::Verdict(Verdict::Accept { claims, .. })) => {
            let differing = signed.differing(claims);
            if differing.is_empty() { Ok(()) } else { Err(format!("they differ in {}", differing.join(", "))) }
        }
        _ => Ok(()),
    });
}

/// A valid token in which one character of the signed text is another, or one of an encrypted token, is refused, wherever it
/// stands.
///
/// # Panics
///
/// Where it does not hold, with the token.
///
/// ```
/// use token_assay::model::Algorithm;
/// use token_assay::strawman::Sound;
/// use token_assay::suite::FixedPolicy;
///
/// let policy = FixedPolicy::with_secret(Algorithm::Hs256, b"a secret of the tests, 32 octets").now(1_700_000_000);
/// token_assay::properties::refuses_every_change_of_a_signed_octet(Sound, &policy);
/// ```
#[track_caller]
pub fn refuses_every_change_of_a_signed_octet(verifier: impl Verifier, policy: &FixedPolicy) {
    let name = "a token was accepted of which one signed octet had been changed";
    holds(name, &verifier, policy, changed_octet(policy), |_, answer| match answer {
        Answer::Verdict(Verdict::Accept { .. }) => Err("it was accepted".to_owned()),
        _ => Ok(()),
    });
}

/// The same token is answered the same a second time, others between or not.
///
/// # Panics
///
/// Where it does not hold, with the token.
///
/// ```
/// use token_assay::model::Algorithm;
/// use token_assay::strawman::Sound;
/// use token_assay::suite::FixedPolicy;
///
/// let policy = FixedPolicy::with_secret(Algorithm::Hs256, b"a secret of the tests, 32 octets").now(1_700_000_000);
/// token_assay::properties::answers_the_same_twice(Sound, &policy);
/// ```
#[track_caller]
pub fn answers_the_same_twice(verifier: impl Verifier, policy: &FixedPolicy) {
    let name = "a token was answered differently the second time";
    let either = prop_oneof![valid_token(policy), refused_token(policy)];
    let between = policy.control().unwrap_or_else(|why| panic!("{why}")).valid;
    holds(name, &verifier, policy, either, |sample, first| {
        let request = sample.request();
        let observed = |answer: &Answer| Observation { answer: answer.clone(), elapsed: std::time::Duration::ZERO };
        let again = targets::observe(&verifier, request);
        targets::observe(&verifier, token_assay_model::Request { input: &between, ..request });
        let later = targets::observe(&verifier, request);
        let differs = [again, later]
            .into_iter()
            .find(|second| relation::judge(Relation::Repeated, &observed(first), second).is_some());
        differs.map_or(Ok(()), |second| Err(format!("first {first}, then {}", second.answer)))
    });
}

/// Draws samples and holds each answer against the property; a fault is no answer.
#[track_caller]
fn holds(
    what: &str,
    verifier: &dyn Verifier,
    policy: &FixedPolicy,
    samples: impl Strategy<Value = Sample>,
    property: impl Fn(&Sample, &Answer) -> Result<(), String>,
) {
    suite::must_accept_control(verifier, policy);
    let (shown, unsupported) = (Cell::new(0_u32), Cell::new(0_u32));
    let check = |sample: Sample| {
        let answer = targets::observe(verifier, sample.request()).answer;
        let counter =
            if matches!(answer, Answer::Verdict(Verdict::Unsupported { .. })) { &unsupported } else { &shown };
        counter.set(counter.get() + 1);
        let holds = match &answer {
            Answer::Verdict(Verdict::Unsupported { .. }) => Ok(()),
            Answer::Fault(fault) => Err(format!("it was no answer: {fault}")),
            answer => property(&sample, answer),
        };
        holds.map_err(TestCaseError::fail)
    };
    match TestRunner::new(config(policy)).run(&samples, check) {
        Ok(()) => {}
        Err(TestError::Fail(because, smallest)) => {
            let answer = targets::observe(verifier, smallest.request()).answer;
            let told = failure::of_token(&smallest.input, &smallest.policy, &smallest.expectation, Some(&answer));
            panic!("{what}\n{because}; the smallest token that shows it:\n\n{told}");
        }
        Err(TestError::Abort(because)) => panic!("no tokens could be drawn: {because}"),
    }
    assert!(shown.get() > 0, "nothing was tried: {} could be shown none of the tokens", verifier.info().name);
    if unsupported.get() > 0 {
        println!("skipped: {} of {} tokens could not be shown", unsupported.get(), unsupported.get() + shown.get());
    }
}

/// A secret signs and encrypts quickly; a key pair, in a debug build, does not.
fn config(policy: &FixedPolicy) -> Config {
    let default = Config { failure_persistence: None, ..Config::default() };
    let cases = match (std::env::var_os("PROPTEST_CASES"), policy.is_quick()) {
        (Some(_), _) => default.cases,
        (None, true) => CASES,
        (None, false) => SLOW_CASES,
    };
    Config { cases, ..default }
}

/// How many tokens are drawn.
const CASES: u32 = 512;

/// How many are where signing or decrypting takes its time.
const SLOW_CASES: u32 = 96;
