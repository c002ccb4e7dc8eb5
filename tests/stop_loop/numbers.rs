//! Numbers that come to mean somebody else.

use fell::outcome::Verdict;
use fell::scope::Reach;
use fell::selection::Reason;
use fell::stop::stop;
use fell::system::Lost;
use fell::target::{Root, Target, TargetError};

use crate::stage::{KILL, TERM, kill, pgid, pid, process, record, run, scope, term_then_kill};
use crate::support::world::{Cue, Incident, World, ms, role};

#[test]
fn a_stranger_with_a_dead_members_number_is_left_alone() {
    let mut world = World::new();
    world.add(role(100).leads_session().ignores_all());
    world.add(role(101).child_of(100));
    world.plan(ms(500), Incident::Begins(role(101).leads_session()));
    world.plan(ms(501), Incident::Begins(role(300).child_of(101)));
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    for number in [101, 300] {
        let stranger = world.bearer(number).expect("the stranger");
        assert_eq!(world.log(stranger), []);
    }
}

#[test]
fn a_strangers_group_with_the_number_of_a_dead_one_is_left_alone() {
    for has_lists in [true, false] {
        let mut world = World::new();
        world.has_lists = has_lists;
        // 101 leads a group with 102; both end, and a stranger opens group 101.
        world.add(role(100).leads_session().ignores_all());
        world.add(role(101).child_of(100).leads_group());
        world.add(role(102).child_of(101));
        world.plan(ms(500), Incident::Begins(role(101).leads_session()));
        world.plan(ms(501), Incident::Begins(role(40).child_of(101)));
        let outcome = run(&mut world, &term_then_kill());
        assert_eq!(outcome.verdict, Verdict::Gone);
        for number in [101, 40] {
            let stranger = world.bearer(number).expect("the stranger");
            assert_eq!(world.log(stranger), [], "{number}, lists: {has_lists}");
        }
    }
}

#[test]
fn a_strangers_group_with_the_number_of_the_targets_dead_group_is_left_alone() {
    let mut world = World::new();
    // The leader of the target's group is gone before fell looks.
    world.add(role(100).placed(60, 60).leaves_after(ms(100)));
    let elsewhere = world.add(role(101).child_of(100).leads_session().ignores_all());
    world.plan(ms(500), Incident::Begins(role(60).leads_session()));
    world.plan(ms(501), Incident::Begins(role(40).child_of(60)));
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert!(!world.is_living(elsewhere));
    for number in [60, 40] {
        let stranger = world.bearer(number).expect("the stranger");
        assert_eq!(world.log(stranger), [], "{number}");
    }
}

#[test]
fn a_target_whose_number_means_somebody_else_by_now_is_nobody() {
    let mut world = World::new();
    let target = world.add(role(100).leads_session());
    let scope = scope(&mut world, &[process(100)], Reach::Family);
    assert!(matches!(scope.roots[0], Root::Process(_)));
    world.happen(Incident::Dies(target, TERM));
    world.elapse(ms(100));
    world.happen(Incident::Begins(role(100).leads_session()));
    world.happen(Incident::Begins(role(101).child_of(100)));
    let outcome = stop(&mut world, scope, &kill(), |_| {}).expect("a readable world");
    assert_eq!(outcome.verdict, Verdict::Nothing);
    for number in [100, 101] {
        let stranger = world.bearer(number).expect("the stranger");
        assert_eq!(world.log(stranger), [], "{number}");
    }
}

#[test]
fn a_gone_target_whose_number_is_given_away_before_the_first_sweep_is_nobody() {
    let mut world = World::new();
    let scope = scope(&mut world, &[process(100)], Reach::Family);
    world.elapse(ms(100));
    world.happen(Incident::Begins(role(100).leads_session()));
    world.happen(Incident::Begins(role(40).child_of(100)));
    let outcome = stop(&mut world, scope, &kill(), |_| {}).expect("a readable world");
    assert_eq!(outcome.verdict, Verdict::Nothing);
    for number in [100, 40] {
        let stranger = world.bearer(number).expect("the stranger");
        assert_eq!(world.log(stranger), [], "{number}");
    }
}

