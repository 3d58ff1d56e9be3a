//! A running service, held to the model of sessions. Takes a [`Dialogue`], is a [`SessionService`] to the engine: users, hosts and
//! passwords of the model become the table's, and back. What the table lacks is left out of scripts and counted ([`fit`]); a service
//! that cannot be asked at all ends the campaign, and is no finding. Requests that overlap are sent by threads at once, so that
//! which comes first is the service's doing: such scripts are run several times, and how often one showed is said.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use token_assay::forge::base64url;
use token_assay::sessions::command::{CLIENTS, Command, Part, Presents, ROLE, Script, USERS};
use token_assay::sessions::engine;
use token_assay::sessions::finding::{Effort, Finding, Origin, reduce_with};
use token_assay::sessions::generator::{self, Shape};
use token_assay::sessions::invariants::{Breach, Invariant};
use token_assay::sessions::policy::{Kind, Seconds, SessionPolicy};
use token_assay::sessions::service::{
    Action, Answer, Capability, Control, Controlled, Interleaved, Principal, Request, ServiceInfo, SessionService,
    Verdict,
};
use token_assay::sessions::surface::Forms;

use crate::client::Failure;
use crate::dialogue::{Credentials, Dialogue, Said};
use crate::service::{Ask, Filling, Service, Standing, Wrong, cookie_of};

/// A service, and what is known of it from script to script.
#[derive(Clone)]
pub struct Remote(Arc<Shared>);

struct Shared {
    dialogue: Dialogue,
    kind: Kind,
    policy: SessionPolicy,
    passwords: Vec<String>,
    state: Mutex<State>,
}

/// What was done to the service that outlasts a script, and where a script stands.
struct State {
    accounts: [Account; USERS.len()],
    /// Whose credentials are, by their octets.
    owners: HashMap<Vec<u8>, usize>,
    /// The handles that the script's logins were given: others have logins too.
    handles: HashSet<Vec<u8>>,
    /// Where the script's clock stands, and when it stood at 0.
    now: Seconds,
    began: Instant,
    /// Whether more time has passed than the script's clock knows, where that could matter.
    is_late: bool,
    is_store_down: bool,
    /// Whether lines of Set-Cookie have been judged enough.
    is_audited: bool,
    trouble: Option<Failure>,
}

#[derive(Clone, Copy, Default)]
struct Account {
    /// The password's version when the script began, and since.
    password: u32,
    changed: u32,
    is_disabled: bool,
    is_plain: bool,
}

impl Remote {
    /// A service of the kind that its table says.
    ///
    /// # Errors
    ///
    /// Where the table does not say enough for any script.
    pub fn new(dialogue: Dialogue) -> Result<Self, Wrong> {
        let service = &dialogue.service;
        let kind = service.kind.ok_or_else(|| {
            Wrong::of("[service] does not say what its logins give", "write kind = \"session\", \"jwt\" or \"hybrid\"")
        })?;
        for ask in [Ask::Login, Ask::WhoAmI] {
            if service.template(ask).is_none() {
                return Err(Wrong::of(
                    format!("[service] has no request `{ask}`"),
                    format!("write [service.request.{ask}]"),
                ));
            }
        }
        if service.users.is_empty() {
            return Err(Wrong::of("[service] has no users", "write [[service.user]]"));
        }
        let lacks = |place: &Option<_>| kind.has_tokens() && place.is_none();
        if lacks(&service.answer.access) || lacks(&service.answer.refresh) {
            return Err(Wrong::of("[service.answer] does not say where tokens stand", "give `access` and `refresh`"));
        }
        let passwords = service.users.iter().map(crate::service::User::password).collect::<Result<_, _>>()?;
        let policy = service.policy.policy();
        let state = Mutex::new(State {
            accounts: Default::default(),
            owners: HashMap::new(),
            handles: HashSet::new(),
            now: 0,
            began: Instant::now(),
            is_late: false,
            is_store_down: false,
            is_audited: false,
            trouble: None,
        });
        Ok(Self(Arc::new(Shared { dialogue, kind, policy, passwords, state })))
    }

    /// What its logins give.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The dialogue.
    pub fn dialogue(&self) -> &Dialogue {
        &self.0.dialogue
    }

    /// Why the service cannot be asked any more.
    pub fn trouble(&self) -> Option<Failure> {
        self.0.state().trouble.clone()
    }

