//! One opened process: its pidfd and the files of /proc that are kept open.
//!
//! Files of /proc stay bound to the process that they were opened for: once it is
//! reaped they read as "no such process", whoever has its number by then. They are
//! kept open since opening is what costs, above all for a process that is dying.

#![forbid(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::io::Errno;

use super::pidfd::{self, Recipient};
use super::proc::{Place, Proc};
use super::stat::{self, Stat};
use super::{lost, own};
use crate::fate::Cause;
use crate::kinship::Listing;
use crate::process::{Identity, Pid, Process};
use crate::signal::Signal;
use crate::system::{Description, Hold, Lost};

mod groups;
mod lists;

use lists::List;

/// So many files are kept open of a process, at most, as long as it has one thread.
pub(super) const FILES: usize = 3;

/// Descriptors that are left for what fell opens for a moment.
const SPARE: i32 = 16;

/// An opened process.
#[derive(Debug)]
pub struct Handle {
    identity: Identity,
    threads: u32,
    hold: Hold,
    /// None where there are no pidfds or no descriptors are left.
    pidfd: Option<OwnedFd>,
    stat: Option<OwnedFd>,
    /// Its directory of /proc: what stands for the process while it is only looked at.
    directory: Option<OwnedFd>,
    lists: Vec<List>,
    /// So many of the lists are known to be its own.
    proven: usize,
    /// Its children, if they were read before somebody asked.
    ahead: Option<Box<Result<Listing, Lost>>>,
    /// Descriptors up to this number may be kept.
    descriptors: i32,
}

impl Handle {
    /// Opens and reads a process.
    ///
    /// Whoever only looks opens the directory first and everything else in there, so
    /// that all of it is of one process without being compared.
    ///
    /// To hold it needs a pidfd, and nothing proves that this is the same process but an
    /// order: the stat file is opened first, then the pidfd and the list of the main
    /// thread's children, and then the file is read. A number is given to nobody else while
    /// its process is there, so if the process of the file is still there after the others
    /// were opened, all are of the same one.
    pub(super) fn open(
        proc: &mut Proc,
        pid: Pid,
        hold: Hold,
        descriptors: i32,
    ) -> Result<(Self, Process), Lost> {
        let directory = match hold {
            Hold::Look | Hold::Browse => Some({
                let opened = proc.open_directory(pid);
                opened.map_err(|error| unseen(proc, pid, error))?
            }),
            Hold::Pin | Hold::Follow => None,
        };
        let is_pinned = directory.is_none();
        let place = place(directory.as_ref(), pid);
        let opened = proc.open_stat(place);
        let file = opened.map_err(|error| unseen(proc, pid, error))?;
        let pidfd = match hold {
            Hold::Look | Hold::Browse => None,
            Hold::Pin | Hold::Follow => match pidfd::open(pid) {
                Ok(fd) => (fd.as_raw_fd() < descriptors - SPARE).then_some(fd),
                // No pidfds here (before Linux 5.3, or a seccomp filter), or no room:
                // the start time has to vouch for the number then.
                Err(
                    Errno::NOSYS
                    | Errno::PERM
                    | Errno::MFILE
                    | Errno::NFILE
                    | Errno::NOMEM
                    | Errno::NODEV,
                ) => None,
                // The number is a thread's (Linux before 6.9: EINVAL).
                Err(Errno::INVAL | Errno::NOENT) => return Err(Lost::Gone),
                Err(error) => return Err(lost(error)),
            },
        };
        let may_keep = |file: &OwnedFd| file.as_raw_fd() < descriptors / 2;
        // In the same order and for the same reason. Where there is no such list, whoever
        // asks for the children finds out why.
        let list = match hold {
            Hold::Look | Hold::Browse | Hold::Pin => None,
            Hold::Follow => proc.open_children(place, pid).ok().filter(may_keep),
        };
        let Stat { process, .. } = proc.read_stat(&file).map_err(lost)?;
        let lists: Vec<List> = list
            .map(|file| List { thread: pid, file })
            .into_iter()
            .collect();
        let mut handle = Self {
            identity: process.identity,
            threads: process.threads,
            hold,
            pidfd,
            stat: Some(file).filter(|file| is_pinned && may_keep(file)),
            directory: directory.filter(may_keep),
            proven: lists.len(),
            lists,
            ahead: None,
            descriptors,
        };
        if hold == Hold::Browse {
            // Many are opened at once, by two threads; their children are asked for one by one.
            handle.ahead = Some(Box::new(handle.children(proc)));
        }
        Ok((handle, process))
    }

    /// Reads a process without opening it.
    pub(super) fn glance(proc: &mut Proc, pid: Pid) -> Result<Process, Lost> {
        let file = proc
            .open_stat(Place::Number(pid))
            .map_err(|error| unseen(proc, pid, error))?;
        let stat = proc.read_stat(&file).map_err(lost)?;
        Ok(stat.process)
    }

    /// Reads it once more, and its wait status where it has one.
    pub(super) fn read(&mut self, proc: &mut Proc) -> Result<(Process, Option<i32>), Lost> {
        let Stat {
            process, exit_code, ..
        } = self.stat(proc)?;
        self.threads = process.threads;
        Ok((process, exit_code))
    }

    /// What its stat file says, if that is still its own.
    fn stat(&self, proc: &mut Proc) -> Result<Stat, Lost> {
        let opened;
        let file = match &self.stat {
            Some(file) => file,
            None => {
                opened = proc.open_stat(self.place()).map_err(lost)?;
                &opened
            }
        };
        let stat = proc.read_stat(file).map_err(lost)?;
        if stat.process.identity != self.identity {
            return Err(Lost::Gone);
        }
        // A file that was opened by the number only now may be that of a namesake who was born
        // in the same tick; the pidfd is not.
        if self.stat.is_none()
            && self.directory.is_none()
            && let Some(pidfd) = &self.pidfd
            && let Err(Lost::Gone) =
                pidfd::send(pidfd.as_fd(), Recipient::Process, None).map_err(of_io)
        {
            return Err(Lost::Gone);
        }
        Ok(stat)
    }

