//! What the reference service keeps, and what its tokens say. Takes and gives octets; decides nothing.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::command::ROLE;
use super::super::policy::Seconds;

/// A login.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FamilyRecord {
    /// The user's name.
    pub(super) name: String,
    /// The tenant.
    pub(super) host: String,
    /// The client that logged in.
    pub(super) client: String,
    /// The second half of the session id.
    pub(super) secret: String,
    /// When it was made.
    pub(super) born: Seconds,
    /// When it was used last.
    pub(super) used: Seconds,
    /// The refresh token that is not spent: how many there were before, and what tells it from a guess.
    pub(super) generation: u32,
    /// See there.
    pub(super) salt: String,
    /// The one spent last.
    pub(super) before: Option<(u32, String)>,
    /// When it was.
    pub(super) rotated: Seconds,
    /// The roles at the login, which only a service with a fault looks at.
    pub(super) roles: Vec<String>,
}

/// A user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct UserRecord {
    /// The name.
    pub(super) name: String,
    /// In clear: this is a test's double.
    pub(super) password: String,
    /// The one before.
    pub(super) former: Option<String>,
    /// Whether the user may log in.
    pub(super) is_enabled: bool,
    /// What the user may do.
    pub(super) roles: Vec<String>,
    /// The ids of all logins there were.
    pub(super) families: Vec<String>,
}

impl UserRecord {
    /// As all are at first.
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            password: "password-0".to_owned(),
            former: None,
            is_enabled: true,
            roles: vec!["user".to_owned(), ROLE.to_owned()],
            families: Vec::new(),
        }
    }
}

/// What an access token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Claims {
    /// Who issued it.
    pub(super) iss: String,
    /// The user's name.
    pub(super) sub: String,
    /// The tenant.
    pub(super) ten: String,
    /// The roles when it was issued.
    pub(super) roles: Vec<String>,
    /// The login.
    pub(super) sid: String,
    /// Which token.
    pub(super) jti: String,
    /// When it was issued.
    pub(super) iat: Seconds,
    /// When it ends.
    pub(super) exp: Seconds,
    /// The store's marker.
    pub(super) epo: String,
}

/// What a refresh token says.
#[derive(Debug, Clone)]
pub(super) struct RefreshToken {
    /// The login.
    pub(super) family: String,
    /// How many there were before.
    pub(super) generation: u32,
    /// What tells it from a guess.
    pub(super) salt: String,
}

pub(super) fn encode(record: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(record).expect("a record has string keys")
}

pub(super) fn decode<T: DeserializeOwned>(octets: &[u8]) -> Option<T> {
    serde_json::from_slice(octets).ok()
}
