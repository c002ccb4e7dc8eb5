//! What these tests start from, and how they read an outcome.

use std::time::Duration;

use fell::fate::Cause;
use fell::guard::Guard;
use fell::outcome::{Outcome, Record};
use fell::process::{Pgid, Pid};
use fell::schedule::Schedule;
use fell::scope::{Reach, Scope};
use fell::signal::Signal;
use fell::stop::{Detail, Errand, Order, Plan, stop};
use fell::target::Target;

use crate::support::world::{Actor, Role, World, ms, role};

pub const GRACE: Duration = ms(10_000);

pub fn plan(errand: Errand) -> Plan {
    Plan {
        errand,
        order: Order::Together,
        detail: Detail::Kinship,
        refresh: None,
    }
}

pub fn schedule(text: &str) -> Plan {
    plan(Errand::Stop(text.parse().expect("a schedule")))
}

pub fn term_then_kill() -> Plan {
    plan(Errand::Stop(Schedule::escalating(Signal::TERM, GRACE)))
}

pub fn main_first() -> Plan {
    Plan {
        order: Order::MainFirst,
        ..term_then_kill()
    }
}

pub fn kill() -> Plan {
    plan(Errand::Stop(Schedule::kill()))
}

pub fn deliver(signal: Signal) -> Plan {
    plan(Errand::Deliver(signal))
}

pub fn process(pid: i32) -> Target {
    Target::Process(Pid::new(pid).expect("a PID"))
}

pub fn scope(world: &mut World, targets: &[Target], reach: Reach) -> Scope {
    let roots = targets
        .iter()
        .map(|target| target.resolve(world).expect("a root"))
        .collect();
    Scope {
        reach,
        roots,
        guard: guard(world),
    }
}

/// Who is out of bounds. How many questions that takes is not what the stories are about
/// whose moments are counted from the beginning: they get the time of four.
fn guard(world: &mut World) -> Guard {
    let cost = std::mem::take(&mut world.cost);
    let guard = Guard::of(world);
    world.cost = cost;
    world.elapse(4 * cost);
    guard
}

pub fn run_on(world: &mut World, targets: &[Target], reach: Reach, plan: &Plan) -> Outcome {
    let scope = scope(world, targets, reach);
    stop(world, scope, plan, |_| {}).expect("a readable world")
}

/// Does the plan's errand to the family of process 100.
pub fn run(world: &mut World, plan: &Plan) -> Outcome {
    run_on(world, &[process(100)], Reach::Family, plan)
}

pub fn record(outcome: &Outcome, pid: i32) -> &Record {
    outcome
        .records
        .iter()
        .find(|record| record.process.pid().get() == pid)
        .unwrap_or_else(|| panic!("{pid} is not in the record"))
}

pub fn pids(outcome: &Outcome) -> Vec<i32> {
    let mut pids: Vec<i32> = outcome
        .records
        .iter()
        .map(|record| record.process.pid().get())
        .collect();
    pids.sort_unstable();
    pids
}

pub fn signalled(signal: Signal) -> Cause {
    Cause::Signalled {
        signal: signal.number(),
        core: false,
    }
}

pub const TERM: Signal = Signal::TERM;

pub const INT: Signal = Signal::INT;

pub const KILL: Signal = Signal::KILL;

pub const CONT: Signal = Signal::CONT;

pub const HUP: Signal = Signal::HUP;

pub const STOP: Signal = Signal::STOP;

pub const AT_ONCE: Duration = Duration::ZERO;

pub fn pid(number: i32) -> Pid {
    Pid::new(number).expect("a PID")
}

pub fn pgid(number: i32) -> Pgid {
    Pgid::new(number).expect("a PGID")
}

/// Somebody who started the target and strangers, all in one session.
pub fn supervised() -> World {
    let mut world = World::new();
    world.add(role(50).leads_session());
    world
}

/// Strangers that a number may come to mean, with the number of whoever is their parent.
pub fn strangers() -> [Role; 4] {
    let in_its_session = || role(0).child_of(50);
    [
        // In a session of its own.
        role(0).child_of(10).leads_session(),
        // In the session of the target: in a group of its own, and in that of another.
        in_its_session().leads_group(),
        in_its_session(),
        // In a session of its own, and a child of who takes in orphans.
        role(0).leads_session(),
    ]
}

pub fn assert_untouched(world: &World, stranger: Actor) {
    let pid = world.pid_of(stranger);
    assert!(world.is_living(stranger), "{pid}");
    assert_eq!(world.log(stranger), [], "{pid}");
}
