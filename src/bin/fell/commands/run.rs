//! `fell run`: starts a program, waits for it, and stops everything that came of it.

use std::fs::File;
use std::io::Write;
use std::time::SystemTime;

use anyhow::{Context, Result};
use fell::fate::Cause;
use fell::guard::Guard;
use fell::linux::keeper::{Keeper, StartError, Watched};
use fell::outcome::{Outcome, Verdict};
use fell::process::Pid;
use fell::schedule::Schedule;
use fell::scope::{Reach, Scope};
use fell::selection::Caveat;
use fell::signal::Signal;
use fell::stop::{Detail, Errand, Order, Plan, stop};
use fell::system::System;
use fell::target::Target;

use crate::cli::ColorChoice;
use crate::cli::run::RunArgs;
use crate::exit::Exit;
use crate::output;
use crate::render::{json, stop as wording, text};
use crate::terminal::Terminal;

/// Why there is a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cue {
    /// fell was asked to end, by this signal.
    Asked(Signal),
    /// The program has ended and left somebody behind.
    Left,
}

/// `fell run`. What goes wrong is told here: its statuses are those of commands that run
/// others, and none that a stop has.
pub fn run(args: &RunArgs, color: ColorChoice) -> Exit {
    let report = match args.report.as_ref().map(File::create).transpose() {
        Ok(report) => report,
        Err(error) => {
            output::message(&format!("fell: can't write the report: {error}\n"));
            return Exit::Unable;
        }
    };
    let started_at = SystemTime::now();
    let keeper = match Keeper::start(&args.command) {
        Ok(keeper) => keeper,
        Err(error) => return not_started(args, error, color),
    };
    let mut job = Job {
        args,
        color,
        started_at,
        keeper,
    };
    job.run(report).unwrap_or_else(|error| {
        output::message(&format!("fell: {error:#}\n"));
        Exit::Unable
    })
}

fn not_started(args: &RunArgs, error: StartError, color: ColorChoice) -> Exit {
    let exit = match &error {
        StartError::Program(source) if source.kind() == std::io::ErrorKind::NotFound => {
            Exit::NotFound
        }
        StartError::Program(_) => Exit::NotExecutable,
        _ => Exit::Unable,
    };
    let what = match &error {
        StartError::Program(_) => {
            let program = args.command.first().map(|it| it.as_os_str());
            let charset = Terminal::stderr(color).charset;
            format!("{}: ", text::escape(program.unwrap_or_default(), charset))
        }
        _ => String::new(),
    };
    output::message(&format!("fell: {what}{:#}\n", anyhow::Error::from(error)));
    exit
}

/// One program that runs.
struct Job<'a> {
    args: &'a RunArgs,
    color: ColorChoice,
    started_at: SystemTime,
    keeper: Keeper,
}

