//! What changed between two reports.
//!
//! Takes an old report and a new one, gives the verdicts that changed, worst first, the cases that are in one of them
//! only, and the findings that are new or fixed. Never takes a finding for fixed because its cases were not run: fixed is
//! what was tried again and passed.

use std::collections::BTreeMap;

use anstyle::Style;
use token_assay_model::report::{CaseReport, CaseResult};
use token_assay_model::{CaseId, Finding, Outcome, Report};

use crate::facts::{Word, must_refuse, word};
use crate::markdown::{Page, inline};
use crate::terminal::{Paint, finding_line, outcome_style, say, symbol};
use crate::text::{LINE, count, shown};
use crate::{Options, facts};

/// The difference of two reports.
#[derive(Debug, Clone, PartialEq)]
pub struct Diff<'r> {
    /// The same target answered the same case differently; worst first.
    pub changed: Vec<Change<'r>>,
    /// Cases that only the new report has.
    pub new_cases: Vec<&'r CaseId>,
    /// Cases that only the old report has.
    pub gone_cases: Vec<&'r CaseId>,
    /// Targets that only the new report has.
    pub new_targets: Vec<&'r str>,
    /// Targets that only the old report has.
    pub gone_targets: Vec<&'r str>,
    /// Targets whose version changed: name, old version, new version.
    pub versions: Vec<(&'r str, &'r str, &'r str)>,
    /// Findings that only the new report has; worst first.
    pub new_findings: Vec<&'r Finding>,
    /// Findings that only the old report has, and whose cases were tried again and passed.
    pub fixed_findings: Vec<&'r Finding>,
    /// Findings that only the old report has, and whose cases were not tried again.
    pub untried_findings: Vec<&'r Finding>,
}

/// One case that one target answers differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change<'r> {
    /// What the change means.
    pub bearing: Bearing,
    /// The target's name.
    pub target: &'r str,
    /// The case.
    pub case: &'r CaseId,
    /// What the standard says.
    pub expected: &'r str,
    /// What it did before.
    pub before: &'r CaseResult,
    /// What it does now.
    pub after: &'r CaseResult,
}

/// What a change means, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bearing {
    /// It now accepts what must be refused.
    Forgery,
    /// It no longer answers at all.
    Fault,
    /// It is wrong in another way.
    Failure,
    /// It is no longer tried.
    Lost,
    /// Another answer, no worse and no better.
    Other,
    /// It is now right.
    Mended,
}

impl Bearing {
    /// Every bearing, worst first.
    pub const ALL: &'static [Self] =
        &[Self::Forgery, Self::Fault, Self::Failure, Self::Lost, Self::Other, Self::Mended];

    /// What is said above the changes of this kind.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Forgery => "now accepted, and must be refused",
            Self::Fault => "no longer answered",
            Self::Failure => "now wrong",
            Self::Lost => "no longer tried",
            Self::Other => "answered differently",
            Self::Mended => "now right",
        }
    }

    const fn outcome(self) -> Outcome {
        match self {
            Self::Forgery | Self::Fault | Self::Failure => Outcome::Fail,
            Self::Lost => Outcome::Inconclusive,
            Self::Other => Outcome::Known,
            Self::Mended => Outcome::Pass,
        }
    }
}

impl<'r> Diff<'r> {
    /// Compares.
    ///
    /// ```
    /// use token_assay_report::{Diff, read};
    ///
    /// # let (earlier, later) = (include_bytes!("../tests/golden/sound-report.json"), include_bytes!("../tests/golden/sound-report.json"));
    /// let (earlier, later) = (read(earlier).expect("a report"), read(later).expect("a report"));
    /// let diff = Diff::new(&earlier, &later);
    /// assert!(diff.is_empty() && !diff.is_worse());
    /// ```
    pub fn new(old: &'r Report, new: &'r Report) -> Self {
        let (old_cases, new_cases) = (by_id(old), by_id(new));
        let (old_targets, new_targets) = (versions(old), versions(new));
        let (old_findings, new_findings) = (by_fingerprint(old), by_fingerprint(new));
        let gone = only_in(&old_findings, &new_findings);
        let with_fate = |wanted: &Fate| gone.iter().copied().filter(|f| fate(f, &new_cases) == *wanted).collect();
        Self {
            changed: changes(&old_cases, &new_cases),
            new_cases: only_in(&new_cases, &old_cases).iter().map(|case| &case.id).collect(),
            gone_cases: only_in(&old_cases, &new_cases).iter().map(|case| &case.id).collect(),
            versions: version_changes(&old_targets, &new_targets),
            fixed_findings: with_fate(&Fate::Fixed),
            untried_findings: with_fate(&Fate::Untried),
            new_findings: only_in(&new_findings, &old_findings),
            new_targets: new_targets.keys().filter(|name| !old_targets.contains_key(*name)).copied().collect(),
            gone_targets: old_targets.keys().filter(|name| !new_targets.contains_key(*name)).copied().collect(),
        }
        .sorted()
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        let cases = self.changed.is_empty() && self.new_cases.is_empty() && self.gone_cases.is_empty();
        let targets = self.new_targets.is_empty() && self.gone_targets.is_empty() && self.versions.is_empty();
        let gone = self.fixed_findings.is_empty() && self.untried_findings.is_empty();
        cases && targets && gone && self.new_findings.is_empty()
    }

