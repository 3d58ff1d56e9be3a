//! `assay explain`: one case class in a paragraph, of the catalogue or of a campaign.

use token_assay::attacks::{self, Class, Family, Make, Says};
use token_assay::audit::{Example, RULES, Rule};
use token_assay::campaign::{FAMILY, grade};
use token_assay::inspect;
use token_assay_live::inquiry::{self, Inquiry};
use token_assay_live::serve::flaw::Flaw;
use token_assay_model::{CaseId, ExitCode, Finding, Input, Level, Reference};

use crate::error::{Error, Result, nearest};
use crate::store;

/// What to explain.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A family, a class, a case id, a campaign's `fuzz/CLASS`, or the fingerprint of a finding of the latest run.
    id: String,
}

const EXAMPLES: &str = "Examples:
  assay explain alg-none                   # a family
  assay explain none-empty-sig             # a class
  assay explain token/exp-missing          # a remark of assay inspect
  assay explain 87aeae97                   # a finding of the latest run";

/// Prints.
pub(crate) fn run(arguments: &Arguments) -> Result {
    if let Some(text) = of_campaign(&arguments.id) {
        crate::print(&text);
        return Ok(ExitCode::Clean);
    }
    let audited = of_audit(&arguments.id).or_else(|| of_token(&arguments.id)).or_else(|| of_key(&arguments.id));
    if let Some(text) = audited {
        crate::print(&text);
        return Ok(ExitCode::Clean);
    }
    let classes = find(&arguments.id)?;
    let mut parts: Vec<String> = Vec::new();
    for (family, class) in classes {
        parts.push(explain(family, class));
    }
    crate::print(&parts.join("\n"));
    Ok(ExitCode::Clean)
}

