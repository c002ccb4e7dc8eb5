//! Groups: which belong as a whole, and how they are signalled.

use fell::fate::Fate;
use fell::outcome::Verdict;
use fell::scope::Reach;
use fell::selection::Caveat;
use fell::target::Target;

use crate::stage::{
    KILL, kill, pgid, pid, pids, process, record, run, run_on, schedule, signalled, term_then_kill,
};
use crate::support::world::{Deed, Incident, Place, Way, When, World, ms, role};

#[test]
fn a_group_signal_never_goes_to_a_group_that_holds_a_refused_process() {
    let mut world = World::new();
    world.add(role(100).leads_session().ignores_all());
    world.add(role(101).child_of(100).ignores_all());
    let mate = world.add(role(102).placed(100, 100));
    world.put_fell_in(100, 100);
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(pids(&outcome), [100, 101]);
    assert_eq!(world.names(mate), []);
    for actor in world.everyone() {
        assert!(world.log(actor).iter().all(|got| got.way == Way::Alone));
    }
    assert!(outcome.caveats.contains(&Caveat::SharedGroup {
        group: pgid(100),
        with: pid(11),
    }));
}

#[test]
fn a_named_refused_process_gets_nothing() {
    for target in [1, 10, 11] {
        let mut world = World::new();
        let outcome = run_on(&mut world, &[process(target)], Reach::Family, &kill());
        assert_eq!(outcome.verdict, Verdict::Nothing);
        assert_eq!(outcome.refused.len(), 1);
        assert!(world.everyone().all(|actor| world.log(actor).is_empty()));
    }
}

#[test]
fn the_process_and_the_tree_reach_signal_no_group() {
    for (reach, expected) in [(Reach::Process, vec![100]), (Reach::Tree, vec![100, 101])] {
        let mut world = World::new();
        world.add(role(100).leads_session().ignores_all());
        let child = world.add(role(101).child_of(100).ignores_all());
        let mate = world.add(role(102).placed(100, 100));
        let outcome = run_on(&mut world, &[process(100)], reach, &term_then_kill());
        assert_eq!(pids(&outcome), expected);
        assert_eq!(world.names(mate), []);
        assert_eq!(world.is_living(child), reach == Reach::Process);
    }
}

#[test]
fn a_group_is_stopped_whether_or_not_its_leader_lives() {
    for has_leader in [true, false] {
        let mut world = World::new();
        let leader = has_leader.then(|| world.add(role(100).leads_session()));
        let mate = world.add(role(101).placed(100, 100).ignores_all());
        let child_elsewhere = world.add(role(102).child_of(101).leads_group());
        let outcome = run_on(
            &mut world,
            &[Target::Group(pgid(100))],
            Reach::Group,
            &term_then_kill(),
        );
        assert_eq!(outcome.verdict, Verdict::Gone);
        assert!(leader.is_none_or(|leader| !world.is_living(leader)));
        assert!(!world.is_living(mate));
        assert_eq!(world.names(child_elsewhere), []);
    }
}

#[test]
fn a_group_whose_leader_has_moved_to_another_one_still_belongs() {
    let mut world = World::new();
    world.add(role(50).leads_group());
    let moved = world.add(role(100).child_of(50).group(Place::Number(50)));
    world.add(role(101).child_of(100).group(Place::Number(100)));
    // Found only at the KILL, beside a leader who has been no member all along.
    let late = role(103).ignores_all();
    world.add(
        role(102)
            .child_of(100)
            .group(Place::Number(100))
            .ignores_all()
            .when(
                When::At(ms(20)),
                [Deed::Fork(Box::new(late)), Deed::Exit(0)],
            ),
    );
    let outcome = run_on(
        &mut world,
        &[process(101)],
        Reach::Family,
        &schedule("TERM/1s/KILL/5s"),
    );
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(pids(&outcome), [101, 102, 103]);
    assert_eq!(record(&outcome, 103).fate, Fate::Ended(signalled(KILL)));
    assert_eq!(world.signals(moved), []);
}

#[test]
fn a_group_is_never_signalled_by_way_of_another_one_that_a_member_has_opened() {
    for has_group_signals in [true, false] {
        let mut world = World::new();
        world.has_group_signals = has_group_signals;
        world.add(role(50).leads_session());
        // The only one in the group of 60, which has ended; the group that it has opened
        // before holds somebody else by now.
        let leader = world.add(role(60).child_of(50).leads_group());
        let member = world.add(role(100).child_of(50).leads_group().ignores_all());
        let stranger = world.add(role(101).child_of(50).group(Place::Number(100)));
        world.add(role(102).child_of(50).group(Place::Number(60)));
        world.happen(Incident::Does(member, Deed::JoinGroup(60)));
        world.happen(Incident::Dies(leader, KILL));
        let outcome = run_on(
            &mut world,
            &[Target::Group(pgid(60))],
            Reach::Group,
            &schedule("TERM/1s/KILL/5s"),
        );
        assert_eq!(outcome.verdict, Verdict::Gone);
        assert_eq!(pids(&outcome), [100, 102]);
        assert_eq!(world.log(stranger), []);
    }
}

#[test]
fn nobody_is_asked_twice_who_was_met_by_the_signal_to_the_group() {
    let mut world = World::new();
    world.cost = ms(10);
    // Its zombie keeps the group in being.
    world.add(role(50).leads_session().never_reaps());
    world.add(role(100).child_of(50).leads_session());
    // It joins after the last sweep and before the signal to the group.
    let joins = role(150).placed(100, 100).leaves_after(ms(500));
    world.plan(ms(175), Incident::Begins(joins));
    let outcome = run(&mut world, &schedule("TERM/2s"));
    let newcomer = world.everyone().last().expect("the newcomer");
    assert_eq!(world.log(newcomer).len(), 1, "{:?}", world.log(newcomer));
    assert_eq!(world.log(newcomer)[0].way, Way::Group);
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(record(&outcome, 150).step, Some(0));
}

#[test]
fn a_worker_that_is_named_while_its_master_shares_the_group_is_announced() {
    let mut world = World::new();
    world.add(role(100).leads_session());
    for number in 101..=104 {
        world.add(role(number).child_of(100));
    }
    let outcome = run_on(
        &mut world,
        &[process(102)],
        Reach::Family,
        &term_then_kill(),
    );
    let announced = outcome.caveats.iter().find_map(|caveat| match caveat {
        Caveat::AncestorInGroup {
            target,
            ancestor,
            others,
            ..
        } => Some((target.get(), ancestor.pid().get(), *others)),
        _ => None,
    });
    assert_eq!(announced, Some((102, 100, 3)));
    assert_eq!(pids(&outcome), [100, 101, 102, 103, 104]);

    let mut world = World::new();
    world.add(role(100).leads_session());
    world.add(role(101).child_of(100));
    world.add(role(102).placed(100, 100));
    let both = [process(101), process(100)];
    let outcome = run_on(&mut world, &both, Reach::Family, &term_then_kill());
    assert_eq!(outcome.caveats, [], "the master was named as well");
}
