//! The reference service over HTTP, for whoever wants a sound service (or one with a planted fault) at an address. Takes a
//! kind, a fault or none, a store and an address on this machine; gives a service that speaks HTTP/1.1 and HTTP/2 on one port,
//! in the clear (HTTP/2 by prior knowledge) or by TLS (ALPN), until it is dropped. Decides nothing about logins: every answer
//! is [`Reference`](token_assay::sessions::reference::Reference)'s. Never listens beyond the loopback, and never reads the
//! machine's clock: its own goes on when it is told to.
//!
//! # The interface
//!
//! **The tenant is the host**: `Host` (HTTP/1.1) or `:authority` (HTTP/2) without its port; `north.example` and
//! `south.example` have users. **The client** that logs in or refreshes is the member `client` of the body, `web` where it is
//! missing. **A credential** is the cookie `__Host-sid` (kinds `session`, `hybrid`) or `Authorization: Bearer` with the access
//! token (kinds `jwt`, `hybrid`), or both.
//!
//! Bodies are JSON (`application/json`); `POST /login` also takes `application/x-www-form-urlencoded`. A body that is empty
//! counts as `{}`. No body is longer than 256 KiB, no header section either.
//!
//! | request | body | what it does | who may |
//! |---|---|---|---|
//! | `POST /visit` | – | a page before any login, which may set an id | anybody |
//! | `POST /login` | `{name, password, client?}` | logs in | anybody |
//! | `GET /me` | – | who the request counts as | a credential |
//! | `POST /refresh` | `{refresh, client?, scope?}` | new tokens, and the scope that was asked for, within `read write` | the refresh token |
//! | `POST /logout` | `{refresh?}` | ends the login of the cookie (`session`, `hybrid`), or of this refresh token (`jwt`) | either |
//! | `POST /logout-others` | – | ends the user's other logins | a credential |
//! | `POST /logout-all` | – | ends all of them | a credential |
//! | `GET /sessions` | – | the handles of the user's logins | a credential |
//! | `POST /sessions/revoke` | `{handle}` | ends one of them | a credential |
//! | `POST /password` | `{old, new}` | another password; the other logins end | a credential |
//! | `POST /admin/disable`, `/admin/enable` | `{name}` | of a user of this host | the control token |
//! | `POST /admin/drop-role`, `/admin/grant-role` | `{name, role}` | the same | the control token |
//! | `GET /.well-known/jwks.json` | – | the keys that verify access tokens (EdDSA) | anybody |
//! | `POST /control/advance` | `{seconds}` | the clock goes on | the control token |
//! | `POST /control/rotate-key`, `/control/retire-keys` | – | another key signs; those that sign no longer are served no longer | the control token |
//! | `POST /control/compromise-key` | – | gives `{kid, secret}` away (base64url), and another key signs | the control token |
//! | `POST /control/store` | `{fault}`: `up`, `down`, `slow-writes`, `stale-replica`, `corrupt`, `wiped` | the store fails so | the control token |
//! | `POST /control/restart` | – | what is kept in the process is lost | the control token |
//! | `POST /control/reset` | `{seed?}` | a new service: clock, users, keys, store | the control token |
//! | `GET /form`, `POST /change` | – | `{csrf}`, the token against forged requests, which the other wants as `X-CSRF-Token` | the cookie |
//! | `POST /step-up` | `{password}` | logs in again: a new id in the place of the old one | the cookie |
//! | `POST /oauth/revoke` | `{token, hint?, client?}` | ends the login of a token (RFC 7009) | its client |
//! | `POST /oauth/introspect` | `{token}` | `{active, sub?}` (RFC 7662) | the control token |
//! | `POST /once` | – | once for each access token | the access token |
//! | `GET /scoped` | – | for a token with the scope `orders` | the access token |
//! | `POST /admin/terminate` | `{handle}` | ends one login | the control token |
//! | `GET /control/access-log` | – | `{lines}`: what was refused since this was last asked | the control token |
//! | `GET /control/log` | – | `{lines}`: what was logged since this was last asked | the control token |
//! | `GET /control/key-fetches` | – | `{fetches}`: how often keys were asked for | the control token |
//! | `GET /control/info` | – | `{name, kind, policy, capabilities, users}`; each user `{name, host, password, roles}` | the control token |
//!
//! **The control token** is drawn at the start, printed once, and sent as `Assay-Control: <token>`.
//!
//! # Answers
//!
//! | status | says |
//! |---|---|
//! | 200 | granted: `{name, host, roles}`, and where there are some `handle`, `access`, `refresh`, `sessions` (a list of handles); Set-Cookie beside it. A control answers what stands above, or `{}` |
//! | 400, 404, 405, 413, 415 | not a request of this interface; nothing was done |
//! | 401 | denied: `{error: "denied"}` |
//! | 403 | `{error: "cross-origin"}`: see below; `{error: "control"}`: the control token is missing or wrong |
//! | 500 | the service fell over: always a finding |
//! | 503 | `{error: "unavailable"}`: it cannot tell now |
//!
//! Every answer says `Cache-Control: no-store`.
//!
//! # Cross-site requests
//!
//! Every `POST` outside `/control/` and `/admin/` that carries a Cookie field must say by `Origin` (which browsers send with
//! every such request, Fetch §3.2) that it comes from this very host: `http://` or, by TLS, `https://`, and the octets of the
//! request's own host and port, or of the address that the service listens at. Without a Cookie field `Origin` may be missing,
//! but where it is there it must be that. What says `Sec-Fetch-Site` must say `same-origin` or `none`. Anything else is refused
//! with 403 before anything is looked up. So a client that sends cookies sends `Origin: http://<the Host field>`, or the base
//! URL, with each `POST`.

