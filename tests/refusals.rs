//! What fell refuses to signal: an error, and then nobody at all is signalled.

mod support;

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Instant;

use support::family::Family;
use support::fell::{FELL, Run, fell, run};
use support::victim::{Life, Member};

fn bystander() -> Family {
    Family::start(&Member::new("bystander").hears_all())
}

/// Runs a stop with a bystander before and after what is refused; returns what fell
/// says when it is alone.
#[track_caller]
fn refuses(options: &[&str], refused: &str) -> Run {
    let bystander = bystander();
    let pid = bystander.root().to_string();
    for targets in [&[pid.as_str(), refused][..], &[refused, &pid], &[refused]] {
        let run = fell(&[options, targets].concat());
        run.exits(3);
        assert_eq!(run.out, "", "{options:?} {targets:?}");
        assert_ne!(run.err, "", "{options:?} {targets:?}");
    }
    bystander.assert_untouched();
    fell(&[options, &[refused]].concat())
}

#[test]
fn numbers_that_mean_no_process_are_errors_before_anyone_is_signalled() {
    for (text, why) in [
        ("0", "supervisorctl"),
        ("-7634", "that is written: fell killpg "),
        ("2147483648", "larger than 2147483647"),
        ("4294967297", "larger than 2147483647"),
        ("99999999999999999999999", "larger than 2147483647"),
        ("", "empty"),
        ("nginx", "positive number"),
        ("0x1F", "positive number"),
        ("12 ", "positive number"),
    ] {
        for options in [
            &["term"][..],
            &["kill"],
            &["term", "-o"],
            &["kill", "-s", "0"],
        ] {
            refuses(options, text).warns(why);
        }
    }
}

#[test]
fn fell_itself_and_its_ancestors_are_refused() {
    let bystander = bystander();
    for options in [
        "term",
        "kill",
        "kill -s HUP",
        "kill -s 0",
        "term -o",
        "term --reach process",
    ] {
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(format!("exec \"$FELL\" {options} {} $$", bystander.root()));
        shell.env("FELL", FELL);
        run(shell)
            .exits(3)
            .warns(" is fell itself: refused, and nobody was signalled");

        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!(
            "\"$FELL\" {options} {} $$; status=$?; exit $status",
            bystander.root()
        ));
        shell.env("FELL", FELL);
        run(shell)
            .exits(3)
            .warns(" sh is an ancestor of fell, which called it: refused");
    }
    bystander.assert_untouched();
    let own = std::process::id().to_string();
    for command in ["term", "kill"] {
        refuses(&[command], &own)
            .warns(&format!("{own} "))
            .warns("ancestor of fell");
    }
}

#[test]
fn the_first_process_and_kernel_threads_are_refused() {
    for options in [
        &["term"][..],
        &["kill"],
        &["kill", "-s", "CONT"],
        &["term", "-n"],
    ] {
        refuses(options, "1").warns("the first process");
    }
    let stat = std::fs::read_to_string("/proc/2/stat").unwrap_or_default();
    if !stat.starts_with("2 (kthreadd)") {
        eprintln!("no kernel thread is visible in this container: not tested");
        return;
    }
    for command in ["term", "kill"] {
        refuses(&[command], "2").warns("2 kthreadd is a kernel thread");
    }
}

#[test]
fn a_thread_is_refused_and_its_process_is_named() {
    let family = Family::start(&Member::new("main").life(Life::EndMainThread).hears_all());
    let threads = std::fs::read_dir(format!("/proc/{}/task", family.root())).expect("threads");
    let thread = threads
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("digits")
        })
        .find(|thread| *thread != family.root().to_string())
        .expect("a second thread");
    for options in [&["term"][..], &["kill"], &["term", "-o"], &["tree"]] {
        let run = if options == ["tree"] {
            fell(&["tree", &thread])
        } else {
            refuses(options, &thread)
        };
        run.exits(3).warns(&format!(
            "{thread} is a thread of process {}; name the process",
            family.root()
        ));
    }
    family.assert_untouched();
}

#[test]
fn groups_that_are_no_groups_or_hold_who_called_fell_are_refused() {
    let killings = [
        &["killpg"][..],
        &["killpg", "-s", "TERM"],
        &["killpg", "-s", "0"],
        &["killpg", "-o"],
    ];
    for (group, why) in [
        ("0", "0 is no group"),
        ("1", "the first process"),
        ("-7634", "that is written: fell killpg "),
        ("", "empty"),
        ("4294967297", "larger"),
        ("x", "positive"),
    ] {
        for options in killings {
            let run = fell(&[options, &[group]].concat());
            run.exits(3).warns(why);
            assert_eq!(run.out, "");
        }
    }
    for options in killings {
        let (run, _) = by_shell(&format!("\"$0\" {} $$; exit $?", options.join(" ")));
        run.exits(3).warns("fell itself");
        assert_eq!(run.out, "");
    }
    // The group of an ancestor that fell itself is not in.
    let (run, shell) = by_shell("setsid --wait \"$0\" killpg $$; exit $?");
    run.exits(3)
        .warns(&format!("group {shell} holds "))
        .warns("an ancestor of fell");
}

/// Runs fell by a shell that leads its own group, whose number comes with it.
fn by_shell(script: &str) -> (Run, u32) {
    let shell = Command::new("sh")
        .args(["-c", script, FELL])
        .env("LC_ALL", "C.UTF-8")
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a shell");
    let group = shell.id();
    let began = Instant::now();
    let output = shell.wait_with_output().expect("a shell that ends");
    (Run::of(output, began.elapsed()), group)
}

#[test]
fn a_refusal_is_told_in_json_too() {
    let bystander = bystander();
    let own = std::process::id();
    let run = fell!["term", "--json", bystander.root(), own];
    run.exits(3).warns("ancestor of fell");
    let record = run.json();
    assert_eq!(record.verdict(), "refused");
    assert_eq!(record.members().len(), 0);
    assert_eq!(record.0["refused"][0]["pid"], own);
    assert_eq!(record.0["refused"][0]["why"], "ancestor");
    assert_eq!(record.0["refused"][0]["named"], true);
    bystander.assert_untouched();
}

#[test]
fn tree_shows_what_a_stop_would_refuse() {
    let own = std::process::id();
    for pid in [own, 1] {
        let run = fell!["tree", "--reach", "process", pid];
        run.exits(0).says(&pid.to_string());
    }
    fell!["tree", "--reach", "process", own].says("it called fell");
    fell!["tree", "--reach", "process", 1].says("the first process");
}

#[test]
fn a_record_is_printed_where_nobody_was_named() {
    for command in ["term", "kill", "killpg"] {
        let run = fell![command, "--oknodo", "--json"];
        run.exits(0).is_quiet();
        assert_eq!(run.json().verdict(), "nothing", "{command}");
        assert!(run.json().members().is_empty());
    }
}
