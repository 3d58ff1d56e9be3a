//! The loop: takes a service and a script, does what the script says, and judges each answer by the model and by what the
//! service shows beside it. Gives the first breach, and where it is asked for, what was done, answered and held beside each
//! command. A panic is an answer: `Broken`. Overlapping requests are polled in the order of the script's schedule, one access
//! to the store at a time, so that a script always does the same.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::command::{CLIENTS, Command, Limit, Part, Password, Pick, Presents, ROLE, Script, USERS, User};
use super::invariants::Breach;
use super::linear::{self, Operation};
use super::model::{Asked, CredentialId, Life, Model, Owner, Role, Said, Seen, Shown};
use super::policy::Seconds;
use super::service::{Action, Answer, Capability, Control, Controlled, Interleaved, Request, ServiceInfo, Verdict};
use super::surface::{self, Forms, Surface};
use super::tamper::{self, Around};
use super::wallet::{Purse, Wallet};

/// What became of a script.
#[derive(Debug)]
pub struct Outcome {
    /// What did not hold.
    pub breach: Option<Breach>,
    /// How many commands of the first part were done, the one that breached among them.
    pub done: usize,
    /// How many requests were made and controls used.
    pub commands: u64,
    /// What was done, where it was asked for.
    pub steps: Vec<Step>,
}

/// One line of a transcript.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Step {
    /// The command, in words; behind it the branch where there are some.
    pub command: String,
    /// What the service answered.
    pub answer: String,
    /// What the model held afterwards; of requests that overlap, before the first of them.
    pub model: String,
}

/// Runs a script against a service that is new.
pub fn run<S: Interleaved + ?Sized>(service: &S, script: &Script, forms: &mut Forms, is_told: bool) -> Outcome {
    let info = service.info();
    let mut world = World {
        model: Model::new(info.kind, info.policy),
        info,
        service,
        wallet: Wallet::default(),
        surface: Surface::default(),
        forms,
        commands: 0,
        steps: is_told.then(Vec::new),
    };
    let mut done = 0;
    let mut breach = None;
    for command in &script.commands {
        done += 1;
        breach = world.command(*command).err();
        if breach.is_some() {
            break;
        }
    }
    if breach.is_none() && !script.branches.is_empty() {
        breach = world.overlap(script).err();
    }
    Outcome { breach, done, commands: world.commands, steps: world.steps.unwrap_or_default() }
}

/// A service under test, and all that is known of it.
struct World<'s, S: ?Sized> {
    service: &'s S,
    info: ServiceInfo,
    model: Model,
    wallet: Wallet,
    surface: Surface,
    forms: &'s mut Forms,
    commands: u64,
    steps: Option<Vec<Step>>,
}

/// What a command comes to.
enum Plan {
    Ask { asked: Asked, request: Request, slot: u8 },
    Control { asked: Asked, control: Control },
}

/// A branch of requests that overlap with others.
struct Branch<'s> {
    index: usize,
    rest: std::vec::IntoIter<Command>,
    under_way: Option<UnderWay<'s>>,
}

struct UnderWay<'s> {
    command: Command,
    asked: Asked,
    request: Request,
    slot: u8,
    invoked: u32,
    answer: Pin<Box<dyn Future<Output = Answer> + 's>>,
}

type Judged = Result<(), Breach>;

impl<'s, S: Interleaved + ?Sized> World<'s, S> {
    /// Does one command, unless what it names is missing.
    fn command(&mut self, command: Command) -> Judged {
        if let Command::Login { slot, user, presents: Presents::Anonymous, .. } = command {
            self.visit(slot, user)?;
        }
        match self.plan(command) {
            None => Ok(()),
            Some(Plan::Ask { asked, request, slot }) => {
                self.commands += 1;
                let answer = ask(self.service, &request);
                let judged = self.judge_surface(&asked, &request, &answer);
                let seen = self.take(&asked, &request, &answer, slot);
                let judged = self.model.step(&asked, &seen, None).and(judged);
                self.tell(|| command.to_string(), &answer);
                judged
            }
            Some(Plan::Control { asked, control }) => {
                self.commands += 1;
                let judged = match self.service.control(control) {
                    Controlled::Cannot => return Ok(()),
                    Controlled::Done => Ok(()),
                    Controlled::Leaked { kid, secret } => {
                        self.wallet.leaked = Some((kid, secret));
                        Ok(())
                    }
                };
                if control == Control::Restart {
                    self.surface.restarted();
                }
                self.model.step(&asked, &Seen::of(Said::Denied), None)?;
                self.note(|| (command.to_string(), "done".to_owned()));
                judged
            }
        }
    }

