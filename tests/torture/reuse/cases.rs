//! The cases of reuse, one method each.

use std::time::Duration;

use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;

use super::{Going, Slow, Trial, place, replace};
use crate::numbers::{await_free, wait_for};
use crate::oracle::started;
use crate::support::family::Family;
use crate::support::means::Means;
use crate::support::victim::{Life, Member, OnTerm, Place};

impl Trial {
    pub(super) fn member_ends_in_the_grace(&mut self, rng: &mut TestRng) {
        let worker = Member::new("worker")
            .on_term(OnTerm::Exit(0))
            .place(place(rng));
        let mut family = Family::start(&Member::new("main").on_term(OnTerm::Note).child(worker));
        let pid = family.pid("worker");
        let former = started(pid);
        let fell = self.fell(None, "700ms", family.root());
        family.await_line("exits worker 0");
        let stranger = replace(pid, rng);
        let (run, sent) = self.finish(fell);
        self.check_end(&mut family, &run);
        let pids = run.json().pids();
        self.check(pids == family.pids(), || {
            format!("{pids:?} are in the record")
        });
        let fate = run.json().fate(pid);
        let is_told = self.means.admits(&fate, "exited 0");
        self.check(is_told, || format!("{run:#?}"));
        self.check_stranger(stranger, former, &run, &sent);
    }

    /// fell has understood the number and looked at the process, and is about to hold it.
    pub(super) fn target_is_replaced_before_the_pin(&mut self, rng: &mut TestRng) {
        let mut main = Member::new("main");
        if rng.random_range(0..2) == 0 {
            main = main.child(Member::new("worker").place(Place::OwnSession));
        }
        let mut family = Family::start(&main);
        let pid = family.root();
        let former = started(pid);
        // In the midst of it, or anywhere between the two.
        let slow = match rng.random_range(0..3) {
            0 => Slow("openat", "20+", 20_000),
            _ => Slow("pidfd_open", "1", 300_000),
        };
        let fell = self.fell(Some(slow), "300ms", pid);
        fell.trace.await_line(&format!("\"{pid}/stat\""));
        family.end("main");
        family.reap();
        let stranger = replace(pid, rng);
        let (run, sent) = self.finish(fell);
        let code = run.status.code();
        self.check(matches!(code, Some(0 | 1)), || format!("{run:#?}"));
        // What led to the worker is gone with the target, if fell had not read it by then.
        let left = family.living();
        let is_fine = left.is_empty() || left == ["worker"];
        self.check(is_fine, || format!("{left:?} live: {run:#?}"));
        self.check_stranger(stranger, former, &run, &sent);
        family.let_go();
    }

    pub(super) fn anyone_is_replaced_at_any_time(&mut self, rng: &mut TestRng) {
        let pair = |name: &str| {
            Member::new(name)
                .place(Place::OwnGroup)
                .child(Member::new(&format!("{name}-child")).on_term(OnTerm::Exit(0)))
        };
        let mut family = Family::start(&Member::new("main").child(pair("a")).child(pair("b")));
        let names = ["main", "a", "b", "a-child"];
        let name = names[rng.random_range(0..names.len())];
        let signalling = match self.means {
            Means::NoPidfds => "kill",
            _ => "pidfd_send_signal",
        };
        let calls = ["openat", "pidfd_open", "pread64", signalling, "getdents64"];
        let call = calls[rng.random_range(0..calls.len())];
        let most = match call {
            "pidfd_open" => 5,
            _ if call == signalling => 5,
            _ => 40,
        };
        let when = rng.random_range(1..=most).to_string();
        let pid = family.pid(name);
        let former = started(pid);
        let fell = self.fell(Some(Slow(call, &when, 60_000)), "300ms", family.root());
        // Before fell has looked, the number means whoever bears it.
        fell.trace
            .await_line(&format!("\"{}/stat\"", family.root()));
        let micros = rng.random_range(0..150_000);
        wait_for(Duration::from_micros(micros));
        family.end(name);
        if name == "main" {
            family.reap();
        }
        let stranger = replace(pid, rng);
        let (run, sent) = self.finish(fell);
        // Whoever was below the one who ended may have been lost with it.
        let left = family.living();
        let is_excused = |it: &String| name == "main" || it.starts_with(&format!("{name}-"));
        let is_fine = left.iter().all(is_excused);
        self.check(is_fine, || {
            format!("{name} ended, and {left:?} live: {run:#?}")
        });
        let code = run.status.code();
        let is_code = matches!(code, Some(0)) || code == Some(1) && name == "main";
        self.check(is_code, || format!("{run:#?}"));
        self.check_stranger(stranger, former, &run, &sent);
        family.let_go();
    }

