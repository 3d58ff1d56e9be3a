//! A JWE whose every layer is octets that stay as they were put: header, encrypted key, vector, ciphertext, tag.
//!
//! Takes a recipient's key, raw text and the content encryption key, gives the compact serialisation (RFC 7516 §7.1). Keys,
//! vectors and salts are fixed, so that encrypting twice gives the same octets: nothing here is secret. What a header says
//! and what is done are two arguments. Never uses a library that is also a target.

use aes_gcm::aead::{Aead, KeyInit as _, Payload, consts};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeEncrypt as _, KeyIvInit as _};
use p256::elliptic_curve::sec1::ToSec1Point as _;
use rsa::traits::PublicKeyParts as _;
use token_assay_model::{ContentEncryption, Key, KeyManagement};

use super::keys::{Secret, TestKey};
use super::sign::{self, Hash};
use super::{Object, base64url};

/// An encrypted token in parts. The segments are what goes on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwe {
    /// Header, encrypted key, initialisation vector, ciphertext and tag, as they go on the wire.
    pub segments: [String; 5],
    /// The plaintext before it was compressed: what an accept returns, or the token inside.
    pub payload_octets: Vec<u8>,
}

impl Jwe {
    /// RFC 7516 §7.1.
    pub fn compact(&self) -> String {
        self.segments.join(".")
    }

    /// The octets of a segment; empty where it is not base64url.
    pub fn octets(&self, part: Part) -> Vec<u8> {
        base64url::decode(&self.segments[part as usize]).unwrap_or_default()
    }

    /// The same with these octets there.
    #[must_use]
    pub fn with(mut self, part: Part, octets: impl AsRef<[u8]>) -> Self {
        self.segments[part as usize] = base64url::encode(octets);
        self
    }

    /// The same with one bit of a part turned: of the octet at `at`, which counts from the end where it is negative.
    #[must_use]
    pub fn with_bit_turned(self, part: Part, at: isize) -> Self {
        let mut octets = self.octets(part);
        let at = if at < 0 { octets.len() - at.unsigned_abs() } else { at.unsigned_abs() };
        octets[at] ^= 1;
        self.with(part, octets)
    }
}

/// A part of an encrypted token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The protected header.
    Header,
    /// The encrypted key.
    Key,
    /// The initialisation vector.
    Iv,
    /// The ciphertext.
    Ciphertext,
    /// The authentication tag.
    Tag,
}

impl Part {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Key => "key",
            Self::Iv => "iv",
            Self::Ciphertext => "ciphertext",
            Self::Tag => "tag",
        }
    }
}

/// How a content encryption key is brought to the recipient, and what of it may vary.
#[derive(Debug, Clone)]
pub struct Wrapping {
    /// The mathematics.
    pub alg: KeyManagement,
    /// What the key is for; it decides how long it is.
    pub enc: ContentEncryption,
    /// The salt of a password (RFC 7518 §4.8.1.1).
    pub p2s: Vec<u8>,
    /// How often a password is hashed (RFC 7518 §4.8.1.2).
    pub p2c: u32,
}

impl Wrapping {
    /// What the algorithms' registrations say; a short count, for tests.
    pub fn new(alg: KeyManagement, enc: ContentEncryption) -> Self {
        Self { alg, enc, p2s: SALT.to_vec(), p2c: COUNT }
    }

