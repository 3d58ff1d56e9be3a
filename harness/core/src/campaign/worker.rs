//! One thread of a campaign: takes numbers, makes tokens, shows them to targets of its own, judges, and makes small what is
//! wrong.
//!
//! What looks like a bug that was looked into is counted and passed over, so that time goes into new tokens.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::Digest as _;
use token_assay_model::report::{ClassInfo, ControlFailure};
use token_assay_model::{
    Answer, Case, CaseId, Feature, Finding, Input, Observation, Oracle, Outcome, Profile, Request, Verdict,
};

use super::shared::Shared;
use super::target::{Health, Target};
use super::{FAMILY, Progress, case, grade};
use crate::collect;
use crate::generate::recipe::{Operation, Part, Signer};
use crate::generate::rows::Rows;
use crate::generate::sketch::{Content, Member};
use crate::generate::{Generator, Made, Recipe, Sketch, Stage, Template, cause, reduce};
use crate::known;
use crate::oracles::{self, Judgement};
use crate::reference::{self, Rule, Ruling};
use crate::run::Subject;

/// One thread: targets of its own, all shown the same tokens.
pub(super) struct Worker {
    pub(super) targets: Vec<Target>,
    pub(super) rows: Rows,
}

/// A made token and what the standard says of it.
pub(super) struct Ruled<'g> {
    pub(super) recipe: Recipe,
    pub(super) made: Made<'g>,
    pub(super) ruling: Ruling,
    pub(super) rule: Option<Rule>,
}

impl Worker {
    pub(super) fn start(subjects: Vec<Subject>) -> Self {
        Self { targets: subjects.into_iter().map(Target::start).collect(), rows: Rows::default() }
    }

    pub(super) fn is_alive(&self) -> bool {
        self.targets.iter().any(Target::is_alive)
    }

