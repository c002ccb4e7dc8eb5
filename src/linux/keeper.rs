//! Runs a program and keeps it: whatever comes of it stays below fell, and is stopped by
//! the same loop as everyone else.
//!
//! fell is the program's subreaper, so every descendant that loses its parent becomes a
//! child of fell. [`Keeper::watch`] waits, reaps, passes signals on and minds the
//! terminal, until something asks for a stop; for that the keeper is a
//! [`System`] like the running one, in which fell's children are
//! reaped and further signals hurry.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};

use super::children::{News, is_childless, news};
use super::inbox::{Inbox, Letter};
use super::memory::release_code;
use super::own::timespec;
use super::spawn::{self, Inheritance};
use super::terminal::Terminal;
use super::{Linux, pidfd};
use crate::adoption::Adopter;
use crate::fate::Cause;
use crate::process::{Pid, Process};
use crate::signal::Signal;
use crate::system::{Hold, Lost, System};
use crate::target::Root;

mod job;
mod system;

/// A program that has ended by then is not worth the trouble of making fell small.
const SHORT: Duration = Duration::from_millis(200);

/// Why a program does not run under fell.
#[derive(Debug)]
pub enum StartError {
    /// fell could not get ready for it.
    Unprepared(io::Error),
    /// The program could not be started.
    Program(io::Error),
    /// It was started, but can't be looked at: without /proc it could not be stopped.
    Unseen(Lost),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unprepared(_) => "can't get ready to run a program",
            Self::Program(_) => "can't start it",
            Self::Unseen(_) => "can't look at what was started",
        })
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unprepared(source) | Self::Program(source) => Some(source),
            Self::Unseen(source) => Some(source),
        }
    }
}

/// What has happened to a program that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// It has ended by itself; others may be left.
    Ended,
    /// It has ended, and nobody is left.
    Alone,
    /// Somebody asked fell to end it, by this signal.
    Asked(Signal),
}

/// The running system, with a program that fell has started and whom it has adopted.
#[derive(Debug)]
pub struct Keeper {
    linux: Linux,
    inbox: Inbox,
    terminal: Option<Terminal>,
    own: Process,
    command: Process,
    before: Vec<Process>,
    /// How the program ended, once it was reaped.
    end: Option<Cause>,
    is_stopped: bool,
    /// Whether somebody has asked for the stop that goes on, or will.
    is_asked: bool,
    /// How often somebody has asked again since.
    hurries: u32,
    /// Members that were reaped before the stop has looked at them.
    reaped: HashMap<Pid, Cause>,
    size: Size,
}

/// How much memory fell holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Size {
    /// All that it took to start a program.
    Full,
    /// What it takes to wait.
    Small,
}

impl Keeper {
    /// Starts a program, found as execvp(3) does it.
    pub fn start(command: &[OsString]) -> Result<Self, StartError> {
        let inheritance = Inheritance::note().map_err(StartError::Unprepared)?;
        let mut linux = Linux::new().map_err(StartError::Unprepared)?;
        linux.leave_closing_to_exit();
        let inbox = Inbox::open().map_err(StartError::Unprepared)?;
        let own_pid = linux.own_pid();
        let (_, own) = linux
            .open(own_pid, Hold::Look)
            .map_err(StartError::Unseen)?;
        let before = children_of_own(&mut linux).map_err(StartError::Unseen)?;
        spawn::adopt_orphans().map_err(StartError::Unprepared)?;
        let mut terminal = Terminal::of_own();
        let to_lend = terminal.as_mut().and_then(Terminal::lend_at_start);
        let started = spawn::spawn(command, inheritance, to_lend);
        if started.is_err()
            && let Some(terminal) = &mut terminal
        {
            terminal.take_back();
        }
        let pid = started.map_err(StartError::Program)?;
        let command = match linux.open(pid, Hold::Look) {
            Ok((_, command)) => command,
            Err(lost) => {
                // Nobody could stop it later, so it must not run.
                let _ = pidfd::kill(pid, Some(Signal::KILL));
                return Err(StartError::Unseen(lost));
            }
        };
        Ok(Self {
            linux,
            inbox,
            terminal,
            own,
            command,
            before,
            end: None,
            is_stopped: false,
            is_asked: false,
            hurries: 0,
            reaped: HashMap::new(),
            size: Size::Full,
        })
    }

    /// The program's number.
    pub fn command(&self) -> Pid {
        self.command.pid()
    }

