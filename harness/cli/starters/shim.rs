//! A shim: it shows Assay's tokens to a verifier in Rust, and tells the verdicts.
//!
//! It works as it stands, and verifies HS256 with little but RustCrypto's HMAC. Make a crate with
//! `cargo new shim`, put this file in the place of its `src/main.rs`, and add to `Cargo.toml`:
//!
//! ```toml
//! [dependencies]
//! base64 = "0.23"
//! hmac = "0.13"
//! serde_json = "1"
//! sha2 = "0.11"
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
//! Only answers may stand on stdout: what your library prints has to go to stderr, by `eprintln!`
//! and not by `println!`.

use std::io;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value};
use sha2::Sha256;
use token_assay::model::report::TargetInfo;
use token_assay::model::{Algorithm, Input, Policy, Reason, Request, Verdict};
use token_assay::targets::{Verifier, serve};

/// Who is tried, as the report names it, and the version.
const TARGET: (&str, &str) = ("starter-rust", "1");

/// What `verify` does and obeys, in the words of PROTOCOL.md. What is not listed is not tried. A
/// false claim here becomes a false accusation in the report.
const SUPPORTS: [&str; 11] = [
    "HS256",
    "secret",
    "exp",
    "nbf",
    "clock",
    "leeway",
    "issuer",
    "issuer-list",
    "audience",
    "audience-list",
    "bytes",
];

