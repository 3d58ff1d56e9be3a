//! A finding as a section of the page.
//!
//! Takes a finding and its report, gives what the template shows: what was expected and observed, the token beside its twin, the
//! policy, the other targets, clauses, mend, and how to see it again. Never shows a key.

use std::collections::BTreeMap;

use askama::Template;
use token_assay_model::report::ClassInfo;
use token_assay_model::{
    Answer, Claims, Expectation, Fault, Finding, Level, Outcome, Policy, Report, Severity, Verdict, cookie, wire,
};

use super::data;
use super::decoded::{self, Part};
use super::text::Markup;
use crate::text::{LINE, NAME, SENTENCE, count, duration};
use crate::{cost, detail, facts, terminal};

/// The section's content.
#[derive(Template)]
#[template(path = "html/finding.html")]
pub(super) struct Section<'r> {
    anchor: &'r str,
    class_anchor: &'r str,
    mark: &'static str,
    severity: &'static str,
    means: &'static str,
    title: Markup,
    class: Markup,
    variant: Markup,
    target: Markup,
    oracle: &'static str,
    firmness: &'static str,
    known: Option<Markup>,
    is_new: bool,
    without_control: bool,
    expected: Said,
    observed: Said,
    cost: Option<Markup>,
    noun: &'static str,
    parts: Vec<Part>,
    before: usize,
    policy: Vec<(&'static str, Markup)>,
    others: Vec<(Markup, Markup)>,
    construction: Markup,
    clauses: Vec<(Markup, Option<String>)>,
    mend: Markup,
    replay: Markup,
    explain: Markup,
    token: Markup,
    token_size: String,
    token_is_cut: bool,
    cases: Vec<Markup>,
    more_cases: usize,
    first_seen: Markup,
    last_seen: Markup,
    baseline: Option<Markup>,
    asked: Markup,
    answered: Markup,
    has_test: bool,
}

/// What was expected, or observed.
struct Said {
    word: Markup,
    detail: Markup,
    lines: Vec<Claim>,
}

/// A claim or a cookie.
struct Claim {
    differs: bool,
    text: Markup,
}

impl<'r> Section<'r> {
    /// Of this finding; the anchors are those of the page's data.
    pub(super) fn new(
        report: &Report,
        finding: &Finding,
        anchor: &'r str,
        class_anchor: &'r str,
        has_test: bool,
    ) -> Self {
        let class = facts::class(report, finding);
        let octets = finding.input.octets();
        let name = |text: &str| Markup::text(text, LINE);
        let rest = || finding.cases.iter().filter(|case| **case != finding.case);
        Self {
            anchor,
            class_anchor,
            mark: terminal::symbol(finding.outcome),
            severity: finding.severity.as_str(),
            means: means(finding.severity),
            title: Markup::text(&finding.title, SENTENCE),
            class: name(&facts::class_id(&finding.case)),
            variant: name(finding.case.variant()),
            target: target(report, &finding.target),
            oracle: finding.oracle.as_str(),
            firmness: firmness(finding.level),
            known: (finding.outcome == Outcome::Known)
                .then(|| Markup::text(finding.known.as_deref().unwrap_or("no reason given"), SENTENCE)),
            is_new: report.is_new(finding),
            without_control: finding.without_control,
            expected: expected(finding),
            observed: observed(finding),
            cost: cost::of(report, finding).map(|cost| Markup::ours(&cost)),
            noun: finding.input.noun(),
            parts: decoded::parts(&finding.input, &finding.twin),
            before: finding.before.len(),
            policy: policy(&finding.policy, finding),
            others: others(finding),
            construction: Markup::text(class.map_or("", |class| &class.construction), SENTENCE),
            clauses: class.map(clauses).unwrap_or_default(),
            mend: Markup::text(class.map_or("", |class| &class.mend), SENTENCE),
            replay: name(&format!("assay replay {}", finding.fingerprint)),
            explain: name(&format!("assay explain {}", facts::class_id(&finding.case))),
            token: Markup::octets(octets, TOKEN),
            token_size: count(octets.len(), "octet"),
            token_is_cut: octets.len() > TOKEN,
            cases: rest().take(CASES).map(|case| name(case.variant())).collect(),
            more_cases: rest().count().saturating_sub(CASES),
            first_seen: name(report.seen(finding)),
            last_seen: name(&report.run.started),
            baseline: report.baseline.as_ref().map(|baseline| name(&baseline.started)),
            asked: Markup::text(&asked(finding), PROTOCOL),
            answered: Markup::text(&answered(&finding.observed), PROTOCOL),
            has_test,
        }
    }
}

