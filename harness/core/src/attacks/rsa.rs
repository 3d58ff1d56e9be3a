//! RSA signatures whose blocks are encoded otherwise than RFC 8017 says, numbers out of range, and moduli and exponents that are
//! no keys (RFC 7518 §3.3, §3.5, §6.3).

use token_assay_model::{Algorithm, Key, Profile, Reason, Severity};

use super::scene::{Scene, Setting, on};
use super::{Cases, Class, Family, Make, Says};
use crate::forge::raw::{BigUint, Pss, cube_root_above, cube_root_of_end, fixed, root_of_two, rsa_numbers, rsa_primes};
use crate::forge::sign::{digest, digest_info_head, emsa_pkcs1, mgf1, pkcs1_block};
use crate::forge::{Hash, Jws, Object, Scheme, TestKey, base64url, der};
use crate::reference::key::{Material, PublicKey, public_power};
use crate::reference::{Reading, Rule, rules};
use crate::strawman::{PANICS, REFUSES_ALL, SLOW, Strawman};

/// The trusted modulus, and the octets that it takes.
fn modulus(scene: &Scene<'_>) -> (BigUint, usize) {
    let [n, _] = rsa_numbers(scene.key).expect("the classes play on settings of RSA only");
    let width = n.bits().div_ceil(8);
    (n, width)
}

fn hash(algorithm: Algorithm) -> Hash {
    match algorithm {
        Algorithm::Rs384 | Algorithm::Ps384 => Hash::Sha384,
        Algorithm::Rs512 | Algorithm::Ps512 => Hash::Sha512,
        _ => Hash::Sha256,
    }
}

fn is_pss(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::Ps256 | Algorithm::Ps384 | Algorithm::Ps512)
}

/// The valid token of this number, not signed.
fn unsigned(scene: &Scene<'_>, number: u32) -> Jws {
    let claims = scene.claims().set_string("jti", &format!("id-{number}"));
    scene.unsigned(scene.header().text(), claims.text())
}

/// What an attacker sends who has no key: an administrator's claims.
fn forged(scene: &Scene<'_>, number: u32) -> Jws {
    let claims = scene.forged_claims().set_string("jti", &format!("id-{number}"));
    scene.unsigned(scene.header().text(), claims.text())
}

/// The valid token with the trusted key's signature over another block than the encoding that belongs there.
fn signed_block(scene: &Scene<'_>, block: impl FnOnce(&[u8]) -> Vec<u8>) -> Jws {
    let token = unsigned(scene, 1);
    let block = block(token.signing_input().as_bytes());
    let signature = scene.forge.signature(scene.key, Scheme::RsaPower, &block);
    token.with_signature(signature)
}

/// The same for octets that stand where the `DigestInfo` belongs, padded as they should be; made of the hash.
fn signed_info(scene: &Scene<'_>, info: impl FnOnce(&[u8]) -> Vec<u8>) -> Jws {
    let width = modulus(scene).1;
    signed_block(scene, |message| pkcs1_block(&info(&digest(hash(scene.algorithm()), message)), width))
}

/// The scene with this key, which signs its valid tokens too.
fn with_key<'f>(scene: &Scene<'f>, key: &'f TestKey) -> Scene<'f> {
    let scene = Scene { key, ..scene.clone() };
    scene.with(|policy| policy.keys = vec![key.every_form()])
}

/// The scene whose trusted key has the exponent 3.
fn cubed<'f>(scene: &Scene<'f>) -> Scene<'f> {
    with_key(scene, scene.forge.keys().key("rsa-e3"))
}

/// A key of these numbers, in every form.
fn numbers_key(kid: &str, n: &BigUint, e: &BigUint) -> Key {
    let spki = der::rsa_spki(n, e);
    let jwk = Object::new().set_string("kty", "RSA").set_string("kid", kid);
    let number = |number: &BigUint| base64url::encode(number.to_bytes_be());
    let jwk = jwk.set_string("n", &number(n)).set_string("e", &number(e)).text();
    Key {
        kid: Some(kid.to_owned()),
        jwk: serde_json::from_str(&jwk).ok(),
        jwk_text: Some(jwk),
        pem: Some(der::public_pem(&spki)),
        der: Some(spki),
        ..Key::default()
    }
}

/// A forgery without the private half: a perfect cube that begins as the block does, followed by whatever comes.
fn garbage_right(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let scene = cubed(scene);
    let width = modulus(&scene).1;
    for padding in [8, 1] {
        let token = forged(&scene, 1);
        let info = info_of(scene.algorithm(), token.signing_input().as_bytes());
        let start = [&[0, 1], vec![0xff; padding].as_slice(), &[0], &info].concat();
        let cube = BigUint::from_bytes_be(&start) << (8 * (width - start.len()));
        let signature = fixed(&cube_root_above(&cube), width);
        cases.add(&scene, &format!("padding-{padding}"), token.with_signature(signature));
    }
}

