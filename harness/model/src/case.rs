//! What is sent: the case, its input, the policy of the relying party and its keys.
//!
//! The JSON of [`Policy`], [`Key`] and [`Input`] is that of PROTOCOL.md. A [`Request`] is a case without its
//! expectation: a target never sees more than that.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cookie::{CookieHeader, CookiePolicy, Scheme};
use crate::encryption::{ContentEncryption, Encryption, KeyManagement, Listed};
use crate::expect::{Expectation, Level};
use crate::finding::Severity;
use crate::words::words;

words! {
    /// A signature algorithm of JOSE, or `none` (RFC 7518 §3, RFC 8037, RFC 8812, RFC 9864).
    ///
    /// ```
    /// use token_assay_model::Algorithm;
    ///
    /// let algorithm: Algorithm = "ES256K".parse().expect("RFC 8812 names it");
    /// assert!(algorithm.is_ecdsa());
    /// assert!("es256k".parse::<Algorithm>().is_err(), "names are case-sensitive");
    /// // Every algorithm but `none` takes a key, of one type.
    /// let takes_a_key = |it: &Algorithm| it.is_hmac() || it.is_rsa() || it.is_ecdsa() || it.is_eddsa();
    /// let without: Vec<&Algorithm> = Algorithm::ALL.iter().filter(|algorithm| !takes_a_key(algorithm)).collect();
    /// assert_eq!(without, [&Algorithm::None]);
    /// ```
    Algorithm, "algorithm";
    /// HMAC with SHA-256 (RFC 7518 §3.2).
    Hs256 = "HS256",
    /// HMAC with SHA-384 (RFC 7518 §3.2).
    Hs384 = "HS384",
    /// HMAC with SHA-512 (RFC 7518 §3.2).
    Hs512 = "HS512",
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3).
    Rs256 = "RS256",
    /// RSASSA-PKCS1-v1_5 with SHA-384 (RFC 7518 §3.3).
    Rs384 = "RS384",
    /// RSASSA-PKCS1-v1_5 with SHA-512 (RFC 7518 §3.3).
    Rs512 = "RS512",
    /// RSASSA-PSS with SHA-256 (RFC 7518 §3.5).
    Ps256 = "PS256",
    /// RSASSA-PSS with SHA-384 (RFC 7518 §3.5).
    Ps384 = "PS384",
    /// RSASSA-PSS with SHA-512 (RFC 7518 §3.5).
    Ps512 = "PS512",
    /// ECDSA on P-256 with SHA-256 (RFC 7518 §3.4).
    Es256 = "ES256",
    /// ECDSA on P-384 with SHA-384 (RFC 7518 §3.4).
    Es384 = "ES384",
    /// ECDSA on P-521 with SHA-512 (RFC 7518 §3.4).
    Es512 = "ES512",
    /// ECDSA on secp256k1 with SHA-256 (RFC 8812 §3.2).
    Es256k = "ES256K",
    /// EdDSA, here always with Ed25519 (RFC 8037 §3.1).
    EdDsa = "EdDSA",
    /// The fully specified name of EdDSA with Ed25519 (RFC 9864 §2.2).
    Ed25519 = "Ed25519",
    /// No signature at all (RFC 7518 §3.6).
    None = "none",
}

impl Algorithm {
    /// Whether the key is a shared secret.
    pub const fn is_hmac(self) -> bool {
        matches!(self, Self::Hs256 | Self::Hs384 | Self::Hs512)
    }

    /// Whether the key is an RSA key.
    pub const fn is_rsa(self) -> bool {
        matches!(self, Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512)
    }

    /// Whether the key is an elliptic-curve key for ECDSA.
    pub const fn is_ecdsa(self) -> bool {
        matches!(self, Self::Es256 | Self::Es384 | Self::Es512 | Self::Es256k)
    }

    /// Whether the key is an Ed25519 key.
    pub const fn is_eddsa(self) -> bool {
        matches!(self, Self::EdDsa | Self::Ed25519)
    }
}

