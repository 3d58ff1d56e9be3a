//! What a refusal tells: of a token, of a cookie, of a logout. Refusals are compared by status, challenge and body, with what
//! changes from answer to answer (numbers, what looks drawn by chance) left out; where one refusal differs from itself nothing is
//! concluded.

use token_assay::forge::base64url;
use token_assay::sessions::tamper;
use token_assay_model::{Level, Severity};

use super::conversation::{Conversation, Login};
use super::{Ended, Inquiry, Need, Ruling, Stop};
use crate::dialogue::{Credentials, Said};
use crate::service::{Ask, Filling, Standing};

pub(super) const INQUIRIES: &[Inquiry] = &[
    Inquiry {
        class: "metamorphic/meta-error-uniformity",
        needs: &[Need::Tokens],
        allowed: "one refusal looks like itself",
        mend: "Answer every token that is refused alike: 401 and `error=\"invalid_token\"` (RFC 6750 §3.1); say why in the log.",
        ask: tokens,
    },
    Inquiry {
        class: "protected-cookie/sig-error-shape",
        needs: &[Need::Session],
        allowed: "one refusal looks like itself",
        mend: "Answer every cookie that is refused alike, with a fixed text; keep exceptions and their traces in the log.",
        ask: cookies,
    },
    Inquiry {
        class: "session-store/ss-logout-idempotent",
        needs: &[Need::Ask(Ask::Logout)],
        allowed: "the first logout is done",
        mend: "Answer a logout alike whether the id was ever given, and delete the cookie in either case.",
        ask: logouts,
    },
];

/// What an answer looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shape {
    status: u16,
    challenge: String,
    body: String,
}

impl Shape {
    fn of(said: &Said) -> Self {
        let challenge = said.response.field("www-authenticate").unwrap_or_default();
        Self {
            status: said.response.status,
            challenge: lasting(&String::from_utf8_lossy(challenge)),
            body: lasting(&String::from_utf8_lossy(&said.response.body)),
        }
    }
}

/// A text without what differs from one answer to the next.
fn lasting(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let mut out = String::new();
    for word in text.split_inclusive(|c: char| !is_part(c)) {
        let (word, end) = match word.char_indices().last().filter(|(_, last)| !is_part(*last)) {
            Some((at, _)) => word.split_at(at),
            None => (word, ""),
        };
        out.push_str(if word.bytes().any(|octet| octet.is_ascii_digit()) { "#" } else { word });
        out.push_str(end);
    }
    out
}

/// Refusals by what was wrong, each looked at twice.
fn shapes<'w>(
    shown: impl IntoIterator<Item = (&'w str, Result<Option<Said>, Stop>)>,
) -> Result<Vec<(&'w str, Shape)>, Stop> {
    let mut shapes: Vec<(&str, Shape)> = Vec::new();
    for (what, said) in shown {
        // What is let in, or cannot be told now, is another row's.
        let Some(said) = said?.filter(|said| matches!(said.standing, Standing::Denied | Standing::Unknown)) else {
            continue;
        };
        let shape = Shape::of(&said);
        match shapes.iter().find(|(other, _)| *other == what) {
            Some((_, first)) if *first != shape => {
                return Err(Stop::Undecided(format!("{what} is not answered twice alike")));
            }
            Some(_) => {}
            None => shapes.push((what, shape)),
        }
    }
    if shapes.len() < 2 {
        return Err(Stop::Undecided("there are not two refusals to compare".to_owned()));
    }
    Ok(shapes)
}

/// Two refusals that differ, in words.
fn difference(shapes: &[(&str, Shape)]) -> Option<String> {
    let (first, one) = shapes.first()?;
    let (other, two) = shapes.iter().find(|(_, shape)| shape != one)?;
    let how = if one.status != two.status {
        format!("with status {} and {}", one.status, two.status)
    } else if one.challenge != two.challenge {
        "with different challenges".to_owned()
    } else {
        "with different bodies".to_owned()
    };
    Some(format!("{first} and {other} are answered {how}"))
}

