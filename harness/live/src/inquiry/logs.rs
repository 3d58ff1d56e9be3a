//! What a service logs of what it refuses: that it does, no credential with it, and nothing that looks like a line of its own. Takes
//! the log's file, or the request that gives its lines; looks only for marks of its own.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::time::{Duration, SystemTime};

use token_assay::forge::base64url;

use super::conversation::Conversation;
use super::{Ended, Inquiry, Need, Ruling, Stop};
use crate::client::Request;
use crate::dialogue::Credentials;
use crate::service::{Ask, Filling};

pub(super) const INQUIRIES: &[Inquiry] = &[
    Inquiry {
        class: "dos/dos-log-injection",
        needs: &[Need::Log],
        allowed: "a refused login is logged",
        mend: "Escape controls in whatever comes from outside before it is logged, or log JSON.",
        ask: injected,
    },
    Inquiry {
        class: "session-store/ss-log-failed",
        needs: &[Need::Log],
        allowed: "the log can be read",
        mend: "Log every refusal with its reason, and no credential.",
        ask: refusals_logged,
    },
    Inquiry {
        class: "token-lifecycle/life-log-reuse",
        needs: &[Need::Log],
        allowed: "the log can be read",
        mend: "Log what was refused and of whom, and leave out cookies, tokens and passwords.",
        ask: credentials_kept,
    },
];

/// The log, from here on.
struct Log {
    from: u64,
}

impl Log {
    fn begin(c: &Conversation<'_>) -> Result<Self, Stop> {
        let Some(path) = &c.service().log else {
            // What was there before is not of interest.
            let _ = Self { from: 0 }.read(c)?;
            return Ok(Self { from: 0 });
        };
        let length = std::fs::metadata(path).map(|file| file.len());
        let from = length.map_err(|error| Stop::Lacks(format!("log: {} cannot be read: {error}", path.display())))?;
        Ok(Self { from })
    }

    /// What was logged since.
    fn read(&self, c: &Conversation<'_>) -> Result<String, Stop> {
        // Logs are written by the way.
        std::thread::sleep(SETTLED);
        let Some(path) = &c.service().log else {
            let with = Credentials { host: c.host(0), ..Credentials::default() };
            let said = c.quietly(Ask::Log, with)?;
            let lines = said.reading().list(c.service().answer.log.as_ref());
            return Ok(lines.iter().map(|line| format!("{}\n", String::from_utf8_lossy(line))).collect());
        };
        let wrong = |error: std::io::Error| Stop::Undecided(format!("log: {} cannot be read: {error}", path.display()));
        let mut file = File::open(path).map_err(wrong)?;
        file.seek(SeekFrom::Start(self.from)).map_err(wrong)?;
        let mut octets = Vec::new();
        file.take(MOST).read_to_end(&mut octets).map_err(wrong)?;
        Ok(String::from_utf8_lossy(&octets).into_owned())
    }
}

/// A mark that stands in no log yet.
fn mark() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("assay{:x}", now.as_nanos())
}

/// A login that is refused, under this name.
fn refused_login(c: &Conversation<'_>, does: &str, name: &str) -> Result<(), Stop> {
    let filling = Filling { name, password: "wrong", client: c.service().client(0), ..Filling::default() };
    let with = Credentials { host: c.host(0), ..Credentials::default() };
    c.ask(does, Ask::Login, &filling, with).map(drop)
}

