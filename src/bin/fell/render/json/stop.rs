//! The record of a stop, of a refusal and of a dry run.

use std::time::{Duration, SystemTime};

use fell::fate::{Cause, Fate, Obstacle};
use fell::linux::own::boot_time;
use fell::outcome::{Outcome, Record, Verdict};
use fell::schedule::Schedule;
use fell::scope::Reach;
use fell::selection::{Caveat, Refused};
use fell::stop::Errand;
use fell::survey::{Gap, Unread};
use fell::target::Target;
use serde::Serialize;

use super::process::{
    ProcessDocument, ReasonDocument, process, reason_document, refusal_word, time,
};
use super::{VERSION, warnings};
use crate::render::stop::signal_name;
use crate::report::{Part, Row};

/// The record of a stop, or of a dry run.
#[derive(Debug, Serialize)]
pub struct StopDocument {
    version: u32,
    targets: Vec<TargetDocument>,
    reach: &'static str,
    schedule: Vec<StepDocument>,
    started_at: String,
    elapsed_ms: f64,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    interrupted_by: Option<String>,
    dry_run: bool,
    rounds: u32,
    partial: bool,
    members: Vec<MemberDocument>,
    refused: Vec<RefusedDocument>,
    unread: Vec<UnreadDocument>,
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct TargetDocument {
    kind: &'static str,
    id: i32,
    missing: bool,
}

#[derive(Debug, Serialize)]
struct StepDocument {
    signal: String,
    wait_ms: Option<u128>,
}

#[derive(Debug, Serialize)]
struct MemberDocument {
    #[serde(flatten)]
    process: ProcessDocument,
    reason: ReasonDocument,
    target: i32,
    fate: FateDocument,
    after_ms: Option<f64>,
    step: Option<usize>,
    round: u32,
    unreaped_by: Option<i32>,
}

#[derive(Debug, Serialize)]
pub(super) struct FateDocument {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    core: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    before_signal: bool,
}

#[derive(Debug, Serialize)]
struct RefusedDocument {
    #[serde(flatten)]
    process: ProcessDocument,
    why: &'static str,
    named: bool,
}

#[derive(Debug, Serialize)]
struct UnreadDocument {
    what: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<i32>,
    why: String,
}

/// What a stop document is made from, besides its outcome.
#[derive(Debug, Clone, Copy)]
pub struct StopContext<'a> {
    /// What was named.
    pub targets: &'a [Target],
    /// Which of it was not there, as positions.
    pub missing: &'a [usize],
    /// How far it went.
    pub reach: Reach,
    /// What was to be done.
    pub errand: &'a Errand,
    /// When it began, by the clock of the wall.
    pub started_at: SystemTime,
}

/// The record of a stop.
pub fn stop(context: &StopContext<'_>, outcome: &Outcome) -> StopDocument {
    let boot = boot_time();
    let mut document = empty(context, verdict(outcome.verdict));
    document.elapsed_ms = millis(outcome.elapsed);
    document.interrupted_by = match outcome.verdict {
        Verdict::Interrupted(signal) => Some(signal.to_string()),
        _ => None,
    };
    document.rounds = outcome.rounds;
    document.partial = outcome.partial;
    document.members = outcome
        .records
        .iter()
        .map(|record| member(record, context.targets, boot))
        .collect();
    document.refused = outcome
        .refused
        .iter()
        .map(|refused| self::refused(refused, boot))
        .collect();
    document.unread = outcome.gaps.iter().map(unread).collect();
    document.warnings = warnings(&outcome.caveats);
    document
}

/// The record of a stop for which nobody was named.
pub fn nobody(context: &StopContext<'_>) -> StopDocument {
    empty(context, "nothing")
}

/// The record of a stop that was refused.
pub fn refusal(
    context: &StopContext<'_>,
    refused: &[Refused],
    warnings: Vec<String>,
) -> StopDocument {
    let boot = boot_time();
    let mut document = empty(context, "refused");
    document.refused = refused
        .iter()
        .map(|refused| self::refused(refused, boot))
        .collect();
    document.warnings = warnings;
    document
}

/// The record where a target is there, but may not be looked at.
pub fn out_of_reach(context: &StopContext<'_>, why: String) -> StopDocument {
    let mut document = empty(context, "left");
    document.partial = true;
    document.warnings = vec![why];
    document
}

/// The record of a dry run.
pub fn dry_run(
    context: &StopContext<'_>,
    rows: &[Row],
    caveats: &[Caveat],
    partial: bool,
) -> StopDocument {
    let boot = boot_time();
    let is_empty = !rows.iter().any(Row::is_taken);
    let mut document = empty(context, if is_empty { "nothing" } else { "dry_run" });
    document.dry_run = true;
    document.rounds = 1;
    document.partial = partial;
    document.warnings = warnings(caveats);
    for row in rows {
        let process = process(&row.process, row.description.as_deref(), boot);
        match row.part {
            Part::Member { reason, target } => document.members.push(MemberDocument {
                process,
                reason: reason_document(reason),
                target: context.targets.get(target).map_or(0, target_id),
                fate: FateDocument::plain(if row.is_taken() { "spared" } else { "zombie" }),
                after_ms: None,
                step: None,
                round: 1,
                unreaped_by: None,
            }),
            Part::Refused(why) => document.refused.push(RefusedDocument {
                process,
                why: refusal_word(why),
                named: false,
            }),
            Part::Related | Part::Bystander => {}
        }
    }
    document
}

