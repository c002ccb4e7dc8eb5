//! A world that follows the kernel's rules for processes, groups and signals, on a
//! clock of its own: waiting costs no time, and every moment can be named exactly.
//!
//! It knows nothing of the rules by which fell selects and stops.

use std::collections::BTreeMap;
use std::time::Duration;

use fell::fate::Cause;
use fell::process::{Identity, Kind, Pgid, Pid, Process, Sid, StartTime, State};
use fell::signal::Signal;
use fell::signal::reference::Action;

pub mod cast;
mod port;

pub use cast::{Deed, Place, Role, When, helper, ms, role};

/// How long the kernel takes to end a process by a signal.
pub const DYING: Duration = Duration::from_micros(200);

/// What the clock shows when the story begins: not 0, so that nothing mistakes a
/// moment for a duration.
const START: Duration = Duration::from_secs(100);

/// How long the machine was up then.
const UPTIME: Duration = Duration::from_secs(100_000);

/// A process of the world, dead or alive: its number may come to mean another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Actor(usize);

/// How a signal came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Alone,
    Group,
}

/// A signal that a process got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Got {
    /// Since the story began.
    pub at: Duration,
    pub signal: Signal,
    pub way: Way,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Living,
    Zombie,
    Reaped,
}

/// A group or session: its number, and who opened it, since a number may be used
/// again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Band {
    number: i32,
    opener: Option<usize>,
}

struct Character {
    role: Role,
    pid: Pid,
    started: StartTime,
    parent: Option<usize>,
    /// Who really had it, whoever has adopted it since.
    forker: Option<usize>,
    group: Option<Band>,
    session: Option<Band>,
    life: Life,
    cause: Cause,
    is_stopped: bool,
    /// KILL is posted: it can't fork any more.
    is_doomed: bool,
    pending: Vec<Signal>,
    /// What it would have done while it was stopped.
    postponed: Vec<Deed>,
    got: Vec<Got>,
    ended_at: Option<Duration>,
}

/// A line of processes in a group, each of which forks the next and ends before
/// anyone can look at it: only a signal to the group meets it.
struct Line {
    band: Band,
    ignored: Vec<Signal>,
    is_alive: bool,
    got: Vec<Got>,
}

/// Something that happens outside of any process' own doing.
#[derive(Debug, Clone)]
pub enum Incident {
    /// This process ends by this signal, whoever sent it.
    Dies(Actor, Signal),
    /// This process has a child.
    Forks(Actor, Role),
    /// A stranger begins, perhaps with the number of a process that has ended; nothing
    /// happens if that number is not free.
    Begins(Role),
}

enum Happening {
    Deed(usize, Deed),
    Ends(usize, Cause),
    Reaped(usize),
    Incident(Incident),
}

pub struct World {
    now: Duration,
    characters: Vec<Character>,
    bearers: BTreeMap<Pid, usize>,
    lines: Vec<Line>,
    agenda: BTreeMap<(Duration, usize), Happening>,
    agreed: usize,
    next_pid: i32,
    own_pid: i32,
    /// How long each question to the kernel takes.
    pub cost: Duration,
    /// How long fell does not get its turn again after each signal to one process.
    pub preemption: Duration,
    /// Whether the kernel keeps lists of children.
    pub has_lists: bool,
    /// Whether groups can be signalled through a pidfd of their leader.
    pub has_group_signals: bool,
    /// From which call on the search for mates fails.
    pub mates_fail_from: Option<usize>,
    mates_calls: usize,
    threads: BTreeMap<Pid, Pid>,
    interruption: Option<(Duration, Signal)>,
    /// When fell is asked to stop for a while.
    pauses: Vec<Duration>,
    /// How often it has stopped.
    pub paused: usize,
    /// When fell is asked to hurry.
    hurries: Vec<Duration>,
    after_listing: Vec<(usize, Incident)>,
}

impl World {
    /// Init, a login shell with number 10, and fell in a group of its own, number 11.
    pub fn new() -> Self {
        let mut world = Self {
            now: START,
            characters: Vec::new(),
            bearers: BTreeMap::new(),
            lines: Vec::new(),
            agenda: BTreeMap::new(),
            agreed: 0,
            next_pid: 5000,
            own_pid: 11,
            cost: Duration::ZERO,
            preemption: Duration::ZERO,
            has_lists: true,
            has_group_signals: true,
            mates_fail_from: None,
            mates_calls: 0,
            threads: BTreeMap::new(),
            interruption: None,
            pauses: Vec::new(),
            paused: 0,
            hurries: Vec::new(),
            after_listing: Vec::new(),
        };
        world.add(role(1).child_of(0).leads_session().aged(ms(90_000_000)));
        world.add(role(10).leads_session());
        world.add(role(11).child_of(10).leads_group());
        world
    }

