//! What a campaign did, in a few lines.
//!
//! Takes a report, gives how many tokens were made and how far they came, how often each finding was met again, and how to go
//! on; nothing where the report is of no campaign. Never says what was found.

use token_assay_model::report::CampaignInfo;
use token_assay_model::{Fingerprint, Report};

use crate::Options;
use crate::detail::DOT;
use crate::markdown::inline;
use crate::text::{LINE, SENTENCE, count, shown};

/// For a terminal.
pub(crate) fn lines(report: &Report, options: &Options) -> Vec<String> {
    let Some(info) = &report.campaign else { return Vec::new() };
    let mut lines = vec![
        format!("campaign {}", made(report, info)),
        format!("tokens   {}", shares(info)),
        format!("answers  {}", answers(info)),
    ];
    lines.extend(repeats(info).map(|text| format!("again    {text}")));
    // One that was put together has no number to go on from.
    lines.extend((info.next > 0).then(|| format!("go on    {}", go_on(info, options))));
    lines
}

/// The same for a page.
pub(crate) fn markdown(report: &Report) -> String {
    let Some(info) = &report.campaign else { return String::new() };
    let lines = [made(report, info), shares(info), answers(info)];
    let mut text: String = lines.iter().map(|line| format!("* {}\n", inline(line))).collect();
    text.extend(repeats(info).map(|again| format!("* met again: {}\n", inline(&again))));
    text.push('\n');
    text
}

fn made(report: &Report, info: &CampaignInfo) -> String {
    let seconds = report.run.milliseconds as f64 / 1e3;
    let rate = if seconds > 0.0 { info.cases as f64 / seconds } else { 0.0 };
    let (part, parts) = info.shard;
    let mut said = vec![
        shown(&info.engine, LINE),
        count(info.cases, "case"),
        count(info.requests, "request"),
        format!("{rate:.0} cases/s"),
    ];
    if parts > 1 {
        said.push(format!("part {part} of {parts}"));
    }
    said.join(DOT)
}

/// How far the tokens came at the reference verifier: a campaign that is stuck before the signature shows here.
fn shares(info: &CampaignInfo) -> String {
    let share = |number: u64| format!("{:.0} %", 100.0 * number as f64 / info.cases.max(1) as f64);
    format!("{} decode{DOT}{} verify{DOT}{} are valid", share(info.decoded), share(info.verified), share(info.accepted))
}

fn answers(info: &CampaignInfo) -> String {
    format!("{} of answering", count(info.classes, "way"))
}

/// How often each finding was met again, most first.
pub(crate) fn most_repeated(info: &CampaignInfo) -> Vec<(&Fingerprint, u64)> {
    let mut repeats: Vec<(&Fingerprint, u64)> = info.repeats.iter().map(|(name, count)| (name, *count)).collect();
    repeats.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    repeats
}

/// The findings that were met most, with how often.
fn repeats(info: &CampaignInfo) -> Option<String> {
    let mut repeats = most_repeated(info);
    let (all, rest) = (repeats.len(), repeats.len().saturating_sub(MOST));
    repeats.truncate(MOST);
    let mut said: Vec<String> =
        repeats.iter().map(|(name, count)| format!("{} ×{count}", shown(&name.0, LINE))).collect();
    if rest > 0 {
        said.push(format!("and {rest} more"));
    }
    (all > 0).then(|| said.join(DOT))
}

fn go_on(info: &CampaignInfo, options: &Options) -> String {
    let folder = options.report.as_deref().and_then(|path| path.strip_suffix("/report.json"));
    let folder = folder.map_or_else(String::new, |folder| format!(" --out {}", shown(folder, SENTENCE)));
    format!("assay fuzz --resume{folder}   (from case {})", info.next)
}

/// How many findings are named with their repeats.
const MOST: usize = 6;
