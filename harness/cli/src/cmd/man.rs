//! `assay man`: the manual pages, made from the same arguments as the help: that of `assay` on stdout, or one a verb in a folder.

use std::path::PathBuf;

use clap_mangen::Man;
use token_assay_model::ExitCode;

use crate::error::{Error, Result};

/// Where to.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Write assay.1 and a page a verb into this folder.
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  assay man | man -l -
  assay man ~/.local/share/man/man1 && man assay-inspect";

/// Prints or writes them.
pub(crate) fn run(arguments: &Arguments) -> Result {
    let command = crate::command();
    let Some(folder) = &arguments.folder else {
        let mut octets = Vec::new();
        Man::new(command)
            .render(&mut octets)
            .map_err(|error| Error::usage("the page cannot be made").because(error))?;
        crate::print_octets(&octets);
        return Ok(ExitCode::Clean);
    };
    let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    written.map_err(|error| {
        let error = Error::usage(format!("{} cannot be written", folder.display())).because(error);
        error.hint("give a folder that you may write to")
    })?;
    Ok(ExitCode::Clean)
}
