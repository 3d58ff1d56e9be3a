//! SARIF 2.1.0, for what shows security findings beside the source.
//!
//! Takes a report, gives one log with one run: a rule a case class with findings, a result a finding, worst first and at
//! most as many as GitHub shows. Never a token or a key. The types hold what is written here and no more; the log is held
//! against the published schema by a test. (The crate `serde-sarif` 0.8.0 does not build by itself, and makes a hundred
//! types with builders in its build script of which this needs fifteen.)

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use token_assay_model::report::ClassInfo;
use token_assay_model::{Finding, Fingerprint, Outcome, Reference, Report, Severity};

use crate::text::{LINE, SENTENCE, count, shown};
use crate::{Options, detail, facts, markdown};

pub(crate) fn render(report: &Report, options: &Options) -> Vec<u8> {
    let mut findings: Vec<_> = report.findings.iter().collect();
    facts::sort(&mut findings);
    let left_out = findings.len().saturating_sub(RESULTS);
    findings.truncate(RESULTS);
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [run(report, options, &findings, left_out)] };
    let mut bytes = serde_json::to_vec_pretty(&log).expect("strings, numbers and lists of them");
    bytes.push(b'\n');
    bytes
}

fn run(report: &Report, options: &Options, findings: &[&Finding], left_out: usize) -> Run {
    let rules = rules(report, findings);
    let index: BTreeMap<String, usize> = rules.iter().enumerate().map(|(at, rule)| (rule.id.clone(), at)).collect();
    let failing: BTreeSet<_> = findings
        .iter()
        .filter(|finding| finding.outcome == Outcome::Fail)
        .map(|finding| &finding.fingerprint)
        .collect();
    let driver = Driver {
        name: shown(&report.tool.name, LINE),
        version: shown(&report.tool.version, LINE),
        information_uri: env!("CARGO_PKG_REPOSITORY"),
        rules,
    };
    Run {
        tool: Tool { driver },
        invocations: [invocation(report, options, left_out)],
        results: findings.iter().map(|finding| result(report, options, &index, &failing, finding)).collect(),
    }
}

fn invocation(report: &Report, options: &Options, left_out: usize) -> Invocation {
    let mut notifications = Vec::new();
    let mut notify = |level: Level, said: String| notifications.push(Notification { level, message: text(&said) });
    if !report.run.complete {
        let why = report.run.stopped.as_deref().unwrap_or("no reason given");
        notify(Level::Error, format!("The run did not reach its end: {why}"));
    }
    for target in &report.targets {
        if let Some(why) = &target.unusable {
            let name = detail::target_name(report, &target.info.name);
            notify(Level::Error, format!("{name} could not be tried: {why}"));
        }
    }
    if left_out > 0 {
        let rest = count(left_out, "finding");
        notify(
            Level::Warning,
            format!("Only the {RESULTS} worst findings are here; {rest} more in the report itself."),
        );
    }
    Invocation {
        execution_successful: report.run.complete,
        exit_code: options.exit_code.map(|code| code as u8),
        start_time_utc: chrono::DateTime::parse_from_rfc3339(&report.run.started)
            .ok()
            .map(|_| report.run.started.clone()),
        tool_execution_notifications: notifications,
    }
}

fn rules(report: &Report, findings: &[&Finding]) -> Vec<Rule> {
    // The first finding of a class stands for it where the class is not described.
    let mut classes: BTreeMap<String, &Finding> = BTreeMap::new();
    for finding in findings {
        classes.entry(rule_id(finding)).or_insert(finding);
    }
    classes.into_iter().map(|(id, finding)| rule(id, finding, facts::class(report, finding))).collect()
}

fn rule(id: String, finding: &Finding, class: Option<&ClassInfo>) -> Rule {
    let severity = class.map_or(finding.severity, |class| class.severity);
    Rule {
        name: pascal_case(finding.case.class()),
        short_description: text(class.map_or(&finding.title, |class| &class.title)),
        full_description: class.filter(|class| !class.construction.is_empty()).map(|class| text(&class.construction)),
        help: class.map(help),
        help_uri: class.and_then(|class| urls(class).next()),
        default_configuration: Configuration { level: Level::of(severity) },
        properties: RuleProperties {
            precision: "very-high",
            problem_severity: problem_severity(severity),
            security_severity: security_severity(severity),
            tags: tags(finding.case.family(), class),
        },
        id,
    }
}

