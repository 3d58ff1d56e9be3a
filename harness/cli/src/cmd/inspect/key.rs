//! A JWK or a JWK Set: its members with what they mean, what each key is, and what is wrong with it. Reads what it is handed;
//! asks nobody, and prints no private and no shared part of a key.

use serde_json::{Value, json};
use token_assay::inspect::{
    self, Holds, KeyAudit, KeyRemark, KeySet, WrittenKey, audit_keys, is_hidden, key_meaning, read_key_set,
    value_meaning,
};
use token_assay::reference::json::Json;
use token_assay_model::{ExitCode, Level, Reference, Severity};
use token_assay_report::audit::{Entry, Page};
use token_assay_report::inspect::{Row, Section, Sheet, render};

use super::token::written;
use crate::error::{Error, Result};

/// How it is printed, and what counts.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) as_json: bool,
    pub(super) level: Level,
    pub(super) fail_on: Severity,
}

/// Prints what is known of the keys. Exit code 1 says that something counts, 4 that there is nothing to judge.
pub(super) fn run(text: &[u8], ask: &Ask) -> Result {
    let Some(set) = read_key_set(text) else {
        let error = Error::usage("this is no JWK and no key set").because("it is no JSON with `kty` or `keys`");
        return Err(error.hint("PEM and secrets are given with --key, beside a token"));
    };
    let audit = audit_keys(&set);
    if ask.as_json {
        crate::print(&format!("{:#}\n", document(&set, &audit)));
    } else {
        crate::print(&render(&sheet(&set, &audit), crate::shows_color()));
    }
    let counts = |remark: &KeyRemark| remark.severity >= ask.fail_on && remark.level <= ask.level;
    Ok(match audit.remarks.iter().any(counts) {
        true => ExitCode::Findings,
        false if audit.holding == 0 && audit.remarks.is_empty() => ExitCode::NothingRan,
        false => ExitCode::Clean,
    })
}

fn sheet(set: &KeySet, audit: &KeyAudit) -> Sheet {
    let mut sections = Vec::new();
    if set.is_set {
        let count = set.keys.len();
        let remark = format!("{count} key{}, taken for one that is published", if count == 1 { "" } else { "s" });
        sections.push(Section { title: "key set".to_owned(), remark, rows: Vec::new() });
    }
    sections.extend(set.keys.iter().enumerate().map(|(at, key)| section(set, at, key)));
    let page = Page { findings: audit.remarks.iter().map(entry).collect(), holding: audit.holding, ..Page::default() };
    Sheet { sections, page, ..Sheet::default() }
}

fn section(set: &KeySet, at: usize, key: &WrittenKey) -> Section {
    let title = if set.is_set { format!("keys[{at}]") } else { "key".to_owned() };
    let Json::Object(members) = &key.json else {
        return Section { title, remark: "no object".to_owned(), rows: Vec::new() };
    };
    let row = |(name, value): &(String, Json)| Row {
        name: name.clone(),
        value: shown(name, value),
        says: meaning(name, value),
    };
    let mut rows: Vec<Row> = members.iter().map(row).collect();
    rows.extend(key.thumbprint().map(|thumbprint| Row {
        name: "thumbprint".to_owned(),
        value: thumbprint,
        says: "no member: SHA-256, by RFC 7638".to_owned(),
    }));
    Section { title, remark: format!("{}, {}", key.describes(), key.holds().as_str()), rows }
}

/// A value; of what only some may know, and of what may hold such a thing, the width.
fn shown(name: &str, value: &Json) -> String {
    match value {
        Json::String(text) if is_hidden(name) => format!("({} characters, not shown)", text.chars().count()),
        Json::Object(_) => "(an object, not shown)".to_owned(),
        _ if is_hidden(name) => "(not shown)".to_owned(),
        Json::Array(all) if all.iter().any(|value| value.as_str().is_none()) => "(a list, not shown)".to_owned(),
        _ => written(value),
    }
}

fn meaning(name: &str, value: &Json) -> String {
    let of_value = value.as_str().filter(|_| name == "alg").and_then(|alg| value_meaning(name, alg));
    of_value.or(key_meaning(name).map(|meaning| meaning.says)).unwrap_or_default().to_owned()
}

fn entry(remark: &KeyRemark) -> Entry {
    let rule = remark.rule;
    Entry {
        severity: remark.severity,
        level: remark.level,
        id: format!("key/{}", rule.id),
        place: remark.place.clone(),
        title: rule.title.to_owned(),
        lines: vec![
            ("seen", remark.seen.clone()),
            ("clauses", rule.references.join(", ")),
            ("mend", rule.mend.to_owned()),
            ("explain", format!("assay explain key/{}", rule.id)),
        ],
    }
}

fn document(set: &KeySet, audit: &KeyAudit) -> Value {
    let remark = |remark: &KeyRemark| {
        let rule: &inspect::KeyRule = remark.rule;
        json!({
            "id": format!("key/{}", rule.id), "title": rule.title, "severity": remark.severity, "level": remark.level,
            "place": remark.place, "seen": remark.seen,
            "references": rule.references.iter().map(|text| Reference((*text).to_owned())).collect::<Vec<_>>(),
            "cwe": rule.cwe, "mend": rule.mend,
        })
    };
    json!({
        "schema": 1, "kind": inspect::Kind::Key.as_str(), "set": set.is_set,
        "keys": set.keys.iter().map(key_as_json).collect::<Vec<_>>(),
        "findings": audit.remarks.iter().map(remark).collect::<Vec<_>>(),
        "holding": audit.holding,
    })
}

fn key_as_json(key: &WrittenKey) -> Value {
    let Json::Object(members) = &key.json else { return json!({ "is": "no object" }) };
    let member = |(name, value): &(String, Json)| {
        // What is not shown to people is not handed to programs either.
        let is_shown = !is_hidden(name) && shown(name, value) == written(value);
        json!({
            "name": name, "value": is_shown.then(|| value.to_value()), "shown": is_shown,
            "means": meaning(name, value), "defined": key_meaning(name).map(|row| row.defined),
        })
    };
    json!({
        "is": key.describes(), "holds": key.holds().as_str(), "thumbprint": key.thumbprint(),
        "private": key.holds() != Holds::Public,
        "members": members.iter().map(member).collect::<Vec<_>>(),
    })
}