/// What a target says it can obey or verify: an algorithm, or one of the capability names of PROTOCOL.md.
///
/// ```
/// use token_assay_model::{Algorithm, Capability, Feature, KeyManagement};
///
/// let said = ["HS256", "leeway", "dir"].map(|word| word.parse::<Capability>().expect("PROTOCOL.md names it"));
/// assert_eq!(said, [Algorithm::Hs256.into(), Feature::Leeway.into(), Capability::from(KeyManagement::Dir)]);
/// assert_eq!(said[1].as_str(), "leeway");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// It verifies this algorithm.
    Algorithm(Algorithm),
    /// It obeys or refuses by this feature.
    Feature(Feature),
    /// It opens cookies of this scheme.
    Scheme(Scheme),
    /// It decrypts tokens whose key reaches it like this.
    KeyManagement(KeyManagement),
    /// It decrypts tokens whose content is encrypted like this.
    ContentEncryption(ContentEncryption),
}

words! {
    /// The capability names of PROTOCOL.md that are no algorithms.
    Feature, "capability";
    /// Refuses by `exp` itself.
    Exp = "exp",
    /// Refuses by `nbf` itself.
    Nbf = "nbf",
    /// Obeys `now`.
    Clock = "clock",
    /// Takes a key as PEM text.
    Pem = "pem",
    /// Takes a key as a JWK.
    Jwk = "jwk",
    /// Chooses a key from a set by `kid`.
    Jwks = "jwks",
    /// Takes a shared secret as octets.
    Secret = "secret",
    /// Obeys `issuer` with one value.
    Issuer = "issuer",
    /// Obeys `issuer` with several values.
    IssuerList = "issuer-list",
    /// Obeys `audience` with one value.
    Audience = "audience",
    /// Obeys `audience` with several values.
    AudienceList = "audience-list",
    /// Obeys `subject`.
    Subject = "subject",
    /// Obeys `typ`.
    Typ = "typ",
    /// Obeys `leeway` other than 0.
    Leeway = "leeway",
    /// Obeys `required_claims`.
    RequiredClaims = "required-claims",
    /// Obeys `max_age`.
    MaxAge = "max-age",
    /// Obeys `critical`.
    Critical = "critical",
    /// Reads the JSON serialisations of JWS.
    JsonSerialization = "json-serialization",
    /// Knows the `b64` header of RFC 7797.
    B64 = "b64",
    /// Decrypts JWE.
    Jwe = "jwe",
    /// Takes input that is not UTF-8.
    Bytes = "bytes",
    /// Reads cookies.
    Cookie = "cookie",
    /// Joins several Cookie fields itself.
    CookieLines = "cookie-lines",
    /// Obeys more than one secret of a cookie.
    Rotation = "rotation",
    /// Reads tokens. No shim says so: one that names an algorithm does.
    Token = "token",
    /// May be called without `algorithms`.
    Defaults = "defaults",
}

impl Capability {
    /// The name as written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Algorithm(algorithm) => algorithm.as_str(),
            Self::Feature(feature) => feature.as_str(),
            Self::Scheme(scheme) => scheme.as_str(),
            Self::KeyManagement(alg) => alg.as_str(),
            Self::ContentEncryption(enc) => enc.as_str(),
        }
    }
}

impl From<Algorithm> for Capability {
    fn from(algorithm: Algorithm) -> Self {
        Self::Algorithm(algorithm)
    }
}

impl From<Feature> for Capability {
    fn from(feature: Feature) -> Self {
        Self::Feature(feature)
    }
}

impl From<Scheme> for Capability {
    fn from(scheme: Scheme) -> Self {
        Self::Scheme(scheme)
    }
}

impl From<KeyManagement> for Capability {
    fn from(alg: KeyManagement) -> Self {
        Self::KeyManagement(alg)
    }
}

