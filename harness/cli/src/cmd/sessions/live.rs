//! `assay sessions --service`: the model against a service that runs. Takes flags and `[service]`, asks it in order and at once, says
//! what does not hold, how often that showed, what could not be asked, and how long a logout takes. Never says that a race is not
//! there: only how often one was looked for.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};
use token_assay::sessions::finding::Finding;
use token_assay::sessions::generator::Shape;
use token_assay_live::client::Client;
use token_assay_live::dialogue::{Dialogue, of_failure};
use token_assay_live::inquiry::{self, Asked, Outcome, ask_about, inquiries};
use token_assay_live::safety::Permission;
use token_assay_live::service::Wrong;
use token_assay_live::sessions::{Campaign, Hits, Lag, Limits, Remote, explore, hits, lag};
use token_assay_model::ExitCode;
use token_assay_report::sessions::{Explored, Transcript, page, render};

use super::super::common;
use super::super::service::of_wrong;
use super::kept::Found;
use super::{Arguments, Inquiries, code_of, kept, transcript, written};
use crate::config::Config;
use crate::error::{Error, Result};

/// Runs, or runs again.
pub(super) fn run(arguments: &Arguments) -> Result {
    let config = arguments.config.read()?;
    let dialogue = arguments.of_service.dialogue(&config)?;
    let dialogue = dialogue.ok_or_else(|| Error::usage("no service is to be tried"))?;
    let remote = Remote::new(dialogue).map_err(of_wrong)?;
    let name = remote.dialogue().service.name.clone();
    remote.control().map_err(|wrong| {
        let error = of_wrong(wrong);
        Error { what: format!("{name} cannot be tried: {}", error.what), ..error }
    })?;
    if let Some(file) = &arguments.replay {
        return again(arguments, &remote, file);
    }
    let stop = common::stop_on_interrupt()?;
    let overlapping = if arguments.sequential { 0 } else { Shape::default().overlapping };
    let limits = Limits {
        seed: arguments.seed,
        commands: arguments.commands.unwrap_or(COMMANDS),
        time: arguments.max_time.unwrap_or(Duration::MAX),
        shape: Shape { overlapping, ..Shape::default() },
        repeats: arguments.repeat,
    };
    let go_on = || !stop.load(Ordering::Relaxed);
    let rows = inquiries().filter(|_| arguments.inquiries != Inquiries::None);
    let asked = ask_about(&remote, rows, go_on);
    let is_alone = arguments.inquiries == Inquiries::Alone || asked.trouble.is_some();
    let campaign = if is_alone {
        Campaign { trouble: asked.trouble.clone(), ..Campaign::default() }
    } else {
        explore(&remote, limits, go_on)
    };
    let unrestored = if campaign.trouble.is_none() { remote.restore() } else { 0 };
    let trouble = campaign.trouble.clone().or_else(|| remote.trouble()).map(|failure| of_failure(&failure));
    let (lags, trouble) = match trouble {
        Some(wrong) => (Vec::new(), Some(wrong)),
        None => {
            let rounds = if is_alone { 0 } else { arguments.lag };
            lag(&remote, rounds, LONGEST).map_or_else(|wrong| (Vec::new(), Some(wrong)), |lags| (lags, None))
        }
    };
    let told = if arguments.json {
        format!("{:#}\n", document(&remote, &asked, &campaign, &lags, arguments, trouble.as_ref()))
    } else {
        told(&remote, &asked, &campaign, &lags, arguments)
    };
    crate::print(&told);
    if let Some(folder) = &arguments.out {
        let whole = document(&remote, &asked, &campaign, &lags, arguments, trouble.as_ref());
        kept_in(folder, &remote, &asked, &campaign, &whole)?;
    }
    if let Some(wrong) = trouble {
        let error = Error::usage(format!("{name} could not be tried to the end")).because(wrong.what).hint(wrong.hint);
        return Err(error.code(ExitCode::TargetUnusable));
    }
    if unrestored > 0 {
        let error = Error::usage(format!("{unrestored} of the test users of {name} keep a password that Assay set"));
        return Err(error.hint("it is the one of [[service.user]] and -1, -2, …").code(ExitCode::TargetUnusable));
    }
    if stop.load(Ordering::Relaxed) {
        return Ok(ExitCode::Interrupted);
    }
    let concluded = asked.count(|outcome| matches!(outcome, Outcome::Holds | Outcome::Broken { .. }));
    if campaign.commands == 0 && concluded == 0 {
        return Ok(ExitCode::NothingRan);
    }
    let of_model = campaign.found.iter().map(|(finding, _)| (finding.severity, finding.level));
    let of_inquiries = asked.findings().map(|finding| (finding.severity, finding.level));
    Ok(code_of(of_model.chain(of_inquiries), arguments))
}

