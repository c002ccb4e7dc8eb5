//! Notices who has ended, and how.

#![forbid(unsafe_code)]

use std::io;
use std::time::Duration;

use super::Roster;
use crate::fate::{Cause, Fate};
use crate::signal::Signal;
use crate::system::{System, Wake};

impl<S: System> Roster<S> {
    /// Waits, and records who ended.
    pub(in crate::stop) fn wait(
        &mut self,
        system: &mut S,
        watched: &[usize],
        until: Duration,
    ) -> io::Result<Wake> {
        let (positions, handles): (Vec<usize>, Vec<&S::Handle>) = watched
            .iter()
            .filter_map(|&at| Some((at, self.survey.handle(at)?)))
            .unzip();
        let wake = system.wait(&handles, until)?;
        if let Wake::Exited(ended) = &wake {
            for at in ended.iter().filter_map(|&at| positions.get(at)) {
                self.settle(system, *at, Fate::Ended);
            }
        }
        Ok(wake)
    }

    /// Records who has ended by now, without waiting, and tells by what fell was asked to end
    /// meanwhile.
    pub(in crate::stop) fn settle_ended(&mut self, system: &mut S) -> Option<Signal> {
        let now = system.now();
        self.settle_until(system, now)
    }

    /// Records who is ending right now: what interrupts fell is often meant for the
    /// members as well (Ctrl-C), and one that is dying of it must not be told as left.
    pub(in crate::stop) fn settle_dying(&mut self, system: &mut S) {
        /// Ending takes the kernel far less; whoever lives longer is not about to end.
        const MOMENT: Duration = Duration::from_millis(20);
        let until = system.now().saturating_add(MOMENT);
        self.settle_until(system, until);
    }

    /// Records who ends until then, also if fell is asked to end.
    fn settle_until(&mut self, system: &mut S, until: Duration) -> Option<Signal> {
        /// More requests than that are not waited out.
        const REQUESTS: usize = 8;
        let mut requests = 0;
        let mut interrupted_by = None;
        while requests < REQUESTS {
            let living: Vec<usize> = self.living().collect();
            if living.is_empty() {
                break;
            }
            match self.wait(system, &living, until) {
                Ok(Wake::Exited(_)) => {}
                Ok(Wake::Interrupted(signal)) => {
                    interrupted_by = Some(signal);
                    requests += 1;
                }
                Ok(Wake::Hurried) => requests += 1,
                Ok(Wake::Paused) => {
                    requests += 1;
                    system.pause();
                }
                Ok(Wake::Deadline) | Err(_) => break,
            }
        }
        interrupted_by
    }

    pub(super) fn settle(&mut self, system: &mut S, at: usize, fate: fn(Cause) -> Fate) {
        let cause = self.survey.handle_mut(at).map_or(Cause::Unknown, |handle| {
            let cause = system.cause(handle);
            system.retire(handle);
            cause
        });
        let after = system.now().saturating_sub(self.began);
        let standing = &mut self.standings[at];
        let fate = fate(cause);
        // When somebody ended before fell looked is not known.
        standing.after = matches!(fate, Fate::Ended(_)).then_some(after);
        standing.fate = Some(fate);
    }
}
