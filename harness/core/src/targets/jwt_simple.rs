//! jwt-simple by `verify_token` of the algorithm's key type with `VerificationOptions`, as its README shows.
//!
//! The key type is the algorithm. Where the policy lists several, `Token::decode_metadata` tells which to build, and a
//! token that names none of them meets the first, which refuses it. In a key set the policy's key of the token's `kid` is
//! taken, as the README describes. Keys are PEM, JWK, or octets for HMAC, whose JWKs the crate does not read. The options
//! have a clock, a tolerance, sets of issuers and audiences, a subject, a `typ` and a longest age, to which the tolerance
//! is added here; there are no required claims, and every `crit` is refused. The Ed25519 key takes both of its names. A
//! set of audiences comes back without its order.
//!
//! Encrypted tokens go by `decrypt_token` of the key type of their `alg`, with the same options for their claims. It takes
//! both content encryptions that it has, and no signed token inside.

use jwt_simple::prelude::*;
use jwt_simple::reexports::ct_codecs;
use jwt_simple::{Error, JWTError};
use serde_json::{Map, Value};
use token_assay_model::report::TargetInfo;
use token_assay_model::{
    Algorithm, Capability, ContentEncryption, Encryption, Feature, Key, KeyManagement, Policy, Reason, Request, Verdict,
};

use super::service::{KeptKeys, text_ready};
use super::support::{crate_info, only_key};
use super::{Ready, Service, Verifier};

/// The crate `jwt-simple` with its feature `pure-rust`.
#[derive(Debug, Clone, Copy)]
pub struct JwtSimple;

