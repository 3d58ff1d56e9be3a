//! Unsigned tokens: `none` in every spelling, with every kind of signature segment (RFC 7518 §3.6, RFC 8725 §3.2).

use token_assay_model::{Algorithm, Policy, Profile, Reason, Severity};

use super::scene::{Scene, on};
use super::{Cases, Class, Family, Make, Says};
use crate::forge::json::{quote, quote_escaped};
use crate::forge::{Jws, Object};
use crate::reference::json::Json;
use crate::reference::{Reading, Rule, rules};
use crate::strawman::Strawman;

/// An administrator's claims under a header with this raw `alg`, without a signature.
fn unsigned(scene: &Scene<'_>, raw_alg: &str) -> Jws {
    Jws::unsigned(scene.header().set("alg", raw_alg).text(), scene.forged_claims().text())
}

fn empty_signature(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", unsigned(scene, NONE));
}

fn two_segments(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", unsigned(scene, NONE).two_segments());
}

fn original_signature(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let genuine = scene.token();
    cases.add(scene, "", unsigned(scene, NONE).with_signature_segment(genuine.signature));
}

fn garbage_signature(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "aaaa", unsigned(scene, NONE).with_signature_segment("AAAA"));
    cases.add(scene, "random", unsigned(scene, NONE).with_signature(RANDOM));
}

fn case_permutations(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for upper in 1..16_usize {
        let spell = |(at, letter): (usize, char)| {
            if upper >> at & 1 == 1 { letter.to_ascii_uppercase() } else { letter }
        };
        let spelling: String = "none".chars().enumerate().map(spell).collect();
        // Ids are compared without regard to case on some file systems, so the spelling is told by its bits.
        cases.add(scene, &format!("{upper:04b}"), unsigned(scene, &quote(&spelling)));
    }
}

fn whitespace(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let spellings = [
        ("space-before", " none"),
        ("space-after", "none "),
        ("newline", "none\n"),
        ("tab", "\tnone"),
        ("nbsp", "none\u{a0}"),
    ];
    for (variant, spelling) in spellings {
        cases.add(scene, variant, unsigned(scene, &quote(spelling)));
    }
}

fn nul(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "end", unsigned(scene, &quote("none\0")));
    cases.add(scene, "middle", unsigned(scene, &quote("none\0RS256")));
}

fn lookalikes(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let spellings = [
        ("fullwidth", "\u{ff4e}\u{ff4f}\u{ff4e}\u{ff45}"),
        ("mathematical", "\u{1d427}\u{1d428}\u{1d427}\u{1d41e}"),
        ("cyrillic", "n\u{43e}ne"),
        ("joiner", "no\u{200d}ne"),
    ];
    for (variant, spelling) in spellings {
        cases.add(scene, variant, unsigned(scene, &quote(spelling)));
    }
}

fn escaped(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", unsigned(scene, &quote_escaped("none")));
}

fn synonyms(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let spellings = [
        ("null", "null"),
        ("null-upper", "NULL"),
        ("undefined", "undefined"),
        ("false", "false"),
        ("zero", "0"),
        ("plain", "plain"),
        ("unsecured", "unsecured"),
        ("hs0", "HS0"),
        ("none-algorithm", "NoneAlgorithm"),
    ];
    for (variant, spelling) in spellings {
        cases.add(scene, variant, unsigned(scene, &quote(spelling)));
    }
}

fn unknown_algorithm(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, spelling) in [("zzz", "zzz"), ("hs257", "HS257"), ("hs1", "HS1"), ("rs257", "RS257"), ("empty", "")] {
        cases.add(scene, variant, unsigned(scene, &quote(spelling)));
    }
}

fn decodes_to_empty(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, segment) in [("pad", "="), ("pad-pad", "=="), ("percent", "%20"), ("space", " ")] {
        cases.add(scene, variant, unsigned(scene, NONE).with_signature_segment(segment)).reason(Reason::Malformed);
    }
}

/// No list, and a key that is no key: an empty secret, or none at all.
fn falsy_key(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let empty = scene.with(|policy| set_secret(policy, b""));
    let absent = scene.with(|policy| policy.keys.clear());
    cases.add_beside(&empty, scene, "empty", unsigned(scene, NONE)).profile(Profile::LibraryDefault);
    cases.add_beside(&absent, scene, "absent", unsigned(scene, NONE)).profile(Profile::LibraryDefault);
}

