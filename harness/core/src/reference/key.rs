//! The policy's keys as the reference verifier uses them, and the check of a signature.
//!
//! Takes a [`Key`] in whichever form it has, gives a [`PublicKey`]; checks with aws-lc-rs. Never converts a key of one type
//! into another, never reads a shared secret out of a public key.

use aws_lc_rs::signature::{self as lc, UnparsedPublicKey};
use aws_lc_rs::{constant_time, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};
use token_assay_model::{Algorithm, Key};
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _};

/// A key that can check a signature.
#[derive(Debug, Clone, PartialEq)]
pub struct PublicKey {
    /// Its material.
    pub material: Material,
    /// The algorithm it is meant for (RFC 7517 §4.4).
    pub alg: Option<String>,
    /// What it is meant for (RFC 7517 §4.2).
    pub usage: Option<String>,
    /// The operations it is meant for (RFC 7517 §4.3).
    pub operations: Option<Vec<String>>,
}

/// The numbers of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Material {
    /// A shared secret.
    Oct(Vec<u8>),
    /// Modulus and exponent, big-endian.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
    /// An uncompressed point.
    Ec {
        /// The curve.
        curve: Curve,
        /// `04 ‖ x ‖ y`.
        point: Vec<u8>,
    },
    /// An Ed25519 public key.
    Ed25519(Vec<u8>),
}

/// A curve for ECDSA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// P-256.
    P256,
    /// P-384.
    P384,
    /// P-521.
    P521,
    /// secp256k1.
    K256,
}

impl Curve {
    fn from_crv(crv: &str) -> Option<Self> {
        Some(match crv {
            "P-256" => Self::P256,
            "P-384" => Self::P384,
            "P-521" => Self::P521,
            "secp256k1" => Self::K256,
            _ => return None,
        })
    }

    /// The width of a coordinate in octets (RFC 7518 §6.2.1.2).
    fn width(self) -> usize {
        match self {
            Self::P256 | Self::K256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

impl PublicKey {
    /// Reads a key: its JWK before its JWK text, PEM or DER before a bare secret. Nothing where no form can be read.
    pub fn read(key: &Key) -> Option<Self> {
        let jwk = key.jwk.clone().or_else(|| serde_json::from_str(key.jwk_text.as_deref()?).ok());
        if let Some(jwk) = jwk {
            return Self::from_jwk(&jwk, key);
        }
        let der = key.der.clone().or_else(|| pem_body(key.pem.as_deref()?));
        let material = match der {
            Some(der) => material_from_spki(&der)?,
            None => Material::Oct(key.secret.clone()?),
        };
        Some(Self { material, alg: key.alg.clone(), usage: key.usage.clone(), operations: None })
    }

    /// The key that an X.509 certificate carries (RFC 5280 §4.1.2.7), meant for nothing in particular.
    pub fn from_certificate(der: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_der(der).ok()?;
        let info = certificate.tbs_certificate().subject_public_key_info().to_der().ok()?;
        Some(Self { material: material_from_spki(&info)?, alg: None, usage: None, operations: None })
    }

    /// The key that stands first in a JWK's or a header's `x5c` (RFC 7515 §4.1.6, RFC 7517 §4.7).
    pub fn first_certified(x5c: &Value) -> Option<Self> {
        Self::from_certificate(&STANDARD.decode(x5c.get(0)?.as_str()?).ok()?)
    }

    fn from_jwk(jwk: &Value, key: &Key) -> Option<Self> {
        let text = |member: &str| jwk.get(member).and_then(Value::as_str);
        let octets = |member: &str| text(member).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        let material = match (text("kty")?, text("crv")) {
            ("oct", _) => Material::Oct(octets("k")?),
            ("RSA", _) => Material::Rsa { n: octets("n")?, e: octets("e")? },
            ("EC", Some(crv)) => {
                let curve = Curve::from_crv(crv)?;
                let (x, y) = (octets("x")?, octets("y")?);
                if x.len() != curve.width() || y.len() != curve.width() {
                    return None;
                }
                Material::Ec { curve, point: [&[4], x.as_slice(), &y].concat() }
            }
            ("OKP", Some("Ed25519")) => Material::Ed25519(octets("x").filter(|x| x.len() == 32)?),
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

    /// Whether the key's type and size are those of the algorithm (RFC 7518 §3.2 to §3.5, RFC 8037 §3.1, RFC 8812 §3.2). A
    /// secret that is the PEM text of another key is one for another algorithm (RFC 8725 §3.1).
    pub fn has_type_of(&self, algorithm: Algorithm) -> bool {
        match (&self.material, algorithm) {
            (Material::Oct(secret), _) if algorithm.is_hmac() => {
                secret.len() >= hash_width(algorithm) && !secret.trim_ascii_start().starts_with(b"-----BEGIN ")
            }
            (Material::Rsa { n, .. }, _) if algorithm.is_rsa() => bits(n) >= 2048,
            (Material::Ec { curve: Curve::P256, .. }, Algorithm::Es256)
            | (Material::Ec { curve: Curve::P384, .. }, Algorithm::Es384)
            | (Material::Ec { curve: Curve::P521, .. }, Algorithm::Es512)
            | (Material::Ec { curve: Curve::K256, .. }, Algorithm::Es256k)
            | (Material::Ed25519(_), Algorithm::EdDsa | Algorithm::Ed25519) => true,
            _ => false,
        }
    }

    /// Whether it is one for this algorithm: by its type and size and, where it says so, by its `alg` (RFC 7517 §4.4), `use`
    /// (§4.2) and `key_ops` (§4.3).
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        self.has_type_of(algorithm)
            && self.alg.as_deref().is_none_or(|alg| alg == algorithm.as_str())
            && self.usage.as_deref().is_none_or(|usage| usage == "sig")
            && self.operations.as_ref().is_none_or(|all| all.iter().any(|operation| operation == "verify"))
    }

    /// Whether `signature` is this key's over `message` under the algorithm.
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Oct(secret) => mac(algorithm, secret, message)
                .is_some_and(|mac| constant_time::verify_slices_are_equal(&mac, signature).is_ok()),
            Material::Rsa { n, e } => rsa_parameters(algorithm).is_some_and(|parameters| {
                lc::RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).is_ok()
            }),
            Material::Ec { point, .. } => {
                let parameters = match algorithm {
                    Algorithm::Es256 => &lc::ECDSA_P256_SHA256_FIXED,
                    Algorithm::Es384 => &lc::ECDSA_P384_SHA384_FIXED,
                    Algorithm::Es512 => &lc::ECDSA_P521_SHA512_FIXED,
                    Algorithm::Es256k => &lc::ECDSA_P256K1_SHA256_FIXED,
                    _ => return false,
                };
                UnparsedPublicKey::new(parameters, point).verify(message, signature).is_ok()
            }
            Material::Ed25519(x) => {
                algorithm.is_eddsa() && UnparsedPublicKey::new(&lc::ED25519, x).verify(message, signature).is_ok()
            }
        }
    }
}

/// The MAC of `message` under an HMAC algorithm, keyed with these octets; nothing under another.
pub(crate) fn mac(algorithm: Algorithm, secret: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let hash = match algorithm {
        Algorithm::Hs256 => hmac::HMAC_SHA256,
        Algorithm::Hs384 => hmac::HMAC_SHA384,
        Algorithm::Hs512 => hmac::HMAC_SHA512,
        _ => return None,
    };
    Some(hmac::sign(&hmac::Key::new(hash, secret), message).as_ref().to_vec())
}

/// The width of the algorithm's hash in octets: the least an HMAC key may have (RFC 7518 §3.2).
pub(crate) fn hash_width(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::Hs384 => 48,
        Algorithm::Hs512 => 64,
        _ => 32,
    }
}

