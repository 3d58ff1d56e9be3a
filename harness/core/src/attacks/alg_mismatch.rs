//! Algorithms that are not the pinned one, not the key's, or none at all, each under a genuine signature (RFC 7515 §4.1.1,
//! RFC 7517 §4, RFC 8725 §3.1).

use rsa::BigUint;
use spki::SubjectPublicKeyInfoRef;
use spki::der::Decode as _;
use spki::der::asn1::{AnyRef, UintRef};
use token_assay_model::{Algorithm, Key, Policy, Profile, Reason, Severity};

use super::scene::{Scene, Setting, on};
use super::{Cases, Class, Family, Make, Says};
use crate::forge::json::quote;
use crate::forge::keys::pem_body;
use crate::forge::{Hash, Jws, Object, Scheme, Secret, TestKey, base64url, sign};
use crate::reference::json::Json;
use crate::reference::key::{Curve, Material, PublicKey};
use crate::reference::{Reading, Rule, rules};
use crate::strawman::{Strawman, configured};

/// The header of a token by this key that says this `alg`.
fn header(scene: &Scene<'_>, alg: &str, key: &TestKey) -> Object {
    let header = scene.header().set_string("alg", alg);
    if scene.policy.jwks { header.set_string("kid", &key.name) } else { header }
}

/// Signed by this key under a scheme that `alg` need not mean.
fn signed_as(scene: &Scene<'_>, alg: &str, key: &TestKey, scheme: Scheme) -> Jws {
    scene.forge.sign_as(header(scene, alg, key).text(), scene.claims().text(), key, scheme)
}

/// Signed by this key as `algorithm` says.
fn signed(scene: &Scene<'_>, algorithm: Algorithm, key: &TestKey) -> Jws {
    signed_as(scene, algorithm.as_str(), key, Scheme::of(algorithm))
}

/// The trusted key's own signature under another name for its algorithm.
fn renamed(scene: &Scene<'_>, alg: &str) -> Jws {
    signed_as(scene, alg, scene.key, Scheme::of(scene.algorithm()))
}

/// The scene with this key in the place of its own.
fn with_key<'k>(scene: &Scene<'k>, key: &'k TestKey) -> Scene<'k> {
    Scene { key, ..scene.clone() }.with(|policy| policy.keys = vec![key.every_form()])
}

/// The scene with a key set that holds this key besides its own.
fn with_set<'k>(scene: &Scene<'k>, other: &TestKey) -> Scene<'k> {
    scene.with(|policy| {
        policy.keys = vec![scene.key.every_form(), other.every_form()];
        policy.jwks = true;
    })
}

/// The other algorithms that differ in the hash only.
fn siblings(algorithm: Algorithm) -> impl Iterator<Item = Algorithm> {
    let family = HASH_FAMILIES.iter().find(|family| family.contains(&algorithm));
    family.into_iter().flatten().copied().filter(move |sibling| *sibling != algorithm)
}

fn lower(algorithm: Algorithm) -> String {
    algorithm.as_str().to_ascii_lowercase()
}

fn hash_upgrade(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let keys = scene.forge.keys();
    for sibling in siblings(scene.algorithm()).filter(|sibling| !sibling.is_hmac() || *sibling > scene.algorithm()) {
        if sibling.is_ecdsa() {
            let set = with_set(scene, keys.trusted(sibling));
            let token = signed(&set, sibling, keys.trusted(sibling));
            cases.add(&set, &lower(sibling), token).profile(Profile::KeySet).needs(sibling);
            continue;
        }
        // A secret that is long enough for every hash, so that nothing but the pin is against it.
        let key = if sibling.is_hmac() { keys.key("hs512") } else { scene.key };
        let alone = with_key(scene, key);
        cases.add(&alone, &lower(sibling), signed(&alone, sibling, key));
    }
}

fn hmac_downgrade(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for weaker in siblings(scene.algorithm()).filter(|sibling| *sibling < scene.algorithm()) {
        cases.add(scene, &lower(weaker), signed(scene, weaker, scene.key));
    }
}

fn other_padding(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let other = counterpart(scene.algorithm());
    cases.add(scene, &lower(other), signed(scene, other, scene.key));
}

fn padding_lies(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let own = scene.algorithm();
    let both = [own, counterpart(own)];
    let allowed = |said: &&Algorithm| scene.policy.algorithms.as_ref().is_none_or(|list| list.contains(said));
    for said in both.iter().filter(allowed) {
        let token = signed_as(scene, said.as_str(), scene.key, Scheme::of(counterpart(*said)));
        cases.add(scene, &format!("says-{}", lower(*said)), token);
    }
}

/// PKCS#1 v1.5 for PSS and the reverse, the hash the same.
fn counterpart(algorithm: Algorithm) -> Algorithm {
    let [_, rs, ps, _] = HASH_FAMILIES;
    let opposite =
        |from: &[Algorithm; 3], to: &[Algorithm; 3]| from.iter().position(|known| *known == algorithm).map(|at| to[at]);
    opposite(&rs, &ps).or_else(|| opposite(&ps, &rs)).expect("the classes play on RSA settings only")
}

fn hash_lies(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let hashes = if COMMON_HASH.contains(&scene.algorithm()) { HASHES.as_slice() } else { &HASHES[1..2] };
    for (variant, hash) in hashes {
        if Scheme::of(scene.algorithm()) == with_hash(scene.algorithm(), *hash) {
            continue;
        }
        let token = signed_as(scene, scene.algorithm().as_str(), scene.key, with_hash(scene.algorithm(), *hash));
        let own_width = scene.token().signature_octets().len();
        let octets = token.signature_octets();
        if octets.len() > own_width {
            cases.add(scene, &format!("{variant}-cut"), token.clone().with_signature(&octets[..own_width]));
        }
        cases.add(scene, variant, token);
    }
}

fn with_hash(algorithm: Algorithm, hash: Hash) -> Scheme {
    match Scheme::of(algorithm) {
        Scheme::Hmac(_) => Scheme::Hmac(hash),
        Scheme::Pkcs1(_) => Scheme::Pkcs1(hash),
        Scheme::Pss(_) => Scheme::Pss(hash),
        Scheme::Ecdsa(_) => Scheme::Ecdsa(hash),
        other @ (Scheme::Ed25519 | Scheme::RsaPower) => other,
    }
}

fn p256_over_longer_hash(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, hash) in &HASHES[2..] {
        cases.add(scene, variant, signed_as(scene, "ES256", scene.key, Scheme::Ecdsa(*hash)));
    }
}

/// The scene with a key on the curve of another algorithm, alone or in a key set, and a token by it that says this one.
fn on_curve_of<'f>(scene: &Scene<'f>, other: Algorithm, said: Algorithm) -> (Scene<'f>, Jws) {
    let key = scene.forge.keys().trusted(other);
    let holds_other = if scene.policy.jwks {
        with_set(scene, key).with(|policy| list_also(policy, said))
    } else {
        scene.with(|policy| policy.keys = vec![key.every_form()])
    };
    let token = signed(&holds_other, said, key);
    (holds_other, token)
}

