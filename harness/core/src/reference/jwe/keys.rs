//! The recipient's keys, and what is done with them: key management and content decryption.
//!
//! Takes a [`Key`] in whichever form it has, gives a [`PrivateKey`]; opens with aws-lc-rs. Never gives a reason: what does
//! not open does not open.

use std::num::NonZeroU32;

use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, ECDH_P256, ECDH_P384, ECDH_P521, UnparsedPublicKey, X25519};
use aws_lc_rs::cipher::{self, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::kdf::{SskdfDigestAlgorithm, SskdfDigestAlgorithmId, get_sskdf_digest_algorithm, sskdf_digest};
use aws_lc_rs::key_wrap::{AES_128, AES_256, AesKek, KeyWrap as _};
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, Pkcs1PrivateDecryptingKey,
    PrivateDecryptingKey,
};
use aws_lc_rs::{constant_time, hmac, pbkdf2};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use pkcs8::der::Encode as _;
use pkcs8::{AlgorithmIdentifierRef, ObjectIdentifier, PrivateKeyInfo};
use serde_json::Value;
use token_assay_model::{ContentEncryption, Key, KeyManagement};

use super::super::json::Json;
use super::Opening;

/// A key that can decrypt.
#[derive(Debug)]
pub struct PrivateKey {
    /// Its material.
    pub material: Material,
    /// The algorithm it is meant for (RFC 7517 §4.4).
    pub alg: Option<String>,
    /// What it is meant for (RFC 7517 §4.2).
    pub usage: Option<String>,
    /// The operations it is meant for (RFC 7517 §4.3).
    pub operations: Option<Vec<String>>,
}

/// What a key is made of.
#[derive(Debug)]
pub enum Material {
    /// A shared key, or a password.
    Oct(Vec<u8>),
    /// An RSA key.
    Rsa(PrivateDecryptingKey),
    /// A key to agree with, and the curve that its JWK names.
    Agreement {
        /// `crv`.
        curve: &'static str,
        /// The scalar.
        key: agreement::PrivateKey,
    },
}

impl PrivateKey {
    /// Reads a key: its JWK before its JWK text, PEM before a bare secret. Nothing where no form can be read.
    pub fn read(key: &Key) -> Option<Self> {
        let jwk = key.jwk.clone().or_else(|| serde_json::from_str(key.jwk_text.as_deref()?).ok());
        if let Some(jwk) = jwk {
            return Self::from_jwk(&jwk, key);
        }
        let material = match &key.pem {
            Some(pem) => material_from_pkcs8(&pem_body(pem)?)?,
            None => Material::Oct(key.secret.clone()?),
        };
        Some(Self { material, alg: key.alg.clone(), usage: key.usage.clone(), operations: None })
    }

    fn from_jwk(jwk: &Value, key: &Key) -> Option<Self> {
        let text = |member: &str| jwk.get(member).and_then(Value::as_str);
        let octets = |member: &str| text(member).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        let material = match (text("kty")?, text("crv")) {
            ("oct", _) => Material::Oct(octets("k")?),
            ("RSA", _) => Material::Rsa(PrivateDecryptingKey::from_pkcs8(&rsa_pkcs8(octets)?).ok()?),
            ("EC" | "OKP", Some(crv)) => {
                let (curve, algorithm) = CURVES.iter().find(|(name, _)| *name == crv)?;
                let key = agreement::PrivateKey::from_private_key(algorithm, &octets("d")?).ok()?;
                Material::Agreement { curve, key }
            }
            _ => return None,
        };
        let strings = |value: &Value| {
            value.as_array().map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>())
        };
        Some(Self {
            material,
            alg: text("alg").map(str::to_owned).or_else(|| key.alg.clone()),
            usage: text("use").map(str::to_owned).or_else(|| key.usage.clone()),
            operations: jwk.get("key_ops").and_then(strings),
        })
    }

    /// Whether the key's type and size are those of the algorithm (RFC 7518 §4.2 to §4.8, §5.2.2, §5.3).
    pub fn has_type_of(&self, alg: KeyManagement, enc: ContentEncryption) -> bool {
        match &self.material {
            Material::Oct(octets) if alg == KeyManagement::Dir => octets.len() == enc.key_width(),
            Material::Oct(octets) if alg.is_password() => !octets.is_empty(),
            Material::Oct(octets) => !alg.is_agreement() && alg.wrapping_width() == Some(octets.len()),
            Material::Rsa(key) => alg.is_rsa() && key.key_size_bits() >= 2048,
            Material::Agreement { .. } => alg.is_agreement(),
        }
    }

    /// Whether an ephemeral key is one for the curve of this one.
    pub fn is_on_the_curve_of(&self, epk: &Json) -> bool {
        let crv = epk.member("crv").and_then(Json::as_str);
        matches!(&self.material, Material::Agreement { curve, .. } if crv == Some(curve))
    }

    /// The content encryption key, by the token's `alg`.
    pub(super) fn unwrap(&self, opening: &Opening<'_>) -> Option<Vec<u8>> {
        let (alg, enc, encrypted) = (opening.alg, opening.enc, &opening.decoded[1]);
        match (&self.material, alg) {
            (Material::Oct(key), KeyManagement::Dir) => Some(key.clone()),
            (Material::Oct(key), _) if alg.is_gcm() => {
                gcm(key, &opening.parameter("iv")?, b"", encrypted, &opening.parameter("tag")?)
            }
            (Material::Oct(password), _) if alg.is_password() => {
                let count = NonZeroU32::new(opening.count()? as u32)?;
                key_unwrap(&password_key(alg, password, &opening.parameter("p2s")?, count)?, encrypted)
            }
            (Material::Oct(key), _) => key_unwrap(key, encrypted),
            (Material::Rsa(key), _) => rsa(key, alg, encrypted),
            (Material::Agreement { curve, key }, _) => {
                let shared = agree(curve, key, opening.reading.header.member("epk")?)?;
                let parties = ["apu", "apv"].map(|name| opening.parameter(name).unwrap_or_default());
                derived(&shared, alg, enc, &parties, encrypted)
            }
        }
    }
}

