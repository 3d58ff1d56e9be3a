//! Real stores for the reference service: a SQLite file, Redis, PostgreSQL, each behind the core's
//! [`Store`]. Takes which, gives one that is empty and the service's own: the file has no
//! name, the servers are started from this machine's binaries, and both go with the store. Whatever reads before
//! it writes does both in the store, in one step that nobody falls into, and never here. Each access is over before it is
//! answered, so that who goes first stays the schedule's to say.

mod postgres;
mod redis;
mod sqlite;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use token_assay::sessions::store::{Held, Result, Store, StoreError, StoreKind};
use token_assay_model::bench::Skipped;

/// A store outside this process's memory. Clones are the same one.
#[derive(Clone)]
pub struct Real {
    kind: StoreKind,
    records: Rc<RefCell<Box<dyn Records>>>,
    trouble: Rc<RefCell<Option<String>>>,
}

/// What a store outside can do, and what it says where it cannot.
trait Records {
    /// See [`Store::load_latest`].
    fn load(&mut self, key: &str) -> Answer<Option<Held>>;

    /// See [`Store::create`].
    fn create(&mut self, key: &str, octets: &[u8]) -> Answer<bool>;

    /// See [`Store::swap`].
    fn swap(&mut self, key: &str, version: u64, octets: &[u8]) -> Answer<bool>;

    /// See [`Store::save`].
    fn save(&mut self, key: &str, octets: &[u8]) -> Answer<()>;

    /// See [`Store::delete`].
    fn delete(&mut self, key: &str) -> Answer<bool>;

    /// See [`Store::wipe`].
    fn wipe(&mut self, prefix: &str) -> Answer<()>;

    /// See [`Store::snapshot`].
    fn all(&mut self) -> Answer<HashMap<String, Held>>;
}

/// What a store outside answers.
type Answer<T> = std::result::Result<T, String>;

/// Opens one; nothing for the store that is in the process.
///
/// # Errors
///
/// Where its server is not installed or does not come up, or the store cannot be made.
pub fn open(kind: StoreKind) -> std::result::Result<Option<Real>, Skipped> {
    let records: Box<dyn Records> = match kind {
        StoreKind::Memory => return Ok(None),
        StoreKind::Sqlite => Box::new(sqlite::open()?),
        StoreKind::Redis => Box::new(redis::open()?),
        StoreKind::Postgres => Box::new(postgres::open()?),
    };
    Ok(Some(Real { kind, records: Rc::new(RefCell::new(records)), trouble: Rc::default() }))
}

impl Real {
    /// What it said when it could not do what it was asked, for the first time: no service is to blame for that.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.borrow().clone()
    }

    fn asked<T>(&self, ask: impl FnOnce(&mut dyn Records) -> Answer<T>) -> Result<T> {
        ask(&mut **self.records.borrow_mut()).map_err(|why| {
            self.trouble.borrow_mut().get_or_insert(why);
            StoreError::Down
        })
    }
}

impl Store for Real {
    fn kind(&self) -> StoreKind {
        self.kind
    }

    async fn load(&self, key: &str) -> Result<Option<Held>> {
        self.asked(|records| records.load(key))
    }

    async fn load_latest(&self, key: &str) -> Result<Option<Held>> {
        self.asked(|records| records.load(key))
    }

    async fn create(&self, key: &str, octets: Vec<u8>) -> Result<bool> {
        self.asked(|records| records.create(key, &octets))
    }

    async fn swap(&self, key: &str, version: u64, octets: Vec<u8>) -> Result<bool> {
        self.asked(|records| records.swap(key, version, &octets))
    }

    async fn save(&self, key: &str, octets: Vec<u8>) -> Result<()> {
        self.asked(|records| records.save(key, &octets))
    }

    async fn delete(&self, key: &str) -> Result<bool> {
        self.asked(|records| records.delete(key))
    }

    async fn wipe(&self, prefix: &str) -> Result<()> {
        self.asked(|records| records.wipe(prefix))
    }

    async fn snapshot(&self) -> Result<HashMap<String, Held>> {
        self.asked(|records| records.all())
    }
}

