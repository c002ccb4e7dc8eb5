//! fell's own process: its signals, its limits, its group; and what the kernel says
//! about others without a file.

#![forbid(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, SigmaskHow, Signal as Number, killpg, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::time::{ClockId, clock_gettime};
use nix::unistd;
use rustix::event::Timespec;
use rustix::thread::gettid;

use crate::kinship::Kin;
use crate::process::{Pgid, Pid, Sid, StartTime};
use crate::signal::Signal;
use crate::signal::disposition::SignalSets;

/// The running process.
pub(super) fn pid() -> Pid {
    Pid::new(unistd::getpid().as_raw()).unwrap_or_else(|| unreachable!("getpid(2) never fails"))
}

/// The current tick on the clock that start times are told on.
pub(super) fn tick() -> StartTime {
    let since_boot = clock_gettime(ClockId::CLOCK_BOOTTIME).map(Duration::from);
    StartTime::at(since_boot.unwrap_or_default())
}

/// The number of a thread that is there for this only: the next one that was free.
pub(super) fn take_number() -> Option<Pid> {
    const STACK: usize = 64 * 1024;
    let thread = thread::Builder::new().stack_size(STACK);
    let number = thread.spawn(gettid).ok()?.join().ok()?;
    Pid::new(number.as_raw_nonzero().get())
}

/// Lifts the soft limit of open files to the hard one, and returns the limit then.
pub(super) fn lift_descriptor_limit() -> i32 {
    /// What POSIX promises at least.
    const LEAST: i32 = 20;
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return LEAST;
    };
    let limit = match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    };
    i32::try_from(limit).unwrap_or(i32::MAX)
}

/// How many processors fell may run on.
pub(super) fn processors() -> u32 {
    rustix::thread::sched_getaffinity(None).map_or(1, |processors| processors.count())
}

/// Whether the kernel knows a process by this number, shown in /proc or not.
pub(super) fn exists(pid: Pid) -> bool {
    unistd::getpgid(Some(raw(pid))).is_ok()
}

/// Whether the kernel knows a group by this number.
pub(super) fn has_group(group: Pgid) -> bool {
    // To kill(2), 1 would be everyone.
    group.get() > 1
        && killpg(unistd::Pid::from_raw(group.get()), None) != Err(nix::errno::Errno::ESRCH)
}

/// The group of a process, without a look at /proc.
pub(super) fn group_of(pid: Pid) -> Option<Pgid> {
    unistd::getpgid(Some(raw(pid)))
        .ok()
        .and_then(|group| Pgid::new(group.as_raw()))
}

fn session_of(pid: Pid) -> Option<Sid> {
    unistd::getsid(Some(raw(pid)))
        .ok()
        .and_then(|session| Sid::new(session.as_raw()))
}

/// Whether a process is in one of the groups or sessions. Kernel threads, and whoever has
/// a group from outside of this PID namespace, have no session in here either.
pub(super) fn is_kin(pid: Pid, kin: &Kin) -> bool {
    let Some(group) = group_of(pid) else {
        return false;
    };
    kin.has_group(group)
        || !kin.sessions.is_empty()
            && session_of(pid).is_some_and(|session| kin.has_session(session))
}

fn raw(pid: Pid) -> unistd::Pid {
    unistd::Pid::from_raw(pid.get())
}

/// Leaves the process group that fell was started in for one of its own, so that a
/// signal to that group does not meet fell. A session leader can't.
pub fn leave_group() -> io::Result<()> {
    let own = unistd::Pid::from_raw(0);
    unistd::setpgid(own, own)?;
    // The new group is in the background of the terminal, which stops whoever writes
    // from there if it was told so (`stty tostop`), unless TTOU is blocked.
    let mut set = SigSet::empty();
    set.add(Number::SIGTTOU);
    Ok(set.thread_block()?)
}

/// Waits until a write to a stream would not block, at most this long; then the next
/// 4096 bytes (PIPE_BUF) go through at once.
pub fn is_writable(stream: BorrowedFd<'_>, within: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, poll};
    /// Nobody is sent so many signals in this time: more of them is no interruption.
    const INTERRUPTIONS: usize = 100;
    let until = Instant::now() + within;
    for _ in 0..INTERRUPTIONS {
        let mut fds = [PollFd::from_borrowed_fd(stream, PollFlags::OUT)];
        let left = until.saturating_duration_since(Instant::now());
        match poll(&mut fds, Some(&timespec(left))) {
            Ok(ready) => return ready > 0,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => break,
        }
    }
    // A stream that can't be polled does not block either.
    true
}

