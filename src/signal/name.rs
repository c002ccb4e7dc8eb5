//! Signals by their names, on any architecture.
//!
//! A name means a number only together with an [`Architecture`]. [`Signal`] is the
//! pair of both on this machine; a reference needs the others too.
//!
//! [`Signal`]: super::Signal

#![forbid(unsafe_code)]

use std::fmt;
use std::str::FromStr;

use super::ParseSignalError;
use super::reference::{Action, Architecture, ENTRIES, Entry, Standard};

/// What a signal is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// A standard signal, or another name of one.
    Standard(&'static Entry),
    /// A real-time signal.
    Realtime(Realtime),
    /// One of those between the standard and the real-time signals, which the C
    /// library keeps for its threads (nptl(7)): only the number names it.
    Reserved(u8),
}

/// A real-time signal, counted from one end of its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Realtime {
    /// `RTMIN+n`.
    FromMin(u8),
    /// `RTMAX-n`.
    FromMax(u8),
}

impl Name {
    /// The first real-time signal.
    pub const RTMIN: Self = Self::Realtime(Realtime::FromMin(0));
    /// The last real-time signal.
    pub const RTMAX: Self = Self::Realtime(Realtime::FromMax(0));

    /// What `number` is called on `architecture`, never by another name of it; a
    /// real-time signal counts from the nearer end. `None` where there is none.
    pub fn of(number: u8, architecture: Architecture) -> Option<Self> {
        Self::bearers(number, architecture)
            .next()
            .or_else(|| Self::numbered(number, architecture))
    }

    /// Everything that `number` means on these architectures. On several, a
    /// real-time signal counts from [`Name::RTMIN`], which has the same number on
    /// all of them.
    pub fn all_of(number: u8, on: &[Architecture]) -> Vec<Self> {
        let mut names = Vec::new();
        for &architecture in on {
            let before = names.len();
            for name in Self::bearers(number, architecture) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            let is_standard = Self::bearers(number, architecture).next().is_some();
            if names.len() == before && !is_standard {
                let name = Self::numbered(number, architecture).map(|name| match name {
                    Self::Realtime(_) if on.len() > 1 => Self::Realtime(Realtime::FromMin(
                        number.saturating_sub(architecture.realtime_min()),
                    )),
                    other => other,
                });
                names.extend(name.filter(|name| !names.contains(name)));
            }
        }
        names
    }

    /// Every name on these architectures in the order of the numbers on the first:
    /// standard signals with their other names, then the real-time signals. On several
    /// architectures only both ends of the real-time range are named, since the
    /// ranges differ.
    pub fn known(on: &[Architecture]) -> Vec<Self> {
        let mut names: Vec<Self> = ENTRIES
            .iter()
            .map(Self::Standard)
            .filter(|name| on.iter().any(|&at| name.number(at).is_some()))
            .collect();
        match on {
            [only] => {
                names.sort_by_key(|name| name.number(*only));
                names.extend(
                    (only.realtime_min()..=only.realtime_max())
                        .filter_map(|number| Self::of(number, *only)),
                );
            }
            _ => names.extend([Self::RTMIN, Self::RTMAX]),
        }
        names
    }

    fn bearers(number: u8, architecture: Architecture) -> impl Iterator<Item = Self> {
        ENTRIES
            .iter()
            .filter(move |entry| {
                entry.alias_of.is_none() && entry.number(architecture) == Some(number)
            })
            .map(Self::Standard)
    }

    fn numbered(number: u8, architecture: Architecture) -> Option<Self> {
        let (min, max) = (architecture.realtime_min(), architecture.realtime_max());
        if (min..=max).contains(&number) {
            let (up, down) = (number - min, max - number);
            return Some(Self::Realtime(if up < down {
                Realtime::FromMin(up)
            } else {
                Realtime::FromMax(down)
            }));
        }
        (architecture.kernel_realtime_min()..min)
            .contains(&number)
            .then_some(Self::Reserved(number))
    }

