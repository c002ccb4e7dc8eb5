//! From 10,000 rows to the text of `fell tree`.

use std::ffi::OsString;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use fell::process::{Identity, Kind, Pgid, Pid, Process, Sid, StartTime, State};
use fell::selection::Reason;
use fell::signal::Signal;
use fell::signal::disposition::SignalSets;
use fell::system::Description;

use render::tree::{Sequel, View, render};
use report::{Part, Row};
use terminal::{Charset, Palette, Terminal};

#[allow(
    dead_code,
    unused_imports,
    reason = "the binary uses what is not measured"
)]
#[path = "../src/bin/fell/cli/mod.rs"]
mod cli;

#[allow(
    dead_code,
    unused_imports,
    reason = "the binary uses what is not measured"
)]
#[path = "../src/bin/fell/report.rs"]
mod report;

#[allow(
    dead_code,
    unused_imports,
    reason = "the binary uses what is not measured"
)]
#[path = "../src/bin/fell/terminal.rs"]
mod terminal;

#[allow(
    dead_code,
    unused_imports,
    reason = "the binary uses what is not measured"
)]
#[path = "../src/bin/fell/render"]
mod render {
    pub mod columns;
    pub mod text;
    pub mod tree;
    pub mod words;
}

const ROWS: i32 = 10_000;

fn row(pid: i32) -> Row {
    let parent = Pid::new(pid / 8);
    Row {
        process: Process {
            identity: Identity {
                pid: Pid::new(pid).expect("a PID"),
                started: StartTime(100),
            },
            parent,
            group: Pgid::new(1),
            session: Sid::new(1),
            state: State::Sleeping,
            threads: 1,
            kind: Kind::User,
            name: "worker".into(),
        },
        description: Some(Box::new(Description {
            owner: 0,
            command: ["worker", "--number", &pid.to_string()]
                .map(OsString::from)
                .into_iter()
                .collect(),
            signals: SignalSets::default(),
        })),
        part: Part::Member {
            reason: parent.map_or(Reason::Target, Reason::Descendant),
            target: 0,
        },
    }
}

fn drawing(criterion: &mut Criterion) {
    let rows: Vec<Row> = (1..=ROWS).map(row).collect();
    for (name, width) in [("a pipe", None), ("a terminal", Some(80))] {
        let view = View {
            terminal: Terminal {
                width,
                charset: Charset::Unicode,
                palette: Palette::Plain,
            },
            signal: Signal::TERM,
            sequel: Sequel::Kill,
            now: StartTime(7300),
        };
        assert!(render(&rows, &view).lines().count() > rows.len());
        criterion.bench_function(&format!("draw 10,000 rows to {name}"), |bencher| {
            bencher.iter(|| render(black_box(&rows), black_box(&view)));
        });
    }
}

criterion_group!(benches, drawing);
criterion_main!(benches);
