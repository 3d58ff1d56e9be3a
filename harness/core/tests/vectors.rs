//! Vectors that others made: the RFCs' examples, and Wycheproof's where they are at hand.

use std::path::PathBuf;

use serde_json::Value;
use token_assay::forge::{Forge, Object, TestKey, jwe};
use token_assay::model::{
    Algorithm, ContentEncryption, Encryption, Input, Key, KeyManagement, Policy, Reason, Request,
};
use token_assay::reference;

#[test]
fn the_examples_of_the_rfcs_verify_and_altered_ones_do_not() {
    for example in examples() {
        let (name, token) = (&example["name"], text(&example["token"]));
        assert!(verifies(&token, &example["jwk"]).is_ok(), "{name}: {:?}", verifies(&token, &example["jwk"]));
        let dot = token.rfind('.').unwrap();
        let altered = format!("{}A{}", &token[..dot], &token[dot..]);
        assert!(verifies(&altered, &example["jwk"]).is_err(), "{name}");
    }
    let unsecured = text(&data()["unsecured"]["token"]);
    assert_eq!(verifies(&unsecured, &examples()[0]["jwk"]), Err(Reason::Algorithm));
}

#[test]
fn the_forge_makes_the_deterministic_examples_octet_for_octet() {
    let forge = Forge::new(0);
    let mut made = 0;
    for example in examples().iter().filter(|example| !example["private"].is_null()) {
        let token = text(&example["token"]);
        let parts: Vec<&str> = token.split('.').collect();
        let decoded: Vec<Vec<u8>> =
            parts.iter().map(|part| token_assay::forge::base64url::decode(part).unwrap()).collect();
        let header: Value = serde_json::from_slice(&decoded[0]).unwrap();
        let algorithm: Algorithm = text(&header["alg"]).parse().unwrap();
        let key = TestKey::from_jwk("example", &example["private"]).unwrap();
        assert_eq!(forge.sign(&decoded[0], &decoded[1], &key, algorithm).compact(), token, "{}", example["name"]);
        made += 1;
    }
    assert!(made >= 7, "{made}");
}

