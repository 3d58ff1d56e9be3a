//! Finds what a token verifier wrongly accepts, wrongly refuses, or falls over on.
//!
//! The flow is one way: recipe → case → request → observation → finding → report. [`forge`] makes tokens, [`attacks`] turns
//! the catalogue into cases, [`mod@reference`] says what the standard says of each, [`targets`] are shown the requests,
//! [`oracles`] judge, and [`run`] is the loop that knows them all. Put your own verifier under test by implementing
//! [`targets::Verifier`] and the tests that [`suite!`] makes.

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
