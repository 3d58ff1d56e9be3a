//! Failures that are known: listed by the user with a reason, counted, and no failure of the run.
//!
//! Takes the entries of `assay.toml` and the quirks of targets, says of a failing case whether one of them covers it, and
//! afterwards which entries are stale. Never hides a case: a known failure is an outcome of its own.
//!
//! ```
//! use token_assay::known::{self, Known};
//! use token_assay::model::CaseId;
//!
//! let known = [Known::new("my-verifier", "time/iat-*", "iat is not looked at; documented").unwrap()];
//! let case = CaseId::new("time", "iat-future", "hour");
//! assert_eq!(known::reason(&known, "my-verifier", &case, true), Some("iat is not looked at; documented"));
//! assert!(known::stale(&known).is_empty());
//! ```

use std::sync::atomic::{AtomicBool, Ordering};

use globset::{Glob, GlobMatcher};
use token_assay_model::CaseId;
use token_assay_model::finding::QUIRK;
use token_assay_model::report::StaleKnown;

/// One entry.
#[derive(Debug)]
pub struct Known {
    target: GlobMatcher,
    case: GlobMatcher,
    reason: String,
    is_quirk: bool,
    ran: AtomicBool,
    failed: AtomicBool,
}

impl Known {
    /// An entry for a target's name and a case's or class's id, both globs whose `*` crosses `/`.
    ///
    /// # Errors
    ///
    /// Where one of them is no glob.
    pub fn new(target: &str, case: &str, reason: &str) -> Result<Self, globset::Error> {
        Ok(Self {
            target: Glob::new(target)?.compile_matcher(),
            case: Glob::new(case)?.compile_matcher(),
            reason: reason.to_owned(),
            is_quirk: false,
            ran: AtomicBool::new(false),
            failed: AtomicBool::new(false),
        })
    }

    /// A quirk: a difference that a target documents, and that harms nobody. It says where, and is never stale: it is listed
    /// once for every way of running.
    ///
    /// # Errors
    ///
    /// Where one of the first two is no glob.
    pub fn quirk(target: &str, case: &str, reason: &str, source: &str) -> Result<Self, globset::Error> {
        let entry = Self::new(target, case, &format!("{QUIRK}{reason} ({source})"))?;
        Ok(Self { is_quirk: true, ..entry })
    }

    fn covers(&self, target: &str, case: &CaseId) -> bool {
        let class = || format!("{}/{}", case.family(), case.class());
        self.target.is_match(target) && (self.case.is_match(case.as_str()) || self.case.is_match(class()))
    }
}

/// The reason of the first entry that covers this case, which ran and `failed` or did not.
pub fn reason<'k>(known: &'k [Known], target: &str, case: &CaseId, failed: bool) -> Option<&'k str> {
    let mut reason = None;
    for entry in known.iter().filter(|entry| entry.covers(target, case)) {
        entry.ran.store(true, Ordering::Relaxed);
        if failed {
            entry.failed.store(true, Ordering::Relaxed);
            reason.get_or_insert(entry.reason.as_str());
        }
    }
    reason
}

/// The entries that should go.
pub fn stale(known: &[Known]) -> Vec<StaleKnown> {
    let stale = |entry: &Known| {
        let because = match (entry.ran.load(Ordering::Relaxed), entry.failed.load(Ordering::Relaxed)) {
            (_, true) => return None,
            (true, false) => "it no longer fails",
            (false, false) => "it matches nothing that ran",
        };
        Some(StaleKnown {
            target: entry.target.glob().to_string(),
            case: entry.case.glob().to_string(),
            because: because.to_owned(),
        })
    };
    known.iter().filter(|entry| !entry.is_quirk).filter_map(stale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quirk_says_where_it_is_documented_and_is_never_stale() {
        let known = [Known::quirk("lib", "time/*", "a minute of leeway", "its README").unwrap()];
        let case = CaseId::new("time", "exp-past", "pinned-hs256");
        assert_eq!(reason(&known, "lib", &case, true), Some("quirk: a minute of leeway (its README)"));
        assert!(stale(&[Known::quirk("lib", "*", "never met", "its README").unwrap()]).is_empty());
    }

    #[test]
    fn an_entry_covers_by_class_and_by_case_and_tells_when_it_is_stale() {
        let known = [
            Known::new("lib", "time/exp-*", "lenient clocks").unwrap(),
            Known::new("lib", "time/nbf-future", "documented").unwrap(),
            Known::new("other", "*", "all of it").unwrap(),
        ];
        let case = |class: &str| CaseId::new("time", class, "pinned-hs256");
        assert_eq!(reason(&known, "lib", &case("exp-past"), true), Some("lenient clocks"));
        assert_eq!(reason(&known, "lib", &case("nbf-future"), false), None);
        assert_eq!(reason(&known, "lib", &case("iat-future"), true), None);
        let because: Vec<_> = stale(&known).into_iter().map(|stale| (stale.target, stale.because)).collect();
        let expected = [("lib", "it no longer fails"), ("other", "it matches nothing that ran")];
        assert_eq!(because, expected.map(|(target, because)| (target.to_owned(), because.to_owned())));
    }
}
