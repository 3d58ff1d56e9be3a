//! Writes the seeds, dictionaries and options of every fuzz target into a folder:
//! `cargo run -p token-assay-fuzz --example seeds -- <folder>`. An example, because cargo-fuzz takes every program for a target.

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("error: no folder\n  hint:  seeds <folder>");
        return ExitCode::from(2);
    };
    match token_assay_fuzz::seeds::write(folder.as_ref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: the seeds cannot be written\n  cause: {error}");
            ExitCode::FAILURE
        }
    }
}
