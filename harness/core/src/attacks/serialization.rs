//! Tokens in another serialisation than a verifier takes: JSON where a JWT is compact, an encrypted token where a signed one
//! is wanted and the other way round, one inside the other, other formats altogether (RFC 7515 §7.2, RFC 7516 §9,
//! RFC 7519 §3 and §7.2).

use std::io::Read as _;

use token_assay_model::{
    Algorithm, ContentEncryption as Enc, Input, KeyManagement as Alg, Policy, Reason, Request, Severity,
};

use super::encrypted::EncryptedCases;
use super::jwe::nested;
use super::scene::{ISSUER, Scene, Setting, on};
use super::{Cases, Class, Crafted, Family, Make, Says};
use crate::forge::jwe::{Wrapping, recipient_key};
use crate::forge::{Jws, Object, Scheme, TestKey, base64url, json, jwe};
use crate::reference::json::Json;
use crate::reference::jwe as sound;
use crate::reference::{self, Reading, Rule, Ruling, rules};
use crate::strawman::{Misdecrypter, PANICS, Strawman, configured};

/// A serialisation in JSON, and what an accept would return.
fn serialised(text: String, payload: &Jws) -> Crafted {
    Crafted { octets: text.into_bytes(), payload: Some(payload.payload_octets.clone()) }
}

/// An entry of `signatures` (RFC 7515 §7.2.1).
fn entry(jws: &Jws) -> Object {
    Object::new().set_string("protected", &jws.header).set_string("signature", &jws.signature)
}

/// The general serialisation with these signatures.
fn general(payload: &str, entries: &[Object]) -> Object {
    let entries = json::array(entries.iter().map(Object::text));
    Object::new().set_string("payload", payload).set("signatures", entries)
}

fn flat(jws: &Jws) -> Object {
    Object::new()
        .set_string("payload", &jws.payload)
        .set_string("protected", &jws.header)
        .set_string("signature", &jws.signature)
}

fn flattened(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    cases.add(scene, "", serialised(token.flattened(), &token));
    let spaced = flat(&token).written(" ", ": ", ", ");
    cases.add(scene, "spaced", serialised(spaced, &token));
}

fn in_general(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    cases.add(scene, "", serialised(token.general(), &token));
}

fn one_signature_bad(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let bad = entry(&token.clone().with_signature([0; 64]));
    let good = entry(&token);
    let both = |entries: [&Object; 2]| general(&token.payload, &entries.map(Clone::clone)).text();
    cases.add(scene, "first", serialised(both([&bad, &good]), &token));
    cases.add(scene, "second", serialised(both([&good, &bad]), &token));
}

fn attackers_signature(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let genuine = scene.token();
    let key = scene.forge.keys().attacker(scene.algorithm());
    let header = scene.header().set("jwk", key.jwk_text.clone());
    let forged = scene.forge.sign(header.text(), scene.forged_claims().text(), key, scene.algorithm());
    let both = |entries: [Object; 2]| general(&forged.payload, &entries).text();
    cases.add(scene, "second", serialised(both([entry(&genuine), entry(&forged)]), &forged));
    cases.add(scene, "first", serialised(both([entry(&forged), entry(&genuine)]), &forged));
}

/// A token whose header is in two halves: what is protected, and what is not.
fn halved(scene: &Scene<'_>, protected: &Object, unprotected: &Object) -> (Object, Jws) {
    let token = scene.sign(protected.text(), scene.claims().text());
    (flat(&token).set("header", unprotected.text()), token)
}

fn unprotected_algorithm(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let named = |name: &str| Object::new().set_string("alg", name);
    let (text, token) = halved(scene, &scene.header().without("alg"), &named(scene.algorithm().as_str()));
    cases.add(scene, "alone", serialised(text.text(), &token));
    let (text, token) = halved(scene, &scene.header(), &named(scene.algorithm().as_str()));
    cases.add(scene, "twice", serialised(text.text(), &token));
    let unsigned = Jws::unsigned(scene.header().text(), scene.forged_claims().text());
    let text = flat(&unsigned).set("header", named("none").text()).text();
    cases.add(scene, "none-beside", serialised(text, &unsigned));
}

fn nothing_protected(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let unsigned = Jws::unsigned("", scene.forged_claims().text());
    let none = Object::new().set_string("alg", "none").text();
    cases.add(scene, "none", serialised(flat(&unsigned).set("header", none.clone()).text(), &unsigned));
    let without = flat(&unsigned).without("protected").set("header", none).text();
    cases.add(scene, "none-without-protected", serialised(without, &unsigned));
    let token = scene.sign("", scene.claims().text());
    let text = flat(&token).set("header", scene.header().text()).text();
    cases.add(scene, "signed", serialised(text, &token));
}

fn no_signatures(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let forged = Jws::unsigned(scene.header().text(), scene.forged_claims().text());
    for (variant, text) in [
        ("empty", general(&forged.payload, &[])),
        ("null", Object::new().set_string("payload", &forged.payload).set("signatures", "null")),
        ("absent", Object::new().set_string("payload", &forged.payload)),
        ("flattened-without", flat(&forged).without("signature")),
        ("empty-entry", general(&forged.payload, &[Object::new()])),
    ] {
        cases.add(scene, variant, serialised(text.text(), &forged));
    }
}

fn both_forms(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let text = flat(&token).set("signatures", json::array([entry(&token).text()])).text();
    cases.add(scene, "agreeing", serialised(text, &token));
    let forged = Jws::unsigned(scene.header().text(), scene.forged_claims().text());
    let text =
        general(&token.payload, &[entry(&token)]).set_string("signature", "").set_string("protected", &forged.header);
    cases.add(scene, "differing", serialised(text.text(), &token));
}

