//! The kind of program that fell was made for: a Python main process with three
//! children, each with one of its own, all in one group; with handlers that kill the
//! whole group, and without.

mod support;

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use support::family::Family;

const PROGRAM: &str = r#"
import multiprocessing, os, select, signal, sys

# A copy, since multiprocessing gives its children another standard input.
tether = os.dup(0)

def end(number, frame):
    os.killpg(os.getpgid(os.getpid()), signal.SIGKILL)

def stay(name):
    signal.alarm(60)
    os.write(1, f"ready {name} {os.getpid()} {os.getpgrp()} {os.getsid(0)}\n".encode())
    poll = select.poll()
    poll.register(tether, select.POLLIN)
    poll.poll()
    os._exit(0)

def child(number):
    below = multiprocessing.Process(target=stay, args=(f"grandchild-{number}",))
    below.start()
    stay(f"child-{number}")

multiprocessing.set_start_method("fork")
if sys.argv[1] == "handlers":
    signal.signal(signal.SIGTERM, end)
if sys.argv[1] == "ignoring":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
for number in range(3):
    multiprocessing.Process(target=child, args=(number,)).start()
stay("main")
"#;

fn seed(kind: &str) -> Option<Family> {
    let exists = Command::new("python3").arg("--version").output();
    if !exists.is_ok_and(|output| output.status.success()) {
        eprintln!("python3 is missing: not tested");
        return None;
    }
    let mut command = Command::new("python3");
    command.args(["-c", PROGRAM, kind]).process_group(0);
    Some(Family::start_by(command, 7))
}

#[test]
fn the_seed_program_leaves_nobody() {
    for kind in ["plain", "handlers", "ignoring"] {
        for command in ["term", "kill", "killpg"] {
            let Some(mut family) = seed(kind) else {
                return;
            };
            let mut arguments = vec![command.to_owned(), "--json".to_owned()];
            if command == "term" {
                arguments.extend(["--grace".to_owned(), "1s".to_owned()]);
            }
            arguments.push(family.pid("main").to_string());
            let run = support::fell::fell(&arguments);
            run.exits(0);
            family.is_gone();
            let record = run.json();
            assert_eq!(record.verdict(), "gone");
            assert_eq!(record.pids(), family.pids(), "{kind} {command}");
            assert!(run.took < Duration::from_secs(9), "{run:?}");
            let expected = match (kind, command) {
                ("plain", "term") => "signalled TERM",
                _ => "signalled KILL",
            };
            for pid in family.pids() {
                assert_eq!(record.fate(pid), expected, "{kind} {command}");
            }
        }
    }
}

#[test]
fn any_process_of_the_seed_program_stands_for_its_group() {
    let Some(mut family) = seed("plain") else {
        return;
    };
    let run = fell!["term", "--json", family.pid("grandchild-1")];
    run.exits(0).warns("also holds its parent");
    family.is_gone();
    assert_eq!(run.json().pids(), family.pids());
}
