//! Scripts by chance. Takes a seed, a number and a kind, gives a [`Script`]: of the same arguments always the same. Two of three
//! are commands in order; the third has three branches of up to four commands that overlap, and probes after them of all that
//! was given. Drawn so that logins, their ends and their limits come near each other; knows no service.

use super::command::{Command, Limit, Part, Password, Pick, Presents, SLOTS, Script, USERS, User};
use super::model::Role;
use super::policy::Kind;
use super::service::StoreFault;
use super::tamper::Tamper;
use crate::chance::{Chance as _, Seeded};

/// How a campaign's scripts look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// How many commands in order.
    pub length: usize,
    /// One of so many scripts has branches; 0 is none.
    pub overlapping: u64,
}

impl Default for Shape {
    fn default() -> Self {
        Self { length: 40, overlapping: 3 }
    }
}

/// The script of this number.
pub fn script(kind: Kind, shape: Shape, seed: u64, number: u64) -> Script {
    let mut draw = Draw { chance: Seeded::new(seed, number), kind };
    if shape.overlapping > 0 && number % shape.overlapping == shape.overlapping - 1 {
        return draw.overlapping();
    }
    let mut commands = vec![draw.login(), draw.login()];
    while commands.len() < shape.length {
        if draw.chance.one_in(6) {
            commands.extend(draw.phrase());
        } else {
            commands.push(draw.command());
        }
    }
    commands.truncate(shape.length);
    Script::sequential(kind, commands)
}

struct Draw {
    chance: Seeded,
    kind: Kind,
}

impl Draw {
    fn overlapping(&mut self) -> Script {
        let mut commands = vec![self.plain_login(0), self.plain_login(1)];
        for _ in 0..self.chance.below(4) {
            commands.push(match self.chance.below(4) {
                0 => Command::Advance { seconds: 1 + self.chance.below(20) as u64 },
                1 => self.refresh(),
                2 => self.plain_login(2),
                _ => self.request(),
            });
        }
        let mut branches: Vec<Vec<Command>> =
            (0..3).map(|_| (0..1 + self.chance.below(4)).map(|_| self.request()).collect()).collect();
        if self.kind.has_tokens() && self.chance.one_in(3) {
            // Two that show the same token.
            let again =
                Command::Refresh { pick: Pick { slot: 0, back: 0 }, part: Part::Refresh(0), other_client: false };
            branches[0][0] = again;
            branches[1][0] = again;
        }
        if self.kind.has_session() && self.chance.one_in(4) {
            // A use that is under way while its login ends.
            let pick = Pick { slot: 0, back: 0 };
            branches[0][0] = Command::Use { pick, part: Part::Session, elsewhere: false };
            branches[1][0] = Command::Logout { pick };
        }
        let schedule = (0..SCHEDULE).map(|_| u8::try_from(self.chance.below(3)).expect("it is small")).collect();
        Script { kind: self.kind, commands, branches, schedule, after: self.probes() }
    }

    /// What is asked of every login after requests that overlapped.
    fn probes(&self) -> Vec<Command> {
        let mut probes = Vec::new();
        for pick in (0..SLOTS).map(|slot| Pick { slot, back: 0 }) {
            if self.kind.has_session() {
                probes.push(Command::Use { pick, part: Part::Session, elsewhere: false });
                probes.push(Command::Use { pick, part: Part::Presented, elsewhere: false });
            }
            if self.kind.has_tokens() {
                probes.push(Command::Use { pick, part: Part::Access(0), elsewhere: false });
                for back in [0, 1] {
                    probes.push(Command::Refresh { pick, part: Part::Refresh(back), other_client: false });
                }
            }
            probes.push(Command::List { pick });
        }
        probes
    }

