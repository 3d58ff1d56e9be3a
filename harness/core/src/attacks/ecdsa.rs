//! ECDSA signatures whose numbers are out of range or written otherwise, and points that are no keys (RFC 7518 §3.4, §6.2,
//! FIPS 186-5 §6.4.2).

use serde_json::Value;
use token_assay_model::{Algorithm, Key, Profile, Reason, Severity};

use super::scene::{Scene, Setting, on};
use super::{Cases, Class, Family, Make, Says};
use crate::forge::raw::{BigUint, Curve, fixed};
use crate::forge::{Jws, Object, Scheme, base64url, der};
use crate::reference::key::{self, Material, PublicKey};
use crate::reference::{Reading, Rule, rules};
use crate::strawman::{SLOW, Strawman};

fn curve(scene: &Scene<'_>) -> Curve {
    Curve::of(scene.algorithm()).expect("the classes play on settings of ECDSA only")
}

/// The trusted private scalar.
fn secret(scene: &Scene<'_>) -> BigUint {
    let octets = scene.key.private_octets("d").expect("the trusted key signs");
    BigUint::from_bytes_be(&octets)
}

/// The trusted point, uncompressed.
fn point(scene: &Scene<'_>) -> Vec<u8> {
    let coordinate = |name: &str| scene.key.jwk_octets(name).expect("a JWK of an EC key has both");
    [&[4], coordinate("x").as_slice(), &coordinate("y")].concat()
}

/// What an attacker sends who has no key: an administrator's claims.
fn forged(scene: &Scene<'_>, signature: impl AsRef<[u8]>) -> Jws {
    scene.unsigned(scene.header().text(), scene.forged_claims().text()).with_signature(signature)
}

/// The valid token and the numbers of its signature.
fn genuine(scene: &Scene<'_>) -> (Jws, [BigUint; 2]) {
    let token = scene.token();
    let numbers = curve(scene).split(&token.signature_octets());
    (token, numbers)
}

/// An unsigned token of each `jti` in turn: for signatures that have a property by chance.
fn many<'s>(scene: &'s Scene<'_>) -> impl Iterator<Item = Jws> + 's {
    (1..5000).map(move |number| {
        let claims = scene.claims().set_string("jti", &format!("id-{number}"));
        scene.unsigned(scene.header().text(), claims.text())
    })
}

/// The same, genuinely signed, with the numbers of the signature.
fn signed<'s>(scene: &'s Scene<'_>) -> impl Iterator<Item = (Jws, [BigUint; 2])> + 's {
    let scheme = Scheme::of(scene.algorithm());
    many(scene).map(move |token| {
        let signature = scene.forge.signature(scene.key, scheme, token.signing_input().as_bytes());
        let numbers = curve(scene).split(&signature);
        (token.with_signature(signature), numbers)
    })
}

/// The scene whose only key is this point, in every form.
fn with_point<'f>(scene: &Scene<'f>, point: &[u8]) -> Scene<'f> {
    let (curve, name) = (curve(scene), scene.key.name.as_str());
    let (x, y) = point[1..].split_at(curve.width());
    let jwk = jwk(curve, name, &base64url::encode(x), &base64url::encode(y));
    let spki = der::ec_spki(curve, point);
    scene.with(|policy| {
        policy.keys = vec![Key { pem: Some(der::public_pem(&spki)), der: Some(spki), ..jwk_key(name, &jwk) }];
    })
}

fn jwk(curve: Curve, kid: &str, x: &str, y: &str) -> Object {
    let jwk = Object::new().set_string("kty", "EC").set_string("kid", kid).set_string("crv", curve.crv());
    jwk.set_string("x", x).set_string("y", y)
}

/// A key that is given as a JWK alone.
fn jwk_key(kid: &str, jwk: &Object) -> Key {
    let value: Value = serde_json::from_str(&jwk.text()).expect("an object of strings is JSON");
    Key { kid: Some(kid.to_owned()), jwk: Some(value), jwk_text: Some(jwk.text()), ..Key::default() }
}

/// A key that is given as PEM and DER alone.
fn spki_key(kid: &str, spki: Vec<u8>) -> Key {
    Key { kid: Some(kid.to_owned()), pem: Some(der::public_pem(&spki)), der: Some(spki), ..Key::default() }
}

/// What is wrong is the key.
fn add_misconfigured(scene: &Scene<'_>, cases: &mut Cases<'_>, variant: &str, keys: Vec<Key>, token: Jws) {
    let unsound = scene.with(|policy| policy.keys = keys);
    cases.add_beside(&unsound, scene, variant, token).profile(Profile::Misconfigured);
}

fn zeros(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", forged(scene, vec![0; 2 * curve(scene).width()]));
}

fn zeros_in_der(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    cases.add(scene, "", forged(scene, [0x30, 6, 2, 1, 0, 2, 1, 0]));
}

