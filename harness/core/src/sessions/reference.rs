//! The reference service: sessions, pairs of tokens, or both, on a store. Takes requests and controls, gives answers that hold
//! under every invariant, also where requests overlap; with a [`Fault`] it is wrong in that one way. It is the positive control
//! of the engine and, fault by fault, its strawmen. It is deterministic: its randomness has a seed, its clock is told.
//!
//! What makes it sound where requests overlap: a record is written over the version that was read or not at all; what a login
//! is entered in is compared and set, so that a user who is disabled in between is noticed; and what ends a login is one write,
//! the entry in the denylist where there are tokens and the deletion of the record elsewhere, which every way in looks at.

mod keys;
mod records;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use super::command::USERS;
use super::faults::Fault;
use super::policy::{Kind, Seconds, SessionPolicy};
use super::service::{
    Action, Answer, Capability, Control, Controlled, Interleaved, Principal, Request, ServiceInfo, SessionService,
    Verdict,
};
use super::store::{Held, Memory, Shim, Store, StoreError, StoreKind};
use crate::chance::{Chance as _, Seeded};
use crate::forge::base64url;
use keys::{Keys, Signing, Verified};
use records::{Claims, FamilyRecord, RefreshToken, UserRecord, decode, encode};

/// The service, on a store.
pub struct Reference<S = Memory> {
    kind: Kind,
    policy: SessionPolicy,
    fault: Option<Fault>,
    store: Shim<S>,
    now: Cell<Seconds>,
    random: RefCell<Seeded>,
    counter: Cell<u32>,
    keys: RefCell<Keys>,
    process: RefCell<Process>,
    log: RefCell<Vec<Vec<u8>>>,
}

/// What a service keeps beside its store, and loses when it is started anew: the sound one keeps nothing.
#[derive(Default)]
struct Process {
    ended: HashMap<String, Seconds>,
    given: HashMap<String, Vec<Vec<u8>>>,
    seen: HashMap<Vec<u8>, (Principal, Seconds)>,
    last: Option<Principal>,
}

/// Why a request is not granted.
enum Refusal {
    Denied(&'static str),
    Unavailable,
}

impl From<StoreError> for Refusal {
    fn from(_: StoreError) -> Self {
        Self::Unavailable
    }
}

type Result<T> = std::result::Result<T, Refusal>;

/// A family as it was read.
struct Found {
    id: String,
    version: u64,
    record: FamilyRecord,
}

/// Who asks, and by which login.
struct Who {
    principal: Principal,
    family: Found,
}

impl Reference {
    /// The sound service, or one with a fault, on a store in the process; of one seed it always does the same.
    pub fn new(kind: Kind, fault: Option<Fault>, seed: u64) -> Self {
        Self::on(Memory::default(), kind, fault, seed)
    }
}

/// What a service calls itself, by its fault and its store.
pub fn name(fault: Option<Fault>, store: StoreKind) -> String {
    let name = fault.map_or_else(|| "reference".to_owned(), |fault| format!("reference-{fault}"));
    if store == StoreKind::Memory { name } else { format!("{name} on {store}") }
}

impl<S: Store> Reference<S> {
    /// The same on a store, which is emptied first; one that cannot be written to knows no user, and fails with the first request.
    pub fn on(store: S, kind: Kind, fault: Option<Fault>, seed: u64) -> Self {
        let service = Self {
            kind,
            policy: SessionPolicy::of(kind),
            fault,
            store: Shim::new(store),
            now: Cell::new(START),
            random: RefCell::new(Seeded::new(seed, 0)),
            counter: Cell::new(0),
            keys: RefCell::new(Keys::new(START, Signing::Shared)),
            process: RefCell::default(),
            log: RefCell::default(),
        };
        let _ = now(service.begin());
        service
    }

    async fn begin(&self) -> std::result::Result<(), StoreError> {
        let store = self.store.behind();
        store.wipe("").await?;
        for identity in USERS {
            let record = UserRecord::new(identity.name);
            store.save(&user_key(identity.host.as_bytes(), identity.name.as_bytes()), encode(&record)).await?;
        }
        Ok(())
    }

    /// The same with access tokens that everybody can verify; slower, since they are not MACs.
    #[must_use]
    pub fn publishing(self) -> Self {
        Self { keys: RefCell::new(Keys::new(START, Signing::Published)), ..self }
    }

    /// The keys that verifiers ask for; none where they are not for everybody.
    pub fn key_set(&self) -> serde_json::Value {
        self.keys.borrow().set()
    }

    async fn answer(&self, request: &Request) -> Answer {
        let credential = request.bearer.as_deref().or(request.cookie.as_deref());
        if self.has(Fault::LongPanics) && credential.is_some_and(|octets| octets.len() > 4096) {
            panic!("a fixed buffer is too small");
        }
        let answered = match &request.action {
            Action::Visit => self.visit().await,
            Action::Login { name, password } => self.login(request, name, password).await,
            Action::WhoAmI => self.who_am_i(request).await,
            Action::Refresh { token } => self.refresh(request, token).await,
            Action::Logout { token } => self.logout(request, token.as_deref()).await,
            Action::LogoutOthers => self.logout_all(request, true).await,
            Action::LogoutAll => self.logout_all(request, false).await,
            Action::List => self.list(request).await,
            Action::Revoke { handle } => self.revoke(request, handle).await,
            Action::ChangePassword { old, new } => self.change_password(request, old, new).await,
            Action::RevokeToken { token } => self.revoke_token(request, token).await,
            Action::Introspect { token } => self.introspect(request, token).await,
            Action::Terminate { handle } => self.terminate(request, handle).await,
            Action::Disable { name } => self.disable(request, name).await,
            Action::Enable { name } => self.administer(request, name, |user| user.is_enabled = true).await,
            Action::DropRole { name, role } => {
                self.administer(request, name, |user| user.roles.retain(|held| held.as_bytes() != role)).await
            }
            Action::GrantRole { name, role } => {
                let role = String::from_utf8_lossy(role).into_owned();
                self.administer(request, name, |user| {
                    if !user.roles.contains(&role) {
                        user.roles.push(role.clone());
                    }
                })
                .await
            }
        };
        answered.unwrap_or_else(|refusal| self.refused(request, &refusal))
    }

