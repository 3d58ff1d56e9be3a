//! jsonwebtokens by an `Algorithm` with its key and a `Verifier`, as its README shows.
//!
//! An `Algorithm` is one algorithm. Where the policy lists several, `raw::decode_header_only` tells which to build, and a
//! token that names none of them meets the first, which refuses it. In a key set the policy's key of the token's `kid` is
//! taken and bound to it by `set_kid`. Keys are PEM or octets; the crate reads no JWK. The verifier has a clock, a leeway, issuers, one audience, a subject, and a callback that requires any claim;
//! it refuses an `iat` ahead of the clock, and ignores `typ` and `crit`. `none` is an algorithm like others, taken where
//! the policy has no key.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtokens::error::Error;
use jsonwebtokens::{Algorithm as Alg, AlgorithmID, Verifier as ClaimVerifier, raw};
use serde_json::Value;
use token_assay_model::report::TargetInfo;
use token_assay_model::{Algorithm, Capability, Claims, Feature, Key, Policy, Reason, Request, Verdict};

use super::service::{KeptKeys, text_ready};
use super::support::{crate_info, only_key};
use super::{Ready, Service, Verifier};

/// The crate `jsonwebtokens`.
#[derive(Debug, Clone, Copy)]
pub struct Jsonwebtokens;

