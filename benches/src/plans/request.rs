//! What a whole request costs: through axum on loopback, with the login checked in each of the ways.
//!
//! The server has a thread of its own and so its own CPU time; what Redis works besides is not in it. The client has another,
//! with some connections that are kept. A row shows before it is timed that it knows its user and refuses everybody else.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock, mpsc};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::{HeaderMap, HeaderName, Request, StatusCode};
use axum::routing::get;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use moka::sync::Cache;
use redis::aio::MultiplexedConnection;
use token_assay::model;
use token_assay_model::bench::{Role, Skipped, Unit};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

use super::tokens::{Claims, Keys, Tokens};
use super::{Plan, Prepared, Scale};
use crate::server::{self, Purpose, Server};
use crate::store::{self, Session, Sessions};
use crate::{Group, Measure, Work};

/// The plan.
pub const PLAN: Plan =
    Plan { name: "request", title: "What a whole request costs through axum, with its login checked.", prepare };

fn prepare(scale: Scale) -> Prepared {
    let mut prepared = Prepared::default();
    let sessions = Sessions::new(if scale == Scale::Quick { 1000 } else { 100_000 });
    let redis = match server::redis(Purpose::Measured) {
        Ok(server) => Some(Arc::new(server)),
        Err(Skipped { why, .. }) => {
            prepared.skipped.push(Skipped { name: "request with sessions in Redis".into(), why });
            None
        }
    };
    let logins = logins(sessions, redis.as_deref());
    let title = format!(
        "GET over HTTP/1.1 on {CONNECTIONS} kept connections; one thread serves, another asks; {} sessions.",
        sessions.count()
    );
    let mut whole = Group::of_windows("request", title, MEASURES.to_vec());
    let mut single =
        Group::of_calls("request/one-connection", "GET over HTTP/1.1 on one kept connection, one after another.");
    let mut packed = Group::of_windows(
        "request/http2",
        "What the client sends for a GET over HTTP/2: the first on a connection, and each after it, as the encoder packs it.",
        PACKED.to_vec(),
    );
    for login in logins {
        let role = if matches!(login.check, Check::Nothing) { Role::Floor } else { Role::Subject };
        let served = match serve(login.check.clone()) {
            Ok(served) => served,
            Err(error) => {
                whole.add(role, login.name, Err(error.to_string()), || unreachable!("it is not served"));
                continue;
            }
        };
        let answers = answers(&served, &login);
        single.add(role, login.name, answers.clone(), || one_after_another(&served, login.header.clone()));
        whole.add(role, login.name, answers.clone(), || window(served.clone(), login.header.clone()));
        packed.add(role, login.name, answers, || packed_window(&served, login.header));
    }
    if let Some(server) = redis {
        prepared.backends.push(server.backend());
        prepared.alive.push(Box::new(server));
    }
    prepared.groups = vec![whole, single, packed];
    prepared
}

/// A way to be known, and what its client sends.
struct Login {
    name: &'static str,
    check: Check,
    /// Of somebody who is known.
    header: Header,
    /// Of those who are not.
    wrong: Vec<Header>,
}

type Header = Option<(HeaderName, String)>;

/// How the server knows who asks.
#[derive(Clone)]
enum Check {
    Nothing,
    Memory(Arc<RwLock<HashMap<String, Vec<u8>>>>),
    Redis(RedisSessions),
    Jwt(Arc<Verifier>),
    Denylist(Arc<Verifier>, Arc<HashSet<String>>),
    /// Redis, and in front of it what was asked for in the last seconds.
    Cached(RedisSessions, Cache<String, Session>),
}

struct Verifier {
    key: DecodingKey,
    validation: Validation,
}

/// Sessions in Redis, asked by the tasks of one thread over one connection, which opens with the first.
#[derive(Clone)]
struct RedisSessions {
    client: redis::Client,
    connection: Arc<tokio::sync::OnceCell<MultiplexedConnection>>,
}

impl Check {
    async fn user(&self, headers: &HeaderMap) -> Option<String> {
        match self {
            Self::Nothing => Some("anybody".into()),
            Self::Memory(sessions) => {
                let json = sessions.read().ok()?.get(cookie(headers)?)?.clone();
                named(&Session::live(&json).ok()??)
            }
            Self::Redis(sessions) => named(&sessions.load(cookie(headers)?).await?),
            Self::Jwt(verifier) => Some(verifier.claims(bearer(headers)?)?.sub),
            Self::Denylist(verifier, denied) => {
                let claims = verifier.claims(bearer(headers)?)?;
                (!denied.contains(&claims.jti)).then_some(claims.sub)
            }
            Self::Cached(sessions, cache) => {
                let id = cookie(headers)?;
                if let Some(session) = cache.get(id) {
                    return (session.expires > store::now()).then(|| named(&session))?;
                }
                let session = sessions.load(id).await?;
                cache.insert(id.to_owned(), session.clone());
                named(&session)
            }
        }
    }
}

