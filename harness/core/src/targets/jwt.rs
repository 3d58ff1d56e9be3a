//! jwt by `VerifyWithKey` and `VerifyWithStore`, as its README shows, with its feature `openssl`.
//!
//! It verifies the signature and hands back the claims; it checks no time, issuer, audience, subject, `typ` or `crit`.
//! A key is one algorithm: `PKeyWithDigest` from PEM, or `Hmac` from octets. Where the policy lists several, the header
//! that `Token::parse_unverified` gives tells which to build, and a token that names none of them meets the first,
//! which refuses it. A `Store` chooses by `kid` and refuses a token without one. There is no JWK, RSASSA-PSS, ES256K or
//! EdDSA.

use std::collections::BTreeMap;

use hmac_0_12::{Hmac, Mac as _};
use jwt::{
    AlgorithmType, Error, Header, PKeyWithDigest, Token, VerifyWithKey as _, VerifyWithStore as _, VerifyingAlgorithm,
};
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey};
use serde_json::{Map, Value};
use sha2_0_10::{Sha256, Sha384, Sha512};
use token_assay_model::report::TargetInfo;
use token_assay_model::{Algorithm, Capability, Feature, Key, Policy, Reason, Request, Verdict};

use super::service::text_ready;
use super::support::{crate_info, only_key};
use super::{Ready, Service, Verifier};

/// The crate `jwt` with its feature `openssl`.
#[derive(Debug, Clone, Copy)]
pub struct Jwt;

impl Verifier for Jwt {
    fn info(&self) -> TargetInfo {
        crate_info("jwt", VERSION, "https://github.com/mikkyang/rust-jwt", supports())
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        verify(request).unwrap_or_else(|refusal| refusal)
    }

    fn ready(&self, policy: &Policy) -> Option<Ready> {
        ready(Service::of(&supports(), policy)?).ok()
    }
}

type Claims = Map<String, Value>;

fn verify(Request { input, policy }: Request<'_>) -> Result<Verdict, Verdict> {
    if let Some(lacking) = policy.needs().into_iter().find(|need| !supports().contains(need)) {
        return Err(Verdict::unsupported(lacking));
    }
    let text = input.text().ok_or_else(|| Verdict::unsupported(Feature::Bytes))?;
    let token: Token<Header, Claims, _> = Token::parse_unverified(text).map_err(|error| refusal(&error))?;
    let algorithm = chosen(policy, token.header().algorithm)?;

    let verified = if policy.jwks {
        let keys = policy.keys.iter().filter_map(|key| Some((key.kid.clone()?, verifier(algorithm, key).ok()?)));
        token.verify_with_store(&keys.collect::<BTreeMap<_, _>>())
    } else {
        token.verify_with_key(&verifier(algorithm, only_key(policy)?)?)
    };
    let verified = verified.map_err(|error| refusal(&error))?;
    Ok(Verdict::accept(verified.claims().clone()))
}

fn ready(service: Service) -> Result<Ready, Verdict> {
    let policy = &service.policy;
    if policy.jwks {
        let keys = policy.keys.iter();
        let keys = keys.filter_map(|key| Some((key.kid.clone()?, verifier(service.algorithm, key).ok()?)));
        let keys: BTreeMap<String, KeptKey> = keys.collect();
        return Ok(text_ready(move |token| {
            let verified: Result<Token<Header, Claims, _>, _> = token.verify_with_store(&keys);
            verified.is_ok_and(|token| service.agrees(token.claims()))
        }));
    }
    let key = verifier(service.algorithm, only_key(policy)?)?;
    Ok(text_ready(move |token| {
        let verified: Result<Token<Header, Claims, _>, _> = token.verify_with_key(&key);
        verified.is_ok_and(|token| service.agrees(token.claims()))
    }))
}

/// A key that threads may share.
struct KeptKey(Box<dyn VerifyingAlgorithm + Send + Sync>);

impl AsRef<dyn VerifyingAlgorithm> for KeptKey {
    fn as_ref(&self) -> &(dyn VerifyingAlgorithm + 'static) {
        self.0.as_ref()
    }
}

