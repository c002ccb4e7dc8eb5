//! Who gets which signal, and when.

use std::time::Duration;

use fell::fate::{Cause, Fate, Obstacle};
use fell::outcome::Verdict;
use fell::scope::Reach;

use crate::stage::{
    AT_ONCE, GRACE, HUP, KILL, TERM, kill, main_first, pids, process, record, run, run_on,
    schedule, signalled, term_then_kill,
};
use crate::support::world::{DYING, Way, World, ms, role};

#[test]
fn a_family_that_obeys_is_gone_as_soon_as_its_last_member() {
    let mut world = World::new();
    let members = [
        world.add(role(100).leads_session().leaves_after(ms(20))),
        world.add(role(101).child_of(100).leaves_after(ms(70))),
        world.add(role(102).child_of(101)),
    ];
    let outcome = run(&mut world, &term_then_kill());

    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(outcome.elapsed, ms(70));
    for member in members {
        assert_eq!(world.signals(member), [(AT_ONCE, TERM)]);
    }
    let fates: Vec<_> = [100, 101, 102]
        .map(|pid| {
            (
                record(&outcome, pid).fate.clone(),
                record(&outcome, pid).after,
            )
        })
        .into();
    assert_eq!(
        fates,
        [
            (Fate::Ended(Cause::Exited(0)), Some(ms(20))),
            (Fate::Ended(Cause::Exited(0)), Some(ms(70))),
            (Fate::Ended(signalled(TERM)), Some(DYING)),
        ]
    );
}

#[test]
fn when_the_leader_obeys_kill_comes_to_the_one_who_does_not_and_exactly_at_the_grace() {
    let mut world = World::new();
    let leader = world.add(role(100).leads_session());
    let obeys = world.add(role(101).child_of(100).leaves_after(ms(500)));
    let ignores = world.add(role(102).child_of(100).ignores_all());
    let outcome = run(&mut world, &term_then_kill());

    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(world.names(leader), [TERM]);
    assert_eq!(world.names(obeys), [TERM]);
    let alone: Vec<_> = world
        .log(ignores)
        .iter()
        .filter(|got| got.way == Way::Alone)
        .map(|got| (got.at, got.signal))
        .collect();
    assert_eq!(alone, [(AT_ONCE, TERM), (GRACE, KILL)]);
    assert_eq!(outcome.elapsed, GRACE + DYING);
    let killed = record(&outcome, 102);
    assert_eq!(killed.fate, Fate::Ended(signalled(KILL)));
    assert_eq!((killed.step, killed.after), (Some(1), Some(GRACE + DYING)));
    assert_eq!(record(&outcome, 100).step, Some(0));
}

#[test]
fn parents_are_signalled_before_their_children_whatever_their_numbers() {
    let mut world = World::new();
    world.cost = Duration::from_micros(10);
    let top = world.add(role(100).leads_session().leaves_after(ms(50)));
    let middle = world.add(role(90).child_of(100).leaves_after(ms(50)));
    let mate = world.add(role(30).placed(100, 100).leaves_after(ms(50)));
    let child_of_mate = world.add(role(20).child_of(30).placed(100, 100).leaves_after(ms(50)));
    let bottom = world.add(role(80).child_of(90).leaves_after(ms(50)));
    for plan in [term_then_kill(), kill()] {
        run(&mut world, &plan);
    }
    let first = |actor| world.signals(actor)[0].0;
    assert!(first(top) < first(middle) && first(middle) < first(bottom));
    assert!(first(mate) < first(child_of_mate));
}

#[test]
fn each_step_of_a_schedule_has_its_own_signal_and_time() {
    let mut world = World::new();
    let member = world.add(role(100).leads_session().ignores_all());
    let outcome = run(&mut world, &schedule("HUP/5s/TERM/10s/KILL/5s"));
    assert_eq!(
        world.signals(member)[..3],
        [(AT_ONCE, HUP), (ms(5_000), TERM), (ms(15_000), KILL)]
    );
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(outcome.elapsed, ms(15_000) + DYING);
}

#[test]
fn without_grace_kill_follows_at_once() {
    let mut world = World::new();
    let member = world.add(role(100).leads_session().ignores_all());
    let outcome = run(&mut world, &schedule("TERM/0/KILL/5s"));
    assert_eq!(
        world.signals(member)[..2],
        [(AT_ONCE, TERM), (AT_ONCE, KILL)]
    );
    assert_eq!(outcome.verdict, Verdict::Gone);
}

#[test]
fn without_kill_who_is_left_is_named_at_the_end_of_the_time() {
    let mut world = World::new();
    let member = world.add(role(100).leads_session().ignores_all());
    world.add(role(101).child_of(100));
    let outcome = run(&mut world, &schedule("TERM/3s"));
    assert_eq!(outcome.verdict, Verdict::Left);
    assert_eq!(outcome.elapsed, ms(3000));
    assert_eq!(world.names(member), [TERM]);
    let left: Vec<_> = outcome
        .left()
        .map(|record| (record.process.pid().get(), record.fate.clone()))
        .collect();
    assert_eq!(left, [(100, Fate::Survived(Obstacle::Nothing))]);
}

#[test]
fn main_first_asks_the_target_alone_and_the_rest_when_it_has_ended() {
    let mut world = World::new();
    let master = world.add(role(100).leads_session().leaves_after(ms(300)));
    let stopped_by_master = world.add(role(101).child_of(100).ends_at(ms(200)));
    let left_over = world.add(role(102).child_of(100));
    let stubborn = world.add(role(103).child_of(100).ignores_all());
    let outcome = run(&mut world, &main_first());

    assert_eq!(world.signals(master), [(AT_ONCE, TERM)]);
    assert_eq!(world.signals(stopped_by_master), []);
    assert_eq!(world.signals(left_over), [(ms(300), TERM)]);
    assert_eq!(
        world.signals(stubborn)[..2],
        [(ms(300), TERM), (GRACE, KILL)]
    );
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(record(&outcome, 101).step, None);
    assert_eq!(record(&outcome, 101).fate, Fate::Ended(Cause::Exited(0)));
}

#[test]
fn main_first_kills_everyone_when_the_target_outlasts_the_grace() {
    let mut world = World::new();
    let master = world.add(role(100).leads_session().ignores_all());
    let worker = world.add(role(101).child_of(100));
    let outcome = run(&mut world, &main_first());
    assert_eq!(world.signals(master)[..2], [(AT_ONCE, TERM), (GRACE, KILL)]);
    assert_eq!(world.signals(worker)[0], (GRACE, KILL));
    assert_eq!(outcome.verdict, Verdict::Gone);
}

#[test]
fn several_targets_share_one_clock_and_keep_their_records_apart() {
    let mut world = World::new();
    world.add(role(100).leads_session().leaves_after(ms(300)));
    world.add(role(101).child_of(100));
    world.add(role(200).leads_session().leaves_after(ms(900)));
    world.add(role(201).child_of(200));
    // Named twice, and named inside of another.
    let targets = [process(100), process(200), process(100), process(201)];
    let outcome = run_on(&mut world, &targets, Reach::Family, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(outcome.elapsed, ms(900));
    let targets: Vec<_> = [100, 101, 200, 201]
        .map(|pid| record(&outcome, pid).target)
        .into();
    assert_eq!(targets, [0, 0, 1, 3]);
    assert_eq!(pids(&outcome), [100, 101, 200, 201]);
    for actor in world.everyone() {
        assert!(world.log(actor).len() <= 1);
    }
}
