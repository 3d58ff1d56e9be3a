//! What a whole request costs, under criterion. `cargo bench --bench request`; `assay bench run request` measures
//! the same rows in turn.

use criterion::Criterion;
use token_assay_benches::{criterion::show, plans::request};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    show(&mut criterion, &request::PLAN);
    criterion.final_summary();
}
