//! Processes that KILL does not end at once: named for what they are, and waited for no
//! longer than the schedule says, with pidfds and without.

mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::family::{Family, PATIENCE};
use support::fell::AFTER_KILL;
use support::means::Means;
use support::victim::{Life, Member, OnTerm};

/// How long somebody is asked to end.
const GRACE: Duration = Duration::from_millis(300);

/// A cgroup of our own, with the file that freezes it.
struct Freezer {
    directory: PathBuf,
    switch: &'static str,
    words: [&'static str; 2],
}

impl Freezer {
    /// Version 1, or `None` with a reason.
    fn first() -> Option<Self> {
        Self::at(
            &["/sys/fs/cgroup/freezer"],
            "freezer.state",
            ["FROZEN", "THAWED"],
        )
    }

    /// Version 2.
    fn second() -> Option<Self> {
        Self::at(
            &["/sys/fs/cgroup", "/sys/fs/cgroup/unified"],
            "cgroup.freeze",
            ["1", "0"],
        )
    }

    fn at(mounts: &[&str], switch: &'static str, words: [&'static str; 2]) -> Option<Self> {
        let name = format!("fell-test-{}", std::process::id());
        for mount in mounts {
            let directory = Path::new(mount).join(&name);
            if fs::create_dir(&directory).is_ok() {
                if directory.join(switch).exists() {
                    return Some(Self {
                        directory,
                        switch,
                        words,
                    });
                }
                let _ = fs::remove_dir(&directory);
            }
        }
        eprintln!("no cgroup with {switch} can be made here: not tested");
        None
    }

    fn take_in(&self, pid: i32) {
        fs::write(self.directory.join("cgroup.procs"), pid.to_string()).expect("a move");
    }

    fn freeze(&self) {
        self.write(self.words[0]);
        // It takes a moment, and the file itself tells when.
        let events = self.directory.join("cgroup.events");
        let state = if events.exists() {
            events
        } else {
            self.directory.join(self.switch)
        };
        let is_frozen = |text: String| {
            text.lines()
                .any(|line| line == "frozen 1" || line == "FROZEN")
        };
        while !fs::read_to_string(&state).is_ok_and(is_frozen) {
            std::thread::yield_now();
        }
    }

    fn thaw(&self) {
        self.write(self.words[1]);
    }

    fn write(&self, word: &str) {
        fs::write(self.directory.join(self.switch), word).expect("a switch");
    }
}

impl Drop for Freezer {
    fn drop(&mut self) {
        let _ = fs::write(self.directory.join(self.switch), self.words[1]);
        for _ in 0..100_000 {
            // Its last process may take a moment to leave it.
            if fs::remove_dir(&self.directory).is_ok() {
                return;
            }
            std::thread::yield_now();
        }
    }
}

/// A file system of our own that is frozen: whoever writes to it sleeps without
/// interruption until it is thawed.
struct FrozenDisk {
    directory: PathBuf,
    /// A shell that waits for the end of this test, however it comes, and thaws it.
    keeper: Child,
}

