//! What is kept of a run: one document, and the exit codes.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::{Capability, CaseId, Profile};
use crate::expect::{Level, Reference};
use crate::finding::{Finding, Fingerprint, Outcome, Severity};

/// The version of [`Report`]'s JSON.
pub const SCHEMA: u32 = 1;

/// The whole result of a run; `report.json`.
///
/// ```
/// use std::collections::BTreeMap;
/// use token_assay_model::report::{
///     CampaignInfo, CaseReport, CaseResult, ClassInfo, ControlFailure, RunInfo, SCHEMA, StaleKnown, TargetInfo,
///     TargetReport, Tool,
/// };
/// use token_assay_model::{CaseId, ExitCode, Level, Outcome, Profile, Reference, Report, Severity};
///
/// let class = ClassInfo {
///     id: "time/exp-past".to_owned(),
///     title: "A token that had expired was accepted.".to_owned(),
///     construction: "exp lies in the past".to_owned(),
///     level: Level::Must,
///     severity: Severity::High,
///     references: vec![Reference("RFC 7519 §4.1.4".to_owned())],
///     cwe: Some(613),
///     mend: "Refuse it once exp has come.".to_owned(),
/// };
/// let passed = CaseResult { outcome: Outcome::Pass, answer: "reject (expired)".to_owned(), cost: None };
/// let case = CaseReport {
///     id: CaseId::new("time", "exp-past", "pinned-hs256"),
///     profile: Profile::Pinned,
///     level: Level::Must,
///     expected: "reject (expired)".to_owned(),
///     results: BTreeMap::from([("mine".to_owned(), passed)]),
/// };
/// let control_failure = ControlFailure {
///     case: CaseId::new("time", "exp-past", "pinned-rs256"),
///     profile: Profile::Pinned,
///     observed: "reject (key)".to_owned(),
///     cases: 1,
/// };
/// let target = TargetReport {
///     info: TargetInfo::new("mine", "1.0.0", &["HS256", "RS256", "secret", "exp"]),
///     outcomes: BTreeMap::from([(Outcome::Pass, 1), (Outcome::Inconclusive, 1)]),
///     skipped_for: BTreeMap::new(),
///     control_failures: vec![control_failure],
///     other_reasons: BTreeMap::new(),
///     verify_microseconds: 40,
///     timing: None,
///     unusable: None,
/// };
/// let run = RunInfo {
///     started: "2026-01-01T00:00:00Z".to_owned(),
///     milliseconds: 12,
///     seed: 0,
///     now: 1_700_000_000,
///     real_now: 1_767_225_600,
///     selection: vec!["time/exp-past".to_owned()],
///     complete: true,
///     stopped: None,
///     redacted: false,
/// };
/// let mut report = Report {
///     schema: SCHEMA,
///     tool: Tool { name: "assay".to_owned(), version: "0.1.0".to_owned() },
///     run,
///     targets: vec![target],
///     classes: BTreeMap::from([(class.id.clone(), class)]),
///     cases: vec![case],
///     findings: Vec::new(),
///     campaign: None,
///     stale: Vec::new(),
///     baseline: None,
/// };
/// assert_eq!(report.tried(), 1);
/// // Of a campaign not every case is kept: all that were shown count.
/// let campaign: CampaignInfo = serde_json::from_value(serde_json::json!({
///     "engine": "generate", "first": 0, "next": 500, "shard": [1, 1], "cases": 500, "requests": 480, "decoded": 400,
///     "verified": 300, "accepted": 90, "classes": 12, "repeats": {}, "curve": [],
/// }))?;
/// assert_eq!(Report { campaign: Some(campaign), ..report.clone() }.tried(), 480);
///
/// // Where several exit codes hold, one goes before the others.
/// let code = |report: &Report| report.exit_code(Severity::Medium, Level::Should, true);
/// assert_eq!(code(&report), ExitCode::Clean);
/// let because = "it no longer fails".to_owned();
/// report.stale.push(StaleKnown { target: "mine".to_owned(), case: "time/*".to_owned(), because });
/// assert_eq!(code(&report), ExitCode::StaleKnown);
/// report.targets[0].unusable = Some("it ended before its hello".to_owned());
/// assert_eq!(code(&report), ExitCode::TargetUnusable);
/// report.run.complete = false;
/// assert_eq!(code(&report), ExitCode::Interrupted);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The version of this document's form, [`SCHEMA`].
    pub schema: u32,
    /// What made it.
    pub tool: Tool,
    /// When and how it was run.
    pub run: RunInfo,
    /// The targets, in the order of the run.
    pub targets: Vec<TargetReport>,
    /// The case classes that were run, by `family/class`.
    pub classes: BTreeMap<String, ClassInfo>,
    /// Every case with every target's result.
    pub cases: Vec<CaseReport>,
    /// What was found, worst first.
    pub findings: Vec<Finding>,
    /// How far a campaign came; a run of the catalogue has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignInfo>,
    /// Entries of `assay.toml` that match nothing or no longer fail.
    #[serde(default)]
    pub stale: Vec<StaleKnown>,
    /// What an earlier report says of the same findings, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
}

