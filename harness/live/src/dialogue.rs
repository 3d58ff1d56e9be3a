//! A service, asked in its own words. Takes what is to be asked and the credentials that go with it, gives the answer and what
//! its status stands for. The only place that knows how a template, a host, a cookie and a token become one request; judges
//! nothing.

use std::sync::OnceLock;

use serde_json::Value;
use token_assay_model::deep;

use crate::client::{Client, Failure, Request, Response};
use crate::service::{Ask, Carrier, Filling, Reading, Service, Standing, Wrong};

/// A service and the client that asks it.
pub struct Dialogue {
    /// The table.
    pub service: Service,
    /// The client.
    pub client: Client,
    clock: OnceLock<i64>,
}

/// What a request shows beside what it asks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Credentials<'c> {
    /// The host that it is for, where it is not the URL's.
    pub host: Option<&'c [u8]>,
    /// The value of the Cookie field.
    pub cookie: Option<&'c [u8]>,
    /// The access token.
    pub access: Option<&'c [u8]>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Said {
    /// What its status stands for.
    pub standing: Standing,
    /// The answer.
    pub response: Response,
    /// Its body as JSON; null where it is none.
    pub json: Value,
}

impl Said {
    /// What it says, in the places of the table.
    pub fn reading(&self) -> Reading<'_> {
        Reading { fields: &self.response.fields, json: &self.json }
    }
}

impl Dialogue {
    /// A dialogue with a service.
    pub fn new(service: Service, client: Client) -> Self {
        Self { service, client, clock: OnceLock::new() }
    }

    /// A dialogue with another service, or with another node of this one.
    ///
    /// # Errors
    ///
    /// Where it may not be spoken to.
    pub fn beside(&self, service: Service) -> Result<Self, Wrong> {
        let client = self.client.beside(&service)?;
        Ok(Self::new(service, client))
    }

    /// The request, as it is sent.
    ///
    /// # Errors
    ///
    /// Where the table has no such request, or names a variable that is not set.
    pub fn request(&self, ask: Ask, filling: &Filling<'_>, with: Credentials<'_>) -> Result<Request, Wrong> {
        let template = self.service.template(ask);
        let template = template.ok_or_else(|| {
            Wrong::of(format!("[service] has no request `{ask}`"), format!("write [service.request.{ask}]"))
        })?;
        let origin = self.client.origin();
        let mut filling = Filling { origin: &origin, ..filling.clone() };
        // Whoever says nothing else asks for what was granted, as the own client.
        if filling.scope.is_empty() {
            filling.scope = self.service.scope.as_ref().map_or("", |scope| &scope.granted);
        }
        let number = usize::from(!filling.client.is_empty() && filling.client != self.service.client(0));
        let secret = self.service.client_secret(number)?;
        filling.client_secret = &secret;
        let filled = template.fill_with(&self.service.headers, &filling)?;
        let mut request = Request {
            method: filled.method,
            path: filled.path,
            host: with.host.map(<[u8]>::to_vec),
            fields: filled.fields,
            body: filled.body,
        };
        if let Some(cookie) = with.cookie {
            add_cookie(&mut request, cookie);
        }
        if let Some(token) = with.access {
            self.carry(token, &mut request);
        }
        Ok(request)
    }

    /// Asks, and follows redirects where they lead to the answer.
    ///
    /// # Errors
    ///
    /// Where there is no answer.
    pub fn ask(&self, ask: Ask, filling: &Filling<'_>, with: Credentials<'_>) -> Result<Said, Failure> {
        let request =
            self.request(ask, filling, with).map_err(|_| Failure::Unsendable("a request that is not in the table"))?;
        self.send(ask, &request)
    }

    /// The same with a request that is made.
    ///
    /// # Errors
    ///
    /// Where there is no answer.
    pub fn send(&self, ask: Ask, request: &Request) -> Result<Said, Failure> {
        let is_final = |status| match self.service.standing(ask, status) {
            Standing::Granted | Standing::Denied => true,
            // Who is sent to another page by 302 or 303 is not let in: that page is the login.
            _ => matches!(ask, Ask::WhoAmI | Ask::List) && matches!(status, 302 | 303),
        };
        let response = self.client.follow(request, is_final)?;
        self.watch_clock(&response)?;
        let standing = match self.service.standing(ask, response.status) {
            Standing::Moved if matches!(response.status, 302 | 303) => Standing::Denied,
            standing => standing,
        };
        let json = deep::read(&response.body).unwrap_or(Value::Null);
        Ok(Said { standing, response, json })
    }

