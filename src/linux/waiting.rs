//! Waiting: on pidfds, on fell's own signals and on nothing else.
//!
//! Without pidfds processes are looked at every 10 ms; that can go when nobody runs
//! Linux before 5.3 or filters pidfd_open(2) any more.

#![forbid(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use super::own::{Interruptions, Request};
use super::pidfd::{self, Polled};
use super::proc::Proc;
use super::{Handle, Linux};
use crate::system::{System, Wake};

/// How often processes without a pidfd are looked at.
const LOOK: Duration = Duration::from_millis(10);

/// One poll(2): what it has found, and how its time was spent.
#[derive(Debug)]
pub(super) struct Turn {
    /// Who has ended, as positions in what was watched.
    pub(super) ended: Vec<usize>,
    /// Whether there is something in the mailbox.
    pub(super) has_mail: bool,
    /// How long it waited.
    waited: Duration,
    /// How much longer it took: fell was stopped, or did not get its turn.
    lost: Duration,
}

pub(super) fn wait(linux: &mut Linux, watched: &[&Handle], until: Duration) -> io::Result<Wake> {
    loop {
        let time = turn_until(until.saturating_sub(linux.now()), watched);
        let mailbox = linux.interruptions.as_ref().map(Interruptions::fd);
        let turn = turn_of(&mut linux.proc, watched, mailbox, time)?;
        if turn.has_mail
            && let Some(wake) = answer(linux, &turn)
        {
            return Ok(wake);
        }
        if !turn.ended.is_empty() {
            return Ok(Wake::Exited(turn.ended));
        }
        if linux.now() >= until {
            return Ok(Wake::Deadline);
        }
    }
}

/// How long one poll(2) may last when so much is left.
pub(super) fn turn_until(left: Duration, watched: &[&Handle]) -> Duration {
    let has_unpinned = watched.iter().any(|handle| handle.pidfd().is_none());
    if has_unpinned { left.min(LOOK) } else { left }
}

/// One poll(2): who has ended, and whether there is something in the mailbox.
pub(super) fn turn_of(
    proc: &mut Proc,
    watched: &[&Handle],
    mailbox: Option<BorrowedFd<'_>>,
    time: Duration,
) -> io::Result<Turn> {
    let began = Instant::now();
    let (positions, mut fds): (Vec<usize>, Vec<BorrowedFd<'_>>) = watched
        .iter()
        .enumerate()
        .filter_map(|(at, handle)| Some((at, handle.pidfd()?.as_fd())))
        .unzip();
    fds.extend(mailbox);
    let Polled { ready, waited } = pidfd::poll(&fds, time)?;
    let lost = began.elapsed().saturating_sub(waited);
    let has_mail = ready.contains(&positions.len());
    let mut ended: Vec<usize> = ready
        .iter()
        .filter_map(|&at| positions.get(at).copied())
        .collect();
    for (at, handle) in watched.iter().enumerate() {
        if handle.pidfd().is_none() && handle.has_ended(proc) {
            ended.push(at);
        }
    }
    Ok(Turn {
        ended,
        has_mail,
        waited,
        lost,
    })
}

/// Reads the signals that have come; to do what they ask for is the caller's matter.
fn answer(linux: &mut Linux, turn: &Turn) -> Option<Wake> {
    let mut is_told = false;
    loop {
        let interruptions = linux.interruptions.as_ref()?;
        match interruptions.next()? {
            Request::End(signal) => return Some(Wake::Interrupted(signal)),
            Request::Pause => return Some(Wake::Paused),
            Request::Resumed => {
                if !is_told {
                    linux.forget_stop(turn);
                }
                is_told = true;
            }
        }
    }
}

impl Linux {
    /// Stops as Ctrl-Z asks for it, and leaves the time between out of its own.
    pub(super) fn pause_until_continued(&mut self) {
        let before = self.started.elapsed();
        if let Some(interruptions) = &self.interruptions {
            interruptions.pause();
        }
        self.suspended += self.started.elapsed().saturating_sub(before);
        self.note_awake();
    }

    /// fell was continued: leaves out of its time what it spent stopped. STOP can't be seen
    /// coming, but the kernel does not count a stop as waiting; so CONT alone, which
    /// systemd and timeout(1) send along with TERM, wins nobody any time.
    pub(super) fn forget_stop(&mut self, turn: &Turn) {
        /// Whoever has waited less has not waited: CONT was there already.
        const INSTANT: Duration = Duration::from_millis(1);
        self.suspended += turn.lost;
        if turn.waited < INSTANT {
            // Then the stop may have been before, while fell was at something else.
            let since_then = self.started.elapsed().saturating_sub(self.awake);
            self.suspended += since_then.saturating_sub(turn.lost + turn.waited);
        }
        self.note_awake();
    }
}
