//! The abstract state of a service that logs users in: one machine for sessions, for pairs of tokens, and for both. Takes
//! what was asked and what was seen, gives the next state or the invariant that does not hold. Knows credentials by number,
//! never by octets; time is what it is told. Where a policy leaves a choice, any answer is right and decides what follows.
//!
//! A *family* is what one login gave. A session is a family whose one leaf is its id; a pair of tokens has the refresh token
//! for a leaf, spent leaves behind it, and access tokens beside; a hybrid has both.

use super::command::{USERS, User};
use super::invariants::{Breach, Invariant};
use super::policy::{Kind, OnReuse, OnStoreFailure, Seconds, SessionPolicy};
use super::service::StoreFault;
use super::tamper::Tamper;

/// A family, by its number.
pub type FamilyId = u16;

/// A credential, by its number.
pub type CredentialId = u16;

words! {
    /// What a credential is for.
    Role;
    /// An id in a cookie.
    Session = "session id",
    /// To get the next pair.
    Refresh = "refresh token",
    /// To be let in for minutes.
    Access = "access token",
    /// An id that stands for nobody.
    Anonymous = "visitor's id",
}

words! {
    /// Why a family has ended.
    Cause;
    /// Its own logout.
    Logout = "logout",
    /// From another login of the user.
    LogoutElsewhere = "logout from elsewhere",
    /// By its handle.
    Revoked = "revoked",
    /// Another password.
    Password = "password changed",
    /// The user was disabled.
    Disabled = "user disabled",
    /// A spent refresh token was shown.
    Reuse = "refresh token reused",
    /// A login was made with its id.
    Replaced = "replaced by a login",
    /// The store was emptied.
    Wiped = "store wiped",
}

impl Cause {
    /// What it breaks that something of such a family is accepted.
    const fn guards(self) -> Invariant {
        match self {
            Self::Logout | Self::LogoutElsewhere | Self::Revoked => Invariant::LogoutEnds,
            Self::Password => Invariant::PasswordEnds,
            Self::Disabled => Invariant::DisableEnds,
            Self::Reuse => Invariant::ReuseEnds,
            Self::Replaced => Invariant::OldIdDead,
            Self::Wiped => Invariant::NoResurrection,
        }
    }
}

/// Whether a family lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Life {
    /// It does.
    Live,
    /// It has ended.
    Dead {
        /// Why.
        cause: Cause,
        /// When.
        at: Seconds,
        /// Whether something of it was refused since.
        refused: bool,
    },
    /// A request that would end it was answered that nobody can tell.
    Unsure,
}

/// What one login gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Family {
    /// Whose.
    pub user: User,
    /// When.
    pub born: Seconds,
    /// Its last use, at the earliest and at the latest.
    pub used: (Seconds, Seconds),
    /// Whether it lives.
    pub life: Life,
    /// The refresh token that is not spent.
    pub leaf: Option<CredentialId>,
    /// The one spent last.
    pub before: Option<CredentialId>,
    /// When it was.
    pub rotated: Seconds,
}

/// Something that a login gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Credential {
    role: Role,
    family: Option<FamilyId>,
    minted: Seconds,
    tick: u32,
    key: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Account {
    is_enabled: bool,
    password: u8,
    is_admin: bool,
    /// When that changed last.
    changed: (Seconds, u32),
    /// Whether a change was answered that nobody can tell.
    is_unsure: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Trusted,
    Dropped(Seconds),
    Leaked(Seconds),
}

/// Whose a credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The user.
    pub user: User,
    /// The login.
    pub family: FamilyId,
}

/// What was asked, with every name resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A visit.
    Visit,
    /// A login.
    Login {
        /// Who.
        user: User,
        /// With the user's password of this version; 255 is none.
        password: u8,
        /// With this id.
        presented: Option<CredentialId>,
    },
    /// To be let in.
    Use {
        /// With what.
        credential: CredentialId,
        /// At the tenant's own host.
        is_home: bool,
    },
    /// To be let in with two.
    UseBoth {
        /// In the cookie.
        cookie: CredentialId,
        /// As bearer token.
        bearer: CredentialId,
    },
    /// To be let in with something bent.
    Bent {
        /// What it was.
        origin: CredentialId,
        /// How it was bent.
        how: Tamper,
    },
    /// The next pair.
    Refresh {
        /// For what.
        credential: CredentialId,
        /// By the client that it was given to.
        is_own_client: bool,
    },
    /// A logout with this.
    Logout {
        /// With what.
        credential: CredentialId,
    },
    /// All of the user's others.
    LogoutOthers {
        /// With what.
        credential: CredentialId,
        /// Whose it is.
        by: Owner,
    },
    /// All of the user's.
    LogoutAll {
        /// With what.
        credential: CredentialId,
        /// Whose it is.
        by: Owner,
    },
    /// A list.
    List {
        /// With what.
        credential: CredentialId,
        /// Whose it is.
        by: Owner,
    },
    /// The end of one.
    Revoke {
        /// With what.
        credential: CredentialId,
        /// Whose it is.
        by: Owner,
        /// Of which.
        target: FamilyId,
        /// Whose that is.
        of: User,
    },
    /// Another password.
    ChangePassword {
        /// With what.
        credential: CredentialId,
        /// Whose it is.
        by: Owner,
        /// From this version to the next.
        from: u8,
    },
    /// Of a change of password the first half: the others have not ended yet.
    PasswordSet {
        /// Whose.
        user: User,
        /// From this version to the next.
        from: u8,
    },
    /// A user is disabled.
    Disable(User),
    /// A user may log in again.
    Enable(User),
    /// The role is taken away.
    DropRole(User),
    /// The role is given.
    GrantRole(User),
    /// Another key signs.
    RotateKey,
    /// Keys that no longer sign are dropped.
    RetireKeys,
    /// The key that signs is known to others.
    CompromiseKey,
    /// Time passes.
    Advance(Seconds),
    /// The store fails so.
    Store(StoreFault),
    /// The service is started anew.
    Restart,
}

