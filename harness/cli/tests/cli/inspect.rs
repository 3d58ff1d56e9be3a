//! `inspect`: what is said of a Set-Cookie line, and how the process ends.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Place, Said, ended};

const GOOD: &str = "__Host-sid=kX8u2vJ0yQ1mB7cZr4dWq9LfH3sN6tEoAaGgIiPpUxY; Path=/; Secure; HttpOnly; SameSite=Lax";

/// The verb with these arguments, none of which is taken apart at blanks.
fn inspect(place: &Place, arguments: &[&str]) -> Said {
    Said::by(place.command("inspect --now 1700000000").args(arguments))
}

fn with_stdin(place: &Place, arguments: &[&str], text: &str) -> Said {
    let mut command = place.command("inspect --now 1700000000");
    let command = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary was built for this test");
    let mut stdin = child.stdin.take().expect("it is piped");
    std::io::Write::write_all(&mut stdin, text.as_bytes()).expect("it reads");
    drop(stdin);
    ended(child)
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).expect("a document")
}

fn found(document: &Value) -> Vec<&str> {
    let findings = document["findings"].as_array().expect("a list");
    findings.iter().map(|finding| finding["id"].as_str().expect("an id")).collect()
}

#[test]
fn a_good_line_is_clean_and_what_was_not_judged_is_said() {
    let place = Place::new();
    let said = inspect(&place, &["--set-cookie", GOOD]).ended(0);
    for part in ["✓ no findings", "not judged", "the URL of the request (--url)", "a sample of session ids (--sample)"]
    {
        assert!(said.out.contains(part), "no `{part}` in:\n{}", said.out);
    }
    assert!(!said.out.contains("kX8u2vJ0yQ1m"), "the session id is not printed:\n{}", said.out);
}

#[test]
fn severity_and_level_decide_the_exit_code() {
    let place = Place::new();
    inspect(&place, &["--set-cookie", "sid=4f3c; Path=/"]).ended(1);
    inspect(&place, &["--set-cookie", "sid=4f3c; Path=/", "--fail-on", "critical"]).ended(0);
    inspect(&place, &["--set-cookie", "sid=4f3c; Path=/", "--level", "must"]).ended(0);
    let low = "theme=dark; Path=/a; Path=/";
    inspect(&place, &["--set-cookie", low]).ended(0);
    inspect(&place, &["--set-cookie", low, "--fail-on", "low"]).ended(1);
    let may = "theme=dark; Domain=.example.com";
    inspect(&place, &["--set-cookie", may, "--fail-on", "note"]).ended(0);
    inspect(&place, &["--set-cookie", may, "--fail-on", "note", "--level", "may"]).ended(1);
}

