//! What each format promises beyond its bytes.

use serde_json::{Map, Value, json};
use token_assay_model::report::Timing;
use token_assay_model::{CaseId, CookieHeader, Input, Level, Outcome, Pair, Report, Severity, Verdict, cookie};
use token_assay_report::{Format, Options, finding_line, read};

use crate::fixture;

fn text(format: Format, report: &Report) -> String {
    String::from_utf8(format.render(report, &Options::default())).expect("every format is UTF-8")
}

/// Without the line breaks of a terminal.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn badge(report: &Report) -> (String, String) {
    let badge: Value = serde_json::from_str(&text(Format::Badge, report)).expect("a badge is JSON");
    let member = |name: &str| badge[name].as_str().expect("a string").to_owned();
    (member("message"), member("color"))
}

fn with(report: &Report, change: impl FnOnce(&mut Report)) -> Report {
    let mut report = report.clone();
    change(&mut report);
    report
}

#[test]
fn a_badge_is_green_only_where_nothing_is_left_open() {
    let sound = fixture::sound();
    let told = |change: fn(&mut Report)| badge(&with(&sound, change));
    let said = |message: &str, color: &str| (message.to_owned(), color.to_owned());
    let first = |report: &mut Report, outcome, answer: &str| {
        let result = report.cases[0].results.get_mut("lib-a").expect("the fixture has it");
        result.outcome = outcome;
        answer.clone_into(&mut result.answer);
    };
    assert_eq!(badge(&sound), said("0 of 4", "brightgreen"));
    assert_eq!(told(|report| report.run.complete = false), said("incomplete", "lightgrey"));
    assert_eq!(told(|report| report.cases.clear()), said("nothing tried", "lightgrey"));
    assert_eq!(told(|report| report.targets[0].unusable = Some(String::new())), said("inconclusive", "lightgrey"));
    let first_is = |outcome, answer| badge(&with(&sound, |report| first(report, outcome, answer)));
    assert_eq!(first_is(Outcome::Inconclusive, "reject (key)"), said("inconclusive", "lightgrey"));
    assert_eq!(first_is(Outcome::Skip, "ES256"), said("0 of 3", "brightgreen"));
    assert_eq!(first_is(Outcome::Fail, "crash: gone"), said("0 of 3", "brightgreen"));
    assert_eq!(first_is(Outcome::Fail, "accept"), said("1 of 4", "red"));
    assert_eq!(first_is(Outcome::Known, "accept"), said("1 of 4", "red"));
}

#[test]
fn a_forgery_that_was_accepted_is_red_even_in_a_run_that_stopped() {
    assert_eq!(badge(&fixture::stopped()), ("4 of 8".to_owned(), "red".to_owned()));
}

#[test]
fn a_case_that_may_be_read_either_way_is_no_forgery() {
    let lenient = with(&fixture::sound(), |report| {
        report.cases[0].expected = "reject, or the last of the two".to_owned();
        report.cases[1].expected = "either".to_owned();
    });
    assert_eq!(badge(&lenient).0, "nothing tried");
}

#[test]
fn claims_as_deep_as_a_verifier_can_hand_on_are_read_back() {
    let deepest = (0..126).fold(json!(1), |value, _| json!([value]));
    let report = with(&fixture::complete(), |report| {
        report.findings[0].observed = Verdict::accept(Map::from_iter([("deep".to_owned(), deepest)])).into();
    });
    assert_eq!(read(text(Format::Json, &report).as_bytes()), Ok(report));
}

