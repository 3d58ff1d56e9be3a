//! What looking up a session costs, store by store, under criterion. `cargo bench --bench lookup`; `assay bench run lookup`
//! measures the same rows in turn.

use criterion::Criterion;
use token_assay_benches::{criterion::show, plans::lookup};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    show(&mut criterion, &lookup::PLAN);
    criterion.final_summary();
}
