//! What a target did: a verdict, or a fault, and its cost.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::words::words;

/// The claims as the application is handed them: all members of the payload object.
///
/// ```
/// use token_assay_model::Claims;
///
/// let claims = |text: &str| Claims::parse(text.as_bytes()).expect("it is an object");
/// assert!(claims(r#"{"sub":"alice","exp":1}"#).same_as(&claims(r#"{"exp":1e0,"sub":"alice"}"#)));
/// assert!(!claims(r#"{"exp":1}"#).same_as(&claims(r#"{"exp":"1"}"#)));
/// assert_eq!(Claims::parse(br#"["alice"]"#), None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Claims(pub Map<String, Value>);

impl Claims {
    /// Reads a payload's text; nothing where it is no JSON object.
    pub fn parse(text: &[u8]) -> Option<Self> {
        match serde_json::from_slice(text) {
            Ok(Value::Object(members)) => Some(Self(members)),
            _ => None,
        }
    }

    /// Whether both say the same: member by member, numbers by value (`1`, `1.0` and `1e0` are one number), the order of
    /// members not counted, and the audiences as a set, one with brackets or without (RFC 7519 §4.1.3).
    pub fn same_as(&self, other: &Self) -> bool {
        self.differing(other).is_empty()
    }

    /// The names of members that differ or stand in one of the two only.
    ///
    /// ```
    /// use token_assay_model::Claims;
    ///
    /// let claims = |text: &str| Claims::parse(text.as_bytes()).expect("it is an object");
    /// let (one, other) = (claims(r#"{"sub":"alice","exp":1,"aud":"a"}"#), claims(r#"{"sub":"bob","exp":1.0,"aud":["a"]}"#));
    /// assert_eq!(one.differing(&other), ["sub"]);
    /// ```
    pub fn differing(&self, other: &Self) -> Vec<String> {
        let names: std::collections::BTreeSet<&String> = self.0.keys().chain(other.0.keys()).collect();
        let differs = |name: &&&String| match (self.0.get(**name), other.0.get(**name)) {
            (Some(a), Some(b)) if name.as_str() == "aud" => !same_audiences(a, b),
            (Some(a), Some(b)) => !same(a, b),
            _ => true,
        };
        names.iter().filter(differs).map(|name| (*name).clone()).collect()
    }
}

impl Claims {
    /// The same for people to read: of long texts the beginning and the length, of long lists and objects the first members and
    /// how many are left out, nothing of what lies deep inside.
    ///
    /// ```
    /// use token_assay_model::{Claims, Verdict};
    ///
    /// let text = format!(r#"{{"sub":"{}"}}"#, "a".repeat(1_000_000));
    /// let claims = Claims::parse(text.as_bytes()).expect("it is an object");
    /// let told = claims.clone().in_short();
    /// assert!(told.0["sub"].as_str().is_some_and(|sub| sub.ends_with("a… (1000000 octets)")));
    /// assert_eq!(Verdict::accept(claims.0).in_short(), Verdict::accept(told.0));
    /// ```
    #[must_use]
    pub fn in_short(self) -> Self {
        match in_short(Value::Object(self.0), 0) {
            Value::Object(members) => Self(members),
            _ => Self::default(),
        }
    }
}

fn in_short(value: Value, depth: usize) -> Value {
    match value {
        Value::String(text) => text_in_short(text).into(),
        Value::Array(_) | Value::Object(_) if depth == DEEPEST => "…".into(),
        Value::Array(members) => {
            let left = members.len().saturating_sub(MOST_MEMBERS);
            let shown = members.into_iter().take(MOST_MEMBERS).map(|member| in_short(member, depth + 1));
            shown.chain((left > 0).then(|| format!("… ({left} more)").into())).collect()
        }
        Value::Object(members) => {
            let left = members.len().saturating_sub(MOST_MEMBERS);
            let mut members: Vec<(String, Value)> = members.into_iter().collect();
            if left > 0 {
                // The same ones are left of the same members in another order.
                members.sort_by(|(one, _), (other, _)| one.cmp(other));
            }
            let shown = members.into_iter().take(MOST_MEMBERS).map(|(name, value)| (name, in_short(value, depth + 1)));
            let more = (left > 0).then(|| ("…".to_owned(), format!("{left} more").into()));
            Value::Object(shown.chain(more).collect())
        }
        other => other,
    }
}

