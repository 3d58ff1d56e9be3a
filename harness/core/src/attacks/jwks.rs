//! Choosing from a set of keys that says too little, too much, or two things at once (RFC 7517 §4 and §5, RFC 8725 §3.1).

use token_assay_model::{Algorithm, Key, Level, Profile, Reason, Severity};

use super::scene::{COMMON, Scene, Setting, on};
use super::{Cases, Class, Family, Make, Says};
use crate::forge::json::{array, quote};
use crate::forge::keys::pem_body;
use crate::forge::{Hash, Jws, Object, TestKey, base64url};
use crate::reference::key::PublicKey;
use crate::reference::{Reading, Rule, rules};
use crate::strawman::{PANICS, REFUSES_ALL, Strawman, verify_also_with};

/// The scene with these keys as its set.
fn with_keys<'f>(scene: &Scene<'f>, keys: Vec<Key>) -> Scene<'f> {
    scene.with(|policy| policy.keys = keys)
}

/// A key that is given as this JWK text and in no other form.
fn only_jwk(kid: &str, text: &str) -> Key {
    let jwk = serde_json::from_str(text).expect("the tables hold JSON");
    Key { kid: Some(kid.to_owned()), jwk: Some(jwk), jwk_text: Some(text.to_owned()), ..Key::default() }
}

/// A JWK's text with more members at its end.
fn extended(jwk: &str, members: &[(&str, &str)]) -> String {
    let open = jwk.trim_end().strip_suffix('}').expect("a JWK is an object");
    let more: String = members.iter().map(|(name, value)| format!(", \"{name}\": {value}")).collect();
    format!("{open}{more}}}")
}

/// Another trusted key that the algorithm takes.
fn other<'f>(scene: &Scene<'f>) -> &'f TestKey {
    let name = match scene.algorithm() {
        algorithm if algorithm.is_hmac() => "hs512",
        algorithm if algorithm.is_rsa() => "rsa-other",
        _ => "p256-other",
    };
    scene.forge.keys().key(name)
}

fn signed_by(scene: &Scene<'_>, header: &Object, key: &TestKey) -> Jws {
    scene.forge.sign(header.text(), scene.claims().text(), key, scene.algorithm())
}

fn forged_by_attacker(scene: &Scene<'_>, header: &Object) -> Jws {
    let key = scene.forge.keys().attacker(scene.algorithm());
    scene.forge.sign(header.text(), scene.forged_claims().text(), key, scene.algorithm())
}

fn duplicate_kid(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let second = other(scene).renamed(&scene.key.name);
    let keys = [scene.key.every_form(), second.every_form()];
    let [first, last] = keys.clone();
    for (order, keys) in [("first", keys.to_vec()), ("last", vec![last, first])] {
        let set = with_keys(scene, keys);
        cases.add_beside(&set, scene, &format!("signer-{order}"), scene.token());
        let forgery = forged_by_attacker(scene, &scene.header());
        cases.add_beside(&set, scene, &format!("forged-{order}"), forgery).says(Says::MustReject(Reason::Signature));
    }
}

/// A public key and a secret under one name: the MAC is keyed with what anybody knows of the public key.
fn same_kid_other_type(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let secret = scene.forge.keys().key("hs256").renamed(&scene.key.name);
    let keys = [scene.key.every_form(), secret.every_form()];
    let [public, shared] = keys.clone();
    let header = scene.header().set_string("alg", "HS256").text();
    let claims = scene.forged_claims().text();
    for (order, keys) in [("public-first", keys.to_vec()), ("secret-first", vec![shared, public])] {
        let set = with_keys(scene, keys).with(|policy| {
            policy.algorithms = Some(vec![scene.algorithm(), Algorithm::Hs256]);
        });
        for (variant, octets) in known_of(scene.key) {
            let token = scene.forge.mac_with(&header, &claims, &octets, Hash::Sha256);
            cases.add_beside(&set, scene, &format!("{order}-{variant}"), token);
        }
    }
}

