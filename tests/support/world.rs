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
mod facts;
mod kernel;
mod port;
mod signals;

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
    /// On the list of which of its parent's threads it is; the main one is 0.
    thread: u32,
    /// Which of them had it.
    forking_thread: u32,
    /// How many threads it has started besides.
    threads_started: u32,
    group: Option<Band>,
    session: Option<Band>,
    life: Life,
    cause: Cause,
    is_stopped: bool,
    /// KILL is posted: it can't fork any more.
    is_doomed: bool,
    /// It has handed its children on, and does nothing any more.
    is_ending: bool,
    pending: Vec<Signal>,
    /// What it would have done while it was stopped.
    postponed: Vec<Deed>,
    got: Vec<Got>,
    began_at: Duration,
    ended_at: Option<Duration>,
}

/// A line of processes in a group, each of which forks the next and ends before
/// anyone can look at it: only a signal to the group meets it.
struct Line {
    band: Band,
    ignored: Vec<Signal>,
    is_denied: bool,
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
    /// This process does something of its own accord.
    Does(Actor, Deed),
    /// This process ends and is reaped, and at once a stranger has its number, unless a
    /// group or session of somebody else is still named by it.
    Replaced(Actor, Role),
    /// A stranger begins, perhaps with the number of a process that has ended; nothing
    /// happens if that number is not free.
    Begins(Role),
}

/// A moment in fell's own course, between two of its questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cue {
    /// The children of this process are listed, and fell has looked at none of them yet.
    Listed(Actor),
    /// fell has looked at who bears this number, or holds it.
    Opened(i32),
    /// The members of groups and sessions are listed, or everyone is, and fell has looked at
    /// none of them yet.
    Searched,
    /// This process is about to be signalled, and the lists of its children are open.
    ListsOpen(Actor),
}

enum Happening {
    Deed(usize, Deed),
    Ends(usize, Cause),
    IsOver(usize, Cause),
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
    /// How many have begun, for those who ask whether anybody has since.
    births: usize,
    own_pid: i32,
    /// How long each question to the kernel takes.
    pub cost: Duration,
    /// How long fell does not get its turn again after each signal to one process.
    pub preemption: Duration,
    /// Whether the kernel keeps lists of children.
    pub has_lists: bool,
    /// Whether groups can be signalled through a pidfd of their leader.
    pub has_group_signals: bool,
    /// Numbers that can't be opened the next time, for want of memory.
    pub opens_fail_once: Vec<i32>,
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
    cued: Vec<(Cue, Incident)>,
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
            births: 0,
            own_pid: 11,
            cost: Duration::ZERO,
            preemption: Duration::ZERO,
            has_lists: true,
            has_group_signals: true,
            opens_fail_once: Vec::new(),
            mates_fail_from: None,
            mates_calls: 0,
            threads: BTreeMap::new(),
            interruption: None,
            pauses: Vec::new(),
            paused: 0,
            hurries: Vec::new(),
            cued: Vec::new(),
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
        self.begin_line(group, ignored, false);
    }

    /// One that is out of reach for fell's user.
    pub fn add_denied_line(&mut self, group: i32) {
        self.begin_line(group, Vec::new(), true);
    }

    fn begin_line(&mut self, group: i32, ignored: Vec<Signal>, is_denied: bool) {
        let band = self.band(group);
        self.lines.push(Line {
            band,
            ignored,
            is_denied,
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

    /// Lets something happen as soon as fell has come to this; once.
    pub fn plan_on(&mut self, cue: Cue, incident: Incident) {
        self.cued.push((cue, incident));
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
            Incident::Does(Actor(at), deed) => self.act(at, deed),
            Incident::Replaced(Actor(at), role) => {
                self.end(at, by(Signal::KILL));
                self.reap(at);
                let pid = Some(self.characters[at].pid.get());
                self.happen(Incident::Begins(Role { pid, ..role }));
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
}

impl Character {
    fn identity(&self) -> Identity {
        Identity {
            pid: self.pid,
            started: self.started,
        }
    }

    fn thread_count(&self) -> u32 {
        self.role.threads + self.threads_started
    }

    fn leads_session(&self) -> bool {
        self.session
            .is_some_and(|band| band.number == self.pid.get())
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
            threads: self.thread_count(),
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
