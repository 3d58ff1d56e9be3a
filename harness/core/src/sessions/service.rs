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
///
/// ```
/// use token_assay::sessions::command::{CLIENTS, USERS};
/// use token_assay::sessions::policy::Kind;
/// use token_assay::sessions::reference::Reference;
/// use token_assay::sessions::service::{Action, Control, Controlled, Request, SessionService, StoreFault, Verdict};
///
/// let service = Reference::new(Kind::Jwt, None, 1);
/// let login = Request {
///     host: USERS[0].host.into(),
///     client: CLIENTS[0].into(),
///     cookie: None,
///     bearer: None,
///     action: Action::Login { name: USERS[0].name.into(), password: b"password-0".to_vec() },
/// };
/// assert!(matches!(service.ask(&login).verdict, Verdict::Granted(_)));
/// // A key that is given away is told to who asks for that: what it signs must be refused from now on.
/// assert!(matches!(service.control(Control::CompromiseKey), Controlled::Leaked { .. }));
/// // To say that one cannot tell is no fault; a panic, or a login that was not kept, would be.
/// assert_eq!(service.control(Control::Store(StoreFault::Down)), Controlled::Done);
/// assert_eq!(service.ask(&login).verdict, Verdict::Unavailable);
/// assert_eq!(service.key_fetches(), 0, "nothing was shown that a key had to be asked for");
/// ```
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
///
/// ```
/// use std::cell::RefCell;
/// use std::collections::BTreeMap;
/// use std::future::{Future, ready};
/// use std::pin::Pin;
/// use token_assay::sessions::command::{Command, Part, Password, Pick, Presents, ROLE, Script};
/// use token_assay::sessions::engine;
/// use token_assay::sessions::invariants::Invariant;
/// use token_assay::sessions::policy::{Kind, SessionPolicy};
/// use token_assay::sessions::service::{
///     Action, Answer, Capability, Control, Controlled, Interleaved, Principal, Request, ServiceInfo, SessionService,
///     Verdict,
/// };
/// use token_assay::sessions::surface::Forms;
///
/// /// Its logout takes the cookie from the browser, and the login goes on.
/// #[derive(Default)]
/// struct Shop {
///     /// By the cookie that was set.
///     logins: RefCell<BTreeMap<Vec<u8>, Principal>>,
///     log: RefCell<Vec<Vec<u8>>>,
/// }
///
/// impl SessionService for Shop {
///     fn info(&self) -> ServiceInfo {
///         let policy = SessionPolicy::of(Kind::Session);
///         ServiceInfo { name: "shop".to_owned(), kind: Kind::Session, policy, capabilities: vec![Capability::Log] }
///     }
///
///     fn ask(&self, request: &Request) -> Answer {
///         let mut logins = self.logins.borrow_mut();
///         let holder = request.cookie.as_ref().and_then(|cookie| logins.get(cookie).cloned());
///         match (&request.action, holder) {
///             (Action::Login { name, password }, _) if password == b"password-0" => {
///                 let (name, host) = (name.clone(), request.host.clone());
///                 let principal = Principal { name, host, roles: vec![ROLE.into()] };
///                 // A service that is no example asks the system for 128 bits.
///                 let cookie = format!("__Host-sid=8QzX4vKpLr2TnYb7Wc5{}", logins.len());
///                 logins.insert(cookie.clone().into_bytes(), principal.clone());
///                 let line = format!("{cookie}; Path=/; Secure; HttpOnly; SameSite=Lax").into_bytes();
///                 Answer { set_cookies: vec![line], ..Answer::of(Verdict::Granted(principal)) }
///             }
///             (Action::WhoAmI, Some(holder)) => Answer::of(Verdict::Granted(holder)),
///             (Action::Logout { .. }, Some(holder)) => {
///                 let line = b"__Host-sid=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax".to_vec();
///                 Answer { set_cookies: vec![line], ..Answer::of(Verdict::Granted(holder)) }
///             }
///             _ => {
///                 self.log.borrow_mut().push(b"refused".to_vec());
///                 Answer::denied()
///             }
///         }
///     }
///
///     fn control(&self, _: Control) -> Controlled {
///         Controlled::Cannot
///     }
///
///     fn log(&self) -> Vec<Vec<u8>> {
///         self.log.take()
///     }
/// }
///
/// impl Interleaved for Shop {
///     // It cannot be stopped in the middle: requests that overlap are answered one after another.
///     fn start(&self, request: Request) -> Pin<Box<dyn Future<Output = Answer> + '_>> {
///         Box::pin(ready(self.ask(&request)))
///     }
///
///     fn hold(&self, _: bool) {}
/// }
///
/// let pick = Pick { slot: 0, back: 0 };
/// let commands = vec![
///     Command::Login { slot: 0, user: 0, password: Password::Right, presents: Presents::Nothing },
///     Command::Logout { pick },
///     Command::Use { pick, part: Part::Session, elsewhere: false },
/// ];
/// let script = Script::sequential(Kind::Session, commands);
/// let outcome = engine::run(&Shop::default(), &script, &mut Forms::default(), true);
/// let breach = outcome.breach.expect("the id still counts as alice");
/// assert_eq!(breach.invariant, Invariant::LogoutEnds, "{}: {:#?}", breach.what, outcome.steps);
/// ```
pub trait Interleaved: SessionService {
    /// Begins to answer; the future is pending before each access to the store.
    fn start(&self, request: Request) -> Pin<Box<dyn Future<Output = Answer> + '_>>;

    /// Whether requests are held.
    fn hold(&self, held: bool);
}
