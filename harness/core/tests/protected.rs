//! The forge of protected cookies and their sound opener, held against the vectors that the formats publish, each other, and
//! the libraries themselves where shims are installed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use token_assay::attacks;
use token_assay::forge::Forge;
use token_assay::forge::protected::{Mint, public_key};
use token_assay::model::{
    Answer, CookieHeader, CookiePolicy, Expectation, Input, Octets, Pair, Policy, Reason, Request, Scheme, Verdict,
    cookie,
};
use token_assay::reference::protected::{SOUND_OPENER, is_json};
use token_assay::strawman::Sound;
use token_assay::targets::process::{Process, Settings};
use token_assay::targets::{Driver, Verifier as _};

const NOW: i64 = 1_700_000_000;
const SECRET: &[u8; 64] = b"a secret of sixty-four octets for the tests of cookies, 0123456!";
const OTHER: &[u8; 64] = b"b tecret of sixty-four octets, but of another cookie, 987654321?";

fn secret(scheme: Scheme, whole: &[u8; 64]) -> &[u8] {
    match scheme {
        Scheme::Fernet | Scheme::Branca | Scheme::PasetoV4Local | Scheme::PasetoV4Public => &whole[..32],
        _ => whole,
    }
}

/// As the policy has it: of a key pair the public half.
fn trusted(scheme: Scheme, secret: &[u8]) -> Octets {
    match scheme {
        Scheme::PasetoV4Public => Octets(public_key(secret).to_vec()),
        _ => secret.into(),
    }
}

fn mint(scheme: Scheme) -> Mint<'static> {
    let payload = if is_json(scheme) || is_paseto(scheme) { r#"{"user":7}"# } else { "user-7" };
    Mint::new(scheme, secret(scheme, SECRET), payload, NOW - 60)
}

fn is_paseto(scheme: Scheme) -> bool {
    matches!(scheme, Scheme::PasetoV4Local | Scheme::PasetoV4Public)
}

fn policy(mint: &Mint<'_>) -> CookiePolicy {
    CookiePolicy {
        name: mint.name.to_owned(),
        scheme: Some(mint.scheme),
        secrets: vec![trusted(mint.scheme, mint.secret)],
        purpose: mint.purpose.map(str::to_owned),
        max_age: None,
    }
}

fn header(value: &[u8]) -> CookieHeader {
    CookieHeader::line([b"theme=dark; sid=", value].concat())
}

fn open(mint: &Mint<'_>, policy: &CookiePolicy) -> Result<Vec<u8>, Reason> {
    SOUND_OPENER.open(&header(&mint.seal().wire()), policy, Some(NOW))
}

#[test]
fn what_the_forge_seals_the_sound_opener_opens() {
    for scheme in Scheme::ALL.iter().copied() {
        let mint = mint(scheme);
        let wire = mint.seal().wire();
        assert_eq!(wire, mint.seal().wire(), "{scheme}");
        assert_eq!(
            open(&mint, &policy(&mint)),
            Ok(mint.payload.clone()),
            "{scheme}: {}",
            String::from_utf8_lossy(&wire)
        );
        let others = CookiePolicy { secrets: vec![trusted(scheme, secret(scheme, OTHER))], ..policy(&mint) };
        assert_eq!(open(&mint, &others), Err(Reason::Signature), "{scheme}");
    }
}

#[test]
fn a_payload_that_is_compressed_is_inflated() {
    let mint = Mint { deflate: true, ..mint(Scheme::FlaskSession) };
    assert_eq!(open(&mint, &policy(&mint)), Ok(mint.payload.clone()));
}

