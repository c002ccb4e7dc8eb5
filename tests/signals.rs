//! `fell signals`: the facts against this machine, the words against the binary, and
//! what it says of real processes.

#[path = "support/dispositions.rs"]
mod dispositions;

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use fell::linux::Linux;
use fell::process::Pid;
use fell::signal::Signal;
#[cfg(target_env = "gnu")]
use fell::signal::name::Name;
use fell::signal::reference::Action;
#[cfg(target_env = "gnu")]
use fell::signal::reference::Architecture;
use fell::system::{Hold, System};
use rustix::process::{WaitId, WaitIdOptions, WaitIdStatus, waitid};
use serde_json::Value;

/// A process of ours, which ends when its standard input does, or when it is dropped.
struct Victim {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Victim {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        Self {
            child,
            stdin,
            stdout,
        }
    }

    /// A program in Python that says `ready` and then waits for the end of its input.
    /// It does not outlive the test, not even while it is stopped.
    fn python(program: &str) -> Self {
        let program = format!(
            "import ctypes, os, signal, sys, threading\n\
             ctypes.CDLL(None).prctl(1, signal.SIGKILL)\n\
             signal.alarm(60)\n\
             {program}\n\
             print('ready', flush=True)\n\
             sys.stdin.read()\n"
        );
        let mut victim = Self::start(Command::new("python3").args(["-c", &program]));
        assert_eq!(victim.line(), "ready");
        victim
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    fn pid(&self) -> Pid {
        Pid::new(self.child.id().try_into().expect("a PID")).expect("positive")
    }

    fn send(&self, signal: Signal) {
        let mut system = Linux::new().expect("/proc");
        let (mut handle, _) = system.open(self.pid(), Hold::Pin).expect("alive");
        system.send(&mut handle, signal).expect("sent");
    }

    /// Waits for a change of its state and leaves it to be waited for again.
    fn change(&self, of: WaitIdOptions) -> WaitIdStatus {
        let pid = rustix::process::Pid::from_child(&self.child);
        waitid(WaitId::Pid(pid), of | WaitIdOptions::NOWAIT)
            .expect("a child")
            .expect("a change")
    }

    fn stop(&self) {
        self.send(Signal::STOP);
        assert!(self.change(WaitIdOptions::STOPPED).stopped());
    }

    fn end_of_input(&mut self) {
        self.stdin = None;
    }

    /// What fell says that it does with the signal.
    fn told(&self, signal: &str) -> Value {
        let pid = self.pid().to_string();
        let output = fell(&["--json", "--pid", &pid, signal]);
        assert_eq!(output.code, 0, "{}", output.stderr);
        let told: Value = serde_json::from_str(&output.stdout).expect("JSON");
        assert_eq!(told.as_array().map(Vec::len), Some(1), "{told}");
        assert_eq!(told[0]["pid"], self.pid().get());
        told[0].clone()
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Output {
    code: i32,
    stdout: String,
    stderr: String,
}

fn command() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("fell"));
    command.arg("signals");
    for name in ["LC_MESSAGES", "LC_CTYPE", "LANG", "NO_COLOR"] {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C").stdin(Stdio::null());
    command
}

fn fell(arguments: &[&str]) -> Output {
    run(command().args(arguments))
}

fn run(command: &mut Command) -> Output {
    let output = command.output().expect("run");
    Output {
        code: output.status.code().expect("not killed"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// The cells of the rows, without titles and lines.
fn cells(page: &str) -> Vec<Vec<String>> {
    page.lines()
        .filter(|line| line.contains('|'))
        .skip(1)
        .map(|line| line.split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

fn names(page: &str) -> Vec<String> {
    cells(page)
        .into_iter()
        .map(|mut row| row.remove(1))
        .collect()
}

#[test]
fn the_numbers_of_this_machine_are_those_of_its_c_library() {
    for (name, number) in [
        ("HUP", libc::SIGHUP),
        ("INT", libc::SIGINT),
        ("QUIT", libc::SIGQUIT),
        ("ILL", libc::SIGILL),
        ("TRAP", libc::SIGTRAP),
        ("ABRT", libc::SIGABRT),
        ("IOT", libc::SIGIOT),
        ("BUS", libc::SIGBUS),
        ("FPE", libc::SIGFPE),
        ("KILL", libc::SIGKILL),
        ("USR1", libc::SIGUSR1),
        ("SEGV", libc::SIGSEGV),
        ("USR2", libc::SIGUSR2),
        ("PIPE", libc::SIGPIPE),
        ("ALRM", libc::SIGALRM),
        ("TERM", libc::SIGTERM),
        ("CHLD", libc::SIGCHLD),
        ("CLD", libc::SIGCHLD),
        ("CONT", libc::SIGCONT),
        ("STOP", libc::SIGSTOP),
        ("TSTP", libc::SIGTSTP),
        ("TTIN", libc::SIGTTIN),
        ("TTOU", libc::SIGTTOU),
        ("URG", libc::SIGURG),
        ("XCPU", libc::SIGXCPU),
        ("XFSZ", libc::SIGXFSZ),
        ("VTALRM", libc::SIGVTALRM),
        ("PROF", libc::SIGPROF),
        ("WINCH", libc::SIGWINCH),
        ("IO", libc::SIGIO),
        ("POLL", libc::SIGPOLL),
        ("PWR", libc::SIGPWR),
        ("SYS", libc::SIGSYS),
    ] {
        let signal: Signal = name.parse().expect(name);
        assert_eq!(i32::from(signal.number()), number, "{name}");
    }
    // musl keeps one more for itself; fell counts as glibc does on every build.
    #[cfg(target_env = "gnu")]
    assert_eq!(
        Name::RTMIN.number(Architecture::NATIVE).map(i32::from),
        Some(libc::SIGRTMIN())
    );
    assert_eq!(i32::from(Signal::MAX), libc::SIGRTMAX());
}

/// What the kernel did with a signal.
#[derive(Debug, PartialEq, Eq)]
enum Measured {
    Ended,
    Dumped,
    Stopped,
    Nothing,
    Continued,
}

/// Sends the signal to a child that has it at its default, then ends the child's
/// input: whoever is still there then exits.
fn measure(signal: Signal, directory: &Path) -> Option<Measured> {
    // Only a core file that falls into our own directory can be cleared away again.
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
    let script = if pattern.starts_with(['/', '|']) {
        "ulimit -c 0; exec cat"
    } else {
        "ulimit -c unlimited 2>/dev/null; exec cat"
    };
    let mut victim = Victim::start(
        Command::new("sh")
            .args(["-c", script])
            .current_dir(directory)
            // In an orphaned group, such as that of a test in a session of its own, the
            // kernel throws TSTP, TTIN and TTOU away (setpgid(2)); in a group below a
            // parent in the same session it does not.
            .process_group(0)
            // Makes the standard library fork: glibc's posix_spawn leaves the C
            // library's own signals ignored.
            .uid(rustix::process::getuid().as_raw()),
    );
    let stdin = victim.stdin.as_mut().expect("a pipe");
    stdin.write_all(b"ready\n").expect("written");
    assert_eq!(victim.line(), "ready");
    let status = fs::read_to_string(format!("/proc/{}/status", victim.pid())).expect("alive");
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .expect("a mask");
    if ignored >> (signal.number() - 1) & 1 == 1 {
        eprintln!("{signal} is ignored by who started this test: not measured");
        return None;
    }
    if signal == Signal::CONT {
        victim.stop();
        victim.send(signal);
        assert!(victim.change(WaitIdOptions::CONTINUED).continued());
        return Some(Measured::Continued);
    }
    victim.send(signal);
    victim.end_of_input();
    let status = victim.change(WaitIdOptions::EXITED | WaitIdOptions::STOPPED);
    let number = Some(i32::from(signal.number()));
    Some(if status.stopped() {
        assert_eq!(status.stopping_signal(), number);
        Measured::Stopped
    } else if status.dumped() {
        assert_eq!(status.terminating_signal(), number);
        Measured::Dumped
    } else if status.killed() {
        assert_eq!(status.terminating_signal(), number);
        Measured::Ended
    } else {
        assert_eq!(status.exit_status(), Some(0));
        Measured::Nothing
    })
}

#[test]
fn the_default_action_of_every_signal_is_what_the_kernel_does() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("default-actions");
    fs::create_dir_all(&directory).expect("a directory");
    // Whether cores are dumped is for the limits, the pattern and the disk to say.
    // (Not asked of QUIT, which a shell leaves ignored for what runs in its background.)
    let dumps = measure("ABRT".parse().expect("a signal"), &directory) == Some(Measured::Dumped);
    if !dumps {
        eprintln!("no core dumps here: core is not told from terminate");
    }
    for signal in (1..=Signal::MAX).filter_map(Signal::new) {
        let expected = match signal.default_action() {
            Action::Core if dumps => Measured::Dumped,
            Action::Terminate | Action::Core => Measured::Ended,
            Action::Stop => Measured::Stopped,
            Action::Ignore => Measured::Nothing,
            Action::Continue => Measured::Continued,
        };
        if let Some(measured) = measure(signal, &directory) {
            assert_eq!(measured, expected, "{signal}");
        }
    }
    fs::remove_dir_all(&directory).expect("removed");
}

#[test]
fn each_spelling_finds_its_row() {
    for (word, name) in [
        ("TERM", "TERM"),
        ("SIGTERM", "TERM"),
        ("sigterm", "TERM"),
        ("143", "TERM"),
        ("137", "KILL"),
        ("RTMIN+2", "RTMIN+2"),
        ("34", "RTMIN"),
        ("RTMAX-1", "RTMAX-1"),
        ("IOT", "ABRT"),
    ] {
        let output = fell(&[word]);
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{word}");
        assert_eq!(names(&output.stdout), [name], "{word}");
    }
}

#[test]
fn an_exit_status_a_mask_and_zero_are_explained() {
    for (word, note) in [
        ("143", "143: 128+15, ended by SIGTERM"),
        ("137", "137: 128+9, ended by SIGKILL"),
        ("0x4002", "0x4002: INT, TERM"),
        ("0", "whether the process exists"),
        ("IOT", "IOT: another name of ABRT"),
    ] {
        let output = fell(&[word]);
        assert_eq!(output.code, 0, "{word}");
        assert!(output.stdout.contains(note), "{word}: {}", output.stdout);
    }
}

#[test]
fn several_words_are_answered_together_and_each_signal_once() {
    let output = fell(&["TERM", "15", "143", "RTMIN+2", "0x4002"]);
    assert_eq!(output.code, 0);
    assert_eq!(names(&output.stdout), ["TERM", "RTMIN+2", "INT"]);
}

#[test]
fn what_is_unknown_is_named_with_the_nearest_name_and_the_rest_is_printed() {
    let output = fell(&["TRM", "HUP", "111", "sigkil", "xyzzy"]);
    assert_eq!(output.code, 1);
    assert_eq!(names(&output.stdout), ["HUP"]);
    for line in [
        "fell: TRM: no such signal; did you mean TERM?\n",
        "fell: 111: no such signal; they end at 64",
        "fell: sigkil: no such signal; did you mean KILL?\n",
        "fell: xyzzy: no such signal; `fell signals` lists them\n",
    ] {
        assert!(output.stderr.contains(line), "{}", output.stderr);
    }
    let output = fell(&["\u{1b}[31m"]);
    assert_eq!((output.code, output.stdout.as_str()), (1, ""));
    assert!(output.stderr.starts_with("fell: \\x1b[31m: "));
}

#[test]
fn every_architecture_has_its_own_numbers() {
    for (arch, word, note, name) in [
        ("x86", "10", "", "USR1"),
        ("alpha", "30", "", "USR1"),
        ("sparc", "10", "", "BUS"),
        ("mips", "16", "", "USR1"),
        ("parisc", "7", "", "STKFLT"),
        ("mips", "111", "", "RTMAX-16"),
        ("mips", "255", "255: 128+127, ended by SIGRTMAX", "RTMAX"),
        ("mips", "144", "144: 128+16, ended by SIGUSR1", "USR1"),
    ] {
        let output = fell(&["--arch", arch, word]);
        assert_eq!(output.code, 0, "{arch} {word}: {}", output.stderr);
        assert_eq!(names(&output.stdout), [name], "{arch} {word}");
        assert!(output.stdout.starts_with(note), "{arch} {word}");
    }
    assert_eq!(fell(&["--arch", "x86", "EMT"]).code, 1);
    assert_eq!(fell(&["--arch", "vax"]).code, 3);
}

#[test]
fn all_architectures_stand_side_by_side() {
    let output = fell(&["--arch", "all"]);
    let rows = cells(&output.stdout);
    for (name, numbers) in [
        ("USR1", ["10", "30", "30", "16", "16"]),
        ("EMT", ["-", "7", "7", "7", "-"]),
        ("STKFLT", ["16", "-", "-", "-", "7"]),
        ("RTMAX", ["64", "64", "64", "127", "64"]),
    ] {
        let row = rows.iter().find(|row| row[0] == name).expect(name);
        assert_eq!(row[1..6], numbers, "{name}");
    }
    let output = fell(&["--arch", "all", "10"]);
    let rows = cells(&output.stdout);
    let found: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(found, ["USR1", "BUS"]);
}

#[test]
fn json_has_every_fact() {
    let output = fell(&["--json"]);
    let signals: Value = serde_json::from_str(&output.stdout).expect("JSON");
    let signals = signals.as_array().expect("an array");
    assert_eq!(signals.len(), 31 + 31);
    let find = |name: &str| {
        let found = signals.iter().find(|signal| signal["name"] == name);
        found.unwrap_or_else(|| panic!("{name} is missing"))
    };
    let kill = find("KILL");
    assert_eq!(kill["number"], 9);
    for field in ["catchable", "blockable", "ignorable"] {
        assert_eq!(kill[field], false);
        assert_eq!(find("TERM")[field], true);
    }
    assert_eq!(kill["action"], "terminate");
    assert_eq!(kill["standard"], "POSIX.1-1990");
    assert_eq!(find("WINCH")["standard"], Value::Null);
    assert_eq!(find("ABRT")["aliases"][0], "IOT");
    let numbers = &find("STKFLT")["numbers"];
    assert_eq!(numbers["x86"], 16);
    assert_eq!(numbers["alpha"], Value::Null);
    assert_eq!(numbers["parisc"], 7);
    assert_eq!(find("RTMAX")["numbers"]["mips"], 127);
    assert_eq!(find("SEGV")["meaning"], "invalid memory reference");

    let output = fell(&["--json", "143", "0", "TERM"]);
    let signals: Value = serde_json::from_str(&output.stdout).expect("JSON");
    assert_eq!(signals.as_array().map(Vec::len), Some(1));
    assert_eq!(signals[0]["asked"], serde_json::json!(["143", "TERM"]));
    assert!(output.stderr.contains("whether the process exists"));
}

#[test]
fn names_stand_alone_and_are_all_understood() {
    let output = fell(&["-1"]);
    let names: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(names.len(), 31 + 31);
    for name in &names {
        assert!(name.parse::<Signal>().is_ok(), "{name}");
    }
    assert_eq!(names[0], "HUP");
    assert_eq!(names.last(), Some(&"RTMAX"));
    assert_eq!(fell(&["--names", "143", "0x4002"]).stdout, "TERM\nINT\n");
}

#[test]
fn the_language_is_that_of_the_locale_unless_asked_for() {
    for (variables, arguments, is_chinese) in [
        (&[("LC_ALL", "zh_CN.UTF-8")][..], &["9"][..], true),
        (&[("LC_ALL", ""), ("LANG", "zh_CN.UTF-8")], &["9"], true),
        (
            &[
                ("LC_ALL", ""),
                ("LANG", "zh_CN.UTF-8"),
                ("LC_MESSAGES", "C"),
            ],
            &["9"],
            false,
        ),
        // What can't be shown is no default.
        (&[("LC_ALL", "zh_CN.GB18030")], &["9"], false),
        (&[("LC_ALL", "de_DE.UTF-8")], &["9"], false),
        (&[("LC_ALL", "zh_CN.UTF-8")], &["--lang", "en", "9"], false),
        (&[("LC_ALL", "C")], &["--lang", "zh", "9"], true),
    ] {
        let output = run(command().envs(variables.iter().copied()).args(arguments));
        assert_eq!(output.code, 0);
        let found = output.stdout.contains("强制结束");
        assert_eq!(found, is_chinese, "{variables:?}: {}", output.stdout);
    }
    let output = fell(&["--lang", "fr"]);
    assert_eq!((output.code, output.stdout.as_str()), (3, ""));
    assert!(output.stderr.contains("'fr'"), "{}", output.stderr);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    for arguments in [&[][..], &["--json"], &["-1"], &["143"]] {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let mut child = command()
            .args(arguments)
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .expect("started");
        let mut told = String::new();
        let mut stderr = child.stderr.take().expect("a pipe");
        stderr.read_to_string(&mut told).expect("read");
        let status = child.wait().expect("ended");
        assert_eq!(
            (status.code(), told.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}

#[test]
fn a_handler_is_found_that_of_a_realtime_signal_too() {
    let victim = Victim::python(
        "for number in (signal.SIGTERM, signal.SIGRTMIN + 1, signal.SIGRTMAX):\n\
         \x20   signal.signal(number, lambda *_: None)",
    );
    for name in ["TERM", "RTMIN+1", "RTMAX"] {
        let told = victim.told(name);
        assert_eq!(told["disposition"], "caught", "{name}");
        assert_eq!(told["caught"], true);
        assert_eq!(told["if_sent"], "handler");
    }
    assert_eq!(victim.told("TERM")["outlook"], "TERM is caught: it decides");
    let told = victim.told("RTMIN+2");
    assert_eq!(told["disposition"], "default");
    assert_eq!(told["outlook"], "RTMIN+2 would end it");
}

#[test]
fn what_is_ignored_or_left_to_its_default_is_told() {
    let victim = Victim::python(
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n\
         for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGTSTP):\n\
         \x20   signal.signal(number, signal.SIG_DFL)",
    );
    for (name, disposition, outlook) in [
        ("HUP", "ignored", "HUP is ignored"),
        ("TERM", "default", "TERM would end it"),
        ("QUIT", "default", "QUIT would end it with a core dump"),
        ("TSTP", "default", "TSTP would stop it"),
        (
            "CONT",
            "default",
            "CONT would do nothing: it is not stopped",
        ),
        ("KILL", "default", "KILL would end it"),
        ("WINCH", "default", "WINCH would do nothing: the default"),
    ] {
        let told = victim.told(name);
        assert_eq!(told["disposition"], disposition, "{name}");
        assert_eq!(told["outlook"], outlook, "{name}");
    }
}

#[test]
fn a_signal_is_blocked_only_if_every_thread_blocks_it() {
    let victim = Victim::python(
        "ready = threading.Semaphore(0)\n\
         signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})\n\
         def thread():\n\
         \x20   signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})\n\
         \x20   ready.release()\n\
         \x20   threading.Event().wait()\n\
         threading.Thread(target=thread, daemon=True).start()\n\
         ready.acquire()",
    );
    let told = victim.told("USR1");
    assert_eq!(told["disposition"], "blocked");
    assert_eq!(told["if_sent"], "waits");
    assert_eq!(told["waits_for"], "unblocking");
    let told = victim.told("USR2");
    assert_eq!(told["disposition"], "default");
    assert_eq!(told["blocked"], false);
    assert_eq!(told["outlook"], "USR2 would end it");

    victim.send("USR1".parse().expect("a signal"));
    let told = victim.told("USR1");
    assert_eq!(told["disposition"], "pending");
    assert_eq!(told["pending"], true);
    assert_eq!(told["pending_thread"], false);
    assert_eq!(told["if_sent"], "lost");
}

#[test]
fn a_signal_that_waits_for_one_thread_is_told_apart() {
    let victim = Victim::python(
        "ready = threading.Semaphore(0)\n\
         def thread():\n\
         \x20   signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})\n\
         \x20   signal.pthread_kill(threading.get_ident(), signal.SIGUSR2)\n\
         \x20   ready.release()\n\
         \x20   threading.Event().wait()\n\
         threading.Thread(target=thread, daemon=True).start()\n\
         ready.acquire()",
    );
    let told = victim.told("USR2");
    assert_eq!(told["pending"], false);
    assert_eq!(told["pending_thread"], true);
    assert_eq!(told["disposition"], "default");
    assert_eq!(told["outlook"], "USR2 would end it");
}

#[test]
fn while_a_process_is_stopped_signals_wait() {
    let victim = Victim::python("signal.signal(signal.SIGUSR1, lambda *_: None)");
    victim.stop();
    for name in ["TERM", "USR1"] {
        let told = victim.told(name);
        assert_eq!(told["if_sent"], "waits", "{name}");
        assert_eq!(told["outlook"], "pending until it continues: stopped");
    }
    assert_eq!(victim.told("CONT")["outlook"], "CONT would continue it");
    assert_eq!(victim.told("KILL")["outlook"], "KILL would end it");
    victim.send(Signal::TERM);
    let told = victim.told("TERM");
    assert_eq!(told["disposition"], "pending");
    assert_eq!(told["pending"], true);
    assert_eq!(
        told["outlook"],
        "pending until it continues: stopped; another one is lost"
    );
    let page = fell(&["--pid", &victim.pid().to_string()]).stdout;
    assert!(page.contains("python3: stopped, 1 thread\n"), "{page}");
    assert!(page.contains(" 15 | TERM "), "{page}");
    assert!(page.contains("default, pending"), "{page}");
}

#[test]
fn every_signal_of_a_process_is_listed() {
    let victim = Victim::python("");
    let pid = victim.pid().to_string();
    let told: Value = serde_json::from_str(&fell(&["--json", "--pid", &pid]).stdout).expect("JSON");
    let numbers: Vec<u64> = told
        .as_array()
        .expect("an array")
        .iter()
        .filter_map(|signal| signal["number"].as_u64())
        .collect();
    let all: Vec<u64> = (1..=u64::from(Signal::MAX)).collect();
    assert_eq!(numbers, all);

    let names = names(&fell(&["--pid", &pid]).stdout);
    for name in ["HUP", "SYS", "RTMIN", "RTMAX"] {
        assert!(names.iter().any(|other| other == name), "{name}");
    }
    let output = fell(&["--pid", &pid, "TERM", "TRM"]);
    assert_eq!(output.code, 1);
    assert!(output.stderr.contains("did you mean TERM?"));
    assert_eq!(cells(&output.stdout).len(), 1);
}

#[test]
fn a_zombie_takes_nothing_and_who_is_gone_is_missing() {
    let mut victim = Victim::start(&mut Command::new("true"));
    victim.change(WaitIdOptions::EXITED);
    let told = victim.told("KILL");
    assert_eq!(told["if_sent"], "ended_already");
    let pid = victim.pid().to_string();
    victim.child.wait().expect("ended");
    for arguments in [&["--pid", &pid][..], &["--json", "--pid", &pid, "TERM"]] {
        let output = fell(arguments);
        assert_eq!((output.code, output.stdout.as_str()), (1, ""));
        assert_eq!(output.stderr, format!("fell: no such process: {pid}\n"));
    }
}

#[test]
fn a_thread_is_not_taken_for_a_process() {
    let mut victim = Victim::python(
        "thread = threading.Thread(target=threading.Event().wait, daemon=True)\n\
         thread.start()\n\
         sys.stdout.write('ready\\n' + str(thread.native_id) + '\\n')\n\
         sys.stdout.flush()",
    );
    let thread = victim.line();
    let output = fell(&["--pid", &thread]);
    assert_eq!(output.code, 3);
    assert!(
        output.stderr.contains(&format!("process {}", victim.pid())),
        "{}",
        output.stderr
    );
}

#[test]
fn what_is_no_process_is_a_usage_error() {
    for pid in ["0", "-5", "x", "", "4294967297"] {
        assert_eq!(fell(&["--pid", pid]).code, 3, "{pid:?}");
    }
    assert_eq!(fell(&["--pid", "1", "--arch", "mips"]).code, 3);
    assert_eq!(fell(&["--names", "--json"]).code, 3);
}