/// Gives all claims of the token, or a refusal. REPLACE THIS BY YOUR LIBRARY.
///
/// With jsonwebtoken, for example. It reads the system's clock: take "clock" out of `SUPPORTS`.
///
/// ```
/// use jsonwebtoken::errors::ErrorKind;
/// use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
///
/// let mut validation = Validation::new(Algorithm::HS256);
/// validation.leeway = policy.leeway.unwrap_or(0);
/// validation.validate_nbf = true;
/// // A claim that has to be some value has to be there: without this it need not.
/// if !policy.issuer.is_empty() {
///     validation.set_issuer(&policy.issuer);
///     validation.required_spec_claims.insert("iss".to_owned());
/// }
/// if !policy.audience.is_empty() {
///     validation.set_audience(&policy.audience);
///     validation.required_spec_claims.insert("aud".to_owned());
/// }
/// let key = DecodingKey::from_secret(secret(policy)?);
/// match decode(token, &key, &validation) {
///     Ok(token) => Ok(token.claims),
///     Err(error) => {
///         let reason = match error.kind() {
///             ErrorKind::ExpiredSignature => Reason::Expired,
///             ErrorKind::InvalidSignature => Reason::Signature,
///             _ => Reason::Other,
///         };
///         Err(refusal(reason, &error.to_string()))
///     }
/// }
/// ```
///
/// What the library cannot obey is `Err(Verdict::unsupported("its name"))`. A panic is a fault.
fn verify(token: &[u8], policy: &Policy) -> Result<Map<String, Value>, Verdict> {
    let parts: Vec<&[u8]> = token.split(|octet| *octet == b'.').collect();
    let [header, payload, signature] = parts[..] else {
        return Err(refusal(Reason::Malformed, "a token has three parts"));
    };
    let signed = &token[..header.len() + 1 + payload.len()];
    let header = object_of(&octets_of(header)?)?;
    let payload = octets_of(payload)?;
    let signature = octets_of(signature)?;
    let algorithm = header.get("alg").and_then(Value::as_str);
    let mut allowed = policy.algorithms.iter().flatten();
    if algorithm != Some("HS256") || !allowed.any(|name| *name == Algorithm::Hs256) {
        return Err(refusal(Reason::Algorithm, "alg is another"));
    }
    if header.contains_key("crit") {
        return Err(refusal(Reason::Critical, "no extension is understood"));
    }
    let key = secret(policy)?;
    // RFC 7518, section 3.2; and the text of another key is no secret.
    if key.len() < 32 || key.starts_with(b"-----BEGIN ") {
        return Err(refusal(Reason::Key, "no secret for HS256"));
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(signed);
    // In constant time.
    if mac.verify_slice(&signature).is_err() {
        return Err(refusal(Reason::Signature, "the signature is another"));
    }
    let claims = object_of(&payload)?;
    check(&claims, policy)?;
    Ok(claims)
}

/// Holds the claims against the policy.
fn check(claims: &Map<String, Value>, policy: &Policy) -> Result<(), Verdict> {
    let members =
        |names: [&'static str; 3]| names.map(|name| claims.get(name)).into_iter().flatten();
    if !members(["exp", "nbf", "iat"]).all(Value::is_number) {
        return Err(refusal(Reason::MissingClaim, "a date is no number"));
    }
    let audience = match claims.get("aud") {
        Some(Value::Array(names)) => names.iter().collect(),
        Some(name) => vec![name],
        None => Vec::new(),
    };
    let mut names = members(["iss", "sub", "jti"]).chain(audience.iter().copied());
    if !names.all(Value::is_string) {
        return Err(refusal(Reason::MissingClaim, "a name is no text"));
    }
    let date = |name: &str| claims.get(name).and_then(Value::as_f64);
    let (now, leeway) = (now(policy), policy.leeway.unwrap_or(0) as f64);
    if date("exp").is_some_and(|exp| now >= exp + leeway) {
        return Err(refusal(Reason::Expired, "exp has passed"));
    }
    if date("nbf").is_some_and(|nbf| now + leeway < nbf) {
        return Err(refusal(Reason::NotYetValid, "nbf lies ahead"));
    }
    let is_known = |iss: &Value| policy.issuer.iter().any(|issuer| iss == issuer);
    if !policy.issuer.is_empty() && !claims.get("iss").is_some_and(is_known) {
        return Err(refusal(Reason::Issuer, "iss is another"));
    }
    let is_own = |aud: &&Value| policy.audience.iter().any(|own| *aud == own);
    if !policy.audience.is_empty() && !audience.iter().any(is_own) {
        return Err(refusal(Reason::Audience, "aud is another"));
    }
    Ok(())
}

/// Decodes base64url, strictly: no padding, no white space, no unused bits.
fn octets_of(part: &[u8]) -> Result<Vec<u8>, Verdict> {
    let decoded = URL_SAFE_NO_PAD.decode(part);
    decoded.map_err(|error| refusal(Reason::Malformed, &error.to_string()))
}

/// Reads a JSON object.
fn object_of(octets: &[u8]) -> Result<Map<String, Value>, Verdict> {
    let object = serde_json::from_slice(octets);
    object.map_err(|error| refusal(Reason::Malformed, &error.to_string()))
}

/// The octets of the policy's only key.
fn secret(policy: &Policy) -> Result<&[u8], Verdict> {
    let secret = policy.keys.first().and_then(|key| key.secret.as_deref());
    secret.ok_or_else(|| refusal(Reason::Key, "the policy has no secret"))
}

/// The verifier's clock, in seconds.
fn now(policy: &Policy) -> f64 {
    if let Some(now) = policy.now {
        return now as f64;
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}

fn refusal(reason: Reason, detail: &str) -> Verdict {
    Verdict::reject(reason, detail)
}

// Nothing below needs to be changed: it is the shim's end of the protocol.

struct Shim;

impl Verifier for Shim {
    fn info(&self) -> TargetInfo {
        TargetInfo::new(TARGET.0, TARGET.1, &SUPPORTS)
    }

    fn verify(&self, Request { input, policy }: Request<'_>) -> Verdict {
        let supports = self.info().supports;
        let mut needs = policy.needs().into_iter();
        if let Some(lacking) = needs.find(|need| !supports.contains(need)) {
            return Verdict::unsupported(lacking);
        }
        if policy.keys.len() > 1 && !SUPPORTS.contains(&"jwks") {
            return Verdict::unsupported("jwks");
        }
        match input {
            Input::Cookie(_) => return Verdict::unsupported("cookie"),
            Input::Bytes(_) if !SUPPORTS.contains(&"bytes") => {
                return Verdict::unsupported("bytes");
            }
            Input::Token(_) | Input::Bytes(_) => {}
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
