//! A kernel that refuses: one system call of fell fails, once or from then on.
//!
//! strace(1) plays the kernel. Whatever fails, nobody may be said to be gone who lives, no
//! record may be lost, and the stop may not take longer than its schedule and five seconds.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;

use crate::support::family::Family;
use crate::support::fell::{AFTER_KILL, FELL, Run, longest, run};
use crate::support::means::Means;
use crate::support::victim::{Life, Member, OnTerm, Place};
use crate::trial::Failure;
use crate::{Figures, rng};

/// A system call, the errors that it may come with, and how often a stop makes it.
const CALLS: [(&str, &[&str], u64); 17] = [
    (
        "openat",
        &["EACCES", "ENOENT", "EIO", "EMFILE", "ENOMEM"],
        90,
    ),
    (
        "openat",
        &["EACCES", "ENOENT", "EIO", "EMFILE", "ENOMEM"],
        30,
    ),
    ("pread64", &["EIO", "ESRCH", "ENOMEM"], 120),
    ("pread64", &["EIO", "ESRCH", "ENOMEM"], 30),
    ("getdents64", &["EIO", "ENOENT", "ENOMEM"], 20),
    ("pidfd_open", &["ENOSYS", "EPERM", "EMFILE", "ENOMEM"], 12),
    (
        "pidfd_send_signal",
        &["EPERM", "ENOSYS", "EINVAL", "EAGAIN"],
        40,
    ),
    ("ioctl", &["ENOTTY", "EINVAL"], 14),
    ("poll", &["EINTR", "ENOMEM"], 2),
    ("ppoll", &["EINTR", "ENOMEM", "EINVAL"], 14),
    ("write", &["EPIPE", "ENOSPC", "EAGAIN", "EIO"], 4),
    ("read", &["EIO", "ENOMEM", "EINTR"], 8),
    ("prlimit64", &["EPERM", "EINVAL"], 4),
    ("signalfd4", &["EMFILE", "ENOMEM"], 1),
    ("setpgid", &["EPERM"], 1),
    ("newfstatat", &["EIO", "ENOENT"], 6),
    ("kill", &["EPERM", "EINVAL", "EAGAIN"], 14),
];

/// What fails.
struct Fault {
    call: &'static str,
    error: &'static str,
    when: u64,
    lasting: Lasting,
}

/// For how long it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lasting {
    Once,
    FromThenOn,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plus = match self.lasting {
            Lasting::Once => "",
            Lasting::FromThenOn => "+",
        };
        write!(
            f,
            "inject={}:error={}:when={}{plus}",
            self.call, self.error, self.when
        )
    }
}

impl Fault {
    fn of(rng: &mut TestRng, means: Means) -> Self {
        let (call, errors, times) = CALLS[rng.random_range(0..CALLS.len())];
        let mut error = errors[rng.random_range(0..errors.len())];
        // A kernel that goes on saying that a file is not there means it: that is a lie
        // which nothing could find out. Without pidfds it is the only word there is.
        let mut is_lie = matches!(error, "ENOENT" | "ESRCH");
        if is_lie && means == Means::NoPidfds {
            (error, is_lie) = ("EIO", false);
        }
        let lasting = if !is_lie && rng.random_range(0..3) == 0 {
            Lasting::FromThenOn
        } else {
            Lasting::Once
        };
        let when = rng.random_range(1..=times);
        Self {
            call,
            error,
            when: when
                + made_at_start()
                    .and_then(|made| made.get(call).copied())
                    .unwrap_or(0),
            lasting,
        }
    }
}

/// How often fell makes each system call before it looks at /proc: the loader and the
/// language are not what is tried here. `None` without strace.
fn made_at_start() -> Option<&'static HashMap<String, u64>> {
    static MADE: OnceLock<Option<HashMap<String, u64>>> = OnceLock::new();
    MADE.get_or_init(|| {
        let log = log_of(0);
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-e", "signal=none", "-o"]);
        strace
            .arg(&log)
            .arg(FELL)
            .args(["tree", "--reach", "process", "1"]);
        let is_done = strace.output().is_ok_and(|output| output.status.success());
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let _ = std::fs::remove_file(&log);
        let mut made = HashMap::new();
        for line in text.lines() {
            if line.contains("\"/proc\"") {
                return is_done.then_some(made);
            }
            let call = line.split(' ').find(|word| word.contains('('));
            let name = call
                .and_then(|word| word.split('(').next())
                .unwrap_or_default();
            *made.entry(name.to_owned()).or_default() += 1;
        }
        None
    })
    .as_ref()
}

fn log_of(seed: u64) -> PathBuf {
    std::env::temp_dir().join(format!("fell-faults-{}-{seed}", std::process::id()))
}

