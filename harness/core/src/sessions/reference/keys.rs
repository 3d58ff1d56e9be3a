//! The reference service's keys: what signs and verifies its tokens. Takes claims, gives tokens; takes tokens, says whether it
//! made them. A token is genuine where its header is, octet for octet, the one that is written for a key that is trusted, and its
//! signature the one that this key makes: no part of it is read before. Keys are the issuer's, and remembered by the verifier.

use serde_json::{Value, json};

use super::super::faults::Fault;
use super::super::policy::{Seconds, SessionPolicy};
use super::records::{Claims, RefreshToken};
use crate::forge::{Hash, base64url, sign};

/// How access tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signing {
    /// HS256: what verifies could sign, so that no key is shown. The quickest.
    Shared,
    /// EdDSA, by keys whose public halves are for everybody.
    Published,
}

/// The issuer's and the verifier's.
pub(super) struct Keys {
    signing: Signing,
    /// Those that are served; the last signs.
    served: Vec<Key>,
    /// Those that the verifier remembers.
    remembered: Vec<Key>,
    fetched: Seconds,
    asked_for_unknown: Option<Seconds>,
    fetches: u64,
    made: u32,
}

#[derive(Clone)]
struct Key {
    kid: String,
    secret: Secret,
    /// The segment of the header of every token that it signs.
    header: String,
}

#[derive(Clone)]
enum Secret {
    Shared(Vec<u8>),
    Seed([u8; 32]),
}

/// What a token is.
pub(super) enum Verified {
    /// Made here.
    Genuine(Box<Claims>),
    /// Not.
    Not(&'static str),
}

impl Keys {
    /// One key, which verifiers have asked for at this time.
    pub(super) fn new(now: Seconds, signing: Signing) -> Self {
        let first = Key::new(0, signing);
        Self {
            signing,
            served: vec![first.clone()],
            remembered: vec![first],
            fetched: now,
            asked_for_unknown: None,
            fetches: 0,
            made: 1,
        }
    }
}

impl Key {
    fn new(number: u32, signing: Signing) -> Self {
        let kid = format!("k{number}");
        let text = format!("the secret of the reference service's key {number}").into_bytes();
        let (algorithm, secret) = match signing {
            Signing::Shared => ("HS256", Secret::Shared(text)),
            Signing::Published => {
                let seed = sign::digest(Hash::Sha256, &text).try_into().expect("SHA-256 gives 32 octets");
                ("EdDSA", Secret::Seed(seed))
            }
        };
        let header = base64url::encode(format!(r#"{{"alg":"{algorithm}","kid":"{kid}","typ":"at+jwt"}}"#));
        Self { kid, secret, header }
    }

    fn signature(&self, payload: &str) -> String {
        let message = [self.header.as_bytes(), b".", payload.as_bytes()].concat();
        // Of either there is one that is right, and the same every time.
        base64url::encode(match &self.secret {
            Secret::Shared(secret) => mac(secret, &message),
            Secret::Seed(seed) => sign::ed25519(seed, &message),
        })
    }

    fn octets(&self) -> Vec<u8> {
        match &self.secret {
            Secret::Shared(secret) => secret.clone(),
            Secret::Seed(seed) => seed.to_vec(),
        }
    }

    /// The public half, where it is for everybody (RFC 8037 §2).
    fn jwk(&self) -> Option<Value> {
        let Secret::Seed(seed) = &self.secret else { return None };
        let x = base64url::encode(sign::ed25519_public(seed));
        Some(json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.kid, "alg": "EdDSA", "use": "sig" }))
    }
}

impl Keys {
    /// Another key signs; it is known to verifiers before it does.
    pub(super) fn rotate(&mut self) {
        let key = Key::new(self.made, self.signing);
        self.made += 1;
        self.served.push(key.clone());
        self.remembered.push(key);
    }

    /// Keys before the one that signs are served no longer.
    pub(super) fn retire(&mut self) {
        let last = self.served.len() - 1;
        self.served.drain(..last);
    }

    /// The key that signs is known to others: verifiers are told, unless a fault keeps it.
    pub(super) fn compromise(&mut self, is_kept: bool) -> (Vec<u8>, Vec<u8>) {
        let leaked = self.served.last().expect("there is a key").clone();
        if !is_kept {
            self.served.retain(|key| key.kid != leaked.kid);
            self.remembered.retain(|key| key.kid != leaked.kid);
        }
        self.rotate();
        (leaked.kid.clone().into_bytes(), leaked.octets())
    }

    /// What was remembered is forgotten.
    pub(super) fn restart(&mut self, now: Seconds) {
        self.fetch(now);
    }

    /// How often keys were asked for.
    pub(super) const fn fetches(&self) -> u64 {
        self.fetches
    }