    fn refused(&self, request: &Request, refusal: &Refusal) -> Answer {
        let why = match refusal {
            Refusal::Unavailable => return Answer::of(Verdict::Unavailable),
            Refusal::Denied(why) => why,
        };
        if !self.has(Fault::FailureNotLogged) {
            let mut line = format!("refused: {why}").into_bytes();
            if self.has(Fault::LogHoldsCredential) {
                line.extend_from_slice(b": ");
                line.extend_from_slice(shown(request).unwrap_or_default());
            }
            self.log.borrow_mut().push(line);
        }
        Answer::denied()
    }

    async fn visit(&self) -> Result<Answer> {
        let mut answer = Answer::of(Verdict::Granted(nobody()));
        if self.kind.has_session() {
            let (id, secret) = self.new_id();
            self.store.create(&format!("a/{id}"), secret.clone().into_bytes()).await?;
            answer.set_cookies.push(self.cookie(&format!("{id}.{secret}")));
        }
        Ok(answer)
    }

    async fn login(&self, request: &Request, name: &[u8], password: &[u8]) -> Result<Answer> {
        let key = user_key(&request.host, name);
        let (mut version, mut user) = self.user(&key).await?;
        self.may_log_in(&user, password)?;
        let presented = request.cookie.as_deref().and_then(|header| self.cookie_in(header));
        let (mut id, mut secret) = self.new_id();
        if let Some(value) = presented.filter(|_| self.kind.has_session())
            && let Some((old, old_secret)) = split(value)
        {
            let is_visitor = self.store.load_latest(&format!("a/{old}")).await?.is_some();
            if self.has(Fault::AdoptsUnissuedId) || self.has(Fault::KeepsIdAtLogin) && is_visitor {
                (id, secret) = (old.to_owned(), old_secret.to_owned());
            }
        }
        let mut record = FamilyRecord {
            name: user.name.clone(),
            host: String::from_utf8_lossy(&request.host).into_owned(),
            client: String::from_utf8_lossy(&request.client).into_owned(),
            secret: secret.clone(),
            born: self.now.get(),
            used: self.now.get(),
            generation: 0,
            salt: self.draw(SALT),
            before: None,
            rotated: self.now.get(),
            roles: user.roles.clone(),
        };
        let epoch = self.epoch().await?;
        while !self.store.create(&self.family_key(&id), encode(&record)).await? {
            if self.has(Fault::AdoptsUnissuedId) {
                self.store.delete(&self.family_key(&id)).await?;
            } else {
                (id, secret) = self.new_id();
                record.secret.clone_from(&secret);
            }
        }
        // The login counts from when it is entered with the user, whose state is looked at again where it has changed.
        loop {
            user.families.push(id.clone());
            if self.store.swap(&key, version, encode(&user)).await? {
                break;
            }
            (version, user) = self.user(&key).await?;
            if let Err(refusal) = self.may_log_in(&user, password) {
                self.store.delete(&self.family_key(&id)).await?;
                return Err(refusal);
            }
        }
        if let Some((old, old_secret)) = presented.and_then(split).filter(|(old, _)| *old != id)
            && !self.has(Fault::OldIdStays)
        {
            self.store.delete(&format!("a/{old}")).await?;
            if let Some(found) = self.family(old).await?.filter(|found| found.record.secret == old_secret) {
                self.end(&found).await?;
            }
        }
        let principal = self.principal(&record, &user);
        let found = Found { id: id.clone(), version: 0, record };
        let mut answer = Answer::of(Verdict::Granted(principal));
        answer.handle = Some(self.handle(&found).into_bytes());
        if self.kind.has_session() {
            answer.set_cookies.push(self.cookie(&format!("{id}.{secret}")));
        }
        if self.kind.has_tokens() {
            answer.access = Some(self.access_token(&found, &user.roles, &epoch));
            answer.refresh = Some(self.keys.borrow().refresh_token(&id, 0, &found.record.salt));
        }
        Ok(answer)
    }

    fn may_log_in(&self, user: &UserRecord, password: &[u8]) -> Result<()> {
        let is_former =
            self.has(Fault::FormerPasswordWorks) && user.former.as_deref().map(str::as_bytes) == Some(password);
        if user.password.as_bytes() != password && !is_former {
            return Err(Refusal::Denied("a login with a wrong password"));
        }
        if !user.is_enabled && !self.has(Fault::DisabledLogsIn) {
            return Err(Refusal::Denied("a login of a disabled user"));
        }
        Ok(())
    }