    pub(super) fn work(&mut self, generators: [&Generator<'_>; 2], until: Option<Instant>, shared: &Shared<'_>) {
        for target in &mut self.targets {
            target.obeys.clear();
            target.health.clear();
        }
        while !shared.is_over() && self.is_alive() && until.is_none_or(|until| Instant::now() < until) {
            let Some((block, numbers)) = shared.take() else { break };
            self.show_block(generators, block, &numbers, shared);
        }
    }

    fn show_block(&mut self, [fixed, real]: [&Generator<'_>; 2], block: u64, numbers: &[u64], shared: &Shared<'_>) {
        let mut counted = Progress { cases: numbers.len() as u64, ..Progress::default() };
        let mut counts = Vec::new();
        let mut classes = vec![0; numbers.len()];
        for (generator, clocked) in [(fixed, true), (real, false)] {
            let wanted: Vec<usize> = (0..self.targets.len())
                .filter(|index| {
                    let target = &self.targets[*index];
                    target.is_alive() && target.reads_tokens() && target.clocked == clocked
                })
                .collect();
            if wanted.is_empty() {
                continue;
            }
            let ruled: Vec<Ruled<'_>> =
                numbers.iter().map(|number| ruled(generator, shared.options.seed, *number)).collect();
            if counted.decoded + counted.verified + counted.accepted == 0 {
                count(&mut counted, &ruled);
            }
            let mut open: BTreeMap<usize, Vec<(usize, Observation)>> = BTreeMap::new();
            for index in wanted {
                self.show_to(
                    index,
                    generator,
                    &ruled,
                    shared,
                    &mut Tally { counted: &mut counted, counts: &mut counts, classes: &mut classes, open: &mut open },
                );
            }
            self.compare(generator, &ruled, &open, shared);
        }
        self.show_headers(numbers, shared, &mut counted, &mut counts);
        self.show_rows(numbers, shared, &mut counted, &mut counts);
        self.show_protected(numbers, shared, &mut counted, &mut counts);
        self.show_encrypted([fixed, real], numbers, shared, &mut counted, &mut counts);
        self.show_baited([fixed, real], numbers, shared, &mut counted);
        shared.finish(block, &counted, &counts, classes);
    }

    fn show_to(
        &mut self,
        index: usize,
        generator: &Generator<'_>,
        ruled: &[Ruled<'_>],
        shared: &Shared<'_>,
        tally: &mut Tally<'_>,
    ) {
        let target = &mut self.targets[index];
        let obeyed: Vec<usize> = (0..ruled.len()).filter(|case| target.obeys(&ruled[*case].made)).collect();
        let failed = target.show_controls(obeyed.iter().map(|case| ruled[*case].made.stage));
        let shown: Vec<usize> = obeyed
            .iter()
            .copied()
            .filter(|case| {
                let control = Arc::as_ptr(&ruled[*case].made.stage.control).addr();
                matches!(target.health.get(&control), Some(Health::Sound | Health::Refuses))
            })
            .collect();
        let requests: Vec<Request<'_>> = shown.iter().map(|case| ruled[*case].made.request()).collect();
        let seen = target.show(&requests);
        let name = target.name.clone();
        let mut outcomes: BTreeMap<Outcome, u64> = BTreeMap::new();
        *outcomes.entry(Outcome::Skip).or_default() += (ruled.len() - obeyed.len()) as u64;
        *outcomes.entry(Outcome::Inconclusive).or_default() += (obeyed.len() - seen.len()) as u64;
        tally.counted.requests += seen.len() as u64;
        for (stage, observation) in failed {
            self.control_failed(index, stage, &observation, shared);
        }
        for (case, observation) in shown.into_iter().zip(seen) {
            let one = &ruled[case];
            note_class(&mut tally.classes[case], index, one, &observation);
            let outcome = self.judge(index, generator, one, &observation, shared);
            *outcomes.entry(outcome).or_default() += 1;
            let accepted = matches!(observation.answer, Answer::Verdict(Verdict::Accept { .. }));
            if accepted && outcome == Outcome::Pass && matches!(one.ruling, Ruling::Either(_) | Ruling::Bounded) {
                tally.open.entry(case).or_default().push((index, observation));
            }
        }
        tally.counts.extend(outcomes.into_iter().map(|(outcome, count)| (name.clone(), outcome, count)));
    }

    fn judge(
        &mut self,
        index: usize,
        generator: &Generator<'_>,
        one: &Ruled<'_>,
        observation: &Observation,
        shared: &Shared<'_>,
    ) -> Outcome {
        match self.opinion(index, one, observation) {
            Err(outcome) => outcome,
            Ok(None) => Outcome::Pass,
            Ok(Some(judgement)) => self.look_into(index, generator, one, &judgement, observation, shared, None),
        }
    }

    /// What is wrong with one answer seen alone; an outcome where it proves nothing.
    pub(super) fn opinion(
        &self,
        index: usize,
        one: &Ruled<'_>,
        observation: &Observation,
    ) -> Result<Option<Judgement>, Outcome> {
        let stage = one.made.stage;
        match &observation.answer {
            Answer::Verdict(Verdict::Unsupported { .. }) => return Err(Outcome::Skip),
            // Under a policy that admits no token of its own, as where the control was refused, a refusal proves nothing.
            Answer::Verdict(Verdict::Reject { .. })
                if !Arc::ptr_eq(&stage.policy, &stage.control.policy)
                    || self.health(index, stage) == Some(Health::Refuses) =>
            {
                return Err(Outcome::Inconclusive);
            }
            _ => {}
        }
        Ok(super::judge(&one.made, &one.ruling, observation))
    }

    /// What is wrong with an acceptance beside those of others, and beside whose.
    pub(super) fn differs<'s>(
        &self,
        as_case: &Case,
        observation: &Observation,
        others: impl IntoIterator<Item = (usize, &'s Observation)>,
    ) -> Option<(Judgement, usize)> {
        others.into_iter().find_map(|(other, theirs)| {
            let name = self.targets[other].name.as_str();
            Some((oracles::agreement::judge(as_case, observation, [(name, theirs)])?, other))
        })
    }

    /// Compares the claims of tokens that the standard leaves open and several targets accepted.
    fn compare(
        &mut self,
        generator: &Generator<'_>,
        ruled: &[Ruled<'_>],
        open: &BTreeMap<usize, Vec<(usize, Observation)>>,
        shared: &Shared<'_>,
    ) {
        for (case_index, seen) in open.iter().filter(|(_, seen)| seen.len() > 1) {
            let one = &ruled[*case_index];
            let as_case = case(one.made.stage, &one.made.input, one.ruling.clone());
            for (index, observation) in seen {
                let others = seen.iter().filter(|(other, _)| other != index).map(|(other, seen)| (*other, seen));
                if let Some((judgement, other)) = self.differs(&as_case, observation, others) {
                    self.look_into(*index, generator, one, &judgement, observation, shared, Some(other));
                }
            }
        }
    }

    /// Makes what was seen small, names it and files it, unless it looks like what was looked into before.
    #[expect(clippy::too_many_arguments, reason = "what was seen, where and by whom")]
    fn look_into(
        &mut self,
        index: usize,
        generator: &Generator<'_>,
        one: &Ruled<'_>,
        judgement: &Judgement,
        observation: &Observation,
        shared: &Shared<'_>,
        other: Option<usize>,
    ) -> Outcome {
        let looks = looks_like(one, judgement);
        let about = (judgement.oracle, one.rule);
        if let Err(known) = self.targets[index].patience.is_worth(looks, about) {
            return shared.seen_again(known);
        }
        if !self.still_holds(index, one, shared) {
            return Outcome::Pass;
        }
        let small = self.reduced(index, generator, one, judgement, observation, other);
        let Some(finding) = self.finding(index, generator, one, &small, other, shared) else { return Outcome::Fail };
        let (finding, info) = finding;
        let (fingerprint, outcome) = (finding.fingerprint.clone(), finding.outcome);
        let new = shared.found(finding, info);
        self.targets[index].patience.learn(looks, about, fingerprint, new);
        outcome
    }

    /// Whether what the standard says of a token is still so by the clock that the target looks at.
    pub(super) fn still_holds(&self, index: usize, one: &Ruled<'_>, shared: &Shared<'_>) -> bool {
        self.targets[index].clocked || holds_now(one.made.stage, &one.made.input, one.rule, (shared.options.clock)())
    }

    pub(super) fn reduced(
        &mut self,
        index: usize,
        generator: &Generator<'_>,
        one: &Ruled<'_>,
        judgement: &Judgement,
        observation: &Observation,
        other: Option<usize>,
    ) -> Sketch {
        let (tries, time) = match &observation.answer {
            Answer::Fault(token_assay_model::Fault::Hang(_)) => (6, Duration::from_secs(20)),
            Answer::Fault(token_assay_model::Fault::Crash(_)) => (60, Duration::from_secs(5)),
            _ => (TRIES, Duration::from_secs(3)),
        };
        let deadline = Instant::now() + time;
        let stage = one.made.stage;
        let mut still = |sketch: &Sketch| {
            if Instant::now() > deadline {
                return false;
            }
            let input = Input::from_octets(sketch.token(stage, generator.forge()));
            let seen = self.once(index, other, stage, &input, |rule| rule == one.rule);
            seen.is_some_and(|seen| {
                seen.judgement.oracle == judgement.oracle && alike(&seen.observation.answer, &observation.answer)
            })
        };
        reduce::reduce(one.made.sketch.clone(), &stage.twin, tries, &mut still)
    }

    /// Shows one token once and judges it, where the rule that it breaks is one asked for: a target's signature check is saved
    /// where it is not.
    fn once(
        &mut self,
        index: usize,
        other: Option<usize>,
        stage: &Stage,
        input: &Input,
        is_asked_for: impl Fn(Option<Rule>) -> bool,
    ) -> Option<Seen> {
        let target = &mut self.targets[index];
        if matches!(input, Input::Bytes(_)) && !target.supports.contains(&Feature::Bytes.into()) {
            return None;
        }
        let request = Request { input, policy: &stage.policy };
        let (ruling, rule) = reference::explain(request);
        if !is_asked_for(rule) {
            return None;
        }
        let observation = target.show(&[request]).pop()?;
        let as_case = case(stage, input, ruling);
        let judgement = match other {
            None => oracles::judge(&as_case, &observation)?,
            Some(other) => {
                let other = &mut self.targets[other];
                let theirs = other.show(&[request]).pop()?;
                oracles::agreement::judge(&as_case, &observation, [(other.name.as_str(), &theirs)])?
            }
        };
        Some(Seen { judgement, rule, observation, case: as_case })
    }

    pub(super) fn finding(
        &mut self,
        index: usize,
        generator: &Generator<'_>,
        one: &Ruled<'_>,
        small: &Sketch,
        other: Option<usize>,
        shared: &Shared<'_>,
    ) -> Option<(Finding, ClassInfo)> {
        let stage = one.made.stage;
        let input = Input::from_octets(small.token(stage, generator.forge()));
        let seen = self.once(index, other, stage, &input, |_| true)?;
        if !self.targets[index].clocked && !holds_now(stage, &input, seen.rule, (shared.options.clock)()) {
            return None;
        }
        let words = self.words(index, generator, stage, small, &seen);
        let grade = grade::grade(&grade::Facts {
            oracle: seen.judgement.oracle,
            because: seen.judgement.because.as_deref(),
            rule: seen.rule,
            expected: &seen.case.expectation,
            observed: &seen.observation.answer,
            sketch: small,
            stage,
            words: &words,
        });
        let name = self.targets[index].name.clone();
        let id = CaseId::new(FAMILY, &grade.class, &variant(stage, &input));
        let known = known::reason(shared.options.known, &name, &id, true).map(str::to_owned);
        let request = Request { input: &input, policy: &stage.policy };
        let info = grade::class_info(FAMILY, &grade, small);
        let finding = Finding {
            fingerprint: collect::fingerprint(
                seen.judgement.oracle,
                &format!("{FAMILY}/{}", grade.class),
                &name,
                one_of_all(stage.profile, seen.judgement.oracle),
            ),
            oracle: seen.judgement.oracle,
            target: name,
            case: id.clone(),
            title: grade.title,
            severity: grade.severity,
            level: grade.level,
            profile: stage.profile,
            outcome: if known.is_some() { Outcome::Known } else { Outcome::Fail },
            known,
            without_control: self.health(index, stage) == Some(Health::Refuses),
            expected: seen.case.expectation,
            observed: seen.observation.answer,
            microseconds: seen.observation.elapsed.as_micros().try_into().unwrap_or(u64::MAX),
            input: input.clone(),
            policy: Arc::clone(&stage.policy),
            before: Vec::new(),
            twin: stage.control.valid.clone(),
            others: self.others(index, request, stage),
            cases: vec![id],
            recipe: serde_json::to_value(small).ok(),
        };
        Some((finding, info))
    }

    pub(super) fn health(&self, index: usize, stage: &Stage) -> Option<Health> {
        self.targets[index].health.get(&Arc::as_ptr(&stage.control).addr()).copied()
    }

    /// What is left that differs and matters; where nothing does, what is missing without which it would not be so.
    fn words(
        &mut self,
        index: usize,
        generator: &Generator<'_>,
        stage: &Stage,
        small: &Sketch,
        seen: &Seen,
    ) -> Vec<String> {
        let mut telling = small.clone();
        for (part, at, value) in cause::changed(small, stage) {
            let candidate = with_members(&telling, part, |members| members[at].value = value);
            if self.shows(index, generator, stage, &candidate, seen) {
                telling = candidate;
            }
        }
        let words = cause::words(&telling, stage);
        if words != [cause::AS_IS] {
            return words;
        }
        let needed = |(part, member, word)| {
            let fuller = with_members(&telling, part, |members| members.push(member));
            (!self.shows(index, generator, stage, &fuller, seen)).then_some(word)
        };
        let missing: Vec<String> = cause::missing(&telling, stage).into_iter().filter_map(needed).collect();
        if missing.is_empty() { words } else { missing }
    }

    /// Whether another sketch shows the same.
    fn shows(&mut self, index: usize, generator: &Generator<'_>, stage: &Stage, sketch: &Sketch, seen: &Seen) -> bool {
        let input = Input::from_octets(sketch.token(stage, generator.forge()));
        let again = self.once(index, None, stage, &input, |rule| rule == seen.rule);
        again.is_some_and(|again| again.judgement.oracle == seen.judgement.oracle)
    }

    fn others(&mut self, index: usize, request: Request<'_>, stage: &Stage) -> Vec<(String, Answer)> {
        let clocked = self.targets[index].clocked;
        let mut answers = Vec::new();
        for other in 0..self.targets.len() {
            let target = &mut self.targets[other];
            // Targets with and without a clock see tokens of different dates.
            if other == index || !target.is_alive() || target.clocked != clocked {
                continue;
            }
            let lacking = request
                .policy
                .needs()
                .into_iter()
                .chain(stage.needs.iter().copied())
                .find(|need| !target.supports.contains(need));
            let answer = match lacking {
                Some(capability) => Some(Verdict::unsupported(capability).into()),
                None => target.show(&[request]).pop().map(|observation| observation.answer),
            };
            answers.extend(answer.map(|answer| (target.name.clone(), answer)));
        }
        answers
    }

    pub(super) fn control_failed(
        &mut self,
        index: usize,
        stage: &Stage,
        observation: &Observation,
        shared: &Shared<'_>,
    ) {
        let target = &self.targets[index];
        let accepted = matches!(observation.answer, Answer::Verdict(Verdict::Accept { .. }));
        let (what, id) = if accepted {
            ("its tampered copy", CaseId::new("run", "tampered-control", &variant(stage, &stage.control.tampered)))
        } else {
            ("the valid token", CaseId::new(FAMILY, "control", &variant(stage, &stage.control.valid)))
        };
        let failure = ControlFailure {
            case: id.clone(),
            profile: stage.profile,
            observed: format!("{what}: {}", observation.answer),
            cases: 1,
        };
        shared.control_failed(&target.name, failure);
        if accepted {
            let known = known::reason(shared.options.known, &target.name, &id, true).map(str::to_owned);
            let mut finding = self.tampered(index, stage, observation);
            finding.outcome = if known.is_some() { Outcome::Known } else { Outcome::Fail };
            finding.known = known;
            shared.found(finding, collect::tampered_info());
        }
    }

    /// A target accepted the tampered copy of a stage's valid token.
    pub(super) fn tampered(&self, index: usize, stage: &Stage, observation: &Observation) -> Finding {
        let id = CaseId::new("run", "tampered-control", &variant(stage, &stage.control.tampered));
        collect::tampered(&id, stage.profile, &stage.control, observation).finding(&self.targets[index].name)
    }
}

/// Where a block is counted.
struct Tally<'t> {
    counted: &'t mut Progress,
    counts: &'t mut Vec<(String, Outcome, u64)>,
    classes: &'t mut Vec<u64>,
    open: &'t mut BTreeMap<usize, Vec<(usize, Observation)>>,
}

/// A token shown once.
struct Seen {
    judgement: Judgement,
    rule: Option<Rule>,
    observation: Observation,
    case: Case,
}

fn ruled<'g>(generator: &'g Generator<'_>, seed: u64, number: u64) -> Ruled<'g> {
    let recipe = generator.recipe(seed, number);
    let made = generator.make(&recipe);
    let (ruling, rule) = reference::explain(made.request());
    Ruled { recipe, made, ruling, rule }
}

fn count(counted: &mut Progress, ruled: &[Ruled<'_>]) {
    for one in ruled {
        let past = |rule: Rule| one.rule.is_none_or(|refused| refused > rule);
        counted.decoded += u64::from(past(Rule::Header));
        counted.verified += u64::from(past(Rule::Signature));
        counted.accepted += u64::from(one.rule.is_none());
    }
}

fn note_class(class: &mut u64, index: usize, one: &Ruled<'_>, observation: &Observation) {
    let mut hasher = DefaultHasher::new();
    (*class, index, one.rule, one.made.stage.profile.group()).hash(&mut hasher);
    observation.answer.to_string().hash(&mut hasher);
    *class = hasher.finish();
}

/// What failures of one bug have in common before they are made small.
fn looks_like(one: &Ruled<'_>, judgement: &Judgement) -> u64 {
    let mut hasher = DefaultHasher::new();
    (judgement.oracle, one.rule, one.made.stage.profile.group()).hash(&mut hasher);
    judgement.because.hash(&mut hasher);
    std::mem::discriminant(&one.recipe.signer).hash(&mut hasher);
    if let Signer::Mac(secret) = &one.recipe.signer {
        std::mem::discriminant(secret).hash(&mut hasher);
    }
    for operation in &one.recipe.operations {
        std::mem::discriminant(operation).hash(&mut hasher);
        match operation {
            Operation::Set(part, name, value) | Operation::Repeat(part, name, value, _) => {
                (part, name, std::mem::discriminant(value)).hash(&mut hasher);
            }
            Operation::Bend(part, name, bend) => (part, name, std::mem::discriminant(bend)).hash(&mut hasher),
            Operation::Remove(part, name)
            | Operation::Copy(part, name)
            | Operation::Rename(part, name, _)
            | Operation::Nest(part, name, _) => {
                (part, name).hash(&mut hasher);
            }
            Operation::Grow(part, growth) => (part, std::mem::discriminant(growth)).hash(&mut hasher),
            Operation::Replace(part, value) => (part, std::mem::discriminant(value)).hash(&mut hasher),
            Operation::Swap => {}
        }
    }
    for edit in &one.recipe.text {
        (edit.0, std::mem::discriminant(&edit.1)).hash(&mut hasher);
    }
    for edit in &one.recipe.wire {
        std::mem::discriminant(edit).hash(&mut hasher);
    }
    if let Template::Case { class, .. } = one.recipe.template {
        class.hash(&mut hasher);
    }
    hasher.finish()
}

pub(super) fn with_members(sketch: &Sketch, part: Part, change: impl FnOnce(&mut Vec<Member>)) -> Sketch {
    let mut changed = sketch.clone();
    let side = changed.side_mut(part);
    side.as_was = None;
    if let Content::Members(members) = &mut side.content {
        change(members);
    }
    changed
}

/// Whether the standard still says the same by the real clock, which has gone on since the token was made.
fn holds_now(stage: &Stage, input: &Input, rule: Option<Rule>, now: i64) -> bool {
    let mut policy = (*stage.policy).clone();
    [now - 1, now + 1].into_iter().all(|now| {
        policy.now = Some(now);
        reference::explain(Request { input, policy: &policy }).1 == rule
    })
}

fn alike(one: &Answer, other: &Answer) -> bool {
    match (one, other) {
        (Answer::Fault(one), Answer::Fault(other)) => {
            one.as_str() == other.as_str() && grade::slug(one.detail()) == grade::slug(other.detail())
        }
        (Answer::Verdict(one_verdict), Answer::Verdict(other_verdict)) => {
            std::mem::discriminant(one_verdict) == std::mem::discriminant(other_verdict)
                && grade::reason(one) == grade::reason(other)
        }
        _ => false,
    }
}

/// A campaign counts a bug once for all ways of configuring that weigh alike; a fault weighs alike under all of them.
fn one_of_all(profile: Profile, oracle: Oracle) -> Profile {
    match (profile, oracle) {
        (Profile::MixedList | Profile::Misconfigured, oracle) if oracle != Oracle::Robustness => Profile::Misconfigured,
        _ => Profile::Pinned,
    }
}

/// Profile, algorithm, and four octets of the token's hash: the same in every release.
pub(super) fn variant(stage: &Stage, input: &Input) -> String {
    let algorithm = stage.algorithm.as_str().to_ascii_lowercase();
    let hash: [u8; 32] = sha2::Sha256::digest(input.octets()).into();
    let short: String = hash[..4].iter().map(|octet| format!("{octet:02x}")).collect();
    format!("{}-{algorithm}-{short}", stage.profile)
}

/// How many questions making one token small may take.
const TRIES: usize = 3000;
