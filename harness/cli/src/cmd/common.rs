//! What `run` and `fuzz` share: keys, known failures, what flags come to, and how the process ends.
//!
//! Takes configuration and flags, gives what both loops want. Never shows anything to a target.

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use token_assay::forge::{Keyring, TestKey};
use token_assay::known::Known;
use token_assay_model::{ExitCode, Finding, Level, Outcome, Report, Severity};
use token_assay_report::{Format, Options};

use crate::config::{self, Config, QuirkConfig, RunConfig};
use crate::console::Loudness;
use crate::error::{Error, Result};
use crate::store;

/// When findings fail the process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gate {
    /// How firmly the standard must speak.
    pub(super) level: Level,
    /// The least severity.
    pub(super) fail_on: Severity,
    /// Whether a known failure that no longer fails does too.
    pub(super) strict_known: bool,
}

impl Gate {
    /// How the process ends; `interrupted` by somebody, and not by itself.
    pub(super) fn code(self, report: &Report, interrupted: bool) -> ExitCode {
        match report.exit_code(self.fail_on, self.level, self.strict_known) {
            // A run that ended itself early, at its first finding say, has found what it has found.
            ExitCode::Interrupted if !interrupted && self.fails(report) => ExitCode::Findings,
            code => code,
        }
    }

    fn fails(self, report: &Report) -> bool {
        let counts = |f: &Finding| f.outcome == Outcome::Fail && f.severity >= self.fail_on && f.level <= self.level;
        report.findings.iter().any(counts)
    }
}

/// How a finished run is rendered.
pub(super) fn rendering(config: &Config, report: &Report, folder: &Path, code: ExitCode) -> Options {
    let shown = folder.join("report.json");
    let shown = shown.strip_prefix(std::env::current_dir().unwrap_or_default()).unwrap_or(&shown);
    let options = super::report::options(config, report, crate::shows_color(), Some(shown));
    Options { exit_code: Some(code), ..options }
}

/// Writes the files that were asked for beside the report.
pub(super) fn write_reports(formats: &[Format], report: &Report, options: &Options, folder: &Path) -> Result<()> {
    formats
        .iter()
        .try_for_each(|format| store::write_whole(&folder.join(format.file_name()), &format.render(report, options)))
}

/// The last line on a terminal: where the page lies. The report on stdout ends with the counts.
pub(super) fn name_page(folder: &Path, loudness: Loudness) {
    if loudness > Loudness::Quiet {
        let page = folder.join(Format::Html.file_name());
        let shown = page.strip_prefix(std::env::current_dir().unwrap_or_default()).unwrap_or(&page);
        let _ = writeln!(anstream::stderr(), "page     {}", shown.display());
    }
}

/// The report that a run is compared with, read before anything runs: one that cannot be read must not cost a run.
pub(super) fn baseline(path: Option<&Path>) -> Result<Option<Report>> {
    path.map(|path| Ok(store::read_report(Some(path))?.0)).transpose()
}

/// The formats of `--report`, or of the file; the page always.
pub(super) fn formats(flags: &[Format], file: &RunConfig) -> Result<Vec<Format>> {
    let read = |name: &String| {
        name.parse().map_err(|_| Error::usage(format!("`{name}` is no report format")).hint(formats_hint()))
    };
    let mut formats = match flags {
        [] => file.report.iter().flatten().map(read).collect::<Result<Vec<_>>>()?,
        flags => flags.to_vec(),
    };
    if !formats.contains(&Format::Html) {
        formats.push(Format::Html);
    }
    Ok(formats)
}

/// What `-q` and `-v` come to.
pub(super) fn loudness(quiet: bool, verbose: u8) -> Loudness {
    match (quiet, verbose) {
        (true, _) => Loudness::Quiet,
        (false, 0) => Loudness::Normal,
        (false, 1) => Loudness::Loud,
        (false, _) => Loudness::Louder,
    }
}

/// The number of `--jobs`, of the file, or of cores.
pub(super) fn jobs(flag: Option<NonZeroUsize>, file: &RunConfig) -> usize {
    flag.or(file.jobs).map_or_else(cores, NonZeroUsize::get)
}

