//! Rules about a JWK or a JWK Set, and the list of them. Take the keys as they are written; never say more of a private or
//! shared part than its name and its width. Each rule carries keys that break it and near ones that do not.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use token_assay_model::{Level, Severity};

use super::guess::secrets;
use super::key_set::{Holds, KeySet, PRIVATE, WrittenKey};
use super::rules::{Hit, Rule, Ruling, broken};
use crate::reference::json::Json;
use crate::reference::key::{Material, PublicKey, bits, has_form_of_roca};

/// A row of the audit of keys; its examples are keys as they are written.
pub type KeyRule = Rule<fn(&KeySet) -> Ruling, &'static str>;

/// Asks of each key; nothing is said of a key that the rule is not about.
fn each(set: &KeySet, look: impl Fn(&WrittenKey) -> Option<Vec<Hit>>) -> Ruling {
    let looked: Vec<(usize, Vec<Hit>)> =
        set.keys.iter().enumerate().filter_map(|(at, key)| Some((at, look(key)?))).collect();
    if looked.is_empty() {
        return Ruling::Silent;
    }
    let placed = |(at, hits): (usize, Vec<Hit>)| {
        hits.into_iter().map(move |hit| Hit { place: set.place(at, &hit.place), ..hit })
    };
    broken(looked.into_iter().flat_map(placed).collect())
}

/// One way in which a key breaks a rule, or none.
fn one(is_broken: bool, place: &str, seen: impl Into<String>) -> Vec<Hit> {
    if is_broken { vec![Hit::at(place, seen)] } else { Vec::new() }
}

fn set_shape(set: &KeySet) -> Ruling {
    if !set.is_set {
        return Ruling::Silent;
    }
    let mut hits = match set.json.member("keys") {
        Some(Json::Array(keys)) if keys.is_empty() => vec![Hit::at("keys", "the set is empty").level(Level::Should)],
        Some(Json::Array(_)) => Vec::new(),
        _ => vec![Hit::at("keys", "`keys` is no list")],
    };
    let no_objects = set.keys.iter().enumerate().filter(|(_, key)| !matches!(key.json, Json::Object(_)));
    hits.extend(no_objects.map(|(at, _)| Hit::at(set.place(at, ""), "it is no object")));
    broken(hits)
}

fn key_type(set: &KeySet) -> Ruling {
    each(set, |key| {
        let Json::Object(_) = key.json else { return None };
        Some(match (key.json.member("kty"), key.text("kty")) {
            (None, _) => one(true, "kty", "there is no kty"),
            (Some(_), None) => one(true, "kty", "kty is no text"),
            (_, Some("EC" | "RSA" | "oct" | "OKP" | "AKP")) => Vec::new(),
            (_, Some(kty)) => one(true, "kty", format!("kty is {kty:?}, which is not registered; case counts")),
        })
    })
}

fn repeated_name(set: &KeySet) -> Ruling {
    let in_set = one(set.is_set && set.json.repeats_a_name(), "", "a name stands twice beside `keys`");
    let of_keys = each(set, |key| {
        let Json::Object(members) = &key.json else { return None };
        let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
        Some(
            twice
                .map(|pair| Hit::at(pair[0], "the name stands twice; readers differ in which they take"))
                .into_iter()
                .collect(),
        )
    });
    match of_keys {
        Ruling::Broken(hits) => broken([in_set, hits].concat()),
        of_keys if in_set.is_empty() => of_keys,
        _ => Ruling::Broken(in_set),
    }
}

fn member_type(set: &KeySet) -> Ruling {
    each(set, |key| {
        let Json::Object(_) = key.json else { return None };
        let is_text = |value: &Json| value.as_str().is_some();
        let is_list = |value: &Json| matches!(value, Json::Array(all) if all.iter().all(is_text));
        let wrong = |name: &&str, fits: &dyn Fn(&Json) -> bool| key.json.member(name).is_some_and(|value| !fits(value));
        let texts = ["alg", "crv", "kid", "use", "x5t", "x5t#S256", "x5u"];
        let hits = texts.iter().filter(|name| wrong(name, &is_text)).map(|name| Hit::at(*name, "it is no text"));
        let lists = ["key_ops", "x5c"];
        Some(
            hits.chain(
                lists.iter().filter(|name| wrong(name, &is_list)).map(|name| Hit::at(*name, "it is no list of texts")),
            )
            .collect(),
        )
    })
}

