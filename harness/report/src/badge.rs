//! The JSON of a shields.io endpoint badge.
//!
//! Takes a report, gives how many tokens that must be refused were accepted, of how many that got an answer. Never a
//! percentage, and green only where nothing is left open: what is not known is grey. A forgery that was accepted is
//! known, whatever else is not.

use serde::Serialize;
use token_assay_model::Report;

use crate::{Options, facts};

pub(crate) fn render(report: &Report, _: &Options) -> Vec<u8> {
    let (message, color) = verdict(report);
    let badge = Badge { schema_version: 1, label: "jwt forgeries", message, color };
    let mut bytes = serde_json::to_vec_pretty(&badge).expect("three strings and a number");
    bytes.push(b'\n');
    bytes
}

fn verdict(report: &Report) -> (String, &'static str) {
    let forgeries = facts::forgeries(report);
    let counts = match &report.campaign {
        // Of a campaign only what failed is kept, each kind once.
        Some(campaign) => format!("{} in {} tokens", forgeries.accepted, campaign.cases),
        None => format!("{} of {}", forgeries.accepted, forgeries.answered),
    };
    let forgeries = facts::Forgeries { answered: forgeries.answered.max(tried(report)), ..forgeries };
    let unusable = report.targets.iter().any(|target| target.unusable.is_some());
    match forgeries {
        facts::Forgeries { accepted: 1.., .. } => (counts, RED),
        _ if !report.run.complete => ("incomplete".to_owned(), GREY),
        facts::Forgeries { answered: 0, inconclusive: 0, .. } if !unusable => ("nothing tried".to_owned(), GREY),
        facts::Forgeries { inconclusive: 1.., .. } => ("inconclusive".to_owned(), GREY),
        _ if unusable => ("inconclusive".to_owned(), GREY),
        _ => (counts, GREEN),
    }
}

/// A clean campaign keeps no case, and has tried many.
fn tried(report: &Report) -> u64 {
    report.campaign.as_ref().map_or(0, |campaign| campaign.requests)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Badge {
    schema_version: u32,
    label: &'static str,
    message: String,
    color: &'static str,
}

const RED: &str = "red";
const GREEN: &str = "brightgreen";
const GREY: &str = "lightgrey";
