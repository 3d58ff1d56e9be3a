//! Issuers that Assay plays for a service that fetches its keys. Takes the table `[service.issuer]`, gives endpoints on loopback that
//! serve key sets and the documents that name them ([`Issuers::open`]), answer whatever they are told to next ([`Endpoint::set`]), and
//! note every request ([`Endpoint::fetches`]). Their keys are the corpus's test keys, whose private halves are public. Judges
//! nothing, never connects to anybody else, never listens beyond the loopback.

pub mod rows;
pub mod script;

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Value, json};
use token_assay::forge::{Keyring, TestKey, base64url, sign};
use token_assay_model::Algorithm;

use crate::service::{Issuer, Token, Wrong};

/// What an endpoint answers at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A document.
    Document {
        /// The status.
        status: u16,
        /// The media type.
        media: &'static str,
        /// The body.
        body: String,
    },
    /// Another address.
    Redirect(String),
    /// The same after so long.
    Late(Duration, Box<Self>),
    /// An octet now and then, without an end.
    Drip,
    /// Octets as fast as they are taken, without an end.
    Endless,
    /// The connection is closed.
    HangUp,
}

impl Reply {
    /// A set of these keys.
    pub fn set(keys: &[&TestKey]) -> Self {
        Self::keys(&keys.iter().map(|key| key.jwk_text.trim().to_owned()).collect::<Vec<_>>())
    }

    /// A set of keys as they are written.
    pub fn keys(texts: &[String]) -> Self {
        Self::json(format!("{{\"keys\":[{}]}}", texts.join(",")))
    }

    /// JSON, as key sets are served.
    pub fn json(body: String) -> Self {
        Self::Document { status: 200, media: "application/json", body }
    }

    /// The same under another status.
    #[must_use]
    pub fn under(self, status: u16) -> Self {
        match self {
            Self::Document { media, body, .. } => Self::Document { status, media, body },
            other => other,
        }
    }
}

/// A request that reached an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fetch {
    /// Milliseconds after the issuers were opened.
    pub at: u64,
    /// Which endpoint: `first`, `second`, `elsewhere`.
    pub who: &'static str,
    /// The request line; empty where only a connection was made.
    pub line: String,
    /// The names and values of its head.
    #[serde(skip)]
    pub head: Vec<String>,
}

impl Fetch {
    /// What was asked for.
    pub fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }
}

/// One address of the loopback.
pub struct Endpoint {
    address: SocketAddr,
    state: Arc<State>,
    closing: Arc<AtomicBool>,
    accepting: Vec<JoinHandle<()>>,
    woken: Vec<SocketAddr>,
}

struct State {
    who: &'static str,
    opened: Instant,
    replies: Mutex<HashMap<String, Reply>>,
    otherwise: Mutex<Option<Reply>>,
    fetches: Mutex<Vec<Fetch>>,
    /// How long what has no end goes on.
    longest: Duration,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Endpoint {
    fn open(address: SocketAddr, who: &'static str, opened: Instant) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            who,
            opened,
            replies: Mutex::default(),
            otherwise: Mutex::default(),
            fetches: Mutex::default(),
            longest: LONGEST,
        });
        let mut endpoint =
            Self { address, state, closing: Arc::default(), accepting: Vec::new(), woken: vec![address] };
        endpoint.accept(listener);
        Ok(endpoint)
    }

    fn accept(&mut self, listener: TcpListener) {
        let (state, closing) = (Arc::clone(&self.state), Arc::clone(&self.closing));
        self.accepting.push(std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if closing.load(Ordering::Acquire) {
                    break;
                }
                let state = Arc::clone(&state);
                // One that says nothing must not keep another waiting.
                std::thread::spawn(move || answer(&stream, &state));
            }
        }));
    }

    /// The same port on the other loopback, where there is one.
    fn and_on_v6(mut self) -> Self {
        let address = SocketAddr::from((Ipv6Addr::LOCALHOST, self.address.port()));
        if let Ok(listener) = TcpListener::bind(address) {
            self.woken.push(address);
            self.accept(listener);
        }
        self
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path there.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What is answered at a path from now on.
    pub fn set(&self, path: impl Into<String>, reply: Reply) {
        lock(&self.state.replies).insert(path.into(), reply);
    }

    /// What is answered at every other path.
    pub fn set_otherwise(&self, reply: Reply) {
        *lock(&self.state.otherwise) = Some(reply);
    }

    /// The requests so far.
    pub fn fetches(&self) -> Vec<Fetch> {
        lock(&self.state.fetches).clone()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Release);
        for address in &self.woken {
            let _ = TcpStream::connect_timeout(address, Duration::from_millis(200));
        }
        for accepting in self.accepting.drain(..) {
            let _ = accepting.join();
        }
    }
}

