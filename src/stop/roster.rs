//! Who takes part in a stop and how each one stands: the one place that sends to
//! members and records what became of them.

#![forbid(unsafe_code)]

use std::io;
use std::time::Duration;

use super::Detail;
use crate::fate::{Fate, Obstacle};
use crate::outcome::Verdict;
use crate::process::StartTime;
use crate::selection::{Reason, Selection};
use crate::signal::Signal;
use crate::survey::{Survey, never_opened};
use crate::system::{Description, Lost, System};

mod ends;
mod groups;
mod record;
mod stopped;

/// When a member is to get a step's signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// With the others.
    Now,
    /// When everyone else has ended: it was born after its parent was signalled and
    /// may be there to clean up.
    Last,
}

/// How one member stands.
#[derive(Debug)]
struct Standing {
    round: u32,
    due: Due,
    /// The last step whose signal was sent to it, with or without success.
    tried: Option<usize>,
    /// The last step whose signal it got.
    step: Option<usize>,
    /// When it got that.
    sent_at: Option<StartTime>,
    /// Why it could not be signalled, if it could not.
    unreached: Option<Obstacle>,
    /// Whether it may not be signalled, dead or alive.
    was_denied: bool,
    fate: Option<Fate>,
    after: Option<Duration>,
    description: Option<Box<Description>>,
}

/// The members of a stop.
pub(super) struct Roster<S: System> {
    survey: Survey<S>,
    standings: Vec<Standing>,
    began: Duration,
    detail: Detail,
    rounds: u32,
    is_partial: bool,
}

impl<S: System> Roster<S> {
    pub(super) fn new(system: &mut S, survey: Survey<S>, began: Duration, detail: Detail) -> Self {
        let is_partial = system.is_partial();
        let mut roster = Self {
            survey,
            standings: Vec::new(),
            began,
            detail,
            rounds: 1,
            is_partial,
        };
        roster.enrol(system, 1);
        roster
    }

    pub(super) fn selection(&self) -> &Selection {
        self.survey.selection()
    }

    pub(super) fn began(&self) -> Duration {
        self.began
    }

    pub(super) fn len(&self) -> usize {
        self.standings.len()
    }

    pub(super) fn is_living(&self, at: usize) -> bool {
        self.standings[at].fate.is_none()
    }