/// What an inquiry found, for people: what was asked and answered, without a model beside it.
fn transcript_of(finding: &inquiry::Finding) -> Transcript {
    let step = |step: &inquiry::Step| {
        let says = if step.request.is_empty() { step.does.clone() } else { format!("{}: {}", step.does, step.request) };
        (says, step.answer.clone(), String::new())
    };
    Transcript {
        severity: finding.severity,
        level: finding.level,
        id: finding.class.clone(),
        service: finding.service.clone(),
        title: finding.title.clone(),
        seen: finding.what.clone(),
        clauses: finding.references.iter().map(ToString::to_string).collect(),
        mend: finding.mend.clone(),
        steps: finding.steps.iter().map(step).collect(),
        made_small: String::new(),
        again: "--out DIR, then assay replay DIR/sessions.json".to_owned(),
    }
}

/// What became of the rows that were asked about, in lines.
fn told_of(asked: &Asked) -> String {
    if asked.answered.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    for finding in asked.findings() {
        text.push('\n');
        text.push_str(&render(&transcript_of(finding), crate::shows_color()));
    }
    text.push('\n');
    let is = |wanted: fn(&Outcome) -> bool| asked.count(wanted);
    text.push_str(&format!(
        "inquiries {} rows: {} hold, {} do not, {} are not asked, {} are undecided\n",
        asked.answered.len(),
        is(|outcome| matches!(outcome, Outcome::Holds)),
        is(|outcome| matches!(outcome, Outcome::Broken { .. })),
        is(|outcome| matches!(outcome, Outcome::Skipped { .. })),
        is(|outcome| matches!(outcome, Outcome::Undecided { .. })),
    ));
    let mut lacking: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for answered in &asked.answered {
        let name = answered.class.split('/').next_back().unwrap_or_default();
        match &answered.outcome {
            Outcome::Skipped { lacks } => {
                for what in lacks {
                    lacking.entry(what).or_default().push(name);
                }
            }
            Outcome::Undecided { because } => text.push_str(&format!("undecided {name}: {because}\n")),
            Outcome::Holds | Outcome::Broken { .. } => {}
        }
    }
    for (what, names) in lacking {
        text.push_str(&format!("lacking   {what}: {}\n", names.join(", ")));
    }
    text
}

/// The document, the page, and each finding as a file.
fn kept_in(folder: &Path, remote: &Remote, asked: &Asked, campaign: &Campaign, whole: &Value) -> Result<()> {
    let name = &remote.dialogue().service.name;
    let explored = |finding: Option<&Finding>| Explored {
        kind: remote.kind().to_string(),
        told: format!("{} commands in {} scripts", campaign.commands, campaign.scripts),
        finding: finding.map(transcript),
    };
    for (finding, _) in &campaign.found {
        kept::write(folder, finding)?;
    }
    let mut pages: Vec<Explored> = campaign.found.iter().map(|(finding, _)| explored(Some(finding))).collect();
    for finding in asked.findings() {
        kept::write_inquiry(folder, finding)?;
        let (kind, told) = (finding.class.clone(), "asked with a few requests".to_owned());
        pages.push(Explored { kind, told, finding: Some(transcript_of(finding)) });
    }
    if pages.is_empty() {
        pages.push(explored(None));
    }
    let heading = format!("assay {} sessions · {name}", env!("CARGO_PKG_VERSION"));
    written(folder, &format!("{whole:#}\n"), &page(&heading, &pages))
}