impl Verifier {
    fn new(algorithm: Algorithm, tokens: &Tokens) -> Self {
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&tokens.policy.issuer);
        validation.set_audience(&tokens.policy.audience);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        let key = match tokens.key.octets() {
            Some(secret) => DecodingKey::from_secret(secret),
            None => {
                let jwk = serde_json::from_value(tokens.key.jwk()).expect("it is a JWK");
                DecodingKey::from_jwk(&jwk).expect("it is a key")
            }
        };
        Self { key, validation }
    }

    fn claims(&self, token: &str) -> Option<Claims> {
        Some(decode::<Claims>(token, &self.key, &self.validation).ok()?.claims)
    }
}

impl RedisSessions {
    async fn load(&self, id: &str) -> Option<Session> {
        let open = || async { self.client.get_multiplexed_async_connection().await };
        let mut connection = self.connection.get_or_try_init(open).await.ok()?.clone();
        let json: Option<Vec<u8>> = redis::cmd("GET").arg(id).query_async(&mut connection).await.ok()?;
        Session::live(&json?).ok()?
    }
}

fn named(session: &Session) -> Option<String> {
    Some(session.user.to_string())
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let header = headers.get(COOKIE)?.to_str().ok()?;
    let found = cookie::Cookie::split_parse(header).flatten().find(|cookie| cookie.name() == SESSION)?;
    found.value_raw()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// Every way, with the bare request as the floor.
fn logins(sessions: Sessions, redis: Option<&Server>) -> Vec<Login> {
    let by_cookie = |name, check| {
        let header = |id: String| Some((COOKIE, format!("{SESSION}={id}")));
        let wrong = vec![None, header(sessions.unknown()), header(sessions.expired())];
        Login { name, check, header: header(sessions.id(7)), wrong }
    };
    let memory: HashMap<String, Vec<u8>> = sessions.all().map(|(id, session)| (id, session.to_json())).collect();
    let mut logins = vec![
        Login { name: "floor-no-login", check: Check::Nothing, header: None, wrong: Vec::new() },
        by_cookie("session-memory", Check::Memory(Arc::new(RwLock::new(memory)))),
    ];
    if let Some(sessions) = redis.and_then(|server| in_redis(sessions, server)) {
        logins.push(by_cookie("session-redis-unix", Check::Redis(sessions.clone())));
        let cache = Cache::builder().max_capacity(100_000).time_to_live(Duration::from_secs(30)).build();
        logins.push(by_cookie("hybrid-redis-unix-cached", Check::Cached(sessions, cache)));
    }
    logins.extend([
        by_token("jwt-HS256", None, model::Algorithm::Hs256, Algorithm::HS256),
        by_token("jwt-ES256", None, model::Algorithm::Es256, Algorithm::ES256),
        by_token("jwt-EdDSA", None, model::Algorithm::EdDsa, Algorithm::EdDSA),
        by_token("jwt-ES256-denylist", Some(10_000), model::Algorithm::Es256, Algorithm::ES256),
    ]);
    logins
}

fn by_token(name: &'static str, denied: Option<usize>, algorithm: model::Algorithm, read: Algorithm) -> Login {
    let tokens = Tokens::mint(algorithm, 8, Keys::One);
    let header = |token: &str| Some((AUTHORIZATION, format!("Bearer {token}")));
    let mut wrong = vec![None];
    wrong.extend(tokens.wrong.iter().map(|(_, token)| header(token)));
    let verifier = Arc::new(Verifier::new(read, &tokens));
    let check = match denied {
        None => Check::Jwt(verifier),
        Some(count) => {
            wrong.push(header(&tokens.valid_under("denied-1")));
            Check::Denylist(verifier, Arc::new((0..count).map(|number| format!("denied-{number}")).collect()))
        }
    };
    Login { name, check, header: header(&tokens.valid.compact()), wrong }
}

fn in_redis(sessions: Sessions, server: &Server) -> Option<RedisSessions> {
    let client = store::redis::on_unix(server.socket(), 0).ok()?;
    store::redis::fill(&client, sessions.all().map(|(id, session)| (id, session.to_json(), None))).ok()?;
    Some(RedisSessions { client, connection: Arc::default() })
}

/// A server in a thread of its own.
#[derive(Clone)]
pub(super) struct Served {
    pub(super) address: SocketAddr,
    /// Where the kernel says how long its thread ran; none where it does not.
    ran: Option<String>,
}

fn serve(check: Check) -> io::Result<Served> {
    serve_router(Router::new().route("/", get(hello)).with_state(check))
}

/// Serves in a thread of its own, for as long as the process lives.
pub(super) fn serve_router(router: Router) -> io::Result<Served> {
    let (started, wait) = mpsc::channel();
    std::thread::Builder::new().name("served".into()).spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
            let thread = fs::read_link("/proc/thread-self").ok();
            let ran = thread.map(|thread| format!("/proc/{}/schedstat", thread.display()));
            let _ = started.send(Served { address: listener.local_addr()?, ran });
            axum::serve(listener, router).await
        })
    })?;
    wait.recv().map_err(|_| io::Error::other("the server did not start"))
}