    /// Where its files are opened.
    fn place(&self) -> Place<'_> {
        place(self.directory.as_ref(), self.identity.pid)
    }

    /// Owner, command line and signal sets.
    pub(super) fn describe(&mut self, proc: &mut Proc) -> Result<Description, Lost> {
        let description = proc.describe(self.place())?;
        if self.directory.is_none() {
            // What was read by number is its own only if it is still there.
            self.read(proc)?;
        }
        Ok(description)
    }

    /// Sends a signal, or with `None` asks whether one could be sent.
    pub(super) fn send(&mut self, proc: &mut Proc, signal: Option<Signal>) -> Result<(), Lost> {
        if let Some(pidfd) = &self.pidfd {
            let sent = pidfd::send(pidfd.as_fd(), Recipient::Process, signal);
            if !is_unsupported(&sent) {
                return sent.map_err(of_io);
            }
        }
        // Between this look and the signal the number could still be given to somebody
        // else; without pidfds nothing closes that window.
        self.read(proc)?;
        pidfd::kill(self.identity.pid, signal).map_err(of_io)
    }

    /// How it ended.
    pub(super) fn cause(&mut self, proc: &mut Proc) -> Cause {
        let reaped = |handle: &Self| {
            let pidfd = handle.pidfd.as_ref()?;
            pidfd::exit_status(pidfd.as_fd())
        };
        if let Some(status) = reaped(self) {
            return stat::cause(status);
        }
        if let Ok((process, Some(status))) = self.read(proc)
            && process.is_zombie()
            && (status != 0 || self.is_readable(proc))
        {
            return stat::cause(status);
        }
        // It may have been reaped between the two questions.
        reaped(self).map_or(Cause::Unknown, stat::cause)
    }

    /// Whether the kernel shows this process' wait status to us: to those who may not
    /// trace it, it shows 0. Of root it may be kept as well, in a container.
    fn is_readable(&mut self, proc: &mut Proc) -> bool {
        // The question is asked by the number, which is its own if it is still there then.
        proc.may_trace(self.identity.pid) && self.read(proc).is_ok()
    }

    /// Whether it has ended, as far as a look can tell.
    pub(super) fn has_ended(&self, proc: &mut Proc) -> bool {
        if let Some(pidfd) = &self.pidfd {
            return pidfd::has_ended(pidfd);
        }
        let read = match &self.stat {
            Some(file) => proc.read_stat(file),
            None => proc
                .open_stat(self.place())
                .and_then(|file| proc.read_stat(&file)),
        };
        match read {
            Ok(stat) => stat.process.identity != self.identity || stat.process.is_zombie(),
            Err(error) => matches!(lost(error), Lost::Gone),
        }
    }

    /// Whether it has ended, or is about to with all of its threads. A thread whose
    /// siblings are all in exit(2) hands its children on to another process
    /// (`find_new_reaper`), and the main thread may be a zombie only long after; flags tell
    /// before. What the kernel writes under `tasklist_lock` another processor may see in
    /// halves; a children list is read under that lock.
    pub(super) fn is_ending(&mut self, proc: &mut Proc) -> bool {
        self.are_all_exiting(proc) || {
            // What is on it is of no account here.
            let _ = self.children(proc);
            self.are_all_exiting(proc)
        }
    }

    fn are_all_exiting(&self, proc: &mut Proc) -> bool {
        // A thread that calls execve(2) takes the number of the main one, which ends.
        let is_exiting = |stat: &Stat| stat.is_exiting || stat.process.is_zombie();
        match self.stat(proc) {
            Ok(stat) if stat.process.threads > 1 => {
                is_exiting(&stat)
                    && proc.are_exiting(self.place())
                    && self.stat(proc).map_or(true, |again| is_exiting(&again))
            }
            Ok(stat) => is_exiting(&stat),
            Err(_) => true,
        }
    }

    /// Closes what it is read by; where there is no pidfd, that also tells whether it is still
    /// there.
    pub(super) fn close_files(&mut self) {
        if self.pidfd.is_some() {
            self.stat = None;
            self.forget_lists();
        }
    }

    /// Its number.
    pub(super) fn pid(&self) -> Pid {
        self.identity.pid
    }

    /// The descriptor that becomes readable when it ends.
    pub(super) fn pidfd(&self) -> Option<&OwnedFd> {
        self.pidfd.as_ref()
    }
}

/// Why a process can't be opened.
fn unseen(proc: &mut Proc, pid: Pid, error: Errno) -> Lost {
    match error {
        // /proc does not show the processes of others (hidepid of proc(5)); or the number
        // was given away in this moment, and whoever was meant is gone.
        Errno::NOENT if own::exists(pid) && proc.open_stat(Place::Number(pid)).is_err() => {
            Lost::Denied
        }
        error => lost(error),
    }
}

fn place(directory: Option<&OwnedFd>, pid: Pid) -> Place<'_> {
    match directory {
        Some(directory) => Place::Directory(directory.as_fd()),
        None => Place::Number(pid),
    }
}

fn is_unsupported(sent: &io::Result<()>) -> bool {
    sent.as_ref()
        .is_err_and(|error| error.raw_os_error() == Some(libc::ENOSYS))
}

fn of_io(error: io::Error) -> Lost {
    match Errno::from_io_error(&error) {
        Some(errno) => lost(errno),
        None => Lost::Failed(error),
    }
}