impl Asked {
    /// The credential that it is asked with.
    const fn credential(&self) -> Option<CredentialId> {
        match self {
            Self::Use { credential, .. }
            | Self::Refresh { credential, .. }
            | Self::Logout { credential }
            | Self::LogoutOthers { credential, .. }
            | Self::LogoutAll { credential, .. }
            | Self::List { credential, .. }
            | Self::Revoke { credential, .. }
            | Self::ChangePassword { credential, .. } => Some(*credential),
            _ => None,
        }
    }
}

/// How it was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It was done for this principal.
    Granted(Shown),
    /// It was refused.
    Denied,
    /// Nobody can tell.
    Unavailable,
    /// The service broke.
    Broken,
}

/// Whom a request counted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// One of the users; none where name and host belong to none.
    pub user: Option<User>,
    /// Whether with the role.
    pub is_admin: bool,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The answer.
    pub said: Said,
    /// Of a login, the family that it began.
    pub family: Option<FamilyId>,
    /// The session id that was set.
    pub session: Option<CredentialId>,
    /// The access token.
    pub access: Option<CredentialId>,
    /// The refresh token.
    pub refresh: Option<CredentialId>,
    /// The families of a list; none for a handle that nobody was given.
    pub listed: Vec<Option<FamilyId>>,
}

impl Seen {
    /// An answer and nothing else.
    pub const fn of(said: Said) -> Self {
        Self { said, family: None, session: None, access: None, refresh: None, listed: Vec::new() }
    }
}

/// Whether a credential is to be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Admission {
    Must,
    May,
    Never(Breach),
}

impl Admission {
    /// The stricter of the two.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Never(_), _) | (Self::May, Self::Must | Self::May) => self,
            (Self::May | Self::Must, _) => other,
        }
    }
}

const fn never(invariant: Invariant, what: &'static str) -> Admission {
    Admission::Never(Breach::of(invariant, what))
}

/// Judged against one family alone, or against all.
pub type Scope = Option<FamilyId>;

/// The state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Model {
    kind: Kind,
    policy: PolicyOf,
    now: Seconds,
    tick: u32,
    accounts: [Account; USERS.len()],
    families: Vec<Option<Family>>,
    credentials: Vec<Option<Credential>>,
    keys: Vec<Key>,
    store: StoreFault,
    /// Whether what is asked is asked with an access token, of which nothing has to be read.
    is_by_token: bool,
}

/// A policy never changes: it is no part of what tells two states apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PolicyOf(SessionPolicy);

impl std::hash::Hash for PolicyOf {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

type Judged = Result<(), Breach>;

impl Model {
    /// Nobody is logged in.
    pub fn new(kind: Kind, policy: SessionPolicy) -> Self {
        let account = Account { is_enabled: true, password: 0, is_admin: true, changed: (0, 0), is_unsure: false };
        Self {
            kind,
            policy: PolicyOf(policy),
            now: 0,
            tick: 0,
            accounts: [account; USERS.len()],
            families: Vec::new(),
            credentials: Vec::new(),
            keys: vec![Key::Trusted],
            store: StoreFault::None,
            is_by_token: false,
        }
    }

    /// What is asked and how it is answered: the next state, or what does not hold. With a scope only what is about that family
    /// is judged.
    ///
    /// # Errors
    ///
    /// What does not hold; the state is then no longer of use.
    pub fn step(&mut self, asked: &Asked, seen: &Seen, scope: Scope) -> Judged {
        self.tick += 1;
        self.is_by_token = asked.credential().is_some_and(|id| self.is_role(id, Role::Access));
        if seen.said == Said::Broken {
            return Err(Breach::of(Invariant::NeverBroken, "the service broke"));
        }
        match *asked {
            Asked::Visit => {
                if let Some(id) = seen.session {
                    self.learn(id, Role::Anonymous, None);
                }
                Ok(())
            }
            Asked::Login { user, password, presented } => self.login(user, password, presented, seen, scope),
            Asked::Use { credential, is_home } => {
                let place = if is_home { Admission::Must } else { AWAY };
                self.used(credential, self.admission(credential).and(place), seen)?;
                let is_right = is_home && !self.is_role(credential, Role::Refresh);
                if let Some(family) = self.family_of(credential).filter(|_| is_right && seen.said == Said::Denied) {
                    self.refused(family);
                }
                Ok(())
            }
            Asked::UseBoth { cookie, bearer } => self.used_both(cookie, bearer, seen),
            Asked::Bent { origin, how } => self.bent(origin, how, seen),
            Asked::Refresh { credential, is_own_client } => self.refreshed(credential, is_own_client, seen),
            Asked::Logout { credential } => self.logged_out(credential, seen),
            Asked::LogoutOthers { credential, by } => {
                self.asks(credential, by, seen, scope)?;
                self.end_all(by.user, Some(by.family), Cause::LogoutElsewhere, seen.said);
                Ok(())
            }
            Asked::LogoutAll { credential, by } => {
                self.asks(credential, by, seen, scope)?;
                self.end_all(by.user, None, Cause::LogoutElsewhere, seen.said);
                Ok(())
            }
            Asked::List { credential, by } => {
                self.asks(credential, by, seen, scope)?;
                self.listed(by.user, seen, scope)
            }
            Asked::Revoke { credential, by, target, of } => self.revoked(credential, by, (target, of), seen, scope),
            Asked::ChangePassword { credential, by, from } => self.password_changed(credential, by, from, seen, scope),
            Asked::PasswordSet { user, from } => {
                if matches!(seen.said, Said::Granted(_)) {
                    self.account(user).password = from + 1;
                }
                Ok(())
            }
            Asked::Disable(user) => self.administered(user, seen, |model| {
                model.account(user).is_enabled = false;
                model.end_all(user, None, Cause::Disabled, seen.said);
            }),
            Asked::Enable(user) => self.administered(user, seen, |model| model.account(user).is_enabled = true),
            Asked::DropRole(user) => self.administered(user, seen, |model| model.set_admin(user, false)),
            Asked::GrantRole(user) => self.administered(user, seen, |model| model.set_admin(user, true)),
            Asked::RotateKey => {
                self.keys.push(Key::Trusted);
                Ok(())
            }
            Asked::RetireKeys => {
                let now = self.now;
                let (_, before) = self.keys.split_last_mut().expect("there is a key");
                before.iter_mut().filter(|key| **key == Key::Trusted).for_each(|key| *key = Key::Dropped(now));
                Ok(())
            }
            Asked::CompromiseKey => {
                *self.keys.last_mut().expect("there is a key") = Key::Leaked(self.now);
                self.keys.push(Key::Trusted);
                Ok(())
            }
            Asked::Advance(seconds) => {
                self.now += seconds;
                Ok(())
            }
            Asked::Store(StoreFault::Wiped) => {
                for family in self.families.iter_mut().flatten() {
                    family.end(Cause::Wiped, self.now);
                }
                Ok(())
            }
            Asked::Store(fault) => {
                self.store = fault;
                Ok(())
            }
            Asked::Restart => Ok(()),
        }
    }

