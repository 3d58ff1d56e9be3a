//! `assay sessions --serve`: the reference service at an address of this machine until Ctrl-C. What is printed is an
//! `assay.toml` with which `assay` asks it.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use token_assay::sessions::policy::Kind;
use token_assay::sessions::store::StoreKind;
use token_assay_live::serve::flaw::Flaw;
use token_assay_live::serve::{NotServed, Serving, serve};
use token_assay_model::ExitCode;

use super::{Arguments, kinds, missing};
use crate::cmd::common;
use crate::error::{Error, Result};
use crate::store::write_whole;

/// Serves.
pub(super) fn run(arguments: &Arguments, address: SocketAddr) -> Result {
    let kind = match kinds(arguments)?.as_slice() {
        [kind, ..] if arguments.kinds.len() < 2 => *kind,
        _ => return Err(Error::usage("one service is served").hint("give one KIND")),
    };
    let store = arguments.store.unwrap_or(StoreKind::Sqlite);
    let serving = Serving {
        address,
        kind,
        fault: arguments.plant,
        store,
        seed: arguments.seed,
        tls: arguments.tls.is_some(),
        flaw: arguments.flaw,
        max_sessions: arguments.max_sessions,
        has_second: arguments.second,
    };
    let stop = common::stop_on_interrupt()?;
    let service = serve(serving).map_err(|why| match why {
        NotServed::Store(skipped) => missing(store, &skipped),
        why @ NotServed::Exposed(_) => {
            Error::usage("the service is not served").because(why).hint("give 127.0.0.1:0 or [::1]:0")
        }
        why => Error::usage("the service is not served").because(why).hint("give another ADDRESS, or port 0"),
    })?;
    if let (Some(file), Some(certificate)) = (&arguments.tls, service.certificate()) {
        write_whole(file, certificate.as_bytes())?;
    }
    let planted = arguments.plant.map(|fault| format!(", with the fault {fault},")).unwrap_or_default();
    let planted = arguments.flaw.map_or(planted, |flaw| format!(", with the flaw {flaw},"));
    let file = arguments.tls.as_ref().map(|file| file.display().to_string());
    crate::print(&format!(
        "# Assay's reference service ({kind}, store: {store}){planted} at {} until Ctrl-C.\n# Control token, for /control/ and \
         /admin/: Assay-Control: {}\n\n{}",
        service.url(),
        service.control(),
        service.table(file.as_deref()),
    ));
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(ExitCode::Clean)
}

/// Reads a flaw's name.
pub(super) fn parse_flaw(text: &str) -> std::result::Result<Flaw, String> {
    let names = || Flaw::ALL.iter().map(|row| row.name).collect::<Vec<_>>().join(", ");
    Flaw::named(text).ok_or_else(|| format!("they are {}", names()))
}

/// Reads an address; a kind in its place is the likeliest mistake.
pub(super) fn parse_address(text: &str) -> std::result::Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        let is_kind = Kind::ALL.iter().any(|kind| kind.as_str() == text);
        if is_kind { "a KIND stands before --serve".to_owned() } else { "such as 127.0.0.1:8080".to_owned() }
    })
}
