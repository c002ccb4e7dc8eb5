//! Those who may not be signalled, and whom they leave behind.

use std::time::Duration;

use fell::fate::Fate;
use fell::outcome::Verdict;
use fell::survey::Unread;

use crate::stage::{INT, KILL, kill, pgid, pid, run, schedule, term_then_kill};
use crate::support::world::{Deed, Role, When, World, helper, ms, role};

#[test]
fn a_line_of_somebody_elses_is_not_said_to_be_gone() {
    for (plan, time) in [
        (term_then_kill(), ms(5_000)),
        (schedule("TERM/1s/KILL/300ms"), ms(300)),
        (kill(), ms(5_000)),
    ] {
        // Who has ended keeps the group, of somebody else's processes or of fell's user's.
        for is_zombie_denied in [true, false] {
            let mut world = World::new();
            world.add(role(50).leads_session().never_reaps());
            world.add(role(100).child_of(50).leads_session());
            let former = role(101).child_of(50).placed(100, 100).zombie().denied();
            world.add(former);
            if !is_zombie_denied {
                world.add(role(102).child_of(50).placed(100, 100).zombie());
            }
            world.add_denied_line(100);
            let outcome = run(&mut world, &plan);
            assert!(world.is_line_living(), "{plan:?}");
            assert_eq!(outcome.verdict, Verdict::Left, "{plan:?}");
            assert_eq!(outcome.gaps[0].of, Unread::Group(pgid(100)));
            let late = outcome.elapsed.saturating_sub(time);
            assert!(late < ms(1_100), "{:?}", outcome.elapsed);
        }
    }
}

#[test]
fn somebody_elses_zombie_leaves_no_doubt_where_nobody_is_born_in_the_course_of_a_look() {
    for plan in [
        term_then_kill(),
        kill(),
        schedule("TERM/5s"),
        schedule("TERM/5s/KILL/0s"),
    ] {
        // Reaped at once, later, or never: by one who waits for fell, say.
        for reaps in [Some(ms(0)), Some(ms(30)), None] {
            let mut world = World::new();
            let parent = role(50).leads_session();
            world.add(match reaps {
                Some(wait) => parent.reaps_after(wait),
                None => parent.never_reaps(),
            });
            world.add(role(100).child_of(50).leads_session().leaves_after(ms(25)));
            let denied = role(101).child_of(50).placed(100, 100).denied();
            world.add(denied.ends_at(ms(0)));
            let outcome = run(&mut world, &plan);
            assert_eq!(outcome.verdict, Verdict::Gone, "{plan:?} {reaps:?}");
            assert_eq!(outcome.gaps, []);
            assert!(outcome.elapsed < ms(30), "{:?}", outcome.elapsed);
        }
    }
}

#[test]
fn an_interruption_is_heard_though_nobody_who_is_left_can_be_signalled() {
    for moment in 0..80 {
        for before in 0..6 {
            let mut world = World::new();
            world.cost = ms(1);
            world.add(role(100).leads_session());
            let end = Duration::from_micros(500 * moment);
            let asked = end.saturating_sub(Duration::from_micros(500 * before));
            world.add(role(101).child_of(100).denied().when(
                When::At(end),
                [Deed::Fork(Box::new(role(150).stuck())), Deed::Exit(0)],
            ));
            world.interrupt(asked, INT);
            let outcome = run(&mut world, &kill());
            let late = outcome.elapsed.saturating_sub(asked);
            assert!(
                outcome.verdict == Verdict::Interrupted(INT) || late < ms(200),
                "{end:?}, asked at {asked:?}: {outcome:#?}"
            );
        }
    }
}

#[test]
fn an_interruption_is_heard_in_a_chain_of_those_who_can_not_be_signalled() {
    /// Each bears the next and ends.
    fn chain(from: u64, left: u32) -> Role {
        let next = || Deed::Fork(Box::new(chain(from + 3, left - 1)));
        let deeds = if left == 0 { None } else { Some(next()) };
        helper()
            .denied()
            .when(When::At(ms(from)), deeds.into_iter().chain([Deed::Exit(0)]))
    }
    for cost in [20, 50, 100, 200, 300] {
        for at in 0..40 {
            let mut world = World::new();
            world.cost = Duration::from_micros(cost);
            world.add(role(50).leads_session());
            world.add(role(100).child_of(50).leads_session());
            let first = chain(3, 100).child_of(100).placed(100, 100);
            world.add(Role {
                pid: Some(101),
                ..first
            });
            let asked = ms(10 + at * 3) + Duration::from_micros(77 * at);
            world.interrupt(asked, INT);
            let outcome = run(&mut world, &kill());
            assert!(
                outcome.verdict == Verdict::Interrupted(INT) || outcome.elapsed < asked + ms(3),
                "{cost} us, asked at {asked:?}: {:?} after {:?}",
                outcome.verdict,
                outcome.elapsed
            );
        }
    }
}

#[test]
fn who_is_only_met_when_the_time_is_over_is_killed_and_told_so() {
    for wait in [0, 5, 10, 20] {
        for moment in 0..120 {
            let mut world = World::new();
            world.cost = ms(1);
            world.add(role(100).leads_session());
            world.add(role(101).child_of(100).denied().when(
                When::At(Duration::from_micros(500 * moment)),
                [Deed::Fork(Box::new(role(150).ignores_all())), Deed::Exit(0)],
            ));
            let outcome = run(&mut world, &schedule(&format!("KILL/{wait}ms")));
            let told = outcome
                .records
                .iter()
                .find(|it| it.process.pid() == pid(150));
            if let Some(told) = told {
                let child = world.everyone().find(|&it| world.pid_of(it) == 150);
                let child = child.expect("the child");
                assert_eq!(world.names(child), [KILL], "{wait} {moment}: {told:?}");
                assert_eq!(told.step, Some(0), "{wait} {moment}: {told:?}");
            }
        }
    }
}

#[test]
fn what_one_leaves_behind_who_could_not_be_signalled_is_killed_whenever_that_is() {
    for moment in 0..60 {
        let mut world = World::new();
        world.cost = ms(1);
        world.add(role(100).leads_session());
        let child = role(150).ignores_all();
        world.add(role(101).child_of(100).denied().when(
            When::At(ms(moment)),
            [Deed::Fork(Box::new(child)), Deed::Exit(0)],
        ));
        let outcome = run(&mut world, &kill());
        let told = outcome
            .records
            .iter()
            .find(|it| it.process.pid() == pid(101));
        let is_told_ended = told.is_some_and(|it| matches!(it.fate, Fate::Ended(_)));
        if let Some(child) = world.everyone().find(|&it| world.pid_of(it) == 150) {
            assert!(
                !is_told_ended || !world.is_living(child),
                "{moment}: {outcome:#?}"
            );
        }
    }
}