#[test]
fn an_age_has_two_ends() {
    let schemes = Scheme::ALL.iter().copied().filter(|scheme| scheme.is_timed() && *scheme != Scheme::IronSession);
    for scheme in schemes {
        let at = |at| Mint { at, ..mint(scheme) };
        let policy = CookiePolicy { max_age: Some(3600), ..policy(&mint(scheme)) };
        assert!(open(&at(NOW - 3600), &policy).is_ok(), "{scheme}");
        assert_eq!(open(&at(NOW - 3601), &policy), Err(Reason::Expired), "{scheme}");
        assert!(open(&at(NOW + 60), &policy).is_ok(), "{scheme}");
        assert_eq!(open(&at(NOW + 61), &policy), Err(Reason::NotYetValid), "{scheme}");
    }
    let ends = |ends| Mint { ends: Some(ends), ..mint(Scheme::IronSession) };
    assert!(open(&ends(NOW - 59), &policy(&ends(0))).is_ok());
    assert_eq!(open(&ends(NOW - 60), &policy(&ends(0))), Err(Reason::Expired));
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// The token that is sealed with this nonce, and what the opener reads out of it.
fn check(mint: &Mint<'_>, token: &str) {
    assert_eq!(String::from_utf8(mint.seal().wire()).unwrap(), token);
    assert_eq!(open(mint, &policy(mint)), Ok(mint.payload.clone()), "{token}");
}

/// github.com/fernet/spec, generate.json.
#[test]
fn fernet_is_that_of_its_vector() {
    let secret = token_assay::forge::base64url::decode("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4").unwrap();
    let mint = Mint { iv: Some((0..16).collect()), ..Mint::new(Scheme::Fernet, &secret, "hello", 499_162_800) };
    let token = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
    check(&mint, token);
}

/// github.com/tuupola/branca-spec, test vectors 1, 2, 6, 7; and 16 to 22, which are to be refused.
#[test]
fn branca_is_that_of_its_vectors() {
    let secret = b"supersecretkeyyoushouldnotcommit";
    let vectors: [(i64, &[u8], &str); 4] = [
        (
            4_294_967_295,
            b"Hello world!",
            "89i7YCwu5tWAJNHUDdmIqhzOi5hVHOd4afjZcGMcVmM4enl4yeLiDyYv41eMkNmTX6IwYEFErCSqr",
        ),
        (123_206_400, b"Hello world!", "875GH23U0Dr6nHFA63DhOyd9LkYudBkX8RsCTOMz5xoYAMw9sMd5QwcEqLDRnTDHPenOX7nP2trlT"),
        (0, b"", "4sfD0vPFhIif8cy4nB3BQkHeJqkOkDvinI4zIhMjYX4YXZU5WIq9ycCVjGzB5"),
        (123_206_400, b"\x80", "K9u6d0zjXp8RXNUGDyXAsB9AtPo60CD3xxQ2ulL8aQoTzXbvockRff0y1eXoHm"),
    ];
    let sealed = |at, payload: &[u8]| Mint {
        iv: Some([0xbe, 0xef].repeat(12)),
        ..Mint::new(Scheme::Branca, secret, payload, at)
    };
    for (at, payload, token) in vectors {
        let mint = sealed(at, payload);
        assert_eq!(String::from_utf8(mint.seal().wire()).unwrap(), token);
        let read = SOUND_OPENER.open(&header(token.as_bytes()), &policy(&mint), None);
        assert_eq!(read, Ok(payload.to_vec()));
    }
    let refused = [
        "89mvl3RkwXjpEj5WMxK7GUDEHEeeeZtwjMIOogTthvr44qBfYtQSIZH5MHOTC0GzoutDIeoPVZk3w",
        "875GH23U0Dr6nHFA63DhOyd9LkYudBkX8RsCTOMz5xoYAMw9sMd5QwcEqLDRnTDHPenOX7nP2trlT_",
        "89mvl3S0BE0UCMIY94xxIux4eg1w5oXrhvCEXrDAjusSbO0Yk7AU6FjjTnbTWTqogLfNPJLzecHVb",
        "875GH233SUysT7fQ711EWd9BXpwOjB72ng3ZLnjWFrmOqVy49Bv93b78JU5331LbcY0EEzhLfpmSx",
        "870g1RCk4lW1YInhaU3TP8u2hGtfol16ettLcTOSoA0JIpjCaQRW7tQeP6dQmTvFIB2s6wL5deMXr",
        "875GH23U0Dr6nHFA63DhOyd9LkYudBkX8RsCTOMz5xoYAMw9sMd5Qw6Jpo96myliI3hHD7VbKZBYh",
        "875GH23U0Dr6nHFA63DhOyd9LkYudBkX8RsCTOMz5xoYAMw9sMd5QwcEqLDRnTDHPenOX7nP2trk0",
    ];
    for token in refused {
        assert!(SOUND_OPENER.open(&header(token.as_bytes()), &policy(&sealed(0, b"")), None).is_err(), "{token}");
    }
}

/// github.com/paseto-standard/test-vectors, v4.json.
#[test]
fn pasetos_are_those_of_their_vectors() {
    let key = hex("707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f");
    let nonce = hex("df654812bac492663825520ba2f6e67cf5ca5bdc13d4e7507a98cc4c2fcc3ad8");
    let local = |payload| Mint { iv: Some(nonce.clone()), ..Mint::new(Scheme::PasetoV4Local, &key, payload, NOW) };
    let hidden = r#"{"data":"this is a hidden message","exp":"2022-01-01T00:00:00+00:00"}"#;
    check(
        &local(hidden),
        "v4.local.32VIErrEkmY4JVILovbmfPXKW9wT1OdQepjMTC_MOtjA4kiqw7_tcaOM5GNEcnTxl60WiA8rd3wgFSNb_UdJPXjpzm0KW9ojM5f4O2mRvE2IcweP-PRdoHjd5-RHCiExR1IK6t4gt6TiLm55vIH8c_lGxxZpE3AWlH4WTR0v45nsWoU3gQ",
    );
    let footed = Mint {
        footer: b"arbitrary-string-that-isn't-json".to_vec(),
        purpose: Some(r#"{"test-vector":"4-E-9"}"#),
        ..local(hidden)
    };
    check(
        &footed,
        "v4.local.32VIErrEkmY4JVILovbmfPXKW9wT1OdQepjMTC_MOtjA4kiqw7_tcaOM5GNEcnTxl60WiA8rd3wgFSNb_UdJPXjpzm0KW9ojM5f4O2mRvE2IcweP-PRdoHjd5-RHCiExR1IK6t6tybdlmnMwcDMw0YxA_gFSE_IUWl78aMtOepFYSWYfQA.YXJiaXRyYXJ5LXN0cmluZy10aGF0LWlzbid0LWpzb24",
    );
    let seed = hex("b4cbfb43df4ce210727d953e4a713307fa19bb7d9f85041438d9e11b942a3774");
    assert_eq!(public_key(&seed).to_vec(), hex("1eb9dbbbbc047c03fd70604e0071f0987e16b28b757225c11f00415d0e20b1a2"));
    let signed = r#"{"data":"this is a signed message","exp":"2022-01-01T00:00:00+00:00"}"#;
    check(
        &Mint::new(Scheme::PasetoV4Public, &seed, signed, NOW),
        "v4.public.eyJkYXRhIjoidGhpcyBpcyBhIHNpZ25lZCBtZXNzYWdlIiwiZXhwIjoiMjAyMi0wMS0wMVQwMDowMDowMCswMDowMCJ9bg_XBBzds8lTZShVlwwKSgeKpLT3yukTw6JUz3W4h_ExsQV-P0V54zemZDcAxFaSeef1QlXEFtkqxT1ciiQEDA",
    );
    // 4-F-4 and 4-F-5: bits behind the last octet, and padding.
    let refused = [
        "v4.local.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAr68PS4AXe7If_ZgesdkUMvSwscFlAl1pk5HC0e8kApeaqMfGo_7OpBnwJOAbY9V7WU6abu74MmcUE8YWAiaArVI8XJ5hOb_4v9RmDkneN0S92dx0OW4pgy7omxgf3S8c3LlQh",
        "v4.local.32VIErrEkmY4JVILovbmfPXKW9wT1OdQepjMTC_MOtjA4kiqw7_tcaOM5GNEcnTxl60WkwMsYXw6FSNb_UdJPXjpzm0KW9ojM5f4O2mRvE2IcweP-PRdoHjd5-RHCiExR1IK6t4x-RMNXtQNbz7FvFZ_G-lFpk5RG3EOrwDL6CgDqcerSQ==.eyJraWQiOiJ6VmhNaVBCUDlmUmYyc25FY1Q3Z0ZUaW9lQTlDT2NOeTlEZmdMMVc2MGhhTiJ9",
    ];
    for token in refused {
        let read = SOUND_OPENER.open(&header(token.as_bytes()), &policy(&local(hidden)), None);
        assert_eq!(read, Err(Reason::Malformed), "{token}");
    }
}

/// Where shims are installed, and how each is started.
fn shim(folder: &str, name: &str) -> Option<Vec<String>> {
    let shims = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shims").join(folder);
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
    let cache = cache.join("assay/shims").join(name);
    let text = |path: PathBuf| path.to_str().map(str::to_owned);
    let command = match folder.starts_with("python") {
        true => vec![text(cache.join("bin/python"))?, "-B".to_owned(), text(shims.join("shim.py"))?],
        false => vec!["node".to_owned(), text(shims.join("shim.js"))?, text(cache.clone())?],
    };
    if cache.exists() && shims.exists() { Some(command) } else { None }
}

const SHIMS: [(&str, &str, &[Scheme]); 7] = [
    ("python-itsdangerous", "itsdangerous", &[Scheme::ItsDangerous, Scheme::ItsDangerousTimed]),
    ("python-django", "django", &[Scheme::DjangoSigned]),
    ("python-flask", "flask", &[Scheme::FlaskSession]),
    ("python-cryptography", "cryptography", &[Scheme::Fernet]),
    ("javascript-iron-session", "iron-session", &[Scheme::IronSession]),
    ("javascript-cookie-parser", "cookie-parser", &[Scheme::CookieSignature]),
    ("javascript-express-session", "express-session", &[Scheme::CookieSignature]),
];

#[test]
fn libraries_open_what_the_forge_seals_and_the_sound_opener_what_they_make() {
    for (folder, name, schemes) in SHIMS {
        let Some(command) = shim(folder, name) else {
            println!("SKIPPED: the shim {name} is not installed");
            continue;
        };
        let mut process = Process::new(Settings::new(command.clone(), Duration::from_secs(20)));
        for scheme in schemes.iter().copied() {
            shown(&mut process, scheme, name);
        }
        samples(&command, name);
    }
}

/// The library's answer to a genuine cookie, and to one that is signed by another secret.
fn shown(process: &mut Process, scheme: Scheme, name: &str) {
    let mint = mint(scheme);
    let purpose =
        matches!(scheme, Scheme::ItsDangerous | Scheme::ItsDangerousTimed | Scheme::DjangoSigned).then_some("a salt");
    let mint = Mint { purpose, ..mint };
    let sealed = [mint.clone(), Mint { secret: secret(scheme, OTHER), ..mint.clone() }];
    let inputs = sealed.map(|mint| Input::Cookie(header(&mint.seal().wire())));
    let policy = Policy { now: Some(NOW), cookie: Some(policy(&mint)), ..Policy::default() };
    let requests = inputs.each_ref().map(|input| Request { input, policy: &policy });
    let mut answers = Vec::new();
    let observed = process.observe(&requests, &mut |_, observation| {
        answers.push(observation.answer);
        std::ops::ControlFlow::Continue(())
    });
    assert!(observed.is_ok(), "{name}: {scheme}");
    let Answer::Verdict(Verdict::Accept { claims, .. }) = &answers[0] else {
        panic!("{name}: {scheme}: {:?}", answers[0])
    };
    assert_eq!(cookie::pairs(claims).unwrap()[0].value(), mint.payload, "{name}: {scheme}");
    assert!(matches!(answers[1], Answer::Verdict(Verdict::Reject { .. })), "{name}: {scheme}: {:?}", answers[1]);
}

/// What the library makes itself.
fn samples(command: &[String], name: &str) {
    let made = Command::new(&command[0]).args(&command[1..]).arg("--sample").output().unwrap();
    let text = String::from_utf8(made.stdout).unwrap();
    assert!(!text.is_empty(), "{name} makes no sample");
    for line in text.lines() {
        let sample: serde_json::Value = serde_json::from_str(line).unwrap();
        let octets = |member: &str| serde_json::from_value::<Octets>(sample[member].clone()).unwrap().0;
        let policy: Policy = serde_json::from_value(sample["policy"].clone()).unwrap();
        let read = SOUND_OPENER.open(&header(&octets("value")), policy.cookie.as_ref().unwrap(), policy.now).unwrap();
        let json = |octets: &[u8]| serde_json::from_slice::<serde_json::Value>(octets).unwrap();
        match sample["json"].as_bool() {
            Some(true) => assert_eq!(json(&read), json(&octets("payload")), "{name}: {line}"),
            _ => assert_eq!(read, octets("payload"), "{name}: {line}"),
        }
    }
}

/// Two sources: what a row says by hand, and what the opener rules. Why a cookie is no genuine one is not compared: whoever
/// sends it is not to be told.
#[test]
fn what_the_rows_say_is_what_the_sound_opener_rules() {
    let forge = Forge::new(NOW);
    let cases = attacks::suite(&forge, |class| class.starts_with("protected-cookie/"));
    assert!((1_000..1_500).contains(&cases.len()), "{} cases", cases.len());
    let mut wrong = Vec::new();
    let mut shown = HashMap::new();
    for case in &cases {
        let Input::Cookie(header) = &case.input else { panic!("{} is no cookie", case.id) };
        let request = (serde_json::to_string(&*case.policy).unwrap(), header.wire().to_vec());
        if let Some(other) = shown.insert(request, case).filter(|other| other.expectation != case.expectation) {
            wrong.push(format!("{} and {} show the same and expect another", case.id, other.id));
        }
        let ruled = SOUND_OPENER.open(header, case.policy.cookie.as_ref().unwrap(), case.policy.now);
        let agrees = match &case.expectation {
            Expectation::Reject { reason } => ruled.as_ref().is_err_and(|ruled| of_time(*ruled) == of_time(*reason)),
            Expectation::Accept { claims } => {
                ruled.as_ref().is_ok_and(|payload| cookie::claims(&[Pair::new("sid", payload)]) == *claims)
            }
            _ => true,
        };
        if !agrees {
            wrong.push(format!("{}: {} in the row, {ruled:?} here", case.id, case.expectation));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Targets without a clock are shown the same cases, dated from another.
#[test]
fn the_cases_of_another_clock_are_the_same_and_the_sound_opener_falls_for_none() {
    let cases = |now| attacks::suite(&Forge::new(now), |class| class.starts_with("protected-cookie/"));
    let first = cases(NOW);
    for later in [1, 86_399, 400 * 86_400 + 8, 20 * 365 * 86_400] {
        let cases = cases(NOW + later);
        assert!(first.iter().map(|case| &case.id).eq(cases.iter().map(|case| &case.id)), "{later} seconds later");
        let falls = cases.iter().find(|case| !case.expectation.admits(&Sound.verify(case.request())));
        assert!(falls.is_none(), "{later} seconds later: {}", falls.unwrap().id);
    }
}

fn of_time(reason: Reason) -> Option<Reason> {
    matches!(reason, Reason::Expired | Reason::NotYetValid).then_some(reason)
}