impl From<ContentEncryption> for Capability {
    fn from(enc: ContentEncryption) -> Self {
        Self::ContentEncryption(enc)
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for Capability {
    type Err = crate::words::UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let scheme = |_| word.parse().map(Self::Scheme);
        let alg = |_| word.parse().map(Self::KeyManagement);
        let enc = |_| word.parse().map(Self::ContentEncryption);
        let known = word.parse().map(Self::Algorithm).or_else(scheme).or_else(alg).or_else(enc);
        known.or_else(|_| word.parse().map(Self::Feature))
    }
}

impl Serialize for Capability {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Capability {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        word.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Capability {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Capability".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let algorithms = Algorithm::ALL.iter().map(|a| a.as_str());
        let features = Feature::ALL.iter().map(|f| f.as_str());
        let encryption = KeyManagement::ALL.iter().map(|a| a.as_str());
        let encryption = encryption.chain(ContentEncryption::ALL.iter().map(|e| e.as_str()));
        let words = algorithms.chain(features).chain(Scheme::ALL.iter().map(|s| s.as_str()));
        let words: Vec<_> = words.chain(encryption).collect();
        schemars::json_schema!({ "type": "string", "enum": words })
    }
}

words! {
    /// The ways people configure a verifier: which algorithms it lists, and in which form it is given its key.
    ///
    /// ```
    /// use token_assay_model::{Profile, Severity};
    ///
    /// // The forms in which one key is given are one to fingerprints, and several to people.
    /// assert_eq!(Profile::PinnedPem.group(), Profile::PinnedJwk.group());
    /// assert_ne!(Profile::PinnedPem.describe(), Profile::PinnedJwk.describe());
    /// // A list that mixes key types is partly the user's own doing.
    /// assert_eq!(Profile::Pinned.weigh(Severity::Critical), Severity::Critical);
    /// assert_eq!(Profile::MixedList.weigh(Severity::Critical), Severity::High);
    /// ```
    Profile, "policy profile";
    /// One algorithm, one key, given in every form.
    Pinned = "pinned",
    /// One algorithm, one key, with issuer and audience required.
    PinnedClaims = "pinned-claims",
    /// One algorithm, one key, given as PEM text only.
    PinnedPem = "pinned-pem",
    /// One algorithm, one key, given as a JWK object only.
    PinnedJwk = "pinned-jwk",
    /// One algorithm, one key, given as a JWK's text only.
    PinnedJwkText = "pinned-jwk-text",
    /// One HMAC algorithm with a secret longer than the hash's block.
    PinnedLongSecret = "pinned-long-secret",
    /// Several algorithms of one key type: RS256 and PS256, or HS256, HS384 and HS512.
    FamilyList = "family-list",
    /// RS256 and HS256 with one RSA key: a list that mixes key types.
    MixedList = "mixed-list",
    /// No algorithms given: what the library does by itself.
    LibraryDefault = "library-default",
    /// A key set; the token's `kid` chooses.
    KeySet = "key-set",
    /// Encrypted tokens: one key management and one content encryption, the recipient's key.
    Encrypted = "encrypted",
    /// Encrypted tokens inside which a signed one is required.
    EncryptedSigned = "encrypted-signed",
    /// A configuration that should not be: a weak key, an empty secret, the wrong kind of key text.
    Misconfigured = "misconfigured",
    /// Cookies as the application is handed them.
    Cookies = "cookies",
    /// A signed cookie.
    SignedCookie = "signed-cookie",
    /// A signed cookie that says when it was made.
    TimedCookie = "timed-cookie",
    /// An encrypted cookie.
    EncryptedCookie = "encrypted-cookie",
}

impl Profile {
    /// The policy class that fingerprints count by: the forms in which one pinned key is given are one.
    pub const fn group(self) -> &'static str {
        match self {
            Self::Pinned
            | Self::PinnedClaims
            | Self::PinnedPem
            | Self::PinnedJwk
            | Self::PinnedJwkText
            | Self::PinnedLongSecret => "pinned",
            other => other.as_str(),
        }
    }

