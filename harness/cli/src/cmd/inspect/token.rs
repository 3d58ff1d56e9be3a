//! Tokens, and what they were found in: taken apart, audited, and shown to a sound verifier where a policy or a key is given.
//! Reads what it is handed; asks nobody.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use token_assay::inspect::{
    self, Answered, Audit, Carrier, Encoding, Found, Keys, Kind, Need, Part, Piece, Role, Rule, Settings, Token,
    Written, answer, audit, claim, header_meaning, moment, open, value_meaning, verifies,
};
use token_assay::reference::Ruling;
use token_assay::reference::json::Json;
use token_assay::reference::key::PublicKey;
use token_assay_model::{ExitCode, Key, Level, Outcome, Policy, Reference, Severity};
use token_assay_report::audit::Entry;
use token_assay_report::inspect::{Answer, Row, Section, Sheet, render};
use token_assay_report::shown_octets;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::policy::read_key;

/// What is asked of tokens.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    pub(super) key: Option<&'a Path>,
    pub(super) policy: Option<&'a Path>,
    pub(super) guesses: bool,
    pub(super) longest_lifetime: Option<i64>,
    pub(super) now: i64,
    pub(super) as_json: bool,
    pub(super) level: Level,
    pub(super) fail_on: Severity,
}

/// The policy of the file, and what it is called.
struct Asked {
    policy: Policy,
    named: String,
}

/// A piece, and all that is said of it.
struct Told<'a> {
    piece: &'a Piece,
    token: Option<Token>,
    audit: Audit,
    made: Option<Made>,
    answer: Option<(Answered, String)>,
}

/// Whether the key made the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    /// It did.
    Yes,
    /// It did, and is none for the algorithm: too short, or meant for something else.
    ByUnfit,
    /// It did not.
    No,
}

impl Made {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "the key made it",
            Self::ByUnfit => "the key made it, and is none for this algorithm",
            Self::No => "the key did not make it",
        }
    }

    fn of(token: &Token, keys: &Keys) -> Option<Self> {
        let verifies = verifies(token, keys)?;
        let algorithm = token.headers().first()?.member("alg").and_then(Json::as_str)?.parse().ok()?;
        let (message, signature) = (token.signing_input(0)?, token.part(Role::Signature)?);
        let any =
            |key: &Key| PublicKey::read(key).is_some_and(|key| key.verifies(algorithm, &message, &signature.octets));
        Some(match verifies {
            true => Self::Yes,
            false if keys.keys.iter().any(any) => Self::ByUnfit,
            false => Self::No,
        })
    }
}

/// Prints what is known of the pieces. Exit code 1 says that something counts or is refused, 4 that there is no token.
pub(super) fn run(found: &Found, ask: &Ask<'_>) -> Result {
    let keys = ask.key.map(read_key).transpose()?;
    let (asked, lifetime) = asked(ask, keys.as_ref())?;
    let told: Vec<Told<'_>> =
        found.pieces.iter().map(|piece| tell(piece, ask, keys.as_ref(), asked.as_ref(), lifetime)).collect();
    if ask.as_json {
        crate::print(&format!("{:#}\n", document(found, &told)));
    } else {
        crate::print(&render(&sheet(found, &told, keys.as_ref()), crate::shows_color()));
    }
    Ok(code(&told, ask))
}

