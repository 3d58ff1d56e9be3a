//! What the page says of a report, and what it never does.

use std::sync::Arc;

use token_assay_model::{CookiePolicy, Finding, Fingerprint, Octets, Outcome, Policy, Report, wire};
use token_assay_report::{Format, Options};

use crate::browser::large;
use crate::fixture;
use crate::hostile::foreign_html;

fn page(report: &Report) -> String {
    String::from_utf8(Format::Html.render(report, &Options::default())).expect("a page is text")
}

fn data(page: &str) -> serde_json::Value {
    let data = page.split_once("id=\"data\">").and_then(|(_, rest)| rest.split_once("</script>")).expect("it has data");
    serde_json::from_str(data.0).expect("JSON")
}

#[test]
fn a_page_permits_nothing_but_its_own_style_and_script() {
    let page = page(&fixture::complete());
    let policy = page.split("Content-Security-Policy\" content=\"").nth(1).and_then(|rest| rest.split('"').next());
    let policy = policy.expect("it has one").replace("&#39;", "'");
    let parts: Vec<&str> = policy.split("; ").collect();
    assert_eq!(parts[0], "default-src 'none'");
    assert!(parts[1].starts_with("script-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(parts[3..], ["base-uri 'none'", "form-action 'none'"]);
}

#[test]
fn what_a_target_or_a_token_says_is_text() {
    let mut report = fixture::complete();
    let harm = "</script><img src=x onerror=alert(1)>\u{202e}";
    report.targets[0].info.name = harm.to_owned();
    report.findings[0].target = harm.to_owned();
    report.findings[0].title = "</noscript><script>alert(1)</script>".to_owned();
    report.findings[0].fingerprint = Fingerprint("\"><script>".to_owned());
    let page = page(&report);
    assert_eq!(foreign_html(&page), Vec::<String>::new());
    assert!(page.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;<b class=\"u\">U+202E</b>"));
    assert_eq!(data(&page)["targets"][0][0], "</script><img src=x onerror=alert(1)>⟨U+202E⟩");
}

#[test]
fn foreign_elements_are_seen() {
    let page = page(&fixture::sound());
    for (ours, foreign) in
        [("<h3>", "<h3><img src=\"x\">"), ("<h3>", "<h3 onclick=\"x\">"), ("<h3>", "<h3><script></script>")]
    {
        assert_ne!(foreign_html(&page.replacen(ours, foreign, 1)), Vec::<String>::new(), "{foreign}");
    }
}

#[test]
fn the_worst_disagreement_is_the_first_row_and_what_passes_everywhere_the_last() {
    let data = data(&page(&fixture::complete()));
    let ids: Vec<&str> = data["classes"].as_array().expect("rows").iter().filter_map(|row| row[1].as_str()).collect();
    assert_eq!(ids[0], "alg-none/none-empty-sig");
    let flags = |at: usize| data["classes"][at][9].as_u64().expect("flags");
    assert!(flags(0) & 64 != 0, "it is wrong somewhere");
    let first_passing = (0..ids.len()).find(|at| flags(*at) & 32 != 0).unwrap_or(ids.len());
    assert!((first_passing..ids.len()).all(|at| flags(at) & 32 != 0), "{ids:?}");
}

#[test]
fn a_report_that_was_stopped_says_so_and_proves_nothing() {
    assert!(page(&fixture::stopped()).contains("role=\"alert\">? This is not a complete run"));
    assert!(!page(&fixture::complete()).contains("not a complete run"));
    let mut nothing = fixture::sound();
    nothing.run.complete = false;
    assert!(page(&nothing).contains("Nothing is proven"));
}

#[test]
fn a_baseline_says_what_is_new_and_what_is_gone() {
    let (mut report, mut earlier) = (fixture::complete(), fixture::complete());
    earlier.run.started = "2026-11-01T00:00:00Z".to_owned();
    earlier.findings[0].fingerprint = Fingerprint("0123abcd".to_owned());
    // What the baseline itself had been compared with is older still.
    let mut oldest = earlier.clone();
    oldest.run.started = "2026-10-01T00:00:00Z".to_owned();
    oldest.findings.truncate(2);
    earlier.compare_with(&oldest);
    report.compare_with(&earlier);
    let is_new = |finding: &&Finding| report.is_new(finding);
    assert_eq!(report.findings.iter().filter(is_new).map(|f| &f.fingerprint.0).collect::<Vec<_>>(), ["7f3a91c2"]);
    assert_eq!(
        report.baseline.as_ref().map(|baseline| baseline.gone.clone()),
        Some(vec![Fingerprint("0123abcd".to_owned())])
    );
    assert_eq!(report.seen(&report.findings[1]), "2026-10-01T00:00:00Z");
    assert_eq!(report.seen(&report.findings[2]), "2026-11-01T00:00:00Z");
    let page = page(&report);
    assert!(page.contains("1 finding new, 1 finding not found again"));
    assert_eq!(page.matches("new since the baseline").count(), 1 + 1, "one finding, and the words of the script");
}

#[test]
fn a_finding_holds_what_was_asked_and_answered_as_it_stands_in_the_protocol() {
    let mut report = fixture::complete();
    // What is harmful in it is marked on the page, and no JSON any more.
    let cookie = CookiePolicy { secrets: vec![Octets(b"never".to_vec())], ..CookiePolicy::default() };
    let policy =
        Policy { audience: vec!["api".to_owned()], cookie: Some(cookie), ..(*report.findings[0].policy).clone() };
    report.findings[0].policy = Arc::new(policy);
    let page = page(&report).replace("&quot;", "\"");
    let lines = |start: &str| -> Vec<String> {
        let pres = page.split("data-copy>").skip(1).map(|rest| rest.split_once("</pre>").expect("it ends").0);
        pres.filter(|line| line.starts_with(start)).map(str::to_owned).collect()
    };
    let asked: Vec<serde_json::Value> =
        lines("{\"cmd\":").iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let token = &asked[0];
    assert_eq!((&token["cmd"], &token["seq"]), (&"verify".into(), &1.into()));
    assert_eq!(token["input"], serde_json::to_value(&report.findings[0].input).expect("an input is JSON"));
    let policy = &token["policy"];
    assert_eq!((&policy["audience"], &policy["leeway"]), (&"api".into(), &30.into()));
    assert_eq!((&policy["keys"], &policy["cookie"]["secrets"]), (&"left out".into(), &"left out".into()));
    let answered: Vec<wire::Reply> =
        lines("{\"seq\":").iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert!(answered.iter().any(|reply| reply.clone().answer() == report.findings[0].observed), "{answered:?}");
    // Who hung has answered nothing.
    assert!(page.contains("data-copy>nothing that can be read: hang: no answer in 2 s</pre>"), "{page}");
}

#[test]
fn a_large_report_is_a_page_of_some_megabytes_and_of_a_huge_one_the_cases_are_left_out() {
    let page_of = page(&large(4000, 30));
    assert!(page_of.len() < 8_000_000, "{}", page_of.len());
    assert_eq!(data(&page_of)["cases_left_out"], false);
    let mut report = large(1000, 30);
    let cases = report.cases.clone();
    for _ in 0..59 {
        report.cases.extend(cases.clone());
    }
    let page_of = page(&report);
    assert!(page_of.len() < 4_000_000, "{}", page_of.len());
    assert_eq!(data(&page_of)["cases_left_out"], true);
}

#[test]
fn findings_beyond_what_a_page_holds_are_counted() {
    let mut report = fixture::complete();
    let finding =
        report.findings.iter().find(|finding| finding.outcome == Outcome::Fail).expect("there is one").clone();
    report
        .findings
        .extend((0..2500).map(|at| Finding { fingerprint: Fingerprint(format!("{at:08}")), ..finding.clone() }));
    assert!(page(&report).contains("508 more findings have no section of their own here"));
}
