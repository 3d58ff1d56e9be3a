//! What a service shows beside its verdicts: Set-Cookie lines, the log, handles, ids, how often it asks for keys. Takes answers,
//! gives the invariant that does not hold. Lines are audited once for each form that they have, since their values say nothing
//! more; no state of logins is known here.

use std::collections::HashMap;

use super::invariants::{Breach, Invariant};
use super::policy::{Seconds, SessionPolicy};
use super::service::{Answer, Verdict};
use super::wallet::Wallet;
use crate::audit::{Exchange, Place, Response, audit, estimate};
use token_assay_model::{Level, Severity};

/// What has been seen of lines so far: it outlasts a script.
#[derive(Debug, Default)]
pub struct Forms {
    lines: HashMap<Vec<u8>, Option<Breach>>,
    deletions: HashMap<(Vec<u8>, Vec<u8>), Option<Breach>>,
}

/// What has been seen in a script.
#[derive(Debug, Default)]
pub struct Surface {
    ids: Vec<Vec<u8>>,
    restarts: u64,
}

type Judged = Result<(), Breach>;

impl Forms {
    /// Every line of an answer.
    ///
    /// # Errors
    ///
    /// What the audit says.
    pub fn lines(&mut self, answer: &Answer) -> Judged {
        for line in &answer.set_cookies {
            let found = *self.lines.entry(form(line)).or_insert_with(|| audited(line));
            if let Some(breach) = found {
                return Err(breach);
            }
        }
        Ok(())
    }

    /// Whether a logout takes away what the login set.
    ///
    /// # Errors
    ///
    /// What is left.
    pub fn deletion(&mut self, login: &[Vec<u8>], answer: &Answer) -> Judged {
        let forms = |lines: &[Vec<u8>]| lines.iter().flat_map(|line| form(line)).collect::<Vec<u8>>();
        let key = (forms(login), forms(&answer.set_cookies));
        match *self.deletions.entry(key).or_insert_with(|| left(login, &answer.set_cookies)) {
            Some(breach) => Err(breach),
            None => Ok(()),
        }
    }
}

impl Surface {
    /// The session ids of a script, as they were given.
    ///
    /// # Errors
    ///
    /// Where they can be guessed.
    pub fn id(&mut self, id: &[u8]) -> Judged {
        self.ids.push(id.to_vec());
        if self.ids.len() != SAMPLE {
            return Ok(());
        }
        let is_weak =
            estimate(&self.ids).is_some_and(|found| found.counts || found.repeated > 0 || found.bits < ENOUGH_BITS);
        if is_weak { Err(Breach::of(Invariant::IdsUnpredictable, "five ids differ in too little")) } else { Ok(()) }
    }

    /// The service was started anew.
    pub fn restarted(&mut self) {
        self.restarts += 1;
    }

    /// How often it may have asked for keys until now.
    ///
    /// # Errors
    ///
    /// Where it has more often.
    pub fn fetches(&self, fetches: u64, elapsed: Seconds, policy: &SessionPolicy) -> Judged {
        let allowed = 1 + self.restarts + elapsed / policy.key_fetch_interval + elapsed / policy.key_cache;
        if fetches > allowed {
            return Err(Breach::of(Invariant::KeyFetchesBounded, "keys were asked for more often than is declared"));
        }
        Ok(())
    }
}

/// What an answer says that is no secret of its holder's.
///
/// # Errors
///
/// Where a handle is a credential.
pub fn handles(answer: &Answer, wallet: &Wallet) -> Judged {
    let mut handles = answer.listed.iter().chain(&answer.handle);
    if handles.any(|handle| wallet.is_credential(handle)) {
        return Err(Breach::of(Invariant::SecretsKept, "a handle is a credential"));
    }
    Ok(())
}

/// The log after a request that showed this.
///
/// # Errors
///
/// Where a refusal is not there, or the credential is.
pub fn log(lines: &[Vec<u8>], shown: Option<&[u8]>, answer: &Answer) -> Judged {
    let Some(shown) = shown else { return Ok(()) };
    let holds = |line: &Vec<u8>| line.len() >= shown.len() && line.windows(shown.len()).any(|part| part == shown);
    if (LONG_ENOUGH..=TOO_LONG).contains(&shown.len()) && lines.iter().any(holds) {
        return Err(Breach::of(Invariant::SecretsKept, "the log holds the credential that was shown"));
    }
    if answer.verdict == Verdict::Denied && lines.is_empty() {
        return Err(Breach::of(Invariant::FailuresLogged, "a refusal is not in the log"));
    }
    Ok(())
}

