//! An event log read back.
//!
//! Takes what a run wrote while it went on, gives what it had found, and, where it did not end, its report as far as the log
//! goes, marked incomplete. A last line that is cut off is left out; what a target was not shown has no result.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use serde::Deserialize;
use token_assay_model::report::{CaseReport, CaseResult, TargetInfo, TargetReport};
use token_assay_model::{CaseId, Finding, Outcome, Report, deep};

use crate::error::{Error, Result};

/// A line, as far as it is needed again.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Line {
    Started {
        report: Box<Report>,
    },
    TargetStarted {
        target: String,
        info: TargetInfo,
    },
    Judged {
        target: String,
        case: CaseId,
        outcome: Outcome,
        answer: Option<String>,
    },
    Found {
        finding: Box<Finding>,
    },
    TargetFinished {
        target: String,
        unusable: Option<String>,
    },
    #[serde(other)]
    Other,
}

/// The report of a run that did not end.
pub(crate) fn report(log: &Path) -> Result<Report> {
    let shown = log.display();
    let file = File::open(log).map_err(|error| Error::usage(format!("{shown} cannot be read")).because(error))?;
    let mut lines = BufReader::new(file).split(b'\n').map_while(|line| read(&line.ok()?));
    let Some(Line::Started { report }) = lines.next() else {
        let error = Error::usage(format!("there is no report beside {shown}, and the log does not say what was run"));
        return Err(error.because("the run ended before its first case").hint("run it again"));
    };
    let mut report = *report;
    let places = report.cases.iter().enumerate().map(|(place, case)| (case.id.clone(), place)).collect();
    lines.for_each(|line| take(&mut report, &places, line));
    for target in &mut report.targets {
        for result in report.cases.iter().filter_map(|case| case.results.get(&target.info.name)) {
            *target.outcomes.entry(result.outcome).or_default() += 1;
        }
    }
    report.findings.sort_by_key(|finding| (finding.outcome, std::cmp::Reverse(finding.severity), finding.level));
    Ok(report)
}

type Places = std::collections::HashMap<CaseId, usize>;

fn take(report: &mut Report, places: &Places, line: Line) {
    let target_of = |report: &mut Report, name: &str| report.targets.iter().position(|known| known.info.name == name);
    match line {
        Line::TargetStarted { target, info } => report.targets.push(blank(TargetInfo { name: target, ..info })),
        Line::Judged { target, case, outcome, answer } => {
            let Some(place) = places.get(&case) else { return };
            let answer = answer.unwrap_or_else(|| "not shown".to_owned());
            report.cases[*place].results.insert(target, CaseResult { outcome, answer, cost: None });
        }
        Line::Found { finding } => {
            // It is on the disk before the line that says how its case ended.
            if let Some(place) = places.get(&finding.case) {
                let CaseReport { results, .. } = &mut report.cases[*place];
                results.entry(finding.target.clone()).or_insert_with(|| CaseResult {
                    outcome: finding.outcome,
                    answer: finding.observed.to_string(),
                    cost: None,
                });
            }
            report.findings.extend(is_one(*finding));
        }
        Line::TargetFinished { target, unusable } => {
            if let Some(of) = target_of(report, &target) {
                report.targets[of].unusable = unusable;
            }
        }
        Line::Started { .. } | Line::Other => {}
    }
}

fn blank(info: TargetInfo) -> TargetReport {
    TargetReport {
        info,
        outcomes: Outcome::ALL.iter().map(|outcome| (*outcome, 0)).collect(),
        skipped_for: std::collections::BTreeMap::new(),
        control_failures: Vec::new(),
        other_reasons: std::collections::BTreeMap::new(),
        verify_microseconds: 0,
        timing: None,
        unusable: None,
    }
}

fn read(line: &[u8]) -> Option<Line> {
    serde_json::from_value(deep::read(line).ok()?).ok()
}

/// The findings of an event log: what a run had found, ended or not.
pub(crate) fn findings(text: &str) -> Vec<Finding> {
    let found = |line: &str| {
        let mut event: serde_json::Value = deep::read(line.as_bytes()).ok()?;
        serde_json::from_value(event.get_mut("finding")?.take()).ok()
    };
    text.lines().filter_map(found).filter_map(is_one).collect()
}

/// What turned out to be none is left out.
fn is_one(finding: Finding) -> Option<Finding> {
    (finding.outcome != Outcome::Pass).then_some(finding)
}
