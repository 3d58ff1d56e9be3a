//! GitHub's Markdown, for a step summary.
//!
//! Takes a report, gives the counts, a table of targets and the findings worst first, each folded. Never a percentage,
//! never more than a step summary may hold, and never a target's text as markup: it stands escaped, or in a code block
//! whose fence is longer than any in it.

use std::fmt::Write as _;

use token_assay_model::{Finding, Outcome, Report};

use crate::detail::DOT;
use crate::matrix::Matrix;
use crate::notes::{self, Note};
use crate::terminal::{severity, symbol};
use crate::text::{LINE, SENTENCE, count, duration, shown};
use crate::{Options, campaign, cost, detail, facts};

pub(crate) fn render(report: &Report, _: &Options) -> Vec<u8> {
    let failed = facts::findings(report, Outcome::Fail);
    let (quirks, known): (Vec<_>, Vec<_>) =
        facts::findings(report, Outcome::Known).into_iter().partition(|finding| finding.is_quirk());
    let mut page = Page::new();
    page.add(&heading(report, failed.len()));
    let rows = report.targets.iter().map(|target| row(report, target));
    page.add_all("target", rows, TABLE);
    page.add("\n");
    page.add(&campaign::markdown(report));
    page.add_all("note", notes::quirks(report, &quirks).iter().map(remark), "");
    page.add_all("note", notes::notes(report).iter().map(remark), "");
    let matrix = Matrix::of(report);
    if matrix.targets.len() > 1 {
        let head = format!("\n### Classes and targets\n\n{}", matrix.markdown_head());
        page.add_all("class", matrix.markdown().into_iter(), &head);
    }
    page.add_all("class", cost::rows(report).iter().map(cost::markdown), cost::MARKDOWN_HEAD);
    page.add_all("finding", failed.iter().map(|finding| folded(report, finding)), "\n### Findings\n\n");
    page.add_all("known failure", known.iter().map(|finding| folded(report, finding)), "\n### Known\n\n");
    page.add_all("quirk", quirks.iter().map(|finding| folded(report, finding)), "\n### Quirks\n\n");
    page.text.into_bytes()
}

/// Text in a paragraph, a heading or a table's cell: no character of it is markup, a link, a mention or an emoji.
pub(crate) fn inline(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before = "";
    for (at, c) in text.char_indices() {
        let (after, last) = (&text[at + c.len_utf8()..], before);
        before = &text[..at + c.len_utf8()];
        let plain = match c {
            ':' => after.starts_with(' '),
            // The one link that is made of plain characters.
            '.' => last.len() < 3 || !last.as_bytes()[last.len() - 3..].eq_ignore_ascii_case(b"www"),
            _ => !c.is_ascii_punctuation() || PLAIN.contains(c),
        };
        if plain {
            escaped.push(c);
        } else {
            write!(escaped, "&#{};", c as u32).expect("a string takes everything");
        }
    }
    escaped
}

/// A page that knows what it may hold. What does not fit is counted and said.
pub(crate) struct Page {
    pub(crate) text: String,
}

impl Page {
    /// An empty page.
    pub(crate) fn new() -> Self {
        Self { text: String::new() }
    }

    /// Adds a part that is short by its nature.
    pub(crate) fn add(&mut self, part: &str) {
        self.text.push_str(part);
    }

    /// Adds parts under a heading as long as they fit; nothing where there are none.
    pub(crate) fn add_all(&mut self, noun: &str, parts: impl Iterator<Item = String>, heading: &str) {
        let mut left_out = 0_u64;
        for (at, part) in parts.enumerate() {
            if at == 0 {
                self.add(heading);
            }
            // Once one is left out, so are those after it: the order says which are worse.
            if left_out > 0 || self.text.len() + part.len() > LIMIT - RESERVE {
                left_out += 1;
            } else {
                self.add(&part);
            }
        }
        if left_out > 0 {
            let text = format!(
                "\n{} left out: a step summary holds no more. They are in the report.\n",
                count(left_out, noun)
            );
            self.add(&text);
        }
    }
}

