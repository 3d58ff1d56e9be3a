//! `[policy]` of `assay.toml`: what a verifier of one's own is configured with, and the keys that belong to it.
//!
//! Takes the table, gives the policy under which a sound verifier is asked. Never says a secret.

use std::path::Path;

use serde_json::json;
use token_assay::inspect::{Keys, read_keys};
use token_assay_model::{Key, Policy};

use crate::config::PolicyConfig;
use crate::error::{Error, Result};

impl PolicyConfig {
    /// The policy, with these keys where the command line gives some.
    pub(crate) fn policy(&self, folder: &Path, given: Option<&Keys>, now: i64) -> Result<Policy> {
        let keys = match given {
            Some(keys) => keys.clone(),
            None => self.keys(folder)?,
        };
        let listed = json!({ "algorithms": self.algorithms });
        let listed = if self.algorithms.is_some() { listed } else { json!({}) };
        let listed: Policy = serde_json::from_value(listed).map_err(|error| {
            let error = Error::usage("[policy] `algorithms` names what is no algorithm").because(error);
            error.hint("`assay list features` names those that sign; write RS256, ES256, EdDSA, …")
        })?;
        Ok(Policy {
            keys: keys.keys,
            jwks: keys.is_set,
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            subject: self.subject.clone(),
            typ: self.typ.clone(),
            leeway: self.leeway.map(|leeway| leeway.as_secs()),
            now: Some(now),
            required_claims: self.required_claims.clone(),
            max_age: self.max_age.map(|age| age.as_secs()),
            critical: self.critical.clone(),
            ..listed
        })
    }

    fn keys(&self, folder: &Path) -> Result<Keys> {
        match (&self.key, &self.secret, &self.secret_env) {
            (Some(file), None, None) => read_key(&folder.join(file)),
            (None, Some(secret), None) => Ok(secret_of(secret)),
            (None, None, Some(variable)) => std::env::var(variable).map(|secret| secret_of(&secret)).map_err(|error| {
                Error::usage(format!("[policy]: ${variable} is not set"))
                    .because(error)
                    .hint("set it, or name a `key` file")
            }),
            (None, None, None) => Err(Error::usage("[policy] names no key")
                .because("what cannot be checked is not accepted")
                .hint("write `key = \"public.pem\"` (PEM, JWK or key set) or `secret-env = \"NAME\"`, or give --key")),
            _ => Err(Error::usage("[policy] wants one of `key`, `secret` and `secret-env`")
                .hint("leave all but one of them out")),
        }
    }
}

/// The keys in a file.
pub(crate) fn read_key(file: &Path) -> Result<Keys> {
    let shown = file.display();
    let octets = std::fs::read(file).map_err(|error| {
        Error::usage(format!("{shown} cannot be read")).because(error).hint("give a file with a key")
    })?;
    read_keys(&octets).map_err(|error| {
        let error = Error::usage(format!("{shown} is no key")).because(error);
        error.hint("PEM (public key, certificate, PKCS #8), a JWK, a key set, or a shared secret as it is")
    })
}

fn secret_of(secret: &str) -> Keys {
    let key = Key { secret: Some(secret.as_bytes().to_vec()), ..Key::default() };
    Keys { keys: vec![key], is_set: false, what: format!("a shared secret of {} octets", secret.len()) }
}
