//! `assay completions`: what a shell completes, on stdout. Made from the same arguments as the help.

use clap_complete::Shell;
use token_assay_model::ExitCode;

use crate::error::Result;

/// For which shell.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

const EXAMPLES: &str = "Examples:
  assay completions bash > ~/.local/share/bash-completion/completions/assay
  assay completions zsh > ~/.zfunc/_assay
  assay completions fish > ~/.config/fish/completions/assay.fish";

/// Prints them.
pub(crate) fn run(arguments: &Arguments) -> Result {
    let mut octets = Vec::new();
    clap_complete::generate(arguments.shell, &mut crate::command(), "assay", &mut octets);
    crate::print_octets(&octets);
    Ok(ExitCode::Clean)
}
