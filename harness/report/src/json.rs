//! The report itself.
//!
//! Takes a report, gives its JSON; takes such JSON back and says exactly what is wrong with it where it is none.

use std::fmt;

use serde::Deserialize;
use serde_json::error::Category;
use token_assay_model::Report;
use token_assay_model::deep;
use token_assay_model::report::SCHEMA;

use crate::Options;
use crate::text::{SENTENCE, shown};

pub(crate) fn render(report: &Report, _: &Options) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(report).expect("a report's map keys are words and its values are JSON");
    bytes.push(b'\n');
    bytes
}

/// Reads `report.json`.
///
/// # Errors
///
/// Where it is no JSON, not whole, of another version, or something else than a report.
pub fn read(bytes: &[u8]) -> Result<Report, ReadError> {
    if deep::depth(bytes) > deep::LIMIT {
        return Err(ReadError::TooDeep);
    }
    let Probe { schema } = deep::read(bytes).map_err(|error| match error.classify() {
        Category::Eof => ReadError::Truncated { line: error.line(), column: error.column() },
        Category::Syntax | Category::Io => ReadError::NotJson { cause: cause(&error) },
        Category::Data => ReadError::NotAReport { cause: cause(&error) },
    })?;
    if schema != SCHEMA {
        return Err(ReadError::OtherSchema { found: schema });
    }
    deep::read(bytes).map_err(|error| ReadError::NotAReport { cause: cause(&error) })
}

/// Why a report could not be read. The message is what and why; [`hint`](Self::hint) is what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadError {
    /// It is no JSON.
    NotJson {
        /// Where it stops being any.
        cause: String,
    },
    /// It ends in the middle.
    Truncated {
        /// The last line.
        line: usize,
        /// The last column.
        column: usize,
    },
    /// It is a report of another version.
    OtherSchema {
        /// Its number.
        found: u32,
    },
    /// It is JSON, but no report.
    NotAReport {
        /// What is wrong, and where.
        cause: String,
    },
    /// It is nested more deeply than any report.
    TooDeep,
}

impl ReadError {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NotJson { .. } | Self::NotAReport { .. } | Self::TooDeep => {
                "give the report.json of a run's directory, as `assay run` or `assay fuzz` wrote it"
            }
            Self::Truncated { .. } => "the copy is not whole: copy it again, or run again",
            Self::OtherSchema { found } if *found > SCHEMA => "a newer assay wrote it: read it with that version",
            Self::OtherSchema { .. } => "an older assay wrote it: read it with that version, or run again",
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson { cause } => write!(f, "read the report: it is no JSON: {cause}"),
            Self::Truncated { line, column } => {
                write!(f, "read the report: it ends in the middle, at line {line} column {column}")
            }
            Self::OtherSchema { found } => {
                write!(f, "read the report: its schema is {found}, and this program reads {SCHEMA}")
            }
            Self::NotAReport { cause } => write!(f, "read the report: it is JSON but no report: {cause}"),
            Self::TooDeep => write!(f, "read the report: it is nested more than {} deep", deep::LIMIT),
        }
    }
}

impl std::error::Error for ReadError {}

/// The one member that says how to read the others.
#[derive(Deserialize)]
struct Probe {
    schema: u32,
}

fn cause(error: &serde_json::Error) -> String {
    shown(&error.to_string(), SENTENCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> ReadError {
        read(text.as_bytes()).expect_err("no report")
    }

    #[test]
    fn a_report_that_cannot_be_read_is_told_from_the_others() {
        let said = ["", "{\n\"schema\": 1,", "schema = 1", "{\"schema\": 2}", "{\"schema\": 1}", "[]"].map(error);
        let messages = said.each_ref().map(ToString::to_string);
        assert_eq!(
            messages,
            [
                "read the report: it ends in the middle, at line 1 column 0",
                "read the report: it ends in the middle, at line 2 column 12",
                "read the report: it is no JSON: expected value at line 1 column 1",
                "read the report: its schema is 2, and this program reads 1",
                "read the report: it is JSON but no report: missing field `tool` at line 1 column 13",
                "read the report: it is JSON but no report: invalid length 0, expected struct Probe with 1 element at line 1 column 2",
            ]
        );
        assert!(said.iter().all(|error| !error.hint().is_empty()));
    }

    #[test]
    fn a_document_without_end_is_refused_before_it_fills_the_stack() {
        assert_eq!(error(&"[".repeat(1 << 20)), ReadError::TooDeep);
    }

    #[test]
    fn a_hostile_member_name_is_shown_escaped() {
        assert_eq!(
            error("{\"schema\":1,\"\u{1b}[2J\":1}").to_string(),
            r"read the report: it is no JSON: control character (\u0000-\u001F) found while parsing a string at line 1 column 14"
        );
        let ReadError::NotAReport { cause } = error(r#"{"schema":1,"\u001b[2J":1}"#) else { panic!("not a report") };
        assert!(cause.starts_with(r"unknown field `\u{1b}[2J`"), "{cause}");
    }
}