    /// Puts fell where its caller is: no job control.
    pub fn put_fell_in(&mut self, group: i32, session: i32) {
        for pid in [10, self.own_pid] {
            let at = self.at(pid);
            self.characters[at].group = Some(self.band(group));
            self.characters[at].session = Some(self.band(session));
        }
    }

    /// Makes fell's caller a child of this process.
    pub fn put_fell_under(&mut self, parent: i32) {
        let (caller, parent) = (self.at(10), self.at(parent));
        self.characters[caller].parent = Some(parent);
        self.characters[caller].forker = Some(parent);
    }

    /// One more process that was there before the story began.
    pub fn add(&mut self, role: Role) -> Actor {
        let parent = Pid::new(role.parent).map(|pid| self.bearers[&pid]);
        let age = role.age;
        let at = self.begin(role, parent, age);
        // With more threads than the main one it is alive all the same.
        let role = &self.characters[at].role;
        if role.is_zombie && role.threads <= 1 {
            self.characters[at].life = Life::Zombie;
            self.characters[at].cause = Cause::Exited(0);
        }
        Actor(at)
    }

    /// A line of processes that fork and end too fast to be seen.
    pub fn add_line(&mut self, group: i32, ignored: Vec<Signal>) {
        let band = self.band(group);
        self.lines.push(Line {
            band,
            ignored,
            is_alive: true,
            got: Vec::new(),
        });
    }

    /// A thread of a process, with a number of its own.
    pub fn add_thread(&mut self, number: i32, of: i32) {
        self.threads.insert(pid(number), pid(of));
    }

    /// Lets something happen at this moment of the story.
    pub fn plan(&mut self, at: Duration, incident: Incident) {
        self.agree(START + at, Happening::Incident(incident));
    }

    /// Lets something happen right after this process' children were listed.
    pub fn plan_after_listing(&mut self, of: Actor, incident: Incident) {
        self.after_listing.push((of.0, incident));
    }

    /// Has fell asked to end at this moment of the story.
    pub fn interrupt(&mut self, at: Duration, signal: Signal) {
        self.interruption = Some((START + at, signal));
    }

    /// Has fell asked to stop for a while at this moment of the story. How long that is
    /// does not matter: the time is none of fell's.
    pub fn pause_at(&mut self, at: Duration) {
        self.pauses.push(START + at);
    }

    /// Has fell asked to hurry at this moment of the story.
    pub fn hurry(&mut self, at: Duration) {
        self.hurries.push(START + at);
    }

    /// Makes fell the one who takes in the orphans of its descendants.
    pub fn let_fell_adopt(&mut self) {
        let own = self.at(self.own_pid);
        self.characters[own].role.is_subreaper = true;
    }

    /// Lets something happen now.
    pub fn happen(&mut self, incident: Incident) {
        match incident {
            Incident::Dies(Actor(at), signal) => self.end(at, by(signal)),
            Incident::Forks(Actor(parent), role) => {
                self.begin(role, Some(parent), Duration::ZERO);
            }
            Incident::Begins(role) => {
                let parent = self.bearers.get(&pid(role.parent)).copied();
                let is_free = role.pid.is_none_or(|number| !self.is_named(number));
                if is_free && parent.is_some() {
                    self.begin(role, parent, Duration::ZERO);
                }
            }
        }
    }

    /// Lets time pass.
    pub fn elapse(&mut self, time: Duration) {
        self.advance(self.now + time);
    }

    // What tests ask.

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

    // The kernel.

    fn at(&self, number: i32) -> usize {
        self.bearers[&pid(number)]
    }