/// What a shared secret comes to: the content encryption key, or the key that wraps it (RFC 7518 §4.6.2).
pub fn derived(
    shared: &[u8],
    alg: KeyManagement,
    enc: ContentEncryption,
    parties: &[Vec<u8>; 2],
    encrypted: &[u8],
) -> Option<Vec<u8>> {
    match alg.wrapping_width() {
        None => concat_kdf(shared, enc.as_str(), parties, enc.key_width()),
        Some(width) => key_unwrap(&concat_kdf(shared, alg.as_str(), parties, width)?, encrypted),
    }
}

/// The content, where the tag is right (RFC 7518 §5.2.2.2, §5.3).
pub fn open(
    enc: ContentEncryption,
    cek: &[u8],
    iv: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
    tag: &[u8],
) -> Option<Vec<u8>> {
    if enc.is_gcm() {
        return gcm(cek, iv, aad, ciphertext, tag);
    }
    let (mac_key, key) = cek.split_at(cek.len() / 2);
    constant_time::verify_slices_are_equal(&cbc_tag(enc, mac_key, aad, iv, ciphertext), tag).ok()?;
    cbc(key, iv, ciphertext)
}

/// The tag of AES-CBC with HMAC (RFC 7518 §5.2.2.1).
pub(super) fn cbc_tag(enc: ContentEncryption, mac_key: &[u8], aad: &[u8], iv: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    let hash = match enc {
        ContentEncryption::A192CbcHs384 => hmac::HMAC_SHA384,
        ContentEncryption::A256CbcHs512 => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    };
    let bits = (aad.len() as u64 * 8).to_be_bytes();
    let whole = [aad, iv, ciphertext, &bits].concat();
    hmac::sign(&hmac::Key::new(hash, mac_key), &whole).as_ref()[..enc.tag_width()].to_vec()
}

/// AES-CBC, with the padding of PKCS #7 taken off.
pub(super) fn cbc(key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
    let algorithm = match key.len() {
        16 => &cipher::AES_128,
        24 => &cipher::AES_192,
        _ => &cipher::AES_256,
    };
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(algorithm, key).ok()?).ok()?;
    let context = DecryptionContext::Iv128(FixedLength::from(<[u8; 16]>::try_from(iv).ok()?));
    let mut octets = ciphertext.to_vec();
    Some(key.decrypt(&mut octets, context).ok()?.to_vec())
}

/// AES-GCM with a tag of 16 octets.
pub(super) fn gcm(key: &[u8], iv: &[u8], aad: &[u8], ciphertext: &[u8], tag: &[u8]) -> Option<Vec<u8>> {
    let algorithm = match key.len() {
        16 => &AES_128_GCM,
        24 => &AES_192_GCM,
        _ => &AES_256_GCM,
    };
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(iv).ok()?;
    let mut octets = [ciphertext, tag].concat();
    Some(key.open_in_place(nonce, Aad::from(aad), &mut octets).ok()?.to_vec())
}

/// AES key wrap (RFC 3394 §2.2.2). aws-lc-rs has none with 192 bits.
fn key_unwrap(key: &[u8], wrapped: &[u8]) -> Option<Vec<u8>> {
    let mut octets = vec![0; wrapped.len()];
    if key.len() == 24 {
        use aes_kw::KeyInit as _;
        return aes_kw::KwAes192::new_from_slice(key).ok()?.unwrap_key(wrapped, &mut octets).ok().map(<[u8]>::to_vec);
    }
    let cipher = if key.len() == 16 { &AES_128 } else { &AES_256 };
    AesKek::new(cipher, key).ok()?.unwrap(wrapped, &mut octets).ok().map(|cek| cek.to_vec())
}

