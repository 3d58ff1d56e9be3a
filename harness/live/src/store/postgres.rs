//! PostgreSQL by `postgres`, on a server of our own: a record is a row. Each access is one statement, and so one transaction;
//! versions come from a sequence, which never gives a number twice.

use std::collections::HashMap;
use std::path::Path;

use postgres::{Client, Config, NoTls, Row, Statement};
use token_assay::sessions::store::Held;
use token_assay_model::bench::Skipped;

use super::{Answer, Records, skipped};
use crate::server::{self, POSTGRES_USER, Purpose, Server};

/// The connection, what it has prepared, and the server that goes with it.
pub(super) struct Postgres {
    client: Client,
    load: Statement,
    create: Statement,
    swap: Statement,
    save: Statement,
    delete: Statement,
    /// Gone with the first connection.
    _server: Option<Server>,
}

/// On a new server.
pub(super) fn open() -> Result<Postgres, Skipped> {
    let server = server::postgres(Purpose::Tested)?;
    let postgres = connect(server.folder()).map_err(|error| skipped("PostgreSQL", said(&error)))?;
    Ok(Postgres { _server: Some(server), ..postgres })
}

/// A server that runs.
pub(super) fn connect(folder: &Path) -> Result<Postgres, postgres::Error> {
    let mut client = Config::new().host_path(folder).user(POSTGRES_USER).dbname("postgres").connect(NoTls)?;
    client.batch_execute(MAKE)?;
    let mut prepare = |text| client.prepare(text);
    let (load, create) = (prepare(LOAD)?, prepare(CREATE)?);
    let (swap, save, delete) = (prepare(SWAP)?, prepare(SAVE)?, prepare(DELETE)?);
    Ok(Postgres { client, load, create, swap, save, delete, _server: None })
}

#[cfg(test)]
impl Postgres {
    /// Where its socket lies.
    pub(super) fn folder(&self) -> &Path {
        self._server.as_ref().expect("the first connection").folder()
    }
}

impl Records for Postgres {
    fn load(&mut self, key: &str) -> Answer<Option<Held>> {
        let row = self.client.query_opt(&self.load, &[&key]).map_err(|error| said(&error))?;
        Ok(row.map(|row| held(&row)))
    }

    fn create(&mut self, key: &str, octets: &[u8]) -> Answer<bool> {
        let rows = self.client.execute(&self.create, &[&key, &octets]);
        rows.map(|rows| rows == 1).map_err(|error| said(&error))
    }

    fn swap(&mut self, key: &str, version: u64, octets: &[u8]) -> Answer<bool> {
        let rows = self.client.execute(&self.swap, &[&key, &octets, &version.cast_signed()]);
        rows.map(|rows| rows == 1).map_err(|error| said(&error))
    }

    fn save(&mut self, key: &str, octets: &[u8]) -> Answer<()> {
        self.client.execute(&self.save, &[&key, &octets]).map(drop).map_err(|error| said(&error))
    }

    fn delete(&mut self, key: &str) -> Answer<bool> {
        let rows = self.client.execute(&self.delete, &[&key]);
        rows.map(|rows| rows == 1).map_err(|error| said(&error))
    }

    fn wipe(&mut self, prefix: &str) -> Answer<()> {
        let wipe = "delete from record where starts_with(key, $1)";
        self.client.execute(wipe, &[&prefix]).map(drop).map_err(|error| said(&error))
    }

    fn all(&mut self) -> Answer<HashMap<String, Held>> {
        let rows = self.client.query("select version, octets, key from record", &[]);
        let rows = rows.map_err(|error| said(&error))?;
        Ok(rows.iter().map(|row| (row.get(2), held(row))).collect())
    }
}

fn held(row: &Row) -> Held {
    Held { version: row.get::<_, i64>(0).cast_unsigned(), octets: row.get(1) }
}

/// An error, and what it comes from, which its own words leave out.
fn said(error: &postgres::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

const MAKE: &str = "
create sequence if not exists version;
create table if not exists record (key text primary key, version bigint not null, octets bytea not null);
";
const LOAD: &str = "select version, octets from record where key = $1";
const CREATE: &str = "insert into record values ($1, nextval('version'), $2) on conflict do nothing";
const SWAP: &str = "update record set version = nextval('version'), octets = $2 where key = $1 and version = $3";
const SAVE: &str = "
insert into record values ($1, nextval('version'), $2)
on conflict (key) do update set version = excluded.version, octets = excluded.octets";
const DELETE: &str = "delete from record where key = $1";