fn rule_id(finding: &Finding) -> String {
    shown(&facts::class_id(&finding.case), SENTENCE)
}

fn help(class: &ClassInfo) -> MultiformatMessage {
    let link = |reference: &Reference| {
        let name = markdown::inline(&shown(&reference.0, LINE));
        let link = reference.url().filter(|url| is_uri(url)).map(|url| format!("[{name}]({url})"));
        format!("* {}\n", link.unwrap_or(name))
    };
    let links: String = class.references.iter().map(link).collect();
    let mend = shown(&class.mend, SENTENCE);
    let references: Vec<_> = class.references.iter().map(|reference| shown(&reference.0, LINE)).collect();
    let plain = if references.is_empty() { mend.clone() } else { format!("{mend} ({})", references.join(", ")) };
    MultiformatMessage {
        text: text(&plain).text,
        markdown: placeholders_escaped(&format!("**Mend.** {}\n\n{links}", markdown::inline(&mend))),
    }
}

fn urls(class: &ClassInfo) -> impl Iterator<Item = String> + use<'_> {
    class.references.iter().filter_map(Reference::url).filter(|url| is_uri(url))
}

/// A reference's page is made from its text, which may hold anything.
fn is_uri(url: &str) -> bool {
    url.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-._~:/?#=&".contains(&octet))
}

fn tags(family: &str, class: Option<&ClassInfo>) -> Vec<String> {
    let mut tags = vec!["security".to_owned(), "jwt".to_owned(), shown(family, LINE)];
    tags.extend(class.and_then(|class| class.cwe).map(|cwe| format!("external/cwe/cwe-{cwe:03}")));
    tags
}

fn result(
    report: &Report,
    options: &Options,
    index: &BTreeMap<String, usize>,
    failing: &BTreeSet<&Fingerprint>,
    finding: &Finding,
) -> ResultEntry {
    // Some cases of a finding may be known and others not: two results, of which the suppressed one must not hide the other.
    let twice = finding.outcome == Outcome::Known && failing.contains(&finding.fingerprint);
    let rule_id = rule_id(finding);
    let fingerprint = shown(&finding.fingerprint.0, LINE);
    let sentence = format!(
        "{}: {} Expected {}; observed {}. Shown by {} under the policy profile {}; `assay replay {fingerprint}` shows it again.",
        detail::target(report, finding),
        finding.title,
        finding.expected,
        detail::word(&finding.observed),
        finding.case,
        finding.profile,
    );
    ResultEntry {
        rule_index: index[&rule_id],
        rule_id,
        level: Level::of(finding.severity),
        message: text(&sentence),
        locations: [location(options, &finding.target)],
        partial_fingerprints: Fingerprints {
            // The only one that GitHub looks at. Left to itself it hashes the line, and all findings of a target stand at
            // the same one.
            primary_location_line_hash: format!("{fingerprint}:{}", if twice { 2 } else { 1 }),
            assay: fingerprint,
        },
        suppressions: suppressions(finding),
        properties: ResultProperties {
            severity: finding.severity,
            level: finding.level,
            oracle: finding.oracle,
            profile: finding.profile,
            cases: finding.cases.len(),
        },
    }
}

fn suppressions(finding: &Finding) -> Option<[Suppression; 1]> {
    (finding.outcome == Outcome::Known).then(|| {
        let why = finding.known.as_deref().unwrap_or("no reason given");
        [Suppression { kind: "external", status: "accepted", justification: shown(why, SENTENCE) }]
    })
}

fn location(options: &Options, target: &str) -> Location {
    let (path, line) = options.source_of.get(target).map_or((CONFIGURATION, 1), |(path, line)| (path, *line));
    Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri: path_as_uri(path), uri_base_id: "%SRCROOT%" },
            region: Region { start_line: line.max(1) },
        },
        logical_locations: [LogicalLocation { name: shown(target, LINE), kind: "module" }],
    }
}

