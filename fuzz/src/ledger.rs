//! The run directory: what linked crates did wrong, on disk before the engine is told.
//!
//! Takes findings. The directory is the one that `ASSAY_FUZZ_DIR` names; without it nothing that a crate does is written
//! or told. A fingerprint that the file `known` in it lists, one a line (`*` is all), is counted; any other is written to
//! `findings/<fingerprint>.json`, whole or not at all, and ends the process. Never says a crate's name anywhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};

use token_assay::model::{Finding, Fingerprint};

/// Enters a finding; one that is new ends the process, which is how the engine is told.
pub fn tell(finding: &Finding) {
    let Some(ledger) = &*NAMED else { return };
    match ledger.enter(finding) {
        Ok(Entry::Known) => {}
        Ok(Entry::New(file)) => panic!("finding {} is written to {}", finding.fingerprint, file.display()),
        Err(error) => panic!("finding {} cannot be written: {error}", finding.fingerprint),
    }
}

/// Whether anybody wants to know what crates do wrong.
pub fn is_kept() -> bool {
    NAMED.is_some()
}

/// A run directory.
#[derive(Debug)]
pub struct Ledger {
    folder: PathBuf,
    known: BTreeSet<String>,
    counts: Mutex<BTreeMap<Fingerprint, u64>>,
}

/// What became of a finding.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry {
    /// It is listed, and was counted.
    Known,
    /// It is not, and lies in this file.
    New(PathBuf),
}

impl Ledger {
    /// Opens a directory, which is made where it is not there, and reads what is known.
    ///
    /// # Errors
    ///
    /// Where it cannot be made, or `known` is there and cannot be read.
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder.join(FINDINGS))?;
        let known = match fs::read_to_string(folder.join(KNOWN)) {
            Ok(text) => text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeSet::new(),
            Err(error) => return Err(error),
        };
        Ok(Self { folder: folder.to_owned(), known, counts: Mutex::default() })
    }

    /// Counts a finding or writes it down.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn enter(&self, finding: &Finding) -> io::Result<Entry> {
        if self.known.contains(ALL) || self.known.contains(&finding.fingerprint.0) {
            self.count(&finding.fingerprint)?;
            return Ok(Entry::Known);
        }
        let file = self.folder.join(FINDINGS).join(format!("{}.json", finding.fingerprint));
        let json = serde_json::to_vec_pretty(finding).map_err(io::Error::other)?;
        write_whole(&file, &json)?;
        Ok(Entry::New(file))
    }

    /// Several processes may share the directory: each has a file of counts, rewritten when a count reaches a power of two.
    fn count(&self, fingerprint: &Fingerprint) -> io::Result<()> {
        let mut counts = self.counts.lock().expect("counting does not panic");
        let count = counts.entry(fingerprint.clone()).or_default();
        *count += 1;
        if !count.is_power_of_two() {
            return Ok(());
        }
        let lines: String = counts.iter().map(|(fingerprint, count)| format!("{fingerprint} {count}\n")).collect();
        write_whole(&self.folder.join(format!("counted-{}", std::process::id())), lines.as_bytes())
    }
}

/// Writes a file so that it is either whole or not there.
pub(crate) fn write_whole(file: &Path, octets: &[u8]) -> io::Result<()> {
    let unfinished = file.with_extension(format!("unfinished-{}", std::process::id()));
    let mut writer = File::create(&unfinished)?;
    writer.write_all(octets)?;
    writer.sync_all()?;
    fs::rename(unfinished, file)
}

static NAMED: LazyLock<Option<Ledger>> = LazyLock::new(|| {
    let folder = PathBuf::from(std::env::var_os("ASSAY_FUZZ_DIR")?);
    Some(Ledger::open(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())))
});

const FINDINGS: &str = "findings";
const KNOWN: &str = "known";
const ALL: &str = "*";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeds;

    #[test]
    fn a_finding_is_on_disk_when_it_is_told_and_reads_back() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let finding = seeds::findings().remove(0);
        let ledger = Ledger::open(folder.path()).expect("it is writable");
        let Ok(Entry::New(file)) = ledger.enter(&finding) else { panic!("nothing is known yet") };
        let read: Finding = serde_json::from_slice(&fs::read(file).expect("it was written")).expect("it is a finding");
        assert_eq!(read, finding);
        let left = fs::read_dir(folder.path().join(FINDINGS)).expect("it is there").count();
        assert_eq!(left, 1, "an unfinished file was left");
    }

    #[test]
    fn what_is_known_is_counted_and_not_written() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let finding = seeds::findings().remove(0);
        let known = format!("00000000 another\n{} documented\n", finding.fingerprint);
        fs::write(folder.path().join(KNOWN), known).expect("it is writable");
        let ledger = Ledger::open(folder.path()).expect("it is readable");
        for _ in 0..5 {
            assert_eq!(ledger.enter(&finding).expect("it is writable"), Entry::Known);
        }
        let counted = folder.path().join(format!("counted-{}", std::process::id()));
        let counted = fs::read_to_string(counted).expect("the count was written");
        assert_eq!(counted, format!("{} 4\n", finding.fingerprint));
        assert_eq!(fs::read_dir(folder.path().join(FINDINGS)).expect("it is there").count(), 0);
    }

    #[test]
    fn a_star_makes_everything_known() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        fs::write(folder.path().join(KNOWN), "*\n").expect("it is writable");
        let ledger = Ledger::open(folder.path()).expect("it is readable");
        assert_eq!(ledger.enter(&seeds::findings().remove(0)).expect("it is writable"), Entry::Known);
    }
}
