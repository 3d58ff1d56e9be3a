//! What is known of a running service: the `[service]` table of `assay.toml`. Takes what was deserialised, gives requests with
//! their places filled in ([`Template::fill`]), and what an answer says ([`Reading`]). An unknown key, an unknown request or place
//! is an error. Asks nothing of anybody; reads the environment only where the table names a variable.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use token_assay::sessions::command::{CLIENTS, USERS};
use token_assay::sessions::policy::{Kind, OnReuse, OnStoreFailure, SessionPolicy};
use token_assay_model::Algorithm;
use url::{Url, form_urlencoded};

use crate::safety::Permission;

/// The table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Service {
    /// What reports call it.
    pub name: String,
    /// Where it is: scheme, host and port.
    pub url: String,
    /// What its logins give; wanted by `assay sessions`.
    pub kind: Option<Kind>,
    /// The version of HTTP that it is spoken to in.
    #[serde(default)]
    pub http: Version,
    /// Certificates that its own is checked against, PEM, in the place of the system's.
    pub ca: Option<PathBuf>,
    /// Fields of every request's head.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How much is asked of it.
    #[serde(default)]
    pub limits: Limits,
    /// What it declares of its logins.
    #[serde(default)]
    pub policy: Declared,
    /// Test users.
    #[serde(default, rename = "user")]
    pub users: Vec<User>,
    /// How things are asked.
    #[serde(default, rename = "request")]
    pub requests: BTreeMap<Ask, Template>,
    /// Where its answers say what.
    #[serde(default)]
    pub answer: Places,
    /// Its tokens, for `assay run`.
    pub token: Option<Token>,
    /// The issuers that Assay plays, where the service fetches its keys from them.
    pub issuer: Option<Issuer>,
    /// Clients that log in, refresh and revoke: the first is the own one.
    #[serde(default, rename = "client")]
    pub clients: Vec<Client>,
    /// What tokens grant.
    pub scope: Option<Scope>,
    /// Where else it is: nodes of the same service, each scheme, host and port.
    #[serde(default)]
    pub nodes: Vec<String>,
    /// Another application, whose logins are not to count here.
    pub other: Option<Box<Self>>,
    /// The file that it logs into.
    pub log: Option<PathBuf>,
}

/// Who asks on a user's behalf (RFC 6749 §2).
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Client {
    /// Its name.
    pub name: String,
    /// Its secret.
    pub secret: Option<String>,
    /// The variable that holds it.
    pub secret_env: Option<String>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What tokens grant (RFC 6749 §3.3).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scope {
    /// What a login is granted, blanks between.
    pub granted: String,
    /// One more, which no login is granted.
    pub beyond: Option<String>,
    /// What the request `scoped` needs.
    pub needed: Option<String>,
}

/// A version of HTTP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Version {
    /// HTTP/1.1, octet by octet as they are written.
    #[default]
    #[serde(rename = "1.1")]
    Http1,
    /// HTTP/2: by prior knowledge in the clear, by ALPN over TLS. Each cookie is a field of its own.
    #[serde(rename = "2")]
    Http2,
}

/// What can be asked of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// A page before any login.
    Visit,
    /// To log in.
    Login,
    /// Who the request counts as.
    WhoAmI,
    /// New tokens.
    Refresh,
    /// To end the login.
    Logout,
    /// To end the user's other logins.
    LogoutOthers,
    /// To end all of them.
    LogoutAll,
    /// The handles of the user's logins.
    List,
    /// To end one by its handle.
    Revoke,
    /// Another password.
    ChangePassword,
    /// A user may not log in, and is out.
    Disable,
    /// A user may log in again.
    Enable,
    /// A role is taken away.
    DropRole,
    /// A role is given.
    GrantRole,
    /// Its clock goes on.
    Advance,
    /// Another key signs.
    RotateKey,
    /// Keys that sign no longer verify no longer.
    RetireKeys,
    /// The key that signs is given away, and another takes its place.
    CompromiseKey,
    /// Its store fails, or no longer does.
    Store,
    /// It is started anew.
    Restart,
    /// Everything is as at the start.
    Reset,
    /// What a token alone opens, without a login behind it.
    Resource,
    /// A page of the service's own, which gives a token against forged requests.
    Form,
    /// What such a page changes.
    Change,
    /// To revoke a token (RFC 7009).
    RevokeToken,
    /// Whether a token is active (RFC 7662).
    Introspect,
    /// By an administrator: ends one login by its handle.
    Terminate,
    /// To log in again for more rights.
    StepUp,
    /// What a token opens once.
    Once,
    /// What a token opens that grants a scope.
    Scoped,
    /// What was logged.
    Log,
}

/// How something is asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Template {
    /// GET where it is not said, POST where there is a body.
    pub method: Option<String>,
    /// Path and query.
    pub path: String,
    /// Fields of the head.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A body of JSON.
    pub json: Option<Value>,
    /// A body as forms send it.
    pub form: Option<BTreeMap<String, String>>,
    /// Statuses that say it was done, in the place of those of the whole service.
    pub granted: Option<Vec<u16>>,
    /// Statuses that say it was refused.
    pub denied: Option<Vec<u16>>,
}

