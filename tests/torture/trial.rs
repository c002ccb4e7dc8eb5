//! One family: started, stopped, and everything that it says held against fell's record.

use std::collections::{HashMap, HashSet};
use std::io::PipeWriter;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::guest::{self, GUEST, Ground, HOST};
use crate::oracle::{self, Kinfolk, Seen};
use crate::plan::{GRACE, Plan};
use crate::support::family::{Family, victim};
use crate::support::fell::{Run, run};
use crate::support::means::Means;
use crate::support::victim::{Life, hear_wishes};
use crate::{Figures, numbers};

/// What a trial of a family is called inside a namespace.
pub const FAMILIES: &str = "families";

/// What a trial found wrong, with all that there is to know.
#[derive(Debug, Serialize, Deserialize)]
pub struct Failure {
    pub complaints: Vec<String>,
    pub story: String,
}

/// Everything that is known when it is over.
pub struct Scene<'p> {
    pub plan: &'p Plan,
    pub seen: HashMap<i32, Seen>,
    /// Who had to be stopped.
    pub kin: Kinfolk,
    pub run: Run,
    pub means: Means,
    /// Who lived when fell had returned, by name.
    pub left: Vec<String>,
    /// The number that a stranger got when its member had ended.
    pub guest: Option<i32>,
    pub log: Log,
}

/// What the family said.
#[derive(Debug, Default)]
pub struct Log {
    pub pids: HashMap<String, i32>,
    /// Groups and sessions.
    pub places: HashMap<String, (i32, i32)>,
    pub heard: HashMap<String, Vec<i32>>,
    pub exits: HashMap<String, u8>,
    pub byes: HashSet<String>,
    pub failed: Vec<String>,
}

impl Log {
    fn of(said: &[String]) -> Self {
        let mut log = Self::default();
        for line in said {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                // Its number is that of somebody else.
                ["ready", GUEST, ..] | ["taken", ..] => {}
                ["ready", name, pid, group, session] => {
                    let place = (
                        group.parse().expect("a group"),
                        session.parse().expect("a session"),
                    );
                    log.places.insert((*name).to_owned(), place);
                    log.pids
                        .insert((*name).to_owned(), pid.parse().expect("a PID"));
                }
                ["heard", name, signal] => {
                    let signal = signal.parse().expect("a number");
                    log.heard
                        .entry((*name).to_owned())
                        .or_default()
                        .push(signal);
                }
                ["exits", name, code] => {
                    log.exits
                        .insert((*name).to_owned(), code.parse().expect("a code"));
                }
                ["bye", name] => drop(log.byes.insert((*name).to_owned())),
                _ => log.failed.push(line.clone()),
            }
        }
        log
    }

    pub fn name_of(&self, pid: i32) -> &str {
        let by_pid = self.pids.iter().find(|&(_, &of)| of == pid);
        by_pid.map_or("?", |(name, _)| name)
    }
}

/// Runs one family.
pub fn run_family(seed: u64, means: Means) -> Result<Figures, Failure> {
    match Ground::of(seed) {
        Ground::Own if numbers::can_be_chosen() => numbers::run_inside(FAMILIES, seed, means),
        _ => try_family(seed, means, Ground::Shared),
    }
}

/// The same inside a namespace.
pub fn inside(seed: u64, means: Means) -> Result<Figures, Failure> {
    try_family(seed, means, Ground::Own)
}

