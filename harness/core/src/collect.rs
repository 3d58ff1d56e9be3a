//! From what each target did to the report.
//!
//! Takes the cells of all targets, gives findings (one a fingerprint, the shortest token shown) and the [`Report`]. Never
//! touches a target.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use sha2::Digest as _;
use token_assay_model::report::{
    CaseReport, CaseResult, ControlFailure, Cost, RunInfo, SCHEMA, TargetInfo, TargetReport, Timing, Tool,
};
use token_assay_model::{
    Answer, Case, CaseId, Claims, Control, Expectation, Finding, Fingerprint, Input, Level, Observation, Oracle,
    Outcome, Profile, Reason, Report, Severity, Verdict, cookie,
};

use crate::attacks::{self, Class, Family, Make, Says};
use crate::known;
use crate::oracles::{self, Judgement};
use crate::regressions::Regression;
use crate::run::Options;
use crate::strawman;
use crate::targets::{Asked, Judged};

/// What one target did with one case.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) outcome: Outcome,
    pub(crate) observation: Option<Observation>,
    pub(crate) judgement: Option<Judgement>,
    skipped_for: Option<String>,
    known: Option<String>,
    without_control: bool,
    pub(crate) cost: Option<Cost>,
    /// What came of it in words, where that is no one answer.
    told: Option<String>,
}

impl Cell {
    /// Not asked yet; what it stays if the run stops.
    pub(crate) fn waiting() -> Self {
        Self::inconclusive()
    }

    pub(crate) fn inconclusive() -> Self {
        Self {
            outcome: Outcome::Inconclusive,
            observation: None,
            judgement: None,
            skipped_for: None,
            known: None,
            without_control: false,
            cost: None,
            told: None,
        }
    }

    pub(crate) fn skip(capability: &str) -> Self {
        Self { outcome: Outcome::Skip, skipped_for: Some(capability.to_owned()), ..Self::inconclusive() }
    }

    /// What was seen in several answers together.
    fn told(outcome: Outcome, because: String) -> Self {
        Self { outcome, told: Some(because), ..Self::inconclusive() }
    }

    /// In words.
    fn answer(&self) -> String {
        match (&self.told, &self.observation, &self.skipped_for) {
            (Some(told), ..) => told.clone(),
            (None, Some(observation), _) => observation.answer.to_string(),
            (None, None, Some(capability)) => capability.clone(),
            (None, None, None) => "not shown".to_owned(),
        }
    }

    /// Of a kind that the target does not deal in: it is told of nowhere.
    pub(crate) fn foreign() -> Self {
        Self { outcome: Outcome::Skip, ..Self::inconclusive() }
    }

    fn is_foreign(&self) -> bool {
        self.outcome == Outcome::Skip && self.skipped_for.is_none() && self.observation.is_none()
    }

    pub(crate) fn answered(
        outcome: Outcome,
        observation: Observation,
        judgement: Option<Judgement>,
        known: Option<&str>,
        without_control: bool,
    ) -> Self {
        Self {
            outcome,
            observation: Some(observation),
            judgement,
            skipped_for: None,
            known: known.map(str::to_owned),
            without_control,
            cost: None,
            told: None,
        }
    }

    /// The same without claims that nothing will be compared with; of very many cookies those that are asked about.
    pub(crate) fn slimmed(mut self, expectation: &Expectation) -> Self {
        const MOST: usize = 64;
        if let (Expectation::Cookies(says), Some(observation)) = (expectation, &mut self.observation)
            && let Answer::Verdict(Verdict::Accept { claims, .. }) = &mut observation.answer
            && let Some(mut pairs) = cookie::pairs(claims).filter(|pairs| pairs.len() > MOST)
        {
            pairs.retain(|pair| says.asks_about(&pair.0));
            *claims = cookie::claims(&pairs);
        }
        let compared =
            matches!(expectation, Expectation::Either { .. } | Expectation::Bounded { .. } | Expectation::Cookies(_));
        if let (Outcome::Pass | Outcome::Inconclusive, false, Some(observation)) =
            (self.outcome, compared, &mut self.observation)
            && let Answer::Verdict(Verdict::Accept { claims, header }) = &mut observation.answer
        {
            *claims = Claims::default();
            *header = None;
        }
        let in_short = |seen: Observation| Observation { answer: told(expectation, seen.answer), ..seen };
        self.observation = self.observation.map(in_short);
        self
    }
}

