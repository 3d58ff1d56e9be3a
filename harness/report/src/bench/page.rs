//! The report of a measurement: what stands where, and its three forms.
//!
//! Takes a measurement and the reader's needs, gives HTML (one file, plots in it, no script, nothing from outside, and a policy
//! that forbids both), Markdown (tables) or JSON (the same figures for programs). Rows whose intervals overlap have one rank: no winner is declared between them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use askama::Template;
use serde::Serialize;
use token_assay_model::bench::{Bench, Group, Role, Row, Unit};

use super::costs::{self, Cost};
use super::decide::{self, Decision, Needs, Unmeasured};
use super::figures::{self, Table};
use super::plot::{self, Line, Range};
use crate::html::policy;
use crate::markdown::inline;
use crate::text;

/// A form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people at a terminal: the decision alone.
    Text,
    /// A page.
    Html,
    /// GitHub's Markdown.
    Markdown,
    /// For programs.
    Json,
}

impl Form {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Text, Self::Html, Self::Markdown, Self::Json];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Html => "html",
            Self::Markdown => "markdown",
            Self::Json => "json",
        }
    }

    /// The name of its file.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Text => "decision.txt",
            Self::Html => "bench.html",
            Self::Markdown => "bench.md",
            Self::Json => "comparison.json",
        }
    }
}

/// The report in this form; `command` is what made it.
///
/// # Errors
///
/// Where the needs name what was not measured.
pub fn render(bench: &Bench, needs: &Needs, command: &str, form: Form) -> Result<Vec<u8>, Unmeasured> {
    let decision = decide::decide(bench, needs)?;
    let page = || Page::new(bench, &decision, command);
    Ok(match form {
        Form::Text => deciding(&decision).text().into_bytes(),
        Form::Html => page().render().expect("a page of text can be written").into_bytes(),
        Form::Markdown => page().markdown().into_bytes(),
        Form::Json => json(bench, &decision),
    })
}

/// What stands on the page.
#[derive(Template)]
#[template(path = "bench.html")]
struct Page {
    policy: String,
    style: String,
    facts: Vec<(&'static str, String)>,
    warnings: Vec<String>,
    sections: Vec<Section>,
}

struct Section {
    id: String,
    title: String,
    said: Vec<String>,
    plot: String,
    table: Option<Table>,
    /// Below the table.
    notes: Vec<String>,
    /// Whether it is one of many of its kind, and folded away on the page.
    is_detail: bool,
}

impl Page {
    fn new(bench: &Bench, decision: &Decision, command: &str) -> Self {
        let mut sections = vec![deciding(decision)];
        sections.extend(break_even(bench));
        sections.extend(lag_against_cost(bench, decision));
        sections.extend(lookup_by_size(bench));
        sections.extend(throughput_by_callers(bench));
        sections.extend(requests(bench));
        sections.push(bias());
        sections.push(stores(bench));
        sections.extend(bench.groups.iter().map(ranking));
        let style = [STYLE, &plot::dark_style()].concat();
        let policy = policy::policy(&[], &style);
        Self { policy, style, facts: facts(bench, command), warnings: warnings(bench), sections }
    }