fn code(told: &[Told<'_>], ask: &Ask<'_>) -> ExitCode {
    let counts = told.iter().flat_map(|told| &told.audit.remarks);
    let counts = counts.filter(|remark| remark.severity >= ask.fail_on && remark.level <= ask.level).count();
    let refused = told.iter().filter_map(|told| told.answer.as_ref()).any(|(answered, _)| refuses(answered));
    match (counts > 0 || refused, told.iter().any(|told| told.token.is_some())) {
        (true, _) => ExitCode::Findings,
        (false, true) => ExitCode::Clean,
        (false, false) => ExitCode::NothingRan,
    }
}

fn refuses(answered: &Answered) -> bool {
    matches!(answered.answer, Ruling::Reject(_) | Ruling::RejectOrLast(_))
}

/// The policy under which a sound verifier is asked, and the longest lifetime.
fn asked(ask: &Ask<'_>, keys: Option<&Keys>) -> Result<(Option<Asked>, Option<i64>)> {
    if let Some(file) = ask.policy {
        let config = Config::find(Some(file))?;
        let shown = file.display();
        let Some(table) = &config.policy else {
            let error = Error::usage(format!("{shown} has no [policy] table"));
            return Err(error.hint("write one: algorithms, issuer, audience, key; `assay init --print` shows it"));
        };
        let folder = file.parent().unwrap_or(Path::new("."));
        let policy = table.policy(folder, keys, ask.now)?;
        let lifetime = table.max_lifetime.map(|time| i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
        return Ok((Some(Asked { policy, named: shown.to_string() }), ask.longest_lifetime.or(lifetime)));
    }
    let policy =
        |keys: &Keys| Policy { keys: keys.keys.clone(), jwks: keys.is_set, now: Some(ask.now), ..Policy::default() };
    let named = "the key alone: whatever algorithm fits it, any issuer and audience".to_owned();
    Ok((keys.map(|keys| Asked { policy: policy(keys), named }), ask.longest_lifetime))
}

fn tell<'a>(
    piece: &'a Piece,
    ask: &Ask<'_>,
    keys: Option<&Keys>,
    asked: Option<&Asked>,
    longest_lifetime: Option<i64>,
) -> Told<'a> {
    let Some(mut token) = piece.token.clone() else {
        return Told { piece, token: None, audit: Audit::default(), made: None, answer: None };
    };
    let of_policy =
        asked.map(|asked| Keys { keys: asked.policy.keys.clone(), is_set: asked.policy.jwks, what: String::new() });
    if let Some(keys) = keys.or(of_policy.as_ref()) {
        open(&mut token, keys);
    }
    let settings = Settings { now: ask.now, longest_lifetime, guesses: ask.guesses, carrier: piece.carrier };
    let made = keys.or(of_policy.as_ref()).and_then(|keys| Made::of(&token, keys));
    let answer = asked.map(|asked| (answer(&token, &asked.policy), asked.named.clone()));
    Told { piece, audit: audit(&token, settings), token: Some(token), made, answer }
}

fn sheet(found: &Found, told: &[Told<'_>], keys: Option<&Keys>) -> Sheet {
    let mut sheet = Sheet::default();
    for one in told {
        let name = one.piece.name.as_deref().map(|name| shown_octets(name, NAME));
        match &one.token {
            Some(token) => {
                sheet.sections.push(heading(found.kind, one, token, name.as_deref()));
                sections(token, one, 0, &mut sheet.sections);
            }
            None => sheet.sections.push(value(one, name.clone())),
        }
        sheet.answers.extend(one.answer.as_ref().map(|(answered, named)| answered_in_words(answered, named, keys)));
        let place = |remark: &inspect::Remark| {
            let inner = if remark.depth == 0 { "" } else { "the token inside: " };
            let of = if told.len() > 1 { name.clone().map(|name| format!("{name}: ")) } else { None };
            format!("{}{inner}{}", of.unwrap_or_default(), remark.place)
        };
        sheet.page.findings.extend(one.audit.remarks.iter().map(|remark| entry(remark, place(remark))));
        sheet.page.holding += one.audit.holding;
    }
    sheet.page.findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.level));
    sheet.page.unjudged = unjudged(told);
    sheet
}

/// Of several tokens a rule that one of them could not be judged by is named once.
fn unjudged(told: &[Told<'_>]) -> Vec<(String, Vec<String>)> {
    let mut lists: Vec<(Need, Vec<String>)> = Vec::new();
    for (need, rules) in told.iter().flat_map(|told| &told.audit.unjudged) {
        let at = lists.iter().position(|(known, _)| known == need).unwrap_or_else(|| {
            lists.push((*need, Vec::new()));
            lists.len() - 1
        });
        for rule in rules.iter().map(|rule| rule.id.to_owned()) {
            if !lists[at].1.contains(&rule) {
                lists[at].1.push(rule);
            }
        }
    }
    lists.into_iter().map(|(need, rules)| (format!("{} ({})", need.as_str(), flag(need)), rules)).collect()
}

const fn flag(need: Need) -> &'static str {
    match need {
        Need::Content => "--key",
        Need::LongestLifetime => "--max-lifetime",
        Need::Guesses => "--guess",
    }
}

