//! What `run` and `sessions` share of a running service: their flags, the dialogue with it, and what is said where it cannot be
//! tried. Takes the configuration, gives a client that may speak to that service alone. Judges nothing.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use token_assay::attacks::fixed::FixedPolicy;
use token_assay::attacks::{self, Make, Workshop};
use token_assay::event::Listener;
use token_assay::forge::{Keyring, TestKey};
use token_assay::run::{Options, Subject, run_in};
use token_assay::suite;
use token_assay_live::client::Client;
use token_assay_live::dialogue::Dialogue;
use token_assay_live::issuer::script::{self, Trial};
use token_assay_live::safety::Permission;
use token_assay_live::service::Wrong;
use token_assay_live::verifier::{Live, stage};
use token_assay_model::{CaseId, ExitCode, Finding, Outcome, Report};

use crate::config::Config;
use crate::error::{Error, Result};

/// The flags of verbs that try a running service.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// Try the running service of `[service]` in assay.toml, over HTTP.
    #[arg(long)]
    pub(super) service: bool,
    /// The one host beside this machine that may be asked: exactly that of `url` in `[service]`, with its owner's leave.
    #[arg(long, value_name = "HOST", requires = "service")]
    i_have_permission: Option<String>,
}

impl Flags {
    /// The dialogue with the service, where one is to be tried.
    pub(super) fn dialogue(&self, config: &Config) -> Result<Option<Dialogue>> {
        if !self.service {
            return Ok(None);
        }
        let Some(service) = config.service.clone() else {
            let error = Error::usage("assay.toml has no [service]");
            return Err(error.hint("write one: the README has an example under \"My running service\""));
        };
        let permission = Permission { host: self.i_have_permission.clone() };
        let client = Client::new(&service, &permission).map_err(of_wrong)?;
        Ok(Some(Dialogue::new(service, client)))
    }
}

/// What is wrong with a table, or with the service.
pub(super) fn of_wrong(wrong: Wrong) -> Error {
    let code = if wrong.is_service { ExitCode::TargetUnusable } else { ExitCode::Usage };
    Error::usage(wrong.what).hint(wrong.hint).code(code)
}

/// A service on the stage, ready to be shown the catalogue.
pub(super) struct Staged {
    policy: FixedPolicy,
    live: Live,
    name: String,
    /// How much is known of it, in words.
    pub(super) depth: &'static str,
    /// The service's own key.
    pub(super) key: Option<TestKey>,
    /// What must stand in no report.
    pub(super) secrets: Vec<String>,
    /// What the rows about keys that are fetched see.
    pub(super) trials: Option<Arc<Mutex<Vec<Trial>>>>,
}

impl Staged {
    /// Looks at the table, and asks the service for what it takes.
    pub(super) fn new(dialogue: Dialogue, now: i64) -> Result<Self> {
        let secrets = dialogue.service.secrets().map_err(of_wrong)?;
        let name = dialogue.service.name.clone();
        let staged = stage(&dialogue, now).map_err(|wrong| {
            let Error { what, .. } = of_wrong(wrong.clone());
            Error { what: format!("{name} cannot be tried: {what}"), ..of_wrong(wrong) }
        })?;
        let (depth, key) = (staged.depth(), staged.key.clone());
        let has_issuers = staged.issuers().is_some();
        let (live, policy) = Live::new(Arc::new(dialogue), staged);
        let trials = has_issuers.then(|| live.trials());
        Ok(Self { policy, live, name, depth, key, secrets, trials })
    }

    /// Shows it the catalogue.
    pub(super) fn run(self, options: &Options<'_>, listener: &Listener<'_>) -> Result<Report> {
        let workshop = Workshop::fixed(&self.policy);
        let workshop = workshop.map_err(|why| Error::usage(why).hint("mend [service.token]"))?;
        let subject = Subject { name: self.name, driver: Box::new(self.live) };
        let mut report = run_in([&workshop; 2], vec![subject], options, listener);
        for finding in &mut report.findings {
            finding.title = suite::sentence(finding);
        }
        if let Some(why) = report.targets.iter().find_map(|target| target.unusable.clone()) {
            report.run.complete = false;
            report.run.stopped.get_or_insert(why);
        }
        Ok(report)
    }
}

/// What became of a finding when its case was shown to the service anew.
pub(super) enum Again {
    /// It is still there.
    Still(String),
    /// It is not.
    Gone(String),
    /// What was seen proves nothing.
    CannotTell(String),
}

