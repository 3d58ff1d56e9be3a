//! Tokens of somebody else's engine: each is shown, judged, made small and graded as a campaign's own are.
//!
//! Takes tokens one by one, gives what every target did with each and what is wrong with that, under the fingerprints that a
//! campaign gives. What looks like something that was looked into twice is passed over, and the longer looking shows nothing
//! new, the rarer it gets. Never stops, never touches a disk.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use token_assay_model::report::TargetInfo;
use token_assay_model::{Answer, Finding, Fingerprint, Observation, Verdict};

use super::shared::Shared;
use super::target::Health;
use super::worker::{Ruled, Worker};
use super::{Listener, Options, case};
use crate::generate::{Generator, Made, Recipe, cause};
use crate::oracles::Judgement;
use crate::reference::{Rule, Ruling};
use crate::run::Subject;

/// Targets that wait for tokens.
pub struct Guest<'a> {
    worker: Worker,
    shared: Shared<'a>,
    /// Those that were told of by nobody yet: who accepts a tampered control.
    tampered: Vec<Finding>,
    found: HashSet<Fingerprint>,
}

/// What came of a token.
#[derive(Debug, Default)]
pub struct Shown {
    /// What each target did, in their order; nothing where it was not asked.
    pub seen: Vec<Option<Observation>>,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
}

impl<'a> Guest<'a> {
    /// Starts the targets. Of the options only the clock and what is known count.
    pub fn new(subjects: Vec<Subject>, options: &'a Options<'a>) -> Self {
        let deaf: &'static Listener<'static> = &|_| {};
        Self {
            worker: Worker::start(subjects),
            shared: Shared::new(options, deaf),
            tampered: Vec::new(),
            found: HashSet::new(),
        }
    }

    /// The targets, in the order of what was seen.
    pub fn infos(&self) -> impl Iterator<Item = &TargetInfo> {
        self.worker.targets.iter().map(|target| &target.info)
    }

    /// Shows one token to every target that can obey its policy and tells a valid token under it from a tampered one.
    pub fn show<'g>(
        &mut self,
        generator: &'g Generator<'_>,
        made: Made<'g>,
        ruling: Ruling,
        rule: Option<Rule>,
    ) -> Shown {
        // What it was made by is not known, and not asked.
        let one = Ruled { recipe: Recipe::plain(0, 0), made, ruling, rule };
        let mut shown = Shown { seen: self.look(&one.made), findings: std::mem::take(&mut self.tampered) };
        for index in 0..shown.seen.len() {
            let Some((judgement, other)) = self.judge(index, &one, &shown.seen) else { continue };
            let observation = shown.seen[index].as_ref().expect("what is judged was seen");
            shown.findings.extend(self.look_into(index, generator, &one, &judgement, observation, other));
        }
        shown
    }

    /// The same without a judgement.
    pub fn look(&mut self, made: &Made<'_>) -> Vec<Option<Observation>> {
        (0..self.worker.targets.len()).map(|index| self.look_at(index, made)).collect()
    }

    fn look_at(&mut self, index: usize, made: &Made<'_>) -> Option<Observation> {
        let target = &mut self.worker.targets[index];
        if !target.is_alive() || !target.obeys(made) {
            return None;
        }
        let mut failed = Vec::new();
        for (stage, observation) in target.show_controls(std::iter::once(made.stage)) {
            if matches!(observation.answer, Answer::Verdict(Verdict::Accept { .. })) {
                failed.push((stage, observation));
            }
        }
        self.tampered.extend(failed.into_iter().map(|(stage, seen)| self.worker.tampered(index, stage, &seen)));
        let health = self.worker.health(index, made.stage)?;
        matches!(health, Health::Sound | Health::Refuses)
            .then(|| self.worker.targets[index].show(&[made.request()]).pop())
            .flatten()
    }

    /// What is wrong with one answer, seen alone or beside another's.
    fn judge(&self, index: usize, one: &Ruled<'_>, seen: &[Option<Observation>]) -> Option<(Judgement, Option<usize>)> {
        let observation = seen[index].as_ref()?;
        if let Some(judgement) = self.worker.opinion(index, one, observation).ok()? {
            return Some((judgement, None));
        }
        let accepted = matches!(observation.answer, Answer::Verdict(Verdict::Accept { .. }));
        if !accepted || !matches!(one.ruling, Ruling::Either(_) | Ruling::Bounded) {
            return None;
        }
        let as_case = case(one.made.stage, &one.made.input, one.ruling.clone());
        let others = seen.iter().enumerate().filter(|(other, _)| *other != index);
        let others = others.filter_map(|(other, seen)| Some((other, seen.as_ref()?)));
        self.worker.differs(&as_case, observation, others).map(|(judgement, other)| (judgement, Some(other)))
    }

    fn look_into(
        &mut self,
        index: usize,
        generator: &Generator<'_>,
        one: &Ruled<'_>,
        judgement: &Judgement,
        observation: &Observation,
        other: Option<usize>,
    ) -> Option<Finding> {
        let looks = looks_like(index, one, judgement, observation);
        let about = (judgement.oracle, one.rule);
        self.worker.targets[index].patience.is_worth(looks, about).ok()?;
        if !self.worker.still_holds(index, one, &self.shared) {
            return None;
        }
        let small = self.worker.reduced(index, generator, one, judgement, observation, other);
        let (finding, _) = self.worker.finding(index, generator, one, &small, other, &self.shared)?;
        let is_new = self.found.insert(finding.fingerprint.clone());
        self.worker.targets[index].patience.learn(looks, about, finding.fingerprint.clone(), is_new);
        Some(finding)
    }
}

/// What failures of one bug have in common, as far as the token tells before it is made small.
fn looks_like(index: usize, one: &Ruled<'_>, judgement: &Judgement, observation: &Observation) -> u64 {
    let mut hasher = DefaultHasher::new();
    let profile = one.made.stage.profile.group();
    (index, judgement.oracle, one.rule, profile, &judgement.because).hash(&mut hasher);
    match &observation.answer {
        Answer::Fault(fault) => fault.to_string().hash(&mut hasher),
        Answer::Verdict(_) => cause::words(&one.made.sketch, one.made.stage).hash(&mut hasher),
    }
    hasher.finish()
}
