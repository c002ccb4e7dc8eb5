//! The look that `tree` and dry runs have in common: the same selection as a stop's.

use std::collections::HashSet;

use anyhow::{Context, Result};
use fell::guard::Guard;
use fell::linux::Linux;
use fell::process::Pid;
use fell::scope::{Reach, Scope};
use fell::selection::Caveat;
use fell::stop;
use fell::system::{Hold, Lost, System};
use fell::target::{Target, TargetError};

use crate::report::{Part, Row};

/// What a look has found.
#[derive(Debug)]
pub struct Picture {
    /// Members, refused ones, and those related but not taken.
    pub rows: Vec<Row>,
    /// What the user should know about the set.
    pub caveats: Vec<Caveat>,
    /// Which targets nobody was found for, as positions.
    pub missing: Vec<usize>,
    /// Whether processes may be hidden from this user.
    pub partial: bool,
}

/// Opens the running system.
pub fn open() -> Result<Linux> {
    let mut linux = Linux::new().context("can't read /proc")?;
    linux.leave_closing_to_exit();
    Ok(linux)
}

/// The processes that were named, each of them once: one that is named again is no
/// other target, and could only be told as missing.
pub fn targets(pids: &[Pid]) -> Vec<Target> {
    let mut named = HashSet::new();
    pids.iter()
        .filter(|&&pid| named.insert(pid))
        .map(|&pid| Target::Process(pid))
        .collect()
}

/// Looks up what was named, and what is out of bounds.
pub fn scope(linux: &mut Linux, targets: &[Target], reach: Reach) -> Result<Scope> {
    let roots = targets
        .iter()
        .map(|target| target.resolve(linux))
        .collect::<Result<_, _>>()?;
    Ok(Scope {
        reach,
        roots,
        guard: Guard::of(linux),
    })
}

/// Whether somebody is there who may not be looked at.
pub fn is_denied(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<TargetError>();
    matches!(error, Some(TargetError::Unreadable(_, Lost::Denied)))
}

/// Looks at everyone in the scope, signals nobody.
pub fn take(linux: &mut Linux, mut scope: Scope) -> Result<Picture> {
    let targets = scope.roots.len();
    let partial = linux.is_partial();
    let guard = scope.guard.clone();
    let is_refused = scope.is_refused();
    if is_refused {
        // A stop would signal nobody. What it would have taken is shown all the same,
        // with a mark on whoever stands against it.
        scope.guard = Guard::suspended();
    }
    let mut survey = stop::look(linux, scope)?;
    let descriptions = linux.describe_each(survey.handles_mut());
    let selection = survey.into_selection(linux);
    let neighbours = linux
        .neighbours(&selection)
        .context("can't read the process table")?;
    let of_refused = linux.describe_all(selection.refused().iter().map(|it| &it.process));
    let (members, refused, caveats) = selection.into_parts();
    let missing = (0..targets)
        .filter(|&target| {
            !members
                .iter()
                .any(|member| member.root == target && !member.process.is_zombie())
        })
        .collect();
    let members = members
        .into_iter()
        .zip(descriptions)
        .map(|(member, description)| Row {
            part: match guard.refusal(&member.process) {
                Some(why) => Part::Refused(why),
                None => Part::Member {
                    reason: member.reason,
                    target: member.root,
                },
            },
            process: member.process,
            description,
        });
    let refused = refused
        .into_iter()
        .zip(of_refused)
        .map(|(refused, description)| Row {
            process: refused.process,
            description,
            part: Part::Refused(refused.why),
        });
    // Whoever has ended is nobody's concern.
    let neighbours = neighbours
        .into_iter()
        .filter(|(process, _)| !process.is_zombie())
        .map(|(process, description)| Row {
            part: Part::Related,
            process,
            description,
        });
    let rows = members.chain(refused).chain(neighbours).collect();
    Ok(Picture {
        rows,
        caveats: if is_refused { Vec::new() } else { caveats },
        missing,
        partial,
    })
}

/// Whom of those that a stop would take this user may not signal.
pub fn unreachable<'r>(linux: &mut Linux, rows: &'r [Row]) -> Vec<&'r Row> {
    rows.iter()
        .filter(|row| row.is_taken())
        .filter(|row| {
            let Ok((mut handle, found)) = linux.open(row.process.pid(), Hold::Look) else {
                return false;
            };
            found.identity == row.process.identity
                && matches!(linux.probe(&mut handle), Err(Lost::Denied))
        })
        .collect()
}
