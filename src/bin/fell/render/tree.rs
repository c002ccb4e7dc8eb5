//! `fell tree` and dry runs: the table, its marks and the forecast.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use fell::linux::own::user_name;
use fell::process::{Pid, Process, StartTime};
use fell::selection::Reason;
use fell::signal::Signal;
use fell::signal::disposition::Disposition;
use fell::signal::reference::Action;

use super::columns::{Columns, Side};
use super::text::cut;
use super::words;
use crate::report::{Forecast, Part, Row};
use crate::terminal::{Charset, Palette, Terminal};

/// How a tree is drawn.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// Where.
    pub terminal: Terminal,
    /// The signal whose effect is shown.
    pub signal: Signal,
    /// What comes to those whom it does not end.
    pub sequel: Sequel,
    /// The present, for ages.
    pub now: StartTime,
}

/// What comes to those who outlast the first signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sequel {
    /// KILL.
    Kill,
    /// They are left.
    Left,
    /// Nobody looks.
    Nothing,
}

/// Numbers and ages to the right, words to the left.
const SIDES: [Side; 8] = [
    Side::Right,
    Side::Right,
    Side::Right,
    Side::Left,
    Side::Left,
    Side::Left,
    Side::Right,
    Side::Left,
];

/// What a narrow terminal does without, the least telling first: the session, the user,
/// the age, the group, the state and what the signal does. Who it is and whether it is
/// taken always stand before the command.
const EXPENDABLE: [usize; 6] = [2, 3, 6, 1, 4, 5];

/// As many columns are left to the command and its branch.
const COMMAND: usize = 28;

/// The whole picture: the table, and below it the summary.
pub fn render(rows: &[Row], view: &View) -> String {
    let mut text = table(rows, view);
    let _ = writeln!(
        text,
        "{}",
        forecast(&Forecast::of(rows, view.signal), view.signal, view.sequel)
    );
    text
}

fn table(rows: &[Row], view: &View) -> String {
    let lines = arrange(rows, view.terminal.charset);
    let group = target_group(rows);
    let mut users = Users::default();
    let mut columns = Columns::new(SIDES);
    columns.push([
        &"PID",
        &"PGID",
        &"SID",
        &"USER",
        &"STATE",
        &view.signal,
        &"AGE",
        &"PART",
    ]);
    for line in &lines {
        push(&mut columns, &rows[line.row], group, view, &mut users);
    }
    if let Some(width) = view.terminal.width {
        columns.fit(width.saturating_sub(COMMAND), &EXPENDABLE);
    }
    /// What most command lines fit into.
    const MOST: usize = 32;
    let branches: usize = lines.iter().map(|line| line.branch.len()).sum();
    let mut text =
        String::with_capacity(branches + (lines.len() + 2) * (columns.row_length() + MOST));
    let header = std::iter::once((Style::new().bold(), "COMMAND".to_owned()));
    let commands = lines.iter().map(|line| {
        let row = &rows[line.row];
        let description = row.description.as_deref();
        let command = words::command(&row.process, description, view.terminal.charset);
        (style(row, view), format!("{}{command}", line.branch))
    });
    for (at, (style, command)) in header.chain(commands).enumerate() {
        write_line(&mut text, &columns, at, &command, style, view);
    }
    text
}

fn write_line(
    text: &mut String,
    columns: &Columns<8>,
    at: usize,
    command: &str,
    style: Style,
    view: &View,
) {
    if view.terminal.palette == Palette::Colour {
        let _ = write!(text, "{style}");
    }
    let start = text.len();
    columns.write(at, text);
    text.push_str(command);
    if let Some(width) = view.terminal.width {
        let line = cut(&text[start..], width, view.terminal.charset);
        text.replace_range(start.., &line);
    }
    text.truncate(start + text[start..].trim_end().len());
    if view.terminal.palette == Palette::Colour {
        let _ = write!(text, "{style:#}");
    }
    text.push('\n');
}

