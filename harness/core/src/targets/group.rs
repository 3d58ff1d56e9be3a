//! A process and those that it starts, as one: they begin together and are ended together.
//!
//! Takes a command before it is started and the child after it was, ends the child with all that it left in its group. On other
//! systems than Unix only the child itself.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// The process leads a group of its own. Ctrl-C at the terminal is for the harness, which then ends its children.
pub(super) fn lead(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

/// It and whatever it starts from now on may hold so many octets of its own each, and leave no cores behind. What is only
/// reserved, as runtimes of managed languages do with far more than there is, does not count (RLIMIT_DATA, setrlimit(2)). None of
/// them starts another where its user has so many processes (RLIMIT_NPROC). A limit that the system does not grant is none.
#[cfg(target_os = "linux")]
pub(super) fn limit(child: &Child, memory: Option<u64>, processes: Option<u64>) {
    use rustix::process::{Resource, Rlimit, prlimit};
    let Some(pid) = number(child) else { return };
    let at_most = |octets| Rlimit { current: Some(octets), maximum: Some(octets) };
    let _ = prlimit(Some(pid), Resource::Core, at_most(0));
    if let Some(octets) = memory {
        let _ = prlimit(Some(pid), Resource::Data, at_most(octets));
    }
    if let Some(number) = processes {
        let _ = prlimit(Some(pid), Resource::Nproc, at_most(number));
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn limit(_: &Child, _: Option<u64>, _: Option<u64>) {}

/// Whether it ends by itself within this time. It is not reaped yet, so that the number of its group stays taken.
pub(super) fn ends_within(child: &mut Child, time: Duration) -> bool {
    let started = Instant::now();
    loop {
        if has_ended(child) {
            return true;
        }
        if started.elapsed() > time {
            return false;
        }
        std::thread::sleep(STEP);
    }
}

#[cfg(unix)]
fn has_ended(child: &mut Child) -> bool {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    // One that was reaped before is no child of ours any more: an error, and an end.
    number(child).is_none_or(|pid| !matches!(waitid(WaitId::Pid(pid), look), Ok(None)))
}

#[cfg(not(unix))]
fn has_ended(child: &mut Child) -> bool {
    !matches!(child.try_wait(), Ok(None))
}

/// Ends the process and whatever is left of its group.
pub(super) fn kill(child: &mut Child) {
    #[cfg(unix)]
    if let Some(pid) = number(child) {
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
}

#[cfg(unix)]
fn number(child: &Child) -> Option<rustix::process::Pid> {
    rustix::process::Pid::from_raw(i32::try_from(child.id()).ok()?)
}

/// Between two looks.
const STEP: Duration = Duration::from_millis(2);