    /// Everyone who has not ended, as far as is known.
    pub(super) fn living(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).filter(|&at| self.is_living(at))
    }

    /// The living who are worth waiting for: nobody waits for a process that can't be
    /// signalled.
    pub(super) fn awaited(&self) -> impl Iterator<Item = usize> + '_ {
        self.living()
            .filter(|&at| self.standings[at].unreached.is_none())
    }

    pub(super) fn due(&self, at: usize) -> Due {
        self.standings[at].due
    }

    pub(super) fn set_due(&mut self, at: usize, due: Due) {
        self.standings[at].due = due;
    }

    /// A new step: whoever lives is as old as the others now.
    pub(super) fn set_all_due(&mut self) {
        for standing in &mut self.standings {
            standing.due = Due::Now;
        }
    }

    /// Whether this step's signal was sent to the member, with or without success.
    pub(super) fn is_tried(&self, at: usize, step: usize) -> bool {
        self.standings[at].tried == Some(step)
    }

    pub(super) fn is_target(&self, at: usize) -> bool {
        self.selection().members()[at].reason == Reason::Target
    }

    /// One full sweep; the next newcomers belong to the next round.
    pub(super) fn sweep(&mut self, system: &mut S) -> io::Result<()> {
        let swept = self.survey.sweep(system, has_ended(&self.standings));
        self.enrol(system, self.rounds);
        swept
    }

    /// A sweep after the first signal: what can't be read then makes the record
    /// partial and ends nothing.
    pub(super) fn sweep_again(&mut self, system: &mut S) {
        self.rounds += 1;
        let swept = self.survey.sweep(system, has_ended(&self.standings));
        self.close_round(system, &swept);
    }

    /// The same, where the children of all members have just been read.
    pub(super) fn sweep_beside(&mut self, system: &mut S) {
        self.rounds += 1;
        let swept = self.survey.sweep_beside(system, has_ended(&self.standings));
        self.close_round(system, &swept);
    }

    fn close_round(&mut self, system: &mut S, swept: &io::Result<()>) {
        self.enrol(system, self.rounds);
        self.is_partial |= swept.is_err();
    }

    /// Sends a step's signal to a member, and meets the children that it has by then.
    /// From the position that is returned on they may have been born after the signal.
    pub(super) fn send(&mut self, system: &mut S, at: usize, step: usize, signal: Signal) -> usize {
        let ended = has_ended(&self.standings);
        let sending = self.survey.descend_and_send(system, at, signal, &ended);
        drop(ended);
        self.is_partial |= sending.read.is_err();
        self.enrol(system, self.rounds + 1);
        let standing = &mut self.standings[at];
        standing.tried = Some(step);
        if sending.sent.is_ok() {
            standing.step = Some(step);
            standing.sent_at = Some(sending.sent_at);
        }
        self.note_sent(system, at, sending.sent);
        sending.known_before
    }

    pub(super) fn note_ancestors(&mut self, system: &mut S) {
        self.survey.note_ancestors(system);
    }

    /// Gives newcomers their standing; whoever is met between two sweeps belongs to the
    /// round of the next one.
    fn enrol(&mut self, system: &mut S, round: u32) {
        for at in self.standings.len()..self.survey.len() {
            let is_zombie = self.selection().members()[at].process.is_zombie();
            let handle = self.survey.handle_mut(at);
            let description = match (self.detail, handle) {
                (Detail::Description, Some(handle)) => system.describe(handle).ok().map(Box::new),
                _ => None,
            };
            self.standings.push(Standing {
                round,
                due: Due::Now,
                tried: None,
                step: None,
                sent_at: None,
                unreached: None,
                was_denied: false,
                fate: None,
                after: None,
                description,
            });
            if is_zombie {
                self.standings[at].was_denied = self.is_denied(system, at);
                self.settle(system, at, Fate::AlreadyEnded);
            }
        }
    }

    /// Whether `at` was surely there when its parent, or else the whole pass, was
    /// signalled, and was only overlooked; or its parent's turn is yet to come.
    pub(super) fn is_older_than_signal(
        &self,
        at: usize,
        step: usize,
        pass_began: StartTime,
    ) -> bool {
        let process = &self.selection().members()[at].process;
        let parent = process
            .parent
            .and_then(|parent| self.selection().position(parent));
        let Some(parent) = parent else {
            return process.identity.started < pass_began;
        };
        let standing = &self.standings[parent];
        let is_to_come =
            self.is_living(parent) && standing.due == Due::Now && !self.is_tried(parent, step);
        is_to_come || process.identity.started < standing.sent_at.unwrap_or(pass_began)
    }

    fn note_sent(&mut self, system: &mut S, at: usize, sent: Result<(), Lost>) {
        match sent {
            Ok(()) => self.standings[at].unreached = None,
            Err(Lost::Gone) => {
                let was_reached = self.standings[at].step.is_some();
                let fate = if was_reached {
                    Fate::Ended
                } else {
                    Fate::AlreadyEnded
                };
                self.settle(system, at, fate);
            }
            Err(lost) => {
                self.standings[at].was_denied |= matches!(lost, Lost::Denied);
                let obstacle = self.obstacle(system, at, lost);
                self.standings[at].unreached = Some(obstacle);
            }
        }
    }

    fn is_denied(&mut self, system: &mut S, at: usize) -> bool {
        self.survey
            .handle_mut(at)
            .is_some_and(|handle| matches!(system.probe(handle), Err(Lost::Denied)))
    }

    fn obstacle(&mut self, system: &mut S, at: usize, lost: Lost) -> Obstacle {
        match (lost, self.survey.handle_mut(at)) {
            (Lost::Denied, Some(handle)) => Obstacle::NotPermitted {
                owner: system.describe(handle).ok().map(|it| it.owner),
            },
            (Lost::Failed(error), _) => Obstacle::Failed(error.to_string()),
            (lost, _) => Obstacle::Failed(lost.to_string()),
        }
    }

    /// Asks whether each living member could be signalled.
    pub(super) fn probe(&mut self, system: &mut S) {
        for at in 0..self.len() {
            if self.is_living(at) {
                let probed = match self.survey.handle_mut(at) {
                    Some(handle) => system.probe(handle),
                    None => Err(never_opened()),
                };
                self.note_sent(system, at, probed);
            }
        }
    }

    pub(super) fn verdict_of_delivery(&self) -> Verdict {
        if self.awaited().count() == self.living().count() {
            Verdict::Delivered
        } else {
            Verdict::Left
        }
    }
}

/// Which members are known to have ended. Whoever is not enrolled yet was only found.
fn has_ended(standings: &[Standing]) -> impl Fn(usize) -> bool {
    |at| {
        standings
            .get(at)
            .is_some_and(|standing| standing.fate.is_some())
    }
}
