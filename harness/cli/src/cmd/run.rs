//! `assay run`: the catalogue against the targets; ends by itself.

use std::fs::File;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use globset::{Glob, GlobSet, GlobSetBuilder};
use sha2::{Digest as _, Sha256};
use token_assay::attacks;
use token_assay::endpoint::{self, Endpoint, PORT};
use token_assay::event::Event;
use token_assay::forge::NOW;
use token_assay::regressions::{self, Regression};
use token_assay::run::{Options, run as run_all};
use token_assay_model::{CaseId, Level, Outcome, Report, Severity};
use token_assay_report::Format;

use super::Configuration;
use super::common::{self, Gate, one_of, or_else, parse_shard};
use super::service;
use super::subjects::{self, Commands, Driving};
use crate::config::{Config, RunConfig, parse_duration};
use crate::console::{Console, Loudness};
use crate::error::{Error, Result, nearest};
use crate::redact::Redactor;
use crate::store::{self, Store};

/// What to run, how, and what to write.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Case ids: a family, a class, a case, or any prefix of one that ends where a word ends. None is everything.
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// A target's name or glob; may be repeated. None is every target.
    #[arg(short, long = "target", value_name = "NAME", env = "ASSAY_TARGET", value_delimiter = ',')]
    targets: Vec<String>,
    #[command(flatten)]
    commands: Commands,
    #[command(flatten)]
    of_service: service::Flags,
    /// Every target: those of a checkout's shims that are installed too.
    #[arg(long, conflicts_with_all = ["targets", "commands", "service"])]
    all: bool,
    /// Leave out the cases that this glob matches; `*` crosses `/`. May be repeated.
    #[arg(long, value_name = "GLOB", env = "ASSAY_SKIP", value_delimiter = ',')]
    skip: Vec<String>,
    /// How firmly the standard must speak for a deviation to fail the run [default: should].
    #[arg(long, value_name = "LEVEL", env = "ASSAY_LEVEL", value_parser = one_of(Level::ALL, Level::as_str))]
    level: Option<Level>,
    /// The least severity that fails the run [default: medium].
    #[arg(long, value_name = "SEVERITY", env = "ASSAY_FAIL_ON", value_parser = one_of(Severity::ALL, Severity::as_str))]
    fail_on: Option<Severity>,
    /// Stop at the first finding that fails the run.
    #[arg(short = 'x', long)]
    fail_fast: bool,
    /// Stop after so many findings that fail the run.
    #[arg(long, value_name = "N", env = "ASSAY_MAX_FINDINGS", conflicts_with = "fail_fast")]
    max_findings: Option<usize>,
    /// How long one answer may take [default: 2s].
    #[arg(long, value_name = "TIME", env = "ASSAY_TIMEOUT", value_parser = parse_duration)]
    timeout: Option<Duration>,
    /// How long the whole run may take.
    #[arg(long, value_name = "TIME", env = "ASSAY_MAX_TIME", value_parser = parse_duration)]
    max_time: Option<Duration>,
    /// Targets side by side [default: the number of cores].
    #[arg(short, long, value_name = "N", env = "ASSAY_JOBS")]
    jobs: Option<NonZeroUsize>,
    /// The seed of whatever is drawn by chance; the catalogue is not.
    #[arg(long, value_name = "N", env = "ASSAY_SEED")]
    seed: Option<u64>,
    /// Show each case so many times, under an id of its own each time.
    #[arg(long, value_name = "N", default_value = "1")]
    repeat: NonZeroUsize,
    /// The clock of targets that obey one, in Unix seconds [default: 1700000000].
    #[arg(long, value_name = "SECONDS", env = "ASSAY_NOW", allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(EARLIEST..=LATEST))]
    now: Option<i64>,
    /// Run the k-th of n parts, `2/4`; adding a case moves no other.
    #[arg(long, value_name = "K/N", value_parser = parse_shard)]
    shard: Option<(u64, u64)>,
    /// Files to write beside report.json and report.html: junit, sarif, markdown, badge. May be repeated.
    #[arg(long, value_name = "FORMAT", env = "ASSAY_REPORT", value_delimiter = ',')]
    report: Vec<Format>,
    /// An earlier report.json or run folder: what is new since then, and since when the rest is known.
    #[arg(long, value_name = "PATH", env = "ASSAY_BASELINE")]
    baseline: Option<PathBuf>,
    /// The run folder [default: a new one in reports/runs in a checkout of assay, assay-report elsewhere].
    #[arg(long, value_name = "DIR", env = "ASSAY_OUT")]
    out: Option<PathBuf>,
    /// What goes to stdout: terminal, json, or any other format [default: terminal].
    #[arg(long, value_name = "FORMAT", env = "ASSAY_FORMAT")]
    format: Option<Format>,
    /// A [profile.NAME] of assay.toml.
    #[arg(short = 'P', long, value_name = "NAME", env = "ASSAY_PROFILE")]
    profile: Option<String>,
    #[command(flatten)]
    config: Configuration,
    /// Fail (5) when an entry of `[[known]]` matches nothing or no longer fails.
    #[arg(long)]
    strict_known: bool,
    /// Print `[[known]]` entries for everything that failed instead of the report.
    #[arg(long, conflicts_with = "format")]
    write_known: bool,
    /// Time refusals of MACs that are nearly right beside those of wrong ones, some seconds a target, and note Welch's t; never
    /// pass or fail. Of the class hmac/hmac-timing-prefix, where it is selected.
    #[arg(long)]
    timing: bool,
    /// Call linked targets directly instead of in a child process: faster to debug, but a crash ends the run.
    #[arg(long)]
    in_process: bool,
    /// Write what is said on the pipes to this file, keys and tokens in clear: for debugging a shim.
    #[arg(long, value_name = "FILE", conflicts_with = "in_process")]
    trace_protocol: Option<PathBuf>,
    /// Write keys of your own, and the tokens that they signed, in clear.
    #[arg(long)]
    show_secrets: bool,
    /// Say more: each case that failed; twice, each case.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Say nothing but the report.
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
}

