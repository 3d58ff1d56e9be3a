//! What it costs to come from a `Cookie` header to a value: plain, signed, encrypted, crate by crate.
//!
//! Every row starts from the header's text with its key kept, since one of the crates verifies while it parses, and ends with
//! the value as text of its own. Each crate reads what it wrote itself. A row may be timed once it has given the right value,
//! and never that value for a header with any one character of the cookie changed.

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, UnboundKey};
use aws_lc_rs::hmac as aws_hmac;
use axum_extra::extract::cookie::{CookieJar as AxumJar, PrivateCookieJar, SignedCookieJar};
use biscotti::config::{CryptoAlgorithm, CryptoRule};
use biscotti::{Processor, ProcessorConfig, RequestCookies, ResponseCookie, ResponseCookies};
use cookie::{Cookie, CookieJar, Key};
use cookie_0_16 as cookie_16;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::{COOKIE, HeaderMap, HeaderValue};
use sha2::Sha256;
use token_assay_model::bench::Role;

use super::{Plan, Prepared, Scale};
use crate::{Added, Group, Work};

/// The plan.
pub const PLAN: Plan = Plan { name: "cookies", title: "What reading a cookie costs.", prepare };

fn prepare(scale: Scale) -> Prepared {
    let (counts, sizes): (&[usize], &[usize]) = match scale {
        Scale::Full => (&[1, 5, 20], &[43, 1024]),
        Scale::Quick => (&[1, 5], &[43]),
    };
    let mut groups: Vec<Group> = counts.iter().map(|count| parse(*count)).collect();
    groups.extend(sizes.iter().flat_map(|size| [signed(*size), private(*size)]));
    Prepared { groups, ..Prepared::default() }
}

/// From the header's text to the session's value.
type Read = Box<dyn Fn(&Header) -> Option<String>>;

/// A header as a server holds it, and as the crates want it.
struct Header {
    text: String,
    map: HeaderMap,
}

impl Header {
    fn of(text: String) -> Self {
        let value = HeaderValue::from_str(&text).expect("cookies are ASCII");
        Self { text, map: HeaderMap::from_iter([(COOKIE, value)]) }
    }
}

/// A value of so many characters, as a session's id or a sealed session has.
fn value(size: usize) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    (0..size).map(|at| char::from(ALPHABET[(at * 29 + at / 7) % ALPHABET.len()])).collect()
}

/// From a header of so many cookies.
pub fn parse(count: usize) -> Group {
    let others = (0..count - 1).map(|number| format!("preference-{number}=value-{number}"));
    let mut cookies: Vec<String> = others.collect();
    cookies.insert(count / 2, format!("{NAME}={}", value(43)));
    let header = cookies.join("; ");
    let title = format!("A header of {count} cookies parsed, the session's looked up.");
    let mut group = Group::of_calls(format!("cookies/parse/{count}"), title);
    let add = |group: &mut Group, role, name, note: Option<&str>, read| {
        add(group, role, name, &header, 43, read).note_where(note);
    };
    add(&mut group, Role::Floor, "floor-split", None, Box::new(|header| split(&header.text)));
    let (plain, decoded) = (Some("no percent-decoding"), Some("percent-decoded"));
    add(&mut group, Role::Subject, "cookie", plain, Box::new(|header| found(jar(&header.text).get(NAME))));
    add(
        &mut group,
        Role::Subject,
        "cookie-encoded",
        decoded,
        Box::new(|header| found(jar_decoded(&header.text).get(NAME))),
    );
    add(&mut group, Role::Subject, "cookie-0.16", plain, Box::new(|header| found_16(jar_16(&header.text).get(NAME))));
    add(
        &mut group,
        Role::Subject,
        "axum-extra",
        Some("percent-decoded; from a header map"),
        Box::new(|header| found(AxumJar::from_headers(&header.map).get(NAME))),
    );
    add(&mut group, Role::Subject, "biscotti", decoded, biscotti_reader(ProcessorConfig::default().into()));
    group
}