/// What anybody knows of a public key.
fn known_of(key: &TestKey) -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &Option<String>| text.clone().map(String::into_bytes);
    let numbers = key.jwk_octets("n").or_else(|| key.jwk_octets("x"));
    let known = [
        ("nothing", Some(Vec::new())),
        ("pem", text(&key.pem)),
        ("der", key.spki_der()),
        ("numbers", numbers),
        ("jwk-text", Some(key.jwk_text.clone().into_bytes())),
    ];
    known.into_iter().filter_map(|(variant, octets)| Some((variant, octets?))).collect()
}

fn absent_kid(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let header = scene.header().without("kid");
    cases.add(scene, "by-the-first", scene.sign_header(&header));
    cases.add(scene, "by-another", signed_by(scene, &header, other(scene)));
    let forgery = forged_by_attacker(scene, &header);
    cases.add(scene, "forged", forgery).says(Says::MustReject(Reason::Signature)).severity(Severity::Critical);
}

fn private_member(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (Some(own), Some(others)) = (scene.key.private_jwk_text(), other(scene).private_jwk_text()) else { return };
    let own = with_keys(scene, vec![only_jwk(&scene.key.name, &own), other(scene).every_form()]);
    cases.add_beside(&own, scene, "own", scene.token());
    let others = with_keys(scene, vec![scene.key.every_form(), only_jwk(&other(scene).name, &others)]);
    cases.add_beside(&others, scene, "neighbour", scene.token());
}

fn strange_neighbours(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let some = if scene.algorithm() == Algorithm::Rs256 { STRANGE.len() } else { 2 };
    for (variant, jwk) in &STRANGE[..some] {
        for (order, at) in [("before", 0), ("after", scene.policy.keys.len())] {
            let set = scene.with(|policy| policy.keys.insert(at, only_jwk("strange", jwk)));
            cases.add_beside(&set, scene, &format!("{variant}-{order}"), scene.token());
        }
    }
}

fn no_alg_member(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let open = scene.with(|policy| policy.algorithms = None);
    let (header, claims) = (scene.header().set_string("alg", "HS256").text(), scene.forged_claims().text());
    for (variant, octets) in known_of(scene.key) {
        cases.add(&open, variant, scene.forge.mac_with(&header, &claims, &octets, Hash::Sha256));
    }
}

fn no_keys(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let name = &scene.key.name;
    let strange = only_jwk(name, &Object::new().set_string("kty", "FOO").set_string("kid", name).text());
    for (variant, keys) in [("empty", Vec::new()), ("unreadable", vec![strange])] {
        let set = with_keys(scene, keys);
        let (header, claims) = (scene.header().text(), scene.forged_claims().text());
        let nothing = TestKey::from_secret("", b"");
        let mut tokens = vec![("genuine", scene.token()), ("forged", forged_by_attacker(scene, &scene.header()))];
        if scene.algorithm().is_hmac() {
            tokens.push(("empty-secret", scene.forge.sign(header, claims, &nothing, scene.algorithm())));
        }
        for (how, token) in tokens {
            let draft = cases.add_beside(&set, scene, &format!("{variant}-{how}"), token);
            draft.profile(Profile::Misconfigured);
        }
    }
}