    /// The fixed content encryption key, or what `dir` and ECDH-ES come to; the encrypted key; and the header with what the
    /// algorithm adds to it.
    pub fn wrap(&self, recipient: &TestKey, header: Object) -> Wrapped {
        let cek = CEK[..self.enc.key_width()].to_vec();
        match self.alg {
            KeyManagement::Dir => Wrapped { header, cek: secret_octets(recipient).to_vec(), encrypted_key: Vec::new() },
            KeyManagement::Rsa15 => {
                Wrapped { encrypted_key: rsa_raw(recipient, &eme_pkcs1(recipient, &cek)), header, cek }
            }
            KeyManagement::RsaOaep => Wrapped { encrypted_key: rsa_oaep(recipient, Hash::Sha1, &cek), header, cek },
            KeyManagement::RsaOaep256 => {
                Wrapped { encrypted_key: rsa_oaep(recipient, Hash::Sha256, &cek), header, cek }
            }
            KeyManagement::A128Kw | KeyManagement::A192Kw | KeyManagement::A256Kw => {
                Wrapped { encrypted_key: key_wrap(secret_octets(recipient), &cek), header, cek }
            }
            KeyManagement::A128GcmKw | KeyManagement::A192GcmKw | KeyManagement::A256GcmKw => {
                let (encrypted_key, tag) = gcm(secret_octets(recipient), &IV[..12], b"", &cek);
                let header = header.set_string("iv", &base64url::encode(&IV[..12]));
                Wrapped { header: header.set_string("tag", &base64url::encode(tag)), cek, encrypted_key }
            }
            _ if self.alg.is_agreement() => self.agree(recipient, header, cek),
            _ => {
                let header = header.set_string("p2s", &base64url::encode(&self.p2s)).set("p2c", self.p2c.to_string());
                let key = password_key(self.alg, secret_octets(recipient), &self.p2s, self.p2c);
                Wrapped { encrypted_key: key_wrap(&key, &cek), header, cek }
            }
        }
    }

    fn agree(&self, recipient: &TestKey, header: Object, cek: Vec<u8>) -> Wrapped {
        let (epk, shared) = ephemeral(recipient);
        self.agreed(&shared, header.set("epk", epk.text()), cek)
    }

    /// The same with a shared secret that somebody else came to.
    pub fn agreed(&self, shared: &[u8], header: Object, cek: Vec<u8>) -> Wrapped {
        match self.alg.wrapping_width() {
            None => {
                let cek = concat_kdf(shared, self.enc.as_str(), self.enc.key_width());
                Wrapped { header, cek, encrypted_key: Vec::new() }
            }
            Some(width) => {
                let key = concat_kdf(shared, self.alg.as_str(), width);
                Wrapped { encrypted_key: key_wrap(&key, &cek), header, cek }
            }
        }
    }
}

/// A key on its way, and the header that says how.
#[derive(Debug, Clone)]
pub struct Wrapped {
    /// The header, with what the key management added.
    pub header: Object,
    /// The content encryption key.
    pub cek: Vec<u8>,
    /// The encrypted key.
    pub encrypted_key: Vec<u8>,
}

impl Wrapped {
    /// The content encrypted and bound to this header.
    pub fn seal(&self, enc: ContentEncryption, plaintext: impl AsRef<[u8]>) -> Jwe {
        let plaintext = plaintext.as_ref();
        seal(&self.header.text(), &self.cek, &self.encrypted_key, enc, plaintext)
    }
}

/// Content encrypted under this key and bound to this header, whatever it says.
pub fn seal(header: &str, cek: &[u8], encrypted_key: &[u8], enc: ContentEncryption, plaintext: &[u8]) -> Jwe {
    let header = base64url::encode(header);
    let iv = &IV[..enc.iv_width()];
    let (ciphertext, tag) = content(enc, cek, iv, header.as_bytes(), plaintext, None);
    let segments = [header, base64url::encode(encrypted_key), base64url::encode(iv)];
    let [header, key, iv] = segments;
    let segments = [header, key, iv, base64url::encode(ciphertext), base64url::encode(tag)];
    Jwe { segments, payload_octets: plaintext.to_vec() }
}

/// Ciphertext and tag of a content encryption (RFC 7518 §5.2.2.1, §5.3). `filling` is what fills the last block of AES-CBC
/// where it is not the padding of PKCS #7.
pub fn content(
    enc: ContentEncryption,
    cek: &[u8],
    iv: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    filling: Option<&[u8]>,
) -> (Vec<u8>, Vec<u8>) {
    if enc.is_gcm() {
        return gcm(cek, iv, aad, plaintext);
    }
    let (mac_key, key) = cek.split_at(cek.len() / 2);
    let ciphertext = cbc_encrypt(key, iv, plaintext, filling);
    let tag = cbc_tag(enc, mac_key, aad, iv, &ciphertext);
    (ciphertext, tag)
}

/// The tag of AES-CBC with HMAC (RFC 7518 §5.2.2.1 steps 4 and 5).
pub fn cbc_tag(enc: ContentEncryption, mac_key: &[u8], aad: &[u8], iv: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    let hash = match enc {
        ContentEncryption::A192CbcHs384 => Hash::Sha384,
        ContentEncryption::A256CbcHs512 => Hash::Sha512,
        _ => Hash::Sha256,
    };
    let bits = (aad.len() as u64 * 8).to_be_bytes();
    let mut mac = sign::mac(hash, mac_key, &[aad, iv, ciphertext, &bits].concat());
    mac.truncate(enc.tag_width());
    mac
}

