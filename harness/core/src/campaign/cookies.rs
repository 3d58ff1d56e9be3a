//! A header that nobody wrote a row for, before one reader of cookies.
//!
//! Takes a header and what a target did with it, gives findings by the header oracles, one a fault. The expectation in each
//! is what any reading must hold to that does not show the fault, so that a replay needs no row. A worker shows its readers
//! of cookies a header for each number that it shows its verifiers a token for.

use std::sync::{Arc, LazyLock};

use token_assay_model::report::ClassInfo;
use token_assay_model::{
    Answer, Case, CaseId, CookieHeader, CookiePolicy, Expectation, Finding, Input, Level, Observation, Oracle, Outcome,
    Policy, Profile, Reference, Request, Severity, Verdict, cookie,
};

use super::shared::Shared;
use super::target::{lacks_nothing, shown_after_control};
use super::worker::Worker;
use super::{FAMILY, Progress};
use crate::attacks::Says;
use crate::collect::Cell;
use crate::generate::{HeaderRecipe, Seeded};
use crate::oracles::cookies::{self, Fault, Shown};
use crate::targets::{self, Verifier};
use crate::{collect, known, oracles};

/// What every header is read under.
pub fn policy() -> &'static Arc<Policy> {
    static POLICY: LazyLock<Arc<Policy>> = LazyLock::new(|| {
        let cookie = CookiePolicy { name: "sid".to_owned(), ..CookiePolicy::default() };
        Arc::new(Policy { cookie: Some(cookie), ..Policy::default() })
    });
    &POLICY
}

impl Worker {
    /// Shows the readers of cookies the headers of these numbers.
    pub(super) fn show_headers(
        &mut self,
        numbers: &[u64],
        shared: &Shared<'_>,
        counted: &mut Progress,
        counts: &mut Vec<(String, Outcome, u64)>,
    ) {
        let readers: Vec<usize> = (0..self.targets.len())
            .filter(|index| self.targets[*index].is_alive() && self.targets[*index].reads_headers())
            .collect();
        if readers.is_empty() {
            return;
        }
        let choose = |number: &u64| HeaderRecipe::choose(&mut Seeded::new(shared.options.seed, *number));
        let recipes: Vec<HeaderRecipe> = numbers.iter().map(choose).collect();
        let headers: Vec<CookieHeader> = recipes.iter().map(HeaderRecipe::header).collect();
        for index in readers {
            let joins = self.targets[index].joins_fields();
            let shown: Vec<usize> = (0..headers.len()).filter(|at| joins || headers[*at].len() == 1).collect();
            let seen = self.read(index, shown.iter().map(|at| &headers[*at]));
            counted.requests += seen.len() as u64;
            let mut failed = 0;
            for (at, observation) in shown.iter().zip(&seen) {
                let found = findings(&self.targets[index].name, &headers[*at], observation);
                failed += u64::from(!found.is_empty());
                for finding in found {
                    self.file_header(index, &recipes[*at], finding, shared);
                }
            }
            let name = self.targets[index].name.clone();
            counts.push((name.clone(), Outcome::Pass, seen.len() as u64 - failed));
            counts.push((name, Outcome::Fail, failed));
        }
    }

    /// Shows whoever deals in cookies, or decrypts, the catalogue's cases whose turn it is at these numbers, each with its control before it:
    /// what its row says of a single pair, of a version or of a time no oracle knows.
    pub(super) fn show_rows(
        &mut self,
        numbers: &[u64],
        shared: &Shared<'_>,
        counted: &mut Progress,
        counts: &mut Vec<(String, Outcome, u64)>,
    ) {
        let Self { targets, rows } = self;
        for target in targets {
            if !target.reads_headers() && target.schemes().is_empty() && !target.decrypts() {
                continue;
            }
            let clocked = target.clocked;
            let now = if clocked { shared.options.now } else { (shared.options.clock)() };
            let (mut shown, mut failed) = (0, 0);
            for number in numbers {
                let Some(row) = rows.at(shared.options.seed, *number, now, clocked) else { continue };
                let bears_it = !(target.is_slow && matches!(row.class.says, Says::Bounded(_)));
                if !target.is_alive() || !bears_it || !target.can_be_shown(row.case) {
                    continue;
                }
                let Some(seen) = target.show_after_control(row.case) else { continue };
                (shown, counted.requests) = (shown + 1, counted.requests + 1);
                if let Some(finding) = of_row(&target.name, row.case, seen) {
                    failed += 1;
                    target.is_slow |=
                        finding.oracle == Oracle::Robustness && matches!(row.class.says, Says::Bounded(_));
                    file(finding, row.class.info(row.family), shared);
                }
            }
            counts.push((target.name.clone(), Outcome::Pass, shown - failed));
            counts.push((target.name.clone(), Outcome::Fail, failed));
        }
    }

