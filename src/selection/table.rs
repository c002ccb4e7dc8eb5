//! Selecting from a table: the same rules where everyone was read beforehand.

#![forbid(unsafe_code)]

use super::{Selection, Via};
use crate::process::Process;
use crate::scope::Scope;
use crate::snapshot::Snapshot;
use crate::system::Lost;
use crate::target::Root;

impl Scope {
    /// Everyone in the table who belongs.
    pub fn select(&self, table: &Snapshot) -> Selection {
        let mut selection = Selection::new(self.clone());
        selection.complete(table);
        selection
    }
}

impl Selection {
    /// Admits everyone in the table who belongs.
    pub fn complete(&mut self, table: &Snapshot) {
        let Some(listed_at) = table.taken_at() else {
            return;
        };
        self.bring_up_to_date(table);
        let mut visited = 0;
        loop {
            while visited < self.members.len() {
                for process in self.children_in(table, visited) {
                    self.admit(
                        process.clone(),
                        Via::Child {
                            of: visited,
                            listed_at,
                        },
                    );
                }
                visited += 1;
            }
            for (root, process) in self.adopted_in(table) {
                self.admit(process.clone(), Via::Adopted(root));
            }
            let kin = self.kin();
            for process in table.iter().filter(|process| kin.holds(process)) {
                self.admit(process.clone(), Via::Mate);
            }
            if visited == self.members.len() {
                break;
            }
        }
        self.note_openers(|pid| table.get(pid).map(|it| it.identity).ok_or(Lost::Gone));
    }

    /// Takes over what the table tells of members, and of strangers who bear a number
    /// by which the set is found; admits nobody.
    pub(crate) fn bring_up_to_date(&mut self, table: &Snapshot) {
        for process in table.iter() {
            if self.known(process.identity).is_some() {
                self.admit(process.clone(), Via::Mate);
            } else if self.is_usurper(process) {
                self.disown(process.pid());
            }
        }
    }

    /// The children that the table has of the adopters, and at which root these stand.
    fn adopted_in<'t>(&self, table: &'t Snapshot) -> Vec<(usize, &'t Process)> {
        let mut adopted = Vec::new();
        for (at, root) in self.scope.roots.iter().enumerate() {
            if let Root::Adopted(adopter) = root {
                let children = table.children(adopter.pid()).iter();
                adopted.extend(children.filter_map(|&pid| Some((at, table.get(pid)?))));
            }
        }
        adopted
    }

    /// The children that the table has of a member, and not of somebody who bears the
    /// member's number by now.
    pub(super) fn children_in<'t>(
        &self,
        table: &'t Snapshot,
        of: usize,
    ) -> impl Iterator<Item = &'t Process> + use<'t> {
        let parent = self.members[of].process.identity;
        let is_another = table
            .get(parent.pid)
            .is_some_and(|bearer| bearer.identity != parent);
        let children = if is_another {
            &[]
        } else {
            table.children(parent.pid)
        };
        children.iter().filter_map(|&pid| table.get(pid))
    }
}
