//! What a row does: tells the issuers what to answer, shows tokens, counts fetches, and says what is wrong. Takes the issuers and
//! what shows a token to the service, gives what was found and a record of every step ([`Script::finish`]). Waits no longer than the
//! table says that a set may be used, and a moment.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Map, Value};
use token_assay::forge::{Forge, Scheme, TestKey, base64url};
use token_assay::targets::{Asked, Judged, Sent, Unusable};
use token_assay_model::{
    Answer, Claims, Control, Earlier, Expectation, Input, Level, Observation, Oracle, Reason, Severity, Verdict,
};

use super::{Fetch, Issuers};

/// What became of a way of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It held, this time.
    Held,
    /// It did not.
    Broken,
    /// What was seen proves nothing.
    CannotTell,
    /// The table does not say what it wants.
    NotDeclared,
}

/// A way of a row that was tried, and all that was seen.
#[derive(Debug, Clone, Serialize)]
pub struct Trial {
    /// The row.
    pub row: String,
    /// The way.
    pub variant: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, in words.
    pub because: String,
    /// What was done, in order.
    pub steps: Vec<Step>,
    /// What the service asked the issuers for meanwhile.
    pub fetches: Vec<Fetch>,
}

/// One thing that was done.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// Milliseconds after the issuers were opened.
    pub at: u64,
    /// What.
    pub what: String,
    /// The token that was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// What the service answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// What a service said to a token.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The token.
    pub token: String,
    /// What it did.
    pub observation: Observation,
}

impl Seen {
    /// Whether it was let in.
    pub fn is_granted(&self) -> bool {
        matches!(self.observation.answer, Answer::Verdict(Verdict::Accept { .. }))
    }

    /// Whether it was refused by an answer that says so.
    pub fn is_refused(&self) -> bool {
        matches!(self.observation.answer, Answer::Verdict(Verdict::Reject { .. }))
    }
}

/// Shows a token to the service.
pub type Show<'s> = &'s (dyn Fn(&str) -> Result<Observation, Unusable> + Sync);

/// A row went to its end, or the service is to be given up.
pub type Done = Result<(), Unusable>;

/// A token in the making.
#[derive(Clone, Copy)]
pub struct Draft<'d> {
    /// Who signs it.
    pub key: &'d TestKey,
    /// The name of the key in its header.
    pub kid: &'d str,
    /// Its issuer.
    pub issuer: &'d str,
    /// The address of keys in its header, as it stands between the quotes of JSON.
    pub jku: Option<&'d str>,
}

/// A row under way.
pub struct Script<'s> {
    /// The issuers.
    pub issuers: &'s Issuers,
    show: Show<'s>,
    control: &'s Control,
    row: &'s str,
    since: Instant,
    steps: Vec<Step>,
    before: Vec<String>,
    asked: Vec<Asked>,
    trials: Vec<Trial>,
}

impl<'s> Script<'s> {
    /// A row that is begun.
    pub fn new(row: &'s str, issuers: &'s Issuers, control: &'s Control, show: Show<'s>) -> Self {
        Self {
            issuers,
            show,
            control,
            row,
            since: Instant::now(),
            steps: Vec::new(),
            before: Vec::new(),
            asked: Vec::new(),
            trials: Vec::new(),
        }
    }

    /// What became of each way, and what was tried.
    pub fn finish(self) -> (Vec<Asked>, Vec<Trial>) {
        self.issuers.restore();
        (self.asked, self.trials)
    }

    /// Notes what is done.
    pub fn note(&mut self, what: impl Into<String>) {
        let step = Step { at: self.issuers.now(), what: what.into(), token: None, answer: None };
        self.steps.push(step);
    }

