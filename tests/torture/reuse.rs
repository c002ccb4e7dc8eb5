//! Numbers that come to mean somebody else, at the worst moment.
//!
//! Each trial has a PID namespace of its own, where the next number can be set: a member or
//! the target ends, and a stranger gets its number, with a group or session of that number,
//! while fell is still at it. strace(1) slows fell down where a window of microseconds is to
//! be met.
//!
//! Without pidfds one such window is left: between the look at the start time and kill(2).
//! A stranger may be met in there, and only in there: strace tells what was read right before
//! each signal, and nothing else excuses one.

use std::io::pipe;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;

use crate::numbers::{self, await_free, set_next};
use crate::oracle::started;
use crate::support::family::{Family, victim};
use crate::support::fell::{FELL, Run};
use crate::support::means::Means;
use crate::support::trace::{self, Trace};
use crate::support::victim::{Member, Place};
use crate::trial::Failure;
use crate::{Figures, rng};

mod cases;

/// What a trial is called inside a namespace.
pub const REUSE: &str = "reuse";

/// What is tried, in turn.
#[derive(Debug, Clone, Copy)]
enum Case {
    /// A member ends in the grace, is reaped, and a stranger gets its number.
    EndsInTheGrace,
    /// The target ends between the reading of its number and the pin, and is replaced.
    TargetBeforeThePin,
    /// Anyone ends at any moment while fell dawdles somewhere, and is replaced.
    AnyoneAtAnyTime,
    /// The group of a leader that is long dead empties in the grace, and a stranger opens
    /// one of that number.
    DeadLeadersGroup,
    /// A child is handed on between the reading of its parent's list and its pin.
    HandedOn,
    /// A child ends there itself, and is replaced.
    ChildBeforeThePin,
    /// A member ends between fell's decision to signal it and the signal, and is replaced.
    AtTheSignal,
}

const CASES: [Case; 7] = [
    Case::EndsInTheGrace,
    Case::TargetBeforeThePin,
    Case::AnyoneAtAnyTime,
    Case::DeadLeadersGroup,
    Case::HandedOn,
    Case::ChildBeforeThePin,
    Case::AtTheSignal,
];

/// So many trials in a row have each case once.
pub const ROUND: u64 = CASES.len() as u64;

/// Whether numbers can be chosen here, and strace works.
pub fn can_be_tried() -> bool {
    let mut strace = Command::new("strace");
    strace.args(["-o", "/dev/null", "true"]);
    numbers::can_be_chosen() && strace.output().is_ok_and(|output| output.status.success())
}

/// Runs a trial in a namespace of its own.
pub fn run_reuse(seed: u64, means: Means) -> Result<Figures, Failure> {
    numbers::run_inside(REUSE, seed, means)
}

/// A trial, as the first process of a namespace.
pub fn inside(seed: u64, means: Means) -> Result<Figures, Failure> {
    let mut rng = rng(seed);
    let mut trial = Trial {
        means,
        complaints: Vec::new(),
        figures: Figures {
            trials: 1,
            ..Figures::default()
        },
    };
    let at = usize::try_from(seed % ROUND).expect("a small number");
    match CASES[at] {
        Case::EndsInTheGrace => trial.member_ends_in_the_grace(&mut rng),
        Case::TargetBeforeThePin => trial.target_is_replaced_before_the_pin(&mut rng),
        Case::AnyoneAtAnyTime => trial.anyone_is_replaced_at_any_time(&mut rng),
        Case::DeadLeadersGroup => trial.dead_leaders_group_is_taken(&mut rng),
        Case::HandedOn => trial.child_is_handed_on(&mut rng),
        Case::ChildBeforeThePin => trial.child_is_replaced(&mut rng),
        Case::AtTheSignal => trial.member_is_replaced_at_the_signal(&mut rng),
    }
    if trial.complaints.is_empty() {
        return Ok(trial.figures);
    }
    Err(Failure {
        complaints: trial.complaints,
        story: format!("{:?}", CASES[at]),
    })
}

struct Trial {
    means: Means,
    complaints: Vec<String>,
    figures: Figures,
}

/// A fell on its way.
struct Going {
    child: Child,
    trace: Trace,
}

impl Going {
    fn finish(self) -> (Run, Vec<String>) {
        let output = self.child.wait_with_output().expect("an end");
        (Run::of(output, Duration::ZERO), self.trace.finish())
    }
}

/// A system call that fell takes its time for: which ones of them, and how long.
struct Slow<'s>(&'s str, &'s str, u64);

/// Who has got a number.
struct Stranger {
    family: Family,
    started: Option<u64>,
}

