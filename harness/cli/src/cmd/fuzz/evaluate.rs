//! `assay fuzz --evaluate`: how much each way of making tokens finds, on verifiers that are wrong on purpose.
//!
//! Runs trials side by side, gives a markdown table on stdout and `power.json` in a folder; `--against` an earlier one fails
//! where a strawman that was always found is not found any more. Touches no target.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use token_assay::power::{self, Budget, Engine, Record, Summary, Trial};
use token_assay::strawman::Strawman;
use token_assay_model::ExitCode;

use crate::cmd::common::one_of;
use crate::error::{Error, Result};
use crate::store;

/// What to measure.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Evaluation")]
pub(super) struct Evaluate {
    /// Measure instead how much each way of making tokens finds, on verifiers that are wrong on purpose. --max-cases and
    /// --max-time (CPU time: making and ruling tokens, and the verifier in question) limit each run.
    #[arg(long, conflicts_with_all = ["names", "resume", "merge", "engine", "findings", "shard"])]
    pub(super) evaluate: bool,
    /// How many seeds each.
    #[arg(long, value_name = "N", requires = "evaluate", default_value = "10")]
    seeds: u64,
    /// The ways: octets, derived, catalogue, operations, generate [default: all].
    #[arg(long, value_name = "WAY", requires = "evaluate", value_delimiter = ',', value_parser = one_of(Engine::ALL, Engine::as_str))]
    ways: Vec<Engine>,
    /// An earlier power.json: fail where a strawman that was always found is found in no run.
    #[arg(long, value_name = "FILE", requires = "evaluate")]
    against: Option<PathBuf>,
    /// Trials of other engines, a JSON document a line, to be put into the table.
    #[arg(long, value_name = "FILE", requires = "evaluate")]
    trials: Vec<PathBuf>,
}

/// The same with what other flags of the verb say.
pub(super) struct Evaluation<'a> {
    pub(super) asked: &'a Evaluate,
    /// Tokens and CPU time of a run.
    pub(super) max_cases: Option<u64>,
    pub(super) max_time: Option<Duration>,
    pub(super) jobs: usize,
    /// Where `power.json` and `power.md` go.
    pub(super) out: Option<&'a Path>,
}

impl Evaluation<'_> {
    fn budget(&self) -> Budget {
        Budget { cases: self.max_cases.unwrap_or(u64::MAX), cpu: self.max_time.unwrap_or(Duration::MAX) }
    }

    fn ways(&self) -> &[Engine] {
        if self.asked.ways.is_empty() { Engine::ALL } else { &self.asked.ways }
    }
}

/// `power.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Power {
    strawmen: usize,
    from_advisories: usize,
    budget_cases: Option<u64>,
    budget_seconds: Option<u64>,
    engines: Vec<Measured>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Measured {
    summary: Summary,
    records: Vec<Record>,
}

/// Measures.
pub(super) fn run(evaluation: &Evaluation<'_>) -> Result {
    let wanted = power::strawmen();
    let mut trials = read_trials(&evaluation.asked.trials)?;
    trials.extend(run_trials(evaluation, &wanted));
    let power = measured(evaluation, &trials, &wanted);
    let table = table(&power);
    crate::print(&table);
    if let Some(folder) = evaluation.out {
        let mut json = serde_json::to_vec_pretty(&power).expect("numbers and names are JSON");
        json.push(b'\n');
        store::write_whole(&folder.join("power.json"), &json)?;
        store::write_whole(&folder.join("power.md"), table.as_bytes())?;
        let lines = trials.iter().map(|trial| serde_json::to_string(trial).expect("a trial is JSON") + "\n");
        store::write_whole(&folder.join("trials.ndjson"), lines.collect::<String>().as_bytes())?;
    }
    let Some(against) = &evaluation.asked.against else { return Ok(ExitCode::Clean) };
    let lost = lost(&read_power(against)?, &power);
    if lost.is_empty() {
        return Ok(ExitCode::Clean);
    }
    crate::print(&format!("\nNo longer found within the budget: {}.\n", lost.join(", ")));
    Ok(ExitCode::Findings)
}

fn run_trials(evaluation: &Evaluation<'_>, wanted: &[&'static Strawman]) -> Vec<Trial> {
    // Strawmen panic on purpose, some millions of times.
    std::panic::set_hook(Box::new(|_| {}));
    let seeds = |engine: Engine| if engine == Engine::Catalogue { 1 } else { evaluation.asked.seeds };
    let work: Vec<(Engine, u64)> =
        evaluation.ways().iter().flat_map(|engine| (0..seeds(*engine)).map(|seed| (*engine, seed))).collect();
    let (queue, done) = (Mutex::new(work.into_iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..evaluation.jobs {
            scope.spawn(|| {
                loop {
                    let Some((engine, seed)) = queue.lock().expect("taking an item does not panic").next() else {
                        break;
                    };
                    let trial = power::trial(engine, seed, evaluation.budget(), wanted);
                    eprintln!("{}, seed {seed}: {} of {} found", engine.describe(), trial.found.len(), wanted.len());
                    done.lock().expect("pushing does not panic").push(trial);
                }
            });
        }
    });
    let _ = std::panic::take_hook();
    done.into_inner().expect("all threads have ended well")
}

