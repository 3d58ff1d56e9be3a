//! `sessions`: the reference service is clean, a planted fault is found, shown, kept and seen again.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Place, Said, ended, signal};

#[test]
fn the_reference_service_is_clean_and_says_how_much_was_done() {
    let said = Place::new().assay("sessions --commands 3000").ended(0);
    for kind in ["session", "jwt", "hybrid"] {
        assert!(said.out.contains(&format!("assay 0.1.0 sessions · {kind} · seed 24301\n")), "{}", said.out);
    }
    assert_eq!(said.out.matches("✓ every invariant holds · ").count(), 3, "{}", said.out);
}

#[test]
fn a_planted_fault_is_found_and_told_as_a_transcript() {
    let said = Place::new().assay("sessions jwt --plant never-rotates --seed 1").ended(1);
    for part in [
        "✗ HIGH      sessions/one-live-leaf   reference-never-rotates      must",
        "  seen      the refresh gave the same token again",
        "  clauses   RFC 9700",
        "  again     assay sessions jwt --seed 1 --plant never-rotates",
        "   1  login A as ",
        "   2  refresh with A's refresh token",
        "✗ 1 invariant does not hold · ",
    ] {
        assert!(said.out.contains(part), "no `{part}` in:\n{}", said.out);
    }
    assert!(!said.out.contains("   3  "), "two commands are enough:\n{}", said.out);
}

#[test]
fn a_panic_of_a_service_is_a_finding_and_no_noise() {
    let said = Place::new().assay("sessions session --plant long-panics --seed 1").ended(1);
    assert!(said.out.contains("sessions/never-broken") && said.out.contains("broken: panic"), "{}", said.out);
    assert!(!said.err.contains("panicked"), "{}", said.err);
}

#[test]
fn what_was_found_is_seen_again_from_its_json_and_is_fixed_where_the_fault_is_gone() {
    let place = Place::new();
    let found = place.assay("sessions session --plant upsert-on-save --seed 1 --json").ended(1).out;
    let document: Value = serde_json::from_str(&found).expect("a document");
    let finding = &document["services"][0]["finding"];
    assert!(finding["script"]["branches"].as_array().is_some_and(|branches| branches.len() > 1), "{finding}");
    place.write("found.json", &found);
    let said = place.assay("sessions --replay found.json").ended(1);
    assert!(said.out.starts_with("STILL sessions/"), "{}", said.out);
    let mut fixed = finding.clone();
    fixed.as_object_mut().expect("an object").remove("planted");
    place.write("fixed.json", fixed.to_string());
    assert!(place.assay("sessions --replay fixed.json").ended(0).out.starts_with("FIXED sessions/"));
}

#[test]
fn what_was_found_is_kept_as_json_and_as_a_page() {
    let place = Place::new();
    let said = place.assay("sessions jwt --plant never-rotates --seed 1 --out kept").ended(1);
    assert!(said.err.ends_with("page     kept/sessions.html\n"), "{}", said.err);
    let page = place.read("kept/sessions.html");
    for part in
        ["sessions/one-live-leaf", "The shortest sequence that shows it", "the refresh gave the same token again"]
    {
        assert!(page.contains(part), "no `{part}`");
    }
    assert!(
        place.assay("sessions --replay kept/sessions.json").ended(1).out.starts_with("STILL sessions/one-live-leaf")
    );
}

#[test]
fn what_cannot_be_done_is_one_message() {
    let place = Place::new();
    let hint = "it can in hybrid";
    place.assay("sessions jwt --plant merges-credentials").ended(2).with_error("cannot be planted", "", hint);
    place.write("other.json", "{}");
    place.assay("sessions --replay other.json").ended(2).with_error(
        "other.json holds no finding",
        "it is another document",
        "--json",
    );
    place.assay("sessions --plant nothing").ended(2);
    place.assay("sessions --max-time 0s").ended(4);
}

#[test]
fn faults_are_named_with_what_they_break() {
    let place = Place::new();
    let listed: Vec<Value> =
        serde_json::from_str(&place.assay("sessions --faults --json").ended(0).out).expect("a list");
    assert!(
        listed.len() >= 25 && listed.iter().all(|row| row["breaks"].as_array().is_some_and(|list| !list.is_empty()))
    );
    assert!(place.assay("sessions --faults").ended(0).out.contains("upsert-on-save"));
}

#[test]
fn an_evaluation_is_a_table_with_a_line_for_each_fault_and_kind() {
    let place = Place::new();
    let out = place.assay("sessions hybrid --evaluate --seeds 1 --commands 20000").out;
    let lines = out.lines().filter(|line| line.contains(" | hybrid | ")).count();
    assert!(lines > 50, "{out}");
    let said = place.assay("sessions session --evaluate --store sqlite --seeds 1 --commands 5000");
    let found = said.out.lines().filter(|line| line.contains(" | session | 1 of 1 | ")).count();
    assert!(found > 30, "{} {}", said.out, said.err);
}

