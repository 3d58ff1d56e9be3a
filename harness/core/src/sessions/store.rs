//! Where the reference service keeps its records. [`Store`] is what a store can do; [`Memory`] is one in the process;
//! [`Shim`] stands before any of them, makes it fail as it is told, and holds every access for a schedule. Stores know no
//! time: what expires says so in its record.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::service::StoreFault;

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Grows with each write.
    pub version: u64,
    /// What was written.
    pub octets: Vec<u8>,
}

/// Why a store does not do what it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreError {
    /// It cannot be reached; nothing was done.
    Down,
    /// The answer came too late; it may have been done.
    TimedOut,
    /// What was read is no record.
    Corrupt,
}

/// What is awaited of a store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// What a store can do. `load` may read behind; every other reads and writes in one order.
pub trait Store {
    /// A record as some replica has it.
    fn load(&self, key: &str) -> impl Future<Output = Result<Option<Held>>>;

    /// A record as it was written last.
    fn load_latest(&self, key: &str) -> impl Future<Output = Result<Option<Held>>>;

    /// Writes what is not there yet; false where something is.
    fn create(&self, key: &str, octets: Vec<u8>) -> impl Future<Output = Result<bool>>;

    /// Writes over this version; false where another is there, or none.
    fn swap(&self, key: &str, version: u64, octets: Vec<u8>) -> impl Future<Output = Result<bool>>;

    /// Writes whatever is there: what sound services leave alone.
    fn save(&self, key: &str, octets: Vec<u8>) -> impl Future<Output = Result<()>>;

    /// Removes; false where nothing was there.
    fn delete(&self, key: &str) -> impl Future<Output = Result<bool>>;
}

/// A store in the process.
#[derive(Debug, Default)]
pub struct Memory {
    records: RefCell<HashMap<String, Held>>,
    versions: Cell<u64>,
}

impl Memory {
    /// A record, at once.
    pub fn peek(&self, key: &str) -> Option<Held> {
        self.records.borrow().get(key).cloned()
    }

    /// Loses every record whose key begins so.
    fn wipe(&self, prefix: &str) {
        self.records.borrow_mut().retain(|key, _| !key.starts_with(prefix));
    }

    /// All records as they are.
    fn snapshot(&self) -> HashMap<String, Held> {
        self.records.borrow().clone()
    }

    fn put(&self, key: &str, octets: Vec<u8>) {
        self.versions.set(self.versions.get() + 1);
        self.records.borrow_mut().insert(key.to_owned(), Held { version: self.versions.get(), octets });
    }
}

impl Store for Memory {
    async fn load(&self, key: &str) -> Result<Option<Held>> {
        Ok(self.peek(key))
    }

    async fn load_latest(&self, key: &str) -> Result<Option<Held>> {
        Ok(self.peek(key))
    }

    async fn create(&self, key: &str, octets: Vec<u8>) -> Result<bool> {
        let is_free = !self.records.borrow().contains_key(key);
        if is_free {
            self.put(key, octets);
        }
        Ok(is_free)
    }

    async fn swap(&self, key: &str, version: u64, octets: Vec<u8>) -> Result<bool> {
        let is_same = self.records.borrow().get(key).is_some_and(|held| held.version == version);
        if is_same {
            self.put(key, octets);
        }
        Ok(is_same)
    }

    async fn save(&self, key: &str, octets: Vec<u8>) -> Result<()> {
        self.put(key, octets);
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<bool> {
        Ok(self.records.borrow_mut().remove(key).is_some())
    }
}

/// Stands before a store.
#[derive(Debug, Default)]
pub struct Shim {
    store: Memory,
    fault: Cell<Option<StoreFault>>,
    replica: RefCell<HashMap<String, Held>>,
    is_held: Cell<bool>,
}

impl Shim {
    /// Fails so from now on.
    pub fn fail(&self, fault: StoreFault, prefixes: &[&str]) {
        match fault {
            StoreFault::Wiped => {
                for prefix in prefixes {
                    self.store.wipe(prefix);
                }
            }
            StoreFault::StaleReplica => {
                *self.replica.borrow_mut() = self.store.snapshot();
                self.fault.set(Some(fault));
            }
            StoreFault::None => self.fault.set(None),
            StoreFault::Down | StoreFault::SlowWrites | StoreFault::Corrupt => self.fault.set(Some(fault)),
        }
    }

    /// Whether every access waits for its turn.
    pub fn hold(&self, held: bool) {
        self.is_held.set(held);
    }

    /// The store behind, which never fails.
    pub fn behind(&self) -> &Memory {
        &self.store
    }