    /// A visit before a login: what it sets is what the login sends.
    fn visit(&mut self, slot: u8, user: User) -> Judged {
        if !self.info.kind.has_session() {
            return Ok(());
        }
        self.commands += 1;
        let request = self.request(USERS[usize::from(user)].host, None, None, Action::Visit);
        let answer = ask(self.service, &request);
        let judged = self.judge_surface(&Asked::Visit, &request, &answer);
        let seen = self.take(&Asked::Visit, &request, &answer, slot);
        let judged = self.model.step(&Asked::Visit, &seen, None).and(judged);
        self.tell(|| format!("visit of {}", Pick { slot, back: 0 }), &answer);
        judged
    }

    /// Requests that overlap, and what is asked after them.
    fn overlap(&mut self, script: &Script) -> Judged {
        let fork = self.model.clone();
        let mut branches: Vec<Branch<'s>> = script
            .branches
            .iter()
            .enumerate()
            .map(|(index, commands)| Branch { index, rest: commands.clone().into_iter(), under_way: None })
            .collect();
        let mut history: Vec<Operation> = Vec::new();
        let mut turns = script.schedule.iter();
        let mut clock = 0;
        self.service.hold(true);
        loop {
            for branch in &mut branches {
                self.begin(branch, clock);
            }
            let mut ready: Vec<&mut Branch<'s>> =
                branches.iter_mut().filter(|branch| branch.under_way.is_some()).collect();
            if ready.is_empty() {
                break;
            }
            let turn = usize::from(turns.next().copied().unwrap_or(0)) % ready.len();
            clock += 1;
            if let Err(breach) = self.go_on(ready[turn], clock, &mut history) {
                self.service.hold(false);
                return Err(breach);
            }
        }
        self.service.hold(false);
        for command in &script.after {
            clock += 1;
            if let Some(Plan::Ask { asked, request, slot }) = self.plan(*command) {
                self.commands += 1;
                let answer = ask(self.service, &request);
                self.finish(*command, (asked, &request, slot), &answer, (clock, clock), &mut history, "afterwards")?;
            }
        }
        linear::check(&fork, &history, self.wallet.families())
    }

    /// The branch's next request, where there is none under way.
    fn begin(&mut self, branch: &mut Branch<'s>, clock: u32) {
        while branch.under_way.is_none() {
            let Some(command) = branch.rest.next() else { return };
            if let Some(Plan::Ask { asked, request, slot }) = self.plan(command) {
                self.commands += 1;
                let answer = self.service.start(request.clone());
                branch.under_way = Some(UnderWay { command, asked, request, slot, invoked: clock, answer });
            }
        }
    }

    fn go_on(&mut self, branch: &mut Branch<'s>, clock: u32, history: &mut Vec<Operation>) -> Judged {
        let Some(under_way) = &mut branch.under_way else { return Ok(()) };
        let mut context = Context::from_waker(Waker::noop());
        let polled = catch_unwind(AssertUnwindSafe(|| under_way.answer.as_mut().poll(&mut context)));
        let answer = match polled {
            Ok(Poll::Pending) => return Ok(()),
            Ok(Poll::Ready(answer)) => answer,
            Err(panic) => Answer::of(Verdict::Broken(words_of(&*panic))),
        };
        let Some(UnderWay { command, asked, request, slot, invoked, .. }) = branch.under_way.take() else {
            return Ok(());
        };
        let place = format!("branch {}, from {invoked} to {clock}", branch.index + 1);
        self.finish(command, (asked, &request, slot), &answer, (invoked, clock), history, &place)
    }

