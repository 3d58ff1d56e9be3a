//! What is found, made small and kept. Takes a script that breaches, gives the shortest one that breaches the same invariant, with
//! what was done beside it; as JSON it is enough to see it again. A script is made smaller by leaving commands out and by putting
//! plainer ones in their place: every part of a script is a script.

use serde::{Deserialize, Serialize};
use token_assay_model::{Level, Reference, Severity};

use super::command::{Command, Part, Password, Pick, Presents, Script};
use super::engine::{self, Outcome, Step};
use super::faults::Fault;
use super::invariants::{Breach, Invariant};
use super::linear;
use super::policy::Kind;
use super::service::Interleaved;
use super::surface::Forms;
use crate::chance::{Chance as _, Seeded};

/// One invariant that does not hold, with the script that shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Of this form.
    pub schema: u32,
    /// What does not hold.
    pub invariant: Invariant,
    /// The sentence.
    pub title: String,
    /// What was seen.
    pub what: String,
    /// How bad it is.
    pub severity: Severity,
    /// How firmly the clauses speak.
    pub level: Level,
    /// The clauses.
    pub references: Vec<Reference>,
    /// What to do.
    pub mend: String,
    /// The service.
    pub service: String,
    /// Its kind.
    pub kind: Kind,
    /// The fault that was planted in the reference service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planted: Option<Fault>,
    /// The campaign's seed.
    pub seed: u64,
    /// Which of its scripts showed it.
    pub number: u64,
    /// How many commands were done until then.
    pub after: u64,
    /// How many commands that script had.
    pub from: usize,
    /// The shortest.
    pub script: Script,
    /// What was done.
    pub steps: Vec<Step>,
}

/// The form of findings.
pub const SCHEMA: u32 = 1;

/// Where a finding was made.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// The campaign's seed.
    pub seed: u64,
    /// Which of its scripts.
    pub number: u64,
    /// After how many commands.
    pub after: u64,
    /// What was planted.
    pub planted: Option<Fault>,
}

/// How much is done to make a script small. A service in process always answers the same, and quickly; one that runs may
/// do neither.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// How many scripts are tried.
    pub attempts: usize,
    /// How often each is run until it is taken to show nothing.
    pub repeats: usize,
    /// How many other schedules are tried of requests that overlap.
    pub schedules: u64,
}

impl Effort {
    /// For a service in process.
    pub const WHOLE: Self = Self { attempts: 5_000, repeats: 1, schedules: 16 };
}

/// Makes a script small and says what it shows.
pub fn reduce<S: Interleaved>(make: &impl Fn() -> S, script: Script, breach: Breach, origin: Origin) -> Finding {
    reduce_with(Effort::WHOLE, make, script, breach, origin)
}

/// The same with so much effort.
pub fn reduce_with<S: Interleaved>(
    effort: Effort,
    make: &impl Fn() -> S,
    script: Script,
    breach: Breach,
    origin: Origin,
) -> Finding {
    let from = script.len();
    let mut shrinker = Shrinker { make, effort, invariant: breach.invariant, forms: Forms::default(), runs: 0 };
    let script = shrinker.shrink(script);
    let service = make();
    let shown = |outcome: &Outcome| outcome.breach.is_some_and(|breach| breach.invariant == shrinker.invariant);
    let mut outcome = engine::run(&service, &script, &mut Forms::default(), true);
    for _ in 1..effort.repeats * 4 {
        if shown(&outcome) {
            break;
        }
        outcome = engine::run(&make(), &script, &mut Forms::default(), true);
    }
    let breach = outcome.breach.unwrap_or(Breach { invariant: shrinker.invariant, ..breach });
    let row = breach.invariant.row();
    Finding {
        schema: SCHEMA,
        invariant: breach.invariant,
        title: row.broken.to_owned(),
        what: breach.what.to_owned(),
        severity: row.severity,
        level: row.level,
        references: row.references.iter().map(|text| Reference((*text).to_owned())).collect(),
        mend: row.mend.to_owned(),
        service: service.info().name,
        kind: script.kind,
        planted: origin.planted,
        seed: origin.seed,
        number: origin.number,
        after: origin.after,
        from,
        script,
        steps: outcome.steps,
    }
}

/// Whether a finding's script breaches its invariant still.
pub fn replay<S: Interleaved>(service: &S, finding: &Finding) -> Outcome {
    engine::run(service, &finding.script, &mut Forms::default(), true)
}

struct Shrinker<'m, M> {
    make: &'m M,
    effort: Effort,
    invariant: Invariant,
    forms: Forms,
    runs: usize,
}

