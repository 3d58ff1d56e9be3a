//! `assay inspect`: a token, a key, a cookie, or what a server says when it sets one, against the clauses. Reads what was copied, files
//! and stdin, and tells what it is; never asks a server, and never prints a session id whole.

mod key;
mod token;

use std::ffi::{OsStr, OsString};
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use token_assay::audit::{
    self, Audit, Exchange, Finding, Kept, LONGEST_LIFE, Lifetime, Need, Place, Policy, Response, Seen,
};
use token_assay::inspect::{Kind, NotFound, detect, detect_as};
use token_assay_model::{ExitCode, Level, Reference, Severity};
use token_assay_report::audit::{Block, Entry, Page, render};
use token_assay_report::shown_octets;

use super::common::one_of;
use crate::config::parse_duration;
use crate::error::{Error, Result, nearest};

/// What to look at, and by which policy.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = LONG_EXAMPLES)]
pub(crate) struct Arguments {
    /// A token, a JWK or a key set, a Cookie or Set-Cookie line, a response, or a document with tokens in it: what was copied;
    /// `-` is stdin.
    #[arg(value_name = "TEXT")]
    text: Option<OsString>,
    /// Read that from a file; `-` is stdin.
    #[arg(long, short, value_name = "FILE", conflicts_with = "text")]
    file: Option<PathBuf>,
    /// What it is, where it is not told rightly.
    #[arg(long = "as", value_name = "KIND", value_parser = one_of(Kind::ALL, Kind::as_str))]
    kind: Option<Kind>,
    /// Check the signature, or decrypt, with this key: PEM, certificate, JWK, key set, or a shared secret as it is.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Say what a sound verifier answers under the `[policy]` of this assay.toml, and by which rule.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Try a short list of well-known secrets.
    #[arg(long)]
    guess: bool,
    /// A Set-Cookie line of the response; may be repeated. `-` reads lines from stdin.
    #[arg(long = "set-cookie", value_name = "LINE")]
    lines: Vec<OsString>,
    /// The whole response as it stood on the wire, or as `curl -i` prints it; `-` is stdin.
    #[arg(long, value_name = "FILE")]
    response: Option<PathBuf>,
    /// The response to the logout, in the same form.
    #[arg(long, value_name = "FILE")]
    logout: Option<PathBuf>,
    /// Session ids in the order in which they were issued, one a line.
    #[arg(long, value_name = "FILE")]
    sample: Option<PathBuf>,
    /// The URL of the request, such as `https://app.example.com/login`.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The cookie that carries the session [default: those with sid, session, sess, auth, token or id for a name].
    #[arg(long, value_name = "NAME")]
    session_cookie: Option<String>,
    /// The longest that a session cookie may be kept, or a token may live, such as 12h.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    max_lifetime: Option<Duration>,
    /// Session cookies may be kept after the browser is closed; --max-lifetime says so too.
    #[arg(long)]
    allow_persistent: bool,
    /// Other applications live on the same host.
    #[arg(long)]
    shared_host: bool,
    /// The clock, in Unix seconds [default: the real one].
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    now: Option<i64>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Form::Text, value_name = "FORMAT")]
    format: Form,
    /// Short for --format json.
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// How firmly the clauses must speak for a finding to count in the exit code.
    #[arg(long, value_name = "LEVEL", env = "ASSAY_LEVEL", default_value = "should", value_parser = one_of(Level::ALL, Level::as_str))]
    level: Level,
    /// The least severity that counts in the exit code.
    #[arg(long, value_name = "SEVERITY", env = "ASSAY_FAIL_ON", default_value = "medium", value_parser = one_of(Severity::ALL, Severity::as_str))]
    fail_on: Severity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Text,
    Json,
}

const EXAMPLES: &str = "Examples:
  assay inspect eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.…
  pbpaste | assay inspect - --guess
  assay inspect --file token.txt --policy assay.toml
  assay inspect --file jwks.json
  assay inspect --set-cookie 'sid=31d4d96e; Path=/' --url https://app.example.com/login";