    /// The set that verifiers ask for (RFC 7517 §5).
    pub(super) fn set(&self) -> Value {
        json!({ "keys": self.served.iter().filter_map(Key::jwk).collect::<Vec<_>>() })
    }

    /// A token with these claims.
    pub(super) fn access_token(&self, claims: &Claims) -> Vec<u8> {
        let key = self.served.last().expect("there is a key");
        let payload = base64url::encode(serde_json::to_vec(claims).expect("claims have string keys"));
        let signature = key.signature(&payload);
        [key.header.as_str(), ".", &payload, ".", &signature].concat().into_bytes()
    }

    /// Whether a token was made here, and is trusted still.
    pub(super) fn verify(
        &mut self,
        token: &[u8],
        now: Seconds,
        policy: &SessionPolicy,
        fault: Option<Fault>,
    ) -> Verified {
        let has = |wanted| fault == Some(wanted);
        let text = std::str::from_utf8(token).unwrap_or_default();
        let mut segments = text.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (segments.next(), segments.next(), segments.next(), segments.next())
        else {
            return Verified::Not("what is no token");
        };
        if now - self.fetched >= policy.key_cache && !has(Fault::RetiredKeyForever) {
            self.fetch(now);
        }
        if has(Fault::AlgNoneAccepted) && said(header, "alg").as_deref() == Some("none") {
            return read(payload);
        }
        if self.key(header).is_none() {
            let Some(kid) = said(header, "kid") else { return Verified::Not("a token that names no key") };
            let is_known = self.remembered.iter().any(|key| key.kid == kid);
            let is_due = self.asked_for_unknown.is_none_or(|at| now - at >= policy.key_fetch_interval);
            if !is_known && (is_due || has(Fault::UnknownKidStorm)) && !has(Fault::RetiredKeyForever) {
                self.asked_for_unknown = Some(now);
                self.fetch(now);
            }
            if !is_known && has(Fault::UnknownKidAccepted) {
                return read(payload);
            }
        }
        let Some(key) = self.key(header) else { return Verified::Not("a token under a key that is not trusted") };
        let genuine = key.signature(payload);
        let is_same = genuine == signature || has(Fault::DenylistByText) && is_lenient_twin(&genuine, signature);
        if !is_same && !has(Fault::SignatureIgnored) {
            return Verified::Not("a token whose signature is wrong");
        }
        read(payload)
    }

    /// A refresh token.
    #[expect(clippy::unused_self, reason = "its secret is one of the service's keys, though it never changes")]
    pub(super) fn refresh_token(&self, family: &str, generation: u32, salt: &str) -> Vec<u8> {
        let said = format!("{family}.{generation}.{salt}");
        let mac = base64url::encode(mac(REFRESH, said.as_bytes()));
        format!("{said}.{mac}").into_bytes()
    }

    /// What a refresh token says that was made here.
    pub(super) fn read_refresh(&self, token: &[u8]) -> Option<RefreshToken> {
        let text = std::str::from_utf8(token).ok()?;
        let mut parts = text.split('.');
        let (family, generation, salt) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        let genuine = self.refresh_token(family, generation, salt);
        (genuine == token).then(|| RefreshToken { family: family.to_owned(), generation, salt: salt.to_owned() })
    }

    fn key(&self, header: &str) -> Option<&Key> {
        self.remembered.iter().rev().find(|key| key.header == header)
    }

    fn fetch(&mut self, now: Seconds) {
        self.remembered.clone_from(&self.served);
        self.fetched = now;
        self.fetches += 1;
    }
}

/// A member of a header that is text.
fn said(header: &str, member: &str) -> Option<String> {
    let octets = base64url::decode(header)?;
    let header: Value = serde_json::from_slice(&octets).ok()?;
    Some(header.get(member)?.as_str()?.to_owned())
}

fn read(payload: &str) -> Verified {
    let claims = base64url::decode(payload).and_then(|octets| serde_json::from_slice(&octets).ok());
    claims.map_or(Verified::Not("a token that says nothing"), |claims| Verified::Genuine(Box::new(claims)))
}

/// Whether two signatures are the same to a reader that ignores padding and unused bits.
fn is_lenient_twin(genuine: &str, signature: &str) -> bool {
    let signature = signature.trim_end_matches('=');
    let all_but_last = |text: &str| text.get(..text.len().saturating_sub(1)).map(str::to_owned);
    genuine.len() == signature.len() && all_but_last(genuine) == all_but_last(signature)
}

fn mac(secret: &[u8], message: &[u8]) -> Vec<u8> {
    sign::mac(Hash::Sha256, secret, message)
}

const REFRESH: &[u8] = b"the secret of the reference service's refresh tokens";