async fn hello(State(check): State<Check>, headers: HeaderMap) -> Result<String, StatusCode> {
    let user = check.user(&headers).await.ok_or(StatusCode::UNAUTHORIZED)?;
    Ok(format!("hello, {user}"))
}

impl Served {
    /// How long its thread ran, in nanoseconds.
    fn ran(&self) -> Option<u64> {
        fs::read_to_string(self.ran.as_ref()?).ok()?.split(' ').next()?.parse().ok()
    }
}

fn answers(served: &Served, login: &Login) -> Result<(), String> {
    let runtime = client();
    runtime.block_on(async {
        let mut connection = Connection::open(served.address).await.map_err(|error| error.to_string())?;
        let status = connection.ask(&login.header).await?;
        if status != StatusCode::OK {
            return Err(format!("to somebody it knows it says {status}"));
        }
        for header in &login.wrong {
            let status = connection.ask(header).await?;
            if status != StatusCode::UNAUTHORIZED {
                return Err(format!("to somebody it does not know it says {status}"));
            }
        }
        Ok(())
    })
}

fn client() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("the system has what a runtime needs")
}

fn one_after_another(served: &Served, header: Header) -> Work {
    let runtime = client();
    let mut connection = runtime.block_on(Connection::open(served.address)).expect("the server is there");
    Work::Calls(Box::new(move |times| {
        runtime.block_on(async {
            for _ in 0..times {
                let status = connection.ask(&header).await.expect("the server answers while it is timed");
                assert_eq!(status, StatusCode::OK, "it knows whom it knew");
            }
        });
    }))
}

/// So many connections ask in turn until the window ends.
fn window(served: Served, header: Header) -> Work {
    let runtime = client();
    let local = tokio::task::LocalSet::new();
    let mut connections: Vec<Connection> = Vec::new();
    Work::Window(Box::new(move |time| {
        local.block_on(&runtime, async {
            while connections.len() < CONNECTIONS {
                connections.push(Connection::open(served.address).await.expect("the server is there"));
            }
            let (ran, sent) = (served.ran(), connections.iter().map(Connection::octets).sum::<u64>());
            let until = Instant::now() + time;
            let begun = Instant::now();
            let asking = connections.iter_mut().map(|connection| async {
                let mut took = Vec::new();
                while Instant::now() < until {
                    let asked = Instant::now();
                    let status = connection.ask(&header).await.expect("the server answers while it is timed");
                    assert_eq!(status, StatusCode::OK, "it knows whom it knew");
                    took.push(asked.elapsed().as_nanos() as f64);
                }
                took
            });
            let mut took: Vec<f64> = futures_util::future::join_all(asking).await.into_iter().flatten().collect();
            let (elapsed, count) = (begun.elapsed().as_secs_f64(), took.len() as f64);
            let worked = served.ran().zip(ran).map_or(0, |(now, before)| now - before) as f64 / 1e9;
            let octets = connections.iter().map(Connection::octets).sum::<u64>() - sent;
            took.sort_by(f64::total_cmp);
            let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
            vec![count / elapsed, at(0.5), at(0.99), worked / count * 1e6, octets as f64 / count]
        })
    }))
}

const MEASURES: [Measure; 5] = [
    Measure { name: "rate", unit: Unit::PerSecond },
    Measure { name: "p50", unit: Unit::Nanoseconds },
    Measure { name: "p99", unit: Unit::Nanoseconds },
    Measure { name: "cpu", unit: Unit::CpuSecondsPerMillion },
    Measure { name: "octets-sent", unit: Unit::Octets },
];

