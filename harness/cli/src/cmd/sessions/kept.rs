//! Findings of sessions as files: written by `assay sessions --out`, run again by it and by `assay replay`.

use std::path::Path;

use token_assay::sessions::faults::Fault;
use token_assay::sessions::finding::{Finding, replay};
use token_assay::sessions::reference::{self, Reference};
use token_assay::sessions::store::StoreKind;
use token_assay_model::{ExitCode, deep};

use super::{on_a_thread, opened, untroubled};
use crate::cmd::common;
use crate::error::{Error, Result};
use crate::store::write_whole;

/// Keeps one in this folder, and says where.
pub(super) fn write(folder: &Path, finding: &Finding) -> Result<()> {
    let service = finding.service.replace(' ', "-");
    let file = folder.join(format!("{}-{service}-{}.json", finding.invariant, finding.kind));
    let mut json = serde_json::to_vec_pretty(finding).expect("a finding has string keys");
    json.push(b'\n');
    write_whole(&file, &json)?;
    // Beside a document on stdout.
    eprintln!("kept: {}", file.display());
    Ok(())
}

/// The findings of a document of `assay sessions`, or the one that the file is; nothing where it is another document.
pub(in crate::cmd) fn read(file: &Path) -> Result<Option<Vec<Finding>>> {
    let octets = std::fs::read(file).map_err(|error| unread(file).because(error))?;
    let value: serde_json::Value = deep::read(&octets).map_err(|error| unread(file).because(error))?;
    let found: Vec<&serde_json::Value> =
        if let Some(services) = value.get("services").and_then(serde_json::Value::as_array) {
            services.iter().filter_map(|service| service.get("finding").filter(|finding| !finding.is_null())).collect()
        } else if value.get("invariant").is_some() {
            vec![&value]
        } else {
            return Ok(None);
        };
    if found.is_empty() {
        return Err(unread(file).because("nothing was found").code(ExitCode::NothingRan));
    }
    let read = |value: &serde_json::Value| serde_json::from_value(value.clone());
    let findings: serde_json::Result<Vec<Finding>> = found.into_iter().map(read).collect();
    findings.map(Some).map_err(|error| unread(file).because(error))
}

/// What is wrong with a file that holds none.
pub(super) fn unread(file: &Path) -> Error {
    let error = Error::usage(format!("{} holds no finding of sessions", file.display()));
    error.hint("give a file that `assay sessions --json` printed or --out wrote")
}

/// The store of the reference service that a finding is about, whatever was planted; nothing where it is about another service.
pub(super) fn store_of(finding: &Finding) -> Option<StoreKind> {
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
