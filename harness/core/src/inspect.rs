//! A token, taken apart and audited for whoever holds it. Takes text and, where they are given, keys and a policy; gives the
//! parts as they are written, the tokens inside them, and remarks, each by a rule with its clause. Never asks a network,
//! never takes a part for sound because it decodes, and never counts what it was not given as a pass.
//!
//! What a verifier would answer is the reference verifier's word ([`answer`]), not the audit's.
//!
//! ```
//! use token_assay::inspect::{self, Settings};
//!
//! let token = inspect::read_token(b"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.").unwrap();
//! let said = inspect::audit(&token, Settings { now: 1_700_000_000, ..Settings::default() });
//! assert!(said.remarks.iter().any(|remark| remark.rule.id == "alg-none"), "{said:?}");
//! ```

mod claims;
mod detect;
mod encoding;
mod guess;
mod header;
mod key_rules;
mod key_set;
mod keys;
mod meaning;
mod rules;
mod times;
mod token;
mod writing;

use std::cmp::Reverse;

use token_assay_model::{
    Algorithm, ContentEncryption, Encryption, Input, KeyManagement, Level, Policy, Request, Severity,
};

pub use detect::{Carrier, Found, Kind, NotFound, Piece, detect, detect_as, format_of};
pub use encoding::{Encoding, Unread};
pub use guess::{Guess, guess, secrets};
pub use key_rules::{KEY_RULES, KeyRule};
pub use key_set::{
    Holds, KeyAudit, KeyRemark, KeySet, WrittenKey, audit as audit_keys, is_hidden, read as read_key_set,
};
pub use keys::{Keys, Unreadable, read as read_keys};
pub use meaning::{Meaning, claim, header as header_meaning, key as key_meaning, value as value_meaning};
pub use rules::{Example, Hit, NOW, Need, RULES, Rule, Ruling, View};
pub use times::{ago, date, moment};
pub use token::{Part, Role, Token, Written, read as read_token, read_forced as read_token_forced};

use crate::reference::{self, jwe};

/// What the audit is told beside the token.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    /// The clock, in Unix seconds.
    pub now: i64,
    /// The longest that a token may live, in seconds.
    pub longest_lifetime: Option<i64>,
    /// Whether well-known secrets are tried.
    pub guesses: bool,
    /// How the token travels.
    pub carrier: Carrier,
}

/// What an audit says of a token and those inside it.
#[derive(Debug, Default)]
pub struct Audit {
    /// Worst first.
    pub remarks: Vec<Remark>,
    /// The rules that could not be told, by what they lack.
    pub unjudged: Vec<(Need, Vec<&'static Rule>)>,
    /// How many rules hold.
    pub holding: usize,
    /// The clock of the audit.
    pub now: i64,
}

/// A rule that is broken.
#[derive(Debug)]
pub struct Remark {
    /// Which.
    pub rule: &'static Rule,
    /// How deep the token is that it is about: 0 is the one that was given.
    pub depth: usize,
    /// The part or the member.
    pub place: String,
    /// What is seen.
    pub seen: String,
    /// How bad it is here.
    pub severity: Severity,
    /// How firmly the clauses speak of this.
    pub level: Level,
}

/// Every rule on a token, and on each token inside it. What holds of all of them holds.
pub fn audit(token: &Token, settings: Settings) -> Audit {
    let mut audit = Audit { now: settings.now, ..Audit::default() };
    let chain: Vec<&Token> = std::iter::successors(Some(token), |token| token.inner.as_deref()).collect();
    for rule in RULES {
        let mut held = false;
        let mut need = None;
        let before = audit.remarks.len();
        for (depth, token) in chain.iter().enumerate() {
            match (rule.judge)(&View::new(token, settings)) {
                Ruling::Silent => {}
                Ruling::Holds => held = true,
                Ruling::Needs(lacks) => need = Some(lacks),
                Ruling::Broken(hits) => {
                    audit.remarks.extend(hits.into_iter().map(|hit| remark(rule, depth, hit)));
                }
            }
        }
        match need {
            _ if audit.remarks.len() > before => {}
            Some(need) => note_need(&mut audit.unjudged, need, rule),
            None => audit.holding += usize::from(held),
        }
    }
    audit.remarks.sort_by_key(|remark| (Reverse(remark.severity), remark.level));
    audit.unjudged.sort_by_key(|(need, _)| *need);
    audit
}

fn remark(rule: &'static Rule, depth: usize, hit: Hit) -> Remark {
    Remark {
        rule,
        depth,
        place: hit.place,
        seen: hit.seen,
        severity: hit.severity.unwrap_or(rule.severity),
        level: hit.level.unwrap_or(rule.level),
    }
}

fn note_need(unjudged: &mut Vec<(Need, Vec<&'static Rule>)>, need: Need, rule: &'static Rule) {
    match unjudged.iter_mut().find(|(known, _)| *known == need) {
        Some((_, rules)) => rules.push(rule),
        None => unjudged.push((need, vec![rule])),
    }
}

/// What a sound verifier answers, and by which rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The answer.
    pub answer: reference::Ruling,
    /// The rule by which it refuses: its number, what it asks, its clauses.
    pub by: Option<RuleOf>,
}

/// A numbered rule of the reference verifier, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleOf {
    /// Whether it is one of encrypted tokens.
    pub of_encrypted: bool,
    /// Its number.
    pub number: usize,
    /// What it asks.
    pub asks: &'static str,
    /// Its clauses.
    pub clauses: &'static [&'static str],
}

