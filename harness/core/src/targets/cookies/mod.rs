//! Crates that read cookies out of a request, and crates that open protected ones; one adapter a file.
//!
//! Each takes the fields' octets where an application's request has them, and answers with the cookies as the application
//! gets them, or, under a scheme, with the one cookie that was opened. A reader has no clock. What keeps cookies in a map
//! without order is answered sorted by name.

#[cfg(feature = "target-actix-web")]
pub mod actix_web;
#[cfg(feature = "target-axum-extra")]
pub mod axum_extra;
#[cfg(feature = "target-biscotti")]
pub mod biscotti;
#[cfg(feature = "target-branca")]
pub mod branca;
#[cfg(feature = "target-cookie")]
pub mod cookie;
#[cfg(feature = "target-fernet")]
pub mod fernet;
#[cfg(feature = "target-pasetors")]
pub mod pasetors;
#[cfg(feature = "target-poem")]
pub mod poem;
#[cfg(feature = "target-rocket")]
pub mod rocket;
#[cfg(feature = "target-salvo")]
pub mod salvo;
#[cfg(feature = "target-tower-cookies")]
pub mod tower_cookies;

use token_assay_model::{
    Capability, CookieHeader, CookiePolicy, Feature, Input, Pair, Reason, Request, Scheme, Verdict, cookie as model,
};

/// What an adapter is asked: the fields, and how the cookie in them is protected.
#[derive(Clone, Copy)]
struct Asked<'a> {
    header: &'a CookieHeader,
    policy: &'a CookiePolicy,
}

/// The cookies of a request; unsupported where the adapter cannot take them or obey the policy.
fn asked<'a>(Request { input, policy }: Request<'a>, supports: &[Capability]) -> Result<Asked<'a>, Verdict> {
    let (Input::Cookie(header), Some(cookie)) = (input, &policy.cookie) else {
        return Err(Verdict::unsupported(Feature::Token));
    };
    let lines = (header.len() > 1).then_some(Feature::CookieLines.into());
    match cookie.needs().into_iter().chain(lines).find(|need| !supports.contains(need)) {
        Some(lacking) => Err(Verdict::unsupported(lacking)),
        None => Ok(Asked { header, policy: cookie }),
    }
}

impl Asked<'_> {
    /// The request as the crate `http` holds it; refused where that does not take a field's octets.
    fn request(&self) -> Result<http::Request<()>, Verdict> {
        let mut request = http::Request::new(());
        for line in self.header.each() {
            let value = http::HeaderValue::from_bytes(line).map_err(|error| not_http(&error))?;
            request.headers_mut().append(http::header::COOKIE, value);
        }
        Ok(request)
    }

    /// The fields as text, for a crate that takes no other.
    fn texts(&self) -> Result<Vec<&str>, Verdict> {
        self.request()?;
        let text = |line| std::str::from_utf8(line).map_err(|_| Verdict::unsupported(Feature::Bytes));
        self.header.each().map(text).collect()
    }

    /// The value of the cookie that the policy names, split at `;` and taken as it stands.
    fn value(&self) -> Result<&str, Verdict> {
        let missing = || Verdict::reject(Reason::Malformed, "no such cookie");
        let pieces = self.texts()?.into_iter().flat_map(|line| line.split(';'));
        let mut pairs = pieces.filter_map(|piece| piece.trim_matches([' ', '\t']).split_once('='));
        pairs.find(|(name, _)| *name == self.policy.name).map(|(_, value)| value).ok_or_else(missing)
    }

    /// The newest secret.
    fn secret(&self) -> Result<&[u8], Verdict> {
        self.policy.secrets.first().map(|secret| secret.0.as_slice()).ok_or_else(|| no_key("no secret"))
    }

    /// What was opened of the cookie that the policy names, as an answer.
    fn opened(&self, value: Option<impl AsRef<[u8]>>) -> Result<Verdict, Verdict> {
        let value = value.ok_or_else(|| Verdict::reject(Reason::Signature, "missing, or it does not verify"))?;
        Ok(read(&[Pair::new(&self.policy.name, value)]))
    }
}

/// These cookies, as an answer.
fn read(pairs: &[Pair]) -> Verdict {
    Verdict::Accept { claims: model::claims(pairs), header: None }
}

/// These cookies, out of a map that has no order, as an answer.
fn read_unordered(pairs: impl Iterator<Item = Pair>) -> Verdict {
    let mut pairs: Vec<Pair> = pairs.collect();
    pairs.sort();
    read(&pairs)
}

/// The refusal of octets that are no field value to the crate `http`.
fn not_http(error: &impl std::fmt::Display) -> Verdict {
    Verdict::reject(Reason::Malformed, format!("http::HeaderValue: {error}"))
}

/// The refusal of a secret that does not fit.
fn no_key(why: impl std::fmt::Display) -> Verdict {
    Verdict::reject(Reason::Key, why.to_string())
}

/// What a reader of several fields supports, with the schemes that it opens.
fn reads_lines(schemes: &[Scheme]) -> Vec<Capability> {
    let reads = [Feature::Cookie.into(), Feature::CookieLines.into()];
    reads.into_iter().chain(schemes.iter().map(|scheme| Capability::Scheme(*scheme))).collect()
}

/// The output of a future that waits for nothing.
#[cfg(any(feature = "target-axum-extra", feature = "target-poem", feature = "target-tower-cookies"))]
fn at_once<T>(future: impl Future<Output = T>) -> T {
    use std::task::{Context, Poll, Waker};
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("reading cookies waits for nothing"),
    }
}
