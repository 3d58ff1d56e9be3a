//! What a person sees while a run goes on. The only file that draws.
//!
//! On a terminal: one line a target, redrawn four times a second at most. Elsewhere: a line every ten seconds. Findings are
//! said at once, one line each. Everything here goes to stderr; the report goes to stdout.

use std::collections::{BTreeMap, HashMap};
use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use token_assay::event::Event;
use token_assay_model::{Outcome, Severity};

use crate::redact::Redactor;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Loudness {
    /// Nothing but errors.
    Quiet,
    /// Progress and findings.
    Normal,
    /// Each case that failed.
    Loud,
    /// Each case.
    Louder,
}

/// Draws a run.
pub(crate) struct Console {
    loudness: Loudness,
    redactor: Redactor,
    settings: String,
    bars: MultiProgress,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    targets: HashMap<String, Progress>,
    spoke: Option<Instant>,
}

struct Progress {
    bar: ProgressBar,
    done: u64,
    of: usize,
    findings: BTreeMap<Severity, u64>,
}

impl Console {
    /// A console on stderr; its first line ends with these settings.
    pub(crate) fn new(loudness: Loudness, redactor: Redactor, settings: String) -> Self {
        let drawn = loudness == Loudness::Normal && std::io::stderr().is_terminal();
        let target = if drawn { ProgressDrawTarget::stderr_with_hz(4) } else { ProgressDrawTarget::hidden() };
        let bars = MultiProgress::with_draw_target(target);
        Self { loudness, redactor, settings, bars, state: Mutex::default() }
    }

    /// Shows an event.
    pub(crate) fn show(&self, event: &Event<'_>) {
        if self.loudness == Loudness::Quiet {
            return;
        }
        let mut state = self.state.lock().expect("drawing does not panic");
        match event {
            Event::Started { cases, targets } => {
                state.spoke = Some(Instant::now());
                let (version, cases, targets) =
                    (env!("CARGO_PKG_VERSION"), count(*cases, "case"), count(*targets, "target"));
                self.say(&format!("assay {version} · {cases} · {targets} · {}", self.settings));
            }
            Event::TargetStarted { target, info, cases } => {
                let bar = self.bars.add(ProgressBar::new(*cases as u64).with_style(style()));
                bar.set_prefix(format!("{target} {}", info.version));
                let progress = Progress { bar, done: 0, of: *cases, findings: BTreeMap::new() };
                state.targets.insert((*target).to_owned(), progress);
            }
            Event::Judged { target, case, outcome, answer, .. } => {
                if let Some(progress) = state.targets.get_mut(*target) {
                    progress.done += 1;
                    // The bar takes a lock and reads a clock: not for each of thousands of cases a second.
                    if progress.done.is_multiple_of(64) {
                        progress.bar.set_position(progress.done);
                    }
                }
                if self.wants(*outcome) {
                    let answer = answer.map_or_else(|| "not shown".to_owned(), |a| self.redactor.said(&a.to_string()));
                    self.say(&format!("{:12} {target:16} {case}  {answer}", outcome.as_str()));
                }
                self.speak_now_and_then(&mut state);
            }
            Event::Found { finding } => {
                if let Some(progress) = state.targets.get_mut(&finding.target) {
                    *progress.findings.entry(finding.severity).or_default() += 1;
                    progress.bar.set_message(by_severity(&progress.findings));
                }
                self.say(&token_assay_report::finding_line(finding));
            }
            Event::TargetFinished { target, unusable } => {
                if let Some(progress) = state.targets.get_mut(*target) {
                    progress.bar.finish_and_clear();
                }
                if let Some(why) = unusable {
                    self.say(&format!("? {target} could not be tried: {}", self.redactor.said(why)));
                }
            }
        }
    }

    /// Takes the bars away.
    pub(crate) fn finish(&self) {
        let _ = self.bars.clear();
    }

    fn wants(&self, outcome: Outcome) -> bool {
        match self.loudness {
            Loudness::Louder => true,
            Loudness::Loud => matches!(outcome, Outcome::Fail | Outcome::Known),
            Loudness::Normal | Loudness::Quiet => false,
        }
    }

    fn say(&self, line: &str) {
        self.bars.suspend(|| {
            let _ = writeln!(anstream::stderr(), "{line}");
        });
    }

    fn speak_now_and_then(&self, state: &mut State) {
        let due = state.spoke.is_none_or(|spoke| spoke.elapsed() > Duration::from_secs(10));
        if due && !std::io::stderr().is_terminal() {
            state.spoke = Some(Instant::now());
            let mut parts: Vec<String> =
                state.targets.iter().map(|(name, p)| format!("{name} {}/{}", p.done, p.of)).collect();
            parts.sort();
            self.say(&format!("… {}", parts.join(" · ")));
        }
    }
}

fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// Worst first: `1 critical 12 medium`.
fn by_severity(findings: &BTreeMap<Severity, u64>) -> String {
    let counts: Vec<String> = findings.iter().rev().map(|(severity, count)| format!("{count} {severity}")).collect();
    counts.join(" ")
}

fn style() -> ProgressStyle {
    let rate = |state: &ProgressState, text: &mut dyn std::fmt::Write| {
        let _ = write!(text, "{:.0}/s", state.per_sec());
    };
    ProgressStyle::with_template("{prefix:24} {bar:24} {pos:>6}/{len:<6} {rate:>8}  {msg}")
        .expect("the template is fixed and well formed")
        .with_key("rate", rate)
}
