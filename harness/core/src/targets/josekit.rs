//! josekit by `jwt::decode_with_verifier`, a verifier of one algorithm, and `JwtPayloadValidator`, as its README shows.
//!
//! Where the policy lists several algorithms, `decode_header` tells which verifier to build, and a token that names
//! none of them meets the first, which refuses it. A key is PEM or octets, as in the README, and a JWK for RSASSA-PSS,
//! whose PEM must be of the type RSASSA-PSS. In a key set the token must name a `kid`, as for
//! `decode_with_verifier_in_jwk_set`, whose signature admits no verifier that is built at run time. The validator
//! checks `exp`, `nbf` and `iat` by an injected time, one issuer, one audience, a subject; it has no leeway, no `typ`,
//! and no claim that must be there with any value. `none` is an algorithm like others, where the policy lists it.
//!
//! Encrypted tokens go through a `JweContext` that has no content encryption but those of the policy, as
//! `decode_with_decrypter` does with one that has all; what is inside becomes claims as there, or is verified as above.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use josekit::JoseError;
use josekit::jwe::{
    A128GCMKW, A128KW, A192GCMKW, A192KW, A256GCMKW, A256KW, Dir, ECDH_ES, ECDH_ES_A128KW, ECDH_ES_A192KW,
    ECDH_ES_A256KW, JweContext, JweDecrypter, PBES2_HS256_A128KW, PBES2_HS384_A192KW, PBES2_HS512_A256KW, RSA_OAEP,
    RSA_OAEP_256,
};
use josekit::jwk::{Jwk, JwkSet};
use josekit::jws::alg::ecdsa::EcdsaJwsAlgorithm;
use josekit::jws::alg::hmac::HmacJwsAlgorithm;
use josekit::jws::alg::rsassa::RsassaJwsAlgorithm;
use josekit::jws::alg::rsassa_pss::RsassaPssJwsAlgorithm;
use josekit::jws::{
    ES256, ES256K, ES384, ES512, EdDSA, HS256, HS384, HS512, JwsHeader, JwsVerifier, PS256, PS384, PS512, RS256, RS384,
    RS512,
};
use josekit::jwt::{self, JwtContext, JwtPayload, JwtPayloadValidator};
use serde_json::Value;
use token_assay_model::report::TargetInfo;
use token_assay_model::{
    Algorithm, Capability, Claims, ContentEncryption, Encryption, Feature, Input, Key, KeyManagement, Policy, Reason,
    Request, Verdict,
};

use super::support::{crate_info, only_key};
use super::{Ready, Service, Verifier};

/// The crate `josekit`, which needs OpenSSL.
#[derive(Debug, Clone, Copy)]
pub struct Josekit;

