//! A forker: it bears children faster than a table of processes can be read.
//!
//! A worker forks a child every so often; the child forks a grandchild and waits for its
//! end. So nobody is ever an orphan by itself: whoever outlives a stop was missed by it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nix::sys::wait::{Id, WaitPidFlag, waitid};
use serde::{Deserialize, Serialize};

use super::life::{exit, fork_off, is_let_go, pass};
use super::mask::Mask;

/// How it goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Churn {
    /// From one child to the next.
    pub pause_micros: u32,
    /// How long a grandchild lives.
    pub life_millis: i32,
    /// Where every second child goes.
    pub place: super::Place,
}

/// More are not born of one worker, whatever the machine does.
const MOST: u32 = 20_000;

static BORN: AtomicU32 = AtomicU32::new(0);

pub(super) fn churn(habit: Churn) -> ! {
    let pause = Duration::from_micros(habit.pause_micros.into());
    loop {
        if BORN.fetch_add(1, Ordering::Relaxed) < MOST {
            fork_off(|| bear_and_last(habit));
        }
        if is_let_go(Some(pause), &Mask::empty()) {
            exit(0)
        }
    }
}

fn bear_and_last(habit: Churn) -> ! {
    let is_second = BORN.load(Ordering::Relaxed) % 2 == 1;
    if is_second {
        super::life::take_place(habit.place);
    }
    let grandchild = fork_off(|| {
        pass(habit.life_millis);
        exit(0)
    });
    // Where the end of children is ignored, this returns when it is dead.
    let _ = waitid(Id::Pid(grandchild), WaitPidFlag::WEXITED);
    exit(0)
}
