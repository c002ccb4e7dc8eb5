//! What a stop costs, and that it neither sleeps nor signals anyone twice.

mod support;

use std::collections::HashMap;
use std::process::Command;

use support::family::Family;
use support::fell::{FELL, Run, run};
use support::means::Means;
use support::trace;
use support::victim::{Member, OnTerm};

/// What a member may cost whose parent takes notice of its end. One is to ask before TERM
/// whether it has started threads, two are to close what it was read by.
const EACH: usize = 15;

/// What it may cost where only its group counts and nobody's children. Three are for a zombie:
/// whether it was reaped, and its exit status in two places.
const EACH_MATE: usize = 10;

/// What it may cost when it stays a zombie: each sweep meets it again, and whether its exit
/// status is kept from fell has to be asked for.
const EACH_ZOMBIE: usize = 20;

/// What it may cost to be shown: its directory opened; stat, status, command line and the
/// list of its children opened, read and closed there. One more is its share of the second
/// thread.
const EACH_ROW: usize = 1 + 4 * 3 + 1;

/// The system calls of a run of fell, or `None`, with a reason, without strace.
fn traced(arguments: &[&str], target: i32) -> Option<Vec<String>> {
    let (_, calls) = traced_by(Means::Everything, arguments, target)?;
    Some(calls)
}

/// The same by these means, and what fell said.
fn traced_by(means: Means, arguments: &[&str], target: i32) -> Option<(Run, Vec<String>)> {
    if !trace::has_strace() {
        return None;
    }
    let log = std::env::temp_dir().join(format!("fell-costs-{target}"));
    let mut command = Command::new("strace");
    means.limit(&mut command);
    command
        .args(["-f", "-qq", "-s", "400", "-e", "signal=none", "-o"])
        .arg(&log)
        .arg(FELL)
        .args(arguments)
        .arg(target.to_string());
    let run = run(command);
    run.exits(0);
    let text = std::fs::read_to_string(&log).expect("a log");
    let _ = std::fs::remove_file(&log);
    let without_pid = |line: &str| {
        let call = line
            .trim_start()
            .trim_start_matches(|char: char| char.is_ascii_digit());
        call.trim_start().to_owned()
    };
    // A call during which another thread made one is told in two lines.
    let is_call = |line: &String| !line.starts_with("<...");
    Some((run, text.lines().map(without_pid).filter(is_call).collect()))
}

fn name(call: &str) -> &str {
    call.split('(').next().unwrap_or_default()
}

fn count(calls: &[String]) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for call in calls {
        *counts.entry(name(call)).or_default() += 1;
    }
    counts
}

/// Whether a call is to be laid to a member's account. A pass over the system is paid
/// once a sweep; and fcntl(2) is how a debug build of the standard library makes sure
/// of a descriptor that it closes.
fn is_of_member(call: &&String) -> bool {
    !matches!(name(call), "getdents64" | "getpgid" | "getsid") && !call.contains("F_GETFD")
}

