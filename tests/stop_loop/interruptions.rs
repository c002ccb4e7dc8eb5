//! fell is asked to end itself.

use std::time::Duration;

use fell::fate::{Cause, Fate};
use fell::outcome::Verdict;
use fell::signal::Signal;

use crate::stage::{AT_ONCE, HUP, TERM, kill, main_first, record, run, schedule, term_then_kill};
use crate::support::world::{Deed, When, World, ms, role};

/// How long an interrupted stop looks on for those who are ending.
const MOMENT: Duration = ms(20);

#[test]
fn after_an_interruption_nothing_more_is_sent() {
    for (plan, at) in [
        (term_then_kill(), ms(700)),
        (main_first(), ms(700)),
        (schedule("HUP/1s/TERM/1s/KILL/5s"), ms(1500)),
    ] {
        let mut world = World::new();
        let master = world.add(role(100).leads_session().ignores_all());
        let child = world.add(role(101).child_of(100).ignores_all());
        world.interrupt(at, Signal::INT);
        let outcome = run(&mut world, &plan);
        assert_eq!(outcome.verdict, Verdict::Interrupted(Signal::INT));
        assert_eq!(outcome.elapsed, at + MOMENT);
        for actor in [master, child] {
            assert!(world.signals(actor).iter().all(|(then, _)| *then < at));
        }
        assert_eq!(outcome.left().count(), 2);
    }
}

#[test]
fn an_interruption_before_the_first_signal_spares_everyone() {
    let mut world = World::new();
    let member = world.add(role(100).leads_session());
    world.interrupt(AT_ONCE, HUP);
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Interrupted(HUP));
    assert_eq!(world.names(member), []);
}

#[test]
fn an_interruption_while_the_killed_are_awaited_is_noticed() {
    let mut world = World::new();
    world.add(role(100).leads_session().stuck());
    world.interrupt(ms(800), TERM);
    let outcome = run(&mut world, &kill());
    assert_eq!(outcome.verdict, Verdict::Interrupted(TERM));
    assert_eq!(outcome.elapsed, ms(800) + MOMENT);
}

#[test]
fn who_dies_of_what_interrupts_fell_is_not_told_as_left() {
    let mut world = World::new();
    world.add(role(100).leads_session().ignores_all());
    // Ctrl-C meets them all, and fell is the first to run.
    world.add(
        role(101)
            .child_of(100)
            .ignores_all()
            .when(When::At(ms(703)), [Deed::Exit(1)]),
    );
    world.interrupt(ms(700), Signal::INT);
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Interrupted(Signal::INT));
    assert_eq!(record(&outcome, 101).fate, Fate::Ended(Cause::Exited(1)));
    assert_eq!(outcome.left().count(), 1);
}
