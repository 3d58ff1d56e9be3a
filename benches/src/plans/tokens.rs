//! Tokens that a service meets: one that is right, and those that are wrong in one respect each.
//!
//! Takes an algorithm, a number of claims and the way in which keys are given; mints by the real clock, since several crates
//! have no other, with a day to live, so that no run outlives them. Never verifies.

use std::sync::Arc;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING};
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use token_assay::attacks::scene::{AUDIENCE, ISSUER, SUBJECT};
use token_assay::forge::{Forge, Jws, NOW, Object, Scheme, TestKey, json as text};
use token_assay::model::{Algorithm, Key, Policy};

use crate::store;

/// Eight claims, as a service reads them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// Whom it is about.
    pub sub: String,
    /// Whom it is for.
    pub aud: String,
    /// From when on it is no longer good, in Unix seconds.
    pub exp: i64,
    /// From when on it is good.
    pub nbf: i64,
    /// When it was issued.
    pub iat: i64,
    /// Its own id.
    pub jti: String,
    /// What it allows.
    pub scope: String,
}

/// How the verifier is given its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// One key.
    One,
    /// So many in a set, the token's own in the middle, from which its `kid` chooses.
    Set(usize),
}

/// Tokens under one policy.
pub struct Tokens {
    /// What signs them.
    pub key: TestKey,
    /// What the verifier is told.
    pub policy: Arc<Policy>,
    /// What it must accept.
    pub valid: Jws,
    /// What it must refuse, and what is wrong with each.
    pub wrong: Vec<(&'static str, String)>,
}

impl Tokens {
    /// With 8 claims, or with 13, from an hour ago until tomorrow.
    pub fn mint(algorithm: Algorithm, claims: usize, keys: Keys) -> Self {
        let now = store::now();
        Self::dated(now - HOUR, now + DAY, algorithm, claims, keys)
    }

    /// Another that the verifier must accept, of this id.
    pub fn valid_under(&self, jti: &str) -> String {
        let claims = String::from_utf8(self.valid.payload_octets.clone()).expect("claims are text");
        let token = self.valid.clone().with_payload(claims.replace(JTI, jti));
        let algorithm = self.policy.algorithms.as_ref().and_then(|listed| listed.first());
        let scheme = Scheme::of(*algorithm.expect("one is listed"));
        let signature = Forge::new(NOW).signature(&self.key, scheme, token.signing_input().as_bytes());
        token.with_signature(signature).compact()
    }

    /// The same octets on every day of this century, for what must not differ from run to run.
    pub fn fixed(algorithm: Algorithm, claims: usize) -> Self {
        Self::dated(NOW, 4_102_444_800, algorithm, claims, Keys::One)
    }

