//! MACs that are cut short or keyed with something else than the secret, and secrets that are none (RFC 7518 §3.2, RFC 8725
//! §3.5).

use token_assay_model::{Algorithm, Key, Profile, Reason, Severity};

use super::scene::{Scene, Setting, on};
use super::{Cases, Class, Family, Make, Says};
use crate::forge::json::quote;
use crate::forge::{Hash, Jws, Object, TestKey, base64url, sign};
use crate::reference::key::{Material, PublicKey};
use crate::reference::{Reading, Rule, rules};
use crate::strawman::{Strawman, verify_also_with};

/// The scene's secret.
fn secret<'a>(scene: &'a Scene<'_>) -> &'a [u8] {
    scene.key.octets().expect("the classes play on settings of HMAC only")
}

/// A token of the scene's algorithm whose MAC is keyed with these octets.
fn keyed(scene: &Scene<'_>, header: &Object, claims: &Object, octets: &[u8]) -> Jws {
    scene.forge.sign(header.text(), claims.text(), &TestKey::from_secret("", octets), scene.algorithm())
}

/// What an attacker sends who tries these octets for the secret.
fn forged(scene: &Scene<'_>, octets: &[u8]) -> Jws {
    keyed(scene, &scene.header(), &scene.forged_claims(), octets)
}

/// What an issuer sends who takes these octets for the secret.
fn mistaken(scene: &Scene<'_>, octets: &[u8]) -> Jws {
    keyed(scene, &scene.header(), &scene.claims(), octets)
}

/// The scene with these octets as its secret, which signs its valid tokens too.
fn with_secret<'k>(scene: &Scene<'k>, key: &'k TestKey) -> Scene<'k> {
    let scene = Scene { key, ..scene.clone() };
    scene.with(|policy| policy.keys = vec![key.every_form()])
}

fn truncated(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let mac = scene.token().signature_octets();
    for width in [mac.len() - 1, 16, 8, 1] {
        cases.add(scene, &format!("to-{width}"), scene.token().with_signature(&mac[..width]));
    }
}

fn extended(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let mac = scene.token().signature_octets();
    for (variant, more) in [("zero", vec![0]), ("noise", NOISE.to_vec()), ("doubled", mac.clone())] {
        cases.add(scene, variant, scene.token().with_signature([mac.as_slice(), &more].concat()));
    }
}

fn empty_key(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", forged(scene, b""));
}

/// HMAC fills a key up with zeros to the block: up to there zeros are no other key than the empty one.
fn zero_key(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let block = if scene.algorithm() == Algorithm::Hs256 { 64 } else { 128 };
    for (variant, width) in [("block", block), ("two-blocks", 2 * block)] {
        cases.add(scene, variant, forged(scene, &vec![0; width]));
    }
}

fn literal_null(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, text) in ABSENT_AS_TEXT {
        cases.add(scene, variant, forged(scene, text.as_bytes()));
    }
}

fn weak_secret(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, text) in KNOWN_SECRETS {
        cases.add(scene, variant, forged(scene, text.as_bytes()));
    }
}

fn short_configured(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let width = scene.algorithm().as_str()[2..].parse::<usize>().expect("an HMAC name ends with the bits") / 8;
    for length in [1, 8, 16, width - 1] {
        let key = TestKey::from_secret(&scene.key.name, &LONG[..length]);
        add_misconfigured(scene, cases, &length.to_string(), &with_secret(scene, &key));
    }
}

fn empty_configured(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let key = TestKey::from_secret(&scene.key.name, b"");
    let empty = with_secret(scene, &key);
    let all = key.every_form();
    let octets = Key { kid: all.kid.clone(), secret: all.secret.clone(), ..Key::default() };
    let jwk = Key { kid: all.kid, jwk: all.jwk, ..Key::default() };
    add_misconfigured(scene, cases, "octets", &empty.with(|policy| policy.keys = vec![octets]));
    add_misconfigured(scene, cases, "jwk", &empty.with(|policy| policy.keys = vec![jwk]));
}

/// The MAC is right: what is wrong is the secret.
fn add_misconfigured(scene: &Scene<'_>, cases: &mut Cases<'_>, variant: &str, weak: &Scene<'_>) {
    cases.add_beside(weak, scene, variant, weak.token()).profile(Profile::Misconfigured);
}

