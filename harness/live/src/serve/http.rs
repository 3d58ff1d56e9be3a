//! The interface over HTTP: takes requests as they arrive, gives the service's answers as statuses and JSON. Refuses before
//! anything is looked up what is no request of the interface, what comes from another site, and controls without their token.

use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request as Received, State};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, get, on, post};
use serde_json::{Map, Value, json};
use token_assay::forge::base64url;
use token_assay::sessions::command::{CLIENTS, ROLE, USERS};
use token_assay::sessions::service::{Action, Answer, Control, Controlled, Request, StoreFault, Verdict};
use tokio::sync::mpsc::Sender;
use tokio::sync::oneshot;

use super::flaw::Flaw;
use super::front::{self, Front};
use super::thread::Message;
use super::{LONGEST, Serving};

/// What every request needs.
#[derive(Clone)]
pub(super) struct App {
    service: Sender<Message>,
    control: Arc<str>,
    scheme: &'static str,
    address: SocketAddr,
    pub(super) front: Arc<Front>,
}

/// The interface, before this service.
pub(super) fn router(
    service: Sender<Message>,
    control: &str,
    serving: &Serving,
    address: SocketAddr,
    is_second: bool,
) -> Router {
    let front = Front::new(serving, control.as_bytes(), is_second);
    let app = App { service, control: control.into(), scheme: serving.scheme(), address, front: Arc::new(front) };
    let logout = || asking(POST, |body| Some(Action::Logout { token: body.get("refresh") }));
    let logout = if serving.flaw == Some(Flaw::LogoutByGet) {
        logout().merge(asking(GET, |_| Some(Action::Logout { token: None })))
    } else {
        logout()
    };
    const POST: MethodFilter = MethodFilter::POST;
    const GET: MethodFilter = MethodFilter::GET;
    Router::new()
        .route("/visit", asking(POST, |_| Some(Action::Visit)))
        .route(
            "/login",
            asking(POST, |body| Some(Action::Login { name: body.get("name")?, password: body.get("password")? })),
        )
        .route("/me", asking(GET, |_| Some(Action::WhoAmI)))
        .route("/refresh", asking(POST, |body| Some(Action::Refresh { token: body.get("refresh")? })))
        .route("/logout", logout)
        .route("/form", get(front::form))
        .route("/change", post(front::change))
        .route("/step-up", post(front::step_up))
        .route("/oauth/revoke", post(front::revoke))
        .route("/oauth/introspect", post(front::introspect))
        .route("/once", post(front::once))
        .route("/scoped", get(front::scoped))
        .route("/admin/terminate", post(front::terminate))
        .route("/control/access-log", get(front::access_log))
        .route("/logout-others", asking(POST, |_| Some(Action::LogoutOthers)))
        .route("/logout-all", asking(POST, |_| Some(Action::LogoutAll)))
        .route("/sessions", asking(GET, |_| Some(Action::List)))
        .route("/sessions/revoke", asking(POST, |body| Some(Action::Revoke { handle: body.get("handle")? })))
        .route(
            "/password",
            asking(POST, |body| Some(Action::ChangePassword { old: body.get("old")?, new: body.get("new")? })),
        )
        .route("/admin/disable", administering(|name, _| Some(Action::Disable { name })))
        .route("/admin/enable", administering(|name, _| Some(Action::Enable { name })))
        .route("/admin/drop-role", administering(|name, role| Some(Action::DropRole { name, role: role? })))
        .route("/admin/grant-role", administering(|name, role| Some(Action::GrantRole { name, role: role? })))
        .route("/.well-known/jwks.json", get(keys))
        .route("/control/advance", controlling(|body| body.number("seconds").map(Control::Advance)))
        .route("/control/rotate-key", controlling(|_| Some(Control::RotateKey)))
        .route("/control/retire-keys", controlling(|_| Some(Control::RetireKeys)))
        .route("/control/compromise-key", controlling(|_| Some(Control::CompromiseKey)))
        .route("/control/store", controlling(|body| body.store_fault().map(Control::Store)))
        .route("/control/restart", controlling(|_| Some(Control::Restart)))
        .route("/control/reset", post(reset))
        .route("/control/log", get(log))
        .route("/control/key-fetches", get(key_fetches))
        .route("/control/info", get(info))
        .fallback(|| async { Refused::NotFound })
        .method_not_allowed_fallback(|| async { Refused::Method })
        .layer(from_fn_with_state(app.clone(), front::pass))
        .layer(map_response(unstored))
        .with_state(app)
}