    pub(super) fn dead_leaders_group_is_taken(&mut self, rng: &mut TestRng) {
        let stubborn = Member::new("stubborn").on_term(OnTerm::Note);
        let mate = Member::new("mate")
            .on_term(OnTerm::Exit(0))
            .child(stubborn.place(Place::OwnSession));
        let leader = Member::new("leader").life(Life::Exit(0)).child(mate);
        let mut family = Family::start(&Member::new("main").child(leader.place(Place::OwnGroup)));
        let (leader, mate) = (family.pid("leader"), family.pid("mate"));
        let is_reaped = await_free(leader);
        self.check(is_reaped, || "the leader was not reaped".to_owned());
        let fell = self.fell(None, "700ms", leader);
        family.await_line("exits mate 0");
        // Nobody is in the group any more, once it was reaped.
        let stranger = if await_free(mate) {
            replace(leader, rng)
        } else {
            None
        };
        let (run, sent) = self.finish(fell);
        let living = family.living();
        self.check(living == ["main"], || format!("{living:?} live: {run:#?}"));
        self.check(run.status.code() == Some(0), || format!("{run:#?}"));
        let mut members = vec![mate, family.pid("stubborn")];
        members.sort_unstable();
        let pids = run.json().pids();
        self.check(pids == members, || format!("{run:#?}"));
        // Nobody bore the number when fell came, so that no look can excuse a signal.
        self.check_stranger(stranger, None, &run, &sent);
        family.let_go();
    }

    pub(super) fn child_is_handed_on(&mut self, rng: &mut TestRng) {
        let (mut family, fell, child) = self.at_the_list(rng);
        family.end("parent");
        await_free(family.pid("parent"));
        let (run, _) = self.finish(fell);
        self.check_end(&mut family, &run);
        let pids = run.json().pids();
        self.check(pids.contains(&child), || {
            format!("{child} is not in the record: {run:#?}")
        });
    }

    pub(super) fn child_is_replaced(&mut self, rng: &mut TestRng) {
        let (mut family, fell, child) = self.at_the_list(rng);
        let former = started(child);
        family.end("child");
        let stranger = replace(child, rng);
        let (run, sent) = self.finish(fell);
        self.check_end(&mut family, &run);
        self.check_stranger(stranger, former, &run, &sent);
    }

    /// A fell that has just read a list with one child on it, which it has yet to open.
    fn at_the_list(&self, rng: &mut TestRng) -> (Family, Going, i32) {
        let child = Member::new("child")
            .place(Place::OwnSession)
            .on_term(OnTerm::Exit(0));
        let parent = Member::new("parent").place(place(rng)).child(child);
        let family = Family::start(&Member::new("main").child(parent));
        let child = family.pid("child");
        let micros = if rng.random_range(0..2) == 0 {
            4_000
        } else {
            30_000
        };
        let slow = Slow("openat", "20+", micros);
        let fell = self.fell(Some(slow), "300ms", family.root());
        fell.trace.await_line(&format!("\"{child} \""));
        (family, fell, child)
    }

    /// What can't be excluded without pidfds: here it is sure to happen, and costs the
    /// stranger one signal and no more.
    pub(super) fn member_is_replaced_at_the_signal(&mut self, rng: &mut TestRng) {
        let worker = Member::new("worker").place(place(rng));
        let mut family = Family::start(&Member::new("main").on_term(OnTerm::Note).child(worker));
        let pid = family.pid("worker");
        let former = started(pid);
        let call = match self.means {
            Means::NoPidfds => "kill",
            _ => "pidfd_send_signal",
        };
        let fell = self.fell(Some(Slow(call, "1+", 300_000)), "300ms", family.root());
        // Parents come first, so the worker is next.
        family.await_line("heard main 15");
        wait_for(Duration::from_millis(50));
        family.end("worker");
        let stranger = replace(pid, rng);
        let (run, sent) = self.finish(fell);
        self.check_end(&mut family, &run);
        self.check_stranger(stranger, former, &run, &sent);
    }
}
