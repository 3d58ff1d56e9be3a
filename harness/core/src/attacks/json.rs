//! Headers and claims that parsers of JSON read differently: names twice or nearly alike, other encodings than UTF-8, text that
//! is no JSON, numbers, depth and size (RFC 8259, RFC 7515 §4, §5.3, §10.12, RFC 7519 §4, §7.2). All are genuinely signed.

use token_assay_model::{Algorithm, Feature, Profile, Reason, Severity};

use super::scene::{MARGIN, SUBJECT, Scene, Setting, on};
use super::{Cases, Class, Draft, Family, Make, Says};
use crate::forge::json::{array, quote};
use crate::forge::{Jws, Object};
use crate::reference::json::{Json, Lenience, NotJson};
use crate::reference::{Reading, Rule, rules};
use crate::strawman::{PANICS, Strawman};

fn none_last(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let own = quote(scene.algorithm().as_str());
    for (variant, first) in [("", own.as_str()), ("twice", NONE)] {
        let header = scene.header().without("alg").prepend("alg", NONE).prepend("alg", first);
        cases.add(scene, variant, Jws::unsigned(header.text(), scene.forged_claims().text()));
    }
    let header = scene.header().append("alg", NONE);
    cases.add(scene, "apart", Jws::unsigned(header.text(), scene.forged_claims().text()));
}

fn none_first(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let header = scene.header().prepend("alg", NONE);
    cases.add(scene, "", Jws::unsigned(header.text(), scene.forged_claims().text()));
}

