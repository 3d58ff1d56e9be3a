//! `--service`: services that misbehave are one message each and leave a report; services in other languages are tried whole, and
//! the faults that are planted in them are found. The latter need node, Python and what `harness/live/fixtures/install.sh`
//! installs; where that is missing the test says that it is skipped.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use token_assay_model::Outcome;

use crate::support::{Place, Said};

const SECRET: &str = "a secret of the tests, of 32 octets and more";

/// A table of a service at this address that takes tokens, and has little patience.
fn table(url: &str) -> String {
    format!(
        r#"[service]
name = "odd"
url = "{url}"
[service.limits]
answer = "400ms"
connect = "1s"
back-off = "300ms"
retries = 0
body = 10000
[service.request]
who-am-i = {{ path = "/me" }}
[service.token]
algorithm = "HS256"
secret = "{SECRET}"
"#
    )
}

/// A server on this machine that does this with each connection, after it has read a head.
fn serve(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    std::thread::spawn(move || {
        let answer = std::sync::Arc::new(answer);
        for mut stream in listener.incoming().flatten() {
            let answer = std::sync::Arc::clone(&answer);
            std::thread::spawn(move || {
                loop {
                    let mut head = Vec::new();
                    let mut octet = [0];
                    while !head.ends_with(b"\r\n\r\n") {
                        if stream.read(&mut octet).unwrap_or(0) == 0 {
                            return;
                        }
                        head.push(octet[0]);
                    }
                    answer(&String::from_utf8_lossy(&head), &mut stream);
                }
            });
        }
    });
    url
}

/// What is said of a service that does this: one message, exit code 3, and a report that says it is not whole.
#[track_caller]
fn in_trouble(url: &str, cause: &str, hint: &str) {
    let place = Place::with(&table(url));
    let said = place.assay("run --service --quiet alg-none").ended(3);
    said.with_error("odd could not be tried to the end", cause, hint);
    let report = place.report();
    assert!(!report.run.complete, "the report says that it is whole");
    assert!(report.targets[0].unusable.as_ref().is_some_and(|why| why.contains(cause)), "{:?}", report.targets[0]);
}

fn send(stream: &mut TcpStream, text: &str) {
    let _ = stream.write_all(text.as_bytes());
}

#[test]
fn a_service_that_is_down_is_one_message() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    drop(listener);
    in_trouble(&url, "nobody answers there", "start the service");
}

#[test]
fn a_service_that_is_slow_is_one_message() {
    let url = serve(|_, _| std::thread::sleep(Duration::from_secs(5)));
    in_trouble(&url, "no whole answer within 400ms", "is [service] right, and the service well?");
}

