//! Cookies: the header that is sent, how a cookie in it is protected, and what a target read.
//!
//! Names and values are octets, never text: RFC 6265 §5.2 knows no character set. In JSON they are base64, and shown they
//! are escaped, so that no terminal or browser takes one for its own.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::base64_octets;
use crate::case::{Capability, Feature, Profile};
use crate::verdict::Claims;
use crate::words::words;

/// Octets that may be no text.
///
/// ```
/// use token_assay_model::Octets;
/// use token_assay_model::cookie::escaped;
///
/// let value = Octets::from(&b"\x1b[31mred\n"[..]);
/// // No terminal is told to change its colour by it.
/// assert_eq!(value.to_string(), r"\x1b[31mred\n");
/// assert_eq!(value.to_string(), escaped(&value.0));
/// assert_eq!(serde_json::to_string(&value)?, r#""G1szMW1yZWQK""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(with = "String")]
pub struct Octets(pub Vec<u8>);

impl From<&[u8]> for Octets {
    fn from(octets: &[u8]) -> Self {
        Self(octets.to_vec())
    }
}

impl From<&str> for Octets {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl fmt::Display for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&escaped(&self.0))
    }
}

impl Serialize for Octets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        base64_octets::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        base64_octets::deserialize(deserializer).map(Self)
    }
}

/// Octets as printable ASCII: a backslash is `\\`, everything outside space to tilde is `\n`, `\r`, `\t` or `\xNN`.
pub fn escaped(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    for octet in octets {
        match octet {
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(char::from(*octet)),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            other => text.push_str(&format!("\\x{other:02x}")),
        }
    }
    text
}

/// The values of a request's Cookie fields, in order; almost always one.
///
/// ```
/// use token_assay_model::CookieHeader;
///
/// let one = CookieHeader::line("sid=A; theme=dark");
/// let two = CookieHeader::lines(&["sid=A", "theme=dark"]);
/// assert_eq!((two.len(), two.each().count()), (2, 2));
/// assert_eq!(two.wire(), b"sid=A\r\nCookie: theme=dark");
/// // They are not the same request, though whoever hands the second on by HTTP/2 makes the first of it.
/// assert_ne!(one, two);
/// assert_eq!(one.joined(), two.joined());
/// // A request without the field is another than one with an empty value.
/// assert!(CookieHeader::lines(&[] as &[&str]).is_empty() && !CookieHeader::line("").is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CookieHeader {
    /// As they follow `Cookie: ` on the wire.
    wire: Vec<u8>,
    /// Where each line ends in that.
    ends: Vec<usize>,
}

/// What stands between two lines on the wire.
const NEXT_LINE: &[u8] = b"\r\nCookie: ";

impl CookieHeader {
    /// One field with this value.
    pub fn line(octets: impl Into<Vec<u8>>) -> Self {
        let wire = octets.into();
        Self { ends: vec![wire.len()], wire }
    }

    /// Several fields.
    pub fn lines(lines: &[impl AsRef<[u8]>]) -> Self {
        let mut header = Self { wire: Vec::new(), ends: Vec::new() };
        for line in lines {
            if !header.ends.is_empty() {
                header.wire.extend_from_slice(NEXT_LINE);
            }
            header.wire.extend_from_slice(line.as_ref());
            header.ends.push(header.wire.len());
        }
        header
    }

    /// Each field's value.
    pub fn each(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|end| end + NEXT_LINE.len()));
        self.ends.iter().zip(starts).map(|(end, start)| &self.wire[start..*end])
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no field at all.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All of it as it follows `Cookie: ` on the wire, further lines with their names.
    pub fn wire(&self) -> &[u8] {
        &self.wire
    }

    /// The fields as one, joined by `; ` as HTTP/2 has it done (RFC 9113 §8.2.3).
    pub fn joined(&self) -> Cow<'_, [u8]> {
        match self.ends.len() {
            1 => Cow::Borrowed(&self.wire),
            _ => Cow::Owned(self.each().collect::<Vec<_>>().join(&b"; "[..])),
        }
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum HeaderForm<'a> {
    Header(Cow<'a, str>),
    HeaderBytes(Octets),
    Lines(Vec<Octets>),
}

