//! What a stop says: its one line, its warnings, its survivors and, with `-v`,
//! everyone.

use std::fmt::Write as _;

use fell::fate::{Cause, Fate, Obstacle};
use fell::guard::Refusal;
use fell::linux::own::user_name;
use fell::outcome::{Outcome, Record, Verdict};
use fell::process::{Pid, Process};
use fell::schedule::Wait;
use fell::selection::{Caveat, Reason};
use fell::signal::Signal;
use fell::stop::{Errand, Order};
use fell::survey::Gap;
use fell::target::Target;

use super::words;
use crate::report::{Row, Tally};
use crate::terminal::Charset;

/// A signal of any machine by its name, where this one has it.
pub fn signal_name(number: u8) -> String {
    Signal::new(number).map_or_else(|| format!("signal {number}"), |signal| signal.to_string())
}

/// The line on standard output.
pub fn summary(outcome: &Outcome, errand: &Errand) -> String {
    let tally = Tally::of(outcome);
    match errand {
        Errand::Stop(_) => stopped(outcome, &tally),
        Errand::Deliver(signal) => {
            let reached = words::count(tally.signalled, "process", "processes");
            format!("sent {signal} to {reached}{}", of_others(&tally))
        }
        Errand::Probe => {
            let reached = words::count(tally.signalled, "process", "processes");
            format!("{reached} could be signalled{}", of_others(&tally))
        }
    }
}

fn of_others(tally: &Tally) -> String {
    let mut text = String::new();
    if tally.already > 0 {
        let _ = write!(text, ", {} already ended", tally.already);
    }
    if tally.left > 0 {
        let _ = write!(text, ", {} could not be reached", tally.left);
    }
    text
}

fn stopped(outcome: &Outcome, tally: &Tally) -> String {
    let gone = if tally.gone() == tally.total {
        words::count(tally.total, "process", "processes")
    } else {
        let of = words::count(tally.total, "process", "processes");
        format!("{} of {of}", tally.gone())
    };
    let mut classes: Vec<String> = tally
        .by_signal
        .iter()
        .map(|&(signal, number)| format!("{number} by {}", signal_name(signal)))
        .collect();
    // Those who ended by themselves stand before those who were killed.
    let before_kill = tally
        .by_signal
        .iter()
        .position(|&(signal, _)| signal == Signal::KILL.number())
        .unwrap_or(classes.len());
    if tally.exited > 0 {
        classes.insert(before_kill, format!("{} exited", tally.exited));
    }
    for (number, what) in [
        (tally.already, "already ended"),
        (tally.unknown, "of unknown cause"),
        (tally.left, "left"),
    ] {
        if number > 0 {
            classes.push(format!("{number} {what}"));
        }
    }
    format!(
        "stopped {gone} in {}: {}{}",
        words::span(outcome.elapsed),
        classes.join(", "),
        if outcome.partial {
            " (gone, as far as this user can see)"
        } else {
            ""
        }
    )
}

/// What a dry run says below its tree.
pub fn intention(errand: &Errand, order: Order, processes: usize) -> String {
    let whom = words::count(processes, "process", "processes");
    match errand {
        Errand::Stop(schedule) => {
            let steps: Vec<String> = schedule
                .steps()
                .iter()
                .enumerate()
                .map(|(at, step)| {
                    let to = match order {
                        Order::MainFirst if at == 0 => {
                            " to the target alone, then to whatever that leaves"
                        }
                        _ => "",
                    };
                    format!("{}{to}, up to {}", step.signal, Wait(step.wait))
                })
                .collect();
            format!("would stop {whom}: {}", steps.join(", then "))
        }
        Errand::Deliver(signal) => format!("would send {signal} to {whom}"),
        Errand::Probe => format!("would ask whether {whom} could be signalled"),
    }
}

/// Who is still there, why, and what can be done.
pub fn survivor(record: &Record, charset: Charset) -> Option<String> {
    let (verb, obstacle) = match &record.fate {
        Fate::Survived(obstacle) => ("is still there", obstacle),
        Fate::Unreached(obstacle) => ("could not be signalled", obstacle),
        _ => return None,
    };
    Some(format!(
        "{} {verb}: {}",
        who(&record.process, charset),
        self::obstacle(obstacle, &record.process)
    ))
}

/// How those were held whom no pidfd held.
pub fn unpinned(number: usize) -> Option<String> {
    (number > 0).then(|| {
        format!(
            "no pidfd for {} (old kernel, a filter, or too few descriptors): start times were \
             compared before each signal, ends looked for every 10 ms",
            words::count(number, "process", "processes")
        )
    })
}

/// What could not be read, and what may be hidden by that.
pub fn gap(gap: &Gap) -> String {
    format!(
        "{} can't be read ({}): somebody may be left",
        gap.of, gap.why
    )
}

fn who(process: &Process, charset: Charset) -> String {
    format!("{} {}", process.pid(), words::name(process, charset))
}

fn obstacle(obstacle: &Obstacle, process: &Process) -> String {
    match obstacle {
        Obstacle::NotPermitted { owner } => {
            let owner = owner.map_or_else(String::new, |id| {
                let name = user_name(id).unwrap_or_else(|| id.to_string());
                format!(" (owner {name})")
            });
            format!("not permitted{owner}; run fell as that user or as root")
        }
        Obstacle::Uninterruptible { channel } => {
            let channel = channel
                .as_ref()
                .map_or_else(String::new, |channel| format!(" ({channel})"));
            format!("it sleeps in the kernel{channel} and ends when that is over")
        }
        Obstacle::Traced { by } => {
            let by = by.map_or_else(|| "a tracer".to_owned(), |pid| format!("tracer {pid}"));
            format!("held by {by}; end or detach that first")
        }
        Obstacle::Frozen => "its cgroup is frozen; thaw it".to_owned(),
        Obstacle::Stopped => format!("it is stopped; fell kill -s CONT {}", process.pid()),
        Obstacle::Failed(why) => why.clone(),
        Obstacle::Nothing => format!("it runs on; fell kill {}", process.pid()),
    }
}

