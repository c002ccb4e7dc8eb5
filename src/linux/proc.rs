//! /proc: from its texts to processes. The only user of the procfs crate.
//!
//! What is read for every process, `stat` and the children lists, goes through one
//! buffer and a parser of its own; the rest is left to the crate.

#![forbid(unsafe_code)]

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use nix::unistd::Uid;
use procfs::FromBufRead;
use procfs::process::Status;
use rustix::fs::{Mode, OFlags, RawDir, SeekFrom, openat, readlinkat, seek};
use rustix::io::{Errno, pread};

use super::lost;
use super::stat::{self, Stat};
use crate::fate::Obstacle;
use crate::process::{Pid, Process, State};
use crate::signal::disposition::{SignalSet, SignalSets};
use crate::system::{Description, Lost};

/// A page: what the kernel hands out of a generated file in one go.
const PAGE: usize = 4096;

/// Directory entries are read this many bytes at a time.
const ENTRIES: usize = 32 * 1024;

/// The /proc that is mounted.
#[derive(Debug)]
pub(super) struct Proc {
    root: OwnedFd,
    path: String,
    buffer: Vec<u8>,
    entries: Vec<MaybeUninit<u8>>,
    /// Whose eyes it is read with.
    pub(super) user: Uid,
}

impl Proc {
    pub(super) fn open(own_pid: Pid) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open("/proc", flags, Mode::empty())?;
        // An empty directory opens as well: whoever forgot to mount it has to be told.
        rustix::fs::statat(&root, "self/stat", rustix::fs::AtFlags::empty())?;
        // Entered without its mount namespace, a container leaves the /proc from outside
        // in place: what it shows under a number is not whom that number signals.
        let shown = readlinkat(&root, "self", Vec::new())?;
        if stat::number(shown.as_bytes()) != Some(own_pid.get()) {
            return Err(io::Error::other(
                "it shows another PID namespace than the one fell runs in; mount this one's, or enter its mount namespace as well",
            ));
        }
        Ok(Self {
            root,
            path: String::new(),
            buffer: vec![0; PAGE],
            entries: vec![MaybeUninit::uninit(); ENTRIES],
            user: Uid::effective(),
        })
    }

    fn open_at(&mut self, path: std::fmt::Arguments<'_>) -> rustix::io::Result<OwnedFd> {
        self.path.clear();
        // Writing to a string does not fail.
        let _ = self.path.write_fmt(path);
        openat(
            &self.root,
            self.path.as_str(),
            OFlags::RDONLY | OFlags::CLOEXEC,
            Mode::empty(),
        )
    }

    pub(super) fn open_stat(&mut self, pid: Pid) -> rustix::io::Result<OwnedFd> {
        self.open_at(format_args!("{pid}/stat"))
    }

    pub(super) fn read_stat(&mut self, file: &OwnedFd) -> rustix::io::Result<Stat> {
        let length = pread(file, &mut self.buffer, 0)?;
        stat::parse(&self.buffer[..length]).ok_or(Errno::SRCH)
    }

    pub(super) fn open_children(&mut self, pid: Pid, thread: Pid) -> rustix::io::Result<OwnedFd> {
        self.open_at(format_args!("{pid}/task/{thread}/children"))
    }

    /// Whether this kernel keeps lists of children (CONFIG_PROC_CHILDREN).
    pub(super) fn has_children_lists(&self) -> bool {
        rustix::fs::statat(
            &self.root,
            "thread-self/children",
            rustix::fs::AtFlags::empty(),
        )
        .is_ok()
    }

    /// A list of children, read until two readings agree unless it is empty.
    pub(super) fn read_children(&mut self, file: &OwnedFd) -> rustix::io::Result<Vec<Pid>> {
        /// A parent of so many newborns is read again by the next sweep.
        const READINGS: usize = 8;
        let mut children = self.read_pids(file)?;
        for _ in 1..READINGS {
            if children.is_empty() {
                break;
            }
            let again = self.read_pids(file)?;
            if again == children {
                break;
            }
            children = again;
        }
        Ok(children)
    }

    fn read_pids(&mut self, file: &OwnedFd) -> rustix::io::Result<Vec<Pid>> {
        let mut text = Vec::new();
        self.read_list(file, &mut text)?;
        Ok(children_of(&text))
    }

    /// Appends the text of a children list.
    pub(super) fn read_list(
        &mut self,
        file: &OwnedFd,
        text: &mut Vec<u8>,
    ) -> rustix::io::Result<()> {
        /// The longest number and its blank: a page with more room than that was not
        /// full, so nothing follows.
        const LONGEST: usize = 12;
        let mut offset = 0;
        loop {
            let length = pread(file, &mut self.buffer, offset)?;
            text.extend_from_slice(&self.buffer[..length]);
            if length + LONGEST < PAGE {
                return Ok(());
            }
            offset += length as u64;
        }
    }

    /// The numbers of all processes.
    pub(super) fn pids(&mut self) -> io::Result<Vec<Pid>> {
        seek(&self.root, SeekFrom::Start(0))?;
        Ok(numbers(&self.root, &mut self.entries)?)
    }

    /// The numbers of a process' threads.
    pub(super) fn threads(&mut self, pid: Pid) -> rustix::io::Result<Vec<Pid>> {
        let directory = self.open_at(format_args!("{pid}/task"))?;
        numbers(&directory, &mut self.entries)
    }

    fn read_whole(&mut self, path: std::fmt::Arguments<'_>) -> rustix::io::Result<Vec<u8>> {
        let file = self.open_at(path)?;
        let mut text = Vec::new();
        loop {
            let length = rustix::io::read(&file, &mut self.buffer)?;
            if length == 0 {
                return Ok(text);
            }
            text.extend_from_slice(&self.buffer[..length]);
        }
    }

    /// /proc/PID/status.
    pub(super) fn status(&mut self, pid: Pid) -> io::Result<Status> {
        let text = self.read_whole(format_args!("{pid}/status"))?;
        parse_status(&text)
    }

    /// What is worth telling of a process, read by its number.
    pub(super) fn describe(&mut self, process: &Process) -> Result<Description, Lost> {
        let pid = process.pid();
        let text = self
            .read_whole(format_args!("{pid}/status"))
            .map_err(lost)?;
        let status = parse_status(&text).map_err(Lost::Failed)?;
        let mut signals = signal_sets(&status);
        if process.threads > 1 {
            // Blocked is what every thread blocks that can still take a signal.
            let mut blocked_by_all = None;
            for thread in self.threads(pid).map_err(lost)? {
                let Ok(text) = self.read_whole(format_args!("{pid}/task/{thread}/status")) else {
                    continue;
                };
                if let Ok(of_thread) = parse_status(&text) {
                    if !of_thread.state.starts_with('Z') {
                        let blocked = u128::from(of_thread.sigblk);
                        blocked_by_all = Some(blocked_by_all.unwrap_or(u128::MAX) & blocked);
                    }
                    signals.pending_thread.0 |= u128::from(of_thread.sigpnd);
                }
            }
            signals.blocked.0 = blocked_by_all.unwrap_or(signals.blocked.0);
        }
        let command = self
            .read_whole(format_args!("{pid}/cmdline"))
            .map(|text| arguments(&text))
            .unwrap_or_default();
        Ok(Description {
            owner: status.ruid,
            command,
            signals,
        })
    }

    /// What keeps a process alive.
    pub(super) fn obstacle(&mut self, process: &Process) -> Obstacle {
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
                by: self
                    .status(pid)
                    .ok()
                    .and_then(|status| Pid::new(status.tracerpid)),
            },
            State::Stopped => Obstacle::Stopped,
            _ => Obstacle::Nothing,
        }
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

