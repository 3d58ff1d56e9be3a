//! Which cases a target can be shown, by what it says that it supports.
//!
//! Takes a target's greeting, says of a case whether it is of a kind that the target deals in, and what the target lacks for it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use token_assay_model::report::TargetInfo;
use token_assay_model::{Capability, Case, Feature, Input, Policy};

/// What a target lacks for a case.
pub(crate) struct Needs {
    supports: BTreeSet<Capability>,
    /// It names no algorithm, and something of cookies.
    cookies_only: bool,
    by_policy: HashMap<*const Policy, Option<Capability>>,
}

impl Needs {
    /// The needs of cases, held against this greeting.
    pub(crate) fn of(info: &TargetInfo) -> Self {
        let any = |wanted: fn(&Capability) -> bool| info.supports.iter().any(wanted);
        let tokens = any(|capability| matches!(capability, Capability::Algorithm(_)));
        let cookies =
            any(|capability| matches!(capability, Capability::Feature(Feature::Cookie) | Capability::Scheme(_)));
        Self {
            supports: info.supports.iter().copied().collect(),
            cookies_only: cookies && !tokens,
            by_policy: HashMap::new(),
        }
    }

    /// Whether the case is of a kind that the target does not deal in: a token for a reader of cookies, a scheme for another's.
    pub(crate) fn foreign(&self, case: &Case) -> bool {
        let supports = |capability: Capability| self.supports.contains(&capability);
        match &case.policy.cookie {
            Some(cookie) => !supports(cookie.scheme.map_or(Feature::Cookie.into(), Capability::from)),
            None => self.cookies_only,
        }
    }

    /// The first thing that the case needs and the target has not.
    pub(crate) fn lacking(&mut self, case: &Case) -> Option<Capability> {
        let supports = &self.supports;
        let missing = |capability: &Capability| !supports.contains(capability);
        let of_policy = |policy: &Policy| policy.needs().into_iter().find(missing);
        let by_policy = *self.by_policy.entry(Arc::as_ptr(&case.policy)).or_insert_with(|| of_policy(&case.policy));
        let by_control =
            *self.by_policy.entry(Arc::as_ptr(&case.control.policy)).or_insert_with(|| of_policy(&case.control.policy));
        let octets = matches!(case.input, Input::Bytes(_)).then_some(Capability::Feature(Feature::Bytes));
        by_policy.or(by_control).or(octets.filter(missing)).or_else(|| case.needs.iter().copied().find(missing))
    }
}