impl Verifier for JwtSimple {
    fn info(&self) -> TargetInfo {
        crate_info("jwt-simple", VERSION, "https://github.com/jedisct1/rust-jwt-simple", supports())
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
    let claims = match &policy.encryption {
        Some(encryption) => decrypted(token, policy, encryption, options)?,
        None => {
            let key = if policy.jwks { key_from_set(token, policy)? } else { only_key(policy)? };
            verifying(algorithm(token, policy, key)?, key)?(token, Some(options))
        }
    };
    let claims = claims.map_err(|error| Verdict::reject(reason(&error, token), error.to_string()))?;
    let Ok(Value::Object(mut claims)) = serde_json::to_value(&claims) else {
        return Err(Verdict::reject(Reason::Other, "the claims serialise to no object"));
    };
    if let Some(Value::Array(audiences)) = claims.get_mut("aud") {
        // A set's order differs from run to run.
        audiences.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    }
    Ok(Verdict::accept(claims))
}

/// The options go by value: a copy for every token.
fn ready(service: &Service) -> Result<Ready, Verdict> {
    let policy = &service.policy;
    let options = options(policy)?;
    if policy.jwks {
        let keys = KeptKeys::read(policy, |key| verifying(service.algorithm, key).ok());
        return Ok(text_ready(move |token| {
            let Ok(metadata) = Token::decode_metadata(token) else { return false };
            let verify = keys.named(metadata.key_id());
            verify.is_some_and(|verify| verify(token, Some(options.clone())).is_ok())
        }));
    }
    let verify = verifying(service.algorithm, only_key(policy)?)?;
    Ok(text_ready(move |token| verify(token, Some(options.clone())).is_ok()))
}

/// Each key type is of one `alg`, and all take the content encryptions that the crate has.
fn decrypted(
    token: &str,
    policy: &Policy,
    encryption: &Encryption,
    options: VerificationOptions,
) -> Result<Verified, Verdict> {
    let ([alg], None) = (encryption.alg.as_slice(), &policy.algorithms) else {
        return Err(Verdict::unsupported(Feature::Jwe));
    };
    let key = policy.recipient().ok_or_else(|| Verdict::unsupported(Feature::Jwks))?;
    let options = Some(DecryptionOptions { claim_options: Some(options), ..DecryptionOptions::default() });
    let unusable = |error: Error| Verdict::reject(Reason::Key, error.to_string());
    let jwk = || jwk_text(key).ok_or_else(|| Verdict::unsupported(Feature::Pem));
    let x25519 = key.jwk.as_ref().is_some_and(|jwk| jwk["crv"] == "X25519");
    Ok(match alg {
        KeyManagement::A128Kw => A128KWKey::from_bytes(secret(key)?).map_err(unusable)?.decrypt_token(token, options),
        KeyManagement::A256Kw => A256KWKey::from_bytes(secret(key)?).map_err(unusable)?.decrypt_token(token, options),
        KeyManagement::RsaOaep => {
            RsaOaepDecryptionKey::from_jwk(&jwk()?).map_err(unusable)?.decrypt_token(token, options)
        }
        KeyManagement::EcdhEsA128Kw if x25519 => {
            X25519EcdhEsA128KWDecryptionKey::from_jwk(&jwk()?).map_err(unusable)?.decrypt_token(token, options)
        }
        KeyManagement::EcdhEsA256Kw if x25519 => {
            X25519EcdhEsA256KWDecryptionKey::from_jwk(&jwk()?).map_err(unusable)?.decrypt_token(token, options)
        }
        KeyManagement::EcdhEsA128Kw => {
            EcdhEsA128KWDecryptionKey::from_jwk(&jwk()?).map_err(unusable)?.decrypt_token(token, options)
        }
        KeyManagement::EcdhEsA256Kw => {
            EcdhEsA256KWDecryptionKey::from_jwk(&jwk()?).map_err(unusable)?.decrypt_token(token, options)
        }
        other => return Err(Verdict::unsupported(*other)),
    })
}

type Verified = Result<JWTClaims<Map<String, Value>>, Error>;

/// `verify_token` with its key.
type Verification = Box<dyn Fn(&str, Option<VerificationOptions>) -> Verified + Send + Sync>;

fn verifying(algorithm: Algorithm, key: &Key) -> Result<Verification, Verdict> {
    Ok(match algorithm {
        Algorithm::Hs256 => verification(HS256Key::from_bytes(secret(key)?), HS256Key::verify_token),
        Algorithm::Hs384 => verification(HS384Key::from_bytes(secret(key)?), HS384Key::verify_token),
        Algorithm::Hs512 => verification(HS512Key::from_bytes(secret(key)?), HS512Key::verify_token),
        Algorithm::Rs256 => {
            verification(public(key, RS256PublicKey::from_pem, RS256PublicKey::from_jwk)?, RS256PublicKey::verify_token)
        }
        Algorithm::Rs384 => {
            verification(public(key, RS384PublicKey::from_pem, RS384PublicKey::from_jwk)?, RS384PublicKey::verify_token)
        }
        Algorithm::Rs512 => {
            verification(public(key, RS512PublicKey::from_pem, RS512PublicKey::from_jwk)?, RS512PublicKey::verify_token)
        }
        Algorithm::Ps256 => {
            verification(public(key, PS256PublicKey::from_pem, PS256PublicKey::from_jwk)?, PS256PublicKey::verify_token)
        }
        Algorithm::Ps384 => {
            verification(public(key, PS384PublicKey::from_pem, PS384PublicKey::from_jwk)?, PS384PublicKey::verify_token)
        }
        Algorithm::Ps512 => {
            verification(public(key, PS512PublicKey::from_pem, PS512PublicKey::from_jwk)?, PS512PublicKey::verify_token)
        }
        Algorithm::Es256 => {
            verification(public(key, ES256PublicKey::from_pem, ES256PublicKey::from_jwk)?, ES256PublicKey::verify_token)
        }
        Algorithm::Es384 => {
            verification(public(key, ES384PublicKey::from_pem, ES384PublicKey::from_jwk)?, ES384PublicKey::verify_token)
        }
        Algorithm::Es256k => verification(
            public(key, ES256kPublicKey::from_pem, ES256kPublicKey::from_jwk)?,
            ES256kPublicKey::verify_token,
        ),
        Algorithm::EdDsa | Algorithm::Ed25519 => verification(
            public(key, Ed25519PublicKey::from_pem, Ed25519PublicKey::from_jwk)?,
            Ed25519PublicKey::verify_token,
        ),
        Algorithm::Es512 | Algorithm::None => return Err(Verdict::unsupported(algorithm)),
    })
}

fn verification<K: Send + Sync + 'static>(
    key: K,
    verify_token: fn(&K, &str, Option<VerificationOptions>) -> Verified,
) -> Verification {
    Box::new(move |token, options| verify_token(&key, token, options))
}

