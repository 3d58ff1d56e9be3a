//! The folder of a campaign: what is on disk while it goes on, when it has ended, and when it was killed.
//!
//! `campaign.json` says where to go on, `findings/` holds each finding whole before anybody hears of it, `events.ndjson`
//! grows, `report.json` appears at the end, `campaign.lock` keeps a second campaign out. Takes events, gives what an earlier
//! part left. Never shows anything to a target, and never writes what the redactor hides.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::json;
use token_assay::campaign::{Event, Progress};
use token_assay_model::deep;
use token_assay_model::report::{CampaignInfo, SCHEMA, TargetReport};
use token_assay_model::{Finding, Fingerprint, Outcome, Report};
use token_assay_report::Format;

use crate::error::{Error, Result};
use crate::redact::Redactor;
use crate::store;

/// What a campaign is: whoever goes on with it takes all of this from here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Campaign {
    /// The version of this file's form.
    pub(crate) schema: u32,
    /// Which cases.
    pub(crate) seed: u64,
    /// The k-th of n parts.
    pub(crate) shard: (u64, u64),
    /// The clock of targets that obey one.
    pub(crate) now: i64,
    /// The targets, by name.
    pub(crate) targets: Vec<String>,
    /// What literals were mined from.
    pub(crate) mined: Vec<PathBuf>,
    /// Every case before this number has been shown.
    pub(crate) next: u64,
    /// What earlier parts did.
    pub(crate) done: Totals,
}

/// Sums over the parts of a campaign.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Totals {
    pub(crate) milliseconds: u64,
    pub(crate) cases: u64,
    pub(crate) requests: u64,
    pub(crate) decoded: u64,
    pub(crate) verified: u64,
    pub(crate) accepted: u64,
    pub(crate) classes: u64,
    pub(crate) outcomes: BTreeMap<String, BTreeMap<Outcome, u64>>,
    /// Written when a part ends well.
    pub(crate) repeats: BTreeMap<Fingerprint, u64>,
}

impl Totals {
    fn with(&self, progress: &Progress) -> Self {
        let mut sum = Self {
            milliseconds: self.milliseconds + u64::try_from(progress.elapsed.as_millis()).unwrap_or(u64::MAX),
            cases: self.cases + progress.cases,
            requests: self.requests + progress.requests,
            decoded: self.decoded + progress.decoded,
            verified: self.verified + progress.verified,
            accepted: self.accepted + progress.accepted,
            // Which ways were met before is not kept: the larger number is what is certain.
            classes: self.classes.max(progress.classes),
            ..self.clone()
        };
        for (target, outcomes) in &progress.outcomes {
            let before = sum.outcomes.entry(target.clone()).or_default();
            outcomes.iter().for_each(|(outcome, count)| *before.entry(*outcome).or_default() += count);
        }
        sum
    }
}

/// A campaign's folder that is being written, locked.
pub(crate) struct Folder {
    path: PathBuf,
    redactor: Redactor,
    log: Mutex<BufWriter<File>>,
    state: Mutex<State>,
    _lock: File,
}

struct State {
    campaign: Campaign,
    /// The sums before this part.
    before: Totals,
    saved: Option<Instant>,
    logged: Instant,
    trouble: Option<Error>,
}

impl Folder {
    /// A new campaign's folder; one that holds a campaign already is left alone.
    pub(crate) fn create(path: &Path, campaign: Campaign, redactor: Redactor) -> Result<Self> {
        let unwritable = |error: std::io::Error| unwritable(path, error);
        fs::create_dir_all(path.join(FINDINGS)).map_err(unwritable)?;
        let lock = lock(path)?;
        if path.join(CAMPAIGN).is_file() {
            let error = Error::usage(format!("{} holds a campaign already", path.display()));
            return Err(error.hint("--resume goes on with it; another folder with --out starts a new one"));
        }
        // A run's, whose findings are none of this campaign's.
        store::forget_report(path);
        let log = File::create(path.join(store::EVENTS)).map_err(unwritable)?;
        Self::open(path, lock, log, campaign, redactor)
    }