const LONG_EXAMPLES: &str = "Examples:
  A token, taken apart and audited; well-known secrets are tried where it is asked:
    assay inspect eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.…
    pbpaste | assay inspect - --guess
  What a sound verifier answers, with a key alone, or under the [policy] table of a file:
    assay inspect --file token.txt --key public.pem
    assay inspect --file token.txt --policy assay.toml --json
  A key, or the set that a service publishes:
    curl -s https://login.example.com/jwks.json | assay inspect -
  A Cookie line, a response of a token endpoint, a URL with a token in it:
    assay inspect 'Cookie: theme=dark; sid=eyJhbGciOiJIUzI1NiJ9.…'
    curl -s https://login.example.com/token -d @grant | assay inspect -
  What a server says when it sets a session cookie:
    assay inspect --set-cookie 'sid=31d4d96e; Path=/' --url https://app.example.com/login
    curl -si https://app.example.com/login -d @login | assay inspect --response - --url https://app.example.com/login

A command line is kept in histories: a token that still holds is better read from stdin or a file.
Exit codes: 0 clean · 1 something counts, or a sound verifier refuses it · 2 it cannot be read · 4 nothing could be judged.";

/// Audits. Exit code 1 says that something counts or is refused, 4 that nothing could be judged.
pub(crate) fn run(arguments: &Arguments) -> Result {
    let Some(text) = text(arguments)? else { return run_on_exchange(arguments, Given::default()) };
    let found = arguments.kind.map_or_else(|| detect(&text), |kind| detect_as(&text, kind));
    let found = found.map_err(|not_found| match not_found {
        NotFound::Empty => nothing_given(),
        NotFound::Nothing => token::nothing(arguments.file.as_ref()),
    })?;
    if !found.kind.has_tokens() {
        check_token_flags(arguments, found.kind)?;
    }
    match found.kind {
        Kind::SetCookie => {
            let lines = text.split(|octet| *octet == b'\n').map(|line| bare(line.trim_ascii()).to_vec());
            let lines = lines.filter(|line| !line.is_empty()).collect();
            run_on_exchange(arguments, Given { lines, response: None })
        }
        Kind::Response => {
            let response = Response::read(&text).map_err(|error| no_response("the text", error))?;
            run_on_exchange(arguments, Given { lines: Vec::new(), response: Some(response) })
        }
        Kind::Key => {
            let ask = key::Ask { as_json: arguments.is_json(), level: arguments.level, fail_on: arguments.fail_on };
            key::run(&text, &ask)
        }
        Kind::Token | Kind::Cookie | Kind::Holder => token::run(&found, &ask(arguments)),
    }
}

fn ask(arguments: &Arguments) -> token::Ask<'_> {
    token::Ask {
        key: arguments.key.as_deref(),
        policy: arguments.policy.as_deref(),
        guesses: arguments.guess,
        longest_lifetime: longest_lifetime(arguments),
        now: now(arguments),
        as_json: arguments.is_json(),
        level: arguments.level,
        fail_on: arguments.fail_on,
    }
}

impl Arguments {
    fn is_json(&self) -> bool {
        self.json || self.format == Form::Json
    }
}

fn now(arguments: &Arguments) -> i64 {
    arguments.now.unwrap_or_else(|| jiff::Timestamp::now().as_second())
}

