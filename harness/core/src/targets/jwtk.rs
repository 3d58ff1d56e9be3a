//! jwtk by `verify`, which its documentation gives for decoding and verifying, with its feature `openssl`.
//!
//! A key says what it verifies: an RSA key one algorithm where it is told which and all six otherwise, an EC or Ed25519
//! key that of its curve, an HMAC key that it was made for. Where the policy lists several, the header that
//! `decode_without_verify` gives tells which to build, and a token that names none of them meets the first, which
//! refuses it. A `JwkSet` verifier chooses by `kid` and refuses a token without one; it has no allow-list, so the RSA
//! keys in it are bound to the chosen algorithm, and `alg` is compared with the policy as an application would. `exp`
//! and `nbf` are checked by the system's clock without leeway; issuer, audience and all else the crate leaves to
//! applications.

use std::borrow::Cow;

use jwtk::ecdsa::EcdsaPublicKey;
use jwtk::eddsa::Ed25519PublicKey;
use jwtk::hmac::{HmacAlgorithm, HmacKey};
use jwtk::jwk::{Jwk, JwkSet};
use jwtk::rsa::{RsaAlgorithm, RsaPublicKey};
use jwtk::{Error, OneOrMany, SomePublicKey, VerificationKey, decode_without_verify};
use serde_json::{Map, Value};
use token_assay_model::report::TargetInfo;
use token_assay_model::{Algorithm, Capability, Claims, Feature, Key, Policy, Reason, Request, Verdict};

use super::service::text_ready;
use super::support::{crate_info, only_key};
use super::{Ready, Service, Verifier};

/// The crate `jwtk` with its feature `openssl`, and without its defaults.
#[derive(Debug, Clone, Copy)]
pub struct Jwtk;

impl Verifier for Jwtk {
    fn info(&self) -> TargetInfo {
        crate_info("jwtk", VERSION, "https://github.com/blckngm/jwtk", supports())
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        verify(request).unwrap_or_else(|refusal| refusal)
    }

    fn ready(&self, policy: &Policy) -> Option<Ready> {
        ready(Service::of(&supports(), policy)?).ok()
    }
}

type KeptKey = dyn VerificationKey + Send + Sync;

type HeaderAndClaims = jwtk::HeaderAndClaims<Map<String, Value>>;

fn verify(Request { input, policy }: Request<'_>) -> Result<Verdict, Verdict> {
    if let Some(lacking) = policy.needs().into_iter().find(|need| !supports().contains(need)) {
        return Err(Verdict::unsupported(lacking));
    }
    let token = input.text().ok_or_else(|| Verdict::unsupported(Feature::Bytes))?;
    let verified = if policy.jwks {
        verified_in_set(token, policy)?
    } else {
        let key = key(chosen(token, policy)?, only_key(policy)?)?;
        jwtk::verify(token, key.as_ref()).map_err(|error| refusal(&error))?
    };
    accept(&verified)
}

fn ready(service: Service) -> Result<Ready, Verdict> {
    let (policy, algorithm) = (&service.policy, service.algorithm);
    if policy.jwks {
        let keys = key_set(Some(algorithm), policy)?.verifier();
        return Ok(text_ready(move |token| {
            let verified: Result<HeaderAndClaims, _> = keys.verify(token);
            verified.is_ok_and(|verified| verified.header().alg == algorithm.as_str() && agrees(&service, &verified))
        }));
    }
    let key = key(Some(algorithm), only_key(policy)?)?;
    Ok(text_ready(move |token| jwtk::verify(token, key.as_ref()).is_ok_and(|verified| agrees(&service, &verified))))
}

fn agrees(service: &Service, verified: &HeaderAndClaims) -> bool {
    let claims = verified.claims();
    let audiences = match &claims.aud {
        OneOrMany::One(only) => std::slice::from_ref(only),
        OneOrMany::Vec(several) => several,
    };
    service.agrees_with(claims.iss.as_deref(), audiences.iter().map(String::as_str), || None)
}

fn key_set(chosen: Option<Algorithm>, policy: &Policy) -> Result<JwkSet, Verdict> {
    let keys = policy.keys.iter().filter_map(|key| jwk(chosen, key)).collect::<Result<Vec<_>, _>>()?;
    Ok(JwkSet { keys })
}

fn verified_in_set(token: &str, policy: &Policy) -> Result<HeaderAndClaims, Verdict> {
    let listed = policy.algorithms.as_deref().unwrap_or_default();
    if !listed.is_empty() && listed.iter().all(|algorithm| algorithm.is_hmac()) {
        // Its JWKs hold no octets.
        return Err(Verdict::unsupported(Feature::Jwks));
    }
    let chosen = chosen(token, policy)?;
    let keys = key_set(chosen, policy)?;
    let verified: HeaderAndClaims = keys.verifier().verify(token).map_err(|error| refusal(&error))?;
    match chosen {
        Some(algorithm) if verified.header().alg != algorithm.as_str() => {
            Err(Verdict::reject(Reason::Algorithm, format!("{} is not allowed", verified.header().alg)))
        }
        _ => Ok(verified),
    }
}

fn accept(verified: &HeaderAndClaims) -> Result<Verdict, Verdict> {
    match (serde_json::to_value(verified.claims()), serde_json::to_value(verified.header())) {
        (Ok(Value::Object(claims)), Ok(Value::Object(header))) => {
            Ok(Verdict::Accept { claims: Claims(claims), header: Some(header) })
        }
        _ => Err(Verdict::reject(Reason::Other, "the claims or the header serialise to no object")),
    }
}

