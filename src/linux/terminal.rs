//! The terminal that a program is given, as a shell gives it to a job.

#![forbid(unsafe_code)]

use std::fs::File;
use std::io::{IsTerminal, stdin, stdout};
use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::signal::{SigSet, SigmaskHow, Signal as Number, killpg, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd;

use crate::process::Pid;

/// The controlling terminal.
#[derive(Debug)]
pub(super) struct Terminal {
    tty: File,
    /// Whether the program may have it.
    lending: Lending,
}

/// What the program has of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lending {
    /// Nothing, and it shall not: it reads and writes elsewhere, and somebody else of the
    /// same job, behind a pipe, may need the keyboard.
    Unwanted,
    /// Nothing yet: it is to have the foreground as soon as fell has it.
    Wanted,
    /// The foreground.
    Held,
}

impl Terminal {
    /// The terminal that controls fell, if there is one.
    pub(super) fn of_own() -> Option<Self> {
        let tty = File::options()
            .read(true)
            .write(true)
            .open("/dev/tty")
            .ok()?;
        let is_for_program = stdin().is_terminal() && stdout().is_terminal();
        Some(Self {
            tty,
            lending: if is_for_program {
                Lending::Wanted
            } else {
                Lending::Unwanted
            },
        })
    }

    /// The terminal, if the program is to take it when it starts.
    pub(super) fn lend_at_start(&mut self) -> Option<BorrowedFd<'_>> {
        if self.lending != Lending::Wanted || !self.is_ours() {
            return None;
        }
        self.lending = Lending::Held;
        Some(self.tty.as_fd())
    }

    /// Whether the program has the terminal.
    pub(super) fn is_lent(&self) -> bool {
        self.lending == Lending::Held
    }

    /// Whether fell's group is in the foreground.
    pub(super) fn is_ours(&self) -> bool {
        unistd::tcgetpgrp(&self.tty).is_ok_and(|group| group == unistd::getpgrp())
    }

    /// The program has shown that it wants the terminal.
    pub(super) fn note_wanted(&mut self) {
        self.lending = Lending::Wanted;
    }

    /// Puts the program's group into the foreground, if fell's is there and may.
    pub(super) fn lend(&mut self, group: Pid) {
        let group = unistd::Pid::from_raw(group.get());
        // The group may have ended with the program: then fell keeps the terminal.
        if self.lending == Lending::Wanted
            && self.is_ours()
            && unistd::tcsetpgrp(&self.tty, group).is_ok()
        {
            self.lending = Lending::Held;
        }
    }

    /// Puts fell's group into the foreground again; TTOU is blocked, so it may. Jobs of a
    /// shell that ran under fell may have had it last.
    pub(super) fn take_back(&mut self) {
        if self.is_lent() {
            // A terminal that was hung up can't be taken, and nobody needs it.
            let _ = unistd::tcsetpgrp(&self.tty, unistd::getpgrp());
            self.lending = Lending::Wanted;
        }
    }
}

/// How a pause ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pause {
    /// Somebody continued fell.
    Over,
    /// There was none: nobody is there who could continue fell, so the kernel did not
    /// stop it.
    Refused,
}

/// Whom a pause stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// fell: the others of its group have got the same signal from the terminal.
    Own,
    /// All of fell's group: the terminal would have stopped them, but for the program
    /// that had the foreground instead of them.
    Group,
}

/// Stops fell as Ctrl-Z would, and returns when it is continued.
pub(super) fn pause(extent: Extent) -> Pause {
    let mut set = SigSet::empty();
    set.add(Number::SIGTSTP);
    // What is passed on is no reason to stop oneself.
    take(Number::SIGTSTP);
    let stop = || -> nix::Result<()> {
        let before = set.thread_swap_mask(SigmaskHow::SIG_UNBLOCK)?;
        match extent {
            Extent::Own => raise(Number::SIGTSTP)?,
            Extent::Group => killpg(unistd::getpgrp(), Number::SIGTSTP)?,
        }
        before.thread_set_mask()
    };
    // Where it can't be stopped, it goes on.
    let _ = stop();
    if take(Number::SIGCONT) {
        Pause::Over
    } else {
        Pause::Refused
    }
}

/// Takes a signal of this number that has come, and no other.
fn take(number: Number) -> bool {
    let mut set = SigSet::empty();
    set.add(number);
    SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
        .ok()
        .and_then(|fd| fd.read_signal().ok().flatten())
        .is_some()
}
