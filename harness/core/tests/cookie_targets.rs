//! The linked crates that read cookies or open protected ones, whichever are linked, against what they must do at least.
//!
//! Each opens what its own library made, so that a refusal of anything else says something.

use std::collections::BTreeSet;

use token_assay::model::{
    Capability, CookieHeader, CookiePolicy, Feature, Input, Octets, Pair, Policy, Request, Scheme, Verdict, cookie,
};
use token_assay::targets::{Linked, linked};

const NAME: &str = "sid";
const PAYLOAD: &str = "alice";

#[test]
fn every_reader_reads_the_control() {
    for target in that_support(Feature::Cookie) {
        let control = [Pair::new(NAME, "71c71m0000000000"), Pair::new("theme", "dark")];
        let read =
            pairs(&shown(target, CookieHeader::line("sid=71c71m0000000000; theme=dark"), &CookiePolicy::default()));
        assert_eq!(read, Some(control.to_vec()), "{}", target.name);
    }
}

#[test]
fn a_reader_of_several_fields_reads_all_of_them() {
    for target in that_support(Feature::CookieLines) {
        let read = pairs(&shown(target, CookieHeader::lines(&["sid=1", "theme=dark"]), &CookiePolicy::default()));
        assert_eq!(read, Some(vec![Pair::new(NAME, "1"), Pair::new("theme", "dark")]), "{}", target.name);
    }
}

#[test]
fn octets_that_are_no_field_value_are_refused() {
    for target in that_support(Feature::Cookie) {
        let verdict = shown(target, CookieHeader::line("sid=1\0"), &CookiePolicy::default());
        assert!(matches!(verdict, Verdict::Reject { .. }), "{}: {verdict}", target.name);
    }
}

#[test]
fn a_token_is_no_cookie_to_them() {
    let readers = linked().iter().filter(|target| reads_cookies(target));
    for target in readers {
        let input = Input::Token("e30.e30.".to_owned());
        let verdict = target.verifier.verify(Request { input: &input, policy: &Policy::default() });
        assert!(matches!(verdict, Verdict::Unsupported { .. }), "{}: {verdict}", target.name);
    }
}

#[test]
fn every_scheme_of_every_target_is_tried_here() {
    let supported = linked().iter().flat_map(|target| {
        let schemes = target.verifier.info().supports.into_iter().filter_map(|capability| match capability {
            Capability::Scheme(scheme) => Some((target.name, scheme)),
            _ => None,
        });
        schemes.collect::<Vec<_>>()
    });
    let tried = makers().into_iter().map(|maker| (maker.target, maker.scheme)).collect::<BTreeSet<_>>();
    assert_eq!(supported.collect::<BTreeSet<_>>(), tried);
}

#[test]
fn a_cookie_that_the_library_made_is_opened() {
    for maker in makers() {
        let opened = maker.shown(&maker.made(NAME), &maker.policy(&[1]));
        assert_eq!(pairs(&opened), Some(vec![Pair::new(NAME, PAYLOAD)]), "{maker}: {opened}");
    }
}

#[test]
fn an_altered_octet_is_refused() {
    for maker in makers() {
        let mut value = maker.made(NAME).into_bytes();
        let middle = value.len() / 2;
        value[middle] = if value[middle] == b'A' { b'B' } else { b'A' };
        maker.refuses(&String::from_utf8(value).unwrap(), &maker.policy(&[1]));
    }
}

#[test]
fn another_secret_is_refused_and_an_older_one_is_obeyed_where_that_is_supported() {
    for maker in makers() {
        maker.refuses(&maker.made(NAME), &maker.policy(&[2]));
        let rotated = maker.shown(&maker.made(NAME), &maker.policy(&[2, 1]));
        if maker.target().verifier.info().supports.contains(&Feature::Rotation.into()) {
            assert_eq!(pairs(&rotated), Some(vec![Pair::new(NAME, PAYLOAD)]), "{maker}: {rotated}");
            maker.refuses(&maker.made(NAME), &maker.policy(&[2, 3]));
        } else {
            assert!(matches!(rotated, Verdict::Unsupported { .. }), "{maker}: {rotated}");
        }
    }
}

#[test]
fn a_cookie_of_another_name_is_refused_where_the_scheme_binds_the_name() {
    let binds = [Scheme::PrivateJar, Scheme::BiscottiSigned, Scheme::BiscottiEncrypted];
    for maker in makers().into_iter().filter(|maker| binds.contains(&maker.scheme)) {
        maker.refuses(&maker.made("role"), &maker.policy(&[1]));
    }
}

