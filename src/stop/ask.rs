//! A step whose signal a process may handle: everyone gets it once and has time.

#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::time::Duration;

use super::roster::Due;
use super::{Errand, Event, Order, Run, StepEnd};
use crate::process::StartTime;
use crate::schedule::Step;
use crate::signal::Signal;
use crate::system::System;

/// How much longer a step may last for those who are only asked in its course.
const FOR_THE_LAST: Duration = Duration::from_secs(1);

/// Whose turn it is to get the step's signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wave {
    /// The targets, before all others.
    Targets,
    /// Everyone but those who are left in peace to clean up.
    Everyone,
    /// Whoever is left.
    Last,
}

/// Who was left when everyone who had been asked had ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remains {
    Nobody,
    /// Somebody in a group that nothing can address, whom no look has found.
    Unseen,
    /// They have been asked now.
    Asked,
}

impl<S: System, T: FnMut(Event<'_>)> Run<'_, S, T> {
    /// Sends the step's signal and waits for everyone to end.
    pub(super) fn ask(&mut self, at: usize, step: Step) -> StepEnd {
        let began = self.system.now();
        let mut deadline = began.saturating_add(step.wait);
        // Whoever is asked last has the rest of the step, but a little at least; however
        // many waves of them come, the step ends here.
        let latest = deadline.saturating_add(step.wait.min(FOR_THE_LAST));
        self.roster.set_all_due();
        let mut wave = self.first_wave(at);
        self.pass(at, step.signal, wave);
        loop {
            if !self.is_awaited(wave) {
                if wave == Wave::Targets {
                    wave = Wave::Everyone;
                    self.pass(at, step.signal, wave);
                    continue;
                }
                if self.system.now() > latest {
                    // Nobody who is known is left, but no sweep has said so: a line of
                    // processes that fork and end is left to the next step.
                    return StepEnd::TimeOver;
                }
                match self.ask_the_last(at, step.signal) {
                    Remains::Nobody => return self.end_of_step(),
                    // The next step has more means to meet them.
                    Remains::Unseen => return StepEnd::TimeOver,
                    Remains::Asked => {}
                }
                wave = Wave::Last;
                let least = self
                    .system
                    .now()
                    .saturating_add(step.wait.min(FOR_THE_LAST));
                deadline = deadline.max(least).min(latest);
            }
            let watched: Vec<usize> = self.roster.living().collect();
            match self.wait(at, &watched, deadline) {
                None => {}
                Some(StepEnd::TimeOver) => {
                    // Whoever stopped meanwhile has the signal still pending.
                    self.wake_stopped(step.signal);
                    return StepEnd::TimeOver;
                }
                Some(end) => return end,
            }
        }
    }

    /// Sends a signal to everyone once; nobody waits. Whoever is born of it, such as a
    /// worker that a reload starts, is left in peace; but no child is to run on that
    /// was born while its parent was being stopped.
    pub(super) fn deliver(&mut self, signal: Signal) {
        let wave = if signal.is_catchable() {
            Wave::Everyone
        } else {
            Wave::Last
        };
        self.pass(0, signal, wave);
    }

    fn first_wave(&self, at: usize) -> Wave {
        let has_target = self
            .roster
            .living()
            .any(|member| self.roster.is_target(member));
        if at == 0 && self.plan.order == Order::MainFirst && has_target {
            Wave::Targets
        } else {
            Wave::Everyone
        }
    }

    /// Whether somebody of this wave is still to be waited for.
    fn is_awaited(&self, wave: Wave) -> bool {
        self.roster.awaited().any(|member| self.is_of(wave, member))
    }

    fn is_of(&self, wave: Wave, member: usize) -> bool {
        match wave {
            Wave::Targets => self.roster.is_target(member),
            Wave::Everyone => self.roster.due(member) == Due::Now,
            Wave::Last => true,
        }
    }

    /// Signals a wave, and then whoever was overlooked: a child that was born
    /// before its parent got the signal has to get it too. One that was born after
    /// is left in peace, since it may be there to clean up.
    fn pass(&mut self, at: usize, signal: Signal, wave: Wave) {
        let began = self.system.tick();
        self.serve_stopped(at, signal, wave, began);
        self.serve(at, signal, wave, began);
        let known = self.roster.len();
        self.roster.sweep_again(self.system);
        self.judge_newcomers(known, at, began);
        self.serve(at, signal, wave, began);
        self.wake_stopped(signal);
    }

    /// Sends to everyone of a wave who has not got the step's signal, parents first.
    fn serve(&mut self, at: usize, signal: Signal, wave: Wave, began: StartTime) {
        let mut queue = VecDeque::from(self.roster.selection().parents_first());
        while let Some(member) = queue.pop_front() {
            if self.is_next(at, wave, member) {
                let known = self.roster.len();
                let late = self.roster.send(self.system, member, at, signal);
                self.judge_newcomers(late, at, began);
                queue.extend(known..self.roster.len());
            }
        }
    }

    /// Sends to those of a wave who are stopped, and lets them go on, before all others:
    /// when a parent ends and a group that this orphans has somebody stopped in it, the
    /// kernel sends HUP to all of that group (setpgid(2)), and few are prepared for that.
    fn serve_stopped(&mut self, at: usize, signal: Signal, wave: Wave, began: StartTime) {
        if !self.is_continuing(signal) || !self.roster.has_stopped() {
            return;
        }
        let mut stopped = self.roster.selection().parents_first();
        stopped.retain(|&member| {
            self.is_next(at, wave, member) && self.roster.is_seen_stopped(member)
        });
        for &member in &stopped {
            let late = self.roster.send(self.system, member, at, signal);
            self.judge_newcomers(late, at, began);
        }
        self.roster.wake_stopped(self.system);
    }

    fn is_next(&self, at: usize, wave: Wave, member: usize) -> bool {
        self.roster.is_living(member)
            && !self.roster.is_tried(member, at)
            && self.is_of(wave, member)
    }

    /// Leaves in peace who was born after its parent had got the signal.
    fn judge_newcomers(&mut self, known: usize, at: usize, pass_began: StartTime) {
        for newcomer in known..self.roster.len() {
            if !self.roster.is_older_than_signal(newcomer, at, pass_began) {
                self.roster.set_due(newcomer, Due::Last);
            }
        }
    }

    /// When everyone who was asked has ended: asks those who are left, and tells
    /// whether there was anyone.
    fn ask_the_last(&mut self, at: usize, signal: Signal) -> Remains {
        self.roster.sweep_again(self.system);
        if !self.has_untried(at) {
            // Processes that fork and end within a millisecond escape every look at
            // /proc, but not the kernel: only a signal to the whole group meets them.
            let to_group = if self.ends_in_kill() {
                Signal::KILL
            } else {
                signal
            };
            let began = self.system.tick();
            let reached = self.roster.send_groups(self.system, to_group);
            if reached.is_empty() && !self.roster.has_unseen() {
                return Remains::Nobody;
            }
            let known = self.roster.len();
            self.roster.sweep_again(self.system);
            for newcomer in known..self.roster.len() {
                self.roster.note_group_signal(newcomer, at, &reached, began);
            }
        }
        let has_untried = self.has_untried(at);
        let began = self.system.tick();
        self.serve(at, signal, Wave::Last, began);
        self.wake_stopped(signal);
        if has_untried || self.is_awaited(Wave::Last) {
            Remains::Asked
        } else if self.roster.has_unseen() {
            Remains::Unseen
        } else {
            Remains::Nobody
        }
    }

    fn has_untried(&self, at: usize) -> bool {
        self.roster
            .living()
            .any(|member| !self.roster.is_tried(member, at))
    }

    fn wake_stopped(&mut self, signal: Signal) {
        if self.is_continuing(signal) {
            self.roster.wake_stopped(self.system);
        }
    }

    /// A stopped process acts on a signal only when it is continued. A signal that is
    /// only delivered, or that is about stopping itself, leaves it stopped.
    fn is_continuing(&self, signal: Signal) -> bool {
        let is_stop = matches!(self.plan.errand, Errand::Stop(_));
        is_stop && signal != Signal::STOP && signal != Signal::CONT
    }

    /// Whether the schedule ends in KILL, so that nobody may be left to chance.
    fn ends_in_kill(&self) -> bool {
        match &self.plan.errand {
            Errand::Stop(schedule) => schedule
                .steps()
                .last()
                .is_some_and(|step| step.signal == Signal::KILL),
            _ => false,
        }
    }
}
