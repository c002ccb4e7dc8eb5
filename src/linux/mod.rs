//! Linux as a [`System`]: the only place that knows /proc, pidfds and signalfd.
//!
//! Everything that the kernel may lack is probed by using it: pidfds (Linux 5.3),
//! signals to a group by the pidfd of its leader (6.9), the exit cause of processes
//! that are no children of ours (6.15), children lists (CONFIG_PROC_CHILDREN).

use std::io;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use crate::fate::{Cause, Obstacle};
use crate::kinship::{Kin, Listing};
use crate::process::{Pgid, Pid, Process, StartTime};
use crate::signal::Signal;
use crate::snapshot::Snapshot;
use crate::system::{Description, GroupKey, Hold, Lost, Passage, System, Wake};

mod by_two;
mod children;
mod handle;
mod inbox;
pub mod keeper;
mod looking;
mod memory;
pub mod own;
mod pidfd;
mod proc;
mod spawn;
mod stat;
mod status;
mod terminal;
mod waiting;

pub use handle::Handle;

use own::Interruptions;
use proc::Proc;

/// The running system.
#[derive(Debug)]
pub struct Linux {
    proc: Proc,
    own_pid: Pid,
    /// Descriptors up to this number may be used for members.
    descriptors: i32,
    started: Instant,
    /// What fell itself spent stopped since `started`.
    suspended: Duration,
    /// When fell was last known to run, counted from `started`.
    awake: Duration,
    interruptions: Option<Interruptions>,
    closing: Closing,
    /// Whom the last pass over all processes has met; nobody before the first one.
    passed: Vec<Pid>,
    /// Whether the code that only the beginning needs was given back.
    is_slim: bool,
}

/// Who closes the descriptors of members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closing {
    Here,
    Kernel,
}

impl Linux {
    /// Opens /proc and lifts the limit of open files as far as it goes: each member
    /// takes one to three of them.
    pub fn new() -> io::Result<Self> {
        let own_pid = own::pid();
        Ok(Self {
            proc: Proc::open(own_pid)?,
            own_pid,
            descriptors: own::lift_descriptor_limit(),
            started: Instant::now(),
            suspended: Duration::ZERO,
            awake: Duration::ZERO,
            interruptions: None,
            closing: Closing::Here,
            passed: Vec::new(),
            is_slim: false,
        })
    }

    /// From now on the signals that ask fell to end wake [`System::wait`] instead, but
    /// for those that were ignored or blocked when fell started.
    pub fn catch_interruptions(&mut self) -> io::Result<()> {
        let of_self = self
            .proc
            .status_of(self.own_pid)
            .map_err(io::Error::other)?;
        self.interruptions = Some(Interruptions::catch(&of_self.signals)?);
        self.note_awake();
        Ok(())
    }

    fn note_awake(&mut self) {
        self.awake = self.started.elapsed();
    }

    /// Who of those whom the last pass has met is in one of these groups or sessions.
    fn kin_among_passed(&self, kin: &Kin) -> Vec<Pid> {
        let passed = self.passed.iter().copied();
        passed.filter(|&pid| own::is_kin(pid, kin)).collect()
    }

    /// Gives the code back that was needed so far, where so many processes need the memory
    /// more, and tells whether that was so: what goes on being needed comes back by itself,
    /// in a tenth of a millisecond.
    pub fn make_room(processes: usize) -> bool {
        const MANY: usize = 100;
        let is_worth_it = processes > MANY;
        if is_worth_it {
            memory::release_code();
        }
        is_worth_it
    }

    /// Leaves the descriptors of members to the kernel, which closes them all when the
    /// process ends: for a process that ends anyway once the stop is over, three system
    /// calls a member less.
    pub fn leave_closing_to_exit(&mut self) {
        self.closing = Closing::Kernel;
    }
}

impl System for Linux {
    type Handle = Handle;

    fn now(&self) -> Duration {
        self.started.elapsed().saturating_sub(self.suspended)
    }

    fn tick(&self) -> StartTime {
        own::tick()
    }

    fn own_pid(&self) -> Pid {
        self.own_pid
    }

    fn table(&mut self) -> io::Result<Snapshot> {
        let pids = self.proc.pids()?;
        let processes: Vec<Process> = pids
            .into_iter()
            .filter_map(|pid| self.glance(pid).ok())
            .collect();
        Ok(Snapshot::new(processes, self.tick()))
    }

    fn is_partial(&mut self) -> bool {
        // A process that the kernel knows by its number, but /proc does not show.
        Pid::new(1).is_some_and(|init| own::exists(init) && !self.proc.shows(init))
    }

