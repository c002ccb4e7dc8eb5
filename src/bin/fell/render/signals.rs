//! The signal reference, and what one process does with each signal, as tables.

mod grid;
#[cfg(test)]
mod tests;
pub mod wire;

use anstyle::{AnsiColor, Style};
use fell::process::Process;
use fell::signal::Signal;
use fell::signal::disposition::SignalSets;
use fell::signal::lookup::Answer;
use fell::signal::name::{Name, Realtime};
use fell::signal::outlook::Outlook;
use fell::signal::reference::{Action, Architecture};

use self::grid::{Column, Flow, Paint};
use super::meanings::{self, Language, Title};
use super::{outlooks, text};
use crate::terminal::Terminal;

/// How a page is worded and drawn.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// The language of the words.
    pub language: Language,
    /// What the output can show.
    pub terminal: Terminal,
}

/// What a word was found to mean.
#[derive(Debug, Clone)]
pub struct Found<'w> {
    /// The word.
    pub word: &'w str,
    /// Its meaning.
    pub answer: Answer,
}

/// Every signal of these architectures: the numbers of one, or those of several side by
/// side.
pub fn reference(on: &[Architecture], format: Format) -> String {
    let names = meanings::brief(&Name::known(on));
    let mut page = listed(&names, on, format);
    if let [only] = on {
        let note = meanings::realtime_note(*only, format.language);
        page.push_str(&grid::paragraph(&note, format.terminal));
    }
    page
}

