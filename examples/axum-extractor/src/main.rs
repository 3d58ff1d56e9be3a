//! Serves the application on this machine, with what the environment says of its tokens.

use std::process::ExitCode;

use axum_extractor::auth::Auth;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let secret = std::env::var("ORDERS_SECRET").unwrap_or_default();
    if secret.len() < 32 {
        eprintln!("ORDERS_SECRET must hold 32 octets or more (RFC 7518 §3.2)");
        return ExitCode::from(2);
    }
    let auth = Auth::new(secret.as_bytes(), "https://login.example.com", "orders-api");
    match tokio::net::TcpListener::bind("127.0.0.1:3000").await {
        Ok(listener) => match axum::serve(listener, axum_extractor::app(auth)).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&error),
        },
        Err(error) => failed(&error),
    }
}

fn failed(error: &std::io::Error) -> ExitCode {
    eprintln!("{error}");
    ExitCode::FAILURE
}
