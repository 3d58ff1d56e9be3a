//! Agreement: targets differ where the standard allows no difference.
//!
//! Where the standard leaves whether a token is accepted, it still does not leave what an accepted token says: two targets
//! that accept the same octets and hand on different claims let a token mean two things.

use token_assay_model::{Answer, Case, Claims, Expectation, Observation, Oracle, Verdict};

use super::Judgement;

/// Judges one target's acceptance beside that of the others. Where an expectation names the claims, soundness has spoken.
pub fn judge<'a>(
    case: &Case,
    observation: &Observation,
    others: impl IntoIterator<Item = (&'a str, &'a Observation)>,
) -> Option<Judgement> {
    if !matches!(case.expectation, Expectation::Either { .. } | Expectation::Bounded { .. }) {
        return None;
    }
    let mine = accepted(observation)?;
    let differing = |(name, other): (&'a str, &'a Observation)| {
        let theirs = accepted(other)?;
        let names = mine.differing(theirs);
        (!names.is_empty()).then(|| format!("{name} hands on other claims for the same token: {}.", names.join(", ")))
    };
    let because = others.into_iter().find_map(differing)?;
    Some(Judgement { oracle: Oracle::Agreement, because: Some(because) })
}

fn accepted(observation: &Observation) -> Option<&Claims> {
    match &observation.answer {
        Answer::Verdict(Verdict::Accept { claims, .. }) => Some(claims),
        _ => None,
    }
}
