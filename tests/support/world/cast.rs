//! Who plays in a world, and what they do when they are signalled.

use std::time::Duration;

use fell::signal::Signal;

/// So many milliseconds.
pub const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The group or session of a process that begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Its parent's.
    Inherited,
    /// One that it leads.
    Own,
    /// The one with this number, whether or not its leader lives.
    Number(i32),
    /// One outside the PID namespace, shown as 0.
    Outside,
}

/// When a process does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// This long after the story began.
    At(Duration),
    /// This long after any signal that can be caught, but for CONT.
    Asked(Duration),
    /// This long after that signal.
    On(Signal, Duration),
    /// This long after a child ended.
    ChildEnded(Duration),
}

/// What a process does.
#[derive(Debug, Clone)]
pub enum Deed {
    /// It ends with this status.
    Exit(u8),
    /// It has a child.
    Fork(Box<Role>),
    /// It starts a thread, which has a child.
    ForkInThread(Box<Role>),
    /// It stops itself.
    Pause,
    /// It opens a group of its own.
    OpenGroup,
    /// It opens a session of its own, unless it has opened a group.
    OpenSession,
    /// It moves to this group, if that is one of its session's.
    JoinGroup(i32),
}

/// A process to be.
#[derive(Debug, Clone)]
pub struct Role {
    pub pid: Option<i32>,
    pub parent: i32,
    pub group: Place,
    pub session: Place,
    pub habits: Vec<(When, Vec<Deed>)>,
    pub ignored: Vec<Signal>,
    pub ignores_all: bool,
    /// Out of reach for fell's user.
    pub is_denied: bool,
    /// Not to be opened at all (hidepid).
    pub is_hidden: bool,
    /// In a sleep that not even KILL ends.
    pub is_stuck: bool,
    /// How long it still shows up as alive when it has handed its children on.
    pub ending: Duration,
    pub is_stopped: bool,
    pub is_traced: bool,
    /// It has ended before the story begins.
    pub is_zombie: bool,
    pub is_kernel_thread: bool,
    /// Orphans below it are handed on to it.
    pub is_subreaper: bool,
    pub threads: u32,
    /// How many children it can still have.
    pub forks_left: u32,
    /// How soon it takes notice of a child's end; `None`: never.
    pub reaps: Option<Duration>,
    /// How long before the story it began.
    pub age: Duration,
}

/// A process with this number: a child of init that shares everything.
pub fn role(pid: i32) -> Role {
    Role {
        pid: Some(pid),
        ..helper()
    }
}

/// A process that gets the next free number.
pub fn helper() -> Role {
    Role {
        pid: None,
        parent: 1,
        group: Place::Inherited,
        session: Place::Inherited,
        habits: Vec::new(),
        ignored: Vec::new(),
        ignores_all: false,
        is_denied: false,
        is_hidden: false,
        is_stuck: false,
        ending: Duration::ZERO,
        is_stopped: false,
        is_traced: false,
        is_zombie: false,
        is_kernel_thread: false,
        is_subreaper: false,
        threads: 1,
        forks_left: u32::MAX,
        reaps: Some(Duration::ZERO),
        age: Duration::from_secs(60),
    }
}

impl Role {
    pub fn child_of(self, parent: i32) -> Self {
        Self { parent, ..self }
    }

    pub fn group(self, group: Place) -> Self {
        Self { group, ..self }
    }

    pub fn session(self, session: Place) -> Self {
        Self { session, ..self }
    }

    pub fn leads_group(self) -> Self {
        self.group(Place::Own)
    }

    pub fn leads_session(self) -> Self {
        self.group(Place::Own).session(Place::Own)
    }

    /// In a group of another session, as `group` and `session` are numbered.
    pub fn placed(self, group: i32, session: i32) -> Self {
        self.group(Place::Number(group))
            .session(Place::Number(session))
    }

    pub fn when(mut self, when: When, deeds: impl IntoIterator<Item = Deed>) -> Self {
        self.habits.push((when, deeds.into_iter().collect()));
        self
    }

    /// Cleans up for so long when it is asked, and ends with status 0.
    pub fn leaves_after(self, wait: Duration) -> Self {
        self.when(When::Asked(wait), [Deed::Exit(0)])
    }

    /// Ends by itself at this moment of the story.
    pub fn ends_at(self, at: Duration) -> Self {
        self.when(When::At(at), [Deed::Exit(0)])
    }

    /// Has a child as soon as it is asked; to end as well takes another habit.
    pub fn forks_when_asked(self, wait: Duration, child: Role) -> Self {
        self.when(When::Asked(wait), [Deed::Fork(Box::new(child))])
    }

    /// Starts another worker each time that one ends.
    pub fn respawns(self, wait: Duration, child: Role) -> Self {
        self.when(When::ChildEnded(wait), [Deed::Fork(Box::new(child))])
    }

    /// Ignores all that can be ignored.
    pub fn ignores_all(self) -> Self {
        Self {
            ignores_all: true,
            ..self
        }
    }

    pub fn ignores(mut self, signal: Signal) -> Self {
        self.ignored.push(signal);
        self
    }

    pub fn denied(self) -> Self {
        Self {
            is_denied: true,
            ..self
        }
    }

    pub fn hidden(self) -> Self {
        Self {
            is_hidden: true,
            ..self
        }
    }

    pub fn stuck(self) -> Self {
        Self {
            is_stuck: true,
            ..self
        }
    }

    /// Has a thread that takes so long to end when all others have, and that nobody's
    /// children belong to.
    pub fn takes_to_end(self, ending: Duration) -> Self {
        Self { ending, ..self }
    }

    pub fn stopped(self) -> Self {
        Self {
            is_stopped: true,
            ..self
        }
    }

    pub fn traced(self) -> Self {
        Self {
            is_traced: true,
            ..self
        }
    }

    pub fn zombie(self) -> Self {
        Self {
            is_zombie: true,
            ..self
        }
    }

    pub fn kernel_thread(self) -> Self {
        Self {
            is_kernel_thread: true,
            ..self
        }
    }

    pub fn subreaper(self) -> Self {
        Self {
            is_subreaper: true,
            ..self
        }
    }

    pub fn threads(self, threads: u32) -> Self {
        Self { threads, ..self }
    }

    pub fn forks_at_most(self, forks_left: u32) -> Self {
        Self { forks_left, ..self }
    }

    pub fn never_reaps(self) -> Self {
        Self {
            reaps: None,
            ..self
        }
    }

    pub fn reaps_after(self, wait: Duration) -> Self {
        Self {
            reaps: Some(wait),
            ..self
        }
    }

    pub fn aged(self, age: Duration) -> Self {
        Self { age, ..self }
    }
}
