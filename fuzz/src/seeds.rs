//! What the fuzz targets begin with, made of the corpus and the catalogue.
//!
//! Takes nothing, gives inputs with names, always the same; [`write()`] puts them into a folder as the engines expect them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use std::{fs, io};

use serde_json::json;
use token_assay::attacks::{
    self,
    scene::{self, Scene},
};
use token_assay::event::Event;
use token_assay::forge::{Forge, Keyring, NOW};
use token_assay::generate::terms::TERMS;
use token_assay::generate::{Chance as _, Seeded};
use token_assay::model::report::Report;
use token_assay::model::wire::{Command, PROTOCOL, Reply};
use token_assay::model::{Case, Fault, Finding, Input, Reason, Verdict};
use token_assay::run::{self, Options, Subject};
use token_assay::strawman::Sound;
use token_assay::targets::InProcess;
use token_assay::targets::serve::serve;
use token_assay_report::Format;

use crate::{TARGETS, token_structured};

/// An input to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// Its file's name.
    pub name: String,
    /// The input.
    pub octets: Vec<u8>,
}

/// Writes for every target its seeds, `<target>/`, its dictionary, `<target>.dict`, and its options, `<target>.options`.
///
/// # Errors
///
/// Where the folder cannot be written.
pub fn write(folder: &Path) -> io::Result<()> {
    for target in TARGETS {
        let seeds = folder.join(target.name);
        fs::create_dir_all(&seeds)?;
        for seed in (target.seeds)() {
            fs::write(seeds.join(seed.name), seed.octets)?;
        }
        let mut options = format!("[libfuzzer]\nmax_len = {}\ntimeout = 10\n", target.longest);
        if let Some(dictionary) = target.dictionary {
            let file = format!("{}.dict", target.name);
            fs::write(folder.join(&file), dictionary().text())?;
            options += &format!("dict = {file}\n");
        }
        fs::write(folder.join(format!("{}.options", target.name)), options)?;
    }
    Ok(())
}

/// Tokens: the valid one of every setting, of every class of the catalogue the shortest, and those that the corpus keeps.
pub fn tokens() -> Vec<Seed> {
    let forge = Forge::new(NOW);
    let mut shortest: BTreeMap<String, Case> = BTreeMap::new();
    for case in attacks::suite(&forge, |_| true).into_iter().filter(|case| case.policy.cookie.is_none()) {
        let class = format!("{}-{}", case.id.family(), case.id.class());
        let length = case.input.octets().len();
        if shortest.get(&class).is_none_or(|other| length < other.input.octets().len()) {
            shortest.insert(class, case);
        }
    }
    let of_classes = shortest.into_iter().map(|(class, case)| (class, case.input.octets().to_vec()));
    let valid = scene::settings()
        .map(|setting| (format!("valid-{setting}"), Scene::new(&forge, setting).token().compact().into_bytes()));
    let kept = token_assay_corpus::files("cases/")
        .filter(|(path, _)| path.ends_with(".jwt"))
        .map(|(path, octets)| (path.replace('/', "-"), octets.trim_ascii_end().to_vec()));
    distinct(valid.chain(of_classes).chain(kept), LONGEST_TOKEN)
}

/// Valid tokens that name their policy: one under each setting, and one under each of the terms.
pub fn policies() -> Vec<Seed> {
    let settings = (0..scene::settings().count()).map(|setting| token_structured::policy(setting, 0));
    let terms = (1..TERMS.len()).map(|terms| token_structured::policy(0, terms));
    let named = |number: usize| (format!("policy-{number}"), token_structured::valid(number));
    distinct(terms.chain(settings).map(named), LONGEST_TOKEN)
}

/// Octets that choose recipes, by chance and always the same.
pub fn recipes() -> Vec<Seed> {
    let chosen = |number: u64| {
        let mut chance = Seeded::new(0, number);
        let octets = (0..128).map(|_| chance.below(256).to_le_bytes()[0]).collect();
        (format!("recipe-{number}"), octets)
    };
    distinct((0..128).map(chosen), LONGEST_TOKEN)
}

