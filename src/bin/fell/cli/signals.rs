//! `fell signals`.

use clap::builder::StringValueParser;
use clap::{Args, ValueEnum, ValueHint};
use fell::process::Pid;
use fell::signal::reference::Architecture;

use super::values::{self, Completed};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fell signals                   every signal of this machine
  fell signals 143               128+15: ended by TERM
  fell signals 0x4002            the signals of a mask, as in /proc/PID/status
  fell signals --arch all USR1   its number on every architecture
  fell signals --pid 700 TERM    what process 700 would do with TERM")]
pub struct SignalsArgs {
    /// Signals to look up; all without
    ///
    /// A name with or without SIG in any case (TERM, sigterm, RTMIN+3), a number (15),
    /// an exit status (143, which is 128+15), or a set of signals in hexadecimal
    /// (0x4002, or the 16 digits as in /proc/PID/status).
    #[arg(value_name = "WHAT", value_parser = Completed(StringValueParser::new()), hide_possible_values = true)]
    pub what: Vec<String>,

    /// Number the signals as on this architecture
    #[arg(
        long,
        value_name = "ARCH",
        default_value = "native",
        conflicts_with = "pid"
    )]
    pub arch: ArchitectureChoice,

    /// Show what this process does with each signal
    ///
    /// Whether it catches, ignores or blocks it, whether one is pending, and what would
    /// happen if it came now.
    #[arg(long, value_name = "PID", value_hint = ValueHint::Other, value_parser = values::pid)]
    pub pid: Option<Pid>,

    /// The language of the meanings [default: that of the locale]
    #[arg(long, value_name = "LANG")]
    pub lang: Option<LanguageChoice>,

    /// Print JSON: an array with an object for each signal
    #[arg(long)]
    pub json: bool,

    /// Print bare names, one a line
    #[arg(short = '1', long, conflicts_with_all = ["json", "pid"])]
    pub names: bool,
}

/// Whose numbers are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ArchitectureChoice {
    /// This machine.
    Native,
    /// x86, ARM, RISC-V, PowerPC, s390, LoongArch.
    X86,
    /// DEC Alpha.
    Alpha,
    /// SPARC.
    Sparc,
    /// MIPS, which has 128 signals.
    Mips,
    /// HP PA-RISC.
    Parisc,
    /// All of them side by side.
    All,
}

impl ArchitectureChoice {
    /// The architectures that are meant.
    pub fn architectures(self) -> &'static [Architecture] {
        match self {
            Self::Native => &[Architecture::NATIVE],
            Self::X86 => &[Architecture::X86],
            Self::Alpha => &[Architecture::Alpha],
            Self::Sparc => &[Architecture::Sparc],
            Self::Mips => &[Architecture::Mips],
            Self::Parisc => &[Architecture::Parisc],
            Self::All => &Architecture::ALL,
        }
    }
}

/// The language of the meanings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LanguageChoice {
    /// English.
    En,
    /// Chinese.
    Zh,
}
