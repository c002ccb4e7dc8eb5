//! Descends from the members to their children, whose lists are read, and reads them around
//! a signal.

#![forbid(unsafe_code)]

use std::io;

use super::{AT_ONCE, Lists, Survey, Unread, never_opened};
use crate::kinship::{Listing, Parent};
use crate::process::{Pid, Process, StartTime};
use crate::selection::Via;
use crate::signal::Signal;
use crate::system::{Lost, System};

/// What came of a signal between two readings of a member's children.
#[derive(Debug)]
pub struct Sending {
    /// The moment right before the signal.
    pub sent_at: StartTime,
    /// The signal.
    pub sent: Result<(), Lost>,
    /// The readings.
    pub read: io::Result<()>,
    /// How many belonged before the second reading: whoever came later may have been
    /// born after the signal.
    pub known_before: usize,
}

/// Somebody whom a member's list named.
#[derive(Debug)]
struct Named {
    pid: Pid,
    of: usize,
    via: Via,
    /// Whether the list is known to be that member's.
    parent: Parent,
}

impl<S: System> Survey<S> {
    /// Reads the children of the members from this one on, and of whomever that brings.
    pub(super) fn descend_from(
        &mut self,
        system: &mut S,
        mut at: usize,
        ended: &impl Fn(usize) -> bool,
    ) -> io::Result<()> {
        while at < self.len() && self.reads_lists() {
            let mut named = Vec::new();
            while at < self.len() && named.len() < AT_ONCE {
                if !ended(at) {
                    named.extend(self.descend(system, at, ended)?);
                }
                at += 1;
            }
            self.meet(system, named);
        }
        Ok(())
    }

    /// Reads one member's children.
    fn descend(
        &mut self,
        system: &mut S,
        at: usize,
        ended: &impl Fn(usize) -> bool,
    ) -> io::Result<Vec<Named>> {
        let Some(handle) = self.handles[at]
            .as_mut()
            .filter(|_| self.lists == Lists::Kept)
        else {
            return Ok(Vec::new());
        };
        let listing = match system.children(handle) {
            Err(Lost::Failed(_)) => system.children(handle),
            listing => listing,
        };
        self.named_by(system, at, listing, ended)
    }

    /// Sends a signal to a member right between two readings of its children, and
    /// admits whom they named only then: opening them takes time in which more are
    /// born.
    pub fn descend_and_send(
        &mut self,
        system: &mut S,
        at: usize,
        signal: Signal,
        ended: &impl Fn(usize) -> bool,
    ) -> Sending {
        let reads_lists = self.reads_lists();
        let (sent, read);
        let mut sent_at = system.tick();
        let mut known_before = self.len();
        match &mut self.handles[at] {
            None => (sent, read) = (Err(never_opened()), Ok(())),
            Some(handle) if !reads_lists => (sent, read) = (system.send(handle, signal), Ok(())),
            Some(handle) => {
                let passage = system.send_between(handle, signal);
                (sent_at, sent) = (passage.sent_at, passage.sent);
                let is_unread = matches!(passage.before, Err(Lost::Failed(_)));
                let before = self.meet_children(system, at, passage.before, ended);
                known_before = self.len();
                // The list of one that has ended is empty, and makes up for nothing.
                let after = match passage.after {
                    _ if is_unread && self.has_ended(system, at) => Err(Lost::Gone),
                    after => after,
                };
                let after = self.meet_children(system, at, after, ended);
                read = before.and(after);
            }
        }
        Sending {
            sent_at,
            sent,
            read,
            known_before,
        }
    }

    fn has_ended(&mut self, system: &mut S, at: usize) -> bool {
        match self.review(system, at) {
            Ok(process) => process.is_zombie(),
            Err(_) => true,
        }
    }

    fn reads_lists(&self) -> bool {
        self.lists == Lists::Kept && self.selection.scope().reach.descends()
    }

    /// Admits the children whom a member's list named.
    fn meet_children(
        &mut self,
        system: &mut S,
        at: usize,
        listing: Result<Listing, Lost>,
        ended: &impl Fn(usize) -> bool,
    ) -> io::Result<()> {
        let named = self.named_by(system, at, listing, ended)?;
        self.meet(system, named);
        Ok(())
    }

    /// Whom a member's list named that is to be looked at. One who is a member already
    /// and is not known to have ended is not: its number is still its own.
    fn named_by(
        &mut self,
        system: &mut S,
        at: usize,
        listing: Result<Listing, Lost>,
        ended: &impl Fn(usize) -> bool,
    ) -> io::Result<Vec<Named>> {
        let of = self.selection.members()[at].process.pid();
        self.gaps.note(Unread::Children(of), &listing);
        let listing = match listing {
            Ok(listing) => listing,
            Err(Lost::Unsupported) => {
                self.lists = Lists::Absent;
                self.read_table(system)?;
                return Ok(Vec::new());
            }
            // A member that can't be read has ended or hides its children.
            Err(_) => return Ok(Vec::new()),
        };
        let mut named = Vec::new();
        for &child in &listing.children {
            match self.selection.position(child) {
                Some(known) if self.is_held(child, ended) => self.selection.note_descent(known, at),
                _ => named.push(Named {
                    pid: child,
                    of: at,
                    via: listing.via(at),
                    parent: listing.parent,
                }),
            }
        }
        Ok(named)
    }

    /// Opens whoever bears these numbers and offers them for admission.
    fn meet(&mut self, system: &mut S, named: Vec<Named>) {
        let pids: Vec<Pid> = named.iter().map(|named| named.pid).collect();
        let opened = self.open_each(system, &pids);
        for (named, opened) in named.into_iter().zip(opened) {
            if let Some((handle, process)) = opened
                && !self.is_of_another(&named, &process)
                && let Some(via) = self.tell_orphan(system, &process, named.via)
            {
                self.offer(handle, process, via);
            }
        }
    }

    /// Whether the list was that of whoever has the member's number by now.
    fn is_of_another(&self, named: &Named, child: &Process) -> bool {
        let parent = self.selection.members()[named.of].process.pid();
        named.parent == Parent::Gone && child.parent == Some(parent)
    }
}
