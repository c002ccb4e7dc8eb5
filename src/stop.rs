//! The loop: ask, wait, and in the end kill, until everyone is gone or the time is
//! over.
//!
//! It escalates on the set and never on one process: a step is over when the last
//! member has ended, and whoever is left gets the next signal, whether or not the
//! target itself is long dead. No failure with one process ends the loop.

#![forbid(unsafe_code)]

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use crate::outcome::{Outcome, Verdict};
use crate::process::Process;
use crate::schedule::Schedule;
use crate::scope::Scope;
use crate::selection::Selection;
use crate::signal::Signal;
use crate::survey::Survey;
use crate::system::{Hold, System, Wake};

mod ask;
mod kill;
mod roster;

use roster::Roster;

/// What is to be done to the set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// End everyone by this schedule.
    Stop(Schedule),
    /// Send this signal to everyone once; nobody waits.
    Deliver(Signal),
    /// Send nothing; find out whether everyone could be signalled.
    Probe,
}

/// Who gets the first signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Everyone at once, parents before children.
    #[default]
    Together,
    /// The targets; everyone else when these have ended.
    MainFirst,
}

/// How much is read of each member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// Kinship and name.
    #[default]
    Kinship,
    /// Owner, command line and signal sets as well.
    Description,
}

/// What is to be done, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What.
    pub errand: Errand,
    /// Who is first.
    pub order: Order,
    /// How much is read of each member.
    pub detail: Detail,
    /// How often [`Event::Waiting`] is told while nothing happens; `None`: never.
    pub refresh: Option<Duration>,
}

/// What the caller is told while it goes on.
#[derive(Debug)]
pub enum Event<'a> {
    /// The set is complete and the first signal comes next.
    Ready(&'a Selection),
    /// The wait goes on.
    Waiting {
        /// Since the beginning of the stop.
        elapsed: Duration,
        /// Until the step's time is over.
        remaining: Duration,
        /// What is sent then; `None` when nothing is.
        next: Option<Signal>,
        /// Who is left.
        left: Vec<&'a Process>,
    },
    /// fell is about to be stopped, and leaves its terminal to others.
    Pausing,
}

/// Why a stop ended before its first signal.
#[derive(Debug)]
pub enum StopError {
    /// The processes of the system could not be read.
    Unreadable(io::Error),
}

impl fmt::Display for StopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(_) => f.write_str("can't read the process table"),
        }
    }
}

impl Error for StopError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreadable(source) => Some(source),
        }
    }
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StepEnd {
    /// Nobody is left.
    AllGone,
    /// Its time is over, or nobody is left who could be signalled.
    TimeOver,
    /// fell was asked to end.
    Interrupted(Signal),
}

impl StepEnd {
    /// The verdict on the whole stop, if that is over with the step.
    fn verdict(self) -> Option<Verdict> {
        match self {
            Self::AllGone => Some(Verdict::Gone),
            Self::TimeOver => None,
            Self::Interrupted(signal) => Some(Verdict::Interrupted(signal)),
        }
    }
}

/// Finds everyone in `scope` and does the plan's errand to them.
pub fn stop<S: System>(
    system: &mut S,
    scope: Scope,
    plan: &Plan,
    tell: impl FnMut(Event<'_>),
) -> Result<Outcome, StopError> {
    let began = system.now();
    let survey = Survey::begin(system, scope, Hold::Follow);
    let mut run = Run {
        roster: Roster::new(system, survey, began, plan.detail),
        system,
        plan,
        tell,
    };
    run.roster
        .sweep(run.system)
        .map_err(StopError::Unreadable)?;
    run.roster.note_ancestors(run.system);
    let verdict = run.verdict();
    Ok(run.roster.into_outcome(run.system, verdict, &plan.errand))
}

/// Finds everyone in `scope`, only to look at them: the same selection as that of
/// [`stop`].
pub fn look<S: System>(system: &mut S, scope: Scope) -> Result<Survey<S>, StopError> {
    let mut survey = Survey::begin(system, scope, Hold::Browse);
    survey
        .sweep(system, |_| false)
        .map_err(StopError::Unreadable)?;
    survey.note_ancestors(system);
    Ok(survey)
}

/// One stop while it goes on.
struct Run<'r, S: System, T> {
    system: &'r mut S,
    roster: Roster<S>,
    plan: &'r Plan,
    tell: T,
}

