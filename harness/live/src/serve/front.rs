//! What stands in front of the logins beside the plain requests: forms and their tokens, revocation, introspection, scopes, tokens
//! that are used once, a limit of logins, an access log. Takes requests as they arrive, gives the service's answers; decides
//! about logins nothing that the service does not. With a [`Flaw`] it makes that one mistake.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{Request as Received, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};
use token_assay::forge::base64url;
use token_assay::forge::protected::Mint;
use token_assay::sessions::command::CLIENTS;
use token_assay::sessions::service::{Action, Answer, Request, Verdict};
use token_assay_model::Scheme;

use super::flaw::Flaw;
use super::http::{App, Asked, Refused, answered, told};
use super::{LONGEST, Serving};

/// What the interface remembers.
pub(super) struct Front {
    flaw: Option<Flaw>,
    max_sessions: Option<usize>,
    is_second: bool,
    /// The key of form tokens.
    key: Vec<u8>,
    kept: Mutex<Kept>,
}

/// Nothing of it is known to a sound service but which tokens were used, and what was logged.
#[derive(Default)]
struct Kept {
    log: Vec<String>,
    used: HashSet<String>,
    given: HashSet<String>,
    forms: HashSet<String>,
    revoked: HashSet<String>,
    let_in: HashMap<String, String>,
}

impl Front {
    /// Before a service with this mistake, or none.
    pub(super) fn new(serving: &Serving, key: &[u8], is_second: bool) -> Self {
        let (flaw, max_sessions) = (serving.flaw, serving.max_sessions);
        Self { flaw, max_sessions, is_second, key: key.to_vec(), kept: Mutex::default() }
    }

    pub(super) fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token against forged requests of a session.
    fn form_token(&self, session: &str) -> String {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &self.key);
        base64url::encode(ring::hmac::sign(&key, session.as_bytes()))
    }

    fn remembers(&self) -> bool {
        self.has(Flaw::RemembersActive) || self.has(Flaw::NodeRemembers) && self.is_second
    }

    /// What the cookie is on its way: another name, or inside a seal.
    fn dressed(&self, value: &str) -> Option<Vec<u8>> {
        let (scheme, secret): (_, &[u8]) = match self.flaw? {
            Flaw::OneNonce => (Scheme::Fernet, &[7; 32]),
            Flaw::WeakSecret => (Scheme::CookieSignature, b"keyboard cat"),
            _ => return None,
        };
        Some(Mint::new(scheme, secret, value, 1_700_000_000).seal().wire())
    }
}

/// Everything that arrives passes here, and everything that is answered.
pub(super) async fn pass(State(app): State<App>, mut received: Received, next: Next) -> Response {
    let front = &app.front;
    let (method, path) = (received.method().clone(), received.uri().path().to_owned());
    let target = received.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    undress(front, &mut received);
    let head = received.headers().clone();
    let bearer = said(&head, header::AUTHORIZATION.as_str());
    let shown = format!("{} {bearer}", said(&head, header::COOKIE.as_str()));
    if path == "/me" {
        let gateway = said(&head, "x-forwarded-user");
        if front.has(Flaw::TrustsGateway) && !gateway.is_empty() {
            return answered(StatusCode::OK, &json!({ "name": gateway, "host": "north.example", "roles": [] }));
        }
        if front.has(Flaw::RevokesOne) && front.kept().revoked.contains(bearer.trim_start_matches("Bearer ")) {
            return denied();
        }
        let remembered = front.kept().let_in.get(&shown).cloned().filter(|_| front.remembers());
        if let Some(body) = remembered {
            return (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], body).into_response();
        }
    }
    let response = next.run(received).await;
    let (mut parts, body) = response.into_parts();
    let mut octets = to_bytes(body, LONGEST).await.unwrap_or_default().to_vec();
    if parts.status == StatusCode::OK && path == "/me" && front.remembers() {
        front.kept().let_in.insert(shown.clone(), String::from_utf8_lossy(&octets).into_owned());
    }
    if matches!(path.as_str(), "/login" | "/refresh") && parts.status == StatusCode::OK {
        let said: Value = serde_json::from_slice(&octets).unwrap_or_default();
        let tokens = ["access", "refresh"].into_iter().filter_map(|name| said[name].as_str().map(str::to_owned));
        front.kept().given.extend(tokens);
    }
    if parts.status == StatusCode::OK && path == "/control/reset" {
        *front.kept() = Kept::default();
    }
    dress(front, &mut parts.headers);
    if parts.status.is_client_error() {
        log(front, &format!("{method} {target} {}", parts.status.as_u16()), &bearer, &shown);
    }
    if parts.status == StatusCode::UNAUTHORIZED
        && let Some(body) = refused_otherwise(front, &path, &head)
    {
        octets = body.into_bytes();
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(octets))
}