fn text_in_short(text: String) -> String {
    if text.len() <= LONGEST_TEXT {
        return text;
    }
    let shown = (0..=LONGEST_TEXT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    format!("{}… ({} octets)", &text[..shown], text.len())
}

/// In octets.
const LONGEST_TEXT: usize = 1024;

const MOST_MEMBERS: usize = 64;

const DEEPEST: usize = 16;

fn same_audiences(a: &Value, b: &Value) -> bool {
    let all = |audience: &Value| match audience {
        Value::Array(values) => values.clone(),
        one => vec![one.clone()],
    };
    let (a, b) = (all(a), all(b));
    let within = |these: &[Value], those: &[Value]| these.iter().all(|one| those.iter().any(|other| same(one, other)));
    within(&a, &b) && within(&b, &a)
}

fn same_members(a: &Map<String, Value>, b: &Map<String, Value>) -> bool {
    a.len() == b.len() && a.iter().all(|(name, value)| b.get(name).is_some_and(|other| same(value, other)))
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) if x.is_f64() && y.is_f64() => near(x.as_f64(), y.as_f64()),
        (Value::Number(x), Value::Number(y)) => x == y || (x.as_f64() == y.as_f64() && (x.is_f64() || y.is_f64())),
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        (Value::Object(x), Value::Object(y)) => same_members(x, y),
        _ => a == b,
    }
}

/// Whether two readings of one fraction are these: `serde_json` may be a unit in the last place off, each time it reads.
fn near(x: Option<f64>, y: Option<f64>) -> bool {
    let (Some(x), Some(y)) = (x, y) else { return x == y };
    x == y || (x - y).abs() <= x.abs() * 4.0 * f64::EPSILON
}

/// What a verifier answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// It accepted, and handed this to the application.
    Accept {
        /// All claims.
        claims: Claims,
        /// The header, where the library returns it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        header: Option<Map<String, Value>>,
    },
    /// It refused.
    Reject {
        /// Its reason in our words, where it can be told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
        /// Its reason in its own words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        detail: String,
    },
    /// It cannot obey the policy; a skip, never a pass.
    Unsupported {
        /// The capability it lacks.
        feature: String,
    },
}

impl Verdict {
    /// A refusal.
    ///
    /// ```
    /// use token_assay_model::{Reason, Verdict};
    ///
    /// assert_eq!(Verdict::reject(Reason::Expired, "ExpiredSignature").to_string(), "reject (expired)");
    /// // Where what it says tells no reason, none is given.
    /// assert_eq!(Verdict::reject(None, "InvalidToken").to_string(), "reject");
    /// ```
    pub fn reject(reason: impl Into<Option<Reason>>, detail: impl Into<String>) -> Self {
        Self::Reject { reason: reason.into(), detail: detail.into() }
    }

    /// A skip for want of this capability.
    ///
    /// ```
    /// use token_assay_model::Verdict;
    ///
    /// assert_eq!(Verdict::unsupported("ES256K").to_string(), "unsupported (ES256K)");
    /// ```
    pub fn unsupported(feature: impl fmt::Display) -> Self {
        Self::Unsupported { feature: feature.to_string() }
    }

    /// The same for people to read: see [`Claims::in_short`].
    #[must_use]
    pub fn in_short(self) -> Self {
        match self {
            Self::Accept { claims, header } => {
                Self::Accept { claims: claims.in_short(), header: header.map(|header| Claims(header).in_short().0) }
            }
            Self::Reject { reason, detail } => Self::Reject { reason, detail: text_in_short(detail) },
            other @ Self::Unsupported { .. } => other,
        }
    }

