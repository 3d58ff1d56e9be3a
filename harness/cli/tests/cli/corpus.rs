//! `corpus`: the vectors are the same each time, keep to their schema, and read back as the catalogue has them.

use std::collections::BTreeMap;

use serde_json::Value;
use token_assay::reference;
use token_assay_model::{Expectation, Input, Key, Policy, Request};

use crate::support::Place;

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

#[test]
fn the_whole_catalogue_is_exported_the_same_each_time_and_keeps_to_its_schema() {
    let place = Place::new();
    place.assay("corpus export --out vectors.json").ended(0);
    place.assay("corpus export --out again.json").ended(0);
    let text = place.read("vectors.json");
    assert!(text == place.read("again.json"), "the same octets each time");
    let document = json(&text);
    let schema = json(&place.assay("corpus schema").ended(0).out);
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let errors: Vec<String> = validator.iter_errors(&document).take(5).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    let mut other = document.clone();
    other["cases"][0]["expectation"] = "wrong".into();
    assert!(!validator.is_valid(&other), "the schema says something");
    let listed = place.assay("list cases").ended(0).out.lines().count();
    assert_eq!(document["cases"].as_array().expect("a list").len(), listed);
}

#[test]
fn each_case_stands_with_its_policy_its_clause_and_its_twin() {
    let place = Place::new();
    let document = json(&place.assay("corpus export alg-none time").ended(0).out);
    let at = |list: &str, place: &Value| document[list][place.as_u64().expect("a place") as usize].clone();
    let mut judged = 0;
    for case in document["cases"].as_array().expect("a list") {
        let rules = |policy: &Value, input: &Value| {
            let policy: Policy = serde_json::from_value(at("policies", policy)).expect("a policy");
            let input: Input = serde_json::from_value(input.clone()).expect("an input");
            reference::rule(Request { input: &input, policy: &policy })
        };
        let expectation: Expectation = serde_json::from_value(case["expectation"].clone()).expect("an expectation");
        assert!(rules(&case["policy"], &case["input"]).agrees_with(&expectation), "{}", case["id"]);
        let twin = at("twins", &case["twin"]);
        let claims = serde_json::from_value(twin["claims"].clone()).expect("claims");
        let accepted = Expectation::Accept { claims };
        assert!(rules(&twin["policy"], &twin["input"]).agrees_with(&accepted), "the twin of {}", case["id"]);
        assert!(!case["references"].as_array().expect("a list").is_empty(), "{}", case["id"]);
        judged += 1;
    }
    assert!(judged > 500, "{judged}");
}

#[test]
fn wycheproofs_form_is_judged_as_its_reader_judges_it() {
    let place = Place::new();
    let said = place.assay("corpus export --format wycheproof --out jws.json").ended(0);
    assert!(said.err.contains("are left out, which need more than a key and a token"), "{}", said.err);
    let document = json(&place.read("jws.json"));
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for group in document["testGroups"].as_array().expect("a list") {
        let jwk = if group["public"].is_null() { &group["private"] } else { &group["public"] };
        for test in group["tests"].as_array().expect("a list") {
            let result = test["result"].as_str().expect("a label");
            *seen.entry(result.to_owned()).or_default() += 1;
            let verified = verifies(test["jws"].as_str().expect("a token"), jwk);
            if result != "acceptable" && verified != (result == "valid") {
                wrong.push(format!("{}: {result} but {verified}", test["comment"]));
            }
            let flag = test["flags"][0].as_str().expect("a flag");
            assert!(document["notes"][flag]["description"].is_string(), "{flag} is not explained");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(document["numberOfTests"], seen.values().sum::<usize>());
    assert!(seen["valid"] > 50 && seen["invalid"] > 1000 && seen.contains_key("acceptable"), "{seen:?}");
    place.assay("corpus export --format wycheproof --out again.json").ended(0);
    assert!(place.read("jws.json") == place.read("again.json"), "the same octets each time");
}

#[test]
fn wycheproofs_own_schema_holds_where_it_is_at_hand() {
    let place = Place::new();
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = file.join("../../../shared/vectors/wycheproof/json_web_signature_schema_v1.schema.json");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("SKIPPED: Wycheproof's schema is not beside this checkout");
        return;
    };
    let mut schema = json(&text);
    // Its neighbours are not at hand: what they define is left open.
    fn open(value: &mut Value) {
        match value {
            Value::Object(members) => {
                if members.get("$ref").and_then(Value::as_str).is_some_and(|to| !to.starts_with('#')) {
                    members.remove("$ref");
                }
                members.values_mut().for_each(open);
            }
            Value::Array(values) => values.iter_mut().for_each(open),
            _ => {}
        }
    }
    open(&mut schema);
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let document = json(&place.assay("corpus export --format wycheproof alg-none control").ended(0).out);
    let errors: Vec<String> = validator.iter_errors(&document).take(5).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

/// As the tests of the reference verifier read Wycheproof's files.
fn verifies(token: &str, jwk: &Value) -> bool {
    let key =
        |jwk: &Value| Key { kid: jwk["kid"].as_str().map(str::to_owned), jwk: Some(jwk.clone()), ..Key::default() };
    let policy = match jwk["keys"].as_array() {
        Some(set) => Policy { keys: set.iter().map(key).collect(), jwks: true, ..Policy::default() },
        None => Policy { keys: vec![key(jwk)], ..Policy::default() },
    };
    reference::jws(Request { input: &Input::Token(token.to_owned()), policy: &policy }).is_ok()
}
