//! What each signal is: its number on every architecture Linux numbers signals
//! for, its default action and the standard that names it.
//!
//! Facts only, as constant data. How they are worded, and in which language, is
//! the business of whoever prints them. The figures follow the kernel's
//! `uapi/asm/signal.h` of each architecture and glibc; where signal(7) differs,
//! the kernel wins: `EMT` dumps core, and SPARC's 29 is both `PWR` and `LOST`.

#![forbid(unsafe_code)]

/// One of the five ways in which Linux numbers its signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Architecture {
    /// x86, ARM, RISC-V, PowerPC, s390, LoongArch: every architecture without a
    /// numbering of its own.
    X86,
    /// DEC Alpha.
    Alpha,
    /// SPARC, 32 and 64 bit.
    Sparc,
    /// MIPS, which has 128 signals.
    Mips,
    /// HP PA-RISC.
    Parisc,
}

impl Architecture {
    /// All of them, in the order of the columns of signal(7).
    pub const ALL: [Self; 5] = [
        Self::X86,
        Self::Alpha,
        Self::Sparc,
        Self::Mips,
        Self::Parisc,
    ];

    /// The numbering of the machine this library was built for.
    pub const NATIVE: Self = if cfg!(any(
        target_arch = "mips",
        target_arch = "mips64",
        target_arch = "mips32r6",
        target_arch = "mips64r6"
    )) {
        Self::Mips
    } else if cfg!(any(target_arch = "sparc", target_arch = "sparc64")) {
        Self::Sparc
    } else {
        Self::X86
    };

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::X86 => "x86",
            Self::Alpha => "Alpha",
            Self::Sparc => "SPARC",
            Self::Mips => "MIPS",
            Self::Parisc => "PA-RISC",
        }
    }

    /// The first real-time signal that the kernel knows.
    pub const fn kernel_realtime_min(self) -> u8 {
        32
    }

    /// The first real-time signal that a program may use: glibc keeps the
    /// kernel's 32 and 33 for its threads.
    pub const fn realtime_min(self) -> u8 {
        34
    }

    /// The last real-time signal. MIPS reaches 127 (the kernel's header says
    /// 128, glibc 127, since an exit status has no room for more).
    pub const fn realtime_max(self) -> u8 {
        match self {
            Self::Mips => 127,
            _ => 64,
        }
    }
}

/// What the kernel does with a signal that the process neither catches, ignores
/// nor blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Ends the process.
    Terminate,
    /// Ends the process and dumps core, where core dumps are on.
    Core,
    /// Nothing.
    Ignore,
    /// Stops the process until it is continued.
    Stop,
    /// Continues the process if it is stopped.
    Continue,
}

/// The standard that first named a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standard {
    /// POSIX.1-1990.
    Posix1990,
    /// POSIX.1-2001.
    Posix2001,
}

/// The facts of one standard signal, or of one of its other names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The name without `SIG`.
    pub name: &'static str,
    numbers: [u8; 5],
    /// What happens by default.
    pub action: Action,
    /// The standard that names it; `None` for what Linux or an architecture added.
    pub standard: Option<Standard>,
    /// The name that this entry is another name of.
    pub alias_of: Option<&'static str>,
}

impl Entry {
    /// The number on `architecture`; `None` where it has no such signal.
    pub const fn number(&self, architecture: Architecture) -> Option<u8> {
        match self.numbers[architecture as usize] {
            0 => None,
            number => Some(number),
        }
    }

    /// Whether a process may catch, block or ignore it: all but KILL and STOP.
    pub fn is_catchable(&self) -> bool {
        !matches!(self.name, "KILL" | "STOP")
    }
}

const fn entry(
    name: &'static str,
    numbers: [u8; 5],
    action: Action,
    standard: Option<Standard>,
    alias_of: Option<&'static str>,
) -> Entry {
    Entry {
        name,
        numbers,
        action,
        standard,
        alias_of,
    }
}

