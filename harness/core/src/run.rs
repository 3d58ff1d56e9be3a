//! The loop: control, request, observe, judge. The only file that knows all the others.
//!
//! Takes targets and a selection of the catalogue, gives a [`Report`]. Targets run side by side; each is shown its controls
//! first, then its cases, then the controls again. Says what happens to a [`Listener`] meanwhile. Never reads a clock but
//! to measure, never touches a disk.
//!
//! ```
//! use std::sync::atomic::AtomicBool;
//! use std::time::Duration;
//!
//! use token_assay::forge::{Keyring, NOW};
//! use token_assay::run::{Options, Subject, run, verifier};
//! use token_assay::targets::InProcess;
//!
//! let name = "strawman-allows-none";
//! let verifier = verifier(name).expect("it is built in");
//! let subject = Subject { name: name.into(), driver: Box::new(InProcess(verifier, Duration::from_secs(1))) };
//! let options = Options {
//!     keyring: Keyring::corpus(),
//!     now: NOW,
//!     real_now: NOW,
//!     started: "2023-11-14T22:13:20Z".into(),
//!     seed: 0,
//!     selection: vec!["alg-none".into()],
//!     wanted: &|_| true,
//!     regressions: &[],
//!     known: &[],
//!     repeat: 1,
//!     jobs: 1,
//!     max_time: None,
//!     max_findings: None,
//!     stop: &AtomicBool::new(false),
//!     timing: false,
//!     endpoint: None,
//! };
//! let report = run(vec![subject], &options, &|_| {});
//! assert!(!report.findings.is_empty());
//! ```

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use token_assay_model::report::{TargetInfo, Timing};
use token_assay_model::{
    Answer, Case, CaseId, Control, CookieHeader, Expectation, Feature, Finding, Input, Observation, Oracle, Outcome,
    Report, Request, Severity, Verdict, cookie,
};

use crate::attacks::{self, Class, Family, Make, Workshop};
use crate::collect::{self, Cell, Marked, TargetResult};
use crate::endpoint::{self, Endpoint, Fetch};
use crate::event::{Event, Listener};
use crate::forge::{Forge, Keyring};
use crate::known::{self, Known};
use crate::needs::Needs;
use crate::oracles::cost::Cost;
use crate::oracles::relation::{self, Relation};
use crate::oracles::{self, Judgement};
use crate::regressions::Regression;
use crate::strawman::Sound;
use crate::targets::{self, Driver, Unusable, Verifier};
use crate::timing;
use crate::weigh::{self, Weighed};

/// A target with the name that it was asked for by.
pub struct Subject {
    /// The name in reports.
    pub name: String,
    /// How requests reach it.
    pub driver: Box<dyn Driver>,
}

/// What to run, and when to stop.
pub struct Options<'a> {
    /// The keys that sign.
    pub keyring: Keyring,
    /// The clock of targets that obey one, in Unix seconds.
    pub now: i64,
    /// The clock of those that do not: the real one.
    pub real_now: i64,
    /// When the run started, RFC 3339.
    pub started: String,
    /// For the report; forged cases do not depend on it.
    pub seed: u64,
    /// Id prefixes as the user gave them; none is everything.
    pub selection: Vec<String>,
    /// Whether a selected case is wanted after all: globs that skip, shards.
    pub wanted: &'a (dyn Fn(&CaseId) -> bool + Sync),
    /// Findings that are kept as cases.
    pub regressions: &'a [Regression],
    /// Known failures.
    pub known: &'a [Known],
    /// How often each case is shown, under an id of its own each time.
    pub repeat: usize,
    /// Targets side by side.
    pub jobs: usize,
    /// When to stop whatever is left.
    pub max_time: Option<Duration>,
    /// After how many findings that are no known ones to stop, and from which severity they count.
    pub max_findings: Option<(usize, Severity)>,
    /// Set from outside to stop.
    pub stop: &'a AtomicBool,
    /// Whether to time refusals of MACs that are nearly right, where the class is selected that has them.
    pub timing: bool,
    /// Where requests arrive that tokens ask for; without it nobody sees them.
    pub endpoint: Option<&'a Endpoint>,
}

/// The verifier of this name: a linked crate, the sound verifier, or a strawman.
///
/// ```
/// use token_assay::run::verifier;
///
/// assert!(verifier("sound").is_some() && verifier("strawman-allows-none").is_some());
/// assert!(verifier("a-name-that-nobody-has").is_none());
/// ```
pub fn verifier(name: &str) -> Option<&'static dyn Verifier> {
    let linked = targets::linked().iter().find(|target| target.name == name).map(|target| target.verifier);
    linked.or_else(|| (name == "sound").then_some(&Sound as &dyn Verifier)).or_else(|| {
        let strawman = attacks::wrong().find(|strawman| name.strip_prefix("strawman-") == Some(strawman.name()));
        strawman.map(|strawman| strawman as &dyn Verifier)
    })
}

/// Runs the selected cases against the targets.
pub fn run(subjects: Vec<Subject>, options: &Options<'_>, listener: &Listener<'_>) -> Report {
    let forges = [options.now, options.real_now].map(|now| Forge::with_keys(options.keyring.clone(), now));
    let workshops = forges.each_ref().map(Workshop::new);
    run_in(workshops.each_ref(), subjects, options, listener)
}

