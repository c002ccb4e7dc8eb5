//! Families of real processes that nobody would raise on purpose.
//!
//! ```sh
//! cargo test --test torture                          # a few of each, always the same
//! cargo test --test torture -- families 10000        # so many, of new seeds
//! cargo test --test torture -- families --seed 42    # that one again
//! cargo test --test torture -- churn 120
//! cargo test --test torture -- faults 1000
//! cargo test --test torture -- reuse 1000              # so many of each case
//! ```
//!
//! `--without-pidfds` lets fell find no pidfds, as before Linux 5.3; `--old-pidfds` none of
//! what came to them after that: signals to a group (6.9) and the end of others (6.15).

#[path = "../support/mod.rs"]
mod support;

mod checks;
mod churn;
mod faults;
mod guest;
mod numbers;
mod oracle;
mod plan;
mod reuse;
mod trial;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use proptest::test_runner::{RngAlgorithm, TestRng};
use serde::{Deserialize, Serialize};
use support::means::Means;
use trial::Failure;

/// Families at the same time: most of them only wait for their grace to be over.
const AT_ONCE: usize = 8;

/// A failure is told in full this many times.
const TOLD: usize = 5;

/// What was tried so far.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Figures {
    pub trials: usize,
    pub processes: usize,
    pub members: usize,
    pub records: usize,
    pub late: usize,
    /// Started in the course of the stop, and out of reach of all kinship.
    pub lost: usize,
    /// Numbers that came to mean a stranger while fell was at it.
    pub reused: usize,
    /// Strangers who got a signal in the one window that is left without pidfds.
    pub raced: usize,
    pub rounds: u64,
}

impl Figures {
    fn add(&mut self, other: Self) {
        self.trials += other.trials;
        self.processes += other.processes;
        self.members += other.members;
        self.records += other.records;
        self.late += other.late;
        self.lost += other.lost;
        self.reused += other.reused;
        self.raced += other.raced;
        self.rounds += other.rounds;
    }
}

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scenario {
    Families,
    Churn,
    Faults,
    Reuse,
}

/// What the command line asks for.
#[derive(Debug)]
struct Order {
    scenario: Scenario,
    count: u64,
    first: u64,
    means: Means,
}

fn orders() -> Result<Vec<Order>, String> {
    let (mut scenario, mut count, mut seed, mut means) = (None, None, None, Means::Everything);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "families" => scenario = Some(Scenario::Families),
            "churn" => scenario = Some(Scenario::Churn),
            "faults" => scenario = Some(Scenario::Faults),
            "reuse" => scenario = Some(Scenario::Reuse),
            "--seed" => seed = arguments.next().and_then(|it| it.parse().ok()),
            // What `cargo test` hands to every test program.
            option if option.starts_with('-') => means = Means::of(option).unwrap_or(means),
            number => match number.parse() {
                Ok(number) => count = Some(number),
                Err(_) if "torture".contains(number) => {}
                Err(_) => return Err(format!("{number}: not for this program")),
            },
        }
    }
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let first = match (seed, count) {
        (Some(seed), _) => seed,
        (None, None) => 1,
        (None, Some(_)) => now.as_secs() << 20,
    };
    let count = count.or(seed.map(|_| 1));
    // Whoever names a seed wants that trial, and not one of each kind.
    let kinds = |scenario| match (scenario, seed) {
        (Scenario::Reuse, None) => reuse::ROUND,
        _ => 1,
    };
    let order = |scenario, means, usual| Order {
        scenario,
        count: count.unwrap_or(usual) * kinds(scenario),
        first,
        means,
    };
    Ok(match scenario {
        Some(scenario) => vec![order(scenario, means, 100)],
        None => vec![
            order(Scenario::Families, Means::Everything, 100),
            order(Scenario::Families, Means::NoPidfds, 30),
            order(Scenario::Families, Means::OldPidfds, 20),
            order(Scenario::Churn, Means::Everything, 6),
            order(Scenario::Churn, Means::NoPidfds, 2),
            order(Scenario::Faults, Means::Everything, 40),
            order(Scenario::Faults, Means::NoPidfds, 20),
            order(Scenario::Reuse, Means::Everything, 4),
            order(Scenario::Reuse, Means::NoPidfds, 2),
        ],
    })
}

