//! The port to the outside world: everything that the core asks of an operating
//! system, and nothing else.

#![forbid(unsafe_code)]

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use crate::command::CommandLine;
use crate::fate::{Cause, Obstacle};
use crate::kinship::{Kin, Listing};
use crate::process::{Pgid, Pid, Process, StartTime};
use crate::signal::Signal;
use crate::signal::disposition::SignalSets;
use crate::snapshot::Snapshot;

/// Why a process could not be reached.
#[derive(Debug)]
pub enum Lost {
    /// It has ended and was reaped, or never was.
    Gone,
    /// The number is that of a thread of this process.
    Thread(Pid),
    /// Not permitted.
    Denied,
    /// This system can't do that.
    Unsupported,
    /// Anything else, with the system's own word for it.
    Failed(io::Error),
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("no such process"),
            Self::Thread(of) => write!(f, "a thread of process {of}"),
            Self::Denied => f.write_str("not permitted"),
            Self::Unsupported => f.write_str("not supported by this system"),
            Self::Failed(_) => f.write_str("the system refused"),
        }
    }
}

impl Error for Lost {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(source) => Some(source),
            _ => None,
        }
    }
}

/// How firmly a process is held while it is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Enough to read it: for a look or a dry run.
    Look,
    /// The same, and its children are going to be read: at once, if that is of advantage.
    Browse,
    /// So that its number cannot come to mean another process: to signal it, to
    /// wait for it and to learn how it ended.
    Pin,
    /// The same, and its children are going to be read.
    Follow,
}

/// What came of [`System::send_between`].
#[derive(Debug)]
pub struct Passage {
    /// The children before the signal.
    pub before: Result<Listing, Lost>,
    /// The moment right before the signal: whoever is born in the course of it is born of
    /// it, since who is woken by a signal may run before its sender does.
    pub sent_at: StartTime,
    /// The signal.
    pub sent: Result<(), Lost>,
    /// The children after it.
    pub after: Result<Listing, Lost>,
}

/// What a group signal is addressed by. A bare number never is enough: the group
/// may have ended and a stranger's may bear the number.
#[derive(Debug)]
pub enum GroupKey<'h, H> {
    /// The process that opened the group, alive or not.
    Leader(&'h H),
    /// A process that must still be in the group, checked right before the signal.
    Vouched {
        /// The group.
        group: Pgid,
        /// Who vouches for it.
        by: &'h H,
    },
}

/// What is worth telling of a process beyond its kinship.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// The real user ID.
    pub owner: u32,
    /// The command line; empty for a zombie or a kernel thread.
    pub command: CommandLine,
    /// What it does with its signals.
    pub signals: SignalSets,
}

/// Why waiting ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wake {
    /// These of the watched have ended, as positions in what was watched.
    Exited(Vec<usize>),
    /// The time is over.
    Deadline,
    /// fell itself was asked to end.
    Interrupted(Signal),
    /// fell itself was asked to stop until it is continued (Ctrl-Z): [`System::pause`]
    /// does it, once everything is ready for it.
    Paused,
    /// fell itself was asked to hurry: the next step comes now. Nobody is told so whose
    /// wait is over anyway.
    Hurried,
}

/// An operating system, or a world that a test has made up.
pub trait System {
    /// A process that was opened; how firmly is for [`Hold`] to say.
    type Handle;

    /// The time on a monotonic clock, less what fell itself is known to have spent
    /// stopped (Ctrl-Z). A stop that becomes known only in [`System::wait`] sets the
    /// clock back by as much.
    fn now(&self) -> Duration;

    /// The same moment as processes' start times tell it.
    fn tick(&self) -> StartTime;

    /// The running process, which is never a member.
    fn own_pid(&self) -> Pid;

    /// Every process that can be seen.
    fn table(&mut self) -> io::Result<Snapshot>;

    /// Whether processes are hidden from this user (hidepid of proc(5)).
    fn is_partial(&mut self) -> bool;

    /// One look at a process. A number that comes from outside may be a thread's:
    /// [`Lost::Thread`].
    fn look(&mut self, pid: Pid) -> Result<Process, Lost>;

    /// Opens a process and reads it, proving that both are the same process.
    fn open(&mut self, pid: Pid, hold: Hold) -> Result<(Self::Handle, Process), Lost>;

