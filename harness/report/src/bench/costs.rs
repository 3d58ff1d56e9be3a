//! What single things cost, read out of a measurement by name.
//!
//! Takes a measurement, gives a [`Cost`] for "verify ES256", "look a session up in Redis", "ask the denylist". The only file
//! that knows how the plans of the benches call their groups and rows.

use serde::Serialize;
use token_assay_model::bench::{Bench, Group, Role, Row, Unit, middle};

/// What one call costs, in nanoseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cost {
    /// The median.
    pub median: f64,
    /// The lower end: of the interval, or the fastest of several.
    pub low: f64,
    /// The upper end: of the interval, or the slowest of several.
    pub high: f64,
    /// Which rows it was read from.
    pub from: String,
}

impl Cost {
    fn of(group: &Group, row: &Row) -> Self {
        let summary = row.summary;
        Self {
            median: summary.median,
            low: summary.low,
            high: summary.high,
            from: format!("{}/{}", group.name, row.name),
        }
    }

    /// One after the other, the second so many times a first.
    #[must_use]
    pub(super) fn and(&self, other: &Self, times: f64) -> Self {
        let from = [self.from.as_str(), other.from.as_str()].into_iter().filter(|from| !from.is_empty());
        Self {
            median: self.median + other.median * times,
            low: self.low + other.low * times,
            high: self.high + other.high * times,
            from: from.collect::<Vec<_>>().join(" + "),
        }
    }

    /// Whether it cannot be said which is the less.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

/// The algorithms that were measured with keys kept, in the order of the measurement.
pub(super) fn algorithms(bench: &Bench) -> Vec<&str> {
    let names = bench.groups.iter().filter_map(|group| {
        let (algorithm, rest) = group.name.strip_prefix("verify/")?.split_once('/')?;
        (rest == CLAIMS && group.rows.iter().any(|row| row.role == Role::Subject)).then_some(algorithm)
    });
    names.collect()
}

/// What verifying a token costs: by this crate, or by the middle one of all, from the fastest to the slowest.
pub(super) fn verify(bench: &Bench, algorithm: &str, verifier: Option<&str>) -> Option<Cost> {
    let group = group(bench, &format!("verify/{algorithm}/{CLAIMS}"))?;
    if let Some(name) = verifier {
        return Some(Cost::of(group, group.rows.iter().find(|row| row.name == name)?));
    }
    let mut medians: Vec<f64> = subjects(group).map(|row| row.summary.median).collect();
    medians.sort_by(f64::total_cmp);
    let (low, high) = (*medians.first()?, *medians.last()?);
    Some(Cost {
        median: middle(&medians),
        low,
        high,
        from: format!("{}, the middle one of {} crates", group.name, medians.len()),
    })
}

/// The crates that were measured for this algorithm.
pub(super) fn verifiers(bench: &Bench, algorithm: &str) -> Vec<String> {
    let group = group(bench, &format!("verify/{algorithm}/{CLAIMS}"));
    group.map(|group| subjects(group).map(|row| row.name.clone()).collect()).unwrap_or_default()
}

/// The sizes at which lookups were measured.
pub(super) fn sizes(bench: &Bench) -> Vec<u64> {
    let sizes = bench.groups.iter().filter_map(|group| size_of(group, "latency", ACCESS));
    let mut sizes: Vec<u64> = sizes.collect();
    sizes.sort_unstable();
    sizes
}

fn size_of(group: &Group, kind: &str, rest: &str) -> Option<u64> {
    let (size, found) = group.name.strip_prefix("lookup/")?.strip_prefix(kind)?.strip_prefix('/')?.split_once('/')?;
    (found == rest).then(|| size.parse().ok())?
}

/// What a lookup of one session costs at this size.
pub(super) fn lookups(bench: &Bench, size: u64) -> Option<&Group> {
    bench.groups.iter().find(|group| size_of(group, "latency", ACCESS) == Some(size))
}

/// How many lookups a second so many callers get at this size.
pub(super) fn throughput(bench: &Bench, size: u64, callers: u32) -> Option<&Group> {
    bench.groups.iter().find(|group| size_of(group, "throughput", &format!("{callers}-callers")) == Some(size))
}

/// The store of this name, or whose name begins so: the name of its row.
pub(super) fn store<'a>(bench: &'a Bench, name: &str, sessions: u64) -> Option<&'a str> {
    let group = lookups(bench, nearest(&sizes(bench), sessions)?)?;
    row(group, name).map(|row| row.name.as_str())
}

