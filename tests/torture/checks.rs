//! What must hold when a family was stopped.

use serde_json::Value;

use crate::support::fell::{AFTER_KILL, longest};
use crate::support::means::Means;
use crate::support::victim::{Life, OnTerm};
use crate::trial::Scene;
use crate::{Figures, guest};

/// Everything that is wrong.
pub fn check(scene: &Scene<'_>) -> Vec<String> {
    let mut complaints = Vec::new();
    check_victims(scene, &mut complaints);
    check_signals(scene, &mut complaints);
    check_run(scene, &mut complaints);
    guest::check(scene, &mut complaints);
    if scene.run.out.starts_with('{') {
        match serde_json::from_str(&scene.run.out) {
            Ok(document) => check_record(scene, &document, &mut complaints),
            Err(error) => complaints.push(format!("no JSON: {error}")),
        }
    } else {
        check_text(scene, &mut complaints);
    }
    complaints
}

/// Nobody of the family lives, and nobody else has ended.
fn check_victims(scene: &Scene<'_>, complaints: &mut Vec<String>) {
    for line in &scene.log.failed {
        complaints.push(format!("a victim failed: {line}"));
    }
    for name in &scene.left {
        if scene.is_member(name) && !scene.is_lost(name) {
            complaints.push(format!("{name} lives"));
        }
    }
    for name in &scene.log.byes {
        if scene.is_member(name) && !scene.is_lost(name) {
            complaints.push(format!("{name} had to be let go"));
        }
    }
    for (&pid, seen) in &scene.seen {
        let name = scene.log.name_of(pid);
        if !scene.is_member(name) && !seen.is_zombie && !scene.log.byes.contains(name) {
            complaints.push(format!("{name}, a stranger, has ended"));
        }
    }
}

/// No stranger heard anything, and nobody was asked twice.
fn check_signals(scene: &Scene<'_>, complaints: &mut Vec<String>) {
    for (name, heard) in &scene.log.heard {
        if !scene.is_member(name) {
            complaints.push(format!("{name}, a stranger, heard {heard:?}"));
            continue;
        }
        let asked = heard.iter().filter(|&&it| it == scene.plan.ask).count();
        if asked > usize::from(!scene.is_kill()) {
            complaints.push(format!("{name} was asked {asked} times"));
        }
        let is_expected = |signal: i32| {
            signal == scene.plan.ask
                || is_anyone_stopped(scene) && matches!(signal, libc::SIGHUP | libc::SIGCONT)
        };
        if let Some(other) = heard.iter().find(|&&signal| !is_expected(signal)) {
            complaints.push(format!("{name} heard {other}"));
        }
    }
}

/// The kernel sends HUP and CONT to groups that are orphaned with somebody stopped in them
/// (setpgid(2)).
fn is_anyone_stopped(scene: &Scene<'_>) -> bool {
    scene.plan.family.iter().any(|it| it.life == Life::Stop)
}

fn living(scene: &Scene<'_>) -> impl Iterator<Item = i32> {
    scene
        .kin
        .members
        .iter()
        .copied()
        .filter(|pid| !scene.seen[pid].is_zombie)
}

fn check_run(scene: &Scene<'_>, complaints: &mut Vec<String>) {
    let expected = i32::from(living(scene).next().is_none());
    if scene.run.status.code() != Some(expected) {
        complaints.push(format!("{:?}, not {expected}", scene.run.status));
    }
    // Whoever is asked last has a little more of the grace.
    if scene.run.took > longest(scene.grace() * 2 + AFTER_KILL) {
        complaints.push(format!("took {:?}", scene.run.took));
    }
    if scene.run.err.contains("panicked") {
        complaints.push("panicked".to_owned());
    }
}

fn check_record(scene: &Scene<'_>, record: &Value, complaints: &mut Vec<String>) {
    let empty = Vec::new();
    let members = record["members"].as_array().unwrap_or(&empty);
    let verdict = if living(scene).next().is_some() {
        "gone"
    } else {
        "nothing"
    };
    if record["verdict"] != verdict {
        complaints.push(format!("verdict {}, not {verdict}", record["verdict"]));
    }
    if record["partial"] != false {
        complaints.push("partial".to_owned());
    }
    for pid in living(scene) {
        let named = members.iter().filter(|it| it["pid"] == pid).count();
        if named != 1 {
            let name = scene.log.name_of(pid);
            complaints.push(format!("{name} is {named} times in the record"));
        }
    }
    for (name, heard) in &scene.log.heard {
        let pid = scene.log.pids[name];
        let has_record = members.iter().any(|it| it["pid"] == pid);
        if heard.contains(&scene.plan.ask) && !has_record {
            complaints.push(format!("{name} was asked, and is not in the record"));
        }
    }
    for member in members {
        check_member(scene, member, complaints);
    }
}