/// What words meant: how each was read, where that needs to be said, then the signals.
pub fn answers(found: &[Found<'_>], on: &[Architecture], format: Format) -> String {
    let mut page = notes(found, format);
    let names = distinct(found, on);
    if !names.is_empty() {
        page.push_str(&listed(&names, on, format));
    }
    page
}

/// How each word was read, where that needs to be said.
pub fn notes(found: &[Found<'_>], format: Format) -> String {
    found
        .iter()
        .filter_map(|Found { word, answer }| {
            let word = text::escape(word.as_ref(), format.terminal.charset);
            meanings::reading(answer.reading, &word, &answer.names, format.language)
        })
        .map(|note| grid::paragraph(&note, format.terminal))
        .collect()
}

/// The signals that were found, each once.
pub fn distinct(found: &[Found<'_>], on: &[Architecture]) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    for name in found.iter().flat_map(|found| &found.answer.names) {
        if !names.iter().any(|other| is_same(other, name, on)) {
            names.push(*name);
        }
    }
    names
}

/// A real-time signal has two names, one from each end of the range.
fn is_same(one: &Name, other: &Name, on: &[Architecture]) -> bool {
    let are_realtime = matches!((one, other), (Name::Realtime(_), Name::Realtime(_)));
    one == other || are_realtime && on.iter().all(|&at| one.number(at) == other.number(at))
}

fn listed(names: &[Name], on: &[Architecture], format: Format) -> String {
    let rows = meanings::rows(names, on, format.language);
    let styles: Vec<Style> = names.iter().map(|name| colour(name.action())).collect();
    let numbers: Vec<Title> = match on {
        [_] => vec![Title::Number],
        _ => on.iter().copied().map(Title::NumberOn).collect(),
    };
    let column = |title: Title| Column {
        title: meanings::title(title, format.language),
        flow: match title {
            Title::Number | Title::NumberOn(_) => Flow::Number,
            Title::Meaning => Flow::Text,
            _ => Flow::Word,
        },
        cells: rows
            .iter()
            .map(|row| match title {
                Title::Number => row.numbers.concat(),
                Title::NumberOn(architecture) => on
                    .iter()
                    .position(|&at| at == architecture)
                    .and_then(|at| row.numbers.get(at).cloned())
                    .unwrap_or_default(),
                Title::Name => row.name.clone(),
                Title::Action => row.action.to_owned(),
                Title::Catchable => row.catchable.to_owned(),
                Title::Standard => row.standard.to_owned(),
                Title::Meaning => row.meaning.to_owned(),
                Title::Disposition | Title::Outlook => String::new(),
            })
            .collect(),
    };
    let first = |rest: &[Title]| match on {
        [_] => [&numbers, &[Title::Name][..], rest].concat(),
        _ => [&[Title::Name][..], &numbers, rest].concat(),
    };
    let widest = first(&[
        Title::Action,
        Title::Catchable,
        Title::Standard,
        Title::Meaning,
    ]);
    // A narrow terminal loses first what the meanings of KILL and STOP say as well.
    let choices = [
        widest,
        first(&[Title::Action, Title::Meaning]),
        first(&[Title::Meaning]),
        first(&[Title::Action]),
        first(&[]),
    ];
    for titles in &choices {
        let columns: Vec<Column> = titles.iter().copied().map(column).collect();
        if grid::fits(&columns, format.terminal) {
            let paint = titles
                .iter()
                .position(|title| *title == Title::Action)
                .map(|column| Paint { column, styles });
            return grid::draw(&columns, paint.as_ref(), format.terminal);
        }
    }
    let columns: Vec<Column> = first(&[]).into_iter().map(column).collect();
    grid::draw(&columns, None, format.terminal)
}

fn colour(action: Action) -> Style {
    let colour = match action {
        Action::Terminate => AnsiColor::Red,
        Action::Core => AnsiColor::Magenta,
        Action::Stop => AnsiColor::Yellow,
        Action::Continue => AnsiColor::Green,
        Action::Ignore => AnsiColor::Cyan,
    };
    Style::new().fg_color(Some(colour.into()))
}

/// What a process does with signals, and what would come of each now.
pub fn process(process: &Process, sets: &SignalSets, signals: &[Signal], format: Format) -> String {
    let name = text::escape(&process.name, format.terminal.charset);
    let heading = outlooks::heading(process, &name, format.language);
    let runs = runs(process, sets, signals, format.language);
    let column = |title: Title, flow: Flow, cell: &dyn Fn(&Run) -> String| Column {
        title: meanings::title(title, format.language),
        flow,
        cells: runs.iter().map(cell).collect(),
    };
    let between = match format.terminal.width {
        Some(_) => "..\n",
        None => "..",
    };
    let columns = [
        column(Title::Number, Flow::Number, &|run| {
            run.span("-", |signal| signal.number().to_string())
        }),
        column(Title::Name, Flow::Word, &|run| {
            run.span(between, |signal| signal.to_string())
        }),
        column(Title::Disposition, Flow::Text, &|run| {
            run.disposition.clone()
        }),
        column(Title::Outlook, Flow::Text, &|run| {
            let subject = if run.first == run.last {
                run.first.to_string()
            } else {
                meanings::each(format.language).to_owned()
            };
            outlooks::outlook(run.outlook, &subject, format.language)
        }),
    ];
    let paint = Paint {
        column: 3,
        styles: runs.iter().map(|run| colour_of(run.outlook)).collect(),
    };
    grid::paragraph(&heading, format.terminal)
        + &grid::draw(&columns, Some(&paint), format.terminal)
}

fn colour_of(outlook: Outlook) -> Style {
    match outlook {
        Outlook::Ends => colour(Action::Terminate),
        Outlook::Dumps => colour(Action::Core),
        Outlook::Stops | Outlook::Waits(_) | Outlook::Lost(_) => colour(Action::Stop),
        Outlook::Handler | Outlook::Continues => colour(Action::Continue),
        _ => colour(Action::Ignore),
    }
}

/// Signals in a row of which the same is to be told: one, or several real-time signals.
struct Run {
    first: Signal,
    last: Signal,
    disposition: String,
    outlook: Outlook,
}

impl Run {
    fn span(&self, between: &str, word: impl Fn(Signal) -> String) -> String {
        if self.first == self.last {
            word(self.first)
        } else {
            format!("{}{between}{}", word(self.first), word(self.last))
        }
    }
}

fn runs(process: &Process, sets: &SignalSets, signals: &[Signal], language: Language) -> Vec<Run> {
    // Who names signals wants a row for each.
    let is_whole = signals.len() == usize::from(Signal::MAX);
    let mut runs: Vec<Run> = Vec::new();
    for &signal in signals {
        let run = Run {
            first: signal,
            last: signal,
            disposition: outlooks::disposition(sets, signal, language),
            outlook: sets.outlook(signal, process),
        };
        match runs.last_mut() {
            Some(before) if is_whole && continues(before, &run) => before.last = signal,
            _ => runs.push(run),
        }
    }
    runs
}

/// The ends of the real-time range stand for themselves: they are what people look for.
fn continues(before: &Run, run: &Run) -> bool {
    let is_inside = |signal: Signal| {
        matches!(
            signal.name(),
            Some(Name::Realtime(
                Realtime::FromMin(1..) | Realtime::FromMax(1..)
            ))
        )
    };
    is_inside(before.first)
        && is_inside(run.first)
        && before.last.number() + 1 == run.first.number()
        && before.outlook == run.outlook
        && before.disposition == run.disposition
}
