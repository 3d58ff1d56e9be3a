//! `assay sessions`: a service that logs users in, held to a model. Runs scripts of logins, logouts, refreshes, revocations and
//! whatever is done to a service, in order and at once, until something does not hold or a limit is reached; shows what was
//! found as a transcript, made small. What is under test is the reference service, on a store, with a fault planted in it or
//! without, or with `--service` one that runs; or the reference service is served for others to test.

pub(super) mod kept;
pub(super) mod live;
mod serve;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use token_assay::sessions::evaluate::{Campaign, Detection, Limits, detection_in, explore};
use token_assay::sessions::faults::Fault;
use token_assay::sessions::finding::Finding;
use token_assay::sessions::generator::Shape;
use token_assay::sessions::policy::Kind;
use token_assay::sessions::reference::Reference;
use token_assay::sessions::store::{Store, StoreKind};
use token_assay_live::serve::flaw::Flaw;
use token_assay_live::store::{self, Real};
use token_assay_model::bench::Skipped;
use token_assay_model::{ExitCode, Level, Severity};
use token_assay_report::sessions::{Explored, Transcript, page, render};

use super::common::{self, one_of};
use super::{Configuration, service};
use crate::config::parse_duration;
use crate::error::{Error, Result};
use crate::store::write_whole;

/// Which service, how long, and what to print.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// What its logins give: session, jwt, hybrid [default: each in turn].
    #[arg(value_name = "KIND", conflicts_with = "service", value_parser = one_of(Kind::ALL, |kind| kind.as_str()))]
    kinds: Vec<Kind>,
    /// Where the reference service keeps its logins [default: memory, in which the model is quickest; with --serve sqlite, as
    /// services do]. Redis and PostgreSQL are started from this machine's binaries on a temporary socket and end with the verb.
    #[arg(long, value_name = "STORE", value_parser = one_of(StoreKind::ALL, |store| store.as_str()))]
    store: Option<StoreKind>,
    #[command(flatten)]
    of_service: service::Flags,
    #[command(flatten)]
    config: Configuration,
    /// How often the lag of a logout is measured, with --service.
    #[arg(long, value_name = "N", default_value = "20", requires = "service")]
    lag: usize,
    /// How often a script is run whose requests overlap, with --service: which comes first is the service's doing.
    #[arg(long, value_name = "N", default_value = "3", requires = "service", value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// Plant this fault in the reference service; `--faults` names them.
    #[arg(long, value_name = "FAULT", conflicts_with = "service", value_parser = one_of(Fault::ALL, |fault| fault.as_str()))]
    plant: Option<Fault>,
    /// Name the faults that can be planted, and the invariants that they break.
    #[arg(long, conflicts_with_all = ["plant", "evaluate", "replay", "service"])]
    faults: bool,
    /// Measure instead how soon each planted fault is found, and print a table.
    #[arg(long, conflicts_with_all = ["plant", "replay", "service"])]
    evaluate: bool,
    /// How many seeds each, with --evaluate.
    #[arg(long, value_name = "N", default_value = "11", requires = "evaluate", value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Run the script of a finding again: a file that --json printed or --out wrote.
    #[arg(long, value_name = "FILE", conflicts_with = "kinds")]
    replay: Option<PathBuf>,
    /// Write sessions.json, sessions.html for a browser, and each finding as a file for `assay replay` into this folder.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["evaluate", "replay", "faults"])]
    out: Option<PathBuf>,
    /// Serve the reference service over HTTP/1.1 and HTTP/2 instead, on this address of the loopback, until Ctrl-C; prints
    /// how it is asked as a `[service]` table [default: 127.0.0.1:0].
    #[arg(
        long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:0",
        value_parser = serve::parse_address,
        conflicts_with_all = ["evaluate", "replay", "faults", "out", "json", "commands", "sequential"],
    )]
    serve: Option<SocketAddr>,
    /// Serve by TLS, with a certificate that the service signs itself and that is written into this file.
    #[arg(long, value_name = "FILE", requires = "serve")]
    tls: Option<PathBuf>,
    /// Serve it with this mistake of its interface: of forms, endpoints, logs, answers.
    #[arg(long, value_name = "FLAW", requires = "serve", conflicts_with = "plant", value_parser = serve::parse_flaw)]
    flaw: Option<Flaw>,
    /// Serve it with a limit: so many logins of a user are live at once.
    #[arg(long, value_name = "N", requires = "serve")]
    max_sessions: Option<usize>,
    /// Serve it at a second address too, as if it were another node.
    #[arg(long, requires = "serve")]
    second: bool,
    /// Ask about the rows that take a few requests and no model, with --service: also, alone, none.
    #[arg(long, value_name = "WHEN", default_value = "also", requires = "service")]
    inquiries: Inquiries,
    /// Which scripts; said first and last.
    #[arg(long, value_name = "N", env = "ASSAY_SEED", default_value = "24301")]
    seed: u64,
    /// How many commands for each kind, and for each seed with --evaluate [default: 100000; 2000 with --service].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    commands: Option<u64>,
    /// How long for each kind.
    #[arg(long, value_name = "TIME", env = "ASSAY_MAX_TIME", value_parser = parse_duration)]
    max_time: Option<Duration>,
    /// No requests that overlap.
    #[arg(long)]
    sequential: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// How firmly the texts must speak for a finding to count in the exit code.
    #[arg(long, value_name = "LEVEL", env = "ASSAY_LEVEL", default_value = "should", value_parser = one_of(Level::ALL, Level::as_str))]
    level: Level,
    /// The least severity that counts in the exit code.
    #[arg(long, value_name = "SEVERITY", env = "ASSAY_FAIL_ON", default_value = "low", value_parser = one_of(Severity::ALL, Severity::as_str))]
    fail_on: Severity,
}

