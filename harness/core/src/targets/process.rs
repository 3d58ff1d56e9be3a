//! A target in a process of its own, spoken to over a pipe (PROTOCOL.md).
//!
//! Takes a command, gives a [`Driver`]. Requests are sent ahead of the answers, up to a window, so that the pipe's latency
//! is not the limit; a thread writes and a thread reads, so that neither side can block the other. After a crash, a hang, a
//! wrong `seq` or a line that cannot be read the process is killed and started again, and what was under way is shown one
//! by one, so that the fault is charged to the case that did it. Its stderr is a log: kept, shown, never read as a verdict.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde::Deserialize;
use token_assay_model::report::TargetInfo;
use token_assay_model::wire::{self, Hello, LINE_LIMIT, Reply};
use token_assay_model::{Fault, Observation, Policy, Request, deep};

use super::{Driver, Unusable, group, scheduled};

/// Hears each line of a conversation: who (`→` the harness, `←` the target), and the line.
pub type Trace = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// How a process is driven.
#[derive(Clone)]
pub struct Settings {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The folder that it runs in; absent for ours.
    pub folder: Option<PathBuf>,
    /// Variables of its environment beside ours.
    pub environment: Vec<(String, String)>,
    /// How long one process lives.
    pub lifetime: Lifetime,
    /// How long one answer may take.
    pub timeout: Duration,
    /// How long it may take to say hello.
    pub start_timeout: Duration,
    /// How much it may hold in memory, in octets, and each process that it starts; nothing for no limit. On Linux only.
    pub memory: Option<u64>,
    /// How many processes and threads its user may have, those of others counted, while it starts one more; nothing for no limit.
    /// On Linux only, and not for root (RLIMIT_NPROC, setrlimit(2)).
    pub processes: Option<u64>,
    /// How many requests may be under way.
    pub window: usize,
    /// Who hears the conversation.
    pub trace: Option<Trace>,
}

/// How long one process lives (PROTOCOL.md, rule 9).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lifetime {
    /// For all requests.
    #[default]
    Run,
    /// For one: it is started anew for each.
    Case,
}

impl Settings {
    /// This command with these many seconds an answer, and the usual rest.
    pub fn new(command: Vec<String>, timeout: Duration) -> Self {
        Self {
            command,
            folder: None,
            environment: Vec::new(),
            lifetime: Lifetime::Run,
            timeout,
            start_timeout: Duration::from_secs(30),
            memory: Some(MEMORY),
            processes: None,
            window: WINDOW,
            trace: None,
        }
    }
}

/// A target in a process of its own.
///
/// ```standalone_crate
/// use std::io::{stdin, stdout};
/// use std::sync::{Arc, Mutex};
/// use std::time::Duration;
/// use token_assay::strawman::Sound;
/// use token_assay::targets::Driver;
/// use token_assay::targets::process::{Lifetime, Process, Settings, Trace};
/// use token_assay::targets::serve::serve;
///
/// fn main() {
///     // One program at both ends: called with a word it is the shim.
///     if std::env::args().nth(1).as_deref() == Some("shim") {
///         return serve(&Sound, stdin(), stdout()).expect("the harness listens");
///     }
///     let program = std::env::current_exe().expect("it runs").display().to_string();
///     let heard = Arc::new(Mutex::new(Vec::new()));
///     let listener = Arc::clone(&heard);
///     let trace: Trace = Arc::new(move |who, line| listener.lock().expect("nobody panics").push(format!("{who} {line}")));
///     let settings = Settings {
///         lifetime: Lifetime::Case, // a new process for each request
///         trace: Some(trace),
///         ..Settings::new(vec![program, "shim".to_owned()], Duration::from_secs(5))
///     };
///     let mut target = Process::new(settings);
///     assert_eq!(target.start().expect("it says hello").name, "sound");
///     assert_eq!(heard.lock().expect("nobody panics")[0], r#"→ {"cmd":"start","protocol":1}"#);
/// }
/// ```
pub struct Process {
    settings: Settings,
    running: Option<Running>,
    fruitless: u32,
}

