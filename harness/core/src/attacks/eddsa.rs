//! Ed25519 signatures and points that are out of range, of small order, written otherwise, or made for something else (RFC
//! 8032 §5.1, RFC 8037 §3.1).

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::{EdwardsPoint, Scalar};
use token_assay_model::{Key, Profile, Reason, Severity};

use super::scene::{Scene, Setting, on};
use super::{Cases, Class, Family, Make, Says};
use crate::forge::raw::{BigUint, EdwardsKey, challenge, domain, fixed};
use crate::forge::sign::{Hash, digest};
use crate::forge::{Jws, Object, base64url, der};
use crate::reference::key::{Material, PublicKey};
use crate::reference::{Reading, Rule, rules};
use crate::strawman::{PANICS, Strawman};

fn key(scene: &Scene<'_>) -> EdwardsKey {
    EdwardsKey::of(scene.key).expect("the classes play on settings of Ed25519 only")
}

/// The valid token, and R and S of its signature.
fn genuine(scene: &Scene<'_>) -> (Jws, [Vec<u8>; 2]) {
    let token = scene.token();
    let signature = token.signature_octets();
    let (r, s) = signature.split_at(32);
    (token, [r.to_vec(), s.to_vec()])
}

fn unsigned(scene: &Scene<'_>, number: u32) -> Jws {
    let claims = scene.claims().set_string("jti", &format!("id-{number}"));
    scene.unsigned(scene.header().text(), claims.text())
}

/// What an attacker sends who has no key: an administrator's claims.
fn forged(scene: &Scene<'_>, signature: impl AsRef<[u8]>) -> Jws {
    scene.unsigned(scene.header().text(), scene.forged_claims().text()).with_signature(signature)
}

/// The scene whose only key has these octets, in every form.
fn with_octets<'f>(scene: &Scene<'f>, x: &[u8]) -> Scene<'f> {
    let spki = der::ed25519_spki(x);
    let key = Key { pem: Some(der::public_pem(&spki)), der: Some(spki), ..jwk_key(&scene.key.name, x) };
    scene.with(|policy| policy.keys = vec![key])
}

fn jwk_key(kid: &str, x: &[u8]) -> Key {
    let jwk = Object::new().set_string("kty", "OKP").set_string("kid", kid).set_string("crv", "Ed25519");
    let jwk = jwk.set_string("x", &base64url::encode(x)).text();
    let value = serde_json::from_str(&jwk).expect("an object of strings is JSON");
    Key { kid: Some(kid.to_owned()), jwk: Some(value), jwk_text: Some(jwk), ..Key::default() }
}

fn s_and_order(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (token, [r, s]) = genuine(scene);
    for times in [1_u8, 2, 8, 15] {
        let more = BigUint::from_bytes_le(&s) + order() * times;
        if more.bits() <= 256 {
            let signature = [r.clone(), little_endian(&more)].concat();
            cases.add(scene, &format!("times-{times}"), token.clone().with_signature(signature));
        }
    }
}

fn high_bits(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (token, [r, s]) = genuine(scene);
    for (variant, bits) in [("bit-253", 0x20), ("bit-254", 0x40), ("bit-255", 0x80), ("all-three", 0xe0)] {
        let mut s = s.clone();
        s[31] |= bits;
        cases.add(scene, variant, token.clone().with_signature([r.clone(), s].concat()));
    }
}

fn zeros(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "zeros", forged(scene, [0; 64]));
    let neutral = [EIGHT_TORSION[0].compress().to_bytes(), [0; 32]].concat();
    cases.add(scene, "neutral-r", forged(scene, neutral));
}

/// Under a key of small order everybody can sign: what k times the key is does not depend on the message where 8 divides k.
fn small_order_key(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (number, point) in EIGHT_TORSION.iter().enumerate() {
        let (played, token) = signed_by_torsion(scene, &point.compress().to_bytes());
        cases.add_beside(&played, scene, &format!("point-{number}"), token).profile(Profile::Misconfigured);
    }
}

/// The scene with this key, which is of small order, and a token that it has signed.
fn signed_by_torsion<'f>(scene: &Scene<'f>, x: &[u8; 32]) -> (Scene<'f>, Jws) {
    let nonce = key(scene).nonce(b"", x);
    let r = EdwardsPoint::mul_base(&nonce).compress().to_bytes();
    let vanishes = |token: &Jws| is_eightfold(&challenge(b"", &r, x, token.signing_input().as_bytes()));
    let token = (1..).map(|number| unsigned(scene, number)).find(vanishes).expect("one in eight is");
    (with_octets(scene, x), token.with_signature([r, nonce.to_bytes()].concat()))
}

