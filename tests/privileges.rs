//! An unprivileged fell, and processes of others.

mod support;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use support::family::Family;
use support::fell::{FELL, Run, run};
use support::victim::{Member, OnTerm};

/// nobody, as nearly everywhere.
const NOBODY: u32 = 65_534;

/// Whether this test can become somebody else; says why not.
fn is_root() -> bool {
    let is_root = nix::unistd::geteuid().is_root();
    if !is_root {
        eprintln!("not root: fell can't be run as another user here");
    }
    is_root
}

/// A copy of fell where every user can reach it.
struct Copy(PathBuf);

impl Copy {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("fell-{name}-{}", std::process::id()));
        // Not by this program: what another test forks meanwhile would hold the file open
        // for writing for a moment, and such a file can't be run ("text file busy").
        let copied = Command::new("cp").arg(FELL).arg(&path).status();
        assert!(copied.expect("cp").success());
        Self(path)
    }

    /// Runs it as nobody, without any privilege.
    fn run(&self, arguments: &[&str], target: i32) -> Run {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new(&self.0);
        command.args(arguments).arg(target.to_string());
        command.current_dir("/").uid(NOBODY).gid(NOBODY);
        run(command)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn who_belongs_to_somebody_else_is_named_and_the_others_are_stopped() {
    if !is_root() {
        return;
    }
    let fell = Copy::new("others");
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
    let fell = Copy::new("stranger");
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
    let fell = Copy::new("own");
    let mut family = Family::start(
        &Member::new("main")
            .user(NOBODY)
            .child(Member::new("stubborn").user(NOBODY).on_term(OnTerm::Ignore)),
    );
    let run = fell.run(&["term", "--grace", "300ms", "-v"], family.root());
    run.exits(0).says("stopped 2 processes in ");
    family.is_gone();
}
