//! The recorded bytes again: FIXED, STILL or ERROR, and a finding as a test or a regression.

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use serde_json::Value;
use token_assay_model::{Finding, Input};

use crate::support::{Place, Said};

/// A folder with a finished run of a strawman, and its first finding.
fn found() -> (Place, Finding) {
    let place = Place::new();
    place.assay("run -t strawman-allows-none none-empty-sig -q").ended(1);
    let finding = place.report().findings.remove(0);
    (place, finding)
}

fn with_target(finding: &Finding, target: &str) -> String {
    serde_json::to_string(&Finding { target: target.to_owned(), ..finding.clone() }).expect("a finding is JSON")
}

#[test]
fn a_finding_stands_while_its_target_answers_so_and_is_fixed_once_it_does_not() {
    let (place, finding) = found();
    let said = place.assay(format!("replay {}", finding.fingerprint.0)).ended(1);
    let start = format!("STILL {}  strawman-allows-none  {}  ", finding.fingerprint, finding.case);
    assert!(said.out.starts_with(&start) && said.out.contains("observed accept"), "{}", said.out);
    place.write("fixed.json", with_target(&finding, "sound"));
    assert!(place.assay("replay fixed.json").ended(0).out.starts_with("FIXED "));
    place.write("gone.json", with_target(&finding, "xyzzy"));
    let said = place.assay("replay gone.json").ended(3);
    assert!(said.out.starts_with("ERROR ") && said.out.contains("no target is called `xyzzy`"), "{}", said.out);
    place.write("assay.toml", "[[target]]\nname = \"gone\"\ncommand = [\"/nonexistent/shim\"]\n");
    place.write("gone.json", with_target(&finding, "gone"));
    let said = place.assay("replay gone.json").ended(3);
    assert!(said.out.contains("could not be started"), "{}", said.out);
}

#[test]
fn what_is_said_while_a_finding_is_replayed_is_written_down_where_it_is_asked_for() {
    let (place, finding) = found();
    place.assay(format!("replay {} --trace-protocol trace.txt", finding.fingerprint)).ended(1);
    let trace = place.read("trace.txt");
    let verify = trace.lines().find_map(|line| line.split_once(" → {\"cmd\":\"verify\"")).expect("it was asked").1;
    let asked: Value = serde_json::from_str(&format!("{{\"cmd\":\"verify\"{verify}")).expect("JSON");
    assert_eq!(asked["input"], serde_json::to_value(&finding.input).expect("an input is JSON"));
    assert_eq!(asked["policy"], serde_json::to_value(&*finding.policy).expect("a policy is JSON"));
    assert!(trace.contains(" ← {\"seq\":0,\"verdict\":\"accept\""), "{trace}");
    for other in ["--in-process", "--as-test", "--service"] {
        place.assay(format!("replay {other} --trace-protocol trace.txt")).ended(2);
    }
}

#[test]
fn without_a_name_every_finding_is_replayed_and_counted() {
    let (place, _) = found();
    let mut report = place.report();
    let count = report.findings.len();
    let said = place.assay("replay").ended(1);
    assert!(said.out.ends_with(&format!("0 fixed, {count} still, 0 could not be replayed\n")), "{}", said.out);
    assert_eq!(place.assay("replay --in-process").ended(1).out, said.out);
    report.findings[0].target = "sound".to_owned();
    place.write("assay-report/report.json", serde_json::to_string(&report).expect("a report is JSON"));
    let said = place.assay("replay --from assay-report").ended(1);
    assert!(said.out.contains(&format!("1 fixed, {} still", count - 1)), "{}", said.out);
    report.findings[1].target = "xyzzy".to_owned();
    place.write("assay-report/report.json", serde_json::to_string(&report).expect("a report is JSON"));
    place.assay("replay").ended(3);
    report.findings.clear();
    place.write("assay-report/report.json", serde_json::to_string(&report).expect("a report is JSON"));
    place.assay("replay").ended(4).with_error("the report holds no finding", "", "");
}