/// RFC 1951, as small as it gets: what `zip` DEF says (RFC 7516 §4.1.3).
pub fn deflated(octets: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec(octets, 9)
}

/// The recipient's private half in every form in which people configure it; its JWK says what it is for.
pub fn recipient_key(key: &TestKey, alg: KeyManagement) -> Key {
    let private = key.private_jwk();
    // In an order of our own: that in which serde_json writes members depends on what else is linked.
    let members = MEMBERS.iter().filter_map(|name| Some((name, private.get(name)?.as_str()?)));
    let jwk = members.fold(Object::new(), |jwk, (name, value)| jwk.set_string(name, value));
    let jwk = jwk.set_string("kid", &key.name).set_string("use", "enc").set_string("alg", alg.as_str());
    Key {
        kid: Some(key.name.clone()),
        alg: Some(alg.as_str().to_owned()),
        usage: Some("enc".to_owned()),
        jwk: serde_json::from_str(&jwk.text()).ok(),
        jwk_text: Some(jwk.text()),
        pem: key.private_pem.clone(),
        secret: key.octets().map(<[u8]>::to_vec),
        ..Key::default()
    }
}

/// A recipient for X25519 (RFC 8037 §3.2).
pub fn x25519_recipient() -> TestKey {
    let secret = x25519_dalek::StaticSecret::from(X25519_SCALAR);
    let public = x25519_dalek::PublicKey::from(&secret);
    let jwk = serde_json::json!({
        "kty": "OKP", "crv": "X25519",
        "x": base64url::encode(public.as_bytes()), "d": base64url::encode(X25519_SCALAR),
    });
    TestKey::from_jwk("x25519", &jwk).expect("it has every member")
}

/// A recipient on P-256 whose scalar is no multiple of three: it takes a point of order three to itself or its opposite.
pub fn p256_recipient() -> TestKey {
    let secret = p256::SecretKey::from_slice(&P256_SCALAR).expect("it is a scalar of the curve");
    let point = secret.public_key().to_sec1_point(false);
    let (x, y) = point.as_bytes()[1..].split_at(32);
    let jwk = serde_json::json!({
        "kty": "EC", "crv": "P-256",
        "x": base64url::encode(x), "y": base64url::encode(y), "d": base64url::encode(P256_SCALAR),
    });
    TestKey::from_jwk("p256-recipient", &jwk).expect("it has every member")
}

/// Whether a key is one for these algorithms, by its type and width; to agree with only on the two curves of [`ephemeral`].
pub fn fits(recipient: &TestKey, alg: KeyManagement, enc: ContentEncryption) -> bool {
    match recipient.octets() {
        Some(octets) => match alg.wrapping_width() {
            _ if alg.is_password() => !octets.is_empty(),
            _ if alg == KeyManagement::Dir => enc.key_width() == octets.len(),
            Some(width) => !alg.is_agreement() && width == octets.len(),
            None => false,
        },
        None if matches!(recipient.secret(), Secret::Rsa(_)) => alg.is_rsa(),
        None => alg.is_agreement() && matches!(recipient.jwk()["crv"].as_str(), Some("P-256" | "X25519")),
    }
}

/// An ephemeral public key as a JWK, and what the recipient agrees on with it.
pub fn ephemeral(recipient: &TestKey) -> (Object, Vec<u8>) {
    let jwk = |kty: &str, crv: &str| Object::new().set_string("kty", kty).set_string("crv", crv);
    match recipient.secret() {
        Secret::P256(key) => {
            let own = p256::SecretKey::from_slice(&EPHEMERAL).expect("it is a scalar of the curve");
            let point = own.public_key().to_sec1_point(false);
            let coordinates = point.as_bytes()[1..].split_at(32);
            let public = p256::PublicKey::from(key.verifying_key());
            let shared = p256::ecdh::diffie_hellman(own.to_nonzero_scalar(), public.as_affine());
            let epk = jwk("EC", "P-256").set_string("x", &base64url::encode(coordinates.0));
            (epk.set_string("y", &base64url::encode(coordinates.1)), shared.raw_secret_bytes().to_vec())
        }
        _ => {
            let own = x25519_dalek::StaticSecret::from(EPHEMERAL);
            let x = recipient.jwk_octets("x").and_then(|x| <[u8; 32]>::try_from(x).ok()).expect("it is for X25519");
            let public = x25519_dalek::PublicKey::from(&own);
            let shared = own.diffie_hellman(&x25519_dalek::PublicKey::from(x));
            let epk = jwk("OKP", "X25519").set_string("x", &base64url::encode(public.as_bytes()));
            (epk, shared.as_bytes().to_vec())
        }
    }
}

