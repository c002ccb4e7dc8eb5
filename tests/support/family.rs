//! Starts a family of victims, watches it and cleans up after it.

use std::collections::HashMap;
use std::fs::{read_dir, read_link};
use std::io::{PipeReader, PipeWriter, Read, pipe};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::wait::{Id, WaitPidFlag, waitid};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::victim::{ENVIRONMENT, Member};

/// How long anything may take that is bound to happen, on a machine under load.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// How many bytes a family can say before somebody has to listen: what everyone may ask for.
const LINE: libc::c_int = 1024 * 1024;

/// A family, and what it has said so far.
#[derive(Debug)]
pub struct Family {
    root: Child,
    /// Its members end when this is closed.
    tether: Option<PipeWriter>,
    line: PipeReader,
    unread: Vec<u8>,
    said: Vec<String>,
    is_over: bool,
    places: HashMap<String, Place>,
    /// By name: a number may come to mean somebody else of the same family. The root, or
    /// the command around it, has none.
    held: HashMap<String, OwnedFd>,
}

/// Who a member is.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub pid: i32,
    pub group: i32,
    pub session: i32,
}

/// The command that becomes a family's root: this test program.
pub fn victim(member: &Member) -> Command {
    let mut command = Command::new(program());
    command.env(ENVIRONMENT, member.describe());
    command
}

/// This test program.
pub fn program() -> std::path::PathBuf {
    std::env::current_exe().expect("a path")
}

impl Family {
    /// Starts a family in a group of its own, as a supervisor does, and returns when
    /// everyone is ready.
    pub fn start(member: &Member) -> Self {
        let mut command = victim(member);
        command.process_group(0);
        Self::start_by(command, member.count())
    }

    /// Starts a command that becomes, or starts, a family of so many members.
    pub fn start_by(mut command: Command, members: usize) -> Self {
        let (stdin, tether) = pipe().expect("a pipe");
        let (line, stdout) = pipe().expect("a pipe");
        // Thousands speak while nobody listens, and must not be held up by that.
        // SAFETY: a descriptor of our own and a number.
        unsafe { libc::fcntl(line.as_raw_fd(), libc::F_SETPIPE_SZ, LINE) };
        let root = command
            .stdin(Stdio::from(stdin))
            .stdout(Stdio::from(stdout))
            .spawn()
            .expect("a program that starts");
        // Its own copies of the pipes' ends would keep them open.
        drop(command);
        let mut family = Self {
            root,
            tether: Some(tether),
            line,
            unread: Vec::new(),
            said: Vec::new(),
            is_over: false,
            places: HashMap::new(),
            held: HashMap::new(),
        };
        family.hold("", family.root());
        family.await_ready(members);
        family
    }

    /// Waits until so many members have said that they are ready.
    #[track_caller]
    pub fn await_ready(&mut self, members: usize) {
        let enough = |family: &Self| family.places.len() >= members;
        assert!(
            self.listen(PATIENCE, enough),
            "only {} of {members} are ready: {:?}",
            self.places.len(),
            self.said
        );
    }

    /// The process that was started: the root, or the command around it.
    pub fn root(&self) -> i32 {
        i32::try_from(self.root.id()).expect("a PID")
    }

    #[track_caller]
    pub fn place(&self, name: &str) -> Place {
        *self
            .places
            .get(name)
            .unwrap_or_else(|| panic!("no {name} in {:?}", self.places))
    }

    #[track_caller]
    pub fn pid(&self, name: &str) -> i32 {
        self.place(name).pid
    }

    /// Everyone who ever said to be ready, in order.
    pub fn pids(&self) -> Vec<i32> {
        let mut pids: Vec<i32> = self.places.values().map(|place| place.pid).collect();
        pids.sort_unstable();
        pids
    }

    /// Waits for a line, such as `heard main 15`.
    #[track_caller]
    pub fn await_line(&mut self, line: &str) {
        let is_said = |family: &Self| family.said.iter().any(|said| said == line);
        assert!(
            self.listen(PATIENCE, is_said),
            "nobody said {line:?}, but {:?}",
            self.said
        );
    }

    /// Waits until a line was said so often.
    #[track_caller]
    pub fn await_times(&mut self, line: &str, times: usize) {
        let count = |family: &Self| family.said.iter().filter(|said| *said == line).count();
        assert!(
            self.listen(PATIENCE, |family| count(family) >= times),
            "{line:?} was not said {times} times, but {:?}",
            self.said
        );
    }

    /// Waits for a line that has these words in it, and returns it.
    #[track_caller]
    pub fn await_words(&mut self, words: &str) -> String {
        let find = |family: &Self| {
            family
                .said
                .iter()
                .find(|said| said.contains(words))
                .cloned()
        };
        self.listen(PATIENCE, |family| find(family).is_some());
        find(self).unwrap_or_else(|| panic!("nobody said {words:?}, but {:?}", self.said))
    }

