//! What fingers type from habit, and the fell command that was meant.
//!
//! Looked at only after the command line was found wrong: nothing that is right can
//! be taken for a habit.

use fell::signal::Signal;

/// The commands that end or look at processes.
const COMMANDS: [&str; 4] = ["term", "kill", "killpg", "tree"];

/// Options that every command meant here has, and those of them that take a value: what
/// was typed besides the habit has to stay in what is proposed, `-n` above all.
const FLAGS: [&str; 9] = [
    "-n",
    "--dry-run",
    "-q",
    "--quiet",
    "-v",
    "--verbose",
    "--json",
    "-o",
    "--oknodo",
];
const WITH_VALUE: [&str; 2] = ["--reach", "--color"];

/// The command that was probably meant by the arguments behind `fell`.
pub fn meant(arguments: &[String]) -> Option<String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.first() {
        Some(&"signals" | &"run") => return None,
        Some(&"help") => return Some(help(&words[1..])),
        _ => {}
    }
    let options_end = words.iter().position(|word| !word.starts_with('-'));
    let at = options_end.filter(|&at| COMMANDS.contains(&words[at]));
    let command = at.map(|at| words[at]);
    let is_misplaced = at.is_some_and(|at| at > 0);
    let words: Vec<&str> = (0..words.len())
        .filter(|&word| Some(word) != at)
        .map(|word| words[word])
        .collect();
    if words.iter().any(|word| is_list(word)) {
        let what = words.iter().filter(|word| !word.starts_with('-'));
        return Some(join("fell signals", what.copied()));
    }
    if words.iter().any(|word| takes_a_duration(word)) {
        // Its value was wrong, and would be taken for a signal here.
        return None;
    }
    let typed = Typed::read(&words)?;
    let is_habit = typed.has_dash
        || !typed.groups.is_empty()
        || is_misplaced
        || command.is_none() && !typed.processes.is_empty();
    is_habit.then(|| typed.into_command(command))
}

/// `fell help term`.
fn help(words: &[&str]) -> String {
    let is_command = |word: &str| COMMANDS.contains(&word) || matches!(word, "signals" | "run");
    let command = words.iter().find(|word| is_command(word));
    match command {
        Some(command) => format!("fell {command} --help"),
        None => "fell --help".to_owned(),
    }
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
    /// What else was wanted.
    options: Vec<&'a str>,
}

impl<'a> Typed<'a> {
    /// `None` where there is an option that can't be carried over.
    fn read(words: &[&'a str]) -> Option<Self> {
        let mut typed = Self::default();
        let mut only_names = false;
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            let name = word.split_once('=').map_or(word, |(name, _)| name);
            match word.strip_prefix('-') {
                _ if FLAGS.contains(&word) => typed.options.push(word),
                _ if WITH_VALUE.contains(&name) => {
                    typed.options.push(word);
                    if name == word {
                        typed.options.push(words.next()?);
                    }
                }
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
                None => {}
                Some(number) if is_zero(number) => {}
                Some(_) => return None,
            }
        }
        Some(typed)
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
        let options = join("", self.options.iter().copied());
        if command == Some("killpg") || !self.groups.is_empty() {
            let groups = or_word(self.groups, "PGID");
            return join(&format!("fell killpg{options}{option}"), groups);
        }
        if command == Some("tree") {
            let signal = match self.asked {
                Some(Asked::Signal(signal)) => format!(" -s {signal}"),
                _ => String::new(),
            };
            return join(&format!("fell tree{options}{signal}"), self.processes);
        }
        let words = match self.asked {
            None if command == Some("kill") => format!("fell kill{options}"),
            None | Some(Asked::Signal(Signal::TERM)) => format!("fell term{options}"),
            Some(Asked::Signal(signal)) if signal != Signal::KILL && command == Some("term") => {
                format!("fell term{options} -s {signal}")
            }
            Some(_) => format!("fell kill{options}{option}"),
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

fn is_zero(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte == b'0')
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
            ("-n term 5", Some("fell term -n 5")),
            ("-n kill 5", Some("fell kill -n 5")),
            ("-v -o killpg 5", Some("fell killpg -v -o 5")),
            ("--json tree 5", Some("fell tree --json 5")),
            ("kill -9 -n 5", Some("fell kill -n 5")),
            ("kill -n -9 -5", Some("fell killpg -n 5")),
            ("term -n -HUP 5", Some("fell term -n -s HUP 5")),
            (
                "kill -HUP --reach tree 5",
                Some("fell kill --reach tree -s HUP 5"),
            ),
            ("term -9 --reach=tree 5", Some("fell kill --reach=tree 5")),
            ("term -9 --main-first 5", None),
            ("kill -9 --reach", None),
            ("tree -9 5", Some("fell tree -s KILL 5")),
            ("help", Some("fell --help")),
            ("help term", Some("fell term --help")),
            ("help run", Some("fell run --help")),
            ("", None),
        ] {
            let arguments: Vec<String> = typed.split_whitespace().map(str::to_owned).collect();
            assert_eq!(meant(&arguments).as_deref(), command, "{typed}");
        }
    }
}
