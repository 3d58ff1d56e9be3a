//! `signed-jar` and `private-jar` as the documentation of the Rust crate cookie has them (`SignedJar`, `PrivateJar`,
//! `Key::from`), and the two of the Rust crate biscotti.
//!
//! cookie: of 64 octets the first 32 sign, the last 32 encrypt; the value stands behind the MAC in the open, or is sealed
//! with the name as associated data. biscotti: HKDF-Expand (RFC 5869 §2.3) of the secret gives either key, and the name
//! is bound in both.

use super::super::Hash;
use super::crypto::{aead, hmac};
use super::{Encoding, Mint, Role, Sealed, Segment};

const PADDED: Encoding = Encoding::Base64 { url: false, padded: true };

pub(super) fn signed(mint: &Mint<'_>) -> Sealed {
    let hash = mint.hash.unwrap_or(Hash::Sha256);
    let mac = hmac(hash, &mint.secret[..32], &[&mint.payload]);
    let payload = Segment::one(Encoding::Plain, Role::Payload, mint.payload.clone());
    Sealed::new([Segment::one(PADDED, Role::Mac, mac), payload])
}

pub(super) fn private(mint: &Mint<'_>) -> Sealed {
    let nonce = mint.random::<12>(0);
    let sealed = aead::<aes_gcm::Aes256Gcm>(&mint.secret[32..], &nonce, mint.name.as_bytes(), &mint.payload);
    Sealed::new([encrypted(PADDED, &nonce, sealed)])
}

pub(super) fn biscotti_signed(mint: &Mint<'_>) -> Sealed {
    let hash = mint.hash.unwrap_or(Hash::Sha256);
    let key = expand(mint.secret, b"COOKIE;HMAC-SHA256");
    let mac = hmac(hash, &key, &[mint.name.as_bytes(), b"\0", &mint.payload]);
    Sealed::new([Segment::new(Encoding::URL, [(Role::Mac, mac), (Role::Payload, mint.payload.clone())])])
}

pub(super) fn biscotti_encrypted(mint: &Mint<'_>) -> Sealed {
    let nonce = mint.random::<12>(0);
    let key = expand(mint.secret, b"COOKIE;AEAD-AES-256-GCM-SIV");
    let sealed = aead::<aes_gcm_siv::Aes256GcmSiv>(&key, &nonce, mint.name.as_bytes(), &mint.payload);
    Sealed::new([encrypted(Encoding::URL, &nonce, sealed)])
}

fn encrypted(encoding: Encoding, nonce: &[u8], (ciphertext, tag): (Vec<u8>, Vec<u8>)) -> Segment {
    Segment::new(encoding, [(Role::Nonce, nonce.to_vec()), (Role::Ciphertext, ciphertext), (Role::Mac, tag)])
}

/// The first block of HKDF-Expand with SHA-256.
fn expand(secret: &[u8], info: &[u8]) -> Vec<u8> {
    hmac(Hash::Sha256, secret, &[info, &[1]])
}
