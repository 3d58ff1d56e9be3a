//! `iron-session`: the seal that npm iron-webcrypto documents (`Fe26.2`), and the version that iron-session 8 puts behind it.
//!
//! `Fe26.2*id*salt*iv*ciphertext*end*salt*mac~2`: AES-256-CBC and HMAC-SHA256 over all before the second salt, each with a key
//! of PBKDF2 (SHA-1, one round) from the password and a salt; the end is in milliseconds, or empty.

use std::fmt::Write as _;

use super::super::Hash;
use super::crypto::{cbc, hmac};
use super::{Encoding, Mint, Role, Sealed, Segment};

pub(super) fn seal(mint: &Mint<'_>) -> Sealed {
    let (salt, second) = (hex(&mint.random::<32>(1)), hex(&mint.random::<32>(2)));
    let iv = mint.random::<16>(0);
    let ciphertext = cbc(&derived(mint.secret, &salt), &iv, &mint.payload, mint.filling.as_deref());
    let end = mint.ends.map_or(String::new(), |end| (end * 1000).to_string());
    let plain = |role, text: Vec<u8>| Segment::one(Encoding::Plain, role, text);
    let fields = [
        plain(Role::Version, mint.version(b"Fe26.2")),
        plain(Role::KeyId, mint.id.to_string().into()),
        plain(Role::Nonce, salt.into()),
        Segment::one(Encoding::URL, Role::Nonce, iv),
        Segment::one(Encoding::URL, Role::Ciphertext, ciphertext),
        plain(Role::Timestamp, mint.timestamp.clone().unwrap_or(end.into())),
    ];
    let texts: Vec<Vec<u8>> = fields.iter().map(Segment::text).collect();
    let mac = hmac(mint.hash.unwrap_or(Hash::Sha256), &derived(mint.secret, &second), &[&texts.join(&b'*')]);
    let behind = [plain(Role::Nonce, second.into()), Segment::one(Encoding::URL, Role::Mac, mac)];
    let mut segments: Vec<Segment> =
        fields.into_iter().chain(behind).flat_map(|field| [field, Segment::separator("*")]).collect();
    segments.pop();
    segments.push(plain(Role::Trailer, b"~2".to_vec()));
    Sealed::new(segments)
}

/// PBKDF2 (RFC 8018 §5.2) with one round: 32 octets of two blocks.
fn derived(password: &[u8], salt: &str) -> Vec<u8> {
    let block = |n: u8| hmac(Hash::Sha1, password, &[salt.as_bytes(), &[0, 0, 0, n]]);
    [block(1), block(2)].concat()[..32].to_vec()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        write!(text, "{octet:02x}").expect("a string takes all text");
        text
    })
}
