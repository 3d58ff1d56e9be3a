//! What a campaign costs: the bare loop that builds, signs and verifies beside recipes, the reference verifier, and whole
//! campaigns on one HS256 target, all in one run.
//!
//! `cargo bench --bench generate`. The sound verifier is asserted clean, and the bare loop's tokens valid, before anything is
//! timed. Divide one by the time of an element for cases a second.

use std::hint::black_box;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use criterion::{Criterion, Throughput};
use token_assay::attacks::scene::{Scene, settings};
use token_assay::campaign::{self, Options, campaign};
use token_assay::forge::{Forge, Keyring, NOW, Scheme};
use token_assay::generate::{Generator, Made, Sketch, Stock, reduce::reduce};
use token_assay::model::{Algorithm, Claims, Input, Oracle, Report, Request, Verdict};
use token_assay::power;
use token_assay::reference;
use token_assay::run::{Subject, verifier};
use token_assay::targets::{self, InProcess, Verifier};

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    parts(&mut criterion);
    campaigns(&mut criterion);
    criterion.final_summary();
    reductions();
}

/// How long it takes to make small what shows a strawman's fault. What counts is the slow end, which criterion's mean hides.
fn reductions() {
    // Some strawmen panic on purpose.
    std::panic::set_hook(Box::new(|_| {}));
    let forge = Forge::new(NOW);
    let generator = Generator::new(&forge, Stock::everything().clone());
    let mut left: Vec<_> = power::strawmen().into_iter().map(|strawman| (strawman, SHOWN_EACH)).collect();
    let mut took = Vec::new();
    for number in 0..REDUCED_FROM {
        let made = generator.make(&generator.recipe(1, number));
        left.retain_mut(|(strawman, wanted)| {
            if let Some(time) = reduction(*strawman, &made, &forge) {
                took.push(time);
                *wanted -= 1;
            }
            *wanted > 0
        });
    }
    took.sort_unstable();
    let within = |share: usize| took[(took.len() - 1) * share / 100].as_secs_f64() * 1e3;
    let quick = took.iter().filter(|time| **time <= Duration::from_millis(50)).count();
    println!(
        "reduce: {} tokens, half of them within {:.1} ms, 95 % within {:.1} ms, all within {:.1} ms; {:.1} % within 50 ms",
        took.len(),
        within(50),
        within(95),
        within(100),
        100.0 * quick as f64 / took.len() as f64
    );
}

/// What a token shows, where it breaks a rule that is asked for: the oracle and the rule, which stay while it is made smaller.
fn shows(
    strawman: &dyn Verifier,
    made: &Made<'_>,
    is_asked_for: impl Fn(Option<reference::Rule>) -> bool,
) -> Option<(Oracle, Option<reference::Rule>)> {
    let (ruling, rule) = reference::explain(made.request());
    if !is_asked_for(rule) {
        return None;
    }
    let judgement = campaign::judge(made, &ruling, &targets::observe(strawman, made.request()))?;
    Some((judgement.oracle, rule))
}

fn reduction(strawman: &dyn Verifier, made: &Made<'_>, forge: &Forge) -> Option<Duration> {
    let shown = shows(strawman, made, |_| true)?;
    let started = Instant::now();
    let still = &mut |sketch: &Sketch| {
        let input = Input::from_octets(sketch.token(made.stage, forge));
        shows(strawman, &Made { stage: made.stage, sketch: sketch.clone(), input }, |rule| rule == shown.1)
            == Some(shown)
    };
    let small = reduce(made.sketch.clone(), &made.stage.twin, TRIES, still);
    let took = started.elapsed();
    black_box(small);
    Some(took)
}

