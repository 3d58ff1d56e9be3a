//! Keys that a token brings with it or points at: in its header, at an address, in a certificate, in its claims. A verifier
//! uses the key that it was given, and fetches nothing (RFC 7515 §4.1.2 to §4.1.8 and §10.3, RFC 8725 §3.10).
//!
//! Addresses are those of [`endpoint`]: on loopback, with the case in the path. Where a key is served whoever fetches it
//! accepts the forgery; where none is, the request itself is what is wrong.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use token_assay_model::{Algorithm, Key, Level, Profile, Reason, Severity};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use super::scene::{COMMON, Scene, Setting, on};
use super::{Area, Cases, Class, Family, Make, Says};
use crate::endpoint;
use crate::forge::json::{array, quote};
use crate::forge::keys::pem_body;
use crate::forge::sign::{Scheme, digest};
use crate::forge::{Hash, Jws, Keyring, Object, TestKey, base64url};
use crate::reference::json::Json;
use crate::reference::key::{Material, PublicKey};
use crate::reference::{Reading, Rule, rules};
use crate::strawman::{Strawman, verify_also_with};

/// The attacker's key of the scene's type.
fn attacker<'f>(scene: &Scene<'f>) -> &'f TestKey {
    scene.forge.keys().attacker(scene.algorithm())
}

/// A token of an administrator under this header, signed by the attacker.
fn forged(scene: &Scene<'_>, header: &Object) -> Jws {
    forged_with(scene, header, &scene.forged_claims())
}

fn forged_with(scene: &Scene<'_>, header: &Object, claims: &Object) -> Jws {
    scene.forge.sign(header.text(), claims.text(), attacker(scene), scene.algorithm())
}

/// A forged token under the scene's header with these members besides.
fn forged_beside(scene: &Scene<'_>, members: &[(&str, String)]) -> Jws {
    let header = members.iter().fold(scene.header(), |header, (name, value)| header.set(name, value.as_str()));
    forged(scene, &header)
}

/// DER of the certificates in a PEM text, in order.
fn certificates(pem: &str) -> Vec<Vec<u8>> {
    pem.split_inclusive("-----END CERTIFICATE-----").filter_map(pem_body).filter(|der| !der.is_empty()).collect()
}

/// The value of an `x5c` with these certificates.
fn x5c(certificates: &[Vec<u8>]) -> String {
    array(certificates.iter().map(|der| quote(&base64url::encode_standard(der))))
}

/// The certificate of a key, where it has one.
fn certificate(key: &TestKey) -> Option<Vec<u8>> {
    certificates(key.cert_pem.as_deref()?).into_iter().next()
}

fn embedded(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let key = attacker(scene);
    let header = scene.header().set("jwk", key.jwk_text.as_str());
    cases.add(scene, "", forged(scene, &header));
    if scene.policy.jwks {
        let own = header.clone().set_string("kid", &key.name);
        cases.add(scene, "own-kid", forged(scene, &own)).reason(Reason::Key);
    }
    if on::pinned(scene.setting) && COMMON.contains(&scene.algorithm()) {
        let keyless = scene.with(|policy| policy.keys.clear());
        let draft = cases.add_beside(&keyless, scene, "no-key-configured", forged(scene, &header));
        draft.reason(Reason::Key).profile(Profile::Misconfigured);
    }
}

fn embedded_secret(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let key = scene.forge.keys().key("hs-attacker");
    let header = scene.header().set_string("alg", "HS256").set("jwk", key.jwk_text.as_str());
    let signed = |header: &Object| scene.forge.sign(header.text(), scene.forged_claims().text(), key, Algorithm::Hs256);
    let reason = if scene.algorithm().is_hmac() { Reason::Signature } else { Reason::Key };
    cases.add(scene, "", signed(&header)).reason(reason);
    if scene.policy.jwks {
        let own = header.set_string("kid", &key.name);
        cases.add(scene, "own-kid", signed(&own)).reason(Reason::Key);
    }
}

/// The genuine token shows the attacker's private key too: the user's own has no place in a token.
fn embedded_private(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let Some(jwk) = attacker(scene).private_jwk_text() else { return };
    let header = scene.header().set("jwk", jwk);
    cases.add(scene, "forged", forged(scene, &header));
    let because = "a jwk that is no public key may be ignored or refused (RFC 7515 §4.1.3)";
    cases.add(scene, "genuine", scene.sign_header(&header)).says(Says::Either(because)).severity(Severity::Low);
}

fn embedded_trusted_kid(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let key = attacker(scene).renamed(&scene.key.name);
    cases.add(scene, "", forged(scene, &scene.header().set("jwk", key.jwk_text)));
}

fn embedded_beside_other_alg(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let key = attacker(scene);
    let header = scene.header().set("jwk", key.jwk_text.as_str());
    let claims = scene.forged_claims().text();
    let unsigned = Jws::unsigned(header.clone().set_string("alg", "none").text(), &claims);
    cases.add(scene, "none", unsigned).reason(Reason::Algorithm);
    let header = header.set_string("alg", "HS256").text();
    let listed = scene.policy.algorithms.as_ref().is_none_or(|list| list.contains(&Algorithm::Hs256));
    let reason = if listed { Reason::Key } else { Reason::Algorithm };
    let number = key.jwk_octets("n").unwrap_or_default();
    let text = base64url::encode(&number).into_bytes();
    for (variant, secret) in [("modulus", number), ("modulus-text", text), ("jwk-text", key.jwk_text.clone().into())] {
        let token = scene.forge.mac_with(&header, &claims, &secret, Hash::Sha256);
        cases.add(scene, &format!("hs256-{variant}"), token).reason(reason);
    }
}