    /// A request of a history is answered.
    fn finish(
        &mut self,
        command: Command,
        (asked, request, slot): (Asked, &Request, u8),
        answer: &Answer,
        (invoked, returned): (u32, u32),
        history: &mut Vec<Operation>,
        place: &str,
    ) -> Judged {
        let judged = self.judge_surface(&asked, request, answer);
        let seen = self.take(&asked, request, answer, slot);
        self.tell(|| format!("{command}  [{place}]"), answer);
        let families = self.touched(&asked, &seen);
        history.push(Operation { asked, seen, invoked, returned, families });
        judged
    }

    /// The families that a request is about, beside those of a user that it is about as a whole.
    fn touched(&self, asked: &Asked, seen: &Seen) -> linear::About {
        let of = |id: CredentialId| self.wallet.owner(id).map(|owner| owner.family);
        match *asked {
            Asked::Login { presented, .. } => {
                linear::About::Families(seen.family.into_iter().chain(presented.and_then(of)).collect())
            }
            Asked::LogoutOthers { by, .. }
            | Asked::LogoutAll { by, .. }
            | Asked::List { by, .. }
            | Asked::ChangePassword { by, .. } => linear::About::User(by.user),
            Asked::Disable(user) | Asked::Enable(user) | Asked::DropRole(user) | Asked::GrantRole(user) => {
                linear::About::User(user)
            }
            Asked::Revoke { by, target, .. } => linear::About::Families(vec![by.family, target]),
            Asked::Use { credential, .. } | Asked::Refresh { credential, .. } | Asked::Logout { credential } => {
                linear::About::Families(of(credential).into_iter().collect())
            }
            _ => linear::About::Families(Vec::new()),
        }
    }

