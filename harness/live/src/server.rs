//! Redis and PostgreSQL on sockets of their own, where they are installed.
//!
//! Takes what it is for, gives a server that listens on a unix socket in a temporary folder, and where it is measured on
//! 127.0.0.1 too, or says what is missing. Never outlives its owner: a watchdog in a process group of its own reads a pipe, and when the pipe closes
//! (dropped, panicked, interrupted, killed) it stops the server and removes the folder.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use token_assay_model::bench::{Backend, Skipped};

/// The role that owns PostgreSQL's database `postgres`; it needs no password.
pub const POSTGRES_USER: &str = "assay";

/// Stops the server when nobody holds the other end of its standard input any more.
const WATCHDOG: &str = r#"log=$1 signal=$2 folder=$3; shift 3
"$@" >"$log" 2>&1 </dev/null &
server=$!
read -r _
kill -s "$signal" "$server" && wait "$server"
rm -rf -- "$folder""#;

/// What a server is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Its answers are timed: as installed where that costs, and on TCP as well.
    Measured,
    /// Its answers are judged: nothing that it keeps outlives it, so that nothing is synced, and nobody reaches it but by the
    /// socket.
    Tested,
}

/// A server that runs until this is dropped.
#[derive(Debug)]
pub struct Server {
    watchdog: Child,
    folder: PathBuf,
    socket: PathBuf,
    port: Option<u16>,
    backend: Backend,
}

/// How one of them is started.
struct Start<'a> {
    name: &'a str,
    program: Command,
    signal: &'a str,
    socket: PathBuf,
    /// What its log says when it can be asked.
    ready: &'a str,
    backend: Backend,
    port: Option<u16>,
}

/// Starts Redis.
///
/// # Errors
///
/// Where it is not installed, or does not come up.
pub fn redis(purpose: Purpose) -> Result<Server, Skipped> {
    let skipped = |why: String| Skipped { name: "Redis".into(), why };
    let binary = installed(&search_path(), "redis-server")
        .ok_or_else(|| skipped("redis-server is not installed (Debian: redis-server)".into()))?;
    let start = || -> Result<Server, String> {
        let folder = folder()?;
        let (port, socket) = (purpose.port()?, folder.path().join("redis.sock"));
        let said = said_by(Command::new(&binary).arg("--version"))?;
        let version = said.split_whitespace().find_map(|word| word.strip_prefix("v=")).unwrap_or("?");
        let mut program = Command::new(&binary);
        program.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--maxclients", "2000"]);
        program
            .args(["--port", &port.unwrap_or(0).to_string(), "--dir"])
            .arg(folder.path())
            .arg("--unixsocket")
            .arg(&socket);
        let backend = Backend {
            name: "Redis".into(),
            version: version.into(),
            durability: "none: save \"\", appendonly no".into(),
            caching: "everything in the server's memory, io-threads 1".into(),
        };
        let ready = "eady to accept connections";
        Server::start(folder, Start { name: "Redis", program, signal: "TERM", socket, ready, backend, port })
    };
    start().map_err(skipped)
}

/// Starts PostgreSQL on a new cluster.
///
/// # Errors
///
/// Where it is not installed, or does not come up.
pub fn postgres(purpose: Purpose) -> Result<Server, Skipped> {
    let skipped = |why: String| Skipped { name: "PostgreSQL".into(), why };
    let mut places = debian_postgres();
    places.extend(search_path());
    let (Some(initdb), Some(postgres)) = (installed(&places, "initdb"), installed(&places, "postgres")) else {
        return Err(skipped("initdb and postgres are not installed (Debian: postgresql)".into()));
    };
    let start = || -> Result<Server, String> {
        let folder = folder()?;
        let owner = Owner::of(folder.path())?;
        let (port, data) = (purpose.port()?, folder.path().join("data"));
        let (number, settings) = (port.unwrap_or(POSTGRES_PORT), purpose.settings());
        let mut init = owner.command(&initdb);
        init.args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username", POSTGRES_USER, "-D"]);
        said_by(init.arg(&data))?;
        let version = said_by(Command::new(&postgres).arg("--version"))?;
        let mut program = owner.command(&postgres);
        program.arg("-D").arg(&data).arg("-p").arg(number.to_string());
        program.arg("-c").arg(format!("unix_socket_directories={}", folder.path().display()));
        let addresses = if port.is_some() { "listen_addresses=127.0.0.1" } else { "listen_addresses=" };
        for setting in [addresses].iter().chain(settings) {
            program.args(["-c", setting]);
        }
        let backend = Backend {
            name: "PostgreSQL".into(),
            version: version.split_whitespace().nth(2).unwrap_or("?").into(),
            durability: match purpose {
                Purpose::Measured => "full, as installed: fsync and synchronous_commit on".into(),
                Purpose::Tested => "none: fsync off".into(),
            },
            caching: format!("every session lies in its buffers; {}", settings.join(", ")),
        };
        let socket = folder.path().join(format!(".s.PGSQL.{number}"));
        let ready = "ready to accept connections";
        // SIGQUIT ends it without a checkpoint of what is thrown away anyway.
        Server::start(folder, Start { name: "PostgreSQL", program, signal: "QUIT", socket, ready, backend, port })
    };
    start().map_err(skipped)
}

