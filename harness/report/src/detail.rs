//! What a finding says, line by line.
//!
//! Takes a finding and its report, gives labels and texts that every renderer for people shows in this order. Never
//! shows a key.

use std::collections::BTreeMap;

use token_assay_model::{
    Answer, Capability, Expectation, Fault, Finding, Input, Level, Outcome, Pair, Policy, Report, Verdict, cookie,
};

use crate::text::{LINE, NAME, SENTENCE, count, duration, ends, shown, shown_octets};
use crate::{cost, facts, token};

/// A label of at most nine letters, and one line of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// What is said.
    pub(crate) label: &'static str,
    /// It.
    pub(crate) text: String,
}

/// Everything that is shown of a finding below its title.
pub(crate) fn lines(report: &Report, finding: &Finding) -> Vec<Line> {
    let mut lines = vec![
        line("expected", expected(report, finding)),
        line("observed", observed(&finding.observed, finding.microseconds)),
    ];
    lines.extend(cost::of(report, finding).map(|text| line("cost", text)));
    if finding.without_control {
        lines.push(line("control", "failed under this policy, so that only the acceptance itself counts".to_owned()));
    }
    if finding.outcome == Outcome::Known {
        lines.push(line("known", shown(finding.known.as_deref().unwrap_or("no reason given"), SENTENCE)));
    }
    if let Input::Token(_) | Input::Bytes(_) = finding.input {
        lines.extend(token::lines(&finding.input, &finding.twin).into_iter().map(|(label, text)| line(label, text)));
    }
    lines.push(line("policy", policy(&finding.policy, finding.profile.as_str())));
    let octets = finding.input.octets();
    let text = match finding.input {
        Input::Cookie(_) => shown_octets(octets, HEADER),
        Input::Token(_) | Input::Bytes(_) => ends(octets),
    };
    lines.push(line(finding.input.noun(), format!("{text} ({})", count(octets.len(), "byte"))));
    if !finding.before.is_empty() {
        lines.push(line("after", count(finding.before.len(), "other token") + " that the same process was shown"));
    }
    lines.extend(others(finding).map(|text| line("others", text)));
    lines.extend(cases(finding).map(|text| line("cases", text)));
    lines.push(line("replay", format!("assay replay {}", shown(&finding.fingerprint.0, LINE))));
    lines.push(line("explain", format!("assay explain {}", shown(&facts::class_id(&finding.case), LINE))));
    lines
}

/// Name and version of the finding's target.
pub(crate) fn target(report: &Report, finding: &Finding) -> String {
    target_name(report, &finding.target)
}

/// Name and version of the target with this name.
pub(crate) fn target_name(report: &Report, name: &str) -> String {
    let version = facts::target(report, name).map_or("", |target| target.info.version.as_str());
    let (name, version) = (shown(name, NAME), shown(version, NAME));
    if version.is_empty() { name } else { format!("{name} {version}") }
}

/// An answer without its details: `accept`, `reject`, `unsupported (ES256K)`, `panic`.
pub(crate) fn word(answer: &Answer) -> String {
    match answer {
        Answer::Verdict(Verdict::Accept { .. }) => "accept".to_owned(),
        Answer::Verdict(Verdict::Reject { .. }) => "reject".to_owned(),
        Answer::Verdict(Verdict::Unsupported { feature }) => format!("unsupported ({})", shown(feature, LINE)),
        Answer::Fault(fault) => fault.as_str().to_owned(),
    }
}

/// What the standard says, with the first clauses that say so.
pub(crate) fn expected(report: &Report, finding: &Finding) -> String {
    let mut text = match &finding.expected {
        Expectation::Accept { claims } => match cookie::pairs(claims) {
            Some(pairs) => format!("accept, {}", cookies(&pairs)),
            None => format!("accept, claims {}", shown(&json(claims), LINE)),
        },
        Expectation::Cookies(_) => shown(&finding.expected.to_string(), SENTENCE),
        Expectation::Either { because } => format!("either: {}", shown(because, SENTENCE)),
        other => other.to_string(),
    };
    let references = facts::class(report, finding).map_or(&[][..], |class| &class.references);
    if !references.is_empty() {
        let clauses: Vec<_> = references.iter().take(CLAUSES).map(|clause| shown(&clause.0, LINE)).collect();
        text = format!("{text}   {}", clauses.join(", "));
    }
    if finding.level == Level::Must { text } else { format!("{text}   ({})", finding.level) }
}

fn line(label: &'static str, text: String) -> Line {
    Line { label, text }
}

fn observed(answer: &Answer, microseconds: u64) -> String {
    let time = duration(microseconds);
    match answer {
        Answer::Verdict(Verdict::Accept { claims, .. }) => match cookie::pairs(claims) {
            Some(pairs) => format!("read in {time}: {}", cookies(&pairs)),
            None => format!("accept in {time}, claims {}", shown(&json(claims), LINE)),
        },
        Answer::Verdict(verdict @ Verdict::Reject { detail, .. }) => {
            with_detail(format!("{verdict} in {time}"), detail)
        }
        Answer::Verdict(Verdict::Unsupported { .. }) => word(answer),
        Answer::Fault(fault @ Fault::Hang(detail)) => with_detail(format!("{} after {time}", fault.as_str()), detail),
        Answer::Fault(fault) => with_detail(format!("{} in {time}", fault.as_str()), fault.detail()),
    }
}