fn said(head: &HeaderMap, name: &str) -> String {
    head.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

fn denied() -> Response {
    answered(StatusCode::UNAUTHORIZED, &json!({ "error": "denied" }))
}

/// Another body of a refusal, where that is the mistake.
fn refused_otherwise(front: &Front, path: &str, head: &HeaderMap) -> Option<String> {
    match front.flaw? {
        Flaw::ShowsTrace => Some("Traceback (most recent call last):\n  File \"app.py\", line 1, in me\n".to_owned()),
        Flaw::TellsWhy => {
            let bearer = said(head, header::AUTHORIZATION.as_str());
            let first = bearer.trim_start_matches("Bearer ").split('.').next().and_then(base64url::decode)?;
            let is_known = String::from_utf8_lossy(&first).contains("\"kid\":\"k0\"");
            Some(json!({ "error": if is_known { "wrong signature" } else { "unknown key" } }).to_string())
        }
        Flaw::TellsLogouts if path == "/logout" => {
            let session = session(head).unwrap_or_default();
            let was_there = front.kept().given.contains(&session);
            Some(json!({ "error": if was_there { "already logged out" } else { "no such login" } }).to_string())
        }
        _ => None,
    }
}

/// A line about a refusal; controls are escaped, credentials left out.
fn log(front: &Front, line: &str, bearer: &str, shown: &str) {
    let header = bearer.trim_start_matches("Bearer ").split('.').next().and_then(base64url::decode);
    let header: Value = header.and_then(|octets| serde_json::from_slice(&octets).ok()).unwrap_or_default();
    let kid = header["kid"].as_str().unwrap_or_default();
    let line = match front.flaw {
        Some(Flaw::LogsNothing) => return,
        Some(Flaw::LogsRaw) => format!("{line} kid={kid}"),
        Some(Flaw::LogsCredential) => format!("{line} {}", shown.escape_debug()),
        _ => format!("{line} kid={}", kid.escape_debug()),
    };
    front.kept().log.push(line);
}

/// The session id that a request shows.
fn session(head: &HeaderMap) -> Option<String> {
    let cookies = said(head, header::COOKIE.as_str());
    cookies.split(';').find_map(|pair| pair.trim().strip_prefix("__Host-sid=").map(str::to_owned))
}

fn undress(front: &Front, received: &mut Received) {
    let mut cookies = said(received.headers(), header::COOKIE.as_str());
    if front.has(Flaw::IdInQuery)
        && let Some(id) = received.uri().query().and_then(|query| query.strip_prefix("__Host-sid="))
    {
        cookies = format!("__Host-sid={id}");
    }
    let pairs: Vec<String> = cookies
        .split(';')
        .map(|pair| {
            let pair = pair.trim();
            match (front.flaw, pair.split_once('=')) {
                (Some(Flaw::PlainName), Some(("sid", value))) => format!("__Host-sid={value}"),
                (Some(Flaw::OneNonce | Flaw::WeakSecret), Some((name, value))) => {
                    format!("{name}={}", front.kept().let_in.get(value).cloned().unwrap_or_default())
                }
                _ => pair.to_owned(),
            }
        })
        .collect();
    let is_changed = matches!(front.flaw, Some(Flaw::IdInQuery | Flaw::PlainName | Flaw::OneNonce | Flaw::WeakSecret));
    if is_changed
        && !cookies.is_empty()
        && let Ok(value) = HeaderValue::from_str(&pairs.join("; "))
    {
        received.headers_mut().insert(header::COOKIE, value);
    }
}

fn dress(front: &Front, head: &mut HeaderMap) {
    let lines: Vec<String> = head
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned())
        .collect();
    head.remove(header::SET_COOKIE);
    for mut line in lines {
        if let Some((value, rest)) = line.strip_prefix("__Host-sid=").and_then(|line| line.split_once(';')) {
            front.kept().given.insert(value.to_owned());
            line = match front.flaw {
                Some(Flaw::PlainName) => format!("sid={value};{rest}"),
                Some(Flaw::AnyOrigin) => line.replace("SameSite=Lax", "SameSite=None"),
                _ => match front.dressed(value).filter(|_| !value.is_empty()) {
                    None => line,
                    Some(sealed) => {
                        let sealed = String::from_utf8_lossy(&sealed).into_owned();
                        front.kept().let_in.insert(sealed.clone(), value.to_owned());
                        format!("__Host-sid={sealed};{rest}")
                    }
                },
            };
        }
        if let Ok(value) = HeaderValue::from_str(&line) {
            head.append(header::SET_COOKIE, value);
        }
    }
}

