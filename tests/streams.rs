//! Where the output goes: nothing that a reader does or does not do holds up a stop,
//! and nothing that a process calls itself reaches a terminal.

mod support;

use std::ffi::OsStr;
use std::fs::File;
use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use support::family::{Family, victim};
use support::fell::{AFTER_KILL, FELL, Run, longest, run};
use support::victim::{Member, OnTerm};

fn stubborn() -> Member {
    Member::new("main")
        .on_term(OnTerm::Note)
        .child(Member::new("worker").on_term(OnTerm::Note).times(9))
}

/// A pipe that nobody reads and that is full.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = pipe().expect("a pipe");
    let is_writable = |writer: &PipeWriter| {
        let mut fds = [PollFd::new(writer, PollFlags::OUT)];
        poll(&mut fds, Some(&Timespec::default())).expect("poll") > 0
    };
    while is_writable(&writer) {
        writer.write_all(&[b'.'; 4096]).expect("room");
    }
    (reader, writer)
}

#[test]
fn closed_streams_hold_up_nothing() {
    for redirections in [
        ">&-",
        "2>&-",
        ">&- 2>&-",
        "<&- >&- 2>&-",
        ">/dev/full 2>/dev/full",
    ] {
        for options in ["", "-v", "--json", "--no-kill"] {
            let mut family = Family::start(&Member::new("main").child(Member::new("worker")));
            let mut shell = Command::new("sh");
            shell
                .args([
                    "-c",
                    &format!("\"$FELL\" term {options} \"$1\" {redirections}"),
                    "sh",
                ])
                .arg(family.root().to_string())
                .env("FELL", FELL);
            let run = run(shell);
            run.exits(0);
            family.is_gone();
            assert!(!run.err.contains("panicked"), "{run:?}");
        }
    }
}

#[test]
fn a_record_that_can_not_be_written_is_told_and_the_stop_goes_on() {
    let mut family = Family::start(&Member::new("main"));
    let full = File::options()
        .write(true)
        .open("/dev/full")
        .expect("a device that is always full");
    let mut command = Command::new(FELL);
    command.args(["term", "--json", &family.root().to_string()]);
    let output = command.stdout(full).output().expect("fell");
    family.is_gone();
    let run = Run::of(output, Duration::ZERO);
    run.exits(0).warns("fell: can't write to standard output: ");
}

#[test]
fn a_reader_that_leaves_early_holds_up_nothing() {
    for options in [
        "term --grace 300ms -v",
        "term --grace 300ms --json",
        "kill --json",
        "term -n",
        "tree",
    ] {
        let mut family = Family::start(&stubborn());
        let mut shell = Command::new("bash");
        shell
            .args([
                "-c",
                &format!("\"$FELL\" {options} \"$1\" 2>&1 | head -1; exit ${{PIPESTATUS[0]}}"),
                "bash",
            ])
            .arg(family.root().to_string())
            .env("FELL", FELL);
        let run = run(shell);
        run.exits(0);
        assert!(!run.out.contains("panicked"), "{run:?}");
        if options.contains("-n") || options == "tree" {
            assert_eq!(family.living().len(), 10);
            fell!["kill", family.root()].exits(0);
        }
        family.is_gone();
    }
}

#[test]
fn full_pipes_that_nobody_reads_hold_up_no_signal() {
    std::thread::scope(|scope| {
        for options in [&["-v"][..], &["--json"], &[]] {
            scope.spawn(|| stop_unread(options));
        }
    });
}

fn stop_unread(options: &[&str]) {
    let mut family = Family::start(&stubborn());
    let (_reader, writer) = full_pipe();
    let began = Instant::now();
    let mut fell = Command::new(FELL)
        .args(["term", "--grace", "500ms"])
        .args(options)
        .arg(family.root().to_string())
        .stdout(Stdio::from(writer.try_clone().expect("a copy")))
        .stderr(Stdio::from(writer))
        .spawn()
        .expect("fell");
    family.await_gone();
    assert!(began.elapsed() >= Duration::from_millis(500));
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{options:?}: KILL was held up"
    );
    let status = fell.wait().expect("an end");
    assert!(status.success(), "{status:?}");
    // It waits a little for a reader, and then gives up, once for all.
    assert!(
        began.elapsed() < longest(Duration::from_millis(500) + AFTER_KILL),
        "{options:?}: {:?}",
        began.elapsed()
    );
}

