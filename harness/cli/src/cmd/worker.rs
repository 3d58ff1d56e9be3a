//! `assay worker`: one linked target behind the protocol, so that a crash costs one case and not the run.

use std::io::{self, BufWriter};

use token_assay::targets::serve;
use token_assay_model::ExitCode;

use crate::error::{Error, Result};

/// Which target.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A linked target's name.
    target: String,
}

/// Serves until stdin ends.
pub(crate) fn run(arguments: &Arguments) -> Result {
    let verifier = token_assay::run::verifier(&arguments.target)
        .ok_or_else(|| Error::usage(format!("no target is called `{}`", arguments.target)))?;
    // What a target prints when it panics is no answer; the answer says it.
    std::panic::set_hook(Box::new(|_| {}));
    let served = serve::serve(verifier, io::stdin().lock(), BufWriter::new(io::stdout().lock()));
    served.map_err(|error| Error::usage("the pipe broke").because(error))?;
    Ok(ExitCode::Clean)
}
