//! SARIF and JUnit against the published schemas.

use std::sync::LazyLock;

use serde_json::Value;
use token_assay_model::{ExitCode, Report};
use token_assay_report::{Format, Options};
use uppsala::xsd::XsdValidator;

use crate::fixture;

static SARIF: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let published = include_str!("../schemas/sarif-2.1.0.json");
    // A language's pattern is no regular expression as published: a bracket closes that was never opened.
    let (wrong, right) = ("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");
    assert_eq!(published.matches(wrong).count(), 2);
    let schema = serde_json::from_str(&published.replace(wrong, right)).expect("the schema is JSON");
    jsonschema::options().should_validate_formats(true).build(&schema).expect("the schema is one")
});

static JUNIT: LazyLock<XsdValidator> = LazyLock::new(|| {
    let schema = uppsala::parse(include_str!("../schemas/junit-10.xsd")).expect("the schema is XML");
    XsdValidator::from_schema(&schema).expect("the schema is one")
});

/// What is wrong with a log by SARIF's schema.
pub(crate) fn sarif_errors(bytes: &[u8]) -> Vec<String> {
    let log = serde_json::from_slice(bytes).expect("SARIF is JSON");
    SARIF.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// What is wrong with a document as XML 1.0, or by JUnit's schema.
pub(crate) fn junit_errors(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).expect("XML here is UTF-8");
    match uppsala::parse(text) {
        Ok(document) => JUNIT.validate(&document).iter().map(ToString::to_string).collect(),
        Err(error) => vec![error.to_string()],
    }
}

fn reports() -> [Report; 4] {
    [fixture::complete(), fixture::stopped(), fixture::sound(), fixture::with_long_token()]
}

#[test]
fn sarif_is_valid() {
    for report in reports() {
        for exit_code in [None, Some(ExitCode::Findings)] {
            let options = Options { exit_code, ..fixture::options() };
            assert_eq!(sarif_errors(&Format::Sarif.render(&report, &options)), Vec::<String>::new());
        }
    }
}

#[test]
fn junit_is_valid() {
    for report in reports() {
        assert_eq!(junit_errors(&Format::Junit.render(&report, &fixture::options())), Vec::<String>::new());
    }
}

#[test]
fn the_schemas_refuse_what_is_wrong() {
    let sarif = String::from_utf8(Format::Sarif.render(&fixture::complete(), &fixture::options())).expect("text");
    for (right, wrong) in [
        (r#""level": "error""#, r#""level": "fatal""#),
        (r#""version": "2.1.0""#, r#""version": "2.2.0""#),
        (r#""startLine": 1"#, r#""startLine": 0"#),
        ("\"ruleIndex\"", "\"ruleNumber\""),
        (r#""helpUri": "https:"#, r#""helpUri": "not a uri "#),
    ] {
        assert!(sarif.contains(right), "{right}");
        assert_ne!(sarif_errors(sarif.replacen(right, wrong, 1).as_bytes()), Vec::<String>::new(), "{wrong}");
    }
    let junit = String::from_utf8(Format::Junit.render(&fixture::complete(), &fixture::options())).expect("text");
    for (right, wrong) in [
        ("<testcase name=", "<testcase title="),
        ("<failure ", "<failed/><failure "),
        ("<failure ", "\u{fffe}<failure "),
        ("<failure ", "&#0;<failure "),
        ("time=\"1.500\"", "time=\"soon\""),
        ("<testsuites ", "<testsuites skipped=\"1\" "),
    ] {
        assert!(junit.contains(right), "{right}");
        assert_ne!(junit_errors(junit.replacen(right, wrong, 1).as_bytes()), Vec::<String>::new(), "{wrong}");
    }
}

#[test]
fn sarif_is_one_run_of_at_most_five_thousand_results_worst_first() {
    let mut report = fixture::complete();
    let finding = report.findings.pop().expect("the fixture has findings");
    report.findings.extend(std::iter::repeat_n(finding, 5000));
    let log: Value =
        serde_json::from_slice(&Format::Sarif.render(&report, &Options::default())).expect("SARIF is JSON");
    let runs = log["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 1);
    let results = runs[0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 5000);
    assert_eq!(results[0]["ruleId"], "alg-none/none-empty-sig");
    let notified = runs[0]["invocations"][0]["toolExecutionNotifications"].as_array().expect("notifications");
    assert!(
        notified.iter().any(|said| said["message"]["text"].as_str().is_some_and(|text| text.contains("7 findings")))
    );
}

#[test]
fn a_rule_has_no_more_tags_than_are_shown() {
    let log: Value = serde_json::from_slice(&Format::Sarif.render(&fixture::complete(), &Options::default()))
        .expect("SARIF is JSON");
    for rule in log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules") {
        assert!(rule["properties"]["tags"].as_array().is_some_and(|tags| tags.len() <= 10));
    }
}
