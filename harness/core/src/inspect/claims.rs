//! Rules about the claims: what is missing, when the token lives, what it gives away. Take a token at a time; of an encrypted one
//! that is not opened they say that they cannot tell.

use token_assay_model::{Level, Severity};

use super::rules::{Example, Hit, Rule, Ruling, View, broken, plain, wrongly_typed};
use super::times::{moment, span};
use crate::reference::json::Json;

/// What a rule says of the claims, where there are any.
fn look(view: &View<'_>, judge: impl FnOnce(&Json) -> Vec<Hit>) -> Ruling {
    match view.claims() {
        Ok(claims) => broken(judge(claims)),
        Err(ruling) => ruling,
    }
}

fn missing(view: &View<'_>, name: &str, seen: &str) -> Ruling {
    // A proof of possession has claims of its own, and is good for one request.
    if view.is_proof() {
        return Ruling::Silent;
    }
    look(view, |claims| {
        let is_there = claims.member(name).is_some_and(|value| *value != Json::Null);
        if is_there { Vec::new() } else { vec![Hit::at(format!("payload {name}"), seen)] }
    })
}

fn exp_missing(view: &View<'_>) -> Ruling {
    missing(view, "exp", "there is no exp: it holds for ever")
}

fn aud_missing(view: &View<'_>) -> Ruling {
    missing(view, "aud", "there is no aud: whoever gets it can show it to every service that trusts the issuer")
}

fn iss_missing(view: &View<'_>) -> Ruling {
    missing(view, "iss", "there is no iss: nothing says whose key is to check it")
}

fn jti_missing(view: &View<'_>) -> Ruling {
    missing(
        view,
        "jti",
        "there is no jti: this token cannot be named, so neither be revoked nor seen to be shown again",
    )
}

fn claim_type(view: &View<'_>) -> Ruling {
    look(view, |claims| {
        let is_text = |value: &Json| value.as_str().is_some();
        let is_audience = |aud: &Json| match aud {
            Json::Array(values) => values.iter().all(|value| value.as_str().is_some()),
            other => other.as_str().is_some(),
        };
        let is_number = |value: &Json| matches!(value, Json::Number(_));
        let numbers = wrongly_typed(claims, "payload", &["exp", "nbf", "iat"], "number", is_number);
        let texts = wrongly_typed(claims, "payload", &["iss", "sub", "jti"], "text", is_text);
        let audience = wrongly_typed(claims, "payload", &["aud"], "text and no list of texts", is_audience);
        numbers.chain(texts).chain(audience).collect()
    })
}

/// The value of a date.
fn seconds(claims: &Json, name: &str) -> Option<f64> {
    claims.member(name)?.as_f64()
}

fn milliseconds(view: &View<'_>) -> Ruling {
    look(view, |claims| {
        let dates = ["exp", "nbf", "iat", "auth_time", "updated_at"];
        let late = dates.iter().filter_map(|name| Some((name, seconds(claims, name)?))).filter(|(_, at)| *at > FAR);
        let hit = |(name, at): (&&str, f64)| {
            let meant = moment(at / 1000.0, view.settings.now).filter(|_| at < FAR * 1000.0);
            let why = meant.map_or(String::new(), |date| format!("; as milliseconds it is {date}"));
            Hit::at(format!("payload {name}"), format!("{at} seconds is beyond the year 5000{why}"))
        };
        late.map(hit).collect()
    })
}

/// The year 5138; as milliseconds, 1973.
const FAR: f64 = 1e11;

fn order(view: &View<'_>) -> Ruling {
    look(view, |claims| {
        let mut hits = Vec::new();
        let mut compare = |first: &str, second: &str| {
            if let (Some(from), Some(to)) = (seconds(claims, first), seconds(claims, second))
                && from >= to
            {
                hits.push(Hit::at(format!("payload {second}"), format!("{second} is not after {first}")));
            }
        };
        compare("iat", "exp");
        compare("nbf", "exp");
        hits
    })
}

fn expired(view: &View<'_>) -> Ruling {
    at(view, "exp", |exp, now| exp <= now)
}

fn not_yet(view: &View<'_>) -> Ruling {
    at(view, "nbf", |nbf, now| nbf > now)
}

fn issued_later(view: &View<'_>) -> Ruling {
    at(view, "iat", |iat, now| iat > now + SKEW)
}

/// Two clocks may differ by a minute.
const SKEW: f64 = 60.0;

