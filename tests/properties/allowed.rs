//! The rules once more, by other means than fell's.

use std::collections::BTreeSet;
use std::time::Duration;

use fell::process::{Pgid, Process, Sid};
use fell::scope::{Reach, Scope};
use fell::target::Root;

use crate::support::world::{Actor, World, ms};

/// Who belongs, worked out from the world itself: slow, simple, and by other means than
/// fell's.
pub struct Allowed {
    pub reach: Reach,
    pub refused: BTreeSet<Actor>,
    /// Everyone who had come to be when fell looked.
    pub elders: BTreeSet<Actor>,
    pub members: BTreeSet<Actor>,
    /// The targets and who descends from them.
    pub kindred: BTreeSet<Actor>,
    pub groups: BTreeSet<Pgid>,
    pub sessions: BTreeSet<Sid>,
    /// Of these, the ones that were not opened by the target's kin.
    pub foreign: BTreeSet<Sid>,
    /// The groups that were named, or that these targets are in.
    pub given: Vec<(Pgid, Option<Actor>)>,
    /// Strangers whom nobody could tell from orphans of the set.
    pub doubtful: BTreeSet<Actor>,
}

impl Allowed {
    pub fn at_first(world: &World, scope: &Scope) -> Self {
        let mut allowed = Self {
            reach: scope.reach,
            refused: world.lineage().into_iter().collect(),
            elders: world.everyone().collect(),
            members: BTreeSet::new(),
            kindred: BTreeSet::new(),
            groups: BTreeSet::new(),
            sessions: BTreeSet::new(),
            foreign: BTreeSet::new(),
            given: Vec::new(),
            doubtful: BTreeSet::new(),
        };
        let takes_group = !matches!(scope.reach, Reach::Process | Reach::Tree);
        for root in &scope.roots {
            match root {
                Root::Process(process) => {
                    let actor = world.bearer(process.pid().get());
                    let actor = actor.expect("a root that is there");
                    if allowed.refused.contains(&actor) {
                        continue;
                    }
                    allowed.members.insert(actor);
                    allowed.kindred.insert(actor);
                    if let Some(group) = process.group.filter(|_| takes_group) {
                        allowed.add_group(world, group);
                        allowed.given.push((group, Some(actor)));
                    }
                    if let Some(session) = process.session
                        && scope.reach == Reach::Session
                    {
                        allowed.add_session(world, session);
                        if !process.leads_session() {
                            allowed.foreign.insert(session);
                        }
                    }
                }
                Root::Adopted(_) => unreachable!("nobody runs a program here"),
                Root::Remains(pid) => {
                    if takes_group {
                        allowed.add_group(world, (*pid).into());
                        allowed.given.push(((*pid).into(), None));
                    }
                    if allowed.follows_leaders() {
                        allowed.add_session(world, (*pid).into());
                    }
                }
                Root::Replaced(_) => {}
                Root::Group(group) => {
                    allowed.add_group(world, *group);
                    allowed.given.push((*group, None));
                }
            }
        }
        let is_free = |(group, _): &(Pgid, _)| allowed.groups.contains(group);
        allowed.given.retain(is_free);
        while allowed.grow(world) {}
        allowed
    }

    pub fn descends(&self) -> bool {
        matches!(self.reach, Reach::Family | Reach::Tree | Reach::Session)
    }

    pub fn follows_leaders(&self) -> bool {
        matches!(self.reach, Reach::Family | Reach::Session)
    }

    pub fn add_group(&mut self, world: &World, group: Pgid) {
        let holds = |actor: &Actor| world.view_of(*actor).group == Some(group);
        if !self.refused.iter().any(holds) {
            self.groups.insert(group);
        }
    }

    pub fn add_session(&mut self, world: &World, session: Sid) {
        let holds = |actor: &Actor| world.view_of(*actor).session == Some(session);
        if !self.refused.iter().any(holds) {
            self.sessions.insert(session);
        }
    }

    /// One more pass over everybody; tells whether it changed anything.
    pub fn grow(&mut self, world: &World) -> bool {
        let size = |it: &Self| {
            let people = it.members.len() + it.kindred.len();
            people + it.groups.len() + it.sessions.len()
        };
        let before = (size(self), self.foreign.len());
        for actor in world.everyone() {
            let process = world.view_of(actor);
            let is_there = world.bearer(process.pid().get()) == Some(actor);
            if is_there && !self.refused.contains(&actor) {
                self.grow_by(world, actor, &process);
            }
        }
        before != (size(self), self.foreign.len())
    }