pub mod flaw;
mod front;
mod http;
mod table;
mod thread;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use token_assay::forge::base64url;
use token_assay::sessions::command::USERS;
use token_assay::sessions::faults::Fault;
use token_assay::sessions::policy::Kind;
use token_assay::sessions::store::StoreKind;
use token_assay_model::bench::Skipped;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use flaw::Flaw;

/// What is served, and where.
#[derive(Debug, Clone, Copy)]
pub struct Serving {
    /// An address of this machine's loopback; port 0 is any that is free.
    pub address: SocketAddr,
    /// What its logins give.
    pub kind: Kind,
    /// What it does wrong.
    pub fault: Option<Fault>,
    /// Where it keeps them.
    pub store: StoreKind,
    /// Of its ids and tokens, which are the same each time: runs can be compared, and nothing real is guarded.
    pub seed: u64,
    /// Whether it speaks TLS, with a certificate that it signs itself.
    pub tls: bool,
    /// What its interface does wrong.
    pub flaw: Option<Flaw>,
    /// How many logins of a user may be live; any number where it is not said.
    pub max_sessions: Option<usize>,
    /// Whether the same service listens at a second address, as if it were another node.
    pub has_second: bool,
}

/// A service that is served until this is dropped, which waits until everything is gone and belongs in no asynchronous task.
#[derive(Debug)]
pub struct Served {
    serving: Serving,
    control: String,
    certificate: Option<String>,
    second: Option<SocketAddr>,
    runtime: Option<Runtime>,
    thread: Option<JoinHandle<()>>,
}

/// Why it is not served.
#[derive(Debug)]
pub enum NotServed {
    /// Others could reach it.
    Exposed(SocketAddr),
    /// Nothing can listen there.
    Address(SocketAddr, std::io::Error),
    /// The store is not there.
    Store(Skipped),
    /// No certificate can be made.
    Certificate(String),
}

impl fmt::Display for NotServed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exposed(address) => write!(f, "{address} is not an address of the loopback"),
            Self::Address(address, error) => write!(f, "nothing can listen on {address}: {error}"),
            Self::Store(skipped) => write!(f, "{}: {}", skipped.name, skipped.why),
            Self::Certificate(why) => write!(f, "no certificate can be made: {why}"),
        }
    }
}

impl std::error::Error for NotServed {}