fn list_also(policy: &mut Policy, algorithm: Algorithm) {
    if let Some(list) = policy.algorithms.as_mut().filter(|list| !list.contains(&algorithm)) {
        list.push(algorithm);
    }
}

/// The pairs in which the scene's own algorithm is said; in a key set all of them.
fn wrong_curves(scene: &Scene<'_>, cases: &mut Cases<'_>, pairs: &[(Algorithm, Algorithm)]) {
    for (said, other) in pairs.iter().filter(|(said, _)| scene.policy.jwks || *said == scene.algorithm()) {
        let (holds_other, token) = on_curve_of(scene, *other, *said);
        let variant = format!("says-{}-on-curve-of-{}", lower(*said), lower(*other));
        cases.add_beside(&holds_other, scene, &variant, token).needs(*other);
    }
}

fn es256_on_p384(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (holds_p384, token) = on_curve_of(scene, Algorithm::Es384, Algorithm::Es256);
    let cut = token.signature_octets()[..64].to_vec();
    cases.add_beside(&holds_p384, scene, "whole", &token).needs(Algorithm::Es384);
    cases.add_beside(&holds_p384, scene, "cut", token.with_signature(cut)).needs(Algorithm::Es384);
}

fn es384_es512_elsewhere(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    use Algorithm::{Es256, Es384, Es512};
    wrong_curves(scene, cases, &[(Es384, Es256), (Es384, Es512), (Es512, Es256), (Es512, Es384)]);
}

fn k256_p256_swap(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    wrong_curves(scene, cases, &[(Algorithm::Es256k, Algorithm::Es256), (Algorithm::Es256, Algorithm::Es256k)]);
}

/// The forge has no Ed448: the corpus holds tokens that its Ed448 key signed once, as issuer of the suite, valid until 2100.
fn frozen(alg: &str) -> String {
    let text = token_assay_corpus::text(&format!("cases/ed448/{alg}.jwt"));
    text.expect("the corpus holds one for each name of an Edwards curve").to_owned()
}

fn ed448(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let own = lower(scene.algorithm());
    cases.add(scene, "signed-ed448", frozen(&own)).reason(Reason::Signature);
    cases.add(scene, "says-ed448", renamed(scene, "Ed448"));
    cases.add(scene, "says-and-signed-ed448", frozen("ed448"));
    let holds_ed448 = scene.with(|policy| policy.keys = vec![scene.forge.keys().key("ed448").every_form()]);
    cases.add_beside(&holds_ed448, scene, "holds-ed448", scene.token()).reason(Reason::Key);
    if scene.algorithm() == Algorithm::Ed25519 {
        cases.add_beside(&holds_ed448, scene, "holds-and-signed-ed448", frozen(&own)).reason(Reason::Key);
    }
}

/// JOSE has no DSA: the corpus holds a key, and a token that says RS256 and that this key signed once, valid until 2100.
fn dsa(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let text = |file: &str| token_assay_corpus::text(&format!("cases/dsa/{file}")).expect("the corpus holds it");
    let pem = text("public.pem");
    let key = Key { pem: Some(pem.to_owned()), der: pem_body(pem), ..Key::default() };
    let holds_dsa = scene.with(|policy| policy.keys = vec![key.clone()]);
    cases.add_beside(&holds_dsa, scene, "dsa", text("rs256.jwt").to_owned()).profile(Profile::Misconfigured);
    cases.add_beside(&holds_dsa, scene, "rsa", scene.token()).profile(Profile::Misconfigured);
}

/// The `x` of the X25519 key to which the map of RFC 7748 §4.1 takes an Ed25519 key.
fn twin(key: &TestKey) -> Option<String> {
    let Secret::Ed25519(secret) = key.secret() else { return None };
    Some(base64url::encode(secret.verifying_key().to_montgomery().to_bytes()))
}

/// A verifier that converts the key falls for its twin, one that does not look at `crv` for the same `x`.
fn x25519(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let twin = twin(scene.key).expect("the class plays on Ed25519 settings only");
    let of_twin = scene.with_jwk(|jwk| jwk.set_string("crv", "X25519").set_string("x", &twin));
    let of_same = scene.with_jwk(|jwk| jwk.set_string("crv", "X25519"));
    cases.add_beside(&of_twin, scene, "twin", scene.token());
    cases.add_beside(&of_same, scene, "same-x", scene.token());
}

fn jwk_alg(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let hmac = scene.algorithm().is_hmac();
    let key = if hmac { scene.forge.keys().key("hs512") } else { scene.key };
    let scene = Scene { key, ..scene.clone() }.with(|policy| {
        policy.keys.retain(|other| other.kid.as_deref() != Some(key.name.as_str()));
        policy.keys.insert(0, key.every_form());
        policy.keys.truncate(if policy.jwks { usize::MAX } else { 1 });
    });
    let others = if hmac { [Algorithm::Hs384, Algorithm::Hs512] } else { [Algorithm::Ps256, Algorithm::Rs512] };
    let own = scene.algorithm();
    let named = scene.with_jwk(|jwk| jwk.set_string("alg", own.as_str()));
    let named = named.with(|policy| policy.algorithms = Some(vec![own, others[0], others[1]]));
    for other in others {
        cases.add(&named, &lower(other), signed(&named, other, key));
    }
}

/// The key as it is, with a member that says it is for something else.
fn jwk_for_else(scene: &Scene<'_>, cases: &mut Cases<'_>, variant: &str, name: &str, value: &str) {
    cases.add_beside(&scene.with_jwk(|jwk| jwk.set(name, value)), scene, variant, scene.token());
}

