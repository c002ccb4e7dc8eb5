//! A story that has been played, and what fell told of it.

use std::collections::BTreeMap;
use std::time::Duration;

use fell::fate::Fate;
use fell::outcome::Outcome;
use fell::process::Process;
use fell::scope::Reach;
use fell::signal::Signal;
use fell::stop::{Plan, stop};

use crate::allowed::Allowed;
use crate::stage::Stage;
use crate::support::world::{Actor, World, ms};

pub struct Told {
    pub world: World,
    pub allowed: Allowed,
    pub outcome: Outcome,
    pub recorded: BTreeMap<Actor, Fate>,
    pub began: Duration,
}

pub fn play(stage: &Stage, plan: &Plan, interruption: Option<u64>) -> Told {
    let mut world = stage.world();
    // fell looks before the world goes on.
    let cost = std::mem::take(&mut world.cost);
    let scope = stage.scope(&mut world);
    world.cost = cost;
    let allowed = Allowed::at_first(&world, &scope);
    let began = world.time();
    if let Some(at) = interruption {
        world.interrupt(began + ms(at), Signal::INT);
    }
    let outcome = stop(&mut world, scope, plan, |_| {}).expect("a readable world");
    let recorded = outcome
        .records
        .iter()
        .flat_map(|record| {
            let identity = record.process.identity;
            world
                .everyone()
                .filter(|actor| world.identity_of(*actor) == identity)
                .map(|actor| (actor, record.fate.clone()))
                .collect::<Vec<_>>()
        })
        .collect();
    Told {
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

    /// Whether somebody can be found by a group or session that belongs, going by who
    /// is in the record.
    pub fn is_findable(&self, actor: Actor) -> bool {
        let process = self.world.view_of(actor);
        let follows = matches!(self.allowed.reach, Reach::Family | Reach::Session);
        let is_first = process
            .group
            .is_some_and(|group| self.allowed.given.contains(&group))
            && !self.is_group_reopened(actor);
        let [group, _] = self.world.openers_of(actor);
        let is_led = follows
            && group.is_some_and(|opener| {
                self.recorded.contains_key(&opener) && !self.holds_refused(&process)
            });
        is_first || is_led
    }

    /// Whether a stranger has opened a group of that number again.
    pub fn is_group_reopened(&self, actor: Actor) -> bool {
        let [group, _] = self.world.openers_of(actor);
        group.is_some_and(|opener| !self.allowed.has(&self.world, opener))
    }

    pub fn holds_refused(&self, process: &Process) -> bool {
        self.allowed
            .refused
            .iter()
            .any(|refused| self.world.view_of(*refused).group == process.group)
    }
}