fn numbers(set: &KeySet) -> Ruling {
    each(set, |key| {
        let names: &[&str] = match key.text("kty")? {
            "EC" => &["x", "y"],
            "OKP" => &["x"],
            "RSA" => &["n", "e"],
            "oct" => &["k"],
            _ => return None,
        };
        let mut hits = Vec::new();
        for name in names {
            match (key.json.member(name), key.octets(name)) {
                (None, _) => hits.push(Hit::at(*name, "it is missing")),
                (Some(_), None) => {
                    hits.push(Hit::at(*name, "it is no base64url as JOSE writes it (no padding, no `+` and `/`)"));
                }
                (Some(_), Some(octets)) if octets.is_empty() => hits.push(Hit::at(*name, "it is empty")),
                (Some(_), Some(octets)) if key.text("kty") == Some("RSA") && octets[0] == 0 => {
                    hits.push(Hit::at(*name, "octets that are zero stand before the number").severity(Severity::Low));
                }
                _ => {}
            }
        }
        let has_curve = !matches!(key.text("kty"), Some("EC" | "OKP")) || key.json.member("crv").is_some();
        hits.extend(one(!has_curve, "crv", "it is missing"));
        Some(hits)
    })
}

/// The width of a coordinate of a curve in octets.
fn coordinate(kty: &str, crv: &str) -> Option<usize> {
    Some(match (kty, crv) {
        ("EC", "P-256" | "secp256k1") | ("OKP", "Ed25519" | "X25519") => 32,
        ("EC", "P-384") => 48,
        ("EC", "P-521") => 66,
        ("OKP", "Ed448") => 57,
        ("OKP", "X448") => 56,
        _ => return None,
    })
}

fn coordinate_width(set: &KeySet) -> Ruling {
    each(set, |key| {
        let width = coordinate(key.text("kty")?, key.text("crv")?)?;
        let look = |name: &&str| {
            let octets = key.octets(name).filter(|octets| octets.len() != width)?;
            Some(Hit::at(*name, format!("it has {} octets; on this curve it has {width}", octets.len())))
        };
        Some(["x", "y", "d"].iter().filter_map(look).collect())
    })
}

fn off_curve(set: &KeySet) -> Ruling {
    each(set, |key| {
        let public = key.public()?;
        let (Material::Ec { .. } | Material::Ed25519(_)) = public.material else { return None };
        if !public.is_valid() {
            return Some(one(true, "x", "the coordinates are those of no point of the curve"));
        }
        let is_small = matches!(public.material, Material::Ed25519(_)) && public.may_be_refused().is_some();
        let seen = "the point is of small order: one signature passes for many texts";
        Some(one(is_small, "x", seen).into_iter().map(|hit| hit.level(Level::Should)).collect())
    })
}

fn rsa(key: &WrittenKey) -> Option<(Vec<u8>, Vec<u8>)> {
    (key.text("kty")? == "RSA").then_some(())?;
    Some((key.octets("n")?, key.octets("e")?))
}

fn rsa_short(set: &KeySet) -> Ruling {
    each(set, |key| {
        let (n, _) = rsa(key)?;
        let width = bits(&n);
        let hits = one(width < 2048, "n", format!("the modulus has {width} bits"));
        Some(hits.into_iter().map(|hit| if width < 1024 { hit.severity(Severity::Critical) } else { hit }).collect())
    })
}

fn rsa_exponent(set: &KeySet) -> Ruling {
    each(set, |key| {
        let (n, e) = rsa(key)?;
        let bare = |number: &[u8]| number.iter().copied().skip_while(|octet| *octet == 0).collect::<Vec<u8>>();
        let (n, e) = (bare(&n), bare(&e));
        let seen = match e.as_slice() {
            [] => "the exponent is 0",
            [1] => "the exponent is 1: every signature is the text that it signs, padded",
            [.., last] if last % 2 == 0 => "the exponent is even: no private key belongs to it",
            _ if (e.len(), &e) >= (n.len(), &n) => "the exponent is not below the modulus",
            _ => return Some(Vec::new()),
        };
        Some(one(true, "e", seen))
    })
}

fn rsa_modulus(set: &KeySet) -> Ruling {
    each(set, |key| {
        let (n, _) = rsa(key)?;
        let is_even = n.last().is_none_or(|last| last % 2 == 0);
        let seen = "the modulus has the form of those of a faulty generator (ROCA), and can be factored";
        Some(if is_even { one(true, "n", "the modulus is even") } else { one(has_form_of_roca(&n), "n", seen) })
    })
}

fn alg_none(set: &KeySet) -> Ruling {
    each(set, |key| {
        let alg = key.text("alg")?;
        Some(one(alg.trim().eq_ignore_ascii_case("none"), "alg", format!("alg is {alg:?}: tokens without a signature")))
    })
}

