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

use crate::support::world::{World, ms};

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
    Scope {
        reach,
        roots: targets
            .iter()
            .map(|target| target.resolve(world).expect("a root"))
            .collect(),
        guard: Guard::of(world),
    }
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
