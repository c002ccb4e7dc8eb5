//! What can't be read and may hide somebody: then nobody is said to be gone.

mod support;

use std::process::Command;

use support::family::Family;
use support::fell::{AFTER_KILL, FELL, run};
use support::trace::has_strace;
use support::victim::{Member, Place};

#[test]
fn whose_children_can_not_be_read_at_kill_is_not_said_to_have_had_none() {
    if !has_strace() {
        return;
    }
    // Nothing but that list leads to the child.
    let mut family =
        Family::start(&Member::new("main").child(Member::new("apart").place(Place::OwnSession)));
    let main = family.root();
    let mut command = Command::new("strace");
    command
        .args(["-f", "-qq", "-e", "trace=openat", "-o", "/dev/null"])
        .args(["-e", "inject=openat:error=EIO"])
        .arg("-P")
        .arg(format!("{main}/task/{main}/children"))
        .args([FELL, "kill", "--json", &main.to_string()]);
    let run = run(command);
    run.exits(2)
        .keeps_to(AFTER_KILL)
        .warns(&format!("who the children of {main} are can't be read"));
    let record = run.json();
    assert_eq!(record.verdict(), "left");
    assert_eq!(record.fate(main), "signalled KILL");
    assert_eq!(record.0["unread"][0]["what"], "children");
    assert_eq!(family.living(), ["apart"]);
    family.end("apart");
    family.await_gone();
}