    /// Whether the first user can log in, is let in, and an unknown credential is not: what no script can do without.
    ///
    /// # Errors
    ///
    /// What was answered instead.
    pub fn control(&self) -> Result<(), Wrong> {
        let shared = &self.0;
        let said = shared.dialogue.login(0)?;
        let session = shared.dialogue.session(&said);
        let access = said.reading().octets(shared.dialogue.service.answer.access.as_ref());
        if shared.kind.has_session() && session.is_none() {
            return Err(
                Wrong::of("the login set no session cookie", "is `cookie` in [service.answer] its name?").by_service()
            );
        }
        if shared.kind.has_tokens() && access.is_none() {
            return Err(Wrong::of("the login gave no access token", "say in [service.answer] where `access` stands")
                .by_service());
        }
        let cookie = session.map(|(name, value)| [&name[..], b"=", &value].concat());
        let nonsense = cookie.as_ref().map(|cookie| token_assay::sessions::tamper::unissued(cookie));
        let shown = |cookie: Option<&[u8]>, access: Option<&[u8]>| {
            let access = if cookie.is_some() { None } else { access };
            let with = Credentials { host: shared.host(0), cookie, access };
            shared
                .dialogue
                .ask(Ask::WhoAmI, &Filling::default(), with)
                .map_err(|failure| crate::dialogue::of_failure(&failure))
        };
        let let_in = |said: &Said| said.standing == Standing::Granted && shared.shows_somebody(said);
        let genuine = shown(cookie.as_deref(), access.as_deref())?;
        if !let_in(&genuine) {
            let what = format!("who has just logged in is not let in: status {}", genuine.response.status);
            return Err(
                Wrong::of(what, "are [service.request.who-am-i] and `name` in [service.answer] right?").by_service()
            );
        }
        let nobody = shown(nonsense.as_deref(), Some(b"nobody.was.given"))?;
        if let_in(&nobody) {
            let what = format!("a credential that nobody was given is let in: status {}", nobody.response.status);
            return Err(Wrong::of(
                what,
                "give a request that wants a login, or say by `name` in [service.answer] whom it counts as",
            )
            .by_service());
        }
        Ok(())
    }

    /// The service at the beginning of a script: everybody may log in, with the role.
    pub fn fresh(&self) -> Self {
        let shared = &self.0;
        if shared.dialogue.service.template(Ask::Reset).is_some() {
            shared.administer(Ask::Reset, &Filling::default());
        }
        let accounts = shared.state().accounts;
        for (user, account) in accounts.iter().enumerate() {
            let name = shared.dialogue.service.users.get(user).map_or("", |user| user.name.as_str());
            let filling = Filling { name, role: ROLE, ..Filling::default() };
            if account.is_disabled {
                shared.administer_for(user, Ask::Enable, &filling);
            }
            if account.is_plain {
                shared.administer_for(user, Ask::GrantRole, &filling);
            }
        }
        if shared.state().is_store_down {
            shared.administer(Ask::Store, &Filling { fault: "up", ..Filling::default() });
        }
        let is_reset = shared.dialogue.service.template(Ask::Reset).is_some();
        let mut state = shared.state();
        for account in &mut state.accounts {
            let password = if is_reset { 0 } else { account.password + account.changed };
            *account = Account { password, ..Account::default() };
        }
        state.owners.clear();
        state.handles.clear();
        state.now = 0;
        state.began = Instant::now();
        state.is_late = false;
        state.is_store_down = false;
        drop(state);
        self.clone()
    }

