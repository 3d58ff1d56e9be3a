//! The libFuzzer half of a campaign: `cargo fuzz` in a checkout of Assay, against the linked crates.
//!
//! Takes a campaign's folder and time, gives what its processes found. They write a finding into `findings/` before they end,
//! and pass over what the file `known` lists; so each is started again until the time is over. Their own words go to
//! `libfuzzer.log`. Never builds anything outside the checkout.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use token_assay::campaign;
use token_assay_model::{Finding, Fingerprint, Report};

use super::Setup;
use crate::console::CampaignConsole;
use crate::error::{Error, Result};
use crate::store;

/// A checkout in which `cargo fuzz` runs, and its targets that judge verdicts.
pub(super) struct Tools {
    root: PathBuf,
    targets: Vec<String>,
}

impl Tools {
    /// Looks for them.
    pub(super) fn find() -> Result<Self> {
        let Some(root) = store::checkout() else { return Err(missing("this is no checkout of assay")) };
        let listed = Command::new("cargo").args(["fuzz", "list"]).current_dir(&root).output();
        let listed = listed.map_err(|error| missing(&format!("cargo could not be started: {error}")))?;
        if !listed.status.success() {
            let said = String::from_utf8_lossy(&listed.stderr).lines().next().unwrap_or_default().to_owned();
            return Err(missing(&format!("`cargo fuzz list` failed: {said}")));
        }
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let targets: Vec<String> =
            listed.lines().map(str::trim).filter(|name| WANTED.contains(name)).map(str::to_owned).collect();
        if targets.is_empty() {
            return Err(missing(&format!("`cargo fuzz list` names none of {}", WANTED.join(", "))));
        }
        Ok(Self { root, targets })
    }
}

/// Goes on with libFuzzer until the time is over or somebody stops it, and puts what it finds into the report.
pub(super) fn go_on(
    tools: &Tools,
    setup: &Setup<'_>,
    console: &CampaignConsole,
    left: Option<Duration>,
    report: &mut Report,
) -> Result<()> {
    let folder = fs::canonicalize(setup.folder.path())
        .map_err(|error| Error::usage("the campaign's folder is gone").because(error))?;
    console.say(&format!("libfuzzer: {} · its words are in {}", tools.targets.join(", "), folder.join(LOG).display()));
    let deadline = left.map(|left| Instant::now() + left);
    let mut at_work = tools.targets.clone();
    let is_over = |report: &Report| {
        let found = report.findings.iter().filter(|finding| setup.chosen.counts(finding)).count() as u64;
        setup.stop.load(Ordering::Relaxed) || setup.chosen.max_findings.is_some_and(|most| found >= most)
    };
    while !at_work.is_empty() && !is_over(report) {
        let left = deadline.map_or(TURN, |deadline| deadline.saturating_duration_since(Instant::now()));
        let turn = (left / u32::try_from(at_work.len()).unwrap_or(u32::MAX)).min(TURN);
        if turn < Duration::from_secs(1) {
            break;
        }
        let target = at_work.remove(0);
        list_known(&folder, report)?;
        let (status, cases) = take_turn(tools, &target, &folder, turn, setup.stop)?;
        if let Some(info) = &mut report.campaign {
            info.cases += cases;
            info.requests += cases;
        }
        let found = collect(setup, console, report);
        if status.success() || found > 0 {
            at_work.push(target);
        } else if !setup.stop.load(Ordering::Relaxed) {
            console.say(&format!("? libfuzzer: {target} ended by itself, {status}; {LOG} says why"));
        }
    }
    if setup.stop.load(Ordering::Relaxed) && report.run.complete {
        report.run.complete = false;
        report.run.stopped = Some("interrupted".to_owned());
    }
    Ok(())
}

