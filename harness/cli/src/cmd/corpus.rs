//! `assay corpus`: the catalogue as vectors that other suites read.
//!
//! Takes ids and a clock, gives one document, the same octets each time: with everything that Assay knows of a case, or in the
//! form of Wycheproof, which has a key, a token and a label, and so holds the cases that need no more. Shows nothing to a target.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use token_assay::attacks;
use token_assay::forge::{Forge, NOW};
use token_assay::reference;
use token_assay_model::report::ClassInfo;
use token_assay_model::{
    Capability, Case, CaseId, Claims, ExitCode, Expectation, Input, Key, Level, Policy, Profile, Request, Severity,
};

use crate::error::{Error, Result, nearest};
use crate::store;

/// What to do.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

const EXAMPLES: &str = "Examples:
  assay corpus export --out vectors.json
  assay corpus export --format wycheproof alg-none signature --out json_web_signature_test.json
  assay corpus schema > vectors.schema.json";

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Write the cases as one document.
    Export(Export),
    /// Print the JSON Schema of what `export --format json` writes.
    #[command(after_help = EXAMPLES)]
    Schema,
}

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
struct Export {
    /// Families, classes or cases, as `assay run` takes them. None is everything.
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// In which form.
    #[arg(long, value_enum, default_value_t = Form::Json, value_name = "FORMAT")]
    format: Form,
    /// The file; `-` is stdout.
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    out: PathBuf,
    /// The clock that dates are made for, in Unix seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = NOW)]
    now: i64,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Form {
    /// Everything: policies, keys, clocks, what is expected and why, the accepted twin.
    Json,
    /// Wycheproof's: groups of a key, tests of a token and a label. Cases that need a policy are left out.
    Wycheproof,
}

/// Writes or prints.
pub(crate) fn run(arguments: &Arguments) -> Result {
    match &arguments.action {
        Action::Schema => {
            let schema = schemars::schema_for!(Vectors);
            crate::print(&format!("{:#}\n", schema.to_value()));
            Ok(ExitCode::Clean)
        }
        Action::Export(export) => write(export),
    }
}

fn write(export: &Export) -> Result {
    let cases = selected(export)?;
    let (octets, left_out) = match export.format {
        Form::Json => {
            let document = vectors(&cases, export.now);
            (serde_json::to_vec_pretty(&document).expect("it is JSON"), 0)
        }
        Form::Wycheproof => {
            let (document, left_out) = wycheproof(&cases);
            (serde_json::to_vec_pretty(&document).expect("it is JSON"), left_out)
        }
    };
    let octets = [octets.as_slice(), b"\n"].concat();
    if left_out > 0 {
        let kept = cases.len() - left_out;
        crate::note(&format!("{kept} cases; {left_out} are left out, which need more than a key and a token"));
    }
    if left_out == cases.len() {
        return Ok(ExitCode::NothingRan);
    }
    if export.out.as_os_str() == "-" {
        crate::print_octets(&octets);
    } else {
        store::write_whole(&export.out, &octets)?;
    }
    Ok(ExitCode::Clean)
}

fn selected(export: &Export) -> Result<Vec<Case>> {
    let cases = attacks::suite(&Forge::new(export.now), |_| true);
    let selects = |id: &String, case: &Case| case.id.starts_with(id);
    if let Some(nothing) = export.ids.iter().find(|id| !cases.iter().any(|case| selects(id, case))) {
        let error = Error::usage(format!("`{nothing}` selects no case"));
        let names = attacks::classes().flat_map(|(family, class)| [family.id, class.id]);
        return Err(match nearest(nothing, names) {
            Some(known) => error.hint(format!("did you mean `{known}`?")),
            None => error.hint("`assay list` names them all"),
        });
    }
    let wanted = |case: &Case| export.ids.is_empty() || export.ids.iter().any(|id| selects(id, case));
    Ok(cases.into_iter().filter(wanted).collect())
}

/// The whole document.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Vectors of Assay")]
struct Vectors {
    /// The version of this form.
    schema: u32,
    /// What wrote it.
    generator: String,
    /// The clock that dates were made for, in Unix seconds.
    now: i64,
    /// What cases show, by class.
    classes: Vec<ClassInfo>,
    /// What verifiers are configured with, keys and all; cases name them by place.
    policies: Vec<Policy>,
    /// Tokens that must be accepted, from which cases differ; cases name them by place.
    twins: Vec<Twin>,
    /// The cases.
    cases: Vec<Vector>,
}

/// A token that must be accepted.
#[derive(Serialize, JsonSchema, PartialEq)]
struct Twin {
    /// It.
    input: Input,
    /// The policy under which it must be, by place.
    policy: usize,
    /// The claims that accepting it returns.
    claims: Claims,
}

/// A case.
#[derive(Serialize, JsonSchema)]
struct Vector {
    /// `family/class/variant`.
    id: CaseId,
    /// What a verifier is shown.
    input: Input,
    /// What it is configured with, by place.
    policy: usize,
    /// What the standard says.
    expectation: Expectation,
    /// How firmly.
    level: Level,
    /// How bad a failure is.
    severity: Severity,
    /// The clauses and advisories, as its class has them.
    references: Vec<String>,
    /// The way of configuring that the policy stands for.
    profile: Profile,
    /// What a verifier needs besides what the policy asks for; one that lacks it skips the case.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    needs: Vec<Capability>,
    /// The accepted twin, by place.
    twin: usize,
    /// What the same verifier is shown first, in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    before: Vec<Shown>,
    /// What the words of a refusal must not hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    withheld: Vec<String>,
}

/// What a verifier is shown before a case.
#[derive(Serialize, JsonSchema)]
struct Shown {
    /// It.
    input: Input,
    /// What it is configured with, by place.
    policy: usize,
}

/// Things that stand once, by what they are as JSON.
struct Once<T> {
    places: HashMap<String, usize>,
    list: Vec<T>,
}

impl<T: Serialize> Once<T> {
    fn new() -> Self {
        Self { places: HashMap::new(), list: Vec::new() }
    }

