//! `peer-kill-tree PID`: the kill_tree crate sends KILL to a tree.

use kill_tree::{Config, blocking::kill_tree_with_config};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pid = std::env::args().nth(1).ok_or("which process?")?.parse()?;
    let signal = "SIGKILL".to_owned();
    kill_tree_with_config(pid, &Config { signal, ..Config::default() })?;
    Ok(())
}
