//! Segments that are base64url in another spelling than RFC 7515 §2 has it: padded, wrapped, in another alphabet, with
//! characters that stand for nothing. Header and payload are signed as they are sent, so that the spelling alone is wrong.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use token_assay_model::{Algorithm, Reason, Severity};

use super::scene::{Scene, Setting, on};
use super::structure::percent_decoded;
use super::{Cases, Class, Family, Make, Says};
use crate::forge::{Jws, Object, Scheme, base64url};
use crate::reference::{Reading, Rule, rules};
use crate::strawman::Strawman;

fn padded_signature(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let padded = padded(&token.signature);
    // A signature of 48 or 96 octets needs none.
    if padded != token.signature {
        cases.add(scene, "", token.with_signature_segment(padded));
    }
}

fn padded_parts(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let [header, payload] = [scene.header(), scene.claims()].map(|object| base64url::encode(of_length(&object, 1)));
    let spellings = [
        ("header", [padded(&header), payload.clone()]),
        ("payload", [header.clone(), padded(&payload)]),
        ("both", [padded(&header), padded(&payload)]),
    ];
    for (variant, [sent_header, sent_payload]) in spellings {
        let as_sent = signed_as_sent(scene, &sent_header, &sent_payload);
        if variant == "both" {
            // So a load balancer of some renown writes all of its tokens.
            let signature = padded(&as_sent.signature);
            cases.add(scene, "all-three", as_sent.clone().with_signature_segment(signature));
        }
        cases.add(scene, variant, as_sent);
        let as_it_should_be = signed_as_sent(scene, &header, &payload);
        let token = Jws { header: sent_header, payload: sent_payload, ..as_it_should_be };
        cases.add(scene, &format!("{variant}-signed-without"), token);
    }
}

fn wrong_padding(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let signature = token.signature.as_str();
    let middle = inside(signature, "=");
    let spellings = [
        ("one-more", format!("{}=", padded(signature))),
        ("five", format!("{signature}=====")),
        ("middle", middle),
        ("text-after", format!("{}AAAA", padded(signature))),
        ("before", format!("={signature}")),
    ];
    for (variant, spelling) in spellings {
        cases.add(scene, variant, token.clone().with_signature_segment(spelling));
    }
    if !is_whole(scene) {
        return;
    }
    let (header, payload) = (base64url::encode(of_length(&scene.header(), 1)), token.payload);
    cases.add(scene, "header-one-of-two", signed_as_sent(scene, &format!("{header}="), &payload));
    cases.add(scene, "payload-middle", signed_as_sent(scene, &header, &inside(&payload, "=")));
    cases.add(scene, "payload-text-after", signed_as_sent(scene, &header, &format!("{}AAAA", padded(&payload))));
}

fn standard_alphabet(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = with_last_letters(scene);
    let signature = standard(&token.signature);
    cases.add(scene, "signature", token.with_signature_segment(signature));
    if is_whole(scene) {
        let [header, payload] = odd_letters(scene);
        cases.add(scene, "header", signed_as_sent(scene, &standard(&header), &payload));
        cases.add(scene, "payload", signed_as_sent(scene, &header, &standard(&payload)));
    }
}

fn unused_bits(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    for (variant, bits) in [("lowest", 1), ("all", 15)] {
        if let Some(signature) = with_unused_bits(&token.signature, bits) {
            cases.add(scene, variant, token.clone().with_signature_segment(signature));
        }
    }
    if !is_whole(scene) {
        return;
    }
    let covered = Says::Either("a decoder may refuse unused bits, and these are signed as they are (RFC 4648 §3.5)");
    let [header, payload] = [scene.header(), scene.claims()].map(|object| base64url::encode(of_length(&object, 1)));
    let bits = |segment: &str| with_unused_bits(segment, 15).expect("one octet is left over");
    cases.add(scene, "header", signed_as_sent(scene, &bits(&header), &payload)).says(covered);
    cases.add(scene, "payload", signed_as_sent(scene, &header, &bits(&payload))).says(covered);
}

