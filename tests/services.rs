//! The programs that run and stop other programs for a living: supervisord, gunicorn,
//! start-stop-daemon. tests/setup/services installs them.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::fell::{FELL, Run, fell, run};
use support::means::Means;
use support::running::fell_run;
use support::service::{Crew, EVERYONE, Scratch, app, installed, on_path, root};

/// A supervisord of the test's own, on a socket.
struct Supervisor {
    scratch: Scratch,
    control: PathBuf,
    child: Child,
    /// Held open, so that it can go on talking.
    _said: BufReader<ChildStdout>,
}

/// Reads on until a line has these words: the socket is there by then.
fn await_words<Stream: Read>(stream: Stream, words: &str) -> BufReader<Stream> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while !line.contains(words) {
        line.clear();
        let length = stream.read_line(&mut line).expect("a line");
        assert_ne!(length, 0, "nobody said {words:?}");
    }
    stream
}

impl Supervisor {
    /// Starts it with these programs: name, command and further lines.
    fn start(scratch: Scratch, programs: &[(&str, String, &str)]) -> Option<Self> {
        Self::start_by(Means::Everything, scratch, programs)
    }

    /// The same where whatever it starts has no more than these means.
    fn start_by(means: Means, scratch: Scratch, programs: &[(&str, String, &str)]) -> Option<Self> {
        let daemon = installed("supervisord")?;
        let control = installed("supervisorctl")?;
        let directory = scratch.0.display();
        let mut conf = format!(
            "[supervisord]\nnodaemon=true\nlogfile={directory}/log\npidfile={directory}/pid\n\
             childlogdir={directory}\n\
             [unix_http_server]\nfile={directory}/sock\n\
             [rpcinterface:supervisor]\n\
             supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n\
             [supervisorctl]\nserverurl=unix://{directory}/sock\n"
        );
        for (name, command, more) in programs {
            conf += &format!(
                "[program:{name}]\ncommand={command}\nautostart=false\nstartsecs=0\n{more}\n"
            );
        }
        scratch.write("conf", &conf);
        let mut command = Command::new(daemon);
        means.limit(&mut command);
        let mut child = command
            .arg("-c")
            .arg(scratch.join("conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("supervisord");
        let said = child.stdout.take().expect("a pipe");
        let said = await_words(said, "supervisord started with pid");
        Some(Self {
            scratch,
            control,
            child,
            _said: said,
        })
    }

    fn control(&self, words: &str) -> Run {
        let mut command = Command::new(&self.control);
        command
            .arg("-c")
            .arg(self.scratch.join("conf"))
            .args(words.split(' '));
        run(command)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.scratch.join("log")).expect("a log")
    }

    /// Its own shutdown.
    fn end(&mut self) {
        self.control("shutdown").exits(0);
        assert!(self.child.wait().expect("an end").success());
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        let pid = i32::try_from(self.child.id()).expect("a PID");
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
            let _ = self.child.wait();
        }
    }
}

fn under_fell(crew: &Crew, stubborn: &str) -> String {
    format!("{FELL} run -- {}", plain(crew, stubborn))
}

fn plain(crew: &Crew, stubborn: &str) -> String {
    let app = app();
    format!(
        "python3 {} {} {stubborn}",
        app.display(),
        crew.fifo.display()
    )
}

#[test]
fn supervisord_leaves_nobody_when_it_runs_a_program_through_fell() {
    for means in Means::BOTH {
        let scratch = Scratch::new("supervisord");
        let mut crew = Crew::new(&scratch, "fifo");
        let programs = [("app", under_fell(&crew, ""), "autorestart=true")];
        let Some(mut supervisor) = Supervisor::start_by(means, scratch, &programs) else {
            return;
        };
        supervisor.control("start app").exits(0);
        crew.await_ready(EVERYONE);
        supervisor.control("stop app").exits(0);
        crew.is_gone();
        supervisor.control("status app").says("STOPPED");
        supervisor.control("start app").exits(0);
        crew.await_ready(EVERYONE);
        supervisor.control("restart app").exits(0);
        // The old ones and the new ones are both on the line by then.
        crew.await_ready(2 * EVERYONE);
        assert_eq!(crew.living().len(), EVERYONE);
        // A crash: what it leaves behind is stopped before it is started anew.
        let main = crew.living_pid("main");
        kill(Pid::from_raw(main), Signal::SIGKILL).expect("the program");
        crew.await_ready(3 * EVERYONE);
        assert_eq!(crew.living().len(), EVERYONE);
        supervisor.end();
        crew.is_gone();
        let log = supervisor.log();
        assert!(log.contains("exited: app (exit status 137"), "{log}");
        assert!(!log.contains("killing"), "{log}");
    }
}