fn empty(context: &StopContext<'_>, verdict: &'static str) -> StopDocument {
    StopDocument {
        version: VERSION,
        targets: context
            .targets
            .iter()
            .enumerate()
            .map(|(at, target)| TargetDocument {
                kind: match target {
                    Target::Process(_) => "process",
                    Target::Group(_) => "group",
                },
                id: target_id(target),
                missing: context.missing.contains(&at),
            })
            .collect(),
        reach: reach_word(context.reach),
        schedule: schedule(context.errand),
        started_at: time(context.started_at),
        elapsed_ms: 0.0,
        verdict,
        interrupted_by: None,
        dry_run: false,
        rounds: 0,
        partial: false,
        members: Vec::new(),
        refused: Vec::new(),
        unread: Vec::new(),
        warnings: Vec::new(),
    }
}

fn target_id(target: &Target) -> i32 {
    match target {
        Target::Process(pid) => pid.get(),
        Target::Group(group) => group.get(),
    }
}

fn schedule(errand: &Errand) -> Vec<StepDocument> {
    let steps = |schedule: &Schedule| {
        schedule
            .steps()
            .iter()
            .map(|step| StepDocument {
                signal: step.signal.to_string(),
                wait_ms: Some(step.wait.as_millis()),
            })
            .collect()
    };
    match errand {
        Errand::Stop(schedule) => steps(schedule),
        Errand::Deliver(signal) => vec![StepDocument {
            signal: signal.to_string(),
            wait_ms: None,
        }],
        Errand::Probe => vec![StepDocument {
            signal: "0".to_owned(),
            wait_ms: None,
        }],
    }
}

fn member(record: &Record, targets: &[Target], boot: SystemTime) -> MemberDocument {
    MemberDocument {
        process: process(&record.process, record.description.as_deref(), boot),
        reason: reason_document(record.reason),
        target: targets.get(record.target).map_or(0, target_id),
        fate: fate(&record.fate),
        after_ms: record.after.map(millis),
        step: record.step,
        round: record.round,
        unreaped_by: record.unreaped_by.map(|pid| pid.get()),
    }
}

impl FateDocument {
    fn plain(kind: &'static str) -> Self {
        Self {
            kind,
            code: None,
            signal: None,
            core: None,
            why: None,
            detail: None,
            before_signal: false,
        }
    }

    pub(super) fn of_cause(cause: Cause) -> Self {
        match cause {
            Cause::Exited(code) => Self {
                code: Some(code),
                ..Self::plain("exited")
            },
            Cause::Signalled { signal, core } => Self {
                signal: Some(signal_name(signal)),
                core: Some(core),
                ..Self::plain("signalled")
            },
            Cause::Unknown => Self::plain("gone"),
        }
    }

    fn of_obstacle(kind: &'static str, obstacle: &Obstacle) -> Self {
        let (why, detail) = match obstacle {
            Obstacle::NotPermitted { owner } => {
                ("not_permitted", owner.map(|owner| format!("uid {owner}")))
            }
            Obstacle::Uninterruptible { channel } => ("uninterruptible", channel.clone()),
            Obstacle::Traced { by } => ("traced", by.map(|pid| format!("tracer {pid}"))),
            Obstacle::Frozen => ("frozen", None),
            Obstacle::Stopped => ("stopped", None),
            Obstacle::Failed(why) => ("failed", Some(why.clone())),
            Obstacle::Nothing => ("running", None),
        };
        Self {
            why: Some(why),
            detail,
            ..Self::plain(kind)
        }
    }
}

fn fate(fate: &Fate) -> FateDocument {
    match fate {
        Fate::AlreadyEnded(cause) => FateDocument {
            before_signal: true,
            ..FateDocument::of_cause(*cause)
        },
        Fate::Ended(cause) => FateDocument::of_cause(*cause),
        Fate::Survived(obstacle) => FateDocument::of_obstacle("survived", obstacle),
        Fate::Unreached(obstacle) => FateDocument::of_obstacle("unreached", obstacle),
        Fate::Signalled => FateDocument::plain("delivered"),
    }
}

fn refused(refused: &Refused, boot: SystemTime) -> RefusedDocument {
    RefusedDocument {
        process: process(&refused.process, None, boot),
        why: refusal_word(refused.why),
        named: refused.named.is_some(),
    }
}

fn unread(gap: &Gap) -> UnreadDocument {
    let (what, pid) = match gap.of {
        Unread::Process(pid) => ("process", Some(pid)),
        Unread::Children(of) => ("children", Some(of)),
        Unread::Mates => ("mates", None),
        Unread::Group(group) => ("group", Some(group.leader())),
    };
    UnreadDocument {
        what,
        pid: pid.map(|pid| pid.get()),
        why: gap.why.clone(),
    }
}

fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Nothing => "nothing",
        Verdict::Gone => "gone",
        Verdict::Delivered => "delivered",
        Verdict::Left => "left",
        Verdict::Interrupted(_) => "interrupted",
    }
}

fn reach_word(reach: Reach) -> &'static str {
    match reach {
        Reach::Family => "family",
        Reach::Tree => "tree",
        Reach::Group => "group",
        Reach::Process => "process",
        Reach::Session => "session",
    }
}
