//! Findings of sessions as files: written by `assay sessions --out`, run again by it and by `assay replay`.

use std::path::Path;

use token_assay::sessions::faults::Fault;
use token_assay::sessions::finding::{Finding, replay};
use token_assay::sessions::reference::{self, Reference};
use token_assay::sessions::store::StoreKind;
use token_assay_live::inquiry;
use token_assay_model::{ExitCode, deep};

use super::{on_a_thread, opened, untroubled};
use crate::cmd::common;
use crate::error::{Error, Result};
use crate::store::write_whole;

/// Keeps one in this folder, and says where.
pub(super) fn write(folder: &Path, finding: &Finding) -> Result<()> {
    let service = finding.service.replace(' ', "-");
    write_as(&folder.join(format!("{}-{service}-{}.json", finding.invariant, finding.kind)), finding)
}

/// Keeps what a service was asked and answered wrongly.
pub(super) fn write_inquiry(folder: &Path, finding: &inquiry::Finding) -> Result<()> {
    let name = format!("{}-{}", finding.class, finding.service).replace(['/', ' '], "-");
    write_as(&folder.join(format!("{name}.json")), finding)
}

fn write_as(file: &Path, finding: &impl serde::Serialize) -> Result<()> {
    let mut json = serde_json::to_vec_pretty(finding).expect("a finding has string keys");
    json.push(b'\n');
    write_whole(file, &json)?;
    // Beside a document on stdout.
    eprintln!("kept: {}", file.display());
    Ok(())
}

/// What a file holds.
#[derive(Debug, Default)]
pub(in crate::cmd) struct Found {
    /// Scripts.
    pub(in crate::cmd) model: Vec<Finding>,
    /// What a running service was asked.
    pub(in crate::cmd) inquiries: Vec<inquiry::Finding>,
}

/// The findings of a document of `assay sessions`, or the one that the file is; nothing where it is another document.
pub(in crate::cmd) fn read(file: &Path) -> Result<Option<Found>> {
    let octets = std::fs::read(file).map_err(|error| unread(file).because(error))?;
    let value: serde_json::Value = deep::read(&octets).map_err(|error| unread(file).because(error))?;
    let found: Vec<&serde_json::Value> =
        if let Some(services) = value.get("services").and_then(serde_json::Value::as_array) {
            services.iter().filter_map(|service| service.get("finding").filter(|finding| !finding.is_null())).collect()
        } else if value.get("invariant").is_some() {
            vec![&value]
        } else if is_inquiry(&value) {
            Vec::new()
        } else {
            return Ok(None);
        };
    let asked = value.get("inquiries").and_then(serde_json::Value::as_array).into_iter().flatten();
    let asked: Vec<&serde_json::Value> =
        asked.filter_map(|row| row.get("finding")).chain(Some(&value).filter(|value| is_inquiry(value))).collect();
    if found.is_empty() && asked.is_empty() {
        return Err(unread(file).because("nothing was found").code(ExitCode::NothingRan));
    }
    let wrong = |error: serde_json::Error| unread(file).because(error);
    let model = found.into_iter().map(|value| serde_json::from_value(value.clone()));
    let inquiries = asked.into_iter().map(|value| serde_json::from_value(value.clone()));
    Ok(Some(Found {
        model: model.collect::<serde_json::Result<_>>().map_err(wrong)?,
        inquiries: inquiries.collect::<serde_json::Result<_>>().map_err(wrong)?,
    }))
}

/// Whether a document is the finding of an inquiry: of a class, and without a token.
fn is_inquiry(value: &serde_json::Value) -> bool {
    value.get("class").is_some() && value.get("steps").is_some() && value.get("service").is_some()
}

/// What is wrong with a file that holds none.
pub(super) fn unread(file: &Path) -> Error {
    let error = Error::usage(format!("{} holds no finding of sessions", file.display()));
    error.hint("give a file that `assay sessions --json` printed or --out wrote")
}

/// The store of the reference service that a finding is about, whatever was planted; nothing where it is about another service.
pub(in crate::cmd) fn store_of(finding: &Finding) -> Option<StoreKind> {
    let is = |fault, store| reference::name(fault, store) == finding.service;
    let has = |store| is(None, store) || Fault::ALL.iter().any(|fault| is(Some(*fault), store));
    StoreKind::ALL.iter().copied().find(|store| has(*store))
}

/// The same on a thread where a service may panic.
pub(in crate::cmd) fn replayed(findings: &[Finding]) -> Result {
    common::quiet_panics();
    on_a_thread(|| again(findings, None, None))
}

/// Runs each script again, where it was found or on another store: FIXED or STILL.
pub(super) fn again(findings: &[Finding], planted: Option<Fault>, on: Option<StoreKind>) -> Result {
    let mut is_still = false;
    for finding in findings {
        let planted = planted.or(finding.planted);
        let Some(store) = on.or_else(|| store_of(finding)) else {
            let error = Error::usage(format!("`{}` is not the reference service", finding.service));
            return Err(error
                .hint("run `assay sessions` with its [service] table again")
                .code(ExitCode::TargetUnusable));
        };
        let real = opened(store)?;
        let outcome = match &real {
            None => replay(&Reference::new(finding.kind, planted, finding.number), finding),
            Some(real) => replay(&Reference::on(real.clone(), finding.kind, planted, finding.number), finding),
        };
        untroubled(real.as_ref())?;
        let word = match outcome.breach {
            Some(breach) if breach.invariant == finding.invariant => "STILL",
            Some(_) | None => "FIXED",
        };
        is_still |= word == "STILL";
        crate::print(&format!("{word} sessions/{} in {} ({})\n", finding.invariant, finding.service, finding.kind));
    }
    Ok(if is_still { ExitCode::Findings } else { ExitCode::Clean })
}