fn jwk_use(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    jwk_for_else(scene, cases, "", "use", r#""enc""#);
}

fn jwk_key_ops(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, operations) in [("encrypt", r#"["encrypt"]"#), ("sign", r#"["sign"]"#)] {
        jwk_for_else(scene, cases, variant, "key_ops", operations);
    }
}

fn jwk_kty(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let wrong: &[(&str, &str)] = match scene.algorithm() {
        Algorithm::Hs256 => &[("rsa", "RSA"), ("upper", "OCT")],
        Algorithm::Rs256 => &[("ec", "EC"), ("oct", "oct"), ("lower", "rsa")],
        Algorithm::Es256 => &[("rsa", "RSA"), ("okp", "OKP"), ("lower", "ec")],
        _ => &[("ec", "EC"), ("lower", "okp")],
    };
    for (variant, kty) in wrong {
        jwk_for_else(scene, cases, variant, "kty", &quote(kty));
    }
    if scene.algorithm().is_rsa() {
        let oct = scene.with_jwk(|jwk| jwk.set_string("kty", "oct"));
        let oct = oct.with(|policy| list_also(policy, Algorithm::Hs256));
        let empty = TestKey::from_secret(&scene.key.name, b"");
        cases.add_beside(&oct, scene, "oct-without-k", signed(&oct, Algorithm::Hs256, &empty));
    }
}

fn jwk_crv(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let wrong: &[(&str, &str)] = match scene.algorithm() {
        Algorithm::Es256 => &[("p-384", "P-384"), ("secp256k1", "secp256k1"), ("lower", "p-256"), ("none", "")],
        _ => &[("ed448", "Ed448"), ("lower", "ed25519"), ("none", "")],
    };
    for (variant, crv) in wrong {
        jwk_for_else(scene, cases, variant, "crv", &quote(crv));
    }
    if scene.algorithm().is_ecdsa() {
        let p384 = scene.with_jwk(|jwk| jwk.set_string("crv", "P-384"));
        let p384 = p384.with(|policy| list_also(policy, Algorithm::Es384));
        cases.add_beside(&p384, scene, "p-384-says-es384", signed(&p384, Algorithm::Es384, scene.key));
    }
}

fn other_case(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let own = scene.algorithm().as_str();
    let capital = own[..1].to_owned() + &own[1..].to_ascii_lowercase();
    for (variant, spelling) in
        [("lower", own.to_ascii_lowercase()), ("capital", capital), ("upper", own.to_ascii_uppercase())]
    {
        if spelling != own {
            cases.add(scene, variant, renamed(scene, &spelling));
        }
    }
}

fn padded(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let own = scene.algorithm().as_str();
    let spellings = [
        ("space-after", format!("{own} ")),
        ("space-before", format!(" {own}")),
        ("nul", format!("{own}\0")),
        ("newline", format!("{own}\n")),
    ];
    for (variant, spelling) in spellings {
        cases.add(scene, variant, renamed(scene, &spelling));
    }
}

fn homoglyphs(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let own = scene.algorithm().as_str();
    let full_width = |letter: char| char::from_u32(letter as u32 + FULL_WIDTH).expect("ASCII has full-width letters");
    let spellings = [
        ("long-s", own.replace('S', "\u{17f}")),
        ("kelvin", own.replace('K', "\u{212a}")),
        ("full-width", own.chars().map(full_width).collect()),
    ];
    for (variant, spelling) in spellings {
        if spelling != own {
            cases.add(scene, variant, renamed(scene, &spelling));
        }
    }
}

fn native_names(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, name, _) in NATIVE_NAMES.iter().filter(|(_, _, algorithm)| *algorithm == scene.algorithm()) {
        cases.add(scene, variant, renamed(scene, name));
    }
}

fn xmldsig(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (_, uri) in XMLDSIG_NAMES.iter().filter(|(algorithm, _)| *algorithm == scene.algorithm()) {
        cases.add(scene, "", renamed(scene, uri));
    }
}

fn deprecated(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    if scene.algorithm().is_rsa() {
        cases.add(scene, "rs1", signed_as(scene, "RS1", scene.key, Scheme::Pkcs1(Hash::Sha1)));
    } else {
        cases.add(scene, "hs1", signed_as(scene, "HS1", scene.key, Scheme::Hmac(Hash::Sha1)));
        let short = signed_as(scene, "HS256/64", scene.key, Scheme::Hmac(Hash::Sha256));
        let cut = short.signature_octets()[..8].to_vec();
        cases.add(scene, "hs256-64", short.with_signature(cut));
    }
}

fn jwe_names(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let with_enc = |alg: &str| scene.header().set_string("alg", alg).set_string("enc", "A128GCM");
    for (variant, alg) in [("dir", "dir"), ("a128kw", "A128KW"), ("rsa-oaep", "RSA-OAEP")] {
        cases.add(scene, variant, renamed(scene, alg));
        cases.add(scene, &format!("{variant}-and-enc"), scene.sign_header(&with_enc(alg)));
    }
    let own = scene.sign_header(&with_enc(scene.algorithm().as_str()));
    cases.add(scene, "enc-alone", own).says(Says::Either(
        "RFC 7516 §9 takes a header with enc for that of a JWE, RFC 7515 §4 has members that are not understood ignored",
    ));
}

/// Nobody can sign by an algorithm that is none of ours: the signature is noise.
fn unknown(scene: &Scene<'_>, alg: &str) -> Jws {
    Jws::unsigned(scene.header().set_string("alg", alg).text(), scene.forged_claims().text()).with_signature(NOISE)
}

fn unregistered(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, alg) in [("ml-dsa-44", "ML-DSA-44"), ("xyz", "XYZ"), ("esb256", "ESB256")] {
        cases.add(scene, variant, unknown(scene, alg));
    }
}

fn inherited_names(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, alg) in INHERITED_NAMES {
        cases.add(scene, &format!("{variant}-noise"), unknown(scene, alg));
        cases.add(scene, &format!("{variant}-unsigned"), unknown(scene, alg).with_signature_segment(""));
    }
}

fn in_payload(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let claims = scene.claims().set_string("alg", scene.algorithm().as_str());
    cases.add(scene, "", scene.sign(scene.header().without("alg").text(), claims.text()));
}

/// RSA keys, where the list has no room for the other padding.
fn rsa_pinned(at: Setting) -> bool {
    on::rsa(at) && (on::pinned(at) || on::key_set(at) || at.profile == Profile::PinnedPem)
}

/// RS256 with a key that can be a PEM text, one alone or none listed.
fn rs256_by_pem(at: Setting) -> bool {
    at.algorithm == Algorithm::Rs256 && (on::pinned(at) || on::library_default(at) || at.profile == Profile::PinnedPem)
}

/// RSA keys, where the header can lie: about the only listed algorithm, or about one of two.
fn rsa_listed(at: Setting) -> bool {
    on::rsa(at) && (on::pinned(at) || on::library_default(at) || at.profile == Profile::FamilyList)
}

fn hashed(at: Setting) -> bool {
    !on::eddsa(at) && (on::pinned(at) || at.profile == Profile::FamilyList)
}

fn hmac_pinned(at: Setting) -> bool {
    on::hmac(at) && on::pinned(at)
}

fn es256(at: Setting) -> bool {
    at.algorithm == Algorithm::Es256
}

fn es256_alone_or_in_set(at: Setting) -> bool {
    es256(at) && (on::plain(at) || on::key_set(at))
}

/// The algorithms in question where they are pinned, and ES256 in a key set whose other keys are on other curves.
fn curves(at: Setting) -> bool {
    on::ecdsa(at) && (on::pinned(at) || on::key_set(at))
}

fn eddsa(at: Setting) -> bool {
    on::eddsa(at) && (on::pinned(at) || on::library_default(at))
}

/// Where a key is read from a JWK and nothing else.
fn jwk(at: Setting) -> bool {
    at.profile == Profile::PinnedJwk || on::key_set(at)
}

fn jwk_eddsa(at: Setting) -> bool {
    on::eddsa(at) && jwk(at)
}

fn jwk_curve(at: Setting) -> bool {
    jwk(at) && (on::ecdsa(at) || on::eddsa(at))
}

