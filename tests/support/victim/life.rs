//! What a victim does with itself.

use std::env;
use std::ffi::CString;
use std::os::fd::RawFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::Sender;
use std::time::Duration;

use nix::sys::signal::{SigHandler, Signal};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{
    ForkResult, Gid, Pid, Uid, fork, getpid, setgid, setpgid, setresuid, setsid, setuid,
};
use rustix::fs::inotify;
use rustix::thread::{UnshareFlags, unshare_unsafe};
use serde::{Deserialize, Serialize};

use super::churn::churn;
use super::host;
use super::mask::{Mask, dispose};
use super::{Birth, ENVIRONMENT, Life, Member, OnTerm, Parenting, Place};

const TETHER: RawFd = 0;
const TELL: libc::c_int = 1;

/// After this many seconds every member ends by itself.
const LIFETIME: libc::c_uint = 60;

/// How many workers a respawning master starts at most.
const RESPAWNS: usize = 500;

/// How long a line of processes goes on at most, in milliseconds.
const LINE: i64 = 30_000;

/// Runs before `main`, and with it before the test harness.
#[used]
#[unsafe(link_section = ".init_array")]
static TAKE_OVER: extern "C" fn() = {
    extern "C" fn take_over() {
        if let Ok(text) = env::var(ENVIRONMENT) {
            let member: Member = serde_json::from_str(&text).expect("a family's description");
            live(&member, 1)
        }
    }
    take_over
};

static HEARD: [AtomicU32; 65] = [const { AtomicU32::new(0) }; 65];

extern "C" fn hear(signal: libc::c_int) {
    if let Some(count) = usize::try_from(signal).ok().and_then(|it| HEARD.get(it)) {
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// The whole life of a member; `number` tells those apart that are alike.
pub(super) fn live(member: &Member, number: usize) -> ! {
    // SAFETY: takes a number, touches nothing.
    unsafe { libc::alarm(LIFETIME) };
    if let Some(program) = &member.program {
        run_by(program, member);
    }
    take_place(member.place);
    prepare_signals(member);
    let mut children = match member.life {
        Life::Threads(threads) => bear_in_last_of(threads, member.clone()),
        Life::Host | Life::ThreadOnUsr1 => Vec::new(),
        _ => bear_all(&member.children),
    };
    if member.deep > 0 {
        let mut next = member.clone();
        next.deep -= 1;
        next.place = Place::Inherited;
        next.children.clear();
        bear(&next, number);
    }
    if let Some(title) = &member.title {
        set_title(title);
    }
    if let Some(user) = member.user {
        setgid(Gid::from_raw(user)).expect("setgid");
        setuid(Uid::from_raw(user)).expect("setuid");
        // As one that this user has started: the kernel keeps those who changed from him.
        // SAFETY: takes a number.
        unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 1) };
    }
    if let Some([real, effective, saved]) = member.ids {
        let [real, effective, saved] = [real, effective, saved].map(Uid::from_raw);
        setresuid(real, effective, saved).expect("setresuid");
    }
    let name = match (number, member.deep) {
        (1, 0) => member.name.clone(),
        (1, deep) => format!("{}-{deep}", member.name),
        (number, _) => format!("{}-{number}", member.name),
    };
    match member.life {
        Life::EndMainThread => end_main_thread(member.clone(), name),
        Life::StartLine => start_line(),
        _ => {}
    }
    ready(&name);
    if let Some(file) = &member.creates {
        let _ = std::fs::write(file, "");
    }
    match member.life {
        Life::Exit(status) => exit(status),
        Life::Last(millis) => {
            pass(millis);
            end(&name, 0)
        }
        Life::Vfork => {
            let child = Member::new(&format!("{name}-child")).on_term(OnTerm::Ignore);
            bear_by(libc::CLONE_VFORK, || live(&child, 1));
        }
        Life::Churn(habit) => churn(habit),
        Life::Stop => raise(Signal::SIGSTOP),
        _ => {}
    }
    stay(member, &name, &mut children)
}