/// What a body asks for; nothing where a member is missing.
type Read<T> = fn(&Fields) -> Option<T>;

/// A request of whoever holds a credential, or wants one.
fn asking(method: MethodFilter, read: Read<Action>) -> MethodRouter<App> {
    on(method, move |State(app): State<App>, asked: Asked| async move {
        if asked.head.method == "POST" && !app.is_own(&asked.head) {
            return Err(Refused::CrossOrigin);
        }
        let action = read(&asked.body).ok_or(Refused::Malformed)?;
        let scope = if matches!(action, Action::Refresh { .. }) { front::scope(&app.front, &asked)? } else { None };
        app.ask(asked.as_if(action)?, scope).await
    })
}

/// A request of an administrator: whom, and which role.
fn administering(read: fn(Vec<u8>, Option<Vec<u8>>) -> Option<Action>) -> MethodRouter<App> {
    post(move |State(app): State<App>, asked: Asked| async move {
        app.may_control(&asked)?;
        let name = asked.body.get("name").ok_or(Refused::Malformed)?;
        let action = read(name, asked.body.get("role")).ok_or(Refused::Malformed)?;
        app.ask(asked.as_if(action)?, None).await
    })
}

fn controlling(read: Read<Control>) -> MethodRouter<App> {
    post(move |State(app): State<App>, asked: Asked| async move {
        app.may_control(&asked)?;
        let control = read(&asked.body).ok_or(Refused::Malformed)?;
        Ok::<_, Refused>(match app.said(|reply| Message::Control(control, reply)).await? {
            Controlled::Done => answered(StatusCode::OK, &json!({})),
            Controlled::Cannot => return Err(Refused::NotFound),
            Controlled::Leaked { kid, secret } => {
                let leaked = json!({ "kid": text(&kid), "secret": base64url::encode(secret) });
                answered(StatusCode::OK, &leaked)
            }
        })
    })
}

async fn keys(State(app): State<App>) -> Result<Response, Refused> {
    Ok(answered(StatusCode::OK, &app.said(Message::Keys).await?))
}

async fn reset(State(app): State<App>, asked: Asked) -> Result<Response, Refused> {
    app.may_control(&asked)?;
    let seed = asked.body.number("seed").unwrap_or_default();
    app.said(|reply| Message::Reset(seed, reply)).await?;
    Ok(answered(StatusCode::OK, &json!({})))
}

async fn log(State(app): State<App>, asked: Asked) -> Result<Response, Refused> {
    app.may_control(&asked)?;
    let lines: Vec<String> = app.said(Message::Log).await?.iter().map(|line| text(line)).collect();
    Ok(answered(StatusCode::OK, &json!({ "lines": lines })))
}

async fn key_fetches(State(app): State<App>, asked: Asked) -> Result<Response, Refused> {
    app.may_control(&asked)?;
    Ok(answered(StatusCode::OK, &json!({ "fetches": app.said(Message::KeyFetches).await? })))
}

async fn info(State(app): State<App>, asked: Asked) -> Result<Response, Refused> {
    app.may_control(&asked)?;
    let info = app.said(Message::Info).await?;
    let users = USERS
        .map(|user| json!({ "name": user.name, "host": user.host, "password": "password-0", "roles": ["user", ROLE] }));
    let said = json!({
        "name": info.name, "kind": info.kind, "policy": info.policy, "capabilities": info.capabilities, "users": users,
    });
    Ok(answered(StatusCode::OK, &said))
}

