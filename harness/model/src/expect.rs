//! What the standard says of a case, how firmly, and where.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cookie::{self, Octets, Pair};
use crate::verdict::{Claims, Reason, Verdict};
use crate::words::words;

/// What the standard says a verifier does with a case.
///
/// ```
/// use token_assay_model::{Expectation, Reason, Verdict};
///
/// let expectation = Expectation::Reject { reason: Reason::Expired };
/// assert!(!expectation.admits(&Verdict::accept(Default::default())));
/// // To refuse for another reason is a note, and to lack a capability is a skip: neither is a failure.
/// assert!(expectation.admits(&Verdict::reject(Reason::Signature, "InvalidSignature")));
/// assert!(expectation.admits(&Verdict::unsupported("clock")));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expectation {
    /// Accept, and hand these claims to the application.
    Accept {
        /// All claims, as signed.
        claims: Claims,
    },
    /// Refuse.
    Reject {
        /// Why; another reason than this is a note, never a failure.
        reason: Reason,
    },
    /// Refuse, or read the last of two members with one name (RFC 7515 §4, RFC 7519 §4): these claims.
    RejectOrLast {
        /// The claims under last-wins.
        claims: Claims,
    },
    /// Any verdict, but within a budget and without a fault.
    Bounded {
        /// The longest time that is no finding, in milliseconds.
        milliseconds: u64,
    },
    /// Any verdict within a budget, and the time grows with the input, not faster.
    Linear {
        /// The longest time that is no finding, in milliseconds.
        milliseconds: u64,
        /// How many times as long the input is as the first of its series.
        times: u32,
    },
    /// Read cookies, and of what is read this holds.
    Cookies(Cookies),
    /// The standard leaves the choice.
    Either {
        /// Why it does.
        because: String,
    },
}

impl Expectation {
    /// Whether this verdict is what the standard says. The claims of an accept count; a reason does not.
    pub fn admits(&self, verdict: &Verdict) -> bool {
        match (self, verdict) {
            (_, Verdict::Unsupported { .. }) => true,
            (Self::Accept { claims }, Verdict::Accept { claims: returned, .. })
            | (Self::RejectOrLast { claims }, Verdict::Accept { claims: returned, .. }) => claims.same_as(returned),
            (Self::Accept { .. }, Verdict::Reject { .. }) | (Self::Reject { .. }, Verdict::Accept { .. }) => false,
            (Self::Reject { .. } | Self::RejectOrLast { .. }, Verdict::Reject { .. }) => true,
            (Self::Cookies(cookies), verdict) => cookies.admits(verdict),
            (Self::Bounded { .. } | Self::Linear { .. } | Self::Either { .. }, _) => true,
        }
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accept { .. } => f.write_str("accept"),
            Self::Reject { reason } => write!(f, "reject ({reason})"),
            Self::RejectOrLast { .. } => f.write_str("reject, or the last of the two"),
            Self::Bounded { milliseconds } => write!(f, "any verdict within {milliseconds} ms"),
            Self::Linear { milliseconds, .. } => write!(f, "any verdict within {milliseconds} ms, in linear time"),
            Self::Cookies(cookies) => cookies.fmt(f),
            Self::Either { .. } => f.write_str("either"),
        }
    }
}

/// What holds of the cookies that are read from a header.
///
/// ```
/// use token_assay_model::expect::{Absent, Cookies, Present};
/// use token_assay_model::{Pair, Verdict, cookie};
///
/// let cookies = Cookies {
///     present: vec![Present { name: "theme".into(), values: vec!["dark".into()] }],
///     absent: vec![Absent { name: Some("__Host-sid".into()), value: None }],
///     ..Cookies::default()
/// };
/// let theme = Pair::new("theme", "dark");
/// assert!(cookies.hold(std::slice::from_ref(&theme)));
/// let read = [Pair::new("__Host-sid", "planted"), theme];
/// assert_eq!(cookies.unwanted(&read), Some(&read[0]));
/// assert_eq!(cookies.missing(&read[..1]), Some(&cookies.present[0]));
/// assert!(!cookies.admits(&Verdict::accept(cookie::claims(&read).0)));
/// // Whether the whole header may be refused is said apart.
/// assert!(!cookies.admits(&Verdict::reject(None, "bad request")));
/// assert!(cookies.guards() && cookies.asks_about(&"theme".into()) && !cookies.asks_about(&"lang".into()));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cookies {
    /// Each of these is among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub present: Vec<Present>,
    /// None of these is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<Absent>,
    /// Whether the header as a whole may be refused instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refusal: bool,
    /// What the standard leaves open of it, and so what targets are compared in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
}

/// A cookie that is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Present {
    /// Its name.
    pub name: Octets,
    /// Its value: any one of these, where the standard leaves how it is read.
    pub values: Vec<Octets>,
}

/// A cookie that is not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Absent {
    /// Its name; absent for a value that stands under no name at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Octets>,
    /// Its value; absent for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Octets>,
}

impl Absent {
    fn is(&self, pair: &Pair) -> bool {
        self.name.as_ref().is_none_or(|name| *name == pair.0)
            && self.value.as_ref().is_none_or(|value| *value == pair.1)
    }
}

