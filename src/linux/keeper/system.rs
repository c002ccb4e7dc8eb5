//! The running system while a program's family is being stopped by who started it.

#![forbid(unsafe_code)]

use std::io;
use std::time::Duration;

use super::super::Handle;
use super::super::children::{News, news, reap, reap_by_number};
use super::super::inbox::Letter;
use super::super::waiting::{Turn, turn_of, turn_until};
use super::Keeper;
use crate::fate::{Cause, Obstacle};
use crate::kinship::{Kin, Listing};
use crate::process::{Pgid, Pid, Process, StartTime};
use crate::signal::Signal;
use crate::snapshot::Snapshot;
use crate::system::{Description, GroupKey, Hold, Lost, Passage, System, Wake};

impl System for Keeper {
    type Handle = Handle;

    /// A child of fell's is reaped by this, and its parent is told for certain how it
    /// ended.
    fn cause(&mut self, of: &mut Handle) -> Cause {
        let pid = of.pid();
        if let Some(cause) = self.reaped.remove(&pid) {
            return cause;
        }
        let reaped = match of.pidfd() {
            Some(pidfd) => reap(pidfd),
            None => self
                .linux
                .review(of)
                .is_ok_and(|process| process.is_zombie())
                .then(|| reap_by_number(pid))
                .flatten(),
        };
        match reaped {
            Some(cause) => {
                self.note_end(pid, cause);
                cause
            }
            None => self.linux.cause(of),
        }
    }

    fn wait(&mut self, watched: &[&Handle], until: Duration) -> io::Result<Wake> {
        let wake = self.wait_for(watched, until);
        self.linux.note_awake();
        wake
    }

    fn now(&self) -> Duration {
        self.linux.now()
    }

    fn tick(&self) -> StartTime {
        self.linux.tick()
    }

    fn own_pid(&self) -> Pid {
        self.linux.own_pid()
    }

    fn table(&mut self) -> io::Result<Snapshot> {
        self.linux.table()
    }

    fn is_partial(&mut self) -> bool {
        self.linux.is_partial()
    }

    fn look(&mut self, pid: Pid) -> Result<Process, Lost> {
        self.linux.look(pid)
    }

    fn open(&mut self, pid: Pid, hold: Hold) -> Result<(Handle, Process), Lost> {
        self.linux.open(pid, hold)
    }

    fn open_each(&mut self, pids: &[Pid], hold: Hold) -> Vec<Result<(Handle, Process), Lost>> {
        self.linux.open_each(pids, hold)
    }

    fn glance(&mut self, pid: Pid) -> Result<Process, Lost> {
        self.linux.glance(pid)
    }

    fn review(&mut self, of: &mut Handle) -> Result<Process, Lost> {
        self.linux.review(of)
    }

    fn is_ending(&mut self, of: &mut Handle) -> bool {
        self.linux.is_ending(of)
    }

    fn describe(&mut self, of: &mut Handle) -> Result<Description, Lost> {
        self.linux.describe(of)
    }

    fn children(&mut self, of: &mut Handle) -> Result<Listing, Lost> {
        self.linux.children(of)
    }

    fn mates(&mut self, kin: &Kin) -> io::Result<Vec<Pid>> {
        self.linux.mates(kin)
    }

    fn send(&mut self, to: &mut Handle, signal: Signal) -> Result<(), Lost> {
        self.linux.send(to, signal)
    }

    fn send_between(&mut self, to: &mut Handle, signal: Signal) -> Passage {
        self.linux.send_between(to, signal)
    }

    fn is_pinned(&self, of: &Handle) -> bool {
        self.linux.is_pinned(of)
    }

    fn release(&mut self, handles: Vec<Handle>) {
        self.linux.release(handles);
    }

    fn probe(&mut self, to: &mut Handle) -> Result<(), Lost> {
        self.linux.probe(to)
    }

    fn send_group(&mut self, group: GroupKey<'_, Handle>, signal: Signal) -> Result<(), Lost> {
        self.linux.send_group(group, signal)
    }

    fn has_group(&mut self, group: Pgid) -> bool {
        self.linux.has_group(group)
    }

    fn take_number(&mut self) -> Option<Pid> {
        self.linux.take_number()
    }

    fn probe_group(&mut self, opened_by: &mut Handle) -> Result<(), Lost> {
        self.linux.probe_group(opened_by)
    }

    fn retire(&mut self, of: &mut Handle) {
        self.linux.retire(of);
    }

    fn obstacle(&mut self, of: &mut Handle) -> Obstacle {
        self.linux.obstacle(of)
    }
}

impl Keeper {
    fn wait_for(&mut self, watched: &[&Handle], until: Duration) -> io::Result<Wake> {
        loop {
            let left = until.saturating_sub(self.linux.now());
            // A wait that is over anyway leaves what has come for the next one.
            if !left.is_zero() && self.hurries > 0 {
                self.hurries -= 1;
                return Ok(Wake::Hurried);
            }
            let mailbox = (!left.is_zero()).then(|| self.inbox.fd());
            let time = turn_until(left, watched);
            let turn = turn_of(&mut self.linux.proc, watched, mailbox, time)?;
            if !turn.ended.is_empty() {
                return Ok(Wake::Exited(turn.ended));
            }
            if turn.has_mail {
                self.open_mail(watched, &turn);
            }
            if self.linux.now() >= until {
                return Ok(Wake::Deadline);
            }
        }
    }

    fn open_mail(&mut self, watched: &[&Handle], turn: &Turn) {
        while let Some(letter) = self.inbox.next() {
            match letter {
                // Who left somebody behind and then is asked to end is at it already.
                Letter::Stop(_) if !self.is_asked => self.is_asked = true,
                Letter::Stop(_) => self.hurries += 1,
                // Nobody pauses what is to end.
                Letter::Pass(Signal::TSTP, _) | Letter::Junk => {}
                Letter::Pass(signal, origin) => self.pass(signal, origin),
                Letter::Continue => self.linux.forget_stop(turn),
                Letter::Children => self.reap_all(watched),
            }
        }
    }

    /// Reaps everyone who has ended. The watched are asked for their cause right after.
    fn reap_all(&mut self, watched: &[&Handle]) {
        loop {
            match news() {
                News::Ended(pid, cause) => {
                    self.note_end(pid, cause);
                    if watched.iter().any(|handle| handle.pid() == pid) {
                        self.reaped.insert(pid, cause);
                    }
                }
                News::Stopped(..) => {}
                News::Nothing | News::Childless => return,
            }
        }
    }
}