/// All pairs but that of two zeros, which is a class of its own.
fn edges(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (curve, one) = (curve(scene), BigUint::from(1_u8));
    let order = curve.order();
    let values = [
        ("zero", BigUint::from(0_u8)),
        ("one", one.clone()),
        ("n-less-one", &order - &one),
        ("n", order.clone()),
        ("n-and-one", &order + &one),
        ("p", curve.prime()),
        ("ones", (&one << (8 * curve.width())) - &one),
    ];
    let pairs = values.iter().flat_map(|r| values.iter().map(move |s| (r, s)));
    for ((r_name, r), (s_name, s)) in pairs.filter(|((r, _), (s, _))| !(*r == "zero" && *s == "zero")) {
        cases.add(scene, &format!("r-{r_name}-s-{s_name}"), forged(scene, curve.joined(r, s)));
    }
}

/// Numbers are this much too large to be in range and still fit where n is far from a power of two; elsewhere only small ones
/// do, and a key is made of which they are the signature.
fn plus_order(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (curve, small) = (curve(scene), BigUint::from(SMALL_S));
    let order = curve.order();
    let (played, token, [r, s]) = if curve == Curve::P521 {
        let (token, numbers) = genuine(scene);
        (scene.clone(), token, numbers)
    } else {
        let token = scene.unsigned(scene.header().text(), scene.claims().text());
        let (r, point) = curve.key_for(1, &small, token.signing_input().as_bytes());
        (with_point(scene, &point), token, [r, small])
    };
    let mut add = |variant, r: &BigUint, s: &BigUint| {
        let token = token.clone().with_signature(curve.joined(r, s));
        let draft = cases.add_beside(&played, scene, variant, token);
        if variant == "neither" {
            draft.says(Says::MustAccept).severity(Severity::Low);
        }
    };
    let (r_more, s_more) = (&r + &order, &s + &order);
    add("neither", &r, &s);
    add("r", &r_more, &s);
    add("s", &r, &s_more);
    add("both", &r_more, &s_more);
}

/// The larger of s and n - s under a signature that has the smaller. What signs with secp256k1 here never makes the larger.
fn high_s(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let curve = curve(scene);
    let order = curve.order();
    let mut low = signed(scene).filter(|(_, [_, s])| s + s < order);
    let (token, [r, s]) = low.next().expect("every second s is low");
    let draft = cases.add(scene, "", token.with_signature(curve.joined(&r, &(order - s))));
    if curve == Curve::K256 {
        draft.says(Says::Either("RFC 8812 has no rule on which of s and n - s is sent, and implementations have"));
    }
}

fn in_der(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (token, [r, s]) = genuine(scene);
    cases.add(scene, "", token.with_signature(der::ecdsa_signature(&r, &s)));
}

fn in_malformed_der(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (token, [r, s]) = genuine(scene);
    let (r, s) = (der::integer(&r), der::integer(&s));
    let content = [r.as_slice(), &s].concat();
    let length = content.len().to_le_bytes()[0];
    let of_r = r[2..].to_vec();
    let zero_before = der::tlv(2, &[&[0], of_r.as_slice()].concat());
    let negative = der::tlv(2, &of_r.iter().map(|octet| !octet).collect::<Vec<_>>());
    let sequence = der::sequence(&[&content]);
    for (variant, octets) in [
        ("long-length", [&[0x30, 0x82, 0, length], content.as_slice()].concat()),
        ("longer-length", [&[0x30, 0x84, 0, 0, 0, length], content.as_slice()].concat()),
        ("indefinite", [&[0x30, 0x80], content.as_slice(), &[0, 0]].concat()),
        ("long-length-of-r", der::sequence(&[&[2, 0x81, of_r.len().to_le_bytes()[0]], &of_r, &s])),
        ("zero-before-r", der::sequence(&[&zero_before, &s])),
        ("negative-r", der::sequence(&[&negative, &s])),
        ("empty-r", der::sequence(&[&[2, 0], &s])),
        ("octet-after", [sequence.as_slice(), &[0]].concat()),
        ("null-inside", der::sequence(&[&content, &[5, 0]])),
        ("one-number", der::sequence(&[&r])),
        ("set", der::tlv(0x31, &content)),
        ("cut", sequence[..sequence.len() - 1].to_vec()),
        ("length-of-2-gigabytes", [&[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff], content.as_slice()].concat()),
        ("length-of-all-ones", [&[0x30, 0x88], [0xff; 8].as_slice(), &content].concat()),
    ] {
        cases.add(scene, variant, token.clone().with_signature(octets));
    }
    // An r that wants a zero before it, or is negative: there is none on P-521, whose octets have bits to spare.
    let width = curve(scene).width();
    if let Some((token, [r, s])) = signed(scene).take(20).find(|(_, [r, _])| r.bits() == 8 * width) {
        let octets = der::sequence(&[&der::tlv(2, &fixed(&r, width)), &der::integer(&s)]);
        cases.add(scene, "r-without-its-zero", token.with_signature(octets));
    }
}

