//! redb: a file, a read transaction a lookup.

use std::path::Path;
use std::sync::Arc;

use redb::{Database, ReadableDatabase, TableDefinition};
use token_assay_model::bench::Backend;

use super::{Answer, Blocking, Session, Sessions, Store};

const TABLE: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("session");

/// What it is.
pub fn backend() -> Backend {
    super::linked(
        "redb",
        "every commit: Durability::Immediate, as it is by default",
        "its own cache of 1 GiB, as it is by default",
    )
}

/// The store, in a file of this folder.
pub fn store(sessions: Sessions, folder: &Path) -> Result<Store, String> {
    let database = fill(&folder.join("sessions.redb"), sessions).map_err(|error| error.to_string())?;
    let database = Arc::new(database);
    Ok(Store::blocking("redb", move || Ok(Redb(Arc::clone(&database))))?.noted("a read transaction a lookup"))
}

fn fill(path: &Path, sessions: Sessions) -> Result<Database, redb::Error> {
    let database = Database::create(path)?;
    let filling = database.begin_write()?;
    {
        let mut table = filling.open_table(TABLE)?;
        for (id, session) in sessions.all() {
            table.insert(id.as_str(), session.to_json().as_slice())?;
        }
    }
    filling.commit()?;
    Ok(database)
}

struct Redb(Arc<Database>);

impl Blocking for Redb {
    fn load(&mut self, id: &str) -> Answer {
        let look = || -> Result<Option<Answer>, redb::Error> {
            let table = self.0.begin_read()?.open_table(TABLE)?;
            Ok(table.get(id)?.map(|json| Session::live(json.value())))
        };
        look().map_err(|error| error.to_string())?.unwrap_or(Ok(None))
    }
}
