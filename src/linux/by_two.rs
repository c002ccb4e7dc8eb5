//! The same to be done with each of many processes, by two threads.
//!
//! Opening and describing is most of what a look at a large tree takes. The kernel reads
//! each process on its own, so a second processor nearly halves the time. Each thread has its own
//! buffer; they share the directory of /proc and the queue, and nothing else.

#![forbid(unsafe_code)]

use std::sync::{Mutex, PoisonError};
use std::thread;

use super::own;
use super::proc::Proc;

/// Below this many, starting a thread takes longer than it saves.
const WORTHWHILE: usize = 24;

/// A thread takes so many at a time: the second one may need a while to get a processor.
const SHARE: usize = 4;

/// What both of them open for a moment only.
const FOR_A_MOMENT: usize = 16;

/// Room for a path, a page and the frames around them.
const STACK: usize = 128 * 1024;

/// What came of it, in their order. So many files are kept open of each of them.
pub(super) fn each<T: Send, R: Send>(
    proc: &mut Proc,
    items: &mut [T],
    files: usize,
    work: impl Fn(&mut Proc, &mut T) -> R + Sync,
) -> Vec<R> {
    if items.len() >= WORTHWHILE
        && own::processors() > 1
        && let Ok(mut other) = proc.try_clone(files * items.len() + FOR_A_MOMENT)
    {
        let done = by_two([proc, &mut other], items, &work);
        proc.merge(&other);
        done
    } else {
        items.iter_mut().map(|item| work(proc, item)).collect()
    }
}

fn by_two<T: Send, R: Send>(
    [proc, other]: [&mut Proc; 2],
    items: &mut [T],
    work: &(impl Fn(&mut Proc, &mut T) -> R + Sync),
) -> Vec<R> {
    let mut done = Vec::new();
    done.resize_with(items.len(), || None);
    let queue = Mutex::new(items.chunks_mut(SHARE).zip(done.chunks_mut(SHARE)));
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let serve = |proc: &mut Proc| {
        while let Some((items, done)) = next() {
            for (item, done) in items.iter_mut().zip(done) {
                *done = Some(work(proc, item));
            }
        }
    };
    thread::scope(|scope| {
        // Where there is no thread to be had, for a limit, one does it all.
        let thread = thread::Builder::new().stack_size(STACK);
        let _ = thread.spawn_scoped(scope, || serve(other));
        serve(proc);
    });
    done.into_iter().flatten().collect()
}
