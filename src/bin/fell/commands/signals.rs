//! `fell signals`: from words to signals, from signals to a table.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use fell::linux::Linux;
use fell::process::{Pid, Process};
use fell::signal::Signal;
use fell::signal::lookup::{LookupError, Reading, look_up};
use fell::signal::name::Name;
use fell::signal::reference::{Architecture, ENTRIES};
use fell::system::{Description, Hold, Lost, System};

use crate::cli::ColorChoice;
use crate::cli::signals::{LanguageChoice, SignalsArgs};
use crate::exit::Exit;
use crate::output;
use crate::render::meanings::Language;
use crate::render::signals::{self as page, Format, Found, wire};
use crate::render::text;
use crate::terminal::{Charset, Terminal, locale};

/// Prints what was asked for; what can't be found is told on stderr, the rest is
/// printed all the same.
pub fn run(args: &SignalsArgs, color: ColorChoice) -> Result<Exit> {
    let terminal = Terminal::stdout(color);
    let format = Format {
        language: language(args.lang, terminal.charset),
        terminal,
    };
    let on = args.arch.architectures();
    let (found, complaints) = look_up_all(&args.what, on, terminal.charset);
    let text = match args.pid {
        Some(pid) => match inspect(pid) {
            Ok((process, description)) => of_process(args, &process, &description, &found, format)?,
            Err(error) => {
                let Some(Lost::Gone) = error.downcast_ref() else {
                    return Err(error);
                };
                output::message(&format!("fell: no such process: {pid}\n"));
                return Ok(Exit::Nothing);
            }
        },
        None => of_reference(args, &found, on, format)?,
    };
    // A reader that has seen enough is no failure.
    output::print(&text)?;
    output::message(&complaints);
    Ok(if complaints.is_empty() {
        Exit::Done
    } else {
        Exit::Nothing
    })
}

/// What was asked for; the locale's where it is one of ours and can be shown.
fn language(asked: Option<LanguageChoice>, charset: Charset) -> Language {
    match asked {
        Some(LanguageChoice::En) => Language::English,
        Some(LanguageChoice::Zh) => Language::Chinese,
        None if charset == Charset::Unicode && locale().language() == "zh" => Language::Chinese,
        None => Language::English,
    }
}

fn of_reference(
    args: &SignalsArgs,
    found: &[Found<'_>],
    on: &[Architecture],
    format: Format,
) -> Result<String> {
    if !args.names && !args.json {
        return Ok(if args.what.is_empty() {
            page::reference(on, format)
        } else {
            page::answers(found, on, format)
        });
    }
    explain_existence(found, format);
    let names = if args.what.is_empty() {
        let mut names = Name::known(on);
        names.retain(|name| name.alias_of().is_none());
        names
    } else {
        page::distinct(found, on)
    };
    if args.json {
        return Ok(wire::signals(&names, found, on, format.language)?);
    }
    Ok(names.iter().fold(String::new(), |mut text, name| {
        let _ = writeln!(text, "{name}");
        text
    }))
}

fn of_process(
    args: &SignalsArgs,
    process: &Process,
    description: &Description,
    found: &[Found<'_>],
    format: Format,
) -> Result<String> {
    let here = &[Architecture::NATIVE];
    let signals: Vec<Signal> = if args.what.is_empty() {
        (1..=Signal::MAX).filter_map(Signal::new).collect()
    } else {
        page::distinct(found, here)
            .iter()
            .filter_map(|name| name.number(Architecture::NATIVE).and_then(Signal::new))
            .collect()
    };
    let sets = &description.signals;
    if args.json {
        explain_existence(found, format);
        return Ok(wire::of_process(process, sets, &signals, format.language)?);
    }
    let notes = page::notes(found, format);
    if signals.is_empty() {
        return Ok(notes);
    }
    Ok(notes + &page::process(process, sets, &signals, format))
}

/// One look at a process and what it does with its signals.
fn inspect(pid: Pid) -> Result<(Process, Description)> {
    let mut system = Linux::new().context("can't read /proc")?;
    // A thread's number would be read like a process'.
    if let Err(Lost::Thread(of)) = system.look(pid) {
        anyhow::bail!("{pid} is a thread of process {of}; name the process");
    }
    let (mut handle, process) = system.open(pid, Hold::Look)?;
    let description = system.describe(&mut handle)?;
    Ok((process, description))
}

/// What each word means, and a line for each that means nothing.
fn look_up_all<'w>(
    words: &'w [String],
    on: &[Architecture],
    charset: Charset,
) -> (Vec<Found<'w>>, String) {
    let mut found = Vec::new();
    let mut complaints = String::new();
    for word in words {
        let shown = text::escape(word.as_ref(), charset);
        match look_up(word, on) {
            Ok(answer) => {
                if let Reading::Mask { strays: 1.. } = answer.reading {
                    let _ = writeln!(complaints, "fell: {shown}: has bits of no signal");
                }
                found.push(Found { word, answer });
            }
            Err(LookupError::Unknown) => {
                let hint = match nearest(word) {
                    Some(name) => format!("did you mean {name}?"),
                    None => "`fell signals` lists them".to_owned(),
                };
                let _ = writeln!(complaints, "fell: {shown}: no such signal; {hint}");
            }
            Err(error) => {
                let _ = writeln!(complaints, "fell: {shown}: {error}");
            }
        }
    }
    (found, complaints)
}

/// The name that looks most like the word, if any does.
fn nearest(word: &str) -> Option<&'static str> {
    // Below this, what words share is chance; clap judges its suggestions so, too.
    const ALIKE: f64 = 0.7;
    let upper = word.to_uppercase();
    let word = upper.strip_prefix("SIG").unwrap_or(&upper);
    ENTRIES
        .iter()
        .map(|entry| entry.name)
        .chain(["RTMIN", "RTMAX"])
        .map(|name| (strsim::jaro_winkler(word, name), name))
        .filter(|(likeness, _)| *likeness > ALIKE)
        // The first of equals, where max_by would take the last.
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, name)| name)
}

/// 0 has no row in a list of signals.
fn explain_existence(found: &[Found<'_>], format: Format) {
    let zeros: Vec<Found<'_>> = found
        .iter()
        .filter(|found| found.answer.reading == Reading::Existence)
        .cloned()
        .collect();
    output::message(&page::notes(&zeros, format));
}
