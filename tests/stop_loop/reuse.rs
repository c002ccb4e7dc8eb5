//! Numbers that are given away at the worst moment: strangers get no signal, nobody is
//! forgotten, and the record is true.

use fell::fate::{Cause, Fate};
use fell::outcome::Verdict;
use fell::scope::Reach;
use fell::stop::stop;

use crate::stage::{
    KILL, TERM, assert_untouched, kill, pids, process, record, run, schedule, scope, signalled,
    strangers, supervised,
};
use crate::support::world::{Cue, Deed, Incident, Role, When, World, ms, role};

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
fn a_number_given_away_between_the_table_and_the_look_is_nobodys_child() {
    for stranger in strangers() {
        let mut world = supervised();
        world.has_lists = false;
        world.add(role(100).child_of(50).leads_group().leaves_after(ms(200)));
        let child = world.add(role(102).child_of(100).leads_group());
        world.plan_on(Cue::Searched, Incident::Replaced(child, stranger));
        let outcome = run(&mut world, &schedule("TERM/1s/KILL/5s"));
        let bearer = world.everyone().last().expect("the stranger");
        assert!(bearer != child, "the number is given away");
        assert_untouched(&world, bearer);
        assert_eq!(outcome.verdict, Verdict::Gone);
        assert_eq!(pids(&outcome), [100]);
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

#[test]
fn the_children_of_who_has_a_members_number_are_no_members() {
    // The lists of further threads are opened by the number of a process.
    let mut world = World::new();
    let target = world.add(role(100).leads_session().threads(3));
    let scope = scope(&mut world, &[process(100)], Reach::Family);
    let stranger = role(0).child_of(10).leads_session();
    world.plan_on(Cue::Opened(100), Incident::Replaced(target, stranger));
    world.plan_on(
        Cue::Opened(100),
        Incident::Begins(role(200).child_of(100).leads_session()),
    );
    let outcome = stop(&mut world, scope, &kill(), |_| {}).expect("a readable world");
    assert_eq!(pids(&outcome), [100]);
    for number in [100, 200] {
        assert_untouched(&world, world.bearer(number).expect("a stranger"));
    }
}

#[test]
fn who_gets_a_members_number_in_the_tick_of_its_birth_is_a_stranger_all_the_same() {
    let mut world = supervised();
    let target = world.add(role(100).child_of(50).leads_group().ignores_all());
    world.happen(Incident::Forks(target, role(101).leads_group()));
    let member = world.bearer(101).expect("the member");
    let scope = scope(&mut world, &[process(100)], Reach::Family);
    // Number and start are the same, so that nothing but the end of the member tells.
    let stranger = role(0).child_of(10).leads_group();
    world.plan_on(Cue::Opened(101), Incident::Replaced(member, stranger));
    world.plan_on(Cue::Opened(101), Incident::Begins(role(200).child_of(101)));
    let plan = schedule("TERM/1s/KILL/5s");
    let outcome = stop(&mut world, scope, &plan, |_| {}).expect("a readable world");
    assert_eq!(pids(&outcome), [100, 101]);
    assert_eq!(record(&outcome, 101).step, None);
    for number in [101, 200] {
        assert_untouched(&world, world.bearer(number).expect("a stranger"));
    }
}

#[test]
fn who_has_the_number_of_a_targets_ancestor_takes_in_no_orphans() {
    // The target's parent ends, and its number goes to a child of the shell; so the shell
    // seems to be an ancestor of the target.
    let mut world = World::new();
    let parent = world.add(role(60).leads_session());
    world.add(role(100).child_of(60).leads_session().leaves_after(ms(200)));
    let middle = world.add(role(101).child_of(100).leads_session());
    let child = world.add(role(102).child_of(101).leads_session());
    let scope = scope(&mut world, &[process(100)], Reach::Family);
    let stranger = || role(0).child_of(10).leads_session();
    world.plan_on(Cue::Opened(100), Incident::Replaced(parent, stranger()));
    world.elapse(ms(50));
    world.plan_on(Cue::Listed(middle), Incident::Dies(middle, KILL));
    world.plan_on(Cue::Listed(middle), Incident::Replaced(child, stranger()));
    let plan = schedule("TERM/1s/KILL/5s");
    let outcome = stop(&mut world, scope, &plan, |_| {}).expect("a readable world");
    assert_eq!(pids(&outcome), [100, 101]);
    for number in [60, 102] {
        assert_untouched(&world, world.bearer(number).expect("a stranger"));
    }
}
