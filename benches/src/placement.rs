//! Where the two sides of a socket run: on one processor, or each on its own.
//!
//! Takes a group's placement and keeps it for as long as its guard lives; then everything may run everywhere again. Placement
//! decides what a lookup over loopback costs (two idle processors have to wake each other up), and the kernel's choice changes
//! from run to run, so groups of both placements stand beside those that leave it to the kernel. Linux only; elsewhere nothing
//! can be placed. Never starts a server.

use std::collections::BTreeSet;
use std::fs;

/// Where the asking side and the answering side run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// Each on its own processor.
    Apart,
    /// Both on one.
    Together,
}

impl Sides {
    /// In a group's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Apart => "apart",
            Self::Together => "together",
        }
    }

    /// In its title.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Apart => "client and server each kept on a processor of its own",
            Self::Together => "client and server kept on one processor",
        }
    }
}

/// A placement of this thread and of whoever answers it.
#[derive(Debug, Clone)]
pub struct Placement {
    /// Which.
    pub sides: Sides,
    /// The processes that answer; their descendants go with them.
    pub servers: Vec<u32>,
    /// The names of threads of this process that answer.
    pub threads: &'static [&'static str],
}

/// Whether this machine can place anything: two processors, and a kernel that can be told.
pub fn possible() -> bool {
    kernel::processors().len() >= 2
}

/// Keeps a placement until it is dropped.
#[must_use]
pub struct Kept(Vec<u32>);

impl Placement {
    /// Puts this thread on the first processor, and those who answer on the first or the second.
    pub fn keep(&self) -> Kept {
        let processors = kernel::processors();
        let (Some(first), Some(second)) = (processors.first(), processors.get(1)) else { return Kept(Vec::new()) };
        let theirs = if self.sides == Sides::Together { first } else { second };
        let answering = self.answering();
        kernel::place(None, &[*first]);
        answering.iter().for_each(|task| kernel::place(Some(*task), &[*theirs]));
        Kept(answering)
    }

    /// Every thread of those who answer, as the kernel numbers them.
    fn answering(&self) -> Vec<u32> {
        let ours = tasks_of(std::process::id()).into_iter().filter(|task| {
            self.threads.iter().any(|name| {
                fs::read_to_string(format!("/proc/self/task/{task}/comm")).is_ok_and(|said| said.trim_end() == *name)
            })
        });
        with_descendants(&self.servers).into_iter().flat_map(tasks_of).chain(ours).collect()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let all = kernel::processors();
        kernel::place(None, &all);
        self.0.iter().for_each(|task| kernel::place(Some(*task), &all));
    }
}

/// The threads of a process.
fn tasks_of(process: u32) -> Vec<u32> {
    numbers_in(&format!("/proc/{process}/task"))
}

/// These processes, and whoever descends from them.
fn with_descendants(roots: &[u32]) -> BTreeSet<u32> {
    let parents: Vec<(u32, u32)> =
        numbers_in("/proc").into_iter().filter_map(|process| Some((process, parent_of(process)?))).collect();
    let mut found: BTreeSet<u32> = roots.iter().copied().collect();
    loop {
        let more: Vec<u32> = parents
            .iter()
            .filter(|(process, parent)| found.contains(parent) && !found.contains(process))
            .map(|(process, _)| *process)
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

/// The parent in `/proc/…/stat`, two fields behind the name, which stands in brackets and may hold anything.
fn parent_of(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn numbers_in(folder: &str) -> Vec<u32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

#[cfg(target_os = "linux")]
mod kernel {
    use std::sync::LazyLock;

    use rustix::thread::{CpuSet, Pid, sched_getaffinity, sched_setaffinity};

    /// What this process might use when it first asked: later it may have placed itself.
    static AT_FIRST: LazyLock<Vec<usize>> = LazyLock::new(|| {
        let set = sched_getaffinity(None).unwrap_or_default();
        (0..CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).collect()
    });

    pub(super) fn processors() -> Vec<usize> {
        AT_FIRST.clone()
    }

    /// Places a thread, or the calling one. One that has ended meanwhile needs no place.
    pub(super) fn place(task: Option<u32>, processors: &[usize]) {
        let mut set = CpuSet::new();
        processors.iter().for_each(|cpu| set.set(*cpu));
        let task = task.map(|task| Pid::from_raw(task.cast_signed()));
        if task != Some(None) {
            let _ = sched_setaffinity(task.flatten(), &set);
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod kernel {
    pub(super) fn processors() -> Vec<usize> {
        Vec::new()
    }

    pub(super) fn place(_: Option<u32>, _: &[usize]) {}
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Command, Stdio};
    use std::thread;

    use super::*;

    /// The processors that a thread may use, as the kernel lists them: `0`, `0-1`.
    fn allowed(task: &str) -> String {
        let status = fs::read_to_string(format!("/proc/{task}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("Cpus_allowed_list")).unwrap();
        line.split_once(':').unwrap().1.trim().to_owned()
    }

    #[test]
    fn sides_are_kept_where_they_were_put_and_are_free_afterwards() {
        if !possible() {
            println!("SKIPPED: placing needs two processors");
            return;
        }
        // A thread of its own: the test's must not stay placed if this fails.
        thread::spawn(|| {
            let mut server = Command::new("sh").args(["-c", "sleep 60 & wait"]).stdout(Stdio::null()).spawn().unwrap();
            let before = allowed("thread-self");
            let descendants = || with_descendants(&[server.id()]);
            while descendants().len() < 2 {
                thread::yield_now();
            }
            for sides in [Sides::Apart, Sides::Together] {
                let kept = Placement { sides, servers: vec![server.id()], threads: &[] }.keep();
                let ours = allowed("thread-self");
                let theirs: BTreeSet<String> =
                    descendants().iter().map(|process| allowed(&process.to_string())).collect();
                assert_eq!(theirs.len(), 1, "{theirs:?}");
                assert_eq!(theirs.contains(&ours), sides == Sides::Together, "{ours} {theirs:?}");
                assert!(!ours.contains(['-', ',']), "{ours}");
                drop(kept);
                assert_eq!(allowed("thread-self"), before);
                assert!(descendants().iter().all(|process| allowed(&process.to_string()) == before));
            }
            let child = descendants().into_iter().find(|process| *process != server.id()).unwrap();
            server.kill().unwrap();
            server.wait().unwrap();
            let _ = Command::new("kill").arg(child.to_string()).status();
        })
        .join()
        .unwrap();
    }
}
