//! Text that is not three segments with two dots: too few, too many, in another order, with something around or between
//! them (RFC 7515 §2, §5.2, §7.1).

use token_assay_model::{Profile, Reason, Severity};

use super::scene::{Scene, Setting, on};
use super::signature::expected_mac;
use super::{Area, Cases, Class, Family, Make, Says};
use crate::forge::{Jws, base64url};
use crate::reference::json::Json;
use crate::reference::{Reading, Rule, rules};
use crate::strawman::{Strawman, skip};

fn nothing(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, text) in [("empty", ""), ("space", " "), ("newline", "\n"), ("nul", "\0")] {
        cases.add(scene, variant, text.to_owned());
    }
}

fn only_dots(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for count in [1, 2, 3, 4, 5, 1000] {
        cases.add(scene, &count.to_string(), ".".repeat(count));
    }
}

fn one_segment(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let Jws { header, payload, signature, .. } = scene.token();
    cases.add(scene, "joined", format!("{header}{payload}{signature}"));
    for (variant, segment) in [("header", header), ("payload", payload), ("signature", signature)] {
        cases.add(scene, variant, segment);
    }
}

fn four_segments(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let compact = token.compact();
    cases.add(scene, "empty", format!("{compact}."));
    cases.add(scene, "appended", format!("{compact}.AAAA"));
    cases.add(scene, "signature-twice", format!("{compact}.{}", token.signature));
    cases.add(scene, "empty-inside", format!("{}..{}.{}", token.header, token.payload, token.signature));
}

fn empty_header(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", scene.sign("", scene.claims().text()));
}

fn empty_payload(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", scene.sign(scene.header().text(), ""));
}

fn leading_dot(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", format!(".{}", scene.token().compact()));
}

fn surrounded_by_white_space(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token().compact();
    let spaces = [
        ("space", " "),
        ("tab", "\t"),
        ("line-feed", "\n"),
        ("carriage-return-line-feed", "\r\n"),
        ("no-break-space", "\u{a0}"),
    ];
    for (variant, space) in spaces {
        cases.add(scene, &format!("{variant}-before"), format!("{space}{token}"));
        cases.add(scene, &format!("{variant}-after"), format!("{token}{space}"));
    }
}

fn wrapped(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token().compact();
    let lines: Vec<&str> = token.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    for (variant, ending) in [("line-feed", "\n"), ("carriage-return-line-feed", "\r\n"), ("folded", "\r\n ")] {
        cases.add(scene, variant, lines.join(ending));
    }
    cases.add(scene, "after-dots", token.replace('.', ".\n"));
}

fn dots_of_other_scripts(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let dots = [
        ("ideographic-full-stop", "\u{3002}"),
        ("fullwidth-full-stop", "\u{ff0e}"),
        ("halfwidth-full-stop", "\u{ff61}"),
        ("one-dot-leader", "\u{2024}"),
        ("middle-dot", "\u{b7}"),
    ];
    for (variant, dot) in dots {
        cases.add(scene, variant, separated(scene, [dot, dot]));
    }
}

fn other_separators(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (name, separator) in [("underscore", "_"), ("comma", ","), ("colon", ":"), ("slash", "/")] {
        cases.add(scene, name, separated(scene, [separator, separator]));
        cases.add(scene, &format!("dot-and-{name}"), separated(scene, [".", separator]));
    }
}

fn scheme_in_front(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token().compact();
    let prefixes = [
        ("bearer", "Bearer "),
        ("lower-case", "bearer "),
        ("jwt", "JWT "),
        ("twice", "Bearer Bearer "),
        ("field", "Authorization: Bearer "),
    ];
    for (variant, prefix) in prefixes {
        cases.add(scene, variant, format!("{prefix}{token}"));
    }
}

