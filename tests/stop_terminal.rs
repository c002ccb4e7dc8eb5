//! A long wait on a terminal, below a shell with job control: its live line, and what is
//! typed meanwhile.

mod support;

use std::time::{Duration, Instant};

use support::family::Family;
use support::terminal::{CTRL_C, CTRL_Z, Shell, Terminal};
use support::victim::{Member, OnTerm};

const SHELLS: [Shell; 2] = [Shell::Bash, Shell::Sh];

fn stubborn() -> Family {
    let worker = Member::new("worker").on_term(OnTerm::Note).times(2);
    Family::start(&Member::new("main").on_term(OnTerm::Note).child(worker))
}

/// Waits until the line is drawn with so many left, and reads the seconds to KILL from it.
#[track_caller]
fn seconds_left(terminal: &mut Terminal, left: &str) -> f64 {
    terminal.shows(&format!("waiting for {left}, KILL in "));
    terminal.shows(" s: ").parse().expect("seconds")
}

#[test]
fn ctrl_z_and_fg_in_the_grace_put_kill_off_by_the_time_between() {
    std::thread::scope(|scope| {
        for shell in SHELLS {
            scope.spawn(move || suspend_for_longer_than_the_grace(shell));
        }
    });
}

fn suspend_for_longer_than_the_grace(shell: Shell) {
    let Some(mut terminal) = Terminal::open_for(shell) else {
        return;
    };
    let grace = Duration::from_secs(3);
    let mut family = stubborn();
    let began = Instant::now();
    terminal.types(&format!("$fell term --grace 3s {}", family.root()));
    let before = seconds_left(&mut terminal, "3 processes");
    terminal.press(CTRL_Z);
    terminal.shows("Stopped");
    let stopped = Instant::now();
    terminal.shows("outer>");
    assert_eq!(terminal.status(), "148");
    assert!(!terminal.shows_live_line(), "{:#?}", terminal.screen());
    // KILL would be long due by now.
    assert!(family.lives_for("main", Duration::from_millis(3300)));
    assert_eq!(family.living(), ["main", "worker", "worker-2"]);
    assert_eq!(terminal.status(), "0", "the shell has its terminal");
    assert!(!terminal.shows_live_line(), "{:#?}", terminal.screen());
    let slept = stopped.elapsed();
    terminal.types("fg");
    // It comes back, and goes on where it was.
    let after = seconds_left(&mut terminal, "3 processes");
    assert!(after > 0.0 && after <= before, "{before} {after}");
    family.await_gone();
    let took = began.elapsed();
    assert!(took >= slept + grace, "{shell:?}: {took:?} with {slept:?}");
    terminal.shows("stopped 3 processes in ");
    // Nor does the record count the time between.
    let told: f64 = terminal.shows(" s: 3 by KILL").parse().expect("seconds");
    let most = began.elapsed() - slept;
    assert!((3.0..=most.as_secs_f64() + 0.1).contains(&told), "{told}");
    assert_eq!(terminal.status(), "0");
    assert!(!terminal.shows_live_line(), "{:#?}", terminal.screen());
    assert_eq!(family.heard(), ["main 15", "worker 15", "worker-2 15"]);
}

#[test]
fn ctrl_c_in_the_grace_ends_the_stop_and_the_shell_learns_why() {
    for shell in SHELLS {
        let Some(mut terminal) = Terminal::open_for(shell) else {
            continue;
        };
        let mut family = stubborn();
        terminal.types(&format!("$fell term --grace 30s {}", family.root()));
        seconds_left(&mut terminal, "3 processes");
        terminal.press(CTRL_C);
        terminal.shows("interrupted by INT: nothing more is sent, 3 processes are left");
        let told = terminal.shows("outer>");
        for name in ["main", "worker", "worker-2"] {
            assert!(
                told.contains(&format!("fell: {} ", family.pid(name))),
                "{told:?}"
            );
        }
        assert_eq!(terminal.status(), "130");
        assert!(!terminal.shows_live_line(), "{:#?}", terminal.screen());
        assert_eq!(family.heard(), ["main 15", "worker 15", "worker-2 15"]);
        assert_eq!(family.living(), ["main", "worker", "worker-2"]);
    }
}

