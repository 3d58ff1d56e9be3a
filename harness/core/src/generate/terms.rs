//! The terms under which a relying party accepts tokens, beside algorithm and key: what a policy can ask for, one by one and
//! together.
//!
//! Each changes a policy; the valid token of a stage is made for the changed one. The first changes nothing. After the terms
//! come the slips, ways of configuring that should not be: under them the valid token is that of the policy without the slip,
//! and only what is accepted counts.

use token_assay_model::{Algorithm, Key, Policy};

use crate::attacks::scene::{self, AUDIENCE, ISSUER};

/// A change of a policy.
pub(super) type Terms = fn(&mut Policy);

/// Every change, the plainest first.
pub const TERMS: &[Terms] = &[
    |_| {},
    |policy| {
        issuer(policy);
        audience(policy);
    },
    issuer,
    audience,
    |policy| policy.issuer = vec![ISSUER.to_owned(), "https://second.example".to_owned()],
    |policy| policy.audience = vec![AUDIENCE.to_owned(), "https://second.example".to_owned()],
    |policy| policy.leeway = Some(60),
    |policy| policy.leeway = Some(1 << 40),
    |policy| policy.max_age = Some(600),
    |policy| policy.max_age = Some(7200),
    |policy| require(policy, &["jti"]),
    |policy| require(policy, &["exp", "iat", "nbf"]),
    |policy| require(policy, &["sub", "tenant"]),
    |policy| require(policy, &["constructor"]),
    |policy| policy.subject = Some("user-1".to_owned()),
    |policy| policy.typ = Some("at+jwt".to_owned()),
    |policy| policy.critical = vec!["exp-ext".to_owned()],
    |policy| policy.now = Some((1 << 31) + 100),
    |policy| policy.now = Some((1 << 32) + 100),
    |policy| policy.now = Some(100),
    |policy| policy.now = Some(-100),
    |policy| {
        policy.leeway = Some(60);
        policy.max_age = Some(600);
    },
    |policy| {
        issuer(policy);
        audience(policy);
        policy.leeway = Some(60);
        policy.subject = Some("user-1".to_owned());
        require(policy, &["exp", "jti"]);
    },
];

/// Every slip: what people leave out, mix up or write otherwise when they configure a verifier.
pub const SLIPS: &[Terms] = &[
    |policy| policy.keys.clear(),
    |policy| {
        policy.keys.clear();
        policy.algorithms = None;
    },
    |policy| policy.algorithms = None,
    |policy| {
        policy.algorithms = None;
        policy.jwks = true;
    },
    |policy| policy.algorithms.get_or_insert_default().push(Algorithm::Hs256),
    |policy| policy.algorithms = Some(vec![Algorithm::Rs256]),
    |policy| policy.algorithms = Some(vec![Algorithm::Es256]),
    |policy| policy.algorithms = Some(Vec::new()),
    |policy| text(policy, |pem| pem.replace('\n', " ")),
    |policy| text(policy, |pem| pem.replace('\n', "\r\n")),
    |policy| text(policy, |pem| format!("\n{pem}")),
    |policy| text(policy, |pem| pem.trim_end().to_owned()),
    |policy| {
        let set = scene::jwks_text(&policy.keys);
        only_text(policy, set);
    },
    |policy| {
        let jwk = policy.keys.first().and_then(|key| key.jwk_text.clone()).unwrap_or_default();
        only_text(policy, jwk);
    },
    |policy| only_text(policy, "/run/keys/secret".to_owned()),
    |policy| {
        // Beside the other forms, so that a verifier that reads those is not misled.
        if let Some(key) = policy.keys.first_mut() {
            key.pem = Some("file:///run/keys/secret".to_owned());
        }
    },
    |policy| only_text(policy, String::new()),
    |policy| only_secret(policy, b""),
    |policy| only_secret(policy, b"short"),
    |policy| only_secret(policy, b"secret"),
    |policy| only_secret(policy, b"c2VjcmV0LXdpdGgtZGFzaGVz-c2VjcmV0_c2VjcmV0-MTIz"),
];

/// Terms and slips together.
pub const COUNT: usize = TERMS.len() + SLIPS.len();

fn text(policy: &mut Policy, change: impl FnOnce(&str) -> String) {
    let pem = policy.keys.first().and_then(|key| key.pem.as_deref()).map(change).unwrap_or_default();
    only_text(policy, pem);
}

/// The key as a text alone, for algorithms of both kinds: what a verifier does with a text that it is handed.
fn only_text(policy: &mut Policy, text: String) {
    let kid = policy.keys.first().and_then(|key| key.kid.clone());
    policy.keys = vec![Key { kid, secret: Some(text.clone().into_bytes()), pem: Some(text), ..Key::default() }];
    let algorithms = policy.algorithms.get_or_insert_default();
    if !algorithms.contains(&Algorithm::Hs256) {
        algorithms.push(Algorithm::Hs256);
    }
}

fn only_secret(policy: &mut Policy, secret: &[u8]) {
    policy.keys = vec![scene::secret_key(secret)];
    policy.algorithms = Some(vec![Algorithm::Hs256]);
}

fn issuer(policy: &mut Policy) {
    policy.issuer = vec![ISSUER.to_owned()];
}

fn audience(policy: &mut Policy) {
    policy.audience = vec![AUDIENCE.to_owned()];
}

fn require(policy: &mut Policy, claims: &[&str]) {
    policy.required_claims = claims.iter().map(|claim| (*claim).to_owned()).collect();
}
