//! docs/recipes.md: each recipe is played as it stands there.

mod support;

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use support::fell::{FELL, Run};
use support::running::as_in_foreground;
use support::service::{Scratch, installed, on_path, root};

/// The block behind a mark in the page.
fn recipe(name: &str) -> String {
    let page = fs::read_to_string(root().join("docs/recipes.md")).expect("the page");
    let mark = format!("<!-- recipe: {name} -->\n```");
    let (_, rest) = page.split_once(&mark).expect("a recipe of that name");
    let (_, rest) = rest.split_once('\n').expect("a block");
    let (block, _) = rest.split_once("\n```").expect("the block's end");
    format!("{block}\n")
}

/// Plays a scene with the recipe in `$RECIPE`; does nothing where that is not possible.
#[track_caller]
fn play(name: &str, scene: &str) {
    let possible = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "true"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !possible {
        eprintln!("no mount namespace can be made here (not root?): not tested");
        return;
    }
    let data = root().join("tests/data/services");
    let scratch = Scratch::new(name);
    let text = scratch.write("recipe", &recipe(name));
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after", "5", "50"])
        .args(["unshare", "--mount", "--propagation", "private"])
        .arg(data.join("stage"))
        .args([FELL.as_ref(), data.as_os_str(), scratch.0.as_os_str()])
        .env("RECIPE", text)
        .env("VENV", root().join("target/setup/venv/bin"))
        .env("LC_ALL", "C.UTF-8")
        .env_remove("MAINPID")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    as_in_foreground(&mut command);
    let began = std::time::Instant::now();
    let mut child = command.spawn().expect("a stage");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(scene.as_bytes()).expect("a scene");
    drop(input);
    let output = child.wait_with_output().expect("an end");
    Run::of(output, began.elapsed()).exits(0);
}

