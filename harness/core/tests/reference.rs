//! Where the standard leaves a choice the reference verifier leaves it too, and nowhere else.

use std::sync::Arc;

use token_assay::attacks::scene::{Scene, Setting};
use token_assay::forge::{Forge, NOW, Object, json};
use token_assay::generate::encrypted::recipients;
use token_assay::model::{Algorithm, Input, Key, KeyManagement, Policy, Profile, Reason, Request};
use token_assay::reference::jwe::{self, Rule};
use token_assay::reference::{self, Ruling};

#[test]
fn header_members_of_other_types_and_forms_than_registered_are_left_open() {
    for (name, value) in [
        ("typ", "1"),
        ("kid", "null"),
        ("cty", r#""""#),
        ("cty", r#""JWT""#),
        ("cty", r#""text/xml""#),
        ("iss", r#""https://other.example""#),
        ("jku", r#""nowhere""#),
        ("x5u", "true"),
        ("x5t", r#""""#),
        ("x5c", "[]"),
        ("x5c", r#"["MA"]"#),
        (
            "x5c",
            r#"["MAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]"#,
        ),
        ("jwk", r#"{"kty":"oct","k":"AA"}"#),
        ("jwk", r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}"#),
        ("jwk", "{}"),
        ("jwk", r#"{"kty":"none"}"#),
        ("zip", "0"),
        ("b64", "true"),
        ("b64", "false"),
        ("b64", r#""false""#),
        ("enc", r#""A256GCM""#),
        ("typ", r#""text""#),
    ] {
        assert!(is_open(&ruled(|header| header.set(name, value), |claims| claims, |_| {})), "{name} {value}");
    }
}

#[test]
fn header_members_as_they_are_registered_leave_nothing_open() {
    let forge = Forge::new(NOW);
    let own = forge.keys().key("rsa-attacker").jwk_text.clone();
    for (name, value) in [
        ("typ", r#""jwt""#),
        ("kid", r#""any""#),
        ("iss", r#""https://issuer.example""#),
        ("jku", r#""https://issuer.example/keys""#),
        ("jwk", own.as_str()),
        ("unknown", "[1]"),
    ] {
        let ruling = ruled(|header| header.set(name, value), |claims| claims, |_| {});
        assert!(matches!(ruling, Ruling::Accept(_)), "{name} {value}: {ruling:?}");
    }
}

#[test]
fn what_parsers_may_limit_is_left_open_from_where_they_do() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let long = |length: usize| json::quote(&"a".repeat(length));
    for (value, open) in [
        ("1e400".to_owned(), true),
        ("-1e400".to_owned(), true),
        ("[{\"a\":1e999}]".to_owned(), true),
        ("1e300".to_owned(), false),
        ("1e-400".to_owned(), true),
        ("0e-400".to_owned(), false),
        ("9007199254740992".to_owned(), true),
        ("-9007199254740993".to_owned(), true),
        (format!("1{}", "0".repeat(60)), true),
        ("9007199254740991".to_owned(), false),
        ("[{\"a\":1,\"\\u0061\":2}]".to_owned(), true),
        ("[{\"a\":1},{\"a\":2}]".to_owned(), false),
        ("\"\\ud800\"".to_owned(), true),
        ("\"\\ud83d\\udd11\"".to_owned(), false),
        (nested(120), true),
        (nested(100), false),
        (long(17_000), true),
        (long(15_000), false),
    ] {
        let ruling = ruled(|header| header, |claims| claims.set("x", value.as_str()), |_| {});
        assert_eq!(is_open(&ruling), open, "{}", &value[..value.len().min(30)]);
        assert!(open || matches!(ruling, Ruling::Accept(_)));
    }
}

#[test]
fn what_readers_of_text_may_choose_is_left_open_and_what_they_may_not_is_refused() {
    let forge = Forge::new(NOW);
    let scene = Scene::new(&forge, Setting { profile: Profile::Pinned, algorithm: Algorithm::Hs256 });
    let ruled = |header: &[u8], payload: &[u8]| {
        let token = Input::Token(scene.sign(header, payload).compact());
        reference::rule(Request { input: &token, policy: &scene.policy })
    };
    let (header, payload) = (scene.header().text(), scene.claims().text());
    for mark in ["\u{feff}", "\u{feff} "] {
        assert!(is_open(&ruled(format!("{mark}{header}").as_bytes(), payload.as_bytes())));
        assert!(is_open(&ruled(header.as_bytes(), format!("{mark}{payload}").as_bytes())));
    }
    for payload in [format!("{payload}\u{feff}"), format!("\u{feff}\u{feff}{payload}"), "\u{feff}".to_owned()] {
        assert_eq!(ruled(header.as_bytes(), payload.as_bytes()), Ruling::Reject(Reason::Malformed), "{payload}");
    }
    let expired = format!("\u{feff}{}", scene.claims().set("exp", "1").text());
    assert_eq!(ruled(header.as_bytes(), expired.as_bytes()), Ruling::Reject(Reason::Expired));
}

#[test]
fn crit_binds_where_it_names_what_is_not_understood_and_leaves_a_name_twice_open() {
    let with = |crit: &'static str| {
        ruled(
            move |header| header.set("crit", crit).set("exp-ext", "1").set("b64", "false"),
            |claims| claims,
            |policy| policy.critical = vec!["exp-ext".to_owned(), "b64".to_owned()],
        )
    };
    // Not even who understands b64 may read a JWT without encoding (RFC 7797 §7); who is not told of it may ignore it.
    assert!(is_open(&with(r#"["exp-ext"]"#)));
    for crit in ["1", "null", r#"["other"]"#, r#"["enc"]"#, "[1]", r#"["b64"]"#, r#"["exp-ext","other"]"#] {
        assert_eq!(with(crit), Ruling::Reject(Reason::Critical), "{crit}");
    }
    let without_b64 = |crit: &'static str| {
        ruled(
            move |header| header.set("crit", crit).set("exp-ext", "1"),
            |claims| claims,
            |policy| policy.critical = vec!["exp-ext".to_owned()],
        )
    };
    assert!(matches!(without_b64(r#"["exp-ext"]"#), Ruling::Accept(_)));
    // What producers must not write recipients may refuse.
    for crit in ["[]", r#"["exp-ext","exp-ext"]"#, r#"["alg"]"#, r#"["kid"]"#, r#"["b64"]"#] {
        assert!(is_open(&without_b64(crit)), "{crit}");
    }
}

#[test]
fn a_kid_that_is_no_string_names_no_key_of_a_set() {
    let forge = Forge::new(NOW);
    let scene = Scene::new(&forge, Setting { profile: Profile::KeySet, algorithm: Algorithm::Hs256 });
    let ruled = |kid: &str| {
        let token = Input::Token(scene.sign_header(&scene.header().set("kid", kid)).compact());
        reference::rule(Request { input: &token, policy: &scene.policy })
    };
    assert_eq!(ruled("1"), Ruling::Reject(Reason::Key));
    assert!(is_open(&ruled("null")), "null may be taken for absent");
}

#[test]
fn a_kid_that_names_no_key_is_a_hint_where_one_of_the_set_signed_and_nothing_else() {
    let forge = Forge::new(NOW);
    let scene = Scene::new(&forge, Setting { profile: Profile::KeySet, algorithm: Algorithm::Es256 });
    let ruled = |token: String| reference::rule(Request { input: &Input::Token(token), policy: &scene.policy });
    let unknown = scene.header().set_string("kid", "nobody's");
    assert!(is_open(&ruled(scene.sign_header(&unknown).compact())));
    let attacker = forge.keys().attacker(Algorithm::Es256);
    let forged = forge.sign(unknown.text(), scene.claims().text(), attacker, Algorithm::Es256);
    assert_eq!(ruled(forged.compact()), Ruling::Reject(Reason::Key));
    let others = scene.header().set_string("kid", "p256-other");
    assert_eq!(ruled(scene.sign_header(&others).compact()), Ruling::Reject(Reason::Signature));
}

#[test]
fn what_a_set_should_not_hold_is_left_open_and_lets_nobody_else_in() {
    let forge = Forge::new(NOW);
    let scene = Scene::new(&forge, Setting { profile: Profile::KeySet, algorithm: Algorithm::Es256 });
    let attacker = forge.keys().attacker(Algorithm::Es256);
    let forged = forge.sign(scene.header().text(), scene.claims().text(), attacker, Algorithm::Es256).compact();
    let genuine = scene.token().compact();
    let certificate = json::array([r#""MA""#]);
    for (member, value) in [("d", r#""AA""#), ("exp", "1"), ("revoked", "{}"), ("x5c", certificate.as_str())] {
        let odd = scene.with_jwk(|jwk| jwk.set(member, value));
        let ruled =
            |token: &str| reference::rule(Request { input: &Input::Token(token.to_owned()), policy: &odd.policy });
        assert!(is_open(&ruled(&genuine)), "{member}");
        assert_eq!(ruled(&forged), Ruling::Reject(Reason::Signature), "{member}");
    }
    let twice = scene.with(|policy| policy.keys.push(forge.keys().key("p256-other").renamed("p256").every_form()));
    let ruled =
        |token: &str| reference::rule(Request { input: &Input::Token(token.to_owned()), policy: &twice.policy });
    assert!(is_open(&ruled(&genuine)));
    assert_eq!(ruled(&forged), Ruling::Reject(Reason::Signature));
}

#[test]
fn a_rule_is_named_where_a_token_is_refused() {
    let forge = Forge::new(NOW);
    let scene = Scene::new(&forge, Setting { profile: Profile::Pinned, algorithm: Algorithm::Hs256 });
    let explained = |token: String| {
        let input = Input::Token(token);
        reference::explain(Request { input: &input, policy: &scene.policy })
    };
    assert_eq!(explained(scene.token().compact()).1, None);
    let expired = scene.sign_claims(&scene.claims().set("exp", "1")).compact();
    assert_eq!(explained(expired), (Ruling::Reject(Reason::Expired), Some(reference::Rule::Expiry)));
    assert_eq!(explained("a.b".to_owned()).1, Some(reference::Rule::Segments));
}

#[test]
fn an_encrypted_token_opens_by_the_key_of_the_set_that_its_kid_names_and_that_is_for_it() {
    let forge = Forge::new(NOW);
    let scenes = recipients(&forge);
    let scene = scenes.iter().find(|scene| scene.alg == KeyManagement::A256Kw && !scene.signed).expect("there is one");
    let own = &scene.policy.keys[0];
    let kid = own.kid.clone().expect("keys of recipients have names");
    let set = |change: fn(&mut Key)| {
        let mut other = Key { kid: Some("other".to_owned()), ..own.clone() };
        change(&mut other);
        Policy { jwks: true, keys: vec![own.clone(), other], ..(*scene.policy).clone() }
    };
    let explained = |kid: &str, policy: &Policy| {
        let token = scene.with_header(|header| header.set_string("kid", kid));
        jwe::explain(Request { input: &Input::Token(token.compact()), policy })
    };
    let (ruling, rule) = explained(&kid, &set(|_| {}));
    assert!(matches!(ruling, Ruling::Accept(_)) && rule.is_none(), "{ruling:?}");
    assert_eq!(explained("none", &set(|_| {})), (Ruling::Reject(Reason::Key), Some(Rule::KeyChoice)));
    let for_something_else: [fn(&mut Key); 3] = [
        |key| key.usage = Some("sig".to_owned()),
        |key| key.alg = Some("A128KW".to_owned()),
        |key| key.secret = Some(vec![7; 16]),
    ];
    for change in for_something_else {
        let mut policy = set(change);
        let other = &mut policy.keys[1];
        // What a reader takes first, where a key is given in several forms, must say it too.
        (other.jwk, other.jwk_text, other.pem) = (None, None, None);
        assert_eq!(explained("other", &policy), (Ruling::Reject(Reason::Key), Some(Rule::KeyFitness)), "{policy:?}");
    }
}

fn ruled(
    header: impl Fn(Object) -> Object,
    claims: impl Fn(Object) -> Object,
    policy: impl FnOnce(&mut Policy),
) -> Ruling {
    let forge = Forge::new(NOW);
    let scene = Scene::new(&forge, Setting { profile: Profile::Pinned, algorithm: Algorithm::Hs256 }).with(policy);
    let token = scene.sign(header(scene.header()).text(), claims(scene.claims()).text());
    reference::rule(Request { input: &Input::Token(token.compact()), policy: &Arc::clone(&scene.policy) })
}

fn is_open(ruling: &Ruling) -> bool {
    matches!(ruling, Ruling::Either(_))
}
