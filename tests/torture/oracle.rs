//! Who belongs, found out once more and in another way: from one look at a family that
//! holds still, by the rules as the manual has them.

use std::collections::{HashMap, HashSet};

/// What /proc says of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub parent: i32,
    pub group: i32,
    pub session: i32,
    pub is_zombie: bool,
}

/// Everyone of the family who is in /proc.
pub fn look(pids: impl Iterator<Item = i32>) -> HashMap<i32, Seen> {
    pids.filter_map(|pid| Some((pid, see(pid)?))).collect()
}

/// When a process has started, in ticks.
pub fn started(pid: i32) -> Option<u64> {
    fields(pid)?.get(19)?.parse().ok()
}

/// What its stat file says, from the state on.
fn fields(pid: i32) -> Option<Vec<String>> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let end = stat.iter().rposition(|&byte| byte == b')')?;
    let rest = std::str::from_utf8(stat.get(end + 2..)?).ok()?;
    Some(rest.split(' ').map(str::to_owned).collect())
}

fn see(pid: i32) -> Option<Seen> {
    let fields = fields(pid)?;
    let number = |at: usize| fields.get(at)?.parse().ok();
    let threads: i32 = number(17)?;
    Some(Seen {
        parent: number(1)?,
        group: number(2)?,
        session: number(3)?,
        // Or dead already, in the moment of being reaped.
        is_zombie: matches!(fields[0].as_str(), "Z" | "X") && threads <= 1,
    })
}

/// Who and what belongs.
#[derive(Debug)]
pub struct Kinfolk {
    /// Everyone who has to be stopped, zombies among them.
    pub members: HashSet<i32>,
    pub groups: HashSet<i32>,
    pub sessions: HashSet<i32>,
}

/// Everyone whom stopping `target` has to stop.
pub fn family_of(target: i32, seen: &HashMap<i32, Seen>) -> Kinfolk {
    let mut members = HashSet::new();
    // Whose sessions belong too.
    let mut kindred = HashSet::new();
    let mut groups = HashSet::from([target]);
    let mut sessions = HashSet::from([target]);
    if let Some(root) = seen.get(&target) {
        members.insert(target);
        kindred.insert(target);
        groups.insert(root.group);
    }
    loop {
        let before = (members.len(), kindred.len());
        for (&pid, process) in seen {
            let is_kindred =
                kindred.contains(&process.parent) || sessions.contains(&process.session);
            let belongs =
                is_kindred || members.contains(&process.parent) || groups.contains(&process.group);
            if belongs {
                members.insert(pid);
                groups.insert(pid);
            }
            if is_kindred {
                kindred.insert(pid);
                sessions.insert(pid);
            }
        }
        if (members.len(), kindred.len()) == before {
            return Kinfolk {
                members,
                groups,
                sessions,
            };
        }
    }
}