    /// An id was sent that nobody was given: from now on it is one that stands for nobody.
    pub fn stray(&mut self, id: CredentialId) {
        self.learn(id, Role::Anonymous, None);
    }

    /// The clock.
    pub const fn now(&self) -> Seconds {
        self.now
    }

    /// The version of a user's password.
    pub const fn password(&self, user: User) -> u8 {
        self.accounts[user as usize].password
    }

    /// A family.
    pub fn family(&self, id: FamilyId) -> Option<&Family> {
        self.families.get(usize::from(id))?.as_ref()
    }

    /// When keys that were dropped last may be remembered until.
    pub fn keys_forgotten(&self) -> Option<Seconds> {
        let dropped = self.keys.iter().filter_map(|key| match key {
            Key::Trusted => None,
            Key::Dropped(at) | Key::Leaked(at) => Some(*at),
        });
        dropped.max().map(|at| at + self.policy.0.key_cache)
    }

    /// When a credential was minted.
    pub fn minted(&self, id: CredentialId) -> Option<Seconds> {
        self.credential(id).map(|credential| credential.minted)
    }

    /// What is known of families and clock, in a line.
    pub fn describe(&self) -> String {
        let mut parts = vec![format!("t={}", self.now)];
        if self.store != StoreFault::None {
            parts.push(format!("store {}", self.store));
        }
        for (index, account) in self.accounts.iter().enumerate() {
            let identity = USERS[index];
            let mut marks = Vec::new();
            if !account.is_enabled {
                marks.push("disabled");
            }
            if !account.is_admin {
                marks.push("no admin");
            }
            if !marks.is_empty() {
                parts.push(format!("{}@{} {}", identity.name, identity.host, marks.join(", ")));
            }
        }
        for (index, family) in self.families.iter().enumerate() {
            let Some(family) = family else { continue };
            let identity = USERS[usize::from(family.user)];
            let life = match family.life {
                Life::Live => "live".to_owned(),
                Life::Unsure => "live or ended".to_owned(),
                Life::Dead { cause, at, .. } => format!("ended at {at}: {cause}"),
            };
            parts.push(format!(
                "family {index} of {}@{}: {life}, used at {}",
                identity.name, identity.host, family.used.1
            ));
        }
        parts.join(" · ")
    }

    fn login(
        &mut self,
        user: User,
        password: u8,
        presented: Option<CredentialId>,
        seen: &Seen,
        scope: Scope,
    ) -> Judged {
        let account = self.accounts[usize::from(user)];
        let admission = if account.is_unsure {
            Admission::May
        } else if !account.is_enabled {
            never(Invariant::LoginGuarded, "a disabled user logged in")
        } else if password != account.password {
            never(Invariant::LoginGuarded, "a login succeeded with a password that is not the user's")
        } else {
            Admission::Must
        };
        if scope.is_none() || seen.family == scope {
            self.answers(admission, seen.said)?;
        }
        let replaced = presented.and_then(|id| self.family_of(id));
        let Said::Granted(shown) = seen.said else {
            if self.is_unsure_after(seen.said) {
                self.doubt(replaced);
            }
            return Ok(());
        };
        let Some(id) = seen.family else { return Err(LEFT_OUT) };
        if scope.is_none_or(|scope| scope == id) {
            self.is_principal(user, shown, None)?;
            let lacks_session = self.kind.has_session() && seen.session.is_none();
            let lacks_tokens = self.kind.has_tokens() && (seen.access.is_none() || seen.refresh.is_none());
            if lacks_session || lacks_tokens {
                return Err(LEFT_OUT);
            }
            let given = [seen.session, seen.access, seen.refresh];
            if given.into_iter().flatten().any(|id| self.credential(id).is_some() || Some(id) == presented) {
                return Err(Breach::of(Invariant::FreshId, "the login gave a credential that was known before"));
            }
        }
        if let Some(replaced) = replaced {
            self.end(replaced, Cause::Replaced);
        }
        let family = Family {
            user,
            born: self.now,
            used: (self.now, self.now),
            life: Life::Live,
            leaf: seen.refresh,
            before: None,
            rotated: self.now,
        };
        put(&mut self.families, usize::from(id), family);
        for (credential, role) in
            [(seen.session, Role::Session), (seen.access, Role::Access), (seen.refresh, Role::Refresh)]
        {
            if let Some(credential) = credential {
                self.learn(credential, role, Some(id));
            }
        }
        Ok(())
    }