    fn plan(&self, command: Command) -> Option<Plan> {
        let control = |asked, control| Some(Plan::Control { asked, control });
        match command {
            Command::Login { slot, user, password, presents } => self.plan_login(slot, user, password, presents),
            Command::Use { pick, part, elsewhere } => {
                let credential = self.wallet.pick(pick, part)?;
                let home = match self.wallet.owner(credential) {
                    Some(owner) => USERS[usize::from(owner.user)].host,
                    None => self.home(pick)?,
                };
                let host = if elsewhere { USERS.iter().find(|user| user.host != home)?.host } else { home };
                let asked = Asked::Use { credential, is_home: !elsewhere };
                Some(self.ask(asked, self.showing(host, credential, Action::WhoAmI), pick.slot))
            }
            Command::UseBoth { cookie, bearer } => {
                let host = self.home(cookie)?;
                let both = (self.wallet.pick(cookie, Part::Session)?, self.wallet.pick(bearer, Part::Access(0))?);
                let mut request = self.showing(host, both.0, Action::WhoAmI);
                request.bearer = Some(self.wallet.octets(both.1).to_vec());
                let asked = Asked::UseBoth { cookie: both.0, bearer: both.1 };
                Some(self.ask(asked, request, cookie.slot))
            }
            Command::Refresh { pick, part, other_client } => {
                let credential = self.wallet.pick(pick, part)?;
                let token = self.wallet.octets(credential).to_vec();
                let mut request = self.request(self.home(pick)?, None, None, Action::Refresh { token });
                request.client = CLIENTS[usize::from(other_client)].as_bytes().to_vec();
                let has_tokens = self.info.kind.has_tokens();
                let asked = Asked::Refresh { credential, is_own_client: !other_client };
                has_tokens.then(|| self.ask(asked, request, pick.slot))
            }
            Command::Logout { pick } => {
                let host = self.home(pick)?;
                let (credential, request) = if self.info.kind.has_session() {
                    let credential = self.wallet.pick(pick, Part::Session)?;
                    (credential, self.showing(host, credential, Action::Logout { token: None }))
                } else {
                    let credential = self.wallet.pick(pick, Part::Refresh(0))?;
                    let token = Some(self.wallet.octets(credential).to_vec());
                    (credential, self.request(host, None, None, Action::Logout { token }))
                };
                Some(self.ask(Asked::Logout { credential }, request, pick.slot))
            }
            Command::LogoutOthers { pick } => {
                self.as_holder(pick, Action::LogoutOthers, |credential, by| Asked::LogoutOthers { credential, by })
            }
            Command::LogoutAll { pick } => {
                self.as_holder(pick, Action::LogoutAll, |credential, by| Asked::LogoutAll { credential, by })
            }
            Command::List { pick } if self.can(Capability::Listing) => {
                self.as_holder(pick, Action::List, |credential, by| Asked::List { credential, by })
            }
            Command::Revoke { pick, target } if self.can(Capability::Listing) => {
                let purse = self.wallet.purse(target)?;
                let (target, of, handle) = (purse.family, purse.user, purse.handle.clone()?);
                let asked = |credential, by| Asked::Revoke { credential, by, target, of };
                self.as_holder(pick, Action::Revoke { handle }, asked)
            }
            Command::ChangePassword { pick } => {
                let from = self.model.password(self.wallet.purse(pick)?.user);
                let action = Action::ChangePassword { old: password_of(from), new: password_of(from + 1) };
                self.as_holder(pick, action, |credential, by| Asked::ChangePassword { credential, by, from })
            }
            Command::Disable { user } => {
                self.by_administrator(user, |name| Action::Disable { name }, Asked::Disable(user))
            }
            Command::Enable { user } => {
                self.by_administrator(user, |name| Action::Enable { name }, Asked::Enable(user))
            }
            Command::DropRole { user } => {
                self.by_administrator(user, |name| Action::DropRole { name, role: ROLE.into() }, Asked::DropRole(user))
            }
            Command::GrantRole { user } => self.by_administrator(
                user,
                |name| Action::GrantRole { name, role: ROLE.into() },
                Asked::GrantRole(user),
            ),
            Command::RotateKey if self.has_keys() => control(Asked::RotateKey, Control::RotateKey),
            Command::RetireKeys if self.has_keys() => control(Asked::RetireKeys, Control::RetireKeys),
            Command::CompromiseKey if self.has_keys() => control(Asked::CompromiseKey, Control::CompromiseKey),
            Command::Advance { seconds } if self.can(Capability::Clock) => {
                control(Asked::Advance(seconds), Control::Advance(seconds))
            }
            Command::AdvanceTo { pick, limit, offset } if self.can(Capability::Clock) => {
                let seconds = self.until(pick, limit, offset)?;
                control(Asked::Advance(seconds), Control::Advance(seconds))
            }
            Command::Tamper { pick, part, how } => self.plan_tamper(pick, part, how),
            Command::Store { fault } if self.can(Capability::StoreFaults) => {
                control(Asked::Store(fault), Control::Store(fault))
            }
            Command::Restart if self.can(Capability::Restart) => control(Asked::Restart, Control::Restart),
            _ => None,
        }
    }

    fn plan_login(&self, slot: u8, user: User, password: Password, presents: Presents) -> Option<Plan> {
        let identity = USERS.get(usize::from(user))?;
        let current = self.model.password(user);
        let version = match password {
            Password::Right => current,
            Password::Former => current.checked_sub(1)?,
            Password::Wrong => u8::MAX,
        };
        let has_session = self.info.kind.has_session();
        let presented = match presents {
            _ if !has_session => None,
            Presents::Nothing => None,
            Presents::Anonymous => self.wallet.visitor,
            Presents::Unissued => None,
            Presents::Held(pick) => self.wallet.pick(pick, Part::Session),
        };
        let action = Action::Login { name: identity.name.into(), password: password_of(version) };
        let mut request = self.request(identity.host, None, None, action);
        if let Some(presented) = presented {
            request.cookie = Some(self.cookie(self.wallet.octets(presented)));
        } else if presents == Presents::Unissued && has_session {
            request.cookie = Some(self.cookie(UNISSUED));
        }
        Some(self.ask(Asked::Login { user, password: version, presented }, request, slot))
    }