    async fn who_am_i(&self, request: &Request) -> Result<Answer> {
        let session = request.cookie.as_deref().filter(|_| self.kind.has_session());
        let bearer = request.bearer.as_deref().filter(|_| self.kind.has_tokens());
        let principal = match (session, bearer) {
            (Some(cookie), Some(token)) => {
                let (first, second) = (self.by_session(request, cookie).await?, self.by_access(request, token).await?);
                if self.has(Fault::MergesCredentials) {
                    Principal { roles: second.principal.roles, ..first.principal }
                } else if first.family.id == second.family.id {
                    first.principal
                } else {
                    return Err(Refusal::Denied("two credentials that do not belong together"));
                }
            }
            (Some(cookie), None) => self.remembered(request, cookie).await?,
            (None, Some(token)) => self.by_access(request, token).await?.principal,
            (None, None) => return Err(Refusal::Denied("a request without a credential")),
        };
        Ok(Answer::of(Verdict::Granted(principal)))
    }

    /// By the session, and where the service does so wrongly, by what it remembers.
    async fn remembered(&self, request: &Request, cookie: &[u8]) -> Result<Principal> {
        if self.has(Fault::CachesLogins) {
            let seen = self.process.borrow().seen.get(cookie).cloned();
            if let Some((principal, _)) = seen.filter(|(_, at)| self.now.get() - at < MINUTE)
                && principal.host == request.host
            {
                return Ok(principal);
            }
        }
        let principal = match self.by_session(request, cookie).await {
            Ok(who) => who.principal,
            Err(Refusal::Unavailable) if self.has(Fault::FailsOpen) => {
                let seen = self.process.borrow().seen.get(cookie).cloned();
                seen.map(|(principal, _)| principal).ok_or(Refusal::Unavailable)?
            }
            Err(refusal) => return Err(refusal),
        };
        let mut process = self.process.borrow_mut();
        if self.has(Fault::PrincipalFromCache)
            && let Some(last) = process.last.replace(principal.clone())
        {
            return Ok(last);
        }
        if self.has(Fault::CachesLogins) || self.has(Fault::FailsOpen) {
            process.seen.insert(cookie.to_vec(), (principal.clone(), self.now.get()));
        }
        Ok(principal)
    }

    /// Who a request with a cookie or a token counts as.
    async fn who(&self, request: &Request) -> Result<Who> {
        match (&request.cookie, &request.bearer) {
            (Some(cookie), _) if self.kind.has_session() => self.by_session(request, cookie).await,
            (_, Some(token)) if self.kind.has_tokens() => self.by_access(request, token).await,
            _ => Err(Refusal::Denied("a request without a credential")),
        }
    }

    async fn by_session(&self, request: &Request, cookie: &[u8]) -> Result<Who> {
        let value = self.cookie_in(cookie).ok_or(Refusal::Denied("no session cookie"))?;
        let (id, secret) = split(value).ok_or(Refusal::Denied("a malformed session id"))?;
        let family = self.family(id).await?.ok_or(Refusal::Denied("an unknown session id"))?;
        let is_secret = if self.has(Fault::FoldsCase) {
            family.record.secret.eq_ignore_ascii_case(secret)
                && self.store.load_latest(&format!("x/{value}")).await?.is_none()
        } else {
            family.record.secret == secret || self.has(Fault::SecretIgnored)
        };
        if !is_secret || family.record.secret.is_empty() {
            return Err(Refusal::Denied("an unknown session id"));
        }
        self.is_in_time(&family.record)?;
        self.is_at_home(request, &family.record.host)?;
        let (_, user) = self.user(&user_key(family.record.host.as_bytes(), family.record.name.as_bytes())).await?;
        let family = self.touched(family).await?;
        let mut principal = self.principal(&family.record, &user);
        if self.has(Fault::TenantFromRequest) {
            principal.host.clone_from(&request.host);
        }
        Ok(Who { principal, family })
    }

    /// Keeps the time of a use, and that the login is still there.
    async fn touched(&self, mut family: Found) -> Result<Found> {
        if family.record.used == self.now.get() && !self.has(Fault::UpsertOnSave) {
            // What was read since, the roles, has to be of a login that was still there.
            let again = self.family(&family.id).await?;
            return again.ok_or(Refusal::Denied("a login that has just ended"));
        }
        let key = self.family_key(&family.id);
        for _ in 0..ATTEMPTS {
            family.record.used = self.now.get();
            if self.has(Fault::RenewsAbsolute) {
                family.record.born = self.now.get();
            }
            if self.has(Fault::UpsertOnSave) {
                self.store.save(&key, encode(&family.record)).await?;
                return Ok(family);
            }
            if self.store.swap(&key, family.version, encode(&family.record)).await? {
                return Ok(family);
            }
            family = self.family(&family.id).await?.ok_or(Refusal::Denied("a login that has just ended"))?;
        }
        Err(Refusal::Unavailable)
    }

