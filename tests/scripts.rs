//! Scripts without job control: the program, the script and fell share one group.

mod support;

use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use support::family::{Family, program};
use support::fell::{FELL, run};
use support::victim::{ENVIRONMENT, Member, OnTerm, Place};

/// A script that waits at a gate until its program is ready.
struct Script {
    family: Family,
    gate: PathBuf,
    // Held open, so that neither side waits for the other to open it.
    _gate: File,
}

impl Script {
    /// In the script, `$APP` starts the program, `gate` waits and `$FELL` is fell.
    fn start(name: &str, app: &Member, text: &str) -> Self {
        let mut shell = Command::new("sh");
        shell.process_group(0);
        Self::start_in(shell, name, app, text)
    }

    /// The same in a session of the script's own.
    fn start_in_session(name: &str, app: &Member, text: &str) -> Self {
        let mut setsid = Command::new("setsid");
        setsid.arg("sh");
        Self::start_in(setsid, name, app, text)
    }

    fn start_in(mut shell: Command, name: &str, app: &Member, text: &str) -> Self {
        let gate = std::env::temp_dir().join(format!("fell-{name}-{}", std::process::id()));
        let made = Command::new("mkfifo").arg(&gate).status().expect("mkfifo");
        assert!(made.success());
        let opened = File::options()
            .read(true)
            .write(true)
            .open(&gate)
            .expect("the gate");
        shell
            .arg("-c")
            .arg(format!(
                // A background command would get /dev/null as its input.
                "exec 3<&0\n\
                 app() {{ {ENVIRONMENT}=\"$MEMBER\" \"$VICTIM\" <&3; }}\n\
                 gate() {{ read -r _ <\"$GATE\"; }}\n\
                 {text}"
            ))
            .env("MEMBER", app.describe())
            .env("VICTIM", program())
            .env("FELL", FELL)
            .env("GATE", &gate)
            .env("LC_ALL", "C.UTF-8");
        let family = Family::start_by(shell, app.count());
        Self {
            family,
            gate,
            _gate: opened,
        }
    }

    fn open_gate(&mut self) {
        self.tell("go");
    }

    /// What the script reads at the gate.
    fn tell(&mut self, word: &str) {
        self._gate
            .write_all(format!("{word}\n").as_bytes())
            .expect("the gate");
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.gate);
    }
}

/// `app &` runs the function in a subshell of the script; `exec` in it would hide it.
const START: &str = "app & gate\n";

#[test]
fn a_script_survives_the_stop_of_what_it_started() {
    let app = Member::new("app")
        .child(Member::new("worker").on_term(OnTerm::Ignore))
        .child(Member::new("moved").place(Place::OwnSession));
    for command in ["term --grace 300ms", "kill"] {
        let mut script = Script::start(
            "survives",
            &app,
            &format!("{START}\"$FELL\" {command} $! 2>&1\necho status $?\necho survived\n"),
        );
        script.open_gate();
        script.family.await_line("status 0");
        script.family.await_line("survived");
        let group = script.family.root();
        let warning = script.family.await_words("also holds fell itself");
        assert!(
            warning.contains(&format!("group {group} also holds")),
            "{warning}"
        );
        script.family.is_gone();
        assert!(script.family.reap().success());
    }
}

#[test]
fn a_session_that_holds_who_called_fell_is_not_taken() {
    let app = Member::new("beside").hears_all().child(
        Member::new("main")
            .place(Place::OwnGroup)
            .child(Member::new("worker").place(Place::OwnGroup)),
    );
    let mut script = Script::start_in_session(
        "session",
        &app,
        "app &\nread -r main <\"$GATE\"\n\
         \"$FELL\" term --reach session \"$main\" 2>&1\necho status $?\n",
    );
    let main = script.family.pid("main");
    script.tell(&main.to_string());
    script.family.await_line("status 0");
    let session = script.family.place("main").session;
    assert_eq!(session, script.family.root());
    script
        .family
        .await_words(&format!("session {session} also holds"));
    assert_eq!(script.family.living(), ["beside"]);
    assert_eq!(script.family.heard(), [] as [&str; 0]);
}

#[test]
fn an_orphan_in_the_group_of_the_script_is_reported_and_left() {
    let app = Member::new("app").child(Member::new("orphan").orphan());
    let mut script = Script::start(
        "orphan",
        &app,
        &format!("{START}\"$FELL\" term $!\necho survived\n"),
    );
    script.open_gate();
    script.family.await_line("survived");
    assert!(script.family.reap().success());
    assert_eq!(script.family.living(), ["orphan"]);
    fell!["kill", "--reach", "process", script.family.pid("orphan")].exits(0);
    script.family.is_gone();
}

#[test]
fn fell_survives_a_handler_that_kills_the_shared_group() {
    let app = Member::new("app")
        .on_term(OnTerm::KillGroup)
        .child(Member::new("moved").place(Place::OwnGroup));
    let mut script = Script::start(
        "seed",
        &app,
        &format!("{START}\"$FELL\" term $!\necho survived\n"),
    );
    script.open_gate();
    // Its line on the family's pipe proves that fell lived to say it.
    script.family.await_words("stopped ");
    script.family.is_gone();
    assert_eq!(script.family.times_said("survived"), 0);
    use std::os::unix::process::ExitStatusExt;
    assert_eq!(script.family.reap().signal(), Some(9));
}

#[test]
fn fell_survives_in_the_group_that_the_target_leads() {
    for (on_term, fate) in [
        (OnTerm::Default, "signalled TERM"),
        (OnTerm::Ignore, "signalled KILL"),
        (OnTerm::KillGroup, "signalled KILL"),
    ] {
        let mut family = Family::start(
            &Member::new("app")
                .on_term(on_term)
                .child(Member::new("worker").on_term(on_term)),
        );
        let mut command = Command::new(FELL);
        command
            .args([
                "term",
                "--grace",
                "300ms",
                "--json",
                &family.root().to_string(),
            ])
            .process_group(family.root());
        let run = run(command);
        run.exits(0)
            .warns(&format!("group {} also holds", family.root()));
        family.is_gone();
        assert_eq!(run.json().fate(family.root()), fate);
    }
}

#[test]
fn a_stop_hook_that_is_a_child_of_its_target_is_refused_and_harms_nobody() {
    let app = Member::new("app").hears_all();
    let mut script = Script::start(
        "hook",
        &app,
        &format!("{START}\"$FELL\" term $$ 2>&1\necho status $?\ngate\nkill $!\n"),
    );
    script.open_gate();
    script.family.await_line("status 3");
    assert_eq!(script.family.heard(), [] as [&str; 0]);
    assert!(script.family.lives("app"));
    script.open_gate();
}

/// fell leaves the group of the script, and is then in the background of the terminal.
#[test]
fn a_terminal_that_stops_who_writes_from_the_background_does_not_stop_fell() {
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("no script(1) here, which makes terminals: not tested");
        return;
    }
    let mut terminal = Command::new("timeout");
    terminal
        .args(["20", "script", "-qc"])
        .arg("stty tostop; sleep 30 & \"$FELL\" term $!; echo status $?")
        .arg("/dev/null")
        .env("FELL", FELL)
        .env("SHELL", "/bin/sh");
    run(terminal)
        .exits(0)
        .says("also holds fell itself")
        .says("status 0");
}
