//! What `fell run` does with the signals that it gets itself.

mod support;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use support::family::{Family, program};
use support::fell::{FELL, run};
use support::running::{Running, fell_run};
use support::victim::{ENVIRONMENT, Life, Member, OnTerm};

/// Each of them ends the program by default, so its death tells that it was passed on.
#[test]
fn signals_that_do_not_ask_to_end_are_passed_on_to_the_program_alone() {
    let passed = [10, 12, 14, 26, 27, 29, 30, 34, 35, 50, 64];
    for signal in passed {
        let text = format!(
            "sleep 60 & kill -{signal} $PPID; wait; exit 77" // the child does not get it
        );
        let mut command = fell_run(&["--json", "--", "bash", "-c", &text]);
        command.stdin(Stdio::null());
        let run = run(command);
        assert_eq!(run.status.code(), Some(128 + signal), "{run:?}");
        assert!(run.err.contains("\"signal\": \"TERM\""), "{run:?}");
    }
}

#[test]
fn a_program_hears_what_is_passed_on_and_nothing_else() {
    let program = Member::new("M").hears_all().hears(&[Signal::SIGWINCH]);
    let mut running = Running::start(&["--grace", "300ms"], &program);
    for signal in [
        Signal::SIGCHLD,
        Signal::SIGTTIN,
        Signal::SIGTTOU,
        Signal::SIGPIPE,
    ] {
        running.signal(signal);
    }
    // One after the other: a CONT that has not been read yet is undone by a TSTP.
    for signal in [
        Signal::SIGWINCH,
        Signal::SIGCONT,
        Signal::SIGUSR1,
        Signal::SIGTSTP,
        Signal::SIGUSR2,
    ] {
        running.signal(signal);
        running
            .family
            .await_line(&format!("heard M {}", signal as i32));
    }
    running.signal(Signal::SIGTERM);
    let (status, _) = running.finish();
    assert_eq!(status.code(), Some(137));
    assert_eq!(
        running.family.heard(),
        ["M 10", "M 12", "M 15", "M 18", "M 20", "M 28"]
    );
}

#[test]
fn a_second_signal_moves_to_the_next_step() {
    let program = Member::new("M")
        .on_term(OnTerm::Note)
        .hears(&[Signal::SIGHUP]);
    let program = program.child(Member::new("C1").on_term(OnTerm::Ignore));
    let began = Instant::now();
    let schedule = "TERM/1h/HUP/1h/KILL/5s";
    let mut running = Running::start(&["--schedule", schedule], &program);
    running.signal(Signal::SIGTERM);
    running.family.await_line("heard M 15");
    running.signal(Signal::SIGTERM);
    running.family.await_line("heard M 1");
    running.signal(Signal::SIGINT);
    let (status, record) = running.finish();
    assert_eq!(status.code(), Some(137));
    assert!(began.elapsed() < Duration::from_secs(60));
    assert_eq!(record.fate(running.family.pid("C1")), "signalled HUP");
    assert_eq!(running.family.heard(), ["M 1", "M 15"]);
}

#[test]
fn an_impatient_user_gets_everyone_killed_and_nobody_left() {
    let worker = Member::new("worker").on_term(OnTerm::Ignore).times(20);
    let program = Member::new("M").on_term(OnTerm::Note).child(worker);
    let mut running = Running::start(&["--grace", "1h"], &program);
    running.signal(Signal::SIGTERM);
    running.family.await_line("heard M 15");
    for _ in 0..50 {
        // A last one may come too late for its process.
        let _ = nix::sys::signal::kill(running.pid(), Signal::SIGTERM);
    }
    let (status, record) = running.finish();
    assert_eq!(status.code(), Some(137));
    assert_eq!(record.verdict(), "gone");
}

#[test]
fn who_asks_while_what_was_left_behind_is_stopped_does_not_shorten_its_time() {
    let program = Member::new("M")
        .on_term(OnTerm::Exit(0))
        .child(Member::new("slow").on_term(OnTerm::ExitAfter(600)).orphan());
    let mut running = Running::start(&["--grace", "30s"], &program);
    running.end_program();
    running.signal(Signal::SIGTERM);
    let (status, record) = running.finish();
    assert_eq!(status.code(), Some(0));
    assert_eq!(record.fate(running.family.pid("slow")), "exited 0");
}

#[test]
fn what_was_ignored_when_fell_started_asks_for_nothing() {
    let member = Member::new("M").hears_all();
    let mut shell = Command::new("sh");
    shell
        .args([
            "-c",
            "trap '' HUP; exec \"$FELL\" run --grace 200ms -- \"$VICTIM\"",
        ])
        .env("FELL", FELL)
        .env("VICTIM", program())
        .env(ENVIRONMENT, member.describe())
        .stderr(Stdio::null());
    let mut family = Family::start_by(shell, 1);
    let fell = nix::unistd::Pid::from_raw(family.root());
    nix::sys::signal::kill(fell, Signal::SIGHUP).expect("our own child");
    nix::sys::signal::kill(fell, Signal::SIGUSR1).expect("our own child");
    family.await_line("heard M 10");
    nix::sys::signal::kill(fell, Signal::SIGTERM).expect("our own child");
    family.await_line("heard M 15");
    assert_eq!(family.reap().code(), Some(137));
    assert_eq!(family.heard(), ["M 10", "M 15"]);
}

#[test]
fn a_stopped_program_is_woken_to_end() {
    let program = Member::new("M").life(Life::Stop).child(Member::new("C1"));
    let mut running = Running::start(&["--grace", "20s"], &program);
    let began = Instant::now();
    running.signal(Signal::SIGTERM);
    let (status, _) = running.finish();
    assert_eq!(status.code(), Some(143));
    assert!(began.elapsed() < Duration::from_secs(15));
}

#[test]
fn the_agreed_first_signal_is_sent_for_term_and_for_what_is_left() {
    let program = Member::new("M")
        .hears(&[Signal::SIGQUIT])
        .on_term(OnTerm::Note);
    let mut running = Running::start(&["--signal", "QUIT", "--grace", "300ms"], &program);
    running.signal(Signal::SIGTERM);
    running.family.await_line("heard M 3");
    let (status, record) = running.finish();
    assert_eq!(status.code(), Some(137));
    assert_eq!(record.0["schedule"][0]["signal"], "QUIT");
    assert_eq!(running.family.heard(), ["M 3"]);
}