fn parts(criterion: &mut Criterion) {
    let forge = Forge::new(NOW);
    let scene = Scene::new(&forge, settings().next().expect("there are settings"));
    assert_eq!(scene.algorithm(), Algorithm::Hs256);
    let generator = Generator::new(&forge, Stock { catalogue_share: 0, ..hs256() });
    let mut group = criterion.benchmark_group("generate");
    group.throughput(Throughput::Elements(CASES));
    group.bench_function("bare-loop", |bencher| {
        bencher.iter(|| (0..CASES).map(|number| usize::from(bare(&scene, number))).sum::<usize>());
    });
    group.bench_function("recipe", |bencher| {
        bencher.iter(|| (0..CASES).for_each(|number| drop(black_box(generator.recipe(1, number)))));
    });
    group.bench_function("token", |bencher| {
        bencher.iter(|| {
            (0..CASES).map(|number| generator.make(&generator.recipe(1, number)).input.octets().len()).sum::<usize>()
        });
    });
    group.bench_function("token-and-ruling", |bencher| {
        bencher.iter(|| {
            let ruled = |number| reference::explain(generator.make(&generator.recipe(1, number)).request()).1.is_none();
            (0..CASES).filter(|number| ruled(*number)).count()
        });
    });
    group.finish();
}

/// Builds claims, signs them and reads them back: what no campaign can do without.
fn bare(scene: &Scene<'_>, number: u64) -> bool {
    let claims = scene.claims().set("n", number.to_string()).text();
    let token = scene.sign(scene.header().text(), &claims);
    let mac = scene.forge.signature_once(scene.key, Scheme::of(Algorithm::Hs256), token.signing_input().as_bytes());
    let valid = token.signature_octets() == mac && Claims::parse(&token.payload_octets).is_some();
    assert!(valid, "the bare loop verifies what it signs");
    valid
}

fn campaigns(criterion: &mut Criterion) {
    let report = run("sound", CASES * 4);
    assert!(report.findings.is_empty(), "the sound verifier is clean");
    let mut group = criterion.benchmark_group("campaign");
    group.throughput(Throughput::Elements(CASES));
    for name in ["sound", "jsonwebtoken"] {
        let Some(target) = verifier(name) else { continue };
        let forge = Forge::new(NOW);
        let scene = Scene::new(&forge, settings().next().expect("there are settings"));
        let input = Input::Token(scene.token().compact());
        let policy = token_assay::model::Policy { now: None, ..(*scene.policy).clone() };
        let accepts = matches!(target.verify(Request { input: &input, policy: &policy }), Verdict::Accept { .. });
        assert!(accepts || name != "sound", "{name} accepts a valid token");
        group.bench_function(name, |bencher| bencher.iter(|| run(name, CASES).findings.len()));
    }
    group.finish();
}

fn run(name: &str, cases: u64) -> Report {
    let stop = AtomicBool::new(false);
    let options = Options {
        keyring: Keyring::corpus(),
        now: NOW,
        clock: &real_now,
        started: String::new(),
        seed: 1,
        first: 0,
        shard: (1, 1),
        stock: Stock { catalogue_share: 0, ..hs256() },
        jobs: 1,
        max_time: None,
        max_cases: Some(cases),
        max_findings: None,
        known: &[],
        earlier: Vec::new(),
        stop: &stop,
        endpoint: None,
    };
    let subjects = || {
        let target = verifier(name).expect("it is linked");
        vec![Subject { name: name.to_owned(), driver: Box::new(InProcess(target, Duration::from_secs(2))) }]
    };
    campaign(&subjects, &options, &|_| {})
}

fn hs256() -> Stock {
    Stock::of(|setting| setting.algorithm == Algorithm::Hs256)
}

fn real_now() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since_epoch.as_secs().try_into().unwrap_or(NOW)
}

/// Tokens of each strawman that are made small, out of so many.
const SHOWN_EACH: usize = 5;

const REDUCED_FROM: u64 = 20_000;

/// As many tries as a campaign gives a finding.
const TRIES: usize = 3000;

/// Cases an iteration.
const CASES: u64 = 100_000;