#[test]
fn policy_flags_are_obeyed() {
    let place = Place::new();
    let lasting = format!("{GOOD}; Max-Age=86400");
    let ids = |arguments: &[&str]| {
        let said = inspect(&place, &[&["--format", "json", "--set-cookie", &lasting], arguments].concat());
        found(&json(&said)).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(ids(&[]), ["set-cookie/sc-persistent-session"]);
    assert!(ids(&["--allow-persistent"]).is_empty());
    assert!(ids(&["--max-lifetime", "24h"]).is_empty());
    assert_eq!(ids(&["--max-lifetime", "12h"]), ["set-cookie/sc-maxage-too-long"]);
    let shared = ids(&["--allow-persistent", "--shared-host", "--url", "https://a.example/app/login"]);
    assert_eq!(shared, ["set-cookie/sc-path-broad"]);
    let theme = inspect(&place, &["--format", "json", "--set-cookie", "theme=x", "--session-cookie", "theme"]).ended(1);
    assert!(found(&json(&theme)).contains(&"set-cookie/sc-secure-missing"));
}

#[test]
fn responses_logouts_and_samples_are_read_from_files_and_stdin() {
    let place = Place::new();
    let login = format!("HTTP/1.1 200 OK\r\nSet-Cookie: {GOOD}\r\nCache-Control: public\r\n\r\n");
    place.write("login.txt", &login);
    place.write("logout.txt", "HTTP/2 204\nset-cookie: __Host-sid=; Path=/; Max-Age=0\n\n");
    place.write("ids.txt", "1000\n1001\r\n1002\n1003\n\n1004\n");
    let url = "https://app.example.com/login";
    let files = ["--response", "login.txt", "--logout", "logout.txt", "--sample", "ids.txt", "--url", url];
    let said = inspect(&place, &[&files[..], &["--format", "json"]].concat()).ended(1);
    let document = json(&said);
    for id in ["sc-cacheable-response", "sc-hsts-absent", "sc-delete-mismatch", "sc-id-entropy"] {
        assert!(found(&document).contains(&format!("set-cookie/{id}").as_str()), "{id}: {:?}", found(&document));
    }
    let by_stdin = with_stdin(&place, &["--response", "-"], &login).ended(1);
    assert!(by_stdin.out.contains("sc-cacheable-response"));
    let lines =
        with_stdin(&place, &["--set-cookie", "-"], "Set-Cookie: theme=dark\r\nset-cookie:theme=light\r\n").ended(1);
    assert!(lines.out.contains("sc-dup-name"), "{}", lines.out);
}

#[test]
fn bad_input_is_one_message() {
    let place = Place::new();
    place.write("line.txt", "Set-Cookie: sid=4f3c\r\n\r\n");
    place.write("half.txt", "HTTP/1.1 200 OK\r\nSet-Cookie: sid=4f3c\r\n");
    place.write("one.txt", "4f3c\n");
    let wrong: [(&[&str], &str, &str, &str); 10] = [
        (&[], "there is nothing to inspect", "", "--set-cookie"),
        (&["--set-cookie", " "], "--set-cookie is empty", "", "quotation marks"),
        (&["--set-cookie", GOOD, "--url", "app.example.com"], "is no URL", "no scheme", "https://"),
        (&["--set-cookie", GOOD, "--session-cookie", "__Host-sdi"], "no line sets", "", "did you mean `__Host-sid`?"),
        (&["--response", "none.txt"], "none.txt cannot be read", "No such file", "`-` for stdin"),
        (&["--response", "line.txt"], "line.txt is no HTTP response", "status line", "curl -si"),
        (&["--response", "half.txt"], "half.txt is no HTTP response", "no empty line", "curl -si"),
        (&["--set-cookie", GOOD, "--logout", "line.txt"], "line.txt is no HTTP response", "status line", "curl -si"),
        (&["--sample", "one.txt"], "one.txt is no sample", "fewer than two", "one session id a line"),
        (&["--response", "-", "--set-cookie", "-"], "more than once", "stdin can be read once", ""),
    ];
    for (arguments, what, cause, hint) in wrong {
        let said = inspect(&place, arguments).ended(2);
        if hint.is_empty() && said.err.contains("hint") {
            assert!(said.err.contains(what) && said.err.contains(cause), "{}", said.err);
            continue;
        }
        said.with_error(what, cause, hint);
    }
    with_stdin(&place, &["--set-cookie", "-"], "\n").ended(2).with_error("no line on stdin", "", "one Set-Cookie line");
    assert_eq!(inspect(&place, &["--set-cookie", GOOD, "--max-lifetime", "soon"]).code, 2);
    inspect(&place, &["--set-cookie", "sid=; Max-Age=0", "--sample", "none.txt"]).ended(2);
}

#[test]
fn what_a_line_holds_controls_no_terminal() {
    let place = Place::new();
    let line = "s\u{1b}[2Jid=\u{1b}]0;x\u{7}; Pa\u{202e}th=\u{9b}; SameSite=\u{1b}[0m; Domain=\u{1b}; Expires=\u{1b}";
    let said = inspect(&place, &["--set-cookie", line]);
    assert!(said.out.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{:?}", said.out);
    assert!(said.out.contains("\\u{1b}"), "{}", said.out);
}

#[test]
fn three_lines_are_told_as_they_were() {
    let place = Place::new();
    let lines = [
        "sid=31d4d96e407aad42; Path=/; Domain=.example.com; Expires=Fri, 01-Jan-38 00:00:00 GMT",
        "__Host-csrf=4f3cab9e01d2; Secure; Path=/app; SameSite=\"Lax\"",
        "theme=dark; Max-Age=31536000; Priority=High",
    ];
    let mut arguments = vec!["--url", "https://app.example.com/login"];
    for line in &lines {
        arguments.extend(["--set-cookie", line]);
    }
    let said = inspect(&place, &arguments).ended(1).out;
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/inspect.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&golden, &said).expect("the checkout is ours");
    }
    let expected = std::fs::read_to_string(&golden).expect("BLESS=1 writes it");
    assert_eq!(said, expected, "BLESS=1 rewrites it");
}

#[test]
fn audited_classes_are_listed_and_explained_and_run_says_where_they_are_judged() {
    let place = Place::new();
    let rows: Vec<Value> =
        serde_json::from_str(&place.assay("list attacks set-cookie --format json").ended(0).out).expect("a list");
    let with = |status: &str| rows.iter().filter(|row| row["status"] == status).count();
    assert_eq!((rows.len(), with("audited"), with("waiting")), (34, 32, 2));
    let said = place.assay("explain sc-prefix-host-nonconform").ended(0).out;
    for part in
        ["server ", "do not send it", "falls        __Host-theme=dark; Secure; Path=", "stands ", "mend ", "try "]
    {
        assert!(said.contains(part), "no `{part}` in:\n{said}");
    }
    assert!(place.assay("explain sc-id-entropy").ended(0).out.contains("ASVS 5.0 V7.2.3"));
    let run = place.assay("run set-cookie -t sound").ended(2);
    run.with_error("`set-cookie` selects no case", "has no tokens", "`assay inspect`");
}

#[test]
fn what_explain_says_to_try_finds_what_it_explains() {
    let place = Place::new();
    let said = place.assay("explain set-cookie").ended(0).out;
    let (mut id, mut tried) = ("", 0);
    for line in said.lines() {
        if line.starts_with("set-cookie/") {
            id = line;
        }
        let Some(line) = line.trim_start().strip_prefix("try ") else { continue };
        let parts: Vec<&str> = line.split('\'').collect();
        let Some((flags, quoted)) = parts.split_last().filter(|(_, quoted)| !quoted.is_empty()) else { continue };
        let mut arguments = vec!["--format", "json"];
        for cookie in quoted.iter().skip(1).step_by(2) {
            arguments.extend(["--set-cookie", cookie]);
        }
        arguments.extend(flags.split_whitespace());
        let said = Said::by(place.command("inspect").args(&arguments));
        assert!(found(&json(&said)).contains(&id), "{id}: {line}");
        tried += 1;
    }
    assert!(tried > 20, "{tried}");
}