impl Process {
    /// The process is started with the first request.
    pub fn new(settings: Settings) -> Self {
        Self { settings, running: None, fruitless: 0 }
    }

    fn running(&mut self) -> Result<&mut Running, Unusable> {
        if self.running.is_none() {
            if self.fruitless >= RESTARTS {
                let message = format!("given up after {RESTARTS} restarts without an answer between them");
                return Err(Unusable(message));
            }
            self.fruitless += 1;
            self.running = Some(Running::start(&self.settings)?);
        }
        Ok(self.running.as_mut().expect("it was started above"))
    }
}

impl Driver for Process {
    fn start(&mut self) -> Result<TargetInfo, Unusable> {
        Ok(self.running()?.info.clone())
    }

    fn observe(
        &mut self,
        requests: &[Request<'_>],
        seen: &mut dyn FnMut(usize, Observation) -> ControlFlow<()>,
    ) -> Result<(), Unusable> {
        let timeout = self.settings.timeout;
        let mut policies = PolicyTexts::default();
        let (mut next, mut sent, mut one_by_one_until) = (0, 0, 0);
        while next < requests.len() {
            let alone = next < one_by_one_until || self.settings.lifetime == Lifetime::Case;
            let window = if alone { 1 } else { self.settings.window };
            let running = self.running()?;
            while sent < requests.len() && sent - next < window {
                running.send(sent, &requests[sent], &mut policies);
                sent += 1;
            }
            let (observation, healthy) = running.receive(next, timeout);
            if healthy {
                self.fruitless = 0;
            } else {
                self.running = None;
                let under_way = sent - next;
                sent = next;
                if under_way > 1 {
                    // Answers may have been lost in the child's buffer: any of those under way may be to blame.
                    one_by_one_until = next + under_way;
                    continue;
                }
                sent += 1;
            }
            if seen(next, observation).is_break() {
                // What is still under way would answer later requests out of turn.
                self.running = None;
                return Ok(());
            }
            if self.settings.lifetime == Lifetime::Case {
                self.renew();
            }
            next += 1;
        }
        Ok(())
    }

    fn renew(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop();
        }
    }

    fn worked(&mut self) -> Option<Duration> {
        self.of_threads(0)
    }

    fn waited(&mut self) -> Option<Duration> {
        self.of_threads(1)
    }

    fn mark_memory(&mut self) -> Option<u64> {
        let id = self.running().ok()?.child.id();
        // Linux only: 5 resets the peak (proc(5), clear_refs).
        std::fs::write(format!("/proc/{id}/clear_refs"), "5").ok()?;
        resident(id, "VmRSS:")
    }

    fn peak_memory(&mut self) -> Option<u64> {
        resident(self.running.as_ref()?.child.id(), "VmHWM:")
    }
}

impl Process {
    /// A figure of all threads of the child together.
    fn of_threads(&self, figure: usize) -> Option<Duration> {
        let id = self.running.as_ref()?.child.id();
        let threads = std::fs::read_dir(format!("/proc/{id}/task")).ok()?;
        // A thread may end in between.
        Some(threads.flatten().filter_map(|thread| scheduled(&thread.path(), figure)).sum())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.renew();
    }
}

/// A line of a process's status, in octets.
fn resident(id: u32, line: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let kibibytes = status.lines().find_map(|text| text.strip_prefix(line))?.trim().strip_suffix(" kB")?;
    Some(kibibytes.parse::<u64>().ok()? * 1024)
}

/// A child that has said hello.
struct Running {
    child: Child,
    info: TargetInfo,
    requests: Option<SyncSender<Vec<u8>>>,
    lines: Receiver<Line>,
    log: Log,
    trace: Option<Trace>,
}

/// What a child wrote to stderr, and a channel that closes with it.
struct Log {
    kept: Arc<Mutex<VecDeque<u8>>>,
    ended: Receiver<()>,
}

enum Line {
    Text(Vec<u8>),
    TooLong,
}

