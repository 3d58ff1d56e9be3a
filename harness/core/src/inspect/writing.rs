//! Rules about how a token is written: its segments, their encoding, their JSON, its signature's width, its length. Take a
//! token at a time, and never look at what it claims.

use std::collections::HashSet;

use token_assay_model::{Algorithm, Level, Severity};

use super::detect::Carrier;
use super::encoding::{Encoding, Unread};
use super::rules::{Example, Hit, Rule, Ruling, View, broken};
use super::token::{Role, Written};
use crate::reference::json::Json;

fn segments(view: &View<'_>) -> Ruling {
    match (view.token.written, view.token.count) {
        (Written::Compact, 3 | 5) => Ruling::Holds,
        (Written::Compact, 1) => Ruling::Broken(vec![Hit::at("token", "it has one segment")]),
        (Written::Compact, count) => Ruling::Broken(vec![Hit::at("token", format!("it has {count} segments"))]),
        _ => Ruling::Silent,
    }
}

fn encoding(view: &View<'_>) -> Ruling {
    let parts = view.token.parts.iter().filter(|part| part.encoding != Encoding::Canonical);
    broken(parts.map(|part| Hit::at(part.role.as_str(), part.encoding.as_str())).collect())
}

fn json_strict(view: &View<'_>) -> Ruling {
    let token = view.token;
    let parts = token.parts.iter().chain(&token.opened).filter(|part| part.role.holds_object());
    let parts = parts.filter(|part| token.inner.is_none() || part.role == Role::Header);
    let hits = parts.filter_map(|part| {
        let hit = Hit::at(part.role.as_str(), part.unread?.as_str());
        // A JWS may hold anything; a JWT holds an object.
        let is_other = matches!(part.unread, Some(Unread::NotJson | Unread::NoObject)) && part.role == Role::Payload;
        Some(if is_other { hit.severity(Severity::Low) } else { hit })
    });
    broken(hits.collect())
}

fn repeated_name(view: &View<'_>) -> Ruling {
    let parts = view.token.parts.iter().chain(&view.token.opened);
    let mut hits = Vec::new();
    for part in parts {
        let Some(object) = &part.object else { continue };
        if let Some(name) = repeated(object) {
            hits.push(Hit::at(
                format!("{} {name}", part.role.as_str()),
                format!("`{name}` stands there more than once"),
            ));
        } else if object.repeats_a_name_within() {
            let hit = Hit::at(part.role.as_str(), "a name stands twice in an object inside");
            hits.push(hit.level(Level::Should).severity(Severity::Low));
        }
    }
    let headers = view.headers.iter().filter(|_| view.token.written != Written::Compact);
    for header in headers.filter(|_| hits.is_empty()).collect::<Vec<_>>() {
        hits.extend(repeated(header).map(|name| {
            Hit::at(format!("header {name}"), format!("`{name}` is in the protected header and in the other"))
        }));
    }
    broken(hits)
}

/// The first name that an object has twice.
fn repeated(object: &Json) -> Option<&str> {
    let Json::Object(members) = object else { return None };
    let mut seen = HashSet::new();
    members.iter().map(|(name, _)| name.as_str()).find(|name| !seen.insert(*name))
}

fn signature_empty(view: &View<'_>) -> Ruling {
    if view.token.is_encrypted() {
        return Ruling::Silent;
    }
    let mut hits = Vec::new();
    for (of, header) in view.headers.iter().enumerate() {
        let alg = super::rules::text(header, "alg").unwrap_or_default();
        let signature = view.token.all(Role::Signature).find(|part| part.of == of);
        let is_empty = signature.is_none_or(|part| part.text.is_empty());
        if is_empty && alg != "none" {
            hits.push(Hit::at("signature", format!("there is none, and alg says {alg:?}")));
        }
    }
    broken(hits)
}

fn signature_width(view: &View<'_>) -> Ruling {
    let mut looked = false;
    let mut hits = Vec::new();
    for part in view.token.all(Role::Signature).filter(|part| !part.octets.is_empty()) {
        let Some(algorithm) = view.algorithm(part.of) else { continue };
        looked = true;
        let found = part.octets.len();
        let fits = match width(algorithm) {
            Some(width) => found == width,
            None if algorithm == Algorithm::None => false,
            None => found >= 256,
        };
        if !fits {
            let wanted = match width(algorithm) {
                Some(width) => format!("{width}"),
                None if algorithm == Algorithm::None => "none".to_owned(),
                None => "256 or more".to_owned(),
            };
            let seen = format!("it has {found} octets, and {algorithm} makes {wanted}");
            let looks_like_der = algorithm.is_ecdsa() && part.octets.first() == Some(&0x30);
            let why = if looks_like_der { "; it looks like DER, which JOSE does not use" } else { "" };
            hits.push(Hit::at("signature", format!("{seen}{why}")));
        }
    }
    if looked { broken(hits) } else { Ruling::Silent }
}

