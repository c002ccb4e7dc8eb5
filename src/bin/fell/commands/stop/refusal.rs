//! Targets that must not, or may not, be touched.

use anyhow::Result;
use fell::guard::Refusal;
use fell::linux::Linux;
use fell::process::Pgid;
use fell::scope::Scope;
use fell::selection::Refused;
use fell::target::{Root, Target};

use super::Job;
use crate::exit::Exit;
use crate::output;
use crate::render::{json, stop as wording};

impl Job<'_> {
    /// A target is there, but may not even be looked at (hidepid of proc(5)): it is still
    /// there at the end.
    pub(super) fn tell_out_of_reach(&self, why: &str) -> Result<Exit> {
        output::message(&format!("fell: {why}\n"));
        if self.options.json {
            let document = json::out_of_reach(&self.context(&[]), why.to_owned());
            output::result(&json::print(&document)?);
        }
        Ok(Exit::Left)
    }

    /// A group that the kernel knows, and in which /proc shows nobody.
    pub(super) fn hidden_group(&self, linux: &mut Linux) -> Option<Pgid> {
        let groups = self.targets.iter().filter_map(|target| match target {
            Target::Group(group) => Some(*group),
            Target::Process(_) => None,
        });
        groups.into_iter().find(|&group| linux.hides_group(group))
    }

    /// A refused target is an error, and then nobody at all is signalled.
    pub(super) fn refuse(&self, scope: &Scope) -> Result<Option<Exit>> {
        let mut refused = Vec::new();
        let mut reasons = Vec::new();
        let charset = self.terminal().charset;
        for (at, root) in scope.roots.iter().enumerate() {
            match root {
                Root::Process(process) => {
                    if let Some(why) = scope.guard.refusal(process) {
                        reasons.push(wording::refused(process, why, charset));
                        refused.push(Refused {
                            process: process.clone(),
                            why,
                            named: Some(at),
                        });
                    }
                }
                Root::Group(group) => reasons.extend(refused_group(scope, *group)),
                Root::Remains(_) | Root::Replaced(_) | Root::Adopted(_) => {}
            }
        }
        if reasons.is_empty() {
            return Ok(None);
        }
        let lines = reasons.iter().map(|reason| format!("fell: {reason}\n"));
        output::message(&lines.collect::<String>());
        if self.options.json {
            let document = json::refusal(&self.context(&[]), &refused, reasons);
            output::result(&json::print(&document)?);
        }
        Ok(Some(Exit::Failed))
    }
}

/// Why a group that was named must not be signalled.
fn refused_group(scope: &Scope, group: Pgid) -> Option<String> {
    let with = if group.get() == 1 {
        group.leader()
    } else {
        scope.guard.holder_of_group(group)?
    };
    let whom = match scope
        .guard
        .kin(with)
        .and_then(|kin| scope.guard.refusal(kin))
    {
        Some(Refusal::Myself) => "fell itself".to_owned(),
        Some(Refusal::Ancestor) => format!("{with}, an ancestor of fell"),
        _ => format!("{with}, the first process"),
    };
    Some(format!(
        "group {group} holds {whom}: refused, and nobody was signalled"
    ))
}
