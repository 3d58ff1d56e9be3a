//! JUnit XML, for what shows test results.
//!
//! Takes a report, gives a suite a target and a test case a case: a wrong verdict is a failure, a fault or an
//! inconclusive case an error, a skip or a known failure is skipped with its reason, and a target that could not be tried
//! is an error of its own. Never leaves out a finding, and never lets a target's text be anything but text.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use token_assay_model::report::{CaseReport, CaseResult, TargetReport};
use token_assay_model::{Answer, CaseId, Finding, Outcome, Report};

use crate::facts::Word;
use crate::text::{LINE, SENTENCE, shown};
use crate::{Options, detail, facts};

pub(crate) fn render(report: &Report, _: &Options) -> Vec<u8> {
    let mut junit = quick_junit::Report::new("assay");
    junit.set_time(Duration::from_millis(report.run.milliseconds));
    junit.add_test_suites(report.targets.iter().map(|target| suite(report, target)));
    let xml = junit.to_string().expect("writing to memory does not fail");
    // No published schema has this attribute on the root. Nothing of the user's stands before it.
    xml.replacen(&format!(" skipped=\"{}\"", junit.skipped), "", 1).into_bytes()
}

fn suite(report: &Report, target: &TargetReport) -> TestSuite {
    let mut suite = TestSuite::new(detail::target_name(report, &target.info.name));
    suite.set_time(Duration::from_micros(target.verify_microseconds));
    if let Ok(started) = chrono::DateTime::parse_from_rfc3339(&report.run.started) {
        suite.set_timestamp(started);
    }
    let who = [("language", &target.info.language), ("version", &target.info.version)];
    for (name, value) in who.into_iter().filter(|(_, value)| !value.is_empty()) {
        suite.add_property((name, shown(value, LINE).as_str()));
    }
    suite.add_property(("seed", report.run.seed.to_string().as_str()));
    if let Some(why) = &target.unusable {
        suite.add_test_case(unusable(why));
    }
    let findings = Findings::of(report, &target.info.name);
    if report.campaign.is_some() {
        suite.add_test_cases(of_campaign(report, target, &findings));
        return suite;
    }
    for case in &report.cases {
        let result = case.results.get(&target.info.name);
        // What an unusable target was not asked is told once, by the error above. Of a run that went to its end a target has no
        // result where it does not deal in what the case is about: a reader of cookies was shown no token.
        let told = target.unusable.is_some() && result.is_none_or(|result| result.outcome == Outcome::Inconclusive);
        let is_foreign = result.is_none() && report.run.complete;
        if !told && !is_foreign {
            suite.add_test_case(test_case(&case.id, status(report, target, &findings, case, result)));
        }
    }
    let listed: BTreeSet<_> = report.cases.iter().map(|case| &case.id).collect();
    for finding in findings.all.iter().filter(|finding| !listed.contains(&finding.case)) {
        suite.add_test_case(test_case(&finding.case, found(report, &findings, &finding.case, finding)));
    }
    suite
}

/// A test case a finding; of a target without any, one that passed.
fn of_campaign(report: &Report, target: &TargetReport, findings: &Findings<'_>) -> Vec<TestCase> {
    let mut cases: Vec<TestCase> = findings
        .all
        .iter()
        .map(|finding| test_case(&finding.case, found(report, findings, &finding.case, finding)))
        .collect();
    if cases.is_empty() && target.unusable.is_none() {
        let mut clean = TestCase::new("no findings", TestCaseStatus::success());
        clean.set_classname("fuzz");
        cases.push(clean);
    }
    cases
}

fn unusable(why: &str) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("unusable").set_message(format!("could not be tried: {}", shown(why, SENTENCE)));
    let mut case = TestCase::new("start", status);
    case.set_classname("target");
    case
}

fn test_case(id: &CaseId, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(shown(id.as_str(), SENTENCE), status);
    case.set_classname(shown(id.family(), SENTENCE));
    case
}

