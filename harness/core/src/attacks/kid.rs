//! Names of keys that are more than names: of inherited members, files, rows, commands, addresses, or of a key that is called
//! nearly so (RFC 7515 §4.1.4 and §5.3, RFC 8725 §3.10).
//!
//! The secrets are what a careless lookup would give. No file, shell, or database is touched by anything here.

use token_assay_model::{Algorithm, Key, Reason, Severity};

use super::key_injection::FETCHES;
use super::scene::{Scene, Setting, on};
use super::{Cases, Class, Family, Make, Says};
use crate::endpoint;
use crate::forge::json::quote;
use crate::forge::{Jws, TestKey};
use crate::reference::json::Json;
use crate::reference::key::PublicKey;
use crate::reference::{Reading, Rule, rules};
use crate::strawman::{PANICS, Strawman, verify_also_with};

/// A name, and the secret that a lookup by it would give, by variant.
type Lookup = (&'static str, &'static str, &'static str);

/// A token of an administrator under this `kid`, raw, whose MAC is keyed with these octets.
fn forged(scene: &Scene<'_>, kid: &str, secret: &str) -> Jws {
    let header = scene.header().set("kid", kid);
    let key = TestKey::from_secret("", secret.as_bytes());
    scene.forge.sign(header.text(), scene.forged_claims().text(), &key, scene.algorithm())
}

/// In a set no key has the name; a verifier of one key checks the signature.
fn refused(scene: &Scene<'_>) -> Reason {
    if scene.policy.jwks { Reason::Key } else { Reason::Signature }
}

/// Each of them in a key set; elsewhere, where nobody has to look anything up, the first two.
fn look_up(scene: &Scene<'_>, cases: &mut Cases<'_>, lookups: &[Lookup]) {
    let some = if scene.policy.jwks { lookups.len() } else { 2 };
    for (variant, kid, secret) in &lookups[..some] {
        cases.add(scene, variant, forged(scene, &quote(kid), secret)).reason(refused(scene));
    }
}

fn unknown_genuine(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let header = scene.header().set_string("kid", NOBODYS);
    cases.add(scene, "one-of-several", scene.sign_header(&header));
    let alone = scene.with(|policy| policy.keys.truncate(1));
    cases.add(&alone, "only-one", scene.sign_header(&header));
}

fn unknown_empty(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    look_up(scene, cases, &[("uuid", NOBODYS, ""), ("word", "not-a-key", "")]);
}

fn prototype(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    look_up(scene, cases, INHERITED);
}

fn nothing_file(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    look_up(scene, cases, EMPTY_FILES);
}

fn known_file(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    look_up(scene, cases, KNOWN_FILES);
}

fn sql(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    look_up(scene, cases, SQL);
}

fn shell(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    look_up(scene, cases, SHELL);
}

fn other_stores(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    look_up(scene, cases, TEMPLATES);
    let map = r#"{"$ne":null}"#;
    cases.add(scene, "operator", forged(scene, map, "")).reason(refused(scene));
}

fn wildcard(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    look_up(scene, cases, WILDCARDS);
}

fn empty(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", scene.sign_header(&scene.header().set_string("kid", "")));
}

fn huge(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", scene.sign_header(&scene.header().set_string("kid", &"k".repeat(1 << 20))));
}

fn nul(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, name, other) in [("after", "key-1", "key-1\0.other"), ("before", "key-2", "other\0key-2")] {
        near(scene, cases, variant, name, other);
    }
}

fn nearly_named(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, name, other) in NEAR {
        near(scene, cases, variant, name, other);
    }
}

/// A set of two keys whose names are near each other: a token under each name, signed by the other's key; and under the
/// second by its own.
fn near(scene: &Scene<'_>, cases: &mut Cases<'_>, variant: &str, name: &str, other: &str) {
    let Some(second) = second_key(scene) else { return };
    let (key, second) = (scene.key.renamed(name), second.renamed(other));
    let keys = vec![key.every_form(), second.every_form()];
    let two = Scene { key: &key, ..scene.clone() }.with(|policy| policy.keys = keys);
    let under = |name: &str| two.header().set_string("kid", name);
    cases.add(&two, &format!("{variant}-by-the-first"), two.sign_header(&under(other)));
    let by_second = |name: &str| scene.forge.sign(under(name).text(), two.claims().text(), &second, scene.algorithm());
    cases.add(&two, &format!("{variant}-by-the-second"), by_second(name));
    cases.add(&two, &format!("{variant}-by-its-own"), by_second(other)).says(Says::ShouldAccept);
}

