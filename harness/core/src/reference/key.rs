//! The policy's keys as the reference verifier uses them, and the check of a signature.
//!
//! Takes a [`Key`] in whichever form it has, gives a [`PublicKey`]; checks with aws-lc-rs. What that library refuses or accepts
//! beyond the clauses is computed here: an RSA signature that may be read otherwise, points of small order. Never converts a key of one type
//! into another, never reads a shared secret out of a public key.

use aws_lc_rs::signature::{self as lc, ParsedPublicKey, UnparsedPublicKey};
use aws_lc_rs::{constant_time, digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::{EdwardsPoint, Scalar};
use rsa::BigUint;
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

    /// What aws-lc-rs calls its ECDSA, with the hash that JOSE uses.
    fn parameters(self) -> &'static lc::EcdsaVerificationAlgorithm {
        match self {
            Self::P256 => &lc::ECDSA_P256_SHA256_FIXED,
            Self::P384 => &lc::ECDSA_P384_SHA384_FIXED,
            Self::P521 => &lc::ECDSA_P521_SHA512_FIXED,
            Self::K256 => &lc::ECDSA_P256K1_SHA256_FIXED,
        }
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
        let (material, limit) = match der {
            Some(der) => material_from_spki(&der)?,
            None => (Material::Oct(key.secret.clone()?), None),
        };
        Some(Self { material, alg: limit.or(key.alg.clone()), usage: key.usage.clone(), operations: None })
    }

    /// The key that an X.509 certificate carries (RFC 5280 §4.1.2.7), meant for nothing in particular.
    pub fn from_certificate(der: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_der(der).ok()?;
        let info = certificate.tbs_certificate().subject_public_key_info().to_der().ok()?;
        let (material, limit) = material_from_spki(&info)?;
        Some(Self { material, alg: limit, usage: None, operations: None })
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
            ("RSA", _) => Material::Rsa { n: number(text("n")?)?, e: number(text("e")?)? },
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

    /// Whether it is a key (RFC 8017 §3.1, SEC 1 §3.2.2.1, RFC 8032 §5.1.3), no huge one, and one for this algorithm: by its type
    /// and size (RFC 7518 §3.2 to §3.5) and, where it says so, by its `alg` (RFC 7517 §4.4), `use`
    /// (§4.2) and `key_ops` (§4.3).
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        self.has_type_of(algorithm)
            && self.is_valid()
            && !self.is_huge()
            && self.alg.as_deref().is_none_or(|alg| alg == algorithm.as_str())
            && self.usage.as_deref().is_none_or(|usage| usage == "sig")
            && self.operations.as_ref().is_none_or(|all| all.iter().any(|operation| operation == "verify"))
    }

    /// Whether its numbers are those of a key at all: an odd exponent from 3 to n - 1 (RFC 8017 §3.1; λ(n) is even), a point
    /// of the curve (SEC 1 §3.2.2.1, SP 800-186 §D.1.1), the one encoding of a point of Ed25519 (RFC 8032 §5.1.3).
    pub fn is_valid(&self) -> bool {
        match &self.material {
            Material::Oct(_) => true,
            Material::Rsa { n, e } => {
                let [n, e] = [n, e].map(|octets| BigUint::from_bytes_be(octets));
                e >= BigUint::from(3_u8) && e < n && e % 2_u8 == BigUint::from(1_u8)
            }
            Material::Ec { curve, point } => ParsedPublicKey::new(curve.parameters(), point).is_ok(),
            Material::Ed25519(x) => edwards_point(x).is_some(),
        }
    }

    /// Whether it is larger than anybody has to check a signature with, so that only a bounded cost is asked.
    pub fn is_huge(&self) -> bool {
        matches!(&self.material, Material::Rsa { n, .. } if bits(n) > HUGE)
    }

    /// Why a verifier may refuse the key, though no clause says that it must.
    pub fn may_be_refused(&self) -> Option<&'static str> {
        match &self.material {
            Material::Rsa { n, e } if n.starts_with(&[0]) || e.starts_with(&[0]) => {
                Some("RFC 7518 §6.3.1.1 tells who writes a modulus to omit zeros before it, not who reads it")
            }
            Material::Rsa { e, .. } if bits(e) > USUAL_EXPONENT => {
                Some("RFC 8017 §3.1 allows every odd exponent below n, and implementations set limits of their own")
            }
            Material::Rsa { n, .. } if has_form_of_roca(n) => {
                Some("no clause asks a verifier to tell a weak modulus by its form (CVE-2017-15361)")
            }
            Material::Ed25519(x) if edwards_point(x).is_some_and(|point| point.is_small_order()) => {
                Some("RFC 8032 §5.1.7 does not ask that points of small order be refused, and strict verifiers do")
            }
            _ => None,
        }
    }

    /// Why a verifier may refuse a signature that is this key's.
    pub fn signature_may_be_refused(&self, algorithm: Algorithm, signature: &[u8]) -> Option<&'static str> {
        match &self.material {
            Material::Ed25519(_) => {
                let r = edwards_point(signature.get(..32)?)?;
                r.is_small_order().then_some(
                    "RFC 8032 §5.1.7 does not ask that points of small order be refused, and strict verifiers do",
                )
            }
            Material::Ec { .. } if algorithm == Algorithm::Es256k => {
                let half = BigUint::from_bytes_be(&K256_HALF_ORDER);
                (BigUint::from_bytes_be(signature.get(32..)?) > half)
                    .then_some("RFC 8812 has no rule on which of s and n - s is sent, and implementations have")
            }
            _ => None,
        }
    }

    /// Why a verifier may take a signature for this key's that [`verifies`](Self::verifies) does not.
    pub fn may_verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Option<&'static str> {
        match &self.material {
            Material::Rsa { n, e } if !self.is_huge() => {
                // What is dear comes last: a scheme without this encoding needs no power.
                let [with_null, without] =
                    [true, false].map(|null| emsa_pkcs1(algorithm, message, significant(n).len(), null));
                let (with_null, without) = (with_null?, without?);
                let block = public_power(n, e, signature)?;
                if block == with_null {
                    return Some("RFC 8017 §3.1 allows this key, and implementations set limits of their own");
                }
                (block == without).then_some(
                    "RFC 8017 §A.2.4 wants both forms of the identifier read, and §9.2 has one of them written",
                )
            }
            Material::Ed25519(x) if algorithm.is_eddsa() => satisfies_with_cofactor(x, message, signature)
                .then_some("RFC 8032 §5.1.7 asks for the equation times eight, and allows the stronger one without"),
            _ => None,
        }
    }

    /// Whether `signature` is this key's over `message` under the algorithm.
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Oct(secret) => mac(algorithm, secret, message)
                .is_some_and(|mac| constant_time::verify_slices_are_equal(&mac, signature).is_ok()),
            Material::Rsa { n, e } => rsa_parameters(algorithm).is_some_and(|parameters| {
                // Zeros before a number are no part of it, whatever the library says of them.
                let [n, e] = [n, e].map(|octets| significant(octets));
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

fn significant(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|octet| **octet == 0).count();
    &number[zeros..]
}

/// The width of a big-endian number in bits.
pub(crate) fn bits(number: &[u8]) -> usize {
    let significant = significant(number);
    let leading = significant.first().map_or(0, |first| first.leading_zeros() as usize);
    significant.len() * 8 - leading
}

/// A number of a JWK (RFC 7518 §2). Padding is read here, and left open by [`is_written_loosely`].
fn number(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}

/// Why a verifier may refuse to read a key that is written like this, or may read it.
pub fn is_written_loosely(key: &Key) -> Option<&'static str> {
    let jwk = key.jwk.clone().or_else(|| serde_json::from_str(key.jwk_text.as_deref()?).ok());
    let is_padded = |jwk: &Value| ["n", "e"].iter().any(|name| jwk[*name].as_str().is_some_and(|n| n.ends_with('=')));
    if let Some(jwk) = jwk {
        return is_padded(&jwk)
            .then_some("RFC 7518 §2 has the numbers of a JWK written without padding, and says nothing of readers");
    }
    let der = key.der.clone().or_else(|| pem_body(key.pem.as_deref()?))?;
    let info = SubjectPublicKeyInfoRef::try_from(der.as_slice()).ok()?;
    (info.algorithm.oid == RSASSA_PSS)
        .then_some("no clause of JOSE says in which forms a verifier reads a key, and RFC 4055 §3.1 has this one")
}

