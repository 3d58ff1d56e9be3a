//! The address that forged tokens name, and the listener that stands there while a run lasts.
//!
//! Gives addresses on loopback, at one port and with the case in the path, so that forging twice gives the same octets; and
//! what an attacker would serve at them. The [`Endpoint`] serves it and notes who asked for what: a request that nobody
//! configured is a finding, whatever the verdict (RFC 8725 §3.10). Never connects to anything, never listens but on loopback,
//! never serves a private key but that of shared secrets that are public.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use token_assay_model::Input;

use crate::forge::{Keyring, TestKey, base64url, json};

/// The port that tokens name: below those that systems hand out, and registered for nothing.
pub const PORT: u16 = 17_515;

/// At these paths the attacker's keys are served, so that whoever fetches them accepts the forgery.
pub const KEYS: &str = "/keys/";

/// At these paths nothing is served: what is wrong is the request itself.
pub const WATCHED: &str = "/fetch/";

/// The address of a path, in clear.
pub fn url(path: &str) -> String {
    format!("http://127.0.0.1:{PORT}{path}")
}

/// The same over TLS. Nobody answers a handshake there, but it is noticed.
pub fn tls_url(path: &str) -> String {
    format!("https://127.0.0.1:{PORT}{path}")
}

/// The address of a document that serves this key for a case: `jwks`, or `pem` for its certificate.
pub fn key_url(case: &str, key: &TestKey, form: &str) -> String {
    url(&format!("{KEYS}{case}/{}.{form}", key.name))
}

/// What is served at a path: the set of the key that it names, under its own name and under that of the key whose place it
/// takes, or its certificate.
pub fn document(keyring: &Keyring, path: &str) -> Option<String> {
    let file = path.strip_prefix(KEYS)?.rsplit('/').next()?;
    let (name, form) = file.rsplit_once('.')?;
    let key = keyring.all().find(|key| key.name == name)?;
    match form {
        "jwks" => Some(set_of(key)),
        "pem" => key.cert_pem.clone(),
        _ => None,
    }
}

/// The text of a JWK Set with this key alone, under both names.
pub fn set_of(key: &TestKey) -> String {
    let in_place_of = match key.name.strip_suffix("-attacker") {
        Some("hs") => "hs256",
        Some(trusted) => trusted,
        None => &key.name,
    };
    let renamed = key.renamed(in_place_of);
    json::Object::new().set("keys", json::array([&key.jwk_text, &renamed.jwk_text])).text()
}

/// The path that a token's header names at the endpoint, if it names one.
pub fn named_in(input: &Input) -> Option<String> {
    let header = input.octets().split(|octet| *octet == b'.').next()?;
    let header = String::from_utf8(base64url::decode(header)?).ok()?;
    let (_, path) = header.split_once(&format!("://127.0.0.1:{PORT}"))?;
    Some(path.split('"').next().unwrap_or_default().to_owned())
}

/// The path, where nothing but the request itself would be wrong.
pub fn watched_in(input: &Input) -> Option<String> {
    named_in(input).filter(|path| path.starts_with(WATCHED))
}

/// A request that reached the endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// `GET`; `TLS` for a handshake; `nothing` where only a connection was made.
    pub method: String,
    /// What was asked for; empty where that was not said in clear.
    pub path: String,
    /// When, after the endpoint was opened.
    pub at: Duration,
}

impl Fetch {
    /// Whether it may have been for this path.
    pub fn is_for(&self, path: &str) -> bool {
        self.path.is_empty() || self.path == path
    }
}

