//! A kernel that keeps no lists of children.

use fell::fate::{Cause, Fate};
use fell::outcome::Verdict;

use crate::stage::{TERM, kill, pids, record, run, term_then_kill};
use crate::support::world::{Deed, Incident, When, World, ms, role};

#[test]
fn without_lists_of_children_the_table_leads_to_the_same_people() {
    let mut world = World::new();
    world.has_lists = false;
    world.add(
        role(100)
            .leads_session()
            .forks_when_asked(ms(10), role(150))
            .leaves_after(ms(400)),
    );
    world.add(role(101).child_of(100).leads_session());
    world.add(role(102).child_of(101).leads_group());
    world.add(role(103).placed(101, 101));
    world.add(role(104).placed(102, 101));
    let stranger = world.add(role(200).leads_session());
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(pids(&outcome), [100, 101, 102, 103, 104, 150]);
    assert_eq!(world.names(stranger), []);
}

#[test]
fn without_lists_a_member_that_opens_a_session_later_is_followed_there() {
    let mut world = World::new();
    world.has_lists = false;
    world.cost = ms(10);
    world.add(role(50).leads_session().subreaper().never_reaps());
    world.add(role(100).child_of(50).leads_session().ignores_all());
    // After the first sweep it opens a session, and what it leaves there has no
    // parent in the family any more.
    let orphan = role(152).ignores_all();
    let middle = role(151).when(
        When::At(ms(126)),
        [Deed::Fork(Box::new(orphan)), Deed::Exit(0)],
    );
    world.add(
        role(101)
            .child_of(100)
            .ignores_all()
            .when(When::At(ms(122)), [Deed::OpenSession])
            .when(When::At(ms(124)), [Deed::Fork(Box::new(middle))]),
    );
    let outcome = run(&mut world, &kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    let orphan = world.everyone().last().expect("the orphan");
    assert_eq!(world.pid_of(orphan), 152);
    assert!(!world.is_living(orphan));
    assert_eq!(record(&outcome, 152).round, 2);
}

#[test]
fn without_lists_a_newcomer_that_was_there_before_its_parents_turn_is_asked_at_once() {
    let family = |world: &mut World| {
        world.has_lists = false;
        world.cost = ms(20);
        world.add(role(100).leads_session().ignores_all());
        for number in 101..=105 {
            world.add(role(number).child_of(100).ignores_all());
        }
        world.bearer(105).expect("the last one")
    };
    let mut world = World::new();
    let last = family(&mut world);
    run(&mut world, &term_then_kill());
    let turn = world.signals(last)[0].0;

    // Once everyone else has had the signal, and well before the parent has it.
    let mut world = World::new();
    let parent = family(&mut world);
    let child = role(150).leaves_after(ms(10));
    world.plan(turn - ms(35), Incident::Forks(parent, child));
    let outcome = run(&mut world, &term_then_kill());
    let child = world.everyone().last().expect("the child");
    assert_eq!(world.pid_of(child), 150);
    let asked = world.signals(child)[0];
    assert_eq!(asked.1, TERM);
    assert!(turn < asked.0 && asked.0 < turn + ms(1000), "{asked:?}");
    assert_eq!(record(&outcome, 150).fate, Fate::Ended(Cause::Exited(0)));
}
