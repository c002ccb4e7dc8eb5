//! Signals as a plain shell hands them on, however the tests were started: nohup(1) and
//! the background of a script leave some ignored, which every program inherits, and then
//! fell rightly lets nothing interrupt it.

use nix::sys::signal::{SigHandler, Signal, signal};

/// Runs before `main`.
#[used]
#[unsafe(link_section = ".init_array")]
static RESET: extern "C" fn() = {
    extern "C" fn reset() {
        for number in [
            Signal::SIGHUP,
            Signal::SIGINT,
            Signal::SIGQUIT,
            Signal::SIGTERM,
            Signal::SIGTSTP,
        ] {
            // SAFETY: the default action is no handler that could run at a wrong time.
            let _ = unsafe { signal(number, SigHandler::SigDfl) };
        }
    }
    reset
};
