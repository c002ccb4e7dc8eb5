//! A family that runs under `fell run`.

use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::unistd::Pid;
use std::os::unix::process::CommandExt;

use super::family::{Family, program};
use super::fell::{FELL, Record};
use super::means::Means;
use super::victim::{ENVIRONMENT, Member};

/// A family whose root is fell.
pub struct Running {
    pub family: Family,
    report: PathBuf,
}

/// fell as a shell would start it in the foreground, whatever the tests were started
/// with: a job in the background of a script ignores INT and QUIT.
pub fn fell_run(options: &[&str]) -> Command {
    let mut command = Command::new(FELL);
    command.arg("run").args(options).env("LC_ALL", "C.UTF-8");
    as_in_foreground(&mut command);
    command
}

/// Gives a command the default actions of the signals that ask to end.
pub fn as_in_foreground(command: &mut Command) {
    let prepare = || {
        for number in [
            Signal::SIGINT,
            Signal::SIGQUIT,
            Signal::SIGHUP,
            Signal::SIGTERM,
        ] {
            // SAFETY: no handler, so nothing is called.
            unsafe { signal(number, SigHandler::SigDfl) }?;
        }
        Ok(())
    };
    // SAFETY: system calls only.
    unsafe { command.pre_exec(prepare) };
}

impl Running {
    /// Starts it, and returns when everyone is ready.
    pub fn start(options: &[&str], member: &Member) -> Self {
        Self::start_by(Means::Everything, options, member)
    }

    /// The same with a fell that has no more than these means.
    pub fn start_by(means: Means, options: &[&str], member: &Member) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let report = std::env::temp_dir().join(format!("fell-run-{}-{number}", std::process::id()));
        let mut command = fell_run(options);
        means.limit(&mut command);
        command
            .arg("--report")
            .arg(&report)
            .arg("--")
            .arg(program())
            .env(ENVIRONMENT, member.describe())
            .stderr(Stdio::null());
        let family = Family::start_by(command, member.count());
        Self { family, report }
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.family.root())
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("our own child");
    }

    /// Ends the program, which is called `M`, without fell.
    pub fn end_program(&self) {
        self.family.signal("M", rustix::process::Signal::TERM);
        self.family.await_end("M");
    }

    /// Waits for fell's end, by which everyone has to be gone.
    #[track_caller]
    pub fn finish(&mut self) -> (ExitStatus, Record) {
        let status = self.family.reap();
        self.family.is_gone();
        let text = std::fs::read_to_string(&self.report).expect("a report");
        let record = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        (status, Record(record))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.report);
    }
}
