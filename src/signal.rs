//! Signals: their numbers, their names and how both are read.
//!
//! A [`Signal`] is always one that can be sent on this machine. Signal 0, which
//! sends nothing and only asks whether one could be sent (kill(2)), is not one.

#![forbid(unsafe_code)]

use std::fmt;
use std::num::NonZeroU8;
use std::str::FromStr;

pub mod disposition;
pub mod lookup;
pub mod name;
pub mod outlook;
pub mod reference;

use name::Name;
use reference::{Action, Architecture, ENTRIES};

/// A signal of this machine: 1 to [`Signal::MAX`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signal(NonZeroU8);

impl Signal {
    /// The terminal hung up.
    pub const HUP: Self = Self::standard("HUP");
    /// Ctrl-C at the terminal.
    pub const INT: Self = Self::standard("INT");
    /// Ctrl-\ at the terminal.
    pub const QUIT: Self = Self::standard("QUIT");
    /// The end that nothing can catch, block or ignore.
    pub const KILL: Self = Self::standard("KILL");
    /// The polite request to end.
    pub const TERM: Self = Self::standard("TERM");
    /// Go on after a stop.
    pub const CONT: Self = Self::standard("CONT");
    /// Ctrl-Z at the terminal.
    pub const TSTP: Self = Self::standard("TSTP");
    /// The pause that nothing can catch, block or ignore.
    pub const STOP: Self = Self::standard("STOP");
    /// The highest signal of this machine.
    pub const MAX: u8 = Architecture::NATIVE.realtime_max();

    /// The signal with this number; `None` for 0 and for more than [`Signal::MAX`].
    pub fn new(number: u8) -> Option<Self> {
        NonZeroU8::new(number)
            .filter(|number| number.get() <= Self::MAX)
            .map(Self)
    }

    /// A signal that every architecture has, by the name in [`ENTRIES`].
    const fn standard(name: &str) -> Self {
        let mut at = 0;
        while at < ENTRIES.len() {
            if same(ENTRIES[at].name, name)
                && let Some(number) = ENTRIES[at].number(Architecture::NATIVE)
                && let Some(number) = NonZeroU8::new(number)
            {
                return Self(number);
            }
            at += 1;
        }
        panic!("no standard signal of that name")
    }

    /// Its number on this machine.
    pub const fn number(self) -> u8 {
        self.0.get()
    }

    /// What it is called; every signal of this machine has a name, if only its number.
    pub fn name(self) -> Option<Name> {
        Name::of(self.number(), Architecture::NATIVE)
    }

    /// What the kernel does with it by default.
    pub fn default_action(self) -> Action {
        self.name().map_or(Action::Terminate, |name| name.action())
    }

    /// Whether it is a real-time signal: such queue, standard ones do not (signal(7)).
    pub fn is_realtime(self) -> bool {
        self.number() >= Architecture::NATIVE.kernel_realtime_min()
    }

    /// Whether a process may catch, block or ignore it: all but KILL and STOP.
    pub fn is_catchable(self) -> bool {
        self != Self::KILL && self != Self::STOP
    }
}

/// String equality that can run at compile time.
const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// The name without `SIG`; a real-time signal counts from the nearer end of its
/// range, as the shells print it (`RTMIN+3`, `RTMAX-1`).
impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => name.fmt(f),
            None => f.pad(&self.number().to_string()),
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signal({}, {self})", self.number())
    }
}

/// Why a text is no signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseSignalError {
    /// Nothing was given.
    Empty,
    /// 0, which is the check for existence and no signal.
    Zero,
    /// A number above [`Signal::MAX`].
    OutOfRange,
    /// A name that Linux knows, but not on this architecture.
    NotHere,
    /// Neither a name nor a number.
    Unknown,
}

impl fmt::Display for ParseSignalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a signal is missing"),
            Self::Zero => f.write_str("0 is no signal, only the check whether one could be sent"),
            Self::OutOfRange => write!(f, "signals end at {}", Signal::MAX),
            Self::NotHere => f.write_str("this architecture has no such signal"),
            Self::Unknown => f.write_str("no such signal; `fell signals` lists them"),
        }
    }
}

impl std::error::Error for ParseSignalError {}

/// Reads `TERM`, `SIGTERM`, `sigterm`, `15`, `RTMIN`, `RTMIN+3`, `RTMAX-1` and the
/// other names `IOT`, `CLD`, `POLL`, `UNUSED`. `RTMIN` is 34 on every build, as in glibc.
impl FromStr for Signal {
    type Err = ParseSignalError;

    fn from_str(text: &str) -> Result<Self, ParseSignalError> {
        if text.is_empty() {
            return Err(ParseSignalError::Empty);
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            let number: u8 = text.parse().map_err(|_| ParseSignalError::OutOfRange)?;
            if number == 0 {
                return Err(ParseSignalError::Zero);
            }
            return Self::new(number).ok_or(ParseSignalError::OutOfRange);
        }
        let name: Name = text.parse()?;
        name.number(Architecture::NATIVE)
            .and_then(Self::new)
            .ok_or(match name {
                Name::Realtime(_) => ParseSignalError::OutOfRange,
                _ => ParseSignalError::NotHere,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_that_fingers_type_is_understood() {
        for (text, number) in [
            ("TERM", 15),
            ("SIGTERM", 15),
            ("sigterm", 15),
            ("Term", 15),
            ("15", 15),
            ("9", 9),
            ("64", 64),
            ("RTMIN", 34),
            ("RTMIN+0", 34),
            ("RTMIN+3", 37),
            ("sigrtmin+3", 37),
            ("RTMAX", 64),
            ("RTMAX-1", 63),
            ("IOT", 6),
            ("CLD", 17),
            ("POLL", 29),
            ("UNUSED", 31),
        ] {
            assert_eq!(
                text.parse::<Signal>().map(Signal::number),
                Ok(number),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_signal_is_refused_and_named() {
        for (text, error) in [
            ("", ParseSignalError::Empty),
            ("0", ParseSignalError::Zero),
            ("65", ParseSignalError::OutOfRange),
            ("111", ParseSignalError::OutOfRange),
            ("300", ParseSignalError::OutOfRange),
            ("RTMIN+31", ParseSignalError::OutOfRange),
            ("RTMAX-31", ParseSignalError::OutOfRange),
            ("RTMIN-1", ParseSignalError::Unknown),
            ("RTMIN+", ParseSignalError::Unknown),
            ("RTMIN++1", ParseSignalError::Unknown),
            ("EMT", ParseSignalError::NotHere),
            ("-15", ParseSignalError::Unknown),
            ("+15", ParseSignalError::Unknown),
            ("TERMS", ParseSignalError::Unknown),
            ("SIG", ParseSignalError::Unknown),
        ] {
            assert_eq!(text.parse::<Signal>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_name_is_read_back_as_the_same_signal() {
        for number in 1..=Signal::MAX {
            let signal = Signal::new(number).expect("in range");
            assert_eq!(signal.to_string().parse(), Ok(signal));
        }
    }
}