/// The Concat KDF with empty PartyUInfo and PartyVInfo (RFC 7518 §4.6.2).
fn concat_kdf(shared: &[u8], name: &str, width: usize) -> Vec<u8> {
    let length = |of: usize| u32::try_from(of).expect("names and keys are short").to_be_bytes();
    let info = [&length(name.len()), name.as_bytes(), &[0; 8], &length(width * 8)].concat();
    let round = |counter: u32| sign::digest(Hash::Sha256, &[&counter.to_be_bytes(), shared, &info].concat());
    (1..).flat_map(round).take(width).collect()
}

/// PBKDF2 (RFC 7518 §4.8.1.1).
fn password_key(alg: KeyManagement, password: &[u8], p2s: &[u8], p2c: u32) -> Vec<u8> {
    let salt = [alg.as_str().as_bytes(), &[0], p2s].concat();
    let mut key = vec![0; alg.wrapping_width().expect("a password wraps by AES")];
    match alg {
        KeyManagement::Pbes2Hs256A128Kw => pbkdf2::pbkdf2_hmac::<sha2::Sha256>(password, &salt, p2c, &mut key),
        KeyManagement::Pbes2Hs384A192Kw => pbkdf2::pbkdf2_hmac::<sha2::Sha384>(password, &salt, p2c, &mut key),
        _ => pbkdf2::pbkdf2_hmac::<sha2::Sha512>(password, &salt, p2c, &mut key),
    }
    key
}

/// AES key wrap (RFC 3394 §2.2.1).
pub fn key_wrap(key: &[u8], cek: &[u8]) -> Vec<u8> {
    let mut wrapped = vec![0; cek.len() + aes_kw::IV_LEN];
    let fits = "a content encryption key is whole blocks";
    match key.len() {
        16 => aes_kw::KwAes128::new_from_slice(key).expect("16 octets").wrap_key(cek, &mut wrapped).expect(fits),
        24 => aes_kw::KwAes192::new_from_slice(key).expect("24 octets").wrap_key(cek, &mut wrapped).expect(fits),
        _ => aes_kw::KwAes256::new_from_slice(key).expect("32 octets").wrap_key(cek, &mut wrapped).expect(fits),
    };
    wrapped
}

/// AES-GCM with a tag of 16 octets; with AES-256 the vector may have 8 or 16 octets and not the 12 that JOSE wants.
pub fn gcm(key: &[u8], iv: &[u8], aad: &[u8], plaintext: &[u8]) -> (Vec<u8>, Vec<u8>) {
    fn with<A: Aead + aes_gcm::KeyInit>(key: &[u8], iv: &[u8], payload: Payload<'_, '_>) -> Vec<u8> {
        let cipher = A::new_from_slice(key).expect("the key has the cipher's length");
        cipher
            .encrypt(&iv.try_into().expect("the vector has the cipher's length"), payload)
            .expect("it is not that long")
    }
    let payload = Payload { msg: plaintext, aad };
    let mut sealed = match (key.len(), iv.len()) {
        (16, _) => with::<aes_gcm::Aes128Gcm>(key, iv, payload),
        (24, _) => with::<aes_gcm::AesGcm<aes::Aes192, consts::U12>>(key, iv, payload),
        (_, 8) => with::<aes_gcm::AesGcm<aes::Aes256, consts::U8>>(key, iv, payload),
        (_, 16) => with::<aes_gcm::AesGcm<aes::Aes256, consts::U16>>(key, iv, payload),
        _ => with::<aes_gcm::Aes256Gcm>(key, iv, payload),
    };
    let tag = sealed.split_off(plaintext.len());
    (sealed, tag)
}

