//! The text of /proc/PID/status (proc_pid_status(5)).
//!
//! Only the lines that a picture needs, read by hand: it is read for every member, and
//! a general parser, which makes a table of all sixty lines first, takes several times
//! as long as the kernel takes to write them.

#![forbid(unsafe_code)]

use super::stat::number;
use crate::process::Pid;
use crate::signal::disposition::{SignalSet, SignalSets};

/// What one reading tells of a process or a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status {
    /// The process that the thread belongs to; `None` outside this PID namespace.
    pub(super) process: Option<Pid>,
    /// The real user ID.
    pub(super) owner: u32,
    /// Whether this thread has ended.
    pub(super) is_zombie: bool,
    /// How many threads the process has.
    pub(super) threads: u32,
    /// What it does with its signals; the blocked and those that are pending for it
    /// alone are this thread's.
    pub(super) signals: SignalSets,
}

/// Reads the text; `None` when it is not the text of a process. The one line that holds
/// other people's bytes is the name's, and the kernel escapes newlines in it.
pub(super) fn parse(text: &[u8]) -> Option<Status> {
    let mut process = None;
    let mut owner = None;
    let mut is_zombie = false;
    let mut threads = 0;
    let mut is_inner_init = false;
    let mut signals = SignalSets::default();
    for line in text.split(|&byte| byte == b'\n') {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else {
            continue;
        };
        let value = line[colon + 1..].trim_ascii();
        match &line[..colon] {
            b"State" => is_zombie = value.first() == Some(&b'Z'),
            b"Tgid" => process = Pid::new(number(value)?),
            b"Uid" => owner = Some(number(value.split(|&byte| byte == b'\t').next()?)?),
            // Its numbers from this namespace inwards: the last is the innermost one's.
            b"NSpid" => is_inner_init = value.rsplit(|&byte| byte == b'\t').next() == Some(b"1"),
            b"Threads" => threads = number(value)?,
            b"SigPnd" => signals.pending_thread = set(value)?,
            b"ShdPnd" => signals.pending = set(value)?,
            b"SigBlk" => signals.blocked = set(value)?,
            b"SigIgn" => signals.ignored = set(value)?,
            b"SigCgt" => {
                signals.caught = set(value)?;
                signals.shielded = is_inner_init || process.is_some_and(Pid::is_init);
                return Some(Status {
                    process,
                    owner: owner?,
                    is_zombie,
                    threads,
                    signals,
                });
            }
            _ => {}
        }
    }
    None
}

fn set(hexadecimal: &[u8]) -> Option<SignalSet> {
    let text = std::str::from_utf8(hexadecimal).ok()?;
    // All but MIPS have 64 signals, and half as many digits are read in a fifth of the
    // time.
    let bits = match u64::from_str_radix(text, 16) {
        Ok(bits) => bits.into(),
        Err(_) => u128::from_str_radix(text, 16).ok()?,
    };
    Some(SignalSet(bits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::Signal;

    const TEXT: &str = "Name:\tsh\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t42\nNgid:\t0\nPid:\t43\n\
         PPid:\t1\nTracerPid:\t0\nUid:\t1000\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t64\nGroups:\t \n\
         NStgid:\t42\nNSpid:\t43\nVmPeak:\t  2576 kB\nThreads:\t1\nSigQ:\t0/96133\n\
         SigPnd:\t0000000000000001\nShdPnd:\t0000000000004000\nSigBlk:\t0000000000010000\n\
         SigIgn:\t0000000000001000\nSigCgt:\t00000001800004fe\nCapInh:\t0000000000000000\n";

    #[test]
    fn the_lines_that_matter_are_read_and_the_others_skipped() {
        let status = parse(TEXT.as_bytes()).expect("a process");
        assert_eq!(status.process, Pid::new(42));
        assert_eq!(status.owner, 1000);
        assert!(!status.is_zombie);
        assert_eq!(status.threads, 1);
        assert_eq!(status.signals.pending_thread, SignalSet(1));
        assert!(status.signals.pending.contains(Signal::TERM));
        assert_eq!(status.signals.blocked, SignalSet(0x10000));
        assert_eq!(status.signals.ignored, SignalSet(0x1000));
        assert_eq!(status.signals.caught, SignalSet(0x1_8000_04fe));
        assert!(!status.signals.shielded);
    }

    #[test]
    fn a_name_can_not_pass_for_another_line() {
        for name in ["\\nState:\tZ", ":", "Uid:\t0", "\u{1b}[31m", ""] {
            let text = TEXT.replacen("sh", name, 1);
            assert_eq!(parse(text.as_bytes()), parse(TEXT.as_bytes()), "{name}");
        }
        let mut text = b"Name:\t\xff\xfe\n".to_vec();
        text.extend_from_slice(TEXT.split_once('\n').expect("lines").1.as_bytes());
        assert_eq!(parse(&text), parse(TEXT.as_bytes()));
    }

    #[test]
    fn the_init_of_a_namespace_is_shielded() {
        for (numbers, expected) in [
            ("1", true),
            ("43\t1", true),
            ("1\t43", false),
            ("11", false),
        ] {
            let text = TEXT.replacen("NSpid:\t43", &format!("NSpid:\t{numbers}"), 1);
            let status = parse(text.as_bytes()).expect("a process");
            assert_eq!(status.signals.shielded, expected, "{numbers}");
        }
        // Without the line (CONFIG_PID_NS) the number alone tells.
        let text = TEXT
            .replacen("NSpid:\t43\n", "", 1)
            .replacen("Tgid:\t42", "Tgid:\t1", 1);
        assert!(parse(text.as_bytes()).expect("a process").signals.shielded);
    }

    #[test]
    fn a_zombie_is_one_and_numbers_from_outside_are_unknown() {
        let text =
            TEXT.replacen("S (sleeping)", "Z (zombie)", 1)
                .replacen("Tgid:\t42", "Tgid:\t0", 1);
        let status = parse(text.as_bytes()).expect("a process");
        assert!(status.is_zombie);
        assert_eq!(status.process, None);
    }

    #[test]
    fn a_machine_may_have_128_signals() {
        let text = TEXT.replacen("00000001800004fe", "80000000000000000000000000000001", 1);
        let caught = parse(text.as_bytes()).expect("a process").signals.caught;
        assert_eq!(caught, SignalSet(1 << 127 | 1));
    }

    #[test]
    fn a_torn_text_is_no_process() {
        for end in ["SigCgt", "SigIgn", "Uid"] {
            let torn = TEXT.split(end).next().expect("a beginning");
            assert_eq!(parse(torn.as_bytes()), None, "{end}");
        }
        let strange = TEXT.replacen("00000001800004fe", "x", 1);
        assert_eq!(parse(strange.as_bytes()), None);
        assert_eq!(parse(b""), None);
    }
}
