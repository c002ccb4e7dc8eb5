//! Several targets, signals that are only delivered, and schedules.

mod support;

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal::{SIGHUP, SIGINT, SIGTERM};
use support::family::Family;
use support::fell::{FELL, Run, fell};
use support::victim::{Member, OnTerm, Place};

fn stubborn() -> Family {
    Family::start(&Member::new("main").on_term(OnTerm::Note))
}

#[test]
fn several_targets_are_stopped_on_one_clock() {
    let mut families: Vec<Family> = (0..4).map(|_| stubborn()).collect();
    let mut arguments = vec![
        "term".to_owned(),
        "--grace".into(),
        "1s".into(),
        "--json".into(),
    ];
    arguments.extend(families.iter().map(|family| family.root().to_string()));
    let run = support::fell::fell(&arguments);
    run.exits(0);
    let record = run.json();
    let millis = record.0["elapsed_ms"].as_f64().expect("a time");
    assert!((1000.0..2000.0).contains(&millis), "{millis}");
    for family in &mut families {
        family.is_gone();
        assert_eq!(family.heard(), ["main 15"]);
        assert_eq!(record.fate(family.root()), "signalled KILL");
        assert_eq!(record.member(family.root())["target"], family.root());
    }
}

#[test]
fn a_target_that_is_named_twice_is_one_target() {
    let mut family = stubborn();
    let pid = family.root();
    fell!["term", "--dry-run", pid, pid].exits(0).is_quiet();
    let run = fell!["kill", "--json", pid, pid];
    run.exits(0).is_quiet();
    family.is_gone();
    let targets = &run.json().0["targets"];
    assert_eq!(targets.as_array().map(Vec::len), Some(1), "{targets}");
    assert_eq!(targets[0]["missing"], false);
}

#[test]
fn a_dry_run_tells_whose_member_each_one_is() {
    let families = [stubborn(), stubborn()];
    let [first, second] = [families[0].root(), families[1].root()];
    let record = fell!["term", "--dry-run", "--json", first, second].json();
    for pid in [first, second] {
        assert_eq!(record.member(pid)["target"], pid);
    }
}

#[test]
fn targets_that_overlap_get_each_signal_once() {
    let main = Member::new("main").on_term(OnTerm::Note).child(
        Member::new("worker").on_term(OnTerm::Note).child(
            Member::new("helper")
                .on_term(OnTerm::Note)
                .place(Place::OwnSession),
        ),
    );
    for order in [
        ["main", "worker", "helper"],
        ["helper", "worker", "main"],
        ["worker", "worker", "worker"],
    ] {
        let mut family = Family::start(&main);
        let pids = order.map(|name| family.pid(name));
        let run = fell![
            "term", "--grace", "300ms", "--json", pids[0], pids[1], pids[2]
        ];
        run.exits(0);
        family.is_gone();
        assert_eq!(family.heard(), ["helper 15", "main 15", "worker 15"]);
        assert_eq!(run.json().pids(), family.pids());
    }
}

#[test]
fn a_target_that_is_missing_does_not_spare_the_others() {
    for json in ["--json", "-v"] {
        let mut gone = Family::start(&Member::new("gone").on_term(OnTerm::Exit(0)));
        fell!["term", "-q", gone.root()].exits(0).is_quiet();
        gone.reap();
        let mut family = Family::start(&Member::new("main"));
        let run = fell!["term", json, gone.root(), family.root()];
        run.exits(0)
            .warns(&format!("no such process: {}", gone.root()));
        family.is_gone();
        if json == "--json" {
            assert_eq!(run.json().0["targets"][0]["missing"], true);
            assert_eq!(run.json().0["targets"][1]["missing"], false);
        }
    }
}