fn check_member(scene: &Scene<'_>, member: &Value, complaints: &mut Vec<String>) {
    let pid = member["pid"]
        .as_i64()
        .and_then(|pid| i32::try_from(pid).ok());
    let pid = pid.unwrap_or_default();
    let name = scene.log.name_of(pid);
    if name == "?" {
        // Killed before it could say who it is.
        if member["round"] == 1 {
            complaints.push(format!("{pid} is nobody"));
        }
        return;
    }
    if !scene.is_member(name) {
        complaints.push(format!("{name} is a stranger, and in the record"));
        return;
    }
    let fate = &member["fate"];
    let grace = scene.grace().as_secs_f64() * 1000.0;
    let exits = scene.log.exits.get(name);
    let asked = scene.log.heard.get(name).map_or(0, |heard| {
        heard.iter().filter(|&&it| it == scene.plan.ask).count()
    });
    let is_killed = fate["signal"] == "KILL";
    let is_hup =
        fate["signal"] == "HUP" || scene.means != Means::Everything && fate["kind"] == "gone";
    let is_hung_up = is_hup && is_anyone_stopped(scene);
    let complaint = match fate["kind"].as_str() {
        _ if is_hung_up => None,
        _ if fate["before_signal"] == true => {
            let was_there = scene.seen.get(&pid).is_some_and(|seen| !seen.is_zombie);
            was_there.then_some("was there before any signal")
        }
        Some("exited") => match exits {
            Some(&code) if fate["code"] == code => None,
            Some(_) => Some("exited with another status"),
            None => Some("never said that it exits"),
        },
        Some("signalled") if is_killed => (member["after_ms"].as_f64() < Some(grace))
            .then_some("was killed before the grace was over"),
        Some("signalled") => (exits.is_some() || !ends_by_signal(scene, name, fate))
            .then_some("does not end by that signal"),
        // Nobody can tell of one that was reaped before fell looked again.
        Some("gone") if scene.means != Means::Everything => None,
        _ => Some("has no known fate"),
    };
    let complaint = complaint
        .or((asked > 0 && member["step"].is_null()).then_some("was asked, and its record says no"));
    // Whoever handles the signal and exited by it must have been asked.
    let is_unasked = fate["kind"] == "exited" && !name.ends_with("-helper") && asked != 1;
    let complaint = complaint.or((is_unasked
        && !scene.is_kill()
        && fate["before_signal"] == false)
        .then_some("exited without being asked"));
    if let Some(complaint) = complaint {
        complaints.push(format!("{name} {complaint}: {fate} {}", member["after_ms"]));
    }
}

/// Whether it is one that dies of the signal that asks.
fn ends_by_signal(scene: &Scene<'_>, name: &str, fate: &Value) -> bool {
    let is_ask = match scene.plan.ask {
        libc::SIGTERM => fate["signal"] == "TERM",
        _ => fate["signal"] == "RTMIN+3",
    };
    let is_default = scene
        .plan
        .family
        .iter()
        .find(|member| name.split('-').next() == Some(&member.name))
        .is_none_or(|member| member.on_term == OnTerm::Default);
    is_ask && (is_default || name.ends_with("-helper"))
}

/// The one line adds up and counts everyone.
fn check_text(scene: &Scene<'_>, complaints: &mut Vec<String>) {
    let out = scene.run.out.trim_end();
    if living(scene).next().is_none() {
        if !out.is_empty() {
            complaints.push(format!("says {out:?} where nobody was"));
        }
        return;
    }
    let numbers = |text: &str| -> Vec<usize> {
        text.split(", ")
            .filter_map(|part| part.split(' ').next()?.parse().ok())
            .collect()
    };
    let Some((total, classes)) = out
        .strip_prefix("stopped ")
        .and_then(|rest| rest.split_once(": "))
    else {
        complaints.push(format!("says {out:?}"));
        return;
    };
    let total = numbers(total).first().copied().unwrap_or_default();
    if numbers(classes).iter().sum::<usize>() != total || total < living(scene).count() {
        complaints.push(format!("does not add up: {out:?}"));
    }
    let is_unknown = classes.contains("unknown") && scene.means == Means::Everything;
    if classes.contains("left") || is_unknown {
        complaints.push(format!("says {out:?}"));
    }
    for pid in living(scene) {
        let line = format!("fell: {pid} ");
        if scene.run.err.matches(&line).count() != 1 {
            let name = scene.log.name_of(pid);
            complaints.push(format!("-v does not name {name} once"));
        }
    }
}

/// What a trial adds to the account.
pub fn figures(scene: &Scene<'_>) -> Figures {
    let record: Option<Value> = serde_json::from_str(&scene.run.out).ok();
    let members = record
        .as_ref()
        .and_then(|it| it["members"].as_array().cloned());
    let late = |member: &&Value| member["round"].as_u64() > Some(1);
    Figures {
        trials: 1,
        processes: scene.seen.len(),
        members: scene.kin.members.len(),
        records: members.as_ref().map_or(0, Vec::len),
        late: members.iter().flatten().filter(late).count(),
        lost: scene
            .log
            .byes
            .iter()
            .filter(|name| scene.is_member(name))
            .count(),
        reused: usize::from(scene.guest.is_some()),
        raced: 0,
        rounds: record
            .and_then(|it| it["rounds"].as_u64())
            .unwrap_or_default(),
    }
}