impl Serialize for CookieHeader {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = match (self.ends.len(), std::str::from_utf8(&self.wire)) {
            (1, Ok(text)) => HeaderForm::Header(Cow::Borrowed(text)),
            (1, Err(_)) => HeaderForm::HeaderBytes(Octets(self.wire.clone())),
            _ => HeaderForm::Lines(self.each().map(Octets::from).collect()),
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CookieHeader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match HeaderForm::deserialize(deserializer)? {
            HeaderForm::Header(text) => Self::line(text.into_owned()),
            HeaderForm::HeaderBytes(octets) => Self::line(octets.0),
            HeaderForm::Lines(lines) => Self::lines(&lines.iter().map(|line| &line.0).collect::<Vec<_>>()),
        })
    }
}

impl JsonSchema for CookieHeader {
    fn schema_name() -> Cow<'static, str> {
        "CookieHeader".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        HeaderForm::json_schema(generator)
    }
}

/// Which cookie the application reads, and how it is protected.
///
/// ```
/// use token_assay_model::{Capability, CookiePolicy, Feature, Profile, Scheme};
///
/// let scheme: Scheme = "fernet".parse().expect("PROTOCOL.md names it");
/// assert!(scheme.is_encrypted() && scheme.is_timed());
/// assert_eq!(scheme.profile(), Profile::EncryptedCookie);
/// // With two secrets a cookie may still be protected by the one before.
/// let secrets = vec!["this month's".into(), "last month's".into()];
/// let policy = CookiePolicy { name: "sid".to_owned(), scheme: Some(scheme), secrets, ..CookiePolicy::default() };
/// assert_eq!(policy.needs(), [Capability::from(scheme), Feature::Rotation.into()]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CookiePolicy {
    /// Its name.
    pub name: String,
    /// How it is protected; absent where it is not, and the header alone is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<Scheme>,
    /// The secrets that it may be protected by, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<Octets>,
    /// What the cookie is for, where the scheme binds that: a salt, or an implicit assertion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Longest time since it was made, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
}

impl CookiePolicy {
    /// What a target must support to obey this.
    pub fn needs(&self) -> Vec<Capability> {
        let reads = self.scheme.map_or(Feature::Cookie.into(), Capability::from);
        let more = [(self.secrets.len() > 1, Feature::Rotation), (self.max_age.is_some(), Feature::MaxAge)];
        let more = more.into_iter().filter(|(wanted, _)| *wanted).map(|(_, feature)| feature.into());
        std::iter::once(reads).chain(more).collect()
    }
}

words! {
    /// How a cookie is protected; the formats are those of PROTOCOL.md.
    Scheme, "cookie scheme";
    /// `SignedJar` of the Rust crate cookie.
    SignedJar = "signed-jar",
    /// `PrivateJar` of the same.
    PrivateJar = "private-jar",
    /// Signed by the Rust crate biscotti.
    BiscottiSigned = "biscotti-signed",
    /// Encrypted by the same.
    BiscottiEncrypted = "biscotti-encrypted",
    /// npm cookie-signature, as cookie-parser reads it.
    CookieSignature = "cookie-signature",
    /// `URLSafeSerializer` of the Python package itsdangerous.
    ItsDangerous = "itsdangerous",
    /// Its `URLSafeTimedSerializer`.
    ItsDangerousTimed = "itsdangerous-timed",
    /// `TimestampSigner` of Django.
    DjangoSigned = "django-signed",
    /// Flask's session.
    FlaskSession = "flask-session",
    /// npm iron-session 8.
    IronSession = "iron-session",
    /// Fernet.
    Fernet = "fernet",
    /// Branca.
    Branca = "branca",
    /// PASETO version 4, encrypted with a shared key.
    PasetoV4Local = "paseto-v4-local",
    /// PASETO version 4, signed with a private key.
    PasetoV4Public = "paseto-v4-public",
}

impl Scheme {
    /// Whether the value can be read by whoever holds the cookie.
    pub const fn is_encrypted(self) -> bool {
        matches!(
            self,
            Self::PrivateJar
                | Self::BiscottiEncrypted
                | Self::IronSession
                | Self::Fernet
                | Self::Branca
                | Self::PasetoV4Local
        )
    }

    /// Whether the cookie says itself when it was made.
    pub const fn is_timed(self) -> bool {
        matches!(
            self,
            Self::ItsDangerousTimed
                | Self::DjangoSigned
                | Self::FlaskSession
                | Self::IronSession
                | Self::Fernet
                | Self::Branca
        )
    }