/// Goes on as another program, which is a copy of this one.
fn run_by(program: &Path, member: &Member) {
    let member = Member {
        program: None,
        ..member.clone()
    };
    let mut command = Command::new(program);
    let error = command.env(ENVIRONMENT, member.describe()).exec();
    tell(&format!("failed exec {error}"));
    exit(70)
}

fn ready(name: &str) {
    // The group and session too: that saves the tests a look at /proc.
    // SAFETY: takes no pointer.
    let (group, session) = unsafe { (libc::getpgrp(), libc::getsid(0)) };
    tell(&format!("ready {name} {} {group} {session}", getpid()));
}

pub(super) fn take_place(place: Place) {
    match place {
        Place::Inherited => {}
        Place::OwnGroup => setpgid(Pid::from_raw(0), Pid::from_raw(0)).expect("setpgid"),
        Place::OwnSession => drop(setsid().expect("setsid")),
    }
}

/// Catches what is to be heard. All of it is blocked but for the moment of waiting.
fn prepare_signals(member: &Member) {
    // What its parent catches is no business of its own.
    for number in 1..=64 {
        dispose(number, SigHandler::SigDfl);
    }
    let children = match member.parenting {
        Parenting::Reaping | Parenting::Adopting if member.life != Life::Respawn => {
            SigHandler::SigIgn
        }
        _ => SigHandler::SigDfl,
    };
    dispose(libc::SIGCHLD, children);
    if member.parenting == Parenting::Adopting {
        // SAFETY: takes a number.
        unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) };
    }
    let mut blocked = Mask::empty();
    let asked = match member.on_term {
        OnTerm::Default => SigHandler::SigDfl,
        OnTerm::Ignore => SigHandler::SigIgn,
        OnTerm::Block => {
            blocked.add(member.asked_by);
            SigHandler::SigDfl
        }
        _ => {
            blocked.add(member.asked_by);
            SigHandler::Handler(hear)
        }
    };
    dispose(member.asked_by, asked);
    for &number in &member.hears {
        dispose(number, SigHandler::Handler(hear));
        blocked.add(number);
    }
    blocked.set();
}

/// Forks a child, and returns when it is where its description wants it.
fn bear(child: &Member, number: usize) -> Option<Pid> {
    if child.birth == Birth::Sibling {
        bear_by(libc::CLONE_PARENT, || live(child, number));
        return None;
    }
    let first = fork_off(|| {
        if child.birth == Birth::Orphan {
            fork_off(|| live(child, number));
            exit(0)
        }
        live(child, number)
    });
    let until = match (child.birth, child.life) {
        (Birth::Orphan, _) => WaitPidFlag::WEXITED,
        (_, Life::Exit(_)) => WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT,
        (_, Life::Stop) => WaitPidFlag::WSTOPPED | WaitPidFlag::WNOWAIT,
        _ => return Some(first),
    };
    // A parent that reaps by ignoring CHLD has no child left to wait for then.
    let _ = waitid(Id::Pid(first), until);
    (child.birth == Birth::Child).then_some(first)
}

pub(super) fn fork_off(run: impl FnOnce()) -> Pid {
    // SAFETY: the process has one thread, so the child is a whole process.
    match unsafe { fork() } {
        Ok(ForkResult::Parent { child }) => child,
        Ok(ForkResult::Child) => be_born(run),
        Err(error) => {
            tell(&format!("failed fork {error}"));
            exit(70)
        }
    }
}

pub(super) fn be_born(run: impl FnOnce()) -> ! {
    for heard in &HEARD {
        heard.store(0, Ordering::Relaxed);
    }
    run();
    exit(0)
}

/// Forks a child in another way than fork(2).
fn bear_by(flag: libc::c_int, run: impl FnOnce()) {
    let flags = libc::c_long::from(flag | libc::SIGCHLD);
    // SAFETY: as fork(2), with one thread; the null stack means the same one.
    match unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) } {
        0 => be_born(run),
        -1 => tell("failed clone"),
        _ => {}
    }
}

