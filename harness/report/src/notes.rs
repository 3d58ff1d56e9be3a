//! What is no finding but worth a line.
//!
//! Takes a report, gives notes: what was not tried and why, which known failures are stale, what differs without being
//! wrong. Never a finding.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use token_assay_model::report::{TargetReport, Timing};
use token_assay_model::{Finding, Outcome, Report};

use crate::text::{LINE, SENTENCE, count, shown};
use crate::{detail, facts};

/// A sentence, with the outcome that it is about.
pub(crate) struct Note {
    /// Nothing where it is about no outcome.
    pub(crate) outcome: Option<Outcome>,
    /// It, in one line.
    pub(crate) text: String,
}

/// All of them, in the order of the targets, and what is about all targets last.
pub(crate) fn notes(report: &Report) -> Vec<Note> {
    let mut notes: Vec<_> = report.targets.iter().flat_map(|target| of_target(report, target)).collect();
    notes.extend(report.stale.iter().map(|entry| {
        let (target, case) = (shown(&entry.target, LINE), shown(&entry.case, LINE));
        let because = shown(&entry.because, SENTENCE);
        Note::new(Outcome::Known, format!("stale: the known entry for {target}, {case}: {because}"))
    }));
    notes.extend(splits(report));
    notes.extend(other_reasons(report));
    notes
}

/// How many documented differences of each target were met; they drown nothing else.
pub(crate) fn quirks(report: &Report, quirks: &[&Finding]) -> Vec<Note> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for finding in quirks {
        *counts.entry(finding.target.as_str()).or_default() += 1;
    }
    let note = |(target, quirks): (&str, u64)| {
        let name = detail::target_name(report, target);
        Note::new(Outcome::Known, format!("{name}: {}, documented by itself", count(quirks, "quirk")))
    };
    counts.into_iter().map(note).collect()
}

impl Note {
    /// A note about an outcome.
    pub(crate) fn new(outcome: Outcome, text: String) -> Self {
        Self { outcome: Some(outcome), text }
    }
}

/// What each target was not shown, and why.
pub(crate) fn all_skips(report: &Report) -> Vec<String> {
    let of_target = |target: &TargetReport| {
        let name = detail::target_name(report, &target.info.name);
        skips(target).map(|skips| format!("{name} lacks {skips}"))
    };
    report.targets.iter().filter_map(of_target).collect()
}

fn of_target(report: &Report, target: &TargetReport) -> Vec<Note> {
    let name = detail::target_name(report, &target.info.name);
    let mut notes = Vec::new();
    match &target.unusable {
        Some(why) => {
            let text = format!("{name} could not be tried: {}", shown(why, SENTENCE));
            notes.push(Note::new(Outcome::Inconclusive, text));
        }
        // Where no control held, that is why the target is unusable.
        None => notes.extend(facts::control_failures(target).into_iter().map(|((profile, did), cases)| {
            let (did, cases) = (shown(did, SENTENCE), count(cases, "case"));
            let text = format!("{name} failed its control under {profile}, {did} ({cases} inconclusive)");
            Note::new(Outcome::Inconclusive, text)
        })),
    }
    notes.extend(skips(target).map(|skips| Note::new(Outcome::Skip, format!("{name} skipped for want of {skips}"))));
    notes.extend(target.timing.map(|timing| Note { outcome: None, text: format!("{name} {}", told_by_time(&timing)) }));
    notes
}

/// What the times of refusals tell. On a shared machine that is a hint at most, so each has its number.
fn told_by_time(timing: &Timing) -> String {
    let Timing { samples, t, nearly_right_nanoseconds, wrong_nanoseconds } = timing;
    let says = match t.abs() {
        0.0..4.5 => "shows no difference in time between",
        4.5..10.0 => "may differ in time between",
        _ => "differs in time between",
    };
    format!(
        "{says} MACs that are right but for their last octet and random ones: t = {t:.1} over {samples} refusals, medians \
         {nearly_right_nanoseconds} and {wrong_nanoseconds} ns; a note, no verdict"
    )
}

/// The capabilities that a target lacks with the number of cases, most first.
fn skips(target: &TargetReport) -> Option<String> {
    let mut lacks: Vec<_> = target.skipped_for.iter().collect();
    lacks.sort_by_key(|(_, cases)| Reverse(**cases));
    let lacks: Vec<_> = lacks.iter().map(|(name, cases)| format!("{} ({cases})", shown(name, LINE))).collect();
    (!lacks.is_empty()).then(|| lacks.join(", "))
}

fn splits(report: &Report) -> Option<Note> {
    let splits = facts::splits(report);
    let text = || format!("{} left open by the standard got different answers", count(splits, "case"));
    (splits > 0).then(|| Note { outcome: None, text: text() })
}

fn other_reasons(report: &Report) -> Option<Note> {
    let of_target = |target: &TargetReport| {
        let cases = facts::sum(target.other_reasons.values().copied());
        (cases > 0).then(|| format!("{} ({cases})", detail::target_name(report, &target.info.name)))
    };
    let targets: Vec<_> = report.targets.iter().filter_map(of_target).collect();
    let text = || format!("refused for another reason than the expected one: {}", targets.join(", "));
    (!targets.is_empty()).then(|| Note { outcome: None, text: text() })
}
