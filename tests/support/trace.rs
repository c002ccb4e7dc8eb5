//! What strace tells of a fell, line by line, and what it proves: without pidfds, each signal
//! comes right after a look at the start time of the one that it is for.

use std::io::{BufRead, BufReader, PipeReader};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Whether strace works here; if not, it is told that this is not tested.
pub fn has_strace() -> bool {
    let works = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !works {
        eprintln!("strace is missing or not permitted: not tested");
    }
    works
}

/// No line that is bound to come takes longer, on a machine under load.
const PATIENCE: Duration = Duration::from_secs(30);

/// The lines so far, and whether there may be more.
type Lines = Arc<(Mutex<(Vec<String>, bool)>, Condvar)>;

/// A trace that is read all the time, so that nobody has to wait to be heard.
pub struct Trace {
    lines: Lines,
    reader: JoinHandle<()>,
}

/// A signal that fell has sent by number, and what it had read right before.
#[derive(Debug)]
pub struct Sent {
    /// Negative for a group, as kill(2) has it.
    pub to: i32,
    pub signal: String,
    /// PID and start time in ticks, from the stat file that was read last; `None` when the
    /// system call before was another one, or said that the process is gone.
    pub after: Option<(i32, u64)>,
}

impl Trace {
    pub fn read(pipe: PipeReader) -> Self {
        let lines = Lines::default();
        let told = lines.clone();
        let reader = std::thread::spawn(move || {
            let mut rest = BufReader::new(pipe);
            loop {
                let mut line = String::new();
                let is_over = !rest.read_line(&mut line).is_ok_and(|length| length > 0);
                let mut so_far = told.0.lock().unwrap_or_else(PoisonError::into_inner);
                so_far.0.push(line);
                so_far.1 = is_over;
                told.1.notify_all();
                if is_over {
                    return;
                }
            }
        });
        Self { lines, reader }
    }

    /// Waits for a line with these words, or the end.
    pub fn await_line(&self, words: &str) {
        let (so_far, news) = &*self.lines;
        let so_far = so_far.lock().unwrap_or_else(PoisonError::into_inner);
        let is_missing = |so_far: &mut (Vec<String>, bool)| {
            !so_far.1 && !so_far.0.iter().any(|line| line.contains(words))
        };
        let _ = news.wait_timeout_while(so_far, PATIENCE, is_missing);
    }

    /// All of it, when fell has ended.
    pub fn finish(self) -> Vec<String> {
        let _ = self.reader.join();
        let mut so_far = self.lines.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut so_far.0)
    }
}

/// All signals that were sent by kill(2); asking by signal 0 is none.
pub fn sent(lines: &[String]) -> Vec<Sent> {
    let calls: Vec<&str> = lines.iter().map(|line| call(line)).collect();
    let mut sent = Vec::new();
    for (at, call) in calls.iter().enumerate() {
        let Some((to, rest)) = call
            .strip_prefix("kill(")
            .and_then(|it| it.split_once(", "))
        else {
            continue;
        };
        let signal = rest.split(')').next().unwrap_or_default();
        if signal != "0" {
            sent.push(Sent {
                to: to.parse().expect("a number"),
                signal: signal.to_owned(),
                after: at.checked_sub(1).and_then(|before| identity(calls[before])),
            });
        }
    }
    sent
}

/// A line without the number of the thread.
fn call(line: &str) -> &str {
    line.trim_start_matches(|char: char| char.is_ascii_digit())
        .trim_start()
}

/// Whose stat file was read, with success.
fn identity(call: &str) -> Option<(i32, u64)> {
    let text = call.strip_prefix("pread64(")?.split_once('"')?.1;
    let pid = text.split(' ').next()?.parse().ok()?;
    let fields = text.rsplit_once(") ").map(|(before, after)| {
        // The last parenthesis of the line is that of the system call.
        if after.starts_with('=') {
            before.rsplit_once(") ").map_or(after, |(_, fields)| fields)
        } else {
            after
        }
    })?;
    // Field 22 of proc_pid_stat(5); the one after the name is the third.
    Some((pid, fields.split(' ').nth(19)?.parse().ok()?))
}