#[test]
fn on_a_real_store_the_service_is_clean_and_a_planted_fault_is_found() {
    let place = Place::new();
    let said = place.assay("sessions session --store sqlite --commands 1000").ended(0);
    assert!(said.out.contains("sessions · session · store: sqlite · seed 24301\n"), "{}", said.out);
    let said = place.assay("sessions jwt --store sqlite --plant never-rotates --seed 1").ended(1);
    for part in
        ["reference-never-rotates on sqlite", "assay sessions jwt --seed 1 --plant never-rotates --store sqlite"]
    {
        assert!(said.out.contains(part), "no `{part}` in:\n{}", said.out);
    }
}

#[test]
fn a_store_that_is_not_installed_is_one_message() {
    let place = Place::new();
    let said = Said::by(place.command("sessions --store redis").env("PATH", ""));
    said.ended(3).with_error("the store `redis` cannot be had", "redis-server is not installed", "--store sqlite");
}

#[test]
fn what_is_kept_in_a_folder_can_be_replayed_where_it_was_found() {
    let place = Place::new();
    place.assay("sessions jwt --plant never-rotates --seed 1 --out found").ended(1);
    place.assay("sessions jwt --plant never-rotates --seed 1 --store sqlite --out found").ended(1);
    let memory = "found/one-live-leaf-reference-never-rotates-jwt.json";
    let sqlite = "found/one-live-leaf-reference-never-rotates-on-sqlite-jwt.json";
    let said = place.assay(format!("replay {memory}")).ended(1);
    assert_eq!(said.out, "STILL sessions/one-live-leaf in reference-never-rotates (jwt)\n");
    let said = place.assay(format!("replay {sqlite}")).ended(1);
    assert_eq!(said.out, "STILL sessions/one-live-leaf in reference-never-rotates on sqlite (jwt)\n");
    place.assay(format!("sessions --replay {sqlite} --store memory")).ended(1);
    let mut finding: Value = serde_json::from_str(&place.read(memory)).expect("a finding");
    finding.as_object_mut().expect("an object").remove("planted");
    place.write("fixed.json", finding.to_string());
    assert!(place.assay("replay fixed.json").ended(0).out.starts_with("FIXED sessions/one-live-leaf"));
    finding["service"] = "another".into();
    place.write("other.json", finding.to_string());
    place.assay("replay other.json").ended(3).with_error("it was found of a running service", "", "--config");
    place.assay(format!("replay {memory} --as-test")).ended(2).with_error("is a script", "", "--as-test");
}

#[test]
fn the_reference_service_is_served_until_it_is_interrupted() {
    let place = Place::new();
    let mut command = place.command("sessions hybrid --serve --tls service.pem --plant never-rotates");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines().map(|line| line.expect("text"));
    let url = lines.find_map(|line| line.strip_prefix("url = ").map(|url| url.trim_matches('"').to_owned()));
    let address = url.as_deref().and_then(|url| url.strip_prefix("https://")).expect("an address");
    TcpStream::connect(address).expect("it listens");
    assert!(lines.next().is_some_and(|line| line == "kind = \"hybrid\""));
    assert!(lines.next().is_some_and(|line| line == "ca = \"service.pem\""));
    assert!(place.read("service.pem").starts_with("-----BEGIN CERTIFICATE-----"));
    signal(&child, "INT");
    drop(lines);
    ended(child).ended(0);
    assert!(TcpStream::connect(address).is_err());
}

/// It is told of as right: what a run says of it besides skips is a mistake of one of the two.
#[test]
fn a_run_finds_nothing_wrong_with_the_reference_service() {
    let place = Place::new();
    let mut command = place.command("sessions hybrid --serve");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut table = String::new();
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines().map(|line| line.expect("text"));
    for line in lines.by_ref() {
        let is_last = line.starts_with("compromise-key = ");
        table.push_str(&(line + "\n"));
        if is_last {
            break;
        }
    }
    place.write("assay.toml", table);
    let said = place.assay("run --service --quiet --level may --fail-on note");
    signal(&child, "INT");
    drop(lines);
    ended(child).ended(0);
    said.ended(0);
    assert!(place.report().findings.is_empty() && place.report().cases.len() > 1000);
}

#[test]
fn what_cannot_be_served_is_one_message() {
    let place = Place::new();
    let hint = "127.0.0.1:0";
    place.assay("sessions --serve 0.0.0.0:0").ended(2).with_error("not served", "not an address of the loopback", hint);
    place.assay("sessions jwt hybrid --serve").ended(2).with_error("one service is served", "", "one KIND");
    assert!(place.assay("sessions --serve jwt").ended(2).err.contains("a KIND stands before --serve"));
}