/// Adds the cells before the command.
fn push(columns: &mut Columns<8>, row: &Row, group: Option<i32>, view: &View, users: &mut Users) {
    let process = &row.process;
    let number = |number: Option<i32>| number.map_or_else(|| "?".to_owned(), |it| it.to_string());
    let user = match &row.description {
        Some(description) => users.name(description.owner),
        None => "?",
    };
    let age = view
        .now
        .since_boot()
        .saturating_sub(process.identity.started.since_boot());
    columns.push([
        &process.pid(),
        &number(process.group.map(|it| it.get())),
        &number(process.session.map(|it| it.get())),
        &user,
        &words::state(process),
        &disposition(row, view.signal),
        &words::age(age),
        &part(row, group),
    ]);
}

fn disposition(row: &Row, signal: Signal) -> &'static str {
    match row.disposition(signal) {
        None => "-",
        Some(Disposition::Caught) => "caught",
        Some(Disposition::Ignored) => "ignored",
        Some(Disposition::Blocked) => "blocked",
        Some(Disposition::Pending) => "pending",
        Some(Disposition::Shielded) => "no effect",
        Some(Disposition::Default(Action::Terminate | Action::Core)) => "default",
        Some(Disposition::Default(Action::Stop)) => "default: stops",
        Some(Disposition::Default(Action::Continue)) => "default: continues",
        Some(Disposition::Default(Action::Ignore)) => "default: nothing",
    }
}

/// Why it is in the picture, and whether it left the target's group or session.
fn part(row: &Row, group: Option<i32>) -> String {
    let process = &row.process;
    match row.part {
        Part::Refused(why) => format!("refused: {}", words::refusal(why)),
        Part::Related => "not taken".to_owned(),
        Part::Bystander => String::new(),
        Part::Member { reason, .. } => {
            let word = match reason {
                Reason::Target => return "target".to_owned(),
                Reason::Descendant(_) => "",
                Reason::Group(_) => "by group",
                Reason::Session(_) => "by session",
            };
            let left = if process.leads_session() {
                "own session"
            } else if process.leads_group() && process.group.map(|it| it.get()) != group {
                "own group"
            } else {
                ""
            };
            [word, left]
                .iter()
                .filter(|word| !word.is_empty())
                .copied()
                .collect::<Vec<_>>()
                .join(", ")
        }
    }
}

fn is_target(row: &Row) -> bool {
    matches!(
        row.part,
        Part::Member {
            reason: Reason::Target,
            ..
        }
    )
}

fn target_group(rows: &[Row]) -> Option<i32> {
    rows.iter()
        .find(|row| is_target(row))
        .and_then(|row| row.process.group)
        .map(|group| group.get())
}

fn style(row: &Row, view: &View) -> Style {
    match row.part {
        Part::Refused(_) => AnsiColor::Magenta.on_default(),
        Part::Related => Style::new().dimmed(),
        _ if row.process.is_zombie() => Style::new().dimmed(),
        Part::Member {
            reason: Reason::Target,
            ..
        } => Style::new().bold(),
        _ => match row.disposition(view.signal) {
            Some(Disposition::Ignored | Disposition::Blocked | Disposition::Shielded) => {
                AnsiColor::Red.on_default()
            }
            Some(Disposition::Caught) => AnsiColor::Yellow.on_default(),
            _ => Style::new(),
        },
    }
}

/// One line of the drawing: which row, and the branch before its command.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    row: usize,
    branch: String,
}