    fn dated(from: i64, until: i64, algorithm: Algorithm, claims: usize, keys: Keys) -> Self {
        let forge = Forge::new(from);
        let key = forge.keys().trusted(algorithm);
        let header = header(algorithm, (keys != Keys::One).then_some(key.name.as_str()));
        let sign = |claims: Object| forge.sign(header.text(), claims.text(), key, algorithm);
        let right = self::claims(from, until, claims);
        let valid = sign(right.clone());

        let mut flipped = valid.signature_octets();
        flipped[7] ^= 1;
        let changed = right.clone().set_string("sub", "admin");
        let named = |kid: &str| Jws::unsigned(self::header(algorithm, Some(kid)).text(), right.text());
        let signed = |jws: Jws| {
            let input = jws.signing_input();
            jws.with_signature(forge.signature(key, Scheme::of(algorithm), input.as_bytes()))
        };
        let mut wrong = vec![
            ("a token with an octet of its signature flipped", valid.clone().with_signature(flipped)),
            ("a token whose subject was changed under the signature", valid.clone().with_payload(changed.text())),
            ("an expired token", sign(right.clone().set("exp", (store::now() - HOUR).to_string()))),
            ("a token for another audience", sign(right.clone().set_string("aud", "https://other.example"))),
            ("a token of another issuer", sign(right.clone().set_string("iss", "https://other.example"))),
        ];
        let jwks = keys != Keys::One;
        let keys = match keys {
            Keys::One => vec![key.every_form()],
            Keys::Set(size) => {
                wrong.push(("a token that names a key that is not in the set", signed(named("nobody"))));
                if size > 1 {
                    wrong.push(("a token that names another key of the set", signed(named("other-0"))));
                }
                set(key, algorithm, size)
            }
        };
        let policy = Policy {
            algorithms: Some(vec![algorithm]),
            jwks,
            keys,
            issuer: vec![ISSUER.to_owned()],
            audience: vec![AUDIENCE.to_owned()],
            ..Policy::default()
        };
        let wrong = wrong.into_iter().map(|(what, jws)| (what, jws.compact())).collect();
        Self { key: key.clone(), policy: policy.into(), valid, wrong }
    }
}

fn header(algorithm: Algorithm, kid: Option<&str>) -> Object {
    let header = Object::new().set_string("alg", algorithm.as_str()).set_string("typ", "JWT");
    kid.into_iter().fold(header, |header, kid| header.set_string("kid", kid))
}

/// The seven registered ones and a scope; five of a profile beside them.
fn claims(from: i64, until: i64, count: usize) -> Object {
    let claims = Object::new()
        .set_string("iss", ISSUER)
        .set_string("sub", SUBJECT)
        .set_string("aud", AUDIENCE)
        .set("exp", until.to_string())
        .set("nbf", from.to_string())
        .set("iat", from.to_string())
        .set_string("jti", JTI)
        .set_string("scope", "read write");
    let claims = match count {
        8 => claims,
        _ => claims
            .set_string("name", "Jane Doe")
            .set_string("email", "jane@example.com")
            .set("email_verified", "true")
            .set("roles", text::array(["admin", "editor"].map(text::quote)))
            .set_string("tenant", "acme"),
    };
    assert_eq!(claims.members().len(), count, "a token has 8 claims or 13");
    claims
}

/// The key among others of its kind, in the middle.
fn set(key: &TestKey, algorithm: Algorithm, size: usize) -> Vec<Key> {
    let mut keys: Vec<Key> = (0..size - 1).map(|number| other(key, algorithm, number)).collect();
    keys.insert(size / 2, key.every_form());
    keys
}

/// A fresh key of the same kind under a name of its own, as JWK and PEM.
fn other(key: &TestKey, algorithm: Algorithm, number: usize) -> Key {
    let kid = format!("other-{number}");
    let point = fresh_point(algorithm);
    let coordinate = |octets: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(octets);
    let mut jwk = key.jwk();
    jwk["kid"] = json!(kid);
    match point.strip_prefix(&[4]).filter(|_| algorithm.is_ecdsa()) {
        Some(both) => {
            let (x, y) = both.split_at(both.len() / 2);
            (jwk["x"], jwk["y"]) = (json!(coordinate(x)), json!(coordinate(y)));
        }
        None => jwk["x"] = json!(coordinate(&point)),
    }
    // The point is what an SPKI of such a key ends with.
    let mut spki = key.spki_der().expect("a public key has an SPKI");
    let start = spki.len() - point.len();
    spki[start..].copy_from_slice(&point);
    Key {
        kid: Some(kid),
        jwk_text: Some(Value::to_string(&jwk)),
        jwk: Some(jwk),
        pem: Some(pem(&spki)),
        der: Some(spki),
        ..Key::default()
    }
}

fn fresh_point(algorithm: Algorithm) -> Vec<u8> {
    let curve = match algorithm {
        Algorithm::Es256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
        Algorithm::Es384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
        _ => return Ed25519KeyPair::generate().expect("there is chance").public_key().as_ref().to_vec(),
    };
    let pair = EcdsaKeyPair::generate(curve).expect("there is chance");
    pair.public_key().as_ref().to_vec()
}

fn pem(spki: &[u8]) -> String {
    let body = BASE64_STANDARD.encode(spki);
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| str::from_utf8(line).expect("base64 is ASCII")).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

/// The id of every token.
pub const JTI: &str = "0b8f5a5e-7c0f-4d5c-9a58-6f1c2b1d7e10";

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