fn retired(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let members = [
        ("exp", "exp", "1000000000".to_owned()),
        ("revoked", "revoked", r#"{"revoked_at":1000000000,"reason":"compromised"}"#.to_owned()),
    ];
    for (variant, name, value) in members {
        let jwk = extended(&scene.key.jwk_text, &[(name, &value)]);
        let keys = vec![only_jwk(&scene.key.name, &jwk), other(scene).every_form()];
        cases.add_beside(&with_keys(scene, keys), scene, variant, scene.token());
    }
}

/// The key's own certificate is another's: what signs by the certificate is a stranger.
fn certified_otherwise(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let attacker = scene.forge.keys().attacker(scene.algorithm());
    let Some(der) = attacker.cert_pem.as_deref().and_then(pem_body) else { return };
    let x5c = array([quote(&base64url::encode_standard(der))]);
    let jwk = extended(&scene.key.jwk_text, &[("x5c", &x5c)]);
    let set = with_keys(scene, vec![only_jwk(&scene.key.name, &jwk), other(scene).every_form()]);
    let genuine = "a key whose certificate holds another one is no valid key, if one looks (RFC 7517 §4.7)";
    cases.add_beside(&set, scene, "by-the-members", scene.token()).says(Says::Either(genuine));
    cases.add_beside(&set, scene, "by-the-certificate", forged_by_attacker(scene, &scene.header()));
}

/// A set with a second key of the same type.
fn several(at: Setting) -> bool {
    on::key_set(at) && !on::eddsa(at)
}

fn several_public(at: Setting) -> bool {
    several(at) && on::asymmetric(at)
}

fn rs256_or_hs256(at: Setting) -> bool {
    on::key_set(at) && matches!(at.algorithm, Algorithm::Rs256 | Algorithm::Hs256)
}

fn public(at: Setting) -> bool {
    on::key_set(at) && on::asymmetric(at) && COMMON.contains(&at.algorithm)
}

/// Keys HMAC with what is known of the keys that `kid` names.
fn mac_by_known(reading: &mut Reading<'_>, forms: fn(&Key) -> Vec<Vec<u8>>) -> Result<(), Reason> {
    let kid = reading.header.member("kid").and_then(|kid| kid.as_str());
    let named = reading.policy.keys.iter().filter(|key| reading.policy.jwks && key.kid.as_deref() == kid);
    let secrets: Vec<Vec<u8>> = named.flat_map(forms).collect();
    verify_also_with(reading, secrets)
}

static FIRST_KEY_OF_THE_NAME: Strawman = Strawman {
    name: "first-key-of-the-name",
    flaw: "takes the first key that kid names for one of whatever type alg wants",
    mend: "Choose by kid and by kty together, and hold alg against what was chosen.",
    bends: &[
        (Rule::KeyFitness, |reading| if reading.algorithm.is_hmac() { Ok(()) } else { rules::key_fitness(reading) }),
        (Rule::Signature, |reading| {
            mac_by_known(reading, |key| key.pem.iter().map(|pem| pem.clone().into_bytes()).collect())
        }),
    ],
};

static KEY_WITHOUT_ALG_FITS_ALL: Strawman = Strawman {
    name: "key-without-alg-fits-all",
    flaw: "lets a key without alg serve every algorithm, and keys HMAC with the k that it does not have",
    mend: "Hold alg against kty where a key has no alg of its own, and refuse a secret of no octets.",
    bends: &[
        (Rule::KeyFitness, |reading| if reading.algorithm.is_hmac() { Ok(()) } else { rules::key_fitness(reading) }),
        (Rule::Signature, |reading| {
            mac_by_known(reading, |key| if key.alg.is_none() { vec![Vec::new()] } else { Vec::new() })
        }),
    ],
};

static NO_KEYS_NO_CHECK: Strawman = Strawman {
    name: "no-keys-no-check",
    flaw: "checks the signature with every key of its set, and is content where there is none",
    mend: "Refuse every token while there is no key; an empty set is a failure to load one.",
    bends: &[
        (Rule::KeyChoice, |reading| if has_no_keys(reading) { Ok(()) } else { rules::key_choice(reading) }),
        (Rule::KeyFitness, |reading| if has_no_keys(reading) { Ok(()) } else { rules::key_fitness(reading) }),
        (Rule::Signature, |reading| if has_no_keys(reading) { Ok(()) } else { rules::signature(reading) }),
    ],
};

fn has_no_keys(reading: &Reading<'_>) -> bool {
    reading.policy.jwks && reading.policy.keys.iter().filter_map(PublicKey::read).next().is_none()
}

static CERTIFICATE_BEFORE_MEMBERS: Strawman = Strawman {
    name: "certificate-before-members",
    flaw: "takes the key out of the certificate in a JWK, and does not hold it against the JWK's other members",
    mend: "Compare the certificate's key with n and e, or x and y, and refuse the JWK where they differ.",
    bends: &[(Rule::KeyChoice, |reading| {
        rules::key_choice(reading)?;
        let kid = reading.header.member("kid").and_then(|kid| kid.as_str());
        let named = reading.policy.keys.iter().filter(|key| key.kid.as_deref() == kid);
        let x5c = named.filter_map(|key| key.jwk.as_ref()?.get("x5c"));
        let certified: Vec<_> = x5c.filter_map(PublicKey::first_certified).collect();
        if !certified.is_empty() {
            reading.keys = certified;
        }
        Ok(())
    })],
};

/// Keys that a reader of sets should pass over (RFC 7517 §5): of a type that it does not know, without what the type needs, or
/// out of its range.
const STRANGE: &[(&str, &str)] = &[
    ("unknown-kty", r#"{"kty":"FOO","kid":"strange","foo":"AA"}"#),
    ("akp", r#"{"kty":"AKP","kid":"strange","alg":"ML-DSA-44","pub":"AAAA"}"#),
    ("unknown-crv", r#"{"kty":"EC","kid":"strange","crv":"P-999","x":"AA","y":"AA"}"#),
    ("no-kty", r#"{"kid":"strange","n":"AA","e":"AQAB"}"#),
    ("no-modulus", r#"{"kty":"RSA","kid":"strange","e":"AQAB"}"#),
    ("short-coordinates", r#"{"kty":"EC","kid":"strange","crv":"P-256","x":"AA","y":"AA"}"#),
];

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "jwks",
    title: "key sets",
    classes: &[
        Class {
            id: "jwks-duplicate-kid",
            title: "A forged token that names one of two keys of one name was accepted.",
            construction: "two keys of one type and one kid, the signer's first or last, genuine signature: either; signed \
                           by neither: refused",
            says: Says::Either("keys of a set should have names of their own, and need not (RFC 7517 §4.5)"),
            severity: Severity::Medium,
            references: &["RFC 7517 §4.5"],
            cwe: Some(694),
            make: Make::Cases { on: several, build: duplicate_kid, strawman: &PANICS },
        },
        Class {
            id: "jwks-same-kid-different-kty",
            title: "A forged token whose MAC is keyed with the public key beside a secret of the same name was accepted.",
            construction: "a public key and a secret under one kid, both algorithms listed; MAC keyed with nothing, or the \
                           public key as PEM, DER, number, JWK",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7517 §4.5", "RFC 8725 §3.1"],
            cwe: Some(347),
            make: Make::Cases { on: several_public, build: same_kid_other_type, strawman: &FIRST_KEY_OF_THE_NAME },
        },
        Class {
            id: "jwks-kid-absent-multiple",
            title: "A forged token that names none of several keys was accepted.",
            construction: "no kid, several keys, signed by the first or by another: either; by the attacker: refused",
            says: Says::Either("which key of several a token without kid is for is the application's choice"),
            severity: Severity::Low,
            references: &["RFC 7515 §D", "OpenID Connect Core §10.1"],
            cwe: Some(347),
            make: Make::Cases { on: several, build: absent_kid, strawman: &PANICS },
        },
        Class {
            id: "jwks-key-for-other-issuer",
            title: "A token of one issuer that another's key signed was accepted.",
            construction: "two trusted issuers with a key each; iss is the first, signed by the second's key",
            says: Says::MustReject(Reason::Issuer),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.8"],
            cwe: Some(346),
            make: Make::Live { by: "assay run --service" },
        },
        Class {
            id: "jwks-mixed-private-public",
            title: "A set with a private key in it was answered with a fault.",
            construction: "the signer's JWK, or its neighbour's, has its private members; genuine signature",
            says: Says::Either(
                "a verifier may refuse a set with a private key, which has no place in it (RFC 7517 §9.2)",
            ),
            severity: Severity::Medium,
            references: &["RFC 7517 §9.2"],
            cwe: Some(522),
            make: Make::Cases { on: several_public, build: private_member, strawman: &PANICS },
        },
        Class {
            id: "jwks-unknown-kty-ignored",
            title: "A valid token was refused because of another key in the set, which should be passed over.",
            construction: "before or after the right keys one of an unknown kty, of an unknown crv, without kty, without its \
                           modulus, out of range; genuine signature",
            says: Says::ShouldAccept,
            severity: Severity::Low,
            references: &["RFC 7517 §5"],
            cwe: None,
            make: Make::Cases { on: several, build: strange_neighbours, strawman: &REFUSES_ALL },
        },
        Class {
            id: "jwks-no-alg-member",
            title: "A forged token whose MAC is keyed with a key of the set that has no alg was accepted.",
            construction: "no algorithms listed, a public key without alg; alg HS256, MAC keyed with nothing, or the public \
                           key as PEM, DER, number, JWK",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Critical,
            references: &["RFC 7517 §4.4", "RFC 8725 §3.1", "CVE-2026-44699", "CVE-2026-22817", "CVE-2026-22818"],
            cwe: Some(347),
            make: Make::Cases { on: public, build: no_alg_member, strawman: &KEY_WITHOUT_ALG_FITS_ALL },
        },
        Class {
            id: "jwks-empty-or-malformed",
            title: "A verifier whose key set holds no key accepted a token.",
            construction: "the set is empty, or holds a key of an unknown kty alone; genuine, forged, and keyed with \
                           nothing. What an endpoint can answer besides waits for one",
            says: Says::MustReject(Reason::Key),
            severity: Severity::High,
            references: &["RFC 7517 §5", "RFC 7515 §5.2"],
            cwe: Some(636),
            make: Make::Cases { on: rs256_or_hs256, build: no_keys, strawman: &NO_KEYS_NO_CHECK },
        },
        Class {
            id: "jwks-rotated-out-key",
            title: "A token that was signed by a key which is gone from the set was accepted.",
            construction: "the set is served anew without the signer's key, and what is cached has run out",
            says: Says::MustReject(Reason::Key),
            severity: Severity::High,
            references: &["RFC 8725 §3.8"],
            cwe: Some(324),
            make: Make::Live { by: "assay run --service" },
        },
        Class {
            id: "jwks-refresh-storm",
            title: "Tokens with names that no key has made the verifier fetch its set each time.",
            construction: "many tokens with as many unknown kids; the requests for the set are counted",
            says: Says::Kept(Level::Should),
            severity: Severity::Medium,
            references: &["OpenID Connect Core §10.1.1"],
            cwe: Some(400),
            make: Make::Live { by: "assay run --service" },
        },
        Class {
            id: "jwks-revoked-member",
            title: "A set whose key says that it has expired or was revoked was answered with a fault.",
            construction: "the signer's JWK has an exp in the past, or revoked; genuine signature",
            says: Says::Either("what exp and revoked mean in a key is known to those who know OpenID Federation"),
            severity: Severity::Low,
            references: &["OpenID Federation 1.0", "RFC 7517 §4"],
            cwe: Some(324),
            make: Make::Cases { on: several, build: retired, strawman: &PANICS },
        },
        Class {
            id: "jwks-x5c-conflict",
            title: "A token that was signed by the key of a certificate inside a JWK of another key was accepted.",
            construction: "the trusted JWK's x5c is the attacker's certificate, whose key signed; signed by the key of the \
                           other members it is either",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 7517 §4.7"],
            cwe: Some(295),
            make: Make::Cases { on: several_public, build: certified_otherwise, strawman: &CERTIFICATE_BEFORE_MEMBERS },
        },
    ],
};
