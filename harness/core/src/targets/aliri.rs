//! aliri by `JwtRef::decompose`, `Jwks::get_key_by_opt` and `Decomposed::verify` with a `CoreValidator`, as its
//! documentation shows.
//!
//! The validator has an allow-list, one issuer, a set of audiences, a subject as a regular expression, and a leeway.
//! `exp` must be there; `nbf` is left alone unless it is required too. There is no clock to inject, and `typ` and
//! `crit` are ignored. Keys are JWKs or secrets, and RSA keys PEM as well. ES512 is named but not implemented, EdDSA
//! neither.

use aliri::error::{ClaimsRejected, JwkVerifyError, JwtVerifyError};
use aliri::jwt::{Audience, Audiences, BasicClaims, CoreClaims, CoreHeaders as _, CoreValidator, HasAlgorithm as _};
use aliri::jwt::{Decomposed, Issuer, IssuerRef, SubjectRef, Validated};
use aliri::{Jwk, Jwks, JwtRef, jwa};
use aliri_base64::Base64Url;
use aliri_clock::UnixTime;
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use token_assay_model::report::TargetInfo;
use token_assay_model::{Algorithm, Capability, Feature, Key, Policy, Reason, Request, Verdict};

use super::service::text_ready;
use super::support::{crate_info, only_key};
use super::{Ready, Service, Verifier};

/// The crate `aliri` with its features `rsa`, `hmac` and `ec`.
#[derive(Debug, Clone, Copy)]
pub struct Aliri;

impl Verifier for Aliri {
    fn info(&self) -> TargetInfo {
        crate_info("aliri", VERSION, "https://github.com/neoeinstein/aliri", supports())
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        verify(request).unwrap_or_else(|refusal| refusal)
    }

    fn ready(&self, policy: &Policy) -> Option<Ready> {
        ready(&Service::of(&supports(), policy)?).ok()
    }
}

/// The crate's claims and all the others.
#[derive(Debug, Deserialize, Serialize)]
struct Claims {
    #[serde(flatten)]
    basic: BasicClaims,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl CoreClaims for Claims {
    fn nbf(&self) -> Option<UnixTime> {
        self.basic.nbf()
    }

    fn exp(&self) -> Option<UnixTime> {
        self.basic.exp()
    }

    fn aud(&self) -> &Audiences {
        self.basic.aud()
    }

    fn iss(&self) -> Option<&IssuerRef> {
        self.basic.iss()
    }

    fn sub(&self) -> Option<&SubjectRef> {
        self.basic.sub()
    }
}

fn verify(Request { input, policy }: Request<'_>) -> Result<Verdict, Verdict> {
    if let Some(lacking) = policy.needs().into_iter().find(|need| !supports().contains(need)) {
        return Err(Verdict::unsupported(lacking));
    }
    let token = input.text().ok_or_else(|| Verdict::unsupported(Feature::Bytes))?;
    let validator = validator(policy)?;

    let decomposed: Decomposed<'_> = JwtRef::from_str(token).decompose().map_err(|error| refusal(&error))?;
    let keys = Keys::read(policy)?;
    let verified = keys.verified(decomposed, &validator)?;
    match serde_json::to_value(verified.claims()) {
        Ok(Value::Object(claims)) => Ok(Verdict::accept(claims)),
        _ => Err(Verdict::reject(Reason::Other, "the claims serialise to no object")),
    }
}

fn ready(service: &Service) -> Result<Ready, Verdict> {
    let (validator, keys) = (validator(&service.policy)?, Keys::read(&service.policy)?);
    Ok(text_ready(move |token| {
        JwtRef::from_str(token).decompose().is_ok_and(|decomposed| keys.verified(decomposed, &validator).is_ok())
    }))
}

enum Keys {
    One(Jwk),
    Set(Jwks),
}

impl Keys {
    fn read(policy: &Policy) -> Result<Self, Verdict> {
        if policy.jwks { key_set(policy).map(Self::Set) } else { key(policy).map(Self::One) }
    }