/// The width of a signature in octets, where the algorithm has one (RFC 7518 §3.2, §3.4; RFC 8032 §5.1.6).
pub(super) const fn width(algorithm: Algorithm) -> Option<usize> {
    match algorithm {
        Algorithm::Hs256 => Some(32),
        Algorithm::Hs384 => Some(48),
        Algorithm::Hs512 | Algorithm::Es256 | Algorithm::Es256k | Algorithm::EdDsa | Algorithm::Ed25519 => Some(64),
        Algorithm::Es384 => Some(96),
        Algorithm::Es512 => Some(132),
        _ => None,
    }
}

fn json_serialisation(view: &View<'_>) -> Ruling {
    match view.token.written {
        Written::Compact => Ruling::Holds,
        written => Ruling::Broken(vec![Hit::at("token", written.as_str())]),
    }
}

fn hidden_characters(view: &View<'_>) -> Ruling {
    let mut hits = Vec::new();
    for part in view.token.parts.iter().chain(&view.token.opened) {
        let Some(Json::Object(members)) = &part.object else { continue };
        for (name, value) in members {
            if let Some(hidden) = hidden_in(name).or_else(|| hidden_within(value)) {
                let seen = format!("it holds U+{:04X}, {}", hidden as u32, kind_of(hidden));
                hits.push(Hit::at(format!("{} {name}", part.role.as_str()), seen));
            }
        }
    }
    broken(hits)
}

fn hidden_within(json: &Json) -> Option<char> {
    match json {
        Json::String(text) => hidden_in(text),
        Json::Array(values) => values.iter().find_map(hidden_within),
        Json::Object(members) => {
            members.iter().find_map(|(name, value)| hidden_in(name).or_else(|| hidden_within(value)))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => None,
    }
}

fn hidden_in(text: &str) -> Option<char> {
    text.chars().find(|c| hides(*c))
}

/// Controls a terminal, turns the direction of what follows, or is not seen. Lines may end in a text.
fn hides(c: char) -> bool {
    match c {
        '\n' | '\r' | '\t' => false,
        c if c.is_control() => true,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' => true,
        c => c as u32 & 0xfffe == 0xfffe,
    }
}

fn kind_of(c: char) -> &'static str {
    match c {
        '\u{1b}' => "with which a terminal is controlled",
        c if c.is_control() => "a control character",
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            "which turns the direction of the text"
        }
        _ => "which is not seen",
    }
}

fn too_large(view: &View<'_>) -> Ruling {
    let length = view.token.text.len();
    let (limit, why) = match view.settings.carrier {
        Carrier::Cookie => (COOKIE, "octets; browsers keep cookies of 4096, name and attributes included"),
        _ => (FIELD, "octets; many servers take a header field of 8192 at the most"),
    };
    if length <= limit {
        return Ruling::Holds;
    }
    let hit = Hit::at("token", format!("it has {length} {why}"));
    let severity = if view.settings.carrier == Carrier::Cookie { Severity::Medium } else { Severity::Low };
    Ruling::Broken(vec![hit.severity(severity)])
}

/// RFC 6265 §6.1.
const COOKIE: usize = 4096;

/// What common servers take by themselves.
const FIELD: usize = 8192;

fn in_url(view: &View<'_>) -> Ruling {
    match view.settings.carrier {
        Carrier::Unknown => Ruling::Silent,
        Carrier::Url => Ruling::Broken(vec![Hit::at("token", "it stands in a URL")]),
        Carrier::Bearer | Carrier::Cookie | Carrier::Body => Ruling::Holds,
    }
}

pub(super) static SEGMENTS: Rule = Rule {
    id: "segments",
    title: "The token has another number of segments than a signed one (three) or an encrypted one (five) has.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 7515 §3.1", "RFC 7516 §3.1", "RFC 7519 §7.2"],
    cwe: Some(20),
    mend: "Look for where it was cut or joined; a verifier refuses it.",
    judge: segments,
    falls: Example::whole("eyJhbGciOiJIUzI1NiJ9.e30"),
    clean: Example::whole("eyJhbGciOiJIUzI1NiJ9.e30.AAAA"),
};

pub(super) static ENCODING: Rule = Rule {
    id: "encoding",
    title: "A part is not written as base64url has it.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 7515 §2", "RFC 7515 §5.2", "RFC 4648 §3.5"],
    cwe: Some(20),
    mend: "Write each part as base64url without padding; have the verifier refuse what is written otherwise.",
    judge: encoding,
    falls: Example::whole("eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ==.AAAA"),
    clean: Example::whole("eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.AAAA"),
};

