//! The museum: releases of libraries with a vulnerability that is public, and the releases that mended it.
//!
//! Takes the tables of `harness/museum`, gives for each release the shim that shows it and what installs it. Never installs and never
//! runs: nothing of the harness looks at a package's name or version, which stand here alone.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::shims::Shim;

/// A vulnerability, the release that has it and the release that has not.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exhibit {
    /// Its public name, and after a slash the configuration where there are several.
    pub(crate) id: String,
    /// The target that shows it: a shim, or a variant of one.
    pub(crate) shim: String,
    /// The package, as its registry calls it.
    pub(crate) package: String,
    /// What the package manager is given for the release that is wrong, every version pinned.
    pub(crate) vulnerable: Vec<String>,
    /// The same for the one that is mended; nothing where none is.
    #[serde(default)]
    pub(crate) fixed: Vec<String>,
    /// Globs of case classes: what the vulnerability is about.
    pub(crate) classes: Vec<String>,
    /// What must be so for it to matter, from its advisory.
    pub(crate) precondition: String,
    /// Why it is not found, where that is known.
    pub(crate) missed: Option<String>,
}

/// The tables of a folder, in the order of their files.
pub(crate) fn read(folder: &Path) -> Result<Vec<Exhibit>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        #[serde(default)]
        release: Vec<Exhibit>,
    }
    let unreadable = |path: &Path, error: &dyn std::fmt::Display| {
        Error::usage(format!("{} cannot be read", path.display())).because(error)
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(|error| unreadable(folder, &error).hint("run in a checkout of assay"))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    let mut exhibits = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|error| unreadable(&file, &error))?;
        let table: Table = toml::from_str(&text).map_err(|error| unreadable(&file, &error))?;
        exhibits.extend(table.release);
    }
    Ok(exhibits)
}

/// One release, as its language's package manager installs it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Release {
    /// The language of its shim.
    language: String,
    /// What is installed.
    pins: Vec<String>,
}

impl Release {
    /// These pins for this shim.
    pub(crate) fn new(shim: &Shim, pins: &[String]) -> Self {
        Self { language: shim.language.clone(), pins: pins.to_vec() }
    }

    /// What is tried, as its package manager calls it.
    pub(crate) fn name(&self) -> &str {
        self.pins.first().map_or("", String::as_str)
    }

    /// What stands for it: the hash of what it is made of.
    pub(crate) fn stamp(&self) -> String {
        let hash = Sha256::digest(format!("{}\n{}", self.language, self.pins.join("\n")));
        hash.iter().take(8).map(|octet| format!("{octet:02x}")).collect()
    }

    /// Where it is kept.
    pub(crate) fn place(&self, cache: &Path) -> PathBuf {
        cache.join("museum").join(self.stamp())
    }

    /// What installs it; nothing for a language whose old releases no registry gives here.
    pub(crate) fn commands(&self) -> Option<Vec<Vec<String>>> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
        let with_pins = |command: &[&str]| words(command).into_iter().chain(self.pins.iter().cloned()).collect();
        match self.language.as_str() {
            "python" => Some(vec![
                words(&["python3", "-m", "venv", "{cache}"]),
                with_pins(&["{cache}/bin/pip", "install", "--quiet", "--disable-pip-version-check"]),
            ]),
            "javascript" => Some(vec![with_pins(&[
                "npm",
                "install",
                "--prefix",
                "{cache}",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
            ])]),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shims;

    #[test]
    fn every_exhibit_has_a_shim_and_classes_that_there_are() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let (exhibits, shims) = (read(&root.join("museum")).unwrap(), shims::all(&root.join("shims")).unwrap());
        assert!(exhibits.len() > 30, "{}", exhibits.len());
        let mut ids = std::collections::BTreeSet::new();
        for exhibit in &exhibits {
            let id = &exhibit.id;
            assert!(ids.insert(id), "{id} stands twice");
            let shim = shims.iter().find(|shim| shim.is_called(&exhibit.shim));
            let shim = shim.unwrap_or_else(|| panic!("{id}: no shim is called {}", exhibit.shim));
            assert!(Release::new(shim, &exhibit.vulnerable).commands().is_some(), "{id}: nothing installs it");
            assert!(!exhibit.vulnerable.is_empty() && exhibit.vulnerable != exhibit.fixed, "{id}");
            assert!(!exhibit.precondition.is_empty(), "{id}");
            for class in &exhibit.classes {
                let glob = globset::Glob::new(class).unwrap().compile_matcher();
                let mut all = token_assay::attacks::classes();
                let named = all.any(|(family, class)| glob.is_match(format!("{}/{}", family.id, class.id)));
                let named = named || glob.is_match("run/tampered-control");
                assert!(named, "{id}: no class is called {class}");
            }
        }
    }

    #[test]
    fn a_release_is_what_is_pinned_and_the_language() {
        let release = |language: &str, pins: &[&str]| Release {
            language: language.to_owned(),
            pins: pins.iter().map(|pin| (*pin).to_owned()).collect(),
        };
        let (one, other) = (release("python", &["a==1"]), release("python", &["a==2"]));
        assert_ne!(one.stamp(), other.stamp());
        assert_eq!(one.commands().unwrap()[1].last().unwrap(), "a==1");
        assert_eq!(release("cobol", &[]).commands(), None);
    }
}