impl App {
    async fn said<T>(&self, message: impl FnOnce(oneshot::Sender<T>) -> Message) -> Result<T, Refused> {
        let (reply, said) = oneshot::channel();
        self.service.send(message(reply)).await.map_err(|_| Refused::Gone)?;
        said.await.map_err(|_| Refused::Gone)
    }

    /// The service's own answer.
    pub(super) async fn answer(&self, request: Request) -> Result<Answer, Refused> {
        self.said(|reply| Message::Ask(request, reply)).await
    }

    async fn ask(&self, request: Request, scope: Option<String>) -> Result<Response, Refused> {
        let is_list = request.action == Action::List;
        let is_login = matches!(request.action, Action::Login { .. });
        let answer = self.answer(request.clone()).await?;
        if is_login {
            front::limit(self, &request, &answer).await?;
        }
        Ok(told_with(&answer, is_list, scope))
    }

    /// Whether a request that changes something comes from a page of this very host, or from none.
    pub(super) fn is_own(&self, head: &Parts) -> bool {
        if self.front.has(Flaw::AnyOrigin) {
            return true;
        }
        let says = |name| head.headers.get_all(name).iter().map(HeaderValue::as_bytes).collect::<Vec<_>>();
        let is_near = says(SEC_FETCH_SITE).iter().all(|site| matches!(*site, b"same-origin" | b"none"));
        let is_same = match says(header::ORIGIN)[..] {
            [] => !head.headers.contains_key(header::COOKIE),
            [origin] => {
                let is = |host: &dyn Display| origin == format!("{}://{host}", self.scheme).as_bytes();
                is(&self.address) || authority(head).is_some_and(|host| is(&host))
            }
            _ => false,
        };
        is_near && is_same
    }

    pub(super) fn may_control(&self, asked: &Asked) -> Result<(), Refused> {
        let shown = asked.head.headers.get(CONTROL).map(HeaderValue::as_bytes).unwrap_or_default();
        // As long for a token that is nearly right.
        let differs = shown.iter().zip(self.control.as_bytes()).fold(0, |differs, (a, b)| differs | (a ^ b));
        if shown.len() == self.control.len() && differs == 0 { Ok(()) } else { Err(Refused::Control) }
    }
}

/// A request with its body read.
pub(super) struct Asked {
    pub(super) head: Parts,
    pub(super) body: Fields,
}

impl FromRequest<App> for Asked {
    type Rejection = Refused;

    async fn from_request(received: Received, app: &App) -> Result<Self, Refused> {
        let (head, body) = received.into_parts();
        let octets = to_bytes(body, LONGEST).await.map_err(|_| Refused::TooLong)?;
        let body = Fields::read(&head, &octets, app.front.has(Flaw::AnyOrigin))?;
        Ok(Self { head, body })
    }
}

impl Asked {
    /// As the service takes it.
    pub(super) fn as_if(&self, action: Action) -> Result<Request, Refused> {
        let Self { head, body } = self;
        let host: Authority = authority(head).and_then(|host| host.parse().ok()).ok_or(Refused::Malformed)?;
        let cookies: Vec<&[u8]> = head.headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes).collect();
        let mut credentials = head.headers.get_all(header::AUTHORIZATION).iter();
        let (first, second) = (credentials.next(), credentials.next());
        if second.is_some() {
            return Err(Refused::Malformed);
        }
        Ok(Request {
            host: host.host().to_ascii_lowercase().into_bytes(),
            client: body.get("client").unwrap_or_else(|| CLIENTS[0].into()),
            // HTTP/2 may send each pair as a field of its own (RFC 9113 §8.2.3).
            cookie: (!cookies.is_empty()).then(|| cookies.join(&b"; "[..])),
            bearer: first.and_then(|value| bearer(value.as_bytes())),
            action,
        })
    }
}

/// The host and port that a request is for, as it says them; nothing where it says two.
fn authority(head: &Parts) -> Option<&str> {
    if let Some(authority) = head.uri.authority() {
        return Some(authority.as_str());
    }
    let mut hosts = head.headers.get_all(header::HOST).iter();
    hosts.next().filter(|_| hosts.next().is_none())?.to_str().ok()
}