/// RFC 6979 §A.2.5: P-256, SHA-256, the message "sample". Its s is in the upper half, so it shows too that nothing
/// normalises.
#[test]
fn an_ecdsa_nonce_is_that_of_rfc_6979() {
    let jwk = serde_json::json!({
        "kty": "EC", "crv": "P-256",
        "d": base64(&hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")),
        "x": base64(&hex("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6")),
        "y": base64(&hex("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299")),
    });
    let key = TestKey::from_jwk("rfc6979", &jwk).unwrap();
    let signature = Forge::new(0).signature(&key, token_assay::forge::Scheme::of(Algorithm::Es256), b"sample");
    let expected = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
                    f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
    assert_eq!(signature, hex(expected));
}

#[test]
fn wycheproofs_401_signatures_are_judged_as_it_judges_them_but_for_its_questionable_labels() {
    judge("json_web_signature_test.json", 401, QUESTIONABLE);
}

/// Of the 83 and 26 the tests of encrypted tokens are left out.
#[test]
fn wycheproofs_keys_and_key_sets_are_judged_as_it_judges_them_but_for_its_questionable_labels() {
    judge("json_web_crypto_test.json", JWS_OF_CRYPTO, QUESTIONABLE_OF_CRYPTO);
    judge("json_web_key_test.json", 26, QUESTIONABLE_OF_KEYS);
}

/// Holds the reference verifier against the labels of a file, which has so many tests of signed tokens.
fn judge(file: &str, tests: usize, labels: &[(u64, &str)]) {
    let Some(file) = wycheproof(file) else {
        println!("SKIPPED: no Wycheproof vectors; set ASSAY_WYCHEPROOF to a folder with {file}");
        return;
    };
    let vectors: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let (mut seen, mut questionable, mut wrong) = (0, Vec::new(), Vec::new());
    for group in vectors["testGroups"].as_array().unwrap() {
        let jwk = if group["public"].is_null() { &group["private"] } else { &group["public"] };
        for test in group["tests"].as_array().unwrap().iter().filter(|test| !test["jws"].is_null()) {
            seen += 1;
            let id = test["tcId"].as_u64().unwrap();
            let token = test["jws"].as_str().map_or_else(|| test["jws"].to_string(), str::to_owned);
            let ruling = verifies(&token, jwk);
            if ruling.is_ok() != (test["result"] == "valid") {
                match labels.iter().find(|(known, _)| *known == id) {
                    Some(_) => questionable.push(id),
                    None => wrong.push(format!("tc{id} {}: {} but {ruling:?}", test["comment"], test["result"])),
                }
            }
        }
    }
    assert_eq!(seen, tests);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let listed: Vec<u64> = labels.iter().map(|(id, _)| *id).collect();
    assert_eq!(questionable, listed, "a label that is listed as questionable no longer is");
}

/// Labels that the clauses contradict; the file's own notes tell more.
const QUESTIONABLE: &[(u64, &str)] = &[
    (346, "the key is for PS256, the header says PS384 (RFC 7517 §4.4)"),
    (347, "the key is for ES521, which is registered nowhere (RFC 7517 §4.4)"),
    (350, "as 346"),
    (351, "as 347"),
    (367, "the octets of 357, which is labelled valid and is"),
    (370, "as 367"),
    (372, "a ? inside the header segment; the MAC is not over what was received (RFC 7515 §5.2)"),
    (373, "a ? inside the payload segment"),
    (375, "unused bits in the payload segment, over which the MAC is: RFC 4648 §3.5 lets a decoder read it; left open"),
];

/// Of `json_web_crypto_test.json`.
const JWS_OF_CRYPTO: usize = 49;

const QUESTIONABLE_OF_CRYPTO: &[(u64, &str)] = &[
    (46, "rejectsKeyWithRocaVulnerability: no clause asks a verifier to tell a weak modulus by its form; left open"),
    (47, "rejectsValid of a mixed key set: RFC 7517 §5 lets a set hold keys of several types, and the kid names one"),
];

const QUESTIONABLE_OF_KEYS: &[(u64, &str)] = &[
    (1, "as 47: a mixed key set"),
    (
        4,
        "rejectsDuplicateKid: RFC 7517 §4.5 says that names should differ; which key is meant is the application's choice",
    ),
    (7, "as 46"),
];
#[test]
fn the_encrypted_examples_of_rfc_7516_open_and_altered_ones_do_not() {
    for example in data()["encrypted"].as_array().unwrap() {
        let (name, token) = (&example["name"], text(&example["token"]));
        assert_eq!(opens(&token, &example["jwk"]), Ok(text(&example["plaintext"]).into_bytes()), "{name}");
        let (rest, tag) = token.rsplit_once('.').unwrap();
        let altered = format!("{rest}.{}", tag.chars().rev().collect::<String>());
        assert!(opens(&altered, &example["jwk"]).is_err(), "{name}");
    }
}

#[test]
fn what_the_forge_seals_the_reference_opens_whatever_the_algorithms() {
    let forge = Forge::new(0);
    let mut opened = 0;
    for alg in KeyManagement::ALL.iter().copied() {
        for enc in ContentEncryption::ALL.iter().copied() {
            let width = alg.wrapping_width().unwrap_or(enc.key_width());
            let recipients = match alg {
                _ if alg.is_rsa() => vec![forge.keys().key("rsa").clone()],
                _ if alg.is_agreement() => vec![forge.keys().key("p256").clone(), jwe::x25519_recipient()],
                _ => vec![TestKey::from_secret("shared", &[7; 64][..width])],
            };
            for recipient in recipients {
                let header = Object::new().set_string("alg", alg.as_str()).set_string("enc", enc.as_str());
                let token = jwe::Wrapping::new(alg, enc).wrap(&recipient, header).seal(enc, "content").compact();
                let jwk = jwe::recipient_key(&recipient, alg).jwk.unwrap();
                assert_eq!(opens(&token, &jwk), Ok(b"content".to_vec()), "{alg} {enc}");
                opened += 1;
            }
        }
    }
    assert_eq!(opened, 21 * 6);
}

#[test]
fn wycheproofs_139_encrypted_tokens_are_judged_as_it_judges_them_but_for_its_questionable_labels() {
    let Some(file) = wycheproof("json_web_encryption_test.json") else {
        println!("SKIPPED: no Wycheproof vectors; set ASSAY_WYCHEPROOF to a folder with json_web_encryption_test.json");
        return;
    };
    let vectors: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let (mut seen, mut questionable, mut wrong) = (0, Vec::new(), Vec::new());
    for group in vectors["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            seen += 1;
            let id = test["tcId"].as_u64().unwrap();
            let token = test["jwe"].as_str().map_or_else(|| test["jwe"].to_string(), str::to_owned);
            let opened = opens(&token, &group["private"]);
            let right = match &opened {
                Ok(octets) => test["result"] == "valid" && *octets == hex(test["pt"].as_str().unwrap()),
                Err(_) => test["result"] != "valid",
            };
            if !right {
                match QUESTIONABLE_ENCRYPTED.iter().find(|(known, _)| *known == id) {
                    Some(_) => questionable.push(id),
                    None => wrong.push(format!("tc{id} {}: {} but {opened:?}", test["comment"], test["result"])),
                }
            }
        }
    }
    assert_eq!(seen, 139);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let listed: Vec<u64> = QUESTIONABLE_ENCRYPTED.iter().map(|(id, _)| *id).collect();
    assert_eq!(questionable, listed, "a label that is listed as questionable no longer is");
}

/// Labels that the clauses contradict.
const QUESTIONABLE_ENCRYPTED: &[(u64, &str)] = &[];

fn wycheproof(file: &str) -> Option<PathBuf> {
    let named = std::env::var_os("ASSAY_WYCHEPROOF").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors/wycheproof");
    let file = named.unwrap_or(beside).join(file);
    file.is_file().then_some(file)
}

fn verifies(token: &str, jwk: &Value) -> Result<Vec<u8>, Reason> {
    let key =
        |jwk: &Value| Key { kid: jwk["kid"].as_str().map(str::to_owned), jwk: Some(jwk.clone()), ..Key::default() };
    let policy = match jwk["keys"].as_array() {
        Some(set) => Policy { keys: set.iter().map(key).collect(), jwks: true, ..Policy::default() },
        None => Policy { keys: vec![key(jwk)], ..Policy::default() },
    };
    reference::jws(Request { input: &Input::Token(token.to_owned()), policy: &policy })
}

/// The plaintext of an encrypted token, whatever algorithms it names.
fn opens(token: &str, jwk: &Value) -> Result<Vec<u8>, Reason> {
    let key = Key { jwk: Some(jwk.clone()), ..Key::default() };
    let all = Encryption { alg: KeyManagement::ALL.to_vec(), enc: ContentEncryption::ALL.to_vec() };
    let policy = Policy { keys: vec![key], encryption: Some(all), ..Policy::default() };
    reference::jwe::plaintext(Request { input: &Input::Token(token.to_owned()), policy: &policy }, &[])
}

fn examples() -> Vec<Value> {
    data()["examples"].as_array().unwrap().clone()
}

fn data() -> Value {
    serde_json::from_str(include_str!("data/rfc-examples.json")).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn base64(octets: &[u8]) -> String {
    token_assay::forge::base64url::encode(octets)
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