    /// Gives users their own passwords back; how many could not be.
    pub fn restore(&self) -> usize {
        let _ = self.fresh();
        let accounts = self.0.state().accounts;
        let changed = accounts.iter().enumerate().filter(|(_, account)| account.password > 0);
        changed.filter(|(user, account)| !self.0.set_password(*user, account.password)).count()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn service(&self) -> &Service {
        &self.dialogue.service
    }

    fn host(&self, user: usize) -> Option<&[u8]> {
        self.service().users.get(user)?.host.as_deref().map(str::as_bytes)
    }

    /// Whether an answer names somebody, where the table says that it does.
    fn shows_somebody(&self, said: &Said) -> bool {
        let place = self.service().answer.name.as_ref();
        place.is_none() || said.reading().octets(place).is_some_and(|name| !name.is_empty())
    }

    /// A user's password of this version.
    fn password(&self, user: usize, version: u32) -> String {
        let own = self.passwords.get(user).map_or("", String::as_str);
        if version == 0 { own.to_owned() } else { format!("{own}-{version}") }
    }

    /// What the model calls `password-3`.
    fn password_for(&self, user: usize, octets: &[u8]) -> String {
        let version =
            std::str::from_utf8(octets).ok().and_then(|text| text.strip_prefix("password-")?.parse::<u32>().ok());
        match version {
            Some(version) if version < 255 => self.password(user, self.state().accounts[user].password + version),
            _ => format!("{}x", self.password(user, 0)),
        }
    }

    fn set_password(&self, user: usize, from: u32) -> bool {
        let (name, former, own) =
            (self.service().users[user].name.clone(), self.password(user, from), self.password(user, 0));
        let host = self.host(user);
        let filling =
            Filling { name: &name, password: &former, client: self.service().client(0), ..Filling::default() };
        let login = self.dialogue.ask(Ask::Login, &filling, Credentials { host, ..Credentials::default() });
        let Some(login) = login.ok().filter(|said| said.standing == Standing::Granted) else { return false };
        let cookie = self.dialogue.session(&login).map(|(name, value)| [&name[..], b"=", &value].concat());
        let access = login.reading().octets(self.service().answer.access.as_ref());
        let access = if cookie.is_some() { None } else { access };
        let filling = Filling { former: &former, password: &own, ..filling };
        let with = Credentials { host, cookie: cookie.as_deref(), access: access.as_deref() };
        let changed = self.dialogue.ask(Ask::ChangePassword, &filling, with);
        changed.is_ok_and(|said| said.standing == Standing::Granted)
    }

    fn administer(&self, ask: Ask, filling: &Filling<'_>) -> bool {
        self.administer_for(0, ask, filling)
    }

    fn administer_for(&self, user: usize, ask: Ask, filling: &Filling<'_>) -> bool {
        let with = Credentials { host: self.host(user), ..Credentials::default() };
        match self.dialogue.ask(ask, filling, with) {
            Ok(said) => said.standing == Standing::Granted,
            Err(failure) => {
                self.state().trouble.get_or_insert(failure);
                false
            }
        }
    }

    /// Has the key that signs given away: from now on others sign with it.
    fn compromise_key(&self) -> Controlled {
        let with = Credentials { host: self.host(0), ..Credentials::default() };
        let said = match self.dialogue.ask(Ask::CompromiseKey, &Filling::default(), with) {
            Ok(said) => said,
            Err(failure) => {
                self.state().trouble.get_or_insert(failure);
                return Controlled::Cannot;
            }
        };
        let (reading, places) = (said.reading(), &self.service().answer);
        let secret = reading.octets(places.leaked_secret.as_ref()).and_then(base64url::decode);
        match (said.standing, reading.octets(places.leaked_kid.as_ref()), secret) {
            (Standing::Granted, Some(kid), Some(secret)) => Controlled::Leaked { kid, secret },
            _ => Controlled::Cannot,
        }
    }

    /// Which user the model means by a name at a host.
    fn user(&self, name: &[u8], host: &[u8]) -> usize {
        let is = |user: &token_assay::sessions::command::Identity| {
            user.name.as_bytes() == name && user.host.as_bytes() == host
        };
        USERS.iter().position(is).unwrap_or(0)
    }

    /// The table's host for one of the model's.
    fn host_of(&self, host: &[u8]) -> Option<&[u8]> {
        self.host(USERS.iter().position(|user| user.host.as_bytes() == host)?)
    }

    fn ask(&self, request: &Request) -> Answer {
        self.notice_time();
        let user = match &request.action {
            Action::Login { name, .. }
            | Action::Disable { name }
            | Action::Enable { name }
            | Action::DropRole { name, .. }
            | Action::GrantRole { name, .. } => self.user(name, &request.host),
            _ => 0,
        };
        let Some(ask) = ask_of(&request.action) else { return Answer::denied() };
        if self.service().template(ask).is_none() {
            return Answer::denied();
        }
        let name = self.service().users.get(user).map_or("", |user| user.name.as_str());
        let by = self.owner(request);
        let passwords = match &request.action {
            Action::Login { password, .. } => (String::new(), self.password_for(user, password)),
            Action::ChangePassword { old, new } => (self.password_for(by, old), self.password_for(by, new)),
            _ => Default::default(),
        };
        let client = CLIENTS.iter().position(|client| client.as_bytes() == request.client);
        let client = client.map_or("", |number| self.service().client(number));
        let none: &[u8] = b"";
        let filling = Filling {
            name: if matches!(ask, Ask::ChangePassword) {
                &self.service().users[by.min(self.service().users.len() - 1)].name
            } else {
                name
            },
            password: &passwords.1,
            former: &passwords.0,
            refresh: match &request.action {
                Action::Refresh { token } | Action::Logout { token: Some(token) } => token,
                _ => none,
            },
            access: request.bearer.as_deref().unwrap_or_default(),
            handle: if let Action::Revoke { handle } = &request.action { handle } else { none },
            role: ROLE,
            client,
            ..Filling::default()
        };
        let cookie = request.cookie.as_deref().map(|cookie| self.own_cookie(cookie));
        let with = Credentials {
            host: self.host_of(&request.host),
            cookie: cookie.as_deref(),
            access: request.bearer.as_deref(),
        };
        match self.dialogue.ask(ask, &filling, with) {
            Ok(said) => self.read(request, ask, user, by, &said),
            Err(failure) => {
                let shown = [cookie.unwrap_or_default(), filling.access.to_vec()].concat();
                // A head that is too long, or holds what no field may, many servers refuse by closing the connection.
                let is_refusable = shown.len() > LONG_HEAD || shown.iter().any(u8::is_ascii_control);
                self.unanswered(failure, is_refusable)
            }
        }
    }

    /// No answer is a finding where the next request is answered, and the service's end where it is not.
    fn unanswered(&self, failure: Failure, is_refusable: bool) -> Answer {
        if matches!(failure, Failure::Closed { .. }) && is_refusable {
            return Answer::denied();
        }
        if matches!(failure, Failure::Unsendable(_)) {
            return Answer::denied();
        }
        let again = || {
            self.dialogue.ask(
                Ask::WhoAmI,
                &Filling::default(),
                Credentials { host: self.host(0), ..Credentials::default() },
            )
        };
        if failure.is_general() || again().is_err() {
            let text = failure.to_string();
            self.state().trouble.get_or_insert(failure);
            return Answer::of(Verdict::Broken(text));
        }
        Answer::of(Verdict::Broken(failure.to_string()))
    }

    fn read(&self, request: &Request, ask: Ask, user: usize, by: usize, said: &Said) -> Answer {
        let verdict = match said.standing {
            Standing::Granted if ask == Ask::WhoAmI && !self.shows_somebody(said) => Verdict::Denied,
            Standing::Granted => {
                let whose = if matches!(request.action, Action::Login { .. }) { user } else { by };
                Verdict::Granted(self.principal(request, whose, said))
            }
            Standing::Denied | Standing::TooLong => Verdict::Denied,
            Standing::Unavailable if said.response.status == 429 => {
                self.state().trouble.get_or_insert(Failure::Busy(429));
                Verdict::Unavailable
            }
            Standing::Unavailable => Verdict::Unavailable,
            Standing::Broken => Verdict::Broken(format!("status {}", said.response.status)),
            Standing::Moved | Standing::Unknown => {
                let status = said.response.status;
                Verdict::Broken(format!(
                    "status {status}, which [service] lists neither under granted nor under denied"
                ))
            }
        };
        let is_granted = matches!(verdict, Verdict::Granted(_));
        let places = &self.service().answer;
        let reading = said.reading();
        let given = |place| if is_granted { reading.octets(place) } else { None };
        let gives = matches!(ask, Ask::Login | Ask::Refresh);
        let (access, refresh) = if gives && self.kind.has_tokens() {
            (given(places.access.as_ref()), given(places.refresh.as_ref()))
        } else {
            (None, None)
        };
        let handle = given(places.handle.as_ref()).filter(|_| ask == Ask::Login);
        let mut set_cookies = if self.kind.has_session() { self.lines(said) } else { Vec::new() };
        if ask == Ask::Login && is_granted && self.kind.has_session() && set_cookies.is_empty() {
            // The browser goes on with the id that it has.
            set_cookies.extend(request.cookie.as_deref().and_then(value_of).map(|value| good_line(&value)));
        }
        let mut state = self.state();
        let listed = if ask == Ask::List && is_granted { reading.list(places.handles.as_ref()) } else { Vec::new() };
        let listed = listed.into_iter().filter(|handle| state.handles.contains(handle)).collect();
        let whose = if ask == Ask::Login { user } else { by };
        if is_granted {
            let session = set_cookies.iter().find_map(|line: &Vec<u8>| value_of(line));
            for octets in [session.filter(|_| gives), access.clone(), refresh.clone()].into_iter().flatten() {
                state.owners.insert(octets, whose);
            }
            state.handles.extend(handle.clone());
            let mut account = state.accounts[if ask == Ask::ChangePassword { by } else { user }];
            match ask {
                Ask::ChangePassword => account.changed += 1,
                Ask::Disable => account.is_disabled = true,
                Ask::Enable => account.is_disabled = false,
                Ask::DropRole => account.is_plain = true,
                Ask::GrantRole => account.is_plain = false,
                _ => {}
            }
            state.accounts[if ask == Ask::ChangePassword { by } else { user }] = account;
        }
        Answer { verdict, set_cookies, access, refresh, handle, listed }
    }

    /// Whom an answer names, as the model calls that user; who is not named is taken for whoever asked.
    fn principal(&self, request: &Request, whose: usize, said: &Said) -> Principal {
        let places = &self.service().answer;
        let reading = said.reading();
        let host = reading.octets(places.host.as_ref());
        let user = match reading.octets(places.name.as_ref()) {
            None => Some(whose),
            Some(name) => {
                let is = |user: &usize| {
                    let account = &self.service().users[*user];
                    let at_home =
                        host.as_ref().zip(account.host.as_ref()).is_none_or(|(host, own)| host == own.as_bytes());
                    account.shown().as_bytes() == name && at_home
                };
                let here = |user: &usize| USERS[*user].host.as_bytes() == request.host;
                let all: Vec<usize> = (0..self.service().users.len()).filter(is).collect();
                all.iter().copied().find(here).or_else(|| all.first().copied())
            }
        };
        let Some(user) = user.filter(|user| *user < USERS.len()) else {
            let name = reading.octets(places.name.as_ref()).unwrap_or_default();
            return Principal { name, host: host.unwrap_or_default(), roles: Vec::new() };
        };
        let roles = match places.roles.as_ref().map(|place| reading.list(Some(place))) {
            Some(roles)
                if !roles.is_empty() || places.name.is_some() && reading.octets(places.name.as_ref()).is_some() =>
            {
                roles
            }
            _ if self.state().accounts[user].is_plain => Vec::new(),
            _ => vec![ROLE.into()],
        };
        let roles = if self.has(Ask::DropRole) { roles } else { vec![ROLE.into()] };
        Principal { name: USERS[user].name.into(), host: USERS[user].host.into(), roles }
    }

    /// The lines that are about the session cookie. Once they have been judged, they are as they should be.
    fn lines(&self, said: &Said) -> Vec<Vec<u8>> {
        let name = self.service().answer.cookie.as_deref();
        let is_own = |line: &&[u8]| {
            let found = line.split(|octet| matches!(octet, b'=' | b';')).next().map(<[u8]>::trim_ascii);
            name.is_none_or(|name| found == Some(name.as_bytes()))
        };
        let reading = said.reading();
        let lines = reading.set_cookies().filter(is_own);
        if !self.state().is_audited {
            return lines.map(<[u8]>::to_vec).collect();
        }
        let good = |line: &[u8]| match value_of(line) {
            Some(value) => good_line(&value),
            None => b"__Host-sid=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0".to_vec(),
        };
        lines.map(good).collect()
    }

    /// The engine's cookie under the name that the service knows.
    fn own_cookie(&self, cookie: &[u8]) -> Vec<u8> {
        match (&self.service().answer.cookie, cookie.strip_prefix(b"__Host-sid=")) {
            (Some(name), Some(value)) => [name.as_bytes(), b"=", value].concat(),
            _ => cookie.to_vec(),
        }
    }

    /// Whose credential a request shows.
    fn owner(&self, request: &Request) -> usize {
        let state = self.state();
        let shown = match &request.action {
            Action::Refresh { token } | Action::Logout { token: Some(token) } => Some(token.clone()),
            _ => request.cookie.as_deref().and_then(value_of).or_else(|| request.bearer.clone()),
        };
        shown.and_then(|octets| state.owners.get(&octets).copied()).unwrap_or(0)
    }

    fn has(&self, ask: Ask) -> bool {
        self.service().template(ask).is_some()
    }

    /// Real time goes on while a script is asked for; where a limit is short that is to be noticed.
    fn notice_time(&self) {
        if self.has(Ask::Advance) || self.shortest() > SHORT {
            return;
        }
        let mut state = self.state();
        let drift = state.began.elapsed().saturating_sub(Duration::from_secs(state.now));
        state.is_late |= drift > DRIFT;
    }

    /// The shortest limit of time that is declared.
    fn shortest(&self) -> Seconds {
        let SessionPolicy { idle, absolute, access_ttl, .. } = self.policy;
        idle.min(absolute).min(access_ttl)
    }

    /// Lets time pass: by the service's own clock where it can be set, else by waiting.
    fn advance(&self, seconds: Seconds) -> Controlled {
        let is_done = if self.has(Ask::Advance) {
            self.administer(Ask::Advance, &Filling { seconds, ..Filling::default() })
        } else {
            let until = {
                let state = self.state();
                state.began + Duration::from_secs(state.now + seconds)
            };
            std::thread::sleep(until.saturating_duration_since(Instant::now()));
            true
        };
        if !is_done {
            return Controlled::Cannot;
        }
        self.state().now += seconds;
        Controlled::Done
    }
}

impl SessionService for Remote {
    fn info(&self) -> ServiceInfo {
        let shared = &self.0;
        let service = shared.service();
        let has = |ask| service.template(ask).is_some();
        let administers = [Ask::Disable, Ask::Enable, Ask::DropRole, Ask::GrantRole].into_iter().any(has);
        let lists = (has(Ask::List) || has(Ask::Revoke)) && service.answer.handle.is_some();
        let has_clock = has(Ask::Advance) || shared.shortest() <= SHORT;
        let capabilities = [
            (has_clock, Capability::Clock),
            (has(Ask::Store), Capability::StoreFaults),
            (has(Ask::Restart), Capability::Restart),
            (administers, Capability::Administration),
            (lists, Capability::Listing),
            (has(Ask::RotateKey) && has(Ask::RetireKeys), Capability::Keys),
        ];
        ServiceInfo {
            name: service.name.clone(),
            kind: shared.kind,
            policy: shared.policy,
            capabilities: capabilities.into_iter().filter(|(has, _)| *has).map(|(_, capability)| capability).collect(),
        }
    }

