//! Gone means gone: where nothing can get out of the set, nobody of the family lives when
//! fell says so.

use proptest::prelude::*;

use fell::outcome::Verdict;
use fell::scope::Reach;

use crate::config;
use crate::habits::Habit;
use crate::script::Turn;
use crate::stage::{Band, Before, Caller, Sketch, Stage, plans, stages};
use crate::told::play;

impl Stage {
    /// The same, but with no way out of the set: every group and session has been opened
    /// by a target or by who descends from it, and whoever is born stays in there.
    fn tamed(self) -> Self {
        Self {
            sketches: self.sketches.into_iter().map(Sketch::tamed).collect(),
            reach: Reach::Family,
            caller: Caller::Apart,
            recycled: Vec::new(),
            script: self.script.into_iter().map(Turn::tamed).collect(),
            ..self
        }
    }
}

impl Sketch {
    fn tamed(self) -> Self {
        let habit = match self.habit {
            Habit::ForksAndLeaves(wait, _) => Habit::ForksAndLeaves(wait, Band::Inherited),
            Habit::ForksAndStays(wait, _) => Habit::ForksAndStays(wait, Band::Inherited),
            Habit::Respawns(wait, _) => Habit::Respawns(wait, Band::Inherited),
            habit => habit,
        };
        let band = match self.band {
            Band::GroupOf(_) => Band::Inherited,
            band => band,
        };
        Self {
            band,
            habit,
            before: Before::Lives,
            ..self
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn when_gone_is_said_nobody_of_the_family_lives(
        stage in stages().prop_map(Stage::tamed),
        plan in plans(),
    ) {
        let told = play(&stage, &plan, None);
        // Who ended before fell met it may have been all that led to somebody else.
        let mut members = told.allowed.members.iter();
        let has_met_all = members.all(|member| told.recorded.contains_key(member));
        if told.outcome.verdict == Verdict::Gone && has_met_all {
            for actor in told.world.everyone() {
                let is_left = told.world.is_living(actor) && told.allowed.has(&told.world, actor);
                prop_assert!(!is_left, "{} lives", told.world.pid_of(actor));
            }
        }
    }
}
