//! What a rule of the audit is, and the list of them. A rule looks at an exchange and says that it holds, where it does not,
//! or what would have to be known; each carries an exchange that breaks it and a near one that does not. Never a pass without
//! a look.

use token_assay_model::{Level, Severity};

use super::exchange::{Exchange, Policy, Seen};
use super::place::Place;
use super::response::Response;
use super::{attributes, contents, entropy, lifetime, logout, responses, scope};

/// A row of the catalogue, made executable.
#[derive(Debug)]
pub struct Rule {
    /// The catalogue's id.
    pub id: &'static str,
    /// The finding in one sentence.
    pub title: &'static str,
    /// What it is found in.
    pub construction: &'static str,
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
    pub judge: fn(&View<'_>) -> Ruling,
    /// An exchange that breaks it.
    pub falls: Example,
    /// One near to that which does not.
    pub clean: Example,
}

/// What a rule says of an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// It holds.
    Holds,
    /// It is broken, in these ways.
    Broken(Vec<Hit>),
    /// It cannot be told without this.
    Needs(Need),
}

/// One way in which a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The line, by its place among the lines; none where it is about the response.
    pub line: Option<usize>,
    /// What is seen, without octets of a session id.
    pub seen: String,
    /// Where it is less bad than the rule says.
    pub severity: Option<Severity>,
    /// Where the clause speaks less firmly of this.
    pub level: Option<Level>,
}

impl Hit {
    /// In this line.
    pub fn line(line: usize, seen: impl Into<String>) -> Self {
        Self { line: Some(line), seen: seen.into(), severity: None, level: None }
    }

    /// In the response.
    pub fn response(seen: impl Into<String>) -> Self {
        Self { line: None, seen: seen.into(), severity: None, level: None }
    }

    /// Less bad than the rule says.
    #[must_use]
    pub fn severity(self, severity: Severity) -> Self {
        Self { severity: Some(severity), ..self }
    }

    /// Said less firmly.
    #[must_use]
    pub fn level(self, level: Level) -> Self {
        Self { level: Some(level), ..self }
    }
}

/// What a rule can lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// A line that sets a session cookie.
    SessionCookie,
    /// The scheme, host and path of the request.
    Url,
    /// The header fields of the response.
    Response,
    /// Its body, as text.
    Body,
    /// A body with a form that posts.
    Form,
    /// The response to the logout.
    Logout,
    /// The path of the logout, or Path in its lines.
    LogoutPath,
    /// Whether other applications share the host.
    SharedHost,
    /// How long a session may last.
    LongestLifetime,
    /// Session ids.
    Sample,
}

impl Need {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SessionCookie => "a line that sets a session cookie",
            Self::Url => "the URL of the request",
            Self::Response => "the header fields of the response",
            Self::Body => "the body of the response",
            Self::Form => "the body of a page with a form that posts",
            Self::Logout => "the response to the logout",
            Self::LogoutPath => "Path in the lines of the login and the logout",
            Self::SharedHost => "to know that other applications share the host",
            Self::LongestLifetime => "the longest lifetime that the policy allows",
            Self::Sample => "a sample of session ids",
        }
    }
}

/// What a rule looks at.
#[derive(Debug)]
pub struct View<'a> {
    /// All that was given.
    pub exchange: &'a Exchange,
    /// Its lines, read.
    pub cookies: &'a [Seen],
    /// The lines of the logout, read.
    pub logout: Option<&'a [Seen]>,
}

impl View<'_> {
    /// The lines that set something, with their places.
    pub fn set(&self) -> impl Iterator<Item = (usize, &Seen)> {
        self.cookies.iter().enumerate().filter(|(_, seen)| !seen.deletes)
    }

    /// The lines that set a session.
    pub fn sessions(&self) -> impl Iterator<Item = (usize, &Seen)> {
        self.set().filter(|(_, seen)| seen.is_session)
    }

    /// Broken by each line for which this says how.
    pub fn each(&self, judge: impl Fn(usize, &Seen) -> Option<Hit>) -> Ruling {
        broken(self.cookies.iter().enumerate().filter_map(|(line, seen)| judge(line, seen)).collect())
    }

    /// Broken by each line that sets a session and for which this says how.
    pub fn each_session(&self, judge: impl Fn(usize, &Seen) -> Option<Hit>) -> Ruling {
        if self.sessions().next().is_none() {
            return Ruling::Needs(Need::SessionCookie);
        }
        broken(self.sessions().filter_map(|(line, seen)| judge(line, seen)).collect())
    }

    /// The response, or that it is needed.
    pub fn response(&self) -> Result<&Response, Ruling> {
        self.exchange.response.as_ref().ok_or(Ruling::Needs(Need::Response))
    }

    /// The body, or that it is needed.
    pub fn body(&self) -> Result<&[u8], Ruling> {
        let body = self.exchange.response.as_ref().and_then(|response| response.body.as_deref());
        body.ok_or(Ruling::Needs(Need::Body))
    }
}