impl FrozenDisk {
    /// `None`, with a reason, where none can be had.
    fn new() -> Option<Self> {
        let directory = std::env::temp_dir().join(format!("fell-disk-{}", std::process::id()));
        let mut keeper = Command::new("sh")
            .args(["-c", include_str!("data/frozen_disk.sh"), "sh"])
            .arg(&directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let mut said = String::new();
        let line = keeper.stdout.as_mut().expect("a pipe");
        let read = BufReader::new(line).read_line(&mut said);
        let disk = Self { directory, keeper };
        if read.is_ok() && said == "frozen\n" {
            return Some(disk);
        }
        eprintln!("no file system can be made, mounted and frozen here: not tested");
        None
    }

    fn file(&self) -> PathBuf {
        self.directory.join("mounted/file")
    }

    fn thaw(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

impl Drop for FrozenDisk {
    fn drop(&mut self) {
        self.thaw();
    }
}

/// Waits until a process has this state.
fn await_state(pid: i32, state: &str) {
    let line = format!("State:\t{state}");
    let file = format!("/proc/{pid}/status");
    let until = Instant::now() + PATIENCE;
    while !fs::read_to_string(&file).is_ok_and(|status| status.contains(&line)) {
        assert!(Instant::now() < until, "{pid} does not get to {state}");
        std::thread::yield_now();
    }
}

#[test]
fn who_sleeps_in_the_kernel_and_does_not_die_of_kill_is_named_with_the_place() {
    let Some(mut disk) = FrozenDisk::new() else {
        return;
    };
    let writer = Member::new("writer").creates(&disk.file());
    let mut family = Family::start(&Member::new("main").child(writer));
    let writer = family.pid("writer");
    await_state(writer, "D");
    let options = ["--schedule", "TERM/300ms/KILL/500ms", "--json"];
    let run = fell!["term", options[0], options[1], options[2], family.root()];
    run.exits(2)
        .warns(&format!("fell: {writer} "))
        .warns("is still there: it sleeps in the kernel (")
        .keeps_to(Duration::from_millis(800));
    let record = run.json();
    assert_eq!(record.verdict(), "left");
    assert_eq!(record.fate(writer), "survived uninterruptible");
    assert_eq!(record.fate(family.root()), "signalled TERM");
    // What it was sent meets it when it wakes up.
    disk.thaw();
    family.is_gone();
}

#[test]
fn a_frozen_cgroup_of_version_1_is_named_and_waited_for_no_longer_than_said() {
    for means in Means::BOTH {
        let Some(freezer) = Freezer::first() else {
            return;
        };
        let mut family = Family::start(&Member::new("main").child(Member::new("worker")));
        let worker = family.pid("worker");
        freezer.take_in(worker);
        freezer.freeze();
        let run = fell_by![
            means,
            "term",
            "--schedule",
            "TERM/300ms/KILL/500ms",
            "--json",
            family.root()
        ];
        run.exits(2)
            .warns(&format!("fell: {worker} "))
            .warns("is still there: its cgroup is frozen; thaw it")
            .keeps_to(Duration::from_millis(800));
        let record = run.json();
        assert_eq!(record.verdict(), "left");
        assert_eq!(record.fate(worker), "survived frozen");
        record.tells(family.root(), "signalled TERM", means);
        // What it was sent meets it when it is thawed.
        freezer.thaw();
        family.is_gone();
    }
}

#[test]
fn a_frozen_cgroup_of_version_2_does_not_keep_anyone_from_kill() {
    for means in Means::BOTH {
        let Some(freezer) = Freezer::second() else {
            return;
        };
        let mut family =
            Family::start(&Member::new("main").child(Member::new("worker").on_term(OnTerm::Note)));
        let worker = family.pid("worker");
        freezer.take_in(worker);
        freezer.freeze();
        let run = fell_by![
            means,
            "term",
            "--no-kill",
            "--grace",
            "300ms",
            "--json",
            family.root()
        ];
        run.exits(2).keeps_to(GRACE);
        assert_eq!(run.json().fate(worker), "survived frozen");
        let run = fell_by![means, "kill", "--json", worker];
        run.exits(0).keeps_to(AFTER_KILL);
        run.json().tells(worker, "signalled KILL", means);
        family.is_gone();
    }
}

#[test]
fn a_parent_that_waits_for_its_vfork_is_named_with_the_place_and_dies_of_kill() {
    for means in Means::BOTH {
        let mut family = Family::start(
            &Member::new("main").child(
                Member::new("waiting")
                    .on_term(OnTerm::Note)
                    .life(Life::Vfork),
            ),
        );
        family.await_ready(3);
        let waiting = family.pid("waiting");
        let run = fell_by![
            means,
            "term",
            "--no-kill",
            "--grace",
            "300ms",
            "--json",
            family.root()
        ];
        run.exits(2)
            .warns(&format!("fell: {waiting} "))
            .warns("is still there: it sleeps in the kernel")
            .keeps_to(GRACE);
        let record = run.json();
        assert_eq!(record.fate(waiting), "survived uninterruptible");
        assert_eq!(record.fate(family.pid("waiting-child")), "survived running");
        let run = fell_by![means, "kill", "--json", waiting];
        run.exits(0).keeps_to(AFTER_KILL);
        family.is_gone();
        run.json().tells(waiting, "signalled KILL", means);
    }
}

#[test]
fn a_traced_process_is_named_with_its_tracer_and_dies_of_kill() {
    for means in Means::BOTH {
        let mut family = Family::start(&Member::new("main").child(Member::new("worker")));
        let none = std::ptr::null_mut::<libc::c_void>();
        // SAFETY: takes numbers.
        let attached = unsafe { libc::ptrace(libc::PTRACE_ATTACH, family.root(), none, none) };
        if attached != 0 {
            eprintln!("ptrace is not permitted here: not tested");
            return;
        }
        family.await_root_stop();
        let run = fell_by![
            means,
            "term",
            "--no-kill",
            "--grace",
            "300ms",
            "--json",
            family.root()
        ];
        run.exits(2).keeps_to(GRACE).warns(&format!(
            "is still there: held by tracer {}; end or detach that first",
            std::process::id()
        ));
        let record = run.json();
        assert_eq!(record.fate(family.root()), "survived traced");
        record.tells(family.pid("worker"), "signalled TERM", means);
        // KILL needs nobody's leave.
        let run = fell_by![means, "kill", "--json", family.root()];
        run.exits(0).keeps_to(AFTER_KILL);
        run.json().tells(family.root(), "signalled KILL", means);
        family.is_gone();
    }
}

#[test]
fn who_is_stopped_on_purpose_is_named_as_such() {
    let mut family = Family::start(&Member::new("main").child(Member::new("worker")));
    let run = fell![
        "term",
        "--no-kill",
        "--signal",
        "STOP",
        "--grace",
        "300ms",
        "--json",
        family.root()
    ];
    run.exits(2).keeps_to(GRACE);
    for pid in family.pids() {
        run.warns(&format!("fell: {pid} "));
        assert_eq!(run.json().fate(pid), "survived stopped");
    }
    run.warns("is still there: it is stopped");
    fell!["tree", family.root()].exits(0).says("stopped");
    // TERM ends it all the same, since it is continued then.
    let run = fell!["term", "--json", family.root()];
    run.exits(0).keeps_to(Duration::from_secs(10) + AFTER_KILL);
    family.is_gone();
    assert_eq!(run.json().fate(family.root()), "signalled TERM");
}
