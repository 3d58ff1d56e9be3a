//! `assay bench`: measures, compares two measurements, writes the comparison report.
//!
//! `run` measures and writes the report beside its `bench.json`; `compare` and `report` read files. Only an assay that was
//! built with the feature `bench` measures: the stores that it measures are many crates.

#[cfg(feature = "bench")]
mod run;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use token_assay_model::ExitCode;
use token_assay_model::bench::Bench;
use token_assay_report::bench::decide::{Clients, TokenIn, Unmeasured, usual_algorithm};
use token_assay_report::bench::{Comparison, Form, Needs, page};

use crate::cmd::common::one_of;
use crate::config::parse_duration;
use crate::error::{Error, Result};
use crate::store;

/// Which of the three.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "Examples:
  assay bench run --quick
  assay bench report --requests-per-second 5000 --services 12 --max-revocation-lag 5s
  assay bench compare before/ after/";

#[derive(Debug, Subcommand)]
enum Verb {
    /// Measure verification, session lookup and what combines them, and write the report.
    Run(Box<Run>),
    /// Say what got slower between two measurements.
    Compare(Compare),
    /// Render a measurement for your own numbers: what each way costs, and what decides.
    Report(Box<Report>),
}

/// What to measure.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
struct Run {
    /// Plans or groups by their beginning: verify, lookup/latency, … [default: all].
    #[arg(value_name = "PREFIX")]
    selection: Vec<String>,
    /// Few values and small sizes: a look, in some minutes.
    #[arg(long)]
    quick: bool,
    /// How often everything is measured from front to back [default: 3, or 2 with --quick].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    passes: Option<u32>,
    /// The folder [default: a new one in reports/runs in a checkout of assay, assay-report/bench elsewhere].
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Slow a row down on purpose, to see that a comparison tells it: GROUP/ROW=20%.
    #[arg(long, value_name = "ROW=PERCENT", value_parser = handicap)]
    slow: Vec<(String, f64)>,
    /// Name what can be measured, and measure nothing.
    #[arg(long)]
    list: bool,
    /// Say nothing but errors.
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    needs: NeedsFlags,
}

/// Which to compare.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
struct Compare {
    /// The earlier bench.json or folder, several to learn from how far rows move by themselves, and the later one at the end.
    #[arg(value_name = "OLD... NEW", num_args = 2.., required = true)]
    paths: Vec<PathBuf>,
    /// The smallest change that is ever told.
    #[arg(long, value_name = "PERCENT", default_value = "3%", value_parser = percent)]
    least: f64,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Shape::Text, value_name = "FORMAT")]
    format: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shape {
    Text,
    Markdown,
    Json,
}

/// What to render, and for whom.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
struct Report {
    /// The bench.json or its folder [default: the latest].
    path: Option<PathBuf>,
    /// The form.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = one_of(Form::ALL, |form: Form| form.as_str()))]
    format: Form,
    /// Write to this file instead of stdout.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print the JSON Schema of bench.json.
    #[arg(long, conflicts_with_all = ["path", "format", "out"])]
    schema: bool,
    #[command(flatten)]
    needs: NeedsFlags,
}

