//! Rules about the header: the algorithm, the key that it names or brings, what must be understood. Take a token at a time;
//! never follow an address.

use token_assay_model::{Algorithm, ContentEncryption, KeyManagement, Level, Severity};

use super::meaning;
use super::rules::{Example, Hit, Rule, Ruling, View, broken, text, wrongly_typed};
use super::token::{Role, Written};
use crate::reference::json::Json;

fn alg_none(view: &View<'_>) -> Ruling {
    view.each_header(|header| {
        let alg = text(header, "alg")?;
        let is_none = alg.trim().eq_ignore_ascii_case("none");
        is_none.then(|| Hit::at("header alg", format!("alg is {alg:?}: whoever wrote it could claim anything")))
    })
}

fn alg_missing(view: &View<'_>) -> Ruling {
    view.each_header(|header| match header.member("alg") {
        None => Some(Hit::at("header alg", "there is no alg")),
        Some(Json::String(_)) => None,
        Some(_) => Some(Hit::at("header alg", "alg is no text")),
    })
}

fn alg_unknown(view: &View<'_>) -> Ruling {
    let is_encrypted = view.token.is_encrypted();
    let known = |name: &str, value: &str| meaning::value(name, value).is_some();
    let mut hits = Vec::new();
    for header in &view.headers {
        let names: &[&str] = if is_encrypted { &["alg", "enc"] } else { &["alg"] };
        for name in names {
            let Some(value) = text(header, name) else { continue };
            if known(name, value) || value.trim().eq_ignore_ascii_case("none") {
                continue;
            }
            let meant = registered(name).find(|known| known.eq_ignore_ascii_case(value.trim()));
            let seen = match meant {
                Some(meant) => format!("{name} is {value:?}; the name is {meant:?}, and case counts"),
                None => format!("{name} is {value:?}, which is not registered or not known here"),
            };
            hits.push(Hit::at(format!("header {name}"), seen));
        }
    }
    broken(hits)
}

fn registered(name: &str) -> Box<dyn Iterator<Item = &'static str>> {
    match name {
        "enc" => Box::new(ContentEncryption::ALL.iter().map(|enc| enc.as_str())),
        _ => Box::new(
            Algorithm::ALL.iter().map(|alg| alg.as_str()).chain(KeyManagement::ALL.iter().map(|alg| alg.as_str())),
        ),
    }
}

fn alg_discouraged(view: &View<'_>) -> Ruling {
    view.each_header(|header| {
        let alg = text(header, "alg")?;
        match alg {
            "RSA1_5" => {
                Some(Hit::at("header alg", "RSA1_5 lets whoever can ask often enough decrypt (Bleichenbacher)"))
            }
            "RS1" | "HS1" => Some(Hit::at("header alg", format!("{alg} is built on SHA-1")).severity(Severity::High)),
            _ => None,
        }
    })
}

fn key_in_token(view: &View<'_>) -> Ruling {
    // There the token is to prove that its maker has the key.
    if view.is_proof() {
        return Ruling::Silent;
    }
    view.each_header(|header| {
        header.member("jwk").map(|_| Hit::at("header jwk", "the token brings the key that is to check it"))
    })
}

fn private_key(view: &View<'_>) -> Ruling {
    view.each_header(|header| {
        let (name, key) = ["jwk", "epk"].iter().find_map(|name| Some((*name, header.member(name)?)))?;
        let member = ["d", "p", "k"].iter().find(|member| key.member(member).is_some())?;
        Some(Hit::at(format!("header {name}"), format!("it has `{member}`, which is the private part of a key")))
    })
}

