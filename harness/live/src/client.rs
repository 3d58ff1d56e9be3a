//! One service, asked over HTTP. Takes requests octet by octet, gives answers within limits: of time, length, rate, number and
//! redirects. HTTP/1.1 is written as it is given, so that what no library's types let through can be sent; its answers are read by
//! httparse, HTTP/2 is h2's, TLS rustls'. Connections are kept and used again. A request is sent again only where it was never
//! answered, and where its method lets it or it never left. Never connects to an address that [`Permission`] did not look at, and
//! never follows a redirect to another host.

mod http1;
mod http2;

use std::collections::VecDeque;
use std::fmt;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use crate::safety::Permission;
use crate::service::{Limits, Service, Version, Wrong};

/// A request. The fields `Host`, `Content-Length` and `Connection` are written by the client, unless they are among these.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The host that it is for, where it is another than the URL's.
    pub host: Option<Vec<u8>>,
    /// Fields, in order, as they are written.
    pub fields: Vec<(Vec<u8>, Vec<u8>)>,
    /// The body.
    pub body: Option<Vec<u8>>,
}

impl Request {
    /// A GET.
    pub fn get(path: &str) -> Self {
        Self { method: "GET".to_owned(), path: path.to_owned(), ..Self::default() }
    }

    /// The same with a field more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.fields.push((name.as_bytes().to_vec(), value.into()));
        self
    }

    /// Its length as it is written, body left out, to within some octets.
    pub fn head_length(&self) -> usize {
        let fields = self.fields.iter().map(|(name, value)| name.len() + value.len() + 4);
        self.method.len() + self.path.len() + 40 + fields.sum::<usize>()
    }

    /// Whether a field holds what none may (RFC 9110 §5.5).
    pub fn has_controls(&self) -> bool {
        let is_control = |octet: &u8| octet.is_ascii_control() && *octet != b'\t';
        self.fields.iter().any(|(_, value)| value.iter().any(is_control))
    }

    fn is_idempotent(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "PUT" | "DELETE")
    }

    fn named(&self, name: &str) -> bool {
        self.fields.iter().any(|(field, _)| field.eq_ignore_ascii_case(name.as_bytes()))
    }
}

/// An answer, whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The fields, in order.
    pub fields: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The first value of a field.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Nobody listens, or nobody could be reached.
    Unreachable(String),
    /// No TLS connection stands: a wrong certificate, mostly.
    Tls(String),
    /// There was no whole answer in time.
    Slow(Duration),
    /// The connection ended before the answer did.
    Closed {
        /// Whether any of it had come.
        began: bool,
    },
    /// What came is no HTTP.
    Garbage(String),
    /// The head of the answer is longer than the limit.
    LongHead(usize),
    /// The body is.
    LongBody(usize),
    /// There was a redirect after so many.
    Redirects(usize),
    /// A redirect leads to another host, to which no credential goes.
    Elsewhere(String),
    /// So many requests were made, and no more are to be.
    Budget(u64),
    /// It still says that it has too much to do.
    Busy(u16),
    /// Its clock and this machine's are so many seconds further apart than before.
    Jumped(i64),
    /// This version of HTTP cannot carry what was to be sent.
    Unsendable(&'static str),
}

