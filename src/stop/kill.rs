//! The KILL step: nobody may get away, not even a child that is being born.
//!
//! A table that is read first and killed by afterwards misses whoever was forked
//! between. So each member is walked, parents first: its children lists are read,
//! KILL is sent, and the *same open* lists are read again. Once KILL is posted
//! fork(2) fails (`copy_process` looks for a fatal signal under the lock that adds
//! the child), so the second reading is complete. A member that was dead before may
//! have handed children on: these are met by the signal to the group and by one
//! more sweep. Nobody is stopped first, which would leave no doubt: when a parent ends, the
//! kernel sends HUP to a group that this orphans if somebody in it is stopped (setpgid(2)),
//! and strangers may be in there.

#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::time::Duration;

use super::{Event, Run, StepEnd};
use crate::signal::Signal;
use crate::system::System;

impl<S: System, T: FnMut(Event<'_>)> Run<'_, S, T> {
    /// Kills everyone and waits until the last one has ended and a sweep finds
    /// nobody.
    pub(super) fn kill(&mut self, at: usize, deadline: Duration) -> StepEnd {
        /// By then everyone has ended, most often, and one sweep is enough. Where somebody
        /// takes longer, those who got away are not given that time.
        const MOMENT: Duration = Duration::from_millis(50);
        self.walk(at);
        // The record is to have a name for those who belong by their group alone by now,
        // whom no walk but the signal to that group meets.
        self.roster.sweep_beside(self.system);
        loop {
            // Where each look finds others who can't be signalled, nobody is ever waited for.
            if let Some(end @ StepEnd::Interrupted(_)) = self.wait(at, &[], self.system.now()) {
                return end;
            }
            self.walk(at);
            self.roster.send_groups(self.system, Signal::KILL);
            let moment = self.system.now().saturating_add(MOMENT).min(deadline);
            for until in [moment, deadline] {
                let end = self.wait_for_all(at, until);
                if let Some(end @ StepEnd::Interrupted(_)) = end {
                    return end;
                }
                // The dead leave no orphans behind without a look for them.
                if self.finds_untried(at) {
                    break;
                }
                if end.is_none() {
                    if !self.roster.has_unseen() {
                        return self.end_of_step();
                    }
                    if let Some(end) = self.wait_for_unseen(at) {
                        return end;
                    }
                    break;
                }
                if self.system.now() < until {
                    // It can't be waited at all.
                    return StepEnd::TimeOver;
                }
            }
            if self.system.now() >= deadline {
                // Newcomers are killed all the same, if not awaited any more.
                self.walk(at);
                return StepEnd::TimeOver;
            }
        }
    }

    /// KILL to every living member, parents first, and to the children that they
    /// have by then.
    pub(super) fn walk(&mut self, at: usize) {
        let mut queue = VecDeque::from(self.roster.selection().parents_first());
        while let Some(member) = queue.pop_front() {
            if self.roster.is_living(member) && !self.roster.is_tried(member, at) {
                let known = self.roster.len();
                self.roster.send(self.system, member, at, Signal::KILL);
                queue.extend(known..self.roster.len());
            }
        }
    }

    /// KILL to the groups that belong as a whole, for those whom no look at /proc is
    /// quick enough to see, and a sweep for whoever is not known yet.
    fn finds_untried(&mut self, at: usize) -> bool {
        self.roster.send_groups(self.system, Signal::KILL);
        self.roster.sweep_again(self.system);
        self.roster
            .living()
            .any(|member| !self.roster.is_tried(member, at))
    }

    /// Waits until nobody is left who could be signalled; `None` is that.
    fn wait_for_all(&mut self, at: usize, deadline: Duration) -> Option<StepEnd> {
        while self.roster.awaited().next().is_some() {
            let watched: Vec<usize> = self.roster.living().collect();
            if let Some(end) = self.wait(at, &watched, deadline) {
                return Some(end);
            }
        }
        None
    }

    /// Lets a moment pass until the next look for those who are in a group that nothing can
    /// address: it takes one of them who lives long enough to vouch for it.
    fn wait_for_unseen(&mut self, at: usize) -> Option<StepEnd> {
        const MOMENT: Duration = Duration::from_millis(1);
        let until = self.system.now().saturating_add(MOMENT);
        let end = self.wait(at, &[], until);
        end.filter(|end| matches!(end, StepEnd::Interrupted(_)))
    }
}