fn white_space(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let Jws { header, payload, signature, .. } = scene.token();
    let spaces = [("space", " "), ("tab", "\t"), ("line-feed", "\n"), ("return", "\r\n"), ("vertical-tab", "\u{b}")];
    for (variant, space) in spaces {
        let wrapped = scene.token().with_signature_segment(inside(&signature, space));
        cases.add(scene, &format!("{variant}-in-signature"), wrapped);
        if is_whole(scene) {
            let as_sent = |header: &str, payload: &str| signed_as_sent(scene, header, payload);
            cases.add(scene, &format!("{variant}-in-header"), as_sent(&inside(&header, space), &payload));
            cases.add(scene, &format!("{variant}-in-payload"), as_sent(&header, &inside(&payload, space)));
            cases.add(scene, &format!("{variant}-after-header"), as_sent(&format!("{header}{space}"), &payload));
            cases.add(scene, &format!("{variant}-before-payload"), as_sent(&header, &format!("{space}{payload}")));
        }
    }
}

fn foreign_characters(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let Jws { header, payload, signature, .. } = scene.token();
    cases.add(scene, "appended", scene.token().with_signature_segment(format!("{signature}!!!!")));
    if !is_whole(scene) {
        cases.add(scene, "asterisk-in-signature", scene.token().with_signature_segment(inside(&signature, "*")));
        return;
    }
    for (variant, octets) in FOREIGN {
        let into = |segment: &str| inside_octets(segment.as_bytes(), octets);
        let wrapped = [header.as_bytes(), b".", payload.as_bytes(), b".", &into(&signature)].concat();
        cases.add(scene, &format!("{variant}-in-signature"), wrapped);
        cases.add(scene, &format!("{variant}-in-payload"), octets_as_sent(scene, header.as_bytes(), &into(&payload)));
    }
    cases.add(scene, "asterisk-in-header", signed_as_sent(scene, &inside(&header, "*"), &payload));
}

fn url_escaped(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = with_last_letters(scene);
    let escaped = token.signature.replace('-', "%2D").replace('_', "%5F");
    let of_standard = standard(&token.signature).replace('+', "%2B").replace('/', "%2F");
    let spellings = [("letters", escaped), ("standard-letters", of_standard)];
    for (variant, signature) in spellings {
        cases.add(scene, variant, token.clone().with_signature_segment(signature));
    }
    let padded = padded(&token.signature).replace('=', "%3D");
    if padded != token.signature {
        cases.add(scene, "padding", token.with_signature_segment(padded));
    }
    if is_whole(scene) {
        let [header, payload] = odd_letters(scene);
        let escaped = payload.replace('-', "%2D").replace('_', "%5F");
        cases.add(scene, "payload", signed_as_sent(scene, &header, &escaped));
    }
}

/// Of a signature only those of 48 or 96 octets can have a letter too many and no other fault.
fn dangling_letter(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    if token.signature.len().is_multiple_of(4) {
        let signature = format!("{}A", token.signature);
        cases.add(scene, "signature", token.with_signature_segment(signature));
    }
    if is_whole(scene) {
        let [header, payload] = [scene.header(), scene.claims()].map(|object| base64url::encode(of_length(&object, 0)));
        cases.add(scene, "header", signed_as_sent(scene, &format!("{header}A"), &payload));
        cases.add(scene, "payload", signed_as_sent(scene, &header, &format!("{payload}A")));
        cases.add(scene, "payload-underscore", signed_as_sent(scene, &header, &format!("{payload}_")));
    }
}

fn letters_of_other_scripts(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = with_last_letters(scene);
    let Jws { header, payload, signature, .. } = &token;
    for (variant, letter) in [("fullwidth", fullwidth as Letters), ("monospace", monospace)] {
        let spelling = respelled(signature, letter);
        cases.add(scene, &format!("{variant}-signature"), token.clone().with_signature_segment(spelling));
        if is_whole(scene) {
            let payload = respelled(payload, letter);
            cases.add(scene, &format!("{variant}-payload"), signed_as_sent(scene, header, &payload));
        }
    }
    let marks: String = signature.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { fullwidth(c) }).collect();
    cases.add(scene, "fullwidth-marks", token.clone().with_signature_segment(marks));
}

