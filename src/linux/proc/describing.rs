//! What is worth telling of a process: its owner, its command line, its signals.

#![forbid(unsafe_code)]

use std::fmt::Arguments;

use super::{Place, Proc};
use crate::command::CommandLine;
use crate::linux::lost;
use crate::linux::status::{self, Status};
use crate::process::Pid;
use crate::system::{Description, Lost};

impl Proc {
    /// What /proc/PID/status tells of a process, or /proc/PID/task/TID/status of a
    /// thread.
    fn status(&mut self, place: Place<'_>, file: Arguments<'_>) -> Result<Status, Lost> {
        let text = self.read_in(place, file).map_err(lost)?;
        status::parse(text).ok_or(Lost::Gone)
    }

    /// What /proc/PID/status tells of whoever bears this number.
    pub(in crate::linux) fn status_of(&mut self, pid: Pid) -> Result<Status, Lost> {
        self.status(Place::Number(pid), format_args!("status"))
    }

    /// What is worth telling of a process.
    pub(in crate::linux) fn describe(&mut self, place: Place<'_>) -> Result<Description, Lost> {
        let mut status = self.status(place, format_args!("status"))?;
        if status.threads > 1 {
            self.ask_threads(place, &mut status)?;
        }
        let command = self
            .read_in(place, format_args!("cmdline"))
            .map(CommandLine::new)
            .unwrap_or_default();
        Ok(Description {
            owner: status.owner,
            command,
            signals: status.signals,
        })
    }

    /// Blocked is what every thread blocks that can still take a signal.
    fn ask_threads(&mut self, place: Place<'_>, of: &mut Status) -> Result<(), Lost> {
        let mut blocked_by_all = None;
        for thread in self.threads(place).map_err(lost)? {
            let Ok(of_thread) = self.status(place, format_args!("task/{thread}/status")) else {
                continue;
            };
            if !of_thread.is_zombie {
                let blocked = of_thread.signals.blocked;
                blocked_by_all = Some(blocked_by_all.map_or(blocked, |all| blocked.and(all)));
            }
            of.signals.pending_thread.0 |= of_thread.signals.pending_thread.0;
        }
        of.signals.blocked = blocked_by_all.unwrap_or(of.signals.blocked);
        Ok(())
    }
}