    fn plan_tamper(&self, pick: Pick, part: Part, how: tamper::Tamper) -> Option<Plan> {
        let origin = self.wallet.pick(pick, part)?;
        let role = self.wallet.role(origin)?;
        let owner = self.wallet.owner(origin)?;
        let target = USERS.get((usize::from(owner.user) + 1) % USERS.len())?;
        // The host is the genuine holder's, so that a forgery is refused for what it is.
        let home = self.home(pick)?;
        let target = if target.host == home { *target } else { *USERS.iter().find(|user| user.host == home)? };
        let around = Around {
            other: self.wallet.of_another(role, owner.user),
            target: (target.name, target.host),
            leaked: self.wallet.leaked.as_ref().map(|(kid, secret)| (kid.as_slice(), secret.as_slice())),
        };
        if !how.applies(role) {
            return None;
        }
        let bent = tamper::bend(self.wallet.octets(origin), how, &around)?;
        let request = match role {
            Role::Session => self.request(home, Some(self.cookie(&bent)), None, Action::WhoAmI),
            Role::Access => self.request(home, None, Some(bent), Action::WhoAmI),
            Role::Refresh => self.request(home, None, None, Action::Refresh { token: bent }),
            Role::Anonymous => return None,
        };
        Some(self.ask(Asked::Bent { origin, how }, request, pick.slot))
    }

    /// What is asked with the session, or with the access token where there is none.
    fn as_holder(&self, pick: Pick, action: Action, asked: impl FnOnce(CredentialId, Owner) -> Asked) -> Option<Plan> {
        let part = if self.info.kind.has_session() { Part::Session } else { Part::Access(0) };
        let credential = self.wallet.pick(pick, part)?;
        let owner = self.wallet.owner(credential)?;
        Some(self.ask(asked(credential, owner), self.showing(self.home(pick)?, credential, action), pick.slot))
    }

    fn by_administrator(&self, user: User, action: impl FnOnce(Vec<u8>) -> Action, asked: Asked) -> Option<Plan> {
        let identity = USERS.get(usize::from(user))?;
        let request = self.request(identity.host, None, None, action(identity.name.into()));
        self.can(Capability::Administration).then(|| self.ask(asked, request, 0))
    }

    /// A request that shows a credential where it belongs.
    fn showing(&self, host: &str, id: CredentialId, action: Action) -> Request {
        let octets = self.wallet.octets(id);
        match self.wallet.role(id) {
            Some(Role::Session | Role::Anonymous) => self.request(host, Some(self.cookie(octets)), None, action),
            _ => self.request(host, None, Some(octets.to_vec()), action),
        }
    }

    #[expect(clippy::unused_self, reason = "a request is this world's")]
    fn request(&self, host: &str, cookie: Option<Vec<u8>>, bearer: Option<Vec<u8>>, action: Action) -> Request {
        Request { host: host.into(), client: CLIENTS[0].into(), cookie, bearer, action }
    }

    #[expect(clippy::unused_self, reason = "a request is this world's")]
    const fn ask(&self, asked: Asked, request: Request, slot: u8) -> Plan {
        Plan::Ask { asked, request, slot }
    }

    /// The value of a Cookie field with this session.
    fn cookie(&self, value: &[u8]) -> Vec<u8> {
        let name: &[u8] = if self.wallet.cookie.is_empty() { b"__Host-sid" } else { &self.wallet.cookie };
        [name, b"=", value].concat()
    }

