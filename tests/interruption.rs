//! fell itself is interrupted, or suspended, while it waits, with pidfds and without.

mod support;

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use support::family::Family;
use support::fell::{FELL, Run};
use support::means::Means;
use support::victim::{Member, OnTerm};

/// A fell that is in the midst of the grace: everyone has got TERM, one goes on.
struct Waiting {
    family: Family,
    fell: Child,
    began: Instant,
}

impl Waiting {
    fn start(command: Command, options: &[&str]) -> Self {
        let worker = Member::new("worker").on_term(OnTerm::Note);
        let mut waiting = Self::begin(command, options, worker);
        waiting.family.await_line("heard main 15");
        waiting.family.await_line("heard worker 15");
        waiting
    }

    /// A fell that has just begun.
    fn begin(mut command: Command, options: &[&str], worker: Member) -> Self {
        let main = Member::new("main").on_term(OnTerm::Note);
        let family = Family::start(&main.child(worker));
        let began = Instant::now();
        let fell = command
            .args(options)
            .arg(family.root().to_string())
            .env("FELL", FELL)
            .env("LC_ALL", "C.UTF-8")
            // In a group of its own below a parent in the same session, as a job of a
            // shell: the kernel stops no process whose group is orphaned.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("fell");
        Self {
            family,
            fell,
            began,
        }
    }

    fn fell(means: Means, options: &[&str]) -> Self {
        let mut command = means.fell();
        command.arg("term");
        Self::start(command, options)
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.fell.id()).expect("a PID"))
    }

    fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("a signal to our own child");
    }

    fn await_state(&self, state: WaitPidFlag) {
        waitid(Id::Pid(self.pid()), state | WaitPidFlag::WNOWAIT).expect("our own child");
    }

    fn finish(self) -> (Run, Family) {
        let output = self.fell.wait_with_output().expect("an end");
        (Run::of(output, self.began.elapsed()), self.family)
    }
}

#[test]
fn who_asks_fell_to_end_ends_the_stop_and_nothing_more_is_sent() {
    for means in Means::BOTH {
        for signal in [
            Signal::SIGINT,
            Signal::SIGTERM,
            Signal::SIGHUP,
            Signal::SIGQUIT,
        ] {
            let waiting = Waiting::fell(means, &["--grace", "30s"]);
            waiting.signal(signal);
            let (run, mut family) = waiting.finish();
            run.dies_by(signal as i32)
                .warns(&format!(
                    "interrupted by {}: nothing more is sent, 2 processes are left",
                    signal.as_str().trim_start_matches("SIG")
                ))
                .warns(&format!("fell: {} ", family.root()))
                .warns(&format!("fell: {} ", family.pid("worker")));
            assert!(run.took < Duration::from_secs(20), "{run:?}");
            assert_eq!(family.heard(), ["main 15", "worker 15"]);
            assert_eq!(family.living(), ["main", "worker"]);
        }
    }
}

#[test]
fn an_interrupted_stop_leaves_its_record() {
    for means in Means::BOTH {
        let waiting = Waiting::fell(means, &["--grace", "30s", "--json"]);
        waiting.signal(Signal::SIGINT);
        let (run, family) = waiting.finish();
        run.dies_by(2);
        let record = run.json();
        assert_eq!(record.verdict(), "interrupted");
        assert_eq!(record.0["interrupted_by"], "INT");
        assert_eq!(record.pids(), family.pids());
        assert_eq!(record.fate(family.root()), "survived running");
    }
}

#[test]
fn the_later_steps_of_a_schedule_are_not_taken_after_an_interruption() {
    for means in Means::BOTH {
        let waiting = Waiting::fell(means, &["--schedule", "TERM/30s/HUP/1s/KILL/1s"]);
        waiting.signal(Signal::SIGTERM);
        let (run, mut family) = waiting.finish();
        run.dies_by(15);
        assert_eq!(family.heard(), ["main 15", "worker 15"]);
        assert_eq!(family.living().len(), 2);
    }
}

#[test]
fn what_was_ignored_when_fell_started_does_not_interrupt_it() {
    for means in Means::BOTH {
        // As nohup does it, and as a shell starts a background command of a script.
        for (ignored, signals) in [
            ("HUP", &[Signal::SIGHUP][..]),
            ("INT QUIT", &[Signal::SIGINT, Signal::SIGQUIT]),
        ] {
            let mut shell = Command::new("sh");
            means.limit(&mut shell);
            shell.args([
                "-c",
                &format!("trap '' {ignored}; exec \"$FELL\" term \"$@\""),
                "sh",
            ]);
            let waiting = Waiting::start(shell, &["--grace", "1s", "--json"]);
            for &signal in signals {
                waiting.signal(signal);
            }
            let (run, mut family) = waiting.finish();
            run.exits(0);
            family.is_gone();
            run.json().tells(family.root(), "signalled KILL", means);
            assert!(run.took >= Duration::from_secs(1), "{run:?}");
        }
    }
}