    /// What a request that a credential stands for shows, and that the login was used.
    fn used(&mut self, id: CredentialId, admission: Admission, seen: &Seen) -> Judged {
        self.answers(admission, seen.said)?;
        if let Said::Granted(shown) = seen.said {
            let credential = self.credential(id).copied();
            let owner = self.user_of(id).ok_or(NOBODY)?;
            self.is_principal(owner, shown, credential.as_ref())?;
        }
        self.touch(id, seen.said);
        Ok(())
    }

    /// The same where something else is asked with it.
    fn asks(&mut self, id: CredentialId, by: Owner, seen: &Seen, scope: Scope) -> Judged {
        if scope.is_some_and(|scope| scope != by.family) {
            return Ok(());
        }
        self.used(id, self.admission(id), seen)
    }

    fn used_both(&mut self, cookie: CredentialId, bearer: CredentialId, seen: &Seen) -> Judged {
        let (first, second) = (self.admission(cookie), self.admission(bearer));
        if self.family_of(cookie) == self.family_of(bearer) {
            return self.used(cookie, first.and(second), seen);
        }
        // Which of the two counts is the service's choice; that it is one of them is not.
        self.answers(Admission::May, seen.said)?;
        let Said::Granted(shown) = seen.said else {
            self.touch(cookie, seen.said);
            return Ok(());
        };
        let as_one = |id, admission| {
            self.answers(admission, seen.said)?;
            let owner = self.user_of(id).ok_or(NOBODY)?;
            self.is_principal(owner, shown, self.credential(id))
        };
        if as_one(cookie, first).is_ok() {
            self.touch(cookie, seen.said);
            return Ok(());
        }
        if as_one(bearer, second).is_ok() {
            return Ok(());
        }
        Err(Breach::of(Invariant::NeverMerged, "the principal is that of neither login"))
    }

    fn bent(&mut self, origin: CredentialId, how: Tamper, seen: &Seen) -> Judged {
        let is_refresh = self.is_role(origin, Role::Refresh);
        let genuine = if is_refresh { self.refresh_admission(origin).0 } else { self.admission(origin) };
        let admission = match genuine {
            Admission::Never(breach) if how.may_be_same() => Admission::Never(breach),
            _ if how.may_be_same() => Admission::May,
            _ if how == Tamper::LeakedKey => self.leaked_key(),
            _ => never(Invariant::TamperRefused, "what nobody was given was accepted"),
        };
        self.answers(admission, seen.said)?;
        if how.may_be_same() && is_refresh {
            // To a lenient reader it was the token itself, spent or not.
            self.doubt(self.family_of(origin));
        }
        if let Said::Granted(shown) = seen.said
            && how != Tamper::LeakedKey
        {
            let owner = self.user_of(origin).ok_or(NOBODY)?;
            if shown.user != Some(owner) {
                return Err(Breach::of(Invariant::TamperRefused, "what was bent counts for another"));
            }
            self.touch(origin, seen.said);
        }
        Ok(())
    }

    fn refreshed(&mut self, id: CredentialId, is_own_client: bool, seen: &Seen) -> Judged {
        let (admission, is_reuse) = self.refresh_admission(id);
        let client = if is_own_client {
            Admission::Must
        } else {
            never(Invariant::ClientBound, "another client's refresh token was honoured")
        };
        self.answers(admission.and(client), seen.said)?;
        let Some(family_id) = self.family_of(id).filter(|_| self.is_role(id, Role::Refresh)) else { return Ok(()) };
        match seen.said {
            Said::Granted(shown) => self.rotated(id, family_id, shown, seen),
            Said::Denied => {
                // Who is not the client has shown nothing.
                if is_own_client {
                    self.refused(family_id);
                }
                if is_reuse && is_own_client && self.policy.0.reuse == OnReuse::EndsFamily {
                    match admission {
                        Admission::Never(_) => self.end(family_id, Cause::Reuse),
                        Admission::Must | Admission::May => self.doubt(Some(family_id)),
                    }
                }
                Ok(())
            }
            said => {
                if self.is_unsure_after(said) {
                    self.doubt(Some(family_id));
                }
                Ok(())
            }
        }
    }

    fn rotated(&mut self, id: CredentialId, family_id: FamilyId, shown: Shown, seen: &Seen) -> Judged {
        let (Some(refresh), Some(access)) = (seen.refresh, seen.access) else { return Err(LEFT_OUT) };
        let family = *self.family(family_id).ok_or(NOBODY)?;
        self.is_principal(family.user, shown, None)?;
        let is_sure = family.life == Life::Live;
        if family.leaf == Some(id) {
            if self.policy.0.rotation && refresh == id {
                return Err(Breach::of(Invariant::OneLeaf, "the refresh gave the same token again"));
            }
            if self.policy.0.rotation && self.credential(refresh).is_some() {
                return Err(Breach::of(Invariant::OneLeaf, "the refresh gave a token that was known before"));
            }
        } else if is_sure && family.leaf != Some(refresh) {
            return Err(Breach::of(Invariant::OneLeaf, "a second successor was given for one token"));
        }
        if self.credential(access).is_some() {
            return Err(Breach::of(Invariant::FreshId, "the refresh gave an access token that was known before"));
        }
        self.learn(access, Role::Access, Some(family_id));
        if self.credential(refresh).is_none() {
            self.learn(refresh, Role::Refresh, Some(family_id));
        }
        let now = self.now;
        let family = self.family_mut(family_id).ok_or(NOBODY)?;
        family.used = (now, now);
        if family.leaf == Some(id) || !is_sure {
            family.before = Some(id);
            family.leaf = Some(refresh);
            family.rotated = now;
        }
        Ok(())
    }

