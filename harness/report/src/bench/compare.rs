//! Two measurements: what got slower, what faster, and what cannot be told.
//!
//! Takes earlier documents and a later one. What the machine did in between is read from the floors, rows whose code does not
//! change, and taken out. What a row does by itself is learnt from the passes of all documents, and from how far rows of its
//! kind move: a change counts only where it lies beyond what has already moved when nothing was changed. Several earlier documents teach more.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use serde::Serialize;
use token_assay_model::bench::{Bench, Role, Row, Unit, middle};

use super::figures::{self, Table};

/// What came of comparing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// How much slower the machine itself was, by the floors; 1 is not at all.
    pub drift: f64,
    /// Every row that both have, the worst first.
    pub rows: Vec<RowChange>,
    /// Rows that only the earlier ones have.
    pub gone: Vec<String>,
    /// Rows that only the later one has.
    pub new: Vec<String>,
    /// What differs of machine, compiler and stores, a sentence each.
    pub elsewhere: Vec<String>,
}

/// One row, before and after.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowChange {
    /// Group and row.
    pub name: String,
    /// In what.
    pub unit: Unit,
    /// The earlier median.
    pub before: f64,
    /// The later one.
    pub after: f64,
    /// How much it costs of what it cost, the machine's own change taken out: 1.2 is a fifth more, whatever the unit.
    pub ratio: f64,
    /// Its 95 % interval.
    pub low: f64,
    /// The other end.
    pub high: f64,
    /// What the row moves by itself: a change within 1 ± this is none.
    pub threshold: f64,
    /// What follows.
    pub verdict: Verdict,
    /// Whether it was slowed down on purpose.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub handicapped: bool,
}

/// What is said of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It costs more, with confidence.
    Slower,
    /// It costs less, with confidence.
    Faster,
    /// It moved no further than it does by itself.
    Noise,
    /// There are too few values to say.
    Insufficient,
}

impl Verdict {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Slower => "slower",
            Self::Faster => "faster",
            Self::Noise => "noise",
            Self::Insufficient => "insufficient",
        }
    }
}

impl Comparison {
    /// Compares the last with those before; `least` is the smallest change that is ever told, as a share.
    pub fn new(before: &[Bench], after: &Bench, least: f64) -> Self {
        let (old, new) = (pooled(before), pooled(std::slice::from_ref(after)));
        let drift = drift(&old, &new);
        let both = || old.iter().filter_map(|(name, old)| Some((name, old, new.get(name)?)));
        let usual = usual_spreads(both().map(|(_, old, new)| (old.unit, old.spread().max(new.spread()))));
        let least_of = |unit| (KIND * usual.get(&unit).copied().unwrap_or_default()).max(least);
        let mut rows: Vec<RowChange> =
            both().map(|(name, old, new)| change(name, old, new, drift, least_of(old.unit))).collect();
        rows.sort_by(|one, other| {
            one.verdict.cmp(&other.verdict).then(other.ratio.ln().abs().total_cmp(&one.ratio.ln().abs()))
        });
        let only = |these: &BTreeMap<String, Pooled<'_>>, those: &BTreeMap<String, Pooled<'_>>| {
            these.keys().filter(|name| !those.contains_key(*name)).cloned().collect()
        };
        Self { drift, rows, gone: only(&old, &new), new: only(&new, &old), elsewhere: elsewhere(before, after) }
    }

    /// Whether a row got slower, with confidence.
    pub fn is_worse(&self) -> bool {
        self.rows.iter().any(|row| row.verdict == Verdict::Slower)
    }