/// A service for each finding, as `--replay` reads them; one without where nothing was found.
fn document(
    remote: &Remote,
    asked: &Asked,
    campaign: &Campaign,
    lags: &[Lag],
    arguments: &Arguments,
    trouble: Option<&Wrong>,
) -> Value {
    let row = |found: Option<(&_, Hits)>| {
        let (finding, hits) = found.map_or((None, None), |(finding, hits): (&Finding, _)| (Some(finding), Some(hits)));
        json!({
            "kind": remote.kind(), "commands": campaign.commands, "scripts": campaign.scripts,
            "overlapping": campaign.overlapping, "milliseconds": campaign.took.as_secs_f64() * 1e3,
            "finding": finding, "hits": hits,
        })
    };
    let mut rows: Vec<Value> = campaign.found.iter().map(|(finding, hits)| row(Some((finding, *hits)))).collect();
    if rows.is_empty() {
        rows.push(row(None));
    }
    json!({
        "schema": 1, "seed": arguments.seed, "service": remote.dialogue().service.name, "services": rows,
        "inquiries": asked.answered, "not_asked": campaign.lacking, "late": campaign.late, "revocation_lag": lags, "repeats": arguments.repeat,
        "requests": remote.dialogue().client.sent(), "complete": trouble.is_none(),
        "stopped": trouble.map(|wrong| &wrong.what),
    })
}

fn told(remote: &Remote, asked: &Asked, campaign: &Campaign, lags: &[Lag], arguments: &Arguments) -> String {
    let name = &remote.dialogue().service.name;
    let mut text = format!(
        "assay {} sessions · {name} · {} · seed {}\n",
        env!("CARGO_PKG_VERSION"),
        remote.kind(),
        arguments.seed
    );
    text.push_str(&told_of(asked));
    if campaign.commands == 0 {
        return text;
    }
    for (finding, Hits { seen, of }) in &campaign.found {
        text.push('\n');
        let mut shown = transcript(finding);
        shown.again = "--json > found.json, then assay sessions --service --replay found.json".to_owned();
        text.push_str(&render(&shown, crate::shows_color()));
        text.push_str(&format!("\n  shown     {seen} of {of} times that its script was run\n"));
    }
    text.push('\n');
    for Lag { shown, rounds, p50, p99, max, resolution, never_ended } in lags {
        if never_ended == rounds {
            text.push_str(&format!(
                "logout    does not end {shown}: let in for {max:.0} ms after each of {rounds} logouts\n"
            ));
            continue;
        }
        let never = if *never_ended > 0 {
            format!(" · {never_ended} times still let in when looking ended")
        } else {
            String::new()
        };
        text.push_str(&format!(
            "logout    ends {shown} after {p50:.1} ms (p50), {p99:.1} ms (p99), {max:.1} ms (max) · {rounds} logouts, each known \
             to {resolution:.2} ms{never}\n"
        ));
    }
    if !campaign.lacking.is_empty() {
        let each: Vec<String> = campaign.lacking.iter().map(|(what, count)| format!("{what} {count}")).collect();
        text.push_str(&format!("not asked {}: the table lacks them\n", each.join(", ")));
    }
    if campaign.late > 0 {
        text.push_str(&format!(
            "late      {} scripts took longer than the limits of time allow, and are not judged\n",
            campaign.late
        ));
    }
    let found = match campaign.found.len() {
        0 => "✓ nothing that was asked breaks an invariant".to_owned(),
        1 => "✗ 1 invariant does not hold".to_owned(),
        several => format!("✗ {several} invariants do not hold"),
    };
    let rate = campaign.commands as f64 / campaign.took.as_secs_f64().max(1e-9);
    text.push_str(&format!(
        "{found} · {} commands in {} scripts, {} of them with requests that overlap, each of those run {} times at most · {rate:.0} \
         commands/s\n",
        campaign.commands, campaign.scripts, campaign.overlapping, arguments.repeat
    ));
    if campaign.overlapping > 0 {
        text.push_str("races     are looked for, and shown where they were hit; that none was hit does not say that there is none\n");
    }
    text
}

