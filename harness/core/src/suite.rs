//! The catalogue as tests of your own verifier.
//!
//! Takes a [`Verifier`], runs the loop in this process, and panics with what it found, so that `cargo test`, nextest and
//! an editor show it. [`suite!`](crate::suite!) makes a test a family; [`conform`] is what they call.
//!
//! ```no_run
//! use token_assay::model::{Algorithm, Reason, Request, Verdict, report::TargetInfo};
//! use token_assay::targets::Verifier;
//!
//! struct MyVerifier;
//!
//! impl Verifier for MyVerifier {
//!     fn info(&self) -> TargetInfo {
//!         let supports = ["HS256", "secret", "issuer", "audience", "exp", "nbf"];
//!         TargetInfo::new("my-verifier", env!("CARGO_PKG_VERSION"), &supports)
//!     }
//!
//!     fn verify(&self, request: Request<'_>) -> Verdict {
//!         let Some(token) = request.input.text() else { return Verdict::unsupported("bytes") };
//!         // Build from `request.policy` what your application would build, and verify `token` with it.
//!         # let _ = token;
//!         Verdict::reject(Reason::Other, "not written yet")
//!     }
//! }
//!
//! token_assay::suite!(MyVerifier);
//! # fn main() {}
//! ```

use std::fmt::Write as _;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use token_assay_model::{Finding, Level, Outcome, Report, Severity};

use crate::forge::{Keyring, NOW};
use crate::known::Known;
use crate::run::{Options, Subject, run};
use crate::targets::{InProcess, Verifier};

/// A test for each family of the catalogue, in a module `assay`.
///
/// Takes an expression that makes the verifier, and, after a semicolon, failures that are known: a glob of case or class
/// ids, and the reason.
///
/// ```text
/// token_assay::suite!(MyVerifier::new(); ("time/iat-*", "iat is not looked at; documented"));
/// ```
#[macro_export]
macro_rules! suite {
    ($verifier:expr $(; $(($case:literal, $reason:literal)),+ $(,)?)?) => {
        #[cfg(test)]
        mod assay {
            use super::*;

            $crate::suite!(@tests ($verifier) [$($(($case, $reason)),+)?]
                control alg_none alg_confusion alg_mismatch alg_type hmac signature time claims structure);
        }
    };
    (@tests $verifier:tt $known:tt $($family:ident)+) => {
        $($crate::suite!(@test $verifier $known $family);)+
    };
    (@test ($verifier:expr) [$(($case:literal, $reason:literal)),*] $family:ident) => {
        #[test]
        fn $family() {
            let family = stringify!($family).replace('_', "-");
            $crate::suite::conform($verifier, &[&family], &[$(($case, $reason)),*]);
        }
    };
}

/// Runs the selected families or classes and panics where a MUST or a SHOULD is broken with medium severity or more.
///
/// `known` holds globs of case or class ids with the reason why their failure is accepted.
///
/// # Panics
///
/// With the findings; also where nothing ran, where the control was refused, and where a glob is none.
pub fn conform(verifier: impl Verifier + 'static, selection: &[&str], known: &[(&str, &str)]) {
    let report = report(verifier, selection, known);
    let bad = |f: &&Finding| f.outcome == Outcome::Fail && f.severity >= Severity::Medium && f.level <= Level::Should;
    let findings: Vec<&Finding> = report.findings.iter().filter(bad).collect();
    if let Some(why) = &report.targets[0].unusable {
        panic!("the verifier could not be tried: {why}");
    }
    assert!(report.tried() > 0, "nothing ran: what the verifier supports is {:?}", report.targets[0].info.supports);
    assert!(findings.is_empty(), "{}", describe(&findings));
}

/// The same, giving the report instead of an opinion.
///
/// # Panics
///
/// Where a glob of `known` is none.
pub fn report(verifier: impl Verifier + 'static, selection: &[&str], known: &[(&str, &str)]) -> Report {
    let name = verifier.info().name;
    let entry = |(case, reason): &(&str, &str)| Known::new("*", case, reason).expect("a glob");
    let known: Vec<Known> = known.iter().map(entry).collect();
    let stop = AtomicBool::new(false);
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let options = Options {
        keyring: Keyring::corpus(),
        now: NOW,
        real_now: since_epoch.as_secs().try_into().unwrap_or(NOW),
        started: String::new(),
        seed: 0,
        selection: selection.iter().map(|id| (*id).to_owned()).collect(),
        wanted: &|_| true,
        regressions: &[],
        known: &known,
        repeat: 1,
        jobs: 1,
        max_time: None,
        max_findings: None,
        stop: &stop,
    };
    let driver = Box::new(InProcess(verifier, Duration::from_secs(2)));
    run(vec![Subject { name, driver }], &options, &|_| {})
}

fn describe(findings: &[&Finding]) -> String {
    let mut text = format!("{} findings\n", findings.len());
    for finding in findings {
        let input = finding.input.text().map_or_else(|| format!("{:?}", finding.input.octets()), str::to_owned);
        let policy = serde_json::to_string(&*finding.policy).expect("a policy is JSON");
        let _ = write!(
            text,
            "\n{} {} ({} cases)\n  {}\n  expected  {}\n  observed  {}\n  token     {}\n  policy    {}\n",
            finding.severity,
            finding.case,
            finding.cases.len(),
            finding.title,
            finding.expected,
            finding.observed,
            shortened(&input),
            shortened(&policy),
        );
    }
    text
}

/// Panic messages are read in terminals.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(2000) {
        Some((end, _)) => format!("{}… ({} octets)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strawman::Sound;

    crate::suite!(Sound);

    #[test]
    fn the_macro_names_every_family() {
        let named = include_str!("suite.rs")
            .split_once("@tests ($verifier) [$($(($case, $reason)),+)?]")
            .and_then(|(_, rest)| rest.split_once(");"))
            .expect("the macro's list is there")
            .0;
        let named: Vec<String> = named.split_whitespace().map(|family| family.replace('_', "-")).collect();
        let families: Vec<&str> = crate::attacks::FAMILIES.iter().map(|family| family.id).collect();
        assert_eq!(named, families);
    }

    #[test]
    #[should_panic(expected = "A forged token that says alg none and has an empty signature was accepted.")]
    fn a_broken_verifier_panics_with_its_findings() {
        conform(crate::run::verifier("strawman-allows-none").expect("a strawman"), &["alg-none"], &[]);
    }

    #[test]
    fn a_known_failure_does_not_panic() {
        let broken = crate::run::verifier("strawman-allows-none").expect("a strawman");
        conform(broken, &["alg-none"], &[("alg-none/*", "on purpose")]);
    }
}
