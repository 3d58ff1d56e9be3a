//! Finds what a token verifier wrongly accepts, wrongly refuses, or falls over on.
//!
//! The flow is one way: recipe → case → request → observation → finding → report. [`forge`] makes tokens, [`attacks`] turns
//! the catalogue into cases, [`mod@reference`] says what the standard says of each, [`targets`] are shown the requests,
//! [`oracles`] judge, and [`run`] is the loop that knows them all. Put your own verifier under test by implementing
//! [`targets::Verifier`] and the tests that [`suite!`] makes.
//!
//! A token that says of itself that it is not signed, shown to a verifier that believes it, and to one that does not:
//!
//! ```
//! use token_assay::attacks;
//! use token_assay::forge::{Forge, NOW};
//! use token_assay::oracles;
//! use token_assay::run::verifier;
//! use token_assay::targets::observe;
//!
//! let cases = attacks::suite(&Forge::new(NOW), |class| class == "alg-none/none-empty-sig");
//! let judged = |name: &str| {
//!     let verifier = verifier(name).expect("it is built in");
//!     cases.iter().find_map(|case| oracles::judge(case, &observe(verifier, case.request())))
//! };
//! assert!(judged("strawman-allows-none").is_some());
//! assert!(judged("sound").is_none());
//! ```

mod collect;
mod failure;
mod needs;

pub mod attacks;
pub mod audit;
pub mod campaign;
pub mod chance;
pub mod check;
pub mod endpoint;
pub mod event;
pub mod forge;
pub mod generate;
pub mod inspect;
pub mod known;
pub mod oracles;
pub mod power;
#[cfg(feature = "proptest")]
pub mod properties;
pub mod reference;
pub mod regressions;
pub mod run;
pub mod sessions;
#[cfg(feature = "proptest")]
pub mod strategies;
pub mod strawman;
pub mod suite;
pub mod targets;
pub mod timing;
pub mod weigh;

pub use token_assay_model as model;