/// Serves.
///
/// # Errors
///
/// Where it cannot.
pub fn serve(mut serving: Serving) -> Result<Served, NotServed> {
    if !serving.address.ip().is_loopback() {
        return Err(NotServed::Exposed(serving.address));
    }
    let asked_for = serving.address;
    let unheard = |error| NotServed::Address(asked_for, error);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(unheard)?;
    let listener = runtime.block_on(TcpListener::bind(serving.address)).map_err(unheard)?;
    let address = listener.local_addr().map_err(unheard)?;
    let certified = serving.tls.then(certified).transpose().map_err(NotServed::Certificate)?;
    let (certificate, acceptor) = certified.unzip();
    let (service, thread) = thread::start(serving).map_err(NotServed::Store)?;
    serving.address = address;
    let control = drawn();
    let second = if serving.has_second {
        let listener = runtime.block_on(TcpListener::bind((address.ip(), 0))).map_err(unheard)?;
        let second = listener.local_addr().map_err(unheard)?;
        let router = http::router(service.clone(), &control, &serving, second, true);
        runtime.spawn(accept(listener, acceptor.clone(), router));
        Some(second)
    } else {
        None
    };
    let router = http::router(service, &control, &serving, address, false);
    runtime.spawn(accept(listener, acceptor, router));
    Ok(Served { serving, control, certificate, second, runtime: Some(runtime), thread: Some(thread) })
}

impl Serving {
    const fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }
}

impl Served {
    /// Its base URL.
    pub fn url(&self) -> String {
        format!("{}://{}", self.serving.scheme(), self.serving.address)
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.serving.address
    }

    /// What its controls want to see.
    pub fn control(&self) -> &str {
        &self.control
    }

    /// Its certificate as PEM, where it speaks TLS.
    pub fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// A `[service]` table with which `assay` asks it, whose certificate lies in this file.
    pub fn table(&self, certificate: Option<&str>) -> String {
        let second = self.second.map(|address| format!("{}://{address}", self.serving.scheme()));
        table::table(&self.serving, &self.url(), second.as_deref(), &self.control, certificate)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // When nobody can ask any more the thread ends, and with it the store and whatever was started for it.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, router: Router) {
    loop {
        // What goes wrong with one connection is no other's.
        let Ok((stream, _)) = listener.accept().await else { continue };
        tokio::spawn(connected(stream, acceptor.clone(), router.clone()));
    }
}

async fn connected(stream: TcpStream, acceptor: Option<TlsAcceptor>, router: Router) {
    // Small answers that wait for nothing.
    let _ = stream.set_nodelay(true);
    match acceptor {
        None => spoken(stream, router).await,
        Some(acceptor) => {
            if let Ok(stream) = acceptor.accept(stream).await {
                spoken(stream, router).await;
            }
        }
    }
}

/// HTTP/2 where the client begins with its preface, HTTP/1.1 otherwise.
async fn spoken(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).max_buf_size(2 * LONGEST);
    builder.http2().timer(TokioTimer::new()).max_header_list_size(u32::try_from(LONGEST).expect("it is short"));
    // A client that goes away has had its answer, or does not want it.
    let _ = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)).await;
}

/// A certificate for the tenants and for this machine, and what speaks TLS with it.
fn certified() -> Result<(String, TlsAcceptor), String> {
    let mut names: Vec<String> = USERS.iter().map(|user| user.host.to_owned()).collect();
    names.dedup();
    names.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
    let made = rcgen::generate_simple_self_signed(names).map_err(|error| error.to_string())?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key);
    let mut config = config.map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok((made.cert.pem(), TlsAcceptor::from(Arc::new(config))))
}

/// 128 bits that nobody guesses.
fn drawn() -> String {
    let octets: ring::rand::Random<[u8; 16]> =
        ring::rand::generate(&ring::rand::SystemRandom::new()).expect("the system has randomness");
    base64url::encode(octets.expose())
}

/// Of a head, and of a body, in octets: the longest credential that the model shows is 64 KiB.
const LONGEST: usize = 256 << 10;