    /// The folder of a campaign that goes on, with what it was and what it found.
    pub(crate) fn resume(path: &Path, redactor: Redactor) -> Result<(Self, Vec<Finding>)> {
        // Before a lock is laid into a folder that is no campaign's; again once nobody else writes there.
        read(path)?;
        let lock = lock(path)?;
        let campaign = read(path)?;
        let findings = findings(path)?;
        let log = reopened(&path.join(store::EVENTS)).map_err(|error| unwritable(path, error))?;
        store::forget_report(path);
        Ok((Self::open(path, lock, log, campaign, redactor)?, findings))
    }

    fn open(path: &Path, lock: File, log: File, campaign: Campaign, redactor: Redactor) -> Result<Self> {
        let before = campaign.done.clone();
        let state = State { campaign, before, saved: None, logged: Instant::now(), trouble: None };
        let folder = Self {
            path: path.to_owned(),
            redactor,
            log: Mutex::new(BufWriter::new(log)),
            state: Mutex::new(state),
            _lock: lock,
        };
        folder.save(&mut folder.state.lock().expect(CALM))?;
        Ok(folder)
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What the campaign is, and how far.
    pub(crate) fn campaign(&self) -> Campaign {
        self.state.lock().expect(CALM).campaign.clone()
    }

    /// Writes the first line of this part.
    pub(crate) fn start(&self, engine: &str, earlier: usize) {
        let Campaign { seed, shard, targets, next, .. } = self.campaign();
        self.line(&json!({
            "event": "started", "schema": SCHEMA, "engine": engine, "seed": seed, "shard": shard, "first": next,
            "targets": targets, "earlier-findings": earlier,
        }));
    }

    /// Writes a finding so that it stays, whatever happens next; whether it does.
    pub(crate) fn keep(&self, finding: &Finding) -> bool {
        let finding = self.redactor.finding(finding);
        let octets = serde_json::to_vec_pretty(&finding).expect("a finding is JSON");
        let path = self.path.join(FINDINGS).join(format!("{}.json", finding.fingerprint));
        if let Err(error) = store::write_whole(&path, &octets) {
            self.state.lock().expect(CALM).trouble.get_or_insert(error);
            return false;
        }
        self.line(&json!({ "event": "found", "finding": finding }));
        true
    }

    /// Writes an event's line, and every second where the campaign is. Findings are for [`Self::keep`].
    pub(crate) fn write(&self, event: &Event<'_>) {
        match event {
            Event::TargetStarted { target, info } => {
                self.line(&json!({ "event": "target-started", "target": target, "version": info.version }));
            }
            Event::TargetLost { target, because } => {
                let because = self.redactor.said(because);
                self.line(&json!({ "event": "target-lost", "target": target, "because": because }));
            }
            Event::Progress(progress) => self.progress(progress),
            Event::Found(_) => {}
        }
    }

    fn progress(&self, progress: &Progress) {
        let mut state = self.state.lock().expect(CALM);
        state.campaign.next = progress.next;
        state.campaign.done = state.before.with(progress);
        if state.saved.is_none_or(|saved| saved.elapsed() > SAVED_EVERY)
            && let Err(error) = self.save(&mut state)
        {
            state.trouble.get_or_insert(error);
        }
        if state.logged.elapsed() > LOGGED_EVERY {
            state.logged = Instant::now();
            self.line(&json!({
                "event": "progress", "cases": progress.cases, "requests": progress.requests, "next": progress.next,
                "classes": progress.classes, "repeats": progress.repeats, "findings": progress.findings,
            }));
        }
    }

    /// The report of the whole campaign, given that of this part.
    pub(crate) fn whole(&self, report: Report) -> Report {
        let mut state = self.state.lock().expect(CALM);
        let before = state.before.clone();
        let whole = added(report, &before);
        if let Some(info) = &whole.campaign {
            state.campaign.done.repeats.clone_from(&info.repeats);
        }
        whole
    }

    /// Closes the log, and writes the report in one step.
    pub(crate) fn finish(&self, report: &Report) -> Result<()> {
        let mut state = self.state.lock().expect(CALM);
        self.save(&mut state)?;
        self.line(&json!({ "event": "finished", "complete": report.run.complete, "findings": report.findings.len() }));
        store::write_whole(&self.path.join(store::REPORT), &Format::Json.render(report, &Default::default()))?;
        state.trouble.take().map_or(Ok(()), Err)
    }

    fn save(&self, state: &mut State) -> Result<()> {
        let octets = serde_json::to_vec_pretty(&state.campaign).expect("it is JSON");
        state.saved = Some(Instant::now());
        store::write_whole(&self.path.join(CAMPAIGN), &octets)
    }

    fn line(&self, line: &serde_json::Value) {
        let mut log = self.log.lock().expect(CALM);
        let _ = writeln!(log, "{line}");
        let _ = log.flush();
    }
}

/// What the folder says of its campaign.
pub(crate) fn read(path: &Path) -> Result<Campaign> {
    let file = path.join(CAMPAIGN);
    let octets = fs::read(&file).map_err(|error| {
        let error = Error::usage(format!("{} holds no campaign to go on with", path.display())).because(error);
        error.hint("give its folder with --out, or start one without --resume")
    })?;
    serde_json::from_slice(&octets)
        .map_err(|error| Error::usage(format!("{} is no campaign of this assay", file.display())).because(error))
}

/// The findings that lie in a campaign's folder, by fingerprint.
pub(crate) fn findings(path: &Path) -> Result<Vec<Finding>> {
    let folder = path.join(FINDINGS);
    let unread = |path: &Path, cause: String| Error::usage(format!("{} cannot be read", path.display())).because(cause);
    let entries = fs::read_dir(&folder).map_err(|error| unread(&folder, error.to_string()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    // What was being written when the campaign was killed has no name of its own yet.
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let finding = |file: &PathBuf| {
        let octets = fs::read(file).map_err(|error| unread(file, error.to_string()))?;
        deep::read(&octets).map_err(|error| unread(file, error.to_string()))
    };
    files.iter().map(finding).collect()
}

/// Whether findings lie there as campaigns leave them.
pub(crate) fn is_one(path: &Path) -> bool {
    path.join(FINDINGS).is_dir() && path.join(CAMPAIGN).is_file()
}

/// The report of one part, with the sums of earlier ones added.
fn added(mut report: Report, before: &Totals) -> Report {
    report.run.milliseconds += before.milliseconds;
    if let Some(info) = &mut report.campaign {
        let CampaignInfo { first, cases, requests, decoded, verified, accepted, classes, repeats, .. } = info;
        *first = if before.cases == 0 { *first } else { 0 };
        *cases += before.cases;
        *requests += before.requests;
        *decoded += before.decoded;
        *verified += before.verified;
        *accepted += before.accepted;
        *classes = before.classes.max(*classes);
        for (fingerprint, count) in &before.repeats {
            *repeats.entry(fingerprint.clone()).or_default() += count;
        }
    }
    for TargetReport { info, outcomes, .. } in &mut report.targets {
        for (outcome, count) in before.outcomes.get(&info.name).into_iter().flatten() {
            *outcomes.entry(*outcome).or_default() += count;
        }
    }
    report
}

fn lock(path: &Path) -> Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path.join(LOCK));
    let file = file.map_err(|error| unwritable(path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let error = Error::usage(format!("another campaign is at work in {}", path.display()));
            Err(error.hint("wait until it ends, or give another folder with --out"))
        }
        Err(TryLockError::Error(error)) => Err(unwritable(path, error)),
    }
}

/// The log to be written on; a last line that was cut off ends here.
fn reopened(path: &Path) -> std::io::Result<File> {
    let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(-1)).is_ok() {
        file.read_exact(&mut last)?;
    }
    if last != [b'\n'] {
        file.write_all(b"\n")?;
    }
    Ok(file)
}

fn unwritable(path: &Path, error: std::io::Error) -> Error {
    let shown = path.display();
    let error = Error::usage(format!("the output folder {shown} cannot be written")).because(error);
    error.hint("give another folder with --out")
}

const CAMPAIGN: &str = "campaign.json";
const LOCK: &str = "campaign.lock";
const FINDINGS: &str = "findings";

/// How often it is written where the campaign is.
const SAVED_EVERY: Duration = Duration::from_secs(1);

/// How often the log says how far the campaign is.
const LOGGED_EVERY: Duration = Duration::from_secs(10);

const CALM: &str = "nobody panics while holding it";
