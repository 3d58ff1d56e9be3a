//! `assay fuzz`: a campaign against the targets, until time, cases, findings or Ctrl-C end it.
//!
//! Takes targets and limits, gives a folder that can be gone on with. A finding is on disk before it is announced. Two
//! engines: the built-in one, for all targets, and libFuzzer, for the linked crates in a checkout of Assay.

mod evaluate;
mod libfuzzer;
mod merge;

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, Hasher as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use token_assay::campaign::{self, Event, Options};
use token_assay::endpoint::{Endpoint, PORT};
use token_assay::forge::{Keyring, NOW};
use token_assay::generate::{Literals, Stock};
use token_assay::known::{self, Known};
use token_assay_model::report::SCHEMA;
use token_assay_model::{Finding, Level, Outcome, Report, Severity};
use token_assay_report::Format;

use super::Configuration;
use super::common::{self, Gate, one_of, or_else, parse_shard};
use super::subjects::{self, Commands, Driving};
use crate::campaign::{Campaign, Folder, Totals};
use crate::config::{Config, RunConfig, parse_duration};
use crate::console::{CampaignConsole, Loudness};
use crate::error::{Error, Result};
use crate::redact::Redactor;
use crate::store;

/// What to fuzz, how long, and what to write.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Targets' names or globs. None is every target.
    #[arg(value_name = "TARGET")]
    names: Vec<String>,
    /// The same, as `run` takes them; may be repeated.
    #[arg(short, long = "target", value_name = "NAME", env = "ASSAY_TARGET", value_delimiter = ',')]
    targets: Vec<String>,
    #[command(flatten)]
    commands: Commands,
    /// The engine [default: generate, then libfuzzer with a quarter of the time where it can be used].
    #[arg(long, value_name = "ENGINE", value_enum)]
    engine: Option<Engine>,
    /// How long to go on, `none` for until Ctrl-C [default: 60s, or none where --max-cases says when to stop].
    #[arg(long, value_name = "TIME", env = "ASSAY_MAX_TIME", value_parser = parse_limit)]
    max_time: Option<Limit>,
    /// How many cases to show; 10000 suit a pull request.
    #[arg(long, value_name = "N")]
    max_cases: Option<u64>,
    /// Stop after so many findings of --fail-on or worse.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    findings: Option<u64>,
    /// Threads, each with targets of its own [default: the number of cores]. With one, a seed repeats itself exactly.
    #[arg(short, long, value_name = "N", env = "ASSAY_JOBS")]
    jobs: Option<NonZeroUsize>,
    /// Which cases [default: drawn by chance; said first and last].
    #[arg(long, value_name = "N", env = "ASSAY_SEED")]
    seed: Option<u64>,
    /// The k-th of n parts, `2/4`, each for a machine of its own; --merge puts them together.
    #[arg(long, value_name = "K/N", value_parser = parse_shard)]
    shard: Option<(u64, u64)>,
    /// A source tree or binary of a target, whose literals go into tokens too. May be repeated.
    #[arg(long, value_name = "PATH")]
    mine: Vec<PathBuf>,
    /// Go on with the latest campaign, or the one in --out.
    #[arg(long)]
    resume: bool,
    /// Put folders together instead: campaigns into one report, corpora of tokens into a small one.
    #[arg(long, value_name = "DIR", num_args = 1.., requires = "out", conflicts_with_all = ["names", "resume", "engine"])]
    merge: Vec<PathBuf>,
    #[command(flatten)]
    evaluate: evaluate::Evaluate,
    /// The campaign's folder [default: a new one in reports/runs in a checkout of assay, assay-report/fuzz elsewhere].
    #[arg(long, value_name = "DIR", env = "ASSAY_OUT")]
    out: Option<PathBuf>,
    /// How firmly the standard must speak for a deviation to fail the campaign [default: should].
    #[arg(long, value_name = "LEVEL", env = "ASSAY_LEVEL", value_parser = one_of(Level::ALL, Level::as_str))]
    level: Option<Level>,
    /// The least severity that fails the campaign [default: medium].
    #[arg(long, value_name = "SEVERITY", env = "ASSAY_FAIL_ON", value_parser = one_of(Severity::ALL, Severity::as_str))]
    fail_on: Option<Severity>,
    /// How long one answer may take [default: 2s].
    #[arg(long, value_name = "TIME", env = "ASSAY_TIMEOUT", value_parser = parse_duration)]
    timeout: Option<Duration>,
    /// Files to write beside report.json and report.html: junit, sarif, markdown, badge. May be repeated.
    #[arg(long, value_name = "FORMAT", env = "ASSAY_REPORT", value_delimiter = ',')]
    report: Vec<Format>,
    /// What goes to stdout: terminal, json, or any other format [default: terminal].
    #[arg(long, value_name = "FORMAT", env = "ASSAY_FORMAT")]
    format: Option<Format>,
    /// A [profile.NAME] of assay.toml.
    #[arg(short = 'P', long, value_name = "NAME", env = "ASSAY_PROFILE")]
    profile: Option<String>,
    #[command(flatten)]
    config: Configuration,
    /// Call linked targets directly instead of in a child process: faster, but a crash ends the campaign.
    #[arg(long)]
    in_process: bool,
    /// Write keys of your own, and the tokens that they signed, in clear.
    #[arg(long)]
    show_secrets: bool,
    /// Say more: each target's version, and quirks as they are met.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Say nothing but the report.
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
}