    /// How many rows have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.rows.iter().filter(|row| row.verdict == verdict).count()
    }

    /// For people: the changes in full, the rest counted; GitHub's Markdown where `is_markdown`.
    pub fn text(&self, is_markdown: bool) -> String {
        let mut text = String::new();
        let told: Vec<&RowChange> =
            self.rows.iter().filter(|row| matches!(row.verdict, Verdict::Slower | Verdict::Faster)).collect();
        if !told.is_empty() {
            let table = table(&told);
            text = if is_markdown { table.markdown() } else { table.text() } + "\n";
        }
        let [slower, faster, noise, insufficient] =
            [Verdict::Slower, Verdict::Faster, Verdict::Noise, Verdict::Insufficient]
                .map(|verdict| self.count(verdict));
        let bold = if is_markdown { "**" } else { "" };
        let _ = writeln!(
            text,
            "{bold}{slower} slower · {faster} faster · {noise} noise · {insufficient} insufficient{bold} of {} rows",
            self.rows.len()
        );
        let _ = writeln!(text, "\n{}", self.resolution());
        let _ = writeln!(
            text,
            "By the floors the machine itself costs {:+.1} % of before; that is taken out.",
            (self.drift - 1.0) * 100.0
        );
        for line in &self.elsewhere {
            let _ = writeln!(text, "\nNot the same: {line}. What differs may come from that.");
        }
        for (what, names) in [("Only before", &self.gone), ("Only now", &self.new)] {
            if !names.is_empty() {
                const SHOWN: usize = 8;
                let more = names.len().saturating_sub(SHOWN);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
                let _ = writeln!(text, "\n{what}: {}{more}.", shown.join(", "));
            }
        }
        text
    }

    /// What could have been seen at all.
    fn resolution(&self) -> String {
        let mut thresholds: Vec<f64> = self.rows.iter().map(|row| row.threshold).collect();
        if thresholds.is_empty() {
            return "Nothing stands in both.".into();
        }
        thresholds.sort_by(f64::total_cmp);
        let at = |share: f64| thresholds[((thresholds.len() - 1) as f64 * share).round() as usize] * 100.0;
        format!(
            "A change shows from {:.0} % on in half of the rows, from {:.0} % on in nine of ten, from {:.0} % on in all.",
            at(0.5),
            at(0.9),
            at(1.0)
        )
    }
}

fn table(rows: &[&RowChange]) -> Table {
    let body = rows.iter().map(|row| {
        vec![
            row.name.clone(),
            figures::value(row.before, row.unit),
            figures::value(row.after, row.unit),
            figures::percent(row.ratio),
            format!("{} … {}", figures::percent(row.low), figures::percent(row.high)),
            format!("±{:.0} %", row.threshold * 100.0),
            format!("{}{}", row.verdict.as_str(), if row.handicapped { " (slowed on purpose)" } else { "" }),
        ]
    });
    Table::new(["row", "before", "after", "cost", "interval", "shows from", ""], body.collect())
}

/// One row of all documents of a side.
struct Pooled<'a> {
    unit: Unit,
    role: Role,
    /// What its passes gave, as costs: less is better.
    passes: Vec<Vec<f64>>,
    rows: Vec<&'a Row>,
}

impl Pooled<'_> {
    fn median(&self) -> f64 {
        median(self.passes.iter().flatten().copied())
    }

    /// How far the passes' medians lie from the median of all, as a share.
    fn spread(&self) -> f64 {
        let all = self.median();
        let of_each = self.passes.iter().map(|pass| (median(pass.iter().copied()) / all).ln().abs());
        of_each.fold(0.0, f64::max).exp_m1()
    }

    fn is_enough(&self) -> bool {
        self.passes.len() >= 2 && self.passes.iter().map(Vec::len).sum::<usize>() >= 8
    }

    /// As it is told: calls a second, not seconds.
    fn told(&self) -> f64 {
        if self.unit.is_more_better() { 1.0 / self.median() } else { self.median() }
    }
}

fn pooled(benches: &[Bench]) -> BTreeMap<String, Pooled<'_>> {
    let mut rows: BTreeMap<String, Pooled<'_>> = BTreeMap::new();
    for (group, row) in
        benches.iter().flat_map(|bench| &bench.groups).flat_map(|group| group.rows.iter().map(move |row| (group, row)))
    {
        // What took no time at all has no ratio.
        let cost = |value: f64| if group.unit.is_more_better() { 1.0 / value.max(1e-9) } else { value.max(1e-9) };
        let passes = row.passes.iter().filter(|pass| !pass.is_empty());
        let passes = passes.map(|pass| pass.iter().copied().map(cost).collect());
        let entry = rows.entry(format!("{}/{}", group.name, row.name)).or_insert_with(|| Pooled {
            unit: group.unit,
            role: row.role,
            passes: Vec::new(),
            rows: Vec::new(),
        });
        entry.passes.extend(passes);
        entry.rows.push(row);
    }
    rows.retain(|_, row| !row.passes.is_empty());
    rows
}

