//! What tests ask of a world: what nobody in it could know.

use std::time::Duration;

use fell::process::{Identity, Process};
use fell::signal::Signal;

use super::{Actor, Got, Life, START, World, pid};

impl World {
    /// How long the story has lasted.
    pub fn time(&self) -> Duration {
        self.now - START
    }

    /// Every signal that a process got.
    pub fn log(&self, Actor(at): Actor) -> &[Got] {
        &self.characters[at].got
    }

    /// When which signal came.
    pub fn signals(&self, actor: Actor) -> Vec<(Duration, Signal)> {
        self.log(actor)
            .iter()
            .map(|got| (got.at, got.signal))
            .collect()
    }

    /// Which signals came.
    pub fn names(&self, actor: Actor) -> Vec<Signal> {
        self.log(actor).iter().map(|got| got.signal).collect()
    }

    pub fn is_living(&self, Actor(at): Actor) -> bool {
        self.characters[at].life == Life::Living
    }

    pub fn is_line_living(&self) -> bool {
        self.lines.iter().any(|line| line.is_alive)
    }

    pub fn pid_of(&self, Actor(at): Actor) -> i32 {
        self.characters[at].pid.get()
    }

    pub fn identity_of(&self, Actor(at): Actor) -> Identity {
        self.characters[at].identity()
    }

    pub fn forker_of(&self, Actor(at): Actor) -> Option<Actor> {
        self.characters[at].forker.map(Actor)
    }

    /// Whether the main thread of its parent had it.
    pub fn is_of_main_thread(&self, Actor(at): Actor) -> bool {
        self.characters[at].forking_thread == 0
    }

    /// Who opened the group and the session that it is in, where that is known.
    pub fn openers_of(&self, Actor(at): Actor) -> [Option<Actor>; 2] {
        let character = &self.characters[at];
        [character.group, character.session].map(|band| band?.opener.map(Actor))
    }

    /// Who must not be signalled: fell and all above it.
    pub fn lineage(&self) -> Vec<Actor> {
        let mut line = vec![0];
        let mut next = Some(self.at(self.own_pid));
        while let Some(at) = next {
            line.push(at);
            next = self.characters[at].parent;
        }
        line.into_iter().map(Actor).collect()
    }

    /// When in the story it came to be.
    pub fn began_at(&self, Actor(at): Actor) -> Duration {
        self.characters[at].began_at
    }

    /// When it ended, if it did in the story.
    pub fn ended_at(&self, Actor(at): Actor) -> Option<Duration> {
        self.characters[at].ended_at
    }

    /// The process that this number means now.
    pub fn bearer(&self, number: i32) -> Option<Actor> {
        self.bearers.get(&pid(number)).copied().map(Actor)
    }

    /// Everyone who ever was.
    pub fn everyone(&self) -> impl Iterator<Item = Actor> + use<> {
        (0..self.characters.len()).map(Actor)
    }

    /// The children, living or not reaped, that it has now.
    pub fn children_of(&self, Actor(parent): Actor) -> Vec<Actor> {
        self.unreaped()
            .filter(|&at| self.characters[at].parent == Some(parent))
            .map(Actor)
            .collect()
    }

    /// How it looks from outside.
    pub fn view_of(&self, Actor(at): Actor) -> Process {
        self.characters[at].view(self)
    }
}
