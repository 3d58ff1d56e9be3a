//! `assay bench run`: prepares what was selected, measures it, writes `bench.json` and the report in every form.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::Instant;

use token_assay_benches::{Group, Options, PLANS, Plan, Scale, machine, measure};
use token_assay_model::ExitCode;
use token_assay_model::bench::{Backend, Bench, BenchRun, SCHEMA, Skipped};
use token_assay_model::report::Tool;
use token_assay_report::bench::{Form, write};

use super::{BENCH, Run};
use crate::cmd::common::stop_on_interrupt;
use crate::console::Meter;
use crate::error::{Error, Result, nearest};
use crate::store;

pub(super) fn run(asked: &Run) -> Result {
    let plans = plans(asked)?;
    let started = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let begun = Instant::now();
    let scale = if asked.quick { Scale::Quick } else { Scale::Full };
    let meter = Meter::new(asked.quiet);
    let (mut groups, mut backends, mut skipped, mut alive) =
        (Vec::new(), Vec::<Backend>::new(), Vec::new(), Vec::new());
    for plan in plans {
        meter.say(&format!("preparing {}", plan.name));
        let prepared = (plan.prepare)(scale);
        groups.extend(prepared.groups.into_iter().filter(|group| is_selected(asked, &group.name)));
        backends.extend(prepared.backends);
        skipped.extend(prepared.skipped);
        alive.extend(prepared.alive);
    }
    backends.sort_by(|one, other| one.name.cmp(&other.name));
    backends.dedup();
    if asked.list {
        meter.finish();
        return Ok(list(&groups));
    }
    let options = options(asked, &groups)?;
    if groups.is_empty() {
        meter.finish();
        say_skipped(&skipped);
        return Err(Error::usage("nothing of what was selected can be measured here").code(ExitCode::NothingRan));
    }
    say_skipped(&skipped);
    let stop = stop_on_interrupt()?;
    let (groups, complete) = measure(groups, &options, &mut |progress| {
        meter.measuring(progress.done, progress.all, progress.group);
        if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    meter.finish();
    drop(alive);
    let bench = Bench {
        schema: SCHEMA,
        tool: Tool { name: "assay".into(), version: env!("CARGO_PKG_VERSION").into() },
        run: BenchRun {
            started: started.clone(),
            seconds: begun.elapsed().as_secs_f64(),
            quick: asked.quick,
            passes: options.passes,
            rounds: options.rounds,
            selection: asked.selection.clone(),
            complete,
        },
        machine: machine::machine(),
        backends,
        groups,
        skipped,
    };
    let folder = store::bench_folder(asked.out.as_deref(), &started);
    store::write_whole(&folder.join(BENCH), &write(&bench))?;
    for form in Form::ALL {
        let octets = super::render(&bench, &asked.needs, &command(), *form)?;
        store::write_whole(&folder.join(form.file_name()), &octets)?;
    }
    crate::print_octets(&super::render(&bench, &asked.needs, &command(), Form::Text)?);
    crate::print(&told(&bench, &folder));
    Ok(if complete { ExitCode::Clean } else { ExitCode::Interrupted })
}

/// The plans that a selection can lie in.
fn plans(asked: &Run) -> Result<Vec<&'static Plan>> {
    for prefix in &asked.selection {
        let word = prefix.split('/').next().unwrap_or_default();
        if PLANS.iter().all(|plan| plan.name != word) {
            let names: Vec<&str> = PLANS.iter().map(|plan| plan.name).collect();
            let error = Error::usage(format!("`{prefix}` is nothing that can be measured"));
            return Err(match nearest(word, names.iter().copied()) {
                Some(near) => error.hint(format!("did you mean {near}?")),
                None => error.hint(format!("these can: {}", names.join(", "))),
            });
        }
    }
    let wanted = |plan: &&Plan| {
        asked.selection.is_empty() || asked.selection.iter().any(|prefix| prefix.split('/').next() == Some(plan.name))
    };
    Ok(PLANS.iter().filter(wanted).collect())
}

fn is_selected(asked: &Run, group: &str) -> bool {
    asked.selection.is_empty() || asked.selection.iter().any(|prefix| group.starts_with(prefix.as_str()))
}

fn options(asked: &Run, groups: &[Group]) -> Result<Options> {
    let known = |name: &str| {
        groups.iter().any(|group| group.rows.iter().any(|row| format!("{}/{}", group.name, row.name) == name))
    };
    if let Some((row, _)) = asked.slow.iter().find(|(row, _)| !known(row)) {
        return Err(
            Error::usage(format!("there is no row `{row}` to slow down")).hint("`assay bench run --list` names them")
        );
    }
    let options = if asked.quick { Options::quick() } else { Options::full() };
    Ok(Options { passes: asked.passes.unwrap_or(options.passes), handicaps: asked.slow.clone(), ..options })
}

fn list(groups: &[Group]) -> ExitCode {
    for group in groups {
        crate::print(&format!("{}\n    {}\n", group.name, group.title));
        for row in &group.rows {
            crate::print(&format!("    {}/{}\n", group.name, row.name));
        }
    }
    if groups.is_empty() { ExitCode::NothingRan } else { ExitCode::Clean }
}

fn say_skipped(skipped: &[Skipped]) {
    for skipped in skipped {
        let _ = writeln!(anstream::stderr(), "SKIPPED {}: {}", skipped.name, skipped.why);
    }
}

/// The command as it was given, for the report.
fn command() -> String {
    let words = std::env::args().skip(1);
    std::iter::once("assay".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// The last lines: what there is, and where.
fn told(bench: &Bench, folder: &std::path::Path) -> String {
    let rows: usize = bench.groups.iter().map(|group| group.rows.len()).sum();
    let wrong: usize = bench.groups.iter().map(|group| group.wrong.len()).sum();
    let here = std::env::current_dir().unwrap_or_default();
    let folder = folder.strip_prefix(here).unwrap_or(folder).display().to_string();
    let answers = if wrong == 0 { String::new() } else { format!(", {wrong} not timed since they answer wrongly") };
    format!(
        "\n{rows} rows in {} groups, {:.0} s{answers}\nreport   {folder}/bench.html\n",
        bench.groups.len(),
        bench.run.seconds
    )
}
