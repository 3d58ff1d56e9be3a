//! The documentation is true: what it says to type is typed, what it shows is printed, what it names is there.
//!
//! `page.rs` says how a page is written so that it can be tried. `ASSAY_DOCS_PAGE=ci cargo test … --test docs` tries the
//! pages whose path has that in it, `ASSAY_DOCS_SLOW=1` what takes minutes too, `BLESS=1` rewrites the verbs' reference.
#![cfg(unix)]

mod assay;
mod page;
mod shell;
mod workflows;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::{fs, thread};

use page::Page;

/// The checkout; none beside a package.
fn root() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().ok().filter(|root| root.join("harness/docs").is_dir());
    if root.is_none() {
        println!("SKIPPED: the documentation is not beside this package");
    }
    root
}

fn pages(root: &Path) -> Vec<Page> {
    page::all(root).iter().map(|path| Page::read(root, path)).collect()
}

#[track_caller]
fn none_of(wrong: &[String], what: &str) {
    assert!(wrong.is_empty(), "{} {what}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_the_documentation_says_to_type_does_what_it_shows() {
    let Some(root) = root() else { return };
    let only = std::env::var("ASSAY_DOCS_PAGE").unwrap_or_default();
    let wanted = |page: &Page| page::is_tried(&page.path) && page.path.to_string_lossy().contains(&only);
    let waiting: Mutex<Vec<Page>> = Mutex::new(pages(&root).into_iter().filter(wanted).collect());
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(page) = { waiting.lock().expect("nobody panics with it").pop() } {
                    let tried = shell::follow(&root, &page);
                    results.lock().expect("nobody panics with it").push(tried);
                }
            });
        }
    });
    let results = results.into_inner().expect("nobody panicked with it");
    let left: Vec<&String> = results.iter().flat_map(|tried| &tried.left).collect();
    let ran: usize = results.iter().map(|tried| tried.ran).sum();
    println!("{ran} commands ran, {} did not:", left.len());
    left.iter().for_each(|left| println!("{left}"));
    assert!(ran > 0, "no page has a command");
    none_of(&results.into_iter().flat_map(|tried| tried.wrong).collect::<Vec<_>>(), "commands do something else");
}

#[test]
fn what_no_test_can_type_has_verbs_and_flags_that_exist() {
    let Some(root) = root() else { return };
    let mut wrong = Vec::new();
    for page in pages(&root) {
        // What ends with 2 is wrong on purpose.
        let typed = page.commands().filter(|command| command.code != 2).map(|command| command.text.as_str());
        let spans = page.spans.iter().map(String::as_str).filter(|span| span.starts_with("assay "));
        for text in typed.chain(spans) {
            wrong.extend(assay::mistake(text).map(|what| format!("{}: `{text}`: {what}", page.path.display())));
        }
    }
    none_of(&wrong, "commands that do not exist");
}

#[test]
fn links_lead_to_files_and_headings() {
    let Some(root) = root() else { return };
    let pages = pages(&root);
    let mut wrong = Vec::new();
    for page in &pages {
        for link in page.links.iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let beside = page.path.parent().unwrap_or(Path::new(""));
            let target = if file.is_empty() { page.path.clone() } else { plain(&beside.join(file)) };
            let place = page.path.display();
            if !root.join(&target).exists() {
                wrong.push(format!("{place}: {link}: there is no {}", target.display()));
                continue;
            }
            let linked = pages.iter().find(|page| page.path == target);
            if !anchor.is_empty() && linked.is_some_and(|linked| !linked.anchors.contains(anchor)) {
                wrong.push(format!("{place}: {link}: no such heading"));
            }
        }
    }
    none_of(&wrong, "links lead nowhere");
}

/// A path without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => drop(plain.pop()),
            std::path::Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

#[test]
fn every_page_is_in_the_summary_and_in_the_index() {
    let Some(root) = root() else { return };
    let docs = Path::new("harness/docs");
    let all: BTreeSet<PathBuf> = page::all(&root).into_iter().filter(|path| path.starts_with(docs)).collect();
    for index in ["SUMMARY.md", "README.md"] {
        let page = Page::read(&root, &docs.join(index));
        let linked: BTreeSet<PathBuf> = page.links.iter().map(|link| plain(&docs.join(link))).collect();
        let missing: Vec<String> = all
            .difference(&linked)
            .filter(|path| !path.ends_with("SUMMARY.md") && **path != docs.join("README.md"))
            .map(|path| path.display().to_string())
            .collect();
        none_of(&missing, &format!("pages are not in {index}"));
    }
}

#[test]
fn case_ids_that_are_named_exist() {
    let Some(root) = root() else { return };
    let families = assay::families();
    let mut wrong = Vec::new();
    let mut named = 0;
    for page in pages(&root).iter().filter(|page| page.path != Path::new("CHANGELOG.md")) {
        for span in &page.spans {
            let is_id = span.chars().all(|c| c.is_ascii_alphanumeric() || "/-_*.".contains(c)) && !span.ends_with('/');
            if !is_id || !span.split_once('/').is_some_and(|(family, _)| families.contains(family)) {
                continue;
            }
            named += 1;
            let exists = match span.split_once('*') {
                Some((beginning, _)) => assay::ids().iter().any(|id| id.starts_with(beginning)),
                None => assay::ids().contains(span),
            };
            if !exists {
                wrong.push(format!("{}: `{span}`", page.path.display()));
            }
        }
    }
    assert!(named > 20, "only {named} ids were seen");
    none_of(&wrong, "ids name no case");
}