#[test]
fn a_signal_is_delivered_once_to_each_and_nobody_waits() {
    let worker = Member::new("worker").hears(&[SIGHUP]).times(3);
    let moved = Member::new("moved")
        .hears(&[SIGHUP])
        .place(Place::OwnSession)
        .times(3);
    let mut family = Family::start(
        &Member::new("main")
            .hears(&[SIGHUP])
            .child(worker)
            .child(moved),
    );
    let run = fell!["kill", "-s", "HUP", family.root()];
    run.exits(0).is_quiet();
    assert_eq!(run.out, "sent HUP to 7 processes\n");
    let (in_group, moved) = (
        ["main", "worker", "worker-2", "worker-3"],
        ["moved", "moved-2", "moved-3"],
    );
    for name in in_group.iter().chain(&moved) {
        family.await_line(&format!("heard {name} 1"));
    }
    assert_eq!(family.living().len(), 7);
    let run = fell!["killpg", "-s", "SIGHUP", family.root()];
    run.exits(0).is_quiet();
    assert_eq!(run.out, "sent HUP to 4 processes\n");
    let run = fell!["kill", "-s", "0", family.root()];
    run.exits(0).is_quiet();
    assert_eq!(run.out, "7 processes could be signalled\n");
    fell!["kill", family.root()].exits(0);
    family.is_gone();
    for (names, times) in [(&in_group[..], 2), (&moved, 1)] {
        for name in names {
            assert_eq!(
                family.times_said(&format!("heard {name} 1")),
                times,
                "{name}"
            );
        }
    }
}

#[test]
fn a_question_signals_nobody() {
    let family = Family::start(
        &Member::new("main")
            .hears_all()
            .child(Member::new("worker").hears_all()),
    );
    let run = fell!["kill", "-s", "0", "--json", family.root()];
    run.exits(0).is_quiet();
    assert_eq!(run.json().verdict(), "delivered");
    assert_eq!(run.json().pids(), family.pids());
    let run = fell!["killpg", "-s", "0", family.root()];
    run.exits(0).says("2 processes could be signalled");
    family.assert_untouched();
}

#[test]
fn a_dry_run_signals_nobody_and_selects_the_same() {
    let mut family = Family::start(
        &Member::new("main")
            .hears_all()
            .child(Member::new("worker").hears_all().place(Place::OwnGroup))
            .child(Member::new("orphan").hears_all().orphan()),
    );
    let root = family.root();
    for command in ["term", "kill", "killpg"] {
        let run = fell![command, "-n", root];
        run.exits(0).says(&root.to_string()).says("would stop ");
        let run = fell![command, "--dry-run", "--json", root];
        run.exits(0).is_quiet();
        assert_eq!(run.json().0["dry_run"], true);
        let mut everyone = family.pids();
        if command == "killpg" {
            everyone.retain(|&pid| pid != family.pid("worker"));
        }
        assert_eq!(run.json().pids(), everyone, "{command}");
    }
    for (arguments, code) in [
        (vec!["term", "-n", "1"], 3),
        (vec!["kill", "-n", "0"], 3),
        (vec!["killpg", "-n", "1"], 3),
        (vec!["term", "-n", "2147483647"], 1),
        (vec!["term", "-n", "-o", "2147483647"], 0),
        (vec!["killpg", "-n", "2147483647"], 1),
    ] {
        support::fell::fell(&arguments).exits(code);
    }
    assert_eq!(family.heard(), [] as [&str; 0]);
    family.assert_untouched();
}

#[test]
fn a_dry_run_forecasts_what_its_own_schedule_would_do() {
    let main = Member::new("main").on_term(OnTerm::Ignore);
    let family = Family::start(&main);
    for (options, forecast, plan) in [
        (
            &["--grace", "1s"][..],
            "; 1 ignores TERM: expect KILL",
            ": TERM, up to 1s, then KILL, up to 5s",
        ),
        (
            &["--no-kill"],
            "; 1 ignores TERM: expect them to be left",
            ": TERM, up to 10s\n",
        ),
        (
            &["--main-first"],
            "; 1 ignores TERM: expect KILL",
            ": TERM to the target alone, then to whatever that leaves, up to 10s, then KILL, ",
        ),
    ] {
        let root = family.root().to_string();
        let run = fell(&[&["term", "-n"], options, &[root.as_str()]].concat());
        run.exits(0)
            .says(forecast)
            .says(&format!("would stop 1 process{plan}"));
    }
    family.assert_untouched();
}