fn concatenated(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let signature = in_two(&token.signature_octets());
    cases.add(scene, "signature", token.clone().with_signature_segment(signature));
    if is_whole(scene) {
        let header = in_two(scene.header().text().as_bytes());
        cases.add(scene, "header", signed_as_sent(scene, &header, &token.payload));
        let payload = in_two(&token.payload_octets);
        cases.add(scene, "payload", signed_as_sent(scene, &token.header, &payload));
    }
}

/// The signature is that of the canonical text, and another text of the same octets is sent.
fn signed_before_spelling(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let [header, payload] = odd_letters(scene);
    let token = signed_as_sent(scene, &header, &payload);
    let spellings: [(&str, Spell); 3] = [
        ("line-feed", |segment| inside(segment, "\n")),
        ("question-mark", |segment| inside(segment, "?")),
        ("standard-alphabet", standard),
    ];
    for (variant, spell) in spellings {
        let sent = Jws { header: spell(&header), ..token.clone() };
        cases.add(scene, &format!("{variant}-header"), sent);
        let sent = Jws { payload: spell(&payload), ..token.clone() };
        cases.add(scene, &format!("{variant}-payload"), sent);
    }
    let [header, payload] = [scene.header(), scene.claims()].map(|object| base64url::encode(of_length(&object, 1)));
    let token = signed_as_sent(scene, &header, &payload);
    let bits = with_unused_bits(&payload, 1).expect("one octet is left over");
    cases.add(scene, "unused-bits-payload", Jws { payload: bits, ..token }).reason(Reason::Signature);
}

/// Whether a table is shown whole on this scene: on others what is done to the signature suffices.
fn is_whole(scene: &Scene<'_>) -> bool {
    scene.algorithm() == Algorithm::Hs256 || scene.names.is_some()
}

/// A token with these segments, signed over them as they are.
fn signed_as_sent(scene: &Scene<'_>, header: &str, payload: &str) -> Jws {
    let parts = Jws { header: header.to_owned(), payload: payload.to_owned(), ..Jws::unsigned("", "") };
    let signature = signature(scene, parts.signing_input().as_bytes());
    parts.with_signature(signature)
}

/// The same of segments that need not be text.
fn octets_as_sent(scene: &Scene<'_>, header: &[u8], payload: &[u8]) -> Vec<u8> {
    let message = [header, b".", payload].concat();
    let signature = base64url::encode(signature(scene, &message));
    [&message, &b"."[..], signature.as_bytes()].concat()
}

fn signature(scene: &Scene<'_>, message: &[u8]) -> Vec<u8> {
    scene.forge.signature(scene.key, Scheme::of(scene.algorithm()), message)
}

/// The object with a member more whose length is such that so many octets are left over when they are taken in threes.
fn of_length(object: &Object, left_over: usize) -> String {
    let texts = (0..3).map(|length| object.clone().set_string("x", &"x".repeat(length)).text());
    texts.into_iter().find(|text| text.len() % 3 == left_over).expect("three lengths in a row have every remainder")
}

/// A valid header and payload in whose segments `-` and `_` both occur.
fn odd_letters(scene: &Scene<'_>) -> [String; 2] {
    [scene.header(), scene.claims()].map(|object| base64url::encode(object.set_string("x", ">>>>????~~~~").text()))
}

/// A valid token in whose signature `-` and `_` both occur.
fn with_last_letters(scene: &Scene<'_>) -> Jws {
    let numbered = |number: u32| scene.sign_claims(&scene.claims().set_string("jti", &format!("id-{number}")));
    let both = |token: &Jws| token.signature.contains('-') && token.signature.contains('_');
    (1..).map(numbered).find(both).expect("every third signature or so has both")
}

fn padded(segment: &str) -> String {
    format!("{segment}{}", "=".repeat((4 - segment.len() % 4) % 4))
}

fn standard(segment: &str) -> String {
    segment.replace('-', "+").replace('_', "/")
}