    pub fn grow_by(&mut self, world: &World, actor: Actor, process: &Process) {
        let parent = process
            .parent
            .and_then(|parent| world.bearer(parent.get()))
            .filter(|_| self.descends());
        let session = process
            .session
            .filter(|session| self.sessions.contains(session));
        let is_child = |of: &BTreeSet<Actor>| parent.is_some_and(|parent| of.contains(&parent));
        let is_mate = process
            .group
            .is_some_and(|group| self.groups.contains(&group));
        if is_child(&self.members) || is_mate || session.is_some() {
            self.members.insert(actor);
        }
        let is_of_kin = session.is_some_and(|session| !self.foreign.contains(&session));
        if is_child(&self.kindred) || is_of_kin {
            self.kindred.insert(actor);
        }
        if self.follows_leaders() && self.members.contains(&actor) && process.leads_group() {
            self.add_group(world, process.pid().into());
        }
        if self.follows_leaders() && self.kindred.contains(&actor) && process.leads_session() {
            self.add_session(world, process.pid().into());
            self.foreign.remove(&process.pid().into());
        }
    }

    /// Whether somebody may be signalled who was there at first or was born since.
    pub fn has(&self, world: &World, actor: Actor) -> bool {
        self.surely_has(world, actor)
            || std::iter::successors(Some(actor), |&it| world.forker_of(it))
                .any(|it| self.doubtful.contains(&it))
    }

    /// The same, and nobody could take it for a stranger.
    pub fn surely_has(&self, world: &World, actor: Actor) -> bool {
        let is_ours = |it: &Actor| self.members.contains(it);
        let mut line = std::iter::successors(Some(actor), |&it| world.forker_of(it));
        let ours = line.find(|it| self.elders.contains(it)).filter(is_ours);
        match self.reach {
            _ if ours == Some(actor) => true,
            Reach::Process => false,
            Reach::Group => {
                let group = world.view_of(actor).group;
                ours.is_some() && group.is_some_and(|group| self.groups.contains(&group))
            }
            Reach::Family | Reach::Tree | Reach::Session => ours.is_some(),
        }
    }

    /// Whether this session belongs as a whole.
    pub fn has_session(&self, number: i32) -> bool {
        self.sessions.iter().any(|session| session.get() == number)
    }

    /// Whether somebody who may be signalled descends from a target.
    pub fn has_kindred(&self, world: &World, actor: Actor) -> bool {
        let mut line = std::iter::successors(Some(actor), |&it| world.forker_of(it));
        self.has(world, actor) && line.any(|it| self.kindred.contains(&it))
    }

    /// Looks for strangers with the number of a child whose parent ended in the same
    /// moment: where both happens between the reading of a list and the look at the child,
    /// nothing tells them from orphans.
    pub fn note_doubtful(&mut self, world: &World) {
        /// Start times have ticks of 10 ms, and a reading may last into the next.
        const TICKS: Duration = ms(20);
        /// From the reading of a list to the look at the last who was on it.
        const LOOKS: Duration = ms(1000);
        for stranger in world.everyone() {
            let (pid, born) = (world.pid_of(stranger), world.began_at(stranger));
            let has_lost_parent = |former: Actor| {
                let mut line =
                    std::iter::successors(world.forker_of(former), |&it| world.forker_of(it));
                line.any(|it| {
                    let end = world.ended_at(it);
                    end.is_some_and(|end| end + TICKS >= born && end <= born + LOOKS)
                })
            };
            let is_doubtful = !self.has(world, stranger)
                && world
                    .everyone()
                    .filter(|it| world.pid_of(*it) == pid && world.began_at(*it) < born)
                    .any(|former| {
                        let session = world.view_of(stranger).session;
                        let is_mate = world
                            .forker_of(former)
                            .is_some_and(|parent| world.view_of(parent).session == session);
                        let may_be_handed_on =
                            is_mate || world.forker_of(stranger) != world.bearer(10);
                        may_be_handed_on && self.has(world, former) && has_lost_parent(former)
                    });
            if is_doubtful {
                self.doubtful.insert(stranger);
            }
        }
    }
}
