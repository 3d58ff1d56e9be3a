//! How much an engine finds: the tokens of a fuzz target shown to verifiers that are wrong on purpose.
//!
//! Where `ASSAY_FUZZ_TRIAL` names a file, targets show their tokens to the strawmen and to no crate, and nothing is told; the
//! file holds a line of JSON that `assay fuzz --evaluate` reads. `ASSAY_FUZZ_ENGINE` and `ASSAY_FUZZ_SEED` say what was tried.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use token_assay::generate::Made;
use token_assay::power::{self, Watch};

use crate::{asking, ledger};

/// Whether strawmen are asked instead of crates.
pub(crate) fn is_wanted() -> bool {
    FILE.is_some()
}

/// Shows a token to those that are not found out yet.
pub(crate) fn show(made: &Made<'_>, engine: &'static str) {
    let Some(file) = &*FILE else { return };
    WATCH.with_borrow_mut(|watch| {
        let found = asking(|| watch.show(made));
        if found || watch.cases().is_multiple_of(EVERY) {
            let engine = std::env::var("ASSAY_FUZZ_ENGINE").unwrap_or_else(|_| engine.to_owned());
            let seed = std::env::var("ASSAY_FUZZ_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_default();
            let mut line = serde_json::to_vec(&watch.trial(&engine, seed)).expect("a trial is JSON");
            line.push(b'\n');
            ledger::write_whole(file, &line).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        }
    });
}

static FILE: LazyLock<Option<PathBuf>> = LazyLock::new(|| Some(std::env::var_os("ASSAY_FUZZ_TRIAL")?.into()));

thread_local! {
    static WATCH: RefCell<Watch> = RefCell::new(Watch::new(&power::strawmen(), Duration::MAX));
}

/// After how many tokens the file is written again.
const EVERY: u64 = 4096;
