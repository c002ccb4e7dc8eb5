//! The same to be done with each of many processes, by two threads.
//!
//! Opening and describing is most of what a look at a large tree takes. The kernel reads
//! each process on its own, so a second processor nearly halves the time. Each thread has its own
//! buffer and its own half; they share the directory of /proc and nothing else.

#![forbid(unsafe_code)]

use std::panic::resume_unwind;
use std::thread;

use super::own;
use super::proc::Proc;

/// Below this many, starting a thread takes longer than it saves.
const WORTHWHILE: usize = 24;

/// What is opened for one of them, and for a moment.
const FILES: usize = 4;

/// Room for a path, a page and the frames around them.
const STACK: usize = 128 * 1024;

/// What came of it, in their order.
pub(super) fn each<T: Send, R: Send>(
    proc: &mut Proc,
    items: &mut [T],
    work: impl Fn(&mut Proc, &mut T) -> R + Sync,
) -> Vec<R> {
    if items.len() >= WORTHWHILE
        && own::processors() > 1
        && let Ok(mut other) = proc.try_clone(FILES * items.len())
    {
        let done = by_two([proc, &mut other], items, &work);
        proc.merge(&other);
        done
    } else {
        in_turn(proc, items, &work)
    }
}

fn by_two<T: Send, R: Send>(
    [proc, other]: [&mut Proc; 2],
    items: &mut [T],
    work: &(impl Fn(&mut Proc, &mut T) -> R + Sync),
) -> Vec<R> {
    let (first, second) = items.split_at_mut(items.len() / 2);
    let (mut done, rest) = thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK);
        let started = thread.spawn_scoped(scope, || in_turn(other, second, work));
        let done = in_turn(proc, first, work);
        (done, started.ok().map(thread::ScopedJoinHandle::join))
    });
    match rest {
        Some(Ok(rest)) => done.extend(rest),
        Some(Err(panic)) => resume_unwind(panic),
        // Where there is no thread to be had, for a limit, one has to do it all.
        None => done.extend(in_turn(proc, second, work)),
    }
    done
}

fn in_turn<T, R>(
    proc: &mut Proc,
    items: &mut [T],
    work: &impl Fn(&mut Proc, &mut T) -> R,
) -> Vec<R> {
    items.iter_mut().map(|item| work(proc, item)).collect()
}