/// The name and the value of a line; none where it takes a cookie away.
pub fn cookie(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let pair = line.split(|octet| *octet == b';').next()?;
    let at = pair.iter().position(|octet| *octet == b'=')?;
    let (name, value) = (pair[..at].trim_ascii(), pair[at + 1..].trim_ascii());
    (!value.is_empty()).then_some((name, value))
}

/// A line without its value.
fn form(line: &[u8]) -> Vec<u8> {
    let Some((_, value)) = cookie(line) else { return line.to_vec() };
    let at = line.iter().position(|octet| *octet == b'=').unwrap_or_default();
    let rest = line.iter().position(|octet| *octet == b';').unwrap_or(line.len());
    let length = if value.len() < LONG_ENOUGH { b'.' } else { b'*' };
    [&line[..=at], &[length], &line[rest..]].concat()
}

fn audited(line: &[u8]) -> Option<Breach> {
    let exchange = Exchange { place: place(), lines: vec![line.to_vec()], ..Exchange::default() };
    let counts = |severity: Severity, level: Level| severity >= Severity::Medium && level <= Level::Should;
    let found = audit(&exchange).findings.into_iter().find(|found| counts(found.severity, found.level))?;
    Some(Breach::of(Invariant::CookiesAudited, found.rule.title))
}

fn left(login: &[Vec<u8>], logout: &[Vec<u8>]) -> Option<Breach> {
    let fields = logout.iter().map(|line| ("Set-Cookie".to_owned(), line.clone())).collect();
    let exchange = Exchange {
        place: place(),
        lines: login.to_vec(),
        logout: Some(Response { status: 204, fields, body: None, has_odd_lines: false }),
        ..Exchange::default()
    };
    let is_left = |id: &str| matches!(id, "sc-delete-mismatch" | "sc-delete-missing");
    let found = audit(&exchange).findings.into_iter().find(|found| is_left(found.rule.id))?;
    Some(Breach::of(Invariant::LogoutDeletes, found.rule.title))
}

fn place() -> Place {
    Place::read("https://app.example.com/login").expect("it is a URL")
}

/// From so many ids on an estimate says something.
const SAMPLE: usize = 5;

/// What a random UUID has, and some.
const ENOUGH_BITS: f64 = 112.0;

/// Shorter texts are found everywhere.
const LONG_ENOUGH: usize = 8;

/// Longer ones nobody logs.
const TOO_LONG: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_judged_by_its_form_and_a_deletion_by_what_was_set() {
        let good = b"__Host-sid=kX8u2vJ0yQ1.mB7cZr4dWq9LfH3sN6tEoA; Path=/; Secure; HttpOnly; SameSite=Lax".to_vec();
        let gone = b"__Host-sid=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0".to_vec();
        let mut forms = Forms::default();
        let answer = |lines: &[&Vec<u8>]| Answer {
            set_cookies: lines.iter().map(|line| (*line).clone()).collect(),
            ..Answer::denied()
        };
        assert_eq!(forms.lines(&answer(&[&good, &gone])), Ok(()));
        assert_eq!(forms.deletion(std::slice::from_ref(&good), &answer(&[&gone])), Ok(()));
        let bad = String::from_utf8(good.clone()).unwrap().replace("HttpOnly; ", "").into_bytes();
        assert!(forms.lines(&answer(&[&bad])).is_err_and(|breach| breach.invariant == Invariant::CookiesAudited));
        let elsewhere = String::from_utf8(gone).unwrap().replace("Path=/", "Path=/a").into_bytes();
        for left in [answer(&[]), answer(&[&elsewhere])] {
            assert!(
                forms
                    .deletion(std::slice::from_ref(&good), &left)
                    .is_err_and(|breach| breach.invariant == Invariant::LogoutDeletes)
            );
        }
    }

    #[test]
    fn the_log_must_say_that_and_must_not_say_what() {
        let shown = Some(&b"a secret token"[..]);
        assert_eq!(log(&[b"refused".to_vec()], shown, &Answer::denied()), Ok(()));
        assert!(log(&[], shown, &Answer::denied()).is_err());
        assert!(log(&[b"refused a secret token!".to_vec()], shown, &Answer::denied()).is_err());
    }
}
