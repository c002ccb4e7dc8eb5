//! /proc: from its texts to processes. The only user of the procfs crate, in `obstacle`.
//!
//! What is read for every process, `stat`, `status` and the children lists, goes
//! through one buffer and parsers of its own; the rest is left to the crate.

#![forbid(unsafe_code)]

use std::collections::HashSet;
use std::fmt::{Arguments, Write as _};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use rustix::fs::{Mode, OFlags, RawDir, SeekFrom, openat, readlinkat, seek};
use rustix::io::{Errno, pread};

use super::stat::{self, Stat};
use crate::process::Pid;

mod describing;
mod obstacle;

/// A page: what the kernel hands out of a generated file in one go.
const PAGE: usize = 4096;

/// Directory entries are read this many bytes at a time.
const ENTRIES: usize = 32 * 1024;

/// Where the files of a process are opened.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'d> {
    /// Below its number, which may come to mean another process.
    Number(Pid),
    /// In its directory, which stays that of the process that it was opened for: once
    /// that one is reaped, nothing opens there any more, whoever has the number by then.
    Directory(BorrowedFd<'d>),
}

/// The /proc that is mounted.
#[derive(Debug)]
pub(super) struct Proc {
    root: OwnedFd,
    path: String,
    buffer: Vec<u8>,
    entries: Box<[MaybeUninit<u8>]>,
    /// The highest descriptor of what was opened by a number: others lie beside it.
    highest: RawFd,
}

