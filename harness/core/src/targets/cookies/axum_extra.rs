//! axum-extra by its extractors `CookieJar`, `SignedCookieJar` and `PrivateCookieJar`.
//!
//! They are run on the head of a request as axum runs them before a handler, the key being the state.

use axum_core::extract::FromRequestParts;
use axum_extra::extract::cookie::{Cookie, CookieJar, Key, PrivateCookieJar, SignedCookieJar};
use token_assay_model::report::TargetInfo;
use token_assay_model::{Capability, Pair, Request, Scheme, Verdict};

use super::super::Verifier;
use super::super::support::crate_info;
use super::{asked, at_once, no_key, read_unordered, reads_lines};

/// The crate `axum-extra`.
#[derive(Debug, Clone, Copy)]
pub struct AxumExtra;

impl Verifier for AxumExtra {
    fn info(&self) -> TargetInfo {
        crate_info("axum-extra", VERSION, "https://github.com/tokio-rs/axum", supports())
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        verify(request).unwrap_or_else(|refusal| refusal)
    }
}

fn verify(request: Request<'_>) -> Result<Verdict, Verdict> {
    let asked = asked(request, &supports())?;
    let mut head = asked.request()?.into_parts().0;
    let Some(scheme) = asked.policy.scheme else {
        let Ok(jar) = at_once(CookieJar::from_request_parts(&mut head, &()));
        return Ok(read_unordered(jar.iter().map(|cookie| Pair::new(cookie.name(), cookie.value()))));
    };
    let key = Key::try_from(asked.secret()?).map_err(no_key)?;
    let name = &asked.policy.name;
    let opened = if scheme == Scheme::PrivateJar {
        let Ok(jar) = at_once(PrivateCookieJar::<Key>::from_request_parts(&mut head, &key));
        jar.get(name)
    } else {
        let Ok(jar) = at_once(SignedCookieJar::<Key>::from_request_parts(&mut head, &key));
        jar.get(name)
    };
    asked.opened(opened.as_ref().map(Cookie::value))
}

fn supports() -> Vec<Capability> {
    reads_lines(&[Scheme::SignedJar, Scheme::PrivateJar])
}

const VERSION: &str = "0.12.6";
