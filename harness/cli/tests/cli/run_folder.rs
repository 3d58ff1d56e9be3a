//! What a run leaves on disk, and what it says on stdout.

use std::fs;

use crate::support::{Place, Said, report_in};

const RUN: &str = "run -t sound -t strawman-allows-none none-empty-sig";

#[test]
fn a_clean_run_ends_with_0_and_one_with_findings_with_1() {
    let place = Place::new();
    let said = place.assay("run -t sound alg-none").ended(0);
    assert!(said.out.lines().next_back().expect("a summary").starts_with("✓ no findings"), "{}", said.out);
    let said = place.assay(RUN).ended(1);
    let last = said.out.lines().next_back().expect("a summary");
    assert!(last.starts_with("✗ ") && last.contains(" in 1 of 2 targets"), "{last}");
    assert!(said.err.contains("✗ CRITICAL  strawman-allows-none  alg-none/none-empty-sig/"), "{}", said.err);
}

#[test]
fn nothing_to_run_is_not_a_green_run() {
    let place = Place::new();
    place.assay("run -t sound alg-none --skip *").ended(4);
    assert!(place.report().cases.is_empty());
    place.assay("list cases xyzzy").ended(4);
}

#[test]
fn the_log_closes_with_a_footer_and_the_report_is_whole() {
    let place = Place::new();
    place.assay(RUN).ended(1);
    let (events, report) = (place.events(), place.report());
    let of = |kind: &str| events.iter().filter(|event| event["event"] == kind).count();
    assert_eq!((of("started"), of("target-started"), of("target-finished"), of("finished")), (1, 2, 2, 1));
    assert_eq!(of("judged"), 2 * report.cases.len());
    assert_eq!(of("found"), report.findings.len());
    let footer = events.last().expect("a log has lines");
    assert_eq!((&footer["event"], &footer["complete"]), (&"finished".into(), &true.into()));
    assert_eq!(footer["findings"], report.findings.len());
    assert!(report.run.complete && !report.findings.is_empty());
}

#[test]
fn a_run_is_kept_in_assay_report_or_where_out_says() {
    let place = Place::new();
    place.assay(RUN).ended(1);
    place.assay(format!("{RUN} --out a/b")).ended(1);
    let said = Said::by(place.command(RUN).env("ASSAY_OUT", "from-environment")).ended(1);
    assert!(said.out.contains("report   from-environment/report.json"), "{}", said.out);
    place.write("assay.toml", "[run]\nout = \"from-file\"\n");
    place.assay(RUN).ended(1);
    let findings = |folder: &str| report_in(&place.path(folder)).findings.len();
    let folders = ["assay-report", "a/b", "from-environment", "from-file"];
    assert!(folders.iter().all(|folder| findings(folder) == findings("assay-report")));
    for folder in folders {
        let mut names: Vec<_> = fs::read_dir(place.path(folder))
            .expect("it was written")
            .map(|file| file.expect("readable").file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["events.ndjson", "report.html", "report.json"], "nothing else is left in {folder}");
    }
}

#[test]
fn a_run_inside_a_checkout_is_kept_by_its_time() {
    let place = Place::new();
    fs::create_dir_all(place.path("harness/model")).expect("the folder is ours");
    place.write("harness/model/Cargo.toml", "");
    fs::create_dir_all(place.path("deep/below")).expect("the folder is ours");
    let mut command = place.command(RUN);
    Said::by(command.current_dir(place.path("deep/below"))).ended(1);
    let runs: Vec<_> = fs::read_dir(place.path("reports/runs")).expect("runs are kept here").collect();
    assert_eq!(runs.len(), 1);
    let folder = runs[0].as_ref().expect("readable").path();
    let name = folder.file_name().expect("it has one").to_string_lossy().into_owned();
    assert!(name.starts_with("20") && name.ends_with('Z') && name.contains('T'), "{name}");
    let latest = place.assay("report --format json").ended(0);
    assert_eq!(latest.out, fs::read_to_string(folder.join("report.json")).expect("the run wrote it"));
}

#[test]
fn json_on_stdout_is_the_report_on_disk_and_nothing_else() {
    let place = Place::new();
    let said = place.assay(format!("{RUN} --format json")).ended(1);
    assert_eq!(said.out, place.read("assay-report/report.json"));
    assert_eq!(place.assay("report --format json").ended(0).out, said.out);
    assert_eq!(place.assay("report assay-report --format json").ended(0).out, said.out);
    place.assay("report --format json -o copy.json").ended(0);
    assert_eq!(place.read("copy.json"), said.out);
}

