//! A report made by hand: every outcome, every fault, a target that could not be tried, a run that stopped, and text that
//! means harm wherever a target or a token can put any.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;
use token_assay_model::report::{
    CaseReport, CaseResult, ClassInfo, ControlFailure, Cost, RunInfo, SCHEMA, StaleKnown, TargetInfo, TargetReport,
    Tool,
};
use token_assay_model::{
    Algorithm, Answer, CaseId, Claims, Expectation, Fault, Finding, Fingerprint, Input, Key, Level, Oracle, Outcome,
    Policy, Profile, Reason, Reference, Report, Severity, Verdict,
};
use token_assay_report::Options;

/// What a target puts where it can.
pub(crate) const HARM: &str =
    "\0\u{1b}[2J\u{202e}\u{fffe}\r\n</failure>]]><script>|`code` ```` [x](http://example.com) @user :smile: {0}";

/// The whole run.
pub(crate) fn complete() -> Report {
    Report {
        schema: SCHEMA,
        tool: Tool { name: "assay".to_owned(), version: "0.1.0".to_owned() },
        run: RunInfo {
            started: "2026-11-24T12:00:00Z".to_owned(),
            milliseconds: 1500,
            seed: 24301,
            now: 1_700_000_000,
            real_now: 1_795_521_600,
            selection: Vec::new(),
            complete: true,
            stopped: None,
            redacted: false,
        },
        targets: targets(),
        classes: classes(),
        cases: cases(),
        findings: findings(),
        campaign: None,
        stale: vec![StaleKnown {
            target: "lib-a".to_owned(),
            case: "time/*".to_owned(),
            because: "it no longer fails".to_owned(),
        }],
        baseline: None,
    }
}

/// The same, stopped in the middle.
pub(crate) fn stopped() -> Report {
    let mut report = complete();
    report.run.complete = false;
    report.run.stopped = Some(format!("interrupted {HARM}"));
    report.cases[3].results.remove("lib-b");
    report
}

/// Two targets, everything right.
pub(crate) fn sound() -> Report {
    let mut report = complete();
    report.findings.clear();
    report.stale.clear();
    report.targets.truncate(2);
    for target in &mut report.targets {
        target.outcomes = BTreeMap::from([(Outcome::Pass, 2)]);
        target.control_failures.clear();
        target.skipped_for.clear();
        target.other_reasons.clear();
    }
    report.cases.truncate(2);
    for case in &mut report.cases {
        case.results = ["lib-a", "lib-b"].map(|name| (name.to_owned(), pass(&reject()))).into();
    }
    report
}