fn polyglot_name(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let forged = scene.forged_claims().text();
    let name = |spaces: &str| format!("{spaces}{}.{}.", token.header, base64url::encode(&forged));
    for (variant, spaces) in [("spaced", "  "), ("bare", "")] {
        let text = flat(&token).prepend(&name(spaces), r#""""#).text();
        cases.add(scene, variant, Crafted { octets: text.into_bytes(), payload: Some(forged.clone().into_bytes()) });
    }
}

fn polyglot_value(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let forged = scene.forged_claims().text();
    let value = json::quote(&format!(".{}.", base64url::encode(&forged)));
    for (variant, text) in
        [("last", flat(&token).append("x", value.clone())), ("first", flat(&token).prepend("x", value))]
    {
        let octets = text.text().into_bytes();
        cases.add(scene, variant, Crafted { octets, payload: Some(forged.clone().into_bytes()) });
    }
}

fn wrapped_in_json(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let quoted = json::quote(&token.compact());
    let inside = |name: &str| Object::new().set(name, quoted.clone()).text();
    cases.add(scene, "string", serialised(quoted.clone(), &token));
    cases.add(scene, "array", serialised(json::array([&quoted]), &token));
    for name in ["token", "jwt", "access_token"] {
        cases.add(scene, &format!("object-{}", name.replace('_', "-")), serialised(inside(name), &token));
    }
}

/// An administrator's claims, encrypted for whoever has this key.
fn encrypted(scene: &Scene<'_>, recipient: &TestKey, alg: Alg, enc: Enc) -> String {
    let header = Object::new().set_string("alg", alg.as_str()).set_string("enc", enc.as_str()).set_string("typ", "JWT");
    let header = if scene.policy.jwks { header.set_string("kid", &scene.key.name) } else { header };
    Wrapping::new(alg, enc).wrap(recipient, header).seal(enc, scene.forged_claims().text()).compact()
}

/// The same scene whose relying party holds the key pair: a policy gives the private JWK too.
fn with_key_pair<'f>(scene: &Scene<'f>, alg: Alg) -> Scene<'f> {
    let private = recipient_key(scene.key, alg).jwk.map(|mut jwk| {
        for member in ["use", "alg"] {
            jwk.as_object_mut().expect("a JWK is an object").remove(member);
        }
        jwk
    });
    scene.with(|policy| policy.keys[0].jwk = private)
}

fn encrypted_to_rsa(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    encrypted_to_signer(scene, cases, &[(Alg::RsaOaep, "rsa-oaep"), (Alg::Rsa15, "rsa1-5")]);
}

fn encrypted_to_ec(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    encrypted_to_signer(scene, cases, &[(Alg::EcdhEs, "ecdh-es"), (Alg::EcdhEsA128Kw, "ecdh-es-a128kw")]);
}

fn encrypted_to_signer(scene: &Scene<'_>, cases: &mut Cases<'_>, algs: &[(Alg, &str)]) {
    for (alg, variant) in algs {
        let token = encrypted(scene, scene.key, *alg, Enc::A128Gcm);
        cases.add(scene, variant, token.clone());
        if on::pinned(scene.setting) {
            cases.add(&with_key_pair(scene, *alg), &format!("{variant}-key-pair"), token);
        }
    }
}

fn encrypted_by_secret(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    // A secret of a user's own may be no key of a cipher; a password it always is.
    let is_of_256_bits = scene.key.octets().is_some_and(|secret| secret.len() == 32);
    for (variant, alg, enc) in [
        ("dir-gcm", Alg::Dir, Enc::A256Gcm),
        ("dir-cbc", Alg::Dir, Enc::A128CbcHs256),
        ("a256kw", Alg::A256Kw, Enc::A256Gcm),
        ("a256gcmkw", Alg::A256GcmKw, Enc::A256Gcm),
        ("pbes2", Alg::Pbes2Hs256A128Kw, Enc::A128Gcm),
    ] {
        if is_of_256_bits || alg == Alg::Pbes2Hs256A128Kw {
            cases.add(scene, variant, encrypted(scene, scene.key, alg, enc));
        }
    }
}

fn header_with_enc(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (epk, _) = jwe::ephemeral(&jwe::x25519_recipient());
    let header = scene.header();
    for (variant, header) in [
        ("enc", header.clone().set_string("enc", "A256GCM")),
        ("enc-and-zip", header.clone().set_string("enc", "A256GCM").set_string("zip", "DEF")),
        ("epk", header.set("epk", epk.text())),
    ] {
        cases.add(scene, variant, scene.sign_header(&header));
    }
}

fn deflated_payload(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let header = scene.header().set_string("zip", "DEF").text();
    let claims = scene.claims().text();
    let token = scene.sign(header, jwe::deflated(claims.as_bytes()));
    cases.add(scene, "", serialised(token.compact(), &Jws { payload_octets: claims.into_bytes(), ..token }));
}

fn zip_over_plain(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", scene.sign_header(&scene.header().set_string("zip", "DEF")));
}

fn five_segments(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let Jws { header, payload, signature, .. } = &token;
    let own = scene.header().set_string("enc", "A256GCM").text();
    let labelled = scene.sign(own, scene.claims().text());
    for (variant, text) in [
        ("two-empty-after", format!("{header}.{payload}.{signature}..")),
        ("two-empty-inside", format!("{header}.{payload}...{signature}")),
        ("as-encrypted", format!("{}.{}.{}.AAAA.AAAA", labelled.header, labelled.payload, labelled.signature)),
    ] {
        cases.add(scene, variant, serialised(text, &token));
    }
}

