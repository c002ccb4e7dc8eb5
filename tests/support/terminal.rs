//! A terminal with a shell on it that has job control, and somebody who types.

use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use nix::pty::{Winsize, openpty};

use super::family::{PATIENCE, is_readable};
use super::fell::FELL;
use super::running::as_in_foreground;

pub const CTRL_C: &str = "\x03";
pub const CTRL_D: &str = "\x04";
pub const CTRL_Z: &str = "\x1a";

/// How wide the terminal is.
const COLUMNS: u16 = 80;

/// Shells that have job control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    Bash,
    /// The system's own.
    Sh,
}

impl Shell {
    /// As it is used by hand, without what a user has set up.
    fn command(self) -> Command {
        let (program, options): (_, &[&str]) = match self {
            Self::Bash => ("bash", &["--norc", "--noprofile", "-i"]),
            Self::Sh => ("sh", &["-i"]),
        };
        let mut command = Command::new(program);
        command.args(options);
        command
    }

    fn is_here(self) -> bool {
        self.command()
            .args(["-c", "exit 0"])
            .stdin(Stdio::null())
            .output()
            .is_ok_and(|output| output.status.success())
    }
}

/// A terminal, and the shell that was started on it.
pub struct Terminal {
    pub shell: Child,
    keyboard: std::fs::File,
    /// All that was shown.
    all: String,
    /// What of it has not been asked for yet.
    shown: String,
}

impl Terminal {
    /// `None`, and a word about it, where there is no bash.
    pub fn open() -> Option<Self> {
        Self::open_for(Shell::Bash)
    }

    /// `None`, and a word about it, where there is no such shell.
    pub fn open_for(shell: Shell) -> Option<Self> {
        if !shell.is_here() {
            eprintln!("no {shell:?} with job control here: not tested");
            return None;
        }
        let size = Winsize {
            ws_row: 24,
            ws_col: COLUMNS,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(&size, None).expect("a terminal");
        let shell = Self::start(shell, &pty.slave);
        drop(pty.slave);
        let mut terminal = Self {
            shell,
            keyboard: pty.master.into(),
            all: String::new(),
            shown: String::new(),
        };
        terminal.shows("outer>");
        Some(terminal)
    }

    fn start(shell: Shell, slave: &OwnedFd) -> Child {
        let stream = || Stdio::from(slave.try_clone().expect("a descriptor"));
        let mut command = shell.command();
        command
            .env("PS1", "outer>")
            .env("fell", FELL)
            .env("TERM", "xterm")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("ENV")
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
        as_in_foreground(&mut command);
        command.spawn().expect("a shell")
    }

    pub fn press(&mut self, keys: &str) {
        self.keyboard
            .write_all(keys.as_bytes())
            .expect("a keyboard");
    }

    pub fn types(&mut self, line: &str) {
        self.press(&format!("{line}\n"));
    }

    /// Waits until the screen has shown these words since what was waited for before.
    #[track_caller]
    pub fn shows(&mut self, words: &str) -> String {
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
        if !is_readable(&self.keyboard, until) {
            return false;
        }
        let mut buffer = [0; 4096];
        // At the end of the terminal there is an error, not an end of file.
        let length = self.keyboard.read(&mut buffer).unwrap_or(0);
        let text = String::from_utf8_lossy(&buffer[..length]);
        self.all += &text;
        self.shown += &text;
        length > 0
    }

    /// The lines that are to be seen, those that have scrolled away included.
    pub fn screen(&self) -> Vec<String> {
        let mut screen = Screen::default();
        let mut text = self.all.chars();
        while let Some(char) = text.next() {
            match char {
                '\x1b' => {
                    let sequence = text.by_ref().skip(1);
                    if sequence.into_iter().find(char::is_ascii_alphabetic) == Some('K') {
                        screen.erase();
                    }
                }
                char => screen.take(char),
            }
        }
        let lines = screen.lines.into_iter();
        lines.map(|line| line.into_iter().collect()).collect()
    }

    /// Whether these words were ever sent to the terminal.
    pub fn has_shown(&self, words: &str) -> bool {
        self.all.contains(words)
    }

    /// Whether fell's live line, or a part of it, is to be seen.
    pub fn shows_live_line(&self) -> bool {
        self.screen()
            .iter()
            .any(|line| line.contains("waiting for"))
    }

    /// Asks the shell whether a job of its is stopped.
    pub fn has_stopped_job(&mut self) -> bool {
        self.types("jobs; echo as\"\"ked");
        self.shows("asked\r\n").contains("Stopped")
    }

    pub fn resize(&self, rows: u16, columns: u16) {
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
    pub fn status(&mut self) -> String {
        // In two parts, so that the line that was typed is no answer.
        self.types("echo sta\"\"tus=$?.");
        self.shows("status=");
        self.shows(".").trim().to_owned()
    }
}

/// What a terminal makes of what it is sent, as far as these tests need it.
#[derive(Default)]
struct Screen {
    lines: Vec<Vec<char>>,
    line: usize,
    column: usize,
}

impl Screen {
    fn take(&mut self, char: char) {
        match char {
            '\r' => self.column = 0,
            '\n' => self.line += 1,
            '\x08' => self.column = self.column.saturating_sub(1),
            char if char.is_control() => {}
            char => self.write(char),
        }
    }

    fn write(&mut self, char: char) {
        if self.column == usize::from(COLUMNS) {
            self.line += 1;
            self.column = 0;
        }
        let column = self.column;
        let line = self.current();
        let length = line.len().max(column + 1);
        line.resize(length, ' ');
        line[column] = char;
        self.column += 1;
    }

    /// Erases from the cursor to the end of its line.
    fn erase(&mut self) {
        let column = self.column;
        self.current().truncate(column);
    }

    fn current(&mut self) -> &mut Vec<char> {
        let count = self.lines.len().max(self.line + 1);
        self.lines.resize(count, Vec::new());
        &mut self.lines[self.line]
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
