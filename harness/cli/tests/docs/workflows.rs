//! Workflows and their scripts: each step says something that exists, and each script does what it says where what GitHub
//! gives is faked.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::{assay, none_of, root};

/// Every workflow and action of the checkout, by path.
fn files(root: &Path) -> Vec<PathBuf> {
    let mut files = vec![PathBuf::from("action.yml"), PathBuf::from(".github/actions/verdicts/action.yml")];
    for folder in [".github/workflows", "harness/docs/how-to/workflows"] {
        let entries = fs::read_dir(root.join(folder)).expect("the folder is there").flatten();
        files.extend(entries.map(|entry| Path::new(folder).join(entry.file_name())));
    }
    files.sort();
    files
}

fn read(root: &Path, file: &Path) -> Value {
    let text = fs::read_to_string(root.join(file)).expect("it was just listed");
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Every step of a workflow or an action.
fn steps(document: &Value) -> Vec<&Value> {
    let jobs = document["jobs"].as_object().into_iter().flat_map(|jobs| jobs.values());
    let lists = jobs.map(|job| &job["steps"]).chain([&document["runs"]["steps"]]);
    lists.filter_map(Value::as_array).flatten().collect()
}

#[test]
fn each_step_of_a_workflow_says_something_that_exists() {
    let Some(root) = root() else { return };
    let inputs = read(&root, Path::new("action.yml"))["inputs"].clone();
    let mut wrong = Vec::new();
    for file in files(&root) {
        let document = read(&root, &file);
        let steps = steps(&document);
        assert!(!steps.is_empty(), "{} has no steps", file.display());
        for step in steps {
            let run = step["run"].as_str().unwrap_or_default();
            let mut said: Vec<String> = run.lines().filter_map(|line| mistake(&root, line)).collect();
            if step["uses"].as_str().is_some_and(|uses| uses == "./" || uses.starts_with("assay-harness/assay@")) {
                let with = step["with"].as_object().cloned().unwrap_or_default();
                said.extend(with.keys().filter(|key| inputs[*key].is_null()).map(|key| format!("no input `{key}`")));
                let arguments = with.get("arguments").and_then(Value::as_str).unwrap_or("run");
                said.extend(assay::mistake(&format!("assay {arguments}")));
            }
            wrong.extend(said.into_iter().map(|what| format!("{}: {what}", file.display())));
        }
    }
    none_of(&wrong, "steps say what does not exist");
}

/// What is wrong with a line of a step: a program that no machine of theirs has, a script that is not here, an `assay` that
/// takes no such flag.
fn mistake(root: &Path, line: &str) -> Option<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let program = words.iter().find(|word| !word.contains('=') && !word.starts_with('-'))?;
    let script = words.iter().map(|word| word.trim_matches('"')).find(|word| word.ends_with(".sh"));
    if let Some(script) = script {
        let name = script.rsplit('/').next().expect("a path ends");
        let there = root.join(".github/scripts").join(name).is_file() || root.join(script).is_file();
        return (!there).then(|| format!("`{line}`: there is no {name}"));
    }
    let known = PROGRAMS.contains(program) || root.join(program).exists();
    (!known).then(|| format!("`{line}`: {program} is no program that is known here")).or_else(|| assay::mistake(line))
}

/// What steps call that is no script.
const PROGRAMS: [&str; 13] =
    ["assay", "bash", "cargo", "cp", "exit", "gh", "git", "mv", "node", "npm", "pipx", "sudo", "test"];

#[test]
fn scripts_and_workflows_pass_the_tools_that_know_them() {
    let Some(root) = root() else { return };
    let output = Command::new("bash").arg(root.join(".github/scripts/check.sh")).output().expect("there is a shell");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    println!("{said}");
    assert!(output.status.success(), "{said}");
}

/// A folder in which a script runs, with what GitHub gives.
struct Machine {
    folder: TempDir,
    root: PathBuf,
}

