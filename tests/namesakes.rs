//! Who is looked at by the number once more, after what it was read by was closed.

mod support;

use std::process::Command;

use fell::linux::Linux;
use fell::process::Pid;
use fell::system::{Hold, Lost, System};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::{self, ForkResult, alarm, fork, pause};

use support::family::program;
use support::namespace::{WITH_PROC, can_be_made};

/// Set for the test itself, which needs a PID namespace in which nobody else is born.
const INSIDE: &str = "FELL_TEST_INSIDE";

#[test]
fn a_namesake_of_the_same_tick_is_not_taken_for_one_who_has_ended() {
    if std::env::var_os(INSIDE).is_some() {
        return look_at_namesakes();
    }
    if !can_be_made(WITH_PROC) {
        return;
    }
    let run = Command::new("unshare")
        .args(WITH_PROC)
        .args(["--kill-child".as_ref(), program().as_os_str()])
        .args(["--exact", "--nocapture"])
        .arg("a_namesake_of_the_same_tick_is_not_taken_for_one_who_has_ended")
        .env(INSIDE, "")
        .output()
        .expect("unshare");
    eprint!("{}", String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{run:?}");
}

fn look_at_namesakes() {
    let mut namesakes = 0;
    for number in 20_000..20_100 {
        let mut linux = Linux::new().expect("/proc");
        let pid = Pid::new(number).expect("a number");
        let Some(member) = bear(number) else {
            eprintln!("numbers can't be chosen here: not tested");
            return;
        };
        let (mut handle, process) = linux.open(pid, Hold::Follow).expect("a member");
        end(member);
        linux.retire(&mut handle);
        let namesake = bear(number).expect("a free number");
        let found = linux.glance(pid).expect("the namesake");
        let read = linux.review(&mut handle);
        end(namesake);
        namesakes += u32::from(found.identity == process.identity);
        assert!(matches!(read, Err(Lost::Gone)), "{read:?}");
    }
    eprintln!("{namesakes} of 100 were born in the same tick");
}

/// A child of this number, if that can be had, which ends by itself.
fn bear(number: i32) -> Option<unistd::Pid> {
    std::fs::write("/proc/sys/kernel/ns_last_pid", (number - 1).to_string()).ok()?;
    // SAFETY: the child calls nothing but what may be called after a fork.
    match unsafe { fork() }.expect("fork") {
        ForkResult::Child => {
            alarm::set(20);
            pause();
            // SAFETY: ends the process.
            unsafe { libc::_exit(0) }
        }
        ForkResult::Parent { child } if child.as_raw() == number => Some(child),
        ForkResult::Parent { child } => {
            end(child);
            None
        }
    }
}

fn end(child: unistd::Pid) {
    kill(child, Signal::SIGKILL).expect("a child");
    waitpid(child, None).expect("its end");
}
