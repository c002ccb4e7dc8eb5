//! The signals that come to fell while it runs a program.

#![forbid(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::signal::{SigSet, Signal as Number};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::spawn::is_ignored;
use crate::signal::Signal;

/// `si_code` of a signal that the kernel sends by itself, such as Ctrl-Z on a terminal.
const FROM_KERNEL: i32 = 0x80;

/// What is left as it is: the faults of fell itself, the ends of its own limits, and a
/// closed pipe.
const OWN: [Number; 10] = [
    Number::SIGILL,
    Number::SIGTRAP,
    Number::SIGABRT,
    Number::SIGBUS,
    Number::SIGFPE,
    Number::SIGSEGV,
    Number::SIGSYS,
    Number::SIGXCPU,
    Number::SIGXFSZ,
    Number::SIGPIPE,
];

/// Who sent a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A key on the terminal or its new size: meant for everyone in the foreground.
    Terminal,
    /// A process, and meant for fell.
    Process,
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Letter {
    /// To stop everyone.
    Stop(Signal),
    /// To be passed on.
    Pass(Signal, Origin),
    /// To go on after a stop.
    Continue,
    /// Something has become of a child.
    Children,
    /// Nothing.
    Junk,
}

/// Signals, in the order in which they are to be read.
#[derive(Debug)]
pub(super) struct Inbox {
    fd: SignalFd,
    /// Those that ask to stop, but were ignored when fell was started (nohup(1), the
    /// background of a script).
    ignored: Vec<Number>,
}

impl Inbox {
    /// From now on signals are read instead of having their effect. Blocked they also
    /// reach the first process of a PID namespace, for whom the kernel drops those that
    /// have no handler.
    pub(super) fn open() -> io::Result<Self> {
        let mut set = SigSet::all();
        for number in OWN {
            set.remove(number);
        }
        set.thread_block()?;
        let fd = SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
        let mut ignored = vec![
            Number::SIGHUP,
            Number::SIGINT,
            Number::SIGQUIT,
            Number::SIGTERM,
        ];
        ignored.retain(|&number| is_ignored(number as i32));
        Ok(Self { fd, ignored })
    }

    /// The descriptor that is readable when something has come.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// The next one, if one has come.
    pub(super) fn next(&self) -> Option<Letter> {
        let info = self.fd.read_signal().ok().flatten()?;
        let signal = u8::try_from(info.ssi_signo).ok().and_then(Signal::new)?;
        let origin = if info.ssi_code == FROM_KERNEL {
            Origin::Terminal
        } else {
            Origin::Process
        };
        Some(self.sort(signal, origin))
    }

    fn sort(&self, signal: Signal, origin: Origin) -> Letter {
        match Number::try_from(i32::from(signal.number())) {
            Ok(number) if self.ignored.contains(&number) => Letter::Junk,
            Ok(Number::SIGINT | Number::SIGHUP | Number::SIGQUIT | Number::SIGTERM) => {
                Letter::Stop(signal)
            }
            Ok(Number::SIGCHLD) => Letter::Children,
            Ok(Number::SIGCONT) => Letter::Continue,
            // They are about fell's own place on the terminal.
            Ok(Number::SIGTTIN | Number::SIGTTOU) => Letter::Junk,
            // Among them the real-time signals, for which there is no name.
            _ => Letter::Pass(signal, origin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_is_sorted() {
        let set = SigSet::empty();
        let flags = SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC;
        let inbox = Inbox {
            fd: SignalFd::with_flags(&set, flags).expect("a signalfd"),
            ignored: vec![Number::SIGHUP],
        };
        let letter = |text: &str| {
            let signal: Signal = text.parse().expect("a signal");
            (signal, inbox.sort(signal, Origin::Process))
        };
        for text in ["INT", "QUIT", "TERM"] {
            let (signal, letter) = letter(text);
            assert_eq!(letter, Letter::Stop(signal));
        }
        for text in ["USR1", "USR2", "WINCH", "TSTP", "ALRM", "RTMIN", "RTMAX"] {
            let (signal, letter) = letter(text);
            assert_eq!(letter, Letter::Pass(signal, Origin::Process));
        }
        assert_eq!(letter("CHLD").1, Letter::Children);
        assert_eq!(letter("CONT").1, Letter::Continue);
        for text in ["HUP", "TTIN", "TTOU"] {
            assert_eq!(letter(text).1, Letter::Junk);
        }
    }
}
