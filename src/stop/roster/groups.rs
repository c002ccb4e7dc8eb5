//! Signals to whole groups: they meet those who are born and gone too quickly to be
//! seen.

#![forbid(unsafe_code)]

use std::collections::HashSet;
use std::io;

use super::Roster;
use crate::kinship::Kin;
use crate::process::{Pgid, Pid, StartTime};
use crate::signal::Signal;
use crate::system::{GroupKey, Lost, System};

impl<S: System> Roster<S> {
    /// Sends to every group that belongs as a whole, and tells which of them are still
    /// there and got it, if only their zombies. One that is there though nobody can vouch
    /// for it is noted: whoever is in there is out of reach.
    pub(in crate::stop) fn send_groups(&mut self, system: &mut S, signal: Signal) -> Vec<Pgid> {
        let mut reached = Vec::new();
        let groups: Vec<Pgid> = self.selection().groups().collect();
        let foreign = self.foreign_groups();
        for group in groups {
            let sent = self.send_group(system, group, signal);
            let looked = match sent {
                Err(Lost::Unsupported) if system.has_group(group) => Err(never_found()),
                // Whom the signal has not reached the kernel does not say, only that somebody is
                // in there: perhaps who has ended, perhaps one more whom no look has found.
                Ok(()) | Err(Lost::Denied)
                    if foreign.contains(&group) && !self.holds_only_ended(system, group) =>
                {
                    Err(Lost::Denied)
                }
                _ => Ok(()),
            };
            self.survey.note_group(group, &looked);
            if sent.is_ok() {
                reached.push(group);
            }
        }
        reached
    }

    /// [`Lost::Gone`] where the group is known to be empty, [`Lost::Unsupported`] where
    /// nothing is left to address it by.
    fn send_group(&self, system: &mut S, group: Pgid, signal: Signal) -> Result<(), Lost> {
        for key in self.group_keys(group) {
            let is_leader = matches!(key, GroupKey::Leader(_));
            match system.send_group(key, signal) {
                // The kernel knows all that are in there.
                Err(Lost::Gone) if is_leader => return Err(Lost::Gone),
                // Somebody is; whether they are known, those who vouch for it tell.
                Err(Lost::Denied) if is_leader => {}
                // This key opens nothing any more; the next one may.
                Err(Lost::Gone | Lost::Unsupported) => {}
                sent => return sent,
            }
        }
        Err(Lost::Unsupported)
    }

    /// The groups in which somebody was who may not be signalled, and nobody is left who is
    /// known to be alive.
    fn foreign_groups(&self) -> HashSet<Pgid> {
        let group = |at: usize| self.selection().members()[at].process.group;
        let denied = (0..self.len()).filter(|&at| self.standings[at].was_denied);
        let mut foreign: HashSet<Pgid> = denied.filter_map(group).collect();
        if !foreign.is_empty() {
            for living in self.living().filter_map(group) {
                foreign.remove(&living);
            }
        }
        foreign
    }

    /// Whether all who are in a group are known to have ended and only wait to be reaped. A
    /// look at who is in there misses nobody if nobody was born in its course.
    fn holds_only_ended(&mut self, system: &mut S, group: Pgid) -> bool {
        /// On a busy machine somebody is born in most looks.
        const LOOKS: usize = 8;
        let kin = Kin {
            groups: vec![group],
            sessions: Vec::new(),
        };
        for _ in 0..LOOKS {
            let (Some(before), Ok(mates)) = (system.take_number(), system.mates(&kin)) else {
                return false;
            };
            let next = system.take_number().map(Pid::get);
            let are_over = mates.iter().all(|&mate| self.is_over(system, mate));
            if are_over && next.is_some_and(|next| next == before.get() + 1) {
                return true;
            }
        }
        false
    }

    /// Whether this is the number of a member that has ended and was not reaped.
    fn is_over(&mut self, system: &mut S, pid: Pid) -> bool {
        let Some(at) = self.selection().position(pid) else {
            return false;
        };
        !self.is_living(at) && self.survey.is_unreaped(system, pid)
    }

    /// Whether somebody is in a group that belongs, out of reach and never seen.
    pub(in crate::stop) fn has_unseen(&self) -> bool {
        self.survey.has_unseen()
    }

    /// Notes that a newcomer got this step's signal with its group, if it may have been
    /// there before these groups were signalled: a second one could make it abort its
    /// clean-up. If it was born right after, the next signal to the group meets it.
    pub(in crate::stop) fn note_group_signal(
        &mut self,
        at: usize,
        step: usize,
        reached: &[Pgid],
        began: StartTime,
    ) {
        let process = &self.selection().members()[at].process;
        let was_in_group = process.group.is_some_and(|group| reached.contains(&group));
        if was_in_group && process.identity.started <= began && self.is_living(at) {
            let standing = &mut self.standings[at];
            standing.tried = Some(step);
            standing.step = Some(step);
            standing.sent_at = Some(began);
        }
    }

    /// What a group can be addressed by: the process that opened it, or else those
    /// who were seen in it, the living first.
    fn group_keys(&self, group: Pgid) -> impl Iterator<Item = GroupKey<'_, S::Handle>> {
        let leader = self
            .selection()
            .position(group.leader())
            .and_then(|at| self.survey.handle(at))
            .map(GroupKey::Leader);
        let in_group =
            move |&at: &usize| self.selection().members()[at].process.group == Some(group);
        let ended = (0..self.len()).filter(|&at| !self.is_living(at));
        let vouchers = self
            .living()
            .chain(ended)
            .filter(in_group)
            .filter_map(|at| self.survey.handle(at))
            .map(move |by| GroupKey::Vouched { group, by });
        leader.into_iter().chain(vouchers)
    }
}

/// Why nobody can be named who is in a group.
fn never_found() -> Lost {
    let why = "they come and go faster than they can be looked at";
    Lost::Failed(io::Error::other(why))
}