    /// A request that may overlap with others.
    fn request(&mut self) -> Command {
        let pick = self.pick();
        match self.chance.below(20) {
            0..=5 => self.usage(),
            6..=9 if self.kind.has_tokens() => self.refresh(),
            6..=9 => Command::Use { pick, part: Part::Session, elsewhere: false },
            10..=12 => Command::Logout { pick },
            13 => Command::LogoutOthers { pick },
            14 => Command::LogoutAll { pick },
            15 => Command::List { pick },
            16 => Command::Revoke { pick, target: self.pick() },
            17 => Command::ChangePassword { pick },
            18 => {
                let slot = self.slot();
                let presents = if self.chance.one_in(2) { Presents::Held(pick) } else { Presents::Nothing };
                Command::Login { slot, user: self.user(), password: Password::Right, presents }
            }
            _ => self.administration(),
        }
    }

    fn command(&mut self) -> Command {
        let pick = self.pick();
        match self.chance.below(100) {
            0..=11 => self.login(),
            12..=33 => self.usage(),
            34..=47 if self.kind.has_tokens() => self.refresh(),
            34..=47 => Command::Use { pick, part: Part::Session, elsewhere: false },
            48..=52 => Command::Logout { pick },
            53..=54 => Command::LogoutOthers { pick },
            55..=56 => Command::LogoutAll { pick },
            57..=60 => Command::List { pick },
            61..=63 => Command::Revoke { pick, target: self.pick() },
            64..=65 => Command::ChangePassword { pick },
            66..=68 => self.administration(),
            69..=71 => self.keys(),
            72..=74 => Command::Advance { seconds: *self.chance.pick(&[1, 5, 11, 59, 61, 301]) },
            75..=83 => self.advance_to(),
            84..=93 => self.tamper(),
            94..=98 => self.store(),
            _ => Command::Restart,
        }
    }

    /// Commands that belong together, about one login: what chance alone seldom puts in this order.
    fn phrase(&mut self) -> Vec<Command> {
        let pick = self.pick();
        let other = self.pick();
        let (user, offset) = (self.user(), *self.chance.pick(&[-1, 0, 1]));
        let to = |limit, offset| Command::AdvanceTo { pick, limit, offset };
        let show = |part| Command::Use { pick, part, elsewhere: false };
        let renew = |back| Command::Refresh { pick, part: Part::Refresh(back), other_client: false };
        let store = |fault| Command::Store { fault };
        let end = *self.chance.pick(&[
            Command::Logout { pick },
            Command::LogoutAll { pick },
            Command::ChangePassword { pick: other },
            Command::Disable { user },
        ]);
        let phrases = if self.kind.has_tokens() { 18 } else { 9 };
        let keep_alive = if self.kind.has_tokens() { renew(0) } else { show(Part::Session) };
        let proof = if self.kind.has_tokens() { show(Part::Access(0)) } else { show(Part::Session) };
        let drop_role = Command::DropRole { user };
        match self.chance.below(phrases) {
            0 => vec![to(Limit::Idle, -1), keep_alive, to(Limit::Absolute, offset), keep_alive],
            1 => vec![store(StoreFault::StaleReplica), end, show(Part::Session), proof, store(StoreFault::None)],
            2 => vec![proof, store(StoreFault::Down), proof, Command::Logout { pick }, store(StoreFault::None), proof],
            3 => vec![end, Command::Restart, proof, Command::Enable { user }],
            4 => {
                let former = Command::Login {
                    slot: self.slot(),
                    user: 0,
                    password: Password::Former,
                    presents: Presents::Nothing,
                };
                vec![Command::ChangePassword { pick }, former]
            }
            5 | 6 => self.tampers(),
            7 => vec![Command::Revoke { pick, target: other }, Command::List { pick: other }],
            8 => vec![to(Limit::Idle, offset), keep_alive],
            9 => vec![renew(0), to(Limit::Grace, offset), renew(1), renew(0), show(Part::Access(0))],
            10 => vec![renew(0), renew(0), renew(2), show(Part::Access(0))],
            11 => vec![end, to(Limit::Access, offset), proof, to(Limit::Skew, offset), proof],
            12 => vec![
                Command::RotateKey,
                Command::RetireKeys,
                Command::Advance { seconds: 59 },
                proof,
                to(Limit::Keys, offset),
                proof,
            ],
            13 => {
                let leaked = Command::Tamper { pick, part: Part::Access(0), how: Tamper::LeakedKey };
                vec![Command::CompromiseKey, proof, to(Limit::Keys, offset), proof, leaked]
            }
            14 => vec![Command::Tamper { pick, part: Part::Access(0), how: Tamper::UnknownKid }; 3],
            15 => vec![end, store(StoreFault::Wiped), proof],
            16 => {
                let both = |cookie, bearer| Command::UseBoth { cookie, bearer };
                let slot = (pick.slot + 1) % SLOTS;
                let bob = Command::Login { slot, user: 1, password: Password::Right, presents: Presents::Nothing };
                let second = Pick { slot, back: 0 };
                vec![bob, Command::DropRole { user: 1 }, both(second, pick), drop_role, renew(0), proof]
            }
            _ => {
                vec![to(Limit::Idle, -1), renew(0), to(Limit::Absolute, -1), renew(0), to(Limit::Access, offset), proof]
            }
        }
    }