/// What the machine did: the median change of the floors, where there are enough of them.
fn drift(old: &BTreeMap<String, Pooled<'_>>, new: &BTreeMap<String, Pooled<'_>>) -> f64 {
    let floors = old.iter().filter(|(_, row)| row.role == Role::Floor && row.unit == Unit::Nanoseconds);
    let changes: Vec<f64> = floors
        .filter_map(|(name, old)| Some(new.get(name)?.median() / old.median()))
        .filter(|r| r.is_finite())
        .collect();
    if changes.len() < LEAST_FLOORS { 1.0 } else { median(changes) }
}

/// How far rows of a unit move: the middle one. A row's own few passes may have lain close by chance.
fn usual_spreads(spreads: impl Iterator<Item = (Unit, f64)>) -> HashMap<Unit, f64> {
    let mut of_unit: HashMap<Unit, Vec<f64>> = HashMap::new();
    spreads.for_each(|(unit, spread)| of_unit.entry(unit).or_default().push(spread));
    of_unit.into_iter().map(|(unit, spreads)| (unit, median(spreads))).collect()
}

fn change(name: &str, old: &Pooled<'_>, new: &Pooled<'_>, drift: f64, least: f64) -> RowChange {
    // Octets and instructions do not hang on how fast the machine is.
    let drift = if matches!(old.unit, Unit::Octets | Unit::Instructions) { 1.0 } else { drift };
    let ratio = new.median() / old.median() / drift;
    let (low, high) = interval(old, new, drift);
    let threshold = (SAFETY * old.spread().max(new.spread())).max(least);
    let verdict = if !old.is_enough() || !new.is_enough() {
        Verdict::Insufficient
    } else if low > 1.0 && ratio > 1.0 + threshold {
        Verdict::Slower
    } else if high < 1.0 && ratio < 1.0 / (1.0 + threshold) {
        Verdict::Faster
    } else {
        Verdict::Noise
    };
    let handicapped = old.rows.iter().chain(&new.rows).any(|row| row.handicap.is_some());
    RowChange {
        name: name.to_owned(),
        unit: old.unit,
        before: old.told(),
        after: new.told(),
        ratio,
        low,
        high,
        threshold,
        verdict,
        handicapped,
    }
}

/// The 95 % interval of the ratio of the medians: the bootstrap, passes drawn first and values of each pass then, since the
/// values of one pass have more in common than those of two.
fn interval(old: &Pooled<'_>, new: &Pooled<'_>, drift: f64) -> (f64, f64) {
    // A fixed sequence: the same two documents always give the same verdict.
    let mut chance = fastrand::Rng::with_seed(0);
    let mut ratios: Vec<f64> =
        (0..DRAWS).map(|_| drawn(&new.passes, &mut chance) / drawn(&old.passes, &mut chance) / drift).collect();
    ratios.sort_by(f64::total_cmp);
    (ratios[DRAWS * 25 / 1000], ratios[DRAWS * 975 / 1000])
}

/// The median of a sample of these.
fn drawn(passes: &[Vec<f64>], chance: &mut fastrand::Rng) -> f64 {
    let mut values = Vec::new();
    for _ in passes {
        let pass = &passes[chance.usize(..passes.len())];
        values.extend((0..pass.len()).map(|_| pass[chance.usize(..pass.len())]));
    }
    median(values)
}

fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    middle(&sorted)
}

fn elsewhere(before: &[Bench], after: &Bench) -> Vec<String> {
    let mut differ = Vec::new();
    for before in before {
        let (old, new) = (&before.machine, &after.machine);
        for (what, old, new) in [
            ("processor", &old.cpu, &new.cpu),
            ("kernel", &old.kernel, &new.kernel),
            ("compiler", &old.compiler, &new.compiler),
        ] {
            if old != new {
                differ.push(format!("the {what} was {old} and is {new}"));
            }
        }
        for old in &before.backends {
            if let Some(new) = after.backends.iter().find(|new| new.name == old.name && *new != old) {
                differ.push(format!(
                    "{} was {} ({}) and is {} ({})",
                    old.name, old.version, old.durability, new.version, new.durability
                ));
            }
        }
    }
    differ.dedup();
    differ
}

