//! Signatures that are wrong, missing, or over other octets than those received (RFC 7515 §5.2).

use token_assay_model::{Profile, Reason, Severity};

use super::scene::{Scene, Setting, on};
use super::{Cases, Class, Family, Make, Says};
use crate::forge::base64url;
use crate::forge::json::quote_escaped;
use crate::forge::sign::{digest, mac};
use crate::forge::{Hash, Jws, Object, Scheme};
use crate::reference::json::Json;
use crate::reference::key::Material;
use crate::reference::{Reading, Rule, rules};
use crate::strawman::{SKIPS_SIGNATURE, Strawman, skip};

/// What the signature of a token covers, as a verifier has received it (RFC 7515 §5.2 step 8).
pub(super) fn signing_input(reading: &Reading<'_>) -> Vec<u8> {
    [reading.segments[0].as_slice(), b".", &reading.segments[1]].concat()
}

fn payload_modified(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let later = (scene.now() + A_YEAR).to_string();
    let altered = [("administrator", scene.forged_claims()), ("expiry", scene.claims().set("exp", later))];
    for (variant, claims) in altered {
        cases.add(scene, variant, scene.token().with_payload(claims.text()));
    }
}

fn header_modified(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let header = scene.header();
    let alg = quote_escaped(scene.algorithm().as_str());
    let altered = [
        ("kid-added", header.clone().set_string("kid", &scene.key.name).text()),
        ("typ", header.clone().set_string("typ", "jwt").text()),
        ("typ-removed", header.clone().without("typ").text()),
        ("alg-in-escapes", header.clone().set("alg", alg).text()),
        ("member-added", header.clone().set_string("x-foo", "bar").text()),
    ];
    for (variant, header) in altered {
        cases.add(scene, variant, scene.token().with_header(header));
    }
}

fn removed(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", unsigned(scene));
}

fn removed_with_its_dot(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", unsigned(scene).two_segments());
}

fn random(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let width = scene.token().signature_octets().len();
    cases.add(scene, "", unsigned(scene).with_signature(noise(width)));
}

/// One bit of each octet in turn, another bit in each; of RSA signatures every eighth octet.
fn bit_flips(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let signature = token.signature_octets();
    let stride = if scene.algorithm().is_rsa() { 8 } else { 1 };
    for at in (0..signature.len()).step_by(stride) {
        let mut flipped = signature.clone();
        flipped[at] ^= 1 << (at / stride % 8);
        cases.add(scene, &format!("octet-{at:03}"), token.clone().with_signature(flipped));
    }
}

fn truncated(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let signature = token.signature_octets();
    let width = signature.len();
    for (variant, left) in [("less-one", width - 1), ("less-four", width - 4), ("half", width / 2), ("one-left", 1)] {
        cases.add(scene, variant, token.clone().with_signature(&signature[..left]));
    }
}

fn extended(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let signature = token.signature_octets();
    let tails: [(&str, &[u8]); 3] = [("zero", &[0]), ("octet", &[0x9d]), ("twice", &signature)];
    for (variant, tail) in tails {
        cases.add(scene, variant, token.clone().with_signature([&signature, tail].concat()));
    }
}

/// Both tokens are genuine; one has the other's signature.
fn from_other_token(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let other = scene.sign_claims(&scene.claims().set_string("jti", "id-2"));
    cases.add(scene, "", scene.token().with_signature_segment(other.signature));
}

fn other_key(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let attacker = scene.forge.keys().attacker(scene.algorithm());
    let header = scene.header().set_string("kid", &scene.key.name);
    let token = scene.forge.sign(header.text(), scene.forged_claims().text(), attacker, scene.algorithm());
    cases.add(scene, "", token);
}

fn over_decoded_json(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (header, claims) = (scene.header().text(), scene.claims().text());
    cases.add(scene, "with-dot", signed_over(scene, format!("{header}.{claims}")));
    cases.add(scene, "joined", signed_over(scene, format!("{header}{claims}")));
}

fn over_payload_only(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "encoded", signed_over(scene, scene.token().payload));
    cases.add(scene, "decoded", signed_over(scene, scene.claims().text()));
}

