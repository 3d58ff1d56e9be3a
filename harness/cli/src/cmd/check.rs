//! `assay check`: whether a shim is right, before a run says anything about its library. One screen a target.

use std::path::PathBuf;
use std::time::Duration;

use token_assay::check::{Check, Outcome, Tried, check};
use token_assay::targets::process::Settings;
use token_assay_model::{ExitCode, Profile};
use token_assay_report::shown;

use super::Configuration;
use super::subjects::{self, Commands, Driving};
use crate::config::parse_duration;
use crate::error::{Error, Result};

/// Which targets.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Targets' names or globs.
    #[arg(value_name = "TARGET")]
    names: Vec<String>,
    #[command(flatten)]
    commands: Commands,
    /// Every target: those of a checkout's shims that are installed too.
    #[arg(long, conflicts_with_all = ["names", "commands"])]
    all: bool,
    /// How long one answer may take.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "5s")]
    timeout: Duration,
    /// How long it may take to start.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, default_value = "30s")]
    start_timeout: Duration,
    /// Write what is said on the pipes to this file.
    #[arg(long, value_name = "FILE")]
    trace_protocol: Option<PathBuf>,
    /// One line for each target that is well.
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    config: Configuration,
}

const EXAMPLES: &str = "Examples:
  assay check pyjwt
  assay check --target-cmd 'python3 my_shim.py'

Exit codes: 0 all is well · 3 something is wrong with a shim.";

/// Checks.
pub(crate) fn run(arguments: &Arguments) -> Result {
    let mut config = arguments.config.read()?;
    if arguments.all {
        config.targets.append(&mut config.available);
    }
    let of_commands = arguments.commands.join(&mut config)?;
    let names = [&arguments.names[..], &of_commands].concat();
    if names.is_empty() && config.targets.is_empty() {
        return Err(Error::usage("there is no target to check")
            .hint("name one, say --target-cmd, or write a [[target]] table in assay.toml"));
    }
    // Linked crates are no shims of the user's: they are checked where they are named.
    let own = || config.targets.iter().map(|target| target.name.clone()).collect();
    let names = if names.is_empty() { own() } else { subjects::names(&names, &config)? };
    let trace = arguments.trace_protocol.as_deref().map(super::run::trace).transpose()?;
    let driving = Driving { timeout: arguments.timeout, in_process: false, trace };
    let now = jiff::Timestamp::now().as_second();
    let mut well = true;
    for name in names {
        let settings =
            Settings { start_timeout: arguments.start_timeout, ..subjects::settings(&name, &config, &driving)? };
        let checked = check(&settings, now);
        well &= checked.is_well();
        let told = if arguments.quiet && checked.is_well() { line(&name, &checked) } else { screen(&name, &checked) };
        crate::print(&told);
    }
    Ok(if well { ExitCode::Clean } else { ExitCode::TargetUnusable })
}

fn line(name: &str, check: &Check) -> String {
    let version = check.info.as_ref().map_or("", |info| &info.version);
    let works = check.policies.values().map(|tried| tried.works.len()).sum::<usize>();
    format!("{name}: ok ({}; {works} policies)\n", shown(version, LONGEST))
}

fn screen(name: &str, check: &Check) -> String {
    let mut text = format!("{name}\n");
    for (step, outcome) in &check.steps {
        let (mark, said) = match outcome {
            Outcome::Holds(said) => ("ok  ", said.as_str()),
            Outcome::Fails(said) => ("FAIL", said.as_str()),
            Outcome::Untried(why) => ("-   ", *why),
        };
        let mut said = said.lines();
        let first = said.next().map_or(String::new(), |first| format!(": {}", shown(first, LONGEST)));
        text.push_str(&format!("  {mark} {}{first}\n", step.describe()));
        said.for_each(|line| text.push_str(&format!("         {}\n", shown(line, LONGEST))));
        if matches!(outcome, Outcome::Fails(_)) {
            text.push_str(&format!("         hint: {}\n", step.hint()));
        }
    }
    if !check.policies.is_empty() {
        text.push_str("  policies\n");
    }
    for (profile, tried) in &check.policies {
        text.push_str(&policy(*profile, tried));
    }
    text.push('\n');
    text
}

fn policy(profile: Profile, tried: &Tried) -> String {
    let lacks: usize = tried.lacks.values().map(Vec::len).sum();
    let works = if tried.works.is_empty() { "-".to_owned() } else { tried.works.join(" ") };
    let lacking = match lacks {
        0 => String::new(),
        _ => format!("   (not: {})", tried.lacks.keys().cloned().collect::<Vec<_>>().join(", ")),
    };
    format!("    {:20} {works}{lacking}\n", profile.as_str())
}

/// Of what a shim has said, in characters.
const LONGEST: usize = 300;
