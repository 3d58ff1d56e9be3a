//! fernet by `Fernet::decrypt` and `decrypt_with_ttl`; several secrets by `MultiFernet`, which knows no TTL.
//!
//! The crate reads no header: the named cookie's value is split out at `;` and taken as it stands. Its clock is the system's.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use fernet::{Fernet, MultiFernet};
use token_assay_model::report::TargetInfo;
use token_assay_model::{Capability, Feature, Octets, Request, Scheme, Verdict};

use super::super::Verifier;
use super::super::support::crate_info;
use super::{asked, no_key};

/// The crate `fernet` with its feature `rustcrypto`.
#[derive(Debug, Clone, Copy)]
pub struct FernetCrate;

impl Verifier for FernetCrate {
    fn info(&self) -> TargetInfo {
        crate_info("fernet", VERSION, "https://github.com/mozilla-services/fernet-rs", supports())
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        verify(request).unwrap_or_else(|refusal| refusal)
    }
}

fn verify(request: Request<'_>) -> Result<Verdict, Verdict> {
    let asked = asked(request, &supports())?;
    let token = asked.value()?;
    let key = |secret: &Octets| Fernet::new(&URL_SAFE.encode(&secret.0)).ok_or_else(|| no_key("not 32 octets"));
    let keys = asked.policy.secrets.iter().map(key).collect::<Result<Vec<_>, _>>()?;
    let opened = match (keys.as_slice(), asked.policy.max_age) {
        ([], _) => return Err(no_key("no secret")),
        ([key], Some(ttl)) => key.decrypt_with_ttl(token, ttl),
        ([key], None) => key.decrypt(token),
        (_, None) => MultiFernet::new(keys).decrypt(token),
        (_, Some(_)) => return Err(Verdict::unsupported(Feature::Rotation)),
    };
    asked.opened(opened.ok())
}

fn supports() -> Vec<Capability> {
    vec![Scheme::Fernet.into(), Feature::MaxAge.into(), Feature::Rotation.into()]
}

const VERSION: &str = "0.2.2";