/// RSAVP1 (RFC 8017 §5.2.2) and its encoding: nothing where the signature is not as wide as the modulus, or not below it.
pub fn public_power(n: &[u8], e: &[u8], signature: &[u8]) -> Option<Vec<u8>> {
    let width = significant(n).len();
    let [n, e, s] = [n, e, signature].map(BigUint::from_bytes_be);
    if signature.len() != width || s >= n {
        return None;
    }
    let power = s.modpow(&e, &n).to_bytes_be();
    Some([vec![0; width.checked_sub(power.len())?], power].concat())
}

/// EMSA-PKCS1-v1_5 (RFC 8017 §9.2), the hash's identifier with its NULL or without (§A.2.4); nothing for other algorithms, and
/// where it does not fit.
pub fn emsa_pkcs1(algorithm: Algorithm, message: &[u8], width: usize, null: bool) -> Option<Vec<u8>> {
    let (hash, last) = match algorithm {
        Algorithm::Rs256 => (&digest::SHA256, 1),
        Algorithm::Rs384 => (&digest::SHA384, 2),
        Algorithm::Rs512 => (&digest::SHA512, 3),
        _ => return None,
    };
    let hashed = digest::digest(hash, message);
    let length = u8::try_from(hashed.as_ref().len()).ok()?;
    let (nulls, null): (u8, &[u8]) = if null { (2, &[5, 0]) } else { (0, &[]) };
    let head = [0x30, 0x0f + nulls + length, 0x30, 0x0b + nulls, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last];
    let info = [head.as_slice(), null, &[4, length], hashed.as_ref()].concat();
    let padding = width.checked_sub(3 + info.len()).filter(|padding| *padding >= 8)?;
    Some([&[0, 1], vec![0xff; padding].as_slice(), &[0], &info].concat())
}