/// Of a signed cookie of so many octets.
pub fn signed(size: usize) -> Group {
    let (value, key) = (value(size), Key::from(&KEY));
    let title = format!("A header of one signed cookie of {size} octets verified.");
    let mut group = Group::of_calls(format!("cookies/signed/{size}-octets"), title);
    let tag = aws_hmac::sign(&aws_hmac::Key::new(aws_hmac::HMAC_SHA256, &KEY[..32]), value.as_bytes());
    let message = value.clone().into_bytes();
    bare(&mut group, "floor-aws-lc", (message.clone(), tag.as_ref().to_vec()), {
        let key = aws_hmac::Key::new(aws_hmac::HMAC_SHA256, &KEY[..32]);
        move |(message, tag)| aws_hmac::verify(&key, message, tag).is_ok()
    });
    let floor = bare(&mut group, "floor-rustcrypto", (message, tag.as_ref().to_vec()), |(message, tag)| {
        let mac = Hmac::<Sha256>::new_from_slice(&KEY[..32]).expect("any length will do");
        mac.chain_update(message).verify_slice(tag).is_ok()
    });
    floor.note(KEY_SCHEDULE);

    let (own, old) = (key.clone(), cookie_16::Key::from(&KEY));
    let headers = [
        sealed(|jar| jar.signed_mut(&key).add((NAME, value.clone()))),
        sealed_16(|jar| jar.signed_mut(&old).add(cookie_16::Cookie::new(NAME, value.clone()))),
    ];
    let readers: [Read; 3] = [
        Box::new(move |header| found(jar(&header.text).signed(&own).get(NAME).as_ref())),
        Box::new(move |header| found(SignedCookieJar::from_headers(&header.map, key.clone()).get(NAME).as_ref())),
        Box::new(move |header| found_16(jar_16(&header.text).signed(&old).get(NAME).as_ref())),
    ];
    add_jars(&mut group, size, &headers, readers);
    add_biscotti(&mut group, CryptoAlgorithm::Signing, &value).note("the name is signed too");
    group
}

/// Of an encrypted cookie of so many octets.
pub fn private(size: usize) -> Group {
    let (value, key) = (value(size), Key::from(&KEY));
    let title = format!("A header of one encrypted cookie of {size} octets decrypted.");
    let mut group = Group::of_calls(format!("cookies/private/{size}-octets"), title);
    let nonce = [7; 12];
    let payload = Payload { msg: value.as_bytes(), aad: NAME.as_bytes() };
    let sealed_octets = aes(&KEY[..32]).encrypt(Nonce::from_slice(&nonce), payload).expect("it is short enough");
    bare(&mut group, "floor-aws-lc", (sealed_octets.clone(), nonce.to_vec()), {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &KEY[..32]).expect("it has 32 octets"));
        move |(sealed, nonce)| {
            let nonce = aws_lc_rs::aead::Nonce::try_assume_unique_for_key(nonce).expect("it has 12 octets");
            key.open_in_place(nonce, Aad::from(NAME), &mut sealed.clone()).is_ok()
        }
    });
    let floor = bare(&mut group, "floor-rustcrypto", (sealed_octets, nonce.to_vec()), |(sealed, nonce)| {
        let payload = Payload { msg: sealed, aad: NAME.as_bytes() };
        aes(&KEY[..32]).decrypt(Nonce::from_slice(nonce), payload).is_ok()
    });
    floor.note(KEY_SCHEDULE);

    let (own, old) = (key.clone(), cookie_16::Key::from(&KEY));
    let headers = [
        sealed(|jar| jar.private_mut(&key).add((NAME, value.clone()))),
        sealed_16(|jar| jar.private_mut(&old).add(cookie_16::Cookie::new(NAME, value.clone()))),
    ];
    let readers: [Read; 3] = [
        Box::new(move |header| found(jar(&header.text).private(&own).get(NAME).as_ref())),
        Box::new(move |header| found(PrivateCookieJar::from_headers(&header.map, key.clone()).get(NAME).as_ref())),
        Box::new(move |header| found_16(jar_16(&header.text).private(&old).get(NAME).as_ref())),
    ];
    add_jars(&mut group, size, &headers, readers);
    let added = add_biscotti(&mut group, CryptoAlgorithm::Encryption, &value);
    added.note("AES-256-GCM-SIV, where the others have AES-256-GCM");
    group
}

