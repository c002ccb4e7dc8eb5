//! The exit statuses: start-stop-daemon's and the LSB's convention for stopping.

use std::env;
use std::process::ExitCode;

use fell::outcome::Verdict;
use fell::signal::Signal;

use crate::cli::habits;
use crate::output;

/// How fell ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything that was to be stopped is gone, or what was asked for is printed.
    Done,
    /// Every target was missing.
    Nothing,
    /// Somebody is still there, or could not be signalled.
    Left,
    /// Wrong usage, a refused target, an unreadable /proc.
    Failed,
    /// By the signal that interrupted it.
    Interrupted(Signal),
    /// With the status of the program that it has run.
    Program(u8),
    /// It could not run the program.
    Unable,
    /// The program was found but can't be executed.
    NotExecutable,
    /// There is no such program.
    NotFound,
}

impl Exit {
    /// The status; a signal's is what a shell shows for a death by it.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Nothing => 1,
            Self::Left => 2,
            Self::Failed => 3,
            Self::Interrupted(signal) => 128 + signal.number(),
            Self::Program(status) => status,
            Self::Unable => 125,
            Self::NotExecutable => 126,
            Self::NotFound => 127,
        }
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Gone | Verdict::Delivered => Self::Done,
            Verdict::Nothing => Self::Nothing,
            Verdict::Left => Self::Left,
            Verdict::Interrupted(signal) => Self::Interrupted(signal),
        }
    }
}

/// The status of a command; its error is told first.
pub fn status(result: anyhow::Result<Exit>) -> ExitCode {
    let exit = result.unwrap_or_else(|error| {
        output::message(&format!("fell: {error:#}\n"));
        Exit::Failed
    });
    ExitCode::from(exit.code())
}

/// The status of a command line that clap did not take, or that asked for help. What
/// was typed from habit gets the command that was meant.
pub fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Help and version; a closed stream is no failure.
        let _ = error.print();
        return ExitCode::from(Exit::Done.code());
    }
    let arguments: Vec<String> = env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    // In a journal the line has to tell whose it is.
    let text = error.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    match habits::meant(&arguments) {
        Some(command) => {
            let what = text.lines().next().unwrap_or_default();
            output::message(&format!("fell: {what}\nfell: that is written: {command}\n"));
        }
        None => {
            output::message(&format!("fell: {text}"));
        }
    }
    ExitCode::from(of_wrong_usage(&arguments).code())
}

/// Who runs a program must not take a wrong usage for its status.
fn of_wrong_usage(arguments: &[String]) -> Exit {
    let mut words = arguments.iter().filter(|word| !word.starts_with('-'));
    match words.find(|word| !is_color(word)) {
        Some(command) if command == "run" => Exit::Unable,
        _ => Exit::Failed,
    }
}

/// The value of an option that may stand before the command.
fn is_color(word: &str) -> bool {
    matches!(word, "auto" | "always" | "never")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statuses_are_those_of_start_stop_daemon() {
        assert_eq!(Exit::Done.code(), 0);
        assert_eq!(Exit::Nothing.code(), 1);
        assert_eq!(Exit::Left.code(), 2);
        assert_eq!(Exit::Failed.code(), 3);
        assert_eq!(Exit::Interrupted(Signal::INT).code(), 130);
    }

    #[test]
    fn the_statuses_of_a_run_are_those_of_env_and_timeout() {
        assert_eq!(Exit::Program(3).code(), 3);
        assert_eq!(Exit::Unable.code(), 125);
        assert_eq!(Exit::NotExecutable.code(), 126);
        assert_eq!(Exit::NotFound.code(), 127);
    }

    #[test]
    fn wrong_usage_of_run_is_told_from_a_programs_status() {
        for (text, exit) in [
            ("run", Exit::Unable),
            ("run --nonsense", Exit::Unable),
            ("--color never run -g", Exit::Unable),
            ("term run", Exit::Failed),
            ("", Exit::Failed),
        ] {
            let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            assert_eq!(of_wrong_usage(&words), exit, "{text}");
        }
    }
}
