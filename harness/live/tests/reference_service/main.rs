//! The reference service on real stores, and over HTTP.

mod controls;
mod http;
mod inquiries;
mod served;
mod stores;
