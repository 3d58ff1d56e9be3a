//! Questions that take a few requests and no model: whether another site can make a user's browser change something, whether a
//! revoked token is said to be active, what a refusal tells. Takes a running service, gives for each row of the catalogue that is
//! asked so whether it holds, what was seen where it does not, or why that cannot be known. Before anything is concluded the
//! allowed thing was seen to work: where it does not the row is undecided, never a finding. What a row needs of the table and the
//! table does not say is named and counted. Nothing that is kept holds a credential.
//!
//! A row's clauses, severity and grade are the catalogue's; an [`Inquiry`] adds what it needs, how it is asked and what mends it.
//! Each file below lists its own.

mod administration;
mod browser;
mod conversation;
mod elsewhere;
mod endpoints;
mod issued;
mod logs;
mod refusals;
mod signed;

use std::fmt;

use serde::{Deserialize, Serialize};
use token_assay::attacks::{self, Class, Family};
use token_assay_model::{Level, Reference, Severity};

use crate::client::Failure;
use crate::service::{Ask, Service};
use crate::sessions::Remote;
use conversation::Conversation;

/// A row of the catalogue, as a running service is asked about it.
#[derive(Debug)]
pub struct Inquiry {
    /// The row, `family/class`.
    pub class: &'static str,
    /// What the table has to say.
    pub needs: &'static [Need],
    /// What is allowed, and seen to work before anything is concluded.
    pub allowed: &'static str,
    /// What to do where it does not hold.
    pub mend: &'static str,
    /// How it is asked.
    pub ask: fn(&Conversation<'_>) -> Ended,
}

/// Every row that is asked so.
pub fn inquiries() -> impl Iterator<Item = &'static Inquiry> {
    [
        refusals::INQUIRIES,
        browser::INQUIRIES,
        issued::INQUIRIES,
        administration::INQUIRIES,
        endpoints::INQUIRIES,
        elsewhere::INQUIRIES,
        signed::INQUIRIES,
        logs::INQUIRIES,
    ]
    .into_iter()
    .flatten()
}

/// That of a row.
pub fn inquiry(class: &str) -> Option<&'static Inquiry> {
    inquiries().find(|inquiry| inquiry.class == class)
}

/// What a row needs of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A request.
    Ask(Ask),
    /// A request with this place in it.
    Place(Ask, &'static str),
    /// Logins that give a session cookie.
    Session,
    /// Logins that give tokens.
    Tokens,
    /// A name by which answers call a user.
    Name,
    /// So many users of one tenant.
    Users(usize),
    /// A login's handle.
    Handle,
    /// A token against forged requests.
    Csrf,
    /// That token in a cookie.
    CsrfCookie,
    /// A scope beyond what is granted, and where an answer says what is.
    ScopeBeyond,
    /// The scope that the request `scoped` needs.
    ScopeNeeded,
    /// How many logins are live at most.
    MaxSessions,
    /// The key that signs tokens.
    Key,
    /// Another node.
    Node,
    /// Another application.
    Other,
    /// A log that may be read.
    Log,
}

impl Need {
    /// Whether a table says it.
    pub fn is_met(self, service: &Service) -> bool {
        let answer = &service.answer;
        match self {
            Self::Ask(ask) => service.template(ask).is_some(),
            Self::Place(ask, place) => service.template(ask).is_some_and(|template| template.names(place)),
            Self::Session => service.kind.is_some_and(token_assay::sessions::policy::Kind::has_session),
            Self::Tokens => service.kind.is_some_and(token_assay::sessions::policy::Kind::has_tokens),
            Self::Name => answer.name.is_some(),
            Self::Users(count) => {
                let home = service.users.first().map(|user| &user.host);
                service.users.iter().filter(|user| Some(&user.host) == home).count() >= count
            }
            Self::Handle => answer.handle.is_some(),
            Self::Csrf => answer.csrf.is_some(),
            Self::CsrfCookie => matches!(answer.csrf, Some(crate::service::Place::Cookie(_))),
            Self::ScopeBeyond => {
                service.scope.as_ref().is_some_and(|scope| scope.beyond.is_some()) && answer.scope.is_some()
            }
            Self::ScopeNeeded => service.scope.as_ref().is_some_and(|scope| scope.needed.is_some()),
            Self::MaxSessions => service.policy.max_sessions.is_some(),
            Self::Key => service
                .token
                .as_ref()
                .is_some_and(|token| token.secret.is_some() || token.secret_env.is_some() || token.key.is_some()),
            Self::Node => !service.nodes.is_empty(),
            Self::Other => service.other.is_some(),
            Self::Log => service.log.is_some() || service.template(Ask::Log).is_some() && answer.log.is_some(),
        }
    }
}