/// Whether the rows are asked about that need no model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Inquiries {
    // Before the scripts.
    Also,
    // Without scripts.
    Alone,
    // Not at all.
    None,
}

/// Runs, measures, or runs again.
pub(crate) fn run(arguments: &Arguments) -> Result {
    if arguments.faults {
        crate::print(&named(arguments.json));
        return Ok(ExitCode::Clean);
    }
    common::quiet_panics();
    if let Some(address) = arguments.serve {
        return serve::run(arguments, address);
    }
    on_a_thread(|| {
        if arguments.of_service.service {
            return live::run(arguments);
        }
        if arguments.evaluate {
            return match opened(arguments.store.unwrap_or(StoreKind::Memory))? {
                None => evaluate(arguments, &|fault, kind, number| Reference::new(kind, Some(fault), number), None),
                Some(real) => {
                    let make = |fault, kind, number| Reference::on(real.clone(), kind, Some(fault), number);
                    evaluate(arguments, &make, Some(&real))
                }
            };
        }
        if let Some(file) = &arguments.replay {
            return again(arguments, file);
        }
        match opened(arguments.store.unwrap_or(StoreKind::Memory))? {
            None => explored(arguments, &|kind, number| Reference::new(kind, arguments.plant, number), None),
            Some(real) => {
                let make = |kind, number| Reference::on(real.clone(), kind, arguments.plant, number);
                explored(arguments, &make, Some(&real))
            }
        }
    })
}