/// A listener on loopback.
pub struct Endpoint {
    fetches: Arc<Mutex<Vec<Fetch>>>,
    turn: Mutex<()>,
    closing: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Endpoint {
    /// Listens; where another process does, for a moment longer.
    ///
    /// # Errors
    ///
    /// Where the port cannot be had.
    pub fn open() -> io::Result<Self> {
        let listener = bind()?;
        let (fetches, closing) = (Arc::new(Mutex::default()), Arc::new(AtomicBool::new(false)));
        let (noted, closed) = (Arc::clone(&fetches), Arc::clone(&closing));
        let keyring = Arc::new(Keyring::corpus());
        let opened = Instant::now();
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if closed.load(Ordering::Acquire) {
                    break;
                }
                let (noted, keyring) = (Arc::clone(&noted), Arc::clone(&keyring));
                // One that says nothing must not keep another waiting.
                std::thread::spawn(move || answer(stream, &keyring, &noted, opened));
            }
        });
        Ok(Self { fetches, turn: Mutex::default(), closing, accepting: Some(accepting) })
    }

    /// While this is held nobody else shows tokens that are watched.
    pub fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what has been asked for since the last time.
    pub fn take(&self) -> Vec<Fetch> {
        std::mem::take(&mut *self.fetches.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The first request for this path, which may be on its way still.
    pub fn wait_for(&self, path: &str, at_most: Duration) -> Option<Fetch> {
        let started = Instant::now();
        loop {
            if let Some(fetch) = self.take().into_iter().find(|fetch| fetch.is_for(path)) {
                return Some(fetch);
            }
            if started.elapsed() > at_most {
                return None;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Release);
        // Wakes the thread that accepts.
        drop(TcpStream::connect(ADDRESS));
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn bind() -> io::Result<TcpListener> {
    let started = Instant::now();
    loop {
        match TcpListener::bind(ADDRESS) {
            Err(_) if started.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(20)),
            bound => return bound,
        }
    }
}

/// Notes what is asked for before it is answered: whoever waits for the answer has been seen.
fn answer(mut stream: TcpStream, keyring: &Keyring, noted: &Mutex<Vec<Fetch>>, opened: Instant) {
    let head = read_head(&mut stream);
    let (method, path) = asked(&head);
    let document = document(keyring, &path);
    let fetch = Fetch { method, path, at: opened.elapsed() };
    noted.lock().unwrap_or_else(PoisonError::into_inner).push(fetch);
    let (status, body) = match &document {
        Some(body) => ("200 OK", body.as_str()),
        None => ("404 Not Found", ""),
    };
    let kind = if body.starts_with('{') { "application/jwk-set+json" } else { "application/x-pem-file" };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    let _ = stream.write_all(answer.as_bytes());
}

fn read_head(stream: &mut TcpStream) -> Vec<u8> {
    let _ = stream.set_read_timeout(Some(SILENCE));
    let mut head = Vec::new();
    let mut octets = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && !is_handshake(&head) && head.len() < LONGEST_HEAD {
        match stream.read(&mut octets) {
            Ok(read @ 1..) => head.extend_from_slice(&octets[..read]),
            Ok(0) | Err(_) => break,
        }
    }
    head
}

/// Method and path of a request line.
fn asked(head: &[u8]) -> (String, String) {
    if is_handshake(head) {
        return ("TLS".to_owned(), String::new());
    }
    let line = String::from_utf8_lossy(head);
    let mut words = line.lines().next().unwrap_or_default().split(' ');
    let method = words.next().filter(|method| !method.is_empty()).unwrap_or("nothing");
    (method.to_owned(), words.next().unwrap_or_default().to_owned())
}

/// A TLS record of a handshake (RFC 8446 §5.1).
fn is_handshake(head: &[u8]) -> bool {
    head.first() == Some(&22)
}

const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), PORT);

/// How long another process is waited for that has the port.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a connection may say nothing.
const SILENCE: Duration = Duration::from_millis(500);

const LONGEST_HEAD: usize = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_attackers_keys_are_served_where_they_are_named_and_nothing_elsewhere() {
        let keyring = Keyring::corpus();
        let key = keyring.key("p256-attacker");
        let address = key_url("case", key, "jwks");
        let path = address.strip_prefix("http://127.0.0.1:17515").unwrap();
        let set: serde_json::Value = serde_json::from_str(&document(&keyring, path).unwrap()).unwrap();
        let names: Vec<&str> = set["keys"].as_array().unwrap().iter().map(|jwk| jwk["kid"].as_str().unwrap()).collect();
        assert_eq!(names, ["p256-attacker", "p256"]);
        assert!(document(&keyring, "/keys/case/rsa-attacker.pem").unwrap().starts_with("-----BEGIN CERTIFICATE"));
        for path in ["/fetch/case", "/keys/case/nobody.jwks", "/keys/", "/", "", "/keys/case/rsa-attacker.der"] {
            assert_eq!(document(&keyring, path), None, "{path}");
        }
        assert!(set_of(keyring.key("hs-attacker")).contains("\"hs256\""));
    }

    #[test]
    fn a_request_line_is_told_from_a_handshake_and_from_silence() {
        assert_eq!(asked(b"GET /fetch/a HTTP/1.1\r\n\r\n"), ("GET".to_owned(), "/fetch/a".to_owned()));
        assert_eq!(asked(b"\x16\x03\x01"), ("TLS".to_owned(), String::new()));
        assert_eq!(asked(b""), ("nothing".to_owned(), String::new()));
        let fetch = |path: &str| Fetch { method: "GET".to_owned(), path: path.to_owned(), at: Duration::ZERO };
        assert!(fetch("/a").is_for("/a") && fetch("").is_for("/a") && !fetch("/b").is_for("/a"));
    }
}