fn quoted(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token().compact();
    let pairs = [
        ("quotes", "\"", "\""),
        ("apostrophes", "'", "'"),
        ("angle-brackets", "<", ">"),
        ("square-brackets", "[", "]"),
        ("semicolon", "", ";"),
        ("quote-before", "\"", ""),
    ];
    for (variant, before, after) in pairs {
        cases.add(scene, variant, format!("{before}{token}{after}"));
    }
}

fn swapped(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let Jws { header, payload, signature, .. } = scene.token();
    let signed_so = scene.sign(scene.claims().text(), scene.header().text());
    cases.add(scene, "signed", signed_so).reason(Reason::Algorithm);
    cases.add(scene, "kept", format!("{payload}.{header}.{signature}")).reason(Reason::Algorithm);
    cases.add(scene, "reversed", format!("{signature}.{payload}.{header}"));
    cases.add(scene, "rotated", format!("{signature}.{header}.{payload}"));
}

/// A valid token and a tampered one, either first.
fn two_tokens(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let valid = scene.token();
    let tampered = valid.clone().with_payload(scene.forged_claims().text()).compact();
    let valid = valid.compact();
    for (variant, between) in [("comma", ","), ("space", " "), ("semicolon", ";"), ("newline", "\n")] {
        cases.add(scene, &format!("{variant}-valid-first"), format!("{valid}{between}{tampered}"));
        cases.add(scene, &format!("{variant}-valid-last"), format!("{tampered}{between}{valid}"));
    }
}

fn percent_encoded(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token().compact();
    cases.add(scene, "letter", format!("%{:02X}{}", token.as_bytes()[0], &token[1..]));
    cases.add(scene, "dots", separated(scene, ["%2E", "%2E"]));
    cases.add(scene, "all", token.bytes().map(|octet| format!("%{octet:02X}")).collect::<String>());
}

fn with_nul(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let Jws { header, payload, signature, .. } = scene.token();
    let token = scene.token().compact();
    cases.add(scene, "end", format!("{token}\0"));
    cases.add(scene, "text-after", format!("{token}\0AAAA"));
    cases.add(scene, "token-after", format!("{token}\0{token}"));
    cases.add(scene, "before", format!("\0{token}"));
    cases.add(scene, "after-header", format!("{header}\0.{payload}.{signature}"));
    cases.add(scene, "inside-payload", format!("{header}.{}\0{}.{signature}", &payload[..8], &payload[8..]));
}

/// The whole token is no JSON any more; of the signature alone it hangs on its last letter whether it is still
/// base64url.
fn other_case(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let folds = [("upper", str::to_ascii_uppercase as fn(&str) -> String), ("lower", str::to_ascii_lowercase)];
    for (variant, fold) in folds {
        let signature = fold(&token.signature);
        let reason = if base64url::decode(&signature).is_some() { Reason::Signature } else { Reason::Malformed };
        cases.add(scene, variant, fold(&token.compact()));
        let folded = token.clone().with_signature_segment(signature);
        cases.add(scene, &format!("signature-{variant}"), folded).reason(reason);
    }
}

/// The valid token with other separators.
fn separated(scene: &Scene<'_>, separators: [&str; 2]) -> String {
    Jws { separators: separators.map(str::to_owned), ..scene.token() }.compact()
}

/// The verifier reads the token through this first.
fn read_through(reading: &mut Reading<'_>, rewrite: impl Fn(&str) -> String) -> Result<(), Reason> {
    reading.octets = rewrite(&String::from_utf8_lossy(&reading.octets)).into_bytes();
    rules::text(reading)
}

/// The parts between dots, as [`rules::segments`] finds them.
fn parts<'r>(reading: &'r Reading<'_>) -> impl Iterator<Item = &'r [u8]> {
    reading.octets.split(|octet| *octet == b'.')
}

/// Takes three parts that were found in some way of one's own.
fn take(reading: &mut Reading<'_>, found: &[Vec<u8>]) -> Result<(), Reason> {
    let [header, payload, signature] = found else { return Err(Reason::Malformed) };
    reading.segments = [header.clone(), payload.clone(), signature.clone()];
    Ok(())
}