/// What the user should know about the set, in a line.
pub fn caveat(caveat: &Caveat, charset: Charset) -> String {
    match caveat {
        Caveat::SharedGroup { group, with } => format!(
            "group {group} also holds {}: only descendants are taken from it",
            holder(*with)
        ),
        Caveat::SharedSession { session, with } => format!(
            "session {session} also holds {}: only descendants are taken from it",
            holder(*with)
        ),
        Caveat::ForeignGroup { target } => {
            format!("the group of {target} lies outside this PID namespace: only its tree is taken")
        }
        Caveat::ForeignSession { target } => {
            format!("the session of {target} lies outside this PID namespace: it is not taken")
        }
        Caveat::Remains { of } => {
            format!("{of} is gone; what is left of its group and session is taken")
        }
        Caveat::AncestorInGroup {
            target,
            group,
            ancestor,
            others,
        } => {
            let others = match others {
                0 => String::new(),
                1 => " and 1 other".to_owned(),
                others => format!(" and {others} others"),
            };
            format!(
                "group {group} also holds its parent {}{others}; --reach tree stops {target} alone",
                who(ancestor, charset)
            )
        }
    }
}

/// The one who keeps a group or session from being taken as a whole.
fn holder(with: Pid) -> String {
    if u32::try_from(with.get()) == Ok(std::process::id()) {
        "fell itself".to_owned()
    } else {
        format!("{with}, which must not be signalled")
    }
}

/// A target that has ended, but whose parent has not taken notice.
pub fn ended(zombie: &Process) -> String {
    let pid = zombie.pid();
    match zombie.parent {
        Some(parent) => format!("{pid} has ended already; its parent {parent} has not reaped it"),
        None => format!("{pid} has ended already"),
    }
}

/// Whom a stop could not signal, in a dry run.
pub fn unreachable(row: &Row, charset: Charset) -> String {
    let owner = row
        .description
        .as_ref()
        .map(|description| description.owner);
    format!(
        "{} could not be signalled: {}",
        who(&row.process, charset),
        obstacle(&Obstacle::NotPermitted { owner }, &row.process)
    )
}

/// Why a target is refused.
pub fn refused(process: &Process, why: Refusal, charset: Charset) -> String {
    format!(
        "{} is {}: refused, and nobody was signalled",
        who(process, charset),
        match why {
            Refusal::Myself => "fell itself",
            Refusal::Ancestor => "an ancestor of fell, which called it",
            Refusal::Init => "the first process of this system or container",
            Refusal::KernelThread => "a kernel thread, which no signal ends",
        }
    )
}

/// What is missing.
pub fn missing(target: &Target) -> String {
    match target {
        Target::Process(pid) => format!("no such process: {pid}"),
        Target::Group(group) => format!("no such process group: {group}"),
    }
}

/// A line a member: who, why, how it ended, after how long.
pub fn member(record: &Record, errand: &Errand, charset: Charset) -> String {
    let command = words::command(&record.process, record.description.as_deref(), charset);
    let why = match record.reason {
        Reason::Target => "target".to_owned(),
        Reason::Descendant(parent) => format!("child of {parent}"),
        Reason::Group(group) => format!("in group {group}"),
        Reason::Session(session) => format!("in session {session}"),
    };
    let round = match record.round {
        1 => String::new(),
        round => format!(", found in round {round}"),
    };
    let after = record.after.map_or_else(String::new, |after| {
        format!(" after {}", words::span(after))
    });
    // The first process reaps whoever is handed on to it, if not at once.
    let negligent = record.unreaped_by.filter(|parent| !parent.is_init());
    let zombie = negligent.map_or_else(String::new, |parent| {
        format!(", not reaped by its parent {parent}")
    });
    format!(
        "{} {command} ({why}{round}): {}{after}{zombie}",
        record.process.pid(),
        fate(record, errand)
    )
}

fn fate(record: &Record, errand: &Errand) -> String {
    match &record.fate {
        Fate::AlreadyEnded(cause) => format!("{} before fell signalled it", self::cause(*cause)),
        Fate::Ended(cause) => self::cause(*cause),
        Fate::Survived(_) => "still there".to_owned(),
        Fate::Unreached(_) => "could not be signalled".to_owned(),
        Fate::Signalled => match (errand, record.step) {
            (Errand::Probe, _) => "could be signalled",
            (_, Some(_)) => "signalled",
            (_, None) => "born since, not signalled",
        }
        .to_owned(),
    }
}

fn cause(cause: Cause) -> String {
    match cause {
        Cause::Exited(status) => format!("exited with {status}"),
        Cause::Signalled { signal, core } => format!(
            "ended by {}{}",
            signal_name(signal),
            if core { ", core dumped" } else { "" }
        ),
        Cause::Unknown => "gone, cause unknown".to_owned(),
    }
}

/// What an interrupted stop says before its survivors.
pub fn interruption(verdict: Verdict, left: usize) -> Option<String> {
    match verdict {
        Verdict::Interrupted(signal) => Some(format!(
            "interrupted by {signal}: nothing more is sent, {} left",
            words::count(left, "process is", "processes are")
        )),
        _ => None,
    }
}
