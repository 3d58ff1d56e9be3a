//! One target in one thread of a campaign: what it obeys, how it does under each policy, and what was looked into.
//!
//! Shows requests and controls; never judges a case.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use token_assay_model::report::{TargetInfo, TargetReport};
use token_assay_model::{
    Answer, Capability, Case, Control, Earlier, Feature, Fingerprint, Input, Observation, Oracle, Outcome, Policy,
    Request, Scheme, Verdict,
};

use super::shared::State;
use crate::generate::{Made, Stage};
use crate::reference::Rule;
use crate::run::Subject;
use crate::targets::{Driver, Unusable};

/// One target in one thread.
pub(super) struct Target {
    pub(super) name: String,
    pub(super) info: TargetInfo,
    pub(super) supports: BTreeSet<Capability>,
    pub(super) clocked: bool,
    pub(super) driver: Box<dyn Driver>,
    pub(super) obeys: HashMap<usize, bool>,
    pub(super) health: HashMap<usize, Health>,
    pub(super) lost: Option<String>,
    pub(super) patience: Patience,
    pub(super) spent: Duration,
    /// Whether an input that asks for a cost has kept it busy: the next one would, too.
    pub(super) is_slow: bool,
}

/// What was looked into, so that what looks alike is passed over. The longer looking has shown nothing new, the rarer it gets:
/// time goes into new tokens.
#[derive(Default)]
pub(super) struct Patience {
    /// How often, and what it turned out to be, by what it looked like.
    looked_into: HashMap<u64, (u32, Option<Fingerprint>)>,
    /// Since something new, by oracle and rule.
    fruitless: HashMap<(Oracle, Option<Rule>), u32>,
}

impl Patience {
    /// Whether it is worth looking into; where not, what it looks like, if that is known.
    pub(super) fn is_worth(&mut self, looks: u64, about: (Oracle, Option<Rule>)) -> Result<(), Option<&Fingerprint>> {
        let fruitless = *self.fruitless.entry(about).or_default();
        let (times, known) = self.looked_into.entry(looks).or_default();
        *times += 1;
        let pause = 1_u64 << (fruitless / PATIENCE).min(16);
        if *times <= OFTEN && looks.is_multiple_of(pause) { Ok(()) } else { Err(known.as_ref()) }
    }

    /// What came of looking, and whether that was new.
    pub(super) fn learn(&mut self, looks: u64, about: (Oracle, Option<Rule>), found: Fingerprint, is_new: bool) {
        let fruitless = self.fruitless.entry(about).or_default();
        *fruitless = if is_new { 0 } else { *fruitless + 1 };
        self.looked_into.entry(looks).or_default().1 = Some(found);
    }
}

/// How a target does under a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    /// It tells the valid token from the tampered one.
    Sound,
    /// It cannot obey the policy.
    Unsupported,
    /// It refuses the valid token: only what it accepts counts.
    Refuses,
    /// It accepts the tampered one: nothing more is to be learnt.
    AcceptsTampered,
}

impl Target {
    pub(super) fn start(mut subject: Subject) -> Self {
        let started = subject.driver.start();
        let lost = started.as_ref().err().map(|Unusable(why)| why.clone());
        let info = started.unwrap_or_else(|_| TargetInfo::new(&subject.name, "", &[]));
        Self {
            supports: info.supports.iter().copied().collect(),
            clocked: info.supports.contains(&Feature::Clock.into()),
            name: subject.name,
            info,
            driver: subject.driver,
            obeys: HashMap::new(),
            health: HashMap::new(),
            lost,
            patience: Patience::default(),
            spent: Duration::ZERO,
            is_slow: false,
        }
    }

    /// Whether tokens are anything to it: it names an algorithm, or nothing of cookies either.
    pub(super) fn reads_tokens(&self) -> bool {
        let cookies = |one: &Capability| matches!(one, Capability::Feature(Feature::Cookie) | Capability::Scheme(_));
        self.supports.iter().any(|one| matches!(one, Capability::Algorithm(_))) || !self.supports.iter().any(cookies)
    }

    /// The schemes of cookies that it opens.
    pub(super) fn schemes(&self) -> Vec<Scheme> {
        let scheme = |one: &Capability| match one {
            Capability::Scheme(scheme) => Some(*scheme),
            _ => None,
        };
        self.supports.iter().filter_map(scheme).collect()
    }

    /// Whether it joins several Cookie fields itself.
    pub(super) fn joins_fields(&self) -> bool {
        self.supports.contains(&Feature::CookieLines.into())
    }

    /// Whether it decrypts.
    pub(super) fn decrypts(&self) -> bool {
        self.supports.contains(&Feature::Jwe.into())
    }

    /// Whether it reads Cookie headers.
    pub(super) fn reads_headers(&self) -> bool {
        self.supports.contains(&Feature::Cookie.into())
    }

    pub(super) fn is_alive(&self) -> bool {
        self.lost.is_none()
    }