pub(super) fn percent_decoded(text: &str) -> String {
    let mut decoded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        let octet = after.get(..2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let (character, read) = octet.map_or(('%', 0), |octet| (char::from(octet), 2));
        decoded.push_str(before);
        decoded.push(character);
        rest = &after[read..];
    }
    decoded + rest
}

/// Whether a segment decodes to an object with `alg`.
fn is_header(segment: &[u8]) -> bool {
    let object = base64url::decode(segment).and_then(|octets| Json::parse(&octets).ok());
    object.is_some_and(|object| object.member("alg").is_some())
}

static INDEXES_UNCHECKED: Strawman = Strawman {
    name: "seg-indexes-unchecked",
    flaw: "splits a token at its dots, loses empty parts at the end, and takes the third without looking whether it is \
           there",
    mend: "Count the parts before taking any, and answer with the documented error.",
    bends: &[
        (Rule::Text, skip),
        (Rule::Segments, |reading| {
            let mut found: Vec<Vec<u8>> = parts(reading).map(<[u8]>::to_vec).collect();
            while found.last().is_some_and(Vec::is_empty) {
                found.pop();
            }
            reading.segments = [found[0].clone(), found[1].clone(), found[2].clone()];
            Ok(())
        }),
    ],
};

static IGNORES_THE_REST: Strawman = Strawman {
    name: "seg-ignores-the-rest",
    flaw: "takes the first three segments and ignores what follows",
    mend: "Require exactly two dots.",
    bends: &[(Rule::Segments, |reading| {
        let found: Vec<Vec<u8>> = parts(reading).take(3).map(<[u8]>::to_vec).collect();
        take(reading, &found)
    })],
};

static DROPS_EMPTY_PARTS: Strawman = Strawman {
    name: "seg-drops-empty-parts",
    flaw: "splits a token at its dots and drops empty parts",
    mend: "Keep empty parts when splitting, and require exactly three.",
    bends: &[(Rule::Segments, |reading| {
        let found: Vec<Vec<u8>> = parts(reading).filter(|part| !part.is_empty()).map(<[u8]>::to_vec).collect();
        take(reading, &found)
    })],
};

static HEADER_BY_DEFAULT: Strawman = Strawman {
    name: "seg-header-by-default",
    flaw: "takes an empty header for an empty object, and the configured algorithm for what it leaves out",
    mend: "Refuse a header that is no JSON object with alg in it.",
    bends: &[
        (Rule::Header, |reading| {
            if reading.segments[0].is_empty() {
                reading.header = Json::Object(Vec::new());
                return Ok(());
            }
            rules::header(reading)
        }),
        (Rule::Algorithm, |reading| match reading.policy.algorithms.as_deref() {
            Some([only, ..]) if reading.header.member("alg").is_none() => {
                reading.algorithm = *only;
                Ok(())
            }
            _ => rules::algorithm(reading),
        }),
    ],
};

static NO_PAYLOAD_IS_NO_CLAIMS: Strawman = Strawman {
    name: "seg-no-payload-is-no-claims",
    flaw: "takes an empty payload for an empty object",
    mend: "Refuse a payload that is no JSON object.",
    bends: &[(Rule::Payload, |reading| {
        if reading.segments[1].is_empty() {
            reading.payload = Json::Object(Vec::new());
            return Ok(());
        }
        rules::payload(reading)
    })],
};

static TRIMS: Strawman = Strawman {
    name: "seg-trims",
    flaw: "trims white space off the token first",
    mend: "Take the token as it is; trimming is for the code that reads it from a header field or a file.",
    bends: &[(Rule::Text, |reading| read_through(reading, |text| text.trim().to_owned()))],
};

static DROPS_WHITE_SPACE: Strawman = Strawman {
    name: "seg-drops-white-space",
    flaw: "ignores white space anywhere in the token",
    mend: "Refuse characters outside the base64url alphabet.",
    bends: &[(Rule::Text, |reading| read_through(reading, |text| text.split_whitespace().collect()))],
};

