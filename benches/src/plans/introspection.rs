//! A token that is shown to whoever issued it (RFC 7662), over HTTP/1.1 on loopback: what it costs to be told at once that it
//! was withdrawn.
//!
//! One thread serves: it knows the resource server by a bearer token (§2.1), verifies the JWT, asks a set of withdrawn `jti`s
//! and answers in JSON (§2.2). Another asks on one kept connection, and reads the answer. Nothing is remembered.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::post;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use token_assay_model::bench::Role;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

use super::hybrid::next;
use super::request::{Served, serve_router};
use super::tokens::Claims;
use crate::{Group, Work};

/// Verifies a token here and now.
pub(super) type Verify = Arc<dyn Fn(&str) -> Option<Claims> + Send + Sync>;

/// What is shown.
pub(super) struct Shown {
    /// The algorithm that the tokens are signed by, as it is written.
    pub(super) algorithm: String,
    /// How they are verified.
    pub(super) verify: Verify,
    /// Tokens that are good.
    pub(super) good: Vec<String>,
    /// What is withdrawn.
    pub(super) withdrawn: HashSet<String>,
    /// Tokens that are not good: tampered with, run out, withdrawn.
    pub(super) wrong: Vec<String>,
}

/// The rows: asking, the request alone, and the verification alone.
pub(super) fn group(shown: Shown) -> Result<Group, String> {
    let name = format!("hybrid/introspection/{}", shown.algorithm);
    let mut group =
        Group::of_calls(name, "A JWT is shown to its issuer over HTTP on loopback, which says whether it is good.");
    let service = Service { verify: Arc::clone(&shown.verify), withdrawn: Arc::new(shown.withdrawn) };
    let router = Router::new().route("/introspect", post(introspect)).route("/nothing", post(nothing));
    let served = serve_router(router.with_state(service)).map_err(|error| error.to_string())?;

    let mut bare = Client::open(&served, "/nothing")?;
    let check = bare.is_active(&shown.good[0]).map(drop);
    let ring = shown.good.clone();
    let floor = group.add(Role::Floor, "request-alone", check, move || {
        let mut at = 0;
        Work::calls(move || bare.is_active(next(&ring, &mut at)).expect("the server answers while it is timed"))
    });
    floor.note("the same request and answer, and nothing is looked at");

    let (verify, ring, mut at) = (Arc::clone(&shown.verify), shown.good.clone(), 0);
    group.add(Role::Part, "verify", Ok(()), move || Work::calls(move || verify(next(&ring, &mut at))));

    let mut client = Client::open(&served, "/introspect")?;
    let check = is_right(&mut client, &shown.good[0], &shown.wrong);
    let ring = shown.good;
    group.add(Role::Subject, "introspect", check, move || {
        let mut at = 0;
        Work::calls(move || client.is_active(next(&ring, &mut at)).expect("the server answers while it is timed"))
    });
    Ok(group)
}

/// Whether the good token is active, and no other is.
fn is_right(client: &mut Client, good: &str, wrong: &[String]) -> Result<(), String> {
    if !client.is_active(good)? {
        return Err("it refuses a good token".into());
    }
    for token in wrong {
        if client.is_active(token)? {
            return Err("it calls a token active that is not".into());
        }
    }
    Ok(())
}

/// Who issued the tokens.
#[derive(Clone)]
struct Service {
    verify: Verify,
    withdrawn: Arc<HashSet<String>>,
}

async fn introspect(
    State(service): State<Service>,
    headers: HeaderMap,
    body: String,
) -> Result<axum::Json<Value>, StatusCode> {
    if headers.get(AUTHORIZATION).is_none_or(|given| given != RESOURCE_SERVER) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    // A compact token has no character that a form would encode.
    let token = body.strip_prefix("token=").ok_or(StatusCode::BAD_REQUEST)?;
    let claims = (service.verify)(token).filter(|claims| !service.withdrawn.contains(&claims.jti));
    Ok(axum::Json(claims.map_or_else(|| json!({ "active": false }), |claims| active(&claims))))
}

fn active(claims: &Claims) -> Value {
    let Claims { iss, sub, aud, exp, scope, jti, .. } = claims;
    json!({ "active": true, "iss": iss, "sub": sub, "aud": aud, "exp": exp, "scope": scope, "jti": jti })
}

async fn nothing(_: HeaderMap, _: String) -> axum::Json<Value> {
    axum::Json(json!({ "active": true }))
}

/// A resource server with one connection.
struct Client {
    runtime: Runtime,
    sender: SendRequest<Full<Bytes>>,
    path: &'static str,
}

impl Client {
    fn open(served: &Served, path: &'static str) -> Result<Self, String> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        let sender = runtime.block_on(async {
            let stream = TcpStream::connect(served.address).await.map_err(|error| error.to_string())?;
            stream.set_nodelay(true).map_err(|error| error.to_string())?;
            let (sender, connection) =
                http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
            tokio::spawn(connection);
            Ok::<_, String>(sender)
        })?;
        Ok(Self { runtime, sender, path })
    }

    fn is_active(&mut self, token: &str) -> Result<bool, String> {
        let request = Request::post(self.path)
            .header("host", "localhost")
            .header(AUTHORIZATION, RESOURCE_SERVER)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(format!("token={token}"))))
            .map_err(|error| error.to_string())?;
        let sender = &mut self.sender;
        self.runtime.block_on(async {
            sender.ready().await.map_err(|error| error.to_string())?;
            let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
            let status = response.status();
            let body = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
            if status != StatusCode::OK {
                return Err(format!("it says {status}"));
            }
            let answer: Value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
            answer.get("active").and_then(Value::as_bool).ok_or_else(|| "it says nothing of active".to_owned())
        })
    }
}

const RESOURCE_SERVER: &str = "Bearer of-the-resource-server";

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(verify: impl Fn(&str) -> Option<Claims> + Send + Sync + 'static) -> Shown {
        Shown {
            algorithm: "none".into(),
            verify: Arc::new(verify),
            good: vec!["good".into()],
            withdrawn: HashSet::from(["withdrawn".to_owned()]),
            wrong: vec!["tampered".into(), "withdrawn".into()],
        }
    }

    fn claims(jti: &str) -> Claims {
        let text = String::new;
        Claims { iss: text(), sub: text(), aud: text(), exp: 0, nbf: 0, iat: 0, jti: jti.to_owned(), scope: text() }
    }

    #[test]
    fn who_issued_a_token_says_whether_it_is_good_and_who_calls_everything_good_is_not_timed() {
        let sound = group(shown(|token| (token != "tampered").then(|| claims(token)))).unwrap();
        assert_eq!(sound.wrong, []);
        assert_eq!(
            sound.rows.iter().map(|row| &*row.name).collect::<Vec<_>>(),
            ["request-alone", "verify", "introspect"]
        );
        let open = group(shown(|_| Some(claims("good")))).unwrap();
        assert_eq!(open.wrong[0].name, "introspect");
    }
}