    /// Its number on `architecture`; `None` where there is no such signal.
    pub fn number(&self, architecture: Architecture) -> Option<u8> {
        let (min, max) = (architecture.realtime_min(), architecture.realtime_max());
        match self {
            // glibc defines CLD on every architecture, the kernel's header on MIPS alone.
            Self::Standard(entry) if entry.name == "CLD" => self.canonical().number(architecture),
            Self::Standard(entry) => entry.number(architecture),
            Self::Realtime(Realtime::FromMin(up)) => {
                min.checked_add(*up).filter(|number| *number <= max)
            }
            Self::Realtime(Realtime::FromMax(down)) => {
                max.checked_sub(*down).filter(|number| *number >= min)
            }
            Self::Reserved(number) => Some(*number),
        }
    }

    /// The number that the kernel's header gives it on `architecture`.
    pub fn defined(&self, architecture: Architecture) -> Option<u8> {
        match self {
            Self::Standard(entry) => entry.number(architecture),
            _ => self.number(architecture),
        }
    }

    /// The name that this is another name of, or this one.
    #[must_use]
    pub fn canonical(&self) -> Self {
        self.alias_of()
            .and_then(|name| ENTRIES.iter().find(|entry| entry.name == name))
            .map_or(*self, Self::Standard)
    }

    /// The name that this is another name of.
    pub fn alias_of(&self) -> Option<&'static str> {
        match self {
            Self::Standard(entry) => entry.alias_of,
            _ => None,
        }
    }

    /// Its other names on any of these architectures.
    pub fn aliases(&self, on: &[Architecture]) -> impl Iterator<Item = &'static str> {
        let name = match self {
            Self::Standard(entry) => Some(entry.name),
            _ => None,
        };
        ENTRIES
            .iter()
            .filter(move |entry| entry.alias_of.is_some() && entry.alias_of == name)
            .filter(|entry| {
                on.iter()
                    .any(|&at| Self::Standard(entry).number(at).is_some())
            })
            .map(|entry| entry.name)
    }

    /// What the kernel does with it by default.
    pub fn action(&self) -> Action {
        match self {
            Self::Standard(entry) => entry.action,
            _ => Action::Terminate,
        }
    }

    /// The standard that names it.
    pub fn standard(&self) -> Option<Standard> {
        match self {
            Self::Standard(entry) => entry.standard,
            Self::Realtime(_) => Some(Standard::Posix2001),
            Self::Reserved(_) => None,
        }
    }

    /// Whether a process may catch, block or ignore it: all but KILL and STOP.
    pub fn is_catchable(&self) -> bool {
        match self {
            Self::Standard(entry) => entry.is_catchable(),
            _ => true,
        }
    }
}

/// Without `SIG`, as in `RTMIN+3`; a reserved one is only a number.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard(entry) => f.pad(entry.name),
            Self::Realtime(realtime) => realtime.fmt(f),
            Self::Reserved(number) => f.pad(&number.to_string()),
        }
    }
}

impl fmt::Display for Realtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FromMin(0) => f.pad("RTMIN"),
            Self::FromMax(0) => f.pad("RTMAX"),
            Self::FromMin(up) => f.pad(&format!("RTMIN+{up}")),
            Self::FromMax(down) => f.pad(&format!("RTMAX-{down}")),
        }
    }
}

/// Reads a name in any case, with or without `SIG`; numbers are for
/// [`Signal`](super::Signal) and [`lookup`](super::lookup). Whether an architecture has
/// such a signal is for [`Name::number`] to say.
impl FromStr for Name {
    type Err = ParseSignalError;

    fn from_str(text: &str) -> Result<Self, ParseSignalError> {
        if text.is_empty() {
            return Err(ParseSignalError::Empty);
        }
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        if let Some(rest) = name.strip_prefix("RTMIN") {
            return Ok(Self::Realtime(Realtime::FromMin(offset(rest, '+')?)));
        }
        if let Some(rest) = name.strip_prefix("RTMAX") {
            return Ok(Self::Realtime(Realtime::FromMax(offset(rest, '-')?)));
        }
        ENTRIES
            .iter()
            .find(|entry| entry.name == name)
            .map(Self::Standard)
            .ok_or(ParseSignalError::Unknown)
    }
}

