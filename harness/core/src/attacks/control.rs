//! Valid tokens in their less usual forms: each must be accepted, and its claims handed on as they were signed
//! (RFC 7515 §5.2, RFC 7519 §7.2).

use token_assay_model::{Algorithm, Feature, Policy, Profile, Reason, Severity};

use super::scene::{AUDIENCE, ISSUER, Scene, Setting, on};
use super::signature::signing_input;
use super::{Cases, Class, Family, Make, Says};
use crate::forge::base64url;
use crate::forge::json::{array, quote, quote_escaped};
use crate::forge::keys::pem_body;
use crate::forge::sign::digest;
use crate::forge::{Hash, Jws, Object, TestKey};
use crate::reference::json::Json;
use crate::reference::{Rule, rules};
use crate::strawman::Strawman;

/// The scene's own token, and one that was issued this second and is good for five minutes.
fn signed(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", scene.token());
    if matches!(scene.setting.profile, Profile::Pinned | Profile::PinnedClaims) {
        let now = scene.now();
        let dates = [("iat", now), ("nbf", now), ("exp", now + 300)];
        let claims = dates.iter().fold(scene.claims(), |claims, (name, date)| claims.set(name, date.to_string()));
        cases.add(scene, "just-issued", scene.sign_claims(&claims)).needs(Feature::Clock);
    }
}

/// The same, and on a list of several algorithms one token for each that is not the scene's own.
fn signed_as_listed(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    if scene.setting.profile != Profile::FamilyList {
        signed(scene, cases);
        return;
    }
    let others = scene.policy.algorithms.iter().flatten().filter(|algorithm| **algorithm != scene.algorithm());
    for algorithm in others {
        let header = scene.header().set_string("alg", algorithm.as_str());
        let token = scene.forge.sign(header.text(), scene.claims().text(), scene.key, *algorithm);
        cases.add(scene, &algorithm.as_str().to_ascii_lowercase(), token);
    }
}

/// One key under two names: each on a list that holds it, on one that holds both, on one that holds the other only.
fn names_of_eddsa(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let named = |algorithm: Algorithm| scene.sign_header(&scene.header().set_string("alg", algorithm.as_str()));
    let both = scene.with(|policy| policy.algorithms = Some(vec![Algorithm::EdDsa, Algorithm::Ed25519]));
    let other = if scene.algorithm() == Algorithm::EdDsa { Algorithm::Ed25519 } else { Algorithm::EdDsa };
    let spelling = other.as_str().to_ascii_lowercase();
    cases.add(scene, "listed", named(scene.algorithm())).says(Says::MustAccept);
    cases.add(&both, &format!("{spelling}-of-both-listed"), named(other)).says(Says::MustAccept);
    cases.add(scene, &format!("{spelling}-not-listed"), named(other));
}

/// A signature of which `r`, or `s`, begins with a zero octet.
fn leading_zeros(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let known = LEADING_ZEROS.iter().find(|(algorithm, _)| *algorithm == scene.algorithm());
    let Some((_, counters)) = known else { return };
    for (half, variant) in ["r", "s"].iter().enumerate() {
        // The known counters are those of the corpus's keys; with a user's own key one in 256 does.
        let counters = counters[half]..counters[half] + TRIES;
        if let Some(token) = counters.map(|counter| timeless(scene, counter)).find(|token| leads_with_zero(token, half))
        {
            cases.add(scene, variant, token);
        }
    }
}

fn leads_with_zero(token: &Jws, half: usize) -> bool {
    let octets = token.signature_octets();
    octets.get(half * octets.len() / 2) == Some(&0)
}

/// MACs whose text begins with the alphabet's first or last letter four times; a key of the user's own gives none.
fn edge_macs(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, start, counter) in EDGE_MACS {
        let token = timeless(scene, counter);
        if token.signature.starts_with(start) {
            cases.add(scene, variant, token);
        }
    }
}

/// A token that is the same whatever the clock says, so that what its signature begins with can be known beforehand.
fn timeless(scene: &Scene<'_>, counter: u32) -> Jws {
    let claims = Object::new().set_string("iss", ISSUER).set_string("sub", "user-1");
    let claims = claims.set("iat", LONG_AGO).set("exp", FAR_OFF);
    scene.sign_claims(&claims.set_string("jti", &format!("id-{counter}")))
}