/// The same with the hash where it belongs, at the end: what comes stands in the identifier's parameters, or in the padding.
fn garbage_inside(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let scene = cubed(scene);
    let width = modulus(&scene).1;
    let hash = hash(scene.algorithm());
    let oid = &digest_info_head(hash)[4..15];
    let in_parameters = |token: &Jws| {
        let hashed = der::tlv(4, &digest(hash, token.signing_input().as_bytes()));
        let info_width = width - 11;
        let [outer, inner] = [info_width - 3, info_width - 6 - hashed.len()].map(|length| length.to_le_bytes()[0]);
        let octets = inner - 14;
        let head = [&[0x30, 0x81, outer, 0x30, 0x81, inner], oid, &[4, 0x81, octets]].concat();
        let start = [&[0, 1], [0xff; 8].as_slice(), &[0], &head].concat();
        cube_between(&start, &hashed, width, |_| true)
    };
    let in_padding = |token: &Jws| {
        let end = [&[0], info_of(scene.algorithm(), token.signing_input().as_bytes()).as_slice()].concat();
        cube_between(&[0, 1, 0xff], &end, width, |garbage| !garbage.contains(&0))
    };
    let forgeries: [(&str, Forgery<'_>); 2] = [("parameters", &in_parameters), ("padding", &in_padding)];
    for (variant, forgery) in forgeries {
        let found = (1..50).map(|number| forged(&scene, number)).find_map(|token| Some((forgery(&token)?, token)));
        // Of SHA-512 too little of the block is left for what comes.
        if let Some((signature, token)) = found {
            cases.add(&scene, variant, token.with_signature(signature));
        }
    }
}

/// A cube root of octets that begin and end like this and hold between the two what is wanted.
fn cube_between(start: &[u8], end: &[u8], width: usize, wanted: impl Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
    let bits = 8 * end.len();
    let low = cube_root_of_end(&BigUint::from_bytes_be(end), bits)?;
    // Noise and not zeros behind the start: what is wanted may be octets that are none.
    let cube = BigUint::from_bytes_be(&[start, &noise(width - start.len())].concat());
    let high = cube_root_above(&cube) >> bits;
    (1_u32..500).find_map(|more| {
        let root = ((&high + more) << bits) + &low;
        let block = fixed(&(&root * &root * &root), width);
        let between = block.strip_prefix(start)?.strip_suffix(end)?;
        wanted(between).then(|| fixed(&root, width))
    })
}

/// The `DigestInfo` that belongs there.
fn info_of(algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
    [digest_info_head(hash(algorithm)), &digest(hash(algorithm), message)].concat()
}

/// The block has a width, so what the padding lacks stands elsewhere: as zeros before it, or behind the hash.
fn short_padding(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let width = modulus(scene).1;
    for padding in [0, 1, 7] {
        let block = |message: &[u8]| {
            let info = info_of(scene.algorithm(), message);
            [&[1], vec![0xff; padding].as_slice(), &[0], &info].concat()
        };
        let before = signed_block(scene, |message| {
            let block = block(message);
            [vec![0; width - block.len()], block].concat()
        });
        cases.add(scene, &format!("{padding}-zeros-before"), before);
        let behind = signed_block(scene, |message| {
            let block = [&[0], block(message).as_slice()].concat();
            [block.as_slice(), &noise(width - block.len())].concat()
        });
        cases.add(scene, &format!("{padding}-more-behind"), behind);
    }
}

fn other_padding(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let width = modulus(scene).1;
    for (place, from_end) in [("first", false), ("last", true)] {
        for (variant, octet) in [("fe", 0xfe), ("zero", 0), ("one", 1)] {
            let token = signed_block(scene, |message| {
                let mut block = emsa_pkcs1(hash(scene.algorithm()), message, width);
                let ends = block.iter().skip(2).position(|octet| *octet == 0).expect("padding ends") + 1;
                block[if from_end { ends } else { 2 }] = octet;
                block
            });
            cases.add(scene, &format!("{place}-{variant}"), token);
        }
    }
    let token = signed_block(scene, |message| {
        let mut block = emsa_pkcs1(hash(scene.algorithm()), message, width);
        let end = block.len() - info_of(scene.algorithm(), message).len() - 1;
        block[2..end].copy_from_slice(&noise(end - 2));
        block
    });
    cases.add(scene, "noise", token);
}

fn block_type(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let width = modulus(scene).1;
    for (variant, start) in [("00-00", [0, 0]), ("00-02", [0, 2]), ("00-03", [0, 3]), ("01-01", [1, 1])] {
        let token = signed_block(scene, |message| {
            let mut block = emsa_pkcs1(hash(scene.algorithm()), message, width);
            block[..2].copy_from_slice(&start);
            block
        });
        cases.add(scene, variant, token);
    }
}

/// Other encodings of the same, and what is none.
fn in_ber(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let oid = &digest_info_head(hash(scene.algorithm()))[4..15];
    let null: &[u8] = &[5, 0];
    let algorithm = [oid, null].concat();
    let tlv = der::tlv;
    let long = |tag: u8, content: &[u8]| [&[tag, 0x81, content.len().to_le_bytes()[0]], content].concat();
    let longer = |tag: u8, content: &[u8]| [&[tag, 0x82, 0, content.len().to_le_bytes()[0]], content].concat();
    let endless = |tag: u8, content: &[u8]| [&[tag, 0x80], content, &[0, 0]].concat();
    let declared = |less: bool, content: &[u8]| {
        let length = content.len().to_le_bytes()[0];
        [&[0x30, if less { length - 1 } else { length + 1 }], content].concat()
    };
    let mut add = |variant: &str, info: &dyn Fn(&[u8]) -> Vec<u8>| {
        cases.add(scene, variant, signed_info(scene, info));
    };
    // The whole of a `DigestInfo` in one of its writings.
    let content = |hash: &[u8]| [tlv(0x30, &algorithm), tlv(4, hash)].concat();
    add("long-length", &|hash| long(0x30, &content(hash)));
    add("longer-length", &|hash| longer(0x30, &content(hash)));
    add("indefinite", &|hash| endless(0x30, &content(hash)));
    add("set", &|hash| tlv(0x31, &content(hash)));
    add("length-too-small", &|hash| declared(true, &content(hash)));
    add("length-too-large", &|hash| declared(false, &content(hash)));
    add("null-inside", &|hash| tlv(0x30, &[content(hash).as_slice(), null].concat()));
    add("zeros-inside", &|hash| tlv(0x30, &[content(hash).as_slice(), &[0; 8]].concat()));
    // The identifier's.
    let with = |identifier: Vec<u8>, hash: &[u8]| tlv(0x30, &[identifier, tlv(4, hash)].concat());
    add("identifier-long-length", &|hash| with(long(0x30, &algorithm), hash));
    add("identifier-indefinite", &|hash| with(endless(0x30, &algorithm), hash));
    add("identifier-set", &|hash| with(tlv(0x31, &algorithm), hash));
    add("identifier-two-nulls", &|hash| with(tlv(0x30, &[&algorithm, null].concat()), hash));
    add("identifier-empty", &|hash| with(tlv(0x30, &[]), hash));
    add("oid-long-length", &|hash| with(tlv(0x30, &[&long(6, &oid[2..]), null].concat()), hash));
    add("oid-and-zero", &|hash| with(tlv(0x30, &[&tlv(6, &[&oid[2..], &[0]].concat()), null].concat()), hash));
    add("oid-cut", &|hash| with(tlv(0x30, &[&tlv(6, &oid[2..10]), null].concat()), hash));
    add("oid-padded", &|hash| with(tlv(0x30, &[&tlv(6, &[&[0x80], &oid[2..]].concat()), null].concat()), hash));
    add("null-long-length", &|hash| with(tlv(0x30, &[oid, &[5, 0x81, 0]].concat()), hash));
    add("null-with-octet", &|hash| with(tlv(0x30, &[oid, &[5, 1, 0]].concat()), hash));
    add("parameters-octets", &|hash| with(tlv(0x30, &[oid, &tlv(4, &[0x5a; 16])].concat()), hash));
    add("parameters-sequence", &|hash| with(tlv(0x30, &[oid, &[0x30, 0]].concat()), hash));
    add("parameters-integer", &|hash| with(tlv(0x30, &[oid, &[2, 1, 0]].concat()), hash));
    // The hash's.
    let and = |hash: Vec<u8>| tlv(0x30, &[tlv(0x30, &algorithm), hash].concat());
    add("hash-long-length", &|hash| and(long(4, hash)));
    add("hash-indefinite", &|hash| and(endless(0x24, &tlv(4, hash))));
    add("hash-in-two-parts", &|hash| {
        let (first, second) = hash.split_at(hash.len() / 2);
        and(tlv(0x24, &[tlv(4, first), tlv(4, second)].concat()))
    });
    add("hash-as-bits", &|hash| and(tlv(3, &[&[0], hash].concat())));
    add("hash-cut", &|hash| and(tlv(4, &hash[..hash.len() - 1])));
    add("hash-and-zero", &|hash| and(tlv(4, &[hash, &[0]].concat())));
    add("hash-empty", &|_| and(tlv(4, &[])));
}

fn without_null(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let oid = &digest_info_head(hash(scene.algorithm()))[4..15];
    let token = signed_info(scene, |hash| der::sequence(&[&der::sequence(&[oid]), &der::tlv(4, hash)]));
    cases.add(scene, "", token);
}

fn wrong_oid(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let own = &digest_info_head(hash(scene.algorithm()))[4..15];
    let sha_2 = |arc: u8| [&own[..10], &[arc]].concat();
    for (variant, oid) in [
        ("sha-1", vec![6, 5, 0x2b, 0x0e, 3, 2, 0x1a]),
        ("md5", vec![6, 8, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 5]),
        ("sha-256", sha_2(1)),
        ("sha-384", sha_2(2)),
        ("sha-512", sha_2(3)),
        ("sha-512-256", sha_2(6)),
        ("sha3-256", sha_2(8)),
        ("unknown", sha_2(0x7f)),
        ("rs256", vec![6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0b]),
    ] {
        if oid != own {
            let info = |hash: &[u8]| der::sequence(&[&der::sequence(&[&oid, &[5, 0]]), &der::tlv(4, hash)]);
            cases.add(scene, variant, signed_info(scene, info));
        }
    }
}

fn bare_hash(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "bare", signed_info(scene, <[u8]>::to_vec));
    cases.add(scene, "octet-string", signed_info(scene, |hash| der::tlv(4, hash)));
}

fn trailing(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let width = modulus(scene).1;
    let head = digest_info_head(hash(scene.algorithm()));
    let most = width - 11 - head.len() - digest(hash(scene.algorithm()), b"").len();
    for (variant, tail) in [("zero", vec![0]), ("null", vec![5, 0]), ("noise", noise(16)), ("most", noise(most))] {
        cases.add(scene, variant, signed_info(scene, |hash| [head, hash, &tail].concat()));
    }
}

/// Where the modulus leaves room below a power of 256, some signatures fit once more above it.
fn not_reduced(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (n, width) = modulus(scene);
    let more = |number| {
        let token = signed(scene, unsigned(scene, number));
        let more = BigUint::from_bytes_be(&token.signature_octets()) + &n;
        (more.bits() <= 8 * width).then(|| token.with_signature(fixed(&more, width)))
    };
    if let Some(token) = (1..30).find_map(more) {
        cases.add(scene, "", token);
    }
}

fn signed(scene: &Scene<'_>, token: Jws) -> Jws {
    let scheme = Scheme::of(scene.algorithm());
    let signature = scene.forge.signature(scene.key, scheme, token.signing_input().as_bytes());
    token.with_signature(signature)
}

fn special_values(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (n, width) = modulus(scene);
    let one = BigUint::from(1_u8);
    for (variant, value) in
        [("zero", BigUint::from(0_u8)), ("one", one.clone()), ("n-less-one", &n - &one), ("n", n.clone())]
    {
        cases.add(scene, variant, forged(scene, 1).with_signature(fixed(&value, width)));
    }
}

fn wrong_length(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token();
    let whole = token.signature_octets();
    for (variant, octets) in [
        ("zero-before", [&[0], whole.as_slice()].concat()),
        ("eight-zeros-before", [[0; 8].as_slice(), &whole].concat()),
        ("zero-behind", [whole.as_slice(), &[0]].concat()),
        ("twice", [whole.as_slice(), &whole].concat()),
        ("half", whole[whole.len() / 2..].to_vec()),
    ] {
        cases.add(scene, variant, token.clone().with_signature(octets));
    }
    if let Some(token) = short(scene) {
        let octets = token.signature_octets();
        cases.add(scene, "zero-left-out", token.clone().with_signature(&octets[1..]));
        cases.add(scene, "zero-left-in", token).says(Says::MustAccept);
    }
}

/// A valid token whose signature begins with a zero octet, as one in 256 does: it is dated so that it is the same for a long
/// time, since finding one takes that many signatures. Another key's is not looked for as long.
fn short(scene: &Scene<'_>) -> Option<Jws> {
    let first = if is_pss(scene.algorithm()) { SHORT_PSS } else { SHORT_PKCS1 };
    let claims = scene.claims().set("iat", "1600000000").set("nbf", "1600000000").set("exp", "4102444800");
    let token = |number: u32| {
        let claims = claims.clone().set_string("jti", &format!("id-{number}"));
        signed_once(scene, scene.unsigned(scene.header().text(), claims.text()))
    };
    let found = (first..first + 20).find(|number| token(*number).signature_octets().starts_with(&[0]))?;
    Some(signed(scene, token(found)))
}

fn signed_once(scene: &Scene<'_>, token: Jws) -> Jws {
    let scheme = Scheme::of(scene.algorithm());
    let signature = scene.forge.signature_once(scene.key, scheme, token.signing_input().as_bytes());
    token.with_signature(signature)
}

/// The encoding that belongs there, for one of its parts to be changed; the salt is as long as it should be.
fn pss(scene: &Scene<'_>) -> Pss {
    let hash = hash(scene.algorithm());
    let salt = noise(digest(hash, b"").len());
    Pss { hash, mask: hash, salt, bits: modulus(scene).0.bits() - 1 }
}

fn signed_pss(scene: &Scene<'_>, pss: &Pss, bend: impl FnOnce(&mut Vec<u8>, &mut Vec<u8>)) -> Jws {
    signed_block(scene, |message| pss.encode(message, bend))
}

fn salt_length(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let own = pss(scene);
    let hash_width = own.salt.len();
    let most = own.bits.div_ceil(8) - hash_width - 2;
    for (variant, length) in [
        ("none", 0),
        ("20", 20),
        ("one-fewer", hash_width - 1),
        ("one-more", hash_width + 1),
        ("twice", 2 * hash_width),
        ("most", most),
    ] {
        let other = Pss { salt: noise(length), ..own.clone() };
        cases.add(scene, variant, signed_pss(scene, &other, |_, _| {}));
    }
}

fn mask_hash(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let own = pss(scene);
    for (variant, mask) in
        [("sha-1", Hash::Sha1), ("sha-256", Hash::Sha256), ("sha-384", Hash::Sha384), ("sha-512", Hash::Sha512)]
    {
        if mask != own.hash {
            let other = Pss { mask, ..own.clone() };
            cases.add(scene, variant, signed_pss(scene, &other, |_, _| {}));
        }
    }
}

fn trailer_or_padding(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let own = pss(scene);
    let n = modulus(scene).0;
    for (variant, trailer) in [("trailer-cc", 0xcc), ("trailer-zero", 0), ("trailer-bd", 0xbd)] {
        let token = signed_block(scene, |message| {
            let mut block = own.encode(message, |_, _| {});
            *block.last_mut().expect("a block has octets") = trailer;
            block
        });
        cases.add(scene, variant, token);
    }
    // What stands before the salt in DB, the separator last.
    let bends: [(&str, Bend); 4] = [
        ("padding-second-octet", |before| before[1] = 1),
        ("padding-last-octet", |before| before[before.len() - 2] = 0x80),
        ("separator-zero", |before| before[before.len() - 1] = 0),
        ("separator-two", |before| before[before.len() - 1] = 2),
    ];
    for (variant, bend) in bends {
        let token = signed_pss(scene, &own, |db, _| {
            let salt_from = db.len() - own.salt.len();
            bend(&mut db[..salt_from]);
        });
        cases.add(scene, variant, token);
    }
    cases.add(scene, "hash-altered", signed_pss(scene, &own, |_, h| h[0] ^= 1));
    // A block with its highest bit set is a number below the modulus for some salts only.
    let top_bit = |number: u8| {
        let salt = own.salt.iter().map(|octet| octet ^ number).collect();
        let token = unsigned(scene, 1);
        let mut block = Pss { salt, ..own.clone() }.encode(token.signing_input().as_bytes(), |_, _| {});
        block[0] |= 0x80;
        (BigUint::from_bytes_be(&block) < n).then(|| signed_block(scene, |_| block))
    };
    if let Some(token) = (0..100).find_map(top_bit) {
        cases.add(scene, "highest-bit", token);
    }
}

fn special_salt(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let own = pss(scene);
    for (variant, octet) in [("zeros", 0), ("ones", 0xff)] {
        let other = Pss { salt: vec![octet; own.salt.len()], ..own.clone() };
        cases.add(scene, variant, signed_pss(scene, &other, |_, _| {}));
    }
}

fn weak_key(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for bits in [512, 1024, 2047] {
        // Hash and salt, or identifier and least padding, do not fit into the fewest bits.
        let hash_width = digest(hash(scene.algorithm()), b"").len();
        let least = if is_pss(scene.algorithm()) { 2 * hash_width + 2 } else { hash_width + 19 + 11 };
        if bits < 8 * least {
            continue;
        }
        let weak = with_key(scene, scene.forge.keys().key(&format!("rsa-{bits}")));
        let token = signed(&weak, unsigned(&weak, 1));
        cases.add_beside(&weak, scene, &bits.to_string(), token).profile(Profile::Misconfigured);
    }
}

/// The modulus is sound, and its owner signs: with a root of the encoding where the exponent has no inverse.
fn bad_exponent(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let cubed = cubed(scene);
    let (n, width) = modulus(&cubed);
    let kid = scene.key.name.as_str();
    let [p, q] = rsa_primes(cubed.key).expect("it is an RSA key");
    let encoded = |token: &Jws| emsa_pkcs1(hash(scene.algorithm()), token.signing_input().as_bytes(), width);
    let mut add = |variant, e: BigUint, token: Jws| {
        let unsound = scene.with(|policy| policy.keys = vec![numbers_key(kid, &n, &e)]);
        let draft = cases.add_beside(&unsound, scene, variant, token);
        draft.profile(Profile::Misconfigured);
        if variant == "wide" {
            draft.says(Says::Either("RFC 8017 §3.1 allows every odd exponent below n, and implementations set limits"));
        }
    };
    let token = forged(scene, 1);
    let signature = encoded(&token);
    add("one", BigUint::from(1_u8), token.with_signature(signature));
    let primes = [p.clone(), q.clone()];
    for (variant, e, times) in [("two", 2_u32, 1), ("65536", 65536, 16)] {
        let rooted = (1..60).map(|number| unsigned(scene, number)).find_map(|token| {
            let root = root_of_two(&BigUint::from_bytes_be(&encoded(&token)), &primes, times)?;
            Some(token.with_signature(fixed(&root, width)))
        });
        add(variant, BigUint::from(e), rooted.expect("one number in four has a root"));
    }
    // 3, but for multiples of what every power is the same modulo.
    let phi = (&p - 1_u8) * (&q - 1_u8);
    let lambda = &phi >> 1;
    let token = unsigned(scene, 1);
    let signature = scene.forge.signature(cubed.key, Scheme::RsaPower, &encoded(&token));
    let token = token.with_signature(signature);
    add("wide", &lambda + 3_u8, token.clone());
    add("beyond-n", &phi * 2_u8 + 3_u8, token);
}

fn roca(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let weak = with_key(scene, scene.forge.keys().key("rsa-roca"));
    cases.add_beside(&weak, scene, "", signed(&weak, unsigned(&weak, 1))).profile(Profile::Misconfigured);
}

fn huge_key(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let mut octets = noise(2048);
    octets[0] |= 0x80;
    octets[2047] |= 1;
    let n = BigUint::from_bytes_be(&octets);
    let wide: BigUint = (&n >> 1) | BigUint::from(1_u8);
    let signature = [&[0], &noise(2047)[..]].concat();
    for (variant, e) in [("usual-exponent", BigUint::from(65537_u32)), ("wide-exponent", wide)] {
        let key = numbers_key("huge", &n, &e);
        let played = scene.with(|policy| if policy.jwks { policy.keys.push(key) } else { policy.keys = vec![key] });
        let header = if scene.policy.jwks { scene.header().set_string("kid", "huge") } else { scene.header() };
        let token = scene.unsigned(header.text(), scene.forged_claims().text()).with_signature(&signature);
        cases.add_beside(&played, scene, variant, token).profile(Profile::Misconfigured);
    }
}

fn loose_numbers(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let octets = |name: &str| scene.key.jwk_octets(name).expect("a JWK of an RSA key has both");
    let (n, e) = (octets("n"), octets("e"));
    let longer = |octets: &[u8]| base64url::encode([&[0], octets].concat());
    for (variant, name, text) in [
        ("n-zero-before", "n", longer(&n)),
        ("n-padded", "n", base64url::encode_padded(&n)),
        ("e-zero-before", "e", longer(&e)),
    ] {
        let loose = scene.with_jwk(|jwk| jwk.set_string(name, &text));
        cases.add_beside(&loose, scene, variant, scene.token()).profile(Profile::Misconfigured);
    }
}

/// The trusted key, limited by its owner to RSASSA-PSS with one hash.
fn limited_key(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let [n, e] = rsa_numbers(scene.key).expect("the classes play on settings of RSA only");
    let own = hash(scene.algorithm());
    for (variant, hash, arc, width) in
        [("sha-256", Hash::Sha256, 1, 32), ("sha-384", Hash::Sha384, 2, 48), ("sha-512", Hash::Sha512, 3, 64)]
    {
        let spki = der::rsa_pss_spki(&n, &e, arc, width);
        let kid = Some(scene.key.name.clone());
        let key = Key { kid, pem: Some(der::public_pem(&spki)), der: Some(spki), ..Key::default() };
        let limited = scene.with(|policy| policy.keys = vec![key]);
        let draft = cases.add_beside(&limited, scene, variant, scene.token());
        draft.profile(Profile::Misconfigured);
        if is_pss(scene.algorithm()) && hash == own {
            draft.says(Says::Either(
                "no clause of JOSE says in which forms a verifier reads a key, and RFC 4055 §3.1 has this one",
            ));
        }
    }
}

/// PKCS #1 v1.5 with each hash, pinned.
fn pkcs1(at: Setting) -> bool {
    on::rsa(at) && on::pinned(at) && !is_pss(at.algorithm)
}

/// RS256, pinned.
fn one(at: Setting) -> bool {
    on::pinned(at) && at.algorithm == Algorithm::Rs256
}

/// RS256, pinned, and from a key set.
fn one_or_set(at: Setting) -> bool {
    one(at) || on::key_set(at) && at.algorithm == Algorithm::Rs256
}

/// RSASSA-PSS with each hash, pinned.
fn pss_alone(at: Setting) -> bool {
    on::pinned(at) && is_pss(at.algorithm)
}

/// One algorithm of each padding, pinned.
fn both(at: Setting) -> bool {
    on::pinned(at) && matches!(at.algorithm, Algorithm::Rs256 | Algorithm::Ps256)
}

/// A signature that is computed without the private half, where the message admits one.
type Forgery<'a> = &'a dyn Fn(&Jws) -> Option<Vec<u8>>;

/// A change of octets.
type Bend = fn(&mut [u8]);

/// Octets that look random, never zero, and are always the same.
fn noise(width: usize) -> Vec<u8> {
    mgf1(Hash::Sha256, b"noise").filter(|octet| *octet != 0).take(width).collect()
}

/// What the keys of a reading make of its signature, and of each the bits of its modulus.
fn blocks(reading: &Reading<'_>) -> Vec<(Vec<u8>, usize)> {
    let block = |key: &PublicKey| match &key.material {
        Material::Rsa { n, e } => Some((public_power(n, e, &reading.decoded[2])?, BigUint::from_bytes_be(n).bits())),
        _ => None,
    };
    reading.keys.iter().filter_map(block).collect()
}

/// The right check, or else a block of PKCS #1 that passes, beside the `DigestInfo` that belongs there.
fn or_block(reading: &mut Reading<'_>, passes: fn(&[u8], &[u8]) -> bool) -> Result<(), Reason> {
    rules::signature(reading).or_else(|reason| {
        rules::check(reading.algorithm.is_rsa() && !is_pss(reading.algorithm), reason)?;
        let info = info_of(reading.algorithm, &reading.signing_input());
        rules::check(blocks(reading).iter().any(|(block, _)| passes(block, &info)), reason)
    })
}

/// What stands behind padding of these octets and its end.
fn behind_padding(block: &[u8], is_padding: fn(u8) -> bool) -> Option<&[u8]> {
    let padding = block.iter().take_while(|octet| is_padding(**octet)).count();
    block[padding..].strip_prefix(&[0])
}

/// The right check, or else a block of PSS that is opened like this.
fn or_opened(reading: &mut Reading<'_>, open: Opening) -> Result<(), Reason> {
    rules::signature(reading).or_else(|reason| {
        rules::check(is_pss(reading.algorithm), reason)?;
        let (hash, message) = (hash(reading.algorithm), reading.signing_input());
        let opens = |(block, bits): &(Vec<u8>, usize)| open.opens(block, bits - 1, hash, &message);
        rules::check(blocks(reading).iter().any(opens), reason)
    })
}

/// How a block of PSS is opened.
#[derive(Clone, Copy)]
struct Opening {
    /// The hashes that MGF1 may have; that of the message where there are none.
    masks: &'static [Hash],
    /// Whether the salt is what stands behind the separator, however long.
    any_salt: bool,
    /// Whether padding, separator, trailer and the highest bits are not looked at.
    any_padding: bool,
}

impl Opening {
    fn opens(self, block: &[u8], bits: usize, hash: Hash, message: &[u8]) -> bool {
        let masks = if self.masks.is_empty() { &[hash] } else { self.masks };
        masks.iter().any(|mask| self.opens_with(*mask, block, bits, hash, message).unwrap_or(false))
    }

    fn opens_with(self, mask: Hash, block: &[u8], bits: usize, hash: Hash, message: &[u8]) -> Option<bool> {
        let width = bits.div_ceil(8);
        let block = block.get(block.len().checked_sub(width)?..)?;
        let hashed = digest(hash, message);
        let (masked, rest) = block.split_at_checked(width.checked_sub(hashed.len() + 1)?)?;
        let (h, trailer) = rest.split_at(hashed.len());
        let mut db: Vec<u8> = masked.iter().zip(mgf1(mask, h)).map(|(octet, mask)| octet ^ mask).collect();
        let unused = 8 * width - bits;
        let clean = trailer == [0xbc] && masked[0] >> (8 - unused).min(7) == 0;
        db[0] &= 0xff >> unused;
        let padding = db.iter().take_while(|octet| **octet == 0).count();
        let salt = if self.any_salt { db.get(padding + 1..)? } else { &db[db.len().checked_sub(hashed.len())?..] };
        let separated = db.get(padding) == Some(&1) && padding + 1 + salt.len() == db.len();
        let same = digest(hash, &[&[0; 8], hashed.as_slice(), salt].concat()) == h;
        Some(same && (self.any_padding || clean && separated))
    }
}

/// Keys of every kind that have numbers of RSA.
fn any_rsa_key(reading: &mut Reading<'_>, fits: fn(&PublicKey, Algorithm) -> bool) -> Result<(), Reason> {
    let keys = reading.keys.clone();
    rules::key_fitness(reading).or_else(|reason| {
        let algorithm = reading.algorithm;
        let is_rsa = |key: &PublicKey| matches!(key.material, Material::Rsa { .. });
        reading.keys = keys.into_iter().filter(|key| is_rsa(key) && fits(key, algorithm)).collect();
        rules::check(algorithm.is_rsa() && !reading.keys.is_empty(), reason)
    })
}

static IGNORES_THE_TAIL: Strawman = Strawman {
    name: "pkcs1-ignores-the-tail",
    flaw: "reads a PKCS #1 block as far as the hash, after however little padding",
    mend: ENCODE,
    bends: &[(Rule::Signature, |reading| {
        or_block(reading, |block, info| {
            let behind = block.strip_prefix(&[0, 1]).and_then(|block| behind_padding(block, |octet| octet == 0xff));
            behind.is_some_and(|behind| behind.starts_with(info))
        })
    })],
};

static SKIPS_PADDING: Strawman = Strawman {
    name: "pkcs1-skips-padding",
    flaw: "skips the padding of a PKCS #1 block, whatever its octets are",
    mend: ENCODE,
    bends: &[(Rule::Signature, |reading| {
        or_block(reading, |block, info| {
            let behind = block.strip_prefix(&[0, 1]).and_then(|block| behind_padding(block, |octet| octet != 0));
            behind == Some(info)
        })
    })],
};

static ANY_BLOCK_TYPE: Strawman = Strawman {
    name: "pkcs1-any-block-type",
    flaw: "does not look at the first two octets of a PKCS #1 block",
    mend: ENCODE,
    bends: &[(Rule::Signature, |reading| {
        or_block(reading, |block, info| behind_padding(&block[2..], |octet| octet == 0xff) == Some(info))
    })],
};

static SHORT_PADDING: Strawman = Strawman {
    name: "pkcs1-short-padding",
    flaw: "reads a PKCS #1 block as a number, so that zeros may stand in the place of its padding",
    mend: ENCODE,
    bends: &[(Rule::Signature, |reading| {
        or_block(reading, |block, info| {
            let zeros = block.iter().take_while(|octet| **octet == 0).count();
            let behind = block[zeros..].strip_prefix(&[1]);
            behind.and_then(|block| behind_padding(block, |octet| octet == 0xff)) == Some(info)
        })
    })],
};

static HASH_AT_THE_END: Strawman = Strawman {
    name: "pkcs1-hash-at-the-end",
    flaw: "parses a PKCS #1 block so loosely that only the hash at its end counts",
    mend: ENCODE,
    bends: &[(Rule::Signature, |reading| {
        or_block(reading, |block, info| {
            let hash = &info[19..];
            block.starts_with(&[0, 1, 0xff]) && block.ends_with(hash)
        })
    })],
};

static UNREDUCED: Strawman = Strawman {
    name: "rsa-unreduced",
    flaw: "takes a signature for a number of whatever width, modulo n",
    mend: "Refuse a signature that is not as wide as the modulus, or not below it (RFC 8017 §8.2.2 step 1, §5.2.2).",
    bends: &[(Rule::Signature, |reading| {
        rules::signature(reading).or_else(|reason| {
            let moduli = reading.keys.iter().filter_map(|key| match &key.material {
                Material::Rsa { n, .. } => Some(BigUint::from_bytes_be(n)),
                _ => None,
            });
            let modulus = moduli.max().ok_or(reason)?;
            let number = BigUint::from_bytes_be(&reading.decoded[2]) % &modulus;
            reading.decoded[2] = fixed(&number, modulus.bits().div_ceil(8));
            rules::signature(reading)
        })
    })],
};

static FIXED_POINTS: Strawman = Strawman {
    name: "rsa-fixed-points",
    flaw: "takes a signature that no power changes for one",
    mend: "Compute the encoding and compare the whole of it, whatever the signature is.",
    bends: &[(Rule::Signature, |reading| {
        rules::signature(reading).or_else(|reason| {
            let unchanged = blocks(reading).iter().any(|(block, _)| *block == reading.decoded[2]);
            rules::check(unchanged, reason)
        })
    })],
};

static ANY_SALT: Strawman = Strawman {
    name: "pss-any-salt",
    flaw: "takes a PSS salt of any length",
    mend: "Ask for a salt as long as the hash (RFC 7518 §3.5).",
    bends: &[(Rule::Signature, |reading| {
        or_opened(reading, Opening { masks: &[], any_salt: true, any_padding: false })
    })],
};

static ANY_MASK: Strawman = Strawman {
    name: "pss-any-mask",
    flaw: "takes a PSS mask that is made with another hash",
    mend: "Use the hash of the algorithm for MGF1 as well (RFC 7518 §3.5).",
    bends: &[(Rule::Signature, |reading| {
        let masks = &[Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512];
        or_opened(reading, Opening { masks, any_salt: false, any_padding: false })
    })],
};

static ANY_PADDING: Strawman = Strawman {
    name: "pss-any-padding",
    flaw: "does not look at a PSS block's padding, separator, trailer and highest bits",
    mend: "Check every octet of the block (RFC 8017 §9.1.2 steps 4, 6 and 10).",
    bends: &[(Rule::Signature, |reading| {
        or_opened(reading, Opening { masks: &[], any_salt: false, any_padding: true })
    })],
};

static ANY_SIZE: Strawman = Strawman {
    name: "rsa-any-size",
    flaw: "takes RSA keys of any size",
    mend: "Refuse an RSA key of fewer than 2048 bits when it is loaded (RFC 7518 §3.3, §3.5).",
    bends: &[
        (Rule::KeyFitness, |reading| any_rsa_key(reading, |key, _| key.is_valid())),
        (Rule::Signature, |reading| or_opened(reading, Opening { masks: &[], any_salt: false, any_padding: false })),
    ],
};

static ANY_EXPONENT: Strawman = Strawman {
    name: "rsa-any-exponent",
    flaw: "takes RSA keys of any exponent",
    mend: "Refuse an exponent that is even, below 3, or not below the modulus (RFC 8017 §3.1).",
    bends: &[(Rule::KeyFitness, |reading| any_rsa_key(reading, PublicKey::has_type_of))],
};

static FORGETS_THE_LIMIT: Strawman = Strawman {
    name: "spki-forgets-the-limit",
    flaw: "reads modulus and exponent of a key and not what it is for",
    mend: "Use a key of id-RSASSA-PSS for PSS alone, and with its own hash (RFC 4055 §1.2, §3.1).",
    bends: &[(Rule::KeyChoice, |reading| {
        rules::key_choice(reading)?;
        reading.keys.iter_mut().for_each(|key| key.alg = None);
        Ok(())
    })],
};

const ENCODE: &str = "Encode the message as the signer did, and compare all of the block with that (RFC 8017 §8.2.2).";

/// The first `jti` under which the corpus's key signs the lasting claims with a zero octet in front.
const SHORT_PKCS1: u32 = 117;
const SHORT_PSS: u32 = 13;

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "rsa",
    title: "RSA's numbers and encodings",
    classes: &[
        Class {
            id: "rsa-bb06-e3-garbage-right",
            title: "A forged token whose signature is a cube root of the hash with garbage behind it was accepted.",
            construction: "trusted key with the exponent 3; claims of an administrator; a cube root of 00 01 FF … 00, \
                           DigestInfo, hash and whatever comes, computed without the private half",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 8017 §8.2.2", "CVE-2006-4339"],
            cwe: Some(347),
            make: Make::Cases { on: one, build: garbage_right, strawman: &IGNORES_THE_TAIL },
        },
        Class {
            id: "rsa-e3-garbage-in-params",
            title: "A forged token whose signature is a cube root with garbage inside the block was accepted.",
            construction: "trusted key with the exponent 3; claims of an administrator; a cube root of a block that ends in \
                           the hash, with whatever comes as the parameters of its identifier or in the padding",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 8017 §9.2", "CVE-2006-4790", "CVE-2014-1568"],
            cwe: Some(347),
            make: Make::Cases { on: one, build: garbage_inside, strawman: &HASH_AT_THE_END },
        },
        Class {
            id: "rsa-short-padding",
            title: "A token whose PKCS #1 padding is shorter than the block was accepted.",
            construction: "signed by the trusted key: 0, 1 or 7 octets of padding, the rest zeros before or noise behind",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 8017 §9.2"],
            cwe: Some(347),
            make: Make::Cases { on: pkcs1, build: short_padding, strawman: &SHORT_PADDING },
        },
        Class {
            id: "rsa-padding-byte-not-ff",
            title: "A token whose PKCS #1 padding is not all FF was accepted.",
            construction: "signed by the trusted key: the first or last octet of the padding FE, 0 or 1; all of it noise",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 8017 §9.2", "CVE-2021-30246"],
            cwe: Some(347),
            make: Make::Cases { on: pkcs1, build: other_padding, strawman: &SKIPS_PADDING },
        },
        Class {
            id: "rsa-block-type",
            title: "A token whose PKCS #1 block does not begin with 00 01 was accepted.",
            construction: "signed by the trusted key: a block that begins with 00 00, 00 02, 00 03 or 01 01",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 8017 §9.2"],
            cwe: Some(347),
            make: Make::Cases { on: pkcs1, build: block_type, strawman: &ANY_BLOCK_TYPE },
        },
        Class {
            id: "rsa-digestinfo-ber",
            title: "A token whose DigestInfo is encoded otherwise than in DER was accepted.",
            construction: "signed by the trusted key: long and indefinite lengths, wrong tags and lengths, other \
                           parameters, more or less inside, a hash in parts, cut or lengthened",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 8017 §8.2.2", "RFC 8017 §9.2"],
            cwe: Some(347),
            make: Make::Cases { on: one, build: in_ber, strawman: &HASH_AT_THE_END },
        },
        Class {
            id: "rsa-digestinfo-missing-null",
            title: "A token whose DigestInfo has no NULL made the verifier fall over.",
            construction: "signed by the trusted key: the hash's identifier without parameters",
            says: Says::Either(
                "RFC 8017 §A.2.4 wants both forms of the identifier read, and §9.2 has one of them written",
            ),
            severity: Severity::Low,
            references: &["RFC 8017 §A.2.4", "RFC 8017 §9.2"],
            cwe: Some(347),
            make: Make::Cases { on: pkcs1, build: without_null, strawman: &PANICS },
        },
        Class {
            id: "rsa-digestinfo-wrong-oid",
            title: "A token whose DigestInfo names another hash was accepted.",
            construction: "signed by the trusted key: the identifier of another hash, or of none, and the right value",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 8017 §9.2", "RFC 7518 §3.3"],
            cwe: Some(347),
            make: Make::Cases { on: pkcs1, build: wrong_oid, strawman: &HASH_AT_THE_END },
        },
        Class {
            id: "rsa-raw-hash-no-digestinfo",
            title: "A token whose PKCS #1 block holds a bare hash was accepted.",
            construction: "signed by the trusted key: the hash alone in the block, and as an OCTET STRING",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 8017 §9.2"],
            cwe: Some(347),
            make: Make::Cases { on: pkcs1, build: bare_hash, strawman: &HASH_AT_THE_END },
        },
        Class {
            id: "rsa-trailing-after-digestinfo",
            title: "A token whose PKCS #1 block goes on behind the hash was accepted.",
            construction: "signed by the trusted key: a zero, a NULL, 16 octets, or all that leaves eight of padding",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 8017 §9.2", "CVE-2022-24771", "CVE-2022-24772", "CVE-2022-24773", "CVE-2025-12816"],
            cwe: Some(347),
            make: Make::Cases { on: pkcs1, build: trailing, strawman: &IGNORES_THE_TAIL },
        },
        Class {
            id: "rsa-sig-not-reduced",
            title: "A token whose RSA signature is not below the modulus was accepted.",
            construction: "genuine signature, the modulus added where that fits",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 8017 §5.2.2"],
            cwe: Some(347),
            make: Make::Cases { on: both, build: not_reduced, strawman: &UNREDUCED },
        },
        Class {
            id: "rsa-sig-special-values",
            title: "A forged token whose RSA signature is 0, 1, n - 1 or n was accepted.",
            construction: "claims of an administrator, one of these numbers for a signature",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 8017 §5.2.2", "RFC 8017 §8.2.2"],
            cwe: Some(347),
            make: Make::Cases { on: both, build: special_values, strawman: &FIXED_POINTS },
        },
        Class {
            id: "rsa-sig-length",
            title: "A token whose RSA signature is not as wide as the modulus was accepted.",
            construction: "genuine signature with zeros before or behind, twice, half; one that begins with a zero octet, \
                           without it; and with it, which must be accepted",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 8017 §8.1.2", "RFC 8017 §8.2.2", "CVE-2020-14968"],
            cwe: Some(347),
            make: Make::Cases { on: both, build: wrong_length, strawman: &UNREDUCED },
        },
        Class {
            id: "pss-salt-length",
            title: "A token whose PSS salt is not as long as the hash was accepted.",
            construction: "signed by the trusted key: a salt of none, 20, one fewer, one more, twice as many, all octets",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 7518 §3.5"],
            cwe: Some(347),
            make: Make::Cases { on: pss_alone, build: salt_length, strawman: &ANY_SALT },
        },
        Class {
            id: "pss-mgf-hash-mismatch",
            title: "A token whose PSS mask is made with another hash was accepted.",
            construction: "signed by the trusted key: MGF1 with SHA-1, or another SHA-2 than the algorithm's",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 7518 §3.5"],
            cwe: Some(347),
            make: Make::Cases { on: pss_alone, build: mask_hash, strawman: &ANY_MASK },
        },
        Class {
            id: "pss-trailer-or-padding",
            title: "A token whose PSS block has another trailer, padding or highest bit was accepted.",
            construction: "signed by the trusted key: another trailer, padding that is not zero, another separator, the \
                           highest bit set, the hash altered",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 8017 §9.1.2"],
            cwe: Some(347),
            make: Make::Cases { on: pss_alone, build: trailer_or_padding, strawman: &ANY_PADDING },
        },
        Class {
            id: "pss-special-salt",
            title: "A token whose PSS salt is all zeros or all ones was refused.",
            construction: "genuine signature with such a salt",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 8017 §9.1"],
            cwe: None,
            make: Make::Cases { on: pss_alone, build: special_salt, strawman: &REFUSES_ALL },
        },
        Class {
            id: "rsa-weak-key",
            title: "A verifier whose RSA key is too small accepted a token.",
            construction: "the verifier's key has 512, 1024 or 2047 bits; genuine signature",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Medium,
            references: &["RFC 7518 §3.3", "RFC 7518 §3.5", "CVE-2025-45769"],
            cwe: Some(326),
            make: Make::Cases { on: both, build: weak_key, strawman: &ANY_SIZE },
        },
        Class {
            id: "rsa-bad-exponent",
            title: "A verifier whose RSA exponent is none accepted a token.",
            construction: "the verifier's exponent is 1, and the signature the block itself; 2 or 65536, and the signature \
                           a root; beyond the modulus, and the signature genuine; nearly as wide as the modulus, which is \
                           left open",
            says: Says::MustReject(Reason::Key),
            severity: Severity::High,
            references: &["RFC 8017 §3.1"],
            cwe: Some(326),
            make: Make::Cases { on: one, build: bad_exponent, strawman: &ANY_EXPONENT },
        },
        Class {
            id: "rsa-roca-key",
            title: "A verifier whose modulus was made by a faulty generator fell over.",
            construction: "the verifier's modulus is the product of primes of the form that CVE-2017-15361 describes; \
                           genuine signature",
            says: Says::Either("no clause asks a verifier to tell a weak modulus by its form (CVE-2017-15361)"),
            severity: Severity::Medium,
            references: &["CVE-2017-15361", "RFC 8725 §3.5"],
            cwe: Some(326),
            make: Make::Cases { on: one, build: roca, strawman: &PANICS },
        },
        Class {
            id: "rsa-huge-key",
            title: "A verifier whose RSA key is enormous took too long.",
            construction: "the verifier's modulus has 16384 bits, its exponent 17 or nearly as many; alone, and in a set",
            says: Says::Bounded(1000),
            severity: Severity::Medium,
            references: &["RFC 8725 §3.1"],
            cwe: Some(400),
            make: Make::Cases { on: one_or_set, build: huge_key, strawman: &SLOW },
        },
        Class {
            id: "rsa-jwk-n-leading-zero",
            title: "A verifier whose JWK is written with zeros or padding fell over.",
            construction: "the verifier's n or e with a zero octet before it, or n with the padding of base64; genuine token",
            says: Says::Either(
                "RFC 7518 §6.3.1.1 tells who writes a modulus to omit zeros before it, not who reads it",
            ),
            severity: Severity::Low,
            references: &["RFC 7518 §2", "RFC 7518 §6.3.1.1"],
            cwe: Some(20),
            make: Make::Cases { on: one, build: loose_numbers, strawman: &PANICS },
        },
        Class {
            id: "rsa-pss-oid-key",
            title: "A token was accepted under a key that is limited to another padding or hash.",
            construction: "the verifier's key is of id-RSASSA-PSS with the parameters of SHA-256, SHA-384 or SHA-512; token \
                           of PKCS #1, or of PSS with another hash; with the same hash that is left open",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Medium,
            references: &["RFC 4055 §1.2", "RFC 4055 §3.1", "CVE-2022-23539"],
            cwe: Some(347),
            make: Make::Cases { on: both, build: limited_key, strawman: &FORGETS_THE_LIMIT },
        },
    ],
};
