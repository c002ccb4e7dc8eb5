//! What is sent when: signals and how long to wait after each.

#![forbid(unsafe_code)]

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::signal::{ParseSignalError, Signal};

/// A signal and how long to wait after it for everyone to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What is sent.
    pub signal: Signal,
    /// How long it may take at most.
    pub wait: Duration,
}

/// The steps of a stop, in order; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule(Vec<Step>);

/// How long a stop waits after KILL before it calls somebody a survivor. KILL
/// works at once but for sleeps in the kernel and frozen cgroups.
pub const AFTER_KILL: Duration = Duration::from_secs(5);

impl Schedule {
    /// `signal`, up to `grace`, then KILL.
    pub fn escalating(signal: Signal, grace: Duration) -> Self {
        if signal == Signal::KILL {
            return Self::kill();
        }
        let mut steps = Self::asking(signal, grace).0;
        steps.extend(Self::kill().0);
        Self(steps)
    }

    /// `signal`, up to `grace`, and nothing more.
    pub fn asking(signal: Signal, grace: Duration) -> Self {
        Self(vec![Step {
            signal,
            wait: grace,
        }])
    }

    /// The same with another first signal. One that begins with KILL stays as it is:
    /// there is nothing to ask for.
    pub fn beginning_with(mut self, signal: Signal) -> Self {
        if let Some(first) = self.0.first_mut()
            && first.signal != Signal::KILL
        {
            first.signal = signal;
        }
        self
    }

    /// KILL at once.
    pub fn kill() -> Self {
        Self::asking(Signal::KILL, AFTER_KILL)
    }

    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The longest that it can take.
    pub fn total(&self) -> Duration {
        self.0
            .iter()
            .fold(Duration::ZERO, |sum, step| sum.saturating_add(step.wait))
    }
}

/// `TERM/10s/KILL/5s`, which [`Schedule::from_str`] reads back.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("/")?;
            }
            write!(f, "{}/{}", step.signal, Wait(step.wait))?;
        }
        Ok(())
    }
}

/// Prints a duration the way [`parse_wait`] reads it.
#[derive(Debug, Clone, Copy)]
pub struct Wait(pub Duration);

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        if millis == 0 && !self.0.is_zero() {
            write!(f, "{}s", self.0.as_secs_f64())
        } else if !millis.is_multiple_of(1000) {
            write!(f, "{millis}ms")
        } else {
            let seconds = millis / 1000;
            match seconds {
                0 => f.write_str("0s"),
                _ if seconds.is_multiple_of(3600) => write!(f, "{}h", seconds / 3600),
                _ if seconds.is_multiple_of(60) => write!(f, "{}m", seconds / 60),
                _ => write!(f, "{seconds}s"),
            }
        }
    }
}

/// Why a text is no duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseWaitError {
    /// Nothing was given.
    Empty,
    /// Not a number with one of the known units.
    Malformed,
    /// More than a century.
    TooLong,
}

impl fmt::Display for ParseWaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "a duration is missing",
            Self::Malformed => "a duration is a number with ms, s, m or h (a bare number is seconds), such as 10, 500ms, 1.5s or 2m",
            Self::TooLong => "a duration of more than a hundred years",
        })
    }
}

impl std::error::Error for ParseWaitError {}

/// The longest wait that makes sense; it keeps every sum of times far from overflow.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Reads `10`, `10s`, `500ms`, `1.5s`, `2m`, `1h`; a bare number is seconds.
pub fn parse_wait(text: &str) -> Result<Duration, ParseWaitError> {
    if text.is_empty() {
        return Err(ParseWaitError::Empty);
    }
    let unit_at = text
        .find(|char: char| !char.is_ascii_digit() && char != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let unit = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(ParseWaitError::Malformed),
    };
    if !number.starts_with(|char: char| char.is_ascii_digit()) || number.ends_with('.') {
        return Err(ParseWaitError::Malformed);
    }
    let number: f64 = number.parse().map_err(|_| ParseWaitError::Malformed)?;
    let wait = Duration::try_from_secs_f64(number * unit).map_err(|_| ParseWaitError::TooLong)?;
    if wait > LONGEST {
        return Err(ParseWaitError::TooLong);
    }
    Ok(wait)
}

/// Why a text is no schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParseScheduleError {
    /// Nothing was given.
    Empty,
    /// A part that should be a signal.
    Signal(String, ParseSignalError),
    /// A part that should be a duration.
    Wait(String, ParseWaitError),
    /// The last signal has no duration behind it.
    NoWait(Signal),
    /// `forever`, which start-stop-daemon knows.
    Forever,
    /// KILL can only be the last one: nothing is left to be asked after it.
    AfterKill,
}

impl fmt::Display for ParseScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a schedule is missing, such as TERM/10s/KILL/5s"),
            Self::Signal(text, _) => write!(f, "{text:?} stands where a signal should"),
            Self::Wait(text, _) => write!(f, "{text:?} stands where a duration should"),
            Self::NoWait(signal) => write!(
                f,
                "how long to wait after {signal} is missing, such as {signal}/10s"
            ),
            Self::Forever => f.write_str(
                "a schedule with \"forever\" would never end; fell stops in bounded time",
            ),
            Self::AfterKill => f.write_str("nothing can follow KILL"),
        }
    }
}

impl std::error::Error for ParseScheduleError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Signal(_, source) => Some(source),
            Self::Wait(_, source) => Some(source),
            _ => None,
        }
    }
}

