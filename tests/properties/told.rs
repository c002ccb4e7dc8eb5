//! A story that has been played, and what fell told of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fell::outcome::{Outcome, Record};
use fell::process::{Pgid, Process};
use fell::scope::Reach;
use fell::signal::Signal;
use fell::stop::{Plan, stop};

use crate::allowed::Allowed;
use crate::stage::Stage;
use crate::support::world::{Actor, Way, World, ms};

pub struct Told {
    pub world: World,
    pub allowed: Allowed,
    pub outcome: Outcome,
    /// Of two processes with one identity only one was meant.
    pub recorded: BTreeMap<Actor, Record>,
    /// Those who can't be signalled.
    pub denied: BTreeSet<Actor>,
    pub began: Duration,
}

pub fn play(stage: &Stage, plan: &Plan, interruption: Option<u64>) -> Told {
    let mut world = stage.world();
    // fell looks before the world goes on.
    let cost = std::mem::take(&mut world.cost);
    let scope = stage.scope(&mut world);
    world.cost = cost;
    let mut allowed = Allowed::at_first(&world, &scope);
    let began = world.time();
    let cast = stage.cast(&world);
    for turn in &stage.script {
        turn.plan(&mut world, &cast, &allowed);
    }
    if let Some(at) = interruption {
        world.interrupt(began + ms(at), Signal::INT);
    }
    let outcome = stop(&mut world, scope, plan, |_| {}).expect("a readable world");
    allowed.note_doubtful(&world);
    let recorded = outcome
        .records
        .iter()
        .flat_map(|record| {
            let identity = record.process.identity;
            world
                .everyone()
                .filter(|actor| world.identity_of(*actor) == identity)
                .map(|actor| (actor, record.clone()))
                .collect::<Vec<_>>()
        })
        .collect();
    Told {
        denied: stage.denied(&world),
        world,
        allowed,
        outcome,
        recorded,
        began,
    }
}

impl Told {
    pub fn signalled(&self) -> impl Iterator<Item = Actor> + '_ {
        let world = &self.world;
        world
            .everyone()
            .filter(|actor| !world.log(*actor).is_empty())
    }

    /// When a process first got this signal, and not with its group.
    pub fn first(&self, actor: Actor, signal: Signal) -> Option<Duration> {
        let mut log = self.world.log(actor).iter();
        let got = log.find(|got| got.signal == signal && got.way == Way::Alone);
        got.map(|got| got.at)
    }

    /// When somebody first got this signal, and not with a group.
    pub fn first_of_all(&self, signal: Signal) -> Option<Duration> {
        let firsts = self.world.everyone();
        firsts.filter_map(|actor| self.first(actor, signal)).min()
    }

    /// Whether it was born after its parent had got this signal.
    pub fn is_late(&self, actor: Actor, signal: Signal) -> bool {
        let parent = self.world.forker_of(actor);
        let asked = parent.and_then(|parent| self.first(parent, signal));
        asked.is_some_and(|asked| asked < self.world.began_at(actor))
    }

    pub fn lives_at(&self, actor: Actor, at: Duration) -> bool {
        self.world.began_at(actor) <= at
            && self.world.ended_at(actor).is_none_or(|end| end > at)
            && (self.world.is_living(actor) || self.world.ended_at(actor).is_some())
    }

    /// Those who were in the set from the first signal on and can be signalled.
    pub fn first_members(&self) -> impl Iterator<Item = Actor> + '_ {
        let records = self.recorded.iter();
        records
            .filter(|(actor, record)| record.round == 1 && !self.denied.contains(actor))
            .map(|(actor, _)| *actor)
    }

    /// Everyone alive who belongs and is not in the record.
    pub fn forgotten(&self) -> impl Iterator<Item = Actor> + '_ {
        self.world.everyone().filter(|&actor| {
            self.world.is_living(actor)
                && self.allowed.surely_has(&self.world, actor)
                && !self.recorded.contains_key(&actor)
        })
    }

    /// Whether something leads to this process: a group or session that belongs, going by
    /// who is in the record, or the list of its parent.
    pub fn is_findable(&self, actor: Actor) -> bool {
        self.is_in_group(actor) || self.is_in_session(actor) || self.is_listed(actor)
    }

    fn is_in_group(&self, actor: Actor) -> bool {
        let process = self.world.view_of(actor);
        // A target that has left its group may have done so before it was held.
        let is_still_in = |group: Pgid, root: Actor| {
            self.recorded.contains_key(&root) && self.world.view_of(root).group == Some(group)
        };
        let is_given = self.allowed.given.iter().any(|&(group, root)| {
            process.group == Some(group) && root.is_none_or(|root| is_still_in(group, root))
        });
        let [group, _] = self.world.openers_of(actor);
        let is_led = self.follows_leaders()
            && group.is_some_and(|opener| {
                self.recorded.contains_key(&opener) && !self.shares_group(&process)
            });
        is_given && !self.is_group_reopened(actor) || is_led
    }

    fn is_in_session(&self, actor: Actor) -> bool {
        let process = self.world.view_of(actor);
        let [_, session] = self.world.openers_of(actor);
        let is_shared = self
            .allowed
            .refused
            .iter()
            .any(|refused| self.world.view_of(*refused).session == process.session);
        let is_ours = |opener: Actor| {
            self.recorded.contains_key(&opener) && self.allowed.has_kindred(&self.world, opener)
        };
        self.follows_leaders() && !is_shared && session.is_some_and(is_ours)
    }

    /// Whether its parent's list had it when the parent was signalled: before that, if it
    /// was born before the lists were opened; or after it, if the parent was still alive.
    fn is_listed(&self, actor: Actor) -> bool {
        let Some(parent) = self.world.forker_of(actor) else {
            return false;
        };
        let (born, cost) = (self.world.began_at(actor), self.world.cost);
        let is_on_list = |at: Duration| {
            let is_on_second = born < at
                && self.world.is_of_main_thread(actor)
                && self.lives_at(parent, at + cost);
            born + cost * 3 < at || is_on_second
        };
        let mut log = self.world.log(parent).iter();
        self.world.has_lists
            && self.allowed.descends()
            && self.recorded.contains_key(&parent)
            && log.any(|got| got.way == Way::Alone && is_on_list(got.at))
    }

    fn follows_leaders(&self) -> bool {
        matches!(self.allowed.reach, Reach::Family | Reach::Session)
    }

    /// Whether a stranger has opened a group of that number again.
    fn is_group_reopened(&self, actor: Actor) -> bool {
        let [group, _] = self.world.openers_of(actor);
        group.is_some_and(|opener| !self.allowed.surely_has(&self.world, opener))
    }

    fn shares_group(&self, process: &Process) -> bool {
        let mut refused = self.allowed.refused.iter();
        refused.any(|refused| self.world.view_of(*refused).group == process.group)
    }
}