    fn markdown(&self) -> String {
        let mut text = String::from("# What a login costs to check\n\n");
        for (name, value) in &self.facts {
            let _ = writeln!(text, "- {name}: {}", inline(value));
        }
        for warning in &self.warnings {
            let _ = write!(text, "\n> {}\n", inline(warning));
        }
        for section in &self.sections {
            let _ = write!(text, "\n## {}\n", inline(&section.title));
            for said in &section.said {
                let _ = write!(text, "\n{}\n", inline(said));
            }
            if let Some(table) = &section.table {
                let _ = write!(text, "\n{}", table.markdown());
            }
            for note in &section.notes {
                let _ = write!(text, "\n{}\n", inline(note));
            }
        }
        text
    }
}

fn facts(bench: &Bench, command: &str) -> Vec<(&'static str, String)> {
    let (machine, run) = (&bench.machine, &bench.run);
    let features =
        if machine.features.is_empty() { String::new() } else { format!(" ({})", machine.features.join(", ")) };
    vec![
        ("Made by", command.to_owned()),
        ("When", format!("{}, in {:.0} s", run.started, run.seconds)),
        ("Processor", format!("{} × {}{features}", machine.cpus, machine.cpu)),
        ("Memory", format!("{} MiB", machine.memory)),
        ("Kernel", machine.kernel.clone()),
        ("Compiler", machine.compiler.clone()),
        (
            "Values",
            format!(
                "{} passes of {} rounds; the rows of a group in turn, in another order each round; medians with 95 % intervals",
                run.passes, run.rounds
            ),
        ),
    ]
}

fn warnings(bench: &Bench) -> Vec<String> {
    let mut said = Vec::new();
    if bench.run.quick {
        said.push("A quick run: few values and small sizes. Good for a look, not for a decision.".to_owned());
    }
    if !bench.run.complete {
        said.push("It was broken off: rows have the values of whole passes only.".to_owned());
    }
    let slowed = bench.groups.iter().flat_map(|group| &group.rows).filter(|row| row.handicap.is_some()).count();
    if slowed > 0 {
        said.push(format!("{slowed} rows were slowed down on purpose."));
    }
    said.extend(not_measured(bench));
    said
}

/// What was not measured, a line a reason; the rows stand in the JSON.
fn not_measured(bench: &Bench) -> Vec<String> {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for skipped in &bench.skipped {
        by_reason.entry(&skipped.why).or_default().push(&skipped.name);
    }
    let line = |(why, names): (&str, Vec<&str>)| match names.as_slice() {
        [name] => format!("Not measured: {name}: {why}."),
        [first, ..] => format!("Not measured: {} rows, {first} the first of them: {why}.", names.len()),
        [] => unreachable!("a reason has a name"),
    };
    by_reason.into_iter().map(line).collect()
}

fn deciding(decision: &Decision) -> Section {
    let needs = &decision.needs;
    let mut said = vec![format!(
        "For {} requests a second over {}, {} live sessions, {} tokens{}; a token that cannot be refreshed lives {}, one that \
         can {}, a cache is believed for {}.",
        figures::grouped(needs.requests_per_second),
        text::count(needs.services, "service"),
        figures::grouped(needs.sessions as f64),
        needs.algorithm,
        decision.store.as_ref().map(|store| format!(", sessions in {store}")).unwrap_or_default(),
        decide::lasting(needs.token_ttl),
        decide::lasting(needs.access_ttl),
        decide::lasting(needs.cache_ttl),
    )];
    said.extend(decision.decided_by.iter().cloned());
    let body = decision.ways.iter().map(|way| {
        vec![
            way.way.as_str().to_owned(),
            way.cost.as_ref().map_or_else(|| "not measured".into(), |cost| figures::time(cost.median)),
            way.cost.as_ref().map(spread).unwrap_or_default(),
            way.busy.map(|busy| format!("{busy:.3}")).unwrap_or_default(),
            figures::digits(way.store_operations),
            way.store_share.map(|share| format!("{:.1} %", share * 100.0)).unwrap_or_default(),
            decide::lasting(way.revocation_lag),
            if way.out.is_empty() { "fits".into() } else { "out".into() },
        ]
    });
    let head = [
        "way",
        "a request",
        "from … to",
        "processors busy or waiting",
        "store operations a second",
        "of the store's most",
        "revocation lag",
        "",
    ];
    let mut notes: Vec<String> = decision
        .ways
        .iter()
        .filter_map(|way| Some(format!("{}: {}.", way.way.as_str(), way.cost.as_ref()?.from)))
        .collect();
    for pattern in &decision.anti_patterns {
        notes.push(format!("Anti-pattern: {} ({}) {}", pattern.what, pattern.clause, pattern.mend));
    }
    Section { table: Some(Table::new(head, body.collect())), notes, ..Section::new("decision", "Which way", said) }
}

fn spread(cost: &Cost) -> String {
    format!("{} … {}", figures::time(cost.low), figures::time(cost.high))
}

/// The store latency at which verifying becomes cheaper than looking up.
fn break_even(bench: &Bench) -> Option<Section> {
    let verify = costs::algorithms(bench).into_iter().filter_map(|algorithm| {
        let cost = costs::verify(bench, algorithm, None)?;
        Some(Range {
            name: format!("verify {algorithm}"),
            low: cost.low,
            median: cost.median,
            high: cost.high,
            is_other: false,
        })
    });
    let mut rows: Vec<Range> = verify.collect();
    if rows.is_empty() {
        return None;
    }
    let said = rows.iter().map(|row| {
        format!(
            "{}: from a lookup of {} on (from {} with the fastest crate, from {} with the slowest).",
            row.name.replacen("verify ", "", 1),
            figures::time(row.median),
            figures::time(row.low),
            figures::time(row.high)
        )
    });
    let mut said: Vec<String> = said.collect();
    said.insert(0, "A store that answers in less is cheaper than verifying; one that takes longer is dearer:".into());
    let size = costs::sizes(bench).last().copied();
    if let Some(group) = size.and_then(|size| costs::lookups(bench, size)) {
        rows.extend(costs::subjects(group).map(|row| Range {
            name: format!("look up {}", row.name),
            low: row.summary.low,
            median: row.summary.median,
            high: row.summary.high,
            is_other: true,
        }));
    }
    rows.sort_by(|one, other| one.median.total_cmp(&other.median));
    let body = rows
        .iter()
        .map(|row| vec![row.name.clone(), figures::time(row.median), figures::time(row.low), figures::time(row.high)]);
    let table = Table::new(["", "median", "from", "to"], body.collect());
    let notes = vec![
        "Of an algorithm: the middle crate, from the fastest to the slowest. Of a store: the median with its interval."
            .into(),
    ];
    Some(Section {
        plot: plot::ranges(&rows, ("time of one check", plot::time)),
        table: Some(table),
        notes,
        ..Section::new("break-even", "Break-even: verifying beside looking up", said)
    })
}

fn lag_against_cost(bench: &Bench, decision: &Decision) -> Option<Section> {
    let mut named: Vec<(String, f64, f64)> = decision
        .ways
        .iter()
        .filter_map(|way| Some((way.way.as_str().to_owned(), way.cost.as_ref()?.median, way.revocation_lag)))
        .collect();
    if named.len() < 2 {
        return None;
    }
    let said = vec!["Lower left is better; what lies on the axis is refused with the next request.".to_owned()];
    let asked = costs::introspection(bench).map(|cost| ("introspection (RFC 7662)".to_owned(), cost.median, 0.0));
    named.extend(asked);
    Some(Section {
        plot: plot::points(&named, ("a request costs", plot::time), ("a withdrawn login goes on for", lag)),
        ..Section::new("lag", "Revocation lag against cost", said)
    })
}

/// On an axis that begins at a second.
fn lag(seconds: f64) -> String {
    if seconds <= 1.0 { "none".into() } else { decide::lasting(seconds) }
}

fn lookup_by_size(bench: &Bench) -> Option<Section> {
    let sizes = costs::sizes(bench);
    let last = costs::lookups(bench, *sizes.last()?)?;
    let series = costs::subjects(last).map(|row| {
        let at = |size: &u64| {
            let group = costs::lookups(bench, *size)?;
            let found = costs::subjects(group).find(|found| found.name == row.name)?;
            Some((*size as f64, found.summary.median))
        };
        Line { name: row.name.clone(), points: sizes.iter().filter_map(at).collect() }
    });
    let series: Vec<Line> = series.collect();
    let table = table_of(
        &series,
        &sizes.iter().map(|size| *size as f64).collect::<Vec<_>>(),
        "store",
        |size| format!("{} sessions", figures::grouped(size)),
        figures::time,
    );
    Some(Section {
        plot: plot::lines(&series, ("sessions", plot::number), ("one lookup", plot::time)),
        table: Some(table),
        ..Section::new("lookup", "One lookup, by store and number of sessions", Vec::new())
    })
}

fn throughput_by_callers(bench: &Bench) -> Option<Section> {
    let callers = [1_u32, 2, 8, 32];
    let size = costs::sizes(bench).into_iter().rev().find(|size| costs::throughput(bench, *size, 1).is_some())?;
    let groups: Vec<(u32, &Group)> =
        callers.into_iter().filter_map(|count| Some((count, costs::throughput(bench, size, count)?))).collect();
    let (_, first) = groups.first()?;
    let series = costs::subjects(first).map(|row| {
        let at = |(count, group): &(u32, &Group)| {
            let found = costs::subjects(group).find(|found| found.name == row.name)?;
            Some((f64::from(*count), found.summary.median))
        };
        Line { name: row.name.clone(), points: groups.iter().filter_map(at).collect() }
    });
    let series: Vec<Line> = series.collect();
    let counts: Vec<f64> = groups.iter().map(|(count, _)| f64::from(*count)).collect();
    let table = table_of(&series, &counts, "store", |count| text::count(count as u64, "caller"), figures::grouped);
    let said = vec![format!("Lookups a second of {} sessions.", figures::grouped(size as f64))];
    Some(Section {
        plot: plot::lines(&series, ("callers", plot::number), ("lookups a second", plot::number)),
        table: Some(table),
        ..Section::new("throughput", "Lookups a second, by callers", said)
    })
}

fn table_of(
    series: &[Line],
    columns: &[f64],
    first: &str,
    head: impl Fn(f64) -> String,
    cell: impl Fn(f64) -> String,
) -> Table {
    let value = |line: &Line, column: f64| {
        line.points.iter().find(|point| point.0 == column).map(|point| cell(point.1)).unwrap_or_default()
    };
    let row = |line: &Line| {
        std::iter::once(line.name.clone()).chain(columns.iter().map(|column| value(line, *column))).collect()
    };
    let head = std::iter::once(first.to_owned()).chain(columns.iter().map(|column| head(*column)));
    Table::new(head, series.iter().map(row).collect())
}

/// Whole requests: what a million of them costs.
fn requests(bench: &Bench) -> Option<Section> {
    let group = costs::requests(bench, Unit::CpuSecondsPerMillion)?;
    let mut rows: Vec<Range> = group
        .rows
        .iter()
        .map(|row| Range {
            name: row.name.clone(),
            low: row.summary.low,
            median: row.summary.median,
            high: row.summary.high,
            is_other: row.role == Role::Floor,
        })
        .collect();
    rows.sort_by(|one, other| one.median.total_cmp(&other.median));
    let others: Vec<&Group> = bench.groups.iter().filter(|group| group.name.starts_with("request/")).collect();
    let body = rows.iter().map(|row| {
        let of_group = |group: &&Group| {
            let found = group.rows.iter().find(|found| found.name == row.name);
            found.map(|found| figures::value(found.summary.median, group.unit)).unwrap_or_default()
        };
        std::iter::once(row.name.clone()).chain(others.iter().map(of_group)).collect()
    });
    let head = others.iter().map(|group| group.name.replacen("request/", "", 1));
    Some(Section {
        plot: plot::ranges(&rows, ("CPU seconds of a million requests", figures::digits)),
        table: Some(Table::new(std::iter::once("way".to_owned()).chain(head), body.collect())),
        ..Section::new("requests", "Whole requests", vec![group.title.clone()])
    })
}

fn bias() -> Section {
    let said = [
        "Everything ran on one machine. A store across a network is slower by the way there and back, often half a millisecond \
         and more, which is many times what any row here shows; add yours before you compare.",
        "No TLS between service and store or client and service; with it a connection costs more, a request on it hardly.",
        "Caches are warm: every row was called many times in a row. A verifier that is called once a second, or a session that \
         is looked up once a day, costs more.",
        "Client, server and store share the processors, and the kernel places them. On one processor a socket answers up to \
         four times sooner than across two, because nobody has to be woken.",
        "Keys are kept and parsed. Fetching a key set is not in any row but those that say so.",
        "A row says what one version of a library does as its documentation shows it. Another configuration may be faster.",
        "Processors with and without instructions for SHA and AES, or for wide multiplication, put algorithms in another order.",
        "What a revocation costs those who are wrongly let in, or a leaked key those who trust it, is in no figure.",
    ];
    Section::new("bias", "What the figures do not show", said.map(str::to_owned).to_vec())
}

fn stores(bench: &Bench) -> Section {
    let body = bench.backends.iter().map(|backend| {
        vec![backend.name.clone(), backend.version.clone(), backend.durability.clone(), backend.caching.clone()]
    });
    let table = Table::new(["", "version", "durability", "caching"], body.collect());
    Section {
        table: (!bench.backends.is_empty()).then_some(table),
        ..Section::new("stores", "What kept the sessions", Vec::new())
    }
}

/// A group in full.
fn ranking(group: &Group) -> Section {
    let ranked = Ranked::of(group);
    let body = ranked.iter().map(|ranked| {
        let summary = ranked.row.summary;
        let value = |value| figures::value(value, group.unit);
        vec![
            ranked.row.name.clone(),
            ranked.rank.map_or_else(|| role(ranked.row.role).to_owned(), |rank| rank.to_string()),
            value(summary.median),
            format!("{} … {}", value(summary.low), value(summary.high)),
            format!("{} … {}", value(summary.least), value(summary.greatest)),
            ranked.to_best.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
            ranked.to_floor.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
        ]
    });
    let head = ["row", "rank", "median", "95 %", "least … greatest", "× best", "× floor"];
    let mut notes: Vec<String> =
        group.rows.iter().filter_map(|row| Some(format!("{}: {}", row.name, row.note.as_ref()?))).collect();
    for wrong in &group.wrong {
        notes.push(format!("Not ranked, since it answers wrongly: {}: {}", wrong.name, wrong.why));
    }
    Section {
        table: Some(Table::new(head, body.collect())),
        notes,
        is_detail: true,
        ..Section::new(&group.name.replace('/', "-"), &group.name, vec![group.title.clone()])
    }
}

const fn role(role: Role) -> &'static str {
    match role {
        Role::Floor => "floor",
        Role::Part => "part",
        Role::Subject => "",
    }
}

