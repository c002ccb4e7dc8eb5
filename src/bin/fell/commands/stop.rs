//! `fell term`, `fell kill` and `fell killpg`: one way for all three.

use std::time::SystemTime;

use anyhow::{Result, bail};
use fell::linux::Linux;
use fell::linux::own::{die_by, leave_group};
use fell::outcome::{Outcome, Verdict};
use fell::process::{Pgid, Process};
use fell::schedule::Schedule;
use fell::scope::{Reach, Scope};
use fell::selection::Caveat;
use fell::signal::Signal;
use fell::stop::{Detail, Errand, Event, Order, Plan, stop};
use fell::target::Target;

use super::look;
use crate::cli::ColorChoice;
use crate::cli::stop::{KillArgs, KillpgArgs, StopOptions, TermArgs};
use crate::cli::values::SignalOrProbe;
use crate::exit::Exit;
use crate::output::{self, Written};
use crate::render::progress::{INTERVAL, Progress};
use crate::render::{json, stop as wording};
use crate::report::{self};
use crate::terminal::Terminal;

mod refusal;
mod rehearsal;

/// What the three commands come down to.
#[derive(Debug)]
struct Job<'a> {
    targets: Vec<Target>,
    reach: Reach,
    errand: Errand,
    order: Order,
    options: &'a StopOptions,
    color: ColorChoice,
    started_at: SystemTime,
}

/// `fell term`.
pub fn term(args: &TermArgs, color: ColorChoice) -> Result<Exit> {
    if args.no_kill && args.signal == Signal::KILL {
        bail!("--no-kill forbids what --signal KILL asks for");
    }
    let schedule = match &args.schedule {
        Some(schedule) => schedule.clone(),
        None if args.no_kill => Schedule::asking(args.signal, args.grace),
        None => Schedule::escalating(args.signal, args.grace),
    };
    Job {
        targets: look::targets(&args.pids),
        reach: args.reach.into(),
        errand: Errand::Stop(schedule),
        order: if args.main_first {
            Order::MainFirst
        } else {
            Order::Together
        },
        options: &args.options,
        color,
        started_at: SystemTime::now(),
    }
    .run()
}

/// `fell kill`.
pub fn kill(args: &KillArgs, color: ColorChoice) -> Result<Exit> {
    let targets = look::targets(&args.pids);
    Job::of(
        targets,
        args.reach.into(),
        args.signal,
        &args.options,
        color,
    )
    .run()
}

/// `fell killpg`.
pub fn killpg(args: &KillpgArgs, color: ColorChoice) -> Result<Exit> {
    let targets = args.group.iter().copied().map(Target::Group).collect();
    Job::of(
        targets,
        args.reach.into(),
        args.signal,
        &args.options,
        color,
    )
    .run()
}

fn errand(signal: SignalOrProbe) -> Errand {
    match signal {
        SignalOrProbe::Probe => Errand::Probe,
        SignalOrProbe::Signal(Signal::KILL) => Errand::Stop(Schedule::kill()),
        SignalOrProbe::Signal(signal) => Errand::Deliver(signal),
    }
}

impl<'a> Job<'a> {
    /// One signal to everyone at once.
    fn of(
        targets: Vec<Target>,
        reach: Reach,
        signal: SignalOrProbe,
        options: &'a StopOptions,
        color: ColorChoice,
    ) -> Self {
        Self {
            targets,
            reach,
            errand: errand(signal),
            order: Order::Together,
            options,
            color,
            started_at: SystemTime::now(),
        }
    }

    fn run(&self) -> Result<Exit> {
        if self.targets.is_empty() {
            self.say("nobody was named: nothing to stop");
            if self.options.json {
                output::result(&json::print(&json::nobody(&self.context(&[])))?);
            }
            return Ok(Exit::Done);
        }
        let mut linux = look::open()?;
        let scope = match look::scope(&mut linux, &self.targets, self.reach) {
            Err(error) if look::is_denied(&error) => {
                return self.tell_out_of_reach(&format!("{error:#}"));
            }
            scope => scope?,
        };
        if let Some(exit) = self.refuse(&scope)? {
            return Ok(exit);
        }
        if let Some(group) = self.hidden_group(&mut linux) {
            let group = Target::Group(group);
            return self.tell_out_of_reach(&format!("can't look at {group}: not permitted"));
        }
        if self.options.dry_run {
            return self.rehearse(&mut linux, scope);
        }
        linux.catch_interruptions()?;
        let (outcome, unsaid) = self.carry_out(&mut linux, scope)?;
        self.tell(&outcome, unsaid)
    }

