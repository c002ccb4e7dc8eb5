//! `fell run`: nothing of what it starts gets away, and its exit status is the program's.

mod support;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use support::family::{Family, program};
use support::fell::{FELL, fell, run};
use support::means::Means;
use support::running::{Running, fell_run};
use support::service::Scratch;
use support::victim::{Life, Member, OnTerm, Place};

/// Everyone who can try to leave: children in the group, in a session and in a group of
/// their own, their children, and two that have forked twice.
fn family(on_term: OnTerm) -> Member {
    let member = |name: &str| Member::new(name).on_term(on_term);
    member("M")
        .child(member("C1").child(member("G1")))
        .child(member("C2").place(Place::OwnSession).child(member("G2")))
        .child(member("C3").place(Place::OwnGroup))
        .child(member("D1").orphan().place(Place::OwnSession))
        .child(member("D2").orphan())
}

const EVERYONE: usize = 8;

/// The default action, and everyone who ignores what is sent.
const MANNERS: [(OnTerm, &str); 2] = [(OnTerm::Default, "TERM"), (OnTerm::Ignore, "KILL")];

#[test]
fn who_asks_fell_to_end_leaves_nobody() {
    for means in Means::BOTH {
        for (on_term, fate) in MANNERS {
            let mut running = Running::start_by(means, &["--grace", "400ms"], &family(on_term));
            running.signal(Signal::SIGTERM);
            let (status, record) = running.finish();
            let expected = if fate == "TERM" { 143 } else { 137 };
            assert_eq!(status.code(), Some(expected), "{record:#?}");
            assert_eq!(record.verdict(), "gone");
            assert_eq!(record.pids(), running.family.pids());
            assert_eq!(record.members().len(), EVERYONE);
            for pid in running.family.pids() {
                record.tells(pid, &format!("signalled {fate}"), means);
            }
        }
    }
}

#[test]
fn the_signal_that_fell_gets_is_the_first_one_that_everyone_gets() {
    for (signal, number) in [
        (Signal::SIGINT, 2),
        (Signal::SIGHUP, 1),
        (Signal::SIGQUIT, 3),
    ] {
        let mut running = Running::start(&["--grace", "20s"], &family(OnTerm::Ignore));
        running.signal(signal);
        let (status, record) = running.finish();
        assert_eq!(status.code(), Some(128 + number));
        let name = signal.as_str().trim_start_matches("SIG");
        assert_eq!(record.0["program"]["asked_by"], name);
        assert_eq!(record.0["schedule"][0]["signal"], name);
        for pid in running.family.pids() {
            assert_eq!(record.fate(pid), format!("signalled {name}"));
        }
    }
}

#[test]
fn a_program_that_is_killed_leaves_nobody() {
    for means in Means::BOTH {
        for (on_term, fate) in MANNERS {
            let mut running = Running::start_by(means, &["--grace", "400ms"], &family(on_term));
            running.family.signal("M", rustix::process::Signal::KILL);
            let (status, record) = running.finish();
            assert_eq!(status.code(), Some(137));
            assert_eq!(record.members().len(), EVERYONE - 1);
            for pid in running.family.pids() {
                if pid != running.family.pid("M") {
                    record.tells(pid, &format!("signalled {fate}"), means);
                }
            }
        }
    }
}

#[test]
fn a_program_that_ends_by_itself_leaves_nobody_and_gives_its_status() {
    for means in Means::BOTH {
        for (on_term, fate) in MANNERS {
            let mut family = family(on_term).on_term(OnTerm::Exit(3));
            family = family.child(Member::new("zombie").life(Life::Exit(9)));
            let mut running = Running::start_by(means, &["--grace", "400ms"], &family);
            running.end_program();
            let (status, record) = running.finish();
            assert_eq!(status.code(), Some(3));
            assert_eq!(record.0["program"]["end"]["code"], 3);
            for name in ["C1", "C2", "C3", "D1", "D2", "G1", "G2"] {
                let pid = running.family.pid(name);
                record.tells(pid, &format!("signalled {fate}"), means);
            }
        }
    }
}

/// What nobody can prevent: only the program is told.
#[test]
fn when_fell_is_killed_the_program_gets_term_and_the_rest_of_its_family_stays() {
    let mut running = Running::start(&[], &family(OnTerm::Default));
    running.signal(Signal::SIGKILL);
    let status = running.family.reap();
    assert_eq!(status.signal(), Some(9));
    running.family.await_end("M");
    assert_eq!(
        running.family.living(),
        ["C1", "C2", "C3", "D1", "D2", "G1", "G2"]
    );
}

#[test]
fn with_wait_all_what_is_left_may_finish() {
    let program = Member::new("M").life(Life::Exit(4)).child(
        Member::new("late")
            .orphan()
            .place(Place::OwnSession)
            .life(Life::Last(700)),
    );
    let mut running = Running::start(&["--wait-all"], &program);
    let (status, record) = running.finish();
    assert_eq!(status.code(), Some(4));
    assert_eq!(record.verdict(), "nothing");
}

