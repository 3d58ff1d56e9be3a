//! What is put under test.
//!
//! A [`Verifier`] takes a [`Request`] and gives a [`Verdict`]; it never sees what is expected. Here are the strawmen, which
//! are wrong on purpose, and one adapter a file for each Rust crate, each behind the feature `target-<crate>`.

use token_assay_model::report::TargetInfo;
use token_assay_model::{Request, Verdict};

/// A verification implementation.
///
/// Implement this for your own verifier to put it under test. The policy says what the relying party is configured to
/// accept: build from it what your application would build, return `Verdict::unsupported(capability)` for a member that
/// your verifier cannot obey, and on success hand back *all* the claims that the application would see. A panic is caught
/// and recorded as a fault.
pub trait Verifier: Send + Sync {
    /// Who it is, and what it verifies and obeys. A case that needs more is skipped.
    fn info(&self) -> TargetInfo;

    /// Verifies one token under one policy.
    fn verify(&self, request: Request<'_>) -> Verdict;
}
