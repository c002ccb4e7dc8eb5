//! The way without children lists: everything is read.

#![forbid(unsafe_code)]

use std::io;

use super::Survey;
use crate::selection::{Admission, Reason, Via};
use crate::system::{Lost, System};

impl<S: System> Survey<S> {
    /// The way without children lists: everything is read, and whoever is new and
    /// belongs by the table is opened.
    pub(super) fn read_table(&mut self, system: &mut S) -> io::Result<()> {
        let table = system.table()?;
        self.selection.bring_up_to_date(&table);
        let Some(listed_at) = table.taken_at() else {
            return Ok(());
        };
        let mut found = self.selection.clone();
        found.complete(&table);
        for member in &found.members()[self.len()..] {
            let by_table = &member.process;
            // The table may be stale: the way by which somebody belongs has to hold
            // for whoever is opened.
            let via = match member.reason {
                Reason::Descendant(parent) => match self.selection.position(parent) {
                    Some(of) => Via::Child { of, listed_at },
                    None => match self.root_of_keeper(parent) {
                        Some(root) => Via::Adopted(root),
                        None => continue,
                    },
                },
                _ => Via::Mate,
            };
            let opened = self.open_each(system, &[by_table.pid()]).flatten().next();
            if let Some((handle, process)) = opened
                && process.identity == by_table.identity
                && let Admission::Taken(_) = self.selection.admit(process, via)
            {
                self.handles.push(Some(handle));
            }
        }
        self.selection
            .note_openers(|pid| table.get(pid).map(|it| it.identity).ok_or(Lost::Gone));
        Ok(())
    }
}
