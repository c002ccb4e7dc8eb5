//! Somebody is stopped, and the end of another one would hang it up.
//!
//! When a process ends and a group is orphaned by that, which is to say that no member has
//! a parent in another group of the session any more, and one of its members is stopped, the
//! kernel sends HUP and CONT to all of that group (setpgid(2), `kill_orphaned_pgrp`).

mod support;

use nix::sys::signal::Signal::{SIGCONT, SIGHUP};
use support::family::{Family, victim};
use support::victim::{Life, Member, OnTerm, Place};

/// As a shell with job control starts a job; in a session of its own, so that whoever takes
/// in the orphans, which may be any process of the tests' session, is in another one.
fn start(job: Member) -> Family {
    let shell = Member::new("shell")
        .place(Place::OwnSession)
        .hears_all()
        .child(job.place(Place::OwnGroup));
    Family::start_by(victim(&shell), shell.count())
}

#[test]
fn who_is_stopped_and_its_mates_can_clean_up_though_their_parent_ends_at_once() {
    for place in [Place::Inherited, Place::OwnGroup] {
        // Who is first is a matter of microseconds.
        for _ in 0..8 {
            let worker = Member::new("worker").place(place).on_term(OnTerm::Exit(3));
            let below = Member::new("below").on_term(OnTerm::Exit(4));
            let mate = Member::new("mate").on_term(OnTerm::Exit(4));
            let mut family = start(
                Member::new("job")
                    .child(worker.child(below).life(Life::Stop))
                    .child(mate.times(2)),
            );
            let run = fell!["term", "--json", family.pid("job")];
            run.exits(0);
            let record = run.json();
            assert_eq!(record.members().len(), 5);
            assert_eq!(record.fate(family.pid("job")), "signalled TERM");
            assert_eq!(record.fate(family.pid("worker")), "exited 3", "{place:?}");
            assert_eq!(family.living(), ["shell"]);
            let heard = family.heard();
            assert!(heard.contains(&"worker 15".to_owned()), "{heard:?}");
            assert_eq!(heard.len(), 4, "TERM for each that hears it: {heard:?}");
        }
    }
}

#[test]
fn a_job_that_is_stopped_as_a_whole_can_clean_up() {
    for _ in 0..8 {
        let member = |name| Member::new(name).life(Life::Stop).on_term(OnTerm::Exit(3));
        let mut family = start(
            member("job")
                .child(member("worker").child(member("below")))
                .child(member("other").place(Place::OwnGroup)),
        );
        let run = fell!["term", "--json", family.pid("job")];
        run.exits(0);
        for name in ["job", "worker", "below", "other"] {
            assert_eq!(run.json().fate(family.pid(name)), "exited 3", "{name}");
        }
        assert_eq!(family.living(), ["shell"]);
        assert_eq!(
            family.heard(),
            ["below 15", "job 15", "other 15", "worker 15"]
        );
    }
}

#[test]
fn whom_the_kernel_hangs_up_is_not_recorded_as_signalled() {
    let listener = |name| Member::new(name).hears(&[SIGHUP, SIGCONT]);
    let mut family = start(
        Member::new("job")
            .child(listener("worker").life(Life::Stop))
            .child(listener("mate")),
    );
    // The target alone, and its end orphans the group that it leads.
    let run = fell!["kill", "--reach", "process", "--json", family.pid("job")];
    run.exits(0);
    for line in ["heard worker 1", "heard worker 18", "heard mate 1"] {
        family.await_line(line);
    }
    assert_eq!(run.json().pids(), [family.pid("job")]);
    assert_eq!(family.living(), ["mate", "shell", "worker"]);
}