fn base64_or_raw(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let octets = secret(scene);
    for (variant, text) in spellings(octets) {
        cases.add(scene, &format!("{variant}-of-it"), mistaken(scene, text.as_bytes()));
        let key = TestKey::from_secret(&scene.key.name, text.as_bytes());
        let holds_text = with_secret(scene, &key);
        cases.add(&holds_text, &format!("holds-{variant}"), mistaken(&holds_text, octets));
    }
}

/// The ways in which people write a secret down.
fn spellings(octets: &[u8]) -> [(&'static str, String); 3] {
    let hexadecimal = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    [("base64url", base64url::encode(octets)), ("base64", base64url::encode_standard(octets)), ("hex", hexadecimal)]
}

fn key_encoding(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let latin1: Vec<u8> = COMPOSED.chars().map(|letter| letter as u8).collect();
    let utf16: Vec<u8> = COMPOSED.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf8 = TestKey::from_secret(&scene.key.name, COMPOSED.as_bytes());
    let holds_utf8 = with_secret(scene, &utf8);
    for (variant, octets) in [("latin-1", &latin1), ("utf-16le", &utf16), ("decomposed", &DECOMPOSED.into())] {
        cases.add(&holds_utf8, &format!("utf-8-as-{variant}"), mistaken(&holds_utf8, octets));
    }
    let replaced = String::from_utf8_lossy(&latin1).into_owned();
    let key = TestKey::from_secret(&scene.key.name, &latin1);
    let holds_latin1 = with_secret(scene, &key);
    cases.add(&holds_latin1, "latin-1-as-utf-8", mistaken(&holds_latin1, COMPOSED.as_bytes()));
    cases.add(&holds_latin1, "latin-1-as-replaced", mistaken(&holds_latin1, replaced.as_bytes()));
}

fn trailing_newline(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let bare = LONG.as_slice();
    let key = TestKey::from_secret(&scene.key.name, bare);
    let holds_bare = with_secret(scene, &key);
    for (variant, end) in [("lf", "\n"), ("crlf", "\r\n")] {
        let ended = [bare, end.as_bytes()].concat();
        cases.add(&holds_bare, &format!("{variant}-added"), mistaken(&holds_bare, &ended));
        let key = TestKey::from_secret(&scene.key.name, &ended);
        let holds_ended = with_secret(scene, &key);
        cases.add(&holds_ended, &format!("{variant}-left-out"), mistaken(&holds_ended, bare));
    }
}

fn lookup_miss(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let unsound = [("empty", ""), ("null", "null"), ("undefined", "undefined")];
    for (name, kid) in [("unknown", "no-such-key"), ("empty", ""), ("inherited", "constructor")] {
        let header = scene.header().set("kid", quote(kid));
        for (keyed_with, octets) in unsound {
            let token = keyed(scene, &header, &scene.forged_claims(), octets.as_bytes());
            cases.add(scene, &format!("{name}-kid-{keyed_with}-secret"), token);
        }
    }
}

fn right_prefix(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let mac = scene.token().signature_octets();
    for right in [0, 1, 2, 4, 8, 16, 24, 31] {
        let octets = mac.iter().enumerate().map(|(at, octet)| if at < right { *octet } else { !octet });
        cases.add(scene, &format!("{right}-right"), scene.token().with_signature(octets.collect::<Vec<_>>()));
    }
}

fn jwk_text(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let thumbprint_input = Object::new().set_string("k", &base64url::encode(secret(scene))).set_string("kty", "oct");
    let texts = [
        ("as-served", scene.key.jwk_text.clone()),
        ("thumbprint-input", thumbprint_input.text()),
        ("key-set", scene.served_set()),
    ];
    for (variant, text) in texts {
        cases.add(scene, variant, mistaken(scene, text.as_bytes()));
    }
}

/// One setting for each hash, and the two in which a secret is found by other means.
fn usual(at: Setting) -> bool {
    let other = matches!(at.profile, Profile::LibraryDefault | Profile::KeySet);
    on::hmac(at) && (on::pinned(at) || other)
}

/// HS256, pinned or by default.
fn hs256(at: Setting) -> bool {
    on::hmac(at) && on::plain(at)
}

fn pinned(at: Setting) -> bool {
    on::hmac(at) && on::pinned(at)
}

/// Where the secret is in a JWK, too.
fn from_jwk(at: Setting) -> bool {
    let jwk = matches!(at.profile, Profile::PinnedJwk | Profile::PinnedJwkText);
    on::hmac(at) && (jwk || on::key_set(at) || on::library_default(at))
}

fn key_set(at: Setting) -> bool {
    on::hmac(at) && on::key_set(at)
}

/// Compares the token's MAC with those that the chosen secrets make, as this function says.
fn compare(reading: &mut Reading<'_>, equal: impl Fn(&[u8], &[u8]) -> bool) -> Result<(), Reason> {
    let hash = match reading.algorithm {
        Algorithm::Hs256 => Hash::Sha256,
        Algorithm::Hs384 => Hash::Sha384,
        Algorithm::Hs512 => Hash::Sha512,
        _ => return rules::signature(reading),
    };
    let (message, given) = (reading.signing_input(), &reading.decoded[2]);
    let equals_mac = |key: &PublicKey| match &key.material {
        Material::Oct(octets) => equal(&sign::mac(hash, octets, &message), given),
        _ => false,
    };
    rules::check(reading.keys.iter().any(equals_mac), Reason::Signature)
}

/// The secrets that the policy gives, and what becomes of them when they are read like this.
fn read_as(reading: &mut Reading<'_>, otherwise: impl Fn(&[u8]) -> Vec<Vec<u8>>) -> Result<(), Reason> {
    let secrets = reading.policy.keys.iter().filter_map(|key| key.secret.as_deref());
    let read: Vec<_> = secrets.flat_map(otherwise).collect();
    verify_also_with(reading, read)
}

fn any_length(reading: &mut Reading<'_>) -> Result<(), Reason> {
    if reading.algorithm.is_hmac() { Ok(()) } else { rules::key_fitness(reading) }
}

static MAC_AS_LONG_AS_GIVEN: Strawman = Strawman {
    name: "mac-as-long-as-given",
    flaw: "compares only as many octets of the MAC as the token brings",
    mend: "Refuse a MAC that is not as long as the hash, and compare all of it.",
    bends: &[(Rule::Signature, |reading| compare(reading, |mac, given| !given.is_empty() && mac.starts_with(given)))],
};

static MAC_AS_LONG_AS_COMPUTED: Strawman = Strawman {
    name: "mac-as-long-as-computed",
    flaw: "compares only as many octets of the token's MAC as its own has",
    mend: "Compare the lengths as well as the octets.",
    bends: &[(Rule::Signature, |reading| compare(reading, |mac, given| given.starts_with(mac)))],
};

static MAC_IN_PART: Strawman = Strawman {
    name: "mac-in-part",
    flaw: "compares the first octets of the MAC and not the rest",
    mend: "Compare all octets of the MAC, in a time that does not hang on where they differ.",
    bends: &[(Rule::Signature, |reading| {
        compare(reading, |mac, given| mac.len() == given.len() && mac[..4] == given[..4])
    })],
};

static SECRET_LOST: Strawman = Strawman {
    name: "secret-lost",
    flaw: "goes on with an empty buffer, or one full of zeros, where its secret should be",
    mend: "Refuse to compute a MAC without a secret; let a failure to load one be an error.",
    bends: &[(Rule::Signature, |reading| verify_also_with(reading, [Vec::new(), vec![0; 128], vec![0; 256]]))],
};

static SECRET_ABSENT_AS_TEXT: Strawman = Strawman {
    name: "secret-absent-as-text",
    flaw: "turns a secret that is not set into text, and keys HMAC with that word",
    mend: "Let a secret that is not set be an error when the verifier is made.",
    bends: &[(Rule::Signature, |reading| {
        verify_also_with(reading, ABSENT_AS_TEXT.iter().map(|(_, text)| text.as_bytes().to_vec()))
    })],
};

static SECRET_OF_EXAMPLES: Strawman = Strawman {
    name: "secret-of-examples",
    flaw: "has a built-in secret that is printed in its examples",
    mend: "Ship no secret; refuse to start without one of the hash's length drawn at random.",
    bends: &[(Rule::Signature, |reading| {
        verify_also_with(reading, KNOWN_SECRETS.iter().map(|(_, text)| text.as_bytes().to_vec()))
    })],
};

static SECRET_OF_ANY_LENGTH: Strawman = Strawman {
    name: "secret-of-any-length",
    flaw: "takes shared secrets of every length, even none",
    mend: "Refuse a secret that is shorter than the hash when the key is loaded.",
    bends: &[(Rule::KeyFitness, any_length)],
};

static SECRET_RESPELLED: Strawman = Strawman {
    name: "secret-respelled",
    flaw: "decodes or encodes its secret, whichever makes the token valid",
    mend: "Take secrets as octets; where text is convenient let the caller say how it is encoded.",
    bends: &[(Rule::Signature, |reading| {
        read_as(reading, |octets| {
            let decoded = [base64url::decode(octets), base64url::decode_standard(octets)];
            let encoded = spellings(octets).map(|(_, text)| Some(text.into_bytes()));
            decoded.into_iter().chain(encoded).flatten().collect()
        })
    })],
};

static SECRET_AS_TEXT: Strawman = Strawman {
    name: "secret-as-text",
    flaw: "takes its secret for text, and turns it back into octets in another encoding",
    mend: "Hand the secret's octets to HMAC as they are.",
    bends: &[(Rule::Signature, |reading| {
        read_as(reading, |octets| {
            let text = String::from_utf8_lossy(octets);
            let utf16 = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let from_latin1: String = octets.iter().copied().map(char::from).collect();
            let to_latin1 = text.chars().map(|letter| letter as u8).collect();
            vec![text.as_bytes().to_vec(), utf16, from_latin1.into_bytes(), to_latin1]
        })
    })],
};

static SECRET_TRIMMED: Strawman = Strawman {
    name: "secret-trimmed",
    flaw: "adds a newline to its secret, or takes one off",
    mend: "Use every octet of the secret; whoever reads it from a file decides about its last newline.",
    bends: &[(Rule::Signature, |reading| {
        read_as(reading, |octets| {
            vec![octets.trim_ascii().to_vec(), [octets, b"\n"].concat(), [octets, b"\r\n"].concat()]
        })
    })],
};

static SECRET_NOT_FOUND: Strawman = Strawman {
    name: "secret-not-found",
    flaw: "goes on with an empty secret when the one that the header names is not found",
    mend: "Refuse the token when the lookup finds no key; an empty answer is no key.",
    bends: &[
        (Rule::KeyChoice, |reading| rules::key_choice(reading).or(Ok(()))),
        (Rule::KeyFitness, any_length),
        (Rule::Signature, |reading| {
            let lost = reading.keys.is_empty().then(Vec::new);
            verify_also_with(reading, lost)
        }),
    ],
};

static SECRET_IS_JWK_TEXT: Strawman = Strawman {
    name: "secret-is-jwk-text",
    flaw: "keys HMAC with the text of the JWK and not with its k",
    mend: "Decode k of an oct JWK, and refuse JSON text where a secret is expected.",
    bends: &[(Rule::Signature, |reading| {
        let text = |key: &Key| key.jwk_text.clone().or_else(|| key.jwk.as_ref().map(ToString::to_string));
        let texts: Vec<_> = reading.policy.keys.iter().filter_map(text).collect();
        verify_also_with(reading, texts.into_iter().map(String::into_bytes))
    })],
};

/// What configurations say where they say nothing.
const ABSENT_AS_TEXT: [(&str, &str); 6] =
    [("null", "null"), ("undefined", "undefined"), ("none", "None"), ("nil", "nil"), ("false", "false"), ("zero", "0")];

/// Secrets that stand in manuals, examples and word lists.
const KNOWN_SECRETS: [(&str, &str); 12] = [
    ("secret", "secret"),
    ("your-256-bit-secret", "your-256-bit-secret"),
    ("a-string-secret", "a-string-secret-at-least-256-bits-long"),
    ("change-this-secret", "CHANGE_THIS_SECRET"),
    ("changeme", "changeme"),
    ("password", "password"),
    ("jwt-secret", "jwt_secret"),
    ("your-jwt-secret", "your_jwt_secret"),
    ("supersecret", "supersecret"),
    ("keyboard", "qwertyuiopasdfghjklzxcvbnm123456"),
    ("key", "key"),
    ("test", "test"),
];

/// A secret as it might stand in a file: long enough for every hash, no white space at its ends.
const LONG: [u8; 64] = *b"q4Zt7-vB1mXe9sLk_2RwYc8HgJp0UaNd3FiOo6TzEx5KbMhVyQlWjSfGrDuPn.Ca";

/// A secret whose letters are all in Latin-1, some of them not in ASCII; long enough in every encoding.
const COMPOSED: &str = "J\u{fc}ngstes-G\u{eb}heimnis-f\u{fc}r-na\u{ef}ve-Caf\u{e9}s-\u{e5}ngstr\u{f6}m";

/// The same letters in Unicode normalisation form D.
const DECOMPOSED: &str = "Ju\u{308}ngstes-Ge\u{308}heimnis-fu\u{308}r-nai\u{308}ve-Cafe\u{301}s-a\u{30a}ngstro\u{308}m";

const NOISE: [u8; 32] = *b"\x5e\x91\x03\xfa\x77\xc2\x1d\x88\x40\xb6\xe9\x2b\x6c\xd4\x13\x0f\xa5\x3e\x98\x61\xcb\x07\xf2\x5d\x84\x39\xae\x10\x7b\xd6\x22\xc9";

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "hmac",
    title: "shared secrets",
    classes: &[
        Class {
            id: "hmac-truncated",
            title: "A token whose MAC was cut short was accepted.",
            construction: "valid token, its MAC cut to all octets but one, to 16, to 8, to one",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7518 §3.2", "CWE-1254"],
            cwe: Some(347),
            make: Make::Cases { on: usual, build: truncated, strawman: &MAC_AS_LONG_AS_GIVEN },
        },
        Class {
            id: "hmac-extended",
            title: "A token with octets after its MAC was accepted.",
            construction: "valid token, its MAC followed by a zero octet, by 32 octets of noise, by itself",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 7518 §3.2"],
            cwe: Some(347),
            make: Make::Cases { on: usual, build: extended, strawman: &MAC_AS_LONG_AS_COMPUTED },
        },
        Class {
            id: "hmac-empty-key",
            title: "A forged token whose MAC is keyed with nothing was accepted.",
            construction: "claims of an administrator, MAC keyed with the empty string; the verifier has a sound \
                           secret",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7518 §3.2", "CVE-2019-20933", "CVE-2020-28637", "CVE-2026-45363"],
            cwe: Some(347),
            make: Make::Cases { on: usual, build: empty_key, strawman: &SECRET_LOST },
        },
        Class {
            id: "hmac-zero-bytes-key",
            title: "A forged token whose MAC is keyed with zero octets was accepted.",
            construction: "claims of an administrator, MAC keyed with as many zeros as the hash's block has (for HMAC \
                           the same key as any fewer, and as none), and with twice as many",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 2104 §2", "CVE-2026-44699"],
            cwe: Some(347),
            make: Make::Cases { on: usual, build: zero_key, strawman: &SECRET_LOST },
        },
        Class {
            id: "hmac-literal-null-key",
            title: "A forged token whose MAC is keyed with the word for a missing value was accepted.",
            construction: "claims of an administrator, MAC keyed with null, undefined, None, nil, false, 0 as text",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.5"],
            cwe: Some(798),
            make: Make::Cases { on: hs256, build: literal_null, strawman: &SECRET_ABSENT_AS_TEXT },
        },
        Class {
            id: "hmac-known-weak-secret",
            title: "A forged token whose MAC is keyed with a published secret was accepted.",
            construction: "claims of an administrator, MAC keyed with secrets of manuals and word lists; the verifier \
                           was given another secret",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.5"],
            cwe: Some(521),
            make: Make::Cases { on: on::one, build: weak_secret, strawman: &SECRET_OF_EXAMPLES },
        },
        Class {
            id: "hmac-short-key-configured",
            title: "A verifier whose secret is shorter than the hash accepted a token.",
            construction: "the verifier's secret has 1, 8 or 16 octets, or one fewer than the hash; correct MAC",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Medium,
            references: &["RFC 7518 §3.2", "CVE-2025-45768"],
            cwe: Some(326),
            make: Make::Cases { on: pinned, build: short_configured, strawman: &SECRET_OF_ANY_LENGTH },
        },
        Class {
            id: "hmac-empty-key-configured",
            title: "A verifier whose secret is empty accepted a token.",
            construction: "the verifier's secret is empty, as octets or as a JWK with an empty k; correct MAC",
            says: Says::MustReject(Reason::Key),
            severity: Severity::High,
            references: &["RFC 7518 §3.2"],
            cwe: Some(326),
            make: Make::Cases { on: hs256, build: empty_configured, strawman: &SECRET_OF_ANY_LENGTH },
        },
        Class {
            id: "hmac-key-base64-vs-raw",
            title: "A token whose MAC is keyed with the secret decoded, or encoded, was accepted.",
            construction: "MAC keyed with the secret's octets in base64url, base64 or hexadecimal; and with the octets \
                           where the verifier's secret is that text",
            says: Says::ShouldReject(Reason::Signature),
            severity: Severity::Low,
            references: &["RFC 7518 §3.2", "RFC 2104 §2"],
            cwe: Some(1240),
            make: Make::Cases { on: on::one, build: base64_or_raw, strawman: &SECRET_RESPELLED },
        },
        Class {
            id: "hmac-key-encoding",
            title: "A token whose MAC is keyed with the secret in another character encoding was accepted.",
            construction: "the verifier's secret is a text in UTF-8 or Latin-1; MAC keyed with that text in Latin-1, \
                           UTF-16, UTF-8, with letters decomposed, or with replacement characters",
            says: Says::ShouldReject(Reason::Signature),
            severity: Severity::Low,
            references: &["RFC 7518 §3.2", "RFC 8725 §3.7"],
            cwe: Some(176),
            make: Make::Cases { on: on::one, build: key_encoding, strawman: &SECRET_AS_TEXT },
        },
        Class {
            id: "hmac-key-trailing-newline",
            title: "A token whose MAC is keyed with the secret and a newline, or without its newline, was accepted.",
            construction: "MAC keyed with the secret followed by LF or CRLF; and without them where the verifier's \
                           secret ends so",
            says: Says::ShouldReject(Reason::Signature),
            severity: Severity::Low,
            references: &["RFC 7518 §3.2", "RFC 2104 §2"],
            cwe: Some(1240),
            make: Make::Cases { on: on::one, build: trailing_newline, strawman: &SECRET_TRIMMED },
        },
        Class {
            id: "hmac-lookup-from-header",
            title: "A forged token that names a secret which does not exist was accepted.",
            construction: "kid unknown, empty, or the name of an inherited member; MAC keyed with nothing, null or \
                           undefined",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.10", "CVE-2025-65945"],
            cwe: Some(347),
            make: Make::Cases { on: key_set, build: lookup_miss, strawman: &SECRET_NOT_FOUND },
        },
        Class {
            id: "hmac-timing-prefix",
            title: "A token whose MAC is right in its first octets only was accepted.",
            construction: "valid token, the first 0, 1, 2, 4, 8, 16, 24, 31 octets of its MAC right and all others \
                           wrong: the tokens by which a comparison that stops at the first difference is timed",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 7518 §3.2", "RFC 7515 §10.9"],
            cwe: Some(208),
            make: Make::Cases { on: on::one, build: right_prefix, strawman: &MAC_IN_PART },
        },
        Class {
            id: "hmac-key-is-jwk-oct-json",
            title: "A token whose MAC is keyed with the text of the JWK was accepted.",
            construction: "MAC keyed with the JWK's text as served, with its members k and kty alone, with the whole \
                           key set's text",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 7518 §6.4"],
            cwe: Some(704),
            make: Make::Cases { on: from_jwk, build: jwk_text, strawman: &SECRET_IS_JWK_TEXT },
        },
    ],
};
