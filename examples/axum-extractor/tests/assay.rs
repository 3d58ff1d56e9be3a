//! The catalogue of attacks on JWTs, sent through the router as requests.

use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::sync::LazyLock;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Request as HttpRequest, StatusCode, header::AUTHORIZATION};
use axum_extractor::{app, auth::Auth};
use token_assay::forge::NOW;
use token_assay::model::report::TargetInfo;
use token_assay::model::{Algorithm, Claims, Request, Verdict};
use token_assay::properties;
use token_assay::suite::{self, FixedPolicy};
use token_assay::targets::Verifier;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

token_assay::suite!(Service(auth()), policy());

#[test]
fn no_token_is_accepted_that_must_be_refused() {
    properties::never_accepts_what_must_be_refused(Service(auth()), &policy());
}

#[test]
fn the_catalogue_finds_the_extractor_as_first_written_and_nothing_else() {
    let found = |auth: Auth| -> BTreeSet<String> {
        let report = suite::report_under(Service(auth), &policy(), &[], &[]);
        assert_eq!(report.targets[0].unusable, None);
        report.findings.iter().map(|finding| format!("{}/{}", finding.case.family(), finding.case.class())).collect()
    };
    assert_eq!(found(auth().as_first_written()), FOUND.map(str::to_owned).into());
    if !cfg!(feature = "with-bug") {
        assert_eq!(found(auth()), BTreeSet::new());
    }
}

#[test]
fn the_readme_shows_what_a_failing_test_prints() {
    let [first, second] = FOUND.map(|class| {
        let failing = || suite::class(Service(auth().as_first_written()), Some(&policy()), class, &[]);
        let payload = catch_unwind(failing).expect_err("the class is found");
        *payload.downcast::<String>().expect("a panic with a text")
    });
    let readme = include_str!("../README.md");
    assert!(readme.contains(&first), "README.md should show\n{first}");
    let sentence = second.lines().nth(1).expect("a class and a sentence");
    assert!(readme.contains(sentence), "README.md should say\n{sentence}");
}

/// What the service is configured with, told to Assay.
fn policy() -> FixedPolicy {
    FixedPolicy::with_secret(Algorithm::Hs256, SECRET).issuer(ISSUER).audience(AUDIENCE).now(NOW)
}

/// The same, told to the service.
fn auth() -> Auth {
    Auth::new(SECRET, ISSUER, AUDIENCE).with_clock(|| NOW as f64)
}

/// The service as a verifier of tokens: 200 with the claims, or 401.
struct Service(Auth);

impl Verifier for Service {
    fn info(&self) -> TargetInfo {
        // What the policy asks for counts as supported; a header can hold octets that are no UTF-8 as well.
        TargetInfo::new("orders", env!("CARGO_PKG_VERSION"), &["bytes"])
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        let bearer = [b"Bearer ", request.input.octets()].concat();
        let Ok(bearer) = HeaderValue::from_bytes(&bearer) else {
            return Verdict::unsupported("what no header can hold");
        };
        let request =
            HttpRequest::get("/me").header(AUTHORIZATION, bearer).body(Body::empty()).expect("it is well formed");
        RUNTIME.block_on(async {
            let response = app(self.0.clone()).oneshot(request).await.expect("a router does not fail");
            match response.status() {
                StatusCode::OK => {
                    let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body in memory");
                    Verdict::accept(Claims::parse(&body).expect("it answers with an object").0)
                }
                status => Verdict::reject(None, status.to_string()),
            }
        })
    }
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().build().expect("a runtime starts"));

/// The classes that the extractor as first written falls for, in the order in which `cargo test` names them.
const FOUND: [&str; 2] = ["claims/aud-case-slash-unicode", "claims/aud-substring-superstring"];

const SECRET: &[u8] = b"the secret of the tests, 32 octets";
const ISSUER: &str = "https://login.example.com";
const AUDIENCE: &str = "orders-api";
