//! Numbers that are given away at the worst moment: strangers get no signal, nobody is
//! forgotten, and the record is true.

use std::time::Duration;

use fell::fate::{Cause, Fate};
use fell::outcome::Verdict;
use fell::scope::Reach;
use fell::stop::stop;

use crate::stage::{KILL, TERM, kill, pids, process, record, run, schedule, scope, signalled};
use crate::support::world::{Actor, Cue, Deed, Incident, Place, Role, When, World, ms, role};

/// Somebody who started the target and strangers, all in one session.
fn supervised() -> World {
    let mut world = World::new();
    world.add(role(50).leads_session());
    world
}

/// Strangers that a number may come to mean, with the number of whoever is their parent.
fn strangers() -> [Role; 4] {
    let in_its_session = || role(0).child_of(50);
    [
        // In a session of its own.
        role(0).child_of(10).leads_session(),
        // In the session of the target: in a group of its own, and in that of another.
        in_its_session().leads_group(),
        in_its_session(),
        // In a session of its own, and a child of who takes in orphans.
        role(0).leads_session(),
    ]
}

fn assert_untouched(world: &World, stranger: Actor) {
    let pid = world.pid_of(stranger);
    assert!(world.is_living(stranger), "{pid}");
    assert_eq!(world.log(stranger), [], "{pid}");
}

#[test]
fn a_number_given_away_between_the_list_and_the_look_is_nobodys_child() {
    for stranger in strangers() {
        for since_birth in [ms(0), ms(50)] {
            let mut world = supervised();
            let target = world.add(role(100).child_of(50).leads_group().leaves_after(ms(200)));
            let child = world.add(role(102).child_of(100).leads_group());
            let sister = world.add(role(103).child_of(100).leads_group().leaves_after(ms(90)));
            world.elapse(since_birth);
            world.plan_on(
                Cue::Listed(target),
                Incident::Replaced(child, stranger.clone()),
            );
            let outcome = run(&mut world, &schedule("TERM/1s/KILL/5s"));
            let bearer = world.everyone().last().expect("the stranger");
            assert!(bearer != sister, "the number is given away");
            assert_untouched(&world, bearer);
            assert_eq!(outcome.verdict, Verdict::Gone);
            assert_eq!(pids(&outcome), [100, 103], "{stranger:?}");
            assert_eq!(world.names(sister), [TERM]);
        }
    }
}

#[test]
fn an_orphan_is_kept_though_its_sisters_number_is_given_away_in_the_same_moment() {
    for stranger in [
        role(0).child_of(10).leads_session(),
        role(0).child_of(10).leads_group(),
    ] {
        let mut world = supervised();
        world.add(role(100).child_of(50).leads_group().leaves_after(ms(200)));
        let middle = world.add(role(101).child_of(100).leads_group());
        let orphan = world.add(role(102).child_of(101).leads_session());
        let sister = world.add(role(103).child_of(101).leads_session());
        world.elapse(ms(50));
        world.plan_on(Cue::Listed(middle), Incident::Dies(middle, KILL));
        world.plan_on(Cue::Listed(middle), Incident::Replaced(sister, stranger));
        let outcome = run(&mut world, &schedule("TERM/1s/KILL/5s"));
        let bearer = world.bearer(103).expect("the stranger");
        assert!(bearer != sister, "the number is given away");
        assert_untouched(&world, bearer);
        assert_eq!(world.names(orphan), [TERM]);
        assert_eq!(outcome.verdict, Verdict::Gone);
        assert_eq!(pids(&outcome), [100, 101, 102]);
    }
}

#[test]
fn a_target_that_is_replaced_between_look_and_pin_is_nobody() {
    for stranger in strangers() {
        let mut world = supervised();
        let target = world.add(role(100).child_of(50).leads_group());
        world.plan_on(Cue::Opened(100), Incident::Replaced(target, stranger));
        world.plan_on(Cue::Opened(100), Incident::Begins(role(300).child_of(100)));
        let outcome = run(&mut world, &kill());
        assert_eq!(outcome.verdict, Verdict::Nothing);
        assert_eq!(pids(&outcome), [0; 0]);
        for number in [100, 300] {
            assert_untouched(&world, world.bearer(number).expect("a stranger"));
        }
    }
}

