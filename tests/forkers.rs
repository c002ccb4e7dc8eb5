//! Families that change while they are being stopped, with pidfds and without.

mod support;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::killpg;
use nix::unistd::Pid;
use rustix::process::Signal;

use support::family::Family;
use support::fell::FELL;
use support::means::Means;
use support::trace::has_strace;
use support::victim::{Life, Member, OnTerm, Parenting, Place};

/// With pidfds and without, for somebody in each kind of group and session.
fn everywhere() -> impl Iterator<Item = (Means, Place)> {
    Means::BOTH.into_iter().flat_map(|means| {
        [Place::Inherited, Place::OwnGroup, Place::OwnSession].map(|place| (means, place))
    })
}

#[test]
fn a_helper_that_is_started_on_term_is_left_in_peace_to_clean_up() {
    for (means, place) in everywhere() {
        let mut family = Family::start(
            &Member::new("main")
                .on_term(OnTerm::ExitAfter(100))
                .child(Member::new("worker").on_term(OnTerm::CleanUp(place, 300))),
        );
        let run = fell_by![means, "term", "--grace", "20s", "--json", family.root()];
        run.exits(0);
        family.is_gone();
        assert!(run.took < Duration::from_secs(18), "{run:?}");
        let record = run.json();
        record.tells(family.pid("worker"), "exited 0", means);
        let helper = family.pid("worker-helper");
        if record.pids().contains(&helper) {
            record.tells(helper, "exited 0", means);
        }
    }
}

#[test]
fn a_helper_that_does_not_end_is_killed_with_whoever_waits_for_it() {
    for (means, place) in everywhere() {
        let mut family = Family::start(
            &Member::new("main")
                .child(Member::new("worker").on_term(OnTerm::CleanUp(place, 30_000))),
        );
        let run = fell_by![means, "term", "--grace", "500ms", "--json", family.root()];
        run.exits(0);
        family.is_gone();
        assert!(run.took >= Duration::from_millis(500), "{run:?}");
        let record = run.json();
        record.tells(family.pid("worker"), "signalled KILL", means);
        record.tells(family.pid("worker-helper"), "signalled KILL", means);
    }
}

#[test]
fn a_helper_that_the_target_leaves_behind_is_found_in_its_group() {
    for means in Means::BOTH {
        let mut family = Family::start(&Member::new("main").on_term(OnTerm::Help));
        let run = fell_by![means, "term", "--grace", "20s", "--json", family.root()];
        run.exits(0);
        family.is_gone();
        assert!(run.took < Duration::from_secs(18), "{run:?}");
        let record = run.json();
        record.tells(family.root(), "exited 0", means);
        // It may be met by the signal before it can say so.
        let helper = record
            .pids()
            .into_iter()
            .find(|&pid| pid != family.root())
            .expect("a helper");
        record.tells(helper, "signalled TERM", means);
    }
}

#[test]
fn a_master_that_replaces_its_workers_is_no_match_for_it() {
    for (means, place) in everywhere() {
        for command in [vec!["term", "--grace", "300ms"], vec!["kill"]] {
            let mut family = Family::start(
                &Member::new("master")
                    .on_term(OnTerm::Ignore)
                    .life(Life::Respawn)
                    .child(Member::new("worker").place(place).times(4)),
            );
            let root = family.root().to_string();
            let run = means.run(&[command.as_slice(), &["--json", &root]].concat());
            run.exits(0);
            family.is_gone();
            let record = run.json();
            record.tells(family.root(), "signalled KILL", means);
            assert_eq!(record.verdict(), "gone");
        }
    }
}

#[test]
fn a_master_goes_first_where_it_stops_its_workers_itself() {
    for means in Means::BOTH {
        let celery = Member::new("master").on_term(OnTerm::Drain).child(
            Member::new("worker")
                .hears(&[nix::sys::signal::Signal::SIGUSR1])
                .times(3),
        );
        let mut family = Family::start(&celery);
        let run = fell_by![means, "term", "--main-first", "--json", family.root()];
        run.exits(0);
        family.is_gone();
        for worker in ["worker", "worker-2", "worker-3"] {
            assert_eq!(family.times_said(&format!("finished {worker}")), 1);
            run.json().tells(family.pid(worker), "exited 0", means);
        }
        run.json().tells(family.root(), "exited 0", means);

        let mut family = Family::start(&celery);
        let run = fell_by![means, "term", "--json", family.root()];
        run.exits(0);
        family.is_gone();
        run.json().tells(family.root(), "exited 0", means);
    }
}

