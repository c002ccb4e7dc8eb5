//! Those who had ended before.

use fell::fate::{Cause, Fate};
use fell::outcome::Verdict;
use fell::scope::Reach;
use fell::selection::Caveat;
use fell::stop::{Detail, Plan, stop};

use crate::stage::{KILL, TERM, pid, pids, process, record, run, scope, term_then_kill};
use crate::support::world::{DYING, Incident, Place, World, ms, role};

#[test]
fn zombies_are_not_signalled_and_alone_they_are_nobody() {
    let mut world = World::new();
    let zombie = world.add(role(100).leads_session().zombie());
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Nothing);
    assert_eq!(
        record(&outcome, 100).fate,
        Fate::AlreadyEnded(Cause::Exited(0))
    );
    assert_eq!(world.names(zombie), []);
}

#[test]
fn a_zombie_target_leads_to_its_group_and_session() {
    let mut world = World::new();
    world.add(role(100).leads_session().zombie());
    let by_group = world.add(role(101).placed(100, 100));
    let by_session = world.add(role(102).leads_group().session(Place::Number(100)));
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(pids(&outcome), [100, 101, 102]);
    assert_eq!(world.names(by_group), [TERM]);
    assert_eq!(world.names(by_session), [TERM]);
}

#[test]
fn a_process_whose_main_thread_ended_is_alive() {
    let mut world = World::new();
    let member = world.add(role(100).leads_session().zombie().threads(3));
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(world.names(member), [TERM]);
}

#[test]
fn a_target_that_is_gone_means_what_its_number_still_names() {
    let mut world = World::new();
    let mate = world.add(role(101).placed(100, 100));
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(world.names(mate), [TERM]);
    assert!(outcome.caveats.contains(&Caveat::Remains { of: pid(100) }));

    let mut world = World::new();
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Nothing);
    assert!(outcome.records.is_empty() && outcome.caveats.is_empty());
}

#[test]
fn a_target_that_ends_between_look_and_pin_means_what_its_number_still_names() {
    let mut world = World::new();
    let target = world.add(role(100).leads_session());
    let mate = world.add(role(101).placed(100, 100));
    let scope = scope(&mut world, &[process(100)], Reach::Family);
    world.happen(Incident::Dies(target, KILL));
    let outcome = stop(&mut world, scope, &term_then_kill(), |_| {}).expect("a readable world");
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(pids(&outcome), [101]);
    assert_eq!(world.names(mate), [TERM]);
    assert!(outcome.caveats.contains(&Caveat::Remains { of: pid(100) }));
}

#[test]
fn a_zombie_that_nobody_reaps_counts_as_ended_and_names_its_parent() {
    let mut world = World::new();
    world.add(role(50).leads_session().never_reaps());
    world.add(role(100).child_of(50).leads_session());
    let plan = Plan {
        detail: Detail::Description,
        ..term_then_kill()
    };
    let outcome = run(&mut world, &plan);
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(outcome.elapsed, DYING);
    assert_eq!(record(&outcome, 100).unreaped_by, Some(pid(50)));
}

#[test]
fn a_zombie_that_is_reaped_late_keeps_nobody_waiting() {
    let mut world = World::new();
    world.add(
        role(100)
            .leads_session()
            .leaves_after(ms(50))
            .reaps_after(ms(4000)),
    );
    world.add(role(101).child_of(100));
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(outcome.elapsed, ms(50));
}
