//! `init`: what is written for which project, and that it works.

use std::fs;

use crate::support::Place;

fn project(files: &[(&str, &str)]) -> Place {
    let place = Place::new();
    for (name, text) in files {
        place.write(name, text);
    }
    place
}

#[test]
fn a_rust_project_gets_a_file_and_the_tests_to_start_from() {
    let place = project(&[("Cargo.toml", "[dependencies]\njsonwebtoken = \"11\"\naxum = \"0.8\"\n")]);
    let said = place.assay("init").ended(0).out;
    for part in [
        "Cargo.toml with jsonwebtoken, axum",
        "wrote    ./assay.toml",
        "cargo add --dev token-assay",
        "token_assay::suite!",
    ] {
        assert!(said.contains(part), "no `{part}` in:\n{said}");
    }
    place.assay("list targets").ended(0);
    assert!(!place.path("tests").exists());
    place.assay("init --tests --force").ended(0);
    assert!(place.read("tests/assay.rs").contains("token_assay::suite!(MyVerifier, policy());"));
}

#[test]
fn nothing_is_written_over_unless_it_is_asked() {
    let place = project(&[("requirements.txt", "PyJWT==2.10\n"), ("shim.py", "mine\n")]);
    let said = place.assay("init").ended(2);
    said.with_error("shim.py is there already", "nothing was written", "--force writes over it");
    assert!(!place.path("assay.toml").exists() && place.read("shim.py") == "mine\n");
    let printed = place.assay("init --print").ended(0).out;
    assert!(!place.path("assay.toml").exists() && printed.starts_with("# Assay's configuration."));
    place.assay("init --force").ended(0);
    assert_eq!(place.read("assay.toml"), printed);
    assert!(place.read("shim.py").starts_with("\"\"\"A shim"));
    place.assay("init").ended(2);
}

#[test]
fn python_and_node_projects_get_a_shim_that_passes_its_check() {
    for (program, manifest, text, shim, library) in [
        ("python3", "pyproject.toml", "[project]\nname = \"a\"\ndependencies = [\"PyJWT>=2\"]\n", "shim.py", "pyjwt"),
        ("node", "package.json", "{\"dependencies\":{\"jose\":\"6\"},\"type\":\"module\"}", "shim.cjs", "jose"),
    ] {
        let place = project(&[(manifest, text)]);
        let said = place.assay("init").ended(0).out;
        assert!(said.contains(&format!("{manifest} with {library}")) && said.contains(shim), "{said}");
        assert!(place.assay("list targets").ended(0).out.contains(&format!("{program} {shim}")));
        if std::process::Command::new(program).arg("--version").output().is_err() {
            println!("SKIPPED: there is no {program} here");
            continue;
        }
        place.assay("check my-service -q").ended(0);
    }
}

#[test]
fn a_service_and_a_folder_without_manifests_get_a_file_that_is_read() {
    let place = Place::new();
    let said = place.assay("init --service http://127.0.0.1:3000").ended(0).out;
    assert!(said.contains("a service at http://127.0.0.1:3000") && said.contains("next     "), "{said}");
    assert!(place.read("assay.toml").contains("\nurl = \"http://127.0.0.1:3000\"\n"));
    place.assay("list targets").ended(0);
    // The table is one that is asked with: what it lacks is what only the reader has.
    place.assay("sessions --service").ended(2).with_error("$ALICE_PASSWORD is not set", "", "set it");
    let other = Place::new();
    assert!(other.assay("init").ended(0).out.contains("no manifest of Rust, Node or Python"));
    other.assay("run -t sound none-empty-sig -q").ended(0);
    fs::create_dir(other.path("sub")).expect("the folder is ours");
    assert!(other.assay("init sub").ended(0).out.contains("sub/assay.toml"));
}

#[test]
fn what_cannot_be_read_or_does_not_fit_is_one_message() {
    let place = project(&[("package.json", "{")]);
    place.assay("init").ended(2).with_error("package.json cannot be read", "EOF", "--for");
    place.assay("init --for node --print").ended(0);
    place.assay("init --for python --tests").ended(2).with_error("--tests is for Rust projects", "--for", "shim");
    let evil = "init --service http://a\"b";
    place.assay(evil).ended(2).with_error("is no URL of a service", "", "http://127.0.0.1:3000");
}
