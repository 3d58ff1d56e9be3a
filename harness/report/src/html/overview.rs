//! The first page: what ran, what was found, what to do next.
//!
//! Takes a report, gives what the template shows. Counts have what they are counted of beside them; targets stand in the order
//! of the run, and none has a score.

use std::collections::BTreeSet;

use token_assay_model::{Finding, Outcome, Report, Severity};

use super::Listed;
use super::data::Data;
use super::text::Markup;
use crate::text::{LINE, NAME, SENTENCE, count, duration, shown};
use crate::{Options, cost, facts, notes, terminal};

/// What stands there.
pub(super) struct Overview {
    pub(super) mark: &'static str,
    pub(super) headline: String,
    pub(super) headline_class: &'static str,
    pub(super) banners: Vec<Markup>,
    pub(super) facts: Vec<(&'static str, Markup)>,
    pub(super) classes: usize,
    pub(super) severities: Vec<SeverityRow>,
    pub(super) worst: Vec<Listed>,
    pub(super) next: Vec<Step>,
    pub(super) targets: Vec<TargetRow>,
    pub(super) notes: Vec<(&'static str, Markup)>,
    pub(super) costs: Vec<[Markup; 4]>,
    pub(super) skips: Vec<Markup>,
}

/// Findings of one severity, or those that are known.
pub(super) struct SeverityRow {
    pub(super) word: &'static str,
    pub(super) means: &'static str,
    pub(super) findings: usize,
    pub(super) classes: usize,
    pub(super) targets: usize,
}

/// Something to do.
pub(super) struct Step {
    pub(super) text: Markup,
    pub(super) command: Option<Markup>,
    pub(super) link: Option<(String, &'static str)>,
}

/// A target's counts.
pub(super) struct TargetRow {
    pub(super) name: Markup,
    pub(super) version: Markup,
    pub(super) language: Markup,
    pub(super) wrong: u64,
    pub(super) tried: u64,
    pub(super) pass: u64,
    pub(super) fail: u64,
    pub(super) known: u64,
    pub(super) skip: u64,
    pub(super) inconclusive: u64,
    pub(super) findings: usize,
}

/// How it ended: the outcome and the sentence.
pub(super) fn headline(report: &Report) -> (Outcome, String) {
    let findings = report.findings.iter().filter(|finding| finding.outcome == Outcome::Fail).count();
    let unusable = report.targets.iter().any(|target| target.unusable.is_some());
    let whole = report.run.complete && !unusable && report.tried() > 0;
    match (findings, whole) {
        (0, true) => (Outcome::Pass, "No findings".to_owned()),
        (0, false) => (Outcome::Inconclusive, "Nothing is proven".to_owned()),
        (findings, _) => {
            let (some, all) = (facts::targets_with_findings(report), count(report.targets.len(), "target"));
            (Outcome::Fail, format!("{} in {some} of {all}", count(findings, "finding")))
        }
    }
}

impl Overview {
    /// Of this report.
    pub(super) fn new(report: &Report, options: &Options, data: &Data) -> Self {
        let (outcome, headline) = headline(report);
        let failed = facts::findings(report, Outcome::Fail);
        Self {
            mark: terminal::symbol(outcome),
            headline,
            headline_class: match outcome {
                Outcome::Pass => "ok",
                Outcome::Fail => "bad",
                _ => "open",
            },
            banners: banners(report),
            facts: what_ran(report, options),
            classes: data.classes.len(),
            severities: severities(&failed),
            worst: worst(report, data),
            next: next(report, &failed, data),
            targets: report.targets.iter().map(|target| row(report, target)).collect(),
            notes: remarks(report),
            costs: cost::rows(report)
                .iter()
                .take(MOST_COSTS)
                .map(|row| row.cells().map(|cell| Markup::ours(&cell)))
                .collect(),
            skips: notes::all_skips(report).iter().map(|text| Markup::ours(text)).collect(),
        }
    }
}

fn banners(report: &Report) -> Vec<Markup> {
    let mut banners = Vec::new();
    if !report.run.complete {
        let why = report.run.stopped.as_deref().unwrap_or("no reason given");
        let mut said = Markup::ours(
            "? This is not a complete run: what was not reached is inconclusive, and silence proves nothing. It stopped: ",
        );
        said.push_text(why, SENTENCE);
        banners.push(said);
    }
    for target in &report.targets {
        if let Some(why) = &target.unusable {
            let mut said = Markup::ours("? ");
            said.push(&super::finding::target(report, &target.info.name));
            said.push_text(" could not be tried: ", SENTENCE);
            said.push_text(why, SENTENCE);
            banners.push(said);
        }
    }
    banners
}

fn what_ran(report: &Report, options: &Options) -> Vec<(&'static str, Markup)> {
    let run = &report.run;
    let text = |text: &str| Markup::text(text, LINE);
    let forgeries = facts::forgeries(report);
    let selection = if run.selection.is_empty() { "everything".to_owned() } else { run.selection.join(" ") };
    let mut rows = vec![
        ("started", text(&run.started)),
        ("took", text(&duration(run.milliseconds.saturating_mul(1000)))),
        ("version", text(&format!("{} {}", report.tool.name, report.tool.version))),
        ("seed", text(&run.seed.to_string())),
        ("clock", text(&run.now.to_string())),
        ("selection", Markup::text(&selection, SENTENCE)),
        ("cases", text(&facts::cases(report).to_string())),
        ("classes", text(&report.classes.len().to_string())),
        ("targets", text(&report.targets.len().to_string())),
    ];
    if report.campaign.is_none() {
        rows.push(("forgeries accepted", text(&format!("{} of {}", forgeries.accepted, forgeries.answered))));
    }
    rows.extend(report.baseline.as_ref().map(|baseline| ("baseline", text(&baseline.started))));
    rows.extend(
        run.redacted.then(|| ("redacted", Markup::ours("keys and tokens of your own are shown by their hashes"))),
    );
    rows.extend(options.exit_code.map(|code| ("exit code", text(&(code as u8).to_string()))));
    rows
}

fn severities(failed: &[&Finding]) -> Vec<SeverityRow> {
    let row = |severity: &Severity| {
        let of: Vec<_> = failed.iter().filter(|finding| finding.severity == *severity).collect();
        SeverityRow {
            word: severity.as_str(),
            means: super::finding::means(*severity),
            findings: of.len(),
            classes: of.iter().map(|finding| facts::class_id(&finding.case)).collect::<BTreeSet<_>>().len(),
            targets: of.iter().map(|finding| finding.target.as_str()).collect::<BTreeSet<_>>().len(),
        }
    };
    Severity::ALL.iter().rev().map(row).filter(|row| row.findings > 0).collect()
}

/// One of each class and sentence.
fn worst(report: &Report, data: &Data) -> Vec<Listed> {
    let mut worst: Vec<(Listed, String, BTreeSet<&str>)> = Vec::new();
    let all = super::listed(report, data, usize::MAX);
    for (row, finding) in all.into_iter().zip(super::data::in_order(report)) {
        if finding.outcome != Outcome::Fail {
            continue;
        }
        let key = format!("{}\0{}", facts::class_id(&finding.case), finding.title);
        if let Some((_, _, targets)) = worst.iter_mut().find(|(_, known, _)| *known == key) {
            targets.insert(&finding.target);
        } else if worst.len() < MOST_WORST {
            worst.push((row, key, BTreeSet::from([finding.target.as_str()])));
        }
    }
    worst.into_iter().map(|(row, _, targets)| Listed { others: targets.len() - 1, ..row }).collect()
}

fn next(report: &Report, failed: &[&Finding], data: &Data) -> Vec<Step> {
    let step = |text: &str, command: Option<String>, link: Option<(String, &'static str)>| Step {
        text: Markup::ours(text),
        command: command.map(|command| Markup::text(&command, LINE)),
        link,
    };
    let mut steps = Vec::new();
    if !report.run.complete {
        steps.push(step("Run it to its end: what is inconclusive for want of time is no pass.", None, None));
    }
    if report.targets.iter().any(|target| target.unusable.is_some()) {
        let text = "Mend what could not be tried: `assay check` shows on one screen what a shim does and does not.";
        steps.push(step(text, None, None));
    }
    if let (Some(finding), Some(row)) = (failed.first(), data.findings.first()) {
        steps.push(step("Read the worst finding.", None, Some((format!("#{}", row.anchor), "To it"))));
        steps.push(step(
            "See it again: exactly its octets are sent.",
            Some(format!("assay replay {}", finding.fingerprint)),
            None,
        ));
        let class = facts::class_id(&finding.case);
        steps.push(step("Read the clause and the usual mend.", Some(format!("assay explain {class}")), None));
        let text = "What you accept, list with a reason under [[known]] in assay.toml. Before you tell anybody else, read SECURITY.md.";
        steps.push(step(text, None, None));
    }
    let skipped: u64 = facts::sum(report.targets.iter().flat_map(|target| target.skipped_for.values().copied()));
    if skipped > 0 {
        let text = format!(
            "{} skipped for want of a capability: look whether the shim can say more.",
            count(skipped, "answer")
        );
        steps.push(step(&text, None, Some(("#matrix?show=skipped".to_owned(), "Which, and why"))));
    }
    if let Some(baseline) = &report.baseline {
        let new = report.findings.iter().filter(|finding| report.is_new(finding)).count();
        let text = format!(
            "Since the baseline of {}: {} new, {} not found again.",
            shown(&baseline.started, LINE),
            count(new, "finding"),
            count(baseline.gone.len(), "finding")
        );
        steps.push(step(&text, None, (new > 0).then(|| ("#findings?show=new".to_owned(), "The new ones"))));
    }
    if steps.is_empty() {
        steps.push(step("Keep it so: run this in CI, and give the last report with --baseline.", None, None));
    }
    steps
}

fn row(report: &Report, target: &token_assay_model::report::TargetReport) -> TargetRow {
    let [pass, fail, skip, inconclusive, known] =
        [Outcome::Pass, Outcome::Fail, Outcome::Skip, Outcome::Inconclusive, Outcome::Known]
            .map(|outcome| facts::outcomes(target, outcome));
    let is_own = |finding: &&Finding| finding.target == target.info.name && finding.outcome == Outcome::Fail;
    TargetRow {
        name: Markup::text(&target.info.name, NAME),
        version: Markup::text(&target.info.version, NAME),
        language: Markup::text(&target.info.language, NAME),
        wrong: facts::sum([fail, known]),
        tried: facts::sum([pass, fail, known]),
        pass,
        fail,
        known,
        skip,
        inconclusive,
        findings: report.findings.iter().filter(is_own).count(),
    }
}

fn remarks(report: &Report) -> Vec<(&'static str, Markup)> {
    let quirks: Vec<&Finding> =
        facts::findings(report, Outcome::Known).into_iter().filter(|finding| finding.is_quirk()).collect();
    let notes = notes::quirks(report, &quirks).into_iter().chain(notes::notes(report));
    notes.map(|note| (note.outcome.map_or("", terminal::symbol), Markup::ours(&note.text))).collect()
}

/// How many are shown at once.
const MOST_WORST: usize = 6;
/// How many classes have their costs told.
const MOST_COSTS: usize = 200;
