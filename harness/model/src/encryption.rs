//! Words and policy of encrypted tokens (RFC 7516), apart from the algorithms that sign.
//!
//! On the wire both stand in one list, `algorithms`, as PROTOCOL.md says: `Listed` takes them apart and puts them
//! together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::{Algorithm, Capability};
use crate::words::words;

words! {
    /// How a content encryption key reaches the recipient: `alg` of a JWE (RFC 7518 §4).
    ///
    /// ```
    /// use token_assay_model::KeyManagement;
    ///
    /// let agreed: KeyManagement = "ECDH-ES+A192KW".parse().expect("RFC 7518 names it");
    /// assert!(agreed.is_agreement() && !(agreed.is_rsa() || agreed.is_password() || agreed.is_gcm()));
    /// assert_eq!(agreed.wrapping_width(), Some(24));
    /// // What is agreed on encrypts the content itself here: no key is wrapped.
    /// assert_eq!(KeyManagement::EcdhEs.wrapping_width(), None);
    /// ```
    KeyManagement, "key management algorithm";
    /// The shared key encrypts the content itself (RFC 7518 §4.5).
    Dir = "dir",
    /// AES key wrap (RFC 7518 §4.4).
    A128Kw = "A128KW",
    /// AES key wrap (RFC 7518 §4.4).
    A192Kw = "A192KW",
    /// AES key wrap (RFC 7518 §4.4).
    A256Kw = "A256KW",
    /// Key encryption with AES-GCM (RFC 7518 §4.7).
    A128GcmKw = "A128GCMKW",
    /// Key encryption with AES-GCM (RFC 7518 §4.7).
    A192GcmKw = "A192GCMKW",
    /// Key encryption with AES-GCM (RFC 7518 §4.7).
    A256GcmKw = "A256GCMKW",
    /// RSAES-PKCS1-v1_5 (RFC 7518 §4.2).
    Rsa15 = "RSA1_5",
    /// RSAES-OAEP with SHA-1 (RFC 7518 §4.3).
    RsaOaep = "RSA-OAEP",
    /// RSAES-OAEP with SHA-256 (RFC 7518 §4.3).
    RsaOaep256 = "RSA-OAEP-256",
    /// Key agreement; what is agreed on encrypts the content (RFC 7518 §4.6).
    EcdhEs = "ECDH-ES",
    /// Key agreement and AES key wrap (RFC 7518 §4.6).
    EcdhEsA128Kw = "ECDH-ES+A128KW",
    /// Key agreement and AES key wrap (RFC 7518 §4.6).
    EcdhEsA192Kw = "ECDH-ES+A192KW",
    /// Key agreement and AES key wrap (RFC 7518 §4.6).
    EcdhEsA256Kw = "ECDH-ES+A256KW",
    /// A password, PBKDF2 and AES key wrap (RFC 7518 §4.8).
    Pbes2Hs256A128Kw = "PBES2-HS256+A128KW",
    /// A password, PBKDF2 and AES key wrap (RFC 7518 §4.8).
    Pbes2Hs384A192Kw = "PBES2-HS384+A192KW",
    /// A password, PBKDF2 and AES key wrap (RFC 7518 §4.8).
    Pbes2Hs512A256Kw = "PBES2-HS512+A256KW",
}

words! {
    /// How the content is encrypted: `enc` of a JWE (RFC 7518 §5).
    ///
    /// ```
    /// use token_assay_model::ContentEncryption;
    ///
    /// let (gcm, cbc) = (ContentEncryption::A256Gcm, ContentEncryption::A256CbcHs512);
    /// assert!(gcm.is_gcm() && !cbc.is_gcm());
    /// assert_eq!([gcm.key_width(), gcm.iv_width(), gcm.tag_width()], [32, 12, 16]);
    /// // Half of the key makes a MAC, of which half is the tag.
    /// assert_eq!([cbc.key_width(), cbc.iv_width(), cbc.tag_width()], [64, 16, 32]);
    /// ```
    ContentEncryption, "content encryption algorithm";
    /// AES-CBC with HMAC-SHA-256 (RFC 7518 §5.2.3).
    A128CbcHs256 = "A128CBC-HS256",
    /// AES-CBC with HMAC-SHA-384 (RFC 7518 §5.2.4).
    A192CbcHs384 = "A192CBC-HS384",
    /// AES-CBC with HMAC-SHA-512 (RFC 7518 §5.2.5).
    A256CbcHs512 = "A256CBC-HS512",
    /// AES-GCM (RFC 7518 §5.3).
    A128Gcm = "A128GCM",
    /// AES-GCM (RFC 7518 §5.3).
    A192Gcm = "A192GCM",
    /// AES-GCM (RFC 7518 §5.3).
    A256Gcm = "A256GCM",
}

