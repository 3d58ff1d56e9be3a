//! What the harness itself costs: forging the suite, and a whole run beside the time inside the verifier.
//!
//! `cargo bench --workspace --bench suite`. Runs are those of `suite!`, where nobody listens, and leave out what asks for a cost,
//! which is shown again to be weighed. The run is asserted to find nothing on the sound verifier before it is timed. The last
//! lines are the shares that the documentation quotes: they are measured here and never asserted.

use std::collections::HashSet;
use std::hint::black_box;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use token_assay::attacks::{self, Says, Workshop};
use token_assay::forge::{Forge, Keyring, NOW};
use token_assay::model::{Outcome, Report};
use token_assay::run::{Options, Subject, run_unheard, verifier};
use token_assay::targets::InProcess;

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    forge(&mut criterion);
    runs(&mut criterion);
    criterion.final_summary();
    shares();
}

fn forge(criterion: &mut Criterion) {
    let cases = attacks::suite(&Forge::new(NOW), |_| true).len();
    let mut group = criterion.benchmark_group("forge");
    group.throughput(Throughput::Elements(cases as u64));
    group.bench_function("suite", |bencher| {
        bencher.iter(|| attacks::suite(black_box(&Forge::new(NOW)), |_| true).len());
    });
    let bounded = bounded();
    group.throughput(Throughput::Elements(attacks::suite(&Forge::new(NOW), |id| !bounded.contains(id)).len() as u64));
    group.bench_function("without-bounded", |bencher| {
        bencher.iter(|| attacks::suite(black_box(&Forge::new(NOW)), |id| !bounded.contains(id)).len());
    });
    group.finish();
}

fn runs(criterion: &mut Criterion) {
    let report = whole_run(TARGET, 1);
    assert_eq!(report.targets[0].outcomes[&Outcome::Fail], 0, "the sound verifier falls for nothing");
    let mut group = criterion.benchmark_group("run");
    for repeat in [1, 4, 16] {
        group.throughput(Throughput::Elements((report.cases.len() * repeat) as u64));
        group.bench_with_input(BenchmarkId::new("repeated", repeat), &repeat, |bencher, repeat| {
            bencher.iter(|| whole_run(TARGET, *repeat).findings.len());
        });
    }
    group.finish();
}

/// The time of a whole run that is not spent inside the verifier, forging included once, as a share of the time inside; and
/// since a verifier that does little makes any share large, the time of a case.
fn shares() {
    // A panic that is caught costs more than a verification when its backtrace is printed.
    std::panic::set_hook(Box::new(|_| {}));
    for name in [TARGET, "jwt-compact", "jwt-rustcrypto", "jaws", "jwt-simple", "biscuit", "jsonwebtoken"] {
        if verifier(name).is_none() {
            continue;
        }
        let mut best: Option<(Duration, Duration, u64)> = None;
        for _ in 0..5 {
            let started = Instant::now();
            let report = whole_run(name, 1);
            let whole = started.elapsed();
            let inside = Duration::from_micros(report.targets[0].verify_microseconds);
            let outcomes = &report.targets[0].outcomes;
            let shown = outcomes.iter().filter(|(o, _)| !matches!(o, Outcome::Skip)).map(|(_, n)| n).sum();
            if best.is_none_or(|(least, ..)| whole < least) {
                best = Some((whole, inside, shown));
            }
        }
        let (whole, inside, shown) = best.expect("it was run");
        let outside = whole.saturating_sub(inside);
        let each = |duration: Duration| duration.as_secs_f64() * 1e6 / shown.max(1) as f64;
        println!(
            "{name}: {shown} cases in {:.1} ms; inside the verifier {:.1} ms, outside {:.1} ms, forging included ({:.1} %); a case {:.1} \
             µs inside, {:.1} µs outside",
            milliseconds(whole),
            milliseconds(inside),
            milliseconds(outside),
            100.0 * outside.as_secs_f64() / inside.as_secs_f64(),
            each(inside),
            each(outside),
        );
    }
}

/// Classes that ask for a cost: their cases are long, are shown again to be weighed, and have no place in a share.
fn bounded() -> HashSet<String> {
    let bounded = attacks::classes().filter(|(_, class)| matches!(class.says, Says::Bounded(_)));
    bounded.map(|(family, class)| format!("{}/{}", family.id, class.id)).collect()
}

/// Without what is bounded.
fn whole_run(name: &str, repeat: usize) -> Report {
    let stop = AtomicBool::new(false);
    let bounded = bounded();
    // Selected, so that what is bounded is not forged either.
    let selection = attacks::classes().map(|(family, class)| format!("{}/{}", family.id, class.id));
    let selection = selection.filter(|id| !bounded.contains(id)).collect();
    let verifier = verifier(name).expect("it is linked in");
    let options = Options {
        keyring: Keyring::corpus(),
        now: NOW,
        real_now: NOW,
        started: String::new(),
        seed: 0,
        selection,
        wanted: &|id| !bounded.contains(&format!("{}/{}", id.family(), id.class())),
        regressions: &[],
        known: &[],
        repeat,
        jobs: 1,
        max_time: None,
        max_findings: None,
        stop: &stop,
        timing: false,
        endpoint: None,
    };
    let driver = Box::new(InProcess(verifier, Duration::from_secs(2)));
    let forge = Forge::with_keys(options.keyring.clone(), NOW);
    let workshop = Workshop::new(&forge);
    run_unheard([&workshop; 2], vec![Subject { name: name.to_owned(), driver }], &options)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

const TARGET: &str = "sound";
