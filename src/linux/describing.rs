//! Describing many processes: half of what a picture of a large tree takes.
//!
//! The kernel writes each process' status and command line on its own, so a second
//! processor halves the time. Each thread has its own buffer and its own half of the
//! handles; they share the directory of /proc and nothing else.

#![forbid(unsafe_code)]

use std::thread;

use super::Handle;
use super::proc::Proc;
use crate::system::Description;

/// Below this many, starting a thread takes longer than it saves.
const WORTHWHILE: usize = 64;

/// Room for a path, a page and the frames around them.
const STACK: usize = 128 * 1024;

/// Describes whoever is there; `None` for those who are gone.
pub(super) fn describe(
    proc: &mut Proc,
    handles: &mut [Option<Handle>],
) -> Vec<Option<Description>> {
    let mut described = Vec::new();
    described.resize_with(handles.len(), || None);
    if handles.len() >= WORTHWHILE
        && thread::available_parallelism().is_ok_and(|processors| processors.get() > 1)
        && let Ok(mut other) = proc.try_clone()
    {
        by_two([proc, &mut other], handles, &mut described);
    } else {
        in_turn(proc, handles, &mut described);
    }
    described
}

fn by_two(
    [proc, other]: [&mut Proc; 2],
    handles: &mut [Option<Handle>],
    described: &mut [Option<Description>],
) {
    let half = handles.len() / 2;
    let (first, second) = handles.split_at_mut(half);
    let (of_first, of_second) = described.split_at_mut(half);
    let is_done = thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK);
        let second = &mut *second;
        let of_second = &mut *of_second;
        let started = thread.spawn_scoped(scope, || in_turn(other, second, of_second));
        in_turn(proc, first, of_first);
        started.is_ok()
    });
    // Where there is no thread to be had, for a limit, one has to do it all.
    if !is_done {
        in_turn(proc, second, of_second);
    }
}

fn in_turn(proc: &mut Proc, handles: &mut [Option<Handle>], described: &mut [Option<Description>]) {
    for (handle, description) in handles.iter_mut().zip(described) {
        *description = handle
            .as_mut()
            .and_then(|handle| handle.describe(proc).ok());
    }
}
