//! Extensions that must be understood (RFC 7515 §4.1.11), and the one that turns off the encoding of the payload (RFC 7797).

use token_assay_model::{Algorithm, Profile, Reason, Severity};

use super::scene::{Scene, Setting, on};
use super::{Cases, Class, Family, Make, Says};
use crate::forge::json::{array, quote};
use crate::forge::{Jws, Object, Scheme, base64url};
use crate::reference::json::Json;
use crate::reference::{Reading, Rule, rules};
use crate::strawman::{PANICS, SLOW, Strawman, skip};

/// A valid token whose header has this `crit`, as raw JSON, and these members, of which the names are extensions.
fn marked(scene: &Scene<'_>, crit: &str, members: &[(&str, &str)]) -> Jws {
    let header = members.iter().fold(scene.header(), |header, (name, value)| header.set(name, *value));
    scene.sign_header(&header.set("crit", crit))
}

/// The scene of a verifier that understands these extensions.
fn understanding<'f>(scene: &Scene<'f>, names: &[&str]) -> Scene<'f> {
    scene.with(|policy| policy.critical = names.iter().map(|name| (*name).to_owned()).collect())
}

/// For what one setting shows as well as all.
fn is_first(scene: &Scene<'_>) -> bool {
    on::one(scene.setting)
}