/// Who a request counts as.
async fn who(app: &App, asked: &Asked) -> Result<Answer, Refused> {
    app.answer(asked.as_if(Action::WhoAmI)?).await
}

fn is_granted(answer: &Answer) -> bool {
    matches!(answer.verdict, Verdict::Granted(_))
}

/// A page with a form.
pub(super) async fn form(State(app): State<App>, asked: Asked) -> Result<Response, Refused> {
    if !is_granted(&who(&app, &asked).await?) {
        return Ok(denied());
    }
    let token = app.front.form_token(&session(&asked.head.headers).unwrap_or_default());
    app.front.kept().forms.insert(token.clone());
    let mut response = answered(StatusCode::OK, &json!({ "csrf": token }));
    let line = format!("csrf={token}; Path=/; Secure; SameSite=Lax");
    response.headers_mut().append(header::SET_COOKIE, HeaderValue::from_str(&line).expect("it is base64url"));
    Ok(response)
}

/// What that form changes: nothing.
pub(super) async fn change(State(app): State<App>, asked: Asked) -> Result<Response, Refused> {
    let front = &app.front;
    if !front.has(Flaw::AnyOrigin) && !app.is_own(&asked.head) {
        return Err(Refused::CrossOrigin);
    }
    let answer = who(&app, &asked).await?;
    if !is_granted(&answer) {
        return Ok(told(&answer, false));
    }
    let token = said(&asked.head.headers, "x-csrf-token");
    let is_right = match front.flaw {
        Some(Flaw::AnyOrigin) => true,
        Some(Flaw::AnyFormToken) => front.kept().forms.contains(&token),
        Some(Flaw::DoubleSubmit) => {
            let cookies = said(&asked.head.headers, header::COOKIE.as_str());
            !token.is_empty() && cookies.contains(&format!("csrf={token}"))
        }
        _ => token == front.form_token(&session(&asked.head.headers).unwrap_or_default()),
    };
    if is_right { Ok(answered(StatusCode::OK, &json!({}))) } else { Err(Refused::CrossOrigin) }
}

/// Logs in again for more rights: a new login in the place of the one before.
pub(super) async fn step_up(State(app): State<App>, asked: Asked) -> Result<Response, Refused> {
    if !app.is_own(&asked.head) {
        return Err(Refused::CrossOrigin);
    }
    let password = asked.body.get("password").ok_or(Refused::Malformed)?;
    let answer = who(&app, &asked).await?;
    let Verdict::Granted(principal) = &answer.verdict else { return Ok(told(&answer, false)) };
    if app.front.has(Flaw::StepUpKeepsId) {
        return Ok(told(&answer, false));
    }
    let mut request = asked.as_if(Action::Login { name: principal.name.clone(), password })?;
    request.bearer = None;
    Ok(told(&app.answer(request).await?, false))
}

/// Keeps to the limit of logins: the oldest of one user end.
pub(super) async fn limit(app: &App, like: &Request, given: &Answer) -> Result<(), Refused> {
    let Some(limit) = app.front.max_sessions.filter(|_| is_granted(given)) else { return Ok(()) };
    if app.front.has(Flaw::CountsFirst) {
        return Ok(());
    }
    let cookie =
        given.set_cookies.first().and_then(|line| line.split(|octet| *octet == b';').next().map(<[u8]>::to_vec));
    let bearer = if cookie.is_some() { None } else { given.access.clone() };
    let own = Request { cookie, bearer, action: Action::List, ..like.clone() };
    let listed = app.answer(own.clone()).await?.listed;
    for handle in &listed[..listed.len().saturating_sub(limit)] {
        app.answer(Request { action: Action::Revoke { handle: handle.clone() }, ..own.clone() }).await?;
    }
    Ok(())
}

/// RFC 7009.
pub(super) async fn revoke(State(app): State<App>, asked: Asked) -> Result<Response, Refused> {
    let front = &app.front;
    let token = asked.body.get("token").ok_or(Refused::Malformed)?;
    let text = String::from_utf8_lossy(&token).into_owned();
    let hint = asked.body.get("hint").unwrap_or_default();
    let done = || answered(StatusCode::OK, &json!({}));
    let is_access = text.starts_with("eyJ");
    match front.flaw {
        Some(Flaw::UnknownRefused) if !front.kept().given.remove(&text) => return Err(Refused::Malformed),
        Some(Flaw::TrustsHint) if (hint == b"access_token") != is_access => return Ok(done()),
        Some(Flaw::RevokesOne) if is_access => {
            front.kept().revoked.insert(text);
            return Ok(done());
        }
        _ => {}
    }
    let mut request = asked.as_if(Action::RevokeToken { token })?;
    if front.has(Flaw::RevokesForeign) {
        request.client = CLIENTS[0].into();
    }
    match app.answer(request).await?.verdict {
        Verdict::Granted(_) => Ok(done()),
        Verdict::Denied => Err(Refused::Malformed),
        Verdict::Unavailable | Verdict::Broken(_) => Err(Refused::Gone),
    }
}

