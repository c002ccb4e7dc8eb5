//! Small things that more than one renderer says.

use std::time::Duration;

use fell::guard::Refusal;
use fell::process::{Process, State};
use fell::system::Description;

use super::text::{escape, push_escaped};
use crate::terminal::Charset;

/// `1 process`, `2 processes`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// How long something took: `213 ms`, `1.4 s`, `3 min 20 s`.
pub fn span(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis < 1000 {
        format!("{millis} ms")
    } else if duration < Duration::from_secs(60) {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        let seconds = duration.as_secs();
        format!("{} min {} s", seconds / 60, seconds % 60)
    }
}

/// How old something is, in at most five columns: `12s`, `3m`, `5h`, `12d`.
pub fn age(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86400),
    }
}

/// A process' name, as it is told.
pub fn name(process: &Process, charset: Charset) -> String {
    escape(&process.name, charset)
}

/// The command line; in brackets the name where there is none, as ps(1) does it.
pub fn command(process: &Process, description: Option<&Description>, charset: Charset) -> String {
    let command = description
        .map(|description| &description.command)
        .filter(|command| !command.is_empty());
    let Some(command) = command else {
        return format!("[{}]", name(process, charset));
    };
    let mut text = String::new();
    for (at, argument) in command.arguments().enumerate() {
        if at > 0 {
            text.push(' ');
        }
        push_escaped(&mut text, argument, charset);
    }
    text
}

/// A state in a word.
pub fn state(process: &Process) -> String {
    match process.state {
        State::Zombie | State::Dead if !process.is_zombie() => "no main",
        State::Running => "running",
        State::Sleeping => "sleeping",
        State::Uninterruptible => "disk",
        State::Stopped => "stopped",
        State::Traced => "traced",
        State::Zombie => "zombie",
        State::Dead => "dead",
        State::Idle => "idle",
        State::Other(letter) => return char::from(letter).escape_default().to_string(),
    }
    .to_owned()
}

/// Why a process must not be signalled.
pub fn refusal(why: Refusal) -> &'static str {
    match why {
        Refusal::Myself => "fell itself",
        Refusal::Ancestor => "it called fell",
        Refusal::Init => "the first process",
        Refusal::KernelThread => "a kernel thread",
    }
}
