//! Process descriptors (pidfd_open(2)), and the system calls that no crate wraps.

#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

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

/// kill(2) to a process group by its number.
pub(super) fn kill_group(group: Pgid, signal: Signal) -> io::Result<()> {
    // kill(-1) would be everyone.
    if group.get() <= 1 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: kill(2) takes numbers only.
    check(unsafe { libc::kill(-group.get(), number(Some(signal))) }.into())
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
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut fds = [PollFd::from_borrowed_fd(fd.as_fd(), PollFlags::IN)];
    matches!(poll(&mut fds, Some(&Timespec::default())), Ok(1))
}
