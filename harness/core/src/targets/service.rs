//! A policy as a service holds it: read once, applied to every token, by the system's clock.
//!
//! Takes what a verifier supports and a policy, gives the part that the verifier obeys and does the rest as applications do:
//! many crates verify a signature and leave the issuer, the audience or the expiry to whoever calls them.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};
use token_assay_model::{Algorithm, Capability, Feature, Key, Policy};

/// Whether a token is accepted, by a verifier that has read its key and its configuration.
pub type Ready = Box<dyn Fn(&[u8]) -> bool + Send + Sync>;

/// Whether octets are text that this accepts: most crates take a token as text.
///
/// ```
/// use token_assay::targets::service::{Ready, text_ready};
///
/// let accepts: Ready = text_ready(|token| token.ends_with(".c2ln"));
/// assert!(accepts(b"e30.e30.c2ln"));
/// assert!(!accepts(b"e30.\xff.c2ln"), "what is no text is not shown to it");
/// ```
pub fn text_ready(accepts: impl Fn(&str) -> bool + Send + Sync + 'static) -> Ready {
    Box::new(move |token| str::from_utf8(token).is_ok_and(&accepts))
}

/// A policy of one algorithm, without what the application checks itself.
///
/// ```
/// use token_assay::model::{Algorithm, Feature, Policy};
/// use token_assay::targets::service::{Service, audiences};
///
/// let policy = Policy {
///     algorithms: Some(vec![Algorithm::Hs256]),
///     issuer: vec!["login".to_owned()],
///     audience: vec!["orders-api".to_owned()],
///     ..Policy::default()
/// };
/// // This verifier refuses by `exp`, and hands on claims of which it knows nothing.
/// let service = Service::of(&[Algorithm::Hs256.into(), Feature::Exp.into()], &policy).expect("it lists one");
/// assert_eq!(service.left(), ["iss", "aud"]);
/// assert!(service.policy.issuer.is_empty() && service.policy.audience.is_empty());
/// let claims = serde_json::json!({ "iss": "login", "aud": ["web", "orders-api"] });
/// assert!(claims.as_object().is_some_and(|claims| service.agrees(claims)));
/// // The same where a crate hands claims on one by one.
/// assert!(service.agrees_with(Some("login"), audiences(claims.get("aud")), || None));
/// assert!(!service.agrees_with(Some("login"), audiences(None), || None));
/// ```
#[derive(Debug, Clone)]
pub struct Service {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// What the verifier is to obey.
    pub policy: Policy,
    issuer: Vec<String>,
    audience: Vec<String>,
    expiry: bool,
}

impl Service {
    /// Nothing where the policy lists several algorithms or none, has a clock of its own, or needs what neither the verifier
    /// nor its caller does.
    pub fn of(supports: &[Capability], policy: &Policy) -> Option<Self> {
        let Some(&[algorithm]) = policy.algorithms.as_deref() else { return None };
        let lacks = |feature: Feature| !supports.contains(&feature.into());
        let mut obeyed = policy.clone();
        let issuer = if lacks(Feature::Issuer) { std::mem::take(&mut obeyed.issuer) } else { Vec::new() };
        let audience = if lacks(Feature::Audience) { std::mem::take(&mut obeyed.audience) } else { Vec::new() };
        let can = policy.now.is_none() && obeyed.needs().iter().all(|need| supports.contains(need));
        can.then(|| Self { algorithm, policy: obeyed, issuer, audience, expiry: lacks(Feature::Exp) })
    }

    /// The claims that are left to the application.
    pub fn left(&self) -> Vec<&'static str> {
        let all = [(!self.issuer.is_empty(), "iss"), (!self.audience.is_empty(), "aud"), (self.expiry, "exp")];
        all.into_iter().filter_map(|(left, claim)| left.then_some(claim)).collect()
    }

    /// Whether what is left to the application is as the policy wants it.
    pub fn agrees(&self, claims: &Map<String, Value>) -> bool {
        let expires = || claims.get("exp").and_then(Value::as_i64);
        self.agrees_with(claims.get("iss").and_then(Value::as_str), audiences(claims.get("aud")), expires)
    }

    /// The same where the crate hands the claims out one by one.
    pub fn agrees_with<'a>(
        &self,
        issuer: Option<&str>,
        mut audiences: impl Iterator<Item = &'a str>,
        expires: impl FnOnce() -> Option<i64>,
    ) -> bool {
        let issued =
            self.issuer.is_empty() || issuer.is_some_and(|issuer| self.issuer.iter().any(|ours| ours == issuer));
        let meant =
            self.audience.is_empty() || audiences.any(|audience| self.audience.iter().any(|ours| ours == audience));
        issued && meant && (!self.expiry || expires().is_some_and(|expires| unix_now() < expires))
    }
}

