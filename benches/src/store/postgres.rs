//! PostgreSQL by sqlx: a connection a caller, the statement prepared once on each.

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection, PgConnection};

use super::{Answer, Session, Sessions, Store, Waiting};
use crate::server::{POSTGRES_USER, Server};

/// How much of a `COPY` is sent at once.
const CHUNK: usize = 1 << 20;

/// How it is reached by TCP.
pub fn on_tcp(server: &Server) -> PgConnectOptions {
    let address = server.address();
    options(address.port()).host(&address.ip().to_string())
}

/// How it is reached by its unix socket.
pub fn on_unix(server: &Server) -> PgConnectOptions {
    options(server.address().port()).socket(server.folder())
}

fn options(port: u16) -> PgConnectOptions {
    let options = PgConnectOptions::new_without_pgpass().port(port).username(POSTGRES_USER).database("postgres");
    options.ssl_mode(PgSslMode::Disable).disable_statement_logging()
}

/// Copies rows into a table that exists, each in the text form of `COPY`, and readies it for reading.
pub async fn copy(options: &PgConnectOptions, table: &str, rows: impl Iterator<Item = String>) -> sqlx::Result<()> {
    let mut connection = options.connect().await?;
    let mut copying = connection.copy_in_raw(&format!("copy {table} from stdin")).await?;
    let mut chunk = String::with_capacity(CHUNK + CHUNK / 8);
    for row in rows {
        chunk.push_str(&row);
        chunk.push('\n');
        if chunk.len() >= CHUNK {
            copying.send(chunk.as_bytes()).await?;
            chunk.clear();
        }
    }
    copying.send(chunk.as_bytes()).await?;
    copying.finish().await?;
    sqlx::query(&format!("vacuum (analyze) {table}")).execute(&mut connection).await?;
    connection.close().await
}

/// Octets in the text form of `COPY`.
pub fn escaped(octets: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    let mut text = String::with_capacity(3 + 2 * octets.len());
    text.push_str("\\\\x");
    octets.iter().for_each(|octet| text.extend([digit(octet >> 4), digit(octet & 15)]));
    text
}

/// The store on both sockets.
pub async fn stores(sessions: Sessions, set: u8, server: &Server) -> Result<Vec<Store>, String> {
    let table = format!("session_{set}");
    fill(sessions, &table, &on_unix(server)).await.map_err(|error| error.to_string())?;
    let store = |name, options: PgConnectOptions| {
        let sql = format!("select record from {table} where id = $1");
        Store::waiting(name, move |callers| open(options.clone(), sql.clone(), callers))
    };
    Ok(vec![store("postgres-tcp", on_tcp(server)), store("postgres-unix", on_unix(server))])
}

async fn fill(sessions: Sessions, table: &str, options: &PgConnectOptions) -> sqlx::Result<()> {
    let mut connection = options.connect().await?;
    let create = format!("create table {table} (id text primary key, record bytea not null)");
    sqlx::query(&create).execute(&mut connection).await?;
    connection.close().await?;
    copy(options, table, sessions.all().map(|(id, session)| format!("{id}\t{}", escaped(&session.to_json())))).await
}

async fn open(options: PgConnectOptions, sql: String, callers: usize) -> Result<Vec<Postgres>, String> {
    let mut opened = Vec::new();
    for _ in 0..callers {
        let connection = options.connect().await.map_err(|error| error.to_string())?;
        opened.push(Postgres { connection, sql: sql.clone() });
    }
    Ok(opened)
}

struct Postgres {
    connection: PgConnection,
    sql: String,
}

impl Waiting for Postgres {
    async fn load(&mut self, id: &str) -> Answer {
        let found: Option<(Vec<u8>,)> = sqlx::query_as(&self.sql)
            .bind(id)
            .fetch_optional(&mut self.connection)
            .await
            .map_err(|error| error.to_string())?;
        found.map_or(Ok(None), |(json,)| Session::live(&json))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_copied_as_hexadecimal_behind_an_escaped_backslash() {
        assert_eq!(escaped(&[0, 0x1f, 0xab]), r"\\x001fab");
    }
}
