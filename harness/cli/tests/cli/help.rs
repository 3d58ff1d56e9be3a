//! What `assay` says of itself: help, completions, manual pages; and what it does where nobody listens.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::support::{Place, Said};

/// The paths of all verbs that are shown.
fn verbs(place: &Place, above: &str) -> Vec<String> {
    let help = place.assay(format!("{above} --help")).ended(0).out;
    let commands = help.split("Commands:\n").nth(1).unwrap_or_default().split("\n\n").next().unwrap_or_default();
    let names = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    let mut paths = Vec::new();
    for name in names {
        let path = format!("{above} {name}").trim().to_owned();
        paths.extend(verbs(place, &path));
        paths.push(path);
    }
    paths
}

#[test]
fn every_verb_says_what_it_is_short_and_long_with_examples() {
    let place = Place::new();
    let verbs = verbs(&place, "");
    for verb in ["run", "inspect", "init", "completions", "man", "corpus export", "targets install", "bench compare"] {
        assert!(verbs.iter().any(|known| known == verb), "{verb}: {verbs:?}");
    }
    let mut wrong = Vec::new();
    for verb in verbs.iter().map(String::as_str).chain([""]) {
        let [short, long] = ["-h", "--help"].map(|flag| place.assay(format!("{verb} {flag}")).ended(0).out);
        for (kind, text) in [("short", &short), ("long", &long)] {
            let first = text.lines().next().unwrap_or_default();
            if first.is_empty() || first.starts_with("Usage") || !text.contains("Usage: assay") {
                wrong.push(format!("`{verb}` {kind}: does not say what it is: {first}"));
            }
            if !text.contains("Examples:\n") || !text.split("Examples:\n").nth(1).unwrap_or_default().contains("assay ")
            {
                wrong.push(format!("`{verb}` {kind}: no examples"));
            }
            for line in text.lines().filter(|line| line.chars().count() > 108) {
                wrong.push(format!("`{verb}` {kind}: {} columns: {line}", line.chars().count()));
            }
        }
        if short.len() > long.len() {
            wrong.push(format!("`{verb}`: the short help is longer than the long one"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn completions_are_made_for_each_shell_and_name_the_verbs() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = place.assay(format!("completions {shell}")).ended(0);
        for word in ["inspect", "corpus", "guess"] {
            assert!(said.out.contains(word), "{shell} does not complete {word}");
        }
        assert_eq!(said.out, place.assay(format!("completions {shell}")).out, "{shell}: the same each time");
    }
    let said = place.assay("completions tcsh").ended(2);
    assert!(said.err.contains("bash, elvish, fish"), "{}", said.err);
    let checked =
        std::process::Command::new("bash").args(["-n", "-c"]).arg(place.assay("completions bash").out).output();
    match checked {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => println!("SKIPPED: there is no bash here"),
    }
}

#[test]
fn manual_pages_are_printed_and_written_a_verb_each() {
    let place = Place::new();
    let page = place.assay("man").ended(0).out;
    assert!(page.contains(".TH assay 1") && page.contains("Examples"), "{page}");
    place.assay("man pages").ended(0);
    for name in ["assay.1", "assay-inspect.1", "assay-corpus-export.1"] {
        assert!(place.read(&format!("pages/{name}")).starts_with(".ie"), "{name}");
    }
    assert!(!place.path("pages/assay-worker.1").exists(), "what is hidden has no page");
    place.write("file", "");
    place.assay("man file/below").ended(2).with_error("file/below cannot be written", "directory", "may write to");
}

#[test]
fn no_color_is_obeyed_by_every_verb_that_colours() {
    let place = Place::new();
    let token = "eyJhbGciOiJub25lIn0.e30.";
    for arguments in [format!("inspect {token}"), "run -t strawman-allows-none none-empty-sig -q".to_owned()] {
        let colored = |said: &Said| said.out.contains('\u{1b}');
        let forced = Said::by(place.command(&arguments).env("CLICOLOR_FORCE", "1"));
        assert!(colored(&forced), "{arguments}: {}", forced.out);
        let never = Said::by(place.command(&arguments).env("NO_COLOR", "1").env("CLICOLOR", "1"));
        assert!(!colored(&never), "{arguments}");
        assert!(!colored(&Said::by(place.command(&arguments).env("CLICOLOR", "0"))), "{arguments}");
        assert!(!colored(&Said::by(place.command(format!("{arguments} --color never")).env("CLICOLOR_FORCE", "1"))));
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new();
    for arguments in ["list cases", "corpus export", "explain time", "completions zsh", "man"] {
        let mut command = place.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary was built");
        let mut line = String::new();
        let mut out = BufReader::with_capacity(16, child.stdout.take().expect("it is piped"));
        out.read_line(&mut line).expect("a line");
        drop(out);
        let output = child.wait_with_output().expect("it was started");
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), err.as_ref()), (Some(0), ""), "{arguments}");
    }
}

#[test]
fn whatever_is_wrong_with_a_command_line_is_said_with_what_would_be_right() {
    let place = Place::new();
    place.write("file", "");
    place.write("bad.toml", "[run]\nfail_on = \"high\"\n");
    let wrong = [
        ("run nothing-of-the-kind", "assay list"),
        ("run -t nobody", "assay list targets"),
        ("run --config none.toml", "--config"),
        ("run --config bad.toml", "did you mean `fail-on`?"),
        ("run -P nightly", "[profile.nightly]"),
        ("explain nothing-of-the-kind", "assay list"),
        ("report nothing.json", "assay run"),
        ("replay ffffffff", "--from"),
        ("diff a.json b.json", "assay run"),
        ("check", "--target-cmd"),
        ("inspect hello", "--as token"),
        ("inspect --response none.txt", "stdin"),
        ("init nowhere", "folder of the project"),
        ("init --service example.com", "http://127.0.0.1:3000"),
        ("corpus export nothing-of-the-kind", "assay list"),
        ("corpus export alg-none/none-empty-sig --out file/below.json", "--out"),
        ("man file/below", "folder that you may write to"),
        ("museum list", "checkout of assay"),
        ("targets list", "checkout of assay"),
    ];
    for (arguments, hint) in wrong {
        let said = place.assay(arguments);
        let line = said.err.lines().find(|line| line.starts_with("  hint:  ")).unwrap_or_default();
        assert!((2..=4).contains(&said.code) && line.contains(hint), "{arguments}: {}\n{}", said.code, said.err);
        assert_eq!((said.out.as_str(), said.err.matches("error:").count()), ("", 1), "{arguments}");
    }
    for (arguments, hint) in [
        ("inpsect", "'inspect'"),
        ("run --fail-on hgih", "high"),
        ("corpus export --format wycheprof", "wycheproof"),
        ("completions", "--help"),
        ("init --for cobol", "python"),
        ("run --timout 2s", "--timeout"),
    ] {
        let said = place.assay(arguments).ended(2);
        assert!(said.err.contains(hint), "{arguments}: {}", said.err);
    }
}
