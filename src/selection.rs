//! Who belongs to a target, and why: the rules, free of any system call.
//!
//! A [`Selection`] grows. Whoever reads processes, from a live system or from a
//! table, offers each one to [`Selection::admit`] together with what led to it,
//! until nobody new is admitted. Who was admitted stays a root for good: the
//! group, the session and the children of a leader that has died meanwhile are
//! still found.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::guard::Refusal;
use crate::kinship::Listing;
use crate::process::{Identity, Pgid, Pid, Process, Sid, StartTime};
use crate::scope::{Reach, Scope};
use crate::target::Root;

mod membership;
mod names;
mod table;

pub use membership::{Admission, Caveat, Member, Reason, Refused, Via};

/// Everyone who belongs so far.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    scope: Scope,
    members: Vec<Member>,
    /// Who bore each number last.
    by_pid: HashMap<Pid, usize>,
    /// Those whose number is not theirs any more, or names nothing any more.
    former: HashMap<Identity, usize>,
    groups: BTreeMap<Pgid, usize>,
    sessions: BTreeMap<Sid, usize>,
    /// The numbers of those that no process bore when it was looked.
    vacant: BTreeSet<Pid>,
    /// Who opened those that somebody opened who is no member: one who has moved on.
    openers: HashMap<Pid, Identity>,
    /// Groups and sessions in which somebody refused was seen. The first process of a session
    /// gives its number to a group as well, and who is in the one need not be in the other.
    shared_groups: BTreeSet<Pgid>,
    shared_sessions: BTreeSet<Sid>,
    refused: Vec<Refused>,
    caveats: Vec<Caveat>,
}

impl Selection {
    /// The roots of `scope` and nobody else yet.
    pub fn new(scope: Scope) -> Self {
        let mut selection = Self {
            scope,
            ..Self::default()
        };
        for at in 0..selection.scope.roots.len() {
            match selection.scope.roots[at].clone() {
                Root::Process(process) => {
                    selection.admit(process, Via::Root(at));
                }
                Root::Remains(pid) => {
                    selection.vacant.insert(pid);
                    if selection.scope.reach != Reach::Process
                        && selection.scope.reach != Reach::Tree
                    {
                        selection.own_group(pid.into(), at);
                    }
                    if selection.scope.reach.follows_leaders() {
                        selection.own_session(pid.into(), at);
                    }
                }
                Root::Replaced(_) | Root::Adopted(_) => {}
                Root::Group(group) => selection.own_group(group, at),
            }
        }
        selection
    }

    /// Offers a process. Known members are brought up to date.
    pub fn admit(&mut self, process: Process, via: Via) -> Admission {
        if let Some(at) = self.known(process.identity) {
            let is_kindred = matches!(self.judge(&process, via), Some((_, _, true)));
            self.members[at].process = process;
            self.own_led_by(at);
            if is_kindred && !self.members[at].kindred {
                self.embrace(at);
            }
            return Admission::Known(at);
        }
        if self.is_usurper(&process) {
            self.disown(process.pid());
        }
        let Some((reason, root, kindred)) = self.judge(&process, via) else {
            return Admission::Stranger;
        };
        if let Some(why) = self.scope.guard.refusal(&process) {
            self.refuse(process, why, via);
            return Admission::Refused;
        }
        match reason {
            Reason::Group(group) => self.own_group(group, root),
            Reason::Session(session) => self.own_session(session, root),
            Reason::Target | Reason::Descendant(_) => {}
        }
        if let Root::Remains(of) = self.scope.roots[root] {
            self.caveat(Caveat::Remains { of });
        }
        let at = self.members.len();
        if let Some(before) = self.by_pid.insert(process.pid(), at) {
            self.note_former(before);
        }
        self.members.push(Member {
            process,
            reason,
            root,
            kindred,
        });
        match via {
            Via::Root(_) => self.own_around(at),
            Via::Adopted(_) => self.own_of_adopted(at),
            _ => {}
        }
        self.own_led_by(at);
        Admission::Taken(at)
    }

    fn judge(&self, process: &Process, via: Via) -> Option<(Reason, usize, bool)> {
        match via {
            Via::Root(root) => Some((Reason::Target, root, true)),
            Via::Child { of, listed_at } => {
                let parent = &self.members[of];
                let is_child = process.parent == Some(parent.process.pid())
                    || was_handed_on(process, &parent.process, listed_at);
                (self.scope.reach.descends() && is_child).then_some((
                    Reason::Descendant(parent.process.pid()),
                    parent.root,
                    parent.kindred,
                ))
            }
            Via::Orphan { of } => {
                let parent = &self.members[of];
                self.scope.reach.descends().then_some((
                    Reason::Descendant(parent.process.pid()),
                    parent.root,
                    parent.kindred,
                ))
            }
            Via::Adopted(root) => {
                let Root::Adopted(adopter) = &self.scope.roots[root] else {
                    return None;
                };
                (self.scope.reach.descends() && adopter.claims(process))
                    .then(|| (Reason::Descendant(adopter.pid()), adopter.of, true))
            }
            Via::Mate => {
                let by_session = process.session.and_then(|session| {
                    Some((Reason::Session(session), self.root_of_session(session)?))
                });
                let by_group = process
                    .group
                    .and_then(|group| Some((Reason::Group(group), self.root_of_group(group)?)));
                let is_kindred = by_session.is_some()
                    && process
                        .session
                        .is_some_and(|session| self.is_opened_by_kindred(session));
                let (reason, root) = by_group.or(by_session)?;
                Some((reason, root, is_kindred))
            }
        }
    }

