//! The record of a program that fell has run.

use std::ffi::OsString;

use fell::fate::Cause;
use fell::outcome::Outcome;
use fell::process::Pid;
use fell::signal::Signal;
use serde::Serialize;

use super::process::{Text, text};
use super::stop::{FateDocument, StopContext, StopDocument, nobody, stop};

/// The record of a run: that of its stop, and what became of the program.
#[derive(Debug, Serialize)]
pub struct RunDocument {
    #[serde(flatten)]
    stop: StopDocument,
    program: ProgramDocument,
}

#[derive(Debug, Serialize)]
struct ProgramDocument {
    pid: i32,
    command: Vec<Text>,
    end: Option<FateDocument>,
    status: u8,
    asked_by: Option<String>,
}

/// What is told of the program.
#[derive(Debug, Clone, Copy)]
pub struct Program<'a> {
    /// Its number.
    pub pid: Pid,
    /// How it was called.
    pub command: &'a [OsString],
    /// How it ended.
    pub end: Option<Cause>,
    /// The exit status that fell makes of it.
    pub status: u8,
    /// The signal by which fell was asked to stop it.
    pub asked_by: Option<Signal>,
}

/// The record of a run; without an outcome nobody had to be stopped.
pub fn run(
    context: &StopContext<'_>,
    program: &Program<'_>,
    outcome: Option<&Outcome>,
) -> RunDocument {
    RunDocument {
        stop: match outcome {
            Some(outcome) => stop(context, outcome),
            None => nobody(context),
        },
        program: ProgramDocument {
            pid: program.pid.get(),
            command: program.command.iter().map(|it| text(it)).collect(),
            end: program.end.map(FateDocument::of_cause),
            status: program.status,
            asked_by: program.asked_by.map(|signal| signal.to_string()),
        },
    }
}