/// The harness's own documents: both sides of conversations, a report, an event log, findings, configurations, keys.
pub fn documents() -> Vec<Seed> {
    let forge = Forge::new(NOW);
    let mut documents: Vec<(String, Vec<u8>)> = Vec::new();
    for setting in scene::settings() {
        let asked = conversation(&forge, setting);
        documents.push((format!("answered-{setting}"), answers(&asked).into_bytes()));
        documents.push((format!("asked-{setting}"), asked.into_bytes()));
    }
    documents.push(("replies".to_owned(), replies().into_bytes()));
    let (report, log) = a_run();
    documents.push(("report".to_owned(), Format::Json.render(&report, &Default::default())));
    documents.push(("log".to_owned(), log.into_bytes()));
    for finding in &report.findings {
        let json = serde_json::to_vec(finding).expect("a finding is JSON");
        documents.push((format!("finding-{}", finding.fingerprint), json));
    }
    documents.push(("configuration".to_owned(), CONFIGURATION.as_bytes().to_vec()));
    let keys = token_assay_corpus::files("keys/").filter(|(path, _)| path.ends_with(".jwk.json"));
    documents.extend(keys.map(|(path, octets)| (path.replace('/', "-"), octets.to_vec())));
    distinct(documents, LONGEST_DOCUMENT)
}

/// Findings of a run, for whatever reads or keeps such.
pub fn findings() -> Vec<Finding> {
    a_run().0.findings
}

/// The first of those that are the same, and none that an engine would cut.
pub(crate) fn distinct(seeds: impl IntoIterator<Item = (String, Vec<u8>)>, longest: usize) -> Vec<Seed> {
    let mut seen = BTreeSet::new();
    seeds
        .into_iter()
        .filter(|(_, octets)| octets.len() <= longest && seen.insert(octets.clone()))
        .map(|(name, octets)| Seed { name, octets })
        .collect()
}

fn conversation(forge: &Forge, setting: scene::Setting) -> String {
    let scene = Scene::new(forge, setting);
    let control = scene.control();
    let octets = Input::Bytes(vec![0xff, b'.', b'.']);
    let verify = |(seq, input): (u64, &Input)| Command::Verify {
        seq,
        input: input.clone(),
        policy: Box::new((*scene.policy).clone()),
    };
    let shown = (1..).zip([&control.valid, &control.tampered, &octets]).map(verify);
    let commands = std::iter::once(Command::Start { protocol: PROTOCOL }).chain(shown).chain([Command::Stop]);
    commands.map(|command| line(&command)).collect()
}

/// What the sound verifier says to it, in no time.
fn answers(asked: &str) -> String {
    let mut written = Vec::new();
    serve(&Sound, asked.as_bytes(), &mut written).expect("a vector can be written");
    let written = String::from_utf8(written).expect("JSON is written");
    let in_no_time = |said: &str| match serde_json::from_str::<Reply>(said) {
        Ok(reply) => line(&Reply { nanoseconds: reply.nanoseconds.map(|_| 0), ..reply }),
        Err(_) => format!("{said}\n"),
    };
    written.lines().map(in_no_time).collect()
}

/// What shims say that the sound verifier does not.
fn replies() -> String {
    let answers = [
        Verdict::unsupported("ES256K").into(),
        Verdict::reject(Reason::Other, "in words of its own").into(),
        Verdict::reject(None, "").into(),
        Fault::Panic("index out of bounds".to_owned()).into(),
    ];
    (1..).zip(answers).map(|(seq, answer)| line(&Reply::new(seq, answer))).collect()
}

