//! Hands the compiler's version to `machine.rs`.

use std::process::Command;

fn main() {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(compiler).arg("--version").output().ok();
    let version = said.and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_else(|| "rustc ?".into());
    println!("cargo::rustc-env=ASSAY_COMPILER={}", version.trim());
    println!("cargo::rerun-if-changed=build.rs");
}