/// An answer as reports tell it: a token that inflates to megabytes need not stand in them, with every other target's finding.
/// Cookies are few by now, and are read again from their claims.
fn told(expectation: &Expectation, answer: Answer) -> Answer {
    match (expectation, answer) {
        (Expectation::Cookies(_), answer) | (_, answer @ Answer::Fault(_)) => answer,
        (_, Answer::Verdict(verdict)) => verdict.in_short().into(),
    }
}

/// What one target did with everything.
pub(crate) struct TargetResult {
    pub(crate) name: String,
    pub(crate) info: TargetInfo,
    pub(crate) clocked: bool,
    pub(crate) cells: Vec<Cell>,
    pub(crate) marked: Vec<Marked>,
    pub(crate) control_failures: Vec<ControlFailure>,
    pub(crate) spent_on_controls: Duration,
    pub(crate) timing: Option<Timing>,
    pub(crate) unusable: Option<String>,
}

impl TargetResult {
    pub(crate) fn unusable(name: String, why: String) -> Self {
        let info = TargetInfo {
            name: name.clone(),
            version: String::new(),
            language: String::new(),
            homepage: None,
            issues: None,
            supports: Vec::new(),
        };
        Self {
            name,
            info,
            clocked: true,
            cells: Vec::new(),
            marked: Vec::new(),
            control_failures: Vec::new(),
            spent_on_controls: Duration::ZERO,
            timing: None,
            unusable: Some(why),
        }
    }
}

/// What became of a control where it is no case of the suite: a finding about it, or a way in which a service was asked.
pub(crate) struct Marked {
    pub(crate) case: Case,
    pub(crate) cell: Cell,
}

impl Marked {
    pub(crate) fn new(
        class: &'static Class,
        first: &CaseId,
        profile: Profile,
        control: &Arc<Control>,
        input: Input,
        observation: &Observation,
        judgement: Option<Judgement>,
    ) -> Self {
        let variant = format!("{}-{}", first.class(), first.variant());
        let expectation = match class.says {
            Says::MustReject(reason) => Expectation::Reject { reason },
            _ => Expectation::Accept { claims: control.claims.clone() },
        };
        let id = CaseId::new(CONTROLS.id, class.id, &variant);
        let case = of_control((id, class), profile, control, input, expectation);
        let judgement = judgement.unwrap_or(Judgement { oracle: Oracle::Soundness, because: None });
        let cell = Cell::answered(Outcome::Fail, observation.clone(), Some(judgement), None, false);
        Self { case, cell }
    }

    /// The same where a control was shown in a way of a class's own.
    pub(crate) fn asked(
        (family, class): (&'static Family, &'static Class),
        profile: Profile,
        control: &Arc<Control>,
        asked: Asked,
    ) -> Self {
        let expectation = || match class.says {
            Says::MustReject(reason) | Says::ShouldReject(reason) => Expectation::Reject { reason },
            _ => Expectation::Either { because: "the row leaves it".to_owned() },
        };
        let case_of = |variant: &str, input, expectation| {
            let id = CaseId::new(family.id, class.id, variant);
            of_control((id, class), profile, control, input, expectation)
        };
        let (variant, cell) = match asked {
            Asked::Held { variant, because } => (variant, Cell::told(Outcome::Pass, because)),
            Asked::CannotTell { variant, because } => (variant, Cell::told(Outcome::Inconclusive, because)),
            Asked::Skipped { variant, wanting } => (variant, Cell::skip(&wanting)),
            Asked::Sent(sent) => {
                let sent = *sent;
                let mut case = case_of(&sent.variant, sent.input, sent.expectation.unwrap_or_else(expectation));
                case.before = sent.before;
                let judgement = match sent.judged {
                    None => oracles::judge(&case, &sent.observation),
                    Some(Judged { oracle, level, severity, because }) => {
                        (case.level, case.severity) = (level, severity);
                        Some(Judgement { oracle, because: Some(because) })
                    }
                };
                let cell = match (&sent.observation.answer, &judgement) {
                    (Answer::Verdict(Verdict::Unsupported { feature }), _) => Cell::skip(feature),
                    (_, None) => Cell::answered(Outcome::Pass, sent.observation, None, None, false),
                    (_, Some(_)) => Cell::answered(Outcome::Fail, sent.observation, judgement, None, false),
                };
                return Self { cell: cell.slimmed(&case.expectation), case };
            }
        };
        Self { case: case_of(&variant, control.valid.clone(), expectation()), cell }
    }

    /// Whether it is a way of a row of the catalogue.
    fn is_asked(&self) -> bool {
        self.case.id.family() != CONTROLS.id
    }

