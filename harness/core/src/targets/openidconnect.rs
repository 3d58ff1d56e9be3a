//! openidconnect's ID-token verifier, `IdToken::claims` with an `IdTokenVerifier`, as its documentation describes it
//! for relying parties: the policy's audience is the client id, its issuer the provider.
//!
//! It reads a key set and chooses by `kid`; a single key is a set of one. An ID token must have `iss`, `sub`, `aud`,
//! `exp` and `iat`, whatever the policy says, and the issuer must be a URL. Where the policy names no issuer or
//! audience, the documented switches `require_issuer_match` and `require_audience_match` turn the check off; other
//! audiences beside ours are trusted, since the policy does not distrust them; there is no nonce. It checks `exp`,
//! never `nbf`, and has no leeway. `typ` is compared with a list but may always be absent, which is not what a required
//! `typ` means. For HMAC it takes the client secret, which is text, so that no secret of random octets can be given:
//! left out.

use std::time::{Duration, UNIX_EPOCH};

use openidconnect::core::{
    CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AdditionalClaims, ClaimsVerificationError, ClientId, IdToken, IdTokenVerifier, IssuerUrl, JsonWebKeySet, Nonce,
    SignatureVerificationError,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use token_assay_model::report::TargetInfo;
use token_assay_model::{Algorithm, Capability, Feature, Key, Policy, Reason, Request, Verdict};

use super::service::text_ready;
use super::support::{crate_info, only_key};
use super::{Ready, Service, Verifier};

/// The crate `openidconnect` without its default features.
#[derive(Debug, Clone, Copy)]
pub struct Openidconnect;

impl Verifier for Openidconnect {
    fn info(&self) -> TargetInfo {
        crate_info("openidconnect", VERSION, "https://github.com/ramosbugs/openidconnect-rs", supports())
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        verify(request).unwrap_or_else(|refusal| refusal)
    }

    fn ready(&self, policy: &Policy) -> Option<Ready> {
        ready(&Service::of(&supports(), policy)?).ok()
    }
}

/// The claims that the crate gives no field of their own.
#[derive(Debug, Deserialize, Serialize)]
struct OtherClaims {
    #[serde(flatten)]
    members: Map<String, Value>,
}

impl AdditionalClaims for OtherClaims {}

type Token = IdToken<OtherClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

fn verify(Request { input, policy }: Request<'_>) -> Result<Verdict, Verdict> {
    if let Some(lacking) = policy.needs().into_iter().find(|need| !supports().contains(need)) {
        return Err(Verdict::unsupported(lacking));
    }
    // What the crate allows by itself is RS256 alone.
    let rsa = |key: &Key| key.jwk.as_ref().is_some_and(|jwk| jwk["kty"] == "RSA");
    if policy.algorithms.is_none() && !policy.keys.iter().all(rsa) {
        return Err(Verdict::unsupported(Feature::Defaults));
    }
    let token = input.text().ok_or_else(|| Verdict::unsupported(Feature::Bytes))?;
    let verifier = verifier(policy)?;

    let token: Token =
        token.parse().map_err(|error: serde_json::Error| Verdict::reject(Reason::Malformed, error.to_string()))?;
    let claims = token.claims(&verifier, |_: Option<&Nonce>| Ok(())).map_err(|error| refusal(&error))?;
    match serde_json::to_value(claims) {
        Ok(Value::Object(claims)) => Ok(Verdict::accept(with_plain_audience(claims))),
        _ => Err(Verdict::reject(Reason::Other, "the claims serialise to no object")),
    }
}

/// The verifier holds the set as JWKs, of which it makes a key for every token.
fn ready(service: &Service) -> Result<Ready, Verdict> {
    let verifier = verifier(&service.policy)?;
    Ok(text_ready(move |token| {
        let token: Result<Token, _> = token.parse();
        token.is_ok_and(|token| token.claims(&verifier, |_: Option<&Nonce>| Ok(())).is_ok())
    }))
}

fn verifier(policy: &Policy) -> Result<IdTokenVerifier<'static, CoreJsonWebKey>, Verdict> {
    let client_id = ClientId::new(policy.audience.first().cloned().unwrap_or_default());
    let issuer = policy.issuer.first().map_or(UNCHECKED_ISSUER, String::as_str).to_owned();
    let issuer = IssuerUrl::new(issuer).map_err(|_| Verdict::unsupported(Feature::Issuer))?;

    let mut verifier = IdTokenVerifier::new_public_client(client_id, issuer, key_set(policy)?)
        .require_audience_match(!policy.audience.is_empty())
        .require_issuer_match(!policy.issuer.is_empty())
        .set_other_audience_verifier_fn(|_| true);
    if let Some(algorithms) = &policy.algorithms {
        verifier = verifier.set_allowed_algs(algorithms.iter().copied().filter_map(named));
    }
    if let Some(now) = policy.now {
        let now = u64::try_from(now).map_err(|_| Verdict::unsupported(Feature::Clock))?;
        verifier = verifier.set_time_fn(move || (UNIX_EPOCH + Duration::from_secs(now)).into());
    }
    Ok(verifier)
}

