//! A service that logs users in, as the engine sees it: bytes in, bytes out. Takes a [`Request`] with cookies and tokens as
//! octets, gives an [`Answer`]: a granted principal, a refusal, or `Broken`, which is always a finding. A service says by
//! [`Capability`] what can be asked of it; what it cannot is left out, never counted as held. It is never told what is
//! expected.

use std::future::Future;
use std::pin::Pin;

use super::policy::{Kind, Seconds, SessionPolicy};

words! {
    /// What a service can be asked beside logging in and saying who asks.
    Capability;
    /// Its clock can be set.
    Clock = "clock",
    /// Its store can be made to fail.
    StoreFaults = "store-faults",
    /// It can be started anew.
    Restart = "restart",
    /// Users can be disabled, and roles taken away.
    Administration = "administration",
    /// A user's logins can be listed, and ended one by one.
    Listing = "listing",
    /// Its keys can be rotated, retired, and given away.
    Keys = "keys",
    /// It says how often it has asked for keys.
    KeyFetches = "key-fetches",
    /// What it logs can be read.
    Log = "log",
}

/// What is known of a service.
#[derive(Debug, Clone)]
pub struct ServiceInfo {
    /// Its name.
    pub name: String,
    /// What its logins give.
    pub kind: Kind,
    /// What it declares.
    pub policy: SessionPolicy,
    /// What can be asked of it.
    pub capabilities: Vec<Capability>,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The host that it is for: each tenant has one.
    pub host: Vec<u8>,
    /// Who sends it: the name of a client.
    pub client: Vec<u8>,
    /// The value of the Cookie field.
    pub cookie: Option<Vec<u8>>,
    /// What stands behind `Authorization: Bearer`.
    pub bearer: Option<Vec<u8>>,
    /// What is asked.
    pub action: Action,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A page before any login, which may set an id.
    Visit,
    /// To log in.
    Login {
        /// The user's name at this host.
        name: Vec<u8>,
        /// The password.
        password: Vec<u8>,
    },
    /// Who the request counts as.
    WhoAmI,
    /// New tokens for a refresh token.
    Refresh {
        /// The token.
        token: Vec<u8>,
    },
    /// To end the login of the cookie, or of this refresh token.
    Logout {
        /// The token, where there is no cookie.
        token: Option<Vec<u8>>,
    },
    /// To end all of the user's logins but this.
    LogoutOthers,
    /// To end all of them.
    LogoutAll,
    /// The handles of the user's logins.
    List,
    /// To end one of them.
    Revoke {
        /// As it was listed.
        handle: Vec<u8>,
    },
    /// Another password, which ends the user's other logins.
    ChangePassword {
        /// The one before.
        old: Vec<u8>,
        /// The new one.
        new: Vec<u8>,
    },
    /// To end what a token of either kind belongs to; nothing where it is nobody's.
    RevokeToken {
        /// The token.
        token: Vec<u8>,
    },
    /// Whether an access token is active.
    Introspect {
        /// The token.
        token: Vec<u8>,
    },
    /// By an administrator: ends one login.
    Terminate {
        /// Its handle.
        handle: Vec<u8>,
    },
    /// By an administrator: the user may not log in, and is out.
    Disable {
        /// Whom.
        name: Vec<u8>,
    },
    /// By an administrator: the user may log in again.
    Enable {
        /// Whom.
        name: Vec<u8>,
    },
    /// By an administrator: takes a role away.
    DropRole {
        /// From whom.
        name: Vec<u8>,
        /// Which.
        role: Vec<u8>,
    },
    /// By an administrator: gives a role.
    GrantRole {
        /// To whom.
        name: Vec<u8>,
        /// Which.
        role: Vec<u8>,
    },
}

/// What a service answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether it did what was asked.
    pub verdict: Verdict,
    /// The values of Set-Cookie, in order.
    pub set_cookies: Vec<Vec<u8>>,
    /// An access token.
    pub access: Option<Vec<u8>>,
    /// A refresh token.
    pub refresh: Option<Vec<u8>>,
    /// Of a login, its handle.
    pub handle: Option<Vec<u8>>,
    /// Of a list, the handles.
    pub listed: Vec<Vec<u8>>,
}

impl Answer {
    /// A verdict and nothing else.
    pub const fn of(verdict: Verdict) -> Self {
        Self { verdict, set_cookies: Vec::new(), access: None, refresh: None, handle: None, listed: Vec::new() }
    }

    /// A refusal.
    pub const fn denied() -> Self {
        Self::of(Verdict::Denied)
    }
}

/// Whether it did what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It did, for this principal.
    Granted(Principal),
    /// It did not.
    Denied,
    /// It says that it cannot tell now.
    Unavailable,
    /// A status of 500 and more, a panic, no answer: always a finding.
    Broken(String),
}

/// Whom a request counts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The user's name.
    pub name: Vec<u8>,
    /// The tenant's host.
    pub host: Vec<u8>,
    /// Roles.
    pub roles: Vec<Vec<u8>>,
}

/// What is done to a service from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Its clock goes on.
    Advance(Seconds),
    /// Another key signs from now on; the earlier ones still verify.
    RotateKey,
    /// Keys that sign no longer verify no longer.
    RetireKeys,
    /// The key that signs is known to others: another takes its place, and it must not verify.
    CompromiseKey,
    /// Its store fails so from now on.
    Store(StoreFault),
    /// It is started anew.
    Restart,
}

/// What became of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Controlled {
    /// It is done.
    Done,
    /// It cannot be done.
    Cannot,
    /// It is done, and this is what others know now.
    Leaked {
        /// The key's name.
        kid: Vec<u8>,
        /// Its octets.
        secret: Vec<u8>,
    },
}

words! {
    /// How a store fails.
    StoreFault;
    /// Not at all.
    None = "up",
    /// It answers nothing.
    Down = "down",
    /// Writes are carried out, but the answer comes too late.
    SlowWrites = "slow-writes",
    /// Reads come from a replica that no longer follows.
    StaleReplica = "stale-replica",
    /// Records that are read are cut off.
    Corrupt = "corrupt",
    /// Every login's record is gone; users are kept elsewhere.
    Wiped = "wiped",
}

/// A service under test. It may keep what it likes between requests.
pub trait SessionService {
    /// What it is.
    fn info(&self) -> ServiceInfo;

    /// Answers.
    fn ask(&self, request: &Request) -> Answer;

    /// Does what is done to it from outside.
    fn control(&self, control: Control) -> Controlled;

    /// What it has logged since this was last asked, a line each.
    fn log(&self) -> Vec<Vec<u8>> {
        Vec::new()
    }

    /// How often it has asked for keys.
    fn key_fetches(&self) -> u64 {
        0
    }
}

/// A service in the same process whose requests can be held between two accesses to its store, so that races are found on a
/// schedule.
pub trait Interleaved: SessionService {
    /// Begins to answer; the future is pending before each access to the store.
    fn start(&self, request: Request) -> Pin<Box<dyn Future<Output = Answer> + '_>>;

    /// Whether requests are held.
    fn hold(&self, held: bool);
}