impl<S: System, T: FnMut(Event<'_>)> Run<'_, S, T> {
    fn verdict(&mut self) -> Verdict {
        if !self.is_anyone_left() {
            return Verdict::Nothing;
        }
        (self.tell)(Event::Ready(self.roster.selection()));
        loop {
            let now = self.system.now();
            match self.system.wait(&[], now) {
                Ok(Wake::Interrupted(signal)) => return Verdict::Interrupted(signal),
                Ok(Wake::Paused) => self.pause(),
                _ => break,
            }
        }
        match &self.plan.errand {
            Errand::Stop(schedule) => self.escalate(schedule),
            Errand::Deliver(signal) => {
                self.deliver(*signal);
                self.roster.verdict_of_delivery()
            }
            Errand::Probe => {
                self.roster.probe(self.system);
                self.roster.verdict_of_delivery()
            }
        }
    }

    /// Lets fell be stopped, as it was asked to.
    fn pause(&mut self) {
        (self.tell)(Event::Pausing);
        self.system.pause();
    }

    fn escalate(&mut self, schedule: &Schedule) -> Verdict {
        let mut kill = None;
        for (at, &step) in schedule.steps().iter().enumerate() {
            let end = if step.signal == Signal::KILL {
                let deadline = self.system.now().saturating_add(step.wait);
                kill = Some((at, deadline));
                self.kill(at, deadline)
            } else {
                self.ask(at, step)
            };
            if let Some(verdict) = end.verdict() {
                return verdict;
            }
        }
        self.look_behind_the_last(kill)
    }

    /// Whoever could not be signalled, and has ended since the last look, may have left
    /// somebody behind who can be. `kill` is the KILL step and its deadline, if there was one.
    fn look_behind_the_last(&mut self, kill: Option<(usize, Duration)>) -> Verdict {
        let interrupted_by = loop {
            let interrupted_by = self.roster.settle_ended(self.system);
            if self.is_anyone_left() {
                return Verdict::Left;
            }
            let now = self.system.now();
            let is_due = |&(_, deadline): &(usize, Duration)| now < deadline;
            let Some((at, deadline)) = kill.filter(is_due).filter(|_| interrupted_by.is_none())
            else {
                break interrupted_by;
            };
            if let Some(verdict) = self.kill(at, deadline).verdict() {
                return verdict;
            }
        };
        self.roster.sweep_again(self.system);
        let is_anyone_left = self.is_anyone_left();
        match (interrupted_by, kill) {
            (None, Some((at, _))) if is_anyone_left => {
                // Newcomers are killed all the same, if not awaited any more.
                self.walk(at);
                Verdict::Left
            }
            (None, Some(_)) => {
                self.roster.send_groups(self.system, Signal::KILL);
                Verdict::Gone
            }
            (Some(signal), _) if is_anyone_left => Verdict::Interrupted(signal),
            _ if is_anyone_left => Verdict::Left,
            _ => Verdict::Gone,
        }
    }

    fn is_anyone_left(&self) -> bool {
        self.roster.living().next().is_some()
    }

    /// Waits for one of `watched` to end; `None` is an end, a pause or a tick, after which
    /// the caller looks again at who is left.
    fn wait(&mut self, at: usize, watched: &[usize], deadline: Duration) -> Option<StepEnd> {
        let now = self.system.now();
        let until = match self.plan.refresh {
            Some(refresh) => deadline.min(now.saturating_add(refresh)),
            None => deadline,
        };
        match self.roster.wait(self.system, watched, until) {
            Ok(Wake::Exited(_)) => None,
            Ok(Wake::Interrupted(signal)) => {
                self.roster.settle_dying(self.system);
                Some(StepEnd::Interrupted(signal))
            }
            Ok(Wake::Paused) => {
                self.pause();
                None
            }
            Ok(Wake::Hurried) => self.is_hastened(at).then_some(StepEnd::TimeOver),
            Ok(Wake::Deadline) if until == deadline => Some(StepEnd::TimeOver),
            Ok(Wake::Deadline) => {
                self.report_waiting(at, watched, deadline);
                None
            }
            // Waiting itself can only fail for want of memory. The step's time is
            // then over at once, and the next signal comes early rather than never.
            Err(_) => Some(StepEnd::TimeOver),
        }
    }

    /// Whether a step may be cut short. Not that of KILL: nothing comes after it, and
    /// those who are about to end would be told as survivors.
    fn is_hastened(&self, at: usize) -> bool {
        match &self.plan.errand {
            Errand::Stop(schedule) => schedule
                .steps()
                .get(at)
                .is_some_and(|step| step.signal != Signal::KILL),
            _ => true,
        }
    }

    /// How a step ends when nobody is left who could be waited for.
    fn end_of_step(&self) -> StepEnd {
        if self.is_anyone_left() {
            StepEnd::TimeOver
        } else {
            StepEnd::AllGone
        }
    }

    fn report_waiting(&mut self, at: usize, watched: &[usize], deadline: Duration) {
        let now = self.system.now();
        let next = match &self.plan.errand {
            Errand::Stop(schedule) => schedule.steps().get(at + 1).map(|step| step.signal),
            _ => None,
        };
        (self.tell)(Event::Waiting {
            elapsed: now.saturating_sub(self.roster.began()),
            remaining: deadline.saturating_sub(now),
            next,
            left: watched
                .iter()
                .map(|&at| &self.roster.selection().members()[at].process)
                .collect(),
        });
    }
}
