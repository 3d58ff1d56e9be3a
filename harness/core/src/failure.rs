//! What a failing test says.
//!
//! Takes a finding, or a token and what was expected of it, gives text for a terminal: the sentence, what the standard says
//! and where, what the verifier did, the decoded token, the policy, how to mend it. Whatever an attacker's token holds is
//! written without control characters. Never shows a key.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;
use token_assay_model::report::ClassInfo;
use token_assay_model::{Answer, CaseId, Claims, Control, Expectation, Finding, Input, Level, Oracle, Policy, Verdict};

use crate::forge::base64url;

/// A finding. `sentence` and `mend` are those of its class, or what fits better.
pub(crate) fn of_finding(finding: &Finding, class: Option<&ClassInfo>, sentence: &str, mend: &str) -> String {
    let id = format!("{}/{}", finding.case.family(), finding.case.class());
    let mut text = format!("{id} ({})\n{sentence}\n\n", finding.severity);
    let mut say = Lines(&mut text);
    say.line("expected", &expected(finding, class));
    say.line("observed", &observed(&finding.observed));
    say.token(&finding.input, Some(&finding.twin));
    say.line("policy", &policy(&finding.policy));
    say.line("case", finding.case.as_str());
    let others: Vec<&str> = finding.cases.iter().filter(|id| **id != finding.case).map(CaseId::variant).collect();
    if !others.is_empty() {
        let shown = others.iter().take(VARIANTS).copied().collect::<Vec<_>>().join(", ");
        let more = if others.len() > VARIANTS { ", …" } else { "" };
        say.line("", &format!("and {} more: {shown}{more}", others.len()));
    }
    say.line("mend", mend);
    if class.is_some_and(|class| !class.id.starts_with("run/")) {
        say.line("explain", &format!("assay explain {id}"));
    }
    text
}

/// A valid token was not accepted, so that nothing else can be said of the verifier.
pub(crate) fn of_control(verifier: &str, control: &Control, answer: &Answer) -> String {
    let mut text = format!(
        "{verifier} does not accept a valid token: before it does, its refusals prove nothing and no case is tried\n\n"
    );
    let mut say = Lines(&mut text);
    say.line("expected", "accept");
    say.line("observed", &observed(answer));
    say.token(&control.valid, None);
    say.line("policy", &policy(&control.policy));
    say.line("mend", "Make the policy say what the verifier is configured with: algorithm, key, issuer, audience and,");
    say.line("", "unless it reads the real one, its clock.");
    text
}

/// A token, what is expected of it, and what was done with it where that is known.
#[cfg(feature = "proptest")]
pub(crate) fn of_token(input: &Input, asked: &Policy, expectation: &Expectation, answer: Option<&Answer>) -> String {
    let mut text = String::new();
    let mut say = Lines(&mut text);
    say.line("expected", &in_words(expectation));
    if let Some(answer) = answer {
        say.line("observed", &observed(answer));
    }
    say.token(input, None);
    say.line("policy", &policy(asked));
    text
}

/// Lines with a label in front.
struct Lines<'t>(&'t mut String);

impl Lines<'_> {
    fn line(&mut self, label: &str, text: &str) {
        writeln!(self.0, "  {label:<9} {text}").expect("a string takes everything");
    }

    /// Header and payload, each with what it was in the valid token where that differs, and the token.
    fn token(&mut self, input: &Input, twin: Option<&Input>) {
        for (index, label) in ["header", "payload"].into_iter().enumerate() {
            let Some(part) = decoded(input, index) else { continue };
            self.line(label, &shown(&part));
            let was = twin.and_then(|twin| decoded(twin, index)).filter(|was| *was != part);
            if let Some(was) = was {
                self.line("", &format!("was {}", shown(&was)));
            }
        }
        self.line("token", &shown(&printable(input.octets())));
    }
}

/// What the standard says, and the clauses that say so.
fn expected(finding: &Finding, class: Option<&ClassInfo>) -> String {
    let clauses: Vec<&str> = class.iter().flat_map(|class| &class.references).map(|clause| clause.0.as_str()).collect();
    let clauses = clauses.join(", ");
    let text = in_words(&finding.expected);
    let level = if finding.level == Level::Must || finding.oracle == Oracle::Robustness { "" } else { " (should)" };
    if clauses.is_empty() { text } else { format!("{text}   {clauses}{level}") }
}

