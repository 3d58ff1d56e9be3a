//! The nouns of Assay and their JSON.
//!
//! Takes nothing, gives types: what is sent ([`case`], [`cookie`], [`encryption`]), what the standard says ([`expect`]), what a target did
//! ([`verdict`]), what is concluded ([`finding`]), what is kept ([`report`]), what is measured ([`mod@bench`]), the lines of the verifier protocol
//! ([`wire`]), and how their JSON is read ([`deep`]). Never forges, verifies, judges, reads a clock or touches a disk.
//!
//! ```
//! use token_assay_model::{CaseId, Expectation, Reason, Verdict};
//!
//! let case = CaseId::new("time", "exp-past", "second");
//! assert_eq!((case.family(), case.class(), case.variant()), ("time", "exp-past", "second"));
//! let expectation = Expectation::Reject { reason: Reason::Expired };
//! assert!(!expectation.admits(&Verdict::accept(Default::default())));
//! ```

pub mod bench;
pub mod case;
pub mod cookie;
pub mod deep;
pub mod encryption;
pub mod expect;
pub mod finding;
pub mod report;
pub mod verdict;
pub mod wire;

mod base64_octets;
mod words;

pub use case::{Algorithm, Capability, Case, CaseId, Control, Earlier, Feature, Input, Key, Policy, Profile, Request};
pub use cookie::{CookieHeader, CookiePolicy, Octets, Pair, Scheme};
pub use encryption::{ContentEncryption, Encryption, KeyManagement};
pub use expect::{Expectation, Level, Reference};
pub use finding::{Finding, Fingerprint, Oracle, Outcome, Severity};
pub use report::{ExitCode, Report};
pub use verdict::{Answer, Claims, Fault, Observation, Reason, Verdict};
