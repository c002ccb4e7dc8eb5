//! Which groups and sessions belong, by their numbers.
//!
//! The number of a group or session is that of the process that opened it. The kernel
//! gives it to nobody else while anyone is left in there; this is what makes a number
//! proof of kinship, and a stranger who bears it proof that the name is void.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;

use super::{Caveat, Member, Selection};
use crate::kinship::Kin;
use crate::process::{Identity, Pgid, Pid, Process, Sid};
use crate::scope::Reach;
use crate::system::Lost;
use crate::target::Root;

impl Selection {
    /// The root by which a group belongs: it is known to, or a member bears its number
    /// and must have opened it since the last look.
    pub(super) fn root_of_group(&self, group: Pgid) -> Option<usize> {
        let opened = || {
            let at = self.position(group.leader())?;
            (self.is_free_group(group) && self.scope.reach.follows_leaders())
                .then(|| self.members[at].root)
        };
        self.groups.get(&group).copied().or_else(opened)
    }

    /// The same for a session.
    pub(super) fn root_of_session(&self, session: Sid) -> Option<usize> {
        let opened = || {
            let opener = &self.members[self.position(session.leader())?];
            (self.is_free_session(session) && self.scope.reach.follows_leaders() && opener.kindred)
                .then_some(opener.root)
        };
        self.sessions.get(&session).copied().or_else(opened)
    }

    /// Whether nobody who must not be signalled is in this group.
    fn is_free_group(&self, group: Pgid) -> bool {
        self.scope.guard.holder_of_group(group).is_none() && !self.shared_groups.contains(&group)
    }

    /// The same for a session.
    fn is_free_session(&self, session: Sid) -> bool {
        self.scope.guard.holder_of_session(session).is_none()
            && !self.shared_sessions.contains(&session)
    }

    /// Whether the target or a descendant of it opened this session. A session is only
    /// ever inherited, so everyone in it descends from who opened it (setsid(2)); but
    /// the target's session, where that was asked for, is older than the target.
    pub(super) fn is_opened_by_kindred(&self, session: Sid) -> bool {
        let leader = session.leader();
        match self.position(leader) {
            Some(at) => self.members[at].kindred,
            None => self.scope.roots.contains(&Root::Remains(leader)),
        }
    }

    /// The group and the session that a named process is in.
    pub(super) fn own_around(&mut self, at: usize) {
        let Member { process, root, .. } = &self.members[at];
        let (pid, group, session, root) = (process.pid(), process.group, process.session, *root);
        if matches!(
            self.scope.reach,
            Reach::Family | Reach::Group | Reach::Session
        ) {
            match group {
                Some(group) => self.own_group(group, root),
                None => self.caveat(Caveat::ForeignGroup { target: pid }),
            }
        }
        if self.scope.reach == Reach::Session {
            match session {
                Some(session) => self.own_session(session, root),
                None => self.caveat(Caveat::ForeignSession { target: pid }),
            }
        }
    }

    /// The session of somebody who was adopted, and its group there. Whoever was started
    /// by the adopter began in the adopter's session; a session that is another one was
    /// opened by them or by who bore them, whether or not that one is still there.
    pub(super) fn own_of_adopted(&mut self, at: usize) {
        let Member { process, root, .. } = &self.members[at];
        let (group, session, root) = (process.group, process.session, *root);
        if let Some(session) = session
            && self.scope.reach.follows_leaders()
            && self.scope.guard.holder_of_session(session).is_none()
        {
            self.own_session(session, root);
            if let Some(group) = group {
                self.own_group(group, root);
            }
        }
    }

    /// The group and the session that a member leads.
    pub(super) fn own_led_by(&mut self, at: usize) {
        if !self.scope.reach.follows_leaders() {
            return;
        }
        let member = &self.members[at];
        let (root, pid) = (member.root, member.process.pid());
        let (group, session) = (
            member.process.leads_group(),
            member.process.leads_session() && member.kindred,
        );
        if group {
            self.own_group(pid.into(), root);
        }
        if session {
            self.own_session(pid.into(), root);
        }
    }

    pub(super) fn own_group(&mut self, group: Pgid, root: usize) {
        match self.scope.guard.holder_of_group(group) {
            Some(with) => self.caveat(Caveat::SharedGroup { group, with }),
            // That was told when it was seen.
            None if self.shared_groups.contains(&group) => {}
            None => {
                self.groups.entry(group).or_insert(root);
            }
        }
    }

