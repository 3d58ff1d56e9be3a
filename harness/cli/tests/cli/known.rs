//! Failures that are known: listed with a reason, counted, and no failure of the run.

use token_assay_model::Outcome;

use crate::support::{Place, cases};

const RUN: &str = "run -t strawman-allows-none none-empty-sig";
const ENTRY: &str = "[[known]]\ntarget = \"strawman-*\"\ncase = \"alg-none/none-empty-sig\"\n\
                     reason = \"unsigned on purpose\"\nissue = \"issue 7\"\n";

#[test]
fn a_known_failure_is_shown_with_its_reason_and_fails_nothing() {
    let place = Place::with(ENTRY);
    let said = place.assay(RUN).ended(0);
    assert!(said.out.contains("unsigned on purpose (issue 7)"), "{}", said.out);
    let report = place.report();
    assert!(cases(&report, "strawman-allows-none", Outcome::Fail).is_empty());
    assert!(!cases(&report, "strawman-allows-none", Outcome::Known).is_empty());
    assert!(report.findings.iter().all(|finding| finding.outcome == Outcome::Known && finding.known.is_some()));
    assert!(report.stale.is_empty());
}

#[test]
fn an_entry_covers_only_what_it_names() {
    let place = Place::with(&ENTRY.replace("none-empty-sig", "none-empty-sig/pinned-hs256"));
    place.assay(RUN).ended(1);
    let known = cases(&place.report(), "strawman-allows-none", Outcome::Known);
    assert_eq!(known, ["alg-none/none-empty-sig/pinned-hs256"]);
}

#[test]
fn an_entry_that_matches_nothing_or_no_longer_fails_is_reported_and_fails_where_that_is_asked_for() {
    let other = ENTRY.replace("alg-none/none-empty-sig", "time/*");
    let mended = ENTRY.replace("strawman-*", "sound");
    let place = Place::with(&format!("{other}{mended}"));
    let run = "run -t sound none-empty-sig";
    let said = place.assay(run).ended(0);
    assert!(said.out.contains("time/*: it matches nothing that ran"), "{}", said.out);
    assert!(said.out.contains("alg-none/none-empty-sig: it no longer fails"), "{}", said.out);
    assert_eq!(place.report().stale.len(), 2);
    place.assay(format!("{run} --strict-known")).ended(5);
    place.write("assay.toml", format!("[run]\nstrict-known = true\n{mended}"));
    place.assay(run).ended(5);
    place.write("assay.toml", format!("[run]\nstrict-known = true\n{ENTRY}"));
    place.assay(RUN).ended(0);
    // A finding comes before a stale entry.
    place.write("assay.toml", &mended);
    place.assay(format!("{RUN} --strict-known")).ended(1);
}

#[test]
fn what_write_known_prints_makes_the_next_run_clean_once_it_has_reasons() {
    let place = Place::new();
    let said = place
        .assay("run -t strawman-allows-none -t strawman-refuses-all -t strawman-panics alg-none time --write-known -q");
    let table = &said.out[said.out.find("\n[[known]]").expect("entries are printed")..];
    place.write("assay.toml", table);
    place.assay("run -t sound time").ended(2).with_error("gives no reason", "", "say in `reason`");
    let entries: toml::Table = toml::from_str(table).expect("what is printed is TOML");
    assert!(entries["known"].as_array().expect("a list").len() > 1);
    place.write("assay.toml", table.replace("reason = \"\"", "reason = \"listed\""));
    place.assay("run -t strawman-allows-none alg-none time").ended(0);
    place.assay("run -t strawman-allows-none alg-none time --level may --fail-on note").ended(0);
}