fn listed_with_key(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let both = scene.with(|policy| policy.algorithms = Some(vec![Algorithm::None, scene.algorithm()]));
    cases.add(&both, "", unsigned(scene, NONE)).profile(Profile::Misconfigured);
}

fn opted_in_with_signature(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let opted_in = scene.with(|policy| {
        policy.algorithms = Some(vec![Algorithm::None]);
        policy.keys.clear();
    });
    let mut add = |variant: &str, token: Jws| {
        cases.add_beside(&opted_in, scene, variant, token).profile(Profile::Misconfigured).needs(scene.algorithm());
    };
    add("aaaa", unsigned(scene, NONE).with_signature_segment("AAAA"));
    add("genuine", unsigned(scene, NONE).with_signature_segment(scene.token().signature));
}

/// Five segments: header, no encrypted key, IV, ciphertext, no tag.
fn jwe_none(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let header = Object::new().set("alg", NONE).set_string("enc", "A128GCM").text();
    let jws = Jws::unsigned(header, scene.forged_claims().text());
    cases.add(scene, "", format!("{}..AAAAAAAAAAAAAAAA.{}.", jws.header, jws.payload));
}

/// A genuinely signed token whose payload is an unsigned one.
fn nested(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let inner = unsigned(scene, NONE).compact();
    let header = scene.header().set_string("cty", "JWT");
    cases.add(scene, "", scene.sign(header.text(), inner));
}

/// The verifier reads the algorithm through this before it looks it up.
fn read_through(reading: &mut Reading<'_>, fold: impl Fn(&str) -> String) -> Result<(), Reason> {
    let folded = reading.header.member("alg").and_then(Json::as_str).map(&fold);
    match folded.as_deref() {
        Some("none") => {
            reading.algorithm = Algorithm::None;
            Ok(())
        }
        _ => rules::algorithm(reading),
    }
}

/// `none` needs no permission.
fn allow_none(reading: &mut Reading<'_>) -> Result<(), Reason> {
    if reading.algorithm == Algorithm::None { Ok(()) } else { rules::allowed(reading) }
}

/// With `none` nothing is looked at in the third segment.
fn any_signature_with_none(reading: &mut Reading<'_>) -> Result<(), Reason> {
    if reading.algorithm == Algorithm::None { Ok(()) } else { rules::signature(reading) }
}

/// A third segment that cannot be decoded counts as empty.
fn lenient_third_segment(reading: &mut Reading<'_>) -> Result<(), Reason> {
    if rules::encoding(reading).is_err() {
        reading.segments[2].clear();
    }
    rules::encoding(reading)
}

static ALLOWS_NONE: Strawman = Strawman {
    name: "allows-none",
    flaw: "believes a header that says the token is not signed",
    mend: "Take the allowed algorithms from the application, never from the token, and never count none among them unless \
           it was asked for by name and without a key.",
    bends: &[(Rule::Allowed, allow_none)],
};

static ALLOWS_NONE_IN_TWO: Strawman = Strawman {
    name: "allows-none-in-two-segments",
    flaw: "believes an unsigned token that has no third segment at all",
    mend: "Require exactly three segments before anything is decoded.",
    bends: &[
        (Rule::Segments, |reading| {
            if !reading.octets.is_empty() && reading.octets.iter().filter(|octet| **octet == b'.').count() == 1 {
                reading.octets.push(b'.');
            }
            rules::segments(reading)
        }),
        (Rule::Allowed, allow_none),
    ],
};

static IGNORES_SIGNATURE_OF_NONE: Strawman = Strawman {
    name: "ignores-signature-of-none",
    flaw: "believes a header that says none although a signature stands in the token",
    mend: "Refuse none; where it was asked for by name, require the signature to be empty.",
    bends: &[(Rule::Allowed, allow_none), (Rule::Signature, any_signature_with_none)],
};

static FOLDS_CASE_OF_NONE: Strawman = Strawman {
    name: "folds-case-of-none",
    flaw: "refuses none but not nOnE",
    mend: "Compare alg with the allow-list case by case; a block-list of spellings is no allow-list.",
    bends: &[(Rule::Algorithm, |reading| read_through(reading, str::to_ascii_lowercase)), (Rule::Allowed, allow_none)],
};

