//! What is done to a service, as data. Takes nothing, gives [`Command`]s and the [`Script`]s made of them. A command names
//! what it needs by where it came from (the newest login of slot 2, its refresh token before last), never by its octets, so
//! that any part of a script is a script: what it names may be missing, and then it does nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::policy::{Kind, Seconds};
use super::service::StoreFault;
use super::tamper::Tamper;

/// A user: a name at a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The name.
    pub name: &'static str,
    /// The tenant's host.
    pub host: &'static str,
}

/// The users that every service under test has. All are administrators at first, and have the password `password-0`; two of one
/// name are of two tenants.
///
/// ```
/// use token_assay::sessions::command::{CLIENTS, Command, Identity, ROLE, USERS};
///
/// // Who looks a user up by the name alone confuses two of them.
/// let Identity { name, host } = USERS[0];
/// assert!(USERS.iter().any(|other| other.name == name && other.host != host));
/// assert_eq!(Command::DropRole { user: 2 }.to_string(), ["take", ROLE, "from alice@south.example"].join(" "));
/// // A refresh token is bound to the client that it was given to.
/// assert_ne!(CLIENTS[0], CLIENTS[1]);
/// ```
pub const USERS: [Identity; 3] = [
    Identity { name: "alice", host: "north.example" },
    Identity { name: "bob", host: "north.example" },
    Identity { name: "alice", host: "south.example" },
];

/// The role that can be taken away.
pub const ROLE: &str = "admin";

/// The clients: the first is everybody's own.
pub const CLIENTS: [&str; 2] = ["web", "other"];

/// How many browsers there are, each with its logins.
pub(crate) const SLOTS: u8 = 3;

/// One of [`USERS`], by its place.
pub type User = u8;

/// A login: the `back`-th before the newest of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pick {
    /// The browser.
    pub slot: u8,
    /// How many logins there were since.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub back: u8,
}

/// What a login gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The session id.
    Session,
    /// The access token, so many before the newest.
    Access(u8),
    /// The refresh token, so many before the newest.
    Refresh(u8),
    /// The id that the browser sent with the login.
    Presented,
}

words! {
    /// With which password.
    Password;
    /// The user's.
    Right = "right",
    /// The one before.
    Former = "former",
    /// Another.
    Wrong = "wrong",
}

/// Which id a browser sends with a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presents {
    /// None.
    Nothing,
    /// One that the service gave to a visitor before.
    Anonymous,
    /// One that looks right and was never given.
    Unissued,
    /// That of another login.
    Held(Pick),
}

words! {
    /// A limit that time runs towards.
    Limit;
    /// The end of a login that is not used.
    Idle = "idle",
    /// The end of any login.
    Absolute = "absolute",
    /// The end of the newest access token.
    Access = "access",
    /// The same with the permitted skew.
    Skew = "skew",
    /// The end of the grace of the newest refresh.
    Grace = "grace",
    /// The end of the time that a retired key may be remembered.
    Keys = "keys",
}

/// One thing that is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// A login in a slot.
    Login {
        /// The browser.
        slot: u8,
        /// Who.
        user: User,
        /// With which password.
        password: Password,
        /// With which id.
        presents: Presents,
    },
    /// Something that a login gave is shown as what identifies its holder.
    Use {
        /// Of which login.
        pick: Pick,
        /// What.
        part: Part,
        /// At another tenant's host.
        elsewhere: bool,
    },
    /// The session id of one login and the access token of another in one request.
    UseBoth {
        /// Whose id.
        cookie: Pick,
        /// Whose token.
        bearer: Pick,
    },
    /// Something that a login gave is shown as a refresh token.
    Refresh {
        /// Of which login.
        pick: Pick,
        /// What.
        part: Part,
        /// By another client.
        other_client: bool,
    },
    /// A logout.
    Logout {
        /// Of which login.
        pick: Pick,
    },
    /// A logout of all others of the user.
    LogoutOthers {
        /// From which login.
        pick: Pick,
    },
    /// A logout of all.
    LogoutAll {
        /// From which login.
        pick: Pick,
    },
    /// A list of the user's logins.
    List {
        /// From which login.
        pick: Pick,
    },
    /// One login is ended from another.
    Revoke {
        /// From which login.
        pick: Pick,
        /// Which one.
        target: Pick,
    },
    /// Another password.
    ChangePassword {
        /// From which login.
        pick: Pick,
    },
    /// A user is disabled.
    Disable {
        /// Who.
        user: User,
    },
    /// A user may log in again.
    Enable {
        /// Who.
        user: User,
    },
    /// A role is taken away.
    DropRole {
        /// From whom.
        user: User,
    },
    /// A role is given back.
    GrantRole {
        /// To whom.
        user: User,
    },
    /// Another key signs.
    RotateKey,
    /// Keys that sign no longer are retired.
    RetireKeys,
    /// The key that signs has become known.
    CompromiseKey,
    /// Time passes.
    Advance {
        /// So much.
        seconds: Seconds,
    },
    /// Time passes until a limit.
    AdvanceTo {
        /// Of which login.
        pick: Pick,
        /// Which limit.
        limit: Limit,
        /// So many seconds after it.
        offset: i8,
    },
    /// Something that a login gave is bent and shown.
    Tamper {
        /// Of which login.
        pick: Pick,
        /// What.
        part: Part,
        /// How.
        how: Tamper,
    },
    /// The store fails, or no longer does.
    Store {
        /// How.
        fault: StoreFault,
    },
    /// The service is started anew.
    Restart,
}