    /// An acceptance with these claims.
    ///
    /// ```
    /// use token_assay_model::{Claims, Expectation, Verdict};
    ///
    /// let signed = Claims::parse(br#"{"sub":"alice","exp":1700000600}"#).expect("it is an object");
    /// let expectation = Expectation::Accept { claims: signed.clone() };
    /// assert!(expectation.admits(&Verdict::accept(signed.0)));
    /// // A verifier that accepts and hands on other claims is wrong too.
    /// assert!(!expectation.admits(&Verdict::accept(Default::default())));
    /// ```
    pub fn accept(claims: Map<String, Value>) -> Self {
        Self::Accept { claims: Claims(claims), header: None }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accept { .. } => f.write_str("accept"),
            Self::Reject { reason: Some(reason), .. } => write!(f, "reject ({reason})"),
            Self::Reject { reason: None, .. } => f.write_str("reject"),
            Self::Unsupported { feature } => write!(f, "unsupported ({feature})"),
        }
    }
}

words! {
    /// Why a token was refused, in the words of PROTOCOL.md.
    Reason, "reason";
    /// No token at all, or one whose parts cannot be read.
    Malformed = "malformed",
    /// The algorithm is not allowed, not known, or missing.
    Algorithm = "algorithm",
    /// No key, or one that does not fit.
    Key = "key",
    /// The signature is wrong.
    Signature = "signature",
    /// `exp` or the longest age has passed.
    Expired = "expired",
    /// `nbf`, or `iat`, lies ahead.
    NotYetValid = "not-yet-valid",
    /// `iss` is another, or missing.
    Issuer = "issuer",
    /// `aud` is another, or missing.
    Audience = "audience",
    /// `sub` is another.
    Subject = "subject",
    /// `crit` names what is not understood, or is malformed.
    Critical = "critical",
    /// `typ` is another.
    Type = "type",
    /// A required claim is missing, or a claim has the wrong type.
    MissingClaim = "missing-claim",
    /// The token was revoked.
    Revoked = "revoked",
    /// Anything else.
    Other = "other",
}

/// What a verifier did instead of answering.
///
/// ```
/// use std::time::Duration;
/// use token_assay_model::{Answer, Fault, Observation, Reason, Verdict};
///
/// let fault = Fault::Panic("index out of bounds".to_owned());
/// assert_eq!((fault.as_str(), fault.detail()), ("panic", "index out of bounds"));
/// let seen = Observation { answer: fault.into(), elapsed: Duration::from_micros(3) };
/// assert_eq!(seen.answer.to_string(), "panic: index out of bounds");
/// // A panic refuses nothing.
/// assert_ne!(seen.answer, Answer::from(Verdict::reject(Reason::Malformed, "index out of bounds")));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "fault", content = "detail", rename_all = "kebab-case")]
pub enum Fault {
    /// It panicked, or raised what it does not document.
    Panic(String),
    /// Its process ended.
    Crash(String),
    /// It did not answer in time.
    Hang(String),
    /// It answered nonsense.
    Garbage(String),
}

impl Fault {
    /// The kind in one word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Panic(_) => "panic",
            Self::Crash(_) => "crash",
            Self::Hang(_) => "hang",
            Self::Garbage(_) => "garbage",
        }
    }

    /// What was seen of it.
    pub fn detail(&self) -> &str {
        match self {
            Self::Panic(detail) | Self::Crash(detail) | Self::Hang(detail) | Self::Garbage(detail) => detail,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.detail() {
            "" => f.write_str(self.as_str()),
            detail => write!(f, "{}: {detail}", self.as_str()),
        }
    }
}

/// A verdict or a fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It answered.
    Verdict(Verdict),
    /// It did not.
    Fault(Fault),
}

impl From<Verdict> for Answer {
    fn from(verdict: Verdict) -> Self {
        Self::Verdict(verdict)
    }
}