    async fn by_access(&self, request: &Request, token: &[u8]) -> Result<Who> {
        let claims = match self.verified(token) {
            Ok(claims) => claims,
            Err(refusal) if self.has(Fault::RefreshAsAccess) => {
                let read = self.keys.borrow().read_refresh(token).ok_or(refusal)?;
                let family = self.family(&read.family).await?.ok_or(Refusal::Denied("an unknown token"))?;
                let principal = Principal {
                    name: family.record.name.clone().into_bytes(),
                    host: family.record.host.clone().into_bytes(),
                    roles: family.record.roles.iter().map(|role| role.clone().into_bytes()).collect(),
                };
                return Ok(Who { principal, family });
            }
            Err(refusal) => return Err(refusal),
        };
        let end = match self.fault {
            Some(Fault::EndsOneLate) => claims.exp + self.policy.skew + 2,
            Some(Fault::EndsEarly) => claims.exp - 2,
            Some(Fault::ExpiryIgnored) => Seconds::MAX,
            _ => claims.exp + self.policy.skew,
        };
        if self.now.get() >= end {
            return Err(Refusal::Denied("an access token that has expired"));
        }
        self.is_at_home(request, &claims.ten)?;
        match self.is_ended(&claims.sid, Some(token)).await {
            Ok(true) => return Err(Refusal::Denied("an access token of a login that has ended")),
            Ok(false) => {}
            Err(Refusal::Unavailable) if self.has(Fault::FailsOpen) => {}
            Err(refusal) => return Err(refusal),
        }
        // Without the marker nobody knows what else was lost with it.
        if !self.has(Fault::WipeForgetsDenylist) && !self.has(Fault::FailsOpen) && self.epoch().await? != claims.epo {
            return Err(Refusal::Denied("an access token from before the store was emptied"));
        }
        let host =
            if self.has(Fault::TenantFromRequest) { request.host.clone() } else { claims.ten.clone().into_bytes() };
        let principal = Principal {
            name: claims.sub.clone().into_bytes(),
            host,
            roles: claims.roles.iter().map(|role| role.clone().into_bytes()).collect(),
        };
        let record = FamilyRecord { name: claims.sub, host: claims.ten, ..FamilyRecord::default() };
        Ok(Who { principal, family: Found { id: claims.sid, version: 0, record } })
    }

    fn verified(&self, token: &[u8]) -> Result<Claims> {
        match self.keys.borrow_mut().verify(token, self.now.get(), &self.policy, self.fault) {
            Verified::Genuine(claims) => Ok(*claims),
            Verified::Not(why) => Err(Refusal::Denied(why)),
        }
    }

    async fn refresh(&self, request: &Request, token: &[u8]) -> Result<Answer> {
        if !self.kind.has_tokens() {
            return Err(Refusal::Denied("no refresh tokens are given here"));
        }
        let read = self.keys.borrow().read_refresh(token);
        let Some(read) = read else { return self.refresh_otherwise(request, token).await };
        for _ in 0..ATTEMPTS {
            let family =
                self.family(&read.family).await?.ok_or(Refusal::Denied("a refresh token of a login that has ended"))?;
            self.is_in_time(&family.record)?;
            self.is_at_home(request, &family.record.host)?;
            if family.record.client.as_bytes() != request.client && !self.has(Fault::ClientUnbound) {
                return Err(Refusal::Denied("a refresh token of another client"));
            }
            let (_, user) = self.user(&user_key(family.record.host.as_bytes(), family.record.name.as_bytes())).await?;
            let epoch = self.epoch().await?;
            let Some(next) = self.next(&family, &read) else {
                if !self.has(Fault::ReuseSparesFamily) {
                    self.end_for_reuse(&family).await?;
                }
                return Err(Refusal::Denied("a refresh token that was used before"));
            };
            let is_written = if next == family.record {
                // The same successor again: the login has to be there still, now that the roles are read.
                self.family(&family.id).await?.is_some_and(|again| again.version == family.version)
            } else if self.has(Fault::RefreshNotAtomic) {
                self.store.save(&self.family_key(&family.id), encode(&next)).await?;
                true
            } else {
                self.store.swap(&self.family_key(&family.id), family.version, encode(&next)).await?
            };
            if is_written {
                return Ok(self.pair(&Found { record: next, ..family }, &user, &epoch));
            }
        }
        Err(Refusal::Unavailable)
    }

    /// The family after a refresh with this token; nothing where that is reuse.
    fn next(&self, family: &Found, read: &RefreshToken) -> Option<FamilyRecord> {
        let record = &family.record;
        let mut next = record.clone();
        next.used = self.now.get();
        if self.has(Fault::RenewsAbsolute) {
            next.born = self.now.get();
        }
        let is_leaf = read.generation == record.generation && read.salt == record.salt;
        if is_leaf && self.has(Fault::NeverRotates) {
            return Some(next);
        }
        let is_before = record.before.as_ref() == Some(&(read.generation, read.salt.clone()));
        let grace = self.policy.refresh_grace + if self.has(Fault::EndsOneLate) { 2 } else { 0 };
        let is_recent = self.now.get() - record.rotated < grace;
        let is_retry = is_before && (is_recent || self.has(Fault::GraceWithoutEnd))
            || self.has(Fault::GraceAfterUse) && is_recent && read.generation + 2 == record.generation;
        if is_retry && !self.has(Fault::GraceForksLeaf) {
            return Some(next);
        }
        if is_leaf {
            next.before = Some((record.generation, record.salt.clone()));
            next.rotated = self.now.get();
        } else if !is_retry && !self.has(Fault::ReuseHonoured) {
            return None;
        }
        next.generation += 1;
        next.salt = self.draw(SALT);
        Some(next)
    }

