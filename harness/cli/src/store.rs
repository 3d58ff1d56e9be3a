//! The run directory: what is on disk while a run goes on and when it has ended.
//!
//! `events.ndjson` grows with the run and closes with a footer; `report.json` appears whole at the end. Finds the latest run
//! again for the verbs that read. The only file that knows where reports lie.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde_json::json;
use token_assay::event::Event;
use token_assay_model::report::SCHEMA;
use token_assay_model::{Finding, Report};
use token_assay_report::Format;

use crate::error::{Error, Result};
use crate::redact::Redactor;
use crate::{campaign, log};

/// A run directory that is being written.
pub(crate) struct Store {
    folder: PathBuf,
    events: Mutex<BufWriter<File>>,
    redactor: Redactor,
}

impl Store {
    /// Makes the folder and opens the event log in it.
    pub(crate) fn create(folder: &Path, redactor: Redactor) -> Result<Self> {
        let unwritable = |error: std::io::Error| {
            Error::usage(format!("the output folder {} cannot be written", folder.display()))
                .because(error)
                .hint("give another folder with --out")
        };
        fs::create_dir_all(folder).map_err(unwritable)?;
        forget_report(folder);
        let events = File::create(folder.join(EVENTS)).map_err(unwritable)?;
        Ok(Self { folder: folder.to_owned(), events: Mutex::new(BufWriter::new(events)), redactor })
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes an event's line. Findings reach the disk at once, the rest when the buffer is full.
    pub(crate) fn write(&self, event: &Event<'_>) {
        let line = match event {
            Event::Started { cases, targets, blank } => {
                let blank = self.redactor.report((*blank).clone());
                json!({ "event": "started", "schema": SCHEMA, "cases": cases, "targets": targets, "report": blank })
            }
            Event::TargetStarted { target, info, cases } => {
                json!({ "event": "target-started", "target": target, "info": info, "cases": cases })
            }
            Event::Judged { target, case, outcome, answer, microseconds } => {
                let answer = answer.map(|answer| self.redactor.said(&answer.to_string()));
                json!({
                    "event": "judged", "target": target, "case": case, "outcome": outcome, "answer": answer,
                    "microseconds": microseconds,
                })
            }
            Event::Found { finding } => json!({ "event": "found", "finding": self.redactor.finding(finding) }),
            Event::TargetFinished { target, unusable } => {
                let unusable = unusable.map(|why| self.redactor.said(why));
                json!({ "event": "target-finished", "target": target, "unusable": unusable })
            }
        };
        self.line(&line, !matches!(event, Event::Judged { .. }));
    }

    /// Closes the log and writes the report in one step.
    pub(crate) fn finish(&self, report: &Report) -> Result<()> {
        let footer = json!({ "event": "finished", "complete": report.run.complete, "findings": report.findings.len() });
        self.line(&footer, true);
        write_whole(&self.folder.join(REPORT), &Format::Json.render(report, &Default::default()))
    }

    /// A failing disk must not lose the run: what can be written is.
    fn line(&self, line: &serde_json::Value, flush: bool) {
        let mut events = self.events.lock().expect("writing a line does not panic");
        let _ = writeln!(events, "{line}");
        if flush {
            let _ = events.flush();
        }
    }
}

/// Takes an earlier run's report out of a folder: one that lies there is of what was run last.
pub(crate) fn forget_report(folder: &Path) {
    for name in [REPORT, Format::Html.file_name()] {
        let _ = fs::remove_file(folder.join(name));
    }
}

/// Writes a file so that it is either whole or not there.
pub(crate) fn write_whole(path: &Path, octets: &[u8]) -> Result<()> {
    let unwritable = |error: std::io::Error| {
        Error::usage(format!("{} cannot be written", path.display()))
            .because(error)
            .hint("give another place with --out")
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(unwritable)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(unwritable)?;
    file.write_all(octets).map_err(unwritable)?;
    // A name that survives a crash must not stand for octets that do not.
    file.as_file().sync_all().map_err(unwritable)?;
    readable(file.path()).map_err(unwritable)?;
    file.persist(path).map_err(|error| unwritable(error.error))?;
    Ok(())
}

/// Temporary files are the owner's alone; a report is for whoever may read the folder.
#[cfg(unix)]
fn readable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Where a run that started at this time is written: below `reports/runs` in a checkout of Assay, else `assay-report`.
pub(crate) fn run_folder(named: Option<&Path>, started: &str) -> PathBuf {
    match (named, checkout()) {
        (Some(named), _) => named.to_owned(),
        (None, Some(root)) => root.join(RUNS).join(started.replace(':', "")),
        (None, None) => PathBuf::from(PLAIN),
    }
}

/// Where a campaign that started at this time is written: a folder of its own, so that none replaces another.
pub(crate) fn campaign_folder(named: Option<&Path>, started: &str) -> PathBuf {
    new_folder(named, CAMPAIGNS, started)
}

/// Where a measurement that started at this time is written: a folder of its own too.
#[cfg_attr(not(feature = "bench"), expect(dead_code, reason = "nothing measures"))]
pub(crate) fn bench_folder(named: Option<&Path>, started: &str) -> PathBuf {
    new_folder(named, BENCHES, started)
}

fn new_folder(named: Option<&Path>, kind: &str, started: &str) -> PathBuf {
    let time = started.replace(':', "");
    let folder = match (named, checkout()) {
        (Some(named), _) => return named.to_owned(),
        (None, Some(root)) => root.join(RUNS).join(time),
        (None, None) => Path::new(PLAIN).join(kind).join(time),
    };
    let second = |nth: u32| PathBuf::from(format!("{}-{nth}", folder.display()));
    if folder.exists() { (2..).map(second).find(|path| !path.exists()).unwrap_or(folder) } else { folder }
}

/// The folder of the latest campaign.
pub(crate) fn latest_campaign() -> Result<PathBuf> {
    let none =
        || Error::usage("there is no campaign yet").hint("start one without --resume, or name its folder with --out");
    folders().into_iter().rev().find(|folder| campaign::is_one(folder)).ok_or_else(none)
}

/// The latest file of this name in a folder of its own: of a measurement.
pub(crate) fn latest_measured(name: &str) -> Option<PathBuf> {
    let roots = [checkout().map(|root| root.join(RUNS)), Some(Path::new(PLAIN).join(BENCHES))];
    let folders = roots.into_iter().flatten().find(|root| root.is_dir()).into_iter().flat_map(fs::read_dir).flatten();
    folders.flatten().map(|entry| entry.path().join(name)).filter(|file| file.is_file()).max()
}

/// The root of the checkout that the current folder lies in.
pub(crate) fn checkout() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().find(|folder| folder.join("harness/model/Cargo.toml").is_file()).map(Path::to_owned)
}

/// The report at a path: a file, a run folder, or, with no path, the latest run.
pub(crate) fn read_report(named: Option<&Path>) -> Result<(Report, PathBuf)> {
    let path = match named {
        Some(folder) if folder.is_dir() => folder.join(REPORT),
        Some(file) => file.to_owned(),
        None => latest()?,
    };
    let shown = path.display();
    let log = path.with_file_name(EVENTS);
    let is_cut_short = !path.is_file() && path.file_name().is_some_and(|name| name == REPORT) && log.is_file();
    if is_cut_short && !campaign::is_one(path.parent().unwrap_or(Path::new("."))) {
        return Ok((log::report(&log)?, path));
    }
    let octets = fs::read(&path).map_err(|error| {
        let unread = Error::usage(format!("{shown} cannot be read")).because(error);
        let folder = path.parent().unwrap_or(Path::new("."));
        if campaign::is_one(folder) {
            let folder = folder.display();
            return unread.hint(format!(
                "the campaign did not end; `assay fuzz --resume --out {folder}` goes on with it, \
                 `assay replay --from {folder}` shows again what it had found"
            ));
        }
        unread.hint("give a report.json or a run folder, or run `assay run` first")
    })?;
    let report = token_assay_report::read(&octets).map_err(|error| {
        let hint = error.hint();
        Error::usage(format!("{shown} is no whole report")).because(error).hint(hint)
    })?;
    Ok((report, path))
}

fn latest() -> Result<PathBuf> {
    let none = || Error::usage("there is no report yet").hint("run `assay run` first, or give a report.json");
    folders().pop().map(|folder| folder.join(REPORT)).ok_or_else(none)
}

/// The findings at a path: a report, a log, a run folder, or, with no path, the latest run. Of a campaign that did not end
/// those that it had found.
pub(crate) fn read_findings(named: Option<&Path>) -> Result<Vec<Finding>> {
    if let Some(log) = named.filter(|path| path.extension().is_some_and(|extension| extension == "ndjson")) {
        let text = fs::read_to_string(log)
            .map_err(|error| Error::usage(format!("{} cannot be read", log.display())).because(error))?;
        return Ok(log::findings(&text));
    }
    let path = named.map_or_else(latest, |path| Ok(path.to_owned()))?;
    let folder = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(Path::new(".")) };
    if campaign::is_one(folder) && !folder.join(REPORT).is_file() {
        return campaign::findings(folder);
    }
    Ok(read_report(Some(&path))?.0.findings)
}

