//! The loop against a made-up world, where time can be told exactly.

mod support;

use std::time::Duration;

use fell::fate::{Cause, Fate, Obstacle};
use fell::guard::Guard;
use fell::outcome::{Outcome, Record, Verdict};
use fell::process::{Pgid, Pid};
use fell::schedule::Schedule;
use fell::scope::{Reach, Scope};
use fell::selection::{Caveat, Reason};
use fell::signal::Signal;
use fell::stop::{Detail, Errand, Event, Order, Plan, StopError, stop};
use fell::survey::Unread;
use fell::system::Lost;
use fell::target::{Root, Target, TargetError};

use support::world::{DYING, Deed, Incident, Place, Way, When, World, helper, ms, role};

const GRACE: Duration = ms(10_000);

fn plan(errand: Errand) -> Plan {
    Plan {
        errand,
        order: Order::Together,
        detail: Detail::Kinship,
        refresh: None,
    }
}

fn schedule(text: &str) -> Plan {
    plan(Errand::Stop(text.parse().expect("a schedule")))
}

fn term_then_kill() -> Plan {
    plan(Errand::Stop(Schedule::escalating(Signal::TERM, GRACE)))
}

fn main_first() -> Plan {
    Plan {
        order: Order::MainFirst,
        ..term_then_kill()
    }
}

fn kill() -> Plan {
    plan(Errand::Stop(Schedule::kill()))
}

fn deliver(signal: Signal) -> Plan {
    plan(Errand::Deliver(signal))
}

fn process(pid: i32) -> Target {
    Target::Process(Pid::new(pid).expect("a PID"))
}

fn scope(world: &mut World, targets: &[Target], reach: Reach) -> Scope {
    Scope {
        reach,
        roots: targets
            .iter()
            .map(|target| target.resolve(world).expect("a root"))
            .collect(),
        guard: Guard::of(world),
    }
}

fn run_on(world: &mut World, targets: &[Target], reach: Reach, plan: &Plan) -> Outcome {
    let scope = scope(world, targets, reach);
    stop(world, scope, plan, |_| {}).expect("a readable world")
}

/// Does the plan's errand to the family of process 100.
fn run(world: &mut World, plan: &Plan) -> Outcome {
    run_on(world, &[process(100)], Reach::Family, plan)
}

fn record(outcome: &Outcome, pid: i32) -> &Record {
    outcome
        .records
        .iter()
        .find(|record| record.process.pid().get() == pid)
        .unwrap_or_else(|| panic!("{pid} is not in the record"))
}

fn pids(outcome: &Outcome) -> Vec<i32> {
    let mut pids: Vec<i32> = outcome
        .records
        .iter()
        .map(|record| record.process.pid().get())
        .collect();
    pids.sort_unstable();
    pids
}

fn signalled(signal: Signal) -> Cause {
    Cause::Signalled {
        signal: signal.number(),
        core: false,
    }
}

const TERM: Signal = Signal::TERM;
const KILL: Signal = Signal::KILL;
const CONT: Signal = Signal::CONT;
const HUP: Signal = Signal::HUP;
const STOP: Signal = Signal::STOP;

const AT_ONCE: Duration = Duration::ZERO;

/// How long an interrupted stop looks on for those who are ending.
const MOMENT: Duration = ms(20);

#[test]
fn a_family_that_obeys_is_gone_as_soon_as_its_last_member() {
    let mut world = World::new();
    let members = [
        world.add(role(100).leads_session().leaves_after(ms(20))),
        world.add(role(101).child_of(100).leaves_after(ms(70))),
        world.add(role(102).child_of(101)),
    ];
    let outcome = run(&mut world, &term_then_kill());

    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(outcome.elapsed, ms(70));
    for member in members {
        assert_eq!(world.signals(member), [(AT_ONCE, TERM)]);
    }
    let fates: Vec<_> = [100, 101, 102]
        .map(|pid| {
            (
                record(&outcome, pid).fate.clone(),
                record(&outcome, pid).after,
            )
        })
        .into();
    assert_eq!(
        fates,
        [
            (Fate::Ended(Cause::Exited(0)), Some(ms(20))),
            (Fate::Ended(Cause::Exited(0)), Some(ms(70))),
            (Fate::Ended(signalled(TERM)), Some(DYING)),
        ]
    );
}