/// Puts children below their parents. Whoever's parent is not among the rows is a top;
/// the rows that a stop takes come before those that it leaves.
fn arrange(rows: &[Row], charset: Charset) -> Vec<Line> {
    let by_pid: BTreeMap<Pid, usize> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| (row.process.pid(), at))
        .collect();
    let parent_of = |process: &Process| {
        process
            .parent
            .filter(|&parent| parent != process.pid())
            .and_then(|parent| by_pid.get(&parent).copied())
    };
    let mut children: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut tops = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        match parent_of(&row.process) {
            Some(parent) => children.entry(parent).or_default().push(at),
            None => tops.push(at),
        }
    }
    tops.sort_by_key(|&at| (matches!(rows[at].part, Part::Related), at));
    let mut lines = Vec::new();
    let mut drawn = BTreeSet::new();
    // A stack, not recursion: a tree may be thousands deep. Each entry knows what is
    // drawn below it (the trunk) and right before it (the branch).
    let mut stack: Vec<(usize, String, String)> = tops
        .into_iter()
        .rev()
        .map(|top| (top, String::new(), String::new()))
        .collect();
    while let Some((row, branch, trunk)) = stack.pop() {
        if !drawn.insert(row) {
            continue;
        }
        lines.push(Line { row, branch });
        let below = children.get(&row).map_or(&[][..], Vec::as_slice);
        for (at, &child) in below.iter().enumerate().rev() {
            let is_last = at + 1 == below.len();
            let (knot, more) = match (charset, is_last) {
                (Charset::Unicode, false) => ("├─ ", "│  "),
                (Charset::Unicode, true) => ("└─ ", "   "),
                (Charset::Ascii, false) => ("|- ", "|  "),
                (Charset::Ascii, true) => ("`- ", "   "),
            };
            stack.push((child, format!("{trunk}{knot}"), format!("{trunk}{more}")));
        }
    }
    lines
}

/// The last line: how many, and what is to be expected.
pub fn forecast(forecast: &Forecast, signal: Signal, sequel: Sequel) -> String {
    let mut parts = vec![format!(
        "{}, {}, {}",
        words::count(forecast.processes, "process", "processes"),
        words::count(forecast.groups, "group", "groups"),
        words::count(forecast.sessions, "session", "sessions"),
    )];
    let mut of_signal = Vec::new();
    for (number, one, many) in [
        (forecast.caught, "catches", "catch"),
        (forecast.blocked, "blocks", "block"),
        (forecast.ignored, "ignores", "ignore"),
        (forecast.shielded, "is shielded from", "are shielded from"),
        (forecast.pending, "has not acted on", "have not acted on"),
    ] {
        if number > 0 {
            of_signal.push(format!(
                "{number} {} {signal}",
                if number == 1 { one } else { many }
            ));
        }
    }
    if !of_signal.is_empty() {
        let hint = match sequel {
            _ if forecast.resisting() == 0 || signal == Signal::KILL => "",
            Sequel::Kill => ": expect KILL",
            Sequel::Left => ": expect them to be left",
            Sequel::Nothing => "",
        };
        parts.push(format!("{}{hint}", of_signal.join(", ")));
    }
    for (number, one, many) in [
        (forecast.stopped, "is stopped", "are stopped"),
        (
            forecast.traced,
            "is held by a tracer",
            "are held by a tracer",
        ),
        (
            forecast.uninterruptible,
            "sleeps in the kernel",
            "sleep in the kernel",
        ),
        (forecast.zombies, "zombie", "zombies"),
        (forecast.refused, "refused", "refused"),
        (forecast.related, "related, not taken", "related, not taken"),
    ] {
        if number > 0 {
            parts.push(words::count(number, one, many));
        }
    }
    parts.join("; ")
}

/// Names of users, each asked for once.
#[derive(Debug, Default)]
struct Users(BTreeMap<u32, String>);