/// The crates that stand on `cookie` 0.18, and on 0.16, each with what it has sealed.
fn add_jars(group: &mut Group, size: usize, [header, older]: &[String; 2], [cookie, axum, cookie_16]: [Read; 3]) {
    add(group, Role::Subject, "cookie", header, size, cookie);
    let added = add(group, Role::Subject, "axum-extra", header, size, axum);
    added.note("over cookie 0.18; from a header map, percent-decoded");
    add(group, Role::Subject, "cookie-0.16", older, size, cookie_16);
}

fn add<'g>(group: &'g mut Group, role: Role, name: &str, header: &str, size: usize, read: Read) -> Added<'g> {
    let check = reads(&read, header, &value(size));
    let header = Header::of(header.to_owned());
    group.add(role, name, check, || Work::calls(move || read(&header)))
}

/// The right value, and never that value once a character of the cookie is another.
fn reads(read: &Read, header: &str, value: &str) -> Result<(), String> {
    match read(&Header::of(header.to_owned())) {
        Some(said) if said == value => {}
        other => return Err(format!("of the right header it says {other:?}")),
    }
    let start = header.find(&format!("{NAME}=")).expect("the cookie is there");
    let end = header[start..].find(';').map_or(header.len(), |length| start + length);
    for at in start..end {
        let mut changed = header.as_bytes().to_vec();
        changed[at] = if changed[at] == b'k' { b'q' } else { b'k' };
        let changed = String::from_utf8(changed).expect("it is ASCII");
        if read(&Header::of(changed)).is_some_and(|said| said == value) {
            return Err(format!("it reads the same value with character {} of the cookie changed", at - start));
        }
    }
    Ok(())
}

/// A primitive alone: what it is given holds, and does not with an octet of either half flipped.
fn bare<'g>(
    group: &'g mut Group,
    name: &str,
    given: (Vec<u8>, Vec<u8>),
    holds: impl Fn(&(Vec<u8>, Vec<u8>)) -> bool + 'static,
) -> Added<'g> {
    let (mut other, mut another) = (given.clone(), given.clone());
    other.0[7] ^= 1;
    another.1[7] ^= 1;
    let right = holds(&given) && !holds(&other) && !holds(&another);
    let check = right.then_some(()).ok_or_else(|| "it holds where it should not, or the other way round".to_owned());
    group.add(Role::Floor, name, check, || Work::calls(move || holds(&given)))
}

fn aes(key: &[u8]) -> Aes256Gcm {
    Aes256Gcm::new_from_slice(key).expect("it has 32 octets")
}

fn split(header: &str) -> Option<String> {
    let pairs = header.split(';').filter_map(|cookie| cookie.trim().split_once('='));
    pairs.into_iter().find(|(name, _)| *name == NAME).map(|(_, value)| value.to_owned())
}

fn jar(header: &str) -> CookieJar {
    let mut jar = CookieJar::new();
    Cookie::split_parse(header.to_owned()).flatten().for_each(|cookie| jar.add_original(cookie));
    jar
}

fn jar_decoded(header: &str) -> CookieJar {
    let mut jar = CookieJar::new();
    Cookie::split_parse_encoded(header.to_owned()).flatten().for_each(|cookie| jar.add_original(cookie));
    jar
}

