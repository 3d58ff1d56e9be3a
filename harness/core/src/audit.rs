//! The audit of Set-Cookie: what a server says of its session cookie, against the clauses. Takes an [`Exchange`], gives an
//! [`Audit`]: each line as a browser keeps it, what is wrong, worst first, and what could not be judged and why. Never counts
//! what it was not given as a pass, never shows anything to a target, and never says a session id.
//!
//! ```
//! use token_assay::audit::{Exchange, Place, audit};
//!
//! let place = Place::read("https://app.example.com/").unwrap();
//! let lines = vec![b"sid=31d4; Path=/; SameSite=None".to_vec()];
//! let said = audit(&Exchange { place, lines, ..Exchange::default() });
//! assert!(said.findings.iter().any(|finding| finding.rule.id == "sc-secure-missing"), "{said:?}");
//! ```

pub(crate) mod attributes;
pub(crate) mod contents;
pub(crate) mod entropy;
pub(crate) mod lifetime;
pub(crate) mod logout;
pub(crate) mod responses;
pub(crate) mod scope;

mod date;
mod exchange;
mod keep;
mod parse;
mod place;
mod response;
mod rules;

use std::cmp::Reverse;

use token_assay_model::{Level, Severity};

pub use entropy::{Estimate, estimate};
pub use exchange::{Exchange, Policy, Seen, sounds_like_session};
pub use keep::{Dropped, Kept, Unkept, keep};
pub use lifetime::words;
pub use parse::{Attribute, Kind, LONGEST_LIFE, Lifetime, Prefix, SameSite, SetCookie};
pub use place::{Place, Scheme};
pub use response::{Malformed, Response};
pub use rules::{Example, Hit, NOW, Need, RULES, Rule, Ruling, View};

/// What an audit says.
#[derive(Debug)]
pub struct Audit {
    /// The lines, read, in order.
    pub cookies: Vec<Seen>,
    /// Worst first.
    pub findings: Vec<Finding>,
    /// The rules that could not be told, by what they lack.
    pub unjudged: Vec<(Need, Vec<&'static Rule>)>,
    /// How many rules hold.
    pub holding: usize,
}

/// A rule that is broken.
#[derive(Debug)]
pub struct Finding {
    /// Which.
    pub rule: &'static Rule,
    /// The line, by its place; none where it is about the response.
    pub line: Option<usize>,
    /// What is seen.
    pub seen: String,
    /// How bad it is here.
    pub severity: Severity,
    /// How firmly the clauses speak of this.
    pub level: Level,
}

/// Every rule on this exchange.
pub fn audit(exchange: &Exchange) -> Audit {
    let cookies = exchange.cookies();
    let logout = exchange.logout_cookies();
    let view = View { exchange, cookies: &cookies, logout: logout.as_deref() };
    let (mut findings, mut unjudged, mut holding) = (Vec::new(), Vec::new(), 0);
    for rule in RULES.iter().copied() {
        match (rule.judge)(&view) {
            Ruling::Holds => holding += 1,
            Ruling::Broken(hits) => findings.extend(hits.into_iter().map(|hit| finding(rule, hit))),
            Ruling::Needs(need) => unjudged.push((need, rule)),
        }
    }
    findings.sort_by_key(|finding| (Reverse(finding.severity), finding.level));
    Audit { findings, unjudged: by_need(&unjudged), holding, cookies }
}

impl Rule {
    /// What it says of an exchange.
    pub fn ruling(&self, exchange: &Exchange) -> Ruling {
        let (cookies, logout) = (exchange.cookies(), exchange.logout_cookies());
        (self.judge)(&View { exchange, cookies: &cookies, logout: logout.as_deref() })
    }
}

fn finding(rule: &'static Rule, hit: Hit) -> Finding {
    Finding {
        rule,
        line: hit.line,
        seen: hit.seen,
        severity: hit.severity.unwrap_or(rule.severity),
        level: hit.level.unwrap_or(rule.level),
    }
}

fn by_need(unjudged: &[(Need, &'static Rule)]) -> Vec<(Need, Vec<&'static Rule>)> {
    let mut groups: Vec<(Need, Vec<&'static Rule>)> = Vec::new();
    for (need, rule) in unjudged {
        match groups.iter_mut().find(|(known, _)| known == need) {
            Some((_, rules)) => rules.push(rule),
            None => groups.push((*need, vec![rule])),
        }
    }
    groups.sort_by_key(|(need, _)| *need);
    groups
}
