//! Signing, deterministically and apart from what a header says.
//!
//! A [`Scheme`] is the mathematics (hash, padding, curve), chosen independently of the `alg` that a token claims: that is
//! how a header is made to lie. ECDSA nonces are those of RFC 6979, the PSS salt is the hash of what is signed, so that
//! signing twice gives the same octets. Never reads a clock or randomness.

use std::collections::HashMap;
use std::sync::Mutex;

use hmac::{Hmac, KeyInit as _, Mac as _};
use rsa::traits::PublicKeyParts as _;
use sha2::Digest as _;
use token_assay_model::Algorithm;

use super::keys::{Secret, TestKey};
use super::raw::Pss;

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-1: for what must be refused.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// How a signature is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// RFC 2104.
    Hmac(Hash),
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    Pkcs1(Hash),
    /// RSASSA-PSS (RFC 8017 §8.1), MGF1 with the same hash, salt as long as the hash.
    Pss(Hash),
    /// ECDSA over the key's own curve, as r and s of fixed width (RFC 7518 §3.4).
    Ecdsa(Hash),
    /// Pure Ed25519 (RFC 8032 §5.1).
    Ed25519,
    /// RSASP1 (RFC 8017 §5.2.1) of the message, which is one that is encoded already.
    RsaPower,
}

impl Scheme {
    /// What the algorithm's registration says.
    ///
    /// # Panics
    ///
    /// For `none`, which is no scheme.
    pub fn of(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Hs256 => Self::Hmac(Hash::Sha256),
            Algorithm::Hs384 => Self::Hmac(Hash::Sha384),
            Algorithm::Hs512 => Self::Hmac(Hash::Sha512),
            Algorithm::Rs256 => Self::Pkcs1(Hash::Sha256),
            Algorithm::Rs384 => Self::Pkcs1(Hash::Sha384),
            Algorithm::Rs512 => Self::Pkcs1(Hash::Sha512),
            Algorithm::Ps256 => Self::Pss(Hash::Sha256),
            Algorithm::Ps384 => Self::Pss(Hash::Sha384),
            Algorithm::Ps512 => Self::Pss(Hash::Sha512),
            Algorithm::Es256 | Algorithm::Es256k => Self::Ecdsa(Hash::Sha256),
            Algorithm::Es384 => Self::Ecdsa(Hash::Sha384),
            Algorithm::Es512 => Self::Ecdsa(Hash::Sha512),
            Algorithm::EdDsa | Algorithm::Ed25519 => Self::Ed25519,
            Algorithm::None => panic!("none has no signature scheme"),
        }
    }
}

/// A signer that remembers: the corpus holds the signatures of the frozen suite, a run keeps those that it makes.
pub(super) struct Signer {
    frozen: HashMap<Digest, &'static [u8]>,
    made: Mutex<HashMap<Digest, Vec<u8>>>,
}

/// What a signature is remembered by.
pub(super) type Digest = [u8; 16];

impl Signer {
    pub(super) fn new() -> Self {
        Self { frozen: read_frozen(token_assay_corpus::file(FROZEN).unwrap_or_default()), made: Mutex::default() }
    }

    /// The signature of `message` under `key`.
    pub(super) fn sign(&self, key: &TestKey, scheme: Scheme, message: &[u8]) -> Vec<u8> {
        if let (Scheme::Hmac(hash), Some(secret)) = (scheme, key.octets()) {
            return mac(hash, secret, message);
        }
        let digest = remember_by(key, scheme, message);
        if let Some(signature) = self.frozen.get(&digest) {
            return signature.to_vec();
        }
        let known = self.made.lock().expect("nobody panics while holding it").get(&digest).cloned();
        known.unwrap_or_else(|| {
            let signature = sign(key, scheme, message);
            self.made.lock().expect("nobody panics while holding it").insert(digest, signature.clone());
            signature
        })
    }

    /// The same, looked up in the corpus only where that is cheaper than signing, and not remembered.
    pub(super) fn sign_once(&self, key: &TestKey, scheme: Scheme, message: &[u8]) -> Vec<u8> {
        if let (Scheme::Hmac(hash), Some(secret)) = (scheme, key.octets()) {
            return mac(hash, secret, message);
        }
        let frozen = self.frozen.get(&remember_by(key, scheme, message));
        frozen.map_or_else(|| sign(key, scheme, message), |signature| signature.to_vec())
    }

    /// The signatures that the corpus did not hold.
    #[cfg(test)]
    pub(super) fn made(&self) -> Vec<(Digest, Vec<u8>)> {
        let mut made: Vec<_> = self.made.lock().expect("no panics").iter().map(|(d, s)| (*d, s.clone())).collect();
        made.sort();
        made
    }

    /// A signer that remembers nothing yet.
    #[cfg(test)]
    pub(super) fn forgetful() -> Self {
        Self { frozen: HashMap::new(), made: Mutex::default() }
    }
}

