//! Campaigns: what they say, what they leave, and that nothing is lost when they are cut short.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use token_assay_model::{Finding, Outcome, Report};

use crate::support::{Place, Said, report_in};

/// Small enough for a test, and the same each time.
const SMALL: &str = "--seed 7 -j 1 --in-process --max-cases";

fn fingerprints(findings: &[Finding]) -> BTreeSet<String> {
    findings.iter().map(|finding| finding.fingerprint.0.clone()).collect()
}

/// Those that were announced, in order.
fn announced(said: &Said) -> Vec<String> {
    let last = |line: &str| Some(line.rsplit_once('[')?.1.strip_suffix(']')?.to_owned());
    said.err.lines().filter(|line| line.starts_with("✗ ")).filter_map(last).collect()
}

fn kept(place: &Place, folder: &str) -> Vec<Finding> {
    let entries = fs::read_dir(place.path(&format!("{folder}/findings"))).expect("the campaign made it");
    let read = |path: std::path::PathBuf| fs::read(path).expect("it is readable");
    let files = entries.map(|entry| entry.expect("it is readable").path());
    let whole = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    whole.map(|path| serde_json::from_slice(&read(path)).expect("each is a whole finding")).collect()
}

fn campaign(place: &Place, folder: &str) -> Value {
    serde_json::from_str(&place.read(&format!("{folder}/campaign.json"))).expect("it is JSON")
}

fn report(place: &Place, folder: &str) -> Report {
    report_in(&place.path(folder))
}

#[test]
fn a_sound_verifier_is_clean_and_a_wrong_one_is_found_out() {
    let place = Place::new();
    let said = place.assay(format!("fuzz sound {SMALL} 2000 --out clean --report junit,badge")).ended(0);
    assert!(place.read("clean/badge.json").contains("0 in 2000 tokens"));
    assert!(said.out.contains("campaign generate · 2000 cases") && said.out.contains("✓ no findings"), "{}", said.out);
    assert!(
        said.err.starts_with("assay ") && said.err.contains("sound") && said.err.contains("seed 7"),
        "{}",
        said.err
    );
    assert!(said.out.trim_end().lines().next_back().is_some_and(|last| last.contains("seed 7")), "{}", said.out);
    let junit = place.read("clean/junit.xml");
    assert!(junit.contains("name=\"no findings\"") && junit.contains("failures=\"0\""), "{junit}");
    let said = place.assay(format!("fuzz -t strawman-allows-none {SMALL} 1500 --out f --report junit,sarif,markdown"));
    let said = said.ended(1);
    let report = report(&place, "f");
    assert!(report.run.complete && !report.findings.is_empty() && report.stale.is_empty());
    let at_once: BTreeSet<String> = announced(&said).into_iter().collect();
    assert_eq!(at_once, fingerprints(&report.findings), "{}", said.err);
    assert_eq!(fingerprints(&kept(&place, "f")), at_once);
    for text in ["again    ", "are valid", "ways of answering", "assay fuzz --resume --out f   (from case 1500)"] {
        assert!(said.out.contains(text), "{text}: {}", said.out);
    }
    let junit = place.read("f/junit.xml");
    assert_eq!(junit.matches("<testcase ").count(), report.findings.len(), "{junit}");
    assert!(place.read("f/report.md").contains("met again"));
    let sarif: Value = serde_json::from_str(&place.read("f/assay.sarif")).expect("it is JSON");
    assert_eq!(sarif["runs"][0]["results"].as_array().map(Vec::len), Some(report.findings.len()));
}

#[test]
fn every_finding_of_a_campaign_stands_when_it_is_replayed() {
    let place = Place::new();
    let targets = ["allows-none", "time-ignores-exp", "claim-types-unchecked"].map(|name| format!("strawman-{name} "));
    place.assay(format!("fuzz {} --seed 7 --max-cases 1200 -q", targets.concat())).ended(1);
    let said = place.assay("replay").ended(1);
    let lines: Vec<&str> = said.out.lines().collect();
    let (summary, each) = lines.split_last().expect("it says something");
    assert!(each.len() > 5 && each.iter().all(|line| line.starts_with("STILL ")), "{}", said.out);
    assert_eq!(*summary, format!("0 fixed, {} still, 0 could not be replayed", each.len()));
}