/// What looking a session up in this store costs, at the measured size that is nearest: a store's name, or how it begins.
pub(super) fn lookup(bench: &Bench, store: &str, sessions: u64) -> Option<Cost> {
    let group = lookups(bench, nearest(&sizes(bench), sessions)?)?;
    row(group, store).map(|row| Cost::of(group, row))
}

/// How many lookups a second this store gave at most.
pub(super) fn capacity(bench: &Bench, store: &str, sessions: u64) -> Option<f64> {
    let size = nearest(&sizes(bench), sessions)?;
    let of_each = [1, 2, 8, 32].into_iter().filter_map(|callers| throughput(bench, size, callers));
    of_each.filter_map(|group| Some(row(group, store)?.summary.median)).max_by(f64::total_cmp)
}

/// The row of this name, or the first whose name begins so. A store behind a network is met over TCP.
fn row<'a>(group: &'a Group, name: &str) -> Option<&'a Row> {
    let exact = subjects(group).find(|row| row.name == name || row.name == format!("{name}-tcp"));
    exact.or_else(|| subjects(group).find(|row| row.name.starts_with(name)))
}

/// What asking whether a token is revoked adds to verifying it: by a list in Redis, or one in the process.
pub(super) fn revocation(bench: &Bench, algorithm: &str, over_network: bool) -> Option<Cost> {
    let with = |prefix: String| bench.groups.iter().rfind(|group| group.name.starts_with(&prefix));
    let group = with(format!("hybrid/revocation/{algorithm}/")).or_else(|| with("hybrid/revocation/".into()))?;
    let floor = group.rows.iter().find(|row| row.role == Role::Floor)?;
    let word = if over_network { "redis" } else { "hash-set" };
    let with = Cost::of(group, group.rows.iter().find(|row| row.name.starts_with(word))?);
    Some(Cost {
        median: (with.median - floor.summary.median).max(0.0),
        low: (with.low - floor.summary.high).max(0.0),
        high: (with.high - floor.summary.low).max(0.0),
        from: format!("{} less {}", with.from, floor.name),
    })
}

/// What it costs to ask the issuer of a token whether it is good, the request over loopback in it.
pub(super) fn introspection(bench: &Bench) -> Option<Cost> {
    let group = bench.groups.iter().find(|group| group.name.starts_with("hybrid/introspection/"))?;
    group.rows.iter().find(|row| row.name == "introspect").map(|row| Cost::of(group, row))
}

/// What a session costs that a hybrid's cache holds.
pub(super) fn cache_hit(bench: &Bench) -> Option<Cost> {
    exactly(bench, "hybrid/session-cache", "cache-hit")
}

/// What a new access token costs, the lookup of its refresh token in a store apart.
pub(super) fn refresh(bench: &Bench, algorithm: &str) -> Option<Cost> {
    let of = |algorithm: &str| exactly(bench, "hybrid/refresh", &format!("refresh-{algorithm}"));
    of(algorithm).or_else(|| of("ES256"))
}

fn exactly(bench: &Bench, name: &str, row: &str) -> Option<Cost> {
    let group = group(bench, name)?;
    group.rows.iter().find(|found| found.name == row).map(|row| Cost::of(group, row))
}

/// The rows that are compared.
pub(super) fn subjects(group: &Group) -> impl Iterator<Item = &Row> {
    group.rows.iter().filter(|row| row.role == Role::Subject)
}

/// The stores that were measured at this size.
pub(super) fn stores(bench: &Bench) -> Vec<&str> {
    let sizes = sizes(bench);
    let group = sizes.last().and_then(|size| lookups(bench, *size));
    group.map(|group| subjects(group).map(|row| row.name.as_str()).collect()).unwrap_or_default()
}

/// A value of one of the measures of whole requests: by the row's name.
pub(super) fn requests(bench: &Bench, unit: Unit) -> Option<&Group> {
    bench.groups.iter().find(|group| group.name.starts_with("request/") && group.unit == unit)
}

fn group<'a>(bench: &'a Bench, name: &str) -> Option<&'a Group> {
    bench.groups.iter().find(|group| group.name == name)
}

fn nearest(sizes: &[u64], wanted: u64) -> Option<u64> {
    let distance = |size: u64| ((size.max(1) as f64).ln() - (wanted.max(1) as f64).ln()).abs();
    sizes.iter().copied().min_by(|one, other| distance(*one).total_cmp(&distance(*other)))
}

const CLAIMS: &str = "8-claims";

const ACCESS: &str = "uniform";
