//! Bare primitives: what no verifier can do without.
//!
//! Takes a key that has been read, gives a check of a signature or a MAC by one back end, the octets at hand. Parses, copies and
//! compares nothing else.

use aws_lc_rs::hmac as aws_hmac;
use aws_lc_rs::signature::{self as aws, ParsedPublicKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::{hmac as ring_hmac, signature as ring_signature};
use rsa::signature::Verifier as _;
use rsa::{BigUint, RsaPublicKey, pkcs1v15, pss};
use token_assay::forge::TestKey;
use token_assay::model::Algorithm;

/// Whether a signature over a message holds.
pub type Bare = Box<dyn Fn(&[u8], &[u8]) -> bool>;

/// A back end that can be a floor.
pub struct BackEnd {
    /// The row's name.
    pub name: &'static str,
    /// A check with this key, where the back end has the algorithm.
    pub bare: fn(Algorithm, &TestKey) -> Option<Bare>,
    /// What must be known to read it.
    pub note: Option<&'static str>,
}

/// The back ends that the crates under test use.
pub const BACK_ENDS: [BackEnd; 3] = [
    BackEnd { name: "floor-aws-lc", bare: aws_lc, note: None },
    BackEnd {
        name: "floor-ring",
        bare: ring,
        note: Some("a public key is read anew for every signature: the back end keeps none"),
    },
    BackEnd { name: "floor-rustcrypto", bare: rustcrypto, note: None },
];

/// AWS-LC with a key that has been parsed.
pub fn aws_lc(algorithm: Algorithm, key: &TestKey) -> Option<Bare> {
    let public: &'static dyn aws::VerificationAlgorithm = match algorithm {
        Algorithm::Hs256 => {
            let key = aws_hmac::Key::new(aws_hmac::HMAC_SHA256, key.octets()?);
            return Some(Box::new(move |message, tag| aws_hmac::verify(&key, message, tag).is_ok()));
        }
        Algorithm::Rs256 => &aws::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Ps256 => &aws::RSA_PSS_2048_8192_SHA256,
        Algorithm::Es256 => &aws::ECDSA_P256_SHA256_FIXED,
        Algorithm::Es384 => &aws::ECDSA_P384_SHA384_FIXED,
        Algorithm::EdDsa => &aws::ED25519,
        _ => return None,
    };
    let key = ParsedPublicKey::new(public, key.spki_der()?).ok()?;
    Some(Box::new(move |message, signature| key.verify_sig(message, signature).is_ok()))
}

/// ring, whose public keys are octets until they verify.
pub fn ring(algorithm: Algorithm, key: &TestKey) -> Option<Bare> {
    let rsa = |parameters: &'static ring_signature::RsaParameters| -> Option<Bare> {
        let components = ring_signature::RsaPublicKeyComponents { n: key.jwk_octets("n")?, e: key.jwk_octets("e")? };
        Some(Box::new(move |message, signature| components.verify(parameters, message, signature).is_ok()))
    };
    let public: &'static dyn ring_signature::VerificationAlgorithm = match algorithm {
        Algorithm::Hs256 => {
            let key = ring_hmac::Key::new(ring_hmac::HMAC_SHA256, key.octets()?);
            return Some(Box::new(move |message, tag| ring_hmac::verify(&key, message, tag).is_ok()));
        }
        Algorithm::Rs256 => return rsa(&ring_signature::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Ps256 => return rsa(&ring_signature::RSA_PSS_2048_8192_SHA256),
        Algorithm::Es256 => &ring_signature::ECDSA_P256_SHA256_FIXED,
        Algorithm::Es384 => &ring_signature::ECDSA_P384_SHA384_FIXED,
        Algorithm::EdDsa => &ring_signature::ED25519,
        _ => return None,
    };
    let octets = if algorithm.is_ecdsa() { point(key)? } else { key.jwk_octets("x")? };
    let key = ring_signature::UnparsedPublicKey::new(public, octets);
    Some(Box::new(move |message, signature| key.verify(message, signature).is_ok()))
}

/// RustCrypto's crates.
pub fn rustcrypto(algorithm: Algorithm, key: &TestKey) -> Option<Bare> {
    Some(match algorithm {
        Algorithm::Hs256 => {
            let key = Hmac::<sha2::Sha256>::new_from_slice(key.octets()?).expect("any length will do");
            Box::new(move |message, tag| key.clone().chain_update(message).verify_slice(tag).is_ok())
        }
        Algorithm::Rs256 => {
            let key = pkcs1v15::VerifyingKey::<rsa::sha2::Sha256>::new(rsa_key(key)?);
            Box::new(move |message, signature| {
                pkcs1v15::Signature::try_from(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
            })
        }
        Algorithm::Ps256 => {
            let key = pss::VerifyingKey::<rsa::sha2::Sha256>::new(rsa_key(key)?);
            Box::new(move |message, signature| {
                pss::Signature::try_from(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
            })
        }
        Algorithm::Es256 => {
            use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier as _};
            let key = VerifyingKey::from_sec1_bytes(&point(key)?).ok()?;
            Box::new(move |message, signature| {
                Signature::from_slice(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
            })
        }
        Algorithm::Es384 => {
            use p384::ecdsa::{Signature, VerifyingKey, signature::Verifier as _};
            let key = VerifyingKey::from_sec1_bytes(&point(key)?).ok()?;
            Box::new(move |message, signature| {
                Signature::from_slice(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
            })
        }
        Algorithm::EdDsa => {
            use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
            let key = VerifyingKey::from_bytes(key.jwk_octets("x")?.as_slice().try_into().ok()?).ok()?;
            Box::new(move |message, signature| {
                Signature::from_slice(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
            })
        }
        _ => return None,
    })
}

fn rsa_key(key: &TestKey) -> Option<RsaPublicKey> {
    let number = |member: &str| Some(BigUint::from_bytes_be(&key.jwk_octets(member)?));
    RsaPublicKey::new(number("n")?, number("e")?).ok()
}

fn point(key: &TestKey) -> Option<Vec<u8>> {
    Some([vec![4], key.jwk_octets("x")?, key.jwk_octets("y")?].concat())
}