    /// Notes that one member is a child of another, whatever brought it here.
    pub(crate) fn note_descent(&mut self, at: usize, of: usize) {
        if self.members[of].kindred && !self.members[at].kindred {
            self.embrace(at);
        }
    }

    /// Takes in the session of a member that turns out to descend from the target, and
    /// those of its own descendants.
    fn embrace(&mut self, at: usize) {
        let mut line = vec![at];
        while let Some(at) = line.pop() {
            self.members[at].kindred = true;
            self.own_led_by(at);
            let pid = self.members[at].process.pid();
            let is_child = |member: &Member| {
                member.process.parent == Some(pid) || member.reason == Reason::Descendant(pid)
            };
            let children = (0..self.members.len())
                .filter(|&at| !self.members[at].kindred && is_child(&self.members[at]));
            line.extend(children);
        }
    }

    fn refuse(&mut self, process: Process, why: Refusal, via: Via) {
        // The guard knows where the refused were when fell began; this one has moved.
        let with = process.pid();
        if let Some(group) = process.group {
            self.shared_groups.insert(group);
            if self.groups.remove(&group).is_some() {
                self.caveat(Caveat::SharedGroup { group, with });
            }
        }
        if let Some(session) = process.session {
            self.shared_sessions.insert(session);
            if self.sessions.remove(&session).is_some() {
                self.caveat(Caveat::SharedSession { session, with });
            }
        }
        let known = self
            .refused
            .iter()
            .any(|refused| refused.process.identity == process.identity);
        if !known {
            let named = match via {
                Via::Root(root) => Some(root),
                _ => None,
            };
            self.refused.push(Refused {
                process,
                why,
                named,
            });
        }
    }

    /// Notes what the user should know, once.
    pub fn caveat(&mut self, caveat: Caveat) {
        if !self.caveats.contains(&caveat) {
            self.caveats.push(caveat);
        }
    }

    /// Members, refused ones and caveats, once nobody new is offered.
    pub fn into_parts(self) -> (Vec<Member>, Vec<Refused>, Vec<Caveat>) {
        (self.members, self.refused, self.caveats)
    }

    /// Members, in the order in which they were admitted.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The position of the member that bore this number last.
    pub fn position(&self, pid: Pid) -> Option<usize> {
        self.by_pid.get(&pid).copied()
    }

    /// The position of a member.
    fn known(&self, identity: Identity) -> Option<usize> {
        let bearer = self.position(identity.pid);
        bearer
            .filter(|&at| self.members[at].process.identity == identity)
            .or_else(|| self.former.get(&identity).copied())
    }

    fn note_former(&mut self, at: usize) {
        self.former.insert(self.members[at].process.identity, at);
    }

    /// Whether this process is a member or refused.
    pub fn has(&self, identity: Identity) -> bool {
        self.known(identity).is_some()
            || self
                .refused
                .iter()
                .any(|refused| refused.process.identity == identity)
    }

    /// Whoever would belong but must not be signalled.
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// What the user should know about the set.
    pub fn caveats(&self) -> &[Caveat] {
        &self.caveats
    }

    /// Where it started.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Whether anyone is alive.
    pub fn has_living(&self) -> bool {
        self.members
            .iter()
            .any(|member| !member.process.is_zombie())
    }

    /// All positions, parents before children and otherwise as admitted.
    pub fn parents_first(&self) -> Vec<usize> {
        let parents: Vec<Option<usize>> = self
            .members
            .iter()
            .map(|member| member.process.parent.and_then(|pid| self.position(pid)))
            .collect();
        let mut order = Vec::with_capacity(parents.len());
        let mut placed = vec![false; parents.len()];
        let mut line = Vec::new();
        for start in 0..parents.len() {
            let mut next = Some(start);
            while let Some(at) = next
                && !placed[at]
            {
                // A reused number could close a circle: whoever is placed ends it.
                placed[at] = true;
                line.push(at);
                next = parents[at];
            }
            order.extend(line.drain(..).rev());
        }
        order
    }
}

impl Listing {
    /// What led to each of the children.
    pub fn via(&self, of: usize) -> Via {
        Via::Child {
            of,
            listed_at: self.read_at,
        }
    }
}

/// Whether a process that `former`'s list named, but that has another parent now,
/// is the one that was meant: its parent died and it was handed on. If it started
/// after the list was read, it is a stranger that got the number of a child that
/// died. Where either may be true it must have stayed in the session, which strangers
/// have only if they are kin, or come as [`Via::Orphan`].
fn was_handed_on(process: &Process, former: &Process, listed_at: StartTime) -> bool {
    let started = process.identity.started;
    started < listed_at
        || is_doubtful(started, listed_at)
            && process.session.is_some()
            && process.session == former.session
}

/// Whether somebody may have been born before the reading of a list that began in the
/// tick `listed_at`, or after it: reading takes a little time.
pub(crate) fn is_doubtful(started: StartTime, listed_at: StartTime) -> bool {
    started == listed_at || started.0 == listed_at.0 + 1
}

#[cfg(test)]
mod tests;
