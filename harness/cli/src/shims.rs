//! The folder of shims: what each is, where its installation is kept, and the targets that it makes.
//!
//! Takes a folder in which each shim has one of its own with a `target.toml`. Never installs, never starts anything.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::config::{QuirkConfig, TargetConfig};
use crate::error::{Error, Result};

/// A `target.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shim {
    /// The target's name.
    pub(crate) name: String,
    /// The language of the library.
    #[serde(default)]
    pub(crate) language: String,
    /// The library, as its registry calls it.
    #[serde(default)]
    pub(crate) library: String,
    /// What starts it, in its folder; `{cache}` is its installation.
    pub(crate) command: Vec<String>,
    /// What installs it, in its folder.
    #[serde(default)]
    pub(crate) install: Vec<Vec<String>>,
    /// Of a library that comes with the system: prints its version, or fails.
    pub(crate) probe: Option<Vec<String>>,
    /// The Debian packages that bring it.
    #[serde(default)]
    pub(crate) debian: Vec<String>,
    /// Where the library is at home; the shim's greeting says it too.
    #[serde(default, rename = "homepage")]
    _homepage: String,
    #[serde(default, rename = "issues")]
    _issues: String,
    /// Other documented ways of configuring the same library, each a target of its own.
    #[serde(default, rename = "variant")]
    pub(crate) variants: Vec<Variant>,
    /// Differences that the library documents, and that harm nobody; of its variants too.
    #[serde(default, rename = "quirk")]
    quirks: Vec<QuirkConfig>,
    /// Its folder.
    #[serde(skip)]
    pub(crate) folder: PathBuf,
}

/// `[[variant]]`: the same shim, called in another way.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variant {
    /// The target's name.
    pub(crate) name: String,
    /// What is added to the command.
    pub(crate) arguments: Vec<String>,
    /// What is different, in a sentence.
    pub(crate) what: String,
}

/// What an installation leaves when it is whole.
pub(crate) const STAMP: &str = ".assay-installed";

/// The shims below this folder, by name.
pub(crate) fn all(folder: &Path) -> Result<Vec<Shim>> {
    let unreadable = |error: std::io::Error| {
        Error::usage(format!("{} cannot be read", folder.display()))
            .because(error)
            .hint("`shims` names a folder of shims")
    };
    let mut shims: Vec<Shim> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let folder = entry.map_err(unreadable)?.path();
        let file = folder.join("target.toml");
        if file.is_file() {
            shims.push(read(&folder, &file)?);
        }
    }
    shims.sort_by(|a, b| a.name.cmp(&b.name));
    if let Some(pair) = shims.windows(2).find(|pair| pair[0].name == pair[1].name) {
        return Err(Error::usage(format!("two shims are called {}", pair[0].name)));
    }
    Ok(shims)
}

/// The targets of those that are installed.
pub(crate) fn installed(folder: &Path) -> Result<Vec<TargetConfig>> {
    let here = |shim: &Shim| shim.installation().filter(|place| place.join(STAMP).is_file());
    Ok(all(folder)?.iter().filter_map(|shim| Some(shim.targets(&here(shim)?))).flatten().collect())
}

fn read(folder: &Path, file: &Path) -> Result<Shim> {
    let wrong = |error: &dyn std::fmt::Display| {
        Error::usage(format!("{} is no shim's", file.display())).because(error).hint("see harness/shims/README.md")
    };
    let text = std::fs::read_to_string(file).map_err(|error| wrong(&error))?;
    let shim: Shim = toml::from_str(&text).map_err(|error| wrong(&error.message()))?;
    shim.quirks.iter().try_for_each(QuirkConfig::check)?;
    Ok(Shim { folder: folder.to_owned(), ..shim })
}

impl Shim {
    /// Whether the target, or that of a variant, has this name.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.variants.iter().any(|variant| variant.name == name)
    }

    /// Where its installation is kept; nowhere without a home.
    pub(crate) fn installation(&self) -> Option<PathBuf> {
        Some(cache()?.join("shims").join(&self.name))
    }

    /// The target, and those of its variants, with this installation.
    pub(crate) fn targets(&self, installation: &Path) -> Vec<TargetConfig> {
        let target = |name: &str, arguments: &[String]| TargetConfig {
            command: substituted(&self.command, installation).into_iter().chain(arguments.iter().cloned()).collect(),
            folder: Some(self.folder.clone()),
            quirks: self.quirks.clone(),
            ..TargetConfig::named(name)
        };
        let variants = self.variants.iter().map(|variant| target(&variant.name, &variant.arguments));
        std::iter::once(target(&self.name, &[])).chain(variants).collect()
    }
}

/// A command with the folder of an installation in it.
pub(crate) fn substituted(command: &[String], installation: &Path) -> Vec<String> {
    command.iter().map(|word| word.replace("{cache}", &installation.to_string_lossy())).collect()
}

/// Where installations are kept.
pub(crate) fn cache() -> Option<PathBuf> {
    match std::env::var_os("ASSAY_CACHE") {
        Some(root) if !root.is_empty() => std::path::absolute(root).ok(),
        _ => Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/assay")),
    }
}
