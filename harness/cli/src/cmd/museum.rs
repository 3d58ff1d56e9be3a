//! `assay museum`: recall on releases whose vulnerabilities are public.
//!
//! Each vulnerable release and the one that mended it are installed and shown the same cases, as any target is: those of all classes
//! that an exhibit names. A vulnerability counts as found if a case of its classes fails on the vulnerable release and does not on the
//! mended one, or fails there in another way: by a fault instead of a verdict, say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use globset::{Glob, GlobSet, GlobSetBuilder};
use token_assay::endpoint::Endpoint;
use token_assay::event::Event;
use token_assay::forge::NOW;
use token_assay::run::{Options, Subject, run as run_all};
use token_assay::targets::process::Process;
use token_assay_model::report::CaseReport;
use token_assay_model::{CaseId, ExitCode, Outcome, Report};

use super::Configuration;
use super::common;
use super::subjects::Driving;
use crate::config::{RunConfig, TargetConfig, parse_duration};
use crate::console::Console;
use crate::error::{Error, Result};
use crate::install;
use crate::museum::{self, Exhibit, Release};
use crate::redact::Redactor;
use crate::shims::{self, Shim};
use crate::store::{self, Store};

/// What to do.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    config: Configuration,
}

const EXAMPLES: &str = "Examples:
  assay museum list
  assay museum run 'pyjwt-*'";

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Name the exhibits.
    #[command(after_help = EXAMPLES)]
    List,
    /// Install the releases, run the catalogue on each, print what is found.
    ///
    /// Exit codes: 0 everything is found that is not listed as missed · 1 something is not · 3 a release could not be tried.
    Run(Run),
}

#[derive(Debug, clap::Args)]
#[command(after_help = RUN_EXAMPLES)]
struct Run {
    /// Exhibits' ids or globs. None is all.
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// How long one answer may take.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "2s")]
    timeout: Duration,
    /// Releases side by side [default: the number of cores].
    #[arg(short, long, value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,
    /// The run folder: report.json has every case of every release, museum.md the table.
    #[arg(long, value_name = "DIR", env = "ASSAY_OUT")]
    out: Option<PathBuf>,
    /// Say nothing but the table.
    #[arg(short, long)]
    quiet: bool,
}

const RUN_EXAMPLES: &str = "Examples:
  assay museum run
  assay museum run 'pyjwt-*' --out museum";

/// Does it.
pub(crate) fn run(arguments: &Arguments) -> Result {
    let root =
        store::checkout().ok_or_else(|| Error::usage("there is no museum here").hint("run in a checkout of assay"))?;
    let exhibits = museum::read(&root.join("harness/museum"))?;
    match &arguments.action {
        Action::List => {
            for exhibit in &exhibits {
                let fixed = exhibit.fixed.first().map_or("nothing mends it", String::as_str);
                let line = format!("{:28} {:22} {:26} {fixed}", exhibit.id, exhibit.shim, exhibit.vulnerable[0]);
                crate::print(&format!("{line}\n  {}\n", exhibit.precondition));
            }
            Ok(ExitCode::Clean)
        }
        Action::Run(asked) => {
            let shims = shims::all(&super::targets::folder(&arguments.config.read()?)?)?;
            let exhibits = chosen(exhibits, &asked.ids)?;
            visit(&exhibits, &shims, asked)
        }
    }
}

fn chosen(exhibits: Vec<Exhibit>, ids: &[String]) -> Result<Vec<Exhibit>> {
    let set = globs(ids)?;
    let chosen: Vec<Exhibit> =
        exhibits.into_iter().filter(|exhibit| ids.is_empty() || set.is_match(&exhibit.id)).collect();
    if chosen.is_empty() {
        return Err(
            Error::usage(format!("no exhibit is called {}", ids.join(" or "))).hint("`assay museum list` names them")
        );
    }
    Ok(chosen)
}

fn globs(patterns: &[String]) -> Result<GlobSet> {
    let wrong = |error: globset::Error| Error::usage("no pattern").because(error);
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(Glob::new(pattern).map_err(wrong)?);
    }
    set.build().map_err(wrong)
}

/// A release behind a shim or a variant: shown the catalogue once, whoever asks.
type Shown<'s> = BTreeMap<(String, Release), &'s Shim>;

