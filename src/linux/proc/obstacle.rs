//! What keeps a process alive that was told to end.

#![forbid(unsafe_code)]

use procfs::FromBufRead;

use super::Proc;
use crate::fate::Obstacle;
use crate::process::{Pid, Process, State};

impl Proc {
    /// What keeps a process alive.
    pub(in crate::linux) fn obstacle(&mut self, process: &Process) -> Obstacle {
        let pid = process.pid();
        let channel = self
            .read_whole(format_args!("{pid}/wchan"))
            .ok()
            .and_then(|text| String::from_utf8(text).ok())
            .filter(|channel| !channel.is_empty() && channel != "0");
        // Where the tasks of a frozen cgroup wait, version 1 and 2.
        let is_frozen = channel
            .as_deref()
            .is_some_and(|channel| matches!(channel, "__refrigerator" | "do_freezer_trap"));
        if is_frozen || self.is_in_frozen_cgroup(pid) {
            return Obstacle::Frozen;
        }
        match process.state {
            State::Uninterruptible => Obstacle::Uninterruptible { channel },
            State::Traced => Obstacle::Traced {
                by: self.tracer(pid),
            },
            State::Stopped => Obstacle::Stopped,
            _ => Obstacle::Nothing,
        }
    }

    /// Who holds it. The kernel tells the thread that attached; what can be named is its
    /// process.
    fn tracer(&mut self, pid: Pid) -> Option<Pid> {
        let thread = Pid::new(self.whole_status(pid)?.tracerpid)?;
        let process = self.status_of(thread).ok().and_then(|it| it.process);
        process.or(Some(thread))
    }

    /// Everything in a status file.
    fn whole_status(&mut self, pid: Pid) -> Option<procfs::process::Status> {
        let text = self.read_whole(format_args!("{pid}/status")).ok()?;
        // The crate wants text, but the name in it may be any bytes.
        let text = String::from_utf8_lossy(&text);
        procfs::process::Status::from_buf_read(text.as_bytes()).ok()
    }

    /// Whether its cgroup says that it is frozen: wchan is kept from other users, and
    /// since Linux 6.1 it shows where the process was when version 1 froze it.
    fn is_in_frozen_cgroup(&mut self, pid: Pid) -> bool {
        let Ok(text) = self.read_whole(format_args!("{pid}/cgroup")) else {
            return false;
        };
        String::from_utf8_lossy(&text)
            .lines()
            .flat_map(freezers)
            .filter_map(|file| std::fs::read_to_string(file).ok())
            .any(|text| says_frozen(&text))
    }
}

/// The files that tell whether the cgroup in a line of /proc/PID/cgroup (cgroups(7)) is
/// frozen.
fn freezers(line: &str) -> Vec<String> {
    let mut fields = line.splitn(3, ':').skip(1);
    let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
        return Vec::new();
    };
    if controllers.is_empty() {
        ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]
            .map(|mount| format!("{mount}{path}/cgroup.events"))
            .into()
    } else if controllers.split(',').any(|it| it == "freezer") {
        vec![format!("/sys/fs/cgroup/freezer{path}/freezer.state")]
    } else {
        Vec::new()
    }
}

/// What such a file says: `frozen 1` in version 2, in version 1 a word.
fn says_frozen(text: &str) -> bool {
    text.lines()
        .any(|line| matches!(line, "frozen 1" | "FROZEN" | "FREEZING"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_freezer_is_that_of_the_second_version_or_of_the_first() {
        for (line, expected) in [
            (
                "0::/a/b",
                &[
                    "/sys/fs/cgroup/a/b/cgroup.events",
                    "/sys/fs/cgroup/unified/a/b/cgroup.events",
                ][..],
            ),
            (
                "7:freezer:/a:b",
                &["/sys/fs/cgroup/freezer/a:b/freezer.state"],
            ),
            ("3:cpu,cpuacct:/a", &[]),
            ("1:name=systemd:/freezer", &[]),
            ("", &[]),
        ] {
            assert_eq!(freezers(line), expected, "{line}");
        }
        for (text, expected) in [
            ("populated 1\nfrozen 1\n", true),
            ("populated 1\nfrozen 0\n", false),
            ("FROZEN\n", true),
            ("THAWED\n", false),
        ] {
            assert_eq!(says_frozen(text), expected, "{text}");
        }
    }
}
