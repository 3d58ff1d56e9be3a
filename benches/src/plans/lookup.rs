//! What looking up a session costs: the id from a cookie in, the deserialised session out, store by store.
//!
//! One call at a time for the latency, and many callers for the throughput. A store is filled once and opened anew for each
//! row; a row is there only where its callers gave the right sessions, none for an unknown id and none for one that has run
//! out. Where client and server run decides what a socket costs: that is the kernel's choice, but for the groups `placed`.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use token_assay_model::bench::{Backend, Role, Skipped, Unit};
use tokio::runtime::{Builder, Runtime};

use super::{Plan, Prepared, Scale};
use crate::placement::{self, Placement, Sides};
use crate::server::{self, Purpose, Server};
use crate::store::access::Drawing;
use crate::store::{self, Access, Answer, Blocking, Sessions, Store, Task, Turn, Way};
use crate::{Group, Measure, Work};

/// The plan.
pub const PLAN: Plan = Plan { name: "lookup", title: "What looking up a session costs.", prepare };

/// How many callers there are at a time.
const CALLERS: &[usize] = &[1, 2, 8, 32];

/// How many sessions lie in the stores that are measured in every way on a quick run, and whose sides are placed.
const MIDDLE: usize = 100_000;

fn prepare(scale: Scale) -> Prepared {
    let (sizes, drawings, callers): (&[usize], &[Drawing], &[usize]) = match scale {
        Scale::Full => (&[1_000, 100_000, 1_000_000], &[Drawing::Uniform, Drawing::Zipf], CALLERS),
        Scale::Quick => (&[1_000, 100_000], &[Drawing::Uniform], &[1, 8]),
    };
    let mut prepared = Prepared::default();
    let mut servers = Servers::default();
    for server in [server::redis(Purpose::Measured), server::postgres(Purpose::Measured)] {
        match server {
            Ok(server) => servers.add(server),
            Err(skipped) => prepared.skipped.push(skipped),
        }
    }
    let runtimes = Runtimes::new();
    for (set, size) in (0..).zip(sizes) {
        let folder = TempDir::with_prefix("assay-lookup-").expect("there is room for temporary files");
        let sessions = Sessions::new(*size);
        let (stores, failed) = filled(sessions, set, folder.path(), &servers, &runtimes);
        prepared.skipped.extend(failed);
        for drawing in drawings {
            let mut group = latency(&stores, sessions, *drawing, &runtimes);
            let folder = folder.path().to_owned();
            group.warm = Some(Box::new(move || read_through(&folder)));
            // A kernel that is short of memory takes it from whoever has not been asked for minutes, files or not.
            group.warm_up = if *size > MIDDLE { Duration::from_millis(1500) } else { Duration::ZERO };
            prepared.groups.push(group);
        }
        if *size == MIDDLE && placement::possible() {
            let sides = [Sides::Apart, Sides::Together];
            prepared.groups.extend(sides.map(|sides| placed(&stores, sessions, sides, &servers, &runtimes)));
        }
        if *size == MIDDLE || scale == Scale::Full {
            prepared.groups.extend(callers.iter().map(|callers| throughput(&stores, sessions, *callers, &runtimes)));
        }
        prepared.alive.push(Box::new(folder));
    }
    prepared.backends = backends(&servers);
    prepared.alive.push(Box::new(servers));
    prepared
}

/// The servers that run.
#[derive(Default)]
struct Servers {
    redis: Option<Server>,
    postgres: Option<Server>,
}

impl Servers {
    fn add(&mut self, server: Server) {
        match server.backend().name.as_str() {
            "Redis" => self.redis = Some(server),
            _ => self.postgres = Some(server),
        }
    }
}

/// What runs the tasks: one thread for one call at a time, as many as there are processors for many callers.
struct Runtimes {
    one: Rc<Runtime>,
    many: Rc<Runtime>,
}

impl Runtimes {
    fn new() -> Self {
        let built = |mut builder: Builder| Rc::new(builder.enable_all().build().expect("a runtime starts"));
        Self { one: built(Builder::new_current_thread()), many: built(Builder::new_multi_thread()) }
    }
}

fn backends(servers: &Servers) -> Vec<Backend> {
    let memory = |name| store::linked(name, "none", "everything in this process");
    let mut backends = vec![memory("dashmap"), memory("moka")];
    backends.extend([store::sqlite::backend(), store::redb::backend(), store::lmdb::backend()]);
    backends.extend(servers.redis.iter().chain(&servers.postgres).map(Server::backend));
    backends.extend(store::tower::backends());
    backends
}