/// The same with cases from these workshops: for targets that obey a clock, and for those that do not. The options' keys and
/// clocks are then for the report alone.
pub fn run_in(
    workshops: [&Workshop<'_>; 2],
    subjects: Vec<Subject>,
    options: &Options<'_>,
    listener: &Listener<'_>,
) -> Report {
    go_through(workshops, subjects, options, Some(listener))
}

/// The same where nobody listens: no case need be counted before the first is shown, so that they are forged while targets
/// answer those before them.
pub fn run_unheard(workshops: [&Workshop<'_>; 2], subjects: Vec<Subject>, options: &Options<'_>) -> Report {
    go_through(workshops, subjects, options, None)
}

fn go_through(
    workshops: [&Workshop<'_>; 2],
    subjects: Vec<Subject>,
    options: &Options<'_>,
    listener: Option<&Listener<'_>>,
) -> Report {
    let started = Instant::now();
    let [fixed, real] = workshops.map(|workshop| Suite::new(workshop, options));
    let halt = Halt { options, started, findings: Mutex::default(), reason: OnceLock::new() };
    let results = std::thread::scope(|scope| match listener {
        Some(listener) => {
            // Forged from both ends at once, so that the count of cases is known in half the time.
            scope.spawn(|| fixed.forge_backwards());
            let suites = collect::Suites { fixed: fixed.all().collect(), real: Vec::new() };
            let blank = collect::blank(&suites, options);
            listener(Event::Started { cases: suites.fixed.len(), targets: subjects.len(), blank: &blank });
            side_by_side(subjects, options.jobs, |subject| {
                drive(subject, [&fixed, &real], options, &halt, Some(listener))
            })
        }
        None => side_by_side(subjects, options.jobs, |subject| drive(subject, [&fixed, &real], options, &halt, None)),
    });
    let results: Vec<TargetResult> = results.into_iter().flatten().collect();
    let stopped = halt.reason.get().cloned();
    // Where no target obeys a clock, the cases are those that they were shown: nobody needs the others.
    let is_fixed = results.is_empty() || results.iter().any(|result| result.clocked) || listener.is_some();
    let told = if is_fixed { &fixed } else { &real };
    let suites = collect::Suites { fixed: told.all().collect(), real: real.forged().collect() };
    collect::report(&suites, results, options, started.elapsed(), stopped)
}

/// The selected cases, dated from one clock. They are forged class by class, each when it is first wanted: a target that
/// obeys no clock gets tokens whose signatures no cache holds, and need not wait for all of them before the first.
struct Suite<'s> {
    options: &'s Options<'s>,
    workshop: &'s Workshop<'s>,
    parts: Vec<Part<'s>>,
}

/// A class, or the kept findings where it is none, and their cases.
struct Part<'s> {
    class: Option<(&'static Family, &'static Class)>,
    /// Of the prefixes that select cases those that could select one of this class, where not all of it is selected.
    selection: Option<Vec<&'s str>>,
    /// Somebody forges it, or has.
    begun: AtomicBool,
    cases: OnceLock<Vec<Case>>,
}

impl<'s> Part<'s> {
    fn new(class: Option<(&'static Family, &'static Class)>, selection: Option<Vec<&'s str>>) -> Self {
        Self { class, selection, begun: AtomicBool::new(false), cases: OnceLock::new() }
    }
}

impl<'s> Suite<'s> {
    fn new(workshop: &'s Workshop<'s>, options: &'s Options<'s>) -> Self {
        let all = &options.selection;
        // What was wrong once comes first: a run that is cut short has shown it.
        let kept = (!all.is_empty()).then(|| all.iter().map(String::as_str).collect());
        let mut parts = vec![Part::new(None, kept)];
        let named: HashSet<&str> = all.iter().map(String::as_str).collect();
        for (family, class) in attacks::classes() {
            let name = format!("{}/{}", family.id, class.id);
            let id = CaseId::new_class(&name);
            let is_whole =
                || all.is_empty() || named.contains(&*name) || all.iter().any(|prefix| id.starts_with(prefix));
            let selection: Option<Vec<&str>> = (!is_whole())
                .then(|| all.iter().map(String::as_str).filter(|prefix| may_lie_in(prefix, &name)).collect());
            if selection.as_ref().is_none_or(|some| !some.is_empty()) {
                parts.push(Part::new(Some((family, class)), selection));
            }
        }
        Self { options, workshop, parts }
    }

    fn forge_backwards(&self) {
        self.parts.iter().rev().for_each(|part| self.begin(part));
    }

    fn forge_ahead(&self) {
        self.parts.iter().for_each(|part| self.begin(part));
    }

    /// Forges it, unless somebody else does.
    fn begin(&self, part: &Part<'_>) {
        if !part.begun.load(Ordering::Relaxed) && !part.begun.swap(true, Ordering::Relaxed) {
            part.cases.get_or_init(|| self.forge(part));
        }
    }

    fn all(&self) -> impl Iterator<Item = &Case> {
        self.parts.iter().flat_map(|part| self.cases(part))
    }

    /// Those that somebody wanted; the first ones of [`Self::all`], as targets go through them in order.
    fn forged(&self) -> impl Iterator<Item = &Case> {
        self.parts.iter().map_while(|part| part.cases.get()).flatten()
    }

    /// While somebody else forges it, others that are wanted soon are forged here.
    fn cases<'p>(&self, part: &'p Part<'_>) -> &'p [Case] {
        self.begin(part);
        for other in &self.parts {
            if part.cases.get().is_some() {
                break;
            }
            self.begin(other);
        }
        part.cases.get_or_init(|| self.forge(part))
    }

    fn forge(&self, part: &Part<'_>) -> Vec<Case> {
        let Options { wanted, repeat, regressions, .. } = self.options;
        let mut cases = match part.class {
            Some((family, class)) => self.workshop.cases(family, class),
            None => regressions.iter().map(Regression::case).collect(),
        };
        let selection = part.selection.as_deref();
        let selected = |id: &CaseId| selection.is_none_or(|some| some.iter().any(|prefix| id.starts_with(prefix)));
        cases.retain(|case| selected(&case.id) && wanted(&case.id));
        let copy = |times: usize, case: &Case| Case { id: case.id.with_suffix(&format!("-r{times}")), ..case.clone() };
        let copies: Vec<Case> =
            (2..=*repeat).flat_map(|times| cases.iter().map(move |case| copy(times, case))).collect();
        cases.extend(copies);
        cases
    }
}

/// Whether a prefix that names a case could name one of this class.
fn may_lie_in(prefix: &str, class: &str) -> bool {
    let lies_in = |class: &str| prefix.strip_prefix(class).is_some_and(|rest| rest.starts_with('/'));
    lies_in(class) || class.split_once('/').is_some_and(|(_, bare)| lies_in(bare))
}

/// Why and whether to stop.
struct Halt<'o> {
    options: &'o Options<'o>,
    started: Instant,
    findings: Mutex<BTreeSet<String>>,
    reason: OnceLock<String>,
}