fn embedded_invalid(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, jwk) in NO_KEYS {
        cases.add(scene, variant, forged_beside(scene, &[("jwk", (*jwk).to_owned())]));
        let token = scene.sign_header(&scene.header().set("jwk", *jwk));
        cases.add(scene, &format!("{variant}-genuine"), token).says(Says::Either(OTHER_TYPE));
    }
    let x = attacker(scene).jwk().get("x").and_then(Value::as_str).map(str::to_owned);
    if let (Algorithm::Es256, Some(x)) = (scene.algorithm(), x) {
        let zero = base64url::encode([0; 32]);
        for (variant, x, y) in [("off-curve", &x, &x), ("short", &x[..2].to_owned(), &x), ("infinity", &zero, &zero)] {
            let jwk = format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#);
            cases.add(scene, variant, forged_beside(scene, &[("jwk", jwk)]));
        }
    }
    if on::one(scene.setting) {
        let large = format!(r#"{{"kty":"RSA","e":"AQAB","n":"{}"}}"#, "A".repeat(1 << 20));
        let token = scene.sign_header(&scene.header().set("jwk", large));
        cases.add(scene, "mebibyte", token).says(Says::Bounded(1000));
    }
}

/// What names a case in a path.
fn case(class: &str, scene: &Scene<'_>, variant: &str) -> String {
    let setting = scene.setting;
    if variant.is_empty() { format!("{class}/{setting}") } else { format!("{class}/{setting}-{variant}") }
}

fn at_address(scene: &Scene<'_>, cases: &mut Cases<'_>, class: &str, member: &str, form: &str) {
    let key = attacker(scene);
    let address = |variant: &str| quote(&endpoint::key_url(&case(class, scene, variant), key, form));
    cases.add(scene, "", forged_beside(scene, &[(member, address(""))]));
    if scene.policy.jwks {
        let own = forged_beside(scene, &[("kid", quote(&key.name)), (member, address("own-kid"))]);
        cases.add(scene, "own-kid", own).reason(Reason::Key);
    }
}

fn attacker_jku(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    at_address(scene, cases, "jku-attacker-host", "jku", "jwks");
}

fn attacker_x5u(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    at_address(scene, cases, "x5u-attacker-host", "x5u", "pem");
}

/// Nothing is served there, so that the forgery stands no chance and the request alone tells.
fn any_fetch(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let path = |variant: &str| format!("{}{}", endpoint::WATCHED, case("jku-any-fetch", scene, variant));
    for (variant, member, url) in [
        ("jku", "jku", endpoint::url as fn(&str) -> String),
        ("jku-tls", "jku", endpoint::tls_url),
        ("x5u", "x5u", endpoint::url),
        ("x5u-tls", "x5u", endpoint::tls_url),
    ] {
        cases.add(scene, variant, forged_beside(scene, &[(member, quote(&url(&path(variant))))]));
    }
    if scene.policy.jwks {
        for (variant, member) in [("jku-unknown-kid", "jku"), ("x5u-unknown-kid", "x5u")] {
            let kid = quote(&attacker(scene).name);
            let token = forged_beside(scene, &[("kid", kid), (member, quote(&endpoint::url(&path(variant))))]);
            cases.add(scene, variant, token).reason(Reason::Key);
        }
    }
}

fn odd_schemes(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let set = endpoint::set_of(attacker(scene));
    let base64 = base64url::encode_standard(&set);
    let percent: String = set.bytes().map(|octet| format!("%{octet:02X}")).collect();
    let addresses = [
        ("data-base64", format!("data:application/json;base64,{base64}")),
        ("data-text", format!("data:application/jwk-set+json,{percent}")),
        ("file", "file:///dev/null".to_owned()),
        ("path", "/dev/null".to_owned()),
        ("ftp", "ftp://keys.invalid/keys.jwks".to_owned()),
        ("gopher", "gopher://keys.invalid:70/0keys.jwks".to_owned()),
        ("jar", "jar:file:///dev/null!/keys.jwks".to_owned()),
        ("unix", "unix:///dev/null".to_owned()),
    ];
    for (variant, address) in addresses {
        cases.add(scene, variant, forged_beside(scene, &[("jku", quote(&address))]));
    }
}