impl Cookies {
    /// Whether this answer is what it says.
    pub fn admits(&self, verdict: &Verdict) -> bool {
        match verdict {
            Verdict::Accept { claims, .. } => cookie::pairs(claims).is_some_and(|pairs| self.hold(&pairs)),
            Verdict::Reject { .. } => self.refusal,
            Verdict::Unsupported { .. } => true,
        }
    }

    /// Whether it says anything of cookies of this name.
    pub fn asks_about(&self, name: &Octets) -> bool {
        let absent = |absent: &Absent| absent.name.as_ref().is_none_or(|absent| absent == name);
        self.present.iter().any(|present| present.name == *name) || self.absent.iter().any(absent)
    }

    /// Whether it says first of all what must not be read: a cookie that is missing is then another, lesser thing than the
    /// row is about.
    pub fn guards(&self) -> bool {
        !self.absent.is_empty()
    }

    /// Whether it holds of these.
    pub fn hold(&self, pairs: &[Pair]) -> bool {
        self.missing(pairs).is_none() && self.unwanted(pairs).is_none()
    }

    /// The first cookie that is not among these and must be.
    pub fn missing(&self, pairs: &[Pair]) -> Option<&Present> {
        let read = |wanted: &Present| pairs.iter().any(|pair| pair.0 == wanted.name && wanted.values.contains(&pair.1));
        self.present.iter().find(|wanted| !read(wanted))
    }

    /// The first of these that must not be.
    pub fn unwanted<'p>(&self, pairs: &'p [Pair]) -> Option<&'p Pair> {
        pairs.iter().find(|pair| self.absent.iter().any(|absent| absent.is(pair)))
    }
}

impl fmt::Display for Cookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = |present: &Present| {
            let values: Vec<String> = present.values.iter().map(|value| shortened(&value.to_string())).collect();
            format!("{}={}", present.name, values.join(" or "))
        };
        let any =
            |octets: &Option<Octets>| octets.as_ref().map_or("…".to_owned(), |octets| shortened(&octets.to_string()));
        let mut parts: Vec<String> = self.present.iter().map(values).collect();
        parts.extend(self.absent.iter().map(|absent| format!("no {}={}", any(&absent.name), any(&absent.value))));
        if self.refusal {
            parts.push("or a refusal of the header".to_owned());
        }
        f.write_str(&parts.join(", "))
    }
}

/// A value may be as long as a header.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

words! {
    /// How firmly the standard says it (RFC 2119). This is not severity.
    ///
    /// ```
    /// use token_assay_model::Level;
    ///
    /// // The firmest is the least: `--level should` is all up to it.
    /// let asked: Level = "should".parse().expect("RFC 2119 names it");
    /// assert!(Level::Must <= asked && asked < Level::May);
    /// ```
    Level, "level";
    /// An absolute requirement.
    Must = "must",
    /// A recommendation.
    Should = "should",
    /// A choice that the standard leaves.
    May = "may",
}

/// Where an expectation comes from: `RFC 7519 §4.1.4`, `CVE-2015-9235`, or a named document.
///
/// ```
/// use token_assay_model::Reference;
///
/// let page = |text: &str| Reference(text.to_owned()).url();
/// assert_eq!(page("RFC 7519 §4.1.4").as_deref(), Some("https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4"));
/// assert_eq!(page("the manual"), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Reference(pub String);

impl Reference {
    /// The page of an RFC section, a CVE, a GitHub advisory or a CWE; nothing for other documents.
    pub fn url(&self) -> Option<String> {
        let text = self.0.as_str();
        if let Some(rest) = text.strip_prefix("RFC ") {
            let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let section: String = rest
                .split_once('§')
                .map(|(_, s)| s.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '.').collect())
                .unwrap_or_default();
            let anchor = match section.trim_end_matches('.') {
                "" => String::new(),
                s if s.starts_with(|c: char| c.is_ascii_digit()) => format!("#section-{s}"),
                s => format!("#appendix-{s}"),
            };
            return (!number.is_empty()).then(|| format!("https://www.rfc-editor.org/rfc/rfc{number}{anchor}"));
        }
        let first = text.split_whitespace().next().unwrap_or_default();
        if first.starts_with("CVE-") {
            return Some(format!("https://www.cve.org/CVERecord?id={first}"));
        }
        if first.starts_with("GHSA-") {
            return Some(format!("https://github.com/advisories/{first}"));
        }
        let cwe = first.strip_prefix("CWE-")?;
        Some(format!("https://cwe.mitre.org/data/definitions/{cwe}.html"))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_knows_the_page_of_its_section() {
        let url = |text: &str| Reference(text.to_owned()).url();
        assert_eq!(url("RFC 7519 §4.1.4").unwrap(), "https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4");
        assert_eq!(url("RFC 7515 §A.1").unwrap(), "https://www.rfc-editor.org/rfc/rfc7515#appendix-A.1");
        assert_eq!(url("RFC 6455").unwrap(), "https://www.rfc-editor.org/rfc/rfc6455");
        assert_eq!(url("CVE-2015-9235").unwrap(), "https://www.cve.org/CVERecord?id=CVE-2015-9235");
        assert_eq!(url("CWE-347").unwrap(), "https://cwe.mitre.org/data/definitions/347.html");
        assert_eq!(url("draft-ietf-oauth-rfc8725bis §3.1"), None);
    }
}
