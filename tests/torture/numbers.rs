//! PID namespaces of a trial's own, where numbers come round when a trial wants it.
//!
//! The next number is set by `ns_last_pid` (proc_sys_kernel(5)) where nobody else forks, and
//! by clone3(2) where others do. Both take rights over the namespace, so it is made by root,
//! or in a user namespace by whoever may have one.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use nix::sys::wait::{Id, WaitPidFlag, waitid};
use serde::{Deserialize, Serialize};

use crate::Figures;
use crate::support::family::program;
use crate::support::fell::run;
use crate::support::means::Means;
use crate::support::victim::can_choose_numbers;
use crate::trial::Failure;

const LAST: &str = "/proc/sys/kernel/ns_last_pid";

/// What this program is called with to do something inside a namespace.
pub const INSIDE: &str = "inside";

/// What it is to do there to find out whether it can.
pub const PROBE: &str = "probe";

/// What comes out of a namespace: the last line that is said in there.
#[derive(Debug, Serialize, Deserialize)]
enum Answer {
    Fine(Figures),
    Failed(Failure),
}

/// A command for a namespace of its own; `None` where there can't be any.
fn unshared() -> Option<Command> {
    static OPTIONS: OnceLock<Option<&[&str]>> = OnceLock::new();
    let unshare = |options: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(options);
        command.args(["--pid", "--fork", "--kill-child", "--mount-proc"]);
        command.arg(program()).arg(INSIDE);
        command
    };
    let works = |options: &&&[&str]| {
        let probed = unshare(options).args([PROBE, "0"]).output();
        probed.is_ok_and(|output| output.status.success())
    };
    let found = OPTIONS.get_or_init(|| {
        let ways: [&[&str]; 2] = [&[], &["--user", "--map-root-user"]];
        ways.iter().find(works).copied()
    });
    found.map(unshare)
}

/// Whether a namespace can be made here and numbers can be set in it.
pub fn can_be_chosen() -> bool {
    unshared().is_some()
}

/// Tries both ways to set a number, inside a namespace.
pub fn probe() -> ExitCode {
    let is_set = std::fs::write(LAST, "200").is_ok();
    ExitCode::from(u8::from(!(is_set && can_choose_numbers())))
}

/// Runs a trial in a namespace of its own.
pub fn run_inside(scenario: &str, seed: u64, means: Means) -> Result<Figures, Failure> {
    let mut command = unshared().expect("a namespace");
    command.args([scenario, &seed.to_string()]);
    command.args(means.option());
    let run = run(command);
    let last = run.out.lines().last().unwrap_or_default();
    match serde_json::from_str(last) {
        Ok(Answer::Fine(figures)) => Ok(figures),
        Ok(Answer::Failed(failure)) => Err(failure),
        Err(_) => Err(Failure {
            complaints: vec![format!("no answer, {:?}", run.status)],
            story: format!("{}\n{}", run.out, run.err),
        }),
    }
}

/// Says in there what came of it.
pub fn answer(tried: Result<Figures, Failure>) -> ExitCode {
    let answer = match tried {
        Ok(figures) => Answer::Fine(figures),
        Err(failure) => Answer::Failed(failure),
    };
    println!("\n{}", serde_json::to_string(&answer).expect("plain data"));
    ExitCode::SUCCESS
}

/// The next process that is born gets this number, if it is free.
pub fn set_next(pid: i32) {
    std::fs::write(LAST, (pid - 1).to_string()).expect("a number that can be set");
}

/// Whether a number is free; an orphan that has come to us is ours to reap.
pub fn is_free(pid: i32) -> bool {
    let ours = Id::Pid(nix::unistd::Pid::from_raw(pid));
    let _ = waitid(ours, WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG);
    !Path::new(&format!("/proc/{pid}")).exists()
}

/// Waits until it is.
pub fn await_free(pid: i32) -> bool {
    /// A process leaves /proc before the kernel sets its number free.
    const MOMENT: Duration = Duration::from_millis(2);
    let until = Instant::now() + Duration::from_secs(5);
    while Instant::now() < until {
        if is_free(pid) {
            wait_for(MOMENT);
            return true;
        }
        std::thread::yield_now();
    }
    false
}

/// Lets less than a second pass.
pub fn wait_for(time: Duration) {
    let time = rustix::event::Timespec {
        tv_sec: 0,
        tv_nsec: i64::from(time.subsec_nanos()),
    };
    let _ = rustix::event::poll(&mut [], Some(&time));
}