impl Failure {
    /// Whether it says something about the service as a whole rather than about what it was sent.
    pub const fn is_general(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_)
                | Self::Tls(_)
                | Self::Redirects(_)
                | Self::Elsewhere(_)
                | Self::Budget(_)
                | Self::Busy(_)
                | Self::Jumped(_)
        )
    }

    /// What is to be done.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "start the service, or mend `url` in [service]",
            Self::Tls(_) => "give the certificate that it is signed with as `ca` in [service]",
            Self::Slow(_) => "is the service stuck? `answer` in [service.limits] waits longer",
            Self::Closed { .. } => "its log should say why it closed the connection",
            Self::Garbage(_) => "does `url` in [service] name a port that speaks HTTP, and `http` the version?",
            Self::LongHead(_) => "`head` in [service.limits] reads longer ones",
            Self::LongBody(_) => "`body` in [service.limits] reads longer ones",
            Self::Redirects(_) => "the path in [service.request] should be the last one",
            Self::Elsewhere(_) => "Assay stays at the host of `url`: credentials go nowhere else",
            Self::Jumped(_) => "set both clocks and try again: dates decide what is right",
            Self::Busy(_) => "`rate` in [service.limits] asks less often, `back-off` waits longer",
            Self::Budget(_) => "`budget` in [service.limits] allows for more",
            Self::Unsendable(_) => "http = \"1.1\" in [service] carries any octets",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "nobody answers there: {why}"),
            Self::Tls(why) => write!(f, "no TLS connection stands: {why}"),
            Self::Slow(limit) => write!(f, "no whole answer within {limit:?}"),
            Self::Closed { began: false } => f.write_str("the connection was closed without an answer"),
            Self::Closed { began: true } => f.write_str("the connection was closed in the middle of the answer"),
            Self::Garbage(what) => write!(f, "what came is no HTTP: {what}"),
            Self::LongHead(limit) => write!(f, "the head of the answer is longer than {limit} octets"),
            Self::LongBody(limit) => write!(f, "the body of the answer is longer than {limit} octets, or has no end"),
            Self::Redirects(limit) => write!(f, "it redirects more than {limit} times"),
            Self::Elsewhere(host) => write!(f, "it redirects to {host}, which is another host"),
            Self::Jumped(seconds) => write!(f, "its clock jumped by {seconds} s, or this machine's did"),
            Self::Busy(status) => write!(f, "it answers with status {status}: it is asked too often"),
            Self::Budget(limit) => write!(f, "{limit} requests were made, and no more are allowed"),
            Self::Unsendable(what) => write!(f, "{what} cannot be sent"),
        }
    }
}

/// A connection that is kept.
enum Connection {
    Http1(Box<http1::Connection>),
    Http2(Box<http2::Connection>),
}

impl Connection {
    fn is_open(&mut self) -> bool {
        match self {
            Self::Http1(connection) => connection.is_open(),
            Self::Http2(connection) => connection.is_open(),
        }
    }
}

/// One service.
pub struct Client {
    origin: Url,
    authority: String,
    addresses: Vec<SocketAddr>,
    version: Version,
    limits: Limits,
    /// How long an answer is waited for at this moment.
    answer: Mutex<Duration>,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    idle: Mutex<VecDeque<(Connection, Instant)>>,
    under_way: Mutex<usize>,
    freed: Condvar,
    next: Mutex<Instant>,
    sent: AtomicU64,
    permission: Permission,
}

impl Client {
    /// A client of this service alone.
    ///
    /// # Errors
    ///
    /// Where the service may not be spoken to, or the table is wrong.
    pub fn new(service: &Service, permission: &Permission) -> Result<Self, Wrong> {
        let origin = service.base()?;
        let addresses = permission.addresses(&origin)?;
        let tls = (origin.scheme() == "https").then(|| tls(service, &origin)).transpose()?;
        let host = origin.host_str().unwrap_or_default();
        let authority = origin.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Ok(Self {
            authority,
            origin,
            addresses,
            version: service.http,
            limits: service.limits.clone(),
            answer: Mutex::new(service.limits.answer),
            tls,
            idle: Mutex::default(),
            under_way: Mutex::new(0),
            freed: Condvar::new(),
            next: Mutex::new(Instant::now()),
            sent: AtomicU64::new(0),
            permission: permission.clone(),
        })
    }

