//! The words against the table of facts, and the pages against the terminal.

use std::env;
use std::fs;
use std::path::Path;

use fell::process::{Identity, Kind, Pid, StartTime, State};
use fell::signal::lookup::look_up;

use super::*;
use crate::terminal::{Charset, Palette};

const WIDTHS: [usize; 3] = [60, 80, 120];
const CHARSETS: [(Charset, &str); 2] = [(Charset::Unicode, "utf8"), (Charset::Ascii, "ascii")];
const LANGUAGES: [(Language, &str); 2] = [(Language::English, "en"), (Language::Chinese, "zh")];

fn format(width: impl Into<Option<usize>>, charset: Charset, language: Language) -> Format {
    Format {
        language,
        terminal: Terminal {
            width: width.into(),
            charset,
            palette: Palette::Plain,
        },
    }
}

fn formats() -> impl Iterator<Item = (Format, String)> {
    WIDTHS.into_iter().flat_map(|width| {
        CHARSETS.into_iter().flat_map(move |(charset, set)| {
            LANGUAGES.into_iter().map(move |(language, tongue)| {
                let name = format!("{width}-{set}-{tongue}");
                (format(width, charset, language), name)
            })
        })
    })
}

/// A process that does a little of everything.
fn victim() -> (Process, SignalSets) {
    let set = |names: &[&str]| {
        names
            .iter()
            .map(|name| name.parse::<Signal>().expect("a signal"))
            .collect()
    };
    let process = Process {
        identity: Identity {
            pid: Pid::new(7634).expect("positive"),
            started: StartTime(1),
        },
        parent: None,
        group: None,
        session: None,
        state: State::Stopped,
        threads: 3,
        kind: Kind::User,
        name: "进程 \u{1b}[31m".into(),
    };
    let sets = SignalSets {
        caught: set(&["TERM", "USR1", "RTMIN+3"]),
        ignored: set(&["HUP", "PIPE"]),
        blocked: set(&["USR1", "USR2"]),
        pending: set(&["TERM", "USR2"]),
        pending_thread: set(&["USR1", "USR2"]),
        shielded: false,
    };
    (process, sets)
}

fn all_signals() -> Vec<Signal> {
    (1..=Signal::MAX).filter_map(Signal::new).collect()
}

fn pages(format: Format) -> Vec<String> {
    let (victim, sets) = victim();
    let words = ["143", "0", "IOT", "0xfffffffe7fffbeff", "RTMIN+20", "54"];
    let here = &[Architecture::X86][..];
    let found: Vec<Found<'_>> = words
        .iter()
        .map(|word| Found {
            word,
            answer: look_up(word, here).expect("known"),
        })
        .collect();
    let mut pages = vec![
        answers(&found, here, format),
        process(&victim, &sets, &all_signals(), format),
        reference(&Architecture::ALL, format),
    ];
    pages.extend(Architecture::ALL.map(|at| reference(&[at], format)));
    pages
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let narrow = [1, 7, 20, 30, 40, 50].map(|width| {
        let format = format(width, Charset::Unicode, Language::Chinese);
        (format, width.to_string())
    });
    for (format, name) in formats().chain(narrow) {
        let width = format.terminal.width.expect("a width");
        for line in pages(format).iter().flat_map(|page| page.lines()) {
            assert!(text::width(line) <= width, "{name}: {line}");
        }
    }
}

#[test]
fn the_bars_of_a_table_stand_below_each_other() {
    let piped = CHARSETS.map(|(charset, name)| {
        let format = format(None, charset, Language::Chinese);
        (format, format!("piped-{name}"))
    });
    for (format, name) in formats().chain(piped) {
        let (bar, crossing) = match format.terminal.charset {
            Charset::Unicode => ('│', '┼'),
            Charset::Ascii => ('|', '+'),
        };
        let columns = |line: &str, mark: char| -> Vec<usize> {
            line.match_indices(mark)
                .map(|(at, _)| text::width(&line[..at]))
                .collect()
        };
        for page in pages(format) {
            let bars: Vec<Vec<usize>> = page
                .lines()
                .map(|line| columns(line, bar))
                .filter(|bars| !bars.is_empty())
                .collect();
            assert!(bars.len() > 4, "{name}: no table\n{page}");
            let first = &bars[0];
            // A line whose last cells are empty ends early.
            for bars in &bars {
                assert_eq!(bars.as_slice(), &first[..bars.len()], "{name}\n{page}");
            }
            let crossings = page
                .lines()
                .find(|line| !line.is_empty() && line.chars().all(|char| "─┼-+".contains(char)))
                .map(|line| columns(line, crossing));
            assert_eq!(crossings.as_ref(), Some(first), "{name}\n{page}");
        }
    }
}

#[test]
fn eighty_columns_show_everything() {
    let page = reference(
        &[Architecture::X86],
        format(80, Charset::Ascii, Language::English),
    );
    let titles = page.lines().next().expect("titles");
    for title in ["No.", "Name", "Action", "Catch", "POSIX", "Meaning"] {
        assert!(titles.contains(title), "{title}: {titles}");
    }
}

#[test]
fn in_a_pipe_each_signal_has_one_line_that_is_not_cut() {
    let page = reference(
        &[Architecture::X86],
        format(None, Charset::Ascii, Language::English),
    );
    let rows = page.lines().filter(|line| line.contains('|')).count() - 1;
    let names = meanings::brief(&Name::known(&[Architecture::X86]));
    assert_eq!(rows, names.len());
    assert!(page.contains("many daemons reload their configuration on it"));
}