/// Whether strace works here.
pub fn can_be_tried() -> bool {
    made_at_start().is_some()
}

fn victims() -> Member {
    Member::new("main")
        .child(Member::new("worker").on_term(OnTerm::Exit(3)))
        .child(
            Member::new("moved")
                .place(Place::OwnSession)
                .child(Member::new("stubborn").on_term(OnTerm::Note)),
        )
        .child(Member::new("orphan").orphan().on_term(OnTerm::Note))
        .child(Member::new("threads").life(Life::Threads(2)))
        .child(Member::new("stopped").life(Life::Stop))
}

/// Stops a family while something fails.
pub fn run_fault(seed: u64, means: Means) -> Result<Figures, Failure> {
    let mut rng = rng(seed);
    let fault = Fault::of(&mut rng, means);
    let description = victims();
    let mut family = Family::start(&description);
    let grace = if rng.random_range(0..4) == 0 { 0 } else { 300 };
    let schedule = Duration::from_millis(grace) + AFTER_KILL;
    let mut strace = Command::new("strace");
    let log = log_of(seed);
    strace.args(["-f", "-qq", "-o"]).arg(&log);
    strace.args([
        "-e",
        "signal=none",
        "-e",
        "status=all",
        "-e",
        &fault.to_string(),
    ]);
    if means == Means::NoPidfds && fault.call != "pidfd_open" {
        strace.args(["-e", "inject=pidfd_open:error=ENOSYS"]);
    }
    strace
        .arg(FELL)
        .args(["term", "--json", "--grace", &format!("{grace}ms")]);
    strace.arg(family.root().to_string());
    let run = run(strace);
    let trace = std::fs::read_to_string(&log).unwrap_or_default();
    let _ = std::fs::remove_file(&log);
    let is_over = family.is_over();
    let living = family.living();
    let heard = family.heard();
    let mut complaints = complaints(&fault, &run, is_over, &living, &heard, &family);
    if run.took > longest(schedule) {
        complaints.push(format!("took {:?}", run.took));
    }
    if complaints.is_empty() {
        return Ok(Figures {
            trials: 1,
            processes: description.count(),
            members: description.count(),
            ..Figures::default()
        });
    }
    let injected: Vec<&str> = trace
        .lines()
        .enumerate()
        .filter(|(_, line)| line.contains("INJECTED"))
        .map(|(_, line)| line)
        .take(3)
        .collect();
    let story = format!(
        "{fault} {means:?} grace {grace} ms\n{injected:#?}\nliving {living:?}, heard {heard:?}\n{:?} after {:?}\n{}\n{}",
        run.status, run.took, run.out, run.err
    );
    Err(Failure { complaints, story })
}

fn complaints(
    fault: &Fault,
    run: &Run,
    is_over: bool,
    living: &[String],
    heard: &[String],
    family: &Family,
) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut complain = |text: String| complaints.push(text);
    let everyone = family.places().len();
    let is_lie = matches!(fault.error, "ENOENT" | "ESRCH");
    match run.status.code() {
        Some(0) if is_over => {}
        Some(0) => complain(format!("says gone while {living:?} live")),
        // The target itself was said not to be there.
        Some(1) if is_lie && living.len() == everyone => {}
        Some(2 | 3) if run.err.starts_with("fell: ") => {}
        Some(2 | 3) if fault.call == "write" => {}
        status => complain(format!("status {status:?}, stderr {:?}", run.err)),
    }
    if run.status.code() == Some(3) && living.len() < everyone {
        complain("status 3, but somebody was signalled".to_owned());
    }
    if run.err.contains("panicked") {
        complain("panicked".to_owned());
    }
    for asked in heard {
        if heard.iter().filter(|it| *it == asked).count() > 1 {
            complain(format!("heard twice: {asked}"));
        }
    }
    let is_told = matches!(run.status.code(), Some(0 | 2)) && fault.call != "write";
    if is_told {
        match serde_json::from_str::<serde_json::Value>(&run.out) {
            Err(error) => complain(format!("no record: {error}")),
            Ok(record) => {
                let members = record["members"].as_array().cloned().unwrap_or_default();
                // Whom it could not read it can't name; but then it says so.
                let has_gaps = record["unread"].as_array().is_some_and(|it| !it.is_empty());
                for (name, place) in family.places() {
                    let is_named = members.iter().any(|it| it["pid"] == place.pid);
                    // Who was said not to be there may have ended before the next look.
                    if !is_named && !has_gaps && !is_lie && !living.contains(name) {
                        complain(format!("{name} has ended and is not in the record"));
                    }
                }
            }
        }
    }
    complaints
}
