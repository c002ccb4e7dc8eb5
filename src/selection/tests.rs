//! Each rule on processes as literals.

#![forbid(unsafe_code)]

use super::*;
use crate::guard::Guard;
use crate::kinship::Kin;
use crate::process::State;
use crate::sample::{pgid, pid, process, sid, started, zombie};
use crate::snapshot::Snapshot;
use crate::system::Lost;

/// Long after everyone in the samples started.
const NOW: StartTime = StartTime(1000);

fn table(processes: impl IntoIterator<Item = Process>) -> Snapshot {
    Snapshot::new(processes, NOW)
}

fn scope(reach: Reach, roots: impl IntoIterator<Item = Root>) -> Scope {
    Scope {
        reach,
        roots: roots.into_iter().collect(),
        guard: Guard::new(vec![process(11, 10, 11, 10)], Some(process(1, 0, 1, 1))),
    }
}

/// Names the process of the table with this number, or what remains of it.
fn root(table: &Snapshot, number: i32) -> Root {
    table
        .get(pid(number))
        .map_or(Root::Remains(pid(number)), |it| Root::Process(it.clone()))
}

fn select(reach: Reach, target: i32, processes: &[Process]) -> Selection {
    let table = table(processes.to_vec());
    scope(reach, [root(&table, target)]).select(&table)
}

fn pids(selection: &Selection) -> Vec<i32> {
    let mut pids: Vec<i32> = selection
        .members()
        .iter()
        .map(|member| member.process.pid().get())
        .collect();
    pids.sort_unstable();
    pids
}

fn reason(selection: &Selection, number: i32) -> Reason {
    let at = selection.position(pid(number)).expect("a member");
    selection.members()[at].reason
}

/// A supervisor with two programs, of which 100 has gone everywhere.
fn programs() -> Vec<Process> {
    vec![
        process(1, 0, 1, 1),
        process(50, 1, 50, 50),
        process(100, 50, 100, 50),
        process(101, 100, 100, 50),
        process(102, 100, 102, 50),
        process(103, 100, 103, 103),
        // Orphans: of a member's group, of a member's session, of the target's group.
        process(104, 1, 102, 50),
        process(105, 1, 105, 103),
        process(106, 1, 100, 50),
        // What the last one has, and an orphan of that.
        process(107, 106, 107, 107),
        process(108, 1, 108, 107),
        process(109, 50, 109, 50),
        process(110, 109, 109, 50),
    ]
}

#[test]
fn each_reach_takes_what_it_says() {
    for (reach, expected) in [
        (Reach::Process, vec![100]),
        (Reach::Tree, vec![100, 101, 102, 103]),
        (Reach::Group, vec![100, 101, 106]),
        (Reach::Family, vec![100, 101, 102, 103, 104, 105, 106, 107]),
        (
            Reach::Session,
            vec![50, 100, 101, 102, 103, 104, 105, 106, 107, 109, 110],
        ),
    ] {
        let selection = select(reach, 100, &programs());
        assert_eq!(pids(&selection), expected, "{reach:?}");
        assert_eq!(selection.caveats(), [], "{reach:?}");
    }
}

#[test]
fn each_member_has_its_reason() {
    let selection = select(Reach::Family, 100, &programs());
    for (number, expected) in [
        (100, Reason::Target),
        (101, Reason::Descendant(pid(100))),
        (103, Reason::Descendant(pid(100))),
        (104, Reason::Group(pgid(102))),
        (105, Reason::Session(sid(103))),
        (106, Reason::Group(pgid(100))),
        (107, Reason::Descendant(pid(106))),
    ] {
        assert_eq!(reason(&selection, number), expected, "{number}");
    }
}

#[test]
fn the_session_of_a_mate_is_not_taken() {
    // 106 shares the group only; nothing proves that 107 descends from the target.
    let selection = select(Reach::Family, 100, &programs());
    assert!(!selection.kin().has_session(sid(107)));
    assert!(selection.kin().has_session(sid(103)));
    assert!(selection.position(pid(108)).is_none());
}

