//! What fell may ask of a world and do to it.

use std::io;
use std::time::Duration;

use fell::fate::{Cause, Obstacle};
use fell::kinship::{Kin, Listing, Parent};
use fell::process::{Pgid, Pid, Process, StartTime};
use fell::signal::Signal;
use fell::signal::disposition::SignalSets;
use fell::snapshot::Snapshot;
use fell::system::{Description, GroupKey, Hold, Lost, Passage, System, Wake};

use super::{Actor, Band, Cue, Got, Life, Way, World};

/// A process that was opened: it never comes to mean another.
#[derive(Debug)]
pub struct Handle {
    at: usize,
    hold: Hold,
}

impl World {
    /// Each question takes its time, and the world goes on meanwhile.
    fn take_time(&mut self) {
        self.advance(self.now + self.cost);
    }

    /// Lets happen what was to happen at this moment.
    fn reach_cue(&mut self, cue: Cue) {
        let (due, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.cued)
            .into_iter()
            .partition(|(moment, _)| *moment == cue);
        self.cued = rest;
        for (_, incident) in due {
            self.happen(incident);
        }
    }

    /// The children on the lists of its first threads.
    fn list(&mut self, of: &Handle, threads: u32) -> Result<Listing, Lost> {
        self.take_time();
        if !self.has_lists {
            return Err(Lost::Unsupported);
        }
        let children = self
            .unreaped()
            .map(|at| &self.characters[at])
            .filter(|child| child.parent == Some(of.at) && child.thread <= threads)
            .map(|child| child.pid)
            .collect();
        let listing = Listing {
            children,
            read_at: World::tick(self),
            parent: Parent::There,
        };
        self.reach_cue(Cue::Listed(Actor(of.at)));
        Ok(listing)
    }

    fn reach(&self, handle: &Handle) -> Result<usize, Lost> {
        assert!(
            matches!(handle.hold, Hold::Pin | Hold::Follow),
            "only a pinned process is signalled"
        );
        let character = &self.characters[handle.at];
        match character.life {
            Life::Reaped => Err(Lost::Gone),
            _ if character.role.is_denied => Err(Lost::Denied),
            _ => Ok(handle.at),
        }
    }

    fn band_of(&self, key: &GroupKey<'_, Handle>) -> Result<Band, Lost> {
        match key {
            GroupKey::Leader(_) if !self.has_group_signals => Err(Lost::Unsupported),
            GroupKey::Leader(leader) => Ok(self.characters[leader.at].own_band(leader.at)),
            GroupKey::Vouched { group, by } => {
                let character = &self.characters[by.at];
                character
                    .group
                    .filter(|band| Pgid::new(band.number) == Some(*group))
                    .filter(|_| character.life != Life::Reaped)
                    .ok_or(Lost::Gone)
            }
        }
    }
}

impl System for World {
    type Handle = Handle;

    fn now(&self) -> Duration {
        self.now
    }

    fn tick(&self) -> StartTime {
        World::tick(self)
    }

    fn own_pid(&self) -> Pid {
        super::pid(self.own_pid)
    }

    fn table(&mut self) -> io::Result<Snapshot> {
        self.take_time();
        let processes: Vec<Process> = self
            .unreaped()
            .filter(|&at| !self.characters[at].role.is_hidden)
            .map(|at| self.characters[at].view(self))
            .collect();
        let table = Snapshot::new(processes, World::tick(self));
        self.reach_cue(Cue::Searched);
        Ok(table)
    }

    fn is_partial(&mut self) -> bool {
        false
    }

    fn look(&mut self, pid: Pid) -> Result<Process, Lost> {
        if let Some(&of) = self.threads.get(&pid) {
            return Err(Lost::Thread(of));
        }
        self.open(pid, Hold::Look).map(|(_, process)| process)
    }

    fn open(&mut self, pid: Pid, hold: Hold) -> Result<(Handle, Process), Lost> {
        self.take_time();
        let mut failing = self.opens_fail_once.iter();
        if let Some(at) = failing.position(|&number| number == pid.get()) {
            self.opens_fail_once.remove(at);
            return Err(Lost::Failed(io::Error::from_raw_os_error(12)));
        }
        let &at = self.bearers.get(&pid).ok_or(Lost::Gone)?;
        let character = &self.characters[at];
        if character.role.is_hidden {
            return Err(Lost::Denied);
        }
        let opened = (Handle { at, hold }, character.view(self));
        self.reach_cue(Cue::Opened(pid.get()));
        Ok(opened)
    }

    fn review(&mut self, of: &mut Handle) -> Result<Process, Lost> {
        self.take_time();
        let character = &self.characters[of.at];
        match character.life {
            Life::Reaped => Err(Lost::Gone),
            _ => Ok(character.view(self)),
        }
    }

    fn is_ending(&mut self, of: &mut Handle) -> bool {
        self.take_time();
        let character = &self.characters[of.at];
        character.life != Life::Living || character.is_ending
    }

    fn describe(&mut self, of: &mut Handle) -> Result<Description, Lost> {
        let process = self.review(of)?;
        Ok(Description {
            owner: 1000,
            command: [process.name].into_iter().collect(),
            signals: SignalSets::default(),
        })
    }

    fn children(&mut self, of: &mut Handle) -> Result<Listing, Lost> {
        let threads = self.characters[of.at].threads_started;
        let mut listing = self.list(of, threads)?;
        let former = &self.characters[of.at];
        if former.life == Life::Reaped
            && former.thread_count() > 1
            && let Some(&bearer) = self.bearers.get(&former.pid)
        {
            // The lists of further threads are opened by the number, whoever bears it.
            let children = self.unreaped().map(|at| &self.characters[at]);
            let children = children.filter(|child| child.parent == Some(bearer));
            listing.children = children.map(|child| child.pid).collect();
            listing.parent = Parent::Gone;
        }
        Ok(listing)
    }

