//! A process as its parent, its group and the kernel know it.
//!
//! Numbers are kept apart by type, and none can hold what kill(2) would read as
//! "my own group", "everyone" or "a group": 0 and negative numbers have no value here.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::fmt;
use std::num::NonZeroI32;
use std::time::Duration;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(NonZeroI32);

        impl $name {
            /// `None` for 0 and below.
            pub fn new(number: i32) -> Option<Self> {
                NonZeroI32::new(number).filter(|number| number.get() > 0).map(Self)
            }

            /// The number, always positive.
            pub const fn get(self) -> i32 {
                self.0.get()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

number! {
    /// A process ID.
    Pid
}
number! {
    /// A process group ID: the PID of the process that opened the group.
    Pgid
}
number! {
    /// A session ID: the PID of the process that opened the session.
    Sid
}

impl Pid {
    /// The first process of a PID namespace.
    pub fn is_init(self) -> bool {
        self.get() == 1
    }
}

impl Pgid {
    /// The process that opened the group, alive or not.
    pub fn leader(self) -> Pid {
        Pid(self.0)
    }
}

impl Sid {
    /// The process that opened the session, alive or not.
    pub fn leader(self) -> Pid {
        Pid(self.0)
    }
}

impl From<Pid> for Pgid {
    /// The group that this process leads, if it leads one.
    fn from(pid: Pid) -> Self {
        Self(pid.0)
    }
}

impl From<Pid> for Sid {
    /// The session that this process leads, if it leads one.
    fn from(pid: Pid) -> Self {
        Self(pid.0)
    }
}

/// When a process started: clock ticks after boot, a hundredth of a second each
/// on every Linux that matters (`starttime` of proc_pid_stat(5)). Suspend counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StartTime(pub u64);

impl StartTime {
    /// Ticks in a second: the kernel's `USER_HZ`, 100 on all architectures but
    /// Alpha and ia64, which Rust's standard library does not run on.
    pub const TICKS_PER_SECOND: u64 = 100;

    /// The tick in which the moment `since_boot` lies.
    pub fn at(since_boot: Duration) -> Self {
        Self(
            since_boot.as_secs() * Self::TICKS_PER_SECOND
                + u64::from(since_boot.subsec_millis() / 10),
        )
    }

    /// The beginning of the tick.
    pub fn since_boot(self) -> Duration {
        Duration::from_millis(self.0 * (1000 / Self::TICKS_PER_SECOND))
    }
}

/// Which process a number means: a PID alone may come to mean another process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    /// The number.
    pub pid: Pid,
    /// When the process behind it started.
    pub started: StartTime,
}

/// The state letter of proc_pid_stat(5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// `R`: running or ready to.
    Running,
    /// `S`: sleeping, a signal wakes it.
    Sleeping,
    /// `D`: sleeping in the kernel, no signal wakes it.
    Uninterruptible,
    /// `T`: stopped by a signal.
    Stopped,
    /// `t`: stopped by its tracer.
    Traced,
    /// `Z`: its main thread has ended.
    Zombie,
    /// `X`: being taken away.
    Dead,
    /// `I`: an idle kernel thread.
    Idle,
    /// Any other letter of a kernel to come.
    Other(u8),
}

impl State {
    /// The state behind a letter of /proc/PID/stat.
    pub fn from_letter(letter: u8) -> Self {
        match letter {
            b'R' => Self::Running,
            b'S' => Self::Sleeping,
            b'D' => Self::Uninterruptible,
            b'T' => Self::Stopped,
            b't' => Self::Traced,
            b'Z' => Self::Zombie,
            b'X' | b'x' => Self::Dead,
            b'I' => Self::Idle,
            other => Self::Other(other),
        }
    }
}

/// What the kernel runs behind a PID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A program.
    User,
    /// A kernel thread, which no signal ends.
    Kernel,
}

/// One look at a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Who it is.
    pub identity: Identity,
    /// Its parent; `None` when that lies outside this PID namespace.
    pub parent: Option<Pid>,
    /// Its process group; `None` when that lies outside this PID namespace.
    pub group: Option<Pgid>,
    /// Its session; `None` when that lies outside this PID namespace.
    pub session: Option<Sid>,
    /// Its main thread's state.
    pub state: State,
    /// How many threads it has; 0 or 1 once only a zombie is left.
    pub threads: u32,
    /// A program or a kernel thread.
    pub kind: Kind,
    /// Its name, at most 15 bytes, which the process chooses: any bytes at all.
    pub name: OsString,
}

impl Process {
    /// Its number.
    pub fn pid(&self) -> Pid {
        self.identity.pid
    }

    /// Whether it has ended and only its entry is left. A main thread that ended
    /// while other threads run shows `Z` too, but that process is alive.
    pub fn is_zombie(&self) -> bool {
        matches!(self.state, State::Zombie | State::Dead) && self.threads <= 1
    }

    /// Whether it leads its process group.
    pub fn leads_group(&self) -> bool {
        self.group.is_some_and(|group| group.leader() == self.pid())
    }

    /// Whether it leads its session.
    pub fn leads_session(&self) -> bool {
        self.session
            .is_some_and(|session| session.leader() == self.pid())
    }
}
