//! Processes as literals, for the tests of the pure core.

#![forbid(unsafe_code)]

use crate::process::{Identity, Kind, Pgid, Pid, Process, Sid, StartTime, State};

/// A process number; the test names a positive one.
pub(crate) fn pid(number: i32) -> Pid {
    Pid::new(number).expect("a positive number")
}

pub(crate) fn pgid(number: i32) -> Pgid {
    pid(number).into()
}

pub(crate) fn sid(number: i32) -> Sid {
    pid(number).into()
}

/// A child of `parent` in this group and session that started with the machine; 0 is
/// outside this PID namespace.
pub(crate) fn process(number: i32, parent: i32, group: i32, session: i32) -> Process {
    Process {
        identity: Identity {
            pid: pid(number),
            started: StartTime(100),
        },
        parent: Pid::new(parent),
        group: Pgid::new(group),
        session: Sid::new(session),
        state: State::Sleeping,
        threads: 1,
        kind: Kind::User,
        name: format!("p{number}").into(),
    }
}

/// The same with another start.
pub(crate) fn started(at: u64, process: Process) -> Process {
    Process {
        identity: Identity {
            started: StartTime(at),
            ..process.identity
        },
        ..process
    }
}

/// The same after its end.
pub(crate) fn zombie(process: Process) -> Process {
    Process {
        state: State::Zombie,
        ..process
    }
}
