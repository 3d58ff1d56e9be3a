//! `assay diff`: the verdicts that changed between two reports.

use std::path::PathBuf;

use token_assay_model::ExitCode;
use token_assay_report::{Diff, Options};

use crate::error::Result;
use crate::store;

/// Which two.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The earlier report.json or run folder.
    old: PathBuf,
    /// The later one.
    new: PathBuf,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Form::Text, value_name = "FORMAT")]
    format: Form,
}

const EXAMPLES: &str = "Examples:
  assay diff before/report.json after/report.json
  assay diff before after --format markdown";

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Text,
    Markdown,
}

/// Compares. Exit code 1 says that something got worse.
pub(crate) fn run(arguments: &Arguments) -> Result {
    let (old, _) = store::read_report(Some(&arguments.old))?;
    let (new, _) = store::read_report(Some(&arguments.new))?;
    let diff = Diff::new(&old, &new);
    let text = match arguments.format {
        Form::Text => diff.text(&Options { color: crate::shows_color(), ..Options::default() }),
        Form::Markdown => diff.markdown(),
    };
    crate::print(&text);
    Ok(if diff.is_worse() { ExitCode::Findings } else { ExitCode::Clean })
}