impl Proc {
    pub(super) fn open(own_pid: Pid) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open("/proc", flags, Mode::empty())?;
        // An empty directory opens as well: whoever forgot to mount /proc is told so. Entered
        // without its mount namespace, a container leaves the one from outside in place: what
        // it shows under a number is not whom that number signals.
        let shown = readlinkat(&root, "self", Vec::new())?;
        if stat::number(shown.as_bytes()) != Some(own_pid.get()) {
            return Err(io::Error::other(
                "it shows another PID namespace than the one fell runs in; mount this one's, or enter its mount namespace as well",
            ));
        }
        Ok(Self::below(root))
    }

    fn below(root: OwnedFd) -> Self {
        Self {
            highest: root.as_raw_fd(),
            root,
            path: String::new(),
            buffer: vec![0; PAGE],
            entries: Box::new_uninit_slice(ENTRIES),
        }
    }

    /// The same, to be read by another thread at the same time, while both of them open so
    /// many files. They share the place up to which the directory was listed, so only one of
    /// them may list it.
    ///
    /// Where threads share a table of descriptors that has to grow, the kernel waits until no
    /// processor can be reading the old one (`expand_fdtable`, milliseconds each time). So
    /// it grows now, while there is one thread.
    pub(super) fn try_clone(&self, files: usize) -> io::Result<Self> {
        let files = RawFd::try_from(files).unwrap_or(RawFd::MAX);
        let highest = self.highest.saturating_add(files);
        drop(rustix::io::fcntl_dupfd_cloexec(&self.root, highest)?);
        Ok(Self::below(self.root.try_clone()?))
    }

    /// What another one has opened is open here as well.
    pub(super) fn merge(&mut self, other: &Self) {
        self.highest = self.highest.max(other.highest);
    }

    fn open_below_root(
        &mut self,
        flags: OFlags,
        path: Arguments<'_>,
    ) -> rustix::io::Result<OwnedFd> {
        let opened = open(self.root.as_fd(), &mut self.path, flags, path)?;
        self.highest = self.highest.max(opened.as_raw_fd());
        Ok(opened)
    }

    /// Opens a file of a process.
    fn open_in(&mut self, place: Place<'_>, name: Arguments<'_>) -> rustix::io::Result<OwnedFd> {
        match place {
            Place::Number(pid) => {
                self.open_below_root(OFlags::RDONLY, format_args!("{pid}/{name}"))
            }
            Place::Directory(directory) => open(directory, &mut self.path, OFlags::RDONLY, name),
        }
    }

    /// Opens the directory of a process, only to open what is in it: without a right to
    /// list it, and for a fifth of what opening a file takes.
    pub(super) fn open_directory(&mut self, pid: Pid) -> rustix::io::Result<OwnedFd> {
        self.open_below_root(OFlags::PATH | OFlags::DIRECTORY, format_args!("{pid}"))
    }

    pub(super) fn open_stat(&mut self, place: Place<'_>) -> rustix::io::Result<OwnedFd> {
        self.open_in(place, format_args!("stat"))
    }

    pub(super) fn read_stat(&mut self, file: &OwnedFd) -> rustix::io::Result<Stat> {
        let length = pread(file, &mut self.buffer, 0)?;
        stat::parse(&self.buffer[..length]).ok_or(Errno::SRCH)
    }

    pub(super) fn open_children(
        &mut self,
        place: Place<'_>,
        thread: Pid,
    ) -> rustix::io::Result<OwnedFd> {
        self.open_in(place, format_args!("task/{thread}/children"))
    }

    /// Whether there is a process of this number that we may read (hidepid of proc(5)).
    pub(super) fn shows(&self, pid: Pid) -> bool {
        rustix::fs::statat(
            &self.root,
            format!("{pid}/stat"),
            rustix::fs::AtFlags::empty(),
        )
        .is_ok()
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

    /// A list of children, read until two readings agree unless it is empty. Whoever was on
    /// any of them is told: a parent that ends between two readings has handed its
    /// children on, and the second one is empty or fails.
    pub(super) fn read_children(&mut self, file: &OwnedFd) -> rustix::io::Result<Vec<Pid>> {
        /// A parent of so many newborns is read again by the next sweep.
        const READINGS: usize = 8;
        let mut children = self.read_pids(file)?;
        let mut last = children.clone();
        for _ in 1..READINGS {
            if last.is_empty() {
                break;
            }
            let again = match self.read_pids(file) {
                Ok(again) => again,
                Err(Errno::SRCH) => break,
                Err(error) => return Err(error),
            };
            if again == last {
                break;
            }
            let known: HashSet<Pid> = children.iter().copied().collect();
            children.extend(again.iter().filter(|&child| !known.contains(child)));
            last = again;
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
            let length = pread(file, &mut self.buffer[..PAGE], offset)?;
            text.extend_from_slice(&self.buffer[..length]);
            if length + LONGEST < PAGE {
                return Ok(());
            }
            offset += length as u64;
        }
    }

    /// Whether fell may trace a process (ptrace(2), "access mode checking"): its namespaces
    /// are shown to those who may, if it is a zombie as well.
    pub(super) fn may_trace(&mut self, pid: Pid) -> bool {
        self.path.clear();
        // Writing to a string does not fail.
        let _ = write!(self.path, "{pid}/ns/pid");
        readlinkat(&self.root, self.path.as_str(), Vec::new()).is_ok()
    }

    /// The numbers of all processes.
    pub(super) fn pids(&mut self) -> io::Result<Vec<Pid>> {
        seek(&self.root, SeekFrom::Start(0))?;
        Ok(numbers(&self.root, &mut self.entries)?)
    }

    /// How many threads a process has: its directory of them has so many links, besides the
    /// two of an empty one (`proc_task_getattr`).
    pub(super) fn count_threads(&mut self, place: Place<'_>) -> Option<u32> {
        self.path.clear();
        let below = match place {
            // Writing to a string does not fail.
            Place::Number(pid) => {
                let _ = write!(self.path, "{pid}/");
                self.root.as_fd()
            }
            Place::Directory(directory) => directory,
        };
        self.path.push_str("task");
        let found = rustix::fs::statat(below, self.path.as_str(), rustix::fs::AtFlags::empty());
        let threads = found.ok()?.st_nlink.checked_sub(2)?;
        u32::try_from(threads).ok()
    }

    /// The numbers of a process' threads.
    pub(super) fn threads(&mut self, place: Place<'_>) -> rustix::io::Result<Vec<Pid>> {
        let directory = self.open_in(place, format_args!("task"))?;
        numbers(&directory, &mut self.entries)
    }

    /// Whether none of a process' threads will run again: all of them are in exit(2) or over.
    pub(super) fn are_exiting(&mut self, place: Place<'_>) -> bool {
        let is_over = |error| matches!(error, Errno::NOENT | Errno::SRCH);
        let threads = match self.threads(place) {
            Ok(threads) => threads,
            Err(error) => return is_over(error),
        };
        threads.into_iter().all(|thread| {
            let opened = self.open_in(place, format_args!("task/{thread}/stat"));
            match opened.and_then(|file| self.read_stat(&file)) {
                Ok(stat) => stat.is_exiting,
                Err(error) => is_over(error),
            }
        })
    }

    /// Reads a file that the kernel writes in one go, as all but the lists of children
    /// are: it hands out as much as there is room for, so where room is left, nothing
    /// follows.
    fn read(&mut self, file: &OwnedFd) -> rustix::io::Result<&[u8]> {
        let mut filled = 0;
        loop {
            let length = rustix::io::read(file, &mut self.buffer[filled..])?;
            filled += length;
            if length == 0 || filled < self.buffer.len() {
                return Ok(&self.buffer[..filled]);
            }
            self.buffer.resize(2 * filled, 0);
        }
    }

    fn read_in(&mut self, place: Place<'_>, name: Arguments<'_>) -> rustix::io::Result<&[u8]> {
        let file = self.open_in(place, name)?;
        self.read(&file)
    }

    fn read_whole(&mut self, path: Arguments<'_>) -> rustix::io::Result<Vec<u8>> {
        let file = self.open_below_root(OFlags::RDONLY, path)?;
        self.read(&file).map(<[u8]>::to_vec)
    }
}

fn open(
    below: BorrowedFd<'_>,
    path: &mut String,
    flags: OFlags,
    name: Arguments<'_>,
) -> rustix::io::Result<OwnedFd> {
    path.clear();
    // Writing to a string does not fail.
    let _ = path.write_fmt(name);
    openat(below, path.as_str(), flags | OFlags::CLOEXEC, Mode::empty())
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
