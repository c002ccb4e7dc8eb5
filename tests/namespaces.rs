//! Processes in another PID namespace.

mod support;

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use support::family::{Family, program};
use support::fell::{FELL, Run, run};
use support::namespace::{WITH_PROC, can_be_made};
use support::victim::{ENVIRONMENT, Life, Member, OnTerm, Place};

/// A family whose root is the first process of a PID namespace with a /proc of its own,
/// entered as containers are entered by hand: the group lies outside.
struct Container {
    family: Family,
    /// The first process, as it is numbered outside.
    init: i32,
}

impl Container {
    fn start(member: &Member) -> Option<Self> {
        if !can_be_made(WITH_PROC) {
            return None;
        }
        let mut command = Command::new("unshare");
        command
            .args(["--pid", "--fork", "--kill-child", "--mount-proc"])
            .arg(program())
            .env(ENVIRONMENT, member.describe())
            .process_group(0);
        let family = Family::start_by(command, member.count());
        let unshare = family.root();
        let children = format!("/proc/{unshare}/task/{unshare}/children");
        let children = std::fs::read_to_string(children).expect("children");
        let init = children.trim().parse().expect("one child");
        Some(Self { family, init })
    }

    /// The number that a process inside has outside.
    fn outside(&self, name: &str) -> i32 {
        let inside = self.family.pid(name);
        let is_it = |&pid: &i32| {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
            let mut numbers = numbers.unwrap_or_default().split_whitespace().rev();
            numbers.next() == Some(inside.to_string().as_str())
        };
        let everyone = fell!["tree", "--json", "--reach", "tree", self.init].json();
        let rows = everyone.0["processes"].as_array().expect("rows").clone();
        let mut pids = rows.iter().filter_map(|row| row["pid"].as_i64());
        let find = pids.find_map(|pid| i32::try_from(pid).ok().filter(is_it));
        find.unwrap_or_else(|| panic!("no {name} in {everyone:#?}"))
    }

    /// Runs fell inside, in a group of its own that lies outside.
    fn fell(&self, arguments: &[&str], target: i32) -> Run {
        let mut command = Command::new("nsenter");
        command
            .args(["-t", &self.init.to_string(), "-p", "-m", FELL])
            .args(arguments)
            .arg(target.to_string())
            .process_group(0);
        run(command)
    }
}

#[test]
fn a_group_that_lies_outside_is_never_signalled() {
    let init = Member::new("init").hears_all().child(
        Member::new("main").child(Member::new("worker")).child(
            Member::new("moved")
                .place(Place::OwnGroup)
                .child(Member::new("below")),
        ),
    );
    let init = init.child(Member::new("beside").hears_all());
    for command in [&["term"][..], &["kill"], &["kill", "-s", "TERM"]] {
        let Some(mut container) = Container::start(&init) else {
            return;
        };
        assert_eq!(container.family.place("main").group, 0);
        let main = container.family.pid("main");
        let run = container.fell(command, main);
        run.exits(0)
            .warns(&format!(
                "the group of {main} lies outside this PID namespace"
            ))
            .says("4 processes");
        assert_eq!(container.family.heard(), [] as [&str; 0]);
        // Those two have lived through it, and fell as well: its group is 0 there too.
        let run = container.fell(&["tree", "--json"], container.family.pid("beside"));
        run.exits(0);
        container
            .fell(&["kill", "-s", "0"], container.family.pid("beside"))
            .exits(0);
    }
}

#[test]
fn the_first_process_of_a_container_is_refused_inside_and_stopped_from_outside() {
    let init = Member::new("init")
        .on_term(OnTerm::Default)
        .child(Member::new("worker").on_term(OnTerm::Ignore));
    let Some(mut container) = Container::start(&init) else {
        return;
    };
    container
        .fell(&["term"], 1)
        .exits(3)
        .warns("the first process");
    // A look shows all the same whom it has below it.
    let worker = container.family.pid("worker");
    container
        .fell(&["tree"], 1)
        .exits(0)
        .says("refused: the first process")
        .says(&format!("\n{worker:>3}  "));
    // No handler: from outside TERM is dropped, and only KILL ends it. The forecast knows.
    fell!["tree", "--reach", "tree", container.init]
        .exits(0)
        .says("1 ignores TERM, 1 is shielded from TERM: expect KILL");
    let run = fell![
        "term",
        "--reach",
        "tree",
        "--grace",
        "300ms",
        "--json",
        container.init
    ];
    run.exits(0);
    container.family.is_gone();
    assert_eq!(run.json().fate(container.init), "signalled KILL");
    assert_eq!(run.json().members().len(), 2);
}