/// Where a service panics the thread is not the main one, whose panics are ours.
fn on_a_thread(work: impl FnOnce() -> Result + Send) -> Result {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("sessions".to_owned()).spawn_scoped(scope, work);
        let thread = thread.map_err(|error| Error::usage("no thread can be started").because(error))?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// The store; nothing for the one in this process.
fn opened(store: StoreKind) -> Result<Option<Real>> {
    store::open(store).map_err(|skipped| missing(store, &skipped))
}

fn missing(store: StoreKind, skipped: &Skipped) -> Error {
    let error = Error::usage(format!("the store `{store}` cannot be had")).because(&skipped.why);
    error.hint("install it, or give --store sqlite").code(ExitCode::TargetUnusable)
}

/// Where the store has failed by itself, no service is to blame.
fn untroubled(store: Option<&Real>) -> Result<()> {
    let Some(why) = store.and_then(Real::trouble) else { return Ok(()) };
    let error = Error::usage("the store failed while the service used it").because(why);
    Err(error.hint("try again, or give --store memory").code(ExitCode::TargetUnusable))
}

fn kinds(arguments: &Arguments) -> Result<Vec<Kind>> {
    let Some(fault) = arguments.plant else {
        return Ok(if arguments.kinds.is_empty() { Kind::ALL.to_vec() } else { arguments.kinds.clone() });
    };
    let possible = fault.row().kinds;
    if arguments.kinds.is_empty() {
        return Ok(possible.to_vec());
    }
    for kind in &arguments.kinds {
        if !possible.contains(kind) {
            let words: Vec<&str> = possible.iter().map(|kind| kind.as_str()).collect();
            let error = Error::usage(format!("`{fault}` cannot be planted in a service of kind `{kind}`"));
            return Err(error.hint(format!("it can in {}", words.join(", "))));
        }
    }
    Ok(arguments.kinds.clone())
}

fn explored<S: Store>(
    arguments: &Arguments,
    make: &impl Fn(Kind, u64) -> Reference<S>,
    store: Option<&Real>,
) -> Result {
    let stop = common::stop_on_interrupt()?;
    let (mut findings, mut documents, mut done) = (Vec::new(), Vec::new(), 0);
    let mut pages = Vec::new();
    let overlapping = if arguments.sequential { 0 } else { Shape::default().overlapping };
    for kind in kinds(arguments)? {
        let limits = Limits {
            seed: arguments.seed,
            commands: arguments.commands.unwrap_or(COMMANDS),
            time: arguments.max_time.unwrap_or(Duration::MAX),
            shape: Shape { overlapping, ..Shape::default() },
        };
        let make = |number| make(kind, number);
        let campaign = explore(kind, arguments.plant, &make, limits, |_| !stop.load(Ordering::Relaxed));
        untroubled(store)?;
        done += campaign.commands;
        documents.push(document(kind, &campaign));
        pages.push(Explored {
            kind: kind.to_string(),
            told: counts(&campaign),
            finding: campaign.finding.as_ref().map(transcript),
        });
        if !arguments.json {
            crate::print(&told(kind, &campaign, arguments));
        }
        if let (Some(folder), Some(finding)) = (&arguments.out, &campaign.finding) {
            kept::write(folder, finding)?;
        }
        findings.extend(campaign.finding);
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    let kind_of_store = arguments.store.unwrap_or(StoreKind::Memory);
    let whole = json!({
        "schema": 1, "seed": arguments.seed, "store": kind_of_store, "planted": arguments.plant, "services": documents,
    });
    let whole = format!("{whole:#}\n");
    if arguments.json {
        crate::print(&whole);
    }
    if let Some(folder) = &arguments.out {
        written(folder, &whole, &page(&heading(arguments), &pages))?;
    }
    if stop.load(Ordering::Relaxed) {
        return Ok(ExitCode::Interrupted);
    }
    Ok(if done == 0 { ExitCode::NothingRan } else { code(&findings, arguments) })
}

/// Writes the document and the page, and says where.
fn written(folder: &Path, whole: &str, html: &[u8]) -> Result<()> {
    write_whole(&folder.join("sessions.json"), whole.as_bytes())?;
    write_whole(&folder.join("sessions.html"), html)?;
    let _ = writeln!(anstream::stderr(), "page     {}", folder.join("sessions.html").display());
    Ok(())
}

fn code(findings: &[Finding], arguments: &Arguments) -> ExitCode {
    code_of(findings.iter().map(|finding| (finding.severity, finding.level)), arguments)
}

fn code_of(mut findings: impl Iterator<Item = (Severity, Level)>, arguments: &Arguments) -> ExitCode {
    let is_counted = |(severity, level)| severity >= arguments.fail_on && level <= arguments.level;
    if findings.any(is_counted) { ExitCode::Findings } else { ExitCode::Clean }
}

fn document(kind: Kind, campaign: &Campaign) -> serde_json::Value {
    json!({
        "kind": kind, "commands": campaign.commands, "scripts": campaign.scripts, "overlapping": campaign.overlapping,
        "milliseconds": campaign.took.as_secs_f64() * 1e3, "finding": campaign.finding,
    })
}

/// What ran, for the top of a page.
fn heading(arguments: &Arguments) -> String {
    let planted = arguments.plant.map(|fault| format!(" · planted: {fault}")).unwrap_or_default();
    format!("assay {} sessions{planted} · seed {}", env!("CARGO_PKG_VERSION"), arguments.seed)
}

fn counts(campaign: &Campaign) -> String {
    let rate = campaign.commands as f64 / campaign.took.as_secs_f64().max(1e-9);
    format!(
        "{} commands in {} scripts, {} of them with requests that overlap · {rate:.0} commands/s",
        campaign.commands, campaign.scripts, campaign.overlapping
    )
}

fn told(kind: Kind, campaign: &Campaign, arguments: &Arguments) -> String {
    let planted = arguments.plant.map(|fault| format!(" · planted: {fault}")).unwrap_or_default();
    let store = arguments.store.map(|store| format!(" · store: {store}")).unwrap_or_default();
    let mut text =
        format!("assay {} sessions · {kind}{store}{planted} · seed {}\n", env!("CARGO_PKG_VERSION"), arguments.seed);
    if let Some(finding) = &campaign.finding {
        text.push('\n');
        text.push_str(&render(&transcript(finding), crate::shows_color()));
        text.push('\n');
    }
    let found = if campaign.finding.is_some() { "✗ 1 invariant does not hold" } else { "✓ every invariant holds" };
    text.push_str(&format!("{found} · {}\n", counts(campaign)));
    text
}

fn transcript(finding: &Finding) -> Transcript {
    let steps = finding.steps.iter();
    Transcript {
        severity: finding.severity,
        level: finding.level,
        id: format!("sessions/{}", finding.invariant),
        service: finding.service.clone(),
        title: finding.title.clone(),
        seen: finding.what.clone(),
        clauses: finding.references.iter().map(ToString::to_string).collect(),
        mend: finding.mend.clone(),
        steps: steps.map(|step| (step.command.clone(), step.answer.clone(), step.model.clone())).collect(),
        made_small: format!(
            "{} of {} commands, found after {}",
            finding.script.len(),
            finding.from.max(finding.script.len()),
            finding.after
        ),
        again: format!(
            "assay sessions {} --seed {}{}{}",
            finding.kind,
            finding.seed,
            finding.planted.map(|fault| format!(" --plant {fault}")).unwrap_or_default(),
            kept::store_of(finding)
                .filter(|store| *store != StoreKind::Memory)
                .map(|store| format!(" --store {store}"))
                .unwrap_or_default()
        ),
    }
}

/// FIXED or STILL.
fn again(arguments: &Arguments, file: &Path) -> Result {
    let found = kept::read(file)?.ok_or_else(|| kept::unread(file).because("it is another document"))?;
    if !found.inquiries.is_empty() {
        return Err(
            Error::usage("it holds what a running service was asked").hint("add --service, with its [service] table")
        );
    }
    kept::again(&found.model, arguments.plant, arguments.store)
}

fn named(as_json: bool) -> String {
    let rows = Fault::ALL.iter().map(|fault| fault.row());
    if as_json {
        let rows: Vec<_> = rows
            .map(|row| {
                json!({
                    "fault": row.fault, "does": row.does, "kinds": row.kinds, "breaks": row.breaks,
                    "needs_overlap": row.needs_overlap,
                })
            })
            .collect();
        return format!("{:#}\n", json!(rows));
    }
    let words = |list: Vec<&str>| list.join(", ");
    rows.map(|row| {
        let kinds = words(row.kinds.iter().map(|kind| kind.as_str()).collect());
        let breaks = words(row.breaks.iter().take(3).map(|invariant| invariant.as_str()).collect());
        format!("{:32} a service that {}\n{:32} in {kinds} · breaks {breaks}\n", row.fault, row.does, "")
    })
    .collect()
}

fn evaluate<S: Store>(
    arguments: &Arguments,
    make: &impl Fn(Fault, Kind, u64) -> Reference<S>,
    store: Option<&Real>,
) -> Result {
    let stop = common::stop_on_interrupt()?;
    let wanted: &[Kind] = if arguments.kinds.is_empty() { Kind::ALL } else { &arguments.kinds };
    let mut rows = Vec::new();
    for fault in Fault::ALL {
        for kind in fault.row().kinds.iter().filter(|kind| wanted.contains(kind)) {
            if stop.load(Ordering::Relaxed) {
                return Ok(ExitCode::Interrupted);
            }
            let seeds = usize::try_from(arguments.seeds).unwrap_or(usize::MAX);
            let make = |number| make(*fault, *kind, number);
            let row = detection_in(&make, (*fault, *kind), seeds, arguments.commands.unwrap_or(COMMANDS));
            untroubled(store)?;
            if !arguments.json {
                crate::print(&if rows.is_empty() { format!("{HEAD}{}", line(&row)) } else { line(&row) });
            }
            rows.push(row);
        }
    }
    let is_missed = |row: &Detection| row.commands.is_none() || !row.unexpected.is_empty();
    if arguments.json {
        crate::print(&format!("{:#}\n", json!(rows)));
    }
    Ok(if rows.iter().any(is_missed) { ExitCode::Findings } else { ExitCode::Clean })
}

/// A line of the table.
fn line(row: &Detection) -> String {
    let by: Vec<&str> = row.invariants.iter().map(|invariant| invariant.as_str()).collect();
    let none = || "–".to_owned();
    let (middle, worst) = row.commands.map_or((none(), none()), |(middle, worst)| {
        (middle.to_string(), if worst == u64::MAX { none() } else { worst.to_string() })
    });
    let (short, long) = row.length.unwrap_or_default();
    let (soon, late) = row.milliseconds.unwrap_or_default();
    format!(
        "| {} | {} | {} of {} | {} | {middle} | {worst} | {short} | {long} | {soon:.0} | {late:.0} |\n",
        row.fault,
        row.kind,
        row.found,
        row.seeds,
        by.join(", "),
    )
}

const HEAD: &str = "\
| planted fault | kind | found | by | commands: median | worst | shrunk to: median | longest | ms until shrunk: median | worst |
|---|---|--:|---|--:|--:|--:|--:|--:|--:|
";

/// How many commands a service in process is asked.
const COMMANDS: u64 = 100_000;

const EXAMPLES: &str = "Examples:
  assay sessions                                   each kind of the reference service: every invariant holds
  assay sessions jwt --plant reuse-spares-family   one that does not end a family on reuse, and how that shows
  assay sessions --plant upsert-on-save --out found; assay replay found/sessions.json
  assay sessions --store redis --commands 5000     on a store that others can write to as well
  assay sessions jwt --serve > assay.toml          the same over HTTP, for whoever wants a sound service
  assay sessions --evaluate --seeds 11             how soon each planted fault is found
  assay sessions --service                         the running service of [service] in assay.toml";
