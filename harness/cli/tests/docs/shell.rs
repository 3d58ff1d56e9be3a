//! A reader at a terminal.
//!
//! Takes a page's steps, does them in a folder of its own in which `assay` is a checkout, and gives what went otherwise than
//! the page says. The checkout's files are the real ones, and what is written into it is not.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::page::{Command, Page, Step};

/// What came of a page.
#[derive(Default)]
pub(crate) struct Tried {
    pub(crate) ran: usize,
    /// Commands that were not run, each with the reason.
    pub(crate) left: Vec<String>,
    pub(crate) wrong: Vec<String>,
}

/// Does what a page says.
pub(crate) fn follow(root: &Path, page: &Page) -> Tried {
    let mut reader = Reader::new(root);
    let mut tried = Tried::default();
    for step in &page.steps {
        match step {
            Step::Write { name, text } => reader.write(name, text),
            Step::Type(command) => {
                let place = format!("{}:{}: $ {}", page.path.display(), command.line, command.text);
                match reason_to_leave(command) {
                    Some(reason) => tried.left.push(format!("{place}\n    {reason}")),
                    None => {
                        tried.ran += 1;
                        tried.wrong.extend(reader.types(command).err().map(|what| format!("{place}\n{what}")));
                    }
                }
            }
        }
    }
    tried
}

fn reason_to_leave(command: &Command) -> Option<String> {
    let conditions = &command.conditions;
    if let Some(reason) = &conditions.not_run {
        return Some(reason.clone());
    }
    if let Some(reason) = &conditions.slow
        && std::env::var_os("ASSAY_DOCS_SLOW").is_none()
    {
        return Some(format!("{reason}; ASSAY_DOCS_SLOW=1 runs it"));
    }
    let lacks = conditions.needs.iter().find(|tool| !is_there(tool))?;
    Some(format!("SKIPPED: {lacks} is not here"))
}

/// Whether a program is on the path, or a shim is installed.
fn is_there(tool: &str) -> bool {
    let Some(shim) = tool.strip_prefix("shim ") else { return which::which(tool).is_ok() };
    let cache = std::env::var_os("ASSAY_CACHE").map(PathBuf::from);
    let cache = cache.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cache/assay")));
    cache.is_some_and(|cache| cache.join("shims").join(shim).join(".assay-installed").is_file())
}

struct Reader {
    home: TempDir,
    /// Where the reader is.
    folder: PathBuf,
    programs: PathBuf,
    /// What was exported.
    exports: String,
    /// Process groups in which something may still run.
    groups: Vec<u32>,
}