/// The types, and curves, of the keys of an algorithm; nothing for one that is not known here.
fn types_of(alg: &str) -> Option<&'static [(&'static str, &'static str)]> {
    Some(match alg {
        "HS256" | "HS384" | "HS512" | "A128KW" | "A192KW" | "A256KW" | "A128GCMKW" | "A192GCMKW" | "A256GCMKW"
        | "dir" | "PBES2-HS256+A128KW" | "PBES2-HS384+A192KW" | "PBES2-HS512+A256KW" | "A128GCM" | "A192GCM"
        | "A256GCM" | "A128CBC-HS256" | "A192CBC-HS384" | "A256CBC-HS512" => &[("oct", "")],
        "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" | "RS1" | "RSA1_5" | "RSA-OAEP" | "RSA-OAEP-256"
        | "RSA-OAEP-384" | "RSA-OAEP-512" => &[("RSA", "")],
        "ES256" => &[("EC", "P-256")],
        "ES384" => &[("EC", "P-384")],
        "ES512" => &[("EC", "P-521")],
        "ES256K" => &[("EC", "secp256k1")],
        "EdDSA" => &[("OKP", "Ed25519"), ("OKP", "Ed448")],
        "Ed25519" => &[("OKP", "Ed25519")],
        "Ed448" => &[("OKP", "Ed448")],
        "ECDH-ES" | "ECDH-ES+A128KW" | "ECDH-ES+A192KW" | "ECDH-ES+A256KW" => {
            &[("EC", "P-256"), ("EC", "P-384"), ("EC", "P-521"), ("OKP", "X25519"), ("OKP", "X448")]
        }
        "ML-DSA-44" | "ML-DSA-65" | "ML-DSA-87" => &[("AKP", "")],
        _ => return None,
    })
}

/// Whether an algorithm signs; nothing where it is not known.
fn signs(alg: &str) -> Option<bool> {
    types_of(alg)?;
    let signing = ["HS", "RS1", "RS2", "RS3", "RS5", "PS", "ES", "Ed", "ML-DSA"];
    Some(signing.iter().any(|start| alg.starts_with(start)))
}

fn alg_for_type(set: &KeySet) -> Ruling {
    each(set, |key| {
        let (alg, kty) = (key.text("alg")?, key.text("kty")?);
        let types = types_of(alg)?;
        let crv = key.text("crv").unwrap_or_default();
        let fits = types.iter().any(|(its, curve)| *its == kty && (curve.is_empty() || *curve == crv));
        let what = if crv.is_empty() { kty.to_owned() } else { format!("{kty}, {crv}") };
        Some(one(!fits, "alg", format!("alg is {alg}, and the key is {what}")))
    })
}

fn alg_missing(set: &KeySet) -> Ruling {
    each(set, |key| {
        key.text("kty")?;
        Some(one(
            key.json.member("alg").is_none(),
            "alg",
            "there is no alg: whatever fits the type may be tried with it",
        ))
    })
}

fn alg_discouraged(set: &KeySet) -> Ruling {
    each(set, |key| {
        let alg = key.text("alg")?;
        let is_old = matches!(alg, "RSA1_5" | "RS1" | "HS1");
        Some(one(is_old, "alg", format!("alg is {alg}")))
    })
}

fn usage(set: &KeySet) -> Ruling {
    each(set, |key| {
        let usage = key.text("use")?;
        let (is_sig, is_known) = (usage == "sig", matches!(usage, "sig" | "enc"));
        if !is_known {
            let seen = format!("use is {usage:?}, which is neither sig nor enc; case counts");
            return Some(
                one(true, "use", seen)
                    .into_iter()
                    .map(|hit| hit.level(Level::Should).severity(Severity::Low))
                    .collect(),
            );
        }
        let alg = key.text("alg").unwrap_or_default();
        let mut hits =
            one(signs(alg).is_some_and(|signs| signs != is_sig), "use", format!("use is {usage}, and alg is {alg}"));
        let curve = key.text("crv").unwrap_or_default();
        let other = if is_sig { ["X25519", "X448"] } else { ["Ed25519", "Ed448"] };
        hits.extend(one(other.contains(&curve), "use", format!("use is {usage}, and crv is {curve}")));
        Some(hits)
    })
}

/// The operations of a key, in order.
fn operations(key: &WrittenKey) -> Option<Vec<&str>> {
    match key.json.member("key_ops")? {
        Json::Array(all) => Some(all.iter().filter_map(Json::as_str).collect()),
        _ => None,
    }
}

fn operations_against_use(set: &KeySet) -> Ruling {
    each(set, |key| {
        let all = operations(key)?;
        let Some(usage) = key.text("use") else { return Some(Vec::new()) };
        let signing = |operation: &&&str| matches!(**operation, "sign" | "verify");
        let against = match usage {
            "sig" => all.iter().find(|operation| !signing(operation)),
            "enc" => all.iter().find(signing),
            _ => None,
        };
        Some(match against {
            Some(operation) => one(true, "key_ops", format!("use is {usage}, and key_ops has {operation:?}")),
            None => {
                vec![Hit::at("key_ops", "use and key_ops are both there").level(Level::Should).severity(Severity::Low)]
            }
        })
    })
}

fn operations_mixed(set: &KeySet) -> Ruling {
    const TOGETHER: [&[&str]; 4] =
        [&["sign", "verify"], &["encrypt", "decrypt"], &["wrapKey", "unwrapKey"], &["deriveKey", "deriveBits"]];
    each(set, |key| {
        let all = operations(key)?;
        let mut sorted = all.clone();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Some(vec![Hit::at("key_ops", format!("{:?} stands twice", pair[0])).level(Level::Must)]);
        }
        let is_one = TOGETHER.iter().any(|kind| all.iter().all(|operation| kind.contains(operation)));
        Some(one(all.len() > 1 && !is_one, "key_ops", format!("the key is meant for {}", all.join(", "))))
    })
}