#[test]
fn a_member_costs_a_handful_of_system_calls() {
    const MEMBERS: usize = 100;
    const ATTEMPTS: usize = 4;
    // A main process that lasts longer than its workers takes notice of their end.
    let reaping = Member::new("main").on_term(OnTerm::ExitAfter(700));
    let negligent = reaping.clone().negligent();
    for (arguments, main, limit) in [
        (&["term", "--grace", "20s"][..], reaping.clone(), EACH),
        (&["killpg"], reaping, EACH_MATE),
        (&["kill"], negligent.clone(), EACH_ZOMBIE),
        (&["term", "--grace", "20s"], negligent, EACH_ZOMBIE),
    ] {
        let cost = |more: usize| {
            let worker = Member::new("worker").on_term(OnTerm::Exit(0));
            let main = main.clone();
            let main = if more == 0 {
                main
            } else {
                main.child(worker.times(more))
            };
            let mut family = Family::start(&main);
            let calls = traced(arguments, family.root())?;
            family.is_gone();
            Some(calls)
        };
        // On a busy machine some are met in the midst of their end and looked at twice: the
        // cheapest of a few stops tells what is needed.
        let mut cheapest: Option<(usize, usize, Vec<String>)> = None;
        for _ in 0..ATTEMPTS {
            let (Some(alone), Some(all)) = (cost(0), cost(MEMBERS)) else {
                return;
            };
            let of_members = all.iter().filter(is_of_member).count();
            let fixed = alone.iter().filter(is_of_member).count();
            let each = of_members.saturating_sub(fixed).div_ceil(MEMBERS);
            if cheapest.as_ref().is_none_or(|(best, ..)| each < *best) {
                cheapest = Some((each, fixed, all));
            }
            if each <= limit {
                break;
            }
        }
        let (each, fixed, all) = cheapest.expect("an attempt");
        assert!(
            each <= limit,
            "{arguments:?}: {each} calls: {:?}",
            count(&all)
        );
        eprintln!("{arguments:?}: {fixed} calls, and {each} for each member");
    }
}

/// How often the directory of all processes was read to its end: the first one that is
/// read. The others are those of threads.
fn passes_in(calls: &[String]) -> usize {
    let directory = |call: &String| call.split(',').next().unwrap_or_default().to_owned();
    let mut readings = calls.iter().filter(|call| name(call) == "getdents64");
    let Some(first) = readings.next() else {
        return 0;
    };
    readings
        .filter(|call| directory(call) == directory(first) && call.ends_with("= 0"))
        .count()
}

/// A main process in a group of its own, and so many workers below it.
fn family_of(workers: usize) -> Family {
    let main = Member::new("main");
    Family::start(&match workers {
        0 => main,
        _ => main.child(Member::new("worker").times(workers)),
    })
}

#[test]
fn a_row_costs_a_handful_of_system_calls_and_the_system_none() {
    const MEMBERS: usize = 100;
    for arguments in [
        &["tree", "--reach", "tree"][..],
        &["tree", "--reach", "tree", "--json"],
    ] {
        let mut counts = Vec::new();
        for workers in [0, MEMBERS] {
            let family = family_of(workers);
            let Some(calls) = traced(arguments, family.root()) else {
                return;
            };
            assert_eq!(passes_in(&calls), 0, "{arguments:?}");
            let writes = calls.iter().filter(|call| name(call) == "write").count();
            assert_eq!(writes, 1, "{arguments:?}: written at once");
            counts.push(calls.iter().filter(is_of_member).count());
        }
        let each = (counts[1] - counts[0]).div_ceil(MEMBERS);
        assert!(each <= EACH_ROW, "{arguments:?}: {each} calls");
        eprintln!(
            "{arguments:?}: {} calls, and {each} for each member",
            counts[0]
        );
    }
}

#[test]
fn a_look_passes_over_the_system_once_and_once_more_for_those_beside_it() {
    let family = family_of(20);
    let Some(calls) = traced(&["tree"], family.root()) else {
        return;
    };
    // Where the session of this test lies outside its PID namespace, nobody shares it.
    let passes = passes_in(&calls);
    assert!((1..=2).contains(&passes), "{passes}");
}

#[test]
fn a_kill_passes_over_the_system_only_to_find_and_to_prove() {
    // To find who belongs, after the signals, and when everyone has ended. Who needs a
    // moment longer to be seen as new may cost one more.
    const PASSES: usize = 4;
    for arguments in [&["kill"][..], &["killpg"]] {
        let mut family = family_of(20);
        let Some(calls) = traced(arguments, family.root()) else {
            return;
        };
        family.is_gone();
        let passes = passes_in(&calls);
        assert!(passes <= PASSES, "{arguments:?}: {passes} passes");
    }
}

