//! Every format on one small hostile report, against files that were looked at, the published schemas, and any text.

mod browser;
mod diff;
mod fixture;
mod formats;
mod golden;
mod hostile;
mod html;
mod mutated;
mod properties;
#[path = "../../src/bench/sample.rs"]
mod sample;
mod schemas;