fn small_order_r(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, number) in [("order-1", 0), ("order-2", 4), ("order-4", 2), ("order-8", 1)] {
        let r = EIGHT_TORSION[number].compress().to_bytes();
        cases.add(scene, variant, with_r(scene, r));
    }
}

/// The valid token with this R, which is that of the nonce 0 but for a point of small order or for how it is written.
fn with_r(scene: &Scene<'_>, r: [u8; 32]) -> Jws {
    let token = scene.unsigned(scene.header().text(), scene.claims().text());
    let signature = key(scene).sign_at(r, Scalar::ZERO, b"", token.signing_input().as_bytes());
    token.with_signature(signature)
}

fn non_canonical(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, low, high) in OTHER_SPELLINGS {
        let mut octets = [if low == 1 { 0 } else { 0xff }; 32];
        (octets[0], octets[31]) = (low, high);
        cases.add(scene, &format!("r-{variant}"), with_r(scene, octets));
        let (played, token) = signed_by_torsion(scene, &octets);
        let of_key = cases.add_beside(&played, scene, &format!("key-{variant}"), token);
        of_key.profile(Profile::Misconfigured).says(Says::ShouldReject(Reason::Key)).severity(Severity::Low);
    }
}

/// Signatures that the equation of RFC 8032 §5.1.7 admits when it is multiplied by eight, and not otherwise.
fn cofactor(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (mut key, torsion) = (key(scene), EIGHT_TORSION[1]);
    let token = scene.unsigned(scene.header().text(), scene.claims().text());
    let nonce = key.nonce(b"", token.signing_input().as_bytes());
    let r = (EdwardsPoint::mul_base(&nonce) + torsion).compress().to_bytes();
    let signature = key.sign_at(r, nonce, b"", token.signing_input().as_bytes());
    cases.add(scene, "r", token.with_signature(signature));
    key.public = (EdwardsPoint::mul_base(&key.scalar) + torsion).compress().to_bytes();
    let remains = |token: &Jws| {
        let message = token.signing_input();
        let r = key.sign(b"", message.as_bytes());
        !is_eightfold(&challenge(b"", &r[..32], &key.public, message.as_bytes()))
    };
    let token = (1..).map(|number| unsigned(scene, number)).find(remains).expect("seven in eight are");
    let signature = key.sign(b"", token.signing_input().as_bytes());
    let played = with_octets(scene, &key.public);
    cases.add_beside(&played, scene, "key", token.with_signature(signature)).profile(Profile::Misconfigured);
}

fn other_domain(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (key, token) = (key(scene), scene.unsigned(scene.header().text(), scene.claims().text()));
    for (variant, domain, prehashed) in other_domains() {
        let message = prehash(token.signing_input().as_bytes(), prehashed);
        cases.add(scene, variant, token.clone().with_signature(key.sign(&domain, &message)));
    }
}