#[test]
fn ctrl_c_after_ctrl_z_and_fg_still_ends_the_stop() {
    let Some(mut terminal) = Terminal::open() else {
        return;
    };
    let mut family = stubborn();
    terminal.types(&format!("$fell term --grace 30s {}", family.root()));
    for _ in 0..3 {
        seconds_left(&mut terminal, "3 processes");
        terminal.press(CTRL_Z);
        terminal.shows("Stopped");
        terminal.shows("outer>");
        assert!(!terminal.shows_live_line(), "{:#?}", terminal.screen());
        terminal.types("fg");
    }
    seconds_left(&mut terminal, "3 processes");
    terminal.press(CTRL_C);
    terminal.shows("interrupted by INT: nothing more is sent, 3 processes are left");
    assert_eq!(terminal.status(), "130");
    assert!(!terminal.shows_live_line(), "{:#?}", terminal.screen());
    assert_eq!(family.heard(), ["main 15", "worker 15", "worker-2 15"]);
    assert_eq!(family.living().len(), 3);
}

#[test]
fn in_the_background_no_line_is_drawn_over_what_others_show() {
    for shell in SHELLS {
        let Some(mut terminal) = Terminal::open_for(shell) else {
            continue;
        };
        // Begun there.
        let mut family = stubborn();
        terminal.types(&format!("$fell term --grace 700ms {} &", family.root()));
        family.await_gone();
        terminal.shows("stopped 3 processes in ");
        assert!(
            !terminal.has_shown("waiting for"),
            "{:#?}",
            terminal.screen()
        );
        // Sent there.
        let mut family = stubborn();
        terminal.types(&format!("$fell term --grace 3s {}", family.root()));
        let left = seconds_left(&mut terminal, "3 processes");
        terminal.press(CTRL_Z);
        terminal.shows("Stopped");
        let stopped = Instant::now();
        assert_eq!(terminal.status(), "148");
        terminal.types("bg");
        family.await_gone();
        let rest = stopped.elapsed().as_secs_f64();
        assert!(
            left < rest + 1.0,
            "{left} s were left, and KILL came after {rest} s"
        );
        let drawn = terminal.shows("stopped 3 processes in ");
        assert!(!drawn.contains("waiting for"), "{drawn:?}");
        assert!(!terminal.shows_live_line(), "{:#?}", terminal.screen());
        assert_eq!(family.heard(), ["main 15", "worker 15", "worker-2 15"]);
    }
}

#[test]
fn the_live_line_tells_who_is_left_and_for_how_long() {
    let Some(mut terminal) = Terminal::open() else {
        return;
    };
    let family = stubborn();
    let began = Instant::now();
    terminal.types(&format!("$fell term --grace 30s {}", family.root()));
    let first = seconds_left(&mut terminal, "3 processes");
    assert!((20.0..30.0).contains(&first), "{first}");
    // The time goes down, and no faster than it passes.
    let mut last = first;
    while last > first - 1.5 {
        let next = seconds_left(&mut terminal, "3 processes");
        assert!(next <= last, "{next} after {last}");
        last = next;
    }
    let passed = began.elapsed().as_secs_f64();
    assert!(30.0 - last <= passed + 0.1, "{last} after {passed} s");
    // Nobody is counted or named who has ended.
    for (end, left) in [("worker", "2 processes"), ("main", "1 process")] {
        family.end(end);
        seconds_left(&mut terminal, left);
        let named = terminal.shows("\r");
        for name in ["main", "worker", "worker-2"] {
            let is_named = named.contains(&family.pid(name).to_string());
            assert_eq!(is_named, family.lives(name), "{name}: {named:?}");
        }
    }
    family.end("worker-2");
    terminal.shows("stopped 3 processes in ");
    assert_eq!(terminal.status(), "0");
    assert!(!terminal.shows_live_line(), "{:#?}", terminal.screen());
}

#[test]
fn a_line_as_wide_as_the_terminal_leaves_room_for_what_a_key_echoes() {
    let Some(mut terminal) = Terminal::open() else {
        return;
    };
    let worker = Member::new("worker")
        .title(b"a-name-as-long-")
        .on_term(OnTerm::Note)
        .times(3);
    let family = Family::start(&Member::new("main").child(worker).title(b"as-can-be-named"));
    terminal.types(&format!("$fell term --grace 30s {}", family.root()));
    seconds_left(&mut terminal, "3 processes");
    // Cut, and no name at its end.
    terminal.shows("…");
    terminal.press(CTRL_C);
    terminal.shows("3 processes are left");
    assert_eq!(terminal.status(), "130");
    assert!(!terminal.shows_live_line(), "{:#?}", terminal.screen());
    assert_eq!(family.living().len(), 3);
}
