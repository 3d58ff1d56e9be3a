//! The reference service on real stores, and over HTTP.

mod http;
mod inquiries;
mod served;
mod stores;
