//! The live line of a long wait, on a terminal's standard error.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use fell::linux::own::is_in_foreground;
use fell::process::Process;
use fell::signal::Signal;

use super::text::cut;
use super::words;
use crate::output::{Written, message_now};
use crate::terminal::Terminal;

/// A wait that is shorter shows nothing; a longer one is told anew as often.
pub const INTERVAL: Duration = Duration::from_millis(200);

/// Erases the line that the cursor is on and goes to its beginning.
const ERASE: &str = "\r\x1b[K";

/// The line, drawn over itself until it is cleared.
#[derive(Debug)]
pub struct Progress {
    terminal: Terminal,
    is_shown: bool,
}

impl Progress {
    /// Nothing is shown yet.
    pub fn new(terminal: Terminal) -> Self {
        Self {
            terminal,
            is_shown: false,
        }
    }

    /// Draws the line, if the terminal takes it right now: one that was held by Ctrl-S
    /// must not hold up the stop.
    pub fn draw(&mut self, remaining: Duration, next: Option<Signal>, left: &[&Process]) {
        // Put into the background meanwhile, it would draw over what is typed.
        if !is_in_foreground(io::stderr().as_fd()) {
            return;
        }
        let line = line(remaining, next, left, &self.terminal);
        if message_now(&format!("{ERASE}{line}")) == Written::Yes {
            self.is_shown = true;
        }
    }

    /// Takes the line away.
    pub fn clear(&mut self) {
        if self.is_shown {
            message_now(ERASE);
            self.is_shown = false;
        }
    }
}

fn line(
    remaining: Duration,
    next: Option<Signal>,
    left: &[&Process],
    terminal: &Terminal,
) -> String {
    const NAMES: usize = 3;
    let names: Vec<String> = left
        .iter()
        .take(NAMES)
        .map(|process| {
            format!(
                "{} {}",
                process.pid(),
                words::name(process, terminal.charset)
            )
        })
        .collect();
    let more = if left.len() > NAMES { ", ..." } else { "" };
    let then = match next {
        Some(signal) => format!("{signal} in"),
        None => "giving up in".to_owned(),
    };
    let line = format!(
        "waiting for {}, {then} {:.1} s: {}{more}",
        words::count(left.len(), "process", "processes"),
        remaining.as_secs_f64(),
        names.join(", "),
    );
    // The last column stays free: some terminals wrap as soon as it is written. So do two
    // more, since `^C` is echoed behind the line, and what wraps could not be taken away.
    const FREE: usize = 3;
    let columns = terminal.width.unwrap_or(80).saturating_sub(FREE);
    cut(&line, columns, terminal.charset)
}