fn key_by_url(view: &View<'_>) -> Ruling {
    let mut hits = Vec::new();
    for header in &view.headers {
        for name in ["jku", "x5u"] {
            let Some(url) = text(header, name) else { continue };
            let hit = Hit::at(format!("header {name}"), format!("the keys are said to be at {url}"));
            hits.push(if !starts_with(url, "https://") || is_inside(url) { hit.severity(Severity::High) } else { hit });
        }
    }
    broken(hits)
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Whether a URL names a host that only whoever follows it can reach.
fn is_inside(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    let starts = ["localhost", "127.", "10.", "192.168.", "169.254.", "[", "0.", "metadata"];
    starts.iter().any(|start| host.starts_with(start)) || host.ends_with(".internal") || host.ends_with(".local")
}

fn key_by_certificate(view: &View<'_>) -> Ruling {
    view.each_header(|header| {
        header.member("x5c").map(|_| Hit::at("header x5c", "the token brings the certificate that is to check it"))
    })
}

fn kid_dangerous(view: &View<'_>) -> Ruling {
    view.each_header(|header| {
        let kid = text(header, "kid")?;
        let what = danger(kid)?;
        Some(Hit::at("header kid", format!("{kid:?} {what}")))
    })
}

fn danger(kid: &str) -> Option<&'static str> {
    let lower = kid.to_ascii_lowercase();
    let any = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    if kid.is_empty() {
        Some("names nothing")
    } else if any(&["../", "..\\", "%2e", "/dev/", "/etc/", "/proc/"]) {
        Some("is a path out of a folder")
    } else if any(&["' or ", "'--", "';", "union select", "\" or ", "/*"]) || kid.contains('\'') {
        Some("holds what ends a text in SQL")
    } else if any(&["$(", "`", "|", "&&", ";"]) {
        Some("holds what a shell obeys")
    } else if any(&["${", "{{", "<%", "<script"]) {
        Some("holds what a template obeys")
    } else if any(&["://"]) {
        Some("is a URL")
    } else if kid.chars().any(char::is_control) {
        Some("holds control characters")
    } else if kid.starts_with('/') || kid.contains('\\') {
        Some("is a path")
    } else if kid.len() > LONG_KID {
        Some("is longer than any name of a key")
    } else {
        None
    }
}

/// A SHA-512 thumbprint as a URN has some 130 letters.
const LONG_KID: usize = 200;

fn header_type(view: &View<'_>) -> Ruling {
    let of = |header| {
        let texts = wrongly_typed(header, "header", &TEXTS, "text", |value| value.as_str().is_some());
        let is_object = |value: &Json| matches!(value, Json::Object(_));
        texts.chain(wrongly_typed(header, "header", &["jwk", "epk"], "object", is_object))
    };
    broken(view.headers.iter().flat_map(of).collect())
}

/// Members that are text.
const TEXTS: [&str; 9] = ["kid", "typ", "cty", "jku", "x5u", "x5t", "x5t#S256", "enc", "zip"];

fn typ_missing(view: &View<'_>) -> Ruling {
    view.each_header(|header| {
        let is_nothing = header.member("typ").is_none();
        is_nothing.then(|| Hit::at("header typ", "nothing says what kind of token it is"))
    })
}

fn crit(view: &View<'_>) -> Ruling {
    let mut looked = false;
    let mut hits = Vec::new();
    for header in &view.headers {
        let Some(value) = header.member("crit") else { continue };
        looked = true;
        let Json::Array(names) = value else {
            hits.push(Hit::at("header crit", "crit is no list"));
            continue;
        };
        if names.is_empty() {
            hits.push(Hit::at("header crit", "the list is empty"));
        }
        for (at, name) in names.iter().enumerate() {
            let seen = match name.as_str() {
                None => "it holds what is no name".to_owned(),
                Some(name) if header.member(name).is_none() => format!("it names {name:?}, which is not in the header"),
                Some(name) if names[..at].iter().any(|before| before.as_str() == Some(name)) => {
                    format!("it names {name:?} twice")
                }
                Some(name) if OF_JWS.contains(&name) => format!("it names {name:?}, which must always be understood"),
                Some(_) => continue,
            };
            hits.push(Hit::at("header crit", seen));
        }
    }
    if looked { broken(hits) } else { Ruling::Silent }
}

