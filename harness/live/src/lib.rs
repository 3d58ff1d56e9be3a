//! Services that run: what asks one over HTTP and reads its answers, and what serves Assay's own reference service, with its
//! sessions in a real store. Knows the model and the core; the core knows nothing of HTTP.

pub mod client;
pub mod dialogue;
pub mod inquiry;
pub mod issuer;
pub mod safety;
#[cfg(feature = "reference")]
pub mod serve;
#[cfg(feature = "reference")]
pub mod server;
pub mod service;
pub mod sessions;
#[cfg(feature = "reference")]
pub mod store;
pub mod verifier;
