//! A kernel that lacks a system call, or a container that forbids it: a filter that every
//! command keeps to (seccomp(2)).

use std::os::unix::process::CommandExt;
use std::process::Command;

/// Lets a system call fail with this error in the command that is run.
pub fn deny(command: &mut Command, call: libc::c_long, error: i32) {
    let filter = [
        load(CALL),
        unless_equal(call, 1),
        answer(libc::SECCOMP_RET_ERRNO | error.unsigned_abs()),
        answer(libc::SECCOMP_RET_ALLOW),
    ];
    install(command, filter.into());
}

/// Linux 5.3 to 6.8: pidfds, but no flag for the group of one and no word about how a
/// process ended that was reaped.
pub fn age(command: &mut Command) {
    let refuse = |error: i32| answer(libc::SECCOMP_RET_ERRNO | error.unsigned_abs());
    let filter = [
        load(CALL),
        unless_equal(libc::SYS_pidfd_send_signal, 4),
        load(FLAGS),
        unless_equal(0, 1),
        answer(libc::SECCOMP_RET_ALLOW),
        refuse(libc::EINVAL),
        unless_equal(libc::SYS_ioctl, 1),
        refuse(libc::ENOTTY),
        answer(libc::SECCOMP_RET_ALLOW),
    ];
    install(command, filter.into());
}

/// Where the number of the call stands in `seccomp_data` (seccomp(2)).
const CALL: u32 = 0;

/// And its fourth argument, the half that holds small numbers.
const FLAGS: u32 = if cfg!(target_endian = "little") {
    16 + 3 * 8
} else {
    16 + 3 * 8 + 4
};

fn load(at: u32) -> libc::sock_filter {
    instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, at, 0, 0)
}

/// Leaves out so many instructions unless what was loaded is this.
fn unless_equal(value: libc::c_long, left_out: u8) -> libc::sock_filter {
    let value = u32::try_from(value).expect("a small number");
    instruction(
        libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
        value,
        0,
        left_out,
    )
}

fn answer(what: u32) -> libc::sock_filter {
    instruction(libc::BPF_RET | libc::BPF_K, what, 0, 0)
}

fn install(command: &mut Command, filter: Vec<libc::sock_filter>) {
    const ONE: libc::c_ulong = 1;
    const NONE: libc::c_ulong = 0;
    let install = move || {
        let program = libc::sock_fprog {
            len: u16::try_from(filter.len()).unwrap_or(0),
            filter: filter.as_ptr().cast_mut(),
        };
        // SAFETY: takes numbers; the filter outlives the call that copies it.
        let results = unsafe {
            [
                libc::prctl(libc::PR_SET_NO_NEW_PRIVS, ONE, NONE, NONE, NONE),
                libc::prctl(
                    libc::PR_SET_SECCOMP,
                    libc::SECCOMP_MODE_FILTER,
                    &raw const program,
                ),
            ]
        };
        if results == [0, 0] {
            Ok(())
        } else {
            Err(std::io::Error::last_os_error())
        }
    };
    // SAFETY: two system calls, no memory is taken.
    unsafe { command.pre_exec(install) };
}

fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> libc::sock_filter {
    libc::sock_filter {
        code: u16::try_from(code).expect("a short code"),
        jt,
        jf,
        k,
    }
}
