//! A campaign: recipes without end, each shown to every target, judged, and what is wrong made small and kept.
//!
//! Takes targets and options, gives a [`Report`]. The case of a number depends on the seed, that number and the algorithms
//! that the targets verify, so that a campaign goes on where it was stopped, and parts of one run on many machines. Says what
//! happens to a listener; a finding is said once, when it is whole. Never reads a clock but to measure, and the one that it is
//! given; never touches a disk.

pub mod cookies;
pub mod encrypted;
pub mod fetches;
pub mod grade;
mod guest;
pub mod protected;
mod shared;
mod target;
mod worker;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use token_assay_model::report::TargetInfo;
use token_assay_model::{Answer, Case, CaseId, Finding, Input, Level, Observation, Outcome, Report, Severity, Verdict};

use crate::endpoint::Endpoint;
use crate::forge::{Forge, Keyring};
use crate::generate::{Generator, Made, Stage, Stock};
use crate::known::Known;
use crate::oracles::{self, Judgement};
use crate::reference::Ruling;
use crate::run::{LATE, Subject};
pub use guest::{Guest, Shown};
use shared::Shared;
use worker::Worker;

/// What to do, and when to stop.
pub struct Options<'a> {
    /// The keys that sign.
    pub keyring: Keyring,
    /// The clock of targets that obey one, in Unix seconds.
    pub now: i64,
    /// The real clock, for those that do not.
    pub clock: &'a (dyn Fn() -> i64 + Sync),
    /// When the campaign started, RFC 3339.
    pub started: String,
    /// Which cases.
    pub seed: u64,
    /// The number of the first.
    pub first: u64,
    /// The k-th of n parts, counted from 1.
    pub shard: (u64, u64),
    /// What recipes draw from.
    pub stock: Stock,
    /// Threads, each with targets of its own.
    pub jobs: usize,
    /// When to stop.
    pub max_time: Option<Duration>,
    /// After how many cases to stop.
    pub max_cases: Option<u64>,
    /// After how many findings that are no known ones to stop, and from which severity they count.
    pub max_findings: Option<(usize, Severity)>,
    /// Known failures and quirks.
    pub known: &'a [Known],
    /// What an earlier part of the campaign found.
    pub earlier: Vec<Finding>,
    /// Set from outside to stop.
    pub stop: &'a AtomicBool,
    /// Where requests arrive that tokens ask for; without it nobody sees them.
    pub endpoint: Option<&'a Endpoint>,
}

/// Something happened.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A target answered its hello.
    TargetStarted {
        /// Its name on the command line.
        target: &'a str,
        /// Who it says it is.
        info: &'a TargetInfo,
    },
    /// A finding, reduced.
    Found(&'a Finding),
    /// How far the campaign is.
    Progress(&'a Progress),
    /// A target is given up.
    TargetLost {
        /// The target.
        target: &'a str,
        /// Why.
        because: &'a str,
    },
}

/// Hears events, from any thread.
pub type Listener<'a> = dyn Fn(Event<'_>) + Sync + 'a;

/// How far a campaign is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    /// Time since the start.
    pub elapsed: Duration,
    /// Recipes made.
    pub cases: u64,
    /// Requests shown to targets.
    pub requests: u64,
    /// Tokens whose header the reference verifier could read.
    pub decoded: u64,
    /// Tokens whose signature it found right.
    pub verified: u64,
    /// Tokens that it accepted, or might have.
    pub accepted: u64,
    /// Ways in which all targets together answered.
    pub classes: u64,
    /// Since a new one.
    pub since_class: Duration,
    /// Since a finding; since the start where there is none.
    pub since_finding: Duration,
    /// Findings by severity, known ones left out.
    pub findings: BTreeMap<Severity, u64>,
    /// Tokens that showed again what had been found.
    pub repeats: u64,
    /// Every case before this number has been shown: where to go on.
    pub next: u64,
    /// How many cases had which outcome, by target.
    pub outcomes: BTreeMap<String, BTreeMap<Outcome, u64>>,
}