    /// Waits for a line that begins in one of two ways, and returns it.
    #[track_caller]
    pub fn await_either(&mut self, one: &str, other: &str) -> String {
        let find = |family: &Self| {
            let is_it = |said: &&String| said.starts_with(one) || said.starts_with(other);
            family.said.iter().find(is_it).cloned()
        };
        self.listen(PATIENCE, |family| find(family).is_some());
        find(self).unwrap_or_else(|| panic!("nobody said {one:?}, but {:?}", self.said))
    }

    /// Listens for so long, or until something is said.
    pub fn listen_for(&mut self, time: Duration) {
        let before = self.said.len();
        self.listen(time, |family| family.said.len() > before);
    }

    /// How often a line was said by now.
    pub fn times_said(&mut self, line: &str) -> usize {
        self.listen(Duration::ZERO, |_| false);
        self.said.iter().filter(|said| *said == line).count()
    }

    /// Everyone who ever said to be ready, by name.
    pub fn places(&self) -> &HashMap<String, Place> {
        &self.places
    }

    /// All that was said, one line each.
    pub fn said(&self) -> &[String] {
        &self.said
    }

    /// Waits until a member has ended, if only as a zombie.
    #[track_caller]
    pub fn await_end(&self, name: &str) {
        // Whoever was about to end when it said to be ready had closed its files by then,
        // and is not held.
        let opened = Pid::from_raw(self.pid(name)).map(|pid| pidfd_open(pid, PidfdFlags::empty()));
        let now = opened.and_then(Result::ok);
        if let Some(pidfd) = self.held.get(name).or(now.as_ref()) {
            assert!(
                is_readable(pidfd, Instant::now() + PATIENCE),
                "{name} does not end"
            );
        }
    }

    /// Lets everyone go who is left, and tells whether everyone has ended then.
    pub fn let_go(&mut self) -> bool {
        self.tether = None;
        self.listen(PATIENCE, |_| false)
    }

    /// Whether everyone has ended by now, escapees included: a process closes its files
    /// before it counts as dead.
    pub fn is_over(&mut self) -> bool {
        self.listen(Duration::ZERO, |_| false)
    }

    /// All the signals that were heard by now, as `NAME SIGNAL`.
    pub fn heard(&mut self) -> Vec<String> {
        self.listen(Duration::ZERO, |_| false);
        let mut heard: Vec<String> = self
            .said
            .iter()
            .filter_map(|line| line.strip_prefix("heard "))
            .map(str::to_owned)
            .collect();
        heard.sort();
        heard
    }

    /// Listens for so long; the test fails when anything is said.
    #[track_caller]
    pub fn is_silent_for(&mut self, time: Duration) {
        let before = self.said.len();
        self.listen(time, |family| family.said.len() > before);
        assert_eq!(self.said[before..], [] as [String; 0]);
        assert!(!self.is_over, "everyone is dead");
    }

    /// Whether everyone has ended, escapees included. A process closes its files before
    /// it counts as dead, so there is nothing to wait for when fell has returned.
    #[track_caller]
    pub fn is_gone(&mut self) {
        self.ends_within(Duration::from_secs(5));
    }

    /// Waits for the end of the last member while fell is still at it.
    #[track_caller]
    pub fn await_gone(&mut self) {
        self.ends_within(PATIENCE);
    }

    #[track_caller]
    fn ends_within(&mut self, time: Duration) {
        assert!(
            self.listen(time, |_| false),
            "somebody still lives: {:?}, said {:?}",
            self.living(),
            self.said
        );
    }

    /// Whether a member lives: a zombie does not.
    #[track_caller]
    pub fn lives(&self, name: &str) -> bool {
        self.is_alive_for(name, Duration::ZERO)
    }

    /// Whether a member lives on for so long.
    #[track_caller]
    pub fn lives_for(&self, name: &str, time: Duration) -> bool {
        self.is_alive_for(name, time)
    }

    fn is_alive_for(&self, name: &str, time: Duration) -> bool {
        self.held
            .get(name)
            .is_some_and(|pidfd| !is_readable(pidfd, Instant::now() + time))
    }

    /// The names of everyone who lives.
    pub fn living(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .places
            .keys()
            .filter(|name| self.is_alive_for(name, Duration::ZERO))
            .cloned()
            .collect();
        names.sort();
        names
    }

    /// Sends a signal to one member, through its pidfd.
    #[track_caller]
    pub fn signal(&self, name: &str, signal: Signal) {
        let pidfd = self.held.get(name).expect("a held member");
        pidfd_send_signal(pidfd, signal).expect("a signal");
    }

    /// Kills one member, if it still lives.
    pub fn end(&self, name: &str) {
        if let Some(pidfd) = self.held.get(name) {
            let _ = pidfd_send_signal(pidfd, Signal::KILL);
        }
    }

