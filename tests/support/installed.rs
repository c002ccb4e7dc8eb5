//! Programs where every user can reach them, and users who run them.

use std::ffi::CString;
use std::fs::Permissions;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::family::program;
use super::fell::{FELL, Run, run};

/// nobody, as nearly everywhere.
pub const NOBODY: u32 = 65_534;

/// Whether a test can become somebody else; says why not.
pub fn is_root() -> bool {
    let is_root = nix::unistd::geteuid().is_root();
    if !is_root {
        eprintln!("not root: fell can't be run as another user here");
    }
    is_root
}

/// Where set-user-ID counts, if there is such a place for temporary files.
fn directory() -> PathBuf {
    let places = [std::env::temp_dir(), PathBuf::from("/var/tmp")];
    let counts = |place: &&PathBuf| {
        let place = CString::new(place.as_os_str().as_bytes()).expect("a path");
        // SAFETY: plain numbers, for which zeroes are a value.
        let mut about: libc::statvfs = unsafe { std::mem::zeroed() };
        // SAFETY: a string that ends in a null byte, and a place for the answer.
        let answer = unsafe { libc::statvfs(place.as_ptr(), &raw mut about) };
        answer == 0 && about.f_flag & libc::ST_NOSUID == 0
    };
    places.iter().find(counts).unwrap_or(&places[0]).clone()
}

/// A copy of a program where every user can reach it.
pub struct Installed(PathBuf);

impl Installed {
    /// fell.
    pub fn fell(name: &str) -> Self {
        Self::copy(Path::new(FELL), name)
    }

    /// What victims are played by.
    pub fn victim(name: &str) -> Self {
        Self::copy(&program(), name)
    }

    fn copy(of: &Path, name: &str) -> Self {
        let path = directory().join(format!("fell-{name}-{}", std::process::id()));
        // Not by this program: what another test forks meanwhile would hold the file open
        // for writing for a moment, and such a file can't be run ("text file busy").
        let copied = Command::new("cp").arg(of).arg(&path).status();
        assert!(copied.expect("cp").success());
        Self(path)
    }

    /// Gives nobody, and no one else, the rights of this user (set-user-ID): a victim does
    /// whatever it is told.
    pub fn with_rights_of(self, user: u32) -> Self {
        // A change of the owner takes the bit away.
        chown(&self.0, Some(user), Some(NOBODY)).expect("chown");
        std::fs::set_permissions(&self.0, Permissions::from_mode(0o4710)).expect("chmod");
        self
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// As nobody, without any privilege.
    pub fn as_nobody(&self) -> Command {
        let mut command = Command::new(&self.0);
        command.current_dir("/").uid(NOBODY).gid(NOBODY);
        command
    }

    /// Runs it as nobody, to its end.
    pub fn run(&self, arguments: &[&str], target: i32) -> Run {
        let mut command = self.as_nobody();
        command.args(arguments).arg(target.to_string());
        run(command)
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