/// A row where it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Ranked<'a> {
    #[serde(skip)]
    row: &'a Row,
    name: &'a str,
    /// From one; rows that cannot be told from the first of a rank share it. None for what is not compared.
    rank: Option<usize>,
    to_best: Option<f64>,
    to_floor: Option<f64>,
    median: f64,
    low: f64,
    high: f64,
}

impl<'a> Ranked<'a> {
    /// The rows of a group, the best first; floors and parts before all.
    fn of(group: &'a Group) -> Vec<Self> {
        let cost = |row: &Row| if group.unit.is_more_better() { -row.summary.median } else { row.summary.median };
        let by_cost = |one: &&Row, other: &&Row| cost(one).total_cmp(&cost(other));
        let (mut subjects, mut others): (Vec<&Row>, Vec<&Row>) =
            group.rows.iter().partition(|row| row.role == Role::Subject);
        subjects.sort_by(by_cost);
        others.sort_by(by_cost);
        let best = subjects.first().map(|row| row.summary.median);
        let floor = others.iter().find(|row| row.role == Role::Floor).map(|row| row.summary.median);
        let ratio = |row: &Row, to: Option<f64>| {
            let ratio = if group.unit.is_more_better() { to? / row.summary.median } else { row.summary.median / to? };
            Some(ratio).filter(|ratio| ratio.is_finite())
        };
        let ranked = |row: &'a Row, rank| Self {
            row,
            name: &row.name,
            rank,
            to_best: ratio(row, best.filter(|_| row.role == Role::Subject)),
            to_floor: ratio(row, floor),
            median: row.summary.median,
            low: row.summary.low,
            high: row.summary.high,
        };
        let mut all: Vec<Self> = others.into_iter().map(|row| ranked(row, None)).collect();
        let mut first: Option<(&Row, usize)> = None;
        for (at, row) in subjects.into_iter().enumerate() {
            let rank = match first {
                Some((first, rank)) if first.summary.overlaps(&row.summary) => rank,
                _ => {
                    first = Some((row, at + 1));
                    at + 1
                }
            };
            all.push(ranked(row, Some(rank)));
        }
        all
    }
}