    fn home(&self, pick: Pick) -> Option<&'static str> {
        Some(USERS[usize::from(self.wallet.purse(pick)?.user)].host)
    }

    fn until(&self, pick: Pick, limit: Limit, offset: i8) -> Option<Seconds> {
        let policy = &self.info.policy;
        let purse = self.wallet.purse(pick)?;
        let family = self.model.family(purse.family).filter(|family| family.life == Life::Live);
        let at = match limit {
            Limit::Idle => family?.used.1 + policy.idle,
            Limit::Absolute => family?.born + policy.absolute,
            Limit::Access => self.model.minted(*purse.access.last()?)? + policy.access_ttl,
            Limit::Skew => self.model.minted(*purse.access.last()?)? + policy.access_ttl + policy.skew,
            Limit::Grace => family?.rotated + policy.refresh_grace,
            Limit::Keys => self.model.keys_forgotten()?,
        };
        at.checked_add_signed(i64::from(offset))?.checked_sub(self.model.now())
    }

    /// Judges what is beside the verdict.
    fn judge_surface(&mut self, asked: &Asked, request: &Request, answer: &Answer) -> Judged {
        self.forms.lines(answer)?;
        if let Asked::Logout { credential } = asked
            && self.wallet.role(*credential) == Some(Role::Session)
            && matches!(answer.verdict, Verdict::Granted(_))
            && let Some(owner) = self.wallet.owner(*credential)
            && let Some(purse) = self.wallet.purse_of(owner.family)
        {
            self.forms.deletion(&purse.lines, answer)?;
        }
        if self.can(Capability::Log) {
            surface::log(&self.service.log(), shown(request), answer)?;
        }
        if self.can(Capability::KeyFetches) {
            self.surface.fetches(self.service.key_fetches(), self.model.now(), &self.info.policy)?;
        }
        if matches!(asked, Asked::Login { .. } | Asked::Visit) {
            for (_, value) in answer.set_cookies.iter().filter_map(|line| surface::cookie(line)) {
                self.surface.id(value)?;
            }
        }
        surface::handles(answer, &self.wallet)
    }

    /// Keeps what was given, and says what the model is to know of an answer.
    fn take(&mut self, asked: &Asked, request: &Request, answer: &Answer, slot: u8) -> Seen {
        let mut seen = Seen::of(said(&answer.verdict));
        if let Some((name, value)) = answer.set_cookies.iter().find_map(|line| surface::cookie(line)) {
            self.wallet.cookie = name.to_vec();
            seen.session = Some(self.wallet.number(value));
        }
        seen.access = answer.access.as_deref().map(|octets| self.wallet.number(octets));
        seen.refresh = answer.refresh.as_deref().map(|octets| self.wallet.number(octets));
        match *asked {
            Asked::Visit => {
                if let Some(id) = seen.session {
                    self.wallet.give(id, Role::Anonymous, None);
                    self.wallet.visitor = Some(id);
                }
            }
            Asked::Login { user, presented, .. } => {
                if matches!(answer.verdict, Verdict::Granted(_)) {
                    self.keep_login(user, presented, request, answer, &mut seen, slot);
                }
            }
            Asked::Refresh { credential, .. } => self.keep_pair(credential, &seen),
            Asked::List { .. } => {
                seen.listed = answer.listed.iter().map(|handle| self.wallet.family_of(handle)).collect();
            }
            _ => {}
        }
        seen
    }

    fn keep_login(
        &mut self,
        user: User,
        presented: Option<CredentialId>,
        request: &Request,
        answer: &Answer,
        seen: &mut Seen,
        slot: u8,
    ) {
        let family = self.wallet.begin(user);
        seen.family = Some(family);
        // An id that was sent and never given is known from now on.
        let sent =
            request.cookie.as_deref().and_then(|header| surface::cookie(header)).map(|(_, value)| value.to_vec());
        let presented = presented.or_else(|| {
            let value = sent?;
            let id = self.wallet.number(&value);
            self.wallet.give(id, Role::Anonymous, None);
            self.model.stray(id);
            Some(id)
        });
        for (id, role) in [(seen.session, Role::Session), (seen.access, Role::Access), (seen.refresh, Role::Refresh)] {
            if let Some(id) = id {
                self.wallet.give(id, role, Some(Owner { user, family }));
            }
        }
        let purse = Purse {
            family,
            user,
            session: seen.session,
            access: seen.access.into_iter().collect(),
            refresh: seen.refresh.into_iter().collect(),
            presented,
            handle: answer.handle.clone(),
            lines: answer.set_cookies.clone(),
        };
        self.wallet.keep(slot, purse);
    }

    fn keep_pair(&mut self, credential: CredentialId, seen: &Seen) {
        let Some(owner) = self.wallet.owner(credential) else { return };
        for (id, role) in [(seen.access, Role::Access), (seen.refresh, Role::Refresh)] {
            if let Some(id) = id {
                self.wallet.give(id, role, Some(owner));
            }
        }
        let Some(purse) = self.wallet.purse_of(owner.family) else { return };
        purse.access.extend(seen.access);
        if let Some(refresh) = seen.refresh.filter(|id| !purse.refresh.contains(id)) {
            purse.refresh.push(refresh);
        }
    }

    fn can(&self, capability: Capability) -> bool {
        self.info.capabilities.contains(&capability)
    }

    fn has_keys(&self) -> bool {
        self.info.kind.has_tokens() && self.can(Capability::Keys)
    }

    fn tell(&mut self, command: impl FnOnce() -> String, answer: &Answer) {
        self.note(|| (command(), described(answer)));
    }

    fn note(&mut self, said: impl FnOnce() -> (String, String)) {
        if let Some(steps) = &mut self.steps {
            let (command, answer) = said();
            steps.push(Step { command, answer, model: self.model.describe() });
        }
    }
}