fn jwk_hash(at: Setting) -> bool {
    jwk(at) && (on::rsa(at) || on::hmac(at))
}

/// RSA and HMAC, pinned or not listed at all: for names, which are compared before any key is looked at.
fn names(at: Setting) -> bool {
    on::plain(at) && (on::rsa(at) || on::hmac(at))
}

fn names_and_k(at: Setting) -> bool {
    on::plain(at) || (on::pinned(at) && at.algorithm == Algorithm::Es256k)
}

fn names_and_pss(at: Setting) -> bool {
    on::plain(at) || (on::pinned(at) && at.algorithm == Algorithm::Ps256)
}

fn prohibited(at: Setting) -> bool {
    on::usual(at) && (on::rsa(at) || on::hmac(at))
}

fn rsa_or_hmac_by_default(at: Setting) -> bool {
    on::library_default(at) && names(at)
}

/// The list is not looked at; `none` is refused all the same.
fn believe_header(reading: &mut Reading<'_>) -> Result<(), Reason> {
    rules::check(reading.algorithm != Algorithm::None, Reason::Algorithm)
}

/// A signature that any hash or padding explains is good enough.
fn any_hash(reading: &mut Reading<'_>) -> Result<(), Reason> {
    let (message, signature) = (reading.signing_input(), &reading.decoded[2]);
    let explained = |key: &PublicKey| match &key.material {
        Material::Oct(octets) => {
            signature.len() >= 20
                && HASHES.iter().any(|(_, hash)| sign::mac(*hash, octets, &message).starts_with(signature))
        }
        Material::Rsa { .. } => {
            HASH_FAMILIES.iter().flatten().any(|algorithm| key.verifies(*algorithm, &message, signature))
        }
        Material::Ec { curve, point } => {
            HASHES.iter().any(|(_, hash)| ecdsa_verifies(*curve, point, &sign::digest(*hash, &message), signature))
        }
        Material::Ed25519(_) => key.verifies(Algorithm::EdDsa, &message, signature),
    };
    rules::check(reading.keys.iter().any(explained), Reason::Signature)
}

/// The curve is the key's, the hash the header's.
fn any_curve(reading: &mut Reading<'_>) -> Result<(), Reason> {
    let hash = match reading.algorithm {
        Algorithm::Es256 | Algorithm::Es256k => Hash::Sha256,
        Algorithm::Es384 => Hash::Sha384,
        Algorithm::Es512 => Hash::Sha512,
        _ => return rules::signature(reading),
    };
    let (hashed, signature) = (sign::digest(hash, &reading.signing_input()), &reading.decoded[2]);
    let verified = reading.keys.iter().any(|key| match &key.material {
        Material::Ec { curve, point } => ecdsa_verifies(*curve, point, &hashed, signature),
        _ => false,
    });
    rules::check(verified, Reason::Signature)
}

/// ECDSA on any curve over any hash: what the reference verifier's library rightly does not offer.
fn ecdsa_verifies(curve: Curve, point: &[u8], hashed: &[u8], signature: &[u8]) -> bool {
    use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
    let verified = match curve {
        Curve::P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(point)
            .and_then(|key| key.verify_prehash(hashed, &p256::ecdsa::Signature::from_slice(signature)?)),
        Curve::P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(point)
            .and_then(|key| key.verify_prehash(hashed, &p384::ecdsa::Signature::from_slice(signature)?)),
        Curve::P521 => p521::ecdsa::VerifyingKey::from_sec1_bytes(point)
            .and_then(|key| key.verify_prehash(hashed, &p521::ecdsa::Signature::from_slice(signature)?)),
        Curve::K256 => k256::ecdsa::VerifyingKey::from_sec1_bytes(point)
            .and_then(|key| key.verify_prehash(hashed, &k256::ecdsa::Signature::from_slice(signature)?)),
    };
    verified.is_ok()
}

/// The name is read through this before it is looked up.
fn read_through(reading: &mut Reading<'_>, fold: impl Fn(&str) -> Option<Algorithm>) -> Result<(), Reason> {
    let name = reading.header.member("alg").and_then(Json::as_str).ok_or(Reason::Algorithm)?;
    reading.algorithm = fold(name).ok_or(Reason::Algorithm)?;
    Ok(())
}

/// A name that is not known, but among these, is that of the configured algorithm.
fn alias(reading: &mut Reading<'_>, known: impl Fn(&str) -> bool) -> Result<(), Reason> {
    let name = reading.header.member("alg").and_then(Json::as_str).unwrap_or_default();
    if !known(name) {
        return rules::algorithm(reading);
    }
    reading.algorithm = configured(reading);
    Ok(())
}

/// For these names there is nothing to verify.
fn no_verifier(reading: &mut Reading<'_>, named: impl Fn(&str) -> bool) -> Result<(), Reason> {
    match reading.header.member("alg").and_then(Json::as_str) {
        Some(name) if named(name) => reading.algorithm = Algorithm::None,
        _ => return rules::algorithm(reading),
    }
    Ok(())
}

fn allow_none(reading: &mut Reading<'_>) -> Result<(), Reason> {
    if reading.algorithm == Algorithm::None { Ok(()) } else { rules::allowed(reading) }
}

fn unless_none(reading: &mut Reading<'_>) -> Result<(), Reason> {
    if reading.algorithm == Algorithm::None { Ok(()) } else { rules::signature(reading) }
}

/// The policy's keys; a JWK that cannot be read is corrected first.
fn read_corrected(
    reading: &mut Reading<'_>,
    correct: impl Fn(&mut serde_json::Map<String, serde_json::Value>),
) -> Result<(), Reason> {
    let corrected = |key: &Key| {
        let mut key = key.clone();
        key.jwk.as_mut().and_then(serde_json::Value::as_object_mut).map(&correct);
        PublicKey::read(&key)
    };
    let read = |key: &Key| PublicKey::read(key).or_else(|| corrected(key));
    reading.keys = reading.policy.keys.iter().filter_map(read).collect();
    rules::check(!reading.keys.is_empty(), Reason::Key)
}

static PIN_IGNORED: Strawman = Strawman {
    name: "pin-ignored",
    flaw: "verifies by whatever algorithm the header names and does not look at its list",
    mend: "Compare alg with the list that the application gave before a key is used; never let the token choose.",
    bends: &[(Rule::Allowed, believe_header)],
};

static HASH_GUESSED: Strawman = Strawman {
    name: "hash-guessed",
    flaw: "tries hashes and paddings until one explains the signature",
    mend: "Verify with the one hash and padding that alg means; a signature that another explains is wrong.",
    bends: &[(Rule::Signature, any_hash)],
};

static CURVE_UNCHECKED: Strawman = Strawman {
    name: "curve-unchecked",
    flaw: "takes the hash from alg and the curve from the key, and does not compare them",
    mend: "Refuse a key whose curve is not the one that alg means: ES256 is P-256 with SHA-256 and nothing else.",
    bends: &[
        (Rule::KeyFitness, |reading| if reading.algorithm.is_ecdsa() { Ok(()) } else { rules::key_fitness(reading) }),
        (Rule::Signature, any_curve),
    ],
};

