//! A key as people keep it. Takes the octets of a file, gives keys that the reference verifier reads: PEM, certificates,
//! a JWK, a key set, or a shared secret. Never makes a secret of what is meant for a key of another kind.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use token_assay_model::Key;
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _};

use crate::reference::jwe::PrivateKey;
use crate::reference::key::PublicKey;

/// What a file held.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// The keys.
    pub keys: Vec<Key>,
    /// Whether they are a key set from which `kid` chooses.
    pub is_set: bool,
    /// What it was, in words.
    pub what: String,
}

/// Why octets are no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// There is nothing in them.
    Empty,
    /// They are PEM of a kind that is not read.
    Pem,
    /// They are JSON, and neither a JWK nor a key set.
    Json,
    /// They are a JWK or a PEM text whose numbers are no key.
    NoKey,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "there is nothing in it",
            Self::Pem => "it is PEM, and holds no public key, certificate or PKCS #8 private key",
            Self::Json => "it is JSON, and neither a JWK (kty) nor a key set (keys)",
            Self::NoKey => "what it holds is no key of a type that is known here",
        })
    }
}

impl std::error::Error for Unreadable {}

/// Reads a key. A line end after a secret is the editor's.
///
/// # Errors
///
/// Where there is none.
pub fn read(octets: &[u8]) -> Result<Keys, Unreadable> {
    let trimmed = octets.trim_ascii();
    if trimmed.is_empty() {
        return Err(Unreadable::Empty);
    }
    if let Ok(text) = std::str::from_utf8(trimmed) {
        if text.contains("-----BEGIN ") {
            return pem(text);
        }
        if text.starts_with('{') {
            return jwk(text);
        }
    }
    let secret = octets.strip_suffix(b"\n").unwrap_or(octets);
    let secret = secret.strip_suffix(b"\r").unwrap_or(secret).to_vec();
    let what = format!("a shared secret of {} octets", secret.len());
    Ok(Keys { keys: vec![Key { secret: Some(secret), ..Key::default() }], is_set: false, what })
}

fn jwk(text: &str) -> Result<Keys, Unreadable> {
    let value: Value = serde_json::from_str(text).map_err(|_| Unreadable::Json)?;
    let key = |jwk: &Value| {
        let text = |name: &str| jwk[name].as_str().map(str::to_owned);
        Key { kid: text("kid"), jwk: Some(jwk.clone()), ..Key::default() }
    };
    let is_key = |key: &Key| PublicKey::read(key).is_some() || PrivateKey::read(key).is_some();
    match value["keys"].as_array() {
        Some(set) => {
            // A set may hold keys of types that one does not know (RFC 7517 §5).
            let keys: Vec<Key> = set.iter().map(key).filter(is_key).collect();
            let what = format!("a set of {} keys", keys.len());
            if keys.is_empty() { Err(Unreadable::NoKey) } else { Ok(Keys { keys, is_set: true, what }) }
        }
        None if value["kty"].is_string() => {
            let key = key(&value);
            let what = format!("a JWK of type {}", value["kty"].as_str().unwrap_or_default());
            if is_key(&key) { Ok(Keys { keys: vec![key], is_set: false, what }) } else { Err(Unreadable::NoKey) }
        }
        None => Err(Unreadable::Json),
    }
}

fn pem(text: &str) -> Result<Keys, Unreadable> {
    let (_, from_label) = text.split_once("-----BEGIN ").ok_or(Unreadable::Pem)?;
    let (label, rest) = from_label.split_once("-----").ok_or(Unreadable::Pem)?;
    let (body, _) = rest.split_once("-----END ").ok_or(Unreadable::Pem)?;
    let body: String = body.split_ascii_whitespace().collect();
    let der = STANDARD.decode(body).map_err(|_| Unreadable::NoKey)?;
    let key = match label {
        "PUBLIC KEY" | "PRIVATE KEY" => Key { pem: Some(text.to_owned()), ..Key::default() },
        "RSA PUBLIC KEY" => rsa(&der)?,
        "CERTIFICATE" => {
            let certificate = Certificate::from_der(&der).map_err(|_| Unreadable::NoKey)?;
            let info = certificate.tbs_certificate().subject_public_key_info().to_der();
            Key { der: Some(info.map_err(|_| Unreadable::NoKey)?), ..Key::default() }
        }
        _ => return Err(Unreadable::Pem),
    };
    if PublicKey::read(&key).is_none() && PrivateKey::read(&key).is_none() {
        return Err(Unreadable::NoKey);
    }
    Ok(Keys { keys: vec![key], is_set: false, what: format!("PEM: {}", label.to_ascii_lowercase()) })
}

/// The numbers of PKCS #1 (RFC 8017 §A.1.1), which the reference does not read in PEM.
fn rsa(der: &[u8]) -> Result<Key, Unreadable> {
    let numbers = pkcs1::RsaPublicKey::try_from(der).map_err(|_| Unreadable::NoKey)?;
    let number = |number: pkcs1::UintRef<'_>| URL_SAFE_NO_PAD.encode(number.as_bytes());
    let jwk = json!({ "kty": "RSA", "n": number(numbers.modulus), "e": number(numbers.public_exponent) });
    Ok(Key { jwk: Some(jwk), ..Key::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_the_forms_in_which_people_keep_them() {
        let secret = read(b"correct horse\n").unwrap();
        assert_eq!(secret.keys[0].secret.as_deref(), Some(&b"correct horse"[..]));
        let jwk = read(br#" {"kty":"oct","k":"AAAA","kid":"1"} "#).unwrap();
        assert_eq!((jwk.keys[0].kid.as_deref(), jwk.is_set), (Some("1"), false));
        let set = read(br#"{"keys":[{"kty":"oct","k":"AAAA"},{"kty":"new"}]}"#).unwrap();
        assert_eq!((set.keys.len(), set.is_set), (1, true));
    }

    #[test]
    fn what_is_no_key_is_said() {
        for (octets, why) in [
            (&b" \n"[..], Unreadable::Empty),
            (b"{\"a\":1}", Unreadable::Json),
            (b"{", Unreadable::Json),
            (b"{\"kty\":\"RSA\",\"n\":\"AQ\"}", Unreadable::NoKey),
            (b"-----BEGIN EC PARAMETERS-----\nAAAA\n-----END EC PARAMETERS-----\n", Unreadable::Pem),
            (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", Unreadable::NoKey),
        ] {
            assert_eq!(read(octets).unwrap_err(), why);
        }
    }
}
