//! The bytes of every format, held against files. `BLESS=1` writes the files anew; look at what changed.

use std::path::PathBuf;

use token_assay_model::{ExitCode, Report};
use token_assay_report::{Diff, Format, Options, read};

use crate::fixture;

fn hold(name: &str, bytes: &[u8]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, bytes).expect("the folder of golden files can be written");
    }
    let golden = std::fs::read(&path).unwrap_or_default();
    assert!(golden == bytes, "{name} is not as it was; BLESS=1 writes it anew:\n{}", String::from_utf8_lossy(bytes));
}

fn hold_formats(folder: &str, report: &Report, options: &Options) {
    for format in Format::ALL {
        let name = format.file_name();
        let bytes = format.render(report, options);
        hold(&format!("{folder}-{name}"), &if *format == Format::Html { told(&bytes) } else { bytes });
    }
}

/// What a page says, without its style and its script, which are files of their own.
fn told(page: &[u8]) -> Vec<u8> {
    let page = std::str::from_utf8(page).expect("a page is text");
    let (head, rest) = page.split_once("<style>").expect("it has a style");
    let (_, body) = rest.split_once("</style>").expect("it ends");
    let (body, _) = body.rsplit_once("<script>").expect("it has a script");
    let (before, policy) = head.split_once("script-src ").expect("it has a policy");
    let (_, after) = policy.split_once("; base-uri").expect("it goes on");
    format!("{before}…; base-uri{after}…{body}…\n").into_bytes()
}

#[test]
fn a_whole_run_renders_as_before() {
    hold_formats("complete", &fixture::complete(), &fixture::options());
}

#[test]
fn a_stopped_run_renders_as_before() {
    let options = Options { exit_code: Some(ExitCode::Interrupted), ..fixture::options() };
    hold_formats("stopped", &fixture::stopped(), &options);
}

#[test]
fn a_run_without_findings_renders_as_before() {
    hold_formats("sound", &fixture::sound(), &Options { exit_code: Some(ExitCode::Clean), ..Options::default() });
}

#[test]
fn colour_and_fewer_findings_render_as_before() {
    let options = Options { color: true, max_findings: 1, ..Options::default() };
    hold("color-report.txt", &Format::Terminal.render(&fixture::complete(), &options));
}

#[test]
fn a_comparison_renders_as_before() {
    let (old, new) = (fixture::sound(), fixture::complete());
    let diff = Diff::new(&old, &new);
    hold("diff.txt", diff.text(&Options::default()).as_bytes());
    hold("diff-color.txt", diff.text(&Options { color: true, ..Options::default() }).as_bytes());
    hold("diff.md", diff.markdown().as_bytes());
}

#[test]
fn a_report_reads_back_as_it_was() {
    for report in [fixture::complete(), fixture::stopped(), fixture::sound(), fixture::with_long_token()] {
        assert_eq!(read(&Format::Json.render(&report, &Options::default())), Ok(report));
    }
}

#[test]
fn rendering_twice_gives_the_same_bytes() {
    for format in Format::ALL {
        let render = || format.render(&fixture::complete(), &fixture::options());
        assert_eq!(render(), render());
    }
}

#[test]
fn a_long_token_is_shown_by_its_ends_and_its_length() {
    let report = fixture::with_long_token();
    for format in Format::ALL.iter().filter(|format| **format != Format::Json) {
        let bytes = format.render(&report, &fixture::options());
        // A page has its style and its script in it.
        let most = if *format == Format::Html { 130_000 } else { 50_000 };
        assert!(bytes.len() < most, "{format}: {} octets", bytes.len());
    }
    let text = String::from_utf8(Format::Terminal.render(&report, &Options::default())).expect("text");
    assert!(text.contains("eyJhbGciOiJub25lIn0.…AA. (102421 bytes)"), "{text}");
}

#[test]
fn no_renderer_for_people_shows_a_key() {
    let report = fixture::complete();
    let secret = report.findings[0].policy.keys[0].secret.clone().expect("the fixture has one");
    // As it stands in the policy of a report, too.
    let written = serde_json::to_value(&*report.findings[0].policy).expect("a policy is JSON")["keys"][0].clone();
    let written = written["secret"].as_str().expect("a secret is text").as_bytes().to_vec();
    for format in Format::ALL.iter().filter(|format| **format != Format::Json) {
        let bytes = format.render(&report, &fixture::options());
        for secret in [&secret, &written] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{format}");
        }
    }
}
