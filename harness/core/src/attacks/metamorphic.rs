//! What must hold between several answers: a verifier remembers nothing, whatever it was shown before; it hands on what was
//! signed; the signature comes first.
//!
//! A case here may be shown after others, to the same process. Some rows hold of the harness itself.

use std::cell::RefCell;
use std::collections::HashMap;

use token_assay_model::{Feature, Reason, Severity};

use super::scene::{AUDIENCE, ISSUER, MARGIN, Scene, on};
use super::{Area, Cases, Class, Family, Make, Says};
use crate::forge::{Jws, base64url};
use crate::reference::json::Json;
use crate::reference::{Reading, Rule, rules};
use crate::strawman::{Strawman, skip};

/// The scene at a later time.
fn later<'f>(scene: &Scene<'f>, seconds: i64) -> Scene<'f> {
    let now = scene.now() + seconds;
    scene.with(|policy| policy.now = Some(now))
}

/// The valid token with the claims of an administrator under the old signature.
fn tampered(scene: &Scene<'_>) -> Jws {
    scene.token().with_payload(scene.forged_claims().text())
}

/// The valid token under a signature of the same length that is another's.
fn missigned(scene: &Scene<'_>) -> Jws {
    let mut signature = scene.token().signature_octets();
    signature.reverse();
    scene.token().with_signature(signature)
}

fn other_spellings(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = with_both_letters(scene);
    let signature = token.signature.clone();
    let standard = signature.replace('-', "+").replace('_', "/");
    let padded = format!("{signature}{}", "=".repeat((4 - signature.len() % 4) % 4));
    let broken = format!("{}\n{}", &signature[..20], &signature[20..]);
    for (variant, segment) in [
        ("padded", padded),
        ("standard-alphabet", standard),
        ("line-break", broken),
        ("space-after", format!("{signature} ")),
        ("escaped-letter", format!("%{:02X}{}", signature.as_bytes()[0], &signature[1..])),
    ] {
        let spelt = token.clone().with_signature_segment(segment);
        cases.add(scene, variant, spelt).after(scene, token.clone());
    }
}

/// A valid token in whose signature both letters stand that the two alphabets of base64 write otherwise.
fn with_both_letters(scene: &Scene<'_>) -> Jws {
    let token = |count: u32| scene.sign_claims(&scene.claims().set_string("jti", &format!("id-{count}")));
    let fits = |token: &Jws| token.signature.contains('-') && token.signature.contains('_');
    (1..).map(token).find(fits).expect("one in three does")
}

fn colliding(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let first = scene.token();
    cases.add(scene, "same-input-other-signature", missigned(scene)).after(scene, &first);
    cases.add(scene, "same-input-no-signature", first.clone().with_signature("")).after(scene, &first);
    cases.add(scene, "same-signature", tampered(scene)).after(scene, &first);
    let attacker = scene.forge.keys().attacker(scene.algorithm());
    let header = scene.header().set_string("x", "1").text();
    let same_claims = scene.forge.sign(header, scene.claims().text(), attacker, scene.algorithm());
    cases.add(scene, "same-claims", same_claims).after(scene, &first);
    // The first octets of both are the same, up to the last claims.
    let forged = scene.claims().set_string("jti", "id-2").set("admin", "true").text();
    let same_start = scene.forge.sign(scene.header().text(), &forged, attacker, scene.algorithm());
    cases.add(scene, "same-start", same_start).after(scene, &first);
    let another = scene.sign_claims(&scene.claims().set_string("jti", "id-2").set("admin", "false"));
    cases.add(scene, "same-start-genuine", another).after(scene, &first).says(Says::MustAccept);
}

fn after_expiry(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, seconds) in [("a-second", MARGIN + 1), ("an-hour", 2 * MARGIN), ("a-day", MARGIN + 86_400)] {
        let then = later(scene, seconds);
        let case = cases.add(&then, variant, scene.token());
        case.after(scene, scene.token()).needs(Feature::Exp).needs(Feature::Clock);
    }
}

fn either_order(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let genuine = scene.token();
    cases.add(scene, "after-tampered", &genuine).after(scene, tampered(scene));
    cases.add(scene, "after-other-signature", &genuine).after(scene, missigned(scene));
    let often = cases.add(scene, "after-many", &genuine);
    for _ in 0..20 {
        often.after(scene, missigned(scene));
    }
    let refused = Says::MustReject(Reason::Signature);
    cases.add(scene, "tampered-after", tampered(scene)).after(scene, &genuine).says(refused);
    cases.add(scene, "other-signature-after", missigned(scene)).after(scene, &genuine).says(refused);
    // A token whose time comes.
    let early = later(scene, -2 * MARGIN);
    let case = cases.add(scene, "after-too-early", &genuine);
    case.after(&early, &genuine).needs(Feature::Nbf).needs(Feature::Clock);
}

