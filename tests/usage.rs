//! Exit statuses and what is said about a command line that is wrong.

mod support;

use support::family::Family;
use support::fell::fell;
use support::victim::Member;

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
fn wrong_usage_is_status_3_whatever_the_command() {
    for text in [
        "",
        "stop 5",
        "--no-such-option",
        "tree --no-such-option",
        "tree nginx",
        "term",
        "term nginx",
        "term --no-such-option 2147483647",
        "term --grace 2147483647",
        "term --grace soon 2147483647",
        "term --grace -1 2147483647",
        "term --signal NOSUCH 2147483647",
        "term --signal 0 2147483647",
        "term --signal 65 2147483647",
        "term --reach far 2147483647",
        "term --schedule TERM/5/KILL/5 --grace 5 2147483647",
        "term --schedule TERM/5/KILL/5 --signal HUP 2147483647",
        "term --schedule TERM/5/KILL/5 --no-kill 2147483647",
        "term --schedule TERM/forever/KILL/5 2147483647",
        "term --schedule nonsense/5 2147483647",
        "term -q -v 2147483647",
        "kill",
        "kill nginx",
        "kill --signal NOSUCH 2147483647",
        "kill --grace 5 2147483647",
        "killpg",
        "killpg nginx",
        "killpg 2147483646 2147483647",
        "killpg --reach process 2147483647",
        "signals --no-such-option",
    ] {
        let run = fell(&words(text));
        run.exits(3);
        assert_eq!(run.out, "", "{text}");
        // In a journal the line has to tell whose it is.
        assert!(run.err.starts_with("fell: "), "{run:?}");
    }
}

#[test]
fn help_and_version_are_no_errors() {
    for text in [
        "--help",
        "-h",
        "--version",
        "tree --help",
        "term --help",
        "kill --help",
        "killpg -h",
        "signals --help",
    ] {
        let run = fell(&words(text));
        run.exits(0).is_quiet();
        assert_ne!(run.out, "", "{text}");
    }
}

#[test]
fn what_does_not_exist_is_status_1_and_with_oknodo_0() {
    for text in [
        "term",
        "kill",
        "killpg",
        "kill -s HUP",
        "kill -s 0",
        "killpg -s 0",
    ] {
        for (option, code) in [("", 1), ("-o", 0), ("--oknodo", 0)] {
            let run = fell(&words(&format!("{text} {option} 2147483647")));
            run.exits(code).warns("2147483647");
            assert_eq!(run.out, "");
        }
    }
    fell(&["tree", "2147483647"])
        .exits(1)
        .warns("no such process: 2147483647");
    let run = fell(&["term", "-o", "-q", "2147483647"]);
    run.exits(0).is_quiet();
    let run = fell(&["term", "--json", "2147483647"]);
    run.exits(1);
    assert_eq!(run.json().verdict(), "nothing");
}

#[test]
fn with_oknodo_no_process_at_all_is_fine() {
    for command in ["term", "kill", "killpg"] {
        let run = fell(&[command, "-o"]);
        run.exits(0);
        assert_eq!(run.out, "");
        fell(&[command, "-o", "-q"]).exits(0).is_quiet();
    }
}

#[test]
fn what_fingers_type_from_habit_names_the_command_that_is_meant() {
    let bystander = Family::start(&Member::new("bystander").hears_all());
    let pid = bystander.root();
    for (typed, meant) in [
        (format!("kill -9 {pid}"), format!("fell kill {pid}")),
        (format!("kill -KILL {pid}"), format!("fell kill {pid}")),
        (
            format!("kill -HUP {pid}"),
            format!("fell kill -s HUP {pid}"),
        ),
        (format!("term -9 {pid}"), format!("fell kill {pid}")),
        (format!("kill -9 -{pid}"), format!("fell killpg {pid}")),
        (format!("killpg -{pid}"), format!("fell killpg {pid}")),
        (format!("term -{pid}"), format!("fell killpg {pid}")),
        ("kill -l".to_owned(), "fell signals".to_owned()),
        (format!("{pid}"), format!("fell term {pid}")),
    ] {
        let run = fell(&words(&typed));
        run.exits(3).warns(&meant);
        assert_eq!(run.out, "", "{typed}");
    }
    bystander.assert_untouched();
}

#[test]
fn forever_is_refused_by_name() {
    fell(&["term", "--schedule", "TERM/forever/KILL/5", "2147483647"])
        .exits(3)
        .warns("forever");
}
