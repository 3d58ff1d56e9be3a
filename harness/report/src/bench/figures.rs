//! Figures and tables as people read them.

use token_assay_model::bench::Unit;

use crate::markdown::inline;

/// A value with its unit, three digits of it.
pub(super) fn value(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Nanoseconds => time(value),
        Unit::PerSecond => format!("{} /s", grouped(value)),
        Unit::CpuSecondsPerMillion => format!("{} CPU s", digits(value)),
        Unit::Octets => format!("{value:.0} octets"),
        Unit::Instructions => grouped(value),
    }
}

/// Nanoseconds.
pub(super) fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        ns if ns < 1e3 => format!("{} ns", digits(ns)),
        ns if ns < 1e6 => format!("{} µs", digits(ns / 1e3)),
        ns if ns < 1e9 => format!("{} ms", digits(ns / 1e6)),
        ns => format!("{} s", digits(ns / 1e9)),
    }
}

/// What a cost is of what it was: `+20.0 %`.
pub(super) fn percent(ratio: f64) -> String {
    format!("{:+.1} %", (ratio - 1.0) * 100.0)
}

/// Three digits that say something.
pub(super) fn digits(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => grouped(value),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 0.001 || v == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.1e}"),
    }
}

/// A whole number with its thousands apart.
pub(super) fn grouped(value: f64) -> String {
    let plain = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (at, digit) in plain.chars().enumerate() {
        if at > 0 && (plain.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value <= -0.5 { format!("-{text}") } else { text }
}

/// A table whose first column is words and whose others are figures.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    pub(super) head: Vec<String>,
    pub(super) body: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new<S: ToString>(head: impl IntoIterator<Item = S>, body: Vec<Vec<String>>) -> Self {
        Self { head: head.into_iter().map(|cell| cell.to_string()).collect(), body }
    }

    /// In columns.
    pub(super) fn text(&self) -> String {
        let rows = || std::iter::once(&self.head).chain(&self.body);
        let width = |column: usize| rows().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
        let cell = |(column, cell): (usize, &String)| match (column, width(column).unwrap_or_default()) {
            (0, width) => format!("{cell:<width$}"),
            (_, width) => format!("{cell:>width$}"),
        };
        let line = |row: &Vec<String>| row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ");
        rows().map(|row| line(row).trim_end().to_owned() + "\n").collect()
    }

    /// In GitHub's Markdown.
    pub(super) fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let shown = |row: &Vec<String>| line(row.iter().map(|cell| inline(cell)).collect());
        let rule = (0..self.head.len()).map(|at| if at == 0 { "---" } else { "--:" }.to_owned()).collect();
        shown(&self.head) + &line(rule) + &self.body.iter().map(shown).collect::<String>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_and_a_unit() {
        assert_eq!(value(2612.0, Unit::Nanoseconds), "2.61 µs");
        assert_eq!(value(0.0, Unit::Nanoseconds), "0.00 ns");
        assert_eq!(value(195_432.0, Unit::Nanoseconds), "195 µs");
        assert_eq!(value(1_234_567.8, Unit::PerSecond), "1,234,568 /s");
        assert_eq!(value(12.34, Unit::CpuSecondsPerMillion), "12.3 CPU s");
        assert_eq!((percent(1.2), percent(0.5)), ("+20.0 %".into(), "-50.0 %".into()));
        assert_eq!((grouped(-1200.0), grouped(-0.1)), ("-1,200".into(), "0".into()));
    }

    #[test]
    fn a_table_stands_in_columns_and_in_markdown() {
        let row = |name: &str, value: &str| vec![name.to_owned(), value.to_owned()];
        let table = Table::new(["row", "t"], vec![row("a", "1 µs"), row("long|", "10")]);
        assert_eq!(table.text(), "row       t\na      1 µs\nlong|    10\n");
        assert_eq!(table.markdown(), "| row | t |\n| --- | --: |\n| a | 1 µs |\n| long&#124; | 10 |\n");
    }
}