/// Where answers say what.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Places {
    /// The session cookie's name.
    pub cookie: Option<String>,
    /// The access token.
    pub access: Option<Place>,
    /// The refresh token.
    pub refresh: Option<Place>,
    /// Whom the request counts as.
    pub name: Option<Place>,
    /// That user's tenant.
    pub host: Option<Place>,
    /// That user's roles.
    pub roles: Option<Place>,
    /// A login's handle.
    pub handle: Option<Place>,
    /// The handles of a list; `*` in a pointer is every element.
    pub handles: Option<Place>,
    /// The token against forged requests, in the answer to `form`.
    pub csrf: Option<Place>,
    /// What a refreshed token grants.
    pub scope: Option<Place>,
    /// The name of the key that is given away.
    pub leaked_kid: Option<Place>,
    /// That key: the secret of a MAC, or the seed of an Ed25519 key, in base64url.
    pub leaked_secret: Option<Place>,
    /// The lines of a log; `*` in a pointer is every element.
    pub log: Option<Place>,
    /// Statuses that say it was done [default: 200 to 299].
    pub granted: Option<Vec<u16>>,
    /// Statuses that say it was refused [default: 400, 401, 403, 404, 409, 422].
    pub denied: Option<Vec<u16>>,
}

/// A place in an answer: a JSON pointer, `header:NAME` or `cookie:NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the body.
    Pointer(String),
    /// A field of the head.
    Header(String),
    /// A cookie that is set.
    Cookie(String),
}

/// A test user.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct User {
    /// The name that it logs in with.
    pub name: String,
    /// The password.
    pub password: Option<String>,
    /// The variable that holds it.
    pub password_env: Option<String>,
    /// The name by which answers call it, where that is another.
    pub known_as: Option<String>,
    /// Its tenant's host, sent as Host.
    pub host: Option<String>,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("name", &self.name).field("host", &self.host).finish_non_exhaustive()
    }
}

/// How much is asked of a service, and how long it is waited for.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// The longest time until a connection stands.
    #[serde(deserialize_with = "duration")]
    pub connect: Duration,
    /// The longest time until an answer is there whole.
    #[serde(deserialize_with = "duration")]
    pub answer: Duration,
    /// The longest head of an answer, in octets.
    pub head: usize,
    /// The longest body.
    pub body: usize,
    /// How many redirects are followed, of one request.
    pub redirects: usize,
    /// How many requests are under way at once.
    pub concurrency: usize,
    /// How many requests a second at most; 0 is as many as it answers.
    pub rate: u32,
    /// How many requests in all.
    pub budget: u64,
    /// How often a request is sent again that was never answered.
    pub retries: u32,
    /// How long a service is waited for that says 429 or 503, in all.
    #[serde(deserialize_with = "duration")]
    pub back_off: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            answer: Duration::from_secs(5),
            head: 64 << 10,
            body: 1 << 20,
            redirects: 5,
            concurrency: 4,
            rate: 0,
            budget: 200_000,
            retries: 2,
            back_off: Duration::from_secs(10),
        }
    }
}

/// What a service declares of its logins; what it does not say is that nothing ends by itself while it is tried.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Declared {
    /// A login that is not used for so long ends.
    #[serde(default, deserialize_with = "some_duration")]
    pub idle: Option<Duration>,
    /// A login ends after so long.
    #[serde(default, deserialize_with = "some_duration")]
    pub absolute: Option<Duration>,
    /// An access token lasts so long.
    #[serde(default, deserialize_with = "some_duration")]
    pub access_ttl: Option<Duration>,
    /// A refresh token that was used is answered again for so long.
    #[serde(default, deserialize_with = "some_duration")]
    pub refresh_grace: Option<Duration>,
    /// What was ended may be let in for so long.
    #[serde(default, deserialize_with = "some_duration")]
    pub revocation_lag: Option<Duration>,
    /// A role that was taken away may stand in access tokens for so long.
    #[serde(default, deserialize_with = "some_duration")]
    pub role_lag: Option<Duration>,
    /// An access token may be let in for so long after its end.
    #[serde(default, deserialize_with = "some_duration")]
    pub skew: Option<Duration>,
    /// A retired key may verify for so long.
    #[serde(default, deserialize_with = "some_duration")]
    pub key_cache: Option<Duration>,
    /// Whether a refresh gives another refresh token [default: yes].
    pub rotation: Option<bool>,
    /// What is done about a refresh token that is shown again.
    pub reuse: Option<OnReuse>,
    /// What is done without the store.
    pub on_store_failure: Option<OnStoreFailure>,
    /// How many logins of a user are live at once, at most.
    pub max_sessions: Option<usize>,
}

