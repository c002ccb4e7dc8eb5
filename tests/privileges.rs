//! An unprivileged fell, and processes of others.

mod support;

use std::process::Command;
use std::time::Duration;

use support::family::Family;
use support::fell::{Run, run};
use support::installed::{Installed, NOBODY, is_root};
use support::victim::{Life, Member, OnTerm, Parenting, Place};

#[test]
fn who_belongs_to_somebody_else_is_named_and_the_others_are_stopped() {
    if !is_root() {
        return;
    }
    let fell = Installed::fell("others");
    for command in [
        &["term", "--grace", "20s", "--json"][..],
        &["kill", "--json"],
        &["term", "--schedule", "TERM/20s/KILL/20s", "--json"],
    ] {
        let mut family = Family::start(
            &Member::new("main")
                .user(NOBODY)
                .child(Member::new("worker").user(NOBODY))
                .child(Member::new("foreign").hears_all())
                .child(Member::new("helper").user(NOBODY).on_term(OnTerm::Exit(0))),
        );
        let run = fell.run(command, family.root());
        let foreign = family.pid("foreign");
        run.exits(2)
            .warns(&format!("fell: {foreign} "))
            .warns("could not be signalled: not permitted (owner root)");
        assert!(
            run.took < Duration::from_secs(10),
            "waited for nobody: {run:?}"
        );
        assert_eq!(family.living(), ["foreign"], "{command:?}");
        assert_eq!(
            family
                .heard()
                .iter()
                .filter(|it| it.starts_with("foreign"))
                .count(),
            0
        );
        let record = run.json();
        assert_eq!(record.verdict(), "left");
        assert_eq!(record.fate(foreign), "unreached not_permitted");
        assert_eq!(record.pids(), family.pids());
        for name in ["main", "worker", "helper"] {
            assert!(
                !record.fate(family.pid(name)).starts_with("un"),
                "{record:#?}"
            );
        }
    }
}

#[test]
fn a_target_of_somebody_else_is_status_2() {
    if !is_root() {
        return;
    }
    let fell = Installed::fell("stranger");
    let family = Family::start(&Member::new("main").hears_all());
    for command in [
        &["term"][..],
        &["term", "--no-kill"],
        &["kill"],
        &["killpg"],
        &["kill", "-s", "HUP"],
        &["kill", "-s", "0"],
        &["term", "-o"],
        &["term", "-n"],
    ] {
        let run = fell.run(command, family.root());
        run.exits(2).warns("not permitted (owner root)");
        assert!(run.took < Duration::from_secs(5), "{run:?}");
    }
    fell.run(&["tree"], family.root()).exits(0).says("root");
    family.assert_untouched();
}

#[test]
fn an_unprivileged_fell_tells_how_its_own_ended() {
    if !is_root() {
        return;
    }
    let fell = Installed::fell("own");
    let mut family = Family::start(
        &Member::new("main")
            .user(NOBODY)
            .child(Member::new("stubborn").user(NOBODY).on_term(OnTerm::Ignore)),
    );
    let run = fell.run(&["term", "--grace", "300ms", "-v"], family.root());
    run.exits(0).says("stopped 2 processes in ");
    family.is_gone();
}

#[test]
fn how_one_ended_is_never_guessed_where_the_kernel_keeps_it_from_fell() {
    use std::os::unix::process::CommandExt;
    if !is_root() {
        return;
    }
    let fell = Installed::fell("kept");
    let mut family = Family::start(
        &Member::new("main")
            .user(NOBODY)
            .child(Member::new("worker").user(NOBODY).on_term(OnTerm::Ignore)),
    );
    // The same user, which is enough to signal, and another group, which is too little to
    // trace: the kernel shows 0 for the wait status of the zombie that main stays.
    let mut command = Command::new(fell.path());
    command.args(["term", "--grace", "300ms", "--json"]);
    command.arg(family.root().to_string());
    command.current_dir("/").uid(NOBODY).gid(1);
    let run = run(command);
    run.exits(0);
    family.is_gone();
    assert_eq!(run.json().fate(family.root()), "gone");
    assert_ne!(run.json().fate(family.pid("worker")), "exited 0");
}

/// fell as nobody, where /proc hides the processes of others in this way.
fn behind(option: &str, fell: &Installed, arguments: &[&str], target: i32) -> Option<Run> {
    let mount = format!("mount -t proc -o {option} proc /proc");
    let become_nobody = "exec setpriv --reuid=65534 --regid=65534 --clear-groups";
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-c"])
        .arg(format!("{mount} || exit 99; cd /; {become_nobody} \"$@\""))
        .arg("sh")
        .arg(fell.path())
        .args(arguments)
        .arg(target.to_string());
    let run = run(command);
    if run.status.code() == Some(99) {
        eprintln!("/proc can't be mounted with {option} here: not tested");
        return None;
    }
    Some(run)
}