    fn ask(&self, request: &Request) -> Answer {
        self.0.ask(request)
    }

    fn control(&self, control: Control) -> Controlled {
        let done = |is_done| if is_done { Controlled::Done } else { Controlled::Cannot };
        match control {
            Control::Advance(seconds) => self.0.advance(seconds),
            Control::RotateKey => done(self.0.administer(Ask::RotateKey, &Filling::default())),
            Control::RetireKeys => done(self.0.administer(Ask::RetireKeys, &Filling::default())),
            Control::CompromiseKey => self.0.compromise_key(),
            Control::Store(fault) => {
                let is_done = self.0.administer(Ask::Store, &Filling { fault: fault.as_str(), ..Filling::default() });
                self.0.state().is_store_down |= is_done;
                done(is_done)
            }
            Control::Restart => done(self.0.administer(Ask::Restart, &Filling::default())),
        }
    }
}

impl Interleaved for Remote {
    fn start(&self, request: Request) -> Pin<Box<dyn Future<Output = Answer> + '_>> {
        let (say, heard) = mpsc::channel();
        let remote = self.clone();
        std::thread::spawn(move || {
            // Nobody may be listening any more.
            let _ = say.send(remote.0.ask(&request));
        });
        Box::pin(Waiting(heard))
    }

    fn hold(&self, _: bool) {}
}