impl Declared {
    /// In whole seconds, as the model counts: limits rounded up.
    pub fn policy(&self) -> SessionPolicy {
        let seconds = |given: Option<Duration>, or: u64| {
            given.map_or(or, |given| given.as_secs() + u64::from(given.subsec_nanos() > 0))
        };
        SessionPolicy {
            idle: seconds(self.idle, NEVER),
            absolute: seconds(self.absolute, NEVER),
            access_ttl: seconds(self.access_ttl, NEVER),
            refresh_grace: seconds(self.refresh_grace, 0),
            revocation_lag: seconds(self.revocation_lag, 0),
            role_lag: seconds(self.role_lag, 0),
            skew: seconds(self.skew, 0),
            key_cache: seconds(self.key_cache, 60),
            key_fetch_interval: 0,
            rotation: self.rotation.unwrap_or(true),
            reuse: self.reuse.unwrap_or(OnReuse::EndsFamily),
            on_store_failure: self.on_store_failure.unwrap_or(OnStoreFailure::Closed),
        }
    }
}

/// What a service takes tokens by.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Token {
    /// Where a token goes.
    #[serde(default, rename = "in")]
    pub carrier: Carrier,
    /// Which request it is shown with [default: `resource`, or `who-am-i` where there is none].
    pub ask: Option<Ask>,
    /// The algorithm.
    pub algorithm: Algorithm,
    /// Issuers that are trusted.
    #[serde(default, deserialize_with = "one_or_several")]
    pub issuer: Vec<String>,
    /// The service's own names.
    #[serde(default, deserialize_with = "one_or_several")]
    pub audience: Vec<String>,
    /// The subject of valid tokens, where a token about somebody else is refused.
    pub subject: Option<String>,
    /// The `typ` that is asked for.
    pub typ: Option<String>,
    /// The key's name in the set that it is looked up in.
    pub kid: Option<String>,
    /// Claims that must be there.
    #[serde(default)]
    pub required_claims: Vec<String>,
    /// Seconds of clock skew.
    pub leeway: Option<u64>,
    /// Seconds since `iat`.
    pub max_age: Option<u64>,
    /// The variable that holds the shared secret.
    pub secret_env: Option<String>,
    /// The shared secret, as text.
    pub secret: Option<String>,
    /// The file of the private key: a JWK, or PKCS#8 PEM.
    pub key: Option<PathBuf>,
    /// The file of the public key, the same; forgeries alone are made.
    pub public_key: Option<PathBuf>,
    /// An address of this machine where a test key's set is served, for a service that takes its keys from there.
    pub serve_jwks: Option<String>,
    /// The variable that holds a valid token.
    pub sample_env: Option<String>,
    /// Where the answer shows a claim as the service read it: a pointer each.
    #[serde(default)]
    pub claims: BTreeMap<String, String>,
    /// Where it shows all of them.
    pub all_claims: Option<String>,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { carrier, ask, algorithm, .. } = self;
        let mut shown = f.debug_struct("Token");
        shown.field("carrier", carrier).field("ask", ask).field("algorithm", algorithm).finish_non_exhaustive()
    }
}

/// An issuer that Assay plays; the service is configured with its addresses by its owner.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Issuer {
    /// The address of this machine where it listens.
    pub address: String,
    /// What its tokens name as `iss` [default: the first `issuer` of `[service.token]`].
    pub name: Option<String>,
    /// The path of its key set.
    #[serde(default = "usual_path")]
    pub jwks: String,
    /// A path of its metadata, beside the two well-known ones.
    pub discovery: Option<String>,
    /// So long a set that was fetched may be used.
    #[serde(deserialize_with = "duration")]
    pub cache: Duration,
    /// So much longer than that while no other can be had, as `stale-if-error` counts (RFC 5861 §4); where it is not said, nothing
    /// is said of it.
    #[serde(default, deserialize_with = "some_duration")]
    pub max_stale: Option<Duration>,
    /// How many fetches tokens with unknown names may cause, one after the other.
    #[serde(default = "usual_fetches")]
    pub fetches: usize,
    /// The folder of addresses that tokens may name as `jku`, where the service follows it.
    pub jku: Option<String>,
    /// Another issuer that the service trusts.
    pub second: Option<SecondIssuer>,
}

/// Another issuer, whose keys are its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecondIssuer {
    /// The address of this machine where it listens.
    pub address: String,
    /// What its tokens name as `iss`.
    pub name: String,
    /// The path of its key set.
    #[serde(default = "usual_path")]
    pub jwks: String,
}

fn usual_path() -> String {
    "/.well-known/jwks.json".to_owned()
}

const fn usual_fetches() -> usize {
    10
}

/// Where a token goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Carrier {
    /// Behind `Authorization: Bearer`.
    #[default]
    Bearer,
    /// In a cookie of this name.
    Cookie(String),
    /// In a field of this name.
    Header(String),
}

