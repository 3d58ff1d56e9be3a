//! Encrypted tokens whose key management, content encryption or compression is not what the recipient allows or the clauses
//! say (RFC 7516 §4 and §5.2, RFC 7518 §4 and §5).

use std::io::Read as _;
use std::num::NonZeroU32;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use aws_lc_rs::pbkdf2;
use miniz_oxide::deflate::core::{CompressorOxide, TDEFLFlush, compress, create_comp_flags_from_zip_params};
use token_assay_model::{ContentEncryption as Enc, Encryption, KeyManagement as Alg, Reason, Severity};

use super::encrypted::{EncryptedCases, EncryptedScene};
use super::{Class, Family, Make, Says};
use crate::forge::jwe::{self, Part, Wrapped, Wrapping};
use crate::forge::{Jwe, Object, TestKey, base64url, json};
use crate::reference::json::Json;
use crate::reference::jwe::{self as sound, Opening, Rule, derived, open};
use crate::strawman::Misdecrypter;

/// One setting for each way in which a key reaches the recipient, and for each content encryption.
const SETTINGS: [(Alg, Enc); 15] = [
    (Alg::Dir, Enc::A256Gcm),
    (Alg::Dir, Enc::A128CbcHs256),
    (Alg::A128Kw, Enc::A128Gcm),
    (Alg::A256Kw, Enc::A256Gcm),
    (Alg::A256Kw, Enc::A256CbcHs512),
    (Alg::A128GcmKw, Enc::A128Gcm),
    (Alg::A256GcmKw, Enc::A256Gcm),
    (Alg::RsaOaep, Enc::A256Gcm),
    (Alg::RsaOaep256, Enc::A256Gcm),
    (Alg::RsaOaep256, Enc::A128CbcHs256),
    (Alg::Rsa15, Enc::A128CbcHs256),
    (Alg::EcdhEs, Enc::A256Gcm),
    (Alg::EcdhEsA128Kw, Enc::A128Gcm),
    (Alg::EcdhEsA256Kw, Enc::A128CbcHs256),
    (Alg::Pbes2Hs256A128Kw, Enc::A256Gcm),
];

fn valid(cases: &mut EncryptedCases<'_>) {
    for (alg, enc) in SETTINGS {
        let scene = cases.scene(alg, enc);
        cases.add(&scene, "", scene.token());
    }
    let scene = on_x25519(cases, Alg::EcdhEsA256Kw, Enc::A256Gcm);
    cases.add(&scene, "", scene.token());
    for scene in nested(cases) {
        cases.add(&scene, "", scene.token());
    }
}

/// The settings in which a signed token is inside.
pub(super) fn nested<'a>(cases: &EncryptedCases<'a>) -> [EncryptedScene<'a>; 3] {
    use token_assay_model::Algorithm;
    [
        cases.nested(Alg::RsaOaep256, Enc::A256Gcm, Algorithm::Es256),
        cases.nested(Alg::A256Kw, Enc::A256Gcm, Algorithm::Hs256),
        cases.nested(Alg::A256GcmKw, Enc::A256Gcm, Algorithm::Rs256),
    ]
}

fn on_x25519<'a>(cases: &EncryptedCases<'a>, alg: Alg, enc: Enc) -> EncryptedScene<'a> {
    cases.scene_for(jwe::x25519_recipient(), alg, enc)
}

fn huge_count(cases: &mut EncryptedCases<'_>) {
    let scene = cases.scene(Alg::Pbes2Hs256A128Kw, Enc::A256Gcm);
    for (variant, count) in [("ten-million", "10000000"), ("largest-i32", "2147483647")] {
        cases.add(&scene, variant, scene.with_header(|header| header.set("p2c", count)));
    }
}

