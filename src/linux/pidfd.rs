//! Process descriptors (pidfd_open(2)), and the system calls that no crate wraps.

#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::process::{PidfdFlags, pidfd_open};

use crate::process::{Pgid, Pid};
use crate::signal::Signal;

/// Whom a signal through a pidfd reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recipient {
    /// The process.
    Process,
    /// The group that the process opened, whether or not it still lives (Linux 6.9).
    Group,
}

/// Opens a process (Linux 5.3). A zombie can be opened, a thread can't.
pub(super) fn open(pid: Pid) -> rustix::io::Result<OwnedFd> {
    let pid = rustix::process::Pid::from_raw(pid.get()).ok_or(rustix::io::Errno::SRCH)?;
    pidfd_open(pid, PidfdFlags::empty())
}

/// Sends a signal, or with `None` only asks whether one could be sent.
pub(super) fn send(
    to: BorrowedFd<'_>,
    recipient: Recipient,
    signal: Option<Signal>,
) -> io::Result<()> {
    let flags = match recipient {
        Recipient::Process => 0,
        Recipient::Group => libc::PIDFD_SIGNAL_PROCESS_GROUP,
    };
    // SAFETY: pidfd_send_signal(2) reads nothing through the null siginfo pointer, and
    // the descriptor is open for as long as it is borrowed.
    let result = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            to.as_raw_fd(),
            number(signal),
            std::ptr::null::<libc::siginfo_t>(),
            flags,
        )
    };
    check(result)
}

/// The wait status of a process that has ended and was reaped (Linux 6.15), whoever
/// its parent was; `None` before that, and on an older kernel.
pub(super) fn exit_status(of: BorrowedFd<'_>) -> Option<i32> {
    // SAFETY: the structure is plain numbers, for which all zeroes are a value.
    let mut info: libc::pidfd_info = unsafe { std::mem::zeroed() };
    info.mask = u64::from(libc::PIDFD_INFO_EXIT);
    // SAFETY: the request's number carries the size of the structure, which bounds
    // what the kernel writes to it, and it lives until the call returns.
    let result = unsafe { libc::ioctl(of.as_raw_fd(), libc::PIDFD_GET_INFO, &raw mut info) };
    let is_known = result == 0 && info.mask & u64::from(libc::PIDFD_INFO_EXIT) != 0;
    is_known.then_some(info.exit_code)
}

/// kill(2) to one process by its number, for systems without pidfds.
pub(super) fn kill(pid: Pid, signal: Option<Signal>) -> io::Result<()> {
    // SAFETY: kill(2) takes numbers only; a Pid is never 0 or negative.
    check(unsafe { libc::kill(pid.get(), number(signal)) }.into())
}

/// Whether this number is that of a thread which is not the main one of its process: asked
/// of that one, it would be said to be no thread of it (tgkill(2)).
pub(super) fn is_further_thread(number: Pid) -> bool {
    // SAFETY: tgkill(2) takes numbers only; signal 0 is none.
    let result = unsafe { libc::syscall(libc::SYS_tgkill, number.get(), number.get(), 0) };
    // Whoever may not be signalled is there, and what is not allowed tells nothing.
    check(result).is_err_and(|error| error.raw_os_error() != Some(libc::EPERM))
}

/// kill(2) to a process group by its number.
pub(super) fn kill_group(group: Pgid, signal: Signal) -> io::Result<()> {
    // kill(-1) would be everyone.
    if group.get() <= 1 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: kill(2) takes numbers only.
    check(unsafe { libc::kill(-group.get(), number(Some(signal))) }.into())
}

/// What came of a [`poll`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Polled {
    /// Which of the descriptors are readable, as positions.
    pub(super) ready: Vec<usize>,
    /// How long it waited. Time in which fell was stopped (STOP, Ctrl-Z) is none of it: the
    /// kernel breaks the wait off, and goes on with what was left when fell does.
    pub(super) waited: Duration,
}

/// Waits until one of these can be read, at most so long, and a month at the very most.
/// Only the system call itself tells how much of the time was left (ppoll(2), "C
/// library/kernel differences").
pub(super) fn poll(fds: &[BorrowedFd<'_>], time: Duration) -> io::Result<Polled> {
    /// Fits into the kernel's numbers on every machine; whoever waits longer waits again.
    const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);
    let time = time.min(MONTH);
    let mut polled: Vec<libc::pollfd> = fds
        .iter()
        .map(|fd| libc::pollfd {
            fd: fd.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        })
        .collect();
    let mut left = libc::timespec {
        tv_sec: time.as_secs().try_into().unwrap_or_default(),
        tv_nsec: time.subsec_nanos().into(),
    };
    // SAFETY: both pointers are to values that live until the call returns, the first to as
    // many as are counted; without a signal mask its size is not looked at.
    let result = unsafe {
        libc::syscall(
            libc::SYS_ppoll,
            polled.as_mut_ptr(),
            polled.len(),
            &raw mut left,
            std::ptr::null::<libc::sigset_t>(),
            size_of::<libc::c_ulong>(),
        )
    };
    let is_interrupted = || io::Error::last_os_error().kind() == io::ErrorKind::Interrupted;
    if result < 0 && !is_interrupted() {
        return Err(io::Error::last_os_error());
    }
    let left = Duration::new(
        left.tv_sec.try_into().unwrap_or_default(),
        left.tv_nsec.try_into().unwrap_or_default(),
    );
    let ready = polled.iter().enumerate();
    let ready = ready.filter(|(_, fd)| result > 0 && fd.revents != 0);
    Ok(Polled {
        ready: ready.map(|(at, _)| at).collect(),
        waited: time.saturating_sub(left),
    })
}

fn number(signal: Option<Signal>) -> libc::c_int {
    signal.map_or(0, |signal| signal.number().into())
}

fn check(result: libc::c_long) -> io::Result<()> {
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Whether the process has ended.
pub(super) fn has_ended(fd: &OwnedFd) -> bool {
    poll(&[fd.as_fd()], Duration::ZERO).is_ok_and(|polled| !polled.ready.is_empty())
}