#[test]
fn when_the_leader_obeys_kill_comes_to_the_one_who_does_not_and_exactly_at_the_grace() {
    let mut world = World::new();
    let leader = world.add(role(100).leads_session());
    let obeys = world.add(role(101).child_of(100).leaves_after(ms(500)));
    let ignores = world.add(role(102).child_of(100).ignores_all());
    let outcome = run(&mut world, &term_then_kill());

    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(world.names(leader), [TERM]);
    assert_eq!(world.names(obeys), [TERM]);
    let alone: Vec<_> = world
        .log(ignores)
        .iter()
        .filter(|got| got.way == Way::Alone)
        .map(|got| (got.at, got.signal))
        .collect();
    assert_eq!(alone, [(AT_ONCE, TERM), (GRACE, KILL)]);
    assert_eq!(outcome.elapsed, GRACE + DYING);
    let killed = record(&outcome, 102);
    assert_eq!(killed.fate, Fate::Ended(signalled(KILL)));
    assert_eq!((killed.step, killed.after), (Some(1), Some(GRACE + DYING)));
    assert_eq!(record(&outcome, 100).step, Some(0));
}

#[test]
fn parents_are_signalled_before_their_children_whatever_their_numbers() {
    let mut world = World::new();
    world.cost = Duration::from_micros(10);
    let top = world.add(role(100).leads_session().leaves_after(ms(50)));
    let middle = world.add(role(90).child_of(100).leaves_after(ms(50)));
    let mate = world.add(role(30).placed(100, 100).leaves_after(ms(50)));
    let child_of_mate = world.add(role(20).child_of(30).placed(100, 100).leaves_after(ms(50)));
    let bottom = world.add(role(80).child_of(90).leaves_after(ms(50)));
    for plan in [term_then_kill(), kill()] {
        run(&mut world, &plan);
    }
    let first = |actor| world.signals(actor)[0].0;
    assert!(first(top) < first(middle) && first(middle) < first(bottom));
    assert!(first(mate) < first(child_of_mate));
}