impl<'de> Deserialize<'de> for Carrier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.split_once(':') {
            None if text == "bearer" => Ok(Self::Bearer),
            Some(("cookie", name)) if !name.is_empty() => Ok(Self::Cookie(name.to_owned())),
            Some(("header", name)) if !name.is_empty() => Ok(Self::Header(name.to_owned())),
            _ => Err(serde::de::Error::custom(format!("`{text}` is none of bearer, cookie:NAME and header:NAME"))),
        }
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.split_once(':') {
            _ if text.starts_with('/') => Ok(Self::Pointer(text)),
            Some(("header", name)) if !name.is_empty() => Ok(Self::Header(name.to_owned())),
            Some(("cookie", name)) if !name.is_empty() => Ok(Self::Cookie(name.to_owned())),
            _ => Err(serde::de::Error::custom(format!("`{text}` is none of /pointer, header:NAME and cookie:NAME"))),
        }
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Visit => "visit",
            Self::Login => "login",
            Self::WhoAmI => "who-am-i",
            Self::Refresh => "refresh",
            Self::Logout => "logout",
            Self::LogoutOthers => "logout-others",
            Self::LogoutAll => "logout-all",
            Self::List => "list",
            Self::Revoke => "revoke",
            Self::ChangePassword => "change-password",
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::DropRole => "drop-role",
            Self::GrantRole => "grant-role",
            Self::Advance => "advance",
            Self::RotateKey => "rotate-key",
            Self::RetireKeys => "retire-keys",
            Self::CompromiseKey => "compromise-key",
            Self::Store => "store",
            Self::Restart => "restart",
            Self::Reset => "reset",
            Self::Resource => "resource",
            Self::Form => "form",
            Self::Change => "change",
            Self::RevokeToken => "revoke-token",
            Self::Introspect => "introspect",
            Self::Terminate => "terminate",
            Self::StepUp => "step-up",
            Self::Once => "once",
            Self::Scoped => "scoped",
            Self::Log => "log",
        })
    }
}

/// What is wrong with a table: what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What.
    pub what: String,
    /// What to do.
    pub hint: String,
    /// Whether it is the service that is wrong, or away, rather than the table.
    pub is_service: bool,
}

impl Wrong {
    /// What, and what to do.
    pub fn of(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into(), is_service: false }
    }

    /// The same where the service answered so.
    #[must_use]
    pub fn by_service(self) -> Self {
        Self { is_service: true, ..self }
    }
}

impl Service {
    /// Whether the table says what it must; paths are taken from this folder.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub fn check(&mut self, folder: &Path) -> Result<(), Wrong> {
        self.base()?;
        if self.limits.concurrency == 0 {
            return Err(Wrong::of("concurrency = 0 asks nothing", "give 1 or more"));
        }
        if self.users.len() > USERS.len() {
            let what = format!("[[service.user]] stands {} times", self.users.len());
            return Err(Wrong::of(
                what,
                format!("{} users are enough: two of one tenant, one of another", USERS.len()),
            ));
        }
        self.headers.values().try_for_each(|text| known_places(text))?;
        for user in &self.users {
            if user.password.is_some() == user.password_env.is_some() {
                let what = format!("[[service.user]] {} wants one of `password` and `password-env`", user.name);
                return Err(Wrong::of(what, "`password-env` keeps it out of the file"));
            }
        }
        for (ask, template) in &self.requests {
            template
                .check()
                .map_err(|wrong| Wrong { what: format!("[service.request.{ask}]: {}", wrong.what), ..wrong })?;
        }
        if let Some(issuer) = &self.issuer {
            issuer.check()?;
        }
        for client in &self.clients {
            if client.secret.is_some() && client.secret_env.is_some() {
                let what = format!("[[service.client]] {} wants one of `secret` and `secret-env`", client.name);
                return Err(Wrong::of(what, "`secret-env` keeps it out of the file"));
            }
        }
        for node in &self.nodes {
            based(node, "nodes")?;
        }
        if self.policy.max_sessions == Some(0) {
            return Err(Wrong::of("max-sessions = 0 lets nobody in", "give 1 or more"));
        }
        if let Some(other) = &mut self.other {
            other.check(folder).map_err(|wrong| Wrong { what: format!("[service.other]: {}", wrong.what), ..wrong })?;
        }
        let token = self.token.as_mut();
        let files = [Some(&mut self.ca), Some(&mut self.log)]
            .into_iter()
            .chain(token.map(|token| [Some(&mut token.key), Some(&mut token.public_key)]).into_iter().flatten());
        for file in files.flatten().flatten() {
            *file = folder.join(&*file);
        }
        Ok(())
    }

    /// Where it is.
    ///
    /// # Errors
    ///
    /// Where the URL is none, or has more in it than scheme, host and port.
    pub fn base(&self) -> Result<Url, Wrong> {
        based(&self.url, "url")
    }

    /// The same service at another of its nodes.
    pub fn node(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    /// The name by which a client logs in: the own one, or another.
    pub fn client(&self, number: usize) -> &str {
        self.clients.get(number).map_or_else(|| CLIENTS.get(number).copied().unwrap_or_default(), |client| &client.name)
    }

    /// That client's secret; empty where it has none.
    ///
    /// # Errors
    ///
    /// Where the variable that holds it is not set.
    pub fn client_secret(&self, number: usize) -> Result<String, Wrong> {
        match self.clients.get(number).map(|client| (&client.secret, &client.secret_env)) {
            Some((Some(secret), _)) => Ok(secret.clone()),
            Some((None, Some(name))) => variable(name),
            _ => Ok(String::new()),
        }
    }

    /// Whether it may be asked at all.
    ///
    /// # Errors
    ///
    /// Where its host is not this machine and was not permitted.
    pub fn permit(&self, permission: &Permission) -> Result<(), Wrong> {
        permission.admits(&self.base()?)
    }

    /// How this is asked, where it can be.
    pub fn template(&self, ask: Ask) -> Option<&Template> {
        self.requests.get(&ask)
    }

    /// The statuses that say that a request was done, or refused.
    pub fn standing(&self, ask: Ask, status: u16) -> Standing {
        let template = self.template(ask);
        let granted = template.and_then(|template| template.granted.as_ref()).or(self.answer.granted.as_ref());
        let denied = template.and_then(|template| template.denied.as_ref()).or(self.answer.denied.as_ref());
        if granted.map_or((200..300).contains(&status), |granted| granted.contains(&status)) {
            Standing::Granted
        } else if denied.map_or(DENIED.contains(&status), |denied| denied.contains(&status)) {
            Standing::Denied
        } else {
            match status {
                408 | 429 | 503 => Standing::Unavailable,
                413 | 414 | 431 => Standing::TooLong,
                500..=599 => Standing::Broken,
                300..=399 => Standing::Moved,
                _ => Standing::Unknown,
            }
        }
    }

    /// Secrets of the table: what must stand in no report.
    ///
    /// # Errors
    ///
    /// Where a variable that it names is not set.
    pub fn secrets(&self) -> Result<Vec<String>, Wrong> {
        let passwords = self.users.iter().map(User::password).collect::<Result<Vec<_>, _>>()?;
        let fields = self.requests.values().flat_map(|template| template.headers.values()).chain(self.headers.values());
        let from_environment =
            fields.filter_map(|value| variable_in(value)).map(variable).collect::<Result<Vec<_>, _>>()?;
        let token = self.token.as_ref();
        let secret = token.map(Token::secret).transpose()?.flatten();
        let sample = token.and_then(|token| token.sample_env.as_deref()).map(variable).transpose()?;
        let clients =
            (0..self.clients.len()).map(|number| self.client_secret(number)).collect::<Result<Vec<_>, _>>()?;
        let clients = clients.into_iter().filter(|secret| !secret.is_empty());
        Ok(passwords.into_iter().chain(from_environment).chain(secret).chain(sample).chain(clients).collect())
    }
}