    pub(super) fn own_session(&mut self, session: Sid, root: usize) {
        match self.scope.guard.holder_of_session(session) {
            Some(with) => self.caveat(Caveat::SharedSession { session, with }),
            None if self.shared_sessions.contains(&session) => {}
            None => {
                self.sessions.entry(session).or_insert(root);
            }
        }
    }

    /// Whether a number that names a group or session of the set, or may name one, is
    /// borne by somebody else than who opened it. The kernel gives no such number away
    /// while anyone is left in there: everyone who belonged has ended, and the name means
    /// strangers.
    pub(crate) fn is_usurper(&self, process: &Process) -> bool {
        let pid = process.pid();
        let is_another = |opener: Identity| opener != process.identity;
        let member = self.position(pid);
        self.vacant.contains(&pid)
            || member.is_some_and(|at| is_another(self.members[at].process.identity))
            || self.openers.get(&pid).copied().is_some_and(is_another)
    }

    /// Gives up the group and the session of this number.
    pub(crate) fn disown(&mut self, number: Pid) {
        self.groups.remove(&number.into());
        self.sessions.remove(&number.into());
        self.vacant.remove(&number);
        self.openers.remove(&number);
        if let Some(at) = self.by_pid.remove(&number) {
            self.note_former(at);
        }
    }

    /// Who opened the group or session of this number, if that is no member.
    pub(crate) fn opener(&self, number: Pid) -> Option<Identity> {
        self.openers.get(&number).copied()
    }

    /// Learns who opened the groups and sessions of the set, for those whom no member
    /// opened, once everyone who is there was offered: `bearer` looks who bears a number.
    ///
    /// Whoever bears it while somebody is in there is who opened it, and may have moved
    /// to another group meanwhile (setpgid(2)); if nobody does, the opener has ended. Who
    /// can't be looked at now may be looked at later.
    pub(crate) fn note_openers(&mut self, mut bearer: impl FnMut(Pid) -> Result<Identity, Lost>) {
        let leaders = self.groups.keys().map(|group| group.leader());
        let leaders = leaders.chain(self.sessions.keys().map(|session| session.leader()));
        let is_unknown = |pid: &Pid| {
            !self.by_pid.contains_key(pid)
                && !self.openers.contains_key(pid)
                && !self.vacant.contains(pid)
        };
        let unknown: Vec<Pid> = leaders.filter(is_unknown).collect();
        for pid in unknown {
            match bearer(pid) {
                Ok(identity) => {
                    self.openers.insert(pid, identity);
                }
                Err(Lost::Gone) => {
                    self.vacant.insert(pid);
                }
                Err(_) => {}
            }
        }
    }

    /// Groups whose every process belongs.
    pub fn groups(&self) -> impl Iterator<Item = Pgid> {
        self.groups.keys().copied()
    }

    /// Groups and sessions whose every process belongs, and those that members may
    /// have opened since they were looked at: a group or session of a member's number
    /// can only be its own.
    pub fn kin(&self) -> Kin {
        let mut groups: Vec<Pgid> = self.groups().collect();
        let mut sessions: Vec<Sid> = self.sessions.keys().copied().collect();
        if self.scope.reach.follows_leaders() {
            for (&pid, &at) in &self.by_pid {
                groups.extend(Some(pid.into()).filter(|&group| self.is_free_group(group)));
                let is_free =
                    |session: &Sid| self.members[at].kindred && self.is_free_session(*session);
                sessions.extend(Some(pid.into()).filter(is_free));
            }
        }
        groups.sort_unstable();
        groups.dedup();
        sessions.sort_unstable();
        sessions.dedup();
        Kin { groups, sessions }
    }

    /// Groups and sessions of members whose other processes do not belong.
    ///
    /// None where only kinship by descent was asked for: to find them takes a pass over
    /// the whole system, and the tree alone costs nothing for the rest of it.
    pub fn neighbours(&self) -> Kin {
        if matches!(self.scope.reach, Reach::Tree | Reach::Process) {
            return Kin::default();
        }
        let of_members = || self.members.iter().map(|member| &member.process);
        let groups: BTreeSet<Pgid> = of_members()
            .filter_map(|process| process.group)
            .filter(|group| !self.groups.contains_key(group))
            .collect();
        let sessions: BTreeSet<Sid> = of_members()
            .filter_map(|process| process.session)
            .filter(|session| !self.sessions.contains_key(session))
            .collect();
        Kin {
            groups: groups.into_iter().collect(),
            sessions: sessions.into_iter().collect(),
        }
    }
}