#[test]
fn each_report_that_was_asked_for_is_a_file_and_what_report_renders() {
    let place = Place::new();
    place.assay(format!("{RUN} --report junit,sarif --report markdown --report badge")).ended(1);
    let files = [("junit", "junit.xml"), ("markdown", "report.md"), ("badge", "badge.json")];
    for (format, file) in files {
        let rendered = place.assay(format!("report --format {format}")).ended(0).out;
        assert_eq!(rendered, place.read(&format!("assay-report/{file}")), "{format}");
    }
    let sarif: serde_json::Value = serde_json::from_str(&place.read("assay-report/assay.sarif")).expect("JSON");
    assert_eq!(sarif["runs"].as_array().expect("runs").len(), 1);
    assert!(!sarif["runs"][0]["results"].as_array().expect("results").is_empty());
    assert!(place.read("assay-report/junit.xml").contains("alg-none/none-empty-sig"));
}

#[test]
fn every_run_leaves_a_page_and_the_last_line_says_where() {
    let place = Place::new();
    let said = place.assay(RUN).ended(1);
    assert!(said.err.ends_with("page     assay-report/report.html\n"), "{}", said.err);
    let page = place.read("assay-report/report.html");
    assert!(
        page.starts_with("<!doctype html>") && page.contains("alg-none/none-empty-sig") && page.contains("#[test]")
    );
    let again = place.assay("report --format html").ended(0).out;
    assert!(again.contains("#[test]") && !again.contains("exit code"), "how the process ended is not in the report");
    assert!(!place.assay(format!("{RUN} --quiet")).ended(1).err.contains("report.html"));
}

#[test]
fn what_a_baseline_has_not_is_new_and_the_rest_is_known_since_then() {
    let place = Place::new();
    place.assay(format!("{RUN} --out old")).ended(1);
    let mut old: serde_json::Value = serde_json::from_str(&place.read("old/report.json")).expect("JSON");
    old["run"]["started"] = "2026-01-02T03:04:05Z".into();
    let gone = old["findings"].as_array_mut().expect("findings").remove(0);
    place.write("old.json", old.to_string());
    place.assay(format!("{RUN} --baseline old.json")).ended(1);
    let report = place.report();
    let new: Vec<&str> =
        report.findings.iter().filter(|f| report.is_new(f)).map(|f| f.fingerprint.0.as_str()).collect();
    assert_eq!(new, [gone["fingerprint"].as_str().expect("a name")]);
    assert!(report.findings.iter().filter(|f| !report.is_new(f)).all(|f| report.seen(f) == "2026-01-02T03:04:05Z"));
    assert!(place.read("assay-report/report.html").contains("new since the baseline"));
    place.assay(format!("{RUN} --baseline nowhere.json --out never")).ended(2).with_error(
        "nowhere.json cannot be read",
        "o such file",
        "give a report.json",
    );
    assert!(!place.path("never").exists(), "a baseline that cannot be read costs no run");
}

#[test]
fn a_finding_of_a_shim_is_shown_at_its_source_or_its_table() {
    let place =
        Place::with("[run]\nseed = 1\n\n[[target]]\nname = \"b\"\ncommand = [\"x\"]\nsource = \"src/verify.py\"\n");
    let shim = format!(
        "[[target]]\nname = \"a\"\ncommand = [\"{0}\", \"worker\", \"strawman-allows-none\"]\n\
         [[target]]\nname = \"b\"\ncommand = [\"{0}\", \"worker\", \"strawman-allows-none\"]\nsource = \"src/verify.py\"\n",
        env!("CARGO_BIN_EXE_assay")
    );
    place.write("assay.toml", shim);
    place.assay("run -t a -t b none-empty-sig --format sarif").ended(1);
    let sarif = place.assay("report --format sarif").ended(0).out;
    let sarif: serde_json::Value = serde_json::from_str(&sarif).expect("JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let places: std::collections::BTreeSet<(String, u64)> = results
        .iter()
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            let uri = place["artifactLocation"]["uri"].as_str().expect("a file").to_owned();
            (uri, place["region"]["startLine"].as_u64().expect("a line"))
        })
        .collect();
    assert_eq!(places, [("assay.toml".to_owned(), 2), ("src/verify.py".to_owned(), 1)].into());
}

#[test]
fn the_schema_is_one_and_the_report_is_valid_by_it() {
    let place = Place::new();
    place.assay(RUN).ended(1);
    let schema = place.assay("report --schema").ended(0).out;
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("a schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let report = serde_json::from_str(&place.read("assay-report/report.json")).expect("JSON");
    let errors: Vec<String> =
        validator.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
    assert!(!validator.is_valid(&serde_json::json!({ "schema": 1 })));
}