impl KeyManagement {
    /// The key that wraps the content encryption key by AES, in octets; nothing where it is not wrapped so.
    pub const fn wrapping_width(self) -> Option<usize> {
        Some(match self {
            Self::A128Kw | Self::A128GcmKw | Self::EcdhEsA128Kw | Self::Pbes2Hs256A128Kw => 16,
            Self::A192Kw | Self::A192GcmKw | Self::EcdhEsA192Kw | Self::Pbes2Hs384A192Kw => 24,
            Self::A256Kw | Self::A256GcmKw | Self::EcdhEsA256Kw | Self::Pbes2Hs512A256Kw => 32,
            Self::Dir | Self::Rsa15 | Self::RsaOaep | Self::RsaOaep256 | Self::EcdhEs => return None,
        })
    }

    /// Whether sender and recipient agree on a key.
    pub const fn is_agreement(self) -> bool {
        matches!(self, Self::EcdhEs | Self::EcdhEsA128Kw | Self::EcdhEsA192Kw | Self::EcdhEsA256Kw)
    }

    /// Whether the key is a password.
    pub const fn is_password(self) -> bool {
        matches!(self, Self::Pbes2Hs256A128Kw | Self::Pbes2Hs384A192Kw | Self::Pbes2Hs512A256Kw)
    }

    /// Whether the key is encrypted by AES-GCM.
    pub const fn is_gcm(self) -> bool {
        matches!(self, Self::A128GcmKw | Self::A192GcmKw | Self::A256GcmKw)
    }

    /// Whether the key is an RSA key.
    pub const fn is_rsa(self) -> bool {
        matches!(self, Self::Rsa15 | Self::RsaOaep | Self::RsaOaep256)
    }
}

impl ContentEncryption {
    /// The width of its key in octets.
    pub const fn key_width(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A192Gcm => 24,
            Self::A256Gcm | Self::A128CbcHs256 => 32,
            Self::A192CbcHs384 => 48,
            Self::A256CbcHs512 => 64,
        }
    }

    /// Whether it is AES-GCM.
    pub const fn is_gcm(self) -> bool {
        matches!(self, Self::A128Gcm | Self::A192Gcm | Self::A256Gcm)
    }

    /// The width of its tag in octets.
    pub const fn tag_width(self) -> usize {
        if self.is_gcm() { 16 } else { self.key_width() / 2 }
    }

    /// The width of its initialisation vector in octets.
    pub const fn iv_width(self) -> usize {
        if self.is_gcm() { 12 } else { 16 }
    }
}

/// What a relying party that takes encrypted tokens decrypts. Where its policy lists algorithms that sign as well, what is
/// inside must be a signed JWT.
///
/// ```
/// use token_assay_model::{ContentEncryption, Encryption, KeyManagement, Policy};
///
/// let encryption = Encryption { alg: vec![KeyManagement::RsaOaep], enc: vec![ContentEncryption::A256Gcm] };
/// let needs: Vec<String> = encryption.needs().map(|capability| capability.to_string()).collect();
/// assert_eq!(needs, ["RSA-OAEP", "A256GCM"]);
/// // A shim reads both where it reads what signs.
/// let policy = Policy { encryption: Some(encryption), ..Policy::default() };
/// assert_eq!(serde_json::to_string(&policy)?, r#"{"algorithms":["RSA-OAEP","A256GCM"]}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Encryption {
    /// The key management that it allows.
    pub alg: Vec<KeyManagement>,
    /// The content encryption that it allows.
    pub enc: Vec<ContentEncryption>,
}