static ED448_IS_ED25519: Strawman = Strawman {
    name: "ed448-is-ed25519",
    flaw: "takes every name of an Edwards curve for the one that it knows",
    mend: "Refuse alg values for curves that are not supported; compare the curve of the key with the one that alg \
           names.",
    bends: &[
        (Rule::Algorithm, |reading| {
            read_through(reading, |name| if name == "Ed448" { Some(Algorithm::EdDsa) } else { name.parse().ok() })
        }),
        (Rule::Allowed, believe_header),
    ],
};

static KEY_TYPE_LEFT: Strawman = Strawman {
    name: "key-type-left",
    flaw: "takes the hash from alg and leaves the rest to whatever the key is",
    mend: "Compare the type of the key with the one that alg names before it is used; a DSA key is for no alg of JOSE.",
    bends: &[
        (Rule::KeyChoice, |reading| rules::key_choice(reading).or(Ok(()))),
        (Rule::KeyFitness, |reading| rules::key_fitness(reading).or(Ok(()))),
        (Rule::Signature, |reading| {
            let hashed = sign::digest(Hash::Sha256, &reading.signing_input());
            let by = |key: &Key| dsa_verifies(key.der.as_deref()?, &hashed, &reading.decoded[2]);
            match reading.policy.keys.iter().find_map(by) {
                Some(verified) => rules::check(verified, Reason::Signature),
                None => rules::signature(reading),
            }
        }),
    ],
};

/// FIPS 186-4 §4.7, by numbers; nothing where the key is of another type.
fn dsa_verifies(spki: &[u8], hashed: &[u8], signature: &[u8]) -> Option<bool> {
    let info = SubjectPublicKeyInfoRef::try_from(spki).ok()?;
    let [p, q, g] = numbers(info.algorithm.parameters?)?;
    let y = UintRef::from_der(info.subject_public_key.as_bytes()?).ok()?;
    let y = BigUint::from_bytes_be(y.as_bytes());
    let verified = AnyRef::from_der(signature).ok().and_then(numbers).and_then(|[r, s]| {
        let w = s.modpow(&(&q - 2_u8), &q);
        let z = BigUint::from_bytes_be(hashed);
        let [u, v] = [z * &w % &q, &r * &w % &q];
        (g.modpow(&u, &p) * y.modpow(&v, &p) % &p % &q == r).then_some(())
    });
    Some(verified.is_some())
}

/// What a sequence of so many integers holds.
fn numbers<const N: usize>(sequence: AnyRef<'_>) -> Option<[BigUint; N]> {
    let read = sequence.sequence(|reader| {
        let mut all = Vec::new();
        for _ in 0..N {
            all.push(BigUint::from_bytes_be(UintRef::decode(reader)?.as_bytes()));
        }
        Ok(all)
    });
    read.ok()?.try_into().ok()
}

static CRV_GUESSED: Strawman = Strawman {
    name: "crv-guessed",
    flaw: "tells the curve of a JWK by the width of its coordinates where crv does not help",
    mend: "Read crv, compare it case by case with the curves that are supported, and then check the width.",
    bends: &[(Rule::KeyChoice, |reading| {
        read_corrected(reading, |jwk| {
            let wide = jwk.get("x").and_then(serde_json::Value::as_str).is_some_and(|x| x.len() > 43);
            let crv = match (jwk.contains_key("y"), wide) {
                (true, true) => "P-384",
                (true, false) => "P-256",
                (false, _) => "Ed25519",
            };
            jwk.insert("crv".to_owned(), crv.into());
        })
    })],
};

static KTY_GUESSED: Strawman = Strawman {
    name: "kty-guessed",
    flaw: "tells the type of a JWK by its members where kty does not help",
    mend: "Read kty, compare it case by case, and then require the members of that type.",
    bends: &[(Rule::KeyChoice, |reading| {
        read_corrected(reading, |jwk| {
            let types = [("n", "RSA"), ("k", "oct"), ("y", "EC"), ("x", "OKP")];
            if let Some((_, kty)) = types.iter().find(|(member, _)| jwk.contains_key(*member)) {
                jwk.insert("kty".to_owned(), (*kty).into());
            }
        })
    })],
};

static JWK_PURPOSE_IGNORED: Strawman = Strawman {
    name: "jwk-purpose-ignored",
    flaw: "reads the numbers of a JWK and not what it is for",
    mend: "Refuse a key whose alg, use or key_ops do not fit: alg is the token's, use is sig, key_ops holds verify.",
    bends: &[(Rule::KeyFitness, |reading| {
        let algorithm = reading.algorithm;
        reading.keys.retain(|key| key.has_type_of(algorithm));
        rules::check(!reading.keys.is_empty(), Reason::Key)
    })],
};

static ALG_CASE_FOLDED: Strawman = Strawman {
    name: "alg-case-folded",
    flaw: "does not tell capitals from small letters in alg",
    mend: "Compare alg octet by octet; RFC 7515 §4.1.1 makes it case-sensitive.",
    bends: &[(Rule::Algorithm, |reading| {
        read_through(reading, |name| {
            Algorithm::ALL.iter().find(|known| known.as_str().eq_ignore_ascii_case(name)).copied()
        })
    })],
};

static ALG_TRIMMED: Strawman = Strawman {
    name: "alg-trimmed",
    flaw: "takes white space and NUL off alg before looking it up",
    mend: "Compare alg as it stands, with its length.",
    bends: &[(Rule::Algorithm, |reading| {
        read_through(reading, |name| name.trim_matches(|c: char| c.is_whitespace() || c == '\0').parse().ok())
    })],
};

static ALG_NORMALISED: Strawman = Strawman {
    name: "alg-normalised",
    flaw: "folds letters of Unicode in alg to ASCII before looking it up",
    mend: "Compare alg octet by octet; RFC 7515 §10.13 forbids normalisation.",
    bends: &[(Rule::Algorithm, |reading| {
        read_through(reading, |name| name.chars().map(to_ascii).collect::<String>().parse().ok())
    })],
};

static ALG_ALIASED: Strawman = Strawman {
    name: "alg-aliased",
    flaw: "knows algorithms by the names of other standards and libraries too",
    mend: "Map the registered JOSE names and nothing else; never hand alg on to the cryptographic library.",
    bends: &[(Rule::Algorithm, |reading| {
        alias(reading, |name| {
            NATIVE_NAMES.iter().any(|(_, native, _)| *native == name)
                || XMLDSIG_NAMES.iter().any(|(_, uri)| *uri == name)
        })
    })],
};

static ALG_UNKNOWN_IS_CONFIGURED: Strawman = Strawman {
    name: "alg-unknown-is-configured",
    flaw: "verifies by its configured algorithm when the header names one that it does not know",
    mend: "Refuse an alg that is not the configured one, known or not.",
    bends: &[(Rule::Algorithm, |reading| alias(reading, |name| name.parse::<Algorithm>().is_err()))],
};