    /// A token that the control's policy admits, but for what the draft says otherwise; dated now.
    pub fn token(&self, draft: Draft<'_>) -> String {
        let text = self.control.valid.text().unwrap_or_default();
        let part = |nth: usize| -> Map<String, Value> {
            let octets = text.split('.').nth(nth).and_then(base64url::decode).unwrap_or_default();
            serde_json::from_slice(&octets).unwrap_or_default()
        };
        let (mut header, mut claims) = (part(0), part(1));
        header.insert("kid".to_owned(), draft.kid.into());
        if claims.contains_key("iss") || self.issuers.second.is_some() {
            claims.insert("iss".to_owned(), draft.issuer.into());
        }
        let now = jiff::Timestamp::now().as_second();
        let later = self.control.policy.now.map_or(0, |then| now - then);
        for date in ["iat", "nbf", "exp"] {
            if let Some(seconds) = claims.get(date).and_then(Value::as_i64) {
                claims.insert(date.to_owned(), (seconds + later).into());
            }
        }
        if claims.contains_key("jti") {
            claims.insert("jti".to_owned(), format!("assay-{}-{}", self.issuers.now(), self.steps.len()).into());
        }
        let mut header = Value::Object(header).to_string();
        if let Some(jku) = draft.jku {
            header.pop();
            header.push_str(&format!(",\"jku\":\"{jku}\"}}"));
        }
        let forge = Forge::new(now);
        let scheme = Scheme::of(self.issuers.algorithm);
        forge.sign_as(header, Value::Object(claims).to_string(), draft.key, scheme).compact()
    }

    /// A token of the first issuer, by this key and under its name.
    pub fn by(&self, key: &TestKey) -> String {
        self.token(Draft { key, kid: &key.name, issuer: &self.issuers.name, jku: None })
    }

    /// Shows a token.
    ///
    /// # Errors
    ///
    /// Where the service is to be given up.
    pub fn show(&mut self, what: &str, token: &str) -> Result<Seen, Unusable> {
        let observation = (self.show)(token)?;
        self.take(what, token, &observation);
        Ok(Seen { token: token.to_owned(), observation })
    }

    /// Notes a token that was shown by somebody else.
    pub fn take(&mut self, what: &str, token: &str, observation: &Observation) {
        let answer = match &observation.answer {
            Answer::Verdict(Verdict::Reject { detail, .. }) => format!("refused ({detail})"),
            Answer::Verdict(Verdict::Accept { .. }) => "granted".to_owned(),
            other => other.to_string(),
        };
        let answer = format!("{answer}, {} ms", observation.elapsed.as_millis());
        let token = token.to_owned();
        let step =
            Step { at: self.issuers.now(), what: what.to_owned(), token: Some(token.clone()), answer: Some(answer) };
        self.steps.push(step);
        self.before.push(token);
    }

