//! What reading a cookie costs, crate by crate, under criterion. `cargo bench --bench cookies`; `assay bench run cookies`
//! measures the same rows in turn.

use criterion::Criterion;
use token_assay_benches::{criterion::show, plans::cookies};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    show(&mut criterion, &cookies::PLAN);
    criterion.final_summary();
}