/// Every store that could be filled with these, and which could not.
fn filled(
    sessions: Sessions,
    set: u8,
    folder: &Path,
    servers: &Servers,
    runtimes: &Runtimes,
) -> (Vec<Store>, Vec<Skipped>) {
    let (mut stores, mut failed) = (Vec::new(), Vec::new());
    let mut add = |name: &str, filled: Result<Vec<Store>, String>| match filled {
        Ok(filled) => stores.extend(filled),
        Err(why) => failed.push(Skipped { name: format!("lookup/*/{}/{name}", sessions.count()), why }),
    };
    let run = &runtimes.one;
    let one = |store| vec![store];
    add("in-process", store::memory::stores(sessions));
    add("floor-echo", store::echo::stores(sessions));
    add("sqlite", store::sqlite::store(sessions, folder).map(one));
    add("redb", store::redb::store(sessions, folder).map(one));
    add("lmdb", store::lmdb::store(sessions, folder).map(one));
    if let Some(server) = &servers.redis {
        add("redis", store::redis::stores(sessions, set, server));
    }
    if let Some(server) = &servers.postgres {
        add("postgres", run.block_on(store::postgres::stores(sessions, set, server)));
    }
    add("tower", run.block_on(store::tower::in_process(sessions)));
    add("tower-sqlite", run.block_on(store::tower::sqlite(sessions, folder)).map(one));
    if let Some(server) = &servers.redis {
        add("tower-redis", store::tower::in_redis(sessions, set, server));
    }
    if let Some(server) = &servers.postgres {
        add("tower-postgres", run.block_on(store::tower::in_postgres(sessions, set, server)));
    }
    (stores, failed)
}

/// One call at a time.
fn latency(stores: &[Store], sessions: Sessions, drawing: Drawing, runtimes: &Runtimes) -> Group {
    one_at_a_time(stores, sessions, drawing, runtimes)
}

fn one_at_a_time<'a>(
    stores: impl IntoIterator<Item = &'a Store>,
    sessions: Sessions,
    drawing: Drawing,
    runtimes: &Runtimes,
) -> Group {
    let (count, drawn) = (sessions.count(), drawing.as_str());
    let title = format!("One lookup at a time among {count} sessions, {drawn} access; placement is the kernel's.");
    let mut group = Group::of_calls(format!("lookup/latency/{count}/{drawn}"), title);
    let access = Access::drawn(&sessions, drawing);
    for store in stores {
        add(&mut group, store, 1, &runtimes.one, sessions, |mut callers| {
            let mut turn = Turn::new(&access, 0, 1);
            Work::Calls(Box::new(move |times| {
                turn.grant(times);
                callers.alone(&mut turn);
            }))
        });
    }
    group
}

/// One call at a time over each socket, both sides kept in their places.
fn placed(stores: &[Store], sessions: Sessions, sides: Sides, servers: &Servers, runtimes: &Runtimes) -> Group {
    let over_sockets = stores.iter().filter(|store| ["-tcp", "-unix"].iter().any(|socket| store.name.contains(socket)));
    let mut group = one_at_a_time(over_sockets, sessions, Drawing::Uniform, runtimes);
    group.name = format!("lookup/placed/{}/{}", sessions.count(), sides.as_str());
    group.title = format!("One lookup at a time among {} sessions, {}.", sessions.count(), sides.in_words());
    let servers = servers.redis.iter().chain(&servers.postgres).map(Server::process).collect();
    group.placement = Some(Placement { sides, servers, threads: &[store::echo::THREAD] });
    group
}

/// Reads every file below this folder: what the kernel took out of its page cache while others were measured comes back.
fn read_through(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            read_through(&path);
        } else if let Ok(mut file) = std::fs::File::open(&path) {
            let _ = std::io::copy(&mut file, &mut std::io::sink());
        }
    }
}