#[test]
fn a_seed_repeats_itself_and_a_campaign_without_one_draws_its_own() {
    let place = Place::new();
    for folder in ["a", "b"] {
        place.assay(format!("fuzz strawman-allows-none {SMALL} 1500 -q --out {folder}")).ended(1);
    }
    let [a, b] = ["a", "b"].map(|folder| report(&place, folder));
    assert_eq!(fingerprints(&a.findings), fingerprints(&b.findings));
    let tokens = |report: &Report| report.findings.iter().map(|f| f.input.octets().to_vec()).collect::<Vec<_>>();
    assert_eq!(tokens(&a), tokens(&b));
    for folder in ["c", "d"] {
        place.assay(format!("fuzz sound --max-cases 1 -j 1 --in-process -q --out {folder}"));
    }
    assert_ne!(report(&place, "c").run.seed, report(&place, "d").run.seed);
}

#[test]
fn findings_say_when_it_is_enough() {
    let place = Place::new();
    let said =
        place.assay("fuzz strawman-claim-types-unchecked --findings 1 --seed 7 -j 1 --in-process --out f").ended(1);
    let report = report(&place, "f");
    assert!(report.run.complete, "{}", said.out);
    assert!(report.campaign.expect("a campaign").cases < 2000);
    // Going on is for one more, and does not end before it began.
    let said = place.assay("fuzz --resume --out f --findings 1 -j 1 --in-process").ended(1);
    assert!(!announced(&said).is_empty(), "{}", said.err);
    // What is listed meanwhile is known from then on.
    place.write("assay.toml", "[[known]]\ntarget = \"*\"\ncase = \"*\"\nreason = \"on purpose\"\n");
    place.assay("fuzz --resume --out f --max-cases 1 -j 1 --in-process").ended(0);
}

#[test]
fn what_the_user_can_mend_is_one_message() {
    let place = Place::new();
    place.assay("fuzz strawman-allow-none").ended(2).with_error("no target is called", "", "`strawman-allows-none`?");
    place.assay("fuzz sound --mine nowhere").ended(2).with_error("nowhere cannot be mined", "no such file", "--mine");
    place.assay("fuzz --resume").ended(2).with_error("there is no campaign yet", "", "--resume");
    place.assay("fuzz --resume --out f").ended(2).with_error("f holds no campaign", "No such file", "--out");
    place.assay("fuzz --engine libfuzzer").ended(2).with_error("libFuzzer cannot be used", "no checkout", "cargo-fuzz");
    place.assay("fuzz sound --engine libfuzzer").ended(2).with_error("to every linked crate", "", "--engine generate");
    place.assay("fuzz --merge f --out g").ended(2).with_error("f cannot be read", "No such file", "");
    assert!(!place.path("f").exists() && !place.path("assay-report").exists());
    let wrong = [
        ("fuzz --shard 3/2", "`3/2` is no part such as 2/4"),
        ("fuzz --max-time soon", "`soon` is no duration such as 2s or 10m"),
        ("fuzz --findings 0", "0 is not in 1.."),
        ("fuzz --jobs 0", "zero"),
        ("fuzz --engine afl", "generate, libfuzzer"),
        ("fuzz --merge a", "--out"),
    ];
    for (arguments, text) in wrong {
        let said = place.assay(arguments).ended(2);
        assert!(said.err.contains(text), "{arguments:?}: {}", said.err);
        assert_eq!((said.out.as_str(), said.err.matches("error:").count()), ("", 1));
    }
}