fn jku_non_string(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let values = [("number", "1"), ("null", "null"), ("list", "[]"), ("map", "{}"), ("empty", r#""""#)];
    for (variant, value) in values {
        let token = scene.sign_header(&scene.header().set("jku", value));
        cases.add(scene, &format!("{variant}-genuine"), token).says(Says::Either(OTHER_TYPE));
    }
    let address = |variant| quote(&endpoint::key_url(&case("jku-non-string", scene, variant), attacker(scene), "jwks"));
    let listed = [("jku", array([address("in-list")]))];
    cases.add(scene, "in-list", forged_beside(scene, &listed));
    let mapped = [("jku", Object::new().set("url", address("in-map")).text())];
    cases.add(scene, "in-map", forged_beside(scene, &mapped));
}

fn self_signed(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let Some(own) = certificate(attacker(scene)) else { return };
    cases.add(scene, "", forged_beside(scene, &[("x5c", x5c(&[own]))]));
}

fn lookalike(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let Some(chain) = attacker(scene).impostor_pem.as_deref().map(certificates) else { return };
    cases.add(scene, "", forged_beside(scene, &[("x5c", x5c(&chain))]));
    cases.add(scene, "leaf-alone", forged_beside(scene, &[("x5c", x5c(&chain[..1]))]));
}

fn no_chain(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (Some(own), Some(trusted)) = (certificate(attacker(scene)), certificate(scene.key)) else { return };
    let chain = [own, trusted];
    cases.add(scene, "attacker-first", forged_beside(scene, &[("x5c", x5c(&chain))]));
    let [own, trusted] = chain;
    cases.add(scene, "attacker-last", forged_beside(scene, &[("x5c", x5c(&[trusted, own]))]));
}

fn leaf_not_signer(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let Some(trusted) = certificate(scene.key) else { return };
    cases.add(scene, "", forged_beside(scene, &[("x5c", x5c(&[trusted]))]));
}

/// The attacker's certificate as the header must not spell it; and the trusted key's, beside its own signature.
fn x5c_encoding(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (Some(own), Some(trusted)) = (attacker(scene).cert_pem.as_deref(), scene.key.cert_pem.as_deref()) else {
        return;
    };
    for ((variant, forgers), (_, genuine)) in misspelt(own).into_iter().zip(misspelt(trusted)) {
        cases.add(scene, variant, forged_beside(scene, &[("x5c", forgers)]));
        let token = scene.sign_header(&scene.header().set("x5c", genuine));
        cases.add(scene, &format!("{variant}-genuine"), token).says(Says::Either(OTHER_TYPE));
    }
}

fn misspelt(pem: &str) -> [(&'static str, String); 7] {
    let der = certificates(pem).into_iter().next().unwrap_or_default();
    let base64 = base64url::encode_standard(&der);
    let lines: Vec<&str> = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    [
        ("base64url", array([quote(&base64url::encode(&der))])),
        ("pem", array([quote(pem)])),
        ("newlines", array([quote(&lines.join("\n"))])),
        ("string", quote(&base64)),
        ("nested", array([array([quote(&base64)])])),
        ("empty", "[]".to_owned()),
        ("cut", array([quote(&base64[..base64.len() / 8 * 4])])),
    ]
}

fn thumbprint(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (Some(own), Some(trusted)) = (certificate(attacker(scene)), certificate(scene.key)) else { return };
    for (variant, member, hash) in [("sha-1", "x5t", Hash::Sha1), ("sha-256", "x5t#S256", Hash::Sha256)] {
        let of_trusted = quote(&base64url::encode(digest(hash, &trusted)));
        let alone = [(member, of_trusted.clone())];
        cases.add(scene, variant, forged_beside(scene, &alone));
        let beside = [(member, of_trusted), ("x5c", x5c(std::slice::from_ref(&own)))];
        cases.add(scene, &format!("{variant}-beside-x5c"), forged_beside(scene, &beside));
    }
}

fn nonstandard(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let key = attacker(scene);
    let mut members = vec![("key", key.jwk_text.clone()), ("jwks", endpoint::set_of(key))];
    let texts = [("pubkey", &key.pem), ("publicKey", &key.pem), ("pem", &key.pem), ("cert", &key.cert_pem)];
    members.extend(texts.into_iter().filter_map(|(name, pem)| Some((name, quote(pem.as_deref()?)))));
    members.extend(certificate(key).map(|der| ("x509", quote(&base64url::encode_standard(der)))));
    if let Some(octets) = key.octets() {
        members.extend(["secret", "k", "hmac_key"].map(|name| (name, quote(&base64url::encode(octets)))));
    }
    for (name, value) in members {
        let variant = name.to_ascii_lowercase().replace('_', "-");
        cases.add(scene, &variant, forged_beside(scene, &[(name, value)]));
    }
}

/// The JSON serialisation, whose unprotected header nobody has signed (RFC 7515 §7.2.1).
fn unprotected(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let key = attacker(scene);
    let brought = Object::new().set("jwk", key.jwk_text.as_str());
    let token = forged(scene, &scene.header());
    let flattened = |header: &Object| {
        let text = Object::new().set_string("payload", &token.payload).set_string("protected", &token.header);
        text.set("header", header.text()).set_string("signature", &token.signature).text()
    };
    cases.add(scene, "jwk", flattened(&brought));
    let one = Object::new().set_string("protected", &token.header).set("header", brought.text());
    let one = one.set_string("signature", &token.signature);
    let general = Object::new().set_string("payload", &token.payload).set("signatures", array([one.text()]));
    cases.add(scene, "jwk-general", general.text());
    let all = brought.set_string("alg", scene.algorithm().as_str());
    let message = format!(".{}", token.payload);
    let signature = scene.forge.signature(key, Scheme::of(scene.algorithm()), message.as_bytes());
    let text = Object::new().set_string("payload", &token.payload).set("header", all.text());
    cases.add(scene, "alg-and-jwk", text.set_string("signature", &base64url::encode(signature)).text());
}

fn confirmation(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let jwk = &attacker(scene).jwk_text;
    let claims = scene.forged_claims();
    let held = claims.clone().set("cnf", Object::new().set("jwk", jwk.as_str()).text());
    cases.add(scene, "cnf", forged_with(scene, &scene.header(), &held));
    let issued = claims.set("sub_jwk", jwk.as_str());
    cases.add(scene, "sub-jwk", forged_with(scene, &scene.header(), &issued));
}

/// Where a key is found in another way each: pinned, by default, in a set.
fn found(at: Setting) -> bool {
    on::pinned(at) || on::library_default(at) || on::key_set(at)
}

fn rsa(at: Setting) -> bool {
    found(at) && matches!(at.algorithm, Algorithm::Rs256 | Algorithm::Ps256)
}

fn curves(at: Setting) -> bool {
    found(at) && (on::ecdsa(at) || at.algorithm == Algorithm::EdDsa)
}

fn secrets(at: Setting) -> bool {
    let mixed = at.profile == Profile::MixedList && at.algorithm == Algorithm::Rs256;
    found(at) && at.algorithm == Algorithm::Hs256 || mixed
}

fn rs256(at: Setting) -> bool {
    at.algorithm == Algorithm::Rs256 && (found(at) || at.profile == Profile::MixedList)
}

fn common(at: Setting) -> bool {
    found(at) && COMMON.contains(&at.algorithm)
}

fn certified(at: Setting) -> bool {
    common(at) && on::asymmetric(at)
}

/// One of each kind of key, pinned: for what hangs on the header alone.
fn pinned_three(at: Setting) -> bool {
    on::pinned_common(at) && at.algorithm != Algorithm::EdDsa
}

fn pinned_two(at: Setting) -> bool {
    pinned_three(at) && on::asymmetric(at)
}

fn watched(at: Setting) -> bool {
    pinned_three(at) || (found(at) && at.algorithm == Algorithm::Rs256) || (on::key_set(at) && on::hmac(at))
}

/// Uses these keys instead of the configured ones, where there are any.
fn instead(reading: &mut Reading<'_>, keys: Vec<PublicKey>) -> Result<(), Reason> {
    if keys.is_empty() {
        return rules::key_choice(reading);
    }
    reading.keys = keys;
    Ok(())
}

/// The key of a JWK.
fn read_jwk(jwk: &Json) -> Option<PublicKey> {
    PublicKey::read(&Key { jwk: Some(jwk.to_value()), ..Key::default() })
}

fn read_pem(pem: &str) -> Option<PublicKey> {
    let certified = || PublicKey::from_certificate(certificates(pem).first()?);
    certified().or_else(|| PublicKey::read(&Key { pem: Some(pem.to_owned()), ..Key::default() }))
}

/// The keys of a JWK Set's text, or of a PEM text.
fn read_document(text: &str) -> Vec<PublicKey> {
    match Json::parse(text.as_bytes()).as_ref().map(|set| set.member("keys")) {
        Ok(Some(Json::Array(keys))) => keys.iter().filter_map(read_jwk).collect(),
        _ => read_pem(text).into_iter().collect(),
    }
}

/// What the endpoint would serve there, without asking it: campaigns have no listener.
fn served(address: &Json) -> Vec<PublicKey> {
    let path = address.as_str().and_then(|address| address.strip_prefix(&endpoint::url("")));
    let document = path.and_then(|path| endpoint::document(&Keyring::corpus(), path));
    document.map(|text| read_document(&text)).unwrap_or_default()
}

/// DER of the certificates in the header, strictly read.
fn chain(reading: &Reading<'_>) -> Vec<Vec<u8>> {
    let Some(Json::Array(values)) = reading.header.member("x5c") else { return Vec::new() };
    values.iter().filter_map(|value| STANDARD.decode(value.as_str()?).ok()).collect()
}

fn leaf_key(reading: &Reading<'_>) -> Option<PublicKey> {
    PublicKey::from_certificate(chain(reading).first()?)
}

/// DER of the certificate that was configured.
fn configured_certificate(reading: &Reading<'_>) -> Option<Vec<u8>> {
    reading.policy.keys.iter().find_map(|key| certificates(key.cert_pem.as_deref()?).into_iter().next())
}

/// Whether the header's thumbprint is that of the configured certificate.
fn names_certificate(reading: &Reading<'_>) -> bool {
    let Some(trusted) = configured_certificate(reading) else { return false };
    [("x5t", Hash::Sha1), ("x5t#S256", Hash::Sha256)].into_iter().any(|(member, hash)| {
        let named = reading.header.member(member).and_then(Json::as_str);
        named == Some(&base64url::encode(digest(hash, &trusted)))
    })
}

/// The strings in a value, however deep.
fn strings(value: &Json) -> Vec<&str> {
    match value {
        Json::String(text) => vec![text],
        Json::Array(values) => values.iter().flat_map(strings).collect(),
        Json::Object(members) => members.iter().flat_map(|(_, value)| strings(value)).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) => Vec::new(),
    }
}

/// Whatever a string can be read as: a PEM text, or base64 of a certificate in either alphabet.
fn read_leniently(text: &str) -> Option<PublicKey> {
    let bare: String = text.split_ascii_whitespace().collect();
    let der = base64url::decode_standard(&bare).or_else(|| base64url::decode(&bare));
    read_pem(text).or_else(|| PublicKey::from_certificate(&der?))
}

/// A shared secret that nobody configured.
fn secret_of(text: &str) -> Option<PublicKey> {
    let octets = base64url::decode(text)?;
    Some(PublicKey { material: Material::Oct(octets), alg: None, usage: None, operations: None })
}

static USES_EMBEDDED_KEY: Strawman = Strawman {
    name: "uses-embedded-key",
    flaw: "verifies with the public key in the token's own header",
    mend: "Verify with the configured key; never take a key from the token, whatever jwk says.",
    bends: &[(Rule::KeyChoice, |reading| {
        let key = reading.header.member("jwk").and_then(read_jwk);
        let is_public = |key: &PublicKey| !matches!(key.material, Material::Oct(_));
        instead(reading, key.filter(is_public).into_iter().collect())
    })],
};

static USES_EMBEDDED_SECRET: Strawman = Strawman {
    name: "uses-embedded-secret",
    flaw: "keys HMAC with the secret in the token's own header",
    mend: "Never take a key from the token; a secret in a header is none.",
    bends: &[(Rule::KeyChoice, |reading| {
        let key = reading.header.member("jwk").and_then(read_jwk);
        let is_secret = |key: &PublicKey| matches!(key.material, Material::Oct(_));
        instead(reading, key.filter(is_secret).into_iter().collect())
    })],
};

static USES_KEY_OF_TRUSTED_NAME: Strawman = Strawman {
    name: "uses-key-of-trusted-name",
    flaw: "trusts the key in the header where it has the name of a trusted one",
    mend: "Take the key of that kid from the configuration; a name is no proof of what is called by it.",
    bends: &[(Rule::KeyChoice, |reading| {
        let jwk = reading.header.member("jwk");
        let kid = jwk.and_then(|jwk| jwk.member("kid")).and_then(Json::as_str);
        let is_known = reading.policy.keys.iter().any(|key| kid.is_some() && key.kid.as_deref() == kid);
        let key = jwk.filter(|_| is_known).and_then(read_jwk);
        instead(reading, key.into_iter().collect())
    })],
};

static EMBEDDED_KEY_FREES_ALG: Strawman = Strawman {
    name: "embedded-key-frees-alg",
    flaw: "lets the header choose any algorithm where it brings a key, and keys HMAC with that key's text",
    mend: "Take algorithm and key from the application, both, whatever the header brings.",
    bends: &[
        (Rule::Allowed, |reading| {
            let brings_one = reading.header.member("jwk").is_some();
            if brings_one { Ok(()) } else { rules::allowed(reading) }
        }),
        (Rule::KeyFitness, |reading| if reading.algorithm.is_hmac() { Ok(()) } else { rules::key_fitness(reading) }),
        (Rule::Signature, |reading| {
            let number = reading.header.member("jwk").and_then(|jwk| jwk.member("n")?.as_str());
            let text = number.map(|number| number.as_bytes().to_vec());
            verify_also_with(reading, text)
        }),
    ],
};

static UNREADABLE_KEY_PASSES: Strawman = Strawman {
    name: "unreadable-key-passes",
    flaw: "goes on without a check where the header's key cannot be read",
    mend: "Let every failure on the way to the signature be a refusal.",
    bends: &[(Rule::Signature, |reading| {
        let is_unreadable = reading.header.member("jwk").is_some_and(|jwk| read_jwk(jwk).is_none());
        if is_unreadable { Ok(()) } else { rules::signature(reading) }
    })],
};

static USES_KEYS_AT_JKU: Strawman = Strawman {
    name: "uses-keys-at-jku",
    flaw: "verifies with the keys at the address in the token's header",
    mend: "Ignore jku, or compare it with a list of addresses before anything is asked for.",
    bends: &[(Rule::KeyChoice, |reading| {
        let keys = reading.header.member("jku").map(served).unwrap_or_default();
        instead(reading, keys)
    })],
};

static USES_KEYS_WHEREVER_THE_ADDRESS_STANDS: Strawman = Strawman {
    name: "uses-keys-wherever-the-address-stands",
    flaw: "takes jku for what it likes, a list or an object, and verifies with the keys at the first address in it",
    mend: "Ignore jku; where it must be read refuse one that is no string.",
    bends: &[(Rule::KeyChoice, |reading| {
        let jku = reading.header.member("jku").filter(|jku| jku.as_str().is_none());
        let first = jku.and_then(|jku| strings(jku).first().map(|text| Json::String((*text).to_owned())));
        let keys = first.as_ref().map(served).unwrap_or_default();
        instead(reading, keys)
    })],
};

static READS_DATA_ADDRESSES: Strawman = Strawman {
    name: "reads-data-addresses",
    flaw: "hands jku to whatever opens addresses, which reads the keys out of a data: one",
    mend: "Ignore jku, or allow https and a list of hosts alone.",
    bends: &[(Rule::KeyChoice, |reading| {
        let jku = reading.header.member("jku").and_then(Json::as_str);
        let base64 = jku.and_then(|jku| jku.strip_prefix("data:application/json;base64,"));
        let text = base64.and_then(|base64| String::from_utf8(STANDARD.decode(base64).ok()?).ok());
        let keys = text.map(|text| read_document(&text)).unwrap_or_default();
        instead(reading, keys)
    })],
};

static USES_CERTIFICATE_AT_X5U: Strawman = Strawman {
    name: "uses-certificate-at-x5u",
    flaw: "verifies with the certificate at the address in the token's header",
    mend: "Ignore x5u, or compare it with a list of addresses first and validate the chain to a configured anchor.",
    bends: &[(Rule::KeyChoice, |reading| {
        let keys = reading.header.member("x5u").map(served).unwrap_or_default();
        instead(reading, keys)
    })],
};

/// Asks, and believes nothing of what it is told: its answers are right.
pub(super) static FETCHES: Strawman = Strawman {
    name: "fetches",
    flaw: "asks for whatever address the token's header names, and then verifies with the configured key",
    mend: "Ask for nothing on a token's word: compare the address with a configured list before the first packet.",
    bends: &[(Rule::KeyChoice, |reading| {
        let addresses = ["jku", "x5u", "kid"].map(|name| reading.header.member(name).and_then(Json::as_str));
        addresses.into_iter().flatten().for_each(ask);
        rules::key_choice(reading)
    })],
};

/// Asks the endpoint and nobody else.
fn ask(address: &str) {
    let Some(path) = address.strip_prefix(&endpoint::url("")) else { return };
    let line: String = path.chars().take_while(char::is_ascii_graphic).collect();
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, endpoint::PORT)) else { return };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    let asked = write!(stream, "GET {line} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    if asked.is_ok() {
        let _ = stream.read_to_end(&mut Vec::new());
    }
}