#[test]
fn a_missing_cookie_and_a_secret_of_another_length_are_refused() {
    for maker in makers() {
        let missing = shown(maker.target(), CookieHeader::line("theme=dark"), &maker.policy(&[1]));
        assert!(matches!(missing, Verdict::Reject { .. }), "{maker}: {missing}");
        let mut policy = maker.policy(&[1]);
        policy.secrets[0].0.truncate(16);
        maker.refuses(&maker.made(NAME), &policy);
    }
}

#[cfg(feature = "target-pasetors")]
#[test]
fn a_paseto_for_another_purpose_is_refused() {
    for maker in makers().into_iter().filter(|maker| maker.target == "pasetors") {
        maker.refuses(&maker.made(NAME), &CookiePolicy { purpose: Some("login".to_owned()), ..maker.policy(&[1]) });
    }
}

#[cfg(feature = "target-branca")]
#[test]
fn a_branca_that_is_too_old_is_refused() {
    let maker = makers().into_iter().find(|maker| maker.target == "branca").unwrap();
    let policy = |max_age| CookiePolicy { max_age: Some(max_age), ..maker.policy(&[1]) };
    let old = branca::encode(PAYLOAD.as_bytes(), &secret(1, 32), 1_500_000_000).unwrap();
    maker.refuses(&old, &policy(3600));
    assert!(pairs(&maker.shown(&old, &policy(2_000_000_000))).is_some());
}

/// Makes cookies with a target's own library.
struct Maker {
    target: &'static str,
    scheme: Scheme,
    /// How long its secrets are.
    length: usize,
    /// The cookie's value, from secret, name and payload.
    make: fn(&[u8], &str, &str) -> String,
}

impl std::fmt::Display for Maker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} with {}", self.target, self.scheme)
    }
}

impl Maker {
    fn target(&self) -> &'static Linked {
        linked().iter().find(|target| target.name == self.target).unwrap()
    }

    fn made(&self, name: &str) -> String {
        (self.make)(&secret(1, self.length), name, PAYLOAD)
    }

    /// The policy with these secrets, by number.
    fn policy(&self, secrets: &[u8]) -> CookiePolicy {
        let secret = |number: &u8| match self.scheme {
            Scheme::PasetoV4Public => public(&secret(*number, self.length)),
            _ => secret(*number, self.length),
        };
        let secrets = secrets.iter().map(|number| Octets(secret(number))).collect();
        CookiePolicy { scheme: Some(self.scheme), secrets, ..CookiePolicy::default() }
    }

    fn shown(&self, value: &str, policy: &CookiePolicy) -> Verdict {
        shown(self.target(), CookieHeader::line(format!("theme=dark; {NAME}={value}")), policy)
    }

    fn refuses(&self, value: &str, policy: &CookiePolicy) {
        let verdict = self.shown(value, policy);
        assert!(matches!(verdict, Verdict::Reject { .. }), "{self}, {value}: {verdict}");
    }
}

/// A secret by its number.
fn secret(number: u8, length: usize) -> Vec<u8> {
    (0..length).map(|index| number.wrapping_mul(31).wrapping_add(u8::try_from(index).unwrap())).collect()
}

fn public(seed: &[u8]) -> Vec<u8> {
    let seed = <[u8; 32]>::try_from(seed).unwrap();
    ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key().to_bytes().to_vec()
}

fn that_support(feature: Feature) -> impl Iterator<Item = &'static Linked> {
    linked().iter().filter(move |target| target.verifier.info().supports.contains(&feature.into()))
}

fn reads_cookies(target: &Linked) -> bool {
    let cookies = |capability| matches!(capability, &Capability::Scheme(_) | &Capability::Feature(Feature::Cookie));
    target.verifier.info().supports.iter().any(cookies)
}

fn shown(target: &Linked, header: CookieHeader, policy: &CookiePolicy) -> Verdict {
    let policy = CookiePolicy { name: NAME.to_owned(), ..policy.clone() };
    let policy = Policy { cookie: Some(policy), ..Policy::default() };
    target.verifier.verify(Request { input: &Input::Cookie(header), policy: &policy })
}

fn pairs(verdict: &Verdict) -> Option<Vec<Pair>> {
    match verdict {
        Verdict::Accept { claims, .. } => cookie::pairs(claims),
        _ => None,
    }
}

