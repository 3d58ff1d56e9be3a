//! pasetors by `decrypt` and `verify` of its version 4, without a footer; the purpose is the implicit assertion.
//!
//! The crate reads no header: the named cookie's value is split out at `;` and taken as it stands. These functions check no
//! claims, so that the payload may be anything.

use pasetors::errors::Error;
use pasetors::keys::{AsymmetricPublicKey, SymmetricKey};
use pasetors::token::{TrustedToken, UntrustedToken};
use pasetors::version4::{LocalToken, PublicToken, V4};
use token_assay_model::report::TargetInfo;
use token_assay_model::{Capability, Reason, Request, Scheme, Verdict};

use super::super::Verifier;
use super::super::support::crate_info;
use super::asked;

/// The crate `pasetors`.
#[derive(Debug, Clone, Copy)]
pub struct Pasetors;

impl Verifier for Pasetors {
    fn info(&self) -> TargetInfo {
        crate_info("pasetors", VERSION, "https://github.com/brycx/pasetors", supports())
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        verify(request).unwrap_or_else(|refusal| refusal)
    }
}

fn verify(request: Request<'_>) -> Result<Verdict, Verdict> {
    let asked = asked(request, &supports())?;
    let (token, secret) = (asked.value()?, asked.secret()?);
    let purpose = asked.policy.purpose.as_deref().map(str::as_bytes);
    let open = if asked.policy.scheme == Some(Scheme::PasetoV4Local) { local } else { public };
    match open(token, secret, purpose) {
        Ok(token) => asked.opened(Some(token.payload())),
        Err(error) => Err(Verdict::reject(reason(&error), error.to_string())),
    }
}

fn local(token: &str, secret: &[u8], purpose: Option<&[u8]>) -> Result<TrustedToken, Error> {
    LocalToken::decrypt(&SymmetricKey::<V4>::from(secret)?, &UntrustedToken::try_from(token)?, None, purpose)
}

fn public(token: &str, secret: &[u8], purpose: Option<&[u8]>) -> Result<TrustedToken, Error> {
    PublicToken::verify(&AsymmetricPublicKey::<V4>::from(secret)?, &UntrustedToken::try_from(token)?, None, purpose)
}

fn reason(error: &Error) -> Reason {
    match error {
        Error::TokenFormat | Error::Base64 => Reason::Malformed,
        Error::Key => Reason::Key,
        Error::TokenValidation => Reason::Signature,
        _ => Reason::Other,
    }
}

fn supports() -> Vec<Capability> {
    vec![Scheme::PasetoV4Local.into(), Scheme::PasetoV4Public.into()]
}

const VERSION: &str = "0.8.1";