/// What a sound verifier answers to a token under a policy.
pub fn answer(token: &Token, policy: &Policy) -> Answered {
    let policy = fitted(token, policy);
    let input = Input::from_octets(token.text.clone());
    let request = Request { input: &input, policy: &policy };
    if policy.encryption.is_some() {
        let (answer, rule) = jwe::explain(request);
        let by = rule.map(|rule| {
            let (asks, clauses) = rule.says();
            RuleOf { of_encrypted: true, number: rule as usize, asks, clauses }
        });
        return Answered { answer, by };
    }
    let (answer, rule) = reference::explain(request);
    let by = rule.map(|rule| {
        let (asks, clauses) = rule.says();
        RuleOf { of_encrypted: false, number: rule as usize, asks, clauses }
    });
    Answered { answer, by }
}

/// Whether one of these keys made the signature, whatever the claims are; nothing where it is no signed compact token.
pub fn verifies(token: &Token, keys: &Keys) -> Option<bool> {
    if token.is_encrypted() || token.written != Written::Compact {
        return None;
    }
    let algorithms = Algorithm::ALL.iter().copied().filter(|algorithm| *algorithm != Algorithm::None).collect();
    let policy =
        Policy { algorithms: Some(algorithms), keys: keys.keys.clone(), jwks: keys.is_set, ..Policy::default() };
    let input = Input::from_octets(token.text.clone());
    Some(reference::jws(Request { input: &input, policy: &policy }).is_ok())
}

/// Decrypts what these keys decrypt, and reads the token or the claims inside.
pub fn open(token: &mut Token, keys: &Keys) {
    let mut token = token;
    // Each token lies in three quarters of the octets of the one around it; this is a bound all the same.
    for _ in 0..token::DEEPEST {
        if token.is_encrypted() && token.opened.is_none() {
            let policy = Policy { encryption: Some(everything()), keys: keys.keys.clone(), ..Policy::default() };
            let input = Input::from_octets(token.text.clone());
            if let Ok(plaintext) = jwe::plaintext(Request { input: &input, policy: &policy }, &[]) {
                token.hold(plaintext);
            }
        }
        match token.inner.as_deref_mut() {
            Some(inner) => token = inner,
            None => return,
        }
    }
}

fn everything() -> Encryption {
    Encryption { alg: KeyManagement::ALL.to_vec(), enc: ContentEncryption::ALL.to_vec() }
}

/// A policy that lists nothing decrypts what its keys decrypt; one that lists what signs alone takes no encrypted token.
fn fitted(token: &Token, policy: &Policy) -> Policy {
    let mut policy = policy.clone();
    if token.is_encrypted() && policy.encryption.is_none() && policy.algorithms.is_none() {
        policy.encryption = Some(everything());
    }
    policy
}