/// RFC 7515 §4.1: they must not stand in `crit`.
const OF_JWS: [&str; 11] = ["alg", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit"];

fn b64_false(view: &View<'_>) -> Ruling {
    let any = view.headers.iter().any(|header| header.member("b64").is_some());
    if !any {
        return Ruling::Silent;
    }
    view.each_header(|header| {
        let is_false = header.member("b64")? == &Json::Bool(false);
        is_false.then(|| Hit::at("header b64", "the payload is not base64url, says the header"))
    })
}

fn zip(view: &View<'_>) -> Ruling {
    if !view.token.is_encrypted() {
        return Ruling::Silent;
    }
    view.each_header(|header| {
        header.member("zip").map(|_| Hit::at("header zip", "the content was compressed before it was encrypted"))
    })
}

fn password_rounds(view: &View<'_>) -> Ruling {
    let mut looked = false;
    let mut hits = Vec::new();
    for header in &view.headers {
        let Some(count) = header.member("p2c").and_then(Json::as_f64) else { continue };
        looked = true;
        if count < FEWEST {
            hits.push(Hit::at("header p2c", format!("the password is hashed {count} times: it can be guessed")));
        } else if count > MOST {
            let seen = format!("the password is hashed {count} times: whoever opens it works for the sender");
            hits.push(Hit::at("header p2c", seen).severity(Severity::High));
        }
    }
    if looked { broken(hits) } else { Ruling::Silent }
}

/// RFC 7518 §4.8.1.2.
const FEWEST: f64 = 1000.0;

/// Twice what is recommended now (RFC 8725bis §3.13).
const MOST: f64 = 1_200_000.0;

fn unprotected(view: &View<'_>) -> Ruling {
    if view.token.written == Written::Compact {
        return Ruling::Silent;
    }
    let mut hits = Vec::new();
    for part in view.token.all(Role::Unprotected) {
        let Some(object) = &part.object else { continue };
        for name in ["alg", "enc", "kid", "jku", "jwk", "x5u", "x5c", "typ", "crit"] {
            if object.member(name).is_some() {
                hits.push(Hit::at(format!("unprotected header {name}"), format!("anybody can change `{name}`")));
            }
        }
    }
    broken(hits)
}

pub(super) static ALG_NONE: Rule = Rule {
    id: "alg-none",
    title: "The token is not signed: its algorithm is none.",
    level: Level::Must,
    severity: Severity::High,
    references: &["RFC 8725 §3.2", "RFC 7518 §3.6", "CVE-2015-9235"],
    cwe: Some(347),
    mend: "Refuse it; have the verifier allow the algorithms that the issuer uses, and no other.",
    judge: alg_none,
    falls: Example::header(r#"{"alg":"nOnE","typ":"JWT"}"#),
    clean: Example::header(r#"{"alg":"HS256","typ":"JWT"}"#),
};

pub(super) static ALG_MISSING: Rule = Rule {
    id: "alg-missing",
    title: "The header says no algorithm.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 7515 §4.1.1", "RFC 7516 §4.1.1"],
    cwe: Some(20),
    mend: "Refuse it; an issuer must say the algorithm.",
    judge: alg_missing,
    falls: Example::header(r#"{"typ":"JWT"}"#),
    clean: Example::header(r#"{"alg":"HS256","typ":"JWT"}"#),
};

pub(super) static ALG_UNKNOWN: Rule = Rule {
    id: "alg-unknown",
    title: "The algorithm is none that is registered.",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["RFC 7515 §4.1.1", "RFC 7515 §5.3", "RFC 8725 §3.1"],
    cwe: Some(327),
    mend: "Use a registered algorithm, its name written as it is registered.",
    judge: alg_unknown,
    falls: Example::header(r#"{"alg":"hs256","typ":"JWT"}"#),
    clean: Example::header(r#"{"alg":"HS256","typ":"JWT"}"#),
};

pub(super) static ALG_DISCOURAGED: Rule = Rule {
    id: "alg-discouraged",
    title: "The algorithm is one that should be used no more.",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["RFC 8725 §3.2", "RFC 8017 §7.2"],
    cwe: Some(327),
    mend: "Encrypt with RSA-OAEP-256 or ECDH-ES; sign with an algorithm built on SHA-2.",
    judge: alg_discouraged,
    falls: Example::header(r#"{"alg":"RSA1_5","enc":"A256GCM","typ":"JWT"}"#).rest("AAAA.AAAA.AAAA.AAAA"),
    clean: Example::header(r#"{"alg":"RSA-OAEP-256","enc":"A256GCM","typ":"JWT"}"#).rest("AAAA.AAAA.AAAA.AAAA"),
};

pub(super) static KEY_IN_TOKEN: Rule = Rule {
    id: "key-in-token",
    title: "The token brings its own key: a verifier that believes it believes anybody.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 7515 §10.3", "RFC 8725 §3.10", "CVE-2018-0114"],
    cwe: Some(347),
    mend: "Check with the key that is configured for the issuer; have the issuer leave jwk out.",
    judge: key_in_token,
    falls: Example::header(r#"{"alg":"HS256","typ":"JWT","jwk":{"kty":"RSA","n":"AQ","e":"AQAB"}}"#),
    clean: Example::header(r#"{"alg":"HS256","typ":"JWT","kid":"1"}"#),
};

pub(super) static PRIVATE_KEY: Rule = Rule {
    id: "private-key",
    title: "A key in the header shows its private part.",
    level: Level::Must,
    severity: Severity::Critical,
    references: &["RFC 7515 §4.1.3", "RFC 7517 §9.2"],
    cwe: Some(522),
    mend: "Make another key: whoever saw the token has this one.",
    judge: private_key,
    falls: Example::header(r#"{"alg":"HS256","typ":"dpop+jwt","jwk":{"kty":"OKP","crv":"Ed25519","x":"AQ","d":"AQ"}}"#),
    clean: Example::header(r#"{"alg":"HS256","typ":"dpop+jwt","jwk":{"kty":"OKP","crv":"Ed25519","x":"AQ"}}"#),
};

pub(super) static KEY_BY_URL: Rule = Rule {
    id: "key-by-url",
    title: "The token says where its key is: a verifier that goes there asks whom the token names.",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["RFC 8725 §3.10", "RFC 7515 §4.1.2", "RFC 7515 §8"],
    cwe: Some(918),
    mend: "Configure where the issuer's keys are; follow no address out of a token but one on a list.",
    judge: key_by_url,
    falls: Example::header(r#"{"alg":"HS256","typ":"JWT","jku":"http://169.254.169.254/keys"}"#),
    clean: Example::header(r#"{"alg":"HS256","typ":"JWT","kid":"1"}"#),
};

pub(super) static KEY_BY_CERTIFICATE: Rule = Rule {
    id: "key-by-certificate",
    title: "The token brings the certificate of its key, which proves nothing until its chain is checked.",
    level: Level::Should,
    severity: Severity::Low,
    references: &["RFC 7515 §4.1.6", "RFC 8725 §3.10"],
    cwe: Some(295),
    mend: "Check the chain against a configured root and the name in it, or use a configured key.",
    judge: key_by_certificate,
    falls: Example::header(r#"{"alg":"HS256","typ":"JWT","x5c":["MIIB"]}"#),
    clean: Example::header(r#"{"alg":"HS256","typ":"JWT","x5t#S256":"AAAA"}"#),
};

pub(super) static KID_DANGEROUS: Rule = Rule {
    id: "kid-dangerous",
    title: "The name of the key is written so as to do something where it is looked up.",
    level: Level::Should,
    severity: Severity::High,
    references: &["RFC 8725 §3.10", "RFC 7515 §4.1.4"],
    cwe: Some(74),
    mend: "Look the name up in a table of known keys; never make a path, a query or a command of it.",
    judge: kid_dangerous,
    falls: Example::header(r#"{"alg":"HS256","typ":"JWT","kid":"../../dev/null"}"#),
    clean: Example::header(r#"{"alg":"HS256","typ":"JWT","kid":"keys/2024-01:a.b_c"}"#),
};

pub(super) static HEADER_TYPE: Rule = Rule {
    id: "header-type",
    title: "A header member is of another type than it is registered with.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 7515 §4.1", "RFC 7516 §4.1"],
    cwe: Some(843),
    mend: "Write each member as its definition has it; have the verifier refuse others.",
    judge: header_type,
    falls: Example::header(r#"{"alg":"HS256","typ":"JWT","kid":["a"]}"#),
    clean: Example::header(r#"{"alg":"HS256","typ":"JWT","kid":"a"}"#),
};

pub(super) static TYP_MISSING: Rule = Rule {
    id: "typ-missing",
    title: "The header does not say what kind of token it is, so that one kind may be taken for another.",
    level: Level::Should,
    severity: Severity::Low,
    references: &["RFC 8725 §3.11", "RFC 8725 §3.12"],
    cwe: Some(345),
    mend: "Say the kind in typ, such as at+jwt, and have the verifier require it.",
    judge: typ_missing,
    falls: Example::header(r#"{"alg":"HS256"}"#),
    clean: Example::header(r#"{"alg":"HS256","typ":"at+jwt"}"#),
};

pub(super) static CRIT: Rule = Rule {
    id: "crit",
    title: "The list of what must be understood is not one that may stand there.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 7515 §4.1.11"],
    cwe: Some(20),
    mend: "Name in crit the extensions that are in the header, each once; leave it out where there are none.",
    judge: crit,
    falls: Example::header(r#"{"alg":"HS256","typ":"JWT","crit":["exp"]}"#),
    clean: Example::header(r#"{"alg":"HS256","typ":"JWT","crit":["exp"],"exp":1}"#),
};

pub(super) static B64_FALSE: Rule = Rule {
    id: "b64-false",
    title: "The payload stands unencoded, which no JWT may have.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 7797 §7"],
    cwe: Some(436),
    mend: "Leave b64 out of JWTs; a verifier of JWTs refuses it.",
    judge: b64_false,
    falls: Example::header(r#"{"alg":"HS256","typ":"JWT","b64":false,"crit":["b64"]}"#),
    clean: Example::header(r#"{"alg":"HS256","typ":"JWT","b64":true,"crit":["b64"]}"#),
};

pub(super) static ZIP: Rule = Rule {
    id: "compressed",
    title: "The content was compressed before it was encrypted: its length tells of what is in it.",
    level: Level::Should,
    severity: Severity::Low,
    references: &["RFC 8725 §3.6", "RFC 7516 §4.1.3"],
    cwe: Some(203),
    mend: "Leave zip out, and bound what is inflated where it must be read.",
    judge: zip,
    falls: Example::header(r#"{"alg":"dir","enc":"A256GCM","typ":"JWT","zip":"DEF"}"#).rest(".AAAA.AAAA.AAAA"),
    clean: Example::header(r#"{"alg":"dir","enc":"A256GCM","typ":"JWT"}"#).rest(".AAAA.AAAA.AAAA"),
};

pub(super) static PASSWORD_ROUNDS: Rule = Rule {
    id: "password-rounds",
    title: "The password of the token is hashed too few times, or more than anybody should do for a stranger.",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["RFC 7518 §4.8.1.2", "draft-ietf-oauth-rfc8725bis §3.13"],
    cwe: Some(916),
    mend: "Use a random key in the place of a password, or some hundred thousand rounds; bound what is obeyed.",
    judge: password_rounds,
    falls: Example::header(r#"{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","typ":"JWT","p2s":"AAAAAAAAAAA","p2c":999}"#)
        .rest("AAAA.AAAA.AAAA.AAAA"),
    clean: Example::header(
        r#"{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","typ":"JWT","p2s":"AAAAAAAAAAA","p2c":600000}"#,
    )
    .rest("AAAA.AAAA.AAAA.AAAA"),
};

pub(super) static UNPROTECTED: Rule = Rule {
    id: "unprotected-header",
    title: "A header that nothing protects says how the token is to be checked.",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["RFC 7515 §10.7", "RFC 7516 §11.4"],
    cwe: Some(345),
    mend: "Put alg, kid and the like into the protected header.",
    judge: unprotected,
    falls: Example::whole(r#"{"header":{"alg":"HS256"},"payload":"e30","signature":"AAAA"}"#),
    clean: Example::whole(
        r#"{"protected":"eyJhbGciOiJIUzI1NiJ9","header":{"note":"1"},"payload":"e30","signature":"AAAA"}"#,
    ),
};
