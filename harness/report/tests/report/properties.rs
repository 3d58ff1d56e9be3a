//! Any text, anywhere in a report.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Map, Value};
use token_assay_model::report::{CaseReport, CaseResult, ClassInfo, ControlFailure, Cost, StaleKnown};
use token_assay_model::{
    Answer, CaseId, Claims, Expectation, Fault, Finding, Fingerprint, Input, Level, Oracle, Outcome, Policy, Profile,
    Reason, Reference, Report, Severity, Verdict,
};
use token_assay_report::{Diff, Format, Options, finding_block, finding_line, read};

use crate::fixture;
use crate::hostile::{foreign_html, foreign_markup, raw_characters, unstyled};
use crate::schemas::{junit_errors, sarif_errors};

fn text() -> impl Strategy<Value = String> + Clone {
    let harm = prop::sample::select(vec![
        "\0",
        "\u{1b}[31m",
        "\u{9b}2J",
        "\u{202e}",
        "\u{fffe}",
        "\r\n",
        "</failure>",
        "]]>",
        "<!--",
        "|",
        "`",
        "```\n",
        "[x](y)",
        "![x](y)",
        "{0}",
        "{}",
        "&amp;",
        "\\",
        "\"",
        "'",
        "www.a.b",
        "https://a.b",
        "@user",
        "# ",
        "* ",
        "~~x~~",
        "$$x$$",
        "\u{feff}",
        "\t",
        "accept",
        "reject (",
        "panic: ",
        "\u{7f}",
        "é",
        "🦀",
    ]);
    prop_oneof![
        any::<String>(),
        prop::collection::vec(prop_oneof![harm.prop_map(str::to_owned), any::<String>()], 0..5)
            .prop_map(|parts| parts.concat())
    ]
}

fn select<T: Copy + std::fmt::Debug + 'static>(values: &'static [T]) -> impl Strategy<Value = T> + Clone {
    prop::sample::select(values)
}

fn claims() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map(text(), text().prop_map(Value::from), 0..3).prop_map(|map| map.into_iter().collect())
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        text().prop_map(Input::Token),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Input::from_octets),
        (text(), text(), text()).prop_map(|(header, payload, signature)| fixture::token(&header, &payload, &signature)),
        (claims(), claims()).prop_map(|(header, payload)| {
            fixture::token(&Value::from(header).to_string(), &Value::from(payload).to_string(), "c2ln")
        }),
    ]
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        claims().prop_map(|claims| Verdict::accept(claims).into()),
        (prop::option::of(select(Reason::ALL)), text())
            .prop_map(|(reason, detail)| Verdict::reject(reason, detail).into()),
        text().prop_map(|feature| Verdict::unsupported(feature).into()),
        text().prop_map(|detail| Fault::Panic(detail).into()),
        text().prop_map(|detail| Fault::Garbage(detail).into()),
    ]
}

fn expectation() -> impl Strategy<Value = Expectation> {
    prop_oneof![
        claims().prop_map(|claims| Expectation::Accept { claims: Claims(claims) }),
        select(Reason::ALL).prop_map(|reason| Expectation::Reject { reason }),
        text().prop_map(|because| Expectation::Either { because }),
        any::<u64>().prop_map(|milliseconds| Expectation::Bounded { milliseconds }),
    ]
}

fn case_id() -> impl Strategy<Value = CaseId> {
    let part = text().prop_map(|part| part.replace('/', "") + "x");
    prop_oneof![
        Just(CaseId::new("alg-none", "none-empty-sig", "pinned-rs256")),
        Just(CaseId::new("json", "deep", "pinned-rs256")),
        (part.clone(), part.clone(), part).prop_map(|(family, class, variant)| CaseId::new(&family, &class, &variant)),
    ]
}

fn policy() -> impl Strategy<Value = Policy> {
    let texts = || prop::collection::vec(text(), 0..3);
    (texts(), texts(), prop::option::of(text()), texts(), any::<Option<i64>>(), any::<Option<u64>>()).prop_map(
        |(issuer, audience, typ, critical, now, max_age)| Policy {
            issuer,
            audience,
            typ,
            critical,
            now,
            max_age,
            ..Policy::default()
        },
    )
}

prop_compose! {
    fn finding()(
        (fingerprint, target, title, known) in (text(), target_name(), text(), prop::option::of(text())),
        (case, others, cases) in (
            case_id(),
            prop::collection::vec((text(), answer()), 0..4),
            prop::collection::vec(case_id(), 0..4),
        ),
        (oracle, severity, level) in (select(Oracle::ALL), select(Severity::ALL), select(Level::ALL)),
        (profile, outcome) in (select(Profile::ALL), select(&[Outcome::Fail, Outcome::Known])),
        (expected, observed, policy) in (expectation(), answer(), policy()),
        (input, twin) in (input(), input()),
        (microseconds, without_control) in any::<(u64, bool)>(),
    ) -> Finding {
        Finding {
            fingerprint: Fingerprint(fingerprint),
            policy: Arc::new(policy),
            oracle, target, case, title, severity, level, profile, outcome, known, without_control, expected, observed,
            microseconds, input, twin, recipe: None, before: Vec::new(),
            others, cases,
        }
    }
}

fn target_name() -> impl Strategy<Value = String> {
    prop_oneof![Just("lib-a".to_owned()), Just("lib-b".to_owned()), text()]
}