    /// What shows tokens, for several threads.
    pub fn shower(&self) -> Show<'s> {
        self.show
    }

    /// Waits until nothing that was fetched before may be used any more.
    pub fn outlive_cache(&mut self) {
        self.wait(self.issuers.table.cache + MOMENT);
    }

    /// Waits.
    pub fn wait(&mut self, time: Duration) {
        self.note(format!("wait {} ms", time.as_millis()));
        std::thread::sleep(time);
    }

    /// Everything as at the beginning, and nothing of before in any cache; whether the present key's token is let in. Where it
    /// is not, what follows proves nothing, and that is noted.
    ///
    /// # Errors
    ///
    /// Where the service is to be given up.
    pub fn settle(&mut self, variant: &str) -> Result<bool, Unusable> {
        self.issuers.restore();
        self.outlive_cache();
        self.begin();
        let token = self.by(&self.issuers.present);
        let twin = self.show("a token by the present key", &token)?;
        if !twin.is_granted() {
            self.cannot_tell(variant, "a token by the present key is refused before anything is changed");
        }
        Ok(twin.is_granted())
    }

    /// The same of a service that asks for the key set, once at least: what is served to one that does not, it never hears of.
    /// One that still has what it fetched before is shown a name that it cannot know.
    ///
    /// # Errors
    ///
    /// Where the service is to be given up.
    pub fn settle_fetching(&mut self, variant: &str) -> Result<bool, Unusable> {
        if !self.settle(variant)? {
            return Ok(false);
        }
        if !self.has_asked() {
            let kid = format!("unknown-at-{}", self.issuers.now());
            let Issuers { stranger: key, name: issuer, .. } = self.issuers;
            let token = self.token(Draft { key, kid: &kid, issuer, jku: None });
            self.show("a token whose kid no key has", &token)?;
        }
        let has_asked = self.has_asked();
        if !has_asked {
            self.cannot_tell(variant, NEVER_ASKED);
        }
        Ok(has_asked)
    }

    /// Whether the first issuer's set was ever asked for.
    fn has_asked(&self) -> bool {
        let is_set = |fetch: &Fetch| fetch.path().split('?').next() == Some(self.issuers.table.jwks.as_str());
        self.issuers.first.fetches().iter().any(is_set)
    }

    /// A way is begun.
    pub fn begin(&mut self) {
        self.steps.clear();
        self.before.clear();
        self.since = Instant::now();
    }

    /// What has been asked for since the way was begun.
    pub fn fetches(&self) -> Vec<Fetch> {
        let since = u64::try_from((self.since - self.issuers.opened).as_millis()).unwrap_or(u64::MAX);
        self.issuers.fetches().into_iter().filter(|fetch| fetch.at >= since).collect()
    }

    fn ended(&mut self, variant: &str, outcome: Outcome, because: String) {
        let trial = Trial {
            row: self.row.to_owned(),
            variant: variant.to_owned(),
            outcome,
            because,
            steps: self.steps.clone(),
            fetches: self.fetches(),
        };
        self.trials.push(trial);
    }

    /// It held.
    pub fn held(&mut self, variant: &str, because: impl Into<String>) {
        let because = because.into();
        self.ended(variant, Outcome::Held, because.clone());
        self.asked.push(Asked::Held { variant: variant.to_owned(), because });
    }

    /// Nothing can be said.
    pub fn cannot_tell(&mut self, variant: &str, because: impl Into<String>) {
        let because = because.into();
        self.ended(variant, Outcome::CannotTell, because.clone());
        self.asked.push(Asked::CannotTell { variant: variant.to_owned(), because });
    }

    /// Nothing was tried: `[service.issuer]` has no such key.
    pub fn not_declared(&mut self, variant: &str, key: &str) {
        self.begin();
        let wanting = format!("service.issuer.{key}");
        self.ended(variant, Outcome::NotDeclared, format!("{wanting} is not declared"));
        self.asked.push(Asked::Skipped { variant: variant.to_owned(), wanting });
    }

    /// It did not hold: this token shows it. A way whose name ends in `-valid` is about a valid token that was refused.
    pub fn broken(&mut self, variant: &str, seen: &Seen, (level, severity): (Level, Severity), because: &str) {
        let (after, fetches) = (self.since.elapsed().as_millis(), self.fetches().len());
        let because = format!("{because}; {after} ms after the beginning, fetches meanwhile: {fetches}.");
        self.ended(variant, Outcome::Broken, because.clone());
        let (oracle, expectation) = if variant.ends_with("-valid") {
            (Oracle::Completeness, Expectation::Accept { claims: Claims::default() })
        } else {
            (Oracle::Soundness, Expectation::Reject { reason: Reason::Key })
        };
        let input = |token: &String| Input::from_octets(token.clone().into_bytes());
        let earlier: Vec<&String> = self.before.iter().filter(|token| **token != seen.token).collect();
        let earlier = &earlier[earlier.len().saturating_sub(KEPT)..];
        let before = earlier.iter().map(|token| Earlier { input: input(token), policy: self.control.policy.clone() });
        self.asked.push(Asked::Sent(Box::new(Sent {
            variant: variant.to_owned(),
            input: input(&seen.token),
            expectation: Some(expectation),
            observation: seen.observation.clone(),
            before: before.collect(),
            judged: Some(Judged { oracle, level, severity, because }),
        })));
    }
}

/// The clocks and threads of others are late by less than this.
pub const MOMENT: Duration = Duration::from_millis(400);

/// Why what is served says nothing of a service.
pub const NEVER_ASKED: &str =
    "it never asked for the key set: is it told where that is, and not started with keys of its own?";

/// So many tokens that were shown before are kept with a finding.
const KEPT: usize = 8;