impl Verifier for Josekit {
    fn info(&self) -> TargetInfo {
        crate_info("josekit", VERSION, "https://github.com/hidekatsu-izuno/josekit-rs", supports())
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
    let validator = validator(policy)?;
    let (payload, header) = match &policy.encryption {
        Some(encryption) => decrypted(input, policy, encryption)?,
        None => decoded(input, policy)?,
    };
    validator.validate(&payload).map_err(|error| refusal(&error))?;
    Ok(Verdict::Accept { claims: Claims(payload.claims_set().clone()), header: Some(header.into_map()) })
}

/// Without a base time the validator asks the system's clock for every token.
fn ready(service: &Service) -> Result<Ready, Verdict> {
    let policy = &service.policy;
    if policy.max_age.is_some() {
        return Err(Verdict::unsupported(Feature::MaxAge));
    }
    let (context, mut validator) = (context(policy), JwtPayloadValidator::new());
    set_names(&mut validator, policy);
    if policy.jwks {
        let verifiers = verifiers(service.algorithm, policy)?.into_iter();
        let verifiers: HashMap<String, Box<dyn JwsVerifier>> =
            verifiers.filter_map(|verifier| Some((verifier.key_id()?.to_owned(), verifier))).collect();
        return Ok(Box::new(move |token| {
            let select = |header: &JwsHeader| Ok(header.key_id().and_then(|kid| verifiers.get(kid)).map(AsRef::as_ref));
            let decoded = context.decode_with_verifier_selector(token, select);
            decoded.is_ok_and(|(payload, _)| validator.validate(&payload).is_ok())
        }));
    }
    let verifier = verifier(service.algorithm, only_key(policy)?)?;
    Ok(Box::new(move |token| {
        let decoded = context.decode_with_verifier(token, verifier.as_ref());
        decoded.is_ok_and(|(payload, _)| validator.validate(&payload).is_ok())
    }))
}

/// The claims inside an encrypted token, or those of the signed token inside, whose header is given then.
fn decrypted(input: &Input, policy: &Policy, encryption: &Encryption) -> Result<(JwtPayload, JwsHeader), Verdict> {
    let mut context = JweContext::new();
    for name in &policy.critical {
        context.add_acceptable_critical(name);
    }
    for enc in ContentEncryption::ALL.iter().filter(|enc| !encryption.enc.contains(enc)) {
        context.remove_content_encryption(enc.as_str());
    }
    let key = policy.recipient().ok_or_else(|| Verdict::unsupported(Feature::Jwks))?;
    let decrypters: Vec<_> = encryption.alg.iter().map(|alg| decrypter(*alg, key)).collect::<Result<_, _>>()?;
    let select = |header: &josekit::jwe::JweHeader| {
        let named = header.claim("alg").and_then(Value::as_str);
        let fits = decrypters.iter().find(|decrypter| Some(decrypter.algorithm().name()) == named);
        Ok(fits.or(decrypters.first()).map(AsRef::as_ref))
    };
    let opened = context.deserialize_compact_with_selector(input.octets(), select);
    let (plaintext, _) = opened.map_err(|error| refusal(&error))?;
    if policy.algorithms.is_some() {
        return decoded(&Input::from_octets(plaintext), &policy.inside());
    }
    let claims: serde_json::Map<String, Value> =
        serde_json::from_slice(&plaintext).map_err(|error| Verdict::reject(Reason::Malformed, error.to_string()))?;
    Ok((JwtPayload::from_map(claims).map_err(|error| refusal(&error))?, JwsHeader::new()))
}

fn decrypter(alg: KeyManagement, key: &Key) -> Result<Box<dyn JweDecrypter>, Verdict> {
    let text = jwk_text(key).ok_or_else(|| Verdict::unsupported(Feature::Pem))?;
    let read = Jwk::from_bytes(&text).and_then(|mut jwk| {
        // Its name would have to stand in every token, which a policy of one key does not ask.
        jwk.set_parameter("kid", None)?;
        decrypter_from_jwk(alg, &jwk)
    });
    read.map_err(|error| unusable(&error))
}

fn decrypter_from_jwk(alg: KeyManagement, jwk: &Jwk) -> Result<Box<dyn JweDecrypter>, JoseError> {
    Ok(match alg {
        KeyManagement::Dir => Box::new(Dir.decrypter_from_jwk(jwk)?),
        KeyManagement::A128Kw => Box::new(A128KW.decrypter_from_jwk(jwk)?),
        KeyManagement::A192Kw => Box::new(A192KW.decrypter_from_jwk(jwk)?),
        KeyManagement::A256Kw => Box::new(A256KW.decrypter_from_jwk(jwk)?),
        KeyManagement::A128GcmKw => Box::new(A128GCMKW.decrypter_from_jwk(jwk)?),
        KeyManagement::A192GcmKw => Box::new(A192GCMKW.decrypter_from_jwk(jwk)?),
        KeyManagement::A256GcmKw => Box::new(A256GCMKW.decrypter_from_jwk(jwk)?),
        #[expect(deprecated, reason = "what is deprecated is what is tried")]
        KeyManagement::Rsa15 => Box::new(josekit::jwe::RSA1_5.decrypter_from_jwk(jwk)?),
        KeyManagement::RsaOaep => Box::new(RSA_OAEP.decrypter_from_jwk(jwk)?),
        KeyManagement::RsaOaep256 => Box::new(RSA_OAEP_256.decrypter_from_jwk(jwk)?),
        KeyManagement::EcdhEs => Box::new(ECDH_ES.decrypter_from_jwk(jwk)?),
        KeyManagement::EcdhEsA128Kw => Box::new(ECDH_ES_A128KW.decrypter_from_jwk(jwk)?),
        KeyManagement::EcdhEsA192Kw => Box::new(ECDH_ES_A192KW.decrypter_from_jwk(jwk)?),
        KeyManagement::EcdhEsA256Kw => Box::new(ECDH_ES_A256KW.decrypter_from_jwk(jwk)?),
        KeyManagement::Pbes2Hs256A128Kw => Box::new(PBES2_HS256_A128KW.decrypter_from_jwk(jwk)?),
        KeyManagement::Pbes2Hs384A192Kw => Box::new(PBES2_HS384_A192KW.decrypter_from_jwk(jwk)?),
        KeyManagement::Pbes2Hs512A256Kw => Box::new(PBES2_HS512_A256KW.decrypter_from_jwk(jwk)?),
    })
}

fn context(policy: &Policy) -> JwtContext {
    let mut context = JwtContext::new();
    for name in &policy.critical {
        context.add_acceptable_critical(name);
    }
    context
}

fn decoded(input: &Input, policy: &Policy) -> Result<(JwtPayload, JwsHeader), Verdict> {
    let context = context(policy);
    let token = input.octets();
    let header = context.decode_header(token).map_err(|error| refusal(&error))?;
    let algorithm = chosen(policy, header.claim("alg").and_then(Value::as_str))?;

    if policy.jwks {
        let verifiers = verifiers(algorithm, policy)?;
        let select = |header: &JwsHeader| {
            let Some(kid) = header.key_id() else { return Ok(None) };
            Ok(verifiers.iter().map(AsRef::as_ref).find(|verifier| verifier.key_id() == Some(kid)))
        };
        return context.decode_with_verifier_selector(token, select).map_err(|error| refusal(&error));
    }
    let verifier = verifier(algorithm, only_key(policy)?)?;
    context.decode_with_verifier(token, verifier.as_ref()).map_err(|error| refusal(&error))
}

/// The algorithm that the token names, where it is allowed and a key can serve it; otherwise the first that a key can
/// serve, for the crate to refuse the token by.
fn chosen(policy: &Policy, named: Option<&str>) -> Result<Algorithm, Verdict> {
    let serves = |key: &Key, algorithm: Algorithm| {
        algorithm == Algorithm::None || algorithm.is_hmac() == (key.secret.is_some() || is_octets(key))
    };
    let listed = policy.algorithms.iter().flatten().copied();
    let fitting = listed.clone().filter(|algorithm| policy.keys.iter().any(|key| serves(key, *algorithm)));
    let chosen = fitting.clone().find(|algorithm| Some(algorithm.as_str()) == named);
    let signed = fitting.clone().find(|algorithm| *algorithm != Algorithm::None);
    chosen.or(signed).or(listed.clone().next()).ok_or_else(|| Verdict::unsupported(Feature::Defaults))
}

fn is_octets(key: &Key) -> bool {
    key.jwk.as_ref().is_some_and(|jwk| jwk["kty"] == "oct")
}

/// Keys of other kinds than the algorithm takes are no candidates.
fn verifiers(algorithm: Algorithm, policy: &Policy) -> Result<Vec<Box<dyn JwsVerifier>>, Verdict> {
    let keys: Vec<String> = policy.keys.iter().filter_map(jwk_text).collect();
    let set = JwkSet::from_bytes(format!(r#"{{"keys":[{}]}}"#, keys.join(","))).map_err(|error| unusable(&error))?;
    Ok(set.keys().into_iter().filter_map(|jwk| verifier_from_jwk(algorithm, jwk).ok()).collect())
}

fn verifier(algorithm: Algorithm, key: &Key) -> Result<Box<dyn JwsVerifier>, Verdict> {
    let verifier = match (&key.pem, &key.secret) {
        _ if algorithm == Algorithm::None => Ok(Box::new(jwt::None.verifier()) as Box<dyn JwsVerifier>),
        (_, Some(secret)) if algorithm.is_hmac() => verifier_from_bytes(algorithm, secret),
        (Some(pem), _) if !algorithm.is_hmac() && !is_pss(algorithm) => verifier_from_pem(algorithm, pem),
        (pem, _) => match jwk_text(key) {
            Some(jwk) => Jwk::from_bytes(&jwk).and_then(|mut jwk| {
                // Its name would have to stand in every token, which a policy of one key does not ask.
                jwk.set_parameter("kid", None)?;
                verifier_from_jwk(algorithm, &jwk)
            }),
            None if pem.is_some() && is_pss(algorithm) => return Err(Verdict::unsupported(Feature::Pem)),
            None => return Err(Verdict::reject(Reason::Key, "no key of the kind that the algorithm takes")),
        },
    };
    verifier.map_err(|error| unusable(&error))
}

fn verifier_from_bytes(algorithm: Algorithm, secret: &[u8]) -> Result<Box<dyn JwsVerifier>, JoseError> {
    Ok(Box::new(hmac(algorithm).verifier_from_bytes(secret)?))
}

fn verifier_from_pem(algorithm: Algorithm, pem: &str) -> Result<Box<dyn JwsVerifier>, JoseError> {
    Ok(match algorithm {
        _ if algorithm.is_rsa() => Box::new(rsassa(algorithm).verifier_from_pem(pem)?),
        Algorithm::EdDsa => Box::new(EdDSA.verifier_from_pem(pem)?),
        _ => Box::new(ecdsa(algorithm).verifier_from_pem(pem)?),
    })
}

fn verifier_from_jwk(algorithm: Algorithm, jwk: &Jwk) -> Result<Box<dyn JwsVerifier>, JoseError> {
    Ok(match algorithm {
        _ if algorithm.is_hmac() => Box::new(hmac(algorithm).verifier_from_jwk(jwk)?),
        _ if is_pss(algorithm) => Box::new(pss(algorithm).verifier_from_jwk(jwk)?),
        _ if algorithm.is_rsa() => Box::new(rsassa(algorithm).verifier_from_jwk(jwk)?),
        Algorithm::EdDsa => Box::new(EdDSA.verifier_from_jwk(jwk)?),
        _ => Box::new(ecdsa(algorithm).verifier_from_jwk(jwk)?),
    })
}

fn is_pss(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::Ps256 | Algorithm::Ps384 | Algorithm::Ps512)
}

fn hmac(algorithm: Algorithm) -> HmacJwsAlgorithm {
    match algorithm {
        Algorithm::Hs384 => HS384,
        Algorithm::Hs512 => HS512,
        _ => HS256,
    }
}

fn rsassa(algorithm: Algorithm) -> RsassaJwsAlgorithm {
    match algorithm {
        Algorithm::Rs384 => RS384,
        Algorithm::Rs512 => RS512,
        _ => RS256,
    }
}

fn pss(algorithm: Algorithm) -> RsassaPssJwsAlgorithm {
    match algorithm {
        Algorithm::Ps384 => PS384,
        Algorithm::Ps512 => PS512,
        _ => PS256,
    }
}

fn ecdsa(algorithm: Algorithm) -> EcdsaJwsAlgorithm {
    match algorithm {
        Algorithm::Es384 => ES384,
        Algorithm::Es512 => ES512,
        Algorithm::Es256k => ES256K,
        _ => ES256,
    }
}

fn jwk_text(key: &Key) -> Option<String> {
    key.jwk_text.clone().or_else(|| key.jwk.as_ref().map(Value::to_string))
}

fn validator(policy: &Policy) -> Result<JwtPayloadValidator, Verdict> {
    let now = match policy.now {
        Some(now) => {
            let now = u64::try_from(now).map_err(|_| Verdict::unsupported(Feature::Clock))?;
            UNIX_EPOCH + Duration::from_secs(now)
        }
        None => SystemTime::now(),
    };
    let mut validator = JwtPayloadValidator::new();
    validator.set_base_time(now);
    // The base time governs `exp` and `nbf` alone; the latest `iat` is the system's time unless it is told.
    validator.set_max_issued_time(now);
    if let Some(seconds) = policy.max_age {
        validator.set_min_issued_time(now.checked_sub(Duration::from_secs(seconds)).unwrap_or(UNIX_EPOCH));
    }
    set_names(&mut validator, policy);
    Ok(validator)
}

fn set_names(validator: &mut JwtPayloadValidator, policy: &Policy) {
    if let Some(issuer) = policy.issuer.first() {
        validator.set_issuer(issuer);
    }
    if let Some(audience) = policy.audience.first() {
        validator.set_audience(audience);
    }
    if let Some(subject) = &policy.subject {
        validator.set_subject(subject);
    }
}

fn unusable(error: &JoseError) -> Verdict {
    Verdict::reject(Reason::Key, error.to_string())
}

fn refusal(error: &JoseError) -> Verdict {
    Verdict::reject(reason(error), error.to_string())
}

/// Two of the variants cover several reasons, told apart by their text alone.
fn reason(error: &JoseError) -> Reason {
    match error {
        JoseError::InvalidSignature(_) => Reason::Signature,
        JoseError::UnsupportedSignatureAlgorithm(_) => Reason::Algorithm,
        JoseError::InvalidKeyFormat(_) | JoseError::InvalidJwkFormat(_) => Reason::Key,
        JoseError::InvalidClaim(what) => claim_reason(&what.to_string()),
        JoseError::InvalidJwsFormat(what) => jws_reason(&what.to_string()),
        JoseError::InvalidJwtFormat(what) if what.to_string().contains("payload claim") => Reason::MissingClaim,
        JoseError::InvalidJweFormat(what) if what.to_string().contains("alg header claim is not") => Reason::Algorithm,
        JoseError::InvalidJwtFormat(_) | JoseError::InvalidJweFormat(_) | JoseError::InvalidJson(_) => {
            Reason::Malformed
        }
    }
}

fn claim_reason(what: &str) -> Reason {
    let known = [
        ("The token is not yet valid", Reason::NotYetValid),
        ("The token has expired", Reason::Expired),
        ("The issued time is too old", Reason::Expired),
        ("The issued time is too new", Reason::NotYetValid),
        ("Key aud ", Reason::Audience),
        ("Key iss ", Reason::Issuer),
        ("Key sub ", Reason::Subject),
    ];
    known.iter().find(|(start, _)| what.starts_with(start)).map_or(Reason::Other, |(_, reason)| *reason)
}

fn jws_reason(what: &str) -> Reason {
    let known = [
        ("The JWS alg header claim", Reason::Algorithm),
        ("The JWS kid header claim", Reason::Key),
        ("A verifier is not found", Reason::Key),
        ("The critical name", Reason::Critical),
    ];
    known.iter().find(|(start, _)| what.starts_with(start)).map_or(Reason::Malformed, |(_, reason)| *reason)
}

fn supports() -> Vec<Capability> {
    let alg = KeyManagement::ALL.iter().copied().map(Capability::from);
    let enc = ContentEncryption::ALL.iter().copied().map(Capability::from);
    let signs = ALGORITHMS.map(Capability::from).into_iter();
    signs.chain(alg).chain(enc).chain(FEATURES.map(Capability::from)).collect()
}

const VERSION: &str = "0.10.3";

const ALGORITHMS: [Algorithm; 15] = [
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
    Algorithm::None,
];

const FEATURES: [Feature; 14] = [
    Feature::Exp,
    Feature::Nbf,
    Feature::Clock,
    Feature::Pem,
    Feature::Jwk,
    Feature::Jwks,
    Feature::Secret,
    Feature::Issuer,
    Feature::Audience,
    Feature::Subject,
    Feature::MaxAge,
    Feature::Critical,
    Feature::Jwe,
    Feature::Bytes,
];