fn place(rng: &mut TestRng) -> Place {
    [Place::Inherited, Place::OwnGroup, Place::OwnSession][rng.random_range(0..3)]
}

/// A stranger with a child, in a group or session of its own, that bears this number; `None`
/// when the kernel keeps the number for a group or session.
fn stranger(pid: i32, place: Place) -> Option<Stranger> {
    let member = Member::new("stranger").hears_all().place(place);
    let member = member.child(Member::new("beside").hears_all());
    let command = victim(&member);
    set_next(pid);
    let family = Family::start_by(command, 2);
    let started = started(pid);
    (family.root() == pid).then_some(Stranger { family, started })
}

/// The number of one who has ended is given away.
fn replace(pid: i32, rng: &mut TestRng) -> Option<Stranger> {
    /// The kernel may take its time to set a number free.
    const ATTEMPTS: usize = 3;
    let place = [Place::OwnGroup, Place::OwnSession][rng.random_range(0..2)];
    let is_free = await_free(pid);
    (0..ATTEMPTS)
        .filter(|_| is_free)
        .find_map(|_| stranger(pid, place))
}

impl Trial {
    fn check(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.complaints.push(what());
        }
    }

    /// Starts fell under strace.
    fn fell(&self, slow: Option<Slow<'_>>, grace: &str, target: i32) -> Going {
        let (reader, writer) = pipe().expect("a pipe");
        let mut strace = Command::new("strace");
        // A tracer comes before the filter, so it sees what the filter refuses.
        self.means.limit(&mut strace);
        strace.args(["-f", "-qq", "-s", "400", "-e", "signal=none"]);
        strace.args(["-o", "/proc/self/fd/0"]);
        if let Some(Slow(call, when, micros)) = slow {
            let inject = format!("inject={call}:delay_enter={micros}:when={when}");
            strace.args(["-e", &inject]);
        }
        let child = strace
            .args([FELL, "term", "--grace", grace, "--json"])
            .arg(target.to_string())
            .stdin(Stdio::from(writer))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("strace");
        drop(strace);
        Going {
            child,
            trace: Trace::read(reader),
        }
    }

    /// Waits for fell's end. Without pidfds each of its signals must come right after it has
    /// read the start time of whom it is for, or of one who vouches for the group.
    fn finish(&mut self, fell: Going) -> (Run, Vec<trace::Sent>) {
        let (run, lines) = fell.finish();
        let sent = trace::sent(&lines);
        for signal in &sent {
            let is_vouched = match signal.after {
                Some((pid, _)) => signal.to == pid || signal.to < -1,
                // With pidfds a group may be signalled by number, vouched for by a pidfd.
                None => self.means != Means::NoPidfds && signal.to < -1,
            };
            self.check(is_vouched, || format!("{signal:?}: {run:#?}"));
        }
        (run, sent)
    }

    /// Nothing has happened to a stranger. Without pidfds it may have got a signal, by the
    /// number and once, that was sent right after a look which still found the one before.
    fn check_stranger(
        &mut self,
        stranger: Option<Stranger>,
        former: Option<u64>,
        run: &Run,
        sent: &[trace::Sent],
    ) {
        let Some(Stranger {
            mut family,
            started,
        }) = stranger
        else {
            return;
        };
        self.figures.reused += 1;
        let pid = family.root();
        let is_excused = |signal: &&trace::Sent| {
            let aimed_at = signal.after.map(|(_, at)| at);
            self.means == Means::NoPidfds
                && signal.to == pid
                && aimed_at == former
                && (aimed_at != started || former == started)
        };
        let excuses: Vec<&str> = sent
            .iter()
            .filter(is_excused)
            .map(|it| it.signal.as_str())
            .collect();
        let is_killed = excuses.contains(&"SIGKILL");
        let heard = family.heard();
        let is_met = |it: &String| it == "stranger 15" && excuses.contains(&"SIGTERM");
        let is_fine = heard.iter().all(is_met) && heard.len() <= 1;
        self.check(is_fine, || {
            format!(
                "the stranger {:?} heard {heard:?}, sent {sent:?}: {run:#?}",
                family.places()
            )
        });
        let living = family.living();
        let is_whole = living == ["beside", "stranger"] || is_killed && living == ["beside"];
        self.check(is_whole, || {
            format!("of the stranger live {living:?}, sent {sent:?}: {run:#?}")
        });
        if !heard.is_empty() || living.len() < 2 {
            self.figures.raced += 1;
        }
    }

    fn check_end(&mut self, family: &mut Family, run: &Run) {
        let is_over = family.is_over();
        self.check(is_over, || {
            format!("of the family live {:?}: {run:#?}", family.living())
        });
        self.check(run.status.code() == Some(0), || format!("{run:#?}"));
    }
}
