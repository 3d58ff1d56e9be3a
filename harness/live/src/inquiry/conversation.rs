//! What is said to a service about one row, and kept. Takes requests in the table's words, gives answers; remembers both without
//! the credentials in them. Judges nothing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use token_assay::sessions::tamper;
use url::form_urlencoded;

use super::{Step, Stop};
use crate::client::{Request, Response};
use crate::dialogue::{Credentials, Dialogue, Said};
use crate::service::{Ask, Filling, Service, Standing, Wrong};

/// One service, asked about one row.
pub struct Conversation<'s> {
    dialogue: &'s Dialogue,
    kept: Arc<Kept>,
}

#[derive(Default)]
struct Kept {
    steps: Mutex<Vec<Step>>,
    /// Each credential with what is shown in its place.
    credentials: Mutex<Vec<(String, String)>>,
    logins: AtomicUsize,
}

/// What a login gave.
#[derive(Debug, Clone, Default)]
pub struct Login {
    /// Whose it is.
    pub user: usize,
    /// The session cookie, name and value.
    pub session: Option<(Vec<u8>, Vec<u8>)>,
    /// The lines of Set-Cookie.
    pub lines: Vec<Vec<u8>>,
    /// The access token.
    pub access: Option<Vec<u8>>,
    /// The refresh token.
    pub refresh: Option<Vec<u8>>,
    /// Its handle.
    pub handle: Vec<u8>,
}

impl Login {
    /// The session cookie as a Cookie field has it.
    pub fn cookie(&self) -> Option<Vec<u8>> {
        self.session.as_ref().map(|(name, value)| [name, &b"="[..], value].concat())
    }
}

impl<'s> Conversation<'s> {
    /// With a service about which nothing has been said yet.
    pub fn new(dialogue: &'s Dialogue) -> Self {
        let conversation = Self { dialogue, kept: Arc::default() };
        let service = &dialogue.service;
        for user in &service.users {
            if let Ok(password) = user.password() {
                conversation.hide(password.as_bytes(), "‹password›");
            }
        }
        for secret in service.secrets().unwrap_or_default() {
            conversation.hide(secret.as_bytes(), "‹secret›");
        }
        conversation
    }

