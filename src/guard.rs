//! Whom fell never signals: itself, its ancestors, the first process and kernel
//! threads; and which groups and sessions hold one of them.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use crate::process::{Kind, Pgid, Pid, Process, Sid};
use crate::system::System;

/// Why a process must not be signalled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is fell.
    Myself,
    /// It called fell, or called who called it.
    Ancestor,
    /// It is the first process of this PID namespace.
    Init,
    /// It is a kernel thread.
    KernelThread,
}

/// The processes that are out of bounds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guard {
    watch: Watch,
    lineage: Vec<Process>,
    groups: BTreeMap<Pgid, Pid>,
    sessions: BTreeMap<Sid, Pid>,
}

/// Whether anyone is out of bounds at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Watch {
    /// Whoever is guarded, and in any case the first process and kernel threads.
    #[default]
    Kept,
    /// Nobody.
    Suspended,
}

impl Guard {
    /// Nobody is out of bounds: for a look at those whom no stop would take.
    pub fn suspended() -> Self {
        Self {
            watch: Watch::Suspended,
            ..Self::default()
        }
    }

    /// A guard over fell and its ancestors, fell first, and over the first process.
    pub fn new(lineage: Vec<Process>, init: Option<Process>) -> Self {
        let mut groups = BTreeMap::new();
        let mut sessions = BTreeMap::new();
        for process in lineage.iter().chain(&init) {
            if let Some(group) = process.group {
                groups.entry(group).or_insert(process.pid());
            }
            if let Some(session) = process.session {
                sessions.entry(session).or_insert(process.pid());
            }
        }
        Self {
            watch: Watch::Kept,
            lineage,
            groups,
            sessions,
        }
    }

    /// The guard of the running process. Ancestors that can't be read (hidepid)
    /// end the line: what can't be seen is never selected either.
    pub fn of(system: &mut impl System) -> Self {
        let mut lineage: Vec<Process> = Vec::new();
        let mut next = Some(system.own_pid());
        while let Some(pid) = next
            && lineage.iter().all(|known| known.pid() != pid)
            && let Ok(process) = system.glance(pid)
        {
            next = process.parent;
            lineage.push(process);
        }
        // The line ends with it, but for one who comes from outside of this PID namespace.
        let init = match lineage.last() {
            Some(last) if last.pid().is_init() => None,
            _ => Pid::new(1).and_then(|init| system.glance(init).ok()),
        };
        Self::new(lineage, init)
    }

    /// Why this process must not be signalled, if it must not.
    pub fn refusal(&self, process: &Process) -> Option<Refusal> {
        if self.watch == Watch::Suspended {
            return None;
        }
        if process.kind == Kind::Kernel {
            return Some(Refusal::KernelThread);
        }
        let kin = self
            .lineage
            .iter()
            .position(|kin| kin.identity == process.identity);
        match kin {
            Some(0) => Some(Refusal::Myself),
            _ if process.pid().is_init() => Some(Refusal::Init),
            Some(_) => Some(Refusal::Ancestor),
            None => None,
        }
    }

    /// Who of the refused is in this group.
    pub fn holder_of_group(&self, group: Pgid) -> Option<Pid> {
        self.groups.get(&group).copied()
    }

    /// Who of the refused is in this session.
    pub fn holder_of_session(&self, session: Sid) -> Option<Pid> {
        self.sessions.get(&session).copied()
    }

    /// fell's own process group.
    pub fn own_group(&self) -> Option<Pgid> {
        self.lineage.first().and_then(|own| own.group)
    }

    /// The refused process with this number, where it is one of fell's own line.
    pub fn kin(&self, pid: Pid) -> Option<&Process> {
        self.lineage.iter().find(|kin| kin.pid() == pid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{pgid, pid, process, sid, started};

    /// fell in a group of its own, in the session of the shell that called it.
    fn guard() -> Guard {
        let lineage = vec![
            process(30, 20, 30, 20),
            process(20, 10, 20, 20),
            process(10, 1, 10, 10),
            process(1, 0, 1, 1),
        ];
        Guard::new(lineage, Some(process(1, 0, 1, 1)))
    }

    #[test]
    fn fell_its_ancestors_init_and_kernel_threads_are_refused() {
        let mut kernel_thread = process(2, 0, 0, 0);
        kernel_thread.kind = Kind::Kernel;
        for (process, expected) in [
            (process(30, 20, 30, 20), Some(Refusal::Myself)),
            (process(20, 10, 20, 20), Some(Refusal::Ancestor)),
            (process(10, 1, 10, 10), Some(Refusal::Ancestor)),
            (process(1, 0, 1, 1), Some(Refusal::Init)),
            (kernel_thread, Some(Refusal::KernelThread)),
            (process(31, 20, 30, 20), None),
            // The number of an ancestor that has ended and was given away.
            (started(900, process(10, 1, 10, 10)), None),
        ] {
            assert_eq!(guard().refusal(&process), expected, "{process:?}");
        }
    }

    #[test]
    fn a_suspended_guard_refuses_nobody_and_one_over_nobody_still_refuses_init() {
        let init = process(1, 0, 1, 1);
        assert_eq!(Guard::suspended().refusal(&init), None);
        assert_eq!(Guard::suspended().holder_of_group(pgid(1)), None);
        assert_eq!(Guard::default().refusal(&init), Some(Refusal::Init));
    }

    #[test]
    fn an_ancestor_is_recognised_whatever_it_has_become() {
        let mut moved = process(20, 1, 99, 99);
        moved.name = "renamed".into();
        assert_eq!(guard().refusal(&moved), Some(Refusal::Ancestor));
    }

    #[test]
    fn init_is_refused_though_it_is_nobodys_ancestor_that_can_be_seen() {
        let guard = Guard::new(vec![process(30, 0, 0, 0)], Some(process(1, 0, 1, 1)));
        assert_eq!(guard.refusal(&process(1, 0, 1, 1)), Some(Refusal::Init));
        assert_eq!(guard.holder_of_group(pgid(1)), Some(pid(1)));
    }

    #[test]
    fn as_the_first_process_of_a_container_fell_is_itself() {
        let guard = Guard::new(vec![process(1, 0, 1, 1)], Some(process(1, 0, 1, 1)));
        assert_eq!(guard.refusal(&process(1, 0, 1, 1)), Some(Refusal::Myself));
    }

    #[test]
    fn the_nearest_of_the_refused_is_named_for_a_group_or_session() {
        let guard = guard();
        for (group, holder) in [
            (30, Some(30)),
            (20, Some(20)),
            (10, Some(10)),
            (1, Some(1)),
            (40, None),
        ] {
            assert_eq!(guard.holder_of_group(pgid(group)), holder.map(pid));
        }
        for (session, holder) in [(20, Some(30)), (10, Some(10)), (30, None)] {
            assert_eq!(guard.holder_of_session(sid(session)), holder.map(pid));
        }
        assert_eq!(guard.own_group(), Some(pgid(30)));
    }

    #[test]
    fn a_group_outside_the_namespace_is_held_by_nobody() {
        let guard = Guard::new(vec![process(30, 0, 0, 0)], None);
        assert_eq!(guard.own_group(), None);
        assert_eq!(guard.holder_of_group(pgid(30)), None);
        assert_eq!(guard.holder_of_session(sid(30)), None);
    }

    #[test]
    fn only_fells_own_line_is_kin() {
        let guard = guard();
        assert_eq!(guard.kin(pid(20)).map(Process::pid), Some(pid(20)));
        assert_eq!(guard.kin(pid(31)), None);
    }
}