fn private_in_set(set: &KeySet) -> Ruling {
    if !set.is_set {
        return Ruling::Silent;
    }
    each(set, |key| {
        key.text("kty")?;
        let names: Vec<&str> = PRIVATE.iter().copied().filter(|name| key.json.member(name).is_some()).collect();
        Some(one(
            !names.is_empty(),
            names.first().copied().unwrap_or_default(),
            format!("the set has {}", names.join(", ")),
        ))
    })
}

fn secret_in_set(set: &KeySet) -> Ruling {
    if !set.is_set {
        return Ruling::Silent;
    }
    each(set, |key| {
        key.text("kty")?;
        Some(one(
            key.holds() == Holds::Secret,
            "k",
            "whoever reads the set can make tokens with this key, or read them",
        ))
    })
}

fn secret_short(set: &KeySet) -> Ruling {
    each(set, |key| {
        let (alg, secret) = (key.text("alg")?, key.octets("k")?);
        let (least, most) = match alg {
            "HS256" => (32, usize::MAX),
            "HS384" => (48, usize::MAX),
            "HS512" => (64, usize::MAX),
            "A128KW" | "A128GCMKW" | "A128GCM" => (16, 16),
            "A192KW" | "A192GCMKW" | "A192GCM" => (24, 24),
            "A256KW" | "A256GCMKW" | "A256GCM" | "A128CBC-HS256" => (32, 32),
            "A192CBC-HS384" => (48, 48),
            "A256CBC-HS512" => (64, 64),
            _ => return None,
        };
        let wants = if least == most { format!("{least}") } else { format!("{least} or more") };
        let fits = (least..=most).contains(&secret.len());
        Some(one(!fits, "k", format!("it has {} octets; {alg} wants {wants}", secret.len())))
    })
}

fn secret_known(set: &KeySet) -> Ruling {
    each(set, |key| {
        let secret = key.octets("k")?;
        let decodes = |known: &str| {
            let decoded = STANDARD.decode(known).or_else(|_| URL_SAFE_NO_PAD.decode(known)).ok();
            decoded.is_some_and(|decoded| !decoded.is_empty() && decoded == secret)
        };
        let is_known = !secret.is_empty() && secrets().any(|known| known.as_bytes() == secret || decodes(known));
        Some(one(is_known, "k", "it is on a short list of secrets that everybody knows"))
    })
}

fn kid_missing(set: &KeySet) -> Ruling {
    if !set.is_set || set.keys.len() < 2 {
        return Ruling::Silent;
    }
    each(set, |key| {
        let Json::Object(_) = key.json else { return None };
        Some(one(
            key.text("kid").is_none_or(str::is_empty),
            "kid",
            format!("it has no name among {} keys", set.keys.len()),
        ))
    })
}

fn kid_repeated(set: &KeySet) -> Ruling {
    let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, key) in set.keys.iter().enumerate() {
        if let Some(kid) = key.text("kid") {
            named.entry(kid).or_default().push(at);
        }
    }
    if !set.is_set || named.is_empty() {
        return Ruling::Silent;
    }
    // Keys of several types that applications take for each other may share a name (RFC 7517 §4.5).
    let of_one_type = |places: &[usize]| {
        places.iter().any(|at| {
            let kty = set.keys[*at].text("kty");
            places.iter().filter(|other| set.keys[**other].text("kty") == kty).count() > 1
        })
    };
    let hit = |(kid, places): (&str, Vec<usize>)| {
        let severity = if of_one_type(&places) { Severity::Medium } else { Severity::Low };
        let places: Vec<String> = places.iter().map(|at| format!("keys[{at}]")).collect();
        Hit::at("kid", format!("{} have the kid {kid:?}", places.join(", "))).severity(severity)
    };
    broken(named.into_iter().filter(|(_, places)| places.len() > 1).map(hit).collect())
}

fn certificate(set: &KeySet) -> Ruling {
    each(set, |key| {
        key.json.member("x5c")?;
        let Some(certified) = key.certificate().and_then(|der| PublicKey::from_certificate(&der)) else {
            let seen = "the first certificate cannot be read here (it is base64, not base64url, of DER)";
            return Some(one(true, "x5c", seen).into_iter().map(|hit| hit.severity(Severity::Medium)).collect());
        };
        let public = key.public()?;
        let bare = |number: &[u8]| number.iter().copied().skip_while(|octet| *octet == 0).collect::<Vec<u8>>();
        let is_same = match (&certified.material, &public.material) {
            (Material::Rsa { n, e }, Material::Rsa { n: its, e: exponent }) => {
                bare(n) == bare(its) && bare(e) == bare(exponent)
            }
            (certified, own) => certified == own,
        };
        Some(one(!is_same, "x5c", "the first certificate is of another key"))
    })
}

