//! KILL, and those who fork all the time.

use std::time::Duration;

use fell::fate::Fate;
use fell::outcome::Verdict;
use fell::survey::Unread;

use crate::stage::{KILL, TERM, kill, pgid, record, run, schedule, signalled, term_then_kill};
use crate::support::world::{DYING, Deed, Incident, Place, When, World, helper, ms, role};

#[test]
fn kill_walks_parents_first() {
    let mut world = World::new();
    world.cost = Duration::from_micros(1);
    let top = world.add(role(100).leads_session().ignores_all());
    let middle = world.add(role(90).child_of(100).ignores_all());
    let bottom = world.add(role(80).child_of(90).ignores_all());
    let outcome = run(&mut world, &kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    let first = |actor| world.signals(actor)[0].0;
    assert!(first(top) < first(middle) && first(middle) < first(bottom));
}

#[test]
fn workers_that_a_master_respawns_do_not_outlive_it() {
    for place in [Place::Inherited, Place::Own] {
        let mut world = World::new();
        world.cost = Duration::from_micros(20);
        let worker = helper().group(place).session(place);
        let next = worker.clone().respawns(ms(1), worker.clone());
        world.add(
            role(100)
                .leads_session()
                .ignores_all()
                .respawns(ms(1), next),
        );
        for at in 0..5 {
            world.add(role(110 + at).child_of(100).group(place).session(place));
        }
        let outcome = run(&mut world, &schedule("TERM/2s/KILL/5s"));
        assert_eq!(outcome.verdict, Verdict::Gone, "{place:?}");
        assert!(
            world
                .everyone()
                .skip(3)
                .all(|actor| !world.is_living(actor))
        );
    }
}

#[test]
fn a_storm_of_forks_comes_to_its_end() {
    let mut world = World::new();
    world.cost = Duration::from_micros(15);
    let mut storm = role(100).leads_session().ignores_all();
    for at in 0..400 {
        storm = storm.when(
            When::At(Duration::from_micros(at * 40)),
            [Deed::Fork(Box::new(helper().ignores_all()))],
        );
    }
    world.add(storm);
    let outcome = run(&mut world, &kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert!(
        world
            .everyone()
            .skip(3)
            .all(|actor| !world.is_living(actor))
    );
    assert!(outcome.elapsed < ms(5000));
}

/// A line of processes in the group of 100, each of which lives for a moment only.
fn short_lives(world: &mut World, life: Duration, count: u64) {
    let mut master = role(100).leads_session().ignores_all();
    for at in 0..count {
        let from = life * u32::try_from(at).expect("a small count");
        let child = helper().when(When::At(from + life), [Deed::Exit(0)]);
        master = master.when(When::At(from), [Deed::Fork(Box::new(child))]);
    }
    world.add(master);
}

#[test]
fn a_sweep_ends_though_each_look_finds_somebody_new() {
    // Whichever it is, one of them is just as long as a look and what it leads to.
    for life in 2..=9 {
        let mut world = World::new();
        world.cost = ms(1);
        short_lives(&mut world, ms(life), 6_000 / life);
        let outcome = run(&mut world, &schedule("TERM/1s/KILL/5s"));
        assert_eq!(outcome.verdict, Verdict::Gone);
        let master = world.everyone().nth(3).expect("the master");
        assert!(world.signals(master)[0].0 < ms(500), "{life} ms");
    }
}

#[test]
fn who_turns_up_while_the_killed_are_awaited_is_killed_too() {
    let mut world = World::new();
    world.add(role(100).leads_session().ignores_all());
    let joins = role(150).placed(100, 100).ignores_all();
    world.plan(DYING / 2, Incident::Begins(joins));
    let outcome = run(&mut world, &kill());
    let newcomer = world.everyone().last().expect("the newcomer");
    assert_eq!(
        (world.pid_of(newcomer), world.is_living(newcomer)),
        (150, false)
    );
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(record(&outcome, 150).fate, Fate::Ended(signalled(KILL)));
}

#[test]
fn a_line_that_no_look_can_see_is_ended_through_its_group() {
    for (plan, ignored) in [
        (term_then_kill(), vec![TERM]),
        (term_then_kill(), vec![]),
        (kill(), vec![TERM]),
        (schedule("TERM/1s"), vec![]),
    ] {
        for has_group_signals in [true, false] {
            let mut world = World::new();
            world.has_group_signals = has_group_signals;
            world.add(role(50).leads_session().never_reaps());
            world.add(role(100).child_of(50).leads_session());
            world.add_line(100, ignored.clone());
            let outcome = run(&mut world, &plan);
            assert!(!world.is_line_living(), "{plan:?}");
            assert_eq!(outcome.verdict, Verdict::Gone);
        }
    }
}

#[test]
fn a_line_that_nothing_can_address_is_not_said_to_be_gone() {
    for (plan, time) in [
        (term_then_kill(), ms(15_000)),
        (schedule("TERM/1s/KILL/300ms"), ms(1_300)),
        (schedule("TERM/1s"), ms(1_000)),
    ] {
        let mut world = World::new();
        world.has_group_signals = false;
        // Whoever is known is reaped at once, and can't vouch for the group.
        world.add(role(50).leads_session());
        world.add(role(100).child_of(50).leads_session());
        world.add_line(100, vec![]);
        let outcome = run(&mut world, &plan);
        assert!(world.is_line_living(), "{plan:?}");
        assert_eq!(outcome.verdict, Verdict::Left, "{plan:?}");
        assert_eq!(outcome.gaps[0].of, Unread::Group(pgid(100)));
        assert!(outcome.elapsed <= time + ms(100), "{:?}", outcome.elapsed);
    }
}
