//! Closes the record: what became of each member.

#![forbid(unsafe_code)]

use super::{Detail, Roster, Standing};
use crate::fate::{Cause, Fate, Obstacle};
use crate::outcome::{Outcome, Record, Verdict};
use crate::selection::Member;
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
        for at in 0..self.len() {
            self.close(system, at, errand);
        }
        let handles = (0..self.len()).filter_map(|at| self.survey.handle(at));
        let unpinned = handles.filter(|handle| !system.is_pinned(handle)).count();
        let gaps = self.survey.gaps(system);
        let verdict = if gaps.is_empty() {
            verdict
        } else {
            verdict.with_gaps()
        };
        let (members, refused, caveats) = self.survey.into_selection(system).into_parts();
        Outcome {
            records: members
                .into_iter()
                .zip(self.standings)
                .map(|(member, standing)| record(member, standing))
                .collect(),
            refused,
            caveats,
            verdict,
            elapsed,
            rounds: self.rounds,
            partial: self.is_partial || !gaps.is_empty(),
            gaps,
            unpinned,
        }
    }

    /// Says the last word on a member's fate.
    fn close(&mut self, system: &mut S, at: usize, errand: &Errand) {
        // Whoever asked for details also wants to know which parents leave zombies.
        if !self.is_living(at) && self.detail == Detail::Description {
            let is_still_there = self.survey.review(system, at).is_ok();
            if is_still_there {
                self.retry_cause(system, at);
            }
        }
        if self.is_living(at) {
            let fate = self.fate_of_living(system, at, errand);
            self.standings[at].fate = Some(fate);
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

fn record(member: Member, standing: Standing) -> Record {
    let is_zombie = member.process.is_zombie();
    Record {
        unreaped_by: member.process.parent.filter(|_| is_zombie),
        process: member.process,
        description: standing.description,
        reason: member.reason,
        target: member.root,
        fate: standing
            .fate
            .unwrap_or_else(|| unreachable!("every member was closed before")),
        after: standing.after,
        step: standing.step,
        round: standing.round,
    }
}
