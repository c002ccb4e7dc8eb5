//! The rules alone: who belongs, out of a table of 10,000.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use fell::process::{Identity, Kind, Pgid, Pid, Process, Sid, StartTime, State};
use fell::scope::Scope;
use fell::snapshot::Snapshot;
use fell::target::Root;

const PROCESSES: i32 = 10_000;

/// Eight children below each; every hundredth has opened a group of its own, every
/// thousandth a session.
fn process(pid: i32) -> Process {
    let parent = (pid - 2) / 8 + 1;
    Process {
        identity: Identity {
            pid: Pid::new(pid).expect("a PID"),
            started: StartTime(u64::from(pid.unsigned_abs())),
        },
        parent: Pid::new(if pid == 1 { 0 } else { parent }),
        group: Pgid::new((pid / 100 * 100).max(2)),
        session: Sid::new((pid / 1000 * 1000).max(2)),
        state: State::Sleeping,
        threads: 1,
        kind: Kind::User,
        name: "process".into(),
    }
}

fn selecting(criterion: &mut Criterion) {
    let processes: Vec<Process> = (1..=PROCESSES).map(process).collect();
    let table = Snapshot::new(processes, StartTime(20_000));
    for (name, target, least) in [("a branch", 20, 100), ("the tree", 2, 1000)] {
        let scope = Scope {
            roots: vec![Root::Process(process(target))],
            ..Scope::default()
        };
        let found = scope.select(&table).members().len();
        assert!(found > least, "{name}: {found}");
        criterion.bench_function(&format!("select {name}: {found} of 10,000"), |bencher| {
            bencher.iter(|| black_box(&scope).select(black_box(&table)));
        });
    }
}

criterion_group!(benches, selecting);
criterion_main!(benches);
