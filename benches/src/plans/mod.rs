//! What is measured, a plan a file.
//!
//! A plan prepares its rows (keys, tokens, stores, servers), shows each what it must answer, and hands them out; whatever must
//! stay alive while they are timed lies in [`Prepared::alive`].

pub mod cookies;
pub mod floors;
pub mod hybrid;
mod introspection;
pub mod lookup;
pub mod request;
pub mod tokens;
pub mod verify;

use std::any::Any;

use token_assay_model::bench::{Backend, Skipped};

use crate::Group;

/// Everything that can be measured.
pub const PLANS: &[Plan] = &[verify::PLAN, lookup::PLAN, cookies::PLAN, hybrid::PLAN, request::PLAN];

/// Something that can be measured.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// What its groups' names begin with.
    pub name: &'static str,
    /// What it measures, in a sentence.
    pub title: &'static str,
    /// Makes everything ready.
    pub prepare: fn(Scale) -> Prepared,
}

/// How large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Everything.
    Full,
    /// What fits into a look: the sizes and cases that say most.
    Quick,
}

/// What a plan made ready.
#[derive(Default)]
pub struct Prepared {
    /// The rows.
    pub groups: Vec<Group>,
    /// What answers from outside, or keeps sessions.
    pub backends: Vec<Backend>,
    /// What could not be made ready here, and why.
    pub skipped: Vec<Skipped>,
    /// What the rows need while they are timed: servers, folders.
    pub alive: Vec<Box<dyn Any>>,
}
