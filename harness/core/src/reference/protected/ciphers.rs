//! What the schemes are made of: HMAC, AES and Poly1305 of aws-lc-rs; XChaCha20 (draft-irtf-cfrg-xchacha §2), which it lacks.

use aws_lc_rs::aead::{
    AES_256_GCM, AES_256_GCM_SIV, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey,
};
use aws_lc_rs::cipher::{self, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{digest, hmac as lc};
use blake2::digest::consts::{U32, U56};
use blake2::digest::{KeyInit, Mac};

/// A hash function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

pub(super) fn hmac(hash: Hash, key: &[u8], message: &[&[u8]]) -> Vec<u8> {
    let algorithm = match hash {
        Hash::Sha1 => lc::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => lc::HMAC_SHA256,
        Hash::Sha512 => lc::HMAC_SHA512,
    };
    lc::sign(&lc::Key::new(algorithm, key), &message.concat()).as_ref().to_vec()
}

pub(super) fn hashed(hash: Hash, message: &[&[u8]]) -> Vec<u8> {
    let algorithm = match hash {
        Hash::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => &digest::SHA256,
        Hash::Sha512 => &digest::SHA512,
    };
    digest::digest(algorithm, &message.concat()).as_ref().to_vec()
}

/// AES-256-GCM (NIST SP 800-38D).
pub(super) fn gcm(key: &[u8], nonce: &[u8], bound: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    aead(&AES_256_GCM, key, nonce, bound, sealed)
}

/// AES-256-GCM-SIV (RFC 8452).
pub(super) fn gcm_siv(key: &[u8], nonce: &[u8], bound: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    aead(&AES_256_GCM_SIV, key, nonce, bound, sealed)
}

/// XChaCha20-Poly1305: the cipher of RFC 8439 under a key of its own.
pub(super) fn xchacha20_poly1305(key: &[u8], nonce: &[u8], bound: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let short = [&[0; 4], nonce.get(16..24)?].concat();
    aead(&CHACHA20_POLY1305, &hchacha20(key, &nonce[..16]), &short, bound, sealed)
}

fn aead(algorithm: &'static Algorithm, key: &[u8], nonce: &[u8], bound: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut octets = sealed.to_vec();
    Some(key.open_in_place(nonce, Aad::from(bound), &mut octets).ok()?.to_vec())
}

/// AES in CBC mode, with what fills the last block.
pub(super) fn cbc(key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
    if ciphertext.is_empty() || !ciphertext.len().is_multiple_of(16) {
        return None;
    }
    let algorithm = if key.len() == 16 { &cipher::AES_128 } else { &cipher::AES_256 };
    let key = DecryptingKey::cbc(UnboundCipherKey::new(algorithm, key).ok()?).ok()?;
    let context = DecryptionContext::Iv128(FixedLength::from(<[u8; 16]>::try_from(iv).ok()?));
    let mut octets = ciphertext.to_vec();
    Some(key.decrypt(&mut octets, context).ok()?.to_vec())
}

/// XOR with the stream of XChaCha20 from its first block on.
pub(super) fn xchacha20(key: &[u8], nonce: &[u8], octets: &[u8]) -> Vec<u8> {
    let key = hchacha20(key, &nonce[..16]);
    let short = [&[0; 4], &nonce[16..24]].concat();
    let stream = (0_u32..).flat_map(|counter| {
        let input = state(&key, &[&counter.to_le_bytes()[..], &short].concat());
        let words = rounds(input).into_iter().zip(input).map(|(word, first)| word.wrapping_add(first));
        words.flat_map(u32::to_le_bytes).collect::<Vec<u8>>()
    });
    octets.iter().zip(stream).map(|(octet, mask)| octet ^ mask).collect()
}

fn hchacha20(key: &[u8], nonce: &[u8]) -> Vec<u8> {
    let mixed = rounds(state(key, nonce));
    mixed[..4].iter().chain(&mixed[12..]).flat_map(|word| word.to_le_bytes()).collect()
}

/// RFC 8439 §2.3: constants, key, and 16 octets of counter and nonce.
fn state(key: &[u8], rest: &[u8]) -> [u32; 16] {
    let whole = [b"expand 32-byte k", key, rest].concat();
    let mut words = [0; 16];
    for (word, octets) in words.iter_mut().zip(whole.chunks_exact(4)) {
        *word = octets.iter().rev().fold(0, |sum, octet| sum << 8 | u32::from(*octet));
    }
    words
}

/// RFC 8439 §2.3.1.
fn rounds(mut state: [u32; 16]) -> [u32; 16] {
    const COLUMNS: [[usize; 4]; 4] = [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15]];
    const DIAGONALS: [[usize; 4]; 4] = [[0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]];
    for _ in 0..10 {
        for [a, b, c, d] in COLUMNS.into_iter().chain(DIAGONALS) {
            for (first, second) in [(16, 12), (8, 7)] {
                state[a] = state[a].wrapping_add(state[b]);
                state[d] = (state[d] ^ state[a]).rotate_left(first);
                state[c] = state[c].wrapping_add(state[d]);
                state[b] = (state[b] ^ state[c]).rotate_left(second);
            }
        }
    }
    state
}

/// Keyed BLAKE2b (RFC 7693) of 32 octets.
pub(super) fn blake2b_32(key: &[u8], message: &[&[u8]]) -> Option<Vec<u8>> {
    blake2b::<blake2::Blake2bMac<U32>>(key, message)
}

/// The same of 56.
pub(super) fn blake2b_56(key: &[u8], message: &[&[u8]]) -> Option<Vec<u8>> {
    blake2b::<blake2::Blake2bMac<U56>>(key, message)
}

fn blake2b<M: KeyInit + Mac>(key: &[u8], message: &[&[u8]]) -> Option<Vec<u8>> {
    let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
    message.iter().for_each(|piece| mac.update(piece));
    Some(mac.finalize().into_bytes().to_vec())
}
