//! What each flag of `run` does, and what beats what.

use std::collections::BTreeSet;
use std::fs;

use token_assay_model::{Outcome, Report};

use crate::support::{Place, Said, cases};

const WRONG: &str = "run -t strawman-allows-none none-empty-sig";

fn ids(report: &Report) -> BTreeSet<String> {
    report.cases.iter().map(|case| case.id.to_string()).collect()
}

#[test]
fn shards_are_parts_of_the_suite_that_have_nothing_in_common_and_miss_nothing() {
    let place = Place::new();
    place.assay("run -t sound alg-none -q").ended(0);
    let whole = ids(&place.report());
    let mut seen = BTreeSet::new();
    for shard in ["1/3", "2/3", "3/3"] {
        place.assay(format!("run -t sound alg-none -q --shard {shard}")).ended(0);
        let part = ids(&place.report());
        assert!(part.len() > whole.len() / 6, "{shard} holds {} of {}", part.len(), whole.len());
        assert!(part.is_disjoint(&seen), "{shard} repeats a case");
        seen.extend(part);
    }
    assert_eq!(seen, whole);
}

#[test]
fn ids_select_by_family_class_case_and_prefix_and_skip_leaves_out() {
    let place = Place::new();
    let run = |arguments: &str| {
        place.assay(format!("run -t sound -q {arguments}")).ended(0);
        ids(&place.report())
    };
    let class = run("none-empty-sig");
    assert_eq!(class, run("alg-none/none-empty-sig"));
    assert_eq!(run("none-empty-sig/pinned-hs256"), ["alg-none/none-empty-sig/pinned-hs256".to_owned()].into());
    assert!(run("alg-none/none-empty").is_superset(&class));
    let both = run("none-empty-sig alg-none/none-garbage-sig");
    assert!(both.len() > class.len() && both.is_superset(&class));
    let left = run("none-empty-sig --skip *hs* --skip */key-set-*");
    assert!(!left.is_empty() && left.is_subset(&class));
    assert!(left.iter().all(|id| !id.contains("hs") && !id.contains("key-set")), "{left:?}");
}

#[test]
fn targets_are_chosen_by_name_glob_list_and_file() {
    let place = Place::new();
    let names = |said: Said| -> Vec<String> {
        assert!(said.code <= 3, "{}", said.err);
        place.report().targets.into_iter().map(|target| target.info.name).collect()
    };
    let case = "none-empty-sig/pinned-hs256";
    assert_eq!(
        names(place.assay(format!("run {case} -t sound,strawman-allows-none -t sound"))),
        ["sound", "strawman-allows-none"]
    );
    assert!(names(place.assay(format!("run {case} -t strawman-time-*"))).len() > 10);
    place.write("assay.toml", "[run]\ntarget = [\"sound\"]\n");
    assert_eq!(names(place.assay(format!("run {case}"))), ["sound"]);
}

#[test]
fn level_and_severity_decide_what_fails_the_run() {
    let place = Place::new();
    let run = |arguments: &str| place.assay(format!("run -q -t strawman-allows-none {arguments}"));
    let should_low = "none-listed-but-key-given";
    run(should_low).ended(0);
    assert!(!place.report().findings.is_empty(), "what does not fail the run is shown all the same");
    run(&format!("{should_low} --fail-on low")).ended(1);
    run(&format!("{should_low} --fail-on low --level must")).ended(0);
    run("none-empty-sig --fail-on critical --level must").ended(1);
    run("none-empty-sig/mixed-list-rs256 --fail-on critical").ended(0);
}

#[test]
fn flag_beats_environment_beats_profile_beats_file() {
    let place = Place::new();
    let run = "run -q -t strawman-allows-none none-listed-but-key-given";
    place.assay(run).ended(0);
    place.write(
        "assay.toml",
        "[run]\nfail-on = \"low\"\n[profile.ci]\nfail-on = \"high\"\n[profile.all]\nlevel = \"must\"\n",
    );
    place.assay(run).ended(1);
    place.assay(format!("{run} -P ci")).ended(0);
    place.assay(format!("{run} -P all")).ended(0);
    Said::by(place.command(run).env("ASSAY_PROFILE", "ci")).ended(0);
    Said::by(place.command(run).env("ASSAY_PROFILE", "ci").env("ASSAY_FAIL_ON", "note")).ended(1);
    let flagged = format!("{run} --fail-on critical");
    Said::by(place.command(&flagged).env("ASSAY_FAIL_ON", "note")).ended(0);
    let named = Said::by(place.command("run -t sound none-empty-sig").env("ASSAY_SEED", "7")).ended(0);
    assert!(named.err.contains("seed 7") && named.out.contains("seed 7"), "{}{}", named.err, named.out);
    Said::by(place.command("run none-empty-sig").env("ASSAY_TARGET", "sound,strawman-allows-none")).ended(1);
    let said = Said::by(place.command("run -t sound").env("ASSAY_LEVEL", "mst")).ended(2);
    assert!(said.err.contains("mst") && said.err.contains("must"), "{}", said.err);
}