fn wrong_length(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (token, [r, s]) = genuine(scene);
    let width = curve(scene).width();
    let whole = token.signature_octets();
    let (first, second) = whole.split_at(width);
    for (variant, octets) in [
        ("zero-before", [&[0], whole.as_slice()].concat()),
        ("two-zeros-before", [&[0, 0], whole.as_slice()].concat()),
        ("zero-between", [first, &[0], second].concat()),
        ("two-zeros-between", [first, &[0, 0], second].concat()),
        ("zero-behind", [whole.as_slice(), &[0]].concat()),
        ("two-zeros-behind", [whole.as_slice(), &[0, 0]].concat()),
        ("zero-before-each", [fixed(&r, width + 1), fixed(&s, width + 1)].concat()),
        ("twice-as-wide", [fixed(&r, 2 * width), fixed(&s, 2 * width)].concat()),
        ("one-fewer", whole[..whole.len() - 1].to_vec()),
        ("r-alone", first.to_vec()),
    ] {
        cases.add(scene, variant, token.clone().with_signature(octets));
    }
}

/// The zeros that RFC 7518 §3.4 says must not be left out, left out; and left in, which must be accepted.
fn stripped(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let curve = curve(scene);
    let is_short = |number: &BigUint| number.bits() <= 8 * (curve.width() - 1);
    let (secret, nonce) = (secret(scene), BigUint::from(short_nonce(curve)));
    let at = curve.sum(&[(&nonce, None)]).expect("the nonce is not 0");
    let (r, inverse) = (curve.x(&at) % curve.order(), curve.inverse(&nonce));
    let mut signed = many(scene).map(|token| {
        let s = curve.second(&r, &inverse, &secret, token.signing_input().as_bytes());
        (token, s)
    });
    let (token, s) = signed.next().expect("there are many");
    let without = [r.to_bytes_be(), fixed(&s, curve.width())].concat();
    cases.add(scene, "r", token.clone().with_signature(without));
    let whole = cases.add(scene, "r-whole", token.with_signature(curve.joined(&r, &s)));
    whole.says(accepted(curve, &s)).severity(Severity::Medium);
    let (token, s) = signed.find(|(_, s)| is_short(s)).expect("one s in 256 is short");
    let without = [fixed(&r, curve.width()), s.to_bytes_be()].concat();
    cases.add(scene, "s", token.clone().with_signature(without));
    let whole = cases.add(scene, "s-whole", token.clone().with_signature(curve.joined(&r, &s)));
    whole.says(accepted(curve, &s)).severity(Severity::Medium);
    cases.add(scene, "both", token.with_signature([r.to_bytes_be(), s.to_bytes_be()].concat()));
}

/// Of a valid signature on secp256k1 the clauses leave those with a large s.
fn accepted(curve: Curve, s: &BigUint) -> Says {
    if curve == Curve::K256 && s + s > curve.order() {
        return Says::Either("RFC 8812 has no rule on which of s and n - s is sent, and implementations have");
    }
    Says::MustAccept
}

fn swapped(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (token, [r, s]) = genuine(scene);
    cases.add(scene, "", token.with_signature(curve(scene).joined(&s, &r)));
}

fn oversized(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let number = vec![0x7f; 40_000];
    cases.add(scene, "64-ki", forged(scene, vec![0x5a; (1 << 16) - 1]));
    cases.add(scene, "1-mi", forged(scene, vec![0x5a; 1 << 20]));
    cases.add(scene, "der", forged(scene, der::sequence(&[&der::tlv(2, &number), &der::tlv(2, &number)])));
}

fn off_curve(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let curve = curve(scene);
    let mut altered = point(scene);
    *altered.last_mut().expect("a point has octets") ^= 1;
    let unsound = with_point(scene, &altered).policy.keys.clone();
    add_misconfigured(scene, cases, "y-altered", unsound, scene.token());
    // Twice this point is the point at infinity by the formulas, whatever curve it is on; so a factor that is even makes it
    // vanish, and nobody's private half is needed.
    let width = curve.width();
    let order_two = [&[4], fixed(&BigUint::from(1_u8), width).as_slice(), &vec![0; width]].concat();
    let token = keyless(scene).find(|(_, factor)| factor % 2_u8 == BigUint::from(0_u8)).expect("half are even").0;
    let unsound = with_point(scene, &order_two).policy.keys.clone();
    add_misconfigured(scene, cases, "order-two", unsound, token);
}

/// Tokens signed with the private scalar 0, and the factor with which a verifier multiplies its key.
fn keyless<'s>(scene: &'s Scene<'_>) -> impl Iterator<Item = (Jws, BigUint)> + 's {
    let (curve, nothing, nonce) = (curve(scene), BigUint::from(0_u8), BigUint::from(NONCE));
    (1..100).map(move |number| {
        let claims = scene.forged_claims().set_string("jti", &format!("id-{number}"));
        let token = scene.unsigned(scene.header().text(), claims.text());
        let [r, s] = curve.sign(&nothing, &nonce, token.signing_input().as_bytes());
        let factor = &r * curve.inverse(&s) % curve.order();
        (token.with_signature(curve.joined(&r, &s)), factor)
    })
}

