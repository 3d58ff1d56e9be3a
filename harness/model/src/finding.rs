//! What is concluded from what a target did.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::{CaseId, Earlier, Input, Policy, Profile};
use crate::expect::{Expectation, Level};
use crate::verdict::Answer;
use crate::words::words;

words! {
    /// The five ways of judging.
    Oracle, "oracle";
    /// What must be refused was accepted, or what was accepted is not what was signed.
    Soundness = "soundness",
    /// What must be accepted was refused.
    Completeness = "completeness",
    /// A fault, or a cost out of bounds.
    Robustness = "robustness",
    /// Targets differ where the standard allows no difference.
    Agreement = "agreement",
    /// Two answers of one target contradict each other.
    Relation = "relation",
}

words! {
    /// What became of a case at a target.
    Outcome, "outcome";
    /// The answer is what the standard says.
    Pass = "pass",
    /// It is not.
    Fail = "fail",
    /// The target lacks a capability; never a pass.
    Skip = "skip",
    /// The control failed, or the run stopped.
    Inconclusive = "inconclusive",
    /// A failure that is listed with a reason.
    Known = "known",
}

words! {
    /// How bad a finding is for those who rely on the target.
    ///
    /// ```
    /// use token_assay_model::Severity;
    ///
    /// let found: Severity = "high".parse().expect("it is on the list");
    /// assert!(found >= Severity::Medium, "which is what fails a run unless something else is said");
    /// assert_eq!([found.lower(), Severity::Note.lower()], [Severity::Medium, Severity::Note]);
    /// ```
    Severity, "severity";
    /// Worth knowing, never a failure.
    Note = "note",
    /// A nuisance.
    Low = "low",
    /// A weakness that needs something more.
    Medium = "medium",
    /// A rule that systems rely on does not hold.
    High = "high",
    /// Anybody can forge a token.
    Critical = "critical",
}

impl Severity {
    /// One step down; a note stays one.
    pub const fn lower(self) -> Self {
        match self {
            Self::Critical => Self::High,
            Self::High => Self::Medium,
            Self::Medium => Self::Low,
            Self::Low | Self::Note => Self::Note,
        }
    }
}

/// Eight hexadecimal digits that stay the same for the same oracle, case class, target and policy profile: forty tokens of
/// one bug are one finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Fingerprint(pub String);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Finding {
    /// Whether it is a documented, benign difference of its target.
    pub fn is_quirk(&self) -> bool {
        self.outcome == Outcome::Known && self.known.as_ref().is_some_and(|reason| reason.starts_with(QUIRK))
    }
}

/// What the reason of a quirk begins with.
pub const QUIRK: &str = "quirk: ";

/// One thing that a target does wrong, with the bytes that show it.
///
/// ```
/// use token_assay_model::finding::QUIRK;
/// use token_assay_model::{Finding, Fingerprint, Oracle, Outcome};
///
/// let mut finding: Finding = serde_json::from_value(serde_json::json!({
///     "fingerprint": "87aeae97",
///     "oracle": "soundness",
///     "target": "mine",
///     "case": "alg-none/none-empty-sig/pinned-hs256",
///     "title": "A forged token that says alg none and has an empty signature was accepted.",
///     "severity": "critical",
///     "level": "must",
///     "profile": "pinned",
///     "outcome": "fail",
///     "expected": { "reject": { "reason": "algorithm" } },
///     "observed": { "verdict": { "verdict": "accept", "claims": { "sub": "admin" } } },
///     "microseconds": 12,
///     "input": { "token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9." },
///     "policy": { "algorithms": ["HS256"] },
///     "twin": { "token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyLTEifQ.c2ln" },
///     "others": [["sound", { "verdict": { "verdict": "reject", "reason": "algorithm" } }]],
///     "cases": ["alg-none/none-empty-sig/pinned-hs256"],
/// }))?;
/// assert_eq!((finding.oracle, &finding.fingerprint), (Oracle::Soundness, &Fingerprint("87aeae97".to_owned())));
/// // The judgement can be made again of what is kept.
/// let token_assay_model::Answer::Verdict(verdict) = &finding.observed else { panic!("it answered") };
/// assert!(!finding.expected.admits(verdict));
/// // What is known fails no run. A quirk is known to harm nobody, and its documentation says so.
/// (finding.outcome, finding.known) = (Outcome::Known, Some("it will be mended".to_owned()));
/// assert!(!finding.is_quirk());
/// finding.known = Some(format!("{QUIRK}its documentation says so"));
/// assert!(finding.is_quirk());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Its name, stable between runs.
    pub fingerprint: Fingerprint,
    /// Which way of judging found it.
    pub oracle: Oracle,
    /// The target's name.
    pub target: String,
    /// The case shown, `family/class/variant`; the shortest token of those that failed.
    pub case: CaseId,
    /// The sentence: what happened.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// How firmly the standard says so.
    pub level: Level,
    /// The way of configuring under which it happened.
    pub profile: Profile,
    /// `fail`, or `known` with its reason.
    pub outcome: Outcome,
    /// Why it is known, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
    /// Whether the target's control failed under this policy, so that only the acceptance itself counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_control: bool,
    /// What the standard says.
    pub expected: Expectation,
    /// What the target did.
    pub observed: Answer,
    /// How long it took, in microseconds.
    pub microseconds: u64,
    /// The exact input.
    pub input: Input,
    /// The exact policy, keys and clock in it.
    pub policy: Arc<Policy>,
    /// What the target was shown just before, in this order; without it the input may show nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Earlier>,
    /// The accepted twin: what the input differs from.
    pub twin: Input,
    /// What the other targets did with the same case, by name.
    pub others: Vec<(String, Answer)>,
    /// Every case that failed in this way, this one among them.
    pub cases: Vec<CaseId>,
    /// How a campaign made the token, reduced: with it a replay dates the token anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<serde_json::Value>,
}