fn certificate_hash(set: &KeySet) -> Ruling {
    each(set, |key| {
        let der = key.certificate()?;
        let of = [("x5t", &digest::SHA1_FOR_LEGACY_USE_ONLY), ("x5t#S256", &digest::SHA256)];
        let given: Vec<_> = of.into_iter().filter_map(|(name, hash)| Some((name, hash, key.text(name)?))).collect();
        (!given.is_empty()).then_some(())?;
        let differs = |(_, hash, said): &(&str, &'static digest::Algorithm, &str)| {
            URL_SAFE_NO_PAD.encode(digest::digest(hash, &der)) != *said
        };
        let seen = "it is not the hash of the first certificate of x5c";
        Some(given.iter().filter(|row| differs(row)).map(|(name, ..)| Hit::at(*name, seen)).collect())
    })
}

fn plain_url(set: &KeySet) -> Ruling {
    each(set, |key| {
        let url = key.text("x5u")?;
        let is_guarded = url.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"));
        Some(one(!is_guarded, "x5u", format!("the certificates are said to be at {url}")))
    })
}

/// Every rule.
pub static KEY_RULES: &[&KeyRule] = &[
    &SET_SHAPE,
    &KEY_TYPE,
    &REPEATED_NAME,
    &MEMBER_TYPE,
    &NUMBERS,
    &COORDINATE_WIDTH,
    &OFF_CURVE,
    &RSA_SHORT,
    &RSA_EXPONENT,
    &RSA_MODULUS,
    &ALG_NONE,
    &ALG_FOR_TYPE,
    &ALG_MISSING,
    &ALG_DISCOURAGED,
    &USE,
    &OPERATIONS_AGAINST_USE,
    &OPERATIONS_MIXED,
    &PRIVATE_IN_SET,
    &SECRET_IN_SET,
    &SECRET_SHORT,
    &SECRET_KNOWN,
    &KID_MISSING,
    &KID_REPEATED,
    &CERTIFICATE,
    &CERTIFICATE_HASH,
    &PLAIN_URL,
];

/// The modulus of RFC 7638 §3.1 but for its last octet.
macro_rules! modulus {
    () => {
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDK"
    };
}

/// A self-signed certificate of a key on P-256, whose members stand below.
macro_rules! certificate {
    () => {
        "MIIBbjCCARWgAwIBAgIUVzh2pWloxSoQOh6jiwe6bIaDleQwCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBYTAgFw0yNjExMjgxMzU3NTRaGA8yMTI2MTEwNDEzNTc1NFowDDEKMAgGA1UEAwwBYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAH6VH+UxHwrXMGoxYI7Ht1378Tn4JssDk4wmsUQic63XFCpaKeaZFHYMOBlTxU/jWvh42mj0ga+X9BYU+ZSg7KjUzBRMB0GA1UdDgQWBBShJGKa3nJPsF0o9GeLcUdoUF3XHjAfBgNVHSMEGDAWgBShJGKa3nJPsF0o9GeLcUdoUF3XHjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIBQwXmocoQ64S3YG/8ce2r50O6Y1dJ90hNHJbrDD7k4QAiApjzBwRdCipG68iBYVm5c8ocQZRT25EoaJMdYuJl++vQ=="
    };
}

/// The members of the key of that certificate.
macro_rules! certified {
    () => {
        r#""kty":"EC","crv":"P-256","x":"AfpUf5TEfCtcwajFgjse3XfvxOfgmywOTjCaxRCJzrc","y":"XFCpaKeaZFHYMOBlTxU_jWvh42mj0ga-X9BYU-ZSg7I","#
    };
}

/// The key of RFC 7638 §3.1.
#[cfg(test)]
pub(super) const RFC_7638: &str =
    concat!(r#"{"kty":"RSA","n":""#, modulus!(), r#"gw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#);

/// The key of RFC 8037 §A.2.
#[cfg(test)]
pub(super) const RFC_8037: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

static SET_SHAPE: KeyRule = KeyRule {
    id: "set-shape",
    title: "The set is no list of keys.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 7517 §5", "RFC 7517 §5.1"],
    cwe: Some(20),
    mend: "Make `keys` a list of objects, one for each key.",
    judge: set_shape,
    falls: r#"{"keys":{"kty":"EC"}}"#,
    clean: r#"{"keys":[{"kty":"EC"}]}"#,
};

static KEY_TYPE: KeyRule = KeyRule {
    id: "kty",
    title: "The key does not say of which type it is, or names a type that is not registered.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 7517 §4.1", "RFC 7518 §6.1"],
    cwe: Some(20),
    mend: "Write EC, RSA, oct, OKP or AKP: as it stands in the registry, in this case.",
    judge: key_type,
    falls: r#"{"kty":"rsa"}"#,
    clean: r#"{"kty":"RSA"}"#,
};

static REPEATED_NAME: KeyRule = KeyRule {
    id: "repeated-name",
    title: "A name stands twice in a key, so that two readers may see two keys.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 7517 §4", "RFC 8259 §4"],
    cwe: Some(436),
    mend: "Write every member once.",
    judge: repeated_name,
    falls: r#"{"kty":"EC","kid":"a","kid":"b"}"#,
    clean: r#"{"kty":"EC","kid":"a"}"#,
};

