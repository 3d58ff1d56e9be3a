//! The schemes that put a MAC behind text: npm cookie-signature, the Python package itsdangerous, Django's signing and
//! Flask's session.
//!
//! - cookie-signature (its README, and `signedCookie` of cookie-parser's): `s:` value `.` MAC, percent-encoded.
//! - itsdangerous ("Signing Interface", "URL Safe Serialization"): base64url of JSON, `.`, perhaps the time as an integer of
//!   as few octets as hold it, `.`, MAC; the key is `SHA-1(salt ‖ "signer" ‖ secret)`; a payload that is compressed has a `.`
//!   before it.
//! - Django ("Cryptographic signing"): value `:` time in base 62 `:` MAC; the key is `SHA-256(salt ‖ "signer" ‖ secret)`.
//! - Flask (`SecureCookieSessionInterface`): itsdangerous with the salt `cookie-session` and the key `HMAC(secret, salt)`.

use sha2::Digest as _;

use super::super::Hash;
use super::crypto::{deflated, hmac};
use super::{Encoding, Mint, Role, Sealed, Segment, branca};

pub(super) fn cookie_signature(mint: &Mint<'_>) -> Sealed {
    let mac = hmac(mint.hash.unwrap_or(Hash::Sha256), mint.secret, &[&mint.payload]);
    let version = Segment::one(Encoding::Plain, Role::Version, mint.version(b"s:"));
    let payload = Segment::one(Encoding::Plain, Role::Payload, mint.payload.clone());
    let unpadded = Encoding::Base64 { url: false, padded: false };
    let mac = Segment::one(unpadded, Role::Mac, mac);
    Sealed { percent: true, ..Sealed::new([version, payload, Segment::separator("."), mac]) }
}

pub(super) fn itsdangerous(mint: &Mint<'_>) -> Sealed {
    let key = concatenated(mint, "itsdangerous");
    behind(payload(mint), ".", |text| hmac(mint.hash.unwrap_or(Hash::Sha1), &key, &[text]))
}

pub(super) fn itsdangerous_timed(mint: &Mint<'_>) -> Sealed {
    timed(mint, &concatenated(mint, "itsdangerous"))
}

pub(super) fn flask(mint: &Mint<'_>) -> Sealed {
    let salt = mint.purpose.unwrap_or("cookie-session");
    timed(mint, &hmac(mint.hash.unwrap_or(Hash::Sha1), mint.secret, &[salt.as_bytes()]))
}

pub(super) fn django(mint: &Mint<'_>) -> Sealed {
    let hash = mint.hash.unwrap_or(Hash::Sha256);
    let salt = [mint.purpose.unwrap_or("django.core.signing.TimestampSigner").as_bytes(), b"signer"].concat();
    let key = digest(hash, &[&salt, mint.secret]);
    let at = mint
        .timestamp
        .clone()
        .unwrap_or_else(|| branca::encode(&mint.at.max(0).to_be_bytes()).trim_start_matches('0').into());
    let at = Segment::one(Encoding::Plain, Role::Timestamp, at);
    let value = Segment::one(Encoding::Plain, Role::Payload, mint.payload.clone());
    behind(vec![value, Segment::separator(":"), at], ":", |text| hmac(hash, &key, &[text]))
}

fn timed(mint: &Mint<'_>, key: &[u8]) -> Sealed {
    let shortest = || mint.at.max(0).to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect();
    let at = Segment::one(Encoding::URL, Role::Timestamp, mint.timestamp.clone().unwrap_or_else(shortest));
    let mut segments = payload(mint);
    segments.extend([Segment::separator("."), at]);
    behind(segments, ".", |text| hmac(mint.hash.unwrap_or(Hash::Sha1), key, &[text]))
}

/// JSON as a segment, with a point before it where it is compressed.
fn payload(mint: &Mint<'_>) -> Vec<Segment> {
    if mint.deflate {
        let point = Segment::one(Encoding::Plain, Role::Version, ".");
        return vec![point, Segment::one(Encoding::URL, Role::Payload, deflated(&mint.payload))];
    }
    vec![Segment::one(Encoding::URL, Role::Payload, mint.payload.clone())]
}

/// The segments, and a MAC over their text behind them.
fn behind(mut segments: Vec<Segment>, separator: &str, mac: impl FnOnce(&[u8]) -> Vec<u8>) -> Sealed {
    let text: Vec<u8> = segments.iter().flat_map(Segment::text).collect();
    let mac = Segment::one(Encoding::URL, Role::Mac, mac(&text));
    segments.extend([Segment::separator(separator), mac]);
    Sealed::new(segments)
}

/// The derivation that itsdangerous calls `django-concat`.
fn concatenated(mint: &Mint<'_>, salt: &str) -> Vec<u8> {
    let salt = mint.purpose.unwrap_or(salt);
    digest(mint.hash.unwrap_or(Hash::Sha1), &[salt.as_bytes(), b"signer", mint.secret])
}

fn digest(hash: Hash, parts: &[&[u8]]) -> Vec<u8> {
    let whole = parts.concat();
    match hash {
        Hash::Sha1 => sha1::Sha1::digest(whole).to_vec(),
        Hash::Sha256 => sha2::Sha256::digest(whole).to_vec(),
        Hash::Sha384 => sha2::Sha384::digest(whole).to_vec(),
        Hash::Sha512 => sha2::Sha512::digest(whole).to_vec(),
    }
}
