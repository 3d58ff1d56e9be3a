//! What bounded cases cost, beside an accepted token as long.
//!
//! Takes a report, gives the costliest case of each class in which one was weighed, and a cost in words. Never judges.

use std::collections::BTreeMap;

use token_assay_model::report::Cost;
use token_assay_model::{CaseId, Expectation, Finding, Report};

use crate::facts;
use crate::text::{LINE, NAME, duration, shown};

/// The costliest case of a class.
pub(crate) struct Row<'r> {
    case: &'r CaseId,
    target: &'r str,
    cost: Cost,
}

/// A row a class, the costliest first.
pub(crate) fn rows(report: &Report) -> Vec<Row<'_>> {
    let mut worst: BTreeMap<(&str, &str), Row<'_>> = BTreeMap::new();
    for case in &report.cases {
        for (target, result) in &case.results {
            let Some(cost) = result.cost else { continue };
            let row = Row { case: &case.id, target, cost };
            let class = (case.id.family(), case.id.class());
            let is_worse = worst.get(&class).is_none_or(|known| times(&row.cost) > times(&known.cost));
            if is_worse {
                worst.insert(class, row);
            }
        }
    }
    let mut rows: Vec<Row<'_>> = worst.into_values().collect();
    rows.sort_by(|a, b| times(&b.cost).total_cmp(&times(&a.cost)));
    rows
}

/// A finding's own cost, where it was weighed.
pub(crate) fn of(report: &Report, finding: &Finding) -> Option<String> {
    if !matches!(finding.expected, Expectation::Bounded { .. }) {
        return None;
    }
    let case = report.cases.iter().find(|case| case.id == finding.case)?;
    let cost = case.results.get(&finding.target)?.cost?;
    Some(words(&cost))
}

/// The head of the table in Markdown.
pub(crate) const MARKDOWN_HEAD: &str = "\n### What bounded tokens cost\n\nThe costliest case of each class, beside an accepted \
                                        token of the same length under the same policy.\n\n| class | case | target | \
                                        cost |\n| :-- | :-- | :-- | :-- |\n";

/// A row of it.
pub(crate) fn markdown(row: &Row<'_>) -> String {
    format!("| {} |\n", row.cells().map(|cell| crate::markdown::inline(&cell)).join(" | "))
}

impl Row<'_> {
    /// Class, case, target, cost.
    pub(crate) fn cells(&self) -> [String; 4] {
        let class = shown(&facts::class_id(self.case), LINE);
        [class, shown(self.case.variant(), LINE), shown(self.target, NAME), words(&self.cost)]
    }
}

fn words(cost: &Cost) -> String {
    let time = format!("{}, {} a plain token of the same length", duration(cost.nanoseconds / 1000), many(times(cost)));
    match cost.octets.zip(cost.plain_octets) {
        Some((held, plain)) => format!("{time}; {} of memory, {} for that", mebibytes(held), mebibytes(plain)),
        None => time,
    }
}

fn many(times: f64) -> String {
    match times {
        0.0..10.0 => format!("{times:.1} times"),
        _ => format!("{times:.0} times"),
    }
}

fn times(cost: &Cost) -> f64 {
    cost.nanoseconds as f64 / cost.plain_nanoseconds.max(1) as f64
}

fn mebibytes(octets: u64) -> String {
    format!("{:.1} MiB", octets as f64 / f64::from(1 << 20))
}
