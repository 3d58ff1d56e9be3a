//! biscotti by `RequestCookies::parse_headers` with a `Processor`.
//!
//! The crate takes text, refuses a header with a pair that it cannot read, and hands cookies on by name only. So it is asked
//! for every name that a header could hold: what stands before an `=`, trimmed or not, percent-decoded or not, and the
//! policy's own. Under a scheme the policy's name has a rule, whose key is the newest secret and whose fallbacks are the rest.

use std::borrow::Cow;
use std::collections::BTreeSet;

use biscotti::config::{CryptoAlgorithm, CryptoRule, FallbackConfig};
use biscotti::{Key, Processor, ProcessorConfig, RequestCookies};
use token_assay_model::report::TargetInfo;
use token_assay_model::{Capability, CookiePolicy, Feature, Pair, Reason, Request, Scheme, Verdict};

use super::super::Verifier;
use super::super::support::crate_info;
use super::{asked, no_key, read, reads_lines};

/// The crate `biscotti`.
#[derive(Debug, Clone, Copy)]
pub struct Biscotti;

impl Verifier for Biscotti {
    fn info(&self) -> TargetInfo {
        crate_info("biscotti", VERSION, "https://github.com/LukeMathWalker/officina", supports())
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        verify(request).unwrap_or_else(|refusal| refusal)
    }
}

fn verify(request: Request<'_>) -> Result<Verdict, Verdict> {
    let asked = asked(request, &supports())?;
    let lines = asked.texts()?;
    let name = &asked.policy.name;
    let processor: Processor = config(asked.policy)?.into();
    let cookies = RequestCookies::parse_headers(lines.iter().copied(), &processor)
        .map_err(|error| refusal(&error, asked.policy))?;
    if asked.policy.scheme.is_some() {
        return asked.opened(cookies.get(name).as_ref().map(biscotti::RequestCookie::value));
    }
    let names = lines.iter().flat_map(|line| names(line)).chain([Cow::Borrowed(name.as_str())]);
    let names: BTreeSet<Cow<'_, str>> = names.collect();
    let each = names.iter().filter_map(|name| cookies.get_all(name)).flatten();
    Ok(read(&each.map(|cookie| Pair::new(cookie.name(), cookie.value())).collect::<Vec<_>>()))
}

/// The defaults, with a rule for the policy's name where it is protected.
fn config(policy: &CookiePolicy) -> Result<ProcessorConfig, Verdict> {
    let mut config = ProcessorConfig::default();
    let Some(scheme) = policy.scheme else { return Ok(config) };
    let algorithm =
        if scheme == Scheme::BiscottiEncrypted { CryptoAlgorithm::Encryption } else { CryptoAlgorithm::Signing };
    let key = |secret: &token_assay_model::Octets| Key::try_from(secret.0.as_slice()).map_err(no_key);
    let keys = policy.secrets.iter().map(key).collect::<Result<Vec<_>, _>>()?;
    let (primary, rest) = keys.split_first().ok_or_else(|| no_key("no secret"))?;
    let fallbacks = rest.iter().map(|key| FallbackConfig { key: key.clone(), algorithm }).collect();
    let cookie_names = vec![policy.name.clone()];
    config.crypto_rules = vec![CryptoRule { cookie_names, algorithm, key: primary.clone(), fallbacks }];
    Ok(config)
}

fn refusal(error: &biscotti::errors::ParseError, policy: &CookiePolicy) -> Verdict {
    let reason = if policy.scheme.is_some() { Reason::Signature } else { Reason::Malformed };
    let why = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    Verdict::reject(reason, why)
}

/// Every name that a header could hold.
fn names(line: &str) -> Vec<Cow<'_, str>> {
    let mut names = Vec::new();
    for piece in line.split(';') {
        for (at, _) in piece.match_indices('=') {
            for name in [&piece[..at], piece[..at].trim()] {
                names.push(Cow::Borrowed(name));
                names.extend(decoded(name).map(Cow::Owned));
            }
        }
    }
    names
}

/// A name percent-decoded; nothing where that makes no text.
fn decoded(name: &str) -> Option<String> {
    let mut pieces = name.split('%');
    let mut octets = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        let digits = piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        octets.push(digits.unwrap_or(b'%'));
        octets.extend_from_slice(&piece.as_bytes()[if digits.is_some() { 2 } else { 0 }..]);
    }
    String::from_utf8(octets).ok()
}

fn supports() -> Vec<Capability> {
    let mut supports = reads_lines(&[Scheme::BiscottiSigned, Scheme::BiscottiEncrypted]);
    supports.push(Feature::Rotation.into());
    supports
}

const VERSION: &str = "0.4.4";