/// `[[known]]`, and the quirks of targets: of `[[target]]` tables, and those that linked crates document.
pub(super) fn known(config: &Config) -> Result<Vec<Known>> {
    let entry = |entry: &config::KnownConfig| {
        let reason = match &entry.issue {
            Some(issue) => format!("{} ({issue})", entry.reason),
            None => entry.reason.clone(),
        };
        Known::new(&entry.target, &entry.case, &reason)
            .map_err(|error| Error::usage(format!("[[known]] `{}` is no pattern", entry.case)).because(error))
    };
    let quirk = |target: &str, quirk: &QuirkConfig| {
        Known::quirk(target, &quirk.case, &quirk.reason, &quirk.source)
            .map_err(|error| Error::usage(format!("[[target.quirk]] `{}` is no pattern", quirk.case)).because(error))
    };
    let mut known: Vec<Known> = config.known.iter().map(entry).collect::<Result<_>>()?;
    for target in &config.targets {
        for one in &target.quirks {
            known.push(quirk(&globset::escape(&target.name), one)?);
        }
    }
    for (target, one) in config::embedded_quirks() {
        known.push(quirk(&target, &one)?);
    }
    Ok(known)
}

/// The test keys, with the user's own in the places that they name, and those again.
pub(super) fn keyring(config: &Config) -> Result<(Keyring, Vec<TestKey>)> {
    let mut keyring = Keyring::corpus();
    let mut own = Vec::new();
    let names: Vec<String> = keyring.all().map(|key| key.name.clone()).collect();
    for entry in &config.keys {
        let name = &entry.replaces;
        if !names.contains(name) {
            let error = Error::usage(format!("[[key]] replaces `{name}`, which is no test key"));
            return Err(error.hint(format!("they are {}", names.join(", "))));
        }
        let key = match (&entry.secret, &entry.secret_env, &entry.folder) {
            (Some(secret), None, None) => TestKey::from_secret(name, secret.as_bytes()),
            (None, Some(variable), None) => {
                let secret = std::env::var(variable).map_err(|error| {
                    Error::usage(format!("[[key]] `{name}`: ${variable} is not set")).because(error)
                })?;
                TestKey::from_secret(name, secret.as_bytes())
            }
            (None, None, Some(folder)) => TestKey::from_folder(name, folder)
                .map_err(|error| Error::usage(format!("[[key]] `{name}` cannot be read")).because(error))?,
            _ => {
                let error = Error::usage(format!("[[key]] `{name}` wants one of `secret`, `secret-env` and `folder`"));
                return Err(error);
            }
        };
        keyring = keyring.with(key.clone());
        own.push(key);
    }
    Ok((keyring, own))
}

/// The first Ctrl-C ends the run with what it has; the second ends the process.
pub(super) fn stop_on_interrupt() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stop);
    let handler = move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(ExitCode::Interrupted as i32);
        }
    };
    ctrlc::set_handler(handler).map_err(|error| Error::usage("Ctrl-C cannot be handled").because(error))?;
    Ok(stop)
}

/// Keeps what targets that are called directly print when they panic off the console: it would come by the thousand, and the
/// answers say it. A panic of Assay's own, in whichever thread, is still said.
pub(super) fn quiet_panics() {
    let usual = std::panic::take_hook();
    let last = Mutex::new(String::new());
    std::panic::set_hook(Box::new(move |panic| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if std::thread::current().name() == Some("main") {
            if !last.is_empty() {
                let _ = writeln!(anstream::stderr(), "the last panic before: {last}");
            }
            usual(panic);
        } else {
            *last = panic.to_string();
        }
    }));
}

/// What flags say, or the file where they say nothing.
pub(super) fn or_else(flags: &[String], file: Option<&Vec<String>>) -> Vec<String> {
    if flags.is_empty() { file.cloned().unwrap_or_default() } else { flags.to_vec() }
}

/// One of a list of words, which help and errors name.
pub(super) fn one_of<T: Copy + Send + Sync + 'static>(
    words: &'static [T],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let names = PossibleValuesParser::new(words.iter().map(|word| name(*word)));
    names.map(move |found| *words.iter().find(|word| name(**word) == found).expect("it is one of the words"))
}

/// Reads `2/4`.
pub(super) fn parse_shard(text: &str) -> std::result::Result<(u64, u64), String> {
    let parts = text.split_once('/').and_then(|(part, parts)| Some((part.parse().ok()?, parts.parse().ok()?)));
    parts
        .filter(|(part, parts): &(u64, u64)| (1..=*parts).contains(part))
        .ok_or_else(|| format!("`{text}` is no part such as 2/4"))
}

fn formats_hint() -> String {
    let names: Vec<&str> = Format::ALL.iter().map(|format| format.as_str()).collect();
    format!("they are {}", names.join(", "))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