#[test]
fn a_warning_before_the_first_signal_does_not_wait_for_a_reader() {
    let mut family = Family::start(
        &Member::new("master")
            .on_term(OnTerm::Note)
            .child(Member::new("worker").on_term(OnTerm::Note)),
    );
    let (_reader, writer) = full_pipe();
    let began = Instant::now();
    let mut fell = Command::new(FELL)
        .args([
            "term",
            "--grace",
            "300ms",
            &family.pid("worker").to_string(),
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::from(writer))
        .spawn()
        .expect("fell");
    family.await_gone();
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "held up by a warning"
    );
    assert!(fell.wait().expect("an end").success());
}

#[test]
fn names_of_others_are_never_printed_raw() {
    let names: [&[u8]; 8] = [
        b") R 1 (",
        b"a\nb",
        b"\xff\xfe\x80",
        b"\x1b[31mred",
        b"\x9b31m",
        "\u{202e}gpj".as_bytes(),
        b"",
        "\u{9b}32m\x7f".as_bytes(),
    ];
    let mut main = Member::new("main");
    for (at, name) in names.iter().enumerate() {
        main = main.child(
            Member::new(&format!("child-{at}"))
                .title(name)
                .on_term(OnTerm::Note),
        );
    }
    for (options, locale) in [
        (vec!["tree"], "C.UTF-8"),
        (vec!["tree"], "C"),
        (vec!["tree", "--json"], "C"),
        (vec!["term", "-n"], "C.UTF-8"),
        (
            vec!["term", "-v", "--no-kill", "--grace", "100ms"],
            "C.UTF-8",
        ),
        (vec!["term", "-v", "--no-kill", "--grace", "100ms"], "C"),
        (vec!["term", "--json", "--grace", "100ms"], "C"),
    ] {
        let mut command = victim(&main);
        command.process_group(0);
        command.args(names.iter().map(|name| OsStr::from_bytes(name)));
        let mut family = Family::start_by(command, main.count());
        let mut command = Command::new(FELL);
        command
            .args(&options)
            .arg(family.root().to_string())
            .env("LC_ALL", locale);
        let output = command.output().expect("fell");
        let both = [output.stdout.as_slice(), &output.stderr].concat();
        let text = String::from_utf8(both).expect("UTF-8");
        let is_raw = |char: char| char.is_control() && char != '\n' || char == '\u{202e}';
        assert!(!text.contains(is_raw), "{options:?} {locale}: {text:?}");
        if locale == "C" && !options.contains(&"--json") {
            assert!(text.is_ascii(), "{text:?}");
        }
        if options.contains(&"--json") {
            let document: serde_json::Value =
                serde_json::from_slice(&output.stdout).expect("valid JSON");
            let list = document
                .get("members")
                .or_else(|| document.get("processes"));
            let processes = list.and_then(|list| list.as_array()).expect("processes");
            let name_of = |pid: i32| {
                let of = processes.iter().find(|process| process["pid"] == pid);
                of.expect("everyone")["name"].clone()
            };
            assert_eq!(name_of(family.pid("child-0")), ") R 1 (");
            assert_eq!(name_of(family.pid("child-1")), "a\nb");
            assert_eq!(name_of(family.pid("child-2"))["base64"], "//6A");
            assert_eq!(name_of(family.pid("child-3")), "\u{1b}[31mred");
            assert_eq!(name_of(family.pid("child-5")), "\u{202e}gpj");
            assert_eq!(name_of(family.pid("child-6")), "");
            assert_eq!(name_of(family.pid("child-7")), "\u{9b}32m\u{7f}");
        } else {
            assert!(text.contains("\\x1b[31mred"), "{text:?}");
            assert!(text.contains(") R 1 ("), "{text:?}");
            assert!(text.contains("a\\nb"), "{text:?}");
            assert!(text.contains("\\xff\\xfe\\x80"), "{text:?}");
        }
        fell!["kill", "-o", "-q", family.root()].exits(0);
        family.is_gone();
    }
}