/// The algorithm that the token names, where it is allowed and the key can serve it; otherwise the first that the key can
/// serve, for the crate to refuse the token by.
fn algorithm(token: &str, policy: &Policy, key: &Key) -> Result<Algorithm, Verdict> {
    let listed: Vec<Algorithm> = policy.algorithms.iter().flatten().copied().collect();
    if let [only] = listed.as_slice() {
        return Ok(*only);
    }
    let metadata =
        Token::decode_metadata(token).map_err(|error| Verdict::reject(reason(&error, token), error.to_string()))?;
    let serves = |algorithm: &Algorithm| {
        *algorithm != Algorithm::None && algorithm.is_hmac() == (key.secret.is_some() || is_octets(key))
    };
    let fitting = listed.iter().copied().filter(serves);
    let chosen = fitting.clone().find(|algorithm| algorithm.as_str() == metadata.algorithm());
    chosen.or(fitting.clone().next()).or(listed.first().copied()).ok_or_else(|| Verdict::unsupported(Algorithm::None))
}

fn key_from_set<'p>(token: &str, policy: &'p Policy) -> Result<&'p Key, Verdict> {
    let metadata =
        Token::decode_metadata(token).map_err(|error| Verdict::reject(reason(&error, token), error.to_string()))?;
    let chosen = match (metadata.key_id(), policy.keys.as_slice()) {
        (Some(kid), keys) => keys.iter().find(|key| key.kid.as_deref() == Some(kid)),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    chosen.ok_or_else(|| Verdict::reject(Reason::Key, "no key in the set fits"))
}

fn secret(key: &Key) -> Result<&[u8], Verdict> {
    match &key.secret {
        Some(secret) => Ok(secret),
        None if is_octets(key) => Err(Verdict::unsupported(Feature::Jwk)),
        None => Err(Verdict::reject(Reason::Key, "no key of the kind that the algorithm takes")),
    }
}

fn public<K>(
    key: &Key,
    from_pem: impl Fn(&str) -> Result<K, Error>,
    from_jwk: impl Fn(&str) -> Result<K, Error>,
) -> Result<K, Verdict> {
    let read = match (&key.pem, jwk_text(key)) {
        (Some(pem), _) => from_pem(pem),
        (None, Some(jwk)) => from_jwk(&jwk),
        (None, None) if key.secret.is_some() => {
            return Err(Verdict::reject(Reason::Key, "no key of the kind that the algorithm takes"));
        }
        (None, None) => return Err(Verdict::unsupported(Feature::Pem)),
    };
    read.map_err(|error| Verdict::reject(Reason::Key, error.to_string()))
}

fn jwk_text(key: &Key) -> Option<String> {
    key.jwk_text.clone().or_else(|| key.jwk.as_ref().map(Value::to_string))
}

fn is_octets(key: &Key) -> bool {
    jwk_text(key)
        .and_then(|jwk| serde_json::from_str::<Value>(&jwk).ok())
        .is_some_and(|jwk| jwk.get("kty").and_then(Value::as_str) == Some("oct"))
}

