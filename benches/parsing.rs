//! Reading the texts of /proc: what is done for every member, beside the system calls.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};

/// What the included files know by these names.
use fell::{fate, process, signal};

#[allow(
    dead_code,
    unused_imports,
    reason = "the library uses what is not measured"
)]
#[path = "../src/linux/stat.rs"]
mod stat;

#[allow(
    dead_code,
    unused_imports,
    reason = "the library uses what is not measured"
)]
#[path = "../src/linux/status.rs"]
mod status;

fn parsing(criterion: &mut Criterion) {
    let text = std::fs::read("/proc/self/stat").expect("/proc is mounted");
    assert!(stat::parse(&text).is_some());
    criterion.bench_function("parse stat", |bencher| {
        bencher.iter(|| stat::parse(black_box(&text)));
    });
    let text = std::fs::read("/proc/self/status").expect("/proc is mounted");
    assert!(status::parse(&text).is_some());
    criterion.bench_function("parse status", |bencher| {
        bencher.iter(|| status::parse(black_box(&text)));
    });
}

criterion_group!(benches, parsing);
criterion_main!(benches);
