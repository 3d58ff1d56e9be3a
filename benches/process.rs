//! What the pipe costs: verdicts a second with shims that verify nothing, so that the harness's own share is what is left.
//!
//! `compiled` is a shim in Rust by `targets::serve` (this program again), `python` fourteen lines that flush after each answer; each
//! with one request under way at a time and with the usual window. Without python3 its rows are left out, and that is said.

use std::hint::black_box;
use std::io::{stdin, stdout};
use std::ops::ControlFlow;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use token_assay::attacks;
use token_assay::forge::{Forge, NOW};
use token_assay::model::report::TargetInfo;
use token_assay::model::{Algorithm, Case, Feature, Reason, Request, Verdict};
use token_assay::targets::process::{Process, Settings};
use token_assay::targets::serve::serve;
use token_assay::targets::{Driver as _, Verifier};

fn main() {
    if std::env::args().any(|argument| argument == SERVE) {
        serve(&Refuses, stdin(), stdout().lock()).expect("the pipe stays open");
        return;
    }
    let mut criterion = Criterion::default().configure_from_args();
    benches(&mut criterion);
    criterion.final_summary();
}

fn benches(criterion: &mut Criterion) {
    let forge = Forge::new(NOW);
    let cases = attacks::suite(&forge, |class| class.starts_with("time/"));
    let shown: Vec<&Case> = cases.iter().cycle().take(REQUESTS).collect();
    let requests: Vec<Request<'_>> = shown.iter().map(|case| case.request()).collect();
    let myself = std::env::current_exe().expect("it runs").to_string_lossy().into_owned();
    let python = ["python3", "-c", PYTHON].map(str::to_owned).to_vec();
    let mut group = criterion.benchmark_group("process");
    group.throughput(Throughput::Elements(REQUESTS as u64)).sample_size(10).measurement_time(Duration::from_secs(5));
    for (name, command) in [("compiled", vec![myself, SERVE.to_owned()]), ("python", python)] {
        for window in [1, 32] {
            let mut process =
                Process::new(Settings { window, ..Settings::new(command.clone(), Duration::from_secs(10)) });
            if let Err(error) = process.start() {
                eprintln!("skipped: process/{name}: {error}");
                break;
            }
            assert_eq!(answered(&mut process, &requests), REQUESTS, "every request is answered");
            group.bench_function(BenchmarkId::new(name, window), |bencher| {
                bencher.iter(|| black_box(answered(&mut process, &requests)));
            });
        }
    }
    group.finish();
}

/// How many requests were answered with a refusal.
fn answered(process: &mut Process, requests: &[Request<'_>]) -> usize {
    let mut refused = 0;
    let shown = process.observe(requests, &mut |_, observation| {
        refused += usize::from(observation.answer == Verdict::reject(Reason::Other, "").into());
        ControlFlow::Continue(())
    });
    shown.expect("it goes on");
    refused
}

/// Refuses without a look.
struct Refuses;

impl Verifier for Refuses {
    fn info(&self) -> TargetInfo {
        TargetInfo {
            name: "refuses".to_owned(),
            version: "0".to_owned(),
            language: "rust".to_owned(),
            homepage: None,
            issues: None,
            supports: vec![Algorithm::Hs256.into(), Feature::Clock.into()],
        }
    }

    fn verify(&self, _: Request<'_>) -> Verdict {
        Verdict::reject(Reason::Other, "")
    }
}

const SERVE: &str = "--serve";
const REQUESTS: usize = 10_000;
const PYTHON: &str = r#"
import json, sys
hello = {"protocol": 1, "target": {"name": "refuses", "version": "0", "language": "python"}, "supports": ["HS256", "clock"]}
for line in sys.stdin.buffer:
    request = json.loads(line)
    if request["cmd"] == "start":
        answer = hello
    elif request["cmd"] == "verify":
        answer = {"seq": request["seq"], "verdict": "reject", "reason": "other"}
    else:
        break
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
"#;
