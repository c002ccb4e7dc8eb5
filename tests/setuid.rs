//! Programs with the rights of another user (set-user-ID), started by somebody who has none.
//! kill(2) asks whether the sender's real or effective user is the receiver's real or saved
//! one: whoever may become root has not got away until it does.

mod support;

use std::os::unix::process::CommandExt;
use std::time::Duration;

use support::family::Family;
use support::installed::{Installed, NOBODY, is_root};
use support::victim::{ENVIRONMENT, Member, OnTerm};

/// A user who has no name.
const NAMELESS: u32 = 54_321;

/// The real, effective, saved and file system user, as the kernel has them.
fn users(pid: i32) -> Vec<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a status");
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    let users = line.expect("users").split_whitespace();
    users.map(|user| user.parse().expect("a user")).collect()
}

/// A family that nobody has started.
fn start(victim: &Installed, main: &Member) -> Family {
    let mut command = victim.as_nobody();
    command.env(ENVIRONMENT, main.describe()).process_group(0);
    Family::start_by(command, main.count())
}

/// Whether a program gets the rights of its owner; says why not.
fn gives_rights(privileged: &Installed) -> bool {
    let family = start(privileged, &Member::new("main"));
    let gives = users(family.root())[1] != NOBODY;
    if !gives {
        eprintln!("no rights by set-user-ID here (nosuid?): not tested");
    }
    gives
}

#[test]
fn who_could_become_root_is_stopped_by_who_has_started_it() {
    if !is_root() {
        return;
    }
    let fell = Installed::fell("setuid-held");
    let victim = Installed::victim("setuid-held-victim");
    let privileged = Installed::victim("setuid-held-root").with_rights_of(0);
    if !gives_rights(&privileged) {
        return;
    }
    // Nobody else's, either.
    let lesser = Installed::victim("setuid-held-other").with_rights_of(NAMELESS);
    // A parent that outlives the two who answer, and reaps them.
    let main = Member::new("main")
        .on_term(OnTerm::Note)
        .child(Member::new("worker"))
        .child(
            Member::new("root-answers")
                .played_by(privileged.path())
                .on_term(OnTerm::Exit(3)),
        )
        .child(
            Member::new("root-stays")
                .played_by(privileged.path())
                .on_term(OnTerm::Note),
        )
        .child(
            Member::new("other-answers")
                .played_by(lesser.path())
                .on_term(OnTerm::Exit(4)),
        );
    let mut family = start(&victim, &main);
    assert_eq!(users(family.pid("root-stays"))[..3], [NOBODY, 0, 0]);
    fell.run(&["kill", "-s", "0"], family.root()).exits(0);
    let run = fell.run(&["term", "--grace", "500ms", "--json"], family.root());
    run.exits(0).is_quiet();
    family.is_gone();
    let record = run.json();
    assert_eq!(record.verdict(), "gone");
    assert_eq!(record.pids(), family.pids());
    assert_eq!(record.fate(family.pid("root-answers")), "exited 3");
    assert_eq!(record.fate(family.pid("other-answers")), "exited 4");
    // The kernel keeps the end of who was not reaped by its parent from nobody's eyes.
    let end = record.fate(family.pid("root-stays"));
    assert!(["signalled KILL", "gone"].contains(&end.as_str()), "{end}");
    for name in ["root-answers", "root-stays", "other-answers"] {
        assert_eq!(family.times_said(&format!("heard {name} 15")), 1);
        assert_eq!(record.member(family.pid(name))["uid"], NOBODY);
    }
}

#[test]
fn who_has_become_root_is_named_and_the_others_are_stopped() {
    if !is_root() {
        return;
    }
    let fell = Installed::fell("setuid-lost");
    let victim = Installed::victim("setuid-lost-victim");
    let privileged = Installed::victim("setuid-lost-root").with_rights_of(0);
    if !gives_rights(&privileged) {
        return;
    }
    let main = Member::new("main")
        .child(Member::new("worker"))
        .child(
            Member::new("root")
                .played_by(privileged.path())
                .becomes([0, 0, 0])
                .hears_all()
                .child(Member::new("below").user(NOBODY)),
        )
        .child(
            Member::new("able")
                .played_by(privileged.path())
                .on_term(OnTerm::Exit(0)),
        );
    for command in [
        &["term", "--grace", "20s", "--json"][..],
        &["kill", "--json"],
    ] {
        let mut family = start(&victim, &main);
        let root = family.pid("root");
        assert_eq!(users(root)[..3], [0, 0, 0]);
        let run = fell.run(command, family.root());
        run.exits(2)
            .warns(&format!("fell: {root} "))
            .warns("could not be signalled: not permitted (owner root)");
        assert!(
            run.took < Duration::from_secs(10),
            "waited in vain: {run:?}"
        );
        assert_eq!(family.living(), ["root"], "{command:?}");
        assert_eq!(
            family
                .heard()
                .iter()
                .filter(|it| it.starts_with("root "))
                .count(),
            0
        );
        let record = run.json();
        assert_eq!(record.verdict(), "left");
        assert_eq!(record.pids(), family.pids());
        assert_eq!(record.fate(root), "unreached not_permitted");
    }
}

#[test]
fn the_real_and_the_saved_user_of_a_process_count_and_the_effective_one_does_not() {
    if !is_root() {
        return;
    }
    let fell = Installed::fell("setuid-users");
    for (users, owner) in [
        ([NOBODY, 0, 0], None),
        ([NOBODY, NAMELESS, NAMELESS], None),
        ([NAMELESS, NAMELESS, NOBODY], None),
        ([0, NOBODY, NOBODY], None),
        // Shown as nobody's by ps(1), and out of nobody's reach.
        ([NAMELESS, NOBODY, NAMELESS], Some("54321")),
        ([0, NOBODY, 0], Some("root")),
        ([0, 0, 0], Some("root")),
    ] {
        let mut family = Family::start(&Member::new("main").becomes(users));
        assert_eq!(self::users(family.root())[..3], users);
        let probe = fell.run(&["kill", "-s", "0"], family.root());
        let run = fell.run(&["kill", "--json"], family.root());
        match owner {
            None => {
                probe.exits(0);
                run.exits(0);
                family.is_gone();
                assert_eq!(run.json().verdict(), "gone");
            }
            Some(owner) => {
                probe.exits(2);
                run.exits(2)
                    .warns(&format!("not permitted (owner {owner})"));
                assert_eq!(family.living(), ["main"], "{users:?}");
                let fate = run.json().fate(family.root());
                assert_eq!(fate, "unreached not_permitted");
            }
        }
    }
}
