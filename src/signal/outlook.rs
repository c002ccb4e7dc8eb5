//! What would come of a signal that were sent to a process now.

#![forbid(unsafe_code)]

use super::Signal;
use super::disposition::{Disposition, SignalSets};
use super::reference::Action;
use crate::process::{Kind, Process, State};

/// What would come of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outlook {
    /// The process would end.
    Ends,
    /// It would end and dump core, where core dumps are on.
    Dumps,
    /// It would stop.
    Stops,
    /// It would go on.
    Continues,
    /// Its handler would run: the process decides.
    Handler,
    /// Nothing: the process ignores it.
    Ignored,
    /// Nothing: the default is to ignore it.
    Nothing,
    /// Nothing: it is stopped already.
    StoppedAlready,
    /// Nothing: it is not stopped.
    RunsAlready,
    /// Nothing: a PID namespace's init without a handler for it.
    Shielded,
    /// Nothing: it is a zombie.
    EndedAlready,
    /// Nothing: a kernel thread takes no signals.
    KernelThread,
    /// It would stay pending.
    Waits(Wait),
    /// One is pending already; another one would be lost, as standard signals do not
    /// queue (signal(7)).
    Lost(Wait),
}

/// What a pending signal waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wait {
    /// A thread that unblocks it.
    Blocked,
    /// CONT.
    Stopped,
    /// The tracer.
    Traced,
    /// The end of a sleep in the kernel that no signal interrupts.
    Uninterruptible,
    /// The process' next turn.
    Turn,
}

impl SignalSets {
    /// What would come of `signal` for the process of these sets.
    pub fn outlook(&self, signal: Signal, process: &Process) -> Outlook {
        if process.is_zombie() {
            return Outlook::EndedAlready;
        }
        if process.kind == Kind::Kernel {
            return Outlook::KernelThread;
        }
        // KILL and STOP reach the init of a namespace from outside of it; that of our
        // own has no outside that we could be in (pid_namespaces(7)).
        if self.shielded && !signal.is_catchable() && process.pid().is_init() {
            return Outlook::Shielded;
        }
        let is_stopped = process.state == State::Stopped;
        if signal == Signal::CONT && is_stopped {
            // Even blocked or ignored, CONT continues (signal(7)).
            return Outlook::Continues;
        }
        let settled = self.settled(signal);
        let outlook = match (self.wait(signal, process), settled) {
            (_, Disposition::Default(Action::Stop)) if is_stopped => Outlook::StoppedAlready,
            (None | Some(Wait::Stopped | Wait::Uninterruptible), Disposition::Ignored) => {
                Outlook::Ignored
            }
            (
                None | Some(Wait::Stopped | Wait::Uninterruptible),
                Disposition::Default(Action::Ignore),
            ) => Outlook::Nothing,
            (None | Some(Wait::Stopped | Wait::Uninterruptible), Disposition::Shielded) => {
                Outlook::Shielded
            }
            (Some(wait), _) => Outlook::Waits(wait),
            (None, Disposition::Default(Action::Terminate)) => Outlook::Ends,
            (None, Disposition::Default(Action::Core)) => Outlook::Dumps,
            (None, Disposition::Default(Action::Stop)) => Outlook::Stops,
            (None, Disposition::Default(Action::Continue)) => Outlook::RunsAlready,
            (None, Disposition::Caught) => Outlook::Handler,
            (None, Disposition::Blocked) => Outlook::Waits(Wait::Blocked),
            (None, Disposition::Pending) => Outlook::Waits(Wait::Turn),
        };
        if self.pending.contains(signal) && !signal.is_realtime() {
            return match outlook {
                Outlook::Waits(wait) => Outlook::Lost(wait),
                Outlook::Handler | Outlook::Ends | Outlook::Dumps | Outlook::Stops => {
                    Outlook::Lost(Wait::Turn)
                }
                other => other,
            };
        }
        outlook
    }