impl Machine {
    fn new(root: &Path) -> Self {
        let machine = Self { folder: tempfile::tempdir().expect("the system has one"), root: root.to_owned() };
        fs::create_dir(machine.path("programs")).expect("the folder is ours");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_assay"), machine.path("programs/assay")).expect("it is ours");
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it has a name")).expect("the folder is ours");
        fs::write(path, text).expect("the folder is ours");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// A program that stands in for another.
    fn program(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        self.write(&format!("programs/{name}"), &format!("#!/usr/bin/env bash\n{text}\n"));
        let all = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.path(&format!("programs/{name}")), all).expect("the file is ours");
    }

    /// Runs a script; gives how it ended and what it printed.
    #[track_caller]
    fn script(&self, name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
        let script = self.root.join(".github/scripts").join(name);
        let mut path = vec![self.path("programs")];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let output = Command::new("bash")
            .arg(script)
            .args(arguments)
            .current_dir(self.folder.path())
            .env("PATH", std::env::join_paths(path).expect("a path has no colon"))
            .env("GITHUB_OUTPUT", self.path("output"))
            .env("GITHUB_STEP_SUMMARY", self.path("summary"))
            .env("GITHUB_PATH", self.path("paths"))
            .env("GITHUB_REPOSITORY", "owner/name")
            .env("PULL_REQUEST", "7")
            .env_remove("ASSAY_OUT")
            .env_remove("ASSAY_REPORT")
            .envs(variables.iter().copied())
            .output()
            .expect("there is a shell");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code().unwrap_or(-1), said)
    }

    /// What the last script gave to later steps.
    fn outputs(&self) -> BTreeMap<String, String> {
        let text = self.read("output");
        text.lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }
}

#[test]
fn a_run_keeps_its_exit_code_for_later_steps_and_its_report_on_the_page() {
    let Some(root) = root() else { return };
    let machine = Machine::new(&root);
    let variables = [
        ("ASSAY_ACTION_ARGUMENTS", "run --quiet -t 'strawman-allows-none' \"none-empty-sig\" --skip '* '"),
        ("ASSAY_REPORT", "sarif,markdown"),
        ("ASSAY_OUT", "found"),
    ];
    let (code, said) = machine.script("run.sh", &[], &variables);
    assert_eq!(code, 0, "{said}");
    let outputs = machine.outputs();
    assert_eq!(outputs["exit-code"], "1");
    assert_eq!((outputs["folder"].as_str(), outputs["sarif"].as_str()), ("found", "found/assay.sarif"));
    assert!(machine.read("summary").contains("strawman-allows-none"), "{}", machine.read("summary"));

    let machine = Machine::new(&root);
    machine.script("run.sh", &[], &[("ASSAY_ACTION_ARGUMENTS", "run --no-such-flag")]);
    assert_eq!(machine.outputs()["exit-code"], "2");
    assert!(!machine.outputs().contains_key("sarif"));
}

#[test]
fn a_release_is_taken_only_where_its_checksum_is_right() {
    let Some(root) = root() else { return };
    let machine = Machine::new(&root);
    machine.program("uname", "[ \"$1\" = -s ] && echo Linux || echo x86_64");
    machine.program("build/assay-9.9.9-x86_64-unknown-linux-gnu/assay", "echo assay 9.9.9");
    let pack = "mkdir -p releases/v9.9.9; cp -p programs/build/*/assay .; \
        tar -czf releases/v9.9.9/assay-9.9.9-x86_64-unknown-linux-gnu.tar.gz -C programs/build .";
    let packed = Command::new("bash").current_dir(machine.folder.path()).args(["-c", pack]).status();
    assert!(packed.expect("there is a shell").success());
    let (code, said) = machine.script("checksums.sh", &["releases/v9.9.9"], &[]);
    assert_eq!(code, 0, "{said}");
    let releases = format!("file://{}", machine.path("releases").display());
    let variables = |bin: &'static str| {
        [
            ("ASSAY_ACTION_BIN", bin.to_owned()),
            ("ASSAY_ACTION_FROM", "release".to_owned()),
            ("ASSAY_ACTION_VERSION", "9.9.9".to_owned()),
            ("ASSAY_ACTION_RELEASES", releases.clone()),
        ]
    };
    let install = |bin: &'static str| {
        let variables = variables(bin);
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        machine.script("install.sh", &[], &variables)
    };
    let (code, said) = install("bin");
    assert!(code == 0 && said.contains("assay 9.9.9"), "{said}");
    assert!(machine.read("paths").contains("bin"));
    assert!(install("bin").1.contains("is there"), "what is cached is used");
    let sums = machine.read("releases/v9.9.9/SHA256SUMS");
    machine.write("releases/v9.9.9/SHA256SUMS", &format!("{}{}", "0".repeat(64), &sums[64..]));
    let (code, said) = install("other");
    assert!(code == 1 && said.contains("the checksum of assay-9.9.9"), "{said}");
    assert!(!machine.path("other/assay").exists());
    machine.write("releases/v9.9.9/SHA256SUMS", "");
    assert!(install("third").1.contains("does not name"));
}

