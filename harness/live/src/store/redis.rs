//! Redis by redis-rs, on a server of our own: a record is a hash of version and octets. What reads before it writes is a script,
//! which the server runs as one step; versions are counted by the server and never given twice.

use std::collections::HashMap;
use std::path::Path;

use redis::{Client, Connection, RedisError, RedisResult, Script};
use token_assay::sessions::store::Held;
use token_assay_model::bench::Skipped;

use super::{Answer, Records, skipped};
use crate::server::{self, Purpose, Server};

/// The connection, and the server that goes with it.
pub(super) struct Redis {
    connection: Connection,
    create: Script,
    swap: Script,
    save: Script,
    /// Gone with the first connection.
    _server: Option<Server>,
}

/// On a new server.
pub(super) fn open() -> Result<Redis, Skipped> {
    let server = server::redis(Purpose::Tested)?;
    let redis = connect(server.socket()).map_err(|error| skipped("Redis", error))?;
    Ok(Redis { _server: Some(server), ..redis })
}

/// A server that runs.
pub(super) fn connect(socket: &Path) -> RedisResult<Redis> {
    let connection = Client::open(format!("redis+unix://{}", socket.display()))?.get_connection()?;
    let [create, swap, save] = [CREATE, SWAP, SAVE].map(Script::new);
    Ok(Redis { connection, create, swap, save, _server: None })
}

impl Redis {
    /// Where it listens.
    #[cfg(test)]
    pub(super) fn socket(&self) -> &Path {
        self._server.as_ref().expect("the first connection").socket()
    }

    /// The keys of all records that begin so.
    fn keys(&mut self, prefix: &str) -> RedisResult<Vec<String>> {
        let keys: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut self.connection)?;
        Ok(keys.into_iter().filter(|key| key != VERSIONS && key.starts_with(prefix)).collect())
    }
}

impl Records for Redis {
    fn load(&mut self, key: &str) -> Answer<Option<Held>> {
        load(&mut self.connection, key).map_err(said)
    }

    fn create(&mut self, key: &str, octets: &[u8]) -> Answer<bool> {
        let create = self.create.key(key).key(VERSIONS).arg(octets).invoke(&mut self.connection);
        create.map_err(said)
    }

    fn swap(&mut self, key: &str, version: u64, octets: &[u8]) -> Answer<bool> {
        let swap = self.swap.key(key).key(VERSIONS).arg(octets).arg(version).invoke(&mut self.connection);
        swap.map_err(said)
    }

    fn save(&mut self, key: &str, octets: &[u8]) -> Answer<()> {
        self.save.key(key).key(VERSIONS).arg(octets).invoke(&mut self.connection).map_err(said)
    }

    fn delete(&mut self, key: &str) -> Answer<bool> {
        redis::cmd("DEL").arg(key).query(&mut self.connection).map_err(said)
    }

    fn wipe(&mut self, prefix: &str) -> Answer<()> {
        let keys = self.keys(prefix).map_err(said)?;
        if keys.is_empty() {
            return Ok(());
        }
        redis::cmd("DEL").arg(keys).query(&mut self.connection).map_err(said)
    }

    fn all(&mut self) -> Answer<HashMap<String, Held>> {
        let mut all = HashMap::new();
        for key in self.keys("").map_err(said)? {
            if let Some(held) = self.load(&key)? {
                all.insert(key, held);
            }
        }
        Ok(all)
    }
}

fn load(connection: &mut Connection, key: &str) -> RedisResult<Option<Held>> {
    let (version, octets): (Option<u64>, Option<Vec<u8>>) =
        redis::cmd("HMGET").arg(key).arg("version").arg("octets").query(connection)?;
    Ok(version.zip(octets).map(|(version, octets)| Held { version, octets }))
}

#[expect(clippy::needless_pass_by_value, reason = "what map_err gives")]
fn said(error: RedisError) -> String {
    error.to_string()
}

/// What counts versions.
const VERSIONS: &str = "versions";

const CREATE: &str = "
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'version', redis.call('INCR', KEYS[2]), 'octets', ARGV[1])
return 1";

const SWAP: &str = "
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'version', redis.call('INCR', KEYS[2]), 'octets', ARGV[1])
return 1";

const SAVE: &str = "
redis.call('HSET', KEYS[1], 'version', redis.call('INCR', KEYS[2]), 'octets', ARGV[1])";
