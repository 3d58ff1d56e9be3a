//! `assay shim`: a shim to start from, in one file, that works before it is changed.

use token_assay_model::ExitCode;

use crate::error::Result;

/// Which one.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The language of the library that is to be tried.
    #[arg(value_enum)]
    language: Language,
}

const EXAMPLES: &str = "Examples:
  assay shim python > shim.py
  assay check --target-cmd 'python3 shim.py'
  assay run --target-cmd 'python3 shim.py'";

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum Language {
    Python,
    Javascript,
    Go,
    Java,
    Ruby,
    Php,
    Rust,
}

impl Language {
    /// The shim.
    pub(super) const fn starter(self) -> &'static str {
        match self {
            Self::Python => include_str!("../../starters/shim.py"),
            Self::Javascript => include_str!("../../starters/shim.js"),
            Self::Go => include_str!("../../starters/shim.go"),
            Self::Java => include_str!("../../starters/Shim.java"),
            Self::Ruby => include_str!("../../starters/shim.rb"),
            Self::Php => include_str!("../../starters/shim.php"),
            Self::Rust => include_str!("../../starters/shim.rs"),
        }
    }
}

/// Prints it.
pub(crate) fn run(arguments: &Arguments) -> Result {
    crate::print(arguments.language.starter());
    Ok(ExitCode::Clean)
}
