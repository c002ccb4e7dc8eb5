//! `fell term`, `fell kill` and `fell killpg`.

use std::time::Duration;

use clap::{Args, ValueHint};
use fell::process::{Pgid, Pid};
use fell::schedule::Schedule;
use fell::signal::Signal;

use super::values::{self, Completed, GroupReachArg, ReachArg, SignalOrProbe};

#[derive(Debug, Clone, Args)]
pub struct StopOptions {
    /// Show what would be done; signal nobody
    #[arg(short = 'n', long)]
    pub dry_run: bool,

    /// Print nothing but errors, survivors and warnings
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Tell of each member who it is, why it belongs, how it ended and when
    #[arg(short, long)]
    pub verbose: bool,

    /// Print the whole record as JSON
    #[arg(long)]
    pub json: bool,

    /// What does not exist is stopped already: exit 0, not 1; no PID at all is fine too
    #[arg(short, long)]
    pub oknodo: bool,
}

#[derive(Debug, Args)]
pub struct TermArgs {
    /// The processes to stop
    #[arg(value_name = "PID", required_unless_present = "oknodo", value_hint = ValueHint::Other, value_parser = values::pid)]
    pub pids: Vec<Pid>,

    /// The first signal
    #[arg(short, long, value_name = "SIG", default_value = "TERM", value_parser = Completed(values::signal), hide_possible_values = true)]
    pub signal: Signal,

    /// How long to wait before KILL; 0 does not wait
    #[arg(short, long, value_name = "DURATION", default_value = "10s", value_hint = ValueHint::Other, value_parser = values::wait)]
    pub grace: Duration,

    /// Signals and waits in turn instead, such as HUP/5s/TERM/10s/KILL/5s
    #[arg(long, value_name = "STEPS", allow_hyphen_values = true, conflicts_with_all = ["signal", "grace", "no_kill"], value_hint = ValueHint::Other, value_parser = values::schedule)]
    pub schedule: Option<Schedule>,

    /// Never kill: whoever is left after the grace is left, and the exit status is 2
    #[arg(long)]
    pub no_kill: bool,

    /// Signal the PID alone first; when it has ended, whatever it left (for a master that stops its workers itself)
    #[arg(long)]
    pub main_first: bool,

    /// How far to go
    #[arg(long, value_name = "REACH", default_value = "family")]
    pub reach: ReachArg,

    /// What all stops have in common.
    #[command(flatten)]
    pub options: StopOptions,
}

#[derive(Debug, Args)]
pub struct KillArgs {
    /// The processes to kill
    #[arg(value_name = "PID", required_unless_present = "oknodo", value_hint = ValueHint::Other, value_parser = values::pid)]
    pub pids: Vec<Pid>,

    /// Send this to everyone once instead, and do not wait; 0 sends nothing and tells whether each could be signalled
    #[arg(short, long, value_name = "SIG", default_value = "KILL", value_parser = Completed(values::signal_or_probe), hide_possible_values = true)]
    pub signal: SignalOrProbe,

    /// How far to go
    #[arg(long, value_name = "REACH", default_value = "family")]
    pub reach: ReachArg,

    /// What all stops have in common.
    #[command(flatten)]
    pub options: StopOptions,
}

#[derive(Debug, Args)]
pub struct KillpgArgs {
    /// The process group, without a minus sign
    #[arg(value_name = "PGID", required_unless_present = "oknodo", value_hint = ValueHint::Other, value_parser = values::pgid)]
    pub group: Option<Pgid>,

    /// Send this to everyone once instead, and do not wait; 0 sends nothing and tells whether each could be signalled
    #[arg(short, long, value_name = "SIG", default_value = "KILL", value_parser = Completed(values::signal_or_probe), hide_possible_values = true)]
    pub signal: SignalOrProbe,

    /// How far to go
    #[arg(long, value_name = "REACH", default_value = "group")]
    pub reach: GroupReachArg,

    /// What all stops have in common.
    #[command(flatten)]
    pub options: StopOptions,
}