impl Users {
    fn name(&mut self, id: u32) -> &str {
        self.0
            .entry(id)
            .or_insert_with(|| user_name(id).unwrap_or_else(|| id.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fell::process::{Identity, Kind, Pgid, Sid, State};

    fn row(pid: i32, parent: i32, part: Part) -> Row {
        Row {
            process: Process {
                identity: Identity {
                    pid: Pid::new(pid).expect("a PID"),
                    started: StartTime(100),
                },
                parent: Pid::new(parent),
                group: Pgid::new(pid),
                session: Sid::new(10),
                state: State::Sleeping,
                threads: 1,
                kind: Kind::User,
                name: format!("p{pid}").into(),
            },
            description: None,
            part,
        }
    }

    fn member(reason: Reason) -> Part {
        Part::Member { reason, target: 0 }
    }

    fn view(width: Option<usize>, charset: Charset) -> View {
        View {
            terminal: Terminal {
                width,
                charset,
                palette: Palette::Plain,
            },
            signal: Signal::TERM,
            sequel: Sequel::Kill,
            now: StartTime(7300),
        }
    }

    fn family() -> Vec<Row> {
        vec![
            row(10, 1, member(Reason::Target)),
            row(
                11,
                10,
                member(Reason::Descendant(Pid::new(10).expect("a PID"))),
            ),
            row(
                12,
                11,
                member(Reason::Descendant(Pid::new(11).expect("a PID"))),
            ),
            row(
                13,
                10,
                member(Reason::Descendant(Pid::new(10).expect("a PID"))),
            ),
            row(20, 1, Part::Related),
        ]
    }

    #[test]
    fn children_hang_below_their_parents() {
        let text = render(&family(), &view(None, Charset::Unicode));
        let commands: Vec<&str> = text
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once("  1m  "))
            .map(|(_, rest)| {
                rest.split_once("  ")
                    .map_or(rest, |(_, command)| command)
                    .trim_start()
            })
            .collect();
        assert!(commands[0].ends_with("[p10]"), "{text}");
        assert!(text.contains("├─ [p11]"), "{text}");
        assert!(text.contains("│  └─ [p12]"), "{text}");
        assert!(text.contains("└─ [p13]"), "{text}");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_ascii_stays_ascii() {
        for width in [1, 20, 40, 60, 80] {
            for charset in [Charset::Unicode, Charset::Ascii] {
                let text = table(&family(), &view(Some(width), charset));
                for line in text.lines() {
                    assert!(super::super::text::width(line) <= width, "{width}: {line}");
                }
                assert!(charset == Charset::Unicode || text.is_ascii());
            }
        }
    }

    #[test]
    fn a_narrow_terminal_shows_the_command_and_who_is_taken() {
        for (width, header) in [
            (
                None,
                "PID  PGID  SID  USER  STATE     TERM  AGE  PART       COMMAND",
            ),
            (
                Some(120),
                "PID  PGID  SID  USER  STATE     TERM  AGE  PART       COMMAND",
            ),
            (
                Some(80),
                "PID  PGID  USER  STATE     TERM  AGE  PART       COMMAND",
            ),
            (Some(60), "PID  STATE     TERM  PART       COMMAND"),
            (Some(40), "PID  PART       COMMAND"),
        ] {
            let text = table(&family(), &view(width, Charset::Unicode));
            assert_eq!(text.lines().next(), Some(header), "{width:?}");
            assert!(text.contains("[p12]"), "{text}");
        }
    }

    #[test]
    fn a_circle_of_parents_is_drawn_once() {
        let rows = vec![row(10, 11, Part::Bystander), row(11, 10, Part::Bystander)];
        assert!(render(&rows, &view(None, Charset::Ascii)).lines().count() <= 4);
    }

    #[test]
    fn a_deep_tree_is_drawn_without_recursion() {
        let rows: Vec<Row> = (2..3000)
            .map(|pid| row(pid, pid - 1, Part::Bystander))
            .collect();
        let text = render(&rows, &view(Some(80), Charset::Ascii));
        assert_eq!(text.lines().count(), 2998 + 2);
    }

    #[test]
    fn the_forecast_counts_who_resists() {
        let mut of = Forecast {
            processes: 9,
            groups: 2,
            sessions: 2,
            ignored: 1,
            ..Forecast::default()
        };
        assert_eq!(
            forecast(&of, Signal::TERM, Sequel::Kill),
            "9 processes, 2 groups, 2 sessions; 1 ignores TERM: expect KILL"
        );
        assert_eq!(
            forecast(&of, Signal::TERM, Sequel::Left),
            "9 processes, 2 groups, 2 sessions; 1 ignores TERM: expect them to be left"
        );
        of.ignored = 0;
        of.caught = 2;
        of.related = 3;
        assert_eq!(
            forecast(&of, Signal::TERM, Sequel::Kill),
            "9 processes, 2 groups, 2 sessions; 2 catch TERM; 3 related, not taken"
        );
    }
}