/// The algorithm that the token names, where it is allowed and a key can serve it; otherwise the first that a key can
/// serve, for the crate to refuse the token by.
fn chosen(policy: &Policy, named: AlgorithmType) -> Result<Algorithm, Verdict> {
    let serves =
        |key: &Key, algorithm: Algorithm| if algorithm.is_hmac() { key.secret.is_some() } else { key.pem.is_some() };
    let listed = policy.algorithms.iter().flatten().copied().filter(|algorithm| *algorithm != Algorithm::None);
    let fitting = listed.clone().filter(|algorithm| policy.keys.iter().any(|key| serves(key, *algorithm)));
    let chosen = fitting.clone().find(|algorithm| type_of(*algorithm) == Some(named));
    chosen.or(fitting.clone().next()).or(listed.clone().next()).ok_or_else(|| Verdict::unsupported(Algorithm::None))
}

fn verifier(algorithm: Algorithm, key: &Key) -> Result<KeptKey, Verdict> {
    if algorithm.is_hmac() {
        let secret = key.secret.as_ref().ok_or_else(|| no_key(key))?;
        return Ok(KeptKey(match algorithm {
            Algorithm::Hs384 => Box::new(Hmac::<Sha384>::new_from_slice(secret).expect("any length will do")),
            Algorithm::Hs512 => Box::new(Hmac::<Sha512>::new_from_slice(secret).expect("any length will do")),
            _ => Box::new(Hmac::<Sha256>::new_from_slice(secret).expect("any length will do")),
        }));
    }
    let digest = match algorithm {
        Algorithm::Rs384 | Algorithm::Es384 => MessageDigest::sha384(),
        Algorithm::Rs512 | Algorithm::Es512 => MessageDigest::sha512(),
        _ => MessageDigest::sha256(),
    };
    let pem = key.pem.as_ref().ok_or_else(|| no_key(key))?;
    let key =
        PKey::public_key_from_pem(pem.as_bytes()).map_err(|error| Verdict::reject(Reason::Key, error.to_string()))?;
    // A digest with a key of the other kind would be another algorithm than the policy lists.
    let kind = if algorithm.is_rsa() { Id::RSA } else { Id::EC };
    if key.id() != kind {
        return Err(Verdict::reject(Reason::Key, "no key of the kind that the algorithm takes"));
    }
    Ok(KeptKey(Box::new(PKeyWithDigest { digest, key })))
}

fn no_key(key: &Key) -> Verdict {
    match (&key.pem, &key.secret) {
        (None, None) => Verdict::unsupported(Feature::Jwk),
        _ => Verdict::reject(Reason::Key, "no key of the kind that the algorithm takes"),
    }
}

fn type_of(algorithm: Algorithm) -> Option<AlgorithmType> {
    match algorithm {
        Algorithm::Hs256 => Some(AlgorithmType::Hs256),
        Algorithm::Hs384 => Some(AlgorithmType::Hs384),
        Algorithm::Hs512 => Some(AlgorithmType::Hs512),
        Algorithm::Rs256 => Some(AlgorithmType::Rs256),
        Algorithm::Rs384 => Some(AlgorithmType::Rs384),
        Algorithm::Rs512 => Some(AlgorithmType::Rs512),
        Algorithm::Es256 => Some(AlgorithmType::Es256),
        Algorithm::Es384 => Some(AlgorithmType::Es384),
        Algorithm::Es512 => Some(AlgorithmType::Es512),
        _ => None,
    }
}

fn refusal(error: &Error) -> Verdict {
    let reason = match error {
        Error::AlgorithmMismatch(..) => Reason::Algorithm,
        Error::InvalidSignature | Error::RustCryptoMac(_) | Error::OpenSsl(_) => Reason::Signature,
        Error::NoKeyId | Error::NoKeyWithKeyId(_) | Error::RustCryptoMacKeyLength(_) => Reason::Key,
        Error::Base64(_)
        | Error::Format
        | Error::Json(_)
        | Error::NoClaimsComponent
        | Error::NoHeaderComponent
        | Error::NoSignatureComponent
        | Error::TooManyComponents
        | Error::Utf8(_) => Reason::Malformed,
    };
    Verdict::reject(reason, error.to_string())
}

fn supports() -> Vec<Capability> {
    ALGORITHMS.map(Capability::from).into_iter().chain(FEATURES.map(Capability::from)).collect()
}

const VERSION: &str = "0.16.0";

const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::Hs256,
    Algorithm::Hs384,
    Algorithm::Hs512,
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Es256,
    Algorithm::Es384,
    Algorithm::Es512,
];

const FEATURES: [Feature; 3] = [Feature::Pem, Feature::Secret, Feature::Jwks];
