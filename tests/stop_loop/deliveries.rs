//! One signal and no wait, and no signal at all.

use fell::fate::Fate;
use fell::outcome::Verdict;
use fell::stop::Errand;

use crate::stage::{AT_ONCE, CONT, HUP, STOP, deliver, plan, record, run};
use crate::support::world::{Deed, When, World, ms, role};

#[test]
fn a_delivery_reaches_each_once_and_does_not_wait() {
    for signal in [HUP, STOP, CONT] {
        let mut world = World::new();
        let members = [
            world.add(role(100).leads_session().leaves_after(ms(500))),
            world.add(role(101).child_of(100).ignores_all()),
        ];
        let outcome = run(&mut world, &deliver(signal));
        assert_eq!(outcome.verdict, Verdict::Delivered);
        assert_eq!(outcome.elapsed, AT_ONCE);
        for member in members {
            assert_eq!(world.names(member), [signal]);
        }
        assert!(
            outcome
                .records
                .iter()
                .all(|record| record.fate == Fate::Signalled && record.step == Some(0))
        );
    }
}

#[test]
fn a_delivery_that_does_not_reach_all_says_whom() {
    let mut world = World::new();
    world.add(role(100).leads_session());
    world.add(role(101).child_of(100).denied());
    let outcome = run(&mut world, &deliver(HUP));
    assert_eq!(outcome.verdict, Verdict::Left);
    assert_eq!(record(&outcome, 100).fate, Fate::Signalled);
    assert!(matches!(record(&outcome, 101).fate, Fate::Unreached(_)));
}

#[test]
fn a_probe_sends_nothing_and_tells_who_could_be_signalled() {
    for (denied, verdict) in [(false, Verdict::Delivered), (true, Verdict::Left)] {
        let mut world = World::new();
        let master = world.add(role(100).leads_session());
        let child = role(101).child_of(100);
        let child = world.add(if denied { child.denied() } else { child });
        let outcome = run(&mut world, &plan(Errand::Probe));
        assert_eq!(outcome.verdict, verdict);
        assert_eq!((world.names(master), world.names(child)), (vec![], vec![]));
    }
}

#[test]
fn stop_is_delivered_to_a_child_that_was_born_meanwhile_and_reload_is_not() {
    for (signal, expected) in [(STOP, vec![STOP]), (HUP, vec![])] {
        let mut world = World::new();
        world.cost = ms(9);
        // Between the reading of the list at 90 and the signal at 99: in one tick.
        world.add(role(100).leads_session().ignores_all().when(
            When::At(ms(95)),
            [Deed::Fork(Box::new(role(150).ignores_all()))],
        ));
        let outcome = run(&mut world, &deliver(signal));
        let child = world.everyone().last().expect("the child");
        assert_eq!(world.names(child), expected);
        assert_eq!(outcome.verdict, Verdict::Delivered);
        let step = record(&outcome, 150).step;
        assert_eq!(step.is_some(), signal == STOP);
    }
}
