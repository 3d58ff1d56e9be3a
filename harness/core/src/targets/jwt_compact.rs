//! jwt-compact by `UntrustedToken`, the algorithm's `validator` and the checks of `Claims`, as its README shows.
//!
//! The algorithm is a type with a key of its own. Where the policy lists several, the parsed token tells which to take, and
//! a token that names none of them meets the first, which refuses it. In a key set the policy's key of the token's `kid`
//! is taken, as the README describes. Keys are JWKs, or octets for HMAC; RSA keys are held to `StrongKey`, as the
//! documentation of `Rsa` advises, HMAC keys as in the README are not. `exp` and `nbf` are checked where the claim is
//! there or required, since each check refuses a token that lacks it; the clock and the leeway are injected. Issuer,
//! audience, subject, `typ` and `crit` are left to the application.

use chrono::{DateTime, TimeDelta, Utc};
use jwt_compact::alg::{
    Ed25519, Es256, Es256k, Hs256, Hs256Key, Hs384, Hs384Key, Hs512, Hs512Key, Rsa, RsaPublicKey, StrongAlg, StrongKey,
};
use jwt_compact::jwk::{JsonWebKey, JwkError};

use jwt_compact::{
    Algorithm as Alg, AlgorithmExt as _, Claims, ParseError, TimeOptions, UntrustedToken, ValidationError,
};
use serde_json::{Map, Value};
use token_assay_model::report::TargetInfo;
use token_assay_model::{Algorithm, Capability, Feature, Key, Policy, Reason, Request, Verdict};

use super::service::{KeptKeys, text_ready};
use super::support::{crate_info, only_key};
use super::{Ready, Service, Verifier};

/// The crate `jwt-compact` with its features `rsa`, `p256`, `k256` and `ed25519-dalek`.
#[derive(Debug, Clone, Copy)]
pub struct JwtCompact;