fn stay(member: &Member, name: &str, children: &mut [Pid]) -> ! {
    let mut waiting = Mask::empty();
    if member.on_term == OnTerm::Block {
        waiting.add(member.asked_by);
    }
    let mut respawns = 0;
    loop {
        match member.life {
            Life::Respawn => replace_ended(member, children, &mut respawns),
            Life::Host => host::serve(member),
            _ => {}
        }
        for (number, heard) in (0..).zip(&HEARD) {
            for _ in 0..heard.swap(0, Ordering::Relaxed) {
                tell(&format!("heard {name} {number}"));
                if number == member.asked_by {
                    answer(member, name, children);
                } else if number == libc::SIGUSR1 && member.life == Life::ThreadOnUsr1 {
                    bear_in_last_of(1, member.clone());
                } else if number == libc::SIGUSR1 && member.on_term == OnTerm::Default {
                    // A worker that was told by its master to finish.
                    tell(&format!("finished {name}"));
                    exit(0)
                }
            }
        }
        // A child's end is no event of this wait, nor is a wish: who minds them looks often.
        let looks = matches!(member.life, Life::Respawn | Life::Host);
        let turn = looks.then_some(Duration::from_millis(2));
        if is_let_go(turn, &waiting) {
            tell(&format!("bye {name}"));
            exit(0)
        }
    }
}

/// Waits for a signal or the end of the tether, at most so long.
pub(super) fn is_let_go(within: Option<Duration>, waiting: &Mask) -> bool {
    let mut fd = libc::pollfd {
        fd: TETHER,
        events: libc::POLLIN,
        revents: 0,
    };
    let time = within.map(|within| libc::timespec {
        tv_sec: i64::try_from(within.as_secs()).expect("short"),
        tv_nsec: within.subsec_nanos().into(),
    });
    let time = time.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: one descriptor, a time and a mask that outlive the call.
    unsafe { libc::ppoll(&raw mut fd, 1, time, waiting.as_ptr()) > 0 }
}

fn answer(member: &Member, name: &str, children: &[Pid]) {
    let helper = || Member::new(&format!("{name}-helper")).asked_by(member.asked_by);
    match member.on_term {
        OnTerm::Exit(status) => end(name, status),
        OnTerm::ExitAfter(millis) => {
            pass(millis);
            end(name, 0)
        }
        OnTerm::Help => {
            fork_off(|| live(&helper(), 1));
            end(name, 0)
        }
        OnTerm::CleanUp(place, millis) => {
            // At once: it may be born before fell gets its turn again.
            let helper = helper().place(place).life(Life::Last(millis));
            let helper = fork_off(|| live(&helper, 1));
            // A parent that reaps by ignoring CHLD returns when the last child is dead.
            let _ = waitid(Id::Pid(helper), WaitPidFlag::WEXITED);
            end(name, 0)
        }
        OnTerm::Drain => {
            for &child in children {
                let _ = nix::sys::signal::kill(child, Signal::SIGUSR1);
            }
            // Returns with an error when the last one has ended.
            while waitid(Id::All, WaitPidFlag::WEXITED).is_ok() {}
            end(name, 0)
        }
        OnTerm::KillGroup => {
            let _ = nix::sys::signal::killpg(nix::unistd::getpgrp(), Signal::SIGKILL);
        }
        OnTerm::Default | OnTerm::Ignore | OnTerm::Block | OnTerm::Note => {}
    }
}

/// Says how it ends, and does.
fn end(name: &str, status: i32) -> ! {
    tell(&format!("exits {name} {status}"));
    exit(status)
}

pub(super) fn pass(millis: i32) {
    // SAFETY: no descriptor, so no pointer.
    unsafe { libc::poll(std::ptr::null_mut(), 0, millis) };
}

fn replace_ended(member: &Member, children: &mut [Pid], respawns: &mut usize) {
    let template = member.children.first().expect("a worker to replace");
    for child in children {
        let ended = waitid(Id::Pid(*child), WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG);
        let is_ended =
            matches!(ended, Ok(status) if status != nix::sys::wait::WaitStatus::StillAlive);
        if is_ended && *respawns < RESPAWNS {
            *respawns += 1;
            *child = bear(template, *respawns + 1000).unwrap_or(*child);
        }
    }
}