impl Section {
    /// For a terminal.
    fn text(&self) -> String {
        let table = self.table.iter().map(|table| table.text() + "\n");
        let said = self.said.iter().chain(&self.notes).map(|line| line.clone() + "\n");
        table.chain(said).collect()
    }

    fn new(id: &str, title: &str, said: Vec<String>) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            said,
            plot: String::new(),
            table: None,
            notes: Vec::new(),
            is_detail: false,
        }
    }
}

fn json(bench: &Bench, decision: &Decision) -> Vec<u8> {
    #[derive(Serialize)]
    struct Comparison<'a> {
        schema: u32,
        machine: &'a token_assay_model::bench::Machine,
        run: &'a token_assay_model::bench::BenchRun,
        decision: &'a Decision,
        break_even: Vec<(String, Cost)>,
        groups: Vec<Rows<'a>>,
    }
    #[derive(Serialize)]
    struct Rows<'a> {
        name: &'a str,
        unit: Unit,
        rows: Vec<Ranked<'a>>,
        wrong: &'a [token_assay_model::bench::Skipped],
    }
    let break_even = costs::algorithms(bench)
        .into_iter()
        .filter_map(|algorithm| Some((algorithm.to_owned(), costs::verify(bench, algorithm, None)?)));
    let groups = bench.groups.iter().map(|group| Rows {
        name: &group.name,
        unit: group.unit,
        rows: Ranked::of(group),
        wrong: &group.wrong,
    });
    let comparison = Comparison {
        schema: bench.schema,
        machine: &bench.machine,
        run: &bench.run,
        decision,
        break_even: break_even.collect(),
        groups: groups.collect(),
    };
    let mut octets = serde_json::to_vec_pretty(&comparison).expect("figures are JSON");
    octets.push(b'\n');
    octets
}

