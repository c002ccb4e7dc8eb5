//! What a word about signals means: a name, a number, an exit status or a mask.

#![forbid(unsafe_code)]

use std::error::Error;
use std::fmt;

use super::ParseSignalError;
use super::name::Name;
use super::reference::Architecture;

/// What a shell adds to the number of the signal that ended a program to make an
/// exit status of it.
pub const STATUS_BASE: u8 = 128;

/// What a word means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// How the word was read.
    pub reading: Reading,
    /// The signals, none of them by another name; several where architectures differ
    /// or the word is a mask.
    pub names: Vec<Name>,
}

/// How a word was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// As a signal's name.
    Name,
    /// As another name of a signal.
    OtherName(&'static str),
    /// As a signal's number.
    Number,
    /// As the exit status of a program that this signal ended.
    Status(u8),
    /// As 0, which kill(2) takes for a check whether the process exists.
    Existence,
    /// As a set of signals, such as those of /proc/PID/status.
    Mask {
        /// The bits that stand for no signal.
        strays: u128,
    },
}

/// Why a word means no signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookupError {
    /// Nothing was given.
    Empty,
    /// A number that is neither a signal nor an exit status.
    Number {
        /// Where signals end.
        highest: u8,
    },
    /// A signal that these architectures do not have.
    NotHere(Name),
    /// Not a set of signals.
    Mask,
    /// No name of a signal.
    Unknown,
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a signal is missing"),
            Self::Number { highest } => write!(
                f,
                "no such signal; they end at {highest}, and the exit statuses of programs \
                 that a signal ended go from {} to {}",
                STATUS_BASE + 1,
                u16::from(STATUS_BASE) + u16::from(*highest)
            ),
            Self::NotHere(Name::Realtime(_)) => {
                f.write_str("outside the range of the real-time signals")
            }
            Self::NotHere(name) => {
                f.write_str("no signal of this architecture")?;
                for (at, architecture) in Architecture::ALL
                    .into_iter()
                    .filter(|&architecture| name.number(architecture).is_some())
                    .enumerate()
                {
                    let before = if at == 0 { ", only of " } else { ", " };
                    write!(f, "{before}{}", architecture.name())?;
                }
                Ok(())
            }
            Self::Mask => f.write_str("no set of signals: up to 32 hexadecimal digits"),
            Self::Unknown => f.write_str("no such signal"),
        }
    }
}

impl Error for LookupError {}

/// Reads a word as what it can mean on any of these architectures: a name (`TERM`,
/// `SIGTERM`, `RTMIN+2`), a number, an exit status (129 and above), or a mask in
/// hexadecimal: `0x4002`, or the 16 or 32 digits as /proc/PID/status has them.
///
/// A number never is both a signal and a status: even MIPS ends at 127.
pub fn look_up(word: &str, on: &[Architecture]) -> Result<Answer, LookupError> {
    if word.is_empty() {
        return Err(LookupError::Empty);
    }
    let is_hexadecimal = word.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(digits) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        return mask(digits, on);
    }
    if is_hexadecimal && matches!(word.len(), 16 | 32) {
        return mask(word, on);
    }
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        return number(word, on);
    }
    let name: Name = word.parse().map_err(|error| match error {
        ParseSignalError::OutOfRange => LookupError::NotHere(Name::RTMAX),
        _ => LookupError::Unknown,
    })?;
    if on.iter().all(|&at| name.number(at).is_none()) {
        return Err(LookupError::NotHere(name));
    }
    Ok(match name {
        Name::Standard(entry) if entry.alias_of.is_some() => Answer {
            reading: Reading::OtherName(entry.name),
            names: vec![name.canonical()],
        },
        _ => Answer {
            reading: Reading::Name,
            names: vec![name],
        },
    })
}

fn number(digits: &str, on: &[Architecture]) -> Result<Answer, LookupError> {
    let highest = on.iter().map(|at| at.realtime_max()).max().unwrap_or(0);
    let none = LookupError::Number { highest };
    let value: u8 = digits.parse().map_err(|_| none)?;
    if value == 0 {
        return Ok(Answer {
            reading: Reading::Existence,
            names: Vec::new(),
        });
    }
    let (reading, signal) = match value.checked_sub(STATUS_BASE) {
        Some(signal) => (Reading::Status(signal), signal),
        None => (Reading::Number, value),
    };
    let names = Name::all_of(signal, on);
    if names.is_empty() {
        return Err(none);
    }
    Ok(Answer { reading, names })
}

