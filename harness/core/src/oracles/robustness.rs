//! Robustness: a fault instead of an answer, or a cost out of bounds.

use std::time::Duration;

use token_assay_model::{Answer, Case, Expectation, Fault, Observation, Oracle};

use super::Judgement;

/// Judges a fault or a cost.
pub fn judge(case: &Case, observation: &Observation) -> Option<Judgement> {
    let wrong = |because: String| Some(Judgement { oracle: Oracle::Robustness, because: Some(because) });
    match (&observation.answer, &case.expectation) {
        (Answer::Fault(Fault::Panic(_)), _) => wrong("The verifier panicked instead of answering.".to_owned()),
        (Answer::Fault(Fault::Crash(_)), _) => wrong("The verifier's process ended instead of answering.".to_owned()),
        (Answer::Fault(Fault::Hang(_)), _) => wrong("The verifier did not answer in time.".to_owned()),
        (Answer::Fault(Fault::Garbage(_)), _) => wrong("The verifier answered nonsense.".to_owned()),
        (Answer::Verdict(_), Expectation::Bounded { milliseconds } | Expectation::Linear { milliseconds, .. })
            if observation.elapsed > Duration::from_millis(*milliseconds) =>
        {
            let took = observation.elapsed.as_millis();
            wrong(format!("The verifier took {took} ms where {milliseconds} ms are plenty."))
        }
        _ => None,
    }
}