fn infinity(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (curve, kid) = (curve(scene), scene.key.name.as_str());
    let token = keyless(scene).next().expect("there are many").0;
    let zeros = base64url::encode(vec![0; curve.width()]);
    let coordinates = [("zeros", zeros.as_str()), ("one-zero", "AA"), ("empty", "")];
    for (variant, zero) in coordinates {
        let key = jwk_key(kid, &jwk(curve, kid, zero, zero));
        add_misconfigured(scene, cases, variant, vec![key], token.clone());
    }
    add_misconfigured(scene, cases, "spki", vec![spki_key(kid, der::ec_spki(curve, &[0]))], token);
}

fn short_coordinate(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (curve, kid) = (curve(scene), scene.key.name.as_str());
    let trusted = point(scene);
    let (x, y) = trusted[1..].split_at(curve.width());
    let longer = |octets: &[u8]| base64url::encode([&[0], octets].concat());
    let (whole_x, whole_y) = (base64url::encode(x), base64url::encode(y));
    for (variant, jwk) in
        [("x-longer", jwk(curve, kid, &longer(x), &whole_y)), ("y-longer", jwk(curve, kid, &whole_x, &longer(y)))]
    {
        add_misconfigured(scene, cases, variant, vec![jwk_key(kid, &jwk)], scene.token());
    }
    // The key whose private half is the nonce that makes r short: r is the first coordinate of that point.
    let secret = BigUint::from(short_nonce(curve));
    let short = curve.sum(&[(&secret, None)]).expect("the factor is not 0");
    let x = base64url::encode(curve.x(&short).to_bytes_be());
    let y = base64url::encode(&short[1 + curve.width()..]);
    let token = scene.unsigned(scene.header().text(), scene.claims().text());
    let [r, s] = curve.sign(&secret, &BigUint::from(NONCE), token.signing_input().as_bytes());
    let order = curve.order();
    let s = if &s + &s > order { order - s } else { s };
    let token = token.with_signature(curve.joined(&r, &s));
    let whole = with_point(scene, &short);
    let short = jwk_key(kid, &jwk(curve, kid, &x, &y));
    add_misconfigured(scene, cases, "x-shorter", vec![short], token.clone());
    cases.add_beside(&whole, scene, "x-whole", token).says(Says::MustAccept);
}

fn beyond_field(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (curve, kid) = (curve(scene), scene.key.name.as_str());
    let trusted = point(scene);
    let (x, y) = trusted[1..].split_at(curve.width());
    let more = |octets: &[u8]| fixed(&(BigUint::from_bytes_be(octets) + curve.prime()), curve.width());
    for (variant, x, y) in [("x", more(x), y.to_vec()), ("y", x.to_vec(), more(y))] {
        let jwk = jwk(curve, kid, &base64url::encode(x), &base64url::encode(y));
        add_misconfigured(scene, cases, variant, vec![jwk_key(kid, &jwk)], scene.token());
    }
}

/// The trusted point, and a base point of which it is the double: whoever chose that knows the private half, 2.
fn explicit_parameters(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (curve, kid, trusted) = (curve(scene), scene.key.name.as_str(), point(scene));
    let two = BigUint::from(2_u8);
    let generator = curve.sum(&[(&curve.inverse(&two), Some(&trusted))]).expect("half of a point is a point");
    let nonce = BigUint::from(NONCE);
    let at = curve.sum(&[(&nonce, Some(&generator))]).expect("the nonce is not 0");
    let token = scene.unsigned(scene.header().text(), scene.forged_claims().text());
    let [r, s] = curve.sign_at(&at, &two, &nonce, token.signing_input().as_bytes());
    let key = spki_key(kid, der::ec_explicit_spki(curve, &generator, &trusted));
    add_misconfigured(scene, cases, "", vec![key], token.with_signature(curve.joined(&r, &s)));
}

/// The least factor that makes a point whose first coordinate begins with a zero octet; of P-521 every second does so.
fn short_nonce(curve: Curve) -> u16 {
    match curve {
        Curve::P256 => 379,
        Curve::P384 => 197,
        Curve::P521 => 2,
        Curve::K256 => 153,
    }
}

/// Every curve, pinned.
fn pinned(at: Setting) -> bool {
    on::ecdsa(at) && on::pinned(at)
}

/// The narrowest and the widest curve, pinned: for what hangs on how octets are read.
fn narrow_and_wide(at: Setting) -> bool {
    pinned(at) && matches!(at.algorithm, Algorithm::Es256 | Algorithm::Es512)
}

/// P-256, pinned.
fn one(at: Setting) -> bool {
    pinned(at) && at.algorithm == Algorithm::Es256
}

/// P-521, pinned: the one field that is narrower than its octets.
fn widest(at: Setting) -> bool {
    pinned(at) && at.algorithm == Algorithm::Es512
}

