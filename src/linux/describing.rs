//! Describing many processes: half of what a picture of a large tree takes.
//!
//! The kernel writes each process' status and command line on its own, so a second
//! processor halves the time. Each thread has its own buffer and its own half of the
//! handles; they share the directory of /proc and nothing else.

#![forbid(unsafe_code)]

use std::panic::resume_unwind;
use std::thread;

use super::Handle;
use super::proc::Proc;
use crate::system::Description;

/// Below this many, starting a thread takes longer than it saves.
const WORTHWHILE: usize = 64;

/// Room for a path, a page and the frames around them.
const STACK: usize = 128 * 1024;

type Described = Vec<Option<Description>>;

/// Describes whoever is there; `None` for those who are gone.
pub(super) fn describe(proc: &mut Proc, handles: &mut [Option<Handle>]) -> Described {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    if handles.len() < WORTHWHILE || processors < 2 {
        return in_turn(proc, handles);
    }
    let Ok(mut other) = proc.try_clone() else {
        return in_turn(proc, handles);
    };
    let (first, second) = handles.split_at_mut(handles.len() / 2);
    let mut described = Vec::with_capacity(first.len() + second.len());
    let rest = thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK);
        let half = thread.spawn_scoped(scope, || in_turn(&mut other, second));
        described.extend(in_turn(proc, first));
        half.map(|half| half.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    // Where there is no thread to be had, for a limit, one has to do it all.
    described.extend(rest.unwrap_or_else(|_| in_turn(proc, second)));
    described
}

fn in_turn(proc: &mut Proc, handles: &mut [Option<Handle>]) -> Described {
    handles
        .iter_mut()
        .map(|handle| handle.as_mut()?.describe(proc).ok())
        .collect()
}