fn key_set(policy: &Policy) -> Result<JsonWebKeySet<CoreJsonWebKey>, Verdict> {
    if !policy.jwks {
        only_key(policy)?;
    }
    let keys: Vec<String> = policy.keys.iter().filter_map(jwk_text).collect();
    serde_json::from_str(&format!(r#"{{"keys":[{}]}}"#, keys.join(",")))
        .map_err(|error| Verdict::reject(Reason::Key, error.to_string()))
}

fn jwk_text(key: &Key) -> Option<String> {
    key.jwk_text.clone().or_else(|| key.jwk.as_ref().map(Value::to_string))
}

/// The crate hands a list in any case; the usual spelling of a list of one is the plain string (RFC 7519 §4.1.3), and
/// an empty one stands for no claim.
fn with_plain_audience(mut claims: Map<String, Value>) -> Map<String, Value> {
    let plain = match claims.get("aud").and_then(Value::as_array).map(Vec::as_slice) {
        Some([]) => None,
        Some([only]) => Some(only.clone()),
        _ => return claims,
    };
    match plain {
        Some(audience) => claims.insert("aud".to_owned(), audience),
        None => claims.remove("aud"),
    };
    claims
}

fn named(algorithm: Algorithm) -> Option<CoreJwsSigningAlgorithm> {
    match algorithm {
        Algorithm::Rs256 => Some(CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256),
        Algorithm::Rs384 => Some(CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384),
        Algorithm::Rs512 => Some(CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512),
        Algorithm::Ps256 => Some(CoreJwsSigningAlgorithm::RsaSsaPssSha256),
        Algorithm::Ps384 => Some(CoreJwsSigningAlgorithm::RsaSsaPssSha384),
        Algorithm::Ps512 => Some(CoreJwsSigningAlgorithm::RsaSsaPssSha512),
        Algorithm::Es256 => Some(CoreJwsSigningAlgorithm::EcdsaP256Sha256),
        Algorithm::Es384 => Some(CoreJwsSigningAlgorithm::EcdsaP384Sha384),
        Algorithm::EdDsa => Some(CoreJwsSigningAlgorithm::EdDsa),
        Algorithm::None => Some(CoreJwsSigningAlgorithm::None),
        _ => None,
    }
}

fn refusal(error: &ClaimsVerificationError) -> Verdict {
    let source = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    Verdict::reject(reason(error), format!("{error}{source}"))
}

fn reason(error: &ClaimsVerificationError) -> Reason {
    match error {
        ClaimsVerificationError::Expired(_) => Reason::Expired,
        ClaimsVerificationError::InvalidAudience(_) => Reason::Audience,
        ClaimsVerificationError::InvalidIssuer(_) => Reason::Issuer,
        ClaimsVerificationError::InvalidSubject(_) => Reason::Subject,
        ClaimsVerificationError::Unsupported(what) if what.contains("critical") => Reason::Critical,
        ClaimsVerificationError::Unsupported(_) => Reason::Type,
        ClaimsVerificationError::SignatureVerification(error) => match error {
            SignatureVerificationError::CryptoError(_) => Reason::Signature,
            SignatureVerificationError::DisallowedAlg(_)
            | SignatureVerificationError::UnsupportedAlg(_)
            | SignatureVerificationError::NoSignature => Reason::Algorithm,
            SignatureVerificationError::AmbiguousKeyId(_)
            | SignatureVerificationError::InvalidKey(_)
            | SignatureVerificationError::NoMatchingKey => Reason::Key,
            _ => Reason::Other,
        },
        _ => Reason::Other,
    }
}

fn supports() -> Vec<Capability> {
    ALGORITHMS.map(Capability::from).into_iter().chain(FEATURES.map(Capability::from)).collect()
}

const VERSION: &str = "4.1.0";

/// Something must stand there even if it is not compared.
const UNCHECKED_ISSUER: &str = "https://issuer.invalid";

const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
    Algorithm::Es256,
    Algorithm::Es384,
    Algorithm::EdDsa,
];

/// `defaults` is RS256 alone, which is what the crate allows by itself.
const FEATURES: [Feature; 7] =
    [Feature::Exp, Feature::Clock, Feature::Jwk, Feature::Jwks, Feature::Issuer, Feature::Audience, Feature::Defaults];