    /// What it stands for, in a phrase.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Pinned => "one algorithm, one key in every form",
            Self::PinnedClaims => "one algorithm, one key, issuer and audience required",
            Self::PinnedPem => "one algorithm, the key as PEM text only",
            Self::PinnedJwk => "one algorithm, the key as a JWK object only",
            Self::PinnedJwkText => "one algorithm, the key as a JWK's text only",
            Self::PinnedLongSecret => "one HMAC algorithm, a secret longer than the hash's block",
            Self::FamilyList => "several algorithms of one key type",
            Self::MixedList => "RS256 and HS256 allowed with one RSA key",
            Self::LibraryDefault => "no algorithms given",
            Self::KeySet => "a key set; the token's kid chooses",
            Self::Encrypted => "encrypted tokens: one alg, one enc, the recipient's key",
            Self::EncryptedSigned => "encrypted tokens inside which a signed one is required",
            Self::Misconfigured => {
                "a configuration that should not be: a weak key, an empty secret, the wrong key text"
            }
            Self::Cookies => "cookies as the application is handed them",
            Self::SignedCookie => "a signed cookie",
            Self::TimedCookie => "a signed cookie that says when it was made",
            Self::EncryptedCookie => "an encrypted cookie",
        }
    }

    /// The severity of a failure under this profile, from the severity of the class: a list that mixes key types, or a
    /// configuration that should not be, is partly the user's own doing.
    pub fn weigh(self, severity: Severity) -> Severity {
        match self {
            Self::MixedList | Self::Misconfigured => severity.lower(),
            _ => severity,
        }
    }
}

/// The name of a case: `family/class/variant`. Any prefix is a selection.
///
/// ```
/// use token_assay_model::CaseId;
///
/// let id = CaseId::new("jwe", "zip-bomb", "dir-1000");
/// assert_eq!([id.family(), id.class(), id.variant()], ["jwe", "zip-bomb", "dir-1000"]);
/// // The class selects without its family too, up to where a word ends.
/// assert!(id.starts_with("jwe/zip-bomb") && id.starts_with("zip-bomb") && !id.starts_with("zip-bo"));
/// // The last word of a series is the length.
/// assert_eq!(id.series(), CaseId::new("jwe", "zip-bomb", "dir-2000").series());
/// assert_eq!(id.with_suffix("-again").as_str(), "jwe/zip-bomb/dir-1000-again");
/// // A class alone has no variant.
/// assert_eq!(CaseId::new_class("jwe/zip-bomb").variant(), "");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct CaseId(String);

impl CaseId {
    /// Joins the three parts; none of them may hold a `/`.
    pub fn new(family: &str, class: &str, variant: &str) -> Self {
        debug_assert!([family, class, variant].iter().all(|part| !part.is_empty() && !part.contains('/')), "{variant}");
        Self(format!("{family}/{class}/{variant}"))
    }

    /// The name of a class, `family/class`, so that it can be selected like a case.
    pub fn new_class(class: &str) -> Self {
        Self(class.to_owned())
    }

    /// The same name with something more at its end.
    #[must_use]
    pub fn with_suffix(&self, suffix: &str) -> Self {
        Self(format!("{}{suffix}", self.0))
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The family: `time`.
    pub fn family(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The case class: `exp-past`.
    pub fn class(&self) -> &str {
        self.0.split('/').nth(1).unwrap_or_default()
    }

    /// The concrete variant: `pinned-hs256`.
    pub fn variant(&self) -> &str {
        self.0.splitn(3, '/').nth(2).unwrap_or_default()
    }

    /// What the cases of one series of growing length have in common: the id up to the length, its last word.
    pub fn series(&self) -> &str {
        self.0.rsplit_once('-').map_or(&self.0, |(series, _)| series)
    }

    /// Whether `prefix` selects this case: the id, or the id without its family, up to where a name or a word in it ends.
    pub fn starts_with(&self, prefix: &str) -> bool {
        let prefix = prefix.trim_end_matches('/');
        let selects =
            |id: &str| id.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '-']));
        selects(&self.0) || self.0.split_once('/').is_some_and(|(_, without_family)| selects(without_family))
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What the verifier is given, exactly one of PROTOCOL.md's inputs.
///
/// ```
/// use token_assay_model::{CookieHeader, Input};
///
/// let token = Input::from_octets(b"e30.e30.".to_vec());
/// assert_eq!(token.text(), Some("e30.e30."));
/// // What is no UTF-8 is no text: a verifier that takes text says that it cannot be shown it.
/// let bent = Input::from_octets(b"e30.\xff.".to_vec());
/// assert_eq!((bent.text(), bent.octets()), (None, &b"e30.\xff."[..]));
/// assert_eq!([bent.noun(), Input::Cookie(CookieHeader::line("sid=A")).noun()], ["token", "cookie"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// A token as text.
    Token(String),
    /// A token's octets where they are not UTF-8.
    #[serde(with = "crate::base64_octets")]
    #[schemars(with = "String")]
    Bytes(Vec<u8>),
    /// The Cookie fields of a request.
    Cookie(CookieHeader),
}

