//! What a rule of the audit of tokens is, and the list of them. A rule looks at a token and says that it holds, where it does
//! not, that it is not about such a token, or what would have to be known; each carries a token that breaks it and a near one
//! that does not. Never a pass without a look.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use token_assay_model::{Algorithm, Level, Severity};

use super::detect::Carrier;
use super::token::Token;
use super::{Settings, claims, guess, header, writing};
use crate::reference::json::Json;
use crate::reference::key::mac;

/// A row of the audit: how it looks, at a token where nothing else is said, and what its examples are.
#[derive(Debug)]
pub struct Rule<Judge = fn(&View<'_>) -> Ruling, Shown = Example> {
    /// Its id, after `token/` or `key/`.
    pub id: &'static str,
    /// The finding in one sentence.
    pub title: &'static str,
    /// How firmly the clauses speak.
    pub level: Level,
    /// How bad it is.
    pub severity: Severity,
    /// Clauses and advisories.
    pub references: &'static [&'static str],
    /// The weakness.
    pub cwe: Option<u32>,
    /// What to do.
    pub mend: &'static str,
    /// Looks.
    pub judge: Judge,
    /// What breaks it.
    pub falls: Shown,
    /// What is near to that and does not.
    pub clean: Shown,
}

/// What a rule says of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// It holds.
    Holds,
    /// It is broken, in these ways.
    Broken(Vec<Hit>),
    /// It cannot be told without this.
    Needs(Need),
    /// It is not about such a token.
    Silent,
}

/// One way in which a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The part or the member.
    pub place: String,
    /// What is seen.
    pub seen: String,
    /// Where it is worse or less bad than the rule says.
    pub severity: Option<Severity>,
    /// Where the clause speaks otherwise of this.
    pub level: Option<Level>,
}

impl Hit {
    /// At this part or member.
    pub fn at(place: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { place: place.into(), seen: seen.into(), severity: None, level: None }
    }

    /// As bad as this.
    #[must_use]
    pub fn severity(self, severity: Severity) -> Self {
        Self { severity: Some(severity), ..self }
    }

    /// Said as firmly as this.
    #[must_use]
    pub fn level(self, level: Level) -> Self {
        Self { level: Some(level), ..self }
    }
}

/// What a rule can lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// The content of an encrypted token.
    Content,
    /// How long a token may live.
    LongestLifetime,
    /// The wish that secrets be tried.
    Guesses,
}

impl Need {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Content => "a key that opens the token",
            Self::LongestLifetime => "how long a token may live",
            Self::Guesses => "leave to try well-known secrets",
        }
    }
}

/// What a rule looks at.
#[derive(Debug)]
pub struct View<'a> {
    /// The token.
    pub token: &'a Token,
    /// The header of each who signed it or may open it.
    pub headers: Vec<Json>,
    /// What the audit was told.
    pub settings: Settings,
}

impl<'a> View<'a> {
    /// Of this token.
    pub fn new(token: &'a Token, settings: Settings) -> Self {
        Self { token, headers: token.headers(), settings }
    }

    /// Broken by each header for which this says how.
    pub fn each_header(&self, judge: impl Fn(&Json) -> Option<Hit>) -> Ruling {
        broken(self.headers.iter().filter_map(judge).collect())
    }

    /// The claims; or why there are none to look at.
    pub fn claims(&self) -> Result<&'a Json, Ruling> {
        match self.token.claims() {
            Some(claims) => Ok(claims),
            None if self.token.is_encrypted() && self.token.opened.is_none() => Err(Ruling::Needs(Need::Content)),
            None => Err(Ruling::Silent),
        }
    }

    /// Whether it is a proof of possession: it brings its key, has claims of its own, and is good for one request.
    pub fn is_proof(&self) -> bool {
        self.typ().is_some_and(|typ| PROOFS.contains(&typ.as_str()))
    }

    /// The algorithm of a signature that the reference verifier knows.
    pub fn algorithm(&self, of: usize) -> Option<Algorithm> {
        text(self.headers.get(of)?, "alg")?.parse().ok()
    }

    /// The `typ`, as a media type without `application/`, of the first header.
    pub fn typ(&self) -> Option<String> {
        let typ = text(self.headers.first()?, "typ")?.to_ascii_lowercase();
        Some(typ.strip_prefix("application/").unwrap_or(&typ).to_owned())
    }
}

/// The text of a member.
pub(super) fn text<'a>(object: &'a Json, name: &str) -> Option<&'a str> {
    object.member(name)?.as_str()
}

/// The members of these names that are there and not what they should be.
pub(super) fn wrongly_typed<'n>(
    object: &'n Json,
    part: &'n str,
    names: &'n [&'n str],
    wants: &'n str,
    fits: impl Fn(&Json) -> bool + 'n,
) -> impl Iterator<Item = Hit> + 'n {
    let wrong = names.iter().filter(move |name| object.member(name).is_some_and(|value| !fits(value)));
    wrong.map(move |name| Hit::at(format!("{part} {name}"), format!("`{name}` is no {wants}")))
}

/// Kinds of tokens that bring their key because they prove that its holder made them (RFC 9449 §4.2).
const PROOFS: [&str; 3] = ["dpop+jwt", "kb+jwt", "openid4vci-proof+jwt"];

