//! `list` and `explain`: the words that other verbs take.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::support::Place;

fn json(place: &Place, arguments: &str) -> Vec<Value> {
    let said = place.assay(format!("{arguments} --format json")).ended(0);
    serde_json::from_str(&said.out).expect("a list")
}

fn ids(rows: &[Value]) -> BTreeSet<String> {
    rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn every_row_of_the_catalogue_about_tokens_is_listed() {
    let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/catalogue/jwt.json");
    let Ok(text) = std::fs::read_to_string(&catalogue) else {
        eprintln!("SKIPPED: the catalogue is not beside this checkout");
        return;
    };
    let catalogue: Value = serde_json::from_str(&text).expect("the catalogue is JSON");
    let listed = ids(&json(&Place::new(), "list"));
    let rows = catalogue["rows"].as_array().expect("rows");
    let name = |row: &Value| {
        (row["family"].as_str().expect("a word").to_owned(), row["id"].as_str().expect("a word").to_owned())
    };
    assert_eq!(rows.len(), 526);
    let missing: Vec<String> =
        rows.iter().map(name).map(|(family, id)| format!("{family}/{id}")).filter(|id| !listed.contains(id)).collect();
    assert!(missing.is_empty(), "{} are not listed:\n{}", missing.len(), missing.join("\n"));
}

#[test]
fn every_row_of_the_catalogue_about_set_cookie_is_listed() {
    let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/catalogue/sessions.json");
    let Ok(text) = std::fs::read_to_string(&catalogue) else {
        eprintln!("SKIPPED: the catalogue is not beside this checkout");
        return;
    };
    let catalogue: Value = serde_json::from_str(&text).expect("the catalogue is JSON");
    let rows = catalogue["rows"].as_array().expect("rows");
    let ours = rows.iter().filter(|row| row["family"] == "set-cookie");
    let ours: BTreeSet<String> =
        ours.map(|row| format!("set-cookie/{}", row["id"].as_str().expect("a word"))).collect();
    assert_eq!(ours.len(), 34);
    assert_eq!(ids(&json(&Place::new(), "list attacks set-cookie")), ours);
}

#[test]
fn every_row_of_the_catalogue_about_sessions_and_lifecycles_is_listed() {
    let catalogue = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/catalogue/sessions.json");
    let Ok(text) = std::fs::read_to_string(&catalogue) else {
        eprintln!("SKIPPED: the catalogue is not beside this checkout");
        return;
    };
    let catalogue: Value = serde_json::from_str(&text).expect("the catalogue is JSON");
    let place = Place::new();
    for (family, count) in [("session-store", 53), ("token-lifecycle", 57)] {
        let rows = catalogue["rows"].as_array().expect("rows").iter().filter(|row| row["family"] == family);
        let rows: BTreeSet<String> =
            rows.map(|row| format!("{family}/{}", row["id"].as_str().expect("a word"))).collect();
        assert_eq!(rows.len(), count);
        assert_eq!(ids(&json(&place, &format!("list attacks {family}"))), rows);
    }
}

#[test]
fn each_class_is_implemented_with_cases_or_audited_or_says_what_it_waits_for() {
    let place = Place::new();
    let rows = json(&place, "list");
    for row in &rows {
        match row["status"].as_str() {
            Some("implemented") => assert!(row["cases"].as_u64() > Some(0) && row["strawman"].is_string(), "{row}"),
            Some("audited") => assert!(row["cases"] == 0 && row["by"] == "assay inspect", "{row}"),
            Some("modelled") => assert!(row["invariant"].is_string() && row["by"] == "assay sessions", "{row}"),
            Some("live") => {
                let by = row["by"].as_str().expect("a verb");
                assert!(
                    row["cases"] == 0 && ["assay run --service", "assay sessions --service"].contains(&by),
                    "{row}"
                );
            }
            Some("held") => assert!(row["cases"] == 0 && row["by"].is_string(), "{row}"),
            Some("waiting") => assert!(row["cases"] == 0 && row["because"].is_string(), "{row}"),
            _ => panic!("{row}"),
        }
    }
    let waiting = ids(&json(&place, "list --waiting"));
    let expected =
        rows.iter().filter(|row| row["status"] == "waiting").map(|row| row["id"].as_str().expect("an id").to_owned());
    assert_eq!(waiting, expected.collect());
    let cases = json(&place, "list cases");
    assert_eq!(cases.len() as u64, rows.iter().map(|row| row["cases"].as_u64().expect("a count")).sum::<u64>());
}

#[test]
fn a_list_can_be_narrowed_and_says_the_same_as_text() {
    let place = Place::new();
    let narrow = json(&place, "list attacks alg-none");
    assert!(narrow.len() > 5 && narrow.iter().all(|row| row["id"].as_str().expect("an id").starts_with("alg-none/")));
    let text = place.assay("list attacks alg-none").ended(0).out;
    assert_eq!(text.lines().count(), narrow.len() + 1);
    let cases = json(&place, "list cases none-empty-sig");
    let text = place.assay("list cases none-empty-sig").ended(0).out;
    assert_eq!(ids(&cases), text.lines().map(str::to_owned).collect());
    place.assay("run -t sound none-empty-sig -q").ended(0);
    assert_eq!(ids(&cases), place.report().cases.iter().map(|case| case.id.to_string()).collect());
}

#[test]
fn targets_policies_and_features_are_listed() {
    let place = Place::with("[[target]]\nname = \"ours\"\ncommand = [\"python3\", \"shim.py\"]\n");
    let targets = json(&place, "list targets");
    assert_eq!(targets.last().expect("ours")["name"], "ours");
    for target in &targets[..targets.len() - 1] {
        assert!(
            target["version"].is_string() && !target["supports"].as_array().expect("a list").is_empty(),
            "{target}"
        );
    }
    assert!(place.assay("list targets").ended(0).out.contains("python3 shim.py"));
    assert!(json(&place, "list policies").iter().any(|row| row["name"] == "key-set"));
    let features = json(&place, "list features");
    assert!(features.contains(&"HS256".into()) && features.contains(&"clock".into()));
}

#[test]
fn every_listed_class_can_be_explained() {
    let place = Place::new();
    for family in ids(&json(&place, "list"))
        .iter()
        .map(|id| id.split('/').next().expect("a family").to_owned())
        .collect::<BTreeSet<_>>()
    {
        let said = place.assay(format!("explain {family}")).ended(0).out;
        for id in ids(&json(&place, &format!("list attacks {family}")))
            .iter()
            .filter(|id| id.starts_with(&format!("{family}/")))
        {
            assert!(said.lines().any(|line| line == id), "{id} is not explained by its family");
        }
        let told = said.lines().filter(|line| line.starts_with("  clauses ")).count();
        let classes = said.lines().filter(|line| line.contains('/') && !line.starts_with(' ')).count();
        assert_eq!(told, classes, "a class of {family} cites nothing");
    }
}

#[test]
fn a_class_is_explained_by_its_name_its_id_a_case_a_prefix_and_a_finding() {
    let place = Place::new();
    let class = place.assay("explain none-empty-sig").ended(0).out;
    assert!(class.starts_with("alg-none/none-empty-sig\n"), "{class}");
    for part in [
        "token ",
        "correct      refuse it",
        "level        must",
        "RFC 8725 §3.2  https://www.rfc-editor.org/",
        "falls ",
        "mend ",
        "CWE-",
    ] {
        assert!(class.contains(part), "no `{part}` in:\n{class}");
    }
    for id in [
        "alg-none/none-empty-sig",
        "alg-none/none-empty-sig/pinned-hs256",
        "none-empty-sig/pinned-hs256",
        "alg-none/none-empty",
    ] {
        assert_eq!(place.assay(format!("explain {id}")).ended(0).out, class, "{id}");
    }
    assert!(place.assay("explain alg-none").ended(0).out.contains(&class));
    place.assay("run -t strawman-allows-none none-empty-sig -q").ended(1);
    let fingerprint = place.report().findings[0].fingerprint.0.clone();
    assert_eq!(place.assay(format!("explain {fingerprint}")).ended(0).out, class);
    let hint = "did you mean `none-empty-sig`?";
    place.assay("explain none-emtpy-sig").ended(2).with_error("is no case class, family or finding", "", hint);
    place.assay("explain xyzzy").ended(2).with_error("`xyzzy` is no case class", "", "`assay list` names them all");
}

#[test]
fn what_explain_says_to_try_finds_what_it_explains() {
    let place = Place::new();
    let said = place.assay("explain time").ended(0).out;
    let tries: Vec<&str> = said.lines().filter_map(|line| line.trim_start().strip_prefix("try ")).collect();
    assert!(tries.len() > 10);
    for line in tries.iter().step_by(5) {
        let arguments = line.trim_start().strip_prefix("assay ").expect("it is a command");
        place.assay(format!("{arguments} -q"));
        assert!(!place.report().findings.is_empty(), "{line}");
    }
}