/// The algorithm that the token names, where it is allowed and a key can serve it; otherwise the first that a key can
/// serve, for the crate to refuse the token by. Nothing where the policy leaves the algorithm to the crate.
fn chosen(token: &str, policy: &Policy) -> Result<Option<Algorithm>, Verdict> {
    let Some(listed) = &policy.algorithms else { return Ok(None) };
    let named = match decode_without_verify::<Map<String, Value>>(token) {
        Ok(unverified) => unverified.header().alg.clone(),
        Err(_) => Cow::Borrowed(""),
    };
    let serves = |key: &Key, algorithm: Algorithm| algorithm.is_hmac() == key.secret.is_some();
    let listed = listed.iter().copied().filter(|algorithm| *algorithm != Algorithm::None);
    let fitting = listed.clone().filter(|algorithm| policy.keys.iter().any(|key| serves(key, *algorithm)));
    let chosen = fitting.clone().find(|algorithm| algorithm.as_str() == named);
    let chosen = chosen.or(fitting.clone().next()).or(listed.clone().next());
    chosen.map(Some).ok_or_else(|| Verdict::unsupported(Algorithm::None))
}

fn key(chosen: Option<Algorithm>, key: &Key) -> Result<Box<KeptKey>, Verdict> {
    let no_key = || Verdict::reject(Reason::Key, "no key of the kind that the algorithm takes");
    if let Some(algorithm) = chosen.and_then(hmac) {
        return match (&key.secret, &key.pem) {
            (Some(secret), _) => Ok(Box::new(HmacKey::from_bytes(secret, algorithm))),
            (None, Some(_)) => Err(no_key()),
            (None, None) => Err(Verdict::unsupported(Feature::Jwk)),
        };
    }
    if let Some(pem) = &key.pem {
        return public_key(chosen, pem.as_bytes()).map_err(|error| unusable(&error));
    }
    if chosen.is_none() && key.secret.is_some() {
        return Err(Verdict::unsupported(Feature::Defaults));
    }
    let jwk = jwk(chosen, key).ok_or_else(no_key)??;
    Ok(Box::new(jwk.to_verification_key().map_err(|error| unusable(&error))?))
}

fn public_key(chosen: Option<Algorithm>, pem: &[u8]) -> Result<Box<KeptKey>, Error> {
    Ok(match chosen {
        Some(algorithm) if algorithm.is_rsa() => {
            Box::new(RsaPublicKey::from_pem(pem, Some(RsaAlgorithm::from_name(algorithm.as_str())?))?)
        }
        Some(algorithm) if algorithm.is_ecdsa() => Box::new(EcdsaPublicKey::from_pem(pem)?),
        Some(algorithm) if algorithm.is_eddsa() => Box::new(Ed25519PublicKey::from_pem(pem)?),
        _ => Box::new(SomePublicKey::from_pem(pem)?),
    })
}

fn jwk(chosen: Option<Algorithm>, key: &Key) -> Option<Result<Jwk, Verdict>> {
    let text = key.jwk_text.clone().or_else(|| key.jwk.as_ref().map(Value::to_string))?;
    let mut jwk: Jwk = match serde_json::from_str(&text) {
        Ok(jwk) => jwk,
        Err(error) => return Some(Err(Verdict::reject(Reason::Key, error.to_string()))),
    };
    if let Some(algorithm) = chosen.filter(|algorithm| algorithm.is_rsa() && jwk.kty == "RSA") {
        jwk.alg.get_or_insert_with(|| algorithm.as_str().to_owned());
    }
    Some(Ok(jwk))
}

fn hmac(algorithm: Algorithm) -> Option<HmacAlgorithm> {
    match algorithm {
        Algorithm::Hs256 => Some(HmacAlgorithm::HS256),
        Algorithm::Hs384 => Some(HmacAlgorithm::HS384),
        Algorithm::Hs512 => Some(HmacAlgorithm::HS512),
        _ => None,
    }
}

fn unusable(error: &Error) -> Verdict {
    Verdict::reject(Reason::Key, error.to_string())
}

fn refusal(error: &Error) -> Verdict {
    let reason = match error {
        Error::VerificationError | Error::OpenSsl(_) | Error::Crypto(_) => Reason::Signature,
        // The key has been read by then: what is unsupported is what the token names.
        Error::AlgMismatch | Error::UnsupportedOrInvalidKey => Reason::Algorithm,
        Error::NoKid | Error::NoKey => Reason::Key,
        Error::Expired => Reason::Expired,
        Error::Before => Reason::NotYetValid,
        Error::InvalidToken | Error::Utf8(_) | Error::IoError(_) | Error::SerdeJson(_) | Error::Decode(_) => {
            Reason::Malformed
        }
        _ => Reason::Other,
    };
    Verdict::reject(reason, error.to_string())
}

fn supports() -> Vec<Capability> {
    ALGORITHMS.map(Capability::from).into_iter().chain(FEATURES.map(Capability::from)).collect()
}

const VERSION: &str = "0.5.0";

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
    Algorithm::Es256k,
    Algorithm::EdDsa,
];

const FEATURES: [Feature; 7] =
    [Feature::Exp, Feature::Nbf, Feature::Pem, Feature::Jwk, Feature::Jwks, Feature::Secret, Feature::Defaults];