static MEMBER_TYPE: KeyRule = KeyRule {
    id: "member-type",
    title: "A member of the key is no text, or no list of texts, where it has to be.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 7517 §4.2", "RFC 7517 §4.3", "RFC 7517 §4.4", "RFC 7517 §4.5"],
    cwe: Some(20),
    mend: "Write alg, use, kid, crv and x5u as texts, key_ops and x5c as lists of texts.",
    judge: member_type,
    falls: r#"{"kty":"EC","kid":1}"#,
    clean: r#"{"kty":"EC","kid":"1"}"#,
};

static NUMBERS: KeyRule = KeyRule {
    id: "numbers",
    title: "A number that the type of the key wants is missing or is not written as it has to be.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 7518 §6.2.1", "RFC 7518 §6.3.1", "RFC 7518 §6.4.1", "RFC 8037 §2", "RFC 7515 §2"],
    cwe: Some(20),
    mend: "Write the numbers as base64url without padding, of a modulus and an exponent no zeros before them.",
    judge: numbers,
    falls: r#"{"kty":"oct","k":"c2VjcmV0cw=="}"#,
    clean: r#"{"kty":"oct","k":"c2VjcmV0cw"}"#,
};

static COORDINATE_WIDTH: KeyRule = KeyRule {
    id: "coordinate-width",
    title: "A coordinate is shorter or longer than those of its curve.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 7518 §6.2.1.2", "RFC 7518 §6.2.1.3", "RFC 7518 §6.2.2.1", "RFC 8037 §2"],
    cwe: Some(20),
    mend: "Write coordinates in full width, the zeros before them too.",
    judge: coordinate_width,
    falls: r#"{"kty":"EC","crv":"P-256","x":"g87bDX0jXUkLLwdtZoHNMGwZCdtb4eQ6O1Bu4PKU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
    clean: r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
};

static OFF_CURVE: KeyRule = KeyRule {
    id: "off-curve",
    title: "The key is no point of its curve, or one with which signatures prove nothing.",
    level: Level::Must,
    severity: Severity::High,
    references: &["RFC 8725 §3.4", "RFC 7518 §6.2.1", "RFC 8032 §5.1.3", "SEC 1 §3.2.2.1"],
    cwe: Some(347),
    mend: "Make the key anew; never change or shorten its coordinates.",
    judge: off_curve,
    falls: r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"y_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
    clean: r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
};

