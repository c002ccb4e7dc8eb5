//! How one process ended, or what keeps it alive.

#![forbid(unsafe_code)]

use crate::process::Pid;

/// How a process ended, as far as the kernel tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It called exit with this status.
    Exited(u8),
    /// A signal ended it.
    Signalled {
        /// Which; a plain number, since a process of another kind of machine
        /// (qemu-user) may end by one that this machine does not have.
        signal: u8,
        /// Whether it dumped core.
        core: bool,
    },
    /// It has ended; how can't be known.
    Unknown,
}

/// What keeps a process alive that was told to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Its user's processes are out of reach for fell's.
    NotPermitted {
        /// The real user ID of the process, where it can be read.
        owner: Option<u32>,
    },
    /// It sleeps in the kernel where no signal wakes it (state D).
    Uninterruptible {
        /// The kernel function it waits in.
        channel: Option<String>,
    },
    /// A debugger holds it.
    Traced {
        /// The debugger.
        by: Option<Pid>,
    },
    /// Its cgroup is frozen.
    Frozen,
    /// It is stopped and was not continued.
    Stopped,
    /// The system refused the signal for this reason.
    Failed(String),
    /// Nothing to be seen: it runs, sleeps, ignores or handles the signal.
    Nothing,
}

/// How a member ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It was dead before any signal could reach it.
    AlreadyEnded(Cause),
    /// It ended after it was signalled.
    Ended(Cause),
    /// It lives.
    Survived(Obstacle),
    /// Nobody waited for what became of it. [`Record::step`](crate::outcome::Record::step) tells whether it was
    /// signalled: it was not if it was only probed, or was born after its parent's
    /// signal.
    Signalled,
    /// It could not be signalled, and nobody waited.
    Unreached(Obstacle),
}