/// So many callers at a time.
fn throughput(stores: &[Store], sessions: Sessions, count: usize, runtimes: &Runtimes) -> Group {
    let title = format!(
        "{count} callers at a time among {} sessions, uniform access; a connection a caller; threads where the client blocks, \
         tasks on as many threads as processors where it waits; placement is the kernel's.",
        sessions.count()
    );
    let rate = vec![Measure { name: "", unit: Unit::PerSecond }];
    let mut group = Group::of_windows(format!("lookup/throughput/{}/{count}-callers", sessions.count()), title, rate);
    let access = Access::drawn(&sessions, Drawing::Uniform);
    for store in stores {
        add(&mut group, store, count, &runtimes.many, sessions, |mut callers| {
            let mut turns: Vec<Turn> = (0..count).map(|caller| Turn::new(&access, caller, count)).collect();
            Work::Window(Box::new(move |window| vec![callers.together(&mut turns, window)]))
        });
    }
    group
}

/// Opens a store for so many callers, asks each what it must know, and adds its row.
fn add(
    group: &mut Group,
    store: &Store,
    count: usize,
    runtime: &Rc<Runtime>,
    sessions: Sessions,
    work: impl FnOnce(Callers) -> Work,
) {
    let mut callers = Callers::open(store, count, runtime);
    let check = match &mut callers {
        Ok(callers) => callers.check(store.role, sessions),
        Err(why) => Err(std::mem::take(why)),
    };
    let added = group.add(store.role, store.name.clone(), check, || work(callers.expect("it has been asked")));
    added.note_where(store.note.clone());
}

/// Those who look up.
enum Callers {
    Threads(Vec<Box<dyn Blocking>>),
    Tasks(Vec<Box<dyn Task>>, Rc<Runtime>),
}

impl Callers {
    fn open(store: &Store, count: usize, runtime: &Rc<Runtime>) -> Result<Self, String> {
        match &store.way {
            Way::Blocking(open) => Ok(Self::Threads(open.callers(count))),
            Way::Async(open) => Ok(Self::Tasks(runtime.block_on(open.callers(count))?, Rc::clone(runtime))),
        }
    }

    /// Whether each of them answers rightly. A floor must answer, whatever it says.
    fn check(&mut self, role: Role, sessions: Sessions) -> Result<(), String> {
        let right = |load: &mut dyn FnMut(&str) -> Answer| match role {
            Role::Floor => load(&sessions.id(0)).map(|_| ()),
            Role::Part | Role::Subject => sessions.check(load),
        };
        match self {
            Self::Threads(callers) => callers.iter_mut().try_for_each(|caller| right(&mut |id| caller.load(id))),
            Self::Tasks(callers, runtime) => {
                callers.iter_mut().try_for_each(|caller| right(&mut |id| runtime.block_on(caller.load(id))))
            }
        }
    }

    /// The first of them does what is its turn.
    fn alone(&mut self, turn: &mut Turn) {
        match self {
            Self::Threads(callers) => callers[0].run(turn),
            Self::Tasks(callers, runtime) => runtime.block_on(callers[0].run(turn)),
        }
    }

