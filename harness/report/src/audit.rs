//! An audit of cookies, for people at a terminal.
//!
//! Takes what was seen, in words, gives text in the style of the findings of a run: the cookies, then what is wrong, worst
//! first, then what was not judged, and in the last line the whole in numbers. Whatever came from outside is escaped here.

use token_assay_model::{Level, Outcome, Severity};

use crate::terminal::{DIM, ID, LABEL, Paint, WIDTH, outcome_style, say, severity, severity_style, symbol, wrap};
use crate::text::{SENTENCE, count, shown};

/// What is shown.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The lines, as a browser keeps them.
    pub cookies: Vec<Block>,
    /// Worst first.
    pub findings: Vec<Entry>,
    /// What was not judged: what it needs, and the rules.
    pub unjudged: Vec<(String, Vec<String>)>,
    /// How many rules hold.
    pub holding: usize,
}

/// A heading, and labels of at most nine letters with their texts.
#[derive(Debug, Clone)]
pub struct Block {
    /// The cookie's name.
    pub name: String,
    /// What it is.
    pub remark: String,
    /// What is said of it.
    pub lines: Vec<(&'static str, String)>,
}

/// A finding.
#[derive(Debug, Clone)]
pub struct Entry {
    /// How bad it is.
    pub severity: Severity,
    /// How firmly the clauses speak.
    pub level: Level,
    /// The rule.
    pub id: String,
    /// What it is found in.
    pub place: String,
    /// The finding in one sentence.
    pub title: String,
    /// What is said of it.
    pub lines: Vec<(&'static str, String)>,
}

/// The text.
pub fn render(page: &Page, color: bool) -> String {
    let paint = Paint { color };
    let mut text = String::new();
    for cookie in &page.cookies {
        say(
            &mut text,
            &format!("{}   {}", paint.with(ID, &shown(&cookie.name, SENTENCE)), shown(&cookie.remark, SENTENCE)),
        );
        labelled(&mut text, &cookie.lines, paint);
        text.push('\n');
    }
    for finding in &page.findings {
        entry(&mut text, finding, paint);
        text.push('\n');
    }
    unjudged(&mut text, page, paint);
    say(&mut text, &headline(page, paint));
    text
}

fn entry(text: &mut String, finding: &Entry, paint: Paint) {
    let mark = format!("{} {:<8}", symbol(Outcome::Fail), severity(finding.severity));
    let mark = paint.with(severity_style(finding.severity), &mark);
    let (id, place) = (paint.with(ID, &shown(&finding.id, SENTENCE)), shown(&finding.place, SENTENCE));
    say(text, &format!("{mark}  {id}   {place}      {}", finding.level));
    for line in wrap(&shown(&finding.title, SENTENCE), WIDTH - 2) {
        say(text, &format!("  {line}"));
    }
    labelled(text, &finding.lines, paint);
}

pub(crate) fn labelled(text: &mut String, lines: &[(&'static str, String)], paint: Paint) {
    for (label, line) in lines {
        let mut label = *label;
        for part in wrap(&shown(line, SENTENCE), WIDTH - 2 - LABEL - 1) {
            let space = " ".repeat(LABEL + 1 - label.len());
            say(text, &format!("  {}{space}{part}", paint.with(DIM, label)));
            label = "";
        }
    }
}

fn unjudged(text: &mut String, page: &Page, paint: Paint) {
    if page.unjudged.is_empty() {
        return;
    }
    say(text, &paint.with(outcome_style(Outcome::Skip), &format!("{} not judged, for want of", symbol(Outcome::Skip))));
    for (need, rules) in &page.unjudged {
        let line = format!("{}: {}", shown(need, SENTENCE), rules.join(", "));
        for (at, part) in wrap(&line, WIDTH - 4).iter().enumerate() {
            say(text, &format!("{}{part}", if at == 0 { "  " } else { "    " }));
        }
    }
    text.push('\n');
}

fn headline(page: &Page, paint: Paint) -> String {
    let outcome = match (page.findings.is_empty(), page.holding) {
        (false, _) => Outcome::Fail,
        (true, 0) => Outcome::Inconclusive,
        (true, _) => Outcome::Pass,
    };
    let verdict = match outcome {
        Outcome::Fail => count(page.findings.len(), "finding"),
        Outcome::Pass => "no findings".to_owned(),
        _ => "nothing was judged".to_owned(),
    };
    let unjudged: usize = page.unjudged.iter().map(|(_, rules)| rules.len()).sum();
    let mark = paint.with(outcome_style(outcome), &format!("{} {verdict}", symbol(outcome)));
    let hold = if page.holding == 1 { "holds" } else { "hold" };
    format!("{mark} · {} {hold} · {unjudged} not judged", count(page.holding, "rule"))
}
