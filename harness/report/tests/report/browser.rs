//! The pages in a real browser, where there is one: `tests/browser/check.mjs` says what must hold of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::json;
use token_assay_model::report::{CampaignInfo, CaseReport, CaseResult, ClassInfo, TargetInfo, TargetReport};
use token_assay_model::{
    Answer, CaseId, Claims, Finding, Fingerprint, Input, Level, Outcome, Policy, Profile, Report, Severity, Verdict,
};
use token_assay_report::bench::Needs;
use token_assay_report::bench::page::{Form, render};
use token_assay_report::sessions::{Explored, Transcript, page};
use token_assay_report::{Format, Options};

use crate::fixture;
use crate::sample::sample;

#[test]
fn every_page_holds_in_a_browser() {
    let Some(tools) = tools() else { return };
    let pages = folder("pages");
    for (name, report) in [
        ("complete.html", fixture::complete()),
        ("stopped.html", fixture::stopped()),
        ("sound.html", fixture::sound()),
        ("hostile.html", hostile()),
        ("campaign.html", campaign()),
        ("compared.html", compared()),
        ("large.html", large(4000, 30)),
    ] {
        fs::write(pages.join(name), Format::Html.render(&report, &options())).expect("the folder is ours");
    }
    fs::write(pages.join("sessions.html"), page("assay 0.1.0 sessions · seed 1", &explored()))
        .expect("the folder is ours");
    let measured = render(&sample(), &Needs::default(), "assay bench run --quick", Form::Html);
    fs::write(pages.join("bench.html"), measured.expect("it was measured")).expect("the folder is ours");
    let check = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/check.mjs");
    let mut command = Command::new("node");
    let output = command.current_dir(&tools.modules).arg(check).arg(&pages).arg(&tools.browser).output();
    let output = output.expect("node was there a moment ago");
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    println!("{said}");
    assert!(output.status.success(), "{said}");
}

/// What playwright-core wants.
const OLDEST_NODE: u32 = 20;

struct Tools {
    modules: PathBuf,
    browser: PathBuf,
}

/// Node with the two packages of the lock file, and a browser; nothing, and a line that says what is missing.
fn tools() -> Option<Tools> {
    let skipped = |why: &str| {
        println!("SKIPPED: the pages were not looked at in a browser: {why}");
        None
    };
    let runs = |name: &str| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
    if !runs("node") || !runs("npm") {
        return skipped("node or npm is not installed");
    }
    let version = Command::new("node").arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    let version = String::from_utf8_lossy(&version).into_owned();
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < OLDEST_NODE) {
        return skipped(&format!("node {} is too old for what drives it", version.trim()));
    }
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = || std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
    let Some(browser) = places().find(|place| place.is_file()) else {
        return skipped("chromium is not installed");
    };
    let modules = folder("node");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let lock = fs::read(source.join("package-lock.json")).expect("it is part of the package");
    // Whole only once the lock file lies there.
    if fs::read(modules.join("package-lock.json.done")).is_ok_and(|done| done == lock) {
        return Some(Tools { modules, browser });
    }
    for name in ["package.json", "package-lock.json"] {
        fs::copy(source.join(name), modules.join(name)).expect("the folder is ours");
    }
    let install =
        Command::new("npm").current_dir(&modules).args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).output();
    if !install.is_ok_and(|output| output.status.success()) {
        return skipped("npm could not install what drives it");
    }
    fs::write(modules.join("package-lock.json.done"), lock).expect("the folder is ours");
    Some(Tools { modules, browser })
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser").join(name);
    fs::create_dir_all(&folder).expect("cargo has a folder for tests");
    folder
}

fn options() -> Options {
    let as_test = |finding: &Finding| {
        let policy = serde_json::to_string_pretty(&*finding.policy).expect("a policy is JSON");
        Some(format!("#[test]\nfn again() {{\n    let policy = r##\"{policy}\"##;\n}}\n"))
    };
    Options { as_test: Some(as_test), ..fixture::options() }
}

/// What a page must take for text.
const HARM: &[&str] = &[
    "</script><img src=x onerror=alert(1)>",
    "</noscript><script>harmed = 1</script>",
    "<!--<script>",
    "]]>",
    "\" onmouseover=\"harmed=1",
    "' autofocus onfocus='harmed=1",
    "javascript:harmed=1",
    "&lt;b&gt;&amp;",
    "{{ 7 * 7 }}",
];