/// The RFC's own token, and ours written as the RFC writes.
fn rfc_7515_a1(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let header = scene.header().written("", ":", ",\r\n ");
    cases.add(scene, "own-key", scene.sign(header, scene.claims().written("", ":", ",\r\n ")));
    if on::one(scene.setting) {
        let secret = base64url::decode(A1_SECRET).expect("the RFC's key is base64url");
        let key = TestKey::from_secret("rfc7515-a1", &secret);
        let then = scene.with(|policy: &mut Policy| {
            policy.keys = vec![key.every_form()];
            policy.now = Some(A1_TIME);
        });
        let then = Scene { key: &key, ..then };
        let token = Jws::unsigned(A1_HEADER, A1_CLAIMS).with_signature_segment(A1_SIGNATURE);
        cases.add(&then, "literal", token).needs(Feature::Clock);
    }
}

fn header_white_space(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let header = scene.header();
    let written = [
        ("spaces", header.written(" ", " : ", " , ")),
        ("tabs", header.written("\t", "\t:\t", "\t,\t")),
        ("newlines", header.written("\n", "\n:\n", "\n,\n")),
        ("carriage-returns", header.written("\r\n", ":", ",\r\n")),
        ("indented", header.written("\n", ": ", ",\n  ")),
        ("around", format!(" \t\r\n{}\n\n", header.text())),
    ];
    for (variant, header) in written {
        cases.add(scene, variant, scene.sign(header, scene.claims().text()));
    }
}