    fn look(&mut self, pid: Pid) -> Result<Process, Lost> {
        let process = self.glance(pid)?;
        if !pidfd::is_further_thread(pid) {
            return Ok(process);
        }
        match self.proc.status_of(pid).map(|status| status.process) {
            Ok(Some(of)) if of != pid => Err(Lost::Thread(of)),
            _ => Ok(process),
        }
    }

    fn open(&mut self, pid: Pid, hold: Hold) -> Result<(Handle, Process), Lost> {
        Handle::open(&mut self.proc, pid, hold, self.descriptors)
    }

    fn glance(&mut self, pid: Pid) -> Result<Process, Lost> {
        Handle::glance(&mut self.proc, pid)
    }

    fn open_each(&mut self, pids: &[Pid], hold: Hold) -> Vec<Result<(Handle, Process), Lost>> {
        if !self.is_slim {
            self.is_slim = Self::make_room(pids.len());
        }
        let descriptors = self.descriptors;
        by_two::each(
            &mut self.proc,
            &mut pids.to_vec(),
            handle::FILES,
            |proc, &mut pid| Handle::open(proc, pid, hold, descriptors),
        )
    }

    fn review(&mut self, of: &mut Handle) -> Result<Process, Lost> {
        of.read(&mut self.proc).map(|(process, _)| process)
    }

    fn is_ending(&mut self, of: &mut Handle) -> bool {
        of.is_ending(&mut self.proc)
    }

    fn describe(&mut self, of: &mut Handle) -> Result<Description, Lost> {
        of.describe(&mut self.proc)
    }

    fn children(&mut self, of: &mut Handle) -> Result<Listing, Lost> {
        of.children(&mut self.proc)
    }

    fn mates(&mut self, kin: &Kin) -> io::Result<Vec<Pid>> {
        // A group that nobody is in takes no pass over all processes to tell.
        let has_anyone =
            !kin.sessions.is_empty() || kin.groups.iter().any(|&group| own::has_group(group));
        if !has_anyone {
            return Ok(Vec::new());
        }
        self.passed = self.proc.pids()?;
        Ok(self.kin_among_passed(kin))
    }

    fn send(&mut self, to: &mut Handle, signal: Signal) -> Result<(), Lost> {
        to.send(&mut self.proc, Some(signal))
    }

    fn send_between(&mut self, to: &mut Handle, signal: Signal) -> Passage {
        to.send_between(&mut self.proc, signal)
    }

    fn is_pinned(&self, of: &Handle) -> bool {
        of.pidfd().is_some()
    }

    fn release(&mut self, handles: Vec<Handle>) {
        match self.closing {
            Closing::Here => drop(handles),
            Closing::Kernel => handles.into_iter().for_each(std::mem::forget),
        }
    }

    fn probe(&mut self, to: &mut Handle) -> Result<(), Lost> {
        to.send(&mut self.proc, None)
    }

    fn send_group(&mut self, group: GroupKey<'_, Handle>, signal: Signal) -> Result<(), Lost> {
        match group {
            GroupKey::Leader(leader) => leader.send_to_group(Some(signal)),
            GroupKey::Vouched { group, by } => by.vouch_and_send(&mut self.proc, group, signal),
        }
    }

    fn has_group(&mut self, group: Pgid) -> bool {
        own::has_group(group)
    }

    fn take_number(&mut self) -> Option<Pid> {
        if self.is_partial() {
            return None;
        }
        own::take_number()
    }

    fn probe_group(&mut self, opened_by: &mut Handle) -> Result<(), Lost> {
        opened_by.send_to_group(None)
    }

    fn cause(&mut self, of: &mut Handle) -> Cause {
        of.cause(&mut self.proc)
    }

    fn retire(&mut self, of: &mut Handle) {
        of.close_files();
    }

    fn obstacle(&mut self, of: &mut Handle) -> Obstacle {
        match of.read(&mut self.proc) {
            Ok((process, _)) => self.proc.obstacle(&process),
            Err(_) => Obstacle::Nothing,
        }
    }

    fn pause(&mut self) {
        self.pause_until_continued();
    }

    fn wait(&mut self, watched: &[&Handle], until: Duration) -> io::Result<Wake> {
        let wake = waiting::wait(self, watched, until);
        self.note_awake();
        wake
    }
}

/// What an error of a system call says about the process that it was about.
fn lost(error: Errno) -> Lost {
    match error {
        Errno::NOENT | Errno::SRCH => Lost::Gone,
        Errno::PERM | Errno::ACCESS => Lost::Denied,
        Errno::NOSYS => Lost::Unsupported,
        other => Lost::Failed(other.into()),
    }
}