#[test]
fn a_campaign_goes_on_where_it_was_and_is_what_it_was() {
    let place = Place::new();
    let first = place.assay(format!("fuzz strawman-iss-ignored {SMALL} 640 --out f --shard 2/3"));
    assert_eq!(campaign(&place, "f")["next"], 640 * 3);
    let before = report(&place, "f");
    // A new campaign does not lay itself over it, and what makes its cases cannot be changed.
    let again = "fuzz strawman-iss-ignored --max-cases 1 --out f";
    place.assay(again).ended(2).with_error("f holds a campaign already", "", "--resume");
    let differs = [
        ("--seed 8", "another --seed", "it was 7"),
        ("--shard 1/3", "another --shard", "it was 2/3"),
        ("--mine .", "another --mine", "it was []"),
        ("-t sound", "another --target", "it was strawman-iss-ignored"),
    ];
    for (flag, what, was) in differs {
        place.assay(format!("fuzz --resume --out f {flag}")).ended(2).with_error(what, was, "leave");
    }
    // A log whose last line was cut off is gone on with all the same.
    let log = place.read("f/events.ndjson");
    place.write("f/events.ndjson", format!("{log}{{\"event\":\"fou"));
    let second = place.assay("fuzz --resume --out f -j 1 --in-process --max-cases 640 --seed 7");
    assert!(second.err.contains("goes on from case 1920"), "{}", second.err);
    let after = report(&place, "f");
    let [one, two] = [&first, &second].map(|said| announced(said).into_iter().collect::<BTreeSet<_>>());
    assert!(one.is_disjoint(&two), "said twice");
    assert_eq!(fingerprints(&after.findings), one.union(&two).cloned().collect());
    let info = after.campaign.as_ref().expect("a campaign");
    assert_eq!((info.first, info.next, info.cases, info.shard), (0, 2 * 640 * 3, 1280, (2, 3)));
    let sum = |report: &Report| report.targets[0].outcomes.values().sum::<u64>();
    assert_eq!(sum(&after), 2 * sum(&before));
    let lines = place.read("f/events.ndjson");
    let events: Vec<Value> = lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of = |kind: &str| events.iter().filter(|event| event["event"] == kind).count();
    assert_eq!((of("started"), of("finished"), lines.lines().count() - events.len()), (2, 2, 1));
    for finding in &after.findings {
        assert!(after.classes.contains_key(&format!("fuzz/{}", finding.case.class())), "{}", finding.case);
    }
}

#[test]
fn a_quirk_is_counted_apart_and_fails_nothing() {
    let place = Place::new();
    let assay = env!("CARGO_BIN_EXE_assay");
    let table = |case: &str| {
        format!(
            "[[target]]\nname = \"lib\"\ncommand = [\"{assay}\", \"worker\", \"strawman-allows-none\"]\n\
             [[target.quirk]]\ncase = \"{case}\"\nreason = \"unsigned on purpose\"\nsource = \"its README\"\n"
        )
    };
    place.write("assay.toml", table("*"));
    let said = place.assay(format!("fuzz lib {SMALL} 1000 --out f")).ended(0);
    let lines: Vec<&str> = said.err.lines().collect();
    assert!(lines.len() == 2 && lines[1].starts_with("page "), "quirks are not announced: {}", said.err);
    assert!(said.out.contains("documented by itself") && !said.out.contains("unsigned on purpose"), "{}", said.out);
    let findings = report(&place, "f").findings;
    let reason = Some("quirk: unsigned on purpose (its README)");
    assert!(!findings.is_empty());
    assert!(findings.iter().all(|f| f.outcome == Outcome::Known && f.known.as_deref() == reason && f.is_quirk()));
    place.assay("run -t lib alg-none").ended(0);
    assert!(place.report().findings.iter().all(Finding::is_quirk));
    // One that is not met is no reason to say anything.
    place.write("assay.toml", table("time/*"));
    place.assay(format!("fuzz lib {SMALL} 1000 --out g")).ended(1);
    place.assay("run -t lib alg-none/none-empty-sig --strict-known").ended(1);
    assert!(place.report().stale.is_empty() && report(&place, "g").stale.is_empty());
    place.write("assay.toml", table("*").replace("source = \"its README\"", "source = \"\""));
    place.assay("fuzz lib").ended(2).with_error("gives no source", "", "say in `source` where it stands");
}

#[test]
fn what_a_target_prints_when_it_panics_is_not_said() {
    let place = Place::new();
    let said = place.assay(format!("fuzz strawman-panics {SMALL} 300 --out f")).ended(1);
    assert!(said.out.contains("The verifier panicked") && !said.err.contains("panicked at"), "{}", said.err);
}

/// Claims as deep as a verifier reads them stand deeper in its answer, and in a finding.
#[test]
fn claims_that_are_deep_are_no_nonsense() {
    let place = Place::new();
    let said = place.assay("fuzz sound --seed 7 -j 2 --max-cases 24000 --out f -q").ended(0);
    assert!(said.out.contains("✓ no findings"), "{}", said.out);
}

