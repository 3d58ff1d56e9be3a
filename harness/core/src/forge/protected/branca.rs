//! `branca`, of the Branca specification (github.com/tuupola/branca-spec): `0xBA`, time in 4 octets, nonce, and
//! XChaCha20-Poly1305 with these as associated data, as a number in base 62.

use super::crypto::aead;
use super::{Encoding, Mint, Role, Sealed, Segment};

pub(super) fn seal(mint: &Mint<'_>) -> Sealed {
    let nonce = mint.random::<24>(0);
    let version = mint.version(&[0xba]);
    let now = || u32::try_from(mint.at).expect("the format ends in 2106").to_be_bytes().to_vec();
    let at = mint.timestamp.clone().unwrap_or_else(now);
    let header = [&version[..], &at, &nonce].concat();
    let (ciphertext, tag) = aead::<chacha20poly1305::XChaCha20Poly1305>(mint.secret, &nonce, &header, &mint.payload);
    let parts = [
        (Role::Version, version),
        (Role::Timestamp, at),
        (Role::Nonce, nonce.to_vec()),
        (Role::Ciphertext, ciphertext),
        (Role::Mac, tag),
    ];
    Sealed::new([Segment::new(Encoding::Base62, parts)])
}

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The number that the octets are, in base 62; each zero octet before it is a `0`.
pub fn encode(octets: &[u8]) -> String {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    let mut digits: Vec<u8> = Vec::new();
    for octet in octets {
        let mut carry = u32::from(*octet);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = u8::try_from(carry % 62).expect("a remainder by 62");
            carry /= 62;
        }
        while carry > 0 {
            digits.push(u8::try_from(carry % 62).expect("a remainder by 62"));
            carry /= 62;
        }
    }
    let text = digits.iter().rev().map(|digit| char::from(DIGITS[usize::from(*digit)]));
    std::iter::repeat_n('0', zeros).chain(text).collect()
}