    fn place(&mut self, thing: T) -> usize {
        let text = serde_json::to_string(&thing).expect("it is JSON");
        let next = self.list.len();
        let place = *self.places.entry(text).or_insert(next);
        if place == next {
            self.list.push(thing);
        }
        place
    }
}

fn vectors(cases: &[Case], now: i64) -> Vectors {
    let named: BTreeSet<String> = cases.iter().map(class_of).collect();
    let classes: Vec<ClassInfo> = attacks::classes()
        .map(|(family, class)| class.info(family))
        .filter(|class| named.contains(&class.id))
        .collect();
    let references: BTreeMap<&str, Vec<String>> = classes
        .iter()
        .map(|class| (class.id.as_str(), class.references.iter().map(ToString::to_string).collect()))
        .collect();
    let (mut policies, mut twins) = (Once::new(), Once::new());
    let mut rows = Vec::new();
    for case in cases {
        let control = &case.control;
        let of_twin = policies.place((*control.policy).clone());
        let twin = Twin { input: control.valid.clone(), policy: of_twin, claims: control.claims.clone() };
        let before = case
            .before
            .iter()
            .map(|earlier| Shown { input: earlier.input.clone(), policy: policies.place((*earlier.policy).clone()) });
        let before = before.collect();
        rows.push(Vector {
            id: case.id.clone(),
            input: case.input.clone(),
            policy: policies.place((*case.policy).clone()),
            expectation: case.expectation.clone(),
            level: case.level,
            severity: case.severity,
            references: references.get(class_of(case).as_str()).cloned().unwrap_or_default(),
            profile: case.profile,
            needs: case.needs.clone(),
            twin: twins.place(twin),
            before,
            withheld: case.withheld.clone(),
        });
    }
    let generator = format!("assay {}", env!("CARGO_PKG_VERSION"));
    Vectors { schema: 1, generator, now, classes, policies: policies.list, twins: twins.list, cases: rows }
}

fn class_of(case: &Case) -> String {
    format!("{}/{}", case.id.family(), case.id.class())
}

/// A case, its token, its label.
type Test<'a> = (&'a Case, &'a str, &'static str);