static ALG_UNKNOWN_UNVERIFIED: Strawman = Strawman {
    name: "alg-unknown-unverified",
    flaw: "finds no verifier for an algorithm that it does not know, and goes on without",
    mend: "Let a missing verifier be an error; accept only after a verifier has said yes.",
    bends: &[
        (Rule::Algorithm, |reading| no_verifier(reading, |name| name.parse::<Algorithm>().is_err())),
        (Rule::Allowed, allow_none),
        (Rule::Signature, unless_none),
    ],
};

static ALG_INHERITED: Strawman = Strawman {
    name: "alg-inherited",
    flaw: "looks alg up in an object that inherits members, and takes what an inherited one returns for a yes",
    mend: "Look alg up in a map without a prototype, or ask whether the member is the object's own.",
    bends: &[
        (Rule::Algorithm, |reading| {
            no_verifier(reading, |name| INHERITED_NAMES.iter().any(|(_, inherited)| *inherited == name))
        }),
        (Rule::Allowed, allow_none),
        (Rule::Signature, unless_none),
    ],
};

static ALG_OF_SHA1: Strawman = Strawman {
    name: "alg-of-sha1",
    flaw: "still knows the MACs that the registry prohibits, for old tokens",
    mend: "Remove what the registry lists as prohibited or deprecated; nothing signed today needs it.",
    bends: &[
        (Rule::Algorithm, |reading| {
            read_through(reading, |name| {
                if matches!(name, "HS1" | "HS256/64") { Some(Algorithm::Hs256) } else { name.parse().ok() }
            })
        }),
        (Rule::Allowed, believe_header),
        (Rule::Signature, |reading| {
            let (hash, width) = match reading.header.member("alg").and_then(Json::as_str) {
                Some("HS1") => (Hash::Sha1, 20),
                Some("HS256/64") => (Hash::Sha256, 8),
                _ => return rules::signature(reading),
            };
            let (message, signature) = (reading.signing_input(), &reading.decoded[2]);
            let verified = reading.keys.iter().any(|key| match &key.material {
                Material::Oct(octets) => sign::mac(hash, octets, &message)[..width] == **signature,
                _ => false,
            });
            rules::check(verified, Reason::Signature)
        }),
    ],
};

static ALG_IN_PAYLOAD: Strawman = Strawman {
    name: "alg-in-payload",
    flaw: "merges header and payload before it looks for alg",
    mend: "Read alg from the protected header only.",
    bends: &[(Rule::Algorithm, |reading| {
        let payload = rules::object(&reading.decoded[1])?;
        let alg = reading.header.member("alg").or(payload.member("alg")).and_then(Json::as_str);
        reading.algorithm = alg.and_then(|name| name.parse().ok()).ok_or(Reason::Algorithm)?;
        Ok(())
    })],
};

fn to_ascii(letter: char) -> char {
    match letter {
        '\u{17f}' => 'S',
        '\u{212a}' => 'K',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(letter as u32 - FULL_WIDTH).unwrap_or(letter),
        other => other,
    }
}

/// How far the full-width letters lie above ASCII.
const FULL_WIDTH: u32 = 0xff01 - 0x21;

/// Algorithms that differ in the hash only, and for ECDSA in the curve with it.
const HASH_FAMILIES: [[Algorithm; 3]; 4] = [
    [Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512],
    [Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512],
    [Algorithm::Ps256, Algorithm::Ps384, Algorithm::Ps512],
    [Algorithm::Es256, Algorithm::Es384, Algorithm::Es512],
];

/// Those on which every other hash is tried; on the rest one shows it.
const COMMON_HASH: [Algorithm; 4] = [Algorithm::Hs256, Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256];

const HASHES: [(&str, Hash); 4] =
    [("sha-1", Hash::Sha1), ("sha-256", Hash::Sha256), ("sha-384", Hash::Sha384), ("sha-512", Hash::Sha512)];

/// What cryptographic libraries call the algorithms.
const NATIVE_NAMES: [(&str, &str, Algorithm); 13] = [
    ("hash", "sha256", Algorithm::Hs256),
    ("jca", "HmacSHA256", Algorithm::Hs256),
    ("web", "HMAC", Algorithm::Hs256),
    ("hash", "sha256", Algorithm::Rs256),
    ("openssl", "RSA-SHA256", Algorithm::Rs256),
    ("jca", "SHA256withRSA", Algorithm::Rs256),
    ("web", "RSASSA-PKCS1-v1_5", Algorithm::Rs256),
    ("jca", "RSASSA-PSS", Algorithm::Ps256),
    ("web", "RSA-PSS", Algorithm::Ps256),
    ("hash", "sha256", Algorithm::Es256),
    ("jca", "SHA256withECDSA", Algorithm::Es256),
    ("web", "ECDSA", Algorithm::Es256),
    ("asn1", "id-Ed25519", Algorithm::EdDsa),
];