#[test]
fn keys_of_the_users_own_and_what_they_signed_are_not_written() {
    let place = Place::with("[[key]]\nreplaces = \"hs256\"\nsecret = \"a-secret-of-my-own-that-nobody-knows\"\n");
    let said = place.assay(format!("fuzz strawman-time-ignores-exp {SMALL} 1500 --out f")).ended(1);
    let mut files = vec![said.out, said.err, place.read("f/events.ndjson"), place.read("f/report.json")];
    files.extend(kept(&place, "f").iter().map(|finding| serde_json::to_string(finding).expect("it is JSON")));
    for text in &files {
        assert!(!text.contains("a-secret-of-my-own"), "{text}");
    }
    assert!(files.iter().any(|text| text.contains("sha256:")), "nothing was hidden, so nothing was signed by it");
    // A recipe holds the parts of what the key signed; put together again they would be the token.
    let hidden = |finding: &&Finding| finding.input.text().is_some_and(|text| text.starts_with("sha256:"));
    let (kept, reported) = (kept(&place, "f"), report(&place, "f").findings);
    for finding in kept.iter().chain(&reported).filter(hidden) {
        assert_eq!(finding.recipe, None, "{}", finding.case);
    }
}

#[test]
fn an_evaluation_fails_where_what_was_always_found_is_not_found_any_more() {
    let place = Place::new();
    let said = place.assay("fuzz --evaluate --ways generate --seeds 1 --max-cases 400 -j 1 --out now").ended(0);
    assert!(said.out.contains("| built-in engine | 1 |"), "{}", said.out);
    assert!(said.out.contains("Out of reach of every engine here:"), "{}", said.out);
    let mut power: Value = serde_json::from_str(&place.read("now/power.json")).expect("it is JSON");
    assert_eq!(place.read("now/trials.ndjson").lines().count(), 1);
    place.assay("fuzz --evaluate --ways generate --seeds 1 --max-cases 400 -j 1 --against now/power.json").ended(0);
    // As if one that four hundred tokens do not find had always been found.
    let records = power["engines"][0]["records"].as_array_mut().expect("records");
    let missed = records.iter_mut().find(|record| record["found"] == 0).expect("some are not found so soon");
    missed["found"] = 1.into();
    let name = missed["strawman"].as_str().expect("a name").to_owned();
    place.write("before.json", power.to_string());
    let said =
        place.assay("fuzz --evaluate --ways generate --seeds 1 --max-cases 400 -j 1 --against before.json").ended(1);
    assert!(
        said.out.contains(&format!("No longer found within the budget: {name} by the built-in engine.")),
        "{}",
        said.out
    );
    let trials = "fuzz --evaluate --ways generate --seeds 1 --max-cases 10 -j 1 --trials now/trials.ndjson";
    assert!(place.assay(trials).ended(0).out.contains("| built-in engine | 2 |"));
    for wrong in ["--against nowhere.json", "--trials before.json", "--ways magic"] {
        let said = place.assay(format!("fuzz --evaluate --seeds 1 --max-cases 10 {wrong}")).ended(2);
        assert!(!said.err.is_empty(), "{wrong}");
    }
}

#[test]
fn findings_are_explained_by_their_rule() {
    let place = Place::new();
    place.assay(format!("fuzz strawman-allows-none {SMALL} 1500 --out assay-report/fuzz/x -q")).ended(1);
    let report = report(&place, "assay-report/fuzz/x");
    let finding = report.findings.iter().find(|f| f.case.class() == "allowed-alg-none-unsigned").expect("it is found");
    let by_class = place.assay("explain fuzz/allowed-alg-none-unsigned").ended(0).out;
    assert_eq!(by_class, place.assay(format!("explain {}", finding.fingerprint)).ended(0).out);
    for text in ["RFC 8725 §3.1", "mend ", "CWE-347", "made by a campaign", "assay replay"] {
        assert!(by_class.contains(text), "{text}: {by_class}");
    }
    let elsewhere = Place::new();
    let said = elsewhere.assay("explain fuzz/expiry-exp-text").ended(0).out;
    assert!(said.contains("RFC 7519 §4.1.4") && said.contains("mend "), "{said}");
    let said = elsewhere.assay("explain fuzz/header-smuggle").ended(0).out;
    assert!(said.contains("RFC 6265") && said.contains("  header "), "{said}");
    let said = elsewhere.assay("explain fuzz/cookie-renamed-signed-jar").ended(0).out;
    assert!(said.contains("under another name") && said.contains("  header "), "{said}");
    // Rules of tokens that begin alike.
    let said = elsewhere.assay("explain fuzz/header-alg-missing").ended(0).out;
    assert!(said.contains("A token that ") && !said.contains("O-CRASH"), "{said}");
    for nonsense in ["fuzz/cookie-renamed", "fuzz/cookie-renamed-nothing", "fuzz/cookie-nonsense"] {
        let said = elsewhere.assay(format!("explain {nonsense}")).ended(2).err;
        assert!(said.contains("is no case class"), "{said}");
    }
    elsewhere.assay("explain fuzz/nonsense").ended(2).with_error("`fuzz/nonsense` is no case class", "", "assay list");
}

