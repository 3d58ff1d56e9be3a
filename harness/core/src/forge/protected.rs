//! Cookies that are protected: signed or encrypted by the fourteen schemes of PROTOCOL.md, each made from its documentation.
//!
//! Takes a [`Mint`], gives a [`Sealed`]: the parts of a cookie's value, kept apart, so that a fault bends one of them after
//! the MAC has been made; what is bent before stands in the `Mint`. The same `Mint` gives the same octets, always: nonces and
//! salts are an argument. No library that is a target has a part in it.

mod branca;
mod crypto;
mod fernet;
mod iron;
mod jar;
mod paseto;
mod signer;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use token_assay_model::Scheme;

use super::Hash;

pub use branca::encode as base62;
pub use crypto::deflated;
pub use paseto::public_key;

/// What is sealed, by which secret, and what of it is bent before it is sealed.
#[derive(Debug, Clone)]
pub struct Mint<'a> {
    /// How.
    pub scheme: Scheme,
    /// By what; of `paseto-v4-public` the seed of the private key.
    pub secret: &'a [u8],
    /// The cookie's name, which some schemes bind.
    pub name: &'a str,
    /// What for: a salt, or the implicit assertion.
    pub purpose: Option<&'a str>,
    /// What is protected. JSON text, where the scheme's payload is JSON.
    pub payload: Vec<u8>,
    /// When it is made, in Unix seconds.
    pub at: i64,
    /// When it ends, in Unix seconds, where the scheme says that.
    pub ends: Option<i64>,
    /// What nonces and salts are made of.
    pub nonce: u8,
    /// The nonce itself, in the place of that.
    pub iv: Option<Vec<u8>>,
    /// The timestamp as it stands on the wire before it is encoded, in the place of `at`.
    pub timestamp: Option<Vec<u8>>,
    /// The version as it stands on the wire, in the place of the scheme's own.
    pub version: Option<Vec<u8>>,
    /// The hash of the MAC, in the place of the scheme's own.
    pub hash: Option<Hash>,
    /// Whether the payload is compressed, where the scheme can.
    pub deflate: bool,
    /// The octets that fill the last block, in the place of those of PKCS #7.
    pub filling: Option<Vec<u8>>,
    /// A PASETO's footer.
    pub footer: Vec<u8>,
    /// Which of several secrets it is, where the scheme says that.
    pub id: u8,
}

impl<'a> Mint<'a> {
    /// A sound cookie.
    pub fn new(scheme: Scheme, secret: &'a [u8], payload: impl Into<Vec<u8>>, at: i64) -> Self {
        Self {
            scheme,
            secret,
            name: "sid",
            purpose: None,
            payload: payload.into(),
            at,
            ends: None,
            nonce: 0,
            iv: None,
            timestamp: None,
            version: None,
            hash: None,
            deflate: false,
            filling: None,
            footer: Vec::new(),
            id: 1,
        }
    }

    /// The cookie's value, its parts apart.
    pub fn seal(&self) -> Sealed {
        match self.scheme {
            Scheme::SignedJar => jar::signed(self),
            Scheme::PrivateJar => jar::private(self),
            Scheme::BiscottiSigned => jar::biscotti_signed(self),
            Scheme::BiscottiEncrypted => jar::biscotti_encrypted(self),
            Scheme::CookieSignature => signer::cookie_signature(self),
            Scheme::ItsDangerous => signer::itsdangerous(self),
            Scheme::ItsDangerousTimed => signer::itsdangerous_timed(self),
            Scheme::DjangoSigned => signer::django(self),
            Scheme::FlaskSession => signer::flask(self),
            Scheme::IronSession => iron::seal(self),
            Scheme::Fernet => fernet::seal(self),
            Scheme::Branca => branca::seal(self),
            Scheme::PasetoV4Local => paseto::local(self),
            Scheme::PasetoV4Public => paseto::public(self),
        }
    }

    /// So many octets that differ with `nonce` and with what they are for.
    fn random<const N: usize>(&self, what: u8) -> [u8; N] {
        if let Some(iv) = self.iv.as_ref().filter(|_| what == 0) {
            return iv.as_slice().try_into().expect("a nonce that is given has the format's length");
        }
        let whole: Vec<u8> =
            (0u8..).flat_map(|n| crypto::hmac(Hash::Sha256, &[self.nonce, what], &[&[n]])).take(N).collect();
        whole.try_into().expect("it has been cut to that")
    }

    fn version(&self, own: &[u8]) -> Vec<u8> {
        self.version.clone().unwrap_or_else(|| own.to_vec())
    }
}