fn heading(report: &Report, findings: usize) -> String {
    let (some, all) = (facts::targets_with_findings(report), count(report.targets.len(), "target"));
    let forgeries = facts::forgeries(report);
    let mut text = format!("## {} in {some} of {all}\n\n", count(findings, "finding"));
    let run = [
        format!("{} {}", shown(&report.tool.name, LINE), shown(&report.tool.version, LINE)),
        count(facts::cases(report), "case"),
        match report.campaign {
            // Of a campaign the tokens that failed alone are kept: every forgery among them was accepted.
            Some(_) => "a campaign".to_owned(),
            None => format!("{} of {} forgeries accepted", forgeries.accepted, forgeries.answered),
        },
        format!("seed {}", report.run.seed),
        shown(&report.run.started, LINE),
        duration(report.run.milliseconds.saturating_mul(1000)),
    ];
    text.push_str(&inline(&run.join(DOT)));
    text.push_str("\n\n");
    if !report.run.complete {
        let why = inline(&shown(report.run.stopped.as_deref().unwrap_or("no reason given"), SENTENCE));
        text.push_str(&format!("**? This is not a complete run:** {why}\n\n"));
    }
    text
}

fn row(report: &Report, target: &token_assay_model::report::TargetReport) -> String {
    let [pass, fail, skip, inconclusive, known] =
        [Outcome::Pass, Outcome::Fail, Outcome::Skip, Outcome::Inconclusive, Outcome::Known]
            .map(|outcome| facts::outcomes(target, outcome));
    let [wrong, tried] = [facts::sum([fail, known]), facts::sum([pass, fail, known])];
    let all = facts::sum([tried, skip, inconclusive]);
    let name = inline(&detail::target_name(report, &target.info.name));
    format!("| {name} | {wrong} of {tried} | {pass} | {fail} | {skip} | {inconclusive} | {known} | {all} |\n")
}

fn remark(note: &Note) -> String {
    match note.outcome {
        Some(outcome) => format!("* {} {}\n", symbol(outcome), inline(&note.text)),
        None => format!("* {}\n", inline(&note.text)),
    }
}

fn folded(report: &Report, finding: &Finding) -> String {
    let mark = format!("{} <b>{}</b>", symbol(finding.outcome), severity(finding.severity));
    let class = inline(&shown(&facts::class_id(&finding.case), LINE));
    let target = inline(&detail::target(report, finding));
    let title = inline(&shown(&finding.title, SENTENCE));
    let lines: Vec<_> =
        detail::lines(report, finding).iter().map(|line| format!("{:<9} {}", line.label, line.text)).collect();
    let mend = facts::class(report, finding).map(|class| inline(&shown(&class.mend, SENTENCE)));
    let mend = mend.filter(|mend| !mend.is_empty()).map_or_else(String::new, |mend| format!("Mend: {mend}\n\n"));
    format!(
        "<details><summary>{mark} {class} · {target}<br>{title}</summary>\n\n{}\n{mend}</details>\n\n",
        code_block(&lines.join("\n"))
    )
}

fn code_block(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}\n{fence}\n")
}

const TABLE: &str = "| target | wrong | ✓ pass | ✗ fail | – skip | ? inconclusive | ! known | cases |\n\
                     | :-- | --: | --: | --: | --: | --: | --: | --: |\n";
/// Punctuation that is never markup in the middle of a line.
const PLAIN: &str = "-,()/'\";?%+={}";
/// What a step's summary may hold, in octets.
const LIMIT: usize = 1 << 20;
/// Kept for the lines that say what was left out.
const RESERVE: usize = 1 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_of_a_text_is_markup() {
        assert_eq!(inline("a|b `c` <d> *e* _f_"), "a&#124;b &#96;c&#96; &#60;d&#62; &#42;e&#42; &#95;f&#95;");
        assert_eq!(inline("Www.example.org @user"), "Www&#46;example.org &#64;user");
        assert_eq!(inline("so: https://a.b :tada:"), "so: https&#58;//a.b &#58;tada&#58;");
        assert_eq!(inline("RFC 7519 §4.1.4"), "RFC 7519 §4.1.4");
    }

    #[test]
    fn a_fence_is_longer_than_any_inside() {
        assert_eq!(code_block("a"), "```text\na\n```\n");
        assert_eq!(code_block("````"), "`````text\n````\n`````\n");
    }

    #[test]
    fn a_page_says_how_much_it_left_out_and_never_grows_past_its_limit() {
        let mut page = Page::new();
        page.add_all("finding", std::iter::repeat_n("x".repeat(1 << 18), 6), "head\n");
        assert!(page.text.len() < LIMIT);
        assert!(page.text.ends_with("\n3 findings left out: a step summary holds no more. They are in the report.\n"));
    }
}