fn rsa(key: &PrivateDecryptingKey, alg: KeyManagement, encrypted: &[u8]) -> Option<Vec<u8>> {
    let mut octets = vec![0; key.key_size_bytes()];
    let decrypted = if alg == KeyManagement::Rsa15 {
        Pkcs1PrivateDecryptingKey::new(key.clone()).ok()?.decrypt(encrypted, &mut octets).ok()?
    } else {
        let oaep = if alg == KeyManagement::RsaOaep { &OAEP_SHA1_MGF1SHA1 } else { &OAEP_SHA256_MGF1SHA256 };
        OaepPrivateDecryptingKey::new(key.clone()).ok()?.decrypt(oaep, encrypted, &mut octets, None).ok()?
    };
    Some(decrypted.to_vec())
}

/// The shared secret with an ephemeral key whose coordinates have their full width and are a point of the curve
/// (RFC 7518 §6.2.1.2; RFC 8725 §3.4).
fn agree(curve: &str, key: &agreement::PrivateKey, epk: &Json) -> Option<Vec<u8>> {
    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(epk.member(name)?.as_str()?).ok();
    let width = match curve {
        "P-384" => 48,
        "P-521" => 66,
        _ => 32,
    };
    let x = coordinate("x").filter(|x| x.len() == width)?;
    let kty = epk.member("kty").and_then(Json::as_str)?;
    let point = match kty {
        "OKP" if curve == "X25519" => x,
        "EC" if curve != "X25519" => {
            let y = coordinate("y").filter(|y| y.len() == width)?;
            [&[4], x.as_slice(), &y].concat()
        }
        _ => return None,
    };
    let peer = UnparsedPublicKey::new(key.algorithm(), point);
    agreement::agree(key, peer, (), |shared| Ok(shared.to_vec())).ok()
}

/// The Concat KDF (RFC 7518 §4.6.2).
fn concat_kdf(shared: &[u8], name: &str, parties: &[Vec<u8>; 2], width: usize) -> Option<Vec<u8>> {
    let sized = |octets: &[u8]| [&(octets.len() as u32).to_be_bytes(), octets].concat();
    let bits = (width as u32 * 8).to_be_bytes().to_vec();
    let info = [sized(name.as_bytes()), sized(&parties[0]), sized(&parties[1]), bits].concat();
    let mut key = vec![0; width];
    let sha256: &'static SskdfDigestAlgorithm = get_sskdf_digest_algorithm(SskdfDigestAlgorithmId::Sha256)?;
    sskdf_digest(sha256, shared, &info, &mut key).ok()?;
    Some(key)
}

/// PBKDF2 (RFC 7518 §4.8.1.1).
fn password_key(alg: KeyManagement, password: &[u8], p2s: &[u8], count: NonZeroU32) -> Option<Vec<u8>> {
    let hash = match alg {
        KeyManagement::Pbes2Hs256A128Kw => pbkdf2::PBKDF2_HMAC_SHA256,
        KeyManagement::Pbes2Hs384A192Kw => pbkdf2::PBKDF2_HMAC_SHA384,
        _ => pbkdf2::PBKDF2_HMAC_SHA512,
    };
    let salt = [alg.as_str().as_bytes(), &[0], p2s].concat();
    let mut key = vec![0; alg.wrapping_width()?];
    pbkdf2::derive(hash, count, &salt, password, &mut key);
    Some(key)
}

/// PKCS #8 (RFC 5958 §2) over the numbers of a JWK.
fn rsa_pkcs8(octets: impl Fn(&str) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let numbers: Vec<Vec<u8>> =
        ["n", "e", "d", "p", "q", "dp", "dq", "qi"].into_iter().map(octets).collect::<Option<_>>()?;
    let number = |at: usize| pkcs1::UintRef::new(&numbers[at]).ok();
    let key = pkcs1::RsaPrivateKey {
        modulus: number(0)?,
        public_exponent: number(1)?,
        private_exponent: number(2)?,
        prime1: number(3)?,
        prime2: number(4)?,
        exponent1: number(5)?,
        exponent2: number(6)?,
        coefficient: number(7)?,
        other_prime_infos: None,
    };
    let key = key.to_der().ok()?;
    let algorithm = AlgorithmIdentifierRef { oid: RSA_ENCRYPTION, parameters: Some(pkcs8::der::AnyRef::NULL) };
    PrivateKeyInfo::new(algorithm, &key).to_der().ok()
}

fn material_from_pkcs8(der: &[u8]) -> Option<Material> {
    let info = PrivateKeyInfo::try_from(der).ok()?;
    if info.algorithm.oid == RSA_ENCRYPTION {
        return Some(Material::Rsa(PrivateDecryptingKey::from_pkcs8(der).ok()?));
    }
    let read = |(curve, algorithm): &(&'static str, &'static agreement::Algorithm)| {
        let key = agreement::PrivateKey::from_private_key_der(algorithm, der).ok()?;
        Some(Material::Agreement { curve, key })
    };
    CURVES.iter().find_map(read)
}

/// The octets between the lines of a PEM text.
fn pem_body(pem: &str) -> Option<Vec<u8>> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    STANDARD.decode(body).ok()
}

static CURVES: [(&str, &agreement::Algorithm); 4] =
    [("P-256", &ECDH_P256), ("P-384", &ECDH_P384), ("P-521", &ECDH_P521), ("X25519", &X25519)];

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
