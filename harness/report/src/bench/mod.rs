//! What is said of measurements.
//!
//! [`Comparison`] takes an earlier and a later `bench.json` and says what got slower; [`page`] takes one and gives the report:
//! who costs what, and what follows for the reader's own numbers ([`decide`]). [`read`] is the way back from the file. Never
//! measures, and never ranks what cannot be told apart.

mod compare;
mod costs;
pub mod decide;
mod figures;
pub mod page;
mod plot;
#[cfg(test)]
mod sample;

use std::fmt;

use token_assay_model::bench::{Bench, SCHEMA};

pub use compare::{Comparison, RowChange, Verdict};
pub use decide::Needs;
pub use page::Form;

/// The measurement as `bench.json`: a line for each row, so that two of them can be told apart by eye.
pub fn write(bench: &Bench) -> Vec<u8> {
    let mut text = serde_json::to_string_pretty(bench).expect("a measurement is JSON");
    text.push('\n');
    text.into_bytes()
}

/// Reads `bench.json`.
///
/// # Errors
///
/// Where it is no JSON, no measurement, or one of another version.
pub fn read(octets: &[u8]) -> Result<Bench, ReadError> {
    #[derive(serde::Deserialize)]
    struct Version {
        schema: u32,
    }
    let version: Version = serde_json::from_slice(octets).map_err(|error| ReadError(error.to_string()))?;
    if version.schema != SCHEMA {
        return Err(ReadError(format!("it is of version {}, and this assay reads version {SCHEMA}", version.schema)));
    }
    serde_json::from_slice(octets).map_err(|error| ReadError(error.to_string()))
}

/// Why a file is no measurement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError(String);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReadError {}
