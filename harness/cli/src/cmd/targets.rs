//! `assay targets`: libraries in other languages, and what must be installed before they can be tried.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use token_assay_model::ExitCode;

use super::Configuration;
use crate::config::Config;
use crate::error::{Error, Result, nearest};
use crate::install::{self, Outcome};
use crate::shims::{self, Shim};
use crate::store;

/// What to do with shims.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    config: Configuration,
}

const EXAMPLES: &str = "Examples:
  assay targets
  assay targets install pyjwt npm-jose 'go-*'";

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Name the shims, and say which are installed.
    #[command(after_help = EXAMPLES)]
    List,
    /// Install libraries by their language's package manager, each into a folder of its own in the cache.
    ///
    /// The cache is ${ASSAY_CACHE:-$HOME/.cache/assay}. What is there already is left alone; a language that this machine has
    /// not is skipped, with what would bring it. Exit codes: 0 all well or skipped · 3 an installation failed.
    Install(Install),
}

#[derive(Debug, clap::Args)]
#[command(after_help = INSTALL_EXAMPLES)]
struct Install {
    /// Names of shims or globs; `all` is every one.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Install again what is there already.
    #[arg(long)]
    anew: bool,
    /// Installations side by side.
    #[arg(short, long, value_name = "N", default_value_t = 2)]
    jobs: usize,
}

const INSTALL_EXAMPLES: &str = "Examples:
  assay targets install all
  assay targets install pyjwt --anew";

/// Does it.
pub(crate) fn run(arguments: &Arguments) -> Result {
    let shims = shims::all(&folder(&arguments.config.read()?)?)?;
    match &arguments.action {
        None | Some(Action::List) => list(&shims),
        Some(Action::Install(arguments)) => install(&chosen(&shims, &arguments.names)?, arguments),
    }
}

/// Where the shims are: the folder that the configuration names, or that of a checkout.
pub(super) fn folder(config: &Config) -> Result<PathBuf> {
    let ours = || store::checkout().map(|root| root.join(super::SHIMS));
    config.shims.clone().or_else(ours).ok_or_else(|| {
        Error::usage("there is no folder of shims here")
            .hint("run in a checkout of assay, or name its harness/shims as `shims` in assay.toml")
    })
}

fn list(shims: &[Shim]) -> Result {
    for shim in shims {
        let place = shim.installation();
        let there = place.is_some_and(|place| place.join(shims::STAMP).is_file());
        let state = if there { "installed" } else { "" };
        let line = format!("{:22} {:11} {:28} {state}", shim.name, shim.language, shim.library);
        crate::print(&format!("{}\n", line.trim_end()));
        for variant in &shim.variants {
            crate::print(&format!("  {:20} {}\n", variant.name, variant.what));
        }
    }
    Ok(ExitCode::Clean)
}

fn chosen<'s>(shims: &'s [Shim], names: &[String]) -> Result<Vec<&'s Shim>> {
    let mut chosen = BTreeSet::new();
    for name in names {
        let all = name == "all";
        let glob = globset::Glob::new(name)
            .map_err(|error| Error::usage(format!("`{name}` is no shim's name")).because(error))?
            .compile_matcher();
        let found: Vec<usize> = (0..shims.len()).filter(|n| all || glob.is_match(&shims[*n].name)).collect();
        if found.is_empty() {
            let error = Error::usage(format!("no shim is called `{name}`"));
            return Err(match nearest(name, shims.iter().map(|shim| shim.name.as_str())) {
                Some(known) => error.hint(format!("did you mean `{known}`?")),
                None => error.hint("`assay targets` names them all"),
            });
        }
        chosen.extend(found);
    }
    Ok(chosen.into_iter().map(|n| &shims[n]).collect())
}

fn install(shims: &[&Shim], arguments: &Install) -> Result {
    if shims::cache().is_none() {
        return Err(Error::usage("nobody says where the cache is").hint("set ASSAY_CACHE to a folder"));
    }
    let bar = ProgressBar::with_draw_target(Some(shims.len() as u64), ProgressDrawTarget::stderr_with_hz(4));
    bar.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}").expect("a test would show it"));
    let queue = Mutex::new(shims.iter());
    let outcomes = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..arguments.jobs.clamp(1, shims.len()) {
            scope.spawn(|| {
                loop {
                    let Some(shim) = queue.lock().expect("taking does not panic").next() else { break };
                    bar.set_message(shim.name.clone());
                    let place = shim.installation().expect("there is a cache");
                    let outcome = install::install(shim, &place, arguments.anew);
                    bar.suspend(|| crate::print(&format!("{}: {}\n", shim.name, told(shim, &outcome))));
                    bar.inc(1);
                    outcomes.lock().expect("pushing does not panic").push((*shim, outcome));
                }
            });
        }
    });
    bar.finish_and_clear();
    let outcomes = outcomes.into_inner().expect("all threads have ended well");
    crate::print(&summary(&outcomes));
    let failed = outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Failed(_)));
    Ok(if failed { ExitCode::TargetUnusable } else { ExitCode::Clean })
}

fn told(shim: &Shim, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Installed => "installed".to_owned(),
        Outcome::There => "there already".to_owned(),
        Outcome::Lacking(what) if shim.debian.is_empty() => {
            format!("skipped: this machine has no {}", what.join(" and no "))
        }
        Outcome::Lacking(what) => {
            format!("skipped: this machine has no {} (Debian: {})", what.join(" and no "), shim.debian.join(" "))
        }
        Outcome::Failed(why) => format!("FAILED: {why}"),
    }
}

fn summary(outcomes: &[(&Shim, Outcome)]) -> String {
    let count = |wanted: fn(&Outcome) -> bool| outcomes.iter().filter(|(_, outcome)| wanted(outcome)).count();
    let mut text = format!(
        "\n{} installed, {} there already, {} skipped, {} failed\n",
        count(|outcome| *outcome == Outcome::Installed),
        count(|outcome| *outcome == Outcome::There),
        count(|outcome| matches!(outcome, Outcome::Lacking(_))),
        count(|outcome| matches!(outcome, Outcome::Failed(_))),
    );
    let skipped = outcomes.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Lacking(_)));
    let packages: BTreeSet<&str> = skipped.flat_map(|(shim, _)| &shim.debian).map(String::as_str).collect();
    if !packages.is_empty() {
        let packages: Vec<&str> = packages.into_iter().collect();
        text.push_str(&format!("what was skipped comes with: apt-get install {}\n", packages.join(" ")));
    }
    text
}
