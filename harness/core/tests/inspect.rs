//! The audit of tokens: its rules held against their examples, and what a sound verifier answers.

use std::collections::BTreeSet;

use token_assay::forge::base64url::encode;
use token_assay::forge::{Forge, NOW, Object, TestKey, jwe};
use token_assay::inspect::{
    self, KEY_RULES, KeyRule, Need, RULES, Ruling, Settings, Token, View, answer, audit, audit_keys, open,
    read_key_set, read_keys, read_token, read_token_forced, verifies,
};
use token_assay::model::{Algorithm, ContentEncryption, Key, KeyManagement, Policy, Reason, Severity};
use token_assay::reference::Ruling as Answer;

const SOUND: &str =
    r#"{"iss":"https://issuer.example","sub":"user-1","aud":"orders","iat":1699999700,"exp":1700000600,"jti":"id-1"}"#;

fn settings() -> Settings {
    Settings { now: inspect::NOW, ..Settings::default() }
}

fn signed(header: &str, claims: &str, secret: &[u8]) -> Token {
    let key = TestKey::from_secret("key", secret);
    let token = Forge::new(NOW).sign(header.as_bytes(), claims.as_bytes(), &key, Algorithm::Hs256).compact();
    read_token(token.as_bytes()).expect("the forge makes tokens")
}

fn found(token: &Token, settings: Settings) -> Vec<&'static str> {
    audit(token, settings).remarks.iter().map(|remark| remark.rule.id).collect()
}