    /// A client of another service, or of another node of this one, with the same permission.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn beside(&self, service: &Service) -> Result<Self, Wrong> {
        Self::new(service, &self.permission)
    }

    /// Scheme, host and port, as an Origin field has them.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.origin.scheme(), self.authority)
    }

    /// Whether requests are sent octet by octet.
    pub fn is_raw(&self) -> bool {
        self.version == Version::Http1
    }

    /// How many requests were made.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// What is asked at most, and how long is waited.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Waits for answers at least so long, until what is given is dropped.
    pub fn wait_for(&self, answer: Duration) -> Patience<'_> {
        self.be_patient(self.limits.answer.max(answer));
        Patience(self)
    }

    fn be_patient(&self, answer: Duration) {
        *lock(&self.answer) = answer;
        // What is kept waits as it was made to.
        lock(&self.idle).clear();
    }

    /// The limits of this moment.
    fn limits_now(&self) -> Limits {
        Limits { answer: *lock(&self.answer), ..self.limits.clone() }
    }

    /// Sends a request and gives its answer as it is.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub fn send(&self, request: &Request) -> Result<Response, Failure> {
        let _turn = self.turn();
        let mut attempt = 0;
        loop {
            self.pace();
            if self.sent.fetch_add(1, Ordering::Relaxed) >= self.limits.budget {
                return Err(Failure::Budget(self.limits.budget));
            }
            let (failure, never_left) = match self.exchange(request) {
                Ok(response) => return Ok(response),
                Err(failed) => failed,
            };
            let may_again = never_left || request.is_idempotent();
            let is_transport = matches!(failure, Failure::Unreachable(_) | Failure::Closed { began: false });
            if !(is_transport && may_again && attempt < self.limits.retries) {
                return Err(failure);
            }
            attempt += 1;
            std::thread::sleep(RETRY * attempt);
        }
    }

    /// The same, waiting for a service that says it cannot answer now, and following redirects within its host.
    ///
    /// # Errors
    ///
    /// Where there is no answer, or a redirect leads elsewhere.
    pub fn follow(&self, request: &Request, is_final: impl Fn(u16) -> bool) -> Result<Response, Failure> {
        let mut request = request.clone();
        let mut cookies = Vec::new();
        for _ in 0..=self.limits.redirects {
            let mut response = self.patiently(&request)?;
            let location = response.field("location").map(|value| String::from_utf8_lossy(value).into_owned());
            let Some(location) = location.filter(|_| matches!(response.status, 301 | 302 | 303 | 307 | 308)) else {
                response.fields.splice(0..0, cookies);
                return Ok(response);
            };
            if is_final(response.status) {
                response.fields.splice(0..0, cookies);
                return Ok(response);
            }
            let here = self.origin.join(&request.path).map_err(|error| Failure::Garbage(error.to_string()))?;
            let there = here.join(&location).map_err(|error| Failure::Garbage(format!("Location: {error}")))?;
            let of =
                |url: &Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default());
            if of(&there) != of(&self.origin) {
                return Err(Failure::Elsewhere(there.host_str().unwrap_or(&location).to_owned()));
            }
            there[url::Position::BeforePath..url::Position::AfterQuery].clone_into(&mut request.path);
            if !matches!(response.status, 307 | 308) {
                "GET".clone_into(&mut request.method);
                request.body = None;
                request.fields.retain(|(name, _)| !name.eq_ignore_ascii_case(b"content-type"));
            }
            let set = response.fields.into_iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
            cookies.extend(set);
            carry(&cookies, &mut request);
        }
        Err(Failure::Redirects(self.limits.redirects))
    }

    /// 429 and 503 say that the question was not looked at.
    fn patiently(&self, request: &Request) -> Result<Response, Failure> {
        let began = Instant::now();
        let mut pause = Duration::from_millis(100);
        loop {
            let response = self.send(request)?;
            if !matches!(response.status, 429 | 503) {
                return Ok(response);
            }
            let asked = response.field("retry-after").and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
            let wait = asked.map_or(pause, Duration::from_secs);
            if began.elapsed() + wait > self.limits.back_off {
                return Ok(response);
            }
            std::thread::sleep(wait);
            pause *= 2;
        }
    }

    /// One attempt: the answer, or why there is none and whether nothing of the request can have arrived.
    fn exchange(&self, request: &Request) -> Result<Response, (Failure, bool)> {
        let (mut connection, is_new) = match self.kept() {
            Some(kept) => (kept, false),
            None => (self.connect().map_err(|failure| (failure, true))?, true),
        };
        let limits = self.limits_now();
        let deadline = Instant::now() + limits.answer;
        let outcome = match &mut connection {
            Connection::Http1(connection) => connection.exchange(request, &self.authority, &limits, deadline),
            Connection::Http2(connection) => {
                connection.exchange(request, self.origin.scheme(), &self.authority, &limits)
            }
        };
        match outcome {
            Ok((response, is_kept)) => {
                // After what they could not read many servers close the connection and do not say so.
                if is_kept && !matches!(response.status, 400 | 408 | 413 | 414 | 431 | 500..) {
                    lock(&self.idle).push_back((connection, Instant::now()));
                }
                Ok(response)
            }
            // It had been closed meanwhile: that is how connections that are kept end.
            Err(Failure::Closed { began: false }) if !is_new && request.is_idempotent() => {
                drop(connection);
                lock(&self.idle).clear();
                self.exchange(request)
            }
            Err(failure) => Err((failure, false)),
        }
    }

    fn kept(&self) -> Option<Connection> {
        loop {
            let (mut kept, since) = lock(&self.idle).pop_back()?;
            // One that has been idle may be closed by the service in this moment, and a login is not sent twice.
            if since.elapsed() < IDLE && kept.is_open() {
                return Some(kept);
            }
        }
    }

    fn connect(&self) -> Result<Connection, Failure> {
        let mut last = None;
        for address in &self.addresses {
            match TcpStream::connect_timeout(address, self.limits.connect) {
                Ok(stream) => return self.greet(stream),
                Err(error) => last = Some(error.to_string()),
            }
        }
        Err(Failure::Unreachable(last.unwrap_or_default()))
    }

    fn greet(&self, stream: TcpStream) -> Result<Connection, Failure> {
        let limits = &self.limits_now();
        let prepared = stream
            .set_nodelay(true)
            .and_then(|()| stream.set_read_timeout(Some(limits.answer)))
            .and_then(|()| stream.set_write_timeout(Some(limits.answer)));
        prepared.map_err(|error| Failure::Unreachable(error.to_string()))?;
        match self.version {
            Version::Http1 => {
                http1::Connection::new(stream, self.tls.as_ref()).map(|made| Connection::Http1(made.into()))
            }
            Version::Http2 => {
                http2::Connection::new(stream, self.tls.as_ref(), limits).map(|made| Connection::Http2(made.into()))
            }
        }
    }

    /// Waits for its turn at the limit of requests under way.
    fn turn(&self) -> Turn<'_> {
        let mut under_way = lock(&self.under_way);
        while *under_way >= self.limits.concurrency {
            under_way = self.freed.wait(under_way).unwrap_or_else(PoisonError::into_inner);
        }
        *under_way += 1;
        Turn(self)
    }

    /// Waits for its turn at the limit of requests a second.
    fn pace(&self) {
        if self.limits.rate == 0 {
            return;
        }
        let apart = Duration::from_secs(1) / self.limits.rate;
        let at = {
            let mut next = lock(&self.next);
            let at = (*next).max(Instant::now());
            *next = at + apart;
            at
        };
        std::thread::sleep(at.saturating_duration_since(Instant::now()));
    }
}

