//! jose-rs by its JWK-first functions, which its README recommends: `verify_with_jwk` or, for a key set,
//! `decode_with_jwkset`, and `Validation`.
//!
//! The clock is injected as documented, by `Validation::validate_at` on the verified claims. A raw secret, and `crit`
//! names that the application understands, go through a `kryptering` verifier with `VerifyOptions`, as the README's
//! first example and `jwk_to_signature_key` show. It has an allow-list, one issuer, one audience, a subject, a `typ`
//! compared as it stands, a longest age, and required `exp`, `nbf` and `iat`. It reads no PEM, has no ES256K, and
//! refuses tokens over a mebibyte.
//!
//! Encrypted tokens go by `decrypt_with_options` with the policy's lists, or where those name several key managements by
//! `decrypt_with_jwk`, which takes that of the key; what is inside is the claims, or a token that is
//! verified as above, as `decode_nested_with_options` does by the system's clock. A private key is octets, or PKCS #8.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jose_rs::jwe::{JweDecryptOptions, decrypt_with_jwk, decrypt_with_options};
use jose_rs::jwk::{Jwk, JwkOp, JwkSet, jwk_to_signature_key};
use jose_rs::jws::compact::{VerifyOptions, decode_header, verify_with_jwk, verify_with_options};
use jose_rs::jwt::{Claims, NumericDate, Validation, decode, decode_with_jwkset};
use jose_rs::{JoseError, JoseHeader, JweAlgorithm, JweEncryption, JwsAlgorithm};
use kryptering::{KeyAlgorithm, SoftwareKey, SoftwareVerifier};
use serde_json::Value;
use token_assay_model::report::TargetInfo;
use token_assay_model::{
    Algorithm, Capability, ContentEncryption, Encryption, Feature, Key, KeyManagement, Policy, Reason, Request, Verdict,
};

use super::service::text_ready;
use super::support::{crate_info, only_key};
use super::{Ready, Service, Verifier};

/// The crate `jose-rs` without its PKCS#11 feature.
#[derive(Debug, Clone, Copy)]
pub struct JoseRs;