static NORMALISES_DOTS: Strawman = Strawman {
    name: "seg-normalises-dots",
    flaw: "turns the full stops of other scripts into dots, as for a host name",
    mend: "Split at the ASCII full stop only; never normalise a token.",
    bends: &[(Rule::Text, |reading| {
        read_through(reading, |text| text.replace(['\u{3002}', '\u{ff0e}', '\u{ff61}', '\u{2024}'], "."))
    })],
};

static SPLITS_AT_ANY: Strawman = Strawman {
    name: "seg-splits-at-any",
    flaw: "splits a token at whatever is no letter of base64url",
    mend: "Split at the ASCII full stop only, and refuse other characters outside the alphabet.",
    bends: &[(Rule::Text, |reading| {
        read_through(reading, |text| {
            text.replace(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '-' | '_'), ".")
        })
    })],
};

static STRIPS_SCHEME: Strawman = Strawman {
    name: "seg-strips-scheme",
    flaw: "skips words in front of the token, such as the scheme of an Authorization field",
    mend: "Leave the scheme to the code that reads the field, and refuse a token with a space in it.",
    bends: &[(Rule::Text, |reading| {
        read_through(reading, |text| text.rsplit(' ').next().unwrap_or_default().to_owned())
    })],
};

static UNQUOTES: Strawman = Strawman {
    name: "seg-unquotes",
    flaw: "strips quotes, brackets and semicolons off the token",
    mend: "Refuse characters outside the base64url alphabet; a quoted token is another text.",
    bends: &[(Rule::Text, |reading| {
        read_through(reading, |text| text.trim_matches(['"', '\'', '<', '>', '[', ']', ';']).to_owned())
    })],
};

static TELLS_PARTS_APART: Strawman = Strawman {
    name: "seg-tells-parts-apart",
    flaw: "tells header and payload apart by what stands in them, not by where they stand",
    mend: "Take the first segment for the header, the second for the payload, the third for the signature.",
    bends: &[(Rule::Segments, |reading| {
        rules::segments(reading)?;
        if is_header(&reading.segments[1]) && !is_header(&reading.segments[0]) {
            reading.segments.swap(0, 1);
        }
        Ok(())
    })],
};

static FIRST_OF_SEVERAL: Strawman = Strawman {
    name: "seg-first-of-several",
    flaw: "takes the first of several tokens and ignores the others",
    mend: "Refuse a text that is not one token; which of several is meant must not hang on who splits them.",
    bends: &[(Rule::Text, |reading| {
        read_through(reading, |text| text.split([',', ' ', ';', '\n']).next().unwrap_or_default().to_owned())
    })],
};

static PERCENT_DECODES: Strawman = Strawman {
    name: "seg-percent-decodes",
    flaw: "undoes percent-encoding in the token",
    mend: "Leave percent-encoding to the code that reads a URL or a form; no character of a token needs it.",
    bends: &[(Rule::Text, |reading| read_through(reading, percent_decoded))],
};

static STOPS_AT_NUL: Strawman = Strawman {
    name: "seg-stops-at-nul",
    flaw: "hands the token to a C string that ends at the first NUL",
    mend: "Refuse a token with NUL in it, and keep its length beside it.",
    bends: &[(Rule::Text, |reading| {
        read_through(reading, |text| text.split('\0').next().unwrap_or_default().to_owned())
    })],
};

static COMPARES_WITHOUT_CASE: Strawman = Strawman {
    name: "seg-compares-without-case",
    flaw: "compares the text of a MAC without regard to case",
    mend: "Decode the signature and compare octets; in base64url the case of every letter counts.",
    bends: &[
        (Rule::Encoding, |reading| {
            // What cannot be decoded is compared as text later.
            if rules::encoding(reading).is_err() {
                reading.decoded[2].clear();
            }
            Ok(())
        }),
        (Rule::Signature, |reading| {
            let expected = expected_mac(reading).map(base64url::encode);
            if expected.is_some_and(|text| text.as_bytes().eq_ignore_ascii_case(&reading.segments[2])) {
                return Ok(());
            }
            rules::signature(reading)
        }),
    ],
};