#[test]
fn who_ignores_term_is_gone_before_supervisord_loses_its_patience() {
    let scratch = Scratch::new("stubborn");
    let mut crew = Crew::new(&scratch, "fifo");
    // stopwaitsecs is 10 by default, the grace of fell 7.
    let programs = [("app", under_fell(&crew, "g2 daemon"), "autorestart=false")];
    let Some(mut supervisor) = Supervisor::start(scratch, &programs) else {
        return;
    };
    supervisor.control("start app").exits(0);
    crew.await_ready(EVERYONE);
    let began = Instant::now();
    supervisor.control("stop app").exits(0);
    crew.is_gone();
    assert!(began.elapsed() >= Duration::from_secs(7));
    supervisor.control("status app").says("STOPPED");
    let log = supervisor.log();
    assert!(!log.contains("killing"), "{log}");
    supervisor.end();
}

#[test]
fn the_same_program_without_fell_leaves_everyone_but_its_main_process() {
    let scratch = Scratch::new("plain");
    let mut crew = Crew::new(&scratch, "fifo");
    let mut grouped = Crew::new(&scratch, "grouped");
    let programs = [
        ("app", plain(&crew, ""), "autorestart=false"),
        (
            "grouped",
            plain(&grouped, ""),
            "autorestart=false\nstopasgroup=true\nkillasgroup=true",
        ),
    ];
    let Some(mut supervisor) = Supervisor::start(scratch, &programs) else {
        return;
    };
    supervisor.control("start all").exits(0);
    crew.await_ready(EVERYONE);
    grouped.await_ready(EVERYONE);
    supervisor.control("stop all").exits(0);
    assert_eq!(
        crew.living(),
        ["daemon", "g1", "g2", "g3", "w1", "w2", "w3"]
    );
    assert_eq!(grouped.living(), ["daemon", "g2", "w2"]);
    supervisor.end();
    assert_eq!(crew.living().len(), EVERYONE - 1);
}

#[test]
fn a_program_of_supervisord_that_is_stopped_from_outside() {
    let scratch = Scratch::new("outside");
    let mut once = Crew::new(&scratch, "once");
    let mut again = Crew::new(&scratch, "again");
    let programs = [
        ("once", under_fell(&once, ""), "autorestart=unexpected"),
        ("again", under_fell(&again, ""), "autorestart=true"),
    ];
    let programs = programs.map(|(name, command, more)| {
        // 143 is how fell tells that TERM has ended the program.
        (name, command, format!("{more}\nexitcodes=0,143"))
    });
    let programs = [
        (programs[0].0, programs[0].1.clone(), programs[0].2.as_str()),
        (programs[1].0, programs[1].1.clone(), programs[1].2.as_str()),
    ];
    let Some(mut supervisor) = Supervisor::start(scratch, &programs) else {
        return;
    };
    supervisor.control("start all").exits(0);
    once.await_ready(EVERYONE);
    again.await_ready(EVERYONE);
    for name in ["once", "again"] {
        let pid = supervisor.control(&format!("pid {name}")).out;
        fell!["term", "--main-first", pid.trim()].exits(0);
    }
    once.is_gone();
    supervisor.control("status once").says("EXITED");
    // The other one has come back.
    again.await_ready(2 * EVERYONE);
    assert_eq!(again.living().len(), EVERYONE);
    supervisor.control("stop again").exits(0);
    again.is_gone();
    // supervisorctl prints 0 for what is stopped.
    let pid = supervisor.control("pid once").out;
    assert_eq!(pid.trim(), "0");
    for options in [&["term"][..], &["term", "-o"], &["kill", "-o"]] {
        let mut words = options.to_vec();
        words.push(pid.trim());
        fell(&words).exits(3).warns("supervisorctl");
    }
    supervisor.end();
}

