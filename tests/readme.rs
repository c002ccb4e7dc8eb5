//! README shows what fell really does: every `console` block is typed into a shell, and
//! what comes out must be what stands there, but for numbers that differ from run to run.
//! `UPDATE=1 cargo test --test readme` writes down what came out.
//!
//! A block is over when the pipe that the shell and all its children hold is closed: so
//! each one also proves that it has stopped what it started.
#[path = "support/dispositions.rs"]
mod dispositions;

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// How long a command may take; far longer than any does, for a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Begins the line that the shell prints after each command.
const MARK: &str = "@@";

/// A command and the lines below it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    command: String,
    output: Vec<String>,
}

#[test]
fn readme_shows_what_really_happens() {
    for program in ["bash", "setsid", "python3"] {
        if Command::new(program)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_err()
        {
            println!("not run: there is no {program} here");
            return;
        }
    }
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path).expect("README.md");
    let is_update = env::var_os("UPDATE").is_some_and(|value| value == "1");
    let mut written = String::new();
    let mut block: Option<String> = None;
    for line in readme.lines() {
        match &mut block {
            None => {
                written += line;
                written.push('\n');
                if line == "```console" {
                    block = Some(String::new());
                }
            }
            Some(text) if line == "```" => {
                let entries = parse(text);
                let seen = play(&entries);
                if !is_update {
                    compare(&entries, &seen);
                }
                for entry in seen {
                    written += &format!("$ {}\n", entry.command);
                    for line in entry.output {
                        written += &format!("{line}\n");
                    }
                }
                written += "```\n";
                block = None;
            }
            Some(text) => {
                *text += line;
                text.push('\n');
            }
        }
    }
    if is_update {
        fs::write(&path, written).expect("README.md");
    }
}

fn parse(block: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            entries.push(Entry {
                command: command.to_owned(),
                output: Vec::new(),
            });
        } else if let Some(entry) = entries.last_mut() {
            entry.output.push(line.to_owned());
        }
    }
    entries
}

/// Types the commands into a shell of its own session, as a terminal would.
fn play(entries: &[Entry]) -> Vec<Entry> {
    let mut shell = Shell::start();
    let seen = entries
        .iter()
        .map(|entry| Entry {
            command: entry.command.clone(),
            output: shell.run(entry),
        })
        .collect();
    shell.end();
    seen
}

struct Shell {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Shell {
    fn start() -> Self {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let errors = writer.try_clone().expect("a pipe's end");
        let binary = PathBuf::from(env!("CARGO_BIN_EXE_fell"));
        let own = binary.parent().expect("a directory").to_path_buf();
        let others = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([own].into_iter().chain(env::split_paths(&others)))
            .expect("a search path");
        // setsid(1) becomes the shell itself only if it leads no group yet: true for a
        // child that has not been given one.
        let mut child = Command::new("setsid")
            .arg0("setsid")
            .arg("bash")
            .current_dir(root())
            .env("PATH", path)
            .env("LC_ALL", "C.UTF-8")
            .env_remove("BASH_ENV")
            .env_remove("MAINPID")
            .stdin(Stdio::piped())
            .stdout(OwnedFd::from(writer))
            .stderr(OwnedFd::from(errors))
            .spawn()
            .expect("a shell");
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(reader).split(b'\n') {
                let Ok(line) = line else { break };
                if sender
                    .send(String::from_utf8_lossy(&line).into_owned())
                    .is_err()
                {
                    break;
                }
            }
        });
        let mut input = child.stdin.take().expect("the shell's input");
        // Job control, as at a terminal: each job gets a group of its own.
        writeln!(input, "set -m").expect("a shell that listens");
        Self {
            child,
            input: Some(input),
            lines,
        }
    }

    /// What a command prints; of one in the background as many lines as are expected.
    fn run(&mut self, entry: &Entry) -> Vec<String> {
        let is_background = entry.command.ends_with('&');
        // No notice of a job's end, which a terminal would show at the next prompt.
        let disown = if is_background { "disown\n" } else { "" };
        let input = self.input.as_mut().expect("the shell's input");
        writeln!(
            input,
            "{}\n{disown}status=$?; echo {MARK}; (exit $status)",
            entry.command
        )
        .expect("a shell that listens");
        let mut output = Vec::new();
        let mut is_marked = false;
        while !is_marked || is_background && output.len() < entry.output.len() {
            let line = self
                .lines
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("`{}` does not end: {output:?}", entry.command));
            if line == MARK {
                is_marked = true;
            } else {
                output.push(line.trim_end().to_owned());
            }
        }
        output
    }

    /// Waits until nobody is left who could write to the shell's output.
    fn end(mut self) {
        drop(self.input.take());
        let more = self.lines.recv_timeout(PATIENCE);
        assert_eq!(
            more,
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected),
            "something that a block started is still there"
        );
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = Command::new(env!("CARGO_BIN_EXE_fell"))
            .args(["kill", "-q", "-o", "--reach", "session"])
            .arg(self.child.id().to_string())
            .status();
        let _ = self.child.wait();
    }
}