#[test]
fn kill_walks_parents_first() {
    let mut world = World::new();
    world.cost = Duration::from_micros(1);
    let top = world.add(role(100).leads_session().ignores_all());
    let middle = world.add(role(90).child_of(100).ignores_all());
    let bottom = world.add(role(80).child_of(90).ignores_all());
    let outcome = run(&mut world, &kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    let first = |actor| world.signals(actor)[0].0;
    assert!(first(top) < first(middle) && first(middle) < first(bottom));
}

#[test]
fn only_the_stopped_are_continued_and_only_after_the_signal() {
    let mut world = World::new();
    let stopped = world.add(role(100).leads_session().stopped());
    let awake = world.add(role(101).child_of(100).leaves_after(ms(30)));
    let traced = world.add(role(102).child_of(100).traced());
    let outcome = run(&mut world, &term_then_kill());

    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(world.names(stopped), [TERM, CONT]);
    assert_eq!(world.names(awake), [TERM]);
    assert!(!world.names(traced).contains(&CONT));
    assert_eq!(record(&outcome, 102).fate, Fate::Ended(signalled(KILL)));
}

#[test]
fn the_stopped_are_continued_before_the_end_of_a_parent_can_hang_them_up() {
    // When the end of a parent orphans a group with somebody stopped in it, the kernel
    // sends HUP to all of that group.
    let mut world = World::new();
    world.cost = Duration::from_micros(10);
    let awake = world.add(role(100).leads_session().leaves_after(ms(30)));
    let stopped = world.add(role(101).child_of(100).leads_group().stopped());
    let below = world.add(role(102).child_of(101).stopped());
    let child_below = world.add(role(103).child_of(102).leaves_after(ms(30)));
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(world.names(awake), [TERM]);
    for actor in [stopped, below] {
        assert_eq!(world.names(actor), [TERM, CONT]);
    }
    let at = |actor, nth: usize| world.signals(actor)[nth].0;
    // Nobody runs on without the signal, and nobody ends who has a stopped child.
    assert!(at(stopped, 0) < at(below, 0) && at(below, 0) < at(below, 1));
    assert!(at(below, 1) < at(stopped, 1) && at(stopped, 1) < at(awake, 0));
    assert!(at(awake, 0) < at(child_below, 0));
}

#[test]
fn who_stops_during_the_grace_is_continued_before_the_next_step() {
    let mut world = World::new();
    let member = world.add(
        role(100)
            .leads_session()
            .when(When::Asked(ms(100)), [Deed::Pause])
            .when(When::Asked(ms(200)), [Deed::Exit(0)]),
    );
    let outcome = run(&mut world, &schedule("HUP/1s/TERM/1s/KILL/5s"));
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(
        world.signals(member)[..2],
        [(AT_ONCE, HUP), (ms(1000), CONT)]
    );
}

#[test]
fn stop_cont_kill_and_a_mere_delivery_continue_nobody() {
    for (plan, expected) in [
        (deliver(TERM), vec![TERM]),
        (deliver(STOP), vec![STOP]),
        (deliver(CONT), vec![CONT]),
        (schedule("CONT/1s"), vec![CONT]),
        (schedule("STOP/1s"), vec![STOP]),
    ] {
        let mut world = World::new();
        let stopped = world.add(role(100).leads_session().stopped().ignores_all());
        run(&mut world, &plan);
        assert_eq!(world.names(stopped), expected, "{plan:?}");
    }
    let mut world = World::new();
    let stopped = world.add(role(100).leads_session().stopped());
    run(&mut world, &kill());
    assert!(!world.names(stopped).contains(&CONT));
}

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

fn pid(number: i32) -> Pid {
    Pid::new(number).expect("a PID")
}

fn pgid(number: i32) -> Pgid {
    Pgid::new(number).expect("a PGID")
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
fn nobody_is_stopped_before_kill() {
    // The kernel sends HUP to a group that is orphaned with somebody stopped in it.
    let mut world = World::new();
    let members = [
        world.add(role(100).group(Place::Outside).ignores_all()),
        world.add(role(101).child_of(100).group(Place::Outside).ignores_all()),
    ];
    run(&mut world, &schedule("TERM/1s/KILL/5s"));
    for member in members {
        assert_eq!(world.names(member), [TERM, KILL]);
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
fn main_first_asks_the_target_alone_and_the_rest_when_it_has_ended() {
    let mut world = World::new();
    let master = world.add(role(100).leads_session().leaves_after(ms(300)));
    let stopped_by_master = world.add(role(101).child_of(100).ends_at(ms(200)));
    let left_over = world.add(role(102).child_of(100));
    let stubborn = world.add(role(103).child_of(100).ignores_all());
    let outcome = run(&mut world, &main_first());

    assert_eq!(world.signals(master), [(AT_ONCE, TERM)]);
    assert_eq!(world.signals(stopped_by_master), []);
    assert_eq!(world.signals(left_over), [(ms(300), TERM)]);
    assert_eq!(
        world.signals(stubborn)[..2],
        [(ms(300), TERM), (GRACE, KILL)]
    );
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(record(&outcome, 101).step, None);
    assert_eq!(record(&outcome, 101).fate, Fate::Ended(Cause::Exited(0)));
}

#[test]
fn main_first_kills_everyone_when_the_target_outlasts_the_grace() {
    let mut world = World::new();
    let master = world.add(role(100).leads_session().ignores_all());
    let worker = world.add(role(101).child_of(100));
    let outcome = run(&mut world, &main_first());
    assert_eq!(world.signals(master)[..2], [(AT_ONCE, TERM), (GRACE, KILL)]);
    assert_eq!(world.signals(worker)[0], (GRACE, KILL));
    assert_eq!(outcome.verdict, Verdict::Gone);
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
fn each_step_of_a_schedule_has_its_own_signal_and_time() {
    let mut world = World::new();
    let member = world.add(role(100).leads_session().ignores_all());
    let outcome = run(&mut world, &schedule("HUP/5s/TERM/10s/KILL/5s"));
    assert_eq!(
        world.signals(member)[..3],
        [(AT_ONCE, HUP), (ms(5_000), TERM), (ms(15_000), KILL)]
    );
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(outcome.elapsed, ms(15_000) + DYING);
}

#[test]
fn without_grace_kill_follows_at_once() {
    let mut world = World::new();
    let member = world.add(role(100).leads_session().ignores_all());
    let outcome = run(&mut world, &schedule("TERM/0/KILL/5s"));
    assert_eq!(
        world.signals(member)[..2],
        [(AT_ONCE, TERM), (AT_ONCE, KILL)]
    );
    assert_eq!(outcome.verdict, Verdict::Gone);
}

#[test]
fn without_kill_who_is_left_is_named_at_the_end_of_the_time() {
    let mut world = World::new();
    let member = world.add(role(100).leads_session().ignores_all());
    world.add(role(101).child_of(100));
    let outcome = run(&mut world, &schedule("TERM/3s"));
    assert_eq!(outcome.verdict, Verdict::Left);
    assert_eq!(outcome.elapsed, ms(3000));
    assert_eq!(world.names(member), [TERM]);
    let left: Vec<_> = outcome
        .left()
        .map(|record| (record.process.pid().get(), record.fate.clone()))
        .collect();
    assert_eq!(left, [(100, Fate::Survived(Obstacle::Nothing))]);
}

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
fn after_an_interruption_nothing_more_is_sent() {
    for (plan, at) in [
        (term_then_kill(), ms(700)),
        (main_first(), ms(700)),
        (schedule("HUP/1s/TERM/1s/KILL/5s"), ms(1500)),
    ] {
        let mut world = World::new();
        let master = world.add(role(100).leads_session().ignores_all());
        let child = world.add(role(101).child_of(100).ignores_all());
        world.interrupt(at, Signal::INT);
        let outcome = run(&mut world, &plan);
        assert_eq!(outcome.verdict, Verdict::Interrupted(Signal::INT));
        assert_eq!(outcome.elapsed, at + MOMENT);
        for actor in [master, child] {
            assert!(world.signals(actor).iter().all(|(then, _)| *then < at));
        }
        assert_eq!(outcome.left().count(), 2);
    }
}

#[test]
fn an_interruption_before_the_first_signal_spares_everyone() {
    let mut world = World::new();
    let member = world.add(role(100).leads_session());
    world.interrupt(AT_ONCE, HUP);
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Interrupted(HUP));
    assert_eq!(world.names(member), []);
}

#[test]
fn an_interruption_while_the_killed_are_awaited_is_noticed() {
    let mut world = World::new();
    world.add(role(100).leads_session().stuck());
    world.interrupt(ms(800), TERM);
    let outcome = run(&mut world, &kill());
    assert_eq!(outcome.verdict, Verdict::Interrupted(TERM));
    assert_eq!(outcome.elapsed, ms(800) + MOMENT);
}

#[test]
fn who_dies_of_what_interrupts_fell_is_not_told_as_left() {
    let mut world = World::new();
    world.add(role(100).leads_session().ignores_all());
    // Ctrl-C meets them all, and fell is the first to run.
    world.add(
        role(101)
            .child_of(100)
            .ignores_all()
            .when(When::At(ms(703)), [Deed::Exit(1)]),
    );
    world.interrupt(ms(700), Signal::INT);
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Interrupted(Signal::INT));
    assert_eq!(record(&outcome, 101).fate, Fate::Ended(Cause::Exited(1)));
    assert_eq!(outcome.left().count(), 1);
}

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

#[test]
fn workers_that_a_master_respawns_do_not_outlive_it() {
    for place in [Place::Inherited, Place::Own] {
        let mut world = World::new();
        world.cost = Duration::from_micros(20);
        let worker = helper().group(place).session(place);
        let next = worker.clone().respawns(ms(1), worker.clone());
        world.add(
            role(100)
                .leads_session()
                .ignores_all()
                .respawns(ms(1), next),
        );
        for at in 0..5 {
            world.add(role(110 + at).child_of(100).group(place).session(place));
        }
        let outcome = run(&mut world, &schedule("TERM/2s/KILL/5s"));
        assert_eq!(outcome.verdict, Verdict::Gone, "{place:?}");
        assert!(
            world
                .everyone()
                .skip(3)
                .all(|actor| !world.is_living(actor))
        );
    }
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
fn a_storm_of_forks_comes_to_its_end() {
    let mut world = World::new();
    world.cost = Duration::from_micros(15);
    let mut storm = role(100).leads_session().ignores_all();
    for at in 0..400 {
        storm = storm.when(
            When::At(Duration::from_micros(at * 40)),
            [Deed::Fork(Box::new(helper().ignores_all()))],
        );
    }
    world.add(storm);
    let outcome = run(&mut world, &kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert!(
        world
            .everyone()
            .skip(3)
            .all(|actor| !world.is_living(actor))
    );
    assert!(outcome.elapsed < ms(5000));
}

/// A line of processes in the group of 100, each of which lives for a moment only.
fn short_lives(world: &mut World, life: Duration, count: u64) {
    let mut master = role(100).leads_session().ignores_all();
    for at in 0..count {
        let from = life * u32::try_from(at).expect("a small count");
        let child = helper().when(When::At(from + life), [Deed::Exit(0)]);
        master = master.when(When::At(from), [Deed::Fork(Box::new(child))]);
    }
    world.add(master);
}

#[test]
fn a_sweep_ends_though_each_look_finds_somebody_new() {
    // Whichever it is, one of them is just as long as a look and what it leads to.
    for life in 2..=9 {
        let mut world = World::new();
        world.cost = ms(1);
        short_lives(&mut world, ms(life), 6_000 / life);
        let outcome = run(&mut world, &schedule("TERM/1s/KILL/5s"));
        assert_eq!(outcome.verdict, Verdict::Gone);
        let master = world.everyone().nth(3).expect("the master");
        assert!(world.signals(master)[0].0 < ms(500), "{life} ms");
    }
}

#[test]
fn who_turns_up_while_the_killed_are_awaited_is_killed_too() {
    let mut world = World::new();
    world.add(role(100).leads_session().ignores_all());
    let joins = role(150).placed(100, 100).ignores_all();
    world.plan(DYING / 2, Incident::Begins(joins));
    let outcome = run(&mut world, &kill());
    let newcomer = world.everyone().last().expect("the newcomer");
    assert_eq!(
        (world.pid_of(newcomer), world.is_living(newcomer)),
        (150, false)
    );
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(record(&outcome, 150).fate, Fate::Ended(signalled(KILL)));
}

#[test]
fn a_line_that_no_look_can_see_is_ended_through_its_group() {
    for (plan, ignored) in [
        (term_then_kill(), vec![TERM]),
        (term_then_kill(), vec![]),
        (kill(), vec![TERM]),
        (schedule("TERM/1s"), vec![]),
    ] {
        for has_group_signals in [true, false] {
            let mut world = World::new();
            world.has_group_signals = has_group_signals;
            world.add(role(50).leads_session().never_reaps());
            world.add(role(100).child_of(50).leads_session());
            world.add_line(100, ignored.clone());
            let outcome = run(&mut world, &plan);
            assert!(!world.is_line_living(), "{plan:?}");
            assert_eq!(outcome.verdict, Verdict::Gone);
        }
    }
}

#[test]
fn a_line_that_nothing_can_address_is_not_said_to_be_gone() {
    for (plan, time) in [
        (term_then_kill(), ms(15_000)),
        (schedule("TERM/1s/KILL/300ms"), ms(1_300)),
        (schedule("TERM/1s"), ms(1_000)),
    ] {
        let mut world = World::new();
        world.has_group_signals = false;
        // Whoever is known is reaped at once, and can't vouch for the group.
        world.add(role(50).leads_session());
        world.add(role(100).child_of(50).leads_session());
        world.add_line(100, vec![]);
        let outcome = run(&mut world, &plan);
        assert!(world.is_line_living(), "{plan:?}");
        assert_eq!(outcome.verdict, Verdict::Left, "{plan:?}");
        assert_eq!(outcome.gaps[0].of, Unread::Group(Pgid::from(pid(100))));
        assert!(outcome.elapsed <= time + ms(100), "{:?}", outcome.elapsed);
    }
}

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
fn several_targets_share_one_clock_and_keep_their_records_apart() {
    let mut world = World::new();
    world.add(role(100).leads_session().leaves_after(ms(300)));
    world.add(role(101).child_of(100));
    world.add(role(200).leads_session().leaves_after(ms(900)));
    world.add(role(201).child_of(200));
    // Named twice, and named inside of another.
    let targets = [process(100), process(200), process(100), process(201)];
    let outcome = run_on(&mut world, &targets, Reach::Family, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(outcome.elapsed, ms(900));
    let targets: Vec<_> = [100, 101, 200, 201]
        .map(|pid| record(&outcome, pid).target)
        .into();
    assert_eq!(targets, [0, 0, 1, 3]);
    assert_eq!(pids(&outcome), [100, 101, 200, 201]);
    for actor in world.everyone() {
        assert!(world.log(actor).len() <= 1);
    }
}

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
    world.plan_after_listing(middle, Incident::Dies(middle, KILL));
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    assert_eq!(world.names(child), [TERM]);
    assert_eq!(record(&outcome, 102).reason, Reason::Descendant(pid(101)));
}

#[test]
fn a_stranger_with_the_number_of_a_listed_child_is_left_alone() {
    let mut world = World::new();
    let target = world.add(role(100).leads_session().leaves_after(ms(200)));
    let child = world.add(role(102).child_of(100).leads_session());
    world.elapse(ms(50));
    world.plan_after_listing(target, Incident::Dies(child, KILL));
    world.plan_after_listing(target, Incident::Begins(role(102).leads_session()));
    let outcome = run(&mut world, &term_then_kill());
    assert_eq!(outcome.verdict, Verdict::Gone);
    let stranger = world.bearer(102).expect("the stranger");
    assert_eq!(world.log(stranger), []);
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
