//! Session middleware: tower-sessions' stores through `SessionStore::load`, and the session deserialised from what they load.
//!
//! Each caller does what the middleware does with a cookie's value: parses the id, loads the record, takes the value out of it
//! and deserialises that. Pools and clients are as their crates make them, and as large as there are callers.

use std::collections::HashMap;
use std::path::Path;

use fred::prelude::{ClientLike, Config, Pool};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use token_assay_model::bench::Backend;
use tower_sessions::session::{Id, Record};
use tower_sessions::{MemoryStore, SessionStore};
use tower_sessions_moka_store::MokaStore;
use tower_sessions_redis_store::RedisStore;
use tower_sessions_sqlx_store::{PostgresStore, SqliteStore};

use super::{Answer, Session, Sessions, Store, Waiting, postgres, redis};
use crate::server::Server;

/// What the session's value is called within its record.
const KEY: &str = "session";

/// What they are.
pub fn backends() -> Vec<Backend> {
    let memory = "everything in this process";
    vec![
        super::linked("tower-sessions", "none: MemoryStore", memory),
        super::linked("tower-sessions-moka-store", "none", memory),
        super::linked("tower-sessions-redis-store", "Redis's", "a client of fred a caller"),
        super::linked(
            "tower-sessions-sqlx-store",
            "SQLite's and PostgreSQL's",
            "a pool of sqlx with a connection a caller",
        ),
    ]
}

/// The stores in this process.
pub async fn in_process(sessions: Sessions) -> Result<Vec<Store>, String> {
    let (memory, moka) = (MemoryStore::default(), MokaStore::new(None));
    for (id, session) in sessions.all() {
        let record = record(&id, &session);
        memory.save(&record).await.map_err(|error| error.to_string())?;
        moka.save(&record).await.map_err(|error| error.to_string())?;
    }
    let shared = "one store for all callers";
    Ok(vec![shared_by_all("tower-memory", memory).noted(shared), shared_by_all("tower-moka", moka).noted(shared)])
}

/// The store in a SQLite file of this folder.
pub async fn sqlite(sessions: Sessions, folder: &Path) -> Result<Store, String> {
    let path = folder.join("tower.sqlite");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true).disable_statement_logging();
    let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal);
    let pool =
        |options: SqliteConnectOptions, size| SqlitePoolOptions::new().max_connections(size).connect_with(options);
    let first = pool(options.clone(), 1).await.map_err(|error| error.to_string())?;
    SqliteStore::new(first.clone()).migrate().await.map_err(|error| error.to_string())?;
    first.close().await;
    fill_sqlite(&path, sessions).map_err(|error| error.to_string())?;
    let open = move |callers| {
        let pool = pool(options.clone(), size(callers));
        async move {
            let store = SqliteStore::new(pool.await.map_err(|error| error.to_string())?);
            Ok(vec![Tower(store); callers])
        }
    };
    Ok(Store::waiting("tower-sqlite", open).noted("sqlx runs SQLite on a thread of its own, and pings before each use"))
}

/// The store in PostgreSQL, on both sockets.
pub async fn in_postgres(sessions: Sessions, set: u8, server: &Server) -> Result<Vec<Store>, String> {
    let schema = format!("tower_{set}");
    fill_postgres(sessions, &schema, &postgres::on_unix(server)).await?;
    let store = |name, options: PgConnectOptions, pings: bool| {
        let schema = schema.clone();
        Store::waiting(name, move |callers| {
            let pool = PgPoolOptions::new().max_connections(size(callers)).test_before_acquire(pings);
            let (options, schema) = (options.clone(), schema.clone());
            async move {
                let pool = pool.connect_with(options).await.map_err(|error| error.to_string())?;
                Ok(vec![Tower(PostgresStore::new(pool).with_schema_name(schema)?); callers])
            }
        })
    };
    let pings = "sqlx's pool pings a connection before each use, as it does by default";
    Ok(vec![
        store("tower-postgres-tcp", postgres::on_tcp(server), true).noted(pings),
        store("tower-postgres-unix", postgres::on_unix(server), true).noted(pings),
        store("tower-postgres-unix-no-ping", postgres::on_unix(server), false).noted("test_before_acquire is off"),
    ])
}

