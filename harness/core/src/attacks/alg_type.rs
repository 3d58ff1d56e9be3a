//! `alg` missing, empty, or of another type than a string, and headers that are no objects (RFC 7515 §4, §4.1.1, §5.2).

use token_assay_model::{Algorithm, Reason, Severity};

use super::scene::{Scene, Setting, on};
use super::{Cases, Class, Family, Make, Says};
use crate::forge::json::{array, quote};
use crate::forge::{Jws, Object};
use crate::reference::json::Json;
use crate::reference::{Reading, Rule, rules};
use crate::strawman::{PANICS, Strawman, configured};

/// A header whose `alg` is this raw JSON.
fn header(scene: &Scene<'_>, raw_alg: &str) -> Object {
    scene.header().set("alg", raw_alg)
}

/// The trusted key's signature under a header with this raw `alg`.
fn genuine(scene: &Scene<'_>, raw_alg: &str) -> Jws {
    scene.sign_header(&header(scene, raw_alg))
}

/// An administrator's claims under a header with this raw `alg`, without a signature.
fn unsigned(scene: &Scene<'_>, raw_alg: &str) -> Jws {
    Jws::unsigned(header(scene, raw_alg).text(), scene.forged_claims().text())
}

/// Each spelling with a genuine signature.
fn signed(scene: &Scene<'_>, cases: &mut Cases<'_>, spellings: &[(&str, &str)]) {
    for (variant, raw_alg) in spellings {
        cases.add(scene, variant, genuine(scene, raw_alg));
    }
}

/// Each spelling with a genuine signature, and with none.
fn signed_and_unsigned(scene: &Scene<'_>, cases: &mut Cases<'_>, spellings: &[(&str, &str)]) {
    for (variant, raw_alg) in spellings {
        cases.add(scene, &join(variant, "genuine"), genuine(scene, raw_alg));
        cases.add(scene, &join(variant, "unsigned"), unsigned(scene, raw_alg));
    }
}

fn missing(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let without = scene.header().without("alg");
    cases.add(scene, "genuine", scene.sign_header(&without));
    cases.add(scene, "unsigned", Jws::unsigned(without.text(), scene.forged_claims().text()));
    cases.add(scene, "old-signature", scene.token().with_header(without.text()));
}

fn null(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    signed_and_unsigned(scene, cases, &[("", "null")]);
}