    fn send_between(&mut self, to: &mut Handle, signal: Signal) -> Passage {
        // A thread that is started after this has a list that is not open.
        let threads = self.characters[to.at].threads_started;
        self.reach_cue(Cue::ListsOpen(Actor(to.at)));
        let before = self.list(to, threads);
        let sent_at = World::tick(self);
        let sent = self.send(to, signal);
        let after = self.list(to, threads);
        Passage {
            before,
            sent_at,
            sent,
            after,
        }
    }

    fn mates(&mut self, kin: &Kin) -> io::Result<Vec<Pid>> {
        self.take_time();
        let call = self.mates_calls;
        self.mates_calls += 1;
        if self.mates_fail_from.is_some_and(|from| call >= from) {
            return Err(io::Error::from_raw_os_error(5));
        }
        let mates = self
            .unreaped()
            .map(|at| self.characters[at].view(self))
            .filter(|process| kin.holds(process))
            .map(|process| process.pid())
            .collect();
        self.reach_cue(Cue::Searched);
        Ok(mates)
    }

    fn send(&mut self, to: &mut Handle, signal: Signal) -> Result<(), Lost> {
        self.take_time();
        let at = self.reach(to)?;
        self.deliver(at, signal, Way::Alone);
        // Whoever is woken by a signal may run before its sender does.
        self.advance(self.now + self.preemption);
        Ok(())
    }

    fn probe(&mut self, to: &mut Handle) -> Result<(), Lost> {
        self.take_time();
        self.reach(to).map(drop)
    }

    fn send_group(&mut self, key: GroupKey<'_, Handle>, signal: Signal) -> Result<(), Lost> {
        self.take_time();
        let band = self.band_of(&key)?;
        let in_group: Vec<usize> = self
            .unreaped()
            .filter(|&at| self.characters[at].group == Some(band))
            .collect();
        let got = Got {
            at: self.time(),
            signal,
            way: Way::Group,
        };
        let mut was_met = false;
        let mut is_empty = in_group.is_empty();
        for line in &mut self.lines {
            if line.is_alive && line.band == band {
                is_empty = false;
                if !line.is_denied {
                    line.deliver(got);
                    was_met = true;
                }
            }
        }
        if is_empty {
            return Err(Lost::Gone);
        }
        for at in in_group {
            if !self.characters[at].role.is_denied {
                self.deliver(at, signal, Way::Group);
                was_met = true;
            }
        }
        was_met.then_some(()).ok_or(Lost::Denied)
    }

    fn take_number(&mut self) -> Option<Pid> {
        self.take_time();
        self.births += 1 + self.lines.iter().filter(|line| line.is_alive).count();
        i32::try_from(self.births).ok().and_then(Pid::new)
    }

    fn probe_group(&mut self, opened_by: &mut Handle) -> Result<(), Lost> {
        self.take_time();
        let band = self.band_of(&GroupKey::Leader(opened_by))?;
        let is_there = self
            .unreaped()
            .any(|at| self.characters[at].group == Some(band))
            || self
                .lines
                .iter()
                .any(|line| line.is_alive && line.band == band);
        is_there.then_some(()).ok_or(Lost::Gone)
    }

    fn has_group(&mut self, group: Pgid) -> bool {
        self.take_time();
        let is_it = |band: Band| Pgid::new(band.number) == Some(group);
        let mut lines = self.lines.iter();
        let mut unreaped = self.unreaped();
        lines.any(|line| line.is_alive && is_it(line.band))
            || unreaped.any(|at| self.characters[at].group.is_some_and(is_it))
    }

    fn cause(&mut self, of: &mut Handle) -> Cause {
        self.characters[of.at].cause
    }

    fn obstacle(&mut self, of: &mut Handle) -> Obstacle {
        let character = &self.characters[of.at];
        match character.role {
            _ if character.is_stopped => Obstacle::Stopped,
            ref role if role.is_stuck => Obstacle::Uninterruptible { channel: None },
            ref role if role.is_traced => Obstacle::Traced { by: None },
            _ => Obstacle::Nothing,
        }
    }

    fn pause(&mut self) {
        self.paused += 1;
    }

    fn wait(&mut self, watched: &[&Handle], until: Duration) -> io::Result<Wake> {
        self.take_time();
        loop {
            self.advance(self.now);
            // Told once, and before the ends that happened meanwhile, as Linux does it.
            if let Some((at, signal)) = self.interruption
                && at <= self.now
            {
                self.interruption = None;
                return Ok(Wake::Interrupted(signal));
            }
            let now = self.now;
            if let Some(pause) = self.pauses.iter().position(|&at| at <= now) {
                self.pauses.remove(pause);
                return Ok(Wake::Paused);
            }
            let ended: Vec<usize> = (0..watched.len())
                .filter(|&at| self.characters[watched[at].at].life != Life::Living)
                .collect();
            if !ended.is_empty() {
                return Ok(Wake::Exited(ended));
            }
            if until <= self.now {
                return Ok(Wake::Deadline);
            }
            if let Some(hurry) = self.hurries.iter().position(|&at| at <= now) {
                self.hurries.remove(hurry);
                return Ok(Wake::Hurried);
            }
            let next = self
                .agenda
                .first_key_value()
                .map(|((at, _), _)| *at)
                .into_iter()
                .chain(self.interruption.map(|(at, _)| at))
                .chain(self.hurries.iter().copied())
                .chain(self.pauses.iter().copied())
                .chain([until])
                .min();
            self.advance(next.unwrap_or(until));
        }
    }
}
