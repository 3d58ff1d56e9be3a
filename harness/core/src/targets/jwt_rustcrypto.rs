//! jwt-rustcrypto by `decode` with `ValidationOptions`, as its README shows.
//!
//! It has an allow-list, one issuer, a set of audiences, a subject, a leeway and required claims; it reads PEM and
//! secrets. `exp` is checked, and so must be there: `without_expiry` would put every other option back to its default.
//! `nbf` is left alone by default, and checking it would require it. It has no clock to inject, ignores `typ` and
//! `crit`, chooses from no key set, and takes of a JWK only an RSA key's components, already decoded.

use jwt_rustcrypto::{Algorithm as Alg, Error, ValidationOptions, VerifyingKey, decode};
use serde_json::Value;
use token_assay_model::report::TargetInfo;
use token_assay_model::{Algorithm, Capability, Claims, Feature, Key, Policy, Reason, Request, Verdict};

use super::service::text_ready;
use super::support::{crate_info, only_key};
use super::{Ready, Service, Verifier};

/// The crate `jwt-rustcrypto`.
#[derive(Debug, Clone, Copy)]
pub struct JwtRustcrypto;

impl Verifier for JwtRustcrypto {
    fn info(&self) -> TargetInfo {
        crate_info("jwt-rustcrypto", VERSION, "https://github.com/robjsliwa/jwt-rustcrypto", supports())
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        verify(request).unwrap_or_else(|refusal| refusal)
    }

    fn ready(&self, policy: &Policy) -> Option<Ready> {
        ready(&Service::of(&supports(), policy)?).ok()
    }
}

fn verify(Request { input, policy }: Request<'_>) -> Result<Verdict, Verdict> {
    if let Some(lacking) = policy.needs().into_iter().find(|need| !supports().contains(need)) {
        return Err(Verdict::unsupported(lacking));
    }
    let token = input.text().ok_or_else(|| Verdict::unsupported(Feature::Bytes))?;
    let options = options(policy)?;
    let key = verifying_key(only_key(policy)?, &options)?;

    let decoded = decode(token, &key, &options).map_err(|error| Verdict::reject(reason(&error), error.to_string()))?;
    let header = match serde_json::to_value(&decoded.header) {
        Ok(Value::Object(header)) => Some(header),
        _ => None,
    };
    match decoded.payload {
        Value::Object(claims) => Ok(Verdict::Accept { claims: Claims(claims), header }),
        _ => Err(Verdict::reject(Reason::Malformed, "the payload is no object")),
    }
}

/// A key from PEM is kept as text, which the crate reads anew for every token: there is no other way to keep one.
fn ready(service: &Service) -> Result<Ready, Verdict> {
    let options = options(&service.policy)?;
    let key = verifying_key(only_key(&service.policy)?, &options)?;
    if !matches!(key, VerifyingKey::Secret(_)) {
        return Err(Verdict::unsupported(Feature::Pem));
    }
    Ok(text_ready(move |token| decode(token, &key, &options).is_ok()))
}

fn options(policy: &Policy) -> Result<ValidationOptions, Verdict> {
    let mut options = ValidationOptions::default().with_leeway(policy.leeway.unwrap_or(0));
    for algorithm in policy.algorithms.iter().flatten().copied().filter_map(named) {
        options = options.with_algorithm(algorithm);
    }
    if policy.algorithms.is_some() && options.algorithms.is_empty() {
        // An empty list is none at all to the crate.
        return Err(Verdict::unsupported(Algorithm::None));
    }
    if let Some(issuer) = policy.issuer.first() {
        options = options.with_issuer(issuer);
    }
    if !policy.audience.is_empty() {
        options = options.with_audiences(&policy.audience);
    }
    if let Some(subject) = &policy.subject {
        options = options.with_subject(subject);
    }
    for claim in &policy.required_claims {
        options = options.with_required_claim(claim);
    }
    Ok(options)
}

fn verifying_key(key: &Key, options: &ValidationOptions) -> Result<VerifyingKey, Verdict> {
    if let Some(pem) = &key.pem {
        let read = if is_elliptic(key, options) { VerifyingKey::from_ec_pem } else { VerifyingKey::from_rsa_pem };
        return read(pem.as_bytes()).map_err(|error| Verdict::reject(Reason::Key, error.to_string()));
    }
    let secret = key.secret.as_ref().ok_or_else(|| Verdict::unsupported(Feature::Jwk))?;
    Ok(VerifyingKey::from_secret(secret))
}

/// An application knows which kind of key it holds; here the algorithms tell, or without them the key's JWK.
fn is_elliptic(key: &Key, options: &ValidationOptions) -> bool {
    let elliptic = [Alg::ES256, Alg::ES256K, Alg::ES384, Alg::ES512];
    options.algorithms.iter().any(|algorithm| elliptic.contains(algorithm))
        || options.algorithms.is_empty() && key.jwk.as_ref().is_some_and(|jwk| jwk["kty"] == "EC")
}

fn named(algorithm: Algorithm) -> Option<Alg> {
    match algorithm {
        Algorithm::Hs256 => Some(Alg::HS256),
        Algorithm::Hs384 => Some(Alg::HS384),
        Algorithm::Hs512 => Some(Alg::HS512),
        Algorithm::Rs256 => Some(Alg::RS256),
        Algorithm::Rs384 => Some(Alg::RS384),
        Algorithm::Rs512 => Some(Alg::RS512),
        Algorithm::Ps256 => Some(Alg::PS256),
        Algorithm::Ps384 => Some(Alg::PS384),
        Algorithm::Ps512 => Some(Alg::PS512),
        Algorithm::Es256 => Some(Alg::ES256),
        Algorithm::Es384 => Some(Alg::ES384),
        Algorithm::Es512 => Some(Alg::ES512),
        Algorithm::Es256k => Some(Alg::ES256K),
        Algorithm::EdDsa | Algorithm::Ed25519 | Algorithm::None => None,
    }
}

/// `InvalidKeyFormat` is also what a token with too few or too many parts gets, and so are all errors of decoding; the
/// key itself has been read by then.
fn reason(error: &Error) -> Reason {
    match error {
        Error::InvalidKeyFormat | Error::SerdeEncodeDecodeError(_) | Error::Base64EncodeDecodeError(_) => {
            Reason::Malformed
        }
        Error::InvalidSignature => Reason::Signature,
        Error::InvalidAlgorithm | Error::UnsupportedAlgorithm => Reason::Algorithm,
        Error::ExpiredSignature => Reason::Expired,
        Error::ImmatureSignature => Reason::NotYetValid,
        Error::InvalidIssuer => Reason::Issuer,
        Error::InvalidSubject => Reason::Subject,
        Error::InvalidAudience => Reason::Audience,
        Error::InvalidClaim(_) => Reason::MissingClaim,
        _ => Reason::Key,
    }
}

fn supports() -> Vec<Capability> {
    ALGORITHMS.map(Capability::from).into_iter().chain(FEATURES.map(Capability::from)).collect()
}

const VERSION: &str = "0.2.1";

const ALGORITHMS: [Algorithm; 13] = [
    Algorithm::Hs256,
    Algorithm::Hs384,
    Algorithm::Hs512,
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
    Algorithm::Es256,
    Algorithm::Es384,
    Algorithm::Es512,
    Algorithm::Es256k,
];

const FEATURES: [Feature; 10] = [
    Feature::Exp,
    Feature::Pem,
    Feature::Secret,
    Feature::Issuer,
    Feature::Audience,
    Feature::AudienceList,
    Feature::Subject,
    Feature::Leeway,
    Feature::RequiredClaims,
    Feature::Defaults,
];