/// The reader's own numbers.
#[derive(Debug, Args)]
#[command(next_help_heading = "Your numbers")]
struct NeedsFlags {
    /// Requests a second over all services, each with a login to be checked.
    #[arg(long, value_name = "N", default_value = "1000", value_parser = above_nought)]
    requests_per_second: f64,
    /// How many services check logins.
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..))]
    services: u32,
    /// How many sessions are alive at once.
    #[arg(long, value_name = "N", default_value = "100000", value_parser = clap::value_parser!(u64).range(1..))]
    sessions: u64,
    /// How long a withdrawn login may go on at most.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    max_revocation_lag: Option<Duration>,
    /// Where sessions are kept, by a row of lookup or its beginning [default: the first over a socket].
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
    /// The algorithm of the tokens [default: ES256, or the first that was measured].
    #[arg(long, value_name = "ALG")]
    algorithm: Option<String>,
    /// The crate that verifies [default: the middle one of all].
    #[arg(long, value_name = "NAME")]
    verifier: Option<String>,
    /// How long an access token lives that can be refreshed.
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = lifetime)]
    access_ttl: Duration,
    /// How long a token lives that cannot.
    #[arg(long, value_name = "TIME", default_value = "8h", value_parser = lifetime)]
    token_ttl: Duration,
    /// How long a hybrid believes its cache.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = parse_duration)]
    cache_ttl: Duration,
    /// Who calls.
    #[arg(long, value_enum, default_value_t = ClientsFlag::Web, value_name = "WHO")]
    clients: ClientsFlag,
    /// Where browsers keep a token.
    #[arg(long, value_enum, default_value_t = TokenInFlag::Cookie, value_name = "PLACE")]
    token_in: TokenInFlag,
    /// Keys are never changed.
    #[arg(long)]
    no_key_rotation: bool,
    /// Audience or issuer is not checked.
    #[arg(long)]
    no_audience_or_issuer_check: bool,
    /// Nobody runs a shared store yet.
    #[arg(long)]
    no_shared_store: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ClientsFlag {
    Web,
    CrossSite,
    Api,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TokenInFlag {
    Cookie,
    Memory,
    WebStorage,
}

/// Measures, compares or renders.
pub(crate) fn run(arguments: &Arguments) -> Result {
    match &arguments.verb {
        Verb::Run(run) => measure(run),
        Verb::Compare(compare) => self::compare(compare),
        Verb::Report(report) => self::report(report),
    }
}

#[cfg(feature = "bench")]
fn measure(asked: &Run) -> Result {
    run::run(asked)
}

#[cfg(not(feature = "bench"))]
fn measure(_: &Run) -> Result {
    Err(Error::usage("this assay was built without its benchmarks")
        .because("the stores and servers that they measure are many crates, so they are a feature")
        .hint("build it with `--features bench`; `bench compare` and `bench report` work without"))
}

fn compare(asked: &Compare) -> Result {
    let benches = asked.paths.iter().map(|path| read(Some(path))).collect::<Result<Vec<Bench>>>()?;
    let (after, before) = benches.split_last().expect("clap wants two");
    let comparison = Comparison::new(before, after, asked.least);
    match asked.format {
        Shape::Text => crate::print(&comparison.text(false)),
        Shape::Markdown => crate::print(&comparison.text(true)),
        Shape::Json => {
            let json = serde_json::to_string_pretty(&comparison).expect("figures are JSON");
            crate::print(&format!("{json}\n"));
        }
    }
    if comparison.rows.is_empty() {
        return Ok(ExitCode::NothingRan);
    }
    Ok(if comparison.is_worse() { ExitCode::BenchRegression } else { ExitCode::Clean })
}

fn report(asked: &Report) -> Result {
    if asked.schema {
        let schema = schemars::schema_for!(Bench);
        crate::print(&format!("{:#}\n", schema.to_value()));
        return Ok(ExitCode::Clean);
    }
    let bench = read(asked.path.as_deref())?;
    let octets = render(&bench, &asked.needs, "assay bench run", asked.format)?;
    match &asked.out {
        Some(file) => store::write_whole(file, &octets)?,
        None => crate::print_octets(&octets),
    }
    Ok(ExitCode::Clean)
}

fn render(bench: &Bench, needs: &NeedsFlags, command: &str, form: Form) -> Result<Vec<u8>> {
    page::render(bench, &needs.read(bench), command, form).map_err(|Unmeasured { what, known }| {
        let error = Error::usage(format!("{what} was not measured"));
        if known.is_empty() { error } else { error.hint(format!("these were: {}", known.join(", "))) }
    })
}

/// The measurement at a path: a file, a folder, or the latest.
fn read(named: Option<&Path>) -> Result<Bench> {
    let path = match named {
        Some(folder) if folder.is_dir() => folder.join(BENCH),
        Some(file) => file.to_owned(),
        None => store::latest_measured(BENCH).ok_or_else(|| {
            Error::usage("there is no measurement yet").hint("make one with `assay bench run`, or name a bench.json")
        })?,
    };
    let octets = fs::read(&path).map_err(|error| {
        Error::usage(format!("{} cannot be read", path.display()))
            .because(error)
            .hint("give a bench.json or the folder of one, or run `assay bench run` first")
    })?;
    token_assay_report::bench::read(&octets).map_err(|error| {
        Error::usage(format!("{} is no measurement", path.display()))
            .because(error)
            .hint("`assay bench run` writes one; `assay bench report --schema` says what it holds")
    })
}

impl NeedsFlags {
    fn read(&self, bench: &Bench) -> Needs {
        Needs {
            requests_per_second: self.requests_per_second,
            services: self.services,
            sessions: self.sessions,
            max_revocation_lag: self.max_revocation_lag.map(|lag| lag.as_secs_f64()),
            store: self.store.clone(),
            algorithm: self.algorithm.clone().unwrap_or_else(|| usual_algorithm(bench).to_owned()),
            verifier: self.verifier.clone(),
            access_ttl: self.access_ttl.as_secs_f64(),
            token_ttl: self.token_ttl.as_secs_f64(),
            cache_ttl: self.cache_ttl.as_secs_f64(),
            clients: match self.clients {
                ClientsFlag::Web => Clients::Web,
                ClientsFlag::CrossSite => Clients::CrossSite,
                ClientsFlag::Api => Clients::Api,
            },
            token_in: match self.token_in {
                TokenInFlag::Cookie => TokenIn::Cookie,
                TokenInFlag::Memory => TokenIn::Memory,
                TokenInFlag::WebStorage => TokenIn::WebStorage,
            },
            rotates_keys: !self.no_key_rotation,
            checks_audience_and_issuer: !self.no_audience_or_issuer_check,
            runs_a_store: !self.no_shared_store,
        }
    }
}

/// A lifetime: some time.
fn lifetime(text: &str) -> std::result::Result<Duration, String> {
    let time = parse_duration(text).map_err(|error| error.to_string())?;
    if time.is_zero() { Err("a token that lives no time is none".into()) } else { Ok(time) }
}

fn above_nought(text: &str) -> std::result::Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "it is no number".to_owned())?;
    if number.is_finite() && number > 0.0 { Ok(number) } else { Err("it must be above nought".into()) }
}

/// A share: `20%`, or 0.2.
fn percent(text: &str) -> std::result::Result<f64, String> {
    let (digits, unit) = text.strip_suffix('%').map_or((text, 1.0), |digits| (digits, 100.0));
    let number: f64 = digits.trim().parse().map_err(|_| "it is no share: write 20% or 0.2".to_owned())?;
    let share = number / unit;
    if (0.0..=100.0).contains(&share) { Ok(share) } else { Err("it is no share: write 20% or 0.2".into()) }
}

fn handicap(text: &str) -> std::result::Result<(String, f64), String> {
    let (row, share) = text.rsplit_once('=').ok_or("write GROUP/ROW=20%")?;
    Ok((row.to_owned(), percent(share)?))
}

/// The name of its file.
const BENCH: &str = "bench.json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_written_in_two_ways() {
        assert_eq!(percent("20%"), Ok(0.2));
        assert_eq!(percent("0.03"), Ok(0.03));
        assert!(percent("much").is_err() && percent("-1%").is_err());
        assert_eq!(handicap("verify/HS256/8-claims/a=20%"), Ok(("verify/HS256/8-claims/a".to_owned(), 0.2)));
        assert!(handicap("verify").is_err());
    }
}
