//! The loop as `fell run` uses it, against a made-up world: fell has started process 100
//! and takes in its orphans.

mod support;

use fell::adoption::Adopter;
use fell::guard::Guard;
use fell::outcome::{Outcome, Verdict};
use fell::process::Pid;
use fell::schedule::Schedule;
use fell::scope::{Reach, Scope};
use fell::selection::Reason;
use fell::signal::Signal;
use fell::stop::{Detail, Errand, Order, Plan, stop};
use fell::system::System;
use fell::target::{Root, Target};

use support::world::{Deed, When, World, helper, ms, role};

const TERM: Signal = Signal::TERM;
const KILL: Signal = Signal::KILL;

fn pid(number: i32) -> Pid {
    Pid::new(number).expect("a PID")
}

/// A world in which fell is a subreaper, with the program that it has started.
fn world() -> World {
    let mut world = World::new();
    world.let_fell_adopt();
    world
}

fn run(world: &mut World, schedule: &str, before: &[i32]) -> Outcome {
    let mut look = |number: i32| world.look(pid(number)).expect("a process");
    let own = look(11);
    let before = before.iter().map(|&number| look(number)).collect();
    let program = Target::Process(pid(100)).resolve(world).expect("a root");
    let since = match &program {
        Root::Process(process) => process.identity.started,
        _ => world.tick(),
    };
    let adopter = Adopter {
        process: own,
        since,
        before,
        of: 0,
    };
    let scope = Scope {
        reach: Reach::Family,
        roots: vec![program, Root::Adopted(adopter)],
        guard: Guard::of(world),
    };
    let schedule: Schedule = schedule.parse().expect("a schedule");
    let plan = Plan {
        errand: Errand::Stop(schedule),
        order: Order::Together,
        detail: Detail::Kinship,
        refresh: None,
    };
    stop(world, scope, &plan, |_| {}).expect("a readable world")
}

#[test]
fn whom_fell_has_adopted_belongs_and_is_asked_once() {
    for has_lists in [true, false] {
        let mut world = world();
        world.has_lists = has_lists;
        let main = world.add(role(100).child_of(11).leads_group());
        // They have forked twice; one has opened a session as well, and had a child.
        let kept = world.add(role(101).child_of(11).placed(100, 10));
        let away = world.add(role(102).child_of(11).leads_session());
        let below = world.add(role(103).child_of(102));
        let beside = world.add(role(104).child_of(10));
        let outcome = run(&mut world, "TERM/10s/KILL/5s", &[]);
        assert_eq!(outcome.verdict, Verdict::Gone);
        for actor in [main, kept, away, below] {
            assert_eq!(world.names(actor), [TERM], "{}", world.pid_of(actor));
        }
        assert_eq!(world.names(beside), []);
        let reason = |number| {
            let record = outcome
                .records
                .iter()
                .find(|record| record.process.pid() == pid(number));
            record.expect("a record").reason
        };
        assert_eq!(reason(100), Reason::Target);
        assert_eq!(reason(102), Reason::Descendant(pid(11)));
        assert!(outcome.records.iter().all(|record| record.target == 0));
    }
}

#[test]
fn the_session_of_an_adopted_orphan_belongs_though_its_leader_is_gone() {
    let mut world = world();
    world.add(role(100).child_of(11).leads_group());
    world.add(role(101).child_of(11).placed(300, 300).ignores(TERM));
    // A line that no look at the system meets; only the group is left to be killed.
    world.add_line(300, vec![TERM]);
    let outcome = run(&mut world, "TERM/1s/KILL/5s", &[]);
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert!(!world.is_line_living());
}

#[test]
fn who_is_orphaned_by_the_stop_itself_is_found() {
    let mut world = world();
    // Its clean-up starts a daemon: a session of its own, and a parent that ends at once.
    let daemon = helper().ignores_all();
    let between = helper().leads_session().when(
        When::At(ms(50)),
        [Deed::Fork(Box::new(daemon)), Deed::Exit(0)],
    );
    world.add(
        role(100)
            .child_of(11)
            .leads_group()
            .forks_when_asked(ms(10), between)
            .when(When::On(TERM, ms(60)), [Deed::Exit(0)]),
    );
    let outcome = run(&mut world, "TERM/1s/KILL/5s", &[]);
    assert_eq!(outcome.verdict, Verdict::Gone);
    let is_left = |&actor: &_| world.is_living(actor) && world.pid_of(actor) >= 100;
    assert_eq!(world.everyone().filter(is_left).count(), 0);
}

#[test]
fn children_from_before_are_never_signalled() {
    let mut world = world();
    let job = world.add(role(90).child_of(11).leads_group().aged(ms(90_000)));
    let below = world.add(role(91).child_of(90).aged(ms(80_000)));
    // Left by another job of the same group while the program ran.
    let orphan = world.add(role(110).child_of(11).placed(90, 10).aged(ms(20_000)));
    let main = world.add(role(100).child_of(11).leads_group().aged(ms(30_000)));
    let own = world.add(role(111).child_of(11).leads_session().aged(ms(20_000)));
    let outcome = run(&mut world, "TERM/1s/KILL/5s", &[90]);
    assert_eq!(outcome.verdict, Verdict::Gone);
    for actor in [job, below, orphan] {
        assert_eq!(world.names(actor), []);
    }
    for actor in [main, own] {
        assert_eq!(world.names(actor), [TERM]);
    }
}

#[test]
fn a_hurry_brings_the_next_step_at_once_but_does_not_cut_kill_short() {
    let mut world = world();
    let main = world.add(role(100).child_of(11).leads_group().ignores_all());
    let stuck = world.add(role(101).child_of(100).ignores_all().stuck());
    world.hurry(ms(100));
    world.hurry(ms(300));
    world.hurry(ms(400));
    let outcome = run(&mut world, "TERM/1h/HUP/1h/KILL/5s", &[]);
    let mut signals = world.signals(main);
    signals.dedup(); // KILL comes alone and with the group
    assert_eq!(
        signals,
        [(ms(0), TERM), (ms(100), Signal::HUP), (ms(300), KILL)]
    );
    assert_eq!(outcome.verdict, Verdict::Left);
    assert!(world.is_living(stuck));
    assert_eq!(outcome.elapsed, ms(5300));
}

#[test]
fn a_hurry_from_before_the_first_signal_is_not_lost() {
    let mut world = world();
    let main = world.add(role(100).child_of(11).leads_group().ignores_all());
    world.hurry(ms(0));
    let outcome = run(&mut world, "TERM/1h/KILL/5s", &[]);
    assert_eq!(outcome.verdict, Verdict::Gone);
    let mut names = world.names(main);
    names.dedup(); // KILL comes alone and with the group
    assert_eq!(names, [TERM, KILL]);
}

#[test]
fn a_program_that_has_ended_still_names_its_group() {
    let mut world = world();
    let left = world.add(role(101).child_of(11).placed(100, 10));
    let outcome = run(&mut world, "TERM/1s/KILL/5s", &[]);
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(world.names(left), [TERM]);
}
