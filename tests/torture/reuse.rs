//! Numbers that come to mean somebody else, at the worst moment.
//!
//! Each trial has a PID namespace of its own, where the next number can be set
//! (`ns_last_pid` of proc_sys_kernel(5)): a member or the target ends, and a stranger gets its
//! number, with a group or session of that number, while fell is still at it. strace(1)
//! slows fell down where a window of microseconds is to be met.

use std::io::{BufRead, BufReader, PipeReader, pipe};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::wait::{Id, WaitPidFlag, waitid};
use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;

use crate::support::family::{Family, program, victim};
use crate::support::fell::{FELL, Run};
use crate::support::means::Means;
use crate::support::victim::{Member, OnTerm, Place};
use crate::trial::Failure;
use crate::{Figures, rng};

const LAST: &str = "/proc/sys/kernel/ns_last_pid";

/// What this program is called with to run a trial inside a namespace.
pub const INSIDE: &str = "inside-reuse";

/// Whether a namespace can be made here and numbers can be set in it.
pub fn can_be_tried() -> bool {
    let words = [
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "sh",
        "-c",
    ];
    let script = format!("echo 200 >{LAST} && strace -o /dev/null true");
    Command::new("unshare")
        .args(words)
        .arg(script)
        .output()
        .is_ok_and(|output| output.status.success())
}

