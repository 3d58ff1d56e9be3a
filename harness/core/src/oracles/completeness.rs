//! Completeness: what must be accepted was refused.

use token_assay_model::{Answer, Case, Expectation, Observation, Oracle, Verdict};

use super::Judgement;

/// Judges a refusal.
pub fn judge(case: &Case, observation: &Observation) -> Option<Judgement> {
    let refused = matches!(observation.answer, Answer::Verdict(Verdict::Reject { .. }));
    let promised = matches!(case.expectation, Expectation::Accept { .. });
    (refused && promised).then_some(Judgement { oracle: Oracle::Completeness, because: None })
}
