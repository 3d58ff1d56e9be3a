//! The catalogue of attacks on tokens, shown to this project's own verifier: a #[test] for each class.

use token_assay::model::report::TargetInfo;
use token_assay::model::{Algorithm, Reason, Request, Verdict};
use token_assay::suite::FixedPolicy;
use token_assay::targets::Verifier;

struct MyVerifier;

impl Verifier for MyVerifier {
    fn info(&self) -> TargetInfo {
        TargetInfo::new("my-verifier", env!("CARGO_PKG_VERSION"), &[])
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        let Some(token) = request.input.text() else { return Verdict::unsupported("bytes") };
        match verify(token) {
            Ok(claims) => Verdict::accept(claims),
            Err(error) => Verdict::reject(Reason::Other, error),
        }
    }
}

/// CHANGE THIS: call your own verifier, and give all claims as your application sees them.
fn verify(token: &str) -> Result<serde_json::Map<String, serde_json::Value>, String> {
    Err(format!("nothing verifies {} octets yet", token.len()))
}

/// CHANGE THIS: what your verifier is configured with.
fn policy() -> FixedPolicy {
    FixedPolicy::with_secret(Algorithm::Hs256, b"a secret of the tests, thirty-two octets or more")
        .issuer("https://login.example.com")
        .audience("my-service")
}

token_assay::suite!(MyVerifier, policy());
