//! What the user can mend is said in one message: what, cause, hint. Nothing is on stdout, nothing is run.

use std::fs;

use crate::support::Place;

#[test]
fn a_word_that_selects_no_case_is_answered_with_the_one_that_was_meant() {
    let place = Place::new();
    place.assay("run alg-nome").ended(2).with_error("`alg-nome` selects no case", "", "did you mean `alg-none`?");
    place.assay("run time xyzzy").ended(2).with_error("`xyzzy` selects no case", "", "`assay list` names");
    assert!(!place.path("assay-report").exists());
}

#[test]
fn an_unknown_target_is_answered_with_the_one_that_was_meant() {
    let place = Place::with("[[target]]\nname = \"ours\"\ncommand = [\"true\"]\n");
    place.assay("run -t our").ended(2).with_error("no target is called `our`", "", "did you mean `ours`?");
    place.assay("run -t sounds").ended(2).with_error("`sounds`", "", "did you mean `sound`?");
    let hint = "did you mean `strawman-allows-none`?";
    place.assay("run -t strawman-allow-none").ended(2).with_error("`strawman-allow-none`", "", hint);
    place.assay("run -t xyzzy").ended(2).with_error("`xyzzy`", "", "`assay list targets` names them all");
    place.assay("run -t [ time").ended(2).with_error("`[` is no target's name", "unclosed", "");
}

#[test]
fn an_unknown_key_in_the_configuration_is_said_with_its_line_and_what_was_meant() {
    let place = Place::with("[run]\nseed = 1\ntiemout = \"2s\"\n");
    place.assay("run").ended(2).with_error("line 3 is wrong", "unknown field `tiemout`", "did you mean `timeout`?");
    place.assay("report").ended(2);
    place.write("assay.toml", "[[target]]\nnmae = \"a\"\n");
    place.assay("run").ended(2).with_error("line 2 is wrong", "unknown field `nmae`", "did you mean `name`?");
    place.write("assay.toml", "[run]\nseed = 1\n[knwon]\n");
    place.assay("list targets").ended(2).with_error("line 3", "unknown field `knwon`", "did you mean `known`?");
}

#[test]
fn a_configuration_that_is_wrong_otherwise_is_said_with_its_line() {
    let place = Place::new();
    let wrong = [
        ("[run\n", "line 1 is wrong", "unclosed table"),
        ("[run]\nseed = -1\n", "line 2 is wrong", "-1"),
        ("[run]\nfail-on = \"hgih\"\n", "line 2 is wrong", "hgih"),
        ("[run]\njobs = 0\n", "line 2 is wrong", "nonzero"),
        ("[run]\nmax-time = \"soon\"\n", "line 2 is wrong", "`soon` is no duration such as 2s or 10m"),
        ("[[known]]\ntarget = \"a\"\ncase = \"b\"\n", "line 1 is wrong", "missing field `reason`"),
    ];
    for (text, what, cause) in wrong {
        place.write("assay.toml", text);
        let said = place.assay("run -t sound time").ended(2);
        assert!(said.err.contains(what) && said.err.contains(cause), "{text}: {}", said.err);
        assert_eq!(said.out, "");
    }
    place.write("assay.toml", "[[known]]\ntarget = \"a\"\ncase = \"[\"\nreason = \"none\"\n");
    place.assay("run").ended(2).with_error("[[known]] `[` is no pattern", "unclosed", "");
    place.write("assay.toml", "[[known]]\ntarget = \"a\"\ncase = \"b\"\nreason = \" \"\n");
    place.assay("run").ended(2).with_error("gives no reason", "", "say in `reason`");
    place.write("assay.toml", "[run]\nreport = [\"pdf\"]\n");
    place.assay("run").ended(2).with_error("`pdf` is no report format", "", "they are json, junit");
    place.assay("run --config none.toml").ended(2).with_error("none.toml cannot be read", "No such file", "--config");
}