/// Every curve, and the other ways of configuring.
fn usual(at: Setting) -> bool {
    on::ecdsa(at) && on::every(at)
}

/// A curve in the words of the forge.
fn curve_of(key: &PublicKey) -> Option<(Curve, &[u8])> {
    let Material::Ec { curve, point } = &key.material else { return None };
    let curve = match curve {
        key::Curve::P256 => Curve::P256,
        key::Curve::P384 => Curve::P384,
        key::Curve::P521 => Curve::P521,
        key::Curve::K256 => Curve::K256,
    };
    Some((curve, point))
}

/// The right check, or else that of the signatures that are made of the token's.
fn or_read_as(reading: &mut Reading<'_>, read: impl Fn(Curve, &[u8]) -> Vec<[BigUint; 2]>) -> Result<(), Reason> {
    rules::signature(reading).or_else(|reason| {
        let (message, given) = (reading.signing_input(), reading.decoded[2].clone());
        let fits = |curve: Curve, number: &BigUint| number.bits() <= 8 * curve.width();
        let verifies = |key: &PublicKey| {
            curve_of(key).is_some_and(|(curve, _)| {
                let readings = read(curve, &given).into_iter().filter(|[r, s]| fits(curve, r) && fits(curve, s));
                readings
                    .map(|[r, s]| curve.joined(&r, &s))
                    .any(|octets| key.verifies(reading.algorithm, &message, &octets))
            })
        };
        rules::check(reading.keys.iter().any(verifies), reason)
    })
}

/// The right check, or else the two numbers of the token's signature look like this to a verifier.
fn or_passes(reading: &mut Reading<'_>, read: fn(Curve, &[u8]) -> Option<[BigUint; 2]>) -> Result<(), Reason> {
    rules::signature(reading).or_else(|reason| {
        let nothing = BigUint::from(0_u8);
        let given = &reading.decoded[2];
        let passes = |(curve, _): (Curve, &[u8])| {
            read(curve, given).is_some_and(|[r, s]| r % curve.order() == nothing && s % curve.order() == nothing)
        };
        rules::check(reading.keys.iter().filter_map(curve_of).any(passes), reason)
    })
}

/// Two numbers in something like DER: whatever the tags' lengths are worth, the octets of two INTEGERs.
fn read_der(octets: &[u8]) -> Option<[BigUint; 2]> {
    let header = |octets: &[u8]| -> Option<usize> {
        let first = usize::from(*octets.get(1)?);
        Some(if first > 0x80 { 2 + (first & 0x7f) } else { 2 })
    };
    let number = |octets: &[u8]| -> Option<(BigUint, usize)> {
        let start = header(octets)?;
        let length = usize::from(*octets.get(start - 1)?);
        Some((BigUint::from_bytes_be(octets.get(start..start + length)?), start + length))
    };
    let content = octets.get(header(octets)?..).filter(|_| octets[0] == 0x30)?;
    let (r, end) = number(content)?;
    Some([r, number(content.get(end..)?)?.0])
}

/// All keys that are points at all, in a field or not.
fn any_point(reading: &mut Reading<'_>) -> Result<(), Reason> {
    let keys = reading.keys.clone();
    rules::key_fitness(reading).or_else(|reason| {
        reading.keys = keys.into_iter().filter(|key| curve_of(key).is_some()).collect();
        rules::check(!reading.keys.is_empty(), reason)
    })
}

/// Reads the keys of the policy again where they could not be read, their coordinates made to fit by this.
fn with_coordinates(reading: &mut Reading<'_>, fit: fn(Curve, &[u8]) -> Option<Vec<u8>>) -> Result<(), Reason> {
    rules::key_choice(reading).or_else(|reason| {
        let curve = Curve::of(reading.algorithm).ok_or(reason)?;
        let read = |key: &Key| {
            let octets = |name: &str| base64url::decode(key.jwk.as_ref()?.get(name)?.as_str()?);
            let point = [vec![4], fit(curve, &octets("x")?)?, fit(curve, &octets("y")?)?].concat();
            PublicKey::read(&spki_key("", der::ec_spki(curve, &point)))
        };
        reading.keys = reading.policy.keys.iter().filter_map(read).collect();
        rules::check(!reading.keys.is_empty(), reason)
    })
}

/// Whether r is that of `factor` times a point and nothing more: what is left where the key vanishes.
fn verifies_without_key(curve: Curve, point: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let [r, s] = curve.split(signature);
    let (nothing, order) = (BigUint::from(0_u8), curve.order());
    if s == nothing || s >= order {
        return false;
    }
    let inverse = curve.inverse(&s);
    let [x, y] = curve.split(&point[1..]);
    let factor = &r * &inverse % &order;
    let vanishes = y == nothing && (x == nothing || factor % 2_u8 == nothing);
    let of_base = curve.hashed(message) * inverse % &order;
    vanishes && curve.sum(&[(&of_base, None)]).is_some_and(|point| curve.x(&point) % &order == r)
}

