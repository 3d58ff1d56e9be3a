//! Relation: two answers of one target contradict each other.

use token_assay_model::{Answer, Observation, Oracle, Verdict};

use super::Judgement;

/// Two requests whose answers must be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The same token twice, others between: a verifier remembers nothing.
    Repeated,
    /// The same members in another order (RFC 8259 §4: an object is unordered).
    Permuted,
    /// The same token from several threads, a forged one between: no call meets another.
    AtOnce,
}

impl Relation {
    /// The sentence that a finding shows.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Repeated => "The same token under the same policy was answered differently the second time.",
            Self::Permuted => "The same claims in another order were answered differently.",
            Self::AtOnce => "The same token was answered differently while others were verified at once.",
        }
    }
}

/// Judges two answers that must agree: the kind of verdict, and the claims of an acceptance.
pub fn judge(relation: Relation, first: &Observation, second: &Observation) -> Option<Judgement> {
    let agree = match (&first.answer, &second.answer) {
        (Answer::Verdict(Verdict::Accept { claims: a, .. }), Answer::Verdict(Verdict::Accept { claims: b, .. })) => {
            a.same_as(b)
        }
        (Answer::Verdict(a), Answer::Verdict(b)) => std::mem::discriminant(a) == std::mem::discriminant(b),
        // A fault is a robustness finding of its own.
        _ => true,
    };
    (!agree).then(|| Judgement { oracle: Oracle::Relation, because: Some(relation.sentence().to_owned()) })
}