/// The numbers in the text of a children list.
pub(super) fn children_of(text: &[u8]) -> Vec<Pid> {
    text.split(|&byte| byte == b' ')
        .filter_map(|number| Pid::new(stat::number(number)?))
        .collect()
}

/// The entries of a directory that are numbers.
fn numbers(directory: &OwnedFd, buffer: &mut [MaybeUninit<u8>]) -> rustix::io::Result<Vec<Pid>> {
    let mut numbers = Vec::new();
    let mut entries = RawDir::new(directory.as_fd(), buffer);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name.first().is_some_and(u8::is_ascii_digit) {
            numbers.extend(stat::number(name).and_then(Pid::new));
        }
    }
    Ok(numbers)
}

/// The crate wants text, but the name in it may be any bytes.
fn parse_status(text: &[u8]) -> io::Result<Status> {
    Status::from_buf_read(String::from_utf8_lossy(text).as_bytes()).map_err(io::Error::other)
}

fn signal_sets(status: &Status) -> SignalSets {
    let set = |bits: u64| SignalSet(bits.into());
    let is_inner_init = status
        .nspid
        .as_ref()
        .is_some_and(|pids| pids.last() == Some(&1));
    SignalSets {
        caught: set(status.sigcgt),
        ignored: set(status.sigign),
        blocked: set(status.sigblk),
        pending: set(status.shdpnd),
        pending_thread: set(status.sigpnd),
        shielded: is_inner_init || status.pid == 1,
    }
}

/// The arguments of /proc/PID/cmdline, each ended by a null byte. A program that
/// wrote a title over them may have left no end, or many.
fn arguments(text: &[u8]) -> Vec<std::ffi::OsString> {
    let end = text
        .iter()
        .rposition(|&byte| byte != 0)
        .map_or(0, |last| last + 1);
    if end == 0 {
        return Vec::new();
    }
    text[..end]
        .split(|&byte| byte == 0)
        .map(|argument| OsStr::from_bytes(argument).to_owned())
        .collect()
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

    #[test]
    fn arguments_end_at_null_bytes() {
        for (text, expected) in [
            (&b""[..], &[][..]),
            (b"\0\0", &[]),
            (b"sh\0-c\0x y\0", &["sh", "-c", "x y"]),
            (b"nginx: master process", &["nginx: master process"]),
            (b"title\0\0\0\0", &["title"]),
            (b"a\0\0b\0", &["a", "", "b"]),
        ] {
            assert_eq!(arguments(text), expected);
        }
    }
}