/// One request a connection: keys are asked for seldom.
fn answer(stream: &TcpStream, state: &State) {
    let prepared = stream.set_read_timeout(Some(PATIENCE)).and_then(|()| stream.set_write_timeout(Some(PATIENCE)));
    if prepared.is_err() {
        return;
    }
    let at = u64::try_from(state.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
    let lines = BufReader::new(stream).lines().map_while(Result::ok).take(MOST_LINES);
    let mut head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let line = if head.is_empty() { String::new() } else { head.remove(0) };
    let fetch = Fetch { at, who: state.who, line, head };
    let path = fetch.path().to_owned();
    lock(&state.fetches).push(fetch);
    let found = lock(&state.replies).get(&path).cloned();
    let reply = found.or_else(|| lock(&state.otherwise).clone());
    // Who asks may have gone.
    let _ = write(stream, &reply.unwrap_or_else(|| Reply::json("{}".to_owned()).under(404)), (state, &path));
}

fn write(mut stream: &TcpStream, reply: &Reply, (state, path): (&State, &str)) -> std::io::Result<()> {
    let began = Instant::now();
    // What has no end has one when something else is to be answered: nobody is held up by what is over.
    let goes_on = || began.elapsed() < state.longest && lock(&state.replies).get(path) == Some(reply);
    match reply {
        Reply::Document { status, media, body } => {
            let head = format!(
                "HTTP/1.1 {status} {}\r\nContent-Type: {media}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                if *status == 200 { "OK" } else { "As told" },
                body.len()
            );
            stream.write_all(head.as_bytes())?;
            stream.write_all(body.as_bytes())
        }
        Reply::Redirect(to) => stream.write_all(
            format!("HTTP/1.1 302 There\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .as_bytes(),
        ),
        Reply::Late(after, reply) => {
            std::thread::sleep(*after);
            write(stream, reply, (state, path))
        }
        Reply::Drip => {
            stream.write_all(ENDLESS)?;
            while goes_on() {
                stream.write_all(b" ")?;
                std::thread::sleep(Duration::from_millis(100));
            }
            Ok(())
        }
        Reply::Endless => {
            stream.write_all(ENDLESS)?;
            let mut sent = 0;
            while goes_on() && sent < MOST_OCTETS {
                stream.write_all(&[b' '; 1 << 16])?;
                sent += 1 << 16;
            }
            Ok(())
        }
        Reply::HangUp => Ok(()),
    }
}

/// The issuers, their keys, and an address that nobody was told to trust.
pub struct Issuers {
    /// What the table says.
    pub table: Issuer,
    /// The algorithm that all keys are for.
    pub algorithm: Algorithm,
    /// The name of the first issuer.
    pub name: String,
    /// The first issuer.
    pub first: Endpoint,
    /// The second, where there is one.
    pub second: Option<Endpoint>,
    /// An address that is not on any list; it serves the stranger's key at every path.
    pub elsewhere: Endpoint,
    /// The key that the first issuer serves.
    pub present: TestKey,
    /// The one that it serves next.
    pub next: TestKey,
    /// The second issuer's; a stranger's to the first.
    pub stranger: TestKey,
    /// When they were opened.
    pub opened: Instant,
}

impl Issuers {
    /// Opens what the table names, and serves the present keys.
    ///
    /// # Errors
    ///
    /// Where the table does not say enough, or an address cannot be had.
    pub fn open(table: &Issuer, token: &Token) -> Result<Self, Wrong> {
        let opened = Instant::now();
        let name = table.name.clone().or_else(|| token.issuer.first().cloned());
        let name = name.ok_or_else(|| Wrong::of("[service.issuer] has no `name`", "give what tokens name as `iss`"))?;
        let kid = token.kid.as_deref().unwrap_or("present");
        let [present, next, stranger] = keys(token.algorithm)?;
        let first = open(OF_ISSUER, &table.address, "first", opened)?;
        let second =
            table.second.as_ref().map(|second| open(OF_ISSUER, &second.address, "second", opened)).transpose()?;
        let elsewhere = Endpoint::open(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), "elsewhere", opened)
            .map_err(|error| Wrong::of(format!("no port of the loopback can be had: {error}"), "free one"))?
            .and_on_v6();
        let issuers = Self {
            table: table.clone(),
            algorithm: token.algorithm,
            name,
            first,
            second,
            elsewhere,
            present: present.renamed(kid),
            next: next.renamed("next"),
            stranger: stranger.renamed("stranger"),
            opened,
        };
        issuers.serve_documents();
        issuers.restore();
        Ok(issuers)
    }

    /// What is served when nothing is tried.
    pub fn restore(&self) {
        self.serve(Reply::set(&[&self.present]));
        if let (Some(second), Some(table)) = (&self.second, &self.table.second) {
            second.set(table.jwks.as_str(), Reply::set(&[&self.stranger]));
        }
        self.elsewhere.set_otherwise(Reply::set(&[&self.stranger]));
    }

    /// Milliseconds since they were opened.
    pub fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// What the first issuer answers from now on where its keys are.
    pub fn serve(&self, reply: Reply) {
        self.first.set(self.table.jwks.as_str(), reply);
    }

    /// All requests so far, in order.
    pub fn fetches(&self) -> Vec<Fetch> {
        let endpoints = [Some(&self.first), self.second.as_ref(), Some(&self.elsewhere)];
        let mut all: Vec<Fetch> = endpoints.into_iter().flatten().flat_map(Endpoint::fetches).collect();
        all.sort_by_key(|fetch| fetch.at);
        all
    }

    /// OpenID Connect Discovery §4, RFC 8414 §3.
    fn serve_documents(&self) {
        let document = |endpoint: &Endpoint, name: &str, jwks: &str| {
            let document = json!({
                "issuer": name, "jwks_uri": endpoint.url(jwks),
                "authorization_endpoint": endpoint.url("/authorize"), "token_endpoint": endpoint.url("/token"),
                "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [self.algorithm.as_str()],
            });
            Reply::json(document.to_string())
        };
        let of_first = document(&self.first, &self.name, &self.table.jwks);
        for path in WELL_KNOWN.into_iter().chain(self.table.discovery.as_deref()) {
            self.first.set(path, of_first.clone());
        }
        if let (Some(second), Some(table)) = (&self.second, &self.table.second) {
            for path in WELL_KNOWN {
                second.set(path, document(second, &table.name, &table.jwks));
            }
        }
    }
}

/// Serves this key's public half at every path, until it is dropped: an issuer that never changes.
///
/// # Errors
///
/// Where the address is none of this machine's loopback, or is taken.
pub fn serve_set(address: &str, key: &TestKey) -> Result<Endpoint, Wrong> {
    let endpoint = open("serve-jwks", address, "first", Instant::now())?;
    endpoint.set_otherwise(Reply::set(&[key]));
    Ok(endpoint)
}

/// The key of the table that an address stands under.
const OF_ISSUER: &str = "[service.issuer] address";

fn open(named: &str, address: &str, who: &'static str, opened: Instant) -> Result<Endpoint, Wrong> {
    let wrong = |why: String| Wrong::of(format!("{named} = \"{address}\": {why}"), "such as 127.0.0.1:17600");
    let parsed: SocketAddr = address.parse().map_err(|_| wrong("it is no address with a port".to_owned()))?;
    if !parsed.ip().is_loopback() {
        return Err(wrong("it is no address of the loopback".to_owned()));
    }
    Endpoint::open(parsed, who, opened).map_err(|error| wrong(error.to_string()))
}

/// Three keys for an algorithm.
fn keys(algorithm: Algorithm) -> Result<[TestKey; 3], Wrong> {
    let corpus = Keyring::corpus();
    let named = |names: [&str; 3]| names.map(|name| corpus.key(name).clone());
    match algorithm.as_str() {
        "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" => Ok(named(["rsa", "rsa-other", "rsa-attacker"])),
        "ES256" => Ok(named(["p256", "p256-other", "p256-attacker"])),
        "EdDSA" | "Ed25519" => Ok([1, 2, 3].map(|octet| of_seed([octet; 32]))),
        other => {
            let what = format!("[service.issuer] has no three keys for {other}");
            Err(Wrong::of(what, "RS256 and its kin, PS256 and its kin, ES256, EdDSA and Ed25519 can be tried"))
        }
    }
}

fn of_seed(seed: [u8; 32]) -> TestKey {
    let private: Value = json!({
        "kty": "OKP", "crv": "Ed25519", "kid": "ed", "use": "sig",
        "x": base64url::encode(sign::ed25519_public(&seed)), "d": base64url::encode(seed),
    });
    TestKey::from_jwk("ed", &private).expect("a seed makes a key")
}

impl Issuer {
    /// Whether it says what it must.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), Wrong> {
        let paths = [Some(&self.jwks), self.discovery.as_ref(), self.second.as_ref().map(|second| &second.jwks)];
        if let Some(path) = paths.into_iter().flatten().find(|path| !path.starts_with('/')) {
            return Err(Wrong::of(format!("[service.issuer]: {path} begins with no /"), "give a path"));
        }
        if let Some(jku) = self
            .jku
            .as_ref()
            .filter(|jku| !jku.starts_with(&format!("http://{}/", self.address)) || !jku.ends_with("/"))
        {
            let what = format!("[service.issuer] jku = \"{jku}\" is no folder of the first issuer's address");
            return Err(Wrong::of(what, format!("such as http://{}/keys/", self.address)));
        }
        Ok(())
    }
}

const WELL_KNOWN: [&str; 2] = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];

const ENDLESS: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"keys\":[";

const PATIENCE: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(40);
const MOST_OCTETS: usize = 256 << 20;
const MOST_LINES: usize = 200;

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn the_public_half_is_served_on_this_machine_alone_until_nobody_needs_it() {
        let keyring = Keyring::corpus();
        let key = keyring.key("p256");
        let set = serve_set("127.0.0.1:0", key).unwrap();
        let mut stream = TcpStream::connect(set.address()).unwrap();
        stream.write_all(b"GET /jwks HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert!(text.contains("\"keys\":[{") && text.contains("\"P-256\"") && !text.contains("\"d\""), "{text}");
        assert!(serve_set("0.0.0.0:0", key).is_err() && serve_set("localhost", key).is_err());
        let address = set.address().to_string();
        assert!(serve_set(&address, key).is_err_and(|wrong| wrong.what.starts_with("serve-jwks = ")));
        drop(set);
        assert!(serve_set(&address, key).is_ok(), "whoever is tried again finds the address free");
    }
}
