//! Closes the record: what became of each member.

#![forbid(unsafe_code)]

use super::{Detail, Roster};
use crate::fate::{Cause, Fate, Obstacle};
use crate::outcome::{Outcome, Record, Verdict};
use crate::stop::Errand;
use crate::system::System;

impl<S: System> Roster<S> {
    /// Closes the record. Whoever lives is asked what keeps it.
    pub(in crate::stop) fn into_outcome(
        mut self,
        system: &mut S,
        verdict: Verdict,
        errand: &Errand,
    ) -> Outcome {
        let elapsed = system.now().saturating_sub(self.began);
        let records = (0..self.len())
            .map(|at| self.record(system, at, errand))
            .collect();
        let handles = (0..self.len()).filter_map(|at| self.survey.handle(at));
        let unpinned = handles.filter(|handle| !system.is_pinned(handle)).count();
        let gaps = self.survey.gaps(system);
        let verdict = if gaps.is_empty() {
            verdict
        } else {
            verdict.with_gaps()
        };
        let selection = self.survey.into_selection(system);
        Outcome {
            records,
            refused: selection.refused().to_vec(),
            caveats: selection.caveats().to_vec(),
            verdict,
            elapsed,
            rounds: self.rounds,
            partial: self.is_partial || !gaps.is_empty(),
            gaps,
            unpinned,
        }
    }

    fn record(&mut self, system: &mut S, at: usize, errand: &Errand) -> Record {
        // Whoever asked for details also wants to know which parents leave zombies.
        if !self.is_living(at) && self.detail == Detail::Description {
            let is_still_there = self.survey.review(system, at).is_ok();
            if is_still_there {
                self.retry_cause(system, at);
            }
        }
        let fate = match self.standings[at].fate.take() {
            Some(fate) => fate,
            None => self.fate_of_living(system, at, errand),
        };
        let member = &self.survey.selection().members()[at];
        let standing = &mut self.standings[at];
        let is_zombie = member.process.is_zombie();
        Record {
            process: member.process.clone(),
            description: standing.description.take(),
            reason: member.reason,
            target: member.root,
            fate,
            after: standing.after,
            step: standing.step,
            round: standing.round,
            unreaped_by: member.process.parent.filter(|_| is_zombie),
        }
    }

    fn fate_of_living(&mut self, system: &mut S, at: usize, errand: &Errand) -> Fate {
        if let Some(obstacle) = self.standings[at].unreached.take() {
            return Fate::Unreached(obstacle);
        }
        match errand {
            Errand::Stop(_) => Fate::Survived(
                self.survey
                    .handle_mut(at)
                    .map_or(Obstacle::Nothing, |handle| system.obstacle(handle)),
            ),
            Errand::Deliver(_) | Errand::Probe => Fate::Signalled,
        }
    }

    /// A cause that could not be read while the process was a zombie may be known
    /// once it was reaped.
    fn retry_cause(&mut self, system: &mut S, at: usize) {
        let (Some(fate), Some(handle)) = (&mut self.standings[at].fate, self.survey.handle_mut(at))
        else {
            return;
        };
        if let Fate::Ended(cause @ Cause::Unknown) | Fate::AlreadyEnded(cause @ Cause::Unknown) =
            fate
        {
            *cause = system.cause(handle);
        }
    }
}
