//! A host: it bears a stranger that has the number it is asked for.
//!
//! The number goes to clone3(2) and not through `ns_last_pid`: others fork meanwhile, and
//! one of them might get it.

use std::io::{PipeWriter, pipe};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

use super::life::{be_born, live, tell};
use super::{Life, Member};

/// Where the numbers are read that are asked for: far from what others open.
const WISHES: RawFd = 100;

/// Lets the family that a command starts hear which numbers are wanted, one in each line.
pub fn hear_wishes(command: &mut Command) -> PipeWriter {
    let (reader, writer) = pipe().expect("a pipe");
    let keep = move || {
        // SAFETY: two numbers; the reader lives as long as the command.
        match unsafe { libc::dup2(reader.as_raw_fd(), WISHES) } {
            -1 => Err(std::io::Error::last_os_error()),
            _ => Ok(()),
        }
    };
    // SAFETY: one system call.
    unsafe { command.pre_exec(keep) };
    writer
}

/// Bears its guest with the next number that is asked for, if there is one.
pub(super) fn serve(host: &Member) {
    let mut fd = libc::pollfd {
        fd: WISHES,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one descriptor that outlives the call.
    unsafe { libc::poll(&raw mut fd, 1, 0) };
    if fd.revents & libc::POLLIN == 0 {
        return;
    }
    let mut buffer = [0_u8; 16];
    // SAFETY: as many bytes as the buffer has.
    let length = unsafe { libc::read(WISHES, buffer.as_mut_ptr().cast(), buffer.len()) };
    let text = &buffer[..usize::try_from(length).unwrap_or(0)];
    let wanted = std::str::from_utf8(text)
        .ok()
        .and_then(|it| it.trim().parse().ok());
    if let (Some(wanted), Some(guest)) = (wanted, host.children.first())
        && let Err(error) = bear_as(wanted, guest)
    {
        tell(&format!("taken {wanted} {error}"));
    }
}

/// Whether numbers can be chosen here, by a process that has one thread.
pub fn can_choose_numbers() -> bool {
    let guest = Member::new("guest").life(Life::Exit(0));
    // SAFETY: takes a number. Its word about itself goes nowhere.
    unsafe { libc::close(libc::STDOUT_FILENO) };
    bear_as(300, &guest).is_ok()
        && waitid(Id::Pid(Pid::from_raw(300)), WaitPidFlag::WEXITED).is_ok()
}

/// Bears a child with this number (clone3(2), Linux 5.5); an error if it is not free.
fn bear_as(wanted: libc::pid_t, guest: &Member) -> Result<(), nix::errno::Errno> {
    // SAFETY: plain numbers, for which zeroes are a value.
    let mut how: libc::clone_args = unsafe { std::mem::zeroed() };
    how.exit_signal = libc::SIGCHLD.unsigned_abs().into();
    how.set_tid = (&raw const wanted) as u64;
    how.set_tid_size = 1;
    // SAFETY: as fork(2), with one thread; what it points to outlives the call.
    match unsafe { libc::syscall(libc::SYS_clone3, &raw const how, size_of_val(&how)) } {
        0 => be_born(|| live(guest, 1)),
        -1 => Err(nix::errno::Errno::last()),
        _ => Ok(()),
    }
}
