//! The report as one page: overview, matrix, findings, campaign.
//!
//! Takes a report, gives one file that needs nothing beside it: no network, no framework. Each finding is a section that a
//! browser without scripts shows as it is and that the script fills when it is asked for; the matrix and the list of findings are
//! drawn from one block of data, a screen at a time. The page's own policy forbids every other script, style and address, and
//! whatever a target or a token says is text in it ([`text`]).

mod campaign;
mod data;
mod decoded;
mod finding;
mod overview;
pub(crate) mod policy;
pub(crate) mod sessions;
mod text;

use askama::Template;
use token_assay_model::{Report, Severity};

use self::data::{ClassRow, Data, Preset};
use self::finding::Section;
use self::overview::Overview;
use self::text::{Markup, json_in_page};
use crate::text::{LINE, NAME, SENTENCE};
use crate::{Options, facts};

pub(crate) fn render(report: &Report, options: &Options) -> Vec<u8> {
    let data = data::data(report, options);
    let rows: Vec<StaticRow> = data
        .classes
        .iter()
        .filter(|row| row.flags & Preset::PASSING == 0)
        .map(|row| StaticRow::new(row, &data))
        .collect();
    let left_out = rows.len().saturating_sub(MOST_ROWS);
    let page = Page {
        policy: policy::policy(&[SCRIPT], STYLE),
        title: format!("Assay: {}", overview::headline(report).1),
        style: STYLE,
        script: SCRIPT,
        overview: Overview::new(report, options, &data),
        findings: data.findings.len(),
        campaign: campaign::section(report),
        rows: rows.into_iter().take(MOST_ROWS).collect(),
        left_out,
        passing: data
            .classes
            .iter()
            .filter(|row| row.flags & Preset::PASSING != 0)
            .map(|row| (row.anchor.as_str(), row.id.as_str()))
            .collect(),
        listed: listed(report, &data, MOST_SECTIONS),
        sections: sections(report, &data),
        unlisted: data.findings.len().saturating_sub(MOST_SECTIONS),
        footer: Markup::text(&format!("{} {}", report.tool.name, report.tool.version), LINE),
        json: json_in_page(&data),
        data: &data,
    };
    let mut bytes = page.render().expect("a page of text can be written").into_bytes();
    bytes.push(b'\n');
    bytes
}

#[derive(Template)]
#[template(path = "html/page.html")]
struct Page<'d> {
    policy: String,
    title: String,
    style: &'static str,
    script: &'static str,
    overview: Overview,
    findings: usize,
    campaign: Option<String>,
    data: &'d Data,
    rows: Vec<StaticRow<'d>>,
    left_out: usize,
    passing: Vec<(&'d str, &'d str)>,
    listed: Vec<Listed>,
    sections: Vec<(&'d str, String)>,
    unlisted: usize,
    footer: Markup,
    json: String,
}

/// A row of the matrix for browsers without scripts.
struct StaticRow<'d> {
    anchor: &'d str,
    severity: Severity,
    id: &'d str,
    title: &'d str,
    cells: Vec<StaticCell>,
}

struct StaticCell {
    style: &'static str,
    mark: &'static str,
}

impl<'d> StaticRow<'d> {
    fn new(row: &'d ClassRow, data: &'d Data) -> Self {
        let cells = row.cells.chars().map(StaticCell::new).collect();
        Self { anchor: &row.anchor, severity: row.severity, id: &row.id, title: data.title(row), cells }
    }
}

impl StaticCell {
    const fn new(letter: char) -> Self {
        let (style, mark) = match letter {
            'A' => ("f", "✗A"),
            'R' => ("f", "✗R"),
            'F' => ("f", "✗F"),
            'X' => ("f", "✗"),
            'K' => ("k", "!"),
            '?' => ("q", "?"),
            'a' | 'r' | 'p' => ("p", "✓"),
            '-' => ("s", "–"),
            _ => ("n", "·"),
        };
        Self { style, mark }
    }
}

/// A finding in a list.
pub(crate) struct Listed {
    anchor: String,
    severity: Severity,
    title: Markup,
    class: Markup,
    target: Markup,
    /// How many other targets have one of the same class and sentence.
    others: usize,
}

/// The first of them, worst first.
fn listed(report: &Report, data: &Data, most: usize) -> Vec<Listed> {
    let row = |(finding, row): (&token_assay_model::Finding, &data::FindingRow)| Listed {
        anchor: row.anchor.clone(),
        severity: finding.severity,
        title: Markup::text(&finding.title, SENTENCE),
        class: Markup::text(&facts::class_id(&finding.case), LINE),
        target: Markup::text(&finding.target, NAME),
        others: 0,
    };
    data::in_order(report).zip(&data.findings).take(most).map(row).collect()
}

fn sections<'d>(report: &Report, data: &'d Data) -> Vec<(&'d str, String)> {
    let section = |(finding, row): (&token_assay_model::Finding, &'d data::FindingRow)| {
        let class = &data.classes[row.class].anchor;
        let section = Section::new(report, finding, &row.anchor, class, data.has_test(&row.anchor));
        (row.anchor.as_str(), section.render().expect("a section of text can be written"))
    };
    data::in_order(report).zip(&data.findings).take(MOST_SECTIONS).map(section).collect()
}

const STYLE: &str = include_str!("../../templates/html/page.css");
const SCRIPT: &str = include_str!("../../templates/html/page.js");
/// How many findings have a section of their own.
const MOST_SECTIONS: usize = 2000;
/// How many rows a browser without scripts is given.
const MOST_ROWS: usize = 1500;