#[test]
fn a_schedule_sends_its_signals_in_turn() {
    let mut family = Family::start(
        &Member::new("main")
            .on_term(OnTerm::Note)
            .hears(&[SIGHUP, SIGINT])
            .child(Member::new("worker").hears(&[SIGHUP])),
    );
    let run = fell![
        "term",
        "--schedule",
        "HUP/300ms/INT/300ms/TERM/300ms/KILL/5s",
        "--json",
        family.root()
    ];
    run.exits(0);
    family.is_gone();
    assert!(run.took >= Duration::from_millis(900), "{run:?}");
    assert_eq!(family.heard(), ["main 1", "main 15", "main 2", "worker 1"]);
    let record = run.json();
    assert_eq!(record.fate(family.root()), "signalled KILL");
    assert_eq!(record.fate(family.pid("worker")), "signalled INT");
    let signals: Vec<&str> = record.0["schedule"]
        .as_array()
        .expect("steps")
        .iter()
        .filter_map(|step| step["signal"].as_str())
        .collect();
    assert_eq!(signals, ["HUP", "INT", "TERM", "KILL"]);
}

#[test]
fn the_notation_of_start_stop_daemon_is_understood() {
    for schedule in ["TERM/1/KILL/5", "-TERM/1/-KILL/5", "15/1/9/5"] {
        let mut family = stubborn();
        let run = fell![
            "term",
            format!("--schedule={schedule}"),
            "--json",
            family.root()
        ];
        run.exits(0);
        family.is_gone();
        assert!(run.took >= Duration::from_secs(1), "{run:?}");
        assert_eq!(run.json().fate(family.root()), "signalled KILL");
    }
}

#[test]
fn another_first_signal_replaces_term() {
    let mut family = Family::start(
        &Member::new("main")
            .on_term(OnTerm::Note)
            .child(Member::new("worker").on_term(OnTerm::Note)),
    );
    let run = fell!["term", "-s", "INT", "--json", family.root()];
    run.exits(0);
    family.is_gone();
    assert_eq!(family.heard(), [] as [&str; 0]);
    assert_eq!(run.json().fate(family.root()), "signalled INT");
    assert_eq!(run.json().fate(family.pid("worker")), "signalled INT");
}

#[test]
fn without_kill_whoever_is_left_is_told() {
    let mut family =
        Family::start(&Member::new("main").child(Member::new("stubborn").on_term(OnTerm::Note)));
    let run = fell![
        "term",
        "--no-kill",
        "--grace",
        "300ms",
        "--json",
        family.root()
    ];
    let stubborn = family.pid("stubborn");
    run.exits(2)
        .warns(&format!("fell: {stubborn} "))
        .warns(&format!(
            " is still there: it runs on; fell kill {stubborn}\n"
        ));
    assert!(run.took >= Duration::from_millis(300), "{run:?}");
    let record = run.json();
    assert_eq!(record.verdict(), "left");
    assert_eq!(record.fate(stubborn), "survived running");
    assert_eq!(record.fate(family.root()), "signalled TERM");
    assert_eq!(family.living(), ["stubborn"]);
    let run = fell!["term", "--no-kill", "--grace", "0", "-q", stubborn];
    run.exits(2).warns(" is still there");
    assert_eq!(run.out, "");
    let run = fell!["term", "--schedule", "TERM/200ms", stubborn];
    run.exits(2).says(", 1 left\n");
    fell!["kill", stubborn].exits(0);
    family.is_gone();
}

#[test]
fn a_grace_of_nothing_still_asks_first() {
    let mut family = Family::start(
        &Member::new("main")
            .on_term(OnTerm::Ignore)
            .child(Member::new("worker").on_term(OnTerm::Ignore)),
    );
    let run = fell!["term", "--grace", "0", "--json", family.root()];
    run.exits(0);
    family.is_gone();
    let record = run.json();
    assert_eq!(record.fate(family.root()), "signalled KILL");
    assert_eq!(record.member(family.root())["step"], 1);
    assert_eq!(record.0["schedule"][0]["signal"], "TERM");
}

