//! The values that options and arguments take.

use std::ffi::OsStr;
use std::time::Duration;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command, Error, ValueEnum};
use fell::process::{Pgid, Pid};
use fell::schedule::{Schedule, parse_wait};
use fell::scope::Reach;
use fell::signal::Signal;
use fell::signal::name::Name;
use fell::signal::reference::{Architecture, ENTRIES};

/// A PID as it was typed.
pub fn pid(text: &str) -> Result<Pid, String> {
    let number = positive(text, "PID")?;
    Pid::new(number).ok_or_else(|| {
        "0 is no process (supervisorctl pid prints 0 for a program that is stopped)".to_owned()
    })
}

/// A process group's number as it was typed.
pub fn pgid(text: &str) -> Result<Pgid, String> {
    let number = positive(text, "PGID")?;
    Pgid::new(number).ok_or_else(|| "0 is no group (to kill(2) it would be one's own)".to_owned())
}

fn positive(text: &str, what: &str) -> Result<i32, String> {
    if text.is_empty() {
        return Err(format!("it is empty where a {what} should be"));
    }
    if let Some(group) = text.strip_prefix('-')
        && is_digits(group)
    {
        return Err(format!("to name a group: fell killpg {group}"));
    }
    if !is_digits(text) {
        return Err(format!("a {what} is a positive number"));
    }
    text.parse()
        .map_err(|_| format!("no {what} is larger than {}", i32::MAX))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A signal as it was typed.
pub fn signal(text: &str) -> Result<Signal, String> {
    text.parse().map_err(|error| format!("{error}"))
}

/// A signal, or 0 for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalOrProbe {
    /// This signal.
    Signal(Signal),
    /// Only the question whether one could be sent.
    Probe,
}

/// A signal or 0 as it was typed.
pub fn signal_or_probe(text: &str) -> Result<SignalOrProbe, String> {
    if text == "0" {
        return Ok(SignalOrProbe::Probe);
    }
    signal(text).map(SignalOrProbe::Signal)
}

/// Reads a signal by another parser, and names the signals to those who complete one:
/// what else is one, from `sigterm` to `RTMIN+3`, can't be listed.
#[derive(Debug, Clone)]
pub struct Completed<Parser>(pub Parser);

impl<Parser: TypedValueParser> TypedValueParser for Completed<Parser> {
    type Value = Parser::Value;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, Error> {
        self.0.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(signal_names().map(PossibleValue::new)))
    }
}

/// The names of this machine's signals for completion. The real-time signals between
/// the ends of their range would drown the others.
pub fn signal_names() -> impl Iterator<Item = &'static str> {
    ENTRIES
        .iter()
        .filter(|entry| Name::Standard(entry).number(Architecture::NATIVE).is_some())
        .map(|entry| entry.name)
        .chain(["RTMIN", "RTMAX"])
}

/// A duration as it was typed.
pub fn wait(text: &str) -> Result<Duration, String> {
    parse_wait(text).map_err(|error| error.to_string())
}

/// A schedule as it was typed.
pub fn schedule(text: &str) -> Result<Schedule, String> {
    use std::error::Error as _;
    text.parse().map_err(
        |error: fell::schedule::ParseScheduleError| match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    )
}

/// How far a stop reaches from a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReachArg {
    /// The process, its group, all descendants, and the groups and sessions that they lead
    Family,
    /// The process and its descendants
    Tree,
    /// The group of the process
    Group,
    /// The process alone
    Process,
    /// As family, and the whole session of the process
    Session,
}

impl From<ReachArg> for Reach {
    fn from(reach: ReachArg) -> Self {
        match reach {
            ReachArg::Family => Self::Family,
            ReachArg::Tree => Self::Tree,
            ReachArg::Group => Self::Group,
            ReachArg::Process => Self::Process,
            ReachArg::Session => Self::Session,
        }
    }
}

/// How far a stop reaches from a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GroupReachArg {
    /// The group alone
    Group,
    /// The group, all descendants of its members, and the groups that they lead
    Family,
}

impl From<GroupReachArg> for Reach {
    fn from(reach: GroupReachArg) -> Self {
        match reach {
            GroupReachArg::Group => Self::Group,
            GroupReachArg::Family => Self::Family,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_names_no_process_is_refused_with_its_reason() {
        for (text, word) in [
            ("0", "supervisorctl"),
            ("00", "supervisorctl"),
            ("-5", "killpg 5"),
            ("", "empty"),
            ("-", "positive"),
            ("+5", "positive"),
            (" 5", "positive"),
            ("5x", "positive"),
            ("0x10", "positive"),
            ("nginx", "positive"),
            ("4294967297", "larger"),
            ("2147483648", "larger"),
            ("99999999999999999999", "larger"),
        ] {
            let error = pid(text).expect_err(text);
            assert!(error.contains(word), "{text}: {error}");
        }
        assert_eq!(pid("2147483647").map(Pid::get), Ok(i32::MAX));
        assert!(pgid("0").is_err_and(|error| error.contains("one's own")));
    }

    #[test]
    fn signal_zero_is_a_question() {
        assert_eq!(signal_or_probe("0"), Ok(SignalOrProbe::Probe));
        assert_eq!(
            signal_or_probe("HUP"),
            Ok(SignalOrProbe::Signal(Signal::HUP))
        );
        assert!(signal("0").is_err());
    }
}