fn options(policy: &Policy) -> Result<VerificationOptions, Verdict> {
    let leeway = policy.leeway.unwrap_or(0);
    let artificial_time = match policy.now {
        Some(now) => {
            let now = u64::try_from(now).map_err(|_| Verdict::unsupported(Feature::Clock))?;
            Some(UnixTimeStamp::from_secs(now))
        }
        None => None,
    };
    let set = |values: &[String]| (!values.is_empty()).then(|| values.iter().cloned().collect());
    Ok(VerificationOptions {
        time_tolerance: Some(Duration::from_secs(leeway)),
        artificial_time,
        allowed_issuers: set(&policy.issuer),
        allowed_audiences: set(&policy.audience),
        required_subject: policy.subject.clone(),
        required_signature_type: policy.typ.clone(),
        max_validity: policy.max_age.map(|age| Duration::from_secs(age.saturating_add(leeway))),
        ..VerificationOptions::default()
    })
}

/// The crate's errors are of any type. What is neither its own nor of JSON or base64 is a signature that cannot be read.
fn reason(error: &Error, token: &str) -> Reason {
    if let Some(error) = error.downcast_ref::<JWTError>() {
        return own_reason(error);
    }
    match error.downcast_ref::<serde_json::Error>() {
        Some(error) if error.is_data() && Token::decode_metadata(token).is_ok() => Reason::MissingClaim,
        Some(_) => Reason::Malformed,
        None if error.is::<ct_codecs::Error>() => Reason::Malformed,
        None => Reason::Signature,
    }
}

fn own_reason(error: &JWTError) -> Reason {
    match error {
        JWTError::CompactEncodingError | JWTError::HeaderTooLarge | JWTError::TokenTooLong => Reason::Malformed,
        JWTError::AlgorithmMismatch => Reason::Algorithm,
        JWTError::KeyIdentifierMismatch
        | JWTError::MissingJWTKeyIdentifier
        | JWTError::RequiredKeyIdMissing
        | JWTError::RequiredKeyIdMismatch
        | JWTError::UnsupportedRSAModulus
        | JWTError::InvalidPublicKey
        | JWTError::InvalidKeyPair
        | JWTError::WeakKey => Reason::Key,
        JWTError::InvalidAuthenticationTag | JWTError::InvalidSignature => Reason::Signature,
        JWTError::TokenHasExpired | JWTError::TokenIsTooOld | JWTError::OldTokenReused => Reason::Expired,
        JWTError::TokenNotValidYet | JWTError::ClockDrift => Reason::NotYetValid,
        JWTError::RequiredIssuerMismatch | JWTError::RequiredIssuerMissing => Reason::Issuer,
        JWTError::RequiredAudienceMismatch | JWTError::RequiredAudienceMissing => Reason::Audience,
        JWTError::RequiredSubjectMismatch | JWTError::RequiredSubjectMissing => Reason::Subject,
        JWTError::NotJWT | JWTError::RequiredSignatureTypeMismatch => Reason::Type,
        JWTError::UnknownCriticalExtension => Reason::Critical,
        _ => Reason::Other,
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

const VERSION: &str = "0.15.0";

const ALGORITHMS: [Algorithm; 14] = [
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
    Algorithm::Es256k,
    Algorithm::EdDsa,
    Algorithm::Ed25519,
];

const WRAPS: [KeyManagement; 5] = [
    KeyManagement::A128Kw,
    KeyManagement::A256Kw,
    KeyManagement::RsaOaep,
    KeyManagement::EcdhEsA128Kw,
    KeyManagement::EcdhEsA256Kw,
];

const ENCRYPTS: [ContentEncryption; 2] = [ContentEncryption::A128Gcm, ContentEncryption::A256Gcm];

const FEATURES: [Feature; 16] = [
    Feature::Exp,
    Feature::Nbf,
    Feature::Clock,
    Feature::Pem,
    Feature::Jwk,
    Feature::Jwks,
    Feature::Secret,
    Feature::Issuer,
    Feature::IssuerList,
    Feature::Audience,
    Feature::AudienceList,
    Feature::Subject,
    Feature::Typ,
    Feature::Leeway,
    Feature::MaxAge,
    Feature::Jwe,
];
