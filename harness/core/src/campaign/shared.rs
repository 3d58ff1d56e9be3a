//! What the threads of a campaign know together: which numbers are taken, what was found, how far it is, when it is over.
//!
//! Never shows anything to a target.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Instant;

use token_assay_model::report::{
    CampaignInfo, CaseReport, CaseResult, ClassInfo, ControlFailure, RunInfo, SCHEMA, Tool,
};
use token_assay_model::{Answer, Finding, Fingerprint, Outcome, Report, Verdict};

use super::worker::Worker;
use super::{Event, Listener, Options, Progress, grade};

/// What one thread and the others know together.
pub(super) struct Shared<'a> {
    pub(super) options: &'a Options<'a>,
    listener: &'a Listener<'a>,
    started: Instant,
    taken: AtomicU64,
    over: OnceLock<Option<String>>,
    state: Mutex<State>,
}

pub(super) struct State {
    pub(super) progress: Progress,
    finished: BTreeSet<u64>,
    classes: HashSet<u64>,
    last_class: Instant,
    last_finding: Instant,
    findings: BTreeMap<Fingerprint, Finding>,
    infos: BTreeMap<String, ClassInfo>,
    repeats: BTreeMap<Fingerprint, u64>,
    curve: Vec<(u64, u64, u64, u64)>,
    pub(super) controls: BTreeMap<String, Vec<ControlFailure>>,
}

impl<'a> Shared<'a> {
    pub(super) fn new(options: &'a Options<'a>, listener: &'a Listener<'a>) -> Self {
        let started = Instant::now();
        let mut state = State {
            progress: Progress { next: options.first, ..Progress::default() },
            finished: BTreeSet::new(),
            classes: HashSet::new(),
            last_class: started,
            last_finding: started,
            findings: BTreeMap::new(),
            infos: BTreeMap::new(),
            repeats: BTreeMap::new(),
            curve: Vec::new(),
            controls: BTreeMap::new(),
        };
        for finding in &options.earlier {
            if finding.outcome == Outcome::Fail {
                *state.progress.findings.entry(finding.severity).or_default() += 1;
            }
            let info = grade::info_of(finding);
            state.infos.insert(info.id.clone(), info);
            state.findings.insert(finding.fingerprint.clone(), finding.clone());
        }
        Self { options, listener, started, taken: AtomicU64::new(0), over: OnceLock::new(), state: Mutex::new(state) }
    }

    pub(super) fn greet(&self, workers: &[Worker]) {
        for target in workers.iter().take(1).flat_map(|worker| &worker.targets) {
            match &target.lost {
                None => (self.listener)(Event::TargetStarted { target: &target.name, info: &target.info }),
                Some(because) => (self.listener)(Event::TargetLost { target: &target.name, because }),
            }
        }
    }

    pub(super) fn is_over(&self) -> bool {
        let Options { max_time, max_findings, stop, .. } = self.options;
        if stop.load(Ordering::Relaxed) {
            self.over.get_or_init(|| Some("interrupted".to_owned()));
        } else if max_time.is_some_and(|limit| self.started.elapsed() >= limit) {
            self.over.get_or_init(|| None);
        } else if let Some((limit, least)) = max_findings {
            let state = self.state.lock().expect(CALM);
            let counted: u64 = state.progress.findings.range(least..).map(|(_, count)| count).sum();
            if counted >= *limit as u64 {
                self.over.get_or_init(|| None);
            }
        }
        self.over.get().is_some()
    }

    /// The next block of numbers, and which it is.
    pub(super) fn take(&self) -> Option<(u64, Vec<u64>)> {
        let block = self.taken.fetch_add(1, Ordering::Relaxed);
        let (part, parts) = self.options.shard;
        let done = block * BLOCK;
        let left = self.options.max_cases.map_or(BLOCK, |most| most.saturating_sub(done).min(BLOCK));
        if left == 0 {
            self.over.get_or_init(|| None);
            return None;
        }
        // Numbers of a shard are part − 1, part − 1 + parts, …, from the first one on.
        let first = self.options.first;
        let numbers = (done..done + left).map(|index| first + index * parts + (part - 1)).collect();
        Some((block, numbers))
    }

    pub(super) fn finish(&self, block: u64, counted: &Progress, counts: &[(String, Outcome, u64)], classes: Vec<u64>) {
        let mut state = self.state.lock().expect(CALM);
        let state = &mut *state;
        let now = Instant::now();
        for class in classes {
            if state.classes.len() < MOST_CLASSES && state.classes.insert(class) {
                state.last_class = now;
            }
        }
        for (target, outcome, count) in counts {
            *state.progress.outcomes.entry(target.clone()).or_default().entry(*outcome).or_default() += count;
        }
        state.finished.insert(block);
        let mut whole = (state.progress.next - self.options.first) / (BLOCK * self.options.shard.1);
        while state.finished.remove(&whole) {
            whole += 1;
        }
        let progress = &mut state.progress;
        let whole = self.options.max_cases.map_or(whole * BLOCK, |most| most.min(whole * BLOCK));
        progress.next = self.options.first + whole * self.options.shard.1;
        progress.elapsed = self.started.elapsed();
        progress.cases += counted.cases;
        progress.requests += counted.requests;
        progress.decoded += counted.decoded;
        progress.verified += counted.verified;
        progress.accepted += counted.accepted;
        progress.classes = state.classes.len() as u64;
        progress.since_class = now - state.last_class;
        progress.since_finding = now - state.last_finding;
        let milliseconds = u64::try_from(progress.elapsed.as_millis()).unwrap_or(u64::MAX);
        // A point each time the campaign has become a twentieth longer: curves of any length have some hundred.
        if state.curve.last().is_none_or(|last| milliseconds > last.0 + last.0 / 20 + 10) {
            let findings = progress.findings.values().sum();
            state.curve.push((milliseconds, progress.cases, progress.classes, findings));
        }
        let progress = progress.clone();
        (self.listener)(Event::Progress(&progress));
    }

