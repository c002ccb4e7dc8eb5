//! `fell tree`.

use clap::{Args, ValueHint};
use fell::process::Pid;
use fell::signal::Signal;

use super::values::{self, Completed, ReachArg};

#[derive(Debug, Args)]
pub struct TreeArgs {
    /// The processes to look at; every process without
    #[arg(value_name = "PID", value_hint = ValueHint::Other, value_parser = values::pid)]
    pub pids: Vec<Pid>,

    /// How far a stop would go
    #[arg(long, value_name = "REACH", default_value = "family")]
    pub reach: ReachArg,

    /// The signal whose effect is shown
    #[arg(short, long, value_name = "SIG", default_value = "TERM", value_parser = Completed(values::signal), hide_possible_values = true)]
    pub signal: Signal,

    /// Kernel threads too
    #[arg(long, conflicts_with = "pids")]
    pub kernel: bool,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