fn in_words(expectation: &Expectation) -> String {
    match expectation {
        Expectation::Accept { claims } => format!("accept, with the claims {}", shown(&json(claims))),
        Expectation::Either { because } => format!("either: {because}"),
        other => other.to_string(),
    }
}

fn observed(answer: &Answer) -> String {
    match answer {
        Answer::Verdict(Verdict::Accept { claims, .. }) => format!("accept, with the claims {}", shown(&json(claims))),
        Answer::Verdict(verdict @ Verdict::Reject { detail, .. }) if !detail.is_empty() => {
            format!("{verdict}: {}", shown(&printable(detail.as_bytes())))
        }
        Answer::Verdict(verdict) => verdict.to_string(),
        Answer::Fault(fault) => shown(&printable(fault.to_string().as_bytes())),
    }
}

/// The policy in a line. Its key is named.
fn policy(policy: &Policy) -> String {
    let mut parts = vec![match policy.algorithms.as_deref() {
        None => "no algorithms given".to_owned(),
        Some(algorithms) => algorithms.iter().map(|a| a.as_str()).collect::<Vec<_>>().join(", "),
    }];
    let mut say = |name: &str, values: &[String]| {
        if !values.is_empty() {
            parts.push(format!("{name} {}", values.join(", ")));
        }
    };
    let keys: Vec<String> = policy.keys.iter().filter_map(|key| key.kid.clone()).collect();
    let number = |number: Option<String>| number.into_iter().collect::<Vec<_>>();
    say(if policy.jwks { "key set" } else { "key" }, &keys);
    say("issuer", &policy.issuer);
    say("audience", &policy.audience);
    say("subject", policy.subject.as_slice());
    say("typ", policy.typ.as_slice());
    say("required", &policy.required_claims);
    say("critical", &policy.critical);
    say("leeway", &number(policy.leeway.map(|seconds| seconds.to_string())));
    say("max age", &number(policy.max_age.map(|seconds| seconds.to_string())));
    say("now", &number(policy.now.map(|seconds| seconds.to_string())));
    parts.join(" · ")
}

/// A segment decoded, where it can be.
fn decoded(input: &Input, index: usize) -> Option<String> {
    let segment = input.octets().split(|octet| *octet == b'.').nth(index)?;
    let octets = base64url::decode(std::str::from_utf8(segment).ok()?)?;
    Some(printable(&octets))
}

/// As text in which nothing moves the cursor or hides.
fn printable(octets: &[u8]) -> String {
    let escape = |character: char| {
        let plain = !character.is_control() && !UNSEEN.contains(&character);
        if plain { character.to_string() } else { character.escape_unicode().to_string() }
    };
    let chunk = |chunk: std::str::Utf8Chunk<'_>| {
        let text: String = chunk.valid().chars().map(escape).collect();
        format!("{text}{}", chunk.invalid().escape_ascii())
    };
    octets.utf8_chunks().map(chunk).collect()
}

/// Panic messages are read in terminals.
fn shown(text: &str) -> String {
    match text.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{}… ({} octets)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

/// Members by name: the order in which serde_json keeps them depends on what else is linked.
fn json(claims: &Claims) -> String {
    let text = serde_json::to_string(&sorted(&Value::Object(claims.0.clone()))).expect("claims are JSON already");
    printable(text.as_bytes())
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(sorted).collect(),
        Value::Object(members) => {
            let by_name: BTreeMap<&String, &Value> = members.iter().collect();
            Value::Object(by_name.into_iter().map(|(name, value)| (name.clone(), sorted(value))).collect())
        }
        other => other.clone(),
    }
}

/// Characters that show as nothing, or turn the direction of what follows.
const UNSEEN: [char; 16] = [
    '\u{ad}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}',
    '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}', '\u{feff}',
];

/// How many other cases are named.
const VARIANTS: usize = 4;

/// How much of one text is shown, in characters.
const LIMIT: usize = 2000;