    /// One look at a process whose number the system gave out itself.
    fn glance(&mut self, pid: Pid) -> Result<Process, Lost> {
        self.open(pid, Hold::Look).map(|(_, process)| process)
    }

    /// Opens many, in their order.
    fn open_each(
        &mut self,
        pids: &[Pid],
        hold: Hold,
    ) -> Vec<Result<(Self::Handle, Process), Lost>> {
        pids.iter().map(|&pid| self.open(pid, hold)).collect()
    }

    /// Reads an opened process once more.
    fn review(&mut self, of: &mut Self::Handle) -> Result<Process, Lost>;

    /// Whether it has ended or nothing can keep it from that: its children may have been
    /// handed on before it is seen as a zombie.
    fn is_ending(&mut self, of: &mut Self::Handle) -> bool;

    /// Owner, command line and signal sets of an opened process.
    fn describe(&mut self, of: &mut Self::Handle) -> Result<Description, Lost>;

    /// The children of all its threads. [`Lost::Unsupported`] where the kernel keeps
    /// no such lists: [`System::table`] has them then.
    fn children(&mut self, of: &mut Self::Handle) -> Result<Listing, Lost>;

    /// Who is in one of these groups or sessions.
    fn mates(&mut self, kin: &Kin) -> io::Result<Vec<Pid>>;

    /// Sends a signal to a pinned process.
    fn send(&mut self, to: &mut Self::Handle, signal: Signal) -> Result<(), Lost>;

    /// Reads the children, sends a signal and reads them again, with as little as can
    /// be in between: who is born between the first reading and the signal is lost if
    /// the process is dead by the second one.
    fn send_between(&mut self, to: &mut Self::Handle, signal: Signal) -> Passage {
        let before = self.children(to);
        let sent_at = self.tick();
        let sent = self.send(to, signal);
        let after = self.children(to);
        Passage {
            before,
            sent_at,
            sent,
            after,
        }
    }

    /// Whether a process is held by more than its number and start time.
    fn is_pinned(&self, _of: &Self::Handle) -> bool {
        true
    }

    /// Takes back the handles on members that nobody needs any more.
    fn release(&mut self, handles: Vec<Self::Handle>) {
        drop(handles);
    }

    /// Asks whether a signal could be sent.
    fn probe(&mut self, to: &mut Self::Handle) -> Result<(), Lost>;

    /// Sends a signal to a whole group at once. [`Lost::Gone`] where the key no
    /// longer stands for the group.
    fn send_group(&mut self, group: GroupKey<'_, Self::Handle>, signal: Signal)
    -> Result<(), Lost>;

    /// Whether somebody is in the group of this number whom a signal to it would reach, if
    /// only a zombie; whose group that is, nobody says.
    fn has_group(&mut self, group: Pgid) -> bool;

    /// Takes the next number that a process or thread of this PID namespace is to get, and
    /// gives it back: two of them are neighbours only if nobody was born between. `None` where
    /// that can't be done, or somebody may be there who is not seen.
    fn take_number(&mut self) -> Option<Pid>;

    /// Asks whether anybody is in the group that this process has opened, whoever bears its
    /// number by now: [`Lost::Gone`] where nobody is.
    fn probe_group(&mut self, opened_by: &mut Self::Handle) -> Result<(), Lost>;

    /// How a pinned process that has ended came to its end.
    fn cause(&mut self, of: &mut Self::Handle) -> Cause;

    /// Gives back what a process is read by: it has ended, and how is known. To do it now, while
    /// others are still to end, takes no time at the end.
    fn retire(&mut self, _of: &mut Self::Handle) {}

    /// What keeps a process alive that was told to end.
    fn obstacle(&mut self, of: &mut Self::Handle) -> Obstacle;

    /// Stops fell until it is continued, if anybody could do that. The time between is left
    /// out of [`System::now`]. For a system whose waits end in [`Wake::Paused`].
    fn pause(&mut self) {}

    /// Waits until one of the watched ends, until the clock of [`System::now`] shows
    /// `until`, or until fell is asked to end.
    fn wait(&mut self, watched: &[&Self::Handle], until: Duration) -> io::Result<Wake>;
}
