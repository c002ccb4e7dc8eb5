//! Where a stop starts, how far it reaches and what is out of its bounds.

#![forbid(unsafe_code)]

use crate::guard::Guard;
use crate::target::Root;

/// How far a stop reaches from its targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Reach {
    /// The target, its group, every descendant of every member, the groups that
    /// members lead and the sessions that the target or its descendants lead.
    #[default]
    Family,
    /// The target and its descendants.
    Tree,
    /// The target's group.
    Group,
    /// The target.
    Process,
    /// As [`Reach::Family`], and the target's session.
    Session,
}

impl Reach {
    pub(crate) fn descends(self) -> bool {
        matches!(self, Self::Family | Self::Tree | Self::Session)
    }

    pub(crate) fn follows_leaders(self) -> bool {
        matches!(self, Self::Family | Self::Session)
    }
}

/// Where a selection starts, how far it goes and what is out of bounds.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// How far.
    pub reach: Reach,
    /// From where.
    pub roots: Vec<Root>,
    /// What is out of bounds.
    pub guard: Guard,
}

impl Scope {
    /// Whether one of the roots itself must not be signalled.
    pub fn is_refused(&self) -> bool {
        self.roots.iter().any(|root| match root {
            Root::Process(process) => self.guard.refusal(process).is_some(),
            Root::Group(group) => self.guard.holder_of_group(*group).is_some(),
            Root::Remains(_) | Root::Replaced(_) | Root::Adopted(_) => false,
        })
    }
}