/// Another key that the scene's algorithm takes.
fn second_key<'f>(scene: &Scene<'f>) -> Option<&'f TestKey> {
    let name = match scene.algorithm() {
        other if other.is_hmac() => "hs512",
        other if other.is_rsa() => "rsa-other",
        Algorithm::Es256 => "p256-other",
        _ => return None,
    };
    Some(scene.forge.keys().key(name))
}

fn non_string(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let own = format!("[{}]", quote(&scene.key.name));
    let values = [("zero", "0"), ("float", "1.0"), ("bool", "true"), ("null", "null"), ("list", &own), ("map", "{}")];
    for (variant, value) in values {
        let token = scene.sign_header(&scene.header().set("kid", value));
        let draft = cases.add(scene, variant, token);
        if !scene.policy.jwks || value == "null" {
            draft.says(Says::Either(OTHER_TYPE));
        }
    }
    if scene.policy.jwks {
        let key = scene.key.renamed("1");
        let keys = std::iter::once(key.every_form()).chain(scene.policy.keys.iter().skip(1).cloned()).collect();
        let named_one = Scene { key: &key, ..scene.clone() }.with(|policy| policy.keys = keys);
        let token = named_one.sign_header(&named_one.header().set("kid", "1"));
        cases.add(&named_one, "number-of-a-name", token);
    }
}

fn address(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let path = format!("{}kid-url/{}", endpoint::WATCHED, scene.setting);
    for (variant, address) in [("clear", endpoint::url(&path)), ("tls", endpoint::tls_url(&format!("{path}-tls")))] {
        cases.add(scene, variant, forged(scene, &quote(&address), "")).reason(refused(scene));
    }
}

/// HS256 in a set, pinned, and by default.
fn looked_up(at: Setting) -> bool {
    at.algorithm == Algorithm::Hs256 && (on::pinned(at) || on::key_set(at) || on::library_default(at))
}

fn key_set_or_pinned(at: Setting) -> bool {
    let fitting = matches!(at.algorithm, Algorithm::Hs256 | Algorithm::Rs256);
    fitting && (on::key_set(at) || on::pinned(at))
}

/// Where there is a second key to take for the first.
fn two_keys(at: Setting) -> bool {
    on::key_set(at) && !on::eddsa(at)
}

/// The name that the header gives, where it is a string.
fn kid<'r>(reading: &'r Reading<'_>) -> Option<&'r str> {
    reading.header.member("kid").and_then(Json::as_str)
}

/// Keys HMAC with what `find` gives for the name, where no key has it.
fn secret_by(reading: &mut Reading<'_>, find: fn(&str) -> Option<String>) -> Result<(), Reason> {
    let found = kid(reading).and_then(find).map(String::into_bytes);
    if found.is_some() && reading.algorithm.is_hmac() {
        reading.keys.clear();
    }
    verify_also_with(reading, found)
}

/// The bends of a verifier that finds a secret by name like this.
const fn looks_up(signature: crate::reference::Step) -> [(Rule, crate::reference::Step); 3] {
    [
        (Rule::KeyChoice, |reading| rules::key_choice(reading).or(Ok(()))),
        (Rule::KeyFitness, |reading| if reading.algorithm.is_hmac() { Ok(()) } else { rules::key_fitness(reading) }),
        (Rule::Signature, signature),
    ]
}

/// What a table gives for a name.
fn given(lookups: &[Lookup], kid: &str) -> Option<String> {
    lookups.iter().find(|(_, name, _)| *name == kid).map(|(_, _, secret)| (*secret).to_owned())
}

