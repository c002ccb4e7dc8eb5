//! One file a command: from what was said to what is done and told.

pub mod look;
pub mod run;
pub mod signals;
pub mod stop;
pub mod tree;