/// One algorithm of each key type, pinned, nothing else asked.
fn key_types(at: Setting) -> bool {
    at.profile == Profile::Pinned && on::common(at)
}

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "structure",
    title: "segments and what stands around them",
    classes: &[
        Class {
            id: "seg-empty-token",
            title: "An empty text was accepted as a token.",
            construction: "the empty string, a space, a newline, a NUL",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7519 §7.2"],
            cwe: Some(20),
            make: Make::Cases { on: key_types, build: nothing, strawman: &INDEXES_UNCHECKED },
        },
        Class {
            id: "seg-only-dots",
            title: "A text of nothing but dots was accepted as a token.",
            construction: "one to five dots, and a thousand",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7515 §7.1", "RFC 7519 §7.2"],
            cwe: Some(20),
            make: Make::Cases { on: key_types, build: only_dots, strawman: &INDEXES_UNCHECKED },
        },
        Class {
            id: "seg-one",
            title: "A token of one segment was accepted.",
            construction: "the header, the payload or the signature of a valid token alone; all three without the dots",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7515 §7.1", "RFC 7519 §7.2"],
            cwe: Some(20),
            make: Make::Cases { on: key_types, build: one_segment, strawman: &INDEXES_UNCHECKED },
        },
        Class {
            id: "seg-four",
            title: "A token of four segments was accepted.",
            construction: "a valid token followed by a dot, by a fourth segment, by its signature again; an empty \
                           segment inside",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7515 §7.1", "RFC 7515 §5.2"],
            cwe: Some(20),
            make: Make::Cases { on: key_types, build: four_segments, strawman: &IGNORES_THE_REST },
        },
        Class {
            id: "seg-empty-header",
            title: "A token with an empty header was accepted.",
            construction: "an empty first segment, the usual claims, the trusted key's signature over both",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7515 §5.2"],
            cwe: Some(20),
            make: Make::Cases { on: on::common, build: empty_header, strawman: &HEADER_BY_DEFAULT },
        },
        Class {
            id: "seg-empty-payload",
            title: "A token with an empty payload was accepted.",
            construction: "the valid header, an empty second segment, the trusted key's signature over both",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7519 §7.2"],
            cwe: Some(20),
            make: Make::Cases { on: on::common, build: empty_payload, strawman: &NO_PAYLOAD_IS_NO_CLAIMS },
        },
        Class {
            id: "seg-leading-dot",
            title: "A token with a dot in front was accepted.",
            construction: "a dot and a valid token",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7515 §7.1"],
            cwe: Some(20),
            make: Make::Cases { on: on::common, build: leading_dot, strawman: &DROPS_EMPTY_PARTS },
        },
        Class {
            id: "seg-surrounding-whitespace",
            title: "A token with white space around it was accepted.",
            construction: "a valid token with a space, a tab, a line feed, a carriage return and line feed, or a \
                           no-break space before or after it",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7515 §5.2", "draft-ietf-oauth-rfc8725bis §3.14"],
            cwe: Some(20),
            make: Make::Cases { on: key_types, build: surrounded_by_white_space, strawman: &TRIMS },
        },
        Class {
            id: "seg-inner-newline",
            title: "A token wrapped into several lines was accepted.",
            construction: "a valid token wrapped at 64 characters with line feeds, with carriage returns too, with a \
                           space after them; or with a line feed after each dot",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7515 §2", "RFC 7515 §5.2"],
            cwe: Some(20),
            make: Make::Cases { on: key_types, build: wrapped, strawman: &DROPS_WHITE_SPACE },
        },
        Class {
            id: "seg-unicode-dot",
            title: "A token with full stops of other scripts between its segments was accepted.",
            construction: "a valid token with U+3002, U+FF0E, U+FF61, U+2024 or U+00B7 in place of both dots",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7515 §7.1", "draft-ietf-oauth-rfc8725bis §3.14"],
            cwe: Some(176),
            make: Make::Cases { on: key_types, build: dots_of_other_scripts, strawman: &NORMALISES_DOTS },
        },
        Class {
            id: "seg-other-separators",
            title: "A token with other characters than dots between its segments was accepted.",
            construction: "a valid token with an underscore, a comma, a colon or a slash in place of both dots, or of \
                           the second",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7515 §7.1"],
            cwe: Some(20),
            make: Make::Cases { on: key_types, build: other_separators, strawman: &SPLITS_AT_ANY },
        },
        Class {
            id: "seg-bearer-prefix",
            title: "A token with the scheme of an Authorization field in front was accepted.",
            construction: "Bearer, bearer, JWT, Bearer twice, or Authorization: Bearer before a valid token",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7519 §7.2", "RFC 6750 §2.1"],
            cwe: Some(20),
            make: Make::Cases { on: key_types, build: scheme_in_front, strawman: &STRIPS_SCHEME },
        },
        Class {
            id: "seg-quotes-brackets",
            title: "A token in quotes or brackets was accepted.",
            construction: "a valid token in quotes, apostrophes, angle or square brackets, with a semicolon behind, \
                           with one quote in front",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7515 §5.2", "draft-ietf-oauth-rfc8725bis §3.14"],
            cwe: Some(20),
            make: Make::Cases { on: key_types, build: quoted, strawman: &UNQUOTES },
        },
        Class {
            id: "seg-swapped",
            title: "A token with its segments in another order was accepted.",
            construction: "payload and header swapped, signed so or with the signature kept; all three reversed; the \
                           signature in front",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7515 §7.1"],
            cwe: Some(20),
            make: Make::Cases { on: key_types, build: swapped, strawman: &TELLS_PARTS_APART },
        },
        Class {
            id: "seg-two-tokens",
            title: "Two tokens in one text, one of them tampered with, were accepted.",
            construction: "a valid token and one with altered claims, in either order, with a comma, a space, a \
                           semicolon or a newline between",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7515 §7.1"],
            cwe: Some(20),
            make: Make::Cases { on: key_types, build: two_tokens, strawman: &FIRST_OF_SEVERAL },
        },
        Class {
            id: "seg-percent-encoded",
            title: "A token in percent-encoding was accepted.",
            construction: "a valid token with its first letter, its dots, or every character percent-encoded",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7515 §7.1"],
            cwe: Some(172),
            make: Make::Cases { on: key_types, build: percent_encoded, strawman: &PERCENT_DECODES },
        },
        Class {
            id: "seg-nul-terminated",
            title: "A token with a NUL in it was accepted.",
            construction: "a valid token followed by NUL, by NUL and text, by NUL and a token; NUL in front, after the \
                           header, inside the payload",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7515 §5.2", "draft-ietf-oauth-rfc8725bis §3.14"],
            cwe: Some(158),
            make: Make::Cases { on: key_types, build: with_nul, strawman: &STOPS_AT_NUL },
        },
        Class {
            id: "seg-uppercase",
            title: "A token whose letters had all been put in upper or lower case was accepted.",
            construction: "a valid token in upper case or in lower case, all of it or its signature alone",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7515 §2"],
            cwe: Some(178),
            make: Make::Cases { on: key_types, build: other_case, strawman: &COMPARES_WITHOUT_CASE },
        },
        Class {
            id: "seg-non-string-input",
            title: "Something other than text, shown as a token, made the verifier fail in an undocumented way.",
            construction: "null, a number, a list, a dictionary, octets, a string object passed as the token",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7519 §3"],
            cwe: Some(248),
            make: Make::Waits {
                area: Area::OtherLanguage,
                because: "the protocol carries a token as text or octets; only a target in a dynamically typed \
                         language can be given anything else",
            },
        },
    ],
};
