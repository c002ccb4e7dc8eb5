//! Meets whom an adopter has taken in.

#![forbid(unsafe_code)]

use std::io;

use super::{Lists, Survey, Unread};
use crate::process::Pid;
use crate::scope::Scope;
use crate::selection::Via;
use crate::system::{Hold, Lost, System};
use crate::target::Root;

/// Opens those whose children belong, each with the position of its root.
pub(super) fn open_keepers<S: System>(system: &mut S, scope: &Scope) -> Vec<(usize, S::Handle)> {
    let mut keepers = Vec::new();
    for (at, root) in scope.roots.iter().enumerate() {
        if let Root::Adopted(adopter) = root
            && let Ok((handle, found)) = system.open(adopter.pid(), Hold::Follow)
            && found.identity == adopter.process.identity
        {
            keepers.push((at, handle));
        }
    }
    keepers
}

impl<S: System> Survey<S> {
    /// Reads the children of the adopters and admits them.
    pub(super) fn meet_adopted(
        &mut self,
        system: &mut S,
        ended: &impl Fn(usize) -> bool,
    ) -> io::Result<()> {
        for keeper in 0..self.keepers.len() {
            if self.lists == Lists::Absent {
                // The table has shown them.
                return Ok(());
            }
            let (root, handle) = &mut self.keepers[keeper];
            let Root::Adopted(adopter) = &self.selection.scope().roots[*root] else {
                continue;
            };
            let keeper_pid = adopter.pid();
            let via = Via::Adopted(*root);
            match system.children(handle) {
                Ok(listing) => {
                    let mut children = listing.children;
                    children.retain(|&child| !self.is_held(child, ended));
                    for (handle, process) in self.open_each(system, &children).flatten() {
                        self.offer(handle, process, via);
                    }
                }
                Err(Lost::Unsupported) => {
                    self.lists = Lists::Absent;
                    return self.read_table(system);
                }
                // Its children can't be seen, so they may have been missed.
                unread => self.gaps.note(Unread::Children(keeper_pid), &unread),
            }
        }
        Ok(())
    }

    /// The root that this adopter is.
    pub(super) fn root_of_keeper(&self, pid: Pid) -> Option<usize> {
        let roots = &self.selection.scope().roots;
        roots
            .iter()
            .position(|root| matches!(root, Root::Adopted(adopter) if adopter.pid() == pid))
    }
}