/// Ed25519ph and Ed25519ctx, and the mistake of a hash alone.
fn other_domains() -> [(&'static str, Vec<u8>, bool); 5] {
    [
        ("ph", domain(true, ""), true),
        ("ph-context", domain(true, "JWT"), true),
        ("ctx-empty", domain(false, ""), false),
        ("ctx", domain(false, "JWT"), false),
        ("hash", Vec::new(), true),
    ]
}

fn prehash(message: &[u8], prehashed: bool) -> Vec<u8> {
    if prehashed { digest(Hash::Sha512, message) } else { message.to_vec() }
}

fn wrong_length(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (token, _) = genuine(scene);
    let whole = token.signature_octets();
    for (variant, octets) in [
        ("63", whole[..63].to_vec()),
        ("32", whole[..32].to_vec()),
        ("65", [whole.as_slice(), &[0]].concat()),
        ("65-before", [&[0], whole.as_slice()].concat()),
        ("114", [whole.as_slice(), &[0; 50]].concat()),
        ("128", [whole.as_slice(), &whole].concat()),
    ] {
        cases.add(scene, variant, token.clone().with_signature(octets));
    }
    let ends_in_zero = |token: &Jws| token.signature_octets().ends_with(&[0]);
    let signed = (1..200).map(|number| {
        let token = unsigned(scene, number);
        let signature = key(scene).sign(b"", token.signing_input().as_bytes());
        token.with_signature(signature)
    });
    if let Some(token) = signed.into_iter().find(ends_in_zero) {
        let octets = token.signature_octets();
        cases.add(scene, "63-without-zero", token.with_signature(&octets[..63]));
    }
}

fn attached(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let (signature, message) = (token.signature_octets(), token.signing_input());
    for (variant, more) in [("signing-input", message.as_bytes()), ("payload", &token.payload_octets)] {
        cases.add(scene, variant, token.clone().with_signature([signature.as_slice(), more].concat()));
    }
}

fn wrong_size_key(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let x = key(scene).public.to_vec();
    for (variant, octets) in [
        ("31", x[..31].to_vec()),
        ("33", [x.as_slice(), &[0]].concat()),
        ("33-before", [&[0], x.as_slice()].concat()),
        ("57", [x.as_slice(), &[0; 25]].concat()),
        ("empty", Vec::new()),
    ] {
        let unsound = scene.with(|policy| policy.keys = vec![jwk_key(&scene.key.name, &octets)]);
        cases.add_beside(&unsound, scene, variant, scene.token()).profile(Profile::Misconfigured);
    }
}

/// Under both names, pinned.
fn pinned(at: Setting) -> bool {
    on::eddsa(at) && on::pinned(at)
}

/// Under its usual name, pinned: for what hangs on a key.
fn one(at: Setting) -> bool {
    pinned(at) && on::pinned_common(at)
}

/// Whatever the way of configuring.
fn usual(at: Setting) -> bool {
    on::eddsa(at)
}

/// Whether eight divides the scalar, as the number that it is.
fn is_eightfold(scalar: &Scalar) -> bool {
    scalar.to_bytes()[0].is_multiple_of(8)
}

/// L (RFC 8032 §5.1).
fn order() -> BigUint {
    BigUint::from_bytes_le(&(-Scalar::ONE).to_bytes()) + 1_u8
}

fn little_endian(number: &BigUint) -> Vec<u8> {
    fixed(number, 32).into_iter().rev().collect()
}

/// The octets of the keys of a reading.
fn octets_of(reading: &Reading<'_>) -> Vec<Vec<u8>> {
    let octets = |key: &PublicKey| match &key.material {
        Material::Ed25519(x) => Some(x.clone()),
        _ => None,
    };
    reading.keys.iter().filter_map(octets).collect()
}

/// The right check, or else that of the signature made of the token's, where there is a key of Ed25519.
fn or_read_as(reading: &mut Reading<'_>, read: fn(&[u8]) -> Vec<u8>) -> Result<(), Reason> {
    rules::signature(reading).or_else(|reason| {
        rules::check(!octets_of(reading).is_empty(), reason)?;
        let given = reading.decoded[2].clone();
        reading.decoded[2] = read(&given);
        let ruling = rules::signature(reading);
        reading.decoded[2] = given;
        ruling
    })
}

/// The right check, or else this one of key, message and signature.
fn or_verified(reading: &mut Reading<'_>, verifies: fn(&[u8], &[u8], &[u8]) -> bool) -> Result<(), Reason> {
    rules::signature(reading).or_else(|reason| {
        let (message, signature) = (reading.signing_input(), &reading.decoded[2]);
        let verified = octets_of(reading).iter().any(|x| signature.len() == 64 && verifies(x, &message, signature));
        rules::check(verified, reason)
    })
}

/// The equation times eight, over points however they are written.
fn verifies_any_spelling(x: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let point = |octets: &[u8]| CompressedEdwardsY::from_slice(octets).ok()?.decompress();
    let (r, s) = signature.split_at(32);
    let (Some(a), Some(point), Ok(scalar)) = (point(x), point(r), <[u8; 32]>::try_from(s)) else { return false };
    let Some(s) = Scalar::from_canonical_bytes(scalar).into_option() else { return false };
    (EdwardsPoint::mul_base(&s) - point - challenge(b"", r, x, message) * a).is_small_order()
}

/// The equation as it stands, under a domain.
fn verifies_under(domain: &[u8], x: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Some(a) = CompressedEdwardsY::from_slice(x).ok().and_then(|point| point.decompress()) else { return false };
    let (r, s) = signature.split_at(32);
    let s = Scalar::from_bytes_mod_order(s.try_into().expect("the half of 64 octets"));
    (EdwardsPoint::mul_base(&s) - challenge(domain, r, x, message) * a).compress().as_bytes() == r
}

/// Reads the keys of the policy again where they could not be read, cut or filled to their width.
fn resized_keys(reading: &mut Reading<'_>) -> Result<(), Reason> {
    rules::key_choice(reading).or_else(|reason| {
        let read = |key: &Key| {
            let jwk = key.jwk.as_ref().filter(|jwk| jwk["kty"] == "OKP")?;
            let mut x = base64url::decode(jwk.get("x")?.as_str()?)?;
            x.resize(32, 0);
            PublicKey::read(&jwk_key("", &x))
        };
        reading.keys = reading.policy.keys.iter().filter_map(read).collect();
        rules::check(!reading.keys.is_empty(), reason)
    })
}

static REDUCES_S: Strawman = Strawman {
    name: "eddsa-reduces-s",
    flaw: "takes S modulo L, so that one signature has several spellings",
    mend: "Refuse S that is not below L (RFC 8032 §5.1.7).",
    bends: &[(Rule::Signature, |reading| {
        or_read_as(reading, |given| match given.split_at_checked(32) {
            Some((r, s)) if s.len() == 32 => {
                [r.to_vec(), little_endian(&(BigUint::from_bytes_le(s) % order()))].concat()
            }
            _ => given.to_vec(),
        })
    })],
};

static MASKS_S: Strawman = Strawman {
    name: "eddsa-masks-s",
    flaw: "clears the three highest bits of S before it looks at it",
    mend: "Refuse S that is not below L (RFC 8032 §5.1.7).",
    bends: &[(Rule::Signature, |reading| {
        or_read_as(reading, |given| {
            let mut masked = given.to_vec();
            masked.iter_mut().skip(63).for_each(|octet| *octet &= 0x1f);
            masked
        })
    })],
};

static ZERO_PASSES: Strawman = Strawman {
    name: "eddsa-zero-passes",
    flaw: "takes a signature of zeros for one",
    mend: "Compute the equation whatever the signature is.",
    bends: &[(Rule::Signature, |reading| {
        or_verified(reading, |_, _, signature| signature.iter().all(|octet| *octet == 0))
    })],
};

static ANY_SPELLING: Strawman = Strawman {
    name: "eddsa-any-spelling",
    flaw: "reads a point whose y is not below p, or whose x is a negative zero",
    mend: "Refuse an encoding that is not the one of its point (RFC 8032 §5.1.3).",
    bends: &[
        (Rule::KeyFitness, |reading| {
            let keys = reading.keys.clone();
            rules::key_fitness(reading).or_else(|reason| {
                reading.keys = keys;
                rules::check(!octets_of(reading).is_empty() && reading.algorithm.is_eddsa(), reason)
            })
        }),
        (Rule::Signature, |reading| or_verified(reading, verifies_any_spelling)),
    ],
};

static ANY_DOMAIN: Strawman = Strawman {
    name: "eddsa-any-domain",
    flaw: "takes Ed25519ph and Ed25519ctx for Ed25519",
    mend: "Verify with pure Ed25519 alone (RFC 8037 §3.1).",
    bends: &[(Rule::Signature, |reading| {
        or_verified(reading, |x, message, signature| {
            let verifies = |(_, domain, prehashed): (&str, Vec<u8>, bool)| {
                verifies_under(&domain, x, &prehash(message, prehashed), signature)
            };
            other_domains().into_iter().any(verifies)
        })
    })],
};

static RESIZES: Strawman = Strawman {
    name: "eddsa-resizes",
    flaw: "cuts a signature to 64 octets, or fills it with zeros",
    mend: "Refuse a signature that has not 64 octets (RFC 8032 §5.1.7).",
    bends: &[(Rule::Signature, |reading| {
        or_read_as(reading, |given| {
            let mut resized = given.to_vec();
            resized.resize(64, 0);
            resized
        })
    })],
};

static RESIZES_KEYS: Strawman = Strawman {
    name: "okp-resizes-keys",
    flaw: "cuts the x of its JWK to 32 octets, or fills it with zeros",
    mend: "Refuse an Ed25519 key that has not 32 octets (RFC 8037 §2, RFC 8032 §5.1.3).",
    bends: &[(Rule::KeyChoice, resized_keys)],
};

/// Other spellings of points that have one: the first octet, and the last; between them the first's neighbours.
const OTHER_SPELLINGS: [(&str, u8, u8); 6] = [
    ("neutral-negative-zero", 0x01, 0x80),
    ("neutral-plus-p", 0xee, 0x7f),
    ("neutral-plus-p-negative-zero", 0xee, 0xff),
    ("order-two-negative-zero", 0xec, 0xff),
    ("order-four-plus-p", 0xed, 0x7f),
    ("order-four-plus-p-negative", 0xed, 0xff),
];

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "eddsa",
    title: "Ed25519's numbers and points",
    classes: &[
        Class {
            id: "ed25519-s-plus-l",
            title: "A token whose S is larger than the order, and right modulo the order, was accepted.",
            construction: "genuine signature, S + L, S + 2L, S + 8L and S + 15L in the place of S",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 8032 §5.1.7", "CVE-2024-48949"],
            cwe: Some(347),
            make: Make::Cases { on: pinned, build: s_and_order, strawman: &REDUCES_S },
        },
        Class {
            id: "ed25519-s-high-bits",
            title: "A token whose S has one of its highest bits set was accepted.",
            construction: "genuine signature, one of the three highest bits of S set, or all of them",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 8032 §5.1.7"],
            cwe: Some(347),
            make: Make::Cases { on: pinned, build: high_bits, strawman: &MASKS_S },
        },
        Class {
            id: "ed25519-all-zero-sig",
            title: "A forged token whose Ed25519 signature is zeros was accepted.",
            construction: "claims of an administrator, 64 zeros; and the neutral point for R with S zero",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 8032 §5.1.7"],
            cwe: Some(347),
            make: Make::Cases { on: usual, build: zeros, strawman: &ZERO_PASSES },
        },
        Class {
            id: "ed25519-small-order-key",
            title: "A token under a key of small order, with which everybody signs, made the verifier fall over.",
            construction: "the verifier's key is each of the eight points of small order; a signature that every equation \
                           admits",
            says: Says::Either(
                "RFC 8032 §5.1.7 does not ask that points of small order be refused, and strict verifiers do",
            ),
            severity: Severity::High,
            references: &["RFC 8032 §5.1.7", "FIPS 186-5 §3.3"],
            cwe: Some(347),
            make: Make::Cases { on: one, build: small_order_key, strawman: &PANICS },
        },
        Class {
            id: "ed25519-small-order-r",
            title: "A token whose R is of small order made the verifier fall over.",
            construction: "signature of the trusted key with the nonce 0, R a point of order 1, 2, 4 or 8",
            says: Says::Either(
                "RFC 8032 §5.1.7 admits the equation with the cofactor and without, and strict verifiers refuse such R",
            ),
            severity: Severity::Low,
            references: &["RFC 8032 §5.1.7"],
            cwe: Some(347),
            make: Make::Cases { on: pinned, build: small_order_r, strawman: &PANICS },
        },
        Class {
            id: "ed25519-noncanonical-points",
            title: "A token whose R is written otherwise than its point is was accepted.",
            construction: "signature of the trusted key, R with y not below p or x a negative zero; and keys that are \
                           written so, which should be refused",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 8032 §5.1.3", "RFC 8032 §5.1.7"],
            cwe: Some(347),
            make: Make::Cases { on: one, build: non_canonical, strawman: &ANY_SPELLING },
        },
        Class {
            id: "ed25519-cofactor-split",
            title: "A token whose signature holds with the cofactor only made the verifier fall over.",
            construction: "signature of the trusted key with a point of order eight added to R, or to the key",
            says: Says::Either("RFC 8032 §5.1.7 admits the equation with the cofactor and without"),
            severity: Severity::Low,
            references: &["RFC 8032 §5.1.7"],
            cwe: Some(436),
            make: Make::Cases { on: pinned, build: cofactor, strawman: &PANICS },
        },
        Class {
            id: "ed25519-ph-ctx",
            title: "A token that is signed with Ed25519ph or Ed25519ctx was accepted.",
            construction: "signature of the trusted key over the hash of the signing input, or under a context",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 8037 §3.1", "RFC 8032 §5.1"],
            cwe: Some(347),
            make: Make::Cases { on: pinned, build: other_domain, strawman: &ANY_DOMAIN },
        },
        Class {
            id: "ed25519-wrong-length",
            title: "A token whose Ed25519 signature is too long or too short was accepted.",
            construction: "genuine signature cut to 32 and 63 octets, filled to 65 and 114, and twice",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 8032 §5.1.7", "CVE-2024-42459"],
            cwe: Some(347),
            make: Make::Cases { on: pinned, build: wrong_length, strawman: &RESIZES },
        },
        Class {
            id: "ed25519-appended-message",
            title: "A token whose signature has the message behind it was accepted.",
            construction: "genuine signature followed by the signing input, or by the payload",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Low,
            references: &["RFC 8037 §3.1", "RFC 8032 §5.1.7"],
            cwe: Some(347),
            make: Make::Cases { on: pinned, build: attached, strawman: &RESIZES },
        },
        Class {
            id: "okp-wrong-size-key",
            title: "A verifier whose Ed25519 key has not 32 octets accepted a token.",
            construction: "the verifier's JWK has an x of no, 31, 33 or 57 octets; genuine token",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Low,
            references: &["RFC 8037 §2", "RFC 8032 §5.1.3"],
            cwe: Some(20),
            make: Make::Cases { on: one, build: wrong_size_key, strawman: &RESIZES_KEYS },
        },
    ],
};
