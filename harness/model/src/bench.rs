//! What is kept of a measurement: groups of rows that were measured in turn, and where.
//!
//! Every value of every pass stays, so that two documents can be compared with their own noise; the summaries beside them are
//! computed from the values and never differ from them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::Tool;

/// The version of [`Bench`]'s JSON.
pub const SCHEMA: u32 = 1;

/// A whole measurement; `bench.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bench {
    /// The version of this document's form, [`SCHEMA`].
    pub schema: u32,
    /// What made it.
    pub tool: Tool,
    /// When and how it was made.
    pub run: BenchRun,
    /// On what.
    pub machine: Machine,
    /// What answered from outside this process, or keeps sessions: versions and settings.
    pub backends: Vec<Backend>,
    /// What was measured.
    pub groups: Vec<Group>,
    /// What was not, and why.
    pub skipped: Vec<Skipped>,
}

/// When and how a measurement was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BenchRun {
    /// When it started, RFC 3339 in UTC.
    pub started: String,
    /// How long it took.
    pub seconds: f64,
    /// Whether it was the short one, which is good for a look and for nothing else.
    pub quick: bool,
    /// How often everything was measured from front to back.
    pub passes: u32,
    /// How many values a row has of each pass.
    pub rounds: u32,
    /// The id prefixes that were selected; none is everything.
    pub selection: Vec<String>,
    /// Whether it ran to its end.
    pub complete: bool,
}

/// The machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// The processor's name.
    pub cpu: String,
    /// How many of it a program may use.
    pub cpus: u32,
    /// Instructions that matter here and that it has: `sha_ni`, `aes`, `avx2`, ….
    pub features: Vec<String>,
    /// Memory, in MiB.
    pub memory: u64,
    /// The operating system's name and version.
    pub kernel: String,
    /// The compiler.
    pub compiler: String,
}

/// What keeps sessions or answers over a socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Backend {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What survives a fall of its process or of the machine.
    pub durability: String,
    /// What is cached where.
    pub caching: String,
}

/// Rows that are compared with one another: measured in turn, in the same run, of the same thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    /// Its id: `verify/HS256/8-claims`.
    pub name: String,
    /// What is measured, in a sentence.
    pub title: String,
    /// In what.
    pub unit: Unit,
    /// Its rows, in the order in which they are defined.
    pub rows: Vec<Row>,
    /// Who answered wrongly: listed, never ranked.
    pub wrong: Vec<Skipped>,
}

/// A unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Nanoseconds of one call: less is better.
    Nanoseconds,
    /// Calls in a second: more is better.
    PerSecond,
    /// CPU seconds of a million calls: less is better.
    CpuSecondsPerMillion,
    /// Octets of one call: less is better.
    Octets,
    /// Instructions of one call: less is better.
    Instructions,
}

impl Unit {
    /// Whether a larger value is better.
    pub const fn is_more_better(self) -> bool {
        matches!(self, Self::PerSecond)
    }

    /// Behind a number.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::PerSecond => "/s",
            Self::CpuSecondsPerMillion => "CPU s/million",
            Self::Octets => "octets",
            Self::Instructions => "instructions",
        }
    }
}

/// What a row is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The least that anything here could cost: a bare primitive, a bare echo. Not ranked.
    Floor,
    /// A part of what the others do. Not ranked.
    Part,
    /// What is compared.
    Subject,
}

/// One thing that was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// Its name within the group.
    pub name: String,
    /// What it is there for.
    pub role: Role,
    /// What must be known to read it, where something must.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// How much slower it was made on purpose, to test a comparison: 0.2 is a fifth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handicap: Option<f64>,
    /// Of all values.
    pub summary: Summary,
    /// The values: of each pass, of each round.
    pub passes: Vec<Vec<f64>>,
}

impl Row {
    /// A row of these values, which must be some.
    pub fn new(name: String, role: Role, note: Option<String>, handicap: Option<f64>, passes: Vec<Vec<f64>>) -> Self {
        let summary = Summary::of(passes.iter().flatten().copied());
        Self { name, role, note, handicap, summary, passes }
    }
}

/// Some values in short.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// The middle one.
    pub median: f64,
    /// Where the true median lies, with 95 % confidence: the lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The least value of all.
    pub least: f64,
    /// The greatest.
    pub greatest: f64,
    /// How many there are.
    pub count: u32,
}

impl Summary {
    /// Of these values.
    ///
    /// The interval is that of the order statistics (a binomial with one half), so it asks nothing of how the values are
    /// spread: ranks n/2 ± 0.98 √n.
    ///
    /// # Panics
    ///
    /// Where there is no value, or one that is no number.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        assert!(!sorted.is_empty() && sorted.iter().all(|value| value.is_finite()), "{sorted:?}");
        sorted.sort_by(f64::total_cmp);
        let count = sorted.len();
        let half = count as f64 / 2.0;
        let reach = 0.98 * (count as f64).sqrt();
        let low = (half - reach).floor().max(0.0) as usize;
        let high = ((half + reach).ceil() as usize).min(count - 1);
        Self {
            median: middle(&sorted),
            low: sorted[low],
            high: sorted[high],
            least: sorted[0],
            greatest: sorted[count - 1],
            count: u32::try_from(count).unwrap_or(u32::MAX),
        }
    }

    /// Whether it cannot be said which of two medians is the smaller.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

/// The median of sorted values, of which there are some.
pub fn middle(sorted: &[f64]) -> f64 {
    let count = sorted.len();
    if count % 2 == 1 { sorted[count / 2] } else { f64::midpoint(sorted[count / 2 - 1], sorted[count / 2]) }
}

/// What was not measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Skipped {
    /// What.
    pub name: String,
    /// Why.
    pub why: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_in_its_interval_and_the_interval_narrows_with_the_values() {
        let few = Summary::of((0..10).map(f64::from));
        assert_eq!((few.median, few.least, few.greatest, few.count), (4.5, 0.0, 9.0, 10));
        assert!(few.low <= few.median && few.median <= few.high);
        let many = Summary::of((0..1000).map(|value| f64::from(value) / 100.0));
        assert!(many.high - many.low < few.high - few.low);
        assert_eq!(Summary::of([3.0]).high, 3.0);
    }

    /// Of a thousand samples of sixty values around nought, at least 94 % hold nought in their interval.
    #[test]
    fn the_interval_holds_the_true_median_as_often_as_it_says() {
        let mut state = 7_u64;
        let mut chance = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        // Skewed, as times are, with the median at nought.
        let mut value = || (-(1.0 - chance()).ln()) - std::f64::consts::LN_2;
        let holds = (0..1000).filter(|_| {
            let summary = Summary::of((0..60).map(|_| value()));
            summary.low <= 0.0 && 0.0 <= summary.high
        });
        let held = holds.count();
        assert!(held >= 940, "{held}");
    }

    #[test]
    fn what_overlaps_has_no_winner() {
        let (one, other) = (Summary::of([1.0, 2.0, 3.0]), Summary::of([2.5, 4.0, 5.0]));
        assert!(one.overlaps(&other) && other.overlaps(&one));
        assert!(!one.overlaps(&Summary::of([9.0, 10.0, 11.0])));
    }
}