#[test]
fn a_target_that_is_replaced_right_after_it_was_pinned_is_told_as_dead_before() {
    for stranger in strangers() {
        let mut world = supervised();
        let target = world.add(role(100).child_of(50).leads_group());
        let scope = scope(&mut world, &[process(100)], Reach::Family);
        world.plan_on(Cue::Opened(100), Incident::Replaced(target, stranger));
        world.plan_on(Cue::Opened(100), Incident::Begins(role(300).child_of(100)));
        let outcome = stop(&mut world, scope, &kill(), |_| {}).expect("a readable world");
        assert_eq!(pids(&outcome), [100]);
        assert_eq!(
            record(&outcome, 100).fate,
            Fate::AlreadyEnded(signalled(KILL))
        );
        assert_eq!(record(&outcome, 100).step, None);
        for number in [100, 300] {
            assert_untouched(&world, world.bearer(number).expect("a stranger"));
        }
    }
}

#[test]
fn a_members_number_given_away_in_the_grace_leads_to_no_stranger() {
    for has_lists in [true, false] {
        for stranger in strangers() {
            let mut world = supervised();
            world.has_lists = has_lists;
            world.add(role(100).child_of(50).leads_group().ignores_all());
            let ended = world.add(role(101).child_of(100).leads_group());
            world.add(role(104).child_of(100).leads_group().ignores_all());
            world.plan(ms(500), Incident::Replaced(ended, stranger.clone()));
            world.plan(
                ms(500),
                Incident::Begins(Role {
                    pid: Some(101),
                    ..stranger
                }),
            );
            // What comes of it: in its group, and in a group of its own.
            world.plan(ms(600), Incident::Begins(role(300).child_of(101)));
            world.plan(
                ms(700),
                Incident::Begins(role(301).child_of(101).leads_group()),
            );
            let outcome = run(&mut world, &schedule("TERM/1s/KILL/5s"));
            assert_eq!(outcome.verdict, Verdict::Gone);
            assert_eq!(pids(&outcome), [100, 101, 104]);
            for number in [101, 300, 301] {
                assert_untouched(&world, world.bearer(number).expect("a stranger"));
            }
            let of_ended = record(&outcome, 101);
            assert_eq!(of_ended.fate, Fate::Ended(signalled(TERM)));
            assert_eq!(of_ended.step, Some(0));
        }
    }
}

#[test]
fn a_dead_leaders_group_number_may_be_given_away_between_any_two_questions() {
    for (has_lists, has_group_signals) in [(true, true), (true, false), (false, true)] {
        let mut given_away = 0;
        for at in (50..450).map(ms) {
            let mut world = supervised();
            world.has_lists = has_lists;
            world.has_group_signals = has_group_signals;
            world.cost = ms(7);
            let stubborn = world.add(role(100).child_of(50).leads_group().ignores_all());
            world.add(role(101).child_of(100).leads_group());
            // The last in the group of a leader that ends before.
            world.add(role(102).child_of(101).ignores_all().ends_at(at));
            world.plan(at, Incident::Begins(role(101).child_of(50).leads_group()));
            world.plan(at, Incident::Begins(role(40).child_of(101)));
            // In the strangers' group, with the number of who was in the other one.
            world.plan(at, Incident::Begins(role(102).child_of(101)));
            let outcome = run(&mut world, &schedule("TERM/200ms/KILL/5s"));
            assert_eq!(outcome.verdict, Verdict::Gone);
            assert!(!world.is_living(stubborn));
            if let Some(stranger) = world.bearer(40) {
                given_away += 1;
                assert_untouched(&world, stranger);
                for number in [101, 102] {
                    assert_untouched(&world, world.bearer(number).expect("a stranger"));
                }
            }
        }
        assert!(given_away > 100, "{given_away}");
    }
}