#[test]
fn gunicorn_answers_the_request_that_is_in_flight() {
    let Some(gunicorn) = installed("gunicorn") else {
        return;
    };
    for (means, options) in [
        (Means::Everything, &["--main-first"][..]),
        (Means::Everything, &[]),
        (Means::NoPidfds, &["--main-first"]),
    ] {
        let scratch = Scratch::new("gunicorn");
        let mut crew = Crew::new(&scratch, "begun");
        let socket = scratch.join("sock");
        let mut command = fell_run(options);
        means.limit(&mut command);
        command
            .arg("--")
            .arg(&gunicorn)
            .args(["--workers", "2", "--log-level", "info", "--chdir"])
            .arg(root().join("tests/data/services"))
            .arg("--bind")
            .arg(format!("unix:{}", socket.display()))
            .arg("wsgi:app")
            .env("BEGUN", &crew.fifo)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        let mut fell = command.spawn().expect("fell");
        let said = fell.stderr.take().expect("a pipe");
        let _said = await_words(said, "Listening at");
        let mut stream = UnixStream::connect(&socket).expect("a listener");
        stream
            .write_all(b"GET / HTTP/1.0\r\n\r\n")
            .expect("a request");
        crew.await_line("begun");
        let pid = i32::try_from(fell.id()).expect("a PID");
        kill(Pid::from_raw(pid), Signal::SIGTERM).expect("our own child");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(
            answer.ends_with("done"),
            "{means:?} {options:?}: {answer:?}"
        );
        let status = fell.wait().expect("an end");
        assert_eq!(status.code(), Some(0), "{means:?} {options:?}");
    }
}

/// As an init script does it: a PID file, and fell to stop.
#[test]
fn an_init_script_stops_what_start_stop_daemon_has_started() {
    if !on_path("start-stop-daemon") {
        return;
    }
    let cases = ["", "g1 w2"].map(|stubborn| Means::BOTH.map(|means| (means, stubborn)));
    for (means, stubborn) in cases.into_iter().flatten() {
        let scratch = Scratch::new("init");
        let mut crew = Crew::new(&scratch, "fifo");
        let script = scratch.write(
            "app",
            "#!/bin/sh\n\
             case $1 in\n\
             start) start-stop-daemon --start --background --make-pidfile --pidfile \"$DIR/pid\" \\\n\
             \x20   --exec \"$FELL\" -- run --grace 1s -- python3 \"$APP\" \"$DIR/fifo\" $STUBBORN ;;\n\
             stop) \"$FELL\" term -o --main-first $(cat \"$DIR/pid\" 2>/dev/null); rm -f \"$DIR/pid\" ;;\n\
             esac\n",
        );
        let call = |what: &str| {
            let mut command = Command::new("sh");
            means.limit(&mut command);
            command
                .arg(&script)
                .arg(what)
                .env("FELL", FELL)
                .env("DIR", &scratch.0)
                .env("APP", app())
                .env("STUBBORN", stubborn);
            run(command)
        };
        call("start").exits(0);
        crew.await_ready(EVERYONE);
        call("stop").exits(0);
        crew.is_gone();
        // Once more: there is nothing to stop, and that is no failure.
        call("stop").exits(0);
    }
}

#[test]
fn a_stop_hook_of_systemd_works_with_and_without_a_main_process() {
    let hook = |pid: Option<&str>| {
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$FELL\" term --oknodo $MAINPID"]);
        command.env("FELL", FELL).env_remove("MAINPID");
        if let Some(pid) = pid {
            command.env("MAINPID", pid);
        }
        run(command)
    };
    hook(None).exits(0);
    hook(Some("")).exits(0);
    hook(Some("2147483647")).exits(0);
    let mut sleep = Command::new("sleep").arg("60").spawn().expect("sleep");
    hook(Some(&sleep.id().to_string())).exits(0);
    assert!(!sleep.wait().expect("an end").success());
}