#[test]
fn the_first_finding_can_end_the_run_and_it_ends_with_1() {
    let place = Place::new();
    for flags in ["-x", "--max-findings 1"] {
        place.assay(format!("{WRONG} {flags}")).ended(1);
        let report = place.report();
        assert_eq!(report.findings.len(), 1);
        assert!(!report.run.complete && report.run.stopped.is_some(), "what was not shown is not proven");
        assert!(!cases(&report, "strawman-allows-none", Outcome::Inconclusive).is_empty());
        assert_eq!(place.events().last().expect("a footer")["complete"], false);
    }
    place.assay(format!("{WRONG} --max-findings 2")).ended(1);
    assert_eq!(place.report().findings.len(), 2);
    // What does not fail the run does not end it.
    place.assay(format!("{WRONG} -x --fail-on critical --skip *")).ended(4);
}

#[test]
fn repeat_shows_each_case_again_under_an_id_of_its_own() {
    let place = Place::new();
    place.assay("run -t sound none-empty-sig/pinned-hs256 --repeat 3 -q").ended(0);
    let expected = ["", "-r2", "-r3"].map(|suffix| format!("alg-none/none-empty-sig/pinned-hs256{suffix}"));
    assert_eq!(ids(&place.report()), expected.into());
}

#[test]
fn jobs_and_processes_change_no_outcome() {
    let place = Place::new();
    let outcome = |arguments: &str| {
        let targets = "run alg-none -q -t sound -t strawman-allows-none -t strawman-skips-signature";
        place.assay(format!("{targets} {arguments}")).ended(1);
        let report = place.report();
        let findings: Vec<_> =
            report.findings.iter().map(|f| (f.fingerprint.clone(), f.case.clone(), f.observed.clone())).collect();
        (report.cases, findings, report.targets.into_iter().map(|target| target.outcomes).collect::<Vec<_>>())
    };
    let usual = outcome("");
    assert_eq!(usual, outcome("-j 1"));
    assert_eq!(usual, outcome("-j 3"));
    assert_eq!(usual, outcome("--in-process"));
    place.write("assay.toml", "[run]\nin-process = true\njobs = 2\n");
    assert_eq!(usual, outcome(""));
}

#[test]
fn linked_crates_answer_the_same_in_a_process_of_their_own() {
    let place = Place::new();
    let linked = place.assay("list targets --format json");
    let linked: Vec<serde_json::Value> = serde_json::from_str(&linked.out).expect("a list");
    let Some(name) = linked.iter().find_map(|target| target["name"].as_str()) else {
        eprintln!("SKIPPED: no crate under test is linked in");
        return;
    };
    let cases = |arguments: &str| {
        let said = place.assay(format!("run none-empty-sig -q -t {name} {arguments}"));
        (said.code, place.report().cases)
    };
    assert_eq!(cases(""), cases("--in-process"));
}

#[test]
fn quiet_says_nothing_and_verbose_says_more() {
    let place = Place::new();
    let usual = place.assay(WRONG).ended(1);
    assert!(usual.err.starts_with("assay ") && usual.err.contains(" · 42 cases · 1 target · "), "{}", usual.err);
    let quiet = place.assay(format!("{WRONG} -q")).ended(1);
    assert_eq!(quiet.err, "");
    assert!(quiet.out.contains("none-empty-sig"), "the report is said all the same");
    let report = place.report();
    let lines = |said: &Said, outcome: &str| said.err.lines().filter(|line| line.starts_with(outcome)).count();
    let failed = cases(&report, "strawman-allows-none", Outcome::Fail).len();
    let passed = cases(&report, "strawman-allows-none", Outcome::Pass).len();
    let loud = place.assay(format!("{WRONG} -v")).ended(1);
    assert_eq!((lines(&loud, "fail "), lines(&loud, "pass ")), (failed, 0));
    let louder = place.assay("run -t sound none-empty-sig -vv").ended(0);
    assert_eq!(lines(&louder, "pass "), failed + passed);
    place.assay("run -t sound -q -v").ended(2);
}

