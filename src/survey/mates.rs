//! Finds who is in the groups and sessions of the set, and makes sure that their numbers
//! still mean these.

#![forbid(unsafe_code)]

use std::io;

use super::{AT_ONCE, Lists, Survey};
use crate::process::{Pgid, Pid, Process, Sid, StartTime};
use crate::selection::Via;
use crate::system::{Lost, System};

impl<S: System> Survey<S> {
    /// Admits everyone who is in a group or session that belongs.
    pub fn find_mates(&mut self, system: &mut S, ended: &impl Fn(usize) -> bool) -> io::Result<()> {
        if self.lists == Lists::Absent {
            return self.read_table(system);
        }
        let kin = self.selection.kin();
        if kin.is_empty() {
            return Ok(());
        }
        let mut mates = system.mates(&kin)?;
        mates.retain(|&pid| !self.is_held(pid, ended) && !self.is_unreaped(system, pid));
        for mates in mates.chunks(AT_ONCE) {
            let opened = self.open_each(system, mates);
            // Numbers that were still borne by whom they named when all of them had been read.
            let mut proven = Vec::new();
            for (mut handle, process) in opened.flatten() {
                if self.is_double(&process) {
                    self.selection.disown(process.pid());
                    continue;
                }
                self.verify_names(system, &mut handle, &process, &mut proven);
                self.offer(handle, process, Via::Mate);
            }
        }
        self.note_openers(system);
        Ok(())
    }

    /// Learns who opened the groups and sessions that the targets are in. While a target is
    /// there, nobody else can bear their numbers. Once it is not, and its zombie neither, only
    /// those are surely no strangers who had started before the targets were opened.
    pub(super) fn note_openers_around_targets(&mut self, system: &mut S, opened_at: StartTime) {
        self.note_openers(system);
        for at in 0..self.len() {
            let process = &self.selection.members()[at].process;
            let group = process.group.map(Pgid::leader);
            let session = process.session.map(Sid::leader);
            let is_young = |pid: &Pid| {
                let opener = self.selection.opener(*pid);
                opener.is_some_and(|opener| opener.started >= opened_at)
            };
            let young: Vec<Pid> = group.into_iter().chain(session).filter(is_young).collect();
            if !young.is_empty() && self.is_gone(system, at) {
                for number in young {
                    self.selection.disown(number);
                }
            }
        }
    }

    fn is_gone(&mut self, system: &mut S, at: usize) -> bool {
        self.handles[at]
            .as_mut()
            .is_some_and(|handle| matches!(system.review(handle), Err(Lost::Gone)))
    }

    fn note_openers(&mut self, system: &mut S) {
        self.selection
            .note_openers(|pid| Ok(system.glance(pid)?.identity));
    }

    /// Whether a member that has ended still has its number: a zombie can be signalled,
    /// one that was reaped can't. Cheaper than to open it anew with every sweep.
    pub(crate) fn is_unreaped(&mut self, system: &mut S, pid: Pid) -> bool {
        self.selection
            .position(pid)
            .and_then(|at| self.handles[at].as_mut())
            .is_some_and(|handle| !matches!(system.probe(handle), Err(Lost::Gone)))
    }

    /// Whether this is not the member that it seems to be, which is known to have been
    /// reaped, but somebody who got its number in the very tick in which it was born.
    fn is_double(&self, process: &Process) -> bool {
        self.selection.position(process.pid()).is_some_and(|at| {
            self.handles[at].is_some()
                && self.selection.members()[at].process.identity == process.identity
        })
    }

    /// Makes sure that the group and the session in which somebody was seen are still
    /// those that belong. Their numbers are safe as long as whoever opened them bears
    /// them, if only as a zombie. Where nobody bears one any more, a stranger may have borne it
    /// between: of a group, the kernel knows whether it is the one that the member opened.
    fn verify_names(
        &mut self,
        system: &mut S,
        handle: &mut S::Handle,
        mate: &Process,
        proven: &mut Vec<Pid>,
    ) {
        let group = mate.group.map(Pgid::leader);
        let session = mate.session.map(Sid::leader);
        for leader in group.into_iter().chain(session) {
            if leader == mate.pid() || proven.contains(&leader) {
                continue;
            }
            if self.is_borne_by_member(system, leader) {
                proven.push(leader);
                continue;
            }
            match system.glance(leader) {
                Ok(bearer) if self.selection.is_usurper(&bearer) || self.is_double(&bearer) => {
                    self.selection.disown(leader);
                }
                Ok(_) => proven.push(leader),
                Err(Lost::Gone)
                    if group == Some(leader)
                        && self.is_empty_group_of(system, leader)
                        && system
                            .review(handle)
                            .is_ok_and(|again| again.group == mate.group) =>
                {
                    self.selection.disown(leader);
                }
                Err(_) => {}
            }
        }
    }

    /// Whether nobody is in the group that a member has opened.
    fn is_empty_group_of(&mut self, system: &mut S, opener: Pid) -> bool {
        self.selection
            .position(opener)
            .and_then(|at| self.handles[at].as_mut())
            .is_some_and(|handle| matches!(system.probe_group(handle), Err(Lost::Gone)))
    }

    pub(super) fn is_borne_by_member(&mut self, system: &mut S, pid: Pid) -> bool {
        let Some(at) = self.selection.position(pid) else {
            return false;
        };
        let identity = self.selection.members()[at].process.identity;
        match self.handles[at]
            .as_mut()
            .map(|handle| system.review(handle))
        {
            Some(Ok(process)) => process.identity == identity,
            Some(Err(Lost::Gone)) | None => false,
            // It can't be read, and nothing says that it is not there.
            Some(Err(_)) => true,
        }
    }
}