const LEAST_FLOORS: usize = 3;

/// How many samples an interval rests on.
const DRAWS: usize = 400;

/// Three passes seldom show the farthest that a row moves.
const SAFETY: f64 = 1.5;

/// And how far rows of its kind move.
const KIND: f64 = 2.0;

#[cfg(test)]
mod tests {
    use token_assay_model::bench::{BenchRun, Group, Machine};
    use token_assay_model::report::Tool;

    use super::*;

    /// A document of one group: rows of this base cost, role and unrest, another machine each seed.
    fn bench(seed: u64, rows: &[(&str, Role, f64, f64)], unit: Unit) -> Bench {
        let mut chance = fastrand::Rng::with_seed(seed);
        let rows = rows.iter().map(|(name, role, cost, unrest)| {
            let passes = (0..3).map(|_| {
                let pass = 1.0 + unrest * (chance.f64() * 2.0 - 1.0);
                let values = (0..20).map(|_| cost * pass * (1.0 + unrest * (chance.f64() * 2.0 - 1.0)));
                values.map(|cost| if unit.is_more_better() { 1e9 / cost } else { cost }).collect()
            });
            Row::new((*name).to_owned(), *role, None, None, passes.collect())
        });
        let group = Group { name: "g".into(), title: "Some.".into(), unit, rows: rows.collect(), wrong: Vec::new() };
        Bench {
            schema: 1,
            tool: Tool { name: "assay".into(), version: "0".into() },
            run: BenchRun {
                started: "2026-01-01T00:00:00Z".into(),
                seconds: 1.0,
                quick: false,
                passes: 3,
                rounds: 20,
                selection: Vec::new(),
                complete: true,
            },
            machine: Machine::default(),
            backends: Vec::new(),
            groups: vec![group],
            skipped: Vec::new(),
        }
    }

    const NAMES: [&str; 40] = [
        "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "r16",
        "r17", "r18", "r19", "r20", "r21", "r22", "r23", "r24", "r25", "r26", "r27", "r28", "r29", "r30", "r31", "r32",
        "r33", "r34", "r35", "r36", "r37", "r38", "r39",
    ];

    fn rows(scale: impl Fn(usize) -> f64) -> Vec<(&'static str, Role, f64, f64)> {
        let role = |at: usize| if at < 5 { Role::Floor } else { Role::Subject };
        NAMES
            .iter()
            .enumerate()
            .map(|(at, name)| (*name, role(at), 100.0 * (at + 1) as f64 * scale(at), 0.03))
            .collect()
    }

    #[test]
    fn nothing_changed_is_noise_for_nineteen_rows_of_twenty() {
        let (mut noise, mut all) = (0, 0);
        for seed in 0..20 {
            let comparison = Comparison::new(
                &[bench(seed, &rows(|_| 1.0), Unit::Nanoseconds)],
                &bench(seed + 1000, &rows(|_| 1.0), Unit::Nanoseconds),
                0.03,
            );
            noise += comparison.count(Verdict::Noise);
            all += comparison.rows.len();
        }
        assert_eq!(all, 800);
        assert!(noise * 100 >= all * 97, "{noise} of {all}");
    }

    #[test]
    fn a_fifth_more_in_one_row_is_told_and_no_other_row_is_blamed() {
        for unit in [Unit::Nanoseconds, Unit::PerSecond] {
            let before = bench(1, &rows(|_| 1.0), unit);
            let after = bench(2, &rows(|at| if at == 17 { 1.2 } else { 1.0 }), unit);
            let comparison = Comparison::new(&[before], &after, 0.03);
            let told = &comparison.rows[0];
            assert_eq!((told.name.as_str(), told.verdict), ("g/r17", Verdict::Slower), "{comparison:#?}");
            assert!(comparison.is_worse());
            assert_eq!(told.after > told.before, unit == Unit::Nanoseconds);
            assert_eq!(comparison.count(Verdict::Slower), 1);
            assert!(comparison.text(true).contains("**1 slower"), "{}", comparison.text(true));
        }
    }

