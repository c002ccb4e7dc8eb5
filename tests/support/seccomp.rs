//! A kernel that lacks a system call, or a container that forbids it: a filter that every
//! command keeps to (seccomp(2)).

use std::os::unix::process::CommandExt;
use std::process::Command;

/// Lets a system call fail with this error in the command that is run.
pub fn deny(command: &mut Command, call: libc::c_long, error: i32) {
    let call = u32::try_from(call).expect("a number of a call");
    let error = u32::try_from(error).expect("a number of an error");
    let filter = [
        instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, call, 0, 1),
        instruction(
            libc::BPF_RET | libc::BPF_K,
            libc::SECCOMP_RET_ERRNO | error,
            0,
            0,
        ),
        instruction(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW, 0, 0),
    ];
    const ONE: libc::c_ulong = 1;
    const NONE: libc::c_ulong = 0;
    let install = move || {
        let mut filter = filter;
        let program = libc::sock_fprog {
            len: u16::try_from(filter.len()).unwrap_or(0),
            filter: filter.as_mut_ptr(),
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