#[test]
fn passes_are_repeated_until_nobody_is_added() {
    // Each step is found by another rule than the one before.
    let selection = select(
        Reach::Family,
        100,
        &[
            process(100, 1, 100, 100),
            process(60, 1, 100, 100),
            process(59, 60, 59, 100),
            process(58, 1, 59, 100),
            process(57, 58, 57, 57),
            process(56, 1, 56, 57),
            process(55, 56, 55, 55),
            process(54, 1, 54, 55),
        ],
    );
    assert_eq!(pids(&selection), [54, 55, 56, 57, 58, 59, 60, 100]);
}

#[test]
fn a_shared_session_is_never_taken_by_default() {
    let processes = [
        process(50, 1, 50, 50),
        process(100, 50, 100, 50),
        process(200, 50, 200, 50),
        process(201, 200, 200, 50),
    ];
    assert_eq!(pids(&select(Reach::Family, 100, &processes)), [100]);
    // Its leader's family is another matter.
    assert_eq!(
        pids(&select(Reach::Family, 50, &processes)),
        [50, 100, 200, 201]
    );
}

#[test]
fn a_zombie_target_is_a_root() {
    let selection = select(
        Reach::Family,
        100,
        &[
            zombie(process(100, 50, 100, 100)),
            process(101, 1, 100, 100),
            process(102, 1, 102, 100),
            process(103, 102, 103, 100),
        ],
    );
    assert_eq!(pids(&selection), [100, 101, 102, 103]);
    assert!(selection.has_living());
    let alone = select(Reach::Family, 100, &[zombie(process(100, 50, 100, 100))]);
    assert!(!alone.has_living());
}

#[test]
fn a_main_thread_that_ended_while_others_run_is_alive() {
    let mut main_gone = zombie(process(100, 50, 100, 100));
    main_gone.threads = 2;
    assert!(select(Reach::Family, 100, &[main_gone]).has_living());
}

#[test]
fn a_gone_leader_means_its_group_and_its_session() {
    let left = [
        process(101, 1, 100, 100),
        process(102, 1, 102, 100),
        process(103, 102, 103, 103),
        process(104, 1, 104, 103),
    ];
    for (reach, expected) in [
        (Reach::Family, vec![101, 102, 103, 104]),
        (Reach::Group, vec![101]),
        (Reach::Tree, vec![]),
        (Reach::Process, vec![]),
    ] {
        let selection = select(reach, 100, &left);
        assert_eq!(pids(&selection), expected, "{reach:?}");
        let is_said = selection
            .caveats()
            .contains(&Caveat::Remains { of: pid(100) });
        assert_eq!(is_said, !expected.is_empty(), "{reach:?}");
    }
}

#[test]
fn a_group_that_is_named_is_taken_whether_or_not_its_leader_lives() {
    let leader = process(100, 1, 100, 50);
    let mate = process(101, 1, 100, 50);
    for processes in [vec![mate.clone()], vec![leader, mate]] {
        let table = table(processes.clone());
        let selection = scope(Reach::Group, [Root::Group(pgid(100))]).select(&table);
        assert_eq!(selection.members().len(), processes.len());
    }
}

#[test]
fn zero_is_never_equal_to_another_zero() {
    // Entered from outside of the PID namespace: parent, group and session show 0.
    let selection = select(
        Reach::Session,
        100,
        &[
            process(100, 0, 0, 0),
            process(101, 100, 0, 0),
            process(200, 0, 0, 0),
            process(201, 200, 0, 0),
        ],
    );
    assert_eq!(pids(&selection), [100, 101]);
    assert_eq!(
        selection.caveats(),
        [
            Caveat::ForeignGroup { target: pid(100) },
            Caveat::ForeignSession { target: pid(100) }
        ]
    );
    assert_eq!(selection.groups().count(), 0);
    // Where the group is not asked for, nothing has to be said.
    let tree = select(Reach::Tree, 100, &[process(100, 0, 0, 0)]);
    assert_eq!(tree.caveats(), []);
}

