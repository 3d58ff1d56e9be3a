//! What the built binary says of itself: verbs, flags, case ids, keys of the configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::{LazyLock, Mutex};

use serde_json::Value;

/// How it ended, with what it printed.
pub(crate) fn ask(arguments: &[&str]) -> (bool, String) {
    let folder = std::env::temp_dir();
    let mut process = Command::new(env!("CARGO_BIN_EXE_assay"));
    process.current_dir(folder).args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ASSAY_") || name == "COLUMNS" {
            process.env_remove(name);
        }
    }
    let output = process.output().expect("the binary was built for this test");
    let said = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.success(), String::from_utf8(said).expect("only text is written"))
}

/// The help of a verb, or of a verb's verb; asked for once.
pub(crate) fn help(verbs: &[&str]) -> String {
    static ASKED: LazyLock<Mutex<BTreeMap<String, String>>> = LazyLock::new(Mutex::default);
    let mut asked = ASKED.lock().expect("asking does not panic");
    let said = asked.entry(verbs.join(" ")).or_insert_with(|| {
        let (well, said) = ask(&[verbs, &["--help"]].concat());
        assert!(well, "{verbs:?} has no help: {said}");
        said
    });
    said.clone()
}

/// The verbs below a verb, or with none those of `assay`; `help` is none.
pub(crate) fn verbs(below: &[&str]) -> Vec<String> {
    let help = help(below);
    let Some((_, rest)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    let lines = rest.lines().take_while(|line| !line.is_empty());
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(str::to_owned).collect()
}

/// Every path of verbs that a command can begin with.
pub(crate) fn paths() -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for verb in verbs(&[]) {
        let inner = verbs(&[&verb]);
        paths.push(vec![verb.clone()]);
        paths.extend(inner.into_iter().map(|inner| vec![verb.clone(), inner]));
    }
    paths
}

/// What is wrong with a command by its verb and its flags; nothing where it is none of ours.
pub(crate) fn mistake(text: &str) -> Option<String> {
    let words = shlex::split(text)?;
    let mut wrong = None;
    for part in words.split(|word| ["|", "&&", "||", ";", ">", "&"].contains(&&**word)) {
        let own = |words: &[String]| {
            let mut words = words.iter().map(String::as_str).skip_while(|word| word.contains('=')).peekable();
            words.next_if_eq(&"cargo");
            (words.next() == Some("assay")).then(|| words.map(str::to_owned).collect::<Vec<_>>())
        };
        wrong = wrong.or_else(|| own(part).and_then(|arguments| wrong_words(&arguments)));
    }
    wrong
}

fn wrong_words(arguments: &[String]) -> Option<String> {
    let mut path: Vec<&str> = Vec::new();
    let mut rest = arguments.iter().map(String::as_str).peekable();
    while let Some(word) = rest.peek()
        && verbs(&path).iter().any(|verb| verb == word)
    {
        path.extend(rest.next());
    }
    if path.is_empty() {
        let first = arguments.first()?;
        // A placeholder, what every verb has, or the verb that no help names.
        let fine = first.starts_with(['…', '-', '<', '#']) || first == "worker";
        return (!fine).then(|| format!("there is no verb `{first}`"));
    }
    let known = flags(&help(&path));
    rest.take_while(|word| !word.starts_with('#') && *word != "--")
        .filter(|word| word.starts_with('-') && word.len() > 1)
        .map(|word| word.split('=').next().unwrap_or(word))
        .find(|flag| !known.contains(*flag) && !is_cluster(flag, &known))
        .map(|flag| format!("`assay {}` has no flag {flag}", path.join(" ")))
}

/// Whether it is `-vv`, or `-j1`.
fn is_cluster(flag: &str, known: &BTreeSet<String>) -> bool {
    !flag.starts_with("--") && flag.chars().nth(1).is_some_and(|letter| known.contains(&format!("-{letter}")))
}

/// The flags that a help text defines.
pub(crate) fn flags(help: &str) -> BTreeSet<String> {
    let options = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let names =
        options.flat_map(|line| line.split([' ', ',']).take_while(|word| word.is_empty() || word.starts_with('-')));
    names.filter(|name| !name.is_empty()).map(|name| name.trim_end_matches("...").to_owned()).collect()
}

/// The case classes and the cases.
pub(crate) fn ids() -> &'static BTreeSet<String> {
    static IDS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let list = |kind: &str| {
            let (well, said) = ask(&["list", kind, "--format", "json"]);
            assert!(well, "{said}");
            let rows: Vec<Value> = serde_json::from_str(&said).expect("a list");
            rows.into_iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
        };
        list("attacks").into_iter().chain(list("cases")).collect()
    });
    &IDS
}

/// The families.
pub(crate) fn families() -> BTreeSet<&'static str> {
    ids().iter().filter_map(|id| id.split('/').next()).collect()
}

/// The keys that a table of `assay.toml` may have, by the answer to one that none has.
pub(crate) fn keys(table: &str) -> BTreeSet<String> {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    let file = folder.path().join("assay.toml");
    std::fs::write(&file, format!("{table}\nno-such-key = 1\n")).expect("the folder is ours");
    let (well, said) = ask(&["list", "targets", "--config", &file.to_string_lossy()]);
    let cause = said.lines().find(|line| line.contains("unknown ") && line.contains("`no-such-key`"));
    let cause = cause.filter(|_| !well).unwrap_or_else(|| panic!("{table} takes any key: {said}"));
    cause.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_held_against_the_help() {
        assert_eq!(mistake("assay run alg-none -t sound --fail-on high -q"), None);
        assert_eq!(mistake("cargo assay bench run verify --quick | tail -n 1"), None);
        assert_eq!(mistake("assay run -vv -j1 --report=sarif   # exit code 1"), None);
        assert_eq!(mistake("ls --no-such-flag && assay diff a b"), None);
        assert_eq!(mistake("A=1 assay list --waitng").as_deref(), Some("`assay list` has no flag --waitng"));
        assert_eq!(mistake("ls && assay rnu").as_deref(), Some("there is no verb `rnu`"));
        assert_eq!(
            mistake("assay targets install all --quick").as_deref(),
            Some("`assay targets install` has no flag --quick")
        );
    }
}