/// Forges the case of a finding anew, by the clock and the key of now, and shows it, with its control, as a run does.
pub(super) fn again(dialogue: Dialogue, finding: &Finding, stop: &AtomicBool) -> Result<Again> {
    let now = jiff::Timestamp::now();
    let staged = Staged::new(dialogue, now.as_second())?;
    let trials = staged.trials.clone();
    let class = format!("{}/{}", finding.case.family(), finding.case.class());
    let of_catalogue =
        |(family, row): &(&attacks::Family, &attacks::Class)| format!("{}/{}", family.id, row.id) == class;
    let row = attacks::classes().find(of_catalogue).map(|(_, row)| row);
    let is_asked = row.is_some_and(|row| matches!(row.make, Make::Live { .. }));
    // What is about a control is seen wherever one is shown.
    let selection = with_controls(&[row.map_or_else(|| CONTROLS.to_owned(), |_| class.clone())]);
    let wanted = |id: &CaseId| row.is_none() || is_asked || *id == finding.case;
    let options = Options {
        keyring: Keyring::corpus(),
        now: now.as_second(),
        real_now: now.as_second(),
        started: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        seed: 0,
        selection,
        wanted: &wanted,
        regressions: &[],
        known: &[],
        repeat: 1,
        jobs: 1,
        max_time: None,
        max_findings: None,
        stop,
        timing: false,
        endpoint: None,
    };
    let report = staged.run(&options, &|_| {})?;
    if let Some(found) = report.findings.iter().find(|found| found.fingerprint == finding.fingerprint) {
        return Ok(Again::Still(found.observed.to_string()));
    }
    if let Some(why) = &report.run.stopped {
        return Ok(Again::CannotTell(why.clone()));
    }
    if let Some(trials) = trials {
        let trials = trials.lock().unwrap_or_else(PoisonError::into_inner);
        let is_unsure = |trial: &&Trial| {
            let proves_nothing = matches!(trial.outcome, script::Outcome::CannotTell | script::Outcome::NotDeclared);
            trial.row == finding.case.class() && proves_nothing
        };
        let unsure = trials.iter().find(is_unsure);
        if let Some(unsure) = unsure {
            return Ok(Again::CannotTell(unsure.because.clone()));
        }
    }
    if is_asked || row.is_none() {
        return Ok(Again::Gone("nothing is wrong any more".to_owned()));
    }
    let result = report.cases.iter().find(|case| case.id == finding.case);
    Ok(match result.and_then(|case| case.results.get(&finding.target)) {
        Some(result) if result.outcome == Outcome::Pass => Again::Gone(result.answer.clone()),
        Some(result) => Again::CannotTell(format!("{}: {}", result.outcome, result.answer)),
        None => Again::CannotTell("the service's policy makes no such case".to_owned()),
    })
}

/// A row that is asked of a service has no case whose control would be shown first: these have.
pub(super) fn with_controls(ids: &[String]) -> Vec<String> {
    let mut ids = ids.to_vec();
    let names =
        |family: &attacks::Family, class: &attacks::Class| CaseId::new_class(&format!("{}/{}", family.id, class.id));
    let is_asked = |id: &String| {
        let mut selected = attacks::classes().filter(|(family, class)| names(family, class).starts_with(id)).peekable();
        selected.peek().is_some() && selected.all(|(_, class)| matches!(class.make, Make::Live { .. }))
    };
    if !ids.is_empty() && ids.iter().all(is_asked) {
        ids.push(CONTROLS.to_owned());
    }
    ids
}

/// The record of the rows about keys that are fetched, and a line about it.
pub(super) fn recorded(trials: &Mutex<Vec<Trial>>) -> (Vec<u8>, String) {
    let trials = trials.lock().unwrap_or_else(PoisonError::into_inner);
    let count = |outcome| trials.iter().filter(|trial| trial.outcome == outcome).count();
    let (held, broken) = (count(script::Outcome::Held), count(script::Outcome::Broken));
    let (rest, not_declared) = (count(script::Outcome::CannotTell), count(script::Outcome::NotDeclared));
    let mut octets = serde_json::to_vec_pretty(&*trials).expect("a record is JSON");
    octets.push(b'\n');
    (
        octets,
        format!(
            "keys that are fetched: {held} held, {broken} broken, {rest} that nothing can be said of, {not_declared} \
             that [service.issuer] does not declare ({RECORD})"
        ),
    )
}

/// Where the record is kept in the run folder.
pub(super) const RECORD: &str = "issuer.json";

/// A family whose cases need nothing.
const CONTROLS: &str = "control";

/// What is said where a service could not be tried, or not to the end.
pub(super) fn unusable(report: &Report) -> Option<Error> {
    let target = report.targets.iter().find(|target| target.unusable.is_some())?;
    let why = target.unusable.as_deref().unwrap_or_default();
    let (what, hint) =
        why.rsplit_once("; ").unwrap_or((why, "is [service.token] what the service is configured with?"));
    let error = Error::usage(format!("{} could not be tried to the end", target.info.name)).because(what).hint(hint);
    Some(error.code(ExitCode::TargetUnusable))
}