#[test]
fn a_service_that_drips_is_slow_too() {
    let url = serve(|_, stream| {
        send(stream, "HTTP/1.1 200 OK\r\n");
        for number in 0..100 {
            send(stream, &format!("X-{number}: 1\r\n"));
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    in_trouble(&url, "no whole answer within 400ms", "is [service] right, and the service well?");
}

#[test]
fn a_service_that_answers_garbage_is_one_message() {
    let url = serve(|_, stream| send(stream, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\r\n"));
    in_trouble(&url, "what came is no HTTP", "is [service] right, and the service well?");
}

#[test]
fn a_body_without_an_end_is_one_message() {
    let url = serve(|_, stream| {
        send(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while stream.write_all(b"400\r\n").and_then(|()| stream.write_all(&[b'a'; 0x400])).is_ok() {
            send(stream, "\r\n");
        }
    });
    in_trouble(&url, "longer than 10000 octets", "is [service] right, and the service well?");
}

#[test]
fn a_redirect_that_leads_back_is_one_message() {
    let url = serve(|_, stream| send(stream, "HTTP/1.1 307 Again\r\nLocation: /me\r\nContent-Length: 0\r\n\r\n"));
    in_trouble(&url, "it redirects more than 5 times", "should be the last one");
}

#[test]
fn a_redirect_to_another_host_is_not_followed() {
    let elsewhere = serve(|_, _| panic!("a credential went to another host"));
    let elsewhere = elsewhere.replace("127.0.0.1", "127.0.0.2");
    let url = serve(move |_, stream| {
        send(stream, &format!("HTTP/1.1 307 There\r\nLocation: {elsewhere}/me\r\nContent-Length: 0\r\n\r\n"));
    });
    in_trouble(&url, "it redirects to 127.0.0.2, which is another host", "credentials go nowhere else");
}

#[test]
fn a_cookie_of_a_megabyte_is_one_message() {
    let url = serve(|_, stream| {
        send(
            stream,
            &format!("HTTP/1.1 200 OK\r\nSet-Cookie: sid={}\r\nContent-Length: 0\r\n\r\n", "a".repeat(1 << 20)),
        );
    });
    in_trouble(&url, "the head of the answer is longer", "is [service] right, and the service well?");
}

#[test]
fn tls_where_none_is_spoken_is_one_message() {
    let url = serve(|_, stream| send(stream, "HTTP/1.1 400 Bad Request\r\n\r\n")).replace("http:", "https:");
    in_trouble(&url, "no TLS connection stands: nothing came", "the certificate");
}

#[test]
fn a_clock_that_jumps_is_one_message() {
    let asked = std::sync::atomic::AtomicU32::new(0);
    let url = serve(move |_, stream| {
        let hour = if asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 2 { "08" } else { "11" };
        send(
            stream,
            &format!("HTTP/1.1 401 No\r\nDate: Sat, 28 Nov 2026 {hour}:00:00 GMT\r\nContent-Length: 0\r\n\r\n"),
        );
    });
    in_trouble(&url, "clock jumped by 10800 s", "set both clocks");
}

#[test]
fn a_service_that_refuses_the_valid_token_is_not_tried() {
    let url = serve(|_, stream| send(stream, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"));
    in_trouble(&url, "it refused the valid token of every policy", "what the service is configured with");
}

#[test]
fn a_service_that_accepts_anything_is_found_out_by_its_control() {
    let url = serve(|_, stream| send(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    let place = Place::with(&table(&url));
    place.assay("run --service --quiet alg-none").ended(1);
    assert_eq!(place.report().findings[0].case.class(), "tampered-control");
}

/// Whom it lets in by one cookie, and by two nobody.
fn answer_one_cookie(head: &str, stream: &mut TcpStream) {
    let said = |status: &str, field: &str, body: &str| {
        format!("HTTP/1.1 {status}\r\n{field}Content-Length: {}\r\n\r\n{body}", body.len())
    };
    let path = head.split(' ').nth(1).unwrap_or_default();
    if let Some(name) = path.strip_prefix("/login/") {
        return send(stream, &said("200 OK", &format!("Set-Cookie: sid=session-of-{name}; Path=/\r\n"), "{}"));
    }
    let lines = head.lines().filter_map(|line| line.strip_prefix("Cookie:"));
    let ids: Vec<&str> =
        lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().strip_prefix("sid=")).collect();
    match ids[..] {
        [id] if id.starts_with("session-of-") => {
            let name = &id["session-of-".len()..];
            send(stream, &said("200 OK", "", &format!("{{\"name\":\"{name}\"}}")));
        }
        _ => send(stream, &said("401 Unauthorized", "", "{}")),
    }
}

#[test]
fn a_service_that_refuses_two_cookies_of_one_name_is_in_its_right() {
    let url = serve(answer_one_cookie);
    let place = Place::with(&format!(
        r#"[service]
name = "strict"
url = "{url}"
kind = "session"
[[service.user]]
name = "alice"
password = "a"
[[service.user]]
name = "bob"
password = "b"
[service.request]
login = {{ path = "/login/{{name}}" }}
who-am-i = {{ path = "/me" }}
[service.answer]
cookie = "sid"
name = "/name"
"#
    ));
    place.assay("run --service --quiet --level may hdr-dup-name-order").ended(0);
    let passed = place.report().cases.iter().filter(|case| case.results["strict"].outcome == Outcome::Pass).count();
    assert!(passed > 1, "{:?}", place.report().cases);
}

#[test]
fn a_service_that_goes_away_leaves_what_was_seen() {
    let seen = std::sync::Mutex::new(Vec::new());
    let url = serve(move |head, stream| {
        let token = head.lines().find_map(|line| line.strip_prefix("Authorization: ")).unwrap_or_default().to_owned();
        let mut seen = seen.lock().expect("nobody panics");
        seen.push(token.clone());
        if seen.len() > 12 {
            let _ = stream.shutdown(std::net::Shutdown::Both);
            return;
        }
        // The first is the valid one; everything else but its altered copy is let in, until the service goes away.
        let is_altered = token != seen[0] && token.rsplit('.').next() == seen[0].rsplit('.').next();
        let status = if is_altered { "401 No" } else { "200 OK" };
        send(stream, &format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"));
    });
    let place = Place::with(&table(&url));
    let said = place.assay("run --service --quiet alg-none").ended(3);
    assert!(said.err.contains("error: odd could not be tried to the end"), "{}", said.err);
    let report = place.report();
    assert!(!report.run.complete && !report.findings.is_empty(), "what was found is kept");
}

#[test]
fn a_finding_of_a_service_is_shown_to_it_anew() {
    use token_assay::forge::{Hash, base64url, sign::mac};
    let mended = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let is_mended = std::sync::Arc::clone(&mended);
    let url = serve(move |head, stream| {
        let token = head.lines().find_map(|line| line.strip_prefix("Authorization: Bearer ")).unwrap_or_default();
        let (signed, signature) = token.rsplit_once('.').unwrap_or_default();
        let is_genuine = base64url::encode(mac(Hash::Sha256, SECRET.as_bytes(), signed.as_bytes())) == signature;
        let is_open = !is_mended.load(std::sync::atomic::Ordering::Relaxed);
        let status = if is_genuine || (signature.is_empty() && is_open) { "200 OK" } else { "401 No" };
        send(stream, &format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"));
    });
    let place = Place::with(&table(&url));
    place.assay("run --service --quiet none-empty-sig").ended(1);
    let again = place.assay("replay --service").ended(1);
    assert!(again.out.contains("STILL") && again.out.contains("forged anew"), "{}", again.out);
    mended.store(true, std::sync::atomic::Ordering::Relaxed);
    let again = place.assay("replay --service").ended(0);
    assert!(again.out.contains("FIXED"), "{}", again.out);
    place.write("assay.toml", table(&url).replace("\"odd\"", "\"even\""));
    let again = place.assay("replay --service").ended(3);
    assert!(again.out.contains("ERROR") && again.out.contains("it is about odd"), "{}", again.out);
}

#[test]
fn a_service_that_keeps_keys_that_are_gone_is_found_and_seen_again() {
    let address = free();
    let jwks = format!("http://{address}/.well-known/jwks.json");
    for fault in ["", "keeps-keys"] {
        let Some(fixture) = Fixture::start_with("python-flask", fault, &[("JWKS", &jwks), ("CACHE", "0.5")]) else {
            return;
        };
        let issuer = format!("\n[service.issuer]\naddress = \"{address}\"\ncache = \"500ms\"\n");
        let place = fixture.place(|table| table.replace("key = \"private.pem\"", "") + &issuer);
        let rows = "jwks-rotated-out-key jwks-refresh-storm key-same-kid-new-key";
        let said = place.assay(format!("run --service --quiet {rows}"));
        assert!(matches!(said.code, 0 | 1), "{} {}", said.code, said.err);
        let report = place.report();
        let classes: Vec<_> = report.findings.iter().map(|finding| finding.case.class()).collect();
        assert_eq!(classes.contains(&"jwks-rotated-out-key"), fault == "keeps-keys", "{classes:?}");
        let record: Value = serde_json::from_str(&place.read("assay-report/issuer.json")).expect("a record");
        let trials = record.as_array().expect("a list");
        assert!(trials.iter().any(|trial| trial["fetches"].as_array().is_some_and(|fetches| !fetches.is_empty())));
        if fault == "keeps-keys" {
            let found = report.findings.iter().find(|finding| finding.case.class() == "jwks-rotated-out-key");
            let fingerprint = found.expect("it was found").fingerprint.to_string();
            let again = place.assay(format!("replay --service {fingerprint}")).ended(1);
            assert!(again.out.starts_with("STILL"), "{}", again.out);
        }
    }
}

/// The rows about keys that are fetched.
const OF_KEYS: [&str; 15] = [
    "jwks-rotated-out-key",
    "key-same-kid-new-key",
    "jwks-refresh-storm",
    "iss-key-mismatch",
    "jwks-key-for-other-issuer",
    "jwks-cross-issuer",
    "meta-key-rotation-race",
    "jwks-poison-response",
    "jwks-stale-on-error",
    "jku-internal-ssrf",
    "jku-allowlist-bypass",
    "jku-open-redirect",
    "jku-header-injection",
    "jku-single-jwk-document",
    "jku-resource-abuse",
];

/// Tries the service that fetches its keys, with two issuers at addresses of its own: how it ended, the folder, and the service.
fn fetching(fault: &str, rows: &str) -> Option<(Said, Place, Fixture)> {
    let (first, second) = (free(), free());
    let [of_first, of_second] = [first, second].map(|address| format!("http://{address}"));
    let environment = [("ISSUER", of_first.as_str()), ("SECOND", of_second.as_str()), ("CACHE", "0.5")];
    let fixture = Fixture::start_with("javascript-jose", fault, &environment)?;
    let place = fixture.place(|table| {
        let table = table.replace("cache = \"1s\"", "cache = \"500ms\"");
        table.replace("127.0.0.1:17600", &first.to_string()).replace("127.0.0.1:17601", &second.to_string())
    });
    Some((place.assay(format!("run --service {rows} --report junit,markdown,html")), place, fixture))
}

#[test]
fn a_service_that_fetches_its_keys_soundly_passes_every_row_and_each_report_counts_them() {
    let Some((said, place, _)) = fetching("", &OF_KEYS.join(" ")) else { return };
    let report = place.report();
    assert!(said.code == 0 && report.findings.is_empty(), "{} {:#?}", said.err, report.findings);
    for row in OF_KEYS {
        let ways: Vec<_> = report.cases.iter().filter(|case| case.id.class() == row).collect();
        assert!(!ways.is_empty(), "{row} stands in no report");
        for way in ways {
            assert_eq!(way.results["orders"].outcome, Outcome::Pass, "{way:?}");
        }
    }
    let passes = report.cases.iter().filter(|case| case.results["orders"].outcome == Outcome::Pass).count();
    assert_eq!(report.targets[0].outcomes[&Outcome::Pass], passes as u64, "{:?}", report.targets[0]);
    let junit = place.read("assay-report/junit.xml");
    assert!(junit.contains("jwks/jwks-rotated-out-key/after-fetch"), "{junit}");
    let page = place.read("assay-report/report.html");
    assert!(page.contains("jwks-rotated-out-key"));
    let markdown = place.read("assay-report/report.md");
    assert!(markdown.contains(&format!("| {passes} | 0 |")), "{markdown}");
}

#[test]
fn each_mistake_about_keys_is_found_in_a_service_that_fetches_them() {
    for (fault, row) in [
        ("keeps-retired", "jwks-rotated-out-key"),
        ("refetches", "jwks-refresh-storm"),
        ("mixes-issuers", "iss-key-mismatch"),
        ("ignores-status", "jwks-poison-response"),
        ("fails-open", "jwks-stale-on-error"),
        ("stale-for-ever", "jwks-stale-on-error"),
        ("any-jku", "jku-internal-ssrf"),
        ("follows-redirects", "jku-open-redirect"),
    ] {
        let Some((said, place, _service)) = fetching(fault, row) else { return };
        let report = place.report();
        let found = report.findings.iter().find(|finding| finding.case.class() == row);
        let found = found.unwrap_or_else(|| panic!("{fault}: {} {:#?}", said.err, report.findings));
        assert_eq!(said.code, 1, "{fault}: {}", said.err);
        if fault == "stale-for-ever" {
            place.write("assay.toml", place.read("assay.toml").replace("max-stale = ", "# max-stale = "));
            let again = place.assay(format!("replay --service {}", found.fingerprint));
            let told = format!("{}{}", again.out, again.err);
            assert!(
                told.contains("service.issuer.max-stale is not declared"),
                "what is not tried is not mended: {told}"
            );
        }
    }
}

/// An address that nobody has at this moment.
fn free() -> std::net::SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("there is a port")
}

#[test]
fn another_host_is_asked_with_permission_alone() {
    let place = Place::with(&table("http://192.0.2.1:9"));
    place.assay("run --service").ended(2).with_error(
        "192.0.2.1 is not this machine",
        "",
        "--i-have-permission 192.0.2.1",
    );
    place.assay("run --service --i-have-permission 192.0.2.2").ended(2).with_error(
        "192.0.2.1 is not this machine",
        "",
        "names 192.0.2.2",
    );
    place.assay("run --i-have-permission 192.0.2.1").ended(2);
    Place::new().assay("run --service").ended(2).with_error("assay.toml has no [service]", "", "README");
    Place::new().assay("sessions --service").ended(2).with_error("assay.toml has no [service]", "", "README");
}

#[test]
fn sessions_say_what_a_table_lacks_and_what_a_service_answers_wrongly() {
    let place = Place::with(&table("http://127.0.0.1:9"));
    place.assay("sessions --service").ended(2).with_error("does not say what its logins give", "", "kind =");
    let url = serve(|_, stream| send(stream, "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"));
    let table = format!(
        "[service]\nname = \"odd\"\nurl = \"{url}\"\nkind = \"session\"\n[[service.user]]\nname = \"a\"\npassword = \"hunter2hunter2\"\n\
         [service.request]\nlogin = {{ path = \"/login\", form = {{ p = \"{{password}}\" }} }}\nwho-am-i = {{ path = \"/me\" }}\n"
    );
    let said = Place::with(&table).assay("sessions --service").ended(3);
    said.with_error("odd cannot be tried: the login of a was answered with status 500", "", "is the password right");
}

/// A service of `harness/live/fixtures`, as long as this lives.
struct Fixture {
    child: Child,
    folder: PathBuf,
    port: String,
}

impl Fixture {
    /// Nothing where it cannot be had here.
    fn start(name: &str, fault: &str) -> Option<Self> {
        Self::start_with(name, fault, &[])
    }

    /// The same with more in its environment.
    fn start_with(name: &str, fault: &str, environment: &[(&str, &str)]) -> Option<Self> {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../live/fixtures");
        let installed = Command::new("bash").arg(fixtures.join("install.sh")).arg(name).output();
        let is_installed = installed.is_ok_and(|said| said.status.success() && !said.stdout.starts_with(b"SKIPPED"));
        if !is_installed {
            println!("SKIPPED: {name} cannot be installed here");
            return None;
        }
        let mut command = Command::new("bash");
        command.arg(fixtures.join("start.sh")).arg(name).env("FAULT", fault).env("PORT", "0");
        command.envs(environment.iter().copied());
        command.stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut child = command.spawn().expect("bash is there");
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().expect("it is piped"));
        said.read_line(&mut line).expect("it is text");
        let port =
            line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{name} said {line:?}")).to_owned();
        Some(Self { child, folder: fixtures.join(name), port })
    }

    /// A folder with its table, changed so.
    fn place(&self, change: impl Fn(String) -> String) -> Place {
        let table = std::fs::read_to_string(self.folder.join("assay.toml")).expect("it is there");
        let url = table.lines().find(|line| line.starts_with("url = ")).expect("it says where").to_owned();
        let table = table.replace(&url, &format!("url = \"http://127.0.0.1:{}\"", self.port));
        let place = Place::with(&change(table));
        for key in ["private.pem", "public.pem"] {
            if let Ok(octets) = std::fs::read(self.folder.join(key)) {
                place.write(key, octets);
            }
        }
        place
    }

    fn assay(&self, arguments: &str) -> (Place, Said) {
        let place = self.place(|table| table);
        let said = place.assay(arguments);
        (place, said)
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        // The shell and what it started.
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.child.id())]).status();
        let _ = self.child.wait();
    }
}

/// The invariants that a service is found to break.
#[track_caller]
fn broken(name: &str, fault: &str) -> Option<Vec<String>> {
    let fixture = Fixture::start(name, fault)?;
    let (_, said) = fixture.assay("sessions --service --json --seed 1 --commands 1200 --lag 3");
    let code = i32::from(!said.out.contains("\"finding\": null"));
    let said = said.ended(code);
    let document: Value = serde_json::from_str(&said.out).expect("a document");
    assert_eq!(document["complete"], true, "{document:#}");
    let services = document["services"].as_array().expect("a list");
    let found: Vec<_> =
        services.iter().filter_map(|row| row["finding"]["invariant"].as_str().map(str::to_owned)).collect();
    for secret in ["eyJ", "s password"] {
        assert!(!said.out.contains(secret), "{secret} in:\n{}", said.out);
    }
    Some(found)
}

/// The classes that fail, where tokens are shown.
#[track_caller]
fn failing(
    name: &str,
    fault: &str,
    change: impl Fn(String) -> String,
) -> Option<(Vec<String>, token_assay_model::Report)> {
    let fixture = Fixture::start(name, fault)?;
    let place = fixture.place(change);
    let said = place.assay("run --service --quiet");
    assert!(matches!(said.code, 0 | 1), "{} {}", said.code, said.err);
    let report = place.report();
    let failed = report.findings.iter().filter(|finding| finding.outcome == Outcome::Fail);
    let classes = failed.map(|finding| format!("{}/{}", finding.case.family(), finding.case.class())).collect();
    let written = place.read("assay-report/report.json");
    assert!(!written.contains(SECRET) && !written.contains("s password"), "a secret stands in the report");
    Some((classes, report))
}

#[test]
fn services_in_other_languages_keep_every_invariant() {
    for name in ["javascript-express", "javascript-fastify", "python-flask"] {
        if let Some(found) = broken(name, "") {
            assert!(found.is_empty(), "{name}: {found:?}");
        }
    }
}

#[test]
fn services_in_other_languages_keep_to_what_they_are_asked_and_one_that_takes_any_page_s_request_does_not() {
    for name in ["javascript-express", "javascript-fastify", "python-flask"] {
        for (fault, expected) in [("", ""), ("any-origin", "session-store/ss-csrf-missing")] {
            let Some(fixture) = Fixture::start(name, fault) else { break };
            let (place, said) = fixture.assay("sessions --service --inquiries alone --json --level may");
            let said = said.ended(i32::from(!expected.is_empty()));
            let document: Value = serde_json::from_str(&said.out).expect("a document");
            let rows = document["inquiries"].as_array().expect("a list");
            let found: Vec<&str> =
                rows.iter().filter(|row| row["outcome"] == "broken").filter_map(|row| row["class"].as_str()).collect();
            assert_eq!(found, Vec::from_iter((!expected.is_empty()).then_some(expected)), "{name}: {rows:#?}");
            for secret in ["eyJ", "s password"] {
                assert!(!said.out.contains(secret), "{secret} in:\n{}", said.out);
            }
            if !expected.is_empty() {
                place.write("found.json", said.out);
                let again = place.assay("replay found.json").ended(1);
                assert!(again.out.contains("STILL session-store/ss-csrf-missing"), "{}", again.out);
            }
        }
    }
}

#[test]
fn a_login_that_keeps_its_id_is_found() {
    for name in ["javascript-express", "javascript-fastify"] {
        if let Some(found) = broken(name, "no-regenerate") {
            assert!(found.iter().any(|invariant| invariant == "fresh-id"), "{name}: {found:?}");
        }
    }
}

#[test]
fn a_logout_that_only_clears_the_cookie_is_found_and_seen_again() {
    for name in ["javascript-express", "javascript-fastify", "python-flask"] {
        if let Some(found) = broken(name, "logout-clears-cookie-only") {
            assert!(found.iter().any(|invariant| invariant == "logout-ends"), "{name}: {found:?}");
        }
    }
    let Some(fixture) = Fixture::start("javascript-fastify", "logout-clears-cookie-only") else { return };
    let (place, said) = fixture.assay("sessions --service --json --seed 1 --commands 600 --lag 0");
    place.write("found.json", said.ended(1).out);
    let again = place.assay("sessions --service --replay found.json").ended(1);
    assert!(again.out.contains("STILL sessions/logout-ends in fastify (1 of 1 times)"), "{}", again.out);
}

#[test]
fn a_service_that_takes_alg_none_is_found_with_its_key_and_without() {
    for (name, black) in [
        ("javascript-express", ("secret = ", "# secret = ")),
        ("python-flask", ("key = \"private.pem\"", "public-key = \"public.pem\"\nsample-env = \"SAMPLE\"")),
    ] {
        let Some((found, _)) = failing(name, "allows-none", |table| table) else { continue };
        assert!(found.iter().any(|class| class.starts_with("alg-none/")), "{name}: {found:?}");
        let (clean, _) = failing(name, "", |table| table).expect("it was started before");
        assert!(!clean.iter().any(|class| class.starts_with("alg-none/")), "{name}: {clean:?}");
        if name == "javascript-express" {
            let (found, report) = failing(name, "allows-none", |table| table.replace(black.0, black.1)).expect("again");
            assert!(found.iter().any(|class| class.starts_with("alg-none/")), "{name}, black box: {found:?}");
            assert!(!found.iter().any(|class| class.starts_with("transport/")), "{name}, black box: {found:?}");
            assert!(report.targets[0].skipped_for["signing-key"] > 100, "{:?}", report.targets[0].skipped_for);
        }
    }
}

#[test]
fn a_service_that_does_not_ask_for_its_audience_is_found() {
    for name in ["javascript-express", "python-flask"] {
        let Some((found, _)) = failing(name, "audience-unchecked", |table| table) else { continue };
        assert!(
            found.iter().any(|class| class == "claims/aud-wrong" || class.starts_with("claims/aud")),
            "{name}: {found:?}"
        );
        let (clean, _) = failing(name, "", |table| table).expect("it was started before");
        assert!(clean.len() < found.len(), "{name}: {clean:?}");
    }
}
