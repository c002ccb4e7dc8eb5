//! Waiting: on pidfds, on fell's own signals and on nothing else.
//!
//! Without pidfds processes are looked at every 10 ms; that can go when nobody runs
//! Linux before 5.3 or filters pidfd_open(2) any more.

#![forbid(unsafe_code)]

use std::io;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::own::{self, Request, timespec};
use super::proc::Proc;
use super::{Handle, Linux};
use crate::process::State;
use crate::system::{System, Wake};

/// How often processes without a pidfd are looked at.
const LOOK: Duration = Duration::from_millis(10);

pub(super) fn wait(linux: &mut Linux, watched: &[&Handle], until: Duration) -> io::Result<Wake> {
    let has_unpinned = watched.iter().any(|handle| handle.pidfd().is_none());
    loop {
        let left = until.saturating_sub(linux.now());
        let turn = if has_unpinned { left.min(LOOK) } else { left };
        let before = own::voluntary_switches();
        let (ended, is_requested) = turn_of(linux, watched, turn)?;
        if is_requested {
            if let Some(wake) = answer(linux, before) {
                return Ok(wake);
            }
        } else if has_unpinned {
            linux.note_awake();
        }
        if !ended.is_empty() {
            return Ok(Wake::Exited(ended));
        }
        if linux.now() >= until {
            return Ok(Wake::Deadline);
        }
    }
}

/// Waits until a process that was sent STOP has stopped or ended; that takes it its next
/// turn, and where it sleeps in the kernel it is not waited for.
pub(super) fn until_halted(proc: &mut Proc, handle: &mut Handle) {
    /// A stop tells nobody but the parent, so it is looked for: at most so often,
    const LOOKS: u32 = 20;
    /// and the first time after so long; later after twice as long each time, up to a
    /// millisecond.
    const FIRST: Duration = Duration::from_micros(30);
    const LAST: Duration = Duration::from_millis(1);
    let mut turn = FIRST;
    for _ in 0..LOOKS {
        match handle.read(proc) {
            Ok((process, _)) if is_on_its_way(process.state) => {}
            _ => return,
        }
        let mut fds: Vec<PollFd<'_>> = handle
            .pidfd()
            .map(|pidfd| PollFd::new(pidfd, PollFlags::IN))
            .into_iter()
            .collect();
        // Neither an end nor a signal of fell's own is anything but a reason to look.
        let _ = poll(&mut fds, Some(&timespec(turn)));
        turn = LAST.min(turn * 2);
    }
}

/// Whether a process that was sent STOP has yet to take notice.
fn is_on_its_way(state: State) -> bool {
    matches!(state, State::Running | State::Sleeping)
}

/// One poll(2): who has ended, and whether fell was asked for something.
fn turn_of(
    linux: &mut Linux,
    watched: &[&Handle],
    turn: Duration,
) -> io::Result<(Vec<usize>, bool)> {
    let mut positions = Vec::with_capacity(watched.len());
    let mut fds = Vec::with_capacity(watched.len() + 1);
    for (at, handle) in watched.iter().enumerate() {
        if let Some(pidfd) = handle.pidfd() {
            positions.push(at);
            fds.push(PollFd::new(pidfd, PollFlags::IN));
        }
    }
    if let Some(interruptions) = &linux.interruptions {
        fds.push(PollFd::from_borrowed_fd(interruptions.fd(), PollFlags::IN));
    }
    match poll(&mut fds, Some(&timespec(turn))) {
        Ok(_) => {}
        Err(Errno::INTR) => return Ok((Vec::new(), false)),
        Err(error) => return Err(error.into()),
    }
    let is_ready = |fd: &PollFd<'_>| !fd.revents().is_empty();
    let is_requested = fds.get(positions.len()).is_some_and(is_ready);
    let mut ended: Vec<usize> = positions
        .iter()
        .zip(&fds)
        .filter(|(_, fd)| is_ready(fd))
        .map(|(&at, _)| at)
        .collect();
    drop(fds);
    let unpinned = watched
        .iter()
        .enumerate()
        .filter(|(_, handle)| handle.pidfd().is_none());
    for (at, handle) in unpinned {
        if handle.has_ended(&mut linux.proc) {
            ended.push(at);
        }
    }
    Ok((ended, is_requested))
}

/// Whether fell may have been stopped since it was last known to run. CONT comes to those
/// too who were not (systemd and timeout(1) send it along): they have given up their turn
/// once at most, to wait for that very signal, and a stop is another time.
fn was_stopped(linux: &Linux, before_the_turn: i64) -> bool {
    let while_waiting = own::voluntary_switches() - before_the_turn;
    before_the_turn > linux.awake.switches || while_waiting > 1
}

/// Does what the signals ask for; what asks fell to end is the caller's matter.
fn answer(linux: &mut Linux, before_the_turn: i64) -> Option<Wake> {
    let mut may_have_stopped = was_stopped(linux, before_the_turn);
    loop {
        let interruptions = linux.interruptions.as_ref()?;
        match interruptions.next()? {
            Request::End(signal) => return Some(Wake::Interrupted(signal)),
            Request::Pause => {
                let before = linux.started.elapsed();
                interruptions.pause();
                linux.suspended += linux.started.elapsed().saturating_sub(before);
                linux.note_awake();
                may_have_stopped = false;
            }
            // Stopped by STOP, which nobody can see coming: since when is not known,
            // only that it was after the last wait. Better to wait too long than to
            // kill somebody whose time fell has slept through.
            Request::Resumed => {
                if may_have_stopped {
                    linux.suspended += linux.started.elapsed().saturating_sub(linux.awake.at);
                }
                linux.note_awake();
                may_have_stopped = false;
            }
        }
    }
}