fn measured(evaluation: &Evaluation<'_>, trials: &[Trial], wanted: &[&'static Strawman]) -> Power {
    let mut by_engine: BTreeMap<&str, Vec<Trial>> = BTreeMap::new();
    for trial in trials {
        by_engine.entry(&trial.engine).or_default().push(trial.clone());
    }
    let measure = |trials: &Vec<Trial>| Measured {
        summary: power::summary(trials, wanted),
        records: power::records(trials, wanted),
    };
    let mut engines: Vec<Measured> = by_engine.values().map(measure).collect();
    engines.sort_by_key(|engine| (engine.summary.always, engine.summary.sometimes, engine.summary.within_ten_thousand));
    Power {
        strawmen: wanted.len(),
        from_advisories: token_assay::strawman::cves::FROM_ADVISORIES.len(),
        budget_cases: evaluation.max_cases,
        budget_seconds: evaluation.max_time.map(|time| time.as_secs()),
        engines,
    }
}

fn table(power: &Power) -> String {
    let limits = [
        power.budget_cases.map(|cases| format!("after {cases} tokens")),
        power.budget_seconds.map(|seconds| format!("after {seconds} CPU seconds of making, ruling and one strawman")),
    ];
    let limits: Vec<String> = limits.into_iter().flatten().collect();
    let mut text = format!(
        "{} strawmen, {} of them written from advisories alone. A run ends when all in reach are found, or {}.\n\n| engine | runs | found \
         always | found sometimes | always within 10,000 tokens | median tokens | median CPU s | worst CPU s | tokens a CPU s | \
         accepted |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
        power.strawmen,
        power.from_advisories,
        limits.join(" or "),
    );
    for Measured { summary, .. } in &power.engines {
        let median_cases = summary.median_cases.map_or_else(|| "–".to_owned(), |cases| cases.to_string());
        let median_seconds = summary.median_seconds.map_or_else(|| "–".to_owned(), |seconds| format!("{seconds:.3}"));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {median_cases} | {median_seconds} | {:.1} | {:.0} | {:.1} % |",
            summary.engine,
            summary.runs,
            summary.always,
            summary.sometimes,
            summary.within_ten_thousand,
            summary.worst_seconds,
            summary.cases_per_second,
            summary.accepted_per_mille as f64 / 10.0,
        );
    }
    for Measured { summary, records } in &power.engines {
        let censored: Vec<&Record> = records.iter().filter(|record| record.found < record.runs).collect();
        if censored.is_empty() || summary.sometimes * 2 < summary.of {
            continue;
        }
        let names: Vec<String> = censored
            .iter()
            .map(|record| format!("{} ({} of {})", record.strawman, record.found, record.runs))
            .collect();
        let _ = writeln!(text, "\nNot found in every run of the {}: {}.", summary.engine, names.join(", "));
    }
    text.push_str("\nOut of reach of every engine here:\n\n");
    for (name, why) in power::OUT_OF_REACH {
        let _ = writeln!(text, "- {name}: {why}.");
    }
    text
}

/// Strawmen that an engine found in every run once, and in none now.
fn lost(before: &Power, now: &Power) -> Vec<String> {
    let mut lost = Vec::new();
    for engine in &before.engines {
        let Some(again) = now.engines.iter().find(|again| again.summary.engine == engine.summary.engine) else {
            continue;
        };
        for record in engine.records.iter().filter(|record| record.found == record.runs) {
            let found = again.records.iter().find(|again| again.strawman == record.strawman);
            if found.is_none_or(|found| found.found == 0) {
                lost.push(format!("{} by the {}", record.strawman, engine.summary.engine));
            }
        }
    }
    lost
}

fn read_power(path: &Path) -> Result<Power> {
    let unread = || Error::usage(format!("{} is no power.json", path.display()));
    let octets = std::fs::read(path).map_err(|error| unread().because(error))?;
    serde_json::from_slice(&octets).map_err(|error| unread().because(error))
}

fn read_trials(files: &[PathBuf]) -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    for file in files {
        let unread = |cause: String| Error::usage(format!("{} holds no trials", file.display())).because(cause);
        let text = std::fs::read_to_string(file).map_err(|error| unread(error.to_string()))?;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            trials.push(serde_json::from_str(line).map_err(|error| unread(error.to_string()))?);
        }
    }
    Ok(trials)
}
