//! `fell tree`: what a stop would take.

use anyhow::Result;
use fell::guard::Guard;
use fell::linux::Linux;
use fell::process::{Kind, Process};
use fell::system::System;
use fell::target::Target;

use super::look::{self, Picture};
use crate::cli::ColorChoice;
use crate::cli::tree::TreeArgs;
use crate::exit::Exit;
use crate::output;
use crate::render::{json, stop, tree};
use crate::report::{Part, Row};
use crate::terminal::Terminal;

/// Shows the set, or every process.
pub fn run(args: &TreeArgs, color: ColorChoice) -> Result<Exit> {
    let mut linux = look::open()?;
    let targets = look::targets(&args.pids);
    let picture = if targets.is_empty() {
        everyone(&mut linux, args)?
    } else {
        let scope = look::scope(&mut linux, &targets, args.reach.into())?;
        look::take(&mut linux, scope)?
    };
    Linux::make_room(picture.rows.len());
    let terminal = Terminal::stdout(color);
    let is_empty = picture.rows.is_empty();
    for &at in &picture.missing {
        if is_missing(&picture, &targets[at]) {
            output::message(&format!("fell: {}\n", stop::missing(&targets[at])));
        }
    }
    if args.json {
        let document = json::tree(
            &picture.rows,
            args.signal,
            &picture.caveats,
            picture.partial,
        );
        output::print(&json::print(&document)?)?;
    } else if !is_empty {
        let view = tree::View {
            terminal,
            signal: args.signal,
            sequel: tree::Sequel::Kill,
            now: linux.tick(),
        };
        output::print(&tree::render(&picture.rows, &view))?;
        for caveat in &picture.caveats {
            output::message(&format!(
                "fell: {}\n",
                stop::caveat(caveat, terminal.charset)
            ));
        }
        if picture.partial {
            output::message("fell: processes of other users are hidden from this one\n");
        }
    }
    Ok(if is_empty { Exit::Nothing } else { Exit::Done })
}

/// A target that is shown as a zombie or as refused is not missing.
fn is_missing(picture: &Picture, target: &Target) -> bool {
    match target {
        Target::Process(pid) => !picture.rows.iter().any(|row| row.process.pid() == *pid),
        Target::Group(_) => true,
    }
}

/// Every process, as a tree.
fn everyone(linux: &mut Linux, args: &TreeArgs) -> Result<Picture> {
    let table = linux.table()?;
    let guard = Guard::of(linux);
    let processes: Vec<&Process> = table
        .iter()
        .filter(|process| args.kernel || process.kind == Kind::User)
        .collect();
    let descriptions = linux.describe_all(processes.iter().copied());
    let rows = processes
        .into_iter()
        .zip(descriptions)
        .map(|(process, description)| Row {
            part: guard
                .refusal(process)
                .map_or(Part::Bystander, Part::Refused),
            process: process.clone(),
            description,
        })
        .collect();
    Ok(Picture {
        rows,
        caveats: Vec::new(),
        missing: Vec::new(),
        partial: linux.is_partial(),
    })
}