    pub(super) fn obeys(&mut self, made: &Made<'_>) -> bool {
        let supports = &self.supports;
        let obeys = |policy: &Policy| policy.needs().iter().all(|need| supports.contains(need));
        let of_policy =
            *self.obeys.entry(Arc::as_ptr(&made.stage.policy).addr()).or_insert_with(|| obeys(&made.stage.policy));
        of_policy
            && (matches!(made.input, Input::Token(_)) || supports.contains(&Feature::Bytes.into()))
            && made.stage.needs.iter().all(|need| supports.contains(need))
            && *self
                .obeys
                .entry(Arc::as_ptr(&made.stage.control.policy).addr())
                .or_insert_with(|| obeys(&made.stage.control.policy))
    }

    /// Shows requests in order; fewer observations where the target was lost.
    pub(super) fn show(&mut self, requests: &[Request<'_>]) -> Vec<Observation> {
        let mut seen = Vec::with_capacity(requests.len());
        let shown = self.driver.observe(requests, &mut |_, observation| {
            seen.push(observation);
            ControlFlow::Continue(())
        });
        self.spent += seen.iter().map(|observation| observation.elapsed).sum::<Duration>();
        if let Err(Unusable(why)) = shown {
            self.lost = Some(why);
        }
        seen
    }

    /// Whether it can obey what this case asks for.
    pub(super) fn can_be_shown(&self, case: &Case) -> bool {
        lacks_nothing(case, |need| self.supports.contains(need))
    }

    /// Shows a case after its control and what comes before it; nothing where the control was not accepted.
    pub(super) fn show_after_control(&mut self, case: &Case) -> Option<Observation> {
        shown_after_control(case, |requests| self.show(requests))
    }

    pub(super) fn show_controls<'m>(&mut self, made: impl Iterator<Item = &'m Stage>) -> Vec<(&'m Stage, Observation)> {
        let mut new: Vec<&Stage> = Vec::new();
        for stage in made {
            let name = Arc::as_ptr(&stage.control).addr();
            if let std::collections::hash_map::Entry::Vacant(vacant) = self.health.entry(name) {
                vacant.insert(Health::Unsupported);
                new.push(stage);
            }
        }
        let requests: Vec<Request<'_>> = new
            .iter()
            .flat_map(|stage| {
                let Control { policy, valid, tampered, .. } = &*stage.control;
                [valid, tampered].map(|input| Request { input, policy })
            })
            .collect();
        let mut failed = Vec::new();
        for (stage, pair) in new.into_iter().zip(self.show(&requests).chunks(2)) {
            let [valid, tampered] = pair else { break };
            let accepts =
                |observation: &Observation| matches!(observation.answer, Answer::Verdict(Verdict::Accept { .. }));
            let health = match &valid.answer {
                _ if accepts(tampered) && stage.control.tampered != stage.control.valid => Health::AcceptsTampered,
                Answer::Verdict(Verdict::Accept { .. }) => Health::Sound,
                Answer::Verdict(Verdict::Unsupported { .. }) => Health::Unsupported,
                _ => Health::Refuses,
            };
            match health {
                Health::AcceptsTampered => failed.push((stage, tampered.clone())),
                Health::Refuses => failed.push((stage, valid.clone())),
                Health::Sound | Health::Unsupported => {}
            }
            self.health.insert(Arc::as_ptr(&stage.control).addr(), health);
        }
        failed
    }

    pub(super) fn report(&self, state: &State, lost: Option<String>) -> TargetReport {
        let mut outcomes: BTreeMap<Outcome, u64> = Outcome::ALL.iter().map(|outcome| (*outcome, 0)).collect();
        outcomes.extend(state.progress.outcomes.get(&self.name).cloned().unwrap_or_default());
        TargetReport {
            info: TargetInfo { name: self.name.clone(), ..self.info.clone() },
            outcomes,
            skipped_for: BTreeMap::new(),
            control_failures: state.controls.get(&self.name).cloned().unwrap_or_default(),
            other_reasons: BTreeMap::new(),
            verify_microseconds: self.spent.as_micros().try_into().unwrap_or(u64::MAX),
            timing: None,
            unusable: lost,
        }
    }
}

/// Whether nothing is lacking of what a case asks for.
pub(super) fn lacks_nothing(case: &Case, supports: impl Fn(&Capability) -> bool) -> bool {
    let needs = [case.policy.needs(), case.control.policy.needs(), case.needs.clone()];
    needs.iter().flatten().all(supports)
}

/// What came of a case that was shown after its control and what comes before it; nothing where not all was answered, or the
/// control not accepted.
pub(super) fn shown_after_control(
    case: &Case,
    show: impl FnOnce(&[Request<'_>]) -> Vec<Observation>,
) -> Option<Observation> {
    let control = Request { input: &case.control.valid, policy: &case.control.policy };
    let before = case.before.iter().map(Earlier::request);
    let requests: Vec<Request<'_>> = std::iter::once(control).chain(before).chain([case.request()]).collect();
    let mut seen = show(&requests);
    let is_whole = seen.len() == requests.len();
    let is_sound = matches!(seen.first()?.answer, Answer::Verdict(Verdict::Accept { .. }));
    seen.pop().filter(|_| is_whole && is_sound)
}

/// How often what looks alike is looked into.
const OFTEN: u32 = 2;

/// After how many fruitless looks the pause between two doubles.
const PATIENCE: u32 = 24;
