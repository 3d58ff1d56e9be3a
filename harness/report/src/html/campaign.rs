//! What a campaign did, as a section of the page.
//!
//! Takes a report, gives how many tokens were made and how far they came, with curves over time and the figures behind them;
//! nothing where the report is of no campaign. Curves are drawn in the colours of the page, so that they follow its scheme.

use std::fmt::Write as _;

use askama::Template;
use token_assay_model::Report;
use token_assay_model::report::CampaignInfo;

use super::text::Markup;
use crate::campaign;
use crate::text::{LINE, count, duration};

#[derive(Template)]
#[template(path = "html/campaign.html")]
struct Section {
    facts: Vec<(&'static str, Markup)>,
    shares: Vec<Share>,
    curves: Vec<Curve>,
    points: Vec<[String; 4]>,
    repeats: Vec<(Option<String>, Markup, u64)>,
    advice: Vec<&'static str>,
}

/// How many of the tokens came so far.
struct Share {
    name: &'static str,
    number: u64,
    all: u64,
    percent: String,
    width: String,
}

/// A figure over time.
struct Curve {
    name: &'static str,
    last: u64,
    path: String,
}

/// The section's content.
pub(super) fn section(report: &Report) -> Option<String> {
    let info = report.campaign.as_ref()?;
    let section = Section {
        facts: facts(report, info),
        shares: shares(info),
        curves: curves(info),
        points: points(info),
        repeats: repeats(info),
        advice: advice(info),
    };
    Some(section.render().expect("a section of text can be written"))
}

fn facts(report: &Report, info: &CampaignInfo) -> Vec<(&'static str, Markup)> {
    let seconds = report.run.milliseconds as f64 / 1e3;
    let rate = if seconds > 0.0 { info.cases as f64 / seconds } else { 0.0 };
    let since =
        info.curve.iter().rev().take_while(|point| info.curve.last().is_some_and(|last| last.3 == point.3)).last();
    let quiet = since.map(|point| duration(report.run.milliseconds.saturating_sub(point.0).saturating_mul(1000)));
    let mut rows = vec![
        ("engine", Markup::text(&info.engine, LINE)),
        ("tokens", Markup::ours(&info.cases.to_string())),
        ("requests", Markup::ours(&info.requests.to_string())),
        ("a second", Markup::ours(&format!("{rate:.0} tokens"))),
        ("ways of answering", Markup::ours(&info.classes.to_string())),
        ("part", Markup::ours(&format!("{} of {}", info.shard.0, info.shard.1))),
    ];
    rows.extend(quiet.map(|quiet| ("since the last new finding", Markup::ours(&quiet))));
    if info.next > 0 {
        rows.push(("goes on from", Markup::ours(&count(info.next, "case"))));
    }
    rows
}

fn shares(info: &CampaignInfo) -> Vec<Share> {
    let share = |(name, number): (&'static str, u64)| {
        let part = 100.0 * number as f64 / info.cases.max(1) as f64;
        let width = format!("{:.1}", part.min(100.0));
        Share { name, number, all: info.cases, percent: format!("{part:.0} %"), width }
    };
    [
        ("decode: the header can be read", info.decoded),
        ("verify: the signature is right", info.verified),
        ("are valid, or may be", info.accepted),
    ]
    .map(share)
    .into()
}

/// What the shares say of a campaign that is stuck.
fn advice(info: &CampaignInfo) -> Vec<&'static str> {
    let few = |number: u64| number.saturating_mul(20) < info.cases;
    let mut said = Vec::new();
    if few(info.decoded) {
        said.push("Fewer than one in twenty tokens decode: the campaign is stuck before the header.");
    }
    if few(info.verified) {
        said.push("Fewer than one in twenty tokens verify: the campaign is stuck before the signature.");
    }
    said
}

fn curves(info: &CampaignInfo) -> Vec<Curve> {
    let Some(end) = info.curve.last().map(|last| last.0.max(1)) else { return Vec::new() };
    let curve = |name, pick: fn(&(u64, u64, u64, u64)) -> u64| {
        let most = info.curve.iter().map(pick).max().unwrap_or(0).max(1);
        let mut path = String::from("M0 100");
        for point in &info.curve {
            let (x, y) =
                (point.0.min(end) as f64 / end as f64 * 300.0, 100.0 - pick(point) as f64 / most as f64 * 92.0);
            write!(path, "L{x:.1} {y:.1}").expect("a string takes everything");
        }
        Curve { name, last: info.curve.last().map_or(0, pick), path }
    };
    vec![
        curve("tokens", |point| point.1),
        curve("ways of answering", |point| point.2),
        curve("findings", |point| point.3),
    ]
}

/// Some of the points, evenly, and the last.
fn points(info: &CampaignInfo) -> Vec<[String; 4]> {
    let step = info.curve.len().div_ceil(MOST_POINTS).max(1);
    let last = info.curve.len().saturating_sub(1);
    let some = info.curve.iter().enumerate().filter(|(at, _)| at % step == 0 || *at == last);
    some.map(|(_, point)| {
        let when = duration(point.0.saturating_mul(1000));
        [when, point.1.to_string(), point.2.to_string(), point.3.to_string()]
    })
    .collect()
}

fn repeats(info: &CampaignInfo) -> Vec<(Option<String>, Markup, u64)> {
    let most = campaign::most_repeated(info);
    let row = |(name, times): (&token_assay_model::Fingerprint, u64)| {
        let anchor = super::text::anchor(&name.0).map(|name| format!("finding/{name}"));
        (anchor, Markup::text(&name.0, LINE), times)
    };
    most.into_iter().take(MOST_REPEATS).map(row).collect()
}

const MOST_POINTS: usize = 30;
const MOST_REPEATS: usize = 100;