/// Answers are waited for longer than usual while this lives.
pub struct Patience<'c>(&'c Client);

impl Drop for Patience<'_> {
    fn drop(&mut self) {
        self.0.be_patient(self.0.limits.answer);
    }
}

struct Turn<'c>(&'c Client);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *lock(&self.0.under_way) -= 1;
        self.0.freed.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a redirect set goes with the next request, as a browser has it.
fn carry(set: &[(String, Vec<u8>)], request: &mut Request) {
    for (_, line) in set {
        let pair = line.split(|octet| *octet == b';').next().unwrap_or_default().trim_ascii().to_vec();
        let name = pair.split(|octet| *octet == b'=').next().unwrap_or_default().to_vec();
        let field = request.fields.iter_mut().find(|(field, _)| field.eq_ignore_ascii_case(b"cookie"));
        match field {
            Some((_, value)) => {
                let others = value.split(|octet| *octet == b';').map(<[u8]>::trim_ascii);
                let others = others.filter(|other| other.split(|octet| *octet == b'=').next() != Some(&name));
                *value = others.map(<[u8]>::to_vec).chain([pair]).collect::<Vec<_>>().join(&b"; "[..]);
            }
            None => request.fields.push((b"Cookie".to_vec(), pair)),
        }
    }
}

fn tls(service: &Service, origin: &Url) -> Result<(Arc<ClientConfig>, ServerName<'static>), Wrong> {
    let roots = service.ca.as_deref().map_or_else(|| Ok(of_system()), of_file)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| Wrong::of(format!("TLS: {error}"), "is this a bug of ours?"))?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![match service.http {
        Version::Http1 => b"http/1.1".to_vec(),
        Version::Http2 => b"h2".to_vec(),
    }];
    let host = origin.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host.clone())
        .map_err(|error| Wrong::of(format!("{host} is no name of a TLS server: {error}"), "mend `url` in [service]"))?;
    Ok((Arc::new(config), name))
}

fn of_system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn of_file(path: &Path) -> Result<RootCertStore, Wrong> {
    let wrong = |why: String| Wrong::of(format!("ca = \"{}\": {why}", path.display()), "give certificates as PEM");
    let read = CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?;
    let read: Vec<_> = read.collect::<Result<_, _>>().map_err(|error| wrong(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    match roots.add_parsable_certificates(read) {
        (0, _) => Err(wrong("there is no certificate in it".to_owned())),
        _ => Ok(roots),
    }
}

/// How long a connection is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(1);

/// How long is waited before a request is sent again, the first time.
const RETRY: Duration = Duration::from_millis(50);