fn find(id: &str) -> Result<Vec<(&'static Family, &'static Class)>> {
    let named = |id: &str| -> Vec<(&'static Family, &'static Class)> {
        let mut parts = id.split('/');
        let (first, second) = (parts.next().unwrap_or_default(), parts.next());
        attacks::classes()
            .filter(|(family, class)| match second {
                Some(second) if family.id == first => class.id == second,
                _ => family.id == first || class.id == first,
            })
            .collect()
    };
    let direct = named(id);
    if !direct.is_empty() {
        return Ok(direct);
    }
    let prefixed: Vec<_> = attacks::classes()
        .filter(|(family, class)| CaseId::new_class(&format!("{}/{}", family.id, class.id)).starts_with(id))
        .collect();
    if !prefixed.is_empty() {
        return Ok(prefixed);
    }
    if let Some(finding) = latest(id) {
        let found = named(&format!("{}/{}", finding.case.family(), finding.case.class()));
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let names: Vec<&str> = attacks::classes().flat_map(|(family, class)| [family.id, class.id]).collect();
    let error = Error::usage(format!("`{id}` is no case class, family or finding"));
    Err(match nearest(id, names) {
        Some(known) => error.hint(format!("did you mean `{known}`?")),
        None => error.hint("`assay list` names them all"),
    })
}

/// The finding of the latest run whose fingerprint starts so.
fn latest(start: &str) -> Option<Finding> {
    let findings = store::read_findings(None).ok()?;
    findings.into_iter().find(|finding| finding.fingerprint.0.starts_with(start))
}

/// What is said of a campaign's class: of one in the latest run all that is known of it, of another its rule.
fn of_campaign(id: &str) -> Option<String> {
    let class = id.strip_prefix(FAMILY).and_then(|rest| rest.strip_prefix('/'));
    let found = match class {
        Some(class) => {
            let class = class.split('/').next().unwrap_or_default();
            let findings = store::read_findings(None).unwrap_or_default();
            findings.into_iter().find(|finding| finding.case.family() == FAMILY && finding.case.class() == class)
        }
        None => latest(id).filter(|finding| finding.case.family() == FAMILY),
    };
    let Some(finding) = found else {
        return class.and_then(|class| of_rule(id, class));
    };
    let info = grade::info_of(&finding);
    let mut text = format!("{}\n  {}\n\n", info.id, info.title);
    let mut line = |name: &str, value: &str| text.push_str(&format!("  {name:12} {value}\n"));
    let is_of_cookies = matches!(finding.input, Input::Cookie(_));
    line(if is_of_cookies { "header" } else { "token" }, &info.construction);
    line("correct", &finding.expected.to_string());
    line("level", info.level.as_str());
    line("severity", info.severity.as_str());
    clauses(&mut line, &info.references);
    weakness(&mut line, info.cwe);
    line("mend", &info.mend);
    line("try", &format!("assay replay {}", finding.fingerprint));
    Some(text)
}

/// What is known of a class by its name alone: the rule, its clauses, its mend.
fn of_rule(id: &str, class: &str) -> Option<String> {
    if let Some(info) = grade::of_others(class) {
        let mut text = format!("{id}\n  {}\n\n", info.title);
        let mut line = |name: &str, value: &str| text.push_str(&format!("  {name:12} {value}\n"));
        let is_of_tokens = ["jwe-", "fetch-"].iter().any(|start| class.starts_with(start));
        line(if is_of_tokens { "token" } else { "header" }, &info.construction);
        line("level", info.level.as_str());
        line("severity", info.severity.as_str());
        clauses(&mut line, &info.references);
        weakness(&mut line, info.cwe);
        line("mend", &info.mend);
        return Some(text);
    }
    let rule = grade::rule_of(class);
    let title = match rule {
        Some(rule) => format!("A token that {} was accepted.", grade::phrase(rule)),
        None if class.starts_with("refused-") => "A valid token was refused.".to_owned(),
        None if class.starts_with("claims-") => "Other claims than were signed are handed on.".to_owned(),
        None => return None,
    };
    let mut text = format!("{id}\n  {title}\n\n");
    let mut line = |name: &str, value: &str| text.push_str(&format!("  {name:12} {value}\n"));
    clauses(&mut line, &grade::references(rule));
    line("mend", rule.map_or(grade::MEND_VALID, grade::mend));
    Some(text)
}

fn clauses(line: &mut impl FnMut(&str, &str), references: &[Reference]) {
    for (index, reference) in references.iter().enumerate() {
        let url = reference.url().map(|url| format!("  {url}")).unwrap_or_default();
        line(if index == 0 { "clauses" } else { "" }, &format!("{reference}{url}"));
    }
}

fn weakness(line: &mut impl FnMut(&str, &str), cwe: Option<u32>) {
    if let Some(cwe) = cwe {
        line("weakness", &format!("CWE-{cwe}  https://cwe.mitre.org/data/definitions/{cwe}.html"));
    }
}

fn explain(family: &Family, class: &Class) -> String {
    let info = class.info(family);
    let mut text = format!("{}\n  {}\n\n", info.id, info.title);
    let mut line = |name: &str, value: &str| text.push_str(&format!("  {name:12} {value}\n"));
    let what = match family.id {
        "cookie-header" | "protected-cookie" => "header",
        "set-cookie" => "server",
        "session-store" | "token-lifecycle" => "service",
        _ => "token",
    };
    line(what, &info.construction);
    line("correct", correct(class.says));
    line("level", info.level.as_str());
    line("severity", info.severity.as_str());
    clauses(&mut line, &info.references);
    weakness(&mut line, info.cwe);
    match &class.make {
        Make::Cases { .. } | Make::Cookies { .. } | Make::Encrypted { .. } => {}
        Make::Audit { rule } => audited(&mut line, rule),
        Make::Model { invariant, fault } => {
            line("held", &format!("by the invariant {invariant}: {}", invariant.row().broken));
            let row = fault.row();
            line("falls", &format!("a service that {} (planted: {fault})", row.does));
            line("mend", invariant.row().mend);
            line("try", &format!("assay sessions {} --plant {fault}", row.kinds[0]));
        }
        Make::Held { by } => line("held", &format!("by {by}")),
        Make::Live { by } => line("asked", &format!("of a running service by {by}")),
        Make::Waits { area, because } => line("waits", &format!("for {}: {because}", area.as_str())),
    }
    if let Some(inquiry) = inquiry::inquiry(&info.id) {
        asked(&mut line, inquiry);
    }
    if let Some(strawman) = class.strawman() {
        line("falls", &format!("a verifier that {} (target strawman-{})", strawman.flaw(), strawman.name()));
        line("mend", strawman.mend());
        line("try", &format!("assay run {} -t strawman-{}", info.id, strawman.name()));
    }
    text
}

/// How a running service is asked about it.
fn asked(line: &mut impl FnMut(&str, &str), inquiry: &Inquiry) {
    let needs: Vec<String> = inquiry.needs.iter().map(ToString::to_string).collect();
    if !needs.is_empty() {
        line("needs", &format!("of [service]: {}", needs.join("; ")));
    }
    line("control", inquiry.allowed);
    for row in Flaw::ALL.iter().filter(|row| row.breaks.first() == Some(&inquiry.class)) {
        line("falls", &format!("a service that {}", row.does));
        line("try", &format!("assay sessions {} --serve --flaw {} > assay.toml", row.kind, row.name));
    }
    line("mend", inquiry.mend);
}

/// What is said of a rule that is no row of the catalogue.
fn of_audit(id: &str) -> Option<String> {
    let id = id.strip_prefix("set-cookie/").unwrap_or(id);
    let rule = RULES.iter().find(|rule| rule.id == id)?;
    let is_row = attacks::classes().any(|(_, class)| class.id == id);
    if is_row {
        return None;
    }
    let mut text = format!("set-cookie/{}\n  {}\n\n", rule.id, rule.title);
    let mut line = |name: &str, value: &str| text.push_str(&format!("  {name:12} {value}\n"));
    line("server", rule.construction);
    line("correct", correct(Says::Audited(rule.level)));
    line("level", rule.level.as_str());
    line("severity", rule.severity.as_str());
    let references: Vec<Reference> = rule.references.iter().map(|text| Reference((*text).to_owned())).collect();
    clauses(&mut line, &references);
    weakness(&mut line, rule.cwe);
    audited(&mut line, rule);
    Some(text)
}

/// What is said of a rule of the audit of tokens.
fn of_token(id: &str) -> Option<String> {
    let id = id.strip_prefix("token/")?;
    let rule = inspect::RULES.iter().find(|rule| rule.id == id)?;
    let mut text = remark("token", rule);
    let mut line = |name: &str, value: &str| text.push_str(&format!("  {name:12} {value}\n"));
    let (token, settings) = (rule.falls.text(), rule.falls.settings());
    if token.len() > EXAMPLE * 4 {
        line("try", "assay inspect TOKEN");
        return Some(text);
    }
    let token = match settings.carrier {
        inspect::Carrier::Cookie => format!("Cookie: sid={token}"),
        inspect::Carrier::Url => format!("https://app.example/#access_token={token}"),
        _ => token,
    };
    let lifetime = settings.longest_lifetime.map(|seconds| format!(" --max-lifetime {seconds}s"));
    let guesses = if settings.guesses { " --guess" } else { "" };
    let quoted = shlex::try_quote(&token).unwrap_or_default();
    line("try", &format!("assay inspect {quoted} --now {}{}{guesses}", inspect::NOW, lifetime.unwrap_or_default()));
    Some(text)
}

/// What is said of a rule of the audit of keys.
fn of_key(id: &str) -> Option<String> {
    let id = id.strip_prefix("key/")?;
    let rule = inspect::KEY_RULES.iter().find(|rule| rule.id == id)?;
    let mut text = remark("key", rule);
    let quoted = shlex::try_quote(rule.falls).unwrap_or_default();
    text.push_str(&format!("  {:12} assay inspect {quoted}\n", "try"));
    Some(text)
}

/// What is said of every rule of `inspect`.
fn remark<Judge, Shown>(kind: &str, rule: &inspect::Rule<Judge, Shown>) -> String {
    let mut text = format!("{kind}/{}\n  {}\n\n", rule.id, rule.title);
    let mut line = |name: &str, value: &str| text.push_str(&format!("  {name:12} {value}\n"));
    line("level", rule.level.as_str());
    line("severity", rule.severity.as_str());
    let references: Vec<Reference> = rule.references.iter().map(|text| Reference((*text).to_owned())).collect();
    clauses(&mut line, &references);
    weakness(&mut line, rule.cwe);
    line("mend", rule.mend);
    text
}

fn audited(line: &mut impl FnMut(&str, &str), rule: &Rule) {
    line("falls", &example(&rule.falls));
    line("stands", &example(&rule.clean));
    line("mend", rule.mend);
    line("try", &attempt(&rule.falls));
}

/// An example in one line.
fn example(example: &Example) -> String {
    let text = example.text().escape_debug().to_string().replace("\\\"", "\"");
    if text.chars().count() > EXAMPLE { text.chars().take(EXAMPLE).chain(['…']).collect() } else { text }
}

/// How it is seen to fall: in full where it is lines and where they came from.
fn attempt(example: &Example) -> String {
    let flag = match example {
        Example { logout: Some(_), .. } => "--logout FILE",
        Example { response: Some(_), .. } => "--response FILE",
        Example { sample: [_, ..], .. } => "--sample FILE",
        Example { lines, .. } if lines.iter().all(|line| line.len() <= EXAMPLE) => {
            let mut command = "assay inspect".to_owned();
            for line in *lines {
                command.push_str(&format!(" --set-cookie '{line}'"));
            }
            command.extend(example.url.map(|url| format!(" --url {url}")));
            command.extend(example.longest_lifetime.map(|seconds| format!(" --max-lifetime {seconds}s")));
            command.push_str(if example.has_shared_host { " --shared-host" } else { "" });
            return command;
        }
        _ => "--set-cookie LINE",
    };
    format!("assay inspect {flag}")
}

/// As much of an example as is shown.
const EXAMPLE: usize = 160;

fn correct(says: Says) -> &'static str {
    match says {
        Says::MustReject(_) => "refuse it",
        Says::ShouldReject(_) => "refuse it; the standard recommends this",
        Says::MustAccept => "accept it, and return the claims as they were signed",
        Says::ShouldAccept => "accept it; the configuration promises this",
        Says::RejectOrLast => "refuse it, or read the last of the two members",
        Says::Bounded(_) => "answer within the time allowed, either way",
        Says::Either(because) => because,
        Says::Read(Level::Must) => "read what stands between the semicolons, octet by octet",
        Says::Read(Level::Should) => {
            "read what stands between the semicolons, octet by octet; no clause binds a server to it"
        }
        Says::Read(Level::May) => "the standard leaves the choice; something holds of any",
        Says::Audited(Level::Must) => "do not send it",
        Says::Audited(Level::Should) => "do not send it; the texts recommend this",
        Says::Audited(Level::May) => "either; it is shown, and fails nothing",
        Says::Kept(Level::Must) => "refuse it, or whatever else keeps to the clause",
        Says::Kept(Level::Should) => "refuse it, or whatever else keeps to the texts, which recommend this",
        Says::Kept(Level::May) => "what the service declares",
    }
}
