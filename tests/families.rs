//! Who is stopped, and how each one ended: on real processes.

mod support;

use std::process::Command;
use std::time::Duration;

use support::family::{Family, victim};
use support::fell::{FELL, run};
use support::means::Means;
use support::victim::{Life, Member, OnTerm, Place};

/// Nothing in a stop that needs no KILL takes so long, whatever the machine does.
const LONG: Duration = Duration::from_secs(9);

fn member(name: &str) -> Member {
    Member::new(name)
}

#[test]
fn a_leader_dies_on_term_and_the_member_that_ignores_it_is_killed() {
    let mut family =
        Family::start(&member("main").child(member("stubborn").on_term(OnTerm::Ignore)));
    let run = fell!["term", "--grace", "500ms", "--json", family.root()];
    run.exits(0);
    family.is_gone();
    assert!(run.took >= Duration::from_millis(500), "KILL came early");
    let record = run.json();
    assert_eq!(record.verdict(), "gone");
    assert_eq!(record.fate(family.pid("main")), "signalled TERM");
    assert_eq!(record.fate(family.pid("stubborn")), "signalled KILL");
    let after = record.member(family.pid("stubborn"))["after_ms"].as_f64();
    assert!(after >= Some(500.0), "{after:?}");
    assert_eq!(record.member(family.pid("stubborn"))["step"], 1);
    assert_eq!(record.member(family.pid("main"))["step"], 0);
}

#[test]
fn who_ends_on_term_is_not_waited_for_any_longer() {
    let mut family = Family::start(
        &member("main").child(
            member("worker")
                .on_term(OnTerm::Exit(3))
                .child(member("helper")),
        ),
    );
    let run = fell!["term", family.root()];
    run.exits(0).is_quiet();
    family.is_gone();
    assert!(run.took < LONG, "{run:?}");
    run.says("stopped 3 processes in ")
        .says(" ms: 2 by TERM, 1 exited\n");
    assert_eq!(family.heard(), ["worker 15"]);
}

#[test]
fn the_record_names_everyone_with_reason_and_fate() {
    let mut family = Family::start(
        &member("main")
            .child(member("worker").on_term(OnTerm::Exit(3)))
            .child(member("orphan").orphan()),
    );
    let run = fell!["term", "--json", family.root()];
    run.exits(0).is_quiet();
    family.is_gone();
    let record = run.json();
    assert_eq!(record.pids(), family.pids());
    assert_eq!(record.fate(family.pid("worker")), "exited 3");
    assert_eq!(record.fate(family.pid("orphan")), "signalled TERM");
    let reason = |name| record.member(family.pid(name))["reason"].clone();
    assert_eq!(reason("main")["kind"], "target");
    assert_eq!(reason("worker")["kind"], "descendant");
    assert_eq!(reason("worker")["of"], family.root());
    assert_eq!(reason("orphan")["kind"], "group");
    assert_eq!(reason("orphan")["pgid"], family.root());
    for member in record.members() {
        assert!(member["after_ms"].is_f64(), "{member}");
        assert!(member["start_ticks"].is_u64(), "{member}");
        assert_eq!(member["uid"], nix::unistd::getuid().as_raw(), "{member}");
        assert_eq!(member["pgid"], family.root(), "{member}");
    }
    assert_eq!(record.0["version"], 1);
    assert_eq!(record.0["partial"], false);
    assert_eq!(record.0["targets"][0]["id"], family.root());
}

#[test]
fn who_opened_a_group_or_a_session_belongs_and_who_escaped_before_does_not() {
    for command in [vec!["term"], vec!["kill"], vec!["term", "--grace", "0"]] {
        let mut family = Family::start(
            &member("main")
                .child(member("mate").child(member("grandchild")))
                .child(
                    member("session")
                        .place(Place::OwnSession)
                        .child(member("in_session"))
                        .child(member("orphan_in_session").orphan()),
                )
                .child(
                    member("group")
                        .place(Place::OwnGroup)
                        .child(member("in_group"))
                        .child(member("orphan_in_group").orphan()),
                )
                .child(member("orphan").orphan().child(member("of_orphan")))
                .child(member("escaped").orphan().place(Place::OwnSession)),
        );
        let root = family.root().to_string();
        let arguments = [command.as_slice(), &["--json", &root]].concat();
        let run = support::fell::fell(&arguments);
        run.exits(0);
        assert_eq!(family.living(), ["escaped"], "{command:?}");
        let mut everyone = family.pids();
        everyone.retain(|&pid| pid != family.pid("escaped"));
        assert_eq!(run.json().pids(), everyone, "{command:?}");
        fell!["kill", family.pid("escaped")].exits(0);
        family.is_gone();
    }
}

#[test]
fn a_leader_that_is_gone_still_means_its_group() {
    for command in ["term", "kill", "killpg"] {
        let mut family = Family::start(
            &member("main")
                .life(Life::Exit(0))
                .child(member("left").child(member("below"))),
        );
        family.reap();
        let run = fell![command, family.root()];
        run.exits(0).says("stopped 2 processes in ");
        if command != "killpg" {
            run.warns(&format!(
                "{} is gone; what is left of its group",
                family.root()
            ));
        }
        family.is_gone();
    }
}