/// Every standard signal and alias, in the order of their x86 numbers; each
/// alias stands behind the name it stands for. Real-time signals are a range,
/// see [`Architecture::realtime_min`]; all of them terminate by default.
#[rustfmt::skip]
pub const ENTRIES: &[Entry] = &[
    entry("HUP", [1, 1, 1, 1, 1], Action::Terminate, Some(Standard::Posix1990), None),
    entry("INT", [2, 2, 2, 2, 2], Action::Terminate, Some(Standard::Posix1990), None),
    entry("QUIT", [3, 3, 3, 3, 3], Action::Core, Some(Standard::Posix1990), None),
    entry("ILL", [4, 4, 4, 4, 4], Action::Core, Some(Standard::Posix1990), None),
    entry("TRAP", [5, 5, 5, 5, 5], Action::Core, Some(Standard::Posix2001), None),
    entry("ABRT", [6, 6, 6, 6, 6], Action::Core, Some(Standard::Posix1990), None),
    entry("IOT", [6, 6, 6, 6, 6], Action::Core, None, Some("ABRT")),
    entry("BUS", [7, 10, 10, 10, 10], Action::Core, Some(Standard::Posix2001), None),
    entry("EMT", [0, 7, 7, 7, 0], Action::Core, None, None),
    entry("FPE", [8, 8, 8, 8, 8], Action::Core, Some(Standard::Posix1990), None),
    entry("KILL", [9, 9, 9, 9, 9], Action::Terminate, Some(Standard::Posix1990), None),
    entry("USR1", [10, 30, 30, 16, 16], Action::Terminate, Some(Standard::Posix1990), None),
    entry("SEGV", [11, 11, 11, 11, 11], Action::Core, Some(Standard::Posix1990), None),
    entry("USR2", [12, 31, 31, 17, 17], Action::Terminate, Some(Standard::Posix1990), None),
    entry("PIPE", [13, 13, 13, 13, 13], Action::Terminate, Some(Standard::Posix1990), None),
    entry("ALRM", [14, 14, 14, 14, 14], Action::Terminate, Some(Standard::Posix1990), None),
    entry("TERM", [15, 15, 15, 15, 15], Action::Terminate, Some(Standard::Posix1990), None),
    entry("STKFLT", [16, 0, 0, 0, 7], Action::Terminate, None, None),
    entry("CHLD", [17, 20, 20, 18, 18], Action::Ignore, Some(Standard::Posix1990), None),
    entry("CLD", [0, 0, 0, 18, 0], Action::Ignore, None, Some("CHLD")),
    entry("CONT", [18, 19, 19, 25, 26], Action::Continue, Some(Standard::Posix1990), None),
    entry("STOP", [19, 17, 17, 23, 24], Action::Stop, Some(Standard::Posix1990), None),
    entry("TSTP", [20, 18, 18, 24, 25], Action::Stop, Some(Standard::Posix1990), None),
    entry("TTIN", [21, 21, 21, 26, 27], Action::Stop, Some(Standard::Posix1990), None),
    entry("TTOU", [22, 22, 22, 27, 28], Action::Stop, Some(Standard::Posix1990), None),
    entry("URG", [23, 16, 16, 21, 29], Action::Ignore, Some(Standard::Posix2001), None),
    entry("XCPU", [24, 24, 24, 30, 12], Action::Core, Some(Standard::Posix2001), None),
    entry("XFSZ", [25, 25, 25, 31, 30], Action::Core, Some(Standard::Posix2001), None),
    entry("VTALRM", [26, 26, 26, 28, 20], Action::Terminate, Some(Standard::Posix2001), None),
    entry("PROF", [27, 27, 27, 29, 21], Action::Terminate, Some(Standard::Posix2001), None),
    entry("WINCH", [28, 28, 28, 20, 23], Action::Ignore, None, None),
    entry("IO", [29, 23, 23, 22, 22], Action::Terminate, None, None),
    entry("POLL", [29, 23, 23, 22, 22], Action::Terminate, Some(Standard::Posix2001), Some("IO")),
    entry("PWR", [30, 29, 29, 19, 19], Action::Terminate, None, None),
    entry("INFO", [0, 29, 0, 0, 0], Action::Terminate, None, None),
    entry("LOST", [0, 0, 29, 0, 0], Action::Terminate, None, None),
    entry("SYS", [31, 12, 12, 12, 31], Action::Core, Some(Standard::Posix2001), None),
    entry("UNUSED", [31, 0, 0, 0, 31], Action::Core, None, Some("SYS")),
];
