//! What fell has to do with: all that this kernel offers, or what an older or stricter one
//! leaves it.

use std::ffi::OsStr;
use std::process::Command;

use super::fell::{FELL, Run, run};
use super::seccomp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    Everything,
    NoPidfds,
    /// Pidfds, but nothing that came to them later.
    OldPidfds,
}

impl Means {
    /// What has to hold with pidfds has to hold without them as well.
    pub const BOTH: [Self; 2] = [Self::Everything, Self::NoPidfds];

    /// And with those of Linux 5.3.
    pub const ALL: [Self; 3] = [Self::Everything, Self::NoPidfds, Self::OldPidfds];

    /// A fell that has no more than this.
    pub fn fell(self) -> Command {
        let mut command = Command::new(FELL);
        self.limit(&mut command);
        command
    }

    /// Keeps a command, and all that it starts, to this.
    pub fn limit(self, command: &mut Command) {
        match self {
            Self::Everything => {}
            Self::NoPidfds => seccomp::deny(command, libc::SYS_pidfd_open, libc::ENOSYS),
            Self::OldPidfds => seccomp::age(command),
        }
    }

    /// What torture calls it.
    pub fn option(self) -> Option<&'static str> {
        match self {
            Self::Everything => None,
            Self::NoPidfds => Some("--without-pidfds"),
            Self::OldPidfds => Some("--old-pidfds"),
        }
    }

    /// The means of that name.
    pub fn of(option: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.option() == Some(option))
    }

    /// Runs fell to its end.
    pub fn run<Argument: AsRef<OsStr>>(self, arguments: &[Argument]) -> Run {
        let mut command = self.fell();
        command.args(arguments);
        run(command)
    }

    /// Whether a fate in the record is the right one for whoever ended like this. Without
    /// the pidfds of today nobody can tell how a process ended that was reaped before
    /// fell looked again; then the record has to say so.
    pub fn admits(self, fate: &str, ended: &str) -> bool {
        fate == ended || self != Self::Everything && fate == "gone"
    }
}

/// Runs fell by these means with words and PIDs in one go:
/// `fell_by![means, "term", "--grace", "1s", pid]`.
#[macro_export]
macro_rules! fell_by {
    ($means:expr, $($argument:expr),+ $(,)?) => {
        $means.run(&[$($argument.to_string()),+])
    };
}
