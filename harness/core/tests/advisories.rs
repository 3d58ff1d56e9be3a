//! The strawmen made after public advisories: each works, each is wrong, and each can be felled.
//!
//! For each there is one token here, written by hand after the advisory, that the strawman answers as no sound verifier may.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rsa::BigUint;
use token_assay::attacks::scene::{self, Scene, Setting};
use token_assay::attacks::strawmen;
use token_assay::forge::{Forge, Hash, Jws, NOW, Object, Scheme, TestKey, base64url, json, sign};
use token_assay::model::{Algorithm, Answer, Fault, Input, Key, Policy, Profile, Request, Verdict};
use token_assay::reference::{self, Ruling};
use token_assay::strawman::cves::FROM_ADVISORIES;
use token_assay::strawman::{Sound, Strawman};
use token_assay::targets::Verifier;

#[test]
fn each_differs_from_the_sound_verifier_on_its_witness() {
    let bench = Workbench { forge: Forge::new(NOW) };
    let mut standing = Vec::new();
    for strawman in FROM_ADVISORIES {
        let (input, policy) = witness(strawman)(&bench);
        let request = Request { input: &input, policy: &policy };
        let ruling = reference::rule(request);
        let answer_of_it = answer(strawman, request);
        if admits(&ruling, &answer_of_it) {
            standing.push(format!("{}: {ruling:?} admits {answer_of_it:?}", strawman.name));
        }
        assert!(admits(&ruling, &answer(&Sound, request)), "{}: the sound verifier falls for it", strawman.name);
    }
    assert!(standing.is_empty(), "{}", standing.join("\n"));
}

