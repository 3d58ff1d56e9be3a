//! Redis by the blocking client of redis-rs: a connection a caller, `GET` of a session's JSON.

use std::path::Path;

use redis::{Client, Connection, RedisResult};

use super::{Answer, Blocking, Session, Sessions, Store};
use crate::server::Server;

/// How many commands are sent at once while it is filled.
const PIPELINE: usize = 2000;

/// The database that this many-th set of sessions lies in, as JSON.
pub const fn database_of_json(set: u8) -> u8 {
    2 * set
}

/// The database that this many-th set lies in, as the middleware keeps it.
pub const fn database_of_middleware(set: u8) -> u8 {
    2 * set + 1
}

/// A client on TCP.
pub fn on_tcp(server: &Server, database: u8) -> RedisResult<Client> {
    Client::open(format!("redis://{}/{database}", server.address()))
}

/// A client on the unix socket.
pub fn on_unix(socket: &Path, database: u8) -> RedisResult<Client> {
    Client::open(format!("redis+unix://{}?db={database}", socket.display()))
}

/// Sets all of these at once, each with what else `SET` is to say.
pub fn fill(client: &Client, entries: impl Iterator<Item = (String, Vec<u8>, Option<i64>)>) -> RedisResult<()> {
    let mut connection = client.get_connection()?;
    let mut pipe = redis::pipe();
    for (id, value, expires) in entries {
        let set = pipe.cmd("SET").arg(id).arg(value);
        if let Some(expires) = expires {
            set.arg("EXAT").arg(expires);
        }
        set.ignore();
        if pipe.len() == PIPELINE {
            pipe.query::<()>(&mut connection)?;
            pipe.clear();
        }
    }
    // An empty pipeline is an error to the client.
    if pipe.is_empty() { Ok(()) } else { pipe.query(&mut connection) }
}

/// The store on both sockets.
pub fn stores(sessions: Sessions, set: u8, server: &Server) -> Result<Vec<Store>, String> {
    let open = || -> RedisResult<(Client, Client)> {
        let database = database_of_json(set);
        let (tcp, unix) = (on_tcp(server, database)?, on_unix(server.socket(), database)?);
        fill(&unix, sessions.all().map(|(id, session)| (id, session.to_json(), None)))?;
        Ok((tcp, unix))
    };
    let (tcp, unix) = open().map_err(|error| error.to_string())?;
    let store = |name, client: Client| {
        Store::blocking(name, move || client.get_connection().map(Redis).map_err(|error| error.to_string()))
    };
    Ok(vec![store("redis-tcp", tcp)?, store("redis-unix", unix)?])
}

struct Redis(Connection);

impl Blocking for Redis {
    fn load(&mut self, id: &str) -> Answer {
        let json: Option<Vec<u8>> = redis::cmd("GET").arg(id).query(&mut self.0).map_err(|error| error.to_string())?;
        json.map_or(Ok(None), |json| Session::live(&json))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::{self, Purpose};

    #[test]
    fn what_fills_whole_pipelines_and_what_is_nothing_is_filled_too() {
        let server = match server::redis(Purpose::Measured) {
            Ok(server) => server,
            Err(skipped) => return println!("SKIPPED: {}: {}", skipped.name, skipped.why),
        };
        let client = on_unix(server.socket(), 0).expect("a client");
        for count in [0, PIPELINE, PIPELINE + 1] {
            let entries = (0..count).map(|number| (number.to_string(), Vec::new(), None));
            fill(&client, entries).expect("it takes them");
            let mut connection = client.get_connection().expect("it answers");
            assert_eq!(redis::cmd("DBSIZE").query::<usize>(&mut connection), Ok(count));
        }
    }
}