fn heading(kind: Kind, one: &Told<'_>, token: &Token, name: Option<&str>) -> Section {
    let is_unsigned = |header: &Json| header.member("alg").and_then(Json::as_str) == Some("none");
    let what = match token.is_encrypted() {
        true => "encrypted",
        false if token.headers().iter().all(is_unsigned) => "unsigned",
        false => "signed",
    };
    let count = match token.written {
        Written::Compact => format!("{} segments", token.count),
        _ if token.is_encrypted() => plural(token.count, "recipient"),
        _ => plural(token.count, "signature"),
    };
    let carrier = match one.piece.carrier {
        Carrier::Unknown => "",
        Carrier::Bearer => " · in an Authorization field",
        Carrier::Cookie => " · in a cookie",
        Carrier::Url => " · in a URL",
        Carrier::Body => " · in a document",
    };
    let title = match (name, kind) {
        (Some(name), _) if !name.is_empty() => name.to_owned(),
        _ => "token".to_owned(),
    };
    let remark = format!("{what}, {}, {count}, {} octets{carrier}", token.written.as_str(), token.text.len());
    Section { title, remark, rows: Vec::new() }
}

fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A cookie that is no token: as much of it as tells which it is.
fn value(one: &Told<'_>, name: Option<String>) -> Section {
    let value = &one.piece.value;
    let what = inspect::format_of(value).map_or(String::new(), |what| format!(" · {what}"));
    let start = shown_octets(value, SHOWN.min(value.len() / 2 + 1));
    let remark = match value.len() {
        0 => "empty".to_owned(),
        length => format!("{start} ({}){what}", plural(length, "octet")),
    };
    Section { title: name.unwrap_or_default(), remark, rows: Vec::new() }
}

fn sections(token: &Token, one: &Told<'_>, depth: usize, sections: &mut Vec<Section>) {
    let inside = if depth == 0 { String::new() } else { "inside: ".repeat(depth) };
    for part in token.parts.iter().chain(&token.opened) {
        let is_opaque = matches!(part.role, Role::EncryptedKey | Role::Iv | Role::Ciphertext | Role::Tag);
        if is_opaque && part.encoding == Encoding::Canonical && part.role != Role::Ciphertext {
            continue;
        }
        let rows = rows(part, token, one);
        let of = if token.count > 1 && token.written == Written::General {
            format!(" {}", part.of + 1)
        } else {
            String::new()
        };
        let title = format!("{inside}{}{of}", part.role.as_str());
        sections.push(Section { title, remark: remark(part, token, one, depth, rows.len()), rows });
    }
    if let Some(inner) = &token.inner {
        let remark =
            format!("{} octets, in the {}", inner.text.len(), if token.is_encrypted() { "content" } else { "payload" });
        sections.push(Section { title: format!("{inside}a token inside"), remark, rows: Vec::new() });
        self::sections(inner, one, depth + 1, sections);
    }
}

fn remark(part: &Part, token: &Token, one: &Told<'_>, depth: usize, members: usize) -> String {
    let mut said = Vec::new();
    match part.role {
        Role::Signature if part.octets.is_empty() => said.push("there is none".to_owned()),
        Role::Signature => {
            said.push(plural(part.octets.len(), "octet"));
            said.push(one.made.filter(|_| depth == 0).map_or("not checked (--key)", Made::as_str).to_owned());
        }
        Role::Payload if token.inner.is_some() => said.push(plural(part.octets.len(), "octet")),
        Role::Ciphertext => {
            let opened = if token.opened.is_some() { "opened with the key" } else { "not opened (--key)" };
            said.push(format!("{}, {opened}", plural(part.octets.len(), "octet")));
        }
        role if role.holds_object() => said.push(plural(members, "member")),
        _ => said.push(plural(part.octets.len(), "octet")),
    }
    if part.encoding != Encoding::Canonical {
        said.push(part.encoding.as_str().to_owned());
    }
    if token.inner.is_none() || part.role == Role::Header {
        said.extend(part.unread.map(|unread| unread.as_str().to_owned()));
    }
    said.join(", ")
}