fn inside(segment: &str, text: &str) -> String {
    let (before, after) = segment.split_at(segment.len() / 2);
    format!("{before}{text}{after}")
}

fn inside_octets(segment: &[u8], octets: &[u8]) -> Vec<u8> {
    let (before, after) = segment.split_at(segment.len() / 2);
    [before, octets, after].concat()
}

/// The segment with unused bits of its last letter set, of these that it has.
fn with_unused_bits(segment: &str, bits: u8) -> Option<String> {
    let unused = match segment.len() % 4 {
        2 => 15,
        3 => 3,
        _ => return None,
    };
    let (rest, last) = segment.split_at(segment.len() - 1);
    let value = alphabet::URL_SAFE.as_str().find(last)?;
    let letter = alphabet::URL_SAFE.as_str().chars().nth(value | usize::from(bits & unused))?;
    Some(format!("{rest}{letter}"))
}

/// Sixteen octets and the rest, each padded for itself.
fn in_two(octets: &[u8]) -> String {
    let (first, rest) = octets.split_at(16);
    base64url::encode_padded(first) + &base64url::encode_padded(rest)
}

/// A segment in another spelling.
type Spell = fn(&str) -> String;

/// The same letter in another script.
type Letters = fn(char) -> char;

/// U+FF01 to U+FF5E, which Unicode's compatibility forms fold to ASCII.
fn fullwidth(letter: char) -> char {
    char::from_u32(letter as u32 + 0xfee0).unwrap_or(letter)
}

/// The mathematical letters and digits, which they fold too.
fn monospace(letter: char) -> char {
    let (first, to) = match letter {
        'A'..='Z' => ('A', 0x1d670),
        'a'..='z' => ('a', 0x1d68a),
        '0'..='9' => ('0', 0x1d7f6),
        _ => return letter,
    };
    char::from_u32(letter as u32 - first as u32 + to).unwrap_or(letter)
}

/// The segment with its first letter or digit in another script.
fn respelled(segment: &str, letter: Letters) -> String {
    let at = segment.find(|c: char| c.is_ascii_alphanumeric()).expect("no segment is marks alone");
    let (before, after) = segment.split_at(at);
    let first = after.chars().next().expect("it was found there");
    format!("{before}{}{}", letter(first), &after[1..])
}

/// What letters and digits of other scripts are folded to.
fn folded(text: &str) -> String {
    let alphabet = alphabet::URL_SAFE.as_str();
    let plain = |c: char| alphabet.chars().find(|letter| [fullwidth(*letter), monospace(*letter)].contains(&c));
    text.chars().map(|c| plain(c).unwrap_or(c)).collect()
}

/// Whatever its characters.
fn any_text(reading: &mut Reading<'_>) -> Result<(), Reason> {
    // For the limits that it notes.
    let _ = rules::text(reading);
    Ok(())
}

/// Decodes each segment in a way of one's own.
fn decode_each(reading: &mut Reading<'_>, decode: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Result<(), Reason> {
    for part in 0..3 {
        reading.decoded[part] = decode(&reading.segments[part]).ok_or(Reason::Malformed)?;
    }
    Ok(())
}

/// The letters of either alphabet, in the URL-safe one.
fn letters(segment: &[u8]) -> Vec<u8> {
    let letter = |octet: &u8| match octet {
        b'+' => Some(b'-'),
        b'/' => Some(b'_'),
        b'-' | b'_' => Some(*octet),
        other => other.is_ascii_alphanumeric().then_some(*other),
    };
    segment.iter().filter_map(letter).collect()
}

static IGNORES_PADDING: Strawman = Strawman {
    name: "b64-ignores-padding",
    flaw: "takes as much padding off a segment as there is, or none",
    mend: "Decode with an engine that forbids padding; = stands in no token.",
    bends: &[
        (Rule::Text, any_text),
        (Rule::Encoding, |reading| {
            decode_each(reading, |segment| {
                let end = segment.iter().rposition(|octet| *octet != b'=').map_or(0, |last| last + 1);
                base64url::decode(&segment[..end])
            })
        }),
    ],
};