/// What an earlier report says of the same findings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Baseline {
    /// When the run that made it started.
    pub started: String,
    /// When a finding that it has too was seen first; what is not here is new.
    pub first_seen: BTreeMap<Fingerprint, String>,
    /// Its findings that were not found again, whether their cases were tried or not.
    pub gone: Vec<Fingerprint>,
}

/// Name and version of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `assay`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// When and how a run was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunInfo {
    /// When it started, RFC 3339 in UTC.
    pub started: String,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// The seed.
    pub seed: u64,
    /// The clock of the targets that obey one, in Unix seconds.
    pub now: i64,
    /// The clock for those that do not, in Unix seconds.
    pub real_now: i64,
    /// The id prefixes that were selected; none is everything.
    pub selection: Vec<String>,
    /// Whether it ran to its end.
    pub complete: bool,
    /// Why not, where it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// Whether keys and tokens of the user's own were replaced by their hashes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redacted: bool,
}

/// How far a campaign came, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CampaignInfo {
    /// The engine: `generate`, `libfuzzer`.
    pub engine: String,
    /// The number of its first case.
    pub first: u64,
    /// Every case before this number was shown: where to go on.
    pub next: u64,
    /// The k-th of n parts.
    pub shard: (u64, u64),
    /// Tokens made.
    pub cases: u64,
    /// Requests shown to targets.
    pub requests: u64,
    /// Tokens whose header the reference verifier could read.
    pub decoded: u64,
    /// Tokens whose signature it found right.
    pub verified: u64,
    /// Tokens that it accepted, or might have.
    pub accepted: u64,
    /// Ways in which all targets together answered.
    pub classes: u64,
    /// How often each finding was shown again.
    pub repeats: BTreeMap<Fingerprint, u64>,
    /// How it went: milliseconds, tokens, ways of answering, findings.
    pub curve: Vec<(u64, u64, u64, u64)>,
}

/// Who a target is, and what it can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetInfo {
    /// Its short name, the one that `--target` takes.
    pub name: String,
    /// The version under test.
    pub version: String,
    /// The language it is written in.
    pub language: String,
    /// Where it lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
    /// Where to tell its maintainers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issues: Option<String>,
    /// What it verifies and obeys.
    pub supports: Vec<Capability>,
}

impl TargetInfo {
    /// A Rust verifier of this name and version; capability names that are not known are left out.
    ///
    /// ```
    /// use token_assay_model::report::TargetInfo;
    ///
    /// let info = TargetInfo::new("my-verifier", env!("CARGO_PKG_VERSION"), &["HS256", "secret", "exp", "no such thing"]);
    /// assert_eq!((info.language.as_str(), info.supports.len()), ("rust", 3));
    /// ```
    pub fn new(name: &str, version: &str, supports: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            language: "rust".to_owned(),
            homepage: None,
            issues: None,
            supports: supports.iter().filter_map(|name| name.parse().ok()).collect(),
        }
    }
}

/// A target and its counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TargetReport {
    /// Who it is.
    pub info: TargetInfo,
    /// How many cases had which outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// For each capability it lacks, how many cases were skipped for it.
    pub skipped_for: BTreeMap<String, u64>,
    /// The policies under which its control failed, with what it did.
    pub control_failures: Vec<ControlFailure>,
    /// Reasons other than the expected one, `expected/observed` to count: a note, never a failure.
    pub other_reasons: BTreeMap<String, u64>,
    /// Time spent inside the verifier, controls included, in microseconds.
    pub verify_microseconds: u64,
    /// Whether its refusals' time tells how much of a MAC was right, where that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timing: Option<Timing>,
    /// Why it could not be tried, where it could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unusable: Option<String>,
}

