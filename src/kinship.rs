//! What kin is found by: lists of children, and the numbers of groups and sessions.

#![forbid(unsafe_code)]

use crate::process::{Pgid, Pid, Process, Sid, StartTime};

/// The children of a process and when they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Who was named.
    pub children: Vec<Pid>,
    /// The tick in which the reading began: whoever started before was there, and whoever
    /// started well after it and has one of these numbers is somebody else.
    pub read_at: StartTime,
    /// Whether the process was still there when its list had been read.
    pub parent: Parent,
}

/// Whether a process was still there after its list of children was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parent {
    /// It was: whoever is on the list and has it as parent is its child.
    There,
    /// It was not. Its children had been handed on by then, so whoever has its number as
    /// parent is the child of somebody who got the number after it.
    Gone,
}

/// Groups and sessions that are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kin {
    /// Process groups, in ascending order.
    pub groups: Vec<Pgid>,
    /// Sessions, in ascending order.
    pub sessions: Vec<Sid>,
}

impl Kin {
    /// Whether nobody is looked for.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.sessions.is_empty()
    }

    /// Whether this group is looked for.
    pub fn has_group(&self, group: Pgid) -> bool {
        self.groups.binary_search(&group).is_ok()
    }

    /// Whether this session is looked for.
    pub fn has_session(&self, session: Sid) -> bool {
        self.sessions.binary_search(&session).is_ok()
    }

    /// Whether the process is in one of these groups or sessions.
    pub fn holds(&self, process: &Process) -> bool {
        process.group.is_some_and(|group| self.has_group(group))
            || process
                .session
                .is_some_and(|session| self.has_session(session))
    }
}
