//! picky's JOSE half, as the tests in its `jose::jwt` show it, which its README names as the reference: read the header
//! with `RawJws`, verify, then `JwtSig::validate`.
//!
//! It takes one public key, verifies RSASSA-PKCS1-v1_5, ECDSA and Ed25519, and checks `exp` and `nbf` by a clock that
//! the caller must give. It has no allow-list: an application compares `header.alg` itself, and so does this. It never
//! looks at `iss`, `aud`, `sub`, `iat`, `typ` or `crit`, knows neither HMAC nor RSASSA-PSS, and chooses from no key
//! set.

use std::time::{SystemTime, UNIX_EPOCH};

use picky::jose::jwk::Jwk;
use picky::jose::jws::{JwsAlg, JwsError, RawJws};
use picky::jose::jwt::{JwtDate, JwtError, JwtSig, JwtValidator};
use picky::key::PublicKey;
use picky::signature::SignatureError;
use serde_json::{Map, Value};
use token_assay_model::report::TargetInfo;
use token_assay_model::{Algorithm, Capability, Claims, Feature, Key, Policy, Reason, Request, Verdict};

use super::service::text_ready;
use super::support::{crate_info, only_key};
use super::{Ready, Service, Verifier};

/// The crate `picky` with its feature `jose`.
#[derive(Debug, Clone, Copy)]
pub struct Picky;

impl Verifier for Picky {
    fn info(&self) -> TargetInfo {
        crate_info("picky", VERSION, "https://github.com/Devolutions/picky-rs", supports())
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        verify(request).unwrap_or_else(|refusal| refusal)
    }

    fn ready(&self, policy: &Policy) -> Option<Ready> {
        ready(Service::of(&supports(), policy)?).ok()
    }
}

fn verify(Request { input, policy }: Request<'_>) -> Result<Verdict, Verdict> {
    if let Some(lacking) = policy.needs().into_iter().find(|need| !supports().contains(need)) {
        return Err(Verdict::unsupported(lacking));
    }
    let token = input.text().ok_or_else(|| Verdict::unsupported(Feature::Bytes))?;
    let key = public_key(only_key(policy)?)?;
    let validator = validator(policy)?;

    let raw = RawJws::decode(token).map_err(|error| Verdict::reject(jws_reason(&error), error.to_string()))?;
    let alg = raw.header.alg;
    if let Some(allowed) = &policy.algorithms
        && !named(alg).is_some_and(|algorithm| allowed.contains(&algorithm))
    {
        return Err(Verdict::reject(Reason::Algorithm, format!("{alg:?} is not allowed")));
    }
    let jws = raw.verify(&key).map_err(|error| Verdict::reject(jws_reason(&error), error.to_string()))?;
    let jwt = JwtSig::from(jws)
        .validate::<Map<String, Value>>(&validator)
        .map_err(|error| Verdict::reject(jwt_reason(&error), error.to_string()))?;

    let header = match serde_json::to_value(&jwt.header) {
        Ok(Value::Object(header)) => Some(header),
        _ => None,
    };
    Ok(Verdict::Accept { claims: Claims(jwt.state.claims), header })
}

/// The validator holds the time, and so is made for every token.
fn ready(service: Service) -> Result<Ready, Verdict> {
    let key = public_key(only_key(&service.policy)?)?;
    Ok(text_ready(move |token| {
        let Ok(raw) = RawJws::decode(token) else { return false };
        let allowed = named(raw.header.alg) == Some(service.algorithm);
        let Some(jws) = allowed.then(|| raw.verify(&key).ok()).flatten() else { return false };
        let Ok(validator) = validator(&service.policy) else { return false };
        let jwt = JwtSig::from(jws).validate::<Map<String, Value>>(&validator);
        jwt.is_ok_and(|jwt| service.agrees(&jwt.state.claims))
    }))
}

