//! Targets that fall over, hang or talk nonsense, and runs that are cut short: the rest goes on, and what was found stays.

use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use token_assay_model::{Oracle, Outcome, Report};

use crate::support::{Place, cases, ended, shim, signal};

/// The request of one case of the class: the only one with an unsigned token under this allow-list.
const ONE: &str = r#"*eyJhbGciOiJub25l*'"algorithms":["HS512"]'*"#;
const CASE: &str = "alg-none/none-empty-sig/pinned-hs512";

/// Runs a class against a target that does this with one of its cases, and against the sound verifier.
#[track_caller]
fn one_case_is_charged(instead: &str, observed: &str) {
    let place = Place::new();
    let config = shim(&place, "lib", "sound", ONE, instead);
    place.write("assay.toml", config);
    let said = place.assay("run -t lib -t sound none-empty-sig --timeout 1s").ended(1);
    let report = place.report();
    assert_eq!(cases(&report, "lib", Outcome::Fail), [CASE], "{}", said.err);
    assert_eq!(cases(&report, "lib", Outcome::Pass).len(), report.cases.len() - 1);
    assert_eq!(cases(&report, "sound", Outcome::Pass).len(), report.cases.len());
    assert_eq!(report.findings.len(), 1);
    let finding = &report.findings[0];
    assert_eq!((finding.oracle, finding.case.as_str()), (Oracle::Robustness, CASE));
    assert!(finding.observed.to_string().starts_with(observed), "{}", finding.observed);
    assert!(report.run.complete && report.targets[0].unusable.is_none());
    let again = place.assay("replay --timeout 1s").ended(1);
    assert!(again.out.starts_with("STILL "), "{}", again.out);
}

#[test]
fn a_target_that_reports_a_panic_costs_one_case() {
    one_case_is_charged(
        r#"printf '{"seq":%s,"fault":"index out of bounds"}\n' "$seq"; continue"#,
        "panic: index out of bounds",
    );
}

#[test]
fn a_target_that_ends_costs_one_case_and_its_last_words_are_kept() {
    one_case_is_charged("echo 'stack overflow' >&2; exit 9", "crash: exit status: 9; stack overflow");
}

#[test]
fn a_target_that_is_killed_costs_one_case() {
    one_case_is_charged("kill -SEGV $$", "crash: signal: 11");
}

#[test]
fn a_target_that_hangs_costs_one_case() {
    one_case_is_charged("exec sleep 20", "hang: no answer within 1000 ms");
}