#[test]
fn without_utf8_english_pages_are_ascii() {
    for width in WIDTHS.map(Some).into_iter().chain([None]) {
        for page in pages(format(width, Charset::Ascii, Language::English)) {
            assert!(page.is_ascii(), "{page}");
        }
    }
}

#[test]
fn colours_change_nothing_but_the_colour() {
    for (mut format, name) in formats() {
        let plain = pages(format);
        format.terminal.palette = Palette::Colour;
        for (plain, colourful) in plain.iter().zip(pages(format)) {
            assert!(colourful.contains("\u{1b}["), "{name}");
            let stripped: String = anstream::adapter::strip_str(&colourful).to_string();
            assert_eq!(&stripped, plain, "{name}");
        }
    }
}

#[test]
fn a_row_is_coloured_by_its_own_action() {
    let mut format = format(60, Charset::Unicode, Language::English);
    format.terminal.palette = Palette::Colour;
    let page = reference(&[Architecture::X86], format);
    for (word, action) in [
        ("terminate", Action::Terminate),
        ("core", Action::Core),
        ("stop", Action::Stop),
        ("continue", Action::Continue),
        ("ignore", Action::Ignore),
    ] {
        let painted = format!("│ {}{word}", colour(action));
        let names = meanings::brief(&Name::known(&[Architecture::X86]));
        let rows = names.iter().filter(|name| name.action() == action).count();
        assert_eq!(page.matches(&painted).count(), rows, "{word}");
    }
}

#[test]
fn the_name_of_a_process_cannot_write_to_the_terminal() {
    let (victim, sets) = victim();
    let page = process(
        &victim,
        &sets,
        &[Signal::TERM],
        format(80, Charset::Unicode, Language::English),
    );
    assert!(page.starts_with("7634 进程 \\x1b[31m: stopped, 3 threads\n"));
}

#[test]
fn a_process_is_told_what_would_come_of_each_signal() {
    let (victim, sets) = victim();
    let page = process(
        &victim,
        &sets,
        &all_signals(),
        format(None, Charset::Ascii, Language::English),
    );
    for (name, does, comes) in [
        ("HUP", "ignored", "HUP is ignored"),
        ("INT", "default", "pending until it continues: stopped"),
        ("KILL", "default", "KILL would end it"),
        (
            "USR1",
            "caught, blocked, pending (thread)",
            "pending until it unblocks it: blocked",
        ),
        (
            "USR2",
            "default, blocked, pending (process and thread)",
            "pending until it unblocks it: blocked; another one is lost",
        ),
        (
            "TERM",
            "caught, pending",
            "pending until it continues: stopped; another one is lost",
        ),
        ("CONT", "default", "CONT would continue it"),
        ("TSTP", "default", "TSTP would do nothing: it is stopped"),
        ("RTMIN+3", "caught", "pending until it continues: stopped"),
    ] {
        let row = page
            .lines()
            .map(|line| line.split('|').map(str::trim).collect::<Vec<_>>())
            .find(|cells| cells.get(1) == Some(&name));
        let row = row.unwrap_or_else(|| panic!("{name} is missing\n{page}"));
        assert_eq!(row[2..], [does, comes], "{name}");
    }
    assert!(page.contains("RTMIN+1..RTMIN+2"), "{page}");
    assert!(page.contains("RTMIN+4..RTMAX-1"), "{page}");
}

#[test]
fn every_cell_is_that_of_the_table_of_facts() {
    let facts = include_str!("../../../../../tests/data/signals.tsv");
    let mut lines = facts.lines();
    assert_eq!(
        lines.next(),
        Some("name\tx86_arm\talpha\tsparc\tmips\tparisc\taction\tstandard\tenglish\tchinese")
    );
    let mut known = Name::known(&Architecture::ALL);
    for line in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        let name: Name = cells[0].parse().expect(cells[0]);
        let number = |at: Architecture| {
            name.defined(at)
                .map_or_else(|| "-".to_owned(), |number| number.to_string())
        };
        let mut here = vec![format!("SIG{name}")];
        here.extend(Architecture::ALL.map(number));
        here.push(
            match name.action() {
                Action::Terminate => "Term",
                Action::Core => "Core",
                Action::Ignore => "Ign",
                Action::Stop => "Stop",
                Action::Continue => "Cont",
            }
            .to_owned(),
        );
        let year = meanings::rows(&[name], &[Architecture::X86], Language::English)[0].standard;
        here.push(match year {
            "-" => year.to_owned(),
            year => format!("P{year}"),
        });
        here.push(meanings::meaning(&name, Language::English).to_owned());
        here.push(meanings::meaning(&name, Language::Chinese).to_owned());
        assert_eq!(here, cells);
        known.retain(|other| *other != name);
    }
    assert!(known.is_empty(), "not in the table: {known:?}");
}

/// `UPDATE=1 cargo test` writes them anew.
#[test]
fn the_pages_look_as_they_did() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/signals");
    for (format, name) in formats() {
        let (victim, sets) = victim();
        let page = [
            reference(&[Architecture::X86], format),
            reference(&Architecture::ALL, format),
            process(&victim, &sets, &all_signals(), format),
        ]
        .join("\n");
        let path = directory.join(format!("{name}.txt"));
        if env::var_os("UPDATE").is_some() {
            fs::create_dir_all(&directory).expect("a directory");
            fs::write(&path, &page).expect("written");
        }
        let expected = fs::read_to_string(&path).expect("UPDATE=1 writes it");
        assert!(page == expected, "{name} has changed; UPDATE=1 shows how");
    }
}