#[test]
fn with_wait_all_a_signal_still_stops_what_is_left() {
    let program = Member::new("M").on_term(OnTerm::Exit(4)).child(
        Member::new("late")
            .on_term(OnTerm::Ignore)
            .orphan()
            .place(Place::OwnSession),
    );
    let mut running = Running::start(&["--wait-all", "--grace", "300ms"], &program);
    running.end_program();
    running.signal(Signal::SIGTERM);
    let (status, record) = running.finish();
    assert_eq!(status.code(), Some(4));
    let late = running.family.pid("late");
    assert_eq!(record.fate(late), "signalled KILL");
}

#[test]
fn every_exit_status_is_passed_on() {
    for status in 0..=255 {
        let run = fell!["run", "--", "sh", "-c", format!("exit {status}")];
        run.exits(status).is_quiet();
    }
}

#[test]
fn a_death_by_any_signal_is_passed_on_as_a_shell_tells_it() {
    // Those that stop or do nothing are no death, and two are the C library's own.
    for signal in (1..=64).filter(|signal| !matches!(signal, 17..=23 | 28 | 32 | 33)) {
        // Without a core file wherever the system would put it.
        let text = format!("ulimit -c 0; kill -{signal} $$; exit 77"); // bash would ignore QUIT
        let mut command = fell_run(&["--", "sh", "-c", &text]);
        command.stdin(Stdio::null());
        let run = run(command);
        assert_eq!(run.status.code(), Some(128 + signal), "{signal}: {run:?}");
        run.is_quiet();
    }
}

#[test]
fn what_cant_be_started_has_the_statuses_of_env_and_timeout() {
    fell!["run", "--", "/nonexistent/program"]
        .exits(127)
        .warns("/nonexistent/program: can't start it: No such file");
    fell!["run", "--", "no-such-program-anywhere"].exits(127);
    fell!["run", "--", "/etc/passwd"]
        .exits(126)
        .warns("Permission denied");
    fell!["run", "--", "/"].exits(126);
    for usage in [
        &["run"][..],
        &["run", "--"],
        &["run", "--nonsense", "--", "true"],
        &["run", "--grace", "soon", "--", "true"],
        &["run", "--grace", "1", "--schedule", "TERM/1", "--", "true"],
        &["run", "-q", "-v", "--", "true"],
        &["run", "--report", "/nonexistent/file", "--", "true"],
    ] {
        fell(usage).exits(125);
    }
    let run = fell!["run", "--help"];
    run.exits(0).says("COMMAND");
}

#[test]
fn options_behind_the_program_are_its_own() {
    for text in [
        "run echo -n --grace x --json",
        "run -- echo -n --grace x --json",
    ] {
        let words: Vec<&str> = text.split(' ').collect();
        let run = fell(&words);
        run.exits(0).is_quiet();
        assert_eq!(run.out, "--grace x --json");
    }
}

#[test]
fn a_program_that_is_alone_leaves_nothing_to_tell() {
    let run = fell!["run", "--", "true"];
    run.exits(0).is_quiet();
    assert_eq!(run.out, "");
    let run = fell!["run", "-v", "--", "false"];
    run.exits(1).is_quiet();
}

#[test]
fn standard_output_is_the_programs_and_the_record_goes_elsewhere() {
    let text = "echo out; sleep 60 & setsid sleep 61 & sleep 0.5; exit 5";
    let run = fell!["run", "--json", "--", "sh", "-c", text];
    run.exits(5);
    assert_eq!(run.out, "out\n");
    let record: serde_json::Value = serde_json::from_str(&run.err).expect("JSON on stderr");
    assert_eq!(record["members"].as_array().map(Vec::len), Some(2));
    assert_eq!(record["program"]["status"], 5);
    let run = fell!["run", "--", "sh", "-c", text];
    run.exits(5)
        .warns("fell: left behind: stopped 2 processes in ");
    let run = fell!["run", "-q", "--", "sh", "-c", text];
    run.exits(5).is_quiet();
    let run = fell!["run", "-v", "--", "sh", "-c", text];
    run.exits(5).warns("sleep 61").warns("ended by TERM after");
}

#[test]
fn a_handler_that_kills_its_whole_group_does_not_meet_fell() {
    let program = Member::new("M")
        .on_term(OnTerm::KillGroup)
        .child(Member::new("C1").on_term(OnTerm::Ignore))
        .child(Member::new("away").place(Place::OwnSession));
    let mut running = Running::start(&["--grace", "10s"], &program);
    running.signal(Signal::SIGTERM);
    let (status, record) = running.finish();
    assert_eq!(status.code(), Some(137));
    assert_eq!(record.verdict(), "gone");
    assert_eq!(record.fate(running.family.pid("away")), "signalled TERM");
}

