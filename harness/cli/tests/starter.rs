//! The file that `assay init --tests` writes into a Rust project compiles as it stands. Its tests are not run here: they
//! fail until a verifier is put in.
#![allow(dead_code, reason = "without a test harness nobody calls what its tests call")]

#[path = "../starters/init/assay.rs"]
mod starter;

fn main() {}