    fn read<'h>(&mut self, index: usize, headers: impl Iterator<Item = &'h CookieHeader>) -> Vec<Observation> {
        let inputs: Vec<Input> = headers.cloned().map(Input::Cookie).collect();
        let requests: Vec<Request<'_>> = inputs.iter().map(|input| Request { input, policy: policy() }).collect();
        self.targets[index].show(&requests)
    }

    /// Files a finding; one that is new is made small first.
    fn file_header(&mut self, index: usize, recipe: &HeaderRecipe, finding: Finding, shared: &Shared<'_>) {
        let name = self.targets[index].name.clone();
        let info = info(finding.case.class()).expect("it is a class of headers");
        if shared.has_found(&finding.fingerprint) {
            shared.found(finding, info);
            return;
        }
        let mut smallest = finding;
        let mut tries = 0;
        let _ = recipe.clone().reduce(|header| {
            tries += 1;
            if tries > TRIES {
                return false;
            }
            let Some(observation) = self.read(index, std::iter::once(header)).pop() else { return false };
            let same = |found: &Finding| found.fingerprint == smallest.fingerprint;
            let again = findings(&name, header, &observation).into_iter().find(same);
            let is_same = again.is_some();
            if let Some(again) = again {
                smallest = again;
            }
            is_same
        });
        file(smallest, info, shared);
    }
}

/// What a case of the catalogue shows of a target that answers by a call: after its control and what comes before it. Nothing
/// where the target lacks what the case needs, does not accept the control, or does nothing wrong.
pub fn show_row(name: &str, verifier: &dyn Verifier, case: &Case) -> Option<Finding> {
    let supports = verifier.info().supports;
    if !lacks_nothing(case, |need| supports.contains(need)) {
        return None;
    }
    let show = |requests: &[Request<'_>]| requests.iter().map(|request| targets::observe(verifier, *request)).collect();
    of_row(name, case, shown_after_control(case, show)?)
}

fn of_row(name: &str, case: &Case, seen: Observation) -> Option<Finding> {
    let judgement = oracles::judge(case, &seen)?;
    let cell = Cell::answered(Outcome::Fail, seen, Some(judgement.clone()), None, false);
    Some(collect::finding(name, case, &cell, &judgement))
}

/// How often a finding is tried smaller.
const TRIES: u32 = 300;

/// What the answer shows.
pub fn shown(header: &CookieHeader, answer: &Answer) -> Vec<Shown> {
    match answer {
        Answer::Verdict(Verdict::Accept { claims, .. }) => {
            cookie::pairs(claims).map_or_else(Vec::new, |pairs| cookies::judge(header, &pairs))
        }
        Answer::Verdict(Verdict::Reject { .. }) => cookies::judge_refusal(header).into_iter().collect(),
        Answer::Verdict(Verdict::Unsupported { .. }) | Answer::Fault(_) => Vec::new(),
    }
}

/// What is told of a cookie that a target answered wrongly.
pub(super) struct Told<'a> {
    /// By which oracle, how firmly, how badly.
    pub(super) weight: (Oracle, Level, Severity),
    /// The class, without the family.
    pub(super) class: &'a str,
    /// The sentence.
    pub(super) title: String,
    /// The way of configuring.
    pub(super) profile: Profile,
    /// What is right.
    pub(super) expected: Expectation,
    /// What was shown, and under which policy.
    pub(super) shown: (&'a CookieHeader, &'a Arc<Policy>),
    /// What it differs from.
    pub(super) twin: CookieHeader,
}

impl Told<'_> {
    /// The finding.
    pub(super) fn of(self, target: &str, seen: &Observation) -> Finding {
        let (oracle, level, severity) = self.weight;
        let id = CaseId::new(FAMILY, self.class, "cookie");
        Finding {
            fingerprint: collect::fingerprint(oracle, &format!("{FAMILY}/{}", self.class), target, self.profile),
            oracle,
            target: target.to_owned(),
            case: id.clone(),
            title: self.title,
            severity,
            level,
            profile: self.profile,
            outcome: Outcome::Fail,
            known: None,
            without_control: false,
            expected: self.expected,
            observed: seen.answer.clone(),
            microseconds: seen.elapsed.as_micros().try_into().unwrap_or(u64::MAX),
            input: Input::Cookie(self.shown.0.clone()),
            policy: Arc::clone(self.shown.1),
            before: Vec::new(),
            twin: Input::Cookie(self.twin),
            others: Vec::new(),
            cases: vec![id],
            recipe: None,
        }
    }
}

/// Files a finding under its known reason, where it has one.
pub(super) fn file(mut finding: Finding, info: ClassInfo, shared: &Shared<'_>) {
    finding.known = known::reason(shared.options.known, &finding.target, &finding.case, true).map(str::to_owned);
    finding.outcome = if finding.known.is_some() { Outcome::Known } else { Outcome::Fail };
    shared.found(finding, info);
}

