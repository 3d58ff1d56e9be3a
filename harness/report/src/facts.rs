//! What several renderers want to know of a report.
//!
//! Takes a report, gives orders, sums and look-ups. Never writes text for people.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use token_assay_model::report::{CaseReport, CaseResult, ClassInfo, TargetReport};
use token_assay_model::{CaseId, Finding, Outcome, Profile, Report};

/// The findings with this outcome, worst first: severity, level, id.
pub(crate) fn findings(report: &Report, outcome: Outcome) -> Vec<&Finding> {
    let mut findings: Vec<_> = report.findings.iter().filter(|finding| finding.outcome == outcome).collect();
    sort(&mut findings);
    findings
}

/// Worst first: severity, level, class; of one class what a plain configuration shows before what a special one does.
pub(crate) fn sort(findings: &mut [&Finding]) {
    findings.sort_by_key(|f| {
        (Reverse(f.severity), f.level, (f.case.family(), f.case.class()), f.profile, &f.target, &f.fingerprint)
    });
}

/// `family/class`.
pub(crate) fn class_id(case: &CaseId) -> String {
    format!("{}/{}", case.family(), case.class())
}

/// What is known of a finding's class.
pub(crate) fn class<'r>(report: &'r Report, finding: &Finding) -> Option<&'r ClassInfo> {
    report.classes.get(&class_id(&finding.case))
}

/// A target by its name.
pub(crate) fn target<'r>(report: &'r Report, name: &str) -> Option<&'r TargetReport> {
    report.targets.iter().find(|target| target.info.name == name)
}

/// How many cases of a target had this outcome.
pub(crate) fn outcomes(target: &TargetReport, outcome: Outcome) -> u64 {
    target.outcomes.get(&outcome).copied().unwrap_or(0)
}

/// Under which profiles a target's control failed and what it did, with the number of cases that are inconclusive by it.
/// The policies of one profile differ in algorithm and key alone, and mostly fail alike.
pub(crate) fn control_failures(target: &TargetReport) -> BTreeMap<(Profile, &str), u64> {
    let mut failures: BTreeMap<_, u64> = BTreeMap::new();
    for failure in &target.control_failures {
        let cases = failures.entry((failure.profile, failure.observed.as_str())).or_default();
        *cases = cases.saturating_add(failure.cases);
    }
    failures
}

/// How many cases there were; of a campaign all tokens, and not those alone that are kept.
pub(crate) fn cases(report: &Report) -> u64 {
    report.campaign.as_ref().map_or(report.cases.len() as u64, |campaign| campaign.cases)
}

/// The sum, or the largest number where it is larger: a report may say anything.
pub(crate) fn sum(numbers: impl IntoIterator<Item = u64>) -> u64 {
    numbers.into_iter().fold(0, u64::saturating_add)
}

/// What a target answered to a case, the details left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Word {
    /// It accepted.
    Accept,
    /// It refused.
    Reject,
    /// It did not answer.
    Fault,
    /// Anything else: it was not asked, or cannot obey.
    None,
}

/// What this result says was answered.
pub(crate) fn word(result: &CaseResult) -> Word {
    // An outcome other than these three says why nothing was asked, in words that may be anything.
    if !matches!(result.outcome, Outcome::Pass | Outcome::Fail | Outcome::Known) {
        return Word::None;
    }
    match result.answer.split([' ', ':', ',']).next().unwrap_or_default() {
        "accept" => Word::Accept,
        "reject" => Word::Reject,
        "panic" | "crash" | "hang" | "garbage" => Word::Fault,
        _ => Word::None,
    }
}

/// Whether the standard leaves nothing but refusing.
pub(crate) fn must_refuse(case: &CaseReport) -> bool {
    case.expected == "reject" || case.expected.starts_with("reject (")
}

/// What became of the tokens that must be refused, over all targets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Forgeries {
    /// They were accepted, known or not.
    pub(crate) accepted: u64,
    /// They were accepted or refused.
    pub(crate) answered: u64,
    /// Nothing follows from what was answered.
    pub(crate) inconclusive: u64,
}

/// Counts them.
pub(crate) fn forgeries(report: &Report) -> Forgeries {
    let mut forgeries = Forgeries::default();
    let results = report.cases.iter().filter(|case| must_refuse(case)).flat_map(|case| case.results.values());
    for result in results {
        let word = word(result);
        forgeries.accepted += u64::from(word == Word::Accept);
        forgeries.answered += u64::from(matches!(word, Word::Accept | Word::Reject));
        forgeries.inconclusive += u64::from(result.outcome == Outcome::Inconclusive);
    }
    forgeries
}

/// How many cases that the standard leaves open were accepted by one target and refused by another.
pub(crate) fn splits(report: &Report) -> usize {
    let split = |case: &&CaseReport| {
        let words: BTreeSet<_> = case.results.values().map(word).collect();
        case.expected.starts_with("either") && words.contains(&Word::Accept) && words.contains(&Word::Reject)
    };
    report.cases.iter().filter(split).count()
}

/// How many targets have a finding that counts.
pub(crate) fn targets_with_findings(report: &Report) -> usize {
    let failed = report.findings.iter().filter(|finding| finding.outcome == Outcome::Fail);
    failed.map(|finding| finding.target.as_str()).collect::<BTreeSet<_>>().len()
}
