//! Stops a whole process tree on Linux and proves that it is gone.
//!
//! The way of the data: a [`target::Target`] becomes a [`target::Root`], roots and a
//! [`scope::Reach`] make a [`scope::Scope`], a [`survey::Survey`] reads the
//! system until nobody new belongs, and [`stop::stop`] takes a [`stop::Plan`] to the
//! set and leaves an [`outcome::Outcome`].
//!
//! The core makes no system call: it knows the world as a [`system::System`], of which
//! [`linux::Linux`] is the real one.
#![deny(missing_docs)]
#![deny(unsafe_code)]
#![deny(rust_2018_idioms)]

pub mod adoption;
pub mod command;
pub mod fate;
pub mod guard;
pub mod kinship;
pub mod linux;
pub mod outcome;
pub mod process;
#[cfg(test)]
mod sample;
pub mod schedule;
pub mod scope;
pub mod selection;
pub mod signal;
pub mod snapshot;
pub mod stop;
pub mod survey;
pub mod system;
pub mod target;