#[test]
fn a_mates_number_given_away_between_the_search_and_the_look_is_nobodys() {
    // The target's group has lost its leader, and 102 is the last one beside the target.
    let mut world = supervised();
    world.add(
        role(100)
            .child_of(50)
            .group(Place::Number(60))
            .ignores_all(),
    );
    let mate = world.add(role(102).child_of(50).group(Place::Number(60)));
    world.plan_on(
        Cue::Searched,
        Incident::Replaced(mate, role(0).child_of(50).leads_group()),
    );
    let outcome = run(&mut world, &schedule("TERM/1s/KILL/5s"));
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(pids(&outcome), [100]);
    assert_untouched(&world, world.bearer(102).expect("the stranger"));
}

#[test]
fn a_group_that_is_opened_anew_between_the_search_and_the_look_is_a_strangers() {
    for by_session in [false, true] {
        let mut world = supervised();
        // 102 is found by the group of 101, which has ended; then both numbers are given
        // away, and the new 102 is in the group of the new 101.
        let leader = role(101).child_of(100);
        let leader = if by_session {
            leader.leads_session()
        } else {
            leader.leads_group()
        };
        world.add(role(100).child_of(50).leads_group().ignores_all());
        let leader = world.add(leader);
        let mate = world.add(role(102).child_of(101).subreaper().ignores_all());
        world.plan(ms(300), Incident::Dies(mate, KILL));
        let again = role(101).child_of(10);
        let again = if by_session {
            again.leads_session()
        } else {
            again.leads_group()
        };
        let began = ms(300) + Duration::from_micros(1);
        world.plan(began, Incident::Begins(again));
        world.plan(began, Incident::Begins(role(102).child_of(101)));
        let outcome = run(&mut world, &schedule("TERM/1s/KILL/5s"));
        assert_eq!(outcome.verdict, Verdict::Gone);
        assert_eq!(pids(&outcome), [100, 101, 102]);
        assert_eq!(world.names(leader), [TERM]);
        for number in [101, 102] {
            assert_untouched(&world, world.bearer(number).expect("a stranger"));
        }
    }
}

#[test]
fn who_has_a_dead_members_number_may_still_be_a_member() {
    let mut world = supervised();
    world.add(role(100).child_of(50).leads_group().ignores_all());
    world.add(role(101).child_of(100));
    let again = role(101).ignores_all();
    let target = world.bearer(100).expect("the target");
    world.plan(ms(500), Incident::Does(target, Deed::Fork(Box::new(again))));
    let outcome = run(&mut world, &schedule("TERM/1s/KILL/5s"));
    let second = world.bearer(101);
    assert_eq!(second, None, "both are gone");
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(pids(&outcome), [100, 101, 101]);
    let fates: Vec<&Fate> = outcome
        .records
        .iter()
        .filter(|record| record.process.pid().get() == 101)
        .map(|record| &record.fate)
        .collect();
    assert_eq!(
        fates,
        [&Fate::Ended(signalled(TERM)), &Fate::Ended(signalled(KILL))]
    );
}

#[test]
fn a_parents_number_given_away_makes_no_children() {
    // Its children go to who takes in orphans, and a stranger with the number of their
    // parent has children of its own.
    let mut world = supervised();
    world.add(role(100).child_of(50).leads_group().leaves_after(ms(800)));
    let parent = world.add(
        role(101)
            .child_of(100)
            .when(When::Asked(ms(100)), [Deed::Exit(3)]),
    );
    let orphan = world.add(
        role(102)
            .child_of(101)
            .leads_session()
            .leaves_after(ms(600)),
    );
    world.plan(
        ms(200),
        Incident::Begins(role(101).child_of(50).leads_group()),
    );
    world.plan(ms(201), Incident::Begins(role(200).child_of(101)));
    let outcome = run(&mut world, &schedule("TERM/1s/KILL/5s"));
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(pids(&outcome), [100, 101, 102]);
    assert_eq!(record(&outcome, 101).fate, Fate::Ended(Cause::Exited(3)));
    assert_eq!(world.names(parent), [TERM]);
    assert_eq!(world.names(orphan), [TERM]);
    for number in [101, 200] {
        assert_untouched(&world, world.bearer(number).expect("a stranger"));
    }
}
