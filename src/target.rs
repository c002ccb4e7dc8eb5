//! What the user named, and what it turns out to be.

#![forbid(unsafe_code)]

use std::error::Error;
use std::fmt;

use crate::adoption::Adopter;
use crate::process::{Pgid, Pid, Process};
use crate::system::{Lost, System};

/// What the user named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// A process, and with it what belongs to it.
    Process(Pid),
    /// A process group, whether or not its leader lives.
    Group(Pgid),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process(pid) => pid.fmt(f),
            Self::Group(group) => write!(f, "group {group}"),
        }
    }
}

/// A target's identity: where the selection starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// A process that is there.
    Process(Process),
    /// A number that no process bears. The kernel gives it to nobody else while a
    /// group or a session is named by it, so it means those.
    Remains(Pid),
    /// A number that means somebody else by now. It was free in between, so that no
    /// group or session can have been named by it: nothing is left of what it meant.
    Replaced(Pid),
    /// A group that was named as one.
    Group(Pgid),
    /// Whoever this process has adopted; it is no member itself.
    Adopted(Adopter),
}

/// Why a target means nothing that could be stopped.
#[derive(Debug)]
pub enum TargetError {
    /// The number is a thread's.
    Thread {
        /// What was named.
        named: Pid,
        /// The process that the thread belongs to.
        of: Pid,
    },
    /// It could not be looked at.
    Unreadable(Target, Lost),
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Thread { named, of } => {
                write!(f, "{named} is a thread of process {of}; name the process")
            }
            Self::Unreadable(target, _) => write!(f, "can't look at {target}"),
        }
    }
}

impl Error for TargetError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Thread { .. } => None,
            Self::Unreadable(_, source) => Some(source),
        }
    }
}

impl Target {
    /// Looks up what the target means now.
    pub fn resolve(self, system: &mut impl System) -> Result<Root, TargetError> {
        match self {
            Self::Group(group) => Ok(Root::Group(group)),
            Self::Process(pid) => match system.look(pid) {
                Ok(process) => Ok(Root::Process(process)),
                Err(Lost::Gone) => Ok(Root::Remains(pid)),
                Err(Lost::Thread(of)) => Err(TargetError::Thread { named: pid, of }),
                Err(lost) => Err(TargetError::Unreadable(self, lost)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{pgid, pid};

    #[test]
    fn a_target_is_printed_as_it_was_named() {
        for (target, expected) in [
            (Target::Process(pid(100)), "100"),
            (Target::Group(pgid(100)), "group 100"),
        ] {
            assert_eq!(target.to_string(), expected);
        }
    }

    #[test]
    fn an_error_says_what_to_name_and_keeps_its_cause() {
        let thread = TargetError::Thread {
            named: pid(101),
            of: pid(100),
        };
        assert_eq!(
            thread.to_string(),
            "101 is a thread of process 100; name the process"
        );
        assert!(thread.source().is_none());
        let unreadable = TargetError::Unreadable(Target::Process(pid(100)), Lost::Denied);
        assert_eq!(unreadable.to_string(), "can't look at 100");
        let cause = unreadable.source().expect("a cause");
        assert_eq!(cause.to_string(), "not permitted");
    }
}
