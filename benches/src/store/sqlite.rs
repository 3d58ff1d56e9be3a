//! SQLite by rusqlite: a file in WAL mode, a connection a caller, the statement prepared once.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};
use token_assay_model::bench::Backend;

use super::{Answer, Blocking, Session, Sessions, Store};

const PRAGMAS: &str = "pragma journal_mode = wal; pragma synchronous = normal; pragma cache_size = -65536;";

/// What it is.
pub fn backend() -> Backend {
    Backend {
        name: "SQLite".into(),
        version: format!("{} by rusqlite {}", rusqlite::version(), super::version_of("rusqlite")),
        durability:
            "the process's fall; of the machine's, up to the last checkpoint: journal_mode=wal, synchronous=normal"
                .into(),
        caching: "64 MiB a connection, behind it the system's page cache".into(),
    }
}

/// The store, in a file of this folder.
pub fn store(sessions: Sessions, folder: &Path) -> Result<Store, String> {
    let path = folder.join("sessions.sqlite");
    fill(&path, sessions).map_err(|error| error.to_string())?;
    let open = move || {
        let connection = Connection::open(&path).and_then(|connection| {
            connection.execute_batch(PRAGMAS)?;
            Ok(connection)
        });
        connection.map(Sqlite).map_err(|error| error.to_string())
    };
    Ok(Store::blocking("sqlite", open)?.noted("a file in WAL mode; the statement is prepared once"))
}

fn fill(path: &Path, sessions: Sessions) -> rusqlite::Result<()> {
    let mut connection = Connection::open(path)?;
    connection.execute_batch(PRAGMAS)?;
    connection
        .execute_batch("create table session (id text primary key, record blob not null) strict, without rowid")?;
    let filling = connection.transaction()?;
    {
        let mut insert = filling.prepare("insert into session values (?, ?)")?;
        for (id, session) in sessions.all() {
            insert.execute((id, session.to_json()))?;
        }
    }
    filling.commit()?;
    connection.execute_batch("pragma wal_checkpoint(truncate); analyze")
}

struct Sqlite(Connection);

impl Blocking for Sqlite {
    fn load(&mut self, id: &str) -> Answer {
        let look = || -> rusqlite::Result<Option<Answer>> {
            let mut statement = self.0.prepare_cached("select record from session where id = ?")?;
            statement.query_row([id], |row| Ok(Session::live(row.get_ref(0)?.as_blob()?))).optional()
        };
        look().map_err(|error| error.to_string())?.unwrap_or(Ok(None))
    }
}