/// An answer that a thread waits for.
struct Waiting(mpsc::Receiver<Answer>);

impl Future for Waiting {
    type Output = Answer;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Answer> {
        match self.0.recv_timeout(LOOK) {
            Ok(answer) => Poll::Ready(answer),
            Err(RecvTimeoutError::Timeout) => Poll::Pending,
            Err(RecvTimeoutError::Disconnected) => {
                Poll::Ready(Answer::of(Verdict::Broken("a thread has ended".to_owned())))
            }
        }
    }
}

/// What is asked by an action.
fn ask_of(action: &Action) -> Option<Ask> {
    Some(match action {
        Action::Visit => Ask::Visit,
        Action::Login { .. } => Ask::Login,
        Action::WhoAmI => Ask::WhoAmI,
        Action::Refresh { .. } => Ask::Refresh,
        Action::Logout { .. } => Ask::Logout,
        Action::LogoutOthers => Ask::LogoutOthers,
        Action::LogoutAll => Ask::LogoutAll,
        Action::List => Ask::List,
        Action::Revoke { .. } => Ask::Revoke,
        Action::ChangePassword { .. } => Ask::ChangePassword,
        Action::Disable { .. } => Ask::Disable,
        Action::Enable { .. } => Ask::Enable,
        Action::DropRole { .. } => Ask::DropRole,
        Action::GrantRole { .. } => Ask::GrantRole,
        // No script has these.
        Action::RevokeToken { .. } | Action::Introspect { .. } | Action::Terminate { .. } => return None,
    })
}

