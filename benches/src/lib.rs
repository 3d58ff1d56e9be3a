//! What verification costs, and what a session lookup costs beside it.
//!
//! A [`plan`](plans) prepares [`Group`]s of rows that are compared with one another: each row has shown that it answers
//! rightly before it can be timed. [`measure()`] takes prepared groups and gives the values of `bench.json`, every row of a
//! group in turn; [`criterion`] shows the same rows to criterion, one after the other, for whoever works on one of them.
//! Never judges, compares or prints.

pub mod criterion;
pub mod group;
pub mod machine;
pub mod measure;
pub mod placement;
pub mod plans;
pub mod store;

pub use group::{Added, Group, Measure, Row, Work};
pub use measure::{Options, measure};
pub use plans::{PLANS, Plan, Prepared, Scale};
pub use token_assay_live::server;