fn mask(digits: &str, on: &[Architecture]) -> Result<Answer, LookupError> {
    // from_str_radix would take a sign.
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(LookupError::Mask);
    }
    let set = u128::from_str_radix(digits, 16).map_err(|_| LookupError::Mask)?;
    let mut names: Vec<Name> = Vec::new();
    let mut strays = 0;
    for number in 1..=128 {
        let bit = 1 << (number - 1);
        if set & bit == 0 {
            continue;
        }
        let here = Name::all_of(number, on);
        if here.is_empty() {
            strays |= bit;
        }
        for name in here {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    Ok(Answer {
        reading: Reading::Mask { strays },
        names,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const X86: &[Architecture] = &[Architecture::X86];
    const MIPS: &[Architecture] = &[Architecture::Mips];

    fn found(word: &str, on: &[Architecture]) -> (Reading, String) {
        let answer = look_up(word, on).unwrap_or_else(|error| panic!("{word}: {error}"));
        let names: Vec<String> = answer.names.iter().map(Name::to_string).collect();
        (answer.reading, names.join(" "))
    }

    #[test]
    fn every_kind_of_word_is_understood() {
        let whole = Reading::Mask { strays: 0 };
        for (word, on, reading, names) in [
            ("TERM", X86, Reading::Name, "TERM"),
            ("sigterm", X86, Reading::Name, "TERM"),
            ("SigTerm", X86, Reading::Name, "TERM"),
            ("15", X86, Reading::Number, "TERM"),
            ("015", X86, Reading::Number, "TERM"),
            ("IOT", X86, Reading::OtherName("IOT"), "ABRT"),
            ("CLD", X86, Reading::OtherName("CLD"), "CHLD"),
            ("RTMIN+2", X86, Reading::Name, "RTMIN+2"),
            ("rtmax-1", X86, Reading::Name, "RTMAX-1"),
            ("34", X86, Reading::Number, "RTMIN"),
            ("32", X86, Reading::Number, "32"),
            ("143", X86, Reading::Status(15), "TERM"),
            ("137", X86, Reading::Status(9), "KILL"),
            ("192", X86, Reading::Status(64), "RTMAX"),
            ("0", X86, Reading::Existence, ""),
            ("0x4002", X86, whole, "INT TERM"),
            ("0X4002", X86, whole, "INT TERM"),
            ("0000000000004002", X86, whole, "INT TERM"),
            ("0x0", X86, whole, ""),
            ("0x180000000", X86, whole, "32 33"),
            (
                "0x80000000000000000000000000000001",
                X86,
                Reading::Mask { strays: 1 << 127 },
                "HUP",
            ),
            ("10", &Architecture::ALL, Reading::Number, "USR1 BUS"),
            ("138", &Architecture::ALL, Reading::Status(10), "USR1 BUS"),
        ] {
            assert_eq!(found(word, on), (reading, names.to_owned()), "{word}");
        }
    }

    #[test]
    fn on_mips_more_numbers_are_signals_and_statuses_reach_255() {
        for (word, reading, name) in [
            ("111", Reading::Number, "RTMAX-16"),
            ("127", Reading::Number, "RTMAX"),
            ("65", Reading::Number, "RTMIN+31"),
            ("129", Reading::Status(1), "HUP"),
            ("144", Reading::Status(16), "USR1"),
            ("255", Reading::Status(127), "RTMAX"),
            ("RTMIN+31", Reading::Name, "RTMIN+31"),
        ] {
            assert_eq!(found(word, MIPS), (reading, name.to_owned()), "{word}");
        }
        assert_eq!(
            look_up("128", MIPS),
            Err(LookupError::Number { highest: 127 })
        );
    }

    #[test]
    fn what_means_no_signal_says_why() {
        let number = LookupError::Number { highest: 64 };
        for (word, error) in [
            ("", LookupError::Empty),
            ("65", number),
            ("111", number),
            ("128", number),
            ("193", number),
            ("255", number),
            ("256", number),
            ("99999999999999", number),
            ("TRM", LookupError::Unknown),
            ("SIG", LookupError::Unknown),
            ("+15", LookupError::Unknown),
            ("-15", LookupError::Unknown),
            ("RTMIN-1", LookupError::Unknown),
            ("RTMIN+999", LookupError::NotHere(Name::RTMAX)),
            ("0x", LookupError::Mask),
            ("0xzz", LookupError::Mask),
            ("0x+1", LookupError::Mask),
            ("0x100000000000000000000000000000000", LookupError::Mask),
        ] {
            assert_eq!(look_up(word, X86), Err(error), "{word}");
        }
        let error = look_up("EMT", X86).expect_err("not on x86").to_string();
        assert_eq!(
            error,
            "no signal of this architecture, only of Alpha, SPARC, MIPS"
        );
        assert!(matches!(
            look_up("RTMIN+31", X86),
            Err(LookupError::NotHere(Name::Realtime(_)))
        ));
    }
}