fn bits(number: &[u8]) -> usize {
    let significant = number.iter().skip_while(|octet| **octet == 0);
    let leading = significant.clone().next().map_or(0, |first| first.leading_zeros() as usize);
    significant.count() * 8 - leading
}

fn rsa_parameters(algorithm: Algorithm) -> Option<&'static lc::RsaParameters> {
    Some(match algorithm {
        Algorithm::Rs256 => &lc::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &lc::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &lc::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Ps256 => &lc::RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &lc::RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &lc::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

/// The key in a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), told by its algorithm's and curve's identifier.
fn material_from_spki(der: &[u8]) -> Option<Material> {
    let info = SubjectPublicKeyInfoRef::try_from(der).ok()?;
    let key = info.subject_public_key.as_bytes()?;
    match info.algorithm.oid {
        RSA_ENCRYPTION => {
            let numbers = pkcs1::RsaPublicKey::try_from(key).ok()?;
            let octets = |number: pkcs1::UintRef<'_>| number.as_bytes().to_vec();
            Some(Material::Rsa { n: octets(numbers.modulus), e: octets(numbers.public_exponent) })
        }
        EC_PUBLIC_KEY => {
            let named = info.algorithm.parameters_oid().ok()?;
            let curve = CURVES.iter().find(|(identifier, _)| *identifier == named)?.1;
            (key.len() == 1 + 2 * curve.width()).then(|| Material::Ec { curve, point: key.to_vec() })
        }
        ED25519 => (key.len() == 32).then(|| Material::Ed25519(key.to_vec())),
        _ => None,
    }
}

/// The octets between the lines of a PEM text; what stands before the first such line is not read (RFC 7468 §2).
fn pem_body(pem: &str) -> Option<Vec<u8>> {
    let (_, from_label) = pem.split_once("-----BEGIN ")?;
    let body = from_label.split_once("-----")?.1.split_once("-----END ")?.0;
    let text: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(text).ok()
}

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const CURVES: [(ObjectIdentifier, Curve); 4] = [
    (ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"), Curve::P256),
    (ObjectIdentifier::new_unwrap("1.3.132.0.34"), Curve::P384),
    (ObjectIdentifier::new_unwrap("1.3.132.0.35"), Curve::P521),
    (ObjectIdentifier::new_unwrap("1.3.132.0.10"), Curve::K256),
];
