//! `fernet`, of the Fernet Spec (github.com/fernet/spec): `0x80`, time, vector, AES-128-CBC, HMAC-SHA256 over all of it, as
//! padded base64url; of the secret the first 16 octets sign, the last 16 encrypt.

use super::super::Hash;
use super::crypto::{cbc, hmac};
use super::{Encoding, Mint, Role, Sealed, Segment};

pub(super) fn seal(mint: &Mint<'_>) -> Sealed {
    let (sign, encrypt) = mint.secret.split_at(16);
    let iv = mint.random::<16>(0);
    let version = mint.version(&[0x80]);
    let at = mint.timestamp.clone().unwrap_or_else(|| mint.at.to_be_bytes().to_vec());
    let ciphertext = cbc(encrypt, &iv, &mint.payload, mint.filling.as_deref());
    let mac = hmac(mint.hash.unwrap_or(Hash::Sha256), sign, &[&version, &at, &iv, &ciphertext]);
    let parts = [
        (Role::Version, version),
        (Role::Timestamp, at),
        (Role::Nonce, iv.to_vec()),
        (Role::Ciphertext, ciphertext),
        (Role::Mac, mac),
    ];
    Sealed::new([Segment::new(Encoding::Base64 { url: true, padded: true }, parts)])
}