fn over_swapped_input(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let Jws { header, payload, .. } = scene.token();
    cases.add(scene, "swapped", signed_over(scene, format!("{payload}.{header}")));
    cases.add(scene, "without-dot", signed_over(scene, format!("{header}{payload}")));
    cases.add(scene, "dot-after", signed_over(scene, format!("{header}.{payload}.")));
}

fn literals(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for literal in ["null", "true", "false", "0", "undefined", "NaN", "None"] {
        // Ids are compared without regard to case on some file systems; no two of these differ in case only.
        add_with_segment(scene, cases, &literal.to_ascii_lowercase(), literal);
    }
}

fn encoded_again(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let hex: String = token.signature_octets().iter().map(|octet| format!("{octet:02x}")).collect();
    cases.add(scene, "hex-encoded", token.clone().with_signature(&hex));
    cases.add(scene, "hex", token.clone().with_signature_segment(hex));
    cases.add(scene, "twice", token.clone().with_signature(token.signature));
}

fn with_nul(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let (segment, octets) = (&token.signature, token.signature_octets());
    add_with_segment(scene, cases, "end", &format!("{segment}\0"));
    add_with_segment(scene, cases, "text", &format!("{segment}\0{segment}"));
    add_with_segment(scene, cases, "alone", "\0");
    add_with_segment(scene, cases, "end-encoded", &base64url::encode([&octets, b"\0AAAA".as_slice()].concat()));
    add_with_segment(scene, cases, "alone-encoded", &base64url::encode(b"\0"));
}

/// What reads as the number zero, as text in place of the signature and as the signature's octets.
fn magic_hashes(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let width = scene.token().signature_octets().len();
    let hex = format!("0e{}", "0".repeat(2 * width - 2));
    add_with_segment(scene, cases, "hex", &hex);
    add_with_segment(scene, cases, "hex-encoded", &base64url::encode(&hex));
    add_with_segment(scene, cases, "octets", &base64url::encode(&hex[..width]));
    add_with_segment(scene, cases, "zero", "0");
    add_with_segment(scene, cases, "zero-encoded", &base64url::encode("0"));
}

fn reserialised(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (token, header, claims) = (scene.token(), scene.header(), scene.claims());
    cases.add(scene, "header-order", token.clone().with_header(header.clone().reversed().text()));
    cases.add(scene, "header-spaces", token.clone().with_header(spaced(&header)));
    cases.add(scene, "payload-order", token.clone().with_payload(claims.clone().reversed().text()));
    cases.add(scene, "payload-spaces", token.clone().with_payload(spaced(&claims)));
    cases.add(scene, "payload-escapes", token.with_payload(claims.set("sub", quote_escaped("user-1")).text()));
}

fn blank_claims(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, payload) in [("nothing", ""), ("empty-object", "{}"), ("empty-string", "\"\""), ("null", "null")] {
        cases.add(scene, variant, scene.token().with_payload(payload));
    }
}

/// An administrator's claims under the valid header, without a signature.
fn unsigned(scene: &Scene<'_>) -> Jws {
    Jws::unsigned(scene.header().text(), scene.forged_claims().text())
}

/// The valid token with the trusted key's signature over something else.
fn signed_over(scene: &Scene<'_>, message: impl AsRef<[u8]>) -> Jws {
    let signature = scene.forge.signature(scene.key, Scheme::of(scene.algorithm()), message.as_ref());
    scene.token().with_signature(signature)
}

/// Adds the valid token with this third segment, refused as malformed where it is not base64url.
fn add_with_segment(scene: &Scene<'_>, cases: &mut Cases<'_>, variant: &str, segment: &str) {
    let reason = if base64url::decode(segment).is_some() { Reason::Signature } else { Reason::Malformed };
    cases.add(scene, variant, scene.token().with_signature_segment(segment)).reason(reason);
}

fn spaced(object: &Object) -> String {
    object.written(" ", ": ", ", ")
}

/// Octets that look random and are always the same.
fn noise(width: usize) -> Vec<u8> {
    (0..=u8::MAX).flat_map(|counter| digest(Hash::Sha256, &[counter])).take(width).collect()
}

