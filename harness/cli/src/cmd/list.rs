//! `assay list`: the words that other verbs take.

use serde_json::json;
use token_assay::attacks::{self, Class, Family, Make};
use token_assay::forge::{Forge, NOW};
use token_assay::targets;
use token_assay_model::{Algorithm, ExitCode, Feature, Profile, Scheme};

use super::Configuration;
use crate::config::Config;
use crate::error::Result;

/// What to name.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Which words.
    #[arg(value_enum, default_value_t = Kind::Attacks)]
    kind: Kind,
    /// Only ids that start with this.
    #[arg(value_name = "ID")]
    prefix: Option<String>,
    /// How to print them.
    #[arg(long, value_enum, default_value_t = Form::Text, value_name = "FORMAT")]
    format: Form,
    /// Only the classes that wait for something, and for what.
    #[arg(long)]
    waiting: bool,
    #[command(flatten)]
    config: Configuration,
}

const EXAMPLES: &str = "Examples:
  assay list                     # every class, by family
  assay list cases alg-none      # the cases of a family
  assay list targets --format json";

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Kind {
    /// Case classes by family.
    Attacks,
    /// Concrete cases.
    Cases,
    /// Targets that are linked in or stand in assay.toml.
    Targets,
    /// Policy profiles.
    Policies,
    /// Capability names.
    Features,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Text,
    Json,
}

/// Prints.
pub(crate) fn run(arguments: &Arguments) -> Result {
    let (text, json) = match arguments.kind {
        Kind::Attacks => attacks(arguments),
        Kind::Cases => cases(arguments),
        Kind::Targets => targets(&arguments.config.read()?),
        Kind::Policies => policies(),
        Kind::Features => features(),
    };
    match arguments.format {
        Form::Text => crate::print(&text),
        Form::Json => crate::print(&format!("{json:#}\n")),
    }
    let empty = json.as_array().is_some_and(Vec::is_empty);
    Ok(if empty { ExitCode::NothingRan } else { ExitCode::Clean })
}

fn attacks(arguments: &Arguments) -> (String, serde_json::Value) {
    let selected = |family: &Family, class: &Class| {
        let id = token_assay_model::CaseId::new_class(&format!("{}/{}", family.id, class.id));
        let waits = matches!(class.make, Make::Waits { .. });
        arguments.prefix.as_deref().is_none_or(|prefix| id.starts_with(prefix)) && (!arguments.waiting || waits)
    };
    let counts = count_cases();
    let mut text = String::new();
    let mut rows = Vec::new();
    for family in attacks::FAMILIES {
        let classes: Vec<&Class> = family.classes.iter().filter(|class| selected(family, class)).collect();
        if classes.is_empty() {
            continue;
        }
        text.push_str(&format!("{}: {}\n", family.id, family.title));
        for class in classes {
            let name = format!("{}/{}", family.id, class.id);
            let count = counts.get(&name).copied().unwrap_or(0);
            let info = class.info(family);
            let mut row = json!({
                "id": name, "title": info.title, "level": info.level, "severity": info.severity,
                "references": info.references, "cwe": info.cwe, "cases": count,
            });
            match &class.make {
                Make::Cases { .. } | Make::Cookies { .. } | Make::Encrypted { .. } => {
                    row["status"] = json!("implemented");
                    row["strawman"] = json!(class.strawman().map(token_assay::strawman::Wrong::name));
                    text.push_str(&format!("  {:42} {count:>4} cases  {:6} {}\n", class.id, info.level, info.severity));
                }
                Make::Audit { .. } => {
                    row["status"] = json!("audited");
                    row["by"] = json!("assay inspect");
                    let (level, severity) = (info.level, info.severity);
                    text.push_str(&format!("  {:42} assay inspect  {level:6} {severity}\n", class.id));
                }
                Make::Model { invariant, fault } => {
                    row["status"] = json!("modelled");
                    row["by"] = json!("assay sessions");
                    row["invariant"] = json!(invariant);
                    row["planted"] = json!(fault);
                    let (level, severity) = (info.level, info.severity);
                    text.push_str(&format!("  {:42} assay sessions: {invariant}  {level} {severity}\n", class.id));
                }
                Make::Held { by } => {
                    row["status"] = json!("held");
                    row["by"] = json!(by);
                    text.push_str(&format!("  {:42} held by {by}\n", class.id));
                }
                Make::Live { by } => {
                    row["status"] = json!("live");
                    row["by"] = json!(by);
                    let (level, severity) = (info.level, info.severity);
                    text.push_str(&format!("  {:42} {by}  {level} {severity}\n", class.id));
                }
                Make::Waits { area, because } => {
                    row["status"] = json!("waiting");
                    row["waits_for"] = json!(area.as_str());
                    row["because"] = json!(because);
                    text.push_str(&format!("  {:42} waits for {}: {because}\n", class.id, area.as_str()));
                }
            }
            rows.push(row);
        }
    }
    (text, json!(rows))
}

fn count_cases() -> std::collections::HashMap<String, usize> {
    let mut counts = std::collections::HashMap::new();
    for case in attacks::suite(&Forge::new(NOW), |_| true) {
        *counts.entry(format!("{}/{}", case.id.family(), case.id.class())).or_default() += 1;
    }
    counts
}

fn cases(arguments: &Arguments) -> (String, serde_json::Value) {
    let mut text = String::new();
    let mut rows = Vec::new();
    for case in attacks::suite(&Forge::new(NOW), |_| true) {
        if arguments.prefix.as_deref().is_none_or(|prefix| case.id.starts_with(prefix)) {
            text.push_str(&format!("{}\n", case.id));
            rows.push(json!({
                "id": case.id, "profile": case.profile, "level": case.level, "severity": case.severity,
                "expected": case.expectation.to_string(), "needs": case.needs,
            }));
        }
    }
    (text, json!(rows))
}

fn targets(config: &Config) -> (String, serde_json::Value) {
    let mut text = String::new();
    let mut rows = Vec::new();
    for target in targets::linked() {
        let info = target.verifier.info();
        let supports: Vec<&str> = info.supports.iter().map(|capability| capability.as_str()).collect();
        text.push_str(&format!("{:16} {:14} {}\n", info.name, info.version, supports.join(" ")));
        rows.push(json!(info));
    }
    let named = config.targets.iter().map(|target| ("assay.toml", target));
    for (whence, target) in named.chain(config.available.iter().map(|target| ("installed shim", target))) {
        text.push_str(&format!("{:16} {whence:14} {}\n", target.name, target.command.join(" ")));
        rows.push(json!({ "name": target.name, "command": target.command }));
    }
    (text, json!(rows))
}

fn policies() -> (String, serde_json::Value) {
    let lines = Profile::ALL.iter().map(|profile| format!("{:20} {}\n", profile.as_str(), profile.describe()));
    let rows = Profile::ALL.iter().map(|profile| json!({ "name": profile, "is": profile.describe() }));
    (lines.collect(), rows.collect())
}

fn features() -> (String, serde_json::Value) {
    let algorithms = Algorithm::ALL.iter().filter(|a| **a != Algorithm::None).map(|a| a.as_str());
    let features = Feature::ALL.iter().map(|feature| feature.as_str());
    let names: Vec<&str> = algorithms.chain(features).chain(Scheme::ALL.iter().map(|scheme| scheme.as_str())).collect();
    (names.join("\n") + "\n", json!(names))
}