#[test]
fn what_a_master_that_went_first_leaves_gets_the_signal_too() {
    for means in Means::BOTH {
        let mut family = Family::start(
            &Member::new("master")
                .on_term(OnTerm::Exit(0))
                .child(Member::new("worker").on_term(OnTerm::Exit(6)))
                .child(Member::new("stubborn").on_term(OnTerm::Note)),
        );
        let run = fell_by![
            means,
            "term",
            "--main-first",
            "--grace",
            "500ms",
            "--json",
            family.root()
        ];
        run.exits(0);
        family.is_gone();
        let record = run.json();
        record.tells(family.root(), "exited 0", means);
        record.tells(family.pid("worker"), "exited 6", means);
        record.tells(family.pid("stubborn"), "signalled KILL", means);
        assert_eq!(family.heard(), ["master 15", "stubborn 15", "worker 15"]);
        assert!(run.took >= Duration::from_millis(500), "{run:?}");
    }
}

#[test]
fn a_line_of_processes_that_fork_and_end_at_once_is_ended() {
    // Each leaves hundreds of zombies where nobody reaps orphans.
    for means in Means::BOTH {
        for command in [
            vec!["killpg"],
            vec!["kill"],
            vec!["term", "--grace", "300ms"],
            vec!["term", "--grace", "0"],
        ] {
            let mut family = Family::start(&Member::new("main").life(Life::StartLine));
            let root = family.root().to_string();
            let run = means.run(&[command.as_slice(), &[&root]].concat());
            run.exits(0);
            family.is_gone();
            assert!(run.took < Duration::from_secs(15), "{run:?}");
        }
    }
}

#[test]
fn such_a_line_is_ended_when_its_first_process_is_long_gone() {
    for command in [
        vec!["killpg"],
        vec!["kill"],
        vec!["term", "--grace", "300ms"],
    ] {
        let mut family = Family::start(
            &Member::new("main").child(
                Member::new("starter")
                    .life(Life::StartLine)
                    .on_term(OnTerm::Exit(0)),
            ),
        );
        family.signal("starter", rustix::process::Signal::TERM);
        family.await_line("heard starter 15");
        let root = family.root().to_string();
        let run = support::fell::fell(&[command.as_slice(), &[&root]].concat());
        run.exits(0);
        family.is_gone();
        assert!(run.took < Duration::from_secs(15), "{run:?}");
    }
}

#[test]
fn such_a_line_is_ended_when_its_first_process_is_reaped_at_once() {
    for means in Means::ALL {
        for command in [vec!["kill"], vec!["term", "--grace", "300ms"]] {
            // Takes no notice of children that end, its own and those left to it, so that
            // the kernel keeps no zombie of any of them to vouch for the group.
            let reaper = Member::new("reaper").parenting(Parenting::Adopting);
            let main = Member::new("main").place(Place::OwnGroup);
            let family = Family::start(&reaper.child(main.life(Life::StartLine)));
            let main = family.pid("main");
            let run = means.run(&[command.as_slice(), &[&main.to_string()]].concat());
            assert!(run.took < Duration::from_secs(15), "{run:?}");
            if means != Means::Everything && run.status.code() == Some(2) {
                // On a busy machine nobody lives long enough to be met: then it is told.
                run.warns(&format!("who is in group {main} can't be read"));
                continue;
            }
            run.exits(0);
            // A line that was missed goes on for longer than that.
            let until = Instant::now() + Duration::from_secs(10);
            while killpg(Pid::from_raw(main), None).is_ok() {
                assert!(Instant::now() < until, "{means:?} missed it: {run:?}");
                std::thread::yield_now();
            }
        }
    }
}

#[test]
fn a_child_of_a_thread_that_was_started_after_the_first_look_is_not_forgotten() {
    meets_a_child_of_a_late_thread(Command::new(FELL));
}

#[test]
fn such_a_child_is_met_though_the_main_thread_of_its_parent_takes_longer_to_end() {
    if !has_strace() {
        return;
    }
    // The child is looked at when one thread has ended and handed it on, and the other one
    // is still on its way there, in half of the tries.
    for _ in 0..5 {
        let mut command = Command::new("strace");
        command
            .args(["-f", "-qq", "-e", "trace=pidfd_open", "-o", "/dev/null"])
            .args(["-e", "inject=pidfd_open:delay_enter=1000", FELL]);
        meets_a_child_of_a_late_thread(command);
    }
}

#[track_caller]
fn meets_a_child_of_a_late_thread(mut fell: Command) {
    // Nothing but that thread's list leads to it, and its parent ends of TERM at once.
    let mut family = Family::start(
        &Member::new("main").on_term(OnTerm::Note).child(
            Member::new("worker")
                .hears(&[nix::sys::signal::Signal::SIGUSR1])
                .life(Life::ThreadOnUsr1)
                .child(
                    Member::new("late")
                        .place(Place::OwnSession)
                        .on_term(OnTerm::Exit(0)),
                ),
        ),
    );
    let fell = fell
        .args(["term", "--main-first", "--grace", "30s"])
        .arg(family.root().to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("fell");
    family.await_line("heard main 15");
    family.signal("worker", Signal::USR1);
    family.await_ready(3);
    family.end("main");
    let told = fell.wait_with_output().expect("an end");
    family.is_gone();
    let told = String::from_utf8_lossy(&told.stdout);
    assert!(told.starts_with("stopped 3 processes in "), "{told}");
}