/// HMAC over `message` keyed with these octets, whatever they are.
pub fn mac(hash: Hash, key: &[u8], message: &[u8]) -> Vec<u8> {
    macro_rules! with {
        ($hash:ty) => {{
            let mut mac = Hmac::<$hash>::new_from_slice(key).expect("HMAC takes keys of every length");
            mac.update(message);
            mac.finalize().into_bytes().to_vec()
        }};
    }
    match hash {
        Hash::Sha1 => with!(sha1::Sha1),
        Hash::Sha256 => with!(sha2::Sha256),
        Hash::Sha384 => with!(sha2::Sha384),
        Hash::Sha512 => with!(sha2::Sha512),
    }
}

/// A signature by this seed (RFC 8032 §5.1.6).
pub fn ed25519(seed: &[u8; 32], message: &[u8]) -> Vec<u8> {
    use ed25519_dalek::Signer as _;
    ed25519_dalek::SigningKey::from_bytes(seed).sign(message).to_bytes().to_vec()
}

/// The public half of this seed (RFC 8032 §5.1.5).
pub fn ed25519_public(seed: &[u8; 32]) -> Vec<u8> {
    ed25519_dalek::SigningKey::from_bytes(seed).verifying_key().to_bytes().to_vec()
}

/// The hash of `message`.
pub fn digest(hash: Hash, message: &[u8]) -> Vec<u8> {
    match hash {
        Hash::Sha1 => sha1::Sha1::digest(message).to_vec(),
        Hash::Sha256 => sha2::Sha256::digest(message).to_vec(),
        Hash::Sha384 => sha2::Sha384::digest(message).to_vec(),
        Hash::Sha512 => sha2::Sha512::digest(message).to_vec(),
    }
}

fn sign(key: &TestKey, scheme: Scheme, message: &[u8]) -> Vec<u8> {
    let fits = "a hash of the suite's is no shorter than half the curve's order";
    match (key.secret(), scheme) {
        (Secret::Rsa(key), Scheme::Pkcs1(hash)) => rsa_private(key, &emsa_pkcs1(hash, message, key.size())),
        (Secret::Rsa(key), Scheme::Pss(hash)) => {
            let bits = key.n().bits() - 1;
            rsa_private(key, &emsa_pss(hash, message, bits))
        }
        (Secret::Rsa(key), Scheme::RsaPower) => rsa_private(key, message),
        (Secret::P256(key), Scheme::Ecdsa(hash)) => {
            use p256::ecdsa::signature::hazmat::PrehashSigner as _;
            let signature: p256::ecdsa::Signature = key.sign_prehash(&digest(hash, message)).expect(fits);
            signature.to_bytes().to_vec()
        }
        (Secret::P384(key), Scheme::Ecdsa(hash)) => {
            use p384::ecdsa::signature::hazmat::PrehashSigner as _;
            let signature: p384::ecdsa::Signature = key.sign_prehash(&digest(hash, message)).expect(fits);
            signature.to_bytes().to_vec()
        }
        (Secret::P521(key), Scheme::Ecdsa(hash)) => {
            use p521::ecdsa::signature::hazmat::PrehashSigner as _;
            // P-521 refuses hashes under half its order's width; zeros in front change no number (FIPS 186-5 §6.4.1).
            let mut hashed = digest(hash, message);
            while hashed.len() < 33 {
                hashed.insert(0, 0);
            }
            let signature: p521::ecdsa::Signature = key.sign_prehash(&hashed).expect(fits);
            signature.to_bytes().to_vec()
        }
        (Secret::K256(key), Scheme::Ecdsa(hash)) => {
            use k256::ecdsa::signature::hazmat::PrehashSigner as _;
            let signature: k256::ecdsa::Signature = key.sign_prehash(&digest(hash, message)).expect(fits);
            signature.to_bytes().to_vec()
        }
        (Secret::Ed25519(key), Scheme::Ed25519) => {
            use ed25519_dalek::Signer as _;
            key.sign(message).to_bytes().to_vec()
        }
        _ => panic!("{} does not sign with {scheme:?}", key.name),
    }
}

/// EMSA-PKCS1-v1_5 (RFC 8017 §9.2).
pub fn emsa_pkcs1(hash: Hash, message: &[u8], width: usize) -> Vec<u8> {
    pkcs1_block(&[digest_info_head(hash), &digest(hash, message)].concat(), width)
}

/// The block of RFC 8017 §9.2 step 5 around any octets.
pub fn pkcs1_block(info: &[u8], width: usize) -> Vec<u8> {
    let padding = width - 3 - info.len();
    [&[0, 1], vec![0xff; padding].as_slice(), &[0], info].concat()
}

