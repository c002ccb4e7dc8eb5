//! How a signal arrives, and what comes of it.

use std::time::Duration;

use fell::signal::Signal;
use fell::signal::reference::Action;

use super::{DYING, Deed, Got, Happening, Life, Line, Way, When, World, by};

impl World {
    /// A signal arrives.
    pub(super) fn deliver(&mut self, at: usize, signal: Signal, way: Way) {
        let got = Got {
            at: self.time(),
            signal,
            way,
        };
        let character = &mut self.characters[at];
        if character.life != Life::Living {
            return;
        }
        character.got.push(got);
        if signal == Signal::KILL {
            if !character.role.is_stuck {
                character.is_doomed = true;
                self.agree(self.now + DYING, Happening::Ends(at, by(signal)));
            }
        } else if signal == Signal::CONT {
            self.resume(at);
        } else if character.is_stopped || character.role.is_traced {
            if !character.pending.contains(&signal) {
                character.pending.push(signal);
            }
        } else {
            self.obey(at, signal);
        }
    }

    pub(super) fn resume(&mut self, at: usize) {
        let character = &mut self.characters[at];
        character.is_stopped = false;
        let (pending, postponed) = (
            std::mem::take(&mut character.pending),
            std::mem::take(&mut character.postponed),
        );
        for signal in pending {
            self.obey(at, signal);
        }
        for deed in postponed {
            self.agree(self.now, Happening::Deed(at, deed));
        }
    }

    /// What the process, or else the kernel, does with a signal.
    pub(super) fn obey(&mut self, at: usize, signal: Signal) {
        if signal == Signal::STOP {
            self.characters[at].is_stopped = true;
            return;
        }
        let is_caught = self.respond(at, |when| match when {
            When::Asked(wait) => Some(wait),
            When::On(which, wait) if which == signal => Some(wait),
            _ => None,
        });
        let role = &self.characters[at].role;
        if is_caught || role.ignores_all || role.ignored.contains(&signal) {
            return;
        }
        match signal.default_action() {
            Action::Terminate | Action::Core => {
                self.agree(self.now + DYING, Happening::Ends(at, by(signal)));
            }
            Action::Stop => self.characters[at].is_stopped = true,
            Action::Continue | Action::Ignore => {}
        }
    }
}

impl Line {
    pub(super) fn deliver(&mut self, got: Got) {
        self.got.push(got);
        if !self.ignored.contains(&got.signal) {
            self.is_alive = false;
        }
    }
}
