//! What a comparison says, and in which order.

use token_assay_model::{CaseId, Outcome, Report};
use token_assay_report::{Bearing, Diff};

use crate::fixture;

fn answer(report: &mut Report, case: usize, target: &str, outcome: Outcome, answer: &str) {
    let result = report.cases[case].results.get_mut(target).expect("the fixture has it");
    result.outcome = outcome;
    answer.clone_into(&mut result.answer);
}

fn told(old: &Report, new: &Report) -> Vec<(Bearing, String, String)> {
    let diff = Diff::new(old, new);
    diff.changed.iter().map(|change| (change.bearing, change.target.to_owned(), change.case.to_string())).collect()
}

#[test]
fn a_report_does_not_differ_from_itself() {
    let report = fixture::complete();
    let diff = Diff::new(&report, &report);
    assert!(diff.is_empty() && !diff.is_worse());
    assert_eq!(diff.text(&fixture::options()), "no verdict changed\n");
    assert_eq!(diff.markdown(), "## no verdict changed\n");
}

#[test]
fn a_forgery_that_is_now_accepted_comes_first() {
    let old = fixture::complete();
    let mut new = old.clone();
    answer(&mut new, 0, "lib-a", Outcome::Pass, "reject (algorithm)");
    answer(&mut new, 2, "lib-a", Outcome::Fail, "crash: gone");
    answer(&mut new, 4, "lib-a", Outcome::Fail, "reject (key)");
    answer(&mut new, 5, "lib-b", Outcome::Skip, "audience");
    answer(&mut new, 1, "lib-c", Outcome::Fail, "accept");
    answer(&mut new, 5, "lib-a", Outcome::Pass, "reject (audience)");
    let bearings: Vec<_> = told(&old, &new).into_iter().map(|(bearing, ..)| bearing).collect();
    assert_eq!(bearings, Bearing::ALL);
    assert!(Diff::new(&old, &new).is_worse());
}

#[test]
fn another_reason_is_no_other_verdict() {
    let old = fixture::complete();
    let mut new = old.clone();
    answer(&mut new, 0, "lib-b", Outcome::Pass, "reject (other)");
    answer(&mut new, 4, "lib-c", Outcome::Inconclusive, "its control failed in another way");
    assert_eq!(told(&old, &new), []);
}

#[test]
fn a_known_forgery_is_told_as_one_when_it_is_new() {
    let old = fixture::complete();
    let mut new = old.clone();
    answer(&mut new, 0, "lib-c", Outcome::Known, "accept");
    assert_eq!(told(&old, &new)[0].0, Bearing::Forgery);
}

#[test]
fn a_finding_is_fixed_only_where_its_cases_were_tried_again_and_passed() {
    let old = fixture::complete();
    let mut new = old.clone();
    new.findings.retain(|finding| !["lib-a", "lib-c"].contains(&finding.target.as_str()));
    for case in [0, 1] {
        answer(&mut new, case, "lib-a", Outcome::Pass, "reject (algorithm)");
    }
    answer(&mut new, 2, "lib-c", Outcome::Inconclusive, "its control failed");
    let diff = Diff::new(&old, &new);
    let fingerprints = |findings: &[&token_assay_model::Finding]| -> Vec<String> {
        findings.iter().map(|finding| finding.fingerprint.0.clone()).collect()
    };
    assert_eq!(fingerprints(&diff.fixed_findings), ["7f3a91c2"]);
    assert_eq!(fingerprints(&diff.untried_findings), ["00c0ffee"]);
    assert_eq!(
        fingerprints(&Diff::new(&new, &old).new_findings),
        ["7f3a91c2", "00c0ffee", "0badf00f", "0badf00d", "9a7ba9e5"]
    );
}

#[test]
fn cases_targets_and_versions_that_come_and_go_are_told_apart() {
    let old = fixture::complete();
    let mut new = old.clone();
    new.cases[0].id = CaseId::new("alg-none", "none-empty-sig", "pinned-ps256");
    new.targets[0].info.version = "1.5.0".to_owned();
    new.targets[3].info.name = "alive".to_owned();
    let diff = Diff::new(&old, &new);
    assert_eq!(diff.new_cases, [&new.cases[0].id]);
    assert_eq!(diff.gone_cases, [&old.cases[0].id]);
    assert_eq!((diff.new_targets, diff.gone_targets), (vec!["alive"], vec!["dead"]));
    assert_eq!(diff.versions, [("lib-a", "1.4.0", "1.5.0")]);
}