#[test]
fn every_rule_is_broken_by_its_example_and_holds_for_the_one_beside_it() {
    let mut wrong = Vec::new();
    for rule in RULES {
        let ruling = |example: &inspect::Example| {
            let text = example.text();
            let token = read_token_forced(text.as_bytes()).expect("the table holds tokens");
            (rule.judge)(&View::new(&token, example.settings()))
        };
        let (falls, clean) = (ruling(&rule.falls), ruling(&rule.clean));
        if !matches!(&falls, Ruling::Broken(hits) if !hits.is_empty()) {
            wrong.push(format!("{} is not broken: {falls:?}", rule.id));
        }
        if clean != Ruling::Holds {
            wrong.push(format!("{} does not hold: {clean:?}", rule.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rules_say_what_they_have_to_and_have_one_id_each() {
    let ids: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), RULES.len());
    for rule in RULES {
        for sentence in [rule.title, rule.mend] {
            assert!(sentence.ends_with('.') && sentence.len() > 20, "{}: {sentence}", rule.id);
        }
        assert!(!rule.references.is_empty(), "{}", rule.id);
    }
}

#[test]
fn every_rule_of_keys_is_broken_by_its_example_and_holds_for_the_one_beside_it() {
    let mut wrong = Vec::new();
    let ids: BTreeSet<&str> = KEY_RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), KEY_RULES.len());
    for rule in KEY_RULES {
        let ruling =
            |rule: &KeyRule, text: &str| (rule.judge)(&read_key_set(text.as_bytes()).expect("the table holds keys"));
        let falls = ruling(rule, rule.falls);
        if !matches!(&falls, Ruling::Broken(hits) if !hits.is_empty()) {
            wrong.push(format!("{} is not broken: {falls:?}", rule.id));
        }
        let clean = ruling(rule, rule.clean);
        if clean != Ruling::Holds {
            wrong.push(format!("{} does not hold: {clean:?}", rule.id));
        }
        for sentence in [rule.title, rule.mend] {
            assert!(sentence.ends_with('.') && sentence.len() > 20, "{}: {sentence}", rule.id);
        }
        assert!(!rule.references.is_empty(), "{}", rule.id);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_keys_of_the_forge_raise_nothing_where_they_are_published_as_they_should_be() {
    let forge = Forge::new(NOW);
    let algorithms = [Algorithm::Rs256, Algorithm::Es256, Algorithm::Es384, Algorithm::Es512, Algorithm::Ed25519];
    let keys: Vec<serde_json::Value> = algorithms
        .into_iter()
        .map(|algorithm| {
            let mut jwk = forge.keys().trusted(algorithm).jwk();
            jwk["alg"] = algorithm.as_str().into();
            jwk["kid"] = algorithm.as_str().into();
            jwk["use"] = "sig".into();
            jwk
        })
        .collect();
    let set = read_key_set(serde_json::json!({ "keys": keys }).to_string().as_bytes()).expect("it is a set");
    let said = audit_keys(&set);
    assert!(said.remarks.is_empty(), "{:?}", said.remarks);
    assert!(said.holding > 10, "{}", said.holding);
    assert!(set.keys.iter().all(|key| key.thumbprint().is_some_and(|thumbprint| thumbprint.len() == 43)));
}

#[test]
fn no_remark_on_a_key_has_a_private_part_in_it() {
    let parts = ["cHJpdmF0ZS1wYXJ0LW9mLWEta2V5LTMyLW9jdGV0cyE", "c2hvcnQ", "not base64url +/=", "Y2hhbmdlbWU"];
    for part in parts {
        for kty in ["EC", "RSA", "oct", "OKP", "?"] {
            let key = serde_json::json!({ "kty": kty, "crv": "P-256", "alg": "HS256", "use": "enc", "k": part, "d": part, "p": part });
            for text in [key.to_string(), serde_json::json!({ "keys": [key, key] }).to_string()] {
                let said = audit_keys(&read_key_set(text.as_bytes()).expect("it is a key"));
                assert!(!said.remarks.is_empty());
                let told = |remark: &inspect::KeyRemark| format!("{} {}", remark.place, remark.seen);
                assert!(said.remarks.iter().all(|remark| !told(remark).contains(part)), "{:?}", said.remarks);
            }
        }
    }
}

#[test]
fn a_good_token_raises_nothing_and_what_was_not_judged_is_said() {
    let token = signed(r#"{"alg":"HS256","typ":"JWT"}"#, SOUND, &[7; 32]);
    let report = audit(&token, settings());
    assert!(report.remarks.is_empty(), "{:?}", report.remarks);
    let lacks: Vec<Need> = report.unjudged.iter().map(|(need, _)| *need).collect();
    assert_eq!(lacks, [Need::LongestLifetime, Need::Guesses]);
    let all = audit(&token, Settings { longest_lifetime: Some(900), guesses: true, ..settings() });
    assert!(all.remarks.is_empty() && all.unjudged.is_empty(), "{all:?}");
    assert!(all.holding > 20, "{}", all.holding);
}

#[test]
fn what_is_wrong_inside_a_token_is_found_there() {
    let inner = signed(r#"{"alg":"HS256"}"#, r#"{"sub":"a","password":"hunter2"}"#, &[7; 32]);
    let text = String::from_utf8(inner.text).unwrap();
    let outer = read_token(
        format!("{}.{}.AAAA", encode(r#"{"alg":"HS256","typ":"JWT","cty":"JWT"}"#), encode(text)).as_bytes(),
    );
    let report = audit(&outer.unwrap(), settings());
    let secret = report.remarks.iter().find(|remark| remark.rule.id == "secret-in-claims").expect("it is found");
    assert_eq!((secret.depth, secret.place.as_str()), (1, "payload password"));
    assert!(report.remarks.iter().any(|remark| remark.rule.id == "signature-width" && remark.depth == 0));
}

#[test]
fn an_encrypted_token_is_judged_by_its_claims_once_it_is_opened() {
    let recipient = TestKey::from_secret("shared", &[7; 32]);
    let (alg, enc) = (KeyManagement::Dir, ContentEncryption::A256Gcm);
    let header = Object::new().set_string("alg", "dir").set_string("enc", "A256GCM").set_string("typ", "JWT");
    let sealed = jwe::Wrapping::new(alg, enc).wrap(&recipient, header).seal(enc, r#"{"sub":"a","pwd":"x"}"#).compact();
    let mut token = read_token(sealed.as_bytes()).expect("it is a token");
    assert!(token.is_encrypted() && token.claims().is_none());
    let before = audit(&token, settings());
    assert!(before.unjudged.iter().any(|(need, rules)| *need == Need::Content && rules.len() > 10));
    open(&mut token, &read_keys(&[7; 32]).unwrap());
    assert!(found(&token, settings()).contains(&"secret-in-claims"));
    let keys = read_keys(&[7; 32]).unwrap().keys;
    let said = answer(&token, &Policy { keys: keys.clone(), ..Policy::default() });
    assert!(matches!(said.answer, Answer::Accept(_)), "{said:?}");
    let other = answer(&token, &Policy { keys: read_keys(&[8; 32]).unwrap().keys, ..Policy::default() });
    let by = other.by.expect("a rule refuses it");
    assert_eq!((by.of_encrypted, by.number), (true, 11));
}

#[test]
fn a_sound_verifier_answers_and_says_by_which_rule() {
    let token = signed(r#"{"alg":"HS256","typ":"JWT"}"#, SOUND, &[7; 32]);
    let policy = |now| Policy {
        algorithms: Some(vec![Algorithm::Hs256]),
        keys: vec![Key { secret: Some(vec![7; 32]), ..Key::default() }],
        audience: vec!["orders".to_owned()],
        now: Some(now),
        ..Policy::default()
    };
    assert!(matches!(answer(&token, &policy(inspect::NOW)).answer, Answer::Accept(_)));
    let late = answer(&token, &policy(1_800_000_000));
    assert_eq!(late.answer, Answer::Reject(Reason::Expired));
    let by = late.by.unwrap();
    assert_eq!((by.number, by.of_encrypted, by.clauses), (15, false, &["RFC 7519 §4.1.4"][..]));
    assert_eq!(verifies(&token, &read_keys(&[7; 32]).unwrap()), Some(true));
    assert_eq!(verifies(&token, &read_keys(&[8; 32]).unwrap()), Some(false));
}

#[test]
fn every_rule_of_the_reference_says_what_it_asks() {
    use token_assay::reference::{Rule, jwe};
    let all = Rule::ALL.iter().map(|rule| rule.says()).chain(jwe::Rule::ALL.iter().map(|rule| rule.says()));
    for (asks, clauses) in all {
        assert!(asks.len() > 10 && !asks.ends_with('.') && !clauses.is_empty(), "{asks}");
    }
}

#[test]
fn secrets_are_tried_where_it_is_asked_and_nowhere_else() {
    let token = signed(r#"{"alg":"HS256","typ":"JWT"}"#, SOUND, b"changeme");
    assert!(!found(&token, settings()).contains(&"weak-secret"));
    let guessed = audit(&token, Settings { guesses: true, ..settings() });
    assert_eq!(guessed.remarks[0].rule.id, "weak-secret");
    assert_eq!(guessed.remarks[0].severity, Severity::Critical);
    assert!(guessed.remarks[0].seen.contains("\"changeme\""));
}

#[test]
fn nothing_that_is_given_takes_it_down() {
    let wild: [&[u8]; 12] = [
        b"..",
        b"....",
        b".....",
        b"eyJ9..",
        b"\xff\xfe.\0.\0",
        b"{",
        b"{}",
        b"~~~",
        b"e30.e30.~",
        b"eyJhbGciOjF9.W10.",
        br#"{"payload":1,"signatures":[1,null,{"protected":1}]}"#,
        br#"{"ciphertext":{},"recipients":3}"#,
    ];
    for text in wild {
        if let Some(mut token) = read_token_forced(text) {
            open(&mut token, &read_keys(&[7; 32]).unwrap());
            audit(&token, Settings { guesses: true, longest_lifetime: Some(1), ..settings() });
            answer(&token, &Policy::default());
        }
        let _ = inspect::detect(text);
    }
}

#[test]
fn no_octets_and_no_json_take_it_down() {
    use proptest::prelude::*;
    let look = |text: &[u8]| {
        let _ = inspect::detect(text);
        if let Some(set) = read_key_set(text) {
            audit_keys(&set);
        }
        if let Some(mut token) = read_token_forced(text) {
            open(&mut token, &read_keys(&[7; 32]).unwrap());
            audit(&token, Settings { longest_lifetime: Some(1), ..settings() });
            answer(&token, &Policy { algorithms: Some(vec![Algorithm::Hs256]), ..Policy::default() });
        }
    };
    proptest!(ProptestConfig::with_cases(400), |(octets in proptest::collection::vec(any::<u8>(), 0..300))| look(&octets));
    let value = "(\\{\"|\"|[a-z]{1,3}|:|,|\\[|\\]|\\}|-?[0-9]{1,20}|e400|null|\\\\u202e|\\PC){0,40}";
    proptest!(ProptestConfig::with_cases(400), |(header in value, payload in value, rest in "[A-Za-z0-9_.~=+/-]{0,60}")| {
        look(format!("{}.{}.{rest}", encode(header), encode(payload)).as_bytes());
    });
}

#[test]
fn no_key_takes_it_down() {
    use proptest::prelude::*;
    let name = "kty|crv|alg|use|kid|key_ops|x|y|n|e|d|k|x5c|x5t|x5u|keys";
    let value = "\"(RSA|EC|OKP|oct|P-256|Ed25519|HS256|RS256|sig|enc|AQ|AA|AQAB|[A-Za-z0-9_-]{0,90})\"|1|null|\\[\\]|\\[\"sign\",\"sign\"\\]|\\{\\}";
    let member = (name, value).prop_map(|(name, value)| format!("\"{name}\":{value}"));
    let members = proptest::collection::vec(member, 0..9);
    proptest!(ProptestConfig::with_cases(600), |(members in members, is_set: bool)| {
        let key = format!("{{{}}}", members.join(","));
        let text = if is_set { format!("{{\"keys\":[{key},1,{key}]}}") } else { key };
        if let Some(set) = read_key_set(text.as_bytes()) {
            audit_keys(&set);
            for key in &set.keys {
                let _ = (key.thumbprint(), key.describes(), key.holds());
            }
        }
    });
}