/// A maker for each scheme of a crate that has the `CookieJar` of the crate cookie.
#[cfg(any(feature = "target-actix-web", feature = "target-cookie", feature = "target-salvo"))]
macro_rules! of_jar {
    ($target:literal, $cookie:path) => {{
        use $cookie as jars;
        let signed: fn(&[u8], &str, &str) -> String = |secret, name, value| {
            let mut jar = jars::CookieJar::new();
            jar.signed_mut(&jars::Key::from(secret)).add(jars::Cookie::new(name.to_owned(), value.to_owned()));
            jar.get(name).unwrap().value().to_owned()
        };
        let private: fn(&[u8], &str, &str) -> String = |secret, name, value| {
            let mut jar = jars::CookieJar::new();
            jar.private_mut(&jars::Key::from(secret)).add(jars::Cookie::new(name.to_owned(), value.to_owned()));
            jar.get(name).unwrap().value().to_owned()
        };
        of_jars($target, signed, private)
    }};
}

#[cfg_attr(not(feature = "cookies"), expect(dead_code, reason = "no crate is linked"))]
fn of_jars(
    target: &'static str,
    signed: fn(&[u8], &str, &str) -> String,
    private: fn(&[u8], &str, &str) -> String,
) -> [Maker; 2] {
    [
        Maker { target, scheme: Scheme::SignedJar, length: 64, make: signed },
        Maker { target, scheme: Scheme::PrivateJar, length: 64, make: private },
    ]
}

/// A maker for each scheme of each linked target.
fn makers() -> Vec<Maker> {
    #[cfg_attr(not(feature = "cookies"), expect(unused_mut, reason = "no crate is linked"))]
    let mut makers: Vec<Maker> = Vec::new();
    #[cfg(feature = "target-actix-web")]
    makers.extend(of_jar!("actix-web", actix_web::cookie));
    #[cfg(feature = "target-axum-extra")]
    makers.extend(of_jars("axum-extra", axum_signed, axum_private));
    #[cfg(feature = "target-biscotti")]
    makers.extend([
        Maker { target: "biscotti", scheme: Scheme::BiscottiSigned, length: 64, make: biscotti_signed },
        Maker { target: "biscotti", scheme: Scheme::BiscottiEncrypted, length: 64, make: biscotti_encrypted },
    ]);
    #[cfg(feature = "target-branca")]
    makers.push(Maker {
        target: "branca",
        scheme: Scheme::Branca,
        length: 32,
        make: |secret, _, value| branca::encode(value.as_bytes(), secret, 1_500_000_000).unwrap(),
    });
    #[cfg(feature = "target-cookie")]
    makers.extend(of_jar!("cookie", ::cookie));
    #[cfg(feature = "target-cookie")]
    makers.extend(of_jar!("cookie-encoded", ::cookie));
    #[cfg(feature = "target-fernet")]
    makers.push(Maker { target: "fernet", scheme: Scheme::Fernet, length: 32, make: fernet_made });
    #[cfg(feature = "target-pasetors")]
    makers.extend([
        Maker { target: "pasetors", scheme: Scheme::PasetoV4Local, length: 32, make: paseto_local },
        Maker { target: "pasetors", scheme: Scheme::PasetoV4Public, length: 32, make: paseto_public },
    ]);
    #[cfg(feature = "target-poem")]
    makers.extend(of_jars("poem", poem_signed, poem_private));
    #[cfg(feature = "target-rocket")]
    makers.push(Maker { target: "rocket", scheme: Scheme::PrivateJar, length: 64, make: rocket_private });
    #[cfg(feature = "target-salvo")]
    makers.extend(of_jar!("salvo", salvo::http::cookie));
    #[cfg(feature = "target-tower-cookies")]
    makers.extend(of_jars("tower-cookies", tower_signed, tower_private));
    makers
}

#[cfg(feature = "target-axum-extra")]
fn axum_signed(secret: &[u8], name: &str, value: &str) -> String {
    use axum_extra::extract::cookie::{Cookie, Key, SignedCookieJar};
    let jar = SignedCookieJar::new(Key::from(secret)).add(Cookie::new(name.to_owned(), value.to_owned()));
    axum_set(jar)
}

#[cfg(feature = "target-axum-extra")]
fn axum_private(secret: &[u8], name: &str, value: &str) -> String {
    use axum_extra::extract::cookie::{Cookie, Key, PrivateCookieJar};
    let jar = PrivateCookieJar::new(Key::from(secret)).add(Cookie::new(name.to_owned(), value.to_owned()));
    axum_set(jar)
}

/// The value in the `Set-Cookie` of a response.
#[cfg(feature = "target-axum-extra")]
fn axum_set(jar: impl axum_core::response::IntoResponse) -> String {
    let response = jar.into_response();
    response.headers()["set-cookie"].to_str().unwrap().split_once('=').unwrap().1.to_owned()
}