    /// The same conversation, led with another service.
    pub fn with<'d>(&self, dialogue: &'d Dialogue) -> Conversation<'d> {
        Conversation { dialogue, kept: Arc::clone(&self.kept) }
    }

    /// Whom it is led with.
    pub fn dialogue(&self) -> &'s Dialogue {
        self.dialogue
    }

    /// The table.
    pub fn service(&self) -> &'s Service {
        &self.dialogue.service
    }

    /// The host of a user's tenant.
    pub fn host(&self, user: usize) -> Option<&'s [u8]> {
        self.service().users.get(user)?.host.as_deref().map(str::as_bytes)
    }

    /// Logs a user in.
    pub fn login(&self, user: usize) -> Result<Login, Stop> {
        self.login_showing(user, None, 0)
    }

    /// The same for a client, with a cookie that the browser has already.
    pub fn login_showing(&self, user: usize, cookie: Option<&[u8]>, client: usize) -> Result<Login, Stop> {
        let (login, said) = self.try_login(user, cookie, client)?;
        login.ok_or_else(|| {
            Stop::Undecided(format!(
                "the login of {} was answered with status {}",
                self.user(user),
                said.response.status
            ))
        })
    }

    /// The same; nothing where the service lets nobody in.
    pub fn try_login(&self, user: usize, cookie: Option<&[u8]>, client: usize) -> Result<(Option<Login>, Said), Stop> {
        let account = &self.service().users[user];
        let password = account.password().map_err(of_wrong)?;
        let client = self.service().client(client);
        let filling = Filling { name: &account.name, password: &password, client, ..Filling::default() };
        let with = Credentials { host: self.host(user), cookie, access: None };
        let request = self.request(Ask::Login, &filling, with)?;
        let said = self.answered(Ask::Login, &request)?;
        let login = (said.standing == Standing::Granted).then(|| self.given(user, &said));
        self.keep(&format!("{} logs in", self.user(user)), &request, &said.response);
        Ok((login, said))
    }

    /// What an answer gives, each by a name of its own from now on.
    pub fn given(&self, user: usize, said: &Said) -> Login {
        let number = self.kept.logins.fetch_add(1, Ordering::Relaxed) + 1;
        let places = &self.service().answer;
        let reading = said.reading();
        let login = Login {
            user,
            session: self.dialogue.session(said),
            lines: reading.set_cookies().map(<[u8]>::to_vec).collect(),
            access: reading.octets(places.access.as_ref()),
            refresh: reading.octets(places.refresh.as_ref()),
            handle: reading.octets(places.handle.as_ref()).unwrap_or_default(),
        };
        let whose = self.user(user);
        let named = [
            (login.session.as_ref().map(|(_, value)| value), "session"),
            (login.access.as_ref(), "access token"),
            (login.refresh.as_ref(), "refresh token"),
        ];
        for (octets, what) in named {
            if let Some(octets) = octets {
                self.hide(octets, &format!("‹{whose}'s {what} {number}›"));
            }
        }
        login
    }

    /// A request in the table's words.
    pub fn request(&self, ask: Ask, filling: &Filling<'_>, with: Credentials<'_>) -> Result<Request, Stop> {
        self.dialogue.request(ask, filling, with).map_err(of_wrong)
    }

    /// Sends it, and keeps it with its answer.
    pub fn send(&self, does: &str, ask: Ask, request: &Request) -> Result<Said, Stop> {
        let said = self.answered(ask, request)?;
        self.keep(does, request, &said.response);
        Ok(said)
    }

    /// Asks.
    pub fn ask(&self, does: &str, ask: Ask, filling: &Filling<'_>, with: Credentials<'_>) -> Result<Said, Stop> {
        let request = self.request(ask, filling, with)?;
        self.send(does, ask, &request)
    }

    fn answered(&self, ask: Ask, request: &Request) -> Result<Said, Stop> {
        self.dialogue.send(ask, request).map_err(|failure| match failure {
            failure if failure.is_general() => Stop::Trouble(failure),
            failure => Stop::Undecided(failure.to_string()),
        })
    }

    /// By its session cookie where it has one, else by its access token.
    pub fn credentials<'l>(&self, login: &'l Login, cookie: Option<&'l [u8]>) -> Credentials<'l>
    where
        's: 'l,
    {
        let access = if cookie.is_some() { None } else { login.access.as_deref() };
        Credentials { host: self.host(login.user), cookie, access }
    }

    /// Whether a login is let in, by whichever credential the browser would show.
    pub fn is_live(&self, does: &str, login: &Login) -> Result<bool, Stop> {
        let cookie = login.cookie();
        let said = self.who(does, self.credentials(login, cookie.as_deref()))?;
        Ok(self.lets_in(&said))
    }

    /// The same, where it has to be for anything to be concluded.
    pub fn must_be_live(&self, login: &Login) -> Result<(), Stop> {
        if self.is_live("what is live is let in", login)? {
            return Ok(());
        }
        Err(Stop::Undecided("who has just logged in is not let in".to_owned()))
    }

    /// Who a request with these credentials counts as.
    pub fn who(&self, does: &str, with: Credentials<'_>) -> Result<Said, Stop> {
        self.ask(does, Ask::WhoAmI, &Filling::default(), with)
    }

    /// Whether an answer lets somebody in.
    pub fn lets_in(&self, said: &Said) -> bool {
        let place = self.service().answer.name.as_ref();
        let names = place.is_none() || said.reading().octets(place).is_some_and(|name| !name.is_empty());
        said.standing == Standing::Granted && names
    }

    /// Which user an answer names.
    pub fn named(&self, said: &Said) -> Option<usize> {
        let name = said.reading().octets(self.service().answer.name.as_ref())?;
        self.service().users.iter().position(|user| user.shown().as_bytes() == name)
    }

    /// Ends a login, which has to work.
    pub fn log_out(&self, login: &Login) -> Result<(), Stop> {
        let said = self.try_log_out("the logout", login)?;
        match said.standing {
            Standing::Granted => Ok(()),
            _ => Err(Stop::Undecided(format!("a logout was answered with status {}", said.response.status))),
        }
    }

    /// The same, whatever is answered.
    pub fn try_log_out(&self, does: &str, login: &Login) -> Result<Said, Stop> {
        let cookie = login.cookie();
        let refresh = login.refresh.as_deref().unwrap_or_default();
        let access = login.access.as_deref().unwrap_or_default();
        let filling = Filling { refresh, access, client: self.service().client(0), ..Filling::default() };
        self.ask(does, Ask::Logout, &filling, self.credentials(login, cookie.as_deref()))
    }

    /// New tokens for a login's refresh token.
    pub fn refresh(&self, does: &str, login: &Login, scope: &str) -> Result<Said, Stop> {
        let refresh = login.refresh.as_deref().unwrap_or_default();
        let filling = Filling { refresh, scope, client: self.service().client(0), ..Filling::default() };
        let with = Credentials { host: self.host(login.user), ..Credentials::default() };
        self.ask(does, Ask::Refresh, &filling, with)
    }

    /// A session cookie of the same form that nobody was given.
    pub fn unissued(&self, login: &Login) -> Option<Vec<u8>> {
        let (name, value) = login.session.as_ref()?;
        let value = tamper::unissued(value);
        self.hide(&value, "‹an id that nobody was given›");
        Some([name, &b"="[..], &value].concat())
    }

    /// Lets time pass, by the service's clock where that can be set, else by waiting where that is not long.
    pub fn pass(&self, seconds: u64) -> Result<(), Stop> {
        if self.service().template(Ask::Advance).is_some() {
            let filling = Filling { seconds, ..Filling::default() };
            let said = self.ask(&format!("{seconds} s pass"), Ask::Advance, &filling, Credentials::default())?;
            return match said.standing {
                Standing::Granted => Ok(()),
                _ => Err(Stop::Undecided("the service's clock cannot be set".to_owned())),
            };
        }
        if seconds > LONGEST_WAIT {
            return Err(Stop::Lacks(format!("request.advance: {seconds} s are not waited for")));
        }
        std::thread::sleep(Duration::from_secs(seconds));
        self.remark(&format!("{seconds} s pass"), "", "");
        Ok(())
    }

    /// Keeps what is no request.
    pub fn remark(&self, does: &str, request: &str, answer: &str) {
        let step = Step { does: does.to_owned(), request: request.to_owned(), answer: answer.to_owned() };
        lock(&self.kept.steps).push(step);
    }

    /// Forgets what was done until now, where that was only to begin again.
    pub fn forget(&self) {
        lock(&self.kept.steps).clear();
    }

    /// Asks and keeps nothing of it: for what is asked again and again.
    pub fn quietly(&self, ask: Ask, with: Credentials<'_>) -> Result<Said, Stop> {
        let request = self.request(ask, &Filling::default(), with)?;
        self.answered(ask, &request)
    }

    /// Shows this in the place of a credential.
    pub fn hide(&self, octets: &[u8], instead: &str) {
        if octets.len() < SHORTEST {
            return;
        }
        let text = String::from_utf8_lossy(octets).into_owned();
        let encoded: String = form_urlencoded::byte_serialize(octets).collect();
        let quoted = serde_json::Value::from(text.as_str()).to_string();
        let quoted = quoted[1..quoted.len() - 1].to_owned();
        let mut credentials = lock(&self.kept.credentials);
        for form in [text, encoded, quoted] {
            if !credentials.iter().any(|(known, _)| *known == form) {
                credentials.push((form, instead.to_owned()));
            }
        }
        // A credential inside a longer one is not to leave its ends behind.
        credentials.sort_by_key(|(known, _)| std::cmp::Reverse(known.len()));
    }

    /// A text without the credentials in it.
    pub fn redacted(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (known, instead) in lock(&self.kept.credentials).iter() {
            if text.contains(known.as_str()) {
                text = text.replace(known.as_str(), instead);
            }
        }
        without_tokens(&text)
    }

    /// What was done, without credentials.
    pub fn steps(&self) -> Vec<Step> {
        let steps = lock(&self.kept.steps).clone();
        // What was kept early may hold what was only later known to be a credential.
        let again = |step: Step| Step {
            does: self.redacted(&step.does),
            request: cut(&self.redacted(&step.request)),
            answer: cut(&self.redacted(&step.answer)),
        };
        steps.into_iter().map(again).collect()
    }

    fn keep(&self, does: &str, request: &Request, response: &Response) {
        self.remark(does, &self.request_line(request), &self.answer_line(response));
    }

    fn request_line(&self, request: &Request) -> String {
        let mut parts = vec![format!("{} {}", request.method, request.path)];
        parts.extend(request.host.as_ref().map(|host| format!("Host: {}", String::from_utf8_lossy(host))));
        for (name, value) in &request.fields {
            let (name, value) = (String::from_utf8_lossy(name), String::from_utf8_lossy(value));
            let value = match name.to_ascii_lowercase().as_str() {
                "cookie" => value.split("; ").map(|pair| self.pair(pair)).collect::<Vec<_>>().join("; "),
                plain if PLAIN.contains(&plain) || plain.starts_with("sec-fetch-") => value.into_owned(),
                "authorization" => match value.split_once(' ') {
                    Some((scheme, credential)) => format!("{scheme} {}", self.instead_of(credential)),
                    None => HIDDEN.to_owned(),
                },
                _ => self.instead_of(&value),
            };
            parts.push(format!("{name}: {value}"));
        }
        if let Some(body) = request.body.as_ref().filter(|body| !body.is_empty()) {
            parts.push(String::from_utf8_lossy(body).into_owned());
        }
        parts.join(" · ")
    }

    fn answer_line(&self, response: &Response) -> String {
        let mut parts = vec![response.status.to_string()];
        for (name, value) in &response.fields {
            let text = String::from_utf8_lossy(value);
            match name.to_ascii_lowercase().as_str() {
                "set-cookie" => {
                    let (pair, rest) = text.split_once(';').unwrap_or((&text, ""));
                    parts.push(format!("Set-Cookie: {};{rest}", self.pair(pair)));
                }
                "location" | "www-authenticate" => parts.push(format!("{name}: {text}")),
                _ => {}
            }
        }
        if !response.body.is_empty() {
            parts.push(String::from_utf8_lossy(&response.body).into_owned());
        }
        parts.join(" · ")
    }

    /// A cookie: its name, and what stands for its value.
    fn pair(&self, pair: &str) -> String {
        match pair.split_once('=') {
            Some((name, "")) => format!("{name}="),
            Some((name, value)) => format!("{name}={}", self.instead_of(value)),
            None => HIDDEN.to_owned(),
        }
    }

    /// What is shown in the place of a whole value.
    fn instead_of(&self, value: &str) -> String {
        let credentials = lock(&self.kept.credentials);
        let known = credentials.iter().find(|(known, _)| known == value);
        known.map_or_else(|| HIDDEN.to_owned(), |(_, instead)| instead.clone())
    }

    /// What a user is called.
    pub fn user(&self, user: usize) -> &'s str {
        self.service().users.get(user).map_or("somebody", |user| &user.name)
    }
}

