//! Installs what shims need: runs the commands of the language's ordinary package manager.
//!
//! Takes a shim and the folder that its installation is kept in, gives what came of it. What is installed goes there alone; nothing
//! is written beside the shim. An installation is whole once its stamp stands, which is the hash of all that it was made from: where that
//! has not changed it is left alone. A language or a library that this machine has not is no failure, and says what would bring it.

use std::path::Path;
use std::process::{Command, Stdio};

use sha2::{Digest as _, Sha256};

use crate::shims::{STAMP, Shim, substituted};

/// What came of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is there now.
    Installed,
    /// It was there already, and made from the same.
    There,
    /// This machine lacks these programs or libraries.
    Lacking(Vec<String>),
    /// A command failed: which, and its last words.
    Failed(String),
}

/// Installs a shim at this place, again if `anew`.
pub(crate) fn install(shim: &Shim, place: &Path, anew: bool) -> Outcome {
    let version = probe(shim);
    let stamp = stamp(shim, version.as_deref());
    if !anew && is_whole(place, &stamp) {
        return Outcome::There;
    }
    let mut lacking = missing_programs(&shim.install, &shim.command);
    if lacking.is_empty() && shim.probe.is_some() && version.is_none() {
        lacking.push(shim.library.clone());
    }
    if !lacking.is_empty() {
        return Outcome::Lacking(lacking);
    }
    match make(&shim.install, &shim.folder, place, &stamp) {
        Ok(()) => Outcome::Installed,
        Err(why) => Outcome::Failed(why),
    }
}

/// Whether what was made from the same stands there.
pub(crate) fn is_whole(place: &Path, stamp: &str) -> bool {
    std::fs::read_to_string(place.join(STAMP)).is_ok_and(|found| found == stamp)
}

/// Runs the commands with an empty folder as `{cache}`, and leaves the stamp when all have ended well.
pub(crate) fn make(commands: &[Vec<String>], folder: &Path, place: &Path, stamp: &str) -> Result<(), String> {
    let writing = |error: std::io::Error| format!("{} cannot be written: {error}", place.display());
    if place.exists() {
        std::fs::remove_dir_all(place).map_err(writing)?;
    }
    std::fs::create_dir_all(place).map_err(writing)?;
    for command in commands {
        run(&substituted(command, place), folder)?;
    }
    std::fs::write(place.join(STAMP), stamp).map_err(writing)
}

fn run(command: &[String], folder: &Path) -> Result<(), String> {
    let Some((program, arguments)) = command.split_first() else { return Ok(()) };
    let shown = command.join(" ");
    let done = Command::new(program).args(arguments).current_dir(folder).stdin(Stdio::null()).output();
    let done = done.map_err(|error| format!("`{shown}` could not be started: {error}"))?;
    if done.status.success() {
        return Ok(());
    }
    let said = [&done.stderr, &done.stdout].map(|octets| String::from_utf8_lossy(octets).trim().to_owned());
    let last = said.iter().find_map(|text| text.lines().next_back()).unwrap_or("it said nothing");
    Err(format!("`{shown}`: {}: {last}", done.status))
}

/// The programs of these commands that are not on the path; those in `{cache}` are made by an earlier command.
fn missing_programs(install: &[Vec<String>], command: &[String]) -> Vec<String> {
    let commands = install.iter().map(Vec::as_slice).chain([command]);
    let mut programs: Vec<String> = commands.filter_map(|command| command.first()).cloned().collect();
    programs.retain(|program| !program.contains("{cache}") && which::which(program).is_err());
    programs.sort();
    programs.dedup();
    programs
}

/// The version of a library that comes with the system; nothing where there is none.
fn probe(shim: &Shim) -> Option<String> {
    let (program, arguments) = shim.probe.as_ref()?.split_first()?;
    let done = Command::new(program).args(arguments).current_dir(&shim.folder).stdin(Stdio::null()).output().ok()?;
    let version = String::from_utf8_lossy(&done.stdout).trim().to_owned();
    (done.status.success() && !version.is_empty()).then_some(version)
}

/// The hash of what an installation is made from: of a library from a registry the lock file, of one from the system the sources
/// of the shim and the library's version.
fn stamp(shim: &Shim, version: Option<&str>) -> String {
    let locked = |name: &str| ["target.toml", "requirements.txt", "package.json", "package-lock.json"].contains(&name);
    let sources = shim.probe.is_some();
    // C++ takes what C has.
    let shared = shim.folder.with_file_name(if shim.language == "c++" { "c" } else { &shim.language });
    let mut hash = Sha256::new();
    for (folder, all) in [(&shim.folder, sources), (&shared, true)] {
        if folder == &shared && !sources {
            continue;
        }
        for (name, octets) in files(folder) {
            if all || locked(&name) {
                hash.update(name.as_bytes());
                hash.update(octets.len().to_le_bytes());
                hash.update(octets);
            }
        }
    }
    hash.update(version.unwrap_or_default());
    hash.finalize().iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The files of a folder, by name; what cannot be read is not there.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let read = |entry: std::fs::DirEntry| {
        Some((entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).ok()?))
    };
    let mut files: Vec<_> = entries.filter_map(read).collect();
    files.sort();
    files
}
