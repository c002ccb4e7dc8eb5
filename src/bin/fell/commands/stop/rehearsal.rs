//! The dry run: what a stop would do, and nobody is signalled.

use anyhow::Result;
use fell::linux::Linux;
use fell::schedule::Step;
use fell::scope::Scope;
use fell::signal::Signal;
use fell::stop::Errand;

use super::super::look;
use super::Job;
use crate::exit::Exit;
use crate::output;
use crate::render::{json, stop as wording, tree};
use crate::report::Row;
use crate::terminal::Terminal;

impl Job<'_> {
    /// The same selection, errors and exit status as the real run; signals nobody.
    pub(super) fn rehearse(&self, linux: &mut Linux, scope: Scope) -> Result<Exit> {
        let picture = look::take(linux, scope)?;
        let taken = picture.rows.iter().filter(|row| row.is_taken()).count();
        let shown = picture.rows.iter().map(|row| &row.process);
        let mut text = self.of_missing(&picture.missing, shown, taken == 0);
        let unreachable = look::unreachable(linux, &picture.rows);
        for row in &unreachable {
            let line = wording::unreachable(row, self.terminal().charset);
            text += &format!("fell: {line}\n");
        }
        output::message(&text);
        for caveat in &picture.caveats {
            self.warn(caveat);
        }
        if self.options.json {
            let context = self.context(&picture.missing);
            let document =
                json::dry_run(&context, &picture.rows, &picture.caveats, picture.partial);
            output::result(&json::print(&document)?);
        } else if taken > 0 && !self.options.quiet {
            output::result(&self.draw(linux, &picture.rows));
            output::result(&format!(
                "{}\n",
                wording::intention(&self.errand, self.order, taken)
            ));
        }
        Ok(self.exit(match (taken, unreachable.as_slice()) {
            (0, _) => Exit::Nothing,
            (_, []) => Exit::Done,
            _ => Exit::Left,
        }))
    }

    fn draw(&self, linux: &Linux, rows: &[Row]) -> String {
        use fell::system::System as _;
        let of_step = |step: Option<&Step>| step.map(|step| step.signal);
        let (signal, sequel) = match &self.errand {
            Errand::Stop(schedule) => {
                let steps = schedule.steps();
                let sequel = match of_step(steps.last()) {
                    Some(Signal::KILL) => tree::Sequel::Kill,
                    _ => tree::Sequel::Left,
                };
                (of_step(steps.first()), sequel)
            }
            Errand::Deliver(signal) => (Some(*signal), tree::Sequel::Nothing),
            Errand::Probe => (None, tree::Sequel::Nothing),
        };
        let view = tree::View {
            terminal: Terminal::stdout(self.color),
            signal: signal.unwrap_or(Signal::TERM),
            sequel,
            now: linux.tick(),
        };
        tree::render(rows, &view)
    }
}