#[test]
fn what_every_strawman_of_a_run_does_wrong_is_still_wrong_when_replayed() {
    let place = Place::new();
    let targets = ["allows-none", "skips-signature", "reads-in-order", "remembers", "time-ignores-exp"]
        .map(|name| format!(" -t strawman-{name}"));
    place.assay(format!("run none-empty-sig exp-past nbf-future -q{}", targets.concat()));
    let report = place.report();
    assert!(report.run.complete && report.findings.len() > 10, "{} findings", report.findings.len());
    let said = place.assay("replay");
    let not_still: Vec<&str> =
        said.out.lines().filter(|line| line.starts_with("FIXED") || line.starts_with("ERROR")).collect();
    assert!(not_still.is_empty(), "{}", not_still.join("\n"));
}

/// Other tests' runs may have the port for a while.
fn watched(place: &Place, arguments: &str) -> Said {
    for _ in 0..20 {
        let said = place.assay(arguments);
        if !(said.err.contains("port 17515") || said.out.contains("port 17515")) {
            return said;
        }
    }
    panic!("port 17515 is never free");
}

#[test]
fn a_fetch_is_replayed_with_somebody_at_the_address_and_says_so_where_nobody_can_be() {
    let place = Place::new();
    watched(&place, "run -t strawman-fetches -t sound jku-any-fetch kid-url").ended(1);
    let report = place.report();
    assert!(report.findings.iter().all(|finding| finding.target == "strawman-fetches"), "{:?}", report.findings);
    let finding = report.findings[0].clone();
    assert!(finding.title.contains("GET http://127.0.0.1:17515/fetch/"), "{}", finding.title);
    let said = watched(&place, &format!("replay {}", finding.fingerprint));
    assert!(said.out.starts_with("STILL ") && said.out.contains("GET http://127.0.0.1:17515/fetch/"), "{}", said.out);
    place.write("fixed.json", with_target(&finding, "sound"));
    assert!(watched(&place, "replay fixed.json").ended(0).out.starts_with("FIXED "));
    let test = place.assay(format!("replay {} --as-test", finding.fingerprint)).ended(0).out;
    assert!(test.contains("TcpListener::bind") && test.contains("!asked.is_finished()"), "{test}");
    let free = (0..500).find_map(|_| {
        std::thread::sleep(Duration::from_millis(20));
        TcpListener::bind(("127.0.0.1", 17_515)).ok()
    });
    let _taken = free.expect("it is free for a moment");
    let said = place.assay(format!("replay {}", finding.fingerprint)).ended(3);
    assert!(said.out.starts_with("ERROR ") && said.out.contains("port 17515"), "{}", said.out);
    let said = place.assay("run -t strawman-fetches kid-url");
    assert!(said.err.contains("! port 17515 cannot be had"), "{}", said.err);
}