fn cbc_encrypt(key: &[u8], iv: &[u8], plaintext: &[u8], filling: Option<&[u8]>) -> Vec<u8> {
    let short = 16 - plaintext.len() % 16;
    let own = vec![u8::try_from(short).expect("a block has 16 octets"); short];
    let whole = [plaintext, filling.unwrap_or(&own)].concat();
    let lengths = "key and vector have the cipher's lengths";
    match key.len() {
        16 => cbc::Encryptor::<aes::Aes128>::new_from_slices(key, iv)
            .expect(lengths)
            .encrypt_padded_vec::<NoPadding>(&whole),
        24 => cbc::Encryptor::<aes::Aes192>::new_from_slices(key, iv)
            .expect(lengths)
            .encrypt_padded_vec::<NoPadding>(&whole),
        _ => cbc::Encryptor::<aes::Aes256>::new_from_slices(key, iv)
            .expect(lengths)
            .encrypt_padded_vec::<NoPadding>(&whole),
    }
}

/// The octets of a shared key or a password.
fn secret_octets(recipient: &TestKey) -> &[u8] {
    recipient.octets().unwrap_or_else(|| panic!("{} is no shared key", recipient.name))
}

fn rsa_oaep(recipient: &TestKey, hash: Hash, cek: &[u8]) -> Vec<u8> {
    rsa_raw(recipient, &eme_oaep(hash, cek, modulus_width(recipient)))
}

/// RSADP (RFC 8017 §5.1.2): the encoded message, whatever it is.
pub fn rsa_private(recipient: &TestKey, encrypted: &[u8]) -> Vec<u8> {
    let Secret::Rsa(key) = recipient.secret() else { panic!("{} is no RSA key", recipient.name) };
    sign::rsa_private(key, encrypted)
}

/// RSAEP (RFC 8017 §5.1.1) over an encoded message, whatever it is.
pub fn rsa_raw(recipient: &TestKey, encoded: &[u8]) -> Vec<u8> {
    let Secret::Rsa(key) = recipient.secret() else { panic!("{} is no RSA key", recipient.name) };
    let encrypted = rsa::hazmat::rsa_encrypt(&**key, &rsa::BigUint::from_bytes_be(encoded));
    let encrypted = encrypted.expect("an encoded message is smaller than the modulus").to_bytes_be();
    let mut octets = vec![0; key.size() - encrypted.len()];
    octets.extend_from_slice(&encrypted);
    octets
}

/// The width of an RSA key's modulus in octets.
pub fn modulus_width(recipient: &TestKey) -> usize {
    let Secret::Rsa(key) = recipient.secret() else { panic!("{} is no RSA key", recipient.name) };
    key.size()
}

/// EME-PKCS1-v1_5 (RFC 8017 §7.2.1 step 2).
pub fn eme_pkcs1(recipient: &TestKey, cek: &[u8]) -> Vec<u8> {
    let padding = vec![0xa5; modulus_width(recipient) - 3 - cek.len()];
    [&[0, 2], padding.as_slice(), &[0], cek].concat()
}

/// EME-OAEP (RFC 8017 §7.1.1 step 2) with an empty label.
fn eme_oaep(hash: Hash, cek: &[u8], width: usize) -> Vec<u8> {
    let label = sign::digest(hash, b"");
    let seed = &SEED[..label.len()];
    let mut block = label.clone();
    block.resize(width - label.len() - 2 - cek.len(), 0);
    block.push(1);
    block.extend_from_slice(cek);
    let masked: Vec<u8> = block.iter().zip(sign::mgf1(hash, seed)).map(|(octet, mask)| octet ^ mask).collect();
    let masked_seed = seed.iter().zip(sign::mgf1(hash, &masked)).map(|(octet, mask)| octet ^ mask);
    let masked_seed: Vec<u8> = masked_seed.collect();
    [&[0], masked_seed.as_slice(), &masked].concat()
}

/// The members of a private JWK (RFC 7518 §6).
const MEMBERS: [&str; 13] = ["kty", "crv", "x", "y", "n", "e", "d", "p", "q", "dp", "dq", "qi", "k"];

