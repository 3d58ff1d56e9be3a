//! Completeness: what must be accepted was refused, or what must be read was not.

use token_assay_model::{Answer, Case, Expectation, Observation, Oracle, Verdict, cookie};

use super::Judgement;

/// Judges a refusal, or cookies that lack one.
pub fn judge(case: &Case, observation: &Observation) -> Option<Judgement> {
    let Answer::Verdict(verdict) = &observation.answer else { return None };
    let lacking = match (&case.expectation, verdict) {
        (Expectation::Accept { .. }, Verdict::Reject { .. }) => true,
        (Expectation::Cookies(cookies), Verdict::Reject { .. }) => !cookies.refusal,
        (Expectation::Cookies(cookies), Verdict::Accept { claims, .. }) => {
            cookie::pairs(claims).is_some_and(|read| cookies.missing(&read).is_some())
        }
        _ => false,
    };
    lacking.then_some(Judgement { oracle: Oracle::Completeness, because: None })
}
