//! Measures prepared groups: every row of a group in turn, in an order drawn anew each round, in several passes.
//!
//! Takes groups, gives the groups of `bench.json`. Rows that stand one after the other read up to a quarter apart on a machine
//! whose clock moves; in turn they agree within some hundredths. The passes lie minutes apart and show what the machine does
//! in between. Never prepares, checks or judges.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use token_assay_model::bench;

use crate::group::{Group, Work};
use crate::placement::Placement;

/// How much of it.
#[derive(Debug, Clone)]
pub struct Options {
    /// How often everything is measured from front to back.
    pub passes: u32,
    /// How many values a row has of each pass.
    pub rounds: u32,
    /// How long one value of a called row takes, at least.
    pub batch: Duration,
    /// How long one value of a window takes; windows have a quarter of the rounds.
    pub window: Duration,
    /// Rows that are slowed down on purpose, by `group/row`, and by how much.
    pub handicaps: Vec<(String, f64)>,
}

impl Options {
    /// What a report rests on.
    pub const fn full() -> Self {
        Self {
            passes: 3,
            rounds: 20,
            batch: Duration::from_millis(2),
            window: Duration::from_millis(250),
            handicaps: Vec::new(),
        }
    }

    /// For a look.
    pub const fn quick() -> Self {
        Self {
            passes: 2,
            rounds: 8,
            batch: Duration::from_micros(500),
            window: Duration::from_millis(60),
            handicaps: Vec::new(),
        }
    }

    fn rounds_of(&self, group: &Group) -> u32 {
        let windows = group.rows.iter().any(|row| matches!(row.work, Work::Window(_)));
        if windows { (self.rounds / 4).max(2) } else { self.rounds }
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The pass, from one.
    pub pass: u32,
    /// The group that comes next.
    pub group: &'a str,
    /// How many groups are behind, of all passes.
    pub done: usize,
    /// How many there are, of all passes.
    pub all: usize,
}

/// Measures. Where `watch` breaks off, what whole passes gave until then is kept; whether it ran to its end.
pub fn measure(
    mut groups: Vec<Group>,
    options: &Options,
    watch: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> (Vec<bench::Group>, bool) {
    // A fixed sequence: what is drawn need not be unforeseeable, only uneven.
    let mut chance = fastrand::Rng::with_seed(0);
    let mut values: Vec<Values> = groups.iter().map(Values::of).collect();
    let all = groups.len() * options.passes as usize;
    let mut complete = true;
    'passes: for pass in 0..options.passes {
        for (index, group) in groups.iter_mut().enumerate() {
            let progress =
                Progress { pass: pass + 1, group: &group.name, done: pass as usize * values.len() + index, all };
            if watch(progress).is_break() {
                complete = false;
                break 'passes;
            }
            values[index].extend(pass_over(group, options, &mut chance));
        }
    }
    let finished = groups.into_iter().zip(values).flat_map(|(group, values)| values.finish(&group, options));
    (finished.collect(), complete)
}

/// A value for each round, for each measure, for each row.
fn pass_over(group: &mut Group, options: &Options, chance: &mut fastrand::Rng) -> Vec<Vec<Vec<f64>>> {
    if let Some(warm) = &mut group.warm {
        warm();
    }
    let _kept = group.placement.as_ref().map(Placement::keep);
    group.rows.iter_mut().for_each(|row| warm_up(&mut row.work, group.warm_up));
    let rounds = options.rounds_of(group);
    let handicaps: Vec<Option<f64>> = group.rows.iter().map(|row| handicap(options, &group.name, &row.name)).collect();
    let batches: Vec<u64> = group
        .rows
        .iter_mut()
        .zip(&handicaps)
        .map(|(row, slow)| calls_in(&mut row.work, *slow, options.batch))
        .collect();
    let mut seen = vec![vec![Vec::new(); group.measures.len()]; group.rows.len()];
    let mut order: Vec<usize> = (0..group.rows.len()).collect();
    for _ in 0..rounds {
        chance.shuffle(&mut order);
        for &index in &order {
            let row = &mut group.rows[index];
            let value = value_of(&mut row.work, batches[index], handicaps[index], options.window);
            assert_eq!(value.len(), group.measures.len(), "{}/{}", group.name, row.name);
            seen[index].iter_mut().zip(value).for_each(|(values, value)| values.push(value));
        }
    }
    seen
}

/// Calls for so long, untimed.
fn warm_up(work: &mut Work, time: Duration) {
    let started = Instant::now();
    while let Work::Calls(call) = work
        && started.elapsed() < time
    {
        call(64);
    }
}

fn value_of(work: &mut Work, batch: u64, slow: Option<f64>, window: Duration) -> Vec<f64> {
    match work {
        Work::Calls(call) => vec![timed(call, batch, slow).as_nanos() as f64 / batch as f64],
        Work::Window(look) => look(window),
    }
}

/// The time of so many calls, and of what they are slowed down by.
fn timed(call: &mut dyn FnMut(u64), times: u64, slow: Option<f64>) -> Duration {
    let started = Instant::now();
    call(times);
    if let Some(slow) = slow {
        let until = started.elapsed().mul_f64(1.0 + slow);
        while started.elapsed() < until {
            std::hint::spin_loop();
        }
    }
    started.elapsed()
}

/// How many calls fill a batch. What this calls warms the caches.
fn calls_in(work: &mut Work, slow: Option<f64>, batch: Duration) -> u64 {
    let Work::Calls(call) = work else { return 0 };
    let mut times = 1;
    loop {
        let took = timed(call, times, slow);
        if took >= batch {
            return times;
        }
        let missing = batch.as_nanos() as f64 / took.as_nanos().max(50) as f64;
        times = ((times as f64 * missing.clamp(1.2, 16.0)).ceil() as u64).max(times + 1);
    }
}

fn handicap(options: &Options, group: &str, row: &str) -> Option<f64> {
    let is_meant = |name: &str| name.strip_prefix(group).and_then(|rest| rest.strip_prefix('/')) == Some(row);
    options.handicaps.iter().find(|(name, _)| is_meant(name)).map(|(_, slow)| *slow)
}

/// What a group's rows gave: for each row, for each measure, for each pass.
struct Values(Vec<Vec<Vec<Vec<f64>>>>);

impl Values {
    fn of(group: &Group) -> Self {
        Self(vec![vec![Vec::new(); group.measures.len()]; group.rows.len()])
    }

