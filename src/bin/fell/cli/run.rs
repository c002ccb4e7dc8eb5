//! `fell run`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use fell::schedule::Schedule;
use fell::signal::Signal;

use super::values::{self, Completed};

#[derive(Debug, Args)]
pub struct RunArgs {
    /// The program and its arguments
    #[arg(value_name = "COMMAND", required = true, num_args = 1.., trailing_var_arg = true, value_hint = clap::ValueHint::CommandWithArguments)]
    pub command: Vec<OsString>,

    /// The first signal of a stop; where INT, HUP or QUIT asked for it, that one is sent instead
    #[arg(short, long, value_name = "SIG", default_value = "TERM", value_parser = Completed(values::signal), hide_possible_values = true)]
    pub signal: Signal,

    /// How long to wait before KILL; 0 does not wait
    #[arg(short, long, value_name = "DURATION", default_value = "7s", value_parser = values::wait)]
    pub grace: Duration,

    /// Signals and waits in turn instead, such as TERM/5s/INT/2s/KILL/2s
    #[arg(long, value_name = "STEPS", allow_hyphen_values = true, conflicts_with_all = ["signal", "grace"], value_parser = values::schedule)]
    pub schedule: Option<Schedule>,

    /// Signal COMMAND alone first; when it has ended, whatever it left (for a master that stops its workers itself)
    #[arg(long)]
    pub main_first: bool,

    /// When COMMAND has ended, wait for what it left behind instead of stopping it
    #[arg(long)]
    pub wait_all: bool,

    /// Print nothing but errors and survivors
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Tell of each member of a stop who it is, why it belongs, how it ended and when
    #[arg(short, long)]
    pub verbose: bool,

    /// Print the whole record as JSON, on standard error in the end
    #[arg(long)]
    pub json: bool,

    /// Write the same record to a file
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub report: Option<PathBuf>,
}
