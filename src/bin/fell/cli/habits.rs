//! What fingers type from habit, and the fell command that was meant.
//!
//! Looked at only after the command line was found wrong: nothing that is right can
//! be taken for a habit.

use fell::signal::Signal;

/// The command that was probably meant by the arguments behind `fell`.
pub fn meant(arguments: &[String]) -> Option<String> {
    let (command, rest) = match arguments.split_first() {
        Some((first, _)) if first == "signals" => return None,
        Some((first, rest)) if matches!(first.as_str(), "term" | "kill" | "killpg" | "tree") => {
            (Some(first.as_str()), rest)
        }
        _ => (None, arguments),
    };
    if rest.iter().any(|word| is_list(word)) {
        let what = rest.iter().filter(|word| !word.starts_with('-'));
        return Some(join("fell signals", what.map(String::as_str)));
    }
    if rest.iter().any(|word| takes_a_duration(word)) {
        // Its value was wrong, and would be taken for a signal here.
        return None;
    }
    let typed = Typed::read(rest);
    let is_habit = typed.has_dash
        || !typed.groups.is_empty()
        || command.is_none() && !typed.processes.is_empty();
    is_habit.then(|| typed.into_command(command))
}

/// What was asked to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Probe,
    Signal(Signal),
}

impl Asked {
    fn read(text: &str) -> Option<Self> {
        match text {
            "0" => Some(Self::Probe),
            text => text.parse().ok().map(Self::Signal),
        }
    }

    /// The option that says so, for a command that sends KILL by itself.
    fn option(self) -> String {
        match self {
            Self::Probe => " -s 0".to_owned(),
            Self::Signal(Signal::KILL) => String::new(),
            Self::Signal(signal) => format!(" -s {signal}"),
        }
    }
}

/// The words as kill(1) would have taken them.
#[derive(Debug, Default)]
struct Typed<'a> {
    asked: Option<Asked>,
    /// Whether a signal was given with a dash, which fell does not know.
    has_dash: bool,
    processes: Vec<&'a str>,
    groups: Vec<&'a str>,
}

impl<'a> Typed<'a> {
    fn read(words: &'a [String]) -> Self {
        let mut typed = Self::default();
        let mut only_names = false;
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            match word.strip_prefix('-') {
                Some("s" | "-signal") => {
                    // Right as it stands, unless its value has a minus.
                    let name = words.next().unwrap_or_default();
                    typed.has_dash |= name.starts_with('-');
                    typed.ask(name.trim_start_matches('-'));
                }
                Some("-") => only_names = true,
                // A number with a minus is a signal first, then a group.
                Some(number) if is_number(number) => {
                    if only_names || typed.has_anything() || Asked::read(number).is_none() {
                        typed.groups.push(number);
                    } else {
                        typed.has_dash = true;
                        typed.ask(number);
                    }
                }
                Some(name) if Asked::read(name).is_some() => {
                    typed.has_dash = true;
                    typed.ask(name);
                }
                None if is_number(word) => typed.processes.push(word),
                Some(_) | None => {}
            }
        }
        typed
    }

    fn ask(&mut self, name: &str) {
        self.asked = self.asked.or_else(|| Asked::read(name));
    }

    fn has_anything(&self) -> bool {
        self.asked.is_some() || !self.groups.is_empty() || !self.processes.is_empty()
    }

    fn into_command(mut self, command: Option<&str>) -> String {
        if command == Some("killpg") {
            self.groups.append(&mut self.processes);
        }
        let option = self.asked.map_or_else(String::new, Asked::option);
        if command == Some("killpg") || !self.groups.is_empty() {
            let groups = or_word(self.groups, "PGID");
            return join(&format!("fell killpg{option}"), groups);
        }
        let words = match self.asked {
            None | Some(Asked::Signal(Signal::TERM)) => "fell term".to_owned(),
            Some(Asked::Signal(signal)) if signal != Signal::KILL && command == Some("term") => {
                format!("fell term -s {signal}")
            }
            Some(_) => format!("fell kill{option}"),
        };
        join(&words, or_word(self.processes, "PID"))
    }
}