fn again(arguments: &Arguments, remote: &Remote, file: &Path) -> Result {
    let found = kept::read(file)?.ok_or_else(|| kept::unread(file).because("it is another document"))?;
    asked_again(remote, &found, arguments.repeat.max(25))
}

/// What was found of a running service, asked of the one in this table again, which nothing but this machine's may be.
pub(in crate::cmd) fn replayed(config: &Config, found: &Found) -> Result {
    let Some(service) = config.service.clone() else {
        let error = Error::usage("it was found of a running service, and assay.toml has no [service]");
        return Err(error
            .hint("run it where that table is, or name its file with --config")
            .code(ExitCode::TargetUnusable));
    };
    let client = Client::new(&service, &Permission::default()).map_err(|wrong| {
        let error = of_wrong(wrong);
        error.hint("assay sessions --service --i-have-permission HOST --replay FILE")
    })?;
    let remote = Remote::new(Dialogue::new(service, client)).map_err(of_wrong)?;
    remote.control().map_err(of_wrong)?;
    asked_again(&remote, found, 25)
}

/// FIXED or STILL, with how often; what cannot be said now is neither.
fn asked_again(remote: &Remote, found: &Found, overlapping: u32) -> Result {
    let mut is_still = false;
    let mut unsaid = Vec::new();
    for finding in &found.inquiries {
        let row = inquiry::inquiry(&finding.class);
        let asked = ask_about(remote, row, || true);
        if let Some(failure) = asked.trouble {
            return Err(of_wrong(of_failure(&failure)));
        }
        let (class, name) = (&finding.class, &remote.dialogue().service.name);
        match asked.answered.first().map(|answered| &answered.outcome) {
            Some(Outcome::Broken { .. }) => {
                is_still = true;
                crate::print(&format!("STILL {class} in {name}\n"));
            }
            Some(Outcome::Holds) => crate::print(&format!("FIXED {class} in {name}\n")),
            Some(Outcome::Skipped { lacks }) => unsaid.push(format!("{class}: the table lacks {}", lacks.join(", "))),
            Some(Outcome::Undecided { because }) => unsaid.push(format!("{class}: {because}")),
            None => unsaid.push(format!("{class}: no such row is asked about")),
        }
    }
    for finding in &found.model {
        let times = if finding.script.branches.is_empty() { 1 } else { overlapping };
        let Hits { seen, of } = hits(remote, finding, times);
        if let Some(failure) = remote.trouble() {
            return Err(of_wrong(of_failure(&failure)));
        }
        let word = if seen > 0 { "STILL" } else { "FIXED" };
        is_still |= seen > 0;
        crate::print(&format!("{word} sessions/{} in {} ({seen} of {of} times)\n", finding.invariant, finding.service));
    }
    remote.restore();
    if let Some(why) = unsaid.first() {
        let error = Error::usage("it cannot be said whether it is still so").because(why);
        return Err(error.hint("is the table the one that it was found with?").code(ExitCode::TargetUnusable));
    }
    Ok(if is_still { ExitCode::Findings } else { ExitCode::Clean })
}

/// How many commands a service that runs is asked.
const COMMANDS: u64 = 2_000;

/// How long is looked whether a logout has taken effect.
const LONGEST: Duration = Duration::from_secs(2);