/// A line in which an audit finds nothing.
fn good_line(value: &[u8]) -> Vec<u8> {
    [&b"__Host-sid="[..], value, b"; Path=/; Secure; HttpOnly; SameSite=Lax"].concat()
}

fn value_of(line: &[u8]) -> Option<Vec<u8>> {
    let at = line.iter().position(|octet| *octet == b'=')?;
    cookie_of(line, std::str::from_utf8(line[..at].trim_ascii()).ok()?)
}

/// A script with what can be asked of a service alone; what is left out is counted by what it lacks.
pub fn fit(remote: &Remote, script: &Script, lacking: &mut BTreeMap<&'static str, u64>) -> Script {
    let mut keep = |commands: &[Command]| -> Vec<Command> {
        commands
            .iter()
            .filter_map(|command| match fitted(&remote.0, *command) {
                Ok(command) => Some(command),
                Err(lacks) => {
                    *lacking.entry(lacks).or_default() += 1;
                    None
                }
            })
            .collect()
    };
    let commands = keep(&script.commands);
    let branches: Vec<Vec<Command>> =
        script.branches.iter().map(|branch| keep(branch)).filter(|branch| !branch.is_empty()).collect();
    let after = keep(&script.after);
    // Each in turn: which comes first is the service's doing.
    let schedule = if branches.is_empty() { Vec::new() } else { (0..TURNS).map(|turn| (turn % 6) as u8).collect() };
    Script { kind: script.kind, commands, branches, schedule, after }
}

fn fitted(shared: &Shared, command: Command) -> Result<Command, &'static str> {
    let users = shared.service().users.len().min(USERS.len());
    let user_of = |user: u8| if usize::from(user) < users { Ok(user) } else { Err("a third user") };
    let needs = |ask: Ask, what: &'static str| if shared.has(ask) { Ok(command) } else { Err(what) };
    let has_tenants = shared.host(0).is_some() && shared.host(2).is_some() && shared.host(0) != shared.host(2);
    match command {
        Command::Login { slot, user, password, presents } => {
            let user = if usize::from(user) < users { user } else { 0 };
            let presents = match presents {
                Presents::Anonymous if !shared.has(Ask::Visit) => Presents::Nothing,
                presents => presents,
            };
            Ok(Command::Login { slot, user, password, presents })
        }
        Command::Use { elsewhere: true, .. } if !has_tenants => Err("hosts of tenants"),
        Command::Refresh { .. } if !shared.has(Ask::Refresh) => Err("refresh"),
        Command::Refresh { other_client: true, .. } if !shared.names_client() => Err("clients"),
        Command::Tamper { part: Part::Refresh(_), .. } if !shared.has(Ask::Refresh) => Err("refresh"),
        Command::Logout { .. } => needs(Ask::Logout, "logout"),
        Command::LogoutOthers { .. } => needs(Ask::LogoutOthers, "logout-others"),
        Command::LogoutAll { .. } => needs(Ask::LogoutAll, "logout-all"),
        Command::List { .. } => needs(Ask::List, "list"),
        Command::Revoke { .. } => needs(Ask::Revoke, "revoke"),
        Command::ChangePassword { .. } => needs(Ask::ChangePassword, "change-password"),
        Command::Disable { user } => user_of(user).and_then(|_| needs(Ask::Disable, "disable")),
        Command::Enable { user } => user_of(user).and_then(|_| needs(Ask::Enable, "enable")),
        Command::DropRole { user } => user_of(user).and_then(|_| needs(Ask::DropRole, "drop-role")),
        Command::GrantRole { user } => user_of(user).and_then(|_| needs(Ask::GrantRole, "grant-role")),
        Command::Advance { seconds } if !shared.has(Ask::Advance) => match shared.shortest() <= SHORT {
            true if seconds <= SHORT => Ok(command),
            _ => Err("a clock to set"),
        },
        // Real seconds are not exact: what is a second before or after a limit is two.
        Command::AdvanceTo { pick, limit, offset } if !shared.has(Ask::Advance) => {
            match (shared.shortest() <= SHORT, offset) {
                (true, 1) => Ok(Command::AdvanceTo { pick, limit, offset: 2 }),
                (true, -1) => Ok(Command::AdvanceTo { pick, limit, offset: -2 }),
                _ => Err("a clock to set"),
            }
        }
        Command::RotateKey => needs(Ask::RotateKey, "rotate-key"),
        Command::RetireKeys => needs(Ask::RetireKeys, "retire-keys"),
        Command::CompromiseKey => needs(Ask::CompromiseKey, "compromise-key"),
        Command::Store { .. } => needs(Ask::Store, "store faults"),
        Command::Restart => needs(Ask::Restart, "restart"),
        other => Ok(other),
    }
}