    fn unreaped(&self) -> impl Iterator<Item = usize> + '_ {
        self.bearers.values().copied()
    }

    fn tick(&self) -> StartTime {
        StartTime::at(UPTIME + self.now)
    }

    /// The band that bears this number now, or one whose leader is gone.
    fn band(&self, number: i32) -> Band {
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

    fn begin(&mut self, role: Role, parent: Option<usize>, age: Duration) -> usize {
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
            group,
            session,
            life: Life::Living,
            cause: Cause::Unknown,
            is_doomed: false,
            pending: Vec::new(),
            postponed: Vec::new(),
            got: Vec::new(),
            ended_at: None,
        });
        at
    }

    /// A number that nothing is named by.
    fn free_pid(&mut self) -> Pid {
        loop {
            self.next_pid += 1;
            if !self.is_named(self.next_pid) {
                return pid(self.next_pid);
            }
        }
    }

    fn is_named(&self, number: i32) -> bool {
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

    fn agree(&mut self, at: Duration, happening: Happening) {
        self.agreed += 1;
        self.agenda.insert((at, self.agreed), happening);
    }

    /// Lets everything happen up to this moment.
    fn advance(&mut self, to: Duration) {
        while let Some(next) = self.agenda.first_entry()
            && next.key().0 <= to
        {
            let ((at, _), happening) = next.remove_entry();
            self.now = self.now.max(at);
            match happening {
                Happening::Deed(at, deed) => self.act(at, deed),
                Happening::Ends(at, cause) => self.end(at, cause),
                Happening::Reaped(at) => self.reap(at),
                Happening::Incident(incident) => self.happen(incident),
            }
        }
        self.now = self.now.max(to);
    }

    fn act(&mut self, at: usize, deed: Deed) {
        let character = &mut self.characters[at];
        if character.life != Life::Living {
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
            Deed::Fork(_) => {}
            Deed::Pause => character.is_stopped = true,
            Deed::OpenGroup => character.group = Some(character.own_band(at)),
            Deed::OpenSession => {
                character.group = Some(character.own_band(at));
                character.session = character.group;
            }
        }
    }

    fn end(&mut self, at: usize, cause: Cause) {
        if self.characters[at].life != Life::Living {
            return;
        }
        let time = self.time();
        let character = &mut self.characters[at];
        character.life = Life::Zombie;
        character.cause = cause;
        character.ended_at = Some(time);
        let heir = self.heir_of(at);
        let orphans: Vec<usize> = self
            .unreaped()
            .filter(|&child| self.characters[child].parent == Some(at))
            .collect();
        for child in orphans {
            self.characters[child].parent = Some(heir);
            if self.characters[child].life == Life::Zombie {
                self.notify_parent(child);
            }
        }
        self.notify_parent(at);
    }

    /// Who adopts the children of this process.
    fn heir_of(&self, at: usize) -> usize {
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

    fn notify_parent(&mut self, at: usize) {
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

    fn reap(&mut self, at: usize) {
        let character = &mut self.characters[at];
        if character.life == Life::Zombie {
            character.life = Life::Reaped;
            self.bearers.remove(&character.pid);
        }
    }

    /// Puts on the agenda what this process does in such a case; tells whether that
    /// is anything.
    fn respond(&mut self, at: usize, case: impl Fn(When) -> Option<Duration>) -> bool {
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

    /// A signal arrives.
    fn deliver(&mut self, at: usize, signal: Signal, way: Way) {
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

    fn resume(&mut self, at: usize) {
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
    fn obey(&mut self, at: usize, signal: Signal) {
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
    fn deliver(&mut self, got: Got) {
        self.got.push(got);
        if !self.ignored.contains(&got.signal) {
            self.is_alive = false;
        }
    }
}

impl Character {
    fn identity(&self) -> Identity {
        Identity {
            pid: self.pid,
            started: self.started,
        }
    }

    fn own_band(&self, at: usize) -> Band {
        Band {
            number: self.pid.get(),
            opener: Some(at),
        }
    }

    fn view(&self, world: &World) -> Process {
        let state = match self.life {
            Life::Zombie | Life::Reaped => State::Zombie,
            Life::Living if self.role.is_stuck => State::Uninterruptible,
            Life::Living if self.role.is_traced => State::Traced,
            Life::Living if self.is_stopped => State::Stopped,
            // Its main thread has ended, but others run.
            Life::Living if self.role.is_zombie => State::Zombie,
            Life::Living => State::Sleeping,
        };
        Process {
            identity: self.identity(),
            parent: self.parent.map(|parent| world.characters[parent].pid),
            group: self.group.and_then(|band| Pgid::new(band.number)),
            session: self.session.and_then(|band| Sid::new(band.number)),
            state,
            threads: self.role.threads,
            kind: if self.role.is_kernel_thread {
                Kind::Kernel
            } else {
                Kind::User
            },
            name: format!("p{}", self.pid).into(),
        }
    }
}

fn pid(number: i32) -> Pid {
    Pid::new(number).expect("a number above 0")
}

fn by(signal: Signal) -> Cause {
    Cause::Signalled {
        signal: signal.number(),
        core: false,
    }
}
