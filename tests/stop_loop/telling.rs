//! What the caller is told.

use fell::fate::{Cause, Fate};
use fell::outcome::Verdict;
use fell::scope::Reach;
use fell::stop::{Event, Plan, stop};

use crate::stage::{AT_ONCE, KILL, TERM, process, run, scope, signalled, term_then_kill};
use crate::support::world::{World, ms, role};

#[test]
fn the_caller_is_told_when_the_set_is_complete_and_while_it_waits() {
    let mut world = World::new();
    world.add(role(100).leads_session().leaves_after(ms(2500)));
    world.add(role(101).child_of(100));
    let scope = scope(&mut world, &[process(100)], Reach::Family);
    let plan = Plan {
        refresh: Some(ms(1000)),
        ..term_then_kill()
    };
    let mut told = Vec::new();
    stop(&mut world, scope, &plan, |event| match event {
        Event::Ready(selection) => told.push(format!("ready: {}", selection.members().len())),
        Event::Waiting {
            elapsed,
            remaining,
            next,
            left,
        } => told.push(format!(
            "{elapsed:?} {remaining:?} {} {}",
            next.expect("KILL is next"),
            left.len()
        )),
        Event::Pausing => told.push("pausing".to_owned()),
    })
    .expect("a readable world");
    assert_eq!(told[0], "ready: 2");
    assert_eq!(
        told[1..],
        ["1.0002s 8.9998s KILL 1", "2.0002s 7.9998s KILL 1"]
    );
}

#[test]
fn the_classes_of_the_record_add_up_and_rounds_are_counted() {
    let mut world = World::new();
    world.add(role(100).leads_session().leaves_after(ms(30)));
    world.add(role(101).child_of(100));
    world.add(role(102).child_of(100).ignores_all());
    world.add(role(103).child_of(100).denied());
    world.add(role(104).child_of(100).zombie());
    let outcome = run(&mut world, &term_then_kill());
    let count = |is: fn(&Fate) -> bool| {
        outcome
            .records
            .iter()
            .filter(|record| is(&record.fate))
            .count()
    };
    let classes = [
        count(|fate| *fate == Fate::Ended(Cause::Exited(0))),
        count(|fate| *fate == Fate::Ended(signalled(TERM))),
        count(|fate| *fate == Fate::Ended(signalled(KILL))),
        count(|fate| matches!(fate, Fate::AlreadyEnded(_))),
        count(|fate| matches!(fate, Fate::Unreached(_))),
    ];
    assert_eq!(classes, [1; 5]);
    assert_eq!(outcome.records.len(), 5);
    assert!(outcome.rounds > 1);
    assert!(outcome.records.iter().all(|record| record.round == 1));
}

#[test]
fn the_caller_is_told_before_fell_is_stopped_and_the_step_lasts_as_long_as_ever() {
    let mut world = World::new();
    let stubborn = world.add(role(100).leads_session().ignores_all());
    let scope = scope(&mut world, &[process(100)], Reach::Family);
    for at in [AT_ONCE, ms(3000), ms(3000), ms(9000)] {
        world.pause_at(at);
    }
    let mut told = 0;
    let outcome = stop(&mut world, scope, &term_then_kill(), |event| {
        told += usize::from(matches!(event, Event::Pausing));
    })
    .expect("a readable world");
    assert_eq!((told, world.paused), (4, 4));
    assert_eq!(outcome.verdict, Verdict::Gone);
    let sent = world.signals(stubborn);
    assert_eq!(sent[0], (ms(0), TERM));
    assert_eq!(sent[1], (ms(10_000), KILL), "{sent:?}");
}