/// Whether a key of the reading's has signed this.
fn verifies(reading: &Reading<'_>, message: &[u8], signature: &[u8]) -> bool {
    reading.keys.iter().any(|key| key.verifies(reading.algorithm, message, signature))
}

/// The right check, or else the same signature over another message.
fn or_over(reading: &mut Reading<'_>, message: &[u8]) -> Result<(), Reason> {
    let over_other = verifies(reading, message, &reading.decoded[2]);
    if over_other { Ok(()) } else { rules::signature(reading) }
}

/// The right check, except that a MAC may match the one that is expected in this way.
fn or_mac_matches(reading: &mut Reading<'_>, matches: fn(&[u8], &[u8]) -> bool) -> Result<(), Reason> {
    let expected = expected_mac(reading);
    let matching = expected.is_some_and(|expected| matches(&expected, &reading.decoded[2]));
    if matching { Ok(()) } else { rules::signature(reading) }
}

/// The MAC that the token should have; nothing where it is no HMAC that signs it.
pub(super) fn expected_mac(reading: &Reading<'_>) -> Option<Vec<u8>> {
    if !reading.algorithm.is_hmac() {
        return None;
    }
    let Scheme::Hmac(hash) = Scheme::of(reading.algorithm) else { return None };
    reading.keys.iter().find_map(|key| match &key.material {
        Material::Oct(secret) => Some(mac(hash, secret, &signing_input(reading))),
        _ => None,
    })
}

/// The signature's octets read as base64url or hexadecimal text.
fn decoded_again(octets: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(octets).ok()?;
    let hex = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let from_hex: Option<Vec<u8>> = (0..text.len()).step_by(2).map(hex).collect();
    from_hex.or_else(|| base64url::decode(text))
}

fn is_zero(text: &[u8]) -> bool {
    std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok()) == Some(0.0)
}

