//! Starts a program as a shell would: in a group of its own, with the signals and limits
//! that fell itself was started with, and so that it hears of fell's end.

#![allow(unsafe_code)]

use std::ffi::OsString;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::ptr::null;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};
use nix::sys::signal::{SigSet, Signal as Number};
use nix::unistd;
use rustix::process::{Signal, set_child_subreaper, set_parent_process_death_signal};

use crate::process::Pid;

/// Whether PIPE was ignored when fell was started.
static IS_PIPE_IGNORED: AtomicBool = AtomicBool::new(false);

/// Runs before Rust's runtime, which ignores PIPE for itself.
#[used]
#[unsafe(link_section = ".init_array")]
static NOTE_PIPE: extern "C" fn() = {
    extern "C" fn note_pipe() {
        IS_PIPE_IGNORED.store(is_ignored(libc::SIGPIPE), Ordering::Relaxed);
    }
    note_pipe
};

/// Whether fell ignores a signal. Nothing in fell or its runtime changes that but for
/// PIPE, so for the others it is as it was when fell was started.
pub(super) fn is_ignored(signal: libc::c_int) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: only asks, and the structure is read only if the kernel has filled it.
    unsafe {
        libc::sigaction(signal, null(), action.as_mut_ptr()) == 0
            && action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

/// What a program would have got from whoever started fell, had it been started without
/// fell. To be noted before fell changes anything.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inheritance {
    mask: SigSet,
    /// The soft and the hard limit of open files, where it could be read.
    files: Option<(rlim_t, rlim_t)>,
    is_pipe_ignored: bool,
    are_children_ignored: bool,
}

impl Inheritance {
    pub(super) fn note() -> io::Result<Self> {
        Ok(Self {
            mask: SigSet::thread_get_mask()?,
            files: getrlimit(Resource::RLIMIT_NOFILE).ok(),
            is_pipe_ignored: IS_PIPE_IGNORED.load(Ordering::Relaxed),
            are_children_ignored: is_ignored(libc::SIGCHLD),
        })
    }

    /// In the child: takes it over, all but the mask.
    fn take_over(&self) -> io::Result<()> {
        if let Some((soft, hard)) = self.files {
            setrlimit(Resource::RLIMIT_NOFILE, soft, hard)?;
        }
        // The standard library has given PIPE back its default action, and fell CHLD.
        if self.is_pipe_ignored {
            // SAFETY: no handler, so nothing is called.
            unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
        }
        if self.are_children_ignored {
            // SAFETY: the same.
            unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
        }
        Ok(())
    }
}

/// Makes fell the parent of every orphan below it (Linux 3.4), and one who is told of
/// their ends: where CHLD is ignored the kernel reaps them itself and says nothing.
pub(super) fn adopt_orphans() -> io::Result<()> {
    // SAFETY: no handler, so nothing is called.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
    // Any number but 0 stands for yes.
    Ok(set_child_subreaper(Some(rustix::process::getpid()))?)
}

/// Starts a program in a group of its own, and gives that the terminal if there is one
/// to give. To be called from the thread that lives as long as fell, since the kernel
/// takes its end for the parent's (PR_SET_PDEATHSIG(2const)).
pub(super) fn spawn(
    command: &[OsString],
    inheritance: Inheritance,
    terminal: Option<BorrowedFd<'_>>,
) -> io::Result<Pid> {
    let (program, arguments) = command
        .split_first()
        .ok_or(io::Error::from(io::ErrorKind::InvalidInput))?;
    let parent = unistd::getpid();
    let terminal = terminal.map(|terminal| terminal.as_raw_fd());
    let mut command = Command::new(program);
    command.args(arguments);
    // SAFETY: the closure makes system calls only. It neither allocates nor takes a lock,
    // and fell has no other thread that could hold one.
    unsafe { command.pre_exec(move || prepare(parent, &inheritance, terminal)) };
    let child = command.spawn()?;
    i32::try_from(child.id())
        .ok()
        .and_then(Pid::new)
        .ok_or(io::Error::from(io::ErrorKind::InvalidData))
}

/// What the child does before it becomes the program.
fn prepare(
    parent: unistd::Pid,
    inheritance: &Inheritance,
    terminal: Option<RawFd>,
) -> io::Result<()> {
    let own = unistd::Pid::from_raw(0);
    unistd::setpgid(own, own)?;
    if let Some(terminal) = terminal {
        // A background group that takes the terminal is stopped, unless TTOU is blocked.
        let mut set = SigSet::empty();
        set.add(Number::SIGTTOU);
        set.thread_block()?;
        // SAFETY: fell holds the terminal open, and fork(2) has copied the descriptor.
        let terminal = unsafe { BorrowedFd::borrow_raw(terminal) };
        unistd::tcsetpgrp(terminal, unistd::getpid())?;
    }
    inheritance.take_over()?;
    set_parent_process_death_signal(Some(Signal::TERM))?;
    if unistd::getppid() != parent {
        // fell was killed before it could be said what its end means.
        return Err(io::ErrorKind::BrokenPipe.into());
    }
    inheritance.mask.thread_set_mask()?;
    Ok(())
}