impl Halt<'_> {
    fn wanted(&self) -> bool {
        let late = self.options.max_time.is_some_and(|limit| self.started.elapsed() > limit);
        if self.options.stop.load(Ordering::Relaxed) {
            self.reason.get_or_init(|| "interrupted".to_owned());
        } else if late {
            self.reason.get_or_init(|| "the time given by --max-time was over".to_owned());
        }
        self.reason.get().is_some()
    }

    fn found(&self, fingerprint: &str, severity: Severity) {
        let Some((limit, least)) = self.options.max_findings else { return };
        let mut findings = self.findings.lock().expect("nobody panics while holding it");
        if severity >= least && findings.insert(fingerprint.to_owned()) && findings.len() >= limit {
            self.reason.get_or_init(|| format!("{limit} findings were enough"));
        }
    }
}

fn side_by_side<T: Send, R: Send>(work: Vec<T>, jobs: usize, each: impl Fn(T) -> R + Sync) -> Vec<R> {
    let total = work.len();
    let queue = Mutex::new(work.into_iter().enumerate());
    let done = Mutex::new(Vec::with_capacity(total));
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, total.max(1)) {
            scope.spawn(|| {
                loop {
                    let Some((index, item)) = queue.lock().expect("taking an item does not panic").next() else {
                        break;
                    };
                    let result = each(item);
                    done.lock().expect("pushing does not panic").push((index, result));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("all threads have ended well");
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// How a target does under a policy whose control was shown.
#[derive(Debug, Clone, PartialEq)]
enum Health {
    /// It tells the valid token from the tampered one.
    Sound,
    /// It cannot obey the policy.
    Unsupported(String),
    /// It refuses the valid token: its refusals prove nothing.
    Refuses(Answer),
    /// It accepts the tampered one: it checks no signature.
    AcceptsTampered(Answer),
    /// The run stopped before it was asked.
    Unknown,
}

/// Nothing where no case is of the kind that the target deals in. Where nobody listens that is known at the end.
fn drive(
    mut subject: Subject,
    [fixed, real]: [&Suite<'_>; 2],
    options: &Options<'_>,
    halt: &Halt<'_>,
    listener: Option<&Listener<'_>>,
) -> Option<TargetResult> {
    let say = |event: Event<'_>| listener.into_iter().for_each(|listener| listener(event));
    let info = match subject.driver.start() {
        Ok(info) => info,
        Err(Unusable(why)) => {
            say(Event::TargetFinished { target: &subject.name, unusable: Some(&why) });
            return Some(TargetResult::unusable(subject.name, why));
        }
    };
    let clocked = info.supports.contains(&Feature::Clock.into());
    let suite = if clocked { fixed } else { real };
    let mut needs = Needs::of(&info);
    if listener.is_some() {
        if deals_in_none(&needs, fixed) {
            return None;
        }
        let cases = fixed.all().filter(|case| !needs.foreign(case) && needs.lacking(case).is_none()).count();
        say(Event::TargetStarted { target: &subject.name, info: &info, cases });
    }
    let mut target = Target::new(&subject.name, &info, options, halt, &say);
    let outcome = std::thread::scope(|scope| {
        if listener.is_none() {
            scope.spawn(|| suite.forge_ahead());
        }
        target.go_through(suite, subject.driver.as_mut())
    });
    if listener.is_none() && deals_in_none(&needs, suite) {
        return None;
    }
    let unusable = outcome.err().map(|Unusable(why)| why).or_else(|| target.refused_every_control());
    say(Event::TargetFinished { target: &subject.name, unusable: unusable.as_deref() });
    let Target { mut cells, marked, controls, spent_on_controls, timing, .. } = target;
    cells.resize_with(suite.all().count(), Cell::waiting);
    Some(TargetResult {
        name: subject.name,
        info,
        clocked,
        cells,
        marked,
        control_failures: controls.into_iter().filter_map(Shown::failure).collect(),
        spent_on_controls,
        timing,
        unusable,
    })
}

fn deals_in_none(needs: &Needs, suite: &Suite<'_>) -> bool {
    suite.all().next().is_some() && suite.all().all(|case| needs.foreign(case))
}

/// One target on its way through the run.
struct Target<'t> {
    name: &'t str,
    needs: Needs,
    cases: Vec<&'t Case>,
    /// The cases before this one have been shown.
    shown_cases: usize,
    options: &'t Options<'t>,
    halt: &'t Halt<'t>,
    listener: &'t Listener<'t>,
    cells: Vec<Cell>,
    /// Cases that were answered after their limit, and are to be shown again.
    late: Vec<usize>,
    marked: Vec<Marked>,
    controls: Vec<Shown>,
    control_at: HashMap<*const Control, usize>,
    control_of: Vec<Option<usize>>,
    /// The controls before this one have been shown.
    shown_controls: usize,
    announced: BTreeSet<String>,
    spent_on_controls: Duration,
    timing: Option<Timing>,
}

/// How long an answer to a case may take, where its cost is asked for.
fn limit(case: &Case) -> Option<Duration> {
    match case.expectation {
        Expectation::Bounded { milliseconds } | Expectation::Linear { milliseconds, .. } => {
            Some(Duration::from_millis(milliseconds))
        }
        _ => None,
    }
}

/// Whether there was an answer, and its time is all that is wrong.
fn is_late(case: &Case, seen: &Observation) -> bool {
    matches!(seen.answer, Answer::Verdict(_)) && limit(case).is_some_and(|limit| seen.elapsed > limit)
}

/// A control and what came of it.
pub(crate) struct Shown {
    control: Arc<Control>,
    first: CaseId,
    profile: token_assay_model::Profile,
    health: Health,
    valid: Option<Observation>,
    cases: u64,
}

impl Shown {
    /// Whether these are the control's cookies, where it is cookies. A token's claims are its cases' business.
    fn reads(&self, claims: &token_assay_model::Claims) -> bool {
        let Some(wanted) = cookie::pairs(&self.control.claims) else { return true };
        cookie::pairs(claims).is_some_and(|read| wanted.iter().all(|pair| read.contains(pair)))
    }

    fn failure(self) -> Option<token_assay_model::report::ControlFailure> {
        let observed = match self.health {
            Health::Refuses(answer) => format!("the valid {}: {}", self.control.valid.noun(), describe(&answer)),
            Health::AcceptsTampered(answer) => format!("its tampered copy: {}", describe(&answer)),
            Health::Sound | Health::Unsupported(_) | Health::Unknown => return None,
        };
        Some(token_assay_model::report::ControlFailure {
            case: self.first,
            profile: self.profile,
            observed,
            cases: self.cases,
        })
    }
}

/// The input with something in it that costs nothing and was not there the last time.
fn again(input: &Input, round: usize) -> Input {
    match input {
        Input::Cookie(header) => {
            let first = format!("n{round}=1; ").into_bytes();
            Input::Cookie(CookieHeader::line([first, header.joined().into_owned()].concat()))
        }
        token => token.clone(),
    }
}

/// What a request for this path is judged as.
pub fn judge_fetch(fetch: &Fetch, path: &str) -> Judgement {
    oracles::fetch::judge(&fetch.method, &endpoint::url(path))
}

/// Whether a finding is about a request, whatever the answer was.
pub fn is_fetch(finding: &Finding) -> bool {
    let answered = matches!(finding.observed, Answer::Verdict(_));
    finding.oracle == Oracle::Robustness && answered && endpoint::watched_in(&finding.input).is_some()
}

/// How long a verifier that has answered may still be about to ask.
pub const LATE: Duration = Duration::from_millis(250);

const MEANWHILE: Duration = Duration::from_millis(50);

/// An answer in words, with a refusal's own words where there are any.
fn describe(answer: &Answer) -> String {
    match answer {
        Answer::Verdict(Verdict::Reject { detail, .. }) if !detail.is_empty() => format!("{answer}: {detail}"),
        other => other.to_string(),
    }
}

impl<'t> Target<'t> {
    fn new(
        name: &'t str,
        info: &TargetInfo,
        options: &'t Options<'t>,
        halt: &'t Halt<'t>,
        listener: &'t Listener<'t>,
    ) -> Self {
        Self {
            name,
            needs: Needs::of(info),
            cases: Vec::new(),
            shown_cases: 0,
            options,
            halt,
            listener,
            cells: Vec::new(),
            late: Vec::new(),
            marked: Vec::new(),
            controls: Vec::new(),
            control_at: HashMap::new(),
            control_of: Vec::new(),
            shown_controls: 0,
            timing: None,
            announced: BTreeSet::new(),
            spent_on_controls: Duration::ZERO,
        }
    }

    fn go_through(&mut self, suite: &'t Suite<'_>, driver: &mut dyn Driver) -> Result<(), Unusable> {
        for part in &suite.parts {
            if self.halt.wanted() {
                break;
            }
            self.take(suite.cases(part));
            self.show_controls(driver)?;
            self.show_cases(driver)?;
            self.show_late(driver)?;
        }
        self.watch(driver)?;
        self.weigh(driver)?;
        self.relate(driver)?;
        self.weigh_beside(driver)?;
        self.time(driver)
    }

    /// Takes the next cases: finds what it lacks for each, or the control that it needs.
    fn take(&mut self, cases: &'t [Case]) {
        for case in cases {
            if self.needs.foreign(case) {
                self.control_of.push(None);
                self.cells.push(Cell::foreign());
                self.cases.push(case);
                continue;
            }
            let lacking = self.needs.lacking(case);
            let control = lacking.is_none().then(|| self.control(case));
            self.control_of.push(control);
            self.cells.push(lacking.map_or_else(Cell::waiting, |capability| Cell::skip(capability.as_str())));
            self.cases.push(case);
        }
    }

    fn control(&mut self, case: &Case) -> usize {
        let controls = &mut self.controls;
        *self.control_at.entry(Arc::as_ptr(&case.control)).or_insert_with(|| {
            controls.push(Shown {
                control: Arc::clone(&case.control),
                first: case.id.clone(),
                profile: case.profile,
                health: Health::Unknown,
                valid: None,
                cases: 0,
            });
            controls.len() - 1
        })
    }

    fn show_controls(&mut self, driver: &mut dyn Driver) -> Result<(), Unusable> {
        let first = self.shown_controls;
        let controls: Vec<Arc<Control>> =
            self.controls[first..].iter().map(|shown| Arc::clone(&shown.control)).collect();
        let requests: Vec<Request<'_>> = controls
            .iter()
            .flat_map(|control| {
                [&control.valid, &control.tampered].map(|input| Request { input, policy: &control.policy })
            })
            .collect();
        let (shown, halt, spent) = (&mut self.controls[first..], self.halt, &mut self.spent_on_controls);
        driver.observe(&requests, &mut |index, observation| {
            *spent += observation.elapsed;
            let shown = &mut shown[index / 2];
            if index % 2 == 0 {
                shown.health = match &observation.answer {
                    Answer::Verdict(Verdict::Accept { claims, .. }) if shown.reads(claims) => Health::Sound,
                    Answer::Verdict(Verdict::Unsupported { feature }) => Health::Unsupported(feature.clone()),
                    other => Health::Refuses(other.clone()),
                };
                shown.valid = Some(observation);
            } else if shown.control.tampered != shown.control.valid
                && let Answer::Verdict(Verdict::Accept { .. }) = observation.answer
            {
                shown.health = Health::AcceptsTampered(observation.answer);
            }
            if halt.wanted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        self.settle_by_control();
        self.shown_controls = self.controls.len();
        Ok(())
    }

    /// Gives an outcome to the cases that their control decides.
    fn settle_by_control(&mut self) {
        for index in self.shown_cases..self.cases.len() {
            let Some(control) = self.control_of[index] else { continue };
            match &self.controls[control].health {
                Health::Unsupported(feature) => self.cells[index] = Cell::skip(feature),
                Health::AcceptsTampered(_) | Health::Unknown => self.cells[index] = Cell::inconclusive(),
                Health::Sound | Health::Refuses(_) => continue,
            }
            self.control_of[index] = None;
            if matches!(self.controls[control].health, Health::AcceptsTampered(_)) {
                self.controls[control].cases += 1;
            }
        }
        let unsigned: Vec<(usize, Answer)> = (self.shown_controls..self.controls.len())
            .filter_map(|index| match &self.controls[index].health {
                Health::AcceptsTampered(answer) => Some((index, answer.clone())),
                _ => None,
            })
            .collect();
        for (index, answer) in unsigned {
            let input = self.controls[index].control.tampered.clone();
            self.mark(index, collect::TAMPERED, input, &Observation { answer, elapsed: Duration::ZERO }, None);
        }
    }

    fn show_cases(&mut self, driver: &mut dyn Driver) -> Result<(), Unusable> {
        let new = self.shown_cases..self.cases.len();
        self.shown_cases = self.cases.len();
        if self.halt.wanted() {
            return Ok(());
        }
        let shown_now = |index: &usize| self.control_of[*index].is_some() && self.watched(*index).is_none();
        let order: Vec<usize> = new.filter(shown_now).collect();
        // Each case, and before it what it is shown after, which is nobody's.
        let shown: Vec<(Option<usize>, Request<'_>)> = order
            .iter()
            .flat_map(|index| {
                let case = self.cases[*index];
                let before = case.before.iter().map(|earlier| (None, earlier.request()));
                before.chain([(Some(*index), case.request())])
            })
            .collect();
        let requests: Vec<Request<'_>> = shown.iter().map(|(_, request)| *request).collect();
        let halt = self.halt;
        driver.observe(&requests, &mut |index, observation| {
            if let Some(case) = shown[index].0 {
                self.judge(case, observation);
            }
            if halt.wanted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    }

    fn judge(&mut self, index: usize, observation: Observation) {
        let case = self.cases[index];
        if is_late(case, &observation) {
            // Whether it was the target that was slow, or the machine, is seen when it is shown alone.
            self.late.push(index);
            self.settle(index, observation, None);
            return;
        }
        let judgement = oracles::judge(case, &observation);
        self.settle(index, observation, judgement);
        if self.to_weigh(index).is_none() && !self.is_to_be_weighed_beside(index) {
            self.say(index);
        }
    }

    /// Shows again, alone, what was answered after its limit.
    fn show_late(&mut self, driver: &mut dyn Driver) -> Result<(), Unusable> {
        for index in std::mem::take(&mut self.late) {
            let case = self.cases[index];
            let limit = limit(case).unwrap_or_default();
            if let Some(seen) = weigh::again(driver, case.request(), limit)? {
                let judgement = oracles::judge(case, &seen);
                let is_wrong = judgement.is_some();
                self.settle(index, seen, judgement);
                if is_wrong || (self.to_weigh(index).is_none() && !self.is_to_be_weighed_beside(index)) {
                    self.say(index);
                }
            }
        }
        Ok(())
    }

    /// How long a case's input is beside the first of its series, where that is still to be weighed.
    fn to_weigh(&self, index: usize) -> Option<u32> {
        match self.cases[index].expectation {
            Expectation::Linear { times, .. } if self.cells[index].outcome == Outcome::Pass => Some(times),
            _ => None,
        }
    }

    /// Whether it is bounded, and kept its bound so far.
    fn is_to_be_weighed_beside(&self, index: usize) -> bool {
        let case = self.cases[index];
        let is_bounded = matches!(case.expectation, Expectation::Bounded { .. });
        is_bounded && case.plain.is_some() && self.cells[index].outcome == Outcome::Pass
    }

    /// Gives a case its outcome.
    fn settle(&mut self, index: usize, observation: Observation, judgement: Option<Judgement>) {
        let case = self.cases[index];
        let control = self.control_of[index].expect("only cases with a control are shown");
        let refused = matches!(self.controls[control].health, Health::Refuses(_));
        let robustness = judgement.as_ref().is_some_and(|judgement| judgement.oracle == Oracle::Robustness);
        let fetched = robustness && self.watched(index).is_some();
        let accepted = matches!(observation.answer, Answer::Verdict(Verdict::Accept { .. }));
        let fault = matches!(observation.answer, Answer::Fault(_));
        let outcome = match (&judgement, &observation.answer) {
            (_, Answer::Verdict(Verdict::Unsupported { feature })) => {
                self.cells[index] = Cell::skip(feature);
                return;
            }
            // A refusal proves nothing where the valid token is refused too; an acceptance, a fault, a fetch speak for
            // themselves.
            (_, _) if refused && !(judgement.is_some() && (accepted || fault || fetched)) => Outcome::Inconclusive,
            (None, _) => Outcome::Pass,
            (Some(_), _) => Outcome::Fail,
        };
        if outcome == Outcome::Inconclusive {
            self.controls[control].cases += 1;
        }
        let known = known::reason(self.options.known, self.name, &case.id, outcome == Outcome::Fail);
        let outcome = if outcome == Outcome::Fail && known.is_some() { Outcome::Known } else { outcome };
        let cell = Cell::answered(outcome, observation, judgement, known, refused);
        if let (Outcome::Fail, Some(judgement)) = (outcome, &cell.judgement) {
            self.announce(case, &cell, judgement);
        }
        self.cells[index] = cell.slimmed(&case.expectation);
    }

    fn announce(&mut self, case: &Case, cell: &Cell, judgement: &Judgement) {
        let finding = collect::finding(self.name, case, cell, judgement);
        if self.announced.insert(finding.fingerprint.0.clone()) {
            self.halt.found(&finding.fingerprint.0, finding.severity);
            (self.listener)(Event::Found { finding: &finding });
        }
    }

    fn say(&self, index: usize) {
        let cell = &self.cells[index];
        (self.listener)(Event::Judged {
            target: self.name,
            case: &self.cases[index].id,
            outcome: cell.outcome,
            answer: cell.observation.as_ref().map(|observation| &observation.answer),
            microseconds: cell.observation.as_ref().map_or(0, |o| o.elapsed.as_micros().try_into().unwrap_or(u64::MAX)),
        });
    }

    /// The path that a case asks for, where nothing else is wrong with it and somebody would see it.
    fn watched(&self, index: usize) -> Option<String> {
        self.options.endpoint?;
        let case = self.cases[index];
        attacks::may_name_endpoint(&case.id).then(|| endpoint::watched_in(&case.input))?
    }

    /// Shows the cases that ask for an address, one by one and while no other target does, so that what arrives there is this
    /// target's. A request counts where it is made again.
    fn watch(&mut self, driver: &mut dyn Driver) -> Result<(), Unusable> {
        let Some(endpoint) = self.options.endpoint else { return Ok(()) };
        let shown = (0..self.cases.len()).filter(|index| self.control_of[*index].is_some());
        let watched: Vec<(usize, String)> = shown.filter_map(|index| Some((index, self.watched(index)?))).collect();
        if watched.is_empty() || self.halt.wanted() {
            return Ok(());
        }
        let _turn = endpoint.turn();
        endpoint.take();
        let mut seen = Vec::with_capacity(watched.len());
        for (index, path) in watched {
            if let Some(observation) = weigh::alone(driver, self.cases[index].request())? {
                seen.push((index, path, observation));
            }
        }
        // Some ask in another thread, and answer meanwhile.
        std::thread::sleep(MEANWHILE);
        let fetches = endpoint.take();
        for (index, path, observation) in seen {
            let case = self.cases[index];
            let mut fetched = None;
            if fetches.iter().any(|fetch| fetch.is_for(&path)) {
                endpoint.take();
                weigh::alone(driver, case.request())?;
                fetched = endpoint.wait_for(&path, LATE);
            }
            let judgement = oracles::judge(case, &observation).or_else(|| Some(judge_fetch(&fetched?, &path)));
            self.settle(index, observation, judgement);
            self.say(index);
        }
        Ok(())
    }

    /// Shows each series of inputs of growing length again, and judges the shortest times; what is out of proportion is shown
    /// some more, since a machine that is busy elsewhere makes long times longer and leaves short ones as they are.
    fn weigh(&mut self, driver: &mut dyn Driver) -> Result<(), Unusable> {
        const TURNS: usize = 4;
        let mut all: Vec<(usize, Cost)> = (0..self.cases.len())
            .filter_map(|index| Some((index, Cost { times: self.to_weigh(index)?, elapsed: Duration::MAX })))
            .collect();
        all.sort_by_key(|(index, cost)| (self.cases[*index].id.series(), cost.times));
        let cases = self.cases.clone();
        let series = |(a, _): &(usize, Cost), (b, _): &(usize, Cost)| cases[*a].id.series() == cases[*b].id.series();
        for series in all.chunk_by_mut(series) {
            let mut judgement = None;
            for turn in 0..TURNS {
                if self.halt.wanted() {
                    break;
                }
                self.show_series(driver, turn, series)?;
                let costs: Vec<Cost> = series.iter().map(|(_, cost)| *cost).collect();
                judgement = oracles::cost::judge(&costs);
                if judgement.is_none() {
                    break;
                }
            }
            let (longest, cost) = series.iter().max_by_key(|(_, cost)| cost.times).expect("no series is empty");
            if let Some(judgement) = judgement {
                let seen = self.cells[*longest].observation.as_ref().expect("a passing cell was observed");
                let seen = Observation { answer: seen.answer.clone(), elapsed: cost.elapsed };
                self.settle(*longest, seen, Some(judgement));
            }
            for (index, _) in series {
                self.say(*index);
            }
        }
        Ok(())
    }

    /// One at a time: answers that leave a shim together would share one time. And never the same octets twice, where there is
    /// a way to change them: some libraries keep what they have read.
    fn show_series(&self, driver: &mut dyn Driver, turn: usize, series: &mut [(usize, Cost)]) -> Result<(), Unusable> {
        const SHOWN: usize = 3;
        for round in turn * SHOWN..(turn + 1) * SHOWN {
            for (index, cost) in &mut *series {
                let case = self.cases[*index];
                let input = again(&case.input, round);
                let request = Request { input: &input, policy: &case.policy };
                if let Some(seen) = weigh::work(driver, request)? {
                    cost.elapsed = cost.elapsed.min(seen.elapsed);
                }
            }
        }
        Ok(())
    }

    /// Shows each bounded case again beside a plain token as long, in a process that holds nothing of earlier ones.
    fn weigh_beside(&mut self, driver: &mut dyn Driver) -> Result<(), Unusable> {
        let bounded: Vec<usize> = (0..self.cases.len()).filter(|index| self.is_to_be_weighed_beside(*index)).collect();
        if bounded.is_empty() {
            return Ok(());
        }
        driver.renew();
        for index in bounded {
            let case = self.cases[index];
            let plain = case.plain.as_ref().expect("it was asked for above");
            let weighed =
                if self.halt.wanted() { None } else { weigh::weigh(driver, &case.policy, &case.input, plain)? };
            if let Some(Weighed { cost, seen }) = weighed {
                let judgement = oracles::judge(case, &seen).or_else(|| oracles::cost::judge_beside(&cost));
                if judgement.is_some() {
                    self.settle(index, seen, judgement);
                }
                self.cells[index].cost = Some(cost);
            }
            self.say(index);
        }
        Ok(())
    }

    /// Times refusals, where that was asked and a MAC that is nearly right was refused for good reason.
    fn time(&mut self, driver: &mut dyn Driver) -> Result<(), Unusable> {
        let is_sound = |control: usize| self.controls[control].health == Health::Sound;
        let is_timed = |index: &usize| {
            let id = &self.cases[*index].id;
            (id.family(), id.class()) == TIMED && self.control_of[*index].is_some_and(is_sound)
        };
        let timed = (0..self.cases.len()).find(is_timed).filter(|_| self.options.timing);
        if let Some(index) = timed {
            let case = self.cases[index];
            self.timing = timing::measure(driver, &case.policy, &case.input, || self.halt.wanted())?;
        }
        Ok(())
    }

    /// Shows the controls again, and their permuted copies: the answers must be those of the first time.
    fn relate(&mut self, driver: &mut dyn Driver) -> Result<(), Unusable> {
        if self.halt.wanted() {
            return Ok(());
        }
        let sound: Vec<usize> =
            (0..self.controls.len()).filter(|index| self.controls[*index].health == Health::Sound).collect();
        let controls: Vec<Arc<Control>> =
            sound.iter().map(|index| Arc::clone(&self.controls[*index].control)).collect();
        let requests: Vec<Request<'_>> = controls
            .iter()
            .flat_map(|control| {
                [&control.valid, &control.permuted].map(|input| Request { input, policy: &control.policy })
            })
            .collect();
        let (halt, all, spent) = (self.halt, &self.controls, &mut self.spent_on_controls);
        let mut broken: Vec<(usize, Relation, Observation, Judgement)> = Vec::new();
        driver.observe(&requests, &mut |index, observation| {
            *spent += observation.elapsed;
            let relation = if index % 2 == 0 { Relation::Repeated } else { Relation::Permuted };
            let shown = &all[sound[index / 2]];
            let first = shown.valid.as_ref().expect("a sound control was observed");
            if let Some(judgement) = relation::judge(relation, first, &observation) {
                broken.push((sound[index / 2], relation, observation, judgement));
            }
            if halt.wanted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        for (control, relation, observation, judgement) in broken {
            let shown = Arc::clone(&self.controls[control].control);
            let (class, input) = match relation {
                Relation::Repeated => (collect::REPEATED, &shown.valid),
                Relation::Permuted => (collect::PERMUTED, &shown.permuted),
                Relation::AtOnce => (collect::AT_ONCE, &shown.valid),
            };
            self.mark(control, class, input.clone(), &observation, Some(judgement));
        }
        if let Some(first) = sound.first() {
            self.relate_at_once(*first, driver);
            self.ask_otherwise(*first, driver)?;
        }
        Ok(())
    }

    /// Shows a control in the ways of the selected classes of which only a service can be asked.
    fn ask_otherwise(&mut self, control: usize, driver: &mut dyn Driver) -> Result<(), Unusable> {
        let selection = &self.options.selection;
        let wanted = |id: &CaseId| {
            let selected = selection.is_empty() || selection.iter().any(|prefix| id.starts_with(prefix));
            selected && (self.options.wanted)(id)
        };
        let live = attacks::classes().filter(|(_, class)| matches!(class.make, Make::Live { .. }));
        let (shown, mut found) = (&self.controls[control], Vec::new());
        for (family, class) in live.filter(|(family, class)| wanted(&CaseId::new(family.id, class.id, "asked"))) {
            if self.halt.wanted() {
                break;
            }
            let ways = driver.ask_otherwise(class.id, &shown.control)?.into_iter();
            found.extend(ways.map(|asked| Marked::asked((family, class), shown.profile, &shown.control, asked)));
        }
        for marked in found {
            self.keep(marked);
        }
        Ok(())
    }

    /// Keeps what became of a control.
    fn keep(&mut self, marked: Marked) {
        let is_wrong = marked.cell.outcome == Outcome::Fail;
        let known = known::reason(self.options.known, self.name, &marked.case.id, is_wrong);
        let marked = if is_wrong { marked.known(known) } else { marked };
        if marked.cell.outcome == Outcome::Fail {
            let judgement = marked.cell.judgement.clone().expect("a marked cell is judged");
            self.announce(&marked.case, &marked.cell, &judgement);
        }
        self.marked.push(marked);
    }

    /// Shows a control and its tampered copy from several threads: the answers must be those that each gets alone.
    fn relate_at_once(&mut self, control: usize, driver: &dyn Driver) {
        let Control { policy, valid, tampered, .. } = &*Arc::clone(&self.controls[control].control);
        // Of an input that nothing signs there is no tampered copy.
        if valid == tampered {
            return;
        }
        let requests = [valid, tampered].map(|input| Request { input, policy });
        let started = Instant::now();
        let Some([of_valid, of_tampered]) = driver.observe_at_once(requests) else { return };
        self.spent_on_controls += started.elapsed();
        let first = self.controls[control].valid.clone().expect("a sound control was observed");
        let judge = |observation: &Observation| relation::judge(Relation::AtOnce, &first, observation);
        let differing = of_valid.into_iter().find_map(|observation| Some((judge(&observation)?, observation)));
        let accepted = |seen: &Observation| matches!(seen.answer, Answer::Verdict(Verdict::Accept { .. }));
        let believed = of_tampered.into_iter().find(accepted);
        if let Some((judgement, observation)) = differing {
            self.mark(control, collect::AT_ONCE, valid.clone(), &observation, Some(judgement));
        }
        if let Some(observation) = believed {
            let because = Some(Relation::AtOnce.sentence().to_owned());
            let judgement = Judgement { oracle: Oracle::Relation, because };
            self.mark(control, collect::TAMPERED, tampered.clone(), &observation, Some(judgement));
        }
    }

    /// Notes a finding about a control, which is no case of the catalogue.
    fn mark(
        &mut self,
        control: usize,
        class: &'static Class,
        input: Input,
        observation: &Observation,
        judgement: Option<Judgement>,
    ) {
        let shown = &self.controls[control];
        let marked = Marked::new(class, &shown.first, shown.profile, &shown.control, input, observation, judgement);
        self.keep(marked);
    }

    fn refused_every_control(&self) -> Option<String> {
        let asked = |shown: &&Shown| !matches!(shown.health, Health::Unsupported(_) | Health::Unknown);
        let mut asked = self.controls.iter().filter(asked).peekable();
        let first = asked.peek()?.health.clone();
        let refused = asked.all(|shown| matches!(shown.health, Health::Refuses(_)));
        match (refused, first) {
            (true, Health::Refuses(answer)) => {
                Some(format!("it refused the valid token of every policy, the first with: {}", describe(&answer)))
            }
            _ => None,
        }
    }
}

/// The class whose tokens are timed: MACs that are right in part.
const TIMED: (&str, &str) = ("hmac", "hmac-timing-prefix");
