//! What is to be told, without a word of how.

use fell::fate::{Cause, Fate};
use fell::guard::Refusal;
use fell::outcome::{Outcome, Record};
use fell::process::{Process, State};
use fell::selection::Reason;
use fell::signal::Signal;
use fell::signal::disposition::Disposition;
use fell::signal::reference::Action;
use fell::system::Description;

/// One process as `tree` and a dry run show it.
#[derive(Debug, Clone)]
pub struct Row {
    /// The process.
    pub process: Process,
    /// Owner, command and signals, where they could be read.
    pub description: Option<Box<Description>>,
    /// What a stop would do to it.
    pub part: Part,
}

/// What part a process has in a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It would be signalled, or has ended and is a root only.
    Member {
        /// Why it belongs.
        reason: Reason,
        /// Which target it belongs to, as a position in the targets.
        target: usize,
    },
    /// It would belong, but must not be signalled.
    Refused(Refusal),
    /// It shares a group or a session with a member, and is not taken.
    Related,
    /// Nobody asked for a stop.
    Bystander,
}

impl Row {
    /// Whether a stop would signal it.
    pub fn is_taken(&self) -> bool {
        matches!(self.part, Part::Member { .. }) && !self.process.is_zombie()
    }

    /// What becomes of a signal to it.
    pub fn disposition(&self, signal: Signal) -> Option<Disposition> {
        let description = self.description.as_ref()?;
        (!self.process.is_zombie()).then(|| description.signals.disposition(signal))
    }
}

/// The set in numbers, and what is to be expected of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forecast {
    /// Processes that would be signalled.
    pub processes: usize,
    /// Their groups.
    pub groups: usize,
    /// Their sessions.
    pub sessions: usize,
    /// How many of them the signal ends by default.
    pub by_default: usize,
    /// How many have a handler.
    pub caught: usize,
    /// How many ignore it.
    pub ignored: usize,
    /// How many block it.
    pub blocked: usize,
    /// How many wait with one pending already.
    pub pending: usize,
    /// How many are a namespace's init without a handler.
    pub shielded: usize,
    /// How many are stopped.
    pub stopped: usize,
    /// How many are held by a tracer, which has to let go of them first.
    pub traced: usize,
    /// How many sleep in the kernel, and end when that is over.
    pub uninterruptible: usize,
    /// How many have ended and wait to be reaped.
    pub zombies: usize,
    /// How many would belong but are refused.
    pub refused: usize,
    /// How many share a group or a session, and are not taken.
    pub related: usize,
}

impl Forecast {
    /// Counts the rows by what `signal` would do.
    pub fn of(rows: &[Row], signal: Signal) -> Self {
        let mut forecast = Self::default();
        let mut groups = Vec::new();
        let mut sessions = Vec::new();
        for row in rows {
            match row.part {
                Part::Refused(_) => forecast.refused += 1,
                Part::Related => forecast.related += 1,
                Part::Member { .. } | Part::Bystander if row.process.is_zombie() => {
                    forecast.zombies += 1;
                }
                Part::Member { .. } | Part::Bystander => {
                    forecast.processes += 1;
                    groups.extend(row.process.group);
                    sessions.extend(row.process.session);
                    forecast.count(row, signal);
                }
            }
        }
        forecast.groups = distinct(groups);
        forecast.sessions = distinct(sessions);
        forecast
    }

    fn count(&mut self, row: &Row, signal: Signal) {
        match row.process.state {
            State::Stopped => self.stopped += 1,
            State::Traced => self.traced += 1,
            State::Uninterruptible => self.uninterruptible += 1,
            _ => {}
        }
        match row.disposition(signal) {
            Some(Disposition::Caught) => self.caught += 1,
            Some(Disposition::Ignored | Disposition::Default(Action::Ignore)) => self.ignored += 1,
            Some(Disposition::Blocked) => self.blocked += 1,
            Some(Disposition::Pending) => self.pending += 1,
            Some(Disposition::Shielded) => self.shielded += 1,
            Some(Disposition::Default(_)) => self.by_default += 1,
            None => {}
        }
    }

    /// How many the signal alone will not end.
    pub fn resisting(&self) -> usize {
        self.ignored + self.blocked + self.shielded
    }
}

fn distinct<Number: Ord>(mut numbers: Vec<Number>) -> usize {
    numbers.sort_unstable();
    numbers.dedup();
    numbers.len()
}

/// Everyone's end, counted. The classes add up to the total.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Members.
    pub total: usize,
    /// Ended by a signal: its number and how many, in the order of the schedule, then
    /// of the numbers.
    pub by_signal: Vec<(u8, usize)>,
    /// Ended by themselves after the signal.
    pub exited: usize,
    /// Dead before any signal reached them.
    pub already: usize,
    /// Ended, nobody knows how.
    pub unknown: usize,
    /// Still there.
    pub left: usize,
    /// Signalled, and nobody waited.
    pub signalled: usize,
}

impl Tally {
    /// Counts the members of an outcome.
    pub fn of(outcome: &Outcome) -> Self {
        let mut tally = Self {
            total: outcome.records.len(),
            ..Self::default()
        };
        for record in &outcome.records {
            match &record.fate {
                Fate::Ended(Cause::Exited(_)) => tally.exited += 1,
                Fate::Ended(Cause::Signalled { signal, .. }) => tally.add_signal(*signal),
                Fate::Ended(Cause::Unknown) => tally.unknown += 1,
                Fate::AlreadyEnded(_) => tally.already += 1,
                Fate::Survived(_) | Fate::Unreached(_) => tally.left += 1,
                Fate::Signalled => tally.signalled += 1,
            }
        }
        // KILL is what the others were meant to make needless: it is told last.
        let kill = Signal::KILL.number();
        tally
            .by_signal
            .sort_by_key(|&(signal, _)| (signal == kill, signal));
        tally
    }

    fn add_signal(&mut self, signal: u8) {
        match self
            .by_signal
            .iter_mut()
            .find(|(known, _)| *known == signal)
        {
            Some((_, count)) => *count += 1,
            None => self.by_signal.push((signal, 1)),
        }
    }

    /// How many are gone.
    pub fn gone(&self) -> usize {
        self.total - self.left - self.signalled
    }
}

/// Targets of whom nothing was there, as positions.
pub fn missing(outcome: &Outcome, targets: usize) -> Vec<usize> {
    let was_there = |target: usize| {
        outcome
            .records
            .iter()
            .any(|record| record.target == target && !is_zombie_from_the_start(record))
    };
    (0..targets).filter(|&target| !was_there(target)).collect()
}

fn is_zombie_from_the_start(record: &Record) -> bool {
    matches!(record.fate, Fate::AlreadyEnded(_)) && record.round == 1
}
