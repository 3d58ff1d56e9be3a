//! What mixtures of tokens and sessions cost, under criterion. `cargo bench --bench hybrid`; `assay bench run hybrid` measures
//! the same rows in turn.

use criterion::Criterion;
use token_assay_benches::{criterion::show, plans::hybrid};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    show(&mut criterion, &hybrid::PLAN);
    criterion.final_summary();
}
