//! From target names to targets that can be driven.

use std::sync::Arc;
use std::time::Duration;

use token_assay::run::Subject;
use token_assay::targets::process::{self, Process, Settings};
use token_assay::targets::{self, Driver, InProcess};

use crate::config::Config;
use crate::error::{Error, Result, nearest};

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
        let known: Vec<String> = everything.iter().cloned().chain(["sound".to_owned()]).chain(hidden).collect();
        if !known.iter().any(|known| glob.is_match(known)) {
            return Err(unknown(name, &known));
        }
        chosen.extend(known.into_iter().filter(|known| glob.is_match(known)));
    }
    let mut seen = std::collections::HashSet::new();
    chosen.retain(|name| seen.insert(name.clone()));
    chosen.into_iter().map(|name| subject(name, config, driving)).collect()
}

/// Every name that `--target` takes, but the strawmen's.
pub(super) fn all_names(config: &Config) -> Vec<String> {
    let linked = targets::linked().iter().map(|target| target.name.to_owned());
    linked.chain(config.targets.iter().map(|target| target.name.clone())).collect()
}

fn subject(name: String, config: &Config, driving: &Driving) -> Result<Subject> {
    if let Some(target) = config.targets.iter().find(|target| target.name == name) {
        let settings = driving.settings(&name, target.command.clone(), target.timeout);
        let settings = Settings { folder: target.folder.clone(), ..settings };
        return Ok(Subject { name, driver: Box::new(Process::new(settings)) });
    }
    let driver: Box<dyn Driver> = if driving.in_process {
        let verifier = token_assay::run::verifier(&name).expect("the name was found among them");
        Box::new(InProcess(verifier, driving.timeout))
    } else {
        let myself =
            std::env::current_exe().map_err(|error| Error::usage("assay cannot find itself").because(error))?;
        let command = vec![myself.to_string_lossy().into_owned(), "worker".to_owned(), name.clone()];
        Box::new(Process::new(driving.settings(&name, command, None)))
    };
    Ok(Subject { name, driver })
}

fn unknown(name: &str, known: &[String]) -> Error {
    let error = Error::usage(format!("no target is called `{name}`"));
    match nearest(name, known.iter().map(String::as_str)) {
        Some(known) => error.hint(format!("did you mean `{known}`?")),
        None => error.hint("`assay list targets` names them all"),
    }
}