/// Octets over HTTP/2: nothing is timed.
fn packed_window(served: &Served, header: Header) -> Work {
    let (runtime, address) = (client(), served.address);
    Work::Window(Box::new(move |_| {
        let (first, next) = runtime.block_on(packed(address, &header)).expect("the server answers");
        vec![first as f64, next as f64]
    }))
}

async fn packed(address: SocketAddr, header: &Header) -> Result<(u64, u64), String> {
    let said = |error: hyper::Error| error.to_string();
    let (counted, sent) = Counted::open(address).await.map_err(|error| error.to_string())?;
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(counted)).await.map_err(said)?;
    tokio::spawn(connection);
    // The two sides' settings first: they belong to the connection.
    tokio::time::sleep(Duration::from_millis(5)).await;
    let mut octets = [0; 2];
    for octets in &mut octets {
        let before = sent.load(Ordering::Relaxed);
        let response = sender.send_request(request(&format!("http://{address}/"), header)).await.map_err(said)?;
        *octets = sent.load(Ordering::Relaxed) - before;
        if response.status() != StatusCode::OK {
            return Err(format!("it says {}", response.status()));
        }
        response.into_body().collect().await.map_err(said)?;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok((octets[0], octets[1]))
}

const PACKED: [Measure; 2] =
    [Measure { name: "first", unit: Unit::Octets }, Measure { name: "next", unit: Unit::Octets }];

fn request(uri: &str, header: &Header) -> Request<Empty<Bytes>> {
    let mut request = Request::get(uri);
    if uri.starts_with('/') {
        request = request.header("host", "localhost");
    }
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    request.body(Empty::new()).expect("the headers are text")
}

/// A connection that is kept.
struct Connection {
    sender: http1::SendRequest<Empty<Bytes>>,
    sent: Arc<AtomicU64>,
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Self, String> {
        let (counted, sent) = Counted::open(address).await.map_err(|error| error.to_string())?;
        let (sender, connection) = http1::handshake(TokioIo::new(counted)).await.map_err(|error| error.to_string())?;
        tokio::spawn(connection);
        Ok(Self { sender, sent })
    }

    async fn ask(&mut self, header: &Header) -> Result<StatusCode, String> {
        let said = |error: hyper::Error| error.to_string();
        self.sender.ready().await.map_err(said)?;
        let response = self.sender.send_request(request("/", header)).await.map_err(said)?;
        let status = response.status();
        response.into_body().collect().await.map_err(said)?;
        Ok(status)
    }

    fn octets(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

/// Counts what is written.
struct Counted {
    stream: TcpStream,
    sent: Arc<AtomicU64>,
}

impl Counted {
    async fn open(address: SocketAddr) -> io::Result<(Self, Arc<AtomicU64>)> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let sent = Arc::new(AtomicU64::new(0));
        Ok((Self { stream, sent: Arc::clone(&sent) }, sent))
    }

    fn count(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(octets)) = written {
            self.sent.fetch_add(octets as u64, Ordering::Relaxed);
        }
        written
    }
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, octets);
        self.count(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.count(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

const CONNECTIONS: usize = 8;

const SESSION: &str = "__Host-session";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_knows_its_user_and_refuses_everybody_else_and_is_measured() {
        let mut prepared = prepare(Scale::Quick);
        for skipped in &prepared.skipped {
            println!("SKIPPED: {}: {}", skipped.name, skipped.why);
        }
        let [whole, single, packed] = &mut prepared.groups[..] else { panic!("three groups") };
        assert_eq!(single.rows.len(), whole.rows.len());
        assert!(whole.wrong.is_empty() && packed.wrong.is_empty(), "{:?}", whole.wrong);
        assert!(whole.rows.len() >= 6, "{}", whole.rows.len());
        for row in &mut whole.rows {
            let Work::Window(look) = &mut row.work else { panic!("a window") };
            let values = look(Duration::from_millis(20));
            assert!(values.iter().take(3).all(|value| *value > 0.0), "{}: {values:?}", row.name);
            assert!(values[4] > 20.0, "{}: {values:?}", row.name);
        }
        for row in &mut packed.rows {
            let Work::Window(look) = &mut row.work else { panic!("a window") };
            let values = look(Duration::ZERO);
            assert!(values[1] <= values[0] && values[1] > 8.0, "{}: {values:?}", row.name);
        }
    }

    #[test]
    fn who_lets_everybody_in_is_not_timed() {
        let served = serve(Check::Nothing).expect("it is served");
        let login = Login {
            name: "open",
            check: Check::Nothing,
            header: None,
            wrong: vec![Some((COOKIE, format!("{SESSION}=nobody")))],
        };
        assert_eq!(answers(&served, &login), Err("to somebody it does not know it says 200 OK".into()));
    }
}
