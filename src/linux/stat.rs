//! The text of /proc/PID/stat (proc_pid_stat(5)).
//!
//! Read by hand, since it is read for every process, and since a name may hold
//! anything: blanks, parentheses, newlines, bytes that are no UTF-8. It ends at the
//! *last* closing parenthesis.

#![forbid(unsafe_code)]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::fate::Cause;
use crate::process::{Identity, Kind, Pgid, Pid, Process, Sid, StartTime, State};

/// The kernel thread bit of the flags field (`PF_KTHREAD` of linux/sched.h).
const KERNEL_THREAD: u32 = 0x0020_0000;

/// The bit of a thread that is in exit(2) (`PF_EXITING`).
const EXITING: u32 = 0x0000_0004;

/// What one reading tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) process: Process,
    /// Whether its main thread, or the thread that the file is about, has ended or is on its
    /// way there.
    pub(super) is_exiting: bool,
    /// The wait status, once it is a zombie; 0 also when it is kept from us.
    pub(super) exit_code: Option<i32>,
}

/// Reads the text; `None` when it is not the text of a process.
pub(super) fn parse(text: &[u8]) -> Option<Stat> {
    let open = text.iter().position(|&byte| byte == b'(')?;
    let close = text.iter().rposition(|&byte| byte == b')')?;
    let pid = Pid::new(number(text.get(..open)?.trim_ascii_end())?)?;
    let name = text.get(open + 1..close)?;
    let mut fields = text
        .get(close + 1..)?
        .trim_ascii()
        .split(|&byte| byte == b' ');
    // Numbered as in the manual page, where the state is the third field.
    let state = State::from_letter(*fields.next()?.first()?);
    let parent = number(fields.next()?)?;
    let group = number(fields.next()?)?;
    let session = number(fields.next()?)?;
    let flags: u32 = number(fields.nth(2)?)?;
    let threads = number(fields.nth(10)?)?;
    let started = number(fields.nth(1)?)?;
    let exit_code = fields.nth(29).and_then(number);
    Some(Stat {
        process: Process {
            identity: Identity {
                pid,
                started: StartTime(started),
            },
            parent: Pid::new(parent),
            group: Pgid::new(group),
            session: Sid::new(session),
            state,
            threads,
            kind: if flags & KERNEL_THREAD == 0 {
                Kind::User
            } else {
                Kind::Kernel
            },
            name: OsStr::from_bytes(name).to_owned(),
        },
        is_exiting: flags & EXITING != 0,
        exit_code,
    })
}

/// A number in decimal.
pub(super) fn number<N: std::str::FromStr>(text: &[u8]) -> Option<N> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// What a wait status (wait(2)) says.
pub(super) fn cause(status: i32) -> Cause {
    let [low, high, ..] = status.to_le_bytes();
    match low & 0x7f {
        0 => Cause::Exited(high),
        signal => Cause::Signalled {
            signal,
            core: low & 0x80 != 0,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "S 41 40 39 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 123456 1 2 18446744073709551615 \
         1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 15";

    fn stat(name: &[u8], rest: &str) -> Option<Stat> {
        let mut text = b"42 (".to_vec();
        text.extend_from_slice(name);
        text.extend_from_slice(b") ");
        text.extend_from_slice(rest.as_bytes());
        text.push(b'\n');
        parse(&text)
    }

    #[test]
    fn a_name_may_hold_anything() {
        for name in [
            &b"sh"[..],
            b"",
            b") R 1 (",
            b"a b",
            b"\n",
            b"\xff\xfe",
            b"\x1b[31m",
            b")))))",
            b"((",
        ] {
            let stat = stat(name, REST).expect("a process");
            assert_eq!(stat.process.name.as_bytes(), name);
            assert_eq!(stat.process.pid().get(), 42);
            assert_eq!(stat.process.parent, Pid::new(41));
            assert_eq!(stat.process.group, Pgid::new(40));
            assert_eq!(stat.process.session, Sid::new(39));
            assert_eq!(stat.process.state, State::Sleeping);
            assert_eq!(stat.process.threads, 3);
            assert_eq!(stat.process.identity.started, StartTime(123_456));
            assert_eq!(stat.process.kind, Kind::User);
            assert_eq!(stat.exit_code, Some(15));
        }
    }

    #[test]
    fn numbers_of_another_namespace_are_unknown() {
        let stat = stat(b"x", &REST.replacen("41 40 39", "0 0 0", 1)).expect("a process");
        assert_eq!(stat.process.parent, None);
        assert_eq!(stat.process.group, None);
        assert_eq!(stat.process.session, None);
    }

    #[test]
    fn a_kernel_thread_is_told_by_its_flag() {
        let stat = stat(b"kthreadd", &REST.replacen("4194560", "2129984", 1)).expect("a process");
        assert_eq!(stat.process.kind, Kind::Kernel);
    }

    #[test]
    fn one_who_is_ending_is_told_by_its_flag() {
        let is_exiting = |rest: &str| stat(b"sh", rest).expect("a process").is_exiting;
        assert!(!is_exiting(REST));
        assert!(is_exiting(&REST.replacen("4194560", "4194564", 1)));
    }

    #[test]
    fn a_torn_text_is_no_process() {
        for rest in ["", "S", "S 1 2 3", "S x 40 39 0 -1 4194560"] {
            assert_eq!(stat(b"sh", rest), None, "{rest}");
        }
        assert_eq!(parse(b""), None);
        assert_eq!(parse(b"42 sh S"), None);
    }

    #[test]
    fn a_wait_status_is_an_exit_or_a_signal() {
        assert_eq!(cause(0), Cause::Exited(0));
        assert_eq!(cause(7 << 8), Cause::Exited(7));
        assert_eq!(cause(255 << 8), Cause::Exited(255));
        assert_eq!(
            cause(15),
            Cause::Signalled {
                signal: 15,
                core: false
            }
        );
        assert_eq!(
            cause(6 | 0x80),
            Cause::Signalled {
                signal: 6,
                core: true
            }
        );
    }
}