/// What is written like a token, or is long and looks drawn by chance.
fn without_tokens(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '=');
    let close = |run: &mut String, out: &mut String| {
        let is_drawn = run.len() >= DRAWN && run.bytes().any(|octet| octet.is_ascii_digit());
        out.push_str(if is_drawn || run.starts_with("eyJ") { HIDDEN } else { run });
        run.clear();
    };
    for c in text.chars() {
        if is_part(c) {
            run.push(c);
        } else {
            close(&mut run, &mut out);
            out.push(c);
        }
    }
    close(&mut run, &mut out);
    out
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONG { text.to_owned() } else { text.chars().take(LONG).chain(['…']).collect() }
}

/// Where the table says too little for a request, or a variable is not set.
fn of_wrong(wrong: Wrong) -> Stop {
    Stop::Lacks(wrong.what)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Fields that hold no credential.
const PLAIN: [&str; 8] =
    ["accept", "content-type", "origin", "referer", "host", "x-forwarded-proto", "x-requested-with", "accept-language"];

/// What stands for a credential that has no name.
const HIDDEN: &str = "‹…›";

/// As long as what is drawn by chance is, at least.
const DRAWN: usize = 20;

/// What is shorter is no credential.
const SHORTEST: usize = 4;

/// As much of a request, and of an answer, as is kept.
const LONG: usize = 400;

/// What is waited for where no clock can be set, in seconds.
const LONGEST_WAIT: u64 = 30;
