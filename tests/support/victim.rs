//! The processes that the tests stop.
//!
//! A victim is this very test program, started once more with the description of a
//! family in its environment: so the tests need no other language, and a member can do
//! whatever a process can. It takes over before the test harness has started a thread,
//! since only then fork(2) leaves a whole process behind.
//!
//! Each member holds two pipes that the whole family shares. On standard output it says
//! what happens to it, one line at a time; the end of that file proves that everyone is
//! dead, whoever escaped included. Standard input is the tether: when the test lets go
//! of it, or dies, every member ends. After a minute it ends in any case.

use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};

mod churn;
mod host;
mod life;
mod mask;

pub use churn::Churn;
pub use host::{can_choose_numbers, hear_wishes};

/// Where the description of a family is handed over.
pub const ENVIRONMENT: &str = "FELL_TEST_VICTIM";

/// One process, and its children.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Member {
    pub name: String,
    title: Option<Vec<u8>>,
    birth: Birth,
    place: Place,
    on_term: OnTerm,
    asked_by: i32,
    life: Life,
    hears: Vec<i32>,
    parenting: Parenting,
    user: Option<u32>,
    ids: Option<[u32; 3]>,
    program: Option<PathBuf>,
    creates: Option<PathBuf>,
    times: usize,
    deep: usize,
    children: Vec<Member>,
}

/// Whose child it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Birth {
    Child,
    /// Forked twice, so that its parent is dead.
    Orphan,
    /// Born with its parent's parent as its own (CLONE_PARENT of clone(2)).
    Sibling,
}

/// Which group and session it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    Inherited,
    OwnGroup,
    OwnSession,
}

/// What it does when it gets TERM, or whatever it is [asked by](Member::asked_by).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnTerm {
    Default,
    Ignore,
    Block,
    /// Says so and goes on.
    Note,
    Exit(i32),
    /// Ends after so many milliseconds.
    ExitAfter(i32),
    /// Starts a helper that stays, and ends.
    Help,
    /// Starts a helper there, which takes so many milliseconds, and ends after it.
    CleanUp(Place, i32),
    /// Tells its workers to finish, waits for them and ends.
    Drain,
    /// Kills its whole group.
    KillGroup,
}

/// What it does when it is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Life {
    Stay,
    Exit(i32),
    /// Takes so many milliseconds, and ends.
    Last(i32),
    Stop,
    /// Its main thread ends, another one stays.
    EndMainThread,
    /// Has so many further threads; the last of them bears the children.
    Threads(usize),
    /// Starts a thread when it hears USR1, and that one bears the children.
    ThreadOnUsr1,
    /// Starts a line of processes that fork and end at once.
    StartLine,
    /// Waits in the kernel for a child that never calls exec (vfork(2)).
    Vfork,
    /// Replaces each child that ends.
    Respawn,
    /// Bears its child only when it is told which number that is to have
    /// ([`hear_wishes`]).
    Host,
    /// Bears children without end.
    Churn(Churn),
}

/// Whether it takes notice of children that end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Parenting {
    Reaping,
    Negligent,
    /// Takes in the orphans below it as well (PR_SET_CHILD_SUBREAPER(2const)).
    Adopting,
}

impl Member {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            title: None,
            birth: Birth::Child,
            place: Place::Inherited,
            on_term: OnTerm::Default,
            asked_by: Signal::SIGTERM as i32,
            life: Life::Stay,
            hears: Vec::new(),
            parenting: Parenting::Reaping,
            user: None,
            ids: None,
            program: None,
            creates: None,
            times: 1,
            deep: 0,
            children: Vec::new(),
        }
    }

    pub fn child(mut self, child: Member) -> Self {
        self.children.push(child);
        self
    }

    /// So many alike; with a number behind their name from the second on.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// So many more below it, each the only child of the one before.
    pub fn deep(mut self, deep: usize) -> Self {
        self.deep = deep;
        self
    }

    pub fn orphan(self) -> Self {
        self.birth(Birth::Orphan)
    }

    pub fn birth(mut self, birth: Birth) -> Self {
        self.birth = birth;
        self
    }

    pub fn place(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// Whether it opens no session of its own.
    pub fn is_in_its_parents_session(&self) -> bool {
        self.place != Place::OwnSession
    }

    pub fn on_term(mut self, on_term: OnTerm) -> Self {
        self.on_term = on_term;
        self
    }

    /// The signal that it answers in place of TERM, by number: those of the real-time
    /// range queue, so that none is lost from the count.
    pub fn asked_by(mut self, signal: i32) -> Self {
        self.asked_by = signal;
        self
    }

    pub fn life(mut self, life: Life) -> Self {
        self.life = life;
        self
    }

    /// Catches these signals as well, says so and goes on.
    pub fn hears(mut self, signals: &[Signal]) -> Self {
        self.hears.extend(signals.iter().map(|&it| it as i32));
        self
    }

    /// Catches everything that can be caught, and goes on.
    pub fn hears_all(self) -> Self {
        use Signal::*;
        self.on_term(OnTerm::Note).hears(&[
            SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU,
        ])
    }

    pub fn negligent(self) -> Self {
        self.parenting(Parenting::Negligent)
    }

    pub fn parenting(mut self, parenting: Parenting) -> Self {
        self.parenting = parenting;
        self
    }

    pub fn user(mut self, user: u32) -> Self {
        self.user = Some(user);
        self
    }

    /// Changes its real, effective and saved user, and becomes one whom the kernel keeps
    /// from those who are not privileged.
    pub fn becomes(mut self, ids: [u32; 3]) -> Self {
        self.ids = Some(ids);
        self
    }

    /// Is played by this copy of the test program, with whatever rights that gives it.
    pub fn played_by(mut self, program: &Path) -> Self {
        self.program = Some(program.to_owned());
        self
    }

    /// Creates this file when it is ready.
    pub fn creates(mut self, file: &Path) -> Self {
        self.creates = Some(file.to_owned());
        self
    }

    /// What the kernel shows as its name.
    pub fn title(mut self, title: &[u8]) -> Self {
        self.title = Some(title.to_vec());
        self
    }

    /// How many members the family has when everyone is ready.
    pub fn count(&self) -> usize {
        let below: usize = match self.life {
            Life::Host | Life::ThreadOnUsr1 => 0,
            _ => self.children.iter().map(Self::count).sum(),
        };
        self.times * (1 + self.deep + below)
    }

    /// Its description, for [`ENVIRONMENT`].
    pub fn describe(&self) -> String {
        serde_json::to_string(self).expect("plain data")
    }
}
