//! The reference service on real stores, and over HTTP.

mod http;
mod served;
mod stores;
