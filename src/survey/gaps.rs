//! What a survey knows that it could not read: as long as there is any of it, nobody may
//! say that everyone is gone.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use super::Survey;
use crate::process::{Pgid, Pid};
use crate::system::{Lost, System};

/// Something that could not be read and may hide somebody who belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// What.
    pub of: Unread,
    /// Why not, in the words of the system where it has any.
    pub why: String,
}

/// What can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unread {
    /// The process of this number, which a list of children named or a group or session
    /// of the set holds.
    Process(Pid),
    /// The children of this member.
    Children(Pid),
    /// Who is in the groups and sessions of the set.
    Mates,
    /// Who is in this group of the set: somebody is, and no look has found them.
    Group(Pgid),
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process(pid) => write!(f, "{pid}"),
            Self::Children(of) => write!(f, "who the children of {of} are"),
            Self::Mates => f.write_str("who is in its groups and sessions"),
            Self::Group(group) => write!(f, "who is in group {group}"),
        }
    }
}

/// All that could not be read so far. What can be read later is no gap any more.
#[derive(Debug, Clone, Default)]
pub(super) struct Gaps {
    open: BTreeMap<Unread, String>,
}

impl Gaps {
    /// Notes what came of a reading. Whoever is gone hides nobody.
    pub(super) fn note<T>(&mut self, of: Unread, read: &Result<T, Lost>) {
        match read {
            Err(Lost::Denied | Lost::Failed(_)) => {
                let why = match read {
                    Err(Lost::Failed(error)) => error.to_string(),
                    Err(lost) => lost.to_string(),
                    Ok(_) => return,
                };
                self.open.insert(of, why);
            }
            Ok(_) => drop(self.open.remove(&of)),
            // A member's children may have been handed on before they were ever read.
            Err(Lost::Gone) if matches!(of, Unread::Children(_)) => {}
            Err(_) => drop(self.open.remove(&of)),
        }
    }

    /// Notes what came of looking for mates.
    pub(super) fn note_search(&mut self, search: &io::Result<()>) {
        match search {
            Ok(()) => drop(self.open.remove(&Unread::Mates)),
            Err(error) => drop(self.open.insert(Unread::Mates, error.to_string())),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// The processes that could not be opened.
    pub(super) fn processes(&self) -> Vec<Pid> {
        let pid = |of: &Unread| match of {
            Unread::Process(pid) => Some(*pid),
            _ => None,
        };
        self.open.keys().filter_map(pid).collect()
    }

    /// The groups in which nobody could be found though somebody is there.
    pub(super) fn groups(&self) -> Vec<Pgid> {
        let group = |of: &Unread| match of {
            Unread::Group(group) => Some(*group),
            _ => None,
        };
        self.open.keys().filter_map(group).collect()
    }

    pub(super) fn list(&self) -> Vec<Gap> {
        let gap = |(&of, why): (&Unread, &String)| Gap {
            of,
            why: why.clone(),
        };
        self.open.iter().map(gap).collect()
    }
}

impl<S: System> Survey<S> {
    /// Notes what came of looking for those who are in a group of the set.
    pub(crate) fn note_group(&mut self, group: Pgid, looked: &Result<(), Lost>) {
        self.gaps.note(Unread::Group(group), looked);
    }

    /// Whether somebody is in a group of the set whom no look has found. One that turned out
    /// to be a stranger's is none of the set any more.
    pub(crate) fn has_unseen(&self) -> bool {
        let unseen = self.gaps.groups();
        self.selection.groups().any(|group| unseen.contains(&group))
    }

    /// What could not be read by now and may hide somebody who belongs. Whoever could not
    /// be opened or found before may have ended meanwhile.
    pub fn gaps(&mut self, system: &mut S) -> Vec<Gap> {
        for group in self.gaps.groups() {
            let is_ours = self.selection.groups().any(|it| it == group);
            if !is_ours || !system.has_group(group) {
                self.gaps.note(Unread::Group(group), &Ok(()));
            }
        }
        for pid in self.gaps.processes() {
            let looked = match system.glance(pid) {
                Ok(process) if process.is_zombie() => Err(Lost::Gone),
                // It can be read now, when nobody looks any more who belongs.
                Ok(_) => continue,
                Err(lost) => Err::<(), _>(lost),
            };
            self.gaps.note(Unread::Process(pid), &looked);
        }
        self.gaps.list()
    }

    /// Whether there are any, as far as is known.
    pub fn is_partial(&self) -> bool {
        !self.gaps.is_empty()
    }
}
