//! What a person sees while a run or a campaign goes on. The only file that draws.
//!
//! On a terminal: one line a target, redrawn four times a second at most. Elsewhere: a line every ten seconds. Findings are
//! said at once, one line each. Everything here goes to stderr; the report goes to stdout.

use std::collections::{BTreeMap, HashMap};
use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use token_assay::campaign;
use token_assay::event::Event;
use token_assay_model::{Finding, Outcome, Severity};

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
            Event::Started { cases, targets, .. } => {
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

    /// Says something about the run itself.
    pub(crate) fn note(&self, text: &str) {
        if self.loudness > Loudness::Quiet {
            self.say(&format!("! {text}"));
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

/// Draws a campaign: one line that changes, and a line a finding.
pub(crate) struct CampaignConsole {
    loudness: Loudness,
    redactor: Redactor,
    bar: ProgressBar,
    drawn: Mutex<Instant>,
}

impl CampaignConsole {
    /// A console on stderr that has said its first line.
    pub(crate) fn new(loudness: Loudness, redactor: Redactor, first: &str) -> Self {
        let drawn = loudness >= Loudness::Normal && std::io::stderr().is_terminal();
        let target = if drawn { ProgressDrawTarget::stderr_with_hz(4) } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template("{msg}").expect("the template is fixed and well formed");
        let bar = ProgressBar::with_draw_target(None, target).with_style(style);
        let console = Self { loudness, redactor, bar, drawn: Mutex::new(Instant::now()) };
        console.say(first);
        console
    }

    /// Shows an event; findings are for [`Self::found`].
    pub(crate) fn show(&self, event: &campaign::Event<'_>) {
        match event {
            campaign::Event::TargetStarted { target, info } if self.loudness >= Loudness::Loud => {
                self.say(&format!("{target} {}", self.redactor.said(&info.version)));
            }
            campaign::Event::TargetLost { target, because } => {
                self.say(&format!("? {target} could not be tried: {}", self.redactor.said(because)));
            }
            campaign::Event::Progress(progress) => self.progress(progress),
            campaign::Event::TargetStarted { .. } | campaign::Event::Found(_) => {}
        }
    }

    /// Announces a finding.
    pub(crate) fn found(&self, finding: &Finding) {
        self.say(&token_assay_report::found_line(&self.redactor.finding(finding)));
    }

    /// Says something about the campaign itself.
    pub(crate) fn note(&self, text: &str) {
        if self.loudness > Loudness::Quiet {
            self.say(&format!("! {text}"));
        }
    }

    /// Says a line above the one that changes.
    pub(crate) fn say(&self, line: &str) {
        if self.loudness > Loudness::Quiet {
            self.bar.suspend(|| {
                let _ = writeln!(anstream::stderr(), "{line}");
            });
        }
    }

    /// Takes the line away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn progress(&self, progress: &campaign::Progress) {
        let mut drawn = self.drawn.lock().expect("drawing does not panic");
        let pause = if self.bar.is_hidden() { SPOKEN_EVERY } else { DRAWN_EVERY };
        if drawn.elapsed() < pause {
            return;
        }
        *drawn = Instant::now();
        let line = status(progress);
        if self.bar.is_hidden() { self.say(&format!("… {line}")) } else { self.bar.set_message(line) }
    }
}

/// `1m05s · new class 3s ago · finding 20s ago · 61234/s · 98 % decoded 61 % verified 23 % valid · 1 critical`.
fn status(progress: &campaign::Progress) -> String {
    let share = |number: u64| 100 * number / progress.cases.max(1);
    let rate = progress.cases as f64 / progress.elapsed.as_secs_f64().max(0.001);
    let finding = if progress.findings.is_empty() {
        "no finding yet".to_owned()
    } else {
        format!("finding {} ago", time(progress.since_finding))
    };
    let mut parts = vec![
        time(progress.elapsed),
        format!("new class {} ago", time(progress.since_class)),
        finding,
        format!("{rate:.0}/s"),
        format!(
            "{} % decoded {} % verified {} % valid",
            share(progress.decoded),
            share(progress.verified),
            share(progress.accepted)
        ),
    ];
    parts.extend(Some(by_severity(&progress.findings)).filter(|counts| !counts.is_empty()));
    parts.join(" · ")
}

/// `9s`, `1m05s`, `2h03m`.
fn time(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        seconds => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
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

/// How often a campaign's line is drawn anew on a terminal.
const DRAWN_EVERY: Duration = Duration::from_millis(250);

/// How often it is said elsewhere.
const SPOKEN_EVERY: Duration = Duration::from_secs(10);

/// What a person sees while something is measured: one line, which costs the measured no time while it is measured.
#[cfg(feature = "bench")]
pub(crate) struct Meter {
    bar: ProgressBar,
    is_quiet: bool,
    spoke: std::cell::Cell<Option<Instant>>,
}

#[cfg(feature = "bench")]
impl Meter {
    /// A line on stderr. It is never redrawn by itself: a thread that draws would be measured too.
    pub(crate) fn new(is_quiet: bool) -> Self {
        let drawn = !is_quiet && std::io::stderr().is_terminal();
        let target = if drawn { ProgressDrawTarget::stderr_with_hz(4) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(ProgressStyle::with_template("{elapsed} {msg}").expect("the template is right"));
        Self { bar, is_quiet, spoke: std::cell::Cell::new(None) }
    }

    /// What is done now.
    pub(crate) fn say(&self, text: &str) {
        self.bar.set_message(text.to_owned());
        self.bar.tick();
        if !self.is_quiet && self.bar.is_hidden() {
            let _ = writeln!(anstream::stderr(), "{text}");
        }
    }

    /// How far the measurement is: on no terminal, a line every ten seconds.
    pub(crate) fn measuring(&self, done: usize, all: usize, group: &str) {
        let text = format!("{done} of {all}: {group}");
        self.bar.set_message(text.clone());
        self.bar.tick();
        let is_time = self.spoke.get().is_none_or(|spoke| spoke.elapsed() > Duration::from_secs(10));
        if !self.is_quiet && self.bar.is_hidden() && is_time {
            self.spoke.set(Some(Instant::now()));
            let _ = writeln!(anstream::stderr(), "{text}");
        }
    }

    /// The line goes.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_campaign_says_how_far_it_is_and_what_came_of_it() {
        let progress = campaign::Progress {
            elapsed: Duration::from_secs(65),
            cases: 6500,
            decoded: 6370,
            verified: 3900,
            accepted: 1300,
            since_class: Duration::from_secs(3),
            since_finding: Duration::from_secs(20),
            findings: [(Severity::Critical, 1), (Severity::Low, 2)].into(),
            ..campaign::Progress::default()
        };
        assert_eq!(
            status(&progress),
            "1m05s · new class 3s ago · finding 20s ago · 100/s · 98 % decoded 60 % verified 20 % valid · 1 critical 2 low"
        );
        let nothing = campaign::Progress { findings: BTreeMap::new(), ..progress };
        assert!(status(&nothing).contains("no finding yet") && status(&nothing).ends_with("valid"));
        assert_eq!(time(Duration::from_secs(7380)), "2h03m");
    }
}