/// A name without case and marks: `Pass-Word` is `password`.
pub(super) fn plain(name: &str) -> String {
    name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Broken where there is a hit.
pub(super) fn broken(hits: Vec<Hit>) -> Ruling {
    if hits.is_empty() { Ruling::Holds } else { Ruling::Broken(hits) }
}

/// A token in a rule's table.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The header.
    header: &'static str,
    /// The payload.
    payload: &'static str,
    /// The whole, where it is not made of those.
    whole: Option<&'static str>,
    /// The segments after the header, where it is encrypted or signed otherwise.
    rest: Option<&'static str>,
    /// The secret that makes its MAC; else the signature is as wide as one, and zero.
    secret: Option<&'static str>,
    /// So many octets of white space stand before the claims.
    filled: usize,
    /// What the audit is told.
    settings: Settings,
}

impl Example {
    /// With this header and sound claims.
    pub const fn header(header: &'static str) -> Self {
        Self { header, ..Self::claims(SOUND_CLAIMS) }
    }

    /// With a sound header and these claims.
    pub const fn claims(payload: &'static str) -> Self {
        let settings = Settings { now: NOW, longest_lifetime: None, guesses: false, carrier: Carrier::Unknown };
        Self { header: SOUND_HEADER, payload, whole: None, rest: None, secret: None, filled: 0, settings }
    }

    /// This text.
    pub const fn whole(text: &'static str) -> Self {
        Self { whole: Some(text), ..Self::claims(SOUND_CLAIMS) }
    }

    /// With these claims.
    #[must_use]
    pub const fn and_claims(self, payload: &'static str) -> Self {
        Self { payload, ..self }
    }

    /// With this after the header.
    #[must_use]
    pub const fn rest(self, rest: &'static str) -> Self {
        Self { rest: Some(rest), ..self }
    }

    /// Signed with this secret, and secrets are tried.
    #[must_use]
    pub const fn guessed(self, secret: &'static str) -> Self {
        let settings = Settings { guesses: true, ..self.settings };
        Self { secret: Some(secret), settings, ..self }
    }

    /// With so many octets before the claims.
    #[must_use]
    pub const fn filled(self, octets: usize) -> Self {
        Self { filled: octets, ..self }
    }

    /// Under a policy with a longest lifetime.
    #[must_use]
    pub const fn lasting(self, seconds: i64) -> Self {
        let settings = Settings { longest_lifetime: Some(seconds), ..self.settings };
        Self { settings, ..self }
    }

    /// Carried like this.
    #[must_use]
    pub const fn carried(self, carrier: Carrier) -> Self {
        let settings = Settings { carrier, ..self.settings };
        Self { settings, ..self }
    }

    /// What the audit is told with it.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// The text.
    pub fn text(&self) -> String {
        if let Some(whole) = self.whole {
            return whole.to_owned();
        }
        let header = URL_SAFE_NO_PAD.encode(self.header);
        if let Some(rest) = self.rest {
            return format!("{header}.{rest}");
        }
        let input = format!("{header}.{}", URL_SAFE_NO_PAD.encode(" ".repeat(self.filled) + self.payload));
        let algorithm = Json::parse(self.header.as_bytes()).ok().and_then(|header| text(&header, "alg")?.parse().ok());
        let signature = match (algorithm, self.secret) {
            (Some(algorithm), Some(secret)) => mac(algorithm, secret.as_bytes(), input.as_bytes()).unwrap_or_default(),
            (Some(algorithm), None) => vec![0; writing::width(algorithm).unwrap_or(256)],
            (None, _) => vec![0; 64],
        };
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The clock of the examples, in Unix seconds: 14 November 2023.
pub const NOW: i64 = 1_700_000_000;

/// A header that breaks no rule.
pub(super) const SOUND_HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// Claims that break no rule.
pub(super) const SOUND_CLAIMS: &str =
    r#"{"iss":"https://issuer.example","sub":"user-1","aud":"orders","iat":1699999700,"exp":1700000600,"jti":"id-1"}"#;

/// Every rule.
pub static RULES: &[&Rule] = &[
    &writing::SEGMENTS,
    &writing::ENCODING,
    &writing::JSON_STRICT,
    &writing::REPEATED_NAME,
    &writing::SIGNATURE_EMPTY,
    &writing::SIGNATURE_WIDTH,
    &writing::JSON_SERIALISATION,
    &writing::HIDDEN_CHARACTERS,
    &writing::TOO_LARGE,
    &writing::IN_URL,
    &header::ALG_NONE,
    &header::ALG_MISSING,
    &header::ALG_UNKNOWN,
    &header::ALG_DISCOURAGED,
    &header::KEY_IN_TOKEN,
    &header::PRIVATE_KEY,
    &header::KEY_BY_URL,
    &header::KEY_BY_CERTIFICATE,
    &header::KID_DANGEROUS,
    &header::HEADER_TYPE,
    &header::TYP_MISSING,
    &header::CRIT,
    &header::B64_FALSE,
    &header::ZIP,
    &header::PASSWORD_ROUNDS,
    &header::UNPROTECTED,
    &claims::EXP_MISSING,
    &claims::AUD_MISSING,
    &claims::ISS_MISSING,
    &claims::JTI_MISSING,
    &claims::CLAIM_TYPE,
    &claims::MILLISECONDS,
    &claims::ORDER,
    &claims::EXPIRED,
    &claims::NOT_YET,
    &claims::ISSUED_LATER,
    &claims::LIFETIME,
    &claims::LONG_LIVED,
    &claims::AUDIENCE_OF_ALL,
    &claims::ACCESS_TOKEN,
    &claims::SECRET_CLAIM,
    &claims::PERSONAL_CLAIM,
    &claims::INEXACT_NUMBER,
    &guess::WEAK_SECRET,
];
