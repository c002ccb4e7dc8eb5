//! Made-up worlds: whom there is, what they do, and where fell stands among them.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;

use fell::guard::Guard;
use fell::process::Pid;
use fell::scope::{Reach, Scope};
use fell::signal::Signal;
use fell::stop::{Detail, Errand, Order, Plan};
use fell::target::Target;

use crate::habits::{Habit, behave, habits};
use crate::script::{Turn, scripts};
use crate::support::world::{Actor, Incident, Place, Role, World, helper, ms, role};

#[derive(Debug, Clone, Copy)]
pub enum Band {
    Inherited,
    OwnGroup,
    OwnSession,
    /// The group of an elder in the same session.
    GroupOf(Index),
}

/// What became of it before the story began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    Lives,
    Died,
}

#[derive(Debug, Clone)]
pub struct Sketch {
    pub parent: Option<Index>,
    pub band: Band,
    pub habit: Habit,
    pub before: Before,
    pub reaps: Option<u64>,
    pub is_subreaper: bool,
}

/// Where fell was started.
#[derive(Debug, Clone, Copy)]
pub enum Caller {
    Apart,
    Below(Index),
    InGroupOf(Index),
}

#[derive(Debug, Clone)]
pub struct Stage {
    pub sketches: Vec<Sketch>,
    pub targets: Vec<Index>,
    pub reach: Reach,
    pub caller: Caller,
    /// Whose number comes to mean a stranger, and when, if it is free then.
    pub recycled: Vec<(Index, u64)>,
    pub script: Vec<Turn>,
    pub cost: u64,
    pub has_lists: bool,
    pub has_group_signals: bool,
}

pub fn bands() -> impl Strategy<Value = Band> {
    prop_oneof![
        4 => Just(Band::Inherited),
        2 => Just(Band::OwnGroup),
        1 => Just(Band::OwnSession),
        1 => any::<Index>().prop_map(Band::GroupOf),
    ]
}

pub fn birth_bands() -> impl Strategy<Value = Band> {
    prop_oneof![
        Just(Band::Inherited),
        Just(Band::OwnGroup),
        Just(Band::OwnSession)
    ]
}

pub fn sketches() -> impl Strategy<Value = Sketch> {
    (
        proptest::option::weighted(0.8, any::<Index>()),
        bands(),
        habits(),
        prop_oneof![5 => Just(Before::Lives), 1 => Just(Before::Died)],
        prop_oneof![6 => Just(Some(0)), 1 => (1..500_u64).prop_map(Some), 1 => Just(None)],
        proptest::bool::weighted(0.1),
    )
        .prop_map(
            |(parent, band, habit, before, reaps, is_subreaper)| Sketch {
                parent,
                band,
                habit,
                before,
                reaps,
                is_subreaper,
            },
        )
}

pub fn stages() -> impl Strategy<Value = Stage> {
    (
        proptest::collection::vec(sketches(), 1..40),
        proptest::collection::vec(any::<Index>(), 1..4),
        prop_oneof![
            6 => Just(Reach::Family),
            1 => Just(Reach::Tree),
            1 => Just(Reach::Group),
            1 => Just(Reach::Process),
            1 => Just(Reach::Session),
        ],
        prop_oneof![
            3 => Just(Caller::Apart),
            1 => any::<Index>().prop_map(Caller::Below),
            1 => any::<Index>().prop_map(Caller::InGroupOf),
        ],
        proptest::collection::vec((any::<Index>(), 0..4000_u64), 0..6),
        scripts(),
        prop_oneof![Just(0), Just(20), Just(300), Just(7000)],
        proptest::bool::weighted(0.8),
        proptest::bool::weighted(0.8),
    )
        .prop_map(
            |(
                sketches,
                targets,
                reach,
                caller,
                recycled,
                script,
                cost,
                has_lists,
                has_group_signals,
            )| {
                Stage {
                    sketches,
                    targets,
                    reach,
                    caller,
                    recycled,
                    script,
                    cost,
                    has_lists,
                    has_group_signals,
                }
            },
        )
}

pub fn plans() -> impl Strategy<Value = Plan> {
    let errands = prop_oneof![
        4 => Just("TERM/2s/KILL/5s"),
        2 => Just("KILL/5s"),
        2 => Just("HUP/500ms/TERM/1s/KILL/5s"),
        1 => Just("TERM/0/KILL/5s"),
        2 => Just("TERM/2s"),
    ]
    .prop_map(|text| Errand::Stop(text.parse().expect("a schedule")));
    let errands = prop_oneof![
        8 => errands,
        1 => Just(Errand::Deliver(Signal::HUP)),
        1 => Just(Errand::Deliver(Signal::STOP)),
        1 => Just(Errand::Probe),
    ];
    let orders = prop_oneof![3 => Just(Order::Together), 1 => Just(Order::MainFirst)];
    let refresh = proptest::option::weighted(0.3, (100..900_u64).prop_map(ms));
    (errands, orders, refresh).prop_map(|(errand, order, refresh)| Plan {
        errand,
        order,
        detail: Detail::Kinship,
        refresh,
    })
}