fn tokens(c: &Conversation<'_>) -> Ended {
    let login = c.login(0)?;
    c.must_be_live(&login)?;
    let Some(access) = login.access.clone() else { return Err(Stop::Lacks("an access token".to_owned())) };
    let bent = |what: fn(&str) -> Option<String>| std::str::from_utf8(&access).ok().and_then(what);
    let Some(unsigned) = bent(with_other_signature) else {
        return Err(Stop::Lacks("a signed JWT as the access token".to_owned()));
    };
    let stranger = bent(with_other_kid);
    let show = |what: &str, token: &[u8]| -> Result<Option<Said>, Stop> {
        let with = Credentials { host: c.host(0), cookie: None, access: Some(token) };
        let said = c.who(what, with)?;
        Ok(Some(said).filter(|said| !c.lets_in(said)))
    };
    let mut shown =
        vec![(SIGNATURE, show(SIGNATURE, unsigned.as_bytes())), (SIGNATURE, show(SIGNATURE, unsigned.as_bytes()))];
    shown.extend(stranger.map(|token| (KID, show(KID, token.as_bytes()))));
    if c.service().template(Ask::Logout).is_some() {
        let ended = c.login(0)?;
        c.log_out(&ended)?;
        shown.push((REVOKED, show(REVOKED, ended.access.as_deref().unwrap_or_default())));
    }
    let ttl =
        c.service().policy.access_ttl.map(|ttl| ttl.as_secs() + c.service().policy.skew.map_or(0, |s| s.as_secs()));
    if let Some(seconds) = ttl.filter(|_| c.service().template(Ask::Advance).is_some()) {
        c.pass(seconds + 1)?;
        shown.push((EXPIRED, show(EXPIRED, &access)));
    }
    let shapes = shapes(shown)?;
    difference(&shapes).map_or(Ok(Ruling::Holds), Ruling::broken)
}

/// The same token with another signature as long.
pub(super) fn with_other_signature(token: &str) -> Option<String> {
    let (signed, signature) = token.rsplit_once('.')?;
    let mut octets = base64url::decode(signature).filter(|octets| !octets.is_empty())?;
    octets[0] ^= 0x55;
    (signed.matches('.').count() == 1).then(|| format!("{signed}.{}", base64url::encode(octets)))
}

/// The same token whose header names a key of nobody's.
fn with_other_kid(token: &str) -> Option<String> {
    let (header, rest) = token.split_once('.')?;
    let mut header: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&base64url::decode(header)?).ok()?;
    header.insert("kid".to_owned(), "nobodys".into());
    Some(format!("{}.{rest}", base64url::encode(serde_json::Value::Object(header).to_string())))
}

fn cookies(c: &Conversation<'_>) -> Ended {
    let login = c.login(0)?;
    c.must_be_live(&login)?;
    let Some((name, value)) = &login.session else { return Err(Stop::Lacks("a session cookie".to_owned())) };
    let under_name = |value: &[u8]| [name, &b"="[..], value].concat();
    let altered = {
        let mut value = value.clone();
        let at = value.len() / 2;
        value[at] = if value[at] == b'A' { b'B' } else { b'A' };
        under_name(&value)
    };
    let mut shown = Vec::new();
    let mut traces = Vec::new();
    let mut show = |what: &'static str, cookie: Vec<u8>| -> Result<(), Stop> {
        let said = c.who(what, Credentials { host: c.host(0), cookie: Some(&cookie), access: None })?;
        traces.extend(trace_in(&said).map(|trace| (what, trace)));
        shown.push((what, Ok(Some(said).filter(|said| !c.lets_in(said)))));
        Ok(())
    };
    let unissued = c.unissued(&login).unwrap_or_default();
    show("an id that nobody was given", unissued.clone())?;
    show("an id that nobody was given", unissued)?;
    show("an altered id", altered)?;
    show("half an id", under_name(&value[..value.len() / 2]))?;
    show("an empty id", under_name(b""))?;
    show("what is no id", under_name(b"x"))?;
    if c.service().template(Ask::Logout).is_some() {
        c.log_out(&login)?;
        show("an id after its logout", under_name(value))?;
    }
    if let Some((what, trace)) = traces.first() {
        // ASVS V16.5.1 asks for a generic message.
        return Ruling::graded(
            Level::Should,
            Severity::Low,
            format!("the answer to {what} shows how it fell over: {trace}"),
        );
    }
    let shapes = shapes(shown)?;
    match difference(&shapes) {
        None => Ok(Ruling::Holds),
        Some(difference) => Ruling::graded(Level::May, Severity::Low, difference),
    }
}