#[test]
fn the_refused_are_noted_and_not_taken() {
    let mut kernel_thread = process(2, 0, 0, 0);
    kernel_thread.kind = crate::process::Kind::Kernel;
    let table = table([
        process(1, 0, 1, 1),
        kernel_thread,
        process(10, 1, 10, 10),
        process(11, 10, 11, 10),
    ]);
    let lineage = vec![process(11, 10, 11, 10), process(10, 1, 10, 10)];
    let guard = Guard::new(lineage, table.get(pid(1)).cloned());
    for (number, why) in [
        (1, Refusal::Init),
        (2, Refusal::KernelThread),
        (10, Refusal::Ancestor),
        (11, Refusal::Myself),
    ] {
        for reach in [Reach::Family, Reach::Group, Reach::Session, Reach::Process] {
            let scope = Scope {
                reach,
                roots: vec![root(&table, number)],
                guard: guard.clone(),
            };
            let selection = scope.select(&table);
            assert_eq!(selection.members(), [], "{number} {reach:?}");
            let refused: Vec<_> = selection
                .refused()
                .iter()
                .map(|it| (it.process.pid(), it.why, it.named))
                .collect();
            assert_eq!(refused, [(pid(number), why, Some(0))]);
            assert!(scope.is_refused());
        }
    }
}

#[test]
fn a_group_or_session_with_a_refused_process_is_taken_by_descent_only() {
    // A script without job control: `app & fell term $!`, all in group 20.
    let lineage = vec![process(30, 20, 20, 20), process(20, 1, 20, 20)];
    let table = table([
        process(20, 1, 20, 20),
        process(21, 20, 20, 20),
        process(22, 21, 20, 20),
        process(23, 1, 20, 20),
        process(30, 20, 20, 20),
    ]);
    for (reach, expected, caveats) in [
        (
            Reach::Family,
            vec![21, 22],
            vec![Caveat::SharedGroup {
                group: pgid(20),
                with: pid(30),
            }],
        ),
        (
            Reach::Session,
            vec![21, 22],
            vec![
                Caveat::SharedGroup {
                    group: pgid(20),
                    with: pid(30),
                },
                Caveat::SharedSession {
                    session: sid(20),
                    with: pid(30),
                },
            ],
        ),
        (Reach::Tree, vec![21, 22], vec![]),
    ] {
        let scope = Scope {
            reach,
            roots: vec![root(&table, 21)],
            guard: Guard::new(lineage.clone(), None),
        };
        let selection = scope.select(&table);
        assert_eq!(pids(&selection), expected, "{reach:?}");
        assert_eq!(selection.caveats(), caveats, "{reach:?}");
        assert!(selection.kin().groups.iter().all(|it| *it != pgid(20)));
    }
}

#[test]
fn a_target_that_leads_the_group_it_shares_with_fell_is_taken_by_descent_only() {
    let lineage = vec![process(30, 29, 20, 20), process(29, 1, 20, 20)];
    let table = table([
        process(20, 1, 20, 20),
        process(21, 20, 20, 20),
        process(23, 1, 20, 20),
    ]);
    let scope = Scope {
        reach: Reach::Family,
        roots: vec![root(&table, 20)],
        guard: Guard::new(lineage, None),
    };
    let selection = scope.select(&table);
    assert_eq!(pids(&selection), [20, 21]);
    assert!(!selection.kin().has_group(pgid(20)));
    assert!(!selection.kin().has_session(sid(20)));
}

#[test]
fn a_refused_process_that_turns_up_in_a_group_gives_the_group_up() {
    let mut kernel_thread = process(30, 1, 100, 100);
    kernel_thread.kind = crate::process::Kind::Kernel;
    let target = process(100, 1, 100, 100);
    let mut selection = Selection::new(scope(Reach::Family, [Root::Process(target)]));
    assert_eq!(
        selection.admit(kernel_thread, Via::Mate),
        Admission::Refused
    );
    assert_eq!(selection.refused()[0].named, None);
    assert!(selection.caveats().contains(&Caveat::SharedGroup {
        group: pgid(100),
        with: pid(30),
    }));
    assert_eq!(selection.groups().count(), 0);
}