    fn login(&mut self) -> Command {
        let presents = match self.chance.below(6) {
            0 | 1 => Presents::Anonymous,
            2 => Presents::Unissued,
            3 => Presents::Held(self.pick()),
            _ => Presents::Nothing,
        };
        let password = match self.chance.below(12) {
            0 => Password::Wrong,
            1 => Password::Former,
            _ => Password::Right,
        };
        Command::Login { slot: self.slot(), user: self.user(), password, presents }
    }

    fn plain_login(&mut self, slot: u8) -> Command {
        // Of one user, mostly: what overlaps is to be about the same.
        let user = if self.chance.one_in(4) { self.user() } else { 0 };
        Command::Login { slot, user, password: Password::Right, presents: Presents::Nothing }
    }

    fn usage(&mut self) -> Command {
        let pick = self.pick();
        let elsewhere = self.chance.one_in(12);
        if self.kind == Kind::Hybrid && self.chance.one_in(10) {
            return Command::UseBoth { cookie: pick, bearer: self.pick() };
        }
        Command::Use { pick, part: self.part(), elsewhere }
    }

    fn refresh(&mut self) -> Command {
        let part = if self.chance.one_in(10) {
            Part::Access(0)
        } else {
            Part::Refresh(*self.chance.pick(&[0, 0, 0, 0, 1, 1, 2]))
        };
        Command::Refresh { pick: self.pick(), part, other_client: self.chance.one_in(15) }
    }

    fn administration(&mut self) -> Command {
        let user = self.user();
        match self.chance.below(6) {
            0 => Command::Disable { user },
            1 | 2 => Command::Enable { user },
            3 | 4 => Command::DropRole { user },
            _ => Command::GrantRole { user },
        }
    }

    fn keys(&mut self) -> Command {
        match self.chance.below(5) {
            0 | 1 => Command::RotateKey,
            2 | 3 => Command::RetireKeys,
            _ => Command::CompromiseKey,
        }
    }

    fn advance_to(&mut self) -> Command {
        let limits: &[Limit] = match self.kind {
            Kind::Session => &[Limit::Idle, Limit::Idle, Limit::Absolute],
            Kind::Jwt | Kind::Hybrid => &[
                Limit::Idle,
                Limit::Absolute,
                Limit::Access,
                Limit::Skew,
                Limit::Skew,
                Limit::Grace,
                Limit::Grace,
                Limit::Keys,
            ],
        };
        let limit = *self.chance.pick(limits);
        Command::AdvanceTo { pick: self.pick(), limit, offset: *self.chance.pick(&[-1, 0, 1]) }
    }

    /// One credential, bent in several ways.
    fn tampers(&mut self) -> Vec<Command> {
        let (pick, part) = (self.pick(), self.part());
        let fitting: Vec<Tamper> = Tamper::ALL.iter().copied().filter(|how| how.applies(role_of(part))).collect();
        let first = self.chance.below(fitting.len());
        let ways = fitting.iter().cycle().skip(first).take(10);
        ways.map(|how| Command::Tamper { pick, part, how: *how }).collect()
    }