/// Random numbers that are the same for the same seed.
fn rng(seed: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    if let [_, word, scenario, seed, rest @ ..] = words.as_slice()
        && word == numbers::INSIDE
    {
        let means = rest.first().and_then(|option| Means::of(option));
        let (seed, means) = (
            seed.parse().expect("a seed"),
            means.unwrap_or(Means::Everything),
        );
        return match scenario.as_str() {
            numbers::PROBE => numbers::probe(),
            trial::FAMILIES => numbers::answer(trial::inside(seed, means)),
            _ => numbers::answer(reuse::inside(seed, means)),
        };
    }
    let orders = match orders() {
        Ok(orders) => orders,
        Err(why) => {
            println!("nothing was run: {why}");
            return ExitCode::SUCCESS;
        }
    };
    let failed: usize = orders.iter().map(carry_out).sum();
    let tried: u64 = orders.iter().map(|order| order.count).sum();
    let passed = tried - u64::try_from(failed).unwrap_or(tried).min(tried);
    println!("\n{passed} passed, {failed} failed");
    ExitCode::from(u8::from(failed > 0))
}

/// Runs all trials of an order, and tells how many failed.
fn carry_out(order: &Order) -> usize {
    if order.scenario == Scenario::Faults && !faults::can_be_tried() {
        println!("strace is missing or not permitted: no faults were tried");
        return 0;
    }
    if order.scenario == Scenario::Reuse && !reuse::can_be_tried() {
        println!("no number can be set in a PID namespace here, or strace is missing: not tried");
        return 0;
    }
    if order.scenario == Scenario::Families && !numbers::can_be_chosen() {
        println!("no number can be set in a PID namespace here: none comes round in families");
    }
    let began = Instant::now();
    let next = AtomicU64::new(order.first);
    let sum = Mutex::new(Figures::default());
    let failures = Mutex::new(0);
    let end = order.first + order.count;
    // Forkers need the machine for themselves to be quick.
    let at_once = match order.scenario {
        Scenario::Families | Scenario::Faults | Scenario::Reuse => AT_ONCE,
        Scenario::Churn => 1,
    };
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let tried = std::panic::catch_unwind(|| match order.scenario {
                        Scenario::Families => trial::run_family(seed, order.means),
                        Scenario::Churn => churn::run_forkers(seed, order.means),
                        Scenario::Faults => faults::run_fault(seed, order.means),
                        Scenario::Reuse => reuse::run_reuse(seed, order.means),
                    });
                    match tried {
                        Ok(Ok(figures)) => {
                            sum.lock()
                                .unwrap_or_else(PoisonError::into_inner)
                                .add(figures);
                        }
                        Ok(Err(failure)) => tell(order, seed, Some(failure), &failures),
                        Err(_) => tell(order, seed, None, &failures),
                    }
                }
            });
        }
    });
    let sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    let failed = failures
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    println!(
        "{:?} {:?}, seeds {} to {}: {} fine, {failed} failed, {} processes, {} members, {} in the records, {} of them late, {} lost, {} numbers reused ({} signals too late), {} rounds, {:.1} s",
        order.scenario,
        order.means,
        order.first,
        end - 1,
        sum.trials,
        sum.processes,
        sum.members,
        sum.records,
        sum.late,
        sum.lost,
        sum.reused,
        sum.raced,
        sum.rounds,
        began.elapsed().as_secs_f64()
    );
    failed
}

fn tell(order: &Order, seed: u64, failure: Option<Failure>, failures: &Mutex<usize>) {
    let mut number = failures.lock().unwrap_or_else(PoisonError::into_inner);
    *number += 1;
    let scenario = match order.scenario {
        Scenario::Families => "families",
        Scenario::Churn => "churn",
        Scenario::Faults => "faults",
        Scenario::Reuse => "reuse",
    };
    let means = order.means.option().unwrap_or_default();
    println!("FAILED; again: cargo test --test torture -- {scenario} --seed {seed} {means}");
    let Some(failure) = failure else {
        println!("  it panicked");
        return;
    };
    for complaint in &failure.complaints {
        println!("  {complaint}");
    }
    if *number <= TOLD {
        println!("{}", failure.story);
    }
}
