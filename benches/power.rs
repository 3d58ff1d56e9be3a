//! How long the built-in engine takes to find one strawman out, setting up included: a few that fall to many tokens and a few that
//! fall to few. Each iteration takes the next of ten seeds, which are found to be enough before anything is timed. The whole table
//! is `assay fuzz --evaluate`'s.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use token_assay::power::{Budget, Engine, strawmen, trial};
use token_assay::strawman::Strawman;

/// From the easiest to the hardest: by their medians in `reports/published/power.json` a few milliseconds to half a second.
const WANTED: [&str; 5] = [
    "takes-certificate-for-secret",
    "sig-decodes-again",
    "control-no-white-space-in-json",
    "hash-guessed",
    "names-are-folded",
];

const SEEDS: u64 = 10;

fn power(criterion: &mut Criterion) {
    let known = strawmen();
    let budget = Budget { cases: 100_000, cpu: Duration::from_secs(60) };
    let mut group = criterion.benchmark_group("power");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    for name in WANTED {
        let Some(strawman) = known.iter().find(|strawman| strawman.name == name).copied() else {
            panic!("no strawman is called {name}");
        };
        for seed in 0..SEEDS {
            assert!(found(strawman, seed, budget), "{name} is not found with seed {seed}");
        }
        let mut seed = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                seed = (seed + 1) % SEEDS;
                found(strawman, seed, budget)
            });
        });
    }
    group.finish();
}

fn found(strawman: &'static Strawman, seed: u64, budget: Budget) -> bool {
    !trial(Engine::Generate, seed, budget, &[strawman]).found.is_empty()
}

criterion_group!(benches, power);
criterion_main!(benches);
