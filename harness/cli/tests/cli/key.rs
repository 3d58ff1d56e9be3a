//! `inspect` of keys: what is told of a JWK and of a set, what is never printed, and how the process ends.

use std::process::Stdio;

use serde_json::{Value, json};
use token_assay::inspect::{KEY_RULES, is_hidden};

use crate::support::{Place, Said, ended};

const PRIVATE: &str = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";

fn key() -> Value {
    json!({
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "2023-11",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    })
}

fn inspect(place: &Place, arguments: &[&str]) -> Said {
    Said::by(place.command("inspect").args(arguments))
}

fn ids(said: &Said) -> Vec<String> {
    let document: Value = serde_json::from_str(&said.out).expect("a document");
    let findings = document["findings"].as_array().expect("a list");
    findings.iter().map(|finding| finding["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn a_key_is_taken_apart_with_what_its_members_mean_from_an_argument_stdin_and_a_file() {
    let place = Place::new();
    let text = key().to_string();
    let said = inspect(&place, &[&text]).ended(0).out;
    for part in
        ["key   EC, P-256, public", "the y coordinate", "ECDSA on P-256 with SHA-256", "thumbprint", "✓ no findings"]
    {
        assert!(said.contains(part), "no `{part}` in:\n{said}");
    }
    place.write("key.json", format!("{text}\n"));
    assert_eq!(inspect(&place, &["--file", "key.json"]).ended(0).out, said);
    let mut command = place.command("inspect -");
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary was built for this test");
    std::io::Write::write_all(&mut child.stdin.take().expect("it is piped"), text.as_bytes()).expect("it reads");
    assert_eq!(ended(child).ended(0).out, said);
}

#[test]
fn a_set_is_judged_whole_and_severity_and_level_decide_the_exit_code() {
    let place = Place::new();
    let mut nameless = key();
    nameless.as_object_mut().expect("it is one").remove("kid");
    let set = json!({ "keys": [key(), nameless] }).to_string();
    let said = inspect(&place, &["--json", &set]).ended(1);
    assert_eq!(ids(&said), ["key/kid-missing"]);
    inspect(&place, &[&set, "--fail-on", "high"]).ended(0);
    inspect(&place, &[&set, "--level", "must"]).ended(0);
    inspect(&place, &["--as", "key", &set]).ended(1);
}

#[test]
fn no_private_part_and_no_secret_is_printed() {
    let place = Place::new();
    let mut private = key();
    private["d"] = PRIVATE.into();
    private["other"] = json!({ "d": PRIVATE });
    private["others"] = json!([{ "d": PRIVATE }]);
    let secret = json!({ "kty": "oct", "k": PRIVATE, "alg": "HS512", "kid": "a" });
    for text in [private.to_string(), secret.to_string(), json!({ "keys": [private, secret] }).to_string()] {
        for form in ["text", "json"] {
            let said = inspect(&place, &[&text, "--format", form]);
            let shown = format!("{}{}", said.out, said.err);
            assert!(!shown.contains(&PRIVATE[..8]), "{shown}");
            assert!(shown.contains("kid"), "{shown}");
        }
    }
}

#[test]
fn every_rule_of_keys_is_explained_and_its_example_falls_to_it() {
    let place = Place::new();
    for rule in KEY_RULES {
        let said = place.assay(format!("explain key/{}", rule.id)).ended(0).out;
        assert!(said.contains(rule.title) && said.contains("assay inspect"), "{said}");
        let found = ids(&inspect(&place, &["--json", rule.falls]));
        assert!(found.contains(&format!("key/{}", rule.id)), "{}: {found:?}", rule.id);
    }
    assert!(is_hidden("d") && is_hidden("k") && !is_hidden("kid"));
}

#[test]
fn what_is_asked_of_tokens_is_refused_of_keys() {
    let place = Place::new();
    place.write("key.txt", "a secret");
    let text = key().to_string();
    let said = inspect(&place, &[&text, "--key", "key.txt"]).ended(2);
    said.with_error("--key is for tokens", "what is given is a key", "give the token, and this key with --key FILE");
    inspect(&place, &["--as", "key", "hello"]).ended(2).with_error(
        "this is no JWK and no key set",
        "it is no JSON with `kty` or `keys`",
        "PEM and secrets are given with --key",
    );
}