/// The store in Redis, on both sockets.
pub fn in_redis(sessions: Sessions, set: u8, server: &Server) -> Result<Vec<Store>, String> {
    let database = redis::database_of_middleware(set);
    let unix = redis::on_unix(server.socket(), database).map_err(|error| error.to_string())?;
    let entries = sessions.all().map(|(id, session)| {
        let record = record(&id, &session);
        (id, packed(&record), Some(record.expiry_date.unix_timestamp()))
    });
    redis::fill(&unix, entries).map_err(|error| error.to_string())?;
    let config = |url: String| -> Result<Config, String> {
        let config = Config::from_url(&url).map_err(|error| error.to_string())?;
        Ok(Config { database: Some(database), ..config })
    };
    let store = |name, config: Config| {
        Store::waiting(name, move |callers| {
            let config = config.clone();
            async move {
                let pool = Pool::new(config, None, None, None, callers).map_err(|error| error.to_string())?;
                pool.init().await.map_err(|error| error.to_string())?;
                Ok(vec![Tower(RedisStore::new(pool)); callers])
            }
        })
    };
    let tcp = config(format!("redis://{}", server.address()))?;
    let unix = config(format!("redis+unix://{}", server.socket().display()))?;
    let note = "fred answers through a task of its own";
    Ok(vec![store("tower-redis-tcp", tcp).noted(note), store("tower-redis-unix", unix).noted(note)])
}

fn shared_by_all<S: SessionStore + Clone>(name: &str, store: S) -> Store {
    Store::waiting(name, move |callers| {
        let callers = vec![Tower(store.clone()); callers];
        async { Ok(callers) }
    })
}

fn size(callers: usize) -> u32 {
    u32::try_from(callers).expect("callers are few")
}

fn fill_sqlite(path: &Path, sessions: Sessions) -> rusqlite::Result<()> {
    let mut connection = rusqlite::Connection::open(path)?;
    let filling = connection.transaction()?;
    {
        let mut insert = filling.prepare("insert into tower_sessions (id, data, expiry_date) values (?, ?, ?)")?;
        for (id, session) in sessions.all() {
            let record = record(&id, &session);
            insert.execute((id, packed(&record), written(record.expiry_date)))?;
        }
    }
    filling.commit()?;
    connection.execute_batch("pragma wal_checkpoint(truncate); analyze")
}

async fn fill_postgres(sessions: Sessions, schema: &str, options: &PgConnectOptions) -> Result<(), String> {
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options.clone());
    let pool = pool.await.map_err(|error| error.to_string())?;
    let store = PostgresStore::new(pool.clone()).with_schema_name(schema)?;
    store.migrate().await.map_err(|error| error.to_string())?;
    pool.close().await;
    let rows = sessions.all().map(|(id, session)| {
        let record = record(&id, &session);
        format!("{id}\t{}\t{}", postgres::escaped(&packed(&record)), written(record.expiry_date))
    });
    postgres::copy(options, &format!("{schema}.session"), rows).await.map_err(|error| error.to_string())
}

/// What the middleware keeps of a session.
fn record(id: &str, session: &Session) -> Record {
    let value = serde_json::to_value(session).expect("a session is JSON");
    let expiry_date = OffsetDateTime::from_unix_timestamp(session.expires).expect("it expires within this age");
    Record { id: id.parse().expect("an id is 16 octets"), data: HashMap::from([(KEY.into(), value)]), expiry_date }
}

/// As its stores write a record; whether they do is seen when they load it.
fn packed(record: &Record) -> Vec<u8> {
    rmp_serde::to_vec(record).expect("a record is MessagePack")
}

fn written(moment: OffsetDateTime) -> String {
    moment.format(&Rfc3339).expect("the moment has four digits of year")
}

#[derive(Clone)]
struct Tower<S>(S);

impl<S: SessionStore> Waiting for Tower<S> {
    async fn load(&mut self, id: &str) -> Answer {
        let id: Id = id.parse().map_err(|error| format!("{error:?}"))?;
        let record = self.0.load(&id).await.map_err(|error| error.to_string())?;
        // A clone, as `tower_sessions::Session::get` makes one.
        let value = record.and_then(|record| record.data.get(KEY).cloned());
        value.map(serde_json::from_value).transpose().map_err(|error| error.to_string())
    }
}