static TRUSTS_ANY_CERTIFICATE: Strawman = Strawman {
    name: "trusts-any-certificate",
    flaw: "verifies with the first certificate in the header and asks nobody who issued it",
    mend: "Ignore x5c, or validate the chain to an anchor that was configured (RFC 5280 §6).",
    bends: &[(Rule::KeyChoice, |reading| {
        let key = leaf_key(reading);
        instead(reading, key.into_iter().collect())
    })],
};

static KNOWS_ISSUERS_BY_NAME: Strawman = Strawman {
    name: "knows-issuers-by-name",
    flaw: "believes a certificate whose issuer has the name of a trusted one",
    mend: "Verify the signature of each certificate with the key of the next, up to a configured anchor.",
    bends: &[(Rule::KeyChoice, |reading| {
        let trusted = configured_certificate(reading);
        let leaf = chain(reading).into_iter().next();
        let read = |der: Option<Vec<u8>>| Certificate::from_der(&der?).ok();
        let is_issued = read(trusted)
            .zip(read(leaf))
            .is_some_and(|(trusted, leaf)| leaf.tbs_certificate().issuer() == trusted.tbs_certificate().subject());
        let key = leaf_key(reading).filter(|_| is_issued);
        instead(reading, key.into_iter().collect())
    })],
};

