//! The bodies of the fuzz targets, a file each.
//!
//! Each takes the engine's octets and panics where something that must hold does not. They run on stable too: every body
//! has a test that shows it some inputs. What a linked crate does wrong is written into the run directory before the
//! panic ([`ledger`]); what the harness itself does wrong is a panic and nothing else.

pub mod cookie_header;
pub mod dictionary;
pub mod differential;
pub mod encrypted_token;
pub mod ledger;
pub mod recipe;
pub mod seeds;
pub mod signed_cookie;
pub mod token_bytes;
pub mod token_structured;
pub mod wire;

mod feedback;
mod judge;
mod trial;

// The command is a program and no library: its reader of `assay.toml` is compiled in as it stands.
#[path = "../../harness/cli/src/config.rs"]
#[expect(dead_code, reason = "only the reading of a text is under test")]
mod config;
#[path = "../../harness/cli/src/error.rs"]
#[expect(dead_code, reason = "what `config` reports with")]
mod error;
#[path = "../../harness/cli/src/shims.rs"]
#[expect(dead_code, reason = "which shims are installed")]
mod shims;

use std::cell::Cell;

use token_assay::model::report::TargetInfo;
use token_assay::model::{Request, Verdict};
use token_assay::targets::Verifier;

use crate::dictionary::Dictionary;
use crate::seeds::Seed;

/// A fuzz target, and what it is started with.
pub struct Target {
    /// Its name, which is that of its program, its seeds and its dictionary.
    pub name: &'static str,
    /// What it does with an input.
    pub run: fn(&[u8]),
    /// The longest input that is worth showing, in octets.
    pub longest: usize,
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Seed>,
    /// Words to put in, where inputs are made of words.
    pub dictionary: Option<fn() -> Dictionary>,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    token_bytes::TARGET,
    token_structured::TARGET,
    recipe::TARGET,
    differential::TARGET,
    cookie_header::TARGET,
    signed_cookie::TARGET,
    encrypted_token::TARGET,
    wire::TARGET,
];

/// Lets targets panic without an end of the process: the engine's own hook would take it down before anything was written.
/// To be called once, after the engine has set that hook.
pub fn prepare() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !ASKING.get() {
            tell(panic);
        }
    }));
}

/// A verifier whose panics are nobody's but its own.
pub(crate) struct Calm(pub(crate) &'static dyn Verifier);

impl Verifier for Calm {
    fn info(&self) -> TargetInfo {
        self.0.info()
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        asking(|| self.0.verify(request))
    }
}

/// Does something in which a panic, which is caught further out, is not told.
pub(crate) fn asking<T>(work: impl FnOnce() -> T) -> T {
    struct Asking;
    impl Drop for Asking {
        fn drop(&mut self) {
            ASKING.set(false);
        }
    }
    ASKING.set(true);
    let _asking = Asking;
    work()
}

/// Shows files, or an empty input where none is named.
pub fn show_files(run: fn(&[u8])) {
    let files: Vec<_> = std::env::args_os().skip(1).collect();
    if files.is_empty() {
        run(&[]);
    }
    for file in files {
        match std::fs::read(&file) {
            Ok(octets) => run(&octets),
            Err(error) => eprintln!("{}: {error}", file.display()),
        }
    }
}

thread_local! {
    static ASKING: Cell<bool> = const { Cell::new(false) };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Octets that are no token and no JSON, of every length, always the same.
    pub(crate) fn noise() -> impl Iterator<Item = Vec<u8>> {
        let mut noise = 0x2545_f491_4f6c_dd1d_u64;
        let mut octet = move || {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            noise.to_le_bytes()[0]
        };
        (0..400).map(move |length| (0..length).map(|_| octet()).collect())
    }

    #[test]
    fn every_target_has_a_program_of_its_name_and_every_program_is_one() {
        let manifest = include_str!("../Cargo.toml");
        let programs = manifest.split("[[bin]]").skip(1).map(|bin| bin.split('"').nth(1).unwrap_or_default());
        let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        assert_eq!(programs.collect::<Vec<_>>(), names);
    }

    #[test]
    fn every_target_stands_its_seeds_and_noise() {
        for target in TARGETS {
            let seeds = (target.seeds)();
            assert!(!seeds.is_empty(), "{} has no seeds", target.name);
            for seed in seeds {
                assert!(seed.octets.len() <= target.longest, "{}: {} would be cut", target.name, seed.name);
                (target.run)(&seed.octets);
            }
            noise().for_each(|octets| (target.run)(&octets));
        }
    }
}