    /// Files a finding; whether it is new.
    /// Whether a finding of this name is filed.
    pub(super) fn has_found(&self, fingerprint: &Fingerprint) -> bool {
        self.state.lock().expect(CALM).findings.contains_key(fingerprint)
    }

    pub(super) fn found(&self, finding: Finding, info: ClassInfo) -> bool {
        let mut state = self.state.lock().expect(CALM);
        if state.findings.contains_key(&finding.fingerprint) {
            *state.repeats.entry(finding.fingerprint).or_default() += 1;
            state.progress.repeats += 1;
            return false;
        }
        state.last_finding = Instant::now();
        if finding.outcome == Outcome::Fail {
            *state.progress.findings.entry(finding.severity).or_default() += 1;
        }
        state.infos.insert(info.id.clone(), info);
        // Under the lock, so that what is counted is on disk already.
        (self.listener)(Event::Found(&finding));
        state.findings.insert(finding.fingerprint.clone(), finding);
        true
    }

    pub(super) fn control_failed(&self, target: &str, failure: ControlFailure) {
        let mut state = self.state.lock().expect(CALM);
        let failures = state.controls.entry(target.to_owned()).or_default();
        if failures.len() < MOST_CONTROLS && !failures.iter().any(|known| known.case == failure.case) {
            failures.push(failure);
        }
    }

    /// Counts a token that looks like what was looked into; what became of that.
    pub(super) fn seen_again(&self, fingerprint: Option<&Fingerprint>) -> Outcome {
        let mut state = self.state.lock().expect(CALM);
        state.progress.repeats += 1;
        let Some(fingerprint) = fingerprint else { return Outcome::Fail };
        *state.repeats.entry(fingerprint.clone()).or_default() += 1;
        state.findings.get(fingerprint).map_or(Outcome::Fail, |finding| finding.outcome)
    }

    pub(super) fn report(&self, workers: &[Worker]) -> Report {
        let state = self.state.lock().expect(CALM);
        let options = self.options;
        let stopped = self.over.get().cloned().flatten();
        let mut findings: Vec<Finding> = state.findings.values().cloned().collect();
        sort(&mut findings);
        let targets = workers.first().map_or(&[][..], |worker| &worker.targets);
        let lost = |name: &str| {
            workers.iter().flat_map(|worker| &worker.targets).find_map(|t| t.lost.clone().filter(|_| t.name == name))
        };
        Report {
            schema: SCHEMA,
            tool: Tool { name: "assay".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            run: RunInfo {
                started: options.started.clone(),
                milliseconds: self.started.elapsed().as_millis().try_into().unwrap_or(u64::MAX),
                seed: options.seed,
                now: options.now,
                real_now: (options.clock)(),
                selection: Vec::new(),
                complete: stopped.is_none(),
                stopped,
                redacted: false,
            },
            campaign: Some(CampaignInfo {
                engine: "generate".to_owned(),
                first: options.first,
                next: state.progress.next,
                shard: options.shard,
                cases: state.progress.cases,
                requests: state.progress.requests,
                decoded: state.progress.decoded,
                verified: state.progress.verified,
                accepted: state.progress.accepted,
                classes: state.progress.classes,
                repeats: state.repeats.clone(),
                curve: state.curve.clone(),
            }),
            targets: targets.iter().map(|target| target.report(&state, lost(&target.name))).collect(),
            classes: state.infos.clone(),
            cases: findings.iter().map(case_report).collect(),
            findings,
            // What chance did not meet is not therefore gone.
            stale: Vec::new(),
            baseline: None,
        }
    }
}

/// Worst first.
pub(super) fn sort(findings: &mut [Finding]) {
    findings.sort_by_cached_key(|finding| {
        let worst_first = (finding.outcome, std::cmp::Reverse(finding.severity), finding.level);
        (worst_first, finding.target.clone(), finding.case.as_str().to_owned())
    });
}

/// What a report says of a finding's case.
pub(super) fn case_report(finding: &Finding) -> CaseReport {
    let result = |outcome: Outcome, answer: &Answer| CaseResult { outcome, answer: answer.to_string(), cost: None };
    let case_of_other = |answer: &Answer| match answer {
        Answer::Verdict(Verdict::Unsupported { .. }) => Outcome::Skip,
        Answer::Verdict(verdict) if finding.expected.admits(verdict) => Outcome::Pass,
        _ => Outcome::Fail,
    };
    let others = finding.others.iter().map(|(name, answer)| (name.clone(), result(case_of_other(answer), answer)));
    let own = (finding.target.clone(), result(finding.outcome, &finding.observed));
    CaseReport {
        id: finding.case.clone(),
        profile: finding.profile,
        level: finding.level,
        expected: finding.expected.to_string(),
        results: others.chain([own]).collect(),
    }
}

/// How many cases a thread takes at a time.
const BLOCK: u64 = 128;

/// How many ways of answering are told apart.
const MOST_CLASSES: usize = 1 << 20;

/// How many failed controls of a target are kept.
const MOST_CONTROLS: usize = 64;

const CALM: &str = "nobody panics while holding it";
