//! fell's children: takes notice of those that have ended or stopped.

#![forbid(unsafe_code)]

use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use rustix::process::{WaitId, WaitIdOptions, WaitOptions, wait, waitid};

use super::stat;
use crate::fate::Cause;
use crate::process::Pid;

/// What has become of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// It has ended and was reaped.
    Ended(Pid, Cause),
    /// A signal has stopped it.
    Stopped(Pid, i32),
    /// No child has ended or stopped since.
    Nothing,
    /// There are no children.
    Childless,
}

/// The next that is to be known of any child.
pub(super) fn news() -> News {
    loop {
        match wait(WaitOptions::NOHANG | WaitOptions::UNTRACED) {
            Ok(Some((child, status))) => {
                let Some(pid) = Pid::new(child.as_raw_nonzero().get()) else {
                    continue;
                };
                return match status.stopping_signal() {
                    Some(signal) => News::Stopped(pid, signal),
                    None => News::Ended(pid, stat::cause(status.as_raw())),
                };
            }
            Ok(None) => return News::Nothing,
            Err(Errno::INTR) => {}
            Err(_) => return News::Childless,
        }
    }
}

/// Whether there are none, alive or not.
pub(super) fn is_childless() -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    matches!(waitid(WaitId::All, options), Err(Errno::CHILD))
}

/// Reaps one child that has ended. `None` if it has not, or is no child of fell's.
pub(super) fn reap(pidfd: &OwnedFd) -> Option<Cause> {
    reap_one(WaitId::PidFd(pidfd.as_fd()))
}

/// The same without a pidfd. The caller has seen that the process of this number is the one
/// that is meant and has ended: if it is fell's child, nobody but fell can set the number free.
pub(super) fn reap_by_number(pid: Pid) -> Option<Cause> {
    reap_one(WaitId::Pid(rustix::process::Pid::from_raw(pid.get())?))
}

fn reap_one(child: WaitId<'_>) -> Option<Cause> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    let status = waitid(child, options).ok()??;
    if let Some(code) = status.exit_status() {
        return Some(Cause::Exited(u8::try_from(code & 0xff).ok()?));
    }
    Some(Cause::Signalled {
        signal: u8::try_from(status.terminating_signal()?).ok()?,
        core: status.dumped(),
    })
}