static TRIMS_NONE: Strawman = Strawman {
    name: "trims-none",
    flaw: "trims white space off alg before looking it up",
    mend: "Compare alg as it stands with the allow-list.",
    bends: &[
        (Rule::Algorithm, |reading| read_through(reading, |alg| alg.trim().to_owned())),
        (Rule::Allowed, allow_none),
    ],
};

static STOPS_AT_NUL: Strawman = Strawman {
    name: "stops-at-nul",
    flaw: "hands alg to a C string that ends at the first NUL",
    mend: "Compare alg with its length; refuse names with NUL.",
    bends: &[
        (Rule::Algorithm, |reading| read_through(reading, |alg| alg.split('\0').next().unwrap_or_default().to_owned())),
        (Rule::Allowed, allow_none),
    ],
};

static NORMALISES_NONE: Strawman = Strawman {
    name: "normalises-none",
    flaw: "folds look-alike letters in alg to ASCII before looking it up",
    mend: "Compare alg octet by octet; RFC 7515 §10.13 forbids normalisation.",
    bends: &[(Rule::Algorithm, |reading| read_through(reading, ascii_skeleton)), (Rule::Allowed, allow_none)],
};

static UNKNOWN_IS_NONE: Strawman = Strawman {
    name: "unknown-is-none",
    flaw: "computes an empty signature for an algorithm that it does not know, and finds it equal",
    mend: "Refuse an algorithm that is not known before computing anything.",
    bends: &[
        (Rule::Algorithm, |reading| {
            if rules::algorithm(reading).is_err() {
                reading.algorithm = Algorithm::None;
            }
            Ok(())
        }),
        (Rule::Allowed, allow_none),
    ],
};

static READS_SEGMENT_AS_EMPTY: Strawman = Strawman {
    name: "reads-segment-as-empty",
    flaw: "takes a third segment that decodes to nothing for an empty one, and believes none",
    mend: "Refuse a segment with characters outside the base64url alphabet.",
    bends: &[(Rule::Text, crate::strawman::skip), (Rule::Encoding, lenient_third_segment), (Rule::Allowed, allow_none)],
};

static NONE_WITHOUT_KEY: Strawman = Strawman {
    name: "none-without-key",
    flaw: "believes none when its key is empty or missing",
    mend: "Refuse to verify without a key, whatever the token says.",
    bends: &[(Rule::Allowed, |reading| {
        let no_key =
            reading.policy.keys.iter().all(|key| key.secret.as_ref().is_none_or(Vec::is_empty) && key.pem.is_none());
        if reading.algorithm == Algorithm::None && no_key { Ok(()) } else { rules::allowed(reading) }
    })],
};

static NONE_BESIDE_KEY: Strawman = Strawman {
    name: "none-beside-key",
    flaw: "believes none because it stands in the list, although a key was given",
    mend: "Refuse a list that holds none beside a key, or never choose none when there is a key.",
    bends: &[(Rule::Allowed, |reading| {
        let listed = reading.policy.algorithms.as_ref().is_some_and(|list| list.contains(&reading.algorithm));
        rules::check(listed, Reason::Algorithm)
    })],
};

static READS_FIVE_SEGMENTS: Strawman = Strawman {
    name: "reads-five-segments",
    flaw: "takes five segments with alg none for a token whose claims stand in the fourth",
    mend: "Refuse alg values in a JWE that are no key-management algorithms.",
    bends: &[
        (Rule::Segments, |reading| {
            let parts: Vec<Vec<u8>> = reading.octets.split(|octet| *octet == b'.').map(<[u8]>::to_vec).collect();
            match <[Vec<u8>; 5]>::try_from(parts) {
                Ok([header, _, _, payload, tag]) => reading.segments = [header, payload, tag],
                Err(_) => return rules::segments(reading),
            }
            Ok(())
        }),
        (Rule::Allowed, allow_none),
    ],
};

pub(super) static UNWRAPS_NESTED: Strawman = Strawman {
    name: "unwraps-nested",
    flaw: "verifies the outer token only and hands on the claims of the inner one",
    mend: "Verify each layer with the algorithms and keys of the application before using what is inside.",
    bends: &[(Rule::Payload, |reading| {
        let inner = reading.decoded[1].clone();
        let claims = inner.split(|octet| *octet == b'.').nth(1).and_then(crate::forge::base64url::decode);
        match claims {
            Some(claims) if inner.starts_with(b"ey") => {
                reading.payload = rules::object(&claims)?;
                Ok(())
            }
            _ => rules::payload(reading),
        }
    })],
};