fn odd_count(cases: &mut EncryptedCases<'_>) {
    let scene = cases.scene(Alg::Pbes2Hs256A128Kw, Enc::A256Gcm);
    let told = |hashed: u32, told: &str| {
        let wrapped = Wrapping { p2c: hashed, ..scene.wrapping() }.wrap(&scene.recipient, scene.header());
        scene.seal(&Wrapped { header: wrapped.header.set("p2c", told), ..wrapped })
    };
    for (variant, hashed, text) in [
        ("zero", 1, "0"),
        ("negative", 1, "-1"),
        ("fraction", 1000, "1000.5"),
        ("string", 1000, r#""1000""#),
        ("array", 1000, "[1000]"),
        ("null", 1000, "null"),
        ("true", 1, "true"),
    ] {
        cases.add(&scene, variant, told(hashed, text));
    }
    let another = Says::Either("an integer may be written with a fraction or an exponent (RFC 8259 §6)");
    cases.add(&scene, "exponent", told(1000, "1e3")).says(another);
    cases.add(&scene, "point-zero", told(1000, "1000.0")).says(another);
    let few = Says::Either("a count under 1000 is less than what is recommended (RFC 7518 §4.8.1.2)");
    cases.add(&scene, "one", told(1, "1")).says(few);
    let wrapped = scene.wrapped();
    let absent = scene.seal(&Wrapped { header: wrapped.header.clone().without("p2c"), ..wrapped });
    cases.add(&scene, "absent", absent);
}

fn short_salt(cases: &mut EncryptedCases<'_>) {
    let scene = cases.scene(Alg::Pbes2Hs256A128Kw, Enc::A256Gcm);
    let salted = |width: usize| {
        let p2s = scene.wrapping().p2s[..width].to_vec();
        Wrapping { p2s, ..scene.wrapping() }.wrap(&scene.recipient, scene.header())
    };
    for width in [7, 1, 0] {
        cases.add(&scene, &width.to_string(), scene.seal(&salted(width)));
    }
    let wrapped = salted(0);
    let absent = scene.seal(&Wrapped { header: wrapped.header.clone().without("p2s"), ..wrapped });
    cases.add(&scene, "absent", absent).says(Says::MustReject(Reason::Malformed));
}

fn zip_bomb(cases: &mut EncryptedCases<'_>) {
    for (alg, enc) in [(Alg::Dir, Enc::A256Gcm), (Alg::RsaOaep, Enc::A256Gcm)] {
        let scene = cases.scene_of_any(alg, enc);
        for (megabytes, zeros) in BOMBS.iter() {
            let wrapped = zipped(&scene, r#""DEF""#);
            cases.add(&scene, &format!("{megabytes}-mib"), wrapped.seal(scene.enc, bomb_of(&scene, zeros)));
        }
    }
    let scene = cases.scene_of_any(Alg::Dir, Enc::A256Gcm);
    let sealed = |content: &[u8]| zipped(&scene, r#""DEF""#).seal(scene.enc, content);
    let letters = |megabytes| deflated_letter().repeat(megabytes);
    // More than what some allow to be compressed; and in the format of zlib, which some read in DEFLATE's place (RFC 1950 §2.2). Its
    // checksum is wrong, and comes after all the rest.
    cases.add(&scene, "320-mib", sealed(&bomb_of(&scene, &letters(320))));
    let in_zlib = [&[0x78, 0xDA][..], &bomb_of(&scene, &letters(64)), &[0; 4]].concat();
    cases.add(&scene, "zlib-64-mib", sealed(&in_zlib));
}

/// Valid claims with a long member of so many mebibytes, deflated.
pub(crate) fn bomb(scene: &EncryptedScene<'_>, megabytes: usize) -> Vec<u8> {
    bomb_of(scene, &deflated_letter().repeat(megabytes))
}

/// Valid claims with a long member, deflated: its letters are deflated once for all cases.
fn bomb_of(scene: &EncryptedScene<'_>, letters: &[u8]) -> Vec<u8> {
    let claims = scene.inside.claims().set_string("pad", "").text();
    let (head, tail) = claims.split_at(claims.len() - 2);
    [stored(head.as_bytes(), false), letters.to_vec(), stored(tail.as_bytes(), true)].concat()
}

/// A stored block of DEFLATE (RFC 1951 §3.2.4).
fn stored(octets: &[u8], last: bool) -> Vec<u8> {
    let length = u16::try_from(octets.len()).expect("claims are short");
    [&[u8::from(last)], &length.to_le_bytes()[..], &(!length).to_le_bytes(), octets].concat()
}

/// So many mebibytes of one letter, deflated in blocks that end on whole octets and none of which is the last.
static BOMBS: LazyLock<[(usize, Vec<u8>); 3]> =
    LazyLock::new(|| [1, 10, 64].map(|megabytes| (megabytes, deflated_letter().repeat(megabytes))));

fn deflated_letter() -> Vec<u8> {
    let mut compressor = CompressorOxide::new(create_comp_flags_from_zip_params(9, -15, 0));
    let mut octets = vec![0; 1 << 14];
    let (_, _, written) = compress(&mut compressor, &[b'a'; 1 << 20], &mut octets, TDEFLFlush::Full);
    octets.truncate(written);
    octets
}

fn zipped(scene: &EncryptedScene<'_>, zip: &str) -> Wrapped {
    let wrapped = scene.wrapped();
    Wrapped { header: wrapped.header.set("zip", zip), ..wrapped }
}

fn zip_unknown(cases: &mut EncryptedCases<'_>) {
    for (alg, enc) in [(Alg::Dir, Enc::A256Gcm), (Alg::RsaOaep256, Enc::A256Gcm)] {
        let scene = cases.scene_of_any(alg, enc);
        let plain = scene.content();
        let deflated = jwe::deflated(&plain);
        let with = |zip: &str, content: &[u8]| scene.returning(zipped(&scene, zip).seal(scene.enc, content));
        cases.add(&scene, "gzip", with(r#""GZIP""#, &plain));
        cases.add(&scene, "empty", with(r#""""#, &plain));
        cases.add(&scene, "lower-case", with(r#""def""#, &deflated));
        cases.add(&scene, "not-deflated", with(r#""DEF""#, &plain));
        cases.add(&scene, "array", with(r#"["DEF"]"#, &deflated)).says(Says::ShouldReject(Reason::Malformed));
        let null = Says::Either("a zip that is null may count as none");
        cases.add(&scene, "null", with("null", &plain)).says(null);
        let advised = Says::Either("RFC 8725 §3.6 advises against compression, and a verifier may do without it");
        cases.add(&scene, "def", with(r#""DEF""#, &deflated)).says(advised);
    }
}

fn pkcs1_faults(cases: &mut EncryptedCases<'_>) {
    for enc in [Enc::A128CbcHs256, Enc::A128Gcm] {
        let scene = cases.scene(Alg::Rsa15, enc);
        let wrapped = scene.wrapped();
        let right = jwe::eme_pkcs1(&scene.recipient, &wrapped.cek);
        let around = right.len() - wrapped.cek.len() - 1;
        let set = |at: usize, octet: u8| {
            let mut encoded = right.clone();
            encoded[at] = octet;
            encoded
        };
        for (variant, encoded) in [
            ("first-octet-one", set(0, 1)),
            ("block-type-one", set(1, 1)),
            ("block-type-zero", set(1, 0)),
            ("zero-in-padding", set(2, 0)),
            ("zero-at-eighth", set(9, 0)),
            ("no-separator", set(around, 0xa5)),
            ("all-zero", vec![0; right.len()]),
            ("key-missing", jwe::eme_pkcs1(&scene.recipient, b"")),
            ("key-short", jwe::eme_pkcs1(&scene.recipient, &wrapped.cek[1..])),
            ("key-long", jwe::eme_pkcs1(&scene.recipient, &[&wrapped.cek[..], b"\x07"].concat())),
        ] {
            let encrypted_key = jwe::rsa_raw(&scene.recipient, &encoded);
            cases.add(&scene, variant, scene.seal(&Wrapped { encrypted_key, ..wrapped.clone() }));
        }
        let cut = wrapped.encrypted_key[..wrapped.encrypted_key.len() - 1].to_vec();
        cases.add(&scene, "encrypted-key-short", scene.seal(&Wrapped { encrypted_key: cut, ..wrapped }));
    }
}

/// A token of one algorithm for a recipient who allows another, by the list and by the key's own `alg`, and by the key alone.
fn for_a_key_of(cases: &mut EncryptedCases<'_>, allowed: Alg, other: Alg, enc: Enc) {
    let scene = cases.scene_of_key(allowed, enc);
    if !jwe::fits(&scene.recipient, other, scene.enc) {
        return;
    }
    let token = sealed_by(&scene, other, scene.enc);
    let variant = other.as_str().to_ascii_lowercase().replace(['+', '_'], "-");
    cases.add(&scene, &format!("{variant}-not-listed"), token.clone());
    let both = Encryption { alg: vec![allowed, other], enc: vec![scene.enc] };
    let listed = format!("{variant}-listed");
    cases.add_under(&scene, |policy| policy.encryption = Some(both), &listed, token).reason(Reason::Key);
}

/// A token for the scene's recipient by other algorithms than the scene's.
fn sealed_by(scene: &EncryptedScene<'_>, alg: Alg, enc: Enc) -> Jwe {
    let header = scene.header().set_string("alg", alg.as_str()).set_string("enc", enc.as_str());
    Wrapping::new(alg, enc).wrap(&scene.recipient, header).seal(enc, scene.content())
}

fn pkcs1_for_an_oaep_key(cases: &mut EncryptedCases<'_>) {
    for_a_key_of(cases, Alg::RsaOaep, Alg::Rsa15, Enc::A256Gcm);
    for_a_key_of(cases, Alg::RsaOaep256, Alg::Rsa15, Enc::A128CbcHs256);
}

fn wrapping_swapped(cases: &mut EncryptedCases<'_>) {
    for (allowed, other, enc) in [
        (Alg::A128GcmKw, Alg::A128Kw, Enc::A128Gcm),
        (Alg::A128Kw, Alg::A128GcmKw, Enc::A128Gcm),
        (Alg::A256GcmKw, Alg::A256Kw, Enc::A256Gcm),
        (Alg::A256Kw, Alg::A256GcmKw, Enc::A256Gcm),
    ] {
        for_a_key_of(cases, allowed, other, enc);
    }
}

fn cbc_tag(cases: &mut EncryptedCases<'_>) {
    for (alg, enc) in
        [(Alg::Dir, Enc::A128CbcHs256), (Alg::A256Kw, Enc::A256CbcHs512), (Alg::RsaOaep256, Enc::A128CbcHs256)]
    {
        let scene = cases.scene_of_content(alg, enc);
        let enc = scene.enc;
        let token = scene.token();
        bent_tags(cases, &scene, &token, &[enc.tag_width() - 1, 8, 1, 0]);
        let tag = token.octets(Part::Tag);
        cases.add(&scene, "tag-longer", token.clone().with(Part::Tag, [&tag[..], &[0]].concat()));
        let wrapped = scene.wrapped();
        let content = scene.content();
        let short = 16 - content.len() % 16;
        let padded = |filling: &[u8]| {
            let (iv, aad) = (token.octets(Part::Iv), token.segments[0].as_bytes());
            let (ciphertext, tag) = jwe::content(enc, &wrapped.cek, &iv, aad, &content, Some(filling));
            token.clone().with(Part::Ciphertext, ciphertext).with(Part::Tag, tag)
        };
        // Only who has the key can make these.
        let zeros = vec![0; short];
        let beyond = vec![17; short];
        for (variant, filling) in [("padding-zero", zeros), ("padding-beyond-block", beyond)] {
            cases.add(&scene, variant, padded(&filling)).says(Says::ShouldReject(Reason::Signature));
        }
    }
}

/// The tag turned and cut, vector and ciphertext turned.
fn bent_tags(cases: &mut EncryptedCases<'_>, scene: &EncryptedScene<'_>, token: &Jwe, widths: &[usize]) {
    for (variant, part, at) in [
        ("tag-first-octet", Part::Tag, 0),
        ("tag-last-octet", Part::Tag, -1),
        ("iv-turned", Part::Iv, 0),
        ("ciphertext-turned", Part::Ciphertext, 0),
    ] {
        cases.add(scene, variant, token.clone().with_bit_turned(part, at));
    }
    for width in widths {
        let tag = &token.octets(Part::Tag)[..*width];
        cases.add(scene, &format!("tag-of-{width}"), token.clone().with(Part::Tag, tag));
    }
}

fn gcm_tag(cases: &mut EncryptedCases<'_>) {
    for (alg, enc) in [(Alg::Dir, Enc::A256Gcm), (Alg::A128Kw, Enc::A128Gcm), (Alg::RsaOaep, Enc::A256Gcm)] {
        let scene = cases.scene_of_content(alg, enc);
        let enc = scene.enc;
        let token = scene.token();
        bent_tags(cases, &scene, &token, &[15, 12, 8, 4, 0]);
        cases.add(&scene, "iv-of-0", token.clone().with(Part::Iv, b""));
        if enc != Enc::A256Gcm {
            continue;
        }
        for width in [8, 16] {
            let iv = &jwe::CEK[..width];
            let aad = token.segments[0].as_bytes();
            let (ciphertext, tag) = jwe::gcm(&scene.wrapped().cek, iv, aad, &scene.content());
            let parts = [(Part::Iv, iv.to_vec()), (Part::Ciphertext, ciphertext), (Part::Tag, tag)];
            let other = parts.into_iter().fold(token.clone(), |token, (part, octets)| token.with(part, octets));
            cases.add(&scene, &format!("iv-of-{width}"), other);
        }
    }
    // The tag of the key's own encryption stands in the header.
    let scene = cases.scene(Alg::A256GcmKw, Enc::A256Gcm);
    let wrapped = scene.wrapped();
    let tag = wrapped.header.value("tag").and_then(|text| base64url::decode(text.trim_matches('"')));
    let tag = tag.expect("the wrapping has set it");
    for width in [12, 4, 0] {
        let header = wrapped.header.clone().set_string("tag", &base64url::encode(&tag[..width]));
        let token = scene.seal(&Wrapped { header, ..wrapped.clone() });
        cases.add(&scene, &format!("key-tag-of-{width}"), token).reason(Reason::Malformed);
    }
    let header = wrapped.header.clone().set_string("tag", &base64url::encode([0; 16]));
    cases.add(&scene, "key-tag-zero", scene.seal(&Wrapped { header, ..wrapped }));
}

fn invalid_curve(cases: &mut EncryptedCases<'_>) {
    for (alg, enc) in
        [(Alg::EcdhEs, Enc::A256Gcm), (Alg::EcdhEsA128Kw, Enc::A128Gcm), (Alg::EcdhEsA256Kw, Enc::A256Gcm)]
    {
        let scene = cases.scene_for(jwe::p256_recipient(), alg, enc);
        let enc = scene.enc;
        let (epk, shared) = jwe::ephemeral(&scene.recipient);
        let with = |epk: &Object, shared: &[u8]| {
            let header = scene.header().set("epk", epk.text());
            scene.seal(&scene.wrapping().agreed(shared, header, jwe::CEK[..enc.key_width()].to_vec()))
        };
        let of = |x: &[u8], y: &[u8]| {
            epk.clone().set_string("x", &base64url::encode(x)).set_string("y", &base64url::encode(y))
        };
        // Its multiples by a scalar that three does not divide have one x: the attacker knows what is agreed on.
        cases.add(&scene, "order-three", with(&of(&jwe::ORDER_THREE.0, &jwe::ORDER_THREE.1), &jwe::ORDER_THREE.0));
        cases.add(&scene, "origin", with(&of(&[0; 32], &[0; 32]), &[0; 32]));
        let y = epk.value("y").and_then(|text| base64url::decode(text.trim_matches('"'))).expect("it has a y");
        let turned: Vec<u8> =
            y.iter().enumerate().map(|(at, octet)| if at == 31 { octet ^ 1 } else { *octet }).collect();
        cases.add(&scene, "y-turned", with(&epk.clone().set_string("y", &base64url::encode(turned)), &shared));
    }
    let scene = on_x25519(cases, Alg::EcdhEsA256Kw, Enc::A256Gcm);
    let (epk, _) = jwe::ephemeral(&scene.recipient);
    let one: Vec<u8> = std::iter::once(1).chain([0; 31]).collect();
    for (variant, x) in [("x-zero", vec![0; 32]), ("x-one", one)] {
        let header = scene.header().set("epk", epk.clone().set_string("x", &base64url::encode(x)).text());
        let cek = jwe::CEK[..scene.enc.key_width()].to_vec();
        let token = scene.seal(&scene.wrapping().agreed(&[0; 32], header, cek));
        cases.add(&scene, variant, token).says(Says::ShouldReject(Reason::Signature));
    }
}

fn ephemeral_key_faults(cases: &mut EncryptedCases<'_>) {
    for (alg, enc) in
        [(Alg::EcdhEs, Enc::A256Gcm), (Alg::EcdhEsA128Kw, Enc::A128Gcm), (Alg::EcdhEsA256Kw, Enc::A256Gcm)]
    {
        let scene = cases.scene(alg, enc);
        let (epk, _) = jwe::ephemeral(&scene.recipient);
        let text = epk.text();
        for (variant, value) in [
            ("string", json::quote(&text)),
            ("array", json::array([text.as_str()])),
            ("null", "null".to_owned()),
            ("empty", "{}".to_owned()),
        ] {
            let token = scene.with_header(|header| header.set("epk", value));
            let draft = cases.add(&scene, variant, token);
            if variant == "empty" {
                draft.reason(Reason::Key);
            }
        }
        cases.add(&scene, "absent", scene.with_header(|header| header.without("epk")));
        let other = epk.clone().set_string("crv", "P-384").text();
        cases.add(&scene, "other-crv", scene.with_header(|header| header.set("epk", other))).reason(Reason::Key);
        let other = epk.clone().set_string("kty", "oct").text();
        cases.add(&scene, "other-kty", scene.with_header(|header| header.set("epk", other))).reason(Reason::Signature);
        let private = epk.set_string("d", &base64url::encode([3; 32])).text();
        let ignored = Says::Either("members of epk that are not needed may be checked or ignored (RFC 7518 §4.6.1.1)");
        cases.add(&scene, "private", scene.with_header(|header| header.set("epk", private))).says(ignored);
    }
}

fn key_where_none_is(cases: &mut EncryptedCases<'_>) {
    for (alg, enc) in [(Alg::Dir, Enc::A256Gcm), (Alg::Dir, Enc::A128CbcHs256), (Alg::EcdhEs, Enc::A256Gcm)] {
        let scene = cases.scene(alg, enc);
        let wrapped = scene.wrapped();
        let own = wrapped.cek.clone();
        for (variant, encrypted_key) in [("one-octet", vec![0]), ("noise", vec![0xa5; 40]), ("the-key-itself", own)] {
            cases.add(&scene, variant, scene.seal(&Wrapped { encrypted_key, ..wrapped.clone() }));
        }
    }
}

fn missing_component(cases: &mut EncryptedCases<'_>) {
    for (alg, enc) in [(Alg::A256Kw, Enc::A256Gcm), (Alg::RsaOaep256, Enc::A256Gcm), (Alg::A256GcmKw, Enc::A256Gcm)] {
        let scene = cases.scene_of_any(alg, enc);
        let token = scene.token();
        for (name, part, reason) in [
            ("header", Part::Header, Reason::Malformed),
            ("key", Part::Key, Reason::Malformed),
            ("iv", Part::Iv, Reason::Signature),
            ("ciphertext", Part::Ciphertext, Reason::Signature),
            ("tag", Part::Tag, Reason::Signature),
        ] {
            cases.add(&scene, &format!("{name}-empty"), token.clone().with(part, b"")).reason(reason);
            let mut segments = token.segments.to_vec();
            let segment = segments.remove(part as usize);
            cases.add(&scene, &format!("{name}-left-out"), segments.join("."));
            segments.splice(part as usize..part as usize, [segment.clone(), segment]);
            cases.add(&scene, &format!("{name}-twice"), segments.join("."));
        }
        cases.add(&scene, "period-at-end", format!("{}.", token.compact()));
        cases.add(&scene, "sixth", format!("{}.AAAA", token.compact()));
        cases.add(&scene, "two-joined", token.compact().replacen('.', "", 1));
    }
}

fn aad_mismatch(cases: &mut EncryptedCases<'_>) {
    for (alg, enc) in [(Alg::Dir, Enc::A256Gcm), (Alg::RsaOaep256, Enc::A256Gcm), (Alg::Dir, Enc::A128CbcHs256)] {
        let scene = cases.scene_of_any(alg, enc);
        let token = scene.token();
        let header = scene.wrapped().header;
        let escaped = header.text().replace(r#""typ""#, r#""\u0074yp""#);
        for (variant, text) in [
            ("spaced", header.written("", ": ", ", ")),
            ("reversed", header.clone().reversed().text()),
            ("escaped", escaped),
            ("member-added", header.clone().set_string("kid", "none").text()),
            ("member-removed", header.without("typ").text()),
        ] {
            cases.add(&scene, variant, token.clone().with(Part::Header, text));
        }
    }
}

fn algorithms_swapped(cases: &mut EncryptedCases<'_>) {
    let both = |alg: Alg, encs: [Enc; 2]| Encryption { alg: vec![alg], enc: encs.to_vec() };
    for (alg, enc, other) in
        [(Alg::A256Kw, Enc::A256Gcm, Enc::A128CbcHs256), (Alg::RsaOaep256, Enc::A128CbcHs256, Enc::A256Gcm)]
    {
        let scene = cases.scene(alg, enc);
        let relabelled = scene.wrapped().header.set_string("enc", other.as_str()).text();
        let token = scene.token().with(Part::Header, relabelled);
        let allow = both(scene.alg, [scene.enc, other]);
        cases
            .add_under(&scene, |policy| policy.encryption = Some(allow), "relabelled", token)
            .reason(Reason::Signature);
        cases.add(&scene, "enc-not-listed", sealed_by(&scene, scene.alg, other));
        for (variant, header) in [
            ("enc-unknown", scene.wrapped().header.set_string("enc", "A256CTR")),
            ("enc-absent", scene.wrapped().header.without("enc")),
            ("alg-absent", scene.wrapped().header.without("alg")),
            ("alg-none", scene.wrapped().header.set_string("alg", "none")),
        ] {
            cases.add(&scene, variant, scene.with_header(|_| header));
        }
    }
    for_a_key_of(cases, Alg::A256Kw, Alg::Dir, Enc::A256Gcm);
    for_a_key_of(cases, Alg::EcdhEsA256Kw, Alg::EcdhEs, Enc::A256Gcm);
    for_a_key_of(cases, Alg::RsaOaep256, Alg::RsaOaep, Enc::A256Gcm);
}

/// The header with another value there.
fn rewritten(opening: &mut Opening<'_>, name: &str, value: Json) {
    if let Json::Object(members) = &mut opening.reading.header {
        members.retain(|(known, _)| known != name);
        members.push((name.to_owned(), value));
    }
}

/// The content with each key, opened like this.
fn content_by(opening: &mut Opening<'_>, by: impl Fn(&Opening<'_>, &[u8]) -> Option<Vec<u8>>) -> Result<(), Reason> {
    let opened = opening.ceks.iter().find_map(|cek| by(opening, cek));
    opening.plaintext = opened.ok_or(Reason::Signature)?;
    Ok(())
}

/// AES-CBC with HMAC and AES-GCM with a tag that is compared as far as it goes.
fn open_by_prefix(opening: &Opening<'_>, cek: &[u8]) -> Option<Vec<u8>> {
    let [_, _, iv, ciphertext, given] = &opening.decoded;
    let (enc, aad) = (opening.enc, &opening.segments[0]);
    if iv.len() != enc.iv_width() || given.len() > enc.tag_width() {
        return None;
    }
    if enc.is_gcm() {
        // A stream cipher decrypts by encrypting.
        let (plaintext, _) = jwe::gcm(cek, iv, aad, ciphertext);
        return jwe::gcm(cek, iv, aad, &plaintext).1.starts_with(given).then_some(plaintext);
    }
    let tag = jwe::cbc_tag(enc, &cek[..cek.len() / 2], aad, iv, ciphertext);
    tag.starts_with(given).then(|| open(enc, cek, iv, aad, ciphertext, &tag))?
}

static REFUSES_ENCRYPTED: Misdecrypter = Misdecrypter {
    name: "refuses-encrypted",
    flaw: "refuses valid encrypted tokens",
    mend: "Decrypt by the algorithms that the configuration names.",
    bends: &[(Rule::Segments, |_| Err(Reason::Other))],
};

/// Works as long as there is something left to do, at most a second and a half.
fn until_cut_short(mut goes_on: impl FnMut() -> bool) {
    let started = Instant::now();
    while goes_on() && started.elapsed() < Duration::from_millis(1500) {}
}

static HASHES_AS_TOLD: Misdecrypter = Misdecrypter {
    name: "hashes-as-told",
    flaw: "hashes a password as often as the token says",
    mend: "Bound p2c before deriving a key, at no more than twice what you use yourself.",
    bends: &[(Rule::Parameters, |opening| {
        let mut left = opening.count().filter(|count| *count > sound::MOST_ITERATIONS).unwrap_or_default();
        let mut key = [0; 32];
        until_cut_short(|| {
            const PART: NonZeroU32 = NonZeroU32::new(50_000).expect("it is not 0");
            if left > 0.0 {
                pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, PART, b"salt", &key.clone(), &mut key);
                left -= f64::from(PART.get());
            }
            left > 0.0
        });
        sound::parameters(opening)
    })],
};

static INFLATES_ALL: Misdecrypter = Misdecrypter {
    name: "inflates-all",
    flaw: "decompresses however much comes out",
    mend: "Bound what decompression may give, or do without it.",
    bends: &[(Rule::Compression, |opening| {
        let compressed = opening.plaintext.clone();
        let inflated = sound::compression(opening);
        // Whoever needs a part of it, inflates all of it once more.
        until_cut_short(|| {
            let mut all = Vec::new();
            let is_whole = opening.reading.beyond_limits
                && flate2::read::DeflateDecoder::new(compressed.as_slice()).read_to_end(&mut all).is_ok();
            is_whole && !std::hint::black_box(all).is_empty()
        });
        inflated
    })],
};

static COUNT_LENIENT: Misdecrypter = Misdecrypter {
    name: "count-lenient",
    flaw: "makes a count of whatever p2c holds",
    mend: "Refuse a p2c that is no positive integer.",
    bends: &[(Rule::Parameters, |opening| {
        let count = match opening.reading.header.member("p2c") {
            Some(Json::String(text)) => text.parse().unwrap_or(1.0),
            Some(number @ Json::Number(_)) => number.as_f64().unwrap_or(1.0).floor().max(1.0),
            Some(Json::Bool(_)) => 1.0,
            _ => 1000.0,
        };
        rewritten(opening, "p2c", Json::Number(format!("{count}")));
        sound::parameters(opening)
    })],
};

static SALT_OF_ANY_WIDTH: Misdecrypter = Misdecrypter {
    name: "salt-of-any-width",
    flaw: "takes salts of every width for a password",
    mend: "Refuse a p2s of fewer than eight octets.",
    bends: &[(Rule::Parameters, |_| Ok(()))],
};

static ZIP_IGNORED: Misdecrypter = Misdecrypter {
    name: "zip-ignored",
    flaw: "takes for plain what says that it is compressed in a way that is not known",
    mend: "Refuse a zip that you do not decompress by.",
    bends: &[(Rule::Compression, |opening| {
        let known = opening.reading.header.member("zip").and_then(Json::as_str) == Some("DEF");
        if known { sound::compression(opening) } else { Ok(()) }
    })],
};

static PADDING_UNREAD: Misdecrypter = Misdecrypter {
    name: "pkcs1-padding-unread",
    flaw: "takes the last octets of an RSA decryption for the key, whatever stands before them",
    mend: "Check all of the padding, and go on with a random key where it is wrong, so that nobody sees it.",
    bends: &[(Rule::KeyManagement, |opening| {
        if opening.alg != Alg::Rsa15 {
            return sound::key_management(opening);
        }
        let keys = opening.reading.policy.keys.iter().filter_map(|key| key.jwk.as_ref());
        let keys = keys.filter_map(|jwk| TestKey::from_jwk("recipient", jwk));
        let decrypted = keys.map(|key| jwe::rsa_private(&key, &opening.decoded[1]));
        let width = opening.enc.key_width();
        opening.ceks = decrypted.map(|encoded| encoded[encoded.len() - width..].to_vec()).collect();
        Ok(())
    })],
};

static ALGORITHM_OF_TOKEN: Misdecrypter = Misdecrypter {
    name: "decrypts-as-told",
    flaw: "decrypts by whatever algorithms the token names",
    mend: "Compare alg and enc with what is configured, and alg with that of the key, before using the key.",
    bends: &[
        (Rule::Allowed, |_| Ok(())),
        (Rule::KeyFitness, |opening| {
            let (alg, enc) = (opening.alg, opening.enc);
            opening.keys.retain(|key| key.has_type_of(alg, enc));
            crate::reference::rules::check(!opening.keys.is_empty(), Reason::Key)
        }),
    ],
};

static TAG_AS_LONG_AS_GIVEN: Misdecrypter = Misdecrypter {
    name: "tag-as-long-as-given",
    flaw: "compares only as many octets of the authentication tag as the token brings",
    mend: "Refuse a tag that is not as long as enc says.",
    bends: &[(Rule::Content, |opening| content_by(opening, open_by_prefix))],
};

static ANY_POINT: Misdecrypter = Misdecrypter {
    name: "agrees-with-any-point",
    flaw: "agrees on a key with a point that is not on its curve",
    mend: "Check that the point of epk is on the recipient's curve; refuse an all-zero secret of X25519.",
    bends: &[(Rule::KeyManagement, |opening| {
        sound::key_management(opening).or_else(|reason| {
            // What comes of a point of order three where its multiple is itself, and of one of small order.
            let epk = opening.reading.header.member("epk").ok_or(reason)?;
            let x = epk.member("x").and_then(Json::as_str).and_then(base64url::decode).ok_or(reason)?;
            let shared = if epk.member("y").is_some() { x } else { vec![0; 32] };
            let parties = [Vec::new(), Vec::new()];
            opening.ceks =
                derived(&shared, opening.alg, opening.enc, &parties, &opening.decoded[1]).into_iter().collect();
            Ok(())
        })
    })],
};

static EPHEMERAL_KEY_AS_TEXT: Misdecrypter = Misdecrypter {
    name: "epk-as-text",
    flaw: "reads an epk out of a string or an array",
    mend: "Refuse an epk that is no object.",
    bends: &[(Rule::Parameters, |opening| {
        let inside = match opening.reading.header.member("epk") {
            Some(Json::String(text)) => Json::parse(text.as_bytes()).ok(),
            Some(Json::Array(values)) => values.first().cloned(),
            _ => None,
        };
        if let Some(epk) = inside {
            rewritten(opening, "epk", epk);
        }
        sound::parameters(opening)
    })],
};

static KEY_UNREAD: Misdecrypter = Misdecrypter {
    name: "encrypted-key-unread",
    flaw: "does not look at the encrypted key where its algorithm has none",
    mend: "Refuse an encrypted key with dir and with ECDH-ES.",
    bends: &[(Rule::Parameters, |opening| {
        if matches!(opening.alg, Alg::Dir | Alg::EcdhEs) {
            opening.decoded[1].clear();
        }
        sound::parameters(opening)
    })],
};

static FIVE_OF_SIX: Misdecrypter = Misdecrypter {
    name: "five-parts-of-more",
    flaw: "reads the first five parts and not what follows",
    mend: "Refuse a token that has not five parts exactly.",
    bends: &[(Rule::Segments, |opening| {
        let text = String::from_utf8_lossy(&opening.reading.octets).into_owned();
        opening.reading.octets = text.splitn(6, '.').take(5).collect::<Vec<_>>().join(".").into_bytes();
        sound::segments(opening)
    })],
};

static HEADER_WRITTEN_ANEW: Misdecrypter = Misdecrypter {
    name: "header-written-anew",
    flaw: "authenticates the header as it would write it, not as it was received",
    mend: "Authenticate the first segment's octets as they were received.",
    bends: &[(Rule::Content, |opening| {
        content_by(opening, |opening, cek| {
            let [_, _, iv, ciphertext, tag] = &opening.decoded;
            let Json::Object(members) = &opening.reading.header else { return None };
            let mut members: Vec<_> =
                members.iter().map(|(name, value)| (name, value.to_value().to_string())).collect();
            members.sort();
            let header = members.into_iter().fold(Object::new(), |header, (name, value)| header.set(name, value));
            let aad = base64url::encode(header.text());
            open(opening.enc, cek, iv, aad.as_bytes(), ciphertext, tag)
        })
    })],
};

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "jwe",
    title: "encrypted tokens",
    classes: &[
        Class {
            id: "jwe-valid",
            title: "A valid encrypted token was refused.",
            construction: "valid claims, or a valid signed token, encrypted for the recipient by each key management and \
                           content encryption",
            says: Says::ShouldAccept,
            severity: Severity::Medium,
            references: &["RFC 7516 §5.2", "RFC 7519 §7.2"],
            cwe: None,
            make: Make::Encrypted { build: valid, strawman: &REFUSES_ENCRYPTED },
        },
        Class {
            id: "pbes2-p2c-huge",
            title: "A token whose password is to be hashed ten million times kept the verifier busy.",
            construction: "PBES2-HS256+A128KW, p2c 10,000,000 and 2^31-1",
            says: Says::Bounded(1000),
            severity: Severity::High,
            references: &[
                "RFC 7518 §4.8.1.2",
                "RFC 8725bis §3.13",
                "CVE-2023-51775",
                "CVE-2023-52428",
                "CVE-2023-50967",
            ],
            cwe: Some(400),
            make: Make::Encrypted { build: huge_count, strawman: &HASHES_AS_TOLD },
        },
        Class {
            id: "pbes2-p2c-odd",
            title: "A token whose count of hashes is no positive integer was accepted.",
            construction: "p2c 0, -1, 1000.5, a string, an array, null, true, absent; the key wrapped as a lenient reader \
                           would hash",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7518 §4.8.1.2"],
            cwe: Some(20),
            make: Make::Encrypted { build: odd_count, strawman: &COUNT_LENIENT },
        },
        Class {
            id: "pbes2-short-salt",
            title: "A token whose password is salted with fewer than eight octets was accepted.",
            construction: "p2s of 7, 1 and 0 octets, the key wrapped with it; p2s absent",
            says: Says::ShouldReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7518 §4.8.1.1"],
            cwe: Some(326),
            make: Make::Encrypted { build: short_salt, strawman: &SALT_OF_ANY_WIDTH },
        },
        Class {
            id: "zip-bomb",
            title: "A small token that decompresses to megabytes kept the verifier busy.",
            construction: "zip DEF, valid claims with a member of 1, 10, 64 and 320 MiB; of 64 MiB in zlib's format",
            says: Says::Bounded(1000),
            severity: Severity::High,
            references: &["RFC 8725bis §3.15", "RFC 8725 §3.6", "CVE-2024-28180", "CVE-2024-33664", "CVE-2024-21319"],
            cwe: Some(409),
            make: Make::Encrypted { build: zip_bomb, strawman: &INFLATES_ALL },
        },
        Class {
            id: "zip-unknown",
            title: "A token that says it is compressed in an unknown way was accepted.",
            construction: "zip GZIP and empty over plain content, def over deflated, DEF over what is not, an array",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7516 §4.1.3", "RFC 7516 §5.2"],
            cwe: Some(20),
            make: Make::Encrypted { build: zip_unknown, strawman: &ZIP_IGNORED },
        },
        Class {
            id: "rsa1-5-oracle",
            title: "A token whose RSA padding is wrong was accepted.",
            construction: "RSA1_5, the padding of the encrypted key wrong in each of ten ways",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 7516 §11.5", "RFC 8017 §7.2.2", "RFC 3218", "RFC 8725 §3.2"],
            cwe: Some(203),
            make: Make::Encrypted { build: pkcs1_faults, strawman: &PADDING_UNREAD },
        },
        Class {
            id: "rsa1-5-with-oaep-key",
            title: "A token whose key is encrypted by RSA1_5 was decrypted with a key for RSA-OAEP.",
            construction: "RSA1_5 to a key whose alg is RSA-OAEP, where the policy lists RSA-OAEP alone, or both",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::High,
            references: &["RFC 7517 §4.4", "RFC 8725 §3.1", "RFC 8725 §3.2"],
            cwe: Some(327),
            make: Make::Encrypted { build: pkcs1_for_an_oaep_key, strawman: &ALGORITHM_OF_TOKEN },
        },
        Class {
            id: "kw-gcmkw-swap",
            title: "A token whose key is wrapped in another way than the recipient's key is for was decrypted.",
            construction: "A128KW to a key for A128GCMKW, and the other way round; the same with 256 bits",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Medium,
            references: &["RFC 7517 §4.4", "RFC 8725 §3.1"],
            cwe: Some(327),
            make: Make::Encrypted { build: wrapping_swapped, strawman: &ALGORITHM_OF_TOKEN },
        },
        Class {
            id: "cbc-hmac-tag",
            title: "A token whose content is not what its HMAC tag covers was accepted.",
            construction: "AES-CBC with HMAC: tag turned, cut, lengthened, left out; vector and ciphertext turned; \
                           wrong padding under a right tag",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 7518 §5.2.2.2", "RFC 7516 §5.2", "CVE-2017-12973"],
            cwe: Some(354),
            make: Make::Encrypted { build: cbc_tag, strawman: &TAG_AS_LONG_AS_GIVEN },
        },
        Class {
            id: "gcm-tag-length",
            title: "A token whose GCM tag or vector is not as long as it must be was accepted.",
            construction: "AES-GCM: tag of 15, 12, 8, 4, 0 octets, of the content and of a wrapped key; vector of 0, 8, 16 \
                           octets; tag, vector, ciphertext turned",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 7518 §5.3", "RFC 7518 §4.7.1", "RFC 7516 §5.2"],
            cwe: Some(354),
            make: Make::Encrypted { build: gcm_tag, strawman: &TAG_AS_LONG_AS_GIVEN },
        },
        Class {
            id: "ecdh-invalid-curve",
            title: "A token whose ephemeral key is not on the recipient's curve was decrypted.",
            construction: "epk of order three on another curve, the origin, a point with its y turned; X25519 of small \
                           order; the content encrypted as such an agreement comes out",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 8725 §2.5", "RFC 8725 §3.4", "RFC 8037 §5", "CVE-2017-12974", "CVE-2017-16007"],
            cwe: Some(347),
            make: Make::Encrypted { build: invalid_curve, strawman: &ANY_POINT },
        },
        Class {
            id: "ecdh-epk-not-object",
            title: "A token whose ephemeral key is no public key of the recipient's curve was accepted.",
            construction: "epk a string or an array that holds the right key, null, empty, absent; crv or kty another",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7518 §4.6.1.1", "RFC 7517 §4.1"],
            cwe: Some(20),
            make: Make::Encrypted { build: ephemeral_key_faults, strawman: &EPHEMERAL_KEY_AS_TEXT },
        },
        Class {
            id: "dir-nonempty-key",
            title: "A token with an encrypted key where its algorithm has none was accepted.",
            construction: "dir and ECDH-ES with an encrypted key of one octet, of noise, of the key itself",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7516 §5.2", "RFC 7518 §4.5", "RFC 7518 §4.6"],
            cwe: Some(20),
            make: Make::Encrypted { build: key_where_none_is, strawman: &KEY_UNREAD },
        },
        Class {
            id: "jwe-missing-component",
            title: "A token that is not five parts, or one of whose parts is empty, was accepted.",
            construction: "each of the five parts emptied, left out, doubled; a sixth part; two joined",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Medium,
            references: &["RFC 7516 §5.2", "RFC 7516 §7.1"],
            cwe: Some(20),
            make: Make::Encrypted { build: missing_component, strawman: &FIVE_OF_SIX },
        },
        Class {
            id: "jwe-aad-mismatch",
            title: "A token whose header was written anew after it was encrypted was accepted.",
            construction: "the header with spaces, in another order, escaped, with a member more or less, over the old \
                           ciphertext and tag",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 7516 §5.2"],
            cwe: Some(354),
            make: Make::Encrypted { build: aad_mismatch, strawman: &HEADER_WRITTEN_ANEW },
        },
        Class {
            id: "jwe-alg-enc-swap",
            title: "A token encrypted by other algorithms than the recipient allows was decrypted.",
            construction: "enc another of the same key size, in the header alone or in earnest; alg dir, ECDH-ES, RSA-OAEP \
                           where another is listed; enc and alg unknown or absent",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Medium,
            references: &["RFC 7516 §5.2", "RFC 8725 §3.1", "RFC 7517 §4.4"],
            cwe: Some(757),
            make: Make::Encrypted { build: algorithms_swapped, strawman: &ALGORITHM_OF_TOKEN },
        },
    ],
};
