//! `assay explain`: one case class in a paragraph.

use token_assay::attacks::{self, Class, Family, Make, Says};
use token_assay_model::{CaseId, ExitCode};

use crate::error::{Error, Result, nearest};
use crate::store;

/// What to explain.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A family, a class, a case id, or the fingerprint of a finding in the latest report.
    id: String,
}

/// Prints.
pub(crate) fn run(arguments: &Arguments) -> Result {
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
    if let Ok((report, _)) = store::read_report(None)
        && let Some(finding) = report.findings.iter().find(|finding| finding.fingerprint.0.starts_with(id))
    {
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

fn explain(family: &Family, class: &Class) -> String {
    let info = class.info(family);
    let mut text = format!("{}\n  {}\n\n", info.id, info.title);
    let mut line = |name: &str, value: &str| text.push_str(&format!("  {name:12} {value}\n"));
    line("token", &info.construction);
    line("correct", correct(class.says));
    line("level", info.level.as_str());
    line("severity", info.severity.as_str());
    for (index, reference) in info.references.iter().enumerate() {
        let url = reference.url().map(|url| format!("  {url}")).unwrap_or_default();
        line(if index == 0 { "clauses" } else { "" }, &format!("{reference}{url}"));
    }
    if let Some(cwe) = info.cwe {
        line("weakness", &format!("CWE-{cwe}  https://cwe.mitre.org/data/definitions/{cwe}.html"));
    }
    match &class.make {
        Make::Cases { strawman, .. } => {
            line("falls", &format!("a verifier that {} (target strawman-{})", strawman.flaw, strawman.name));
            line("mend", strawman.mend);
            line("try", &format!("assay run {} -t strawman-{}", info.id, strawman.name));
        }
        Make::Waits { area, because } => line("waits", &format!("for {}: {because}", area.as_str())),
    }
    text
}

fn correct(says: Says) -> &'static str {
    match says {
        Says::MustReject(_) => "refuse it",
        Says::ShouldReject(_) => "refuse it; the standard recommends this",
        Says::MustAccept => "accept it, and return the claims as they were signed",
        Says::ShouldAccept => "accept it; the configuration promises this",
        Says::RejectOrLast => "refuse it, or read the last of the two members",
        Says::Bounded(_) => "answer within the time allowed, either way",
        Says::Either(because) => because,
    }
}
