//! What `fell run` costs: the time to start, and the memory while it waits. The bounds
//! leave room for a build without optimisation and for a machine that is busy.

mod support;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::fell::FELL;
use support::service::on_path;

/// A field of /proc/PID/status, in kilobytes.
fn kilobytes(pid: u32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find(|line| line.starts_with(field));
    let words = line.expect("a field").split_whitespace();
    words.rev().nth(1).expect("a number").parse().expect("kB")
}

#[test]
fn a_fell_that_waits_is_small() {
    let mut fell = Command::new(FELL)
        .args(["run", "--", "cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("fell");
    let limit = if cfg!(debug_assertions) { 4096 } else { 2048 };
    // It makes itself small after a while.
    let until = Instant::now() + Duration::from_secs(30);
    while kilobytes(fell.id(), "VmRSS:") >= limit {
        assert!(
            Instant::now() < until,
            "{} kB",
            kilobytes(fell.id(), "VmRSS:")
        );
        std::thread::yield_now();
    }
    drop(fell.stdin.take());
    assert!(fell.wait().expect("an end").success());
}

#[test]
fn to_start_a_program_costs_little_more_than_with_tini() {
    if !on_path("tini") {
        return;
    }
    let time = |words: &[&str]| {
        let began = Instant::now();
        let status = Command::new(words[0]).args(&words[1..]).status();
        assert!(status.expect("a program").success());
        began.elapsed()
    };
    let (mut tini, mut fell) = (Vec::new(), Vec::new());
    for _ in 0..21 {
        tini.push(time(&["tini", "-s", "--", "/bin/true"]));
        fell.push(time(&[FELL, "run", "--", "/bin/true"]));
    }
    tini.sort_unstable();
    fell.sort_unstable();
    let ratio = fell[10].as_secs_f64() / tini[10].as_secs_f64();
    println!("fell run -- true: {ratio:.2} times tini -s -- true");
    let bound = if cfg!(debug_assertions) { 8.0 } else { 3.0 };
    assert!(ratio < bound, "{ratio:.2}: {fell:?}, {tini:?}");
}