impl User {
    /// The password.
    ///
    /// # Errors
    ///
    /// Where the variable that holds it is not set.
    pub fn password(&self) -> Result<String, Wrong> {
        match (&self.password, &self.password_env) {
            (Some(password), _) => Ok(password.clone()),
            (None, Some(name)) => variable(name),
            (None, None) => Err(Wrong::of(format!("{} has no password", self.name), "give `password-env`")),
        }
    }

    /// The name by which answers call it.
    pub fn shown(&self) -> &str {
        self.known_as.as_deref().unwrap_or(&self.name)
    }
}

impl Token {
    /// The shared secret, where there is one.
    ///
    /// # Errors
    ///
    /// Where the variable that holds it is not set.
    pub fn secret(&self) -> Result<Option<String>, Wrong> {
        match (&self.secret, &self.secret_env) {
            (Some(secret), _) => Ok(Some(secret.clone())),
            (None, Some(name)) => variable(name).map(Some),
            (None, None) => Ok(None),
        }
    }
}

/// What a status says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It was done.
    Granted,
    /// It was refused.
    Denied,
    /// The service cannot tell now.
    Unavailable,
    /// What was sent is longer than the service reads.
    TooLong,
    /// The service fell over.
    Broken,
    /// It is elsewhere.
    Moved,
    /// The table does not say.
    Unknown,
}

/// What stands in the places of a template.
#[derive(Debug, Clone, Default)]
pub struct Filling<'f> {
    /// `{name}`.
    pub name: &'f str,
    /// `{password}`.
    pub password: &'f str,
    /// `{former}`: the password before.
    pub former: &'f str,
    /// `{refresh}`.
    pub refresh: &'f [u8],
    /// `{access}`.
    pub access: &'f [u8],
    /// `{handle}`.
    pub handle: &'f [u8],
    /// `{seconds}`.
    pub seconds: u64,
    /// `{fault}`.
    pub fault: &'f str,
    /// `{role}`.
    pub role: &'f str,
    /// `{client}`.
    pub client: &'f str,
    /// `{origin}`: scheme, host and port as the service calls itself.
    pub origin: &'f str,
    /// `{token}`: to revoke, or to look into.
    pub token: &'f [u8],
    /// `{hint}`: what kind of token that is said to be.
    pub hint: &'f str,
    /// `{scope}`: what is to be granted.
    pub scope: &'f str,
    /// `{csrf}`: the token against forged requests.
    pub csrf: &'f [u8],
    /// `{client-secret}`.
    pub client_secret: &'f str,
}

