//! Tells an orphan of the set from a stranger.

#![forbid(unsafe_code)]

use std::collections::HashSet;

use super::Survey;
use crate::process::{Pid, Process};
use crate::selection::{Via, is_doubtful};
use crate::system::{Lost, System};
use crate::target::Root;

impl<S: System> Survey<S> {
    /// A child that has another parent than the one whose list named it, and that was
    /// born about the time of that reading, is either an orphan or a stranger with
    /// the number of a child that ended. Only the dead leave orphans, and only certain
    /// processes take them in (PR_SET_CHILD_SUBREAPER(2const)). `None` for one who can only
    /// be a stranger: the parent who listed a child is alive and has handed nobody on.
    pub(super) fn tell_orphan(&mut self, system: &mut S, child: &Process, via: Via) -> Option<Via> {
        let Via::Child { of, listed_at } = via else {
            return Some(via);
        };
        let parent = self.selection.members()[of].process.pid();
        let is_doubtful =
            child.parent != Some(parent) && is_doubtful(child.identity.started, listed_at);
        if !is_doubtful {
            return Some(via);
        }
        let is_ending = |handle| system.is_ending(handle);
        if !self.handle_mut(of).is_none_or(is_ending) {
            return None;
        }
        if let Some(adopter) = child.parent
            && (self.is_borne_by_member(system, adopter)
                || self.adopters(system).contains(&adopter))
        {
            return Some(Via::Orphan { of });
        }
        Some(via)
    }

    /// Who takes in the orphans of the set, other than its own members: init, and any
    /// ancestor of a target may.
    fn adopters(&mut self, system: &mut S) -> &HashSet<Pid> {
        let roots = &self.selection.scope().roots;
        self.adopters.get_or_insert_with(|| {
            let mut adopters: HashSet<Pid> = Pid::new(1).into_iter().collect();
            for root in roots {
                let Root::Process(target) = root else {
                    continue;
                };
                let mut next = target.parent;
                while let Some(pid) = next
                    && !adopters.contains(&pid)
                {
                    next = match system.glance(pid) {
                        // Whoever is younger has got the number of an ancestor that ended.
                        Ok(it) if it.identity.started > target.identity.started => break,
                        Ok(ancestor) => ancestor.parent,
                        // Whoever gets the number of one that has ended is a stranger as well.
                        Err(Lost::Gone) => break,
                        Err(_) => None,
                    };
                    adopters.insert(pid);
                }
            }
            adopters
        })
    }
}