static STOPS_AT_PADDING: Strawman = Strawman {
    name: "b64-stops-at-padding",
    flaw: "decodes a segment up to its first = and ignores the rest",
    mend: "Refuse = anywhere; what a decoder has not read is no part of a token.",
    bends: &[
        (Rule::Text, any_text),
        (Rule::Encoding, |reading| {
            decode_each(reading, |segment| base64url::decode(segment.split(|octet| *octet == b'=').next()?))
        }),
    ],
};

static BOTH_ALPHABETS: Strawman = Strawman {
    name: "b64-both-alphabets",
    flaw: "reads + and / like - and _",
    mend: "Decode with the URL-safe alphabet alone (RFC 4648 §5).",
    bends: &[
        (Rule::Text, any_text),
        (Rule::Encoding, |reading| {
            decode_each(reading, |segment| {
                let plain = |octet: &u8| match octet {
                    b'+' => b'-',
                    b'/' => b'_',
                    other => *other,
                };
                base64url::decode(segment.iter().map(plain).collect::<Vec<_>>())
            })
        }),
    ],
};

static IGNORES_UNUSED_BITS: Strawman = Strawman {
    name: "b64-ignores-unused-bits",
    flaw: "ignores the bits of a signature's last letter that stand for nothing",
    mend: "Decode with an engine that refuses them, or compare the encoded texts: a token is to have one spelling.",
    bends: &[(Rule::Encoding, |reading| {
        const ANY: GeneralPurpose =
            GeneralPurpose::new(&alphabet::URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));
        decode_each(reading, |segment| ANY.decode(segment).ok())
    })],
};

static SKIPS_WHITE_SPACE: Strawman = Strawman {
    name: "b64-skips-white-space",
    flaw: "skips white space when it decodes a segment, as decoders of mail do",
    mend: "Decode with an engine that refuses every character outside the alphabet.",
    bends: &[
        (Rule::Text, any_text),
        (Rule::Encoding, |reading| {
            decode_each(reading, |segment| {
                let space = |octet: &u8| octet.is_ascii_whitespace() || *octet == b'\x0b';
                base64url::decode(segment.iter().copied().filter(|octet| !space(octet)).collect::<Vec<_>>())
            })
        }),
    ],
};

static SKIPS_FOREIGN: Strawman = Strawman {
    name: "b64-skips-foreign-characters",
    flaw: "skips what is no letter of base64 when it decodes a segment",
    mend: "Decode with an engine that refuses every character outside the alphabet.",
    bends: &[
        (Rule::Text, any_text),
        (Rule::Encoding, |reading| decode_each(reading, |segment| base64url::decode(letters(segment)))),
    ],
};

static UNESCAPES: Strawman = Strawman {
    name: "b64-unescapes",
    flaw: "undoes percent-encoding in a segment before it decodes it",
    mend: "Leave percent-encoding to the code that reads a URL or a form; no letter of a token needs it.",
    bends: &[
        (Rule::Text, any_text),
        (Rule::Encoding, |reading| {
            decode_each(reading, |segment| {
                base64url::decode(percent_decoded(std::str::from_utf8(segment).ok()?).trim_end_matches('='))
            })
        }),
    ],
};

static DROPS_DANGLING: Strawman = Strawman {
    name: "b64-drops-dangling-letter",
    flaw: "drops a last letter that is too little for an octet",
    mend: "Refuse a segment whose length is one more than a multiple of four.",
    bends: &[(Rule::Encoding, |reading| {
        decode_each(reading, |segment| {
            let end = if segment.len() % 4 == 1 { segment.len() - 1 } else { segment.len() };
            base64url::decode(&segment[..end])
        })
    })],
};

static FOLDS_LETTERS: Strawman = Strawman {
    name: "b64-folds-letters",
    flaw: "reads letters of other scripts as those that they look like",
    mend: "Take a token as octets; never normalise it.",
    bends: &[
        (Rule::Text, any_text),
        (Rule::Encoding, |reading| {
            decode_each(reading, |segment| base64url::decode(folded(std::str::from_utf8(segment).ok()?)))
        }),
    ],
};