impl<S: Interleaved, M: Fn() -> S> Shrinker<'_, M> {
    fn shrink(&mut self, mut script: Script) -> Script {
        loop {
            let before = script.clone();
            script = self.without_overlap(script);
            script = self.shorter(script);
            script = self.without_logins_between(script);
            script = self.plainer(script);
            script = self.plainer_schedule(script);
            if script == before || self.runs >= self.effort.attempts {
                return script;
            }
        }
    }

    fn shows(&mut self, script: &Script) -> bool {
        self.runs += 1;
        (0..self.effort.repeats).any(|_| {
            let outcome = engine::run(&(self.make)(), script, &mut self.forms, false);
            outcome.breach.is_some_and(|breach| breach.invariant == self.invariant)
        })
    }

    /// The same, where requests overlap also on another schedule: with a request less the old one means something else.
    fn shows_somehow(&mut self, candidate: Script) -> Option<Script> {
        if self.shows(&candidate) {
            return Some(candidate);
        }
        let others = if candidate.branches.is_empty() { 0 } else { self.effort.schedules };
        for number in 0..others {
            let mut chance = Seeded::new(number, 0);
            let turns = (0..SCHEDULE).map(|_| u8::try_from(chance.below(3)).expect("it is small"));
            let other = Script { schedule: turns.collect(), ..candidate.clone() };
            if self.shows(&other) {
                return Some(other);
            }
        }
        None
    }

    /// Everything in order, where that is enough.
    fn without_overlap(&mut self, script: Script) -> Script {
        if script.branches.is_empty() {
            return script;
        }
        let mut commands = script.commands.clone();
        commands.extend(script.branches.iter().flatten());
        commands.extend(&script.after);
        let flat = Script::sequential(script.kind, commands);
        let outcome = engine::run(&(self.make)(), &flat, &mut self.forms, false);
        // In order the same is said more plainly.
        let plain = outcome.breach.map(|breach| breach.invariant);
        match plain.filter(|plain| *plain == self.invariant || linear::named(*plain) == self.invariant) {
            Some(plain) => {
                self.invariant = plain;
                flat
            }
            None => script,
        }
    }

    /// Without as many commands as possible: first many at once, then one.
    fn shorter(&mut self, mut script: Script) -> Script {
        let mut width = script.len().max(1);
        while width > 0 && self.runs < self.effort.attempts {
            let mut at = 0;
            while at < script.len() {
                match self.shows_somehow(without(&script, at, width)) {
                    Some(shorter) => script = shorter,
                    None => at += width,
                }
            }
            width /= 2;
        }
        let held: Vec<Vec<Command>> = script.branches.iter().filter(|branch| !branch.is_empty()).cloned().collect();
        if held.len() < script.branches.len() {
            let candidate = Script { branches: held, ..script.clone() };
            if self.shows(&candidate) {
                script = candidate;
            }
        }
        script
    }

    /// Without logins that stand between a login and what names it.
    fn without_logins_between(&mut self, mut script: Script) -> Script {
        for at in (0..script.len()).rev() {
            let Command::Login { slot: between, .. } = *command(&mut script.clone(), at) else { continue };
            let mut candidate = without(&script, at, 1);
            for at in 0..candidate.len() {
                each_pick(command(&mut candidate, at), |pick| {
                    if pick.slot == between {
                        pick.back = pick.back.saturating_sub(1);
                    }
                });
            }
            if let Some(shorter) = self.shows_somehow(candidate) {
                script = shorter;
            }
        }
        script
    }

    fn plainer(&mut self, mut script: Script) -> Script {
        for at in 0..script.len() {
            let mut has_changed = true;
            while has_changed && self.runs < self.effort.attempts {
                has_changed = false;
                for plain in plainer(*command(&mut script.clone(), at)) {
                    let mut candidate = script.clone();
                    *command(&mut candidate, at) = plain;
                    if self.shows(&candidate) {
                        script = candidate;
                        has_changed = true;
                        break;
                    }
                }
            }
        }
        self.renamed(script)
    }

    /// With the first slots, and the first user.
    fn renamed(&mut self, script: Script) -> Script {
        let mut script = script;
        for (from, to) in [(1, 0), (2, 0), (2, 1)] {
            let mut candidate = script.clone();
            for at in 0..candidate.len() {
                swap_slots(command(&mut candidate, at), from, to);
            }
            let first = |script: &Script| slots(script).first().copied();
            if first(&candidate) < first(&script) && self.shows(&candidate) {
                script = candidate;
            }
        }
        script
    }

    fn plainer_schedule(&mut self, mut script: Script) -> Script {
        let mut width = script.schedule.len();
        while width > 0 && self.runs < self.effort.attempts {
            let kept = script.schedule.len().saturating_sub(width);
            let candidate = Script { schedule: script.schedule[..kept].to_vec(), ..script.clone() };
            if script.schedule.len() >= width && self.shows(&candidate) {
                script = candidate;
            } else {
                width /= 2;
            }
        }
        for at in 0..script.schedule.len() {
            if self.runs >= self.effort.attempts {
                break;
            }
            let mut candidate = script.clone();
            candidate.schedule[at] = 0;
            if candidate != script && self.shows(&candidate) {
                script = candidate;
            }
        }
        script
    }
}