#[test]
fn a_container_is_stopped_from_outside_with_everyone_in_it() {
    let init = Member::new("init")
        .on_term(OnTerm::Exit(0))
        .child(
            Member::new("session")
                .place(Place::OwnSession)
                .child(Member::new("below")),
        )
        .child(Member::new("stopped").life(Life::Stop));
    let Some(mut container) = Container::start(&init) else {
        return;
    };
    let run = fell!["term", "--json", container.family.root()];
    run.exits(0);
    container.family.is_gone();
    assert!(run.took < Duration::from_secs(9), "{run:?}");
}

#[test]
fn a_process_in_a_container_is_stopped_from_outside_with_its_tree_and_nobody_else() {
    let init = Member::new("init")
        .hears_all()
        .child(
            Member::new("main")
                .place(Place::OwnSession)
                .on_term(OnTerm::Exit(3))
                .child(Member::new("worker").on_term(OnTerm::Ignore))
                .child(Member::new("moved").place(Place::OwnSession))
                .child(Member::new("orphan").orphan()),
        )
        .child(Member::new("beside").place(Place::OwnGroup).hears_all());
    let Some(mut container) = Container::start(&init) else {
        return;
    };
    let [main, worker, moved, orphan] =
        ["main", "worker", "moved", "orphan"].map(|name| container.outside(name));
    fell!["tree", main].exits(0).says("4 processes");
    let run = fell!["term", "--grace", "500ms", "--json", main];
    run.exits(0);
    let record = run.json();
    assert_eq!(record.verdict(), "gone");
    assert_eq!(record.members().len(), 4);
    assert_eq!(record.fate(main), "exited 3");
    assert_eq!(record.fate(worker), "signalled KILL");
    assert_eq!(record.fate(moved), "signalled TERM");
    assert_eq!(record.fate(orphan), "signalled TERM");
    for name in ["init", "beside"] {
        assert_eq!(container.family.times_said(&format!("heard {name} 15")), 0);
        let pid = container.outside(name);
        fell!["kill", "-s", "0", "--reach", "process", pid].exits(0);
    }
    assert_eq!(container.family.heard(), ["main 15"]);
}

#[test]
fn a_proc_of_another_namespace_is_refused() {
    if !can_be_made(&["--pid", "--fork"]) {
        return;
    }
    // The number that the shell gives its child means somebody else outside, or nobody.
    for command in ["tree", "term", "kill"] {
        let mut inside = Command::new("unshare");
        inside.args(["--pid", "--fork", "--kill-child", "sh", "-c"]);
        inside.arg(format!("sleep 20 & {FELL} {command} $!; exit $?"));
        run(inside).exits(3).warns("another PID namespace");
    }
}

#[test]
fn a_number_of_another_namespace_is_no_one_here() {
    let Some(container) = Container::start(&Member::new("init").hears_all()) else {
        return;
    };
    // What a pidfile outside says means nobody inside.
    for command in ["term", "kill", "killpg", "tree"] {
        let run = container.fell(&[command], container.family.root());
        run.exits(1).warns("no such process");
    }
    container
        .fell(&["term", "-o"], container.family.root())
        .exits(0);
}

#[test]
fn beside_its_first_process_a_container_is_worked_on_as_usual() {
    let init = Member::new("init").hears_all().child(
        Member::new("main")
            .place(Place::OwnSession)
            .child(Member::new("worker").on_term(OnTerm::Ignore))
            .child(Member::new("orphan").orphan()),
    );
    let init = init.child(Member::new("beside").place(Place::OwnGroup).hears_all());
    let Some(mut container) = Container::start(&init) else {
        return;
    };
    let main = container.family.pid("main");
    let run = container.fell(&["term", "--grace", "300ms", "--json"], main);
    run.exits(0);
    assert_eq!(run.json().members().len(), 3);
    assert_eq!(run.json().fate(main), "signalled TERM");
    let worker = container.family.pid("worker");
    assert_eq!(run.json().fate(worker), "signalled KILL");
    assert_eq!(container.family.heard(), [] as [&str; 0]);
}
