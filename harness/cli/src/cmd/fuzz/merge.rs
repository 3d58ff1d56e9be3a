//! `assay fuzz --merge`: several folders into one.
//!
//! Takes folders of campaigns, gives one report, in which of two findings with one fingerprint the shorter token stays; or
//! takes folders of plain tokens, gives the shortest of each behaviour. Never asks a target, and changes none of the folders.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use token_assay::forge::{Forge, NOW};
use token_assay::generate::recipe::Part;
use token_assay::generate::sketch::Content;
use token_assay::generate::{Generator, Sketch, Stage, Stock, Template};
use token_assay::reference::{self, Rule};
use token_assay::{attacks::scene, campaign};
use token_assay_model::report::{CampaignInfo, RunInfo, SCHEMA, TargetInfo, TargetReport, Tool};
use token_assay_model::{Algorithm, ExitCode, Input, Profile, Report, Request};
use token_assay_report::Format;

use super::Chosen;
use crate::campaign::{Campaign, findings, is_one, read};
use crate::cmd::common;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::store;

/// Merges.
pub(super) fn merge(folders: &[PathBuf], out: &Path, config: &Config, chosen: &Chosen) -> Result {
    let is_kept = |folder: &PathBuf| is_one(folder) || folder.join(store::REPORT).is_file();
    match folders.iter().filter(|folder| is_kept(folder)).count() {
        0 => corpora(folders, out),
        some if some == folders.len() => campaigns(folders, out, config, chosen),
        _ => Err(Error::usage("some of these folders are campaigns and some are not")
            .hint("merge campaigns with campaigns, and corpora of tokens with corpora")),
    }
}

fn campaigns(folders: &[PathBuf], out: &Path, config: &Config, chosen: &Chosen) -> Result {
    let mut parts = folders.iter().map(|folder| part(folder)).collect::<Result<Vec<_>>>()?.into_iter();
    let mut whole = parts.next().expect("clap requires one folder");
    for part in parts {
        join(&mut whole, part);
    }
    if let Some(info) = &mut whole.campaign {
        // The parts go on, each in its folder.
        (info.first, info.next, info.shard) = (0, 0, (1, 1));
        info.curve.clear();
    }
    campaign::add(&mut whole, Vec::new());
    for finding in &whole.findings {
        let octets = serde_json::to_vec_pretty(finding).expect("a finding is JSON");
        store::write_whole(&out.join(format!("findings/{}.json", finding.fingerprint)), &octets)?;
    }
    store::write_whole(&out.join(store::REPORT), &Format::Json.render(&whole, &Default::default()))?;
    let code = chosen.gate.code(&whole, false);
    let options = common::rendering(config, &whole, out, code);
    common::write_reports(&chosen.formats, &whole, &options, out)?;
    crate::print_octets(&chosen.format.render(&whole, &options));
    Ok(code)
}

/// The report of a folder; of a campaign that was killed, what is known of it.
fn part(folder: &Path) -> Result<Report> {
    if folder.join(store::REPORT).is_file() {
        let report = store::read_report(Some(folder))?.0;
        return match report.campaign {
            Some(_) => Ok(report),
            None => {
                let error = Error::usage(format!("{} holds a run of the catalogue", folder.display()));
                Err(error.hint("--merge is for campaigns; `assay diff` compares runs"))
            }
        };
    }
    let mut report = report_of(&read(folder)?);
    campaign::add(&mut report, findings(folder)?);
    Ok(report)
}