    fn pair(&self, family: &Found, user: &UserRecord, epoch: &str) -> Answer {
        let mut answer = Answer::of(Verdict::Granted(self.principal(&family.record, user)));
        let roles = if self.has(Fault::RefreshKeepsRoles) { &family.record.roles } else { &user.roles };
        answer.access = Some(self.access_token(family, roles, epoch));
        let record = &family.record;
        answer.refresh = Some(self.keys.borrow().refresh_token(&family.id, record.generation, &record.salt));
        answer
    }

    /// What is no refresh token.
    async fn refresh_otherwise(&self, request: &Request, token: &[u8]) -> Result<Answer> {
        if self.has(Fault::AccessAsRefresh)
            && let Ok(claims) = self.verified(token)
            && claims.ten.as_bytes() == request.host
            && let Some(family) = self.family(&claims.sid).await?
        {
            let (_, user) = self.user(&user_key(claims.ten.as_bytes(), claims.sub.as_bytes())).await?;
            let epoch = self.epoch().await?;
            return Ok(self.pair(&family, &user, &epoch));
        }
        Err(Refusal::Denied("what is no refresh token"))
    }

    async fn logout(&self, request: &Request, token: Option<&[u8]>) -> Result<Answer> {
        match self.try_logout(request, token).await {
            Err(Refusal::Unavailable) if self.has(Fault::LogoutSwallowsStoreError) => {
                Ok(self.with_deletion(Answer::of(Verdict::Granted(nobody()))))
            }
            answered => answered,
        }
    }

    async fn try_logout(&self, request: &Request, token: Option<&[u8]>) -> Result<Answer> {
        let (family, principal) = if self.kind.has_session() {
            let who = self.who(request).await?;
            (who.family, who.principal)
        } else {
            let token = token.ok_or(Refusal::Denied("a logout without a token"))?;
            let read = self.keys.borrow().read_refresh(token).ok_or(Refusal::Denied("what is no refresh token"))?;
            let family = self.family(&read.family).await?.ok_or(Refusal::Denied("a login that has ended"))?;
            self.is_in_time(&family.record)?;
            self.is_at_home(request, &family.record.host)?;
            (family, nobody())
        };
        if self.has(Fault::SessionEndSparesTokens) {
            let mut record = family.record.clone();
            record.secret.clear();
            self.store.save(&self.family_key(&family.id), encode(&record)).await?;
        } else if !self.has(Fault::LogoutClearsCookieOnly) {
            self.end(&family).await?;
        }
        Ok(self.with_deletion(Answer::of(Verdict::Granted(principal))))
    }

    fn with_deletion(&self, mut answer: Answer) -> Answer {
        if self.kind.has_session() && !self.has(Fault::NoDeletionAtLogout) {
            let path = if self.has(Fault::DeletionMismatch) { "/account" } else { "/" };
            let name = self.cookie_name();
            let line = format!("{name}=; Path={path}; {}HttpOnly; SameSite=Lax; Max-Age=0", self.secure());
            answer.set_cookies.push(line.into_bytes());
        }
        answer
    }

    async fn logout_all(&self, request: &Request, is_own_spared: bool) -> Result<Answer> {
        let who = self.who(request).await?;
        let key = user_key(who.family.record.host.as_bytes(), who.family.record.name.as_bytes());
        let (_, user) = self.user(&key).await?;
        let is_spared = |id: &String| is_own_spared && *id == who.family.id && !self.has(Fault::LogoutOthersEndsOwn);
        let spared = usize::from(self.has(Fault::LogoutAllSparesOne) && !is_own_spared);
        for id in user.families.iter().filter(|id| !is_spared(id)).skip(spared) {
            self.end_by_id(id).await?;
        }
        let answer = Answer::of(Verdict::Granted(who.principal));
        Ok(if is_own_spared { answer } else { self.with_deletion(answer) })
    }

    async fn list(&self, request: &Request) -> Result<Answer> {
        let who = self.who(request).await?;
        let record = &who.family.record;
        let mut hosts = vec![record.host.as_str()];
        if self.has(Fault::ListsOthers) {
            let others = USERS.iter().filter(|user| user.name == record.name && user.host != record.host);
            hosts.extend(others.map(|user| user.host));
        }
        let mut answer = Answer::of(Verdict::Granted(who.principal));
        for host in hosts {
            let (_, user) = self.user(&user_key(host.as_bytes(), record.name.as_bytes())).await?;
            for id in &user.families {
                let found = self.family(id).await?;
                let is_live = match &found {
                    Some(found) => self.is_in_time(&found.record).is_ok() && !self.is_folded_away(found).await?,
                    None => false,
                };
                match found {
                    Some(found) if is_live || self.has(Fault::ListsDead) => {
                        answer.listed.push(self.handle(&found).into_bytes());
                    }
                    None if self.has(Fault::ListsDead) => answer.listed.push(id.clone().into_bytes()),
                    _ => {}
                }
            }
        }
        if self.has(Fault::ListMissesNewest) {
            answer.listed.pop();
        }
        Ok(answer)
    }

    async fn revoke(&self, request: &Request, handle: &[u8]) -> Result<Answer> {
        let who = self.who(request).await?;
        let record = &who.family.record;
        let (_, user) = self.user(&user_key(record.host.as_bytes(), record.name.as_bytes())).await?;
        let text = String::from_utf8_lossy(handle);
        let id = text.split('.').next().unwrap_or_default().to_owned();
        if !user.families.contains(&id) && !self.has(Fault::RevokesForeign) {
            return Err(Refusal::Denied("a handle that is not the user's"));
        }
        if self.family(&id).await?.is_none() {
            return Err(Refusal::Denied("a handle of a login that has ended"));
        }
        if !self.has(Fault::RevokeForgets) {
            self.end_by_id(&id).await?;
        }
        Ok(Answer::of(Verdict::Granted(who.principal)))
    }

