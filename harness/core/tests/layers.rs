//! The arrows of DESIGN.md hold, and its tree is the tree.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn modules_know_only_what_the_design_allows() {
    let allowed: &[(&str, &[&str])] = &[
        ("forge", &["forge", "attacks in tests"]),
        ("forge/protected", &["forge"]),
        ("reference", &["reference"]),
        ("reference/protected", &["reference"]),
        ("targets", &["targets"]),
        ("oracles", &["oracles"]),
        ("event", &["event"]),
        ("known", &["known"]),
        ("failure", &["forge"]),
        ("strategies", &["attacks", "failure", "forge", "generate", "reference"]),
        ("properties", &["attacks", "failure", "oracles", "strategies", "suite", "targets"]),
        ("strawman", &["strawman", "reference", "targets"]),
        ("chance", &["chance"]),
        ("generate", &["generate", "attacks", "chance", "forge", "reference"]),
        ("audit", &["audit"]),
        ("inspect", &["inspect", "reference"]),
        ("attacks", &["attacks", "audit", "endpoint", "forge", "reference", "sessions", "strawman"]),
        ("sessions", &["sessions", "audit", "chance", "forge"]),
        ("sessions/reference", &["chance", "forge"]),
        ("endpoint", &["forge"]),
    ];
    let mut wrong = Vec::new();
    for (module, may) in allowed {
        for file in files_of(module) {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            for known in crate_modules(code) {
                if !may.contains(&known.as_str()) {
                    wrong.push(format!("{} knows {known}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_tree_in_the_design_is_the_tree() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let Ok(design) = fs::read_to_string(root.join("DESIGN.md")) else {
        println!("SKIPPED: DESIGN.md is not beside this package");
        return;
    };
    let tree = design.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the tree is there");
    let named = named_paths(tree);
    let missing: Vec<&PathBuf> = named.iter().filter(|path| !root.join(path).exists()).collect();
    assert!(missing.is_empty(), "DESIGN.md names what is not there: {missing:?}");
    let listed = [
        "harness/model/src",
        "harness/core/src",
        "harness/core/src/attacks",
        "harness/core/src/audit",
        "harness/core/src/inspect",
        "harness/core/src/forge",
        "harness/core/src/forge/protected",
        "harness/core/src/reference",
        "harness/core/src/reference/protected",
        "harness/core/src/oracles",
        "harness/core/src/generate",
        "harness/core/src/campaign",
        "harness/core/src/sessions",
        "harness/core/src/sessions/reference",
        "harness/core/src/strawman",
        "harness/live/src",
        "harness/live/src/serve",
        "harness/live/src/store",
        "harness/cli/src",
    ];
    for folder in listed {
        for entry in fs::read_dir(root.join(folder)).unwrap().flatten() {
            let path = Path::new(folder).join(entry.file_name());
            let plain = matches!(entry.file_name().to_str(), Some("mod.rs" | "lib.rs" | "base64_octets.rs"));
            assert!(plain || named.contains(&path), "DESIGN.md does not name {}", path.display());
        }
    }
}

/// Every version that an adapter names is the one that the lock file holds.
#[test]
fn adapters_name_the_versions_that_are_linked() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let Ok(lock) = fs::read_to_string(root.join("Cargo.lock")) else {
        println!("SKIPPED: Cargo.lock is not beside this package");
        return;
    };
    for target in token_assay::targets::linked() {
        let info = target.verifier.info();
        // One crate may be several targets.
        let package = info.name.strip_suffix("-encoded").unwrap_or(&info.name);
        let entry = format!("name = \"{package}\"\nversion = \"{}\"\n", info.version);
        assert!(lock.contains(&entry), "{} {} is not what is linked", info.name, info.version);
        assert_eq!(info.name, target.name);
    }
}

/// A module's files: the file of its name, those in the folder of its name, or both.
fn files_of(module: &str) -> Vec<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let file = source.join(format!("{module}.rs"));
    let entries = fs::read_dir(source.join(module)).into_iter().flatten().flatten();
    let inside = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "rs"));
    let files: Vec<PathBuf> = file.is_file().then_some(file).into_iter().chain(inside).collect();
    assert!(!files.is_empty(), "{module} is no module");
    files
}

/// The modules of the crate that a file names after `crate::`, in `use` lines and in paths.
fn crate_modules(code: &str) -> BTreeSet<String> {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut modules = BTreeSet::new();
    for line in lines {
        for rest in line.split("crate::").skip(1) {
            let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            // `pub(crate)` and macros have no path after them.
            if !name.is_empty() {
                modules.insert(name);
            }
        }
    }
    modules
}

/// Paths of the tree: two blanks of indentation stand for the folder above; several names may share a line.
fn named_paths(tree: &str) -> BTreeSet<PathBuf> {
    let mut paths = BTreeSet::new();
    let mut above: Vec<PathBuf> = vec![PathBuf::new()];
    for line in tree.lines() {
        let depth = (line.len() - line.trim_start().len()) / 2;
        above.truncate(depth + 1);
        let names = line.split_whitespace().take_while(|word| {
            word.ends_with('/')
                || word.contains('.') && !word.ends_with('.')
                || word.starts_with("LICENSE")
                || *word == "justfile"
        });
        let base = above.last().cloned().unwrap_or_default();
        for name in names {
            let path = base.join(name.trim_end_matches('/'));
            if name.ends_with('/') {
                above.truncate(depth + 1);
                above.push(path.clone());
            }
            paths.insert(path);
        }
    }
    paths
}