/// Whether fell may write to its terminal without disturbing whoever types there; so it
/// may where the stream is no terminal of its session.
pub fn is_in_foreground(stream: BorrowedFd<'_>) -> bool {
    unistd::tcgetpgrp(stream).map_or(true, |group| group == unistd::getpgrp())
}

/// The time that system calls take.
pub(super) fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}

/// Ends fell by the signal that interrupted it, as if it had not been caught; returns
/// only if that does not work.
pub fn die_by(signal: Signal) {
    let Ok(number) = Number::try_from(i32::from(signal.number())) else {
        return;
    };
    let mut set = SigSet::empty();
    set.add(number);
    if set.thread_unblock().is_ok() {
        // If it does not end us, the exit status tells.
        let _ = raise(number);
    }
}

/// The signals that ask fell to end, or to pause.
#[derive(Debug)]
pub(super) struct Interruptions {
    fd: SignalFd,
}

/// What a signal asks of fell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    /// To end.
    End(Signal),
    /// To stop until it is continued.
    Pause,
    /// Somebody continued it.
    Resumed,
}

impl Interruptions {
    /// Blocks them, so that they are read instead. What was ignored or blocked when
    /// fell started stays so: nohup(1), or the background of a script.
    pub(super) fn catch(of_self: &SignalSets) -> io::Result<Self> {
        let is_left_alone = |number: Number| {
            let signal = u8::try_from(number as i32).ok().and_then(Signal::new);
            signal.is_some_and(|it| of_self.ignored.contains(it) || of_self.blocked.contains(it))
        };
        let mut set = SigSet::empty();
        for number in [
            Number::SIGINT,
            Number::SIGQUIT,
            Number::SIGTERM,
            Number::SIGHUP,
            Number::SIGTSTP,
        ] {
            if !is_left_alone(number) {
                set.add(number);
            }
        }
        set.add(Number::SIGCONT);
        set.thread_block()?;
        let fd = SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
        Ok(Self { fd })
    }

    /// The next request, if one has come.
    pub(super) fn next(&self) -> Option<Request> {
        let info = self.fd.read_signal().ok().flatten()?;
        let number = i32::try_from(info.ssi_signo).ok()?;
        match Number::try_from(number).ok()? {
            Number::SIGTSTP => Some(Request::Pause),
            Number::SIGCONT => Some(Request::Resumed),
            _ => Signal::new(u8::try_from(number).ok()?).map(Request::End),
        }
    }

    /// The descriptor that is readable when a request has come.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Stops as Ctrl-Z would have stopped fell, and returns when it is continued. The
    /// kernel decides: a process group that nobody could continue is not stopped.
    pub(super) fn pause(&self) {
        let mut set = SigSet::empty();
        set.add(Number::SIGTSTP);
        let stop = || -> nix::Result<()> {
            let before = set.thread_swap_mask(SigmaskHow::SIG_UNBLOCK)?;
            raise(Number::SIGTSTP)?;
            before.thread_set_mask()
        };
        // Where it can't be stopped, it goes on.
        let _ = stop();
        // The continuation that ended this pause is not one of its own.
        while self.next_is_resumed() {}
    }

    fn next_is_resumed(&self) -> bool {
        // Only CONT can be pending besides requests to end, which must not be lost:
        // these are read again by `next`, so ask for CONT alone.
        let mut set = SigSet::empty();
        set.add(Number::SIGCONT);
        SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
            .ok()
            .and_then(|fd| fd.read_signal().ok().flatten())
            .is_some()
    }
}

/// The name of a user, as the system's databases have it.
pub fn user_name(id: u32) -> Option<String> {
    let user = unistd::User::from_uid(unistd::Uid::from_raw(id)).ok()??;
    Some(user.name)
}

/// The moment the system was booted, by the clock of the wall: what start times are
/// told from. Setting the clock moves it.
pub fn boot_time() -> std::time::SystemTime {
    let since_boot = clock_gettime(ClockId::CLOCK_BOOTTIME).map(Duration::from);
    let now = std::time::SystemTime::now();
    now.checked_sub(since_boot.unwrap_or_default())
        .unwrap_or(std::time::UNIX_EPOCH)
}