fn visit(exhibits: &[Exhibit], shims: &[Shim], asked: &Run) -> Result {
    let cache = shims::cache()
        .ok_or_else(|| Error::usage("nobody says where the cache is").hint("set ASSAY_CACHE to a folder"))?;
    let mut shown: Shown<'_> = BTreeMap::new();
    for exhibit in exhibits {
        let shim = shims.iter().find(|shim| shim.is_called(&exhibit.shim)).ok_or_else(|| {
            Error::usage(format!("{} wants the shim {}, which there is not", exhibit.id, exhibit.shim))
        })?;
        for pins in [&exhibit.vulnerable, &exhibit.fixed].into_iter().filter(|pins| !pins.is_empty()) {
            shown.insert((exhibit.shim.clone(), Release::new(shim, pins)), shim);
        }
    }
    let failed = install_all(&shown, &cache, asked.quiet);
    let subjects = subjects(&shown, &failed, &cache, asked.timeout);
    let (report, folder) = show(subjects, exhibits, asked)?;
    let rows: Vec<Row<'_>> =
        exhibits.iter().map(|exhibit| row(exhibit, shims, &report, &failed)).collect::<Result<_>>()?;
    let table = table(&rows);
    store::write_whole(&folder.join("museum.md"), table.as_bytes())?;
    crate::print(&table);
    let any = |wanted: fn(&Found) -> bool| rows.iter().any(|row| wanted(&row.found));
    Ok(match () {
        () if !report.run.complete => ExitCode::Interrupted,
        () if any(|found| matches!(found, Found::Untried(_))) => ExitCode::TargetUnusable,
        () if rows.iter().any(|row| row.found == Found::Missed && row.exhibit.missed.is_none()) => ExitCode::Findings,
        () => ExitCode::Clean,
    })
}

/// Installs each release once; those that cannot be, with the reason.
fn install_all(shown: &Shown<'_>, cache: &Path, quiet: bool) -> BTreeMap<Release, String> {
    let releases: BTreeMap<&Release, &Shim> = shown.iter().map(|((_, release), shim)| (release, *shim)).collect();
    let queue = Mutex::new(releases.into_iter());
    let failed = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..INSTALLERS {
            scope.spawn(|| {
                loop {
                    let Some((release, shim)) = queue.lock().expect("taking does not panic").next() else { break };
                    let place = release.place(cache);
                    if install::is_whole(&place, &release.stamp()) {
                        continue;
                    }
                    if !quiet {
                        let _ = std::io::Write::write_all(
                            &mut anstream::stderr(),
                            format!("installing {}\n", release.name()).as_bytes(),
                        );
                    }
                    let made = match release.commands() {
                        Some(commands) => install::make(&commands, &shim.folder, &place, &release.stamp()),
                        None => Err("nothing installs releases of its language".to_owned()),
                    };
                    if let Err(why) = made {
                        failed.lock().expect("inserting does not panic").insert(release.clone(), why);
                    }
                }
            });
        }
    });
    failed.into_inner().expect("all threads have ended well")
}

fn subjects(shown: &Shown<'_>, failed: &BTreeMap<Release, String>, cache: &Path, timeout: Duration) -> Vec<Subject> {
    let driving = Driving { timeout, in_process: false, trace: None };
    let tried = shown.iter().filter(|((_, release), _)| !failed.contains_key(release));
    let subject = |((target, release), shim): (&(String, Release), &&Shim)| {
        let targets: Vec<TargetConfig> = shim.targets(&release.place(cache));
        let config = targets.into_iter().find(|config| config.name == *target)?;
        let name = subject_name(target, release);
        let settings = super::subjects::of_table(&config, &driving);
        Some(Subject { name, driver: Box::new(Process::new(settings)) })
    };
    tried.filter_map(subject).collect()
}

fn subject_name(target: &str, release: &Release) -> String {
    format!("{target}: {}", release.name())
}

fn show(subjects: Vec<Subject>, exhibits: &[Exhibit], asked: &Run) -> Result<(Report, PathBuf)> {
    let named: Vec<String> = exhibits.iter().flat_map(|exhibit| exhibit.classes.clone()).collect();
    let classes = globs(&named)?;
    let stop = common::stop_on_interrupt()?;
    let endpoint = Endpoint::open().ok();
    let started = jiff::Timestamp::now();
    let options = Options {
        keyring: token_assay::forge::Keyring::corpus(),
        now: NOW,
        real_now: started.as_second(),
        started: started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        seed: 0,
        selection: Vec::new(),
        wanted: &|id| classes.is_match(format!("{}/{}", id.family(), id.class())),
        regressions: &[],
        known: &[],
        repeat: 1,
        jobs: common::jobs(asked.jobs, &RunConfig::default()),
        max_time: None,
        max_findings: None,
        timing: false,
        stop: &stop,
        endpoint: endpoint.as_ref(),
    };
    let folder = store::run_folder(asked.out.as_deref(), &options.started);
    let store = Store::create(&folder, Redactor::default())?;
    let console = Console::new(common::loudness(asked.quiet, 0), Redactor::default(), "museum".to_owned());
    let report = run_all(subjects, &options, &|event| {
        store.write(&event);
        // What old releases do wrong is by the hundred, and public.
        if !matches!(event, Event::Found { .. }) {
            console.show(&event);
        }
    });
    console.finish();
    store.finish(&report)?;
    Ok((report, folder))
}