fn two_algorithms(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let own = quote(scene.algorithm().as_str());
    for (variant, other) in [("none", NONE), ("unknown", r#""XX999""#), ("null", "null"), ("same", own.as_str())] {
        let header = scene.header();
        cases.add(scene, &format!("{variant}-first"), scene.sign_header(&header.clone().prepend("alg", other)));
        if other != own {
            let last = scene.sign_header(&header.append("alg", other));
            cases.add(scene, &format!("{variant}-last"), last).says(Says::MustReject(Reason::Algorithm));
        }
    }
}

fn two_keys(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let header = scene.header();
    let sign = |header: Object| scene.sign_header(&header);
    let known = scene.policy.keys.iter().filter_map(|key| key.kid.as_deref()).find(|kid| *kid != scene.key.name);
    if let Some(known) = known {
        cases.add(scene, "kid-known-first", sign(header.clone().prepend("kid", quote(known))));
    }
    cases.add(scene, "kid-unknown-first", sign(header.clone().prepend("kid", r#""other""#)));
    // A name that is in no set is a hint that does not help (RFC 7515 §4.1.4), the genuine signature beside it.
    cases.add(scene, "kid-unknown-last", sign(header.clone().append("kid", r#""other""#)));
    if !scene.algorithm().is_hmac() {
        let attacker = scene.forge.keys().attacker(scene.algorithm());
        let jwks = header.clone().append("jwk", &*attacker.jwk_text).append("jwk", &*scene.key.jwk_text);
        cases.add(scene, "jwk-own-last", sign(jwks));
        let jwks = header.append("jwk", &*scene.key.jwk_text).append("jwk", &*attacker.jwk_text);
        let forged = scene.forge.sign(jwks.text(), scene.forged_claims().text(), attacker, scene.algorithm());
        cases.add(scene, "jwk-attackers-last", forged).says(Says::MustReject(Reason::Signature));
    }
    two_critical_lists(scene, cases);
}

fn two_critical_lists(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let understands = scene.with(|policy| policy.critical = vec!["exp-ext".to_owned()]);
    let header = understands.header().set("exp-ext", "1").set("other-ext", "1");
    let lists = [r#"["other-ext"]"#, r#"["exp-ext"]"#];
    let understood_last = lists.iter().fold(header.clone(), |header, list| header.append("crit", *list));
    cases.add(&understands, "crit-understood-last", understands.sign_header(&understood_last));
    let understood_first = lists.iter().rev().fold(header, |header, list| header.append("crit", *list));
    let refused = Says::MustReject(Reason::Critical);
    cases.add(&understands, "crit-understood-first", understands.sign_header(&understood_first)).says(refused);
}

fn two_subjects(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let claims = scene.claims();
    if scene.policy.subject.is_none() {
        cases.add(scene, "admin-last", scene.sign_claims(&claims.clone().append("sub", ADMIN)));
        cases.add(scene, "admin-first", scene.sign_claims(&claims.clone().prepend("sub", ADMIN)));
    }
    if !is_whole(scene) {
        return;
    }
    let roles = claims.clone().append("role", r#""user""#).append("role", ADMIN);
    cases.add(scene, "role", scene.sign_claims(&roles));
    cases.add(scene, "role-thrice", scene.sign_claims(&roles.append("role", r#""guest""#)));
    let expecting = scene.with(|policy| policy.subject = Some(SUBJECT.to_owned()));
    let claims = expecting.claims();
    cases.add(&expecting, "expected-last", expecting.sign_claims(&claims.clone().prepend("sub", ADMIN)));
    let expected_first = expecting.sign_claims(&claims.append("sub", ADMIN));
    cases.add(&expecting, "expected-first", expected_first).says(Says::MustReject(Reason::Subject));
}

/// Beside what the family of times has: the two stand apart, at both ends.
fn two_dates(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let [past, future] = [-MARGIN, MARGIN].map(|offset| (scene.now() + offset).to_string());
    let claims = scene.claims();
    let of = |claim: &str, first: &str, last: &str| {
        scene.sign_claims(&claims.clone().without(claim).prepend(claim, first).append(claim, last))
    };
    cases.add(scene, "exp-past-first", of("exp", &past, &future)).needs(Feature::Exp);
    let expired = cases.add(scene, "exp-past-last", of("exp", &future, &past)).needs(Feature::Exp);
    expired.says(Says::MustReject(Reason::Expired));
    cases.add(scene, "nbf-future-first", of("nbf", &future, &past)).needs(Feature::Nbf);
    let early = cases.add(scene, "nbf-future-last", of("nbf", &past, &future)).needs(Feature::Nbf);
    early.says(Says::MustReject(Reason::NotYetValid));
}

fn two_names(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let rows = [("iss", "https://evil.example", Reason::Issuer), ("aud", "https://other.example", Reason::Audience)];
    for (claim, other, reason) in rows {
        let (claims, other) = (scene.claims(), quote(other));
        if claims.value(claim).is_none() {
            continue;
        }
        cases.add(scene, &format!("{claim}-own-last"), scene.sign_claims(&claims.clone().prepend(claim, &*other)));
        let own_first = scene.sign_claims(&claims.append(claim, &*other));
        cases.add(scene, &format!("{claim}-own-first"), own_first).says(Says::MustReject(reason));
    }
}

fn two_inside(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let rows = [
        ("roles", "realm_access", r#"{"roles":["user"],"roles":["admin"]}"#),
        ("confirmation", "cnf", r#"{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I","jkt":"x"}"#),
        ("actor", "act", r#"{"sub":"user-2","sub":"admin"}"#),
        ("in-list", "accounts", r#"[{"id":1,"id":2}]"#),
        ("escaped", "realm_access", r#"{"roles":["user"],"r\u006fles":["admin"]}"#),
    ];
    for (variant, claim, raw) in shown(scene, &rows) {
        cases.add(scene, variant, scene.sign_claims(&scene.claims().set(claim, *raw)));
    }
}

fn twice_by_escape(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let own = quote(scene.algorithm().as_str());
    let header = |first: &str, escaped: &str| {
        scene.sign_header(&scene.header().without("alg").append("alg", first).append_raw(ESCAPED_ALG, escaped))
    };
    cases.add(scene, "alg-own-last", header(NONE, &own));
    cases.add(scene, "alg-none-last", header(&own, NONE)).says(Says::MustReject(Reason::Algorithm));
    if scene.policy.subject.is_none() {
        let claims = scene.claims().append_raw(r#""s\u0075b""#, ADMIN);
        cases.add(scene, "subject", scene.sign_claims(&claims));
    }
    if !scene.policy.issuer.is_empty() {
        let evil = r#""https://evil.example""#;
        let own_last = scene.claims().without("iss").append("iss", evil);
        let own = quote_own_issuer(scene);
        cases.add(scene, "issuer-own-last", scene.sign_claims(&own_last.append_raw(r#""\u0069ss""#, own)));
        let evil_last = scene.sign_claims(&scene.claims().append_raw(r#""\u0069ss""#, evil));
        cases.add(scene, "issuer-own-first", evil_last).says(Says::MustReject(Reason::Issuer));
    }
}

fn other_case(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (past, future) = ((scene.now() - MARGIN).to_string(), (scene.now() + MARGIN).to_string());
    let of_header =
        [("upper-alg", "ALG", NONE), ("capital-alg", "Alg", r#""HS512""#), ("upper-crit", "CRIT", r#"["x"]"#)];
    let of_claims = [
        ("upper-subject", "SUB", ADMIN),
        ("capital-issuer", "Iss", r#""https://evil.example""#),
        ("upper-expiry", "EXP", past.as_str()),
        ("capital-not-before", "Nbf", future.as_str()),
        ("upper-audience", "AUD", r#""https://other.example""#),
    ];
    beside(scene, cases, &of_header, &of_claims);
    in_the_place_of_issuer(scene, cases, "ISS");
}

fn folded_by_unicode(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let of_header = [("kelvin-kid", "\u{212a}id", r#""other""#), ("long-s-in-crit", "x5t#\u{17f}256", r#""x""#)];
    let of_claims = [
        ("long-s-in-subject", "\u{17f}ub", ADMIN),
        ("long-s-in-issuer", "i\u{17f}s", r#""https://evil.example""#),
        ("fullwidth-subject", "\u{ff53}ub", ADMIN),
    ];
    beside(scene, cases, &of_header, &of_claims);
    in_the_place_of_issuer(scene, cases, "i\u{17f}s");
}

fn nearly_trimmed(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let of_header = [
        ("space-before-alg", " alg", NONE),
        ("space-after-alg", "alg ", NONE),
        ("nul-after-alg", "alg\0", NONE),
        ("zero-width-alg", "\u{200b}alg", NONE),
        ("mark-before-alg", "\u{feff}alg", NONE),
    ];
    let of_claims = [
        ("space-after-subject", "sub ", ADMIN),
        ("tab-before-subject", "\tsub", ADMIN),
        ("nul-after-subject", "sub\0", ADMIN),
        ("nul-and-more-after-subject", "sub\0x", ADMIN),
        ("zero-width-subject", "s\u{200b}ub", ADMIN),
    ];
    beside(scene, cases, &of_header, &of_claims);
    in_the_place_of_issuer(scene, cases, "iss ");
}

fn prototypes(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let of_header = [
        ("header-prototype", "__proto__", r#"{"alg":"none","typ":"x"}"#),
        ("header-constructor", "constructor", r#"{"prototype":{"alg":"none"}}"#),
    ];
    let of_claims = [
        ("prototype", "__proto__", r#"{"isAdmin":true}"#),
        ("prototype-null", "__proto__", "null"),
        ("constructor", "constructor", r#"{"prototype":{"isAdmin":true}}"#),
        ("to-string", "toString", r#""admin""#),
        ("has-own-property", "hasOwnProperty", "1"),
    ];
    beside(scene, cases, &of_header, &of_claims);
    if !is_whole(scene) {
        return;
    }
    let requiring = scene.with(|policy| policy.required_claims.push("role".to_owned()));
    let inherited = requiring.claims().without("role").set("__proto__", r#"{"role":"admin"}"#);
    let refused = cases.add(&requiring, "inherited-role", requiring.sign_claims(&inherited));
    refused.says(Says::MustReject(Reason::MissingClaim)).severity(Severity::High);
    if !scene.policy.issuer.is_empty() {
        let own = Object::new().set("iss", quote_own_issuer(scene)).text();
        let inherited = scene.sign_claims(&scene.claims().without("iss").set("__proto__", own));
        let refused = cases.add(scene, "inherited-issuer", inherited);
        refused.says(Says::MustReject(Reason::Issuer)).severity(Severity::High);
    }
}

fn byte_order_mark(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    in_both(scene, cases, "mark", |text| format!("\u{feff}{text}").into_bytes());
}

fn other_encodings(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, encode) in shown(scene, &ENCODINGS) {
        in_both(scene, cases, variant, |text| encode(text).collect());
    }
    if is_whole(scene) {
        in_both(scene, cases, "utf-16le-mark", |text| utf16le(&format!("\u{feff}{text}")).collect());
        in_both(scene, cases, "utf-16be-mark", |text| utf16be(&format!("\u{feff}{text}")).collect());
    }
}

fn no_utf8(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let malformed: [(&str, &[u8]); 7] = [
        ("lone-octet", b"\xff"),
        ("overlong", b"\xc0\xaf"),
        ("continuation", b"\x80"),
        ("cut-short", b"\xe2\x82"),
        ("surrogate-pair", b"\xed\xa0\xbd\xed\xb4\x91"),
        ("beyond-unicode", b"\xf4\x90\x80\x80"),
        ("latin-1", b"Jos\xe9"),
    ];
    for (variant, octets) in shown(scene, &malformed) {
        let put = |text: &str| {
            let (before, after) = text.split_once("%%").expect("it was put there");
            [before.as_bytes(), octets, after.as_bytes()].concat()
        };
        let value = |object: &Object| put(&object.clone().set_string("x", "%%").text());
        in_both_parts(scene, cases, variant, &value);
        let name = put(&scene.claims().set("x%%", "1").text());
        cases.add(scene, &format!("{variant}-in-name"), scene.sign(scene.header().text(), name));
        if scene.policy.subject.is_none() {
            let subject = put(&scene.claims().set_string("sub", "%%").text());
            let subject = scene.sign(scene.header().text(), subject);
            cases.add(scene, &format!("{variant}-in-subject"), subject).severity(Severity::Medium);
        }
    }
}

fn half_a_pair(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let rows = [
        ("first-half", r#""\ud800""#),
        ("second-half", r#""\udc00""#),
        ("first-twice", r#""\ud800\ud800""#),
        ("wrong-order", r#""\udd11\ud83d""#),
        ("before-text", r#""\ud800user""#),
    ];
    for (variant, raw) in shown(scene, &rows) {
        cases.add(scene, variant, scene.sign_claims(&scene.claims().set("name", *raw)));
    }
    if is_whole(scene) {
        cases.add(scene, "in-name", scene.sign_claims(&scene.claims().append_raw(r#""\ud800""#, "1")));
        cases.add(scene, "in-header", scene.sign_header(&scene.header().append("x", r#""\ud800""#)));
        if scene.policy.subject.is_none() {
            cases.add(scene, "in-subject", scene.sign_claims(&scene.claims().set("sub", r#""\ud800""#)));
        }
    }
}

fn nul_in_text(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let claims = scene.claims();
    cases.add(scene, "in-claim", scene.sign_claims(&claims.clone().set_string("role", "admin\0x")));
    if !is_whole(scene) {
        return;
    }
    if scene.policy.subject.is_none() {
        cases.add(scene, "in-subject", scene.sign_claims(&claims.clone().set_string("sub", "admin\0x")));
        cases.add(scene, "in-front", scene.sign_claims(&claims.clone().set_string("sub", "\0admin")));
    }
    cases.add(scene, "in-name", scene.sign_claims(&claims.set("role\0x", ADMIN)));
    let expecting = scene.with(|policy| policy.subject = Some(SUBJECT.to_owned()));
    let longer = format!("{}\0x", expecting.claims().value("sub").expect("valid claims hold it").trim_matches('"'));
    let refused = expecting.sign_claims(&expecting.claims().set_string("sub", &longer));
    cases.add(&expecting, "behind-expected", refused).says(Says::MustReject(Reason::Subject));
}

fn garbage_after(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let rows = [
        ("letters", "ABCD"),
        ("object", "{}"),
        ("claims", r#"{"sub":"admin"}"#),
        ("bracket", "]"),
        ("brace", "}"),
        ("nul", "\0"),
        ("comma", ","),
        ("no-break-space", "\u{a0}"),
    ];
    for (variant, garbage) in shown(scene, &rows) {
        in_both(scene, cases, variant, |text| format!("{text}{garbage}").into_bytes());
    }
}

fn garbage_before(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let rows = [
        ("letter", "x"),
        ("comma", ","),
        ("guard", ")]}',\n"),
        ("nul", "\0"),
        ("endless-loop", "while(1);"),
        ("form-feed", "\u{c}"),
        ("record-separator", "\u{1e}"),
    ];
    for (variant, garbage) in shown(scene, &rows) {
        in_both(scene, cases, variant, |text| format!("{garbage}{text}").into_bytes());
    }
}

fn comments(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let rows: [(&str, Bend); 5] = [
        ("block", |text| text.replacen('{', "{/* x */", 1)),
        ("line", |text| text.replacen('{', "{// x\n", 1)),
        ("behind", |text| format!("{text}/* x */")),
        ("in-front", |text| format!("// x\n{text}")),
        ("number-sign", |text| text.replacen('{', "{# x\n", 1)),
    ];
    bends(scene, cases, &rows);
}

fn json5(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let rows: [(&str, Bend); 9] = [
        ("comma-at-the-end", |text| text.replacen('}', ",}", 1)),
        ("single-quotes", |text| text.replace('"', "'")),
        ("names-without-quotes", |text| text.replacen("{\"", "{", 1).replacen("\":", ":", 1)),
        ("comma-first", |text| text.replacen('{', "{,", 1)),
        ("two-commas", |text| text.replacen(',', ",,", 1)),
        ("hexadecimal", |text| with_member(text, r#""x":0x1f"#)),
        ("plus-sign", |text| with_member(text, r#""x":+1"#)),
        ("comma-in-list", |text| with_member(text, r#""x":[1,]"#)),
        ("semicolon", |text| text.replacen(',', ";", 1)),
    ];
    bends(scene, cases, &rows);
}

fn not_a_number(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let rows: [(&str, Bend); 5] = [
        ("nan", |text| with_member(text, r#""x":NaN"#)),
        ("infinity", |text| with_member(text, r#""x":Infinity"#)),
        ("minus-infinity", |text| with_member(text, r#""x":-Infinity"#)),
        ("nan-inside", |text| with_member(text, r#""x":[{"y":NaN}]"#)),
        ("undefined", |text| with_member(text, r#""x":undefined"#)),
    ];
    bends(scene, cases, &rows);
    for (variant, word) in shown(scene, &[("nbf", "NaN"), ("iat", "-Infinity")]) {
        cases.add(scene, variant, scene.sign_claims(&scene.claims().set(variant, *word)));
    }
}

fn control_characters(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let rows = [
        ("line-feed", "\n"),
        ("tab", "\t"),
        ("nul", "\0"),
        ("carriage-return", "\r"),
        ("escape", "\u{1b}"),
        ("unit-separator", "\u{1f}"),
    ];
    for (variant, control) in shown(scene, &rows) {
        in_both(scene, cases, variant, |text| with_member(text, &format!("\"x\":\"a{control}b\"")).into_bytes());
        let name = with_member(&scene.claims().text(), &format!("\"x{control}\":1"));
        cases.add(scene, &format!("{variant}-in-name"), scene.sign(scene.header().text(), name));
    }
    // These are no control characters of JSON, and stand in strings as they are.
    for (variant, character) in
        shown(scene, &[("del", "\u{7f}"), ("line-separator", "\u{2028}"), ("next-line", "\u{85}")])
    {
        let claims = scene.claims().set_string("x", &format!("a{character}b"));
        cases.add(scene, variant, scene.sign_claims(&claims)).says(Says::MustAccept);
    }
}

fn loose_numbers(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let rows = [
        ("zero-first", "0123"),
        ("two-zeros", "00"),
        ("minus-zero-first", "-01"),
        ("nothing-after-point", "1."),
        ("nothing-before-point", ".5"),
        ("nothing-after-exponent", "1e"),
        ("nothing-after-exponent-sign", "1e+"),
        ("minus-alone", "-"),
        ("point-then-exponent", "1.e3"),
    ];
    for (variant, number) in shown(scene, &rows) {
        in_both(scene, cases, variant, |text| with_member(text, &format!("\"x\":{number}")).into_bytes());
    }
    if is_whole(scene) {
        let exp = scene.now() + MARGIN;
        for (variant, exp) in [("exp-zero-first", format!("0{exp}")), ("exp-point-last", format!("{exp}."))] {
            cases.add(scene, variant, scene.sign_claims(&scene.claims().set("exp", exp)));
        }
    }
}

fn bad_escapes(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let rows = [
        ("hexadecimal", r"\x41"),
        ("no-hexadecimal-digit", r"\u12G4"),
        ("letter", r"\a"),
        ("three-digits", r"\u12"),
        ("apostrophe", r"\'"),
        ("octal", r"\101"),
        ("capital-u", r"\U00000041"),
        ("braces", r"\u{41}"),
        ("sign", r"\u+041"),
    ];
    for (variant, escape) in shown(scene, &rows) {
        in_both(scene, cases, variant, |text| with_member(text, &format!("\"x\":\"{escape}\"")).into_bytes());
    }
    if is_whole(scene) {
        let name = with_member(&scene.claims().text(), r#""\x41":1"#);
        cases.add(scene, "in-name", scene.sign(scene.header().text(), name));
    }
}

fn no_object(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let claims = scene.claims().text();
    let (listed, quoted) = (array([claims.as_str()]), quote(&claims));
    let rows = [
        ("list", "[]"),
        ("string", r#""text""#),
        ("number", "1"),
        ("null", "null"),
        ("true", "true"),
        ("claims-in-list", listed.as_str()),
        ("claims-in-string", quoted.as_str()),
    ];
    for (variant, payload) in shown(scene, &rows) {
        cases.add(scene, variant, scene.sign(scene.header().text(), *payload));
    }
}

fn no_json(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let rows: [(&str, &[u8]); 6] = [
        ("octets", b"\x8b\x02\xf0\x99\x00\xc1\x7e\x31"),
        ("text", b"Hello, world!"),
        ("space", b" "),
        ("form", b"sub=admin&exp=9999999999"),
        ("markup", b"<sub>admin</sub>"),
        ("zeros", &[0; 16]),
    ];
    for (variant, payload) in shown(scene, &rows) {
        cases.add(scene, variant, scene.sign(scene.header().text(), payload));
    }
    if is_whole(scene) {
        cases.add(scene, "token", scene.sign(scene.header().text(), scene.token().compact()));
    }
}

fn deep(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let lists = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let maps = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    for (variant, raw) in [("lists-1000", lists(1000)), ("maps-1000", maps(1000))] {
        cases.add(scene, &format!("{variant}-in-payload"), with_claim(scene, &raw));
        cases.add(scene, &format!("{variant}-in-header"), scene.sign_header(&scene.header().set("x", raw)));
    }
    if !is_whole(scene) {
        return;
    }
    let raw = lists(100_000);
    cases.add(scene, "lists-100000-in-payload", with_claim(scene, &raw));
    cases.add(scene, "lists-100000-in-header", scene.sign_header(&scene.header().set("x", raw)));
    cases.add(scene, "maps-50000-in-payload", with_claim(scene, &maps(50_000)));
    let open = "[".repeat(500_000);
    cases.add(scene, "lists-never-closed", scene.sign(scene.header().text(), &open));
    let open = "{\"a\":".repeat(20_000);
    cases.add(scene, "header-never-closed", scene.sign(open, scene.claims().text()));
}

fn many_members(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let object = |names: &mut dyn Iterator<Item = String>| {
        let mut text = scene.claims().text();
        text.pop();
        names.for_each(|name| text.extend([",\"", &name, "\":0"]));
        scene.sign(scene.header().text(), text + "}")
    };
    cases.add(scene, "distinct", object(&mut (0..20_000).map(|number| format!("m{number}"))));
    cases.add(scene, "colliding-by-31", object(&mut colliding("Aa", "BB")));
    cases.add(scene, "colliding-by-33", object(&mut colliding("Ez", "FY")));
    let members = (0..8000).fold(scene.header().text(), |mut text, number| {
        text.pop();
        text + &format!(",\"m{number}\":0}}")
    });
    cases.add(scene, "in-header", scene.sign(members, scene.claims().text()));
}

/// As many names as twelve choices between two pairs make, all of one hash where the pairs have one.
fn colliding(one: &'static str, other: &'static str) -> impl Iterator<Item = String> {
    (0..1_u32 << 12).map(move |choices| (0..12).map(|at| if choices >> at & 1 == 0 { one } else { other }).collect())
}

fn huge_string(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "letters", with_claim(scene, &quote(&"a".repeat(400_000))));
    cases.add(scene, "escapes", with_claim(scene, &format!("\"{}\"", r"\u0061".repeat(40_000))));
    cases.add(scene, "quotes", with_claim(scene, &quote(&"\"".repeat(100_000))));
    cases.add(scene, "name", scene.sign_claims(&scene.claims().set(&"a".repeat(100_000), "1")));
    cases.add(scene, "in-header", scene.sign_header(&scene.header().set_string("x", &"a".repeat(100_000))));
}

fn huge_number(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let digits = |count: usize| "7".repeat(count);
    cases.add(scene, "100000-digits", with_claim(scene, &digits(100_000)));
    cases.add(scene, "400000-digits", with_claim(scene, &digits(400_000)));
    cases.add(scene, "exp-100000-digits", scene.sign_claims(&scene.claims().set("exp", digits(100_000))));
    let fraction = format!("{}.{}", scene.now() + MARGIN, digits(100_000));
    cases.add(scene, "exp-100000-digits-of-fraction", scene.sign_claims(&scene.claims().set("exp", fraction)));
    cases.add(scene, "in-header", scene.sign_header(&scene.header().set("x", digits(100_000))));
    // The token is short, so that no limit on its length helps; a parser may still limit what it reads of it.
    for (variant, number) in [("exponent", "1e1000000000"), ("negative-exponent", "1e-1000000000")] {
        cases.add(scene, variant, with_claim(scene, number)).says(Says::Either(LIMITS));
    }
}

fn inexact(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let rows = [
        ("beyond-53-bits", "9007199254740993"),
        ("beyond-63-bits", "9223372036854775809"),
        ("beyond-64-bits", "18446744073709551617"),
        ("minus-beyond-53-bits", "-9007199254740993"),
        ("beyond-double", "1e999"),
        ("401-digits", BEYOND_DOUBLE),
    ];
    for (variant, number) in shown(scene, &rows) {
        cases.add(scene, variant, scene.sign_claims(&scene.claims().set("uid", *number)));
    }
    // In quotes nothing is left to a parser.
    for (variant, number) in &rows[..if is_whole(scene) { 4 } else { 1 }] {
        let text = scene.sign_claims(&scene.claims().set_string("uid", number));
        cases.add(scene, &format!("{variant}-in-quotes"), text).says(Says::MustAccept).severity(Severity::High);
    }
}

fn number_forms(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let date = scene.now() - MARGIN;
    let forms = [
        ("point-zero", format!("{date}.0")),
        ("exponent", format!("{date}0e-1")),
        ("capital-exponent", format!("{date}E+0")),
    ];
    for (variant, form) in shown(scene, &forms) {
        for claim in ["iat", "nbf"] {
            let claims = scene.claims().set(claim, form.as_str());
            cases.add(scene, &format!("{claim}-{variant}"), scene.sign_claims(&claims));
        }
    }
    let others = [("1e9", "1e9"), ("1e-plus-9", "1E+9"), ("minus-zero", "-0"), ("shifted", "12345678901e-1")];
    for (variant, number) in shown(scene, &others) {
        cases.add(scene, variant, with_claim(scene, number));
    }
}

fn normal_forms(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let pairs = [
        ("composed", "Jos\u{e9}"),
        ("decomposed", "Jose\u{301}"),
        ("ligature", "o\u{fb03}ce"),
        ("fullwidth", "\u{ff41}dmin"),
        ("kelvin", "\u{212a}elvin"),
        ("hangul-letters", "\u{1112}\u{1161}\u{11ab}"),
    ];
    for (variant, text) in shown(scene, &pairs) {
        cases.add(scene, variant, scene.sign_claims(&scene.claims().set_string("name", text)));
    }
    if !is_whole(scene) {
        return;
    }
    let both = scene.claims().set("\u{e9}", "1").set("e\u{301}", "2");
    cases.add(scene, "two-names", scene.sign_claims(&both));
    let [(_, composed), (_, decomposed), ..] = pairs;
    for (variant, expected, other) in [("composed", composed, decomposed), ("decomposed", decomposed, composed)] {
        let expecting = scene.with(|policy| policy.subject = Some(expected.to_owned()));
        let sign = |subject: &str| expecting.sign_claims(&expecting.claims().set_string("sub", subject));
        cases.add(&expecting, &format!("{variant}-expected"), sign(expected));
        let another = cases.add(&expecting, &format!("{variant}-expected-other-sent"), sign(other));
        another.says(Says::MustReject(Reason::Subject));
    }
}

/// Whether a table is shown whole on this scene: a parser does not hang on the key.
fn is_whole(scene: &Scene<'_>) -> bool {
    scene.algorithm() == Algorithm::Hs256 || scene.names.is_some()
}

/// The rows that are shown on this scene.
fn shown<'t, T>(scene: &Scene<'_>, rows: &'t [T]) -> &'t [T] {
    if is_whole(scene) { rows } else { &rows[..1] }
}

/// The valid token with a claim of this raw value that no verifier knows.
fn with_claim(scene: &Scene<'_>, raw: &str) -> Jws {
    scene.sign_claims(&scene.claims().set("x", raw))
}

fn quote_own_issuer(scene: &Scene<'_>) -> String {
    scene.claims().value("iss").expect("valid claims hold it").to_owned()
}

/// A member more, raw, at the end of an object's text.
fn with_member(text: &str, member: &str) -> String {
    let open = text.strip_suffix('}').expect("the text of an object");
    format!("{open},{member}}}")
}

/// The text of an object, bent.
type Bend = fn(&str) -> String;

/// Each of these in the payload, and in the header.
fn bends(scene: &Scene<'_>, cases: &mut Cases<'_>, rows: &[(&str, Bend)]) {
    for (variant, bend) in shown(scene, rows) {
        in_both(scene, cases, variant, |text| bend(text).into_bytes());
    }
}

/// The payload's text bent, and the header's.
fn in_both(scene: &Scene<'_>, cases: &mut Cases<'_>, variant: &str, bend: impl Fn(&str) -> Vec<u8>) {
    in_both_parts(scene, cases, variant, &|object| bend(&object.text()));
}

fn in_both_parts(scene: &Scene<'_>, cases: &mut Cases<'_>, variant: &str, write: &dyn Fn(&Object) -> Vec<u8>) {
    let payload = scene.sign(scene.header().text(), write(&scene.claims()));
    cases.add(scene, &format!("{variant}-in-payload"), payload);
    let header = scene.sign(write(&scene.header()), scene.claims().text());
    cases.add(scene, &format!("{variant}-in-header"), header);
}

/// Members more, in front of those of a valid token and behind them: their names are others, so they are ignored.
fn beside(
    scene: &Scene<'_>,
    cases: &mut Cases<'_>,
    of_header: &[(&str, &str, &str)],
    of_claims: &[(&str, &str, &str)],
) {
    for (variant, name, raw) in shown(scene, of_header) {
        cases.add(scene, variant, scene.sign_header(&scene.header().append(name, *raw)));
        let first = scene.sign_header(&scene.header().prepend(name, *raw));
        cases.add(scene, &format!("{variant}-first"), first);
    }
    for (variant, name, raw) in shown(scene, of_claims) {
        cases.add(scene, variant, scene.sign_claims(&scene.claims().append(name, *raw)));
        let first = scene.sign_claims(&scene.claims().prepend(name, *raw));
        cases.add(scene, &format!("{variant}-first"), first);
    }
}

/// Where an issuer is expected: another issuer, and the expected one under a name that resembles its own.
fn in_the_place_of_issuer(scene: &Scene<'_>, cases: &mut Cases<'_>, name: &str) {
    if scene.policy.issuer.is_empty() {
        return;
    }
    let own = quote_own_issuer(scene);
    let claims = scene.claims().set_string("iss", "https://evil.example").append(name, own);
    refused(cases.add(scene, "issuer-in-its-place", scene.sign_claims(&claims)), Reason::Issuer);
}

fn refused(draft: &mut Draft, reason: Reason) {
    draft.says(Says::MustReject(reason)).severity(Severity::High);
}

fn utf16le(text: &str) -> Box<dyn Iterator<Item = u8> + '_> {
    Box::new(text.encode_utf16().flat_map(u16::to_le_bytes))
}

fn utf16be(text: &str) -> Box<dyn Iterator<Item = u8> + '_> {
    Box::new(text.encode_utf16().flat_map(u16::to_be_bytes))
}

fn utf32le(text: &str) -> Box<dyn Iterator<Item = u8> + '_> {
    Box::new(text.chars().flat_map(|c| (c as u32).to_le_bytes()))
}

fn utf32be(text: &str) -> Box<dyn Iterator<Item = u8> + '_> {
    Box::new(text.chars().flat_map(|c| (c as u32).to_be_bytes()))
}

/// Reads a part with what a parser lets pass.
fn read_as(reading: &mut Reading<'_>, part: usize, lets_pass: &[Lenience]) -> Result<(), Reason> {
    read_through(reading, part, |octets| Json::parse_as(octets, lets_pass).ok())
}

/// Reads a part in a way of one's own; no name stands twice in what is then read.
fn read_through(
    reading: &mut Reading<'_>,
    part: usize,
    read: impl FnOnce(&[u8]) -> Option<Json>,
) -> Result<(), Reason> {
    let object =
        read(&reading.decoded[part]).filter(|json| matches!(json, Json::Object(_))).ok_or(Reason::Malformed)?;
    if part == 0 {
        reading.header = object;
    } else {
        reading.payload = object;
    }
    Ok(())
}

/// Reads a part as it stands, and takes another name for each of its members.
fn rename(reading: &mut Reading<'_>, part: usize, name: impl Fn(&str) -> String) -> Result<(), Reason> {
    read_through(reading, part, |octets| match Json::parse(octets).ok()? {
        Json::Object(members) => {
            Some(Json::Object(members.into_iter().map(|(old, value)| (name(&old), value)).collect()))
        }
        _ => None,
    })
}

/// The same object, the first of its members last.
fn reversed(octets: &[u8]) -> Option<Json> {
    match Json::parse(octets).ok()? {
        Json::Object(members) => Some(Json::Object(members.into_iter().rev().collect())),
        _ => None,
    }
}

/// Changes every string of a value, names included.
fn each_string(value: &mut Json, change: fn(&str) -> String) {
    match value {
        Json::String(text) => *text = change(text),
        Json::Array(values) => values.iter_mut().for_each(|value| each_string(value, change)),
        Json::Object(members) => members.iter_mut().for_each(|(name, value)| {
            *name = change(name);
            each_string(value, change);
        }),
        _ => {}
    }
}

/// Reads the payload as it should, and changes every string of it.
fn claims_with(reading: &mut Reading<'_>, change: fn(&str) -> String) -> Result<(), Reason> {
    rules::payload(reading)?;
    each_string(&mut reading.payload, change);
    Ok(())
}

/// How many members the largest object has, the value itself and its members looked at.
fn most_members(value: &Json) -> usize {
    match value {
        Json::Object(members) => members.iter().map(|(_, value)| most_members(value)).fold(members.len(), usize::max),
        _ => 0,
    }
}

/// The algorithm that the first `alg` names.
fn first_algorithm(reading: &Reading<'_>) -> Result<Algorithm, Reason> {
    let Json::Object(members) = &reading.header else { return Err(Reason::Algorithm) };
    let first = members.iter().find(|(name, _)| name == "alg").and_then(|(_, value)| value.as_str());
    first.and_then(|name| name.parse().ok()).ok_or(Reason::Algorithm)
}

/// The text of octets some of which are zero: those that are not (RFC 4627 §3, which RFC 8259 no longer has).
fn by_zeros(octets: &[u8]) -> Option<Json> {
    let is_wide = octets.contains(&0);
    let kept: Vec<u8> = octets.iter().copied().filter(|octet| !is_wide || (1..0x80).contains(octet)).collect();
    Json::parse(&kept).ok()
}

static CHECKS_FIRST_ALG: Strawman = Strawman {
    name: "json-checks-first-alg",
    flaw: "looks up the first of two algs in its list, and verifies by the last",
    mend: "Parse the header once, refuse it where a name stands twice, and use what was parsed everywhere.",
    bends: &[
        (Rule::Header, rules::header),
        (Rule::Allowed, |reading| {
            let last = reading.algorithm;
            reading.algorithm = first_algorithm(reading)?;
            rules::allowed(reading)?;
            reading.algorithm = last;
            Ok(())
        }),
    ],
};

static VERIFIES_BY_FIRST_ALG: Strawman = Strawman {
    name: "json-verifies-by-first-alg",
    flaw: "looks up the last of two algs in its list, and verifies by the first",
    mend: "Parse the header once, refuse it where a name stands twice, and use what was parsed everywhere.",
    bends: &[
        (Rule::Header, rules::header),
        (Rule::Signature, |reading| {
            reading.algorithm = first_algorithm(reading)?;
            rules::signature(reading)
        }),
    ],
};

static FIRST_WINS: Strawman = Strawman {
    name: "json-first-wins",
    flaw: "reads the first of two members of one name",
    mend: "Refuse an object in which a name stands twice, or read the last one.",
    bends: &[
        (Rule::Header, |reading| read_through(reading, 0, reversed)),
        (Rule::Payload, |reading| read_through(reading, 1, reversed)),
    ],
};

static NAMES_AS_WRITTEN: Strawman = Strawman {
    name: "json-names-as-written",
    flaw: "compares names before it has undone their escapes",
    mend: "Compare names after unescaping (RFC 7515 §5.3).",
    bends: &[
        (Rule::Header, |reading| read_through(reading, 0, as_written)),
        (Rule::Payload, |reading| read_through(reading, 1, as_written)),
    ],
};

fn as_written(octets: &[u8]) -> Option<Json> {
    rules::object(std::str::from_utf8(octets).ok()?.replace(r"\u", r"\\u").as_bytes()).ok()
}

static NAMES_WITHOUT_CASE: Strawman = Strawman {
    name: "json-names-without-case",
    flaw: "takes names for one that differ in case only",
    mend: "Compare names octet by octet; where a library folds them, read into a map instead of a structure.",
    bends: &[
        (Rule::Header, |reading| rename(reading, 0, str::to_ascii_lowercase)),
        (Rule::Payload, |reading| rename(reading, 1, str::to_ascii_lowercase)),
    ],
};

static NAMES_FOLDED: Strawman = Strawman {
    name: "json-names-folded",
    flaw: "folds the long s and the sign for kelvin in names to s and k",
    mend: "Compare names octet by octet; where a library folds them, read into a map instead of a structure.",
    bends: &[(Rule::Header, |reading| rename(reading, 0, fold)), (Rule::Payload, |reading| rename(reading, 1, fold))],
};

fn fold(name: &str) -> String {
    name.replace('\u{17f}', "s").replace('\u{212a}', "k")
}

static NAMES_TRIMMED: Strawman = Strawman {
    name: "json-names-trimmed",
    flaw: "drops white space, NUL and what has no width from the ends of names",
    mend: "Compare names octet by octet; what resembles a registered name is another.",
    bends: &[(Rule::Header, |reading| rename(reading, 0, trim)), (Rule::Payload, |reading| rename(reading, 1, trim))],
};

fn trim(name: &str) -> String {
    name.trim_matches([' ', '\t', '\0', '\u{200b}', '\u{feff}']).to_owned()
}

static PROTOTYPE_MERGED: Strawman = Strawman {
    name: "json-prototype-merged",
    flaw: "copies members into an object whose prototype one of them sets, and reads what it inherits",
    mend: "Read claims into a map without a prototype, and ask for own members only.",
    bends: &[(Rule::Payload, |reading| {
        rules::payload(reading)?;
        let Some(Json::Object(inherited)) = reading.payload.member("__proto__").cloned() else { return Ok(()) };
        if let Json::Object(claims) = &mut reading.payload {
            claims.retain(|(name, _)| name != "__proto__");
            claims.splice(0..0, inherited);
        }
        Ok(())
    })],
};

static GUESSES_ENCODING: Strawman = Strawman {
    name: "json-guesses-encoding",
    flaw: "guesses from zeros whether a text is UTF-16 or UTF-32",
    mend: "Decode as UTF-8 and refuse what is none (RFC 8725 §3.7).",
    bends: &[
        (Rule::Header, |reading| read_through(reading, 0, by_zeros)),
        (Rule::Payload, |reading| read_through(reading, 1, by_zeros)),
    ],
};

static REPLACES_OCTETS: Strawman = Strawman {
    name: "json-replaces-octets",
    flaw: "puts replacement characters for octets that are no UTF-8, and reads on",
    mend: "Decode as UTF-8 strictly, names and ignored members included, and refuse the token on the first error.",
    bends: &[
        (Rule::Header, |reading| read_through(reading, 0, lossily)),
        (Rule::Payload, |reading| read_through(reading, 1, lossily)),
    ],
};

fn lossily(octets: &[u8]) -> Option<Json> {
    Json::parse(String::from_utf8_lossy(octets).as_bytes()).ok()
}

static ENDS_AT_NUL: Strawman = Strawman {
    name: "json-ends-at-nul",
    flaw: "hands strings on as C strings, which end at the first NUL",
    mend: "Hand strings on with their length; NUL is a character like others.",
    bends: &[(Rule::Payload, |reading| {
        claims_with(reading, |text| text.split('\0').next().unwrap_or_default().to_owned())
    })],
};

static IGNORES_THE_REST: Strawman = Strawman {
    name: "json-ignores-the-rest",
    flaw: "parses one value and does not look at what follows it",
    mend: "Require the end of the text after the object (RFC 7515 §10.12).",
    bends: &[
        (Rule::Header, |reading| read_as(reading, 0, &[Lenience::Rest])),
        (Rule::Payload, |reading| read_as(reading, 1, &[Lenience::Rest])),
    ],
};

static SKIPS_TO_BRACE: Strawman = Strawman {
    name: "json-skips-to-brace",
    flaw: "looks for the first brace and parses from there",
    mend: "Parse from the first octet on, and refuse what is not JSON (RFC 7515 §10.12).",
    bends: &[
        (Rule::Header, |reading| read_through(reading, 0, from_brace)),
        (Rule::Payload, |reading| read_through(reading, 1, from_brace)),
    ],
};

fn from_brace(octets: &[u8]) -> Option<Json> {
    let start = octets.iter().position(|octet| *octet == b'{')?;
    Json::parse(&octets[start..]).ok()
}

static READS_COMMENTS: Strawman = Strawman {
    name: "json-reads-comments",
    flaw: "takes comments for white space",
    mend: "Turn the extensions of the parser off; a token is JSON and nothing else (RFC 7515 §10.12).",
    bends: &[
        (Rule::Header, |reading| read_as(reading, 0, &[Lenience::Comments])),
        (Rule::Payload, |reading| read_as(reading, 1, &[Lenience::Comments])),
    ],
};

static READS_JSON5: Strawman = Strawman {
    name: "json-reads-json5",
    flaw: "reads JSON5: commas at the end, single quotes, names without quotes",
    mend: "Turn the extensions of the parser off; a token is JSON and nothing else (RFC 7515 §10.12).",
    bends: &[
        (Rule::Header, |reading| read_as(reading, 0, &[Lenience::Json5])),
        (Rule::Payload, |reading| read_as(reading, 1, &[Lenience::Json5])),
    ],
};

static READS_NOT_A_NUMBER: Strawman = Strawman {
    name: "json-reads-not-a-number",
    flaw: "reads NaN and Infinity, which JSON does not have",
    mend: "Tell the parser to refuse constants that are no numbers; they stand for nothing in a token.",
    bends: &[
        (Rule::Header, |reading| read_as(reading, 0, &[Lenience::NotANumber])),
        (Rule::Payload, |reading| read_as(reading, 1, &[Lenience::NotANumber])),
    ],
};

static READS_CONTROL_CHARACTERS: Strawman = Strawman {
    name: "json-reads-control-characters",
    flaw: "reads strings with control characters in them",
    mend: "Refuse U+0000 to U+001F in a string (RFC 8259 §7); the parser has a strict mode.",
    bends: &[
        (Rule::Header, |reading| read_as(reading, 0, &[Lenience::ControlCharacters])),
        (Rule::Payload, |reading| read_as(reading, 1, &[Lenience::ControlCharacters])),
    ],
};

static READS_LOOSE_NUMBERS: Strawman = Strawman {
    name: "json-reads-loose-numbers",
    flaw: "reads numbers as its language writes them, with zeros in front or no digits after the point",
    mend: "Read numbers by the grammar of RFC 8259 §6.",
    bends: &[
        (Rule::Header, |reading| read_as(reading, 0, &[Lenience::LooseNumbers])),
        (Rule::Payload, |reading| read_as(reading, 1, &[Lenience::LooseNumbers])),
    ],
};

static READS_ANY_ESCAPE: Strawman = Strawman {
    name: "json-reads-any-escape",
    flaw: "takes an escape that it does not know for its letter",
    mend: "Refuse every escape but the nine of RFC 8259 §7.",
    bends: &[
        (Rule::Header, |reading| read_as(reading, 0, &[Lenience::AnyEscape])),
        (Rule::Payload, |reading| read_as(reading, 1, &[Lenience::AnyEscape])),
    ],
};

static UNREADABLE_IS_EMPTY: Strawman = Strawman {
    name: "json-unreadable-is-empty",
    flaw: "goes on without claims where the payload is no object",
    mend: "Refuse a payload that is no JSON object; whoever wants the octets of a JWS asks for them by another call.",
    bends: &[(Rule::Payload, |reading| {
        rules::payload(reading).or_else(|_| {
            reading.payload = Json::Object(Vec::new());
            Ok(())
        })
    })],
};

static RECURSES: Strawman = Strawman {
    name: "json-recurses",
    flaw: "calls itself for every value inside another, until its stack is full",
    mend: "Limit the depth of what is parsed, and return an error beyond it (RFC 8259 §9).",
    bends: &[
        (Rule::Header, |reading| {
            assert!(Json::parse(&reading.decoded[0]) != Err(NotJson::TooDeep), "the stack is full");
            rules::header(reading)
        }),
        (Rule::Payload, |reading| {
            assert!(Json::parse(&reading.decoded[1]) != Err(NotJson::TooDeep), "the stack is full");
            rules::payload(reading)
        }),
    ],
};

static FIXED_TABLE: Strawman = Strawman {
    name: "json-fixed-table",
    flaw: "keeps the members of an object in a table of fixed size, and falls over when it is full",
    mend: "Bound the size of a token before it is parsed, and let what holds its members grow.",
    bends: &[(Rule::Payload, |reading| {
        rules::payload(reading)?;
        assert!(most_members(&reading.payload) <= 2048, "the table is full");
        Ok(())
    })],
};

static FIXED_BUFFER: Strawman = Strawman {
    name: "json-fixed-buffer",
    flaw: "copies strings into a buffer of fixed size, and falls over when it is full",
    mend: "Bound the size of a token before it is parsed, and the length of a string before it is copied.",
    bends: &[(Rule::Payload, |reading| {
        claims_with(reading, |text| {
            assert!(text.len() <= 1 << 16, "the buffer is full");
            text.to_owned()
        })
    })],
};

static FEW_DIGITS: Strawman = Strawman {
    name: "json-few-digits",
    flaw: "counts the digits of a number in 16 bits, and falls over beyond",
    mend: "Bound the size of a token before it is parsed, and refuse a number of more digits than can be worked out.",
    bends: &[(Rule::Payload, |reading| {
        rules::payload(reading)?;
        let Json::Object(claims) = &reading.payload else { return Ok(()) };
        let few = |value: &Json| !matches!(value, Json::Number(text) if u16::try_from(text.len()).is_err());
        assert!(claims.iter().all(|(_, value)| few(value)), "the digits are too many");
        Ok(())
    })],
};

static NUMBERS_FROM_TEXT: Strawman = Strawman {
    name: "json-numbers-from-text",
    flaw: "turns strings of digits into numbers, and numbers into doubles",
    mend: "Hand a string on as a string; a language that compares the two loosely must not meet the value as a number.",
    bends: &[(Rule::Payload, |reading| {
        rules::payload(reading)?;
        let Json::Object(claims) = &mut reading.payload else { return Ok(()) };
        for (_, value) in claims {
            let number = value.as_str().and_then(|text| text.parse::<f64>().ok()).filter(|number| number.is_finite());
            if let Some(number) = number {
                *value = Json::Number(number.to_string());
            }
        }
        Ok(())
    })],
};

static ONLY_DIGITS: Strawman = Strawman {
    name: "json-only-digits",
    flaw: "refuses numbers with a fraction or an exponent",
    mend: "Read numbers by the grammar of RFC 8259 §6; a NumericDate need not be an integer.",
    bends: &[(Rule::Payload, |reading| {
        rules::payload(reading)?;
        let Json::Object(claims) = &reading.payload else { return Ok(()) };
        let plain = |value: &Json| !matches!(value, Json::Number(text) if text.contains(['.', 'e', 'E']));
        rules::check(claims.iter().all(|(_, value)| plain(value)), Reason::Malformed)
    })],
};

static NORMALISES: Strawman = Strawman {
    name: "json-normalises",
    flaw: "normalises the text of claims",
    mend: "Hand claims on as they were signed, and compare them so; no clause asks for a normal form.",
    bends: &[(Rule::Payload, |reading| {
        claims_with(reading, |text| text.replace("e\u{301}", "\u{e9}").replace('\u{212a}', "K"))
    })],
};

/// A shared secret and, in fewer cases, a key pair: some targets know one of the two only.
fn both_kinds(at: Setting) -> bool {
    on::pinned(at) && matches!(at.algorithm, Algorithm::Hs256 | Algorithm::Rs256)
}

/// The same, and where issuer and audience are asked for.
fn with_names(at: Setting) -> bool {
    both_kinds(at) || named(at)
}

/// Where issuer and audience are asked for, with one key.
fn named(at: Setting) -> bool {
    on::claims(at) && at.algorithm == Algorithm::Hs256
}

/// The same as both kinds, and a key set.
fn with_key_set(at: Setting) -> bool {
    with_names(at) || at.profile == Profile::KeySet && at.algorithm == Algorithm::Hs256
}

/// An encoding.
type Encode = fn(&str) -> Box<dyn Iterator<Item = u8> + '_>;

/// Those that JSON once could be in.
const ENCODINGS: [(&str, Encode); 4] =
    [("utf-16le", utf16le), ("utf-16be", utf16be), ("utf-32le", utf32le), ("utf-32be", utf32be)];

const NONE: &str = r#""none""#;

const ADMIN: &str = r#""admin""#;

const ESCAPED_ALG: &str = r#""\u0061lg""#;

const LIMITS: &str = "a parser may limit the range and precision of numbers (RFC 8259 §6)";

const SURROGATES: &str = "what a parser makes of half a surrogate pair is unpredictable (RFC 8259 §8.2)";

const MARK: &str = "a parser may ignore a byte order mark rather than refuse it (RFC 8259 §8.1)";

const INNER: &str =
    "RFC 7519 §4 speaks of claims; of names inside them RFC 8259 §4 says that what is read is unpredictable";

/// Ten to the power of 400, written out.
const BEYOND_DOUBLE: &str = "10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
    0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
    0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
    00000000000000000000000000000000000000000000000000000000000000000000000000000000";

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "json",
    title: "what parsers of JSON read differently",
    classes: &[
        Class {
            id: "dup-header-alg-none-last",
            title: "A forged token whose header names an algorithm and then none was accepted.",
            construction: "alg twice, the last of them none; an administrator's claims, no signature",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 7515 §4", "RFC 7518 §3.6", "RFC 8725 §3.2"],
            cwe: Some(436),
            make: Make::Cases { on: on::plain, build: none_last, strawman: &CHECKS_FIRST_ALG },
        },
        Class {
            id: "dup-header-alg-none-first",
            title: "A forged token whose header names none and then an algorithm was accepted.",
            construction: "alg twice, the first of them none; an administrator's claims, no signature",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §4", "RFC 7515 §5.2", "RFC 8725 §3.2"],
            cwe: Some(436),
            make: Make::Cases { on: on::plain, build: none_first, strawman: &VERIFIES_BY_FIRST_ALG },
        },
        Class {
            id: "dup-header-alg-genuine",
            title: "A token whose header names two algorithms was judged by the first of them.",
            construction: "alg twice, the right one last and none, an unknown one, null or the same first; and the \
                           other way round; signed by the right one",
            says: Says::RejectOrLast,
            severity: Severity::Medium,
            references: &["RFC 7515 §4", "RFC 7515 §5.2"],
            cwe: Some(436),
            make: Make::Cases { on: both_kinds, build: two_algorithms, strawman: &FIRST_WINS },
        },
        Class {
            id: "dup-header-kid-jwk-crit",
            title: "A token whose header has two members of one name was judged by the first of them.",
            construction: "kid twice, the right one last or first; jwk twice, the attacker's first, or last and signed \
                           by it; crit twice, the list that is understood last or first",
            says: Says::RejectOrLast,
            severity: Severity::High,
            references: &["RFC 7515 §4"],
            cwe: Some(436),
            make: Make::Cases { on: on::key_set, build: two_keys, strawman: &FIRST_WINS },
        },
        Class {
            id: "dup-claim-sub",
            title: "A token with two members sub was read by the first of them.",
            construction: "sub twice, an administrator's last or first, with a subject expected and without; another \
                           claim two and three times",
            says: Says::RejectOrLast,
            severity: Severity::High,
            references: &["RFC 7519 §4"],
            cwe: Some(436),
            make: Make::Cases { on: both_kinds, build: two_subjects, strawman: &FIRST_WINS },
        },
        Class {
            id: "dup-claim-exp",
            title: "A token with two members exp or nbf was judged by the first of them.",
            construction: "exp or nbf as first and as last member, past and future in both orders",
            says: Says::RejectOrLast,
            severity: Severity::High,
            references: &["RFC 7519 §4"],
            cwe: Some(436),
            make: Make::Cases { on: both_kinds, build: two_dates, strawman: &FIRST_WINS },
        },
        Class {
            id: "dup-claim-iss-aud",
            title: "A token with two members iss or aud was judged by the first of them.",
            construction: "iss or aud as first and as last member, the expected and another one in both orders",
            says: Says::RejectOrLast,
            severity: Severity::High,
            references: &["RFC 7519 §4"],
            cwe: Some(436),
            make: Make::Cases {
                on: |at| on::claims(at) && matches!(at.algorithm, Algorithm::Hs256 | Algorithm::Rs256),
                build: two_names,
                strawman: &FIRST_WINS,
            },
        },
        Class {
            id: "dup-claim-nested",
            title: "A token with a name twice inside a claim was not answered, or means two things.",
            construction: "two members of one name in realm_access, cnf, act, and in an object in a list; one of them \
                           escaped",
            says: Says::Either(INNER),
            severity: Severity::Medium,
            references: &["RFC 8259 §4", "RFC 7519 §4"],
            cwe: Some(436),
            make: Make::Cases { on: both_kinds, build: two_inside, strawman: &PANICS },
        },
        Class {
            id: "dup-escaped-equivalent",
            title: "A token with two members of one name, one of them escaped, was judged by the first of them.",
            construction: "alg, sub or iss and the same name with an escape, in both orders",
            says: Says::RejectOrLast,
            severity: Severity::High,
            references: &["RFC 7515 §5.3", "RFC 7515 §4", "RFC 7519 §4", "RFC 7519 §7.3"],
            cwe: Some(436),
            make: Make::Cases { on: with_names, build: twice_by_escape, strawman: &NAMES_AS_WRITTEN },
        },
        Class {
            id: "case-variant-member",
            title: "A member whose name differs from a registered one in case was read as that one.",
            construction: "ALG, Alg, CRIT in the header, SUB, Iss, EXP, Nbf, AUD in the claims, beside the right \
                           members, in front and behind; ISS in the place of iss",
            says: Says::MustAccept,
            severity: Severity::High,
            references: &["RFC 7515 §5.3", "RFC 7515 §4", "RFC 7519 §4"],
            cwe: Some(178),
            make: Make::Cases { on: with_names, build: other_case, strawman: &NAMES_WITHOUT_CASE },
        },
        Class {
            id: "go-fold-member",
            title: "A member whose name folds to a registered one was read as that one.",
            construction: "U+017F for s and U+212A for k in sub, iss, kid, x5t#S256, and a fullwidth letter, beside \
                           the right members, in front and behind; in the place of iss",
            says: Says::MustAccept,
            severity: Severity::High,
            references: &["RFC 7515 §5.3", "RFC 7515 §4", "RFC 7519 §4"],
            cwe: Some(178),
            make: Make::Cases { on: with_key_set, build: folded_by_unicode, strawman: &NAMES_FOLDED },
        },
        Class {
            id: "trim-variant-member",
            title: "A member whose name has white space, NUL or a mark at its end was read without.",
            construction: "a space, a tab, NUL, a byte order mark or a space without width around or in alg and sub, \
                           beside the right members, in front and behind; in the place of iss",
            says: Says::MustAccept,
            severity: Severity::Medium,
            references: &["RFC 7515 §5.3", "RFC 7515 §4", "RFC 7519 §4"],
            cwe: Some(20),
            make: Make::Cases { on: with_names, build: nearly_trimmed, strawman: &NAMES_TRIMMED },
        },
        Class {
            id: "prototype-member",
            title: "A token with members that objects of some languages have anyway was refused, or read otherwise.",
            construction: "__proto__, constructor, toString, hasOwnProperty in header and claims, in front and behind; \
                           a required claim and the issuer inside __proto__ only",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 7515 §4", "RFC 7519 §4"],
            cwe: Some(1321),
            make: Make::Cases { on: with_names, build: prototypes, strawman: &PROTOTYPE_MERGED },
        },
        Class {
            id: "bom-prefix",
            title: "A token with a byte order mark before its header or claims was not answered.",
            construction: "U+FEFF in UTF-8 before the JSON text",
            says: Says::Either(MARK),
            severity: Severity::Low,
            references: &["RFC 8259 §8.1"],
            cwe: Some(20),
            make: Make::Cases { on: both_kinds, build: byte_order_mark, strawman: &PANICS },
        },
        Class {
            id: "utf16-utf32",
            title: "A token with its header or claims in UTF-16 or UTF-32 was accepted.",
            construction: "header or claims in UTF-16 or UTF-32 of either order, in UTF-16 with a mark too",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 8725 §3.7", "RFC 7515 §5.2", "RFC 7519 §7.2", "RFC 8259 §8.1"],
            cwe: Some(176),
            make: Make::Cases { on: both_kinds, build: other_encodings, strawman: &GUESSES_ENCODING },
        },
        Class {
            id: "invalid-utf8",
            title: "A token with octets in its JSON that are no UTF-8 was accepted.",
            construction: "a lone octet, an overlong form, a continuation, a character cut short, surrogates, a \
                           character beyond Unicode, Latin-1: in a member of header or claims, in a name, in sub",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7515 §5.2", "RFC 7519 §7.2", "RFC 8725 §3.7"],
            cwe: Some(176),
            make: Make::Cases { on: both_kinds, build: no_utf8, strawman: &REPLACES_OCTETS },
        },
        Class {
            id: "lone-surrogate-escape",
            title: "A token with an escape that is half a character was not answered, or means two things.",
            construction: "\\ud800, \\udc00, the same half twice, the halves in the wrong order, in a claim, in sub, in \
                           a name, in the header",
            says: Says::Either(SURROGATES),
            severity: Severity::Medium,
            references: &["RFC 8259 §8.2"],
            cwe: Some(176),
            make: Make::Cases { on: both_kinds, build: half_a_pair, strawman: &PANICS },
        },
        Class {
            id: "nul-in-claim",
            title: "A claim with NUL in it was cut there, or its token refused.",
            construction: "\\u0000 inside or in front of a claim, of sub, of a name; the expected subject, NUL and more",
            says: Says::MustAccept,
            severity: Severity::High,
            references: &["RFC 8259 §7", "RFC 7519 §7.2", "RFC 7519 §7.3"],
            cwe: Some(158),
            make: Make::Cases { on: both_kinds, build: nul_in_text, strawman: &ENDS_AT_NUL },
        },
        Class {
            id: "trailing-garbage",
            title: "A token with something behind the JSON of its header or claims was accepted.",
            construction: "ABCD, a second object, a bracket, a brace, NUL, a comma or a no-break space behind the text",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7515 §10.12", "RFC 7519 §7.2"],
            cwe: Some(20),
            make: Make::Cases { on: both_kinds, build: garbage_after, strawman: &IGNORES_THE_REST },
        },
        Class {
            id: "leading-garbage",
            title: "A token with something before the JSON of its header or claims was accepted.",
            construction: "a letter, a comma, )]}', NUL, a loop, a form feed or a record separator before the text",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7515 §10.12", "RFC 7519 §7.2"],
            cwe: Some(20),
            make: Make::Cases { on: both_kinds, build: garbage_before, strawman: &SKIPS_TO_BRACE },
        },
        Class {
            id: "comments",
            title: "A token with comments in the JSON of its header or claims was accepted.",
            construction: "/* x */, // x or # x inside, in front or behind",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7515 §10.12", "RFC 7519 §7.2", "RFC 8259 §2"],
            cwe: Some(20),
            make: Make::Cases { on: both_kinds, build: comments, strawman: &READS_COMMENTS },
        },
        Class {
            id: "trailing-comma-single-quotes",
            title: "A token whose header or claims are JSON of a laxer kind was accepted.",
            construction: "a comma too many, single quotes, a name without quotes, 0x1f, +1, a semicolon",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7515 §10.12", "RFC 7519 §7.2", "RFC 8259 §2"],
            cwe: Some(20),
            make: Make::Cases { on: both_kinds, build: json5, strawman: &READS_JSON5 },
        },
        Class {
            id: "nan-infinity-literals",
            title: "A token with NaN or Infinity, which JSON does not have, was accepted.",
            construction: "NaN, Infinity, -Infinity, undefined without quotes in header or claims, in nbf, in iat",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 8259 §6", "RFC 7515 §10.12", "RFC 7519 §7.2"],
            cwe: Some(20),
            make: Make::Cases { on: both_kinds, build: not_a_number, strawman: &READS_NOT_A_NUMBER },
        },
        Class {
            id: "control-chars-unescaped",
            title: "A token with control characters in its strings was accepted.",
            construction: "a line feed, tab, NUL, carriage return, ESC or unit separator as it is in a string of \
                           header or claims, in a name; and DEL, U+0085, U+2028, which may stand there",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 8259 §7", "RFC 7515 §10.12", "RFC 7519 §7.2"],
            cwe: Some(20),
            make: Make::Cases { on: both_kinds, build: control_characters, strawman: &READS_CONTROL_CHARACTERS },
        },
        Class {
            id: "leading-zero-numbers",
            title: "A token with a number that JSON does not have was accepted.",
            construction: "0123, 00, -01, 1., .5, 1e, 1e+, -, 1.e3 in header or claims; exp with a zero in front or a \
                           point behind",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 8259 §6", "RFC 7515 §10.12", "RFC 7519 §7.2"],
            cwe: Some(20),
            make: Make::Cases { on: both_kinds, build: loose_numbers, strawman: &READS_LOOSE_NUMBERS },
        },
        Class {
            id: "bad-escapes",
            title: "A token with an escape that JSON does not have was accepted.",
            construction: r"\x41, \u12G4, \a, \u12, \', \101, \U00000041, \u{41}, \u+041 in header or claims, in a name",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 8259 §7", "RFC 7515 §10.12", "RFC 7519 §7.2"],
            cwe: Some(20),
            make: Make::Cases { on: both_kinds, build: bad_escapes, strawman: &READS_ANY_ESCAPE },
        },
        Class {
            id: "payload-not-object",
            title: "A token whose payload is JSON and no object was accepted.",
            construction: "payload = [], a string, 1, null, true; the claims in a list, in a string",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7519 §7.2"],
            cwe: Some(843),
            make: Make::Cases { on: both_kinds, build: no_object, strawman: &UNREADABLE_IS_EMPTY },
        },
        Class {
            id: "payload-not-json",
            title: "A token whose payload is no JSON was accepted.",
            construction: "payload = octets, text, a space, a form, markup, zeros, another token",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7519 §7.2"],
            cwe: Some(20),
            make: Make::Cases { on: both_kinds, build: no_json, strawman: &UNREADABLE_IS_EMPTY },
        },
        Class {
            id: "deep-nesting",
            title: "A token with deep JSON made the verifier fall over, or took long.",
            construction: "1000 and 100000 lists, 1000 and 50000 objects in each other in header or claims; lists and \
                           objects that never end",
            says: Says::Bounded(1000),
            severity: Severity::High,
            references: &["RFC 8259 §9", "CWE-674"],
            cwe: Some(674),
            make: Make::Cases { on: both_kinds, build: deep, strawman: &RECURSES },
        },
        Class {
            id: "many-members",
            title: "A token with many members took out of proportion long.",
            construction: "20000 claims; 4096 whose names have one hash if it multiplies by 31, or by 33; 8000 header \
                           members",
            says: Says::Bounded(1000),
            severity: Severity::Medium,
            references: &["RFC 8259 §9", "CWE-407"],
            cwe: Some(407),
            make: Make::Cases { on: on::one, build: many_members, strawman: &FIXED_TABLE },
        },
        Class {
            id: "huge-string",
            title: "A token with a huge string took out of proportion long.",
            construction: "a claim of 400000 letters, of 40000 escapes, of 100000 escaped quotes; a name and a header \
                           member of 100000 letters",
            says: Says::Bounded(1000),
            severity: Severity::Medium,
            references: &["RFC 8259 §9", "CWE-400"],
            cwe: Some(400),
            make: Make::Cases { on: on::one, build: huge_string, strawman: &FIXED_BUFFER },
        },
        Class {
            id: "huge-number-digits",
            title: "A token with a huge number took out of proportion long.",
            construction: "a number of 100000 and of 400000 digits in a claim, in exp, in its fraction, in the header; \
                           1e1000000000 and 1e-1000000000",
            says: Says::Bounded(1000),
            severity: Severity::High,
            references: &["RFC 8259 §6", "CWE-407"],
            cwe: Some(407),
            make: Make::Cases { on: on::one, build: huge_number, strawman: &FEW_DIGITS },
        },
        Class {
            id: "big-int-precision",
            title: "A number that no double holds was read as another, or as it stands in quotes.",
            construction: "a claim of 2^53+1, 2^63+1, 2^64+1, -2^53-1, 1e999 and 10^400; the same digits in quotes, \
                           which must come back as they are",
            says: Says::Either(LIMITS),
            severity: Severity::Medium,
            references: &["RFC 8259 §6"],
            cwe: Some(681),
            make: Make::Cases { on: both_kinds, build: inexact, strawman: &NUMBERS_FROM_TEXT },
        },
        Class {
            id: "number-forms",
            title: "A number in another form of JSON was refused, or read as another.",
            construction: "iat and nbf as 1699996400.0, 16999964000e-1, 1699996400E+0; a claim of 1e9, 1E+9, -0, \
                           12345678901e-1",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 8259 §6", "RFC 7519 §2"],
            cwe: Some(681),
            make: Make::Cases { on: both_kinds, build: number_forms, strawman: &ONLY_DIGITS },
        },
        Class {
            id: "unicode-normalisation-pair",
            title: "Text in a claim was normalised, or taken for another that looks alike.",
            construction: "an accent composed and combined, a ligature, a fullwidth letter, the sign for kelvin, \
                           Hangul by letters; the expected subject in the other form; two names that look alike",
            says: Says::MustAccept,
            severity: Severity::Medium,
            references: &["RFC 7519 §7.3", "RFC 7515 §5.3"],
            cwe: Some(176),
            make: Make::Cases { on: both_kinds, build: normal_forms, strawman: &NORMALISES },
        },
    ],
};
