//! What holding a service to the model costs: commands a second, of each kind of the reference service, on every store.
//!
//! `cargo bench --bench sessions`. A command is a request or a control with all that is judged of it: the model's step, the search
//! for an order where requests overlap, and the service's own work. The service is asserted to be clean before it is timed.
//! Stores that are not installed are named and left out.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use token_assay::sessions::evaluate::{Campaign, Limits, explore};
use token_assay::sessions::generator::Shape;
use token_assay::sessions::policy::Kind;
use token_assay::sessions::reference::Reference;
use token_assay::sessions::store::{Store, StoreKind};
use token_assay_live::store::open;

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    in_memory(&mut criterion, "overlapping", Shape::default());
    in_memory(&mut criterion, "in-order", Shape { overlapping: 0, ..Shape::default() });
    on_stores(&mut criterion);
    criterion.final_summary();
}

fn in_memory(criterion: &mut Criterion, name: &str, shape: Shape) {
    let mut group = criterion.benchmark_group(format!("sessions/memory/{name}"));
    for kind in Kind::ALL {
        let run = || explored(*kind, shape, 20_000, &|number| Reference::new(*kind, None, number));
        group.throughput(Throughput::Elements(run().commands));
        group.bench_function(BenchmarkId::from_parameter(kind), |bencher| bencher.iter(|| black_box(run())));
    }
    group.finish();
}

/// Each store beside the others, in one run.
fn on_stores(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sessions/store");
    for kind in StoreKind::ALL {
        let store = match open(*kind) {
            Ok(store) => store,
            Err(skipped) => {
                println!("SKIPPED: {}: {}", skipped.name, skipped.why);
                continue;
            }
        };
        let run = || {
            let memory = |number| Reference::new(Kind::Hybrid, None, number);
            let commands = 1_000;
            match &store {
                None => explored(Kind::Hybrid, Shape::default(), commands, &memory),
                Some(store) => {
                    let make = |number| Reference::on(store.clone(), Kind::Hybrid, None, number);
                    explored(Kind::Hybrid, Shape::default(), commands, &make)
                }
            }
        };
        group.throughput(Throughput::Elements(run().commands));
        group.bench_function(BenchmarkId::from_parameter(kind), |bencher| bencher.iter(|| black_box(run())));
    }
    group.finish();
}

fn explored<S: Store>(kind: Kind, shape: Shape, commands: u64, make: &impl Fn(u64) -> Reference<S>) -> Campaign {
    let limits = Limits { seed: 24_301, commands, time: Duration::MAX, shape };
    let campaign = explore(kind, None, make, limits, |_| true);
    assert_eq!(campaign.finding, None, "the reference service is clean");
    campaign
}
