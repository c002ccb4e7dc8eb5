//! Programs that services run: who of them lives, as told through a FIFO.

use std::fs::{self, File};
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::family::PATIENCE;
use super::family::is_readable;

/// How many members `tests/data/services/app.py` has.
pub const EVERYONE: usize = 8;

/// A program that a setup script has installed; a word about it where it has not.
pub fn installed(name: &str) -> Option<PathBuf> {
    let path = root().join("target/setup/venv/bin").join(name);
    if !path.exists() {
        eprintln!("no {name} here (tests/setup/services installs it): not tested");
        return None;
    }
    Some(path)
}

/// The same for one of the system.
pub fn on_path(name: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", "command -v \"$0\"", name])
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("no {name} here: not tested");
    }
    found
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn app() -> PathBuf {
    root().join("tests/data/services/app.py")
}

/// A directory that goes with its test.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("fell-{name}-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.join(name);
        fs::write(&path, text).expect("a file");
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Who has said on a FIFO to be ready.
pub struct Crew {
    pub fifo: PathBuf,
    line: File,
    unread: String,
    lines: Vec<String>,
    members: Vec<Hand>,
}

/// A member, held by a pidfd.
struct Hand {
    name: String,
    pid: i32,
    pidfd: OwnedFd,
}

impl Crew {
    pub fn new(scratch: &Scratch, name: &str) -> Self {
        let fifo = scratch.join(name);
        let made = Command::new("mkfifo").arg(&fifo).status().expect("mkfifo");
        assert!(made.success());
        // Open for writing as well, so that it never is at its end.
        let line = File::options()
            .read(true)
            .write(true)
            .open(&fifo)
            .expect("a FIFO");
        Self {
            fifo,
            line,
            unread: String::new(),
            lines: Vec::new(),
            members: Vec::new(),
        }
    }

    /// Waits until so many have said to be ready, the dead included.
    #[track_caller]
    pub fn await_ready(&mut self, members: usize) {
        let until = Instant::now() + PATIENCE;
        while self.members.len() < members {
            assert!(
                self.reads_until(until),
                "only {:?} are ready",
                self.living()
            );
        }
    }

    /// Waits for a line.
    #[track_caller]
    pub fn await_line(&mut self, line: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.lines.iter().any(|said| said == line) {
            assert!(self.reads_until(until), "nobody said {line:?}");
        }
    }

    fn reads_until(&mut self, until: Instant) -> bool {
        if !is_readable(self.line.as_fd(), until) {
            return false;
        }
        let mut buffer = [0; 4096];
        let length = self.line.read(&mut buffer).expect("a FIFO");
        self.unread += &String::from_utf8_lossy(&buffer[..length]);
        while let Some((line, rest)) = self.unread.split_once('\n') {
            let words: Vec<&str> = line.split(' ').collect();
            if let ["ready", name, pid] = words.as_slice() {
                let pid = pid.parse().expect("a PID");
                let opened = Pid::from_raw(pid).map(|pid| pidfd_open(pid, PidfdFlags::empty()));
                if let Some(Ok(pidfd)) = opened {
                    self.members.push(Hand {
                        name: (*name).to_owned(),
                        pid,
                        pidfd,
                    });
                }
            }
            self.lines.push(line.to_owned());
            self.unread = rest.to_owned();
        }
        true
    }

    /// The number of the one with this name who lives.
    #[track_caller]
    pub fn living_pid(&self, name: &str) -> i32 {
        let is_it = |member: &&Hand| {
            member.name == name && !is_readable(member.pidfd.as_fd(), Instant::now())
        };
        let found = self.members.iter().find(is_it);
        found.expect("a living member of that name").pid
    }

    /// The names of those who live.
    pub fn living(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .members
            .iter()
            .filter(|member| !is_readable(member.pidfd.as_fd(), Instant::now()))
            .map(|member| member.name.as_str())
            .collect();
        names.sort_unstable();
        names
    }

    /// Everyone who was ready is dead by now; the next ones are others.
    #[track_caller]
    pub fn is_gone(&mut self) {
        assert_eq!(self.living(), [] as [&str; 0]);
        self.members.clear();
    }

    /// Waits until everyone who was ready is dead.
    #[track_caller]
    pub fn await_gone(&mut self) {
        let until = Instant::now() + PATIENCE;
        for member in &self.members {
            assert!(
                is_readable(member.pidfd.as_fd(), until),
                "{} lives",
                member.name
            );
        }
        self.members.clear();
    }

    pub fn kill(&self, name: &str) {
        for member in self.members.iter().filter(|member| member.name == name) {
            let _ = pidfd_send_signal(&member.pidfd, Signal::KILL);
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        for member in &self.members {
            let _ = pidfd_send_signal(&member.pidfd, Signal::KILL);
        }
    }
}