fn other_formats(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let claims = scene.claims().text();
    if scene.algorithm().is_eddsa() {
        let signed = pre_authentication(claims.as_bytes());
        let signature = scene.forge.signature(scene.key, Scheme::Ed25519, &signed);
        let body = base64url::encode([claims.as_bytes(), &signature].concat());
        cases.add(scene, "paseto-v4-public", format!("v4.public.{body}"));
    }
    if scene.algorithm().is_eddsa() || scene.algorithm().is_ecdsa() {
        let cwt = cwt(scene);
        cases.add(scene, "cwt-base64url", base64url::encode(&cwt));
        cases.add(scene, "cwt", cwt).needs(token_assay_model::Feature::Bytes);
    }
    cases.add(scene, "branca", BRANCA.to_owned());
}

/// A CBOR Web Token that holds `iss` (RFC 8392 §7.1): a COSE_Sign1 signed by the trusted key (RFC 9052 §4.4).
fn cwt(scene: &Scene<'_>) -> Vec<u8> {
    let claims = [&[0xa1, 0x01, 0x76], ISSUER.as_bytes()].concat();
    let protected = [0x43, 0xa1, 0x01, if scene.algorithm().is_eddsa() { 0x27 } else { 0x26 }];
    let octets = |octets: &[u8]| [&[0x58, u8::try_from(octets.len()).expect("it is short")], octets].concat();
    let signed = [&[0x84, 0x6a], &b"Signature1"[..], &protected, &[0x40], &octets(&claims)].concat();
    let signature = scene.forge.signature(scene.key, Scheme::of(scene.algorithm()), &signed);
    [&[0xd8, 61, 0xd2, 0x84], &protected[..], &[0xa0], &octets(&claims), &octets(&signature)].concat()
}

/// What PASETO signs: header, message, footer, assertion, each with its length (PASETO, Common.md, PAE).
fn pre_authentication(message: &[u8]) -> Vec<u8> {
    let piece = |octets: &[u8]| [&(octets.len() as u64).to_le_bytes(), octets].concat();
    [4_u64.to_le_bytes().to_vec(), piece(b"v4.public."), piece(message), piece(b""), piece(b"")].concat()
}

/// The example of the specification of Branca.
const BRANCA: &str = "870S4BYxgHw0KnP3W9fgVUHEhT5g86vJ17etaC5Kh5uIraWHCI1psNQGv298ZmjPwoYbjDQ9chy2z";

