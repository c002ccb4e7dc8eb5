//! Whatever fell says of a process, and wherever: nothing that the process calls itself
//! reaches a terminal raw.

mod support;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use support::family::{Family, victim};
use support::fell::{FELL, Run, run};
use support::running::fell_run;
use support::terminal::{Shell, Terminal};
use support::victim::{Life, Member, OnTerm};

/// Turns the text red, turns its direction, ends the line, and is no UTF-8.
const NAME: &[u8] = b"\n\x1b[31m\xe2\x80\xae\xff\x9b";

/// The same, as fell says it.
const SAID: &str = "\\n\\x1b[31m\\u{202e}\\xff\\x9b";

/// What a shell does that calls itself nearly so, and then this: it writes line by line,
/// and the last line counts.
fn shell(then: &str) -> String {
    let octal: String = NAME[1..]
        .iter()
        .map(|byte| format!("\\{byte:03o}"))
        .collect();
    format!("printf '{octal}' >/proc/$$/comm; {then}")
}

#[track_caller]
fn is_harmless(run: &Run) {
    let is_raw = |char: char| char.is_control() && char != '\n' || char == '\u{202e}';
    for text in [&run.out, &run.err] {
        assert!(!text.contains(is_raw), "{run:?}");
    }
}

#[test]
fn a_survivor_and_a_master_that_shares_the_group_are_named_safely() {
    let main = Member::new("main")
        .title(NAME)
        .on_term(OnTerm::Note)
        .child(Member::new("worker").title(NAME).on_term(OnTerm::Note));
    let mut family = Family::start(&main);
    let worker = family.pid("worker");
    for options in [
        &["--dry-run"][..],
        &["--no-kill", "--grace", "100ms"],
        &["-v"],
    ] {
        let mut command = Command::new(FELL);
        command.arg("term").args(options);
        if options == ["-v"] {
            command.args(["--grace", "100ms"]);
        }
        let run = run({
            command.arg(worker.to_string());
            command
        });
        is_harmless(&run);
        let parent = family.root();
        run.warns(&format!("also holds its parent {parent} {SAID}"));
        if options[0] == "--no-kill" {
            run.warns(&format!("fell: {worker} {SAID} is still there"));
        }
    }
    family.is_gone();
}

#[test]
fn a_parent_that_leaves_its_zombies_is_named_safely() {
    let main = Member::new("main")
        .title(NAME)
        .negligent()
        .child(Member::new("worker").title(NAME).life(Life::Exit(0)));
    let family = Family::start(&main);
    for (command, options) in [("term", &["-v", "--reach", "process"][..]), ("tree", &[])] {
        let mut fell = Command::new(FELL);
        fell.arg(command).args(options);
        fell.arg(family.pid("worker").to_string());
        let run = run(fell);
        is_harmless(&run);
        assert!(run.out.contains(SAID) || run.err.contains(SAID), "{run:?}");
    }
}

#[test]
fn who_is_refused_or_asked_about_is_named_safely() {
    for (asks, status) in [
        ("\"$FELL\" term $$", 3),
        ("\"$FELL\" term -n $$", 3),
        ("\"$FELL\" tree $$", 0),
        ("\"$FELL\" signals --pid $$", 0),
    ] {
        let mut bash = Command::new("bash");
        bash.args(["-c", &shell(&format!("{asks}; exit $?"))])
            .env("FELL", FELL)
            .process_group(0);
        let run = run(bash);
        run.exits(status);
        is_harmless(&run);
        let said = [run.out.as_str(), &run.err].concat();
        // A tree shows command lines; this one has the name in it in another way.
        assert!(
            asks.contains("tree") || said.contains(&SAID[2..]),
            "{asks}: {run:?}"
        );
    }
}

#[test]
fn what_a_program_leaves_behind_is_named_safely() {
    let left = shell("echo up; sleep 300 & wait");
    let mut command = fell_run(&["-v"]);
    // The program ends when the other one has said that it has its name.
    command
        .args(["--", "bash", "-c"])
        .arg("read < <(bash -c \"$LEFT\")")
        .env("LEFT", &left);
    let run = run(command);
    run.exits(0).warns("left behind: stopped ");
    is_harmless(&run);
}

#[test]
fn a_long_and_hostile_command_line_stays_in_its_line_on_a_terminal() {
    let Some(mut terminal) = Terminal::open_for(Shell::Sh) else {
        return;
    };
    let long = [b"x".repeat(4096).as_slice(), NAME].concat();
    let worker = Member::new("worker").title(NAME).on_term(OnTerm::Note);
    let main = Member::new("main")
        .title(NAME)
        .on_term(OnTerm::Note)
        .child(worker);
    let mut command = victim(&main);
    command
        .arg(OsStr::from_bytes(NAME))
        .arg(OsStr::from_bytes(&long));
    let mut family = Family::start_by(
        {
            command.process_group(0);
            command
        },
        main.count(),
    );
    for asks in ["tree --color never", "term -v --grace 700ms"] {
        terminal.types(&format!("$fell {asks} {}; echo sho\"\"wn", family.root()));
        terminal.shows("\r\n");
        let text = terminal.shows("shown\r\n");
        // What draws the live line, and nothing else.
        let text = text.replace("\r\x1b[K", "").replace("\r\n", "\n");
        let is_raw = |char: char| char.is_control() && char != '\n' || char == '\u{202e}';
        assert!(!text.contains(is_raw), "{asks}: {text:?}");
        if asks.starts_with("tree") {
            assert!(text.contains('…'), "{text:?}");
            // The sentence below the table may be longer than the terminal is wide.
            let mut table = text
                .lines()
                .take_while(|line| !line.contains(" processes, "));
            assert!(table.all(|line| line.chars().count() <= 80), "{text}");
        }
    }
    family.is_gone();
}