#[test]
fn a_leader_that_is_gone_still_means_its_session() {
    let main = member("main")
        .place(Place::OwnSession)
        .life(Life::Exit(0))
        .child(member("moved").place(Place::OwnGroup));
    let mut family = Family::start_by(victim(&main), 2);
    family.reap();
    fell!["term", family.root()]
        .exits(0)
        .says("stopped 1 process in ")
        .warns("is gone");
    family.is_gone();
}

#[test]
fn a_zombie_with_nobody_else_is_like_no_process() {
    for (arguments, code) in [
        (vec!["term"], 1),
        (vec!["kill"], 1),
        (vec!["term", "-o"], 0),
    ] {
        let family = Family::start(&member("main").life(Life::Exit(0)));
        family.await_root_end();
        let root = family.root().to_string();
        let run = support::fell::fell(&[arguments.as_slice(), &[&root]].concat());
        run.exits(code)
            .warns(&format!("{root} has ended already; its parent"));
        assert_eq!(run.out, "");
    }
}

#[test]
fn a_zombie_leader_stands_for_its_living_mates() {
    let mut family = Family::start(
        &member("main")
            .life(Life::Exit(7))
            .child(member("left").on_term(OnTerm::Exit(0))),
    );
    family.await_root_end();
    let run = fell!["term", "--json", family.root()];
    run.exits(0);
    family.is_gone();
    let record = run.json();
    assert_eq!(record.fate(family.pid("left")), "exited 0");
    assert_eq!(record.fate(family.root()), "exited 7");
    assert_eq!(record.member(family.root())["fate"]["before_signal"], true);
}

#[test]
fn a_process_lives_while_one_of_its_threads_does() {
    for (on_term, fate) in [
        (OnTerm::Default, "signalled TERM"),
        (OnTerm::Ignore, "signalled KILL"),
        (OnTerm::Exit(4), "exited 4"),
    ] {
        let headless = member("headless")
            .life(Life::EndMainThread)
            .on_term(on_term);
        let mut family = Family::start(&member("main").child(headless.clone()));
        let run = fell!["term", "--grace", "300ms", "--json", family.root()];
        run.exits(0);
        family.is_gone();
        assert_eq!(run.json().fate(family.pid("headless")), fate);

        let mut family = Family::start(&headless);
        let run = fell!["term", "--grace", "300ms", "--json", family.root()];
        run.exits(0);
        family.is_gone();
        assert_eq!(run.json().fate(family.root()), fate);
    }
}

#[test]
fn a_parent_that_leaves_zombies_is_named() {
    let main = member("main")
        .negligent()
        .hears_all()
        .child(member("worker").place(Place::OwnGroup));
    let mut family = Family::start(&main);
    let run = fell!["term", "--json", family.pid("worker")];
    run.exits(0).is_quiet();
    let record = run.json();
    let worker = record.member(family.pid("worker"));
    assert_eq!(worker["unreaped_by"], family.root());
    assert_eq!(record.fate(family.pid("worker")), "signalled TERM");
    assert_eq!(family.living(), ["main"]);
    assert_eq!(family.heard(), [] as [&str; 0]);

    let family = Family::start(&main);
    let line = format!("not reaped by its parent {}", family.root());
    fell!["term", "-v", family.pid("worker")]
        .exits(0)
        .warns(&line);
    let family = Family::start(&main);
    let run = fell!["term", family.pid("worker")];
    run.exits(0).is_quiet();
}

#[test]
fn a_zombie_child_is_recorded_and_does_not_hold_up_the_end() {
    let family = Family::start(
        &member("main")
            .negligent()
            .child(member("zombie").life(Life::Exit(9))),
    );
    let run = fell!["term", "--json", family.root()];
    run.exits(0);
    let record = run.json();
    assert_eq!(record.fate(family.pid("zombie")), "exited 9");
    assert_eq!(
        record.member(family.pid("zombie"))["fate"]["before_signal"],
        true
    );
    assert!(run.took < LONG, "{run:?}");
}

#[test]
fn a_stopped_family_ends_by_term_since_it_is_continued() {
    let mut family = Family::start(
        &member("main")
            .life(Life::Stop)
            .child(member("first").life(Life::Stop))
            .child(
                member("second")
                    .place(Place::OwnGroup)
                    .life(Life::Stop)
                    .on_term(OnTerm::Exit(5)),
            ),
    );
    family.await_root_stop();
    let run = fell!["term", "--json", family.root()];
    run.exits(0);
    family.is_gone();
    assert!(run.took < LONG, "{run:?}");
    let record = run.json();
    assert_eq!(record.fate(family.pid("main")), "signalled TERM");
    assert_eq!(record.fate(family.pid("first")), "signalled TERM");
    assert_eq!(record.fate(family.pid("second")), "exited 5");
}

