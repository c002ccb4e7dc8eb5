//! Makes up families: which habits, who below whom, and whom fell is to stop.
//!
//! The same seed makes the same family. What no kinship leads to (forked twice, with a
//! group or session of its own) is part of it: those must be spared, and say so.

use nix::sys::signal::Signal;
use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;

use crate::guest::{self, Ground};
use crate::rng;
use crate::support::victim::{Birth, Life, Member, OnTerm, Parenting, Place};

/// How long fell lets them.
pub const GRACE: i32 = 300;

/// Names that would do harm if they were taken for text.
const NAMES: [&[u8]; 7] = [
    b") R 1 (",
    b"a\nb",
    b"\xff\xfe\x80",
    b"\x1b[31mred",
    "\u{202e}gpj".as_bytes(),
    b"",
    b"))) S 1 1 1",
];

/// A family and what is to be done to it.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The parent of the target and of those beside it.
    pub supervisor: Member,
    /// The name of the target.
    pub target: String,
    /// The signal that asks, by number.
    pub ask: i32,
    /// What fell is called with, before the target.
    pub arguments: Vec<String>,
    /// Everyone but those beside it.
    pub family: Vec<Trait>,
}

/// What the checks have to know of a member.
#[derive(Debug, Clone)]
pub struct Trait {
    pub name: String,
    /// Who bears it, as the description has it.
    pub parent: String,
    pub birth: Birth,
    pub place: Place,
    pub on_term: OnTerm,
    pub life: Life,
}

/// Whether a member can be left by everyone through whom it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Firm,
    Loose,
}

impl Plan {
    pub fn of(seed: u64) -> Self {
        let mut maker = Maker {
            rng: rng(seed),
            left: 0,
            ask: libc::SIGTERM,
            family: Vec::new(),
            aim: Aim::First,
            ground: Ground::of(seed),
        };
        maker.plan()
    }
}

struct Maker {
    rng: TestRng,
    left: usize,
    ask: i32,
    family: Vec<Trait>,
    aim: Aim,
    ground: Ground,
}

/// Who is to be the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aim {
    /// The first of the family.
    First,
    /// Anyone of it; then the others may have to be spared.
    Anyone,
}

impl Maker {
    fn plan(&mut self) -> Plan {
        // Every other family is asked by a signal that queues, so that a second one
        // is counted even if the first was not answered yet.
        if self.one_in(2) {
            self.ask = libc::SIGRTMIN() + 3;
        }
        if self.one_in(8) {
            self.aim = Aim::Anyone;
        }
        self.left = match self.rng.random_range(0..10) {
            0 => 1,
            1..=6 => self.rng.random_range(2..12),
            _ => self.rng.random_range(12..=60),
        };
        let place = match self.rng.random_range(0..20) {
            0 => Place::Inherited,
            1..=4 => Place::OwnSession,
            _ => Place::OwnGroup,
        };
        let mut target = self.member(String::from("supervisor"), Some(place), Line::Firm);
        if self.ground == Ground::Own && self.family[0].life != Life::Respawn {
            let [early, late] = self.early_and_late(&target.name);
            target = target
                .child(early)
                .child(late)
                .parenting(Parenting::Reaping);
        }
        let supervisor = Member::new("supervisor")
            .hears_all()
            .asked_by(self.ask)
            .place(if self.one_in(2) {
                Place::OwnSession
            } else {
                Place::Inherited
            })
            .parenting(self.parenting());
        let mut target_name = target.name.clone();
        let supervisor = ["by-plain", "by-group", "by-session"]
            .into_iter()
            .zip([Place::Inherited, Place::OwnGroup, Place::OwnSession])
            .fold(supervisor.child(target), |supervisor, (name, place)| {
                let beside = Member::new(name).hears_all().asked_by(self.ask);
                supervisor.child(beside.place(place))
            });
        let supervisor = match self.ground {
            Ground::Shared => supervisor,
            Ground::Own => supervisor.child(guest::host(self.ask)),
        };
        if self.aim == Aim::Anyone {
            let at = self.rng.random_range(0..self.family.len());
            if self.family[at].life != Life::Exit(0) {
                target_name = self.family[at].name.clone();
            }
        }
        Plan {
            supervisor,
            target: target_name,
            ask: self.ask,
            arguments: self.arguments(),
            family: std::mem::take(&mut self.family),
        }
    }

    fn arguments(&mut self) -> Vec<String> {
        let words: &[&str] = match self.rng.random_range(0..12) {
            // Where a number is to come round there has to be time for it.
            0..=1 if self.ground == Ground::Shared => &["kill"],
            2 if self.ground == Ground::Shared => &["term", "--grace", "0"],
            3 => &["term", "--main-first", "--grace", "300ms"],
            _ => &["term", "--grace", "300ms"],
        };
        let mut arguments: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        if arguments[0] == "term" && self.ask != libc::SIGTERM {
            arguments.extend(["--signal".into(), "RTMIN+3".into()]);
        }
        let form = if self.one_in(4) { "-v" } else { "--json" };
        arguments.push(form.to_owned());
        arguments
    }