static READS_ON: Strawman = Strawman {
    name: "b64-reads-on-after-padding",
    flaw: "reads on after padding, and joins what it finds",
    mend: "Refuse = anywhere; padding ends a text of base64, and a token has none.",
    bends: &[
        (Rule::Text, any_text),
        (Rule::Encoding, |reading| {
            decode_each(reading, |segment| {
                let pieces = segment.split(|octet| *octet == b'=');
                pieces.map(base64url::decode).collect::<Option<Vec<_>>>().map(|pieces| pieces.concat())
            })
        }),
    ],
};

static SIGNS_ITS_OWN_SPELLING: Strawman = Strawman {
    name: "b64-signs-its-own-spelling",
    flaw: "encodes what it has decoded, and checks the signature over that",
    mend: "Keep the first two segments as they were received, and check the signature over them.",
    bends: &[
        (Rule::Text, any_text),
        (Rule::Encoding, |reading| {
            for part in 0..3 {
                reading.segments[part] = letters(&reading.segments[part]);
            }
            rules::encoding(reading)?;
            for part in 0..3 {
                reading.segments[part] = base64url::encode(&reading.decoded[part]).into_bytes();
            }
            Ok(())
        }),
    ],
};

/// One algorithm of each key type, and two whose signatures have a multiple of three octets.
fn with_full_groups(at: Setting) -> bool {
    on::one(at) || on::pinned(at) && matches!(at.algorithm, Algorithm::Hs384 | Algorithm::Es384)
}

/// A shared secret and a public key: for what does not hang on the signature.
fn both_kinds(at: Setting) -> bool {
    on::pinned(at) && matches!(at.algorithm, Algorithm::Hs256 | Algorithm::Rs256)
}