#[test]
fn a_kept_finding_of_a_campaign_is_shown_first_in_every_run() {
    let place = Place::new();
    place.assay(format!("fuzz strawman-allows-none {SMALL} 1500 --out f -q")).ended(1);
    let finding = &report(&place, "f").findings[0];
    place.assay(format!("replay {} --from f --save-regression unsigned", finding.fingerprint)).ended(0);
    place.assay("run -t strawman-allows-none regression alg-none/none-empty-sig -q -j 1").ended(1);
    let judged = |event: &&Value| event["event"] == "judged";
    let events = place.events();
    let first = events.iter().find(judged).expect("something was shown");
    assert!(first["case"].as_str().is_some_and(|case| case.starts_with("regression/unsigned/")), "{first}");
    assert_eq!(first["outcome"], "fail");
}

#[test]
fn a_finding_of_a_target_without_a_clock_is_made_anew() {
    let place = Place::new();
    place.assay(format!("fuzz strawman-allows-none {SMALL} 1500 --out f -q")).ended(1);
    // A verifier without a clock that accepts whatever it is shown; its finding is years old.
    let shim = "while IFS= read -r line; do case \"$line\" in *start*) printf '%s\\n' \
                '{\"protocol\":1,\"target\":{\"name\":\"a\",\"version\":\"1\",\"language\":\"sh\"},\"supports\":[\"HS256\",\"secret\"]}';; \
                *) seq=${line#*\\\"seq\\\":}; printf '{\"seq\":%s,\"verdict\":\"accept\",\"claims\":{}}\\n' \"${seq%%,*}\";; esac; done";
    place.write("shim.sh", shim);
    place.write("assay.toml", "[[target]]\nname = \"a\"\ncommand = [\"sh\", \"shim.sh\"]\n");
    let mut finding = report(&place, "f").findings.remove(0);
    finding.target = "a".to_owned();
    place.write("old.json", serde_json::to_vec(&finding).expect("it is JSON"));
    let said = place.assay("replay old.json").ended(1);
    assert!(said.out.starts_with("STILL ") && said.out.contains("dated anew"), "{}", said.out);
    finding.recipe = None;
    place.write("old.json", serde_json::to_vec(&finding).expect("it is JSON"));
    let said = place.assay("replay old.json").ended(3);
    assert!(said.out.contains("its dates have passed"), "{}", said.out);
}

#[test]
fn parts_are_merged_by_fingerprint_and_the_shorter_token_stays() {
    let place = Place::new();
    for part in ["1", "2"] {
        let campaign = format!("fuzz strawman-allows-none {SMALL} 900 --shard {part}/2 --out part-{part} -q");
        place.assay(campaign).ended(1);
    }
    // The second part was killed before its report.
    fs::remove_file(place.path("part-2/report.json")).expect("it is there");
    let mut longer = kept(&place, "part-1").remove(0);
    let shorter = longer.input.octets().len();
    longer.input = token_assay_model::Input::Token("x".repeat(5000));
    let file = format!("part-2/findings/{}.json", longer.fingerprint);
    place.write(&file, serde_json::to_vec(&longer).expect("it is JSON"));
    let said = place.assay("fuzz --merge part-1 part-2 --out all").ended(1);
    assert!(said.out.contains("1800 cases") && said.out.contains("a part did not end"), "{}", said.out);
    let all = report(&place, "all");
    let union = [kept(&place, "part-1"), kept(&place, "part-2")].concat();
    assert_eq!(fingerprints(&all.findings), fingerprints(&union));
    let one = all.findings.iter().find(|finding| finding.fingerprint == longer.fingerprint).expect("it is kept");
    assert_eq!(one.input.octets().len(), shorter);
    place.assay("replay --from all").ended(1);
    place.assay("run -t sound none-empty-sig -q").ended(0);
    let both = place.assay("fuzz --merge part-1 assay-report --out no").ended(2);
    both.with_error("assay-report holds a run of the catalogue", "", "assay diff");
}