    /// Whether a verdict became worse, or a finding that counts is new.
    pub fn is_worse(&self) -> bool {
        self.changed.iter().any(|change| change.bearing <= Bearing::Failure)
            || self.new_findings.iter().any(|finding| finding.outcome == Outcome::Fail)
    }

    /// Text for people at a terminal.
    pub fn text(&self, options: &Options) -> String {
        let paint = Paint { color: options.color };
        let mut text = String::new();
        for section in self.sections() {
            say(&mut text, &paint.with(section.style().bold(), &section.heading));
            for line in &section.lines {
                say(&mut text, &format!("  {line}"));
            }
            text.push('\n');
        }
        say(&mut text, &self.headline());
        text
    }

    /// GitHub's Markdown, no longer than a step summary may be.
    pub fn markdown(&self) -> String {
        let mut page = Page::new();
        page.add(&format!("## {}\n", self.headline()));
        for section in self.sections() {
            let lines = section.lines.iter().map(|line| format!("* {}\n", inline(line)));
            page.add_all("line", lines, &format!("\n### {}\n\n", inline(&section.heading)));
        }
        page.text
    }

    fn sorted(mut self) -> Self {
        self.changed.sort_by_key(|change| (change.bearing, change.target, change.case));
        for findings in [&mut self.new_findings, &mut self.fixed_findings, &mut self.untried_findings] {
            facts::sort(findings);
        }
        self
    }

    fn headline(&self) -> String {
        if self.is_empty() {
            return "no verdict changed".to_owned();
        }
        let worse = self.changed.iter().filter(|change| change.bearing <= Bearing::Failure).count();
        let mended = self.changed.iter().filter(|change| change.bearing == Bearing::Mended).count();
        format!(
            "{} changed: {worse} worse, {mended} mended; {} new, {} fixed",
            count(self.changed.len(), "verdict"),
            count(self.new_findings.len(), "finding"),
            self.fixed_findings.len()
        )
    }

    fn sections(&self) -> Vec<Section> {
        let changes = Bearing::ALL.iter().map(|bearing| {
            let lines = self.changed.iter().filter(|change| change.bearing == *bearing).map(Change::line);
            Section::new(*bearing, bearing.as_str(), lines.collect())
        });
        let findings = |bearing: Bearing, heading: &str, findings: &[&Finding]| {
            Section::new(bearing, heading, findings.iter().map(|finding| finding_line(finding)).collect())
        };
        let ids = |heading: &str, cases: &[&CaseId]| {
            Section::new(Bearing::Other, heading, cases.iter().map(|case| shown(case.as_str(), LINE)).collect())
        };
        let names = |heading: &str, names: &[&str]| {
            Section::new(Bearing::Other, heading, names.iter().map(|name| shown(name, LINE)).collect())
        };
        let version = |(name, old, new): &(&str, &str, &str)| {
            format!("{} {} → {}", shown(name, LINE), shown(old, LINE), shown(new, LINE))
        };
        let rest = [
            findings(Bearing::Failure, "new finding", &self.new_findings),
            findings(Bearing::Mended, "fixed finding", &self.fixed_findings),
            findings(Bearing::Lost, "finding not tried again", &self.untried_findings),
            ids("new case", &self.new_cases),
            ids("gone case", &self.gone_cases),
            names("new target", &self.new_targets),
            names("gone target", &self.gone_targets),
            Section::new(Bearing::Other, "other version", self.versions.iter().map(version).collect()),
        ];
        changes.chain(rest).filter(|section| !section.lines.is_empty()).collect()
    }
}

impl Change<'_> {
    fn line(&self) -> String {
        let answer = |result: &CaseResult| match result.outcome {
            Outcome::Skip | Outcome::Inconclusive => format!("{} ({})", result.outcome, shown(&result.answer, LINE)),
            outcome => format!("{} {}", symbol(outcome), shown(&result.answer, LINE)),
        };
        format!(
            "{}  {}  {} → {}   expected {}",
            shown(self.target, LINE),
            shown(self.case.as_str(), LINE),
            answer(self.before),
            answer(self.after),
            shown(self.expected, LINE)
        )
    }
}

