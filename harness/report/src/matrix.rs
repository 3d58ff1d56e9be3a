//! Classes against targets: what became of each class at each target, in a letter.
//!
//! Takes a report, gives a row for every class in which targets differ or one fails, and the targets in order. The worst
//! outcome of a class's cases stands for it.

use token_assay_model::{Outcome, Report};

use crate::terminal::symbol;
use crate::text::{LINE, NAME, shown};

/// The table.
pub(crate) struct Matrix {
    /// The columns' targets.
    pub(crate) targets: Vec<String>,
    /// A class, and what became of it at each target; nothing where it was not shown.
    pub(crate) rows: Vec<(String, Vec<Option<Outcome>>)>,
}

/// What a reader of a row wants to know first.
const WORST_FIRST: [Outcome; 5] = [Outcome::Fail, Outcome::Known, Outcome::Inconclusive, Outcome::Pass, Outcome::Skip];

impl Matrix {
    /// Of this report; classes that pass everywhere are left out.
    pub(crate) fn of(report: &Report) -> Self {
        let targets: Vec<String> = report.targets.iter().map(|target| target.info.name.clone()).collect();
        let mut rows: Vec<(String, Vec<Option<Outcome>>)> = Vec::new();
        for case in &report.cases {
            let class = format!("{}/{}", case.id.family(), case.id.class());
            if rows.last().is_none_or(|(last, _)| *last != class) {
                rows.push((class, vec![None; targets.len()]));
            }
            let (_, cells) = rows.last_mut().expect("one was pushed");
            for (cell, target) in cells.iter_mut().zip(&targets) {
                if let Some(result) = case.results.get(target) {
                    *cell = Some(cell.map_or(result.outcome, |old| worse(old, result.outcome)));
                }
            }
        }
        let telling =
            |cells: &[Option<Outcome>]| cells.iter().flatten().any(|o| matches!(o, Outcome::Fail | Outcome::Known));
        rows.retain(|(_, cells)| telling(cells));
        Self { targets, rows }
    }

    /// Lines for a terminal: columns have numbers, which a first line tells.
    pub(crate) fn lines(&self) -> Vec<String> {
        if self.rows.is_empty() || self.targets.len() < 2 {
            return Vec::new();
        }
        let width = self.rows.iter().map(|(class, _)| shown(class, LINE).chars().count()).max().unwrap_or(0);
        let numbers = |digit: fn(usize) -> String| {
            let digits: Vec<String> = (1..=self.targets.len()).map(digit).collect();
            format!("{}  {}", " ".repeat(width), digits.join(" ")).trim_end().to_owned()
        };
        let named = self.targets.iter().enumerate().map(|(at, target)| format!("{} {}", at + 1, shown(target, NAME)));
        let mut lines = crate::terminal::wrap(&named.collect::<Vec<_>>().join(" · "), 100);
        if self.targets.len() > 9 {
            lines.push(numbers(|n| if n < 10 { " ".to_owned() } else { (n / 10).to_string() }));
        }
        lines.push(numbers(|n| (n % 10).to_string()));
        for (class, cells) in &self.rows {
            let class = shown(class, LINE);
            let marks: Vec<&str> = cells.iter().map(|cell| cell.map_or(" ", mark)).collect();
            let space = " ".repeat(width - class.chars().count());
            lines.push(format!("{class}{space}  {}", marks.join(" ")).trim_end().to_owned());
        }
        lines
    }

    /// A table for Markdown, a row a line.
    pub(crate) fn markdown(&self) -> Vec<String> {
        let row = |(class, cells): &(String, Vec<Option<Outcome>>)| {
            let cells: Vec<&str> = cells.iter().map(|cell| cell.map_or("", mark)).collect();
            format!("| {} | {} |\n", crate::markdown::inline(&shown(class, LINE)), cells.join(" | "))
        };
        self.rows.iter().map(row).collect()
    }

    /// The head of that table.
    pub(crate) fn markdown_head(&self) -> String {
        let names: Vec<String> =
            self.targets.iter().map(|target| crate::markdown::inline(&shown(target, NAME))).collect();
        format!("| class | {} |\n| :-- |{}\n", names.join(" | "), " :-: |".repeat(names.len()))
    }
}

/// A pass is quiet here: what is looked for is what is not.
const fn mark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "·",
        other => symbol(other),
    }
}

fn worse(a: Outcome, b: Outcome) -> Outcome {
    *WORST_FIRST.iter().find(|outcome| **outcome == a || **outcome == b).expect("every outcome is listed")
}
