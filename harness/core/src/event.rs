//! What the loop says while it works.
//!
//! A listener is called from the threads that drive targets; it writes, draws or counts, and never answers.

use token_assay_model::report::TargetInfo;
use token_assay_model::{Answer, CaseId, Finding, Outcome, Report};

/// Something happened.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// The cases are forged and the targets known.
    Started {
        /// Cases a target.
        cases: usize,
        /// Targets.
        targets: usize,
        /// The report as it is before anything was shown, and as it stays should nobody be there to write another.
        blank: &'a Report,
    },
    /// A target answered its hello.
    TargetStarted {
        /// Its name on the command line.
        target: &'a str,
        /// Who it says it is.
        info: &'a TargetInfo,
        /// How many cases it will be shown; the others are skipped.
        cases: usize,
    },
    /// A case has an outcome.
    Judged {
        /// The target.
        target: &'a str,
        /// The case.
        case: &'a CaseId,
        /// What became of it.
        outcome: Outcome,
        /// What the target did; nothing where it was not asked.
        answer: Option<&'a Answer>,
        /// The time inside the verifier, in microseconds.
        microseconds: u64,
    },
    /// The first case of a finding failed. What other targets do is not known yet.
    Found {
        /// The finding so far.
        finding: &'a Finding,
    },
    /// A target is done, or given up.
    TargetFinished {
        /// The target.
        target: &'a str,
        /// Why it was given up.
        unusable: Option<&'a str>,
    },
}

/// Hears events.
pub type Listener<'a> = dyn Fn(Event<'_>) + Sync + 'a;
