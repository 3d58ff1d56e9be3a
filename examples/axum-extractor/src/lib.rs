//! A small service whose users come with bearer tokens.
//!
//! Takes requests, answers them for the user whom the token is about. Never answers without a token that [`auth`] verified.

pub mod auth;

use std::sync::Arc;

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value};

use auth::{Auth, Claims};

/// The application.
pub fn app(auth: Auth) -> Router {
    Router::new().route("/me", get(me)).with_state(Arc::new(auth))
}

/// What the token says of whoever asks.
async fn me(Claims(claims): Claims) -> Json<Map<String, Value>> {
    Json(claims)
}