/// Every content encryption key begins so.
pub const CEK: [u8; 64] = *b"\x3b\x91\x04\xd8\x6e\xa2\x5c\xf7\x10\xbd\x83\x49\xe6\x2f\xc5\x78\x9a\x01\x6d\xb4\xf3\x57\x28\xce\x95\x0b\xe1\x64\xaf\x3c\x82\xd9\x17\xf8\x4a\x90\x6b\xdc\x25\xe3\x5e\x08\xb7\x71\xca\x96\x1f\x43\xed\x34\x89\x52\x0c\xa7\xfe\x60\xbb\x1d\x75\xc8\x2a\x9f\xd4\x46";

const IV: [u8; 16] = *b"\x48\xa1\x5f\x0d\xe7\x92\x3c\xb6\x71\x04\xda\x8e\x25\xf9\x63\xbc";
const SEED: [u8; 32] = *b"\x6d\x02\xf5\x9b\x38\xc7\xae\x41\x13\xe0\x84\x5a\xbf\x29\xd6\x7c\xf1\x4e\x0a\x93\x67\xdb\x35\xc2\x88\x50\xfd\x1b\xa4\x79\x06\xee";
const EPHEMERAL: [u8; 32] = *b"\x29\x4c\x73\xe8\x15\xba\x60\xdf\x92\x07\x4b\xc1\xf6\x3d\x88\x5e\xa0\x17\xd9\x6c\x2b\xf4\x51\x0e\x9d\x37\xc5\x82\x4f\xba\x16\x60";
const P256_SCALAR: [u8; 32] = *b"\x5a\x22\xf5\xa0\x7a\x85\x7c\xbe\x7e\xcb\xbf\xb0\x9d\xe2\x7e\x82\x22\xfd\xd2\xbd\x88\x7f\x05\x6d\x78\x8f\xdd\x39\x3d\x85\xd1\xa1";
const X25519_SCALAR: [u8; 32] = *b"\x50\xc3\x1e\x97\x6a\xf2\x08\xbd\x45\xd1\x7b\x2c\xe9\x83\x16\x5f\xaa\x04\x99\xe6\x3d\x72\xcb\x18\x57\xf0\x2e\x8d\xb1\x64\x0f\x6b";
const SALT: [u8; 16] = *b"\xd1\x0e\x57\xa8\x3f\x94\xc6\x2b\x79\xe5\x10\xbc\x48\x83\xfa\x6d";

/// A point that has order three on the curve through it with the coefficient of P-256; P-256 is another curve.
pub const ORDER_THREE: ([u8; 32], [u8; 32]) = (
    *b"\x7a\xd1\xbe\xfa\xb1\xee\xf4\x28\x08\x05\x66\x98\x10\xc7\x48\x97\x2b\x91\xa3\x4b\x12\xef\x03\xe9\x37\x04\xca\xa4\x5b\x1f\xc9\x37",
    *b"\x21\xda\xcb\x73\x6d\xf9\xba\x9b\xbf\x2d\xad\x6b\xac\xd0\xae\xe2\x4b\xed\x4b\xb9\x8e\xb1\x7b\xb6\x48\x3a\xf1\xbf\xaa\xfd\x70\xbe",
);

/// What RFC 7518 §4.8.1.2 recommends at the least.
pub const COUNT: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7517 appendix C: the password, its salt, its count, and the key that they wrap.
    #[test]
    fn a_password_wraps_as_in_rfc_7517() {
        let salt = base64url::decode("2WCTcJZ1Rvd_CJuJripQ1w").unwrap();
        let cek = base64url::decode("bxsZNEIdFE5csDjwQdBScKGDJDfK7LmsgReZwsMw_bY").unwrap();
        let password = b"Thus from my lips, by yours, my sin is purged.";
        let key = password_key(KeyManagement::Pbes2Hs256A128Kw, password, &salt, 4096);
        assert_eq!(base64url::encode(key_wrap(&key, &cek)), "TrqXOwuNUfDV9VPTNbyGvEJ9JMjefAVn-TR1uIxR9p6hsRQh9Tk7BA");
    }

    #[test]
    fn a_part_is_bent_without_the_others() {
        let jwe = seal("{}", &CEK[..32], b"key", ContentEncryption::A256Gcm, b"content");
        let bent = jwe.clone().with_bit_turned(Part::Tag, -1);
        assert_eq!(bent.segments[..4], jwe.segments[..4]);
        assert_ne!(bent.segments[4], jwe.segments[4]);
        assert_eq!(jwe.with(Part::Key, b"").compact().split('.').nth(1), Some(""));
    }
}