    fn one_in(&mut self, many: u32) -> bool {
        self.rng.random_range(0..many) == 0
    }

    /// Whether somebody surely is to be stopped.
    fn is_sure(&self, line: Line) -> bool {
        line == Line::Firm && self.aim == Aim::First
    }

    fn parenting(&mut self) -> Parenting {
        match self.rng.random_range(0..10) {
            0..=1 => Parenting::Negligent,
            2 => Parenting::Adopting,
            _ => Parenting::Reaping,
        }
    }

    fn place(&mut self) -> Place {
        match self.rng.random_range(0..8) {
            0 => Place::OwnGroup,
            1 => Place::OwnSession,
            _ => Place::Inherited,
        }
    }

    /// A member and everyone below it; `given` is where the target is to be.
    fn member(&mut self, parent: String, given: Option<Place>, line: Line) -> Member {
        self.left = self.left.saturating_sub(1);
        let name = format!("m{}", self.family.len());
        let birth = match self.rng.random_range(0..10) {
            _ if given.is_some() => Birth::Child,
            0 => Birth::Orphan,
            1 if parent != "m0" || self.one_in(2) => Birth::Sibling,
            _ => Birth::Child,
        };
        let line = if birth == Birth::Child {
            line
        } else {
            Line::Loose
        };
        let life = self.life(line, birth);
        let on_term = self.on_term(line);
        let place = match given {
            Some(place) => place,
            None => self.place(),
        };
        self.family.push(Trait {
            name: name.clone(),
            parent,
            birth,
            place,
            on_term,
            life,
        });
        let mut member = Member::new(&name)
            .birth(birth)
            .place(place)
            .life(life)
            .on_term(on_term)
            .asked_by(self.ask)
            .parenting(self.parenting())
            .hears(&[
                Signal::SIGHUP,
                Signal::SIGINT,
                Signal::SIGUSR2,
                Signal::SIGCONT,
            ]);
        if self.one_in(5) {
            member = member.title(NAMES[self.rng.random_range(0..NAMES.len())]);
        }
        if life == Life::Respawn {
            return member.child(self.worker(&name, line));
        }
        let below = if life == Life::Exit(0) {
            Line::Loose
        } else {
            line
        };
        let children = self.rng.random_range(0..=4);
        for _ in 0..children {
            if self.left > 0 {
                member = member.child(self.member(name.clone(), None, below));
            }
        }
        member
    }

    /// One that exits when it is asked, so that its number is free in the course of the stop,
    /// and one that does not.
    fn early_and_late(&mut self, parent: &str) -> [Member; 2] {
        let code = self.rng.random_range(0..100);
        [OnTerm::Exit(code), OnTerm::Note].map(|on_term| self.plain(parent, on_term))
    }

    /// Whom a master replaces.
    fn worker(&mut self, master: &str, line: Line) -> Member {
        self.left = self.left.saturating_sub(1);
        let on_term = match self.rng.random_range(0..3) {
            _ if !self.is_sure(line) => OnTerm::Note,
            0 => OnTerm::Default,
            1 => OnTerm::Ignore,
            _ => OnTerm::Exit(3),
        };
        self.plain(master, on_term)
    }

    /// A child that has nobody below it, somewhere.
    fn plain(&mut self, parent: &str, on_term: OnTerm) -> Member {
        let name = format!("m{}", self.family.len());
        let place = self.place();
        self.family.push(Trait {
            name: name.clone(),
            parent: parent.to_owned(),
            birth: Birth::Child,
            place,
            on_term,
            life: Life::Stay,
        });
        let member = Member::new(&name).place(place).on_term(on_term);
        member.asked_by(self.ask)
    }

    fn life(&mut self, line: Line, birth: Birth) -> Life {
        match self.rng.random_range(0..40) {
            0..=4 if birth == Birth::Child => Life::Exit(0),
            // Whoever is spared has to be able to say so.
            5..=7 if self.is_sure(line) => Life::Stop,
            8..=10 => Life::EndMainThread,
            11..=13 => Life::Threads(self.rng.random_range(2..5)),
            14..=15 if birth == Birth::Child => Life::Respawn,
            _ => Life::Stay,
        }
    }

    fn on_term(&mut self, line: Line) -> OnTerm {
        let millis = self.rng.random_range(1..200);
        let place = self.place();
        match self.rng.random_range(0..20) {
            // Whoever may have to be spared has to notice what it gets.
            0..=1 if self.is_sure(line) => OnTerm::Ignore,
            2 if self.is_sure(line) => OnTerm::Block,
            3..=4 => OnTerm::Note,
            5..=7 => OnTerm::Exit(self.rng.random_range(0..100)),
            8..=10 => OnTerm::ExitAfter(millis),
            11..=12 => OnTerm::CleanUp(place, millis),
            13 => OnTerm::Help,
            _ if self.is_sure(line) => OnTerm::Default,
            _ => OnTerm::Note,
        }
    }
}
