//! `fell run` on a terminal, below a shell with job control: what is interactive has to
//! work as if fell were not there.

mod support;

use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use nix::pty::{Winsize, openpty};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use support::family::PATIENCE;
use support::fell::FELL;

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const CTRL_Z: &str = "\x1a";

/// A terminal, and the shell that was started on it.
struct Terminal {
    shell: Child,
    keyboard: std::fs::File,
    /// What has been shown and not been asked for yet.
    shown: String,
}

impl Terminal {
    /// `None`, and a word about it, where there is no bash.
    fn open() -> Option<Self> {
        if Command::new("bash").arg("--version").output().is_err() {
            eprintln!("no bash here: not tested");
            return None;
        }
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(&size, None).expect("a terminal");
        let shell = Self::shell(&pty.slave);
        drop(pty.slave);
        let mut terminal = Self {
            shell,
            keyboard: pty.master.into(),
            shown: String::new(),
        };
        terminal.shows("outer>");
        Some(terminal)
    }

    fn shell(slave: &OwnedFd) -> Child {
        let stream = || Stdio::from(slave.try_clone().expect("a descriptor"));
        let mut command = Command::new("bash");
        command
            .args(["--norc", "--noprofile", "-i"])
            .env("PS1", "outer>")
            .env("fell", FELL)
            .env("TERM", "xterm")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("HISTFILE")
            .env_remove("PROMPT_COMMAND")
            .stdin(stream())
            .stdout(stream())
            .stderr(stream());
        let take_terminal = || {
            nix::unistd::setsid()?;
            // SAFETY: takes a number; standard input is the terminal.
            if unsafe { libc::ioctl(0, libc::TIOCSCTTY, 0) } < 0 {
                return Err(std::io::Error::last_os_error());
            }
            Ok(())
        };
        // SAFETY: system calls only.
        unsafe { command.pre_exec(take_terminal) };
        support::running::as_in_foreground(&mut command);
        command.spawn().expect("bash")
    }

    fn press(&mut self, keys: &str) {
        self.keyboard
            .write_all(keys.as_bytes())
            .expect("a keyboard");
    }

    fn types(&mut self, line: &str) {
        self.press(&format!("{line}\n"));
    }

    /// Waits until the screen has shown these words since what was waited for before.
    #[track_caller]
    fn shows(&mut self, words: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.shown.find(words) {
                let before = self.shown[..at].to_owned();
                self.shown.drain(..at + words.len());
                return before;
            }
            assert!(
                self.reads_until(until),
                "the terminal does not show {words:?}, but {:?}",
                self.shown
            );
        }
    }

    fn reads_until(&mut self, until: Instant) -> bool {
        let left = until.saturating_duration_since(Instant::now());
        let time = Timespec {
            tv_sec: i64::try_from(left.as_secs()).expect("short"),
            tv_nsec: left.subsec_nanos().into(),
        };
        let mut fds = [PollFd::from_borrowed_fd(
            self.keyboard.as_fd(),
            PollFlags::IN,
        )];
        if poll(&mut fds, Some(&time)).expect("poll") == 0 {
            return false;
        }
        let mut buffer = [0; 4096];
        // At the end of the terminal there is an error, not an end of file.
        let length = self.keyboard.read(&mut buffer).unwrap_or(0);
        self.shown += &String::from_utf8_lossy(&buffer[..length]);
        length > 0
    }

    /// Asks the shell whether a job of its is stopped.
    fn has_stopped_job(&mut self) -> bool {
        self.types("jobs; echo as\"\"ked");
        self.shows("asked\r\n").contains("Stopped")
    }

    fn resize(&self, rows: u16, columns: u16) {
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        // SAFETY: the structure outlives the call.
        let result =
            unsafe { libc::ioctl(self.keyboard.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
        assert_eq!(result, 0);
    }

    /// The status of the last command, as the outer shell has it; by this the shell also
    /// shows that it has its terminal again.
    #[track_caller]
    fn status(&mut self) -> String {
        // In two parts, so that the line that was typed is no answer.
        self.types("echo sta\"\"tus=$?.");
        self.shows("status=");
        self.shows(".").trim().to_owned()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Whatever a test that failed has left in this session.
        let _ = Command::new(FELL)
            .args(["kill", "-q", "-o", "--reach", "session"])
            .arg(self.shell.id().to_string())
            .status();
        let _ = self.shell.wait();
    }
}

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
