//! `fell run` on a terminal, below a shell with job control: what is interactive has to
//! work as if fell were not there.

mod support;

use std::process::Command;

use support::terminal::{CTRL_C, CTRL_D, CTRL_Z, Terminal};

/// Answers every line, so that it is told from the terminal's echo.
const ANSWERS: &str = "sed -u 's/^/got:/'";

#[test]
fn ctrl_c_reaches_the_program_once_and_fell_says_nothing() {
    let Some(mut terminal) = Terminal::open() else {
        return;
    };
    terminal.types(&format!("$fell run -- {ANSWERS}"));
    terminal.types("one");
    terminal.shows("got:one");
    terminal.press(CTRL_C);
    let said = terminal.shows("outer>");
    assert!(!said.contains("fell"), "{said:?}");
    assert_eq!(terminal.status(), "130");
    // A program that counts, and goes on.
    terminal
        .types("$fell run -- bash -c 'trap \"echo h\"it INT; echo u\"\"p; read x; echo en\"\"d'");
    terminal.shows("up\r\n");
    terminal.press(CTRL_C);
    terminal.shows("hit\r\n");
    terminal.types("");
    let rest = terminal.shows("end\r\n");
    assert!(!rest.contains("hit"), "{rest:?}");
    assert_eq!(terminal.status(), "0");
}

#[test]
fn ctrl_z_stops_the_job_and_fg_continues_it() {
    let Some(mut terminal) = Terminal::open() else {
        return;
    };
    terminal.types(&format!("$fell run -- {ANSWERS}"));
    terminal.types("before");
    terminal.shows("got:before");
    for round in 0..3 {
        terminal.press(CTRL_Z);
        terminal.shows("Stopped");
        terminal.shows("outer>");
        assert_eq!(terminal.status(), "148");
        terminal.types("fg");
        terminal.types(&format!("after{round}"));
        terminal.shows(&format!("got:after{round}"));
    }
    terminal.press(CTRL_D);
    assert_eq!(terminal.status(), "0");
}

#[test]
fn a_shell_with_jobs_of_its_own_works_below_fell() {
    let Some(mut terminal) = Terminal::open() else {
        return;
    };
    terminal.types("PS1='inn'er\\> $fell run -- bash --norc --noprofile -i");
    terminal.shows("inner>");
    terminal.types(ANSWERS);
    terminal.types("one");
    terminal.shows("got:one");
    terminal.press(CTRL_Z);
    terminal.shows("Stopped");
    terminal.shows("inner>");
    terminal.types("fg");
    terminal.types("two");
    terminal.shows("got:two");
    terminal.press(CTRL_C);
    terminal.shows("inner>");
    // The whole inner shell, to the background and back.
    terminal.types("suspend");
    terminal.shows("Stopped");
    terminal.shows("outer>");
    terminal.types("fg");
    terminal.types("echo still $((40 + 2))");
    terminal.shows("still 42");
    // What it leaves behind is stopped, and the outer shell has the terminal again.
    terminal.types("sleep 300 & disown; setsid sleep 301 & disown; exit 4");
    terminal.shows("left behind: stopped ");
    terminal.shows(" by TERM");
    assert_eq!(terminal.status(), "4");
}

#[test]
fn the_program_learns_the_size_of_the_window() {
    let Some(mut terminal) = Terminal::open() else {
        return;
    };
    let program = "bash -c 'trap \"stty size </dev/tty; exit\" WINCH; stty size </dev/tty; \
                   while :; do sleep 1 & wait; done'";
    // Before a pipe the program does not have the terminal, and fell passes it on.
    for (columns, pipe) in [(99, ""), (98, " | cat")] {
        terminal.resize(24, 80);
        terminal.types(&format!("$fell run -q -- {program}{pipe}"));
        terminal.shows("24 80\r\n");
        terminal.resize(33, columns);
        terminal.shows(&format!("33 {columns}\r\n"));
        assert_eq!(terminal.status(), "0");
    }
}