/// What came of an exhibit.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// By so many cases, of which the first is named, and so many classes.
    By { cases: usize, first: String, classes: BTreeSet<String> },
    /// No case tells the two apart.
    Missed,
    /// A release could not be installed or would not run.
    Untried(String),
}

struct Row<'e> {
    exhibit: &'e Exhibit,
    found: Found,
}

fn row<'e>(
    exhibit: &'e Exhibit,
    shims: &[Shim],
    report: &Report,
    failed: &BTreeMap<Release, String>,
) -> Result<Row<'e>> {
    let shim = shims.iter().find(|shim| shim.is_called(&exhibit.shim)).expect("it was found before");
    let releases = [&exhibit.vulnerable, &exhibit.fixed].map(|pins| Release::new(shim, pins));
    let [vulnerable, fixed] = releases.each_ref().map(|release| subject_name(&exhibit.shim, release));
    let tried = &releases[..if exhibit.fixed.is_empty() { 1 } else { 2 }];
    let unusable = |release: &Release| {
        let name = subject_name(&exhibit.shim, release);
        let why = report.targets.iter().find(|target| target.info.name == name)?.unusable.clone()?;
        Some(format!("{}: {why}", release.name()))
    };
    let untried = tried.iter().find_map(|release| failed.get(release).cloned().or_else(|| unusable(release)));
    let classes = globs(&exhibit.classes)?;
    let in_class = |case: &CaseId| classes.is_match(format!("{}/{}", case.family(), case.class()));
    let failed_at = |case: &CaseReport, name: &str| {
        case.results
            .get(name)
            .filter(|result| result.outcome == Outcome::Fail)
            .map(|result| word(&result.answer).to_owned())
    };
    // One that falls over where the other answers, or the reverse, is another failure.
    let tells = |case: &&CaseReport| {
        let wrong = failed_at(case, &vulnerable);
        wrong.is_some() && wrong != failed_at(case, &fixed)
    };
    let of_class = report.cases.iter().filter(|case| in_class(&case.id));
    let mut told: Vec<String> = of_class.filter(tells).map(|case| case.id.to_string()).collect();
    // What is no case: a control whose altered copy was accepted.
    let accused = |name: &str, case: &CaseId| {
        report.findings.iter().any(|finding| finding.target == name && finding.case == *case)
    };
    let marked = report.findings.iter().filter(|finding| finding.target == vulnerable && in_class(&finding.case));
    let marked = marked.filter(|finding| finding.case.family() == "run" && !accused(&fixed, &finding.case));
    told.extend(marked.map(|finding| finding.case.to_string()));
    let found = match (untried, told.first()) {
        (Some(why), _) => Found::Untried(why),
        (None, None) => Found::Missed,
        (None, Some(first)) => Found::By {
            cases: told.len(),
            first: first.clone(),
            classes: told.iter().filter_map(|id| id.rsplit_once('/')).map(|(class, _)| class.to_owned()).collect(),
        },
    };
    Ok(Row { exhibit, found })
}

/// What kind of answer it is.
fn word(answer: &str) -> &str {
    answer.split([' ', ':']).next().unwrap_or_default()
}

fn table(rows: &[Row<'_>]) -> String {
    let mut text = String::from(
        "| vulnerability | package | wrong | mended | found by | first of them |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for Row { exhibit, found } in rows {
        let pin = |pins: &[String]| pins.first().cloned().unwrap_or_else(|| "-".to_owned());
        let (by, first) = match found {
            Found::By { cases, first, classes } => {
                let plural = if *cases == 1 { "" } else { "s" };
                (
                    format!("{cases} case{plural} of {} classes", classes.len())
                        .replace(" of 1 classes", " of one class"),
                    format!("`{first}`"),
                )
            }
            Found::Missed => {
                let why = exhibit.missed.as_deref().unwrap_or("no case tells the two apart");
                (format!("**missed**: {why}"), String::new())
            }
            Found::Untried(why) => (format!("not tried: {}", token_assay_report::shown(why, 200)), String::new()),
        };
        let wrong = pin(&exhibit.vulnerable);
        let line = [&exhibit.id, &exhibit.package, &wrong, &pin(&exhibit.fixed), &by, &first]
            .map(|cell| cell.replace('|', "\\|"));
        text.push_str(&format!("| {} |\n", line.join(" | ")));
    }
    let count = |wanted: fn(&Found) -> bool| rows.iter().filter(|row| wanted(&row.found)).count();
    let (found, untried) =
        (count(|found| matches!(found, Found::By { .. })), count(|found| matches!(found, Found::Untried(_))));
    text.push_str(&format!("\n{found} of {} found, {untried} not tried.\n", rows.len()));
    text
}

/// Package managers side by side.
const INSTALLERS: usize = 2;