#[test]
fn a_target_that_answers_nonsense_costs_one_case() {
    one_case_is_charged(
        "echo 'Traceback (most recent call last):'; continue",
        "garbage: a line that is no answer: Traceback",
    );
    one_case_is_charged(r#"echo '{"seq":999999,"verdict":"reject"}'; continue"#, "garbage: an answer to 999999");
    one_case_is_charged(
        r#"printf '{"seq":%s,"verdict":"perhaps"}\n' "$seq"; continue"#,
        "garbage: no such verdict: perhaps",
    );
    one_case_is_charged(
        r#"printf '{"seq":%s,"verdict":"accept"}\n' "$seq"; continue"#,
        "garbage: an accept without claims",
    );
}

#[test]
fn a_strawman_that_panics_or_loops_does_not_take_the_run_down() {
    let place = Place::new();
    let run = "run -t strawman-panics -t sound alg-none/none-empty-sig/pinned";
    let said = place.assay(run).ended(3);
    assert!(said.out.contains("strawman-panics 0.1.0 could not be tried: it refused the valid token"), "{}", said.out);
    let report = place.report();
    assert_eq!(cases(&report, "sound", Outcome::Pass).len(), report.cases.len());
    assert!(report.findings.iter().all(|finding| finding.target == "strawman-panics"));
    let slow = "run -t strawman-slow -t sound none-empty-sig/pinned-hs256 --timeout 300ms";
    place.assay(slow).ended(3);
    assert_eq!(cases(&place.report(), "sound", Outcome::Pass).len(), 1);
}

#[test]
fn a_target_that_cannot_be_tried_is_3_and_says_why() {
    let place = Place::new();
    let hello = r#"'{"protocol":1,"target":{"name":"a","version":"1","language":"sh"},"supports":["HS256","secret"]}'"#;
    let broken = [
        ("[\"/nonexistent/shim\"]".to_owned(), "`/nonexistent/shim` could not be started"),
        ("[]".to_owned(), "the command is empty"),
        (
            "[\"sh\", \"-c\", \"echo no such module >&2; exit 7\"]".to_owned(),
            "it ended before its hello: exit status: 7; no such module",
        ),
        ("[\"sh\", \"-c\", \"echo hello; cat\"]".to_owned(), "its first line is no hello but `hello`"),
        (
            format!("[\"sh\", \"-c\", '''echo {}; cat''']", hello.replace("\"protocol\":1", "\"protocol\":9")),
            "it speaks protocol 9, not 1",
        ),
        (
            format!("[\"sh\", \"-c\", '''echo {hello}; exit 0''']"),
            "every policy, the first with: crash: exit status: 0",
        ),
    ];
    for (command, why) in broken {
        place.write("assay.toml", format!("[[target]]\nname = \"lib\"\ncommand = {command}\n"));
        let said = place.assay("run -t lib -t sound none-empty-sig").ended(3);
        assert!(
            said.out.contains("lib could not be tried") || said.out.contains("lib 1 could not be tried"),
            "{}",
            said.out
        );
        let report = place.report();
        let unusable = report.targets[0].unusable.as_deref().unwrap_or_default();
        assert!(unusable.contains(why), "{command}: {unusable}");
        assert_eq!(cases(&report, "sound", Outcome::Pass).len(), report.cases.len(), "the others are tried");
    }
}

#[test]
fn a_target_that_refuses_everything_proves_nothing() {
    let place = Place::new();
    let said = place.assay("run -t strawman-refuses-all none-empty-sig").ended(3);
    assert!(said.out.contains("it refused the valid token of every policy"), "{}", said.out);
    let report = place.report();
    assert_eq!(cases(&report, "strawman-refuses-all", Outcome::Inconclusive).len(), report.cases.len());
    assert!(!said.out.contains("✓ no findings"), "{}", said.out);
}

#[test]
fn a_target_that_skips_the_whole_selection_is_no_green_run() {
    let place = Place::new();
    let hello = r#"{"protocol":1,"target":{"name":"a","version":"1","language":"sh"},"supports":["ES256K"]}"#;
    place.write("shim.sh", format!("read -r line; echo '{hello}'; cat >/dev/null\n"));
    place.write("assay.toml", "[[target]]\nname = \"lib\"\ncommand = [\"sh\", \"shim.sh\"]\n");
    let said = place.assay("run -t lib none-empty-sig/pinned-hs256").ended(4);
    assert!(said.out.contains("HS256 (1)"), "{}", said.out);
    assert_eq!(cases(&place.report(), "lib", Outcome::Skip).len(), 1);
    place.assay("run -t lib -t sound none-empty-sig/pinned-hs256").ended(0);
}

/// A run of a target that takes its time and is wrong at once, and the child once its first finding is on disk.
fn started(place: &Place) -> Child {
    let config = shim(place, "lib", "strawman-allows-none", "*", "sleep 0.05");
    place.write("assay.toml", config);
    let mut command = place.command("run -t lib none-empty-sig none-case-permutations");
    let child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary was built for this test");
    let since = Instant::now();
    while !std::fs::read_to_string(place.path("assay-report/events.ndjson")).is_ok_and(|log| log.contains("\"found\""))
    {
        assert!(since.elapsed() < Duration::from_secs(60), "no finding in a minute");
        sleep(Duration::from_millis(20));
    }
    child
}

#[test]
fn time_that_is_over_ends_the_run_as_incomplete() {
    let place = Place::new();
    let config = shim(&place, "lib", "sound", "*", "sleep 0.05");
    place.write("assay.toml", config);
    let said = place.assay("run -t lib -t sound alg-none -j 1 --max-time 500ms").ended(130);
    assert!(said.out.contains("the time given by --max-time was over"), "{}", said.out);
    let report = place.report();
    assert!(!report.run.complete && report.run.milliseconds < 20_000, "{}", report.run.milliseconds);
    assert!(cases(&report, "lib", Outcome::Inconclusive).len() > report.cases.len() / 2);
}

#[test]
fn an_interrupt_ends_the_run_with_130_and_a_report_marked_incomplete() {
    let place = Place::new();
    let child = started(&place);
    signal(&child, "INT");
    let said = ended(child).ended(130);
    assert!(said.out.contains("not a complete run") && said.out.contains("interrupted"), "{}", said.out);
    let report = place.report();
    assert!(!report.run.complete);
    assert_eq!(report.run.stopped.as_deref(), Some("interrupted"));
    assert!(!report.findings.is_empty());
    assert!(!cases(&report, "lib", Outcome::Inconclusive).is_empty());
    let footer = place.events().pop().expect("a footer");
    assert_eq!((&footer["event"], &footer["complete"]), (&"finished".into(), &false.into()));
    assert!(place.assay("report").ended(0).out.contains("not a complete run"));
}

/// A run takes some hundred milliseconds: some are killed before their first case, some have ended before.
#[test]
fn a_run_that_is_killed_at_any_moment_leaves_a_report_that_says_so() {
    let place = Place::new();
    let (mut none, mut some, mut whole) = (0, 0, 0);
    for moment in 0..50_u64 {
        let _ = std::fs::remove_dir_all(place.path("assay-report"));
        let mut command = place.command("run -t sound -t strawman-allows-none alg-none time/exp-past");
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it was built for this test");
        // In no order, closest where most happens.
        sleep(Duration::from_millis(5 + moment * 37 % 50 * (moment % 5) * 2));
        signal(&child, "KILL");
        let killed = ended(child).code == -1;
        let said = place.assay("report --format json");
        if said.code == 2 {
            none += 1;
            assert!(said.err.contains("there is no report"), "{}", said.err);
            continue;
        }
        let report: Report = serde_json::from_str(&said.ended(0).out).expect("a whole document");
        if report.run.complete {
            assert!(place.path("assay-report/report.json").exists());
            whole += 1;
        } else {
            assert!(killed);
            assert_eq!(report.run.stopped.as_deref(), Some("it did not end"));
            assert!(!report.cases.is_empty() && !report.classes.is_empty());
            some += 1;
        }
    }
    println!("{none} left none, {some} as far as they went, {whole} had ended");
    assert!(some > 0, "no run was killed at work: {none} before, {whole} after");
}

#[test]
fn what_was_found_before_a_kill_is_on_disk_and_can_be_replayed() {
    let place = Place::new();
    let child = started(&place);
    signal(&child, "KILL");
    ended(child).ended(-1);
    let log = place.read("assay-report/events.ndjson");
    assert!(!log.contains("\"finished\""), "a log without a footer is not whole");
    assert!(!place.path("assay-report/report.json").exists());
    for arguments in ["report", "report assay-report", "report assay-report/report.json"] {
        let said = place.assay(arguments).ended(0);
        assert!(said.out.contains("not a complete run") && said.out.contains("it did not end"), "{}", said.out);
    }
    let report: Report = serde_json::from_str(&place.assay("report --format json").ended(0).out).expect("a report");
    assert!(!report.run.complete);
    assert!(!report.findings.is_empty() && report.findings.iter().all(|finding| finding.target == "lib"));
    assert!(!cases(&report, "lib", Outcome::Fail).is_empty());
    assert_eq!(report.targets[0].outcomes[&Outcome::Fail], cases(&report, "lib", Outcome::Fail).len() as u64);
    place.assay("diff assay-report assay-report").ended(0);
    let said = place.assay("replay --from assay-report/events.ndjson").ended(1);
    assert!(said.out.starts_with("STILL "), "{}", said.out);
    // The last line of a log may be cut off.
    place.write("cut.ndjson", format!("{log}{{\"event\":\"found\",\"find"));
    place.assay("replay --from cut.ndjson").ended(1);
    // The next run in the same folder starts afresh.
    place.assay("run -t sound none-empty-sig").ended(0);
    assert!(place.read("assay-report/events.ndjson").contains("\"finished\""));
}