/// Runs a trial in a namespace of its own.
pub fn run_reuse(seed: u64, means: Means) -> Result<Figures, Failure> {
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--kill-child", "--mount-proc"]);
    command.arg(program()).args([INSIDE, &seed.to_string()]);
    if means == Means::NoPidfds {
        command.arg("--without-pidfds");
    }
    let output = command.output().expect("unshare");
    if output.status.success() {
        // What happened: whether the number was really given away.
        let text = String::from_utf8_lossy(&output.stdout);
        return Ok(Figures {
            trials: 1,
            late: usize::from(text.contains("reused")),
            ..Figures::default()
        });
    }
    Err(Failure {
        complaints: vec![format!("{:?}", output.status)],
        story: format!(
            "{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ),
    })
}

/// A trial, as the first process of a namespace.
pub fn inside(seed: u64, means: Means) -> ExitCode {
    let mut rng = rng(seed);
    let mut trial = Trial {
        means,
        complaints: Vec::new(),
    };
    let scenario = rng.random_range(0..4);
    println!("scenario {scenario}");
    match scenario {
        0 => trial.member_ends_in_the_grace(&mut rng),
        _ if means == Means::NoPidfds => trial.member_ends_in_the_grace(&mut rng),
        1 => trial.anyone_is_replaced_at_any_time(&mut rng),
        2 => trial.child_is_handed_on(&mut rng),
        _ => trial.child_is_replaced(&mut rng),
    }
    for complaint in &trial.complaints {
        println!("{complaint}");
    }
    ExitCode::from(u8::from(!trial.complaints.is_empty()))
}

struct Trial {
    means: Means,
    complaints: Vec<String>,
}

fn place(rng: &mut TestRng) -> Place {
    [Place::Inherited, Place::OwnGroup, Place::OwnSession][rng.random_range(0..3)]
}

/// Waits until a number is free; an orphan that has come to us is ours to reap.
fn await_free(pid: i32) -> bool {
    let until = Instant::now() + Duration::from_secs(5);
    while Instant::now() < until {
        let ours = Id::Pid(nix::unistd::Pid::from_raw(pid));
        let _ = waitid(ours, WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG);
        if !std::path::Path::new(&format!("/proc/{pid}")).exists() {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

/// A stranger with a child, in a group or session of its own, that bears this number; `None`
/// when the kernel keeps the number for a group or session.
fn stranger(pid: i32, rng: &mut TestRng) -> Option<Family> {
    let member = Member::new("stranger").hears_all();
    let mut member = member.child(Member::new("beside").hears_all());
    let is_session = rng.random_range(0..2) == 0;
    if is_session {
        member = member.place(Place::OwnSession);
    }
    let mut command = victim(&member);
    if !is_session {
        command.process_group(0);
    }
    std::fs::write(LAST, (pid - 1).to_string()).expect("a number that can be set");
    let family = Family::start_by(command, 2);
    (family.root() == pid).then_some(family)
}

fn run_of(output: Output) -> Run {
    Run::of(output, Duration::ZERO)
}

impl Trial {
    fn check(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.complaints.push(what());
        }
    }

    fn fell(&self, arguments: &[&str], target: i32) -> Child {
        self.means
            .fell()
            .args(arguments)
            .arg(target.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("fell")
    }

    /// A fell that takes its time for a system call, and its trace.
    fn slow_fell(&self, call: &str, when: &str, micros: u64, target: i32) -> (Child, Trace) {
        let (reader, writer) = pipe().expect("a pipe");
        let child = Command::new("strace")
            .args(["-f", "-qq", "-s", "400", "-o", "/proc/self/fd/0"])
            .args(["-e", "signal=none", "-e"])
            .arg(format!("inject={call}:delay_enter={micros}:when={when}"))
            .args([FELL, "term", "--grace", "300ms", "--json"])
            .arg(target.to_string())
            .stdin(Stdio::from(writer))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("strace");
        (child, Trace(BufReader::new(reader)))
    }

    fn check_stranger(&mut self, stranger: Option<Family>, run: &Run) {
        let Some(mut stranger) = stranger else {
            return;
        };
        println!("reused");
        let living = stranger.living();
        self.check(living == ["beside", "stranger"], || {
            format!("of the stranger live {living:?}: {run:#?}")
        });
        let heard = stranger.heard();
        self.check(heard.is_empty(), || {
            format!(
                "the stranger {:?} heard {heard:?}: {run:#?}",
                stranger.places()
            )
        });
    }

    /// A member ends during the grace, is reaped, and a stranger gets its number.
    fn member_ends_in_the_grace(&mut self, rng: &mut TestRng) {
        let worker = Member::new("worker")
            .on_term(OnTerm::Exit(0))
            .place(place(rng));
        let mut family = Family::start(&Member::new("main").on_term(OnTerm::Note).child(worker));
        let fell = self.fell(&["term", "--grace", "700ms", "--json"], family.root());
        family.await_line("exits worker 0");
        let pid = family.pid("worker");
        let is_free = await_free(pid);
        let stranger = if is_free { stranger(pid, rng) } else { None };
        let run = run_of(fell.wait_with_output().expect("an end"));
        let is_over = family.is_over();
        self.check(is_over, || {
            format!("of the family live {:?}", family.living())
        });
        self.check(run.status.code() == Some(0), || format!("{run:#?}"));
        let pids = run.json().pids();
        self.check(pids == family.pids(), || {
            format!("{pids:?} are in the record")
        });
        let is_all = run.json().fate(pid) == "exited 0" || self.means == Means::NoPidfds;
        self.check(is_all, || format!("{run:#?}"));
        self.check_stranger(stranger, &run);
    }

    /// Whoever it is ends at any moment while fell dawdles somewhere, and is replaced.
    fn anyone_is_replaced_at_any_time(&mut self, rng: &mut TestRng) {
        let pair = |name: &str| {
            Member::new(name)
                .place(Place::OwnGroup)
                .child(Member::new(&format!("{name}-child")).on_term(OnTerm::Exit(0)))
        };
        let mut family = Family::start(&Member::new("main").child(pair("a")).child(pair("b")));
        let names = ["main", "a", "b", "a-child"];
        let name = names[rng.random_range(0..names.len())];
        let calls = [
            "openat",
            "pidfd_open",
            "pread64",
            "pidfd_send_signal",
            "getdents64",
        ];
        let call = calls[rng.random_range(0..calls.len())];
        let most = if call.starts_with("pidfd") { 5 } else { 40 };
        let when = rng.random_range(1..=most).to_string();
        let (fell, mut trace) = self.slow_fell(call, &when, 60_000, family.root());
        // Before fell has looked, the number means whoever bears it.
        trace.await_line(&format!("\"{}/stat\"", family.root()));
        // The trace goes nowhere, but has to be read.
        let reader = std::thread::spawn(move || trace.drain());
        let micros = rng.random_range(0..150_000);
        wait_for(Duration::from_micros(micros));
        family.end(name);
        let pid = family.pid(name);
        if name == "main" {
            family.reap();
        }
        let is_free = await_free(pid);
        let stranger = if is_free { stranger(pid, rng) } else { None };
        let run = run_of(fell.wait_with_output().expect("an end"));
        let _ = reader.join();
        // Whoever was below the one who ended may have been lost with it.
        let left = family.living();
        let is_excused = |it: &String| name == "main" || it.starts_with(&format!("{name}-"));
        let is_fine = left.iter().all(is_excused);
        self.check(is_fine, || {
            format!("{name} ended, and {left:?} live: {run:#?}")
        });
        let code = run.status.code();
        let is_code = matches!(code, Some(0)) || code == Some(1) && name == "main";
        self.check(is_code, || format!("{run:#?}"));
        self.check_stranger(stranger, &run);
        family.let_go();
    }

    /// Its parent ends between the reading of the parent's list and the look at the child.
    fn child_is_handed_on(&mut self, rng: &mut TestRng) {
        let (mut family, fell, mut trace, child) = self.at_the_list(rng);
        family.end("parent");
        await_free(family.pid("parent"));
        trace.drain_here();
        let run = run_of(fell.wait_with_output().expect("an end"));
        let is_over = family.is_over();
        self.check(is_over, || format!("{:?} live: {run:#?}", family.living()));
        self.check(run.status.code() == Some(0), || format!("{run:#?}"));
        let pids = run.json().pids();
        self.check(pids.contains(&child), || {
            format!("{child} is not in the record: {run:#?}")
        });
    }

    /// The child ends there itself, and a stranger gets its number.
    fn child_is_replaced(&mut self, rng: &mut TestRng) {
        let (mut family, fell, mut trace, child) = self.at_the_list(rng);
        family.end("child");
        let is_free = await_free(child);
        let stranger = if is_free { stranger(child, rng) } else { None };
        trace.drain_here();
        let run = run_of(fell.wait_with_output().expect("an end"));
        let is_over = family.is_over();
        self.check(is_over, || format!("{:?} live: {run:#?}", family.living()));
        self.check(run.status.code() == Some(0), || format!("{run:#?}"));
        self.check_stranger(stranger, &run);
    }

    /// A fell that has just read a list with one child on it, which it has yet to open.
    fn at_the_list(&self, rng: &mut TestRng) -> (Family, Child, Trace, i32) {
        let child = Member::new("child")
            .place(Place::OwnSession)
            .on_term(OnTerm::Exit(0));
        let parent = Member::new("parent").place(place(rng)).child(child);
        let family = Family::start(&Member::new("main").child(parent));
        let child = family.pid("child");
        let micros = if rng.random_range(0..2) == 0 {
            4_000
        } else {
            30_000
        };
        let (fell, mut trace) = self.slow_fell("openat", "20+", micros, family.root());
        trace.await_line(&format!("\"{child} \""));
        (family, fell, trace, child)
    }
}

/// What strace tells, line by line.
struct Trace(BufReader<PipeReader>);

impl Trace {
    fn await_line(&mut self, words: &str) {
        let mut line = String::new();
        while self.0.read_line(&mut line).is_ok_and(|length| length > 0) {
            if line.contains(words) {
                return;
            }
            line.clear();
        }
    }

    fn drain(mut self) {
        self.drain_here();
    }

    fn drain_here(&mut self) {
        let _ = std::io::copy(&mut self.0, &mut std::io::sink());
    }
}

fn wait_for(time: Duration) {
    let time = rustix::event::Timespec {
        tv_sec: 0,
        tv_nsec: i64::from(time.subsec_nanos()),
    };
    let _ = rustix::event::poll(&mut [], Some(&time));
}