/// Broken where there is a hit.
pub(super) fn broken(hits: Vec<Hit>) -> Ruling {
    if hits.is_empty() { Ruling::Holds } else { Ruling::Broken(hits) }
}

/// An exchange in a rule's table.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The URL of the request, where it is known.
    pub url: Option<&'static str>,
    /// The lines.
    pub lines: &'static [&'static str],
    /// The response as it stood on the wire, with lines of its own.
    pub response: Option<&'static str>,
    /// The response to the logout.
    pub logout: Option<&'static str>,
    /// Session ids.
    pub sample: &'static [&'static str],
    /// The longest lifetime in seconds.
    pub longest_lifetime: Option<i64>,
    /// Whether the host is shared.
    pub has_shared_host: bool,
}

impl Example {
    /// One line, from nobody knows where.
    pub const fn lines(lines: &'static [&'static str]) -> Self {
        Self {
            url: None,
            lines,
            response: None,
            logout: None,
            sample: &[],
            longest_lifetime: None,
            has_shared_host: false,
        }
    }

    /// From this URL.
    #[must_use]
    pub const fn at(self, url: &'static str) -> Self {
        Self { url: Some(url), ..self }
    }

    /// A response.
    pub const fn response(response: &'static str) -> Self {
        Self { response: Some(response), ..Self::lines(&[]) }
    }

    /// And a logout.
    #[must_use]
    pub const fn logout(self, logout: &'static str) -> Self {
        Self { logout: Some(logout), ..self }
    }

    /// Session ids.
    pub const fn sample(sample: &'static [&'static str]) -> Self {
        Self { sample, ..Self::lines(&[]) }
    }

    /// Under a policy with a longest lifetime.
    #[must_use]
    pub const fn lasting(self, seconds: i64) -> Self {
        Self { longest_lifetime: Some(seconds), ..self }
    }

    /// On a host that others share.
    #[must_use]
    pub const fn shared(self) -> Self {
        Self { has_shared_host: true, ..self }
    }

    /// The exchange.
    ///
    /// # Panics
    ///
    /// Where the table is wrong.
    pub fn exchange(&self) -> Exchange {
        let read = |text: &str| Response::read(text.as_bytes()).expect("the table holds responses");
        let exchange = Exchange {
            place: self.url.map_or_else(Place::default, |url| Place::read(url).expect("the table holds URLs")),
            lines: self.lines.iter().map(|line| line.as_bytes().to_vec()).collect(),
            response: None,
            logout: self.logout.map(read),
            sample: self.sample.iter().map(|id| id.as_bytes().to_vec()).collect(),
            policy: Policy {
                longest_lifetime: self.longest_lifetime,
                has_shared_host: self.has_shared_host,
                ..Policy::default()
            },
            now: NOW,
        };
        match self.response {
            Some(response) => exchange.with_response(read(response)),
            None => exchange,
        }
    }

    /// What is most telling of it, in one line.
    pub fn text(&self) -> &'static str {
        match (self.lines, self.logout, self.response, self.sample) {
            ([first, ..], None, ..) => first,
            (_, Some(text), ..) | (_, _, Some(text), _) => text,
            (.., [.., last]) => last,
            _ => "",
        }
    }
}

/// The clock of the examples, in Unix seconds: 14 November 2023.
pub const NOW: i64 = 1_700_000_000;

/// Every rule, in the order of the catalogue; the last is none of its rows.
pub static RULES: &[&Rule] = &[
    &attributes::HTTPONLY_MISSING,
    &attributes::SECURE_MISSING,
    &attributes::SAMESITE_MISSING,
    &attributes::SAMESITE_NONE_INSECURE,
    &attributes::SAMESITE_BAD_VALUE,
    &responses::SAMESITE_NONE_NO_CSRF,
    &scope::DOMAIN_PARENT,
    &scope::DOMAIN_PUBLIC_SUFFIX,
    &scope::DOMAIN_LEADING_DOT,
    &scope::PATH_BROAD,
    &scope::PREFIX_ABSENT,
    &scope::PREFIX_HOST_NONCONFORM,
    &scope::PREFIX_SECURE_NONCONFORM,
    &scope::PREFIX_MISSPELT,
    &lifetime::MAXAGE_TOO_LONG,
    &lifetime::PERSISTENT_SESSION,
    &lifetime::MAXAGE_MALFORMED,
    &lifetime::EXPIRES_MALFORMED,
    &lifetime::EXPIRES_MAXAGE_CONFLICT,
    &logout::DELETE_MISMATCH,
    &logout::DELETE_MISSING,
    &attributes::DUP_ATTRIBUTE,
    &responses::DUP_NAME,
    &attributes::PARTITIONED,
    &responses::CRLF_INJECTION,
    &contents::TOO_LARGE,
    &responses::OVER_PLAIN_HTTP,
    &responses::CACHEABLE_RESPONSE,
    &contents::ID_IN_BODY_OR_URL,
    &contents::PII_IN_COOKIE,
    &contents::TOKEN_LOCALSTORAGE,
    &responses::HSTS_ABSENT,
    &entropy::ID_ENTROPY,
];
