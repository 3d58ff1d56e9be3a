//! SQLite by rusqlite: a file in WAL mode, with one connection. Each access is one statement, and so one transaction; a version is a
//! number by chance, so that a record that was removed and made again never has an old one. The file has no name any more when it is
//! handed out: the system takes it back when the process ends, however it does.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use token_assay::sessions::store::Held;
use token_assay_model::bench::Skipped;

use super::{Answer, Records, skipped};

/// The file.
pub(super) struct Sqlite {
    connection: Connection,
}

/// A new file, that no other connection finds.
pub(super) fn open() -> Result<Sqlite, Skipped> {
    let folder = tempfile::Builder::new().prefix("assay-").tempdir().map_err(|error| skipped("SQLite", error))?;
    let sqlite = open_in(folder.path())?;
    // The table was made by way of the log and its index, so that all three files are open, and none is opened again.
    folder.close().map_err(|error| skipped("SQLite", error))?;
    Ok(sqlite)
}

/// A new file in this folder.
pub(super) fn open_in(folder: &Path) -> Result<Sqlite, Skipped> {
    let made = || -> rusqlite::Result<Sqlite> {
        let sqlite = connect(folder)?;
        sqlite.connection.execute_batch(MAKE)?;
        Ok(sqlite)
    };
    made().map_err(|error| skipped("SQLite", error))
}

/// The file in this folder.
pub(super) fn connect(folder: &Path) -> rusqlite::Result<Sqlite> {
    let connection = Connection::open(folder.join("sessions.sqlite"))?;
    connection.execute_batch("pragma journal_mode = wal; pragma synchronous = normal;")?;
    Ok(Sqlite { connection })
}

impl Sqlite {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_no_name_and_holds_more_than_its_log_does() {
        let mut sqlite = open().unwrap();
        let file: String =
            sqlite.connection.query_row("select file from pragma_database_list", [], |row| row.get(0)).unwrap();
        assert!(file.ends_with("sessions.sqlite"), "{file}");
        // A log of 1000 pages is written back into the file.
        for number in 0..3000 {
            sqlite.save(&format!("{number}"), &[7; 4000]).unwrap();
        }
        sqlite.wipe("1").unwrap();
        assert_eq!(sqlite.load("2999").unwrap().unwrap().octets, [7; 4000]);
        assert_eq!(sqlite.all().unwrap().keys().filter(|key| key.starts_with('1')).count(), 0);
        let folder = Path::new(&file).parent().unwrap();
        assert!(!folder.exists(), "{} is left to whoever kills the process", folder.display());
    }
}