static ZERO_PASSES: Strawman = Strawman {
    name: "ecdsa-zero-passes",
    flaw: "does not hold r and s against their range, so that zeros satisfy the equation",
    mend: "Refuse r and s outside 1 to n - 1 before anything is computed.",
    bends: &[(Rule::Signature, |reading| {
        or_passes(reading, |curve, given| (given.len() == 2 * curve.width()).then(|| curve.split(given)))
    })],
};

static DER_ZERO_PASSES: Strawman = Strawman {
    name: "ecdsa-der-zero-passes",
    flaw: "hands whatever it is given to a library that reads DER and takes zeros",
    mend: "Refuse a signature that has not twice the octets of a coordinate, and r and s outside 1 to n - 1.",
    bends: &[(Rule::Signature, |reading| or_passes(reading, |_, given| read_der(given)))],
};

static REDUCES: Strawman = Strawman {
    name: "ecdsa-reduces",
    flaw: "takes r and s modulo n, so that one signature has several spellings",
    mend: "Refuse r and s that are not below n.",
    bends: &[(Rule::Signature, |reading| {
        or_read_as(reading, |curve, given| {
            let fits = given.len() == 2 * curve.width();
            fits.then(|| curve.split(given).map(|number| number % curve.order())).into_iter().collect()
        })
    })],
};

static WANTS_LOW_S: Strawman = Strawman {
    name: "ecdsa-wants-low-s",
    flaw: "refuses the larger of s and n - s, which half of all signatures have",
    mend: "Accept every s from 1 to n - 1: JWA has no rule of the lower half.",
    bends: &[(Rule::Signature, |reading| {
        rules::signature(reading)?;
        let low = |(curve, _): (Curve, &[u8])| {
            let [_, s] = curve.split(&reading.decoded[2]);
            &s + &s < curve.order()
        };
        let mut points = reading.keys.iter().filter_map(curve_of).peekable();
        rules::check(points.peek().is_none() || points.any(low), Reason::Signature)
    })],
};

static READS_DER: Strawman = Strawman {
    name: "ecdsa-reads-der",
    flaw: "reads signatures in DER as well, and DER loosely",
    mend: "Split the signature into two halves of the curve's width, and refuse any other length (RFC 7518 §3.4).",
    bends: &[(Rule::Signature, |reading| or_read_as(reading, |_, given| read_der(given).into_iter().collect()))],
};

static ANY_WIDTH: Strawman = Strawman {
    name: "ecdsa-any-width",
    flaw: "reads r and s of whatever width, zeros added or left out",
    mend: "Refuse a signature that has not twice the octets of a coordinate (RFC 7518 §3.4).",
    bends: &[(Rule::Signature, |reading| {
        or_read_as(reading, |curve, given| {
            let number = BigUint::from_bytes_be;
            let near = given.len() < 5 * curve.width();
            let splits = (0..=given.len()).filter(|_| near).map(|at| given.split_at(at));
            splits.map(|(r, s)| [number(r), number(s)]).collect()
        })
    })],
};

static SWAPS: Strawman = Strawman {
    name: "ecdsa-swaps",
    flaw: "takes r and s in either order",
    mend: "Read r first and s after it, and nothing else.",
    bends: &[(Rule::Signature, |reading| {
        or_read_as(reading, |curve, given| {
            let [r, s] = curve.split(given);
            vec![[s, r]]
        })
    })],
};

static TRUSTS_THE_POINT: Strawman = Strawman {
    name: "ec-trusts-the-point",
    flaw: "computes with whatever point it is given for a key",
    mend: "Check when a key is loaded that its point lies on the curve and is not the one at infinity.",
    bends: &[
        (Rule::KeyFitness, any_point),
        (Rule::Signature, |reading| {
            rules::signature(reading).or_else(|reason| {
                let (message, signature) = (reading.signing_input(), &reading.decoded[2]);
                let verifies = |(curve, point): (Curve, &[u8])| verifies_without_key(curve, point, &message, signature);
                rules::check(reading.keys.iter().filter_map(curve_of).any(verifies), reason)
            })
        }),
    ],
};

static FITS_COORDINATES: Strawman = Strawman {
    name: "ec-fits-coordinates",
    flaw: "adds zeros to coordinates and takes them away until they have the curve's width",
    mend: "Refuse a JWK whose x or y has another length than the curve's coordinates (RFC 7518 §6.2.1.2).",
    bends: &[(Rule::KeyChoice, |reading| {
        with_coordinates(reading, |curve, octets| {
            let number = BigUint::from_bytes_be(octets);
            (number.bits() <= 8 * curve.width()).then(|| fixed(&number, curve.width()))
        })
    })],
};

