//! Completions and man pages are made from the definition of the command line, so that
//! help, manual and completion can't tell different stories. What is committed must be
//! what would be made now; `UPDATE=1 cargo test --test generated` makes it anew.
#![forbid(unsafe_code)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use fell::signal::reference::Architecture;

use meanings::Language;

/// The same definition that the binary is built from.
#[allow(dead_code, reason = "the binary uses what the generator does not")]
#[path = "../src/bin/fell/cli/mod.rs"]
mod cli;

/// The same wording that `fell signals` prints.
#[allow(dead_code, reason = "the binary uses what the generator does not")]
#[path = "../src/bin/fell/render/meanings.rs"]
mod meanings;

/// Stands in every page's footer. A page changes with its text, not with the day on
/// which it was made.
const DATE: &str = "2026-11-23";

/// The hand-written sections of each page, in their order, as files of `man/parts`.
const PAGES: [(&str, &[&str]); 7] = [
    ("fell", &["fell"]),
    ("fell-tree", &["tree", "environment", "see-also"]),
    (
        "fell-term",
        &["term", "exit-status", "environment", "see-also"],
    ),
    (
        "fell-kill",
        &["kill", "exit-status", "environment", "see-also"],
    ),
    (
        "fell-killpg",
        &["killpg", "exit-status", "environment", "see-also"],
    ),
    ("fell-run", &["run", "environment", "see-also"]),
    (
        "fell-signals",
        &[
            "signals",
            TABLES,
            "signals-json",
            "environment-signals",
            "see-also",
        ],
    ),
];

/// Stands for the tables of signals, which are made from the library's data.
const TABLES: &str = "(tables)";

const COMPLETIONS: [(Shell, &str); 3] = [
    (Shell::Bash, "fell.bash"),
    (Shell::Zsh, "_fell"),
    (Shell::Fish, "fell.fish"),
];

#[test]
fn completions_are_up_to_date() {
    for (shell, file) in COMPLETIONS {
        let mut made = Vec::new();
        clap_complete::generate(shell, &mut cli::Cli::command(), "fell", &mut made);
        let mut made = String::from_utf8(made).expect("completions in UTF-8");
        if shell == Shell::Fish {
            made += &fish_positionals();
        }
        settle(&Path::new("completions").join(file), &made);
    }
}

/// What clap_complete leaves out for fish: the values of arguments without a dash.
fn fish_positionals() -> String {
    let names: Vec<&str> = cli::values::signal_names().collect();
    format!(
        "complete -c fell -n \"__fish_fell_using_subcommand signals\" -f -a \"{}\"\n",
        names.join(" ")
    )
}

#[test]
fn man_pages_are_up_to_date() {
    let mut fell = cli::Cli::command();
    fell.build();
    for (name, parts) in PAGES {
        let command = match name.strip_prefix("fell-") {
            Some(subcommand) => fell.find_subcommand(subcommand),
            None => Some(&fell),
        };
        let command = command.unwrap_or_else(|| panic!("{name} is a command"));
        settle(
            &Path::new("man").join(format!("{name}.1")),
            &page(name, command, parts),
        );
    }
}

#[test]
fn every_command_has_a_page() {
    for command in cli::Cli::command().get_subcommands() {
        let name = format!("fell-{}", command.get_name());
        assert!(
            PAGES.iter().any(|(page, _)| *page == name),
            "{name} has no page"
        );
    }
}

/// A page: what the definition says, then what people wrote.
fn page(name: &str, command: &Command, parts: &[&str]) -> String {
    let mut made = Vec::new();
    let man = Man::new(command.clone())
        .title(name.to_uppercase())
        .date(DATE)
        .source(concat!("fell ", env!("CARGO_PKG_VERSION")))
        .manual("User Commands");
    man.render_title(&mut made).expect("a title");
    man.render_name_section(&mut made).expect("a name");
    made.extend(synopsis(command).into_bytes());
    man.render_description_section(&mut made)
        .expect("a description");
    man.render_options_section(&mut made).expect("options");
    if command.has_subcommands() {
        man.render_subcommands_section(&mut made)
            .expect("subcommands");
    }
    let text = String::from_utf8(made).expect("a page in UTF-8");
    // Before the list of values: an empty line between two breaks, which mandoc takes
    // for a mistake.
    let mut text = text.replace(".br\n\n.br\n", ".sp\n");
    for part in parts {
        if *part == TABLES {
            // Tells man(1) that there are tables: tbl(1) has to see the page first.
            text.insert_str(0, "'\\\" t\n");
            text.push_str(&signal_tables());
            continue;
        }
        let path = root().join(format!("man/parts/{part}.roff"));
        let part =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        text.push_str(&part);
    }
    text
}

/// What `fell signals --arch all` prints, in two tables: one would be too wide.
fn signal_tables() -> String {
    let rows = meanings::reference(&Architecture::ALL, Language::English);
    let mut text =
        String::from(".SH SIGNALS\n.TS\nlB lB lB lB\nl l l lx.\nName\tAction\tPOSIX\tMeaning\n");
    for row in &rows {
        let [name, action, standard, meaning] =
            [&row.name, row.action, row.standard, row.meaning].map(roff);
        text += &format!("{name}\t{action}\t{standard}\tT{{\n{meaning}\nT}}\n");
    }
    text += ".TE\n.PP\n";
    text += &roff(&meanings::realtime_note(
        Architecture::X86,
        Language::English,
    ));
    text += "\nOn MIPS the range goes up to 127.\n.SH NUMBERS\n";
    text += "x86 stands for ARM, RISC\\-V, PowerPC, s390 and LoongArch too.\n.PP\n.TS\nlB";
    text += &" rB".repeat(Architecture::ALL.len());
    text += "\nl";
    text += &" r".repeat(Architecture::ALL.len());
    text += ".\nName";
    for architecture in Architecture::ALL {
        text += &format!("\t{}", roff(architecture.name()));
    }
    for row in &rows {
        text += &format!("\n{}", roff(&row.name));
        for number in &row.numbers {
            text += &format!("\t{}", roff(number));
        }
    }
    text + "\n.TE\n"
}

/// A text as roff(7) wants it.
fn roff(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

/// The usage line of the help. What clap_mangen would make of it lists every option
/// without its value, and does not say that there may be several PIDs.
fn synopsis(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let name = command.get_bin_name().unwrap_or("fell");
    let rest = roff(usage.strip_prefix(name).unwrap_or(usage));
    format!(".SH SYNOPSIS\n\\fB{name}\\fR{rest}\n")
}

/// Compares a file with what it should hold, or writes that with `UPDATE=1`.
fn settle(file: &Path, made: &str) {
    let path = root().join(file);
    if env::var_os("UPDATE").is_some_and(|value| value == "1") {
        fs::write(&path, made).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    let committed =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let difference = committed
        .lines()
        .zip(made.lines())
        .position(|(committed, made)| committed != made)
        .unwrap_or_else(|| committed.lines().count().min(made.lines().count()));
    assert!(
        committed == made,
        "{}: line {} is not what would be made now; UPDATE=1 cargo test --test generated",
        file.display(),
        difference + 1
    );
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