/// RFC 7662.
pub(super) async fn introspect(State(app): State<App>, asked: Asked) -> Result<Response, Refused> {
    if !app.front.has(Flaw::IntrospectsForAll) {
        app.may_control(&asked)?;
    }
    let token = asked.body.get("token").ok_or(Refused::Malformed)?;
    let said = match app.answer(asked.as_if(Action::Introspect { token })?).await?.verdict {
        Verdict::Granted(principal) => json!({ "active": true, "sub": String::from_utf8_lossy(&principal.name) }),
        Verdict::Denied if app.front.has(Flaw::TellsInactive) => json!({ "active": false, "reason": "revoked" }),
        Verdict::Denied => json!({ "active": false }),
        Verdict::Unavailable | Verdict::Broken(_) => return Err(Refused::Gone),
    };
    Ok(answered(StatusCode::OK, &said))
}

/// By an administrator: ends one login.
pub(super) async fn terminate(State(app): State<App>, asked: Asked) -> Result<Response, Refused> {
    app.may_control(&asked)?;
    let handle = asked.body.get("handle").ok_or(Refused::Malformed)?;
    if app.front.has(Flaw::TerminatesNothing) {
        return Ok(answered(StatusCode::OK, &json!({})));
    }
    Ok(told(&app.answer(asked.as_if(Action::Terminate { handle })?).await?, false))
}

/// What the token in a request claims; nobody has verified it.
fn claims(head: &HeaderMap) -> Map<String, Value> {
    let bearer = said(head, header::AUTHORIZATION.as_str());
    let payload = bearer.split('.').nth(1).and_then(base64url::decode);
    payload.and_then(|octets| serde_json::from_slice(&octets).ok()).unwrap_or_default()
}

/// A token opens it once.
pub(super) async fn once(State(app): State<App>, asked: Asked) -> Result<Response, Refused> {
    let front = &app.front;
    let jti = claims(&asked.head.headers).get("jti").and_then(Value::as_str).unwrap_or_default().to_owned();
    if front.has(Flaw::RemembersFirst) && !front.kept().used.insert(jti.clone()) {
        return Ok(denied());
    }
    let answer = who(&app, &asked).await?;
    let is_kept = front.has(Flaw::RemembersFirst) || front.has(Flaw::TakesTwice);
    if is_granted(&answer) && !is_kept && !front.kept().used.insert(jti) {
        return Ok(denied());
    }
    Ok(told(&answer, false))
}

/// A token with the scope `orders` opens it.
pub(super) async fn scoped(State(app): State<App>, asked: Asked) -> Result<Response, Refused> {
    let answer = who(&app, &asked).await?;
    let claims = claims(&asked.head.headers);
    let scope = claims.get("scope").and_then(Value::as_str).unwrap_or_default();
    let is_inside = app.front.has(Flaw::ScopeInside) && scope.contains(NEEDED);
    if is_granted(&answer) && !is_inside && !scope.split(' ').any(|one| one == NEEDED) {
        return Ok(answered(StatusCode::FORBIDDEN, &json!({ "error": "insufficient_scope" })));
    }
    Ok(told(&answer, false))
}

/// What a refresh grants; nothing where it asks for more than was granted (RFC 6749 §6).
pub(super) fn scope(front: &Front, asked: &Asked) -> Result<Option<String>, Refused> {
    let Some(scope) = asked.body.get("scope") else { return Ok(None) };
    let scope = String::from_utf8_lossy(&scope).into_owned();
    let is_granted = scope.split(' ').all(|one| one.is_empty() || GRANTED.split(' ').any(|granted| granted == one));
    if is_granted || front.has(Flaw::WidensScope) { Ok(Some(scope)) } else { Err(Refused::Malformed) }
}

/// What was refused since this was last asked.
pub(super) async fn access_log(State(app): State<App>, asked: Asked) -> Result<Response, Refused> {
    app.may_control(&asked)?;
    let lines = std::mem::take(&mut app.front.kept().log);
    Ok(answered(StatusCode::OK, &json!({ "lines": lines })))
}

/// What every login is granted, what none is, and what `GET /scoped` needs.
pub(super) const GRANTED: &str = "read write";
pub(super) const BEYOND: &str = "admin";
pub(super) const NEEDED: &str = "orders";
