//! Lists the files of the corpus, so that [`include_bytes!`] embeds them: adding a file is enough.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut files = Vec::new();
    // Cargo takes one that is not there for one that changed, and would build this and all that needs it every time.
    for folder in ["keys", "cases", "regressions", "signatures"] {
        println!("cargo::rerun-if-changed={folder}");
        collect(&root.join(folder), &mut files);
    }
    let named = |file: PathBuf| {
        let name = file.strip_prefix(&root).expect("below the root").to_string_lossy().replace('\\', "/");
        (name, file.display().to_string())
    };
    // By name and not by path, whose order is another: the library searches names.
    let mut files: Vec<(String, String)> = files.into_iter().map(named).collect();
    files.sort();
    let mut code = String::from("static FILES: &[(&str, &[u8])] = &[\n");
    for (name, file) in files {
        writeln!(code, "    ({name:?}, include_bytes!({file:?})),").expect("a string grows");
    }
    code.push_str("];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("files.rs"), code).expect("cargo's own folder is writable");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}
