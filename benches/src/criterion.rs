//! The rows of a plan under criterion: for whoever works on one of them.
//!
//! Takes a plan, gives criterion a benchmark for each called row, one after the other; so rows of one run may read a quarter
//! apart, and are compared by `assay bench`, which measures them in turn. Windows are left out: criterion times calls.

use std::time::Instant;

use criterion::Criterion;

use crate::{Plan, Scale, Work};

/// Shows the rows of a plan.
pub fn show(criterion: &mut Criterion, plan: &Plan) {
    let prepared = (plan.prepare)(Scale::Quick);
    for skipped in &prepared.skipped {
        println!("SKIPPED: {}: {}", skipped.name, skipped.why);
    }
    for group in prepared.groups {
        for wrong in &group.wrong {
            println!("NOT TIMED: {}/{}: {}", group.name, wrong.name, wrong.why);
        }
        let mut shown = criterion.benchmark_group(&group.name);
        for row in group.rows {
            let Work::Calls(mut call) = row.work else { continue };
            shown.bench_function(row.name, |bencher| {
                bencher.iter_custom(|times| {
                    let started = Instant::now();
                    call(times);
                    started.elapsed()
                });
            });
        }
        shown.finish();
    }
}