    #[test]
    fn a_machine_that_is_slower_as_a_whole_makes_no_row_slower() {
        let before = bench(1, &rows(|_| 1.0), Unit::Nanoseconds);
        let after = bench(2, &rows(|_| 1.3), Unit::Nanoseconds);
        let comparison = Comparison::new(&[before], &after, 0.03);
        assert!((comparison.drift - 1.3).abs() < 0.05, "{}", comparison.drift);
        assert!(!comparison.is_worse(), "{}", comparison.text(false));
    }

    #[test]
    fn what_the_row_did_in_earlier_runs_is_learnt() {
        let restless = |scale: f64| vec![("r0", Role::Subject, 100.0 * scale, 0.01)];
        let [one, other, new] =
            [(1, 1.0), (2, 1.15), (3, 1.2)].map(|(seed, scale)| bench(seed, &restless(scale), Unit::Nanoseconds));
        assert!(Comparison::new(std::slice::from_ref(&one), &new, 0.03).is_worse());
        assert!(!Comparison::new(&[one, other], &new, 0.03).is_worse(), "it moves by a seventh without reason");
    }

    #[test]
    fn a_restless_row_among_still_ones_is_measured_by_its_own_unrest() {
        let mut rows = rows(|_| 1.0);
        rows.iter_mut().for_each(|row| row.3 = 0.005);
        rows[17].3 = 0.15;
        let told = (0..40).filter(|seed| {
            let [old, new] = [*seed, seed + 1000].map(|seed| bench(seed, &rows, Unit::Nanoseconds));
            let comparison = Comparison::new(&[old], &new, 0.03);
            let row = comparison.rows.iter().find(|row| row.name == "g/r17").expect("it stands in both");
            row.verdict != Verdict::Noise
        });
        let told = told.count();
        assert!(told <= 4, "{told} of 40: nothing has changed");
    }

    #[test]
    fn a_median_that_may_as_well_lie_where_it_was_is_no_change() {
        let with = |slow: usize| {
            let mut bench = bench(1, &[("r0", Role::Subject, 100.0, 0.0)], Unit::Nanoseconds);
            let pass: Vec<f64> = (0..10).map(|at| if at < slow { 120.0 } else { 100.0 }).collect();
            bench.groups[0].rows[0].passes = vec![pass; 2];
            bench
        };
        let row = |old: usize, new: usize| Comparison::new(&[with(old)], &with(new), 0.03).rows.remove(0);
        let unsure = row(5, 6);
        assert!(unsure.ratio > 1.0 + unsure.threshold && unsure.low <= 1.0, "{unsure:?}");
        assert_eq!((unsure.verdict, row(6, 5).verdict), (Verdict::Noise, Verdict::Noise));
        assert_eq!(row(0, 10).verdict, Verdict::Slower);
        assert_eq!(row(10, 0).verdict, Verdict::Faster);
    }

    #[test]
    fn too_few_values_say_nothing() {
        let mut before = bench(1, &rows(|_| 1.0), Unit::Nanoseconds);
        let after = bench(2, &rows(|at| if at == 17 { 2.0 } else { 1.0 }), Unit::Nanoseconds);
        before.groups[0].rows[17].passes.truncate(1);
        let comparison = Comparison::new(&[before], &after, 0.03);
        let row = comparison.rows.iter().find(|row| row.name == "g/r17").expect("it is there");
        assert_eq!(row.verdict, Verdict::Insufficient);
        assert!(!comparison.is_worse());
    }

    #[test]
    fn what_stands_on_one_side_only_is_named() {
        let before = bench(1, &rows(|_| 1.0)[..10], Unit::Octets);
        let after = bench(2, &rows(|_| 1.0)[1..11], Unit::Octets);
        let comparison = Comparison::new(&[before], &after, 0.03);
        assert_eq!((comparison.gone, comparison.new), (vec!["g/r0".to_owned()], vec!["g/r10".to_owned()]));
    }
}