/// A request whose places are filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filled {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Fields of the head.
    pub fields: Vec<(Vec<u8>, Vec<u8>)>,
    /// The body.
    pub body: Option<Vec<u8>>,
}

impl Template {
    /// The request.
    ///
    /// # Errors
    ///
    /// Where a variable that it names is not set.
    pub fn fill(&self, filling: &Filling<'_>) -> Result<Filled, Wrong> {
        self.fill_with(&BTreeMap::new(), filling)
    }

    /// The same with fields that every request has; its own come before them.
    ///
    /// # Errors
    ///
    /// As [`fill`](Self::fill).
    pub fn fill_with(&self, common: &BTreeMap<String, String>, filling: &Filling<'_>) -> Result<Filled, Wrong> {
        let json = self.json.as_ref().map(|json| filled_json(json, filling)).transpose()?;
        let form = self.form.as_ref().map(|form| filled_form(form, filling)).transpose()?;
        let kind = match (&json, &form) {
            (Some(_), _) => Some("application/json"),
            (None, Some(_)) => Some("application/x-www-form-urlencoded"),
            (None, None) => None,
        };
        let body = json.map(|json| json.to_string().into_bytes()).or(form.map(String::into_bytes));
        let mut fields = Vec::new();
        if let Some(kind) = kind.filter(|_| !self.headers.keys().any(|name| name.eq_ignore_ascii_case("content-type")))
        {
            fields.push((b"Content-Type".to_vec(), kind.as_bytes().to_vec()));
        }
        let own = |name: &str| self.headers.keys().any(|other| other.eq_ignore_ascii_case(name));
        for (name, value) in self.headers.iter().chain(common.iter().filter(|(name, _)| !own(name))) {
            fields.push((name.clone().into_bytes(), filled(value, filling)?));
        }
        let path = filled(&self.path, filling)?;
        let method = self.method.clone().unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.to_owned());
        Ok(Filled { method, path: encoded_path(&path), fields, body })
    }

    /// Whether it has this place.
    pub fn names(&self, place: &str) -> bool {
        let is_it = |text: &str| places(text).any(|name| name == place);
        let in_form = self.form.iter().flat_map(BTreeMap::values).any(|text| is_it(text));
        let in_json = self.json.as_ref().is_some_and(|json| is_it(&json.to_string()));
        is_it(&self.path) || self.headers.values().any(|text| is_it(text)) || in_form || in_json
    }

    fn check(&self) -> Result<(), Wrong> {
        if !self.path.starts_with('/') {
            return Err(Wrong::of(
                format!("path = \"{}\" begins with no /", self.path),
                "give a path of the service's host",
            ));
        }
        if self.json.is_some() && self.form.is_some() {
            return Err(Wrong::of("a body is either `json` or `form`", "leave one of them out"));
        }
        let method = self.method.as_deref().unwrap_or("GET");
        if method.is_empty() || !method.bytes().all(|octet| octet.is_ascii_uppercase()) {
            return Err(Wrong::of(format!("method = \"{method}\" is none"), "such as GET or POST"));
        }
        let texts = self.headers.values().chain(self.form.iter().flat_map(BTreeMap::values)).chain([&self.path]);
        for text in texts {
            known_places(text)?;
        }
        self.json.as_ref().map_or(Ok(()), known_in_json)
    }
}

/// Scheme, host and port, and nothing else.
fn based(text: &str, key: &str) -> Result<Url, Wrong> {
    let wrong = |why: &str| Wrong::of(format!("{key} = \"{text}\": {why}"), "such as http://127.0.0.1:8080");
    let url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong("it is no http or https URL with a host"));
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || !url.username().is_empty() {
        return Err(wrong("only scheme, host and port stand here; paths stand in the requests"));
    }
    Ok(url)
}

