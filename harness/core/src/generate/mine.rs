//! Literals mined from a target: what only its own source or binary knows.
//!
//! Takes a file or a folder, gives the strings and numbers that stand in it. A bug that hangs on a magic value falls to
//! nothing else. Reads text sources by their quotes, everything else by its runs of printable ASCII; never runs anything.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

use super::recipe::Text;

/// What was found, sorted, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Literals {
    /// Strings.
    pub texts: Vec<Text>,
    /// Numbers, as they are written in JSON.
    pub numbers: Vec<Text>,
}

impl Literals {
    /// The literals of a file, or of all files below a folder; folders whose name starts with a dot, `target` and
    /// `node_modules` are passed over.
    ///
    /// # Errors
    ///
    /// Where the path cannot be read.
    pub fn mine(path: &Path) -> std::io::Result<Self> {
        let mut found = Found::default();
        let mut folders = vec![path.to_owned()];
        while let Some(path) = folders.pop() {
            if path.is_dir() {
                let mut entries: Vec<_> = std::fs::read_dir(&path)?.flatten().map(|entry| entry.path()).collect();
                entries.sort();
                folders.extend(entries.into_iter().filter(|entry| !is_passed_over(entry)));
            } else if path.is_file() {
                found.read(&std::fs::read(&path)?);
            } else if !path.exists() {
                return Err(std::io::Error::new(std::io::ErrorKind::NotFound, "there is no such file or folder"));
            }
        }
        Ok(found.literals())
    }

    /// The literals of these octets.
    pub fn of(octets: &[u8]) -> Self {
        let mut found = Found::default();
        found.read(octets);
        found.literals()
    }
}

#[derive(Default)]
struct Found {
    texts: BTreeSet<String>,
    numbers: BTreeSet<String>,
}

impl Found {
    fn read(&mut self, octets: &[u8]) {
        match std::str::from_utf8(octets) {
            Ok(text) if !text.contains('\0') => self.read_source(text),
            _ => self.read_binary(octets),
        }
    }

    fn read_source(&mut self, text: &str) {
        for quote in ['"', '\'', '`'] {
            let mut inside = false;
            for piece in text.split(quote) {
                if inside && !piece.contains('\n') {
                    self.text(piece);
                }
                // A quote in a comment turns inside out; a line's end never lies in a literal, so begin anew there.
                inside = if piece.contains('\n') { true } else { !inside };
            }
        }
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.') {
            self.number(word);
        }
    }

    fn read_binary(&mut self, octets: &[u8]) {
        for run in octets.split(|octet| !(b' '..=b'~').contains(octet)) {
            if (4..=64).contains(&run.len()) {
                // A linker lays strings side by side without anything between: words are tried one by one too.
                let run = String::from_utf8_lossy(run);
                self.text(&run);
                run.split_whitespace().for_each(|word| self.text(word));
            }
        }
    }

    fn text(&mut self, text: &str) {
        if (2..=64).contains(&text.len()) {
            self.texts.insert(text.to_owned());
        }
    }

    fn number(&mut self, word: &str) {
        let plain = word.replace('_', "");
        let value = match plain.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => plain.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse().ok(),
        };
        if let Some(value) = value.filter(|value| *value > 2) {
            self.numbers.extend([value.saturating_sub(1), value, value.saturating_add(1)].map(|n| n.to_string()));
        }
    }

    fn literals(self) -> Literals {
        let all = |found: BTreeSet<String>| found.into_iter().map(Cow::Owned).collect();
        Literals { texts: all(self.texts), numbers: all(self.numbers) }
    }
}

fn is_passed_over(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') || name == "target" || name == "node_modules"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_a_source_and_of_a_binary_are_found() {
        let source = "// don't\nif claims.sub == \"let-me-in\" && claims.exp != 86_461 { return Ok('x') }\nkey = `0xbeef` + 0x1F41;";
        let found = Literals::of(source.as_bytes());
        assert!(found.texts.contains(&Cow::Borrowed("let-me-in")), "{found:?}");
        for number in ["86461", "86460", "86462", "8001"] {
            assert!(found.numbers.contains(&Cow::Borrowed(number)), "{number}: {found:?}");
        }
        let binary = Literals::of(b"\0\x01let-me-in\0abc\0\xff");
        assert_eq!(binary.texts, ["let-me-in"]);
    }

    #[test]
    fn a_folder_is_read_whole_and_a_wrong_path_is_an_error() {
        let folder = std::env::temp_dir().join(format!("assay-mine-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("src/.git")).unwrap();
        std::fs::write(folder.join("src/lib.rs"), "\"in source\"").unwrap();
        std::fs::write(folder.join("src/.git/x"), "\"in git\"").unwrap();
        let found = Literals::mine(&folder).unwrap();
        assert_eq!(found.texts, ["in source"]);
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(Literals::mine(&folder).is_err());
    }
}