static RSA_SHORT: KeyRule = KeyRule {
    id: "rsa-short",
    title: "The RSA key has fewer than 2048 bits.",
    level: Level::Must,
    severity: Severity::High,
    references: &["RFC 7518 §3.3", "RFC 7518 §3.5", "RFC 7518 §4.2", "RFC 7518 §4.3"],
    cwe: Some(326),
    mend: "Make a key of 2048 bits or more, and take the short one out of the set.",
    judge: rsa_short,
    falls: r#"{"kty":"RSA","e":"AQAB","n":"o48_6QVWBXWhzVdVolx2fVUAd6VLjEbTh-2bluKsnQouskDhyp-7QrH_5kpqfVn6O9MKl8ozAc5HV7yoVWpdKs5U5hbk_UW5L0dIyugilXdhcCHam6HXXYFDOhi5JPPKjb_xXiBdNtPbOclGeGwAO4_3Jb8IytKwS3HUVn4XHEU"}"#,
    clean: concat!(r#"{"kty":"RSA","e":"AQAB","n":""#, modulus!(), r#"gw"}"#),
};

static RSA_EXPONENT: KeyRule = KeyRule {
    id: "rsa-exponent",
    title: "The exponent of the RSA key is none: 0, 1, even, or not below the modulus.",
    level: Level::Must,
    severity: Severity::High,
    references: &["RFC 8017 §3.1", "RFC 7518 §6.3.1.2", "RFC 8725 §3.4"],
    cwe: Some(347),
    mend: "Make the key anew with the exponent 65537 (AQAB).",
    judge: rsa_exponent,
    falls: concat!(r#"{"kty":"RSA","e":"AQ","n":""#, modulus!(), r#"gw"}"#),
    clean: concat!(r#"{"kty":"RSA","e":"Aw","n":""#, modulus!(), r#"gw"}"#),
};

static RSA_MODULUS: KeyRule = KeyRule {
    id: "rsa-modulus",
    title: "The modulus of the RSA key can be factored by its form.",
    level: Level::Should,
    severity: Severity::High,
    references: &["RFC 8017 §3.1", "RFC 8725 §3.4", "CVE-2017-15361"],
    cwe: Some(310),
    mend: "Make the key anew with a generator that is kept up to date.",
    judge: rsa_modulus,
    falls: concat!(r#"{"kty":"RSA","e":"AQAB","n":""#, modulus!(), r#"gg"}"#),
    clean: concat!(r#"{"kty":"RSA","e":"AQAB","n":""#, modulus!(), r#"gw"}"#),
};

static ALG_NONE: KeyRule = KeyRule {
    id: "alg-none",
    title: "The key is said to be for tokens without a signature.",
    level: Level::Must,
    severity: Severity::High,
    references: &["RFC 7517 §4.4", "RFC 7518 §3.6", "RFC 8725 §3.2"],
    cwe: Some(347),
    mend: "Name the algorithm that the key signs with.",
    judge: alg_none,
    falls: r#"{"kty":"EC","crv":"P-256","alg":"none"}"#,
    clean: r#"{"kty":"EC","crv":"P-256","alg":"ES256"}"#,
};

static ALG_FOR_TYPE: KeyRule = KeyRule {
    id: "alg-for-type",
    title: "The algorithm of the key is one for keys of another type or curve.",
    level: Level::Must,
    severity: Severity::High,
    references: &["RFC 7517 §4.4", "RFC 7518 §3.1", "RFC 7518 §4.1", "RFC 8037 §3.1", "RFC 8725 §3.1"],
    cwe: Some(347),
    mend: "Name an algorithm for this type and curve; a public key is never a secret of HMAC.",
    judge: alg_for_type,
    falls: r#"{"kty":"RSA","alg":"HS256"}"#,
    clean: r#"{"kty":"RSA","alg":"PS256"}"#,
};

static ALG_MISSING: KeyRule = KeyRule {
    id: "alg-missing",
    title: "The key does not say for which algorithm it is.",
    level: Level::Should,
    severity: Severity::Low,
    references: &["RFC 8725 §3.1", "RFC 7517 §4.4"],
    cwe: Some(347),
    mend: "Write alg: a key is for one algorithm, and who reads the set has to know which.",
    judge: alg_missing,
    falls: r#"{"kty":"RSA"}"#,
    clean: r#"{"kty":"RSA","alg":"RS256"}"#,
};

static ALG_DISCOURAGED: KeyRule = KeyRule {
    id: "alg-discouraged",
    title: "The key is for an algorithm that should not be used any more.",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["RFC 8725 §3.2", "RFC 7518 §4.2", "RFC 8017 §7.2"],
    cwe: Some(327),
    mend: "Use RSA-OAEP-256 or ECDH-ES to encrypt, and a signature over SHA-256 or more.",
    judge: alg_discouraged,
    falls: r#"{"kty":"RSA","alg":"RSA1_5"}"#,
    clean: r#"{"kty":"RSA","alg":"RSA-OAEP-256"}"#,
};

static USE: KeyRule = KeyRule {
    id: "use",
    title: "What the key is said to be for contradicts its algorithm or its curve, or is no such word.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 7517 §4.2", "RFC 7517 §4.4", "RFC 8037 §2"],
    cwe: Some(323),
    mend: "Write sig for keys that sign and enc for keys that encrypt, and a key of its own for each.",
    judge: usage,
    falls: r#"{"kty":"RSA","use":"enc","alg":"RS256"}"#,
    clean: r#"{"kty":"RSA","use":"enc","alg":"RSA-OAEP-256"}"#,
};

static OPERATIONS_AGAINST_USE: KeyRule = KeyRule {
    id: "key-ops-beside-use",
    title: "`use` and `key_ops` stand in one key.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 7517 §4.3"],
    cwe: Some(436),
    mend: "Write one of the two; where both are, they have to say the same.",
    judge: operations_against_use,
    falls: r#"{"kty":"RSA","use":"sig","key_ops":["encrypt"]}"#,
    clean: r#"{"kty":"RSA","key_ops":["verify"]}"#,
};

static OPERATIONS_MIXED: KeyRule = KeyRule {
    id: "key-ops-mixed",
    title: "The key is meant for operations that do not belong together, or one stands twice.",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["RFC 7517 §4.3"],
    cwe: Some(323),
    mend: "Make a key for each purpose: sign with verify, encrypt with decrypt, wrapKey with unwrapKey, nothing else.",
    judge: operations_mixed,
    falls: r#"{"kty":"RSA","key_ops":["verify","encrypt"]}"#,
    clean: r#"{"kty":"RSA","key_ops":["sign","verify"]}"#,
};

static PRIVATE_IN_SET: KeyRule = KeyRule {
    id: "private-in-set",
    title: "The set has the private part of a key: whoever reads it can sign.",
    level: Level::Must,
    severity: Severity::Critical,
    references: &["RFC 7517 §9.2", "RFC 7518 §6.2.2", "RFC 7518 §6.3.2"],
    cwe: Some(522),
    mend: "Publish n and e, or x and y, alone; take this key for stolen, and make another.",
    judge: private_in_set,
    falls: r#"{"keys":[{"kty":"EC","crv":"P-256","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}]}"#,
    clean: r#"{"keys":[{"kty":"EC","crv":"P-256"}]}"#,
};

static SECRET_IN_SET: KeyRule = KeyRule {
    id: "secret-in-set",
    title: "The set has a shared secret: whoever reads it can make tokens.",
    level: Level::Must,
    severity: Severity::Critical,
    references: &["RFC 7517 §9.2", "RFC 7518 §6.4"],
    cwe: Some(522),
    mend: "Publish public keys alone; take this secret for stolen, and make another.",
    judge: secret_in_set,
    falls: r#"{"keys":[{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T"}]}"#,
    clean: r#"{"keys":[{"kty":"EC","crv":"P-256"}]}"#,
};

static SECRET_SHORT: KeyRule = KeyRule {
    id: "secret-width",
    title: "The secret is too short for its algorithm, or not as wide as it wants.",
    level: Level::Must,
    severity: Severity::High,
    references: &["RFC 7518 §3.2", "RFC 7518 §4.4", "RFC 7518 §5.2.2.1", "RFC 8725 §3.5"],
    cwe: Some(326),
    mend: "Make a random secret as wide as the hash, or as the cipher wants.",
    judge: secret_short,
    falls: r#"{"kty":"oct","alg":"HS256","k":"c2VjcmV0cw"}"#,
    clean: r#"{"kty":"oct","alg":"HS256","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T"}"#,
};

static SECRET_KNOWN: KeyRule = KeyRule {
    id: "secret-known",
    title: "The secret is one that everybody knows.",
    level: Level::Must,
    severity: Severity::Critical,
    references: &["RFC 8725 §3.5", "RFC 2104 §3"],
    cwe: Some(521),
    mend: "Make a random key of 32 octets or more, and end every token made with this one.",
    judge: secret_known,
    falls: r#"{"kty":"oct","k":"Y2hhbmdlbWU"}"#,
    clean: r#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T"}"#,
};

static KID_MISSING: KeyRule = KeyRule {
    id: "kid-missing",
    title: "A key among several has no kid, so that a verifier has to try.",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["RFC 7517 §4.5", "OpenID Connect Core §10.1"],
    cwe: Some(345),
    mend: "Give every key of the set a name, such as its thumbprint.",
    judge: kid_missing,
    falls: r#"{"keys":[{"kty":"EC","kid":"a"},{"kty":"EC"}]}"#,
    clean: r#"{"keys":[{"kty":"EC","kid":"a"},{"kty":"EC","kid":"b"}]}"#,
};

static KID_REPEATED: KeyRule = KeyRule {
    id: "kid-repeated",
    title: "Two keys of the set have one kid.",
    level: Level::Should,
    severity: Severity::Medium,
    references: &["RFC 7517 §4.5"],
    cwe: Some(345),
    mend: "Give every key of the set a name of its own, such as its thumbprint.",
    judge: kid_repeated,
    falls: r#"{"keys":[{"kty":"EC","kid":"a"},{"kty":"EC","kid":"a"}]}"#,
    clean: r#"{"keys":[{"kty":"EC","kid":"a"},{"kty":"EC","kid":"A"}]}"#,
};

static CERTIFICATE: KeyRule = KeyRule {
    id: "x5c",
    title: "The certificate beside the key is of another key, or cannot be read.",
    level: Level::Must,
    severity: Severity::High,
    references: &["RFC 7517 §4.7"],
    cwe: Some(295),
    mend: "Put the certificate of this very key first; write it as base64 of DER, not as base64url.",
    judge: certificate,
    falls: concat!(
        r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","x5c":[""#,
        certificate!(),
        r#""]}"#
    ),
    clean: concat!("{", certified!(), r#""x5c":[""#, certificate!(), r#""]}"#),
};

static CERTIFICATE_HASH: KeyRule = KeyRule {
    id: "x5t",
    title: "The hash of the certificate is not that of the one beside it.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 7517 §4.8", "RFC 7517 §4.9"],
    cwe: Some(295),
    mend: "Hash the DER of the first certificate, and write the hash as base64url.",
    judge: certificate_hash,
    falls: concat!("{", certified!(), r#""x5t":"AAAAAAAAAAAAAAAAAAAAAAAAAAA","x5c":[""#, certificate!(), r#""]}"#),
    clean: concat!(
        "{",
        certified!(),
        r#""x5t":"_Nd1g1TEJzlmy8GbmKaqAMfpsQk","x5t#S256":"0Lic_MeCoPOWedPlJIcCKRoENOcSx-783ZWFQbJApPk","x5c":[""#,
        certificate!(),
        r#""]}"#
    ),
};

static PLAIN_URL: KeyRule = KeyRule {
    id: "x5u",
    title: "The certificates of the key are at an address that anybody on the way can answer for.",
    level: Level::Must,
    severity: Severity::Medium,
    references: &["RFC 7517 §4.6"],
    cwe: Some(319),
    mend: "Serve certificates over https, or put them into x5c.",
    judge: plain_url,
    falls: r#"{"kty":"EC","x5u":"http://keys.example/a.pem"}"#,
    clean: r#"{"kty":"EC","x5u":"https://keys.example/a.pem"}"#,
};