/// What is in no alphabet of base64.
const FOREIGN: [(&str, &[u8]); 12] = [
    ("question-mark", b"?"),
    ("number-sign", b"#"),
    ("exclamation-mark", b"!"),
    ("comma", b","),
    ("asterisk", b"*"),
    ("tilde", b"~"),
    ("percent", b"%"),
    ("backslash", b"\\"),
    ("nul", b"\0"),
    ("del", b"\x7f"),
    ("e-acute", "\u{e9}".as_bytes()),
    ("octet-80", b"\x80"),
];

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "base64url",
    title: "base64url in other spellings",
    classes: &[
        Class {
            id: "b64-padding-sig",
            title: "A token with a padded signature was accepted.",
            construction: "valid token, the padding of base64 behind its signature",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7515 §2", "RFC 7515 §5.2", "draft-ietf-oauth-rfc8725bis §3.14"],
            cwe: Some(1286),
            make: Make::Cases { on: on::pinned_common, build: padded_signature, strawman: &IGNORES_PADDING },
        },
        Class {
            id: "b64-padding-header-payload",
            title: "A token with a padded header or payload was accepted.",
            construction: "header, payload or both padded, signed as they are sent and as they would be without; all \
                           three padded, as one load balancer writes them",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7515 §2", "RFC 7515 §5.2"],
            cwe: Some(1286),
            make: Make::Cases { on: on::one, build: padded_parts, strawman: &IGNORES_PADDING },
        },
        Class {
            id: "b64-wrong-padding",
            title: "A token with padding that base64 does not have either was accepted.",
            construction: "a = too many, five of them, one in the middle or in front, letters after the padding; in \
                           the signature, and signed as sent in header and payload",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7515 §2", "RFC 7515 §5.2", "RFC 4648 §3.2"],
            cwe: Some(1286),
            make: Make::Cases { on: on::pinned_common, build: wrong_padding, strawman: &STOPS_AT_PADDING },
        },
        Class {
            id: "b64-standard-alphabet",
            title: "A token in the alphabet of standard base64 was accepted.",
            construction: "+ and / for - and _ in the signature; in header or payload, signed as they are sent",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7515 §2", "RFC 7515 §5.2", "RFC 4648 §3.3", "RFC 4648 §5"],
            cwe: Some(1286),
            make: Make::Cases { on: on::pinned_common, build: standard_alphabet, strawman: &BOTH_ALPHABETS },
        },
        Class {
            id: "b64-nonzero-trailing-bits",
            title: "A token whose signature ends in another letter was accepted: unused bits of it were set.",
            construction: "unused bits of the signature's last letter set, one or all; those of header or payload, \
                           signed as they are sent",
            says: Says::ShouldReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 4648 §3.5", "draft-ietf-oauth-rfc8725bis §3.14"],
            cwe: Some(1286),
            make: Make::Cases { on: on::pinned_common, build: unused_bits, strawman: &IGNORES_UNUSED_BITS },
        },
        Class {
            id: "b64-whitespace",
            title: "A token with white space inside a segment was accepted.",
            construction: "space, tab, line feed, carriage return and line feed, or vertical tab in the middle of the \
                           signature; in the middle and at the ends of header and payload, signed as they are sent",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7515 §2", "RFC 7515 §5.2"],
            cwe: Some(1286),
            make: Make::Cases { on: on::pinned_common, build: white_space, strawman: &SKIPS_WHITE_SPACE },
        },
        Class {
            id: "b64-foreign-characters",
            title: "A token with characters in it that base64url does not have was accepted.",
            construction: "? # ! , * ~ % \\ NUL DEL \u{e9} or the octet 80 inside the signature; inside the payload, \
                           signed as it is sent; !!!! behind the signature",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7515 §2", "RFC 7515 §5.2", "RFC 4648 §3.3", "CVE-2022-25898"],
            cwe: Some(1286),
            make: Make::Cases { on: on::pinned_common, build: foreign_characters, strawman: &SKIPS_FOREIGN },
        },
        Class {
            id: "b64-url-escaped",
            title: "A token with percent escapes in a segment was accepted.",
            construction: "%2D and %5F for - and _, %2B and %2F for those of standard base64, %3D for padding, in the \
                           signature; in the payload, signed as it is sent",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7515 §2", "RFC 7515 §5.2"],
            cwe: Some(172),
            make: Make::Cases { on: both_kinds, build: url_escaped, strawman: &UNESCAPES },
        },
        Class {
            id: "b64-length-1-mod-4",
            title: "A token with a letter too many for base64 was accepted.",
            construction: "a letter behind a segment of whole groups of four: signatures of 48 and 96 octets; header \
                           and payload, signed as they are sent",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 4648 §4", "RFC 7515 §C", "RFC 7515 §5.2"],
            cwe: Some(20),
            make: Make::Cases { on: with_full_groups, build: dangling_letter, strawman: &DROPS_DANGLING },
        },
        Class {
            id: "b64-unicode-digits",
            title: "A token with letters of other scripts was accepted.",
            construction: "a letter of the signature, or its - and _, fullwidth or mathematical, which Unicode's \
                           compatibility forms fold to ASCII; a letter of the payload, signed as it is sent",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7515 §2", "RFC 7515 §5.2", "RFC 4648 §3.3"],
            cwe: Some(176),
            make: Make::Cases { on: both_kinds, build: letters_of_other_scripts, strawman: &FOLDS_LETTERS },
        },
        Class {
            id: "b64-concatenated",
            title: "A token with a segment of two texts of base64 was accepted.",
            construction: "the signature's first 16 octets and the rest, each padded for itself; header or payload, \
                           signed as they are sent",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7515 §2", "RFC 7515 §5.2", "RFC 4648 §3.2"],
            cwe: Some(1286),
            make: Make::Cases { on: on::pinned_common, build: concatenated, strawman: &READS_ON },
        },
        Class {
            id: "b64-mac-over-decoded",
            title: "A token was accepted whose signature is not over the segments that were received.",
            construction: "valid token, then a line feed or ? inside its header or payload, or + and / for - and _, or \
                           unused bits set, under the old signature: only who encodes anew finds it right",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7515 §5.2", "RFC 7515 §2"],
            cwe: Some(436),
            make: Make::Cases { on: both_kinds, build: signed_before_spelling, strawman: &SIGNS_ITS_OWN_SPELLING },
        },
    ],
};