static REDUCES_COORDINATES: Strawman = Strawman {
    name: "ec-reduces-coordinates",
    flaw: "takes the coordinates of its key modulo p",
    mend: "Refuse a coordinate that is not below p.",
    bends: &[(Rule::KeyFitness, |reading| {
        for key in &mut reading.keys {
            let Some((curve, point)) = curve_of(key) else { continue };
            let reduced = curve.split(&point[1..]).map(|number| fixed(&(number % curve.prime()), curve.width()));
            if let Material::Ec { point, .. } = &mut key.material {
                *point = [&[4], reduced.concat().as_slice()].concat();
            }
        }
        rules::key_fitness(reading)
    })],
};

static BELIEVES_PARAMETERS: Strawman = Strawman {
    name: "ec-believes-parameters",
    flaw: "computes on the curve, and from the base point, that its key brings along",
    mend: "Accept named curves only (RFC 5480 §2.1.1).",
    bends: &[
        (Rule::KeyChoice, |reading| rules::key_choice(reading).or(Ok(()))),
        (Rule::KeyFitness, |reading| rules::key_fitness(reading).or(Ok(()))),
        (Rule::Signature, |reading| {
            rules::signature(reading).or_else(|reason| {
                let curve = Curve::of(reading.algorithm).ok_or(reason)?;
                let (message, [r, s]) = (reading.signing_input(), curve.split(&reading.decoded[2]));
                let keys = reading.policy.keys.iter().filter_map(|key| key.der.as_deref());
                let verifies = |key: &[u8]| verifies_from(curve, key, &message, &r, &s).unwrap_or(false);
                rules::check(keys.clone().any(verifies), reason)
            })
        }),
    ],
};

/// Whether r and s verify from the base point that a key's DER holds as an OCTET STRING.
fn verifies_from(curve: Curve, key: &[u8], message: &[u8], r: &BigUint, s: &BigUint) -> Option<bool> {
    let width = 2 * curve.width() + 1;
    let head = [4, width.to_le_bytes()[0], 4];
    let at = key.windows(3).position(|octets| octets == head)? + 2;
    let (generator, public) = (key.get(at..at + width)?, key.get(key.len() - width..)?);
    let inverse = curve.inverse(s);
    let (of_base, of_key) = (curve.hashed(message) * &inverse, r * &inverse);
    let sum = curve.sum(&[(&of_base, Some(generator)), (&of_key, Some(public))])?;
    Some(curve.x(&sum) % curve.order() == *r)
}

/// A small s, in range by far.
const SMALL_S: u8 = 7;

