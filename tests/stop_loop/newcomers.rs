//! Those who are born, or turn up, while the others are being asked.

use fell::fate::{Cause, Fate};
use fell::outcome::Verdict;
use fell::schedule::Schedule;
use fell::selection::Reason;
use fell::stop::Errand;

use crate::stage::{
    AT_ONCE, GRACE, HUP, KILL, TERM, main_first, pgid, pid, plan, record, run, schedule, signalled,
    term_then_kill,
};
use crate::support::world::{Deed, Incident, Place, When, World, helper, ms, role};

#[test]
fn a_newcomer_that_was_there_before_its_parents_signal_gets_it_at_once() {
    // With 20 ms for each question the first sweep is over at 180, and the list is read
    // once more at 200, before the signal.
    for born in [ms(182), ms(198)] {
        let mut world = World::new();
        world.cost = ms(20);
        let newcomer = role(150).leaves_after(ms(40));
        let master = world.add(
            role(100)
                .leads_session()
                .leaves_after(ms(3000))
                .when(When::At(born), [Deed::Fork(Box::new(newcomer))]),
        );
        let outcome = run(&mut world, &term_then_kill());
        let newcomer = world.everyone().last().expect("the newcomer");
        assert_eq!(
            (world.names(master), world.names(newcomer)),
            (vec![TERM], vec![TERM])
        );
        let (first, second) = (world.signals(master)[0].0, world.signals(newcomer)[0].0);
        assert!(born < first && first < second && second < ms(500));
        assert_eq!(outcome.verdict, Verdict::Gone);
        assert_eq!(record(&outcome, 150).reason, Reason::Descendant(pid(100)));
    }
}

#[test]
fn a_child_that_cleans_up_is_left_in_peace_until_the_others_are_gone() {
    let mut world = World::new();
    let master = world.add(
        role(100)
            .leads_session()
            .forks_when_asked(AT_ONCE, role(150).ignores_all().ends_at(ms(2500)))
            .leaves_after(ms(2000)),
    );
    let outcome = run(&mut world, &term_then_kill());
    let cleaner = world.everyone().last().expect("the child");

    assert_eq!(world.names(master), [TERM]);
    assert_eq!(world.signals(cleaner), [(ms(2000), TERM)]);
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(outcome.elapsed, ms(2500));
    assert!(record(&outcome, 150).round > 1);
}

#[test]
fn a_child_that_cleans_up_may_be_quicker_than_who_sent_the_signal() {
    let mut world = World::new();
    world.preemption = ms(30);
    let cleaner = role(150).leaves_after(ms(10)).ends_at(ms(800));
    let master = world.add(
        role(100)
            .leads_session()
            .forks_when_asked(AT_ONCE, cleaner)
            .leaves_after(ms(1000)),
    );
    let outcome = run(&mut world, &term_then_kill());
    let cleaner = world.everyone().last().expect("the child");
    assert_eq!(world.names(master), [TERM]);
    assert_eq!(world.names(cleaner), []);
    assert_eq!(record(&outcome, 150).fate, Fate::Ended(Cause::Exited(0)));
    assert_eq!(outcome.verdict, Verdict::Gone);
}

#[test]
fn a_child_that_is_born_in_one_step_is_asked_in_the_next() {
    let mut world = World::new();
    // A reload starts a new worker, and the master outlives TERM.
    let worker = role(150).ignores(HUP).leaves_after(ms(30));
    let master = world.add(
        role(100)
            .leads_session()
            .ignores(TERM)
            .when(When::On(HUP, ms(50)), [Deed::Fork(Box::new(worker))]),
    );
    let outcome = run(&mut world, &schedule("HUP/1s/TERM/2s/KILL/5s"));
    let worker = world.everyone().last().expect("the worker");
    assert_eq!(world.names(master)[..2], [HUP, TERM]);
    assert_eq!(world.signals(worker), [(ms(1000), TERM)]);
    assert_eq!(outcome.verdict, Verdict::Gone);
}

#[test]
fn a_child_is_met_though_it_is_born_between_the_reading_and_the_signal() {
    // The list is read at 20, the signal comes at 22, the list is read again at 24. Who obeys
    // TERM can have a child later and be gone before any look: then only the group leads
    // to that.
    for born in (0..24).map(ms) {
        let mut world = World::new();
        world.cost = ms(2);
        // In no group that belongs: only its parent's list leads to the child.
        let child = role(150).leaves_after(ms(20));
        world.add(
            role(100)
                .leaves_after(ms(3))
                .group(Place::Outside)
                .when(When::At(born), [Deed::Fork(Box::new(child))]),
        );
        let outcome = run(&mut world, &term_then_kill());
        assert_eq!(outcome.verdict, Verdict::Gone);
        let last = world.everyone().last().expect("somebody");
        assert!(!world.is_living(last), "born at {born:?}: {outcome:?}");
    }
}