/// What stands between these in a text.
fn between(text: &str, before: &str, after: &str) -> Option<String> {
    text.split_once(before)?.1.split_once(after).map(|(between, _)| between.to_owned())
}

/// Chooses the keys whose name is the token's, both read like this.
fn choose_by(reading: &mut Reading<'_>, read: fn(&str) -> String) -> Result<(), Reason> {
    let Some(wanted) = kid(reading).map(read).filter(|_| reading.policy.jwks) else {
        return rules::key_choice(reading);
    };
    let is_it = |key: &&Key| key.kid.as_deref().map(read).as_ref() == Some(&wanted);
    reading.keys = reading.policy.keys.iter().filter(is_it).filter_map(PublicKey::read).collect();
    rules::check(!reading.keys.is_empty(), Reason::Key)
}

static NOTHING_FOR_UNKNOWN_NAMES: Strawman = Strawman {
    name: "nothing-for-unknown-names",
    flaw: "looks its secret up by kid, and goes on with an empty one where no key has the name",
    mend: "Refuse the token when the lookup finds no key; an empty answer is no key.",
    bends: &looks_up(|reading| {
        let is_known = |kid: &str| reading.policy.keys.iter().any(|key| key.kid.as_deref() == Some(kid));
        let lost = kid(reading).is_some_and(|kid| !is_known(kid)).then(Vec::new);
        verify_also_with(reading, lost)
    }),
};

static FINDS_INHERITED_MEMBERS: Strawman = Strawman {
    name: "finds-inherited-members",
    flaw: "looks keys up in an object that has members of its own, and turns what it finds into text",
    mend: "Look keys up in a map, or among an object's own members.",
    bends: &looks_up(|reading| {
        let found = INHERITED.iter().filter(|(_, name, _)| kid(reading) == Some(name));
        let secrets: Vec<_> = found.map(|(_, _, secret)| secret.as_bytes().to_vec()).collect();
        verify_also_with(reading, secrets)
    }),
};

static READS_FILES_BY_KID: Strawman = Strawman {
    name: "reads-files-by-kid",
    flaw: "reads its secret from the file that kid names",
    mend: "Compare kid with the names of configured keys; never build a path from it.",
    bends: &looks_up(|reading| secret_by(reading, |kid| given(EMPTY_FILES, kid).or_else(|| given(KNOWN_FILES, kid)))),
};

static ASKS_A_DATABASE: Strawman = Strawman {
    name: "asks-a-database",
    flaw: "puts kid into the text of a query and keys HMAC with the row that comes back",
    mend: "Bind kid as a parameter, and refuse names of another form than one's own.",
    bends: &looks_up(|reading| secret_by(reading, |kid| between(kid, "SELECT '", "'"))),
};

static ASKS_A_SHELL: Strawman = Strawman {
    name: "asks-a-shell",
    flaw: "puts kid into a command line and keys HMAC with what that prints",
    mend: "Start no shell for a key; compare kid with the names of configured keys.",
    bends: &looks_up(|reading| {
        secret_by(reading, |kid| {
            let word: String = kid.split_once("echo ")?.1.chars().take_while(char::is_ascii_alphanumeric).collect();
            Some(if kid.starts_with(['$', '`']) { word } else { format!("{word}\n") })
        })
    }),
};

static EVALUATES_NAMES: Strawman = Strawman {
    name: "evaluates-names",
    flaw: "evaluates kid as a template or a filter before it looks anything up",
    mend: "Treat kid as data: compare it, octet by octet, with the names of configured keys.",
    bends: &looks_up(|reading| secret_by(reading, |kid| given(TEMPLATES, kid))),
};

static NAMES_END_AT_NUL: Strawman = Strawman {
    name: "names-end-at-nul",
    flaw: "compares names up to the first NUL",
    mend: "Compare names with their lengths; a NUL in one is a character like another.",
    bends: &[(Rule::KeyChoice, |reading| {
        choose_by(reading, |name| name.split('\0').next().unwrap_or_default().to_owned())
    })],
};