impl Shared {
    fn names_client(&self) -> bool {
        let template = self.service().template(Ask::Refresh);
        template.is_some_and(|template| template.names("client"))
    }
}

/// What a campaign did with a running service.
#[derive(Debug, Default)]
pub struct Campaign {
    /// How many commands.
    pub commands: u64,
    /// In how many scripts.
    pub scripts: u64,
    /// How many of them had requests that overlap.
    pub overlapping: u64,
    /// How long it took.
    pub took: Duration,
    /// What was found, an invariant each, with how often its script showed it.
    pub found: Vec<(Finding, Hits)>,
    /// What was left out, by what the service lacks for it.
    pub lacking: BTreeMap<&'static str, u64>,
    /// Scripts that took longer than the service's limits of time allow.
    pub late: u64,
    /// Why it ended early.
    pub trouble: Option<Failure>,
}

/// How often a script showed what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Hits {
    /// So often.
    pub seen: u32,
    /// Of so many times.
    pub of: u32,
}

/// When a campaign ends, and what it draws.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The seed of its scripts.
    pub seed: u64,
    /// After so many commands.
    pub commands: u64,
    /// After so long.
    pub time: Duration,
    /// How its scripts look.
    pub shape: Shape,
    /// How often a script is run whose requests overlap.
    pub repeats: u32,
}

/// Runs scripts until a limit is reached; each invariant that does not hold is made small and kept.
pub fn explore(remote: &Remote, limits: Limits, mut go_on: impl FnMut() -> bool) -> Campaign {
    let start = Instant::now();
    let mut campaign = Campaign::default();
    let mut forms = Forms::default();
    let mut number = 0;
    while campaign.commands < limits.commands && start.elapsed() < limits.time && go_on() {
        let drawn = generator::script(remote.kind(), limits.shape, limits.seed, number);
        number += 1;
        let script = fit(remote, &drawn, &mut campaign.lacking);
        let is_overlapping = script.branches.len() > 1;
        campaign.scripts += 1;
        campaign.overlapping += u64::from(is_overlapping);
        for _ in 0..if is_overlapping { limits.repeats } else { 1 } {
            let outcome = engine::run(&remote.fresh(), &script, &mut forms, false);
            campaign.commands += outcome.commands;
            campaign.trouble = remote.trouble();
            if campaign.trouble.is_some() || !go_on() {
                break;
            }
            if remote.0.state().is_late {
                campaign.late += 1;
                break;
            }
            let Some(breach) = outcome.breach else { continue };
            let is_known = campaign.found.iter().any(|(finding, _)| finding.invariant == breach.invariant);
            if !is_known {
                let short = if outcome.done < script.commands.len() || script.branches.is_empty() {
                    Script::sequential(script.kind, script.commands[..outcome.done].to_vec())
                } else {
                    script.clone()
                };
                let origin = Origin { seed: limits.seed, number: number - 1, after: campaign.commands, planted: None };
                let found = kept(remote, short, breach, origin);
                campaign.trouble = remote.trouble();
                if campaign.trouble.is_some() {
                    break;
                }
                // Its script may show it as another invariant's breach, in order.
                if found.1.seen > 0 && !campaign.found.iter().any(|(finding, _)| finding.invariant == found.0.invariant)
                {
                    campaign.found.push(found);
                }
            }
            if matches!(breach.invariant, Invariant::CookiesAudited | Invariant::LogoutDeletes) {
                // What was told of lines is not to hide the rest.
                remote.0.state().is_audited = true;
                forms = Forms::default();
            }
            break;
        }
        if campaign.trouble.is_some() {
            break;
        }
    }
    campaign.took = start.elapsed();
    campaign
}

/// A breach, made small, and how often its script shows it.
fn kept(remote: &Remote, script: Script, breach: Breach, origin: Origin) -> (Finding, Hits) {
    let is_overlapping = !script.branches.is_empty();
    let effort = if is_overlapping {
        Effort { attempts: 60, repeats: 4, schedules: 0 }
    } else {
        Effort { attempts: 250, repeats: 1, schedules: 0 }
    };
    let mut finding = reduce_with(effort, &|| remote.fresh(), script, breach, origin);
    let of = if finding.script.branches.is_empty() { 3 } else { 25 };
    let seen = hits(remote, &finding, of);
    finding.script.schedule.clear();
    (finding, seen)
}