/// What a severity says.
pub(super) const fn means(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "anybody can forge a token",
        Severity::High => "a rule that systems rely on does not hold",
        Severity::Medium => "a weakness that needs something more",
        Severity::Low => "a nuisance",
        Severity::Note => "worth knowing, never a failure",
    }
}

/// Name and version.
pub(super) fn target(report: &Report, name: &str) -> Markup {
    let mut markup = Markup::text(name, NAME);
    if let Some(target) = facts::target(report, name).filter(|target| !target.info.version.is_empty()) {
        markup.push_text(" ", 1);
        markup.push_text(&target.info.version, NAME);
    }
    markup
}

const fn firmness(level: Level) -> &'static str {
    match level {
        Level::Must => "must: the standard demands it",
        Level::Should => "should: the standard recommends it",
        Level::May => "may: the standard leaves the choice",
    }
}

fn clauses(class: &ClassInfo) -> Vec<(Markup, Option<String>)> {
    let mut clauses: Vec<_> = class
        .references
        .iter()
        .map(|reference| (Markup::text(&reference.0, LINE), data::url(reference.url())))
        .collect();
    clauses.extend(class.cwe.map(|cwe| {
        (Markup::ours(&format!("CWE-{cwe}")), Some(format!("https://cwe.mitre.org/data/definitions/{cwe}.html")))
    }));
    clauses
}

fn expected(finding: &Finding) -> Said {
    let (word, detail) = match &finding.expected {
        Expectation::Accept { .. } => ("accept".to_owned(), String::new()),
        Expectation::Reject { reason } => ("reject".to_owned(), format!("reason: {reason}")),
        Expectation::RejectOrLast { .. } => {
            ("reject, or the last".to_owned(), "of two members with one name".to_owned())
        }
        Expectation::Either { because } => ("either".to_owned(), because.clone()),
        Expectation::Cookies(cookies) => ("read cookies".to_owned(), cookies.to_string()),
        other @ (Expectation::Bounded { .. } | Expectation::Linear { .. }) => (other.to_string(), String::new()),
    };
    let lines = match &finding.expected {
        Expectation::Accept { claims } | Expectation::RejectOrLast { claims } => lines(claims, None),
        _ => Vec::new(),
    };
    Said { word: Markup::ours(&word), detail: Markup::text(&detail, SENTENCE), lines }
}

fn observed(finding: &Finding) -> Said {
    let time = duration(finding.microseconds);
    let signed = match &finding.expected {
        Expectation::Accept { claims } | Expectation::RejectOrLast { claims } => Some(claims),
        _ => None,
    };
    let (word, detail, lines) = match &finding.observed {
        Answer::Verdict(Verdict::Accept { claims, .. }) => {
            let word = if cookie::pairs(claims).is_some() { "read" } else { "accept" };
            (word, format!("in {time}"), lines(claims, signed))
        }
        Answer::Verdict(Verdict::Reject { reason, detail }) => {
            let reason = reason.map(|reason| format!(", reason: {reason}")).unwrap_or_default();
            let said = if detail.is_empty() { String::new() } else { format!(". In its own words: {detail}") };
            ("reject", format!("in {time}{reason}{said}"), Vec::new())
        }
        Answer::Verdict(Verdict::Unsupported { feature }) => ("unsupported", feature.clone(), Vec::new()),
        Answer::Fault(fault) => {
            let when = if matches!(fault, Fault::Hang(_)) { "after" } else { "in" };
            let said = if fault.detail().is_empty() { String::new() } else { format!(": {}", fault.detail()) };
            (fault.as_str(), format!("{when} {time}{said}"), Vec::new())
        }
    };
    Said { word: Markup::ours(word), detail: Markup::text(&detail, SENTENCE), lines }
}

/// Claims or cookies, a line each; those that differ from what was signed are marked.
fn lines(claims: &Claims, signed: Option<&Claims>) -> Vec<Claim> {
    let mut lines: Vec<Claim> = if let Some(pairs) = cookie::pairs(claims) {
        let signed = signed.and_then(cookie::pairs);
        let line = |pair: &token_assay_model::Pair| Claim {
            differs: signed.as_ref().is_some_and(|signed| !signed.contains(pair)),
            text: Markup::octets(&[pair.name(), b" = ", pair.value()].concat(), VALUE),
        };
        pairs.iter().take(CLAIMS).map(line).collect()
    } else {
        let differing = signed.map(|signed| claims.differing(signed)).unwrap_or_default();
        let line = |(name, value): (&String, &serde_json::Value)| Claim {
            differs: differing.contains(name),
            text: Markup::octets(format!("{}: {}", json(name), json(value)).as_bytes(), VALUE),
        };
        claims.0.iter().take(CLAIMS).map(line).collect()
    };
    let all = cookie::pairs(claims).map_or(claims.0.len(), |pairs| pairs.len());
    if all == 0 {
        lines.push(Claim { differs: false, text: Markup::ours("nothing") });
    } else if all > CLAIMS {
        lines.push(Claim { differs: false, text: Markup::ours(&format!("and {} more", all - CLAIMS)) });
    }
    lines
}

