//! Campaigns: scripts by number until commands or time are over, or something is found; and how soon each planted fault is.
//! Takes limits, gives what was done and the first finding. Reads the machine's clock only to stop and to say how long it took.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::command::Script;
use super::engine;
use super::faults::Fault;
use super::finding::{self, Finding, Origin};
use super::generator::{self, Shape};
use super::invariants::{Breach, Invariant};
use super::policy::Kind;
use super::reference::Reference;
use super::service::Interleaved;
use super::surface::Forms;

/// When a campaign ends, and what it draws.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The seed of its scripts.
    pub seed: u64,
    /// After so many commands.
    pub commands: u64,
    /// After so long.
    pub time: Duration,
    /// How its scripts look.
    pub shape: Shape,
}

/// What a campaign did.
#[derive(Debug)]
pub struct Campaign {
    /// How many commands.
    pub commands: u64,
    /// In how many scripts.
    pub scripts: u64,
    /// How many of them had requests that overlap.
    pub overlapping: u64,
    /// How long it took, without making the finding small.
    pub took: Duration,
    /// What was found.
    pub finding: Option<Finding>,
}

/// Runs scripts against new services of a kind until something is found or a limit is reached.
pub fn explore<S: Interleaved>(
    kind: Kind,
    planted: Option<Fault>,
    make: &impl Fn(u64) -> S,
    limits: Limits,
    mut go_on: impl FnMut(u64) -> bool,
) -> Campaign {
    let start = Instant::now();
    let mut forms = Forms::default();
    let (mut commands, mut number, mut overlapping) = (0, 0, 0);
    let mut found: Option<(Script, Breach, u64)> = None;
    while commands < limits.commands && start.elapsed() < limits.time && go_on(commands) {
        let script = generator::script(kind, limits.shape, limits.seed, number);
        overlapping += u64::from(!script.branches.is_empty());
        let outcome = engine::run(&make(number), &script, &mut forms, false);
        commands += outcome.commands;
        number += 1;
        if let Some(breach) = outcome.breach {
            let mut script = script;
            if script.branches.is_empty() || outcome.done < script.commands.len() {
                script = Script::sequential(kind, script.commands[..outcome.done].to_vec());
            }
            found = Some((script, breach, number - 1));
            break;
        }
    }
    let took = start.elapsed();
    let finding = found.map(|(script, breach, number)| {
        let origin = Origin { seed: limits.seed, number, after: commands, planted };
        finding::reduce(&|| make(number), script, breach, origin)
    });
    Campaign { commands, scripts: number, overlapping, took, finding }
}

/// How soon a fault was found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Detection {
    /// Which.
    pub fault: Fault,
    /// In which kind of service.
    pub kind: Kind,
    /// How many seeds were tried.
    pub seeds: usize,
    /// With how many it was found.
    pub found: usize,
    /// By which invariants, the commonest first.
    pub invariants: Vec<Invariant>,
    /// Commands until then: the middle and the worst of those that found it.
    pub commands: Option<(u64, u64)>,
    /// Commands of the shortest script: the middle and the longest.
    pub length: Option<(usize, usize)>,
    /// Milliseconds until it was found and made small: the middle and the worst.
    pub milliseconds: Option<(f64, f64)>,
    /// What the invariants are that it is not to be found by, where it was.
    pub unexpected: Vec<Invariant>,
}

/// How soon a fault is found in a kind, with seeds from 0 on, in memory.
pub fn detection(fault: Fault, kind: Kind, seeds: usize, commands: u64) -> Detection {
    detection_in(&|number| Reference::new(kind, Some(fault), number), (fault, kind), seeds, commands)
}

/// The same in services that are made so, with the fault in them.
pub fn detection_in<S: Interleaved>(
    make: &impl Fn(u64) -> S,
    (fault, kind): (Fault, Kind),
    seeds: usize,
    commands: u64,
) -> Detection {
    let (mut needed, mut lengths, mut times, mut by) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for seed in 0..seeds as u64 {
        let start = Instant::now();
        let limits = Limits { seed, commands, time: Duration::MAX, shape: Shape::default() };
        let campaign = explore(kind, Some(fault), make, limits, |_| true);
        if let Some(finding) = campaign.finding {
            needed.push(campaign.commands);
            lengths.push(finding.script.len());
            times.push(start.elapsed().as_secs_f64() * 1e3);
            by.push(finding.invariant);
        }
    }
    let found = by.len();
    let mut invariants = by.clone();
    invariants.sort_by_key(|invariant| {
        (std::cmp::Reverse(by.iter().filter(|other| *other == invariant).count()), *invariant)
    });
    invariants.dedup();
    let unexpected = invariants.iter().copied().filter(|invariant| !fault.row().breaks.contains(invariant)).collect();
    // Where a run found nothing it needed more than all.
    needed.resize(seeds, u64::MAX);
    let enough = found * 2 > seeds;
    Detection {
        fault,
        kind,
        seeds,
        found,
        invariants,
        commands: enough.then(|| middle_and_last(&mut needed[..]).unwrap_or((0, 0))),
        length: middle_and_last(&mut lengths[..]),
        milliseconds: middle_and_last_of_times(&mut times),
        unexpected,
    }
}

fn middle_and_last<T: Copy + Ord>(list: &mut [T]) -> Option<(T, T)> {
    list.sort_unstable();
    Some((*list.get(list.len() / 2)?, *list.last()?))
}

fn middle_and_last_of_times(list: &mut [f64]) -> Option<(f64, f64)> {
    list.sort_unstable_by(f64::total_cmp);
    Some((*list.get(list.len() / 2)?, *list.last()?))
}