    /// Ends the login of a token, whichever kind it is; one that is nobody's holds no longer anyway (RFC 7009 §2.2).
    async fn revoke_token(&self, request: &Request, token: &[u8]) -> Result<Answer> {
        let read = self.keys.borrow().read_refresh(token);
        let id = match read {
            Some(read) => Some(read.family),
            None => self.verified(token).ok().map(|claims| claims.sid),
        };
        let Some(id) = id else { return Ok(Answer::of(Verdict::Granted(nobody()))) };
        if let Some(family) = self.family(&id).await? {
            self.is_at_home(request, &family.record.host)?;
            if family.record.client.as_bytes() != request.client && !self.has(Fault::ClientUnbound) {
                return Err(Refusal::Denied("a revocation by another client"));
            }
            self.end(&family).await?;
        }
        Ok(Answer::of(Verdict::Granted(nobody())))
    }

    async fn introspect(&self, request: &Request, token: &[u8]) -> Result<Answer> {
        Ok(Answer::of(Verdict::Granted(self.by_access(request, token).await?.principal)))
    }

    async fn terminate(&self, request: &Request, handle: &[u8]) -> Result<Answer> {
        let text = String::from_utf8_lossy(handle);
        let id = text.split('.').next().unwrap_or_default();
        let family = self.family(id).await?.ok_or(Refusal::Denied("a handle of a login that has ended"))?;
        self.is_at_home(request, &family.record.host)?;
        if !self.has(Fault::RevokeForgets) {
            self.end(&family).await?;
        }
        Ok(Answer::of(Verdict::Granted(nobody())))
    }

    async fn change_password(&self, request: &Request, old: &[u8], new: &[u8]) -> Result<Answer> {
        let who = self.who(request).await?;
        let key = user_key(who.family.record.host.as_bytes(), who.family.record.name.as_bytes());
        let user = loop {
            let (version, mut user) = self.user(&key).await?;
            if user.password.as_bytes() != old {
                return Err(Refusal::Denied("a change of password with a wrong one"));
            }
            user.former = Some(user.password);
            user.password = String::from_utf8_lossy(new).into_owned();
            if self.store.swap(&key, version, encode(&user)).await? {
                break user;
            }
        };
        if !self.has(Fault::PasswordChangeSparesSessions) {
            for id in user.families.iter().filter(|id| **id != who.family.id) {
                self.end_by_id(id).await?;
            }
        }
        Ok(Answer::of(Verdict::Granted(who.principal)))
    }

    async fn disable(&self, request: &Request, name: &[u8]) -> Result<Answer> {
        let answer = self.administer(request, name, |user| user.is_enabled = false).await?;
        let (_, user) = self.user(&user_key(&request.host, name)).await?;
        if !self.has(Fault::DisableSparesSessions) {
            for id in &user.families {
                self.end_by_id(id).await?;
            }
        }
        Ok(answer)
    }

    async fn administer(&self, request: &Request, name: &[u8], change: impl Fn(&mut UserRecord)) -> Result<Answer> {
        let key = user_key(&request.host, name);
        loop {
            let (version, mut user) = self.user(&key).await?;
            change(&mut user);
            if self.store.swap(&key, version, encode(&user)).await? {
                return Ok(Answer::of(Verdict::Granted(nobody())));
            }
        }
    }

    async fn user(&self, key: &str) -> Result<(u64, UserRecord)> {
        let held = self.store.load_latest(key).await?.ok_or(Refusal::Denied("a user that is not known"))?;
        let record = self.decoded(&held.octets)?;
        Ok((held.version, record))
    }

    /// A family that has not been ended; its time may be over.
    async fn family(&self, id: &str) -> Result<Option<Found>> {
        let key = self.family_key(id);
        let held = if self.has(Fault::ReadsReplica) {
            self.store.load(&key).await?
        } else {
            self.store.load_latest(&key).await?
        };
        let Some(Held { version, octets }) = held else { return Ok(None) };
        let record: FamilyRecord = self.decoded(&octets)?;
        if self.kind.has_tokens() && self.is_ended(id, None).await? {
            return Ok(None);
        }
        Ok(Some(Found { id: id.to_owned(), version, record }))
    }

    fn decoded<T: serde::de::DeserializeOwned>(&self, octets: &[u8]) -> Result<T> {
        match decode(octets) {
            Some(record) => Ok(record),
            None if self.has(Fault::CorruptPanics) => panic!("a record is what was written"),
            None => Err(StoreError::Corrupt.into()),
        }
    }

    /// Whether the denylist says that a login has ended.
    async fn is_ended(&self, id: &str, token: Option<&[u8]>) -> Result<bool> {
        let is_current = |until: Seconds| self.now.get() < until;
        if self.has(Fault::DenylistInProcess) {
            return Ok(self.process.borrow().ended.get(id).copied().is_some_and(is_current));
        }
        let key = match token {
            Some(token) if self.has(Fault::DenylistByText) => format!("d/{}", String::from_utf8_lossy(token)),
            None if self.has(Fault::DenylistByText) => return Ok(false),
            _ => format!("d/{id}"),
        };
        let held = if self.has(Fault::ReadsReplica) {
            self.store.load(&key).await?
        } else {
            self.store.load_latest(&key).await?
        };
        let Some(held) = held else { return Ok(false) };
        Ok(is_current(self.decoded(&held.octets)?))
    }

