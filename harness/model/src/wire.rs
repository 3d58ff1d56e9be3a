//! The lines of the verifier protocol, version 1 (PROTOCOL.md): one JSON object a line, both ways.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::case::{Capability, Input, Policy};
use crate::verdict::{Answer, Claims, Fault, Reason, Verdict};

/// The version spoken here.
pub const PROTOCOL: u32 = 1;

/// The longest line that is read, in octets; a longer one is garbage.
pub const LINE_LIMIT: usize = 16 << 20;

/// What the harness writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "cmd", rename_all = "lowercase")]
pub enum Command {
    /// Opens the conversation.
    Start {
        /// The version.
        protocol: u32,
    },
    /// Shows one request.
    Verify {
        /// Echoed in the answer.
        seq: u64,
        /// The token.
        input: Input,
        /// What the relying party accepts.
        policy: Box<Policy>,
    },
    /// Ends it.
    Stop,
}

/// What a shim answers to `start`.
///
/// ```
/// use token_assay_model::wire::{Command, Hello, Identity, PROTOCOL};
/// use token_assay_model::{Algorithm, Capability};
///
/// let asked = serde_json::to_string(&Command::Start { protocol: PROTOCOL })?;
/// assert_eq!(asked, r#"{"cmd":"start","protocol":1}"#);
/// let line = r#"{"protocol":1,"target":{"name":"mine","version":"2.0","language":"zig"},"supports":["HS256","magic"]}"#;
/// let hello: Hello = serde_json::from_str(line)?;
/// // A shim may be newer than the harness.
/// assert_eq!(hello.capabilities(), [Capability::from(Algorithm::Hs256)]);
/// let Identity { name, homepage, .. } = hello.target;
/// assert_eq!((name.as_str(), homepage), ("mine", None));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// The version it speaks.
    pub protocol: u32,
    /// Who it is.
    pub target: Identity,
    /// Capability names; those that are not known here are ignored.
    pub supports: Vec<String>,
}

impl Hello {
    /// The capabilities that are known here.
    pub fn capabilities(&self) -> Vec<Capability> {
        self.supports.iter().filter_map(|name| name.parse().ok()).collect()
    }
}

/// Who a shim is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its short name.
    pub name: String,
    /// The library's version.
    pub version: String,
    /// The language.
    pub language: String,
    /// Where the library lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
    /// Where its maintainers are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issues: Option<String>,
}

/// What a shim answers to `verify`.
///
/// ```
/// use token_assay_model::wire::{LINE_LIMIT, Reply};
/// use token_assay_model::{Answer, Fault, Reason, Verdict};
///
/// let line = r#"{"seq":7,"verdict":"reject","reason":"expired"}"#;
/// assert!(line.len() < LINE_LIMIT);
/// let reply: Reply = serde_json::from_str(line)?;
/// assert_eq!(reply, Reply::new(7, Verdict::reject(Reason::Expired, "").into()));
/// assert_eq!(reply.answer(), Answer::Verdict(Verdict::reject(Reason::Expired, "")));
/// // What was handed on belongs to an acceptance.
/// let bare: Reply = serde_json::from_str(r#"{"seq":8,"verdict":"accept"}"#)?;
/// assert_eq!(bare.answer(), Answer::Fault(Fault::Garbage("an accept without claims".to_owned())));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The echoed number.
    pub seq: u64,
    /// `accept`, `reject` or `unsupported`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// With `accept`: all claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<Map<String, Value>>,
    /// With `accept`: the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Map<String, Value>>,
    /// With `reject`: one of the reasons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// With `reject`: the library's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// With `unsupported`: the capability's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature: Option<String>,
    /// An exception that the library does not document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Time inside the verifier in nanoseconds; our own workers say it, other shims need not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nanoseconds: Option<u64>,
}

impl Reply {
    /// The reply that says this.
    pub fn new(seq: u64, answer: Answer) -> Self {
        let empty = Self {
            seq,
            verdict: None,
            claims: None,
            header: None,
            reason: None,
            detail: None,
            feature: None,
            fault: None,
            nanoseconds: None,
        };
        match answer {
            Answer::Verdict(Verdict::Accept { claims, header }) => {
                Self { verdict: Some("accept".to_owned()), claims: Some(claims.0), header, ..empty }
            }
            Answer::Verdict(Verdict::Reject { reason, detail }) => Self {
                verdict: Some("reject".to_owned()),
                reason: reason.map(|r| r.as_str().to_owned()),
                detail: (!detail.is_empty()).then_some(detail),
                ..empty
            },
            Answer::Verdict(Verdict::Unsupported { feature }) => {
                Self { verdict: Some("unsupported".to_owned()), feature: Some(feature), ..empty }
            }
            Answer::Fault(fault) => Self { fault: Some(fault.detail().to_owned()), ..empty },
        }
    }

    /// What it says; garbage where it says nothing that can be read.
    pub fn answer(self) -> Answer {
        if let Some(fault) = self.fault {
            return Fault::Panic(fault).into();
        }
        match (self.verdict.as_deref(), self.claims, self.feature) {
            (Some("accept"), Some(claims), _) => Verdict::Accept { claims: Claims(claims), header: self.header }.into(),
            (Some("accept"), None, _) => Fault::Garbage("an accept without claims".to_owned()).into(),
            (Some("reject"), ..) => Verdict::Reject {
                reason: self.reason.as_deref().map(|word| word.parse().unwrap_or(Reason::Other)),
                detail: self.detail.unwrap_or_default(),
            }
            .into(),
            (Some("unsupported"), _, Some(feature)) => Verdict::Unsupported { feature }.into(),
            (Some("unsupported"), _, None) => Fault::Garbage("an unsupported without a feature".to_owned()).into(),
            (Some(other), ..) => Fault::Garbage(format!("no such verdict: {other}")).into(),
            (None, ..) => Fault::Garbage("neither a verdict nor a fault".to_owned()).into(),
        }
    }
}
