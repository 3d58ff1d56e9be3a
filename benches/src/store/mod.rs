//! Where sessions are kept: what a session is, how its store is asked, and how its answers are checked.
//!
//! Takes sessions that are all derived from their number, so nothing but the store holds them; gives [`Store`]s that were
//! filled with them. A store answers an id, as it stands in a cookie, with the deserialised session, and with none where it has
//! none or where it has run out. Never measures.

pub mod access;
pub mod echo;
pub mod lmdb;
pub mod memory;
pub mod postgres;
pub mod redb;
pub mod redis;
pub mod sqlite;
pub mod tower;

use std::hint::black_box;
use std::pin::Pin;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use token_assay_model::bench::{Backend, Role};

pub use access::{Access, Turn};

/// A store under its row's name.
pub struct Store {
    /// The name.
    pub name: String,
    /// Floors carry no sessions and are not asked for them.
    pub role: Role,
    /// What must be known to read its row.
    pub note: Option<String>,
    /// How to it.
    pub way: Way,
}

/// How so many callers come to a store.
pub enum Way {
    /// Each blocks its thread.
    Blocking(Open<Vec<Box<dyn Blocking>>>),
    /// Each is a task; whoever opens it does so on the runtime that the tasks will run on.
    Async(Open<Soon<'static, Tasks>>),
}

/// Callers that wait, or why they could not come.
pub type Tasks = Result<Vec<Box<dyn Task>>, String>;

/// Opens a store for so many callers.
pub struct Open<T>(Box<dyn Fn(usize) -> T>);

/// What a store answers.
pub type Answer = Result<Option<Session>, String>;

/// A future in a box.
pub type Soon<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// The same, where it may move between threads.
pub type SendSoon<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A caller that blocks.
pub trait Blocking: Send {
    /// Looks up one session.
    fn load(&mut self, id: &str) -> Answer;

    /// Looks up what is its turn.
    fn run(&mut self, turn: &mut Turn) {
        while let Some(id) = turn.next_id() {
            keep(self.load(id));
        }
    }
}

/// A caller that waits.
pub trait Waiting: Send {
    /// Looks up one session.
    fn load(&mut self, id: &str) -> impl Future<Output = Answer> + Send;
}

/// A waiting caller as an object: one box for a turn, none for a lookup.
pub trait Task: Send {
    /// Looks up one session.
    fn load<'a>(&'a mut self, id: &'a str) -> SendSoon<'a, Answer>;

    /// Looks up what is its turn.
    fn run<'a>(&'a mut self, turn: &'a mut Turn) -> SendSoon<'a, ()>;
}

impl<T: Waiting> Task for T {
    fn load<'a>(&'a mut self, id: &'a str) -> SendSoon<'a, Answer> {
        Box::pin(Waiting::load(self, id))
    }

    fn run<'a>(&'a mut self, turn: &'a mut Turn) -> SendSoon<'a, ()> {
        Box::pin(async {
            while let Some(id) = turn.next_id() {
                keep(Waiting::load(self, id).await);
            }
        })
    }
}

/// Keeps an answer from the optimiser. Every id that is drawn is known, so anything but a session ends the measurement.
fn keep(answer: Answer) {
    match answer {
        Ok(Some(session)) => {
            black_box(session);
        }
        Ok(None) => panic!("a known session is not found while it is timed"),
        Err(why) => panic!("a store fails while it is timed: {why}"),
    }
}

impl Store {
    /// A store whose callers block; each is opened by this.
    pub fn blocking<T: Blocking + 'static>(
        name: impl Into<String>,
        open: impl Fn() -> Result<T, String> + 'static,
    ) -> Result<Self, String> {
        // One is opened at once, so that what cannot be opened is known before anything is timed.
        open()?;
        let each = move |callers| -> Vec<Box<dyn Blocking>> {
            let opened = (0..callers).map(|_| open().map(|caller| Box::new(caller) as Box<dyn Blocking>));
            opened.collect::<Result<_, _>>().expect("it could be opened before")
        };
        Ok(Self { name: name.into(), role: Role::Subject, note: None, way: Way::Blocking(Open(Box::new(each))) })
    }

    /// A store whose callers are tasks; so many are opened by this.
    pub fn waiting<T: Waiting + 'static, F>(name: impl Into<String>, open: impl Fn(usize) -> F + 'static) -> Self
    where
        F: Future<Output = Result<Vec<T>, String>> + 'static,
    {
        let all = move |callers| -> Soon<'static, Result<Vec<Box<dyn Task>>, String>> {
            let opened = open(callers);
            Box::pin(async {
                let boxed = opened.await?.into_iter().map(|caller| Box::new(caller) as Box<dyn Task>);
                Ok(boxed.collect())
            })
        };
        Self { name: name.into(), role: Role::Subject, note: None, way: Way::Async(Open(Box::new(all))) }
    }

    /// The same as a floor.
    #[must_use]
    pub fn as_floor(self) -> Self {
        Self { role: Role::Floor, ..self }
    }

    /// The same with a word for its reader.
    #[must_use]
    pub fn noted(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }
}

impl<T> Open<T> {
    /// For so many.
    pub fn callers(&self, callers: usize) -> T {
        (self.0)(callers)
    }
}

/// What a service keeps of whoever is signed in: about 200 octets of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who.
    pub user: u64,
    /// What they may.
    pub roles: Vec<String>,
    /// When they signed in.
    pub created: i64,
    /// Until when it is good.
    pub expires: i64,
    /// What their forms must carry.
    pub csrf: String,
}