static NAMES_ARE_FOLDED: Strawman = Strawman {
    name: "names-are-folded",
    flaw: "compares names without regard to case and to blanks at their ends",
    mend: "Compare kid as it is, code point by code point (RFC 7515 §4.1.4, §5.3).",
    bends: &[(Rule::KeyChoice, |reading| choose_by(reading, |name| name.trim().to_lowercase()))],
};

static NAMES_FROM_ANYTHING: Strawman = Strawman {
    name: "names-from-anything",
    flaw: "turns a kid that is no string into text, or into nothing",
    mend: "Refuse a kid that is no string where it chooses a key.",
    bends: &[(Rule::KeyChoice, |reading| {
        let text = match reading.header.member("kid") {
            Some(Json::Number(text)) => Some(text.clone()),
            Some(Json::Array(values)) => values.first().and_then(Json::as_str).map(str::to_owned),
            _ => None,
        };
        let Some(text) = text.filter(|_| reading.policy.jwks) else { return rules::key_choice(reading) };
        let is_it = |key: &&Key| key.kid.as_ref() == Some(&text);
        reading.keys = reading.policy.keys.iter().filter(is_it).filter_map(PublicKey::read).collect();
        rules::check(!reading.keys.is_empty(), Reason::Key)
    })],
};

/// A name that no key has.
const NOBODYS: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

/// What a plain object answers to, and what that is as text.
const INHERITED: &[Lookup] = &[
    ("constructor-function", "constructor", "function Object() { [native code] }"),
    ("proto-object", "__proto__", "[object Object]"),
    ("proto-empty", "__proto__", ""),
    ("proto-null", "__proto__", "[object Object: null prototype] {}"),
    ("to-string-function", "toString", "function toString() { [native code] }"),
    ("to-string-empty", "toString", ""),
    ("value-of-function", "valueOf", "function valueOf() { [native code] }"),
    ("value-of-empty", "valueOf", ""),
    ("has-own-property-function", "hasOwnProperty", "function hasOwnProperty() { [native code] }"),
];

/// Files that hold nothing.
const EMPTY_FILES: &[Lookup] = &[
    ("relative", "../../../../../../dev/null", ""),
    ("absolute", "/dev/null", ""),
    ("backslashes", "..\\..\\..\\nul", ""),
    ("file-address", "file:///dev/null", ""),
    ("doubled", "....//....//....//....//dev/null", ""),
    ("percent", "..%2f..%2f..%2f..%2fdev%2fnull", ""),
    ("nul-suffix", "../../../../dev/null\0.pem", ""),
];

/// Files whose octets anybody knows.
const KNOWN_FILES: &[Lookup] = &[
    ("proc", "/proc/sys/kernel/randomize_va_space", "2\n"),
    ("proc-relative", "../../../../../../proc/sys/kernel/randomize_va_space", "2\n"),
    ("proc-trimmed", "../../../../proc/sys/kernel/randomize_va_space", "2"),
    ("robots", "../public/robots.txt", "User-agent: *\nDisallow:\n"),
    ("gitignore", "../.gitignore", "/target\n"),
];

const SQL: &[Lookup] = &[
    ("union", "x' UNION SELECT 'k';-- ", "k"),
    ("union-all", "' UNION ALL SELECT 'k' -- -", "k"),
    ("hash-comment", "x' UNION SELECT 'k'#", "k"),
    ("parenthesis", "x') UNION SELECT 'k' -- ", "k"),
    ("double-quote", "x\" UNION SELECT 'k' -- ", "k"),
];

const SHELL: &[Lookup] = &[
    ("semicolon", "x; echo k", "k\n"),
    ("substitution", "$(echo k)", "k"),
    ("pipe", "x | echo k", "k\n"),
    ("backticks", "`echo k`", "k"),
    ("newline", "x\necho k", "k\n"),
];

