//! What costs a verifier more than it costs to send: many parts, long parts, parts made for a backtracking search, keys that
//! are slow to compute with; and what a refusal gives away (RFC 8725 §3.1, §3.10).
//!
//! No clause says how long a token may be, so of long ones a cost is asked that grows as they do, not faster: each comes in
//! three lengths, of which the second is four times the first and the third sixteen times.

use token_assay_model::{Algorithm, Reason, Severity};

use super::scene::{Scene, Setting, on};
use super::signature::expected_mac;
use super::{Cases, Class, Family, Make, Says};
use crate::forge::{Jws, base64url, json::quote};
use crate::reference::rules;
use crate::reference::{Reading, Rule};
use crate::strawman::Strawman;

/// The first length: longer than what the standard may be said to ask of every verifier.
const FIRST: usize = 66 << 10;

/// The lengths of a series, and how many times the first each is.
const LENGTHS: [(u32, usize); 3] = [(1, FIRST), (4, 4 * FIRST), (16, 16 * FIRST)];

/// A token of a shape, so long.
type Shape = fn(&Scene<'_>, usize) -> String;

fn series(scene: &Scene<'_>, cases: &mut Cases<'_>, shapes: &[(&str, Shape)]) {
    for (shape, token) in shapes {
        for (times, length) in LENGTHS.into_iter().take(if cases.is_brief() { 1 } else { LENGTHS.len() }) {
            cases.add_to_series(scene, shape, times, token(scene, length));
        }
    }
}

fn many_dots(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    series(
        scene,
        cases,
        &[
            ("dots", |_, length| ".".repeat(length)),
            ("letters", |_, length| "a.".repeat(length / 2)),
            ("behind", |scene, length| format!("{}{}", scene.token().compact(), ".".repeat(length))),
            ("behind-bearer", |scene, length| format!("{}{}", scene.token().compact(), " .".repeat(length / 2))),
        ],
    );
}

fn huge_token(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    series(
        scene,
        cases,
        &[
            ("header", |scene, length| {
                let header = scene.header().set("x", quote(&"a".repeat(length * 3 / 4)));
                scene.sign_header(&header).compact()
            }),
            ("payload", |scene, length| scene.plain(length).compact()),
            ("no-json", |_, length| {
                let part = "A".repeat(length / 3);
                format!("{part}.{part}.{part}")
            }),
        ],
    );
}

fn huge_signature(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    series(
        scene,
        cases,
        &[
            ("zeros", |scene, length| scene.token().with_signature(vec![0; length * 3 / 4]).compact()),
            ("longer", |scene, length| {
                let token = scene.token();
                let octets = [token.signature_octets(), vec![0; length * 3 / 4]].concat();
                token.with_signature(octets).compact()
            }),
        ],
    );
}

fn for_backtracking(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    series(
        scene,
        cases,
        &[
            ("one-part-that-fails-late", |_, length| format!("{}!", "a".repeat(length))),
            ("no-third-dot", |_, length| {
                let part = "a-_".repeat(length / 6);
                format!("{part}.{part}!")
            }),
            ("spaces-behind", |scene, length| format!("{}{}!", scene.token().compact(), " ".repeat(length))),
            ("padding-behind", |scene, length| format!("{}{}!", scene.token().compact(), "=".repeat(length))),
            ("line-feeds-before", |scene, length| format!("{}{}!", "\n".repeat(length), scene.token().compact())),
        ],
    );
}

/// A key that nobody asked for, with a modulus of 16,384 bits and an exponent as long: to verify with it takes a thousand
/// times as long as with the usual.
fn large_exponent(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let number = |first: u8| base64url::encode([vec![first], vec![0xa5; 2046], vec![0x0d]].concat());
    let jwk = format!(r#"{{"kty":"RSA","n":"{}","e":"{}"}}"#, number(0xc1), number(0xa1));
    let header = scene.header().set_string("alg", "RS256").set("jwk", jwk);
    let token = Jws::unsigned(header.text(), scene.forged_claims().text()).with_signature(vec![0x17; 2048]);
    // With another kind of key the algorithm alone is reason enough.
    let reason = if scene.algorithm().is_rsa() { Reason::Signature } else { Reason::Algorithm };
    cases.add(scene, "header-jwk", token).reason(reason);
}

/// Where it ends in the middle, every index that is taken for granted shows.
fn cut_off(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let Jws { header, payload, signature, .. } = scene.token();
    let (header_end, payload_end) = (header.len(), header.len() + 1 + payload.len());
    let whole = format!("{header}.{payload}.{signature}");
    for end in [1, 2, 3, 4, header_end / 2, header_end, header_end + 1, header_end + 2, payload_end - 1, payload_end] {
        cases.add(scene, &format!("at-{end}"), whole[..end].to_owned());
    }
    for kept in [0, 4, 8, 40] {
        let cut = whole[..payload_end + 1 + kept].to_owned();
        cases.add(scene, &format!("in-signature-{kept}"), cut).reason(Reason::Signature);
    }
}

/// The words of a refusal reach logs, and often whoever sent the token.
fn withheld(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let forged = token.clone().with_payload(scene.forged_claims().text());
    let mut zeros = token.signature_octets();
    zeros.fill(0);
    for (variant, refused) in [("altered-claim", forged), ("zeros", token.clone().with_signature(zeros))] {
        let expected = scene.sign(scene.header().text(), &refused.payload_octets).signature_octets();
        let secrets = scene.policy.keys.iter().filter_map(|key| key.secret.clone());
        let withheld = std::iter::once(expected).chain(secrets).flat_map(|octets| spellings(&octets)).collect();
        cases.add(scene, variant, refused).withholds(withheld);
    }
}

/// The ways in which octets stand in a text.
fn spellings(octets: &[u8]) -> Vec<String> {
    let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    let text = std::str::from_utf8(octets).ok().map(str::to_owned);
    [Some(hex), text, Some(base64url::encode(octets)), Some(base64url::encode_standard(octets))]
        .into_iter()
        .flatten()
        .map(|spelling| spelling.trim_end_matches('=').to_owned())
        // Of a secret of nothing but padding nothing is left, and that stands in every text.
        .filter(|spelling| !spelling.is_empty())
        .collect()
}

/// HS256 with a configured secret, pinned.
fn secret(at: Setting) -> bool {
    on::pinned(at) && at.algorithm == Algorithm::Hs256
}

static PARTS_IN_A_TABLE: Strawman = Strawman {
    name: "parts-in-a-table",
    flaw: "writes where each part of a token begins into a table with room for 65,536",
    mend: "Find two periods and refuse a third; do not split into as many parts as an attacker sends.",
    bends: &[
        (Rule::Segments, |reading| {
            let mut begins = [0_usize; 1 << 16];
            let mut count = 0;
            for (at, octet) in reading.octets.iter().enumerate() {
                if *octet == b'.' {
                    begins[count] = at + 1;
                    count += 1;
                }
            }
            rules::segments(reading)
        }),
        (Rule::Text, |_| Ok(())),
    ],
};

static BUFFER_GROWS_BY_A_LITTLE: Strawman = Strawman {
    name: "buffer-grows-by-a-little",
    flaw: "copies all that it has read for each further kilobyte of a token",
    mend: "Let a buffer grow by a share of its length, or know the length first; and refuse tokens over a stated length.",
    bends: &[(Rule::Segments, |reading| {
        let mut read: Vec<u8> = Vec::new();
        for piece in reading.octets.chunks(1 << 10) {
            read = [read.as_slice(), piece].concat();
        }
        std::hint::black_box(read);
        rules::segments(reading)
    })],
};

static SEARCHES_FROM_EACH_START: Strawman = Strawman {
    name: "searches-from-each-start",
    flaw: "looks for a token at every place where one could begin, and reads to the end from each",
    mend: "Anchor the expression, or split at the periods instead of searching.",
    bends: &[(Rule::Text, |reading| {
        let letters = |from: usize| reading.octets[from..].iter().take_while(|octet| **octet != b'!').count();
        let longest = (0..reading.octets.len()).step_by(1 << 13).map(letters).max();
        std::hint::black_box(longest);
        rules::text(reading)
    })],
};

static EXPONENT_IN_FOUR_OCTETS: Strawman = Strawman {
    name: "exponent-in-four-octets",
    flaw: "reads the exponent of whatever RSA key a token brings into four octets, and panics where it is longer",
    mend: "Verify with configured keys only; where keys are fetched, bound the modulus and the exponent.",
    bends: &[(Rule::KeyChoice, |reading| {
        let exponent = reading.header.member("jwk").and_then(|jwk| jwk.member("e")).and_then(|e| e.as_str());
        let octets = exponent.and_then(|e| base64url::decode(e.as_bytes())).unwrap_or_default();
        let exponent: [u8; 4] = octets.as_slice().try_into().unwrap_or_else(|_| {
            assert!(octets.len() <= 4, "an exponent of {} octets", octets.len());
            [0; 4]
        });
        std::hint::black_box(exponent);
        rules::key_choice(reading)
    })],
};

static PARTS_TAKEN_FOR_GRANTED: Strawman = Strawman {
    name: "parts-taken-for-granted",
    flaw: "takes the second and the third part of a token without looking whether there are any",
    mend: "Return the documented error type for every input; the input is an attacker's.",
    bends: &[(Rule::Segments, |reading| {
        let parts: Vec<&[u8]> = reading.octets.split(|octet| *octet == b'.').collect();
        std::hint::black_box((parts[1], parts[2]));
        rules::segments(reading)
    })],
};

static TELLS_EXPECTED_SIGNATURE: Strawman = Strawman {
    name: "tells-expected-signature",
    flaw: "says in its error which signature it would have accepted",
    mend: "Say that the signature is wrong, and nothing of what was expected or of the key.",
    bends: &[(Rule::Signature, |reading| {
        let refused = rules::signature(reading);
        if refused.is_err() {
            let expected = expected(reading);
            reading.words = expected.map(|mac| format!("expected {mac}"));
        }
        refused
    })],
};

fn expected(reading: &Reading<'_>) -> Option<String> {
    expected_mac(reading).map(base64url::encode)
}

const HIGH: Severity = Severity::High;
const MEDIUM: Severity = Severity::Medium;

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "dos",
    title: "tokens that cost more to refuse than to send, and refusals that say too much",
    classes: &[
        Class {
            id: "dos-many-dots",
            title: "A token of very many parts made the verifier fail, or take too long.",
            construction: "66 KiB, 264 KiB and 1 MiB of periods; of periods and letters; behind a valid token",
            says: Says::Bounded(1000),
            severity: HIGH,
            references: &["CVE-2025-30204", "CVE-2025-27144"],
            cwe: Some(405),
            make: Make::Cases { on: on::one, build: many_dots, strawman: &PARTS_IN_A_TABLE },
        },
        Class {
            id: "dos-huge-token",
            title: "A very long token made the verifier fail, or take too long.",
            construction: "66 KiB, 264 KiB and 1 MiB: a valid token with a long header, with a long payload, and one of \
                           base64url alone",
            says: Says::Bounded(1000),
            severity: HIGH,
            references: &["CVE-2025-61920"],
            cwe: Some(400),
            make: Make::Cases { on: on::one, build: huge_token, strawman: &BUFFER_GROWS_BY_A_LITTLE },
        },
        Class {
            id: "dos-huge-signature",
            title: "A token with a very long signature made the verifier fail, or take too long.",
            construction: "a valid token whose signature is 66 KiB, 264 KiB or 1 MiB of zeros, or goes on so long behind \
                           the genuine one",
            says: Says::Bounded(1000),
            severity: MEDIUM,
            references: &["CVE-2025-61920"],
            cwe: Some(400),
            make: Make::Cases { on: on::pinned_common, build: huge_signature, strawman: &BUFFER_GROWS_BY_A_LITTLE },
        },
        Class {
            id: "dos-regex",
            title: "A token that was made for a backtracking search made the verifier fail, or take too long.",
            construction: "66 KiB, 264 KiB and 1 MiB of letters that end in `!`; the same without a third part; a valid \
                           token behind line feeds, or before spaces or `=`, and `!`",
            says: Says::Bounded(1000),
            severity: MEDIUM,
            references: &["CWE-1333"],
            cwe: Some(1333),
            make: Make::Cases { on: on::one, build: for_backtracking, strawman: &SEARCHES_FROM_EACH_START },
        },
        Class {
            id: "dos-rsa-large-sig-exponent",
            title: "A token that brings a very large RSA key made the verifier fail, or was accepted.",
            construction: "jwk in the header: a modulus and an exponent of 16,384 bits each; alg = RS256",
            says: Says::MustReject(Reason::Algorithm),
            severity: MEDIUM,
            references: &["RFC 8725 §3.1", "RFC 7515 §10.3"],
            cwe: Some(400),
            make: Make::Cases { on: on::pinned_common, build: large_exponent, strawman: &EXPONENT_IN_FOUR_OCTETS },
        },
        Class {
            id: "dos-uncaught-exception",
            title: "A token that ends in the middle made the verifier fail, or was accepted.",
            construction: "a valid token cut off in the header, at a period, in the payload and in the signature",
            says: Says::MustReject(Reason::Malformed),
            severity: MEDIUM,
            references: &["RFC 7515 §7.1", "RFC 7515 §5.2", "CWE-248"],
            cwe: Some(248),
            make: Make::Cases { on: on::common, build: cut_off, strawman: &PARTS_TAKEN_FOR_GRANTED },
        },
        Class {
            id: "dos-log-injection",
            title: "Text of a token stands in a log as if the service had written it.",
            construction: "header members and claims with line ends and terminal control sequences",
            says: Says::ShouldReject(Reason::Other),
            severity: Severity::Low,
            references: &["OWASP ASVS 5.0 V16.4.1", "CWE-117"],
            cwe: Some(117),
            make: Make::Live { by: "assay sessions --service" },
        },
        Class {
            id: "dos-error-leaks-secret",
            title: "A refusal gives away the signature that would have been accepted, or the secret.",
            construction: "a valid token with an altered claim under the old MAC, and with a MAC of zeros: the refusal's words \
                           hold neither the expected MAC nor the secret, in any usual spelling",
            says: Says::MustReject(Reason::Signature),
            severity: HIGH,
            references: &["CVE-2019-7644"],
            cwe: Some(209),
            make: Make::Cases { on: secret, build: withheld, strawman: &TELLS_EXPECTED_SIGNATURE },
        },
    ],
};