fn with_detail(text: String, detail: &str) -> String {
    if detail.is_empty() { text } else { format!("{text}: {}", shown(detail, LINE)) }
}

/// Cookies as they were read, those that fit on a line.
fn cookies(pairs: &[Pair]) -> String {
    if pairs.is_empty() {
        return "no cookie".to_owned();
    }
    let one = |pair: &Pair| shown_octets(&[pair.name(), b"=", pair.value()].concat(), NAME);
    let mut shown: Vec<String> = pairs.iter().take(COOKIES).map(one).collect();
    if pairs.len() > COOKIES {
        shown.push(format!("and {} more", pairs.len() - COOKIES));
    }
    shown.join("; ")
}

fn policy(policy: &Policy, profile: &str) -> String {
    if let Some(cookie) = &policy.cookie {
        let scheme = cookie.scheme.map(|scheme| scheme.to_string());
        let secrets = (cookie.secrets.len() > 1).then(|| count(cookie.secrets.len(), "secret"));
        let purpose = cookie.purpose.as_ref().map(|purpose| format!("purpose {}", shown(purpose, LINE)));
        let max_age = cookie.max_age.map(|seconds| format!("max age {seconds}"));
        let now = policy.now.map(|now| format!("now {now}"));
        let name = Some(format!("cookie {}", shown(&cookie.name, LINE)));
        return [name, scheme, secrets, purpose, max_age, now].into_iter().flatten().collect::<Vec<_>>().join(DOT);
    }
    let mut parts = vec![algorithms(policy), profile.to_owned()];
    let mut add = |name: &str, values: &[String]| {
        if !values.is_empty() {
            parts.push(format!("{name} {}", values.iter().map(|v| shown(v, LINE)).collect::<Vec<_>>().join(", ")));
        }
    };
    add("issuer", &policy.issuer);
    add("audience", &policy.audience);
    add("subject", policy.subject.as_slice());
    add("typ", policy.typ.as_slice());
    add("required", &policy.required_claims);
    add("critical", &policy.critical);
    if policy.jwks {
        parts.push(format!("set of {}", count(policy.keys.len(), "key")));
    }
    let number = |name: &str, number: Option<i128>| number.map(|number| format!("{name} {number}"));
    parts.extend(number("leeway", policy.leeway.map(Into::into)));
    parts.extend(number("max age", policy.max_age.map(Into::into)));
    parts.extend(number("now", policy.now.map(Into::into)));
    parts.join(DOT)
}

/// The algorithms that a policy lists.
pub(crate) fn algorithms(policy: &Policy) -> String {
    if let Some(encryption) = &policy.encryption {
        let signs = policy.algorithms.iter().flatten().copied().map(Capability::from);
        return encryption.needs().chain(signs).map(|name| name.to_string()).collect::<Vec<_>>().join(", ");
    }
    match policy.algorithms.as_deref() {
        None => "no algorithms given".to_owned(),
        Some([]) => "an empty list of algorithms".to_owned(),
        Some(algorithms) => algorithms.iter().map(|a| a.as_str()).collect::<Vec<_>>().join(", "),
    }
}

/// What the other targets did, those that did the same together.
fn others(finding: &Finding) -> Option<String> {
    let mut groups: BTreeMap<(u8, String), Vec<String>> = BTreeMap::new();
    for (name, answer) in &finding.others {
        groups.entry((rank(answer), what(answer))).or_default().push(shown(name, NAME));
    }
    let groups: Vec<_> = groups.into_iter().map(|((_, word), names)| format!("{} {word}", names.join(", "))).collect();
    (!groups.is_empty()).then(|| groups.join(DOT))
}

/// An answer without its details, but for what was read of cookies.
pub(crate) fn what(answer: &Answer) -> String {
    let pairs = match answer {
        Answer::Verdict(Verdict::Accept { claims, .. }) => cookie::pairs(claims),
        _ => None,
    };
    pairs.map_or_else(|| word(answer), |pairs| format!("read {}", cookies(&pairs)))
}

/// In which order answers are told.
pub(crate) fn rank(answer: &Answer) -> u8 {
    match answer {
        Answer::Verdict(Verdict::Reject { .. }) => 0,
        Answer::Verdict(Verdict::Accept { .. }) => 1,
        Answer::Fault(_) => 2,
        Answer::Verdict(Verdict::Unsupported { .. }) => 3,
    }
}

/// The other cases that failed in the same way, by variant.
fn cases(finding: &Finding) -> Option<String> {
    let rest: Vec<_> = finding.cases.iter().filter(|case| **case != finding.case).collect();
    let mut names: Vec<_> = rest.iter().take(VARIANTS).map(|case| shown(case.variant(), LINE)).collect();
    if rest.len() > VARIANTS {
        names.push("…".to_owned());
    }
    (!rest.is_empty()).then(|| format!("and {} more: {}", rest.len(), names.join(", ")))
}

fn json(claims: &token_assay_model::Claims) -> String {
    serde_json::to_string(claims).expect("claims are JSON already")
}

/// Between things of one kind in a line.
pub(crate) const DOT: &str = " · ";

const COOKIES: usize = 6;
const HEADER: usize = 240;
const CLAUSES: usize = 4;
const VARIANTS: usize = 4;