/// Both ends of a terminal: the user's and the program's.
fn terminal() -> (File, OwnedFd) {
    let (mut user, mut program) = (0, 0);
    let size = libc::winsize {
        ws_row: 24,
        ws_col: 100,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: two numbers to write to, and a size that outlives the call.
    let opened = unsafe {
        libc::openpty(
            &raw mut user,
            &raw mut program,
            std::ptr::null_mut(),
            std::ptr::null(),
            &raw const size,
        )
    };
    assert_eq!(opened, 0, "no terminal");
    // SAFETY: both were opened just now and belong to nobody else.
    let (user, program) = unsafe { (File::from_raw_fd(user), OwnedFd::from_raw_fd(program)) };
    for fd in [user.as_raw_fd(), program.as_raw_fd()] {
        // SAFETY: a descriptor of our own. Other tests' children must not keep it.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
    (user, program)
}

/// What fell shows on a terminal's standard error.
fn shown(arguments: &[&str], target: i32) -> String {
    let (mut user, program) = terminal();
    let mut fell = Command::new(FELL)
        .args(arguments)
        .arg(target.to_string())
        .env("LC_ALL", "C.UTF-8")
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::from(program))
        .spawn()
        .expect("fell");
    let status = fell.wait().expect("an end");
    assert!(status.success(), "{status:?}");
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    // A terminal whose other side is closed reads as an error.
    while let Ok(length @ 1..) = user.read(&mut buffer) {
        text.extend_from_slice(&buffer[..length]);
    }
    String::from_utf8(text).expect("UTF-8")
}

#[test]
fn a_long_wait_shows_a_line_on_a_terminal_and_takes_it_away() {
    let mut family = Family::start(&stubborn());
    let text = shown(&["term", "--grace", "900ms"], family.root());
    family.is_gone();
    let lines: Vec<&str> = text
        .split("\r\x1b[K")
        .filter(|line| !line.is_empty())
        .collect();
    assert!((2..=6).contains(&lines.len()), "{text:?}");
    for line in &lines {
        assert!(
            line.starts_with("waiting for 10 processes, KILL in 0."),
            "{line:?}"
        );
        assert!(line.contains(&family.root().to_string()), "{line:?}");
        assert!(line.chars().count() < 100, "{line:?}");
    }
    assert!(text.ends_with("\r\x1b[K"), "left on the terminal: {text:?}");
}

#[test]
fn names_of_others_do_no_harm_in_the_live_line() {
    let mut main = Member::new("main").on_term(OnTerm::Note);
    for (at, name) in [
        &b"\x1b[2J\x1b]0;x\x07"[..],
        b"a\nb\rc",
        "\u{202e}gpj".as_bytes(),
    ]
    .into_iter()
    .enumerate()
    {
        let child = Member::new(&format!("child-{at}")).title(name);
        main = main.child(child.on_term(OnTerm::Note));
    }
    // The three that are shown are the first ones: the target is none of them then.
    let mut family = Family::start(&main.title(b"\x1b[31mred"));
    let text = shown(&["term", "--grace", "700ms"], family.root());
    family.is_gone();
    assert!(text.contains("\\x1b[31mred"), "{text:?}");
    let drawn = text.replace("\r\x1b[K", "");
    let is_raw = |char: char| char.is_control() || char == '\u{202e}';
    assert!(!drawn.contains(is_raw), "{text:?}");
}

#[test]
fn a_long_command_line_is_told_whole_and_safely() {
    let long = [b"x".repeat(4096), b"\x1b[31m\xff\n".to_vec()].concat();
    let mut command = victim(&stubborn());
    command.process_group(0).arg(OsStr::from_bytes(&long));
    let mut family = Family::start_by(command, stubborn().count());
    let root = family.root();
    let tree = fell!["tree", "--json", root];
    tree.exits(0);
    let run = fell!["term", "--grace", "300ms", "-v", root];
    run.exits(0);
    family.is_gone();
    assert!(!run.err.contains('\x1b'), "{}", run.err);
    assert!(run.err.contains(&"x".repeat(4096)), "it was cut in a pipe");
    assert!(run.err.contains("\\x1b[31m\\xff\\n"), "{}", run.err);
    assert!(tree.json().0["processes"][0]["command"][1]["base64"].is_string());
}

#[test]
fn ctrl_c_on_the_terminal_takes_the_line_away_and_ends_the_stop() {
    let mut family = Family::start(&stubborn());
    let (mut user, program) = terminal();
    let mut fell = Command::new(FELL);
    fell.args(["term", "--grace", "30s", &family.root().to_string()])
        .env("LC_ALL", "C.UTF-8")
        .env("TERM", "xterm")
        .stdin(Stdio::from(program.try_clone().expect("a copy")))
        .stdout(Stdio::null())
        .stderr(Stdio::from(program));
    // The terminal is its own, so that what is typed reaches it as a signal.
    let take_terminal = || {
        // SAFETY: takes numbers.
        let results = unsafe { [libc::setsid(), libc::ioctl(0, libc::TIOCSCTTY, 0)] };
        if results.contains(&-1) {
            return Err(std::io::Error::last_os_error());
        }
        Ok(())
    };
    // SAFETY: two system calls, no memory is taken.
    unsafe { fell.pre_exec(take_terminal) };
    let mut child = fell.spawn().expect("fell");
    // The command keeps the program's side of the terminal.
    drop(fell);
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&text).contains("waiting for 10 processes, KILL in ") {
        let length = user.read(&mut buffer).expect("the line");
        text.extend_from_slice(&buffer[..length]);
    }
    user.write_all(b"\x03").expect("a key");
    let status = child.wait().expect("an end");
    while let Ok(length @ 1..) = user.read(&mut buffer) {
        text.extend_from_slice(&buffer[..length]);
    }
    let text = String::from_utf8(text).expect("UTF-8");
    assert_eq!(status.signal(), Some(libc::SIGINT), "{text:?}");
    let after = text.rsplit("\r\x1b[K").next().expect("a rest");
    assert!(
        after.contains("interrupted by INT: nothing more is sent, 10 processes are left"),
        "{text:?}"
    );
    assert!(!after.contains("waiting for"), "{text:?}");
    assert_eq!(family.living().len(), 10);
    assert!(family.heard().iter().all(|heard| heard.ends_with(" 15")));
}