#[test]
fn a_child_that_was_handed_on_is_told_from_a_stranger_by_its_start() {
    let listed_at = StartTime(500);
    let elsewhere = |at, session| started(at, process(150, 1, 150, session));
    for (child, is_taken) in [
        // It still is a child.
        (started(500, process(150, 100, 150, 150)), true),
        // It was there when the list was read, wherever it has gone since.
        (elsewhere(499, 150), true),
        // In the very tick, or the one after it, since reading takes a little: only where it
        // is in the family's session.
        (elsewhere(500, 100), true),
        (elsewhere(500, 150), false),
        (elsewhere(501, 100), true),
        (elsewhere(501, 150), false),
        (started(500, process(150, 1, 0, 0)), false),
        // It was not born then.
        (elsewhere(502, 100), false),
    ] {
        let mut selection = Selection::new(scope(
            Reach::Tree,
            [Root::Process(process(100, 1, 100, 100))],
        ));
        let via = Via::Child { of: 0, listed_at };
        let admission = selection.admit(child.clone(), via);
        assert_eq!(admission == Admission::Taken(1), is_taken, "{child:?}");
        assert_eq!(admission == Admission::Stranger, !is_taken, "{child:?}");
    }
}

#[test]
fn two_processes_with_one_number_are_two() {
    let mut selection = Selection::new(scope(
        Reach::Family,
        [Root::Process(process(100, 1, 100, 100))],
    ));
    let via = Via::Child {
        of: 0,
        listed_at: NOW,
    };
    let first = started(200, process(150, 100, 100, 100));
    let second = started(300, process(150, 100, 100, 100));
    assert_eq!(selection.admit(first.clone(), via), Admission::Taken(1));
    assert_eq!(selection.admit(second, via), Admission::Taken(2));
    assert_eq!(selection.admit(first, via), Admission::Known(1));
    assert_eq!(selection.position(pid(150)), Some(2));
}

#[test]
fn a_known_member_is_brought_up_to_date_with_what_it_leads_now() {
    let mut selection = Selection::new(scope(
        Reach::Family,
        [Root::Process(process(100, 1, 100, 100))],
    ));
    let via = Via::Child {
        of: 0,
        listed_at: NOW,
    };
    selection.admit(process(150, 100, 100, 100), via);
    let mut moved = process(150, 100, 150, 150);
    moved.state = State::Stopped;
    assert_eq!(selection.admit(moved, Via::Mate), Admission::Known(1));
    assert_eq!(selection.members()[1].process.state, State::Stopped);
    for mate in [process(151, 1, 150, 150), process(152, 1, 152, 150)] {
        assert!(matches!(
            selection.admit(mate, Via::Mate),
            Admission::Taken(_)
        ));
    }
}

#[test]
fn what_was_pinned_stays_a_root() {
    let target = process(100, 1, 100, 100);
    let mut selection = Selection::new(scope(Reach::Family, [Root::Process(target)]));
    selection.complete(&table([
        process(100, 1, 100, 100),
        process(101, 100, 101, 101),
    ]));
    // Both have died, and what they left is found by their group and session.
    selection.complete(&table([
        process(102, 1, 102, 101),
        process(103, 1, 100, 100),
        process(104, 1, 101, 101),
    ]));
    assert_eq!(pids(&selection), [100, 101, 102, 103, 104]);
}

#[test]
fn who_bears_a_members_number_later_is_a_stranger() {
    let target = process(100, 1, 100, 100);
    for (number, what) in [
        (101, "a number that leads a group and a session of the set"),
        (102, "one that leads nothing"),
    ] {
        let mut selection = Selection::new(scope(Reach::Family, [Root::Process(target.clone())]));
        selection.complete(&table([
            target.clone(),
            process(101, 100, 101, 101),
            process(102, 100, 100, 100),
        ]));
        let stranger = started(900, process(number, 1, number, number));
        selection.complete(&table([
            target.clone(),
            stranger,
            started(901, process(30, number, number, number)),
            started(902, process(300, 1, number, number)),
        ]));
        assert_eq!(pids(&selection), [100, 101, 102], "{what}");
    }
}

