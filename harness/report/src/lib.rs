//! Renders reports.
//!
//! Takes a [`Report`], gives bytes in one of the formats of [`Format`]; [`read`] is the way back from `report.json`, and
//! [`Diff`] compares two reports. Never touches the disk, the clock or a target, and never shows text of a token or a
//! target as it stands: what is hidden or controls a terminal, a page or a parser is escaped.
//!
//! A format is one file beside this one, its variant, and its line in the one list below.
//!
//! ```
//! use token_assay_report::{Format, read};
//!
//! assert_eq!("sarif".parse(), Ok(Format::Sarif));
//! let error = read(b"{ cut off").unwrap_err();
//! assert!(!error.to_string().is_empty());
//! ```

pub mod audit;
mod badge;
pub mod bench;
mod campaign;
mod cost;
mod detail;
mod diff;
mod facts;
mod html;
pub mod inspect;
mod json;
mod junit;
mod markdown;
mod matrix;
mod notes;
mod sarif;
pub mod sessions;
mod terminal;
mod text;
mod token;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use token_assay_model::{ExitCode, Finding, Report};

pub use diff::{Bearing, Change, Diff};
pub use json::{ReadError, read};
pub use terminal::{finding_block, finding_line, found_line};
pub use text::{shown, shown_octets};

/// A way of writing a report down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// The report itself.
    Json,
    /// JUnit XML, for what shows test results.
    Junit,
    /// SARIF 2.1.0, for what shows security findings beside the source.
    Sarif,
    /// GitHub's Markdown, for a step summary.
    Markdown,
    /// The JSON of a shields.io endpoint badge.
    Badge,
    /// One page for a browser.
    Html,
    /// Text for people.
    Terminal,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] =
        &[Self::Json, Self::Junit, Self::Sarif, Self::Markdown, Self::Html, Self::Badge, Self::Terminal];

    /// The word on the command line.
    pub const fn as_str(self) -> &'static str {
        self.line().0
    }

    /// The name of its file in a run's directory.
    pub const fn file_name(self) -> &'static str {
        self.line().1
    }

    /// The report in this format.
    ///
    /// ```
    /// use token_assay_report::{Format, Options, read};
    ///
    /// # fn main() {
    /// # let kept = include_bytes!("../tests/golden/sound-report.json");
    /// // `kept` is what a run wrote as `report.json`.
    /// let report = read(kept).expect("it is a report");
    /// let page = Format::Html.render(&report, &Options::default());
    /// assert!(page.starts_with(b"<!doctype html>"));
    /// # }
    /// ```
    pub fn render(self, report: &Report, options: &Options) -> Vec<u8> {
        self.line().2(report, options)
    }

    /// The list: word, file, renderer.
    const fn line(self) -> (&'static str, &'static str, Renderer) {
        match self {
            Self::Json => ("json", "report.json", json::render),
            Self::Junit => ("junit", "junit.xml", junit::render),
            Self::Sarif => ("sarif", "assay.sarif", sarif::render),
            Self::Markdown => ("markdown", "report.md", markdown::render),
            Self::Html => ("html", "report.html", html::render),
            Self::Badge => ("badge", "badge.json", badge::render),
            Self::Terminal => ("terminal", "report.txt", terminal::render),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    /// Reads the word; `md` is short for `markdown`.
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "md" => Ok(Self::Markdown),
            _ => Self::ALL
                .iter()
                .copied()
                .find(|format| format.as_str() == word)
                .ok_or_else(|| UnknownFormat { found: word.to_owned() }),
        }
    }
}

/// A word that names no format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFormat {
    /// What was found.
    pub found: String,
}

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = Format::ALL.iter().map(|format| format.as_str()).collect();
        write!(f, "`{}` is no format; these are: {}", shown(&self.found, text::LINE), words.join(", "))
    }
}

impl std::error::Error for UnknownFormat {}

/// What a renderer is told besides the report.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether text for people is styled.
    pub color: bool,
    /// How many findings are shown in full to people; the others are counted.
    pub max_findings: usize,
    /// For a target's name, the file and line that its findings are shown at; `assay.toml`, line 1, for others.
    pub source_of: BTreeMap<String, (String, u32)>,
    /// Where the report is kept, as people are told.
    pub report: Option<String>,
    /// How the process that made the report ended, where it is known.
    pub exit_code: Option<ExitCode>,
    /// Writes a finding as a test, for pages that show it.
    pub as_test: Option<fn(&Finding) -> Option<String>>,
}

impl Default for Options {
    fn default() -> Self {
        Self { color: false, max_findings: 5, source_of: BTreeMap::new(), report: None, exit_code: None, as_test: None }
    }
}

type Renderer = fn(&Report, &Options) -> Vec<u8>;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_format_has_a_word_of_its_own_that_reads_back_and_a_file_of_its_own() {
        let files: BTreeSet<_> = Format::ALL.iter().map(|format| format.file_name()).collect();
        assert_eq!(files.len(), Format::ALL.len());
        for format in Format::ALL {
            assert_eq!(format.as_str().parse(), Ok(*format));
        }
        assert_eq!("md".parse(), Ok(Format::Markdown));
    }

    #[test]
    fn an_unknown_format_is_answered_with_those_that_are() {
        let error = "pdf".parse::<Format>().expect_err("no such format");
        assert_eq!(
            error.to_string(),
            "`pdf` is no format; these are: json, junit, sarif, markdown, html, badge, terminal"
        );
    }
}