    /// Lets everyone go; the test fails if somebody got a signal or was killed.
    #[track_caller]
    pub fn assert_untouched(mut self) {
        let living = self.living();
        let mut names: Vec<String> = self.places.keys().cloned().collect();
        names.sort();
        assert_eq!(living, names, "somebody has ended");
        self.tether = None;
        self.is_gone();
        assert_eq!(self.heard(), [] as [String; 0]);
        for name in names {
            assert_eq!(self.times_said(&format!("bye {name}")), 1, "{name}");
        }
    }

    /// Waits until the root is a zombie.
    pub fn await_root_end(&self) {
        self.await_root(WaitPidFlag::WEXITED);
    }

    /// Waits until the root is stopped.
    pub fn await_root_stop(&self) {
        self.await_root(WaitPidFlag::WSTOPPED);
    }

    fn await_root(&self, state: WaitPidFlag) {
        let root = Id::Pid(nix::unistd::Pid::from_raw(self.root()));
        waitid(root, state | WaitPidFlag::WNOWAIT).expect("a child");
    }

    /// Waits for the root's end, and reaps it.
    pub fn reap(&mut self) -> ExitStatus {
        self.root.wait().expect("a child")
    }

    /// Reads until `is_enough` or the end of the line, whose last holder is dead then;
    /// false when the time is over before.
    fn listen(&mut self, within: Duration, is_enough: impl Fn(&Self) -> bool) -> bool {
        let until = Instant::now() + within;
        loop {
            if self.is_over || is_enough(self) {
                return true;
            }
            let time = timespec(until.saturating_duration_since(Instant::now()));
            let mut fds = [PollFd::from_borrowed_fd(self.line.as_fd(), PollFlags::IN)];
            match poll(&mut fds, Some(&time)) {
                Ok(0) => return false,
                Ok(_) => self.read(),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => panic!("poll: {error}"),
            }
        }
    }

    fn read(&mut self) {
        let mut buffer = [0; 16 * 1024];
        let length = self.line.read(&mut buffer).expect("a pipe");
        self.is_over = length == 0;
        self.unread.extend_from_slice(&buffer[..length]);
        while let Some(end) = self.unread.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.unread.drain(..=end).collect();
            self.note(String::from_utf8_lossy(&line).trim_end().to_owned());
        }
    }

    fn note(&mut self, line: String) {
        let words: Vec<&str> = line.split(' ').collect();
        if let ["ready", name, pid, group, session] = words.as_slice() {
            let number = |text: &str| text.parse().expect("a number");
            let place = Place {
                pid: number(pid),
                group: number(group),
                session: number(session),
            };
            self.hold(name, place.pid);
            self.places.insert((*name).to_owned(), place);
        }
        self.said.push(line);
    }

    /// Keeps hold of a member, so that its number can't come to mean somebody else.
    /// Only who speaks on the family's line is one: in another PID namespace the same
    /// number is a stranger's here.
    fn hold(&mut self, name: &str, pid: i32) {
        let opened = Pid::from_raw(pid).map(|pid| pidfd_open(pid, PidfdFlags::empty()));
        let Ok(ours) = read_link(format!("/proc/self/fd/{}", self.line.as_raw_fd())) else {
            return;
        };
        // Any thread will do: a main thread that has ended has no files any more.
        let speaks_here = read_dir(format!("/proc/{pid}/task"))
            .into_iter()
            .flatten()
            .flatten()
            .any(|thread| read_link(thread.path().join("fd/1")).is_ok_and(|it| it == ours));
        if let Some(Ok(pidfd)) = opened
            && speaks_here
        {
            self.held.insert(name.to_owned(), pidfd);
        }
    }
}

/// Whether there is something to be read until then.
pub fn is_readable(fd: impl AsFd, until: Instant) -> bool {
    loop {
        let time = timespec(until.saturating_duration_since(Instant::now()));
        let mut fds = [PollFd::new(&fd, PollFlags::IN)];
        match poll(&mut fds, Some(&time)) {
            Ok(ready) => return ready > 0,
            // By the end of a child of another test.
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => panic!("poll: {error}"),
        }
    }
}

fn timespec(time: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(time.as_secs()).expect("short"),
        tv_nsec: time.subsec_nanos().into(),
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        self.tether = None;
        let is_over = self.listen(Duration::from_secs(2), |_| false);
        if !is_over {
            // Whoever is stopped does not see that it was let go.
            for pidfd in self.held.values() {
                let _ = pidfd_send_signal(pidfd, Signal::KILL);
            }
            let is_over = self.listen(Duration::from_secs(20), |_| false);
            if !is_over && !std::thread::panicking() {
                panic!("somebody outlived its test: {:?}", self.living());
            }
        }
        let _ = self.root.kill();
        let _ = self.root.wait();
    }
}