fn injected(c: &Conversation<'_>) -> Ended {
    let log = Log::begin(c)?;
    let mark = mark();
    refused_login(c, "a login is refused", &mark)?;
    let before = log.read(c)?;
    if before.trim().is_empty() {
        return Err(Stop::Undecided("nothing is logged of a refused login".to_owned()));
    }
    for (what, controls) in [("lf", "\n"), ("crlf", "\r\n"), ("escape", "\u{1b}[31m")] {
        let text = format!("x{controls}{mark}{what}");
        refused_login(c, &format!("a name with {what} in it"), &text)?;
        let header = serde_json::json!({ "alg": "HS256", "typ": text, "kid": text });
        let token = format!("{}.{}.AQID", base64url::encode(header.to_string()), base64url::encode("{}"));
        let with = Credentials { host: c.host(0), cookie: None, access: Some(token.as_bytes()) };
        c.who(&format!("a token whose header has {what} in it"), with)?;
        let with = Credentials { host: c.host(0), ..Credentials::default() };
        let plain = c.request(Ask::WhoAmI, &Filling::default(), with)?;
        let encoded: String = controls.bytes().map(|octet| format!("%{octet:02X}")).collect();
        let separator = if plain.path.contains('?') { '&' } else { '?' };
        let path = format!("{}{separator}q=x{encoded}{mark}{what}", plain.path);
        c.send(&format!("a query with {what} in it"), Ask::WhoAmI, &Request { path, ..plain })?;
    }
    let logged = log.read(c)?;
    let logged = format!("{before}{logged}");
    for what in ["lf", "crlf"] {
        if logged.contains(&format!("\n{mark}{what}")) || logged.contains(&format!("\r{mark}{what}")) {
            return Ruling::broken(format!("text from outside begins a line of the log ({what})"));
        }
    }
    if logged.contains(&format!("\u{1b}[31m{mark}")) {
        return Ruling::broken("a control sequence from outside stands in the log");
    }
    Ok(Ruling::Holds)
}

fn refusals_logged(c: &Conversation<'_>) -> Ended {
    let login = c.login(0)?;
    c.must_be_live(&login)?;
    let log = Log::begin(c)?;
    refused_login(c, "a login is refused", &mark())?;
    if log.read(c)?.trim().is_empty() {
        return Ruling::broken("nothing is logged of a refused login");
    }
    let log = Log::begin(c)?;
    let cookie = c.unissued(&login);
    let access = login.access.as_ref().map(|token| token_assay::sessions::tamper::unissued(token));
    let with = Credentials {
        host: c.host(0),
        cookie: cookie.as_deref(),
        access: access.as_deref().filter(|_| cookie.is_none()),
    };
    let said = c.who("a credential that nobody was given", with)?;
    if c.lets_in(&said) {
        return Err(Stop::Undecided("a credential that nobody was given is let in".to_owned()));
    }
    if log.read(c)?.trim().is_empty() {
        return Ruling::broken("nothing is logged of a credential that is refused");
    }
    Ok(Ruling::Holds)
}

fn credentials_kept(c: &Conversation<'_>) -> Ended {
    let log = Log::begin(c)?;
    let login = c.login(0)?;
    c.must_be_live(&login)?;
    let mut known: Vec<(&str, Vec<u8>)> = Vec::new();
    known.extend(login.session.as_ref().map(|(_, value)| ("a session id", value.clone())));
    known.extend(login.access.as_ref().map(|token| ("an access token", token.clone())));
    known.extend(login.refresh.as_ref().map(|token| ("a refresh token", token.clone())));
    if c.service().template(Ask::Refresh).is_some() && login.refresh.is_some() {
        c.refresh("a refresh", &login, "")?;
        c.refresh("the same refresh token again", &login, "")?;
    }
    if c.service().template(Ask::Logout).is_some() {
        c.try_log_out("the logout", &login)?;
        c.is_live("the credential after its logout", &login)?;
    }
    let wrong = mark();
    let filling = Filling { name: c.user(0), password: &wrong, client: c.service().client(0), ..Filling::default() };
    let with = Credentials { host: c.host(0), ..Credentials::default() };
    c.ask("a login with a wrong password", Ask::Login, &filling, with)?;
    known.push(("a password", wrong.into_bytes()));
    let logged = log.read(c)?;
    if logged.trim().is_empty() {
        return Err(Stop::Undecided("nothing is logged of what was refused".to_owned()));
    }
    let found = known.iter().find(|(_, octets)| logged.contains(&*String::from_utf8_lossy(octets)));
    found.map_or(Ok(Ruling::Holds), |(what, _)| Ruling::broken(format!("{what} stands in the log")))
}

/// How long a log is waited for.
const SETTLED: Duration = Duration::from_millis(100);

/// As much of a log as is read.
const MOST: u64 = 4 << 20;