impl Purpose {
    fn port(self) -> Result<Option<u16>, String> {
        if self == Self::Measured { free_port().map(Some) } else { Ok(None) }
    }

    /// What PostgreSQL is told beyond its defaults.
    const fn settings(self) -> &'static [&'static str] {
        match self {
            // What it reads stays in memory, and nothing cleans up while it is measured.
            Self::Measured => &["shared_buffers=1GB", "max_connections=800", "autovacuum=off", "max_wal_size=4GB"],
            Self::Tested => &["fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB"],
        }
    }
}

/// The number in the name of the socket where there is no port.
const POSTGRES_PORT: u16 = 5432;

impl Server {
    /// Where it listens for TCP.
    ///
    /// # Panics
    ///
    /// Where it does not: it was started to be tested.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port.expect("what is measured listens for TCP")).into()
    }

    /// Its unix socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The folder that the socket lies in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The process that it descends from.
    pub fn process(&self) -> u32 {
        self.watchdog.id()
    }

    /// Its version and settings.
    pub fn backend(&self) -> Backend {
        self.backend.clone()
    }

    fn start(folder: TempDir, start: Start<'_>) -> Result<Self, String> {
        let log = folder.path().join("log");
        File::create(&log).map_err(|error| error.to_string())?;
        let mut watchdog = Command::new("sh");
        watchdog.args(["-c", WATCHDOG, "watchdog"]).arg(&log).arg(start.signal).arg(folder.path());
        watchdog.arg(start.program.get_program()).args(start.program.get_args());
        // Its own group: the terminal's Ctrl-C must not reach the one who cleans up.
        watchdog.env("LC_ALL", "C").process_group(0);
        watchdog.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let watchdog = watchdog.spawn().map_err(|error| format!("sh: {error}"))?;
        let Start { name, socket, ready, backend, port, .. } = start;
        let server = Self { watchdog, folder: folder.keep(), socket, port, backend };
        let until = Instant::now() + Duration::from_secs(30);
        while Instant::now() < until {
            let said = fs::read_to_string(&log).unwrap_or_default();
            if said.contains(ready) && server.socket.exists() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let said = fs::read_to_string(&log).unwrap_or_default();
        let end: Vec<&str> = said.lines().rev().take(3).collect();
        Err(format!("{name} does not come up: {}", end.into_iter().rev().collect::<Vec<_>>().join(" | ")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}

/// Who runs what refuses to run as root.
enum Owner {
    Ourselves,
    Other { user: u32, group: u32 },
}

impl Owner {
    /// Gives the folder to whoever will use it.
    fn of(folder: &Path) -> Result<Self, String> {
        let ours = fs::metadata(folder).map_err(|error| error.to_string())?.uid();
        if ours != 0 {
            return Ok(Self::Ourselves);
        }
        let number = |flag: &str, name: &str| {
            said_by(Command::new("id").args([flag, name])).ok().and_then(|said| said.trim().parse().ok())
        };
        let other = |name| Some((number("-u", name)?, number("-g", name)?));
        let (user, group) =
            ["postgres", "nobody"].into_iter().find_map(other).ok_or("root has no user to run PostgreSQL as")?;
        chown(folder, Some(user), Some(group)).map_err(|error| error.to_string())?;
        Ok(Self::Other { user, group })
    }

    fn command(&self, program: &Path) -> Command {
        match self {
            Self::Ourselves => Command::new(program),
            Self::Other { user, group } => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", &user.to_string(), "--regid", &group.to_string(), "--clear-groups"]);
                command.arg(program);
                command
            }
        }
    }
}

fn folder() -> Result<TempDir, String> {
    tempfile::Builder::new().prefix("assay-").tempdir().map_err(|error| error.to_string())
}

fn free_port() -> Result<u16, String> {
    let port = || -> io::Result<u16> { Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port()) };
    port().map_err(|error| error.to_string())
}

fn search_path() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// Where Debian puts PostgreSQL's servers, the newest first.
fn debian_postgres() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|version| Some((version.file_name().to_str()?.parse().ok()?, version.path().join("bin"))))
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    versions.into_iter().map(|(_, path)| path).collect()
}