/// A `DigestInfo` up to the hash's octets (RFC 8017 §9.2, note 1).
pub fn digest_info_head(hash: Hash) -> &'static [u8] {
    match hash {
        Hash::Sha1 => &[0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14],
        Hash::Sha256 => &DIGEST_INFO_SHA2[0],
        Hash::Sha384 => &DIGEST_INFO_SHA2[1],
        Hash::Sha512 => &DIGEST_INFO_SHA2[2],
    }
}

/// The ends of the `DigestInfo`s differ in the OID's last octet and in two lengths only (RFC 8017 §9.2, note 1).
const DIGEST_INFO_SHA2: [[u8; 19]; 3] =
    [digest_info(0x31, 1, 0x20), digest_info(0x41, 2, 0x30), digest_info(0x51, 3, 0x40)];

const fn digest_info(total: u8, hash: u8, length: u8) -> [u8; 19] {
    [
        0x30, total, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, hash, 0x05, 0x00, 0x04,
        length,
    ]
}

/// EMSA-PSS (RFC 8017 §9.1.1) with the salt `H(message)`.
fn emsa_pss(hash: Hash, message: &[u8], bits: usize) -> Vec<u8> {
    Pss { hash, mask: hash, salt: digest(hash, message), bits }.encode(message, |_, _| {})
}

/// MGF1 (RFC 8017 §B.2.1), as long as it is read.
pub fn mgf1(hash: Hash, seed: &[u8]) -> impl Iterator<Item = u8> {
    (0_u32..).flat_map(move |counter| digest(hash, &[seed, &counter.to_be_bytes()].concat()))
}

/// RSASP1 (RFC 8017 §5.2.1) with I2OSP to the modulus's width.
pub(super) fn rsa_private(key: &rsa::RsaPrivateKey, encoded: &[u8]) -> Vec<u8> {
    let representative = rsa::BigUint::from_bytes_be(encoded);
    let blinding: Option<&mut rsa::rand_core::OsRng> = None;
    let signature = rsa::hazmat::rsa_decrypt(blinding, key, &representative)
        .expect("an encoded message is smaller than the modulus")
        .to_bytes_be();
    let mut octets = vec![0; key.size() - signature.len()];
    octets.extend_from_slice(&signature);
    octets
}

fn remember_by(key: &TestKey, scheme: Scheme, message: &[u8]) -> Digest {
    let (kind, hash) = match scheme {
        Scheme::Hmac(hash) => (0, hash),
        Scheme::Pkcs1(hash) => (1, hash),
        Scheme::Pss(hash) => (2, hash),
        Scheme::Ecdsa(hash) => (3, hash),
        Scheme::Ed25519 => (4, Hash::Sha512),
        Scheme::RsaPower => (5, Hash::Sha512),
    };
    let mut hasher = sha2::Sha256::new();
    for part in [&[kind, hash as u8], key.name.as_bytes(), b"\0", key.jwk_text.as_bytes(), b"\0", message] {
        hasher.update(part);
    }
    hasher.finalize()[..16].try_into().expect("SHA-256 has 32 octets")
}

/// Records of 16 octets, a length of two, and that many octets of signature.
fn read_frozen(mut file: &'static [u8]) -> HashMap<Digest, &'static [u8]> {
    let mut frozen = HashMap::new();
    while let Some((digest, rest)) = file.split_first_chunk::<16>() {
        let (length, rest) = rest.split_first_chunk::<2>().expect("the test writes whole records");
        let (signature, rest) = rest.split_at(u16::from_be_bytes(*length).into());
        frozen.insert(*digest, signature);
        file = rest;
    }
    frozen
}

/// The file that [`read_frozen`] reads.
#[cfg(test)]
pub(super) fn freeze(signatures: &[(Digest, Vec<u8>)]) -> Vec<u8> {
    let record = |(digest, signature): &(Digest, Vec<u8>)| {
        let length = u16::try_from(signature.len()).expect("no signature is that long").to_be_bytes();
        [digest.as_slice(), &length, signature].concat()
    };
    signatures.iter().flat_map(record).collect()
}

/// Where the corpus keeps the suite's signatures.
pub(super) const FROZEN: &str = "signatures/suite.bin";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::keys::Keyring;

    #[test]
    fn signing_twice_gives_the_same_octets() {
        let keyring = Keyring::corpus();
        for algorithm in Algorithm::ALL.iter().filter(|a| **a != Algorithm::None && !a.is_hmac()) {
            let key = keyring.trusted(*algorithm);
            let scheme = Scheme::of(*algorithm);
            assert_eq!(sign(key, scheme, b"message"), sign(key, scheme, b"message"), "{algorithm}");
            assert_ne!(sign(key, scheme, b"message"), sign(key, scheme, b"massage"), "{algorithm}");
        }
    }

    #[test]
    fn a_mac_is_that_of_rfc_4231() {
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let mac = mac(Hash::Sha256, b"Jefe", b"what do ya want for nothing?");
        assert_eq!(mac.iter().map(|octet| format!("{octet:02x}")).collect::<String>(), expected);
    }
}