/// `gh` as far as scripts call it: comments are files in a folder.
const GH: &str = r#"echo "$*" >>calls
[ "$1" = api ] || exit 1
case "$*" in
  *POST*) sed 's/^body=@//' <<<"${@: -1}" | xargs cat >comment; ;;
  *PATCH*) sed 's/^body=@//' <<<"${@: -1}" | xargs cat >comment ;;
  *DELETE*) rm comment ;;
  *) [ -e refused ] && exit 1; if [ -e comment ] && grep -q 'assay: verdicts' comment; then echo 41; fi ;;
esac"#;

#[test]
fn a_pull_request_has_one_comment_and_only_while_something_changed() {
    let Some(root) = root() else { return };
    let machine = Machine::new(&root);
    machine.program("gh", GH);
    let run = |target: &str, out: &str| {
        let mut assay = Command::new(env!("CARGO_BIN_EXE_assay"));
        machine.write("assay.toml", &lib(target));
        assay.current_dir(machine.folder.path()).args(["run", "-t", "lib", "none-empty-sig", "-q", "--out", out]);
        assay.output().expect("it was built for this test");
    };
    run("sound", "right");
    run("strawman-allows-none", "wrong");
    let compare = |old: &str, new: &str| {
        let _ = fs::remove_file(machine.path("output"));
        let (code, said) = machine.script("verdicts.sh", &[old, new, "changed.md"], &[]);
        assert_eq!(code, 0, "{said}");
        let (code, said) = machine.script("comment.sh", &["verdicts", "changed.md"], &[]);
        assert_eq!(code, 0, "{said}");
        (machine.outputs()["worse"].clone(), said)
    };
    assert_eq!(compare("right", "right").0, "false");
    assert!(!machine.path("comment").exists(), "nothing changed, and nothing is said");
    assert_eq!(compare("right", "wrong").0, "true");
    let comment = machine.read("comment");
    assert!(comment.starts_with("<!-- assay: verdicts -->\n") && comment.contains("now accepted"), "{comment}");
    assert_eq!(compare("wrong", "right").0, "false");
    let comment = machine.read("comment");
    assert!(comment.contains("now right") && !comment.contains("now accepted"), "{comment}");
    let calls = machine.read("calls");
    assert!(calls.contains("PATCH repos/owner/name/issues/comments/41"), "its own comment is changed: {calls}");
    assert_eq!(calls.matches("POST").count(), 1, "and no second one written: {calls}");
    compare("wrong", "wrong");
    assert!(!machine.path("comment").exists(), "what is true no longer goes");
    assert_eq!(compare("no-such-folder", "wrong").0, "false");
    machine.write("refused", "");
    let (_, said) = compare("right", "wrong");
    assert!(said.contains("::warning::") && machine.read("summary").contains("now accepted"), "{said}");
}

fn lib(answers_as: &str) -> String {
    let assay = env!("CARGO_BIN_EXE_assay");
    format!("[[target]]\nname = \"lib\"\ncommand = [\"{assay}\", \"worker\", \"{answers_as}\"]\n")
}

