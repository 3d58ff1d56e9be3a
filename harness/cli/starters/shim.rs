//! A shim for a verifier in Rust: Assay shows it tokens, it says what comes of them.
//!
//! It works as it stands, and verifies HS256 by the crate jsonwebtoken. Make a crate with
//! `cargo new shim`, put this file in the place of its `src/main.rs`, and add to `Cargo.toml`:
//!
//! ```toml
//! [dependencies]
//! jsonwebtoken = { version = "11.1", features = ["aws_lc_rs"] }
//! serde_json = "1"
//! token-assay = { version = "0.1", default-features = false }
//! ```
//!
//! ```console
//! $ cargo build --release
//! $ assay check --target-cmd target/release/shim
//! $ assay run --target-cmd target/release/shim
//! ```
//!
//! To try your own library, change `TARGET`, `SUPPORTS` and `verify`. token-assay speaks the
//! protocol, which is described in PROTOCOL.md of <https://github.com/assay-harness/assay>.
//!
//! Only answers may stand on stdout. What your library prints belongs on stderr: `eprintln!`,
//! not `println!`.

use std::io;
use std::process::ExitCode;

use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Map, Value};
use token_assay::model::report::TargetInfo;
use token_assay::model::{Input, Policy, Reason, Request, Verdict};
use token_assay::targets::{Verifier, serve};

/// Who is tried, as the report names it, and the version.
const TARGET: (&str, &str) = ("starter-rust", "1");

/// What `verify` does and obeys, in the words of PROTOCOL.md. What is not listed is not tried. A
/// false claim here becomes a false accusation in the report.
const SUPPORTS: [&str; 10] = [
    "HS256",
    "secret",
    "exp",
    "nbf",
    "leeway",
    "issuer",
    "issuer-list",
    "audience",
    "audience-list",
    "bytes",
];

/// Gives all claims of the token, or a refusal. REPLACE THIS BY YOUR LIBRARY.
///
/// jsonwebtoken reads the system's clock, so that "clock" is not in `SUPPORTS`; with a verifier
/// that can be told the time, take it from `policy.now` and add "clock".
///
/// Refuse with [`Verdict::reject`]. What your library cannot obey is [`Verdict::unsupported`]. A
/// panic is reported as a fault.
fn verify(token: &[u8], policy: &Policy) -> Result<Map<String, Value>, Verdict> {
    let [key] = policy.keys.as_slice() else {
        return Err(Verdict::reject(Reason::Key, "not one key"));
    };
    // RFC 7518, section 3.2; and the text of another key is no secret.
    let fits = |secret: &&Vec<u8>| secret.len() >= 32 && !secret.starts_with(b"-----BEGIN ");
    let Some(secret) = key.secret.as_ref().filter(fits) else {
        return Err(Verdict::reject(Reason::Key, "no secret for HS256"));
    };

    let mut validation = Validation::new(Algorithm::HS256);
    validation.leeway = policy.leeway.unwrap_or(0);
    validation.validate_nbf = true;
    // Without this a token without the claim is let pass.
    if !policy.issuer.is_empty() {
        validation.set_issuer(&policy.issuer);
        validation.required_spec_claims.insert("iss".to_owned());
    }
    if !policy.audience.is_empty() {
        validation.set_audience(&policy.audience);
        validation.required_spec_claims.insert("aud".to_owned());
    }
    let key = DecodingKey::from_secret(secret);
    let token = decode::<Map<String, Value>>(token, &key, &validation).map_err(refusal)?;
    // jsonwebtoken leaves crit to the application.
    if token.header.crit.is_some() {
        return Err(Verdict::reject(Reason::Critical, "no extension is understood"));
    }
    Ok(token.claims)
}

/// The refusal that an error means. A reason that is not known is [`Reason::Other`].
fn refusal(error: Error) -> Verdict {
    let reason = match error.kind() {
        ErrorKind::InvalidToken | ErrorKind::Base64(_) | ErrorKind::Utf8(_) => Reason::Malformed,
        ErrorKind::InvalidAlgorithm => Reason::Algorithm,
        ErrorKind::InvalidSignature => Reason::Signature,
        ErrorKind::ExpiredSignature => Reason::Expired,
        ErrorKind::ImmatureSignature => Reason::NotYetValid,
        ErrorKind::InvalidIssuer => Reason::Issuer,
        ErrorKind::InvalidAudience => Reason::Audience,
        ErrorKind::MissingRequiredClaim(_) => Reason::MissingClaim,
        _ => Reason::Other,
    };
    Verdict::reject(reason, error.to_string())
}

// Nothing below needs to be changed: it is the shim's end of the protocol.

struct Shim;

impl Verifier for Shim {
    fn info(&self) -> TargetInfo {
        TargetInfo::new(TARGET.0, TARGET.1, &SUPPORTS)
    }

    fn verify(&self, Request { input, policy }: Request<'_>) -> Verdict {
        let supports = self.info().supports;
        let lacking = policy.needs().into_iter().find(|need| !supports.contains(need));
        if let Some(lacking) = lacking {
            return Verdict::unsupported(lacking);
        }
        if policy.keys.len() > 1 {
            return Verdict::unsupported("jwks");
        }
        if let Input::Cookie(_) = input {
            return Verdict::unsupported("cookie");
        }
        match verify(input.octets(), policy) {
            Ok(claims) => Verdict::accept(claims),
            Err(verdict) => verdict,
        }
    }
}

fn main() -> ExitCode {
    match serve::serve(&Shim, io::stdin(), io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the shim ends: {error}");
            ExitCode::FAILURE
        }
    }
}
