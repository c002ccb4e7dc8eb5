//! Those who are stopped: a signal that they may handle waits until they are continued.

#![forbid(unsafe_code)]

use super::Roster;
use crate::process::State;
use crate::signal::Signal;
use crate::system::System;

impl<S: System> Roster<S> {
    /// Whether a member was stopped when it was read last.
    pub(in crate::stop) fn is_seen_stopped(&self, at: usize) -> bool {
        self.selection().members()[at].process.state == State::Stopped
    }

    /// Whether anybody living was.
    pub(in crate::stop) fn has_stopped(&self) -> bool {
        self.living().any(|at| self.is_seen_stopped(at))
    }

    /// Continues whoever is stopped: the signal stays pending until then. One that
    /// its tracer stopped is left to the tracer. Children come before their parents: if
    /// these ended first, the kernel would send HUP to groups that are orphaned with
    /// somebody stopped in them (setpgid(2)).
    pub(in crate::stop) fn wake_stopped(&mut self, system: &mut S) {
        for at in self.selection().parents_first().into_iter().rev() {
            let is_stopped = self.is_living(at)
                && self.standings[at].step.is_some()
                && self
                    .survey
                    .review(system, at)
                    .is_ok_and(|process| process.state == State::Stopped);
            if is_stopped && let Some(handle) = self.survey.handle_mut(at) {
                // If it can't be continued it stays stopped, and the record says so.
                let _ = system.send(handle, Signal::CONT);
            }
        }
    }
}