fn installed(places: &[PathBuf], program: &str) -> Option<PathBuf> {
    places.iter().map(|place| place.join(program)).find(|path| path.is_file())
}

/// What a program that ends says, or what it says of its failure.
fn said_by(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    // `initdb` looks around in its working folder, which another user may not read.
    let command = command.env("LC_ALL", "C").current_dir("/").stdin(Stdio::null());
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{program}: {}: {}", output.status, errors.trim()))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::os::unix::net::UnixStream;

    use super::*;

    /// The server, or a visible word that it is not there.
    fn or_skip(server: Result<Server, Skipped>) -> Option<Server> {
        server.inspect_err(|skipped| println!("SKIPPED: {}: {}", skipped.name, skipped.why)).ok()
    }

    fn is_gone(address: SocketAddr, folder: &Path) -> bool {
        TcpStream::connect(address).is_err() && !folder.exists()
    }

    #[test]
    fn redis_answers_on_both_sockets_and_is_gone_after_drop() {
        let Some(server) = or_skip(redis(Purpose::Measured)) else { return };
        let pong = |stream: &mut dyn ReadWrite| {
            stream.write_all(b"PING\r\n").unwrap();
            let mut said = [0; 7];
            stream.read_exact(&mut said).unwrap();
            assert_eq!(&said, b"+PONG\r\n");
        };
        pong(&mut TcpStream::connect(server.address()).unwrap());
        pong(&mut UnixStream::connect(server.socket()).unwrap());
        assert!(server.backend().version.starts_with(|letter: char| letter.is_ascii_digit()), "{:?}", server.backend());
        let (address, folder) = (server.address(), server.folder().to_owned());
        drop(server);
        assert!(is_gone(address, &folder));
    }

    #[test]
    fn postgresql_listens_on_both_sockets_and_is_gone_after_drop() {
        let Some(server) = or_skip(postgres(Purpose::Measured)) else { return };
        TcpStream::connect(server.address()).unwrap();
        UnixStream::connect(server.socket()).unwrap();
        let (address, folder) = (server.address(), server.folder().to_owned());
        drop(server);
        assert!(is_gone(address, &folder));
    }

    #[test]
    fn what_is_tested_is_reached_by_its_socket_alone_and_is_gone_after_drop() {
        for server in [redis(Purpose::Tested), postgres(Purpose::Tested)] {
            let Some(server) = or_skip(server) else { continue };
            UnixStream::connect(server.socket()).unwrap();
            assert_eq!(server.port, None);
            let folder = server.folder().to_owned();
            drop(server);
            assert!(!folder.exists());
        }
    }

    #[test]
    fn a_server_is_gone_when_its_owner_panics() {
        let Some(server) = or_skip(redis(Purpose::Measured)) else { return };
        let (address, folder) = (server.address(), server.folder().to_owned());
        let fallen = std::thread::spawn(move || {
            let _held = server;
            panic!("its owner falls");
        });
        assert!(fallen.join().is_err());
        assert!(is_gone(address, &folder));
    }

    #[test]
    fn what_cannot_run_says_why() {
        assert!(said_by(&mut Command::new("/nonexistent/initdb")).unwrap_err().starts_with("/nonexistent/initdb: "));
        assert_eq!(installed(&[PathBuf::from("/nonexistent")], "postgres"), None);
    }

    trait ReadWrite: Read + Write {}
    impl<T: Read + Write> ReadWrite for T {}
}