/// The nonce of signatures that need no private half.
const NONCE: u32 = 0x5eed_0001;

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "ecdsa",
    title: "ECDSA's numbers and points",
    classes: &[
        Class {
            id: "ecdsa-psychic-raw-zero",
            title: "A forged token whose ECDSA signature is all zeros was accepted.",
            construction: "claims of an administrator, r and s zero, in as many octets as the curve wants",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["FIPS 186-5 §6.4.2", "RFC 7518 §3.4", "CVE-2022-21449"],
            cwe: Some(347),
            make: Make::Cases { on: usual, build: zeros, strawman: &ZERO_PASSES },
        },
        Class {
            id: "ecdsa-psychic-der-zero",
            title: "A forged token whose ECDSA signature is two zeros in DER was accepted.",
            construction: "claims of an administrator, signature MAYCAQACAQA",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 7518 §3.4", "CVE-2022-21449"],
            cwe: Some(347),
            make: Make::Cases { on: pinned, build: zeros_in_der, strawman: &DER_ZERO_PASSES },
        },
        Class {
            id: "ecdsa-edge-rs-matrix",
            title: "A forged token whose r and s lie at the ends of their range, or outside, was accepted.",
            construction: "claims of an administrator, every pair of r and s of 0, 1, n - 1, n, n + 1, p and all ones",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["FIPS 186-5 §6.4.2", "CVE-2022-21449"],
            cwe: Some(347),
            make: Make::Cases { on: pinned, build: edges, strawman: &ZERO_PASSES },
        },
        Class {
            id: "ecdsa-r-or-s-plus-n",
            title: "A token whose r or s is larger than the order, and right modulo the order, was accepted.",
            construction: "r + n, s + n, or both: on P-521 of the valid token, elsewhere under a key that was made so \
                           that r and s are small enough; and neither, which must be accepted",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["FIPS 186-5 §6.4.2"],
            cwe: Some(347),
            make: Make::Cases { on: pinned, build: plus_order, strawman: &REDUCES },
        },
        Class {
            id: "ecdsa-high-s",
            title: "A token whose s is in the upper half of its range was refused.",
            construction: "genuine signature with the lower s, n - s in its place",
            says: Says::MustAccept,
            severity: Severity::Medium,
            references: &["RFC 7518 §3.4", "FIPS 186-5 §6.4.2"],
            cwe: None,
            make: Make::Cases { on: pinned, build: high_s, strawman: &WANTS_LOW_S },
        },
        Class {
            id: "ecdsa-der-encoded",
            title: "A token whose ECDSA signature is in DER was accepted.",
            construction: "genuine r and s as an ASN.1 sequence",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 7518 §3.4"],
            cwe: Some(347),
            make: Make::Cases { on: pinned, build: in_der, strawman: &READS_DER },
        },
        Class {
            id: "ecdsa-der-malformed",
            title: "A token whose ECDSA signature is in malformed DER was accepted.",
            construction: "genuine r and s as an ASN.1 sequence with lengths that are long, wrong or indefinite, zeros \
                           before a number, a negative or empty number, octets behind, another tag",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 7518 §3.4", "X.690 §10.1"],
            cwe: Some(347),
            make: Make::Cases { on: narrow_and_wide, build: in_malformed_der, strawman: &READS_DER },
        },
        Class {
            id: "ecdsa-wrong-length",
            title: "A token whose ECDSA signature is too long or too short was accepted.",
            construction: "genuine r and s with zeros before, between or behind, in wider halves, or cut",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::High,
            references: &["RFC 7518 §3.4"],
            cwe: Some(347),
            make: Make::Cases { on: pinned, build: wrong_length, strawman: &ANY_WIDTH },
        },
        Class {
            id: "ecdsa-stripped-leading-zeros",
            title: "A token whose ECDSA signature lacks leading zeros was accepted.",
            construction: "genuine signature whose r or s begins with a zero octet, which is left out; and left in, which \
                           must be accepted",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 7518 §3.4"],
            cwe: Some(347),
            make: Make::Cases { on: pinned, build: stripped, strawman: &ANY_WIDTH },
        },
        Class {
            id: "ecdsa-swapped-rs",
            title: "A token whose ECDSA signature has s before r was accepted.",
            construction: "genuine r and s in the other order",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Medium,
            references: &["RFC 7518 §3.4"],
            cwe: Some(347),
            make: Make::Cases { on: pinned, build: swapped, strawman: &SWAPS },
        },
        Class {
            id: "ecdsa-integer-overflow-len",
            title: "A token with an enormous ECDSA signature took too long, or ended the verifier.",
            construction: "claims of an administrator, signature of 2^16 - 1 and of 2^20 octets, and DER of two numbers of \
                           40,000 octets",
            says: Says::Bounded(1000),
            severity: Severity::High,
            references: &["RFC 7518 §3.4"],
            cwe: Some(190),
            make: Make::Cases { on: one, build: oversized, strawman: &SLOW },
        },
        Class {
            id: "ec-pubkey-off-curve",
            title: "A verifier whose key is no point of its curve accepted a token.",
            construction: "the verifier's key has one bit of y altered; or is a point that vanishes when it is doubled, and \
                           the token needs no private half",
            says: Says::MustReject(Reason::Key),
            severity: Severity::High,
            references: &["RFC 7518 §6.2.1", "RFC 8725 §3.4", "SP 800-186 §D.1.1"],
            cwe: Some(347),
            make: Make::Cases { on: pinned, build: off_curve, strawman: &TRUSTS_THE_POINT },
        },
        Class {
            id: "ec-pubkey-infinity",
            title: "A verifier whose key is the point at infinity accepted a token.",
            construction: "the verifier's key has zero or empty coordinates, or is the one octet of that point; the token \
                           needs no private half",
            says: Says::MustReject(Reason::Key),
            severity: Severity::High,
            references: &["RFC 7518 §6.2.1", "SP 800-186 §D.1.1"],
            cwe: Some(347),
            make: Make::Cases { on: narrow_and_wide, build: infinity, strawman: &TRUSTS_THE_POINT },
        },
        Class {
            id: "ec-pubkey-short-coordinate",
            title: "A verifier whose JWK has a coordinate of the wrong length accepted a token.",
            construction: "the verifier's key has a zero before x or y, or lacks one that belongs there; genuine token; \
                           and the key as it should be, which must be accepted",
            says: Says::ShouldReject(Reason::Key),
            severity: Severity::Low,
            references: &["RFC 7518 §6.2.1.2"],
            cwe: Some(20),
            make: Make::Cases { on: narrow_and_wide, build: short_coordinate, strawman: &FITS_COORDINATES },
        },
        Class {
            id: "ec-pubkey-coordinate-ge-p",
            title: "A verifier whose key has a coordinate beyond its field accepted a token.",
            construction: "the verifier's key has p added to x or y; genuine token",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Medium,
            references: &["RFC 7518 §6.2.1", "SP 800-186 §D.1.1", "SEC 1 §3.2.2.1"],
            cwe: Some(20),
            make: Make::Cases { on: widest, build: beyond_field, strawman: &REDUCES_COORDINATES },
        },
        Class {
            id: "ec-explicit-params-key",
            title: "A verifier whose key brings its own base point accepted a forged token.",
            construction: "the verifier's key is the trusted point with curve parameters in which somebody chose the base \
                           point; signature by the private half that this gives",
            says: Says::MustReject(Reason::Key),
            severity: Severity::High,
            references: &["RFC 5480 §2.1.1", "CVE-2020-0601"],
            cwe: Some(295),
            make: Make::Cases { on: one, build: explicit_parameters, strawman: &BELIEVES_PARAMETERS },
        },
    ],
};