impl Input {
    /// The input for these octets: text where they are UTF-8.
    pub fn from_octets(octets: Vec<u8>) -> Self {
        match String::from_utf8(octets) {
            Ok(text) => Self::Token(text),
            Err(not_text) => Self::Bytes(not_text.into_bytes()),
        }
    }

    /// The octets, whichever way they are held.
    pub fn octets(&self) -> &[u8] {
        match self {
            Self::Token(text) => text.as_bytes(),
            Self::Bytes(octets) => octets,
            Self::Cookie(header) => header.wire(),
        }
    }

    /// What it is, in a word.
    pub const fn noun(&self) -> &'static str {
        match self {
            Self::Token(_) | Self::Bytes(_) => "token",
            Self::Cookie(_) => "cookie",
        }
    }

    /// The token as text, where it is a token and text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Token(text) => Some(text),
            Self::Bytes(_) | Self::Cookie(_) => None,
        }
    }
}

/// What the relying party is configured to accept: the table of PROTOCOL.md. An absent member means the library's default.
///
/// ```
/// use token_assay_model::{Algorithm, Capability, Feature, Key, Policy};
///
/// let policy: Policy = serde_json::from_str(r#"{"algorithms":["HS256"],"audience":"orders-api"}"#)?;
/// let secret = Key { secret: Some(vec![7; 32]), ..Key::default() };
/// let policy = Policy { keys: vec![secret], ..policy };
/// // A key in one form alone wants a verifier that takes this form.
/// let needs = [Capability::from(Algorithm::Hs256), Feature::Audience.into(), Feature::Secret.into()];
/// assert_eq!(policy.needs(), needs);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Wire", into = "Wire")]
pub struct Policy {
    /// The allow-list of what signs; where encrypted tokens are taken, of what signs inside them.
    pub algorithms: Option<Vec<Algorithm>>,
    /// What is decrypted, where it is encrypted tokens that are taken.
    pub encryption: Option<Encryption>,
    /// One key, or several in order.
    pub keys: Vec<Key>,
    /// Whether the keys are a key set from which the token's `kid` chooses.
    pub jwks: bool,
    /// Accepted issuers; a single one is written as a string.
    pub issuer: Vec<String>,
    /// This verifier's own identifiers; a single one is written as a string.
    pub audience: Vec<String>,
    /// The required subject.
    pub subject: Option<String>,
    /// The required `typ` header, compared as a media type.
    pub typ: Option<String>,
    /// Clock skew allowed, in seconds; absent is 0.
    pub leeway: Option<u64>,
    /// The verifier's clock, in Unix seconds.
    pub now: Option<i64>,
    /// Claims that must be present and not null.
    pub required_claims: Vec<String>,
    /// Longest time since `iat`, in seconds.
    pub max_age: Option<u64>,
    /// Extension header names that this verifier understands.
    pub critical: Vec<String>,
    /// The cookie that is read, where it is cookies that are shown.
    pub cookie: Option<CookiePolicy>,
}

