//! Maps in this process: the standard map behind a lock, DashMap, moka; and the bare map as their floor.
//!
//! Each keeps a session's JSON under its id and deserialises it for every lookup, as a store that knows nothing of the session
//! does. Nothing survives the process.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{Arc, PoisonError, RwLock};

use dashmap::DashMap;
use moka::sync::Cache;

use super::{Answer, Blocking, Session, Sessions, Store, Turn};

type Map = Arc<RwLock<HashMap<String, Box<[u8]>>>>;

/// The floor and the three maps.
pub fn stores(sessions: Sessions) -> Result<Vec<Store>, String> {
    let map: Map = Arc::new(RwLock::new(sessions.all().map(|(id, session)| (id, session.to_json().into())).collect()));
    let sharded: Arc<DashMap<String, Box<[u8]>>> = Arc::default();
    let cache: Cache<String, Arc<[u8]>> = Cache::new(2 * sessions.count() as u64 + 16);
    for (id, session) in sessions.all() {
        let json = session.to_json();
        sharded.insert(id.clone(), json.clone().into());
        cache.insert(id, json.into());
    }
    cache.run_pending_tasks();
    let bare = Arc::clone(&map);
    let floor = Store::blocking("floor-map", move || Ok(Bare(Arc::clone(&bare))))?.as_floor();
    let locked = Store::blocking("rwlock-hashmap", move || Ok(Locked(Arc::clone(&map))))?;
    let sharded = Store::blocking("dashmap", move || Ok(Sharded(Arc::clone(&sharded))))?;
    let cached = Store::blocking("moka", move || Ok(Cached(cache.clone())))?;
    Ok(vec![
        floor.noted("the same key in the same map under a lock that is already held, nothing deserialised"),
        locked,
        sharded,
        cached.noted("twice as large as what it holds: nothing is evicted"),
    ])
}

struct Bare(Map);

impl Blocking for Bare {
    fn load(&mut self, id: &str) -> Answer {
        Locked(Arc::clone(&self.0)).load(id)
    }

    fn run(&mut self, turn: &mut Turn) {
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        while let Some(id) = turn.next_id() {
            black_box(map.get(id));
        }
    }
}

struct Locked(Map);

impl Blocking for Locked {
    fn load(&mut self, id: &str) -> Answer {
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        map.get(id).map_or(Ok(None), |json| Session::live(json))
    }
}

struct Sharded(Arc<DashMap<String, Box<[u8]>>>);

impl Blocking for Sharded {
    fn load(&mut self, id: &str) -> Answer {
        self.0.get(id).map_or(Ok(None), |json| Session::live(&json))
    }
}

struct Cached(Cache<String, Arc<[u8]>>);

impl Blocking for Cached {
    fn load(&mut self, id: &str) -> Answer {
        self.0.get(id).map_or(Ok(None), |json| Session::live(&json))
    }
}
