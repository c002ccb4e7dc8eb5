//! What holds in every world: who is never signalled, that a stop ends, and that its
//! record is true.

#[path = "../support/mod.rs"]
mod support;

mod allowed;
mod gone;
mod habits;
mod script;
mod stage;
mod steps;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use fell::fate::Fate;
use fell::outcome::Verdict;
use fell::schedule::Schedule;
use fell::signal::Signal;
use fell::stop::{Detail, Errand, Order, Plan, look};
use fell::system::System;

use allowed::Allowed;
use habits::Habit;
use stage::{plans, stages};
use support::world::{Actor, Way, ms};
use told::play;

/// The same worlds each time; PROPTEST_RNG_SEED and PROPTEST_CASES make others.
pub fn config() -> ProptestConfig {
    let chosen = ProptestConfig::default();
    ProptestConfig {
        cases: std::env::var_os("PROPTEST_CASES").map_or(400, |_| chosen.cases),
        rng_seed: match chosen.rng_seed {
            RngSeed::Random => RngSeed::Fixed(20),
            seed => seed,
        },
        failure_persistence: None,
        ..chosen
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn nobody_outside_the_family_is_ever_signalled(
        stage in stages(),
        plan in plans(),
        interruption in proptest::option::weighted(0.1, 0..5000_u64),
    ) {
        let told = play(&stage, &plan, interruption);
        for actor in told.signalled() {
            let pid = told.world.pid_of(actor);
            prop_assert!(
                told.allowed.has(&told.world, actor),
                "{pid} got {:?}",
                told.world.log(actor)
            );
        }
    }

    #[test]
    fn each_catchable_signal_comes_once_at_most_and_the_record_names_everybody(
        stage in stages(),
        plan in plans(),
    ) {
        let told = play(&stage, &plan, None);
        for actor in told.signalled() {
            let (pid, log) = (told.world.pid_of(actor), told.world.log(actor));
            for signal in [Signal::TERM, Signal::HUP] {
                let times = log.iter().filter(|got| got.signal == signal).count();
                prop_assert!(times <= 1, "{pid} got {log:?}");
            }
            if log.iter().any(|got| got.way == Way::Alone) {
                prop_assert!(told.recorded.contains_key(&actor), "{pid} got {log:?}");
            }
        }
        let identities: BTreeSet<_> = told
            .outcome
            .records
            .iter()
            .map(|record| record.process.identity)
            .collect();
        prop_assert_eq!(identities.len(), told.outcome.records.len());
        if plan.errand == Errand::Probe {
            prop_assert_eq!(told.signalled().count(), 0);
        }
    }

    #[test]
    fn a_stop_ends_in_time(
        stage in stages(),
        plan in plans(),
        interruption in proptest::option::weighted(0.1, 0..5000_u64),
    ) {
        let told = play(&stage, &plan, interruption);
        let schedule = match &plan.errand {
            Errand::Stop(schedule) => schedule.total(),
            Errand::Deliver(_) | Errand::Probe => Duration::ZERO,
        };
        // Each question takes its time too: so many for each of those who were met.
        let met = u32::try_from(told.world.everyone().count()).expect("a small world");
        let questions = told.world.cost * met * 60;
        let limit = schedule + ms(5000) + questions;
        prop_assert!(told.outcome.elapsed <= limit, "{:?}", told.outcome.elapsed);
    }

    #[test]
    fn the_verdict_and_the_fates_are_true(stage in stages(), plan in plans()) {
        let told = play(&stage, &plan, None);
        let world = &told.world;
        for (actor, record) in &told.recorded {
            let pid = world.pid_of(*actor);
            // What no look tells from a stranger, or one from another, is not asked here.
            let is_twin = told.recorded.keys().any(|other| {
                other != actor && world.identity_of(*other) == world.identity_of(*actor)
            });
            prop_assert!(is_twin || told.allowed.has(world, *actor), "{pid} is a stranger");
            match record.fate {
                Fate::Ended(_) | Fate::AlreadyEnded(_) => {
                    prop_assert!(is_twin || !world.is_living(*actor), "{pid} lives");
                }
                Fate::Survived(_) => {
                    prop_assert!(world.is_living(*actor), "{pid} is dead");
                }
                Fate::Unreached(_) | Fate::Signalled => {}
            }
        }
        let left = told.outcome.left().count();
        match told.outcome.verdict {
            Verdict::Gone | Verdict::Nothing => {
                prop_assert_eq!(left, 0);
                for actor in told.forgotten() {
                    let pid = world.pid_of(actor);
                    prop_assert!(!told.is_findable(actor), "{pid} is forgotten");
                }
            }
            Verdict::Left => prop_assert!(left > 0),
            Verdict::Delivered | Verdict::Interrupted(_) => {}
        }
    }

    #[test]
    fn kill_never_comes_to_anybody_alone_before_the_grace(mut stage in stages()) {
        // Who can't be signalled is not waited for: that is another story.
        for sketch in &mut stage.sketches {
            if matches!(sketch.habit, Habit::Denied) {
                sketch.habit = Habit::Obeys;
            }
        }
        let grace = ms(2000);
        let plan = Plan {
            errand: Errand::Stop(Schedule::escalating(Signal::TERM, grace)),
            order: Order::Together,
            detail: Detail::Kinship,
            refresh: None,
        };
        let told = play(&stage, &plan, None);
        for actor in told.signalled() {
            for got in told.world.log(actor) {
                let is_early = got.signal == Signal::KILL
                    && got.way == Way::Alone
                    && got.at < told.began + grace;
                prop_assert!(!is_early, "{} got {got:?}", told.world.pid_of(actor));
            }
        }
    }

    #[test]
    fn a_quiet_world_is_selected_alike_from_a_table_and_by_looking(stage in stages()) {
        let mut world = stage.world();
        world.cost = Duration::ZERO;
        let scope = stage.scope(&mut world);
        let table = world.table().expect("a table");
        let by_table = scope.select(&table);
        let by_looking = look(&mut world, scope.clone()).expect("a readable world");
        let by_looking = by_looking.selection();
        let members = |selection: &fell::selection::Selection| -> BTreeMap<_, _> {
            selection
                .members()
                .iter()
                .map(|member| (member.process.pid(), (member.reason, member.root)))
                .collect()
        };
        prop_assert_eq!(members(&by_table), members(by_looking));
        prop_assert_eq!(by_table.kin(), by_looking.kin());
        prop_assert_eq!(by_table.neighbours(), by_looking.neighbours());
        prop_assert_eq!(by_table.refused(), by_looking.refused());

        // And it is what the rules say, worked out the slow way.
        let allowed = Allowed::at_first(&world, &scope);
        let selected: BTreeSet<Actor> = members(by_looking)
            .keys()
            .filter_map(|pid| world.bearer(pid.get()))
            .collect();
        prop_assert_eq!(selected, allowed.members);
    }
}