#[test]
fn a_child_that_is_handed_on_between_the_list_and_the_look_is_kept() {
    let mut world = World::new();
    world.add(role(100).leads_session().leaves_after(ms(200)));
    let middle = world.add(role(101).child_of(100).leads_session());
    let child = world.add(
        role(102)
            .child_of(101)
            .leads_session()
            .leaves_after(ms(300)),
    );
    world.plan_on(Cue::Listed(middle), Incident::Dies(middle, KILL));
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(world.names(child), [TERM]);
    assert_eq!(record(&outcome, 102).reason, Reason::Descendant(pid(101)));
}

#[test]
fn a_child_just_born_that_is_handed_on_between_the_list_and_the_look_is_kept() {
    // To init, to an ancestor of the target, or to a member.
    for adopter in [1, 50, 100] {
        let mut world = World::new();
        let caller = role(50).leads_session();
        world.add(if adopter == 50 {
            caller.subreaper()
        } else {
            caller
        });
        let target = role(100).child_of(50).leads_session().leaves_after(ms(200));
        world.add(if adopter == 100 {
            target.subreaper()
        } else {
            target
        });
        let middle = world.add(role(101).child_of(100).leads_session());
        // Born in the very tick of the reading, so that its start proves nothing.
        let just_born = role(102).leads_session().leaves_after(ms(300));
        world.happen(Incident::Forks(middle, just_born));
        let child = world.bearer(102).expect("the child");
        world.plan_on(Cue::Listed(middle), Incident::Dies(middle, KILL));
        let outcome = run(&mut world, &term_then_kill());
        assert_eq!(outcome.verdict, Verdict::Gone);
        assert_eq!(world.names(child), [TERM], "handed on to {adopter}");
        assert_eq!(record(&outcome, 102).reason, Reason::Descendant(pid(101)));
    }
}

#[test]
fn a_stranger_with_the_number_of_a_listed_child_is_left_alone() {
    let mut world = World::new();
    let target = world.add(role(100).leads_session().leaves_after(ms(200)));
    let child = world.add(role(102).child_of(100).leads_session());
    world.elapse(ms(50));
    world.plan_on(Cue::Listed(target), Incident::Dies(child, KILL));
    world.plan_on(
        Cue::Listed(target),
        Incident::Begins(role(102).leads_session()),
    );
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    let stranger = world.bearer(102).expect("the stranger");
    assert_eq!(world.log(stranger), []);
}

#[test]
fn a_target_is_resolved_to_what_it_means_now() {
    let mut world = World::new();
    let process_100 = world.add(role(100).leads_session());
    world.add(role(101).hidden());
    world.add_thread(102, 100);
    let view = world.view_of(process_100);
    let resolved = |world: &mut World, target: Target| target.resolve(world);

    let root = resolved(&mut world, process(100)).expect("a root");
    assert_eq!(root, Root::Process(view));
    let root = resolved(&mut world, process(103)).expect("a root");
    assert_eq!(root, Root::Remains(pid(103)));
    let root = resolved(&mut world, Target::Group(pgid(104))).expect("a root");
    assert_eq!(root, Root::Group(pgid(104)));
    assert!(matches!(
        resolved(&mut world, process(102)),
        Err(TargetError::Thread { named, of }) if (named, of) == (pid(102), pid(100))
    ));
    assert!(matches!(
        resolved(&mut world, process(101)),
        Err(TargetError::Unreadable(_, Lost::Denied))
    ));
}

#[test]
fn a_group_that_a_stranger_with_a_members_number_has_left_behind_is_not_taken() {
    let mut world = World::new();
    world.add(role(100).leads_session().ignores_all());
    world.add(role(101).child_of(100).leads_group());
    // The member leaves and is reaped; a stranger gets its number, opens a group, has a child
    // in there and ends as well: nobody bears the number any more.
    world.plan(
        ms(500),
        Incident::Begins(role(101).leads_group().ends_at(ms(510))),
    );
    world.plan(ms(501), Incident::Begins(role(40).child_of(101)));
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    let stranger = world.bearer(40).expect("a stranger");
    assert!(world.is_living(stranger));
    assert!(world.log(stranger).is_empty());
}
