//! The command line as its users meet it: exit codes, messages, files.
//!
//! Each test runs the built binary in a folder of its own, outside the checkout. The targets are the sound verifier, the
//! strawmen, and small shims in sh; no crate under test is needed, and no network.

mod bench;
mod corpus;
mod diff;
mod errors;
mod flags;
mod fuzz;
mod help;
mod init;
#[cfg(unix)]
mod inspect;
#[cfg(unix)]
mod key;
mod known;
mod replay;
mod run_folder;
mod secrets;
#[cfg(unix)]
mod service;
mod sessions;
#[cfg(unix)]
mod shims;
mod support;
#[cfg(unix)]
mod token;
#[cfg(unix)]
mod trouble;
mod words;