#[test]
fn a_key_of_the_users_own_that_cannot_be_had_is_an_error() {
    let place = Place::new();
    let wrong = [
        ("replaces = \"hs\"\nsecret = \"s\"", "`hs`, which is no test key", "", "hs256"),
        ("replaces = \"hs256\"", "wants one of `secret`, `secret-env` and `folder`", "", ""),
        ("replaces = \"hs256\"\nsecret-env = \"SURELY_NOT_SET\"", "$SURELY_NOT_SET is not set", "not found", ""),
        ("replaces = \"hs256\"\nfolder = \"nowhere\"", "`hs256` cannot be read", "neither secret.bin nor", ""),
    ];
    for (entry, what, cause, hint) in wrong {
        place.write("assay.toml", format!("[[key]]\n{entry}\n"));
        place.assay("run -t sound time").ended(2).with_error(what, cause, hint);
    }
}

#[test]
fn an_unknown_profile_is_answered_with_the_one_that_was_meant() {
    let place = Place::with("[profile.nightly]\nseed = 3\n");
    place.assay("run -P nightli").ended(2).with_error("no profile `nightli`", "", "did you mean `nightly`?");
    place.assay("run --profile ci").ended(2).with_error("no profile `ci`", "", "[profile.ci]");
}

#[test]
fn a_flag_that_cannot_be_read_is_an_error_that_says_what_can() {
    let place = Place::new();
    let wrong = [
        ("run --shard 0/3", "`0/3` is no part such as 2/4"),
        ("run --shard 4/3", "`4/3` is no part such as 2/4"),
        ("run --shard 5", "`5` is no part such as 2/4"),
        ("run --shard 1/0", "`1/0` is no part such as 2/4"),
        ("run --fail-on hgih", "high"),
        ("run --level shuold", "should"),
        ("run --report pdf", "json, junit, sarif, markdown"),
        ("run --timeout soon", "`soon` is no duration such as 2s or 10m"),
        ("run --repeat 0", "zero"),
        ("run --jobs 0", "zero"),
        ("run --fail-fast --max-findings 3", "cannot be used with"),
        ("rnu", "unrecognized subcommand 'rnu'"),
    ];
    for (arguments, text) in wrong {
        let said = place.assay(arguments).ended(2);
        assert!(said.err.contains(text), "{arguments:?}: {}", said.err);
        assert_eq!((said.out.as_str(), said.err.matches("error:").count()), ("", 1));
    }
    place.assay("run --skip [ time").ended(2).with_error("`[` is no pattern", "unclosed", "");
}

#[test]
fn a_report_that_cannot_be_read_is_told_from_one_that_is_not_whole() {
    let place = Place::new();
    place.assay("report").ended(2).with_error("there is no report yet", "", "run `assay run` first");
    place.assay("report x.json").ended(2).with_error("x.json cannot be read", "No such file", "assay run");
    place.assay("run -t strawman-allows-none none-empty-sig -q").ended(1);
    let whole = place.read("assay-report/report.json");
    place.write("half.json", &whole[..whole.len() / 2]);
    for verb in ["report half.json", "diff assay-report half.json", "replay --from half.json"] {
        place.assay(verb).ended(2).with_error("half.json is no whole report", "it ends in the middle", "copy it again");
    }
    place.assay("replay half.json").ended(2).with_error("half.json is no finding", "it ends in the middle", "--from");
    place.write("other.json", "{\"schema\": 99}");
    place.assay("report other.json").ended(2).with_error("other.json", "its schema is 99", "newer assay");
    place.write("text.json", "[run]");
    place.assay("report text.json").ended(2).with_error("text.json", "it is no JSON", "give the report.json");
    place.assay("replay ffffffff").ended(2).with_error("starts with `ffffffff`", "", "--from");
    place.assay("replay assay-report/report.json").ended(2).with_error("no finding", "it is a report", "--from");
}

#[test]
fn an_output_folder_that_cannot_be_written_is_an_error_before_anything_runs() {
    let place = Place::new();
    place.write("file", "in the way");
    let run = "run -t sound none-empty-sig --out file/below";
    place.assay(run).ended(2).with_error("file/below cannot be written", "directory", "--out");
    place.assay("run -t sound none-empty-sig -q").ended(0);
    let out = "report --format json -o file/below.json";
    place.assay(out).ended(2).with_error("file/below.json cannot be written", "exists", "--out");
    assert_eq!(place.read("file"), "in the way");
    assert_eq!(fs::read_dir(place.path("")).expect("the folder is ours").count(), 2);
}