    async fn end_by_id(&self, id: &str) -> Result<()> {
        match self.family(id).await? {
            Some(family) => self.end(&family).await,
            None => Ok(()),
        }
    }

    async fn end_for_reuse(&self, family: &Found) -> Result<()> {
        if self.has(Fault::ReuseSparesAccess) {
            self.store.delete(&self.family_key(&family.id)).await?;
            return Ok(());
        }
        self.end(family).await
    }

    /// Ends a login with all that it gave.
    async fn end(&self, family: &Found) -> Result<()> {
        if self.has(Fault::FoldsCase) {
            let secret = match self.family(&family.id).await? {
                Some(found) => found.record.secret,
                None => return Ok(()),
            };
            self.store.create(&format!("x/{}.{secret}", family.id), Vec::new()).await?;
            return Ok(());
        }
        if self.kind.has_tokens() && !self.has(Fault::LogoutSparesAccess) {
            self.deny(family).await?;
        }
        self.store.delete(&self.family_key(&family.id)).await?;
        Ok(())
    }

    async fn deny(&self, family: &Found) -> Result<()> {
        let id = family.id.as_str();
        // As long as anything of the login can be accepted: its tokens, and its record where it could not be deleted.
        let last = family.record.born + self.policy.absolute;
        let tokens = self.now.get() + self.policy.access_ttl;
        let until = match self.fault {
            Some(Fault::DenylistShort) => self.now.get() + MINUTE,
            Some(Fault::DenylistWithoutSkew) => tokens,
            _ => last.max(tokens) + self.policy.skew,
        };
        if self.has(Fault::DenylistInProcess) {
            self.process.borrow_mut().ended.insert(id.to_owned(), until);
            return Ok(());
        }
        if self.has(Fault::DenylistByText) {
            let given = self.process.borrow().given.get(id).cloned().unwrap_or_default();
            for token in given {
                self.store.create(&format!("d/{}", String::from_utf8_lossy(&token)), encode(&until)).await?;
            }
            return Ok(());
        }
        self.store.create(&format!("d/{id}"), encode(&until)).await?;
        Ok(())
    }

    async fn is_folded_away(&self, found: &Found) -> Result<bool> {
        let key = format!("x/{}.{}", found.id, found.record.secret);
        Ok(self.has(Fault::FoldsCase) && self.store.load_latest(&key).await?.is_some())
    }

    /// What is gone when the store is emptied, so that it is noticed.
    async fn epoch(&self) -> Result<String> {
        if !self.kind.has_tokens() {
            return Ok(String::new());
        }
        loop {
            if let Some(held) = self.store.load_latest("e/").await? {
                return self.decoded(&held.octets);
            }
            self.store.create("e/", encode(&self.draw(SALT))).await?;
        }
    }

    fn access_token(&self, family: &Found, roles: &[String], epoch: &str) -> Vec<u8> {
        let now = self.now.get();
        let last = family.record.born + self.policy.absolute;
        let exp = now + self.policy.access_ttl;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: family.record.name.clone(),
            ten: family.record.host.clone(),
            roles: roles.to_vec(),
            sid: family.id.clone(),
            jti: self.draw(SALT),
            iat: now,
            exp: if self.has(Fault::AccessOutlivesFamily) { exp } else { exp.min(last) },
            epo: epoch.to_owned(),
        };
        let token = self.keys.borrow().access_token(&claims);
        if self.has(Fault::DenylistByText) {
            self.process.borrow_mut().given.entry(family.id.clone()).or_default().push(token.clone());
        }
        token
    }

    fn is_in_time(&self, record: &FamilyRecord) -> Result<()> {
        let now = self.now.get();
        let (late, early) = match self.fault {
            Some(Fault::EndsOneLate) => (2, 0),
            Some(Fault::EndsEarly) => (0, 2),
            _ => (0, 0),
        };
        if now - record.used + early >= self.policy.idle + late && !self.has(Fault::IdleIgnored) {
            return Err(Refusal::Denied("a login that was not used for long"));
        }
        if now - record.born + early >= self.policy.absolute + late && !self.has(Fault::AbsoluteIgnored) {
            return Err(Refusal::Denied("a login that is too old"));
        }
        Ok(())
    }

    fn is_at_home(&self, request: &Request, host: &str) -> Result<()> {
        if request.host == host.as_bytes() || self.has(Fault::TenantFromRequest) {
            Ok(())
        } else {
            Err(Refusal::Denied("a credential of another tenant"))
        }
    }

    fn principal(&self, record: &FamilyRecord, user: &UserRecord) -> Principal {
        let roles = if self.has(Fault::RoleKept) { &record.roles } else { &user.roles };
        Principal {
            name: record.name.clone().into_bytes(),
            host: record.host.clone().into_bytes(),
            roles: roles.iter().map(|role| role.clone().into_bytes()).collect(),
        }
    }

    fn handle(&self, found: &Found) -> String {
        if self.has(Fault::HandleIsId) { format!("{}.{}", found.id, found.record.secret) } else { found.id.clone() }
    }

    fn cookie(&self, value: &str) -> Vec<u8> {
        let http_only = if self.has(Fault::CookieWithoutHttpOnly) { "" } else { "HttpOnly; " };
        format!("{}={value}; Path=/; {}{http_only}SameSite=Lax", self.cookie_name(), self.secure()).into_bytes()
    }

