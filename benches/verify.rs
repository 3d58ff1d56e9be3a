//! What a verification costs, crate by crate, under criterion. `cargo bench --bench verify`; `assay bench run verify` measures
//! the same rows in turn.

use criterion::Criterion;
use token_assay_benches::{criterion::show, plans::verify};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    show(&mut criterion, &verify::PLAN);
    criterion.final_summary();
}