const STYLE: &str = include_str!("../../templates/bench.css");

#[cfg(test)]
mod tests {
    use super::super::decide::Way;
    use super::super::sample::sample;
    use super::super::write;
    use super::*;

    fn rendered(form: Form) -> String {
        let octets = render(&sample(), &Needs::default(), "assay bench run --quick", form).expect("it was measured");
        String::from_utf8(octets).expect("text")
    }

    #[test]
    fn what_cannot_be_told_apart_has_one_rank() {
        let bench = sample();
        let ranks: Vec<_> = Ranked::of(&bench.groups[0]).iter().map(|row| (row.name, row.rank)).collect();
        assert_eq!(ranks, [("floor-hmac", None), ("a", Some(1)), ("b", Some(1)), ("c", Some(3))]);
        let more = bench.groups.iter().find(|group| group.unit == Unit::PerSecond).expect("one");
        assert_eq!(Ranked::of(more)[0].name, "rwlock-hashmap", "more is better");
        assert!((Ranked::of(more)[1].to_best.expect("a ratio") - 20.0).abs() < 0.1);
    }

    #[test]
    fn the_page_shows_every_row_every_plot_and_who_answers_wrongly_and_escapes_what_it_shows() {
        let html = rendered(Form::Html);
        for group in &sample().groups {
            assert!(group.rows.iter().all(|row| html.contains(&row.name)), "{}", group.name);
        }
        assert_eq!(html.matches("<svg").count(), 5, "break-even, lag, lookup, throughput, requests");
        assert!(html.contains("it accepts a tampered token") && html.contains("it is not installed"));
        assert!(html.contains("A quick run"));
        assert!(html.contains("a | note &#60;b&#62;") || html.contains("a | note &lt;b&gt;"), "text is escaped");
        for outside in ["<script", "src=\"", "@import", "url(", " style=", " onload", "javascript:"] {
            assert!(!html.contains(outside), "{outside}");
        }
    }