#[test]
fn who_is_asked_last_has_a_second_or_the_grace_whichever_is_shorter() {
    for (grace, gone_at, kill_at) in [
        // Time enough is left.
        (ms(10_000), ms(2_000), ms(10_000)),
        // Less than a second is left.
        (ms(10_000), ms(9_900), ms(10_900)),
        // The grace is shorter than a second.
        (ms(400), ms(300), ms(700)),
    ] {
        let mut world = World::new();
        world.add(
            role(100)
                .leads_session()
                .forks_when_asked(AT_ONCE, role(150).ignores_all())
                .leaves_after(gone_at),
        );
        let plan = plan(Errand::Stop(Schedule::escalating(TERM, grace)));
        let outcome = run(&mut world, &plan);
        let cleaner = world.everyone().last().expect("the child");
        assert_eq!(
            world.signals(cleaner)[..2],
            [(gone_at, TERM), (kill_at, KILL)],
            "{grace:?}"
        );
        assert_eq!(outcome.verdict, Verdict::Gone);
    }
}

#[test]
fn a_chain_of_late_ones_can_not_put_off_kill_for_more_than_a_second() {
    let mut world = World::new();
    // Each one, when asked, leaves another behind.
    let generation = (0..6).fold(helper().ignores_all(), |next, _| {
        helper()
            .forks_when_asked(ms(500), next)
            .leaves_after(ms(501))
    });
    world.add(
        role(100)
            .leads_session()
            .forks_when_asked(ms(1), generation)
            .leaves_after(ms(1999)),
    );
    let outcome = run(&mut world, &schedule("TERM/2s/KILL/5s"));
    assert_eq!(outcome.verdict, Verdict::Gone);
    let first_kill = world
        .everyone()
        .flat_map(|actor| world.signals(actor))
        .filter(|(_, signal)| *signal == KILL)
        .map(|(at, _)| at)
        .min();
    assert_eq!(first_kill, Some(ms(3000)));
}

#[test]
fn main_first_asks_a_workers_new_child_with_the_workers() {
    let mut world = World::new();
    world.cost = ms(20);
    world.add(role(100).leads_session().leaves_after(ms(3000)));
    // It has the child while the target is being asked, and waits for it when it is
    // asked itself.
    world.add(
        role(101)
            .child_of(100)
            .ignores_all()
            .when(When::At(ms(270)), [Deed::Fork(Box::new(role(150)))])
            .when(When::ChildEnded(ms(1)), [Deed::Exit(0)]),
    );
    let outcome = run(&mut world, &main_first());
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(record(&outcome, 150).round, 2);
    assert_eq!(record(&outcome, 150).fate, Fate::Ended(signalled(TERM)));
    assert!(outcome.elapsed < GRACE);
}

#[test]
fn an_orphan_that_kept_the_group_is_found_though_its_parents_are_gone() {
    let mut world = World::new();
    world.add(
        role(100)
            .leads_session()
            .forks_when_asked(ms(10), role(150).when(When::At(ms(300)), [Deed::Exit(0)])),
    );
    // The leader ignores TERM itself; its helper double-forks.
    world.add(
        role(101)
            .child_of(100)
            .forks_when_asked(ms(5), role(160).ignores_all())
            .leaves_after(ms(6)),
    );
    let outcome = run(&mut world, &schedule("TERM/1s/KILL/5s"));
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert!(
        world
            .everyone()
            .skip(3)
            .all(|actor| !world.is_living(actor))
    );
    assert_eq!(record(&outcome, 160).fate, Fate::Ended(signalled(KILL)));
}

#[test]
fn a_child_that_was_first_met_as_a_mate_counts_as_a_descendant_all_the_same() {
    let mut world = World::new();
    world.cost = ms(10);
    world.add(role(50).leads_session());
    world.add(role(100).child_of(50).leads_group().ignores_all());
    // Born after the first reading of its parent's list at 70 and before the group is
    // read at 80: at first it is only somebody in the group. Later it has a child in a
    // session of its own, and that one leaves an orphan there, in another group.
    let orphan = role(152).leads_group().ignores_all();
    let leader = role(151)
        .leads_session()
        .ignores_all()
        .when(When::At(ms(560)), [Deed::Fork(Box::new(orphan))])
        .when(When::At(ms(590)), [Deed::Exit(0)]);
    let child = role(150)
        .ignores_all()
        .when(When::At(ms(250)), [Deed::Fork(Box::new(leader))]);
    let parent = world.bearer(100).expect("the target");
    world.plan(ms(75), Incident::Forks(parent, child));
    let outcome = run(&mut world, &schedule("HUP/200ms/TERM/200ms/KILL/5s"));
    assert_eq!(record(&outcome, 150).reason, Reason::Group(pgid(100)));
    assert_eq!(outcome.verdict, Verdict::Gone);
    let orphan = world.everyone().last().expect("the orphan");
    assert_eq!(
        (world.pid_of(orphan), world.is_living(orphan)),
        (152, false)
    );
}

#[test]
fn who_ends_after_the_time_and_before_the_verdict_leaves_nobody_unnoticed() {
    let mut world = World::new();
    world.cost = ms(10);
    let began = ms(50);
    world.add(role(100).leads_session().ignores_all().when(
        When::At(began + ms(1000) + ms(55)),
        [Deed::Fork(Box::new(role(150).ignores_all())), Deed::Exit(0)],
    ));
    let outcome = run(&mut world, &schedule("TERM/1s"));
    let orphan = world.bearer(150).expect("the orphan");
    assert!(world.is_living(orphan));
    assert_eq!(record(&outcome, 100).fate, Fate::Ended(Cause::Exited(0)));
    assert_eq!(outcome.verdict, Verdict::Left);
    assert!(matches!(record(&outcome, 150).fate, Fate::Survived(_)));
}