    fn verified(&self, token: Decomposed<'_>, validator: &CoreValidator) -> Result<Validated<Claims>, Verdict> {
        let key = match self {
            Self::One(key) => Some(key),
            Self::Set(keys) => keys.get_key_by_opt(token.kid(), token.alg()),
        };
        let key = key.ok_or_else(|| Verdict::reject(Reason::Key, "no key in the set fits"))?;
        token.verify(key, validator).map_err(|error| refusal(&error))
    }
}

fn key_set(policy: &Policy) -> Result<Jwks, Verdict> {
    let keys: Vec<String> = policy.keys.iter().filter_map(jwk_text).collect();
    serde_json::from_str(&format!(r#"{{"keys":[{}]}}"#, keys.join(",")))
        .map_err(|error| Verdict::reject(Reason::Key, error.to_string()))
}

fn key(policy: &Policy) -> Result<Jwk, Verdict> {
    let key = only_key(policy)?;
    if let Some(jwk) = jwk_text(key) {
        return serde_json::from_str(&jwk).map_err(|error| Verdict::reject(Reason::Key, error.to_string()));
    }
    match (&key.pem, &key.secret) {
        (Some(_), _) if policy.algorithms.iter().flatten().any(|algorithm| algorithm.is_ecdsa()) => {
            Err(Verdict::unsupported(Feature::Pem))
        }
        (Some(pem), _) => jwa::Rsa::public_key_from_pem(pem)
            .map(Jwk::from)
            .map_err(|error| Verdict::reject(Reason::Key, error.to_string())),
        (None, Some(secret)) => Ok(Jwk::from(jwa::Hmac::new(Base64Url::from_raw(secret.clone())))),
        (None, None) => Err(Verdict::unsupported(Feature::Pem)),
    }
}

fn jwk_text(key: &Key) -> Option<String> {
    key.jwk_text.clone().or_else(|| key.jwk.as_ref().map(Value::to_string))
}

fn validator(policy: &Policy) -> Result<CoreValidator, Verdict> {
    let mut validator = CoreValidator::default()
        .with_leeway_secs(policy.leeway.unwrap_or(0))
        .extend_allowed_audiences(policy.audience.iter().map(|audience| Audience::new(audience.clone())));
    if let Some(algorithms) = &policy.algorithms {
        let approved: Vec<_> =
            algorithms.iter().filter_map(|algorithm| jwa::Algorithm::try_from(algorithm.as_str()).ok()).collect();
        if approved.is_empty() {
            // An empty list is none at all to the crate.
            return Err(Verdict::unsupported(Algorithm::None));
        }
        validator = validator.extend_approved_algorithms(approved);
    }
    if let Some(issuer) = policy.issuer.first() {
        validator = validator.require_issuer(Issuer::new(issuer.clone()));
    }
    if let Some(subject) = &policy.subject {
        let exact = Regex::new(&format!("^{}$", regex::escape(subject))).expect("escaped text is a regular expression");
        validator = validator.check_subject(exact);
    }
    for claim in &policy.required_claims {
        validator = match claim.as_str() {
            "exp" => validator.check_expiration(),
            "nbf" => validator.check_not_before(),
            _ => return Err(Verdict::unsupported(Feature::RequiredClaims)),
        };
    }
    Ok(validator)
}

fn refusal(error: &JwtVerifyError) -> Verdict {
    let reason = match error {
        JwtVerifyError::JwkVerifyError(error) => match error {
            JwkVerifyError::IncompatibleAlgorithm(_) => Reason::Algorithm,
            JwkVerifyError::JwkUsageMismatch(_) => Reason::Key,
            JwkVerifyError::SignatureMismatch(_) => Reason::Signature,
            JwkVerifyError::Unexpected(_) => Reason::Other,
        },
        JwtVerifyError::MalformedToken(_)
        | JwtVerifyError::MalformedTokenHeader(_)
        | JwtVerifyError::MalformedTokenPayload(_)
        | JwtVerifyError::MalformedTokenSignature(_) => Reason::Malformed,
        JwtVerifyError::ClaimsRejected(error) => match error {
            ClaimsRejected::InvalidAlgorithm => Reason::Algorithm,
            ClaimsRejected::InvalidAudience => Reason::Audience,
            ClaimsRejected::InvalidIssuer => Reason::Issuer,
            ClaimsRejected::InvalidSubject => Reason::Subject,
            ClaimsRejected::TokenExpired => Reason::Expired,
            ClaimsRejected::TokenNotYetValid => Reason::NotYetValid,
            ClaimsRejected::MissingRequiredClaim(_) => Reason::MissingClaim,
            ClaimsRejected::Custom(_) => Reason::Other,
        },
        JwtVerifyError::Unexpected(_) => Reason::Other,
    };
    let source = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    Verdict::reject(reason, format!("{error}{source}"))
}

fn supports() -> Vec<Capability> {
    ALGORITHMS.map(Capability::from).into_iter().chain(FEATURES.map(Capability::from)).collect()
}

const VERSION: &str = "0.6.4";

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

const FEATURES: [Feature; 12] = [
    Feature::Exp,
    Feature::Pem,
    Feature::Jwk,
    Feature::Jwks,
    Feature::Secret,
    Feature::Issuer,
    Feature::Audience,
    Feature::AudienceList,
    Feature::Subject,
    Feature::Leeway,
    Feature::RequiredClaims,
    Feature::Defaults,
];