/// What makes tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Engine {
    /// The built-in one.
    Generate,
    /// libFuzzer, by `cargo fuzz`.
    Libfuzzer,
}

impl Engine {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Generate => "generate",
            Self::Libfuzzer => "libfuzzer",
        }
    }
}

/// A time, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limit(Option<Duration>);

/// Runs, or merges.
pub(crate) fn run(arguments: &Arguments) -> Result {
    let mut config = arguments.config.read()?;
    let of_commands = arguments.commands.join(&mut config)?;
    let file = config.run(arguments.profile.as_deref())?;
    let chosen = Chosen::new(arguments, &config, &file)?;
    if arguments.evaluate.evaluate {
        return evaluate::run(&evaluate::Evaluation {
            asked: &arguments.evaluate,
            max_cases: chosen.max_cases,
            max_time: chosen.max_time,
            jobs: chosen.jobs,
            out: arguments.out.as_deref(),
        });
    }
    if !arguments.merge.is_empty() {
        let out = arguments.out.as_deref().expect("clap requires it");
        return merge::merge(&arguments.merge, out, &config, &chosen);
    }
    let names = if of_commands.is_empty() {
        names(arguments, &file)
    } else {
        [&arguments.names[..], &arguments.targets, &of_commands].concat()
    };
    let libfuzzer = libfuzzer_of(arguments, &names, &chosen)?;
    let (folder, earlier) = folder(arguments, &config, &file, &chosen, &names)?;
    let setup = Setup { config: &config, chosen: &chosen, folder: &folder, stop: &*common::stop_on_interrupt()? };
    let report = setup.campaign(arguments.engine, libfuzzer.as_ref(), earlier)?;
    let code = chosen.gate.code(&report, setup.stop.load(Ordering::Relaxed));
    let options = common::rendering(&config, &report, folder.path(), code);
    common::write_reports(&chosen.formats, &report, &options, folder.path())?;
    crate::print_octets(&chosen.format.render(&report, &options));
    common::name_page(folder.path(), chosen.loudness);
    Ok(code)
}

/// What flags, environment, profile and file come to.
pub(super) struct Chosen {
    gate: Gate,
    driving: Driving,
    keyring: Keyring,
    known: Vec<Known>,
    redactor: Redactor,
    jobs: usize,
    max_time: Option<Duration>,
    max_cases: Option<u64>,
    max_findings: Option<u64>,
    formats: Vec<Format>,
    format: Format,
    loudness: Loudness,
}

