//! `fell run` as the first process of a PID namespace, as in a container.

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::family::{Family, program};
use support::fell::{FELL, Run, run};
use support::namespace::{WITH_PROC, can_be_made};
use support::running::as_in_foreground;
use support::service::{Scratch, root};
use support::victim::{ENVIRONMENT, Life, Member, OnTerm, Place};

/// fell as the first process, with a program below it.
fn inside(options: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    command
        .args(["--pid", "--fork", "--mount-proc", FELL, "run"])
        .args(options)
        .env("LC_ALL", "C.UTF-8");
    as_in_foreground(&mut command);
    command
}

/// A family under a fell that is the first process; and that fell, as it is numbered
/// outside.
fn start(options: &[&str], member: &Member) -> (Family, Pid) {
    let mut command = inside(options);
    command
        .arg("--")
        .arg(program())
        .env(ENVIRONMENT, member.describe())
        .stderr(Stdio::null());
    let family = Family::start_by(command, member.count());
    let unshare = family.root();
    let children = format!("/proc/{unshare}/task/{unshare}/children");
    let children = fs::read_to_string(children).expect("children");
    let fell = children.trim().parse().expect("one child");
    (family, Pid::from_raw(fell))
}

fn runs(options: &[&str], script: &str) -> Run {
    let mut command = inside(options);
    command
        .args(["--", "bash", "-c", script])
        .stdin(Stdio::null());
    run(command)
}

#[test]
fn a_container_ends_on_term_with_everything_in_it() {
    if !can_be_made(WITH_PROC) {
        return;
    }
    for (on_term, code) in [(OnTerm::Default, 143), (OnTerm::Ignore, 137)] {
        let member = Member::new("M")
            .on_term(on_term)
            .child(Member::new("C2").on_term(on_term).place(Place::OwnSession))
            .child(
                Member::new("D1")
                    .on_term(on_term)
                    .orphan()
                    .place(Place::OwnSession),
            );
        let (mut family, fell) = start(&["--grace", "400ms"], &member);
        kill(fell, Signal::SIGTERM).expect("the namespace's first process");
        assert_eq!(family.reap().code(), Some(code));
        family.is_gone();
    }
}

#[test]
fn a_program_in_a_container_that_ends_leaves_nobody_and_gives_its_status() {
    if !can_be_made(WITH_PROC) {
        return;
    }
    let run = runs(&["-v"], "setsid sleep 60 & (sleep 61 &) ; exit 9");
    run.exits(9)
        .warns("sleep 60")
        .warns("sleep 61")
        .warns("stopped 2 processes in ");
    assert!(run.took < Duration::from_secs(20), "{run:?}");
    runs(&[], "kill -SEGV $$").exits(139);
    runs(&[], "kill -64 $$").exits(192);
}

#[test]
fn thousands_of_orphans_are_reaped_and_no_zombie_stays() {
    if !can_be_made(WITH_PROC) {
        return;
    }
    // Each one forks a child that outlives it for a moment. Then the number of entries
    // in /proc has to come down to those that live: fell, bash, and grep for a moment.
    let run = runs(
        &["--grace", "1s"],
        "for i in {1..40}; do (for j in {1..50}; do (true & true &) ; done) ; done
         zombies() { grep -sh '^State:.Z' /proc/[0-9]*/status | wc -l; }
         for k in {1..200}; do n=$(zombies); [ \"$n\" = 0 ] && break; read -rt 0.05 <> <(:); done
         echo zombies $n",
    );
    run.exits(0).says("zombies 0").is_quiet();
}

#[test]
fn signals_reach_the_program_through_the_first_process() {
    if !can_be_made(WITH_PROC) {
        return;
    }
    let (mut family, fell) = start(&[], &Member::new("M").hears_all());
    for (signal, number) in [
        (Signal::SIGUSR1, 10),
        (Signal::SIGUSR2, 12),
        (Signal::SIGTSTP, 20),
    ] {
        kill(fell, signal).expect("the namespace's first process");
        family.await_line(&format!("heard M {number}"));
    }
    kill(fell, Signal::SIGINT).expect("the namespace's first process");
    family.await_line("heard M 2");
    kill(fell, Signal::SIGINT).expect("the namespace's first process");
    assert_eq!(family.reap().code(), Some(137));
}

#[test]
fn with_wait_all_a_container_lives_as_long_as_its_daemon() {
    if !can_be_made(WITH_PROC) {
        return;
    }
    let member = Member::new("M").life(Life::Exit(6)).child(
        Member::new("daemon")
            .orphan()
            .place(Place::OwnSession)
            .life(Life::Last(500)),
    );
    let (mut family, _) = start(&["--wait-all"], &member);
    assert_eq!(family.reap().code(), Some(6));
    family.is_gone();
    assert_eq!(family.times_said("bye daemon"), 0);
}

/// Without /proc a stop could not find anyone: better to fail at once.
#[test]
fn without_proc_nothing_is_started() {
    if !can_be_made(WITH_PROC) {
        return;
    }
    let mut command = Command::new("unshare");
    command
        .args(["--pid", "--fork", "--mount", "sh", "-c"])
        .arg("umount -l /proc && exec \"$FELL\" run -- echo started")
        .env("FELL", FELL);
    let run = run(command);
    run.exits(125).warns("can't get ready");
    assert_eq!(run.out, "");
}

/// A root file system with nothing in it but one static binary: the smallest container.
#[test]
fn a_root_file_system_needs_nothing_but_a_static_fell() {
    if !can_be_made(WITH_PROC) {
        return;
    }
    let Some(binary) = static_fell() else {
        return;
    };
    let system = Scratch::new("root");
    for directory in ["proc", "bin", "tmp"] {
        fs::create_dir(system.join(directory)).expect("a directory");
    }
    fs::copy(&binary, system.join("bin/fell")).expect("a copy");
    let inside = |options: &[&str]| {
        let mut command = Command::new("unshare");
        command
            .args(["--pid", "--fork", "--mount"])
            .arg(format!("--root={}", system.0.display()))
            .arg("--mount-proc=/proc")
            .args(["/bin/fell", "run"])
            .args(options)
            .env_clear()
            .env("PATH", "/bin");
        run(command)
    };
    inside(&["--", "fell", "--version"]).exits(0).says("fell ");
    inside(&["--", "fell", "tree"])
        .exits(0)
        .says("fell run -- fell tree")
        .says("fell itself");
    inside(&["--", "nothing-else-is-here"]).exits(127);
    // One fell runs another, which leaves nobody either.
    inside(&["--", "fell", "run", "--", "fell", "signals", "143"])
        .exits(0)
        .says("ended by SIGTERM");
}

/// fell linked statically, which tests/setup/static builds.
fn static_fell() -> Option<PathBuf> {
    let binary = root().join("target/setup/static/fell");
    if !binary.exists() {
        eprintln!("no static binary here (tests/setup/static builds it): not tested");
        return None;
    }
    Some(binary)
}
