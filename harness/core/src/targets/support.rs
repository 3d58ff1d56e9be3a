//! What several adapters share: describing a crate, and reading the policy's key in the form the crate takes.

use token_assay_model::Capability;
use token_assay_model::report::TargetInfo;
#[cfg(feature = "adapters")]
use token_assay_model::{Feature, Key, Policy, Verdict};

/// The description of a Rust crate from crates.io.
pub(super) fn crate_info(name: &str, version: &str, repository: &str, supports: Vec<Capability>) -> TargetInfo {
    TargetInfo {
        name: name.to_owned(),
        version: version.to_owned(),
        language: "rust".to_owned(),
        homepage: Some(repository.to_owned()),
        issues: Some(format!("{}/issues", repository.trim_end_matches('/'))),
        supports,
    }
}

/// The policy's only key; several keys outside a key set are no more than what `jwks` asks for.
#[cfg(feature = "adapters")]
pub(super) fn only_key(policy: &Policy) -> Result<&Key, Verdict> {
    match policy.keys.as_slice() {
        [key] => Ok(key),
        _ => Err(Verdict::unsupported(Feature::Jwks)),
    }
}
