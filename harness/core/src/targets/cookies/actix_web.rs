//! actix-web by `HttpRequest::cookies`, of a request that its `TestRequest` makes.
//!
//! The octets are the framework's own `HeaderValue`. Where `cookies` gives an error the header is refused. Under a scheme the
//! cookies go into its re-exported `CookieJar`, of which `signed` or `private` is asked for the name, as its middlewares do.

use actix_web::cookie::{Cookie, CookieJar, Key};
use actix_web::http::header::{COOKIE, HeaderValue};
use actix_web::test::TestRequest;
use token_assay_model::report::TargetInfo;
use token_assay_model::{Capability, Pair, Reason, Request, Scheme, Verdict};

use super::super::Verifier;
use super::super::support::crate_info;
use super::{asked, no_key, not_http, read, reads_lines};

/// The crate `actix-web`.
#[derive(Debug, Clone, Copy)]
pub struct ActixWeb;

impl Verifier for ActixWeb {
    fn info(&self) -> TargetInfo {
        crate_info("actix-web", VERSION, "https://github.com/actix/actix-web", supports())
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        verify(request).unwrap_or_else(|refusal| refusal)
    }
}

fn verify(request: Request<'_>) -> Result<Verdict, Verdict> {
    let asked = asked(request, &supports())?;
    let mut request = TestRequest::default();
    for line in asked.header.each() {
        let value = HeaderValue::from_bytes(line).map_err(|error| not_http(&error))?;
        request = request.append_header((COOKIE, value));
    }
    let request = request.to_http_request();
    let cookies = request.cookies().map_err(|error| Verdict::reject(Reason::Malformed, error.to_string()))?;
    let Some(scheme) = asked.policy.scheme else {
        let pairs = cookies.iter().map(|cookie| Pair::new(cookie.name(), cookie.value()));
        return Ok(read(&pairs.collect::<Vec<_>>()));
    };
    let key = Key::try_from(asked.secret()?).map_err(no_key)?;
    let mut jar = CookieJar::new();
    cookies.iter().for_each(|cookie| jar.add_original(cookie.clone()));
    let name = &asked.policy.name;
    let opened = if scheme == Scheme::PrivateJar { jar.private(&key).get(name) } else { jar.signed(&key).get(name) };
    asked.opened(opened.as_ref().map(Cookie::value))
}

fn supports() -> Vec<Capability> {
    reads_lines(&[Scheme::SignedJar, Scheme::PrivateJar])
}

const VERSION: &str = "4.18.1";