fn public_key(key: &Key) -> Result<PublicKey, Verdict> {
    if let Some(pem) = &key.pem {
        return PublicKey::from_pem_str(pem).map_err(|error| Verdict::reject(Reason::Key, error.to_string()));
    }
    let jwk = key.jwk_text.clone().or_else(|| key.jwk.as_ref().map(Value::to_string));
    let jwk = jwk.ok_or_else(|| Verdict::unsupported(Feature::Secret))?;
    Jwk::from_json(&jwk)
        .and_then(|jwk| jwk.to_public_key())
        .map_err(|error| Verdict::reject(Reason::Key, error.to_string()))
}

/// Lenient, which is how a claim that no policy requires may be absent; strict about those it requires.
fn validator(policy: &Policy) -> Result<JwtValidator, Verdict> {
    let leeway = u16::try_from(policy.leeway.unwrap_or(0)).map_err(|_| Verdict::unsupported(Feature::Leeway))?;
    let now = policy.now.unwrap_or_else(unix_now);
    let mut validator = JwtValidator::lenient(JwtDate::new_with_leeway(now, leeway));
    for claim in &policy.required_claims {
        validator = match claim.as_str() {
            "exp" => validator.expiration_check_required(),
            "nbf" => validator.not_before_check_required(),
            _ => return Err(Verdict::unsupported(Feature::RequiredClaims)),
        };
    }
    Ok(validator)
}

fn unix_now() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    i64::try_from(since_epoch.as_secs()).expect("seconds since 1970 fit for ages to come")
}

fn named(alg: JwsAlg) -> Option<Algorithm> {
    match alg {
        JwsAlg::RS256 => Some(Algorithm::Rs256),
        JwsAlg::RS384 => Some(Algorithm::Rs384),
        JwsAlg::RS512 => Some(Algorithm::Rs512),
        JwsAlg::ES256 => Some(Algorithm::Es256),
        JwsAlg::ES384 => Some(Algorithm::Es384),
        JwsAlg::ES512 => Some(Algorithm::Es512),
        JwsAlg::EdDSA => Some(Algorithm::EdDsa),
        _ => None,
    }
}

fn jwt_reason(error: &JwtError) -> Reason {
    match error {
        JwtError::Jws { source } => jws_reason(source),
        JwtError::Jwe { .. } | JwtError::Json { .. } => Reason::Malformed,
        JwtError::InvalidRegisteredClaimType { .. } | JwtError::RequiredClaimMissing { .. } => Reason::MissingClaim,
        JwtError::NotYetValid { .. } => Reason::NotYetValid,
        JwtError::Expired { .. } => Reason::Expired,
        _ => Reason::Other,
    }
}

fn jws_reason(error: &JwsError) -> Reason {
    match error {
        JwsError::Signature { source: SignatureError::UnsupportedAlgorithm { .. } } => Reason::Algorithm,
        JwsError::Signature { source: SignatureError::Key { .. } } | JwsError::Rsa { .. } => Reason::Key,
        JwsError::Signature { .. } => Reason::Signature,
        JwsError::Json { .. }
        | JwsError::InvalidEncoding { .. }
        | JwsError::Base64Decoding { .. }
        | JwsError::InvalidUtf8 { .. } => Reason::Malformed,
        _ => Reason::Other,
    }
}

fn supports() -> Vec<Capability> {
    ALGORITHMS.map(Capability::from).into_iter().chain(FEATURES.map(Capability::from)).collect()
}

const VERSION: &str = "7.0.0-rc.29";

const ALGORITHMS: [Algorithm; 7] = [
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Es256,
    Algorithm::Es384,
    Algorithm::Es512,
    Algorithm::EdDsa,
];

const FEATURES: [Feature; 8] = [
    Feature::Exp,
    Feature::Nbf,
    Feature::Clock,
    Feature::Pem,
    Feature::Jwk,
    Feature::Leeway,
    Feature::RequiredClaims,
    Feature::Defaults,
];
