//! Where the standard leaves a choice the reference verifier leaves it too, and nowhere else.

use std::sync::Arc;

use token_assay::attacks::scene::{Scene, Setting};
use token_assay::forge::{Forge, NOW, Object, json};
use token_assay::model::{Algorithm, Input, Policy, Profile, Reason, Request};
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
    let token = Input::Token(scene.sign_header(&scene.header().set("kid", "1")).compact());
    assert_eq!(reference::rule(Request { input: &token, policy: &scene.policy }), Ruling::Reject(Reason::Key));
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