#[test]
fn in_a_pipe_everyone_can_have_the_keyboard() {
    let Some(mut terminal) = Terminal::open() else {
        return;
    };
    // The neighbour reads from the terminal.
    terminal.types("$fell run -- echo piped | (cat; read x </dev/tty; echo ne\"\"ighbour $x)");
    terminal.shows("\rpiped\r\n");
    terminal.types("key");
    terminal.shows("neighbour key");
    assert_eq!(terminal.status(), "0");
    // The program does: it is stopped for that, and then gets the terminal.
    terminal.types("$fell run -- sh -c 'read x </dev/tty; echo pro\"\"gram $x' | cat");
    terminal.types("word");
    terminal.shows("program word");
    assert_eq!(terminal.status(), "0");
    // Ctrl-C meets the whole pipe; fell stops what it runs.
    terminal.types("$fell run -- sh -c 'echo u\"\"p; exec sleep 300' | cat");
    terminal.shows("up\r\n");
    terminal.press(CTRL_C);
    terminal.shows("outer>");
    terminal.status();
    // Ctrl-Z too.
    terminal.types(&format!("$fell run -- {ANSWERS} </dev/tty | cat"));
    terminal.types("one");
    terminal.shows("got:one");
    terminal.press(CTRL_Z);
    terminal.shows("Stopped");
    terminal.types("fg");
    terminal.types("two");
    terminal.shows("got:two");
    terminal.press(CTRL_D);
    assert_eq!(terminal.status(), "0");
}

#[test]
fn a_job_in_the_background_leaves_the_terminal_alone() {
    let Some(mut terminal) = Terminal::open() else {
        return;
    };
    terminal.types("$fell run -- sh -c 'sleep 0.3; echo done in back\"\"ground' &");
    terminal.types(ANSWERS);
    terminal.shows("done in background");
    terminal.types("mine");
    terminal.shows("got:mine");
    terminal.press(CTRL_D);
    assert_eq!(terminal.status(), "0");
    // One that wants to read is stopped until it is fetched.
    terminal.types(&format!("$fell run -- {ANSWERS} &"));
    while !terminal.has_stopped_job() {}
    terminal.types("fg");
    terminal.types("fetched");
    terminal.shows("got:fetched");
    terminal.press(CTRL_C);
    terminal.shows("outer>");
    assert_eq!(terminal.status(), "130");
    // One that is ended while it is stopped.
    terminal.types(&format!("$fell run -- {ANSWERS}"));
    terminal.types("up");
    terminal.shows("got:up");
    terminal.press(CTRL_Z);
    terminal.shows("Stopped");
    terminal.types("kill %%");
    terminal.shows("stopped 1 process");
    assert_eq!(terminal.status(), "0");
}

#[test]
fn an_editor_works_below_fell() {
    let Some(mut terminal) = Terminal::open() else {
        return;
    };
    let Some(editor) = ["vim", "vim.tiny", "vi"]
        .into_iter()
        .find(|editor| Command::new(editor).arg("--version").output().is_ok())
    else {
        eprintln!("no vi here: not tested");
        return;
    };
    let file = std::env::temp_dir().join(format!("fell-editor-{}", std::process::id()));
    terminal.types(&format!(
        "$fell run -- {editor} -u NONE -i NONE -n {}",
        file.display()
    ));
    terminal.shows("~");
    terminal.press("ihello\x1b");
    terminal.shows("hello");
    terminal.press(CTRL_Z);
    terminal.shows("Stopped");
    terminal.types("fg");
    terminal.shows("hello");
    terminal.press("oworld\x1b:wq\n");
    terminal.shows("written");
    terminal.shows("outer>");
    assert_eq!(terminal.status(), "0");
    let text = std::fs::read_to_string(&file).expect("what was written");
    assert_eq!(text, "hello\nworld\n");
    let _ = std::fs::remove_file(&file);
}

/// As in a container with a terminal: nobody is there who could continue fell, so Ctrl-Z
/// must not stop what nobody could wake.
#[test]
fn without_a_shell_above_ctrl_z_does_nothing() {
    let Some(mut terminal) = Terminal::open() else {
        return;
    };
    terminal.types(&format!("exec $fell run -- {ANSWERS}"));
    terminal.types("one");
    terminal.shows("got:one");
    terminal.press(CTRL_Z);
    terminal.types("two");
    terminal.shows("got:two");
    terminal.press(CTRL_C);
    let status = terminal.shell.wait().expect("an end");
    assert_eq!(status.code(), Some(130));
}
