//! rocket by `Request::cookies` in a handler, behind a server of its own on a loopback port.
//!
//! Its local client puts cookies into a request without reading a header, so that only a served request has them read. The
//! server runs on a thread for as long as the process does; the secret is its configuration, so that there is one a secret.
//! A field that is no value to HTTP is not sent. Any other status than the handler's own is a refusal. Its `CookieJar` opens
//! private cookies only.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rocket::config::{LogLevel, SecretKey, Shutdown};
use rocket::fairing::AdHoc;
use rocket::http::{Method, Status};
use rocket::route::{Handler, Outcome, Route};
use rocket::{Config, Data};
use token_assay_model::report::TargetInfo;
use token_assay_model::{Capability, Pair, Reason, Request, Scheme, Verdict};

use super::super::Verifier;
use super::super::support::crate_info;
use super::{Asked, asked, no_key, read_unordered, reads_lines};

/// The crate `rocket`.
#[derive(Debug, Clone, Copy)]
pub struct Rocket;

impl Verifier for Rocket {
    fn info(&self) -> TargetInfo {
        crate_info("rocket", VERSION, "https://github.com/rwf2/Rocket", supports())
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        verify(request).unwrap_or_else(|refusal| refusal)
    }
}

fn verify(request: Request<'_>) -> Result<Verdict, Verdict> {
    let asked = asked(request, &supports())?;
    asked.request()?;
    let secret = match asked.policy.scheme {
        Some(_) => asked.secret()?,
        None => &UNUSED,
    };
    if secret.len() < UNUSED.len() {
        return Err(no_key("fewer than 64 octets"));
    }
    let name = asked.policy.scheme.is_some().then(|| asked.policy.name.clone());
    let pairs = with_server(secret, |server| server.ask(asked, name))?;
    if asked.policy.scheme.is_some() {
        return asked.opened(pairs.first().map(Pair::value));
    }
    Ok(read_unordered(pairs.into_iter()))
}

/// A running server. Requests are put to it one by one.
struct Server {
    at: SocketAddr,
    desk: Arc<Desk>,
}

/// What the handler is to look for, and what it saw.
#[derive(Default)]
struct Desk {
    private: Mutex<Option<String>>,
    seen: Mutex<Option<Vec<Pair>>>,
}

static SERVERS: LazyLock<Mutex<HashMap<Vec<u8>, Server>>> = LazyLock::new(Mutex::default);

/// Does this with the server that has this secret, which is started once.
fn with_server<T>(secret: &[u8], ask: impl FnOnce(&Server) -> Result<T, Verdict>) -> Result<T, Verdict> {
    let mut servers = lock(&SERVERS);
    if !servers.contains_key(secret) {
        servers.insert(secret.to_vec(), Server::start(secret)?);
    }
    ask(&servers[secret])
}

impl Server {
    fn start(secret: &[u8]) -> Result<Self, Verdict> {
        let desk = Arc::new(Desk::default());
        let (ready, started) = channel();
        let (secret, handler) = (secret.to_vec(), Answers(Arc::clone(&desk)));
        std::thread::spawn(move || serve(&secret, handler, ready));
        let port = started.recv_timeout(PATIENCE).map_err(|_| refusal("the server did not start"))?;
        Ok(Self { at: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), desk })
    }

    /// Sends the fields in one request, and waits for the answer to it.
    fn ask(&self, asked: Asked<'_>, private: Option<String>) -> Result<Vec<Pair>, Verdict> {
        *lock(&self.desk.private) = private;
        let mut request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n".to_vec();
        for line in asked.header.each() {
            request.extend([b"Cookie: ", line, b"\r\n"].concat());
        }
        request.extend(b"\r\n");
        let answer = exchange(self.at, &request).map_err(|error| refusal(&error.to_string()))?;
        match lock(&self.desk.seen).take() {
            Some(pairs) => Ok(pairs),
            None => Err(Verdict::reject(Reason::Malformed, answer.lines().next().unwrap_or("no answer"))),
        }
    }
}

fn exchange(at: SocketAddr, request: &[u8]) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&at, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Runs a server until the process ends.
fn serve(secret: &[u8], handler: Answers, ready: Sender<u16>) {
    let config = Config {
        address: Ipv4Addr::LOCALHOST.into(),
        port: 0,
        workers: 1,
        log_level: LogLevel::Off,
        cli_colors: false,
        secret_key: SecretKey::from(secret),
        shutdown: Shutdown { ctrlc: false, signals: Default::default(), force: false, ..Shutdown::default() },
        ..Config::release_default()
    };
    let liftoff = AdHoc::on_liftoff("says its port", move |rocket| {
        // Nobody waits where the start took too long.
        let _ = ready.send(rocket.config().port);
        Box::pin(async {})
    });
    let server = rocket::custom(config).attach(liftoff).mount("/", [Route::new(Method::Get, "/", handler)]);
    let _ = rocket::execute(server.launch());
}

/// The application.
#[derive(Clone)]
struct Answers(Arc<Desk>);

#[rocket::async_trait]
impl Handler for Answers {
    async fn handle<'r>(&self, request: &'r rocket::Request<'_>, _: Data<'r>) -> Outcome<'r> {
        let jar = request.cookies();
        let pair = |cookie: &rocket::http::Cookie<'_>| Pair::new(cookie.name(), cookie.value());
        let pairs = match &*lock(&self.0.private) {
            Some(name) => jar.get_private(name).iter().map(pair).collect(),
            None => jar.iter().map(pair).collect(),
        };
        *lock(&self.0.seen) = Some(pairs);
        Outcome::Success(rocket::Response::build().status(Status::NoContent).finalize())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refusal(why: &str) -> Verdict {
    Verdict::reject(Reason::Other, why)
}

fn supports() -> Vec<Capability> {
    reads_lines(&[Scheme::PrivateJar])
}

/// The server's secret where none is asked for; it will not start without one.
const UNUSED: [u8; 64] = [1; 64];

const PATIENCE: Duration = Duration::from_secs(10);

const VERSION: &str = "0.5.2";