/// The reference shows the help of every verb; `BLESS=1` writes it anew.
#[test]
fn the_reference_of_the_verbs_is_their_help() {
    let Some(root) = root() else { return };
    let path = root.join("harness/docs/reference/verbs.md");
    let text = fs::read_to_string(&path).expect("the page is there");
    let mut expected = text.clone();
    let mut named = BTreeSet::new();
    for part in text.split("<!-- help: ").skip(1) {
        let verb = part.split(" -->").next().expect("it was just split there");
        let path: Vec<&str> = verb.split_whitespace().skip(1).collect();
        named.insert(path.join(" "));
        let old =
            part.split_once("```text\n").and_then(|(_, rest)| rest.split_once("```\n")).expect("a block follows").0;
        let help = help_of(&path);
        let block = |text: &str| format!("<!-- help: {verb} -->\n\n```text\n{text}```\n");
        assert!(expected.contains(&block(old)), "the help of `{verb}` does not stand below its comment");
        expected = expected.replace(&block(old), &block(&help));
    }
    let verbs = assay::paths().into_iter().map(|path| path.join(" "));
    let alone: BTreeSet<String> = verbs.filter(|verb| assay::verbs(&words(verb)).is_empty()).collect();
    if std::env::var_os("BLESS").is_some() {
        for verb in alone.difference(&named) {
            let help = help_of(&words(verb));
            expected.push_str(&format!("\n## {verb}\n\n<!-- help: assay {verb} -->\n\n```text\n{help}```\n"));
        }
        return fs::write(&path, &expected).expect("the checkout can be written");
    }
    assert_eq!(named, alone, "verbs of the reference, and verbs of --help; BLESS=1 adds what is missing");
    assert!(
        text == expected,
        "--help says something else than harness/docs/reference/verbs.md; BLESS=1 writes it anew"
    );
}

/// Without the blanks that a line of help may end with.
fn help_of(path: &[&str]) -> String {
    assay::help(path).lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn words(verb: &str) -> Vec<&str> {
    verb.split_whitespace().collect()
}

#[test]
fn the_reference_of_the_configuration_has_its_keys_and_no_other() {
    let Some(root) = root() else { return };
    let text = fs::read_to_string(root.join("harness/docs/reference/config.md")).expect("the page is there");
    let mut documented = BTreeSet::new();
    for section in text.split("\n## `").skip(1) {
        let title = section.split('`').next().expect("it was just split there");
        documented.insert(title.to_owned());
        let rows =
            section.lines().filter_map(|line| line.strip_prefix("| `")).filter_map(|line| line.split('`').next());
        let shown: BTreeSet<String> = rows.map(str::to_owned).collect();
        assert_eq!(shown, assay::keys(&tables_above(title)), "keys of {title}");
    }
    let tables: BTreeSet<String> = assay::keys("").iter().filter_map(|key| table(key)).collect();
    let missing: Vec<String> = tables.difference(&documented).cloned().collect();
    none_of(&missing, "tables are not in harness/docs/reference/config.md");
}

/// What has to stand in the file before keys of this table can.
fn tables_above(title: &str) -> String {
    match title {
        "assay.toml" => String::new(),
        "[[target.quirk]]" => format!("[[target]]\nname = \"a\"\ncommand = []\n{title}"),
        title => title.replace("NAME", "a"),
    }
}

/// The heading of the table that a key of the file opens; `shims` is a value.
fn table(key: &str) -> Option<String> {
    match key {
        "target" | "known" | "key" => Some(format!("[[{key}]]")),
        "profile" => Some("[profile.NAME]".to_owned()),
        "shims" => None,
        key => Some(format!("[{key}]")),
    }
}

#[test]
fn the_references_of_exit_codes_and_formats_are_whole() {
    let Some(root) = root() else { return };
    let read =
        |name: &str| fs::read_to_string(root.join("harness/docs/reference").join(name)).expect("the page is there");
    let help = assay::help(&[]).split_whitespace().collect::<Vec<_>>().join(" ");
    let codes = help.split_once("Exit codes: ").expect("help names them").1;
    let codes: Vec<&str> = codes.split(" · ").filter_map(|code| code.split_whitespace().next()).collect();
    assert!(codes.len() >= 9, "{codes:?}");
    let page = read("exit-codes.md");
    for code in codes {
        let code = code.trim();
        assert!(page.contains(&format!("\n| {code} |")), "exit-codes.md has no {code}");
    }
    let (well, said) = assay::ask(&["report", "--format", "no-such-format"]);
    let formats = said.lines().find_map(|line| line.split_once("these are: ")).expect("an error names the formats").1;
    assert!(!well);
    let page = read("formats.md");
    for format in formats.split(", ") {
        assert!(page.contains(&format!("\n| `{format}` |")), "formats.md has no {format}");
    }
}

#[test]
fn the_readme_is_short() {
    let Some(root) = root() else { return };
    let lines = fs::read_to_string(root.join("README.md")).expect("the page is there").lines().count();
    assert!(lines <= 250, "README.md has {lines} lines: what is longer stands in harness/docs");
}
