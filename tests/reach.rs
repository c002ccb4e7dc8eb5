//! How far a stop goes.

mod support;

use support::family::{Family, victim};
use support::victim::{Member, OnTerm, Place};

/// A master and its workers in one group, one of which has opened more.
fn service() -> Family {
    Family::start(
        &Member::new("master")
            .on_term(OnTerm::Exit(0))
            .child(Member::new("other"))
            .child(
                Member::new("worker")
                    .child(Member::new("group").place(Place::OwnGroup))
                    .child(Member::new("session").place(Place::OwnSession)),
            ),
    )
}

#[test]
fn each_reach_takes_what_it_says() {
    for (reach, spared) in [
        ("family", &[][..]),
        ("tree", &["master", "other"]),
        ("group", &["group", "session"]),
        ("process", &["group", "master", "other", "session"]),
    ] {
        let mut family = service();
        let worker = family.pid("worker");
        let mut taken = family.pids();
        taken.retain(|pid| !spared.iter().any(|name| family.pid(name) == *pid));

        let tree = fell!["tree", "--reach", reach, "--json", worker];
        tree.exits(0);
        let members: Vec<i64> = tree.json().0["processes"]
            .as_array()
            .expect("processes")
            .iter()
            .filter(|process| process["part"] == "member")
            .filter_map(|process| process["pid"].as_i64())
            .collect();
        assert_eq!(members.len(), taken.len(), "{reach}");
        let rehearsed = fell!["term", "-n", "--reach", reach, "--json", worker];
        rehearsed.exits(0);
        assert_eq!(rehearsed.json().pids(), taken, "{reach}");

        let run = fell!["term", "--reach", reach, "--json", worker];
        run.exits(0);
        assert_eq!(family.living(), spared, "{reach}");
        assert_eq!(run.json().pids(), taken, "{reach}");
        assert_eq!(run.json().0["reach"], reach);
        if !spared.is_empty() {
            let others = ["master", "group", "session"].map(|name| family.pid(name));
            let [master, group, session] = others;
            fell!["kill", "-o", master, group, session].exits(0);
        }
        family.is_gone();
    }
}

#[test]
fn a_session_is_taken_as_a_whole_only_when_asked_for() {
    let main = Member::new("main")
        .place(Place::OwnSession)
        .child(Member::new("worker").place(Place::OwnGroup))
        .child(Member::new("strayed").orphan().place(Place::OwnGroup));

    let mut family = Family::start_by(victim(&main), 3);
    fell!["term", family.pid("worker")].exits(0).is_quiet();
    assert_eq!(family.living(), ["main", "strayed"]);
    // Its leader is the target now: the session is its own.
    fell!["term", family.root()].exits(0);
    family.is_gone();

    let mut family = Family::start_by(victim(&main), 3);
    fell!["term", "--reach", "session", family.pid("worker")].exits(0);
    family.is_gone();
}

#[test]
fn a_master_that_shares_the_group_of_a_named_worker_is_announced() {
    for quiet in ["-q", "-v"] {
        let mut family = service();
        let (worker, root) = (family.pid("worker"), family.root());
        let run = fell!["term", quiet, worker];
        run.exits(0)
            .warns(&format!("group {root} also holds its parent {root} "))
            .warns(&format!(
                " and 1 other; --reach tree stops {worker} alone\n"
            ));
        family.is_gone();
    }
    let mut family = service();
    let worker = family.pid("worker");
    let announcement = format!("--reach tree stops {worker} alone");
    fell!["term", "-n", worker].exits(0).warns(&announcement);
    fell!["tree", worker].exits(0).warns(&announcement);
    let run = fell!["tree", "--json", worker];
    assert!(run.json().warnings().contains(&announcement), "{run:?}");
    fell!["term", "--reach", "tree", worker].exits(0).is_quiet();
    assert_eq!(family.living(), ["master", "other"]);
    let run = fell!["term", "--json", family.pid("other")];
    assert!(run.json().warnings().contains("also holds its parent"));
    run.exits(0);
    family.is_gone();
}

#[test]
fn who_only_shares_the_session_is_shown_and_not_taken() {
    let main = Member::new("main")
        .place(Place::OwnSession)
        .hears_all()
        .child(Member::new("first").place(Place::OwnGroup))
        .child(Member::new("second").hears_all().place(Place::OwnGroup));
    let family = Family::start_by(victim(&main), 3);
    let run = fell!["tree", "--json", family.pid("first")];
    run.exits(0);
    let document = run.json();
    let part = |name| {
        let processes = document.0["processes"].as_array().expect("processes");
        processes
            .iter()
            .find(|process| process["pid"] == family.pid(name))
            .map(|process| process["part"].as_str().expect("a part").to_owned())
    };
    assert_eq!(part("first").as_deref(), Some("member"));
    assert_eq!(part("second").as_deref(), Some("related"));
    assert_eq!(part("main").as_deref(), Some("related"));
    assert_eq!(document.0["summary"]["processes"], 1);
    assert_eq!(document.0["summary"]["related"], 2);
    // Whoever asks for the tree alone asks for nobody beside it.
    let run = fell!["tree", "--reach", "tree", "--json", family.pid("first")];
    run.exits(0);
    let document = run.json();
    let shown = document.0["processes"].as_array().expect("processes");
    assert_eq!(shown.len(), 1);
    assert_eq!(document.0["summary"]["related"], 0);
    family.assert_untouched();
}

#[test]
fn a_group_that_is_named_is_taken_exactly() {
    for reach in ["group", "family"] {
        let mut family = service();
        let run = fell!["killpg", "--reach", reach, "--json", family.root()];
        run.exits(0);
        let mut taken = family.pids();
        if reach == "group" {
            assert_eq!(family.living(), ["group", "session"]);
            taken.retain(|&pid| pid != family.pid("group") && pid != family.pid("session"));
            fell!["killpg", family.pid("group")].exits(0);
            fell!["killpg", family.pid("session")].exits(0);
        }
        assert_eq!(run.json().pids(), taken);
        assert_eq!(run.json().fate(family.pid("other")), "signalled KILL");
        family.is_gone();
    }
}
