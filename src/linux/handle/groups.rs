//! Signals to a whole group, by one who was or is in it.

#![forbid(unsafe_code)]

use std::os::fd::AsFd;

use super::super::pidfd::{self, Recipient};
use super::super::{own, proc::Proc};
use super::{Handle, of_io};
use crate::process::Pgid;
use crate::signal::Signal;
use crate::system::Lost;

impl Handle {
    /// Sends to the group that the process opened, or with `None` asks whether one could.
    pub(in crate::linux) fn send_to_group(&self, signal: Option<Signal>) -> Result<(), Lost> {
        let pidfd = self.pidfd.as_ref().ok_or(Lost::Unsupported)?;
        pidfd::send(pidfd.as_fd(), Recipient::Group, signal).map_err(|error| {
            match error.raw_os_error() {
                // A flag that this kernel does not know.
                Some(libc::EINVAL | libc::ENOSYS) => Lost::Unsupported,
                _ => of_io(error),
            }
        })
    }

    /// Sends to a group by its number, if this process is still in it. A number is not
    /// given to another group while somebody is in this one, a zombie included.
    pub(in crate::linux) fn vouch_and_send(
        &self,
        proc: &mut Proc,
        group: Pgid,
        signal: Signal,
    ) -> Result<(), Lost> {
        if self.group(proc)? != Some(group) {
            return Err(Lost::Gone);
        }
        pidfd::kill_group(group, signal).map_err(of_io)
    }

    /// The group that it is in, if it was not reaped yet.
    fn group(&self, proc: &mut Proc) -> Result<Option<Pgid>, Lost> {
        let Some(pidfd) = &self.pidfd else {
            return Ok(self.stat(proc)?.process.group);
        };
        let group = own::group_of(self.identity.pid);
        // Only now it is known whose group that was.
        match pidfd::send(pidfd.as_fd(), Recipient::Process, None).map_err(of_io) {
            Ok(()) | Err(Lost::Denied) => Ok(group),
            Err(lost) => Err(lost),
        }
    }
}
