//! Text for people at a terminal.
//!
//! Takes a report, gives the findings in full, worst first, then notes, the counts of each target, what to do next, and
//! in the last line the whole in numbers. Never tells by colour alone, and never colours an answer: accept and refuse are
//! neither good nor bad, right and wrong are. Without styles no control character is in it but the newline.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use token_assay_model::report::{CaseReport, TargetReport};
use token_assay_model::{Finding, Outcome, Report, Severity};

use crate::detail::{self, DOT};
use crate::matrix::Matrix;
use crate::notes::{self, Note};
use crate::text::{LINE, SENTENCE, count, duration, shown};
use crate::{Options, campaign, facts};

pub(crate) fn render(report: &Report, options: &Options) -> Vec<u8> {
    let paint = Paint { color: options.color };
    let failed = facts::findings(report, Outcome::Fail);
    let mut text = String::new();
    for finding in failed.iter().take(options.max_findings) {
        text.push_str(&finding_block(finding, report, options));
        text.push('\n');
    }
    if let Some(rest) = failed.len().checked_sub(options.max_findings).filter(|rest| *rest > 0) {
        say(&mut text, &format!("… {}: {}\n", count(rest, "more finding"), everything(options)));
    }
    section(&mut text, &overview(&failed, paint));
    if reads_cookies(report) {
        section(&mut text, &Matrix::of(report).lines());
    }
    section(&mut text, &remarks(report, paint));
    section(&mut text, &table(report, paint));
    section(&mut text, &campaign::lines(report, options));
    section(&mut text, &next(report, &failed, options));
    say(&mut text, &headline(report, &failed, paint));
    text.into_bytes()
}

/// One finding in one line, for the moment in which it is found. Never styled.
pub fn finding_line(finding: &Finding) -> String {
    format!(
        "{} {:<8}  {}  {}  expected {}, observed {}  [{}]",
        symbol(finding.outcome),
        severity(finding.severity),
        shown(&finding.target, LINE),
        shown(finding.case.as_str(), LINE),
        finding.expected,
        detail::what(&finding.observed),
        shown(&finding.fingerprint.0, LINE),
    )
}

/// One finding of a campaign in one line, which says what happened; its class alone says little. Never styled.
pub fn found_line(finding: &Finding) -> String {
    format!(
        "{} {:<8}  {}  {}  {}  [{}]",
        symbol(finding.outcome),
        severity(finding.severity),
        shown(&facts::class_id(&finding.case), LINE),
        shown(&finding.target, LINE),
        shown(&finding.title, SENTENCE),
        shown(&finding.fingerprint.0, LINE),
    )
}

/// One finding in full, with the newline of its last line.
pub fn finding_block(finding: &Finding, report: &Report, options: &Options) -> String {
    let paint = Paint { color: options.color };
    let mut text = String::new();
    let mark = format!("{} {:<8}", symbol(finding.outcome), severity(finding.severity));
    let heading = format!(
        "{}  {}   {}      {}",
        paint.with(style(finding), &mark),
        paint.with(ID, &shown(&facts::class_id(&finding.case), LINE)),
        detail::target(report, finding),
        finding.oracle
    );
    say(&mut text, &heading);
    for line in wrap(&shown(&finding.title, SENTENCE), WIDTH - 2) {
        say(&mut text, &format!("  {line}"));
    }
    for line in detail::lines(report, finding) {
        let mut label = line.label;
        for part in wrap(&line.text, WIDTH - 2 - LABEL - 1) {
            let space = " ".repeat(LABEL + 1 - label.len());
            say(&mut text, &format!("  {}{space}{part}", paint.with(DIM, label)));
            label = "";
        }
    }
    text
}

/// Styles text, or does not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    /// Whether it does.
    pub(crate) color: bool,
}

impl Paint {
    /// The text in this style.
    pub(crate) fn with(self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// The sign of an outcome; it says what the colour says.
pub(crate) const fn symbol(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "✓",
        Outcome::Fail => "✗",
        Outcome::Skip => "–",
        Outcome::Inconclusive => "?",
        Outcome::Known => "!",
    }
}

/// The word that a block begins with.
pub(crate) const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "NOTE",
        Severity::Low => "LOW",
        Severity::Medium => "MEDIUM",
        Severity::High => "HIGH",
        Severity::Critical => "CRITICAL",
    }
}

/// Adds a line without white space at its end.
pub(crate) fn say(text: &mut String, line: &str) {
    text.push_str(line.trim_end_matches(' '));
    text.push('\n');
}