const EXAMPLES: &str = "Examples:
  assay run                                    # the whole catalogue against every target
  assay run alg-none time -t jsonwebtoken      # two families, one target
  assay run --target-cmd 'python3 shim.py'     # a verifier in another language
  assay run -P ci --report junit,sarif         # a profile of assay.toml, with files for CI";

/// Runs.
pub(crate) fn run(arguments: &Arguments) -> Result {
    let mut config = arguments.config.read()?;
    if arguments.all {
        config.targets.append(&mut config.available);
    }
    let of_commands = arguments.commands.join(&mut config)?;
    let file = config.run(arguments.profile.as_deref())?;
    let chosen = Chosen::new(arguments, &file)?;
    check_ids(&arguments.ids)?;
    let names = match (arguments.all, of_commands.is_empty()) {
        (true, _) => Vec::new(),
        (false, true) => or_else(&arguments.targets, file.target.as_ref()),
        (false, false) => [&arguments.targets[..], &of_commands].concat(),
    };
    let driving = Driving {
        timeout: arguments.timeout.or(file.timeout).unwrap_or(Duration::from_secs(2)),
        in_process: arguments.in_process || file.in_process.unwrap_or(false),
        trace: arguments.trace_protocol.as_deref().map(trace).transpose()?,
    };
    if arguments.of_service.service && !(arguments.targets.is_empty() && of_commands.is_empty()) {
        let error = Error::usage("--service tries the service of assay.toml, and no other target");
        return Err(error.hint("leave --target and --target-cmd out"));
    }
    let started = jiff::Timestamp::now();
    let dialogue = arguments.of_service.dialogue(&config)?;
    let staged = dialogue.map(|dialogue| service::Staged::new(dialogue, started.as_second())).transpose()?;
    let subjects = if staged.is_some() { Vec::new() } else { subjects::find(&names, &config, &driving)? };
    let (keyring, mut own_keys) = common::keyring(&config)?;
    own_keys.extend(staged.as_ref().and_then(|staged| staged.key.clone()));
    let secrets = staged.as_ref().map_or_else(Vec::new, |staged| staged.secrets.clone());
    let redactor =
        if arguments.show_secrets { Redactor::default() } else { Redactor::hiding(&own_keys).and_texts(secrets) };
    let known = common::known(&config)?;
    // What was kept is of other policies than the service's.
    let regressions = if staged.is_some() { Vec::new() } else { regressions()? };
    let baseline = common::baseline(arguments.baseline.as_deref())?;
    let stop = common::stop_on_interrupt()?;
    let endpoint = names_endpoint(&arguments.ids, &regressions).then(Endpoint::open);
    let wanted = |id: &CaseId| chosen.wants(id);
    let options = Options {
        keyring,
        now: if staged.is_some() { started.as_second() } else { arguments.now.or(file.now).unwrap_or(NOW) },
        real_now: started.as_second(),
        started: started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        seed: chosen.seed,
        selection: if staged.is_some() { service::with_controls(&arguments.ids) } else { arguments.ids.clone() },
        wanted: &wanted,
        regressions: &regressions,
        known: &known,
        repeat: arguments.repeat.get(),
        jobs: common::jobs(arguments.jobs, &file),
        max_time: arguments.max_time.or(file.max_time),
        max_findings: chosen.max_findings.map(|most| (most, chosen.gate.fail_on)),
        stop: &stop,
        timing: arguments.timing,
        endpoint: endpoint.as_ref().and_then(|endpoint| endpoint.as_ref().ok()),
    };
    let folder = store::run_folder(arguments.out.as_deref().or(file.out.as_deref()), &options.started);
    let store = Store::create(&folder, redactor.clone())?;
    let depth = staged.as_ref().map(|staged| staged.depth);
    let trials = staged.as_ref().and_then(|staged| staged.trials.clone());
    let settings = settings(&options, arguments.profile.as_deref(), depth);
    let console = Console::new(chosen.loudness, redactor.clone(), settings);
    if let Some(Err(error)) = &endpoint {
        console.note(&format!("port {PORT} cannot be had ({error}): what tokens make targets ask for is not seen"));
    }
    let listener = |event: Event<'_>| {
        store.write(&event);
        console.show(&event);
    };
    let report = match staged {
        None => run_all(subjects, &options, &listener),
        Some(staged) => staged.run(&options, &listener)?,
    };
    console.finish();
    if let Some(trials) = &trials {
        let (octets, line) = service::recorded(trials);
        store::write_whole(&folder.join(service::RECORD), &octets)?;
        console.note(&line);
    }
    let mut report = redactor.report(report);
    if let Some(earlier) = &baseline {
        report.compare_with(earlier);
    }
    store.finish(&report)?;
    let interrupted = stop.load(Ordering::Relaxed);
    let trouble = service::unusable(&report).filter(|_| arguments.of_service.service);
    if let Some(error) = trouble {
        if !report.findings.is_empty() {
            finish(&report, interrupted, arguments, &config, &chosen, &store)?;
        }
        return Err(error);
    }
    finish(&report, interrupted, arguments, &config, &chosen, &store)
}