/// The numbers, or where there are none the word that stands for one.
fn or_word<'a>(numbers: Vec<&'a str>, word: &'a str) -> Vec<&'a str> {
    if numbers.is_empty() {
        vec![word]
    } else {
        numbers
    }
}

fn join<'a>(words: &str, more: impl IntoIterator<Item = &'a str>) -> String {
    more.into_iter()
        .fold(words.to_owned(), |line, word| line + " " + word)
}

fn is_list(word: &str) -> bool {
    matches!(word, "-l" | "-L" | "--list" | "--table" | "-t")
}

fn takes_a_duration(word: &str) -> bool {
    let name = word.split_once('=').map_or(word, |(name, _)| name);
    matches!(name, "-g" | "--grace" | "--schedule")
}

fn is_number(word: &str) -> bool {
    // Nobody bears the number 0: what that was meant for can't be told.
    word.bytes().all(|byte| byte.is_ascii_digit()) && word.bytes().any(|byte| byte != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_habit_gets_the_command_that_was_meant() {
        for (typed, command) in [
            ("kill -9 7634", Some("fell kill 7634")),
            ("kill -KILL 7634", Some("fell kill 7634")),
            ("kill -SIGKILL 7634 7635", Some("fell kill 7634 7635")),
            ("kill -15 7634", Some("fell term 7634")),
            ("kill -HUP 7634", Some("fell kill -s HUP 7634")),
            ("term -9 7634", Some("fell kill 7634")),
            ("term -INT 7634", Some("fell term -s INT 7634")),
            ("kill -9", Some("fell kill PID")),
            ("kill -0 7634", Some("fell kill -s 0 7634")),
            ("-0 7634 7635", Some("fell kill -s 0 7634 7635")),
            ("kill -0", Some("fell kill -s 0 PID")),
            ("kill -9 0", Some("fell kill PID")),
            ("killpg 0", None),
            ("kill -9 -7634", Some("fell killpg 7634")),
            ("kill -9 -- -7634", Some("fell killpg 7634")),
            ("kill -- -7634", Some("fell killpg 7634")),
            ("kill -TERM -7634", Some("fell killpg -s TERM 7634")),
            ("killpg -7634", Some("fell killpg 7634")),
            ("killpg -s 0 -7634", Some("fell killpg -s 0 7634")),
            ("killpg -s TERM -7634", Some("fell killpg -s TERM 7634")),
            ("killpg -9 7634", Some("fell killpg 7634")),
            ("killpg -HUP 7634", Some("fell killpg -s HUP 7634")),
            ("killpg -9", Some("fell killpg PGID")),
            ("term -7634", Some("fell killpg 7634")),
            ("term -- -5", Some("fell killpg 5")),
            ("term --grace -1 7634", None),
            ("term -g -1 7634", None),
            ("killpg 0", None),
            ("-s 9 7634", Some("fell kill 7634")),
            ("kill -s 9 -7634", Some("fell killpg 7634")),
            ("kill -s -9 7634", Some("fell kill 7634")),
            ("killpg 7634 7635", None),
            ("-9 7634", Some("fell kill 7634")),
            ("7634", Some("fell term 7634")),
            ("-l", Some("fell signals")),
            ("kill -l", Some("fell signals")),
            ("kill -l 137", Some("fell signals 137")),
            ("kill -L", Some("fell signals")),
            ("signals --pid 0", None),
            ("signals -9", None),
            ("kill", None),
            ("term", None),
            ("kill nginx", None),
            ("kill -s HUP nginx", None),
            ("term --no-such-option 5", None),
            ("", None),
        ] {
            let arguments: Vec<String> = typed.split_whitespace().map(str::to_owned).collect();
            assert_eq!(meant(&arguments).as_deref(), command, "{typed}");
        }
    }
}
