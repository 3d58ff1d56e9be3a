//! SQLite by rusqlite: a file in a temporary folder, in WAL mode, with one connection. Each access is one statement, and so one
//! transaction; a version is a number by chance, so that a record that was removed and made again never has an old one.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use tempfile::TempDir;
use token_assay::sessions::store::Held;
use token_assay_model::bench::Skipped;

use super::{Answer, Records, skipped};

/// The file, and the folder that it lies in.
pub(super) struct Sqlite {
    connection: Connection,
    /// Gone with the first connection.
    _folder: Option<TempDir>,
}

/// A new file.
pub(super) fn open() -> Result<Sqlite, Skipped> {
    let folder = tempfile::Builder::new().prefix("assay-").tempdir().map_err(|error| skipped("SQLite", error))?;
    let made = || -> rusqlite::Result<Sqlite> {
        let sqlite = connect(folder.path())?;
        sqlite.connection.execute_batch(MAKE)?;
        Ok(sqlite)
    };
    let sqlite = made().map_err(|error| skipped("SQLite", error))?;
    Ok(Sqlite { _folder: Some(folder), ..sqlite })
}

/// The file in this folder.
pub(super) fn connect(folder: &Path) -> rusqlite::Result<Sqlite> {
    let connection = Connection::open(folder.join("sessions.sqlite"))?;
    connection.execute_batch("pragma journal_mode = wal; pragma synchronous = normal;")?;
    Ok(Sqlite { connection, _folder: None })
}

impl Sqlite {
    /// Where the file lies.
    #[cfg(test)]
    pub(super) fn folder(&self) -> &Path {
        self._folder.as_ref().expect("the first connection").path()
    }

    /// How many rows a statement changed.
    fn changed(&self, statement: &str, values: impl rusqlite::Params) -> Answer<usize> {
        let change = || self.connection.prepare_cached(statement)?.execute(values);
        change().map_err(|error| error.to_string())
    }
}

impl Records for Sqlite {
    fn load(&mut self, key: &str) -> Answer<Option<Held>> {
        let read = || -> rusqlite::Result<Option<Held>> {
            let mut select = self.connection.prepare_cached("select version, octets from record where key = ?")?;
            select.query_row([key], |row| held(row, 0)).optional()
        };
        read().map_err(|error| error.to_string())
    }

    fn create(&mut self, key: &str, octets: &[u8]) -> Answer<bool> {
        Ok(self.changed("insert into record values (?, random(), ?) on conflict do nothing", params![key, octets])?
            == 1)
    }

    fn swap(&mut self, key: &str, version: u64, octets: &[u8]) -> Answer<bool> {
        let swap = "update record set version = random(), octets = ? where key = ? and version = ?";
        Ok(self.changed(swap, params![octets, key, version.cast_signed()])? == 1)
    }

    fn save(&mut self, key: &str, octets: &[u8]) -> Answer<()> {
        let save = "insert into record values (?, random(), ?)
            on conflict (key) do update set version = excluded.version, octets = excluded.octets";
        self.changed(save, params![key, octets]).map(drop)
    }

    fn delete(&mut self, key: &str) -> Answer<bool> {
        Ok(self.changed("delete from record where key = ?", [key])? == 1)
    }

    fn wipe(&mut self, prefix: &str) -> Answer<()> {
        self.changed("delete from record where substr(key, 1, length(?1)) = ?1", [prefix]).map(drop)
    }

    fn all(&mut self) -> Answer<HashMap<String, Held>> {
        let read = || -> rusqlite::Result<HashMap<String, Held>> {
            let mut select = self.connection.prepare_cached("select key, version, octets from record")?;
            select.query_map([], |row| Ok((row.get(0)?, held(row, 1)?)))?.collect()
        };
        read().map_err(|error| error.to_string())
    }
}

fn held(row: &Row<'_>, from: usize) -> rusqlite::Result<Held> {
    Ok(Held { version: row.get::<_, i64>(from)?.cast_unsigned(), octets: row.get(from + 1)? })
}

const MAKE: &str = "
create table record (key text primary key, version integer not null, octets blob not null) strict, without rowid;
";