/// What stands behind `Bearer` (RFC 6750 §2.1; the scheme's case is nobody's, RFC 9110 §11.1).
fn bearer(value: &[u8]) -> Option<Vec<u8>> {
    let (scheme, token) = value.split_at_checked(BEARER.len())?;
    scheme.eq_ignore_ascii_case(BEARER).then(|| token.to_vec())
}

/// The members of a body.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    fn read(head: &Parts, octets: &Bytes, is_any_kind: bool) -> Result<Self, Refused> {
        if octets.is_empty() {
            return Ok(Self(Map::new()));
        }
        let kind = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if is_any_kind || kind.eq_ignore_ascii_case("application/json") {
            serde_json::from_slice(octets).map(Self).map_err(|_| Refused::Malformed)
        } else if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") && head.uri.path() == "/login" {
            let pairs = form_urlencoded::parse(octets);
            Ok(Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect()))
        } else {
            Err(Refused::MediaType)
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<Vec<u8>> {
        self.0.get(name)?.as_str().map(|text| text.as_bytes().to_vec())
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.as_u64()
    }

    fn store_fault(&self) -> Option<StoreFault> {
        serde_json::from_value(self.0.get("fault")?.clone()).ok()
    }
}

/// An answer of the service's.
pub(super) fn told(answer: &Answer, is_list: bool) -> Response {
    told_with(answer, is_list, None)
}

fn told_with(answer: &Answer, is_list: bool, scope: Option<String>) -> Response {
    let principal = match &answer.verdict {
        Verdict::Granted(principal) => principal,
        Verdict::Denied => {
            let mut response = answered(StatusCode::UNAUTHORIZED, &json!({ "error": "denied" }));
            // RFC 9110 §15.5.2.
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            return response;
        }
        Verdict::Unavailable => return Refused::Gone.into_response(),
        Verdict::Broken(_) => return answered(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "error": "broken" })),
    };
    let roles: Vec<String> = principal.roles.iter().map(|role| text(role)).collect();
    let mut said = json!({ "name": text(&principal.name), "host": text(&principal.host), "roles": roles });
    let given = [("handle", &answer.handle), ("access", &answer.access), ("refresh", &answer.refresh)];
    for (name, octets) in given {
        if let Some(octets) = octets {
            said[name] = text(octets).into();
        }
    }
    if let Some(scope) = scope {
        said["scope"] = scope.into();
    }
    if is_list {
        said["sessions"] = answer.listed.iter().map(|handle| text(handle)).collect();
    }
    let mut response = answered(StatusCode::OK, &said);
    for line in &answer.set_cookies {
        let line = HeaderValue::from_bytes(line).expect("the service writes lines");
        response.headers_mut().append(header::SET_COOKIE, line);
    }
    response
}

/// Why a request is not the service's to answer, or cannot be answered by it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Refused {
    Malformed,
    NotFound,
    Method,
    TooLong,
    MediaType,
    CrossOrigin,
    Control,
    Gone,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, word) = match self {
            Self::Malformed => (StatusCode::BAD_REQUEST, "malformed"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "method"),
            Self::TooLong => (StatusCode::PAYLOAD_TOO_LARGE, "too-long"),
            Self::MediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type"),
            Self::CrossOrigin => (StatusCode::FORBIDDEN, "cross-origin"),
            Self::Control => (StatusCode::FORBIDDEN, "control"),
            Self::Gone => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        };
        answered(status, &json!({ "error": word }))
    }
}

pub(super) fn answered(status: StatusCode, said: &Value) -> Response {
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (status, json, Body::from(said.to_string())).into_response()
}

/// What holds credentials is kept by nobody on the way (RFC 6749 §5.1).
async fn unstored(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

const BEARER: &[u8] = b"Bearer ";
const CONTROL: HeaderName = HeaderName::from_static("assay-control");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