/// Who started the processes without another parent, in a session that they share.
pub const SUPERVISOR: i32 = 20;

/// The number of the process at this position: out of order, since numbers wrap.
pub fn number(at: usize) -> i32 {
    i32::try_from(100 + at * 379 % 1009).expect("a small number")
}

pub fn place(role: Role, band: Band) -> Role {
    match band {
        Band::Inherited | Band::GroupOf(_) => role,
        Band::OwnGroup => role.leads_group(),
        Band::OwnSession => role.leads_session(),
    }
}

impl Stage {
    pub fn len(&self) -> usize {
        self.sketches.len()
    }

    pub fn world(&self) -> World {
        let mut world = World::new();
        world.add(role(SUPERVISOR).leads_session());
        let mut cast: Vec<Actor> = Vec::new();
        for (at, sketch) in self.sketches.iter().enumerate() {
            let elder = |index: &Index| index.index(at.max(1));
            let parent = sketch.parent.as_ref().filter(|_| at > 0).map(elder);
            let mut role = role(number(at))
                .child_of(parent.map_or(SUPERVISOR, number))
                .forks_at_most(3);
            role.reaps = sketch.reaps.map(ms);
            role.is_subreaper = sketch.is_subreaper;
            role = place(behave(role, &sketch.habit), sketch.band);
            if let (Band::GroupOf(index), Some(parent)) = (&sketch.band, parent) {
                let mate = world.view_of(cast[elder(index)]);
                let session = world.view_of(cast[parent]).session;
                if mate.session == session
                    && let Some(group) = mate.group
                {
                    role = role.group(Place::Number(group.get()));
                }
            }
            cast.push(world.add(role));
        }
        self.place_fell(&mut world, &cast);
        for (actor, sketch) in cast.iter().zip(&self.sketches) {
            if sketch.before == Before::Died && !world.lineage().contains(actor) {
                world.happen(Incident::Dies(*actor, Signal::KILL));
            }
        }
        world.elapse(ms(1000));
        for (index, at) in &self.recycled {
            let (at, number) = (ms(1000 + at), number(index.index(self.len())));
            world.plan(at, Incident::Begins(role(number).leads_session()));
            world.plan(at, Incident::Begins(helper().child_of(number)));
        }
        world.cost = Duration::from_micros(self.cost);
        world.has_lists = self.has_lists;
        world.has_group_signals = self.has_group_signals;
        world
    }

    /// Those whom the sketches made, after init, the login shell, fell and the supervisor.
    pub fn cast(&self, world: &World) -> Vec<Actor> {
        world.everyone().skip(4).take(self.len()).collect()
    }

    /// Who can't be signalled.
    pub fn denied(&self, world: &World) -> BTreeSet<Actor> {
        let is_denied = |sketch: &Sketch| matches!(sketch.habit, Habit::Denied);
        let cast = self.cast(world).into_iter().zip(&self.sketches);
        cast.filter(|(_, sketch)| is_denied(sketch))
            .map(|(actor, _)| actor)
            .collect()
    }

    pub fn place_fell(&self, world: &mut World, cast: &[Actor]) {
        match self.caller {
            Caller::Apart => {}
            Caller::Below(index) => {
                let parent = cast[index.index(cast.len())];
                if let Some(session) = world.view_of(parent).session {
                    world.put_fell_in(11, session.get());
                }
                world.put_fell_under(world.pid_of(parent));
            }
            Caller::InGroupOf(index) => {
                let process = world.view_of(cast[index.index(cast.len())]);
                if let (Some(group), Some(session)) = (process.group, process.session) {
                    world.put_fell_in(group.get(), session.get());
                }
                world.put_fell_under(process.pid().get());
            }
        }
    }

    pub fn targets(&self) -> Vec<Target> {
        self.targets
            .iter()
            .map(|index| number(index.index(self.len())))
            .filter_map(Pid::new)
            .map(Target::Process)
            .collect()
    }

    pub fn scope(&self, world: &mut World) -> Scope {
        Scope {
            reach: self.reach,
            roots: self
                .targets()
                .into_iter()
                .map(|target| target.resolve(world).expect("a root"))
                .collect(),
            guard: Guard::of(world),
        }
    }
}