impl Job<'_> {
    fn run(&mut self, report: Option<File>) -> Result<Exit> {
        let cue = self.watch();
        let errand = Errand::Stop(self.schedule(cue));
        let outcome = match cue {
            Some(_) => Some(self.stop(&errand)?),
            None => None,
        };
        self.keeper.finish();
        let exit = exit(self.keeper.end());
        if let Some(outcome) = &outcome {
            self.tell(outcome, &errand, cue);
        }
        self.record(outcome.as_ref(), &errand, cue, exit, report)?;
        Ok(exit)
    }

    /// Waits until something asks for a stop; `None`: everyone has ended by themselves.
    fn watch(&mut self) -> Option<Cue> {
        loop {
            match self.keeper.watch() {
                Watched::Asked(signal) => return Some(Cue::Asked(signal)),
                Watched::Alone => return None,
                Watched::Ended if self.keeper.is_alone() => return None,
                Watched::Ended if self.args.wait_all => {}
                Watched::Ended => return Some(Cue::Left),
            }
        }
    }

    /// What is sent when. Whoever sends TERM wants what was agreed on; another signal
    /// wants itself to be passed on.
    fn schedule(&self, cue: Option<Cue>) -> Schedule {
        let agreed = match &self.args.schedule {
            Some(schedule) => schedule.clone(),
            None => Schedule::escalating(self.args.signal, self.args.grace),
        };
        match cue {
            Some(Cue::Asked(signal)) if signal != Signal::TERM => agreed.beginning_with(signal),
            _ => agreed,
        }
    }

    fn stop(&mut self, errand: &Errand) -> Result<Outcome> {
        let scope = Scope {
            reach: Reach::Family,
            roots: self.keeper.roots(),
            guard: Guard::of(&mut self.keeper),
        };
        let is_recorded = self.args.verbose || self.args.json || self.args.report.is_some();
        let plan = Plan {
            errand: errand.clone(),
            order: if self.args.main_first {
                Order::MainFirst
            } else {
                Order::Together
            },
            detail: if is_recorded {
                Detail::Description
            } else {
                Detail::Kinship
            },
            refresh: None,
        };
        let mut outcome =
            stop(&mut self.keeper, scope, &plan, |_| {}).context("can't stop what was started")?;
        // A program that has ended is no news to who has just reaped it.
        let is_news = |caveat: &Caveat| !matches!(caveat, Caveat::Remains { .. });
        outcome.caveats.retain(is_news);
        let own_pid = self.keeper.own_pid();
        for record in &mut outcome.records {
            // fell reaps its children, if only after the last look at them.
            record.unreaped_by = record.unreaped_by.filter(|&parent| parent != own_pid);
        }
        Ok(outcome)
    }

    fn tell(&self, outcome: &Outcome, errand: &Errand, cue: Option<Cue>) {
        let charset = Terminal::stderr(self.color).charset;
        let mut lines = Vec::new();
        if self.args.verbose && !self.args.json {
            let records = outcome.records.iter();
            lines.extend(records.map(|record| wording::member(record, errand, charset)));
        }
        let caveats = outcome.caveats.iter();
        lines.extend(caveats.map(|caveat| wording::caveat(caveat, charset)));
        lines.extend(
            outcome
                .left()
                .filter_map(|record| wording::survivor(record, charset)),
        );
        let is_silent = self.args.quiet || self.args.json || outcome.verdict == Verdict::Nothing;
        if !is_silent {
            let summary = wording::summary(outcome, errand);
            lines.push(match cue {
                Some(Cue::Left) => format!("left behind: {summary}"),
                _ => summary,
            });
        }
        let lines = lines.iter().map(|line| format!("fell: {line}\n"));
        output::message(&lines.collect::<String>());
    }

    fn record(
        &self,
        outcome: Option<&Outcome>,
        errand: &Errand,
        cue: Option<Cue>,
        exit: Exit,
        report: Option<File>,
    ) -> Result<()> {
        if !self.args.json && report.is_none() {
            return Ok(());
        }
        let pid: Pid = self.keeper.command();
        let context = json::StopContext {
            targets: &[Target::Process(pid)],
            missing: &[],
            reach: Reach::Family,
            errand,
            started_at: self.started_at,
        };
        let program = json::Program {
            pid,
            command: &self.args.command,
            end: self.keeper.end(),
            status: exit.code(),
            asked_by: match cue {
                Some(Cue::Asked(signal)) => Some(signal),
                _ => None,
            },
        };
        let text = json::print(&json::run(&context, &program, outcome))?;
        if self.args.json {
            output::message(&text);
        }
        if let Some(mut report) = report {
            report
                .write_all(text.as_bytes())
                .context("can't write the report")?;
        }
        Ok(())
    }
}

/// What the program's end means for fell's.
fn exit(end: Option<Cause>) -> Exit {
    match end {
        Some(Cause::Exited(status)) => Exit::Program(status),
        Some(Cause::Signalled { signal, .. }) => Exit::Program(128 + signal),
        Some(Cause::Unknown) | None => Exit::Unable,
    }
}