impl Chosen {
    fn new(arguments: &Arguments, config: &Config, file: &RunConfig) -> Result<Self> {
        let (keyring, own_keys) = common::keyring(config)?;
        let by_file = file.max_time.map(|time| Limit(Some(time)));
        let by_default = Limit(arguments.max_cases.is_none().then_some(FIRST_EXPERIENCE));
        Ok(Self {
            gate: Gate {
                level: arguments.level.or(file.level).unwrap_or(Level::Should),
                fail_on: arguments.fail_on.or(file.fail_on).unwrap_or(Severity::Medium),
                // Chance proves of no entry that it is stale.
                strict_known: false,
            },
            driving: Driving {
                timeout: arguments.timeout.or(file.timeout).unwrap_or(Duration::from_secs(2)),
                in_process: arguments.in_process || file.in_process.unwrap_or(false),
                trace: None,
            },
            keyring,
            known: common::known(config)?,
            redactor: if arguments.show_secrets { Redactor::default() } else { Redactor::hiding(&own_keys) },
            jobs: common::jobs(arguments.jobs, file),
            max_time: arguments.max_time.or(by_file).unwrap_or(by_default).0,
            max_cases: arguments.max_cases,
            max_findings: arguments.findings,
            formats: common::formats(&arguments.report, file)?,
            format: arguments.format.unwrap_or(Format::Terminal),
            loudness: common::loudness(arguments.quiet, arguments.verbose),
        })
    }

    /// Whether a finding fails the campaign.
    fn counts(&self, finding: &Finding) -> bool {
        finding.outcome == Outcome::Fail && finding.severity >= self.gate.fail_on
    }
}

/// A campaign that is about to begin, or to go on.
struct Setup<'a> {
    config: &'a Config,
    chosen: &'a Chosen,
    folder: &'a Folder,
    stop: &'a AtomicBool,
}