#[expect(clippy::cast_precision_loss, reason = "a clock is far below what a double holds")]
fn at(view: &View<'_>, name: &str, is_wrong: fn(f64, f64) -> bool) -> Ruling {
    let claims = match view.claims() {
        Ok(claims) => claims,
        Err(ruling) => return ruling,
    };
    let now = view.settings.now;
    match seconds(claims, name) {
        None => Ruling::Silent,
        Some(time) if is_wrong(time, now as f64) => {
            let date = moment(time, now).unwrap_or_else(|| time.to_string());
            Ruling::Broken(vec![Hit::at(format!("payload {name}"), format!("{name} is {date}"))])
        }
        Some(_) => Ruling::Holds,
    }
}

/// How long it lives: from its issue, or its beginning, or the clock.
#[expect(clippy::cast_precision_loss, reason = "a clock is far below what a double holds")]
fn life(view: &View<'_>, claims: &Json) -> Option<(f64, &'static str)> {
    let exp = seconds(claims, "exp").filter(|exp| *exp <= FAR)?;
    let from = ["iat", "nbf"].iter().find_map(|name| Some((seconds(claims, name)?, *name)));
    let (from, name) = from.unwrap_or((view.settings.now as f64, "now"));
    (exp > from).then_some((exp - from, name))
}

fn words(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a life is positive and below 10^11")]
    let whole = seconds as u64;
    span(whole)
}

#[expect(clippy::cast_precision_loss, reason = "a lifetime is far below what a double holds")]
fn lifetime(view: &View<'_>) -> Ruling {
    let Some(longest) = view.settings.longest_lifetime else { return Ruling::Needs(super::Need::LongestLifetime) };
    look(view, |claims| {
        if seconds(claims, "exp").is_none() {
            return vec![Hit::at("payload exp", "it has no end")];
        }
        match life(view, claims) {
            Some((life, from)) if life > longest as f64 => {
                let allowed = words(longest as f64);
                vec![Hit::at("payload exp", format!("{} from {from}; the policy allows {allowed}", words(life)))]
            }
            _ => Vec::new(),
        }
    })
}

fn long_lived(view: &View<'_>) -> Ruling {
    if view.settings.longest_lifetime.is_some() {
        return Ruling::Silent;
    }
    look(view, |claims| match life(view, claims) {
        Some((life, from)) if life > DAY => {
            let severity = if life > MONTH { Severity::Medium } else { Severity::Low };
            vec![Hit::at("payload exp", format!("it lives {} from {from}", words(life))).severity(severity)]
        }
        _ => Vec::new(),
    })
}

const DAY: f64 = 86_400.0;
const MONTH: f64 = 31.0 * DAY;

fn audience_of_all(view: &View<'_>) -> Ruling {
    look(view, |claims| {
        let says_nothing = |value: &Json| value.as_str().is_some_and(|aud| ["", "*", "any", "all"].contains(&aud));
        let hit = match claims.member("aud") {
            Some(Json::Array(values)) if values.is_empty() => Some("the list is empty: it is for nobody"),
            Some(Json::Array(values)) if values.iter().any(says_nothing) => Some("it is for everybody, or for nobody"),
            Some(value) if says_nothing(value) => Some("it is for everybody, or for nobody"),
            _ => None,
        };
        hit.map(|seen| Hit::at("payload aud", seen)).into_iter().collect()
    })
}

fn access_token(view: &View<'_>) -> Ruling {
    if view.typ().as_deref() != Some("at+jwt") {
        return Ruling::Silent;
    }
    look(view, |claims| {
        let wanted = ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"];
        let missing = wanted.iter().filter(|name| claims.member(name).is_none());
        missing.map(|name| Hit::at(format!("payload {name}"), format!("an access token must have {name}"))).collect()
    })
}

fn secret_claim(view: &View<'_>) -> Ruling {
    look(view, |claims| {
        let mut hits = Vec::new();
        walk(claims, "payload", &mut |path, name, value| {
            let plain = plain(name);
            let is_said = !matches!(value, Json::Null | Json::Bool(_) | Json::Object(_));
            if is_said && SECRETS.contains(&plain.as_str()) {
                hits.push(Hit::at(path, "its name says that it is a secret"));
            } else if let Some(what) = value.as_str().and_then(secret_of) {
                hits.push(Hit::at(path, what));
            }
        });
        hits
    })
}