fn unknown_header(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let members = [
        ("object", "x-foo", r#"{"bar":[1,null]}"#),
        ("list", "x-foo", r#"["bar"]"#),
        ("null", "x-foo", "null"),
        ("public-name", "https://issuer.example/x-foo", "true"),
    ];
    for (variant, name, value) in members {
        cases.add(scene, variant, scene.sign_header(&scene.header().set(name, value)));
    }
}

fn unknown_claim(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let members = [
        ("public-name", "https://issuer.example/x", r#"[1,{"a":null}]"#),
        ("object", "x", r#"{"a":{"b":[]},"c":false}"#),
        ("null", "x", "null"),
        ("empty-name", "", r#""x""#),
    ];
    for (variant, name, value) in members {
        cases.add(scene, variant, scene.sign_claims(&scene.claims().set(name, value)));
    }
}

fn escaped_names(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let alg = quote(scene.algorithm().as_str());
    let header = scene.header().without("alg");
    let fully = header.clone().append_raw(&quote_escaped("alg"), alg.clone());
    let one_letter = header.append_raw(r#""\u0061lg""#, alg);
    cases.add(scene, "alg-fully", scene.sign_header(&fully));
    cases.add(scene, "alg", scene.sign_header(&one_letter));
    for (variant, name, raw_name) in [("sub", "sub", r#""s\u0075b""#), ("exp", "exp", r#""e\u0078p""#)] {
        let claims = scene.claims();
        let value = claims.value(name).expect("valid claims hold it").to_owned();
        cases.add(scene, variant, scene.sign_claims(&claims.without(name).append_raw(raw_name, value)));
    }
}

fn no_typ(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", scene.sign_header(&scene.header().without("typ")));
}

fn spellings_of_typ(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let spellings = [
        ("lower", "jwt"),
        ("mixed", "Jwt"),
        ("media-type", "application/JWT"),
        ("lower-media-type", "application/jwt"),
        ("upper-media-type", "APPLICATION/JWT"),
    ];
    for (variant, typ) in spellings {
        cases.add(scene, variant, scene.sign_header(&scene.header().set_string("typ", typ)));
    }
}

fn no_kid(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let set_of_one = scene.with(|policy| policy.keys.truncate(1));
    cases.add(&set_of_one, "", set_of_one.sign_header(&scene.header().without("kid")));
}

fn one_of_several_audiences(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let other = "https://other.example";
    let lists: [(&str, &[&str]); 4] = [
        ("last", &[other, AUDIENCE]),
        ("first", &[AUDIENCE, other]),
        ("middle", &[other, AUDIENCE, "https://third.example"]),
        ("only", &[AUDIENCE]),
    ];
    for (variant, audiences) in lists {
        let aud = array(audiences.iter().map(|audience| quote(audience)));
        cases.add(scene, variant, scene.sign_claims(&scene.claims().set("aud", aud)));
    }
}

fn eight_kibibytes(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let one = scene.claims().set_string("note", &"x".repeat(8192));
    let many = (0..256).fold(scene.claims(), |claims, n| claims.set_string(&format!("note-{n:03}"), &"x".repeat(20)));
    cases.add(scene, "one-claim", scene.sign_claims(&one));
    cases.add(scene, "many-claims", scene.sign_claims(&many));
}

fn beyond_ascii(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let name = "Jos\u{e9} \u{1f511}";
    let claims = [
        ("raw", scene.claims().set("sub", quote(name))),
        ("escaped", scene.claims().set("sub", quote_escaped(name))),
        ("decomposed", scene.claims().set("sub", quote("Jose\u{301}"))),
        ("name", scene.claims().set_string("pr\u{e9}nom", name)),
    ];
    for (variant, claims) in claims {
        cases.add(scene, variant, scene.sign_claims(&claims));
    }
}

/// The key that is trusted anyway, told or pointed at in every way that the header has.
fn own_key_in_header(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "jwk", scene.sign_header(&scene.header().set("jwk", &*scene.key.jwk_text)));
    // Where it may fetch a key from is the application's to say, and refusing every other address is hardening.
    for name in ["jku", "x5u"] {
        let header = scene.header().set_string(name, "https://issuer.example/keys");
        cases.add(scene, name, scene.sign_header(&header)).says(Says::ShouldAccept);
    }
    let Some(certificate) = scene.key.cert_pem.as_deref().and_then(pem_body) else { return };
    let members = [
        ("x5c", "x5c", array([quote(&base64url::encode_standard(&certificate))])),
        ("x5t", "x5t", quote(&base64url::encode(digest(Hash::Sha1, &certificate)))),
        ("x5t-s256", "x5t#S256", quote(&base64url::encode(digest(Hash::Sha256, &certificate)))),
    ];
    for (variant, name, value) in members {
        cases.add(scene, variant, scene.sign_header(&scene.header().set(name, value)));
    }
}

static NEEDS_A_PAST: Strawman = Strawman {
    name: "control-needs-a-past",
    flaw: "refuses a token in the second in which it begins to be valid",
    mend: "Accept from nbf on, that second included; compare with less-or-equal.",
    bends: &[(Rule::NotBefore, |reading| {
        let begins_now = rules::number(reading, "nbf").zip(reading.now()).is_some_and(|(nbf, now)| nbf == now as f64);
        rules::check(!begins_now, Reason::NotYetValid)?;
        rules::not_before(reading)
    })],
};

static ONE_HASH: Strawman = Strawman {
    name: "control-one-hash",
    flaw: "computes SHA-256 whatever the algorithm's name says",
    mend: "Take the hash from the algorithm: SHA-384 for the names that end in 384, SHA-512 for those in 512.",
    bends: &[(Rule::Signature, |reading| {
        reading.algorithm = match reading.algorithm {
            Algorithm::Hs384 | Algorithm::Hs512 => Algorithm::Hs256,
            Algorithm::Rs384 | Algorithm::Rs512 => Algorithm::Rs256,
            other => other,
        };
        rules::signature(reading)
    })],
};

static PSS_IS_PKCS1: Strawman = Strawman {
    name: "control-pss-is-pkcs1",
    flaw: "checks PS256 as if it were RS256",
    mend: "Use RSASSA-PSS for the PS algorithms, with MGF1 over the same hash and a salt as long as the hash.",
    bends: &[(Rule::Signature, |reading| {
        reading.algorithm = match reading.algorithm {
            Algorithm::Ps256 => Algorithm::Rs256,
            Algorithm::Ps384 => Algorithm::Rs384,
            Algorithm::Ps512 => Algorithm::Rs512,
            other => other,
        };
        rules::signature(reading)
    })],
};

static WANTS_DER: Strawman = Strawman {
    name: "control-wants-der",
    flaw: "hands an ECDSA signature to a library that wants it in DER",
    mend: "Split the signature into r and s of the curve's width, and convert them to what the library wants.",
    bends: &[(Rule::Signature, |reading| {
        let sequence = reading.decoded[2].first() == Some(&0x30);
        rules::check(sequence || !reading.algorithm.is_ecdsa(), Reason::Signature)?;
        rules::signature(reading)
    })],
};

static NO_SECP256K1: Strawman = Strawman {
    name: "control-no-secp256k1",
    flaw: "knows the name ES256K and reads no key on its curve",
    mend: "Read keys whose crv is secp256k1, or do not offer ES256K.",
    bends: &[(Rule::KeyChoice, |reading| {
        rules::check(reading.algorithm != Algorithm::Es256k, Reason::Key)?;
        rules::key_choice(reading)
    })],
};

static HASHES_FIRST: Strawman = Strawman {
    name: "control-hashes-before-eddsa",
    flaw: "hashes the message before it checks an Ed25519 signature over it",
    mend: "Give Ed25519 the octets themselves; JOSE has no pre-hashed form of it.",
    bends: &[(Rule::Signature, |reading| {
        if !reading.algorithm.is_eddsa() {
            return rules::signature(reading);
        }
        let hashed = digest(Hash::Sha512, &signing_input(reading));
        let verifies = reading.keys.iter().any(|key| key.verifies(reading.algorithm, &hashed, &reading.decoded[2]));
        rules::check(verifies, Reason::Signature)
    })],
};

static ONE_NAME_OF_EDDSA: Strawman = Strawman {
    name: "control-one-name-of-eddsa",
    flaw: "does not know the name Ed25519, though its own list holds it",
    mend: "Verify Ed25519 as EdDSA with an Ed25519 key (RFC 9864), or refuse a list with a name that is not known.",
    bends: &[(Rule::Algorithm, |reading| {
        rules::algorithm(reading)?;
        rules::check(reading.algorithm != Algorithm::Ed25519, Reason::Algorithm)
    })],
};

static DROPS_ZEROS: Strawman = Strawman {
    name: "control-drops-leading-zeros",
    flaw: "turns signatures into numbers and back, and loses the zeros in front",
    mend: "Keep the octets as they are; where numbers are needed, write them back in the full width.",
    bends: &[(Rule::Signature, |reading| {
        let signature = &reading.decoded[2];
        let numbers = if reading.algorithm.is_ecdsa() { 2 } else { 1 };
        let zeros = signature.chunks((signature.len() / numbers).max(1)).any(|number| number[0] == 0);
        rules::check(!zeros, Reason::Signature)?;
        rules::signature(reading)
    })],
};

static WRITES_JSON_ONE_WAY: Strawman = Strawman {
    name: "control-no-white-space-in-json",
    flaw: "reads JSON only without white space, as it writes it itself",
    mend: "Read the header with a JSON parser; blanks, tabs and line breaks may stand around every token of it.",
    bends: &[(Rule::Header, |reading| {
        rules::check(!reading.decoded[0].iter().any(u8::is_ascii_whitespace), Reason::Malformed)?;
        rules::header(reading)
    })],
};

static REFUSES_UNKNOWN_HEADERS: Strawman = Strawman {
    name: "control-refuses-unknown-headers",
    flaw: "refuses a header with a member that it does not know",
    mend: "Ignore header members that are not understood, unless crit names them.",
    bends: &[(Rule::Header, |reading| {
        rules::header(reading)?;
        let Json::Object(members) = &reading.header else { return Ok(()) };
        rules::check(members.iter().all(|(name, _)| KNOWN_HEADERS.contains(&name.as_str())), Reason::Malformed)
    })],
};

static DROPS_UNKNOWN_CLAIMS: Strawman = Strawman {
    name: "control-drops-unknown-claims",
    flaw: "hands on the registered claims only",
    mend: "Hand all claims to the application as they were signed; which of them matter is the application's to know.",
    bends: &[(Rule::Payload, |reading| {
        rules::payload(reading)?;
        if let Json::Object(members) = &mut reading.payload {
            members.retain(|(name, _)| KNOWN_CLAIMS.contains(&name.as_str()));
        }
        Ok(())
    })],
};

static READS_RAW_NAMES: Strawman = Strawman {
    name: "control-reads-raw-names",
    flaw: "compares member names before their JSON escapes are undone",
    mend: "Undo the escapes first and compare then; a JSON parser does.",
    bends: &[
        (Rule::Header, |reading| {
            reading.header = object_with_escapes(&reading.decoded[0])?;
            Ok(())
        }),
        (Rule::Payload, |reading| {
            reading.payload = object_with_escapes(&reading.decoded[1])?;
            Ok(())
        }),
    ],
};

static REQUIRES_TYP: Strawman = Strawman {
    name: "control-requires-typ",
    flaw: "requires typ although nobody asked for it",
    mend: "Look at typ only where the application names the one that it wants; it is optional.",
    bends: &[(Rule::Kind, |reading| {
        rules::check(reading.header.member("typ").is_some(), Reason::Type)?;
        rules::kind(reading)
    })],
};

static ONE_SPELLING_OF_TYP: Strawman = Strawman {
    name: "control-one-spelling-of-typ",
    flaw: "knows JWT in capitals as the only typ",
    mend: "Look at typ only where the application asks, and compare it as a media type: without regard to case, with \
           or without application/.",
    bends: &[(Rule::Kind, |reading| {
        let typ = reading.header.member("typ").and_then(Json::as_str);
        rules::check(typ.is_none_or(|typ| typ == "JWT"), Reason::Type)?;
        rules::kind(reading)
    })],
};

static REQUIRES_KID: Strawman = Strawman {
    name: "control-requires-kid",
    flaw: "wants a kid even where its key set holds one key",
    mend: "Use the only key of a set of one where the token names none.",
    bends: &[(Rule::KeyChoice, |reading| {
        rules::check(!reading.policy.jwks || reading.header.member("kid").is_some(), Reason::Key)?;
        rules::key_choice(reading)
    })],
};

static ONE_AUDIENCE: Strawman = Strawman {
    name: "control-one-audience",
    flaw: "refuses a token that is meant for others too",
    mend: "Accept where one of the audiences is the verifier's own, whatever the others are.",
    bends: &[(Rule::Audience, |reading| {
        let several = matches!(reading.payload.member("aud"), Some(Json::Array(values)) if values.len() > 1);
        rules::check(!several, Reason::Audience)?;
        rules::audience(reading)
    })],
};

static FOUR_KIBIBYTES: Strawman = Strawman {
    name: "control-four-kibibytes",
    flaw: "refuses tokens over four kibibytes",
    mend: "Let the application set the limit, or set it where no honest token comes near it; document it.",
    bends: &[(Rule::Text, |reading| {
        rules::check(reading.octets.len() <= 4096, Reason::Malformed)?;
        rules::text(reading)
    })],
};

static READS_LATIN_1: Strawman = Strawman {
    name: "control-reads-latin-1",
    flaw: "reads the payload as Latin-1",
    mend: "Decode the payload's octets as UTF-8, whatever the platform's own encoding is.",
    bends: &[(Rule::Payload, |reading| {
        let text: String = reading.decoded[1].iter().copied().map(char::from).collect();
        reading.payload = rules::object(text.as_bytes())?;
        Ok(())
    })],
};

static REFUSES_KEYS_IN_HEADER: Strawman = Strawman {
    name: "control-refuses-keys-in-header",
    flaw: "refuses a token whose header shows or names a key, even the trusted one",
    mend: "Verify with the configured key and ignore the key that the header shows; never fetch or use it.",
    bends: &[(Rule::KeyChoice, |reading| {
        let shown = ["jwk", "jku", "x5c", "x5u", "x5t"].iter().any(|name| reading.header.member(name).is_some());
        rules::check(!shown, Reason::Key)?;
        rules::key_choice(reading)
    })],
};

/// The object with every backslash taken for itself.
fn object_with_escapes(octets: &[u8]) -> Result<Json, Reason> {
    rules::object(String::from_utf8_lossy(octets).replace('\\', r"\\").as_bytes())
}

/// A shared secret and a public key, pinned: for what does not hang on the algorithm but is worth showing beside both.
fn both_kinds(at: Setting) -> bool {
    on::pinned(at) && matches!(at.algorithm, Algorithm::Hs256 | Algorithm::Rs256)
}

/// Counters for [`timeless`] that give a signature whose `r`, and one whose `s`, begins with a zero octet.
const LEADING_ZEROS: [(Algorithm, [u32; 2]); 4] = [
    (Algorithm::Es256, [246, 187]),
    (Algorithm::Es384, [271, 472]),
    (Algorithm::Es512, [1, 0]),
    (Algorithm::Es256k, [325, 60]),
];

/// How far a signature that begins with zero is looked for: it misses one time in nine million.
const TRIES: u32 = 4096;

/// Counters for [`timeless`] whose MAC by the corpus's key begins so.
const EDGE_MACS: [(&str, &str, u32); 2] = [("zeros", "AAAA", 73_778_569), ("ones", "____", 6_045_337)];

/// In 2001.
const LONG_AGO: &str = "1000000000";

/// The first second of 2100.
const FAR_OFF: &str = "4102444800";

/// RFC 7515 §A.1.1.
const A1_HEADER: &str = "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}";
const A1_CLAIMS: &str = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
const A1_SIGNATURE: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const A1_SECRET: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

/// Some minutes before the RFC's token expires.
const A1_TIME: i64 = 1_300_819_000;

const KNOWN_HEADERS: [&str; 4] = ["alg", "typ", "kid", "cty"];
const KNOWN_CLAIMS: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "control",
    title: "valid tokens",
    classes: &[
        Class {
            id: "ctl-hs256",
            title: "A valid token signed with HS256 was refused.",
            construction: "alg=HS256, typ=JWT, the usual claims; dated an hour back, or this second for five minutes",
            says: Says::MustAccept,
            severity: Severity::Medium,
            references: &["RFC 7518 §3.2", "RFC 7519 §8"],
            cwe: None,
            make: Make::Cases { on: |at| at.algorithm == Algorithm::Hs256, build: signed, strawman: &NEEDS_A_PAST },
        },
        Class {
            id: "ctl-hs384-hs512",
            title: "A valid token signed with HS384 or HS512 was refused.",
            construction: "alg=HS384 with a secret of 48 octets, alg=HS512 with one of 64; both in a list of three",
            says: Says::MustAccept,
            severity: Severity::Medium,
            references: &["RFC 7518 §3.2"],
            cwe: None,
            make: Make::Cases {
                on: |at| match at.algorithm {
                    Algorithm::Hs384 | Algorithm::Hs512 => true,
                    algorithm => algorithm == Algorithm::Hs256 && at.profile == Profile::FamilyList,
                },
                build: signed_as_listed,
                strawman: &ONE_HASH,
            },
        },
        Class {
            id: "ctl-rs256-384-512",
            title: "A valid token signed with RS256, RS384 or RS512 was refused.",
            construction: "RSASSA-PKCS1-v1_5 with a key of 2048 bits and the exponent 65537",
            says: Says::MustAccept,
            severity: Severity::Medium,
            references: &["RFC 7518 §3.3"],
            cwe: None,
            make: Make::Cases {
                on: |at| matches!(at.algorithm, Algorithm::Rs256 | Algorithm::Rs384 | Algorithm::Rs512),
                build: signed,
                strawman: &ONE_HASH,
            },
        },
        Class {
            id: "ctl-ps256-384-512",
            title: "A valid token signed with PS256, PS384 or PS512 was refused.",
            construction: "RSASSA-PSS with MGF1 over the same hash and a salt as long as the hash",
            says: Says::MustAccept,
            severity: Severity::Medium,
            references: &["RFC 7518 §3.5"],
            cwe: None,
            make: Make::Cases {
                on: |at| match at.algorithm {
                    Algorithm::Ps256 | Algorithm::Ps384 | Algorithm::Ps512 => true,
                    algorithm => algorithm == Algorithm::Rs256 && at.profile == Profile::FamilyList,
                },
                build: signed_as_listed,
                strawman: &PSS_IS_PKCS1,
            },
        },
        Class {
            id: "ctl-es256-384-512",
            title: "A valid token signed with ES256, ES384 or ES512 was refused.",
            construction: "ECDSA on P-256, P-384, P-521; the signature is r and s, together 64, 96, 132 octets",
            says: Says::MustAccept,
            severity: Severity::Medium,
            references: &["RFC 7518 §3.4"],
            cwe: None,
            make: Make::Cases {
                on: |at| matches!(at.algorithm, Algorithm::Es256 | Algorithm::Es384 | Algorithm::Es512),
                build: signed,
                strawman: &WANTS_DER,
            },
        },
        Class {
            id: "ctl-es256k",
            title: "A valid token signed with ES256K was refused.",
            construction: "ECDSA on secp256k1, a signature of 64 octets",
            says: Says::MustAccept,
            severity: Severity::Medium,
            references: &["RFC 8812 §3.2"],
            cwe: None,
            make: Make::Cases { on: |at| at.algorithm == Algorithm::Es256k, build: signed, strawman: &NO_SECP256K1 },
        },
        Class {
            id: "ctl-eddsa-ed25519",
            title: "A valid token signed with EdDSA and an Ed25519 key was refused.",
            construction: "alg=EdDSA, an OKP key on Ed25519, a signature of 64 octets",
            says: Says::MustAccept,
            severity: Severity::Medium,
            references: &["RFC 8037 §3.1"],
            cwe: None,
            make: Make::Cases { on: |at| at.algorithm == Algorithm::EdDsa, build: signed, strawman: &HASHES_FIRST },
        },
        Class {
            id: "ctl-alg-ed25519-fully-specified",
            title: "A valid token that calls its algorithm by the other name of EdDSA with Ed25519 was refused.",
            construction: "alg=Ed25519 where the list holds Ed25519, both names, or EdDSA only, and alg=EdDSA \
                           likewise; one key",
            says: Says::Either(
                "Ed25519 is EdDSA with an Ed25519 key under another name (RFC 9864 §2.2): whether a list that holds \
                 one name admits the other is not said",
            ),
            severity: Severity::Note,
            references: &["RFC 9864 §2.2", "draft-ietf-oauth-rfc8725bis §3.2"],
            cwe: None,
            make: Make::Cases {
                on: |at| on::pinned(at) && at.algorithm.is_eddsa(),
                build: names_of_eddsa,
                strawman: &ONE_NAME_OF_EDDSA,
            },
        },
        Class {
            id: "ctl-ecdsa-leading-zero-r",
            title: "A valid token with an ECDSA signature of which r or s begins with a zero octet was refused.",
            construction: "a valid ECDSA signature, found by trying, of which r, or s, begins with 0x00, in full width",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 7518 §3.4"],
            cwe: Some(347),
            make: Make::Cases {
                on: |at| on::pinned(at) && at.algorithm.is_ecdsa(),
                build: leading_zeros,
                strawman: &DROPS_ZEROS,
            },
        },
        Class {
            id: "ctl-hmac-edge-mac",
            title: "A valid token whose MAC begins with octets all zeros or all ones was refused.",
            construction: "alg=HS256, a valid MAC, found by trying, whose base64url text begins AAAA, or ____",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 7515 §2"],
            cwe: None,
            make: Make::Cases { on: on::one, build: edge_macs, strawman: &DROPS_ZEROS },
        },
        Class {
            id: "ctl-rfc7515-a1-crlf-json",
            title: "A valid token written with line breaks in its JSON, as the example of RFC 7515 is, was refused.",
            construction: "the token of RFC 7515 §A.1 with its key, minutes before it expires; our own token with a \
                           carriage return, a line feed and a space between members of header and payload",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 7515 §A.1", "RFC 7519 §3.1"],
            cwe: None,
            make: Make::Cases { on: on::common, build: rfc_7515_a1, strawman: &WRITES_JSON_ONE_WAY },
        },
        Class {
            id: "ctl-header-json-whitespace",
            title: "A valid token with white space in the JSON of its header was refused.",
            construction: "spaces, tabs, line feeds, carriage returns between the header's JSON tokens and around the \
                           object, signed as such",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 8259 §2", "RFC 7515 §5.2"],
            cwe: None,
            make: Make::Cases { on: both_kinds, build: header_white_space, strawman: &WRITES_JSON_ONE_WAY },
        },
        Class {
            id: "ctl-unknown-header-ignored",
            title: "A valid token with an unknown header member was refused.",
            construction: "an extra header member x-foo, an object, a list, null, or with a public name; not in crit",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 7515 §4"],
            cwe: None,
            make: Make::Cases { on: both_kinds, build: unknown_header, strawman: &REFUSES_UNKNOWN_HEADERS },
        },
        Class {
            id: "ctl-unknown-claim-ignored",
            title: "A valid token with an unknown claim was refused.",
            construction: "an extra claim with a public name and nested values, an object, null, or with an empty name",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 7519 §4"],
            cwe: None,
            make: Make::Cases { on: both_kinds, build: unknown_claim, strawman: &DROPS_UNKNOWN_CLAIMS },
        },
        Class {
            id: "ctl-escaped-member-name",
            title: "A valid token that writes a member name in JSON escapes was refused.",
            construction: r#"header member "\u0061lg", or alg in escapes alone; claims "s\u0075b" and "e\u0078p""#,
            says: Says::MustAccept,
            severity: Severity::Medium,
            references: &["RFC 7515 §5.3", "RFC 7515 §10.13", "RFC 8259 §8.3"],
            cwe: Some(436),
            make: Make::Cases { on: both_kinds, build: escaped_names, strawman: &READS_RAW_NAMES },
        },
        Class {
            id: "ctl-typ-absent",
            title: "A valid token without typ was refused.",
            construction: "no typ in the header, and none asked for",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 7519 §5.1"],
            cwe: None,
            make: Make::Cases { on: on::common, build: no_typ, strawman: &REQUIRES_TYP },
        },
        Class {
            id: "ctl-typ-case",
            title: "A valid token that spells its typ in another way was refused.",
            construction: "typ = jwt, Jwt, application/JWT, application/jwt, APPLICATION/JWT, and none asked for",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 7515 §4.1.9", "RFC 7515 §5.3", "RFC 7519 §5.1"],
            cwe: None,
            make: Make::Cases { on: both_kinds, build: spellings_of_typ, strawman: &ONE_SPELLING_OF_TYP },
        },
        Class {
            id: "ctl-kid-absent-single-key",
            title: "A valid token without kid was refused though the key set holds one key.",
            construction: "no kid in the header; a key set of exactly one key",
            // How a key is found in a set is the application's convention (RFC 7515 §6); the policy promises this one.
            says: Says::ShouldAccept,
            severity: Severity::Low,
            references: &["RFC 7515 §6", "RFC 7515 §D", "OpenID Connect Core §10.1"],
            cwe: None,
            make: Make::Cases { on: on::key_set, build: no_kid, strawman: &REQUIRES_KID },
        },
        Class {
            id: "ctl-aud-array-with-match",
            title: "A valid token that names the verifier among several audiences was refused.",
            construction: "aud = a list in which the verifier stands last, first, in the middle, alone",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 7519 §4.1.3"],
            cwe: None,
            make: Make::Cases { on: on::claims, build: one_of_several_audiences, strawman: &ONE_AUDIENCE },
        },
        Class {
            id: "ctl-large-8k",
            title: "A valid token with eight kibibytes of claims was refused.",
            construction: "one claim of eight kibibytes, and as much in 256 claims",
            // RFC 8259 §9 lets a parser limit the size of texts.
            says: Says::ShouldAccept,
            severity: Severity::Low,
            references: &["RFC 7519 §7.2", "RFC 8259 §9"],
            cwe: None,
            make: Make::Cases { on: both_kinds, build: eight_kibibytes, strawman: &FOUR_KIBIBYTES },
        },
        Class {
            id: "ctl-nonascii-claims",
            title: "A valid token with letters beyond ASCII in its claims was refused.",
            construction: "a subject with an accent and an emoji as UTF-8 and in escapes, with a combining accent, and \
                           a claim name with an accent; the claims handed on must be those",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 7519 §7.2", "RFC 8259 §8"],
            cwe: Some(176),
            make: Make::Cases { on: both_kinds, build: beyond_ascii, strawman: &READS_LATIN_1 },
        },
        Class {
            id: "ctl-trusted-x5c-jwk-ignored",
            title: "A valid token whose header shows or names the trusted key itself was refused.",
            construction: "jwk, x5c, x5t, x5t#S256 of the trusted key in the header; jku and x5u at an address that is \
                           not there",
            says: Says::MustAccept,
            severity: Severity::Medium,
            references: &[
                "RFC 7515 §4.1.2",
                "RFC 7515 §4.1.3",
                "RFC 7515 §4.1.5",
                "RFC 7515 §4.1.6",
                "RFC 7515 §4.1.7",
                "RFC 7515 §4.1.8",
                "RFC 8725 §3.10",
            ],
            cwe: Some(918),
            make: Make::Cases {
                on: |at| on::pinned(at) && on::common(at) && on::asymmetric(at),
                build: own_key_in_header,
                strawman: &REFUSES_KEYS_IN_HEADER,
            },
        },
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::Forge;

    fn scene(forge: &Forge, algorithm: Algorithm) -> Scene<'_> {
        Scene::new(forge, Setting { profile: Profile::Pinned, algorithm })
    }

    #[test]
    fn the_known_counters_give_leading_zeros() {
        let forge = Forge::new(0);
        for (algorithm, counters) in LEADING_ZEROS {
            for (half, counter) in counters.into_iter().enumerate() {
                assert!(leads_with_zero(&timeless(&scene(&forge, algorithm), counter), half), "{algorithm} {half}");
            }
        }
    }

    #[test]
    fn the_known_counters_give_the_edge_macs() {
        let forge = Forge::new(0);
        for (_, start, counter) in EDGE_MACS {
            assert!(timeless(&scene(&forge, Algorithm::Hs256), counter).signature.starts_with(start), "{start}");
        }
    }
}
