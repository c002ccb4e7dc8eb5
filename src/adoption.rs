//! Whose orphans belong: what a subreaper that started a program takes in.
//!
//! Who starts a program as its subreaper (PR_SET_CHILD_SUBREAPER(2const)) becomes the
//! parent of every descendant that loses its own: nobody can get away by forking twice.
//! So its children are the program's, but for those that it had before.

#![forbid(unsafe_code)]

use crate::process::{Pid, Process, StartTime};

/// A process that is no member itself, but whose children are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopter {
    /// Who takes them in.
    pub process: Process,
    /// When the program was started.
    pub since: StartTime,
    /// The children that it had before.
    pub before: Vec<Process>,
    /// The root that they count to, as a position in the roots.
    pub of: usize,
}

impl Adopter {
    /// Its number.
    pub fn pid(&self) -> Pid {
        self.process.pid()
    }

    /// Whether a process is its child and descends from the program.
    ///
    /// Children that were there before may leave orphans as well, which come to the same
    /// parent. These are older than the program, or stay in one of the groups that the
    /// program and what descends from it have left: the adopter's, and those of the
    /// children.
    pub fn claims(&self, child: &Process) -> bool {
        if child.parent != Some(self.pid()) {
            return false;
        }
        let is_of_before = || {
            let is_in_their_group = child.group.is_some()
                && self
                    .before
                    .iter()
                    .chain([&self.process])
                    .any(|it| it.group == child.group && it.session == child.session);
            let is_one_of_them = self.before.iter().any(|it| it.identity == child.identity);
            is_one_of_them || child.identity.started < self.since || is_in_their_group
        };
        self.before.is_empty() || !is_of_before()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{process, started};

    /// fell is 30, in the group of the script that called it.
    fn adopter(before: Vec<Process>) -> Adopter {
        Adopter {
            process: started(50, process(30, 20, 20, 10)),
            since: StartTime(100),
            before,
            of: 0,
        }
    }

    #[test]
    fn every_child_of_who_had_none_before_belongs() {
        let adopter = adopter(Vec::new());
        for (child, expected) in [
            (started(100, process(40, 30, 40, 10)), true),
            (started(200, process(41, 30, 20, 10)), true),
            (started(200, process(42, 30, 42, 42)), true),
            (started(200, process(43, 40, 40, 10)), false),
        ] {
            assert_eq!(adopter.claims(&child), expected, "{child:?}");
        }
    }

    #[test]
    fn children_from_before_and_what_they_leave_do_not_belong() {
        let adopter = adopter(vec![
            started(60, process(35, 30, 35, 10)),
            started(60, process(36, 30, 20, 10)),
            started(100, process(44, 30, 0, 0)),
        ]);
        for (child, expected) in [
            // The two themselves.
            (started(60, process(35, 30, 35, 10)), false),
            (started(60, process(36, 30, 20, 10)), false),
            // One that started in the very tick of the program, with nothing known of its group.
            (started(100, process(44, 30, 0, 0)), false),
            // An orphan of theirs from before the program.
            (started(70, process(37, 30, 37, 37)), false),
            // Orphans that they have left since, in their groups.
            (started(300, process(38, 30, 35, 10)), false),
            (started(300, process(39, 30, 20, 10)), false),
            // The program and what comes of it.
            (started(100, process(40, 30, 40, 10)), true),
            (started(300, process(41, 30, 40, 10)), true),
            (started(300, process(42, 30, 42, 42)), true),
        ] {
            assert_eq!(adopter.claims(&child), expected, "{child:?}");
        }
    }
}
