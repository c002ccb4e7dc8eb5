//! Groups whose number comes to mean strangers.

use std::time::Duration;

use fell::outcome::Verdict;
use fell::scope::Reach;
use fell::stop::stop;

use crate::stage::{KILL, TERM, assert_untouched, pids, process, run, schedule, scope, supervised};
use crate::support::world::{Cue, Incident, Place, World, ms, role};

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
fn a_target_that_ends_at_once_vouches_for_no_group_or_session() {
    for reach in [Reach::Family, Reach::Session] {
        for has_lists in [true, false] {
            let mut world = World::new();
            world.has_lists = has_lists;
            // Right after the target was held it ends, and so does who opened its group and
            // session; both are empty then, and their number is given away.
            let leader = world.add(role(60).leads_session());
            let target = world.add(role(100).child_of(60));
            let scope = scope(&mut world, &[process(100)], reach);
            let stranger = role(0).child_of(10).leads_session();
            world.plan_on(Cue::Opened(100), Incident::Dies(target, KILL));
            world.plan_on(Cue::Opened(100), Incident::Replaced(leader, stranger));
            world.plan_on(Cue::Opened(100), Incident::Begins(role(200).child_of(60)));
            let plan = schedule("TERM/1s/KILL/5s");
            let outcome = stop(&mut world, scope, &plan, |_| {}).expect("a readable world");
            assert_eq!(pids(&outcome), [100]);
            for number in [60, 200] {
                assert_untouched(&world, world.bearer(number).expect("a stranger"));
            }
        }
    }
}
