//! The verbs, a file each.

pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod list;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod worker;

mod subjects;