/// A policy as PROTOCOL.md writes it: what encrypts stands in one list with what signs.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Policy", deny_unknown_fields)]
struct Wire {
    /// The allow-list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    algorithms: Option<Vec<Listed>>,
    /// One key, or several in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    keys: Vec<Key>,
    /// Whether the keys are a key set from which the token's `kid` chooses.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    jwks: bool,
    /// Accepted issuers; a single one is written as a string.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "one_or_many")]
    #[schemars(with = "one_or_many::OneOrMany")]
    issuer: Vec<String>,
    /// This verifier's own identifiers; a single one is written as a string.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "one_or_many")]
    #[schemars(with = "one_or_many::OneOrMany")]
    audience: Vec<String>,
    /// The required subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// The required `typ` header, compared as a media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    typ: Option<String>,
    /// Clock skew allowed, in seconds; absent is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    leeway: Option<u64>,
    /// The verifier's clock, in Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    now: Option<i64>,
    /// Claims that must be present and not null.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    required_claims: Vec<String>,
    /// Longest time since `iat`, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_age: Option<u64>,
    /// Extension header names that this verifier understands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    critical: Vec<String>,
    /// The cookie that is read, where it is cookies that are shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cookie: Option<CookiePolicy>,
}

impl From<Policy> for Wire {
    fn from(policy: Policy) -> Self {
        let algorithms = Listed::join(policy.algorithms.as_ref(), policy.encryption.as_ref());
        let Policy {
            algorithms: _,
            encryption: _,
            keys,
            jwks,
            issuer,
            audience,
            subject,
            typ,
            leeway,
            now,
            required_claims,
            max_age,
            critical,
            cookie,
        } = policy;
        Self {
            algorithms,
            keys,
            jwks,
            issuer,
            audience,
            subject,
            typ,
            leeway,
            now,
            required_claims,
            max_age,
            critical,
            cookie,
        }
    }
}

impl From<Wire> for Policy {
    fn from(wire: Wire) -> Self {
        let Wire {
            algorithms,
            keys,
            jwks,
            issuer,
            audience,
            subject,
            typ,
            leeway,
            now,
            required_claims,
            max_age,
            critical,
            cookie,
        } = wire;
        let (algorithms, encryption) = Listed::part(algorithms);
        Self {
            algorithms,
            encryption,
            keys,
            jwks,
            issuer,
            audience,
            subject,
            typ,
            leeway,
            now,
            required_claims,
            max_age,
            critical,
            cookie,
        }
    }
}

impl Policy {
    /// What a target must support to obey this policy. The clock is not among them: a target without one is given tokens
    /// dated from the real clock instead.
    pub fn needs(&self) -> Vec<Capability> {
        if let Some(cookie) = &self.cookie {
            return cookie.needs();
        }
        let mut needs: Vec<Capability> = match &self.algorithms {
            Some(algorithms) => {
                algorithms.iter().filter(|a| **a != Algorithm::None).copied().map(Capability::from).collect()
            }
            None if self.encryption.is_some() => Vec::new(),
            None => vec![Feature::Defaults.into()],
        };
        if let Some(encryption) = &self.encryption {
            needs.push(Feature::Jwe.into());
            needs.extend(encryption.needs());
        }
        let mut need = |wanted: bool, feature: Feature| {
            if wanted {
                needs.push(feature.into());
            }
        };
        need(self.jwks, Feature::Jwks);
        need(!self.issuer.is_empty(), if self.issuer.len() > 1 { Feature::IssuerList } else { Feature::Issuer });
        need(
            !self.audience.is_empty(),
            if self.audience.len() > 1 { Feature::AudienceList } else { Feature::Audience },
        );
        need(self.subject.is_some(), Feature::Subject);
        need(self.typ.is_some(), Feature::Typ);
        need(self.leeway.unwrap_or(0) != 0, Feature::Leeway);
        need(!self.required_claims.is_empty(), Feature::RequiredClaims);
        need(self.max_age.is_some(), Feature::MaxAge);
        need(!self.critical.is_empty(), Feature::Critical);
        if let [key] = self.keys.as_slice() {
            let forms = [
                (key.pem.is_some() || key.cert_pem.is_some() || key.der.is_some(), Feature::Pem),
                (key.jwk.is_some() || key.jwk_text.is_some(), Feature::Jwk),
                (key.secret.is_some(), Feature::Secret),
            ];
            let mut given = forms.iter().filter(|(given, _)| *given);
            if let (Some((_, only)), None) = (given.next(), given.next()) {
                need(true, *only);
            }
        }
        needs
    }
}

