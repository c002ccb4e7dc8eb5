//! What can not be read, signalled or ended.

use fell::fate::{Fate, Obstacle};
use fell::guard::Guard;
use fell::outcome::Verdict;
use fell::scope::{Reach, Scope};
use fell::stop::{Errand, StopError, stop};
use fell::survey::Unread;
use fell::target::Root;

use crate::stage::{
    GRACE, HUP, deliver, kill, pid, plan, process, record, run, scope, term_then_kill,
};
use crate::support::world::{World, ms, role};

#[test]
fn who_may_not_be_signalled_is_left_promptly_and_the_others_are_stopped() {
    for plan in [term_then_kill(), kill()] {
        let mut world = World::new();
        world.add(role(100).leads_session().leaves_after(ms(50)));
        let denied = world.add(role(101).child_of(100).denied());
        let below = world.add(role(102).child_of(101).leaves_after(ms(40)));
        let outcome = run(&mut world, &plan);
        assert_eq!(outcome.verdict, Verdict::Left);
        assert!(outcome.elapsed < ms(100), "{:?}", outcome.elapsed);
        assert_eq!(world.names(denied), []);
        assert!(!world.is_living(below));
        assert_eq!(
            record(&outcome, 101).fate,
            Fate::Unreached(Obstacle::NotPermitted { owner: Some(1000) })
        );
    }
}

#[test]
fn who_can_not_die_is_left_when_the_time_after_kill_is_over() {
    let mut world = World::new();
    world.add(role(100).leads_session().stuck().ignores_all());
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Left);
    assert_eq!(outcome.elapsed, GRACE + ms(5000));
    assert_eq!(
        record(&outcome, 100).fate,
        Fate::Survived(Obstacle::Uninterruptible { channel: None })
    );
}

#[test]
fn mates_that_can_not_be_read_end_the_stop_only_before_the_first_signal() {
    let mut world = World::new();
    let member = world.add(role(100).leads_session());
    world.mates_fail_from = Some(0);
    let scope = scope(&mut world, &[process(100)], Reach::Family);
    let outcome = stop(&mut world, scope, &term_then_kill(), |_| {});
    assert!(matches!(outcome, Err(StopError::Unreadable(_))));
    assert_eq!(world.names(member), []);

    let mut world = World::new();
    world.add(role(100).leads_session());
    let stubborn = world.add(role(101).child_of(100).ignores_all());
    world.mates_fail_from = Some(1);
    let outcome = run(&mut world, &term_then_kill());
    assert!(!world.is_living(stubborn));
    // Everyone known is dead, but who else was in their groups can't be said.
    assert_eq!(outcome.verdict, Verdict::Left);
    assert_eq!(outcome.gaps[0].of, Unread::Mates);
    assert!(outcome.partial);
}

#[test]
fn as_long_as_somebody_who_belongs_can_not_be_opened_nobody_says_gone() {
    let mut world = World::new();
    let main = world.add(role(100).leads_session());
    world.add(role(101).child_of(100).hidden());
    let outcome = run(&mut world, &term_then_kill());
    assert!(!world.is_living(main));
    assert_eq!(outcome.verdict, Verdict::Left);
    assert_eq!(outcome.gaps[0].of, Unread::Process(pid(101)));
    assert!(outcome.partial);
}

#[test]
fn a_target_that_can_not_be_opened_is_left_and_never_called_gone() {
    for plan in [term_then_kill(), kill(), deliver(HUP), plan(Errand::Probe)] {
        let mut world = World::new();
        let target = world.add(role(100).leads_session().hidden());
        let mate = world.add(role(101).placed(100, 100));
        let scope = Scope {
            reach: Reach::Family,
            roots: vec![Root::Process(world.view_of(target))],
            guard: Guard::of(&mut world),
        };
        let outcome = stop(&mut world, scope, &plan, |_| {}).expect("a readable world");
        assert_eq!(outcome.verdict, Verdict::Left, "{plan:?}");
        assert!(matches!(
            record(&outcome, 100).fate,
            Fate::Unreached(Obstacle::Failed(_))
        ));
        assert_eq!(world.names(mate).is_empty(), plan.errand == Errand::Probe);
    }
}

#[test]
fn who_can_not_be_opened_once_is_opened_the_next_time() {
    let mut world = World::new();
    world.add(role(100).leads_session().leaves_after(ms(50)));
    let child = world.add(role(101).child_of(100).leads_session().ignores_all());
    world.opens_fail_once = vec![101];
    let outcome = run(&mut world, &deliver(HUP));
    assert_eq!(outcome.verdict, Verdict::Delivered);
    assert_eq!(record(&outcome, 101).round, 1);
    assert_eq!(world.names(child), [HUP]);
}