    /// The way of configuring that it stands for.
    pub const fn profile(self) -> Profile {
        match (self.is_encrypted(), self.is_timed()) {
            (true, _) => Profile::EncryptedCookie,
            (false, true) => Profile::TimedCookie,
            (false, false) => Profile::SignedCookie,
        }
    }
}

/// One cookie as an application gets it. In JSON `[name, value]`, both base64.
///
/// ```
/// use token_assay_model::cookie::{claims, pairs};
/// use token_assay_model::{Claims, Pair};
///
/// // A reader may hand on both cookies of one name, and values that are no text.
/// let read = [Pair::new("sid", "A"), Pair::new("sid", b"\xff")];
/// assert_eq!((read[1].name(), read[1].value()), (&b"sid"[..], &b"\xff"[..]));
/// let handed_on = claims(&read);
/// assert_eq!(pairs(&handed_on).as_deref(), Some(&read[..]));
/// // To hand on no cookies is something else than to hand on none that can be read.
/// assert_eq!((pairs(&claims(&[])), pairs(&Claims::default())), (Some(Vec::new()), None));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Pair(pub Octets, pub Octets);

impl Pair {
    /// A cookie of this name and value.
    pub fn new(name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        Self(name.as_ref().into(), value.as_ref().into())
    }

    /// Its name.
    pub fn name(&self) -> &[u8] {
        &self.0.0
    }

    /// Its value.
    pub fn value(&self) -> &[u8] {
        &self.1.0
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.0, self.1)
    }
}

/// The member of an accept's claims in which cookies stand.
const PAIRS: &str = "pairs";

/// Cookies as the claims of an accept.
pub fn claims(pairs: &[Pair]) -> Claims {
    let value = serde_json::to_value(pairs).expect("pairs are strings");
    Claims(Map::from_iter([(PAIRS.to_owned(), value)]))
}

/// The cookies in an accept's claims; nothing where they hold none, or something else.
pub fn pairs(claims: &Claims) -> Option<Vec<Pair>> {
    let octets = |value: &Value| base64_octets::decode(value.as_str()?).ok().map(Octets);
    let pair = |value: &Value| match value.as_array()?.as_slice() {
        [name, value] => Some(Pair(octets(name)?, octets(value)?)),
        _ => None,
    };
    claims.0.get(PAIRS)?.as_array()?.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_written_in_the_form_that_holds_it_and_read_again() {
        let headers = [
            (CookieHeader::line("sid=A; x=é"), r#"{"header":"sid=A; x=é"}"#),
            (CookieHeader::line(b"sid=\xff".to_vec()), r#"{"header_bytes":"c2lkPf8="}"#),
            (CookieHeader::lines(&["sid=A", "x=1"]), r#"{"lines":["c2lkPUE=","eD0x"]}"#),
            (CookieHeader::lines(&[] as &[&str]), r#"{"lines":[]}"#),
        ];
        for (header, json) in headers {
            assert_eq!(serde_json::to_string(&header).unwrap(), json);
            assert_eq!(serde_json::from_str::<CookieHeader>(json).unwrap(), header);
        }
    }

    #[test]
    fn lines_are_joined_and_taken_apart() {
        let header = CookieHeader::lines(&["sid=A", "", "x=1"]);
        assert_eq!(header.each().collect::<Vec<_>>(), [&b"sid=A"[..], b"", b"x=1"]);
        assert_eq!(*header.joined(), *b"sid=A; ; x=1");
        assert_eq!(header.wire(), b"sid=A\r\nCookie: \r\nCookie: x=1");
    }

    #[test]
    fn pairs_are_claims_and_back() {
        let these = [Pair::new("sid", b"\x00\xff"), Pair::new("", "")];
        assert_eq!(pairs(&claims(&these)).unwrap(), these);
        assert_eq!(pairs(&Claims::default()), None);
        assert_eq!(pairs(&Claims::parse(br#"{"pairs":[["c2lk"]]}"#).unwrap()), None);
    }

    #[test]
    fn what_is_shown_is_printable() {
        let all: Vec<u8> = (0..=255).collect();
        assert!(escaped(&all).bytes().all(|octet| (b' '..=b'~').contains(&octet)));
        assert_eq!(escaped(b"a\\\x1b[31m\n\xc3\xa9"), r"a\\\x1b[31m\n\xc3\xa9");
    }
}
