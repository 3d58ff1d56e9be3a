//! Soundness: what must be refused was accepted, what was accepted is not what was signed, or a refusal gives away what would
//! have been accepted.

use token_assay_model::{Answer, Case, Expectation, Observation, Oracle, Verdict, cookie};

use super::Judgement;

/// Judges an acceptance, and the words of a refusal.
pub fn judge(case: &Case, observation: &Observation) -> Option<Judgement> {
    if let Answer::Verdict(Verdict::Reject { detail, .. }) = &observation.answer
        && case.withheld.iter().any(|text| detail.contains(text.as_str()))
    {
        return Some(Judgement { oracle: Oracle::Soundness, because: None });
    }
    let Answer::Verdict(Verdict::Accept { claims: returned, .. }) = &observation.answer else { return None };
    let wrong = |because: Option<String>| Some(Judgement { oracle: Oracle::Soundness, because });
    match &case.expectation {
        Expectation::Reject { .. } => wrong(None),
        Expectation::Accept { claims } | Expectation::RejectOrLast { claims } if !claims.same_as(returned) => {
            let names = claims.differing(returned).join(", ");
            wrong(Some(format!("The claims handed to the application are not the signed ones: {names}.")))
        }
        Expectation::Cookies(cookies) => match cookie::pairs(returned) {
            None => wrong(Some("What was handed on is no list of cookies.".to_owned())),
            Some(read) => cookies.unwanted(&read).and_then(|_| wrong(None)),
        },
        _ => None,
    }
}