/// The text in lines of at most `width` characters, broken at spaces; a longer word has a line of its own.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut length = 0;
    // Runs of spaces set things apart and stay, but for those that a line would end or begin with.
    for word in text.split_inclusive(' ') {
        let letters = word.trim_end().chars().count();
        if length > 0 && length + letters > width && letters > 0 {
            lines.push(String::new());
            length = 0;
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
        }
        length += word.chars().count();
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

fn section(text: &mut String, lines: &[String]) {
    for line in lines {
        say(text, line);
    }
    if !lines.is_empty() {
        text.push('\n');
    }
}

fn everything(options: &Options) -> String {
    match &options.report {
        Some(path) => format!("all are in {}", shown(path, SENTENCE)),
        None => "`assay report --format markdown` shows them".to_owned(),
    }
}

/// Whether it is about cookies alone: who reads what is then the question, more than what each does wrong.
fn reads_cookies(report: &Report) -> bool {
    let of_cookies = |case: &CaseReport| matches!(case.id.family(), "cookie-header" | "protected-cookie");
    !report.cases.is_empty() && report.cases.iter().all(of_cookies)
}

/// One line a class, worst first, with the targets that it was found at.
fn overview(failed: &[&Finding], paint: Paint) -> Vec<String> {
    let mut classes: Vec<(&Finding, Vec<&str>)> = Vec::new();
    for finding in failed {
        let alike = |other: &&Finding| {
            let id = |finding: &Finding| (facts::class_id(&finding.case), finding.oracle, finding.severity);
            id(other) == id(finding)
        };
        match classes.iter_mut().find(|(first, _)| alike(first)) {
            Some((_, targets)) if targets.contains(&finding.target.as_str()) => {}
            Some((_, targets)) => targets.push(&finding.target),
            None => classes.push((finding, vec![&finding.target])),
        }
    }
    let name = |finding: &Finding| shown(&facts::class_id(&finding.case), LINE);
    let width = classes.iter().map(|(finding, _)| name(finding).chars().count()).max().unwrap_or(0);
    let line = |(finding, targets): &(&Finding, Vec<&str>)| {
        let mark = format!("{} {:<8}", symbol(finding.outcome), severity(finding.severity));
        let space = " ".repeat(width - name(finding).chars().count());
        let targets: Vec<String> = targets.iter().map(|target| shown(target, LINE)).collect();
        let (class, level) = (paint.with(ID, &name(finding)), finding.level);
        let (mark, oracle) = (paint.with(style(finding), &mark), finding.oracle.as_str());
        format!("{mark}  {class}{space}  {oracle:<12}  {level:<6}  {}", targets.join(" "))
    };
    classes.iter().map(line).collect()
}

/// What is no finding but worth a line, and the findings that are known.
fn remarks(report: &Report, paint: Paint) -> Vec<String> {
    let mut notes = Vec::new();
    if !report.run.complete {
        let why = shown(report.run.stopped.as_deref().unwrap_or("no reason given"), SENTENCE);
        notes.push(Note::new(Outcome::Inconclusive, format!("the run did not reach its end: {why}")));
    }
    let (quirks, known): (Vec<_>, Vec<_>) =
        facts::findings(report, Outcome::Known).into_iter().partition(|finding| finding.is_quirk());
    notes.extend(known.into_iter().map(|finding| {
        let (severity, class) = (finding.severity, shown(&facts::class_id(&finding.case), LINE));
        let why = shown(finding.known.as_deref().unwrap_or("no reason given"), SENTENCE);
        let target = detail::target(report, finding);
        Note::new(Outcome::Known, format!("known: {class} ({severity}), {target}: {why}"))
    }));
    notes.extend(notes::quirks(report, &quirks));
    notes.extend(notes::notes(report));
    notes.iter().flat_map(|note| remark(note, paint)).collect()
}

fn remark(note: &Note, paint: Paint) -> Vec<String> {
    let mark = note.outcome.map_or(" ".to_owned(), |outcome| paint.with(outcome_style(outcome), symbol(outcome)));
    let marks = std::iter::once(mark.as_str()).chain(std::iter::repeat(" "));
    wrap(&note.text, WIDTH - 2).iter().zip(marks).map(|(line, mark)| format!("{mark} {line}")).collect()
}

/// The counts of each target.
fn table(report: &Report, paint: Paint) -> Vec<String> {
    let mut rows = vec![heading()];
    rows.extend(report.targets.iter().map(|target| row(report, target)));
    if rows.len() == 1 {
        return Vec::new();
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let cell = |(column, (text, width)): (usize, (&String, usize))| {
        let space = " ".repeat(width - text.chars().count());
        let painted = paint.with(column_style(column, text), text);
        if column == 0 { format!("{painted}{space}") } else { format!("{space}{painted}") }
    };
    let line = |row: &[String; COLUMNS]| row.iter().zip(widths).enumerate().map(cell).collect::<Vec<_>>().join("  ");
    rows.iter().map(line).collect()
}

fn heading() -> [String; COLUMNS] {
    let count = |outcome: Outcome| format!("{} {outcome}", symbol(outcome));
    let [pass, fail, skip, inconclusive, known] = ORDER.map(count);
    ["target".to_owned(), pass, fail, skip, inconclusive, known, "wrong".to_owned()]
}

fn row(report: &Report, target: &TargetReport) -> [String; COLUMNS] {
    let [pass, fail, skip, inconclusive, known] = ORDER.map(|outcome| facts::outcomes(target, outcome));
    let wrong = format!("{} of {}", facts::sum([fail, known]), facts::sum([pass, fail, known]));
    let [pass, fail, skip, inconclusive, known] = [pass, fail, skip, inconclusive, known].map(|n| n.to_string());
    [detail::target_name(report, &target.info.name), pass, fail, skip, inconclusive, known, wrong]
}

/// Only what is there is coloured: a red nought alarms for nothing.
fn column_style(column: usize, text: &str) -> Style {
    match column.checked_sub(1).and_then(|column| ORDER.get(column)) {
        Some(outcome) if text != "0" => outcome_style(*outcome),
        _ => Style::new(),
    }
}

fn next(report: &Report, failed: &[&Finding], options: &Options) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(worst) = failed.first() {
        let class = shown(&facts::class_id(&worst.case), LINE);
        lines.push(format!("next     assay replay {}", shown(&worst.fingerprint.0, LINE)));
        lines.push(format!("         assay explain {class}"));
    } else if let Some(target) = report.targets.iter().find(|target| target.unusable.is_some()) {
        lines.push(format!("next     assay run -vv -t {}", shown(&target.info.name, LINE)));
    }
    lines.extend(options.report.as_ref().map(|path| format!("report   {}", shown(path, SENTENCE))));
    lines
}

fn headline(report: &Report, failed: &[&Finding], paint: Paint) -> String {
    let outcome = verdict(report, failed);
    let mut text = String::new();
    let verdict = match (failed.len(), outcome) {
        (0, Outcome::Pass) => "no findings".to_owned(),
        (0, _) => "nothing is proven".to_owned(),
        (findings, _) => {
            let (some, all) = (facts::targets_with_findings(report), count(report.targets.len(), "target"));
            format!("{} in {some} of {all}", count(findings, "finding"))
        }
    };
    let mark = paint.with(outcome_style(outcome), &format!("{} {verdict}", symbol(outcome)));
    let cases = count(facts::cases(report), "case");
    let time = duration(report.run.milliseconds.saturating_mul(1000));
    write!(text, "{mark}{DOT}{cases}{DOT}seed {}{DOT}{time}", report.run.seed).expect("a string takes everything");
    if !report.run.complete {
        text.push_str(DOT);
        text.push_str(&paint.with(outcome_style(Outcome::Inconclusive), "not a complete run"));
    }
    text
}

/// A run is right only where something was tried, everything could be, and nothing failed.
fn verdict(report: &Report, failed: &[&Finding]) -> Outcome {
    let unusable = report.targets.iter().any(|target| target.unusable.is_some());
    match (failed.is_empty(), report.run.complete && !unusable && report.tried() > 0) {
        (false, _) => Outcome::Fail,
        (true, true) => Outcome::Pass,
        (true, false) => Outcome::Inconclusive,
    }
}

fn style(finding: &Finding) -> Style {
    match finding.outcome {
        Outcome::Known => outcome_style(Outcome::Known),
        _ => severity_style(finding.severity),
    }
}

/// How what is wrong is coloured.
pub(crate) const fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Critical | Severity::High => outcome_style(Outcome::Fail).bold(),
        Severity::Medium => outcome_style(Outcome::Fail),
        Severity::Low | Severity::Note => Style::new().bold(),
    }
}

/// How an outcome is coloured.
pub(crate) const fn outcome_style(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Pass => AnsiColor::Green.on_default(),
        Outcome::Fail => AnsiColor::Red.on_default(),
        Outcome::Skip => AnsiColor::Yellow.on_default(),
        Outcome::Inconclusive => AnsiColor::Magenta.on_default(),
        Outcome::Known => AnsiColor::Cyan.on_default(),
    }
}

const ORDER: [Outcome; 5] = [Outcome::Pass, Outcome::Fail, Outcome::Skip, Outcome::Inconclusive, Outcome::Known];
const COLUMNS: usize = ORDER.len() + 2;
pub(crate) const WIDTH: usize = 108;
pub(crate) const LABEL: usize = 9;
pub(crate) const ID: Style = AnsiColor::Blue.on_default();
pub(crate) const DIM: Style = Style::new().dimmed();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_break_at_spaces_and_long_words_do_not() {
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("a  b", 5), ["a  b"]);
        assert_eq!(wrap("aaa bbb ccc", 7), ["aaa bbb", "ccc"]);
        assert_eq!(wrap("aaaaaaaaa   bb", 5), ["aaaaaaaaa", "bb"]);
    }
}