/// A fell that asks and waits for a long time, next to others.
fn ask(target: i32, options: &[&str]) -> Child {
    Command::new(FELL)
        .args(["term", "--json"])
        .args(options)
        .arg(target.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("fell")
}

fn finish(fell: Child) -> Run {
    let output = fell.wait_with_output().expect("an end");
    Run::of(output, Duration::ZERO)
}

#[test]
fn two_fells_at_once_end_one_family_together() {
    let mut family = Family::start(
        &Member::new("main")
            .on_term(OnTerm::Note)
            .child(Member::new("worker").on_term(OnTerm::Note).times(5))
            .child(
                Member::new("moved")
                    .on_term(OnTerm::ExitAfter(100))
                    .place(Place::OwnSession)
                    .child(Member::new("below").on_term(OnTerm::Note)),
            ),
    );
    // One on all of it, one on a part. The grace is as long as it may take to start them.
    let targets = [family.root(), family.root(), family.pid("moved")];
    let runs = targets
        .map(|target| ask(target, &["--grace", "3s"]))
        .map(finish);
    family.is_gone();
    for run in &runs {
        run.exits(0);
        assert_eq!(run.json().verdict(), "gone");
        for member in run.json().members() {
            assert_ne!(member["fate"]["kind"], "survived", "{run:#?}");
        }
    }
    for run in &runs[..2] {
        assert_eq!(run.json().pids(), family.pids());
        assert_eq!(run.json().fate(family.root()), "signalled KILL");
    }
    // From each fell once, at most; two that come at once are one.
    for name in ["main", "worker", "worker-5", "below"] {
        let times = family.times_said(&format!("heard {name} 15"));
        assert!((1..=3).contains(&times), "{name}: {times}");
    }
}

#[test]
fn of_two_fells_each_asks_everyone_once_and_both_tell_the_same_end() {
    // A signal that queues, so that two are two.
    let asked = libc::SIGRTMIN() + 2;
    let member = |name| Member::new(name).on_term(OnTerm::Note).asked_by(asked);
    let mut family = Family::start(
        &member("main").child(member("worker").times(2)).child(
            member("moved")
                .place(Place::OwnSession)
                .child(member("below")),
        ),
    );
    let options = ["--signal", &asked.to_string(), "--grace", "60s"];
    let targets = [family.root(), family.root(), family.pid("moved")];
    let fells = targets.map(|target| ask(target, &options));
    for (name, times) in [
        ("main", 2),
        ("worker", 2),
        ("worker-2", 2),
        ("moved", 3),
        ("below", 3),
    ] {
        family.await_times(&format!("heard {name} {asked}"), times);
    }
    // Both wait for those whom somebody else ends.
    let killer = fell!["kill", "--json", family.root()];
    killer.exits(0);
    let runs = fells.map(finish);
    family.is_gone();
    assert_eq!(family.heard().len(), 12, "{:?}", family.heard());
    for run in &runs {
        run.exits(0);
    }
    for run in runs[..2].iter().chain([&killer]) {
        let record = run.json();
        assert_eq!(record.pids(), family.pids(), "one record each");
        for pid in family.pids() {
            assert_eq!(record.fate(pid), "signalled KILL");
        }
    }
    let mut part = [family.pid("moved"), family.pid("below")];
    part.sort_unstable();
    assert_eq!(runs[2].json().pids(), part);
}

#[test]
fn a_fell_that_is_interrupted_leaves_the_other_one_at_work() {
    let mut family = stubborn();
    let fells = ["60s", "2s"].map(|grace| ask(family.root(), &["--grace", grace]));
    family.await_line("heard main 15");
    let [first, second] = fells;
    let pid = nix::unistd::Pid::from_raw(i32::try_from(first.id()).expect("a PID"));
    nix::sys::signal::kill(pid, SIGTERM).expect("our own child");
    finish(first).dies_by(SIGTERM as i32);
    finish(second).exits(0);
    family.is_gone();
}