fn rows(part: &Part, token: &Token, one: &Told<'_>) -> Vec<Row> {
    let Some(Json::Object(members)) = &part.object else {
        let is_text = matches!(part.role, Role::Disclosure | Role::Extra) || part.role.holds_object();
        if !is_text
            || (token.inner.is_some() && part.role != Role::Header)
            || part.octets.is_empty() && part.text.is_empty()
        {
            return Vec::new();
        }
        let octets = if part.octets.is_empty() { &part.text } else { &part.octets };
        // What is no text is spelled out octet by octet by the page; a lossy reading would hide which they are.
        return vec![Row { value: shown_octets(octets, LONG), ..Row::default() }];
    };
    let is_header = matches!(part.role, Role::Header | Role::Unprotected);
    let row = |(name, value): &(String, Json)| Row {
        name: name.clone(),
        value: written(value),
        says: meaning(is_header, name, value, one.now()),
    };
    members.iter().map(row).collect()
}

impl Told<'_> {
    fn now(&self) -> i64 {
        self.audit.now
    }
}

fn meaning(is_header: bool, name: &str, value: &Json, now: i64) -> String {
    let registered = if is_header { header_meaning(name) } else { claim(name) };
    let says = registered.map_or("", |meaning| meaning.says);
    let is_date = !is_header && DATES.contains(&name);
    let value = match value {
        Json::Number(_) if is_date => value.as_f64().and_then(|seconds| moment(seconds, now)),
        Json::String(text) if is_header => value_meaning(name, text).map(str::to_owned),
        _ => None,
    };
    match value {
        Some(value) if is_date => format!("{value} · {says}"),
        Some(value) => value,
        None => says.to_owned(),
    }
}

/// Claims that are dates.
const DATES: [&str; 7] = ["exp", "nbf", "iat", "auth_time", "updated_at", "toe", "rat"];

/// A value as JSON, its numbers and repeated names as they stand.
pub(super) fn written(json: &Json) -> String {
    match json {
        Json::Null => "null".to_owned(),
        Json::Bool(truth) => truth.to_string(),
        Json::Number(text) => text.clone(),
        Json::String(text) => Value::from(text.as_str()).to_string(),
        Json::Array(values) => format!("[{}]", values.iter().map(written).collect::<Vec<_>>().join(",")),
        Json::Object(members) => {
            let member = |(name, value): &(String, Json)| format!("{}:{}", Value::from(name.as_str()), written(value));
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
        }
    }
}

fn entry(remark: &inspect::Remark, place: String) -> Entry {
    let rule = remark.rule;
    Entry {
        severity: remark.severity,
        level: remark.level,
        id: format!("token/{}", rule.id),
        place,
        title: rule.title.to_owned(),
        lines: vec![
            ("seen", remark.seen.clone()),
            ("clauses", rule.references.join(", ")),
            ("mend", rule.mend.to_owned()),
            ("explain", format!("assay explain token/{}", rule.id)),
        ],
    }
}

fn answered_in_words(answered: &Answered, named: &str, keys: Option<&Keys>) -> Answer {
    let (outcome, sentence) = match &answered.answer {
        Ruling::Accept(_) => (Outcome::Pass, "a sound verifier accepts it".to_owned()),
        Ruling::Reject(reason) => (Outcome::Fail, format!("a sound verifier refuses it: {reason}")),
        Ruling::RejectOrLast(_) => {
            (Outcome::Fail, "a sound verifier refuses it, or reads the last of two members of one name".to_owned())
        }
        Ruling::Bounded => (Outcome::Inconclusive, "a sound verifier may do either, in bounded time".to_owned()),
        Ruling::Either(_) => (Outcome::Inconclusive, "a sound verifier may do either".to_owned()),
    };
    let mut lines = Vec::new();
    if let Some(by) = answered.by {
        let kind = if by.of_encrypted { " of encrypted tokens" } else { "" };
        lines.push(("rule", format!("{}{kind}: {}", by.number, by.asks)));
        lines.push(("clauses", by.clauses.join(", ")));
    }
    if let Ruling::Either(because) = &answered.answer {
        lines.push(("because", (*because).to_owned()));
    }
    lines.push(("policy", named.to_owned()));
    lines.extend(keys.map(|keys| ("key", keys.what.clone())));
    Answer { outcome, sentence, lines }
}