fn empty_string(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    signed_and_unsigned(scene, cases, &[("", r#""""#)]);
}

fn number(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let spellings = [("0", "0"), ("1", "1"), ("256", "256"), ("minus-1", "-1"), ("1e3", "1e3")];
    signed(scene, cases, &spellings);
    cases.add(scene, "0-unsigned", unsigned(scene, "0"));
}

fn boolean(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    signed(scene, cases, &[("true", "true")]);
    signed_and_unsigned(scene, cases, &[("false", "false")]);
}

fn list(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let own = quote(scene.algorithm().as_str());
    let (alone, after_none) = (array([own.as_str()]), array([NONE, own.as_str()]));
    signed(scene, cases, &[("own", &alone)]);
    signed_and_unsigned(scene, cases, &[("none", &array([NONE])), ("none-and-own", &after_none), ("empty", "[]")]);
}

fn object(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let own = Object::new().set_string("alg", scene.algorithm().as_str()).text();
    signed(scene, cases, &[("not-equal", r#"{"$ne":null}"#), ("nested", &own)]);
    signed_and_unsigned(scene, cases, &[("to-string", r#"{"toString":"none"}"#)]);
}

/// The octets go into the header as they are; base64url keeps the token ASCII.
fn non_utf8(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let own = scene.algorithm().as_str().as_bytes();
    let (last, rest) = own.split_last().expect("a name is not empty");
    let overlong = [rest, &[0xc0 | last >> 6, 0x80 | last & 0x3f]].concat();
    let malformed = [("lone-octet", vec![0xff]), ("octet-after", [own, &[0xff]].concat()), ("overlong", overlong)];
    // This one is UTF-8, a letter that stands in no algorithm's name.
    cases.add(scene, "two-octet-letter", genuine_octets(scene, b"\xc3\xb1")).reason(Reason::Algorithm);
    for (variant, alg) in malformed {
        cases.add(scene, variant, genuine_octets(scene, &alg));
    }
}

fn genuine_octets(scene: &Scene<'_>, alg: &[u8]) -> Jws {
    let text = header(scene, r#""?""#).text();
    let (before, after) = text.split_once('?').expect("it was put there, and the rest of the header holds none");
    scene.sign([before.as_bytes(), alg, after.as_bytes()].concat(), scene.claims().text())
}

fn huge_string(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    // A megabyte once is enough: what reading it costs does not depend on the key. No algorithm of this name signs, so the
    // signature is another token's.
    let length = if scene.algorithm().is_hmac() { 1 << 20 } else { 1 << 16 };
    let header = header(scene, &quote(&"A".repeat(length)));
    let token = Jws::unsigned(header.text(), scene.claims().text());
    cases.add(scene, "", token.with_signature_segment(scene.token().signature));
}

fn not_object(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, text) in [("array", "[]"), ("string", r#""x""#), ("number", "1"), ("null", "null"), ("true", "true")]
    {
        cases.add(scene, variant, scene.sign(text, scene.claims().text()));
    }
}

fn empty_object(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", scene.sign("{}", scene.claims().text()));
}

fn join(variant: &str, more: &str) -> String {
    if variant.is_empty() { more.to_owned() } else { format!("{variant}-{more}") }
}

/// HMAC as the row wants it, without the settings that differ in the form of the secret only.
fn hmac(at: Setting) -> bool {
    on::hmac(at) && (on::pinned(at) || on::usual(at))
}

/// Whatever is no string stands for what is configured.
fn default_algorithm(reading: &mut Reading<'_>) -> Result<(), Reason> {
    if reading.header.member("alg").and_then(Json::as_str).is_some() {
        return rules::algorithm(reading);
    }
    reading.algorithm = configured(reading);
    Ok(())
}

/// What a dynamic language calls false is no algorithm, and no algorithm is `none`.
fn falsy_is_none(reading: &mut Reading<'_>) -> Result<(), Reason> {
    let falsy = match reading.header.member("alg") {
        None | Some(Json::Null | Json::Bool(false)) => true,
        Some(Json::String(name)) => name.is_empty(),
        Some(Json::Number(text)) => text == "0",
        Some(_) => false,
    };
    if falsy {
        reading.algorithm = Algorithm::None;
        return Ok(());
    }
    rules::algorithm(reading)
}

/// The first string found in `alg`, however deep, that names an algorithm.
fn first_name(value: &Json) -> Option<Algorithm> {
    match value {
        Json::String(name) => name.parse().ok(),
        Json::Array(values) => values.iter().find_map(first_name),
        Json::Object(members) => members.iter().find_map(|(_, value)| first_name(value)),
        _ => None,
    }
}

fn allow_none(reading: &mut Reading<'_>) -> Result<(), Reason> {
    if reading.algorithm == Algorithm::None { Ok(()) } else { rules::allowed(reading) }
}

static ALG_DEFAULTS: Strawman = Strawman {
    name: "alg-defaults",
    flaw: "falls back on its configured algorithm when the header names none that it can read",
    mend: "Refuse a header without an alg that is a string; never put a default in its place.",
    bends: &[(Rule::Algorithm, default_algorithm)],
};

static ALG_FALSY_IS_NONE: Strawman = Strawman {
    name: "alg-falsy-is-none",
    flaw: "takes an alg that counts as false for none, and believes the unsigned token",
    mend: "Test that alg is a string and stands in the allow-list; truth and falsehood of a value say nothing.",
    bends: &[(Rule::Algorithm, falsy_is_none), (Rule::Allowed, allow_none)],
};

static ALG_SEARCHED: Strawman = Strawman {
    name: "alg-searched",
    flaw: "turns an alg that is a list or an object into a string, and finds an algorithm in it",
    mend: "Read the header into a type whose alg is a string, or test the type before the value is used.",
    bends: &[(Rule::Algorithm, |reading| {
        let found = reading.header.member("alg").and_then(first_name);
        reading.algorithm = found.ok_or(Reason::Algorithm)?;
        Ok(())
    })],
};

static ALG_DROPS_OCTETS: Strawman = Strawman {
    name: "alg-drops-octets",
    flaw: "drops octets of the header that are not UTF-8 and reads the rest",
    mend: "Decode the header as UTF-8 strictly and refuse it on the first error.",
    bends: &[(Rule::Header, |reading| {
        reading.decoded[0] = reading.decoded[0].utf8_chunks().flat_map(|chunk| chunk.valid().bytes()).collect();
        rules::header(reading)
    })],
};

static HEADER_OF_ANY_TYPE: Strawman = Strawman {
    name: "header-of-any-type",
    flaw: "reads a header that is no object as one without members",
    mend: "Refuse a header that is not a JSON object before any member is looked for.",
    bends: &[
        (Rule::Header, |reading| {
            reading.header = Json::parse(&reading.decoded[0]).map_err(|_| Reason::Malformed)?;
            Ok(())
        }),
        (Rule::Algorithm, default_algorithm),
    ],
};

const NONE: &str = r#""none""#;

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "alg-type",
    title: "algorithm names that are missing or no strings",
    classes: &[
        Class {
            id: "alg-missing",
            title: "A token whose header names no algorithm was accepted.",
            construction: "header without alg; a genuine signature over it, an empty one with the claims of an \
                           administrator, or the signature of the token with alg",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 7515 §4.1.1"],
            cwe: Some(347),
            make: Make::Cases { on: on::plain, build: missing, strawman: &ALG_DEFAULTS },
        },
        Class {
            id: "alg-null",
            title: "A token whose alg is null was accepted.",
            construction: "alg = null; a genuine signature, or an empty one with the claims of an administrator",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::High,
            references: &["RFC 7515 §4.1.1"],
            cwe: Some(843),
            make: Make::Cases { on: on::plain, build: null, strawman: &ALG_DEFAULTS },
        },
        Class {
            id: "alg-empty-string",
            title: "A token whose alg is an empty string was accepted.",
            construction: "alg = an empty string; a genuine signature, or an empty one with the claims of an \
                           administrator",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::High,
            references: &["RFC 7515 §4.1.1"],
            cwe: Some(347),
            make: Make::Cases { on: on::plain, build: empty_string, strawman: &ALG_FALSY_IS_NONE },
        },
        Class {
            id: "alg-number",
            title: "A token whose alg is a number was accepted.",
            construction: "alg = 0, 1, 256, -1, 1e3 under a genuine signature, and 0 with an empty one",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Medium,
            references: &["RFC 7515 §4.1.1"],
            cwe: Some(843),
            make: Make::Cases { on: on::plain, build: number, strawman: &ALG_DEFAULTS },
        },
        Class {
            id: "alg-bool",
            title: "A token whose alg is true or false was accepted.",
            construction: "alg = true, false; genuine signature; and false with an empty one and the claims of an \
                           administrator",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Medium,
            references: &["RFC 7515 §4.1.1"],
            cwe: Some(843),
            make: Make::Cases { on: on::plain, build: boolean, strawman: &ALG_FALSY_IS_NONE },
        },
        Class {
            id: "alg-array",
            title: "A token whose alg is a list was accepted.",
            construction: "alg = a list of none, of the expected algorithm, of both, or an empty list; a genuine \
                           signature, or an empty one with the claims of an administrator",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::High,
            references: &["RFC 7515 §4.1.1"],
            cwe: Some(843),
            make: Make::Cases { on: on::plain, build: list, strawman: &ALG_SEARCHED },
        },
        Class {
            id: "alg-object",
            title: "A token whose alg is an object was accepted.",
            construction: "alg = {\"$ne\":null}, an object whose alg is the expected algorithm, \
                           {\"toString\":\"none\"}; a genuine signature, the last one also with none and the claims of \
                           an administrator",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::High,
            references: &["RFC 7515 §4.1.1"],
            cwe: Some(843),
            make: Make::Cases { on: on::plain, build: object, strawman: &ALG_SEARCHED },
        },
        Class {
            id: "alg-non-utf8",
            title: "A token whose alg holds octets that spell no algorithm was accepted.",
            construction: "alg = the octets C3 B1, a lone FF, the expected algorithm followed by FF, the expected \
                           algorithm with its last character in two octets; genuine signature",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7515 §5.2", "RFC 7515 §4.1.1"],
            cwe: Some(176),
            make: Make::Cases { on: on::plain, build: non_utf8, strawman: &ALG_DROPS_OCTETS },
        },
        Class {
            id: "alg-huge-string",
            title: "A token whose alg is as long as a book made the verifier fail or take too long.",
            construction: "alg = 1 MiB of the letter A (64 KiB where the key is a public one); the signature of another token",
            says: Says::Bounded(1000),
            severity: Severity::Medium,
            references: &["RFC 7515 §4.1.1"],
            cwe: Some(400),
            make: Make::Cases { on: on::pinned_common, build: huge_string, strawman: &PANICS },
        },
        Class {
            id: "header-not-object",
            title: "A token whose header is no JSON object was accepted.",
            construction: r#"header = [], "x", 1, null, true; genuine signature"#,
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::High,
            references: &["RFC 7515 §4", "RFC 7515 §5.2"],
            cwe: Some(843),
            make: Make::Cases { on: on::plain, build: not_object, strawman: &HEADER_OF_ANY_TYPE },
        },
        Class {
            id: "header-empty-object",
            title: "A token whose header is an empty object was accepted.",
            construction: "header = {}; MAC keyed with the trusted secret",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::High,
            references: &["RFC 7515 §4.1.1"],
            cwe: Some(347),
            make: Make::Cases { on: hmac, build: empty_object, strawman: &ALG_DEFAULTS },
        },
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::{Forge, base64url};

    #[test]
    fn raw_octets_reach_the_header() {
        let forge = Forge::new(1_700_000_000);
        let setting = super::super::scene::settings().next().expect("there are settings");
        let token = genuine_octets(&Scene::new(&forge, setting), b"\xff");
        let header = base64url::decode(token.header).expect("the forge encodes");
        assert!(header.starts_with(b"{\"alg\":\"\xff\""));
    }
}