    fn cookie_name(&self) -> &'static str {
        if self.has(Fault::CookieWithoutSecure) { "sid" } else { "__Host-sid" }
    }

    fn secure(&self) -> &'static str {
        if self.has(Fault::CookieWithoutSecure) { "" } else { "Secure; " }
    }

    /// The value of the session cookie in a Cookie field, whatever stands in the pairs beside it; blanks around a name or a value
    /// are no part of it (draft-ietf-httpbis-rfc6265bis §5.6).
    fn cookie_in<'h>(&self, header: &'h [u8]) -> Option<&'h str> {
        let is_own = |name: &[u8]| without_blanks(name) == self.cookie_name().as_bytes();
        let value = header.split(|octet| *octet == b';').find_map(|pair| {
            let (name, value) = pair.split_at(pair.iter().position(|octet| *octet == b'=')?);
            is_own(name).then(|| without_blanks(&value[1..]))
        })?;
        std::str::from_utf8(value).ok()
    }

    fn family_key(&self, id: &str) -> String {
        if self.has(Fault::FoldsCase) { format!("f/{}", id.to_ascii_lowercase()) } else { format!("f/{id}") }
    }

    fn new_id(&self) -> (String, String) {
        if self.has(Fault::SequentialIds) {
            let next = self.counter.get() + 1;
            self.counter.set(next);
            return (format!("{next:011}"), format!("{next:022}"));
        }
        (self.draw(ID), self.draw(SECRET))
    }

    /// So many signs by chance.
    fn draw(&self, signs: usize) -> String {
        let mut random = self.random.borrow_mut();
        let octets: Vec<u8> =
            (0..signs.div_ceil(4) * 3).map(|_| u8::try_from(random.below(256)).expect("a byte")).collect();
        let mut text = base64url::encode(octets);
        text.truncate(signs);
        text
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }
}

impl<S: Store> SessionService for Reference<S> {
    fn info(&self) -> ServiceInfo {
        ServiceInfo {
            name: name(self.fault, self.store.behind().kind()),
            kind: self.kind,
            policy: self.policy,
            capabilities: Capability::ALL.to_vec(),
        }
    }

    fn ask(&self, request: &Request) -> Answer {
        now(self.answer(request))
    }

    fn control(&self, control: Control) -> Controlled {
        match control {
            Control::Advance(seconds) => self.now.set(self.now.get() + seconds),
            Control::RotateKey => self.keys.borrow_mut().rotate(),
            Control::RetireKeys => self.keys.borrow_mut().retire(),
            Control::CompromiseKey => {
                let (kid, secret) = self.keys.borrow_mut().compromise(self.has(Fault::LeakedKeyTrusted));
                return Controlled::Leaked { kid, secret };
            }
            // A store that cannot even be emptied says so with the next request.
            Control::Store(fault) => _ = now(self.store.fail(fault, LOST_WITH_THE_STORE)),
            Control::Restart => {
                *self.process.borrow_mut() = Process::default();
                self.keys.borrow_mut().restart(self.now.get());
            }
        }
        Controlled::Done
    }

    fn log(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.log.borrow_mut())
    }

    fn key_fetches(&self) -> u64 {
        self.keys.borrow().fetches()
    }
}

impl<S: Store> Interleaved for Reference<S> {
    fn start(&self, request: Request) -> Pin<Box<dyn Future<Output = Answer> + '_>> {
        Box::pin(async move { self.answer(&request).await })
    }

    fn hold(&self, held: bool) {
        self.store.hold(held);
    }
}

/// Waits for a future that waits for nothing but its turn.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
    }
}

/// The credential of a request.
fn shown(request: &Request) -> Option<&[u8]> {
    match &request.action {
        Action::Refresh { token } | Action::Logout { token: Some(token) } => Some(token),
        _ => request.bearer.as_deref().or(request.cookie.as_deref()),
    }
}

/// The two halves of an id of the form that is given here.
fn split(value: &str) -> Option<(&str, &str)> {
    let (id, secret) = value.split_once('.')?;
    let is_text = |text: &str| text.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'));
    (id.len() == ID && secret.len() == SECRET && is_text(id) && is_text(secret)).then_some((id, secret))
}

/// Of its own, as the service is: the reader that the reference verifier has is what a run judges it by.
fn without_blanks(mut octets: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = octets {
        octets = rest;
    }
    octets
}

fn user_key(host: &[u8], name: &[u8]) -> String {
    format!("u/{}/{}", String::from_utf8_lossy(host), String::from_utf8_lossy(name))
}

/// Who is nobody, and has no role.
const fn nobody() -> Principal {
    Principal { name: Vec::new(), host: Vec::new(), roles: Vec::new() }
}

/// Families, visitors, the denylist and the marker: users are kept elsewhere.
const LOST_WITH_THE_STORE: &[&str] = &["f/", "a/", "d/", "e/", "x/"];

/// The clock at first, in Unix seconds.
const START: Seconds = 1_700_000_000;
const MINUTE: Seconds = 60;

/// How often a write is tried again that another was faster than.
const ATTEMPTS: usize = 32;
const ISSUER: &str = "https://login.example";

/// How many signs they have: of base64url, so six bits each.
const ID: usize = 11;
const SECRET: usize = 22;
const SALT: usize = 11;