static TRUSTS_CHAINS_WITH_ITS_OWN: Strawman = Strawman {
    name: "trusts-chains-with-its-own",
    flaw: "looks for a trusted certificate anywhere in x5c and then verifies with the first",
    mend: "Build the chain: each certificate is signed by the next, and the last by a configured anchor.",
    bends: &[(Rule::KeyChoice, |reading| {
        let trusted = configured_certificate(reading);
        let holds_it = chain(reading).iter().any(|der| Some(der) == trusted.as_ref());
        let key = leaf_key(reading).filter(|_| holds_it);
        instead(reading, key.into_iter().collect())
    })],
};

static CERTIFICATE_IS_PROOF: Strawman = Strawman {
    name: "certificate-is-proof",
    flaw: "takes a trusted certificate in the header for proof of who signed",
    mend: "Verify the token's signature with the certificate's key; everybody can copy a certificate.",
    bends: &[(Rule::Signature, |reading| {
        let trusted = configured_certificate(reading);
        let shows_it = chain(reading).first().is_some_and(|der| Some(der) == trusted.as_ref());
        if shows_it { Ok(()) } else { rules::signature(reading) }
    })],
};

static READS_CERTIFICATES_LENIENTLY: Strawman = Strawman {
    name: "reads-certificates-leniently",
    flaw: "refuses a well-spelt certificate of a stranger, and takes the key out of one that is spelt in another way",
    mend: "Ignore x5c; where it must be read, an array of base64 DER is all that it is, and its chain is validated.",
    bends: &[(Rule::KeyChoice, |reading| {
        let value = reading.header.member("x5c").filter(|_| chain(reading).is_empty());
        let key = value.and_then(|value| strings(value).into_iter().find_map(read_leniently));
        instead(reading, key.into_iter().collect())
    })],
};