/// The times of refusals of tokens whose MAC is right but for its last octet, beside those of tokens with a random MAC. A note,
/// never a verdict: a machine that does other work proves nothing.
///
/// ```
/// use token_assay_model::report::Timing;
///
/// let text = r#"{"samples":40000,"t":31.5,"nearly_right_nanoseconds":5210,"wrong_nanoseconds":5080}"#;
/// let timing: Timing = serde_json::from_str(text)?;
/// // Who may ask often enough learns a MAC octet by octet.
/// assert!(timing.t > 0.0 && timing.nearly_right_nanoseconds > timing.wrong_nanoseconds);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Timing {
    /// How many of both together.
    pub samples: u64,
    /// Welch's t, positive where nearly right ones take longer: the one furthest from 0 of those with less and less of the
    /// longest times.
    pub t: f64,
    /// The median of the nearly right ones.
    pub nearly_right_nanoseconds: u64,
    /// The median of the wrong ones.
    pub wrong_nanoseconds: u64,
}

/// A policy under which a valid token was refused or its tampered copy accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ControlFailure {
    /// The first case that wanted this control.
    pub case: CaseId,
    /// The way of configuring.
    pub profile: Profile,
    /// What the target did with the valid token, or with the tampered one.
    pub observed: String,
    /// How many cases are inconclusive by it.
    pub cases: u64,
}

/// What every case of a class has in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClassInfo {
    /// `family/class`.
    pub id: String,
    /// The fault in one sentence.
    pub title: String,
    /// How the token is made.
    pub construction: String,
    /// How firmly the standard speaks.
    pub level: Level,
    /// How bad a failure is under a pinned policy.
    pub severity: Severity,
    /// The clauses and advisories.
    pub references: Vec<Reference>,
    /// The weakness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwe: Option<u32>,
    /// The usual mend.
    pub mend: String,
}

/// A case and what each target did with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseReport {
    /// `family/class/variant`.
    pub id: CaseId,
    /// The way of configuring.
    pub profile: Profile,
    /// How firmly the standard speaks.
    pub level: Level,
    /// What it says, in words.
    pub expected: String,
    /// By target name.
    pub results: BTreeMap<String, CaseResult>,
}

/// What one target did with one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseResult {
    /// What became of it.
    pub outcome: Outcome,
    /// What the target answered, in words; for a skip, the capability it lacks.
    pub answer: String,
    /// What it cost, where it was weighed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

/// What a case cost a target, beside an accepted token of the same length under the same policy.
///
/// ```
/// use token_assay_model::report::Cost;
///
/// // What the system does not say is left out; it is not zero.
/// let cost: Cost = serde_json::from_str(r#"{"nanoseconds":9000000,"plain_nanoseconds":30000}"#)?;
/// assert_eq!((cost.nanoseconds / cost.plain_nanoseconds, cost.octets), (300, None));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// The shortest time of several, in nanoseconds.
    pub nanoseconds: u64,
    /// That of the plain token.
    pub plain_nanoseconds: u64,
    /// The memory that its process held more than before, at its peak, in octets: the least of several. Absent where the
    /// system does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub octets: Option<u64>,
    /// That of the plain token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain_octets: Option<u64>,
}

/// An entry of `[[known]]` that should go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StaleKnown {
    /// Its target.
    pub target: String,
    /// Its case pattern.
    pub case: String,
    /// Why it is stale: it matches nothing, or no longer fails.
    pub because: String,
}

