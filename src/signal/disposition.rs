//! What a process does with a signal, judged from its signal sets.

#![forbid(unsafe_code)]

use super::Signal;
use super::reference::Action;

/// A set of signals, bit `n - 1` standing for signal `n`, as in the `Sig…` lines
/// of /proc/PID/status (proc_pid_status(5)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct SignalSet(pub u128);

impl SignalSet {
    /// Whether `signal` is in the set.
    pub fn contains(self, signal: Signal) -> bool {
        self.0 >> (signal.number() - 1) & 1 == 1
    }

    /// The signals that are in both sets.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl FromIterator<Signal> for SignalSet {
    fn from_iter<I: IntoIterator<Item = Signal>>(signals: I) -> Self {
        Self(
            signals
                .into_iter()
                .fold(0, |set, signal| set | 1 << (signal.number() - 1)),
        )
    }
}

/// What one process does with its signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct SignalSets {
    /// A handler is installed (`SigCgt`).
    pub caught: SignalSet,
    /// Ignored (`SigIgn`).
    pub ignored: SignalSet,
    /// Blocked by every thread: a signal to the process is taken by any thread
    /// that does not block it, so one thread alone blocks nothing (signal(7)).
    pub blocked: SignalSet,
    /// Waiting for the process as a whole (`ShdPnd`).
    pub pending: SignalSet,
    /// Waiting for one of its threads (`SigPnd`).
    pub pending_thread: SignalSet,
    /// Whether it is the init of a PID namespace, which gets no signal that it
    /// has no handler for (pid_namespaces(7)).
    pub shielded: bool,
}

/// What would become of a signal that came now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// A handler runs: the process decides.
    Caught,
    /// It is thrown away.
    Ignored,
    /// It waits until a thread unblocks it.
    Blocked,
    /// The same signal waits already; another one would be lost.
    Pending,
    /// The kernel does this.
    Default(Action),
    /// The process is a PID namespace's init without a handler for it: nothing
    /// happens, but KILL and STOP from outside the namespace work.
    Shielded,
}

impl SignalSets {
    /// What becomes of `signal` when it is sent to the process.
    ///
    /// One that is pending for a single thread says nothing about that: the next one
    /// goes to any thread that does not block it.
    pub fn disposition(&self, signal: Signal) -> Disposition {
        if signal.is_catchable() && self.pending.contains(signal) {
            Disposition::Pending
        } else {
            self.settled(signal)
        }
    }

    /// What becomes of `signal` once nothing is pending. Blocked comes first: a
    /// blocked signal is kept even if it is ignored, since that may change until it
    /// is taken.
    pub fn settled(&self, signal: Signal) -> Disposition {
        if !signal.is_catchable() {
            Disposition::Default(signal.default_action())
        } else if self.blocked.contains(signal) {
            Disposition::Blocked
        } else if self.caught.contains(signal) {
            Disposition::Caught
        } else if self.ignored.contains(signal) {
            Disposition::Ignored
        } else if self.shielded {
            Disposition::Shielded
        } else {
            Disposition::Default(signal.default_action())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(signals: &[Signal]) -> SignalSet {
        signals.iter().copied().collect()
    }

    #[test]
    fn the_strongest_set_decides() {
        let sets = SignalSets {
            caught: set(&[Signal::TERM, Signal::INT]),
            ignored: set(&[Signal::HUP, Signal::QUIT]),
            blocked: set(&[Signal::INT, Signal::QUIT, Signal::KILL]),
            pending: set(&[Signal::QUIT]),
            ..SignalSets::default()
        };
        for (signal, disposition) in [
            (Signal::TERM, Disposition::Caught),
            (Signal::HUP, Disposition::Ignored),
            (Signal::INT, Disposition::Blocked),
            (Signal::QUIT, Disposition::Pending),
            (Signal::CONT, Disposition::Default(Action::Continue)),
            (Signal::KILL, Disposition::Default(Action::Terminate)),
        ] {
            assert_eq!(sets.disposition(signal), disposition, "{signal}");
        }
        assert_eq!(sets.settled(Signal::QUIT), Disposition::Blocked);
    }

    #[test]
    fn the_init_of_a_namespace_gets_only_what_it_handles() {
        let sets = SignalSets {
            caught: set(&[Signal::TERM]),
            shielded: true,
            ..SignalSets::default()
        };
        assert_eq!(sets.disposition(Signal::TERM), Disposition::Caught);
        assert_eq!(sets.disposition(Signal::HUP), Disposition::Shielded);
        assert_eq!(
            sets.disposition(Signal::KILL),
            Disposition::Default(Action::Terminate)
        );
    }

    #[test]
    fn what_waits_for_one_thread_is_not_pending_for_the_process() {
        let sets = SignalSets {
            pending_thread: set(&[Signal::TERM]),
            ..SignalSets::default()
        };
        assert_eq!(
            sets.disposition(Signal::TERM),
            Disposition::Default(Action::Terminate)
        );
    }
}
