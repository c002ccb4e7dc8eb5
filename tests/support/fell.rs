//! Runs the real binary.

use std::ffi::OsStr;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::means::Means;

/// What a stop may take beyond its schedule, whatever happens.
const SLACK: Duration = Duration::from_secs(5);

/// How long everyone is waited for after KILL when the schedule does not say.
pub const AFTER_KILL: Duration = Duration::from_secs(5);

/// The longest that a stop by this schedule may take.
pub fn longest(schedule: Duration) -> Duration {
    schedule + SLACK
}

/// The binary that cargo built for these tests.
pub const FELL: &str = env!("CARGO_BIN_EXE_fell");

/// What a run of fell left.
#[derive(Debug)]
pub struct Run {
    pub status: ExitStatus,
    pub out: String,
    pub err: String,
    pub took: Duration,
}

/// Runs fell to its end.
pub fn fell<Argument: AsRef<OsStr>>(arguments: &[Argument]) -> Run {
    let mut command = Command::new(FELL);
    command.args(arguments);
    run(command)
}

/// Runs fell with words and PIDs in one go: `fell!["term", "--grace", "1s", pid]`.
#[macro_export]
macro_rules! fell {
    ($($argument:expr),+ $(,)?) => {
        $crate::support::fell::fell(&[$($argument.to_string()),+])
    };
}

/// Runs a command to its end; one that hangs is ended, and its test fails.
pub fn run(mut command: Command) -> Run {
    command.env("LC_ALL", "C.UTF-8");
    let began = Instant::now();
    let output = assert_cmd::Command::from_std(command)
        .timeout(Duration::from_secs(50))
        .output()
        .expect("a command that runs");
    Run::of(output, began.elapsed())
}

impl Run {
    pub fn of(output: Output, took: Duration) -> Self {
        Self {
            status: output.status,
            out: String::from_utf8(output.stdout).expect("UTF-8 on stdout"),
            err: String::from_utf8(output.stderr).expect("UTF-8 on stderr"),
            took,
        }
    }

    /// The exit status; fails the test with all that was said when it is another.
    #[track_caller]
    pub fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.status.code(), Some(code), "{self:#?}");
        self
    }

    #[track_caller]
    pub fn dies_by(&self, signal: i32) -> &Self {
        assert_eq!(self.status.signal(), Some(signal), "{self:#?}");
        self
    }

    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        assert!(self.out.contains(words), "no {words:?} in {self:#?}");
        self
    }

    #[track_caller]
    pub fn warns(&self, words: &str) -> &Self {
        assert!(self.err.contains(words), "no {words:?} in {self:#?}");
        self
    }

    /// Says nothing on standard error.
    #[track_caller]
    pub fn is_quiet(&self) -> &Self {
        assert_eq!(self.err, "", "{self:#?}");
        self
    }

    /// Did not hang: it took its schedule and a little more, at most.
    #[track_caller]
    pub fn keeps_to(&self, schedule: Duration) -> &Self {
        assert!(self.took <= longest(schedule), "hung: {self:#?}");
        self
    }

    #[track_caller]
    pub fn json(&self) -> Record {
        Record(serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}")))
    }
}

/// A `--json` document.
#[derive(Debug)]
pub struct Record(pub Value);

impl Record {
    pub fn verdict(&self) -> &str {
        self.0["verdict"].as_str().expect("a verdict")
    }

    pub fn members(&self) -> &[Value] {
        self.0["members"].as_array().expect("members")
    }

    /// The PIDs of all members, in order.
    pub fn pids(&self) -> Vec<i32> {
        let mut pids: Vec<i32> = self
            .members()
            .iter()
            .map(|member| i32::try_from(member["pid"].as_i64().expect("a PID")).expect("small"))
            .collect();
        pids.sort_unstable();
        pids
    }

    #[track_caller]
    pub fn member(&self, pid: i32) -> &Value {
        self.members()
            .iter()
            .find(|member| member["pid"] == pid)
            .unwrap_or_else(|| panic!("{pid} is no member: {self:#?}"))
    }

    /// How a member ended, in short: `exited 0`, `signalled TERM`, `survived running`.
    #[track_caller]
    pub fn fate(&self, pid: i32) -> String {
        let fate = &self.member(pid)["fate"];
        let word = |key: &str| fate[key].as_str().map(|word| format!(" {word}"));
        let code = fate["code"].as_i64().map(|code| format!(" {code}"));
        format!(
            "{}{}",
            fate["kind"].as_str().expect("a kind"),
            code.or_else(|| word("signal"))
                .or_else(|| word("why"))
                .unwrap_or_default()
        )
    }

    /// Fails the test when a member's fate is not what these means let fell find out.
    #[track_caller]
    pub fn tells(&self, pid: i32, ended: &str, means: Means) {
        let fate = self.fate(pid);
        assert!(
            means.admits(&fate, ended),
            "{pid} {ended}, by {means:?}: {self:#?}"
        );
    }

    pub fn warnings(&self) -> String {
        self.0["warnings"].to_string()
    }
}
