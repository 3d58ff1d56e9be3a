//! Completeness: what must be accepted was refused, or what must be read was not.

use token_assay_model::{Answer, Case, Expectation, Observation, Oracle, Verdict, cookie};

use super::Judgement;

/// Judges a refusal, or cookies that lack one.
pub fn judge(case: &Case, observation: &Observation) -> Option<Judgement> {
    let Answer::Verdict(verdict) = &observation.answer else { return None };
    let because = match (&case.expectation, verdict) {
        (Expectation::Accept { .. }, Verdict::Reject { .. }) => None,
        (Expectation::Cookies(cookies), Verdict::Reject { .. }) if !cookies.refusal => {
            cookies.guards().then(|| "The whole header was refused, and the session cookie with it.".to_owned())
        }
        (Expectation::Cookies(cookies), Verdict::Accept { claims, .. }) => {
            let read = cookie::pairs(claims)?;
            let missing = cookies.missing(&read)?;
            cookies.guards().then(|| format!("The cookie `{}` was not read.", missing.name))
        }
        _ => return None,
    };
    Some(Judgement { oracle: Oracle::Completeness, because })
}
