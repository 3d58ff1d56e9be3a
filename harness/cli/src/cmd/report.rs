//! `assay report`: renders what is on disk; never runs anything.

use std::path::{Path, PathBuf};

use token_assay_model::{ExitCode, Report};
use token_assay_report::{Format, Options};

use super::Configuration;
use crate::config::Config;
use crate::error::Result;
use crate::store;

/// What to render, and how.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A report.json or a run folder [default: the latest run].
    path: Option<PathBuf>,
    /// The format.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    format: Format,
    /// Write to this file instead of stdout.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// An earlier report.json or run folder: what is new since then, and since when the rest is known.
    #[arg(long, value_name = "PATH")]
    baseline: Option<PathBuf>,
    /// Print the JSON Schema of report.json.
    #[arg(long, conflicts_with_all = ["path", "format", "out", "baseline"])]
    schema: bool,
    #[command(flatten)]
    config: Configuration,
}

const EXAMPLES: &str = "Examples:
  assay report                             # the latest run, for a terminal
  assay report --format sarif --out assay.sarif
  assay report --schema > report.schema.json";

/// Renders.
pub(crate) fn run(arguments: &Arguments) -> Result {
    if arguments.schema {
        let schema = schemars::schema_for!(Report);
        crate::print(&format!("{:#}\n", schema.to_value()));
        return Ok(ExitCode::Clean);
    }
    let (mut report, path) = store::read_report(arguments.path.as_deref())?;
    if let Some(earlier) = &arguments.baseline {
        report.compare_with(&store::read_report(Some(earlier))?.0);
    }
    let config = arguments.config.read()?;
    let color = crate::shows_color() && arguments.out.is_none();
    let octets = arguments.format.render(&report, &options(&config, &report, color, Some(&path)));
    match &arguments.out {
        Some(file) => store::write_whole(file, &octets)?,
        None => crate::print_octets(&octets),
    }
    Ok(ExitCode::Clean)
}

/// How the renderers are to render this report.
pub(super) fn options(config: &Config, report: &Report, color: bool, path: Option<&Path>) -> Options {
    let file = config.path.as_ref().map_or_else(
        || "assay.toml".to_owned(),
        |path| {
            let name = path.file_name().unwrap_or_default();
            name.to_string_lossy().into_owned()
        },
    );
    let source = |target: &token_assay_model::report::TargetReport| {
        let name = target.info.name.clone();
        let of_config = config.targets.iter().find(|configured| configured.name == name);
        let place = match of_config.and_then(|configured| configured.source.clone()) {
            Some(source) => (source, 1),
            None => (file.clone(), config.line_of(&name).unwrap_or(1)),
        };
        (name, place)
    };
    Options {
        color,
        source_of: report.targets.iter().map(source).collect(),
        report: path.map(|path| path.display().to_string()),
        exit_code: None,
        as_test: Some(|finding| super::replay::as_test(finding).ok()),
        ..Options::default()
    }
}