impl Encryption {
    /// What a target must name to obey it.
    pub fn needs(&self) -> impl Iterator<Item = Capability> {
        self.alg.iter().copied().map(Capability::from).chain(self.enc.iter().copied().map(Capability::from))
    }
}

/// A name in a policy's `algorithms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listed {
    Signs(Algorithm),
    Wraps(KeyManagement),
    Encrypts(ContentEncryption),
}

impl Listed {
    /// One list of what stands apart here.
    pub(crate) fn join(signs: Option<&Vec<Algorithm>>, encryption: Option<&Encryption>) -> Option<Vec<Self>> {
        let encrypted = encryption.into_iter().flat_map(|encryption| {
            let alg = encryption.alg.iter().copied().map(Self::Wraps);
            alg.chain(encryption.enc.iter().copied().map(Self::Encrypts))
        });
        let signs_at_all = signs.is_some();
        let all: Vec<_> = encrypted.chain(signs.into_iter().flatten().copied().map(Self::Signs)).collect();
        (signs_at_all || !all.is_empty()).then_some(all)
    }

    /// What signs, and what encrypts. A list of what encrypts alone names nothing that signs.
    pub(crate) fn part(list: Option<Vec<Self>>) -> (Option<Vec<Algorithm>>, Option<Encryption>) {
        let Some(list) = list else { return (None, None) };
        let (mut signs, mut encryption) = (Vec::new(), Encryption::default());
        for name in list {
            match name {
                Self::Signs(algorithm) => signs.push(algorithm),
                Self::Wraps(alg) => encryption.alg.push(alg),
                Self::Encrypts(enc) => encryption.enc.push(enc),
            }
        }
        let encrypts = encryption != Encryption::default();
        ((!encrypts || !signs.is_empty()).then_some(signs), encrypts.then_some(encryption))
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Signs(algorithm) => algorithm.as_str(),
            Self::Wraps(alg) => alg.as_str(),
            Self::Encrypts(enc) => enc.as_str(),
        }
    }
}

impl Serialize for Listed {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let wraps = |_| word.parse().map(Self::Wraps);
        let encrypts = |_| word.parse().map(Self::Encrypts);
        // What is in no list is told as no algorithm, whichever kind was meant.
        let known = word.parse().map(Self::Signs);
        known.or_else(|unknown| wraps(()).or_else(encrypts).map_err(|_| unknown)).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Listed {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ListedAlgorithm".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let signs = Algorithm::ALL.iter().map(|name| name.as_str());
        let wraps = KeyManagement::ALL.iter().map(|name| name.as_str());
        let words: Vec<_> = signs.chain(wraps).chain(ContentEncryption::ALL.iter().map(|name| name.as_str())).collect();
        schemars::json_schema!({ "type": "string", "enum": words })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Policy;

    #[test]
    fn a_policy_lists_what_encrypts_and_what_signs_together() {
        let encryption = Encryption { alg: vec![KeyManagement::RsaOaep], enc: vec![ContentEncryption::A256Gcm] };
        let encrypted = Policy { encryption: Some(encryption), ..Policy::default() };
        let nested = Policy { algorithms: Some(vec![Algorithm::Es256]), ..encrypted.clone() };
        for (policy, text) in [
            (encrypted, r#"{"algorithms":["RSA-OAEP","A256GCM"]}"#),
            (nested, r#"{"algorithms":["RSA-OAEP","A256GCM","ES256"]}"#),
            (Policy { algorithms: Some(vec![]), ..Policy::default() }, r#"{"algorithms":[]}"#),
            (Policy::default(), "{}"),
        ] {
            assert_eq!(serde_json::to_string(&policy).unwrap(), text);
            assert_eq!(serde_json::from_str::<Policy>(text).unwrap(), policy);
        }
        let unknown = serde_json::from_str::<Policy>(r#"{"algorithms":["HS257"]}"#).unwrap_err();
        assert!(unknown.to_string().contains("`HS257` is no algorithm"), "{unknown}");
        assert!(serde_json::from_str::<Policy>(r#"{"encryption":1}"#).is_err());
    }
}
