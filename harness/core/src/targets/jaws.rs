//! jaws by its type-erased verifiers, as its `dyn-key` example shows: parse a `Token<Claims, Unverified>`, verify it
//! with a `TokenVerifier`.
//!
//! It verifies the signature and hands back the claims; it checks no time, issuer, audience, subject, `typ` or `crit`.
//! A key is a RustCrypto type of one algorithm, read from PEM or a JWK; where the policy lists several, the token's
//! `alg` chooses among them, and a token that names none of them meets the first, which refuses it. There is no key
//! set, and ES512, ES256K and EdDSA are not implemented. An empty payload is no claims at all, and so is refused here.

use jaws::algorithms::ecdsa::{NistP256, NistP384, VerifyingKey};
use jaws::algorithms::hmac::{Hmac, HmacKey};
use jaws::algorithms::{AlgorithmIdentifier, Sha256, Sha384, Sha512};
use jaws::crypto::pkcs8::DecodePublicKey;
use jaws::crypto::rsa::{RsaPublicKey, pkcs1v15, pss};
use jaws::key::DeserializeJWK;
use jaws::token::formats::TokenParseError;
use jaws::token::{TokenVerifyingError, Unverified};
use jaws::{Compact, SignatureBytes, Token, TokenVerifier};
use serde_json::{Map, Value};
use token_assay_model::report::TargetInfo;
use token_assay_model::{Algorithm, Capability, Feature, Key, Policy, Reason, Request, Verdict};

use super::service::{audiences, text_ready};
use super::support::{crate_info, only_key};
use super::{Ready, Service, Verifier};

/// The crate `jaws`.
#[derive(Debug, Clone, Copy)]
pub struct Jaws;

impl Verifier for Jaws {
    fn info(&self) -> TargetInfo {
        crate_info("jaws", VERSION, "https://github.com/alexrudy/jaws", supports())
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        verify(request).unwrap_or_else(|refusal| refusal)
    }

    fn ready(&self, policy: &Policy) -> Option<Ready> {
        ready(Service::of(&supports(), policy)?).ok()
    }
}

type KeptVerifier = dyn TokenVerifier<SignatureBytes> + Send + Sync;

/// Audiences come as a string or a list, which the crate leaves to the application's type.
type Claims = jaws::Claims<Map<String, Value>, String, String, Value, String>;

fn verify(Request { input, policy }: Request<'_>) -> Result<Verdict, Verdict> {
    if let Some(lacking) = policy.needs().into_iter().find(|need| !supports().contains(need)) {
        return Err(Verdict::unsupported(lacking));
    }
    let token = input.text().ok_or_else(|| Verdict::unsupported(Feature::Bytes))?;
    let token: Token<Claims, Unverified<()>, Compact> =
        token.parse().map_err(|error: TokenParseError| Verdict::reject(Reason::Malformed, error.to_string()))?;

    let key = only_key(policy)?;
    let algorithm = chosen(policy, key, *token.header().algorithm())?;
    let verifier = verifier(algorithm, key)?;
    let verified = token
        .verify::<_, SignatureBytes>(verifier.as_ref())
        .map_err(|error| Verdict::reject(reason(&error), error.to_string()))?;
    match verified.payload().map(serde_json::to_value) {
        Some(Ok(Value::Object(claims))) => Ok(Verdict::accept(claims)),
        Some(_) => Err(Verdict::reject(Reason::Other, "the claims serialise to no object")),
        None => Err(Verdict::reject(Reason::Malformed, "an empty payload")),
    }
}

fn ready(service: Service) -> Result<Ready, Verdict> {
    let verifier = verifier(service.algorithm, only_key(&service.policy)?)?;
    Ok(text_ready(move |token| {
        let Ok(token) = token.parse::<Token<Claims, Unverified<()>, Compact>>() else { return false };
        let Ok(verified) = token.verify::<_, SignatureBytes>(verifier.as_ref()) else { return false };
        verified.payload().is_some_and(|claims| {
            let claims = &claims.registered;
            let expires = || claims.expiration.map(|expires| expires.timestamp());
            service.agrees_with(claims.issuer.as_deref(), audiences(claims.audience.as_ref()), expires)
        })
    }))
}

/// The algorithm that the token names, where it is allowed and the key can serve it; otherwise the first that the key
/// can serve, for the crate to refuse the token by.
fn chosen(policy: &Policy, key: &Key, named: AlgorithmIdentifier) -> Result<Algorithm, Verdict> {
    let secret = key.secret.is_some() || key.jwk.as_ref().is_some_and(|jwk| jwk["kty"] == "oct");
    let listed = policy.algorithms.iter().flatten().copied().filter(|algorithm| *algorithm != Algorithm::None);
    let fitting = listed.clone().filter(|algorithm| algorithm.is_hmac() == secret);
    let chosen = fitting.clone().find(|algorithm| identifier(*algorithm) == Some(named));
    chosen.or(fitting.clone().next()).or(listed.clone().next()).ok_or_else(|| Verdict::unsupported(Algorithm::None))
}