#[test]
fn a_bench_comparison_says_something_only_where_a_row_moved() {
    let Some(root) = root() else { return };
    if which::which("jq").is_err() {
        println!("SKIPPED: jq is not here");
        return;
    }
    let machine = Machine::new(&root);
    let fake = |verdict: &str, code: i32| {
        let json = format!(r#"{{"rows":[{{"verdict":"noise"}},{{"verdict":"{verdict}"}}]}}"#);
        format!(
            "echo \"$*\" >>calls\n[ \"$2\" = run ] && exit 0\n\
             case \"$*\" in *json*) echo '{json}' ;; *) echo '| {verdict} |' ;; esac\nexit {code}"
        )
    };
    for (verdict, code, says) in [("noise", 0, false), ("faster", 0, true), ("slower", 6, true)] {
        machine.program("old", "exit 0");
        machine.program("new", &fake(verdict, code));
        let programs = ["old", "new"].map(|name| machine.path("programs").join(name).display().to_string());
        let (ended, said) = machine.script("bench-compare.sh", &[&programs[0], &programs[1], "out", "verify"], &[]);
        assert_eq!(ended, code, "{said}");
        assert_eq!(machine.read("out/comment.md").contains(verdict), says, "{verdict}");
    }
    let calls = machine.read("calls");
    let compare = calls.lines().find(|call| call.contains("compare")).expect("it was compared");
    assert_eq!(assay::mistake(&format!("assay {compare}")), None);
    let run = calls.lines().find(|call| call.contains("bench run")).expect("it was measured");
    assert_eq!(assay::mistake(&format!("assay {run}")), None);
}

#[test]
fn a_release_has_the_version_of_its_tag_and_what_the_changelog_says_of_it() {
    let Some(root) = root() else { return };
    let machine = Machine::new(&root);
    machine.write("checkout/Cargo.toml", "[workspace]\n\n[workspace.package]\nversion = \"1.2.0\"\n\n[profile.dev]\n");
    machine.write(
        "checkout/CHANGELOG.md",
        "# Changelog\n\n## Unreleased\n\nx\n\n## 1.2.0 (2026-12-01)\n\n- This.\n\n## 1.1.0\n\n- That.\n",
    );
    let checkout = machine.path("checkout").display().to_string();
    let check = |tag: &str| machine.script("release-check.sh", &[tag, "notes.md"], &[("ASSAY_ROOT", &checkout)]);
    assert_eq!(check("v1.2.0").0, 0);
    assert_eq!(machine.read("notes.md").trim(), "- This.");
    let (code, said) = check("v1.3.0");
    assert!(code == 1 && said.contains("the version of the workspace 1.2.0"), "{said}");
    machine.write("checkout/CHANGELOG.md", "# Changelog\n\n## Unreleased\n\nx\n");
    assert!(check("v1.2.0").1.contains("no section"));
}

#[test]
fn scripts_say_what_the_checkout_says() {
    let Some(root) = root() else { return };
    let machine = Machine::new(&root);
    machine.script("msrv.sh", &[], &[]);
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("it is there");
    assert!(manifest.contains(&format!("rust-version = \"{}\"", machine.outputs()["version"])));
    let key = |features: &str| {
        let _ = fs::remove_file(machine.path("output"));
        let (code, said) = machine.script("cache-key.sh", &[], &[("ASSAY_ACTION_FEATURES", features)]);
        assert_eq!(code, 0, "{said}");
        machine.outputs()["key"].clone()
    };
    assert_eq!(key("").len(), key("targets-openssl").len());
    assert_ne!(key(""), key("targets-openssl"), "another program has another name");
    machine.write("left/a/one.tar.gz", "1");
    machine.write("left/notes/notes.md", "2");
    assert_eq!(machine.script("gather.sh", &["left", "gathered"], &[]).0, 0);
    assert!(machine.path("gathered/one.tar.gz").exists() && !machine.path("gathered/notes.md").exists());
    assert_eq!(machine.script("gather.sh", &["nothing", "empty"], &[]).0, 1);
}