/// One with a token as long as a header may be, and longer.
pub(crate) fn with_long_token() -> Report {
    let mut report = complete();
    report.findings[0].input = Input::Token(format!("{}.{}.", encode(r#"{"alg":"none"}"#), "A".repeat(100 << 10)));
    report
}

/// What the renderers are told.
pub(crate) fn options() -> Options {
    Options {
        source_of: BTreeMap::from([("lib-b".to_owned(), ("shims/lib b.py".to_owned(), 7))]),
        report: Some("assay-report/report.json".to_owned()),
        ..Options::default()
    }
}

/// A token of these texts.
pub(crate) fn token(header: &str, payload: &str, signature: &str) -> Input {
    Input::Token(format!("{}.{}.{signature}", encode(header), encode(payload)))
}

fn encode(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

fn targets() -> Vec<TargetReport> {
    let target = |name: &str, version: &str, language: &str, outcomes: &[(Outcome, u64)]| TargetReport {
        info: TargetInfo {
            name: name.to_owned(),
            version: version.to_owned(),
            language: language.to_owned(),
            homepage: None,
            issues: None,
            supports: vec![Algorithm::Rs256.into(), Algorithm::Hs256.into()],
        },
        outcomes: outcomes.iter().copied().collect(),
        skipped_for: BTreeMap::new(),
        control_failures: Vec::new(),
        other_reasons: BTreeMap::new(),
        verify_microseconds: 12_345,
        timing: None,
        unusable: None,
    };
    let mut a = target("lib-a", "1.4.0", "rust", &[(Outcome::Pass, 3), (Outcome::Fail, 3)]);
    a.other_reasons = BTreeMap::from([("expired/other".to_owned(), 1)]);
    let mut b = target(
        "lib-b",
        "9.3",
        "python",
        &[(Outcome::Pass, 2), (Outcome::Fail, 2), (Outcome::Skip, 1), (Outcome::Known, 1)],
    );
    b.skipped_for = BTreeMap::from([("ES256".to_owned(), 1)]);
    let mut c = target(
        "lib-c",
        &format!("0.8 {HARM}"),
        "go",
        &[(Outcome::Pass, 2), (Outcome::Fail, 3), (Outcome::Inconclusive, 1)],
    );
    let failure = |class: &str, variant: &str| ControlFailure {
        case: CaseId::new("valid", class, variant),
        profile: Profile::PinnedJwk,
        observed: format!("the valid token: reject (key): {HARM}"),
        cases: 1,
    };
    c.control_failures = vec![failure("plain", "pinned-jwk-rs256"), failure("plain", "pinned-jwk-es256")];
    let mut dead = target("dead", "", "ruby", &[]);
    dead.unusable = Some(format!("its shim did not start: {HARM}"));
    vec![a, b, c, dead]
}

fn classes() -> BTreeMap<String, ClassInfo> {
    let class = |id: &str, title: &str, severity: Severity, references: &[&str]| ClassInfo {
        id: id.to_owned(),
        title: title.to_owned(),
        construction: "alg=none, claims of an administrator {\"sub\":\"admin\"}, empty third segment".to_owned(),
        level: Level::Must,
        severity,
        references: references.iter().map(|text| Reference((*text).to_owned())).collect(),
        cwe: Some(347),
        mend: "Take the allowed algorithms from the application, never from the token.".to_owned(),
    };
    let mut classes = BTreeMap::new();
    let mut add = |class: ClassInfo| classes.insert(class.id.clone(), class);
    add(class(
        "alg-none/none-empty-sig",
        NONE,
        Severity::Critical,
        &["RFC 7518 §3.6", "RFC 8725 §3.2", "CVE-2015-2951"],
    ));
    add(class("time/exp-past", EXPIRED, Severity::High, &["RFC 7519 §4.1.4"]));
    add(class("valid/plain", "A valid token was refused.", Severity::Medium, &["RFC 7519 §7.2"]));
    add(class("claims/aud-unasked", "No audience was asked for.", Severity::Note, &[]));
    let mut hostile = class("json/deep", HARM, Severity::Medium, &["CWE-674", HARM, "a named document"]);
    hostile.construction = HARM.to_owned();
    hostile.mend = HARM.to_owned();
    hostile.cwe = None;
    add(hostile);
    classes
}

/// Ten times a plain token.
const COST: Cost =
    Cost { nanoseconds: 12_000_000, plain_nanoseconds: 1_200_000, octets: Some(48 << 20), plain_octets: Some(3 << 20) };

fn cases() -> Vec<CaseReport> {
    let case =
        |id: CaseId, profile: Profile, level: Level, expected: &str, results: [(&str, CaseResult); 3]| CaseReport {
            id,
            profile,
            level,
            expected: expected.to_owned(),
            results: results.into_iter().map(|(name, result)| (name.to_owned(), result)).collect(),
        };
    let skip = CaseResult { outcome: Outcome::Skip, answer: "ES256".to_owned(), cost: None };
    let inconclusive = CaseResult { outcome: Outcome::Inconclusive, answer: "reject (key)".to_owned(), cost: None };
    let (must, refuse) = (Level::Must, "reject (algorithm)");
    vec![
        case(
            none("pinned-rs256"),
            Profile::Pinned,
            must,
            refuse,
            [("lib-a", fail(&accept())), ("lib-b", pass(&reject())), ("lib-c", pass(&reject()))],
        ),
        case(
            none("pinned-es256"),
            Profile::Pinned,
            must,
            refuse,
            [("lib-a", fail(&accept())), ("lib-b", skip), ("lib-c", pass(&reject()))],
        ),
        case(
            expired(),
            Profile::Pinned,
            must,
            "reject (expired)",
            [
                ("lib-a", pass(&reject())),
                ("lib-b", CaseResult { outcome: Outcome::Known, answer: "accept".to_owned(), cost: None }),
                ("lib-c", fail(&accept())),
            ],
        ),
        case(
            deep(),
            Profile::Pinned,
            Level::Should,
            "any verdict within 2000 ms",
            [
                ("lib-a", fail(&Fault::Crash(HARM.to_owned()).into())),
                ("lib-b", CaseResult { cost: Some(COST), ..fail(&Fault::Hang("no answer in 2 s".to_owned()).into()) }),
                ("lib-c", fail(&Fault::Panic(String::new()).into())),
            ],
        ),
        case(
            CaseId::new("valid", "plain", "pinned-jwk-rs256"),
            Profile::PinnedJwk,
            must,
            "accept",
            [("lib-a", pass(&accept())), ("lib-b", fail(&reject())), ("lib-c", inconclusive)],
        ),
        case(
            CaseId::new("claims", "aud-unasked", "pinned-rs256"),
            Profile::Pinned,
            Level::May,
            "either",
            [
                ("lib-a", pass(&accept())),
                ("lib-b", pass(&reject())),
                ("lib-c", fail(&Fault::Garbage(HARM.to_owned()).into())),
            ],
        ),
    ]
}

fn findings() -> Vec<Finding> {
    let forged = || token(r#"{"alg":"none"}"#, r#"{"exp":1700003600,"sub":"admin"}"#, "");
    let finding = |fingerprint: &str, oracle, target: &str, case: CaseId, title: &str, severity| Finding {
        fingerprint: Fingerprint(fingerprint.to_owned()),
        oracle,
        target: target.to_owned(),
        cases: vec![case.clone()],
        case,
        title: title.to_owned(),
        severity,
        level: Level::Must,
        profile: Profile::Pinned,
        outcome: Outcome::Fail,
        known: None,
        without_control: false,
        expected: Expectation::Reject { reason: Reason::Algorithm },
        observed: accept(),
        microseconds: 400,
        input: forged(),
        policy: policy(),
        twin: token(r#"{"alg":"RS256","typ":"JWT"}"#, r#"{"exp":1700003600,"sub":"alice"}"#, "c2lnbmF0dXJl"),
        before: Vec::new(),
        others: Vec::new(),
        recipe: None,
    };
    let mut forgery = finding("7f3a91c2", Oracle::Soundness, "lib-a", none("pinned-rs256"), NONE, Severity::Critical);
    forgery.cases = vec![none("pinned-es256"), none("pinned-rs256")];
    forgery.others = vec![
        ("lib-b".to_owned(), reject()),
        ("lib-c".to_owned(), reject()),
        ("lib-d".to_owned(), accept()),
        ("lib-e".to_owned(), Verdict::unsupported("RS256").into()),
        ("lib-f".to_owned(), Fault::Hang(String::new()).into()),
    ];
    let mut late = finding("00c0ffee", Oracle::Soundness, "lib-c", expired(), EXPIRED, Severity::High);
    late.expected = Expectation::Reject { reason: Reason::Expired };
    late.without_control = true;
    late.observed = Verdict::accept(claims(&json!({ HARM: HARM })).0).into();
    late.input = token(
        "{\"alg\":\"RS256\",\"typ\":\"J\u{202e}WT\u{1b}\"}",
        &format!(r#"{{"exp":1,"sub":{}}}"#, json!(HARM)),
        "c2lnbmF0dXJl",
    );
    let mut crash = finding("0badf00d", Oracle::Robustness, "lib-a", deep(), HARM, Severity::Medium);
    crash.level = Level::Should;
    crash.expected = Expectation::Bounded { milliseconds: 2000 };
    crash.observed = Fault::Crash(HARM.to_owned()).into();
    crash.input = Input::Bytes(b"\xff\x1b[2J.\x00.".to_vec());
    let mut hang = finding("0badf00e", Oracle::Robustness, "lib-b", deep(), "No answer in time.", Severity::Medium);
    hang.expected = Expectation::Bounded { milliseconds: 2000 };
    hang.observed = Fault::Hang("no answer in 2 s".to_owned()).into();
    hang.microseconds = 2_000_000;
    let mut panic = finding("0badf00f", Oracle::Robustness, "lib-c", deep(), "A panic.", Severity::Medium);
    panic.expected = Expectation::Bounded { milliseconds: 2000 };
    panic.observed = Fault::Panic(String::new()).into();
    let valid = CaseId::new("valid", "plain", "pinned-jwk-rs256");
    let mut refused =
        finding("5eed5eed", Oracle::Completeness, "lib-b", valid, "A valid token was refused.", Severity::Medium);
    refused.expected = Expectation::Accept { claims: claims(&json!({ "exp": 1_700_003_600, "sub": "alice" })) };
    refused.observed = reject();
    refused.input = refused.twin.clone();
    refused.profile = Profile::PinnedJwk;
    let open = CaseId::new("claims", "aud-unasked", "pinned-rs256");
    let mut garbage = finding("9a7ba9e5", Oracle::Robustness, "lib-c", open, "Nonsense.", Severity::Low);
    garbage.level = Level::May;
    garbage.expected = Expectation::Either { because: "the policy names no audience".to_owned() };
    garbage.observed = Fault::Garbage(HARM.to_owned()).into();
    let mut known = finding("0ddba115", Oracle::Soundness, "lib-b", expired(), EXPIRED, Severity::High);
    known.expected = Expectation::Reject { reason: Reason::Expired };
    known.outcome = Outcome::Known;
    known.known = Some(format!("lenient clocks are documented {HARM}"));
    vec![forgery, late, crash, hang, panic, refused, garbage, known]
}

fn policy() -> Arc<Policy> {
    Arc::new(Policy {
        algorithms: Some(vec![Algorithm::Rs256]),
        keys: vec![Key { secret: Some(b"never shown".to_vec()), ..Key::default() }],
        issuer: vec!["https://issuer.example".to_owned()],
        audience: vec![format!("api {HARM}")],
        leeway: Some(30),
        now: Some(1_700_000_000),
        ..Policy::default()
    })
}

fn none(variant: &str) -> CaseId {
    CaseId::new("alg-none", "none-empty-sig", variant)
}

fn expired() -> CaseId {
    CaseId::new("time", "exp-past", "pinned-hs256")
}

fn deep() -> CaseId {
    CaseId::new("json", "deep", "pinned-rs256")
}

fn pass(answer: &Answer) -> CaseResult {
    CaseResult { outcome: Outcome::Pass, answer: answer.to_string(), cost: None }
}

fn fail(answer: &Answer) -> CaseResult {
    CaseResult { outcome: Outcome::Fail, answer: answer.to_string(), cost: None }
}

fn accept() -> Answer {
    Verdict::accept(claims(&json!({ "exp": 1_700_003_600, "sub": "admin" })).0).into()
}

fn reject() -> Answer {
    Verdict::reject(Reason::Signature, "InvalidSignature").into()
}

fn claims(value: &serde_json::Value) -> Claims {
    Claims(value.as_object().expect("an object").clone())
}

const NONE: &str = "A forged token that says alg none and has an empty signature was accepted.";
const EXPIRED: &str = "A token that has expired was accepted.";