/// What a value is that nobody should read.
fn secret_of(value: &str) -> Option<&'static str> {
    let is_hash =
        value.len() >= 59 && ["$2a$", "$2b$", "$2y$", "$argon2", "$pbkdf2"].iter().any(|s| value.starts_with(s));
    if value.contains("-----BEGIN ") && value.contains("PRIVATE KEY-----") {
        Some("it is a private key")
    } else if is_hash {
        Some("it is the hash of a password")
    } else if value.len() == 20 && ["AKIA", "ASIA"].iter().any(|start| value.starts_with(start)) {
        Some("it looks like an access key of a cloud")
    } else if ["ghp_", "gho_", "xoxb-", "xoxp-", "sk_live_", "rk_live_"].iter().any(|start| value.starts_with(start)) {
        Some("it looks like another service's token")
    } else if is_card(value) {
        Some("it looks like the number of a payment card")
    } else {
        None
    }
}

/// Thirteen to nineteen digits, in groups or not, whose last is right (ISO/IEC 7812-1 Annex B).
fn is_card(value: &str) -> bool {
    let plain = value.len() <= 25 && value.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-'));
    let digits: Vec<u32> = value.chars().filter_map(|c| c.to_digit(10)).collect();
    if !plain || !(13..=19).contains(&digits.len()) || !matches!(digits[0], 3..=6) {
        return false;
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| if at % 2 == 0 { *digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    sum.is_multiple_of(10)
}

fn personal_claim(view: &View<'_>) -> Ruling {
    look(view, |claims| {
        let Json::Object(members) = claims else { return Vec::new() };
        let is_personal = |name: &str| PERSONAL.contains(&plain(name).as_str());
        let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).filter(|name| is_personal(name)).collect();
        if names.is_empty() {
            return Vec::new();
        }
        vec![Hit::at("payload", format!("whoever holds the token reads {}", names.join(", ")))]
    })
}

/// Calls for each member, at any depth, with its path, name and value.
fn walk(json: &Json, path: &str, visit: &mut impl FnMut(&str, &str, &Json)) {
    match json {
        Json::Object(members) => {
            for (name, value) in members {
                let path = if path == "payload" { format!("payload {name}") } else { format!("{path}.{name}") };
                visit(&path, name, value);
                walk(value, &path, visit);
            }
        }
        Json::Array(values) => values.iter().for_each(|value| walk(value, path, visit)),
        _ => {}
    }
}

fn inexact_number(view: &View<'_>) -> Ruling {
    look(view, |claims| {
        let mut hits = Vec::new();
        walk(claims, "payload", &mut |path, _, value| {
            let Json::Number(text) = value else { return };
            let digits = text.trim_start_matches('-');
            let is_whole = digits.bytes().all(|octet| octet.is_ascii_digit());
            if is_whole && digits.parse::<u64>().map_or(true, |number| number > EXACT) {
                hits.push(Hit::at(path, format!("{text} is beyond the integers that every reader keeps exact")));
            } else if value.as_f64().is_none_or(f64::is_infinite) {
                hits.push(Hit::at(path, format!("{text} is beyond what most readers hold")));
            }
        });
        hits
    })
}

/// RFC 8259 §6.
const EXACT: u64 = (1 << 53) - 1;

/// Names of members that are secrets, without case and punctuation.
const SECRETS: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "pass",
    "passphrase",
    "passwordhash",
    "hashedpassword",
    "secret",
    "clientsecret",
    "apikey",
    "apisecret",
    "privatekey",
    "secretkey",
    "accesskey",
    "encryptionkey",
    "signingkey",
    "refreshtoken",
    "otp",
    "otpsecret",
    "totpsecret",
    "mfasecret",
    "pin",
    "cvv",
    "cvc",
    "creditcard",
    "cardnumber",
    "pan",
    "connectionstring",
    "dbpassword",
    "databaseurl",
];

/// Names of members that tell of a person, without case and punctuation.
const PERSONAL: &[&str] = &[
    "email",
    "phonenumber",
    "phone",
    "mobile",
    "msisdn",
    "address",
    "streetaddress",
    "birthdate",
    "dateofbirth",
    "dob",
    "gender",
    "ssn",
    "socialsecuritynumber",
    "nationalid",
    "taxid",
    "passport",
    "passportnumber",
    "iban",
    "placeofbirth",
    "nationalities",
    "ethnicity",
    "religion",
    "healthrecord",
    "ipaddress",
    "location",
];