impl From<Fault> for Answer {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verdict(verdict) => verdict.fmt(f),
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

/// What a target did with one request, and what it cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// What it did.
    pub answer: Answer,
    /// How long it took, measured where the verifier runs.
    pub elapsed: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(text: &str) -> Claims {
        Claims::parse(text.as_bytes()).expect("an object")
    }

    #[test]
    fn what_is_long_is_told_in_short_and_what_is_short_as_it_is() {
        let short = serde_json::json!({"sub": "user-1", "roles": ["a", {"b": [1.5, null]}]});
        let Value::Object(members) = short else { panic!("an object") };
        assert_eq!(Claims(members.clone()).in_short(), Claims(members));
        let deep = (0..1000).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        let many: Map<String, Value> = (0..100).map(|number| (format!("m{number:03}"), Value::Null)).collect();
        let text = "é".repeat(600_000);
        let long = serde_json::json!({"deep": deep, "many": many, "list": vec![0; 100_000], "text": text});
        let Value::Object(members) = long else { panic!("an object") };
        let told = Verdict::Accept { claims: Claims(members.clone()), header: Some(members) }.in_short();
        assert!(serde_json::to_string(&told).expect("JSON").len() < 10_000, "{told:?}");
        let Verdict::Accept { claims, .. } = told else { panic!("it is an acceptance still") };
        assert!(claims.0["text"].as_str().is_some_and(|text| text.ends_with("é… (1200000 octets)")));
        assert_eq!(claims.0["list"].as_array().and_then(|list| list.last()?.as_str()), Some("… (99936 more)"));
        assert_eq!(claims.0["many"]["…"], "36 more");
        let in_order = |numbers: &mut dyn Iterator<Item = usize>| {
            Claims(numbers.map(|number| (format!("m{number:03}"), number.into())).collect()).in_short()
        };
        assert!(in_order(&mut (0..100)).same_as(&in_order(&mut (0..100).rev())), "order is nothing");
        let told = Verdict::reject(None, "x".repeat(5000)).in_short();
        assert!(matches!(told, Verdict::Reject { detail, .. } if detail.ends_with("x… (5000 octets)")));
    }

    #[test]
    fn a_fraction_that_is_written_and_read_again_is_the_same() {
        let mut digits = 0x9e37_79b9_7f4a_7c15_u64;
        for exponent in -200..200 {
            digits = digits.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            let once = claims(&format!(r#"{{"a":1.{digits}e{exponent}}}"#));
            let again = claims(&serde_json::to_string(&once).expect("claims are JSON"));
            assert!(once.same_as(&again), "{once:?} and {again:?}");
        }
    }

    #[test]
    fn claims_are_compared_by_value_and_not_by_spelling() {
        assert!(claims(r#"{"exp":1,"sub":"a"}"#).same_as(&claims(r#"{"sub":"a","exp":1.0}"#)));
        assert!(!claims(r#"{"exp":1}"#).same_as(&claims(r#"{"exp":"1"}"#)));
        assert!(!claims(r#"{"a":null}"#).same_as(&claims("{}")));
        assert!(!claims(r#"{"a":9007199254740993}"#).same_as(&claims(r#"{"a":9007199254740992}"#)));
        assert!(!claims(r#"{"a":9007199254740995}"#).same_as(&claims(r#"{"a":9007199254740992.0}"#)));
        assert!(!claims(r#"{"a":0.1}"#).same_as(&claims(r#"{"a":0.100000001}"#)));
        assert!(claims(r#"{"aud":["a"]}"#).same_as(&claims(r#"{"aud":"a"}"#)));
        assert!(claims(r#"{"aud":["a","b","a"]}"#).same_as(&claims(r#"{"aud":["b","a"]}"#)));
        assert!(!claims(r#"{"aud":["a","b"]}"#).same_as(&claims(r#"{"aud":["a"]}"#)));
        assert!(!claims(r#"{"amr":["a"]}"#).same_as(&claims(r#"{"amr":"a"}"#)));
        assert_eq!(claims(r#"{"a":1,"b":2}"#).differing(&claims(r#"{"b":3}"#)), ["a", "b"]);
    }
}