fn case() -> impl Strategy<Value = CaseReport> {
    let cost =
        (any::<[u64; 2]>(), any::<Option<[u64; 2]>>()).prop_map(|([nanoseconds, plain_nanoseconds], memory)| Cost {
            nanoseconds,
            plain_nanoseconds,
            octets: memory.map(|[octets, _]| octets),
            plain_octets: memory.map(|[_, plain]| plain),
        });
    let result = (select(Outcome::ALL), text(), proptest::option::of(cost))
        .prop_map(|(outcome, answer, cost)| CaseResult { outcome, answer, cost });
    let results = prop::collection::btree_map(target_name(), result, 0..3);
    (case_id(), select(Profile::ALL), select(Level::ALL), text(), results)
        .prop_map(|(id, profile, level, expected, results)| CaseReport { id, profile, level, expected, results })
}

fn class() -> impl Strategy<Value = ClassInfo> {
    let reference = prop_oneof![
        text(),
        text().prop_map(|text| format!("CWE-{text}")),
        text().prop_map(|text| format!("RFC 1 §{text}"))
    ];
    let references = prop::collection::vec(reference.prop_map(Reference), 0..3);
    (text(), text(), text(), select(Severity::ALL), references, any::<Option<u32>>()).prop_map(
        |(title, construction, mend, severity, references, cwe)| ClassInfo {
            id: "json/deep".to_owned(),
            level: Level::Must,
            title,
            construction,
            mend,
            severity,
            references,
            cwe,
        },
    )
}

prop_compose! {
    fn report()(
        findings in prop::collection::vec(finding(), 0..4),
        cases in prop::collection::vec(case(), 0..4),
        class in class(),
        (name, version, unusable, observed) in (text(), text(), prop::option::of(text()), text()),
        (skipped_for, other_reasons) in (counts(), counts()),
        (started, complete, stopped) in (prop_oneof![Just("2026-11-24T12:00:00.5+02:00".to_owned()), text()], any::<bool>(), prop::option::of(text())),
        (milliseconds, seed) in any::<(u64, u64)>(),
        stale in text(),
    ) -> Report {
        let mut report = fixture::complete();
        report.run.started = started;
        report.run.milliseconds = milliseconds;
        report.run.seed = seed;
        report.run.complete = complete;
        report.run.stopped = stopped;
        report.tool.version.clone_from(&version);
        report.targets[0].info.version = version;
        report.targets[0].unusable = unusable;
        report.targets[0].skipped_for = skipped_for;
        report.targets[0].outcomes = Outcome::ALL.iter().map(|outcome| (*outcome, seed)).collect();
        report.targets[0].verify_microseconds = seed;
        report.targets[0].other_reasons = other_reasons;
        report.targets[1].info.name = name;
        report.targets[1].control_failures =
            vec![ControlFailure { case: report.cases[0].id.clone(), profile: Profile::Pinned, observed, cases: milliseconds }];
        report.stale = vec![StaleKnown { target: stale.clone(), case: stale.clone(), because: stale }];
        report.classes.insert("json/deep".to_owned(), class);
        report.findings.extend(findings);
        report.cases.extend(cases);
        report
    }
}

fn counts() -> impl Strategy<Value = BTreeMap<String, u64>> {
    prop::collection::btree_map(text(), any::<u64>(), 0..3)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_a_format(report in report(), path in text(), line: u32) {
        let mut options = Options { report: Some(path.clone()), ..Options::default() };
        options.source_of.insert("lib-a".to_owned(), (path, line));
        let render = |format: Format| format.render(&report, &options);

        prop_assert_eq!(&read(&render(Format::Json)), &Ok(report.clone()));
        prop_assert_eq!(sarif_errors(&render(Format::Sarif)), Vec::<String>::new());
        prop_assert!(serde_json::from_slice::<Value>(&render(Format::Badge)).is_ok());
        let junit = render(Format::Junit);
        prop_assert_eq!(junit_errors(&junit), Vec::<String>::new());
        let page = String::from_utf8(render(Format::Markdown)).expect("text");
        prop_assert_eq!(foreign_markup(&page), Vec::<String>::new());
        let page = String::from_utf8(render(Format::Html)).expect("text");
        prop_assert_eq!(foreign_html(&page), Vec::<String>::new());
        let data = page.split_once("id=\"data\">").and_then(|(_, rest)| rest.split_once("</script>")).expect("it has data");
        prop_assert!(serde_json::from_str::<Value>(data.0).is_ok());
        for format in Format::ALL.iter().filter(|format| **format != Format::Json) {
            let text = String::from_utf8(render(*format)).expect("text");
            prop_assert_eq!(raw_characters(&text), Vec::<char>::new(), "{}", format);
        }
    }

    #[test]
    fn colour_adds_styles_and_nothing_else(report in report()) {
        let render = |color| String::from_utf8(Format::Terminal.render(&report, &Options { color, ..Options::default() })).expect("text");
        prop_assert_eq!(unstyled(&render(true)), render(false));
    }

    #[test]
    fn no_text_reaches_the_terminal_of_one_finding(finding in finding()) {
        let line = finding_line(&finding);
        prop_assert!(!line.contains('\n'));
        let block = finding_block(&finding, &fixture::complete(), &Options::default());
        prop_assert_eq!(raw_characters(&(line + &block)), Vec::<char>::new());
    }

    #[test]
    fn no_text_breaks_a_comparison(old in report(), new in report()) {
        let diff = Diff::new(&old, &new);
        let plain = diff.text(&Options::default());
        prop_assert_eq!(raw_characters(&plain), Vec::<char>::new());
        prop_assert_eq!(unstyled(&diff.text(&Options { color: true, ..Options::default() })), plain);
        prop_assert_eq!(foreign_markup(&diff.markdown()), Vec::<String>::new());
        prop_assert!(Diff::new(&new, &new).is_empty());
    }
}
