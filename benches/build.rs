//! Hands the compiler's version to `machine.rs`, and the lock file to `store/`: of a checkout, or of a package.

use std::path::PathBuf;
use std::process::Command;

fn main() {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(compiler).arg("--version").output().ok();
    let version = said.and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_else(|| "rustc ?".into());
    println!("cargo::rustc-env=ASSAY_COMPILER={}", version.trim());
    println!("cargo::rerun-if-changed=build.rs");
    let package = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let lock = package.ancestors().map(|folder| folder.join("Cargo.lock")).find(|file| file.is_file());
    let lock = lock.expect("cargo has written it");
    println!("cargo::rerun-if-changed={}", lock.display());
    println!("cargo::rustc-env=ASSAY_LOCK={}", lock.display());
}