struct Section {
    bearing: Bearing,
    heading: String,
    lines: Vec<String>,
}

impl Section {
    fn new(bearing: Bearing, heading: &str, lines: Vec<String>) -> Self {
        let heading = format!("{} {heading}: {}", symbol(bearing.outcome()), lines.len());
        Self { bearing, heading, lines }
    }

    const fn style(&self) -> Style {
        outcome_style(self.bearing.outcome())
    }
}

/// What became of a finding that is no longer there.
#[derive(PartialEq)]
enum Fate {
    Fixed,
    Untried,
    /// Its cases fail in another way, which is a finding of its own.
    Replaced,
}

fn fate(finding: &Finding, cases: &BTreeMap<&str, &CaseReport>) -> Fate {
    let result = |case: &CaseId| cases.get(case.as_str()).and_then(|case| case.results.get(&finding.target));
    let outcomes: Vec<_> = finding.cases.iter().chain([&finding.case]).filter_map(result).map(|r| r.outcome).collect();
    if outcomes.iter().any(|outcome| matches!(outcome, Outcome::Fail | Outcome::Known)) {
        Fate::Replaced
    } else if outcomes.contains(&Outcome::Pass) {
        Fate::Fixed
    } else {
        Fate::Untried
    }
}

fn changes<'r>(old: &BTreeMap<&str, &'r CaseReport>, new: &BTreeMap<&str, &'r CaseReport>) -> Vec<Change<'r>> {
    let mut changes = Vec::new();
    for (id, after) in new {
        let Some(before) = old.get(id) else { continue };
        for (target, result) in &after.results {
            changes.extend(before.results.get(target).and_then(|earlier| change(after, target, earlier, result)));
        }
    }
    changes
}

/// Nothing where the outcome and the kind of answer are the same: another reason or detail is no other verdict.
fn change<'r>(
    case: &'r CaseReport,
    target: &'r str,
    before: &'r CaseResult,
    after: &'r CaseResult,
) -> Option<Change<'r>> {
    if before.outcome == after.outcome && word(before) == word(after) {
        return None;
    }
    let wrong = matches!(after.outcome, Outcome::Fail | Outcome::Known);
    let bearing = match (before.outcome, after.outcome) {
        _ if wrong && word(after) == Word::Accept && word(before) != Word::Accept && must_refuse(case) => {
            Bearing::Forgery
        }
        _ if wrong && word(after) == Word::Fault && word(before) != Word::Fault => Bearing::Fault,
        (_, Outcome::Fail) => Bearing::Failure,
        (Outcome::Fail | Outcome::Known, Outcome::Pass) => Bearing::Mended,
        (Outcome::Pass | Outcome::Fail | Outcome::Known, Outcome::Skip | Outcome::Inconclusive) => Bearing::Lost,
        (Outcome::Pass, Outcome::Known) => Bearing::Failure,
        _ => Bearing::Other,
    };
    Some(Change { bearing, target, case: &case.id, expected: &case.expected, before, after })
}

fn by_id(report: &Report) -> BTreeMap<&str, &CaseReport> {
    report.cases.iter().map(|case| (case.id.as_str(), case)).collect()
}

/// Some cases of a finding may be known and others not; those that are not stand for it.
fn by_fingerprint(report: &Report) -> BTreeMap<&str, &Finding> {
    let of = |outcome: Outcome| report.findings.iter().filter(move |finding| finding.outcome == outcome);
    let known_first = of(Outcome::Known).chain(of(Outcome::Fail));
    known_first.map(|finding| (finding.fingerprint.0.as_str(), finding)).collect()
}

fn versions(report: &Report) -> BTreeMap<&str, &str> {
    report.targets.iter().map(|target| (target.info.name.as_str(), target.info.version.as_str())).collect()
}

fn version_changes<'r>(
    old: &BTreeMap<&'r str, &'r str>,
    new: &BTreeMap<&'r str, &'r str>,
) -> Vec<(&'r str, &'r str, &'r str)> {
    let changed = |(name, after): (&&'r str, &&'r str)| {
        let before = old.get(name)?;
        (before != after).then_some((*name, *before, *after))
    };
    new.iter().filter_map(changed).collect()
}

fn only_in<'r, T>(one: &BTreeMap<&str, &'r T>, other: &BTreeMap<&str, &'r T>) -> Vec<&'r T> {
    one.iter().filter(|(key, _)| !other.contains_key(*key)).map(|(_, value)| *value).collect()
}