impl Policy {
    /// The key of the recipient of encrypted tokens: the one that is meant for it, or the only one.
    ///
    /// ```
    /// use token_assay_model::{Algorithm, ContentEncryption, Encryption, Key, KeyManagement, Policy};
    ///
    /// let key = |kid: &str, usage: &str| Key { kid: Some(kid.into()), usage: Some(usage.into()), ..Key::default() };
    /// let policy = Policy {
    ///     algorithms: Some(vec![Algorithm::Es256]),
    ///     encryption: Some(Encryption { alg: vec![KeyManagement::RsaOaep], enc: vec![ContentEncryption::A256Gcm] }),
    ///     keys: vec![key("ours", "enc"), key("theirs", "sig")],
    ///     ..Policy::default()
    /// };
    /// assert_eq!(policy.recipient(), Some(&policy.keys[0]));
    /// // Inside, nothing is encrypted, and the recipient's key verifies nothing.
    /// let inside = policy.inside();
    /// assert_eq!((inside.encryption, &inside.keys[..]), (None, &policy.keys[1..]));
    /// ```
    pub fn recipient(&self) -> Option<&Key> {
        let meant = self.keys.iter().find(|key| key.usage.as_deref() == Some("enc"));
        meant.or(self.keys.first().filter(|_| self.keys.len() == 1))
    }

    /// The policy of the token inside an encrypted one.
    #[must_use]
    pub fn inside(&self) -> Self {
        let keys = self.keys.iter().filter(|key| key.usage.as_deref() != Some("enc")).cloned().collect();
        Self { encryption: None, keys, ..self.clone() }
    }
}

/// A key in every form that exists, so that a target converts nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Its name in a key set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The algorithm it is meant for (RFC 7517 §4.4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// What it is meant for (RFC 7517 §4.2).
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// The JWK as an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwk: Option<serde_json::Value>,
    /// The JWK's exact octets as served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwk_text: Option<String>,
    /// SPKI PEM, or whatever text the user configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pem: Option<String>,
    /// An X.509 certificate that carries the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_pem: Option<String>,
    /// SPKI DER.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::base64_octets::optional")]
    #[schemars(with = "Option<String>")]
    pub der: Option<Vec<u8>>,
    /// A shared secret's octets.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::base64_octets::optional")]
    #[schemars(with = "Option<String>")]
    pub secret: Option<Vec<u8>>,
}

/// What a target is shown: a case without its expectation.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The token.
    pub input: &'a Input,
    /// What the relying party accepts.
    pub policy: &'a Policy,
}

/// A request that the same process is shown before a case, and whose answer is not judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Earlier {
    /// The token.
    pub input: Input,
    /// What the relying party accepted.
    pub policy: Arc<Policy>,
}

impl Earlier {
    /// What a target is shown of it.
    pub fn request(&self) -> Request<'_> {
        Request { input: &self.input, policy: &self.policy }
    }
}

/// What shows that a target works under a policy at all: a token it must accept, and its tampered copy, which it must not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Control {
    /// The policy of both; the case's own, or the sound one beside a policy under which nothing may be accepted.
    pub policy: Arc<Policy>,
    /// A valid token.
    pub valid: Input,
    /// The claims that accepting it returns.
    pub claims: crate::verdict::Claims,
    /// The same with an altered claim and the old signature; the valid one itself where nothing is signed.
    pub tampered: Input,
    /// The same claims in another order, signed: it must be answered like the valid one.
    pub permuted: Input,
}