/// Findings, a fault at most once.
pub fn findings(target: &str, header: &CookieHeader, seen: &Observation) -> Vec<Finding> {
    let told = |weight, class, title, expected| Told {
        weight,
        class,
        title,
        profile: Profile::Cookies,
        expected,
        shown: (header, policy()),
        twin: CookieHeader::line("sid=31d4; theme=dark"),
    };
    if let Answer::Fault(fault) = &seen.answer {
        let title = format!("The reader of cookies did not answer: {}.", fault.as_str());
        let expected = Expectation::Bounded { milliseconds: 1000 };
        let weight = (Oracle::Robustness, Level::Must, Severity::High);
        return vec![told(weight, FAULT, title, expected).of(target, seen)];
    }
    let mut shown = shown(header, &seen.answer);
    shown.sort_by_key(|shown| shown.fault);
    shown.dedup_by_key(|shown| shown.fault);
    let finding = |Shown { fault, because, says }| {
        let (oracle, severity) = weight(fault);
        told((oracle, Level::Should, severity), class(fault), because, Expectation::Cookies(says)).of(target, seen)
    };
    shown.into_iter().map(finding).collect()
}

/// What reports say of one of its classes; none where it is not one.
pub fn info(class_id: &str) -> Option<ClassInfo> {
    if class_id == FAULT {
        return Some(fault_info());
    }
    let fault = [Fault::Prefix, Fault::Smuggle, Fault::Poison].into_iter().find(|fault| class(*fault) == class_id)?;
    let (title, mend) = match fault {
        Fault::Prefix => (
            "A name with a prefix that browsers guard was read where no pair begins with it.",
            "Compare names octet by octet, and trim SP and HTAB only.",
        ),
        Fault::Smuggle => (
            "A cookie was read out of another, or one swallowed its neighbours.",
            "End pairs at `;` and nowhere else, before anything is decoded or unquoted.",
        ),
        Fault::Poison => ("A well-formed cookie was not read.", "Skip a malformed pair and read on."),
    };
    Some(ClassInfo {
        id: format!("{FAMILY}/{}", class(fault)),
        title: title.to_owned(),
        construction: format!("a header made by chance; {}", fault.as_str()),
        level: Level::Should,
        severity: weight(fault).1,
        references: vec![
            Reference("RFC 6265 §4.2.1".to_owned()),
            Reference("draft-ietf-httpbis-rfc6265bis §5.6".to_owned()),
        ],
        cwe: Some(436),
        mend: mend.to_owned(),
    })
}

/// The class of a fault instead of an answer.
const FAULT: &str = "header-fault";

fn fault_info() -> ClassInfo {
    ClassInfo {
        id: format!("{FAMILY}/{FAULT}"),
        title: "A reader of cookies did not answer.".to_owned(),
        construction: "a header made by chance; O-CRASH".to_owned(),
        level: Level::Must,
        severity: Severity::High,
        references: vec![Reference("CWE-248".to_owned())],
        cwe: Some(248),
        mend: "Return the documented error for every input; the input is an attacker's.".to_owned(),
    }
}

const fn class(fault: Fault) -> &'static str {
    match fault {
        Fault::Prefix => "header-prefix",
        Fault::Smuggle => "header-smuggle",
        Fault::Poison => "header-poison",
    }
}

const fn weight(fault: Fault) -> (Oracle, Severity) {
    match fault {
        Fault::Prefix | Fault::Smuggle => (Oracle::Soundness, Severity::High),
        Fault::Poison => (Oracle::Completeness, Severity::Medium),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use token_assay_model::Pair;

    use super::*;

    #[test]
    fn a_finding_is_judged_again_by_what_it_expects() {
        let header = CookieHeader::line("x=1,sid=B; y=2");
        let seen = |pairs: &[Pair]| Observation {
            answer: Verdict::Accept { claims: cookie::claims(pairs), header: None }.into(),
            elapsed: Duration::ZERO,
        };
        let wrong = seen(&[Pair::new("x", "1"), Pair::new("sid", "B"), Pair::new("y", "2")]);
        let found = findings("reader", &header, &wrong);
        let [finding] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((finding.oracle, finding.case.class()), (Oracle::Soundness, "header-smuggle"));
        let admits =
            |seen: &Observation| matches!(&seen.answer, Answer::Verdict(verdict) if finding.expected.admits(verdict));
        assert!(!admits(&wrong));
        assert!(admits(&seen(&[Pair::new("x", "1,sid=B"), Pair::new("y", "2")])));
        assert_eq!(findings("reader", &header, &seen(&[Pair::new("x", "1,sid=B"), Pair::new("y", "2")])), []);
    }

    #[test]
    fn a_fault_is_a_finding_and_a_lost_cookie_is_asked_for_again() {
        let header = CookieHeader::line("x=\"a; sid=A");
        let panic =
            Observation { answer: token_assay_model::Fault::Panic(String::new()).into(), elapsed: Duration::ZERO };
        assert_eq!(findings("reader", &header, &panic)[0].case.class(), "header-fault");
        let refused = Observation { answer: Verdict::reject(None, "").into(), elapsed: Duration::ZERO };
        let found = findings("reader", &header, &refused);
        assert_eq!(found[0].case.class(), "header-poison");
        assert_eq!(found[0].expected.to_string(), "sid=A");
    }
}