#[test]
fn with_main_first_workers_finish_what_they_do() {
    for means in Means::BOTH {
        let worker = |name| Member::new(name).hears(&[Signal::SIGUSR1]);
        let program = Member::new("M")
            .on_term(OnTerm::Drain)
            .child(worker("one"))
            .child(worker("two"));
        let mut running = Running::start_by(means, &["--main-first"], &program);
        running.signal(Signal::SIGTERM);
        let (status, _) = running.finish();
        assert_eq!(status.code(), Some(0));
        for line in ["finished one", "finished two"] {
            assert_eq!(running.family.times_said(line), 1, "{line}");
        }
    }
}

/// A line of processes that fork and end at once, in a session of its own, is seen by
/// hardly any look at /proc.
#[test]
fn not_even_a_line_of_forks_gets_away() {
    for means in Means::BOTH {
        for place in [Place::Inherited, Place::OwnGroup, Place::OwnSession] {
            let line = Member::new("line")
                .orphan()
                .place(place)
                .life(Life::StartLine);
            let mut running =
                Running::start_by(means, &["--grace", "300ms"], &Member::new("M").child(line));
            running.signal(Signal::SIGTERM);
            let (_, record) = running.finish();
            assert_eq!(record.verdict(), "gone", "{place:?}");
        }
    }
}

#[test]
fn what_has_become_another_user_is_named_and_not_waited_for() {
    let scratch = Scratch::new("user");
    let setpriv = scratch.join("setpriv");
    let fell = scratch.join("fell");
    let possible = nix::unistd::geteuid().is_root()
        && std::fs::copy("/usr/bin/setpriv", &setpriv).is_ok()
        && std::fs::set_permissions(&setpriv, Permissions::from_mode(0o4755)).is_ok();
    if !possible {
        eprintln!("not root, or no setpriv here: not tested");
        return;
    }
    std::fs::copy(FELL, &fell).expect("a copy that others can read");
    let text = format!(
        "{} --reuid 0 sleep 3 &
         until grep -q '^Uid:.0.*0.*0' /proc/$!/status && grep -q sleep /proc/$!/comm; do :; done
         exit 5",
        setpriv.display()
    );
    let mut command = Command::new("/usr/bin/setpriv");
    command
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
        .arg(fell)
        .args(["run", "--", "sh", "-c", &text])
        .current_dir("/");
    run(command)
        .exits(5)
        .warns("sleep could not be signalled: not permitted (owner root)")
        .warns("stopped 0 of 1 process");
}

/// Then the kernel would reap fell's children, and tell nobody.
#[test]
fn a_caller_that_ignores_its_children_does_not_keep_fell_from_waiting_for_its_own() {
    let mut shell = Command::new("bash");
    shell
        .args([
            "-c",
            "trap '' CHLD; exec \"$FELL\" run -v -- sh -c 'sleep 60 & exit 3'",
        ])
        .env("FELL", FELL);
    run(shell).exits(3).warns("stopped 1 process in ");
}

/// A shell may start jobs and then become fell: these are nobody's business.
#[test]
fn children_that_fell_had_before_are_reaped_and_never_stopped() {
    let job = Member::new("job").hears_all();
    let app = Member::new("app").child(Member::new("daemon").orphan().place(Place::OwnSession));
    let mut shell = Command::new("bash");
    shell
        .args([
            "-c",
            "exec 3<&0\n\
             FELL_TEST_VICTIM=$JOB \"$VICTIM\" <&3 &\n\
             (exec sleep 0.3) &\n\
             FELL_TEST_VICTIM=$APP exec \"$FELL\" run --grace 300ms -- \"$VICTIM\" <&3",
        ])
        .env("JOB", job.describe())
        .env("APP", app.describe())
        .env("VICTIM", program())
        .env("FELL", FELL);
    let mut family = Family::start_by(shell, 3);
    let fell = nix::unistd::Pid::from_raw(family.root());
    nix::sys::signal::kill(fell, Signal::SIGTERM).expect("our own child");
    assert_eq!(family.reap().code(), Some(143));
    assert_eq!(family.living(), ["job"]);
    assert_eq!(family.heard(), [] as [&str; 0]);
}

#[test]
fn the_program_gets_the_signals_and_limits_that_fell_got() {
    // Its mask, what it ignores, its open files, and no descriptor of fell's.
    let look =
        "grep -E '^Sig(Blk|Ign)' /proc/self/status; ulimit -Sn; ulimit -Hn; ls /proc/self/fd";
    for prepare in [
        "ulimit -Sn 300; trap '' PIPE HUP USR1",
        "ulimit -Sn 300",
        "ulimit -Hn 500; trap '' INT QUIT",
        "trap '' CHLD TERM TTIN TTOU TSTP",
    ] {
        let seen: Vec<String> = ["", "\"$FELL\" run -- "]
            .iter()
            .map(|by| {
                let mut shell = Command::new("bash");
                shell
                    .args(["-c", &format!("{prepare}; exec {by}sh -c \"{look}\"")])
                    .env("FELL", FELL);
                run(shell).exits(0).out.clone()
            })
            .collect();
        assert_eq!(seen[0], seen[1], "{prepare}");
    }
}
