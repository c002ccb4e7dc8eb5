//! Looks whether a target's group holds an ancestor of the target.

#![forbid(unsafe_code)]

use std::collections::HashSet;

use super::Survey;
use crate::process::{Pgid, Pid};
use crate::selection::{Caveat, Member, Reason};
use crate::system::System;
use crate::target::Root;

impl<S: System> Survey<S> {
    /// Notes where a target's group, taken as a whole, holds an ancestor of the
    /// target that lives: somebody named a worker and would stop its master.
    pub fn note_ancestors(&mut self, system: &mut S) {
        for root in self.selection.scope().roots.clone() {
            let Root::Process(target) = root else {
                continue;
            };
            let Some(group) = target
                .group
                .filter(|&group| self.is_joined_by_others(group))
            else {
                continue;
            };
            let in_group = |member: &&Member| {
                member.process.group == Some(group) && !member.process.is_zombie()
            };
            let beside: Vec<Pid> = self
                .selection
                .members()
                .iter()
                .filter(in_group)
                .map(|member| member.process.pid())
                .collect();
            // Whoever was named, or descends from who was named, was meant.
            let is_by_group = |pid: Pid| {
                self.selection
                    .position(pid)
                    .is_some_and(|at| self.selection.members()[at].reason == Reason::Group(group))
            };
            let mut seen = HashSet::from([target.pid()]);
            let mut next = target.parent;
            while let Some(pid) = next
                && seen.insert(pid)
                && let Ok(ancestor) = system.glance(pid)
            {
                if beside.contains(&pid) && is_by_group(pid) {
                    let others = self.outside_tree(&beside, target.pid(), pid);
                    self.selection.caveat(Caveat::AncestorInGroup {
                        target: target.pid(),
                        group,
                        ancestor,
                        others,
                    });
                    break;
                }
                next = ancestor.parent;
            }
        }
    }

    /// Whether the group brought members that descent did not.
    fn is_joined_by_others(&self, group: Pgid) -> bool {
        self.selection
            .members()
            .iter()
            .any(|member| member.reason == Reason::Group(group))
    }

    /// How many of `beside` are neither `ancestor` nor in the tree of `target`.
    fn outside_tree(&self, beside: &[Pid], target: Pid, ancestor: Pid) -> usize {
        let parent = |pid: Pid| {
            let at = self.selection.position(pid)?;
            self.selection.members()[at].process.parent
        };
        beside
            .iter()
            .filter(|&&pid| pid != ancestor)
            .filter(|&&pid| {
                let mut line =
                    std::iter::successors(Some(pid), |&pid| parent(pid)).take(self.len() + 1);
                !line.any(|pid| pid == target)
            })
            .count()
    }
}
