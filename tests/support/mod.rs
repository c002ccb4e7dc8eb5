//! What the tests share.
#![allow(dead_code, unused_imports)] // no test uses everything

mod dispositions;
pub mod family;
pub mod fell;
pub mod installed;
pub mod means;
pub mod namespace;
pub mod running;
pub mod seccomp;
pub mod service;
pub mod terminal;
pub mod trace;
pub mod victim;
pub mod world;
