//! `assay`: the command line.
//!
//! Takes arguments, gives an exit code. Only `run`, `fuzz`, `replay`, `check`, `museum run` and `bench run` touch targets; every other verb reads files. The only file
//! that knows clap is this one and the argument structs beside each verb.

mod campaign;
mod cmd;
mod config;
mod console;
mod error;
mod install;
mod log;
mod museum;
mod policy;
mod redact;
mod shims;
mod store;

use std::io::Write as _;
use std::process::ExitCode as Status;

use clap::{ColorChoice, CommandFactory as _, Parser, Subcommand};
use token_assay_model::ExitCode;

/// Finds what a verifier of tokens or cookies wrongly accepts, wrongly refuses, or falls over on.
///
/// Exit codes: 0 nothing at or above --fail-on · 1 findings · 2 usage or configuration · 3 a target could not be tried ·
/// 4 nothing ran · 5 a known failure no longer fails (--strict-known) · 6 bench compare: slower · 70 our bug · 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "assay", version, about, max_term_width = 100, propagate_version = true, after_help = EXAMPLES)]
struct Cli {
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN")]
    color: ColorChoice,
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "Examples:
  assay init                          # a commented assay.toml for the project that is here
  assay run                           # the catalogue against every target
  assay inspect - < token.txt         # take a token apart, audit it
  assay explain alg-none              # what a class shows, the clause, the mend";

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write a commented assay.toml for the project that is here, and say what comes next.
    Init(cmd::init::Arguments),
    /// Show the catalogue to the targets, judge, report.
    Run(Box<cmd::run::Arguments>),
    /// Show targets tokens and cookies by the million, made by chance and by rule, and keep what is wrong.
    Fuzz(Box<cmd::fuzz::Arguments>),
    /// Name the words that other verbs take.
    List(cmd::list::Arguments),
    /// Say whether a shim speaks the protocol, and tells a genuine token from an altered one.
    Check(cmd::check::Arguments),
    /// Libraries in other languages: name them, install them.
    Targets(cmd::targets::Arguments),
    /// Prove the power on releases whose vulnerabilities are public: install them, run the catalogue, say what is found.
    Museum(cmd::museum::Arguments),
    /// Print a shim to start from, for a library in another language.
    Shim(cmd::shim::Arguments),
    /// Explain a case class: what it shows, the clause, the usual mend.
    Explain(cmd::explain::Arguments),
    /// Take a token or a cookie apart and audit it; audit what a server says when it sets a cookie.
    Inspect(Box<cmd::inspect::Arguments>),
    /// Hold a service that logs users in to a model: logouts, rotation, revocation, races.
    Sessions(Box<cmd::sessions::Arguments>),
    /// Send exactly the recorded bytes of a finding again.
    Replay(cmd::replay::Arguments),
    /// Render a report that is on disk.
    Report(cmd::report::Arguments),
    /// Name the verdicts that changed between two reports.
    Diff(cmd::diff::Arguments),
    /// Measure what checking a login costs; compare two measurements; report.
    Bench(cmd::bench::Arguments),
    /// Export the catalogue as vectors that other suites read.
    Corpus(cmd::corpus::Arguments),
    /// Print what a shell completes.
    Completions(cmd::completions::Arguments),
    /// Print the manual page, or write one a verb.
    Man(cmd::man::Arguments),
    /// Serve a linked target over the protocol; `run` and `fuzz` start these.
    #[command(hide = true)]
    Worker(cmd::worker::Arguments),
}

fn main() -> Status {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::Usage.into() } else { ExitCode::Clean.into() };
        }
    };
    let choice = match cli.color {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
    let outcome = std::panic::catch_unwind(|| match &cli.verb {
        Verb::Init(arguments) => cmd::init::run(arguments),
        Verb::Run(arguments) => cmd::run::run(arguments),
        Verb::Fuzz(arguments) => cmd::fuzz::run(arguments),
        Verb::List(arguments) => cmd::list::run(arguments),
        Verb::Check(arguments) => cmd::check::run(arguments),
        Verb::Targets(arguments) => cmd::targets::run(arguments),
        Verb::Museum(arguments) => cmd::museum::run(arguments),
        Verb::Shim(arguments) => cmd::shim::run(arguments),
        Verb::Explain(arguments) => cmd::explain::run(arguments),
        Verb::Inspect(arguments) => cmd::inspect::run(arguments),
        Verb::Sessions(arguments) => cmd::sessions::run(arguments),
        Verb::Replay(arguments) => cmd::replay::run(arguments),
        Verb::Report(arguments) => cmd::report::run(arguments),
        Verb::Diff(arguments) => cmd::diff::run(arguments),
        Verb::Bench(arguments) => cmd::bench::run(arguments),
        Verb::Corpus(arguments) => cmd::corpus::run(arguments),
        Verb::Completions(arguments) => cmd::completions::run(arguments),
        Verb::Man(arguments) => cmd::man::run(arguments),
        Verb::Worker(arguments) => cmd::worker::run(arguments),
    });
    match outcome {
        Ok(Ok(code)) => code.into(),
        Ok(Err(error)) => {
            let _ = writeln!(anstream::stderr(), "{error}");
            error.code.into()
        }
        Err(_) => {
            let _ =
                writeln!(anstream::stderr(), "error: this is a bug in assay; please report it with the message above");
            ExitCode::Internal.into()
        }
    }
}

/// The arguments of the whole program, for what is made from them.
fn command() -> clap::Command {
    Cli::command()
}

/// Writes to stdout; a reader that has gone is no error.
fn print(text: &str) {
    let _ = anstream::stdout().write_all(text.as_bytes());
}

/// Says something beside the result, on stderr.
fn note(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Writes octets that are no text for people to stdout.
fn print_octets(octets: &[u8]) {
    let _ = std::io::stdout().write_all(octets);
}

/// Whether stdout shows colour.
fn shows_color() -> bool {
    anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
}
