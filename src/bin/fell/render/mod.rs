//! Words, tables and wire formats.

pub mod columns;
pub mod json;
pub mod meanings;
pub mod outlooks;
pub mod progress;
pub mod signals;
pub mod stop;
pub mod text;
pub mod tree;
pub mod words;
