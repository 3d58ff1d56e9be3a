//! branca by `decode`, whose TTL of 0 is none.
//!
//! The crate reads no header: the named cookie's value is split out at `;` and taken as it stands. Its clock is the system's.

use branca::errors::Error;
use token_assay_model::report::TargetInfo;
use token_assay_model::{Capability, Feature, Reason, Request, Scheme, Verdict};

use super::super::Verifier;
use super::super::support::crate_info;
use super::asked;

/// The crate `branca`.
#[derive(Debug, Clone, Copy)]
pub struct Branca;

impl Verifier for Branca {
    fn info(&self) -> TargetInfo {
        crate_info("branca", VERSION, "https://github.com/return/branca", supports())
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        verify(request).unwrap_or_else(|refusal| refusal)
    }
}

fn verify(request: Request<'_>) -> Result<Verdict, Verdict> {
    let asked = asked(request, &supports())?;
    // The crate takes a TTL of 0 for none, and one of 32 bits.
    let ttl = match asked.policy.max_age.map(u32::try_from) {
        None => 0,
        Some(Ok(ttl)) if ttl > 0 => ttl,
        Some(_) => return Err(Verdict::unsupported(Feature::MaxAge)),
    };
    match branca::decode(asked.value()?, asked.secret()?, ttl) {
        Ok(payload) => asked.opened(Some(payload)),
        Err(error) => Err(Verdict::reject(reason(&error), error.to_string())),
    }
}

fn reason(error: &Error) -> Reason {
    match error {
        Error::InvalidBase62Token | Error::InvalidTokenVersion => Reason::Malformed,
        Error::BadKeyLength => Reason::Key,
        Error::DecryptFailed => Reason::Signature,
        Error::ExpiredToken => Reason::Expired,
        _ => Reason::Other,
    }
}

fn supports() -> Vec<Capability> {
    vec![Scheme::Branca.into(), Feature::MaxAge.into()]
}

const VERSION: &str = "0.10.2";