fn try_family(seed: u64, means: Means, ground: Ground) -> Result<Figures, Failure> {
    let plan = Plan::of(seed);
    let mut command = victim(&plan.supervisor);
    let wishes = (ground == Ground::Own).then(|| hear_wishes(&mut command));
    if plan.supervisor.is_in_its_parents_session() {
        command.process_group(0);
    }
    let mut family = Family::start_by(command, plan.supervisor.count());
    for member in plan.family.iter().filter(|it| it.life == Life::Exit(0)) {
        family.await_end(&member.name);
    }
    let seen = oracle::look(family.places().values().map(|place| place.pid));
    let target = family.pid(&plan.target);
    let kin = oracle::family_of(target, &seen);
    let mut command = means.fell();
    command.args(&plan.arguments).arg(target.to_string());
    // Where the target shares the group of the supervisor, its host and whoever that bears
    // belong.
    let is_spared = |name: &str| !kin.members.contains(&family.pid(name));
    let (run, guest) = match wishes.filter(|_| is_spared(HOST)) {
        None => (run(command), None),
        Some(wishes) => run_with_guest(command, &mut family, &plan, wishes),
    };
    let left = family.living();
    let is_over = family.let_go();
    let scene = Scene {
        plan: &plan,
        seen,
        kin,
        run,
        means,
        left,
        guest,
        log: Log::of(family.said()),
    };
    let mut complaints = crate::checks::check(&scene);
    if !is_over {
        complaints.push(format!("did not end when let go: {:?}", family.living()));
    }
    if complaints.is_empty() {
        Ok(crate::checks::figures(&scene))
    } else {
        Err(Failure {
            complaints,
            story: story(&scene, family.said()),
        })
    }
}

/// Runs fell, and gives the number of somebody who ends meanwhile to a stranger.
fn run_with_guest(
    mut command: Command,
    family: &mut Family,
    plan: &Plan,
    wishes: PipeWriter,
) -> (Run, Option<i32>) {
    let began = Instant::now();
    let mut fell = command
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("fell");
    let guest = guest::replace_one(family, &mut fell, plan, wishes);
    let output = fell.wait_with_output().expect("an end");
    (Run::of(output, began.elapsed()), guest)
}

fn story(scene: &Scene<'_>, said: &[String]) -> String {
    let mut text = format!(
        "fell {} {}\n",
        scene.plan.arguments.join(" "),
        scene.plan.target
    );
    for member in &scene.plan.family {
        text += &format!(
            "{} below {}: {:?}, {:?}, {:?}, {:?}\n",
            member.name, member.parent, member.birth, member.place, member.on_term, member.life
        );
    }
    let mut everyone: Vec<_> = scene.seen.iter().collect();
    everyone.sort_by_key(|&(pid, _)| *pid);
    for (pid, seen) in everyone {
        let part = if scene.kin.members.contains(pid) {
            "member"
        } else {
            "spared"
        };
        text += &format!("{pid} {} {part} {seen:?}\n", scene.log.name_of(*pid));
    }
    text += &format!("status {:?} after {:?}\n", scene.run.status, scene.run.took);
    text += &format!(
        "{}\n{}\n{}\n",
        scene.run.out,
        scene.run.err,
        said.join("\n")
    );
    text
}

impl Scene<'_> {
    pub fn is_kill(&self) -> bool {
        self.plan.arguments[0] == "kill"
    }

    pub fn grace(&self) -> Duration {
        let has_none = self.is_kill() || self.plan.arguments.iter().any(|word| word == "0");
        let millis = if has_none { 0 } else { GRACE };
        Duration::from_millis(millis.unsigned_abs().into())
    }

    /// The member by whose doing somebody is there: itself, or who started a helper or
    /// a replacement.
    pub fn origin<'s>(&'s self, name: &'s str) -> &'s str {
        let base = name.strip_suffix("-helper").unwrap_or(name);
        match base.split_once('-') {
            Some((worker, _)) if worker.starts_with('m') => self
                .plan
                .family
                .iter()
                .find(|member| member.name == worker)
                .map_or(base, |member| &member.parent),
            _ => base,
        }
    }

    /// Whether somebody whom a member started in the course of the stop is lost to all
    /// kinship: whoever started it ended at once by itself, and nobody of the family leads
    /// its group or session.
    pub fn is_lost(&self, name: &str) -> bool {
        let starter = self.origin(name);
        let place = self.log.places.get(name);
        let is_led = place.is_some_and(|(group, session)| {
            self.kin.groups.contains(group) || self.kin.sessions.contains(session)
        });
        starter != name && !is_led && self.log.exits.contains_key(starter)
    }

    pub fn is_member(&self, name: &str) -> bool {
        self.log
            .pids
            .get(self.origin(name))
            .is_some_and(|pid| self.kin.members.contains(pid))
    }
}
