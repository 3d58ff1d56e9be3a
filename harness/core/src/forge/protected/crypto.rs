//! The primitives that the schemes share, of RustCrypto.
//!
//! Takes keys and octets, gives octets. Never reads randomness.

use std::io::Write as _;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeEncrypt as _, KeyIvInit as _};

use super::super::Hash;
use super::super::sign;

/// RFC 2104 over these, one after the other.
pub(super) fn hmac(hash: Hash, key: &[u8], message: &[&[u8]]) -> Vec<u8> {
    sign::mac(hash, key, &message.concat())
}

/// What the AEAD makes, and its tag of 16 octets.
pub(super) fn aead<A: Aead + KeyInit>(key: &[u8], nonce: &[u8], bound: &[u8], plain: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let cipher = A::new_from_slice(key).expect("the key has the cipher's length");
    let nonce = nonce.try_into().expect("the nonce has the cipher's length");
    let mut sealed = cipher.encrypt(&nonce, Payload { msg: plain, aad: bound }).expect("cookies are short");
    let tag = sealed.split_off(sealed.len() - 16);
    (sealed, tag)
}

/// AES in CBC mode with the padding of PKCS #7 (RFC 5652 §6.3), or with what is given to fill the last block.
pub(super) fn cbc(key: &[u8], iv: &[u8], plain: &[u8], filling: Option<&[u8]>) -> Vec<u8> {
    let short = 16 - plain.len() % 16;
    let own = vec![u8::try_from(short).expect("a block has 16 octets"); short];
    let whole = [plain, filling.unwrap_or(&own)].concat();
    assert!(whole.len().is_multiple_of(16), "what fills the last block fills it");
    match key.len() {
        16 => cbc::Encryptor::<aes::Aes128>::new_from_slices(key, iv)
            .map(|cipher| cipher.encrypt_padded_vec::<NoPadding>(&whole)),
        _ => cbc::Encryptor::<aes::Aes256>::new_from_slices(key, iv)
            .map(|cipher| cipher.encrypt_padded_vec::<NoPadding>(&whole)),
    }
    .expect("key and vector have the cipher's lengths")
}

/// zlib (RFC 1950), as small as it gets.
pub fn deflated(octets: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(octets).and_then(|()| encoder.finish()).expect("a vector takes all octets")
}