fn bear_all(children: &[Member]) -> Vec<Pid> {
    children
        .iter()
        .flat_map(|child| (1..=child.times).filter_map(move |number| bear(child, number)))
        .collect()
}

/// Starts further threads, which stay as long as the process; the children are the last
/// one's. It forks only when nobody is on the way any more: a lock that another thread
/// holds would be held in the child for good.
fn bear_in_last_of(threads: usize, member: Member) -> Vec<Pid> {
    let (tell, told) = std::sync::mpsc::channel();
    let stay = |tell: Sender<Vec<Pid>>| {
        let _ = tell.send(Vec::new());
        loop {
            std::thread::park();
        }
    };
    for _ in 1..threads {
        let tell = tell.clone();
        std::thread::spawn(move || stay(tell));
        told.recv().expect("a thread");
    }
    let is_spawned = Arc::new(AtomicBool::new(false));
    let may_begin = is_spawned.clone();
    std::thread::spawn(move || {
        while !may_begin.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
        let children = bear_all(&member.children);
        tell.send(children).expect("a listener");
        stay(tell)
    });
    if member.life == Life::ThreadOnUsr1 {
        take_files();
    }
    is_spawned.store(true, Ordering::Release);
    told.recv().expect("children")
}

/// Takes the open files for this thread alone, and some that take the kernel milliseconds
/// to close: it waits until nobody can be looking at a watch any more.
fn take_files() {
    const WATCHERS: usize = 8;
    // SAFETY: no descriptor is handed to another thread after this.
    unsafe { unshare_unsafe(UnshareFlags::FILES) }.expect("unshare");
    for _ in 0..WATCHERS {
        let watcher = inotify::init(inotify::CreateFlags::CLOEXEC).expect("inotify");
        inotify::add_watch(&watcher, "/", inotify::WatchFlags::DELETE_SELF).expect("a watch");
        // It stays open until the thread ends.
        std::mem::forget(watcher);
    }
}

/// Ends this thread and goes on in another.
fn end_main_thread(member: Member, name: String) -> ! {
    std::thread::spawn(move || {
        let is_main_over = || {
            let stat = std::fs::read("/proc/self/stat").expect("stat");
            let end = stat.iter().rposition(|&byte| byte == b')');
            end.is_some_and(|end| stat[end..].starts_with(b") Z"))
        };
        while !is_main_over() {
            std::thread::yield_now();
        }
        ready(&name);
        stay(&member, &name, &mut [])
    });
    // SAFETY: exit(2) ends the calling thread, whose stack nobody else uses.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
    unreachable!("exit(2) does not return")
}

/// A line of processes: each forks the next one and ends.
fn start_line() {
    let end = now_millis() + LINE;
    fork_off(|| {
        loop {
            if now_millis() > end || is_let_go(Some(Duration::ZERO), &Mask::empty()) {
                exit(0)
            }
            // SAFETY: the process has one thread.
            match unsafe { fork() } {
                Ok(ForkResult::Child) => {}
                _ => exit(0),
            }
        }
    });
}

fn now_millis() -> i64 {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).expect("a clock");
    now.tv_sec() * 1000 + now.tv_nsec() / 1_000_000
}

fn set_title(title: &[u8]) {
    let title = CString::new(title).expect("no null byte");
    // SAFETY: a string that ends in a null byte.
    unsafe { libc::prctl(libc::PR_SET_NAME, title.as_ptr()) };
}

/// Says a line; short enough to arrive in one piece.
pub(super) fn tell(line: &str) {
    let line = format!("{line}\n");
    // SAFETY: the text outlives the call. A test that is gone hears nothing.
    unsafe { libc::write(TELL, line.as_ptr().cast(), line.len()) };
}

fn raise(signal: Signal) {
    let _ = nix::sys::signal::raise(signal);
}

pub(super) fn exit(status: i32) -> ! {
    // SAFETY: nothing is left to be cleaned up.
    unsafe { libc::_exit(status) }
}