impl Session {
    /// As it lies in a store.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a session is JSON")
    }

    /// What lies in a store, where it has not run out.
    pub fn live(json: &[u8]) -> Answer {
        let session: Self = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        Ok((session.expires > now()).then_some(session))
    }
}

/// Sessions, derived from their numbers.
#[derive(Debug, Clone, Copy)]
pub struct Sessions {
    count: usize,
    now: i64,
}

/// How long a session is good, in seconds: none runs out while it is measured.
const LIFETIME: i64 = 30 * 24 * 3600;

impl Sessions {
    /// So many that are good, and one that has run out.
    pub fn new(count: usize) -> Self {
        Self { count, now: now() }
    }

    /// How many are good.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The id of one: 128 bits that nobody would guess, in 22 characters.
    pub fn id(&self, number: usize) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(octets(number as u64, 0))
    }

    /// The id of the one that has run out.
    pub fn expired(&self) -> String {
        self.id(self.count)
    }

    /// An id that no store has.
    pub fn unknown(&self) -> String {
        self.id(self.count + 1)
    }

    /// One of them; the one after the last has run out.
    pub fn session(&self, number: usize) -> Session {
        let expires = if number == self.count { self.now - 60 } else { self.now + LIFETIME };
        let secret = [octets(number as u64, 1), octets(number as u64, 2)].concat();
        Session {
            user: 1_000_000_000 + number as u64,
            roles: ["member", "editor", "billing:read"].map(String::from).into(),
            created: self.now - 3600,
            expires,
            csrf: BASE64_URL_SAFE_NO_PAD.encode(secret),
        }
    }

    /// All that a store is filled with: those that are good and the one that has run out.
    pub fn all(self) -> impl Iterator<Item = (String, Session)> {
        (0..=self.count).map(move |number| (self.id(number), self.session(number)))
    }

    /// Whether a caller answers rightly, as far as `load` can tell: known ones, an unknown one, one that has run out.
    pub fn check(&self, mut load: impl FnMut(&str) -> Answer) -> Result<(), String> {
        for number in [0, self.count / 2, self.count - 1] {
            match load(&self.id(number))? {
                Some(session) if session == self.session(number) => {}
                other => return Err(format!("to a known id it says {other:?}")),
            }
        }
        for (id, what) in [(self.unknown(), "an unknown id"), (self.expired(), "an id that has run out")] {
            if let Some(session) = load(&id)? {
                return Err(format!("to {what} it says {session:?}"));
            }
        }
        Ok(())
    }
}

/// Seconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970");
    i64::try_from(since.as_secs()).expect("seconds fit for aeons")
}

/// What a linked crate's version is, by the lock file that it was built with.
pub fn version_of(name: &str) -> String {
    let mut lines = include_str!(env!("ASSAY_LOCK")).lines();
    let wanted = format!("name = \"{name}\"");
    let found = lines.by_ref().any(|line| line == wanted).then(|| lines.next()).flatten();
    found
        .and_then(|line| line.strip_prefix("version = "))
        .map_or_else(|| "?".into(), |said| said.trim_matches('"').into())
}

/// A linked crate that keeps sessions.
pub fn linked(name: &str, durability: &str, caching: &str) -> Backend {
    Backend { name: name.into(), version: version_of(name), durability: durability.into(), caching: caching.into() }
}

/// Sixteen octets for a number; other octets for each other number, and in each other row of them.
fn octets(number: u64, row: u64) -> [u8; 16] {
    let half = |half: u64| mix(number.wrapping_mul(2).wrapping_add(half) ^ mix(row)).to_le_bytes();
    let mut octets = [0; 16];
    octets[..8].copy_from_slice(&half(0));
    octets[8..].copy_from_slice(&half(1));
    octets
}

/// The end of splitmix64: a permutation of all numbers that leaves no trace of their order.
pub(crate) const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_22_characters_and_all_different() {
        let sessions = Sessions::new(1000);
        let ids: BTreeSet<String> = (0..1002).map(|number| sessions.id(number)).collect();
        assert_eq!(ids.len(), 1002);
        assert!(ids.iter().all(|id| id.len() == 22));
    }

    #[test]
    fn a_session_is_about_200_octets_and_runs_out() {
        let sessions = Sessions::new(10);
        let json = sessions.session(3).to_json();
        assert!((150..=250).contains(&json.len()), "{}", json.len());
        assert_eq!(Session::live(&json), Ok(Some(sessions.session(3))));
        assert_eq!(Session::live(&sessions.session(10).to_json()), Ok(None));
        assert!(Session::live(b"{").is_err());
    }

    #[test]
    fn a_store_that_gives_anothers_session_or_a_stale_one_is_found_out() {
        let sessions = Sessions::new(10);
        let number = |id: &str| (0..=10).find(|number| sessions.id(*number) == id);
        let honest = |id: &str| Ok(number(id).filter(|number| *number < 10).map(|number| sessions.session(number)));
        assert_eq!(sessions.check(honest), Ok(()));
        let anothers = |id: &str| Ok(number(id).map(|number| sessions.session((number + 1) % 10)));
        assert!(sessions.check(anothers).unwrap_err().contains("a known id"));
        let stale = |id: &str| Ok(number(id).map(|number| sessions.session(number)));
        assert!(sessions.check(stale).unwrap_err().contains("has run out"));
        let credulous = |id: &str| honest(id).map(|found| found.or_else(|| Some(sessions.session(0))));
        assert!(sessions.check(credulous).unwrap_err().contains("an unknown id"));
    }

    #[test]
    fn versions_come_from_the_lock_file() {
        assert!(version_of("moka").starts_with("0.12."), "{}", version_of("moka"));
        assert_eq!(version_of("no-such-crate"), "?");
    }
}