static THUMBPRINT_IS_PROOF: Strawman = Strawman {
    name: "thumbprint-is-proof",
    flaw: "finds a trusted certificate by the header's thumbprint, and then verifies with whatever x5c holds, or not at all",
    mend: "Use the certificate that the thumbprint names, from the configuration, and no other.",
    bends: &[
        (Rule::KeyChoice, |reading| {
            let key = leaf_key(reading).filter(|_| names_certificate(reading));
            instead(reading, key.into_iter().collect())
        }),
        (Rule::Signature, |reading| {
            let is_named = names_certificate(reading) && reading.header.member("x5c").is_none();
            if is_named { Ok(()) } else { rules::signature(reading) }
        }),
    ],
};

static READS_ANY_KEY_MEMBER: Strawman = Strawman {
    name: "reads-any-key-member",
    flaw: "verifies with the key in a member of the header that no standard knows",
    mend: "Verify with the configured key; a header member that is not understood is ignored.",
    bends: &[(Rule::KeyChoice, |reading| {
        let member = |name: &str| reading.header.member(name);
        let mut keys: Vec<PublicKey> = member("key").and_then(read_jwk).into_iter().collect();
        if let Some(Json::Array(set)) = member("jwks").and_then(|set| set.member("keys")) {
            keys.extend(set.iter().filter_map(read_jwk));
        }
        let texts = ["pubkey", "publicKey", "pem", "cert", "x509"].map(|name| member(name).and_then(Json::as_str));
        keys.extend(texts.into_iter().flatten().filter_map(read_leniently));
        let secrets = ["secret", "k", "hmac_key"].map(|name| member(name).and_then(Json::as_str));
        keys.extend(secrets.into_iter().flatten().filter_map(secret_of));
        instead(reading, keys)
    })],
};

static READS_UNPROTECTED_HEADER: Strawman = Strawman {
    name: "reads-unprotected-header",
    flaw: "reads the JSON serialisation where a JWT is expected, and takes key and algorithm out of its unprotected header",
    mend: "Refuse the JSON serialisation for a JWT (RFC 7519 §3), and take nothing that matters from an unprotected header.",
    bends: &[
        (Rule::Text, |reading| if serialised(reading).is_some() { Ok(()) } else { rules::text(reading) }),
        (Rule::Segments, |reading| {
            let Some(object) = serialised(reading) else { return rules::segments(reading) };
            let part = |name: &str| object.member(name).and_then(Json::as_str).unwrap_or_default().as_bytes().to_vec();
            reading.segments = ["protected", "payload", "signature"].map(part);
            Ok(())
        }),
        (Rule::Header, |reading| {
            let Some(object) = serialised(reading) else { return rules::header(reading) };
            let protected = rules::object(&reading.decoded[0]).unwrap_or(Json::Object(Vec::new()));
            let (Json::Object(mut members), Some(Json::Object(others))) = (protected, object.member("header")) else {
                return Err(Reason::Malformed);
            };
            members.extend(others.iter().cloned());
            reading.header = Json::Object(members);
            Ok(())
        }),
        (Rule::KeyChoice, |reading| {
            let jwk = reading.header.member("jwk").filter(|_| serialised(reading).is_some());
            let key = jwk.and_then(read_jwk);
            instead(reading, key.into_iter().collect())
        }),
    ],
};

/// The object of a flattened JSON serialisation.
fn serialised(reading: &Reading<'_>) -> Option<Json> {
    let object = rules::object(&reading.octets).ok()?;
    object.member("payload").is_some().then_some(object)
}

static USES_CONFIRMATION_KEY: Strawman = Strawman {
    name: "uses-confirmation-key",
    flaw: "verifies with the key in the token's own claims, that of its holder",
    mend: "Verify the token with its issuer's key; cnf names the key with which its holder proves who he is.",
    bends: &[(Rule::KeyChoice, |reading| {
        let claims = rules::object(&reading.decoded[1]).unwrap_or(Json::Null);
        let held = claims.member("cnf").and_then(|cnf| cnf.member("jwk")).or(claims.member("sub_jwk"));
        let key = held.and_then(read_jwk);
        instead(reading, key.into_iter().collect())
    })],
};

