//! A stranger that gets the number of a member which has ended in the course of a stop.
//!
//! It is a bystander's child, in a session of its own. Nothing may happen to it, and its
//! number goes on to mean the member in the record.

use std::collections::HashSet;
use std::io::{PipeWriter, Write};
use std::process::Child;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::numbers;
use crate::plan::Plan;
use crate::support::family::Family;
use crate::support::means::Means;
use crate::support::victim::{Life, Member, Place};
use crate::trial::Scene;

/// Who gets the number of a member that has ended.
pub const GUEST: &str = "guest";

/// Whose child that is, beside the target.
pub const HOST: &str = "by-host";

/// Until then somebody should have ended, on a machine under load.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where a family lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Among all others.
    Shared,
    /// In a PID namespace of its own, where numbers come round in the course of the stop.
    Own,
}

impl Ground {
    pub fn of(seed: u64) -> Self {
        if seed % 5 == 2 {
            Self::Own
        } else {
            Self::Shared
        }
    }
}

/// A host that is asked by this signal, as everyone is, and lives in a group of its own.
pub fn host(ask: i32) -> Member {
    let guest = Member::new(GUEST).hears_all().asked_by(ask);
    let host = Member::new(HOST).hears_all().asked_by(ask);
    let host = host.place(Place::OwnGroup).life(Life::Host);
    host.child(guest.place(Place::OwnSession))
}

/// Waits until a member has exited and was reaped while fell goes on, and has its number
/// given to the guest. `None` when nobody exits in time, or the number stays with a group
/// or session.
pub fn replace_one(
    family: &mut Family,
    fell: &mut Child,
    plan: &Plan,
    mut wishes: PipeWriter,
) -> Option<i32> {
    let until = Instant::now() + PATIENCE;
    let mut tried = HashSet::new();
    while Instant::now() < until && matches!(fell.try_wait(), Ok(None)) {
        family.listen_for(Duration::from_millis(2));
        let ended: Vec<String> = family.said().iter().filter_map(|it| exits(it)).collect();
        for name in ended {
            let is_known = plan.family.iter().any(|member| member.name == name);
            if !is_known || tried.contains(&name) || !numbers::is_free(family.pid(&name)) {
                continue;
            }
            let pid = family.pid(&name);
            tried.insert(name);
            numbers::await_free(pid);
            writeln!(wishes, "{pid}").ok()?;
            let answer = family.await_either(&format!("ready {GUEST} "), &format!("taken {pid} "));
            if answer.starts_with("ready") {
                return Some(pid);
            }
        }
    }
    None
}

fn exits(line: &str) -> Option<String> {
    let (name, _) = line.strip_prefix("exits ")?.split_once(' ')?;
    Some(name.to_owned())
}

/// What has happened to it, and what is said of its number. That it heard nothing, and that
/// the member is told with the end that it had, is checked with everyone else's.
pub fn check(scene: &Scene<'_>, complaints: &mut Vec<String>) {
    let Some(pid) = scene.guest else {
        return;
    };
    if !scene.left.iter().any(|name| name == GUEST) || !scene.log.byes.contains(GUEST) {
        complaints.push(format!("the stranger that became {pid} has ended"));
    }
    let former = scene.log.name_of(pid);
    let is_told = match serde_json::from_str::<Value>(&scene.run.out) {
        Ok(record) => {
            let empty = Vec::new();
            let members = record["members"].as_array().unwrap_or(&empty);
            let mut of_number = members.iter().filter(|member| member["pid"] == pid);
            of_number.all(|member| is_end(scene, &member["fate"]["kind"]))
        }
        Err(_) => {
            let line = format!("fell: {pid} ");
            let mut lines = scene.run.err.lines().filter(|it| it.starts_with(&line));
            lines.all(|it| it.contains(": exited with") || scene.means != Means::Everything)
        }
    };
    if !is_told {
        complaints.push(format!("{former} exited, and {pid} is told otherwise"));
    }
}

/// How a member may be told that has exited: without pidfds nobody knows more than that it
/// is gone, if it was reaped before fell looked again.
fn is_end(scene: &Scene<'_>, kind: &Value) -> bool {
    kind == "exited" || kind == "gone" && scene.means != Means::Everything
}