/// The key of the table that says it.
impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ask(ask) => write!(f, "request.{ask}"),
            Self::Place(ask, place) => write!(f, "{{{place}}} in request.{ask}"),
            Self::Session => f.write_str("kind = \"session\" or \"hybrid\""),
            Self::Tokens => f.write_str("kind = \"jwt\" or \"hybrid\""),
            Self::Name => f.write_str("answer.name"),
            Self::Users(count) => write!(f, "{count} users of one host"),
            Self::Handle => f.write_str("answer.handle"),
            Self::Csrf => f.write_str("answer.csrf"),
            Self::CsrfCookie => f.write_str("answer.csrf = \"cookie:…\""),
            Self::ScopeBeyond => f.write_str("scope.beyond and answer.scope"),
            Self::ScopeNeeded => f.write_str("scope.needed"),
            Self::MaxSessions => f.write_str("policy.max-sessions"),
            Self::Key => f.write_str("token.key or token.secret"),
            Self::Node => f.write_str("nodes"),
            Self::Other => f.write_str("other"),
            Self::Log => f.write_str("log, or request.log and answer.log"),
        }
    }
}

/// How an inquiry ended.
pub type Ended = Result<Ruling, Stop>;

/// What was concluded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// It holds.
    Holds,
    /// It does not: what was seen, and how bad that is where it is not what the row says.
    Broken {
        /// What was seen.
        what: String,
        /// How firmly the texts speak against it, where that is another grade than the row's.
        grade: Option<(Level, Severity)>,
    },
}

impl Ruling {
    /// It does not hold.
    fn broken(what: impl Into<String>) -> Ended {
        Ok(Self::Broken { what: what.into(), grade: None })
    }

    /// The same at another grade than the row's.
    fn graded(level: Level, severity: Severity, what: impl Into<String>) -> Ended {
        Ok(Self::Broken { what: what.into(), grade: Some((level, severity)) })
    }
}

/// Why nothing was concluded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The table, or what the service gives, lacks this.
    Lacks(String),
    /// The allowed thing does not work, or what was answered says neither.
    Undecided(String),
    /// The service cannot be asked any more.
    Trouble(Failure),
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// It holds.
    Holds,
    /// It does not.
    Broken {
        /// What is kept of it.
        finding: Box<Finding>,
    },
    /// It was not asked.
    Skipped {
        /// What the table does not say.
        lacks: Vec<String>,
    },
    /// It was asked, and nothing can be concluded.
    Undecided {
        /// Why.
        because: String,
    },
}

/// A row and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answered {
    /// The row.
    pub class: &'static str,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// A row that does not hold, with what was asked and answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Of this form.
    pub schema: u32,
    /// The row, `family/class`.
    pub class: String,
    /// The sentence.
    pub title: String,
    /// What was seen.
    pub what: String,
    /// How bad it is.
    pub severity: Severity,
    /// How firmly the texts speak.
    pub level: Level,
    /// The clauses.
    pub references: Vec<Reference>,
    /// What to do.
    pub mend: String,
    /// The service.
    pub service: String,
    /// What was done, in order.
    pub steps: Vec<Step>,
}