/// One token, the policy it is shown under, and what the standard says of it.
///
/// ```
/// use std::sync::Arc;
/// use token_assay_model::{
///     Case, CaseId, Claims, Control, Earlier, Expectation, Input, Level, Policy, Profile, Reason, Request, Severity,
/// };
///
/// let token = |text: &str| Input::Token(text.to_owned());
/// let policy = Arc::new(Policy::default());
/// let control = Control {
///     policy: Arc::clone(&policy),
///     valid: token("valid"),
///     claims: Claims::default(),
///     tampered: token("tampered"),
///     permuted: token("permuted"),
/// };
/// let case = Case {
///     id: CaseId::new("metamorphic", "meta-cache-confusion", "pinned-hs256"),
///     input: token("forged"),
///     policy: Arc::clone(&policy),
///     profile: Profile::Pinned,
///     expectation: Expectation::Reject { reason: Reason::Signature },
///     level: Level::Must,
///     severity: Severity::High,
///     needs: Vec::new(),
///     control: Arc::new(control),
///     plain: None,
///     withheld: Vec::new(),
///     before: vec![Earlier { input: token("valid"), policy }],
/// };
/// // What a target is shown, in this order: nothing in it says what is expected.
/// let shown: Vec<Request<'_>> = case.before.iter().map(Earlier::request).chain([case.request()]).collect();
/// assert_eq!([shown[0].input.text(), shown[1].input.text()], [Some("valid"), Some("forged")]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// `family/class/variant`.
    pub id: CaseId,
    /// The token.
    pub input: Input,
    /// What the relying party accepts.
    pub policy: Arc<Policy>,
    /// The way of configuring that the policy stands for.
    pub profile: Profile,
    /// What the standard says.
    pub expectation: Expectation,
    /// How firmly it says so.
    pub level: Level,
    /// How bad a failure is, the profile already weighed in.
    pub severity: Severity,
    /// What a target needs besides what the policy asks for.
    pub needs: Vec<Capability>,
    /// The accepted twin, from which a must-reject case differs in one respect.
    pub control: Arc<Control>,
    /// An accepted token as long as this one, which says what so many octets cost by themselves; of bounded cases.
    pub plain: Option<Input>,
    /// What the words of a refusal must not hold.
    pub withheld: Vec<String>,
    /// What a target is shown first, in this order: a verifier remembers nothing of it.
    pub before: Vec<Earlier>,
}

impl Case {
    /// What a target is shown of it.
    pub fn request(&self) -> Request<'_> {
        Request { input: &self.input, policy: &self.policy }
    }
}

mod one_or_many {
    //! A list that is written as a plain string when it has one member.

    use schemars::JsonSchema;
    use serde::de::{Error, SeqAccess, Visitor};
    use serde::{Deserializer, Serialize as _, Serializer};

    /// Only its schema is used.
    #[derive(JsonSchema)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "stands for its schema alone")]
    pub(crate) enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }

    pub(crate) fn serialize<S: Serializer>(values: &[String], serializer: S) -> Result<S::Ok, S::Error> {
        match values {
            [one] => serializer.serialize_str(one),
            many => many.serialize(serializer),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
        struct Values;
        impl<'de> Visitor<'de> for Values {
            type Value = Vec<String>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string or an array of strings")
            }

            fn visit_str<E: Error>(self, one: &str) -> Result<Self::Value, E> {
                Ok(vec![one.to_owned()])
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = seq.next_element()? {
                    values.push(value);
                }
                Ok(values)
            }
        }
        deserializer.deserialize_any(Values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_selects_up_to_where_a_word_ends() {
        let id = CaseId::new("alg-none", "none-empty-sig", "pinned-hs256");
        for prefix in [
            "alg-none",
            "alg",
            "alg-none/",
            "alg-none/none-empty-sig",
            "none-empty-sig",
            "none-empty",
            "none-empty-sig/pinned",
        ] {
            assert!(id.starts_with(prefix), "{prefix}");
        }
        for prefix in ["al", "alg-no", "alg-none/none-emp", "empty-sig", "pinned", "none-empty-sig/pin"] {
            assert!(!id.starts_with(prefix), "{prefix}");
        }
    }
}
