//! The program as a job: what is passed on to it, and what its stops mean on a terminal.

#![forbid(unsafe_code)]

use super::super::inbox::Origin;
use super::super::pidfd;
use super::super::terminal::{self, Extent, Pause};
use super::Keeper;
use crate::process::Pid;
use crate::signal::Signal;

impl Keeper {
    /// The program was stopped. If that came from the terminal, fell's own caller has to
    /// see its job stopped, and has the terminal back.
    pub(super) fn note_stop(&mut self, pid: Pid, by: i32) {
        let command = self.command();
        if pid != command || self.end.is_some() {
            return;
        }
        self.is_stopped = true;
        let Some(terminal) = &mut self.terminal else {
            return;
        };
        let wants_terminal = by == libc::SIGTTIN || by == libc::SIGTTOU;
        if wants_terminal {
            terminal.note_wanted();
            if terminal.is_ours() {
                self.continue_command();
                return;
            }
        }
        let was_lent = terminal.is_lent();
        if by != libc::SIGTSTP && !wants_terminal && !was_lent {
            return;
        }
        terminal.take_back();
        let extent = if was_lent { Extent::Group } else { Extent::Own };
        let is_over = terminal::pause(extent) == Pause::Over;
        if is_over || was_lent && by == libc::SIGTSTP {
            // Where nobody could continue fell, the program would not have been stopped
            // without fell either.
            self.continue_command();
        }
    }

    /// Goes on as a shell's job does: with the terminal, if fell has it.
    pub(super) fn continue_command(&mut self) {
        let command = self.command();
        if let Some(terminal) = &mut self.terminal
            && self.end.is_none()
        {
            terminal.lend(command);
        }
        let origin = if self.is_stopped {
            Origin::Terminal
        } else {
            Origin::Process
        };
        self.is_stopped = false;
        self.pass(Signal::CONT, origin);
    }

    /// Passes a signal on to the program; from the terminal to its whole group. Until it
    /// is reaped, its number is nobody else's.
    pub(super) fn pass(&self, signal: Signal, origin: Origin) {
        if self.end.is_some() {
            return;
        }
        let command = self.command();
        let passed = match origin {
            // It may have left the group that it was given, and be alone.
            Origin::Terminal => pidfd::kill_group(command.into(), signal)
                .or_else(|_| pidfd::kill(command, Some(signal))),
            Origin::Process => pidfd::kill(command, Some(signal)),
        };
        // It may have ended, or be another user's by now: there is nobody to tell.
        let _ = passed;
    }
}