    fn logged_out(&mut self, id: CredentialId, seen: &Seen) -> Judged {
        let is_leaf = self.family_of(id).and_then(|id| self.family(id)).is_some_and(|family| family.leaf == Some(id));
        let admission = match self.life_admission(id) {
            Admission::Must if self.is_role(id, Role::Session) || is_leaf => Admission::Must,
            // To end what has ended is nothing.
            _ => Admission::May,
        };
        self.answers(admission, seen.said)?;
        let Some(family) = self.family_of(id) else { return Ok(()) };
        match seen.said {
            Said::Granted(_) if self.is_role(id, Role::Session) || is_leaf => self.end(family, Cause::Logout),
            Said::Granted(_) => self.doubt(Some(family)),
            said if self.is_unsure_after(said) => self.doubt(Some(family)),
            _ => {}
        }
        Ok(())
    }

    fn revoked(
        &mut self,
        id: CredentialId,
        by: Owner,
        (target, of): (FamilyId, User),
        seen: &Seen,
        scope: Scope,
    ) -> Judged {
        let is_live = self.family(target).is_some_and(|family| self.lives(family) == Admission::Must);
        let about = if of != by.user {
            never(Invariant::NonInterference, "a login of another user was ended")
        } else if is_live && scope.is_none() {
            Admission::Must
        } else {
            Admission::May
        };
        if scope.is_none_or(|scope| scope == by.family) {
            self.used(id, self.admission(id).and(about), seen)?;
        } else {
            self.answers(about, seen.said)?;
        }
        match seen.said {
            Said::Granted(_) => self.end(target, Cause::Revoked),
            said if self.is_unsure_after(said) => self.doubt(Some(target)),
            _ => {}
        }
        Ok(())
    }

    fn password_changed(&mut self, id: CredentialId, by: Owner, from: u8, seen: &Seen, scope: Scope) -> Judged {
        let account = self.accounts[usize::from(by.user)];
        let about = if account.is_unsure {
            Admission::May
        } else if account.password == from {
            Admission::Must
        } else {
            never(Invariant::LoginGuarded, "a password was changed with one that is not the user's")
        };
        if scope.is_none_or(|scope| scope == by.family) {
            self.used(id, self.admission(id).and(about), seen)?;
        }
        if self.is_unsure_after(seen.said) {
            self.account(by.user).is_unsure = true;
        } else if matches!(seen.said, Said::Granted(_)) {
            self.account(by.user).password = from + 1;
        }
        self.end_all(by.user, Some(by.family), Cause::Password, seen.said);
        Ok(())
    }

