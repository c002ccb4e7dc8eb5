//! Signals by number: the crates know those of the real-time range by no name.

use nix::sys::signal::SigHandler;

/// A set of signals.
pub(super) struct Mask(libc::sigset_t);

impl Mask {
    pub(super) fn empty() -> Self {
        // SAFETY: plain bits, for which zeroes are a value; sigemptyset(3) fills them.
        let mut set = unsafe { std::mem::zeroed() };
        // SAFETY: writes to the set that it is given.
        unsafe { libc::sigemptyset(&raw mut set) };
        Self(set)
    }

    pub(super) fn add(&mut self, number: i32) {
        // SAFETY: writes to the set that it is given.
        unsafe { libc::sigaddset(&raw mut self.0, number) };
    }

    /// Blocks these and no others.
    pub(super) fn set(&self) {
        // SAFETY: reads the set that it is given.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, std::ptr::null_mut())
        };
    }

    pub(super) fn as_ptr(&self) -> *const libc::sigset_t {
        &raw const self.0
    }
}

/// Says what a signal does. Those that nobody may catch stay as they are.
pub(super) fn dispose(number: i32, handler: SigHandler) {
    // SAFETY: plain numbers and bits, for which zeroes are a value.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = match handler {
        SigHandler::SigDfl => libc::SIG_DFL,
        SigHandler::SigIgn => libc::SIG_IGN,
        SigHandler::Handler(run) => run as *const () as libc::sighandler_t,
        SigHandler::SigAction(run) => run as *const () as libc::sighandler_t,
    };
    // SAFETY: the handlers of victims only add to an atomic number.
    unsafe { libc::sigaction(number, &raw const action, std::ptr::null_mut()) };
}
