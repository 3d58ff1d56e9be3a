//! salvo by `Request::cookies`, of a request that it takes from hyper.
//!
//! Under a scheme `signed` or `private` of this jar is asked for the name.

use salvo::http::cookie::{Cookie, Key};
use salvo::http::uri::Scheme as Uri;
use salvo::http::{ReqBody, Request as SalvoRequest};
use token_assay_model::report::TargetInfo;
use token_assay_model::{Capability, Pair, Request, Scheme, Verdict};

use super::super::Verifier;
use super::super::support::crate_info;
use super::{asked, no_key, read_unordered, reads_lines};

/// The crate `salvo`.
#[derive(Debug, Clone, Copy)]
pub struct Salvo;

impl Verifier for Salvo {
    fn info(&self) -> TargetInfo {
        crate_info("salvo", VERSION, "https://github.com/salvo-rs/salvo", supports())
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        verify(request).unwrap_or_else(|refusal| refusal)
    }
}

fn verify(request: Request<'_>) -> Result<Verdict, Verdict> {
    let asked = asked(request, &supports())?;
    let request = SalvoRequest::from_hyper(asked.request()?.map(|()| ReqBody::None), Uri::HTTP);
    let jar = request.cookies();
    let Some(scheme) = asked.policy.scheme else {
        return Ok(read_unordered(jar.iter().map(|cookie| Pair::new(cookie.name(), cookie.value()))));
    };
    let key = Key::try_from(asked.secret()?).map_err(no_key)?;
    let name = &asked.policy.name;
    let opened = if scheme == Scheme::PrivateJar { jar.private(&key).get(name) } else { jar.signed(&key).get(name) };
    asked.opened(opened.as_ref().map(Cookie::value))
}

fn supports() -> Vec<Capability> {
    reads_lines(&[Scheme::SignedJar, Scheme::PrivateJar])
}

const VERSION: &str = "1.1.0";