/// What stands where a JWK should.
const NO_KEYS: &[(&str, &str)] = &[
    ("null", "null"),
    ("list", "[]"),
    ("string", r#""rsa""#),
    ("map", "{}"),
    ("unknown-kty", r#"{"kty":"FOO","x":"AA"}"#),
];

const OTHER_TYPE: &str =
    "a header member of another type or form than registered may be ignored or refused (RFC 7515 §4.1)";

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "key-injection",
    title: "keys that the token brings or points at",
    classes: &[
        Class {
            id: "jwk-embedded-rsa",
            title: "A token that was signed by the RSA key in its own header was accepted.",
            construction: "jwk is the attacker's RSA key, which signed; in a key set also under its own kid; and where no \
                           key is configured at all",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §4.1.3", "RFC 7515 §10.3", "RFC 8725 §3.8", "CVE-2018-0114", "CVE-2026-27962"],
            cwe: Some(347),
            make: Make::Cases { on: rsa, build: embedded, strawman: &USES_EMBEDDED_KEY },
        },
        Class {
            id: "jwk-embedded-ec-okp",
            title: "A token that was signed by the elliptic-curve key in its own header was accepted.",
            construction: "jwk is the attacker's EC or OKP key, which signed; in a key set also under its own kid; and \
                           where no key is configured at all",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §4.1.3", "RFC 7515 §10.3", "RFC 8725 §3.8", "CVE-2018-0114"],
            cwe: Some(347),
            make: Make::Cases { on: curves, build: embedded, strawman: &USES_EMBEDDED_KEY },
        },
        Class {
            id: "jwk-embedded-oct",
            title: "A token whose MAC is keyed with the secret in its own header was accepted.",
            construction: "jwk is a secret of the attacker's, HS256 keyed with it; the verifier has another secret, or an \
                           RSA key and a list that mixes both",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §4.1.3", "RFC 7515 §10.3"],
            cwe: Some(347),
            make: Make::Cases { on: secrets, build: embedded_secret, strawman: &USES_EMBEDDED_SECRET },
        },
        Class {
            id: "jwk-embedded-private",
            title: "A token that was signed by the private key in its own header was accepted.",
            construction: "jwk is the attacker's key, private half included, which signed; the same jwk beside a genuine \
                           signature is either",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §4.1.3", "RFC 7515 §10.3"],
            cwe: Some(347),
            make: Make::Cases { on: pinned_two, build: embedded_private, strawman: &USES_EMBEDDED_KEY },
        },
        Class {
            id: "jwk-embedded-trusted-kid",
            title: "A token that was signed by a key in its own header which has a trusted key's name was accepted.",
            construction: "kid and jwk.kid name a trusted key, the key in jwk is the attacker's, which signed",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §4.1.3", "RFC 7515 §10.3", "CVE-2025-24976"],
            cwe: Some(347),
            make: Make::Cases { on: on::key_set, build: embedded_trusted_kid, strawman: &USES_KEY_OF_TRUSTED_NAME },
        },
        Class {
            id: "jwk-embedded-alg-none-mix",
            title: "A forged token whose header brings a key and names an algorithm that needs another was accepted.",
            construction: "jwk is the attacker's RSA key; alg is none, or HS256 and the MAC keyed with that key's modulus, \
                           the text of it, the text of the JWK",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 7515 §4.1.3", "RFC 7518 §3.6", "RFC 8725 §3.1"],
            cwe: Some(347),
            make: Make::Cases { on: rs256, build: embedded_beside_other_alg, strawman: &EMBEDDED_KEY_FREES_ALG },
        },
        Class {
            id: "jwk-embedded-invalid",
            title: "A forged token whose header holds something that is no key was accepted.",
            construction: "jwk is null, a list, a string, an empty object, of an unknown kty, a point off the curve or at \
                           infinity, signed by the attacker; the first five beside a genuine signature are either; a \
                           mebibyte of modulus is bounded",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 7515 §4.1.3", "RFC 7517 §4.1"],
            cwe: Some(20),
            make: Make::Cases { on: pinned_three, build: embedded_invalid, strawman: &UNREADABLE_KEY_PASSES },
        },
        Class {
            id: "jku-attacker-host",
            title: "A token that was signed by a key at the address in its own header was accepted.",
            construction: "jku is an address on loopback where the attacker's key is served, which signed",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §4.1.2", "RFC 8725 §3.10"],
            cwe: Some(347),
            make: Make::Cases { on: common, build: attacker_jku, strawman: &USES_KEYS_AT_JKU },
        },
        Class {
            id: "jku-any-fetch",
            title: "A forged token that names an address made the verifier ask for it, or was accepted.",
            construction: "jku or x5u is an address on loopback, in clear or over TLS, where a listener watches; signed by \
                           the attacker, whose key is not there. Any request is the finding, whatever the verdict",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 8725 §3.10", "RFC 7515 §4.1.2", "RFC 7515 §4.1.5"],
            cwe: Some(918),
            make: Make::Cases { on: watched, build: any_fetch, strawman: &FETCHES },
        },
        Class {
            id: "jku-internal-ssrf",
            title: "A verifier that may fetch keys was made to ask an internal address.",
            construction: "jku or x5u at a loopback, link-local or private address, in every spelling",
            says: Says::MustReject(Reason::Key),
            severity: Severity::High,
            references: &["RFC 8725 §3.10"],
            cwe: Some(918),
            make: Make::Live { by: "assay run --service" },
        },
        Class {
            id: "jku-scheme-abuse",
            title: "A token that was signed by a key in a data: address in its own header was accepted.",
            construction: "jku is a data: address that holds the attacker's key, which signed; file:, a path, ftp:, gopher:, \
                           jar:, unix: addresses at which there is none",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 7515 §4.1.2", "RFC 8725 §3.10"],
            cwe: Some(918),
            make: Make::Cases { on: pinned_three, build: odd_schemes, strawman: &READS_DATA_ADDRESSES },
        },
        Class {
            id: "jku-allowlist-bypass",
            title: "An address that only looks like one on the list was asked for keys.",
            construction: "jku with the allowed host as user, label, fragment, path or in another spelling",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.10"],
            cwe: Some(918),
            make: Make::Live { by: "assay run --service" },
        },
        Class {
            id: "jku-open-redirect",
            title: "A redirect from an allowed address to the attacker's was followed.",
            construction: "jku on the allowed host, which redirects",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.10"],
            cwe: Some(601),
            make: Make::Live { by: "assay run --service" },
        },
        Class {
            id: "jku-header-injection",
            title: "An address with line breaks in it was sent on.",
            construction: "jku on the allowed host with CR and LF, which forge a response there",
            says: Says::MustReject(Reason::Key),
            severity: Severity::High,
            references: &["RFC 8725 §3.10"],
            cwe: Some(113),
            make: Make::Live { by: "assay run --service" },
        },
        Class {
            id: "jku-single-jwk-document",
            title: "A document that is no JWK Set was taken for one.",
            construction: "the allowed address serves a bare JWK, HTML, or plain text",
            says: Says::ShouldReject(Reason::Key),
            severity: Severity::Low,
            references: &["RFC 7515 §4.1.2"],
            cwe: Some(20),
            make: Make::Live { by: "assay run --service" },
        },
        Class {
            id: "jku-resource-abuse",
            title: "An address that answers slowly, endlessly or hugely held the verifier up.",
            construction: "the allowed address serves without end, nested, compressed, or redirects in a circle",
            says: Says::Kept(Level::Should),
            severity: Severity::High,
            references: &["RFC 8725 §3.10"],
            cwe: Some(400),
            make: Make::Live { by: "assay run --service" },
        },
        Class {
            id: "jku-non-string",
            title: "A token that was signed by a key at an address inside a jku which is no string was accepted.",
            construction: "jku is a list or an object that holds the attacker's address, signed by the attacker; a number, \
                           null, an empty list, object or string beside a genuine signature is either",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Low,
            references: &["RFC 7515 §4.1.2"],
            cwe: Some(843),
            make: Make::Cases {
                on: pinned_three,
                build: jku_non_string,
                strawman: &USES_KEYS_WHEREVER_THE_ADDRESS_STANDS,
            },
        },
        Class {
            id: "x5u-attacker-host",
            title: "A token that was signed by the key of a certificate at the address in its own header was accepted.",
            construction: "x5u is an address on loopback where the attacker's certificate is served, whose key signed",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §4.1.5", "RFC 8725 §3.10"],
            cwe: Some(295),
            make: Make::Cases { on: certified, build: attacker_x5u, strawman: &USES_CERTIFICATE_AT_X5U },
        },
        Class {
            id: "x5c-self-signed",
            title: "A token that was signed by the key of a self-signed certificate in its own header was accepted.",
            construction: "x5c is the attacker's self-signed certificate, whose key signed",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §4.1.6", "RFC 5280 §6"],
            cwe: Some(295),
            make: Make::Cases { on: certified, build: self_signed, strawman: &TRUSTS_ANY_CERTIFICATE },
        },
        Class {
            id: "x5c-untrusted-ca-lookalike",
            title: "A token with a certificate of an issuer that calls itself as a trusted one does was accepted.",
            construction: "x5c is a certificate of the attacker's key and that of its issuer, whose name, serial number and \
                           key identifier are those of the trusted key's certificate; the certificate alone",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §4.1.6", "RFC 5280 §6"],
            cwe: Some(295),
            make: Make::Cases { on: pinned_two, build: lookalike, strawman: &KNOWS_ISSUERS_BY_NAME },
        },
        Class {
            id: "x5c-trusted-leaf-wrong-signer",
            title: "A token whose certificates are the attacker's and a trusted one that did not issue it was accepted.",
            construction: "x5c is the attacker's certificate before or after the trusted key's, signed by the attacker",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §4.1.6", "RFC 5280 §6"],
            cwe: Some(295),
            make: Make::Cases { on: pinned_two, build: no_chain, strawman: &TRUSTS_CHAINS_WITH_ITS_OWN },
        },
        Class {
            id: "x5c-leaf-not-signer",
            title: "A token with a trusted certificate in its header that another key signed was accepted.",
            construction: "x5c is the trusted key's certificate, signed by the attacker",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §4.1.6"],
            cwe: Some(347),
            make: Make::Cases { on: certified, build: leaf_not_signer, strawman: &CERTIFICATE_IS_PROOF },
        },
        Class {
            id: "x5c-expired-or-wrong-eku",
            title: "A certificate that is not valid was accepted in a chain to a trusted one.",
            construction: "x5c is expired, not yet valid, for another use, or has a critical extension that is not known",
            says: Says::MustReject(Reason::Key),
            severity: Severity::High,
            references: &["RFC 5280 §6"],
            cwe: Some(298),
            make: Make::Waits {
                area: Area::TrustAnchors,
                because: "a verifier that is given a key uses that one; only one that is given trust anchors instead has \
                          chains to validate",
            },
        },
        Class {
            id: "x5c-encoding",
            title: "A token with a stranger's certificate that is not spelt as x5c must be was accepted.",
            construction: "x5c in base64url, as PEM, with line breaks, a string, a list in a list, empty, cut short, signed \
                           by the attacker; the same of the trusted certificate beside a genuine signature is either",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 7515 §4.1.6"],
            cwe: Some(20),
            make: Make::Cases { on: pinned_two, build: x5c_encoding, strawman: &READS_CERTIFICATES_LENIENTLY },
        },
        Class {
            id: "x5t-mismatch",
            title: "A token with the thumbprint of a trusted certificate that another key signed was accepted.",
            construction: "x5t or x5t#S256 of the trusted certificate, alone and beside the attacker's x5c, signed by the \
                           attacker",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 7515 §4.1.7", "RFC 7515 §4.1.8"],
            cwe: Some(295),
            make: Make::Cases { on: pinned_two, build: thumbprint, strawman: &THUMBPRINT_IS_PROOF },
        },
        Class {
            id: "x5t-sha1-only",
            title: "A certificate was found by its SHA-1 thumbprint alone.",
            construction: "x5t names one of two certificates, x5t#S256 is absent",
            says: Says::Either("RFC 7515 §10.11 warns of SHA-1 and forbids nothing"),
            severity: Severity::Low,
            references: &["RFC 7515 §10.11"],
            cwe: Some(327),
            make: Make::Waits {
                area: Area::TrustAnchors,
                because: "a verifier that finds its certificate by thumbprint; that the thumbprint of the configured one \
                          does no harm is ctl-trusted-x5c-jwk-ignored",
            },
        },
        Class {
            id: "nonstandard-key-headers",
            title: "A token that was signed by a key in a header member which no standard knows was accepted.",
            construction: "the attacker's key as key, jwks, pubkey, publicKey, pem, cert, x509, a secret as secret, k, \
                           hmac_key; it signed",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 7515 §4", "RFC 8725 §3.10"],
            cwe: Some(347),
            make: Make::Cases { on: pinned_three, build: nonstandard, strawman: &READS_ANY_KEY_MEMBER },
        },
        Class {
            id: "key-in-unprotected-header",
            title: "A forged token in the JSON serialisation whose unprotected header brings the key was accepted.",
            construction: "flattened and general serialisation, jwk, or alg and jwk, in the unprotected header, signed by \
                           that key",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::High,
            references: &["RFC 7519 §3", "RFC 7515 §7.2.1", "RFC 7515 §10.7"],
            cwe: Some(345),
            make: Make::Cases { on: pinned_two, build: unprotected, strawman: &READS_UNPROTECTED_HEADER },
        },
        Class {
            id: "cnf-jwk-used-as-verify-key",
            title: "A token that was signed by the key in its own claims was accepted.",
            construction: "cnf.jwk or sub_jwk is the attacker's key, which signed",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7800 §3", "RFC 8725 §3.8"],
            cwe: Some(347),
            make: Make::Cases { on: on::plain, build: confirmation, strawman: &USES_CONFIRMATION_KEY },
        },
    ],
};