/// A place is in braces; a variable of the environment is `{env:NAME}`.
fn places(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

fn known_places(text: &str) -> Result<(), Wrong> {
    match places(text).find(|name| !PLACES.contains(name) && !name.starts_with("env:")) {
        None => Ok(()),
        Some(name) => {
            Err(Wrong::of(format!("`{{{name}}}` is no place"), format!("they are {}, env:NAME", PLACES.join(", "))))
        }
    }
}

fn known_in_json(json: &Value) -> Result<(), Wrong> {
    match json {
        Value::String(text) => known_places(text),
        Value::Array(values) => values.iter().try_for_each(known_in_json),
        Value::Object(members) => members.values().try_for_each(known_in_json),
        _ => Ok(()),
    }
}

fn variable_in(text: &str) -> Option<&str> {
    places(text).find_map(|name| name.strip_prefix("env:"))
}

fn variable(name: &str) -> Result<String, Wrong> {
    std::env::var(name).map_err(|_| Wrong::of(format!("${name} is not set"), "[service] names it: set it"))
}

fn filled(text: &str, filling: &Filling<'_>) -> Result<Vec<u8>, Wrong> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        octets.extend(before.as_bytes());
        let Some((name, behind)) = after.split_once('}') else {
            octets.push(b'{');
            rest = after;
            continue;
        };
        match name {
            "name" => octets.extend(filling.name.as_bytes()),
            "password" => octets.extend(filling.password.as_bytes()),
            "former" => octets.extend(filling.former.as_bytes()),
            "refresh" => octets.extend(filling.refresh),
            "access" => octets.extend(filling.access),
            "handle" => octets.extend(filling.handle),
            "seconds" => octets.extend(filling.seconds.to_string().as_bytes()),
            "fault" => octets.extend(filling.fault.as_bytes()),
            "role" => octets.extend(filling.role.as_bytes()),
            "client" => octets.extend(filling.client.as_bytes()),
            "origin" => octets.extend(filling.origin.as_bytes()),
            "token" => octets.extend(filling.token),
            "hint" => octets.extend(filling.hint.as_bytes()),
            "scope" => octets.extend(filling.scope.as_bytes()),
            "csrf" => octets.extend(filling.csrf),
            "client-secret" => octets.extend(filling.client_secret.as_bytes()),
            other => match other.strip_prefix("env:") {
                Some(name) => octets.extend(variable(name)?.into_bytes()),
                None => octets.extend(format!("{{{other}}}").into_bytes()),
            },
        }
        rest = behind;
    }
    octets.extend(rest.as_bytes());
    Ok(octets)
}

fn filled_json(json: &Value, filling: &Filling<'_>) -> Result<Value, Wrong> {
    Ok(match json {
        // A number, where the place is all there is.
        Value::String(text) if text == "{seconds}" => filling.seconds.into(),
        Value::String(text) => String::from_utf8_lossy(&filled(text, filling)?).into_owned().into(),
        Value::Array(values) => values.iter().map(|value| filled_json(value, filling)).collect::<Result<_, _>>()?,
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| Ok((name.clone(), filled_json(value, filling)?));
            Value::Object(members.iter().map(member).collect::<Result<_, Wrong>>()?)
        }
        other => other.clone(),
    })
}

fn filled_form(form: &BTreeMap<String, String>, filling: &Filling<'_>) -> Result<String, Wrong> {
    let mut text = String::new();
    for (name, value) in form {
        let encode = |octets: &[u8]| form_urlencoded::byte_serialize(octets).collect::<String>();
        let separator = if text.is_empty() { "" } else { "&" };
        text.push_str(&format!("{separator}{}={}", encode(name.as_bytes()), encode(&filled(value, filling)?)));
    }
    Ok(text)
}

