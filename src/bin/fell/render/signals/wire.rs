//! Signals as JSON: an array of objects. Fields may be added, none is renamed.
//!
//! | field | is |
//! |---|---|
//! | `name` | the name without `SIG` |
//! | `aliases` | its other names |
//! | `number` | the number on the architecture that was asked for, this machine's with several; null where it has none |
//! | `numbers` | the kernel's number by architecture: `x86`, `alpha`, `sparc`, `mips`, `parisc`; null where one has none |
//! | `action` | the default: `terminate`, `core`, `stop`, `continue`, `ignore` |
//! | `catchable`, `blockable`, `ignorable` | false for KILL and STOP alone |
//! | `standard` | `POSIX.1-1990`, `POSIX.1-2001` or null |
//! | `meaning` | what it is for, in the language asked for |
//! | `asked` | the words that this is an answer to; absent without any |
//!
//! and of a process
//!
//! | field | is |
//! |---|---|
//! | `pid` | the process |
//! | `disposition` | what the process does: `pending`, `blocked`, `caught`, `ignored`, `shielded` or `default`, the first that applies |
//! | `caught`, `ignored`, `blocked` | each for itself; blocked means by every thread |
//! | `pending`, `pending_thread` | whether one waits for the process, for one of its threads |
//! | `if_sent` | what would come of it now: `ends`, `dumps`, `stops`, `continues`, `handler`, `ignored`, `nothing`, `stopped_already`, `runs_already`, `shielded`, `ended_already`, `kernel_thread`, `waits`, `lost` |
//! | `waits_for` | with `waits` and `lost`: `unblocking`, `continuing`, `tracer`, `kernel` or `turn`; else null |
//! | `outlook` | the same as a sentence, in the language asked for |

use fell::process::Process;
use fell::signal::Signal;
use fell::signal::disposition::{Disposition, SignalSets};
use fell::signal::name::Name;
use fell::signal::outlook::{Outlook, Wait};
use fell::signal::reference::{Action, Architecture, Standard};
use serde::Serialize;

use super::{Found, is_same};
use crate::render::meanings::{self, Language};
use crate::render::outlooks;

#[derive(Serialize)]
struct Entry {
    name: String,
    aliases: Vec<&'static str>,
    number: Option<u8>,
    numbers: Numbers,
    action: &'static str,
    catchable: bool,
    blockable: bool,
    ignorable: bool,
    standard: Option<&'static str>,
    meaning: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    asked: Vec<String>,
    #[serde(flatten)]
    of_process: Option<OfProcess>,
}

#[derive(Serialize)]
struct Numbers {
    x86: Option<u8>,
    alpha: Option<u8>,
    sparc: Option<u8>,
    mips: Option<u8>,
    parisc: Option<u8>,
}

#[derive(Serialize)]
struct OfProcess {
    pid: i32,
    disposition: &'static str,
    caught: bool,
    ignored: bool,
    blocked: bool,
    pending: bool,
    pending_thread: bool,
    if_sent: &'static str,
    waits_for: Option<&'static str>,
    outlook: String,
}

/// These signals on these architectures, with the words that they answer.
pub fn signals(
    names: &[Name],
    found: &[Found<'_>],
    on: &[Architecture],
    language: Language,
) -> serde_json::Result<String> {
    let entries: Vec<Entry> = names
        .iter()
        .map(|name| Entry {
            asked: found
                .iter()
                .filter(|found| {
                    let mut answers = found.answer.names.iter();
                    answers.any(|answer| is_same(answer, name, on))
                })
                .map(|found| found.word.to_owned())
                .collect(),
            ..entry(name, on, language)
        })
        .collect();
    document(&entries)
}

/// These signals and what the process does with each.
pub fn of_process(
    process: &Process,
    sets: &SignalSets,
    signals: &[Signal],
    language: Language,
) -> serde_json::Result<String> {
    let entries: Vec<Entry> = signals
        .iter()
        .filter_map(|&signal| {
            let outlook = sets.outlook(signal, process);
            let sentence = outlooks::outlook(outlook, &signal.to_string(), language);
            Some(Entry {
                of_process: Some(OfProcess {
                    pid: process.pid().get(),
                    disposition: disposition(sets.disposition(signal)),
                    caught: sets.caught.contains(signal),
                    ignored: sets.ignored.contains(signal),
                    blocked: sets.blocked.contains(signal),
                    pending: sets.pending.contains(signal),
                    pending_thread: sets.pending_thread.contains(signal),
                    if_sent: token(outlook),
                    waits_for: waits_for(outlook),
                    outlook: sentence,
                }),
                ..entry(&signal.name()?, &[Architecture::NATIVE], language)
            })
        })
        .collect();
    document(&entries)
}

fn document(entries: &[Entry]) -> serde_json::Result<String> {
    serde_json::to_string_pretty(entries).map(|text| text + "\n")
}

fn entry(name: &Name, on: &[Architecture], language: Language) -> Entry {
    let at = match on {
        [only] => *only,
        _ => Architecture::NATIVE,
    };
    Entry {
        name: name.to_string(),
        aliases: name.aliases(on).collect(),
        number: name.number(at),
        numbers: Numbers {
            x86: name.defined(Architecture::X86),
            alpha: name.defined(Architecture::Alpha),
            sparc: name.defined(Architecture::Sparc),
            mips: name.defined(Architecture::Mips),
            parisc: name.defined(Architecture::Parisc),
        },
        action: match name.action() {
            Action::Terminate => "terminate",
            Action::Core => "core",
            Action::Ignore => "ignore",
            Action::Stop => "stop",
            Action::Continue => "continue",
        },
        catchable: name.is_catchable(),
        blockable: name.is_catchable(),
        ignorable: name.is_catchable(),
        standard: name.standard().map(|standard| match standard {
            Standard::Posix1990 => "POSIX.1-1990",
            Standard::Posix2001 => "POSIX.1-2001",
        }),
        meaning: meanings::meaning(name, language),
        asked: Vec::new(),
        of_process: None,
    }
}

fn disposition(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Caught => "caught",
        Disposition::Ignored => "ignored",
        Disposition::Blocked => "blocked",
        Disposition::Pending => "pending",
        Disposition::Default(_) => "default",
        Disposition::Shielded => "shielded",
    }
}

fn token(outlook: Outlook) -> &'static str {
    match outlook {
        Outlook::Ends => "ends",
        Outlook::Dumps => "dumps",
        Outlook::Stops => "stops",
        Outlook::Continues => "continues",
        Outlook::Handler => "handler",
        Outlook::Ignored => "ignored",
        Outlook::Nothing => "nothing",
        Outlook::StoppedAlready => "stopped_already",
        Outlook::RunsAlready => "runs_already",
        Outlook::Shielded => "shielded",
        Outlook::EndedAlready => "ended_already",
        Outlook::KernelThread => "kernel_thread",
        Outlook::Waits(_) => "waits",
        Outlook::Lost(_) => "lost",
    }
}

fn waits_for(outlook: Outlook) -> Option<&'static str> {
    let (Outlook::Waits(wait) | Outlook::Lost(wait)) = outlook else {
        return None;
    };
    Some(match wait {
        Wait::Blocked => "unblocking",
        Wait::Stopped => "continuing",
        Wait::Traced => "tracer",
        Wait::Uninterruptible => "kernel",
        Wait::Turn => "turn",
    })
}