/// What hides: it stands in every text of a finding.
const HIDDEN: &str = "\0\u{202e}\u{2066}\u{2028}\u{feff}";

fn hostile() -> Report {
    let mut report = fixture::complete();
    let harm = |at: usize| format!("{}{HIDDEN}", HARM[at % HARM.len()]);
    let names: Vec<String> =
        (0..report.targets.len()).map(|at| if at == 0 { HARM[0].to_owned() } else { harm(at) }).collect();
    let renamed: BTreeMap<String, String> =
        report.targets.iter().zip(&names).map(|(target, name)| (target.info.name.clone(), name.clone())).collect();
    for (at, target) in report.targets.iter_mut().enumerate() {
        target.info.name.clone_from(&names[at]);
        target.info.version = harm(at + 1);
        target.info.language = harm(at + 2);
    }
    for (at, case) in report.cases.iter_mut().enumerate() {
        case.expected = harm(at);
        let rename = |(name, result): (String, CaseResult)| {
            (
                renamed.get(&name).cloned().unwrap_or(name),
                CaseResult { answer: format!("{}: {}", result.answer, harm(at)), ..result },
            )
        };
        case.results = std::mem::take(&mut case.results).into_iter().map(rename).collect();
    }
    for (at, class) in report.classes.values_mut().enumerate() {
        class.title = harm(at);
        class.construction = harm(at + 3);
        class.mend = harm(at + 4);
        class.references.extend(HARM.iter().map(|text| token_assay_model::Reference(format!("RFC 1 §{text}"))));
        class.references.extend(HARM.iter().map(|text| token_assay_model::Reference(format!("CVE-{text}"))));
    }
    let class = CaseId::new("<script>harmed=1<\u{202e}", "a b\"c'd", "<img src=x onerror=alert(1)>");
    for (at, finding) in report.findings.iter_mut().enumerate() {
        finding.fingerprint = Fingerprint(if at % 2 == 0 { harm(at) } else { finding.fingerprint.0.clone() });
        finding.target = renamed.get(&finding.target).cloned().unwrap_or_default();
        finding.title = format!("{HIDDEN}{}", HARM.join(" "));
        finding.others = HARM.iter().map(|text| ((*text).to_owned(), Verdict::unsupported(*text).into())).collect();
        let claims = json!({ HARM[0]: HARM, HIDDEN: "\u{2028}\u{2029}", "\"": "\u{7f}", "long": "x".repeat(100_000) });
        let claims = Claims(claims.as_object().expect("an object").clone());
        finding.observed = Answer::from(Verdict::accept(claims.0.clone()));
        // A surrogate that stands alone is an escape that no string can hold.
        let payload = format!(r#"{{"a":"\ud800","b":{},"b":{}}}"#, json!(HARM), json!(HIDDEN));
        finding.input = match at % 3 {
            0 => fixture::token(&json!({ "alg": HARM.join("") }).to_string(), &payload, HARM[0]),
            1 => Input::from_octets(format!("{}.\0\u{202e}{}", "<".repeat(3000), HARM.join(".")).into_bytes()),
            _ => Input::Bytes([b"\xff\xfe</script>".as_slice(), &[0; 5000]].concat()),
        };
        let policy =
            Policy { issuer: HARM.iter().map(|text| (*text).to_owned()).collect(), ..(*finding.policy).clone() };
        finding.policy = Arc::new(policy);
        if at == 0 {
            finding.case = class.clone();
        }
    }
    report.run.complete = false;
    report.run.stopped = Some(HARM.join(HIDDEN));
    report.run.selection = HARM.iter().map(|text| (*text).to_owned()).collect();
    report
}

fn compared() -> Report {
    let (mut report, mut earlier) = (fixture::complete(), fixture::complete());
    earlier.run.started = "2026-11-01T00:00:00Z".to_owned();
    earlier.findings.truncate(4);
    earlier.findings[3].fingerprint = Fingerprint("0123abcd".to_owned());
    report.compare_with(&earlier);
    report
}

fn campaign() -> Report {
    let mut report = fixture::complete();
    report.campaign = Some(CampaignInfo {
        engine: "generate".to_owned(),
        first: 0,
        next: 120_000,
        shard: (1, 1),
        cases: 120_000,
        requests: 600_000,
        decoded: 97_000,
        verified: 49_000,
        accepted: 5_000,
        classes: 134,
        repeats: report
            .findings
            .iter()
            .zip(1..)
            .map(|(finding, times)| (finding.fingerprint.clone(), times * 7))
            .collect(),
        curve: (1..100_u64).map(|at| (at * at * 6, at * at * 12, 134 - 134 / at, at.ilog2().into())).collect(),
    });
    report
}

fn explored() -> Vec<Explored> {
    let step = |command: &str, answer: &str, model: &str| (command.to_owned(), answer.to_owned(), model.to_owned());
    let steps = vec![
        step(
            "login A as alice@north.example",
            "granted: alice@north.example (user, admin), an access token, a refresh token",
            "t=0 · family 0 of alice@north.example: live, used at 0",
        ),
        step("60 s pass", "–", "t=60 · family 0 of alice@north.example: live, used at 0"),
        step("refresh with A's refresh token  [branch 1, from 0 to 4]", "granted", "t=60"),
        step(
            "login B as </script><img src=x onerror=alert(1)>",
            "denied",
            "t=60 · family 0 of alice@north.example: ended at 60: refresh token reused, used at 60",
        ),
    ];
    let finding = Transcript {
        severity: Severity::High,
        level: Level::Must,
        id: "sessions/reuse-ends-family".to_owned(),
        service: "reference-reuse-spares-family".to_owned(),
        title: "A refresh token that was used before is honoured, or its family lives on.".to_owned(),
        seen: "a login was accepted that has ended".to_owned(),
        clauses: vec!["RFC 9700 §4.14.2".to_owned()],
        mend: "Refuse a refresh token that was used, and end every token of its family.".to_owned(),
        steps,
        made_small: "4 of 17 commands, found after 326".to_owned(),
        again: "assay sessions jwt --seed 24301 --plant reuse-spares-family".to_owned(),
    };
    let told = "326 commands in 17 scripts".to_owned();
    vec![
        Explored { kind: "jwt".to_owned(), told: told.clone(), finding: Some(finding) },
        Explored { kind: "session".to_owned(), told, finding: None },
    ]
}

/// So many classes at so many targets, one in twenty of them wrong somewhere.
pub(crate) fn large(classes: usize, targets: usize) -> Report {
    let mut report = fixture::sound();
    let names: Vec<String> = (0..targets).map(|at| format!("library-{at:02}")).collect();
    let target =
        |name: &String| TargetReport { info: TargetInfo::new(name, "1.2.3", &["HS256"]), ..report.targets[0].clone() };
    report.targets = names.iter().map(target).collect();
    report.classes.clear();
    report.cases.clear();
    let model = fixture::complete().findings.remove(0);
    for class in 0..classes {
        let id = CaseId::new(&format!("family-{:02}", class % 40), &format!("class-{class:04}"), "pinned-hs256");
        let key = format!("{}/{}", id.family(), id.class());
        let info = ClassInfo {
            id: key.clone(),
            title: format!("A token whose member number {class} is bent in one way of many was accepted."),
            construction: format!("the valid token, and member {class} bent"),
            level: Level::Must,
            severity: Severity::ALL[class % Severity::ALL.len()],
            references: vec![token_assay_model::Reference(format!("RFC 7519 §4.1.{}", class % 9))],
            cwe: Some(347),
            mend: "Refuse it.".to_owned(),
        };
        let result = |at: usize| match (class * 31 + at * 17) % 620 {
            0 => CaseResult { outcome: Outcome::Fail, answer: "accept".to_owned(), cost: None },
            1..40 => CaseResult { outcome: Outcome::Skip, answer: "ES256K".to_owned(), cost: None },
            _ => CaseResult {
                outcome: Outcome::Pass,
                answer: "reject (signature): InvalidSignature".to_owned(),
                cost: None,
            },
        };
        let results: BTreeMap<String, CaseResult> =
            names.iter().enumerate().map(|(at, name)| (name.clone(), result(at))).collect();
        for (name, result) in &results {
            if result.outcome == Outcome::Fail {
                let fingerprint = Fingerprint(format!("{:08x}", report.findings.len()));
                let case = id.clone();
                report.findings.push(Finding {
                    fingerprint,
                    target: name.clone(),
                    case: case.clone(),
                    cases: vec![case],
                    severity: info.severity,
                    ..model.clone()
                });
            }
        }
        report.classes.insert(key, info);
        report.cases.push(CaseReport {
            id,
            profile: Profile::Pinned,
            level: Level::Must,
            expected: "reject (signature)".to_owned(),
            results,
        });
    }
    report
}