#[test]
fn a_short_wait_and_a_quiet_one_show_no_line() {
    for (options, on_term) in [
        (&["term"][..], OnTerm::Exit(0)),
        (&["term", "-q", "--grace", "700ms"], OnTerm::Note),
        (&["term", "--json", "--grace", "700ms"], OnTerm::Note),
    ] {
        let mut family = Family::start(&Member::new("main").on_term(on_term));
        assert_eq!(shown(options, family.root()), "", "{options:?}");
        family.is_gone();
    }
    let mut family = Family::start(&Member::new("main").on_term(OnTerm::Note));
    fell!["term", "--grace", "700ms", family.root()]
        .exits(0)
        .is_quiet();
    family.is_gone();
}

#[test]
fn colours_and_unicode_are_for_terminals_and_locales_that_have_them() {
    let family = Family::start(&Member::new("main").child(Member::new("worker")));
    let tree = |locale: &str, color: &str| {
        let mut command = Command::new(FELL);
        command
            .args(["tree", "--color", color, &family.root().to_string()])
            .env("LC_ALL", locale);
        let output = command.output().expect("fell");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    assert!(tree("C", "auto").is_ascii());
    assert!(!tree("C.UTF-8", "auto").contains('\x1b'));
    assert!(!tree("C.UTF-8", "never").contains('\x1b'));
    assert!(tree("C.UTF-8", "always").contains('\x1b'));
    assert!(!tree("C.UTF-8", "auto").is_ascii());
}
