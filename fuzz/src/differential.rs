//! Plain tokens before every linked crate at once.
//!
//! Takes a token as [`crate::token_structured`] does, and tells the engine which answers all crates together gave: a token that
//! they answer in a way that was not seen before is kept. What differs where the standard allows no difference is told as
//! every other finding.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use token_assay::model::Observation;

use crate::dictionary::Dictionary;
use crate::{Target, judge, seeds, token_structured};

/// The target.
pub const TARGET: Target = Target {
    name: "differential",
    run,
    longest: seeds::LONGEST_TOKEN,
    seeds: seeds::policies,
    dictionary: Some(Dictionary::of_json),
};

/// Shows one input.
pub fn run(data: &[u8]) {
    let seen = judge::show(&token_structured::exhibit(data), TARGET.name);
    crate::feedback::note(way(&seen));
}

/// How all answered together, as a number.
fn way(seen: &[Option<Observation>]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for one in seen {
        one.as_ref().map(|observation| observation.answer.to_string()).hash(&mut hasher);
    }
    hasher.finish()
}