    /// What keeps the process from taking the signal at once.
    fn wait(&self, signal: Signal, process: &Process) -> Option<Wait> {
        let is_fatal = matches!(
            self.settled(signal),
            Disposition::Default(Action::Terminate | Action::Core)
        );
        match process.state {
            State::Traced if signal != Signal::KILL => Some(Wait::Traced),
            _ if signal.is_catchable() && self.blocked.contains(signal) => Some(Wait::Blocked),
            State::Stopped if signal != Signal::KILL => Some(Wait::Stopped),
            // Another thread may run a handler meanwhile; the end needs all of them.
            State::Uninterruptible if is_fatal || process.threads <= 1 => {
                Some(Wait::Uninterruptible)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::process::{Identity, Pid, StartTime};
    use crate::signal::disposition::SignalSet;

    fn process(state: State) -> Process {
        Process {
            identity: Identity {
                pid: Pid::new(700).expect("positive"),
                started: StartTime(1),
            },
            parent: None,
            group: None,
            session: None,
            state,
            threads: 1,
            kind: Kind::User,
            name: OsString::from("app"),
        }
    }

    fn signal(name: &str) -> Signal {
        name.parse().expect("a signal")
    }

    fn set(names: &[&str]) -> SignalSet {
        names.iter().map(|name| signal(name)).collect()
    }

    #[test]
    fn state_and_sets_decide_together() {
        let sets = SignalSets {
            caught: set(&["TERM", "RTMIN+1"]),
            ignored: set(&["HUP"]),
            blocked: set(&["USR1", "CONT"]),
            pending: set(&["USR1", "RTMIN+1"]),
            ..SignalSets::default()
        };
        for (name, state, outlook) in [
            ("TERM", State::Sleeping, Outlook::Handler),
            ("TERM", State::Stopped, Outlook::Waits(Wait::Stopped)),
            ("TERM", State::Traced, Outlook::Waits(Wait::Traced)),
            (
                "TERM",
                State::Uninterruptible,
                Outlook::Waits(Wait::Uninterruptible),
            ),
            ("TERM", State::Zombie, Outlook::EndedAlready),
            ("HUP", State::Sleeping, Outlook::Ignored),
            ("HUP", State::Stopped, Outlook::Ignored),
            ("HUP", State::Traced, Outlook::Waits(Wait::Traced)),
            ("USR1", State::Sleeping, Outlook::Lost(Wait::Blocked)),
            ("USR1", State::Stopped, Outlook::Lost(Wait::Blocked)),
            ("RTMIN+1", State::Sleeping, Outlook::Handler),
            ("INT", State::Running, Outlook::Ends),
            ("QUIT", State::Running, Outlook::Dumps),
            ("CHLD", State::Running, Outlook::Nothing),
            ("CHLD", State::Stopped, Outlook::Nothing),
            ("TSTP", State::Running, Outlook::Stops),
            ("TSTP", State::Stopped, Outlook::StoppedAlready),
            ("STOP", State::Stopped, Outlook::StoppedAlready),
            ("STOP", State::Traced, Outlook::Waits(Wait::Traced)),
            ("CONT", State::Stopped, Outlook::Continues),
            ("CONT", State::Sleeping, Outlook::Waits(Wait::Blocked)),
            ("KILL", State::Stopped, Outlook::Ends),
            ("KILL", State::Traced, Outlook::Ends),
            (
                "KILL",
                State::Uninterruptible,
                Outlook::Waits(Wait::Uninterruptible),
            ),
        ] {
            assert_eq!(
                sets.outlook(signal(name), &process(state)),
                outlook,
                "{name} while {state:?}"
            );
        }
    }

    #[test]
    fn a_signal_that_waits_for_one_thread_alone_does_not_change_the_outlook() {
        let sets = SignalSets {
            pending_thread: set(&["TERM"]),
            ..SignalSets::default()
        };
        assert_eq!(
            sets.outlook(Signal::TERM, &process(State::Sleeping)),
            Outlook::Ends
        );
    }

    #[test]
    fn the_first_process_is_shielded_even_from_kill_but_not_from_its_own_handlers() {
        let sets = SignalSets {
            caught: set(&["TERM"]),
            shielded: true,
            ..SignalSets::default()
        };
        let mut init = process(State::Sleeping);
        assert_eq!(sets.outlook(Signal::KILL, &init), Outlook::Ends);
        assert_eq!(sets.outlook(Signal::HUP, &init), Outlook::Shielded);
        init.identity.pid = Pid::new(1).expect("positive");
        assert_eq!(sets.outlook(Signal::KILL, &init), Outlook::Shielded);
        assert_eq!(sets.outlook(Signal::STOP, &init), Outlook::Shielded);
        assert_eq!(sets.outlook(Signal::TERM, &init), Outlook::Handler);
    }

    #[test]
    fn a_kernel_thread_takes_none() {
        let mut thread = process(State::Idle);
        thread.kind = Kind::Kernel;
        assert_eq!(
            SignalSets::default().outlook(Signal::KILL, &thread),
            Outlook::KernelThread
        );
    }
}
