//! What the processes of a made-up world do.

use std::time::Duration;

use proptest::prelude::*;

use crate::stage::{Band, birth_bands, place};
use crate::support::world::{Deed, Role, When, helper, ms};

/// What a process does when it is signalled.
#[derive(Debug, Clone)]
pub enum Habit {
    Obeys,
    LeavesAfter(u64),
    Ignores,
    EndsAt(u64),
    /// Leaves a helper behind: after so long, in this place, and ends itself a moment
    /// later.
    ForksAndLeaves(u64, Band),
    ForksAndStays(u64, Band),
    Respawns(u64, Band),
    Stopped,
    Traced,
    Stuck,
    Denied,
}

pub fn habits() -> impl Strategy<Value = Habit> {
    prop_oneof![
        6 => Just(Habit::Obeys),
        3 => (0..3000_u64).prop_map(Habit::LeavesAfter),
        2 => Just(Habit::Ignores),
        1 => (0..4000_u64).prop_map(Habit::EndsAt),
        1 => (0..2500_u64, birth_bands()).prop_map(|(at, band)| Habit::ForksAndLeaves(at, band)),
        1 => (0..2500_u64, birth_bands()).prop_map(|(at, band)| Habit::ForksAndStays(at, band)),
        1 => (0..20_u64, birth_bands()).prop_map(|(at, band)| Habit::Respawns(at, band)),
        1 => Just(Habit::Stopped),
        1 => Just(Habit::Traced),
        1 => Just(Habit::Denied),
        1 => Just(Habit::Stuck),
    ]
}

pub fn behave(role: Role, habit: &Habit) -> Role {
    let fork = |band: Band| Deed::Fork(Box::new(place(helper(), band)));
    match *habit {
        Habit::Obeys => role,
        Habit::LeavesAfter(wait) => role.leaves_after(ms(wait)),
        Habit::Ignores => role.ignores_all(),
        Habit::EndsAt(at) => role.ends_at(ms(at)),
        Habit::ForksAndLeaves(wait, band) => role
            .when(When::Asked(ms(wait)), [fork(band)])
            .leaves_after(ms(wait) + Duration::from_micros(700)),
        Habit::ForksAndStays(wait, band) => role.when(When::Asked(ms(wait)), [fork(band)]),
        Habit::Respawns(wait, band) => role
            .when(When::ChildEnded(ms(wait)), [fork(band)])
            .ignores_all(),
        Habit::Stopped => role.stopped(),
        Habit::Traced => role.traced(),
        Habit::Stuck => role.stuck(),
        Habit::Denied => role.denied(),
    }
}
