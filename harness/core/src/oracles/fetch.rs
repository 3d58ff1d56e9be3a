//! Fetches: what a verifier was made to ask for by a token, whatever it answered (RFC 8725 §3.10).

use token_assay_model::Oracle;

use super::Judgement;

/// Judges a request, told as method and address, that was made while a token was verified.
pub fn judge(method: &str, address: &str) -> Judgement {
    let because = match method {
        "TLS" => format!("Verifying a token opened a TLS connection to {address}, which its header names."),
        "nothing" => format!("Verifying a token opened a connection to {address}, which its header names."),
        method => format!("Verifying a token sent {method} {address}, which its header names."),
    };
    Judgement { oracle: Oracle::Robustness, because: Some(because) }
}
