//! The folder of shims, and which of them are installed.
//!
//! Takes a folder in which each shim has one of its own with a `target.toml`, gives the targets whose installation is in the
//! cache. Never installs, never starts anything.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::config::TargetConfig;
use crate::error::{Error, Result};

/// What we read of a `target.toml`; the rest is for those who install.
#[derive(Debug, Deserialize)]
struct Shim {
    name: String,
    command: Vec<String>,
}

/// What `install.py` leaves when it is done.
const STAMP: &str = ".assay-installed";

/// The shims below this folder that are installed, by name.
pub(crate) fn installed(folder: &Path) -> Result<Vec<TargetConfig>> {
    let unreadable = |error: std::io::Error| {
        Error::usage(format!("{} cannot be read", folder.display()))
            .because(error)
            .hint("`shims` names a folder of shims")
    };
    let mut targets = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let folder = entry.map_err(unreadable)?.path();
        let file = folder.join("target.toml");
        if file.is_file() {
            targets.extend(target(&folder, &file)?);
        }
    }
    targets.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(targets)
}

fn target(folder: &Path, file: &Path) -> Result<Option<TargetConfig>> {
    let wrong = |error: &dyn std::fmt::Display| {
        Error::usage(format!("{} is no shim's", file.display())).because(error).hint("see harness/shims/README.md")
    };
    let text = std::fs::read_to_string(file).map_err(|error| wrong(&error))?;
    let shim: Shim = toml::from_str(&text).map_err(|error| wrong(&error.message()))?;
    let Some(cache) = cache(&shim.name).filter(|cache| cache.join(STAMP).is_file()) else { return Ok(None) };
    let cache = cache.to_string_lossy();
    Ok(Some(TargetConfig {
        command: shim.command.iter().map(|word| word.replace("{cache}", &cache)).collect(),
        name: shim.name,
        timeout: None,
        source: None,
        folder: Some(folder.to_owned()),
        quirks: Vec::new(),
    }))
}

/// Where a shim's installation is kept.
fn cache(name: &str) -> Option<PathBuf> {
    let root = match std::env::var_os("ASSAY_CACHE") {
        Some(root) if !root.is_empty() => std::path::absolute(root).ok()?,
        _ => PathBuf::from(std::env::var_os("HOME")?).join(".cache/assay"),
    };
    Some(root.join("shims").join(name))
}
