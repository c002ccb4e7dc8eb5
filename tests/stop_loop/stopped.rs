//! Those who are stopped, or stop in the course of it.

use std::time::Duration;

use fell::fate::Fate;
use fell::outcome::Verdict;

use crate::stage::{
    AT_ONCE, CONT, HUP, KILL, STOP, TERM, deliver, kill, record, run, schedule, signalled,
    term_then_kill,
};
use crate::support::world::{Deed, Place, When, World, ms, role};

#[test]
fn only_the_stopped_are_continued_and_only_after_the_signal() {
    let mut world = World::new();
    let stopped = world.add(role(100).leads_session().stopped());
    let awake = world.add(role(101).child_of(100).leaves_after(ms(30)));
    let traced = world.add(role(102).child_of(100).traced());
    let outcome = run(&mut world, &term_then_kill());

    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(world.names(stopped), [TERM, CONT]);
    assert_eq!(world.names(awake), [TERM]);
    assert!(!world.names(traced).contains(&CONT));
    assert_eq!(record(&outcome, 102).fate, Fate::Ended(signalled(KILL)));
}

#[test]
fn who_stops_during_the_grace_is_continued_before_the_next_step() {
    let mut world = World::new();
    let member = world.add(
        role(100)
            .leads_session()
            .when(When::Asked(ms(100)), [Deed::Pause])
            .when(When::Asked(ms(200)), [Deed::Exit(0)]),
    );
    let outcome = run(&mut world, &schedule("HUP/1s/TERM/1s/KILL/5s"));
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(
        world.signals(member)[..2],
        [(AT_ONCE, HUP), (ms(1000), CONT)]
    );
}

#[test]
fn stop_cont_kill_and_a_mere_delivery_continue_nobody() {
    for (plan, expected) in [
        (deliver(TERM), vec![TERM]),
        (deliver(STOP), vec![STOP]),
        (deliver(CONT), vec![CONT]),
        (schedule("CONT/1s"), vec![CONT]),
        (schedule("STOP/1s"), vec![STOP]),
    ] {
        let mut world = World::new();
        let stopped = world.add(role(100).leads_session().stopped().ignores_all());
        run(&mut world, &plan);
        assert_eq!(world.names(stopped), expected, "{plan:?}");
    }
    let mut world = World::new();
    let stopped = world.add(role(100).leads_session().stopped());
    run(&mut world, &kill());
    assert!(!world.names(stopped).contains(&CONT));
}

#[test]
fn nobody_is_stopped_before_kill() {
    // The kernel sends HUP to a group that is orphaned with somebody stopped in it.
    let mut world = World::new();
    let members = [
        world.add(role(100).group(Place::Outside).ignores_all()),
        world.add(role(101).child_of(100).group(Place::Outside).ignores_all()),
    ];
    run(&mut world, &schedule("TERM/1s/KILL/5s"));
    for member in members {
        assert_eq!(world.names(member), [TERM, KILL]);
    }
}

#[test]
fn the_stopped_are_continued_before_the_end_of_a_parent_can_hang_them_up() {
    // When the end of a parent orphans a group with somebody stopped in it, the kernel
    // sends HUP to all of that group.
    let mut world = World::new();
    world.cost = Duration::from_micros(10);
    let awake = world.add(role(100).leads_session().leaves_after(ms(30)));
    let stopped = world.add(role(101).child_of(100).leads_group().stopped());
    let below = world.add(role(102).child_of(101).stopped());
    let child_below = world.add(role(103).child_of(102).leaves_after(ms(30)));
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(world.names(awake), [TERM]);
    for actor in [stopped, below] {
        assert_eq!(world.names(actor), [TERM, CONT]);
    }
    let at = |actor, nth: usize| world.signals(actor)[nth].0;
    // Nobody runs on without the signal, and nobody ends who has a stopped child.
    assert!(at(stopped, 0) < at(below, 0) && at(below, 0) < at(below, 1));
    assert!(at(below, 1) < at(stopped, 1) && at(stopped, 1) < at(awake, 0));
    assert!(at(awake, 0) < at(child_below, 0));
}

#[test]
fn children_are_continued_before_their_parents() {
    // If these ended first, the kernel would send HUP to a group that this orphans.
    let mut world = World::new();
    world.cost = ms(1);
    let parent = world.add(role(100).leads_session().stopped());
    let child = world.add(role(101).child_of(100).leads_group().stopped());
    run(&mut world, &term_then_kill());
    let continued = |actor| {
        let signals = world.signals(actor);
        signals
            .iter()
            .find(|(_, signal)| *signal == CONT)
            .map(|(at, _)| *at)
    };
    let (first, second) = (continued(child), continued(parent));
    assert!(first.is_some() && first < second, "{first:?} {second:?}");
}
