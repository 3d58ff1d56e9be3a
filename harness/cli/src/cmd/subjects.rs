//! From target names to targets that can be driven.

use std::num::NonZeroU64;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use token_assay::run::Subject;
use token_assay::targets::process::{self, Process, Settings};
use token_assay::targets::{self, Driver, InProcess};

use crate::config::{Config, TargetConfig};
use crate::error::{Error, Result, nearest};

/// The flag of every verb that tries targets.
#[derive(Debug, clap::Args)]
pub(super) struct Commands {
    /// A target without a file: what starts its shim, quoted as for a shell. May be repeated.
    #[arg(long = "target-cmd", value_name = "COMMAND")]
    commands: Vec<String>,
}

impl Commands {
    /// Adds them to the targets of the file; their names are given back.
    pub(super) fn join(&self, config: &mut Config) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for text in &self.commands {
            let mut target = of_command(text)?;
            let taken = |name: &str| config.targets.iter().any(|other| other.name == name);
            if taken(&target.name) {
                let free = (2..).map(|n| format!("{}-{n}", target.name)).find(|name| !taken(name));
                target.name = free.expect("there is always another number");
            }
            names.push(target.name.clone());
            config.targets.push(target);
        }
        Ok(names)
    }
}

/// The target of a command: called after the program or script that it runs.
fn of_command(text: &str) -> Result<TargetConfig> {
    let wrong = |why: &str| Error::usage(format!("--target-cmd `{text}` is no command")).because(why);
    let command = shlex::split(text).ok_or_else(|| wrong("a quote is not closed"))?;
    let said = command.iter().rev().find(|word| !word.starts_with('-')).ok_or_else(|| wrong("it is empty"))?;
    let name = Path::new(said).file_name().map_or(said.clone(), |name| name.to_string_lossy().into_owned());
    Ok(TargetConfig { command, ..TargetConfig::named(&name) })
}

/// How linked targets are driven.
#[derive(Clone)]
pub(super) struct Driving {
    /// How long an answer may take.
    pub(super) timeout: Duration,
    /// Call linked targets directly.
    pub(super) in_process: bool,
    /// Who hears what is said on the pipes: the target, `→` or `←`, the line.
    pub(super) trace: Option<Trace>,
}

/// Hears conversations with targets.
pub(super) type Trace = Arc<dyn Fn(&str, &str, &str) + Send + Sync>;

impl Driving {
    fn settings(&self, name: &str, command: Vec<String>, timeout: Option<Duration>) -> Settings {
        let name = name.to_owned();
        let trace = self
            .trace
            .clone()
            .map(|trace| -> process::Trace { Arc::new(move |who: &str, line: &str| trace(&name, who, line)) });
        Settings { trace, ..Settings::new(command, timeout.unwrap_or(self.timeout)) }
    }
}

/// The targets of these names (globs allowed); none is all that are linked in and all of `assay.toml`.
pub(super) fn find(names: &[String], config: &Config, driving: &Driving) -> Result<Vec<Subject>> {
    self::names(names, config)?.into_iter().map(|name| subject(name, config, driving)).collect()
}

/// The names of those.
pub(super) fn names(names: &[String], config: &Config) -> Result<Vec<String>> {
    let everything = all_names(config);
    let mut chosen: Vec<String> = Vec::new();
    if names.is_empty() {
        chosen.extend(everything.iter().cloned());
    }
    for name in names {
        let glob = globset::Glob::new(name)
            .map_err(|error| Error::usage(format!("`{name}` is no target's name")).because(error))?
            .compile_matcher();
        let hidden = token_assay::attacks::wrong().map(|strawman| format!("strawman-{}", strawman.name()));
        let available = config.available.iter().map(|target| target.name.clone());
        let known: Vec<String> =
            everything.iter().cloned().chain(available).chain(["sound".to_owned()]).chain(hidden).collect();
        if !known.iter().any(|known| glob.is_match(known)) {
            return Err(unknown(name, &known));
        }
        chosen.extend(known.into_iter().filter(|known| glob.is_match(known)));
    }
    let mut seen = std::collections::HashSet::new();
    chosen.retain(|name| seen.insert(name.clone()));
    Ok(chosen)
}

/// Every name that `--target` takes, but the strawmen's.
pub(super) fn all_names(config: &Config) -> Vec<String> {
    let linked = targets::linked().iter().map(|target| target.name.to_owned());
    linked.chain(config.targets.iter().map(|target| target.name.clone())).collect()
}

fn subject(name: String, config: &Config, driving: &Driving) -> Result<Subject> {
    let driver: Box<dyn Driver> = match (token_assay::run::verifier(&name), driving.in_process) {
        (Some(verifier), true) => Box::new(InProcess(verifier, driving.timeout)),
        _ => Box::new(Process::new(settings(&name, config, driving)?)),
    };
    Ok(Subject { name, driver })
}

/// How the process of a target is driven whose name [`names`] has given.
pub(super) fn settings(name: &str, config: &Config, driving: &Driving) -> Result<Settings> {
    let Some(target) = config.targets.iter().chain(&config.available).find(|target| target.name == name) else {
        let myself =
            std::env::current_exe().map_err(|error| Error::usage("assay cannot find itself").because(error))?;
        let command = vec![myself.to_string_lossy().into_owned(), "worker".to_owned(), name.to_owned()];
        return Ok(driving.settings(name, command, None));
    };
    Ok(of_table(target, driving))
}

/// The same for a target's table.
pub(super) fn of_table(target: &TargetConfig, driving: &Driving) -> Settings {
    let usual = driving.settings(&target.name, target.command.clone(), target.timeout);
    Settings {
        folder: target.folder.clone(),
        lifetime: target.lifetime,
        memory: target.memory.or(usual.memory),
        processes: target.processes.map(NonZeroU64::get),
        environment: target.env.clone().into_iter().collect(),
        ..usual
    }
}

fn unknown(name: &str, known: &[String]) -> Error {
    let error = Error::usage(format!("no target is called `{name}`"));
    match nearest(name, known.iter().map(String::as_str)) {
        Some(known) => error.hint(format!("did you mean `{known}`?")),
        None => error.hint("`assay list targets` names them all"),
    }
}