/// Leaves ASCII as it is, maps the look-alikes of the suite, drops what is invisible.
fn ascii_skeleton(text: &str) -> String {
    let skeleton = |letter: char| match letter {
        '\u{43e}' => Some('o'),
        '\u{200d}' => None,
        '\u{ff41}'..='\u{ff5a}' => char::from_u32(letter as u32 - 0xff41 + 0x61),
        '\u{1d41a}'..='\u{1d433}' => char::from_u32(letter as u32 - 0x1d41a + 0x61),
        other => Some(other),
    };
    text.chars().filter_map(skeleton).collect()
}

fn set_secret(policy: &mut Policy, secret: &[u8]) {
    for key in &mut policy.keys {
        *key = super::scene::secret_key(secret);
    }
}

const NONE: &str = r#""none""#;
const RANDOM: [u8; 32] = *b"\x9d\x1c\xe8\x31\x04\x7a\xb5\x66\x2f\xf0\x8e\x13\xc9\x4d\x57\xa2\x61\x0b\xd3\x95\x28\xee\x7f\x40\x1a\x86\xc4\x59\x33\xbd\x02\xf7";

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "alg-none",
    title: "unsigned tokens",
    classes: &[
        Class {
            id: "none-empty-sig",
            title: "A forged token that says alg none and has an empty signature was accepted.",
            construction: "alg=none, claims of an administrator, empty third segment after a trailing dot",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &[
                "RFC 7518 §3.6",
                "RFC 7518 §8.5",
                "RFC 8725 §3.2",
                "CVE-2015-2951",
                "CVE-2018-1000531",
                "CVE-2021-22160",
            ],
            cwe: Some(347),
            make: Make::Cases { on: on::every, build: empty_signature, strawman: &ALLOWS_NONE },
        },
        Class {
            id: "none-two-segments",
            title: "A forged token that says alg none and has only two segments was accepted.",
            construction: "alg=none, claims of an administrator, no second dot",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Critical,
            references: &["RFC 7515 §3.1", "RFC 7518 §3.6"],
            cwe: Some(347),
            make: Make::Cases { on: on::usual, build: two_segments, strawman: &ALLOWS_NONE_IN_TWO },
        },
        Class {
            id: "none-original-sig-kept",
            title: "A forged token that says alg none and keeps another token's signature was accepted.",
            construction: "alg=none, claims of an administrator, third segment = the signature of a valid token",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 7518 §3.6"],
            cwe: Some(347),
            make: Make::Cases { on: on::usual, build: original_signature, strawman: &IGNORES_SIGNATURE_OF_NONE },
        },
        Class {
            id: "none-garbage-sig",
            title: "A forged token that says alg none and has a meaningless signature was accepted.",
            construction: "alg=none, claims of an administrator, third segment = AAAA, or random octets",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 7518 §3.6"],
            cwe: Some(347),
            make: Make::Cases { on: on::usual, build: garbage_signature, strawman: &IGNORES_SIGNATURE_OF_NONE },
        },
        Class {
            id: "none-case-permutations",
            title: "A forged token that spells alg none with capitals was accepted.",
            construction: "alg = the 15 other spellings of none in upper and lower case, empty signature",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 7515 §5.3", "RFC 7515 §10.13", "draft-ietf-oauth-rfc8725bis §3.1"],
            cwe: Some(178),
            make: Make::Cases { on: on::usual, build: case_permutations, strawman: &FOLDS_CASE_OF_NONE },
        },
        Class {
            id: "none-whitespace-padded",
            title: "A forged token whose alg is none with white space around it was accepted.",
            construction: "alg = none with a space before, after, a newline, a tab, a no-break space; empty signature",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::High,
            references: &["RFC 7515 §10.13", "draft-ietf-oauth-rfc8725bis §3.1"],
            cwe: Some(20),
            make: Make::Cases { on: on::usual, build: whitespace, strawman: &TRIMS_NONE },
        },
        Class {
            id: "none-nul-terminated",
            title: "A forged token whose alg is none followed by NUL was accepted.",
            construction: r"alg = none\u0000 and none\u0000RS256, empty signature",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::High,
            references: &["RFC 7515 §10.13"],
            cwe: Some(158),
            make: Make::Cases { on: on::usual, build: nul, strawman: &STOPS_AT_NUL },
        },
        Class {
            id: "none-unicode-lookalike",
            title: "A forged token whose alg looks like none in other letters was accepted.",
            construction: "alg = none in full-width and mathematical letters, with a Cyrillic o, with a zero-width joiner",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Medium,
            references: &["RFC 7515 §10.13"],
            cwe: Some(176),
            make: Make::Cases { on: on::usual, build: lookalikes, strawman: &NORMALISES_NONE },
        },
        Class {
            id: "none-json-escaped",
            title: "A forged token that writes alg none in JSON escapes was accepted.",
            construction: r#"alg written "\u006e\u006f\u006e\u0065", empty signature"#,
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::High,
            references: &["RFC 7515 §5.3", "RFC 7518 §3.6"],
            cwe: Some(184),
            make: Make::Cases { on: on::usual, build: escaped, strawman: &ALLOWS_NONE },
        },
        Class {
            id: "none-synonyms",
            title: "A forged token whose alg is a synonym of none was accepted.",
            construction: "alg = the strings null, NULL, undefined, false, 0, plain, unsecured, HS0, NoneAlgorithm; empty signature",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::High,
            references: &["RFC 7515 §4.1.1"],
            cwe: Some(347),
            make: Make::Cases { on: on::usual, build: synonyms, strawman: &UNKNOWN_IS_NONE },
        },
        Class {
            id: "none-unknown-alg-empty-sig",
            title: "A forged token with an unknown alg and an empty signature was accepted.",
            construction: "alg = zzz, HS257, HS1, RS257 or empty; empty signature",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 7515 §4.1.1"],
            cwe: Some(347),
            make: Make::Cases { on: on::usual, build: unknown_algorithm, strawman: &UNKNOWN_IS_NONE },
        },
        Class {
            id: "none-sig-decodes-to-empty",
            title: "A forged token that says alg none and has a signature segment that decodes to nothing was accepted.",
            construction: "alg=none, third segment = one or two padding signs, %20, or a space",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7515 §2", "RFC 7518 §3.6"],
            cwe: Some(347),
            make: Make::Cases { on: on::usual, build: decodes_to_empty, strawman: &READS_SEGMENT_AS_EMPTY },
        },
        Class {
            id: "none-falsy-key",
            title: "A verifier that was given an empty key and no algorithms accepted a forged token that says alg none.",
            construction: "alg=none, empty signature; no allow-list, and an empty secret or no key at all",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::High,
            references: &["RFC 7518 §3.6", "CVE-2022-23540"],
            cwe: Some(347),
            make: Make::Cases { on: on::library_default, build: falsy_key, strawman: &NONE_WITHOUT_KEY },
        },
        Class {
            id: "none-listed-but-key-given",
            title: "A verifier with a key and a list that holds none accepted a forged unsigned token.",
            construction: "alg=none, empty signature; allow-list = none and the key's algorithm, and a key is given",
            says: Says::ShouldReject(Reason::Algorithm),
            severity: Severity::Medium,
            references: &["draft-ietf-oauth-rfc8725bis §3.2", "RFC 8725 §3.2"],
            cwe: Some(347),
            make: Make::Cases { on: on::common, build: listed_with_key, strawman: &NONE_BESIDE_KEY },
        },
        Class {
            id: "none-optin-nonempty-sig",
            title: "A verifier that opted in to unsigned tokens accepted one with a signature.",
            construction: "alg=none with a signature that is not empty; the verifier allows none by name and has no key",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 7518 §3.6"],
            cwe: Some(347),
            make: Make::Cases { on: on::one, build: opted_in_with_signature, strawman: &IGNORES_SIGNATURE_OF_NONE },
        },
        Class {
            id: "none-jwe-alg-none",
            title: "A token of five segments that says alg none was accepted.",
            construction: "a JWE in form, alg=none, enc=A128GCM, the claims in clear in place of the ciphertext",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7516 §4.1.1"],
            cwe: Some(347),
            make: Make::Cases { on: on::usual, build: jwe_none, strawman: &READS_FIVE_SEGMENTS },
        },
        Class {
            id: "none-inside-signed-nested",
            title: "A signed token around an unsigned one was accepted for the claims of the inner one.",
            construction: "outer token signed by the trusted key with cty=JWT, its payload a token with alg=none",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::High,
            references: &["draft-ietf-oauth-rfc8725bis §3.3", "RFC 7519 §11.2"],
            cwe: Some(347),
            make: Make::Cases { on: on::common, build: nested, strawman: &UNWRAPS_NESTED },
        },
    ],
};