fn report_of(campaign: &Campaign) -> Report {
    let done = &campaign.done;
    let target = |name: &String| TargetReport {
        info: TargetInfo::new(name, "", &[]),
        outcomes: done.outcomes.get(name).cloned().unwrap_or_default(),
        skipped_for: BTreeMap::new(),
        control_failures: Vec::new(),
        other_reasons: BTreeMap::new(),
        verify_microseconds: 0,
        timing: None,
        unusable: None,
    };
    Report {
        schema: SCHEMA,
        tool: Tool { name: "assay".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        run: RunInfo {
            started: String::new(),
            milliseconds: done.milliseconds,
            seed: campaign.seed,
            now: campaign.now,
            real_now: campaign.now,
            selection: Vec::new(),
            complete: false,
            stopped: Some("a part did not end".to_owned()),
            redacted: false,
        },
        targets: campaign.targets.iter().map(target).collect(),
        classes: BTreeMap::new(),
        cases: Vec::new(),
        findings: Vec::new(),
        campaign: Some(CampaignInfo {
            engine: "generate".to_owned(),
            first: 0,
            next: campaign.next,
            shard: campaign.shard,
            cases: done.cases,
            requests: done.requests,
            decoded: done.decoded,
            verified: done.verified,
            accepted: done.accepted,
            classes: done.classes,
            repeats: done.repeats.clone(),
            curve: Vec::new(),
        }),
        stale: Vec::new(),
        baseline: None,
    }
}

fn join(whole: &mut Report, part: Report) {
    whole.run.milliseconds += part.run.milliseconds;
    whole.run.redacted |= part.run.redacted;
    if !part.run.complete {
        whole.run.complete = false;
        whole.run.stopped = whole.run.stopped.take().or(part.run.stopped);
    }
    for target in part.targets {
        match whole.targets.iter_mut().find(|known| known.info.name == target.info.name) {
            Some(known) => add_up(known, target),
            None => whole.targets.push(target),
        }
    }
    if let (Some(sum), Some(more)) = (&mut whole.campaign, part.campaign) {
        sum.cases += more.cases;
        sum.requests += more.requests;
        sum.decoded += more.decoded;
        sum.verified += more.verified;
        sum.accepted += more.accepted;
        sum.classes = sum.classes.max(more.classes);
        for (fingerprint, count) in more.repeats {
            *sum.repeats.entry(fingerprint).or_default() += count;
        }
    }
    for (name, info) in part.classes {
        whole.classes.entry(name).or_insert(info);
    }
    campaign::add(whole, part.findings);
}

fn add_up(known: &mut TargetReport, more: TargetReport) {
    if known.info.version.is_empty() {
        known.info = more.info;
    }
    for (outcome, count) in more.outcomes {
        *known.outcomes.entry(outcome).or_default() += count;
    }
    known.verify_microseconds += more.verify_microseconds;
    known.unusable = known.unusable.take().or(more.unusable);
    for failure in more.control_failures {
        if !known.control_failures.iter().any(|old| old.case == failure.case) {
            known.control_failures.push(failure);
        }
    }
}

fn corpora(folders: &[PathBuf], out: &Path) -> Result {
    let forge = Forge::new(NOW);
    let plain = Stock::of(|setting: scene::Setting| {
        setting.algorithm == Algorithm::Hs256 && setting.profile == Profile::Pinned
    });
    let generator = Generator::new(&forge, plain);
    let setting = *generator.stock().settings.first().expect("HS256 is pinned in one setting");
    let stage = generator.stage(Template::Valid { setting, terms: 0 });
    let mut smallest: BTreeMap<Behaviour, Vec<u8>> = BTreeMap::new();
    let mut read = 0;
    for file in files(folders)? {
        let token = fs::read(&file)
            .map_err(|error| Error::usage(format!("{} cannot be read", file.display())).because(error))?;
        read += 1;
        let kept = smallest.entry(behaviour(&token, stage)).or_insert_with(|| token.clone());
        if (token.len(), &token) < (kept.len(), kept) {
            *kept = token;
        }
    }
    if read == 0 {
        return Err(Error::usage("there are no tokens in these folders").code(ExitCode::NothingRan));
    }
    for token in smallest.values() {
        let hash = Sha256::digest(token);
        let name: String = hash[..10].iter().map(|octet| format!("{octet:02x}")).collect();
        store::write_whole(&out.join(name), token)?;
    }
    crate::print(&format!("{} of {read} tokens kept, the shortest of each behaviour\n", smallest.len()));
    Ok(ExitCode::Clean)
}

/// The files below the folders, in order.
fn files(folders: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut left = folders.to_vec();
    while let Some(folder) = left.pop() {
        let entries = fs::read_dir(&folder)
            .map_err(|error| Error::usage(format!("{} cannot be read", folder.display())).because(error))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() { left.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

/// By which rule a token is refused, and what it looks like.
type Behaviour = (Option<Rule>, String);

fn behaviour(token: &[u8], stage: &Stage) -> Behaviour {
    let input = Input::from_octets(token.to_vec());
    let rule = reference::explain(Request { input: &input, policy: &stage.policy }).1;
    (rule, shape(&Sketch::read(token)))
}

/// Which members there are and of what type; names and values of the corpus's own invention are all one.
fn shape(sketch: &Sketch) -> String {
    if let Some(whole) = &sketch.whole {
        let dots = whole.iter().filter(|octet| **octet == b'.').count();
        return format!("{} dots", dots.min(6));
    }
    let part = |part: Part| match &sketch.side(part).content {
        Content::Octets(octets) => if octets.is_empty() { "empty" } else { "octets" }.to_owned(),
        Content::Members(members) => {
            let mut kinds: Vec<String> =
                members.iter().map(|member| format!("{} {}", name(&member.name), kind(&member.value))).collect();
            kinds.sort();
            kinds.dedup();
            kinds.join(",")
        }
    };
    let algorithm = sketch.algorithm().map_or("another", Algorithm::as_str);
    let signed = if sketch.kept.is_empty() { "unsigned" } else { "signed" };
    format!("{algorithm} {signed} {{{}}} {{{}}}", part(Part::Header), part(Part::Payload))
}

fn name(quoted: &str) -> &str {
    let bare = quoted.trim_matches('"');
    if NAMES.contains(&bare) { bare } else { "*" }
}

fn kind(value: &str) -> char {
    match value.as_bytes().first() {
        Some(b'-' | b'0'..=b'9') => '0',
        Some(other) => char::from(*other),
        None => ' ',
    }
}

/// The names that the standards give meaning to.
const NAMES: [&str; 19] = [
    "alg", "typ", "cty", "kid", "jwk", "jku", "x5c", "x5u", "x5t", "crit", "b64", "zip", "iss", "sub", "aud", "exp",
    "nbf", "iat", "jti",
];
