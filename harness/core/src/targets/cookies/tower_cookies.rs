//! tower-cookies by its service `CookieManager` around one that takes `Cookies` out of the request's extensions.
//!
//! Under a scheme `signed` or `private` of these is asked for the name.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use token_assay_model::report::TargetInfo;
use token_assay_model::{Capability, Pair, Request, Scheme, Verdict};
use tower_cookies::{Cookie, CookieManager, Cookies, Key};
use tower_service::Service;

use super::super::Verifier;
use super::super::support::crate_info;
use super::{asked, at_once, no_key, read_unordered, reads_lines};

/// The crate `tower-cookies`.
#[derive(Debug, Clone, Copy)]
pub struct TowerCookies;

impl Verifier for TowerCookies {
    fn info(&self) -> TargetInfo {
        crate_info("tower-cookies", VERSION, "https://github.com/imbolc/tower-cookies", supports())
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        verify(request).unwrap_or_else(|refusal| refusal)
    }
}

fn verify(request: Request<'_>) -> Result<Verdict, Verdict> {
    let asked = asked(request, &supports())?;
    let Ok(response) = at_once(CookieManager::new(Inner).call(asked.request()?));
    let cookies = response.into_body();
    let Some(scheme) = asked.policy.scheme else {
        return Ok(read_unordered(cookies.list().iter().map(|cookie| Pair::new(cookie.name(), cookie.value()))));
    };
    let key = Key::try_from(asked.secret()?).map_err(no_key)?;
    let name = &asked.policy.name;
    let opened =
        if scheme == Scheme::PrivateJar { cookies.private(&key).get(name) } else { cookies.signed(&key).get(name) };
    asked.opened(opened.as_ref().map(Cookie::value))
}

/// The application: it answers with the cookies.
struct Inner;

impl Service<http::Request<()>> for Inner {
    type Response = http::Response<Cookies>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: http::Request<()>) -> Self::Future {
        let cookies = request.extensions_mut().remove::<Cookies>().expect("the manager puts them there");
        ready(Ok(http::Response::new(cookies)))
    }
}

fn supports() -> Vec<Capability> {
    reads_lines(&[Scheme::SignedJar, Scheme::PrivateJar])
}

const VERSION: &str = "0.11.0";