#[test]
fn a_stopped_member_that_ignores_term_is_killed() {
    let mut family = Family::start(&member("main").life(Life::Stop).on_term(OnTerm::Ignore));
    family.await_root_stop();
    let run = fell!["term", "--grace", "300ms", "--json", family.root()];
    run.exits(0);
    family.is_gone();
    assert_eq!(run.json().fate(family.root()), "signalled KILL");
}

#[test]
fn a_blocked_term_is_no_way_out() {
    let mut family = Family::start(&member("main").on_term(OnTerm::Block));
    let run = fell!["term", "--grace", "300ms", "--json", family.root()];
    run.exits(0);
    family.is_gone();
    assert_eq!(run.json().fate(family.root()), "signalled KILL");
}

#[test]
fn two_thousand_children_end_in_one_stop() {
    let mut family =
        Family::start(&member("main").child(member("worker").times(1999).on_term(OnTerm::Exit(0))));
    let run = fell!["term", "--grace", "40s", family.root()];
    run.exits(0).says("stopped 2000 processes in ");
    family.is_gone();
    run.says("1 by TERM, 1999 exited\n");
    assert_eq!(family.heard().len(), 1999);
}

#[test]
fn two_thousand_children_are_killed_in_one_go() {
    let mut family =
        Family::start(&member("main").child(member("worker").times(1999).on_term(OnTerm::Ignore)));
    let run = fell!["kill", family.root()];
    run.exits(0)
        .says("stopped 2000 processes in ")
        .says(": 2000 by KILL\n");
    family.is_gone();
}

#[test]
fn a_line_of_three_hundred_generations_ends() {
    for command in ["term", "kill"] {
        let mut family = Family::start(&member("main").deep(299));
        let run = fell![command, family.root()];
        run.exits(0).says("stopped 300 processes in ");
        family.is_gone();
    }
}

#[test]
fn more_threads_than_descriptors_hide_no_child() {
    for command in ["kill", "term"] {
        let mut family = Family::start(
            &member("main")
                .life(Life::Threads(100))
                .child(member("worker").place(Place::OwnSession)),
        );
        let mut bounded = Command::new("sh");
        bounded
            .args(["-c", "ulimit -n 64; exec \"$@\"", "sh", FELL, command])
            .arg(family.root().to_string());
        run(bounded).exits(0).says("stopped 2 processes");
        family.is_gone();
    }
}

#[test]
fn more_members_than_descriptors_are_all_ended() {
    // Where nobody reaps orphans, their zombies take up the numbers of the other tests.
    for (means, members) in [(Means::Everything, 5000), (Means::NoPidfds, 1000)] {
        for (command, on_term) in [
            (&["term", "--grace", "40s"][..], OnTerm::Exit(0)),
            (&["kill"], OnTerm::Ignore),
        ] {
            let workers = member("worker").times(members - 1).on_term(on_term);
            let mut family = Family::start(&member("main").child(workers));
            let mut bounded = Command::new("sh");
            means.limit(&mut bounded);
            bounded
                .args(["-c", "ulimit -n 256 && exec \"$@\"", "sh", FELL])
                .args(command)
                .arg(family.root().to_string());
            let said = format!("stopped {members} processes in ");
            run(bounded).exits(0).says(&said);
            family.is_gone();
        }
    }
}

#[test]
fn in_a_large_tree_everyone_is_shown_with_signals_of_their_own() {
    // So many that two threads share the work.
    const EACH: usize = 60;
    let deaf = Member::new("deaf").title(b"deaf").on_term(OnTerm::Ignore);
    let plain = Member::new("plain").title(b"plain");
    let family = Family::start(
        &Member::new("main")
            .child(deaf.times(EACH))
            .child(plain.times(EACH)),
    );
    let run = fell!["tree", "--reach", "tree", "--json", family.root()];
    run.exits(0);
    let document = run.json();
    let processes = document.0["processes"].as_array().expect("processes");
    let named = |name: &str| processes.iter().filter(|it| it["name"] == name).count();
    assert_eq!((named("deaf"), named("plain")), (EACH, EACH));
    for process in processes {
        let is_deaf = process["name"] == "deaf";
        assert_eq!(process["disposition"] == "ignored", is_deaf, "{process}");
        assert_eq!(process["uid"], document.0["processes"][0]["uid"]);
    }
}

#[test]
fn who_is_held_by_nothing_but_a_number_is_told() {
    let main = Member::new("main").child(Member::new("worker"));
    let mut family = Family::start(&main);
    fell_by![Means::NoPidfds, "term", "-v", family.root()]
        .exits(0)
        .warns("fell: no pidfd for 2 processes (old kernel, a filter, or too few descriptors)");
    family.is_gone();
    let mut family = Family::start(&main);
    let run = fell!["term", "-v", family.root()];
    assert!(!run.exits(0).err.contains("no pidfd"), "{run:?}");
    family.is_gone();
}