/// What flags, environment, profile and file come to.
struct Chosen {
    skip: GlobSet,
    shard: Option<(u64, u64)>,
    gate: Gate,
    max_findings: Option<usize>,
    seed: u64,
    formats: Vec<Format>,
    loudness: Loudness,
}

impl Chosen {
    fn new(arguments: &Arguments, file: &RunConfig) -> Result<Self> {
        Ok(Self {
            skip: globs(&or_else(&arguments.skip, file.skip.as_ref()))?,
            shard: arguments.shard,
            gate: Gate {
                level: arguments.level.or(file.level).unwrap_or(Level::Should),
                fail_on: arguments.fail_on.or(file.fail_on).unwrap_or(Severity::Medium),
                strict_known: arguments.strict_known || file.strict_known.unwrap_or(false),
            },
            max_findings: if arguments.fail_fast { Some(1) } else { arguments.max_findings.or(file.max_findings) },
            seed: arguments.seed.or(file.seed).unwrap_or(SEED),
            formats: common::formats(&arguments.report, file)?,
            loudness: common::loudness(arguments.quiet, arguments.verbose),
        })
    }

    fn wants(&self, id: &CaseId) -> bool {
        let in_shard = self.shard.is_none_or(|(part, parts)| {
            let hash = Sha256::digest(id.as_str().as_bytes());
            let number = u64::from_be_bytes(hash[..8].try_into().expect("a hash is longer"));
            number % parts == part - 1
        });
        in_shard && !self.skip.is_match(id.as_str())
    }
}

fn finish(
    report: &Report,
    interrupted: bool,
    arguments: &Arguments,
    config: &Config,
    chosen: &Chosen,
    store: &Store,
) -> Result {
    let code = chosen.gate.code(report, interrupted);
    let options = common::rendering(config, report, store.folder(), code);
    common::write_reports(&chosen.formats, report, &options, store.folder())?;
    if arguments.write_known {
        crate::print(&known_entries(report));
    } else {
        crate::print_octets(&arguments.format.unwrap_or(Format::Terminal).render(report, &options));
    }
    common::name_page(store.folder(), chosen.loudness);
    Ok(code)
}

/// Each id must select something, or it was probably mistyped.
fn check_ids(ids: &[String]) -> Result<()> {
    for id in ids {
        if let Some((class, hint)) = without_tokens(id) {
            let error = Error::usage(format!("`{id}` selects no case")).because(format!("{class} has no tokens"));
            return Err(error.hint(hint));
        }
        let kept = id == regressions::FAMILY || id.starts_with(&format!("{}/", regressions::FAMILY));
        let selects = kept
            || attacks::classes().any(|(family, class)| {
                let name = format!("{}/{}", family.id, class.id);
                let in_class = id.starts_with(&format!("{name}/")) || id.starts_with(&format!("{}/", class.id));
                in_class || CaseId::new_class(&name).starts_with(id)
            });
        if !selects {
            let words: Vec<String> = attacks::classes()
                .flat_map(|(family, class)| {
                    [family.id.to_owned(), class.id.to_owned(), format!("{}/{}", family.id, class.id)]
                })
                .collect();
            let error = Error::usage(format!("`{id}` selects no case"));
            return Err(match nearest(id, words.iter().map(String::as_str)) {
                Some(known) => error.hint(format!("did you mean `{known}`?")),
                None => error.hint("`assay list` names the families and their classes"),
            });
        }
    }
    Ok(())
}

