//! jsonwebtoken by `decode` with a `Validation`, as its README and its examples `validation` and `auth0` show.
//!
//! A claim that the policy names a value for is required too, as in `examples/validation.rs`: on its own `set_issuer`
//! says nothing of a token without `iss`. `nbf` is checked because `validate_nbf` is set; the README calls that the
//! default. Without algorithms, `new_for_family` allows all of the key's family, and the key is read from its JWK, which
//! tells the family. A list of several families is narrowed to the key's own, since the crate refuses every token under
//! such a list. In a key set `JwkSet::find` chooses. It has no clock to inject, ignores `typ` and `crit`, requires `exp`
//! by default, and can require no claims but the registered ones.

use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm as Alg, AlgorithmFamily, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};
use token_assay_model::report::TargetInfo;
use token_assay_model::{Algorithm, Capability, Claims, Feature, Key, Policy, Reason, Request, Verdict};

use super::support::{crate_info, only_key};
use super::{Ready, Service, Verifier};

/// The crate `jsonwebtoken` with its backend `aws_lc_rs`.
#[derive(Debug, Clone, Copy)]
pub struct Jsonwebtoken;

impl Verifier for Jsonwebtoken {
    fn info(&self) -> TargetInfo {
        crate_info("jsonwebtoken", VERSION, "https://github.com/Keats/jsonwebtoken", supports())
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
    let token = input.octets();
    let key = if policy.jwks { key_from_set(&key_set(policy)?, token, policy)? } else { key(policy)? };
    let validation = validation(policy, key.family())?;

    let token = decode::<Map<String, Value>>(token, &key, &validation).map_err(|error| refusal(&error, policy))?;
    let header = match serde_json::to_value(&token.header) {
        Ok(Value::Object(header)) => Some(header),
        _ => None,
    };
    Ok(Verdict::Accept { claims: Claims(token.claims), header })
}

/// In a set the decoding key is made of the chosen JWK for every token, as in the example `auth0`.
fn ready(service: Service) -> Result<Ready, Verdict> {
    let policy = service.policy;
    if policy.jwks {
        let family = listed(&policy).first().map(|algorithm| algorithm.family());
        let (keys, family) = (key_set(&policy)?, family.ok_or_else(|| Verdict::unsupported(service.algorithm))?);
        let validation = validation(&policy, family)?;
        return Ok(Box::new(move |token| {
            let key = key_from_set(&keys, token, &policy);
            key.is_ok_and(|key| decode::<Map<String, Value>>(token, &key, &validation).is_ok())
        }));
    }
    let key = key(&policy)?;
    let validation = validation(&policy, key.family())?;
    Ok(Box::new(move |token| decode::<Map<String, Value>>(token, &key, &validation).is_ok()))
}

fn key(policy: &Policy) -> Result<DecodingKey, Verdict> {
    let key = only_key(policy)?;
    let pem = key.pem.as_ref().or(key.cert_pem.as_ref()).map(String::as_bytes);
    let family = listed(policy).into_iter().map(Alg::family).find(|family| *family != AlgorithmFamily::Hmac);
    let read = match (pem, family, &key.secret, jwk_text(key)) {
        (Some(pem), Some(AlgorithmFamily::Rsa), ..) => DecodingKey::from_rsa_pem(pem),
        (Some(pem), Some(AlgorithmFamily::Ec), ..) => DecodingKey::from_ec_pem(pem),
        (Some(pem), Some(_), ..) => DecodingKey::from_ed_pem(pem),
        (_, _, Some(secret), _) => Ok(DecodingKey::from_secret(secret)),
        (.., Some(jwk)) => {
            let jwk: Jwk = serde_json::from_str(&jwk).map_err(|error| unusable(&error))?;
            DecodingKey::from_jwk(&jwk)
        }
        (Some(_), ..) if policy.algorithms.is_some() => {
            return Err(Verdict::reject(Reason::Key, "no key of the kind that the algorithms take"));
        }
        _ => return Err(Verdict::unsupported(Feature::Pem)),
    };
    read.map_err(|error| unusable(&error))
}

fn key_set(policy: &Policy) -> Result<JwkSet, Verdict> {
    let keys: Vec<String> = policy.keys.iter().filter_map(jwk_text).collect();
    serde_json::from_str(&format!(r#"{{"keys":[{}]}}"#, keys.join(","))).map_err(|error| unusable(&error))
}

fn key_from_set(set: &JwkSet, token: &[u8], policy: &Policy) -> Result<DecodingKey, Verdict> {
    let header = decode_header(token).map_err(|error| refusal(&error, policy))?;
    let chosen = match (&header.kid, set.keys.as_slice()) {
        (Some(kid), _) => set.find(kid),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    let jwk = chosen.ok_or_else(|| Verdict::reject(Reason::Key, "no key in the set fits"))?;
    DecodingKey::from_jwk(jwk).map_err(|error| unusable(&error))
}

fn jwk_text(key: &Key) -> Option<String> {
    key.jwk_text.clone().or_else(|| key.jwk.as_ref().map(Value::to_string))
}

fn validation(policy: &Policy, family: AlgorithmFamily) -> Result<Validation, Verdict> {
    let mut validation = Validation::new_for_family(family);
    if policy.algorithms.is_some() {
        let listed = listed(policy);
        let narrowed: Vec<_> = listed.iter().copied().filter(|algorithm| algorithm.family() == family).collect();
        validation.algorithms = if narrowed.is_empty() { listed } else { narrowed };
    }
    validation.leeway = policy.leeway.unwrap_or(0);
    validation.validate_nbf = true;
    if !policy.issuer.is_empty() {
        validation.set_issuer(&policy.issuer);
        validation.required_spec_claims.insert("iss".to_owned());
    }
    if !policy.audience.is_empty() {
        validation.set_audience(&policy.audience);
        validation.required_spec_claims.insert("aud".to_owned());
    }
    if let Some(subject) = &policy.subject {
        validation.sub = Some(subject.clone());
        validation.required_spec_claims.insert("sub".to_owned());
    }
    for claim in &policy.required_claims {
        if !REQUIRABLE.contains(&claim.as_str()) {
            return Err(Verdict::unsupported(Feature::RequiredClaims));
        }
        validation.required_spec_claims.insert(claim.clone());
    }
    Ok(validation)
}

/// What the crate has a name for; it has none for `none`.
fn listed(policy: &Policy) -> Vec<Alg> {
    policy.algorithms.iter().flatten().filter_map(|algorithm| algorithm.as_str().parse().ok()).collect()
}

fn unusable(error: &impl std::fmt::Display) -> Verdict {
    Verdict::reject(Reason::Key, error.to_string())
}

fn refusal(error: &Error, policy: &Policy) -> Verdict {
    Verdict::reject(reason(error.kind(), policy), error.to_string())
}

/// An unknown algorithm is an error of JSON to the crate.
fn reason(kind: &ErrorKind, policy: &Policy) -> Reason {
    match kind {
        ErrorKind::InvalidToken | ErrorKind::Base64(_) | ErrorKind::Json(_) | ErrorKind::Utf8(_) => Reason::Malformed,
        ErrorKind::InvalidSignature => Reason::Signature,
        ErrorKind::InvalidAlgorithm
        | ErrorKind::InvalidAlgorithmName
        | ErrorKind::UnsupportedAlgorithm
        | ErrorKind::MissingAlgorithm => Reason::Algorithm,
        ErrorKind::InvalidEcdsaKey
        | ErrorKind::InvalidEddsaKey
        | ErrorKind::InvalidRsaKey(_)
        | ErrorKind::InvalidKeyFormat => Reason::Key,
        ErrorKind::ExpiredSignature => Reason::Expired,
        ErrorKind::ImmatureSignature => Reason::NotYetValid,
        ErrorKind::InvalidIssuer => Reason::Issuer,
        ErrorKind::InvalidAudience => Reason::Audience,
        ErrorKind::InvalidSubject => Reason::Subject,
        ErrorKind::MissingRequiredClaim(claim) if policy.required_claims.contains(claim) => Reason::MissingClaim,
        ErrorKind::MissingRequiredClaim(claim) => match claim.as_str() {
            "iss" => Reason::Issuer,
            "aud" => Reason::Audience,
            "sub" => Reason::Subject,
            _ => Reason::MissingClaim,
        },
        ErrorKind::InvalidClaimFormat(_) => Reason::MissingClaim,
        _ => Reason::Other,
    }
}

fn supports() -> Vec<Capability> {
    ALGORITHMS.map(Capability::from).into_iter().chain(FEATURES.map(Capability::from)).collect()
}

const VERSION: &str = "11.1.0";

const REQUIRABLE: [&str; 5] = ["exp", "nbf", "iss", "aud", "sub"];

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
    Algorithm::EdDsa,
];

const FEATURES: [Feature; 15] = [
    Feature::Exp,
    Feature::Nbf,
    Feature::Pem,
    Feature::Jwk,
    Feature::Jwks,
    Feature::Secret,
    Feature::Issuer,
    Feature::IssuerList,
    Feature::Audience,
    Feature::AudienceList,
    Feature::Subject,
    Feature::Leeway,
    Feature::RequiredClaims,
    Feature::Bytes,
    Feature::Defaults,
];