static REWRITES_HEADER: Strawman = Strawman {
    name: "sig-rewrites-header",
    flaw: "checks the signature over a header that it writes anew from alg",
    mend: "Check the signature over the first segment as it was received.",
    bends: &[(Rule::Signature, |reading| {
        let header = format!(r#"{{"alg":"{}","typ":"JWT"}}"#, reading.algorithm);
        let payload = String::from_utf8_lossy(&reading.segments[1]);
        let message = format!("{}.{payload}", base64url::encode(header));
        or_over(reading, message.as_bytes())
    })],
};

static EMPTY_PASSES: Strawman = Strawman {
    name: "sig-empty-passes",
    flaw: "checks a signature only where there is one",
    mend: "Treat an empty signature as any other wrong one.",
    bends: &[(
        Rule::Signature,
        |reading| {
            if reading.segments[2].is_empty() { Ok(()) } else { rules::signature(reading) }
        },
    )],
};

static ABSENT_PASSES: Strawman = Strawman {
    name: "sig-absent-passes",
    flaw: "takes a token of two segments for one that needs no signature",
    mend: "Require exactly three segments before anything is decoded.",
    bends: &[
        (Rule::Segments, |reading| {
            if reading.octets.iter().filter(|octet| **octet == b'.').count() == 1 {
                reading.octets.push(b'.');
            }
            rules::segments(reading)
        }),
        (Rule::Signature, |reading| if reading.segments[2].is_empty() { Ok(()) } else { rules::signature(reading) }),
    ],
};

static COMPARES_IN_PART: Strawman = Strawman {
    name: "sig-compares-in-part",
    flaw: "compares the first half of a MAC only",
    mend: "Compare all octets of both, in constant time.",
    bends: &[(Rule::Signature, |reading| {
        or_mac_matches(reading, |expected, given| {
            let half = expected.len() / 2;
            given.len() == expected.len() && given[..half] == expected[..half]
        })
    })],
};

static COMPARES_WHAT_IS_THERE: Strawman = Strawman {
    name: "sig-compares-what-is-there",
    flaw: "compares as many octets of a MAC as the token shows",
    mend: "Compare lengths first: a signature has exactly the width that its algorithm gives it.",
    bends: &[(Rule::Signature, |reading| {
        or_mac_matches(reading, |expected, given| !given.is_empty() && expected.starts_with(given))
    })],
};

static IGNORES_THE_TAIL: Strawman = Strawman {
    name: "sig-ignores-the-tail",
    flaw: "reads as many octets of a signature as it needs, and ignores what follows",
    mend: "Refuse a signature that is longer than its algorithm makes it.",
    bends: &[(Rule::Signature, |reading| or_mac_matches(reading, |expected, given| given.starts_with(expected)))],
};

static CHECKS_DECODED: Strawman = Strawman {
    name: "sig-checks-decoded",
    flaw: "checks the signature over the decoded header and payload",
    mend: "Check it over the first two segments as received, still encoded, with the dot between them.",
    bends: &[(Rule::Signature, |reading| {
        let message = [reading.decoded[0].as_slice(), b".", &reading.decoded[1]].concat();
        or_over(reading, &message)
    })],
};

static CHECKS_PAYLOAD_ONLY: Strawman = Strawman {
    name: "sig-checks-payload-only",
    flaw: "checks the signature over the payload alone, so that the header may say anything",
    mend: "Check it over header and payload as received, with the dot between them.",
    bends: &[(Rule::Signature, |reading| {
        let message = reading.segments[1].clone();
        or_over(reading, &message)
    })],
};

static CHECKS_JOINED: Strawman = Strawman {
    name: "sig-checks-joined",
    flaw: "checks the signature over the two segments without the dot, so that their border can be moved",
    mend: "Check it over the two segments with the dot between them.",
    bends: &[(Rule::Signature, |reading| {
        let message = [reading.segments[0].as_slice(), &reading.segments[1]].concat();
        or_over(reading, &message)
    })],
};

static NULL_IS_ABSENT: Strawman = Strawman {
    name: "sig-null-is-absent",
    flaw: "takes a signature that is spelt null for none, and checks none",
    mend: "Treat the third segment as base64url text, whatever it spells.",
    bends: &[(
        Rule::Signature,
        |reading| {
            if reading.segments[2] == b"null" { Ok(()) } else { rules::signature(reading) }
        },
    )],
};

static DECODES_AGAIN: Strawman = Strawman {
    name: "sig-decodes-again",
    flaw: "decodes a signature a second time where it looks like hexadecimal or base64url text",
    mend: "Decode once; what comes out is the signature.",
    bends: &[(Rule::Signature, |reading| {
        if let Some(again) = decoded_again(&reading.decoded[2]) {
            reading.decoded[2] = again;
        }
        rules::signature(reading)
    })],
};

static STOPS_AT_NUL: Strawman = Strawman {
    name: "sig-stops-at-nul",
    flaw: "hands the signature to a C string that ends at the first NUL",
    mend: "Refuse characters outside the base64url alphabet, and keep lengths beside octets.",
    bends: &[
        (Rule::Text, skip),
        (Rule::Encoding, |reading| {
            if let Some(end) = reading.segments[2].iter().position(|octet| *octet == 0) {
                reading.segments[2].truncate(end);
            }
            rules::encoding(reading)
        }),
    ],
};

static COMPARES_AS_NUMBERS: Strawman = Strawman {
    name: "sig-compares-as-numbers",
    flaw: "compares MACs with an operator that turns text into numbers, so that what reads as zero equals any",
    mend: "Compare octets, of one type and in constant time.",
    bends: &[(Rule::Signature, |reading| {
        let zero = is_zero(&reading.segments[2]) || is_zero(&reading.decoded[2]);
        if zero && reading.algorithm.is_hmac() { Ok(()) } else { rules::signature(reading) }
    })],
};

static NORMALISES_JSON: Strawman = Strawman {
    name: "sig-normalises-json",
    flaw: "checks the signature over header and payload written anew, without the white space that was received",
    mend: "Keep the received segments and check the signature over them; never write JSON anew to check it.",
    bends: &[(Rule::Signature, |reading| {
        let rewritten = [&reading.decoded[0], &reading.decoded[1]].map(|octets| {
            let kept = octets.iter().copied().filter(|octet| !octet.is_ascii_whitespace());
            base64url::encode(kept.collect::<Vec<u8>>())
        });
        or_over(reading, rewritten.join(".").as_bytes())
    })],
};

static BLANK_IS_HARMLESS: Strawman = Strawman {
    name: "sig-blank-is-harmless",
    flaw: "checks no signature where there are no claims, and hands on none",
    mend: "Check the signature whatever the payload is, and refuse a payload that is no JSON object.",
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

/// One algorithm of each key type, pinned, nothing else asked.
fn key_types(at: Setting) -> bool {
    at.profile == Profile::Pinned && on::common(at)
}

/// Every algorithm pinned, and the ways in which people really configure.
fn pinned_or_usual(at: Setting) -> bool {
    on::pinned(at) || on::usual(at)
}

const A_YEAR: i64 = 31_536_000;

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "signature",
    title: "wrong and missing signatures",
    classes: &[
        Class {
            id: "sig-payload-modified",
            title: "A token whose claims had been altered was accepted under the old signature.",
            construction: "a valid token whose claims are made an administrator's, or made to expire later; the \
                           signature kept",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §5.2"],
            cwe: Some(347),
            make: Make::Cases { on: on::usual, build: payload_modified, strawman: &SKIPS_SIGNATURE },
        },
        Class {
            id: "sig-header-modified",
            title: "A token whose header had been altered was accepted under the old signature.",
            construction: "a valid token with kid added, typ changed or removed, alg in JSON escapes, or an unknown \
                           member added; the signature kept",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §5.2"],
            cwe: Some(347),
            make: Make::Cases { on: key_types, build: header_modified, strawman: &REWRITES_HEADER },
        },
        Class {
            id: "sig-removed-keep-alg",
            title: "A forged token with an empty signature was accepted.",
            construction: "the valid header, claims of an administrator, empty third segment after a trailing dot",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §5.2", "CVE-2020-28042"],
            cwe: Some(347),
            make: Make::Cases { on: pinned_or_usual, build: removed, strawman: &EMPTY_PASSES },
        },
        Class {
            id: "sig-removed-two-segments",
            title: "A forged token of two segments, without a signature, was accepted.",
            construction: "the valid header, claims of an administrator, no second dot",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Critical,
            references: &["RFC 7515 §3.1", "RFC 7515 §7.1"],
            cwe: Some(347),
            make: Make::Cases { on: on::usual, build: removed_with_its_dot, strawman: &ABSENT_PASSES },
        },
        Class {
            id: "sig-random",
            title: "A forged token with random octets for a signature was accepted.",
            construction: "the valid header, claims of an administrator, random octets of the right number",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §5.2"],
            cwe: Some(347),
            make: Make::Cases { on: pinned_or_usual, build: random, strawman: &SKIPS_SIGNATURE },
        },
        Class {
            id: "sig-bitflip-each-byte",
            title: "A token with one bit of its signature changed was accepted.",
            construction: "a valid token with one bit flipped in each octet of the signature in turn; in every eighth \
                           of an RSA signature",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §5.2"],
            cwe: Some(347),
            make: Make::Cases { on: key_types, build: bit_flips, strawman: &COMPARES_IN_PART },
        },
        Class {
            id: "sig-truncated",
            title: "A token with a part of its signature only was accepted.",
            construction: "a valid token whose signature lacks its last octet, its last four, its second half, or all \
                           but the first",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 7518 §3.2", "RFC 7518 §3.3", "RFC 7518 §3.4", "RFC 7518 §3.5"],
            cwe: Some(347),
            make: Make::Cases { on: on::pinned, build: truncated, strawman: &COMPARES_WHAT_IS_THERE },
        },
        Class {
            id: "sig-extended",
            title: "A token with octets added to its signature was accepted.",
            construction: "a valid token whose signature is followed by a zero octet, by another octet, by itself",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 7518 §3.2", "RFC 7518 §3.3", "RFC 7518 §3.4", "RFC 7518 §3.5"],
            cwe: Some(347),
            make: Make::Cases { on: on::pinned, build: extended, strawman: &IGNORES_THE_TAIL },
        },
        Class {
            id: "sig-from-other-token",
            title: "A token with the signature of another genuine token was accepted.",
            construction: "a valid token with the signature that the trusted key made over another one",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §5.2"],
            cwe: Some(347),
            make: Make::Cases { on: on::usual, build: from_other_token, strawman: &SKIPS_SIGNATURE },
        },
        Class {
            id: "sig-other-key",
            title: "A forged token signed by an attacker's key was accepted.",
            construction: "claims of an administrator, signed by an attacker's key of the same type, with the trusted \
                           key's kid",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7515 §5.2"],
            cwe: Some(347),
            make: Make::Cases { on: pinned_or_usual, build: other_key, strawman: &SKIPS_SIGNATURE },
        },
        Class {
            id: "sig-over-decoded-json",
            title: "A token signed over its decoded JSON was accepted.",
            construction: "the trusted key's signature over the JSON of header and payload, with a dot between or \
                           without",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 7515 §5.1"],
            cwe: Some(347),
            make: Make::Cases { on: key_types, build: over_decoded_json, strawman: &CHECKS_DECODED },
        },
        Class {
            id: "sig-over-payload-only",
            title: "A token whose signature does not cover its header was accepted.",
            construction: "the trusted key's signature over the payload alone, encoded or decoded",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 7515 §5.1"],
            cwe: Some(345),
            make: Make::Cases { on: key_types, build: over_payload_only, strawman: &CHECKS_PAYLOAD_ONLY },
        },
        Class {
            id: "sig-over-swapped-input",
            title: "A token signed over its segments in another order or without the dot was accepted.",
            construction: "the trusted key's signature over payload and header swapped, over both without the dot, \
                           over both with a dot behind",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 7515 §5.1"],
            cwe: Some(347),
            make: Make::Cases { on: key_types, build: over_swapped_input, strawman: &CHECKS_JOINED },
        },
        Class {
            id: "sig-literal-text",
            title: "A token with a word such as null in place of its signature was accepted.",
            construction: "a valid token whose third segment is null, true, false, 0, undefined, NaN, or None",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 7515 §2"],
            cwe: Some(347),
            make: Make::Cases { on: key_types, build: literals, strawman: &NULL_IS_ABSENT },
        },
        Class {
            id: "sig-hex-or-double-b64",
            title: "A token whose signature had been encoded a second time was accepted.",
            construction: "a valid token whose signature is hexadecimal text, that text in base64url, or base64url \
                           twice",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 7515 §2"],
            cwe: Some(347),
            make: Make::Cases { on: key_types, build: encoded_again, strawman: &DECODES_AGAIN },
        },
        Class {
            id: "sig-nul-appended",
            title: "A token with a NUL in its signature was accepted.",
            construction: "a valid token whose signature is followed by NUL, by NUL and text, or replaced by NUL; as \
                           characters of the token and as octets of the signature",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::High,
            references: &["RFC 7515 §2"],
            cwe: Some(158),
            make: Make::Cases { on: key_types, build: with_nul, strawman: &STOPS_AT_NUL },
        },
        Class {
            id: "sig-magic-hash",
            title: "A token with a signature that reads as the number zero was accepted.",
            construction: "a valid token whose third segment, or the signature in it, is 0, or 0e and zeros",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 7518 §3.2"],
            cwe: Some(697),
            make: Make::Cases {
                on: |at| on::pinned(at) && on::hmac(at),
                build: magic_hashes,
                strawman: &COMPARES_AS_NUMBERS,
            },
        },
        Class {
            id: "sig-reserialised-json",
            title: "A token whose JSON had been written anew was accepted under the old signature.",
            construction: "a valid token with the members of header or payload in another order, with spaces, or in \
                           escapes; the signature kept",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 7515 §5.2"],
            cwe: Some(347),
            make: Make::Cases { on: key_types, build: reserialised, strawman: &NORMALISES_JSON },
        },
        Class {
            id: "sig-blank-claims-bypass",
            title: "A token whose payload had been emptied was accepted under the old signature.",
            construction: "a valid token with nothing, an empty object, an empty string, or null for its payload; the \
                           signature kept",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 7515 §5.2", "RFC 7519 §7.2"],
            cwe: Some(347),
            make: Make::Cases { on: key_types, build: blank_claims, strawman: &BLANK_IS_HARMLESS },
        },
    ],
};
