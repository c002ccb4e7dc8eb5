//! What became of everyone: the record that a stop leaves.

#![forbid(unsafe_code)]

use std::time::Duration;

use crate::fate::Fate;
use crate::process::{Pid, Process};
use crate::selection::{Caveat, Reason, Refused};
use crate::signal::Signal;
use crate::survey::Gap;
use crate::system::Description;

/// One member of the stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The last look at it.
    pub process: Process,
    /// Owner, command and signal sets, where they were asked for and could be read.
    pub description: Option<Box<Description>>,
    /// Why it belongs.
    pub reason: Reason,
    /// Which target it belongs to, as a position in the targets.
    pub target: usize,
    /// How it ended.
    pub fate: Fate,
    /// When its end was noticed, counted from the beginning of the stop.
    pub after: Option<Duration>,
    /// The last step whose signal it got, as a position in the schedule.
    pub step: Option<usize>,
    /// In which sweep it was found: 1 is the one before the first signal.
    pub round: u32,
    /// Whether it had ended, but its parent had not taken notice: a zombie, and
    /// whose.
    pub unreaped_by: Option<Pid>,
}

/// How the whole stop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody was there.
    Nothing,
    /// Everyone is gone, and nothing that could hide somebody was left unread.
    Gone,
    /// Every member got the signal, and nobody waited for more.
    Delivered,
    /// Somebody is still there or could not be signalled.
    Left,
    /// fell was asked to end before everyone was gone.
    Interrupted(Signal),
}

/// The record of a stop.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Every member, in the order in which they were found.
    pub records: Vec<Record>,
    /// Whoever was found and must not be signalled.
    pub refused: Vec<Refused>,
    /// What the user should know about the set.
    pub caveats: Vec<Caveat>,
    /// How it ended.
    pub verdict: Verdict,
    /// From the beginning of the stop to its verdict.
    pub elapsed: Duration,
    /// How many sweeps it took.
    pub rounds: u32,
    /// What could not be read and may hide somebody who belongs: with any of it, nobody
    /// can say that everyone is gone.
    pub gaps: Vec<Gap>,
    /// Whether processes may have been hidden from fell.
    pub partial: bool,
    /// How many members were held by nothing but their number and start time, for want of
    /// pidfds or descriptors.
    pub unpinned: usize,
}

impl Verdict {
    /// The verdict when something was left unread.
    pub(crate) fn with_gaps(self) -> Self {
        match self {
            Self::Interrupted(signal) => Self::Interrupted(signal),
            Self::Nothing | Self::Gone | Self::Delivered | Self::Left => Self::Left,
        }
    }
}

impl Outcome {
    /// Who is still there or could not be signalled.
    pub fn left(&self) -> impl Iterator<Item = &Record> {
        self.records
            .iter()
            .filter(|record| matches!(record.fate, Fate::Survived(_) | Fate::Unreached(_)))
    }
}