#[test]
fn who_bears_a_gone_leaders_number_later_is_a_stranger() {
    // 60 led the target's group and was gone before anyone looked.
    let target = process(100, 1, 60, 60);
    let mut selection = Selection::new(scope(Reach::Family, [Root::Process(target.clone())]));
    selection.complete(&table([target, process(101, 1, 60, 60)]));
    assert_eq!(pids(&selection), [100, 101]);
    selection.complete(&table([
        started(900, process(60, 1, 60, 60)),
        started(901, process(40, 1, 60, 60)),
    ]));
    assert_eq!(pids(&selection), [100, 101]);

    // The same for a target that was gone.
    let mut selection = Selection::new(scope(Reach::Family, [Root::Remains(pid(60))]));
    selection.complete(&table([
        started(900, process(60, 1, 60, 60)),
        started(901, process(40, 1, 60, 60)),
    ]));
    assert_eq!(pids(&selection), [0; 0]);
}

#[test]
fn nothing_remains_of_a_number_that_means_somebody_else() {
    let table = table([process(100, 1, 100, 100), process(101, 100, 100, 100)]);
    let selection = scope(Reach::Family, [Root::Replaced(pid(100))]).select(&table);
    assert_eq!(pids(&selection), [0; 0]);
}

#[test]
fn a_mate_that_turns_out_to_be_a_descendant_brings_its_sessions_along() {
    let target = process(100, 50, 100, 50);
    let mut selection = Selection::new(scope(Reach::Family, [Root::Process(target)]));
    selection.admit(process(101, 100, 100, 50), Via::Mate);
    let of_mate = Via::Child {
        of: 1,
        listed_at: NOW,
    };
    selection.admit(process(102, 101, 102, 102), of_mate);
    let orphan = process(103, 1, 103, 102);
    assert_eq!(
        selection.admit(orphan.clone(), Via::Mate),
        Admission::Stranger
    );
    let of_target = Via::Child {
        of: 0,
        listed_at: NOW,
    };
    selection.admit(process(101, 100, 100, 50), of_target);
    assert_eq!(selection.admit(orphan, Via::Mate), Admission::Taken(3));
}

#[test]
fn several_targets_keep_their_own_members() {
    let table = table(programs());
    let roots = [root(&table, 109), root(&table, 102), root(&table, 109)];
    let selection = scope(Reach::Family, roots).select(&table);
    let by_root: Vec<_> = selection
        .members()
        .iter()
        .map(|member| (member.process.pid().get(), member.root))
        .collect();
    assert_eq!(by_root, [(109, 0), (102, 1), (110, 0), (104, 1)]);
}

#[test]
fn parents_come_first_whatever_their_numbers_and_whenever_they_were_found() {
    let selection = select(
        Reach::Family,
        100,
        &[
            process(100, 1, 100, 100),
            process(90, 100, 100, 100),
            process(80, 90, 100, 100),
            // Found as mates, the child before its parent.
            process(30, 40, 100, 100),
            process(40, 1, 100, 100),
        ],
    );
    let order: Vec<i32> = selection
        .parents_first()
        .into_iter()
        .map(|at| selection.members()[at].process.pid().get())
        .collect();
    let place = |number| order.iter().position(|it| *it == number).expect("all");
    assert_eq!(order.len(), 5);
    assert!(place(100) < place(90) && place(90) < place(80));
    assert!(place(40) < place(30));
}

#[test]
fn parents_that_seem_to_be_each_others_children_are_ordered_all_the_same() {
    // A number that was used again may close a circle in what was read.
    let selection = select(
        Reach::Family,
        100,
        &[
            process(100, 102, 100, 100),
            process(101, 100, 100, 100),
            process(102, 101, 100, 100),
        ],
    );
    let mut order = selection.parents_first();
    order.sort_unstable();
    assert_eq!(order, [0, 1, 2]);
}