#[cfg(feature = "target-biscotti")]
fn biscotti_signed(secret: &[u8], name: &str, value: &str) -> String {
    biscotti_made(secret, name, value, biscotti::config::CryptoAlgorithm::Signing)
}

#[cfg(feature = "target-biscotti")]
fn biscotti_encrypted(secret: &[u8], name: &str, value: &str) -> String {
    biscotti_made(secret, name, value, biscotti::config::CryptoAlgorithm::Encryption)
}

#[cfg(feature = "target-biscotti")]
fn biscotti_made(secret: &[u8], name: &str, value: &str, algorithm: biscotti::config::CryptoAlgorithm) -> String {
    let key = biscotti::Key::try_from(secret).unwrap();
    let mut config = biscotti::ProcessorConfig::default();
    let cookie_names = vec![name.to_owned()];
    config.crypto_rules = vec![biscotti::config::CryptoRule { cookie_names, algorithm, key, fallbacks: Vec::new() }];
    let made = biscotti::Processor::from(config)
        .process_outgoing(biscotti::ResponseCookie::new(name.to_owned(), value.to_owned()));
    made.value().to_owned()
}

#[cfg(feature = "target-fernet")]
fn fernet_made(secret: &[u8], _: &str, value: &str) -> String {
    use base64::Engine as _;
    let key = base64::engine::general_purpose::URL_SAFE.encode(secret);
    fernet::Fernet::new(&key).unwrap().encrypt(value.as_bytes())
}

#[cfg(feature = "target-pasetors")]
fn paseto_local(secret: &[u8], _: &str, value: &str) -> String {
    let key = pasetors::keys::SymmetricKey::<pasetors::version4::V4>::from(secret).unwrap();
    pasetors::version4::LocalToken::encrypt(&key, value.as_bytes(), None, None).unwrap()
}

#[cfg(feature = "target-pasetors")]
fn paseto_public(secret: &[u8], _: &str, value: &str) -> String {
    let pair = [secret, &public(secret)].concat();
    let key = pasetors::keys::AsymmetricSecretKey::<pasetors::version4::V4>::from(&pair).unwrap();
    pasetors::version4::PublicToken::sign(&key, value.as_bytes(), None, None).unwrap()
}

#[cfg(feature = "target-poem")]
fn poem_signed(secret: &[u8], name: &str, value: &str) -> String {
    use poem::web::cookie::{Cookie, CookieJar, CookieKey};
    let jar = CookieJar::default();
    jar.signed_with_key(&CookieKey::from(secret)).add(Cookie::new_with_str(name, value));
    jar.get(name).unwrap().value_str().to_owned()
}

#[cfg(feature = "target-poem")]
fn poem_private(secret: &[u8], name: &str, value: &str) -> String {
    use poem::web::cookie::{Cookie, CookieJar, CookieKey};
    let jar = CookieJar::default();
    jar.private_with_key(&CookieKey::from(secret)).add(Cookie::new_with_str(name, value));
    jar.get(name).unwrap().value_str().to_owned()
}

#[cfg(feature = "target-rocket")]
fn rocket_private(secret: &[u8], name: &str, value: &str) -> String {
    use rocket::Config;
    use rocket::config::{LogLevel, SecretKey};
    let config = Config { secret_key: SecretKey::from(secret), log_level: LogLevel::Off, ..Config::release_default() };
    let client = rocket::local::blocking::Client::untracked(rocket::custom(config)).unwrap();
    let request = client.get("/").private_cookie((name.to_owned(), value.to_owned()));
    request.inner().cookies().get(name).unwrap().value().to_owned()
}

#[cfg(feature = "target-tower-cookies")]
fn tower_signed(secret: &[u8], name: &str, value: &str) -> String {
    use tower_cookies::{Cookie, Cookies, Key};
    let cookies = Cookies::default();
    cookies.signed(&Key::from(secret)).add(Cookie::new(name.to_owned(), value.to_owned()));
    cookies.get(name).unwrap().value().to_owned()
}

#[cfg(feature = "target-tower-cookies")]
fn tower_private(secret: &[u8], name: &str, value: &str) -> String {
    use tower_cookies::{Cookie, Cookies, Key};
    let cookies = Cookies::default();
    cookies.private(&Key::from(secret)).add(Cookie::new(name.to_owned(), value.to_owned()));
    cookies.get(name).unwrap().value().to_owned()
}