/// What is run: commands in order, then branches that overlap as a schedule says, then commands in order again.
///
/// ```
/// use token_assay::sessions::command::{Command, Limit, Part, Password, Pick, Presents, Script, User};
/// use token_assay::sessions::policy::Kind;
///
/// let alice: User = 0;
/// let login = Pick { slot: 0, back: 0 };
/// let refresh = |part| Command::Refresh { pick: login, part, other_client: false };
/// let commands = vec![
///     Command::Login { slot: 0, user: alice, password: Password::Right, presents: Presents::Nothing },
///     refresh(Part::Refresh(0)),
///     Command::AdvanceTo { pick: login, limit: Limit::Grace, offset: 1 },
///     refresh(Part::Refresh(1)),
/// ];
/// let script = Script::sequential(Kind::Jwt, commands);
/// assert_eq!((script.len(), script.is_empty()), (4, false));
/// let words: Vec<String> = script.commands.iter().map(Command::to_string).collect();
/// assert_eq!(words[2], "time passes until A's grace limit +1 s");
/// assert_eq!(words[3], "refresh with A's refresh token 1 before the newest");
/// // What is named may be missing, so that any part of a script is one.
/// let part = Script { commands: script.commands[2..].to_vec(), ..script };
/// assert_eq!(serde_json::from_str::<Script>(&serde_json::to_string(&part)?)?, part);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// The kind of service it is for.
    pub kind: Kind,
    /// Before.
    pub commands: Vec<Command>,
    /// At once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<Vec<Command>>,
    /// Which of the branches that can go on goes on, at each access to the store; the first where the list has ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedule: Vec<u8>,
    /// After.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<Command>,
}

impl Script {
    /// Commands in order.
    pub const fn sequential(kind: Kind, commands: Vec<Command>) -> Self {
        Self { kind, commands, branches: Vec::new(), schedule: Vec::new(), after: Vec::new() }
    }

    /// How many commands there are.
    pub fn len(&self) -> usize {
        self.commands.len() + self.branches.iter().map(Vec::len).sum::<usize>() + self.after.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Display for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = char::from(b'A' + self.slot);
        match self.back {
            0 => write!(f, "{name}"),
            back => write!(f, "{name}-{back}"),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session => f.write_str("session id"),
            Self::Access(0) => f.write_str("access token"),
            Self::Access(back) => write!(f, "access token {back} before the newest"),
            Self::Refresh(0) => f.write_str("refresh token"),
            Self::Refresh(back) => write!(f, "refresh token {back} before the newest"),
            Self::Presented => f.write_str("id from before the login"),
        }
    }
}

impl fmt::Display for Presents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Anonymous => f.write_str(" with a visitor's id"),
            Self::Unissued => f.write_str(" with an id that was never given"),
            Self::Held(pick) => write!(f, " with the session id of {pick}"),
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = |user: &User| {
            let identity = USERS[usize::from(*user) % USERS.len()];
            format!("{}@{}", identity.name, identity.host)
        };
        match self {
            Self::Login { slot, user, password, presents } => {
                let password =
                    if *password == Password::Right { String::new() } else { format!(", {password} password") };
                write!(f, "login {} as {}{password}{presents}", Pick { slot: *slot, back: 0 }, who(user))
            }
            Self::Use { pick, part, elsewhere } => {
                write!(f, "use {pick}'s {part}{}", if *elsewhere { " at the other tenant" } else { "" })
            }
            Self::UseBoth { cookie, bearer } => {
                write!(f, "use {cookie}'s session id and {bearer}'s access token at once")
            }
            Self::Refresh { pick, part, other_client } => {
                write!(f, "refresh with {pick}'s {part}{}", if *other_client { " by another client" } else { "" })
            }
            Self::Logout { pick } => write!(f, "logout {pick}"),
            Self::LogoutOthers { pick } => write!(f, "logout others from {pick}"),
            Self::LogoutAll { pick } => write!(f, "logout all from {pick}"),
            Self::List { pick } => write!(f, "list from {pick}"),
            Self::Revoke { pick, target } => write!(f, "revoke {target} from {pick}"),
            Self::ChangePassword { pick } => write!(f, "change password from {pick}"),
            Self::Disable { user } => write!(f, "disable {}", who(user)),
            Self::Enable { user } => write!(f, "enable {}", who(user)),
            Self::DropRole { user } => write!(f, "take {ROLE} from {}", who(user)),
            Self::GrantRole { user } => write!(f, "give {ROLE} to {}", who(user)),
            Self::RotateKey => f.write_str("rotate the key"),
            Self::RetireKeys => f.write_str("retire the keys before"),
            Self::CompromiseKey => f.write_str("the key becomes known"),
            Self::Advance { seconds } => write!(f, "{seconds} s pass"),
            Self::AdvanceTo { pick, limit, offset } => match offset {
                0 => write!(f, "time passes until {pick}'s {limit} limit"),
                _ => write!(f, "time passes until {pick}'s {limit} limit {offset:+} s"),
            },
            Self::Tamper { pick, part, how } => write!(f, "show {pick}'s {part}, bent: {how}"),
            Self::Store { fault } => write!(f, "store {fault}"),
            Self::Restart => f.write_str("restart"),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(number: &u8) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_comes_back_from_its_json() {
        let pick = Pick { slot: 1, back: 0 };
        let script = Script {
            kind: Kind::Hybrid,
            commands: vec![
                Command::Login { slot: 0, user: 2, password: Password::Right, presents: Presents::Held(pick) },
                Command::AdvanceTo { pick, limit: Limit::Idle, offset: -1 },
            ],
            branches: vec![vec![Command::Logout { pick }], vec![Command::Restart]],
            schedule: vec![1, 0],
            after: vec![Command::Refresh { pick, part: Part::Refresh(1), other_client: false }],
        };
        let text = serde_json::to_string(&script).unwrap();
        assert_eq!(serde_json::from_str::<Script>(&text).unwrap(), script, "{text}");
        assert_eq!(script.len(), 5);
    }
}