fn unknown_extension(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", marked(scene, r#"["x-must"]"#, &[("x-must", "1")]));
    if !is_first(scene) {
        return;
    }
    cases.add(scene, "public-name", marked(scene, &array([quote(PUBLIC)]), &[(PUBLIC, "true")]));
    cases.add(scene, "two", marked(scene, r#"["x-must","x-more"]"#, &[("x-must", "1"), ("x-more", "{}")]));
    cases.add(scene, "value-null", marked(scene, r#"["x-must"]"#, &[("x-must", "null")]));
    // Registered, but for JWEs: an extension to one that verifies signatures.
    cases.add(scene, "of-another-standard", marked(scene, r#"["exp"]"#, &[("exp", "1")]));
    let knows = understanding(scene, &["x-must"]);
    let says = Says::ShouldAccept;
    cases.add(&knows, "understood", marked(&knows, r#"["x-must"]"#, &[("x-must", "1")])).says(says);
    cases.add(&knows, "one-of-two", marked(&knows, r#"["x-must","x-more"]"#, &[("x-must", "1"), ("x-more", "1")]));
    cases.add(&knows, "another", marked(&knows, r#"["x-more"]"#, &[("x-must", "1"), ("x-more", "1")]));
}

fn absent_name(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", marked(scene, r#"["x-must"]"#, &[]));
    if !is_first(scene) {
        return;
    }
    cases.add(scene, "claim", marked(scene, r#"["jti"]"#, &[]));
    let knows = understanding(scene, &["x-must"]);
    cases.add(&knows, "understood", marked(&knows, r#"["x-must"]"#, &[])).says(Says::Either(MAY_REFUSE));
}

fn registered_names(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for name in ["alg", "typ", "kid", "crit", "jwk"] {
        cases.add(scene, name, marked(scene, &array([quote(name)]), &[]));
    }
}

fn empty_list(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", marked(scene, "[]", &[]));
}

fn no_list(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let values = [
        ("string", r#""x-must""#),
        ("null", "null"),
        ("true", "true"),
        ("object", r#"{"x-must":true}"#),
        ("number", "1"),
        ("empty-string", r#""""#),
        ("false", "false"),
    ];
    let shown = if is_first(scene) { &values[..] } else { &values[..2] };
    for (variant, value) in shown {
        let case = cases.add(scene, variant, marked(scene, value, &[("x-must", "1")]));
        // What says nothing marks nothing: to refuse a value that is no array is then the recipient's choice (§4.1.11).
        if ["null", "false", r#""""#].contains(value) {
            case.says(Says::ShouldReject(Reason::Critical)).severity(Severity::Low);
        }
    }
    if is_first(scene) {
        let knows = understanding(scene, &["x-must"]);
        cases.add(&knows, "string-understood", marked(&knows, r#""x-must""#, &[("x-must", "1")]));
    }
}

fn no_strings(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let lists = [
        ("number", "[1]"),
        ("null", "[null]"),
        ("empty-string", r#"[""]"#),
        ("list", r#"[["x-must"]]"#),
        ("object", r#"[{"x-must":1}]"#),
        ("false", "[false]"),
    ];
    for (variant, list) in lists {
        cases.add(scene, variant, marked(scene, list, &[("x-must", "1")]));
    }
    if is_first(scene) {
        let knows = understanding(scene, &["x-must"]);
        cases.add(&knows, "beside-understood", marked(&knows, r#"["x-must",1]"#, &[("x-must", "1")]));
    }
}

fn repeated_name(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let knows = understanding(scene, &["x-must"]);
    cases.add(&knows, "understood", marked(&knows, r#"["x-must","x-must"]"#, &[("x-must", "1")]));
    let unknown = marked(scene, r#"["x-must","x-must"]"#, &[("x-must", "1")]);
    cases.add(scene, "unknown", unknown).says(Says::MustReject(Reason::Critical));
}

fn inherited_name(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for name in INHERITED {
        let variant = name.trim_matches('_').to_ascii_lowercase();
        cases.add(scene, &variant, marked(scene, &array([quote(name)]), &[]));
        if is_first(scene) {
            let knows = understanding(scene, &["x-must"]);
            let list = array([quote("x-must"), quote(name)]);
            cases.add(&knows, &format!("{variant}-beside-understood"), marked(&knows, &list, &[("x-must", "1")]));
        }
    }
}

/// A JWT is in no JSON serialisation, so that this is refused however `crit` is read.
fn unprotected(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let unprotected = Object::new().set("crit", r#"["x-must"]"#).set("x-must", "1").text();
    let signature = Object::new().set_string("protected", &token.header).set("header", unprotected);
    let signature = signature.set_string("signature", &token.signature);
    let payload = Object::new().set_string("payload", &token.payload);
    let general = payload.clone().set("signatures", array([signature.text()])).text();
    let flattened = signature.members().iter().fold(payload, |all, (name, value)| all.append_raw(name, value.as_str()));
    cases.add(scene, "flattened", flattened.text());
    cases.add(scene, "general", general);
}

fn other_case(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, name) in [("upper", "CRIT"), ("capital", "Crit")] {
        let header = scene.header().set(name, r#"["x-must"]"#).set("x-must", "1");
        cases.add(scene, variant, scene.sign_header(&header)).says(Says::MustAccept);
    }
    cases.add(scene, "b64", marked(scene, r#"["B64"]"#, &[("B64", "true")]));
    if is_first(scene) {
        let knows = understanding(scene, &["x-must"]);
        cases.add(&knows, "understood", marked(&knows, r#"["X-Must"]"#, &[("X-Must", "1"), ("x-must", "1")]));
    }
}

fn huge_list(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let names = |count: usize| array((0..count).map(|index| quote(&format!("x{index}"))));
    cases.add(scene, "10000", marked(scene, &names(10_000), &[]));
    let knows = understanding(scene, &["x"]);
    cases.add(&knows, "20000-alike", marked(&knows, &array(vec![quote("x"); 20_000]), &[("x", "1")]));
}

/// The header of a token whose payload is not encoded.
fn unencoded_header(scene: &Scene<'_>, b64: &str, crit: Option<&str>) -> Object {
    let header = scene.header().set("b64", b64);
    crit.map_or(header.clone(), |crit| header.set("crit", crit))
}

/// A token whose payload segment is this text as it is, signed so (RFC 7797 §3).
fn raw(scene: &Scene<'_>, header: &Object, payload: &str) -> Jws {
    let jws = Jws { payload: payload.to_owned(), ..Jws::unsigned(header.text(), payload) };
    let signature = scene.forge.signature(scene.key, Scheme::of(scene.algorithm()), jws.signing_input().as_bytes());
    jws.with_signature(signature)
}

/// The valid claims without a dot in them.
fn undotted(scene: &Scene<'_>) -> String {
    scene.claims().without("iss").without("aud").text()
}

fn false_with_crit(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let header = unencoded_header(scene, "false", Some(B64));
    cases.add(scene, "raw", raw(scene, &header, &undotted(scene))).reason(Reason::Malformed);
    cases.add(scene, "encoded", scene.sign_header(&header));
    if is_first(scene) {
        let knows = understanding(scene, &["b64"]);
        cases.add(&knows, "raw-understood", raw(&knows, &header, &undotted(scene))).reason(Reason::Malformed);
        cases.add(&knows, "encoded-understood", knows.sign_header(&header));
    }
}

fn false_without_crit_raw(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", raw(scene, &unencoded_header(scene, "false", None), &undotted(scene)));
}

fn false_without_crit(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", scene.sign_header(&unencoded_header(scene, "false", None)));
}

fn true_in_words(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "alone", scene.sign_header(&unencoded_header(scene, "true", None)));
    cases.add(scene, "in-crit", scene.sign_header(&unencoded_header(scene, "true", Some(B64))));
    let knows = understanding(scene, &["b64"]);
    cases.add(&knows, "understood", knows.sign_header(&unencoded_header(scene, "true", Some(B64))));
}

fn no_boolean(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let values = [("text", r#""false""#), ("zero", "0"), ("null", "null"), ("list", "[]"), ("text-true", r#""true""#)];
    for (variant, value) in values {
        cases.add(scene, variant, scene.sign_header(&unencoded_header(scene, value, Some(B64))));
        if is_first(scene) {
            let knows = understanding(scene, &["b64"]);
            let header = unencoded_header(scene, value, Some(B64));
            cases.add(&knows, &format!("{variant}-understood"), knows.sign_header(&header));
        }
    }
}

/// What splits such a text at other dots than the signer did reads another payload, or another signature.
fn raw_with_dots(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let header = unencoded_header(scene, "false", Some(B64));
    cases.add(scene, "json", raw(scene, &header, &scene.claims().text()));
    let encoded = base64url::encode(scene.claims().text());
    cases.add(scene, "encoded-and-more", raw(scene, &header, &format!("{encoded}.AAAA")));
    cases.add(scene, "more-and-encoded", raw(scene, &header, &format!("AAAA.{encoded}")));
    let inner = scene.token().compact();
    cases.add(scene, "token", raw(scene, &header, &inner));
}

/// The signature covers a payload that is sent in another way, or not at all.
fn detached(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", Jws { payload: String::new(), ..scene.token() });
    let header = unencoded_header(scene, "false", Some(B64));
    let unencoded = Jws { payload: String::new(), ..raw(scene, &header, &scene.claims().text()) };
    cases.add(scene, "unencoded", unencoded).reason(Reason::Critical);
}

/// One algorithm of each key type, pinned, nothing else asked; HS256 by default too.
fn few(at: Setting) -> bool {
    let by_default = at.profile == Profile::LibraryDefault && at.algorithm == Algorithm::Hs256;
    on::pinned_common(at) || by_default
}

/// The names in `crit`, where it is a list of strings.
fn names(reading: &Reading<'_>) -> Option<Vec<String>> {
    match reading.header.member("crit") {
        Some(Json::Array(names)) => names.iter().map(|name| name.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// [`rules::critical`] with this `crit` in the place of the token's; without one where there is none.
fn critical_with(reading: &mut Reading<'_>, crit: Option<Json>) -> Result<(), Reason> {
    let whole = reading.header.clone();
    if let Json::Object(members) = &mut reading.header {
        members.retain(|(name, _)| name != "crit");
        members.extend(crit.map(|crit| ("crit".to_owned(), crit)));
    }
    let outcome = rules::critical(reading);
    reading.header = whole;
    outcome
}

/// [`rules::critical`] of the elements of `crit` that are wanted; of none, there is no `crit`.
fn critical_of(reading: &mut Reading<'_>, wanted: impl Fn(&Json) -> bool) -> Result<(), Reason> {
    match reading.header.member("crit").cloned() {
        Some(Json::Array(mut elements)) => {
            elements.retain(wanted);
            let left = (!elements.is_empty()).then_some(Json::Array(elements));
            critical_with(reading, left)
        }
        _ => rules::critical(reading),
    }
}

/// Header, payload and signature between the first dot and the last.
fn at_outer_dots(reading: &mut Reading<'_>) -> Result<(), Reason> {
    let dot = |octet: &u8| *octet == b'.';
    let octets = &reading.octets;
    let (first, last) = (octets.iter().position(dot), octets.iter().rposition(dot));
    let (Some(first), Some(last)) = (first, last.filter(|last| Some(*last) != first)) else {
        return Err(Reason::Malformed);
    };
    reading.segments = [octets[..first].to_vec(), octets[first + 1..last].to_vec(), octets[last + 1..].to_vec()];
    Ok(())
}

/// Decodes the payload but where `b64` is false.
fn unencoded(reading: &mut Reading<'_>) -> Result<(), Reason> {
    let header = base64url::decode(&reading.segments[0]).ok_or(Reason::Malformed)?;
    let b64 = rules::object(&header)?.member("b64").cloned();
    if b64 != Some(Json::Bool(false)) {
        return rules::encoding(reading);
    }
    let signature = base64url::decode(&reading.segments[2]).ok_or(Reason::Malformed)?;
    reading.decoded = [header, reading.segments[1].clone(), signature];
    Ok(())
}

/// A flattened or general serialisation as the compact one of its protected header; other octets as they are.
fn compacted(octets: &[u8]) -> Vec<u8> {
    let Ok(whole) = Json::parse(octets) else { return octets.to_vec() };
    let first = match whole.member("signatures") {
        Some(Json::Array(signatures)) => signatures.first().cloned(),
        _ => None,
    };
    let text = |object: &Json, name: &str| object.member(name).and_then(Json::as_str).unwrap_or_default().to_owned();
    let signed = first.as_ref().unwrap_or(&whole);
    [text(signed, "protected"), text(&whole, "payload"), text(signed, "signature")].join(".").into_bytes()
}

static CRIT_IGNORED: Strawman = Strawman {
    name: "crit-ignored",
    flaw: "does not look at crit",
    mend: "Refuse a token whose crit names what is not implemented, before its claims are believed.",
    bends: &[(Rule::Critical, skip)],
};

static CRIT_OF_PRESENT_NAMES: Strawman = Strawman {
    name: "crit-of-present-names",
    flaw: "asks only after those names in crit that the header has",
    mend: "Go through the names in crit, and refuse each that is not implemented, whether the header has it or not.",
    bends: &[(Rule::Critical, |reading| {
        let header = reading.header.clone();
        critical_of(reading, |name| name.as_str().is_none_or(|name| header.member(name).is_some()))
    })],
};

static CRIT_IF_LIST: Strawman = Strawman {
    name: "crit-if-list",
    flaw: "takes a crit that is no list for none",
    mend: "Refuse a crit that is anything else than a list of strings.",
    bends: &[(Rule::Critical, |reading| match reading.header.member("crit") {
        Some(Json::Array(_)) => rules::critical(reading),
        _ => critical_with(reading, None),
    })],
};

static CRIT_STRINGS_ALONE: Strawman = Strawman {
    name: "crit-strings-alone",
    flaw: "passes over what is no string in crit",
    mend: "Refuse a list in crit that holds anything else than names.",
    bends: &[(Rule::Critical, |reading| {
        critical_of(reading, |name| name.as_str().is_some_and(|name| !name.is_empty()))
    })],
};

static CRIT_INHERITED: Strawman = Strawman {
    name: "crit-inherited",
    flaw: "looks names up in a table that inherits members of its own",
    mend: "Ask for own members only, or keep what is understood in a set.",
    bends: &[(Rule::Critical, |reading| {
        critical_of(reading, |name| name.as_str().is_none_or(|name| !INHERITED.contains(&name)))
    })],
};

static CRIT_PROTECTED_ALONE: Strawman = Strawman {
    name: "crit-protected-alone",
    flaw: "reads a token in a JSON serialisation, and passes over a crit that is not protected",
    mend: "Read compact tokens only where JWTs are expected; elsewhere refuse a crit outside the protected header.",
    bends: &[(Rule::Text, |reading| {
        reading.octets = compacted(&reading.octets);
        rules::text(reading)
    })],
};

static CRIT_CASE_FOLDED: Strawman = Strawman {
    name: "crit-case-folded",
    flaw: "compares crit, and the names in it, without regard to case",
    mend: "Compare names octet by octet.",
    bends: &[(Rule::Critical, |reading| {
        let Json::Object(members) = &reading.header else { return Err(Reason::Malformed) };
        let crit = members.iter().find(|(name, _)| name.eq_ignore_ascii_case("crit"));
        let folded = crit.map(|(_, value)| match value {
            Json::Array(names) => {
                let lower = |name: &Json| name.as_str().map(|name| Json::String(name.to_ascii_lowercase()));
                Json::Array(names.iter().map(|name| lower(name).unwrap_or(name.clone())).collect())
            }
            other => other.clone(),
        });
        critical_with(reading, folded)
    })],
};

static B64_OBEYED: Strawman = Strawman {
    name: "b64-obeyed",
    flaw: "takes a payload that is not encoded, as b64 in crit says",
    mend: "Refuse b64 where a JWT is expected; RFC 7797 is for other payloads.",
    bends: &[
        (Rule::Text, skip),
        (Rule::Segments, at_outer_dots),
        (Rule::Encoding, unencoded),
        (Rule::Critical, |reading| {
            if names(reading).is_some_and(|names| names == ["b64"]) { Ok(()) } else { rules::critical(reading) }
        }),
    ],
};

static B64_OBEYED_UNASKED: Strawman = Strawman {
    name: "b64-obeyed-unasked",
    flaw: "takes a payload that is not encoded because b64 says so, though crit does not name it",
    mend: "Refuse b64 where a JWT is expected; elsewhere obey it only where crit names it.",
    bends: &[(Rule::Text, skip), (Rule::Segments, at_outer_dots), (Rule::Encoding, unencoded)],
};

static B64_LOOSE: Strawman = Strawman {
    name: "b64-loose",
    flaw: "takes b64 for true unless it is the value false",
    mend: "Refuse b64 that is no Boolean.",
    bends: &[(Rule::Critical, |reading| {
        let no_boolean = reading.header.member("b64").is_some_and(|b64| !matches!(b64, Json::Bool(_)));
        if no_boolean && names(reading).is_some_and(|names| names == ["b64"]) {
            return Ok(());
        }
        rules::critical(reading)
    })],
};

static DETACHED_UNVERIFIED: Strawman = Strawman {
    name: "detached-unverified",
    flaw: "takes a token without a payload for one whose payload somebody else verifies",
    mend: "Refuse an empty payload where a JWT is expected.",
    bends: &[
        (Rule::Signature, |reading| if reading.segments[1].is_empty() { Ok(()) } else { rules::signature(reading) }),
        (Rule::Payload, |reading| {
            if reading.segments[1].is_empty() {
                reading.payload = Json::Object(Vec::new());
                return Ok(());
            }
            rules::payload(reading)
        }),
    ],
};

/// A name that cannot collide (RFC 7515 §4.2).
const PUBLIC: &str = "http://issuer.example/ext";

/// What every object of some languages has.
const INHERITED: [&str; 4] = ["toString", "constructor", "hasOwnProperty", "__proto__"];

const B64: &str = r#"["b64"]"#;

const MAY_REFUSE: &str = "producers must not write such a list, and recipients may refuse it (RFC 7515 §4.1.11)";

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "crit",
    title: "extensions that must be understood",
    classes: &[
        Class {
            id: "crit-unknown-ext",
            title: "A token that marks as critical what the verifier does not understand was accepted.",
            construction: "crit names an extension that the header has and the verifier does not understand, alone or \
                           beside one that it does; the twin names what it understands",
            says: Says::MustReject(Reason::Critical),
            severity: Severity::High,
            references: &[
                "RFC 7515 §4.1.11",
                "RFC 7515 §5.2 step 5",
                "CVE-2025-59420",
                "CVE-2026-32597",
                "CVE-2026-35042",
            ],
            cwe: Some(345),
            make: Make::Cases { on: on::plain, build: unknown_extension, strawman: &CRIT_IGNORED },
        },
        Class {
            id: "crit-name-absent-from-header",
            title: "A token whose crit names an unknown extension that the header lacks was accepted.",
            construction: "crit names what the verifier does not understand and the header does not have",
            says: Says::MustReject(Reason::Critical),
            severity: Severity::Medium,
            references: &["RFC 7515 §4.1.11"],
            cwe: Some(345),
            make: Make::Cases { on: few, build: absent_name, strawman: &CRIT_OF_PRESENT_NAMES },
        },
        Class {
            id: "crit-registered-names",
            title: "A verifier fell over on a crit that names what every verifier knows.",
            construction: "crit names alg, typ, kid, crit, jwk",
            says: Says::Either(MAY_REFUSE),
            severity: Severity::Low,
            references: &["RFC 7515 §4.1.11"],
            cwe: Some(345),
            make: Make::Cases { on: on::two, build: registered_names, strawman: &PANICS },
        },
        Class {
            id: "crit-empty-array",
            title: "A verifier fell over on an empty crit.",
            construction: "crit is an empty list",
            says: Says::Either(MAY_REFUSE),
            severity: Severity::Low,
            references: &["RFC 7515 §4.1.11"],
            cwe: Some(345),
            make: Make::Cases { on: few, build: empty_list, strawman: &PANICS },
        },
        Class {
            id: "crit-not-array",
            title: "A token whose crit is no list was accepted.",
            construction: "crit is a string, null, true, false, an object, a number",
            says: Says::MustReject(Reason::Critical),
            severity: Severity::Medium,
            references: &["RFC 7515 §4.1.11", "RFC 7515 §5.2 step 5"],
            cwe: Some(843),
            make: Make::Cases { on: few, build: no_list, strawman: &CRIT_IF_LIST },
        },
        Class {
            id: "crit-non-string-element",
            title: "A token whose crit holds something else than names was accepted.",
            construction: "crit holds a number, null, false, an empty string, a list, an object; one of them beside a \
                           name that is understood",
            says: Says::MustReject(Reason::Critical),
            severity: Severity::Medium,
            references: &["RFC 7515 §4.1.11", "RFC 7515 §5.2 step 5"],
            cwe: Some(843),
            make: Make::Cases { on: on::two, build: no_strings, strawman: &CRIT_STRINGS_ALONE },
        },
        Class {
            id: "crit-duplicate-element",
            title: "A token whose crit names an unknown extension twice was accepted.",
            construction: "crit names an extension twice, which the verifier understands, or does not",
            says: Says::Either(MAY_REFUSE),
            severity: Severity::Low,
            references: &["RFC 7515 §4.1.11"],
            cwe: Some(345),
            make: Make::Cases { on: on::two, build: repeated_name, strawman: &CRIT_IGNORED },
        },
        Class {
            id: "crit-inherited-property",
            title: "A token whose crit names a member that objects inherit was accepted.",
            construction: "crit names toString, constructor, hasOwnProperty, __proto__, which the header does not have",
            says: Says::MustReject(Reason::Critical),
            severity: Severity::Medium,
            references: &["RFC 7515 §4.1.11"],
            cwe: Some(1321),
            make: Make::Cases { on: on::two, build: inherited_name, strawman: &CRIT_INHERITED },
        },
        Class {
            id: "crit-in-unprotected-header",
            title: "A token in a JSON serialisation whose crit is not protected was accepted.",
            construction: "flattened and general serialisation, crit and its extension in the unprotected header",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7519 §1", "RFC 7515 §4.1.11"],
            cwe: Some(345),
            make: Make::Cases { on: on::two, build: unprotected, strawman: &CRIT_PROTECTED_ALONE },
        },
        Class {
            id: "crit-case-variant",
            title: "A token whose crit names an extension in another case was accepted, or CRIT was read as crit.",
            construction: "CRIT or Crit, which are no crit and are ignored; crit names B64, or X-Must where x-must is \
                           understood",
            says: Says::MustReject(Reason::Critical),
            severity: Severity::Low,
            references: &["RFC 7515 §4", "RFC 7515 §5.3"],
            cwe: Some(178),
            make: Make::Cases { on: on::two, build: other_case, strawman: &CRIT_CASE_FOLDED },
        },
        Class {
            id: "crit-huge",
            title: "A crit with very many names took the verifier longer than its size accounts for.",
            construction: "crit names 10,000 extensions, or one that is understood 20,000 times",
            says: Says::Bounded(1000),
            severity: Severity::Low,
            references: &["RFC 7515 §4.1.11", "CWE-407"],
            cwe: Some(400),
            make: Make::Cases { on: on::one, build: huge_list, strawman: &SLOW },
        },
        Class {
            id: "b64-false-with-crit-jwt",
            title: "A token whose header turns off the encoding of the payload was accepted.",
            construction: "b64 false, named in crit; the payload as raw JSON without a dot in it, signed so, or \
                           encoded as ever",
            says: Says::MustReject(Reason::Critical),
            severity: Severity::High,
            references: &["RFC 7797 §7", "RFC 7519 §3"],
            cwe: Some(345),
            make: Make::Cases { on: on::plain, build: false_with_crit, strawman: &B64_OBEYED },
        },
        Class {
            id: "b64-false-without-crit-raw",
            title: "A token whose payload is not encoded, without crit to say so, was accepted.",
            construction: "b64 false, no crit; the payload as raw JSON without a dot in it, signed so",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::High,
            references: &["RFC 7797 §6", "RFC 7797 §7", "RFC 7519 §3"],
            cwe: Some(345),
            make: Make::Cases { on: few, build: false_without_crit_raw, strawman: &B64_OBEYED_UNASKED },
        },
        Class {
            id: "b64-false-without-crit-encoded",
            title: "A verifier fell over on a b64 that crit does not name.",
            construction: "b64 false, no crit; the payload encoded and signed as ever",
            says: Says::Either(
                "b64 that is not in crit is refused, or ignored as what is not understood (RFC 7797 §6)",
            ),
            severity: Severity::Low,
            references: &["RFC 7797 §6", "RFC 7515 §4"],
            cwe: Some(345),
            make: Make::Cases { on: few, build: false_without_crit, strawman: &PANICS },
        },
        Class {
            id: "b64-true-explicit",
            title: "A verifier fell over on a b64 that says what is true without it.",
            construction: "b64 true, alone, named in crit, named in crit and understood",
            says: Says::Either(
                "who knows RFC 7797 reads b64 true as if it were not there, others refuse what is critical",
            ),
            severity: Severity::Low,
            references: &["RFC 7797 §3", "RFC 7797 §6"],
            cwe: None,
            make: Make::Cases { on: on::two, build: true_in_words, strawman: &PANICS },
        },
        Class {
            id: "b64-non-boolean",
            title: "A token whose b64 is no Boolean, and critical, was accepted.",
            construction: "b64 a text, 0, null, a list, named in crit",
            says: Says::MustReject(Reason::Critical),
            severity: Severity::Medium,
            references: &["RFC 7797 §3", "RFC 7515 §5.2 step 5"],
            cwe: Some(843),
            make: Make::Cases { on: on::two, build: no_boolean, strawman: &B64_LOOSE },
        },
        Class {
            id: "b64-false-payload-with-dots",
            title: "A token whose payload is not encoded and has dots in it was accepted.",
            construction: "b64 false, named in crit; the payload raw, signed so: JSON with dots, encoded claims with a \
                           segment before or after them, a whole token",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Critical,
            references: &["RFC 7797 §5.2", "RFC 7797 §7"],
            cwe: Some(436),
            make: Make::Cases { on: few, build: raw_with_dots, strawman: &B64_OBEYED },
        },
        Class {
            id: "b64-detached-payload",
            title: "A token without a payload was accepted.",
            construction: "valid token, its payload left out as in a detached one, encoded or not",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 7515 §F", "RFC 7797 §5.1", "RFC 7519 §7.2"],
            cwe: Some(345),
            make: Make::Cases { on: few, build: detached, strawman: &DETACHED_UNVERIFIED },
        },
    ],
};