fn offset(rest: &str, sign: char) -> Result<u8, ParseSignalError> {
    if rest.is_empty() {
        return Ok(0);
    }
    let digits = rest.strip_prefix(sign).ok_or(ParseSignalError::Unknown)?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ParseSignalError::Unknown);
    }
    digits.parse().map_err(|_| ParseSignalError::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(number: u8, on: &[Architecture]) -> Vec<String> {
        Name::all_of(number, on)
            .iter()
            .map(Name::to_string)
            .collect()
    }

    #[test]
    fn a_number_means_what_the_architecture_says() {
        for (number, architecture, name) in [
            (10, Architecture::X86, "USR1"),
            (10, Architecture::Sparc, "BUS"),
            (16, Architecture::Mips, "USR1"),
            (30, Architecture::Alpha, "USR1"),
            (29, Architecture::Sparc, "PWR"),
            (32, Architecture::X86, "32"),
            (34, Architecture::X86, "RTMIN"),
            (37, Architecture::X86, "RTMIN+3"),
            (63, Architecture::X86, "RTMAX-1"),
            (64, Architecture::X86, "RTMAX"),
            (64, Architecture::Mips, "RTMIN+30"),
            (127, Architecture::Mips, "RTMAX"),
        ] {
            let found = Name::of(number, architecture).map(|name| name.to_string());
            assert_eq!(found.as_deref(), Some(name), "{number} on {architecture:?}");
        }
        assert_eq!(Name::of(0, Architecture::X86), None);
        assert_eq!(Name::of(65, Architecture::X86), None);
        assert_eq!(Name::of(128, Architecture::Mips), None);
    }

    #[test]
    fn a_number_that_two_names_share_means_both() {
        assert_eq!(names(29, &[Architecture::Sparc]), ["PWR", "LOST"]);
        assert_eq!(names(29, &[Architecture::Alpha]), ["PWR", "INFO"]);
        assert_eq!(names(10, &Architecture::ALL), ["USR1", "BUS"]);
        assert_eq!(names(64, &Architecture::ALL), ["RTMIN+30"]);
        assert_eq!(names(111, &Architecture::ALL), ["RTMIN+77"]);
        assert_eq!(names(32, &Architecture::ALL), ["32"]);
        assert!(names(0, &Architecture::ALL).is_empty());
    }

    #[test]
    fn every_number_of_every_architecture_is_read_back_by_its_name() {
        for architecture in Architecture::ALL {
            for number in 1..=architecture.realtime_max() {
                let name = Name::of(number, architecture).expect("a name");
                assert_eq!(name.number(architecture), Some(number));
                if !matches!(name, Name::Reserved(_)) {
                    assert_eq!(name.to_string().parse(), Ok(name));
                }
            }
        }
    }

    #[test]
    fn other_names_lead_to_the_signal() {
        for (alias, name) in [
            ("IOT", "ABRT"),
            ("CLD", "CHLD"),
            ("POLL", "IO"),
            ("UNUSED", "SYS"),
        ] {
            let alias: Name = alias.parse().expect("a name");
            assert_eq!(alias.canonical().to_string(), name);
        }
        let aliases = |name: &str, on| {
            let name: Name = name.parse().expect("a name");
            name.aliases(&[on]).collect::<Vec<_>>()
        };
        assert_eq!(aliases("ABRT", Architecture::X86), ["IOT"]);
        assert_eq!(aliases("CHLD", Architecture::X86), ["CLD"]);
        assert_eq!(aliases("SYS", Architecture::X86), ["UNUSED"]);
        assert!(aliases("SYS", Architecture::Alpha).is_empty());
        assert!(aliases("TERM", Architecture::X86).is_empty());
    }
}