    fn extend(&mut self, pass: Vec<Vec<Vec<f64>>>) {
        for (row, seen) in self.0.iter_mut().zip(pass) {
            row.iter_mut().zip(seen).for_each(|(passes, values)| passes.push(values));
        }
    }

    /// One group of the document for each measure.
    fn finish(mut self, group: &Group, options: &Options) -> Vec<bench::Group> {
        let finished = |(at, measure): (usize, &crate::Measure)| {
            let name =
                if measure.name.is_empty() { group.name.clone() } else { format!("{}/{}", group.name, measure.name) };
            let rows = group.rows.iter().zip(&mut self.0).filter_map(|(row, values)| {
                let passes = std::mem::take(&mut values[at]);
                let slow = handicap(options, &group.name, &row.name);
                (!passes.is_empty())
                    .then(|| bench::Row::new(row.name.clone(), row.role, row.note.clone(), slow, passes))
            });
            bench::Group {
                name,
                title: group.title.clone(),
                unit: measure.unit,
                rows: rows.collect(),
                wrong: group.wrong.clone(),
            }
        };
        group.measures.iter().enumerate().map(finished).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeSet;
    use std::rc::Rc;

    use token_assay_model::bench::{Role, Unit};

    use super::*;
    use crate::Measure;

    fn options() -> Options {
        Options {
            passes: 2,
            rounds: 8,
            batch: Duration::from_micros(50),
            window: Duration::ZERO,
            handicaps: vec![("g/slow".into(), 1.0)],
        }
    }

    fn spin() -> Work {
        Work::calls(|| (0..200_u64).map(std::hint::black_box).sum::<u64>())
    }

    #[test]
    fn a_row_that_is_warmed_up_works_before_it_is_timed_and_in_each_pass() {
        let calls = |warm_up| {
            let mut group = Group::of_calls("g", "Sums.");
            group.warm_up = warm_up;
            let seen = Rc::new(RefCell::new(Vec::new()));
            let seeing = Rc::clone(&seen);
            let work = move |times| {
                seeing.borrow_mut().push(times);
                std::thread::sleep(Duration::from_micros(200));
            };
            group.add(Role::Subject, "row", Ok(()), || Work::Calls(Box::new(work)));
            measure(vec![group], &options(), &mut |_| ControlFlow::Continue(()));
            seen.take()
        };
        let cold = calls(Duration::ZERO);
        let warm = calls(Duration::from_millis(5));
        assert!(!cold.contains(&64), "{cold:?}");
        assert_eq!(warm[0], 64);
        let passes = warm.windows(2).filter(|two| two[0] != 64 && two[1] == 64).count() + 1;
        assert_eq!(passes, 2, "{warm:?}");
    }

    #[test]
    fn every_row_has_a_value_of_each_round_of_each_pass() {
        let mut group = Group::of_calls("g", "Sums.");
        let warmed = Rc::new(RefCell::new(0));
        let warming = Rc::clone(&warmed);
        group.warm = Some(Box::new(move || *warming.borrow_mut() += 1));
        group.add(Role::Floor, "floor", Ok(()), spin).note("bare");
        group.add(Role::Subject, "slow", Ok(()), spin);
        group.add(Role::Subject, "wrong", Err("it says three".into()), || panic!("what answers wrongly is not made"));
        let mut seen = Vec::new();
        let (groups, complete) = measure(vec![group], &options(), &mut |progress| {
            seen.push((progress.pass, progress.done, progress.all));
            ControlFlow::Continue(())
        });
        assert!(complete);
        assert_eq!(seen, [(1, 0, 2), (2, 1, 2)]);
        assert_eq!(*warmed.borrow(), 2, "once a pass");
        let [group] = &groups[..] else { panic!("{groups:?}") };
        assert_eq!((group.rows.len(), group.wrong.len(), group.unit), (2, 1, Unit::Nanoseconds));
        assert!(group.rows.iter().all(|row| row.passes.len() == 2 && row.passes.iter().all(|pass| pass.len() == 8)));
        assert_eq!((group.rows[0].note.as_deref(), group.rows[0].handicap), (Some("bare"), None));
        assert_eq!(group.rows[1].handicap, Some(1.0));
    }

    #[test]
    fn what_is_slowed_on_purpose_takes_its_share_longer() {
        let mut rest = |times: u64| std::thread::sleep(Duration::from_micros(500) * times as u32);
        assert!(timed(&mut rest, 2, Some(1.0)) >= Duration::from_millis(2));
    }

    #[test]
    fn a_window_says_each_of_its_measures_and_has_fewer_rounds() {
        let measures =
            vec![Measure { name: "rate", unit: Unit::PerSecond }, Measure { name: "p99", unit: Unit::Nanoseconds }];
        let mut group = Group::of_windows("g", "Windows.", measures);
        group.add(Role::Subject, "one", Ok(()), || Work::Window(Box::new(|_| vec![3.0, 4.0])));
        let (groups, _) = measure(vec![group], &options(), &mut |_| ControlFlow::Continue(()));
        let said: Vec<_> = groups.iter().map(|group| (group.name.as_str(), group.rows[0].summary.median)).collect();
        assert_eq!(said, [("g/rate", 3.0), ("g/p99", 4.0)]);
        assert_eq!(groups[0].rows[0].summary.count, 4);
    }

    #[test]
    fn what_is_broken_off_keeps_its_whole_passes() {
        let mut group = Group::of_calls("g", "Sums.");
        group.add(Role::Subject, "one", Ok(()), spin);
        let stop = |progress: Progress<'_>| {
            if progress.pass == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let (groups, complete) = measure(vec![group], &options(), &mut { stop });
        assert!(!complete);
        assert_eq!(groups[0].rows[0].passes.len(), 1);
    }

    #[test]
    fn rows_stand_in_turn_and_in_another_order_each_round() {
        let calls = Rc::new(RefCell::new(Vec::new()));
        let mut group = Group::of_calls("g", "Calls.");
        for name in ["a", "b", "c"] {
            let calls = Rc::clone(&calls);
            group.add(Role::Subject, name, Ok(()), || {
                Work::Calls(Box::new(move |_| {
                    calls.borrow_mut().push(name);
                    std::thread::sleep(Duration::from_micros(60));
                }))
            });
        }
        measure(vec![group], &Options { passes: 1, rounds: 12, ..options() }, &mut |_| ControlFlow::Continue(()));
        let calls = calls.borrow();
        let rounds: Vec<&[&str]> = calls[3..].chunks(3).collect();
        assert_eq!(rounds.len(), 12);
        assert!(rounds.iter().all(|round| round.iter().collect::<BTreeSet<_>>().len() == 3), "{rounds:?}");
        assert!(rounds.iter().collect::<BTreeSet<_>>().len() > 2, "{rounds:?}");
    }
}