/// Runs a campaign; `subjects` makes the targets of one thread, the same ones each time.
pub fn campaign(
    subjects: &(dyn Fn() -> Vec<Subject> + Sync),
    options: &Options<'_>,
    listener: &Listener<'_>,
) -> Report {
    let shared = Shared::new(options, listener);
    let mut workers: Vec<Worker> = (0..options.jobs.max(1)).map(|_| Worker::start(subjects())).collect();
    shared.greet(&workers);
    let clockless =
        workers.iter().any(|worker| worker.targets.iter().any(|target| target.is_alive() && !target.clocked));
    let of_tokens = || workers.iter().take(1).flat_map(|worker| &worker.targets).filter(|target| target.reads_tokens());
    let stock = match of_tokens().next() {
        Some(_) => options
            .stock
            .narrowed(|setting| of_tokens().any(|target| target.info.supports.contains(&setting.algorithm.into()))),
        None => options.stock.clone(),
    };
    let fixed_forge = Forge::with_keys(options.keyring.clone(), options.now);
    let fixed = Generator::new(&fixed_forge, stock.clone());
    while !shared.is_over() && workers.iter().any(Worker::is_alive) {
        let real_forge = Forge::with_keys(options.keyring.clone(), (options.clock)());
        let real = Generator::new(&real_forge, stock.clone());
        let until = clockless.then(|| Instant::now() + FRESH);
        std::thread::scope(|scope| {
            for worker in &mut workers {
                scope.spawn(|| worker.work([&fixed, &real], until, &shared));
            }
        });
        if options.endpoint.is_some() && shared.is_over() {
            // Some ask in another thread, and answer meanwhile.
            std::thread::sleep(LATE);
            workers.iter_mut().take(1).for_each(|worker| worker.look_who_asked([&fixed, &real], &shared));
        }
    }
    shared.report(&workers)
}

/// Puts findings into a campaign's report; of two with one fingerprint the shorter token stays.
pub fn add(report: &mut Report, findings: Vec<Finding>) {
    for finding in findings {
        let length = |finding: &Finding| finding.input.octets().len();
        match report.findings.iter_mut().find(|old| old.fingerprint == finding.fingerprint) {
            Some(old) if length(old) <= length(&finding) => {}
            Some(old) => *old = finding,
            None => report.findings.push(finding),
        }
    }
    shared::sort(&mut report.findings);
    report.cases = report.findings.iter().map(shared::case_report).collect();
    for finding in &report.findings {
        let info = grade::info_of(finding);
        report.classes.entry(info.id.clone()).or_insert(info);
    }
}

/// What is wrong with a target's answer to one made token, if anything.
pub fn judge(made: &Made<'_>, ruling: &Ruling, observation: &Observation) -> Option<Judgement> {
    if !is_suspect(ruling, observation) {
        return None;
    }
    oracles::judge(&case(made.stage, &made.input, ruling.clone()), observation)
}

/// Whether what a target answered is not what the standard says, before an oracle is asked.
fn is_suspect(ruling: &Ruling, observation: &Observation) -> bool {
    match (&observation.answer, ruling) {
        (Answer::Fault(_), _) => true,
        (Answer::Verdict(Verdict::Unsupported { .. }), _) => false,
        (Answer::Verdict(Verdict::Accept { claims, .. }), Ruling::Accept(signed) | Ruling::RejectOrLast(signed)) => {
            !signed.same_as(claims)
        }
        (Answer::Verdict(Verdict::Accept { .. }), Ruling::Reject(_))
        | (Answer::Verdict(Verdict::Reject { .. }), Ruling::Accept(_)) => true,
        (Answer::Verdict(_), Ruling::Bounded) => observation.elapsed > Duration::from_secs(1),
        (Answer::Verdict(_), _) => false,
    }
}

fn case(stage: &Stage, input: &Input, ruling: Ruling) -> Case {
    Case {
        id: CaseId::new_class(FAMILY),
        input: input.clone(),
        policy: Arc::clone(&stage.policy),
        profile: stage.profile,
        expectation: ruling.expectation(),
        level: Level::Must,
        severity: Severity::High,
        needs: Vec::new(),
        plain: None,
        withheld: Vec::new(),
        control: Arc::clone(&stage.control),
        before: Vec::new(),
    }
}

/// The first part of the ids of a campaign's findings.
pub const FAMILY: &str = "fuzz";

/// How long tokens for targets without a clock are made from one look at the real one: their margin is an hour.
const FRESH: Duration = Duration::from_secs(600);