fn document(found: &Found, told: &[Told<'_>]) -> Value {
    json!({ "schema": 1, "kind": found.kind.as_str(), "pieces": told.iter().map(piece_as_json).collect::<Vec<_>>() })
}

fn piece_as_json(one: &Told<'_>) -> Value {
    let name = one.piece.name.as_deref().map(|name| shown_octets(name, NAME));
    let carrier = match one.piece.carrier {
        Carrier::Unknown => None,
        Carrier::Bearer => Some("authorization"),
        Carrier::Cookie => Some("cookie"),
        Carrier::Url => Some("url"),
        Carrier::Body => Some("document"),
    };
    let mut row = json!({ "name": name, "carrier": carrier, "octets": one.piece.value.len() });
    let Some(token) = &one.token else {
        row["looks_like"] = json!(inspect::format_of(&one.piece.value));
        return row;
    };
    row["token"] = token_as_json(token, one);
    row["signature"] = json!(one.made.map(Made::as_str));
    let remark = |remark: &inspect::Remark| {
        let rule: &Rule = remark.rule;
        json!({
            "id": format!("token/{}", rule.id), "title": rule.title, "severity": remark.severity, "level": remark.level,
            "depth": remark.depth, "place": remark.place, "seen": remark.seen,
            "references": rule.references.iter().map(|text| Reference((*text).to_owned())).collect::<Vec<_>>(),
            "cwe": rule.cwe, "mend": rule.mend,
        })
    };
    row["findings"] = one.audit.remarks.iter().map(remark).collect();
    let unjudged = |(need, rules): &(Need, Vec<&'static Rule>)| json!({ "needs": need.as_str(), "flag": flag(*need), "rules": rules.iter().map(|rule| rule.id).collect::<Vec<_>>() });
    row["not_judged"] = one.audit.unjudged.iter().map(unjudged).collect();
    row["holding"] = json!(one.audit.holding);
    if let Some((answered, named)) = &one.answer {
        row["answer"] = answer_as_json(answered, named);
    }
    row
}

fn answer_as_json(answered: &Answered, named: &str) -> Value {
    let (answer, reason) = match &answered.answer {
        Ruling::Accept(_) => ("accept", None),
        Ruling::Reject(reason) => ("reject", Some(reason.to_string())),
        Ruling::RejectOrLast(_) => ("reject-or-last", None),
        Ruling::Bounded => ("bounded", None),
        Ruling::Either(because) => ("either", Some((*because).to_owned())),
    };
    let rule = answered.by.map(
        |by| json!({ "number": by.number, "of_encrypted": by.of_encrypted, "asks": by.asks, "references": by.clauses }),
    );
    json!({ "answer": answer, "reason": reason, "rule": rule, "policy": named })
}

fn token_as_json(token: &Token, one: &Told<'_>) -> Value {
    let part = |part: &Part| {
        let mut row = json!({
            "part": part.role.as_str(), "of": part.of, "octets": part.octets.len(),
            "encoding": part.encoding.as_str(), "canonical": part.encoding == Encoding::Canonical,
            "json": part.unread.map(inspect::Unread::as_str),
        });
        if let Some(Json::Object(members)) = &part.object {
            let is_header = matches!(part.role, Role::Header | Role::Unprotected);
            let member = |(name, value): &(String, Json)| {
                let registered = if is_header { header_meaning(name) } else { claim(name) };
                json!({
                    "name": name, "value": value.to_value(), "text": written(value),
                    "means": meaning(is_header, name, value, one.now()), "defined": registered.map(|row| row.defined),
                })
            };
            row["members"] = members.iter().map(member).collect();
        } else if part.role.holds_object() || part.role == Role::Disclosure {
            row["text"] = json!(shown_octets(&part.octets, usize::MAX));
        }
        row
    };
    json!({
        "written": token.written.as_str(), "encrypted": token.is_encrypted(), "count": token.count, "octets": token.text.len(),
        "parts": token.parts.iter().chain(&token.opened).map(part).collect::<Vec<_>>(),
        "inside": token.inner.as_deref().map(|inner| token_as_json(inner, one)),
    })
}

/// The file of a flag, for errors.
pub(super) fn nothing(file: Option<&PathBuf>) -> Error {
    let what = match file {
        Some(file) => format!("{} is nothing that is known here", file.display()),
        None => "the text is nothing that is known here".to_owned(),
    };
    let cause = "it is no token, key, Cookie, Set-Cookie line or HTTP response, and holds no token";
    Error::usage(what).because(cause).hint("say what it is with --as token, key, cookie, set-cookie or response")
}

/// As much of a name as is shown.
const NAME: usize = 80;

/// As much of a value that is no token.
const SHOWN: usize = 8;

/// As much of octets that are no object.
const LONG: usize = 600;