/// What only a program that fell over writes.
fn trace_in(said: &Said) -> Option<&'static str> {
    let body = String::from_utf8_lossy(&said.response.body);
    TRACES.iter().find(|(marks, _)| marks.iter().all(|mark| body.contains(mark))).map(|(_, what)| *what)
}

fn logouts(c: &Conversation<'_>) -> Ended {
    let first = c.login(0)?;
    c.must_be_live(&first)?;
    c.log_out(&first)?;
    let unknown = Login {
        session: first.session.as_ref().map(|(name, value)| (name.clone(), tamper::unissued(value))),
        access: first.access.as_ref().map(|token| tamper::unissued(token)),
        refresh: first.refresh.as_ref().map(|token| tamper::unissued(token)),
        ..first.clone()
    };
    let mut shown = Vec::new();
    for (what, login) in [(SECOND, &first), (SECOND, &first), (NOBODYS, &unknown), (NOBODYS, &unknown)] {
        let said = c.try_log_out(what, login)?;
        if said.standing == Standing::Broken {
            let status = said.response.status;
            return Ruling::graded(Level::Should, Severity::Low, format!("{what} is answered with status {status}"));
        }
        shown.push((what, said));
    }
    // A second logout may be granted as well as refused.
    let shapes: Vec<(&str, Shape)> = shown.iter().map(|(what, said)| (*what, Shape::of(said))).collect();
    if shapes[0] != shapes[1] || shapes[2] != shapes[3] {
        return Err(Stop::Undecided("the same logout is not answered twice alike".to_owned()));
    }
    difference(&shapes).map_or(Ok(Ruling::Holds), Ruling::broken)
}

/// A request of nobody's, to see that nobody is let in without anything.
pub(super) fn nobody_is_let_in(c: &Conversation<'_>) -> Result<(), Stop> {
    let with = Credentials { host: c.host(0), ..Credentials::default() };
    let said = c.ask("nobody is let in without a credential", Ask::WhoAmI, &Filling::default(), with)?;
    if c.lets_in(&said) {
        return Err(Stop::Undecided("a request without a credential is let in".to_owned()));
    }
    Ok(())
}

const SIGNATURE: &str = "a wrong signature";
const KID: &str = "an unknown key";
const REVOKED: &str = "a token after its logout";
const EXPIRED: &str = "an expired token";
const SECOND: &str = "a second logout";
const NOBODYS: &str = "a logout with a credential that nobody was given";

/// What stands in the traces of common languages, and what they are called.
const TRACES: &[(&[&str], &str)] = &[
    (&["Traceback (most recent call last)"], "a Python traceback"),
    (&["\n    at ", ".js:"], "a JavaScript stack"),
    (&["    at ", "node_modules"], "a JavaScript stack"),
    (&["\tat ", ".java:"], "a Java stack"),
    (&["Exception", "at java."], "a Java exception"),
    (&["System.", "Exception", "   at "], "a .NET exception"),
    (&["panicked at"], "a Rust panic"),
    (&["goroutine ", "[running]"], "a Go panic"),
    (&["Fatal error", ".php"], "a PHP error"),
    (&["#0 ", ".php("], "a PHP stack"),
    (&[".rb:", ":in `"], "a Ruby backtrace"),
    (&["SQLSTATE["], "a database's error"),
    (&["syntax error at or near"], "a database's error"),
    (&["You have an error in your SQL syntax"], "a database's error"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_from_answer_to_answer_is_left_out() {
        assert_eq!(lasting(r#"{"id":"a1b2","at":12.5,"error":"denied"}"#), r##"{"id":"#","at":#.#,"error":"denied"}"##);
        assert_eq!(lasting("plain words, no more"), "plain words, no more");
    }

    #[test]
    fn a_token_is_bent_in_its_signature_or_in_its_key_alone() {
        let token = format!("{}.{}.{}", base64url::encode(r#"{"alg":"HS256"}"#), base64url::encode("{}"), "AQID");
        let other = with_other_signature(&token).unwrap();
        assert!(other.starts_with(token.rsplit_once('.').unwrap().0) && other != token && other.len() == token.len());
        assert!(with_other_kid(&token).unwrap().ends_with(token.split_once('.').unwrap().1));
        assert_eq!(with_other_signature("opaque"), None);
    }
}