impl Verifier for JwtCompact {
    fn info(&self) -> TargetInfo {
        crate_info("jwt-compact", VERSION, "https://github.com/slowli/jwt-compact", supports())
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
    let token = UntrustedToken::new(token).map_err(|error| parse_refusal(&error))?;
    let key = if policy.jwks { key_from_set(&token, policy)? } else { only_key(policy)? };

    let claims = validation(algorithm(&token, policy, key)?, key)?(&token)?;
    validate_times(&claims, policy)?;
    match serde_json::to_value(&claims) {
        Ok(Value::Object(claims)) => Ok(Verdict::accept(claims)),
        _ => Err(Verdict::reject(Reason::Other, "the claims serialise to no object")),
    }
}

fn ready(service: Service) -> Result<Ready, Verdict> {
    let policy = &service.policy;
    let keys = if policy.jwks {
        Keys::Set(KeptKeys::read(policy, |key| validation(service.algorithm, key).ok()))
    } else {
        Keys::One(validation(service.algorithm, only_key(policy)?)?)
    };
    Ok(text_ready(move |token| {
        let Ok(token) = UntrustedToken::new(token) else { return false };
        let validation = match &keys {
            Keys::One(validation) => Some(validation),
            Keys::Set(keys) => keys.named(token.header().key_id.as_deref()),
        };
        let Some(Ok(claims)) = validation.map(|validation| validation(&token)) else { return false };
        validate_times(&claims, &service.policy).is_ok() && service.agrees(&claims.custom)
    }))
}

enum Keys {
    One(Validation),
    Set(KeptKeys<Validation>),
}

/// An algorithm with its key.
type Validation = Box<dyn Fn(&UntrustedToken<'_>) -> Result<AllClaims, Verdict> + Send + Sync>;

fn validation(algorithm: Algorithm, key: &Key) -> Result<Validation, Verdict> {
    Ok(match algorithm {
        Algorithm::Hs256 => validation_by(Hs256, secret::<Hs256Key>(key)?),
        Algorithm::Hs384 => validation_by(Hs384, secret::<Hs384Key>(key)?),
        Algorithm::Hs512 => validation_by(Hs512, secret::<Hs512Key>(key)?),
        Algorithm::Es256 => validation_by(Es256, public(key)?),
        Algorithm::Es256k => validation_by(<Es256k>::default(), public(key)?),
        Algorithm::EdDsa => validation_by(Ed25519, public(key)?),
        Algorithm::Ed25519 => validation_by(Ed25519::with_specific_name(), public(key)?),
        _ if algorithm.is_rsa() => {
            let key: RsaPublicKey = public(key)?;
            let key = StrongKey::try_from(key).map_err(|error| Verdict::reject(Reason::Key, error.to_string()))?;
            validation_by(StrongAlg(Rsa::with_name(algorithm.as_str())), key)
        }
        _ => return Err(Verdict::unsupported(algorithm)),
    })
}

fn validation_by<A>(algorithm: A, key: A::VerifyingKey) -> Validation
where
    A: Alg<VerifyingKey: Send + Sync> + Send + Sync + 'static,
{
    Box::new(move |token| {
        let token = algorithm.validator(&key).validate(token).map_err(|error| refusal(&error))?;
        Ok(token.into_parts().1)
    })
}

fn validate_times(claims: &AllClaims, policy: &Policy) -> Result<(), Verdict> {
    let now = match policy.now {
        Some(now) => DateTime::from_timestamp(now, 0).ok_or_else(|| Verdict::unsupported(Feature::Clock))?,
        None => Utc::now(),
    };
    let leeway = i64::try_from(policy.leeway.unwrap_or(0)).ok().and_then(TimeDelta::try_seconds);
    let leeway = leeway.ok_or_else(|| Verdict::unsupported(Feature::Leeway))?;
    let options = TimeOptions::new(leeway, move || now);
    let required = |name: &str| policy.required_claims.iter().any(|claim| claim == name);

    if policy.required_claims.iter().any(|claim| claim != "exp" && claim != "nbf") {
        return Err(Verdict::unsupported(Feature::RequiredClaims));
    }
    if claims.expiration.is_some() || required("exp") {
        claims.validate_expiration(&options).map_err(|error| refusal(&error))?;
    }
    if claims.not_before.is_some() || required("nbf") {
        claims.validate_maturity(&options).map_err(|error| refusal(&error))?;
    }
    Ok(())
}

/// The algorithm that the token names, where it is allowed and the key can serve it; otherwise the first that the key can
/// serve, for the crate to refuse the token by.
fn algorithm(token: &UntrustedToken<'_>, policy: &Policy, key: &Key) -> Result<Algorithm, Verdict> {
    let listed = policy.algorithms.iter().flatten().copied().filter(|algorithm| *algorithm != Algorithm::None);
    let fitting = listed.clone().filter(|algorithm| algorithm.is_hmac() == (key.secret.is_some() || is_octets(key)));
    let chosen = fitting.clone().find(|algorithm| algorithm.as_str() == token.algorithm());
    chosen.or(fitting.clone().next()).or(listed.clone().next()).ok_or_else(|| Verdict::unsupported(Algorithm::None))
}

fn key_from_set<'p>(token: &UntrustedToken<'_>, policy: &'p Policy) -> Result<&'p Key, Verdict> {
    let chosen = match (&token.header().key_id, policy.keys.as_slice()) {
        (Some(kid), keys) => keys.iter().find(|key| key.kid.as_ref() == Some(kid)),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    chosen.ok_or_else(|| Verdict::reject(Reason::Key, "no key in the set fits"))
}

fn secret<K: for<'a> From<&'a [u8]> + for<'a> TryFrom<&'a JsonWebKey<'a>, Error = JwkError>>(
    key: &Key,
) -> Result<K, Verdict> {
    key.secret.as_deref().map_or_else(|| public(key), |secret| Ok(K::from(secret)))
}

/// The key from its JWK, the one form besides octets that the crate reads.
fn public<K: for<'a> TryFrom<&'a JsonWebKey<'a>, Error = JwkError>>(key: &Key) -> Result<K, Verdict> {
    let Some(text) = jwk_text(key) else {
        return Err(match key.secret {
            Some(_) => Verdict::reject(Reason::Key, "no key of the kind that the algorithm takes"),
            None => Verdict::unsupported(Feature::Pem),
        });
    };
    let jwk: JsonWebKey<'_> =
        serde_json::from_str(&text).map_err(|error| Verdict::reject(Reason::Key, error.to_string()))?;
    K::try_from(&jwk).map_err(|error| Verdict::reject(Reason::Key, error.to_string()))
}

fn jwk_text(key: &Key) -> Option<String> {
    key.jwk_text.clone().or_else(|| key.jwk.as_ref().map(Value::to_string))
}

fn is_octets(key: &Key) -> bool {
    jwk_text(key)
        .and_then(|jwk| serde_json::from_str::<Value>(&jwk).ok())
        .is_some_and(|jwk| jwk.get("kty").and_then(Value::as_str) == Some("oct"))
}

fn parse_refusal(error: &ParseError) -> Verdict {
    let reason = match error {
        ParseError::UnsupportedContentType(_) => Reason::Type,
        _ => Reason::Malformed,
    };
    Verdict::reject(reason, error.to_string())
}

fn refusal(error: &ValidationError) -> Verdict {
    let reason = match error {
        ValidationError::AlgorithmMismatch { .. } => Reason::Algorithm,
        ValidationError::InvalidSignatureLen { .. }
        | ValidationError::MalformedSignature(_)
        | ValidationError::InvalidSignature => Reason::Signature,
        ValidationError::MalformedClaims(error) if error.is_data() => Reason::MissingClaim,
        ValidationError::MalformedClaims(_) | ValidationError::MalformedCborClaims(_) => Reason::Malformed,
        ValidationError::NoClaim(_) => Reason::MissingClaim,
        ValidationError::Expired => Reason::Expired,
        ValidationError::NotMature => Reason::NotYetValid,
        _ => Reason::Other,
    };
    Verdict::reject(reason, error.to_string())
}

fn supports() -> Vec<Capability> {
    ALGORITHMS.map(Capability::from).into_iter().chain(FEATURES.map(Capability::from)).collect()
}

/// The crate's claims and all the others.
type AllClaims = Claims<Map<String, Value>>;

const VERSION: &str = "0.8.0";

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
    Algorithm::Es256k,
    Algorithm::EdDsa,
    Algorithm::Ed25519,
];

const FEATURES: [Feature; 8] = [
    Feature::Exp,
    Feature::Nbf,
    Feature::Clock,
    Feature::Jwk,
    Feature::Jwks,
    Feature::Secret,
    Feature::Leeway,
    Feature::RequiredClaims,
];