    /// Waits for its turn, and says whether the store can be reached.
    async fn turn(&self) -> Result<()> {
        if self.is_held.get() {
            Once(false).await;
        }
        if self.fault.get() == Some(StoreFault::Down) { Err(StoreError::Down) } else { Ok(()) }
    }

    fn written<T>(&self, done: T) -> Result<T> {
        if self.fault.get() == Some(StoreFault::SlowWrites) { Err(StoreError::TimedOut) } else { Ok(done) }
    }

    fn read(&self, held: Option<Held>) -> Option<Held> {
        let mut held = held?;
        if self.fault.get() == Some(StoreFault::Corrupt) {
            held.octets.truncate(held.octets.len() / 2);
        }
        Some(held)
    }
}

impl Store for Shim {
    async fn load(&self, key: &str) -> Result<Option<Held>> {
        self.turn().await?;
        if self.fault.get() == Some(StoreFault::StaleReplica) {
            return Ok(self.replica.borrow().get(key).cloned());
        }
        Ok(self.read(self.store.load(key).await?))
    }

    async fn load_latest(&self, key: &str) -> Result<Option<Held>> {
        self.turn().await?;
        Ok(self.read(self.store.load_latest(key).await?))
    }

    async fn create(&self, key: &str, octets: Vec<u8>) -> Result<bool> {
        self.turn().await?;
        self.written(self.store.create(key, octets).await?)
    }

    async fn swap(&self, key: &str, version: u64, octets: Vec<u8>) -> Result<bool> {
        self.turn().await?;
        self.written(self.store.swap(key, version, octets).await?)
    }

    async fn save(&self, key: &str, octets: Vec<u8>) -> Result<()> {
        self.turn().await?;
        self.written(self.store.save(key, octets).await?)
    }

    async fn delete(&self, key: &str) -> Result<bool> {
        self.turn().await?;
        self.written(self.store.delete(key).await?)
    }
}

/// Pending once, so that who polls can let another go first.
struct Once(bool);

impl Future for Once {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::Waker;

    use super::*;

    fn now<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => done,
            Poll::Pending => panic!("nothing holds it"),
        }
    }

    #[test]
    fn a_swap_writes_over_the_version_that_was_read_and_no_other() {
        let store = Memory::default();
        assert_eq!(now(store.create("a", vec![1])), Ok(true));
        assert_eq!(now(store.create("a", vec![2])), Ok(false));
        let held = store.peek("a").unwrap();
        assert_eq!(now(store.swap("a", held.version, vec![3])), Ok(true));
        assert_eq!(now(store.swap("a", held.version, vec![4])), Ok(false));
        assert_eq!(now(store.delete("a")), Ok(true));
        assert_eq!(now(store.swap("a", 2, vec![5])), Ok(false));
        assert_eq!(store.peek("a"), None);
    }

    #[test]
    fn the_shim_fails_as_it_is_told() {
        let shim = Shim::default();
        now(shim.save("f/a", vec![1, 2])).unwrap();
        shim.fail(StoreFault::Down, &["f/"]);
        assert_eq!(now(shim.load("f/a")), Err(StoreError::Down));
        shim.fail(StoreFault::SlowWrites, &["f/"]);
        assert_eq!(now(shim.save("f/a", vec![3, 4])), Err(StoreError::TimedOut));
        shim.fail(StoreFault::StaleReplica, &["f/"]);
        assert_eq!(now(shim.delete("f/a")), Ok(true), "what was slow was done");
        assert_eq!(now(shim.load("f/a")).unwrap().unwrap().octets, [3, 4]);
        assert_eq!(now(shim.load_latest("f/a")), Ok(None));
        shim.fail(StoreFault::None, &["f/"]);
        now(shim.save("f/a", vec![1, 2])).unwrap();
        shim.fail(StoreFault::Corrupt, &["f/"]);
        assert_eq!(now(shim.load_latest("f/a")).unwrap().unwrap().octets, [1]);
        shim.fail(StoreFault::None, &["f/"]);
        shim.fail(StoreFault::Wiped, &["f/"]);
        assert_eq!(now(shim.load_latest("f/a")), Ok(None));
    }

    #[test]
    fn a_held_access_waits_for_one_turn() {
        let shim = Shim::default();
        shim.hold(true);
        let mut access = pin!(shim.create("a", vec![1]));
        let mut context = Context::from_waker(Waker::noop());
        assert!(access.as_mut().poll(&mut context).is_pending());
        assert_eq!(shim.behind().peek("a"), None);
        assert_eq!(access.as_mut().poll(&mut context), Poll::Ready(Ok(true)));
    }
}
