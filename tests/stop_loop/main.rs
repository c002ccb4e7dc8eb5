//! The loop against a made-up world, where time can be told exactly.

#[path = "../support/mod.rs"]
mod support;

mod deliveries;
mod forkers;
mod groups;
mod interruptions;
mod lists;
mod namesakes;
mod newcomers;
mod numbers;
mod obstacles;
mod out_of_reach;
mod remains;
mod reuse;
mod stage;
mod steps;
mod stopped;
mod telling;
mod threads;
