//! Looks that only show: at those who are described, who are beside the members, or who
//! are hidden.

#![forbid(unsafe_code)]

use std::io;

use super::{Handle, Linux, by_two, own};
use crate::kinship::Kin;
use crate::process::{Pgid, Process};
use crate::selection::Selection;
use crate::system::{Description, Hold, Lost, System};

impl Linux {
    /// Whether there is a group of this number whose processes /proc does not show.
    pub fn hides_group(&mut self, group: Pgid) -> bool {
        let kin = Kin {
            groups: vec![group],
            sessions: Vec::new(),
        };
        if !self.is_partial() || !own::has_group(group) {
            return false;
        }
        let mates = self.mates(&kin).unwrap_or_default();
        mates
            .into_iter()
            .all(|pid| matches!(self.glance(pid), Err(Lost::Denied)))
    }

    /// Who shares a group or a session with a member, but does not belong, of those whom
    /// the search for members has met: it is for showing, and a pass is what is dear.
    pub fn neighbours(
        &mut self,
        selection: &Selection,
    ) -> io::Result<Vec<(Process, Option<Box<Description>>)>> {
        let kin = selection.neighbours();
        if kin.is_empty() {
            return Ok(Vec::new());
        }
        if self.passed.is_empty() {
            self.passed = self.proc.pids()?;
        }
        let mut neighbours = Vec::new();
        for pid in self.kin_among_passed(&kin) {
            let Ok((mut handle, process)) = self.open(pid, Hold::Look) else {
                continue;
            };
            if !selection.has(process.identity) && kin.holds(&process) {
                neighbours.push((process, self.describe(&mut handle).ok().map(Box::new)));
            }
        }
        Ok(neighbours)
    }

    /// The same as [`System::describe`] for many at once.
    pub fn describe_each(&mut self, of: &mut [Option<Handle>]) -> Vec<Option<Box<Description>>> {
        by_two::each(&mut self.proc, of, 0, |proc, handle| {
            handle.as_mut()?.describe(proc).ok().map(Box::new)
        })
    }

    /// What every process does with its signals, its owner and its command line; for
    /// a look at processes that are no members.
    pub fn describe_all<'p>(
        &mut self,
        processes: impl IntoIterator<Item = &'p Process>,
    ) -> Vec<Option<Box<Description>>> {
        let mut handles: Vec<Option<Handle>> = processes
            .into_iter()
            .map(|process| {
                let (handle, found) = self.open(process.pid(), Hold::Look).ok()?;
                (found.identity == process.identity).then_some(handle)
            })
            .collect();
        let described = self.describe_each(&mut handles);
        self.release(handles.into_iter().flatten().collect());
        described
    }
}
