//! Where the reference service keeps its records. [`Store`] is what a store can do; [`Memory`] is one in the process;
//! [`Shim`] stands before any of them, makes it fail as it is told, and holds every access for a schedule. Stores know no
//! time: what expires says so in its record. None waits for anything but its own answer, within one poll: who goes first is
//! the schedule's to say.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::service::StoreFault;

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Another with each write of this key, also where it was removed in between.
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

words! {
    /// Which stores there are.
    StoreKind;
    /// In the process.
    Memory = "memory",
    /// A file.
    Sqlite = "sqlite",
    /// A server that keeps keys and values.
    Redis = "redis",
    /// A server that keeps tables.
    Postgres = "postgres",
}

/// What is awaited of a store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// What a store can do. `load` may read behind; every other reads and writes in one order, each as one step that no other
/// falls into.
pub trait Store {
    /// Which it is.
    fn kind(&self) -> StoreKind;

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

    /// Loses every record whose key begins so; with no prefix, all.
    fn wipe(&self, prefix: &str) -> impl Future<Output = Result<()>>;

    /// All records as they are now: what a replica answers that follows no longer.
    fn snapshot(&self) -> impl Future<Output = Result<HashMap<String, Held>>>;
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

    fn put(&self, key: &str, octets: Vec<u8>) {
        self.versions.set(self.versions.get() + 1);
        self.records.borrow_mut().insert(key.to_owned(), Held { version: self.versions.get(), octets });
    }
}

impl Store for Memory {
    fn kind(&self) -> StoreKind {
        StoreKind::Memory
    }

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

    async fn wipe(&self, prefix: &str) -> Result<()> {
        self.records.borrow_mut().retain(|key, _| !key.starts_with(prefix));
        Ok(())
    }

    async fn snapshot(&self) -> Result<HashMap<String, Held>> {
        Ok(self.records.borrow().clone())
    }
}

/// Stands before a store.
#[derive(Debug, Default)]
pub struct Shim<S = Memory> {
    store: S,
    fault: Cell<Option<StoreFault>>,
    replica: RefCell<HashMap<String, Held>>,
    is_held: Cell<bool>,
}

impl<S: Store> Shim<S> {
    /// Before this store.
    pub fn new(store: S) -> Self {
        Self { store, fault: Cell::default(), replica: RefCell::default(), is_held: Cell::default() }
    }

    /// Fails so from now on.
    ///
    /// # Errors
    ///
    /// Where the store itself does.
    pub async fn fail(&self, fault: StoreFault, prefixes: &[&str]) -> Result<()> {
        match fault {
            StoreFault::Wiped => {
                for prefix in prefixes {
                    self.store.wipe(prefix).await?;
                }
            }
            StoreFault::StaleReplica => {
                let replica = self.store.snapshot().await?;
                *self.replica.borrow_mut() = replica;
                self.fault.set(Some(fault));
            }
            StoreFault::None => self.fault.set(None),
            StoreFault::Down | StoreFault::SlowWrites | StoreFault::Corrupt => self.fault.set(Some(fault)),
        }
        Ok(())
    }

    /// Whether every access waits for its turn.
    pub fn hold(&self, held: bool) {
        self.is_held.set(held);
    }

    /// The store behind, which fails only by itself.
    pub const fn behind(&self) -> &S {
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

/// What a store can do, where it fails as it was told.
impl<S: Store> Shim<S> {
    /// A record as some replica has it.
    ///
    /// # Errors
    ///
    /// As the shim was told, or as the store does; so does each of the following.
    pub async fn load(&self, key: &str) -> Result<Option<Held>> {
        self.turn().await?;
        if self.fault.get() == Some(StoreFault::StaleReplica) {
            return Ok(self.replica.borrow().get(key).cloned());
        }
        Ok(self.read(self.store.load(key).await?))
    }

    /// A record as it was written last.
    ///
    /// # Errors
    ///
    /// See [`Shim::load`].
    pub async fn load_latest(&self, key: &str) -> Result<Option<Held>> {
        self.turn().await?;
        Ok(self.read(self.store.load_latest(key).await?))
    }

    /// Writes what is not there yet; false where something is.
    ///
    /// # Errors
    ///
    /// See [`Shim::load`].
    pub async fn create(&self, key: &str, octets: Vec<u8>) -> Result<bool> {
        self.turn().await?;
        self.written(self.store.create(key, octets).await?)
    }

    /// Writes over this version; false where another is there, or none.
    ///
    /// # Errors
    ///
    /// See [`Shim::load`].
    pub async fn swap(&self, key: &str, version: u64, octets: Vec<u8>) -> Result<bool> {
        self.turn().await?;
        self.written(self.store.swap(key, version, octets).await?)
    }

    /// Writes whatever is there: what sound services leave alone.
    ///
    /// # Errors
    ///
    /// See [`Shim::load`].
    pub async fn save(&self, key: &str, octets: Vec<u8>) -> Result<()> {
        self.turn().await?;
        self.written(self.store.save(key, octets).await?)
    }

    /// Removes; false where nothing was there.
    ///
    /// # Errors
    ///
    /// See [`Shim::load`].
    pub async fn delete(&self, key: &str) -> Result<bool> {
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
        let shim = Shim::new(Memory::default());
        now(shim.save("f/a", vec![1, 2])).unwrap();
        now(shim.fail(StoreFault::Down, &["f/"])).unwrap();
        assert_eq!(now(shim.load("f/a")), Err(StoreError::Down));
        now(shim.fail(StoreFault::SlowWrites, &["f/"])).unwrap();
        assert_eq!(now(shim.save("f/a", vec![3, 4])), Err(StoreError::TimedOut));
        now(shim.fail(StoreFault::StaleReplica, &["f/"])).unwrap();
        assert_eq!(now(shim.delete("f/a")), Ok(true), "what was slow was done");
        assert_eq!(now(shim.load("f/a")).unwrap().unwrap().octets, [3, 4]);
        assert_eq!(now(shim.load_latest("f/a")), Ok(None));
        now(shim.fail(StoreFault::None, &["f/"])).unwrap();
        now(shim.save("f/a", vec![1, 2])).unwrap();
        now(shim.fail(StoreFault::Corrupt, &["f/"])).unwrap();
        assert_eq!(now(shim.load_latest("f/a")).unwrap().unwrap().octets, [1]);
        now(shim.fail(StoreFault::None, &["f/"])).unwrap();
        now(shim.fail(StoreFault::Wiped, &["f/"])).unwrap();
        assert_eq!(now(shim.load_latest("f/a")), Ok(None));
    }

    #[test]
    fn a_held_access_waits_for_one_turn() {
        let shim = Shim::new(Memory::default());
        shim.hold(true);
        let mut access = pin!(shim.create("a", vec![1]));
        let mut context = Context::from_waker(Waker::noop());
        assert!(access.as_mut().poll(&mut context).is_pending());
        assert_eq!(shim.behind().peek("a"), None);
        assert_eq!(access.as_mut().poll(&mut context), Poll::Ready(Ok(true)));
    }
}