#[test]
fn a_corpus_keeps_the_shortest_token_of_each_behaviour() {
    let place = Place::new();
    fs::create_dir_all(place.path("a/deep")).expect("the folder is ours");
    fs::create_dir_all(place.path("b")).expect("the folder is ours");
    let tokens = [
        ("a/valid", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyLTEifQ.AAAA"),
        ("a/deep/longer", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyLTEyMzQ1Njc4OSJ9.AAAA"),
        ("b/another-shape", "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.AAAA"),
        ("b/unsigned", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyLTEifQ."),
        ("b/no-token", "one.two"),
        ("b/no-token-either", "1.2"),
    ];
    for (file, token) in tokens {
        place.write(file, token);
    }
    let said = place.assay("fuzz --merge a b --out small").ended(0);
    assert_eq!(said.out, "4 of 6 tokens kept, the shortest of each behaviour\n");
    let files = fs::read_dir(place.path("small")).expect("it was made");
    let read = |entry: std::io::Result<fs::DirEntry>| fs::read_to_string(entry.expect("readable").path());
    let kept: BTreeSet<String> = files.map(read).map(|text| text.expect("it is text")).collect();
    let expected = [tokens[0].1, tokens[2].1, tokens[3].1, tokens[5].1].map(str::to_owned);
    assert_eq!(kept, expected.into());
    place.assay("fuzz --merge small --out again").ended(0);
    assert_eq!(fs::read_dir(place.path("again")).expect("it was made").count(), 4);
}

/// A `cargo` that knows `fuzz list` and `fuzz run`, and whose fuzzer finds this finding as long as it is not known.
#[cfg(unix)]
fn fake_cargo(place: &Place, finding: &Finding) {
    use std::os::unix::fs::PermissionsExt as _;

    let script = format!(
        "#!/bin/sh\ncase \"$2\" in\nlist) echo wire; echo recipe ;;\nrun)\n\
         if grep -q {0} \"$ASSAY_FUZZ_DIR/known\"; then echo 'stat::number_of_executed_units: 40' >&2; sleep 0.5; exit 0; fi\n\
         cp \"{1}\" \"$ASSAY_FUZZ_DIR/findings/{0}.json\"; echo \"$@\"; exit 77 ;;\nesac\n",
        finding.fingerprint,
        place.path("finding.json").display(),
    );
    fs::create_dir_all(place.path("bin")).expect("the folder is ours");
    fs::create_dir_all(place.path("harness/model")).expect("the folder is ours");
    place.write("harness/model/Cargo.toml", "");
    place.write("finding.json", serde_json::to_vec(finding).expect("it is JSON"));
    let cargo = place.write("bin/cargo", script);
    fs::set_permissions(cargo, fs::Permissions::from_mode(0o755)).expect("the file is ours");
}

#[cfg(unix)]
#[test]
fn what_libfuzzer_finds_is_announced_kept_and_not_found_again() {
    let place = Place::new();
    place.assay(format!("fuzz strawman-allows-none {SMALL} 1500 --out f -q")).ended(1);
    let finding = report(&place, "f").findings.remove(0);
    fake_cargo(&place, &finding);
    let path = format!("{}:{}", place.path("bin").display(), std::env::var("PATH").unwrap_or_default());
    let fuzz = |arguments: &str| {
        let arguments = format!("fuzz --engine libfuzzer -j 1 --in-process --out g {arguments}");
        Said::by(place.command(arguments).env("PATH", &path))
    };
    let first = fuzz("--findings 1 --max-time 60s").ended(1);
    assert_eq!(announced(&first), std::slice::from_ref(&finding.fingerprint.0));
    let log = place.read("g/libfuzzer.log");
    assert!(log.contains("fuzz run -s none recipe -- -print_final_stats=1 -max_total_time="), "{log}");
    let whole = report(&place, "g");
    assert_eq!(whole.campaign.as_ref().map(|info| info.engine.as_str()), Some("libfuzzer"));
    assert_eq!((whole.findings.len(), whole.classes.len(), whole.cases.len()), (1, 1, 1));
    let second = fuzz("--resume --max-time 2s").ended(1);
    assert!(announced(&second).is_empty(), "{}", second.err);
    let cases = report(&place, "g").campaign.expect("a campaign").cases;
    assert!(cases >= 40 && cases.is_multiple_of(40), "{cases}");
}

#[cfg(unix)]
mod cut_short {
    use std::process::{Child, Stdio};
    use std::thread::sleep;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::support::{ended, signal};

    /// A campaign with time enough that has found something and said where it is.
    fn started(place: &Place) -> Child {
        let mut command = place.command("fuzz strawman-allows-none sound --seed 7 --max-time 2m --out f");
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary was built");
        let since = Instant::now();
        let is_under_way = || {
            let file = fs::read(place.path("f/campaign.json")).unwrap_or_default();
            let next = serde_json::from_slice(&file).ok().and_then(|file: Value| file["next"].as_u64());
            next.is_some_and(|next| next > 0) && !kept(place, "f").is_empty()
        };
        while !is_under_way() {
            assert!(since.elapsed() < Duration::from_secs(60), "nothing in a minute");
            sleep(Duration::from_millis(20));
        }
        child
    }

    #[test]
    fn a_killed_campaign_goes_on_and_nothing_is_lost_or_said_twice() {
        let place = Place::new();
        let child = started(&place);
        signal(&child, "KILL");
        let killed = ended(child).ended(-1);
        let before: BTreeSet<String> = announced(&killed).into_iter().collect();
        let on_disk = fingerprints(&kept(&place, "f"));
        assert!(!before.is_empty() && before.is_subset(&on_disk), "{before:?} is not in {on_disk:?}");
        let next = campaign(&place, "f")["next"].as_u64().expect("a number");
        let hint = "`assay fuzz --resume --out f` goes on with it";
        place.assay("report f").ended(2).with_error("cannot be read", "No such file", hint);
        let replayed = place.assay("replay --from f").ended(1);
        assert_eq!(replayed.out.matches("STILL ").count(), on_disk.len(), "{}", replayed.out);
        let resumed = place.assay("fuzz --resume --out f --max-cases 1280 --in-process").ended(1);
        assert!(resumed.err.contains(&format!("goes on from case {next}")), "{}", resumed.err);
        let after: BTreeSet<String> = announced(&resumed).into_iter().collect();
        assert!(after.is_disjoint(&on_disk), "said twice");
        let report = report(&place, "f");
        assert_eq!(fingerprints(&report.findings), on_disk.union(&after).cloned().collect());
        let info = report.campaign.expect("a campaign");
        assert_eq!((info.next, info.first), (next + 1280, 0));
        assert_eq!(place.assay("report f --format json").ended(0).out, place.read("f/report.json"));
    }

    #[test]
    fn a_second_campaign_in_the_folder_is_refused() {
        let place = Place::new();
        let child = started(&place);
        for arguments in ["fuzz --resume --out f", "fuzz sound --out f"] {
            place.assay(arguments).ended(2).with_error("another campaign is at work in f", "", "--out");
        }
        signal(&child, "KILL");
        ended(child);
    }

    #[test]
    fn an_interrupt_ends_with_130_and_a_report_marked_incomplete_and_says_how_to_go_on() {
        let place = Place::new();
        let child = started(&place);
        signal(&child, "INT");
        let said = ended(child).ended(130);
        assert!(said.out.contains("not a complete run") && said.out.contains("interrupted"), "{}", said.out);
        assert!(said.out.contains("assay fuzz --resume --out f   (from case "), "{}", said.out);
        let report = report(&place, "f");
        assert_eq!((report.run.complete, report.run.stopped.as_deref()), (false, Some("interrupted")));
        let sound: Vec<&Finding> = report.findings.iter().filter(|finding| finding.target == "sound").collect();
        assert!(sound.is_empty(), "{sound:#?}");
        let next = report.campaign.expect("a campaign").next;
        assert_eq!(campaign(&place, "f")["next"], next);
    }
}