    pub(crate) fn finding(&self, target: &str) -> Finding {
        let judgement = self.cell.judgement.as_ref().expect("a marked cell is judged");
        finding(target, &self.case, &self.cell, judgement)
    }

    pub(crate) fn known(mut self, reason: Option<&str>) -> Self {
        if let Some(reason) = reason {
            self.cell.outcome = Outcome::Known;
            self.cell.known = Some(reason.to_owned());
        }
        self
    }
}

fn of_control(
    (id, class): (CaseId, &Class),
    profile: Profile,
    control: &Arc<Control>,
    input: Input,
    expectation: Expectation,
) -> Case {
    Case {
        id,
        input,
        policy: Arc::clone(&control.policy),
        profile,
        expectation,
        level: class.says.level(),
        severity: profile.weigh(class.severity),
        needs: Vec::new(),
        plain: None,
        withheld: Vec::new(),
        control: Arc::clone(control),
        before: Vec::new(),
    }
}

/// The suite as each kind of target saw it: the same ids in the same order, of the real clock's only those that were forged.
pub(crate) struct Suites<'a> {
    pub(crate) fixed: Vec<&'a Case>,
    pub(crate) real: Vec<&'a Case>,
}

impl<'a> Suites<'a> {
    fn of(&self, result: &TargetResult) -> &[&'a Case] {
        if result.clocked { &self.fixed } else { &self.real }
    }
}

/// The report of a run that has shown nothing yet.
pub(crate) fn blank(suites: &Suites<'_>, options: &Options<'_>) -> Report {
    let stopped = Some("it did not end".to_owned());
    Report { stale: Vec::new(), ..report(suites, Vec::new(), options, Duration::ZERO, stopped) }
}