/// The point that these octets are the encoding of (RFC 8032 §5.1.3): of several that could be read as one point only one is.
fn edwards_point(octets: &[u8]) -> Option<EdwardsPoint> {
    let octets: [u8; 32] = octets.try_into().ok()?;
    CompressedEdwardsY(octets).decompress().filter(|point| point.compress().0 == octets)
}

/// The equation of RFC 8032 §5.1.7 step 3, multiplied by the cofactor.
fn satisfies_with_cofactor(x: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Some((r, s)) = signature.split_at_checked(32) else { return false };
    let s = <[u8; 32]>::try_from(s).ok().and_then(|s| Scalar::from_canonical_bytes(s).into_option());
    let (Some(a), Some(point), Some(s)) = (edwards_point(x), edwards_point(r), s) else { return false };
    let hashed = digest::digest(&digest::SHA512, &[r, x, message].concat());
    let k = Scalar::from_bytes_mod_order_wide(hashed.as_ref().try_into().expect("SHA-512 has 64 octets"));
    (EdwardsPoint::mul_base(&s) - point - k * a).is_small_order()
}

/// Whether every small prime sees the modulus among the powers of 65537, as it sees those of one faulty generator: by chance
/// one modulus in 2²⁷ is such.
pub(crate) fn has_form_of_roca(n: &[u8]) -> bool {
    let n = BigUint::from_bytes_be(n);
    ROCA_PRIMES.iter().all(|prime| {
        let left = &n % *prime;
        let mut power = 1;
        loop {
            power = power * (65537 % prime) % prime;
            if left == BigUint::from(power) {
                return true;
            }
            if power == 1 {
                return false;
            }
        }
    })
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

/// The key in a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), told by its algorithm's and curve's identifier, and the one algorithm
/// that it is for where it says so (RFC 4055 §1.2). A curve that the key brings itself is none (RFC 5480 §2.1.1).
fn material_from_spki(der: &[u8]) -> Option<(Material, Option<String>)> {
    let info = SubjectPublicKeyInfoRef::try_from(der).ok()?;
    let key = info.subject_public_key.as_bytes()?;
    let material = match info.algorithm.oid {
        RSA_ENCRYPTION | RSASSA_PSS => {
            let numbers = pkcs1::RsaPublicKey::try_from(key).ok()?;
            let octets = |number: pkcs1::UintRef<'_>| number.as_bytes().to_vec();
            Material::Rsa { n: octets(numbers.modulus), e: octets(numbers.public_exponent) }
        }
        EC_PUBLIC_KEY => {
            let named = info.algorithm.parameters_oid().ok()?;
            let curve = CURVES.iter().find(|(identifier, _)| *identifier == named)?.1;
            (key.len() == 1 + 2 * curve.width()).then(|| Material::Ec { curve, point: key.to_vec() })?
        }
        ED25519 => (key.len() == 32).then(|| Material::Ed25519(key.to_vec()))?,
        _ => return None,
    };
    let limits = info.algorithm.parameters.filter(|_| info.algorithm.oid == RSASSA_PSS);
    Some((material, limits.map(|parameters| pss_algorithm(parameters.value()))))
}

/// The algorithm of JOSE with these parameters of RSASSA-PSS (RFC 4055 §3.1, RFC 7518 §3.5), or a name that none has.
fn pss_algorithm(parameters: &[u8]) -> String {
    let of = |last: u8, width: u8| {
        let hash = [0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last, 5, 0];
        let mask = [0xa1, 0x1c, 0x30, 0x1a, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];
        [&[0xa0, 0x0f], hash.as_slice(), &mask, &hash, &[0xa2, 3, 2, 1, width]].concat()
    };
    let known = [("PS256", 1, 32), ("PS384", 2, 48), ("PS512", 3, 64)];
    let found = known.into_iter().find(|(_, last, width)| of(*last, *width) == parameters);
    found.map_or("RSASSA-PSS", |(name, ..)| name).to_owned()
}

/// The octets between the lines of a PEM text; what stands before the first such line is not read (RFC 7468 §2).
fn pem_body(pem: &str) -> Option<Vec<u8>> {
    let (_, from_label) = pem.split_once("-----BEGIN ")?;
    let body = from_label.split_once("-----")?.1.split_once("-----END ")?.0;
    let text: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(text).ok()
}

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const CURVES: [(ObjectIdentifier, Curve); 4] = [
    (ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"), Curve::P256),
    (ObjectIdentifier::new_unwrap("1.3.132.0.34"), Curve::P384),
    (ObjectIdentifier::new_unwrap("1.3.132.0.35"), Curve::P521),
    (ObjectIdentifier::new_unwrap("1.3.132.0.10"), Curve::K256),
];

/// The bits of the largest modulus that aws-lc-rs checks with.
const HUGE: usize = 8192;

/// The bits of the largest exponent that every library reads.
const USUAL_EXPONENT: usize = 33;

/// Half of the order of secp256k1, rounded down (SEC 2 §2.4.1).
const K256_HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x5d, 0x57, 0x6e,
    0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
];

/// The primes that the published test of CVE-2017-15361 looks at.
const ROCA_PRIMES: [u64; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];