/// How often a finding's script shows it.
pub fn hits(remote: &Remote, finding: &Finding, of: u32) -> Hits {
    let script = fit(remote, &finding.script, &mut BTreeMap::new());
    let shows = |_: &u32| {
        let outcome = engine::run(&remote.fresh(), &script, &mut Forms::default(), false);
        outcome.breach.is_some_and(|breach| breach.invariant == finding.invariant)
    };
    Hits { seen: (0..of).filter(shows).count().try_into().unwrap_or(of), of }
}

/// How long what a logout ended is let in after the logout was answered.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Lag {
    /// What was shown.
    pub shown: &'static str,
    /// How often it was measured.
    pub rounds: usize,
    /// In milliseconds, half of the times.
    pub p50: f64,
    /// 99 of 100.
    pub p99: f64,
    /// At most.
    pub max: f64,
    /// From the last look that was let in to the end of the first that was not, half of the times: no lag is known better than
    /// that.
    pub resolution: f64,
    /// Rounds in which it was still let in when looking ended.
    pub never_ended: usize,
}

/// Measures it, for the session cookie and for the access token: at once and as often as the service answers, then ever more
/// rarely, so that a lag is known to some hundredths of itself and one that has no end costs no budget. What has not ended three
/// times is not waited for a fourth time.
///
/// # Errors
///
/// Where the service does not answer, or nobody can log in.
pub fn lag(remote: &Remote, rounds: usize, longest: Duration) -> Result<Vec<Lag>, Wrong> {
    let shared = &remote.0;
    if rounds == 0 || !shared.has(Ask::Logout) {
        return Ok(Vec::new());
    }
    let ways = [(shared.kind.has_session(), "the session cookie"), (shared.kind.has_tokens(), "the access token")];
    ways.into_iter().filter(|(has, _)| *has).map(|(_, shown)| measured(shared, shown, rounds, longest)).collect()
}

fn measured(shared: &Shared, shown: &'static str, rounds: usize, longest: Duration) -> Result<Lag, Wrong> {
    let failed = |failure: Failure| crate::dialogue::of_failure(&failure);
    let host = shared.host(0);
    let by_cookie = shown == "the session cookie";
    let (mut lags, mut gaps, mut never_ended) = (Vec::new(), Vec::new(), 0);
    for _ in 0..rounds {
        if never_ended == HOPELESS {
            break;
        }
        let login = shared.dialogue.login(0)?;
        let cookie = shared.dialogue.session(&login).map(|(name, value)| [&name[..], b"=", &value].concat());
        let access = login.reading().octets(shared.service().answer.access.as_ref());
        let refresh = login.reading().octets(shared.service().answer.refresh.as_ref()).unwrap_or_default();
        let with = if by_cookie {
            Credentials { host, cookie: cookie.as_deref(), access: None }
        } else {
            Credentials { host, cookie: None, access: access.as_deref() }
        };
        let filling =
            Filling { refresh: &refresh, access: access.as_deref().unwrap_or_default(), ..Filling::default() };
        let ends = Credentials {
            host,
            cookie: cookie.as_deref(),
            access: if cookie.is_some() { None } else { access.as_deref() },
        };
        let ended = shared.dialogue.ask(Ask::Logout, &filling, ends).map_err(failed)?;
        if ended.standing != Standing::Granted {
            let what = format!("a logout was answered with status {}", ended.response.status);
            return Err(Wrong::of(what, "is [service.request.logout] right?").by_service());
        }
        let answered = Instant::now();
        let mut last = Duration::ZERO;
        loop {
            let began = Instant::now();
            let said = shared.dialogue.ask(Ask::WhoAmI, &Filling::default(), with).map_err(failed)?;
            if said.standing != Standing::Granted || !shared.shows_somebody(&said) {
                // The time of the look that was refused is the other end of what is not known.
                gaps.push(answered.elapsed().saturating_sub(last).as_secs_f64() * 1e3);
                break;
            }
            last = began - answered;
            if answered.elapsed() > longest {
                never_ended += 1;
                break;
            }
            if last > SOON {
                std::thread::sleep(last / 50);
            }
        }
        lags.push(last.as_secs_f64() * 1e3);
    }
    lags.sort_by(f64::total_cmp);
    gaps.sort_by(f64::total_cmp);
    let at = |list: &[f64], share: f64| {
        let index = ((list.len() as f64 * share).ceil() as usize).clamp(1, list.len().max(1)) - 1;
        list.get(index).copied().unwrap_or_default()
    };
    Ok(Lag {
        shown,
        rounds: lags.len(),
        p50: at(&lags, 0.5),
        p99: at(&lags, 0.99),
        max: at(&lags, 1.0),
        resolution: at(&gaps, 0.5),
        never_ended,
    })
}

/// How long it is looked without a pause whether a logout has come through.
const SOON: Duration = Duration::from_millis(5);

/// So many logouts that had no end in time are enough.
const HOPELESS: usize = 3;

/// Limits of time beyond this many seconds are not waited for.
const SHORT: Seconds = 30;

/// How far real time may be ahead of a script's clock.
const DRIFT: Duration = Duration::from_millis(900);

/// How long an answer is waited for before the next is looked for.
const LOOK: Duration = Duration::from_micros(100);

/// How often branches are looked at in turn.
const TURNS: usize = 4096;

/// Servers read heads of 8 KiB, all of them.
const LONG_HEAD: usize = 8 << 10;