#[test]
fn supervisord() {
    if installed("supervisord").is_none() {
        return;
    }
    let conf = "cat >conf <<END
[supervisord]
nodaemon=true
logfile=$PWD/log
pidfile=$PWD/pid
[unix_http_server]
file=$PWD/sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://$PWD/sock
END
cat \"$RECIPE.conf\" >>conf
supervisorctl() { \"$VENV/supervisorctl\" -c conf \"$@\"; }
export -f supervisorctl
\"$VENV/supervisord\" -c conf >/dev/null &
";
    let end = "supervisorctl shutdown; wait; gone; ! grep killing log";
    play(
        "supervisord",
        &format!(
            "cp \"$RECIPE\" \"$RECIPE.conf\"\n{conf}await 8
             supervisorctl restart app; await 8
             kill -KILL $main; await 8
             supervisorctl stop app; gone\n{end}"
        ),
    );
    let program = recipe("supervisord");
    play(
        "supervisord-outside",
        &format!(
            "cat >\"$RECIPE.conf\" <<'END'\n{program}END\n{conf}await 8
             bash \"$RECIPE\" | grep 'stopped 9 processes'
             gone; await 8
             supervisorctl stop app; gone
             status=0; bash \"$RECIPE\" 2>said || status=$?
             [ $status = 3 ]; grep 'supervisorctl pid prints 0' said\n{end}"
        ),
    );
}

#[test]
fn systemd() {
    if !on_path("systemd-analyze") {
        return;
    }
    // The verifier reports what it does not know, and commands that are not there.
    play(
        "systemd",
        "cp \"$RECIPE\" app.service
         systemd-analyze verify --man=no ./app.service >said 2>&1 || { cat said >&2; exit 1; }
         ! grep app.service said >&2
         hook=$(sed -n 's/^ExecStop=//p' app.service)
         sh -c \"$hook\"
         /opt/app/app & await 8
         MAINPID=$! sh -c \"$hook\" | grep 'stopped 7 processes'
         # The one that has detached itself is left to the cgroup.
         release",
    );
}

#[test]
fn init_script() {
    if !on_path("start-stop-daemon") {
        return;
    }
    play(
        "init",
        "cp \"$RECIPE\" app; chmod +x app
         ./app stop
         ! ./app status
         ./app start; await 8
         ./app status
         ./app stop | grep 'stopped 9 processes'
         gone
         ! ./app status
         ./app stop
         status=0; ./app nonsense 2>/dev/null || status=$?; [ $status = 3 ]
         echo 2147483647 >/run/app.pid
         status=0; ./app stop 2>/dev/null || status=$?; [ $status = 1 ]",
    );
}

#[test]
fn docker() {
    play(
        "docker",
        "words() { python3 -c 'import json, sys; print(*json.loads(sys.argv[1]))' \"$1\"; }
         line=\"$(words \"$(sed -n 's/^ENTRYPOINT //p' \"$RECIPE\")\")\"
         line+=\" $(words \"$(sed -n 's/^CMD //p' \"$RECIPE\")\")\"
         unshare --pid --fork --mount-proc $line & await 8
         kill -TERM $(cat /proc/$!/task/$!/children)
         status=0; wait $! || status=$?; [ $status = 143 ]",
    );
}

#[test]
fn a_hook_of_kubernetes() {
    play(
        "prestop",
        "command=$(sed -n 's/.*command: //p' \"$RECIPE\")
         hook() { python3 -c 'import json, os, sys; c = json.loads(sys.argv[1]); os.execvp(c[0], c)' \"$command\"; }
         hook 2>/dev/null
         fell run -- /opt/app/app & echo $! >/run/worker.pid
         await 8
         hook | grep 'stopped 9 processes'
         gone; hook",
    );
}

#[test]
fn a_step_in_ci() {
    play(
        "ci",
        "sed -n '/run: |/,$p' \"$RECIPE\" | sed 1d >step
         sed 's/echo tested/until [ -e go ]; do sleep 0.1; done; exit 3/' step >other
         bash -e other 2>/dev/null & await 8
         touch go
         status=0; wait $! || status=$?; [ $status = 3 ]
         gone
         bash -e step >said 2>&1
         grep -x tested said; grep 'left behind: stopped 1 process' said",
    );
}

#[test]
fn a_git_hook() {
    if !on_path("git") {
        return;
    }
    play(
        "hook",
        "export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
         git init -q --bare there.git; git init -q here; cd here
         git -c user.name=a -c user.email=a@b commit -q --allow-empty -m first
         cp \"$RECIPE\" .git/hooks/pre-push; chmod +x .git/hooks/pre-push
         git push -q ../there.git HEAD 2>said; grep tested said
         sed -i 's/echo tested >&2/exit 1/' .git/hooks/pre-push
         ! git push -q ../there.git HEAD:other 2>/dev/null",
    );
}

#[test]
fn a_harness() {
    play(
        "harness",
        "cp \"$RECIPE\" harness.py
         python3 - <<'END'
from harness import run
assert run(['sh', '-c', 'exit 3'], 20) == (3, False, [])
status, is_late, left = run(['sh', '-c', 'sleep 60 & setsid sleep 61 & sleep 0.5; exit 4'], 20)
assert (status, is_late) == (4, False), status
assert left.count('sleep') == 2, left
status, is_late, left = run(['sleep', '60'], 1)
assert (status, is_late, left) == (143, True, ['sleep']), (status, is_late, left)
try:
    run(['/nonexistent'], 1)
    raise SystemExit('it was run')
except RuntimeError:
    pass
END",
    );
}

#[test]
fn workers_that_must_not_hear_term() {
    play(
        "main-first",
        "(eval \"exec $(cat \"$RECIPE\")\") & await 3
         kill -TERM $!
         wait $!
         gone
         for k in 1 2; do read -r -t 20 -u 9 word; [ \"$word\" = finished ]; done",
    );
}

#[test]
fn every_recipe_is_played() {
    let page = fs::read_to_string(root().join("docs/recipes.md")).expect("the page");
    let here = fs::read_to_string(root().join("tests/recipes.rs")).expect("this file");
    let mut blocks = page.matches("\n```\n").count();
    for line in page.lines() {
        if let Some(name) = line.strip_prefix("<!-- recipe: ") {
            let name = name.trim_end_matches(" -->");
            assert!(
                here.contains(&format!("\"{name}\"")),
                "{name} is not played"
            );
            blocks -= 1;
        }
    }
    assert_eq!(blocks, 0, "a block has no name");
}