    /// Both clocks go on alike, as far as answers say the time.
    fn watch_clock(&self, response: &Response) -> Result<(), Failure> {
        let Some(apart) = response.field("date").and_then(seconds_ahead) else { return Ok(()) };
        let jumped = apart - self.clock.get_or_init(|| apart);
        if jumped.abs() > STEADY { Err(Failure::Jumped(jumped)) } else { Ok(()) }
    }

    /// Puts a token where the service looks for it.
    pub fn carry(&self, token: &[u8], request: &mut Request) {
        match self.carrier() {
            Carrier::Bearer => request.fields.push((b"Authorization".to_vec(), [b"Bearer ", token].concat())),
            Carrier::Cookie(name) => add_cookie(request, &[name.as_bytes(), b"=", token].concat()),
            Carrier::Header(name) => request.fields.push((name.clone().into_bytes(), token.to_vec())),
        }
    }

    /// Where that is.
    pub fn carrier(&self) -> &Carrier {
        self.service.token.as_ref().map_or(&Carrier::Bearer, |token| &token.carrier)
    }

    /// What a user's login gives.
    ///
    /// # Errors
    ///
    /// Where there is no such user, or it is not let in.
    pub fn login(&self, user: usize) -> Result<Said, Wrong> {
        let Some(account) = self.service.users.get(user) else {
            return Err(Wrong::of("[service] has not enough users", "write [[service.user]] tables"));
        };
        let password = account.password()?;
        let client = self.service.client(0);
        let filling = Filling { name: &account.name, password: &password, client, ..Filling::default() };
        let host = account.host.as_ref().map(String::as_bytes);
        let request = self.request(Ask::Login, &filling, Credentials { host, ..Credentials::default() })?;
        let said = self.send(Ask::Login, &request).map_err(|failure| of_failure(&failure))?;
        match said.standing {
            Standing::Granted => Ok(said),
            _ => Err(Wrong::of(
                format!("the login of {} was answered with status {}", account.name, said.response.status),
                "is the password right, and [service.request.login]?",
            )
            .by_service()),
        }
    }

    /// The session cookie that an answer sets: its name and its value.
    pub fn session(&self, said: &Said) -> Option<(Vec<u8>, Vec<u8>)> {
        let reading = said.reading();
        let pairs = reading.set_cookies().filter_map(|line| {
            let pair = line.split(|octet| *octet == b';').next()?;
            let at = pair.iter().position(|octet| *octet == b'=')?;
            let (name, value) = (pair[..at].trim_ascii(), pair[at + 1..].trim_ascii());
            (!value.is_empty()).then(|| (name.to_vec(), value.to_vec()))
        });
        let wanted = self.service.answer.cookie.as_ref();
        // The last line of a name is the one that a browser keeps.
        pairs.filter(|(name, _)| wanted.is_none_or(|wanted| wanted.as_bytes() == name)).last()
    }
}

/// How far the clock of a Date field is ahead of this machine's.
fn seconds_ahead(date: &[u8]) -> Option<i64> {
    let date = jiff::fmt::rfc2822::parse(std::str::from_utf8(date).ok()?).ok()?;
    Some(date.timestamp().as_second() - jiff::Timestamp::now().as_second())
}

/// What a failure says to whoever wrote the table.
pub fn of_failure(failure: &Failure) -> Wrong {
    Wrong::of(failure.to_string(), failure.hint()).by_service()
}

/// Clocks that differ by fewer seconds more than before have not jumped.
const STEADY: i64 = 60;

fn add_cookie(request: &mut Request, cookie: &[u8]) {
    match request.fields.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(b"cookie")) {
        Some((_, value)) => *value = [value, &b"; "[..], cookie].concat(),
        None => request.fields.push((b"Cookie".to_vec(), cookie.to_vec())),
    }
}