/// What a process said to lines that were sent to it at once, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conversation {
    /// Its lines.
    pub(crate) said: Vec<String>,
    /// How it ended; nothing where it had to be ended.
    pub(crate) status: Option<std::process::ExitStatus>,
    /// The last line of its log, after a semicolon.
    pub(crate) log: String,
}

/// Sends lines as they are, then the end of input, and hears all that comes back: for who checks a shim itself.
///
/// # Errors
///
/// Where the process cannot be started.
pub(crate) fn converse(settings: &Settings, lines: &[&[u8]]) -> Result<Conversation, Unusable> {
    let mut running = Running::spawn(settings)?;
    lines.iter().for_each(|line| running.write(line.to_vec()));
    running.requests = None;
    let until = Instant::now() + settings.start_timeout;
    let mut said = Vec::new();
    let ended = loop {
        match running.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Line::Text(line)) if said.len() < MOST_SAID => {
                running.hear("←", &line);
                said.push(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            Err(RecvTimeoutError::Disconnected) => break group::ends_within(&mut running.child, TO_END),
            Ok(_) | Err(RecvTimeoutError::Timeout) => break false,
        }
    };
    group::kill(&mut running.child);
    let status = running.child.wait().ok().filter(|_| ended);
    Ok(Conversation { said, status, log: running.said() })
}

impl Running {
    fn start(settings: &Settings) -> Result<Self, Unusable> {
        let mut running = Self::spawn(settings)?;
        running.info = running.greet(settings.start_timeout)?;
        Ok(running)
    }

    fn spawn(settings: &Settings) -> Result<Self, Unusable> {
        let (program, arguments) =
            settings.command.split_first().ok_or_else(|| Unusable("the command is empty".to_owned()))?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(folder) = &settings.folder {
            command.current_dir(folder);
        }
        group::lead(&mut command);
        given_back(&mut command);
        command.envs(settings.environment.iter().map(|(name, value)| (name, value)));
        let mut child =
            command.spawn().map_err(|error| Unusable(format!("`{program}` could not be started: {error}")))?;
        group::limit(&child, settings.memory, settings.processes);
        let requests = write_requests(child.stdin.take().expect("piped above"));
        let lines = read_lines(child.stdout.take().expect("piped above"));
        let log = keep_log(child.stderr.take().expect("piped above"));
        Ok(Self { child, info: nobody(), requests: Some(requests), lines, log, trace: settings.trace.clone() })
    }