impl Reader {
    fn new(root: &Path) -> Self {
        let home = tempfile::tempdir().expect("the system has a folder for temporary files");
        let top = home.path().canonicalize().expect("it was just made");
        checkout(root, &top.join("assay"));
        let programs = top.join(".programs");
        fs::create_dir(&programs).expect("the folder is ours");
        link(Path::new(env!("CARGO_BIN_EXE_assay")), &programs.join("assay"));
        // The alias of the checkout would build; what it builds is there.
        let cargo =
            "#!/bin/sh\nif [ \"$1\" = assay ]; then shift; exec assay \"$@\"; fi\nexec \"$REAL_CARGO\" \"$@\"\n";
        executable(&programs.join("cargo"), cargo);
        Self { home, folder: top, programs, exports: String::new(), groups: Vec::new() }
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().expect("it has a name")).expect("the folder is ours");
        fs::write(path, text).expect("the folder is ours");
    }

    fn types(&mut self, command: &Command) -> Result<(), String> {
        if let Some(folder) = command.text.strip_prefix("cd ") {
            self.folder = self.folder.join(folder.trim()).canonicalize().map_err(|error| format!("    {error}"))?;
            return Ok(());
        }
        if command.text.starts_with("export ") {
            self.exports.push_str(&command.text);
            self.exports.push('\n');
        }
        let (code, said) = self.run(&command.text)?;
        if code != command.code {
            return Err(format!("    ended with {code}, not {}:\n{said}", command.code));
        }
        missing(&command.shown, &said).map_or(Ok(()), |line| Err(format!("    does not print `{line}`:\n{said}")))
    }

    /// How it ended and what it printed, stdout and stderr as they came.
    fn run(&mut self, text: &str) -> Result<(i32, String), String> {
        let log = self.home.path().join(".log");
        let output = File::create(&log).expect("the folder is ours");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths([self.programs.clone()].into_iter().chain(std::env::split_paths(&path)));
        let mut process = Process::new("bash");
        process.current_dir(&self.folder).arg("-c").arg(format!("{}{text}", self.exports));
        process.stdin(Stdio::null()).process_group(0);
        process.stdout(output.try_clone().expect("a file can be had twice")).stderr(output);
        for (name, _) in std::env::vars_os() {
            let named = name.to_string_lossy();
            let ours = named.starts_with("ASSAY_") && named != "ASSAY_CACHE";
            if ours || ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"].contains(&&*named) {
                process.env_remove(name);
            }
        }
        process.env("PATH", path.expect("a path has no colon")).env("REAL_CARGO", env!("CARGO"));
        let mut child = process.spawn().map_err(|error| format!("    bash: {error}"))?;
        if text.contains(" & ") {
            self.groups.push(child.id());
        }
        let started = Instant::now();
        let status = loop {
            match child.try_wait().expect("it was started") {
                Some(status) => break status,
                None if started.elapsed() > LONGEST => {
                    let _ = child.kill();
                    return Err(format!("    is not done after {} s", LONGEST.as_secs()));
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        let said = fs::read(&log).expect("it was just written");
        Ok((status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned()))
    }
}

impl Drop for Reader {
    /// What a page starts and does not end goes with the reader.
    fn drop(&mut self) {
        for group in &self.groups {
            let _ =
                Process::new("kill").args(["-s", "TERM", "--", &format!("-{group}")]).stderr(Stdio::null()).status();
        }
    }
}

/// The first shown line that is not printed behind those before it.
fn missing<'s>(shown: &'s [String], said: &str) -> Option<&'s str> {
    let mut said = said.lines();
    shown
        .iter()
        .map(|line| line.trim_end())
        .filter(|line| !line.is_empty() && *line != "…")
        .find(|line| !said.any(|printed| fits(line, printed.trim_end())))
}

/// Whether a line is what was shown, `…` standing for anything.
fn fits(shown: &str, printed: &str) -> bool {
    let mut parts = shown.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = printed.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(found) = rest.find(part) else { return false };
        rest = &rest[found + part.len()..];
    }
    rest.ends_with(last)
}

/// A checkout whose files are the real ones, with a place of its own for what runs leave.
fn checkout(root: &Path, place: &Path) {
    fs::create_dir_all(place.join("reports")).expect("the folder is ours");
    for entry in fs::read_dir(root).expect("the checkout can be read").flatten() {
        let name = entry.file_name();
        if !["reports", "target", "assay-report", ".git"].contains(&&*name.to_string_lossy()) {
            link(&entry.path(), &place.join(name));
        }
    }
    link(&root.join("reports/published"), &place.join("reports/published"));
}

fn link(what: &Path, place: &Path) {
    std::os::unix::fs::symlink(what, place).expect("the folder is ours");
}

fn executable(place: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(place, text).expect("the folder is ours");
    fs::set_permissions(place, fs::Permissions::from_mode(0o755)).expect("the file is ours");
}

/// Building a crate's tests takes minutes.
const LONGEST: Duration = Duration::from_secs(1800);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_shows_is_held_against_what_is_printed() {
        let shown = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let said = "one\n  two 2 three\nfour\n";
        assert_eq!(missing(&shown("one\n…\nfour"), said), None);
        assert_eq!(missing(&shown("one\n  two … three\n"), said), None);
        assert_eq!(missing(&shown("four\none"), said), Some("one"));
        assert_eq!(missing(&shown("one\n  two"), said), Some("  two"));
        assert_eq!(missing(&shown("o…"), said), None);
        assert_eq!(missing(&shown("…three…"), said), None);
        assert_eq!(missing(&shown("…threes…"), said), Some("…threes…"));
    }
}