    fn listed(&self, user: User, seen: &Seen, scope: Scope) -> Judged {
        if !matches!(seen.said, Said::Granted(_)) {
            return Ok(());
        }
        for listed in &seen.listed {
            let family = listed.and_then(|id| self.family(id));
            match family {
                None if scope.is_none() => {
                    return Err(Breach::of(Invariant::ListedAreLive, "a handle is listed that no login was given"));
                }
                Some(family) if family.user != user => {
                    return Err(Breach::of(Invariant::NonInterference, "a login of another user is listed"));
                }
                _ => {}
            }
        }
        for (id, family) in (0..).zip(&self.families) {
            let Some(family) = family.filter(|family| family.user == user) else { continue };
            if scope.is_some_and(|scope| scope != id) {
                continue;
            }
            let is_listed = seen.listed.contains(&Some(id));
            match self.lives(&family) {
                Admission::Must if !is_listed => {
                    return Err(Breach::of(Invariant::ListedAreLive, "a live login is not listed"));
                }
                Admission::Never(_) if is_listed => {
                    return Err(Breach::of(Invariant::ListedAreLive, "a login is listed that has ended"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn administered(&mut self, user: User, seen: &Seen, apply: impl FnOnce(&mut Self)) -> Judged {
        // An administrator's request is not what is under test: only that it is done, or said not to be.
        self.answers(Admission::May, seen.said)?;
        match seen.said {
            Said::Granted(_) => apply(self),
            said if self.is_unsure_after(said) => {
                self.account(user).is_unsure = true;
                let now = self.now;
                for family in self.families.iter_mut().flatten().filter(|family| family.user == user) {
                    family.doubt(now);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether the answer is one that may be given.
    fn answers(&self, admission: Admission, said: Said) -> Judged {
        let is_up = matches!(self.store, StoreFault::None | StoreFault::StaleReplica);
        let cannot_read = self.store == StoreFault::Down || self.store == StoreFault::Corrupt && !self.is_by_token;
        match (said, admission) {
            (Said::Granted(_), Admission::Never(breach)) => Err(breach),
            (Said::Granted(_), _) if cannot_read && self.policy.0.on_store_failure == OnStoreFailure::Closed => {
                Err(Breach::of(Invariant::FailClosed, "the request was granted though the store cannot be read"))
            }
            (Said::Denied, Admission::Must) if is_up => {
                Err(Breach::of(Invariant::LiveUsable, "what is live was refused"))
            }
            (Said::Unavailable, _) if is_up => {
                Err(Breach::of(Invariant::LiveUsable, "the service says that it cannot tell, and its store is up"))
            }
            _ => Ok(()),
        }
    }

    /// Whether a credential is to be let in where it belongs.
    fn admission(&self, id: CredentialId) -> Admission {
        let Some(credential) = self.credential(id) else {
            return never(Invariant::TamperRefused, "a credential that nobody was given was accepted");
        };
        match credential.role {
            Role::Session => self.life_admission(id),
            Role::Access => self.life_admission(id).and(self.access_admission(credential)),
            Role::Refresh => never(Invariant::TokenType, "a refresh token was accepted for an access token"),
            Role::Anonymous => never(Invariant::OldIdDead, "an id that was given to a visitor lets somebody in"),
        }
    }

    /// Whether its family is what lets it in.
    fn life_admission(&self, id: CredentialId) -> Admission {
        let Some(credential) = self.credential(id) else {
            return never(Invariant::TamperRefused, "a credential that nobody was given was accepted");
        };
        let Some(family) = credential.family.and_then(|id| self.family(id)) else {
            return never(Invariant::OldIdDead, "an id from before a login lets somebody in");
        };
        if credential.role == Role::Access {
            return self.ended(family, credential.role);
        }
        self.lives(family)
    }

    fn access_admission(&self, credential: &Credential) -> Admission {
        let family = credential.family.and_then(|id| self.family(id));
        let last = family.map_or(u64::MAX, |family| family.born + self.policy.0.absolute);
        let expires = last.min(credential.minted + self.policy.0.access_ttl);
        let expiry = if self.now < expires {
            Admission::Must
        } else if self.now < expires + self.policy.0.skew {
            Admission::May
        } else {
            never(Invariant::AccessExpires, "an access token was accepted after its end")
        };
        let key = match self.keys[usize::from(credential.key)] {
            Key::Trusted => Admission::Must,
            Key::Dropped(at) | Key::Leaked(at) => self.remembered(at),
        };
        expiry.and(key)
    }

    fn remembered(&self, dropped: Seconds) -> Admission {
        if self.now - dropped < self.policy.0.key_cache {
            Admission::May
        } else {
            never(Invariant::KeysRetired, "a token was accepted under a key that was dropped")
        }
    }

    fn leaked_key(&self) -> Admission {
        let leaked = self.keys.iter().filter_map(|key| if let Key::Leaked(at) = key { Some(*at) } else { None });
        leaked
            .max()
            .map_or(never(Invariant::TamperRefused, "what nobody was given was accepted"), |at| self.remembered(at))
    }

    /// Whether a family is live, and within its time.
    fn lives(&self, family: &Family) -> Admission {
        let idle = |used: Seconds| (self.now - used).cmp(&self.policy.0.idle);
        let idle = match (idle(family.used.0), idle(family.used.1)) {
            (std::cmp::Ordering::Less, _) => Admission::Must,
            (_, std::cmp::Ordering::Greater) => {
                never(Invariant::IdleTimeout, "a login was accepted after its idle timeout")
            }
            _ => Admission::May,
        };
        let absolute = match (self.now - family.born).cmp(&self.policy.0.absolute) {
            std::cmp::Ordering::Less => Admission::Must,
            std::cmp::Ordering::Equal => Admission::May,
            std::cmp::Ordering::Greater => {
                never(Invariant::AbsoluteTimeout, "a login was accepted after its absolute timeout")
            }
        };
        self.ended(family, Role::Session).and(absolute).and(idle)
    }

    /// Whether nothing has ended it.
    fn ended(&self, family: &Family, role: Role) -> Admission {
        match family.life {
            Life::Live => Admission::Must,
            Life::Unsure => Admission::May,
            // Nobody has ended these logins: their access tokens run out by themselves.
            Life::Dead { cause: Cause::Wiped, .. } if role == Role::Access => Admission::May,
            Life::Dead { at, .. } if self.now - at < self.policy.0.revocation_lag => Admission::May,
            Life::Dead { refused: true, .. } => {
                never(Invariant::NoResurrection, "a login that had ended, and was refused, is accepted again")
            }
            Life::Dead { cause, .. } => never(cause.guards(), "a login was accepted that has ended"),
        }
    }

    /// Whether a refresh is to be granted, and whether refusing it is refusing a token that was used before.
    fn refresh_admission(&self, id: CredentialId) -> (Admission, bool) {
        let Some(credential) = self.credential(id) else { return (self.admission(id), false) };
        if credential.role != Role::Refresh {
            return (never(Invariant::TokenType, "what is no refresh token was honoured as one"), false);
        }
        let Some(family) = credential.family.and_then(|id| self.family(id)) else { return (self.admission(id), false) };
        let life = self.lives(family);
        if family.leaf == Some(id) {
            return (life, false);
        }
        if family.life == Life::Unsure {
            return (Admission::May, true);
        }
        let since = self.now - family.rotated;
        let grace = self.policy.0.refresh_grace;
        let reuse = if family.before != Some(id) || since > grace || grace == 0 {
            never(Invariant::ReuseEnds, "a refresh token was honoured that was used before")
        } else if since < grace {
            Admission::Must
        } else {
            Admission::May
        };
        (life.and(reuse), life == Admission::Must)
    }

    fn is_principal(&self, owner: User, shown: Shown, credential: Option<&Credential>) -> Judged {
        if shown.user != Some(owner) {
            let names = |user: User| USERS[usize::from(user)].name;
            let is_tenant = shown.user.is_some_and(|user| names(user) == names(owner));
            return Err(if is_tenant {
                Breach::of(Invariant::TenantBound, "the principal is of another tenant")
            } else {
                Breach::of(Invariant::PrincipalIntegrity, "the principal is another user")
            });
        }
        let account = self.accounts[usize::from(owner)];
        if shown.is_admin == account.is_admin || account.is_unsure {
            return Ok(());
        }
        let from_before =
            credential.is_some_and(|credential| credential.role == Role::Access && credential.tick < account.changed.1);
        let is_in_time = self.now - account.changed.0 <= self.policy.0.role_lag;
        match shown.is_admin {
            true if from_before && is_in_time => Ok(()),
            true => Err(Breach::of(Invariant::RolesCurrent, "a role is there that was taken away")),
            false if from_before => Ok(()),
            false => Err(Breach::of(Invariant::LiveUsable, "a role is missing")),
        }
    }

    fn learn(&mut self, id: CredentialId, role: Role, family: Option<FamilyId>) {
        let key = u16::try_from(self.keys.len() - 1).expect("keys are few");
        let credential = Credential { role, family, minted: self.now, tick: self.tick, key };
        put(&mut self.credentials, usize::from(id), credential);
    }

    fn touch(&mut self, id: CredentialId, said: Said) {
        let (now, is_unsure) = (self.now, self.is_unsure_after(said));
        let is_session = self.is_role(id, Role::Session);
        // Who asks for what is refused may have been let in before, and that was a use.
        let may_be_let_in = matches!(self.life_admission(id), Admission::Must | Admission::May);
        let Some(family) = self.family_of(id).and_then(|id| self.family_mut(id)) else { return };
        match said {
            Said::Granted(_) if is_session => family.used = (now, now),
            Said::Denied if is_session && may_be_let_in => family.used.1 = now,
            _ if is_unsure && is_session => family.used.1 = now,
            _ => {}
        }
    }

    fn end_all(&mut self, user: User, but: Option<FamilyId>, cause: Cause, said: Said) {
        let (now, is_unsure) = (self.now, self.is_unsure_after(said));
        for (id, family) in (0..).zip(&mut self.families) {
            let Some(family) = family.as_mut().filter(|family| family.user == user && Some(id) != but) else {
                continue;
            };
            match said {
                Said::Granted(_) => family.end(cause, now),
                _ if is_unsure => family.doubt(now),
                _ => {}
            }
        }
    }

    fn end(&mut self, id: FamilyId, cause: Cause) {
        let now = self.now;
        if let Some(family) = self.family_mut(id) {
            family.end(cause, now);
        }
    }

    fn doubt(&mut self, id: Option<FamilyId>) {
        let now = self.now;
        if let Some(family) = id.and_then(|id| self.family_mut(id)) {
            family.doubt(now);
        }
    }

    fn refused(&mut self, id: FamilyId) {
        if let Some(family) = self.family_mut(id) {
            family.refuse();
        }
    }

    fn set_admin(&mut self, user: User, is_admin: bool) {
        let changed = (self.now, self.tick);
        let account = self.account(user);
        if account.is_admin != is_admin {
            account.is_admin = is_admin;
            account.changed = changed;
        }
    }

    /// Whether something may have been done that was answered so.
    fn is_unsure_after(&self, said: Said) -> bool {
        said == Said::Unavailable && self.store == StoreFault::SlowWrites
    }

    fn is_role(&self, id: CredentialId, role: Role) -> bool {
        self.credential(id).is_some_and(|credential| credential.role == role)
    }

    fn credential(&self, id: CredentialId) -> Option<&Credential> {
        self.credentials.get(usize::from(id))?.as_ref()
    }

    fn family_of(&self, id: CredentialId) -> Option<FamilyId> {
        self.credential(id)?.family
    }

    fn user_of(&self, id: CredentialId) -> Option<User> {
        self.family(self.family_of(id)?).map(|family| family.user)
    }

    fn family_mut(&mut self, id: FamilyId) -> Option<&mut Family> {
        self.families.get_mut(usize::from(id))?.as_mut()
    }

    fn account(&mut self, user: User) -> &mut Account {
        &mut self.accounts[usize::from(user)]
    }
}

impl Family {
    fn end(&mut self, cause: Cause, at: Seconds) {
        if matches!(self.life, Life::Live | Life::Unsure) {
            self.life = Life::Dead { cause, at, refused: false };
        }
    }

    /// It may have ended, and it may have been used.
    fn doubt(&mut self, now: Seconds) {
        if self.life == Life::Live {
            self.life = Life::Unsure;
        }
        self.used.1 = self.used.1.max(now);
    }

    fn refuse(&mut self) {
        if let Life::Dead { refused, .. } = &mut self.life {
            *refused = true;
        }
    }
}

fn put<T: Clone>(list: &mut Vec<Option<T>>, at: usize, item: T) {
    if list.len() <= at {
        list.resize(at + 1, None);
    }
    list[at] = Some(item);
}

const AWAY: Admission = never(Invariant::TenantBound, "a credential was accepted at another tenant");
const NOBODY: Breach = Breach::of(Invariant::PrincipalIntegrity, "somebody was let in for nobody's credential");
const LEFT_OUT: Breach =
    Breach::of(Invariant::LiveUsable, "a request was granted without the credentials that it is for");

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: Said = Said::Granted(Shown { user: Some(0), is_admin: true });

    struct Machine(Model);

    impl Machine {
        /// The first user has logged in with session 0, access token 1, refresh token 2.
        fn new() -> Self {
            let mut machine = Self(Model::new(Kind::Hybrid, SessionPolicy::of(Kind::Hybrid)));
            machine.login(0, [0, 1, 2]).unwrap();
            machine
        }

        fn login(&mut self, family: FamilyId, [session, access, refresh]: [CredentialId; 3]) -> Judged {
            let seen = Seen {
                family: Some(family),
                session: Some(session),
                access: Some(access),
                refresh: Some(refresh),
                ..Seen::of(SHOWN)
            };
            self.0.step(&Asked::Login { user: 0, password: 0, presented: None }, &seen, None)
        }

        fn uses(&mut self, credential: CredentialId, said: Said) -> Result<(), Invariant> {
            self.does(Asked::Use { credential, is_home: true }, said)
        }

        fn does(&mut self, asked: Asked, said: Said) -> Result<(), Invariant> {
            self.0.step(&asked, &Seen::of(said), None).map_err(|breach| breach.invariant)
        }

        fn refreshes(&mut self, credential: CredentialId, given: Option<[CredentialId; 2]>) -> Result<(), Invariant> {
            let mut seen = Seen::of(if given.is_some() { SHOWN } else { Said::Denied });
            if let Some([access, refresh]) = given {
                (seen.access, seen.refresh) = (Some(access), Some(refresh));
            }
            let asked = Asked::Refresh { credential, is_own_client: true };
            self.0.step(&asked, &seen, None).map_err(|breach| breach.invariant)
        }

        fn pass(&mut self, seconds: Seconds) {
            self.does(Asked::Advance(seconds), Said::Denied).unwrap();
        }
    }

    #[test]
    fn at_a_limit_either_answer_is_right_and_beside_it_one() {
        let policy = SessionPolicy::of(Kind::Hybrid);
        for (seconds, granted, denied) in [
            (policy.idle - 1, Ok(()), Err(Invariant::LiveUsable)),
            (policy.idle, Ok(()), Ok(())),
            (policy.idle + 1, Err(Invariant::IdleTimeout), Ok(())),
        ] {
            for (said, wanted) in [(SHOWN, granted), (Said::Denied, denied)] {
                let mut machine = Machine::new();
                machine.pass(seconds);
                assert_eq!(machine.uses(0, said), wanted, "{seconds} {said:?}");
            }
        }
        let end = policy.access_ttl + policy.skew;
        for (seconds, granted) in [(end - 1, Ok(())), (end, Err(Invariant::AccessExpires))] {
            let mut machine = Machine::new();
            machine.pass(seconds);
            assert_eq!(machine.uses(1, SHOWN), granted, "{seconds}");
        }
    }

    #[test]
    fn using_a_login_moves_its_idle_end_and_never_its_absolute_one() {
        let policy = SessionPolicy::of(Kind::Hybrid);
        let mut machine = Machine::new();
        for _ in 0..policy.absolute / (policy.idle - 1) {
            machine.pass(policy.idle - 1);
            machine.uses(0, SHOWN).unwrap();
        }
        machine.pass(policy.idle - 1);
        assert_eq!(machine.uses(0, SHOWN), Err(Invariant::AbsoluteTimeout));
    }

    #[test]
    fn a_logout_ends_all_that_the_login_gave_and_nothing_else() {
        let mut machine = Machine::new();
        machine.login(1, [3, 4, 5]).unwrap();
        machine.does(Asked::Logout { credential: 0 }, SHOWN).unwrap();
        for credential in [0, 1] {
            let mut machine = Machine(machine.0.clone());
            assert_eq!(machine.uses(credential, SHOWN), Err(Invariant::LogoutEnds));
        }
        assert_eq!(machine.refreshes(2, Some([6, 7])), Err(Invariant::LogoutEnds));
        assert_eq!(machine.uses(3, Said::Denied), Err(Invariant::LiveUsable));
    }

    #[test]
    fn what_was_refused_after_its_end_is_said_to_come_back() {
        let mut machine = Machine::new();
        machine.does(Asked::Logout { credential: 0 }, SHOWN).unwrap();
        machine.uses(1, Said::Denied).unwrap();
        assert_eq!(machine.uses(1, SHOWN), Err(Invariant::NoResurrection));
    }

    #[test]
    fn a_retry_has_the_same_successor_within_the_grace_and_ends_the_family_after_it() {
        let policy = SessionPolicy::of(Kind::Hybrid);
        let mut machine = Machine::new();
        machine.refreshes(2, Some([6, 7])).unwrap();
        machine.pass(policy.refresh_grace - 1);
        assert_eq!(Machine(machine.0.clone()).refreshes(2, Some([8, 9])), Err(Invariant::OneLeaf));
        assert_eq!(Machine(machine.0.clone()).refreshes(2, None), Err(Invariant::LiveUsable));
        assert_eq!(machine.refreshes(2, Some([8, 7])), Ok(()));
        machine.pass(2);
        assert_eq!(Machine(machine.0.clone()).refreshes(2, Some([9, 7])), Err(Invariant::ReuseEnds));
        assert_eq!(machine.refreshes(2, None), Ok(()));
        for credential in [0, 8] {
            let mut machine = Machine(machine.0.clone());
            assert!(machine.uses(credential, SHOWN).is_err(), "{credential}");
        }
        assert!(machine.refreshes(7, Some([9, 10])).is_err());
    }

    #[test]
    fn a_retry_after_the_successor_was_used_is_reuse() {
        let mut machine = Machine::new();
        machine.refreshes(2, Some([6, 7])).unwrap();
        machine.refreshes(7, Some([8, 9])).unwrap();
        assert_eq!(machine.refreshes(2, Some([10, 9])), Err(Invariant::ReuseEnds));
    }

    #[test]
    fn a_store_that_cannot_be_read_lets_nobody_in_and_changes_nothing() {
        let mut machine = Machine::new();
        machine.does(Asked::Store(StoreFault::Down), Said::Denied).unwrap();
        assert_eq!(Machine(machine.0.clone()).uses(0, SHOWN), Err(Invariant::FailClosed));
        machine.uses(0, Said::Unavailable).unwrap();
        machine.does(Asked::Store(StoreFault::None), Said::Denied).unwrap();
        assert_eq!(Machine(machine.0.clone()).uses(0, Said::Unavailable), Err(Invariant::LiveUsable));
        assert_eq!(machine.uses(0, SHOWN), Ok(()));
    }

    #[test]
    fn a_logout_that_timed_out_may_have_been_done() {
        let mut machine = Machine::new();
        machine.does(Asked::Store(StoreFault::SlowWrites), Said::Denied).unwrap();
        machine.does(Asked::Logout { credential: 0 }, Said::Unavailable).unwrap();
        machine.does(Asked::Store(StoreFault::None), Said::Denied).unwrap();
        for said in [SHOWN, Said::Denied] {
            assert_eq!(Machine(machine.0.clone()).uses(0, said), Ok(()));
        }
    }

    #[test]
    fn a_dropped_key_may_be_remembered_for_as_long_as_is_declared() {
        let policy = SessionPolicy::of(Kind::Hybrid);
        let mut machine = Machine::new();
        machine.does(Asked::RotateKey, Said::Denied).unwrap();
        machine.uses(1, SHOWN).unwrap();
        machine.does(Asked::RetireKeys, Said::Denied).unwrap();
        machine.pass(policy.key_cache - 1);
        for said in [SHOWN, Said::Denied] {
            assert_eq!(Machine(machine.0.clone()).uses(1, said), Ok(()));
        }
        machine.pass(1);
        assert_eq!(machine.uses(1, SHOWN), Err(Invariant::KeysRetired));
    }
}
