//! What the kernel does: numbers, births, ends and what is handed on, each at its moment.

use std::time::Duration;

use fell::fate::Cause;
use fell::process::{Pid, StartTime};

use super::{
    Band, Character, Deed, Happening, Incident, Life, Place, Role, START, UPTIME, When, World, by,
    pid,
};

impl World {
    pub(super) fn at(&self, number: i32) -> usize {
        self.bearers[&pid(number)]
    }

    pub(super) fn unreaped(&self) -> impl Iterator<Item = usize> + '_ {
        self.bearers.values().copied()
    }

    pub(super) fn tick(&self) -> StartTime {
        StartTime::at(UPTIME + self.now)
    }

    /// The band that bears this number now, or one whose leader is gone.
    pub(super) fn band(&self, number: i32) -> Band {
        let known = self.unreaped().find_map(|at| {
            let character = &self.characters[at];
            [character.group, character.session]
                .into_iter()
                .flatten()
                .find(|band| band.number == number)
        });
        known.unwrap_or(Band {
            number,
            opener: None,
        })
    }

    pub(super) fn begin(&mut self, role: Role, parent: Option<usize>, age: Duration) -> usize {
        self.births += 1;
        let at = self.characters.len();
        let pid = role.pid.map_or_else(|| self.free_pid(), pid);
        assert!(
            !self.bearers.contains_key(&pid),
            "{pid} is taken: the kernel gives a number to one process at a time"
        );
        let place = |place: Place, of_parent: fn(&Character) -> Option<Band>| match place {
            Place::Inherited => parent.and_then(|parent| of_parent(&self.characters[parent])),
            Place::Own => Some(Band {
                number: pid.get(),
                opener: Some(at),
            }),
            Place::Number(number) => Some(self.band(number)),
            Place::Outside => None,
        };
        let group = place(role.group, |parent| parent.group);
        let session = place(role.session, |parent| parent.session);
        let started = StartTime(self.tick().0 - StartTime::at(age).0);
        for (when, deeds) in &role.habits.clone() {
            if let When::At(moment) = when {
                for deed in deeds {
                    self.agree(START + *moment, Happening::Deed(at, deed.clone()));
                }
            }
        }
        self.bearers.insert(pid, at);
        self.characters.push(Character {
            is_stopped: role.is_stopped,
            role,
            pid,
            started,
            parent,
            forker: parent,
            thread: 0,
            forking_thread: 0,
            threads_started: 0,
            group,
            session,
            life: Life::Living,
            cause: Cause::Unknown,
            is_doomed: false,
            is_ending: false,
            pending: Vec::new(),
            postponed: Vec::new(),
            got: Vec::new(),
            began_at: self.time(),
            ended_at: None,
        });
        at
    }

    /// A number that nothing is named by.
    pub(super) fn free_pid(&mut self) -> Pid {
        loop {
            self.next_pid += 1;
            if !self.is_named(self.next_pid) {
                return pid(self.next_pid);
            }
        }
    }

    pub(super) fn is_named(&self, number: i32) -> bool {
        let is = |band: &Option<Band>| band.is_some_and(|band| band.number == number);
        self.bearers.contains_key(&pid(number))
            || self
                .unreaped()
                .any(|at| is(&self.characters[at].group) || is(&self.characters[at].session))
            || self
                .lines
                .iter()
                .any(|line| line.is_alive && line.band.number == number)
    }

    /// Whether anybody is in this group, if only a zombie.
    fn has_group(&self, group: Band) -> bool {
        self.unreaped()
            .any(|at| self.characters[at].group == Some(group))
    }

    pub(super) fn agree(&mut self, at: Duration, happening: Happening) {
        self.agreed += 1;
        self.agenda.insert((at, self.agreed), happening);
    }

    /// Lets everything happen up to this moment.
    pub(super) fn advance(&mut self, to: Duration) {
        while let Some(next) = self.agenda.first_entry()
            && next.key().0 <= to
        {
            let ((at, _), happening) = next.remove_entry();
            self.now = self.now.max(at);
            match happening {
                Happening::Deed(at, deed) => self.act(at, deed),
                Happening::Ends(at, cause) => self.end(at, cause),
                Happening::IsOver(at, cause) => self.be_over(at, cause),
                Happening::Reaped(at) => self.reap(at),
                Happening::Incident(incident) => self.happen(incident),
            }
        }
        self.now = self.now.max(to);
    }

    pub(super) fn act(&mut self, at: usize, deed: Deed) {
        let character = &mut self.characters[at];
        if character.life != Life::Living || character.is_ending {
            return;
        }
        if character.is_stopped || character.role.is_traced {
            character.postponed.push(deed);
            return;
        }
        match deed {
            Deed::Exit(status) => self.end(at, Cause::Exited(status)),
            Deed::Fork(role) if !character.is_doomed && character.role.forks_left > 0 => {
                character.role.forks_left -= 1;
                self.begin(*role, Some(at), Duration::ZERO);
            }
            Deed::ForkInThread(role) if !character.is_doomed => {
                character.threads_started += 1;
                let thread = character.threads_started;
                let child = self.begin(*role, Some(at), Duration::ZERO);
                let child = &mut self.characters[child];
                (child.thread, child.forking_thread) = (thread, thread);
            }
            Deed::Fork(_) | Deed::ForkInThread(_) => {}
            Deed::Pause => character.is_stopped = true,
            Deed::OpenGroup => {
                if !character.leads_session() {
                    character.group = Some(character.own_band(at));
                }
            }
            Deed::OpenSession => {
                let own = character.own_band(at);
                if !self.has_group(own) {
                    let character = &mut self.characters[at];
                    (character.group, character.session) = (Some(own), Some(own));
                }
            }
            Deed::JoinGroup(number) => {
                let (session, leads) = (character.session, character.leads_session());
                let group = self
                    .unreaped()
                    .map(|mate| &self.characters[mate])
                    .filter(|mate| mate.session == session)
                    .find_map(|mate| mate.group.filter(|group| group.number == number));
                if group.is_some() && !leads {
                    self.characters[at].group = group;
                }
            }
        }
    }

    pub(super) fn end(&mut self, at: usize, cause: Cause) {
        if self.characters[at].life != Life::Living || self.characters[at].is_ending {
            return;
        }
        self.hand_on_children(at);
        match self.characters[at].role.ending {
            Duration::ZERO => self.be_over(at, cause),
            ending => {
                self.characters[at].is_ending = true;
                self.agree(self.now + ending, Happening::IsOver(at, cause));
            }
        }
    }

    fn be_over(&mut self, at: usize, cause: Cause) {
        let time = self.time();
        let character = &mut self.characters[at];
        character.life = Life::Zombie;
        character.cause = cause;
        character.ended_at = Some(time);
        self.notify_parent(at);
    }

    fn hand_on_children(&mut self, at: usize) {
        let heir = self.heir_of(at);
        let orphans: Vec<usize> = self
            .unreaped()
            .filter(|&child| self.characters[child].parent == Some(at))
            .collect();
        for child in orphans {
            self.characters[child].parent = Some(heir);
            self.characters[child].thread = 0;
            if self.characters[child].life == Life::Zombie {
                self.notify_parent(child);
            }
        }
    }

    /// Who adopts the children of this process.
    pub(super) fn heir_of(&self, at: usize) -> usize {
        let mut next = self.characters[at].parent;
        while let Some(ancestor) = next {
            let character = &self.characters[ancestor];
            if character.role.is_subreaper && character.life == Life::Living {
                return ancestor;
            }
            next = character.parent;
        }
        0
    }

    pub(super) fn notify_parent(&mut self, at: usize) {
        let Some(parent) = self.characters[at].parent else {
            return;
        };
        if let Some(wait) = self.characters[parent].role.reaps {
            match wait {
                Duration::ZERO => self.reap(at),
                wait => self.agree(self.now + wait, Happening::Reaped(at)),
            }
        }
        if self.characters[parent].life == Life::Living {
            self.respond(parent, |when| match when {
                When::ChildEnded(wait) => Some(wait),
                _ => None,
            });
        }
    }

    pub(super) fn reap(&mut self, at: usize) {
        let character = &mut self.characters[at];
        if character.life == Life::Zombie {
            character.life = Life::Reaped;
            self.bearers.remove(&character.pid);
        }
    }

    /// Puts on the agenda what this process does in such a case; tells whether that
    /// is anything.
    pub(super) fn respond(&mut self, at: usize, case: impl Fn(When) -> Option<Duration>) -> bool {
        let deeds: Vec<(Duration, Deed)> = self.characters[at]
            .role
            .habits
            .iter()
            .filter_map(|(when, deeds)| Some((case(*when)?, deeds)))
            .flat_map(|(wait, deeds)| deeds.iter().map(move |deed| (wait, deed.clone())))
            .collect();
        let any = !deeds.is_empty();
        for (wait, deed) in deeds {
            self.agree(self.now + wait, Happening::Deed(at, deed));
        }
        any
    }
}
