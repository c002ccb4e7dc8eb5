//! What it means to belong: how a process came to be looked at, why it is a member or
//! is not, and what the user should know of it.

#![forbid(unsafe_code)]

use crate::guard::Refusal;
use crate::process::{Pgid, Pid, Process, Sid, StartTime};

/// Why a process belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// It was named.
    Target,
    /// It is a child of this member.
    Descendant(Pid),
    /// It is in this group, which is the target's or has a member as its leader.
    Group(Pgid),
    /// It is in this session, whose leader is the target or a descendant of it.
    Session(Sid),
}

/// What led to a process that is offered for admission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// It is this root.
    Root(usize),
    /// The children list of this member named it.
    Child {
        /// The member, by position.
        of: usize,
        /// The tick in which the reading of the list began.
        listed_at: StartTime,
    },
    /// The same, and it certainly was handed on: the member has ended since, and the
    /// parent it has now is one who takes in orphans of the set.
    Orphan {
        /// The member, by position.
        of: usize,
    },
    /// It is a child of the adopter that is this root.
    Adopted(usize),
    /// It was seen in one of the groups or sessions of [`super::Selection::kin`].
    Mate,
}

/// What came of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It is a member now, at this position.
    Taken(usize),
    /// It was a member already, at this position.
    Known(usize),
    /// It would belong, but must not be signalled.
    Refused,
    /// It does not belong.
    Stranger,
}

/// A process that belongs. One that has ended and only waits to be reaped is a
/// member too: nobody signals it, but its group, session and children belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The last look at it.
    pub process: Process,
    /// Why it belongs.
    pub reason: Reason,
    /// The root it came from, by position.
    pub root: usize,
    /// Whether it surely descends from the target, and was not only found beside
    /// it: the sessions of these alone are taken.
    pub(super) kindred: bool,
}

/// A process that would belong, but must not be signalled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The process.
    pub process: Process,
    /// Why not.
    pub why: Refusal,
    /// The root, by position, if it was named itself.
    pub named: Option<usize>,
}

/// What the user should know about the set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caveat {
    /// A group of the set also holds a process that must not be signalled: it is
    /// not taken as a group.
    SharedGroup {
        /// The group.
        group: Pgid,
        /// Who is in it.
        with: Pid,
    },
    /// The same for a session.
    SharedSession {
        /// The session.
        session: Sid,
        /// Who is in it.
        with: Pid,
    },
    /// The target's group lies outside this PID namespace: only its tree is taken.
    ForeignGroup {
        /// The target.
        target: Pid,
    },
    /// The target's session was asked for, but lies outside this PID namespace.
    ForeignSession {
        /// The target.
        target: Pid,
    },
    /// The target is gone; what its number still names was taken.
    Remains {
        /// The number.
        of: Pid,
    },
    /// The target's group, taken as a whole, holds a living ancestor of the target.
    AncestorInGroup {
        /// The target.
        target: Pid,
        /// The group.
        group: Pgid,
        /// The nearest such ancestor.
        ancestor: Process,
        /// How many more that the target's tree does not have.
        others: usize,
    },
}
