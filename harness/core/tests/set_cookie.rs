//! The audit of Set-Cookie: its rules held against their examples, its reading of lines against the vectors of the Web
//! Platform Tests where they are at hand.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;
use token_assay::audit::{
    Exchange, Kept, Lifetime, Need, Place, Policy, RULES, Response, Ruling, SameSite, SetCookie, audit, keep,
};
use token_assay::model::{Level, Severity};

const GOOD: &str = "__Host-sid=kX8u2vJ0yQ1mB7cZr4dWq9LfH3sN6tEoAaGgIiPpUxY; Path=/; Secure; HttpOnly; SameSite=Lax";

#[test]
fn every_rule_is_broken_by_its_example_and_holds_for_the_one_beside_it() {
    let mut wrong = Vec::new();
    for rule in RULES {
        let (falls, clean) = (rule.ruling(&rule.falls.exchange()), rule.ruling(&rule.clean.exchange()));
        if !matches!(&falls, Ruling::Broken(hits) if !hits.is_empty()) {
            wrong.push(format!("{} is not broken: {falls:?}", rule.id));
        }
        if clean != Ruling::Holds {
            wrong.push(format!("{} does not hold: {clean:?}", rule.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rules_say_what_they_have_to_and_have_one_id_each() {
    let ids: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), RULES.len());
    for rule in RULES {
        for sentence in [rule.title, rule.mend] {
            assert!(sentence.ends_with('.') && sentence.len() > 20, "{}: {sentence}", rule.id);
        }
        assert!(!rule.references.is_empty() && rule.construction.len() > 10, "{}", rule.id);
        assert!(rule.severity < Severity::Critical, "{}", rule.id);
    }
}

#[test]
fn a_good_session_cookie_raises_nothing() {
    let line = Exchange { lines: vec![GOOD.as_bytes().to_vec()], ..Exchange::default() };
    assert!(audit(&line).findings.is_empty(), "{:?}", audit(&line).findings);
    let whole = good();
    let report = audit(&whole);
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let lacks: Vec<Need> = report.unjudged.iter().map(|(need, _)| *need).collect();
    assert_eq!(lacks, [Need::SharedHost], "{:?}", report.unjudged);
    assert_eq!(report.holding, RULES.len() - 1);
}

#[test]
fn a_line_alone_is_judged_by_what_is_in_it_and_the_rest_is_no_pass() {
    let line = Exchange { lines: vec![GOOD.as_bytes().to_vec()], ..Exchange::default() };
    let report = audit(&line);
    let lacks: BTreeSet<Need> = report.unjudged.iter().map(|(need, _)| *need).collect();
    for need in [Need::Url, Need::Response, Need::Body, Need::Logout, Need::SharedHost, Need::Sample] {
        assert!(lacks.contains(&need), "{need:?} is not asked for: {lacks:?}");
    }
    let unjudged: usize = report.unjudged.iter().map(|(_, rules)| rules.len()).sum();
    assert_eq!(report.holding + unjudged, RULES.len());
}

#[test]
fn what_is_no_session_cookie_is_left_alone() {
    for line in [
        "theme=dark",
        "theme=dark; Path=/; Max-Age=31536000",
        "XSRF-TOKEN=4f3cab9e01d2; Path=/; SameSite=Lax; Secure",
        "_ga=GA1.1.123456789.1700000000; Path=/; Expires=Fri, 01 Jan 2038 00:00:00 GMT",
        "lang=en-GB; Domain=example.com",
    ] {
        let exchange = Exchange { lines: vec![line.as_bytes().to_vec()], ..Exchange::default() };
        let findings = audit(&exchange).findings;
        assert!(findings.is_empty(), "{line}: {findings:?}");
    }
}

#[test]
fn a_deletion_is_not_judged_by_what_protects_a_session() {
    for line in ["sid=; Path=/; Max-Age=0", "sid=deleted; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/"] {
        let exchange = Exchange { lines: vec![line.as_bytes().to_vec()], ..Exchange::default() };
        let findings = audit(&exchange).findings;
        assert!(findings.is_empty(), "{line}: {findings:?}");
    }
}

#[test]
fn the_worst_comes_first_and_the_clauses_decide_among_equals() {
    let lines = ["sid=4f3c; SameSite=Stict; Path=/a; Path=/", "sid=4f3c; SameSite=None"];
    let lines = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
    let findings = audit(&Exchange { lines, ..Exchange::default() }).findings;
    let order: Vec<(Severity, Level)> = findings.iter().map(|finding| (finding.severity, finding.level)).collect();
    let mut sorted = order.clone();
    sorted.sort_by_key(|(severity, level)| (std::cmp::Reverse(*severity), *level));
    assert!(order == sorted && order.len() > 6, "{order:?}");
}

#[test]
fn no_finding_says_a_session_id() {
    let id = "4f3cab9e01d2aa0b";
    let text = format!(
        "HTTP/1.1 200 OK\r\nSet-Cookie: sid={id}; SameSite=x; Path=/a; Path=/\r\nSet-Cookie: sid={id}\r\n\r\n{{\"sid\":\"{id}\"}}"
    );
    let exchange = Exchange::default().with_response(Response::read(text.as_bytes()).unwrap());
    let findings = audit(&exchange).findings;
    assert!(findings.len() > 8 && findings.iter().any(|finding| finding.rule.id == "sc-id-in-body-or-url"));
    for finding in findings {
        assert!(!finding.seen.contains(id), "{}: {}", finding.rule.id, finding.seen);
    }
}

#[test]
fn the_lines_of_the_web_platform_tests_leave_the_cookies_that_they_should() {
    let Some(file) = vectors() else {
        println!("SKIPPED: no cookie vectors of WPT; set ASSAY_WPT_COOKIES to a folder with wpt-vectors.json");
        return;
    };
    let vectors: Vec<Value> = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let (mut wrong, mut excepted) = (Vec::new(), BTreeSet::new());
    for vector in &vectors {
        let left = jar(vector);
        if left == text(&vector["expected"]) {
            continue;
        }
        let name = text(&vector["name"]);
        match EXCEPTIONS.iter().position(|(known, _)| name.contains(known)) {
            Some(at) => _ = excepted.insert(at),
            None => wrong.push(format!("{} {name}\n  {}\n  left {left:?}", text(&vector["file"]), vector["cookie"])),
        }
    }
    assert!(vectors.len() > 700, "{}", vectors.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), vectors.len(), wrong.join("\n"));
    assert_eq!(excepted.len(), EXCEPTIONS.len(), "an exception that is listed no longer is one");
}

/// Vectors that are about something else than the algorithm, by a part of their name.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("Set cookie but ignore value after LF", "HTTP ends the field at LF; the line itself is dropped (§5.6 step 1)"),
    ("%x9 after Secure attribute is", "the page came over http, where Secure cannot be set (§5.7 step 13)"),
    ("%x9 in SameSite attribute value is", "None without Secure is dropped (§5.7 step 19); the page predates that"),
    ("%x9 after SameSite attribute value is", "as the one before"),
    (
        "domain mismatch as first domain attribute and second a bare attribute",
        "the last Domain counts, and an empty one leaves the host (§5.6.3, §5.7 steps 7 and 10)",
    ),
];

/// What a page of the test reads after a browser has been given the lines.
fn jar(vector: &Value) -> String {
    let (file, kind) = (text(&vector["file"]), text(&vector["kind"]));
    let host = if file.contains("domain-child") || file.contains(".www.") { "www.web-platform.test" } else { HOST };
    let scheme = if file.contains(".https.") { "https" } else { "http" };
    let page = format!("{scheme}://{host}/{file}");
    let set_at = if kind == "dom" { page.clone() } else { format!("{scheme}://{host}/cookies/resources/cookie.py") };
    let read_at = match (&vector["extra"], kind.as_str()) {
        (Value::String(url), _) if url.starts_with('/') => format!("{scheme}://{host}{url}"),
        (Value::String(url), _) => url.clone(),
        (Value::Bool(false), _) | (_, "dom") => page,
        _ => format!("{scheme}://{host}/cookies/resources/frame.html"),
    };
    let lines = match &vector["cookie"] {
        Value::Array(lines) => lines.iter().map(text).collect(),
        line => vec![text(line)],
    };
    let set_at = Place::read(&set_at).unwrap();
    let mut stored: Vec<(SetCookie, Kept)> = Vec::new();
    for line in lines {
        let cookie = SetCookie::read(line.as_bytes());
        let Ok(kept) = keep(&cookie, &set_at, NOW) else { continue };
        // A page cannot set what scripts cannot read (§5.7 step 15).
        if kind == "dom" && kept.is_http_only {
            continue;
        }
        let same = |(other, there): &(SetCookie, Kept)| {
            other.name == cookie.name && (&there.domain, &there.path) == (&kept.domain, &kept.path)
        };
        match stored.iter().position(same) {
            Some(at) if kept.lifetime == Lifetime::Over => _ = stored.remove(at),
            Some(at) => stored[at] = (cookie, kept),
            None if kept.lifetime == Lifetime::Over => {}
            None => stored.push((cookie, kept)),
        }
    }
    read(&stored, &Place::read(&read_at).unwrap())
}

/// The Cookie header for a request, without what scripts cannot read (§5.8.3).
fn read(stored: &[(SetCookie, Kept)], place: &Place) -> String {
    let (host, path) = (place.host.as_deref().unwrap(), place.path.as_deref().unwrap());
    let is_sent = |(_, kept): &&(SetCookie, Kept)| {
        let domain = String::from_utf8_lossy(kept.domain.as_deref().unwrap()).into_owned();
        let is_host = host == domain || (!kept.is_host_only && host.ends_with(&format!(".{domain}")));
        let under = String::from_utf8_lossy(kept.path.as_deref().unwrap()).into_owned();
        let below = path
            .strip_prefix(&under)
            .is_some_and(|rest| rest.is_empty() || under.ends_with('/') || rest.starts_with('/'));
        is_host && below && !kept.is_http_only && (!kept.is_secure || place.is_secure())
    };
    let mut sent: Vec<&(SetCookie, Kept)> = stored.iter().filter(is_sent).collect();
    sent.sort_by_key(|(_, kept)| std::cmp::Reverse(kept.path.as_ref().map(Vec::len)));
    let pair = |(cookie, _): &&(SetCookie, Kept)| {
        let (name, value) = (String::from_utf8_lossy(&cookie.name), String::from_utf8_lossy(&cookie.value));
        if name.is_empty() { value.into_owned() } else { format!("{name}={value}") }
    };
    sent.iter().map(pair).collect::<Vec<_>>().join("; ")
}

fn good() -> Exchange {
    let login = format!(
        "HTTP/1.1 200 OK\r\nSet-Cookie: {GOOD}; Max-Age=43200\r\nCache-Control: no-store\r\n\
         Strict-Transport-Security: max-age=63072000; includeSubDomains\r\n\r\n<p>Welcome.</p>"
    );
    let logout = "HTTP/1.1 204 No Content\r\nSet-Cookie: __Host-sid=; Path=/; Secure; Max-Age=0\r\n\r\n";
    let exchange = Exchange {
        place: Place::read("https://app.example.com/login").unwrap(),
        logout: Some(Response::read(logout.as_bytes()).unwrap()),
        sample: RULES.last().unwrap().clean.exchange().sample,
        policy: Policy { longest_lifetime: Some(43_200), ..Policy::default() },
        ..Exchange::default()
    };
    let exchange = exchange.with_response(Response::read(login.as_bytes()).unwrap());
    assert_eq!(exchange.cookies()[0].cookie.same_site(), SameSite::Lax);
    exchange
}

fn vectors() -> Option<PathBuf> {
    let named = std::env::var_os("ASSAY_WPT_COOKIES").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors/wpt-cookies");
    let file = named.unwrap_or(beside).join("wpt-vectors.json");
    file.is_file().then_some(file)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

const HOST: &str = "web-platform.test";
/// In 2025: some dates of the vectors are past, others are not.
const NOW: i64 = 1_750_000_000;