    /// How the program ended, if it has.
    pub fn end(&self) -> Option<Cause> {
        self.end
    }

    /// The roots of a stop: the program, and everyone whom fell has adopted since.
    pub fn roots(&self) -> Vec<Root> {
        vec![
            Root::Process(self.command.clone()),
            Root::Adopted(self.adopter()),
        ]
    }

    fn adopter(&self) -> Adopter {
        Adopter {
            process: self.own.clone(),
            since: self.command.identity.started,
            before: self.before.clone(),
            of: 0,
        }
    }

    /// Waits for what the caller has to answer. Whether somebody is left once the program
    /// has ended, [`Keeper::is_alone`] tells.
    pub fn watch(&mut self) -> Watched {
        loop {
            while let Some(letter) = self.inbox.next() {
                match letter {
                    Letter::Stop(signal) => {
                        self.is_asked = true;
                        return Watched::Asked(signal);
                    }
                    Letter::Pass(signal, origin) => self.pass(signal, origin),
                    Letter::Continue => self.continue_command(),
                    Letter::Children => {
                        if let Some(watched) = self.look_after_children() {
                            return watched;
                        }
                    }
                    Letter::Junk => {}
                }
            }
            self.await_letter();
        }
    }

    /// Waits until something has come. When that takes long, fell makes itself small.
    fn await_letter(&mut self) {
        let mut fds = [PollFd::from_borrowed_fd(self.inbox.fd(), PollFlags::IN)];
        // Waiting for one descriptor can't fail but by being interrupted.
        if self.size == Size::Full {
            let is_over = poll(&mut fds, Some(&timespec(SHORT))) == Ok(0);
            if !is_over {
                return;
            }
            release_code();
            self.size = Size::Small;
        }
        let _ = poll(&mut fds, None);
    }

    /// Whether nobody is left whom a stop would find. If fell has no child at all the
    /// kernel itself says so: as a subreaper it would have them.
    pub fn is_alone(&mut self) -> bool {
        loop {
            match news() {
                News::Childless => return true,
                News::Ended(pid, cause) => self.note_end(pid, cause),
                News::Stopped(..) => {}
                News::Nothing if self.before.is_empty() => return false,
                News::Nothing => break,
            }
        }
        let adopter = self.adopter();
        children_of_own(&mut self.linux)
            .is_ok_and(|children| !children.iter().any(|child| adopter.claims(child)))
    }

    /// Reaps whoever has ended, and gives the terminal back to where it came from.
    pub fn finish(&mut self) {
        while let found @ (News::Ended(..) | News::Stopped(..)) = news() {
            if let News::Ended(pid, cause) = found {
                self.note_end(pid, cause);
            }
        }
        if let Some(terminal) = &mut self.terminal {
            terminal.take_back();
        }
    }

    fn look_after_children(&mut self) -> Option<Watched> {
        let was_running = self.end.is_none();
        loop {
            match news() {
                News::Ended(pid, cause) => self.note_end(pid, cause),
                News::Stopped(pid, signal) => self.note_stop(pid, signal),
                News::Nothing => break,
                News::Childless => return Some(Watched::Alone),
            }
        }
        if was_running && self.end.is_some() {
            if let Some(terminal) = &mut self.terminal {
                terminal.take_back();
            }
            return Some(Watched::Ended);
        }
        (self.end.is_some() && self.is_alone()).then_some(Watched::Alone)
    }

    fn note_end(&mut self, pid: Pid, cause: Cause) {
        if pid == self.command() && self.end.is_none() {
            self.end = Some(cause);
        }
    }
}

/// The children of fell that are alive.
fn children_of_own(linux: &mut Linux) -> Result<Vec<Process>, Lost> {
    if is_childless() {
        return Ok(Vec::new());
    }
    let own_pid = linux.own_pid();
    let (mut own, _) = linux.open(own_pid, Hold::Look)?;
    let children = match linux.children(&mut own) {
        Ok(listing) => listing.children,
        Err(Lost::Unsupported) => {
            let table = linux.table().map_err(Lost::Failed)?;
            table.children(own_pid).to_vec()
        }
        Err(lost) => return Err(lost),
    };
    Ok(children
        .into_iter()
        .filter_map(|child| Some(linux.open(child, Hold::Look).ok()?.1))
        .filter(|child| !child.is_zombie())
        .collect())
}