/// Reads `HUP/5s/TERM/10s/KILL/5s` and start-stop-daemon's `TERM/30/KILL/5`,
/// `-TERM/30` and bare `30` (TERM, wait, KILL, wait).
impl FromStr for Schedule {
    type Err = ParseScheduleError;

    fn from_str(text: &str) -> Result<Self, ParseScheduleError> {
        if text.is_empty() {
            return Err(ParseScheduleError::Empty);
        }
        if !text.contains('/')
            && let Ok(wait) = parse_wait(text)
        {
            return Ok(Self(vec![
                Step {
                    signal: Signal::TERM,
                    wait,
                },
                Step {
                    signal: Signal::KILL,
                    wait,
                },
            ]));
        }
        let mut steps: Vec<Step> = Vec::new();
        let mut parts = text.split('/');
        while let Some(part) = parts.next() {
            if part.eq_ignore_ascii_case("forever") {
                return Err(ParseScheduleError::Forever);
            }
            let signal: Signal = part
                .strip_prefix('-')
                .unwrap_or(part)
                .parse()
                .map_err(|error| ParseScheduleError::Signal(part.to_owned(), error))?;
            if steps.last().is_some_and(|step| step.signal == Signal::KILL) {
                return Err(ParseScheduleError::AfterKill);
            }
            let part = parts.next().ok_or(ParseScheduleError::NoWait(signal))?;
            if part.eq_ignore_ascii_case("forever") {
                return Err(ParseScheduleError::Forever);
            }
            let wait = parse_wait(part)
                .map_err(|error| ParseScheduleError::Wait(part.to_owned(), error))?;
            steps.push(Step { signal, wait });
        }
        Ok(Self(steps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(signal: &str, wait: u64) -> Step {
        Step {
            signal: signal.parse().expect("a signal"),
            wait: Duration::from_millis(wait),
        }
    }

    #[test]
    fn a_duration_is_a_number_with_an_optional_unit() {
        for (text, millis) in [
            ("10", 10_000),
            ("10s", 10_000),
            ("500ms", 500),
            ("1.5s", 1_500),
            ("0.25", 250),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("0", 0),
        ] {
            assert_eq!(
                parse_wait(text),
                Ok(Duration::from_millis(millis)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "", "s", "-1", "+1", "1d", "1e3", "1.", ".5", "1..2", "10 s", "inf", "nan", "1S",
        ] {
            assert!(parse_wait(text).is_err(), "{text}");
        }
        assert_eq!(
            parse_wait("99999999999999999999"),
            Err(ParseWaitError::TooLong)
        );
        assert_eq!(parse_wait("1000000h"), Err(ParseWaitError::TooLong));
    }

    #[test]
    fn a_schedule_is_signals_and_waits_in_turn() {
        for (text, steps) in [
            (
                "TERM/10s/KILL/5s",
                vec![step("TERM", 10_000), step("KILL", 5_000)],
            ),
            (
                "HUP/500ms/TERM/1.5s",
                vec![step("HUP", 500), step("TERM", 1_500)],
            ),
            (
                "TERM/30/KILL/5",
                vec![step("TERM", 30_000), step("KILL", 5_000)],
            ),
            ("-TERM/30", vec![step("TERM", 30_000)]),
            ("30", vec![step("TERM", 30_000), step("KILL", 30_000)]),
            ("15/1/9/1", vec![step("TERM", 1_000), step("KILL", 1_000)]),
        ] {
            assert_eq!(text.parse(), Ok(Schedule(steps)), "{text}");
        }
    }

    #[test]
    fn what_is_no_schedule_is_refused_by_name() {
        for (text, error) in [
            ("", ParseScheduleError::Empty),
            ("TERM", ParseScheduleError::NoWait(Signal::TERM)),
            ("TERM/5/KILL", ParseScheduleError::NoWait(Signal::KILL)),
            ("TERM/30/forever", ParseScheduleError::Forever),
            ("forever/TERM/30", ParseScheduleError::Forever),
            ("TERM/forever", ParseScheduleError::Forever),
            ("KILL/5/TERM/5", ParseScheduleError::AfterKill),
            ("KILL/5/KILL/5", ParseScheduleError::AfterKill),
            (
                "TERM/x",
                ParseScheduleError::Wait("x".into(), ParseWaitError::Malformed),
            ),
            (
                "TERM//KILL/5",
                ParseScheduleError::Wait(String::new(), ParseWaitError::Empty),
            ),
            (
                "NOPE/5",
                ParseScheduleError::Signal("NOPE".into(), ParseSignalError::Unknown),
            ),
        ] {
            assert_eq!(text.parse::<Schedule>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_printed_schedule_is_read_back() {
        for text in [
            "TERM/10s/KILL/5s",
            "HUP/500ms/TERM/1m/KILL/2h",
            "TERM/1500ms",
            "INT/0s",
        ] {
            assert_eq!(
                text.parse::<Schedule>().map(|it| it.to_string()),
                Ok(text.to_owned())
            );
        }
    }

    #[test]
    fn another_first_signal_leaves_the_rest_as_it_is_and_never_replaces_kill() {
        for (text, expected) in [
            ("TERM/7s/KILL/5s", "INT/7s/KILL/5s"),
            ("HUP/1s/TERM/2s", "INT/1s/TERM/2s"),
            ("KILL/5s", "KILL/5s"),
        ] {
            let schedule: Schedule = text.parse().expect("a schedule");
            let changed = schedule.beginning_with(Signal::INT);
            assert_eq!(changed.to_string(), expected);
        }
    }
}
