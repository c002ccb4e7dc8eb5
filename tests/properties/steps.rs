//! Which signal comes when: once in each step, late ones last, and groups at the very end.

use std::time::Duration;

use proptest::prelude::*;

use fell::outcome::Verdict;
use fell::scope::Reach;
use fell::signal::Signal;
use fell::stop::{Errand, Order, Plan};

use crate::config;
use crate::stage::{Stage, plans, stages};
use crate::support::world::{Way, ms};
use crate::told::{Told, play};

/// The signals of the plan, one for each step.
fn signals(plan: &Plan) -> Vec<Signal> {
    match &plan.errand {
        Errand::Stop(schedule) => schedule.steps().iter().map(|step| step.signal).collect(),
        Errand::Deliver(signal) => vec![*signal],
        Errand::Probe => Vec::new(),
    }
}

/// Whether everyone has a turn in this step. With the main process first, whoever is left
/// has it when that has ended, and which of them were born before is not known any more.
fn is_for_all(plan: &Plan, at: usize) -> bool {
    at > 0 || plan.order == Order::Together
}

/// When the step of a stop was over, if it was not over because everyone had ended.
fn end_of_step(told: &Told, signals: &[Signal], at: usize) -> Option<Duration> {
    match signals.get(at + 1) {
        Some(next) => told.first_of_all(*next),
        None if told.outcome.verdict == Verdict::Left => Some(told.began + told.outcome.elapsed),
        None => None,
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn who_is_born_after_its_parents_signal_is_left_in_peace_until_the_others_have_ended(
        stage in stages(),
        plan in plans(),
    ) {
        let told = play(&stage, &plan, None);
        let world = &told.world;
        let signals = signals(&plan).into_iter().enumerate();
        let signals = signals.filter(|(at, it)| it.is_catchable() && is_for_all(&plan, *at));
        for (_, signal) in signals {
            for late in told.signalled().filter(|it| told.is_late(*it, signal)) {
                let Some(at) = told.first(late, signal) else { continue };
                let pid = world.pid_of(late);
                prop_assert!(matches!(plan.errand, Errand::Stop(_)), "{pid} got {signal:?}");
                for other in told.first_members().filter(|it| *it != late) {
                    let is_asked = told.first(other, signal).is_some_and(|asked| asked <= at);
                    prop_assert!(
                        !is_asked || told.is_late(other, signal) || !told.lives_at(other, at),
                        "{pid} got {signal:?} at {at:?} and {} lives",
                        world.pid_of(other)
                    );
                }
            }
        }
    }

    #[test]
    fn every_living_member_gets_each_steps_signal_exactly_once(
        stage in stages(),
        plan in plans(),
    ) {
        let told = play(&stage, &plan, None);
        let signals = match plan.errand {
            Errand::Stop(_) => signals(&plan),
            Errand::Deliver(_) | Errand::Probe => return Ok(()),
        };
        for (at, &signal) in signals.iter().enumerate() {
            let Some(end) = end_of_step(&told, &signals, at) else { continue };
            if !is_for_all(&plan, at) {
                continue;
            }
            let is_due = |actor| {
                let was_asked_before = signals[..at]
                    .iter()
                    .any(|before| told.first(actor, *before).is_some());
                let parent = told.world.forker_of(actor);
                let asked = parent.and_then(|parent| told.first(parent, signal));
                // Born well before its parent was asked: on its list then, or else in the
                // table after it, as long as the parent lives; there the ticks count.
                let margin = told.world.cost * 3 + if told.world.has_lists { ms(0) } else { ms(20) };
                let is_before = asked.is_some_and(|asked| {
                    let born = told.world.began_at(actor);
                    born > told.began && born + margin < asked
                });
                let is_met = told.world.has_lists
                    || parent.is_some_and(|parent| told.lives_at(parent, end));
                was_asked_before || is_before && is_met && told.allowed.descends()
            };
            let others = told.recorded.keys().copied();
            let others = others.filter(|actor| is_due(*actor) && !told.denied.contains(actor));
            for actor in told.first_members().chain(others) {
                let log = told.world.log(actor);
                let times = log.iter().filter(|got| got.signal == signal).count();
                let is_right = times == 1 || signal == Signal::KILL && times > 0;
                let pid = told.world.pid_of(actor);
                prop_assert!(
                    is_right || !told.lives_at(actor, end),
                    "{pid} had not got {signal:?} at {end:?}: {log:?}"
                );
            }
        }
    }

    #[test]
    fn a_group_is_signalled_only_when_everyone_known_has_ended_or_has_had_kill(
        stage in stages(),
        plan in plans(),
    ) {
        let told = play(&stage, &plan, None);
        check_groups(&told, &stage, &plan)?;
    }
}

fn check_groups(told: &Told, stage: &Stage, plan: &Plan) -> Result<(), TestCaseError> {
    let world = &told.world;
    let signals = signals(plan);
    let count = u32::try_from(world.everyone().count()).expect("a small world");
    let ends_in_kill = signals.last() == Some(&Signal::KILL);
    for actor in told.signalled() {
        for got in world.log(actor).iter().filter(|got| got.way == Way::Group) {
            let pid = world.pid_of(actor);
            prop_assert!(matches!(plan.errand, Errand::Stop(_)), "{pid} got {got:?}");
            prop_assert!(!matches!(stage.reach, Reach::Tree | Reach::Process));
            prop_assert!(signals.contains(&got.signal), "{pid} got {got:?}");
            prop_assert_eq!(ends_in_kill, got.signal == Signal::KILL);
            // Whoever a sweep could have met before would have been asked first.
            let is_in_kill_step = told
                .first_of_all(Signal::KILL)
                .is_some_and(|first| first <= got.at);
            let sweep = world.cost * (count * 4 + 10);
            prop_assert!(
                is_in_kill_step || world.began_at(actor) + sweep >= got.at,
                "{pid} got {got:?} and was not asked before"
            );
            for other in world.everyone() {
                let mut before = world.log(other).iter();
                let is_asked = before.any(|it| it.way == Way::Alone && it.at < got.at);
                let is_killed = told
                    .first(other, Signal::KILL)
                    .is_some_and(|killed| killed <= got.at);
                prop_assert!(
                    !is_asked || is_killed || !told.lives_at(other, got.at),
                    "{pid} got {got:?} and {} lives",
                    world.pid_of(other)
                );
            }
        }
    }
    Ok(())
}