fn compare(written: &[Entry], seen: &[Entry]) {
    for (written, seen) in written.iter().zip(seen) {
        let is_same = written.output.len() == seen.output.len()
            && written
                .output
                .iter()
                .zip(&seen.output)
                .all(|(written, seen)| is_same(written, seen));
        assert!(
            is_same,
            "README says of `{}`:\n{}\nbut it is now:\n{}\n(UPDATE=1 cargo test --test readme)",
            written.command,
            written.output.join("\n"),
            seen.output.join("\n"),
        );
    }
}

fn is_same(written: &str, seen: &str) -> bool {
    // Before Linux 6.15 the kernel does not tell how a process ended that its parent has
    // taken notice of.
    let is_unknown = seen.contains("of unknown cause") || seen.contains("cause unknown");
    is_unknown || without_numbers(written) == without_numbers(seen)
}

/// A line without what differs from run to run: PIDs, times, widths of columns, states,
/// who was reaped, the user's name, where python3 is. Small numbers stay: they count something.
fn without_numbers(line: &str) -> String {
    let user = Command::new("id").arg("-un").output().map_or_else(
        |_| "root".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    );
    // Whether a parent was faster than fell.
    let line = line
        .split(", not reaped by its parent")
        .next()
        .unwrap_or(line);
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut plain = Vec::new();
    for (at, &word) in words.iter().enumerate() {
        let unit = words
            .get(at + 1)
            .map(|next| next.trim_end_matches([',', ':']));
        let is_time = matches!(unit, Some("ms" | "s"));
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let is_age = digits > 0 && digits + 1 == word.len() && word.ends_with(['s', 'm']);
        plain.push(if word == user {
            "root".to_owned()
        } else if word.ends_with("/python3") {
            "python3".to_owned()
        } else if matches!(word, "running" | "disk") {
            // Somebody may just be at work when fell looks.
            "sleeping".to_owned()
        } else if digits > 2 || is_age || is_time {
            format!(
                "#{}",
                word.trim_matches(|char: char| char.is_ascii_digit() || char == '.')
            )
        } else if let Some(end) = word
            .strip_prefix('s')
            .filter(|end| matches!(*end, "" | "," | ":"))
        {
            format!("ms{end}")
        } else {
            word.to_owned()
        });
    }
    plain.join(" ")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn only_what_differs_from_run_to_run_is_left_out() {
    for (line, plain) in [
        (
            "stopped 4 processes in 213 ms: 3 by TERM, 1 by KILL",
            "stopped 4 processes in # ms: 3 by TERM, 1 by KILL",
        ),
        (
            "stopped 4 processes in 1.0 s: 3 by TERM, 1 by KILL",
            "stopped 4 processes in # ms: 3 by TERM, 1 by KILL",
        ),
        ("fell: no such process: 7634", "fell: no such process: #"),
        ("30500  30500  root    3s  target", "# # root #s target"),
        ("1", "1"),
    ] {
        assert_eq!(without_numbers(line), plain);
    }
}