/// What other stores and templates would make of a name.
const TEMPLATES: &[Lookup] = &[
    ("dollar", "${7*7}", "49"),
    ("braces", "{{7*7}}", "49"),
    ("ldap", "*)(uid=*))(|(uid=*", ""),
    ("operator-text", r#"{"$ne":null}"#, ""),
    ("line-break", "x\r\nX-Key: k", "k"),
];

/// Names that stand for every key, or for the one that is there until another is made.
const WILDCARDS: &[Lookup] = &[
    ("star", "*", ""),
    ("default", "default", ""),
    ("zero", "0", ""),
    ("one", "1", ""),
    ("test", "test", ""),
    ("set", "../jwks", ""),
];

/// Names that differ in what must not be ignored: case, blanks, how a letter is composed, width.
const NEAR: &[(&str, &str, &str)] = &[
    ("case", "key-1", "KEY-1"),
    ("blank", "key-1", "key-1 "),
    ("composed", "cl\u{e9}", "cle\u{301}"),
    ("width", "key-1", "\u{ff4b}ey-1"),
];

const OTHER_TYPE: &str = "a header member of another type than registered may be ignored or refused (RFC 7515 §4.1)";

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "kid",
    title: "names of keys",
    classes: &[
        Class {
            id: "kid-unknown-valid-signature",
            title: "A token whose kid names no key, signed by one of the set, was answered with a fault.",
            construction: "kid that no key has, genuine signature by one of several keys, by the only one",
            says: Says::Either("kid is a hint, and a verifier may try every key of its set"),
            severity: Severity::Low,
            references: &["RFC 7515 §4.1.4", "RFC 7515 §D"],
            cwe: Some(347),
            make: Make::Cases { on: two_keys, build: unknown_genuine, strawman: &PANICS },
        },
        Class {
            id: "kid-unknown-empty-key",
            title: "A forged token whose kid names no key, its MAC keyed with nothing, was accepted.",
            construction: "kid that no key has, MAC keyed with the empty string",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Critical,
            references: &["RFC 7515 §4.1.4", "RFC 8725 §3.10", "CVE-2026-44351"],
            cwe: Some(287),
            make: Make::Cases { on: looked_up, build: unknown_empty, strawman: &NOTHING_FOR_UNKNOWN_NAMES },
        },
        Class {
            id: "kid-prototype-key",
            title: "A forged token whose kid names a member that every object has was accepted.",
            construction: "kid is constructor, __proto__, toString, valueOf, hasOwnProperty; MAC keyed with the text of \
                           that member, or with nothing",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Critical,
            references: &["RFC 7515 §4.1.4", "RFC 8725 §3.10", "CWE-1321"],
            cwe: Some(1321),
            make: Make::Cases { on: looked_up, build: prototype, strawman: &FINDS_INHERITED_MEMBERS },
        },
        Class {
            id: "kid-path-traversal-devnull",
            title: "A forged token whose kid is the path of an empty file was accepted.",
            construction: "kid is a way to /dev/null, MAC keyed with nothing",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.10", "RFC 7515 §4.1.4"],
            cwe: Some(22),
            make: Make::Cases { on: looked_up, build: nothing_file, strawman: &READS_FILES_BY_KID },
        },
        Class {
            id: "kid-known-file-content",
            title: "A forged token whose kid is the path of a file that anybody knows was accepted.",
            construction: "kid is the path of a file with known octets, MAC keyed with them",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.10", "RFC 7515 §4.1.4"],
            cwe: Some(22),
            make: Make::Cases { on: looked_up, build: known_file, strawman: &READS_FILES_BY_KID },
        },
        Class {
            id: "kid-sql-injection",
            title: "A forged token whose kid is a query that selects its secret was accepted.",
            construction: "kid ends a string and selects 'k', MAC keyed with k",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.10"],
            cwe: Some(89),
            make: Make::Cases { on: looked_up, build: sql, strawman: &ASKS_A_DATABASE },
        },
        Class {
            id: "kid-command-injection",
            title: "A forged token whose kid is a command that prints its secret was accepted.",
            construction: "kid has a shell print k, MAC keyed with what is printed",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.10"],
            cwe: Some(78),
            make: Make::Cases { on: looked_up, build: shell, strawman: &ASKS_A_SHELL },
        },
        Class {
            id: "kid-ldap-nosql-ssti-crlf",
            title: "A forged token whose kid is a template, a filter or an operator was accepted.",
            construction: "kid is ${7*7}, {{7*7}}, an LDAP filter, {\"$ne\":null} as text and as an object, a line break; \
                           MAC keyed with what evaluating it gives",
            says: Says::MustReject(Reason::Key),
            severity: Severity::High,
            references: &["RFC 8725 §3.10"],
            cwe: Some(90),
            make: Make::Cases { on: looked_up, build: other_stores, strawman: &EVALUATES_NAMES },
        },
        Class {
            id: "kid-nul-truncation",
            title: "A token that names one key and was signed by another, whose name is the same up to a NUL, was accepted.",
            construction: "two trusted keys, one called as the other with NUL and more after it or before it; a token under \
                           each name signed by the other's key, and one by its own",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 7515 §4.1.4", "RFC 7515 §5.3"],
            cwe: Some(158),
            make: Make::Cases { on: two_keys, build: nul, strawman: &NAMES_END_AT_NUL },
        },
        Class {
            id: "kid-case-or-normalisation",
            title: "A token that names one key and was signed by another, which is called nearly so, was accepted.",
            construction: "two trusted keys whose names differ in case, a blank at the end, composition, width; a token \
                           under each name signed by the other's key, and one by its own",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 7515 §4.1.4", "RFC 7515 §5.3"],
            cwe: Some(178),
            make: Make::Cases { on: two_keys, build: nearly_named, strawman: &NAMES_ARE_FOLDED },
        },
        Class {
            id: "kid-non-string",
            title: "A token whose kid is no string chose a key from the set.",
            construction: "kid is 0, 1.0, true, a list of the key's name, an object; the number 1 where a key is \
                           called \"1\"; genuine signature. With one pinned key it is either, and null is everywhere",
            says: Says::ShouldReject(Reason::Key),
            severity: Severity::Medium,
            references: &["RFC 7515 §4.1.4", "RFC 7519 §7.2"],
            cwe: Some(843),
            make: Make::Cases { on: key_set_or_pinned, build: non_string, strawman: &NAMES_FROM_ANYTHING },
        },
        Class {
            id: "kid-empty",
            title: "A token whose kid is the empty string was answered with a fault.",
            construction: "kid is \"\", genuine signature by one key of the set",
            says: Says::Either("kid is a hint, and a verifier may try every key of its set"),
            severity: Severity::Low,
            references: &["RFC 7515 §4.1.4", "RFC 7515 §D"],
            cwe: Some(20),
            make: Make::Cases { on: two_keys, build: empty, strawman: &PANICS },
        },
        Class {
            id: "kid-huge",
            title: "A token whose kid has a million characters costs out of proportion.",
            construction: "kid of a mebibyte, genuine signature",
            says: Says::Bounded(1000),
            severity: Severity::Medium,
            references: &["RFC 8725 §3.10", "CWE-400"],
            cwe: Some(400),
            make: Make::Cases { on: |at| key_set_or_pinned(at) && on::hmac(at), build: huge, strawman: &PANICS },
        },
        Class {
            id: "kid-wildcard-default",
            title: "A forged token whose kid stands for any key, or for the first, was accepted.",
            construction: "kid is *, default, 0, 1, test, ../jwks; MAC keyed with nothing",
            says: Says::MustReject(Reason::Key),
            severity: Severity::High,
            references: &["RFC 7515 §4.1.4", "RFC 8725 §3.10"],
            cwe: Some(287),
            make: Make::Cases { on: looked_up, build: wildcard, strawman: &NOTHING_FOR_UNKNOWN_NAMES },
        },
        Class {
            id: "kid-url",
            title: "A forged token whose kid is an address made the verifier ask for it, or was accepted.",
            construction: "kid is an address on loopback, in clear or over TLS, where a listener watches; MAC keyed with \
                           nothing. Any request is the finding, whatever the verdict",
            says: Says::MustReject(Reason::Key),
            severity: Severity::High,
            references: &["RFC 8725 §3.10"],
            cwe: Some(918),
            make: Make::Cases { on: looked_up, build: address, strawman: &FETCHES },
        },
    ],
};