#[test]
fn where_proc_hides_others_nobody_says_more_than_can_be_seen() {
    if !is_root() {
        return;
    }
    let fell = Installed::fell("hidden");
    let own = Member::new("main")
        .user(NOBODY)
        .child(Member::new("worker").user(NOBODY));
    for option in ["hidepid=2", "hidepid=1"] {
        // Nobody else is in the tree: it is gone, and what is hidden could not matter less;
        // but who knows.
        let mut family = Family::start(&own);
        let Some(run) = behind(option, &fell, &["term", "--json"], family.root()) else {
            return;
        };
        run.exits(0);
        family.is_gone();
        assert_eq!(run.json().verdict(), "gone");
        assert_eq!(run.json().0["partial"], true, "{option}");
        let mut family = Family::start(&own);
        let run = behind(option, &fell, &["kill"], family.root()).expect("a mount");
        run.exits(0).says("(gone, as far as this user can see)");
        family.is_gone();
        // A child that is hidden is on its parent's list all the same.
        let foreign = Member::new("foreign").hears_all();
        let family = Family::start(&own.clone().child(foreign));
        let run = behind(
            option,
            &fell,
            &["term", "--grace", "1s", "--json"],
            family.root(),
        )
        .expect("a mount");
        let foreign = family.pid("foreign");
        run.exits(2).warns(&format!(
            "{foreign} can't be read (not permitted): somebody may be left"
        ));
        assert_eq!(run.json().verdict(), "left");
        assert_eq!(run.json().0["unread"][0]["pid"], foreign);
        assert_eq!(family.living(), ["foreign"]);
    }
}

#[test]
fn a_target_that_proc_hides_is_there_and_could_not_be_signalled() {
    if !is_root() {
        return;
    }
    let fell = Installed::fell("unseen");
    let family = Family::start(&Member::new("main").hears_all());
    for option in ["hidepid=2", "hidepid=1"] {
        for command in [
            &["term"][..],
            &["term", "-o"],
            &["kill", "-s", "0"],
            &["term", "-n"],
            &["killpg"],
            &["killpg", "-o"],
        ] {
            let Some(run) = behind(option, &fell, command, family.root()) else {
                return;
            };
            run.exits(2)
                .warns("can't look at ")
                .warns(&format!("{}: not permitted", family.root()));
            assert_eq!(run.out, "", "{command:?}");
        }
        let json = behind(option, &fell, &["term", "--json"], family.root()).expect("a mount");
        assert_eq!(json.exits(2).json().verdict(), "left");
        assert_eq!(json.json().0["partial"], true);
    }
    family.assert_untouched();
}

#[test]
fn where_proc_shows_processes_and_nothing_else_all_is_as_ever() {
    if !is_root() {
        return;
    }
    let fell = Installed::fell("subset");
    let mut family = Family::start(
        &Member::new("main")
            .user(NOBODY)
            .child(Member::new("worker").user(NOBODY).on_term(OnTerm::Ignore)),
    );
    let arguments = ["term", "--grace", "300ms", "-v"];
    let Some(run) = behind("subset=pid", &fell, &arguments, family.root()) else {
        return;
    };
    run.exits(0).says("1 by TERM, 1 by KILL");
    family.is_gone();
}

#[test]
fn the_root_of_a_user_namespace_has_no_power_over_others() {
    if !is_root() {
        return;
    }
    let fell = Installed::fell("user-namespace");
    let family = Family::start(&Member::new("main").hears_all());
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .args(["unshare", "--user", "--map-root-user"])
        .arg(fell.path())
        .args(["kill", &family.root().to_string()])
        .current_dir("/");
    let run = run(command);
    if run.err.contains("unshare") {
        eprintln!("no user namespace can be made here: not tested");
        return;
    }
    run.exits(2).warns("could not be signalled: not permitted");
    family.assert_untouched();
}

#[test]
fn a_line_of_somebody_elses_processes_that_fork_and_end_at_once_is_not_said_to_be_gone() {
    if !is_root() {
        return;
    }
    let fell = Installed::fell("line");
    for reaping in [Parenting::Adopting, Parenting::Negligent] {
        for command in [
            &["kill"][..],
            &["term", "--schedule", "TERM/300ms/KILL/300ms"],
        ] {
            let starter = Member::new("starter")
                .life(Life::StartLine)
                .on_term(OnTerm::Exit(0));
            let main = Member::new("main").user(NOBODY).place(Place::OwnGroup);
            let reaper = Member::new("reaper").parenting(reaping);
            let mut family = Family::start(&reaper.child(main.child(starter)));
            // Nobody who lives long enough to be met has that line as its child.
            family.signal("starter", rustix::process::Signal::TERM);
            family.await_line("exits starter 0");
            let main = family.pid("main");
            let run = fell.run(command, main);
            run.exits(2);
            // Whom it has met last is named, or else the group.
            let words = [
                &format!("who is in group {main} can't be read"),
                "could not be signalled: not permitted (owner root)",
                "is still there",
            ];
            assert!(words.iter().any(|it| run.err.contains(it)), "{run:?}");
        }
    }
}

#[test]
fn somebody_elses_process_that_ends_by_itself_and_a_zombie_in_its_group_leave_no_doubt() {
    if !is_root() {
        return;
    }
    // As with sudo(8): nobody may signal it, and it ends when its command does.
    let fell = Installed::fell("zombies");
    for command in [
        &["term", "--grace", "20s"][..],
        &["term", "--schedule", "TERM/20s"],
    ] {
        let sudo = Member::new("sudo").life(Life::Last(200));
        let main = Member::new("main").user(NOBODY).place(Place::OwnGroup);
        let main = main.on_term(OnTerm::ExitAfter(400)).child(sudo);
        // It takes no notice of who ends, as one who waits for fell first.
        let family = Family::start(&Member::new("caller").negligent().child(main));
        let run = fell.run(command, family.pid("main"));
        run.exits(0).says("stopped 2 processes");
        assert!(run.took < Duration::from_secs(4), "{run:?}");
    }
}
