//! `paseto-v4-local` and `paseto-v4-public`, of the PASETO specification (github.com/paseto-standard/paseto-spec, "Version 4").
//!
//! Local: keys split from the secret by BLAKE2b, XChaCha20, BLAKE2b as the MAC. Public: Ed25519. What either covers is joined
//! by PAE, so that no boundary can be moved: header, nonce and ciphertext or message, footer, implicit assertion.

use blake2::Blake2bMac;
use blake2::digest::consts::{U32, U56};
use chacha20::XChaCha20;
use chacha20::cipher::{KeyIvInit as _, StreamCipher as _};
use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{KeyInit, Mac};

use super::{Encoding, Mint, Role, Sealed, Segment};

pub(super) fn local(mint: &Mint<'_>) -> Sealed {
    let header = mint.version(b"v4.local.");
    let nonce = mint.random::<32>(0);
    let keys = mac::<Blake2bMac<U56>>(mint.secret, &[b"paseto-encryption-key", &nonce]);
    let own = mac::<Blake2bMac<U32>>(mint.secret, &[b"paseto-auth-key-for-aead", &nonce]);
    let mut ciphertext = mint.payload.clone();
    let mut cipher = XChaCha20::new_from_slices(&keys[..32], &keys[32..]).expect("32 and 24 octets");
    cipher.apply_keystream(&mut ciphertext);
    let covered = joined(&[&header, &nonce, &ciphertext, &mint.footer, implicit(mint)]);
    let tag = mac::<Blake2bMac<U32>>(&own, &[&covered]);
    let parts = [(Role::Nonce, nonce.to_vec()), (Role::Ciphertext, ciphertext), (Role::Mac, tag)];
    token(mint, header, Segment::new(Encoding::URL, parts))
}

pub(super) fn public(mint: &Mint<'_>) -> Sealed {
    let header = mint.version(b"v4.public.");
    let covered = joined(&[&header, &mint.payload, &mint.footer, implicit(mint)]);
    let signature = signing_key(mint.secret).sign(&covered).to_bytes().to_vec();
    let parts = [(Role::Payload, mint.payload.clone()), (Role::Mac, signature)];
    token(mint, header, Segment::new(Encoding::URL, parts))
}

/// The public half of the key of this seed.
pub fn public_key(seed: &[u8]) -> [u8; 32] {
    signing_key(seed).verifying_key().to_bytes()
}

fn signing_key(seed: &[u8]) -> SigningKey {
    SigningKey::from_bytes(seed.try_into().expect("a seed has 32 octets"))
}

fn implicit<'m>(mint: &'m Mint<'_>) -> &'m [u8] {
    mint.purpose.unwrap_or_default().as_bytes()
}

fn token(mint: &Mint<'_>, header: Vec<u8>, body: Segment) -> Sealed {
    let mut segments = vec![Segment::one(Encoding::Plain, Role::Version, header), body];
    if !mint.footer.is_empty() {
        segments.extend([Segment::separator("."), Segment::one(Encoding::URL, Role::Footer, mint.footer.clone())]);
    }
    Sealed::new(segments)
}

/// PAE ("Common", "Authentication Padding").
fn joined(pieces: &[&[u8]]) -> Vec<u8> {
    let length = |length: usize| u64::try_from(length).expect("lengths fit").to_le_bytes();
    let each = pieces.iter().flat_map(|piece| length(piece.len()).into_iter().chain(piece.iter().copied()));
    length(pieces.len()).into_iter().chain(each).collect()
}

/// Keyed BLAKE2b of so many octets.
fn mac<M: KeyInit + Mac>(key: &[u8], message: &[&[u8]]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("BLAKE2b takes keys of 32 octets");
    message.iter().for_each(|piece| mac.update(piece));
    mac.finalize().into_bytes().to_vec()
}