pub(super) static EXP_MISSING: Rule = Rule {
    id: "exp-missing",
    title: "The token never ends.",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["RFC 7519 §4.1.4", "RFC 6750 §5.3", "OWASP ASVS 5.0 V9.2.1"],
    cwe: Some(613),
    mend: "Give it an exp, minutes ahead, and have the verifier require one.",
    judge: exp_missing,
    falls: Example::claims(r#"{"iss":"i","sub":"u","aud":"a","jti":"1"}"#),
    clean: Example::claims(r#"{"iss":"i","sub":"u","aud":"a","jti":"1","exp":1700000600}"#),
};

pub(super) static AUD_MISSING: Rule = Rule {
    id: "aud-missing",
    title: "The token does not say for whom it is.",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["RFC 8725 §3.9", "RFC 7519 §4.1.3", "OWASP ASVS 5.0 V9.2.3"],
    cwe: Some(346),
    mend: "Name the service in aud, and have each service require its own name.",
    judge: aud_missing,
    falls: Example::claims(r#"{"iss":"i","sub":"u"}"#),
    clean: Example::claims(r#"{"iss":"i","sub":"u","aud":"a"}"#),
};

pub(super) static ISS_MISSING: Rule = Rule {
    id: "iss-missing",
    title: "The token does not say who issued it.",
    level: Level::Should,
    severity: Severity::Low,
    references: &["RFC 8725 §3.8", "RFC 7519 §4.1.1"],
    cwe: Some(346),
    mend: "Name the issuer in iss, and have the verifier take that issuer's keys alone.",
    judge: iss_missing,
    falls: Example::claims(r#"{"sub":"u"}"#),
    clean: Example::claims(r#"{"iss":"i","sub":"u"}"#),
};

pub(super) static JTI_MISSING: Rule = Rule {
    id: "jti-missing",
    title: "The token has no name of its own.",
    level: Level::May,
    severity: Severity::Note,
    references: &["RFC 7519 §4.1.7"],
    cwe: Some(294),
    mend: "Give it a random jti where it must be revoked by itself, or used once.",
    judge: jti_missing,
    falls: Example::claims(r#"{"sub":"u"}"#),
    clean: Example::claims(r#"{"sub":"u","jti":"1"}"#),
};

pub(super) static CLAIM_TYPE: Rule = Rule {
    id: "claim-type",
    title: "A registered claim is of another type than it is registered with.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 7519 §4.1", "RFC 7519 §2"],
    cwe: Some(843),
    mend: "Write dates as numbers of seconds and names as texts; have the verifier refuse others.",
    judge: claim_type,
    falls: Example::claims(r#"{"exp":"1700000600"}"#),
    clean: Example::claims(r#"{"exp":1700000600.5,"aud":["a","b"]}"#),
};

pub(super) static MILLISECONDS: Rule = Rule {
    id: "milliseconds",
    title: "A date is so far off that it was probably counted in milliseconds.",
    level: Level::Must,
    severity: Severity::High,
    references: &["RFC 7519 §2"],
    cwe: Some(613),
    mend: "Count seconds: a token that ends in a thousandfold time does not end.",
    judge: milliseconds,
    falls: Example::claims(r#"{"exp":1700000600000}"#),
    clean: Example::claims(r#"{"exp":1700000600}"#),
};

pub(super) static ORDER: Rule = Rule {
    id: "dates-out-of-order",
    title: "The token ends before it begins.",
    level: Level::Should,
    severity: Severity::Low,
    references: &["RFC 7519 §4.1.4", "RFC 7519 §4.1.5", "RFC 7519 §4.1.6"],
    cwe: Some(20),
    mend: "Look at the clock and the arithmetic of the issuer.",
    judge: order,
    falls: Example::claims(r#"{"iat":1700000600,"exp":1700000500}"#),
    clean: Example::claims(r#"{"iat":1700000500,"exp":1700000600}"#),
};

pub(super) static EXPIRED: Rule = Rule {
    id: "expired",
    title: "The token has ended: a verifier refuses it.",
    level: Level::Must,
    severity: Severity::Note,
    references: &["RFC 7519 §4.1.4"],
    cwe: None,
    mend: "Get a new one, by a refresh token or a login.",
    judge: expired,
    falls: Example::claims(r#"{"exp":1700000000}"#),
    clean: Example::claims(r#"{"exp":1700000001}"#),
};

pub(super) static NOT_YET: Rule = Rule {
    id: "not-yet-valid",
    title: "The token has not begun.",
    level: Level::Must,
    severity: Severity::Note,
    references: &["RFC 7519 §4.1.5"],
    cwe: None,
    mend: "A verifier refuses it; look at the clocks.",
    judge: not_yet,
    falls: Example::claims(r#"{"nbf":1700000001}"#),
    clean: Example::claims(r#"{"nbf":1700000000}"#),
};

pub(super) static ISSUED_LATER: Rule = Rule {
    id: "issued-in-the-future",
    title: "The token says that it will be issued.",
    level: Level::Should,
    severity: Severity::Low,
    references: &["RFC 7519 §4.1.6", "OpenID Connect Core §3.1.3.7"],
    cwe: Some(20),
    mend: "Look at the clock of the issuer.",
    judge: issued_later,
    falls: Example::claims(r#"{"iat":1700000061}"#),
    clean: Example::claims(r#"{"iat":1700000060}"#),
};

pub(super) static LIFETIME: Rule = Rule {
    id: "lifetime-over-policy",
    title: "The token lives for longer than the policy allows.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 6750 §5.3", "RFC 9700 §4.14"],
    cwe: Some(613),
    mend: "Issue it for a shorter time, and refresh; have the verifier bound the age by iat.",
    judge: lifetime,
    falls: Example::claims(r#"{"iat":1700000000,"exp":1700000901}"#).lasting(900),
    clean: Example::claims(r#"{"iat":1700000000,"exp":1700000900}"#).lasting(900),
};

pub(super) static LONG_LIVED: Rule = Rule {
    id: "long-lived",
    title: "The token lives for longer than a day, and cannot be taken back by being forgotten.",
    level: Level::Should,
    severity: Severity::Low,
    references: &["RFC 6750 §5.3", "RFC 9700 §4.14"],
    cwe: Some(613),
    mend: "Issue access tokens for an hour or less, and refresh; or look each token up.",
    judge: long_lived,
    falls: Example::claims(r#"{"iat":1700000000,"exp":1700086401}"#),
    clean: Example::claims(r#"{"iat":1700000000,"exp":1700086400}"#),
};

pub(super) static AUDIENCE_OF_ALL: Rule = Rule {
    id: "aud-says-nothing",
    title: "The audience names nobody in particular.",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["RFC 8725 §3.9", "RFC 7519 §4.1.3"],
    cwe: Some(346),
    mend: "Name the service for which the token is.",
    judge: audience_of_all,
    falls: Example::claims(r#"{"aud":"*"}"#),
    clean: Example::claims(r#"{"aud":"orders"}"#),
};

pub(super) static ACCESS_TOKEN: Rule = Rule {
    id: "access-token-claims",
    title: "An access token lacks a claim that its profile requires.",
    level: Level::Must,
    severity: Severity::Low,
    references: &["RFC 9068 §2.2"],
    cwe: None,
    mend: "Issue all of iss, exp, aud, sub, client_id, iat and jti, or do not call it at+jwt.",
    judge: access_token,
    falls: Example::header(r#"{"alg":"HS256","typ":"at+jwt"}"#),
    clean: Example::header(r#"{"alg":"HS256","typ":"application/at+jwt"}"#)
        .and_claims(r#"{"iss":"i","exp":1700000600,"aud":"a","sub":"u","client_id":"c","iat":1700000000,"jti":"1"}"#),
};

pub(super) static SECRET_CLAIM: Rule = Rule {
    id: "secret-in-claims",
    title: "A claim holds a secret, and whoever holds the token reads it.",
    level: Level::Should,
    severity: Severity::High,
    references: &["RFC 7519 §12", "OWASP ASVS 5.0 V14.2.1"],
    cwe: Some(522),
    mend: "Leave it out and change it: tokens end in logs. What must travel is encrypted, or looked up.",
    judge: secret_claim,
    falls: Example::claims(r#"{"user":{"Pass_Word":"hunter2"}}"#),
    clean: Example::claims(r#"{"user":{"password_changed":true,"password":null,"card":"4111111111111112"}}"#),
};

pub(super) static PERSONAL_CLAIM: Rule = Rule {
    id: "personal-data",
    title: "The claims tell of a person to whoever holds the token.",
    level: Level::Should,
    severity: Severity::Low,
    references: &["RFC 7519 §12", "RFC 9068 §6"],
    cwe: Some(359),
    mend: "Leave out of access tokens what the service does not need; encrypt what must travel.",
    judge: personal_claim,
    falls: Example::claims(r#"{"sub":"u","email":"ada@example.com"}"#),
    clean: Example::claims(r#"{"sub":"u","email_verified":true}"#),
};

pub(super) static INEXACT_NUMBER: Rule = Rule {
    id: "inexact-number",
    title: "A number is beyond those that every reader of JSON keeps exact.",
    level: Level::Should,
    severity: Severity::Low,
    references: &["RFC 8259 §6", "RFC 7493 §2.2"],
    cwe: Some(681),
    mend: "Write large numbers as texts.",
    judge: inexact_number,
    falls: Example::claims(r#"{"uid":9007199254740993}"#),
    clean: Example::claims(r#"{"uid":9007199254740991}"#),
};