fn disclosures(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let compact = token.compact();
    let disclosure = base64url::encode(r#"["salt","admin",true]"#);
    for (variant, text) in [
        ("none", format!("{compact}~")),
        ("one", format!("{compact}~{disclosure}~")),
        ("with-key-binding", format!("{compact}~{disclosure}~{compact}")),
    ] {
        cases.add(scene, variant, serialised(text, &token));
    }
}

fn wraps_unsigned(cases: &mut EncryptedCases<'_>) {
    for scene in nested(cases) {
        for (variant, alg) in [("", "none"), ("capitals", "NONE")] {
            let header = scene.inside.header().set_string("alg", alg).text();
            let inner = Jws::unsigned(header, scene.inside.forged_claims().text());
            cases.add(&scene, variant, scene.around(&inner));
        }
    }
}

fn wraps_claims(cases: &mut EncryptedCases<'_>) {
    for scene in nested(cases) {
        let forged = scene.forged();
        cases.add(&scene, "", scene.holding(&forged));
        let wrapped = scene.wrapped();
        let bare = jwe::Wrapped { header: wrapped.header.clone().without("cty"), ..wrapped };
        cases.add(&scene, "without-cty", bare.seal(scene.enc, &forged));
    }
}

fn wraps_badly_signed(cases: &mut EncryptedCases<'_>) {
    for scene in nested(cases) {
        let inside = &scene.inside;
        let key = inside.forge.keys().attacker(inside.algorithm());
        let header = inside.header();
        let claims = inside.forged_claims().text();
        let own = header.clone().set("jwk", key.jwk_text.clone());
        let sign = |header: &Object| inside.forge.sign(header.text(), &claims, key, inside.algorithm());
        cases.add(&scene, "attacker", scene.around(&sign(&header)));
        cases.add(&scene, "attacker-jwk", scene.around(&sign(&own)));
        cases.add(&scene, "stale", scene.around(&inside.token().with_payload(&claims)));
        cases.add(&scene, "empty", scene.around(&Jws::unsigned(header.text(), &claims)));
    }
}

fn signed_for_decrypter(cases: &mut EncryptedCases<'_>) {
    for (alg, enc) in [(Alg::RsaOaep256, Enc::A256Gcm), (Alg::A256Kw, Enc::A256Gcm), (Alg::Dir, Enc::A256Gcm)] {
        let scene = cases.scene(alg, enc);
        let header = |alg: &str| Object::new().set_string("alg", alg).set_string("typ", "JWT").text();
        let forged = scene.inside.forged_claims().text();
        cases.add(&scene, "unsigned", Jws::unsigned(header("none"), &forged));
        // The recipient's key taken for one that verifies.
        let (name, signed) = match alg {
            Alg::RsaOaep256 => ("rs256", Algorithm::Rs256),
            _ => ("hs256", Algorithm::Hs256),
        };
        let jws = scene.inside.forge.sign(header(signed.as_str()), &forged, &scene.recipient, signed);
        cases.add(&scene, name, jws);
    }
    for scene in nested(cases) {
        // It is what would be inside; that it must be is the configuration's word.
        let bare = scene.inside.token();
        cases.add(&scene, "bare", bare).says(Says::ShouldReject(Reason::Malformed));
    }
}

/// One key of each type, pinned, and a key set.
fn usual(at: Setting) -> bool {
    on::pinned_common(at) || on::key_set(at)
}

fn rsa(at: Setting) -> bool {
    on::usual(at) && at.algorithm == Algorithm::Rs256
}

fn p256(at: Setting) -> bool {
    on::usual(at) && at.algorithm == Algorithm::Es256
}

/// Where the secret has 32 octets, as a key for A256KW does.
fn hs256(at: Setting) -> bool {
    on::usual(at) && at.algorithm == Algorithm::Hs256 && at.profile != token_assay_model::Profile::FamilyList
}

/// JSON or compact, whichever it is.
fn any_text(reading: &mut Reading<'_>) -> Result<(), Reason> {
    if json_of(reading).is_some() { Ok(()) } else { rules::text(reading) }
}

fn json_of(reading: &Reading<'_>) -> Option<Json> {
    Json::parse(&reading.octets).ok().filter(|json| matches!(json, Json::Object(_)))
}

/// The three segments of a JSON serialisation, its signature that of the entry that is chosen.
fn segments_of(json: &Json, choose: fn(&[Json]) -> Option<&Json>) -> Option<[Vec<u8>; 3]> {
    let holder = match json.member("signatures") {
        Some(Json::Array(entries)) => choose(entries)?,
        _ => json,
    };
    let text = |of: &Json, name: &str| of.member(name).and_then(Json::as_str).map(|text| text.as_bytes().to_vec());
    Some([text(holder, "protected").unwrap_or_default(), text(json, "payload")?, text(holder, "signature")?])
}

fn segments_in_json(reading: &mut Reading<'_>, choose: fn(&[Json]) -> Option<&Json>) -> Result<(), Reason> {
    let Some(json) = json_of(reading) else { return rules::segments(reading) };
    reading.segments = segments_of(&json, choose).ok_or(Reason::Malformed)?;
    Ok(())
}

static READS_JSON: Strawman = Strawman {
    name: "reads-json",
    flaw: "takes a JSON serialisation for a JWT",
    mend: "Take the compact serialisation alone: RFC 7519 §3 knows no other for a JWT.",
    bends: &[(Rule::Text, any_text), (Rule::Segments, |reading| segments_in_json(reading, <[Json]>::first))],
};

static BELIEVES_ANY_ENTRY: Strawman = Strawman {
    name: "believes-any-entry",
    flaw: "takes a token for signed when any of its signatures is somebody's",
    mend: "Verify with the configured keys alone, and hand on only what the signature that verified covers.",
    bends: &[
        (Rule::Text, any_text),
        (Rule::Segments, |reading| segments_in_json(reading, <[Json]>::last)),
        (Rule::KeyChoice, |reading| {
            let jwk = reading.header.member("jwk").map(Json::to_value);
            let own = jwk.map(|jwk| token_assay_model::Key { jwk: Some(jwk), ..token_assay_model::Key::default() });
            match own.as_ref().and_then(reference::key::PublicKey::read) {
                Some(key) => {
                    reading.keys = vec![key];
                    Ok(())
                }
                None => rules::key_choice(reading),
            }
        }),
    ],
};

static MERGES_UNPROTECTED: Strawman = Strawman {
    name: "merges-unprotected-header",
    flaw: "reads what is not signed into the header",
    mend: "Take every parameter that decides anything from the protected header.",
    bends: &[
        (Rule::Text, any_text),
        (Rule::Segments, |reading| segments_in_json(reading, <[Json]>::first)),
        (Rule::Header, |reading| {
            let unprotected = json_of(reading).and_then(|json| json.member("header").cloned());
            if reading.decoded[0].is_empty() && unprotected.is_some() {
                reading.decoded[0] = b"{}".to_vec();
            }
            rules::header(reading)?;
            if let (Json::Object(members), Some(Json::Object(more))) = (&mut reading.header, unprotected) {
                members.extend(more);
            }
            Ok(())
        }),
    ],
};

static ALL_OF_NO_SIGNATURES: Strawman = Strawman {
    name: "all-of-no-signatures",
    flaw: "finds all signatures right where there are none",
    mend: "Refuse a token without a signature before looking at any.",
    bends: &[
        (Rule::Text, any_text),
        (Rule::Segments, |reading| match json_of(reading) {
            Some(json) if segments_of(&json, <[Json]>::first).is_none() => {
                let payload = json.member("payload").and_then(Json::as_str).ok_or(Reason::Malformed)?;
                let header = format!(r#"{{"alg":"{}"}}"#, configured(reading));
                reading.segments =
                    [base64url::encode(header), payload.to_owned(), String::new()].map(String::into_bytes);
                Ok(())
            }
            _ => segments_in_json(reading, <[Json]>::first),
        }),
        (Rule::Signature, |reading| if json_of(reading).is_some() { Ok(()) } else { rules::signature(reading) }),
    ],
};

static VERIFIES_THEN_SPLITS: Strawman = Strawman {
    name: "verifies-then-splits",
    flaw: "verifies a JSON serialisation, and reads the claims between the first two periods of its text",
    mend: "Hand on the payload that was verified; never read the token a second time.",
    bends: &[
        (Rule::Text, any_text),
        (Rule::Segments, |reading| segments_in_json(reading, <[Json]>::first)),
        (Rule::Payload, |reading| {
            if json_of(reading).is_some() {
                let second = reading.octets.split(|octet| *octet == b'.').nth(1);
                reading.decoded[1] = second.and_then(base64url::decode).ok_or(Reason::Malformed)?;
            }
            rules::payload(reading)
        }),
    ],
};

static UNWRAPS_JSON: Strawman = Strawman {
    name: "unwraps-json",
    flaw: "takes a token out of the JSON around it",
    mend: "Refuse a token that holds quotes, brackets or braces.",
    bends: &[(Rule::Text, |reading| {
        let inside = match Json::parse(&reading.octets) {
            Ok(Json::String(text)) => Some(text),
            Ok(Json::Array(values)) => values.first().and_then(Json::as_str).map(str::to_owned),
            Ok(Json::Object(members)) => members.first().and_then(|(_, value)| value.as_str()).map(str::to_owned),
            _ => None,
        };
        if let Some(inside) = inside {
            reading.octets = inside.into_bytes();
        }
        rules::text(reading)
    })],
};

/// The claims of an encrypted token for any of the policy's keys, by whatever algorithms.
fn decrypted(reading: &Reading<'_>) -> Option<Vec<u8>> {
    let encryption = token_assay_model::Encryption { alg: Alg::ALL.to_vec(), enc: Enc::ALL.to_vec() };
    let policy = Policy { encryption: Some(encryption), ..reading.policy.clone() };
    let input = Input::from_octets(reading.octets.clone());
    sound::plaintext(Request { input: &input, policy: &policy }, &[]).ok()
}

fn is_encrypted(reading: &Reading<'_>) -> bool {
    reading.octets.iter().filter(|octet| **octet == b'.').count() == 4
}

static DECRYPTS_TOO: Strawman = Strawman {
    name: "decrypts-too",
    flaw: "decrypts a token that should be signed, with the key that should verify it, and calls it valid",
    mend: "Let a verifier of signed tokens take nothing else, whatever the token looks like.",
    bends: &[
        (Rule::Segments, |reading| {
            let Some(plaintext) = is_encrypted(reading).then(|| decrypted(reading)).flatten() else {
                return rules::segments(reading);
            };
            let header = format!(r#"{{"alg":"{}"}}"#, configured(reading));
            reading.segments =
                [base64url::encode(header), base64url::encode(plaintext), String::new()].map(String::into_bytes);
            Ok(())
        }),
        (Rule::KeyChoice, |reading| if is_encrypted(reading) { Ok(()) } else { rules::key_choice(reading) }),
        (Rule::KeyFitness, |reading| if is_encrypted(reading) { Ok(()) } else { rules::key_fitness(reading) }),
        (Rule::Signature, |reading| if is_encrypted(reading) { Ok(()) } else { rules::signature(reading) }),
    ],
};

static INFLATES_SIGNED: Strawman = Strawman {
    name: "inflates-signed",
    flaw: "decompresses the payload of a signed token",
    mend: "Ignore zip in a signed token: it is a parameter of encrypted ones.",
    bends: &[(Rule::Payload, |reading| {
        if reading.header.member("zip").is_some() {
            let mut inflated = Vec::new();
            let decoder = flate2::read::DeflateDecoder::new(reading.decoded[1].as_slice());
            if decoder.take(1 << 20).read_to_end(&mut inflated).is_ok() {
                reading.decoded[1] = inflated;
            }
        }
        rules::payload(reading)
    })],
};

static THREE_OF_FIVE: Strawman = Strawman {
    name: "three-parts-of-five",
    flaw: "reads three of five parts",
    mend: "Refuse a signed token that has not three parts exactly.",
    bends: &[(Rule::Segments, |reading| {
        let parts: Vec<_> = reading.octets.split(|octet| *octet == b'.').map(<[u8]>::to_vec).collect();
        reading.octets = parts.into_iter().take(3).collect::<Vec<_>>().join(&b'.');
        rules::segments(reading)
    })],
};

static READS_PASETO: Strawman = Strawman {
    name: "reads-paseto",
    flaw: "takes a token of another format, signed by its key, for a JWT",
    mend: "Refuse what does not begin with a JOSE header.",
    bends: &[
        (Rule::Encoding, |reading| {
            if paseto(reading).is_none() {
                return rules::encoding(reading);
            }
            let body = base64url::decode(&reading.segments[2]).unwrap_or_default();
            let (message, _) = body.split_at(body.len().saturating_sub(64));
            let header = format!(r#"{{"alg":"{}"}}"#, configured(reading));
            reading.decoded = [header.into_bytes(), message.to_vec(), Vec::new()];
            Ok(())
        }),
        (Rule::Signature, |reading| {
            let Some((message, signature)) = paseto(reading) else { return rules::signature(reading) };
            let signed = pre_authentication(&message);
            let right = reading.keys.iter().any(|key| key.verifies(Algorithm::EdDsa, &signed, &signature));
            rules::check(right, Reason::Signature)
        }),
    ],
};

fn paseto(reading: &Reading<'_>) -> Option<(Vec<u8>, Vec<u8>)> {
    let [version, purpose, body] = &reading.segments;
    let body = base64url::decode(body).filter(|_| version == b"v4" && purpose == b"public")?;
    let (message, signature) = body.split_at_checked(body.len().checked_sub(64)?)?;
    Some((message.to_vec(), signature.to_vec()))
}

static CUTS_DISCLOSURES: Strawman = Strawman {
    name: "cuts-disclosures",
    flaw: "leaves out what follows a tilde",
    mend: "Refuse a token that holds other characters than base64url and periods.",
    bends: &[(Rule::Text, |reading| {
        let end = reading.octets.iter().position(|octet| *octet == b'~').unwrap_or(reading.octets.len());
        reading.octets.truncate(end);
        rules::text(reading)
    })],
};

/// What is inside judged by bent rules.
fn inside_by(opening: &mut sound::Opening<'_>, bends: &[(Rule, reference::Step)]) -> Result<(), Reason> {
    let Some(_) = &opening.reading.policy.algorithms else { return sound::inside(opening) };
    let policy = Policy { encryption: None, ..opening.reading.policy.clone() };
    let input = Input::from_octets(opening.plaintext.clone());
    opening.nested = Some(reference::rule_with(Request { input: &input, policy: &policy }, bends));
    match opening.nested {
        Some(Ruling::Reject(reason)) => Err(reason),
        _ => Ok(()),
    }
}

static UNSIGNED_INSIDE: Misdecrypter = Misdecrypter {
    name: "unsigned-inside",
    flaw: "believes an unsigned token because it was encrypted",
    mend: "Verify the token inside as if it had come bare: encryption to a public key says nothing of who encrypted.",
    bends: &[(sound::Rule::Inside, |opening| {
        inside_by(
            opening,
            &[(Rule::Allowed, |reading| match reading.algorithm {
                Algorithm::None => Ok(()),
                _ => rules::allowed(reading),
            })],
        )
    })],
};

static CLAIMS_INSIDE: Misdecrypter = Misdecrypter {
    name: "claims-inside",
    flaw: "believes claims that are encrypted and not signed, where they should be both",
    mend: "Where a signed token should be inside, refuse everything else.",
    bends: &[(sound::Rule::Inside, |opening| {
        opening.reading.decoded[1].clone_from(&opening.plaintext);
        sound::claims(&mut opening.reading).or_else(|_| sound::inside(opening))
    })],
};

static UNVERIFIED_INSIDE: Misdecrypter = Misdecrypter {
    name: "unverified-inside",
    flaw: "does not check the signature of the token inside",
    mend: "Verify the token inside with the configured key.",
    bends: &[(sound::Rule::Inside, |opening| inside_by(opening, &[(Rule::Signature, |_| Ok(()))]))],
};

/// Whether what should be encrypted has the three parts of what is signed.
fn is_signed(opening: &sound::Opening<'_>) -> bool {
    opening.reading.octets.iter().filter(|octet| **octet == b'.').count() == 2
}

static SIGNED_OR_NOTHING: Misdecrypter = Misdecrypter {
    name: "decryption-optional",
    flaw: "reads a token that should be encrypted without decrypting it, and without a signature that it could check",
    mend: "Refuse a token that has not five parts where encryption is configured.",
    bends: &[
        (sound::Rule::Segments, |opening| if is_signed(opening) { Ok(()) } else { sound::segments(opening) }),
        (sound::Rule::Encoding, |opening| if is_signed(opening) { Ok(()) } else { sound::encoding(opening) }),
        (sound::Rule::Header, |opening| if is_signed(opening) { Ok(()) } else { sound::header(opening) }),
        (sound::Rule::Algorithms, |opening| if is_signed(opening) { Ok(()) } else { sound::algorithms(opening) }),
        (sound::Rule::Allowed, |opening| if is_signed(opening) { Ok(()) } else { sound::allowed(opening) }),
        (sound::Rule::KeyChoice, |opening| if is_signed(opening) { Ok(()) } else { sound::key_choice(opening) }),
        (sound::Rule::KeyFitness, |opening| if is_signed(opening) { Ok(()) } else { sound::key_fitness(opening) }),
        (sound::Rule::Parameters, |opening| if is_signed(opening) { Ok(()) } else { sound::parameters(opening) }),
        (
            sound::Rule::KeyManagement,
            |opening| if is_signed(opening) { Ok(()) } else { sound::key_management(opening) },
        ),
        (sound::Rule::Content, |opening| if is_signed(opening) { Ok(()) } else { sound::content(opening) }),
        (sound::Rule::Inside, |opening| {
            if !is_signed(opening) {
                return sound::inside(opening);
            }
            let payload = opening.reading.octets.split(|octet| *octet == b'.').nth(1).and_then(base64url::decode);
            opening.reading.decoded[1] = payload.ok_or(Reason::Malformed)?;
            sound::claims(&mut opening.reading)
        }),
    ],
};

const MALFORMED: Says = Says::MustReject(Reason::Malformed);

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "serialization",
    title: "other serialisations and formats",
    classes: &[
        Class {
            id: "json-flattened-valid",
            title: "A token in the flattened JSON serialisation was accepted as a JWT.",
            construction: "protected, payload and signature of a valid token as members of a JSON object",
            says: MALFORMED,
            severity: Severity::High,
            references: &["RFC 7519 §1", "RFC 7519 §3", "RFC 7519 §7.2", "RFC 8725bis §3.14"],
            cwe: Some(436),
            make: Make::Cases { on: usual, build: flattened, strawman: &READS_JSON },
        },
        Class {
            id: "json-general-valid",
            title: "A token in the general JSON serialisation was accepted as a JWT.",
            construction: "payload and signatures of a valid token as members of a JSON object",
            says: MALFORMED,
            severity: Severity::High,
            references: &["RFC 7519 §1", "RFC 7519 §3", "RFC 7519 §7.2", "RFC 8725bis §3.14"],
            cwe: Some(436),
            make: Make::Cases { on: usual, build: in_general, strawman: &READS_JSON },
        },
        Class {
            id: "json-multi-sig-one-bad",
            title: "A token with two signatures, one of them wrong, was accepted as a JWT.",
            construction: "general JSON serialisation, a right signature and one of zeros, in both orders",
            says: MALFORMED,
            severity: Severity::High,
            references: &["RFC 7519 §3", "RFC 7515 §7.2.1", "RFC 7515 §5.2"],
            cwe: Some(347),
            make: Make::Cases { on: usual, build: one_signature_bad, strawman: &READS_JSON },
        },
        Class {
            id: "json-attacker-extra-signature",
            title: "A forged token was accepted because one of its signatures is the attacker's own.",
            construction: "general JSON serialisation of forged claims: the attacker's signature, his key in jwk, beside \
                           a genuine signature of another payload",
            says: MALFORMED,
            severity: Severity::Critical,
            references: &["RFC 7519 §3", "RFC 7515 §10.3", "RFC 8725 §3.10"],
            cwe: Some(347),
            make: Make::Cases { on: usual, build: attackers_signature, strawman: &BELIEVES_ANY_ENTRY },
        },
        Class {
            id: "json-unprotected-alg",
            title: "A token whose algorithm is named in a header that is not signed was accepted.",
            construction: "flattened JSON serialisation, alg in the unprotected header alone, in both, none beside the \
                           protected one",
            says: MALFORMED,
            severity: Severity::High,
            references: &["RFC 7519 §3", "RFC 7515 §7.2.1", "RFC 7515 §10.7"],
            cwe: Some(345),
            make: Make::Cases { on: usual, build: unprotected_algorithm, strawman: &MERGES_UNPROTECTED },
        },
        Class {
            id: "json-protected-empty",
            title: "A token none of whose header is signed was accepted.",
            construction: "flattened JSON serialisation, protected empty or absent, the header unprotected; alg none \
                           without a signature, and a genuine signature",
            says: MALFORMED,
            severity: Severity::Critical,
            references: &["RFC 7519 §3", "RFC 7515 §10.7", "RFC 7518 §3.6"],
            cwe: Some(347),
            make: Make::Cases { on: usual, build: nothing_protected, strawman: &MERGES_UNPROTECTED },
        },
        Class {
            id: "json-empty-signatures",
            title: "A forged token with an empty list of signatures was accepted.",
            construction: "JSON serialisation of forged claims, signatures empty, null, absent, of one empty entry",
            says: MALFORMED,
            severity: Severity::Critical,
            references: &["RFC 7519 §3", "RFC 7515 §5.2", "RFC 7515 §7.2.1"],
            cwe: Some(347),
            make: Make::Cases { on: usual, build: no_signatures, strawman: &ALL_OF_NO_SIGNATURES },
        },
        Class {
            id: "json-both-forms",
            title: "A token in the flattened and the general serialisation at once was accepted.",
            construction: "members of both JSON serialisations, agreeing and differing",
            says: MALFORMED,
            severity: Severity::Medium,
            references: &["RFC 7519 §3", "RFC 7515 §7.2.2"],
            cwe: Some(436),
            make: Make::Cases { on: usual, build: both_forms, strawman: &READS_JSON },
        },
        Class {
            id: "polyglot-member-name",
            title: "A token that is JSON to who verifies and compact to who reads was accepted.",
            construction: "a genuine flattened token whose first member's name is a forged compact one",
            says: MALFORMED,
            severity: Severity::Critical,
            references: &["CVE-2022-39227", "RFC 8725bis §3.14", "RFC 7519 §7.2"],
            cwe: Some(290),
            make: Make::Cases { on: usual, build: polyglot_name, strawman: &VERIFIES_THEN_SPLITS },
        },
        Class {
            id: "polyglot-extra-value",
            title: "A JSON token with forged claims between two periods of another member was accepted.",
            construction: "a genuine flattened token with a member whose value is a period, forged claims, a period",
            says: MALFORMED,
            severity: Severity::Critical,
            references: &["CVE-2024-5037", "RFC 8725bis §2.13", "RFC 7519 §7.2"],
            cwe: Some(290),
            make: Make::Cases { on: usual, build: polyglot_value, strawman: &VERIFIES_THEN_SPLITS },
        },
        Class {
            id: "json-string-wrapped-compact",
            title: "A token inside a JSON string, array or object was accepted.",
            construction: "a valid compact token in quotes, in an array, as the member token, jwt or access_token",
            says: MALFORMED,
            severity: Severity::Medium,
            references: &["RFC 8725bis §3.14", "RFC 7515 §7.1"],
            cwe: Some(20),
            make: Make::Cases { on: on::pinned_common, build: wrapped_in_json, strawman: &UNWRAPS_JSON },
        },
        Class {
            id: "jwe-to-jws-verifier-rsa",
            title: "A forged token, encrypted with the verifier's public RSA key, was accepted as signed.",
            construction: "forged claims encrypted by RSA-OAEP and RSA1_5 to the key that verifies; the relying party has \
                           the public key, or the key pair",
            says: MALFORMED,
            severity: Severity::Critical,
            references: &["RFC 8725 §2.3", "RFC 8725 §3.3", "RFC 7519 §7.2", "CVE-2023-51774", "CVE-2022-3102"],
            cwe: Some(843),
            make: Make::Cases { on: rsa, build: encrypted_to_rsa, strawman: &DECRYPTS_TOO },
        },
        Class {
            id: "jwe-to-jws-verifier-ecdh",
            title: "A forged token, encrypted with the verifier's public P-256 key, was accepted as signed.",
            construction: "forged claims encrypted by ECDH-ES to the key that verifies; the relying party has the public \
                           key, or the key pair",
            says: MALFORMED,
            severity: Severity::Critical,
            references: &["RFC 8725 §2.3", "RFC 8725 §3.3", "RFC 8725bis §3.3", "RFC 7519 §7.2"],
            cwe: Some(843),
            make: Make::Cases { on: p256, build: encrypted_to_ec, strawman: &DECRYPTS_TOO },
        },
        Class {
            id: "jwe-to-hmac-verifier-dir",
            title: "A token that is encrypted with the verifier's secret was accepted as signed.",
            construction: "claims of an administrator encrypted with the secret by dir, A256KW, A256GCMKW, PBES2",
            says: MALFORMED,
            severity: Severity::High,
            references: &["RFC 8725bis §3.3", "RFC 8725 §3.1", "RFC 7519 §7.2"],
            cwe: Some(843),
            make: Make::Cases { on: hs256, build: encrypted_by_secret, strawman: &DECRYPTS_TOO },
        },
        Class {
            id: "jwe-wrapping-plainjwt",
            title: "An unsigned token inside an encrypted one was accepted.",
            construction: "forged claims under alg none, encrypted for a recipient who wants a signed token inside",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.3", "RFC 7519 §11.2", "CVE-2026-29000"],
            cwe: Some(347),
            make: Make::Encrypted { build: wraps_unsigned, strawman: &UNSIGNED_INSIDE },
        },
        Class {
            id: "jwe-wrapping-claims-only",
            title: "Encrypted claims were accepted where a signed token should be inside.",
            construction: "forged claims encrypted for a recipient who wants a signed token inside, with and without cty",
            says: MALFORMED,
            severity: Severity::Critical,
            references: &["RFC 8725 §3.3", "RFC 7519 §11.2"],
            cwe: Some(347),
            make: Make::Encrypted { build: wraps_claims, strawman: &CLAIMS_INSIDE },
        },
        Class {
            id: "jwe-wrapping-unverified-jws",
            title: "A forged token inside an encrypted one was accepted.",
            construction: "inside: signed by the attacker, with his key in jwk or without; a stale signature; none",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 8725 §2.3", "RFC 8725 §3.3", "RFC 7519 §7.2"],
            cwe: Some(347),
            make: Make::Encrypted { build: wraps_badly_signed, strawman: &UNVERIFIED_INSIDE },
        },
        Class {
            id: "jws-to-jwe-verifier",
            title: "A token that is not encrypted was accepted where an encrypted one is wanted.",
            construction: "three parts to a recipient of encrypted tokens: alg none; signed with the recipient's own key; \
                           the token that should be inside",
            says: MALFORMED,
            severity: Severity::High,
            references: &["RFC 7516 §9", "RFC 7519 §7.2", "RFC 8725 §3.1"],
            cwe: Some(843),
            make: Make::Encrypted { build: signed_for_decrypter, strawman: &SIGNED_OR_NOTHING },
        },
        Class {
            id: "jws-header-with-enc",
            title: "A signed token whose header has members of encrypted ones ended the verifier.",
            construction: "valid token with enc, with enc and zip, with epk",
            says: Says::Either(
                "a member of encrypted tokens' headers is not understood and ignored, or tells them apart",
            ),
            severity: Severity::Medium,
            references: &["RFC 7515 §4", "RFC 7516 §9", "RFC 7519 §7.2"],
            cwe: Some(843),
            make: Make::Cases { on: on::pinned_common, build: header_with_enc, strawman: &PANICS },
        },
        Class {
            id: "jws-zip-def-deflated",
            title: "A signed token whose payload is compressed was accepted.",
            construction: "zip DEF, the claims deflated, a genuine signature",
            says: MALFORMED,
            severity: Severity::High,
            references: &["RFC 7516 §4.1.3", "RFC 7519 §7.2"],
            cwe: Some(409),
            make: Make::Cases { on: on::pinned_common, build: deflated_payload, strawman: &INFLATES_SIGNED },
        },
        Class {
            id: "jws-zip-def-ignored",
            title: "A signed token that says it is compressed and is not ended the verifier.",
            construction: "valid token with zip DEF",
            says: Says::Either(
                "a member of encrypted tokens' headers is not understood and ignored, or tells them apart",
            ),
            severity: Severity::Low,
            references: &["RFC 7515 §4", "RFC 7519 §7.2"],
            cwe: Some(20),
            make: Make::Cases { on: on::pinned_common, build: zip_over_plain, strawman: &PANICS },
        },
        Class {
            id: "five-segments-jws-alg",
            title: "A token of five parts whose algorithm signs was accepted.",
            construction: "valid token with two more parts: empty after it, empty inside, as an encrypted one with enc",
            says: MALFORMED,
            severity: Severity::Medium,
            references: &["RFC 7516 §9", "RFC 7515 §7.1"],
            cwe: Some(843),
            make: Make::Cases { on: usual, build: five_segments, strawman: &THREE_OF_FIVE },
        },
        Class {
            id: "cose-cwt-or-paseto",
            title: "A token of another format was accepted as a JWT.",
            construction: "a PASETO signed by the trusted key, a CBOR Web Token as octets and as base64url, a Branca token",
            says: MALFORMED,
            severity: Severity::Low,
            references: &["RFC 7519 §7.2", "RFC 7519 §3"],
            cwe: Some(20),
            make: Make::Cases { on: on::pinned_common, build: other_formats, strawman: &READS_PASETO },
        },
        Class {
            id: "sd-jwt-trailing-disclosures",
            title: "A token with disclosures of an SD-JWT after it was accepted as a JWT.",
            construction: "valid token followed by a tilde, by a disclosure, by a disclosure and a key binding",
            says: MALFORMED,
            severity: Severity::Medium,
            references: &["RFC 7515 §7.1", "RFC 9901 §4"],
            cwe: Some(20),
            make: Make::Cases { on: usual, build: disclosures, strawman: &CUTS_DISCLOSURES },
        },
    ],
};