fn status(
    report: &Report,
    target: &TargetReport,
    findings: &Findings<'_>,
    case: &CaseReport,
    result: Option<&CaseResult>,
) -> TestCaseStatus {
    let Some(result) = result else {
        return inconclusive("there is no result: the run stopped before");
    };
    let of_case = findings.by_case.get(&case.id).map_or(&[][..], Vec::as_slice);
    let finding = of_case.iter().find(|finding| finding.outcome == result.outcome);
    let answer = shown(&result.answer, LINE);
    match (result.outcome, finding) {
        (Outcome::Fail | Outcome::Known, Some(finding)) => found(report, findings, &case.id, finding),
        (Outcome::Fail, None) => {
            let message = format!("expected {}, observed {answer}", shown(&case.expected, LINE));
            non_success(kind(facts::word(result) == Word::Fault), "fail", message)
        }
        (Outcome::Known, None) => skipped(format!("known: {answer}")),
        (Outcome::Pass, _) => TestCaseStatus::success(),
        (Outcome::Skip, _) => skipped(format!("unsupported: {answer}")),
        (Outcome::Inconclusive, _) => inconclusive(match control_failure(target, case) {
            Some(did) => format!("{answer}; its control failed, {did}"),
            None => answer,
        }),
    }
}

/// What the target did to a control under the case's way of configuring.
fn control_failure(target: &TargetReport, case: &CaseReport) -> Option<String> {
    let failure = target.control_failures.iter().find(|failure| failure.profile == case.profile)?;
    Some(shown(&failure.observed, SENTENCE))
}

fn found(report: &Report, findings: &Findings<'_>, case: &CaseId, finding: &Finding) -> TestCaseStatus {
    if finding.outcome == Outcome::Known {
        return skipped(format!("known: {}", shown(finding.known.as_deref().unwrap_or("no reason given"), SENTENCE)));
    }
    let fault = matches!(finding.observed, Answer::Fault(_));
    let words = format!("{}/{}", finding.oracle, finding.severity);
    let mut status = non_success(kind(fault), &words, shown(&finding.title, SENTENCE));
    let mut body = vec![String::new()];
    if finding.case != *case {
        body.push(format!("as {}, which is shown here", shown(finding.case.as_str(), SENTENCE)));
    }
    body.extend(detail::lines(report, finding).iter().map(|line| format!("{:<9} {}", line.label, line.text)));
    let others = findings.by_case.get(case).map_or(&[][..], Vec::as_slice).iter().filter(|other| **other != finding);
    body.extend(others.map(|other| format!("also      {}", crate::finding_line(other))));
    body.push(String::new());
    status.set_description(body.join("\n"));
    status
}

fn non_success(kind: NonSuccessKind, words: &str, message: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(words).set_message(message);
    status
}

fn kind(fault: bool) -> NonSuccessKind {
    if fault { NonSuccessKind::Error } else { NonSuccessKind::Failure }
}

fn inconclusive(why: impl std::fmt::Display) -> TestCaseStatus {
    non_success(NonSuccessKind::Error, "inconclusive", format!("inconclusive: {why}"))
}

fn skipped(message: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(message);
    status
}

/// One target's findings, worst first.
struct Findings<'r> {
    all: Vec<&'r Finding>,
    by_case: BTreeMap<&'r CaseId, Vec<&'r Finding>>,
}

impl<'r> Findings<'r> {
    fn of(report: &'r Report, target: &str) -> Self {
        let mut all: Vec<_> = report.findings.iter().filter(|finding| finding.target == target).collect();
        facts::sort(&mut all);
        let mut by_case: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for finding in &all {
            let cases: BTreeSet<_> = finding.cases.iter().chain([&finding.case]).collect();
            for case in cases {
                by_case.entry(case).or_default().push(*finding);
            }
        }
        Self { all, by_case }
    }
}