/// The folders of runs and campaigns, the latest last: in a checkout by their names, elsewhere by their logs.
fn folders() -> Vec<PathBuf> {
    let below = |folder: &Path| -> BTreeSet<PathBuf> {
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    };
    let written = |folder: &PathBuf| {
        let time = |name: &str| fs::metadata(folder.join(name)).and_then(|file| file.modified()).ok();
        time(EVENTS).max(time(REPORT))
    };
    let in_checkout: Vec<PathBuf> = checkout().iter().flat_map(|root| below(&root.join(RUNS))).collect();
    let mut elsewhere: Vec<PathBuf> = below(&Path::new(PLAIN).join(CAMPAIGNS)).into_iter().collect();
    elsewhere.push(PathBuf::from(PLAIN));
    elsewhere.sort_by_key(written);
    let all = elsewhere.into_iter().chain(in_checkout);
    all.filter(|folder| folder.join(REPORT).is_file() || folder.join(EVENTS).is_file()).collect()
}

/// The whole report.
pub(crate) const REPORT: &str = "report.json";
/// The log.
pub(crate) const EVENTS: &str = "events.ndjson";
/// Where runs are kept in a checkout.
const RUNS: &str = "reports/runs";
/// Where they are kept elsewhere, and in it campaigns.
const BENCHES: &str = "bench";

const PLAIN: &str = "assay-report";
const CAMPAIGNS: &str = "fuzz";