/// Whether a case that is selected may name the address at which requests are noted.
fn names_endpoint(ids: &[String], regressions: &[Regression]) -> bool {
    let kept = || regressions.iter().any(|regression| endpoint::named_in(&regression.case().input).is_some());
    attacks::names_endpoint(ids) || kept()
}

/// The first class that an id selects, and who has to do with it, where it selects none but such as have no tokens.
fn without_tokens(id: &str) -> Option<(String, &'static str)> {
    let name = |family: &attacks::Family, class: &attacks::Class| format!("{}/{}", family.id, class.id);
    let is_selected = |name: &str| CaseId::new_class(name).starts_with(id);
    let mut selected = attacks::classes().filter(|(family, class)| is_selected(&name(family, class))).peekable();
    let (family, class) = *selected.peek()?;
    let hint = |class: &attacks::Class| match class.says {
        _ if matches!(class.make, attacks::Make::Live { .. }) => None,
        attacks::Says::Audited(_) => Some("`assay inspect` audits what a server sends"),
        attacks::Says::Kept(_) => Some("`assay sessions` judges what a service answers"),
        _ => None,
    };
    let first = hint(class)?;
    selected.all(|(_, class)| hint(class).is_some()).then(|| (name(family, class), first))
}

/// Writes each line with its target, as it is said.
pub(super) fn trace(path: &Path) -> Result<subjects::Trace> {
    let file = File::create(path)
        .map_err(|error| Error::usage(format!("{} cannot be written", path.display())).because(error))?;
    let file = Mutex::new(file);
    Ok(Arc::new(move |target: &str, who: &str, line: &str| {
        let mut file = file.lock().expect("writing a line does not panic");
        let _ = writeln!(file, "{target} {who} {line}");
    }))
}

/// Those of the corpus, and those that are kept in the current folder.
fn regressions() -> Result<Vec<Regression>> {
    let mut all = regressions::embedded();
    let mut files: Vec<PathBuf> = std::fs::read_dir(super::replay::REGRESSIONS)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let read = std::fs::read(&file).map_err(|error| error.to_string());
        let unread = |cause: String| Error::usage(format!("{} is no regression", file.display())).because(cause);
        all.push(read.and_then(|json| Regression::read(&name, &json)).map_err(unread)?);
    }
    Ok(all)
}

/// What the first line says after the counts.
fn settings(options: &Options<'_>, profile: Option<&str>, depth: Option<&str>) -> String {
    let depth = depth.map_or_else(String::new, |depth| format!("{depth} · "));
    let profile = profile.map_or_else(String::new, |name| format!(" · profile {name}"));
    format!("{depth}now {} · seed {}{profile}", options.now, options.seed)
}

/// `[[known]]` tables for what failed, the reason left to be written.
fn known_entries(report: &Report) -> String {
    let mut text = String::new();
    let failed = report.findings.iter().filter(|finding| finding.outcome == Outcome::Fail);
    let classes: std::collections::BTreeSet<(String, String, String)> = failed
        .map(|finding| {
            let class = format!("{}/{}", finding.case.family(), finding.case.class());
            (finding.target.clone(), class, finding.title.clone())
        })
        .collect();
    for (target, case, title) in classes {
        let (target, case) = (toml::Value::from(globset::escape(&target)), toml::Value::from(case));
        // A comment ends where its line does.
        let title: String = title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        text.push_str(&format!("\n[[known]]\ntarget = {target}\ncase = {case}\nreason = \"\" # {title}\n"));
    }
    text
}

fn globs(patterns: &[String]) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let wrong = |error: globset::Error| Error::usage(format!("`{pattern}` is no pattern")).because(error);
        set.add(Glob::new(pattern).map_err(wrong)?);
    }
    set.build().map_err(|error| Error::usage("the patterns cannot be combined").because(error))
}

/// The suite's dates reach some years to both sides, and 32-bit seconds end in 2106.
const EARLIEST: i64 = 1_300_000_000;
const LATEST: i64 = 2_000_000_000;

const SEED: u64 = 0x5eed;
