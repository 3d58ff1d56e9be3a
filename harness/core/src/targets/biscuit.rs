//! biscuit by `JWT::decode` and `JWT::validate`, or `decode_with_jwks` for a key set, as their documentation shows.
//!
//! `decode` takes one algorithm. Where the policy lists several, `unverified_header` tells which, and a token that names
//! none of them meets the first, which refuses it. Without algorithms, `decode_with_jwks_ignore_kid` takes the token's
//! own. Keys are JWKs or octets; PEM and SPKI are not read. A claim that the policy names a value for, or an age, is
//! required too. The options have a clock, a leeway, one issuer, one audience, an age and required registered claims; a
//! subject, `typ` and `crit` are ignored. `none` is an algorithm like others, taken where the policy has no key.
//!
//! Encrypted tokens go by `JWE::into_decrypted`, which is told one `alg` and one `enc`; what is inside is the claims, or a
//! token that is decoded as above.

use biscuit::errors::{Error, ValidationError};
use biscuit::jwa::{ContentEncryptionAlgorithm, KeyManagementAlgorithm, SignatureAlgorithm};
use biscuit::jwk::{AlgorithmParameters, JWK, JWKSet};
use biscuit::jws::Secret;
use biscuit::{
    ClaimPresenceOptions, ClaimsSet, Empty, JWE, JWT, Presence, TemporalOptions, Validation, ValidationOptions, jwe,
};
use chrono::{DateTime, TimeDelta};
use serde_json::{Map, Value};
use token_assay_model::report::TargetInfo;
use token_assay_model::{
    Algorithm, Capability, Claims, ContentEncryption, Encryption, Feature, Key, KeyManagement, Policy, Reason, Request,
    Verdict,
};

use super::service::text_ready;
use super::support::{crate_info, only_key};
use super::{Ready, Service, Verifier};

/// The crate `biscuit`.
#[derive(Debug, Clone, Copy)]
pub struct Biscuit;