#[test]
fn everyone_is_asked_once_and_nobody_sleeps() {
    const MEMBERS: usize = 100;
    let mut family = Family::start(
        &Member::new("main").on_term(OnTerm::Note).child(
            Member::new("worker")
                .on_term(OnTerm::Note)
                .times(MEMBERS - 1),
        ),
    );
    let Some(calls) = traced(&["term", "--grace", "1s"], family.root()) else {
        return;
    };
    family.is_gone();
    let sent = |signal: &str| {
        let sends = calls
            .iter()
            .filter(|call| name(call) == "pidfd_send_signal");
        sends
            .filter(|call| call.contains(&format!(", {signal}, NULL, 0)")))
            .count()
    };
    assert_eq!(sent("SIGTERM"), MEMBERS);
    assert_eq!(sent("SIGKILL"), MEMBERS);
    assert_eq!(family.heard().len(), MEMBERS);
    let counts = count(&calls);
    // What each was read by is not left to be closed at the end.
    assert!(counts["close"] >= 2 * MEMBERS, "{counts:?}");
    for forbidden in ["nanosleep", "clock_nanosleep", "kill", "tkill"] {
        assert_eq!(counts.get(forbidden), None, "{counts:?}");
    }
    // That only asks whether the number is a thread's.
    let mut to_threads = calls.iter().filter(|call| name(call) == "tgkill");
    assert!(to_threads.all(|call| call.contains(", 0)")), "{counts:?}");
    // Waiting is on events: nobody looks again and again in that second.
    let polls = counts.get("ppoll").or_else(|| counts.get("poll"));
    assert!(
        polls.is_some_and(|&polls| polls < 3 * MEMBERS),
        "{counts:?}"
    );
}

#[test]
fn without_pidfds_each_signal_follows_right_after_a_look_at_the_start_time() {
    const MEMBERS: usize = 20;
    let worker = Member::new("worker").on_term(OnTerm::Note);
    let main = Member::new("main").on_term(OnTerm::Note);
    let mut family = Family::start(&main.child(worker.times(MEMBERS - 1)));
    let arguments = ["term", "--grace", "100ms", "--json"];
    let Some((run, calls)) = traced_by(Means::NoPidfds, &arguments, family.root()) else {
        return;
    };
    family.is_gone();
    let sent = trace::sent(&calls);
    let record = run.json();
    for pid in family.pids() {
        let started = record.member(pid)["start_ticks"].as_u64().expect("ticks");
        let of_member: Vec<_> = sent.iter().filter(|it| it.to == pid).collect();
        let signals: Vec<&str> = of_member.iter().map(|it| it.signal.as_str()).collect();
        assert_eq!(signals, ["SIGTERM", "SIGKILL"], "{sent:?}");
        assert!(
            of_member.iter().all(|it| it.after == Some((pid, started))),
            "{of_member:?}"
        );
    }
    // And the same before a signal to a group: whoever vouches for it was just seen.
    assert!(sent.iter().all(|it| it.after.is_some()), "{sent:?}");
}

#[test]
fn without_pidfds_ends_are_looked_for_every_10_ms() {
    const LOOK: u32 = 10_000_000;
    let mut family = Family::start(&Member::new("main").on_term(OnTerm::Note));
    let arguments = ["term", "--grace", "1s"];
    let Some((_, calls)) = traced_by(Means::NoPidfds, &arguments, family.root()) else {
        return;
    };
    family.is_gone();
    let nanoseconds = |call: &String| -> Option<u32> {
        let time = call
            .strip_prefix("ppoll(")?
            .split_once("{tv_sec=0, tv_nsec=")?;
        time.1.split('}').next()?.parse().ok()
    };
    let times: Vec<u32> = calls.iter().filter_map(nanoseconds).collect();
    let whole = times.iter().filter(|&&time| time == LOOK).count();
    // A second has a hundred of them, on a busy machine fewer; what follows KILL, a few.
    assert!((10..=110).contains(&whole), "{times:?}");
    assert!(times.iter().all(|&time| time <= LOOK), "{times:?}");
    let polls = calls.iter().filter(|call| name(call) == "ppoll").count();
    assert!(polls <= whole + 10, "{polls} polls, {whole} of them whole");
}