fn verifier(algorithm: Algorithm, key: &Key) -> Result<Box<KeptVerifier>, Verdict> {
    Ok(match algorithm {
        Algorithm::Hs256 => Box::new(hmac::<Sha256>(key)?),
        Algorithm::Hs384 => Box::new(hmac::<Sha384>(key)?),
        Algorithm::Hs512 => Box::new(hmac::<Sha512>(key)?),
        Algorithm::Rs256 => Box::new(pkcs1v15::VerifyingKey::<Sha256>::new(public_key(key)?)),
        Algorithm::Rs384 => Box::new(pkcs1v15::VerifyingKey::<Sha384>::new(public_key(key)?)),
        Algorithm::Rs512 => Box::new(pkcs1v15::VerifyingKey::<Sha512>::new(public_key(key)?)),
        Algorithm::Ps256 => Box::new(pss::VerifyingKey::<Sha256>::new(public_key::<RsaPublicKey>(key)?)),
        Algorithm::Ps384 => Box::new(pss::VerifyingKey::<Sha384>::new(public_key::<RsaPublicKey>(key)?)),
        Algorithm::Ps512 => Box::new(pss::VerifyingKey::<Sha512>::new(public_key::<RsaPublicKey>(key)?)),
        Algorithm::Es256 => Box::new(public_key::<VerifyingKey<NistP256>>(key)?),
        Algorithm::Es384 => Box::new(public_key::<VerifyingKey<NistP384>>(key)?),
        other => return Err(Verdict::unsupported(other)),
    })
}

fn hmac<D>(key: &Key) -> Result<Hmac<D>, Verdict> {
    match &key.secret {
        Some(secret) => Ok(Hmac::new(HmacKey::from(secret.clone()))),
        None => from_jwk(key),
    }
}

fn public_key<K: DecodePublicKey + DeserializeJWK>(key: &Key) -> Result<K, Verdict> {
    match &key.pem {
        Some(pem) => K::from_public_key_pem(pem).map_err(|error| Verdict::reject(Reason::Key, error.to_string())),
        None => from_jwk(key),
    }
}

fn from_jwk<K: DeserializeJWK>(key: &Key) -> Result<K, Verdict> {
    let jwk = key.jwk_text.clone().or_else(|| key.jwk.as_ref().map(Value::to_string));
    let jwk = jwk.ok_or_else(|| Verdict::reject(Reason::Key, "no key of the kind that the algorithm takes"))?;
    K::from_str(&jwk).map_err(|error| Verdict::reject(Reason::Key, error.to_string()))
}

fn identifier(algorithm: Algorithm) -> Option<AlgorithmIdentifier> {
    match algorithm {
        Algorithm::Hs256 => Some(AlgorithmIdentifier::HS256),
        Algorithm::Hs384 => Some(AlgorithmIdentifier::HS384),
        Algorithm::Hs512 => Some(AlgorithmIdentifier::HS512),
        Algorithm::Rs256 => Some(AlgorithmIdentifier::RS256),
        Algorithm::Rs384 => Some(AlgorithmIdentifier::RS384),
        Algorithm::Rs512 => Some(AlgorithmIdentifier::RS512),
        Algorithm::Ps256 => Some(AlgorithmIdentifier::PS256),
        Algorithm::Ps384 => Some(AlgorithmIdentifier::PS384),
        Algorithm::Ps512 => Some(AlgorithmIdentifier::PS512),
        Algorithm::Es256 => Some(AlgorithmIdentifier::ES256),
        Algorithm::Es384 => Some(AlgorithmIdentifier::ES384),
        _ => None,
    }
}

fn reason(error: &TokenVerifyingError) -> Reason {
    match error {
        TokenVerifyingError::Verify(_) => Reason::Signature,
        TokenVerifyingError::Serialization(_) => Reason::Malformed,
        TokenVerifyingError::Algorithm(..) => Reason::Algorithm,
    }
}

fn supports() -> Vec<Capability> {
    ALGORITHMS.map(Capability::from).into_iter().chain(FEATURES.map(Capability::from)).collect()
}

const VERSION: &str = "2.0.0";

const ALGORITHMS: [Algorithm; 11] = [
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
];

const FEATURES: [Feature; 3] = [Feature::Pem, Feature::Jwk, Feature::Secret];