fn as_signed(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, value) in [
        ("numbers", "[0,-1,1,0.5,-0.25,1500000000,4294967296,9007199254740991,-9007199254740991]"),
        ("texts-like-numbers", r#"["007","1","1e3","-0","0x10","1700000000"]"#),
        ("texts-like-words", r#"["true","null","undefined","NaN"]"#),
        ("words", "[true,false,null]"),
        ("empty", r#"{"list":[],"object":{},"text":""}"#),
        ("texts-like-dates", r#"["2030-01-01","2030-01-01T00:00:00Z"]"#),
        ("white-space", r#"[" a","a ","a  b","\ta\n"]"#),
        ("scripts", r#"["e\u0301","\u00e9","stra\u00dfe","\ud83d\udd11","\u202eabc","\u0130"]"#),
        ("punctuation", r#"["<a&b>","a+b","%41","\\u0041","a\\/b","\"","'"]"#),
        ("names", r#"{"a.b":1,"A":2,"a":3,"$x":4," ":5,"snake_case":6,"camelCase":7,"kebab-case":8}"#),
        ("objects", r#"{"a":{"b":{"c":[{"d":[[1],[2,[3]]]}]}}}"#),
        ("one-in-a-list", r#"["only"]"#),
    ] {
        cases.add(scene, variant, scene.sign_claims(&scene.claims().set("data", value)));
    }
}

/// Each has two faults, and the signature is the first to be looked at: another reason is noted.
fn signature_first(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let asking = scene.with(|policy| {
        policy.issuer = vec![ISSUER.to_owned()];
        policy.audience = vec![AUDIENCE.to_owned()];
    });
    let (past, ahead) = ((scene.now() - MARGIN).to_string(), (scene.now() + MARGIN).to_string());
    let other = "\"https://other.example\"".to_owned();
    for (variant, claim, value) in [
        ("expired", "exp", past),
        ("not-yet-valid", "nbf", ahead),
        ("other-issuer", "iss", other.clone()),
        ("other-audience", "aud", other),
        ("no-date", "exp", "\"soon\"".to_owned()),
    ] {
        let forged = asking.forged_claims().set(claim, value).text();
        cases.add(&asking, variant, asking.token().with_payload(forged));
    }
    cases.add(&asking, "no-json", asking.token().with_payload("{\"exp\":"));
}

thread_local! {
    /// What each strawman has kept, by its name and a key of its own: a thread is a process here.
    static KEPT: RefCell<Kept> = RefCell::default();
}

type Kept = HashMap<(&'static str, Vec<u8>), Vec<u8>>;

fn keep(who: &'static str, key: Vec<u8>, value: &[u8]) {
    KEPT.with_borrow_mut(|kept| {
        if kept.len() > 10_000 {
            kept.clear();
        }
        kept.entry((who, key)).or_insert_with(|| value.to_vec());
    });
}

fn kept(who: &'static str, key: Vec<u8>) -> Option<Vec<u8>> {
    KEPT.with_borrow(|kept| kept.get(&(who, key)).cloned())
}

/// A token's first octets: the header, and of the claims the issuer.
fn start(octets: &[u8]) -> Vec<u8> {
    octets[..octets.len().min(80)].to_vec()
}

/// A token without its signature.
fn unsigned(octets: &[u8]) -> Vec<u8> {
    let dot = octets.iter().rposition(|octet| *octet == b'.').unwrap_or(octets.len());
    octets[..dot].to_vec()
}

/// Texts that are numbers as numbers.
fn converted(value: &Json) -> Json {
    match value {
        Json::String(text) if Json::parse(text.as_bytes()).is_ok_and(|json| matches!(json, Json::Number(_))) => {
            Json::Number(text.clone())
        }
        Json::Array(values) => Json::Array(values.iter().map(converted).collect()),
        Json::Object(members) => {
            Json::Object(members.iter().map(|(name, value)| (name.clone(), converted(value))).collect())
        }
        other => other.clone(),
    }
}

static SPELLING_IGNORED: Strawman = Strawman {
    name: "spelling-ignored",
    flaw: "decodes a signature in every spelling of base64",
    mend: "Decode base64url without padding, white space or other letters, and refuse the rest.",
    bends: &[
        (Rule::Text, skip),
        (Rule::Encoding, |reading| {
            let text = String::from_utf8_lossy(&reading.segments[2]).replace('+', "-").replace('/', "_");
            let url_safe = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
            let plain: String = text.chars().filter(url_safe).collect();
            let segments = [reading.segments[0].clone(), reading.segments[1].clone(), plain.into_bytes()];
            for (segment, decoded) in segments.iter().zip(&mut reading.decoded) {
                *decoded = base64url::decode(segment).ok_or(Reason::Malformed)?;
            }
            Ok(())
        }),
    ],
};

static KEPT_BY_START: Strawman = Strawman {
    name: "kept-by-start",
    flaw: "keeps what it has verified under the first octets of the token, and hands it on for another that begins so",
    mend: "Keep results under the whole token, or a hash of all its octets.",
    bends: &[
        (Rule::Text, |reading| {
            if let Some(known) = kept("start", start(&reading.octets)) {
                reading.octets = known;
            }
            rules::text(reading)
        }),
        (Rule::Subject, |reading| {
            rules::subject(reading)?;
            keep("start", start(&reading.octets), &reading.octets);
            Ok(())
        }),
    ],
};

static KEPT_PAST_EXPIRY: Strawman = Strawman {
    name: "kept-past-expiry",
    flaw: "looks at the dates of a token once, and keeps what it found",
    mend: "Look at the dates whenever a token is shown; keep a result no longer than the token lasts.",
    bends: &[
        (Rule::Expiry, |reading| match kept("expiry", reading.octets.clone()) {
            Some(_) => Ok(()),
            None => rules::expiry(reading),
        }),
        (Rule::Subject, |reading| {
            rules::subject(reading)?;
            keep("expiry", reading.octets.clone(), &[]);
            Ok(())
        }),
    ],
};

static REFUSAL_KEPT: Strawman = Strawman {
    name: "refusal-kept",
    flaw: "keeps refusals under the token without its signature",
    mend: "Keep no refusals, or each under the whole token.",
    bends: &[
        (Rule::Text, |reading| {
            rules::check(kept("refusal", unsigned(&reading.octets)).is_none(), Reason::Signature)?;
            rules::text(reading)
        }),
        (Rule::Signature, |reading| {
            rules::signature(reading).inspect_err(|_| keep("refusal", unsigned(&reading.octets), &[]))
        }),
    ],
};

static CLAIMS_CONVERTED: Strawman = Strawman {
    name: "claims-converted",
    flaw: "hands on texts that look like numbers as numbers",
    mend: "Hand on claims as they were signed.",
    bends: &[(Rule::Subject, |reading| {
        rules::subject(reading)?;
        reading.payload = converted(&reading.payload);
        Ok(())
    })],
};

static DATES_FIRST: Strawman = Strawman {
    name: "dates-first",
    flaw: "looks at exp before the signature, and lets an expired token pass as one to be renewed, unverified",
    mend: "Verify the signature before anything that a token says is looked at.",
    bends: &[
        (Rule::Signature, |reading| if is_expired(reading) { Ok(()) } else { rules::signature(reading) }),
        (Rule::Expiry, skip),
    ],
};

/// By what the token says, verified or not.
fn is_expired(reading: &Reading<'_>) -> bool {
    let exp = rules::object(&reading.decoded[1]).ok().and_then(|claims| claims.member("exp")?.as_f64());
    exp.zip(reading.now()).is_some_and(|(exp, now)| exp <= now as f64)
}

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "metamorphic",
    title: "what holds between several answers",
    classes: &[
        Class {
            id: "meta-canonical-uniqueness",
            title: "Another spelling of a token that was accepted was accepted too.",
            construction: "valid token, its signature padded, in the standard alphabet, with a line break or a space, \
                           with an escaped letter; shown after itself",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7515 §2", "RFC 7515 §5.2 step 7", "RFC 4648 §12"],
            cwe: Some(354),
            make: Make::Cases { on: on::two, build: other_spellings, strawman: &SPELLING_IGNORED },
        },
        Class {
            id: "meta-revocation-bypass",
            title: "Another spelling of a revoked token was accepted.",
            construction: "revoke a token by its text, then show it with the other s, or in another spelling",
            says: Says::MustReject(Reason::Revoked),
            severity: Severity::High,
            references: &["RFC 4648 §12"],
            cwe: Some(613),
            make: Make::Waits { area: Area::StatefulVerifier, because: "no target can be told to revoke a token yet" },
        },
        Class {
            id: "meta-cache-confusion",
            title: "A forged token was accepted after a genuine one that it resembles, or took over its claims.",
            construction: "after a valid token one with the same first two segments, the same signature, the same \
                           claims, or the same first octets; forged, or genuine with claims of its own",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §5.2", "GHSA-rp9m-7r4c-75qg"],
            cwe: Some(706),
            make: Make::Cases { on: on::two, build: colliding, strawman: &KEPT_BY_START },
        },
        Class {
            id: "meta-cache-after-expiry",
            title: "A token that had been accepted was accepted after it had expired.",
            construction: "valid token, shown while it is valid, and a second, an hour and a day after its exp",
            says: Says::MustReject(Reason::Expired),
            severity: Severity::High,
            references: &["RFC 7519 §4.1.4"],
            cwe: Some(613),
            make: Make::Cases { on: on::two, build: after_expiry, strawman: &KEPT_PAST_EXPIRY },
        },
        Class {
            id: "meta-negative-cache",
            title: "A token was answered differently for what had been shown before it.",
            construction: "valid token after a tampered copy, after one with another signature, after twenty, after \
                           itself too early; and the forged ones after the valid one",
            says: Says::MustAccept,
            severity: Severity::Medium,
            references: &["RFC 7519 §7.2"],
            cwe: Some(362),
            make: Make::Cases { on: on::two, build: either_order, strawman: &REFUSAL_KEPT },
        },
        Class {
            id: "meta-concurrency",
            title: "A token was answered differently while others were verified at once.",
            construction: "valid token and its tampered copy, in turn from four threads",
            says: Says::MustAccept,
            severity: Severity::High,
            references: &["RFC 7519 §7.2", "CWE-362"],
            cwe: Some(362),
            make: Make::Held {
                by: "the relation oracle, for verifiers in this process: a control and its tampered copy from four \
                     threads, in suite! and with --in-process",
            },
        },
        Class {
            id: "meta-key-rotation-race",
            title: "A token was answered differently while the key set was fetched anew.",
            construction: "tokens of the old and the new key while the key endpoint answers slowly",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Medium,
            references: &["RFC 8725 §3.8"],
            cwe: Some(362),
            make: Make::Live { by: "assay run --service" },
        },
        Class {
            id: "meta-claims-returned-equal",
            title: "Other claims than the signed ones were handed on.",
            construction: "valid token with a claim of numbers up to 53 bits, texts that look like other types, empty \
                           values, white space, scripts, names, objects in each other",
            says: Says::MustAccept,
            severity: Severity::High,
            references: &["RFC 7519 §7.2", "RFC 8259 §4", "draft-ietf-oauth-rfc8725bis §2.13"],
            cwe: Some(436),
            make: Make::Cases { on: on::two, build: as_signed, strawman: &CLAIMS_CONVERTED },
        },
        Class {
            id: "meta-resign-roundtrip",
            title: "A token that the library signed is not accepted by it, or says something else.",
            construction: "decode a valid token, let the library sign its claims, show the result",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 7515 §5.1"],
            cwe: Some(436),
            make: Make::Waits { area: Area::OtherCalls, because: "the protocol has no line for signing a token" },
        },
        Class {
            id: "meta-single-fault",
            title: "A case has more than one fault, so that refusing it proves nothing of the one it is about.",
            construction: "every token that is refused by a rule, under the reference verifier without that rule",
            says: Says::MustAccept,
            severity: Severity::Note,
            references: &["METHODOLOGY.md"],
            cwe: None,
            make: Make::Held { by: "a test: what one rule refuses is accepted without it" },
        },
        Class {
            id: "meta-differential",
            title: "Several verifiers differ on one token.",
            construction: "every case, shown to every target",
            says: Says::Either("a difference is told; the standard says who is right"),
            severity: Severity::Low,
            references: &["CWE-436"],
            cwe: Some(436),
            make: Make::Held { by: "the agreement oracle, and the others that each finding of a report lists" },
        },
        Class {
            id: "meta-decode-vs-verify",
            title: "Reading a token without verifying it gives other claims than verifying it.",
            construction: "every accepted token through the library's call that reads without verifying",
            says: Says::MustAccept,
            severity: Severity::High,
            references: &["CVE-2024-5037"],
            cwe: Some(436),
            make: Make::Waits {
                area: Area::OtherCalls,
                because: "the protocol has no line for reading without verifying",
            },
        },
        Class {
            id: "meta-verify-order",
            title: "A forged token was accepted because of what it says.",
            construction: "tampered token that is expired too, not yet valid, of another issuer, for another audience, \
                           with a date that is none, with claims that are no JSON: refused for its signature",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 7515 §5.2", "RFC 7519 §7.2", "CVE-2024-51744"],
            cwe: Some(696),
            make: Make::Cases { on: on::two, build: signature_first, strawman: &DATES_FIRST },
        },
        Class {
            id: "meta-mutate-and-resign",
            title: "A mutated and genuinely signed token was answered wrongly.",
            construction: "header and payload changed by chance, signed anew by the trusted key, judged by the rules",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::High,
            references: &["RFC 7519 §7.2"],
            cwe: Some(20),
            make: Make::Held { by: "campaigns: assay fuzz mutates, signs, and asks the reference verifier" },
        },
        Class {
            id: "meta-error-uniformity",
            title: "A service tells by its answer why it refused a token.",
            construction: "unknown kid, wrong signature, expired token: status, body and time compared",
            says: Says::Either("what a service tells is its own choice"),
            severity: Severity::Low,
            references: &["RFC 7515 §10.9"],
            cwe: Some(203),
            make: Make::Live { by: "assay sessions --service" },
        },
    ],
};