pub(super) static JSON_STRICT: Rule = Rule {
    id: "json",
    title: "A part that is a JSON object in a JWT is none, or not strictly one.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 7519 §7.2", "RFC 7515 §5.2", "RFC 8259 §2"],
    cwe: Some(20),
    mend: "Issue what a JSON library writes; have the verifier refuse what a strict one does not read.",
    judge: json_strict,
    falls: Example::claims(r#"{"sub":"user-1"} {"sub":"admin"}"#),
    clean: Example::claims(r#"{"sub":"user-1"}"#),
};

pub(super) static REPEATED_NAME: Rule = Rule {
    id: "repeated-name",
    title: "A name stands twice: readers do not agree on which of the two counts.",
    level: Level::Must,
    severity: Severity::High,
    references: &["RFC 7515 §4", "RFC 7519 §4", "RFC 8725 §2.4"],
    cwe: Some(436),
    mend: "Refuse the token. An issuer that makes such tokens puts text into JSON without escaping it.",
    judge: repeated_name,
    falls: Example::claims(r#"{"sub":"user-1","s\u0075b":"admin"}"#),
    clean: Example::claims(r#"{"sub":"user-1","Sub":"admin"}"#),
};

pub(super) static SIGNATURE_EMPTY: Rule = Rule {
    id: "signature-missing",
    title: "The token says that it is signed, and there is no signature.",
    level: Level::Must,
    severity: Severity::High,
    references: &["RFC 7515 §5.2", "RFC 8725 §3.3"],
    cwe: Some(347),
    mend: "Refuse it: somebody took the signature away.",
    judge: signature_empty,
    falls: Example::whole("eyJhbGciOiJIUzI1NiJ9.e30."),
    clean: Example::whole("eyJhbGciOiJIUzI1NiJ9.e30.AAAA"),
};

pub(super) static SIGNATURE_WIDTH: Rule = Rule {
    id: "signature-width",
    title: "The signature has another width than its algorithm makes.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 7518 §3.2", "RFC 7518 §3.3", "RFC 7518 §3.4", "RFC 8037 §3.1"],
    cwe: Some(347),
    mend: "Refuse it: it was cut, or made by another algorithm, or written as DER.",
    judge: signature_width,
    falls: Example::header(r#"{"alg":"ES256","typ":"JWT"}"#).rest("e30.MEUCIQD"),
    clean: Example::header(r#"{"alg":"ES256","typ":"JWT"}"#),
};

pub(super) static JSON_SERIALISATION: Rule = Rule {
    id: "json-serialisation",
    title: "The token is in a JSON serialisation, in which no JWT is.",
    level: Level::Must,
    severity: Severity::Low,
    references: &["RFC 7519 §1", "RFC 7519 §3"],
    cwe: None,
    mend: "Use the compact form for JWTs; a verifier of JWTs refuses others.",
    judge: json_serialisation,
    falls: Example::whole(r#"{"protected":"eyJhbGciOiJIUzI1NiJ9","payload":"e30","signature":"AAAA"}"#),
    clean: Example::whole("eyJhbGciOiJIUzI1NiJ9.e30.AAAA"),
};

pub(super) static HIDDEN_CHARACTERS: Rule = Rule {
    id: "hidden-characters",
    title: "A text in it holds characters that control a terminal, turn the text around or are not seen.",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["RFC 8264 §4.2"],
    cwe: Some(150),
    mend: "Refuse names with such characters where they are registered, and escape what is logged.",
    judge: hidden_characters,
    falls: Example::claims(r#"{"sub":"user-1\u202e"}"#),
    clean: Example::claims(r#"{"sub":"Zo\u00eb"}"#),
};

pub(super) static TOO_LARGE: Rule = Rule {
    id: "size",
    title: "The token is larger than what carries it.",
    level: Level::Should,
    severity: Severity::Low,
    references: &["RFC 6265 §6.1", "RFC 9110 §5.4"],
    cwe: None,
    mend: "Leave out of the token what can be looked up, or keep a session id in its place.",
    judge: too_large,
    falls: Example::header(super::rules::SOUND_HEADER).carried(Carrier::Cookie).filled(4000),
    clean: Example::header(super::rules::SOUND_HEADER).carried(Carrier::Bearer).filled(4000),
};

pub(super) static IN_URL: Rule = Rule {
    id: "in-url",
    title: "The token stands in a URL, which ends in logs, histories and Referer fields.",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["RFC 6750 §5.3", "RFC 9700 §4.3.2"],
    cwe: Some(598),
    mend: "Send it in the Authorization field or in a cookie, and end those that were in URLs.",
    judge: in_url,
    falls: Example::header(super::rules::SOUND_HEADER).carried(Carrier::Url),
    clean: Example::header(super::rules::SOUND_HEADER).carried(Carrier::Bearer),
};