/// A small run with findings, and the log that it leaves; all that a clock measured is zero.
fn a_run() -> (Report, String) {
    let subject = |name: &str| {
        let verifier = run::verifier(name).expect("our own verifiers are always there");
        Subject { name: name.to_owned(), driver: Box::new(InProcess(verifier, Duration::from_secs(60))) }
    };
    let options = Options {
        timing: false,
        endpoint: None,
        keyring: Keyring::corpus(),
        now: NOW,
        real_now: NOW,
        started: "2026-01-01T00:00:00Z".to_owned(),
        seed: 0,
        selection: vec!["alg-none/none-empty-sig/pinned-hs256".to_owned()],
        wanted: &|_| true,
        regressions: &[],
        known: &[],
        repeat: 1,
        jobs: 1,
        max_time: None,
        max_findings: None,
        stop: &AtomicBool::new(false),
    };
    let log = Mutex::new(String::new());
    let listener = |event: Event<'_>| {
        if let Event::Found { finding } = event {
            let finding = Finding { microseconds: 0, ..finding.clone() };
            *log.lock().expect("nothing panics here") += &line(&json!({ "event": "found", "finding": finding }));
        }
    };
    let subjects = vec![subject("sound"), subject("strawman-allows-none"), subject("strawman-skips-signature")];
    let mut report = run::run(subjects, &options, &listener);
    report.run.milliseconds = 0;
    report.targets.iter_mut().for_each(|target| target.verify_microseconds = 0);
    report.findings.iter_mut().for_each(|finding| finding.microseconds = 0);
    (report, log.into_inner().expect("nothing panicked"))
}

fn line(value: &impl serde::Serialize) -> String {
    format!("{}\n", serde_json::to_string(value).expect("the lines of the protocol are JSON"))
}

/// No token of a seed is longer, in octets: the few that are belong to `assay run`.
pub const LONGEST_TOKEN: usize = 8192;

/// No document of a seed is longer, in octets.
pub const LONGEST_DOCUMENT: usize = 16384;

const CONFIGURATION: &str = r#"[run]
fail-on = "medium"
level = "must"
timeout = "2s"
report = ["junit", "sarif"]
strict-known = true

[profile.nightly]
max-time = "10m"
jobs = 2

[[target]]
name = "my-service"
command = ["python3", "shim.py"]
timeout = "1500ms"
source = "src/auth.py"

[[known]]
target = "my-service"
case = "time/exp-float-*"
reason = "dates are integers here; documented"

[[key]]
replaces = "hs256"
secret-env = "MY_TEST_SECRET"
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_token_of_nearly_every_class_and_every_setting_and_none_twice() {
        let tokens = tokens();
        let names: BTreeSet<&str> = tokens.iter().map(|seed| seed.name.as_str()).collect();
        assert_eq!(names.len(), tokens.len(), "two seeds of one name");
        let has_cases = |class: &attacks::Class| matches!(class.make, attacks::Make::Cases { .. });
        let classes = attacks::classes().filter(|(_, class)| has_cases(class)).count();
        assert!(tokens.len() > classes * 3 / 4, "{} of {classes} classes", tokens.len());
        assert!(names.contains("valid-pinned-es512"), "{names:?}");
        assert!(names.iter().any(|name| name.starts_with("cases-ed448")), "{names:?}");
    }

    #[test]
    fn seeds_are_the_same_every_time() {
        for target in TARGETS {
            let [once, again] = [(target.seeds)(), (target.seeds)()];
            assert!(once.len() == again.len() && !once.is_empty(), "{}", target.name);
            let other = once.iter().zip(&again).find(|(seed, same)| seed != same);
            assert!(other.is_none(), "{}: {:?}", target.name, other.map(|(seed, _)| &seed.name));
        }
    }

    #[test]
    fn a_folder_holds_what_engines_look_for() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        write(folder.path()).expect("it is writable");
        for target in TARGETS {
            let is_there = |suffix: &str| folder.path().join(format!("{}{suffix}", target.name)).exists();
            assert!(is_there("") && is_there(".options"), "{}", target.name);
            assert_eq!(is_there(".dict"), target.dictionary.is_some(), "{}", target.name);
            let kept = fs::read_dir(folder.path().join(target.name)).expect("it is there").count();
            assert_eq!(kept, (target.seeds)().len(), "{}", target.name);
        }
    }
}
