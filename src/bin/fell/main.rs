//! `fell`: parse, run, print the error, exit.
#![forbid(unsafe_code)]

mod cli;
mod commands;
mod exit;
mod output;
mod render;
mod report;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};

/// musl's own allocator asks the kernel for a page every few allocations, which takes as
/// long as all the rest of the start.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error),
    };
    let exit = match &cli.command {
        Command::Tree(args) => commands::tree::run(args, cli.color),
        Command::Term(args) => commands::stop::term(args, cli.color),
        Command::Kill(args) => commands::stop::kill(args, cli.color),
        Command::Killpg(args) => commands::stop::killpg(args, cli.color),
        Command::Run(args) => Ok(commands::run::run(args, cli.color)),
        Command::Signals(args) => commands::signals::run(args, cli.color),
    };
    exit::status(exit)
}