/// What the relying party was configured with. Of keys it is said which forms they were given in, and nothing of them.
fn policy(policy: &Policy, finding: &Finding) -> Vec<(&'static str, Markup)> {
    let text = |text: &str| Markup::text(text, SENTENCE);
    let list = |values: &[String]| (!values.is_empty()).then(|| text(&values.join(", ")));
    let number = |number: Option<i128>| number.map(|number| Markup::ours(&number.to_string()));
    let mut rows = vec![("profile", Some(text(&format!("{}: {}", finding.profile, finding.profile.describe()))))];
    if let Some(cookie) = &policy.cookie {
        rows.extend([
            ("cookie", Some(text(&cookie.name))),
            ("scheme", cookie.scheme.map(|scheme| text(scheme.as_str()))),
            ("secrets", (!cookie.secrets.is_empty()).then(|| Markup::ours(&cookie.secrets.len().to_string()))),
            ("purpose", cookie.purpose.as_deref().map(text)),
            ("max age", number(cookie.max_age.map(Into::into))),
        ]);
    } else {
        rows.extend([
            ("algorithms", Some(Markup::ours(&detail::algorithms(policy)))),
            ("keys", Some(Markup::ours(&keys(policy)))),
        ]);
    }
    rows.extend([
        ("issuer", list(&policy.issuer)),
        ("audience", list(&policy.audience)),
        ("subject", policy.subject.as_deref().map(text)),
        ("typ", policy.typ.as_deref().map(text)),
        ("required claims", list(&policy.required_claims)),
        ("critical", list(&policy.critical)),
        ("leeway", number(policy.leeway.map(Into::into))),
        ("max age", number(policy.max_age.map(Into::into))),
        ("clock", number(policy.now.map(Into::into))),
    ]);
    rows.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn keys(policy: &Policy) -> String {
    let number = count(policy.keys.len(), "key");
    if policy.jwks { format!("a set of {number}, from which the token's kid chooses") } else { number }
}

/// What the others did: an answer, and the targets that gave it.
fn others(finding: &Finding) -> Vec<(Markup, Markup)> {
    let mut groups: BTreeMap<(u8, String), Vec<&str>> = BTreeMap::new();
    for (name, answer) in &finding.others {
        groups.entry((detail::rank(answer), detail::what(answer))).or_default().push(name);
    }
    let line = |((_, what), names): ((u8, String), Vec<&str>)| {
        let mut markup = Markup::default();
        for (at, name) in names.iter().enumerate() {
            markup.push_text(if at == 0 { "" } else { ", " }, 2);
            markup.push_text(name, NAME);
        }
        (Markup::ours(&what), markup)
    };
    groups.into_iter().map(line).collect()
}

/// The request as it stands in the protocol, but for what nobody else is to read.
fn asked(finding: &Finding) -> String {
    let mut policy = serde_json::to_value(&*finding.policy).expect("a policy is JSON");
    for place in ["/keys", "/cookie/secrets"] {
        policy.pointer_mut(place).into_iter().for_each(|value| *value = LEFT_OUT.into());
    }
    format!(r#"{{"cmd":"verify","seq":1,"input":{},"policy":{policy}}}"#, json(&finding.input))
}

/// The answer as it stands in the protocol, or that there was none.
fn answered(observed: &Answer) -> String {
    match observed {
        Answer::Fault(fault) if !matches!(fault, Fault::Panic(_)) => {
            let detail = if fault.detail().is_empty() { String::new() } else { format!(": {}", fault.detail()) };
            format!("nothing that can be read: {}{detail}", fault.as_str())
        }
        _ => json(&wire::Reply::new(1, observed.clone())),
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("it was JSON already")
}

/// As much of a token as is shown whole.
const TOKEN: usize = 6000;
/// As much of a claim.
const VALUE: usize = 400;
/// As many claims or cookies.
const CLAIMS: usize = 40;
/// As much of a line of the protocol.
const PROTOCOL: usize = 4000;
/// What stands for keys and secrets.
const LEFT_OUT: &str = "left out";
/// As many other cases are named.
const CASES: usize = 60;