/// Why this store is not there.
fn skipped(name: &str, why: impl std::fmt::Display) -> Skipped {
    Skipped { name: name.to_owned(), why: why.to_string() }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// Connections to one store.
    type Connections = Vec<Box<dyn Records + Send>>;

    fn several<R: Records + Send + 'static, E: std::fmt::Debug>(
        first: std::result::Result<R, Skipped>,
        another: impl Fn(&R) -> std::result::Result<R, E>,
    ) -> Option<Connections> {
        let first = first.inspect_err(|skipped| println!("SKIPPED: {}: {}", skipped.name, skipped.why)).ok()?;
        let others: Vec<R> = (0..3).map(|_| another(&first).expect("a connection")).collect();
        let mut all: Connections = vec![Box::new(first)];
        all.extend(others.into_iter().map(|other| Box::new(other) as Box<dyn Records + Send>));
        Some(all)
    }

    fn each(test: impl Fn(&str, Connections)) {
        let folder = tempfile::tempdir().expect("there is room");
        let all = [
            ("SQLite", several(sqlite::open_in(folder.path()), |_| sqlite::connect(folder.path()))),
            ("Redis", several(redis::open(), |first| redis::connect(first.socket()))),
            ("PostgreSQL", several(postgres::open(), |first| postgres::connect(first.folder()))),
        ];
        for (name, connections) in all {
            if let Some(connections) = connections {
                test(name, connections);
            }
        }
    }

    #[test]
    fn a_swap_writes_over_the_version_that_was_read_and_no_other() {
        each(|name, mut all| {
            let store = &mut *all[0];
            assert_eq!(store.create("f/a", &[0, 255]), Ok(true), "{name}");
            assert_eq!(store.create("f/a", &[2]), Ok(false), "{name}");
            let first = store.load("f/a").unwrap().unwrap();
            assert_eq!(first.octets, [0, 255], "{name}");
            assert_eq!(store.swap("f/a", first.version, &[3]), Ok(true), "{name}");
            assert_eq!(store.swap("f/a", first.version, &[4]), Ok(false), "{name}");
            store.save("f/a", &[5]).unwrap();
            let last = store.load("f/a").unwrap().unwrap();
            assert_eq!(store.delete("f/a"), Ok(true), "{name}");
            assert_eq!(store.delete("f/a"), Ok(false), "{name}");
            assert_eq!(store.load("f/a"), Ok(None), "{name}");
            assert_eq!(store.create("f/a", &[6]), Ok(true), "{name}");
            assert_eq!(store.swap("f/a", last.version, &[7]), Ok(false), "{name}: it was removed in between");
            assert_eq!(store.load("f/a").unwrap().unwrap().octets, [6], "{name}");
        });
    }

    #[test]
    fn what_is_wiped_is_what_begins_so_and_a_snapshot_is_everything() {
        each(|name, mut all| {
            let store = &mut *all[0];
            for key in ["f/a", "f/b", "u/f/a", "F/a"] {
                store.save(key, key.as_bytes()).unwrap();
            }
            store.wipe("f/").unwrap();
            let kept = store.all().unwrap();
            let mut keys: Vec<&str> = kept.keys().map(String::as_str).collect();
            keys.sort_unstable();
            assert_eq!(keys, ["F/a", "u/f/a"], "{name}");
            assert_eq!(kept["F/a"].octets, b"F/a", "{name}");
            store.wipe("").unwrap();
            assert!(store.all().unwrap().is_empty(), "{name}");
        });
    }

    #[test]
    fn what_several_write_at_once_is_never_lost_and_made_once() {
        each(|name, mut all| {
            all[0].save("counter", b"0").unwrap();
            let made: usize = thread::scope(|scope| {
                let threads: Vec<_> = all.iter_mut().map(|store| scope.spawn(|| counts(&mut **store))).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).sum()
            });
            assert_eq!(made, ROUNDS, "{name}: each record was made by one");
            let held = all[0].load("counter").unwrap().unwrap();
            assert_eq!(String::from_utf8(held.octets).unwrap(), (4 * ROUNDS).to_string(), "{name}");
        });
    }

    /// Adds one to a counter so many times, and says how many records this one made.
    fn counts(store: &mut dyn Records) -> usize {
        let mut made = 0;
        for round in 0..ROUNDS {
            made += usize::from(store.create(&format!("f/{round}"), b"").unwrap());
            loop {
                let held = store.load("counter").unwrap().unwrap();
                let count: usize = String::from_utf8(held.octets).unwrap().parse().unwrap();
                if store.swap("counter", held.version, (count + 1).to_string().as_bytes()).unwrap() {
                    break;
                }
            }
        }
        made
    }

    const ROUNDS: usize = 50;
}
