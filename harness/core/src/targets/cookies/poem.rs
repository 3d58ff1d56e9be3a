//! poem by its middleware `CookieJarManager` around an endpoint that asks the request for its `CookieJar`.
//!
//! Under a scheme `signed_with_key` or `private_with_key` of this is asked for the name.

use std::sync::{Arc, Mutex, PoisonError};

use poem::endpoint::make_sync;
use poem::middleware::CookieJarManager;
use poem::web::cookie::{Cookie, CookieJar, CookieKey};
use poem::{Endpoint as _, Middleware as _};
use token_assay_model::report::TargetInfo;
use token_assay_model::{Capability, Pair, Request, Scheme, Verdict};

use super::super::Verifier;
use super::super::support::crate_info;
use super::{Asked, asked, at_once, no_key, read_unordered, reads_lines};

/// The crate `poem`.
#[derive(Debug, Clone, Copy)]
pub struct Poem;

impl Verifier for Poem {
    fn info(&self) -> TargetInfo {
        crate_info("poem", VERSION, "https://github.com/poem-web/poem", supports())
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        verify(request).unwrap_or_else(|refusal| refusal)
    }
}

fn verify(request: Request<'_>) -> Result<Verdict, Verdict> {
    let asked = asked(request, &supports())?;
    let jar = jar(asked)?;
    let Some(scheme) = asked.policy.scheme else {
        return Ok(
            jar.with_cookies(|cookies| read_unordered(cookies.map(|cookie| Pair::new(cookie.name(), cookie.value()))))
        );
    };
    let key = CookieKey::try_from(asked.secret()?).map_err(no_key)?;
    let name = &asked.policy.name;
    let opened = if scheme == Scheme::PrivateJar {
        jar.private_with_key(&key).get(name)
    } else {
        jar.signed_with_key(&key).get(name)
    };
    asked.opened(opened.as_ref().map(Cookie::value_str))
}

/// The jar as an endpoint gets it.
fn jar(asked: Asked<'_>) -> Result<CookieJar, Verdict> {
    let mut request = poem::Request::default();
    *request.headers_mut() = asked.request()?.into_parts().0.headers;
    let seen = Arc::new(Mutex::new(None));
    let kept = Arc::clone(&seen);
    let endpoint = CookieJarManager::new().transform(make_sync(move |request| {
        *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(request.cookie().clone());
    }));
    at_once(endpoint.get_response(request));
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok(seen.expect("the endpoint was called"))
}

fn supports() -> Vec<Capability> {
    reads_lines(&[Scheme::SignedJar, Scheme::PrivateJar])
}

const VERSION: &str = "3.1.12";