#[test]
fn neighbours_are_whoever_shares_a_group_or_session_that_is_not_taken() {
    let selection = select(Reach::Group, 100, &programs());
    assert_eq!(
        selection.neighbours(),
        Kin {
            groups: vec![],
            sessions: vec![sid(50)],
        }
    );
    let selection = select(Reach::Family, 100, &programs());
    assert_eq!(
        selection.neighbours(),
        Kin {
            groups: vec![],
            sessions: vec![sid(50), sid(107)],
        }
    );
    // To be found they would take a pass over the system, and nobody asked.
    for reach in [Reach::Tree, Reach::Process] {
        let selection = select(reach, 100, &programs());
        assert_eq!(selection.neighbours(), Kin::default(), "{reach:?}");
    }
}

#[test]
fn a_group_that_a_refused_process_moved_into_is_not_taken_again() {
    let shell = process(20, 1, 20, 20);
    let target = process(100, 20, 100, 20);
    let mut selection = Selection::new(Scope {
        reach: Reach::Family,
        roots: vec![Root::Process(target.clone())],
        guard: Guard::new(vec![process(30, 20, 30, 20), shell], None),
    });
    assert_eq!(selection.groups().collect::<Vec<_>>(), [pgid(100)]);
    let moved = process(20, 1, 100, 20);
    assert_eq!(selection.admit(moved, Via::Mate), Admission::Refused);
    assert_eq!(selection.groups().count(), 0);
    // Neither another look at its leader nor a mate makes it belong again.
    selection.admit(target, Via::Mate);
    assert_eq!(
        selection.admit(process(101, 1, 100, 20), Via::Mate),
        Admission::Stranger
    );
    assert_eq!(selection.groups().count(), 0);
    assert_eq!(
        selection.caveats(),
        [Caveat::SharedGroup {
            group: pgid(100),
            with: pid(20)
        }]
    );
}

#[test]
fn a_number_is_a_usurpers_only_if_another_one_opened_its_group() {
    let mut selection = Selection::new(Scope {
        reach: Reach::Family,
        roots: vec![Root::Process(process(101, 100, 100, 20))],
        guard: Guard::default(),
    });
    let opener = process(100, 50, 50, 20);
    selection.note_openers(|_| Ok(opener.identity));
    assert!(!selection.is_usurper(&opener));
    assert!(selection.is_usurper(&started(900, opener.clone())));
    // One that had ended already can't have come back.
    let mut selection = Selection::new(Scope {
        reach: Reach::Family,
        roots: vec![Root::Process(process(101, 100, 100, 20))],
        guard: Guard::default(),
    });
    selection.note_openers(|_| Err(Lost::Gone));
    assert!(selection.is_usurper(&opener));
}

#[test]
fn a_session_with_a_refused_process_is_not_the_group_of_its_number() {
    // 20 has opened the session and a group in it; fell is in the session, in another group
    // that the first target has opened.
    let table = table([
        process(1, 0, 1, 1),
        process(20, 1, 20, 20),
        process(30, 1, 30, 20),
        process(40, 20, 20, 20),
        process(41, 20, 20, 20),
    ]);
    let guard = Guard::new(
        vec![process(31, 30, 30, 20), process(30, 1, 30, 20)],
        Some(process(1, 0, 1, 1)),
    );
    let scope = Scope {
        reach: Reach::Family,
        roots: vec![root(&table, 30), root(&table, 40)],
        guard,
    };
    assert_eq!(pids(&scope.select(&table)), [20, 40, 41]);
}

#[test]
fn a_group_that_a_member_has_opened_belongs_though_a_refused_one_is_in_the_session() {
    let table = table([process(50, 1, 50, 50), process(100, 50, 50, 50)]);
    let own = process(30, 100, 30, 100);
    let mut selection = Selection::new(Scope {
        reach: Reach::Family,
        roots: vec![root(&table, 100)],
        guard: Guard::new(vec![own.clone()], Some(process(1, 0, 1, 1))),
    });
    // The member has opened a session since the last look, with a group of that number.
    let via = Via::Child {
        of: 0,
        listed_at: NOW,
    };
    assert_eq!(selection.admit(own, via), Admission::Refused);
    let mate = process(101, 1, 100, 100);
    assert_eq!(selection.admit(mate, Via::Mate), Admission::Taken(1));
}