fn jar_16(header: &str) -> cookie_16::CookieJar {
    let mut jar = cookie_16::CookieJar::new();
    let cookies = header.split(';').filter_map(|cookie| cookie_16::Cookie::parse(cookie.trim().to_owned()).ok());
    cookies.for_each(|cookie| jar.add_original(cookie));
    jar
}

fn found(cookie: Option<&Cookie<'_>>) -> Option<String> {
    cookie.map(|cookie| cookie.value().to_owned())
}

fn found_16(cookie: Option<&cookie_16::Cookie<'_>>) -> Option<String> {
    cookie.map(|cookie| cookie.value().to_owned())
}

/// The header of a jar to which this was added.
fn sealed(add: impl FnOnce(&mut CookieJar)) -> String {
    let mut jar = CookieJar::new();
    add(&mut jar);
    format!("{NAME}={}", jar.get(NAME).expect("it was added").value())
}

fn sealed_16(add: impl FnOnce(&mut cookie_16::CookieJar)) -> String {
    let mut jar = cookie_16::CookieJar::new();
    add(&mut jar);
    format!("{NAME}={}", jar.get(NAME).expect("it was added").value())
}

fn add_biscotti<'g>(group: &'g mut Group, algorithm: CryptoAlgorithm, value: &str) -> Added<'g> {
    let mut config = ProcessorConfig::default();
    let key = biscotti::Key::from(KEY.to_vec());
    config.crypto_rules.push(CryptoRule { cookie_names: vec![NAME.to_owned()], algorithm, key, fallbacks: Vec::new() });
    let processor: Processor = config.into();
    let mut cookies = ResponseCookies::new();
    cookies.insert(ResponseCookie::new(NAME, value.to_owned()));
    let header = cookies.header_values(&processor).next().expect("it was inserted");
    add(group, Role::Subject, "biscotti", &header, value.len(), biscotti_reader(processor))
}

fn biscotti_reader(processor: Processor) -> Read {
    Box::new(move |header| {
        let cookies = RequestCookies::parse_header(&header.text, &processor).ok()?;
        cookies.get(NAME).map(|cookie| cookie.value().to_owned())
    })
}

const KEY_SCHEDULE: &str = "its key schedule for every cookie, as in the crates that use it";

/// The cookie that is looked for.
const NAME: &str = "session";

/// Key material that protects nothing.
const KEY: [u8; 64] = {
    let mut key = [0; 64];
    let mut at = 0;
    while at < key.len() {
        key[at] = (at as u8).wrapping_mul(151).wrapping_add(17);
        at += 1;
    }
    key
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_crate_reads_its_cookies_beside_a_floor() {
        let prepared = prepare(Scale::Full);
        assert_eq!(prepared.groups.len(), 7);
        for group in &prepared.groups {
            let wrong: Vec<_> = group.wrong.iter().map(|wrong| format!("{}: {}", wrong.name, wrong.why)).collect();
            assert!(wrong.is_empty(), "{}: {wrong:?}", group.name);
            assert!(group.rows.iter().any(|row| row.role == Role::Floor), "{}", group.name);
            assert!(group.rows.iter().filter(|row| row.role == Role::Subject).count() >= 4, "{}", group.name);
            let names: BTreeSet<&str> = group.rows.iter().map(|row| row.name.as_str()).collect();
            assert_eq!(names.len(), group.rows.len(), "{}", group.name);
        }
    }

    #[test]
    fn a_reader_that_ignores_the_signature_is_listed_and_not_timed() {
        let header = format!("{NAME}={}.mac", value(43));
        let mut group = Group::of_calls("g", "One.");
        let credulous: Read =
            Box::new(|header| split(&header.text).and_then(|text| Some(text.rsplit_once('.')?.0.to_owned())));
        add(&mut group, Role::Subject, "credulous", &header, 43, credulous);
        assert!(group.rows.is_empty());
        assert_eq!(group.wrong[0].why, "it reads the same value with character 52 of the cookie changed");
    }
}
