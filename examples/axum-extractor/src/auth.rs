//! The extractor: a handler that names [`Claims`] among its arguments is called with a verified token, or not at all.
//!
//! Takes the `Authorization` header, gives the token's claims or 401. HMAC with SHA-256 by hand, as a service does that
//! shares a secret with its login. Never tells the client why it was refused.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use sha2::Sha256;

/// The claims of a verified token.
#[derive(Debug)]
pub struct Claims(pub Map<String, Value>);

impl FromRequestParts<Arc<Auth>> for Claims {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, auth: &Arc<Auth>) -> Result<Self, Self::Rejection> {
        bearer(&parts.headers).and_then(|token| auth.verify(token)).map(Self).ok_or(StatusCode::UNAUTHORIZED)
    }
}

/// What a token must be to be ours.
#[derive(Clone)]
pub struct Auth {
    key: Hmac<Sha256>,
    issuer: String,
    audience: String,
    clock: fn() -> f64,
    is_for: fn(&Audience, &str) -> bool,
}

impl Auth {
    /// Tokens of this issuer, for this audience, under this secret.
    pub fn new(secret: &[u8], issuer: &str, audience: &str) -> Self {
        Self {
            key: Hmac::new_from_slice(secret).expect("HMAC takes a key of any length"),
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            clock: now,
            is_for: if cfg!(feature = "with-bug") { is_for_as_first_written } else { is_for },
        }
    }

    /// By another clock, for tests.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> f64) -> Self {
        Self { clock, ..self }
    }

    /// As it was before the catalogue was shown to it.
    #[must_use]
    pub fn as_first_written(self) -> Self {
        Self { is_for: is_for_as_first_written, ..self }
    }

    fn verify(&self, token: &str) -> Option<Map<String, Value>> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        // As text: a reader of octets passes over what it does not look at, be it UTF-8 or not.
        let header = String::from_utf8(URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        let header: Header = serde_json::from_str(&header).ok()?;
        if header.alg != "HS256" || header.crit.is_some() {
            return None;
        }
        let mac = self.key.clone().chain_update(signed);
        mac.verify_slice(&URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
        let registered: Registered = serde_json::from_slice(&payload).ok()?;
        self.admits(&registered).then(|| serde_json::from_slice(&payload).ok())?
    }

    fn admits(&self, claims: &Registered) -> bool {
        let now = (self.clock)();
        now < claims.exp
            && claims.nbf.is_none_or(|nbf| nbf <= now)
            && claims.iss == self.issuer
            && (self.is_for)(&claims.aud, &self.audience)
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default, deserialize_with = "present")]
    crit: Option<Value>,
}

/// The registered claims, with the types that RFC 7519 gives them.
#[derive(Deserialize)]
struct Registered {
    iss: String,
    aud: Audience,
    exp: f64,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<f64>,
    #[serde(default, rename = "iat", deserialize_with = "present")]
    _iat: Option<f64>,
    #[serde(default, rename = "sub", deserialize_with = "present")]
    _sub: Option<String>,
    #[serde(default, rename = "jti", deserialize_with = "present")]
    _jti: Option<String>,
}

/// RFC 7519 §4.1.3: a string, or an array of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Whether the token is for us.
fn is_for(audience: &Audience, own: &str) -> bool {
    match audience {
        Audience::One(name) => name == own,
        Audience::Many(names) => names.iter().any(|name| name == own),
    }
}

/// The same as it was first written: `contains`, which asks a list whether it holds this very name, asks a string whether the
/// name stands anywhere in it.
fn is_for_as_first_written(audience: &Audience, own: &str) -> bool {
    match audience {
        Audience::One(name) => name.contains(own),
        Audience::Many(names) => names.contains(&own.to_owned()),
    }
}

/// What is there has its type; `null` is not the same as absent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
