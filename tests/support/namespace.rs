//! PID namespaces, for tests that need one.

use std::process::Command;

/// With a /proc that shows it.
pub const WITH_PROC: &[&str] = &["--pid", "--fork", "--mount-proc"];

/// Whether unshare(1) makes a namespace by these options here; says so where it does not.
pub fn can_be_made(options: &[&str]) -> bool {
    let possible = Command::new("unshare")
        .args(options)
        .arg("true")
        .output()
        .is_ok_and(|output| output.status.success());
    if !possible {
        eprintln!("no PID namespace can be made here (not root?): not tested");
    }
    possible
}
