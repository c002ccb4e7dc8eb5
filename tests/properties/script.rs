//! What happens in a story though nobody was asked for it: births, ends, moves to other
//! groups and sessions, and numbers that are given away.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;

use fell::signal::Signal;

use crate::allowed::Allowed;
use crate::stage::{Band, SUPERVISOR, birth_bands, place};
use crate::support::world::{Actor, Cue, Deed, Incident, Place, Role, World, helper};

/// One thing that somebody does or suffers.
#[derive(Debug, Clone)]
pub struct Turn {
    who: Index,
    moment: Moment,
    act: Act,
}

#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So many microseconds after fell has begun.
    At(u64),
    /// Right after its parent's children were listed.
    Listed,
    /// Right after fell has looked at it or opened it.
    Opened,
    /// Right after the numbers of mates were read.
    Searched,
    /// When it is about to be signalled.
    ListsOpen,
}

#[derive(Debug, Clone)]
enum Act {
    Forks(Band),
    ForksInThread(Band),
    Ends,
    OpensGroup,
    OpensSession,
    Joins(Index),
    /// It ends, and a stranger has its number.
    Replaced(Stranger),
    /// The same, and right before, its parent ends as well, if that is a member of the cast
    /// and the moment one of fell's.
    ReplacedAndBereft(Stranger),
}

#[derive(Debug, Clone, Copy)]
enum Stranger {
    /// Somebody who shares nothing with the set.
    Apart,
    /// Somebody from the session that the set was started in.
    Beside,
}

fn strangers() -> impl Strategy<Value = Stranger> {
    prop_oneof![Just(Stranger::Apart), Just(Stranger::Beside)]
}

pub fn scripts() -> impl Strategy<Value = Vec<Turn>> {
    let moments = prop_oneof![
        4 => (0..60_000_u64).prop_map(Moment::At),
        3 => (0..4_000_000_u64).prop_map(Moment::At),
        1 => Just(Moment::Listed),
        1 => Just(Moment::Opened),
        1 => Just(Moment::Searched),
        1 => Just(Moment::ListsOpen),
    ];
    let acts = prop_oneof![
        4 => birth_bands().prop_map(Act::Forks),
        1 => birth_bands().prop_map(Act::ForksInThread),
        2 => Just(Act::Ends),
        1 => Just(Act::OpensGroup),
        1 => Just(Act::OpensSession),
        1 => any::<Index>().prop_map(Act::Joins),
        3 => strangers().prop_map(Act::Replaced),
        2 => strangers().prop_map(Act::ReplacedAndBereft),
    ];
    let turns =
        (any::<Index>(), moments, acts).prop_map(|(who, moment, act)| Turn { who, moment, act });
    proptest::collection::vec(turns, 0..10)
}

impl Stranger {
    fn role(self) -> Role {
        let role = helper().child_of(10);
        match self {
            Self::Apart => role.leads_session(),
            Self::Beside => role.session(Place::Number(SUPERVISOR)).leads_group(),
        }
    }
}

impl Turn {
    /// The same, but with no way out of the set: whoever is born stays in the group, and
    /// no number is given away.
    pub fn tamed(self) -> Self {
        let act = match self.act {
            Act::Forks(_) => Act::Forks(Band::Inherited),
            Act::ForksInThread(_) => Act::ForksInThread(Band::Inherited),
            Act::Joins(_) => Act::OpensGroup,
            Act::Replaced(_) | Act::ReplacedAndBereft(_) => Act::Ends,
            act => act,
        };
        Self { act, ..self }
    }

    /// Lets it happen in a world in which fell begins now.
    pub fn plan(&self, world: &mut World, cast: &[Actor], allowed: &Allowed) {
        let who = cast[self.who.index(cast.len())];
        let is_refused = allowed.refused.contains(&who);
        let fork = |band: Band| Box::new(place(helper(), band));
        let incident = match &self.act {
            Act::Forks(band) => Incident::Does(who, Deed::Fork(fork(*band))),
            Act::ForksInThread(band) => Incident::Does(who, Deed::ForkInThread(fork(*band))),
            // fell keeps an eye on its own line as it was in the beginning.
            _ if is_refused => return,
            Act::Ends => Incident::Dies(who, Signal::KILL),
            Act::OpensGroup => Incident::Does(who, Deed::OpenGroup),
            Act::OpensSession => Incident::Does(who, Deed::OpenSession),
            // A stranger who joins a group of the set belongs to it, and so does who comes
            // to its session: no strangers any more.
            Act::Joins(_) if !allowed.members.contains(&who) => return,
            Act::Joins(mate) => {
                let mate = world.view_of(cast[mate.index(cast.len())]);
                let Some(group) = mate.group else { return };
                Incident::Does(who, Deed::JoinGroup(group.get()))
            }
            Act::Replaced(Stranger::Beside) | Act::ReplacedAndBereft(Stranger::Beside)
                if allowed.has_session(SUPERVISOR) =>
            {
                return;
            }
            Act::Replaced(stranger) | Act::ReplacedAndBereft(stranger) => {
                Incident::Replaced(who, stranger.role())
            }
        };
        let parent = world.forker_of(who);
        let cue = match self.moment {
            Moment::At(micros) => {
                let at = world.time() + Duration::from_micros(micros);
                return world.plan(at, incident);
            }
            Moment::Listed => match parent {
                Some(parent) => Cue::Listed(parent),
                None => return,
            },
            Moment::Opened => Cue::Opened(world.pid_of(who)),
            Moment::Searched => Cue::Searched,
            Moment::ListsOpen => Cue::ListsOpen(who),
        };
        let is_bereft = matches!(self.act, Act::ReplacedAndBereft(_));
        let parent = parent.filter(|it| is_bereft && !allowed.refused.contains(it));
        if let Some(parent) = parent.filter(|parent| cast.contains(parent)) {
            world.plan_on(cue, Incident::Dies(parent, Signal::KILL));
        }
        world.plan_on(cue, incident);
    }
}