/// A relative path as a URI reference.
fn path_as_uri(path: &str) -> String {
    let mut uri = String::new();
    for octet in path.bytes() {
        match octet {
            b'\\' => uri.push('/'),
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(octet.into()),
            _ if octet.is_ascii_alphanumeric() => uri.push(octet.into()),
            _ => uri.push_str(&format!("%{octet:02X}")),
        }
    }
    uri
}

fn text(said: &str) -> Message {
    // Square brackets would be a link (§3.11.6).
    let said = shown(said, SENTENCE).replace('[', r"\[").replace(']', r"\]");
    Message { text: placeholders_escaped(&said) }
}

/// `{0}` would be a placeholder (§3.11.5). Other braces are left as they are: what shows a log does not undouble them.
fn placeholders_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        escaped.push_str(before);
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        rest = match after[digits..].strip_prefix('}') {
            Some(behind) if digits > 0 => {
                escaped.push_str(&format!("{{{{{}}}}}", &after[..digits]));
                behind
            }
            _ => {
                escaped.push('{');
                after
            }
        };
    }
    escaped + rest
}

/// `none-empty-sig` as `NoneEmptySig`.
fn pascal_case(id: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    shown(&id.split('-').map(word).collect::<String>(), LINE)
}

const fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Note => "recommendation",
    }
}

/// A number of CVSS's scale, in the middle of the range that GitHub names with our word.
const fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Note => "0.0",
    }
}

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
struct Run {
    tool: Tool,
    invocations: [Invocation; 1],
    results: Vec<ResultEntry>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: String,
    version: String,
    information_uri: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time_utc: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: Level,
    message: Message,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    name: String,
    short_description: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_description: Option<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<MultiformatMessage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<String>,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Configuration {
    level: Level,
}

#[derive(Serialize)]
struct RuleProperties {
    precision: &'static str,
    #[serde(rename = "problem.severity")]
    problem_severity: &'static str,
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
    tags: Vec<String>,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
struct MultiformatMessage {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultEntry {
    rule_id: String,
    rule_index: usize,
    level: Level,
    message: Message,
    locations: [Location; 1],
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<[Suppression; 1]>,
    properties: ResultProperties,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "assay/v1")]
    assay: String,
    #[serde(rename = "primaryLocationLineHash")]
    primary_location_line_hash: String,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

#[derive(Serialize)]
struct ResultProperties {
    severity: Severity,
    level: token_assay_model::Level,
    oracle: token_assay_model::Oracle,
    profile: token_assay_model::Profile,
    cases: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    logical_locations: [LogicalLocation; 1],
}

#[derive(Serialize)]
struct LogicalLocation {
    name: String,
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    uri_base_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
}

/// SARIF's level, which is our severity.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Error,
    Warning,
    Note,
}

impl Level {
    const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical | Severity::High => Self::Error,
            Severity::Medium => Self::Warning,
            Severity::Low | Severity::Note => Self::Note,
        }
    }
}

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const CONFIGURATION: &str = "assay.toml";
/// GitHub shows no more of one run.
const RESULTS: usize = 5000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_a_placeholder_or_a_link_is_text() {
        assert_eq!(text(r#"{0} {"a":1} {12}{} [x](y)"#).text, r#"{{0}} {"a":1} {{12}}{} \[x\](y)"#);
        assert_eq!(placeholders_escaped("{{7}"), "{{{7}}");
        assert_eq!(placeholders_escaped("a{"), "a{");
    }

    #[test]
    fn a_path_is_a_uri_reference_whatever_is_in_it() {
        assert_eq!(path_as_uri(r"shims\py jwt\täst.py"), "shims/py%20jwt/t%C3%A4st.py");
        assert_eq!(path_as_uri("a:b"), "a%3Ab");
    }

    #[test]
    fn a_rule_name_is_one_word() {
        assert_eq!(pascal_case("none-empty-sig"), "NoneEmptySig");
        assert_eq!(pascal_case("-"), "");
    }
}