impl Verifier for Jsonwebtokens {
    fn info(&self) -> TargetInfo {
        crate_info("jsonwebtokens", VERSION, "https://github.com/rib/jsonwebtokens", supports())
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
    let now = now(policy)?;
    let verifier = claim_verifier(policy)?;
    let algorithm = algorithm(token, policy)?;

    let token = verifier.verify_for_time(token, &algorithm, now).map_err(|error| refusal(&error, policy))?;
    match (token.claims, token.header) {
        (Value::Object(claims), Value::Object(header)) => {
            Ok(Verdict::Accept { claims: Claims(claims), header: Some(header) })
        }
        _ => Err(Verdict::reject(Reason::Other, "the header or the claims are no object")),
    }
}

/// An algorithm with its key for every `kid`, bound to it where a token must name one.
fn ready(service: &Service) -> Result<Ready, Verdict> {
    let policy = &service.policy;
    let verifier = claim_verifier(policy)?;
    if policy.jwks {
        let algorithms = KeptKeys::read(policy, |key| {
            let mut algorithm = built(service.algorithm, key).ok()?;
            if let Some(kid) = key.kid.as_ref().filter(|_| policy.keys.len() > 1) {
                algorithm.set_kid(kid);
            }
            Some(algorithm)
        });
        return Ok(text_ready(move |token| {
            let Ok(header) = raw::decode_header_only(token) else { return false };
            let algorithm = algorithms.named(header.get("kid").and_then(Value::as_str));
            algorithm.is_some_and(|algorithm| verifier.verify(token, algorithm).is_ok())
        }));
    }
    let algorithm = built(service.algorithm, only_key(policy)?)?;
    Ok(text_ready(move |token| verifier.verify(token, &algorithm).is_ok()))
}

fn algorithm(token: &str, policy: &Policy) -> Result<Alg, Verdict> {
    if policy.keys.is_empty() && policy.algorithms.iter().flatten().any(|listed| *listed == Algorithm::None) {
        return Alg::new_unsecured().map_err(|error| unusable(&error));
    }
    if !policy.jwks {
        let key = only_key(policy)?;
        return built(chosen(token, policy, key)?, key);
    }
    let header = raw::decode_header_only(token).map_err(|error| refusal(&error, policy))?;
    let kid = header.get("kid").and_then(Value::as_str);
    let key = match (kid, policy.keys.as_slice()) {
        (Some(kid), keys) => keys.iter().find(|key| key.kid.as_deref() == Some(kid)),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    let key = key.ok_or_else(|| Verdict::reject(Reason::Key, "no key in the set fits"))?;
    let mut algorithm = built(chosen(token, policy, key)?, key)?;
    if let Some(kid) = kid {
        algorithm.set_kid(kid);
    }
    Ok(algorithm)
}

/// The algorithm that the token names, where it is allowed and the key can serve it; otherwise the first that the key can
/// serve, for the crate to refuse the token by.
fn chosen(token: &str, policy: &Policy, key: &Key) -> Result<Algorithm, Verdict> {
    let listed = policy.algorithms.as_deref().unwrap_or_default();
    if let [only] = listed {
        return Ok(*only);
    }
    let header = raw::decode_header_only(token).map_err(|error| refusal(&error, policy))?;
    let named = header.get("alg").and_then(Value::as_str);
    let octets = key.secret.is_some();
    let fitting =
        listed.iter().copied().filter(|algorithm| *algorithm != Algorithm::None && algorithm.is_hmac() == octets);
    let chosen = fitting.clone().find(|algorithm| Some(algorithm.as_str()) == named);
    chosen.or(fitting.clone().next()).or(listed.first().copied()).ok_or_else(|| Verdict::unsupported(Algorithm::None))
}

/// The crate reads no JWK: taking one apart here would test this file.
fn built(algorithm: Algorithm, key: &Key) -> Result<Alg, Verdict> {
    let id: AlgorithmID = algorithm.as_str().parse().map_err(|error| unusable(&error))?;
    let built = match (&key.pem, &key.secret) {
        (_, Some(secret)) if algorithm.is_hmac() => Alg::new_hmac(id, secret.clone()),
        (Some(pem), _) if algorithm.is_rsa() => Alg::new_rsa_pem_verifier(id, pem.as_bytes()),
        (Some(pem), _) if algorithm.is_ecdsa() => Alg::new_ecdsa_pem_verifier(id, pem.as_bytes()),
        (None, None) if key.jwk.is_some() || key.jwk_text.is_some() => return Err(Verdict::unsupported(Feature::Jwk)),
        (None, None) => return Err(Verdict::unsupported(Feature::Pem)),
        _ => return Err(Verdict::reject(Reason::Key, "no key of the kind that the algorithm takes")),
    };
    built.map_err(|error| unusable(&error))
}

fn claim_verifier(policy: &Policy) -> Result<ClaimVerifier, Verdict> {
    let leeway = policy.leeway.unwrap_or(0).try_into().map_err(|_| Verdict::unsupported(Feature::Leeway))?;
    let mut verifier = ClaimVerifier::create();
    verifier.leeway(leeway);
    for claim in &policy.required_claims {
        verifier.claim_callback(claim, |value| !value.is_null());
    }
    // A claim has one check, the last that was set, and each requires the claim.
    match policy.issuer.as_slice() {
        [] => {}
        [issuer] => {
            verifier.issuer(issuer);
        }
        issuers => {
            let issuers: Vec<&str> = issuers.iter().map(String::as_str).collect();
            verifier.string_equals_one_of("iss", &issuers);
        }
    }
    if let Some(audience) = policy.audience.first() {
        verifier.audience(audience);
    }
    if let Some(subject) = &policy.subject {
        verifier.subject(subject);
    }
    verifier.build().map_err(|error| unusable(&error))
}

fn now(policy: &Policy) -> Result<u64, Verdict> {
    match policy.now {
        Some(now) => u64::try_from(now).map_err(|_| Verdict::unsupported(Feature::Clock)),
        None => Ok(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()),
    }
}

fn unusable(error: &Error) -> Verdict {
    Verdict::reject(Reason::Key, error.to_string())
}

fn refusal(error: &Error, policy: &Policy) -> Verdict {
    Verdict::reject(reason(error, policy), error.to_string())
}

/// Two of the variants cover several reasons, told apart by their text alone.
fn reason(error: &Error, policy: &Policy) -> Reason {
    match error {
        Error::AlgorithmMismatch() => Reason::Algorithm,
        Error::InvalidSignature() => Reason::Signature,
        Error::TokenExpiredAt(_) => Reason::Expired,
        Error::InvalidInput(_) | Error::MalformedToken(_) => text_reason(&error.to_string(), policy),
        _ => Reason::Other,
    }
}

fn text_reason(what: &str, policy: &Policy) -> Reason {
    if policy.required_claims.iter().any(|claim| what == format!("JWT claims invalid: Claim {claim}: missing")) {
        return Reason::MissingClaim;
    }
    let known = [
        ("Invalid Input: Unknown algorithm name", Reason::Algorithm),
        ("JWT claims invalid: Issued with a future 'iat'", Reason::NotYetValid),
        ("JWT claims invalid: Time is before 'nbf'", Reason::NotYetValid),
        ("JWT claims invalid: Claim iss", Reason::Issuer),
        ("JWT claims invalid: Claim aud", Reason::Audience),
        ("JWT claims invalid: Claim sub", Reason::Subject),
        ("JWT claims invalid: Claim ", Reason::MissingClaim),
        ("JWT claims invalid: Given '", Reason::MissingClaim),
        ("JWT claims invalid: Failed to parse '", Reason::MissingClaim),
        ("JWT claims invalid: 'kid'", Reason::Key),
    ];
    known.iter().find(|(start, _)| what.starts_with(start)).map_or(Reason::Malformed, |(_, reason)| *reason)
}

fn supports() -> Vec<Capability> {
    ALGORITHMS.map(Capability::from).into_iter().chain(FEATURES.map(Capability::from)).collect()
}

const VERSION: &str = "1.2.0";

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

const FEATURES: [Feature; 12] = [
    Feature::Exp,
    Feature::Nbf,
    Feature::Clock,
    Feature::Pem,
    Feature::Jwks,
    Feature::Secret,
    Feature::Issuer,
    Feature::IssuerList,
    Feature::Audience,
    Feature::Subject,
    Feature::Leeway,
    Feature::RequiredClaims,
];