/// The document in Wycheproof's form, and how many cases are not in it.
fn wycheproof(cases: &[Case]) -> (Value, usize) {
    let mut groups: Vec<(Value, Vec<Test<'_>>)> = Vec::new();
    let mut left_out = 0;
    for case in cases {
        let Some((key, token, label)) = labelled(case) else {
            left_out += 1;
            continue;
        };
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, tests)) => tests.push((case, token, label)),
            None => groups.push((key, vec![(case, token, label)])),
        }
    }
    let mut number = 0;
    let mut test = |(case, token, label): &Test<'_>| {
        number += 1;
        json!({ "tcId": number, "comment": case.id, "jws": token, "result": label, "flags": [class_of(case)] })
    };
    let mut group = |(key, tests): &(Value, Vec<Test<'_>>)| {
        let is_secret =
            key["kty"] == "oct" || key["keys"].as_array().is_some_and(|keys| keys.iter().any(|k| k["kty"] == "oct"));
        let tests: Vec<Value> = tests.iter().map(&mut test).collect();
        let half = if is_secret { "private" } else { "public" };
        json!({
            "type": "JsonWebSignature", "source": { "name": "assay", "version": env!("CARGO_PKG_VERSION") },
            "comment": key["alg"].as_str().unwrap_or("a key set"), (half): key, "tests": tests,
        })
    };
    let list: Vec<Value> = groups.iter().map(&mut group).collect();
    let shown: BTreeSet<String> =
        groups.iter().flat_map(|(_, tests)| tests.iter().map(|(case, ..)| class_of(case))).collect();
    let document = json!({
        "schema": "json_web_signature_schema_v1.json",
        "header": [
            "Test vectors of type JsonWebSignature are intended for tests that check the ",
            "verification operation of a JSON Web Signature library.",
        ],
        "numberOfTests": cases.len() - left_out,
        "notes": notes(&shown),
        "testGroups": list,
    });
    (document, left_out)
}

/// What a case is to somebody who has a key and a token alone: the key as one JWK or set, the token and its label; nothing where
/// a policy decides.
fn labelled(case: &Case) -> Option<(Value, &str, &'static str)> {
    let policy = &case.policy;
    if policy.encryption.is_some() || !case.before.is_empty() || !case.withheld.is_empty() || policy.keys.is_empty() {
        return None;
    }
    let token = case.input.text()?;
    let only = policy.algorithms.as_deref().and_then(|list| match list {
        [one] => Some(one.as_str()),
        _ => None,
    })?;
    let jwk = |key: &Key| {
        let mut jwk = key.jwk.clone()?;
        let members = jwk.as_object_mut()?;
        members.entry("alg").or_insert_with(|| json!(only));
        if let Some(kid) = &key.kid {
            members.entry("kid").or_insert_with(|| json!(kid));
        }
        Some(jwk)
    };
    let jwks: Vec<Value> = policy.keys.iter().map(jwk).collect::<Option<_>>()?;
    let key = if policy.jwks {
        json!({ "keys": jwks })
    } else {
        jwks.into_iter().next().filter(|_| policy.keys.len() == 1)?
    };
    let label = match (&case.expectation, verifies(token, &key)) {
        (Expectation::Accept { .. }, true) => "valid",
        (Expectation::Reject { .. }, false) => "invalid",
        (Expectation::Either { .. } | Expectation::RejectOrLast { .. }, _) => "acceptable",
        _ => return None,
    };
    Some((key, token, label))
}

/// Whether the key made the signature, as a reader of these vectors sees it.
fn verifies(token: &str, key: &Value) -> bool {
    let one =
        |jwk: &Value| Key { kid: jwk["kid"].as_str().map(str::to_owned), jwk: Some(jwk.clone()), ..Key::default() };
    let policy = match key["keys"].as_array() {
        Some(set) => Policy { keys: set.iter().map(one).collect(), jwks: true, ..Policy::default() },
        None => Policy { keys: vec![one(key)], ..Policy::default() },
    };
    reference::jws(Request { input: &Input::Token(token.to_owned()), policy: &policy }).is_ok()
}

/// What the flags mean.
fn notes(classes: &BTreeSet<String>) -> BTreeMap<String, Value> {
    let infos =
        attacks::classes().map(|(family, class)| class.info(family)).filter(|class| classes.contains(&class.id));
    let note = |class: ClassInfo| {
        let links: Vec<String> = class.references.iter().filter_map(token_assay_model::Reference::url).collect();
        let is_cve = |reference: &&token_assay_model::Reference| reference.0.starts_with("CVE-");
        let cves: Vec<&str> =
            class.references.iter().filter(is_cve).filter_map(|cve| cve.0.split_whitespace().next()).collect();
        let clauses: Vec<String> = class.references.iter().map(ToString::to_string).collect();
        let kind = if class.id.starts_with("control/") { "BASIC" } else { "MODIFIED_PARAMETER" };
        let mut note = json!({
            "bugType": kind, "description": format!("{} ({})", class.title, clauses.join(", ")), "links": links,
        });
        if !cves.is_empty() {
            note["cves"] = json!(cves);
        }
        (class.id, note)
    };
    infos.map(note).collect()
}