    /// The outcome, and what could not be said before the first signal without waiting
    /// for a reader.
    fn carry_out(&self, linux: &mut Linux, scope: Scope) -> Result<(Outcome, String)> {
        let own_group = scope.guard.own_group();
        let is_live = !self.options.quiet
            && !self.options.json
            && std::io::IsTerminal::is_terminal(&std::io::stderr());
        let plan = Plan {
            errand: self.errand.clone(),
            order: self.order,
            detail: if self.options.json || self.options.verbose {
                Detail::Description
            } else {
                Detail::Kinship
            },
            refresh: is_live.then_some(INTERVAL),
        };
        let mut progress = Progress::new(self.terminal());
        let mut unsaid = String::new();
        let mut told = 0;
        let charset = self.terminal().charset;
        let in_a_line = |caveat: &Caveat| format!("fell: {}\n", wording::caveat(caveat, charset));
        let outcome = stop(linux, scope, &plan, |event| match event {
            Event::Ready(selection) => {
                told = selection.caveats().len();
                for caveat in selection.caveats() {
                    leave_shared_group(caveat, own_group);
                    let line = in_a_line(caveat);
                    if output::message_now(&line) == Written::No {
                        unsaid.push_str(&line);
                    }
                }
            }
            Event::Waiting {
                remaining,
                next,
                left,
                ..
            } => progress.draw(remaining, next, &left),
            Event::Pausing => progress.clear(),
        });
        progress.clear();
        let outcome = outcome?;
        // What came to light only in the course of the stop.
        unsaid.extend(outcome.caveats.iter().skip(told).map(in_a_line));
        Ok((outcome, unsaid))
    }

    /// All for standard error in one text: a reader that does not read is waited for
    /// once, not once a line.
    fn tell(&self, outcome: &Outcome, mut text: String) -> Result<Exit> {
        let charset = self.terminal().charset;
        let missing = report::missing(outcome, self.targets.len());
        let found = outcome.records.iter().map(|record| &record.process);
        text += &self.of_missing(&missing, found, outcome.verdict == Verdict::Nothing);
        let mut lines = Vec::new();
        if self.options.verbose && !self.options.json {
            lines.extend(
                outcome
                    .records
                    .iter()
                    .map(|record| wording::member(record, &self.errand, charset)),
            );
            lines.extend(wording::unpinned(outcome.unpinned));
        }
        lines.extend(wording::interruption(
            outcome.verdict,
            outcome.left().count(),
        ));
        lines.extend(
            outcome
                .left()
                .filter_map(|record| wording::survivor(record, charset)),
        );
        lines.extend(outcome.gaps.iter().map(wording::gap));
        text.extend(lines.iter().map(|line| format!("fell: {line}\n")));
        // Who was waited for once in vain is not waited for again.
        let result = match output::message(&text) {
            Written::Yes => output::result,
            Written::No => output::result_now,
        };
        if self.options.json {
            let document = json::stop(&self.context(&missing), outcome);
            result(&json::print(&document)?);
        } else if outcome.verdict != Verdict::Nothing && !self.options.quiet {
            result(&format!("{}\n", wording::summary(outcome, &self.errand)));
        }
        if let Verdict::Interrupted(signal) = outcome.verdict {
            die_by(signal);
        }
        Ok(self.exit(outcome.verdict.into()))
    }

    /// A line for each target that is missing; where nothing else was wanted, none for
    /// those who want it quiet.
    fn of_missing<'p>(
        &self,
        missing: &[usize],
        found: impl Iterator<Item = &'p Process> + Clone,
        is_all: bool,
    ) -> String {
        let is_fine = self.options.oknodo && is_all;
        if is_fine && (self.options.quiet || self.options.json) {
            return String::new();
        }
        let end = if is_fine { ": nothing to stop" } else { "" };
        missing
            .iter()
            .filter_map(|&at| self.targets.get(at))
            .map(|target| {
                let zombie = found.clone().find(|process| {
                    process.is_zombie() && *target == Target::Process(process.pid())
                });
                let line = zombie.map_or_else(|| wording::missing(target), wording::ended);
                format!("fell: {line}{end}\n")
            })
            .collect()
    }

    /// What is told unless the user wants it quiet.
    fn say(&self, line: &str) {
        if !self.options.quiet && !self.options.json {
            output::message(&format!("fell: {line}\n"));
        }
    }

    fn warn(&self, caveat: &Caveat) {
        let line = wording::caveat(caveat, self.terminal().charset);
        output::message(&format!("fell: {line}\n"));
    }

    /// What was missing is what was wanted, for a stop that may be repeated.
    fn exit(&self, exit: Exit) -> Exit {
        if exit == Exit::Nothing && self.options.oknodo {
            Exit::Done
        } else {
            exit
        }
    }

    fn terminal(&self) -> Terminal {
        Terminal::stderr(self.color)
    }

    fn context<'c>(&'c self, missing: &'c [usize]) -> json::StopContext<'c> {
        json::StopContext {
            targets: &self.targets,
            missing,
            reach: self.reach,
            errand: &self.errand,
            started_at: self.started_at,
        }
    }
}

/// If the target's own handler signals its whole group, fell should not be in it.
fn leave_shared_group(caveat: &Caveat, own_group: Option<Pgid>) {
    if let Caveat::SharedGroup { group, .. } = caveat
        && Some(*group) == own_group
    {
        // A session leader can't leave; the warning tells what may happen.
        let _ = leave_group();
    }
}
