//! Trees that fork while they are being killed.

use std::time::Duration;

use crate::Figures;
use crate::support::family::Family;
use crate::support::fell::run;
use crate::support::means::Means;
use crate::support::victim::{Churn, Life, Member, Parenting, Place};
use crate::trial::Failure;

/// Workers of every kind in turn: slow and fast, in their group, in groups and in sessions
/// of their own.
fn forkers(seed: u64) -> Member {
    let (workers, pause_micros, life_millis) = match seed % 2 {
        0 => (4, 3000, 150),
        _ => (8, 300, 60),
    };
    let place = match seed / 2 % 3 {
        0 => Place::Inherited,
        1 => Place::OwnSession,
        _ => Place::OwnGroup,
    };
    let habit = Churn {
        pause_micros,
        life_millis,
        place,
    };
    let worker = Member::new("worker")
        .life(Life::Churn(habit))
        .times(workers);
    let parenting = match seed / 6 % 2 {
        0 => Parenting::Reaping,
        _ => Parenting::Adopting,
    };
    Member::new("main").parenting(parenting).child(worker)
}

/// Kills one, and looks whether anyone has outlived it.
pub fn run_forkers(seed: u64, means: Means) -> Result<Figures, Failure> {
    let description = forkers(seed);
    let mut family = Family::start(&description);
    // Until they are in full swing.
    family.is_silent_for(Duration::from_millis(100));
    let mut command = means.fell();
    command.args(["kill", "--json", &family.root().to_string()]);
    let run = run(command);
    let is_over = family.is_over();
    let mut complaints = Vec::new();
    if !is_over {
        complaints.push("somebody has outlived it".to_owned());
    }
    if run.status.code() != Some(0) {
        complaints.push(format!("{:?}", run.status));
    }
    if !complaints.is_empty() {
        let story = format!("{description:#?}\n{run:#?}");
        return Err(Failure { complaints, story });
    }
    let record = run.json();
    let late = |member: &&serde_json::Value| member["round"].as_u64() > Some(1);
    Ok(Figures {
        trials: 1,
        processes: description.count(),
        members: record.members().len(),
        records: record.members().len(),
        late: record.members().iter().filter(late).count(),
        lost: 0,
        reused: 0,
        raced: 0,
        rounds: record.0["rounds"].as_u64().unwrap_or_default(),
    })
}