/// The form of findings.
pub const SCHEMA: u32 = 1;

/// One request, without its credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What it is for.
    pub does: String,
    /// As it was sent.
    pub request: String,
    /// What was answered.
    pub answer: String,
}

/// What became of the rows, and why no more were asked.
#[derive(Debug, Default)]
pub struct Asked {
    /// Each row.
    pub answered: Vec<Answered>,
    /// Why it ended early.
    pub trouble: Option<Failure>,
}

impl Asked {
    /// Those that do not hold.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.answered.iter().filter_map(|answered| match &answered.outcome {
            Outcome::Broken { finding } => Some(&**finding),
            _ => None,
        })
    }

    /// How many ended so.
    pub fn count(&self, is: impl Fn(&Outcome) -> bool) -> usize {
        self.answered.iter().filter(|answered| is(&answered.outcome)).count()
    }
}

/// Asks about these rows, one after the other, each of a service as it is at the beginning of a script.
pub fn ask_about(
    remote: &Remote,
    rows: impl IntoIterator<Item = &'static Inquiry>,
    mut go_on: impl FnMut() -> bool,
) -> Asked {
    let mut asked = Asked::default();
    for inquiry in rows {
        if !go_on() {
            break;
        }
        match ask_one(remote, inquiry) {
            Ok(outcome) => asked.answered.push(Answered { class: inquiry.class, outcome }),
            Err(failure) => {
                asked.trouble = Some(failure);
                break;
            }
        }
    }
    asked
}

impl Inquiry {
    /// The row of the catalogue.
    pub fn row(&self) -> (&'static Family, &'static Class) {
        let is = |(family, class): &(&'static Family, &'static Class)| {
            self.class.split_once('/') == Some((family.id, class.id))
        };
        attacks::classes().find(is).expect("a test holds every inquiry to a row")
    }

    /// What a table does not say of what it needs. What is about logins of another kind wants for nothing else.
    pub fn lacks(&self, service: &Service) -> Vec<String> {
        let lacking: Vec<&Need> = self.needs.iter().filter(|need| !need.is_met(service)).collect();
        let of_another_kind = lacking.iter().find(|need| matches!(need, Need::Session | Need::Tokens));
        of_another_kind.map_or_else(|| lacking.iter().map(ToString::to_string).collect(), |kind| vec![kind.to_string()])
    }
}

fn ask_one(remote: &Remote, inquiry: &Inquiry) -> Result<Outcome, Failure> {
    let dialogue = remote.dialogue();
    let lacks = inquiry.lacks(&dialogue.service);
    if !lacks.is_empty() {
        return Ok(Outcome::Skipped { lacks });
    }
    let _ = remote.fresh();
    if let Some(failure) = remote.trouble() {
        return Err(failure);
    }
    let conversation = Conversation::new(dialogue);
    Ok(match (inquiry.ask)(&conversation) {
        Ok(Ruling::Holds) => Outcome::Holds,
        Ok(Ruling::Broken { what, grade }) => {
            let (family, class) = inquiry.row();
            let info = class.info(family);
            let (level, severity) = grade.unwrap_or((info.level, info.severity));
            let what = conversation.redacted(&what);
            let finding = Finding {
                schema: SCHEMA,
                class: inquiry.class.to_owned(),
                title: info.title,
                what,
                severity,
                level,
                references: info.references,
                mend: inquiry.mend.to_owned(),
                service: dialogue.service.name.clone(),
                steps: conversation.steps(),
            };
            Outcome::Broken { finding: Box::new(finding) }
        }
        Err(Stop::Lacks(what)) => Outcome::Skipped { lacks: vec![what] },
        Err(Stop::Undecided(because)) => Outcome::Undecided { because: conversation.redacted(&because) },
        Err(Stop::Trouble(failure)) => return Err(failure),
    })
}