/// The report of a run.
pub(crate) fn report(
    suites: &Suites<'_>,
    mut results: Vec<TargetResult>,
    options: &Options<'_>,
    took: Duration,
    stopped: Option<String>,
) -> Report {
    agree(suites, &mut results, options);
    let mut findings = findings(suites, &results);
    findings.sort_by_cached_key(|finding| {
        let worst_first = (finding.outcome, std::cmp::Reverse(finding.severity), finding.level);
        (worst_first, class_name(&finding.case), finding.target.clone(), finding.profile, finding.oracle)
    });
    let asked = asked(&results);
    let shown = suites.fixed.iter().map(|case| &case.id).chain(asked.iter().map(|case| &case.id));
    let shown = shown.chain(findings.iter().map(|finding| &finding.case));
    let mut wanted: Vec<(&str, &str)> = shown.map(|id| (id.family(), id.class())).collect();
    // Cases of a class stand together.
    wanted.dedup();
    let wanted: BTreeSet<(&str, &str)> = wanted.into_iter().collect();
    let infos = attacks::classes().chain(CONTROLS.classes.iter().map(|class| (&CONTROLS, class)));
    Report {
        schema: SCHEMA,
        tool: Tool { name: "assay".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        run: RunInfo {
            started: options.started.clone(),
            milliseconds: took.as_millis().try_into().unwrap_or(u64::MAX),
            seed: options.seed,
            now: options.now,
            real_now: options.real_now,
            selection: options.selection.clone(),
            complete: stopped.is_none(),
            stopped,
            redacted: false,
        },
        classes: infos
            .map(|(family, class)| (format!("{}/{}", family.id, class.id), class.info(family)))
            .chain(options.regressions.iter().map(Regression::info).map(|info| (info.id.clone(), info)))
            .filter(|(name, _)| name.split_once('/').is_some_and(|id| wanted.contains(&id)))
            .collect(),
        cases: {
            let of_suite = suites.fixed.iter().enumerate().map(|(index, case)| case_report(index, case, &results));
            of_suite.chain(asked).collect()
        },
        campaign: None,
        targets: results.iter().map(|result| target_report(suites, result)).collect(),
        findings,
        stale: known::stale(options.known),
        baseline: None,
    }
}

/// A finding as one case shows it, before other cases and targets are known.
pub(crate) fn finding(target: &str, case: &Case, cell: &Cell, judgement: &Judgement) -> Finding {
    let observation = cell.observation.as_ref().expect("a judged cell was observed");
    Finding {
        fingerprint: fingerprint(judgement.oracle, &class_of(case), target, case.profile),
        oracle: judgement.oracle,
        target: target.to_owned(),
        case: case.id.clone(),
        title: judgement.because.clone().unwrap_or_else(|| class_title(case)),
        severity: severity(case, judgement.oracle, &observation.answer),
        level: level(case, judgement.oracle),
        profile: case.profile,
        outcome: cell.outcome,
        known: cell.known.clone(),
        without_control: cell.without_control,
        expected: case.expectation.clone(),
        observed: told(&case.expectation, observation.answer.clone()),
        microseconds: observation.elapsed.as_micros().try_into().unwrap_or(u64::MAX),
        input: case.input.clone(),
        policy: Arc::clone(&case.policy),
        before: case.before.clone(),
        twin: case.plain.as_ref().unwrap_or(&case.control.valid).clone(),
        others: Vec::new(),
        cases: vec![case.id.clone()],
        recipe: None,
    }
}

/// A tampered control that was accepted, outside the loop of a run.
pub(crate) fn tampered(first: &CaseId, profile: Profile, control: &Arc<Control>, seen: &Observation) -> Marked {
    Marked::new(TAMPERED, first, profile, control, control.tampered.clone(), seen, None)
}

/// What reports say of its class.
pub(crate) fn tampered_info() -> token_assay_model::report::ClassInfo {
    TAMPERED.info(&CONTROLS)
}

/// Whether a cookie that is missing is another thing than the row is about.
fn is_aside(case: &Case) -> bool {
    matches!(&case.expectation, Expectation::Cookies(cookies) if cookies.guards())
}

fn level(case: &Case, oracle: Oracle) -> Level {
    match oracle {
        Oracle::Robustness => Level::Must,
        // No clause binds a server to read one cookie because it must not read another.
        Oracle::Completeness if is_aside(case) => case.level.max(Level::Should),
        _ => case.level,
    }
}

/// A fault is as bad as what it does to the service; a difference is a note to two maintainers.
fn severity(case: &Case, oracle: Oracle, answer: &Answer) -> Severity {
    use token_assay_model::Fault;
    match (oracle, answer) {
        (Oracle::Robustness, Answer::Fault(Fault::Crash(_) | Fault::Hang(_))) => Severity::High,
        (Oracle::Robustness, Answer::Fault(_)) | (Oracle::Relation, _) => Severity::Medium,
        (Oracle::Agreement, _) => Severity::Low,
        (Oracle::Completeness, _) if is_aside(case) => case.severity.min(Severity::Medium),
        (Oracle::Soundness, answer) if is_genuine(case, answer) => case.severity.min(Severity::High),
        _ => case.severity,
    }
}

/// Whether what was accepted should not have been read at all, and yet says to the application what the twin says: forged claims
/// are in it, and were not handed on.
fn is_genuine(case: &Case, answer: &Answer) -> bool {
    let malformed = matches!(case.expectation, Expectation::Reject { reason: Reason::Malformed });
    let Answer::Verdict(Verdict::Accept { claims, .. }) = answer else { return false };
    malformed && claims.same_as(&case.control.claims)
}

/// Compares targets where the standard leaves the verdict open.
fn agree(suites: &Suites<'_>, results: &mut [TargetResult], options: &Options<'_>) {
    for index in 0..suites.fixed.len() {
        for at in 0..results.len() {
            let Some(case) = suites.of(&results[at]).get(index) else { continue };
            let Some(cell) = results[at].cells.get(index).filter(|cell| cell.outcome == Outcome::Pass) else {
                continue;
            };
            // Targets with and without a clock see tokens of different dates, but the same headers.
            let comparable = |other: &&TargetResult| {
                let same = || suites.of(other).get(index).is_some_and(|theirs| theirs.input == case.input);
                other.name != results[at].name && (other.clocked == results[at].clocked || same())
            };
            let others = results
                .iter()
                .filter(comparable)
                .filter_map(|other| Some((other.name.as_str(), other.cells.get(index)?.observation.as_ref()?)));
            let observation = cell.observation.as_ref().expect("a passing cell was observed");
            let Some(judgement) = oracles::agreement::judge(case, observation, others) else { continue };
            let known = known::reason(options.known, &results[at].name, &case.id, true).map(str::to_owned);
            let cell = &mut results[at].cells[index];
            cell.outcome = if known.is_some() { Outcome::Known } else { Outcome::Fail };
            cell.known = known;
            cell.judgement = Some(judgement);
        }
    }
}

fn findings(suites: &Suites<'_>, results: &[TargetResult]) -> Vec<Finding> {
    let mut found: BTreeMap<(Fingerprint, bool), Finding> = BTreeMap::new();
    for result in results {
        let cases = suites.of(result);
        let cells =
            cases.iter().copied().zip(&result.cells).enumerate().map(|(index, (case, cell))| (Some(index), case, cell));
        let marked = result.marked.iter().map(|marked| (None, &marked.case, &marked.cell));
        for (index, case, cell) in cells.chain(marked) {
            let (Outcome::Fail | Outcome::Known, Some(judgement)) = (cell.outcome, &cell.judgement) else { continue };
            let mut new = finding(&result.name, case, cell, judgement);
            new.others = index.map_or_else(Vec::new, |index| others(index, &result.name, results));
            let key = (new.fingerprint.clone(), cell.outcome == Outcome::Known);
            match found.get_mut(&key) {
                None => {
                    found.insert(key, new);
                }
                Some(old) => merge(old, new),
            }
        }
    }
    found.into_values().collect()
}

/// The worse of two cases of one finding stands for it, then the shorter token.
fn merge(old: &mut Finding, new: Finding) {
    let weight = |finding: &Finding| (std::cmp::Reverse(finding.severity), finding.input.octets().len());
    let mut cases = std::mem::take(&mut old.cases);
    cases.extend(new.cases.iter().cloned());
    if weight(&new) < weight(old) {
        *old = new;
    }
    old.cases = cases;
}

fn others(index: usize, name: &str, results: &[TargetResult]) -> Vec<(String, Answer)> {
    let answer = |result: &TargetResult| {
        let cell = result.cells.get(index)?;
        let answer = match (&cell.observation, &cell.skipped_for) {
            (Some(observation), _) => observation.answer.clone(),
            (None, Some(capability)) => Verdict::unsupported(capability).into(),
            (None, None) => return None,
        };
        Some((result.name.clone(), answer))
    };
    results.iter().filter(|result| result.name != name).filter_map(answer).collect()
}

fn case_report(index: usize, case: &Case, results: &[TargetResult]) -> CaseReport {
    let result = |result: &TargetResult| {
        let cell = result.cells.get(index).filter(|cell| !cell.is_foreign())?;
        Some((result.name.clone(), CaseResult { outcome: cell.outcome, answer: cell.answer(), cost: cell.cost }))
    };
    CaseReport {
        id: case.id.clone(),
        profile: case.profile,
        level: case.level,
        expected: case.expectation.to_string(),
        results: results.iter().filter_map(result).collect(),
    }
}

/// The ways in which services were asked, as cases: they are of the rows, and of no suite.
fn asked(results: &[TargetResult]) -> Vec<CaseReport> {
    let ways = results.iter().flat_map(|result| result.marked.iter().map(move |marked| (result, marked)));
    let of_way = |(result, marked): (&TargetResult, &Marked)| {
        let Marked { case, cell } = marked;
        let told = CaseResult { outcome: cell.outcome, answer: cell.answer(), cost: None };
        CaseReport {
            id: case.id.clone(),
            profile: case.profile,
            level: case.level,
            expected: case.expectation.to_string(),
            results: BTreeMap::from([(result.name.clone(), told)]),
        }
    };
    ways.filter(|(_, marked)| marked.is_asked()).map(of_way).collect()
}

fn target_report(suites: &Suites<'_>, result: &TargetResult) -> TargetReport {
    let mut outcomes: BTreeMap<Outcome, u64> = Outcome::ALL.iter().map(|outcome| (*outcome, 0)).collect();
    let mut skipped_for = BTreeMap::new();
    let mut other_reasons = BTreeMap::new();
    let mut spent = result.spent_on_controls;
    let cases = suites.of(result);
    let of_suite = result.cells.iter().filter(|cell| !cell.is_foreign());
    let asked = result.marked.iter().filter(|marked| marked.is_asked()).map(|marked| &marked.cell);
    for cell in of_suite.chain(asked) {
        *outcomes.entry(cell.outcome).or_default() += 1;
        if let Some(capability) = &cell.skipped_for {
            *skipped_for.entry(capability.clone()).or_default() += 1;
        }
    }
    for (index, cell) in result.cells.iter().enumerate().filter(|(_, cell)| !cell.is_foreign()) {
        let observed = cases.get(index).zip(cell.observation.as_ref());
        if let Some((expected, observed)) = observed.and_then(|(case, observation)| other_reason(case, observation)) {
            *other_reasons.entry(format!("{expected}/{observed}")).or_default() += 1;
        }
        spent += cell.observation.as_ref().map_or(Duration::ZERO, |observation| observation.elapsed);
    }
    TargetReport {
        info: TargetInfo { name: result.name.clone(), ..result.info.clone() },
        outcomes,
        skipped_for,
        control_failures: result.control_failures.clone(),
        other_reasons,
        verify_microseconds: spent.as_micros().try_into().unwrap_or(u64::MAX),
        timing: result.timing,
        unusable: result.unusable.clone(),
    }
}

fn other_reason(case: &Case, observation: &Observation) -> Option<(Reason, Reason)> {
    match (&case.expectation, &observation.answer) {
        (Expectation::Reject { reason }, Answer::Verdict(Verdict::Reject { reason: Some(given), .. })) => {
            (reason != given).then_some((*reason, *given))
        }
        _ => None,
    }
}

pub(crate) fn fingerprint(oracle: Oracle, class: &str, target: &str, profile: Profile) -> Fingerprint {
    let text = format!("{oracle}\0{class}\0{target}\0{}", profile.group());
    let hash = sha2::Sha256::digest(text.as_bytes());
    Fingerprint(hash[..4].iter().map(|octet| format!("{octet:02x}")).collect())
}

fn class_of(case: &Case) -> String {
    class_name(&case.id)
}

fn class_name(id: &CaseId) -> String {
    format!("{}/{}", id.family(), id.class())
}

fn class_title(case: &Case) -> String {
    let of_catalogue = attacks::classes().map(|(family, class)| (family.id, class));
    let of_controls = CONTROLS.classes.iter().map(|class| (CONTROLS.id, class));
    of_catalogue
        .chain(of_controls)
        .find(|(family, class)| *family == case.id.family() && class.id == case.id.class())
        .map_or_else(|| AGAIN.to_owned(), |(_, class)| class.title.to_owned())
}

/// What is said of a regression, which is no row of the catalogue.
const AGAIN: &str = "A token that was judged wrongly once is judged wrongly again.";

/// Findings about the controls themselves.
static CONTROLS: Family = Family { id: "run", title: "the controls of a run", classes: &CONTROL_CLASSES };

/// A tampered control was accepted.
pub(crate) const TAMPERED: &Class = &CONTROL_CLASSES[0];
/// A control was answered differently the second time.
pub(crate) const REPEATED: &Class = &CONTROL_CLASSES[1];
/// A control with its claims in another order was answered differently.
pub(crate) const PERMUTED: &Class = &CONTROL_CLASSES[2];

/// A control was answered differently while others were verified at once.
pub(crate) const AT_ONCE: &Class = &CONTROL_CLASSES[3];

static CONTROL_CLASSES: [Class; 4] = [
    Class {
        id: "tampered-control",
        title: "The signature is not verified: a token with an altered claim and the old signature was accepted.",
        construction: "the valid token of the policy, one claim altered, the signature kept",
        says: Says::MustReject(Reason::Signature),
        severity: Severity::Critical,
        references: &["RFC 7515 §5.2"],
        cwe: Some(347),
        make: Make::Cases { on: attacks::scene::on::every, build: |_, _| {}, strawman: &strawman::SKIPS_SIGNATURE },
    },
    Class {
        id: "repeated-control",
        title: "The same token under the same policy was answered differently the second time.",
        construction: "the valid token of the policy, shown before and after all cases",
        says: Says::MustAccept,
        severity: Severity::Medium,
        references: &["RFC 7519 §7.2"],
        cwe: Some(362),
        make: Make::Cases { on: attacks::scene::on::every, build: |_, _| {}, strawman: &strawman::REMEMBERS },
    },
    Class {
        id: "permuted-control",
        title: "The same claims in another order were answered differently.",
        construction: "the valid token of the policy, its claims in the opposite order, signed",
        says: Says::MustAccept,
        severity: Severity::Medium,
        references: &["RFC 8259 §4"],
        cwe: Some(436),
        make: Make::Cases { on: attacks::scene::on::every, build: |_, _| {}, strawman: &strawman::READS_IN_ORDER },
    },
    Class {
        id: "control-at-once",
        title: "A token was answered differently while others were verified at once.",
        construction: "the valid token of the policy and its tampered copy, in turn from several threads",
        says: Says::MustAccept,
        severity: Severity::High,
        references: &["RFC 7519 §7.2", "CWE-362"],
        cwe: Some(362),
        make: Make::Cases { on: attacks::scene::on::every, build: |_, _| {}, strawman: &strawman::REMEMBERS },
    },
];
