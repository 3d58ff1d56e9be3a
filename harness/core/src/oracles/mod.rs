//! The five ways of judging, a file each.
//!
//! Each takes a case and what was observed, gives a [`Judgement`] where something is wrong. Never touches a target.
//!
//! ```
//! use token_assay::attacks;
//! use token_assay::forge::{Forge, NOW};
//! use token_assay::model::{Oracle, Verdict, Observation};
//! use token_assay::oracles;
//!
//! let case = attacks::suite(&Forge::new(NOW), |class| class == "time/exp-past").remove(0);
//! let accepted = Observation { answer: Verdict::accept(Default::default()).into(), elapsed: Default::default() };
//! assert_eq!(oracles::judge(&case, &accepted).unwrap().oracle, Oracle::Soundness);
//! ```

pub mod agreement;
pub mod completeness;
pub mod cookies;
pub mod cost;
pub mod fetch;
pub mod relation;
pub mod robustness;
pub mod soundness;

use token_assay_model::{Case, Observation, Oracle};

/// Something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Which oracle says so.
    pub oracle: Oracle,
    /// What is wrong, where the class's own sentence does not say it.
    pub because: Option<String>,
}

/// What is wrong with one target's answer to one case, seen on its own.
pub fn judge(case: &Case, observation: &Observation) -> Option<Judgement> {
    robustness::judge(case, observation)
        .or_else(|| soundness::judge(case, observation))
        .or_else(|| completeness::judge(case, observation))
}
