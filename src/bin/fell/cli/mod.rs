//! The command line: what can be said, nothing of what it does.

pub mod habits;
pub mod run;
pub mod signals;
pub mod stop;
pub mod tree;
pub mod values;

use clap::{Parser, Subcommand, ValueEnum};

/// Stop a whole process tree and prove that it is gone.
///
/// A stop takes the process, its group, all its descendants, and the groups and sessions that they
/// opened. It asks with TERM, waits until the last one has ended, and kills whoever is left.
#[derive(Debug, Parser)]
#[command(
    name = "fell",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "Exit status: 0 all gone, 1 nothing was there, 2 something is left, 3 wrong usage or a refused target.\n\
                  Durations: 10, 10s, 500ms, 1.5s, 2m, 1h. Signals: TERM, SIGTERM, 15, RTMIN+3."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// When to use colours
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        display_order = 900
    )]
    pub color: ColorChoice,
}

/// What to do. Only what is asked for is built, which saves a quarter of the time that it takes
/// to start; a comment on its arguments' structure would become its description then.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Show what a stop would take
    ///
    /// The tree, with the group and session of everyone, what TERM does to each, and who is taken and why.
    /// Without a PID: every process.
    Tree(tree::TreeArgs),
    /// Ask everyone to end, wait, then kill who is left
    ///
    /// Sends TERM to every member of the set, parents first, and returns the moment that the last one has
    /// ended. Whoever is left when the grace is over gets KILL, whether or not the PID itself has long ended.
    Term(stop::TermArgs),
    /// Kill everyone now, and verify it
    ///
    /// Walks the set, parents first, so that no child that is being born gets away, sends KILL, and returns
    /// the moment that the last one has ended.
    Kill(stop::KillArgs),
    /// Kill one process group now, and verify it
    ///
    /// Takes exactly the processes of the group, whether or not its leader lives.
    Killpg(stop::KillpgArgs),
    /// Start a program so that nothing of it can get away
    ///
    /// Whatever comes of the program stays below fell, also what forks twice and opens a session of its own.
    /// When fell is asked to end, or the program has ended, all of it is stopped; fell ends with the program's
    /// exit status.
    Run(run::RunArgs),
    /// The signal reference
    Signals(signals::SignalsArgs),
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