#[test]
fn a_finding_as_a_test_holds_token_and_policy_and_is_rust() {
    let place = Place::new();
    place.assay("run -t strawman-allows-none none-empty-sig -q").ended(1);
    let pinned = |finding: &Finding| finding.case.as_str() == "alg-none/none-empty-sig/pinned-hs256";
    let finding = place.report().findings.into_iter().find(pinned).expect("the shortest token of its kind");
    let said = place.assay(format!("replay {} --as-test", finding.fingerprint.0)).ended(0);
    let Input::Token(token) = &finding.input else { panic!("the token is text") };
    assert!(said.out.contains(token.as_str()), "{}", said.out);
    let policy: Value = serde_json::from_str(around_policy(&said.out)[1]).expect("JSON");
    assert_eq!(policy, serde_json::to_value(&*finding.policy).expect("JSON"));
    assert!(said.out.contains("#[test]") && said.out.contains("Verdict::Reject"), "{}", said.out);
    // It is compiled below. The order of a policy's members is serde_json's affair.
    let [before, _, after] = around_policy(include_str!("golden/as-test.rs"));
    assert!(said.out.starts_with(before) && said.out.ends_with(after), "{}", said.out);
    // A function per finding; each is named once, so that all of them can stand in one file.
    let all = place.assay("replay --as-test").ended(0).out;
    let mut names: Vec<&str> = all.lines().filter_map(|line| line.strip_prefix("fn ")).collect();
    let count = names.len();
    assert_eq!(count, place.report().findings.len());
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

/// A printed test in three: before its policy, the policy, and after it.
fn around_policy(test: &str) -> [&str; 3] {
    let (before, rest) = test.split_once("r##\"").expect("the policy is a raw string");
    let (policy, after) = rest.split_once("\"##").expect("the string ends");
    [before, policy, after]
}

/// The printed test in a maintainer's crate: it compiles, and a verifier that is right passes it.
mod pasted {
    use token_assay::strawman::Sound as MyVerifier;

    include!("golden/as-test.rs");
}

#[test]
fn a_regression_is_a_file_that_can_be_replayed() {
    let (place, finding) = found();
    let said = place.assay(format!("replay {} --save-regression accepts-none", finding.fingerprint.0)).ended(0);
    let path = said.out.trim_end();
    assert_eq!(path, "assay-regressions/accepts-none.json");
    assert!(place.assay(format!("replay {path}")).ended(1).out.starts_with("STILL "));
    let kept: Finding = serde_json::from_str(&place.read(path)).expect("a finding");
    assert_eq!((kept.input, kept.policy, kept.case), (finding.input, finding.policy, finding.case));
    let wrong = format!("replay {} --save-regression ../up", finding.fingerprint);
    place.assay(wrong).ended(2).with_error("`../up` is no name", "", "lower-case words");
    place.assay("replay --save-regression all").ended(2).with_error("keeps one finding", "", "fingerprint");
    assert_eq!(fs::read_dir(place.path("assay-regressions")).expect("it was made").count(), 1);
}

#[test]
fn a_finding_of_a_target_without_a_clock_is_dated_anew() {
    let place = Place::new();
    let shim = "while IFS= read -r line; do case \"$line\" in *start*) printf '%s\\n' \
                '{\"protocol\":1,\"target\":{\"name\":\"a\",\"version\":\"1\",\"language\":\"sh\"},\"supports\":[\"HS256\",\"secret\"]}';; \
                *) seq=${line#*\\\"seq\\\":}; printf '{\"seq\":%s,\"verdict\":\"accept\",\"claims\":{}}\\n' \"${seq%%,*}\";; esac; done";
    place.write("shim.sh", shim);
    place.write("assay.toml", "[[target]]\nname = \"a\"\ncommand = [\"sh\", \"shim.sh\"]\n");
    place.assay("run -t strawman-allows-none none-empty-sig/pinned-hs256 -q").ended(1);
    let finding = place.report().findings.remove(0);
    place.write("old.json", with_target(&finding, "a"));
    let said = place.assay("replay old.json").ended(1);
    assert!(said.out.starts_with("STILL ") && said.out.contains("dated anew"), "{}", said.out);
}

#[test]
fn a_cost_is_weighed_again_when_it_is_replayed_and_told_once_in_the_log() {
    let place = Place::new();
    place.assay("run -t strawman-quadratic-escapes hdr-quadratic-escape -q").ended(1);
    let report = place.report();
    let told = place.events().iter().filter(|event| event["event"] == "judged").count();
    assert_eq!(told, report.cases.len());
    let finding = &report.findings[0];
    assert!(place.assay(format!("replay {}", finding.fingerprint)).ended(1).out.starts_with("STILL "));
    place.write("linear.json", with_target(finding, "sound"));
    assert!(place.assay("replay linear.json").ended(0).out.starts_with("FIXED "));
}

#[test]
fn a_finding_about_cookies_is_replayed_kept_and_made_a_test() {
    let place = Place::new();
    place.assay("run -t strawman-splits-at-commas hdr-sep-comma -q").ended(1);
    let finding = place.report().findings.remove(0);
    let said = place.assay(format!("replay {} --save-regression comma", finding.fingerprint)).ended(0);
    assert!(place.assay(format!("replay {}", said.out.trim_end())).ended(1).out.starts_with("STILL "));
    let test = place.assay(format!("replay {} --as-test", finding.fingerprint)).ended(0).out;
    assert!(test.contains("serde_json::from_str::<Input>(r##\"{\"cookie\":{\"header\":"), "{test}");
    assert!(test.contains(".admits(&verdict)"), "{test}");
    place.assay("run -t strawman-splits-at-commas regression -q").ended(1);
    assert!(place.report().findings.iter().any(|finding| finding.case.family() == "regression"));
}