impl Verifier for Biscuit {
    fn info(&self) -> TargetInfo {
        crate_info("biscuit", VERSION, "https://github.com/lawliet89/biscuit", supports())
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

    if let Some(encryption) = &policy.encryption {
        return decrypted(token, policy, encryption, options);
    }
    verified(&Token::new_encoded(token), policy, options)
}

fn verified(token: &Token, policy: &Policy, options: ValidationOptions) -> Result<Verdict, Verdict> {
    let decoded = decode(token, policy)?;
    decoded.validate(options).map_err(|error| refusal(&error, token, policy))?;
    let (header, claims) = decoded.unwrap_decoded();
    match (serde_json::to_value(&claims), serde_json::to_value(&header)) {
        (Ok(Value::Object(claims)), Ok(Value::Object(header))) => {
            Ok(Verdict::Accept { claims: Claims(claims), header: Some(header) })
        }
        _ => Err(Verdict::reject(Reason::Other, "the claims serialise to no object")),
    }
}

fn decrypted(
    token: &str,
    policy: &Policy,
    encryption: &Encryption,
    options: ValidationOptions,
) -> Result<Verdict, Verdict> {
    let (alg, enc) = match (encryption.alg.as_slice(), encryption.enc.as_slice()) {
        ([alg], [enc]) => (wraps(*alg)?, encrypts(*enc)?),
        // It is told what to expect, of each kind one.
        _ => return Err(Verdict::unsupported(Feature::Jwe)),
    };
    let key = jwk(policy.recipient().ok_or_else(|| Verdict::unsupported(Feature::Jwks))?)?;
    let other = |error: Error| refusal(&error, &Token::new_encoded(token), policy);
    if policy.algorithms.is_some() {
        let nested = Nested::new_encrypted(token).into_decrypted(&key, alg, enc).map_err(other)?;
        return verified(nested.payload().map_err(other)?, &policy.inside(), options);
    }
    let opened = jwe::Compact::<ClaimsSet<Map<String, Value>>, Empty>::new_encrypted(token);
    let opened = opened.into_decrypted(&key, alg, enc).map_err(other)?;
    opened.validate(options).map_err(other)?;
    match serde_json::to_value(opened.payload().map_err(other)?) {
        Ok(Value::Object(claims)) => Ok(Verdict::accept(claims)),
        _ => Err(Verdict::reject(Reason::Other, "the claims serialise to no object")),
    }
}

fn wraps(alg: KeyManagement) -> Result<KeyManagementAlgorithm, Verdict> {
    match alg {
        KeyManagement::Dir => Ok(KeyManagementAlgorithm::DirectSymmetricKey),
        KeyManagement::A128GcmKw => Ok(KeyManagementAlgorithm::A128GCMKW),
        KeyManagement::A256GcmKw => Ok(KeyManagementAlgorithm::A256GCMKW),
        other => Err(Verdict::unsupported(other)),
    }
}

fn encrypts(enc: ContentEncryption) -> Result<ContentEncryptionAlgorithm, Verdict> {
    match enc {
        ContentEncryption::A128Gcm => Ok(ContentEncryptionAlgorithm::A128GCM),
        ContentEncryption::A256Gcm => Ok(ContentEncryptionAlgorithm::A256GCM),
        other => Err(Verdict::unsupported(other)),
    }
}

/// The options go by value: a copy for every token.
fn ready(service: &Service) -> Result<Ready, Verdict> {
    let policy = &service.policy;
    let (options, algorithm) =
        (options(policy)?, named(service.algorithm).ok_or_else(|| Verdict::unsupported(service.algorithm))?);
    let keys = if policy.jwks { Keys::Set(key_set(policy)?) } else { Keys::One(secret(&jwk(only_key(policy)?)?)?) };
    Ok(text_ready(move |token| {
        let token = Token::new_encoded(token);
        let decoded = match &keys {
            Keys::One(secret) => token.decode(secret, algorithm),
            Keys::Set(keys) => token.decode_with_jwks(keys, Some(algorithm)),
        };
        decoded.is_ok_and(|decoded| decoded.validate(options.clone()).is_ok())
    }))
}

enum Keys {
    One(Secret),
    Set(JWKSet<Empty>),
}

fn decode(token: &Token, policy: &Policy) -> Result<Token, Verdict> {
    let decoded = match &policy.algorithms {
        None => {
            let key = jwk(only_key(policy)?)?;
            if matches!(key.algorithm, AlgorithmParameters::OctetKeyPair(_)) {
                return Err(Verdict::unsupported(Algorithm::EdDsa));
            }
            token.decode_with_jwks_ignore_kid(&JWKSet { keys: vec![key] })
        }
        Some(listed) if policy.jwks => {
            token.decode_with_jwks(&key_set(policy)?, Some(algorithm(token, listed, policy)?))
        }
        Some(listed) if policy.keys.is_empty() && listed.contains(&Algorithm::None) => {
            token.decode(&Secret::None, SignatureAlgorithm::None)
        }
        Some(listed) => {
            let key = only_key(policy)?;
            let fitting: Vec<Algorithm> = listed.iter().copied().filter(|listed| serves(key, *listed)).collect();
            let listed = if fitting.is_empty() { listed } else { &fitting };
            token.decode(&secret(&jwk(key)?)?, algorithm(token, listed, policy)?)
        }
    };
    decoded.map_err(|error| refusal(&error, token, policy))
}

/// The algorithm that the token names, where it is allowed; otherwise the first, for the crate to refuse the token by.
fn algorithm(token: &Token, listed: &[Algorithm], policy: &Policy) -> Result<SignatureAlgorithm, Verdict> {
    let listed: Vec<SignatureAlgorithm> = listed.iter().copied().filter_map(named).collect();
    match listed.as_slice() {
        [] => Err(Verdict::unsupported(Algorithm::None)),
        [only] => Ok(*only),
        [first, ..] => {
            let header = token.unverified_header().map_err(|error| refusal(&error, token, policy))?;
            let named = header.registered.algorithm;
            Ok(if listed.contains(&named) { named } else { *first })
        }
    }
}

fn named(algorithm: Algorithm) -> Option<SignatureAlgorithm> {
    match algorithm {
        Algorithm::Hs256 => Some(SignatureAlgorithm::HS256),
        Algorithm::Hs384 => Some(SignatureAlgorithm::HS384),
        Algorithm::Hs512 => Some(SignatureAlgorithm::HS512),
        Algorithm::Rs256 => Some(SignatureAlgorithm::RS256),
        Algorithm::Rs384 => Some(SignatureAlgorithm::RS384),
        Algorithm::Rs512 => Some(SignatureAlgorithm::RS512),
        Algorithm::Ps256 => Some(SignatureAlgorithm::PS256),
        Algorithm::Ps384 => Some(SignatureAlgorithm::PS384),
        Algorithm::Ps512 => Some(SignatureAlgorithm::PS512),
        Algorithm::Es256 => Some(SignatureAlgorithm::ES256),
        Algorithm::Es384 => Some(SignatureAlgorithm::ES384),
        Algorithm::Es512 | Algorithm::Es256k | Algorithm::EdDsa | Algorithm::Ed25519 | Algorithm::None => None,
    }
}

fn serves(key: &Key, algorithm: Algorithm) -> bool {
    let octets = jwk(key).is_ok_and(|jwk| matches!(jwk.algorithm, AlgorithmParameters::OctetKey(_)));
    algorithm != Algorithm::None && algorithm.is_hmac() == octets
}

fn key_set(policy: &Policy) -> Result<JWKSet<Empty>, Verdict> {
    let keys: Vec<String> = policy.keys.iter().filter_map(jwk_text).collect();
    serde_json::from_str(&format!(r#"{{"keys":[{}]}}"#, keys.join(",")))
        .map_err(|error| Verdict::reject(Reason::Key, error.to_string()))
}

fn jwk(key: &Key) -> Result<JWK<Empty>, Verdict> {
    if let Some(secret) = &key.secret {
        return Ok(JWK::new_octet_key(secret, Empty {}));
    }
    let text = jwk_text(key).ok_or_else(|| Verdict::unsupported(Feature::Pem))?;
    serde_json::from_str(&text).map_err(|error| Verdict::reject(Reason::Key, error.to_string()))
}

fn secret(jwk: &JWK<Empty>) -> Result<Secret, Verdict> {
    match &jwk.algorithm {
        AlgorithmParameters::OctetKey(octets) => Ok(Secret::Bytes(octets.value.clone())),
        AlgorithmParameters::RSA(rsa) => Ok(rsa.jws_public_key_secret()),
        AlgorithmParameters::EllipticCurve(curve) => Ok(curve.jws_public_key_secret()),
        AlgorithmParameters::OctetKeyPair(_) => Err(Verdict::reject(Reason::Key, "an octet key pair verifies nothing")),
    }
}

fn jwk_text(key: &Key) -> Option<String> {
    key.jwk_text.clone().or_else(|| key.jwk.as_ref().map(Value::to_string))
}

fn options(policy: &Policy) -> Result<ValidationOptions, Verdict> {
    let seconds = |seconds: u64, feature: Feature| {
        let delta = i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds);
        delta.ok_or_else(|| Verdict::unsupported(feature))
    };
    let now = match policy.now {
        Some(now) => Some(DateTime::from_timestamp(now, 0).ok_or_else(|| Verdict::unsupported(Feature::Clock))?),
        None => None,
    };
    let epsilon = seconds(policy.leeway.unwrap_or(0), Feature::Leeway)?;
    let mut options = ValidationOptions {
        claim_presence_options: presence(policy)?,
        temporal_options: TemporalOptions { epsilon, now },
        ..ValidationOptions::default()
    };
    if let Some(age) = policy.max_age {
        options.issued_at = Validation::Validate(seconds(age, Feature::MaxAge)?);
    }
    if let Some(issuer) = policy.issuer.first() {
        options.issuer = Validation::Validate(issuer.clone());
    }
    if let Some(audience) = policy.audience.first() {
        options.audience = Validation::Validate(audience.clone());
    }
    Ok(options)
}

fn presence(policy: &Policy) -> Result<ClaimPresenceOptions, Verdict> {
    let valued =
        [(!policy.issuer.is_empty(), "iss"), (!policy.audience.is_empty(), "aud"), (policy.max_age.is_some(), "iat")];
    let valued = valued.into_iter().filter_map(|(wanted, claim)| wanted.then_some(claim));
    let mut presence = ClaimPresenceOptions::default();
    for claim in policy.required_claims.iter().map(String::as_str).chain(valued) {
        let option = match claim {
            "iss" => &mut presence.issuer,
            "sub" => &mut presence.subject,
            "aud" => &mut presence.audience,
            "exp" => &mut presence.expiry,
            "nbf" => &mut presence.not_before,
            "iat" => &mut presence.issued_at,
            "jti" => &mut presence.id,
            _ => return Err(Verdict::unsupported(Feature::RequiredClaims)),
        };
        *option = Presence::Required;
    }
    Ok(presence)
}

fn refusal(error: &Error, token: &Token, policy: &Policy) -> Verdict {
    let reason = match error {
        Error::ValidationError(error) => validation_reason(error, policy),
        Error::JsonError(error) if error.is_data() && token.unverified_header().is_ok() => Reason::MissingClaim,
        Error::DecodeError(_) | Error::JsonError(_) | Error::DecodeBase64(_) | Error::Utf8(_) => Reason::Malformed,
        Error::KeyRejected(_) | Error::WrongKeyType { .. } => Reason::Key,
        Error::UnspecifiedCryptographicError => Reason::Signature,
        Error::GenericError(_)
        | Error::IOError(_)
        | Error::WrongEncryptionOptions { .. }
        | Error::UnsupportedOperation => Reason::Other,
    };
    Verdict::reject(reason, error.to_string())
}

fn validation_reason(error: &ValidationError, policy: &Policy) -> Reason {
    match error {
        ValidationError::InvalidSignature => Reason::Signature,
        ValidationError::WrongAlgorithmHeader | ValidationError::MissingAlgorithm => Reason::Algorithm,
        ValidationError::KidMissing | ValidationError::KeyNotFound | ValidationError::UnsupportedKeyAlgorithm => {
            Reason::Key
        }
        ValidationError::Expired(_) | ValidationError::TooOld(_) => Reason::Expired,
        ValidationError::NotYetValid(_) => Reason::NotYetValid,
        ValidationError::InvalidIssuer(_) => Reason::Issuer,
        ValidationError::InvalidAudience(_) => Reason::Audience,
        ValidationError::MissingRequiredClaims(claims) => match claims.first() {
            Some(claim) if policy.required_claims.contains(claim) => Reason::MissingClaim,
            Some(claim) if claim == "iss" => Reason::Issuer,
            Some(claim) if claim == "aud" => Reason::Audience,
            _ => Reason::MissingClaim,
        },
    }
}

fn supports() -> Vec<Capability> {
    let signs = ALGORITHMS.map(Capability::from).into_iter();
    signs
        .chain(WRAPS.map(Capability::from))
        .chain(ENCRYPTS.map(Capability::from))
        .chain(FEATURES.map(Capability::from))
        .collect()
}

/// The crate's claims and all the others.
type Token = JWT<Map<String, Value>, Empty>;

/// A token inside an encrypted one.
type Nested = JWE<Map<String, Value>, Empty, Empty>;

const WRAPS: [KeyManagement; 3] = [KeyManagement::Dir, KeyManagement::A128GcmKw, KeyManagement::A256GcmKw];

const ENCRYPTS: [ContentEncryption; 2] = [ContentEncryption::A128Gcm, ContentEncryption::A256Gcm];

const VERSION: &str = "0.8.0";

const ALGORITHMS: [Algorithm; 12] = [
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
    Algorithm::None,
];

const FEATURES: [Feature; 13] = [
    Feature::Exp,
    Feature::Nbf,
    Feature::Clock,
    Feature::Jwk,
    Feature::Jwks,
    Feature::Secret,
    Feature::Issuer,
    Feature::Audience,
    Feature::Leeway,
    Feature::RequiredClaims,
    Feature::MaxAge,
    Feature::Defaults,
    Feature::Jwe,
];