/// Runs one target for a while; how it ended, and how many tokens it tried.
fn take_turn(
    tools: &Tools,
    target: &str,
    folder: &Path,
    turn: Duration,
    stop: &AtomicBool,
) -> Result<(ExitStatus, u64)> {
    let failed = |error: std::io::Error| Error::usage("`cargo fuzz` could not be started").because(error);
    let path = folder.join(LOG);
    let log = OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
    let before = log.metadata().map_or(0, |log| log.len());
    fs::create_dir_all(folder.join(ARTIFACTS)).map_err(failed)?;
    let mut child = start(tools, target, folder, turn, log).map_err(failed)?;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            break status;
        }
        if stop.load(Ordering::Relaxed) {
            end(&mut child);
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    let said = fs::read(&path).unwrap_or_default();
    let said = said.get(usize::try_from(before).unwrap_or(usize::MAX)..).unwrap_or_default();
    Ok((status, tried(&String::from_utf8_lossy(said))))
}

fn start(tools: &Tools, target: &str, folder: &Path, turn: Duration, log: File) -> std::io::Result<Child> {
    let mut command = Command::new("cargo");
    command
        .args(["fuzz", "run", "-s", "none", target, "--", "-print_final_stats=1"])
        .arg(format!("-max_total_time={}", turn.as_secs()))
        .arg(format!("-artifact_prefix={}/", folder.join(ARTIFACTS).display()))
        .current_dir(&tools.root)
        .env("ASSAY_FUZZ_DIR", folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    own_group(&mut command);
    command.spawn()
}

/// So that cargo and the fuzzer that it started can be ended together.
#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

#[cfg(not(unix))]
fn own_group(_: &mut Command) {}

fn end(child: &mut Child) {
    let group = format!("-{}", child.id());
    let ended =
        cfg!(unix) && Command::new("kill").args(["-s", "KILL", "--", &group]).status().is_ok_and(|s| s.success());
    if !ended {
        let _ = child.kill();
    }
}

/// What its statistics say.
fn tried(log: &str) -> u64 {
    let number = |line: &str| line.strip_prefix("stat::number_of_executed_units:")?.trim().parse::<u64>().ok();
    log.lines().filter_map(number).sum()
}

/// Those that were found need not be found again.
fn list_known(folder: &Path, report: &Report) -> Result<()> {
    let names: String = report.findings.iter().map(|finding| format!("{}\n", finding.fingerprint)).collect();
    store::write_whole(&folder.join(KNOWN), names.as_bytes())
}

/// Takes in what lies in the folder and is not in the report yet; how much that was.
fn collect(setup: &Setup<'_>, console: &CampaignConsole, report: &mut Report) -> usize {
    let had: BTreeSet<Fingerprint> = report.findings.iter().map(|finding| finding.fingerprint.clone()).collect();
    let mut all = crate::campaign::findings(setup.folder.path()).unwrap_or_default();
    all.retain(|finding| !had.contains(&finding.fingerprint));
    // The processes know no `assay.toml`.
    let all: Vec<Finding> = all.into_iter().map(|finding| setup.with_reason(finding)).collect();
    all.iter().for_each(|finding| setup.announce(console, finding));
    let count = all.len();
    campaign::add(report, all);
    count
}

fn missing(why: &str) -> Error {
    Error::usage("libFuzzer cannot be used here")
        .because(why)
        .hint("`cargo install cargo-fuzz`, then run in a checkout of assay; --engine generate needs neither")
}

/// The targets that judge what verifiers answer; the others look for crashes in Assay itself.
const WANTED: [&str; 2] = ["recipe", "token_structured"];

/// How long one target is at work before the next has its turn.
const TURN: Duration = Duration::from_secs(600);

const LOG: &str = "libfuzzer.log";
const KNOWN: &str = "known";
const ARTIFACTS: &str = "artifacts";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_tokens_is_read_from_the_statistics() {
        let log = "#12 NEW\nstat::number_of_executed_units: 41\nstat::average_exec_per_sec: 3\n\
                   stat::number_of_executed_units: 1\n";
        assert_eq!((tried(log), tried("Done 5 runs")), (42, 0));
    }
}