/// What XML signatures call them (RFC 9231).
const XMLDSIG_NAMES: [(Algorithm, &str); 4] = [
    (Algorithm::Hs256, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"),
    (Algorithm::Rs256, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"),
    (Algorithm::Es256, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"),
    (Algorithm::EdDsa, "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519"),
];

/// Members that every object has in one language or another.
const INHERITED_NAMES: [(&str, &str); 5] = [
    ("constructor", "constructor"),
    ("proto", "__proto__"),
    ("to-string", "toString"),
    ("has-own-property", "hasOwnProperty"),
    ("class", "__class__"),
];

const NOISE: [u8; 64] = *b"\x3a\xd8\x51\x06\xbe\x7c\x94\x2f\xe3\x18\xc0\x65\xaa\x0d\x77\xf9\x42\x8b\x1e\xd6\x5c\x90\x23\xb7\xef\x64\x09\xca\x31\x9d\x58\x86\x14\xfb\x72\xa3\x4e\xc8\x05\xd1\x6a\x3f\xb8\x97\x20\xec\x5d\x83\x49\x11\xf6\xae\x7b\x02\xc4\x38\xd9\x60\x9f\x15\xb2\x4c\xe7\x8a";

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "alg-mismatch",
    title: "algorithms that do not fit",
    classes: &[
        Class {
            id: "pin-hash-upgrade",
            title: "A token signed with another hash than the pinned one was accepted.",
            construction: "alg = another hash of the same kind than the one that the verifier lists, genuinely signed \
                           that way by a trusted key",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::High,
            references: &["RFC 8725 §3.1", "draft-ietf-oauth-rfc8725bis §3.1"],
            cwe: Some(347),
            make: Make::Cases { on: on::pinned, build: hash_upgrade, strawman: &PIN_IGNORED },
        },
        Class {
            id: "pin-rs-vs-ps",
            title: "A token signed with the RSA padding that the verifier does not list was accepted.",
            construction: "alg = PS256 where RS256 is listed, and the reverse, for each hash; genuinely signed that \
                           way by the trusted key",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::High,
            references: &["draft-ietf-oauth-rfc8725bis §3.1", "RFC 8725 §3.1"],
            cwe: Some(347),
            make: Make::Cases { on: rsa_pinned, build: other_padding, strawman: &PIN_IGNORED },
        },
        Class {
            id: "hdr-sig-hash-mismatch",
            title: "A token whose signature is over another hash than alg says was accepted.",
            construction: "alg as listed; the trusted key signs over SHA-1, SHA-256, SHA-384 or SHA-512, whichever alg \
                           does not mean; longer MACs also cut to the length of the right one",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 7515 §10.6", "RFC 7518 §3.1"],
            cwe: Some(347),
            make: Make::Cases { on: hashed, build: hash_lies, strawman: &HASH_GUESSED },
        },
        Class {
            id: "hdr-ps-sig-rs",
            title: "A token whose RSA signature has another padding than alg says was accepted.",
            construction: "alg = PS256 over a PKCS#1 v1.5 signature, alg = RS256 over a PSS signature, for each hash; \
                           signed by the trusted key",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 7518 §3.3", "RFC 7518 §3.5"],
            cwe: Some(347),
            make: Make::Cases { on: rsa_listed, build: padding_lies, strawman: &HASH_GUESSED },
        },
        Class {
            id: "es256-with-p384-key",
            title: "A token that says ES256 and is signed by a P-384 key was accepted.",
            construction: "the verifier holds a P-384 key, alone or in a key set, and lists ES256; alg=ES256, signed \
                           by it over SHA-256, the signature whole and cut to 64 octets",
            says: Says::MustReject(Reason::Key),
            severity: Severity::High,
            references: &["RFC 7518 §3.4"],
            cwe: Some(347),
            make: Make::Cases { on: es256_alone_or_in_set, build: es256_on_p384, strawman: &CURVE_UNCHECKED },
        },
        Class {
            id: "es384-es512-wrong-curve",
            title: "A token that says ES384 or ES512 and is signed by a key on another curve was accepted.",
            construction: "alg=ES384 by the P-256 or the P-521 key, alg=ES512 by the P-256 or the P-384 key, which the \
                           verifier holds, alone or in a key set",
            says: Says::MustReject(Reason::Key),
            severity: Severity::High,
            references: &["RFC 7518 §3.4"],
            cwe: Some(347),
            make: Make::Cases { on: curves, build: es384_es512_elsewhere, strawman: &CURVE_UNCHECKED },
        },
        Class {
            id: "es256k-p256-swap",
            title: "A token that says ES256K and is signed by a P-256 key, or the reverse, was accepted.",
            construction: "alg=ES256K by a P-256 key, alg=ES256 by a secp256k1 key, which the verifier holds, alone or \
                           in a key set",
            says: Says::MustReject(Reason::Key),
            severity: Severity::High,
            references: &["RFC 8812 §3.2", "RFC 7518 §3.4"],
            cwe: Some(347),
            make: Make::Cases { on: curves, build: k256_p256_swap, strawman: &CURVE_UNCHECKED },
        },
        Class {
            id: "es256-wrong-hash-right-curve",
            title: "A token that says ES256 and is signed over SHA-384 or SHA-512 was accepted.",
            construction: "alg=ES256, signed by the trusted P-256 key over SHA-384 or SHA-512, of which ECDSA takes \
                           the first 32 octets",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 7518 §3.4"],
            cwe: Some(347),
            make: Make::Cases { on: es256, build: p256_over_longer_hash, strawman: &HASH_GUESSED },
        },
        Class {
            id: "eddsa-ed448-vs-ed25519",
            title: "A token that mixes Ed448 and Ed25519 was accepted.",
            construction: "alg=EdDSA or Ed25519 with an Ed448 signature at a verifier with an Ed25519 key, an Ed25519 \
                           signature at one with an Ed448 key, alg=Ed448 with either signature",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Medium,
            references: &["RFC 8037 §3.1", "RFC 9864 §2.2"],
            cwe: Some(347),
            make: Make::Cases { on: eddsa, build: ed448, strawman: &ED448_IS_ED25519 },
        },
        Class {
            id: "dsa-key-vs-rs256",
            title: "A token that says RS256 was accepted by a verifier that holds a DSA key.",
            construction: "the verifier holds a DSA key as PEM; alg=RS256, signed by that key with SHA-256, or by an RSA \
                           key",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Medium,
            references: &["RFC 7518 §3.3", "RFC 7515 §5.2", "CVE-2022-23539"],
            cwe: Some(347),
            make: Make::Cases { on: rs256_by_pem, build: dsa, strawman: &KEY_TYPE_LEFT },
        },
        Class {
            id: "eddsa-x25519-key",
            title: "A token whose key is for key agreement only was accepted.",
            construction: "the verifier holds a JWK with crv=X25519: the twin of the trusted Ed25519 key, or its very \
                           x; alg=EdDSA, signed by the trusted key",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Medium,
            references: &["RFC 8037 §3.1", "RFC 8037 §3.2"],
            cwe: Some(347),
            make: Make::Cases { on: jwk_eddsa, build: x25519, strawman: &CRV_GUESSED },
        },
        Class {
            id: "hs-family-downgrade",
            title: "A token whose MAC has a shorter hash than the pinned one was accepted.",
            construction: "alg = HS256 or HS384 where HS512 is listed, HS256 where HS384 is; genuine MAC",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Medium,
            references: &["RFC 8725 §3.1"],
            cwe: Some(757),
            make: Make::Cases { on: hmac_pinned, build: hmac_downgrade, strawman: &PIN_IGNORED },
        },
        Class {
            id: "jwk-alg-conflict",
            title: "A token signed with another algorithm than the alg of its JWK was accepted.",
            construction: "the JWK says alg=RS256, the token PS256 or RS512; or HS256 against HS384 or HS512; \
                           genuinely signed by that key, and all are listed",
            says: Says::MustReject(Reason::Key),
            severity: Severity::High,
            references: &["RFC 7517 §4.4", "RFC 8725 §3.1", "draft-ietf-oauth-rfc8725bis §3.1"],
            cwe: Some(347),
            make: Make::Cases { on: jwk_hash, build: jwk_alg, strawman: &JWK_PURPOSE_IGNORED },
        },
        Class {
            id: "jwk-use-enc",
            title: "A token whose key is for encryption was accepted.",
            construction: "the JWK says use=enc; genuinely signed by that key",
            says: Says::ShouldReject(Reason::Key),
            severity: Severity::Medium,
            references: &["RFC 7517 §4.2", "RFC 8725 §3.1"],
            cwe: Some(347),
            make: Make::Cases { on: jwk, build: jwk_use, strawman: &JWK_PURPOSE_IGNORED },
        },
        Class {
            id: "jwk-key-ops-conflict",
            title: "A token whose key is not for verifying was accepted.",
            construction: "the JWK has key_ops of encrypt alone or of sign alone; genuinely signed by that key",
            says: Says::ShouldReject(Reason::Key),
            severity: Severity::Medium,
            references: &["RFC 7517 §4.3", "RFC 8725 §3.1"],
            cwe: Some(347),
            make: Make::Cases { on: jwk, build: jwk_key_ops, strawman: &JWK_PURPOSE_IGNORED },
        },
        Class {
            id: "jwk-kty-conflict",
            title: "A token whose key has a kty that does not fit its members was accepted.",
            construction: "the JWK of the trusted key with the kty of another type, or with its own in other letters; \
                           genuinely signed; and kty=oct over n and e with a MAC keyed with nothing",
            says: Says::MustReject(Reason::Key),
            severity: Severity::High,
            references: &["RFC 7517 §4.1"],
            cwe: Some(704),
            make: Make::Cases { on: jwk, build: jwk_kty, strawman: &KTY_GUESSED },
        },
        Class {
            id: "jwk-crv-conflict",
            title: "A token whose key has a crv that does not fit its coordinates was accepted.",
            construction: "the JWK of the trusted key with the crv of another curve, with its own in small letters, or \
                           an empty one; genuinely signed, once as the crv would have it",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Medium,
            references: &["RFC 7518 §6.2.1.1", "RFC 8037 §2"],
            cwe: Some(20),
            make: Make::Cases { on: jwk_curve, build: jwk_crv, strawman: &CRV_GUESSED },
        },
        Class {
            id: "alg-lowercase",
            title: "A token whose alg is written in other capitals was accepted.",
            construction: "alg in small letters, in capitals, with one capital; genuine signature",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Medium,
            references: &["RFC 7515 §4.1.1", "RFC 7515 §10.13"],
            cwe: Some(178),
            make: Make::Cases { on: names_and_k, build: other_case, strawman: &ALG_CASE_FOLDED },
        },
        Class {
            id: "alg-padded-or-nul",
            title: "A token whose alg has a space, a newline or NUL at its end was accepted.",
            construction: "alg with a space before or after, a newline, a NUL; genuine signature",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Medium,
            references: &["RFC 7515 §10.13"],
            cwe: Some(20),
            make: Make::Cases { on: names, build: padded, strawman: &ALG_TRIMMED },
        },
        Class {
            id: "alg-casefold-homoglyph",
            title: "A token whose alg is written in letters that look like ASCII was accepted.",
            construction: "alg with a long s for S, a Kelvin sign for K, or in full-width letters; genuine signature",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Medium,
            references: &["RFC 7515 §10.13"],
            cwe: Some(176),
            make: Make::Cases { on: names_and_k, build: homoglyphs, strawman: &ALG_NORMALISED },
        },
        Class {
            id: "alg-native-api-names",
            title: "A token whose alg is the name that a cryptographic library uses was accepted.",
            construction: "alg = RSA-SHA256, SHA256withRSA, sha256, HmacSHA256, RSASSA-PSS, id-Ed25519 and the like; \
                           genuine signature",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Medium,
            references: &["RFC 7515 §4.1.1"],
            cwe: Some(20),
            make: Make::Cases { on: names_and_pss, build: native_names, strawman: &ALG_ALIASED },
        },
        Class {
            id: "alg-xmldsig-uri",
            title: "A token whose alg is the URI of an XML signature algorithm was accepted.",
            construction: "alg = the URI for the same algorithm in XML signatures; genuine signature",
            says: Says::ShouldReject(Reason::Algorithm),
            severity: Severity::Low,
            references: &["RFC 7515 §4.1.1", "RFC 8725 §3.1"],
            cwe: Some(20),
            make: Make::Cases { on: on::plain, build: xmldsig, strawman: &ALG_ALIASED },
        },
        Class {
            id: "alg-deprecated-rs1-hs1",
            title: "A token signed with a prohibited algorithm was accepted.",
            construction: "alg = RS1, HS1, HS256/64; genuinely signed that way by the trusted key",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::High,
            references: &["RFC 8725 §3.2", "RFC 7518 §7.1"],
            cwe: Some(327),
            make: Make::Cases { on: prohibited, build: deprecated, strawman: &ALG_OF_SHA1 },
        },
        Class {
            id: "alg-jwe-name-in-jws",
            title: "A signed token whose header is that of an encrypted one was accepted.",
            construction: "three segments, alg = dir, A128KW, RSA-OAEP, without and with enc; and the expected alg \
                           with enc; genuine signature",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Medium,
            references: &["RFC 7516 §9", "RFC 7515 §4.1.1", "draft-ietf-oauth-rfc8725bis §3.3"],
            cwe: Some(843),
            make: Make::Cases { on: names, build: jwe_names, strawman: &ALG_UNKNOWN_IS_CONFIGURED },
        },
        Class {
            id: "alg-unregistered",
            title: "A forged token with an alg that nobody here knows was accepted.",
            construction: "alg = ML-DSA-44, XYZ, ESB256; claims of an administrator, noise for a signature",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Medium,
            references: &["RFC 7515 §4.1.1"],
            cwe: Some(347),
            make: Make::Cases { on: names, build: unregistered, strawman: &ALG_UNKNOWN_UNVERIFIED },
        },
        Class {
            id: "alg-prototype-key",
            title: "A forged token whose alg is the name of an inherited member was accepted.",
            construction: "alg = constructor, __proto__, toString, hasOwnProperty, __class__; claims of an \
                           administrator; noise for a signature, or none",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::High,
            references: &["RFC 7515 §4.1.1"],
            cwe: Some(1321),
            make: Make::Cases { on: rsa_or_hmac_by_default, build: inherited_names, strawman: &ALG_INHERITED },
        },
        Class {
            id: "alg-in-payload-only",
            title: "A token that names its algorithm in the payload only was accepted.",
            construction: "no alg in the header, the expected one among the claims; genuine signature",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Medium,
            references: &["RFC 7515 §4.1.1"],
            cwe: Some(345),
            make: Make::Cases { on: on::plain, build: in_payload, strawman: &ALG_IN_PAYLOAD },
        },
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::Keyring;

    #[test]
    fn the_twin_of_the_trusted_key_is_the_one_that_another_library_finds() {
        let keyring = Keyring::corpus();
        let twin = twin(keyring.key("ed25519"));
        assert_eq!(twin.as_deref(), Some("qO6nmp_6lYxFOWEd_N9sVOO2UAs5ALjciA2GnfmqZxA"));
    }

    #[test]
    fn the_frozen_tokens_say_what_their_files_are_called() {
        for (file, alg) in [("eddsa", "EdDSA"), ("ed25519", "Ed25519"), ("ed448", "Ed448")] {
            let token = frozen(file);
            let segments: Vec<_> = token.split('.').map(|text| base64url::decode(text).expect("base64url")).collect();
            let header = Json::parse(&segments[0]).expect("an object");
            assert_eq!(header.member("alg").and_then(Json::as_str), Some(alg));
            assert_eq!(segments[2].len(), 114, "an Ed448 signature");
        }
    }
}