    fn tamper(&mut self) -> Command {
        let part = self.part();
        let pick = self.pick();
        self.tamper_with(pick, part)
    }

    fn tamper_with(&mut self, pick: Pick, part: Part) -> Command {
        let role = role_of(part);
        let fitting: Vec<Tamper> = Tamper::ALL.iter().copied().filter(|how| how.applies(role)).collect();
        let how = if role == Role::Access && self.chance.one_in(5) {
            Tamper::UnknownKid
        } else {
            *self.chance.pick(&fitting)
        };
        Command::Tamper { pick, part, how }
    }

    fn store(&mut self) -> Command {
        let faults = [
            StoreFault::None,
            StoreFault::None,
            StoreFault::None,
            StoreFault::Down,
            StoreFault::SlowWrites,
            StoreFault::StaleReplica,
            StoreFault::StaleReplica,
            StoreFault::Corrupt,
            StoreFault::Wiped,
        ];
        Command::Store { fault: *self.chance.pick(&faults) }
    }

    /// Something that logins of this kind give.
    fn part(&mut self) -> Part {
        let session = [Part::Session, Part::Session, Part::Session, Part::Presented];
        let tokens = [Part::Access(0), Part::Access(0), Part::Access(1), Part::Refresh(0)];
        match self.kind {
            Kind::Session => *self.chance.pick(&session),
            Kind::Jwt => *self.chance.pick(&tokens),
            Kind::Hybrid if self.chance.one_in(2) => *self.chance.pick(&tokens),
            Kind::Hybrid => *self.chance.pick(&session),
        }
    }

    fn pick(&mut self) -> Pick {
        Pick { slot: self.slot(), back: u8::from(self.chance.one_in(6)) }
    }

    fn slot(&mut self) -> u8 {
        u8::try_from(self.chance.below(usize::from(SLOTS))).expect("it is small")
    }

    fn user(&mut self) -> User {
        // The first more often, so that users have several logins.
        *self.chance.pick(&[0, 0, 1, 2].map(|user: User| user % USERS.len() as User))
    }
}

/// What a part is for; what was sent with a login is of the form of a session id.
const fn role_of(part: Part) -> Role {
    match part {
        Part::Session | Part::Presented => Role::Session,
        Part::Access(_) => Role::Access,
        Part::Refresh(_) => Role::Refresh,
    }
}

/// As many accesses to the store as twelve requests have, mostly.
const SCHEDULE: usize = 64;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::mem::{Discriminant, discriminant};

    use super::*;

    #[test]
    fn the_same_numbers_make_the_same_script() {
        let shape = Shape::default();
        assert_eq!(script(Kind::Jwt, shape, 7, 3), script(Kind::Jwt, shape, 7, 3));
        assert_ne!(script(Kind::Jwt, shape, 7, 3), script(Kind::Jwt, shape, 7, 4));
        assert_eq!(script(Kind::Session, shape, 7, 2).branches.len(), 3);
    }

    #[test]
    fn every_command_every_bend_and_every_fault_of_the_store_is_drawn() {
        let mut drawn: Vec<Discriminant<Command>> = Vec::new();
        let (mut bends, mut faults) = (BTreeSet::new(), BTreeSet::new());
        for number in 0..400 {
            for command in script(Kind::Hybrid, Shape::default(), 1, number).commands {
                if !drawn.contains(&discriminant(&command)) {
                    drawn.push(discriminant(&command));
                }
                match command {
                    Command::Tamper { how, .. } => _ = bends.insert(how),
                    Command::Store { fault } => _ = faults.insert(fault.as_str()),
                    _ => {}
                }
            }
        }
        assert_eq!(drawn.len(), 22, "a command that is never drawn is never tried");
        assert_eq!(bends.len(), Tamper::ALL.len());
        assert_eq!(faults.len(), StoreFault::ALL.len());
    }
}