fn longest_lifetime(arguments: &Arguments) -> Option<i64> {
    arguments.max_lifetime.map(|time| i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
}

/// What was copied: the argument, the file, or stdin, which is read unasked where nothing else is given and it is a pipe.
fn text(arguments: &Arguments) -> Result<Option<Vec<u8>>> {
    let is_asked_otherwise = !arguments.lines.is_empty() || arguments.response.is_some() || arguments.sample.is_some();
    let text = match (&arguments.text, &arguments.file) {
        (Some(text), _) if text.as_os_str() != STDIN => text.as_encoded_bytes().to_vec(),
        (Some(_), _) => read(Path::new(STDIN))?,
        (None, Some(file)) => read(file)?,
        (None, None) if is_asked_otherwise || std::io::stdin().is_terminal() => return Ok(None),
        (None, None) => read(Path::new(STDIN))?,
    };
    if is_asked_otherwise {
        let error = Error::usage("there is more than one thing to inspect");
        return Err(error.hint("give TEXT or --file, or --set-cookie, --response and --sample"));
    }
    Ok(Some(text))
}

/// What is asked of tokens is asked of nothing else.
fn check_token_flags(arguments: &Arguments, kind: Kind) -> Result<()> {
    let given =
        [(arguments.key.is_some(), "--key"), (arguments.policy.is_some(), "--policy"), (arguments.guess, "--guess")];
    match given.iter().find(|(is_given, _)| *is_given) {
        Some((_, flag)) => {
            let error =
                Error::usage(format!("{flag} is for tokens")).because(format!("what is given is a {}", kind.as_str()));
            Err(match kind {
                Kind::Key => error.hint("give the token, and this key with --key FILE"),
                _ => error.hint("say --as token, or give the token alone"),
            })
        }
        None => Ok(()),
    }
}

/// Lines and a response that were told from the text.
#[derive(Debug, Default)]
struct Given {
    lines: Vec<Vec<u8>>,
    response: Option<Response>,
}

fn run_on_exchange(arguments: &Arguments, given: Given) -> Result {
    let exchange = exchange(arguments, given)?;
    let audit = audit::audit(&exchange);
    if arguments.is_json() {
        crate::print(&format!("{:#}\n", document(&audit, &exchange)));
    } else {
        crate::print(&render(&page(&audit, &exchange), crate::shows_color()));
    }
    let counts = |finding: &Finding| finding.severity >= arguments.fail_on && finding.level <= arguments.level;
    Ok(match (audit.findings.iter().any(counts), audit.holding) {
        (true, _) => ExitCode::Findings,
        (false, 0) if audit.findings.is_empty() => ExitCode::NothingRan,
        (false, _) => ExitCode::Clean,
    })
}

fn nothing_given() -> Error {
    let error = Error::usage("there is nothing to inspect");
    error.hint("give a token, a cookie or `-` for stdin; a line with --set-cookie; a file with --file or --response")
}

fn exchange(arguments: &Arguments, given: Given) -> Result<Exchange> {
    let is_given = !given.lines.is_empty() || given.response.is_some();
    if !is_given && arguments.lines.is_empty() && arguments.response.is_none() && arguments.sample.is_none() {
        return Err(nothing_given());
    }
    check_stdin(arguments)?;
    let read = |file: &Option<PathBuf>| file.as_deref().map(read_response).transpose();
    let exchange = Exchange {
        place: arguments.url.as_deref().map_or(Ok(Place::default()), place)?,
        lines: [given.lines, lines(&arguments.lines)?].concat(),
        response: None,
        logout: read(&arguments.logout)?,
        sample: arguments.sample.as_deref().map_or(Ok(Vec::new()), sample)?,
        policy: Policy {
            session_cookie: arguments.session_cookie.clone(),
            longest_lifetime: longest_lifetime(arguments),
            allows_persistent: arguments.allow_persistent,
            has_shared_host: arguments.shared_host,
        },
        now: now(arguments),
    };
    let response = match given.response {
        Some(response) => Some(response),
        None => read(&arguments.response)?,
    };
    let exchange = match response {
        Some(response) => exchange.with_response(response),
        None => exchange,
    };
    check_session_cookie(&exchange)?;
    Ok(exchange)
}

/// Stdin can be read once.
fn check_stdin(arguments: &Arguments) -> Result<()> {
    let files = [&arguments.response, &arguments.logout, &arguments.sample];
    let of_text =
        arguments.text.as_deref() == Some(OsStr::new(STDIN)) || arguments.file.as_deref() == Some(Path::new(STDIN));
    let of_files = files.iter().filter(|file| file.as_deref() == Some(Path::new(STDIN))).count();
    let of_lines = arguments.lines.iter().filter(|line| line.as_os_str() == STDIN).count();
    if of_files + of_lines + usize::from(of_text) > 1 {
        return Err(Error::usage("`-` is given more than once").because("stdin can be read once"));
    }
    Ok(())
}

/// A name that no line has was probably mistyped.
fn check_session_cookie(exchange: &Exchange) -> Result<()> {
    let Some(name) = &exchange.policy.session_cookie else { return Ok(()) };
    let cookies = exchange.cookies();
    if cookies.is_empty() || cookies.iter().any(|seen| seen.is_session) {
        return Ok(());
    }
    let names: Vec<String> = cookies.iter().map(|seen| shown_octets(&seen.cookie.name, NAME)).collect();
    let error = Error::usage(format!("no line sets a cookie `{}`", shown_octets(name.as_bytes(), NAME)));
    Err(match nearest(name, names.iter().map(String::as_str)) {
        Some(known) => error.hint(format!("did you mean `{known}`?")),
        None => error.hint(format!("the lines set {}", names.join(", "))),
    })
}

fn place(url: &str) -> Result<Place> {
    Place::read(url).map_err(|cause| {
        let error = Error::usage(format!("`{}` is no URL", shown_octets(url.as_bytes(), NAME)));
        error.because(cause).hint("write it as https://app.example.com/login")
    })
}

fn lines(given: &[OsString]) -> Result<Vec<Vec<u8>>> {
    let mut lines = Vec::new();
    for line in given {
        if line.as_os_str() != STDIN {
            let line = bare(line.as_encoded_bytes());
            if line.trim_ascii().is_empty() {
                return Err(Error::usage("--set-cookie is empty").hint("give the line in quotation marks"));
            }
            lines.push(line.to_vec());
            continue;
        }
        let octets = read(Path::new(STDIN))?;
        let before = lines.len();
        lines.extend(
            octets.split(|octet| *octet == b'\n').map(unended).filter(|l| !l.is_empty()).map(|l| bare(l).to_vec()),
        );
        if lines.len() == before {
            return Err(Error::usage("there is no line on stdin").hint("one Set-Cookie line a line is read"));
        }
    }
    Ok(lines)
}

fn unended(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// A line without the name of the field, which people copy along.
fn bare(line: &[u8]) -> &[u8] {
    let start = line.get(..FIELD.len()).is_some_and(|start| start.eq_ignore_ascii_case(FIELD));
    if start { line[FIELD.len()..].trim_ascii_start() } else { line }
}

fn sample(file: &Path) -> Result<Vec<Vec<u8>>> {
    let octets = read(file)?;
    let ids: Vec<Vec<u8>> = octets
        .split(|octet| *octet == b'\n')
        .map(|line| line.trim_ascii().to_vec())
        .filter(|l| !l.is_empty())
        .collect();
    if ids.len() < 2 {
        let error = Error::usage(format!("{} is no sample", file.display()));
        return Err(error.because("it holds fewer than two ids").hint("one session id a line, fifty or more, is best"));
    }
    Ok(ids)
}

fn read_response(file: &Path) -> Result<Response> {
    let octets = read(file)?;
    Response::read(&octets).map_err(|error| no_response(&name_of(file), error))
}

fn no_response(what: &str, error: impl std::fmt::Display) -> Error {
    let said = Error::usage(format!("{what} is no HTTP response")).because(error);
    said.hint("`curl -si URL` prints one; a Set-Cookie line alone goes to --set-cookie")
}

fn read(file: &Path) -> Result<Vec<u8>> {
    let octets = if file == Path::new(STDIN) {
        let mut octets = Vec::new();
        std::io::stdin().lock().read_to_end(&mut octets).map(|_| octets)
    } else {
        std::fs::read(file)
    };
    octets.map_err(|error| {
        let error = Error::usage(format!("{} cannot be read", name_of(file))).because(error);
        error.hint("give a file that is there, or `-` for stdin")
    })
}

fn name_of(file: &Path) -> String {
    if file.as_os_str() == OsStr::new(STDIN) { "stdin".to_owned() } else { file.display().to_string() }
}

fn page(audit: &Audit, exchange: &Exchange) -> Page {
    let block = |seen: &Seen| Block { name: name(seen), remark: remark(seen, exchange), lines: described(seen) };
    let need = |need: &Need| match flag(*need) {
        Some(flag) => format!("{} ({flag})", need.as_str()),
        None => need.as_str().to_owned(),
    };
    Page {
        cookies: audit.cookies.iter().map(block).collect(),
        findings: audit.findings.iter().map(|finding| entry(finding, audit)).collect(),
        unjudged: audit
            .unjudged
            .iter()
            .map(|(lacks, rules)| (need(lacks), rules.iter().map(|rule| rule.id.to_owned()).collect()))
            .collect(),
        holding: audit.holding,
    }
}

fn entry(finding: &Finding, audit: &Audit) -> Entry {
    let rule = finding.rule;
    Entry {
        severity: finding.severity,
        level: finding.level,
        id: format!("set-cookie/{}", rule.id),
        place: place_of(finding, audit),
        title: rule.title.to_owned(),
        lines: vec![
            ("seen", finding.seen.clone()),
            ("clauses", rule.references.join(", ")),
            ("mend", rule.mend.to_owned()),
            ("explain", format!("assay explain {}", rule.id)),
        ],
    }
}

/// The cookie, and which line where several are of its name.
fn place_of(finding: &Finding, audit: &Audit) -> String {
    let Some(line) = finding.line else { return "response".to_owned() };
    let seen = &audit.cookies[line];
    let is_alone = audit.cookies.iter().filter(|other| other.cookie.name == seen.cookie.name).count() == 1;
    if is_alone { name(seen) } else { format!("{}, line {}", name(seen), line + 1) }
}

fn name(seen: &Seen) -> String {
    if seen.cookie.name.is_empty() { "(no name)".to_owned() } else { shown_octets(&seen.cookie.name, NAME) }
}

fn remark(seen: &Seen, exchange: &Exchange) -> String {
    match (seen.is_session, exchange.policy.session_cookie.is_some()) {
        (true, true) => "session cookie, as --session-cookie says",
        (true, false) => "session cookie, by its name",
        (false, _) => "no session cookie",
    }
    .to_owned()
}

fn described(seen: &Seen) -> Vec<(&'static str, String)> {
    let mut lines = vec![("value", value(seen))];
    match &seen.fate {
        Err(dropped) => lines.push(("dropped", format!("browsers ignore the line: {dropped}   {}", dropped.clause()))),
        Ok(kept) => {
            lines.push(("hosts", hosts(kept)));
            lines.push(("sent", sent(kept)));
            lines.push(("kept", lifetime(kept.lifetime)));
        }
    }
    let others = seen.cookie.attributes.iter().filter(|attribute| attribute.kind.is_none());
    let others: Vec<String> = others.map(|attribute| shown_octets(&attribute.name, NAME)).collect();
    if !others.is_empty() {
        lines.push(("other", format!("attributes that no text here defines: {}", others.join(", "))));
    }
    lines
}

/// As much of it as tells which it is.
fn value(seen: &Seen) -> String {
    let value = &seen.cookie.value;
    let octets = format!("{} octet{}", value.len(), if value.len() == 1 { "" } else { "s" });
    match value.len() {
        0 => "empty".to_owned(),
        length if length > SHOWN => format!("{} ({octets})", shown_octets(value, SHOWN)),
        _ if seen.is_session && !seen.deletes => format!("{} ({octets})", shown_octets(value, value.len() / 2)),
        _ => format!("{} ({octets})", shown_octets(value, SHOWN)),
    }
}

fn hosts(kept: &Kept) -> String {
    let domain = kept.domain.as_deref().map(|domain| shown_octets(domain, NAME));
    match (domain, kept.is_host_only) {
        (Some(host), true) => format!("{host} alone"),
        (None, true) => "the host that sets it alone".to_owned(),
        (domain, false) => format!("{} and every host below it", domain.unwrap_or_default()),
    }
}

fn sent(kept: &Kept) -> String {
    let path = kept.path.as_deref().map(|path| shown_octets(path, NAME));
    let parts = [
        if kept.is_secure { "over https alone (Secure)" } else { "over http too" },
        if kept.is_http_only { "not shown to scripts (HttpOnly)" } else { "shown to scripts" },
    ];
    let mut parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
    parts.push(format!("SameSite={}", kept.same_site.as_str()));
    parts.push(path.map_or("below the path of the request".to_owned(), |path| format!("below {path}")));
    if kept.is_partitioned {
        parts.push("in a jar for each site (Partitioned)".to_owned());
    }
    parts.join(" · ")
}

fn lifetime(lifetime: Lifetime) -> String {
    match lifetime {
        Lifetime::Session => "until the browser is closed".to_owned(),
        Lifetime::Over => "no longer: the line deletes it".to_owned(),
        Lifetime::Seconds(seconds) if seconds > LONGEST_LIFE => {
            format!("{}; it asks for {}", audit::words(LONGEST_LIFE), audit::words(seconds))
        }
        Lifetime::Seconds(seconds) => audit::words(seconds),
    }
}

/// The flag that gives what is needed.
const fn flag(need: Need) -> Option<&'static str> {
    match need {
        Need::SessionCookie => Some("--set-cookie, --session-cookie"),
        Need::Url => Some("--url"),
        Need::Response | Need::Body | Need::Form => Some("--response"),
        Need::Logout => Some("--logout"),
        Need::LogoutPath => None,
        Need::SharedHost => Some("--shared-host"),
        Need::LongestLifetime => Some("--max-lifetime"),
        Need::Sample => Some("--sample"),
    }
}

fn document(audit: &Audit, exchange: &Exchange) -> Value {
    let finding = |finding: &Finding| {
        let rule = finding.rule;
        json!({
            "id": format!("set-cookie/{}", rule.id), "title": rule.title, "severity": finding.severity,
            "level": finding.level, "line": finding.line.map(|line| line + 1),
            "cookie": finding.line.map(|line| name(&audit.cookies[line])), "seen": finding.seen,
            "references": rule.references.iter().map(|text| Reference((*text).to_owned())).collect::<Vec<_>>(),
            "cwe": rule.cwe, "mend": rule.mend,
        })
    };
    let unjudged = |(need, rules): &(Need, Vec<&'static audit::Rule>)| {
        json!({
            "needs": need.as_str(), "flag": flag(*need),
            "rules": rules.iter().map(|rule| rule.id).collect::<Vec<_>>(),
        })
    };
    json!({
        "session_cookie": exchange.policy.session_cookie.as_deref(),
        "cookies": audit.cookies.iter().map(cookie).collect::<Vec<_>>(),
        "findings": audit.findings.iter().map(finding).collect::<Vec<_>>(),
        "not_judged": audit.unjudged.iter().map(unjudged).collect::<Vec<_>>(),
        "holding": audit.holding,
    })
}

fn cookie(seen: &Seen) -> Value {
    let attribute = |attribute: &audit::Attribute| {
        json!({
            "name": shown_octets(&attribute.name, NAME), "value": shown_octets(&attribute.value, NAME),
            "known": attribute.kind.is_some(), "read": attribute.is_read(),
        })
    };
    let mut row = json!({
        "name": shown_octets(&seen.cookie.name, NAME), "value": value(seen), "session": seen.is_session,
        "deletes": seen.deletes,
        "attributes": seen.cookie.attributes.iter().map(attribute).collect::<Vec<_>>(),
    });
    match &seen.fate {
        Ok(kept) => row["kept"] = kept_as_json(kept),
        Err(dropped) => row["dropped"] = json!({ "because": dropped.to_string(), "reference": dropped.clause() }),
    }
    row
}

fn kept_as_json(kept: &Kept) -> Value {
    let text = |octets: &Option<Vec<u8>>| octets.as_deref().map(|octets| shown_octets(octets, NAME));
    json!({
        "domain": text(&kept.domain), "host_only": kept.is_host_only, "path": text(&kept.path),
        "secure": kept.is_secure, "http_only": kept.is_http_only, "same_site": kept.same_site.as_str(),
        "partitioned": kept.is_partitioned,
        "seconds": match kept.lifetime {
            Lifetime::Session => None,
            Lifetime::Seconds(seconds) => Some(seconds.min(LONGEST_LIFE)),
            Lifetime::Over => Some(0),
        },
    })
}

const STDIN: &str = "-";
const FIELD: &[u8] = b"set-cookie:";

/// As much of a name, a path or an attribute as is shown.
const NAME: usize = 80;

/// As much of a value.
const SHOWN: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_from_outside_controls_no_terminal() {
        let evil = "\u{1b}[2J\r\n\u{202e}".to_owned();
        let block = Block { name: evil.clone(), remark: evil.clone(), lines: vec![("value", evil.clone())] };
        let entry = Entry {
            severity: Severity::High,
            level: Level::Must,
            id: evil.clone(),
            place: evil.clone(),
            title: evil.clone(),
            lines: vec![("seen", evil.clone())],
        };
        let page = Page { cookies: vec![block], findings: vec![entry], unjudged: vec![(evil, Vec::new())], holding: 0 };
        let text = render(&page, false);
        assert!(text.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{text}");
    }

    #[test]
    fn nothing_judged_is_no_pass() {
        assert!(render(&Page::default(), false).contains("? nothing was judged"));
        let page = Page { holding: 1, ..Page::default() };
        assert_eq!(render(&page, false), "✓ no findings · 1 rule holds · 0 not judged\n");
    }
}
