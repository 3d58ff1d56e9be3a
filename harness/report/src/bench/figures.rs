//! Figures and tables as people read them.

use token_assay_model::bench::Unit;

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
pub(super) fn table<const N: usize>(head: &[&str; N], body: &[[String; N]], is_markdown: bool) -> String {
    if is_markdown {
        return markdown(head, body);
    }
    let all = || body.iter().map(|row| row.each_ref().map(String::as_str)).chain([*head]);
    let widths: [usize; N] =
        std::array::from_fn(|column| all().map(|row| row[column].chars().count()).max().unwrap_or_default());
    let line = |row: &[&str; N]| {
        let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    let rows = body.iter().map(|row| line(&row.each_ref().map(String::as_str)));
    line(head) + &rows.collect::<String>()
}

fn markdown<const N: usize>(head: &[&str; N], body: &[[String; N]]) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let rule = (0..N).map(|column| if column == 0 { "---" } else { "--:" }).collect();
    let rows = body.iter().map(|row| line(row.iter().map(String::as_str).collect()));
    line(head.to_vec()) + &line(rule) + &rows.collect::<String>()
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
        let body = || vec![["a".to_owned(), "1 µs".to_owned()], ["long".to_owned(), "10".to_owned()]];
        assert_eq!(table(&["row", "t"], &body(), false), "row      t\na     1 µs\nlong    10\n");
        assert_eq!(table(&["row", "t"], &body(), true), "| row | t |\n| --- | --: |\n| a | 1 µs |\n| long | 10 |\n");
    }
}