/// Keys that have been read, by `kid`; a token that names none is served by the only key, where there is but one.
///
/// ```
/// use token_assay::model::{Key, Policy};
/// use token_assay::targets::service::KeptKeys;
///
/// let secret = |kid: &str| Key { kid: Some(kid.to_owned()), secret: Some(kid.into()), ..Key::default() };
/// let read = |keys: Vec<Key>| KeptKeys::read(&Policy { keys, ..Policy::default() }, |key| key.secret.clone());
/// let two = read(vec![secret("old"), secret("new")]);
/// assert_eq!(two.named(Some("new")), Some(&b"new".to_vec()));
/// assert_eq!((two.named(Some("newer")), two.named(None)), (None, None));
/// // Where there is but one nothing need be named; a wrong name is wrong still.
/// let one = read(vec![secret("new")]);
/// assert_eq!((one.named(None), one.named(Some("old"))), (Some(&b"new".to_vec()), None));
/// ```
pub struct KeptKeys<K> {
    keys: HashMap<String, K>,
    single: bool,
}

impl<K> KeptKeys<K> {
    /// The keys of a policy that can be read; the others are not in the set.
    pub fn read(policy: &Policy, read: impl Fn(&Key) -> Option<K>) -> Self {
        let keys = policy.keys.iter().filter_map(|key| Some((key.kid.clone().unwrap_or_default(), read(key)?)));
        Self { keys: keys.collect(), single: policy.keys.len() == 1 }
    }

    /// The key of this name.
    pub fn named(&self, kid: Option<&str>) -> Option<&K> {
        match kid {
            Some(kid) => self.keys.get(kid),
            None => self.keys.values().next().filter(|_| self.single),
        }
    }
}

/// The audiences that a claim names, whether it is a string or a list.
pub fn audiences(claim: Option<&Value>) -> impl Iterator<Item = &str> {
    let values = match claim {
        Some(Value::Array(values)) => values,
        Some(only) => std::slice::from_ref(only),
        None => &[],
    };
    values.iter().filter_map(Value::as_str)
}

fn unix_now() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy() -> Policy {
        Policy {
            algorithms: Some(vec![Algorithm::Hs256]),
            issuer: vec!["us".into()],
            audience: vec!["api".into()],
            ..Policy::default()
        }
    }

    #[test]
    fn what_the_verifier_lacks_is_left_to_the_application_and_checked() {
        let service = Service::of(&[Algorithm::Hs256.into()], &policy()).unwrap();
        assert_eq!(service.left(), ["iss", "aud", "exp"]);
        assert!(service.policy.issuer.is_empty() && service.policy.audience.is_empty());
        let agrees = |claims: Value| service.agrees(claims.as_object().unwrap());
        assert!(agrees(json!({"iss": "us", "aud": "api", "exp": i64::MAX})));
        assert!(agrees(json!({"iss": "us", "aud": ["web", "api"], "exp": i64::MAX})));
        assert!(!agrees(json!({"iss": "them", "aud": "api", "exp": i64::MAX})));
        assert!(!agrees(json!({"iss": "us", "aud": "web", "exp": i64::MAX})));
        assert!(!agrees(json!({"iss": "us", "aud": "api", "exp": 1})));
        assert!(!agrees(json!({})));
    }

    #[test]
    fn what_the_verifier_does_is_left_to_the_verifier() {
        let supports = [Algorithm::Hs256.into(), Feature::Issuer.into(), Feature::Audience.into(), Feature::Exp.into()];
        let service = Service::of(&supports, &policy()).unwrap();
        assert_eq!((service.left().len(), &service.policy), (0, &policy()));
        assert!(service.agrees(&Map::new()));
    }

    #[test]
    fn no_service_has_a_clock_of_its_own_or_a_need_that_nobody_serves() {
        let hs256 = [Algorithm::Hs256.into()];
        assert!(Service::of(&hs256, &Policy { now: Some(1), ..policy() }).is_none());
        assert!(Service::of(&hs256, &Policy { typ: Some("JWT".into()), ..policy() }).is_none());
        assert!(Service::of(&[Algorithm::Rs256.into()], &policy()).is_none());
    }
}