impl Setup<'_> {
    fn campaign(
        &self,
        engine: Option<Engine>,
        libfuzzer: Option<&libfuzzer::Tools>,
        earlier: Vec<Finding>,
    ) -> Result<Report> {
        let Self { chosen, folder, .. } = self;
        let engines: Vec<Engine> = [Engine::Generate, Engine::Libfuzzer]
            .into_iter()
            .filter(|each| match engine {
                None => *each == Engine::Generate || libfuzzer.is_some(),
                Some(only) => *each == only,
            })
            .collect();
        let engines_said = engines.iter().map(|engine| engine.as_str()).collect::<Vec<_>>().join(", then ");
        let first_line = self.first_line(&engines_said, earlier.len());
        folder.start(&engines_said, earlier.len());
        let console = CampaignConsole::new(chosen.loudness, chosen.redactor.clone(), &first_line);
        if chosen.driving.in_process {
            common::quiet_panics();
        }
        let started = Instant::now();
        let mut report = if engines.contains(&Engine::Generate) {
            let share = if engines.len() > 1 { 3 } else { 4 };
            self.generate(&console, chosen.max_time.map(|time| time * share / 4), chosen.max_cases, earlier)?
        } else {
            self.generate(&console, None, Some(0), earlier)?
        };
        if let (Some(tools), true) = (libfuzzer, engines.contains(&Engine::Libfuzzer)) {
            let left = chosen.max_time.map(|time| time.saturating_sub(started.elapsed()));
            libfuzzer::go_on(tools, self, &console, left, &mut report)?;
        }
        if let Some(info) = &mut report.campaign {
            info.engine = engines.iter().map(|engine| engine.as_str()).collect::<Vec<_>>().join("+");
        }
        console.finish();
        let report = chosen.redactor.report(folder.whole(report));
        folder.finish(&report)?;
        Ok(report)
    }

    /// The built-in engine.
    fn generate(
        &self,
        console: &CampaignConsole,
        max_time: Option<Duration>,
        max_cases: Option<u64>,
        earlier: Vec<Finding>,
    ) -> Result<Report> {
        let Self { chosen, folder, stop, .. } = self;
        let campaign = folder.campaign();
        // What is known may have been listed meanwhile.
        let earlier: Vec<Finding> = earlier.into_iter().map(|finding| self.with_reason(finding)).collect();
        // With what was found before, a campaign that goes on would end before it began.
        let before = earlier.iter().filter(|finding| chosen.counts(finding)).count();
        let started = jiff::Timestamp::now();
        // A campaign of no cases is libFuzzer's, which asks nobody.
        let endpoint = (max_cases != Some(0)).then(Endpoint::open);
        if let Some(Err(error)) = &endpoint {
            console.note(&format!("port {PORT} cannot be had ({error}): what tokens make targets ask for is not seen"));
        }
        let options = Options {
            keyring: chosen.keyring.clone(),
            now: campaign.now,
            clock: &|| jiff::Timestamp::now().as_second(),
            started: started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            seed: campaign.seed,
            first: campaign.next,
            shard: campaign.shard,
            stock: Stock { literals: mined(&campaign.mined)?, ..Stock::everything().clone() },
            jobs: chosen.jobs,
            max_time,
            max_cases,
            max_findings: chosen
                .max_findings
                .map(|most| (usize::try_from(most).unwrap_or(usize::MAX).saturating_add(before), chosen.gate.fail_on)),
            known: &chosen.known,
            earlier,
            stop,
            endpoint: endpoint.as_ref().and_then(|endpoint| endpoint.as_ref().ok()),
        };
        let subjects = || {
            let found = subjects::find(&campaign.targets, self.config, &chosen.driving);
            found.expect("the names were found when the folder was made")
        };
        Ok(campaign::campaign(&subjects, &options, &|event| {
            folder.write(&event);
            console.show(&event);
            if let Event::Found(finding) = event {
                self.announce(console, finding);
            }
        }))
    }

    /// First on disk, then on the console; where the disk does not take it, the campaign ends.
    fn announce(&self, console: &CampaignConsole, finding: &Finding) {
        if self.folder.keep(finding) {
            // A documented difference is counted at the end, and shouted at nobody.
            if !finding.is_quirk() || self.chosen.loudness >= Loudness::Loud {
                console.found(finding);
            }
        } else {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    /// The finding as `assay.toml` has it now.
    fn with_reason(&self, finding: Finding) -> Finding {
        let reason = known::reason(&self.chosen.known, &finding.target, &finding.case, true);
        let outcome = if reason.is_some() { Outcome::Known } else { Outcome::Fail };
        Finding { outcome, known: reason.map(str::to_owned), ..finding }
    }

    fn first_line(&self, engines: &str, earlier: usize) -> String {
        let Campaign { seed, shard, targets, next, .. } = self.folder.campaign();
        let noun = if targets.len() == 1 { "target" } else { "targets" };
        let mut said = vec![
            format!("assay {} fuzz", env!("CARGO_PKG_VERSION")),
            engines.to_owned(),
            format!("{} {noun}: {}", targets.len(), targets.join(", ")),
            format!("seed {seed}"),
        ];
        if shard.1 > 1 {
            said.push(format!("part {} of {}", shard.0, shard.1));
        }
        if next > 0 || earlier > 0 {
            said.push(format!("goes on from case {next} with {earlier} findings"));
        }
        said.join(" · ")
    }
}

fn names(arguments: &Arguments, file: &RunConfig) -> Vec<String> {
    let flags: Vec<String> = arguments.names.iter().chain(&arguments.targets).cloned().collect();
    or_else(&flags, file.target.as_ref())
}

/// The libFuzzer half, where it was asked for or can be had; asked for and not to be had is an error.
fn libfuzzer_of(arguments: &Arguments, names: &[String], chosen: &Chosen) -> Result<Option<libfuzzer::Tools>> {
    match arguments.engine {
        Some(Engine::Generate) => Ok(None),
        Some(Engine::Libfuzzer) if !names.is_empty() => {
            let error = Error::usage("libFuzzer shows its tokens to every linked crate, and to nothing else");
            Err(error.hint("leave the targets out, or take --engine generate"))
        }
        Some(Engine::Libfuzzer) => libfuzzer::Tools::find().map(Some),
        // Building its targets takes a while: for less than a minute of it nobody waits.
        None if names.is_empty() && chosen.max_time.is_none_or(|time| time / 4 >= LEAST_FOR_LIBFUZZER) => {
            let is_bounded = chosen.max_time.is_some() && chosen.max_cases.is_none();
            Ok(if is_bounded { libfuzzer::Tools::find().ok() } else { None })
        }
        None => Ok(None),
    }
}

/// The folder to write, new or gone on with, and what was found in it before.
fn folder(
    arguments: &Arguments,
    config: &Config,
    file: &RunConfig,
    chosen: &Chosen,
    names: &[String],
) -> Result<(Folder, Vec<Finding>)> {
    let found = |names: &[String]| -> Result<Vec<String>> {
        let found = subjects::find(names, config, &chosen.driving)?;
        Ok(found.into_iter().map(|subject| subject.name).collect())
    };
    if arguments.resume {
        let path = arguments.out.clone().map_or_else(store::latest_campaign, Ok)?;
        let campaign = crate::campaign::read(&path)?;
        let targets = if names.is_empty() { campaign.targets.clone() } else { found(names)? };
        check_same(arguments, &campaign, &targets)?;
        found(&campaign.targets)?;
        mined(&campaign.mined)?;
        return Folder::resume(&path, chosen.redactor.clone());
    }
    let targets = found(names)?;
    mined(&arguments.mine)?;
    let campaign = Campaign {
        schema: SCHEMA,
        seed: arguments.seed.unwrap_or_else(by_chance),
        shard: arguments.shard.unwrap_or((1, 1)),
        now: file.now.unwrap_or(NOW),
        targets,
        mined: arguments.mine.clone(),
        next: 0,
        done: Totals::default(),
    };
    let started = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let path = store::campaign_folder(arguments.out.as_deref(), &started);
    Ok((Folder::create(&path, campaign, chosen.redactor.clone())?, Vec::new()))
}

/// What makes the cases of a number cannot change while a campaign goes on.
fn check_same(arguments: &Arguments, campaign: &Campaign, targets: &[String]) -> Result<()> {
    let differs = |flag: &str, was: String| {
        let error =
            Error::usage(format!("the campaign was started with another {flag}")).because(format!("it was {was}"));
        Err(error.hint(format!("leave {flag} out to go on, or --resume to start another")))
    };
    if arguments.seed.is_some_and(|seed| seed != campaign.seed) {
        return differs("--seed", campaign.seed.to_string());
    }
    if arguments.shard.is_some_and(|shard| shard != campaign.shard) {
        return differs("--shard", format!("{}/{}", campaign.shard.0, campaign.shard.1));
    }
    if !arguments.mine.is_empty() && arguments.mine != campaign.mined {
        return differs("--mine", format!("{:?}", campaign.mined));
    }
    let set = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
    if set(targets) != set(&campaign.targets) {
        return differs("--target", campaign.targets.join(", "));
    }
    Ok(())
}

fn mined(paths: &[PathBuf]) -> Result<Literals> {
    let mut all = Literals::default();
    let mine = |path: &Path| {
        Literals::mine(path).map_err(|error| {
            let error = Error::usage(format!("{} cannot be mined", path.display())).because(error);
            error.hint("--mine takes a source tree, a source file or a binary of a target")
        })
    };
    for path in paths {
        let Literals { texts, numbers } = mine(path)?;
        all.texts.extend(texts);
        all.numbers.extend(numbers);
    }
    for list in [&mut all.texts, &mut all.numbers] {
        list.sort();
        list.dedup();
    }
    Ok(all)
}

/// A seed that nobody chose, short enough to be typed again.
fn by_chance() -> u64 {
    let drawn = std::collections::hash_map::RandomState::new().build_hasher().finish();
    drawn & u64::from(u32::MAX)
}

fn parse_limit(text: &str) -> std::result::Result<Limit, String> {
    if text == "none" { Ok(Limit(None)) } else { parse_duration(text).map(|time| Limit(Some(time))) }
}

/// How long a campaign goes on that nobody limited.
const FIRST_EXPERIENCE: Duration = Duration::from_secs(60);

/// What libFuzzer must get for its targets to be built.
const LEAST_FOR_LIBFUZZER: Duration = Duration::from_secs(60);

const EXAMPLES: &str = "\
Examples:
  assay fuzz                                   a minute against every target
  assay fuzz my-service --max-time 8h          a night against one of assay.toml
  assay fuzz --max-cases 10000 --seed 1 -j 1   what a pull request can afford, the same each time
  assay fuzz my-service --mine src/            with the literals of its source
  assay fuzz --resume                          go on where the last one stopped
  assay fuzz --shard 2/4 --seed 7 --out part-2 a machine's part
  assay fuzz --merge part-1 part-2 --out all   and all parts in one report
  assay fuzz --evaluate --out power            what each way of making tokens finds, on verifiers wrong on purpose
";