/// Asks; a panic is an answer.
fn ask<S: Interleaved + ?Sized>(service: &S, request: &Request) -> Answer {
    catch_unwind(AssertUnwindSafe(|| service.ask(request)))
        .unwrap_or_else(|panic| Answer::of(Verdict::Broken(words_of(&*panic))))
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panic: {}", text.unwrap_or_default())
}

fn said(verdict: &Verdict) -> Said {
    match verdict {
        Verdict::Granted(principal) => {
            let is = |user: &super::command::Identity| {
                user.name.as_bytes() == principal.name && user.host.as_bytes() == principal.host
            };
            Said::Granted(Shown {
                user: USERS.iter().position(is).and_then(|at| User::try_from(at).ok()),
                is_admin: principal.roles.iter().any(|role| role == ROLE.as_bytes()),
            })
        }
        Verdict::Denied => Said::Denied,
        Verdict::Unavailable => Said::Unavailable,
        Verdict::Broken(_) => Said::Broken,
    }
}

/// The credential that a request shows.
fn shown(request: &Request) -> Option<&[u8]> {
    match &request.action {
        Action::Refresh { token } | Action::Logout { token: Some(token) } => Some(token),
        Action::Login { .. } | Action::Visit => None,
        _ => request.bearer.as_deref().or_else(|| surface::cookie(request.cookie.as_deref()?).map(|(_, value)| value)),
    }
}

/// An answer without what is secret in it.
fn described(answer: &Answer) -> String {
    let mut text = match &answer.verdict {
        Verdict::Granted(principal) if principal.name.is_empty() => "granted".to_owned(),
        Verdict::Granted(principal) => {
            let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
            let roles: Vec<String> = principal.roles.iter().map(|role| text(role)).collect();
            format!("granted: {}@{} ({})", text(&principal.name), text(&principal.host), roles.join(", "))
        }
        Verdict::Denied => "denied".to_owned(),
        Verdict::Unavailable => "unavailable".to_owned(),
        Verdict::Broken(how) => format!("broken: {how}"),
    };
    let given = [
        (!answer.set_cookies.is_empty(), "sets a cookie"),
        (answer.access.is_some(), "an access token"),
        (answer.refresh.is_some(), "a refresh token"),
    ];
    for (_, what) in given.iter().filter(|(is_given, _)| *is_given) {
        text.push_str(&format!(", {what}"));
    }
    if !answer.listed.is_empty() {
        text.push_str(&format!(", lists {}", answer.listed.len()));
    }
    text
}

fn password_of(version: u8) -> Vec<u8> {
    format!("password-{version}").into_bytes()
}

/// Of the form of the reference service's ids, and never given.
const UNISSUED: &[u8] = b"neverIssued.neverIssuedNeverIssued";