#[test]
fn junit_loses_neither_a_finding_of_no_listed_case_nor_a_case_without_a_result() {
    let report = with(&fixture::stopped(), |report| {
        report.findings[0].case = CaseId::new("control", "tampered", "pinned-rs256");
        report.findings[7].case = CaseId::new("control", "permuted", "pinned-rs256");
    });
    let junit = text(Format::Junit, &report);
    assert!(junit.contains(r#"<testcase name="control/tampered/pinned-rs256" classname="control">"#), "{junit}");
    assert!(junit.contains(r#"<testcase name="control/permuted/pinned-rs256" classname="control">"#), "{junit}");
    assert!(junit.contains(r#"message="inconclusive: there is no result: the run stopped before""#), "{junit}");
}

#[test]
fn junit_says_nothing_of_what_a_target_does_not_deal_in() {
    let report = with(&fixture::complete(), |report| {
        for case in &mut report.cases {
            case.results.remove("lib-c");
        }
        report.findings.retain(|finding| finding.target != "lib-c");
    });
    let junit = text(Format::Junit, &report);
    let suite = junit.split("<testsuite ").nth(3).expect("lib-c is the third target");
    assert!(suite.starts_with("name=\"lib-c ") && suite.contains(r#"tests="0""#), "{suite}");
    assert!(!junit.contains("the run stopped before"), "{junit}");
}

#[test]
fn junit_tells_of_an_unusable_target_once() {
    let report = with(&fixture::complete(), |report| {
        for case in &mut report.cases {
            let result = case.results.get_mut("lib-c").expect("the fixture has it");
            result.outcome = Outcome::Inconclusive;
        }
        report.findings.retain(|finding| finding.target != "lib-c");
        report.targets[2].unusable = Some("it refused the valid token of every policy".to_owned());
    });
    let junit = text(Format::Junit, &report);
    let suite = junit.split("<testsuite ").nth(3).expect("lib-c is the third target");
    assert!(suite.starts_with("name=\"lib-c "), "{suite}");
    assert!(suite.contains(r#"tests="1" skipped="0" errors="1" failures="0""#), "{suite}");
}

#[test]
fn a_suppressed_result_does_not_hide_the_one_that_counts() {
    let report = with(&fixture::complete(), |report| {
        let mut known = report.findings[0].clone();
        known.outcome = Outcome::Known;
        report.findings.push(known);
    });
    let log: Value = serde_json::from_str(&text(Format::Sarif, &report)).expect("SARIF is JSON");
    let results = log["runs"][0]["results"].as_array().expect("results");
    let twice: Vec<_> =
        results.iter().filter(|result| result["partialFingerprints"]["assay/v1"] == "7f3a91c2").collect();
    assert_eq!(twice.len(), 2);
    let hash = |suppressed: bool| {
        let result = twice.iter().find(|result| result["suppressions"].is_array() == suppressed).expect("one of each");
        result["partialFingerprints"]["primaryLocationLineHash"].as_str().expect("a string").to_owned()
    };
    assert_eq!((hash(false), hash(true)), ("7f3a91c2:1".to_owned(), "7f3a91c2:2".to_owned()));
}

#[test]
fn a_page_holds_no_more_than_a_step_summary_and_says_what_it_left_out() {
    let report = with(&fixture::complete(), |report| {
        let worst = report.findings[0].clone();
        report.findings.extend(std::iter::repeat_n(worst, 5000));
    });
    let page = text(Format::Markdown, &report);
    assert!(page.len() <= 1 << 20 && page.len() > 1 << 19, "{} octets", page.len());
    assert_eq!(page.matches("<details>").count(), page.matches("</details>").count());
    assert!(page.contains(" findings left out: a step summary holds no more."));
    assert!(page.contains("1 known failure left out"));
}

#[test]
fn a_page_keeps_its_limit_with_more_targets_than_it_can_list() {
    let report = with(&fixture::complete(), |report| {
        let many = (0..20_000).map(|number| {
            let mut target = report.targets[2].clone();
            target.info.name = format!("lib-{number}");
            target
        });
        report.targets = many.collect();
    });
    let page = text(Format::Markdown, &report);
    assert!(page.len() <= 1 << 20, "{} octets", page.len());
    assert!(page.contains(" targets left out"));
}

#[test]
fn findings_beyond_the_wanted_number_are_counted_and_said_where_to_see() {
    let options = Options { max_findings: 2, ..fixture::options() };
    let text = String::from_utf8(Format::Terminal.render(&fixture::complete(), &options)).expect("text");
    assert!(text.contains("… 5 more findings: all are in assay-report/report.json\n"), "{text}");
    assert_eq!(text.matches("  explain   assay explain").count(), 2);
}

#[test]
fn what_the_time_of_refusals_tells_is_a_note_with_its_t_and_fails_nothing() {
    let timed = |t| {
        with(&fixture::sound(), |report| {
            let timing = Timing { samples: 40_000, t, nearly_right_nanoseconds: 3060, wrong_nanoseconds: 3000 };
            report.targets[0].timing = Some(timing);
        })
    };
    let report = timed(23.456);
    let gate = |report: &Report| report.exit_code(Severity::Low, Level::May, true);
    assert_eq!(gate(&report), gate(&fixture::sound()));
    for format in [Format::Terminal, Format::Markdown] {
        let text = words(&text(format, &report));
        let said = text.contains("differs in time between MACs") && text.contains("t = 23.5 over 40000 refusals");
        assert!(said && text.contains("a note, no verdict"), "{text}");
    }
    let terminal = |t| words(&text(Format::Terminal, &timed(t)));
    let json: Value = serde_json::from_str(&text(Format::Json, &report)).expect("a report is JSON");
    assert_eq!(json["targets"][0]["timing"]["t"], json!(23.456));
    assert!(terminal(-3.0).contains("shows no difference in time"));
    assert!(terminal(-7.0).contains("may differ in time"));
}

#[test]
fn nothing_tried_is_not_called_right() {
    let report = with(&fixture::sound(), |report| report.cases.clear());
    assert!(text(Format::Terminal, &report).ends_with("? nothing is proven · 0 cases · seed 24301 · 1.5 s\n"));
}

#[test]
fn one_line_tells_a_finding() {
    assert_eq!(
        finding_line(&fixture::complete().findings[0]),
        "✗ CRITICAL  lib-a  alg-none/none-empty-sig/pinned-rs256  expected reject (algorithm), observed accept  [7f3a91c2]"
    );
}

/// A header and what was read of it hold octets that no terminal and no browser may take for its own.
#[test]
fn cookies_are_shown_octet_by_octet_and_readers_side_by_side() {
    let read =
        |name: &[u8], value: &[u8]| Verdict::Accept { claims: cookie::claims(&[Pair::new(name, value)]), header: None };
    let report = with(&fixture::stopped(), |report| {
        let finding = &mut report.findings[0];
        finding.case = CaseId::new("cookie-header", "hdr-sep-comma", "session");
        finding.input = Input::Cookie(CookieHeader::line(&b"x=\xe9\x1b[2J\"<script>,sid=B"[..]));
        finding.observed = read(b"sid", b"B\x1b[2J<script>\xff").into();
        finding.others = vec![
            ("lib-b".to_owned(), read(b"x", b"1").into()),
            ("lib-c".to_owned(), read(b"x", b"1").into()),
            ("dead".to_owned(), Verdict::reject(None, "").into()),
        ];
        report
            .cases
            .iter_mut()
            .for_each(|case| case.id = CaseId::new("cookie-header", "hdr-sep-comma", case.id.variant()));
    });
    let terminal = text(Format::Terminal, &report);
    for shown in [
        r#"cookie    x=\xe9\u{1b}[2J"<script>,sid=B (22 bytes)"#,
        r"read in 0.4 ms: sid=B\u{1b}[2J<script>\xff",
        "others    dead reject · lib-b, lib-c read x=1",
        "1 lib-a · 2 lib-b · 3 lib-c · 4 dead",
        "cookie-header/hdr-sep-comma  ✗ ✗ ✗",
    ] {
        assert!(terminal.contains(shown), "{shown}\n{terminal}");
    }
    assert!(finding_line(&report.findings[0]).contains(r"observed read sid=B\u{1b}[2J<script>\xff  ["));
    assert!(!terminal.contains('\x1b'));
    let markdown = text(Format::Markdown, &report);
    assert!(markdown.contains("| cookie-header/hdr-sep-comma | ✗ | ✗ | ✗ |  |"), "{markdown}");
}
