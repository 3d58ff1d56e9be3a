//! cookie by `Cookie::split_parse` and, as a target of its own, `Cookie::split_parse_encoded`.
//!
//! A pair that does not parse is left out, as in the loop of their documentation. Under a scheme what they read goes into a
//! `CookieJar`, of which `signed` or `private` is asked for the name. The crate takes text, and one field.

use cookie::{Cookie, CookieJar, Key, SplitCookies};
use token_assay_model::report::TargetInfo;
use token_assay_model::{Capability, Feature, Pair, Request, Scheme, Verdict};

use super::super::Verifier;
use super::super::support::crate_info;
use super::{asked, no_key, read};

/// The crate `cookie`, reading a header as it stands.
#[derive(Debug, Clone, Copy)]
pub struct Plain;

/// The same, percent-decoding names and values.
#[derive(Debug, Clone, Copy)]
pub struct Encoded;

impl Verifier for Plain {
    fn info(&self) -> TargetInfo {
        info("cookie")
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        verify(request, |line| Cookie::split_parse(line)).unwrap_or_else(|refusal| refusal)
    }
}

impl Verifier for Encoded {
    fn info(&self) -> TargetInfo {
        info("cookie-encoded")
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        verify(request, |line| Cookie::split_parse_encoded(line)).unwrap_or_else(|refusal| refusal)
    }
}

fn verify(request: Request<'_>, split: impl Fn(&str) -> SplitCookies<'_>) -> Result<Verdict, Verdict> {
    let asked = asked(request, &supports())?;
    let lines = asked.texts()?;
    let cookies = lines.iter().flat_map(|line| split(line)).filter_map(Result::ok);
    let Some(scheme) = asked.policy.scheme else {
        return Ok(read(&cookies.map(|cookie| Pair::new(cookie.name(), cookie.value())).collect::<Vec<_>>()));
    };
    let key = Key::try_from(asked.secret()?).map_err(no_key)?;
    let mut jar = CookieJar::new();
    cookies.for_each(|cookie| jar.add_original(cookie.into_owned()));
    let name = &asked.policy.name;
    let opened = if scheme == Scheme::PrivateJar { jar.private(&key).get(name) } else { jar.signed(&key).get(name) };
    asked.opened(opened.as_ref().map(Cookie::value))
}

fn info(name: &str) -> TargetInfo {
    crate_info(name, VERSION, "https://github.com/SergioBenitez/cookie-rs", supports())
}

fn supports() -> Vec<Capability> {
    vec![Feature::Cookie.into(), Scheme::SignedJar.into(), Scheme::PrivateJar.into()]
}

const VERSION: &str = "0.18.2";