impl Verifier for JoseRs {
    fn info(&self) -> TargetInfo {
        crate_info("jose-rs", VERSION, "https://github.com/kushaldas/jose-rs", supports())
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
    let validation = validation(policy)?;

    let (claims, header) = match &policy.encryption {
        Some(encryption) => decrypted(token, policy, encryption)?,
        None => (verified(token, policy)?, Some(decode_header(token).map_err(|error| refusal(&error))?)),
    };
    match (policy.now, &header) {
        (Some(now), header) => {
            let now = u64::try_from(now).map_err(|_| Verdict::unsupported(Feature::Clock))?;
            validation.validate_at(&claims, header.as_ref(), NumericDate::from(now))
        }
        (None, Some(header)) => validation.validate_with_header(&claims, header),
        (None, None) => validation.validate(&claims),
    }
    .map_err(|error| refusal(&error))?;

    match serde_json::to_value(&claims) {
        Ok(Value::Object(claims)) => Ok(Verdict::accept(claims)),
        _ => Err(Verdict::reject(Reason::Other, "the claims serialise to no object")),
    }
}

/// A verifier is kept as in the README's first example. In a set the crate makes one of the chosen key for every token.
fn ready(service: &Service) -> Result<Ready, Verdict> {
    let policy = &service.policy;
    if !policy.critical.is_empty() {
        return Err(Verdict::unsupported(Feature::Critical));
    }
    let validation = validation(policy)?;
    if policy.jwks {
        let keys = key_set(policy)?;
        return Ok(text_ready(move |token| decode_with_jwkset(&keys, token, &validation).is_ok()));
    }
    let key = only_key(policy)?;
    let jwk = jwk_text(key).map(|text| Jwk::from_json(&text)).transpose().map_err(|error| unusable(&error))?;
    let algorithm = named(service.algorithm).ok_or_else(|| Verdict::unsupported(service.algorithm))?;
    let verifier = verifier(jwk, key, algorithm)?;
    Ok(text_ready(move |token| decode(&verifier, token, &validation).is_ok()))
}

/// The claims inside an encrypted token, with the header of the signed token inside, where there is one.
fn decrypted(token: &str, policy: &Policy, encryption: &Encryption) -> Result<(Claims, Option<JoseHeader>), Verdict> {
    let alg = encryption.alg.iter().map(|alg| JweAlgorithm::from_str(alg.as_str())).collect::<Result<_, _>>();
    let enc = encryption.enc.iter().map(|enc| JweEncryption::from_str(enc.as_str())).collect::<Result<_, _>>();
    let options = JweDecryptOptions::new(alg.map_err(|error| refusal(&error))?, enc.map_err(|error| refusal(&error))?);
    let key = policy.recipient().ok_or_else(|| Verdict::unsupported(Feature::Jwks))?;
    let plaintext = match (jwk_text(key), &key.secret, &key.pem) {
        (Some(jwk), ..) if encryption.alg.len() > 1 => {
            decrypt_with_jwk(&Jwk::from_json(&jwk).map_err(|error| unusable(&error))?, token)
        }
        (_, Some(secret), _) => decrypt_with_options(secret, token, &options),
        (_, None, Some(pem)) => decrypt_with_options(&pkcs8(pem), token, &options),
        (_, None, None) => return Err(Verdict::unsupported(Feature::Jwk)),
    };
    let plaintext = plaintext.map_err(|error| refusal(&error))?;
    if policy.algorithms.is_none() {
        return Ok((serde_json::from_slice(&plaintext).map_err(|error| refusal(&error.into()))?, None));
    }
    let inner = std::str::from_utf8(&plaintext).map_err(|_| Verdict::reject(Reason::Malformed, "no text inside"))?;
    let header = decode_header(inner).map_err(|error| refusal(&error))?;
    Ok((verified(inner, &policy.inside())?, Some(header)))
}

/// The octets between the lines of a PEM text.
fn pkcs8(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(body).unwrap_or_default()
}

/// The claims once the signature is verified, before any of them is validated.
fn verified(token: &str, policy: &Policy) -> Result<Claims, Verdict> {
    if policy.jwks {
        if !policy.critical.is_empty() {
            return Err(Verdict::unsupported(Feature::Critical));
        }
        // The set's own function validates by the system's clock only, so that its times are left to `validate_at`.
        let mut untimed = Validation::new();
        (untimed.validate_exp, untimed.validate_nbf, untimed.validate_iat_not_future) = (false, false, false);
        return decode_with_jwkset(&key_set(policy)?, token, &untimed).map_err(|error| refusal(&error));
    }
    let payload = payload(token, only_key(policy)?, policy)?;
    serde_json::from_slice(&payload).map_err(|error| refusal(&error.into()))
}

fn payload(token: &str, key: &Key, policy: &Policy) -> Result<Vec<u8>, Verdict> {
    let jwk = jwk_text(key).map(|text| Jwk::from_json(&text)).transpose().map_err(|error| unusable(&error))?;
    match jwk {
        Some(jwk) if policy.critical.is_empty() => verify_with_jwk(&jwk, token).map_err(|error| refusal(&error)),
        jwk => {
            let header = decode_header(token).map_err(|error| refusal(&error))?;
            let algorithm = JwsAlgorithm::from_str(&header.alg).map_err(|error| refusal(&error))?;
            let verifier = verifier(jwk, key, algorithm)?;
            let mut options = VerifyOptions::new();
            options.understood_crit.clone_from(&policy.critical);
            verify_with_options(&verifier, token, &options).map_err(|error| refusal(&error))
        }
    }
}

fn verifier(jwk: Option<Jwk>, key: &Key, algorithm: JwsAlgorithm) -> Result<SoftwareVerifier, Verdict> {
    let key = match (jwk, &key.secret) {
        (Some(jwk), _) => jwk_to_signature_key(&jwk, algorithm, JwkOp::Verify),
        (None, Some(secret)) => {
            SoftwareKey::from_symmetric_bytes(KeyAlgorithm::Hmac, secret).map_err(JoseError::Crypto)
        }
        (None, None) => return Err(Verdict::unsupported(Feature::Pem)),
    };
    key.and_then(|key| Ok(SoftwareVerifier::new(algorithm.to_crypto()?, key)?)).map_err(|error| unusable(&error))
}

fn key_set(policy: &Policy) -> Result<JwkSet, Verdict> {
    let keys: Vec<String> = policy.keys.iter().filter_map(jwk_text).collect();
    JwkSet::from_json(&format!(r#"{{"keys":[{}]}}"#, keys.join(","))).map_err(|error| unusable(&error))
}

fn jwk_text(key: &Key) -> Option<String> {
    key.jwk_text.clone().or_else(|| key.jwk.as_ref().map(Value::to_string))
}

fn validation(policy: &Policy) -> Result<Validation, Verdict> {
    let mut validation = Validation::new().with_leeway(policy.leeway.unwrap_or(0));
    if let Some(algorithms) = &policy.algorithms {
        let allowed: Vec<_> = algorithms.iter().copied().filter_map(named).collect();
        if allowed.is_empty() {
            // An empty list is none at all to the crate.
            return Err(Verdict::unsupported(Algorithm::None));
        }
        validation = validation.with_allowed_algorithms(allowed);
    }
    validation.issuer = policy.issuer.first().cloned();
    validation.audience = policy.audience.first().cloned();
    validation.subject.clone_from(&policy.subject);
    validation.required_typ.clone_from(&policy.typ);
    if let Some(seconds) = policy.max_age {
        validation = validation.with_max_age(seconds);
    }
    for claim in &policy.required_claims {
        validation = match claim.as_str() {
            "exp" => validation.require_exp(),
            "nbf" => validation.require_nbf(),
            "iat" => validation.require_iat(),
            _ => return Err(Verdict::unsupported(Feature::RequiredClaims)),
        };
    }
    Ok(validation)
}

fn named(algorithm: Algorithm) -> Option<JwsAlgorithm> {
    // Without the crate's feature `deprecated` there is no `none`.
    JwsAlgorithm::from_str(algorithm.as_str()).ok()
}

fn unusable(error: &JoseError) -> Verdict {
    Verdict::reject(Reason::Key, error.to_string())
}

fn refusal(error: &JoseError) -> Verdict {
    Verdict::reject(reason(error), error.to_string())
}

/// Three of the variants cover several reasons, told apart by their text alone.
fn reason(error: &JoseError) -> Reason {
    match error {
        JoseError::InvalidToken(what) if what.starts_with("signature") => Reason::Signature,
        JoseError::InvalidToken(what) if what.contains("alg") => Reason::Algorithm,
        JoseError::InvalidToken(what) | JoseError::InvalidHeader(what) if what.contains("crit") => Reason::Critical,
        JoseError::InvalidHeader(what) if what.starts_with("expected typ") => Reason::Type,
        JoseError::InvalidToken(_) | JoseError::InvalidHeader(_) => Reason::Malformed,
        JoseError::Json(_) | JoseError::Base64(_) => Reason::Malformed,
        JoseError::InvalidClaims(what) if what.starts_with("subject") => Reason::Subject,
        JoseError::InvalidClaims(what) if what.contains("in the future") => Reason::NotYetValid,
        JoseError::InvalidClaims(_) => Reason::MissingClaim,
        JoseError::Crypto(_) => Reason::Signature,
        JoseError::UnsupportedAlgorithm(_) => Reason::Algorithm,
        JoseError::Key(_) => Reason::Key,
        JoseError::Expired => Reason::Expired,
        JoseError::NotYetValid => Reason::NotYetValid,
        JoseError::InvalidIssuer => Reason::Issuer,
        JoseError::InvalidAudience => Reason::Audience,
    }
}

fn supports() -> Vec<Capability> {
    let signs = ALGORITHMS.map(Capability::from).into_iter();
    let enc = ContentEncryption::ALL.iter().copied().map(Capability::from);
    signs.chain(WRAPS.map(Capability::from)).chain(enc).chain(FEATURES.map(Capability::from)).collect()
}

const VERSION: &str = "0.9.0";

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
    Algorithm::Es512,
    Algorithm::EdDsa,
    Algorithm::Ed25519,
];

const WRAPS: [KeyManagement; 5] = [
    KeyManagement::Dir,
    KeyManagement::A128Kw,
    KeyManagement::A192Kw,
    KeyManagement::A256Kw,
    KeyManagement::RsaOaep256,
];

const FEATURES: [Feature; 16] = [
    Feature::Exp,
    Feature::Nbf,
    Feature::Clock,
    Feature::Jwk,
    Feature::Jwks,
    Feature::Secret,
    Feature::Issuer,
    Feature::Audience,
    Feature::Subject,
    Feature::Typ,
    Feature::Leeway,
    Feature::RequiredClaims,
    Feature::MaxAge,
    Feature::Critical,
    Feature::Defaults,
    Feature::Jwe,
];