/// What a part of a cookie is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// What says which format it is.
    Version,
    /// What is protected, readable.
    Payload,
    /// When it was made, or ends.
    Timestamp,
    /// A nonce, an initialisation vector or a salt.
    Nonce,
    /// What is protected, encrypted.
    Ciphertext,
    /// The MAC, tag or signature.
    Mac,
    /// Which of several secrets.
    KeyId,
    /// What stands between two segments.
    Separator,
    /// What stands behind all others and no MAC covers.
    Trailer,
    /// A PASETO's footer.
    Footer,
}

/// Octets of a cookie with one meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub role: Role,
    /// As they are before they are encoded.
    pub octets: Vec<u8>,
}

/// How the parts of a segment become text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As they stand.
    Plain,
    /// Base64 (RFC 4648 §4, or §5 where it is for URLs).
    Base64 {
        /// With `-` and `_`.
        url: bool,
        /// With `=`.
        padded: bool,
    },
    /// The number that the octets are, in base 62.
    Base62,
}

impl Encoding {
    /// Base64url without padding.
    pub const URL: Self = Self::Base64 { url: true, padded: false };

    /// The text of these octets.
    pub fn encode(self, octets: &[u8]) -> Vec<u8> {
        let text = match self {
            Self::Plain => return octets.to_vec(),
            Self::Base62 => base62(octets),
            Self::Base64 { url: true, padded: true } => URL_SAFE.encode(octets),
            Self::Base64 { url: true, padded: false } => URL_SAFE_NO_PAD.encode(octets),
            Self::Base64 { url: false, padded: true } => STANDARD.encode(octets),
            Self::Base64 { url: false, padded: false } => STANDARD_NO_PAD.encode(octets),
        };
        text.into_bytes()
    }
}

/// Parts that are encoded as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// In order.
    pub parts: Vec<Part>,
    /// How they become text.
    pub encoding: Encoding,
    /// The text itself, where it is no longer what the parts give.
    pub text: Option<Vec<u8>>,
}

impl Segment {
    fn new(encoding: Encoding, parts: impl IntoIterator<Item = (Role, Vec<u8>)>) -> Self {
        let parts = parts.into_iter().map(|(role, octets)| Part { role, octets }).collect();
        Self { parts, encoding, text: None }
    }

    fn one(encoding: Encoding, role: Role, octets: impl Into<Vec<u8>>) -> Self {
        Self::new(encoding, [(role, octets.into())])
    }

    fn separator(text: &str) -> Self {
        Self::one(Encoding::Plain, Role::Separator, text)
    }

    /// Its text.
    pub fn text(&self) -> Vec<u8> {
        self.text.clone().unwrap_or_else(|| self.encoding.encode(&self.octets()))
    }

    /// Its octets before they are encoded.
    pub fn octets(&self) -> Vec<u8> {
        self.parts.iter().flat_map(|part| part.octets.iter().copied()).collect()
    }

    /// Whether it holds such a part.
    pub fn holds(&self, role: Role) -> bool {
        self.parts.iter().any(|part| part.role == role)
    }
}

/// A cookie's value, its parts apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// In order.
    pub segments: Vec<Segment>,
    /// Whether all of it is percent-encoded, as `encodeURIComponent` does it.
    pub percent: bool,
}

impl Sealed {
    fn new(segments: impl IntoIterator<Item = Segment>) -> Self {
        Self { segments: segments.into_iter().collect(), percent: false }
    }

    /// As it stands in a cookie.
    pub fn wire(&self) -> Vec<u8> {
        let text: Vec<u8> = self.segments.iter().flat_map(Segment::text).collect();
        if self.percent { percent_encoded(&text) } else { text }
    }

    /// What its parts are, in order.
    pub fn roles(&self) -> Vec<Role> {
        self.segments.iter().flat_map(|segment| segment.parts.iter().map(|part| part.role)).collect()
    }

    /// Its first part of this kind.
    pub fn part(&self, role: Role) -> Option<&Part> {
        self.segments.iter().flat_map(|segment| &segment.parts).find(|part| part.role == role)
    }

    /// The same with its parts of this kind bent.
    #[must_use]
    pub fn bent(&self, role: Role, mut bend: impl FnMut(&mut Vec<u8>)) -> Self {
        let mut sealed = self.clone();
        let parts = sealed.segments.iter_mut().flat_map(|segment| &mut segment.parts);
        parts.filter(|part| part.role == role).for_each(|part| bend(&mut part.octets));
        sealed
    }

    /// The same with the text of this segment bent.
    #[must_use]
    pub fn retyped(&self, segment: usize, bend: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut sealed = self.clone();
        let mut text = sealed.segments[segment].text();
        bend(&mut text);
        sealed.segments[segment].text = Some(text);
        sealed
    }
}

/// As `encodeURIComponent` does it.
pub fn percent_encoded(text: &[u8]) -> Vec<u8> {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&octet);
    let each = |octet: &u8| if plain(*octet) { vec![*octet] } else { format!("%{octet:02X}").into_bytes() };
    text.iter().flat_map(each).collect()
}