    #[test]
    fn the_page_permits_its_own_style_by_its_hash_and_nothing_else() {
        let html = rendered(Form::Html);
        let between = |start: &str, end: &str| html.split_once(start)?.1.split_once(end).map(|(inside, _)| inside);
        let style = between("<style>", "</style>").expect("there is one");
        // What is escaped for an attribute is read by a browser as it was.
        let policy = between("Content-Security-Policy\" content=\"", "\"").expect("there is one").replace("&#39;", "'");
        assert_eq!(policy, policy::policy(&[], style));
        assert_eq!((html.matches("<style").count(), html.matches("http-equiv").count()), (1, 1));
        assert!(style.contains("prefers-color-scheme: dark"), "{style}");
    }

    #[test]
    fn a_terminal_is_told_the_decision_and_nothing_else() {
        let text = rendered(Form::Text);
        assert!(
            text.starts_with("way ") && text.contains("\nsessions ") && text.contains(", sessions in redis-tcp;"),
            "{text}"
        );
        assert!(text.lines().count() < 30 && !text.contains('|'), "{text}");
    }

    #[test]
    fn the_markdown_has_the_same_tables() {
        let text = rendered(Form::Markdown);
        for section in ["## Which way", "## Break-even", "## What the figures do not show", "## verify/ES256/8-claims"]
        {
            assert!(text.contains(section), "{section}");
        }
        assert!(text.contains("a: a &#124; note &#60;b&#62;"), "{text}");
        let tables = text.lines().filter(|line| line.starts_with("| --- ")).count();
        assert_eq!(tables, sample().groups.len() + 6);
    }

    #[test]
    fn the_json_holds_the_decision_and_every_ratio() {
        let value: serde_json::Value = serde_json::from_str(&rendered(Form::Json)).expect("JSON");
        assert_eq!(value["decision"]["ways"].as_array().map(Vec::len), Some(Way::ALL.len()));
        assert_eq!(value["groups"][0]["rows"][3]["to_best"], 2.0);
        assert_eq!(value["break_even"][0][0], "HS256");
    }

    #[test]
    fn a_measurement_reads_back_as_it_was_written() {
        let bench = sample();
        assert_eq!(super::super::read(&write(&bench)), Ok(bench));
        let newer = r#"{"schema": 9}"#;
        let error = super::super::read(newer.as_bytes()).expect_err("another version");
        assert_eq!(error.to_string(), "it is of version 9, and this assay reads version 1");
    }
}