/// What was filled in may be anything; a request line holds no blanks and no controls.
fn encoded_path(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    for octet in path {
        match octet {
            b'!'..=b'~' => text.push(char::from(*octet)),
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}

/// What an answer says, in the places that the table names.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'r> {
    /// The fields of its head.
    pub fields: &'r [(String, Vec<u8>)],
    /// Its body as JSON; null where it is none.
    pub json: &'r Value,
}

impl Reading<'_> {
    /// Octets in a place.
    pub fn octets(&self, place: Option<&Place>) -> Option<Vec<u8>> {
        match place? {
            Place::Pointer(pointer) => text_of(self.json.pointer(pointer)?).map(String::into_bytes),
            Place::Header(name) => {
                let found = self.fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
                found.map(|(_, value)| value.clone())
            }
            Place::Cookie(name) => self.set_cookies().find_map(|line| cookie_of(line, name)),
        }
    }

    /// A list in a place; one where there is a single value.
    pub fn list(&self, place: Option<&Place>) -> Vec<Vec<u8>> {
        let Some(Place::Pointer(pointer)) = place else { return self.octets(place).into_iter().collect() };
        let mut found = Vec::new();
        collect(self.json, pointer, &mut found);
        found
    }

    /// The values of Set-Cookie.
    pub fn set_cookies(&self) -> impl Iterator<Item = &[u8]> {
        let is_one = |field: &&(String, Vec<u8>)| field.0.eq_ignore_ascii_case("set-cookie");
        self.fields.iter().filter(is_one).map(|(_, value)| value.as_slice())
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// `*` in a pointer is every element.
fn collect(json: &Value, pointer: &str, found: &mut Vec<Vec<u8>>) {
    let (before, after) = match pointer.split_once("/*") {
        Some((before, after)) => (before, Some(after)),
        None => (pointer, None),
    };
    match (json.pointer(before), after) {
        (Some(Value::Array(values)), Some(after)) => values.iter().for_each(|value| collect(value, after, found)),
        (Some(Value::Array(values)), None) => found.extend(values.iter().filter_map(text_of).map(String::into_bytes)),
        (Some(value), None) => found.extend(text_of(value).map(String::into_bytes)),
        _ => {}
    }
}

/// The value of a cookie that a Set-Cookie line sets; nothing where it sets another, or takes this one away.
pub fn cookie_of(line: &[u8], name: &str) -> Option<Vec<u8>> {
    let pair = line.split(|octet| *octet == b';').next()?;
    let at = pair.iter().position(|octet| *octet == b'=')?;
    let (found, value) = (pair[..at].trim_ascii(), pair[at + 1..].trim_ascii());
    (found == name.as_bytes() && !value.is_empty()).then(|| value.to_vec())
}

fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let wrong = || serde::de::Error::custom("a text or a list of texts is wanted");
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(vec![text]),
        Value::Array(values) => {
            values.iter().map(|value| value.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        _ => Err(wrong()),
    }
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let parsed: Result<jiff::SignedDuration, _> = text.parse();
    let parsed = parsed.ok().and_then(|parsed| Duration::try_from(parsed).ok());
    parsed.ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no duration such as 2s or 10m")))
}

fn some_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    duration(deserializer).map(Some)
}

/// What nothing waits for: two days.
const NEVER: u64 = 172_800;

/// Statuses that say no where the table does not say which do.
const DENIED: [u16; 6] = [400, 401, 403, 404, 409, 422];

const PLACES: [&str; 16] = [
    "name",
    "password",
    "former",
    "refresh",
    "access",
    "handle",
    "seconds",
    "fault",
    "role",
    "client",
    "origin",
    "token",
    "hint",
    "scope",
    "csrf",
    "client-secret",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(json: Value) -> Template {
        serde_json::from_value(json).expect("a template")
    }

    #[test]
    fn places_are_filled_in_bodies_fields_and_paths() {
        let login = template(json!({
            "path": "/login?as={name}", "headers": { "Origin": "{origin}" },
            "json": { "user": "{name}", "secret": ["{password}"], "ttl": "{seconds}" },
        }));
        let filling = Filling { name: "a b", password: "p\"w", seconds: 5, origin: "http://x", ..Filling::default() };
        let filled = login.fill(&filling).unwrap();
        assert_eq!((filled.method.as_str(), filled.path.as_str()), ("POST", "/login?as=a%20b"));
        let body: Value = serde_json::from_slice(filled.body.as_deref().unwrap()).unwrap();
        assert_eq!(body, json!({ "user": "a b", "secret": ["p\"w"], "ttl": 5 }));
        assert!(filled.fields.contains(&(b"Origin".to_vec(), b"http://x".to_vec())));
        let form = template(json!({ "path": "/login", "form": { "u": "{name}", "p": "{password}" } }));
        assert_eq!(form.fill(&filling).unwrap().body.unwrap(), b"p=p%22w&u=a+b");
        assert_eq!(template(json!({ "path": "/me" })).fill(&filling).unwrap().method, "GET");
    }

    #[test]
    fn a_place_that_is_none_is_an_error_that_names_those_that_are() {
        let wrong = template(json!({ "path": "/x", "json": { "u": ["{nmae}"] } })).check().unwrap_err();
        assert!(wrong.what.contains("{nmae}") && wrong.hint.contains("name, password"), "{wrong:?}");
        assert!(template(json!({ "path": "x" })).check().is_err());
        assert!(template(json!({ "path": "/x", "method": "get" })).check().is_err());
    }

    #[test]
    fn an_answer_is_read_where_the_table_says() {
        let fields = [
            ("Set-Cookie".to_owned(), b"sid=; Max-Age=0".to_vec()),
            ("set-cookie".to_owned(), b"sid=abc; Path=/".to_vec()),
        ];
        let body = json!({ "user": { "name": "a", "id": 7 }, "sessions": [{ "id": "x" }, { "id": "y" }] });
        let reading = Reading { fields: &fields, json: &body };
        let pointer = |text: &str| Some(Place::Pointer(text.to_owned()));
        assert_eq!(reading.octets(pointer("/user/id").as_ref()).unwrap(), b"7");
        assert_eq!(reading.octets(Some(&Place::Cookie("sid".to_owned()))).unwrap(), b"abc");
        assert_eq!(reading.list(pointer("/sessions/*/id").as_ref()), [b"x", b"y"]);
    }

    #[test]
    fn a_status_stands_for_what_the_table_says_or_for_what_is_usual() {
        let mut service: Service = serde_json::from_value(json!({ "name": "s", "url": "http://127.0.0.1:1" })).unwrap();
        let standing = |service: &Service, status| service.standing(Ask::WhoAmI, status);
        assert_eq!(standing(&service, 204), Standing::Granted);
        assert_eq!(standing(&service, 401), Standing::Denied);
        assert_eq!(standing(&service, 302), Standing::Moved);
        assert_eq!(standing(&service, 418), Standing::Unknown);
        assert_eq!(standing(&service, 431), Standing::TooLong);
        assert_eq!(standing(&service, 502), Standing::Broken);
        service.answer.denied = Some(vec![302]);
        assert_eq!(standing(&service, 302), Standing::Denied);
        assert_eq!(standing(&service, 401), Standing::Unknown);
    }
}
