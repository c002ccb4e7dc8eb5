//! A process table that does not change any more, and questions to it.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, HashMap};

use crate::process::{Pgid, Pid, Process, Sid, StartTime};

/// Processes as they were read, indexed by number and by parent.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    processes: BTreeMap<Pid, Process>,
    children: HashMap<Pid, Vec<Pid>>,
    taken_at: Option<StartTime>,
}

impl Snapshot {
    /// A table of these processes, read at `taken_at` or earlier.
    pub fn new(processes: impl IntoIterator<Item = Process>, taken_at: StartTime) -> Self {
        let processes: BTreeMap<_, _> = processes
            .into_iter()
            .map(|process| (process.pid(), process))
            .collect();
        let mut children: HashMap<Pid, Vec<Pid>> = HashMap::new();
        for process in processes.values() {
            if let Some(parent) = process.parent {
                children.entry(parent).or_default().push(process.pid());
            }
        }
        Self {
            processes,
            children,
            taken_at: Some(taken_at),
        }
    }

    /// When the reading ended; `None` for an empty table.
    pub fn taken_at(&self) -> Option<StartTime> {
        self.taken_at
    }

    /// The process with this number.
    pub fn get(&self, pid: Pid) -> Option<&Process> {
        self.processes.get(&pid)
    }

    /// All of them, by number.
    pub fn iter(&self) -> impl Iterator<Item = &Process> {
        self.processes.values()
    }

    /// The children of `parent`, by number.
    pub fn children(&self, parent: Pid) -> &[Pid] {
        self.children.get(&parent).map_or(&[], Vec::as_slice)
    }

    /// Those whose parent is not in the table: the tops of its trees.
    pub fn tops(&self) -> impl Iterator<Item = &Process> {
        self.iter().filter(|process| {
            process
                .parent
                .is_none_or(|parent| !self.processes.contains_key(&parent))
        })
    }

    /// Every process of a group.
    pub fn group(&self, group: Pgid) -> impl Iterator<Item = &Process> {
        self.iter()
            .filter(move |process| process.group == Some(group))
    }

    /// Every process of a session.
    pub fn session(&self, session: Sid) -> impl Iterator<Item = &Process> {
        self.iter()
            .filter(move |process| process.session == Some(session))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{pgid, pid, process, sid};

    fn table() -> Snapshot {
        Snapshot::new(
            [
                process(30, 20, 20, 20),
                process(20, 1, 20, 20),
                process(1, 0, 1, 1),
                process(25, 20, 25, 20),
                process(40, 39, 0, 0),
            ],
            StartTime(1000),
        )
    }

    fn pids<'p>(processes: impl Iterator<Item = &'p Process>) -> Vec<i32> {
        processes.map(|process| process.pid().get()).collect()
    }

    #[test]
    fn processes_are_found_by_number_and_listed_in_its_order() {
        let table = table();
        assert_eq!(pids(table.iter()), [1, 20, 25, 30, 40]);
        assert_eq!(table.get(pid(25)), Some(&process(25, 20, 25, 20)));
        assert_eq!(table.get(pid(26)), None);
        assert_eq!(table.taken_at(), Some(StartTime(1000)));
    }

    #[test]
    fn children_are_listed_by_number() {
        let table = table();
        assert_eq!(table.children(pid(20)), [pid(25), pid(30)]);
        assert_eq!(table.children(pid(25)), []);
        // Its parent was not read, but the child tells of it.
        assert_eq!(table.children(pid(39)), [pid(40)]);
    }

    #[test]
    fn the_tops_are_those_whose_parent_is_not_in_the_table() {
        assert_eq!(pids(table().tops()), [1, 40]);
    }

    #[test]
    fn groups_and_sessions_hold_those_who_are_in_them_and_nobody_from_outside() {
        let table = table();
        assert_eq!(pids(table.group(pgid(20))), [20, 30]);
        assert_eq!(pids(table.session(sid(20))), [20, 25, 30]);
        assert_eq!(pids(table.group(pgid(40))), [0; 0]);
    }

    #[test]
    fn an_empty_table_was_never_taken() {
        let table = Snapshot::default();
        assert_eq!(table.taken_at(), None);
        assert_eq!(table.iter().count(), 0);
        assert_eq!(table.children(pid(1)), []);
    }
}