impl Report {
    /// Notes when an earlier report, or one that it was compared with, has seen the same findings.
    ///
    /// ```
    /// use token_assay_model::report::Baseline;
    /// use token_assay_model::{Fingerprint, Report};
    /// # fn report(started: &str, fingerprints: [&str; 2]) -> Report {
    /// #     let finding = |fingerprint| serde_json::json!({
    /// #         "fingerprint": fingerprint, "oracle": "soundness", "target": "mine", "case": "alg-none/none-empty-sig/a",
    /// #         "title": "", "severity": "critical", "level": "must", "profile": "pinned", "outcome": "fail",
    /// #         "expected": { "reject": { "reason": "algorithm" } },
    /// #         "observed": { "fault": { "fault": "crash", "detail": "" } },
    /// #         "microseconds": 1, "input": { "token": "" }, "policy": {}, "twin": { "token": "" }, "others": [], "cases": [],
    /// #     });
    /// #     let run = serde_json::json!({
    /// #         "started": started, "milliseconds": 1, "seed": 0, "now": 0, "real_now": 0, "selection": [], "complete": true,
    /// #     });
    /// #     serde_json::from_value(serde_json::json!({
    /// #         "schema": 1, "tool": { "name": "assay", "version": "0.1.0" }, "run": run, "targets": [], "classes": {},
    /// #         "cases": [], "findings": fingerprints.map(finding),
    /// #     })).expect("it is a report")
    /// # }
    ///
    /// let january = report("2026-01-01T00:00:00Z", ["87aeae97", "0ddba115"]);
    /// let mut february = report("2026-02-01T00:00:00Z", ["87aeae97", "5ca1ab1e"]);
    /// assert!(!february.is_new(&february.findings[1]), "without a baseline nothing is told apart");
    /// february.compare_with(&january);
    /// let [old, new] = &february.findings[..] else { panic!("there are two") };
    /// assert!(february.is_new(new) && !february.is_new(old));
    /// assert_eq!([february.seen(old), february.seen(new)], ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"]);
    /// let Some(Baseline { gone, .. }) = &february.baseline else { panic!("it was compared") };
    /// assert_eq!(gone, &[Fingerprint("0ddba115".to_owned())]);
    /// ```
    pub fn compare_with(&mut self, earlier: &Self) {
        let known: BTreeMap<&Fingerprint, &String> =
            earlier.findings.iter().map(|f| (&f.fingerprint, earlier.seen(f))).collect();
        let found: BTreeSet<&Fingerprint> = self.findings.iter().map(|finding| &finding.fingerprint).collect();
        let again = known.iter().filter(|(fingerprint, _)| found.contains(**fingerprint));
        let gone = known.keys().filter(|fingerprint| !found.contains(**fingerprint));
        self.baseline = Some(Baseline {
            started: earlier.run.started.clone(),
            first_seen: again.map(|(fingerprint, when)| ((*fingerprint).clone(), (*when).clone())).collect(),
            gone: gone.map(|fingerprint| (*fingerprint).clone()).collect(),
        });
    }

    /// When a finding of this report was seen first, as far as it is known.
    pub fn seen(&self, finding: &Finding) -> &String {
        let before = self.baseline.as_ref().and_then(|baseline| baseline.first_seen.get(&finding.fingerprint));
        before.unwrap_or(&self.run.started)
    }

    /// Whether a finding is one that the baseline has not; nothing where there is none.
    pub fn is_new(&self, finding: &Finding) -> bool {
        self.baseline.as_ref().is_some_and(|baseline| !baseline.first_seen.contains_key(&finding.fingerprint))
    }

    /// The cases with at least one answer, pass or fail; of a campaign all that were shown.
    pub fn tried(&self) -> usize {
        if let Some(campaign) = &self.campaign {
            return usize::try_from(campaign.requests).unwrap_or(usize::MAX);
        }
        let tried = |case: &&CaseReport| {
            case.results.values().any(|r| matches!(r.outcome, Outcome::Pass | Outcome::Fail | Outcome::Known))
        };
        self.cases.iter().filter(tried).count()
    }

    /// The exit code of the run that made it, for this `--fail-on`, this `--level` and `--strict-known`: findings before what
    /// is stale, and a run that did not end before both.
    pub fn exit_code(&self, fail_on: Severity, level: Level, strict_known: bool) -> ExitCode {
        if !self.run.complete {
            return ExitCode::Interrupted;
        }
        if self.targets.iter().any(|target| target.unusable.is_some()) {
            return ExitCode::TargetUnusable;
        }
        if self.findings.iter().any(|f| f.outcome == Outcome::Fail && f.severity >= fail_on && f.level <= level) {
            return ExitCode::Findings;
        }
        if strict_known && !self.stale.is_empty() {
            return ExitCode::StaleKnown;
        }
        if self.tried() == 0 {
            return ExitCode::NothingRan;
        }
        ExitCode::Clean
    }
}

/// What the process says when it ends. Part of the stable interface; where several hold, 70, 2, 3, 1, 5, 4 in that order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Nothing at or above `--fail-on`, every target was tried, at least one case ran.
    Clean = 0,
    /// Findings: the verifier is wrong.
    Findings = 1,
    /// Wrong command line or configuration.
    Usage = 2,
    /// A target could not be tried: its shim is wrong, or it refused its control under every policy.
    TargetUnusable = 3,
    /// Nothing matched, nothing ran.
    NothingRan = 4,
    /// `--strict-known`: a known failure no longer fails.
    StaleKnown = 5,
    /// `bench compare`: a confident regression.
    BenchRegression = 6,
    /// Our bug.
    Internal = 70,
    /// Interrupted; the partial report is marked incomplete.
    Interrupted = 130,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        (code as u8).into()
    }
}
