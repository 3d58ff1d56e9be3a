//! The terms under which a relying party accepts tokens, beside algorithm and key: what a policy can ask for, one by one and
//! together.
//!
//! Each changes a policy; the valid token of a stage is made for the changed one. The first changes nothing.

use token_assay_model::Policy;

use crate::attacks::scene::{AUDIENCE, ISSUER};

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

fn issuer(policy: &mut Policy) {
    policy.issuer = vec![ISSUER.to_owned()];
}

fn audience(policy: &mut Policy) {
    policy.audience = vec![AUDIENCE.to_owned()];
}

fn require(policy: &mut Policy, claims: &[&str]) {
    policy.required_claims = claims.iter().map(|claim| (*claim).to_owned()).collect();
}
