//! Finds what a token verifier wrongly accepts, wrongly refuses, or falls over on.
#![doc = ""]

pub mod attacks;
pub mod forge;
pub mod oracles;
pub mod reference;
pub mod strawman;
pub mod targets;

pub use token_assay_model as model;