/// A script without so many commands from a place on.
fn without(script: &Script, at: usize, width: usize) -> Script {
    let mut number = 0;
    let mut keep = |_: &Command| {
        number += 1;
        !(at..at + width).contains(&(number - 1))
    };
    let mut shorter = script.clone();
    shorter.commands.retain(&mut keep);
    for branch in &mut shorter.branches {
        branch.retain(&mut keep);
    }
    shorter.after.retain(&mut keep);
    shorter
}

fn command(script: &mut Script, at: usize) -> &mut Command {
    let all = script.commands.iter_mut().chain(script.branches.iter_mut().flatten()).chain(&mut script.after);
    all.into_iter().nth(at).expect("the place is within the script")
}

/// What might do instead of a command.
fn plainer(command: Command) -> Vec<Command> {
    let mut plain = Vec::new();
    let newest = |pick: Pick| Pick { back: 0, ..pick };
    match command {
        Command::Login { slot, user, password, presents } => {
            plain.push(Command::Login { slot, user, password, presents: Presents::Nothing });
            plain.push(Command::Login { slot, user, password: Password::Right, presents });
            plain.push(Command::Login { slot, user: 0, password, presents });
            if let Presents::Held(pick) = presents {
                plain.push(Command::Login { slot, user, password, presents: Presents::Held(newest(pick)) });
            }
        }
        Command::Use { pick, part, elsewhere } => {
            plain.push(Command::Use { pick, part, elsewhere: false });
            plain.push(Command::Use { pick: newest(pick), part, elsewhere });
            plain.push(Command::Use { pick, part: Part::Session, elsewhere });
            plain.push(Command::Use { pick, part: Part::Access(0), elsewhere });
        }
        Command::Refresh { pick, part, other_client } => {
            plain.push(Command::Refresh { pick, part, other_client: false });
            plain.push(Command::Refresh { pick: newest(pick), part, other_client });
            if let Part::Refresh(back) = part {
                plain.extend((0..back).map(|back| Command::Refresh { pick, part: Part::Refresh(back), other_client }));
            }
        }
        Command::LogoutOthers { pick } | Command::LogoutAll { pick } | Command::ChangePassword { pick } => {
            plain.push(Command::Logout { pick });
        }
        Command::Revoke { target, .. } => plain.push(Command::Logout { pick: target }),
        Command::Disable { user } if user > 0 => plain.push(Command::Disable { user: 0 }),
        Command::DropRole { user } if user > 0 => plain.push(Command::DropRole { user: 0 }),
        Command::CompromiseKey => plain.push(Command::RotateKey),
        Command::Advance { seconds } if seconds > 1 => {
            plain.extend([1, seconds / 2, seconds - 1].map(|seconds| Command::Advance { seconds }));
        }
        _ => {}
    }
    plain.retain(|other| *other != command);
    plain
}

fn swap_slots(command: &mut Command, from: u8, to: u8) {
    let swap = |slot: &mut u8| {
        if *slot == from {
            *slot = to;
        } else if *slot == to {
            *slot = from;
        }
    };
    if let Command::Login { slot, .. } = command {
        swap(slot);
    }
    each_pick(command, |pick| swap(&mut pick.slot));
}

/// Every login that a command names.
fn each_pick(command: &mut Command, mut change: impl FnMut(&mut Pick)) {
    match command {
        Command::Login { presents: Presents::Held(pick), .. }
        | Command::Use { pick, .. }
        | Command::Refresh { pick, .. }
        | Command::Logout { pick }
        | Command::LogoutOthers { pick }
        | Command::LogoutAll { pick }
        | Command::List { pick }
        | Command::ChangePassword { pick }
        | Command::AdvanceTo { pick, .. }
        | Command::Tamper { pick, .. } => change(pick),
        Command::UseBoth { cookie: pick, bearer: other } | Command::Revoke { pick, target: other } => {
            change(pick);
            change(other);
        }
        Command::Login { .. }
        | Command::Disable { .. }
        | Command::Enable { .. }
        | Command::DropRole { .. }
        | Command::GrantRole { .. }
        | Command::RotateKey
        | Command::RetireKeys
        | Command::CompromiseKey
        | Command::Advance { .. }
        | Command::Store { .. }
        | Command::Restart => {}
    }
}

/// The slots of logins, in order.
fn slots(script: &Script) -> Vec<u8> {
    let all = script.commands.iter().chain(script.branches.iter().flatten()).chain(&script.after);
    all.filter_map(|command| if let Command::Login { slot, .. } = command { Some(*slot) } else { None }).collect()
}

/// How long schedules are that are tried.
const SCHEDULE: usize = 24;