    fn greet(&mut self, timeout: Duration) -> Result<TargetInfo, Unusable> {
        let start = wire::Command::Start { protocol: wire::PROTOCOL };
        self.write(serde_json::to_vec(&start).expect("a command is JSON"));
        let line = match self.lines.recv_timeout(timeout) {
            Ok(Line::Text(line)) => {
                self.hear("←", &line);
                line
            }
            Ok(Line::TooLong) => return Err(Unusable("its hello is over 16 MiB long".to_owned())),
            Err(RecvTimeoutError::Timeout) => {
                return Err(Unusable(format!("no hello within {} s{}", timeout.as_secs(), self.said())));
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Unusable(format!("it ended before its hello: {}", self.epitaph())));
            }
        };
        let hello: Hello = serde_json::from_slice(&line)
            .map_err(|error| Unusable(format!("{}{}", no_hello(&line, &error), self.said())))?;
        if hello.protocol != wire::PROTOCOL {
            return Err(Unusable(format!("it speaks protocol {}, not {}", hello.protocol, wire::PROTOCOL)));
        }
        Ok(TargetInfo {
            supports: hello.capabilities(),
            name: hello.target.name,
            version: hello.target.version,
            language: hello.target.language,
            homepage: hello.target.homepage,
            issues: hello.target.issues,
        })
    }

    fn send(&mut self, seq: usize, request: &Request<'_>, policies: &mut PolicyTexts) {
        let input = serde_json::to_string(request.input).expect("an input is JSON");
        let policy = policies.text(request.policy);
        self.write(format!(r#"{{"cmd":"verify","seq":{seq},"input":{input},"policy":{policy}}}"#).into_bytes());
    }

    /// A child that no longer reads is noticed when its answers end.
    fn write(&mut self, mut line: Vec<u8>) {
        self.hear("→", &line);
        line.push(b'\n');
        if let Some(requests) = &self.requests {
            let _ = requests.send(line);
        }
    }

    fn hear(&self, who: &str, line: &[u8]) {
        if let Some(trace) = &self.trace {
            trace(who, String::from_utf8_lossy(line).trim_end());
        }
    }

    /// The answer to `seq`, and whether the child may go on.
    fn receive(&mut self, seq: usize, timeout: Duration) -> (Observation, bool) {
        let started = Instant::now();
        let garbage = |text: String| (Fault::Garbage(text).into(), started.elapsed(), false);
        let line = self.lines.recv_timeout(timeout);
        if let Ok(Line::Text(line)) = &line {
            self.hear("←", line);
        }
        let (answer, elapsed, healthy) = match line {
            Ok(Line::Text(line)) => match deep::read_cut::<Reply>(&line) {
                Ok(reply) if reply.seq == seq as u64 => {
                    let elapsed = reply.nanoseconds.map_or_else(|| started.elapsed(), Duration::from_nanos);
                    (reply.answer(), elapsed, true)
                }
                Ok(reply) => garbage(format!("an answer to {} where {seq} was asked", reply.seq)),
                Err(_) => garbage(format!("a line that is no answer: {}", excerpt(&line))),
            },
            Ok(Line::TooLong) => garbage("a line over 16 MiB".to_owned()),
            Err(RecvTimeoutError::Timeout) => {
                let text = format!("no answer within {} ms", timeout.as_millis());
                (Fault::Hang(text).into(), started.elapsed(), false)
            }
            Err(RecvTimeoutError::Disconnected) => (Fault::Crash(self.epitaph()).into(), started.elapsed(), false),
        };
        (Observation { answer: super::bounded(answer), elapsed }, healthy)
    }

    /// Says `stop` to a child with nothing under way, and gives it a moment to end by itself.
    fn stop(mut self) {
        let mut stop = serde_json::to_vec(&wire::Command::Stop).expect("a command is JSON");
        self.hear("→", &stop);
        stop.push(b'\n');
        if let Some(requests) = self.requests.take() {
            let _ = requests.try_send(stop);
        }
        group::ends_within(&mut self.child, TO_END);
    }

    /// How the child ended and what it said last.
    fn epitaph(&mut self) -> String {
        self.requests = None;
        if !group::ends_within(&mut self.child, TO_END) {
            group::kill(&mut self.child);
            let _ = self.child.wait();
            return format!("it closed its output and went on{}", self.said());
        }
        group::kill(&mut self.child);
        let status = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        // The log of a child that has ended is whole in a moment, unless a child of its own holds it open.
        let _ = self.log.ended.recv_timeout(Duration::from_millis(200));
        format!("{status}{}", self.said())
    }

    /// The last line of its log.
    fn said(&self) -> String {
        let log = self.log.kept.lock().expect("nobody panics while holding it");
        let text = String::from_utf8_lossy(&log.iter().copied().collect::<Vec<u8>>()).into_owned();
        text.lines().map(str::trim).rfind(|line| !line.is_empty()).map_or(String::new(), |line| format!("; {line}"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.requests = None;
        group::kill(&mut self.child);
        let _ = self.child.wait();
    }
}

/// The JSON of policies, by address: neighbouring requests share theirs.
#[derive(Default)]
struct PolicyTexts(HashMap<*const Policy, String>);

impl PolicyTexts {
    fn text(&mut self, policy: &Policy) -> &str {
        self.0.entry(policy).or_insert_with(|| serde_json::to_string(policy).expect("a policy is JSON"))
    }
}

fn write_requests(mut stdin: impl Write + Send + 'static) -> SyncSender<Vec<u8>> {
    let (sender, receiver) = sync_channel::<Vec<u8>>(2 * WINDOW);
    std::thread::spawn(move || {
        while let Ok(mut lines) = receiver.recv() {
            while let Ok(more) = receiver.try_recv() {
                lines.extend_from_slice(&more);
            }
            if stdin.write_all(&lines).and_then(|()| stdin.flush()).is_err() {
                // The child has gone: its answers end too. What is still sent goes nowhere, and nobody waits for it.
                while receiver.recv().is_ok() {}
            }
        }
    });
    sender
}

fn read_lines(stdout: impl Read + Send + 'static) -> Receiver<Line> {
    let (sender, receiver) = sync_channel(2 * WINDOW);
    std::thread::spawn(move || {
        let mut stdout = BufReader::with_capacity(1 << 16, stdout);
        loop {
            let mut line = Vec::new();
            match (&mut stdout).take(LINE_LIMIT as u64 + 1).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) if line.len() > LINE_LIMIT => {
                    let _ = sender.send(Line::TooLong);
                    return;
                }
                Ok(_) => {
                    if sender.send(Line::Text(line)).is_err() {
                        return;
                    }
                }
            }
        }
    });
    receiver
}

fn keep_log(mut stderr: impl Read + Send + 'static) -> Log {
    let (open, ended) = sync_channel(0);
    let log = Log { kept: Arc::default(), ended };
    let kept = Arc::clone(&log.kept);
    std::thread::spawn(move || {
        let _open: SyncSender<()> = open;
        let mut chunk = [0; 4096];
        while let Ok(read @ 1..) = stderr.read(&mut chunk) {
            let mut log = kept.lock().expect("nobody panics while holding it");
            log.extend(&chunk[..read]);
            let excess = log.len().saturating_sub(LOG_LIMIT);
            log.drain(..excess);
        }
    });
    log
}

/// The C library gives large blocks back to the system as they are freed, so that what one input needs can be told from what
/// another has needed. Other allocators do not look at this.
fn given_back(command: &mut Command) {
    for (name, octets) in [("MALLOC_MMAP_THRESHOLD_", "1048576"), ("MALLOC_TRIM_THRESHOLD_", "2097152")] {
        if std::env::var_os(name).is_none() {
            command.env(name, octets);
        }
    }
}

/// What is wrong with a first line, in the words of who can mend it.
fn no_hello(line: &[u8], error: &serde_json::Error) -> String {
    let shown = excerpt(line);
    if line.contains(&0) || line.starts_with(&[0xFF, 0xFE]) || line.starts_with(&[0xFE, 0xFF]) {
        return "its first line is UTF-16: the protocol's lines are UTF-8".to_owned();
    }
    if line.starts_with(&[0xEF, 0xBB, 0xBF]) {
        return "its first line begins with a byte order mark, which JSON has not".to_owned();
    }
    if !line.trim_ascii_start().starts_with(b"{") {
        return format!("its first line is no hello but `{shown}`: what is for people belongs on stderr");
    }
    format!("its hello cannot be read: {error}: {shown}")
}

fn excerpt(line: &[u8]) -> String {
    String::from_utf8_lossy(&line[..line.len().min(80)]).trim_end().to_owned()
}

fn nobody() -> TargetInfo {
    TargetInfo {
        name: String::new(),
        version: String::new(),
        language: String::new(),
        homepage: None,
        issues: None,
        supports: Vec::new(),
    }
}

/// Requests under way at once.
const WINDOW: usize = 32;

/// What one process may hold in memory unless something else is said: far more than any verifier takes, and less than a machine
/// that others work on has left.
const MEMORY: u64 = 4 << 30;

/// Restarts in a row, with no answer between them, after which a target is given up (PROTOCOL.md, rule 4).
const RESTARTS: u32 = 20;

/// The most lines that a conversation is worth hearing.
const MOST_SAID: usize = 1000;

/// How long a process may take to end once it has been told to, or has closed its output.
const TO_END: Duration = Duration::from_millis(500);

/// How much of stderr is kept, in octets.
const LOG_LIMIT: usize = 1 << 16;