    /// All of them look up for so long; how many lookups a second that were.
    fn together(&mut self, turns: &mut Vec<Turn>, window: Duration) -> f64 {
        let stop = Arc::new(AtomicBool::new(false));
        turns.iter_mut().for_each(|turn| turn.until(&stop));
        let started = Instant::now();
        // This thread sleeps outside any runtime: tasks that never wait would keep a runtime's clock from being read.
        let enough = || {
            thread::sleep(window);
            stop.store(true, Ordering::Relaxed);
        };
        match self {
            Self::Threads(callers) => thread::scope(|scope| {
                for (caller, turn) in callers.iter_mut().zip(turns.iter_mut()) {
                    scope.spawn(move || caller.run(turn));
                }
                enough();
            }),
            Self::Tasks(callers, runtime) => {
                let running = callers.drain(..).zip(turns.drain(..)).map(|(mut caller, mut turn)| {
                    runtime.spawn(async move {
                        caller.run(&mut turn).await;
                        (caller, turn)
                    })
                });
                let running: Vec<_> = running.collect();
                enough();
                for task in running {
                    let (caller, turn) = runtime.block_on(task).expect("a caller comes back");
                    callers.push(caller);
                    turns.push(turn);
                }
            }
        }
        let took = started.elapsed();
        turns.iter().map(Turn::given).sum::<u64>() as f64 / took.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::ops::ControlFlow;

    use super::*;
    use crate::{Options, measure};

    /// Answers everybody with the same session.
    struct Confused(Sessions);

    impl Blocking for Confused {
        fn load(&mut self, _: &str) -> Answer {
            Ok(Some(self.0.session(0)))
        }
    }

    fn small() -> (Sessions, TempDir, Servers, Runtimes) {
        (Sessions::new(500), TempDir::new().unwrap(), Servers::default(), Runtimes::new())
    }

    fn names(group: &Group) -> Vec<&str> {
        group.rows.iter().map(|row| row.name.as_str()).collect()
    }

    const WITHOUT_SERVERS: [&str; 12] = [
        "floor-map",
        "rwlock-hashmap",
        "dashmap",
        "moka",
        "floor-echo-tcp",
        "floor-echo-unix",
        "sqlite",
        "redb",
        "lmdb",
        "tower-memory",
        "tower-moka",
        "tower-sqlite",
    ];

    #[test]
    fn stores_that_need_no_server_have_rows_and_floors_and_are_measured() {
        let (sessions, folder, servers, runtimes) = small();
        let (stores, failed) = filled(sessions, 0, folder.path(), &servers, &runtimes);
        assert_eq!(failed, []);
        let groups = vec![
            latency(&stores, sessions, Drawing::Uniform, &runtimes),
            latency(&stores, sessions, Drawing::Zipf, &runtimes),
            throughput(&stores, sessions, 3, &runtimes),
        ];
        for group in &groups {
            assert_eq!(group.wrong, [], "{}", group.name);
            assert_eq!(names(group), WITHOUT_SERVERS, "{}", group.name);
            assert!(group.rows.iter().all(|row| (row.role == Role::Floor) == row.name.starts_with("floor-")));
        }
        let options = Options { passes: 1, rounds: 2, window: Duration::from_millis(10), ..Options::quick() };
        let (measured, complete) = measure(groups, &options, &mut |_| ControlFlow::Continue(()));
        assert!(complete);
        let all: BTreeSet<&str> = measured.iter().map(|group| group.name.as_str()).collect();
        let wanted = ["lookup/latency/500/uniform", "lookup/latency/500/zipf", "lookup/throughput/500/3-callers"];
        assert_eq!(all, wanted.into());
        assert!(measured.iter().flat_map(|group| &group.rows).all(|row| row.summary.least > 0.0));
    }

    #[test]
    fn stores_behind_a_socket_answer_on_each_of_their_sockets() {
        let (sessions, folder, mut servers, runtimes) = small();
        let mut wanted = Vec::from(WITHOUT_SERVERS.map(String::from));
        let rows = |name: &str| match name {
            "Redis" => ["redis-tcp", "redis-unix", "tower-redis-tcp", "tower-redis-unix"].map(String::from).to_vec(),
            _ => [
                "postgres-tcp",
                "postgres-unix",
                "tower-postgres-tcp",
                "tower-postgres-unix",
                "tower-postgres-unix-no-ping",
            ]
            .map(String::from)
            .to_vec(),
        };
        for server in [server::redis(Purpose::Measured), server::postgres(Purpose::Measured)] {
            match server {
                Ok(server) => {
                    wanted.extend(rows(&server.backend().name));
                    servers.add(server);
                }
                Err(skipped) => println!("SKIPPED: {}: {}", skipped.name, skipped.why),
            }
        }
        let (stores, failed) = filled(sessions, 1, folder.path(), &servers, &runtimes);
        assert_eq!(failed, []);
        wanted.sort();
        for group in
            [latency(&stores, sessions, Drawing::Uniform, &runtimes), throughput(&stores, sessions, 2, &runtimes)]
        {
            assert_eq!(group.wrong, [], "{}", group.name);
            let mut names = names(&group);
            names.sort_unstable();
            assert_eq!(names, wanted, "{}", group.name);
            let options = Options { passes: 1, rounds: 1, window: Duration::from_millis(10), ..Options::quick() };
            measure(vec![group], &options, &mut |_| ControlFlow::Continue(()));
        }
    }

    #[test]
    fn a_store_that_gives_the_wrong_session_is_not_timed() {
        let (sessions, _, _, runtimes) = small();
        let stores = [Store::blocking("confused", move || Ok(Confused(sessions))).unwrap()];
        for group in
            [latency(&stores, sessions, Drawing::Uniform, &runtimes), throughput(&stores, sessions, 2, &runtimes)]
        {
            assert!(group.rows.is_empty());
            assert_eq!(group.wrong[0].name, "confused");
            assert!(group.wrong[0].why.contains("to a known id"), "{:?}", group.wrong);
        }
    }
}