#[test]
fn time_that_fell_spends_stopped_does_not_count() {
    for means in Means::BOTH {
        let stopped = Duration::from_millis(900);
        let grace = Duration::from_millis(600);
        for signal in [Signal::SIGTSTP, Signal::SIGSTOP] {
            let mut waiting = Waiting::fell(means, &["--grace", "600ms", "--json"]);
            waiting.signal(signal);
            waiting.await_state(WaitPidFlag::WSTOPPED);
            waiting.family.is_silent_for(stopped);
            waiting.signal(Signal::SIGCONT);
            let (run, mut family) = waiting.finish();
            run.exits(0);
            family.is_gone();
            run.json().tells(family.root(), "signalled KILL", means);
            assert!(
                run.took >= stopped + grace,
                "{signal}: KILL came though fell slept: {run:?}"
            );
            assert_eq!(family.heard(), ["main 15", "worker 15"]);
        }
    }
}

#[test]
fn who_is_continued_without_having_been_stopped_wins_no_time() {
    for means in Means::BOTH {
        let waiting = Waiting::fell(means, &["--grace", "2s"]);
        let mut continued = 0;
        // Somebody sends CONT all the time: it is no reason to put off KILL.
        while waiting.family.lives("main") && continued < 200 {
            waiting.signal(Signal::SIGCONT);
            continued += 1;
            waiting.family.lives_for("main", Duration::from_millis(100));
        }
        let (run, mut family) = waiting.finish();
        run.exits(0).says("stopped 2 processes").says(" by KILL");
        assert_eq!(family.heard(), ["main 15", "worker 15"]);
        family.is_gone();
        assert!(continued >= 5, "{continued}");
        assert!(run.took >= Duration::from_secs(2), "{run:?}");
        assert!(run.took < Duration::from_secs(8), "{run:?}");
    }
}

#[test]
fn nor_does_the_time_that_it_spends_stopped_while_it_sends() {
    for means in Means::BOTH {
        let mut command = means.fell();
        command.arg("term");
        // Parents come first, so hundreds are still to be asked when main has heard it; and
        // none of them wakes up by it, which would delay this test.
        let workers = Member::new("worker").on_term(OnTerm::Ignore).times(1500);
        let mut waiting = Waiting::begin(command, &["--grace", "600ms", "--json"], workers);
        waiting.family.await_line("heard main 15");
        waiting.signal(Signal::SIGSTOP);
        waiting.await_state(WaitPidFlag::WSTOPPED);
        waiting.family.is_silent_for(Duration::from_millis(900));
        let continued = Instant::now();
        waiting.signal(Signal::SIGCONT);
        waiting.family.await_root_end();
        // Nobody knows when it fell asleep, so everyone has the whole grace again.
        let time = continued.elapsed();
        let (run, mut family) = waiting.finish();
        run.exits(0);
        family.is_gone();
        run.json().tells(family.root(), "signalled KILL", means);
        assert!(
            time >= Duration::from_millis(600),
            "KILL came after {time:?}"
        );
    }
}

#[test]
fn fell_can_be_interrupted_after_it_was_suspended() {
    for means in Means::BOTH {
        for signal in [Signal::SIGTSTP, Signal::SIGSTOP] {
            let waiting = Waiting::fell(means, &["--grace", "30s"]);
            waiting.signal(signal);
            waiting.await_state(WaitPidFlag::WSTOPPED);
            waiting.signal(Signal::SIGINT);
            waiting.signal(Signal::SIGCONT);
            let (run, family) = waiting.finish();
            run.dies_by(2);
            assert_eq!(family.living().len(), 2);
        }
    }
}

#[test]
fn a_stop_that_ends_while_fell_is_suspended_is_recorded_right() {
    for means in Means::BOTH {
        let mut waiting = Waiting::fell(means, &["--grace", "500ms", "--json"]);
        waiting.signal(Signal::SIGSTOP);
        waiting.await_state(WaitPidFlag::WSTOPPED);
        waiting.family.signal("main", rustix::process::Signal::INT);
        waiting
            .family
            .signal("worker", rustix::process::Signal::HUP);
        waiting.family.is_gone();
        waiting.signal(Signal::SIGCONT);
        let (run, family) = waiting.finish();
        run.exits(0);
        run.json().tells(family.root(), "signalled INT", means);
        run.json()
            .tells(family.pid("worker"), "signalled HUP", means);
    }
}

#[test]
fn an_interruption_before_the_first_signal_signals_nobody() {
    for means in Means::BOTH {
        let family = Family::start(&Member::new("main").hears_all());
        // Whenever it comes, before or after fell has set itself up.
        for _ in 0..20 {
            let mut fell = means
                .fell()
                .args(["kill", "-s", "0", &family.root().to_string()])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("fell");
            let pid = Pid::from_raw(i32::try_from(fell.id()).expect("a PID"));
            kill(pid, Signal::SIGINT).expect("our own child");
            let status = fell.wait().expect("an end");
            assert!(status.signal() == Some(2) || status.success(), "{status:?}");
        }
        family.assert_untouched();
    }
}
