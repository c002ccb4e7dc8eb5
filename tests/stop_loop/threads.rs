//! Threads: each has a list of children of its own, and may start late.

use fell::fate::{Cause, Fate};
use fell::outcome::Verdict;
use fell::selection::Reason;

use crate::stage::{KILL, TERM, kill, pid, record, run, schedule, signalled};
use crate::support::world::{Cue, Deed, Incident, World, ms, role};

#[test]
fn a_thread_that_starts_between_pin_and_kill_hides_no_child() {
    let mut world = World::new();
    let target = world.add(role(100).leads_session().ignores_all());
    // In a session of its own: nothing but the new thread's list leads to it.
    let child = role(150).leads_session().ignores_all();
    world.plan_on(
        Cue::Opened(100),
        Incident::Does(target, Deed::ForkInThread(Box::new(child))),
    );
    let outcome = run(&mut world, &kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    let child = world.everyone().last().expect("the child");
    assert_eq!((world.pid_of(child), world.is_living(child)), (150, false));
    assert_eq!(record(&outcome, 150).reason, Reason::Descendant(pid(100)));
    assert_eq!(record(&outcome, 150).fate, Fate::Ended(signalled(KILL)));
}

#[test]
fn a_child_of_a_thread_whose_list_is_not_open_at_kill_is_met_by_its_group() {
    for place in [role(150), role(150).leads_group()] {
        let mut world = World::new();
        let target = world.add(role(100).leads_session().ignores_all());
        let child = place.ignores_all();
        world.plan_on(
            Cue::ListsOpen(target),
            Incident::Does(target, Deed::ForkInThread(Box::new(child))),
        );
        let outcome = run(&mut world, &kill());
        assert_eq!(outcome.verdict, Verdict::Gone);
        let child = world.everyone().last().expect("the child");
        assert_eq!((world.pid_of(child), world.is_living(child)), (150, false));
        assert_eq!(record(&outcome, 150).fate, Fate::Ended(signalled(KILL)));
    }
}

#[test]
fn a_child_of_a_thread_whose_list_is_not_open_at_term_is_met_by_the_next_look() {
    let mut world = World::new();
    let target = world.add(role(100).leads_session().leaves_after(ms(700)));
    let child = role(150).leads_session().leaves_after(ms(40));
    world.plan_on(
        Cue::ListsOpen(target),
        Incident::Does(target, Deed::ForkInThread(Box::new(child))),
    );
    let outcome = run(&mut world, &schedule("TERM/2s/KILL/5s"));
    assert_eq!(outcome.verdict, Verdict::Gone);
    let child = world.everyone().last().expect("the child");
    // In the very tick of its parent's signal: it may be there to clean up.
    assert_eq!(world.signals(child), [(ms(700), TERM)]);
    assert_eq!(record(&outcome, 150).round, 2);
}

#[test]
fn a_child_handed_on_by_one_of_whom_a_thread_is_still_ending_is_not_forgotten() {
    // The kernel hands children on when no thread of their parent runs any more, and the
    // main one may be a zombie only long after.
    for ending in [ms(0), ms(50)] {
        let mut world = World::new();
        let target = world.add(role(100).leads_session().takes_to_end(ending));
        let child = role(150).leads_session().leaves_after(ms(30));
        world.happen(Incident::Forks(target, child));
        world.plan_on(Cue::Listed(target), Incident::Dies(target, TERM));
        let outcome = run(&mut world, &schedule("TERM/1s/KILL/5s"));
        assert_eq!(outcome.verdict, Verdict::Gone);
        let child = world.everyone().last().expect("the child");
        assert_eq!(world.names(child), [TERM]);
        assert_eq!(record(&outcome, 150).fate, Fate::Ended(Cause::Exited(0)));
        assert_eq!(record(&outcome, 150).reason, Reason::Descendant(pid(100)));
    }
}