#[test]
fn each_accepts_valid_tokens_and_refuses_tampered_ones() {
    let forge = Forge::new(NOW);
    let pinned = (Profile::Pinned, &[Algorithm::Hs256][..]);
    let settings = [pinned, (Profile::PinnedClaims, scene::COMMON)]
        .into_iter()
        .flat_map(|(profile, algorithms)| algorithms.iter().map(move |&algorithm| Setting { profile, algorithm }));
    let controls: Vec<_> = settings.map(|setting| (setting, Scene::new(&forge, setting).control())).collect();
    let mut wrong = Vec::new();
    for strawman in FROM_ADVISORIES {
        let mut accepts_tampered = false;
        for (setting, control) in &controls {
            let of = |input| answer(strawman, Request { input, policy: &control.policy });
            let valid = of(&control.valid);
            let accepted =
                matches!(&valid, Answer::Verdict(Verdict::Accept { claims, .. }) if claims.same_as(&control.claims));
            if !accepted {
                wrong.push(format!("{} does not accept the valid token of {setting}", strawman.name));
            }
            accepts_tampered |= !matches!(of(&control.tampered), Answer::Verdict(Verdict::Reject { .. }));
        }
        let excepted = ACCEPT_TAMPERED.iter().any(|(name, _)| *name == strawman.name);
        if accepts_tampered != excepted {
            wrong.push(format!("{} accepts a tampered token: {accepts_tampered}, excepted: {excepted}", strawman.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_are_forty_or_more_and_each_has_a_name_of_its_own() {
    assert!(FROM_ADVISORIES.len() >= 40);
    let names: BTreeSet<&str> = FROM_ADVISORIES.iter().map(|strawman| strawman.name).collect();
    assert_eq!(names.len(), FROM_ADVISORIES.len());
    // `strawmen` leaves out a second one of a name: if all are there, no other is called like one of these.
    let known: Vec<&'static Strawman> = strawmen().collect();
    for strawman in FROM_ADVISORIES {
        assert!(known.iter().any(|known| std::ptr::eq(*known, strawman)), "{} is hidden", strawman.name);
        assert_eq!(
            token_assay::run::verifier(&format!("strawman-{}", strawman.name)).map(|v| v.info().name),
            Some(format!("strawman-{}", strawman.name))
        );
    }
}

#[test]
fn names_begin_with_an_identifier_and_no_two_strawmen_share_one() {
    let mut identifiers = BTreeSet::new();
    for strawman in FROM_ADVISORIES {
        let parts: Vec<&str> = strawman.name.split('-').collect();
        let digits = |part: &str| part.bytes().all(|octet| octet.is_ascii_digit());
        let identifier = match parts[..] {
            ["cve", year, number, ..] => {
                assert!(year.len() == 4 && digits(year) && number.len() >= 4 && digits(number), "{}", strawman.name);
                format!("{year}-{number}")
            }
            ["ghsa", first, second, third, ..] => {
                assert!([first, second, third].iter().all(|part| part.len() == 4), "{}", strawman.name);
                format!("{first}-{second}-{third}")
            }
            _ => panic!("{} names no advisory", strawman.name),
        };
        assert!(identifiers.insert(identifier), "{} has a twin", strawman.name);
        assert!(strawman.mend.ends_with('.') && !strawman.flaw.ends_with('.'), "{}", strawman.name);
    }
}

#[test]
fn every_witness_is_one_of_a_strawman() {
    let names: BTreeSet<&str> = FROM_ADVISORIES.iter().map(|strawman| strawman.name).collect();
    let witnessed: Vec<&str> = WITNESSES.iter().map(|(name, _)| *name).collect();
    assert_eq!(witnessed.iter().copied().collect::<BTreeSet<&str>>(), names);
    assert_eq!(witnessed.len(), names.len(), "a strawman has two witnesses");
    assert!(ACCEPT_TAMPERED.iter().all(|(name, because)| names.contains(name) && because.len() > 20));
}

/// What tokens are made with.
struct Workbench {
    forge: Forge,
}

type Witness = fn(&Workbench) -> (Input, Policy);

impl Workbench {
    fn at(&self, profile: Profile, algorithm: Algorithm) -> Scene<'_> {
        Scene::new(&self.forge, Setting { profile, algorithm })
    }

    /// A verifier that is given no list, and the text of its key in this form.
    fn keyed_by_text(&self, algorithm: Algorithm, text: impl FnOnce(&TestKey) -> String) -> Scene<'_> {
        let scene = self.at(Profile::LibraryDefault, algorithm);
        let text = text(scene.key);
        scene.with(|policy| policy.keys[0].pem = Some(text))
    }
}

fn witness(strawman: &Strawman) -> Witness {
    let found = WITNESSES.iter().find(|(name, _)| *name == strawman.name);
    found.unwrap_or_else(|| panic!("{} has no witness", strawman.name)).1
}

fn answer(verifier: &dyn Verifier, request: Request<'_>) -> Answer {
    match catch_unwind(AssertUnwindSafe(|| verifier.verify(request))) {
        Ok(verdict) => Answer::Verdict(verdict),
        Err(_) => Answer::Fault(Fault::Panic(String::new())),
    }
}

/// Whether the standard admits an answer.
fn admits(ruling: &Ruling, answer: &Answer) -> bool {
    let Answer::Verdict(verdict) = answer else { return false };
    match (ruling, verdict) {
        (Ruling::Accept(wanted), Verdict::Accept { claims, .. }) => claims.same_as(wanted),
        (Ruling::RejectOrLast(wanted), Verdict::Accept { claims, .. }) => claims.same_as(wanted),
        (Ruling::Reject(_) | Ruling::RejectOrLast(_), Verdict::Reject { .. }) => true,
        (Ruling::Bounded | Ruling::Either(_), Verdict::Accept { .. } | Verdict::Reject { .. }) => true,
        _ => false,
    }
}

/// The token under the scene's policy.
fn under(scene: &Scene<'_>, token: impl Into<String>) -> (Input, Policy) {
    (Input::Token(token.into()), (*scene.policy).clone())
}

/// An administrator's token of HS256 whose MAC is keyed with these octets.
fn keyed(scene: &Scene<'_>, secret: impl AsRef<[u8]>) -> (Input, Policy) {
    let header = scene.header().set_string("alg", "HS256");
    let token = scene.forge.mac_with(header.text(), scene.forged_claims().text(), secret.as_ref(), Hash::Sha256);
    under(scene, token.compact())
}

/// An administrator's token without a signature that says this algorithm.
fn unsigned(scene: &Scene<'_>, alg: &str) -> (Input, Policy) {
    let header = scene.header().set_string("alg", alg);
    under(scene, Jws::unsigned(header.text(), scene.forged_claims().text()).compact())
}

/// An administrator's token with these octets for a signature.
fn signed_with(scene: &Scene<'_>, signature: impl AsRef<[u8]>) -> (Input, Policy) {
    let token = Jws::unsigned(scene.header().text(), scene.forged_claims().text());
    under(scene, token.with_signature(signature).compact())
}

/// The scene's valid token with other octets for its signature.
fn resigned(scene: &Scene<'_>, change: impl FnOnce(&mut Vec<u8>)) -> (Input, Policy) {
    let token = scene.token();
    let mut signature = token.signature_octets();
    change(&mut signature);
    under(scene, token.with_signature(signature).compact())
}

/// A token with these claims, truly signed.
fn claiming(scene: &Scene<'_>, change: impl FnOnce(Object) -> Object) -> (Input, Policy) {
    under(scene, scene.sign_claims(&change(scene.claims())).compact())
}

/// A token with this header, truly signed.
fn headed(scene: &Scene<'_>, change: impl FnOnce(Object) -> Object) -> (Input, Policy) {
    under(scene, scene.sign_header(&change(scene.header())).compact())
}

/// An administrator's token with the attacker's public key in its header and a signature by it.
fn embedding(scene: &Scene<'_>, kid: &str) -> (Input, Policy) {
    let attacker = scene.forge.keys().attacker(scene.algorithm());
    let mut jwk = attacker.jwk();
    jwk["kid"] = kid.into();
    let header = scene.header().set("jwk", jwk.to_string());
    let token = scene.forge.sign(header.text(), scene.forged_claims().text(), attacker, scene.algorithm());
    under(scene, token.compact())
}

/// r and s as a SEQUENCE of two INTEGERs.
fn as_der(signature: &[u8]) -> Vec<u8> {
    let signature = p256::ecdsa::Signature::from_slice(signature).expect("a signature on P-256");
    signature.to_der().as_bytes().to_vec()
}

/// The signature plus L, which is the same S to who counts modulo L.
fn plus_order(signature: &mut [u8]) {
    let order: BigUint =
        (BigUint::from(1_u8) << 252) + BigUint::from(27_742_317_777_372_353_535_851_937_790_883_648_493_u128);
    let sum = (BigUint::from_bytes_le(&signature[32..]) + order).to_bytes_le();
    signature[32..].fill(0);
    signature[32..32 + sum.len()].copy_from_slice(&sum);
}

/// A number whose cube begins as the encoded message does; no private key is needed where the exponent is 3.
fn cube_root_forgery(message: &[u8]) -> Vec<u8> {
    let info = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
        0x20,
    ];
    let mut block = [&[0, 1], [0xff; 8].as_slice(), &[0], &info, &sign::digest(Hash::Sha256, message)].concat();
    block.resize(256, 0);
    let (block, one) = (BigUint::from_bytes_be(&block), BigUint::from(1_u8));
    let (mut low, mut high) = (one.clone(), one.clone() << 700);
    while &low + &one < high {
        let middle: BigUint = (&low + &high) >> 1;
        if &middle * &middle * &middle < block { low = middle } else { high = middle }
    }
    high.to_bytes_be()
}

/// The one of these that needs two tokens: the first is verified, the second gets its answer.
fn after_another(bench: &Workbench) -> (Input, Policy) {
    let scene = bench.at(Profile::PinnedClaims, Algorithm::Hs256);
    let strawman =
        FROM_ADVISORIES.iter().find(|strawman| strawman.name == "cve-2026-35039-cache").expect("it is there");
    let first = Input::Token(scene.token().compact());
    strawman.verify(Request { input: &first, policy: &scene.policy });
    claiming(&scene, |claims| claims.set_string("sub", "user-2"))
}

/// Strawmen that accept tampered copies of valid tokens, and why that is their flaw and not a second one.
const ACCEPT_TAMPERED: [(&str, &str); 2] = [
    ("cve-2023-23928-hs256", "the advisory says that signatures of HS256 are not checked at all"),
    (
        "cve-2026-35039-cache",
        "the tampered copy has issuer and audience of the valid token, which is what is remembered",
    ),
];

const WITNESSES: &[(&str, Witness)] = &[
    ("cve-2015-2951-none", |bench| unsigned(&bench.at(Profile::Pinned, Algorithm::Rs256), "none")),
    ("cve-2015-9235-pem", |bench| {
        let scene = bench.at(Profile::Pinned, Algorithm::Rs256);
        keyed(&scene, scene.key.pem.as_ref().expect("an RSA key has a PEM"))
    }),
    ("cve-2017-11424-label", |bench| {
        let pkcs1 = |key: &TestKey| key.pkcs1_pem.clone().expect("an RSA key has a PKCS #1 form");
        let scene = bench.keyed_by_text(Algorithm::Rs256, pkcs1);
        keyed(&scene, pkcs1(scene.key))
    }),
    ("cve-2018-0114-embedded", |bench| embedding(&bench.at(Profile::Pinned, Algorithm::Rs256), "any")),
    ("cve-2018-1000125-two", |bench| {
        let scene = bench.at(Profile::Pinned, Algorithm::Hs256);
        under(&scene, Jws::unsigned(scene.header().text(), scene.forged_claims().text()).two_segments())
    }),
    ("cve-2020-14968-prepended", |bench| {
        resigned(&bench.at(Profile::Pinned, Algorithm::Ps256), |signature| signature.insert(0, 0))
    }),
    ("cve-2020-15084-unfound", |bench| {
        let scene = bench.at(Profile::KeySet, Algorithm::Rs256).with(|policy| policy.algorithms = None);
        let header = scene.header().set_string("alg", "none").set_string("kid", "nobody");
        under(&scene, Jws::unsigned(header.text(), scene.forged_claims().text()).compact())
    }),
    ("cve-2020-26160-array", |bench| {
        let scene = bench.at(Profile::PinnedClaims, Algorithm::Hs256);
        claiming(&scene, |claims| claims.set("aud", r#"["https://other.example"]"#))
    }),
    ("cve-2020-28042-short", |bench| {
        resigned(&bench.at(Profile::Pinned, Algorithm::Hs256), |signature| signature.truncate(5))
    }),
    ("cve-2021-21378-missing", |bench| {
        let scene = bench.at(Profile::PinnedClaims, Algorithm::Rs256);
        let claims = scene.forged_claims().set_string("iss", "https://nobody.example");
        under(&scene, Jws::unsigned(scene.header().text(), claims.text()).with_signature([1; 256]).compact())
    }),
    ("cve-2021-41106-path", |bench| {
        let path = "file:///run/keys/secret";
        let scene =
            bench.at(Profile::Pinned, Algorithm::Hs256).with(|policy| policy.keys[0].pem = Some(path.to_owned()));
        keyed(&scene, path)
    }),
    ("cve-2021-43572-halves", |bench| signed_with(&bench.at(Profile::Pinned, Algorithm::Es256), [0, 0])),
    ("cve-2021-46743-kid", |bench| {
        let both = Some(vec![Algorithm::Rs256, Algorithm::Hs256]);
        let scene = bench.at(Profile::KeySet, Algorithm::Rs256).with(|policy| policy.algorithms = both);
        keyed(&scene, scene.key.pem.as_ref().expect("an RSA key has a PEM"))
    }),
    ("cve-2022-21449-blank", |bench| signed_with(&bench.at(Profile::Pinned, Algorithm::Es384), [0; 96])),
    ("cve-2022-23539-type", |bench| {
        let rs256 = Some(vec![Algorithm::Rs256]);
        let scene = bench.at(Profile::Pinned, Algorithm::Es256).with(|policy| policy.algorithms = rs256);
        let token = scene.sign_header(&scene.header().set_string("alg", "RS256"));
        let der = as_der(&token.signature_octets());
        under(&scene, token.with_signature(der).compact())
    }),
    ("cve-2022-23540-falsy", |bench| {
        let scene = bench.at(Profile::LibraryDefault, Algorithm::Hs256).with(|policy| policy.keys.clear());
        unsigned(&scene, "none")
    }),
    ("cve-2022-23541-lookup", |bench| {
        let scene = bench.at(Profile::MixedList, Algorithm::Rs256);
        keyed(&scene, scene.key.pem.as_ref().expect("an RSA key has a PEM"))
    }),
    ("cve-2022-24772-tail", |bench| {
        let scene = bench.at(Profile::Pinned, Algorithm::Rs256).with_jwk(|jwk| jwk.set_string("e", "Aw"));
        let token = Jws::unsigned(scene.header().text(), scene.forged_claims().text());
        let forgery = cube_root_forgery(token.signing_input().as_bytes());
        under(&scene, token.with_signature(forgery).compact())
    }),
    ("cve-2022-29217-openssh", |bench| {
        let openssh = |key: &TestKey| key.openssh.clone().expect("a key on P-256 has an OpenSSH form");
        let scene = bench.keyed_by_text(Algorithm::Es256, openssh);
        keyed(&scene, openssh(scene.key))
    }),
    ("cve-2022-39227-polyglot", |bench| {
        let scene = bench.at(Profile::Pinned, Algorithm::Hs256);
        let valid = scene.token();
        let forged = valid.clone().with_payload(scene.forged_claims().text());
        let first = format!("  {}.{}.", forged.header, forged.payload);
        let text = Object::new()
            .set_string(&first, "")
            .set_string("protected", &valid.header)
            .set_string("payload", &valid.payload)
            .set_string("signature", &valid.signature);
        under(&scene, text.text())
    }),
    ("cve-2022-39366-parse", |bench| unsigned(&bench.at(Profile::Pinned, Algorithm::Hs256), "HS256")),
    ("cve-2023-22463-constant", |bench| {
        keyed(&bench.at(Profile::Pinned, Algorithm::Hs256), "signature_hmac_secret_shared_key")
    }),
    ("cve-2023-23928-hs256", |bench| signed_with(&bench.at(Profile::Pinned, Algorithm::Hs256), [7; 32])),
    ("cve-2023-29357-proof", |bench| {
        let scene = bench.at(Profile::Pinned, Algorithm::Rs256);
        let claims = scene.forged_claims().set_string("ver", "hashedprooftoken").set("isloopback", "true");
        let header = scene.header().set_string("alg", "none");
        under(&scene, Jws::unsigned(header.text(), claims.text()).compact())
    }),
    ("cve-2024-21664-protected", |bench| {
        let scene = bench.at(Profile::Pinned, Algorithm::Hs256);
        let valid = scene.token();
        let text = Object::new().set_string("payload", &valid.payload).set_string("signature", &valid.signature);
        under(&scene, text.text())
    }),
    ("cve-2024-31033-base64", |bench| {
        // 43 characters that are base64 and dashes that are not: 32 octets.
        let text = "c2VjcmV0-c2VjcmV0-c2VjcmV0-c2VjcmV0-c2VjcmV0-c2Vj";
        let key = scene::secret_key(text.as_bytes());
        let scene = bench.at(Profile::Pinned, Algorithm::Hs256).with(|policy| policy.keys = vec![key]);
        keyed(&scene, "secretsecretsecretsecretsecretsec")
    }),
    ("cve-2024-33531-enc", |bench| {
        let scene = bench.at(Profile::Pinned, Algorithm::Hs256);
        let header = scene.header().set_string("enc", "A256GCM");
        under(&scene, Jws::unsigned(header.text(), scene.forged_claims().text()).with_signature([7; 32]).compact())
    }),
    ("cve-2024-34273-prototype", |bench| {
        let scene = bench.at(Profile::Pinned, Algorithm::Hs256);
        headed(&scene, |header| header.without("alg").set("__proto__", r#"{"alg":"HS256"}"#))
    }),
    ("cve-2024-42459-zeros", |bench| {
        resigned(&bench.at(Profile::Pinned, Algorithm::EdDsa), |signature| signature.push(0))
    }),
    ("cve-2024-47806-aud", |bench| {
        let scene = bench.at(Profile::PinnedClaims, Algorithm::Hs256);
        claiming(&scene, |claims| claims.set_string("aud", "https://other.example"))
    }),
    ("cve-2024-47807-iss", |bench| {
        let scene = bench.at(Profile::PinnedClaims, Algorithm::Hs256);
        claiming(&scene, |claims| claims.set_string("iss", "https://other.example"))
    }),
    ("cve-2024-48949-order", |bench| {
        resigned(&bench.at(Profile::Pinned, Algorithm::EdDsa), |signature| plus_order(signature))
    }),
    ("cve-2024-51744-both", |bench| {
        let scene = bench.at(Profile::Pinned, Algorithm::Hs256);
        let claims = scene.forged_claims().set("exp", (NOW - 60).to_string());
        under(&scene, Jws::unsigned(scene.header().text(), claims.text()).with_signature([7; 32]).compact())
    }),
    ("cve-2024-53861-part", |bench| {
        let scene = bench.at(Profile::PinnedClaims, Algorithm::Hs256);
        claiming(&scene, |claims| claims.set_string("iss", "https://issuer"))
    }),
    ("cve-2025-20188-notfound", |bench| {
        keyed(&bench.at(Profile::Pinned, Algorithm::Hs256).with(|policy| policy.keys.clear()), "notfound")
    }),
    ("cve-2025-24976-material", |bench| {
        let scene = bench.at(Profile::KeySet, Algorithm::Es256);
        embedding(&scene, &scene.key.name)
    }),
    ("cve-2025-30144-array", |bench| {
        let scene = bench.at(Profile::PinnedClaims, Algorithm::Hs256);
        claiming(&scene, |claims| claims.set("iss", r#"["https://other.example","https://issuer.example"]"#))
    }),
    ("cve-2025-30204-dots", |bench| under(&bench.at(Profile::Pinned, Algorithm::Hs256), ".".repeat(200_000))),
    ("cve-2025-45768-short", |bench| {
        let key = scene::secret_key(b"short");
        keyed(&bench.at(Profile::Pinned, Algorithm::Hs256).with(|policy| policy.keys = vec![key]), "short")
    }),
    ("cve-2025-45769-small", |bench| {
        let key = TestKey::from_jwk("small", &serde_json::from_str(RSA_1024).expect("JSON")).expect("a key");
        let scene = bench.at(Profile::Pinned, Algorithm::Rs256).with(|policy| policy.keys = vec![key.every_form()]);
        let token = scene.forge.sign(scene.header().text(), scene.claims().text(), &key, Algorithm::Rs256);
        under(&scene, token.compact())
    }),
    ("cve-2025-53864-claims", |bench| {
        let scene = bench.at(Profile::Pinned, Algorithm::Hs256);
        claiming(&scene, |claims| claims.set("a", nested(5_000)))
    }),
    ("cve-2025-59420-crit", |bench| {
        let scene = bench.at(Profile::Pinned, Algorithm::Hs256);
        headed(&scene, |header| header.set("b64", "false").set("crit", r#"["b64"]"#))
    }),
    ("cve-2026-102266-oct", |bench| {
        let empty = Key { jwk: Some(serde_json::json!({"kty": "oct", "k": ""})), ..Key::default() };
        keyed(&bench.at(Profile::Pinned, Algorithm::Hs256).with(|policy| policy.keys = vec![empty]), "")
    }),
    ("cve-2026-102268-lines", |bench| {
        let blanks = |key: &TestKey| key.pem.as_ref().expect("an RSA key has a PEM").replace('\n', " ");
        let scene = bench.keyed_by_text(Algorithm::Rs256, blanks);
        keyed(&scene, blanks(scene.key))
    }),
    ("cve-2026-102269-dropped", |bench| {
        let scene = bench.at(Profile::Pinned, Algorithm::Hs256);
        under(&scene, scene.token().compact() + "!!!!")
    }),
    ("cve-2026-102273-set", |bench| {
        let both = Some(vec![Algorithm::Rs256, Algorithm::Hs256]);
        let set = |key: &TestKey| Object::new().set("keys", json::array([&key.jwk_text])).text();
        let scene = bench.keyed_by_text(Algorithm::Rs256, set).with(|policy| policy.algorithms = both);
        keyed(&scene, set(scene.key))
    }),
    ("cve-2026-103001-options", |bench| {
        let scene = bench.at(Profile::Pinned, Algorithm::Hs256);
        claiming(&scene, |claims| claims.set("exp", (NOW - 60).to_string()))
    }),
    ("cve-2026-23993-unknown", |bench| unsigned(&bench.at(Profile::Pinned, Algorithm::Hs256), "foo")),
    ("cve-2026-25537-unread", |bench| {
        let scene = bench.at(Profile::Pinned, Algorithm::Hs256);
        claiming(&scene, |claims| claims.set_string("nbf", "99999999999"))
    }),
    ("cve-2026-27962-keyless", |bench| {
        embedding(&bench.at(Profile::Pinned, Algorithm::Rs256).with(|policy| policy.keys.clear()), "any")
    }),
    ("cve-2026-28802-default", |bench| unsigned(&bench.at(Profile::LibraryDefault, Algorithm::Rs256), "none")),
    ("cve-2026-32597-crit", |bench| {
        let scene = bench.at(Profile::Pinned, Algorithm::Hs256);
        headed(&scene, |header| header.set("crit", r#"["x-custom-policy"]"#).set_string("x-custom-policy", "mfa"))
    }),
    ("cve-2026-34950-anchor", |bench| {
        let indented = |key: &TestKey| format!("\n{}", key.pem.as_ref().expect("an RSA key has a PEM"));
        let scene = bench.keyed_by_text(Algorithm::Rs256, indented);
        keyed(&scene, indented(scene.key))
    }),
    ("cve-2026-35039-cache", after_another),
    ("cve-2026-41164-kind", |bench| {
        let wanted = Some("at+jwt".to_owned());
        let scene = bench.at(Profile::Pinned, Algorithm::Hs256).with(|policy| policy.typ = wanted);
        headed(&scene, |header| header.set_string("typ", "vp+jwt"))
    }),
    ("cve-2026-44351-lookup", |bench| {
        let scene = bench.at(Profile::KeySet, Algorithm::Hs256);
        let header = scene.header().set_string("kid", "nobody");
        under(&scene, scene.forge.mac_with(header.text(), scene.forged_claims().text(), b"", Hash::Sha256).compact())
    }),
    ("cve-2026-44459-falsy", |bench| {
        claiming(&bench.at(Profile::Pinned, Algorithm::Hs256), |claims| claims.set("exp", "0"))
    }),
    ("cve-2026-44699-rsa", |bench| keyed(&bench.at(Profile::LibraryDefault, Algorithm::Rs256), "")),
    ("cve-2026-45363-nil", |bench| {
        keyed(&bench.at(Profile::Pinned, Algorithm::Hs256).with(|policy| policy.keys.clear()), "")
    }),
    ("cve-2026-48523-bound", |bench| {
        let scene = bench.at(Profile::Pinned, Algorithm::Rs256).with_jwk(|jwk| jwk.set_string("alg", "PS256"));
        let pss = Scheme::Pss(Hash::Sha256);
        under(&scene, scene.forge.sign_as(scene.header().text(), scene.claims().text(), scene.key, pss).compact())
    }),
    ("cve-2026-48526-jwk", |bench| {
        let scene = bench.at(Profile::MixedList, Algorithm::Rs256);
        keyed(&scene, &scene.key.jwk_text)
    }),
    ("cve-2026-85394-der", |bench| {
        let scene = bench.at(Profile::LibraryDefault, Algorithm::Rs256);
        keyed(&scene, scene.key.spki_der().expect("an RSA key has a DER form"))
    }),
    ("ghsa-8wjv-2p76-3863-header", |bench| {
        let scene = bench.at(Profile::Pinned, Algorithm::Hs256);
        let header = format!(r#"{{"alg":"HS256","a":{}}}"#, nested(5_000));
        under(&scene, format!("{}.e30.", base64url::encode(header)))
    }),
];

/// Arrays in each other.
fn nested(depth: usize) -> String {
    "[".repeat(depth) + &"]".repeat(depth)
}

/// A key that was made for this and is not used for anything.
const RSA_1024: &str = r#"{
    "kty": "RSA", "e": "AQAB",
    "n": "tW0b5HFhqvOnidgTB_5XfbF9SLP5_fEefrQhCRYMMCAi-h82ywqNjsoyfJzgo3JEZ0KDcieQR7ZGLDjvtpvXs_DorL3yFD2hT3Zc83EccPzF4XcmpZEvaIJGezL58JCBXP9Fh5KIEsi3LEDrXolOKIO1JdQMycQr47ie3S7TQEE",
    "d": "TlfLT55WWofUtQWFUlJWXYSjYR22uh3A2V3XViEbKjz2XaPU-WCZOCvAGWd06Z-SQjTKpiTHfPAM5VPAz84EGomUuzb0kZmZyof0UatsUUawMjdjwX3m_IinsF8ryBvLGueiJ2gCWDZayZbSPxyOaFBvPEeyLws1ixT0eNYMJAE",
    "p": "3xALYy-A8zMC9nRsjXGnMyrfwwaKD491ewMSzMB0upZfH_k6OTeNgPd7PS6Mu-stiEzzhC6nTheJ35A682igkQ",
    "q": "0Dcr1SKsoswMumRCuLL1nXKwlVn1EHAOYvNutKIiNlrPrVGX-fRbzq_hMmFB1ocC8_UNquI8GlkwGvzsdVZ8sQ"
}"#;

#[test]
fn what_is_out_of_reach_is_a_strawman_and_has_a_reason() {
    for (name, reason) in token_assay::power::OUT_OF_REACH {
        assert!(FROM_ADVISORIES.iter().any(|strawman| strawman.name == *name), "{name}");
        assert!(!reason.is_empty());
    }
}