#[test]
fn colour_is_for_terminals_and_whoever_asks_for_it() {
    let place = Place::new();
    let colored = |said: &Said| said.out.contains('\u{1b}');
    assert!(!colored(&place.assay(WRONG)), "stdout is no terminal here");
    let always = format!("--color always {WRONG}");
    assert!(colored(&place.assay(&always)));
    let never = format!("{WRONG} --color never");
    assert!(!colored(&Said::by(place.command(&never).env("CLICOLOR_FORCE", "1"))));
    assert!(!colored(&Said::by(place.command(WRONG).env("NO_COLOR", "1").env("CLICOLOR", "1"))));
    assert!(!place.assay(format!("{always} --format json")).out.contains('\u{1b}'));
    let file = place.assay("report -o report.txt --color always").ended(0);
    assert_eq!((file.out.as_str(), place.read("report.txt").contains('\u{1b}')), ("", false));
}

#[test]
fn the_clock_and_the_seed_are_those_that_were_given() {
    let place = Place::new();
    place.assay("run -t sound time -q --now 1800000000 --seed 99").ended(0);
    let run = place.report().run;
    assert_eq!((run.now, run.seed, run.selection), (1_800_000_000, 99, vec!["time".to_owned()]));
    // The suite's own dates would lie before the epoch.
    place.assay("run -t sound alg-none -q --now -5").ended(2);
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_needs_no_network() {
    let place = Place::new();
    let assay = env!("CARGO_BIN_EXE_assay");
    let unshared = |arguments: &str| {
        let mut command = std::process::Command::new("unshare");
        Said::by(
            command
                .current_dir(place.path(""))
                .args(["--user", "--map-root-user", "--net"])
                .args(arguments.split_whitespace()),
        )
    };
    let possible = std::process::Command::new("unshare").args(["--user", "--map-root-user", "--net", "true"]).output();
    if !possible.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: a process cannot be given a network of its own here");
        return;
    }
    place.assay(WRONG).ended(1);
    let usual = place.report();
    unshared(&format!("{assay} {WRONG}")).ended(1);
    assert_eq!(place.report().cases, usual.cases);
}

#[test]
fn the_protocol_is_written_down_where_it_is_asked_for() {
    let place = Place::new();
    place.assay("run -t sound alg-none/none-empty-sig -q --trace-protocol trace.txt").ended(0);
    let trace = place.read("trace.txt");
    assert!(trace.starts_with("sound → {\"cmd\":\"start\",\"protocol\":1}\n"), "{trace}");
    assert!(trace.contains("\nsound ← {\"protocol\":1,"), "{trace}");
    assert!(trace.contains("\nsound → {\"cmd\":\"verify\",\"seq\":0,"), "{trace}");
    place.assay("run -t sound alg-none -q --trace-protocol no/such/folder").ended(2);
}

#[test]
fn shims_that_are_installed_are_targets_and_others_are_not() {
    let place = Place::with("shims = \"shims\"\n");
    let shim =
        |name: &str| format!("name = \"{name}\"\ninstall = []\ncommand = [\"{{cache}}/run\", \"worker\", \"sound\"]\n");
    for (folder, name) in [("a", "here"), ("b", "absent")] {
        fs::create_dir_all(place.path(&format!("shims/{folder}"))).expect("the folder is ours");
        place.write(&format!("shims/{folder}/target.toml"), shim(name));
    }
    let cache = place.path("cache/shims/here");
    fs::create_dir_all(&cache).expect("the folder is ours");
    fs::write(cache.join(".assay-installed"), "").expect("the folder is ours");
    fs::copy(env!("CARGO_BIN_EXE_assay"), cache.join("run")).expect("the binary can be copied");
    let assay = |arguments: &str| Said::by(place.command(arguments).env("ASSAY_CACHE", place.path("cache")));
    let listed = assay("list targets").ended(0).out;
    assert!(listed.contains("here") && !listed.contains("absent"), "{listed}");
    assay("run -t here hdr-sep-comma -q").ended(0);
    place.write("shims/b/target.toml", "name = 1\n");
    assay("list targets").ended(2).with_error("target.toml is no shim's", "invalid type", "harness/shims/README.md");
}
