//! Reads a living system until nobody new turns up who belongs.
//!
//! The rules are [`Selection`]'s; this module only knows where to look next. The
//! tree is read by descent, each member's own children lists, and costs nothing for
//! the rest of the system. Group and session mates come from one pass over the
//! system that opens no file.

#![forbid(unsafe_code)]

use std::collections::HashSet;
use std::io;

use crate::process::{Pid, Process};
use crate::scope::Scope;
use crate::selection::{Admission, Member, Selection, Via};
use crate::system::{Hold, Lost, System};
use crate::target::Root;

mod adopted;
mod ancestors;
mod descent;
mod gaps;
mod mates;
mod orphans;
mod table;

pub use descent::Sending;
use gaps::Gaps;
pub use gaps::{Gap, Unread};

/// So many are opened at once: enough for two threads to be worth it. What is known of them
/// before, from a list or a pass, must not become old, and has a place in memory.
const AT_ONCE: usize = 128;

/// A selection of a living system, with a handle on each of its members.
pub struct Survey<S: System> {
    selection: Selection,
    handles: Vec<Option<S::Handle>>,
    hold: Hold,
    lists: Lists,
    gaps: Gaps,
    /// Those whose children belong, with the roots that they are.
    keepers: Vec<(usize, S::Handle)>,
    /// Who takes in the orphans of the set, once that had to be known.
    adopters: Option<HashSet<Pid>>,
}

/// Where children are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lists {
    /// The kernel keeps lists of them (CONFIG_PROC_CHILDREN).
    Kept,
    /// It does not, so the whole table has to be read.
    Absent,
}

impl<S: System> Survey<S> {
    /// The roots of `scope`, opened; call [`Survey::sweep`] for the rest. A root that
    /// has ended by now is one that remains, or nothing if its number means somebody
    /// else. One that can't be opened stays a root, without a handle.
    pub fn begin(system: &mut S, mut scope: Scope, hold: Hold) -> Self {
        let hold = match hold {
            Hold::Follow if !scope.reach.descends() => Hold::Pin,
            Hold::Browse if !scope.reach.descends() => Hold::Look,
            hold => hold,
        };
        let opened_at = system.tick();
        let mut opened = Vec::new();
        for root in &mut scope.roots {
            if let Root::Process(process) = root {
                match system.open(process.pid(), hold) {
                    Ok((handle, found)) if found.identity == process.identity => {
                        *process = found;
                        opened.push((handle, process.identity));
                    }
                    Ok(_) => *root = Root::Replaced(process.pid()),
                    Err(Lost::Gone) => *root = Root::Remains(process.pid()),
                    Err(_) => {}
                }
            }
        }
        let selection = Selection::new(scope);
        let mut handles: Vec<Option<S::Handle>> = Vec::new();
        handles.resize_with(selection.members().len(), || None);
        for (handle, identity) in opened {
            if let Some(at) = selection.position(identity.pid) {
                handles[at] = Some(handle);
            }
        }
        let mut survey = Self {
            keepers: adopted::open_keepers(system, selection.scope()),
            selection,
            handles,
            hold,
            lists: Lists::Kept,
            gaps: Gaps::default(),
            adopters: None,
        };
        survey.note_openers_around_targets(system, opened_at);
        survey
    }

    /// Who belongs so far.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Gives the handles back to the system.
    pub fn into_selection(self, system: &mut S) -> Selection {
        system.release(self.handles.into_iter().flatten().collect());
        self.selection
    }

    /// How many belong so far.
    pub fn len(&self) -> usize {
        self.handles.len()
    }

    /// Whether nobody belongs.
    pub fn is_empty(&self) -> bool {
        self.handles.is_empty()
    }

    /// The handle on a member.
    pub fn handle(&self, at: usize) -> Option<&S::Handle> {
        self.handles[at].as_ref()
    }

    /// The handle on a member, to read or to signal it.
    pub fn handle_mut(&mut self, at: usize) -> Option<&mut S::Handle> {
        self.handles[at].as_mut()
    }

    /// The handles on all members, in their order.
    pub fn handles_mut(&mut self) -> &mut [Option<S::Handle>] {
        &mut self.handles
    }

    /// Reads a member once more: it may have stopped, or opened a group or session
    /// of its own, meanwhile.
    pub fn review(&mut self, system: &mut S, at: usize) -> Result<&Process, Lost> {
        let handle = self.handles[at].as_mut().ok_or(Lost::Gone)?;
        let process = system.review(handle)?;
        if process.identity != self.selection.members()[at].process.identity {
            return Err(Lost::Gone);
        }
        self.selection.admit(process, Via::Mate);
        Ok(&self.selection.members()[at].process)
    }

    /// Looks for newcomers until a pass adds nobody who was there when it began: where
    /// processes come and go all the time, there is always one more, and the sweep has
    /// to end. `ended` tells which members need no look any more; they stay roots all
    /// the same.
    pub fn sweep(&mut self, system: &mut S, ended: impl Fn(usize) -> bool) -> io::Result<()> {
        self.sweep_from(system, 0, &ended)
    }

    /// The same, where the children of all members have just been read.
    pub fn sweep_beside(
        &mut self,
        system: &mut S,
        ended: impl Fn(usize) -> bool,
    ) -> io::Result<()> {
        self.sweep_from(system, self.len(), &ended)
    }

    fn sweep_from(
        &mut self,
        system: &mut S,
        at: usize,
        ended: &impl Fn(usize) -> bool,
    ) -> io::Result<()> {
        let swept = self.sweep_all(system, at, ended);
        self.gaps.note_search(&swept);
        swept
    }

    fn sweep_all(
        &mut self,
        system: &mut S,
        mut at: usize,
        ended: &impl Fn(usize) -> bool,
    ) -> io::Result<()> {
        let began = system.tick();
        loop {
            self.descend_from(system, at, ended)?;
            at = self.len();
            self.find_mates(system, ended)?;
            self.meet_adopted(system, ended)?;
            let newcomers = &self.selection.members()[at..];
            let is_young = |member: &Member| member.process.identity.started > began;
            if newcomers.iter().all(is_young) {
                return Ok(());
            }
        }
    }

    fn is_held(&self, pid: Pid, ended: &impl Fn(usize) -> bool) -> bool {
        self.selection
            .position(pid)
            .is_some_and(|at| self.handles[at].is_some() && !ended(at))
    }

    fn offer(&mut self, handle: S::Handle, process: Process, via: Via) {
        match self.selection.admit(process, via) {
            Admission::Taken(_) => self.handles.push(Some(handle)),
            Admission::Known(at) => {
                self.handles[at].get_or_insert(handle);
            }
            Admission::Refused | Admission::Stranger => {}
        }
    }

    /// Opens each of them, as far as they are there.
    fn open_each(
        &mut self,
        system: &mut S,
        pids: &[Pid],
    ) -> impl Iterator<Item = Option<(S::Handle, Process)>> + use<S> {
        let opened = system.open_each(pids, self.hold);
        let mut found = Vec::with_capacity(pids.len());
        for (&pid, opened) in pids.iter().zip(opened) {
            let opened = match opened {
                // What fails for want of memory may well be had a moment later, and whoever
                // ends before the next sweep would be missing from the record.
                Err(Lost::Failed(_)) => system.open(pid, self.hold),
                opened => opened,
            };
            self.gaps.note(Unread::Process(pid), &opened);
            found.push(opened.ok());
        }
        found.into_iter()
    }
}

/// Why a member without a handle is out of reach.
pub(crate) fn never_opened() -> Lost {
    Lost::Failed(io::Error::other("it could not be opened"))
}
