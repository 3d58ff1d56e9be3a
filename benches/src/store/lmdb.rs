//! LMDB by lmdb-rkv, whose environment opens without unsafe code: a memory map, a read transaction a lookup.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use lmdb::{Database, DatabaseFlags, Environment, Transaction, WriteFlags};
use token_assay_model::bench::Backend;

use super::{Answer, Blocking, Session, Sessions, Store};

/// Address space only: the file is as large as what is in it.
const MAP: usize = 4 << 30;

/// More than there are callers.
const READERS: u32 = 512;

/// What it is.
pub fn backend() -> Backend {
    Backend {
        name: "LMDB".into(),
        ..super::linked("lmdb-rkv", "every commit: fsync, as it is by default", "the system's page cache, mapped")
    }
}

/// The store, in a folder within this one.
pub fn store(sessions: Sessions, folder: &Path) -> Result<Store, String> {
    let path = folder.join("sessions.lmdb");
    fs::create_dir_all(&path).map_err(|error| error.to_string())?;
    let (environment, database) = fill(&path, sessions).map_err(|error| error.to_string())?;
    let environment = Arc::new(environment);
    let open = move || Ok(Lmdb { environment: Arc::clone(&environment), database });
    Ok(Store::blocking("lmdb", open)?.noted("a read transaction a lookup"))
}

fn fill(path: &Path, sessions: Sessions) -> lmdb::Result<(Environment, Database)> {
    let environment = Environment::new().set_map_size(MAP).set_max_readers(READERS).open(path)?;
    let database = environment.create_db(None, DatabaseFlags::empty())?;
    let mut filling = environment.begin_rw_txn()?;
    for (id, session) in sessions.all() {
        filling.put(database, &id, &session.to_json(), WriteFlags::empty())?;
    }
    filling.commit()?;
    Ok((environment, database))
}

struct Lmdb {
    environment: Arc<Environment>,
    database: Database,
}

impl Blocking for Lmdb {
    fn load(&mut self, id: &str) -> Answer {
        let reading = self.environment.begin_ro_txn().map_err(|error| error.to_string())?;
        match reading.get(self.database, &id) {
            Ok(json) => Session::live(json),
            Err(lmdb::Error::NotFound) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }
}
